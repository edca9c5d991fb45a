package org.jpsbackup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** How an object is put; every setter answers this object. */
public final class UploadOptions {
    Compression compression = Compression.NONE;
    int level;
    boolean replace;
    String aliveKey;
    List<String> include;
    List<String> exclude;
    boolean oneFileSystem;
    boolean strict;
    boolean index;
    String successText;
    Encryption encryption;

    /** Default {@link Compression#NONE}, level 0 for the compression's own default. */
    public UploadOptions compression(Compression compression, int level) {
        this.compression = compression;
        this.level = level;
        return this;
    }

    public UploadOptions compression(Compression compression) {
        return compression(compression, 0);
    }

    /** Default false: an object that exists is a conflict. */
    public UploadOptions replace(boolean replace) {
        this.replace = replace;
        return this;
    }

    /** Key of a small object that is renewed every 60 s while the call runs; default none. */
    public UploadOptions aliveKey(String aliveKey) {
        this.aliveKey = aliveKey;
        return this;
    }

    /**
     * Trees: what matches is left out, with all below it. Patterns are on the path below the tree, '*' and '?' not matching '/', or, without any
     * '/', on its last name.
     */
    public UploadOptions exclude(Collection<String> exclude) {
        this.exclude = exclude == null ? null : new ArrayList<>(exclude);
        return this;
    }

    /** Trees: patterns as above; only what matches and is not excluded, and all below a directory that matches. Default all. */
    public UploadOptions include(Collection<String> include) {
        this.include = include == null ? null : new ArrayList<>(include);
        return this;
    }

    /** Trees: a directory on another file system is kept without what is in it. */
    public UploadOptions oneFileSystem(boolean oneFileSystem) {
        this.oneFileSystem = oneFileSystem;
        return this;
    }

    /** Trees compressed by ZSTD: an object KEY.index.zst beside it lists its members and where they lie. */
    public UploadOptions index(boolean index) {
        this.index = index;
        return this;
    }

    /** Trees: a file that changes or vanishes while it is read fails the call. */
    public UploadOptions strict(boolean strict) {
        this.strict = strict;
        return this;
    }

    /** Commands: must stand in the last of the standard error output. */
    public UploadOptions successText(String successText) {
        this.successText = successText;
        return this;
    }

    /** After compression, before anything is sent; default none. It stays the caller's to close. */
    public UploadOptions encryption(Encryption encryption) {
        this.encryption = encryption;
        return this;
    }
}
