#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/buffer.h"

#define FILE_MAX (16u << 20)

struct account {
    const char *name;
    uint32_t id;
    uint32_t login_group; /* of a user */
};

/* One of the two files. */
struct accounts {
    struct buffer text;
    struct account *list;
    size_t count;
    _Atomic size_t last; /* of the latest hit: neighbours in a tree mostly have the same owner */
};

struct names {
    struct accounts users;
    struct accounts groups;
};

static int read_whole(const char *path, struct buffer *text, jb_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? JB_OK : error_set_errno(error, errno, "cannot read '%s'", path);
    }
    char block[16384];
    int code = JB_OK;
    while (code == JB_OK) {
        ssize_t count = read(fd, block, sizeof(block));
        if (count == 0) {
            break;
        }
        if (count < 0 && errno == EINTR) {
            continue;
        }
        code = count < 0 ? error_set_errno(error, errno, "cannot read '%s'", path)
                         : buffer_append(text, block, (size_t)count, error);
    }
    close(fd);
    return code == JB_ERROR_LIMIT ? error_prefix(error, "cannot read '%s'", path) : code;
}

/* NAME:PASSWORD:NUMBER:…; lines of another form are not accounts. */
static bool parse_line(char *line, struct account *account)
{
    char *password = strchr(line, ':');
    char *number = password ? strchr(password + 1, ':') : NULL;
    if (!number || password == line || number[1] < '0' || number[1] > '9') {
        return false;
    }
    char *end;
    errno = 0;
    unsigned long long id = strtoull(number + 1, &end, 10);
    if (errno != 0 || id >= UINT32_MAX || *end != ':') {
        return false;
    }
    unsigned long long group = strtoull(end + 1, NULL, 10);
    *password = '\0';
    account->name = line;
    account->login_group = group < UINT32_MAX ? (uint32_t)group : UINT32_MAX;
    account->id = (uint32_t)id;
    return true;
}

static int load(const char *path, struct accounts *accounts, jb_error *error)
{
    buffer_init(&accounts->text, FILE_MAX);
    int code = read_whole(path, &accounts->text, error);
    if (code != JB_OK || accounts->text.size == 0) {
        return code;
    }
    size_t lines = 1;
    for (const char *at = accounts->text.data; *at; at++) {
        lines += *at == '\n';
    }
    accounts->list = calloc(lines, sizeof(*accounts->list));
    if (!accounts->list) {
        return error_no_memory(error);
    }
    char *rest = NULL;
    for (char *line = strtok_r(accounts->text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (parse_line(line, &accounts->list[accounts->count])) {
            accounts->count++;
        }
    }
    return JB_OK;
}

static void clean_up(struct accounts *accounts)
{
    free(accounts->list);
    buffer_clean_up(&accounts->text);
}

int names_new(struct names **names, jb_error *error)
{
    struct names *fresh = calloc(1, sizeof(*fresh));
    if (!fresh) {
        return error_no_memory(error);
    }
    int code = load("/etc/passwd", &fresh->users, error);
    if (code == JB_OK) {
        code = load("/etc/group", &fresh->groups, error);
    }
    if (code != JB_OK) {
        names_free(fresh);
        return code;
    }
    *names = fresh;
    return JB_OK;
}

void names_free(struct names *names)
{
    if (names) {
        clean_up(&names->users);
        clean_up(&names->groups);
        free(names);
    }
}

static const char *name_of(struct accounts *accounts, uint32_t id)
{
    size_t last = accounts->last;
    if (last < accounts->count && accounts->list[last].id == id) {
        return accounts->list[last].name;
    }
    for (size_t i = 0; i < accounts->count; i++) {
        if (accounts->list[i].id == id) {
            accounts->last = i;
            return accounts->list[i].name;
        }
    }
    return NULL;
}

static bool find(struct accounts *accounts, const char *name, uint32_t *id)
{
    size_t at = accounts->last;
    if (at >= accounts->count || strcmp(accounts->list[at].name, name) != 0) {
        for (at = 0; at < accounts->count && strcmp(accounts->list[at].name, name) != 0; at++) {
        }
        if (at == accounts->count) {
            return false;
        }
        accounts->last = at;
    }
    *id = accounts->list[at].id;
    return true;
}

const char *names_of_user(struct names *names, uid_t uid)
{
    return name_of(&names->users, uid);
}

const char *names_of_group(struct names *names, gid_t gid)
{
    return name_of(&names->groups, gid);
}

bool names_find_user(struct names *names, const char *name, uid_t *uid)
{
    return find(&names->users, name, uid);
}

bool names_find_login_group(struct names *names, uid_t uid, gid_t *gid)
{
    for (size_t i = 0; i < names->users.count; i++) {
        if (names->users.list[i].id == uid) {
            *gid = names->users.list[i].login_group;
            return *gid != UINT32_MAX;
        }
    }
    return false;
}

bool names_find_group(struct names *names, const char *name, gid_t *gid)
{
    return find(&names->groups, name, gid);
}
