#include "iam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION      "2010-05-08"
#define IAM_NAME_MAX 128 /* of users and policies */
#define OWN_MAX      256 /* keys and policies of one user, at least twice what the service allows */

/* One question about one user; `second` is what belongs to it. */
struct question {
    const char *action, *doing; /* "CreateUser", "create the user" */
    const char *user;
    const char *second_name, *second;
    const char *third_name, *third;
    bool once;
};

static int ask(const struct service *service, jb_operation *operation, const struct question *question,
               xml_element_fn each, void *context, bool *repeated, jb_error *error)
{
    char what[512];
    snprintf(what, sizeof what, "%s '%.128s'", question->doing, question->user);
    const struct service_call call = {
        .operation = operation, .what = what, .action = question->action, .once = question->once, .repeated = repeated};
    const struct service_parameter parameters[] = {{"UserName", question->user},
                                                   {question->second_name, question->second},
                                                   {question->third_name, question->third}};
    return service_query(service, &call, VERSION, parameters, sizeof parameters / sizeof *parameters, each, context,
                         error);
}

/* The service answers NoSuchEntity for what is not there. */
static int answer_exists(int code, bool *exists)
{
    *exists = code == JB_OK;
    return code == JB_ERROR_NOT_FOUND ? JB_OK : code;
}

/* Of what an earlier try may have removed, the next one finds nothing. */
static int ask_to_delete(const struct service *service, jb_operation *operation, const struct question *question,
                         jb_error *error)
{
    bool repeated = false;
    int code = ask(service, operation, question, NULL, NULL, &repeated, error);
    return code == JB_ERROR_NOT_FOUND && repeated ? JB_OK : code;
}

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), size = strlen(ending);
    return length >= size && strcmp(path + length - size, ending) == 0;
}

static int take_user(void *context, const char *path, const char *text, jb_error *error)
{
    struct iam_user *made = context;
    (void)error;
    if (ends_with(path, "Result/User/Arn"))
        snprintf(made->arn, sizeof made->arn, "%s", text);
    else if (ends_with(path, "Result/User/UserId"))
        snprintf(made->id, sizeof made->id, "%s", text);
    return JB_OK;
}

int iam_user_create(const struct service *service, jb_operation *operation, const char *user, struct iam_user *made,
                    jb_error *error)
{
    const struct question question = {.action = "CreateUser", .doing = "create the user", .user = user};
    bool repeated = false;
    *made = (struct iam_user){"", ""};
    int code = ask(service, operation, &question, take_user, made, &repeated, error);
    if (code == JB_ERROR_CONFLICT && repeated)
        error_hint(error, "the answer to an earlier try was lost: it may have been this one that created the user");
    return code;
}

int iam_user_exists(const struct service *service, jb_operation *operation, const char *user, bool *exists,
                    jb_error *error)
{
    const struct question question = {.action = "GetUser", .doing = "look for the user", .user = user};
    return answer_exists(ask(service, operation, &question, NULL, NULL, NULL, error), exists);
}

/* What one answer lists. */
struct listing {
    const char *path; /* its end, of each one's name */
    char names[OWN_MAX][IAM_NAME_MAX + 1];
    size_t count;
};

static int take_name(void *context, const char *path, const char *text, jb_error *error)
{
    struct listing *listing = context;
    if (!ends_with(path, listing->path))
        return JB_OK;
    if (listing->count == OWN_MAX || strlen(text) > IAM_NAME_MAX)
        return error_set(error, JB_ERROR_LIMIT, "the answer lists more or longer names than there can be");
    memcpy(listing->names[listing->count++], text, strlen(text) + 1);
    return JB_OK;
}

/* Removes what the question lists, page after page, until nothing is left. A listing may show for some seconds what is
 * gone: IAM is eventually consistent. */
static int delete_all(const struct service *service, jb_operation *operation, const struct question *list,
                      const char *path, const struct question *removal, jb_error *error)
{
    struct listing *listing = calloc(1, sizeof *listing);
    if (listing == NULL)
        return error_no_memory(error);
    int code = JB_OK;
    for (size_t removed = 0; code == JB_OK; removed += listing->count) {
        *listing = (struct listing){.path = path};
        code = ask(service, operation, list, take_name, listing, NULL, error);
        if (code != JB_OK || listing->count == 0)
            break;
        if (removed > OWN_MAX) {
            code =
                error_set(error, JB_ERROR_LIMIT, "what belongs to the user '%.128s' does not become less", list->user);
            break;
        }
        bool less = false;
        for (size_t i = 0; i < listing->count && code == JB_OK; i++) {
            struct question one = *removal;
            one.second = listing->names[i];
            code = ask_to_delete(service, operation, &one, error);
            less = less || code == JB_OK;
            code = code == JB_ERROR_NOT_FOUND ? JB_OK : code;
        }
        if (!less)
            break;
    }
    free(listing);
    return code;
}

