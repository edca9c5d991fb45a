package org.jpsbackup;

/** The cluster revision file of a node: one unsigned 8-byte big-endian number. */
public final class RevisionNode {
    private RevisionNode() {
    }

    /** An unsigned number; see {@link Long#toUnsignedString(long)}. */
    public static long read(String path) {
        NativeLibrary.load();
        return read(Utf8.required("path", path));
    }

    /** Durably: the file holds the old number or the new one, after a crash too. */
    public static void write(String path, long revision) {
        NativeLibrary.load();
        write(Utf8.required("path", path), revision);
    }

    private static native long read(byte[] path);

    private static native void write(byte[] path, long revision);
}
