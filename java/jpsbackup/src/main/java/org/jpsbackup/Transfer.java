package org.jpsbackup;

/** The native calls that move an object's bytes; {@link Store} offers them. */
final class Transfer {
    private Transfer() {
    }

    /** Exactly one of source, file, tree and command is not {@code null}. */
    static native byte[] put(long store, long operation, byte[] bucket, byte[] key, InputPump source, byte[] file, byte[] tree,
            byte[][] include, byte[][] exclude, boolean oneFileSystem, boolean strict, boolean index, byte[][] command, byte[] successText,
            int compression, int level, boolean replace, byte[] aliveKey, byte[][] encryption);

    static native byte[] putFiles(long store, long operation, byte[] bucket, byte[] prefix, byte[] directory, boolean replace, int atOnce);

    static native byte[] getFiles(long store, long operation, byte[] bucket, byte[] prefix, byte[] directory, boolean replace, int atOnce);

    static native byte[] get(long store, long operation, byte[] bucket, byte[] key, byte[] description, OutputPump sink,
            boolean decompress, byte[][] decryption);
}
