#include "meaning.h"

#include <string.h>

#include "../base/error.h"

static struct store_meaning meaning_of_status(int status, const char *rights_hint)
{
    switch (status) {
    case 401:
    case 403:
        return (struct store_meaning){"", JB_ERROR_ACCESS, false, rights_hint};
    case 404:
        return (struct store_meaning){"", JB_ERROR_NOT_FOUND, false, NULL};
    case 408:
    case 429:
        return (struct store_meaning){"", JB_ERROR_UNREACHABLE, true, NULL};
    case 409:
    case 412:
        return (struct store_meaning){"", JB_ERROR_CONFLICT, false, NULL};
    case 413:
        return (struct store_meaning){"", JB_ERROR_LIMIT, false, NULL};
    case 416:
        return (struct store_meaning){"", JB_ERROR_VERIFY, false, "the object is shorter than it should be"};
    case 501:
        return (struct store_meaning){"", JB_ERROR_UNSUPPORTED, false, NULL};
    case 507:
        return (struct store_meaning){"", JB_ERROR_NO_SPACE, false, "free space in the store, or raise its quota"};
    default:
        if (status >= 500)
            return (struct store_meaning){"", JB_ERROR_UNREACHABLE, true, NULL};
        return (struct store_meaning){"", JB_ERROR_FAILED, false, NULL};
    }
}

struct store_meaning store_meaning_of(const struct store_meaning *meanings, size_t count, const char *store_code,
                                      int status, const char *rights_hint)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(meanings[i].store_code, store_code) == 0)
            return meanings[i];
    return meaning_of_status(status, rights_hint);
}

void store_meaning_tell(const struct store_meaning *meaning, const char *store_code, const char *message, int status,
                        jb_error *error)
{
    if (*store_code == '\0')
        error_set(error, meaning->code, "%s (status %d)",
                  meaning->code == JB_ERROR_NOT_FOUND ? "it does not exist" : "the store refuses", status);
    else
        error_set(error, meaning->code, "%s%s%s (status %d)", store_code, *message != '\0' ? ": " : "", message,
                  status);
    if (meaning->hint != NULL)
        error_hint(error, "%s", meaning->hint);
    error->retryable = meaning->retry;
}
