package org.jpsbackup;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** The backups in a store's buckets: folders of objects under one name, timestamp and mode, each with its seal. */
public final class Backups {
    private final Store store;

    public Backups(Store store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /**
     * Claims the name, so that no second backup can take it; makes the bucket where it is missing.
     *
     * @param environment texts that the seal and the catalog keep (product, version, cloudprovider, region, …); may be {@code null}
     * @return the claim, for {@link #complete} or {@link #discard}: name, timestamp, mode, folder, owner, objects
     */
    public Map<String, Object> begin(BackupName name, Map<String, ?> environment, Operation operation) {
        return begin(name, environment, false, operation);
    }

    /**
     * As above; or, to resume, takes an abandoned backup over instead: the named one, or, without a timestamp, the newest of that name and mode.
     * Objects that it completed are kept: the claim's "objects" are their descriptions. All else in its folder is removed.
     *
     * @param environment {@code null} keeps what the seal has
     * @throws JpsBackupException with {@link JpsBackupException.Code#CONFLICT} where it is not abandoned, and
     *     {@link JpsBackupException.Code#NOT_FOUND} where there is none
     */
    public Map<String, Object> begin(BackupName name, Map<String, ?> environment, boolean resume, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(begin(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(), name.timestampBytes(),
                    name.modeBytes(), Json.write("environment", environment), resume));
        }
    }

