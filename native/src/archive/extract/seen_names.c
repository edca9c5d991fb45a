#include "seen_names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/buffer.h"
#include "../../base/spill.h"
#include "../../codec/digest.h"
#include "member_name.h"

#define MEMORY_DEFAULT ((size_t)8 << 20)
#define SLOTS_FIRST    1024u
#define BLOCK_SLOTS    256u

/* Half of a name's SHA-256, of which the last two bits tell the kind instead: equal ones are the same name. */
struct slot {
    unsigned char digest[16];
};

/* A hash table with open addressing; an empty slot is of the kind SEEN_NOTHING. */
struct seen_names {
    struct spill slots;
    uint64_t slot_count; /* a power of two */
    uint64_t count;
    size_t memory_max;
    struct buffer near; /* the directory that was entered last: most members lie in it */
    bool near_known;
};

static int make_slots(struct spill *slots, size_t memory_max, uint64_t count, jb_error *error)
{
    static const struct slot zeros[BLOCK_SLOTS];
    int code = JB_OK;
    spill_init(slots, memory_max);
    for (uint64_t made = 0; made < count && code == JB_OK; made += BLOCK_SLOTS)
        code = spill_append(slots, zeros, sizeof zeros, error);
    return code;
}

int seen_names_new(size_t memory_max, struct seen_names **made, jb_error *error)
{
    struct seen_names *names = calloc(1, sizeof *names);
    if (names == NULL)
        return error_no_memory(error);
    names->memory_max = memory_max ? memory_max : MEMORY_DEFAULT;
    names->slot_count = SLOTS_FIRST;
    buffer_init(&names->near, MEMBER_NAME_MAX);
    int code = make_slots(&names->slots, names->memory_max, SLOTS_FIRST, error);
    if (code != JB_OK) {
        seen_names_free(names);
        return code;
    }
    *made = names;
    return JB_OK;
}

void seen_names_free(struct seen_names *names)
{
    if (names == NULL)
        return;
    spill_clean_up(&names->slots);
    buffer_clean_up(&names->near);
    free(names);
}

static enum seen_kind kind_of(const struct slot *slot)
{
    return (enum seen_kind)(slot->digest[15] & 3);
}

static void set_kind(struct slot *slot, enum seen_kind kind)
{
    slot->digest[15] = (unsigned char)((slot->digest[15] & ~3) | (int)kind);
}

static bool same_name(const struct slot *left, const struct slot *right)
{
    return memcmp(left->digest, right->digest, 15) == 0 && ((left->digest[15] ^ right->digest[15]) & ~3) == 0;
}

/* *found: the name's slot, or the empty one that it would get, at *at. */
static int find(const struct spill *slots, uint64_t slot_count, const struct slot *wanted, uint64_t *at,
                struct slot *found, jb_error *error)
{
    uint64_t hash;
    memcpy(&hash, wanted->digest, sizeof hash);
    for (uint64_t i = hash & (slot_count - 1);; i = (i + 1) & (slot_count - 1)) {
        *at = i * sizeof *found;
        int code = spill_read(slots, *at, found, sizeof *found, error);
        if (code != JB_OK || kind_of(found) == SEEN_NOTHING || same_name(found, wanted))
            return code;
    }
}

static int move_block(const struct spill *from, uint64_t first, struct spill *to, uint64_t to_count, jb_error *error)
{
    struct slot block[BLOCK_SLOTS], found;
    uint64_t at;
    int code = spill_read(from, first * sizeof *block, block, sizeof block, error);
    for (size_t i = 0; i < BLOCK_SLOTS && code == JB_OK; i++) {
        if (kind_of(&block[i]) == SEEN_NOTHING)
            continue;
        code = find(to, to_count, &block[i], &at, &found, error);
        if (code == JB_OK)
            code = spill_write(to, at, &block[i], sizeof *block, error);
    }
    return code;
}

static int grow(struct seen_names *names, jb_error *error)
{
    struct spill slots;
    uint64_t count = names->slot_count * 2;
    int code = make_slots(&slots, names->memory_max, count, error);
    for (uint64_t i = 0; i < names->slot_count && code == JB_OK; i += BLOCK_SLOTS)
        code = move_block(&names->slots, i, &slots, count, error);
    if (code != JB_OK) {
        spill_clean_up(&slots);
        return code;
    }
    spill_clean_up(&names->slots);
    names->slots = slots;
    names->slot_count = count;
    return JB_OK;
}

/* *before: what the name was until now. It becomes `kind` where it was nothing. */
static int look_or_add(struct seen_names *names, const char *path, enum seen_kind kind, enum seen_kind *before,
                       jb_error *error)
{
    unsigned char digest[SHA256_SIZE];
    struct slot wanted, found;
    uint64_t at;
    int code = sha256_of(path, strlen(path), digest, error);
    memcpy(wanted.digest, digest, sizeof wanted.digest);
    if (code == JB_OK && kind != SEEN_NOTHING && names->count >= names->slot_count / 2)
        code = grow(names, error);
    if (code == JB_OK)
        code = find(&names->slots, names->slot_count, &wanted, &at, &found, error);
    if (code != JB_OK)
        return code;
    *before = kind_of(&found);
    if (kind == SEEN_NOTHING || *before != SEEN_NOTHING)
        return JB_OK;
    set_kind(&wanted, kind);
    names->count++;
    return spill_write(&names->slots, at, &wanted, sizeof wanted, error);
}

/* The directories on the way, from the first one on. */
static int enter(struct seen_names *names, char *path, jb_error *error)
{
    char *last = strrchr(path, '/');
    size_t size = last != NULL ? (size_t)(last - path) : 0;
    if (last == NULL || (names->near_known && names->near.size == size && memcmp(names->near.data, path, size) == 0))
        return JB_OK;
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        enum seen_kind before;
        *slash = '\0';
        int code = look_or_add(names, path, SEEN_DIRECTORY, &before, error);
        if (code == JB_OK && before == SEEN_OTHER)
            code = error_set(error, JB_ERROR_FORMAT, "its name leads through '%.300s', which is no directory", path);
        *slash = '/';
        if (code != JB_OK)
            return code;
    }
    names->near.size = 0;
    int code = buffer_append(&names->near, path, size, error);
    names->near_known = code == JB_OK;
    return code;
}

int seen_names_add(struct seen_names *names, char *path, bool directory, jb_error *error)
{
    if (path[0] == '\0')
        return directory ? JB_OK : error_set(error, JB_ERROR_FORMAT, "the target itself can only be a directory");
    enum seen_kind before = SEEN_NOTHING;
    int code = enter(names, path, error);
    if (code == JB_OK)
        code = look_or_add(names, path, directory ? SEEN_DIRECTORY : SEEN_OTHER, &before, error);
    if (code != JB_OK || before == SEEN_NOTHING || (directory && before == SEEN_DIRECTORY))
        return code;
    return error_set(error, JB_ERROR_FORMAT, "its name was there before");
}

int seen_names_link(struct seen_names *names, const char *path, const char *raw, jb_error *error)
{
    enum seen_kind before;
    int code = look_or_add(names, path, SEEN_NOTHING, &before, error);
    if (code == JB_OK && before == SEEN_NOTHING)
        return error_set(error, JB_ERROR_FORMAT,
                         "it is a hard link to '%.300s', which the archive does not hold before it", raw);
    if (code == JB_OK && before == SEEN_DIRECTORY)
        return error_set(error, JB_ERROR_FORMAT, "it is a hard link to the directory '%.300s'", raw);
    return code;
}
