/* Single objects: written, read, removed; their names and sizes; ranges of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

static int objects_come_and_go(struct trial *trial)
{
    const char *key = trial_key(trial, "object");
    jb_object_info written, read;
    int code = trial_write(trial, key, "first text", trial_always, &written);
    if (code == JB_OK)
        code = trial_expect(trial, key, "first text", NULL);
    if (code == JB_OK)
        code = trial_write(trial, key, "second", trial_always, &written);
    if (code == JB_OK)
        code = trial_expect(trial, key, "second", &read);
    if (code == JB_OK && (read.tag[0] == '\0' || strcmp(read.tag, written.tag) != 0))
        code = trial_failed(trial, "the store names another tag when an object is read than when it was written");
    if (code == JB_OK)
        code = trial_remove(trial, &key, 1);
    if (code == JB_OK)
        code = trial_expect_missing(trial, key);
    if (code == JB_OK)
        code = trial_remove(trial, &key, 1); /* what is gone counts as removed */
    return code;
}

static int name_as_listed(void *context, const jb_object_info *info)
{
    const char **wanted = context;
    if (*wanted != NULL && strcmp(*wanted, info->key) == 0)
        *wanted = NULL;
    return 0;
}

static int names_stay_as_they_are(struct trial *trial)
{
    char of_many_bytes[700];
    memset(of_many_bytes, 'n', sizeof of_many_bytes);
    for (size_t i = 150; i < sizeof of_many_bytes; i += 150)
        of_many_bytes[i] = '/';
    of_many_bytes[sizeof of_many_bytes - 1] = '\0';
    const char *const names[] = {"names/ü ñ 日本", "names/a b  c",  "names/a+b%20c%2Fd",   "names/q?a=1&b=2#f",
                                 "names/'\"<>&;",  "names/.hidden", "names/~!@$^*()[]{}|", of_many_bytes};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *key = trial_key(trial, names[i]), *unseen = key;
        char text[32];
        snprintf(text, sizeof text, "text %zu", i);
        int code = trial_write(trial, key, text, trial_always, NULL);
        if (code == JB_OK)
            code = trial_expect(trial, key, text, NULL);
        if (code == JB_OK)
            code = trial_list(trial, names[i], NULL, false, name_as_listed, &unseen);
        if (code == JB_OK && unseen != NULL)
            code = trial_failed(trial, "the store does not list '%.100s' under that name", names[i]);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

static int empty_objects_exist(struct trial *trial)
{
    const char *key = trial_key(trial, "empty");
    int code = trial_write(trial, key, "", trial_always, NULL);
    return code == JB_OK ? trial_expect(trial, key, "", NULL) : code;
}

static int written_objects_are_whole(struct trial *trial)
{
    static const size_t sizes[] = {1, 65537, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[32];
        snprintf(name, sizeof name, "size-%zu", sizes[i]);
        const char *key = trial_key(trial, name);
        char *text = malloc(sizes[i] + 1);
        if (key == NULL || text == NULL) {
            free(text);
            return error_no_memory(trial->error);
        }
        for (size_t at = 0; at < sizes[i]; at++)
            text[at] = (char)('a' + at % 23);
        text[sizes[i]] = '\0';
        int code = trial_write(trial, key, text, trial_always, NULL);
        if (code == JB_OK)
            code = trial_expect(trial, key, text, NULL);
        free(text);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

/* Beyond the end nothing may come back that looks whole. */
static int refuse_range(struct trial *trial, const char *key, uint64_t offset, size_t count)
{
    char bytes[64];
    jb_error *error = trial->error, refusal = JB_ERROR_INIT;
    trial->error = &refusal;
    int code = trial_range(trial, key, offset, bytes, count);
    trial->error = error;
    if (code == JB_OK)
        return trial_failed(trial, "the store gives %zu bytes at %llu of an object that has 10", count,
                            (unsigned long long)offset);
    if (code == JB_ERROR_CANCELLED || code == JB_ERROR_ACCESS || code == JB_ERROR_UNREACHABLE)
        return error_copy(error, &refusal);
    return JB_OK;
}

static int expect_range(struct trial *trial, const char *key, uint64_t offset, const char *wanted)
{
    char bytes[64];
    int code = trial_range(trial, key, offset, bytes, strlen(wanted));
    if (code == JB_OK && memcmp(bytes, wanted, strlen(wanted)) != 0)
        code = trial_failed(trial, "the store gives other bytes for the range of %zu at %llu", strlen(wanted),
                            (unsigned long long)offset);
    return code;
}

static int ranges_are_exact(struct trial *trial)
{
    const char *key = trial_key(trial, "ranges");
    int code = trial_write(trial, key, "0123456789", trial_always, NULL);
    if (code == JB_OK)
        code = expect_range(trial, key, 0, "0");
    if (code == JB_OK)
        code = expect_range(trial, key, 3, "3456");
    if (code == JB_OK)
        code = expect_range(trial, key, 9, "9");
    if (code == JB_OK)
        code = expect_range(trial, key, 0, "0123456789");
    if (code == JB_OK)
        code = refuse_range(trial, key, 8, 4);
    return code == JB_OK ? refuse_range(trial, key, 10, 1) : code;
}

const struct check object_checks[] = {
    {.name = "objects",
     .proves = "Objects are written, read, replaced and removed, and what is read is what was written last.",
     .run = objects_come_and_go,
     .quick = true},
    {.name = "names",
     .proves = "Names of any letters, blanks, '+', '%' and 700 bytes stay as they are.",
     .run = names_stay_as_they_are},
    {.name = "empty", .proves = "An object may be empty.", .run = empty_objects_exist},
    {.name = "sizes", .proves = "Objects are kept whole; none is cut off.", .run = written_objects_are_whole},
    {.name = "ranges", .proves = "Ranges are exact, and one beyond the end fails.", .run = ranges_are_exact},
    {.name = NULL},
};
