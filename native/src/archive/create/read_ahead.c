#include "read_ahead.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../base/pages.h"
#include "../../base/workers.h"
#include "slot_read.h"
#include "../tar.h"

#define SLOTS           128u
#define READERS_DEFAULT 8u /* they wait for a disk more than they compute */
#define READERS_MAX     64u
#define BUFFER_KEPT     ((size_t)4096) /* larger ones are given back after use */
#define RECORDS_MAX     ((size_t)16 << 10)

struct read_ahead {
    struct slot slots[SLOTS];
    uint64_t oldest;            /* counts of slots, from the beginning; the writer's */
    uint64_t added;             /* the writer's */
    uint64_t published;         /* guarded, like the rest */
    uint64_t next;              /* not looked at by a reader yet */
    unsigned idle;              /* readers */
    const struct slot *awaited; /* by the writer; NULL: none */
    bool ending;
    char **free_chunks;
    size_t free_count;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_cond_t read;
    char *chunks;
    size_t chunks_size;
    struct names *names;
    pthread_t threads[READERS_MAX];
    unsigned thread_count;
};

static struct slot *slot_at(struct read_ahead *ahead, uint64_t count)
{
    return &ahead->slots[count % SLOTS];
}

static bool lend_chunks(void *context, struct slot *slot, size_t count)
{
    struct read_ahead *ahead = context;
    pthread_mutex_lock(&ahead->mutex);
    bool enough = count <= ahead->free_count;
    if (enough)
        for (; slot->chunk_count < count; slot->chunk_count++)
            slot->chunks[slot->chunk_count] = ahead->free_chunks[--ahead->free_count];
    pthread_mutex_unlock(&ahead->mutex);
    return enough;
}

/* With the mutex held; NULL where there is nothing to read yet. */
static struct slot *claim(struct read_ahead *ahead)
{
    while (ahead->next < ahead->published) {
        struct slot *slot = slot_at(ahead, ahead->next++);
        if (slot->state == SLOT_WAITING) {
            slot->state = SLOT_TAKEN;
            return slot;
        }
    }
    return NULL;
}

static void *run_reader(void *argument)
{
    struct read_ahead *ahead = argument;
    struct attributes *room = malloc(sizeof(*room));
    pthread_mutex_lock(&ahead->mutex);
    while (room && !ahead->ending) {
        struct slot *slot = claim(ahead);
        if (!slot) {
            ahead->idle++;
            pthread_cond_wait(&ahead->work, &ahead->mutex);
            ahead->idle--;
            continue;
        }
        pthread_mutex_unlock(&ahead->mutex);
        struct slot_reader reader = {room, ahead->names, lend_chunks, ahead};
        bool whole = slot_read(&reader, slot);
        pthread_mutex_lock(&ahead->mutex);
        slot->state = whole ? SLOT_READ : SLOT_LEFT;
        if (slot == ahead->awaited)
            pthread_cond_signal(&ahead->read);
    }
    pthread_mutex_unlock(&ahead->mutex);
    free(room);
    return NULL;
}

static int make_chunks(struct read_ahead *ahead, size_t bytes, jb_error *error)
{
    size_t count = (bytes ? bytes : TAR_AHEAD_MEMORY) / READ_AHEAD_CHUNK;
    ahead->chunks_size = count * READ_AHEAD_CHUNK;
    ahead->chunks = count > 0 ? pages_new(ahead->chunks_size) : NULL;
    ahead->free_chunks = calloc(count + 1, sizeof(*ahead->free_chunks));
    if ((count > 0 && !ahead->chunks) || !ahead->free_chunks)
        return error_no_memory(error);
    for (size_t i = count; i-- > 0;)
        ahead->free_chunks[ahead->free_count++] = ahead->chunks + i * READ_AHEAD_CHUNK;
    return JB_OK;
}

