#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lease.h"
#include "list.h"

#define LEASE_SECONDS 60

static int begin(struct azure_request *request, jb_store *store, jb_operation *operation, const char *what,
                 const char *method, const char *bucket, int expected, jb_error *error)
{
    int code = azure_request_init(request, (struct azure_store *)store, operation, what, method, bucket, NULL, error);
    if (code != JB_OK)
        return code;
    request->http.expected = expected; /* exactly: a page of a proxy must not pass for a container */
    azure_request_query(request, "restype", "container");
    return JB_OK;
}

/* Without a header that says otherwise, nobody reads it without rights. */
int azure_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct azure_request request;
    jb_error problem = JB_ERROR_INIT;
    int code = begin(&request, store, operation, "make the container", "PUT", bucket, 201, error);
    if (code != JB_OK)
        return code;
    code = azure_request_perform(&request, &problem);
    if (code == JB_ERROR_CONFLICT && azure_request_failed_with(&request, "ContainerAlreadyExists"))
        code = JB_OK;
    if (code != JB_OK)
        error_copy(error, &problem);
    azure_request_clean_up(&request);
    return code;
}

int azure_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct azure_request request;
    int code = begin(&request, store, operation, "find the container", "HEAD", bucket, 200, error);
    if (code != JB_OK)
        return code;
    code = azure_request_perform(&request, error);
    azure_request_clean_up(&request);
    return code;
}

/* Names become part of a header's name: letters, digits and '_', no digit first. */
static int add_tag(struct azure_request *request, const jb_tag *tag, jb_error *error)
{
    char name[128];
    bool good = tag->name != NULL && tag->value != NULL && strlen(tag->name) < 64 && strlen(tag->value) <= 2048 &&
                (isalpha((unsigned char)tag->name[0]) || tag->name[0] == '_');
    for (const char *c = good ? tag->name : ""; good && *c != '\0'; c++)
        good = isalnum((unsigned char)*c) || *c == '_';
    for (const char *c = good ? tag->value : ""; good && *c != '\0'; c++)
        good = (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f;
    if (!good || tag->value[0] == '\0' || tag->value[0] == ' ' || tag->value[strlen(tag->value) - 1] == ' ') {
        error_set(error, JB_ERROR_USAGE, "Azure cannot hold the tag '%.80s' or its value",
                  tag->name != NULL ? tag->name : "");
        return error_hint(error, "name tags with letters, digits and '_', and give values in plain ASCII");
    }
    snprintf(name, sizeof name, "x-ms-meta-%s", tag->name);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return azure_request_header(request, name, tag->value, error);
}

int azure_tag_bucket(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags, size_t count,
                     jb_error *error)
{
    struct azure_request request;
    if (count > AZURE_TAGS_MAX)
        return error_set(error, JB_ERROR_USAGE, "%zu tags are more than %d", count, AZURE_TAGS_MAX);
    int code = begin(&request, store, operation, "tag the container", "PUT", bucket, 200, error);
    if (code != JB_OK)
        return code;
    azure_request_query(&request, "comp", "metadata");
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = add_tag(&request, &tags[i], error);
    if (code == JB_OK)
        code = azure_request_perform(&request, error);
    azure_request_clean_up(&request);
    return code;
}

static int note_content(void *context, const jb_object_info *info, jb_error *error)
{
    bool *has_content = context;
    (void)info;
    *has_content = true;
    return error_set(error, JB_ERROR_CANCELLED, "something is in it");
}

/* Everything that a deletion would take along: blocks that wait, past versions and snapshots too, where there are any.
 */
static int is_empty(jb_store *store, jb_operation *operation, const char *bucket, bool *empty, jb_error *error)
{
    static const char *const includes[] = {"snapshots,uncommittedblobs,versions", "uncommittedblobs"};
    int code = JB_ERROR_UNSUPPORTED;
    for (size_t i = 0; i < 2; i++) {
        bool has_content = false;
        jb_error problem = JB_ERROR_INIT;
        const struct azure_listing listing = {.azure = (struct azure_store *)store,
                                              .operation = operation,
                                              .bucket = bucket,
                                              .prefix = "",
                                              .include = includes[i],
                                              .page_size = 1,
                                              .each = note_content,
                                              .context = &has_content};
        code = azure_list_all(&listing, &problem);
        *empty = !has_content;
        if (code == JB_OK || has_content)
            return JB_OK;
        error_copy(error, &problem);
        /* An account with a hierarchical namespace has no versions, and says so in one way or another. */
        if (problem.store_status != 400 && problem.store_status != 409)
            break;
    }
    return code;
}

static int delete_leased(jb_store *store, jb_operation *operation, const char *bucket, const char *lease,
                         jb_error *error)
{
    struct azure_request request;
    int code = begin(&request, store, operation, "delete the container", "DELETE", bucket, 202, error);
    if (code != JB_OK)
        return code;
    code = azure_request_header(&request, "x-ms-lease-id", lease, error);
    if (code == JB_OK)
        code = azure_request_perform(&request, error);
    if (code == JB_ERROR_NOT_FOUND && request.http.maybe_applied)
        code = JB_OK; /* the answer to an earlier try was lost */
    azure_request_clean_up(&request);
    return code;
}

/*
 * The service deletes containers with all that is in them. So this looks first, under a lease, which keeps others from
 * deleting and making it anew meanwhile; nothing can keep an object from being written between look and deletion.
 */
int azure_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct azure_leased leased = {.azure = (struct azure_store *)store, .bucket = bucket};
    bool empty = false;
    int code = azure_lease_acquire(&leased, operation, LEASE_SECONDS, error);
    if (code != JB_OK)
        return code;
    jb_error problem = JB_ERROR_INIT;
    code = is_empty(store, operation, bucket, &empty, &problem);
    if (code == JB_OK && !empty) {
        code = error_set(&problem, JB_ERROR_CONFLICT, "cannot delete the container 'azure://%s/%s': it is not empty",
                         leased.azure->account, bucket);
        error_hint(&problem, "remove what is in it first, with its versions, snapshots and unfinished uploads");
    }
    if (code == JB_OK)
        code = delete_leased(store, operation, bucket, leased.id, &problem);
    if (code == JB_OK)
        return JB_OK;
    jb_error ignored = JB_ERROR_INIT;
    azure_lease_release(&leased, NULL, &ignored); /* else it ends by itself */
    return error_copy(error, &problem);
}

