package org.jpsbackup;

/** Takes an operation's progress. */
@FunctionalInterface
public interface ProgressListener {
    /** Called on the thread that made the long call. What it throws ends that call, and comes out of it unchanged. */
    void progress(Progress progress);
}
