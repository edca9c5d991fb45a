#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "../src/codec/age.h"
#include "private_file.h"
#include "session.h"

static int read_passphrase(struct keys *keys, const char *path, jb_error *error)
{
    if (path == NULL)
        return JB_OK;
    keys->passphrase = calloc(1, KEYS_FILE_MAX + 1);
    if (keys->passphrase == NULL)
        return error_no_memory(error);
    int code = private_file_read(path, "the passphrase file", false, keys->passphrase, KEYS_FILE_MAX, error);
    if (code != JB_OK)
        return code;
    keys->passphrase[strcspn(keys->passphrase, "\r\n")] = '\0';
    return keys->passphrase[0] != '\0'
               ? JB_OK
               : error_set(error, JB_ERROR_USAGE, "the first line of the passphrase file '%s' is empty", path);
}

static int add_line(struct keys *keys, const char *line, jb_error *error)
{
    const char **lines = realloc(keys->lines, (keys->line_count + 2) * sizeof *lines);
    if (lines == NULL)
        return error_no_memory(error);
    keys->lines = lines;
    lines[keys->line_count++] = line;
    lines[keys->line_count] = NULL;
    return JB_OK;
}

static int check_line(const char *line, bool secret, jb_error *error)
{
    const char *const lines[] = {line, NULL};
    const jb_encryption encryption = {.size = sizeof encryption, .recipients = lines};
    const jb_decryption decryption = {.size = sizeof decryption, .identities = lines};
    return secret ? age_decryption_check(&decryption, error) : age_encryption_check(&encryption, error);
}

/* Empty lines and comments do not count, as in age's own files. */
static int take_lines(struct keys *keys, char *content, bool secret, const char *what, const char *path,
                      jb_error *error)
{
    size_t before = keys->line_count;
    unsigned number = 0;
    for (char *line; (line = strsep(&content, "\n")) != NULL;) {
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        number++;
        if (*line == '\0' || *line == '#')
            continue;
        int code = check_line(line, secret, error);
        if (code == JB_OK)
            code = add_line(keys, line, error);
        if (code == JB_ERROR_USAGE)
            error_prefix(error, "line %u of %s '%s'", number, what, path);
        if (code != JB_OK)
            return code;
    }
    return keys->line_count > before ? JB_OK : error_set(error, JB_ERROR_USAGE, "%s '%s' holds no key", what, path);
}

/* Keeps the content, to which the lines point. */
static int keep(struct keys *keys, char *content, jb_error *error)
{
    char **files = realloc(keys->files, (keys->file_count + 1) * sizeof *files);
    if (files == NULL)
        return error_no_memory(error);
    keys->files = files;
    files[keys->file_count++] = content;
    return JB_OK;
}

static int read_recipients(struct keys *keys, const char *path, jb_error *error)
{
    char *content = NULL;
    int code = read_text(path, KEYS_FILE_MAX, &content, error);
    if (code == JB_OK && (code = keep(keys, content, error)) != JB_OK)
        free(content);
    return code == JB_OK ? take_lines(keys, content, false, "the file of recipients", path, error) : code;
}

static int read_identities(struct keys *keys, const char *path, jb_error *error)
{
    if (strncmp(path, "AGE-SECRET-KEY-", strlen("AGE-SECRET-KEY-")) == 0) {
        error_set(error, JB_ERROR_USAGE, "option '--identity' takes a file, never the key itself");
        return error_hint(error, "others on this machine can see a command line: consider the key known to them");
    }
    char *content = calloc(1, KEYS_FILE_MAX + 1);
    int code = content == NULL ? error_no_memory(error) : keep(keys, content, error);
    if (code != JB_OK) {
        free(content);
        return code;
    }
    code = private_file_read(path, "the identity file", false, content, KEYS_FILE_MAX, error);
    return code == JB_OK ? take_lines(keys, content, true, "the identity file", path, error) : code;
}

int keys_to_encrypt(struct keys *keys, const struct arguments *arguments, const jb_encryption **encryption,
                    jb_error *error)
{
    const char **recipients = arguments->lists[OPTION_ENCRYPT_TO];
    const char *file = arguments->texts[OPTION_ENCRYPT_TO_FILE];
    *keys = (struct keys){0};
    *encryption = NULL;
    if (arguments->texts[OPTION_PASSPHRASE_FILE] != NULL && (recipients != NULL || file != NULL)) {
        error_set(error, JB_ERROR_USAGE, "option '--passphrase-file' excludes '--encrypt-to' and '--encrypt-to-file'");
        return error_hint(error, "what a passphrase opens, nothing else may open");
    }
    int code = read_passphrase(keys, arguments->texts[OPTION_PASSPHRASE_FILE], error);
    for (; code == JB_OK && recipients != NULL && *recipients != NULL; recipients++)
        code = add_line(keys, *recipients, error);
    if (code == JB_OK && file != NULL)
        code = read_recipients(keys, file, error);
    if (code != JB_OK || (keys->passphrase == NULL && keys->lines == NULL))
        return code;
    keys->encryption =
        (jb_encryption){.size = sizeof keys->encryption, .passphrase = keys->passphrase, .recipients = keys->lines};
    *encryption = &keys->encryption;
    return age_encryption_check(*encryption, error);
}

int keys_to_decrypt(struct keys *keys, const struct arguments *arguments, const jb_decryption **decryption,
                    jb_error *error)
{
    const char **files = arguments->lists[OPTION_IDENTITY];
    *keys = (struct keys){0};
    *decryption = NULL;
    int code = read_passphrase(keys, arguments->texts[OPTION_PASSPHRASE_FILE], error);
    for (; code == JB_OK && files != NULL && *files != NULL; files++)
        code = read_identities(keys, *files, error);
    if (code != JB_OK || (keys->passphrase == NULL && keys->lines == NULL))
        return code;
    keys->decryption =
        (jb_decryption){.size = sizeof keys->decryption, .passphrase = keys->passphrase, .identities = keys->lines};
    *decryption = &keys->decryption;
    return age_decryption_check(*decryption, error);
}

void keys_wipe(struct keys *keys)
{
    if (keys->passphrase != NULL)
        explicit_bzero(keys->passphrase, KEYS_FILE_MAX + 1);
    free(keys->passphrase);
    for (size_t i = 0; i < keys->file_count; i++) {
        explicit_bzero(keys->files[i], KEYS_FILE_MAX);
        free(keys->files[i]);
    }
    free(keys->files);
    free(keys->lines);
    *keys = (struct keys){0};
}
