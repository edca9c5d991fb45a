/* Objects of many parts. */
#include <string.h>

#include "../../base/clock.h"
#include "../abort_uploads.h"
#include "trial.h"

#define MIB ((size_t)1 << 20)

/* Small, but as large as the store wants a part to be. */
static struct trial_parts three_parts(const struct trial *trial, unsigned seed)
{
    uint64_t least = trial->store->driver->limits.part_bytes_min;
    return (struct trial_parts){
        .count = 3, .bytes = least > 65536 ? (size_t)least : 65536, .last_bytes = 1000, .seed = seed};
}

static int check_confirmed(struct trial *trial, const char *key, const struct trial_parts *parts, uint64_t bytes)
{
    uint64_t sent = (uint64_t)(parts->count - 1) * parts->bytes + parts->last_bytes;
    jb_object_info info;
    if (bytes != sent)
        return trial_failed(trial, "the store confirms %llu bytes after %llu were sent", (unsigned long long)bytes,
                            (unsigned long long)sent);
    trial->needed = RIGHT_READ;
    int code = store_stat(trial->store, trial->operation, trial->bucket, key, NULL, &info, trial->error);
    if (code == JB_OK && info.bytes != sent)
        code = trial_failed(trial, "the store holds %llu bytes after %llu were sent", (unsigned long long)info.bytes,
                            (unsigned long long)sent);
    return code;
}

static int complete(struct trial *trial, const char *key, struct store_upload *upload, struct store_condition condition,
                    jb_object_info *info)
{
    *info = (jb_object_info){.size = sizeof *info};
    trial->needed = RIGHT_WRITE;
    int code = store_upload_complete(trial->store, trial->operation, trial->bucket, key, upload, condition, info,
                                     trial->error);
    if (code != JB_OK)
        trial_abort(trial, upload);
    return code;
}

static int parts_become_one_object(struct trial *trial)
{
    const char *key = trial_key(trial, "parts");
    struct trial_parts parts = three_parts(trial, 1);
    struct store_upload *upload;
    jb_object_info info;
    int code = trial_upload(trial, key, &parts, &upload);
    if (code != JB_OK)
        return code;
    code = trial_expect_missing(trial, key);
    if (code != JB_OK) {
        trial_abort(trial, upload);
        return code;
    }
    code = complete(trial, key, upload, trial_if_absent, &info);
    if (code == JB_OK)
        code = check_confirmed(trial, key, &parts, info.bytes);
    return code == JB_OK ? trial_expect_parts(trial, key, &parts) : code;
}

static int aborted_uploads_leave_nothing(struct trial *trial)
{
    const char *key = trial_key(trial, "aborted");
    struct trial_parts parts = three_parts(trial, 2);
    struct store_upload *upload;
    int code = trial_upload(trial, key, &parts, &upload);
    if (code != JB_OK)
        return code;
    trial_abort(trial, upload);
    return trial_expect_missing(trial, key);
}

static int conditions_hold_for_parts(struct trial *trial)
{
    const char *key = trial_key(trial, "taken");
    struct trial_parts parts = three_parts(trial, 3);
    struct store_upload *upload;
    jb_object_info info;
    int code = trial_upload(trial, key, &parts, &upload);
    if (code != JB_OK)
        return code;
    /* The object comes into being while the parts are on their way. */
    code = trial_write(trial, key, "taken", trial_always, NULL);
    if (code != JB_OK) {
        trial_abort(trial, upload);
        return code;
    }
    code = trial_expect_conflict(trial, complete(trial, key, upload, trial_if_absent, &info), false,
                                 "completed an upload over an object that was only to be created");
    return code == JB_OK ? trial_expect(trial, key, "taken", NULL) : code;
}

static int count_upload(void *context, const struct store_unfinished *unfinished)
{
    (void)unfinished;
    ++*(unsigned *)context;
    return 0;
}

static int count_uploads(struct trial *trial, const char *prefix, unsigned *count)
{
    trial->needed = RIGHT_UPLOADS;
    return store_list_uploads(trial->store, trial->operation, trial->bucket, prefix, count_upload, count, trial->error);
}

