#include "workspace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

void workspace_open(struct workspace *workspace)
{
    jb_error error = JB_ERROR_INIT;
    strcpy(workspace->path, "/tmp/jpsbackup-test-XXXXXX");
    assert_non_null(mkdtemp(workspace->path));
    assert_int_equal(mkdir(workspace_file(workspace, "store"), 0700), 0);
    char url[128];
    snprintf(url, sizeof url, "file://%s/store", workspace->path);
    jb_store_options options = {.size = sizeof options, .url = url};
    assert_ok(error, jb_library_init(&error));
    assert_ok(error, jb_store_open(&options, &workspace->store, &error));
    assert_ok(error, jb_operation_new(NULL, &workspace->operation, &error));
    assert_ok(error, jb_store_make_bucket(workspace->store, NULL, "bucket", &error));
}

void workspace_close(struct workspace *workspace)
{
    jb_store_close(workspace->store);
    jb_operation_free(workspace->operation);
    assert_int_equal(shell("rm -rf '%s'", workspace->path), 0);
}

const char *workspace_file(const struct workspace *workspace, const char *format, ...)
{
    static char texts[8][1024];
    static unsigned next;
    char *text = texts[next++ % 8];
    int used = snprintf(text, sizeof texts[0], "%s/", workspace->path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, sizeof texts[0] - (size_t)used, format, arguments);
    va_end(arguments);
    return text;
}

void fill_pattern(unsigned char *bytes, size_t count, unsigned seed)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (unsigned char)(state >> 24);
    }
}

void write_file(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *count = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*count + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    bytes[*count] = '\0';
    fclose(file);
    return bytes;
}

void flip_byte(const char *path, long offset)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_not_equal(byte, EOF);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_not_equal(fputc(byte ^ 1, file), EOF);
    assert_int_equal(fclose(file), 0);
}

int shell(const char *format, ...)
{
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    int status = system(command);
    return status == -1 ? -1 : WEXITSTATUS(status);
}

int verify_backup(jb_store *store, jb_operation *operation, jb_backup_name name, bool full, char **account,
                  jb_error *error)
{
    const jb_verify_options options = {
        .size = sizeof options, .name = name, .how = full ? JB_VERIFY_FULL : JB_VERIFY_QUICK};
    return jb_backup_verify(store, operation, &options, account, error);
}
