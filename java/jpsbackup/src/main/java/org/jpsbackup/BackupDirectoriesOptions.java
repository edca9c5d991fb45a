package org.jpsbackup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What a backup of directories holds; every setter answers this object. */
public final class BackupDirectoriesOptions {
    final BackupName name;
    final List<String> directories;
    List<String> include;
    List<String> exclude;
    boolean oneFileSystem;
    boolean strict;
    boolean index = true;
    boolean resume;
    // The C interface's 0: it chooses zstd.
    Compression compression = Compression.NONE;
    int level;
    Map<String, ?> environment;
    Catalog catalog;
    Protection protection;
    Encryption encryption;

    /** @param directories each becomes one object, named after its last name */
    public BackupDirectoriesOptions(BackupName name, Collection<String> directories) {
        this.name = name;
        this.directories = new ArrayList<>(directories);
    }

    /** Patterns for each of the directories, as {@link UploadOptions#exclude}. */
    public BackupDirectoriesOptions exclude(Collection<String> exclude) {
        this.exclude = exclude == null ? null : new ArrayList<>(exclude);
        return this;
    }

    /** Patterns for each of the directories, as {@link UploadOptions#include}; default all. */
    public BackupDirectoriesOptions include(Collection<String> include) {
        this.include = include == null ? null : new ArrayList<>(include);
        return this;
    }

    /** Directories on other file systems are kept without what is in them. */
    public BackupDirectoriesOptions oneFileSystem(boolean oneFileSystem) {
        this.oneFileSystem = oneFileSystem;
        return this;
    }

    /** Whether archives by zstd get an index of their members, to browse and to restore some of them; default true. */
    public BackupDirectoriesOptions index(boolean index) {
        this.index = index;
        return this;
    }

    /** Takes an abandoned backup of the same directories over, as {@link Backups#begin(BackupName, Map, boolean, Operation)} does. */
    public BackupDirectoriesOptions resume(boolean resume) {
        this.resume = resume;
        return this;
    }

    /** A file that changes or vanishes while it is read fails the backup. */
    public BackupDirectoriesOptions strict(boolean strict) {
        this.strict = strict;
        return this;
    }

    /** ZSTD or GZIP, level 0 for its own default; default ZSTD. */
    public BackupDirectoriesOptions compression(Compression compression, int level) {
        this.compression = compression;
        this.level = level;
        return this;
    }

    /** Texts that the seal and the catalog keep. */
    public BackupDirectoriesOptions environment(Map<String, ?> environment) {
        this.environment = environment;
        return this;
    }

    /** The finished backup is protected by the store, as by {@link Backups#protect}; default not. */
    public BackupDirectoriesOptions protection(Protection protection) {
        this.protection = protection;
        return this;
    }

    /** Encrypts all objects; default not. It stays the caller's to close. */
    public BackupDirectoriesOptions encryption(Encryption encryption) {
        this.encryption = encryption;
        return this;
    }

    /** The catalog that the finished backup is entered in; default none. */
    public BackupDirectoriesOptions catalog(Catalog catalog) {
        this.catalog = catalog;
        return this;
    }
}
