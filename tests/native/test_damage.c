/*
 * Damage of every kind to small backups of every form: each byte changed in turn, each file cut, lengthened, removed,
 * exchanged for another. Verification and restore notice all of it, and nothing wrong is ever restored with success.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "age_fixture.h"
#include "sampling.h"
#include "steps.h"
#include "trees.h"
#include "workspace.h"

#define SHARE 10 /* under a sanitizer, one of so many bytes */

static struct workspace w;

/* A form of backup. */
struct form {
    const char *name;
    jb_compression compression;
    bool no_index;
    bool encrypted;
    bool in_place; /* how it is restored */
};

static const struct form forms[] = {
    {.name = "zstd"},
    {.name = "plainzstd", .no_index = true, .in_place = true},
    {.name = "gzip", .compression = JB_COMPRESSION_GZIP},
    {.name = "age", .encrypted = true},
};
#define FORMS (sizeof forms / sizeof *forms)

static jb_backup_name named(const struct form *form, const char *timestamp)
{
    return (jb_backup_name){.size = sizeof(jb_backup_name),
                            .bucket = "bucket",
                            .name = form->name,
                            .timestamp = timestamp,
                            .mode = "manual"};
}

#define FIRST  "2026-11-22T01:00:00"
#define SECOND "2026-11-22T02:00:00"

static void back_up(const struct form *form, const char *timestamp, const char *tree)
{
    jb_error error = JB_ERROR_INIT;
    const char *directories[] = {workspace_file(&w, "%s/tree", tree), NULL};
    jb_backup_directories_options options = {.size = sizeof options,
                                             .name = named(form, timestamp),
                                             .directories = directories,
                                             .compression = form->compression,
                                             .no_index = form->no_index,
                                             .encryption = form->encrypted ? &age_test_encryption : NULL};
    assert_ok(error, jb_backup_directories(w.store, NULL, &options, NULL, &error));
}

static int verify(const struct form *form, jb_error *error)
{
    jb_verify_options options = {.size = sizeof options,
                                 .name = named(form, FIRST),
                                 .how = JB_VERIFY_FULL,
                                 .decryption = form->encrypted ? &age_test_decryption : NULL};
    char *account = NULL;
    int code = jb_backup_verify(w.store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static char what[800]; /* the damage, for messages */

static bool target_is(const char *tree)
{
    char expected[128];
    snprintf(expected, sizeof expected, "%s", workspace_file(&w, "%s", tree));
    return tree_equal(expected, workspace_file(&w, "target"));
}

static void renew_target(void)
{
    char old[128];
    snprintf(old, sizeof old, "%s", workspace_file(&w, "old"));
    tree_remove(workspace_file(&w, "target"));
    tree_copy(old, workspace_file(&w, "target"));
}

/* All of it comes back, or nothing changes. */
static int restore(const struct form *form, bool in_place, jb_error *error)
{
    jb_restore_options options = {.size = sizeof options,
                                  .name = named(form, FIRST),
                                  .target = workspace_file(&w, "target"),
                                  .journal = workspace_file(&w, "journal"),
                                  .in_place = in_place,
                                  .decryption = form->encrypted ? &age_test_decryption : NULL};
    int code = jb_restore(w.store, NULL, &options, NULL, error);
    if (code == JB_OK && !target_is("first/tree"))
        fail_msg("%s: something else was restored with success", what);
    if (code != JB_OK && (!target_is("old") || access(options.journal, F_OK) == 0))
        fail_msg("%s: the failed restore changed something (%s)", what, error->text);
    if (code == JB_OK)
        renew_target();
    return code;
}

/* `needed`: a restore needs what is damaged. */
static void must_be_noticed(const struct form *form, bool needed)
{
    jb_error error = JB_ERROR_INIT;
    int code = verify(form, &error);
    if (code == JB_OK)
        fail_msg("%s: verified", what);
    /* A state: without its seal, or with an earlier one, it is no complete backup. */
    if (code != JB_ERROR_VERIFY && code != JB_ERROR_NOT_FOUND && code != JB_ERROR_STATE)
        fail_msg("%s: verification says %s: %s", what, jb_code_name((jb_code)code), error.text);
    for (int in_place = 0; in_place <= form->in_place; in_place++) {
        jb_error again = JB_ERROR_INIT;
        code = restore(form, in_place, &again);
        if (code == JB_OK && needed)
            fail_msg("%s: restored", what);
        if (code != JB_OK && again.text[0] == '\0')
            fail_msg("%s: no word of it", what);
    }
}

static void must_be_whole(const struct form *form)
{
    jb_error error = JB_ERROR_INIT;
    snprintf(what, sizeof what, "%s", form->name);
    assert_ok(error, verify(form, &error));
    for (int in_place = 0; in_place <= form->in_place; in_place++)
        assert_ok(error, restore(form, in_place, &error));
}

/* ---- the files of a backup ---- */

struct file {
    char path[512];
    const char *name;
    size_t bytes;
    bool needed;
};

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

/* What the verification writes down beside them is not a part of the backup. */
static int is_part(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "verified.json") != 0;
}

static size_t find_files(const struct form *form, const char *timestamp, struct file files[8])
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s", workspace_file(&w, "store/bucket/%s_%s_manual", form->name, timestamp));
    struct dirent **entries;
    int count = scandir(folder, &entries, is_part, by_name);
    assert_in_range(count, 2, 8);
    for (int i = 0; i < count; i++) {
        struct file *file = &files[i];
        snprintf(file->path, sizeof file->path, "%s/%.200s", folder, entries[i]->d_name);
        file->name = strrchr(file->path, '/') + 1;
        file->needed = strstr(file->name, ".index.") == NULL;
        struct stat status;
        assert_int_equal(stat(file->path, &status), 0);
        file->bytes = (size_t)status.st_size;
        free(entries[i]);
    }
    free(entries);
    return (size_t)count;
}

