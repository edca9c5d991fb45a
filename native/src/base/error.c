#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[] = {
    "ok",        "failed", "usage",  "verify", "not_found", "conflict", "access", "unreachable", "no_space",
    "cancelled", "io",     "format", "limit",  "memory",    "producer", "state",  "unsupported",
};

const char *jb_code_name(jb_code code)
{
    size_t index = (size_t)code;
    return index < sizeof code_names / sizeof *code_names ? code_names[index] : "failed";
}

/* Names in messages come from archives, servers and users: they must not move a terminal's cursor. */
static void replace_control_characters(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            *text = '?';
    }
}

static void set_text(jb_error *error, jb_code code, const char *format, va_list arguments)
{
    error->code = code;
    error->store_status = 0;
    error->retryable = false;
    error->hint[0] = '\0';
    if (vsnprintf(error->text, sizeof error->text, format, arguments) < 0)
        error->text[0] = '\0';
    replace_control_characters(error->text);
}

int error_set(jb_error *error, jb_code code, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        set_text(error, code, format, arguments);
        va_end(arguments);
    }
    return (int)code;
}

static jb_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return JB_ERROR_NO_SPACE;
    case ENOENT:
    case ENOTDIR:
        return JB_ERROR_NOT_FOUND;
    case EEXIST:
        return JB_ERROR_CONFLICT;
    case EROFS:
        return JB_ERROR_ACCESS;
    case ENOMEM:
        return JB_ERROR_MEMORY;
    default:
        return JB_ERROR_IO;
    }
}

int error_set_errno(jb_error *error, int errnum, const char *format, ...)
{
    jb_code code = code_of_errno(errnum);
    if (error == NULL)
        return (int)code;
    va_list arguments;
    va_start(arguments, format);
    set_text(error, code, format, arguments);
    va_end(arguments);
    char reason[128];
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, ": %s", strerror_r(errnum, reason, sizeof reason));
    error->store_status = errnum;
    if (code == JB_ERROR_NO_SPACE)
        error_hint(error, "free space on that file system, or choose another place");
    else if (errnum == ENOENT)
        error_hint(error, "check that the path is right");
    else if (errnum == EACCES)
        error_hint(error, "check the permissions, or run as a user who has them");
    else if (errnum == EROFS)
        error_hint(error, "that file system (of a store in a directory: the store) is mounted read-only");
    return (int)code;
}

int error_no_memory(jb_error *error)
{
    return error_set(error, JB_ERROR_MEMORY, "the system gave no memory");
}

int error_hint(jb_error *error, const char *format, ...)
{
    if (error == NULL)
        return JB_ERROR_FAILED;
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(error->hint, sizeof error->hint, format, arguments) < 0)
        error->hint[0] = '\0';
    va_end(arguments);
    replace_control_characters(error->hint);
    return (int)error->code;
}

int error_prefix(jb_error *error, const char *format, ...)
{
    if (error == NULL)
        return JB_ERROR_FAILED;
    char prefixed[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(prefixed, sizeof prefixed, format, arguments);
    va_end(arguments);
    size_t used = written < 0 ? 0 : strnlen(prefixed, sizeof prefixed - 1);
    for (const char *c = ": "; *c != '\0' && used < sizeof prefixed - 1; c++)
        prefixed[used++] = *c;
    for (const char *c = error->text; *c != '\0' && used < sizeof prefixed - 1; c++)
        prefixed[used++] = *c;
    prefixed[used] = '\0';
    memcpy(error->text, prefixed, used + 1);
    replace_control_characters(error->text);
    return (int)error->code;
}

int error_copy(jb_error *to, const jb_error *from)
{
    if (to != NULL && to != from) {
        size_t size = to->size;
        *to = *from;
        to->size = size;
    }
    return (int)from->code;
}