int read_ahead_new(unsigned readers, size_t bytes, struct names *names, struct read_ahead **made, jb_error *error)
{
    struct read_ahead *ahead = calloc(1, sizeof(*ahead));
    if (!ahead)
        return error_no_memory(error);
    ahead->names = names;
    pthread_mutex_init(&ahead->mutex, NULL);
    pthread_cond_init(&ahead->work, NULL);
    pthread_cond_init(&ahead->read, NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        buffer_init(&ahead->slots[i].path, WALK_PATH_MAX);
        buffer_init(&ahead->slots[i].records, RECORDS_MAX);
    }
    int code = make_chunks(ahead, bytes, error);
    if (code != JB_OK) {
        read_ahead_free(ahead, NULL);
        return code;
    }
    unsigned wanted = readers == 0                ? READERS_DEFAULT
                      : readers == TAR_NO_READERS ? 0
                      : readers < READERS_MAX     ? readers
                                                  : READERS_MAX;
    while (ahead->thread_count < wanted && thread_start(&ahead->threads[ahead->thread_count], run_reader, ahead) == 0)
        ahead->thread_count++; /* without threads the writer reads all itself */
    *made = ahead;
    return JB_OK;
}

void read_ahead_free(struct read_ahead *ahead, struct walk *walk)
{
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->mutex);
    ahead->ending = true;
    pthread_cond_broadcast(&ahead->work);
    pthread_mutex_unlock(&ahead->mutex);
    for (unsigned i = 0; i < ahead->thread_count; i++)
        pthread_join(ahead->threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        walk_release(walk, ahead->slots[i].place);
        buffer_clean_up(&ahead->slots[i].path);
        buffer_clean_up(&ahead->slots[i].records);
    }
    pages_free(ahead->chunks, ahead->chunks_size);
    free(ahead->free_chunks);
    pthread_cond_destroy(&ahead->work);
    pthread_cond_destroy(&ahead->read);
    pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
}

struct slot *read_ahead_room(struct read_ahead *ahead)
{
    return ahead->added - ahead->oldest < SLOTS ? slot_at(ahead, ahead->added) : NULL;
}

void read_ahead_add(struct read_ahead *ahead)
{
    struct slot *slot = slot_at(ahead, ahead->added++);
    slot->state = slot->kind == SLOT_NAME || slot->kind == SLOT_DIRECTORY ? SLOT_WAITING : SLOT_LEFT;
}

void read_ahead_publish(struct read_ahead *ahead)
{
    pthread_mutex_lock(&ahead->mutex);
    uint64_t fresh = ahead->added - ahead->published;
    ahead->published = ahead->added;
    for (unsigned i = 0; i < ahead->idle && i < fresh; i++)
        pthread_cond_signal(&ahead->work);
    pthread_mutex_unlock(&ahead->mutex);
}

struct slot *read_ahead_take(struct read_ahead *ahead)
{
    if (ahead->oldest == ahead->added)
        return NULL;
    struct slot *slot = slot_at(ahead, ahead->oldest);
    pthread_mutex_lock(&ahead->mutex);
    if (ahead->next <= ahead->oldest)
        ahead->next = ahead->oldest + 1;
    if (slot->state == SLOT_WAITING)
        slot->state = SLOT_LEFT; /* the readers are behind: the writer does not wait for them */
    ahead->awaited = slot;
    while (slot->state == SLOT_TAKEN)
        pthread_cond_wait(&ahead->read, &ahead->mutex);
    ahead->awaited = NULL;
    pthread_mutex_unlock(&ahead->mutex);
    return slot;
}

static void give_back(struct buffer *buffer, size_t maximum)
{
    if (buffer->capacity > BUFFER_KEPT) {
        buffer_clean_up(buffer);
        buffer_init(buffer, maximum);
    }
    buffer->size = 0;
}

void read_ahead_release(struct read_ahead *ahead, struct walk *walk)
{
    struct slot *slot = slot_at(ahead, ahead->oldest++);
    walk_release(walk, slot->place);
    slot->place = NULL;
    give_back(&slot->path, WALK_PATH_MAX);
    give_back(&slot->records, RECORDS_MAX);
    if (slot->chunk_count == 0)
        return;
    pthread_mutex_lock(&ahead->mutex);
    while (slot->chunk_count > 0)
        ahead->free_chunks[ahead->free_count++] = slot->chunks[--slot->chunk_count];
    pthread_mutex_unlock(&ahead->mutex);
}

bool read_ahead_is_low(const struct read_ahead *ahead)
{
    return ahead->added - ahead->oldest < SLOTS / 2;
}
