/* Archives: whatever they say, nothing appears outside the target. */
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

struct input {
    struct byte_source source;
    const uint8_t *bytes;
    size_t left;
};

static int give(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct input *input = (struct input *)source;
    (void)error;
    *bytes = input->bytes;
    *count = input->left > 512 ? 512 : input->left;
    input->bytes += *count;
    input->left -= *count;
    return JB_OK;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static char outside[PATH_MAX];
    if (outside[0] == '\0') {
        strcpy(outside, "/tmp/jpsbackup-fuzz-XXXXXX");
        if (mkdtemp(outside) == NULL)
            abort();
    }
    char target[PATH_MAX + 16];
    snprintf(target, sizeof target, "%s/target", outside);
    if (mkdir(target, 0700) != 0)
        abort();
    struct input input = {{give}, bytes, count};
    /* Owners are left alone: the fuzzer may run as root, and setting them is not what is looked at. */
    struct tar_extract_options options = {
        .bytes_max = 1 << 20, .entries_max = 100, .owner_given = true, .uid = geteuid(), .gid = getegid()};
    struct tar_counts counts = {0};
    jb_error error = JB_ERROR_INIT;
    tar_extract(NULL, &input.source, target, &options, &counts, &error);
    nftw(target, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    /* The target is gone with all that was in it; anything left was made outside. */
    if (rmdir(outside) != 0)
        abort();
    if (mkdir(outside, 0700) != 0)
        abort();
    return 0;
}