static int delete_own(const struct service *service, jb_operation *operation, const char *user, jb_error *error)
{
    const struct question keys = {.action = "ListAccessKeys", .doing = "list the keys of the user", .user = user};
    const struct question key = {
        .action = "DeleteAccessKey", .doing = "delete a key of the user", .user = user, .second_name = "AccessKeyId"};
    const struct question policies = {
        .action = "ListUserPolicies", .doing = "list the policies of the user", .user = user};
    const struct question policy = {.action = "DeleteUserPolicy",
                                    .doing = "delete a policy of the user",
                                    .user = user,
                                    .second_name = "PolicyName"};
    int code = delete_all(service, operation, &keys, "/AccessKeyMetadata/member/AccessKeyId", &key, error);
    return code == JB_OK ? delete_all(service, operation, &policies, "/PolicyNames/member", &policy, error) : code;
}

int iam_user_delete(const struct service *service, jb_operation *operation, const char *user, bool with_own,
                    jb_error *error)
{
    const struct question question = {.action = "DeleteUser", .doing = "delete the user", .user = user};
    int code = with_own ? delete_own(service, operation, user, error) : JB_OK;
    if (code == JB_OK)
        code = ask_to_delete(service, operation, &question, error);
    if (code == JB_ERROR_CONFLICT)
        error_hint(error, with_own ? "detach what others gave it: groups, managed policies, a password, devices"
                                   : "delete its keys and policies first, or ask to remove them with it");
    return code;
}

static int take_keys(void *context, const char *path, const char *text, jb_error *error)
{
    struct credentials *keys = context;
    char **place = ends_with(path, "Result/AccessKey/AccessKeyId")       ? &keys->access_key
                   : ends_with(path, "Result/AccessKey/SecretAccessKey") ? &keys->secret_key
                                                                         : NULL;
    if (place == NULL)
        return JB_OK;
    if (*place != NULL)
        return error_set(error, JB_ERROR_FORMAT, "a key is given twice");
    *place = strdup(text);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

int iam_key_create(const struct service *service, jb_operation *operation, const char *user, struct credentials *keys,
                   jb_error *error)
{
    const struct question question = {
        .action = "CreateAccessKey", .doing = "create keys of the user", .user = user, .once = true};
    struct credentials taken = {NULL, NULL, NULL};
    int code = ask(service, operation, &question, take_keys, &taken, NULL, error);
    if (code == JB_OK) {
        code = credentials_copy(keys, taken.access_key, taken.secret_key, NULL, error);
        if (code == JB_ERROR_USAGE) { /* it is the service that gave them */
            error->code = JB_ERROR_FORMAT;
            code = error_prefix(error, "cannot create keys of the user '%.128s': the answer makes no sense", user);
        }
    }
    credentials_clean_up(&taken);
    return code;
}

int iam_key_exists(const struct service *service, jb_operation *operation, const char *user, const char *access_key,
                   bool *exists, jb_error *error)
{
    const struct question question = {.action = "ListAccessKeys", .doing = "list the keys of the user", .user = user};
    struct listing *listing = calloc(1, sizeof *listing);
    *exists = false;
    if (listing == NULL)
        return error_no_memory(error);
    listing->path = "/AccessKeyMetadata/member/AccessKeyId";
    int code = ask(service, operation, &question, take_name, listing, NULL, error);
    for (size_t i = 0; code == JB_OK && i < listing->count; i++)
        *exists = *exists || strcmp(listing->names[i], access_key) == 0;
    free(listing);
    return code == JB_ERROR_NOT_FOUND ? JB_OK : code;
}

int iam_key_delete(const struct service *service, jb_operation *operation, const char *user, const char *access_key,
                   jb_error *error)
{
    const struct question question = {.action = "DeleteAccessKey",
                                      .doing = "delete a key of the user",
                                      .user = user,
                                      .second_name = "AccessKeyId",
                                      .second = access_key};
    return ask_to_delete(service, operation, &question, error);
}

int iam_policy_put(const struct service *service, jb_operation *operation, const char *user, const char *name,
                   const char *policy, jb_error *error)
{
    const struct question question = {.action = "PutUserPolicy",
                                      .doing = "set a policy of the user",
                                      .user = user,
                                      .second_name = "PolicyName",
                                      .second = name,
                                      .third_name = "PolicyDocument",
                                      .third = policy};
    return ask(service, operation, &question, NULL, NULL, NULL, error);
}

int iam_policy_exists(const struct service *service, jb_operation *operation, const char *user, const char *name,
                      bool *exists, jb_error *error)
{
    const struct question question = {.action = "GetUserPolicy",
                                      .doing = "look for a policy of the user",
                                      .user = user,
                                      .second_name = "PolicyName",
                                      .second = name};
    return answer_exists(ask(service, operation, &question, NULL, NULL, NULL, error), exists);
}

int iam_policy_delete(const struct service *service, jb_operation *operation, const char *user, const char *name,
                      jb_error *error)
{
    const struct question question = {.action = "DeleteUserPolicy",
                                      .doing = "delete a policy of the user",
                                      .user = user,
                                      .second_name = "PolicyName",
                                      .second = name};
    return ask_to_delete(service, operation, &question, error);
}