/* As gc does it. */
static int remove_listed(struct trial *trial, const char *key)
{
    struct abort_request request = {.bucket = trial->bucket, .prefix = key, .before = INT64_MAX};
    json_t *aborted = json_array();
    if (aborted == NULL)
        return error_no_memory(trial->error);
    trial->needed = RIGHT_ABORT;
    int code = abort_uploads(trial->store, trial->operation, &request, aborted, trial->error);
    json_decref(aborted);
    return code;
}

static int unfinished_uploads_are_listed(struct trial *trial)
{
    if (trial->store->driver->list_uploads == NULL)
        return trial_absent(trial, "the store drops unfinished uploads by itself");
    const char *key = trial_key(trial, "unfinished");
    struct trial_parts parts = three_parts(trial, 4);
    struct store_upload *upload;
    unsigned by_prefix = 0, by_key = 0, after = 0;
    int code = trial_upload(trial, key, &parts, &upload);
    if (code != JB_OK)
        return code;
    code = count_uploads(trial, trial->prefix, &by_prefix);
    if (code == JB_OK)
        code = count_uploads(trial, key, &by_key);
    trial_abort(trial, upload);
    if (code == JB_OK)
        code = count_uploads(trial, key, &after);
    bool kept = after > 0;
    after = 0;
    if (code == JB_OK && kept)
        code = remove_listed(trial, key);
    if (code == JB_OK && kept)
        code = count_uploads(trial, key, &after);
    if (code == JB_OK && after > 0)
        code = trial_absent(trial, "the store keeps parts of aborted uploads until it drops them by itself");
    if (code != JB_OK)
        return code;
    if (kept)
        return trial_passed(trial,
                            "the store keeps parts of an aborted upload until gc, or the store itself, removes them");
    if (by_prefix > 0)
        return JB_OK;
    return by_key > 0 ? trial_absent(trial, "the store lists an unfinished upload by its object's whole name only: gc "
                                            "does not find it, and the store must end it by itself")
                      : trial_passed(trial, "uploads of living writers are not listed");
}

static int measure_speed(struct trial *trial)
{
    const char *key = trial_key(trial, "speed");
    struct trial_parts parts = {.count = 3, .bytes = 8 * MIB, .last_bytes = 8 * MIB, .seed = 5};
    struct store_upload *upload;
    jb_object_info info;
    int64_t began_ms = clock_monotonic_ms();
    int code = trial_upload(trial, key, &parts, &upload);
    if (code == JB_OK)
        code = complete(trial, key, upload, trial_always, &info);
    int64_t up_ms = clock_monotonic_ms() - began_ms + 1;
    if (code != JB_OK)
        return code;
    began_ms = clock_monotonic_ms();
    code = trial_expect_parts(trial, key, &parts);
    int64_t down_ms = clock_monotonic_ms() - began_ms + 1;
    if (code != JB_OK)
        return code;
    double mib = (double)parts.count * 8;
    return trial_passed(trial, "%.0f MiB up at %.1f MiB/s by %zu connections, down at %.1f MiB/s by one", mib,
                        mib * 1000 / (double)up_ms, parts.count, mib * 1000 / (double)down_ms);
}

const struct check upload_checks[] = {
    {.name = "multipart",
     .proves = "Parts in any order become one object, visible only when it is whole, and the store confirms its size.",
     .run = parts_become_one_object,
     .quick = true},
    {.name = "multipart-abort",
     .proves = "An upload that is given up leaves nothing behind.",
     .run = aborted_uploads_leave_nothing},
    {.name = "multipart-condition",
     .proves = "An upload never replaces an object that it was to create.",
     .run = conditions_hold_for_parts},
    {.name = "unfinished",
     .proves = "Uploads that were never finished can be found and aborted.",
     .run = unfinished_uploads_are_listed,
     .optional = true},
    {.name = "speed", .proves = "A short measurement of the way there and back.", .run = measure_speed, .quick = true},
    {.name = NULL},
};
