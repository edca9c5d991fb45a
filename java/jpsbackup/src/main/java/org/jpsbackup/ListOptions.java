package org.jpsbackup;

/** What a listing shows; every setter answers this object. */
public final class ListOptions {
    String prefix = "";
    String delimiter;
    boolean versions;

    /** Only keys that start with it; default "", all. */
    public ListOptions prefix(String prefix) {
        this.prefix = prefix;
        return this;
    }

    /** "/": what follows the next one is summed up as one common prefix ({@link ObjectInfo#isPrefix}); default {@code null}, all keys. */
    public ListOptions delimiter(String delimiter) {
        this.delimiter = delimiter;
        return this;
    }

    /** All versions and delete markers, where the bucket keeps them; not with a delimiter. */
    public ListOptions versions(boolean versions) {
        this.versions = versions;
        return this;
    }
}
