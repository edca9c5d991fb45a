/* What some stores have and others have not; and the clock. */
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/digest.h"
#include "trial.h"

#define SKEW_MAX_SECONDS 60

static int clocks_agree(struct trial *trial)
{
    const char *key = trial_key(trial, "clock");
    jb_object_info info;
    int64_t before = clock_now();
    int code = trial_write(trial, key, "x", trial_always, NULL);
    if (code == JB_OK)
        code = store_stat(trial->store, trial->operation, trial->bucket, key, NULL, &info, trial->error);
    if (code != JB_OK)
        return code;
    int64_t after = clock_now();
    int64_t ahead = info.modified > after ? info.modified - after : info.modified < before ? info.modified - before : 0;
    if (llabs(ahead) <= SKEW_MAX_SECONDS)
        return trial_passed(trial, "within %lld s", (long long)llabs(ahead) + 1);
    trial_failed(trial, "this machine's clock is %lld s %s the store's", (long long)llabs(ahead),
                 ahead > 0 ? "behind" : "ahead of");
    return error_hint(trial->error, "set the clock right: signatures, ages and timestamps depend on it");
}

static int copies_are_the_same(struct trial *trial)
{
    const char *from = trial_key(trial, "copy/from ü"), *to = trial_key(trial, "copy/to +");
    int code = to == NULL ? (int)trial->error->code : trial_write(trial, from, "to be copied", trial_always, NULL);
    if (code != JB_OK)
        return code;
    jb_copy_options copy = {
        .size = sizeof copy, .from_bucket = trial->bucket, .from_key = from, .to_bucket = trial->bucket, .to_key = to};
    code = jb_store_copy(trial->store, trial->operation, &copy, trial->error);
    if (code == JB_OK)
        code = trial_expect(trial, to, "to be copied", NULL);
    if (code == JB_OK)
        code = trial_write(trial, from, "changed", trial_always, NULL);
    if (code == JB_OK)
        code = trial_expect_conflict(trial, jb_store_copy(trial->store, trial->operation, &copy, trial->error), false,
                                     "copied over an object that exists");
    copy.replace = true;
    if (code == JB_OK)
        code = jb_store_copy(trial->store, trial->operation, &copy, trial->error);
    return code == JB_OK ? trial_expect(trial, to, "changed", NULL) : code;
}

static int expect_version(struct trial *trial, const char *key, const char *version, const char *text)
{
    struct buffer body;
    jb_object_info info;
    buffer_init(&body, 4096);
    int code = store_read(trial->store, trial->operation, trial->bucket, key, version, &body, &info, trial->error);
    if (code == JB_OK && (body.size != strlen(text) || memcmp(body.data, text, body.size) != 0))
        code = trial_failed(trial, "the store gives other bytes for a version than were written");
    buffer_clean_up(&body);
    return code;
}

static int remove_version(struct trial *trial, const char *key, const char *version)
{
    struct store_key which = {.key = key, .version = version};
    return store_remove(trial->store, trial->tidying, trial->bucket, &which, 1, trial->error);
}

static int versions_are_kept(struct trial *trial)
{
    struct store_bucket_features features;
    int code = store_bucket_features(trial->store, trial->operation, trial->bucket, &features, trial->error);
    if (code == JB_OK && !features.versioned)
        return trial_absent(trial, "the bucket keeps no versions");
    const char *key = trial_key(trial, "versions");
    jb_object_info first, second;
    if (code == JB_OK)
        code = trial_write(trial, key, "first", trial_always, &first);
    if (code == JB_OK)
        code = trial_write(trial, key, "second", trial_always, &second);
    if (code == JB_OK && (first.version[0] == '\0' || strcmp(first.version, second.version) == 0))
        code = trial_failed(trial, "the store keeps versions, but does not name them");
    if (code == JB_OK)
        code = expect_version(trial, key, first.version, "first");
    if (code == JB_OK)
        code = remove_version(trial, key, second.version);
    return code == JB_OK ? trial_expect(trial, key, "first", NULL) : code;
}

