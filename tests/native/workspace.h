/* A directory of a test's own, with a file store in it. */
#ifndef TESTS_WORKSPACE_H
#define TESTS_WORKSPACE_H

#include <jpsbackup/jpsbackup.h>

struct workspace {
    char path[64];   /* removed with all in it at the end */
    jb_store *store; /* file:// on path/store, with the bucket "bucket" */
    jb_operation *operation;
};

/* Any failure fails the test. */
void workspace_open(struct workspace *workspace);
void workspace_close(struct workspace *workspace);

/* "PATH/format…" in a static buffer of eight in turn. */
const char *workspace_file(const struct workspace *workspace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts `count` bytes that look random but depend on `seed` alone. */
void fill_pattern(unsigned char *bytes, size_t count, unsigned seed);

void write_file(const char *path, const void *bytes, size_t count);
/* Free with free(). */
char *read_file(const char *path, size_t *count);
/* Flips one bit of the byte at `offset`. */
void flip_byte(const char *path, long offset);

/* Runs a shell command; returns its exit status. */
int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Quick, or `full`. */
int verify_backup(jb_store *store, jb_operation *operation, jb_backup_name name, bool full, char **account,
                  jb_error *error);

#define assert_ok(error, call)                                                                                         \
    do {                                                                                                               \
        if ((call) != JB_OK)                                                                                           \
            fail_msg("%s: %s (%s)", #call, (error).text, (error).hint);                                                \
    } while (0)
#define assert_fails(expected, error, call)                                                                            \
    do {                                                                                                               \
        jb_code fails_code = (jb_code)(call), fails_expected = (jb_code)(expected);                                    \
        if (fails_code != fails_expected)                                                                              \
            fail_msg("%s: %s instead of %s: %s", #call, jb_code_name(fails_code), jb_code_name(fails_expected),        \
                     (error).text);                                                                                    \
    } while (0)

#endif