static void change_byte(const struct file *file, size_t offset, unsigned char bits)
{
    unsigned char byte;
    int fd = open(file->path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= bits;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
}

static void change_every_byte(const struct form *form, const struct file *file)
{
    for (size_t offset = 0; offset < file->bytes; offset++) {
        if (!sampling_takes(1, SHARE))
            continue;
        unsigned char bits = (unsigned char)(1 + sampling_below(255));
        snprintf(what, sizeof what, "byte %zu of %s of '%s' changed by %02x", offset, file->name, form->name, bits);
        change_byte(file, offset, bits);
        must_be_noticed(form, file->needed);
        change_byte(file, offset, bits);
    }
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct file files[8];
        size_t count = find_files(&forms[i], FIRST, files);
        must_be_whole(&forms[i]);
        for (size_t j = 0; j < count; j++) {
            printf("%s: %s: %zu bytes\n", forms[i].name, files[j].name, files[j].bytes);
            change_every_byte(&forms[i], &files[j]);
        }
        must_be_whole(&forms[i]);
    }
}

/* ---- whole files ---- */

static void cut_to_nothing(const struct file *file)
{
    assert_int_equal(truncate(file->path, 0), 0);
}

static void cut_the_last_byte(const struct file *file)
{
    assert_int_equal(truncate(file->path, (off_t)file->bytes - 1), 0);
}

static void cut_in_half(const struct file *file)
{
    assert_int_equal(truncate(file->path, (off_t)file->bytes / 2), 0);
}

static void append_zero(const struct file *file)
{
    assert_int_equal(truncate(file->path, (off_t)file->bytes + 1), 0);
}

static void append_itself(const struct file *file)
{
    size_t count;
    char *bytes = read_file(file->path, &count);
    int fd = open(file->path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, bytes, count), (ssize_t)count);
    close(fd);
    free(bytes);
}

static void remove_it(const struct file *file)
{
    assert_int_equal(unlink(file->path), 0);
}

static void fill_with_zeros(const struct file *file)
{
    cut_to_nothing(file);
    assert_int_equal(truncate(file->path, (off_t)file->bytes), 0);
}

static void move_the_first_half_back(const struct file *file)
{
    size_t count;
    char *bytes = read_file(file->path, &count);
    char *moved = read_file(file->path, &count);
    memcpy(moved, bytes + count / 2, count - count / 2);
    memcpy(moved + (count - count / 2), bytes, count / 2);
    write_file(file->path, moved, count);
    free(bytes);
    free(moved);
}

static void make_directory_of_it(const struct file *file)
{
    assert_int_equal(unlink(file->path), 0);
    assert_int_equal(mkdir(file->path, 0700), 0);
}

static const struct {
    const char *name;
    void (*damage)(const struct file *file);
} damages[] = {
    {"cut to nothing", cut_to_nothing},
    {"without its last byte", cut_the_last_byte},
    {"cut in half", cut_in_half},
    {"with a zero more", append_zero},
    {"twice", append_itself},
    {"removed", remove_it},
    {"full of zeros", fill_with_zeros},
    {"with its halves exchanged", move_the_first_half_back},
    {"a directory", make_directory_of_it},
};

