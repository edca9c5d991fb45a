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

/* One extraction into a new target; what it said is kept in `told`. */
static int extract(const char *outside, const uint8_t *bytes, size_t count, unsigned threads, size_t waiting,
                   jb_error *told)
{
    char target[PATH_MAX + 16];
    snprintf(target, sizeof target, "%s/target", outside);
    if (mkdir(target, 0700) != 0)
        abort();
    struct input input = {{give}, bytes, count};
    /* Owners are left alone: the fuzzer may run as root, and setting them is not what is looked at. */
    struct tar_extract_options options = {.bytes_max = 1 << 20,
                                          .entries_max = 100,
                                          .owner_given = true,
                                          .uid = geteuid(),
                                          .gid = getegid(),
                                          .threads = threads,
                                          .waiting_bytes_max = waiting};
    struct tar_counts counts = {0};
    int code = tar_extract(NULL, &input.source, target, &options, &counts, told);
    nftw(target, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}

/* A directory beside the target with a file in it: the nearest thing that could be harmed. */
static void make_sentinel(const char *outside, struct stat *status)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/sentinel", outside);
    if (mkdir(path, 0700) != 0)
        abort();
    strcat(path, "/file");
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs("precious", file) < 0 || fclose(file) != 0 || stat(path, status) != 0)
        abort();
}

/* As it was made, and nothing else lies beside it. */
static void check_sentinel(const char *outside, const struct stat *before)
{
    char path[PATH_MAX + 32], text[16] = "";
    snprintf(path, sizeof path, "%s/sentinel/file", outside);
    struct stat after;
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(text, sizeof text, file) == NULL || strcmp(text, "precious") != 0 ||
        lstat(path, &after) != 0)
        abort();
    fclose(file);
    if (after.st_ino != before->st_ino || after.st_mode != before->st_mode || after.st_nlink != 1 ||
        after.st_mtim.tv_sec != before->st_mtim.tv_sec || after.st_mtim.tv_nsec != before->st_mtim.tv_nsec ||
        unlink(path) != 0)
        abort();
    snprintf(path, sizeof path, "%s/sentinel", outside);
    /* The targets are gone with all that was in them; anything left was made outside. */
    if (rmdir(path) != 0 || rmdir(outside) != 0 || mkdir(outside, 0700) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static char outside[PATH_MAX];
    if (outside[0] == '\0') {
        strcpy(outside, "/tmp/jpsbackup-fuzz-XXXXXX");
        if (mkdtemp(outside) == NULL)
            abort();
    }
    struct stat sentinel;
    make_sentinel(outside, &sentinel);
    /* One thread or several, much memory for directories or none: the answer is the same. */
    jb_error alone = JB_ERROR_INIT, together = JB_ERROR_INIT;
    int code = extract(outside, bytes, count, 1, 0, &alone);
    if (extract(outside, bytes, count, 3, 1, &together) != code || strcmp(alone.text, together.text) != 0)
        abort();
    check_sentinel(outside, &sentinel);
    return 0;
}
