/*
 * What a store's and a node's user does, step by step, on a scenario of a few small files; what must hold after each
 * step, however it ended.
 */
#ifndef TESTS_STEPS_H
#define TESTS_STEPS_H

#include "workspace.h"

/*
 * PATH/tree is what is backed up, PATH/target what is restored onto, PATH/journal the restore's. The bucket holds the
 * complete backups of 01:00 and 02:00 of the name "n" in the mode "auto", and an encrypted one of the name "e"; the
 * catalog has all.
 */
struct step {
    const char *name;
    void (*prepare)(void); /* after the scenario was begun anew; NULL: nothing */
    int (*run)(jb_error *error);
    /* Fails the test where what is left is not what it should be, and where a second run does not succeed. `ended_well`
       where the step said so. */
    void (*check)(bool ended_well);
};

extern const struct step steps[];
extern const size_t steps_count;

/* The fault that the checks are about, for their messages. */
extern const char *steps_fault;

/* The store that the steps use: the workspace's own, or one that fails. */
extern jb_store *steps_store;

/* For cmocka, before and after a test. */
int steps_enter(void **state);
int steps_leave(void **state);
/* Brings the scenario back to its beginning. */
void steps_begin_anew(void);
/* A failed step's error must say what failed; damage must not be told, for there is none. */
void steps_check_error(int code, const jb_error *error);

/* For main: a file system in memory on /tmp, where a sync costs nothing. Ends the program where it cannot be had. */
void steps_use_memory(void);

#endif
