/* A directory below the target that is open, held by those who make files in it. One thread holds and releases. */
#ifndef ARCHIVE_FOLDER_H
#define ARCHIVE_FOLDER_H

#include "../../base/error.h"

struct folder {
    int fd;
    unsigned holders;
};

/* Takes `fd` over, also on failure; held once. */
int folder_new(int fd, struct folder **folder, jb_error *error);
struct folder *folder_hold(struct folder *folder);
/* The last one closes it. NULL is allowed. */
void folder_release(struct folder *folder);

#endif
