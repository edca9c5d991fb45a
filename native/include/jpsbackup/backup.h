/*
 * Backups: folders of objects under one name, timestamp and mode, each with its seal; the catalog that lists them;
 * rotation. Accounts are JSON texts in the forms of docs/formats.md; free them with jb_text_free; any may be NULL where
 * it is not wanted.
 */
#ifndef JPSBACKUP_BACKUP_H
#define JPSBACKUP_BACKUP_H

#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which backup. */
typedef struct jb_backup_name {
    size_t size;           /* required: sizeof(jb_backup_name) */
    const char *bucket;    /* required */
    const char *name;      /* required: 1 to 200 bytes of UTF-8 without '/' or control characters */
    const char *timestamp; /* "2026-11-22T23:48:00"; to begin: NULL or "" is the present minute; to read: NULL or
                              "latest" is the newest complete one */
    const char *mode;      /* "manual" or "auto"; to begin: NULL is "manual"; to read the latest: NULL is either */
} jb_backup_name;

/*
 * Claims the name by creating its seal in state "running" (making the bucket where it is missing). JB_ERROR_CONFLICT
 * where the name is taken. `environment` is a JSON object of texts that the seal and the catalog keep: product,
 * version, cloudprovider, region, envrole, envname, displayname, uid, and others; NULL for none. `claim` gets a JSON
 * text that the calls below take: {"name", "timestamp", "mode", "folder", "owner", "objects"}.
 *
 * With `resume` it takes an abandoned backup over instead: the named one, or, without a timestamp, the newest of that
 * name and mode; the first owner's claim ends thereby. Objects that were completed and that the store still holds with
 * their sizes are kept, and the claim's "objects" are their descriptions; all else in the folder is removed.
 * `environment` NULL keeps the seal's. JB_ERROR_CONFLICT where it is not abandoned, JB_ERROR_NOT_FOUND where there is
 * none.
 */
JB_API int jb_backup_begin(jb_store *store, jb_operation *operation, const jb_backup_name *name,
                           const char *environment, bool resume, char **claim, jb_error *error);

/*
 * Seals the backup: the store must hold each object of `objects` (a JSON array of the accounts of jb_put) with its
 * size, and the seal must still be this claim's. What a resumption kept belongs to it unless `objects` names it anew.
 * `account` gets the seal.
 */
JB_API int jb_backup_complete(jb_store *store, jb_operation *operation, const char *bucket, const char *claim,
                              const char *objects, char **account, jb_error *error);

/* Gives a running backup up: removes what lies in its folder, the seal last. Only where the seal is still this claim's.
 */
JB_API int jb_backup_discard(jb_store *store, jb_operation *operation, const char *bucket, const char *claim,
                             jb_error *error);

/* All backups of the bucket, or those of exactly `name` (not NULL): {"backups": […]}, newest first; state is complete,
 * running, abandoned, deleting, old, damaged, or newer (made by a newer version). "verification" tells when ("when")
 * and how the backup was last verified, and the outcome. */
JB_API int jb_backup_list(jb_store *store, jb_operation *operation, const char *bucket, const char *name,
                          char **account, jb_error *error);

/* The seal, checked; of an old backup a description made from its folder. Only complete ones, unless `unfinished`. */
JB_API int jb_backup_show(jb_store *store, jb_operation *operation, const jb_backup_name *name, bool unfinished,
                          char **account, jb_error *error);

typedef struct jb_verify_options {
    size_t size;         /* required: sizeof(jb_verify_options) */
    jb_backup_name name; /* required */
    enum {
        JB_VERIFY_QUICK,  /* default: every object is there with its size, in the version that the seal names, and with
                             the digest that the store keeps of it, where it tells one (S3 with checksums) */
        JB_VERIFY_FULL,   /* every byte is read and its digest compared, archives are walked */
        JB_VERIFY_SAMPLE, /* quick, and a random share of each object's parts is read and its digest compared */
    } how;
    uint32_t percent; /* of JB_VERIFY_SAMPLE, required: 1 to 100 of each object's parts, but at least one */
    uint64_t seed;    /* of JB_VERIFY_SAMPLE: the same seed, below 2^53, chooses the same parts; default (0) a random
                         one */
    const jb_decryption *decryption; /* of JB_VERIFY_FULL, optional: walks encrypted archives, too; without it of what
                                        is encrypted only the digests are compared */
} jb_verify_options;

