package org.jpsbackup;

/** How far an operation has come. */
public final class Progress {
    private final String phase;
    private final String item;
    private final long bytesDone;
    private final long bytesTotal;
    private final long objectsDone;
    private final long objectsTotal;
    private final long bytesPerSecond;
    private final long secondsLeft;

    Progress(String phase, String item, long bytesDone, long bytesTotal, long objectsDone, long objectsTotal, long bytesPerSecond,
            long secondsLeft) {
        this.phase = phase;
        this.item = item;
        this.bytesDone = bytesDone;
        this.bytesTotal = bytesTotal;
        this.objectsDone = objectsDone;
        this.objectsTotal = objectsTotal;
        this.bytesPerSecond = bytesPerSecond;
        this.secondsLeft = secondsLeft;
    }

    /** One of "archive", "upload", "download", "extract", "verify", "delete". */
    public String phase() {
        return phase;
    }

    /** The object or path at work. */
    public String item() {
        return item;
    }

    /** Plain bytes on the archive's side, or an object's bytes where there is none. */
    public long bytesDone() {
        return bytesDone;
    }

    /** 0: not known. */
    public long bytesTotal() {
        return bytesTotal;
    }

    /** Objects, or files of a tree. */
    public long objectsDone() {
        return objectsDone;
    }

    /** 0: not known. */
    public long objectsTotal() {
        return objectsTotal;
    }

    /** Since the phase began. */
    public long bytesPerSecond() {
        return bytesPerSecond;
    }

    /** -1: not known. */
    public long secondsLeft() {
        return secondsLeft;
    }

    @Override
    public String toString() {
        return phase + " '" + item + "': " + bytesDone + " of " + (bytesTotal == 0 ? "?" : bytesTotal) + " bytes, " + objectsDone + " of "
                + (objectsTotal == 0 ? "?" : objectsTotal) + " objects";
    }
}
