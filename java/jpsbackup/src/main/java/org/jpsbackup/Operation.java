package org.jpsbackup;

/**
 * One piece of long work with its memory budget, progress listener and cancellation. It serves one call at a time; a second one
 * meanwhile is an {@link IllegalStateException}, and so is a call after {@link #close()}. Once cancelled it stays so.
 */
public final class Operation implements AutoCloseable {
    // Held here because the native side refers to it weakly; see jni/operation.c.
    private final ProgressBridge bridge;
    private final NativeHandle handle;

    /** With 96 MiB for buffers and no listener. */
    public Operation() {
        this(0, null, 0);
    }

    /** With 96 MiB for buffers. */
    public Operation(ProgressListener listener) {
        this(0, listener, 0);
    }

    /**
     * @param memoryLimitBytes for all buffers together, at least 32 MiB; 0 is 96 MiB
     * @param listener may be {@code null}
     * @param progressIntervalMs shortest time between two reports; 0 is 250
     */
    public Operation(long memoryLimitBytes, ProgressListener listener, int progressIntervalMs) {
        if (memoryLimitBytes < 0 || progressIntervalMs < 0) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "a memory limit or interval is negative", "give 0 for the default");
        }
        NativeLibrary.load();
        bridge = listener == null ? null : new ProgressBridge(listener);
        handle = new NativeHandle(this, "operation", create(memoryLimitBytes, progressIntervalMs, bridge), Operation::free);
    }

    /**
     * Ends the call that the operation serves, soon, with code {@link JpsBackupException.Code#CANCELLED}; further calls end so at once. From any
     * thread; nothing after {@link #close()}. A stream that blocks holds the call up until it returns.
     */
    public void cancel() {
        handle.withAddress(Operation::cancel);
    }

    /**
     * Cancels the call that the operation serves and waits for its end.
     *
     * @throws IllegalStateException from inside a callback of that call
     */
    @Override
    public void close() {
        handle.close();
    }

    NativeHandle.Use enter() {
        return handle.enterAlone(this::cancel);
    }

    private static native long create(long memoryLimitBytes, int progressIntervalMs, ProgressBridge listener);

    private static native void cancel(long operation);

    private static native void free(long operation);
}
