package org.jpsbackup;

/** How an object's bytes are compressed. */
public enum Compression {
    NONE(0),
    /** Levels 1 to 19, default 1. */
    ZSTD(1),
    /** Levels 1 to 9, default 6. */
    GZIP(2);

    private final int number;

    Compression(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
