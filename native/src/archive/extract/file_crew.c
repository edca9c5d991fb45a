#include "file_crew.h"

#include <archive.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../base/event.h"
#include "../../base/pages.h"
#include "../../base/workers.h"
#include "member_name.h"
#include "made_file.h"

#define FILE_BYTES_MAX ((uint64_t)256 << 10)
#define ATTRIBUTES_MAX 4096u
#define BATCH_BYTES    ((size_t)512 << 10)
#define BATCH_FILES    64u
#define BATCH_FOLDERS  8u
#define BATCHES_MAX    16u /* 8 MiB together */
#define FOLDERS_MAX    32u /* open at once: some hosts allow few files */
#define SLOTS          1024u
#define MEMBER_KEPT    300u /* characters of its name, for messages */

struct batch;

/* A file under way. Its texts and its content lie in its batch. */
struct job {
    struct job *chained; /* in its slot of the paths under way */
    struct batch *batch;
    struct folder *folder;
    const char *path;
    const char *last;
    const char *member;
    const char *content;
    size_t content_size; /* the rest up to `size` is a hole */
    uint64_t size;
    struct metadata metadata;
    struct archive_entry *attributes; /* NULL where it has none */
};

struct batch {
    struct work work; /* first */
    struct file_crew *crew;
    struct batch *next; /* the one that was begun after it */
    char *bytes;
    size_t used;
    unsigned count;
    unsigned folders; /* how often the folder changes */
    bool ran;         /* guarded by the crew's event */
    int code;         /* of the first file that failed */
    jb_error error;
    struct job jobs[BATCH_FILES];
};

struct file_crew {
    struct metadata_context *context;
    struct workers *workers; /* NULL: batches run on the reader's thread */
    unsigned batches_most;
    unsigned batches;
    struct batch *free;   /* emptied, for the next use */
    struct batch *oldest; /* under way */
    struct batch *newest;
    struct batch *filling; /* not yet submitted; NULL mostly for a moment only */
    struct folder *last_folder;
    unsigned folders;
    struct job *slots[SLOTS]; /* by path: the files that were ended and whose batch has not been taken back */
    struct event event;
    atomic_bool failed; /* a batch has failed: later ones need not begin */
    int code;           /* the first failure that was seen, for good */
    jb_error error;
};

static struct job **slot_of(struct file_crew *crew, const char *path)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *at = path; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return &crew->slots[hash % SLOTS];
}

static void forget(struct file_crew *crew, struct job *job)
{
    struct job **at = slot_of(crew, job->path);
    while (*at != job)
        at = &(*at)->chained;
    *at = job->chained;
}

static void empty_batch(struct file_crew *crew, struct batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++) {
        struct job *job = &batch->jobs[i];
        forget(crew, job);
        folder_release(job->folder);
        metadata_clean_up(&job->metadata);
        if (job->attributes)
            archive_entry_free(job->attributes);
    }
    crew->folders -= batch->folders;
    batch->count = 0;
    batch->folders = 0;
    batch->used = 0;
    batch->next = crew->free;
    crew->free = batch;
}