/* A legal hold only: unlike a retention it can be lifted again. */
static int held_versions_stay(struct trial *trial)
{
    struct store_bucket_features features;
    int code = store_bucket_features(trial->store, trial->operation, trial->bucket, &features, trial->error);
    if (code == JB_OK && !features.lockable)
        return trial_absent(trial, "the bucket has no object lock");
    jb_object_info info;
    const char *name = trial_key(trial, "held");
    if (code == JB_OK)
        code = trial_write(trial, name, "held", trial_always, &info);
    if (code != JB_OK)
        return code;
    struct store_key key = {.key = name, .version = info.version};
    jb_protection hold = {.size = sizeof hold, .legal_hold = true}, none = {.size = sizeof none};
    trial->needed = RIGHT_PROTECT;
    code = store_protect(trial->store, trial->operation, trial->bucket, &key, &hold, trial->error);
    if (code != JB_OK)
        return code;
    jb_error refusal = JB_ERROR_INIT;
    bool removed = store_remove(trial->store, trial->operation, trial->bucket, &key, 1, &refusal) == JB_OK;
    code = removed ? JB_OK : store_protect(trial->store, trial->tidying, trial->bucket, &key, &none, trial->error);
    if (removed)
        return trial_failed(trial, "the store removed a version that was held");
    return code == JB_OK ? remove_version(trial, name, info.version) : code;
}

static int links_are_made(struct trial *trial)
{
    const char *key = trial_key(trial, "linked");
    jb_link_options options = {.size = sizeof options, .bucket = trial->bucket, .key = key, .seconds = 60};
    char *url = NULL;
    int code = trial_write(trial, key, "linked", trial_always, NULL);
    if (code == JB_OK)
        code = jb_store_link(trial->store, trial->operation, &options, &url, trial->error);
    if (code == JB_OK && strncmp(url, "http", 4) != 0)
        code = trial_failed(trial, "the link is no address");
    jb_text_free(url);
    return code;
}

/* Bytes that do not fit their digest stand for bytes that were damaged on their way. */
static int damage_is_refused(struct trial *trial)
{
    const char *key = trial_key(trial, "damaged");
    jb_object_info info;
    jb_error refusal = JB_ERROR_INIT;
    unsigned char digest[SHA256_SIZE];
    int code = key == NULL ? (int)trial->error->code : sha256_of("sent", 4, digest, trial->error);
    if (code != JB_OK)
        return code;
    trial->needed = RIGHT_WRITE;
    /* By an operation without a log: refusals that are wanted are no cause for warnings. */
    code = store_write(trial->store, trial->tidying, trial->bucket, key, "come", 4, digest, trial_if_absent, &info,
                       &refusal);
    if (code == JB_OK)
        return trial_absent(trial, "the store compares no checksums: sizes are confirmed, and every byte is compared "
                                   "with the seal's digests when it is read");
    if (code == JB_ERROR_CANCELLED || code == JB_ERROR_ACCESS || code == JB_ERROR_NO_SPACE)
        return error_copy(trial->error, &refusal);
    return trial_expect_missing(trial, key);
}

const struct check other_checks[] = {
    {.name = "clock", .proves = "This machine's clock and the store's agree.", .run = clocks_agree, .quick = true},
    {.name = "copy",
     .proves = "Objects are copied within the store, onto others only when asked.",
     .run = copies_are_the_same},
    {.name = "versions",
     .proves = "What was replaced can be read and removed by its version.",
     .run = versions_are_kept},
    {.name = "protection",
     .proves = "A version that is held cannot be removed until it is released.",
     .run = held_versions_stay,
     .optional = true},
    {.name = "link", .proves = "Links that need no credentials can be made.", .run = links_are_made},
    {.name = "checksums", .proves = "Bytes that were damaged on their way are refused.", .run = damage_is_refused},
    {.name = NULL},
};
