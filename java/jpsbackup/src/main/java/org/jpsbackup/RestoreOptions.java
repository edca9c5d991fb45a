package org.jpsbackup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** One object of a backup, and the target that it replaces; every setter answers this object. */
public final class RestoreOptions {
    final BackupName name;
    final String target;
    final String journal;
    String object;
    String owner;
    List<String> consumer;
    Decryption decryption;

    /**
     * @param target absolute path of the directory or file that is replaced
     * @param journal absolute path of the swap's journal, the same for all targets of one restore on this machine
     */
    public RestoreOptions(BackupName name, String target, String journal) {
        this.name = name;
        this.target = target;
        this.journal = journal;
    }

    /** The object's name in the backup; may be left out where it holds only one. */
    public RestoreOptions object(String object) {
        this.object = object;
        return this;
    }

    /** "USER" or "UID:GID" for everything restored; default as archived. */
    public RestoreOptions owner(String owner) {
        this.owner = owner;
        return this;
    }

    /** A program and its arguments that takes the plain bytes by standard input in the staging directory; default by kind. */
    public RestoreOptions consumer(Collection<String> consumer) {
        this.consumer = consumer == null ? null : new ArrayList<>(consumer);
        return this;
    }

    /** Needed where the object is encrypted, and an error where it is not. It stays the caller's to close. */
    public RestoreOptions decryption(Decryption decryption) {
        this.decryption = decryption;
        return this;
    }
}
