/* The swap's state, and its journal on the disk. */
#ifndef BACKUP_SWAP_JOURNAL_H
#define BACKUP_SWAP_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "swap_system.h"

#define SWAP_CONTAINER_PREFIX ".jpsbackup-" /* followed by 32 hexadecimal digits */
#define SWAP_TARGETS_MAX      64u

enum swap_state {
    SWAP_STAGING,    /* nothing was exchanged */
    SWAP_EXCHANGING, /* some targets may be */
    SWAP_EXCHANGED,  /* all are */
    SWAP_UNDOING,    /* some may be */
    SWAP_UNDONE,     /* none is; containers are being removed */
    SWAP_COMMITTING, /* all are; old content is being removed */
    SWAP_IN_PLACE    /* the one target is being replaced without staging, and incomplete until that ends */
};

enum swap_method {
    SWAP_BY_EXCHANGE, /* renameat2(2) with RENAME_EXCHANGE */
    SWAP_BY_RENAME,   /* the old one out, the new one in; a file's old content by a second name before */
    SWAP_BY_ENTRIES,  /* a directory that cannot be renamed: its entries out, the new ones in */
    SWAP_BY_COPY,     /* a file that cannot be renamed: its content overwritten, after a copy of the old */
    SWAP_WITHOUT      /* in place: there is no container */
};

/* How far a target by entries or by copy is: in which direction things may have begun to move. */
enum swap_phase { SWAP_UNTOUCHED, SWAP_OUT, SWAP_IN };

struct swap_target {
    char *path;      /* canonical but for the last name, which is no link */
    char *container; /* the directory of ours that holds "new" and "old" */
    enum swap_kind kind;
    enum swap_method method;
    bool existed;
    bool whole;
    enum swap_phase phase;
    bool back; /* by exchange, while undoing: was exchanged */
    /*
     * Two directories look alike after an exchange, and inode numbers do not last on every overlay. So the one in the
     * container, where nobody else comes, bears a time of its own before each exchange: what bears another time
     * afterwards is the other one.
     */
    int64_t tag_forward;
    int64_t tag_back;
    struct timespec new_time; /* the times that the directories have by right */
    struct timespec old_time;
};

struct swap {
    char *journal;
    int lock;
    const struct swap_system *system;
    enum swap_state state;
    bool keep_old;
    struct swap_target *targets[SWAP_TARGETS_MAX];
    size_t count;
};

/* PATH/new, PATH/old in the container, or another name beside; asprintf(3)'s: free with free(). NULL without memory. */
char *swap_inside(const struct swap_target *target, const char *name);
/* Lends the path's directory part in a copy; free with free(). */
char *swap_parent(const char *path);

/* As the journal and docs/formats.md say it. Static. */
const char *swap_method_name(enum swap_method method);

struct swap_target *swap_find(struct swap *swap, const char *path);
/* Takes the target out of the list and frees it. */
void swap_forget(struct swap *swap, struct swap_target *target);
void swap_target_free(struct swap_target *target);

/* What swap_describe answers, and the journal holds. */
json_t *swap_to_json(const struct swap *swap, jb_error *error);

/* An empty state where there is no journal. A journal that is not of our making is JB_ERROR_FORMAT: nothing is moved or
 * removed by it. */
int swap_load(struct swap *swap, jb_error *error);
/* Durable when it returns. */
int swap_save(struct swap *swap, jb_error *error);
/* Removes the journal and forgets all targets. */
int swap_end(struct swap *swap, jb_error *error);

#endif
