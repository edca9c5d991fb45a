/* Copies within the account, made by the service itself; long ones go on after the answer, and are followed. */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "request.h"

#define SOURCE_MAX     24576
#define SOURCE_SECONDS 86400 /* how long the source may be read by a signature made for it */
#define POLL_FIRST_MS  200
#define POLL_MAX_MS    5000
#define ABORT_MS       10000

struct copy {
    struct azure_store *azure;
    jb_operation *operation;
    const jb_copy_options *options;
    struct buffer source; /* its URL; a secret where it is signed */
    size_t source_size;   /* of the URL without its signature */
    char id[64], status[16], from[2048];
    char before[sizeof((jb_object_info *)NULL)->tag]; /* of what was there before; "": nothing */
};

/* Within an account, the key that signs the request opens the source too; other rights must be shown for it. */
static int build_source(struct copy *copy, jb_error *error)
{
    struct azure_store *azure = copy->azure;
    const jb_copy_options *options = copy->options;
    const char *sas = NULL;
    int code = buffer_append_text(&copy->source, azure->origin, error);
    if (code == JB_OK)
        code = azure_append_path(azure, &copy->source, options->from_bucket, options->from_key, error);
    copy->source_size = copy->source.size;
    if (code == JB_OK)
        code = azure_auth_sas(&azure->auth, options->from_bucket, options->from_key, &sas, error);
    if (code == JB_OK && sas != NULL)
        code = buffer_printf(&copy->source, error, "?%s", sas);
    if (code != JB_OK || azure->auth.kind != AZURE_BEARER)
        return code;
    const struct sas_blob blob = {.account = azure->account,
                                  .container = options->from_bucket,
                                  .blob = options->from_key,
                                  .permissions = "r",
                                  .expires = clock_now() + SOURCE_SECONDS,
                                  .https_only = strncmp(azure->origin, "https:", 6) == 0};
    struct buffer query;
    buffer_init(&query, SOURCE_MAX);
    code = azure_sign_blob(azure, copy->operation, &blob, &query, error);
    if (code == JB_OK)
        code = buffer_printf(&copy->source, error, "?%s", query.data);
    buffer_clean_up(&query);
    return code;
}

static void take_state(struct copy *copy, const struct http_request *reply)
{
    if (!http_request_reply_header(reply, "x-ms-copy-id", copy->id, sizeof copy->id))
        copy->id[0] = '\0';
    if (!http_request_reply_header(reply, "x-ms-copy-status", copy->status, sizeof copy->status))
        copy->status[0] = '\0';
    if (!http_request_reply_header(reply, "x-ms-copy-source", copy->from, sizeof copy->from))
        copy->from[0] = '\0';
}

/* The target as it is now, with what is known of the copy onto it. */
static int look(struct copy *copy, jb_object_info *info, jb_error *error)
{
    struct azure_request request;
    int code = azure_request_init(&request, copy->azure, copy->operation, "find", "HEAD", copy->options->to_bucket,
                                  copy->options->to_key, error);
    if (code != JB_OK)
        return code;
    request.http.expected = 200;
    request.check = azure_check_tag;
    code = azure_request_perform(&request, error);
    if (code == JB_OK)
        code = reply_info(&request.http, true, AZURE_VERSION_HEADER, info, error);
    if (code == JB_OK)
        take_state(copy, &request.http);
    azure_request_clean_up(&request);
    return code;
}

static int note_target(struct copy *copy, jb_error *error)
{
    jb_object_info info = {.size = sizeof info};
    jb_error problem = JB_ERROR_INIT;
    int code = look(copy, &info, &problem);
    if (code == JB_OK)
        memcpy(copy->before, info.tag, sizeof copy->before);
    return code == JB_OK || code == JB_ERROR_NOT_FOUND ? JB_OK : error_copy(error, &problem);
}

/* After a lost answer: a copy of the same source is there, and was not there before. */
static bool started_after_all(struct copy *copy, jb_object_info *info)
{
    jb_error ignored = JB_ERROR_INIT;
    return look(copy, info, &ignored) == JB_OK && strcmp(info->tag, copy->before) != 0 &&
           strcspn(copy->from, "?") == copy->source_size &&
           memcmp(copy->from, copy->source.data, copy->source_size) == 0;
}

