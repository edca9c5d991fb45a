#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

static void set_text(jb_error *error, jb_code code, const char *format, va_list arguments)
{
    *error = (jb_error){.size = sizeof *error, .code = code};
    if (vsnprintf(error->text, sizeof error->text, format, arguments) < 0)
        error->text[0] = '\0';
    replace_controls(error->text);
}

int report(jb_error *error, jb_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_text(error, code, format, arguments);
    va_end(arguments);
    return (int)code;
}

static jb_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return JB_ERROR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return JB_ERROR_NO_SPACE;
    case EEXIST:
        return JB_ERROR_CONFLICT;
    case ENOMEM:
        return JB_ERROR_MEMORY;
    default:
        return JB_ERROR_IO;
    }
}

int report_errno(jb_error *error, int errnum, const char *format, ...)
{
    jb_code code = code_of_errno(errnum);
    va_list arguments;
    va_start(arguments, format);
    set_text(error, code, format, arguments);
    va_end(arguments);
    size_t used = strlen(error->text);
    char reason[128];
    snprintf(error->text + used, sizeof error->text - used, ": %s", strerror_r(errnum, reason, sizeof reason));
    error->store_status = errnum;
    return (int)code;
}

int report_no_memory(jb_error *error)
{
    return report(error, JB_ERROR_MEMORY, "the system gave no memory");
}

int report_hint(jb_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(error->hint, sizeof error->hint, format, arguments) < 0)
        error->hint[0] = '\0';
    va_end(arguments);
    replace_controls(error->hint);
    return (int)error->code;
}

int exit_status(jb_code code)
{
    switch (code) {
    case JB_OK:
    case JB_ERROR_USAGE:
    case JB_ERROR_VERIFY:
    case JB_ERROR_NOT_FOUND:
    case JB_ERROR_CONFLICT:
    case JB_ERROR_ACCESS:
    case JB_ERROR_UNREACHABLE:
    case JB_ERROR_NO_SPACE:
        return (int)code;
    case JB_ERROR_CANCELLED:
        return 130;
    default:
        return 1;
    }
}
