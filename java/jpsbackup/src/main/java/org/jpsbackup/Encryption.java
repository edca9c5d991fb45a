package org.jpsbackup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * For whom objects are encrypted before anything leaves this machine, in age's format: for public keys or with a passphrase, never both.
 * It may serve any number of calls; closing it wipes the passphrase.
 */
public final class Encryption implements AutoCloseable {
    private final char[] passphrase;
    private final List<String> recipients;
    private boolean closed;

    private Encryption(char[] passphrase, List<String> recipients) {
        this.passphrase = passphrase;
        this.recipients = recipients;
    }

    /** @param recipients public keys, "age1…"; the secret key of any of them opens what is encrypted */
    public static Encryption to(Collection<String> recipients) {
        return new Encryption(null, new ArrayList<>(recipients));
    }

    /** @param passphrase copied */
    public static Encryption with(char[] passphrase) {
        return new Encryption(passphrase.clone(), List.of());
    }

    @Override
    public void close() {
        closed = true;
        if (passphrase != null) {
            Arrays.fill(passphrase, '\0');
        }
    }

    /** For a native call; the caller closes it. */
    static KeyTexts texts(Encryption encryption) {
        if (encryption == null) {
            return KeyTexts.NONE;
        }
        if (encryption.closed) {
            throw new IllegalStateException("this encryption is closed");
        }
        List<char[]> recipients = new ArrayList<>();
        for (String recipient : encryption.recipients) {
            recipients.add(recipient.toCharArray());
        }
        return new KeyTexts("recipient", encryption.passphrase, recipients);
    }
}
