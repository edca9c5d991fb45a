/*
 * Blobs are deleted one by one, several at a time: a batch of the service takes 256 of them, but is a multipart body
 * whose parts are signed one by one as well, and neither emulators nor signatures for single blobs can do it.
 */
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../base/event.h"
#include "../../base/grace.h"
#include "request.h"

#define DELETES_MAX 16 /* under way at a time */

struct removal;

struct deletion {
    struct azure_request request;
    struct removal *removal;
    const struct store_key *key;
    struct deletion *next; /* of those that wait for the caller's thread */
};

struct removal {
    struct azure_store *azure;
    jb_operation *operation;
    const char *bucket;
    struct event event;
    /* Under its mutex. */
    struct deletion *ended;
    unsigned running;
};

/* The service must say so: a page with a 404, of a proxy or of a wrong endpoint, says nothing of the object. */
static bool is_gone(const struct azure_request *request)
{
    return request->http.error.code == JB_ERROR_NOT_FOUND && !azure_request_failed_with(request, "") &&
           !azure_request_failed_with(request, "ContainerNotFound");
}

static void finish(struct http_request *http)
{
    struct deletion *deletion = (struct deletion *)(struct azure_request *)http->context;
    struct removal *removal = deletion->removal;
    event_lock(&removal->event);
    deletion->next = removal->ended;
    removal->ended = deletion;
    removal->running--;
    event_signal(&removal->event);
    event_unlock(&removal->event);
}

static int start(struct removal *removal, const struct store_key *key, jb_error *error)
{
    struct deletion *deletion = malloc(sizeof *deletion);
    if (deletion == NULL)
        return error_no_memory(error);
    struct azure_request *request = &deletion->request;
    deletion->removal = removal;
    deletion->key = key;
    int code = azure_request_init(request, removal->azure, removal->operation, "delete", "DELETE", removal->bucket,
                                  key->key, error);
    if (code != JB_OK) {
        free(deletion);
        return code;
    }
    azure_request_query(request, "versionid", key->version);
    request->http.expected = 202;
    code = azure_request_build(request, error);
    if (code != JB_OK) {
        azure_request_clean_up(request);
        free(deletion);
        return code;
    }
    request->http.done = finish;
    event_lock(&removal->event);
    removal->running++;
    event_unlock(&removal->event);
    http_submit(removal->azure->http, &request->http);
    return JB_OK;
}

static int delete_now(struct removal *removal, const struct store_key *key, const char *tag, jb_error *error)
{
    struct azure_request request;
    int code = azure_request_init(&request, removal->azure, removal->operation, "delete", "DELETE", removal->bucket,
                                  key->key, error);
    if (code != JB_OK)
        return code;
    azure_request_query(&request, "versionid", key->version);
    request.http.expected = 202;
    if (removal->operation == NULL)
        request.http.deadline_ms = clock_monotonic_ms() + AZURE_TIDY_MS;
    if (tag != NULL)
        code = azure_request_header(&request, "if-match", tag, error);
    if (code == JB_OK)
        code = azure_request_perform(&request, error);
    if (code == JB_ERROR_NOT_FOUND && is_gone(&request))
        code = JB_OK;
    azure_request_clean_up(&request);
    return code;
}

/*
 * The present version cannot be deleted by its id. Deleting the blob, if it still is that version, makes a past one of
 * it, which can.
 */
static int remove_present_version(struct removal *removal, const struct store_key *key, jb_error *error)
{
    jb_object_info info = {.size = sizeof info};
    int code =
        azure_stat(&removal->azure->store, removal->operation, removal->bucket, key->key, key->version, &info, error);
    if (code == JB_ERROR_NOT_FOUND)
        return JB_OK;
    const struct store_key present = {key->key, NULL};
    if (code == JB_OK)
        code = delete_now(removal, &present, info.tag, error);
    if (code == JB_ERROR_CONFLICT && error->store_status == 412)
        code = JB_OK; /* somebody wrote meanwhile: it is a past version already */
    return code == JB_OK ? delete_now(removal, key, NULL, error) : code;
}

int azure_remove_exactly(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                         const jb_object_info *info, jb_error *error)
{
    struct removal removal = {.azure = azure, .operation = operation, .bucket = bucket};
    const struct store_key present = {key, NULL}, version = {key, info->version};
    int code = delete_now(&removal, &present, info->tag, error);
    return code == JB_OK && info->version[0] != '\0' ? delete_now(&removal, &version, NULL, error) : code;
}

void azure_remove_unconfirmed(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                              const jb_object_info *info)
{
    jb_error error = JB_ERROR_INIT;
    struct grace *grace;
    int code = grace_new(operation, GRACE_MS, &grace, &error);
    if (code == JB_OK) {
        code = azure_remove_exactly(azure, grace_operation(grace), bucket, key, info, &error);
        grace_free(grace);
    }
    if (code != JB_OK && code != JB_ERROR_CONFLICT) /* a conflict: somebody replaced it */
        operation_log(operation, JB_LOG_WARNING, "'%s/%s' is left in place: %s", bucket, key, error.text);
}

static int judge(struct deletion *deletion, jb_error *error)
{
    struct azure_request *request = &deletion->request;
    int code = (int)request->http.error.code;
    if (code == JB_OK || is_gone(request))
        return JB_OK;
    if (deletion->key->version != NULL && azure_request_failed_with(request, "OperationNotAllowedOnRootBlob"))
        return remove_present_version(deletion->removal, deletion->key, error);
    azure_request_explain(request);
    return error_copy(error, &request->http.error);
}

/* Waits until at most `running` deletions are under way, and judges those that ended; the first failure stays. */
static void collect(struct removal *removal, unsigned running, int *code, jb_error *error)
{
    event_lock(&removal->event);
    while (removal->running > running)
        event_wait(&removal->event);
    struct deletion *deletion = removal->ended;
    removal->ended = NULL;
    event_unlock(&removal->event);
    while (deletion != NULL) {
        struct deletion *next = deletion->next;
        if (*code == JB_OK)
            *code = judge(deletion, error);
        azure_request_clean_up(&deletion->request);
        free(deletion);
        deletion = next;
    }
}

int azure_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                 size_t count, jb_error *error)
{
    struct removal removal = {.azure = (struct azure_store *)store, .operation = operation, .bucket = bucket};
    int code = JB_OK;
    event_init(&removal.event);
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        collect(&removal, DELETES_MAX - 1, &code, error);
        if (code == JB_OK)
            code = start(&removal, &keys[i], error);
    }
    collect(&removal, 0, &code, error);
    event_clean_up(&removal.event);
    return code;
}