static void put_back(const struct file *file, const char *bytes)
{
    tree_remove(file->path);
    write_file(file->path, bytes, file->bytes);
}

static void every_file_that_is_cut_lengthened_or_gone_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct file files[8];
        size_t count = find_files(&forms[i], FIRST, files);
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < sizeof damages / sizeof *damages; k++) {
                snprintf(what, sizeof what, "%s of '%s' %s", files[j].name, forms[i].name, damages[k].name);
                size_t size;
                char *bytes = read_file(files[j].path, &size);
                damages[k].damage(&files[j]);
                must_be_noticed(&forms[i], files[j].needed);
                put_back(&files[j], bytes);
                free(bytes);
            }
        must_be_whole(&forms[i]);
    }
}

/* Puts the content of `other` in the place of `file`, as long as the check lasts. */
static void exchange_for(const struct form *form, const struct file *file, const struct file *other)
{
    snprintf(what, sizeof what, "%s of '%s' exchanged for %.250s", file->name, form->name, other->path);
    size_t size, other_size;
    char *bytes = read_file(file->path, &size);
    char *other_bytes = read_file(other->path, &other_size);
    if (size != other_size || memcmp(bytes, other_bytes, size) != 0) {
        write_file(file->path, other_bytes, other_size);
        must_be_noticed(form, file->needed);
        write_file(file->path, bytes, size);
    }
    free(bytes);
    free(other_bytes);
}

/* Those of the same backup, of a backup of another tree of the same lengths, and of other forms. */
static void every_file_that_is_exchanged_for_another_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct file files[8];
        size_t count = find_files(&forms[i], FIRST, files);
        for (size_t j = 0; j < count; j++)
            for (size_t other = 0; other < FORMS; other++)
                for (int second = 0; second < 2; second++) {
                    struct file others[8];
                    size_t others_count = find_files(&forms[other], second ? SECOND : FIRST, others);
                    for (size_t k = 0; k < others_count; k++)
                        exchange_for(&forms[i], &files[j], &others[k]);
                }
        must_be_whole(&forms[i]);
    }
}

/* What is whole, but another backup's or an older state of this one, is no good seal either. */
static void a_seal_from_before_its_end_is_no_complete_one(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    const struct form *form = &forms[0];
    jb_backup_name third = named(form, "2026-11-22T03:00:00");
    assert_ok(error, jb_backup_begin(w.store, NULL, &third, NULL, false, NULL, &error));
    size_t size, running_size;
    struct file files[8];
    size_t count = find_files(form, FIRST, files);
    const struct file *seal = &files[0];
    for (size_t i = 0; i < count && strcmp(seal->name, "backup.json") != 0; i++)
        seal = &files[i + 1];
    char *bytes = read_file(seal->path, &size);
    char *running = read_file(workspace_file(&w, "store/bucket/%s_2026-11-22T03:00:00_manual/backup.json", form->name),
                              &running_size);
    write_file(seal->path, running, running_size);
    strcpy(what, "a running backup's seal");
    must_be_noticed(form, true);
    write_file(seal->path, bytes, size);
    free(bytes);
    free(running);
    must_be_whole(form);
}

/* The trees differ in their content alone: equal lengths, equal names, equal times. */
static int enter(void **state)
{
    (void)state;
    workspace_open(&w);
    static const char *const trees[] = {"first", "other"};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            shell("cd '%s' && mkdir -p %s/tree/sub old && printf '%s-%s' > %s/tree/a && "
                  "head -c 150 /dev/urandom > %s/tree/sub/random && ln -s sub/random %s/tree/link && "
                  "echo old > old/file && touch -h -d @1000000000 %s/tree/* %s/tree/sub/* %s/tree/sub %s/tree",
                  w.path, trees[i], trees[i], trees[i], trees[i], trees[i], trees[i], trees[i], trees[i], trees[i],
                  trees[i]),
            0);
    for (size_t i = 0; i < FORMS; i++) {
        back_up(&forms[i], FIRST, "first");
        back_up(&forms[i], SECOND, "other");
    }
    renew_target();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    workspace_close(&w);
    return 0;
}

int main(void)
{
    steps_use_memory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(every_file_that_is_cut_lengthened_or_gone_is_noticed),
        cmocka_unit_test(every_file_that_is_exchanged_for_another_is_noticed),
        cmocka_unit_test(a_seal_from_before_its_end_is_no_complete_one),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