/*
 * Account: {"backup", "verified", "how", "full", "recorded", "digests", "damaged", "objects": [{"name", "ok",
 * "error"}]}, in full "decrypted" for each encrypted object, of a sample also "percent" and "seed", and of its objects
 * "parts" and "parts_read". JB_ERROR_VERIFY where anything is damaged; the account is given then too and names each
 * damaged object, and where the newest was sought and one with a damaged seal passed over. The outcome is recorded
 * beside the seal (docs/formats.md, Verification), for jb_backup_list to tell; where that cannot be, or a stronger
 * verification's finding of damage stays, a warning is logged. JB_ERROR_UNSUPPORTED for a sample of an old backup,
 * which has no digests.
 */
JB_API int jb_backup_verify(jb_store *store, jb_operation *operation, const jb_verify_options *options, char **account,
                            jb_error *error);

/* The owner's list of all backups, which the platform's front end reads. It may lie in another store (region) than the
 * backups. */
typedef struct jb_catalog {
    size_t size;        /* required: sizeof(jb_catalog) */
    jb_store *store;    /* required */
    const char *bucket; /* required; made where it is missing */
    const char *key;    /* required: "{uid}_backup_metadata.json" */
} jb_catalog;

JB_API int jb_catalog_list(const jb_catalog *catalog, jb_operation *operation, char **account, jb_error *error);
/* `entry`: a JSON object with name, timestamp, mode and more. One with the same three is replaced; members that it has
 * and `entry` lacks stay. */
JB_API int jb_catalog_add(const jb_catalog *catalog, jb_operation *operation, const char *entry, jb_error *error);
/* JB_OK also where there is none. */
JB_API int jb_catalog_remove(const jb_catalog *catalog, jb_operation *operation, const char *name,
                             const char *timestamp, const char *mode, jb_error *error);

typedef struct jb_catalog_rebuild_options {
    size_t size;                /* required: sizeof(jb_catalog_rebuild_options) */
    const char *const *buckets; /* required: NULL-ended; their complete backups, old ones too, get entries */
    bool dry_run;               /* only tells the difference */
    bool forget_others;     /* the buckets are all that the catalog is about: entries of backups elsewhere go, too */
    bool replace_malformed; /* a catalog that cannot be understood is kept beside the new one, and replaced */
} jb_catalog_rebuild_options;

/*
 * Makes the catalog anew from the seals and old folders of buckets in `store`. An entry gets what its backup's seal
 * says and keeps all else that it has; entries of backups that are no longer in these buckets go; those of other
 * buckets stay as they are (told apart by envrole, uid and region, as the manifests name buckets), and those of search
 * indexes, and of backups whose seals are damaged or a newer version's. Account: {"dry_run", "added", "changed",
 * "removed": lists of entries with name, timestamp, mode (and "members" that changed), "kept", "untouched": counts,
 * "malformed", "malformed_copy": its key}. JB_ERROR_FORMAT where the catalog is malformed, unless it is to be replaced.
 */
JB_API int jb_catalog_rebuild(const jb_catalog *catalog, jb_store *store, jb_operation *operation,
                              const jb_catalog_rebuild_options *options, char **account, jb_error *error);

/* Removes one backup: seal to "deleting", catalog entry (catalog may be NULL), objects, the seal last. */
JB_API int jb_backup_remove(jb_store *store, jb_operation *operation, const jb_backup_name *name,
                            const jb_catalog *catalog, jb_error *error);

/* The same for a backup that is listed as damaged, because its seal cannot be read; JB_ERROR_UNSUPPORTED
 * where a newer version made it, JB_ERROR_STATE for any other. */
JB_API int jb_backup_remove_damaged(jb_store *store, jb_operation *operation, const jb_backup_name *name,
                                    const jb_catalog *catalog, jb_error *error);

/*
 * Has the store protect a complete backup: each object in the version that the seal names, and the seal. It can be
 * called again, to protect for longer. JB_ERROR_UNSUPPORTED where the bucket has no object lock. Account: {"backup",
 * "retention", "until", "legal_hold", "objects"}.
 */
JB_API int jb_backup_protect(jb_store *store, jb_operation *operation, const jb_backup_name *name,
                             const jb_protection *protection, char **account, jb_error *error);

/*
 * Whether backups in the bucket can be protected so, before anything is done: JB_ERROR_USAGE where the protection makes
 * no sense, JB_ERROR_UNSUPPORTED where the bucket has no object lock, JB_ERROR_NOT_FOUND where it is not there.
 */
JB_API int jb_protection_check(jb_store *store, jb_operation *operation, const char *bucket,
                               const jb_protection *protection, jb_error *error);

