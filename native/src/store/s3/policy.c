#include "policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../../codec/json.h"

static const char *const read_actions[] = {"s3:GetObject", "s3:GetObjectVersion", NULL};
static const char *const write_actions[] = {"s3:PutObject",
                                            "s3:AbortMultipartUpload",
                                            "s3:ListMultipartUploadParts",
                                            "s3:DeleteObject",
                                            "s3:GetObject",
                                            "s3:GetObjectVersion",
                                            NULL};
static const char *const key_actions[] = {"kms:GenerateDataKey", "kms:Decrypt", NULL};

/* Of AWS's separate worlds, each with names of its own. */
static const char *partition(const char *region)
{
    if (strncmp(region, "cn-", 3) == 0)
        return "aws-cn";
    return strncmp(region, "us-gov-", 7) == 0 ? "aws-us-gov" : "aws";
}

/* "KEY.001": what a stream goes on in; the length of KEY, or 0. */
static size_t segment_of(const char *key)
{
    size_t size = strlen(key);
    if (size < 5 || key[size - 4] != '.')
        return 0;
    for (size_t i = size - 3; i < size; i++)
        if (!isdigit((unsigned char)key[i]))
            return 0;
    return size - 4;
}

static const jb_grant *find(const jb_grant_options *options, const char *key, size_t size, bool write)
{
    for (size_t i = 0; i < options->count; i++) {
        const jb_grant *grant = &options->grants[i];
        if (grant->write == write && strlen(grant->key) == size && memcmp(grant->key, key, size) == 0)
            return grant;
    }
    return NULL;
}

/* Whether the object stands for others: a written one may go on in more, a read one does where those were named. */
static bool goes_on(const jb_grant_options *options, const jb_grant *grant)
{
    for (size_t i = 0; i < options->count && !grant->write; i++) {
        const jb_grant *other = &options->grants[i];
        size_t size = segment_of(other->key);
        if (!other->write && size == strlen(grant->key) && memcmp(other->key, grant->key, size) == 0)
            return true;
    }
    return grant->write && (grant->bytes == 0 || grant->bytes > STORE_WRITE_MAX);
}

static void append_resource(json_t *resources, const struct s3_store *s3, const jb_grant_options *options,
                            const char *key, const char *ending, int *code, jb_error *error)
{
    struct buffer arn;
    buffer_init(&arn, 4096);
    if (*code == JB_OK)
        *code = buffer_printf(&arn, error, "arn:%s:s3:::%s/%s%s", partition(s3->region), options->bucket, key, ending);
    json_append(resources, *code == JB_OK ? json_string(arn.data) : json_null(), code, error);
    buffer_clean_up(&arn);
}

static void append_statement(json_t *statements, const char *const *actions, json_t *resources, json_t *condition,
                             int *code, jb_error *error)
{
    json_t *statement = json_object(), *list = json_array();
    for (size_t i = 0; actions[i] != NULL; i++)
        json_append(list, json_string(actions[i]), code, error);
    json_put_text(statement, "Effect", "Allow", code, error);
    json_put(statement, "Action", list, code, error);
    json_put(statement, "Resource", resources, code, error);
    if (condition != NULL)
        json_put(statement, "Condition", condition, code, error);
    json_append(statements, statement, code, error);
}

static void append_objects(json_t *statements, const struct s3_store *s3, const jb_grant_options *options, bool write,
                           int *code, jb_error *error)
{
    json_t *resources = json_array();
    for (size_t i = 0; i < options->count; i++) {
        const jb_grant *grant = &options->grants[i];
        size_t whole = segment_of(grant->key);
        const jb_grant *first = whole > 0 ? find(options, grant->key, whole, write) : NULL;
        if (grant->write != write || (first != NULL && goes_on(options, first)))
            continue;
        append_resource(resources, s3, options, grant->key, "", code, error);
        if (goes_on(options, grant))
            append_resource(resources, s3, options, grant->key, ".???", code, error);
    }
    if (json_array_size(resources) > 0)
        append_statement(statements, write ? write_actions : read_actions, resources, NULL, code, error);
    else
        json_decref(resources);
}

/* Objects under a key of the key service are sealed and opened by S3 in the session's name. */
static void append_keys(json_t *statements, int *code, jb_error *error)
{
    json_t *condition = json_object(), *services = json_object();
    json_put_text(services, "kms:ViaService", "s3.*.amazonaws.com", code, error);
    json_put(condition, "StringLike", services, code, error);
    append_statement(statements, key_actions, json_string("*"), condition, code, error);
}

static int check_names(const jb_grant_options *options, jb_error *error)
{
    for (size_t i = 0; i < options->count; i++)
        if (strpbrk(options->grants[i].key, "*?$") != NULL) {
            error_set(error, JB_ERROR_UNSUPPORTED, "a session's policy cannot name '%s/%s' alone", options->bucket,
                      options->grants[i].key);
            return error_hint(error, "'*', '?' and '$' stand for others there; choose another name");
        }
    return JB_OK;
}

int s3_policy(const struct s3_store *s3, const jb_grant_options *options, struct buffer *policy, jb_error *error)
{
    int code = check_names(options, error);
    if (code != JB_OK)
        return code;
    json_t *document = json_object(), *statements = json_array();
    append_objects(statements, s3, options, false, &code, error);
    append_objects(statements, s3, options, true, &code, error);
    if (s3->server_side_encryption != NULL && strcmp(s3->server_side_encryption, "aws:kms") == 0)
        append_keys(statements, &code, error);
    json_put_text(document, "Version", "2012-10-17", &code, error);
    json_put(document, "Statement", statements, &code, error);
    size_t before = policy->size;
    if (code == JB_OK)
        code = json_write(document, JSON_COMPACT | JSON_ENSURE_ASCII, policy, error);
    json_decref(document);
    if (code == JB_OK && policy->size - before > S3_POLICY_MAX) {
        error_set(error, JB_ERROR_LIMIT, "the policy for %zu objects has %zu characters, of which %d are allowed",
                  options->count, policy->size - before, S3_POLICY_MAX);
        code = error_hint(error, "grant fewer objects at a time, or choose shorter names");
    }
    return code;
}
