#include "folder.h"

#include <stdlib.h>
#include <unistd.h>

int folder_new(int fd, struct folder **made, jb_error *error)
{
    struct folder *folder = malloc(sizeof *folder);
    if (!folder) {
        close(fd);
        return error_no_memory(error);
    }
    *folder = (struct folder){.fd = fd, .holders = 1};
    *made = folder;
    return JB_OK;
}

struct folder *folder_hold(struct folder *folder)
{
    folder->holders++;
    return folder;
}

void folder_release(struct folder *folder)
{
    if (!folder || --folder->holders > 0)
        return;
    close(folder->fd);
    free(folder);
}
