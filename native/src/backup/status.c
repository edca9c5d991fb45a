#include <errno.h>
#include <jpsbackup/backup.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/error.h"
#include "swap.h"

int jb_restore_status(jb_operation *operation, const char *journal, char **account, jb_error *error)
{
    (void)operation;
    if (journal == NULL || journal[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the journal '%s' is no absolute path", journal == NULL ? "" : journal);
    /* Opening would make it. */
    if (access(journal, F_OK) != 0)
        return error_set_errno(error, errno, "cannot read the journal '%s'", journal);
    struct swap *swap;
    int code = swap_open(journal, &swap, error);
    if (code != JB_OK)
        return code;
    jb_error own = JB_ERROR_INIT;
    char *text = swap_describe(swap, &own);
    swap_close(swap);
    if (text == NULL)
        return error_copy(error, &own);
    if (account != NULL)
        *account = text;
    else
        free(text);
    return JB_OK;
}