static int make_file(struct metadata_context *context, const struct job *job, jb_error *error)
{
    int fd;
    int code = made_file_open(job->folder->fd, job->last, &job->metadata, &fd, error);
    if (code != JB_OK)
        return code;
    code = made_file_write(fd, job->content, job->content_size, 0, error);
    if (code == JB_OK)
        code = made_file_finish(fd, job->content_size, job->size, context, &job->metadata, job->attributes, job->path,
                                error);
    if (close(fd) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write");
    return code;
}

static void run_batch(struct work *work)
{
    struct batch *batch = (struct batch *)work;
    struct file_crew *crew = batch->crew;
    /* Batches begin in order: whatever has failed when this one begins came before it. */
    bool needed = !atomic_load(&crew->failed);
    for (unsigned i = 0; needed && i < batch->count && batch->code == JB_OK; i++) {
        batch->code = make_file(crew->context, &batch->jobs[i], &batch->error);
        if (batch->code != JB_OK)
            error_prefix(&batch->error, "the member '%s'", batch->jobs[i].member);
    }
    if (batch->code != JB_OK)
        atomic_store(&crew->failed, true);
    event_lock(&crew->event);
    batch->ran = true;
    event_signal(&crew->event);
    event_unlock(&crew->event);
}

static void submit(struct file_crew *crew)
{
    struct batch *batch = crew->filling;
    crew->filling = NULL;
    crew->last_folder = NULL;
    if (!batch)
        return;
    *(crew->oldest ? &crew->newest->next : &crew->oldest) = batch;
    crew->newest = batch;
    if (crew->workers)
        workers_submit(crew->workers, &batch->work);
    else
        run_batch(&batch->work);
}

/* Waits for the oldest batch under way, and empties it. */
static int take_oldest(struct file_crew *crew, jb_error *error)
{
    struct batch *batch = crew->oldest;
    event_lock(&crew->event);
    while (!batch->ran)
        event_wait(&crew->event);
    event_unlock(&crew->event);
    crew->oldest = batch->next;
    if (crew->code == JB_OK && batch->code != JB_OK)
        crew->code = error_copy(&crew->error, &batch->error);
    empty_batch(crew, batch);
    return crew->code == JB_OK ? JB_OK : error_copy(error, &crew->error);
}

static int new_batch(struct file_crew *crew, jb_error *error)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch)
        batch->bytes = pages_new(BATCH_BYTES);
    if (!batch || !batch->bytes) {
        free(batch);
        return error_no_memory(error);
    }
    batch->work.run = run_batch;
    batch->crew = crew;
    batch->next = crew->free;
    crew->free = batch;
    crew->batches++;
    return JB_OK;
}

static int begin_batch(struct file_crew *crew, jb_error *error)
{
    int code = JB_OK;
    if (!crew->free && crew->batches < crew->batches_most)
        code = new_batch(crew, error);
    else if (!crew->free)
        code = take_oldest(crew, error);
    if (code != JB_OK)
        return code;
    struct batch *batch = crew->free;
    crew->free = batch->next;
    batch->next = NULL;
    batch->ran = false;
    batch->code = JB_OK;
    batch->error = (jb_error)JB_ERROR_INIT;
    crew->filling = batch;
    return JB_OK;
}

static size_t room_of(const struct small_file *file)
{
    return strlen(file->path) + 1 + MEMBER_KEPT + 1 + (size_t)file->size;
}

static bool has_room(const struct file_crew *crew, const struct small_file *file)
{
    const struct batch *batch = crew->filling;
    bool other_folder = file->folder != crew->last_folder;
    return batch && batch->count < BATCH_FILES && room_of(file) <= BATCH_BYTES - batch->used &&
           !(other_folder && batch->folders == BATCH_FOLDERS);
}

static const char *keep_text(struct batch *batch, const char *text, size_t most)
{
    size_t size = strnlen(text, most);
    char *kept = memcpy(batch->bytes + batch->used, text, size);
    kept[size] = '\0';
    batch->used += size + 1;
    return kept;
}

bool file_crew_takes(struct archive_entry *entry, const struct metadata *metadata)
{
    if ((uint64_t)archive_entry_size(entry) > FILE_BYTES_MAX || archive_entry_sparse_count(entry) > 0 ||
        metadata->access_acl.size > ATTRIBUTES_MAX)
        return false;
    const char *name;
    const void *value;
    size_t size, all = 0;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
        all += size + (name ? strlen(name) : 0);
        if (all > ATTRIBUTES_MAX)
            return false;
    }
    return true;
}

