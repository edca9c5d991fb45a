package org.jpsbackup;

import java.time.Instant;

/** What a store knows of an object. */
public final class ObjectInfo {
    private final String key;
    private final long bytes;
    private final Instant modified;
    private final String tag;
    private final String version;
    private final boolean latest;
    private final boolean marker;
    private final boolean prefix;

    private ObjectInfo(String key, long bytes, Instant modified, String tag, String version, boolean latest, boolean marker,
            boolean prefix) {
        this.key = key;
        this.bytes = bytes;
        this.modified = modified;
        this.tag = tag;
        this.version = version;
        this.latest = latest;
        this.marker = marker;
        this.prefix = prefix;
    }

    /** Called by the native library. */
    static ObjectInfo make(byte[] key, long bytes, long modifiedSeconds, byte[] tag, byte[] version, boolean latest, boolean marker,
            boolean prefix) {
        return new ObjectInfo(Utf8.decode(key), bytes, Instant.ofEpochSecond(modifiedSeconds), Utf8.decode(tag), Utf8.decode(version),
                latest, marker, prefix);
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

    /** The version's id where the bucket keeps versions; else "". */
    public String version() {
        return version;
    }

    /** In listings of versions: what is read without a version's id. */
    public boolean isLatest() {
        return latest;
    }

    /** In listings of versions: says only that the object was deleted. */
    public boolean isMarker() {
        return marker;
    }

    /** In listings by delimiter: the key is a common prefix with its delimiter, and no object. */
    public boolean isPrefix() {
        return prefix;
    }

    @Override
    public String toString() {
        return "'" + key + "', " + bytes + " bytes, " + modified;
    }
}