typedef struct jb_rotate_options {
    size_t size;        /* required: sizeof(jb_rotate_options) */
    const char *bucket; /* required */
    const char *name;   /* required: exactly this name */
    const char *mode;   /* optional; default "auto" */
    /* How many stay; at least one number is not 0. What any of them keeps stays, and the newest in any case. Of a
       period the newest complete backup counts; periods without one do not count. */
    uint32_t keep;         /* of the newest complete backups */
    uint32_t keep_daily;   /* of the last days (UTC) with a backup: one each */
    uint32_t keep_weekly;  /* of the last weeks (ISO 8601) */
    uint32_t keep_monthly; /* of the last months */
    uint32_t keep_yearly;  /* of the last years */
    bool dry_run;
    const jb_catalog *catalog; /* optional */
} jb_rotate_options;

/* {"kept": […], "removed": […], "dry_run"}: entries with folder, timestamp, "reasons", and these in one text: "reason".
 * Unfinished backups are left alone and do not count;
 * what the store protects is left, too, and what its last verification found damaged, which does not count either. */
JB_API int jb_rotate(jb_store *store, jb_operation *operation, const jb_rotate_options *options, char **account,
                     jb_error *error);

typedef struct jb_gc_options {
    size_t size;         /* required: sizeof(jb_gc_options) */
    const char *bucket;  /* required */
    const char *prefix;  /* optional: of any keys, not only of abandoned backups; "" for all */
    uint64_t older_than; /* required with prefix: seconds since the upload began, at least 1 */
    bool dry_run;
} jb_gc_options;

/*
 * Aborts the unfinished uploads below the folders of abandoned backups, or, where a prefix and an age are given, all
 * below that prefix that are so old. Account as jb_store_abort_uploads gives it.
 */
JB_API int jb_gc(jb_store *store, jb_operation *operation, const jb_gc_options *options, char **account,
                 jb_error *error);

typedef struct jb_backup_directories_options {
    size_t size;                    /* required: sizeof(jb_backup_directories_options) */
    jb_backup_name name;            /* required */
    const char *const *directories; /* required: NULL-ended; each becomes the object "{last name}.tar.zst" */
    const char *const *exclude;     /* optional, as in jb_put_options */
    bool strict;
    jb_compression compression; /* zstd or gzip; default (0) zstd */
    int level;
    const char *environment;         /* optional, as in jb_backup_begin */
    const jb_catalog *catalog;       /* optional: the finished backup is entered */
    const jb_protection *protection; /* optional: the finished backup is protected, as by jb_backup_protect */
    bool resume;   /* takes an abandoned backup of the same directories over, as jb_backup_begin does */
    bool no_index; /* archives by zstd get an index of their members, unless this says not */
    /* Optional: encrypts all objects. A resumed backup keeps what it has, for the keys that it was encrypted to. */
    const jb_encryption *encryption;
    const char *const *include; /* optional, as in jb_put_options, for each of the directories */
    bool one_file_system;       /* as in jb_put_options */
} jb_backup_directories_options;

/* Begin, put, complete and protect in one call; a failure before it is complete discards the backup, but a resumed one
 * stays, to be resumed again. `account` gets the seal. */
JB_API int jb_backup_directories(jb_store *store, jb_operation *operation, const jb_backup_directories_options *options,
                                 char **account, jb_error *error);

typedef enum jb_member_type {
    JB_MEMBER_FILE,
    JB_MEMBER_DIRECTORY,
    JB_MEMBER_SYMBOLIC_LINK,
    JB_MEMBER_HARD_LINK,
    JB_MEMBER_FIFO,
    JB_MEMBER_CHARACTER_DEVICE,
    JB_MEMBER_BLOCK_DEVICE
} jb_member_type;

/* One member of an archive; its texts are bytes as archived, and valid while the callback runs. */
typedef struct jb_member {
    size_t size;
    const char *path; /* below the tree; "" for the tree itself */
    jb_member_type type;
    uint64_t bytes; /* of a file, with its holes; else 0 */
    uint32_t mode;  /* the bits 07777 */
    uint32_t uid;
    uint32_t gid;
    const char *user; /* NULL where the number had no name */
    const char *group;
    int64_t seconds; /* of its last change, since 1970 */
    uint32_t nanoseconds;
    const char *link;    /* where a symbolic link points, or the first name of a hard link's file; else NULL */
    const char *trouble; /* what a warning said of it while it was read; else NULL */
} jb_member;

/* Any other answer than 0 ends the call with JB_ERROR_CANCELLED. */
typedef int (*jb_member_fn)(void *context, const jb_member *member);

