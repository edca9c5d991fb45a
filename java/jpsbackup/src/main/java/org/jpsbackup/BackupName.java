package org.jpsbackup;

/** Which backup. Each of timestamp and mode may be {@code null}. */
public final class BackupName {
    final String bucket;
    final String name;
    final String timestamp;
    final String mode;

    /**
     * @param name 1 to 200 bytes of UTF-8 without '/' or control characters
     * @param timestamp "2026-11-22T23:48:00"; to begin, {@code null} is the present minute; to read, {@code null} or "latest" is the
     *     newest complete one
     * @param mode "manual" or "auto"; to begin, {@code null} is "manual"; to read the latest, {@code null} is either
     */
    public BackupName(String bucket, String name, String timestamp, String mode) {
        this.bucket = bucket;
        this.name = name;
        this.timestamp = timestamp;
        this.mode = mode;
    }

    /** The newest complete one. */
    public static BackupName latest(String bucket, String name) {
        return new BackupName(bucket, name, null, null);
    }

    byte[] bucketBytes() {
        return Store.bucket(bucket);
    }

    byte[] nameBytes() {
        return Utf8.required("backup's name", name);
    }

    byte[] timestampBytes() {
        return Utf8.encode("timestamp", timestamp);
    }

    byte[] modeBytes() {
        return Utf8.encode("mode", mode);
    }
}
