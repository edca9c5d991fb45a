package org.jpsbackup;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;

/** What every failed call throws: what failed, where and why in one line, and what to do about it. Holds no secret. */
public final class JpsBackupException extends RuntimeException {
    /** What went wrong, in kinds that a program can act on. */
    public enum Code {
        /** None of the kinds below. */
        FAILED(1),
        /** An argument or option is wrong; nothing was started. */
        USAGE(2),
        /** Data is damaged: a digest, size or checksum differs. */
        VERIFY(3),
        /** The named bucket, object, backup or file does not exist. */
        NOT_FOUND(4),
        /** Somebody else's object or change is in the way. */
        CONFLICT(5),
        /** Credentials or rights were refused by the store. */
        ACCESS(6),
        /** The store does not answer, or not as a store does. */
        UNREACHABLE(7),
        /** No room on a file system or in a store. */
        NO_SPACE(8),
        /** The operation was cancelled, or its store or itself closed. */
        CANCELLED(9),
        /** A local file or pipe could not be read or written. */
        IO(10),
        /** A seal, catalog, archive or reply is malformed. */
        FORMAT(11),
        /** A bound was exceeded (size, depth, count, memory). */
        LIMIT(12),
        /** The system gave no memory. */
        MEMORY(13),
        /** A child process failed. */
        PRODUCER(14),
        /** The handle or journal is not in the state that the call needs. */
        STATE(15),
        /** This store, kernel or build lacks what was asked for. */
        UNSUPPORTED(16);

        private final int number;

        Code(int number) {
            this.number = number;
        }

        /** The number of the same kind in the C interface. */
        public int number() {
            return number;
        }

        /** The name as it stands in JSON accounts, such as "not_found". */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** A library newer than this class may know more kinds; they count as {@link #FAILED}. */
        static Code of(int number) {
            for (Code code : values()) {
                if (code.number == number) {
                    return code;
                }
            }
            return FAILED;
        }
    }

    private final Code code;
    private final int storeStatus;
    private final boolean retryable;
    private final String hint;
    private final transient Map<String, Object> account;

    private JpsBackupException(Code code, int storeStatus, boolean retryable, String text, String hint, Map<String, Object> account,
            Throwable cause) {
        super(text, cause);
        this.code = code;
        this.storeStatus = storeStatus;
        this.retryable = retryable;
        this.hint = hint;
        this.account = account;
    }

    /** A failure that the Java side found itself. */
    public JpsBackupException(Code code, String text, String hint) {
        this(code, 0, false, text, hint, null, null);
    }

    /** As the three-argument form, with what brought it about. */
    public JpsBackupException(Code code, String text, String hint, Throwable cause) {
        this(code, 0, false, text, hint, null, cause);
    }

    /** Called by the native library. */
    static JpsBackupException make(int code, int storeStatus, boolean retryable, byte[] text, byte[] hint, byte[] account) {
        return new JpsBackupException(Code.of(code), storeStatus, retryable, Utf8.decode(text), Utf8.decode(hint),
                account == null ? null : Json.readObject(account), null);
    }

    public Code code() {
        return code;
    }

    /** The store's own status: an HTTP status, or errno for files; 0 if none. */
    public int storeStatus() {
        return storeStatus;
    }

    /** Whether the same call may succeed later. */
    public boolean retryable() {
        return retryable;
    }

    /** What to do about it; may be empty. */
    public String hint() {
        return hint;
    }

    /** What was found before the failure, such as verification's list of damaged objects; empty if nothing. */
    public Map<String, Object> account() {
        return account == null ? Collections.emptyMap() : account;
    }
}