static int note_version(void *context, const jb_object_info *info, jb_error *error)
{
    struct store_bucket_features *features = context;
    features->versioned = info->version[0] != '\0';
    return error_set(error, JB_ERROR_CANCELLED, "one is enough");
}

/*
 * Whether an account keeps versions is known to the Resource Manager only; an object tells it by having one, and a
 * container whose versions can be protected by saying so.
 */
int azure_bucket_features(jb_store *store, jb_operation *operation, const char *bucket,
                          struct store_bucket_features *features, jb_error *error)
{
    struct azure_request request;
    char value[16];
    int code = begin(&request, store, operation, "find the container", "HEAD", bucket, 200, error);
    if (code != JB_OK)
        return code;
    code = azure_request_perform(&request, error);
    if (code == JB_OK)
        features->lockable = http_request_reply_header(&request.http, "x-ms-immutable-storage-with-versioning-enabled",
                                                       value, sizeof value) &&
                             strcasecmp(value, "true") == 0;
    azure_request_clean_up(&request);
    features->versioned = features->lockable;
    if (code != JB_OK || features->lockable)
        return code;
    jb_error ignored = JB_ERROR_INIT;
    const struct azure_listing listing = {.azure = (struct azure_store *)store,
                                          .operation = operation,
                                          .bucket = bucket,
                                          .prefix = "",
                                          .include = "versions",
                                          .page_size = 1,
                                          .each = note_version,
                                          .context = features};
    azure_list_all(&listing, &ignored); /* refused where there are none */
    return operation_check(operation, error);
}
