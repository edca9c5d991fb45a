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
    List<String> paths;
    boolean inPlace;
    boolean keepOld;
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

    /**
     * Only these members of an archive that has an index, below its tree or as absolute paths of it, with all that directories hold and the
     * directories above them; at most 1,000. The target must not exist, or be empty. Default all.
     */
    public RestoreOptions paths(Collection<String> paths) {
        this.paths = paths == null ? null : new ArrayList<>(paths);
        return this;
    }

    /**
     * {@link Restore#restore} and {@link Restore#check} only: for want of room the old content is removed before the new one comes, and there is
     * no undo. Everything is read and verified before; a failure after that leaves the target incomplete, and the same call again goes on.
     */
    public RestoreOptions inPlace(boolean inPlace) {
        this.inPlace = inPlace;
        return this;
    }

    /** {@link Restore#restore} only: the old content stays beside the target. */
    public RestoreOptions keepOld(boolean keepOld) {
        this.keepOld = keepOld;
        return this;
    }

    /** Needed where the object is encrypted, and an error where it is not. It stays the caller's to close. */
    public RestoreOptions decryption(Decryption decryption) {
        this.decryption = decryption;
        return this;
    }
}
