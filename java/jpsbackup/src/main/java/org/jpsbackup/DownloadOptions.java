package org.jpsbackup;

import java.util.Map;

/** How an object is got; every setter answers this object. */
public final class DownloadOptions {
    Map<String, ?> description;
    boolean decompress;
    Decryption decryption;

    /** The object's description from its backup's seal; then every part is verified before it is written. */
    public DownloadOptions description(Map<String, ?> description) {
        this.description = description;
        return this;
    }

    /** By the description, else by the first bytes. Default false: the bytes as they are stored. */
    public DownloadOptions decompress(boolean decompress) {
        this.decompress = decompress;
        return this;
    }

    /** Decrypts, before it decompresses; default not. It stays the caller's to close. An object that is not encrypted is an error then. */
    public DownloadOptions decryption(Decryption decryption) {
        this.decryption = decryption;
        return this;
    }
}
