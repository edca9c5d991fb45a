#include "member_name.h"

#include <limits.h>
#include <string.h>

#define DEPTH_MAX 4096u

bool member_name_below(const char *path, const char *directory, size_t size)
{
    return size == 0 || (strncmp(path, directory, size) == 0 && (path[size] == '/' || path[size] == '\0'));
}

static int append_component(struct buffer *clean, const char *component, size_t size, jb_error *error)
{
    int code = clean->size > 0 ? buffer_append(clean, "/", 1, error) : JB_OK;
    return code == JB_OK ? buffer_append(clean, component, size, error) : code;
}

static int cut_prefix(const char *raw, const char *prefix, struct buffer *clean, jb_error *error)
{
    size_t size = prefix ? strlen(prefix) : 0;
    if (size == 0)
        return JB_OK;
    if (!member_name_below(clean->data, prefix, size))
        return error_set(error, JB_ERROR_FORMAT,
                         "the member '%.300s' is refused: its name does not begin with '%.200s/'", raw, prefix);
    size_t cut = clean->data[size] == '/' ? size + 1 : size;
    clean->size -= cut;
    memmove(clean->data, clean->data + cut, clean->size + 1);
    return JB_OK;
}

int member_name_clean(const char *raw, const char *prefix, struct buffer *clean, jb_error *error)
{
    clean->size = 0;
    if (!raw || raw[0] == '\0')
        return error_set(error, JB_ERROR_FORMAT, "a member without a name");
    if (raw[0] == '/')
        return error_set(error, JB_ERROR_FORMAT, "the member '%.400s' is refused: its name is absolute", raw);
    int code = buffer_append(clean, "", 0, error);
    size_t depth = 0;
    for (const char *at = raw; *at && code == JB_OK;) {
        size_t size = strcspn(at, "/");
        if (size == 2 && memcmp(at, "..", 2) == 0)
            return error_set(error, JB_ERROR_FORMAT, "the member '%.400s' is refused: its name leads upwards", raw);
        if (size > NAME_MAX || ++depth > DEPTH_MAX)
            return error_set(error, JB_ERROR_LIMIT, "the member '%.200s…' is refused: its name is too long or too deep",
                             raw);
        if (size > 0 && !(size == 1 && at[0] == '.'))
            code = append_component(clean, at, size, error);
        at += size;
        at += strspn(at, "/");
    }
    if (code != JB_OK)
        return code == JB_ERROR_LIMIT ? error_prefix(error, "the name of the member '%.200s…'", raw) : code;
    return cut_prefix(raw, prefix, clean, error);
}