typedef struct jb_browse_options {
    size_t size;         /* required: sizeof(jb_browse_options) */
    jb_backup_name name; /* required */
    const char *object;  /* the archive's name in the backup; NULL where it holds only one object */
    const char *path; /* optional: only this member and what lies below it; below the tree, or an absolute path of it */
    const jb_decryption *decryption; /* required where the archive is encrypted, and only there */
} jb_browse_options;

/*
 * Tells of the members of an archive that has an index, in the archive's order, in memory that does not grow with their
 * number. JB_ERROR_UNSUPPORTED where there is no index. Account: {"backup", "object", "root", "members", "bytes"}.
 */
JB_API int jb_backup_browse(jb_store *store, jb_operation *operation, const jb_browse_options *options,
                            jb_member_fn each, void *context, char **account, jb_error *error);

/* Restoring one object of a backup onto one target. */
typedef struct jb_restore_options {
    size_t size;         /* required: sizeof(jb_restore_options) */
    jb_backup_name name; /* required */
    const char *object;  /* the object's name in the backup; NULL where it holds only one */
    const char *target;  /* required: absolute path of the directory or file that it replaces */
    const char *journal; /* required: absolute path of the swap's journal, the same for all targets of one restore on
                            this machine */
    const char *owner; /* optional: "USER" (with its own group), "USER:GROUP" or "UID:GID" for all that an archive or a
                          file brings; default: as archived */
    const char *const *consumer; /* optional: NULL-ended argv that takes the plain bytes by standard input in the
                                    staging directory; default by kind */
    bool old; /* the backup is an old one without a seal, which is not looked for: so those may restore it who may read
                 nothing but this object; timestamp, mode and object are required */
    bool keep_old; /* jb_restore only: the old content stays beside the target */
    bool in_place; /* jb_restore and jb_restore_check: for want of room the old content is removed before the new one
                      comes, and there is no undo. Everything is read and verified before; a failure after that leaves
                      the target incomplete, and the same call again goes on */
    const jb_decryption *decryption; /* required where the object is encrypted, and only there */
    const char *const *paths; /* optional: NULL-ended, at most 1,000 members of an archive that has an index, below its
                                 tree or as absolute paths of it: only these, with all that directories hold and the
                                 directories above them, into a target that does not exist or is empty */
} jb_restore_options;

/*
 * The plan, and whether it can work: is the object there with its size, is there room for it, what stands at the target
 * and how can it be replaced? An exchange is tried with empty directories; nothing stays changed. Account: {"backup",
 * "object", "kind", "target", "bytes", "bytes_needed", "bytes_free", "method", "replaces", "verified"}; method is
 * exchange, rename, entries, copy or in-place (docs/formats.md), "verified" whether there are digests for every byte.
 */
JB_API int jb_restore_check(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                            jb_error *error);

/*
 * Fetches, verifies and unpacks the object beside the target, and enters it in the journal. The target stays as it is.
 * Account: {"object", "target", "staging", "bytes", "files", "verified"}; where the backup found files that vanished or
 * changed while it read them also "marked": [{"path", "what"}], the first 1,000, and "marked_count", in the account of
 * each restore.
 */
JB_API int jb_restore_stage(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                            jb_error *error);

/* Exchange all that the journal holds; put it all back; make it final. Each is idempotent. Account: the journal's
 * state. */
JB_API int jb_restore_swap(jb_operation *operation, const char *journal, char **account, jb_error *error);
JB_API int jb_restore_undo(jb_operation *operation, const char *journal, char **account, jb_error *error);
JB_API int jb_restore_commit(jb_operation *operation, const char *journal, bool keep_old, char **account,
                             jb_error *error);
/* The journal's state; nothing changes. JB_ERROR_NOT_FOUND where there is no such journal. */
JB_API int jb_restore_status(jb_operation *operation, const char *journal, char **account, jb_error *error);

/*
 * Stage, swap and commit in one call; a failure undoes what this call began. Where only the old content cannot be
 * removed, the new one stays in place: commit again then. Account: {"object", "target", "bytes", "files", "verified"},
 * with "old" where the old content was kept: its path.
 */
JB_API int jb_restore(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                      jb_error *error);

/* The cluster revision file of a node: one unsigned 8-byte big-endian number. Written durably: temporary name, fsync,
 * rename. */
JB_API int jb_revision_read(const char *path, uint64_t *revision, jb_error *error);
JB_API int jb_revision_write(const char *path, uint64_t revision, jb_error *error);

#ifdef __cplusplus
}
#endif
#endif
