#include "read_ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../base/pages.h"
#include "../../base/workers.h"
#include "slot_read.h"
#include "../tar.h"

#define SLOTS           128u
#define READERS_DEFAULT 8u
#define READERS_FIRST   2u /* of the default; the others join in where reading waits for a disk */
#define READERS_MAX     64u
#define CLAIM           4u             /* slots that each of the first readers reads before it tells of them */
#define WAITS_MANY      4u             /* claims that a disk held up, before another reader joins in */
#define BUFFER_KEPT     ((size_t)4096) /* larger ones are given back after use */
#define RECORDS_MAX     ((size_t)16 << 10)

struct read_ahead {
    struct slot slots[SLOTS];
    uint64_t oldest; /* counts of slots, from the beginning; the writer's */
    uint64_t added;  /* the writer's */
    uint64_t known;  /* slots before it are read or left, and the writer's; so is this */
    char **returned; /* chunks that are free, but not told of yet; the writer's */
    size_t returned_count;
    uint64_t published;         /* guarded, like the rest */
    uint64_t next;              /* not looked at by a reader yet */
    unsigned idle;              /* readers */
    unsigned wanted;            /* readers that are to run */
    unsigned waits;             /* of late, claims that a disk held up, less those that it did not */
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

/* With the mutex held; 0 where there is nothing to read yet. One at a time where a disk takes its time for each. */
static unsigned claim(struct read_ahead *ahead, struct slot **slots)
{
    unsigned count = 0, most = ahead->wanted > READERS_FIRST ? 1 : CLAIM;
    while (count < most && ahead->next < ahead->published) {
        struct slot *slot = slot_at(ahead, ahead->next++);
        if (slot->state != SLOT_WAITING)
            continue;
        slot->state = SLOT_TAKEN;
        slots[count++] = slot;
    }
    return count;
}

/* How often the thread has waited, for a disk or for a lock. */
static long waits_of_thread(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

/* With the mutex held. What lies in memory two readers read fast enough, and more of them only hinder one another. */
static void adapt(struct read_ahead *ahead, bool waited)
{
    if (waited)
        ahead->waits++;
    else if (ahead->waits > 0)
        ahead->waits--;
    if (ahead->waits < WAITS_MANY || ahead->wanted == ahead->thread_count)
        return;
    ahead->waits = 0;
    ahead->wanted++;
    pthread_cond_signal(&ahead->work);
}

/* With the mutex held, which it lets go while it reads. */
static void read_claimed(struct read_ahead *ahead, struct attributes *room, struct slot **slots, unsigned count)
{
    bool whole[CLAIM];
    pthread_mutex_unlock(&ahead->mutex);
    struct slot_reader reader = {room, ahead->names, lend_chunks, ahead};
    long waits = waits_of_thread();
    for (unsigned i = 0; i < count; i++)
        whole[i] = slot_read(&reader, slots[i]);
    waits = waits_of_thread() - waits;
    pthread_mutex_lock(&ahead->mutex);
    for (unsigned i = 0; i < count; i++) {
        slots[i]->state = whole[i] ? SLOT_READ : SLOT_LEFT;
        if (slots[i] == ahead->awaited)
            pthread_cond_signal(&ahead->read);
    }
    adapt(ahead, 2 * waits >= (long)count);
}

static void *run_reader(void *argument)
{
    struct read_ahead *ahead = argument;
    struct slot *slots[CLAIM];
    struct attributes *room = malloc(sizeof(*room));
    pthread_mutex_lock(&ahead->mutex);
    ahead->idle += !room; /* for ever: the others are woken instead */
    while (room && !ahead->ending) {
        unsigned count = claim(ahead, slots);
        if (count > 0) {
            read_claimed(ahead, room, slots, count);
            continue;
        }
        ahead->idle++;
        pthread_cond_wait(&ahead->work, &ahead->mutex);
        ahead->idle--;
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
    ahead->returned = calloc(count + 1, sizeof(*ahead->returned));
    if ((count > 0 && !ahead->chunks) || !ahead->free_chunks || !ahead->returned)
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
    pthread_mutex_lock(&ahead->mutex);
    ahead->wanted = readers == 0 && ahead->thread_count > READERS_FIRST ? READERS_FIRST : ahead->thread_count;
    pthread_mutex_unlock(&ahead->mutex);
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
    free(ahead->returned);
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

/* With the mutex held. */
static void return_chunks(struct read_ahead *ahead)
{
    while (ahead->returned_count > 0)
        ahead->free_chunks[ahead->free_count++] = ahead->returned[--ahead->returned_count];
}

void read_ahead_publish(struct read_ahead *ahead)
{
    pthread_mutex_lock(&ahead->mutex);
    return_chunks(ahead);
    uint64_t fresh = ahead->added - ahead->published;
    unsigned running = ahead->thread_count - ahead->idle;
    ahead->published = ahead->added;
    for (unsigned i = 0; running + i < ahead->wanted && i * CLAIM < fresh; i++)
        pthread_cond_signal(&ahead->work);
    pthread_mutex_unlock(&ahead->mutex);
}

/* Waits for the oldest slot, and looks how many after it are done, too, so that the lock is not taken for each. */
static void find_known(struct read_ahead *ahead)
{
    struct slot *slot = slot_at(ahead, ahead->oldest);
    pthread_mutex_lock(&ahead->mutex);
    return_chunks(ahead);
    if (slot->state == SLOT_WAITING)
        slot->state = SLOT_LEFT; /* the readers are behind: the writer does not wait for them */
    ahead->awaited = slot;
    while (slot->state == SLOT_TAKEN)
        pthread_cond_wait(&ahead->read, &ahead->mutex);
    ahead->awaited = NULL;
    for (ahead->known = ahead->oldest + 1; ahead->known < ahead->published; ahead->known++) {
        enum slot_state state = slot_at(ahead, ahead->known)->state;
        if (state == SLOT_WAITING || state == SLOT_TAKEN)
            break;
    }
    /* From here on they are the writer's, and no reader looks at them again. */
    if (ahead->next < ahead->known)
        ahead->next = ahead->known;
    pthread_mutex_unlock(&ahead->mutex);
}

struct slot *read_ahead_take(struct read_ahead *ahead)
{
    if (ahead->oldest == ahead->added)
        return NULL;
    if (ahead->oldest >= ahead->known)
        find_known(ahead);
    return slot_at(ahead, ahead->oldest);
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
    while (slot->chunk_count > 0)
        ahead->returned[ahead->returned_count++] = slot->chunks[--slot->chunk_count];
}

bool read_ahead_is_low(const struct read_ahead *ahead)
{
    return ahead->added - ahead->oldest < SLOTS / 2;
}
