#include "small_backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

jb_backup_name named(const char *name, const char *timestamp, const char *mode)
{
    return (jb_backup_name){
        .size = sizeof(jb_backup_name), .bucket = "bucket", .name = name, .timestamp = timestamp, .mode = mode};
}

void make_tree(struct workspace *w)
{
    assert_int_equal(shell("mkdir -p '%s/tree/sub' && head -c 3000 /dev/urandom > '%s/tree/sub/random' && echo text > "
                           "'%s/tree/a file' && ln -s sub/random '%s/tree/link'",
                           w->path, w->path, w->path, w->path),
                     0);
}

int back_up(struct workspace *w, const char *name, const char *timestamp, const char *mode, const jb_catalog *catalog,
            jb_error *error)
{
    const char *directories[] = {workspace_file(w, "tree"), NULL};
    jb_backup_directories_options options = {
        .size = sizeof options, .name = named(name, timestamp, mode), .directories = directories, .catalog = catalog};
    return jb_backup_directories(w->store, w->operation, &options, NULL, error);
}

bool exists(struct workspace *w, const char *folder)
{
    return access(workspace_file(w, "store/bucket/%s", folder), F_OK) == 0;
}
