package org.jpsbackup;

/** How many files are put or got at once; every setter answers this object. */
public final class FilesOptions {
    boolean replace;
    int atOnce;

    /** Default false: an object, or a file, that exists is that file's conflict. */
    public FilesOptions replace(boolean replace) {
        this.replace = replace;
        return this;
    }

    /** Requests under way at a time, at most 128; 0 is 128. Memory may allow fewer. */
    public FilesOptions atOnce(int atOnce) {
        this.atOnce = StoreOptions.notNegative("number of requests", atOnce);
        return this;
    }
}
