package org.jpsbackup;

import java.time.Instant;

/** What a store knows of an object. */
public final class ObjectInfo {
    private final String key;
    private final long bytes;
    private final Instant modified;
    private final String tag;

    private ObjectInfo(String key, long bytes, Instant modified, String tag) {
        this.key = key;
        this.bytes = bytes;
        this.modified = modified;
        this.tag = tag;
    }

    /** Called by the native library. */
    static ObjectInfo make(byte[] key, long bytes, long modifiedSeconds, byte[] tag) {
        return new ObjectInfo(Utf8.decode(key), bytes, Instant.ofEpochSecond(modifiedSeconds), Utf8.decode(tag));
    }

    public String key() {
        return key;
    }

    public long bytes() {
        return bytes;
    }

    /** By the store's clock, to the second. */
    public Instant modified() {
        return modified;
    }

    /** The store's tag of the content; may be empty in listings. */
    public String tag() {
        return tag;
    }

    @Override
    public String toString() {
        return "'" + key + "', " + bytes + " bytes, " + modified;
    }
}
