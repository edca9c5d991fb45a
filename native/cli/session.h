/* One run of one subcommand: what it was asked, what it works with, what it answers. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <jpsbackup/jpsbackup.h>

#include "options.h"
#include "output.h"

struct session {
    struct arguments arguments;
    struct output output;
    jb_operation *operation;
    jb_store *store;         /* by session_connect */
    jb_store *catalog_store; /* `store`, or another where --catalog-region says so */
    json_t *account;         /* the subcommand's answer; NULL: none */
    print_fn print;          /* how a person reads it */
    FILE *account_to;        /* standard output, or standard error where that carries bytes */
};

struct subcommand {
    const char *name;
    int bit;              /* enum subcommand_bit */
    const char *summary;  /* for the list of subcommands */
    const char *usage;    /* lines of arguments, each without the program's name, parted by newlines */
    const char *about;    /* one or a few sentences */
    const char *examples; /* lines, parted by newlines */
    bool takes_rest;      /* a program's arguments may follow "--" */
    int (*run)(struct session *session, jb_error *error);
};

extern const struct subcommand copy_subcommand, put_subcommand, get_subcommand, ls_subcommand, rm_subcommand,
    backup_subcommand, restore_subcommand, browse_subcommand, list_subcommand, verify_subcommand, rotate_subcommand,
    catalog_subcommand, gc_subcommand, bucket_subcommand, doctor_subcommand, revision_node_subcommand,
    protect_subcommand, link_subcommand, grant_subcommand, azure_subcommand, aws_subcommand;

/* All of them, NULL-ended, in the order of the help. */
extern const struct subcommand *const subcommands[];

/*
 * Opens the store (and the catalog's) as the options say. Call it after all other arguments were checked: it reads, and
 * with
 * --credentials-once removes, the credentials file.
 */
int session_connect(struct session *session, jb_error *error);

/* Takes a library's account (freed in any case) as the session's own. */
int session_take_account(struct session *session, char *text, jb_error *error);

/* JB_ERROR_USAGE unless the number of positional arguments lies in the range; `what` names them: "BUCKET/KEY". */
int session_expect(const struct session *session, size_t least, size_t most, const char *what, jb_error *error);

/* "BUCKET/KEY" in two. */
struct location {
    char *bucket; /* owns the memory of both; free() it */
    const char *key;
};
/* Without `key_needed` the key, or the '/' too, may be missing: then it is "". `what` names the argument. */
int location_parse(struct location *location, const char *text, bool key_needed, const char *what, jb_error *error);

/* The backup that --bucket, --name, --timestamp and --mode name. */
int session_backup_name(const struct session *session, jb_backup_name *name, jb_error *error);

/*
 * The catalog that --catalog names, but for its store, which the caller fills in after session_connect. `catalog->key`
 * stays NULL where the option was not given. The caller frees `location`.
 */
int session_catalog(const struct session *session, struct location *location, jb_catalog *catalog, jb_error *error);

/* --exclude and the lines of --exclude-from as one NULL-ended list, and the same of --include; freed by patterns_free.
 * NULL: none. */
struct pattern_list {
    const char **list;
    char *lines;
};
struct patterns {
    struct pattern_list exclude;
    struct pattern_list include;
};
int patterns_read(struct patterns *patterns, const struct arguments *arguments, jb_error *error);
void patterns_free(struct patterns *patterns);

/* --lock, --lock-days and --legal-hold. `given` is false where none of them was. */
int session_protection(const struct session *session, jb_protection *protection, bool *given, jb_error *error);

/* --compress, or `otherwise`; and --level, checked against it. */
int session_compression(const struct session *session, jb_compression otherwise, jb_compression *compression,
                        int *level, jb_error *error);

/* A whole file, or standard input for "-", as a text of at most `most` bytes; free() it. */
int read_text(const char *path, size_t most, char **text, jb_error *error);

#endif
