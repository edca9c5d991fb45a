package org.jpsbackup;

import java.time.Instant;

/**
 * One member of an archive. Its texts are as archived, where they are UTF-8; other bytes become replacement characters, and such a path names
 * the member no more.
 */
public final class Member {
    /** In the order of the C interface's. */
    public enum Type {
        FILE, DIRECTORY, SYMBOLIC_LINK, HARD_LINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE;

        private static final Type[] ALL = values();

        static Type of(int number) {
            return ALL[number];
        }
    }

    final String path;
    final Type type;
    final long bytes;
    int mode;
    long uid;
    long gid;
    String user;
    String group;
    Instant modified;
    String link;
    String trouble;

    Member(String path, Type type, long bytes) {
        this.path = path;
        this.type = type;
        this.bytes = bytes;
    }

    /** Below the tree; "" for the tree itself. */
    public String path() {
        return path;
    }

    public Type type() {
        return type;
    }

    /** Of a file, with its holes; else 0. */
    public long bytes() {
        return bytes;
    }

    /** The bits 07777. */
    public int mode() {
        return mode;
    }

    public long uid() {
        return uid;
    }

    public long gid() {
        return gid;
    }

    /** {@code null} where the number had no name. */
    public String user() {
        return user;
    }

    /** {@code null} where the number had no name. */
    public String group() {
        return group;
    }

    public Instant modified() {
        return modified;
    }

    /** Where a symbolic link points, or the first name of a hard link's file; else {@code null}. */
    public String link() {
        return link;
    }

    /** What a warning said of it while it was read; else {@code null}. */
    public String trouble() {
        return trouble;
    }

    @Override
    public String toString() {
        return "'" + path + "', " + type + ", " + bytes + " bytes";
    }
}