    /**
     * Seals a backup, after a check that the store holds each of its objects.
     *
     * @param objects their descriptions, as the uploads gave them
     * @return the seal
     */
    public Map<String, Object> complete(String bucket, Map<String, ?> claim, List<? extends Map<String, ?>> objects, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(complete(call.store(store), call.operation(), Store.bucket(bucket),
                    Json.write("claim", Objects.requireNonNull(claim, "claim")),
                    Json.write("objects", Objects.requireNonNull(objects, "objects"))));
        }
    }

    /** Gives a running backup up: removes what lies in its folder. */
    public void discard(String bucket, Map<String, ?> claim, Operation operation) {
        try (Call call = new Call(operation)) {
            discard(call.store(store), call.operation(), Store.bucket(bucket), Json.write("claim", Objects.requireNonNull(claim, "claim")));
        }
    }

    /** {"backups": […]}, newest first: all of the bucket, or those of exactly {@code name} where it is not {@code null}. */
    public Map<String, Object> list(String bucket, String name, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(list(call.store(store), call.operation(), Store.bucket(bucket), Utf8.encode("backup's name", name)));
        }
    }

    /**
     * Aborts the unfinished uploads below the folders of abandoned backups.
     *
     * @param dryRun only tells
     * @return aborted, dry_run
     */
    public Map<String, Object> collectGarbage(String bucket, boolean dryRun, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(collectGarbage(call.store(store), call.operation(), Store.bucket(bucket), null, 0, dryRun));
        }
    }

    /** Aborts all unfinished uploads of keys that begin with {@code prefix} ("" for all) and that began so long ago; further as above. */
    public Map<String, Object> collectGarbage(String bucket, String prefix, Duration olderThan, boolean dryRun, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(collectGarbage(call.store(store), call.operation(), Store.bucket(bucket), Utf8.required("prefix", prefix),
                    Objects.requireNonNull(olderThan, "olderThan").getSeconds(), dryRun));
        }
    }

    /**
     * The seal, checked; of an old backup, a description made from its folder.
     *
     * @param unfinished whether one that is not complete is an answer too
     */
    public Map<String, Object> show(BackupName name, boolean unfinished, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(show(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(), name.timestampBytes(),
                    name.modeBytes(), unfinished));
        }
    }

    /**
     * Quick: every object is there with its size. Full: every byte is read and its digest compared. What is damaged stands in the account of the
     * answer, or of the {@link JpsBackupException} with code {@link JpsBackupException.Code#VERIFY}.
     */
    public Map<String, Object> verify(BackupName name, boolean full, Operation operation) {
        return verify(name, full, null, operation);
    }

    /**
     * As above; a full verification opens what is encrypted with these keys, and walks it. Without keys ({@code null}) its digests alone are
     * compared, and the account says of the object: "decrypted": false.
     */
    public Map<String, Object> verify(BackupName name, boolean full, Decryption decryption, Operation operation) {
        return verify(name, full, 0, 0, decryption, operation);
    }

    /**
     * Quick, and a random share of each object's parts is read and its digest compared. The account says which, and "percent" and "seed".
     *
     * @param percent 1 to 100 of each object's parts, but at least one
     * @param seed the same one, below 2^53, chooses the same parts; 0 for a random one
     * @throws JpsBackupException with {@link JpsBackupException.Code#UNSUPPORTED} for an old backup, which has no digests
     */
    public Map<String, Object> verifySample(BackupName name, int percent, long seed, Operation operation) {
        if (percent < 1 || percent > 100) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "the share to verify is " + percent + " percent", "give 1 to 100");
        }
        return verify(name, false, percent, seed, null, operation);
    }

    private Map<String, Object> verify(BackupName name, boolean full, int percent, long seed, Decryption decryption, Operation operation) {
        try (Call call = new Call(operation); KeyTexts keys = Decryption.texts(decryption)) {
            return Json.readObject(verify(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(), name.timestampBytes(),
                    name.modeBytes(), full, percent, seed, keys.texts));
        }
    }

    /** @param catalog the catalog that it is struck from; may be {@code null} */
    public void remove(BackupName name, Catalog catalog, Operation operation) {
        remove(name, catalog, false, operation);
    }

    /**
     * The same for a backup that is listed as damaged, because its seal cannot be read.
     *
     * @throws JpsBackupException with {@link JpsBackupException.Code#STATE} for any other
     */
    public void removeDamaged(BackupName name, Catalog catalog, Operation operation) {
        remove(name, catalog, true, operation);
    }

    private void remove(BackupName name, Catalog catalog, boolean damaged, Operation operation) {
        try (Call call = new Call(operation)) {
            remove(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(), name.timestampBytes(), name.modeBytes(), damaged,
                    call.store(storeOf(catalog)), bucketOf(catalog), keyOf(catalog));
        }
    }

    /**
     * Before anything is done: whether backups in the bucket can be protected so.
     *
     * @throws JpsBackupException with {@link JpsBackupException.Code#UNSUPPORTED} where the bucket has no object lock
     */
    public void checkProtection(String bucket, Protection protection, Operation operation) {
        try (Call call = new Call(operation)) {
            checkProtection(call.store(store), call.operation(), Store.bucket(bucket), protection.retention, protection.until,
                    protection.legalHold);
        }
    }

    /**
     * Has the store protect a complete backup, in the versions that it holds; it can be repeated to protect for longer.
     *
     * @throws JpsBackupException with {@link JpsBackupException.Code#UNSUPPORTED} where the bucket has no object lock
     */
    public Map<String, Object> protect(BackupName name, Protection protection, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(protect(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(), name.timestampBytes(),
                    name.modeBytes(), protection.retention, protection.until, protection.legalHold));
        }
    }

    /** {"kept": […], "removed": […]}. Unfinished backups are left alone and do not count. */
    public Map<String, Object> rotate(RotateOptions options, Operation operation) {
        Catalog catalog = options.catalog;
        try (Call call = new Call(operation)) {
            return Json.readObject(rotate(call.store(store), call.operation(), Store.bucket(options.bucket),
                    Utf8.required("backup's name", options.name), Utf8.encode("mode", options.mode), options.keep, options.keepDaily,
                    options.keepWeekly, options.keepMonthly, options.keepYearly, options.dryRun, call.store(storeOf(catalog)), bucketOf(catalog), keyOf(catalog)));
        }
    }

    /** Begins, puts and completes in one call; a failure discards the backup, but leaves a resumed one to be resumed again. Answers the seal. */
    public Map<String, Object> backupDirectories(BackupDirectoriesOptions options, Operation operation) {
        Catalog catalog = options.catalog;
        BackupName name = options.name;
        Protection protection = options.protection;
        try (Call call = new Call(operation); KeyTexts keys = Encryption.texts(options.encryption)) {
            return Json.readObject(backupDirectories(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(),
                    name.timestampBytes(), name.modeBytes(), Utf8.encodeAll("directory", options.directories),
                    Utf8.encodeAll("pattern to include", options.include), Utf8.encodeAll("pattern to exclude", options.exclude),
                    options.oneFileSystem, options.strict, options.index, options.resume, options.compression.number(), options.level,
                    Json.write("environment", options.environment), call.store(storeOf(catalog)), bucketOf(catalog), keyOf(catalog),
                    protection == null ? 0 : protection.retention, protection == null ? 0 : protection.until,
                    protection != null && protection.legalHold, keys.texts));
        }
    }

    /**
     * Tells of the members of an archive that has an index, in the archive's order, in memory that does not grow with their number. An exception
     * of {@code each} ends it, and comes out as itself.
     *
     * @return backup, object, root, members, bytes
     * @throws JpsBackupException with {@link JpsBackupException.Code#UNSUPPORTED} where there is no index
     */
    public Map<String, Object> browse(BrowseOptions options, Consumer<? super Member> each, Operation operation) {
        BackupName name = options.name;
        MemberBridge bridge = new MemberBridge(Objects.requireNonNull(each, "each"));
        try (Call call = new Call(operation); KeyTexts keys = Decryption.texts(options.decryption)) {
            return Json.readObject(MemberBridge.browse(call.store(store), call.operation(), name.bucketBytes(), name.nameBytes(),
                    name.timestampBytes(), name.modeBytes(), Utf8.encode("object's name", options.object), Utf8.encode("path", options.path),
                    keys.texts, bridge));
        }
    }

    private static Store storeOf(Catalog catalog) {
        return catalog == null ? null : catalog.store;
    }

    private static byte[] bucketOf(Catalog catalog) {
        return catalog == null ? null : catalog.bucketBytes();
    }

    private static byte[] keyOf(Catalog catalog) {
        return catalog == null ? null : catalog.keyBytes();
    }

    private static native byte[] begin(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode,
            byte[] environment, boolean resume);

    private static native byte[] complete(long store, long operation, byte[] bucket, byte[] claim, byte[] objects);

    private static native void discard(long store, long operation, byte[] bucket, byte[] claim);

    private static native byte[] list(long store, long operation, byte[] bucket, byte[] name);

    private static native byte[] show(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode,
            boolean unfinished);

    private static native byte[] collectGarbage(long store, long operation, byte[] bucket, byte[] prefix, long olderThanSeconds, boolean dryRun);

    private static native byte[] verify(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode, boolean full,
            int percent, long seed, byte[][] decryption);

    private static native void remove(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode,
            boolean damaged, long catalogStore, byte[] catalogBucket, byte[] catalogKey);

    private static native void checkProtection(long store, long operation, byte[] bucket, int retention, long until, boolean legalHold);

    private static native byte[] protect(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode,
            int retention, long until, boolean legalHold);

    private static native byte[] rotate(long store, long operation, byte[] bucket, byte[] name, byte[] mode, int keep, int daily, int weekly,
            int monthly, int yearly, boolean dryRun, long catalogStore, byte[] catalogBucket, byte[] catalogKey);

    private static native byte[] backupDirectories(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode,
            byte[][] directories, byte[][] include, byte[][] exclude, boolean oneFileSystem, boolean strict, boolean index, boolean resume,
            int compression, int level, byte[] environment, long catalogStore, byte[] catalogBucket, byte[] catalogKey, int retention,
            long until, boolean legalHold, byte[][] encryption);
}
