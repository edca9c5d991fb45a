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
    List<String> exclude;
    boolean strict;
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

    /** Trees: patterns on paths below the tree, '*' and '?' also matching '/'. */
    public UploadOptions exclude(Collection<String> exclude) {
        this.exclude = exclude == null ? null : new ArrayList<>(exclude);
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