int file_crew_begin(struct file_crew *crew, const struct small_file *file, jb_error *error)
{
    int code = file_crew_settle(crew, file->path, error);
    if (code == JB_OK && !has_room(crew, file))
        submit(crew);
    while (code == JB_OK && crew->folders >= FOLDERS_MAX && file->folder != crew->last_folder) {
        submit(crew);
        code = take_oldest(crew, error);
    }
    if (code == JB_OK && !crew->filling)
        code = begin_batch(crew, error);
    if (code != JB_OK)
        return code;
    struct batch *batch = crew->filling;
    struct job *job = &batch->jobs[batch->count];
    *job = (struct job){.batch = batch, .size = file->size};
    job->path = keep_text(batch, file->path, MEMBER_NAME_MAX);
    job->last = job->path + (file->last - file->path);
    job->member = keep_text(batch, file->member, MEMBER_KEPT);
    job->content = batch->bytes + batch->used;
    return JB_OK;
}

int file_crew_content(void *context, const void *bytes, size_t count, uint64_t offset, jb_error *error)
{
    struct file_crew *crew = context;
    struct batch *batch = crew->filling;
    struct job *job = &batch->jobs[batch->count];
    (void)error; /* the content fits the size, for which there is room */
    memset(batch->bytes + batch->used, 0, (size_t)offset - job->content_size);
    batch->used += (size_t)offset - job->content_size;
    memcpy(batch->bytes + batch->used, bytes, count);
    batch->used += count;
    job->content_size = (size_t)offset + count;
    return JB_OK;
}

int file_crew_end(struct file_crew *crew, const struct small_file *file, jb_error *error)
{
    struct batch *batch = crew->filling;
    struct job *job = &batch->jobs[batch->count];
    if (archive_entry_xattr_count(file->entry) > 0) {
        job->attributes = archive_entry_clone(file->entry);
        if (!job->attributes)
            return error_no_memory(error);
    }
    job->folder = folder_hold(file->folder);
    if (file->folder != crew->last_folder) {
        crew->last_folder = file->folder;
        batch->folders++;
        crew->folders++;
    }
    metadata_move(&job->metadata, file->metadata);
    struct job **slot = slot_of(crew, job->path);
    job->chained = *slot;
    *slot = job;
    batch->count++;
    return JB_OK;
}

int file_crew_settle(struct file_crew *crew, const char *path, jb_error *error)
{
    const struct job *job = *slot_of(crew, path);
    while (job && strcmp(job->path, path) != 0)
        job = job->chained;
    if (!job)
        return JB_OK;
    const struct batch *batch = job->batch;
    if (batch == crew->filling)
        submit(crew);
    int code = JB_OK;
    bool reached = false;
    while (code == JB_OK && !reached) {
        reached = crew->oldest == batch;
        code = take_oldest(crew, error);
    }
    return code;
}

int file_crew_finish(struct file_crew *crew, jb_error *error)
{
    submit(crew);
    while (crew->oldest)
        (void)take_oldest(crew, error);
    return crew->code == JB_OK ? JB_OK : error_copy(error, &crew->error);
}

int file_crew_new(unsigned threads, struct metadata_context *context, struct file_crew **made, jb_error *error)
{
    struct file_crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return error_no_memory(error);
    crew->context = context;
    crew->error = (jb_error)JB_ERROR_INIT;
    event_init(&crew->event);
    unsigned count = 0;
    if (threads != 1) {
        int code = workers_new(threads, &crew->workers, error);
        if (code != JB_OK) {
            file_crew_free(crew);
            return code;
        }
        count = workers_count(crew->workers);
    }
    crew->batches_most = 2 * count + 2 < BATCHES_MAX ? 2 * count + 2 : BATCHES_MAX;
    *made = crew;
    return JB_OK;
}

void file_crew_free(struct file_crew *crew)
{
    if (!crew)
        return;
    jb_error ignored = JB_ERROR_INIT;
    atomic_store(&crew->failed, true);
    if (crew->filling)
        empty_batch(crew, crew->filling);
    while (crew->oldest)
        (void)take_oldest(crew, &ignored);
    workers_free(crew->workers);
    while (crew->free) {
        struct batch *batch = crew->free;
        crew->free = batch->next;
        pages_free(batch->bytes, BATCH_BYTES);
        free(batch);
    }
    event_clean_up(&crew->event);
    free(crew);
}
