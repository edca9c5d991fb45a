package org.jpsbackup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Where objects lie, in buckets, under keys. May be used from many threads at once. Each call takes an {@link Operation}, or {@code null};
 * calls after {@link #close()} throw {@link IllegalStateException}.
 */
public final class Store implements AutoCloseable {
    final NativeHandle handle;

    private Store(StoreOptions options) {
        NativeLibrary.load();
        byte[][] settings = options.settings.take();
        try {
            long address = open(Utf8.encode("store's url", options.url), settings, options.virtualHost, options.singleWriter, options.tries,
                    options.stallSeconds);
            handle = new NativeHandle(this, "store", address, Store::close);
        } finally {
            Settings.wipe(settings);
        }
    }

    /** Wipes the options' secrets. Whether the store answers shows with the first call. */
    public static Store open(StoreOptions options) {
        return new Store(options);
    }

    /** A store without credentials, or with those of the environment. */
    public static Store open(String url) {
        return new Store(StoreOptions.builder(url).build());
    }

    /** Succeeds also where the bucket is there already and belongs to the same account. */
    public void makeBucket(String bucket, Operation operation) {
        try (Call call = new Call(operation)) {
            makeBucket(call.store(this), call.operation(), bucket(bucket));
        }
    }

    /** @throws JpsBackupException with {@link JpsBackupException.Code#NOT_FOUND} where the bucket is not there */
    public void testBucket(String bucket, Operation operation) {
        try (Call call = new Call(operation)) {
            testBucket(call.store(this), call.operation(), bucket(bucket));
        }
    }

    /** Replaces the bucket's tags. */
    public void tagBucket(String bucket, Map<String, String> tags, Operation operation) {
        List<String> texts = new ArrayList<>();
        Objects.requireNonNull(tags, "tags").forEach((name, value) -> {
            texts.add(name);
            texts.add(value);
        });
        try (Call call = new Call(operation)) {
            tagBucket(call.store(this), call.operation(), bucket(bucket), Utf8.encodeAll("tag", texts));
        }
    }

    /** Removes an empty bucket; one that holds anything stays. */
    public void deleteBucket(String bucket, Operation operation) {
        try (Call call = new Call(operation)) {
            deleteBucket(call.store(this), call.operation(), bucket(bucket));
        }
    }

    /** Copies within the store, without the bytes passing through here. */
    public void copy(String fromBucket, String fromKey, String toBucket, String toKey, boolean replace, Operation operation) {
        try (Call call = new Call(operation)) {
            copy(call.store(this), call.operation(), bucket(fromBucket), key(fromKey), bucket(toBucket), key(toKey), replace);
        }
    }

    /**
     * A link to an object that anybody can use without credentials: a secret.
     *
     * @param put to write the object instead of reading it
     * @param seconds for so long; 0 is an hour
     */
    public String link(String bucket, String key, boolean put, int seconds, Operation operation) {
        try (Call call = new Call(operation)) {
            return Utf8.decode(link(call.store(this), call.operation(), bucket(bucket), key(key), put,
                    StoreOptions.notNegative("number of seconds", seconds)));
        }
    }

    /**
     * Rights to single objects and nothing else, for one command on another machine.
     *
     * @return a secret: the content of a credentials file (docs/formats.md)
     */
    public String grant(String bucket, GrantOptions options, Operation operation) {
        Objects.requireNonNull(options, "options");
        try (Call call = new Call(operation)) {
            return Utf8.decode(grant(call.store(this), call.operation(), bucket(bucket), Utf8.encodeAll("key", options.keys), options.sizes(),
                    options.seconds, Utf8.encode("role", options.role), Utf8.encode("token service's endpoint", options.tokenEndpoint)));
        }
    }

    public ObjectInfo stat(String bucket, String key, Operation operation) {
        try (Call call = new Call(operation)) {
            return stat(call.store(this), call.operation(), bucket(bucket), key(key));
        }
    }

    /**
     * Gives each object whose key starts with {@code prefix} ("" for all), in the store's own order. What {@code each} throws ends the listing and
     * comes out unchanged.
     */
    public void list(String bucket, String prefix, Consumer<? super ObjectInfo> each, Operation operation) {
        list(bucket, new ListOptions().prefix(prefix), each, operation);
    }

    /** Gives what the options select, in the store's own order; further as {@link #list(String, String, Consumer, Operation)}. */
    public void list(String bucket, ListOptions options, Consumer<? super ObjectInfo> each, Operation operation) {
        Objects.requireNonNull(each, "each");
        try (Call call = new Call(operation)) {
            list(call.store(this), call.operation(), bucket(bucket), Utf8.required("prefix", options.prefix),
                    Utf8.encode("delimiter", options.delimiter), options.versions, new ObjectBridge(each));
        }
    }

    /** All of them at once; a bucket may hold more than fits into memory. */
    public List<ObjectInfo> list(String bucket, String prefix, Operation operation) {
        List<ObjectInfo> objects = new ArrayList<>();
        list(bucket, prefix, objects::add, operation);
        return objects;
    }

    /** Keys that do not exist count as deleted. */
    public void delete(String bucket, Collection<String> keys, Operation operation) {
        try (Call call = new Call(operation)) {
            delete(call.store(this), call.operation(), bucket(bucket), Utf8.encodeAll("key", Objects.requireNonNull(keys, "keys")));
        }
    }

    /**
     * Puts what {@code stream} gives to its end. On failure nothing remains under the key that was not there before. The stream is not closed.
     *
     * @param options may be {@code null}
     * @return the object's description, as it stands in a seal
     * @throws IOException what the stream threw, unchanged
     */
    public Map<String, Object> upload(InputStream stream, String bucket, String key, UploadOptions options, Operation operation)
            throws IOException {
        return put(new InputPump(Objects.requireNonNull(stream, "stream")), null, null, null, bucket, key, options, operation);
    }

    /** Puts one regular file, or what comes out of a FIFO. */
    public Map<String, Object> putFile(String file, String bucket, String key, UploadOptions options, Operation operation) {
        return put(null, Utf8.required("file", file), null, null, bucket, key, options, operation);
    }

    /** Puts a directory as a tar archive, whose members begin with its path without the leading '/'. */
    public Map<String, Object> putTree(String directory, String bucket, String key, UploadOptions options, Operation operation) {
        return put(null, null, Utf8.required("directory", directory), null, bucket, key, options, operation);
    }

    /** Puts the standard output of a program, which must exit with status 0. No shell is involved. */
    public Map<String, Object> putCommand(List<String> command, String bucket, String key, UploadOptions options, Operation operation) {
        return put(null, null, null, Utf8.encodeAll("command's argument", Objects.requireNonNull(command, "command")), bucket, key, options,
                operation);
    }

    /**
     * Puts each regular file below {@code directory} as an object {@code prefix/path}, many at once. One file's trouble does not keep the others;
     * then the call fails in the end, and the exception's account tells which files failed.
     *
     * @param options may be {@code null}
     * @return files, bytes, skipped, failed, failures
     */
    public Map<String, Object> putFiles(String directory, String bucket, String prefix, FilesOptions options, Operation operation) {
        FilesOptions how = options == null ? new FilesOptions() : options;
        try (Call call = new Call(operation)) {
            return Json.readObject(Transfer.putFiles(call.store(this), call.operation(), bucket(bucket), Utf8.required("prefix", prefix),
                    Utf8.required("directory", directory), how.replace, how.atOnce));
        }
    }

    /** Gets each object below {@code prefix} as a file below {@code directory}; further as {@link #putFiles}. Only lengths are checked. */
    public Map<String, Object> getFiles(String bucket, String prefix, String directory, FilesOptions options, Operation operation) {
        FilesOptions how = options == null ? new FilesOptions() : options;
        try (Call call = new Call(operation)) {
            return Json.readObject(Transfer.getFiles(call.store(this), call.operation(), bucket(bucket), Utf8.required("prefix", prefix),
                    Utf8.required("directory", directory), how.replace, how.atOnce));
        }
    }

    /**
     * Deletes all objects whose keys begin with {@code prefix}, which must not be empty.
     *
     * @return how many the store confirmed
     */
    public long deletePrefix(String bucket, String prefix, Operation operation) {
        try (Call call = new Call(operation)) {
            return deletePrefix(call.store(this), call.operation(), bucket(bucket), Utf8.required("prefix", prefix));
        }
    }

    /**
     * Looks at the store as its user would: reachability, certificate, clock, rights, conditions, listings, speed (docs/formats.md, Diagnosis).
     * Where a check fails, the exception's account tells of all.
     *
     * @param bucket where it writes and removes objects of its own; {@code null}: only the server and the credentials are looked at
     * @param full every check; takes a minute or more on a distant store
     */
    public Map<String, Object> diagnose(String bucket, boolean full, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(diagnose(call.store(this), call.operation(), Utf8.encode("bucket", bucket), full));
        }
    }

    /**
     * Writes an object to {@code stream}, which is neither flushed nor closed.
     *
     * @param options may be {@code null}
     * @return bytes, digest, and whether they were verified
     * @throws IOException what the stream threw, unchanged
     */
    public Map<String, Object> download(String bucket, String key, OutputStream stream, DownloadOptions options, Operation operation)
            throws IOException {
        OutputPump sink = new OutputPump(Objects.requireNonNull(stream, "stream"));
        DownloadOptions how = options == null ? new DownloadOptions() : options;
        try (Call call = new Call(operation); KeyTexts keys = Decryption.texts(how.decryption)) {
            return Json.readObject(Transfer.get(call.store(this), call.operation(), bucket(bucket), key(key),
                    Json.write("description", how.description), sink, how.decompress, keys.texts));
        }
    }

    /**
     * Cancels what runs on this store and waits for its end.
     *
     * @throws IllegalStateException from inside a callback of a call on this store
     */
    @Override
    public void close() {
        handle.close();
    }

    static byte[] bucket(String bucket) {
        return Utf8.required("bucket", bucket);
    }

    static byte[] key(String key) {
        return Utf8.required("key", key);
    }

    private Map<String, Object> put(InputPump source, byte[] file, byte[] tree, byte[][] command, String bucket, String key,
            UploadOptions options, Operation operation) {
        UploadOptions how = options == null ? new UploadOptions() : options;
        if (tree == null && (how.include != null || how.exclude != null || how.oneFileSystem || how.strict || how.index)) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "options of trees are given for what is no tree",
                    "give them to putTree only");
        }
        if (command == null && how.successText != null) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "a success text is given for what is no command",
                    "give it to putCommand only");
        }
        try (Call call = new Call(operation); KeyTexts keys = Encryption.texts(how.encryption)) {
            return Json.readObject(Transfer.put(call.store(this), call.operation(), bucket(bucket), key(key), source, file, tree,
                    Utf8.encodeAll("pattern to include", how.include), Utf8.encodeAll("pattern to exclude", how.exclude), how.oneFileSystem,
                    how.strict, how.index, command, Utf8.encode("success text", how.successText), how.compression.number(), how.level,
                    how.replace, Utf8.encode("alive key", how.aliveKey), keys.texts));
        }
    }

    private static native long open(byte[] url, byte[][] settings, boolean virtualHost, boolean singleWriter, int tries, int stallSeconds);

    private static native void close(long store);

    private static native void makeBucket(long store, long operation, byte[] bucket);

    private static native void testBucket(long store, long operation, byte[] bucket);

    private static native void deleteBucket(long store, long operation, byte[] bucket);

    private static native void tagBucket(long store, long operation, byte[] bucket, byte[][] namesAndValues);

    private static native void copy(long store, long operation, byte[] fromBucket, byte[] fromKey, byte[] toBucket, byte[] toKey,
            boolean replace);

    private static native byte[] grant(long store, long operation, byte[] bucket, byte[][] keys, long[] sizes, int seconds, byte[] role,
            byte[] tokenEndpoint);

    private static native byte[] link(long store, long operation, byte[] bucket, byte[] key, boolean put, int seconds);

    private static native ObjectInfo stat(long store, long operation, byte[] bucket, byte[] key);

    private static native void list(long store, long operation, byte[] bucket, byte[] prefix, byte[] delimiter, boolean versions,
            ObjectBridge each);

    private static native long deletePrefix(long store, long operation, byte[] bucket, byte[] prefix);

    private static native byte[] diagnose(long store, long operation, byte[] bucket, boolean full);

    private static native void delete(long store, long operation, byte[] bucket, byte[][] keys);
}
