#include <jpsbackup/backup.h>

#include "../base/error.h"
#include "swap.h"

/* One step on a journal. */
typedef int (*step_fn)(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error);

static int run_step(jb_operation *operation, const char *journal, step_fn step, bool keep_old, char **account,
                    jb_error *error)
{
    if (journal == NULL || journal[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the journal '%s' is no absolute path", journal == NULL ? "" : journal);
    struct swap *swap;
    int code = swap_open(journal, &swap, error);
    if (code != JB_OK)
        return code;
    code = step(swap, operation, keep_old, error);
    if (code == JB_OK && account != NULL) {
        *account = swap_describe(swap, error);
        code = *account != NULL ? JB_OK : (int)error->code;
    }
    swap_close(swap);
    return code;
}

static int step_exchange(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error)
{
    (void)keep_old;
    return swap_exchange(swap, operation, error);
}

static int step_undo(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error)
{
    (void)keep_old;
    return swap_undo(swap, operation, error);
}

int jb_restore_swap(jb_operation *operation, const char *journal, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    return run_step(operation, journal, step_exchange, false, account, error == NULL ? &own : error);
}

int jb_restore_undo(jb_operation *operation, const char *journal, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    return run_step(operation, journal, step_undo, false, account, error == NULL ? &own : error);
}

int jb_restore_commit(jb_operation *operation, const char *journal, bool keep_old, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    return run_step(operation, journal, swap_commit, keep_old, account, error == NULL ? &own : error);
}
