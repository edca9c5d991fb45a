package org.jpsbackup;

import java.util.Map;
import java.util.Objects;

/**
 * Restoring: check and stage each object, swap them all in, then commit, or undo. A journal on disk drives the last three, so they work
 * after a crash too, in another process, and as often as one likes.
 */
public final class Restore {
    private final Store store;

    public Restore(Store store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** Before anything changes: is the object there, is there room for it, can the target be exchanged? */
    public Map<String, Object> check(RestoreOptions options, Operation operation) {
        try (Call call = new Call(operation); KeyTexts keys = Decryption.texts(options.decryption)) {
            return Json.readObject(check(call.store(store), call.operation(), texts(options), consumer(options), paths(options), options.inPlace,
                    options.keepOld, keys.texts));
        }
    }

    /** Fetches, verifies and unpacks the object beside the target, which stays as it is. */
    public Map<String, Object> stage(RestoreOptions options, Operation operation) {
        try (Call call = new Call(operation); KeyTexts keys = Decryption.texts(options.decryption)) {
            return Json.readObject(stage(call.store(store), call.operation(), texts(options), consumer(options), paths(options), options.inPlace,
                    options.keepOld, keys.texts));
        }
    }

    /** Stages, swaps and commits in one call; a failure undoes, except in place. Where the old content was kept, "old" is its path. */
    public Map<String, Object> restore(RestoreOptions options, Operation operation) {
        try (Call call = new Call(operation); KeyTexts keys = Decryption.texts(options.decryption)) {
            return Json.readObject(restore(call.store(store), call.operation(), texts(options), consumer(options), paths(options), options.inPlace,
                    options.keepOld, keys.texts));
        }
    }

    /** Exchanges all that the journal holds. Answers the journal's state, as the next two do. */
    public static Map<String, Object> swap(String journal, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(swap(call.operation(), Utf8.required("journal", journal)));
        }
    }

    /** Puts it all back. */
    public static Map<String, Object> undo(String journal, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(undo(call.operation(), Utf8.required("journal", journal)));
        }
    }

    /** Makes it final. */
    public static Map<String, Object> commit(String journal, boolean keepOld, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(commit(call.operation(), Utf8.required("journal", journal), keepOld));
        }
    }

    /** In the order that jni/restore.c reads them in. */
    private static byte[][] texts(RestoreOptions options) {
        return new byte[][] {
            options.name.bucketBytes(), options.name.nameBytes(), options.name.timestampBytes(), options.name.modeBytes(),
            Utf8.encode("object's name", options.object), Utf8.required("target", options.target), Utf8.required("journal", options.journal),
            Utf8.encode("owner", options.owner),
        };
    }

    private static byte[][] consumer(RestoreOptions options) {
        return Utf8.encodeAll("consumer's argument", options.consumer);
    }

    private static byte[][] paths(RestoreOptions options) {
        return Utf8.encodeAll("path to restore", options.paths);
    }

    private static native byte[] check(long store, long operation, byte[][] texts, byte[][] consumer, byte[][] paths,
            boolean inPlace, boolean keepOld, byte[][] decryption);

    private static native byte[] stage(long store, long operation, byte[][] texts, byte[][] consumer, byte[][] paths,
            boolean inPlace, boolean keepOld, byte[][] decryption);

    private static native byte[] restore(long store, long operation, byte[][] texts, byte[][] consumer, byte[][] paths,
            boolean inPlace, boolean keepOld, byte[][] decryption);

    private static native byte[] swap(long operation, byte[] journal);

    private static native byte[] undo(long operation, byte[] journal);

    private static native byte[] commit(long operation, byte[] journal, boolean keepOld);
}
