#include <stdlib.h>
#include <string.h>

#include "../base/crew.h"
#include "../codec/json.h"
#include "../stream/memory.h"
#include "find.h"

/* Seals are small, and each waits for the store. For a few of them no threads are worth their start. */
#define SEALS_ALONE   8
#define SEALS_AT_ONCE 16
#define SEAL_MEMORY   ((size_t)1 << 20) /* of most; the seal of a large backup takes some more */

struct listing {
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    json_t *backups;
    unsigned seen;
    struct crew *crew; /* NULL until it is worth it */
};

struct listing_job {
    struct crew_job job;
    const struct listing *listing;
    struct folder folder;
    json_t *entry;
};

/* What a listing tells of a seal: all but its objects and its own digest. */
static void add_seal(json_t *entry, const struct seal *seal, int *code, jb_error *error)
{
    static const char *const shown[] = {"created", "completed", "environment", "tool"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        json_t *value = json_object_get(seal->document, shown[i]);
        if (value != NULL)
            json_put(entry, shown[i], json_incref(value), code, error);
    }
    size_t index;
    json_t *object;
    json_array_foreach(json_object_get(seal->document, "objects"), index, object)
    {
        json_t *encryption = json_object_get(object, "encryption");
        if (encryption != NULL && json_object_get(entry, "encryption") == NULL)
            json_put(entry, "encryption", json_incref(encryption), code, error);
    }
}

/* When and how it was last verified, and with what outcome. */
static int add_verified(const struct listing *listing, json_t *entry, const struct folder *folder,
                        const struct seal *seal, jb_error *error)
{
    static const char *const shown[] = {"verified", "how", "outcome", "percent", "damaged", "last_full"};
    json_t *record;
    int code = verified_read(listing->store, listing->operation, listing->bucket, &folder->id,
                             json_member_text(seal->document, "owner"), &record, error);
    if (code != JB_OK || record == NULL)
        return code;
    json_t *verified = json_object();
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        json_t *value = json_object_get(record, shown[i]);
        if (value != NULL)
            json_put(verified, i == 0 ? "when" : shown[i], json_incref(value), &code, error);
    }
    json_put(entry, "verification", verified, &code, error);
    json_decref(record);
    return code;
}

/* *entry stays NULL where the backup was removed since it was listed. */
static int make_entry(const struct listing *listing, const struct folder *folder, json_t **made, jb_error *error)
{
    struct seal seal = {0};
    int code = JB_OK;
    bool newer = false;
    *made = NULL;
    if (folder->has_seal) {
        code = seal_read(listing->store, listing->operation, listing->bucket, &folder->id, &seal, error);
        if (code == JB_ERROR_NOT_FOUND)
            return JB_OK;
        newer = code == JB_ERROR_UNSUPPORTED;
        if (seal_is_unreadable(code))
            code = JB_OK; /* shown as such */
    }
    if (code != JB_OK)
        return code;
    json_t *entry = json_object();
    json_put_text(entry, "name", folder->id.name, &code, error);
    json_put_text(entry, "timestamp", folder->id.timestamp, &code, error);
    json_put_text(entry, "mode", folder->id.mode, &code, error);
    json_put_text(entry, "folder", folder->id.folder, &code, error);
    const char *state =
        newer ? "newer"
              : backup_state(listing->store, listing->operation, folder, seal.document == NULL ? NULL : &seal);
    json_put_text(entry, "state", state, &code, error);
    json_put_count(entry, "size", folder->bytes, &code, error);
    json_put_count(entry, "objects", folder->objects, &code, error);
    if (seal.document != NULL)
        add_seal(entry, &seal, &code, error);
    if (code == JB_OK && seal.document != NULL && folder->has_verified)
        code = add_verified(listing, entry, folder, &seal, error);
    seal_clean_up(&seal);
    if (code == JB_OK)
        *made = entry;
    else
        json_decref(entry);
    return code;
}

