package org.jpsbackup;

import java.util.Map;
import java.util.Objects;

/** The owner's list of all backups, which the platform's front end reads. It may lie in another store than the backups. */
public final class Catalog {
    final Store store;
    private final String bucket;
    private final String key;

    /**
     * @param bucket made where it is missing, on the first change
     * @param key "{uid}_backup_metadata.json"
     */
    public Catalog(Store store, String bucket, String key) {
        this.store = Objects.requireNonNull(store, "store");
        this.bucket = bucket;
        this.key = key;
    }

    /** {"backups": […]}. */
    public Map<String, Object> list(Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(list(call.store(store), call.operation(), bucketBytes(), keyBytes()));
        }
    }

    /** An entry with the same name, timestamp and mode is replaced; members that it has and {@code entry} lacks stay. */
    public void add(Map<String, ?> entry, Operation operation) {
        try (Call call = new Call(operation)) {
            add(call.store(store), call.operation(), bucketBytes(), keyBytes(),
                    Json.write("catalog entry", Objects.requireNonNull(entry, "entry")));
        }
    }

    /** Succeeds also where there is none. */
    public void remove(String name, String timestamp, String mode, Operation operation) {
        try (Call call = new Call(operation)) {
            remove(call.store(store), call.operation(), bucketBytes(), keyBytes(), Utf8.required("backup's name", name),
                    Utf8.required("timestamp", timestamp), Utf8.required("mode", mode));
        }
    }

    /**
     * Makes the catalog anew from the seals and old folders of buckets. An entry gets what its backup's seal says and keeps all else that it has;
     * entries of backups that are no longer in these buckets go; those of other buckets, and of search indexes, stay.
     *
     * @param backups where the buckets are
     * @return dry_run, added, changed, removed, kept, untouched, malformed, malformed_copy
     * @throws JpsBackupException with {@link JpsBackupException.Code#FORMAT} where the catalog is malformed, unless it is to be replaced
     */
    public Map<String, Object> rebuild(Store backups, RebuildOptions options, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(rebuild(call.store(store), call.store(Objects.requireNonNull(backups, "backups")), call.operation(),
                    bucketBytes(), keyBytes(), Utf8.encodeAll("bucket", options.buckets), options.dryRun, options.forgetOthers,
                    options.replaceMalformed));
        }
    }

    byte[] bucketBytes() {
        return Utf8.required("catalog's bucket", bucket);
    }

    byte[] keyBytes() {
        return Utf8.required("catalog's key", key);
    }

    private static native byte[] list(long store, long operation, byte[] bucket, byte[] key);

    private static native byte[] rebuild(long store, long backups, long operation, byte[] bucket, byte[] key, byte[][] buckets,
            boolean dryRun, boolean forgetOthers, boolean replaceMalformed);

    private static native void add(long store, long operation, byte[] bucket, byte[] key, byte[] entry);

    private static native void remove(long store, long operation, byte[] bucket, byte[] key, byte[] name, byte[] timestamp, byte[] mode);
}