static int start(struct copy *copy, jb_error *error)
{
    const struct store_condition condition = {copy->options->replace ? STORE_ALWAYS : STORE_IF_ABSENT, NULL};
    struct azure_request request;
    jb_error problem = JB_ERROR_INIT;
    jb_object_info info = {.size = sizeof info};
    int code = azure_request_init(&request, copy->azure, copy->operation, "copy to", "PUT", copy->options->to_bucket,
                                  copy->options->to_key, error);
    if (code != JB_OK)
        return code;
    request.http.expected = 202;
    code = azure_request_header(&request, "x-ms-copy-source", copy->source.data, &problem);
    if (code == JB_OK)
        code = azure_request_tier(&request, &problem);
    if (code == JB_OK)
        code = azure_request_condition(&request, condition, &problem);
    if (code == JB_OK)
        code = azure_request_perform(&request, &problem);
    if (code == JB_OK)
        take_state(copy, &request.http);
    else if (request.http.maybe_applied && code != JB_ERROR_CANCELLED && started_after_all(copy, &info))
        code = JB_OK;
    else if (code == JB_ERROR_CONFLICT && problem.hint[0] == '\0')
        error_hint(&problem, "an object of this name is there already");
    if (code != JB_OK)
        error_copy(error, &problem);
    azure_request_clean_up(&request);
    return code;
}

static int pause(const jb_operation *operation, int milliseconds, jb_error *error)
{
    struct pollfd cancel = {.fd = operation_cancel_fd(operation), .events = POLLIN};
    poll(&cancel, 1, milliseconds);
    return operation_check(operation, error);
}

/* Of a copy that is given up, an empty target stays; it goes if nobody else copied onto it meanwhile. */
static void give_up(struct copy *copy)
{
    struct azure_request request;
    jb_error ignored = JB_ERROR_INIT;
    char id[sizeof copy->id];
    memcpy(id, copy->id, sizeof id);
    copy->operation = NULL;
    if (azure_request_init(&request, copy->azure, NULL, "end the copy to", "PUT", copy->options->to_bucket,
                           copy->options->to_key, &ignored) != JB_OK)
        return;
    azure_request_query(&request, "comp", "copy");
    azure_request_query(&request, "copyid", id);
    request.http.deadline_ms = clock_monotonic_ms() + ABORT_MS;
    jb_object_info info = {.size = sizeof info};
    bool ended = azure_request_header(&request, "x-ms-copy-action", "abort", &ignored) == JB_OK &&
                 azure_request_perform(&request, &ignored) == JB_OK;
    azure_request_clean_up(&request);
    if (ended && look(copy, &info, &ignored) == JB_OK && strcmp(copy->id, id) == 0 &&
        strcmp(copy->status, "aborted") == 0)
        azure_remove_exactly(copy->azure, NULL, copy->options->to_bucket, copy->options->to_key, &info, &ignored);
}

static int follow(struct copy *copy, jb_object_info *info, jb_error *error)
{
    char id[sizeof copy->id];
    memcpy(id, copy->id, sizeof id);
    bool pending = strcmp(copy->status, "pending") == 0;
    int milliseconds = POLL_FIRST_MS, code = look(copy, info, error);
    while (code == JB_OK && strcmp(copy->id, id) == 0 && strcmp(copy->status, "pending") == 0) {
        pending = true;
        code = pause(copy->operation, milliseconds, error);
        milliseconds = milliseconds * 2 < POLL_MAX_MS ? milliseconds * 2 : POLL_MAX_MS;
        if (code == JB_OK)
            code = look(copy, info, error);
    }
    if (code != JB_OK && pending) {
        memcpy(copy->id, id, sizeof id);
        give_up(copy);
    }
    if (code != JB_OK)
        return code;
    const char *account = copy->azure->account;
    if (strcmp(copy->id, id) != 0)
        return error_set(error, JB_ERROR_CONFLICT, "somebody else wrote to 'azure://%s/%s/%s' during the copy", account,
                         copy->options->to_bucket, copy->options->to_key);
    if (strcmp(copy->status, "success") != 0)
        return error_set(error, JB_ERROR_FAILED, "the copy to 'azure://%s/%s/%s' ended with '%s'", account,
                         copy->options->to_bucket, copy->options->to_key, copy->status);
    return JB_OK;
}

int azure_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error)
{
    struct copy copy = {.azure = (struct azure_store *)store, .operation = operation, .options = options};
    jb_object_info from = {.size = sizeof from}, to = {.size = sizeof to};
    int code = azure_stat(store, operation, options->from_bucket, options->from_key, NULL, &from, error);
    if (code != JB_OK)
        return code;
    buffer_init(&copy.source, 2 * SOURCE_MAX);
    code = build_source(&copy, error);
    if (code == JB_OK)
        code = note_target(&copy, error);
    if (code == JB_OK)
        code = start(&copy, error);
    if (code == JB_OK)
        code = follow(&copy, &to, error);
    if (code == JB_OK && to.bytes != from.bytes)
        code = error_set(error, JB_ERROR_VERIFY,
                         "'azure://%s/%s/%s' has %" PRIu64 " bytes after the copy, its source %" PRIu64,
                         copy.azure->account, options->to_bucket, options->to_key, to.bytes, from.bytes);
    buffer_clean_up(&copy.source);
    return code;
}
