package org.jpsbackup;

/** Which members of which archive {@link Backups#browse} tells of; every setter answers this object. */
public final class BrowseOptions {
    final BackupName name;
    String object;
    String path;
    Decryption decryption;

    public BrowseOptions(BackupName name) {
        this.name = name;
    }

    /** The archive's name in the backup; may be left out where it holds only one object. */
    public BrowseOptions object(String object) {
        this.object = object;
        return this;
    }

    /** Only this member and what lies below it; below the tree, or an absolute path of it. Default all. */
    public BrowseOptions path(String path) {
        this.path = path;
        return this;
    }

    /** Needed where the archive is encrypted, and an error where it is not. It stays the caller's to close. */
    public BrowseOptions decryption(Decryption decryption) {
        this.decryption = decryption;
        return this;
    }
}
