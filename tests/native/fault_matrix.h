/*
 * Every fault of network and server on every operation of a store. A driver's test says what its operations ask and are
 * answered; what they must survive, how they must fail, and that nothing is left behind, is the same for all drivers.
 */
#ifndef FAULT_MATRIX_H
#define FAULT_MATRIX_H

#include "base/operation.h"
#include "scripted_server.h"
#include "store/store.h"

#define FAULT_TRIES 3 /* of each request, in the stores that `open` makes */

struct fault_setting;

/* An operation: what comes before the request that a fault hits, that request with its right answer, what follows. */
struct fault_operation {
    const char *name;
    int (*run)(struct fault_setting *setting);
    struct exchange before[3], asked, on_success[3], on_failure[3];
    bool fails_silently; /* best effort: no code tells */
    bool aborts;         /* the first exchange of on_failure follows a cancellation, too */
    bool slow;           /* a stall is waited for longer than a test lasts */
};

struct fault_matrix {
    const struct fault_operation *operations;
    size_t count;
    /* A store at this endpoint whose waiting is short; ends the test where that fails. */
    jb_store *(*open)(const char *endpoint);
    /* Makes an upload that was begun the one that the exchanges name. NULL where it is already. */
    void (*begun)(struct store_upload *upload);
};

struct fault_setting {
    const struct fault_matrix *matrix;
    struct scripted_server *server;
    jb_store *store;
    jb_operation *operation;
    jb_error error;
    unsigned descriptors; /* open in this process before */
};

void fault_setting_begin(struct fault_setting *setting, const struct fault_matrix *matrix,
                         const struct exchange *exchanges, size_t count);
/* Fails the test where an exchange went otherwise or was not used, or a descriptor is left open. */
void fault_setting_end(struct fault_setting *setting);
/* The same where not all exchanges need have been used. */
void fault_setting_end_early(struct fault_setting *setting);

/*
 * Operations on the object `key` of the container `bucket`: it holds "hello", and its range of 5 bytes at 7 too. The
 * listing is of what starts with "k" and gives the one object "k"; "a" and "b" are removed; an upload has the one part
 * "first".
 */
int fault_run_stat(struct fault_setting *setting);
int fault_run_read(struct fault_setting *setting);
int fault_run_write(struct fault_setting *setting);
int fault_run_range(struct fault_setting *setting);
int fault_run_list(struct fault_setting *setting);
int fault_run_remove(struct fault_setting *setting);
/* Begins an upload and aborts it: for the faults of either. */
int fault_run_begin(struct fault_setting *setting);
int fault_run_upload(struct fault_setting *setting);
/* Parts of these. */
int fault_begin_upload(struct fault_setting *setting, struct store_upload **upload);
int fault_send_first(struct fault_setting *setting, struct store_upload *upload);

/* The fault comes once, then the right answer: each operation succeeds. */
void fault_matrix_survives(const struct fault_matrix *matrix, const char *name, struct exchange fault);
/* The same for all that passes with any store. */
void fault_matrix_survives_passing_faults(const struct fault_matrix *matrix);
/* The fault meets so many tries: a clear failure by this code, and nothing left of an upload. */
void fault_matrix_fails(const struct fault_matrix *matrix, const char *name, struct exchange fault, unsigned tries,
                        int expected);
void fault_matrix_fails_by_lasting_faults(const struct fault_matrix *matrix);
/* A 200 with an error, a proxy's page or nothing in it is never taken for success. */
void fault_matrix_believes_no_other_200(const struct fault_matrix *matrix);
/* To another host or scheme, with the signature and the data, at a server's word. */
void fault_matrix_follows_no_redirect(const struct fault_matrix *matrix);
void fault_matrix_bounds_headers(const struct fault_matrix *matrix);
/* Each operation ends within a second, and its upload is aborted. */
void fault_matrix_can_be_cancelled(const struct fault_matrix *matrix);
/* What is left over of each fault would add up. */
void fault_matrix_keeps_memory_flat(const struct fault_matrix *matrix);

#endif
