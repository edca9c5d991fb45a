#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../archive/names.h"
#include "restore.h"

static int find_number(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value >= UINT32_MAX)
        return -1;
    *number = (uint32_t)value;
    return 0;
}

int owner_parse(const char *text, struct owner *owner, jb_error *error)
{
    *owner = (struct owner){0};
    if (text == NULL)
        return JB_OK;
    char user[256];
    const char *colon = strchr(text, ':');
    size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
    if (length == 0 || length >= sizeof user)
        return error_set(error, JB_ERROR_USAGE, "'%.300s' is no owner", text);
    memcpy(user, text, length);
    user[length] = '\0';
    const char *group = colon == NULL ? "" : colon + 1;
    struct names *names;
    int code = names_new(&names, error);
    if (code != JB_OK)
        return code;
    bool user_known = find_number(user, &owner->uid) == 0 || names_find_user(names, user, &owner->uid);
    bool group_known = colon == NULL
                           ? user_known && names_find_login_group(names, owner->uid, &owner->gid)
                           : find_number(group, &owner->gid) == 0 || names_find_group(names, group, &owner->gid);
    names_free(names);
    owner->given = true;
    if (user_known && group_known)
        return JB_OK;
    if (user_known && colon == NULL)
        error_set(error, JB_ERROR_USAGE, "the user '%s' has no group on this machine", user);
    else
        error_set(error, JB_ERROR_USAGE, "the %s '%s' is not known on this machine", user_known ? "group" : "user",
                  user_known ? group : user);
    return error_hint(error, "give the owner as 'USER', 'USER:GROUP' or 'UID:GID'");
}
