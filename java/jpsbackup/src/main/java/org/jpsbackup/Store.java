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
    private final NativeHandle handle;

    private Store(StoreOptions options) {
        byte[] secretKey = null;
        byte[] sessionToken = null;
        char[][] secrets = options.takeSecrets();
        try {
            NativeLibrary.load();
            secretKey = Utf8.encodeSecret("secret key", secrets[0]);
            sessionToken = Utf8.encodeSecret("session token", secrets[1]);
            long address = open(Utf8.encode("store's url", options.url), Utf8.encode("endpoint", options.endpoint),
                    Utf8.encode("region", options.region), Utf8.encode("access key", options.accessKey), secretKey, sessionToken,
                    Utf8.encode("CA file", options.caFile), Utf8.encode("server-side encryption", options.serverSideEncryption),
                    options.virtualHost, options.tries, options.stallSeconds);
            handle = new NativeHandle(this, "store", address, Store::close);
        } finally {
            StoreOptions.wipe(secrets[0]);
            StoreOptions.wipe(secrets[1]);
            StoreOptions.wipe(secretKey);
            StoreOptions.wipe(sessionToken);
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
        Objects.requireNonNull(each, "each");
        try (Call call = new Call(operation)) {
            list(call.store(this), call.operation(), bucket(bucket), Utf8.required("prefix", prefix), new ObjectBridge(each));
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
        try (Call call = new Call(operation)) {
            return Json.readObject(Transfer.get(call.store(this), call.operation(), bucket(bucket), key(key),
                    Json.write("description", how.description), sink, how.decompress));
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

    NativeHandle.Use enter(Runnable cancel) {
        return handle.enter(cancel);
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
        if (tree == null && (how.exclude != null || how.strict)) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "patterns to exclude or strictness are given for what is no tree",
                    "give them to putTree only");
        }
        if (command == null && how.successText != null) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "a success text is given for what is no command",
                    "give it to putCommand only");
        }
        try (Call call = new Call(operation)) {
            return Json.readObject(Transfer.put(call.store(this), call.operation(), bucket(bucket), key(key), source, file, tree,
                    Utf8.encodeAll("pattern to exclude", how.exclude), how.strict, command, Utf8.encode("success text", how.successText),
                    how.compression.number(), how.level, how.replace, Utf8.encode("alive key", how.aliveKey)));
        }
    }

    private static native long open(byte[] url, byte[] endpoint, byte[] region, byte[] accessKey, byte[] secretKey, byte[] sessionToken,
            byte[] caFile, byte[] serverSideEncryption, boolean virtualHost, int tries, int stallSeconds);

    private static native void close(long store);

    private static native void makeBucket(long store, long operation, byte[] bucket);

    private static native ObjectInfo stat(long store, long operation, byte[] bucket, byte[] key);

    private static native void list(long store, long operation, byte[] bucket, byte[] prefix, ObjectBridge each);

    private static native void delete(long store, long operation, byte[] bucket, byte[][] keys);
}