static void run_job(struct crew_job *job)
{
    struct listing_job *mine = (struct listing_job *)job;
    int code = make_entry(mine->listing, &mine->folder, &mine->entry, &job->error);
    job->error.code = (jb_code)code;
}

static int take_job(void *context, struct crew_job *job, jb_error *error)
{
    struct listing *listing = context;
    struct listing_job *mine = (struct listing_job *)job;
    int code = (int)job->error.code;
    if (code != JB_OK)
        error_copy(error, &job->error);
    else if (mine->entry != NULL)
        json_append(listing->backups, json_incref(mine->entry), &code, error);
    json_decref(mine->entry);
    free(mine);
    return code;
}

static int submit(struct listing *listing, const struct folder *folder, jb_error *error)
{
    int code = JB_OK;
    if (listing->crew == NULL)
        code =
            crew_new(SEALS_AT_ONCE, memory_for_buffers(listing->operation), take_job, listing, &listing->crew, error);
    if (code != JB_OK)
        return code;
    struct listing_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return error_no_memory(error);
    *job = (struct listing_job){
        .job = {.run = run_job, .bytes = SEAL_MEMORY, .error = JB_ERROR_INIT}, .listing = listing, .folder = *folder};
    code = crew_submit(listing->crew, &job->job, listing->operation, error);
    if (code != JB_OK)
        free(job);
    return code;
}

static int list_folder(void *context, const struct folder *folder, jb_error *error)
{
    struct listing *listing = context;
    if (listing->seen++ >= SEALS_ALONE && folder->has_seal)
        return submit(listing, folder, error);
    json_t *entry;
    int code = make_entry(listing, folder, &entry, error);
    if (code == JB_OK && entry != NULL)
        json_append(listing->backups, entry, &code, error);
    return code;
}

/* What is under way ends in any case. */
static int end_crew(struct listing *listing, int code, jb_error *error)
{
    if (listing->crew == NULL)
        return code;
    jb_error trouble = JB_ERROR_INIT;
    int ended = crew_wait(listing->crew, &trouble);
    crew_free(listing->crew);
    return code == JB_OK && ended != JB_OK ? error_copy(error, &trouble) : code;
}

static int newest_first(const void *left, const void *right)
{
    const json_t *a = *(json_t *const *)left;
    const json_t *b = *(json_t *const *)right;
    int order = strcmp(json_member_text(b, "timestamp"), json_member_text(a, "timestamp"));
    return order != 0 ? order : strcmp(json_member_text(a, "folder"), json_member_text(b, "folder"));
}

static int sort(json_t *backups, json_t **sorted, jb_error *error)
{
    size_t count = json_array_size(backups);
    json_t **items = malloc((count + 1) * sizeof(json_t *));
    *sorted = json_array();
    int code = items == NULL || *sorted == NULL ? error_no_memory(error) : JB_OK;
    for (size_t i = 0; code == JB_OK && i < count; i++)
        items[i] = json_array_get(backups, i);
    if (code == JB_OK && count > 0)
        qsort(items, count, sizeof(json_t *), newest_first);
    for (size_t i = 0; code == JB_OK && i < count; i++)
        json_append(*sorted, json_incref(items[i]), &code, error);
    free(items);
    return code;
}

int jb_backup_list(jb_store *store, jb_operation *operation, const char *bucket, const char *name, char **account,
                   jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = name == NULL ? JB_OK : backup_name_check(name, error);
    if (code != JB_OK)
        return code;
    struct listing listing = {.store = store, .operation = operation, .bucket = bucket, .backups = json_array()};
    code = folder_list(store, operation, bucket, name, list_folder, &listing, error);
    code = end_crew(&listing, code, error);
    json_t *sorted = NULL;
    if (code == JB_OK)
        code = sort(listing.backups, &sorted, error);
    json_t *result = json_object();
    if (code == JB_OK)
        json_put(result, "backups", json_incref(sorted), &code, error);
    if (code == JB_OK && account != NULL)
        code = json_text(result, account, error);
    json_decref(result);
    json_decref(sorted);
    json_decref(listing.backups);
    return code;
}
