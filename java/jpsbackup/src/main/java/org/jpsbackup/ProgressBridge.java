package org.jpsbackup;

/** What the native library calls for a {@link ProgressListener}. */
final class ProgressBridge {
    private final ProgressListener listener;

    ProgressBridge(ProgressListener listener) {
        this.listener = listener;
    }

    void progress(byte[] phase, byte[] item, long bytesDone, long bytesTotal, long objectsDone, long objectsTotal, long bytesPerSecond,
            long secondsLeft) {
        listener.progress(new Progress(Utf8.decode(phase), Utf8.decode(item), bytesDone, bytesTotal, objectsDone, objectsTotal,
                bytesPerSecond, secondsLeft));
    }
}
