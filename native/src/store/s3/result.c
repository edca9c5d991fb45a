#include "result.h"

#include <stdio.h>
#include <string.h>

#include "../../base/clock.h"

static int take_answer(void *context, const char *path, const char *text, jb_error *error)
{
    struct s3_result *result = context;
    size_t size = strlen(result->name);
    (void)error;
    const char *member = strncmp(path, result->name, size) == 0 ? path + size : "";
    if (strcmp(member, "/ETag") == 0)
        snprintf(result->tag, sizeof result->tag, "%s", text);
    else if (strcmp(member, "/ChecksumSHA256") == 0)
        snprintf(result->checksum, sizeof result->checksum, "%s", text);
    else if (strcmp(path, "Error/Code") == 0)
        snprintf(result->code, sizeof result->code, "%s", text);
    else if (strcmp(path, "Error/Message") == 0)
        snprintf(result->message, sizeof result->message, "%s", text);
    else if (strchr(path, '/') == NULL)
        snprintf(result->root, sizeof result->root, "%s", path);
    return JB_OK;
}

/* A version or a time that is missing or malformed is left out: others tell them. */
static void take_headers(const struct http_request *reply, jb_object_info *info)
{
    char value[JB_VERSION_SIZE];
    if (http_request_reply_header(reply, "x-amz-version-id", value, sizeof value))
        reply_take_version(info, value);
    if (http_request_reply_header(reply, "date", value, sizeof value) && !clock_parse_http(value, &info->modified))
        info->modified = 0;
}

enum http_verdict s3_result_check(struct s3_request *request)
{
    struct s3_result *result = request->context;
    const struct buffer *reply = request->http.reply;
    jb_error *error = &request->http.error;
    *result = (struct s3_result){.name = result->name, .info = {.size = sizeof result->info}};
    const char *text = reply->size > 0 ? reply->data : "";
    size_t blank = strspn(text, " \t\r\n"); /* what kept the connection alive */
    int code = xml_read(text + blank, reply->size - blank, take_answer, result, error);
    if (code == JB_OK && strcmp(result->root, "Error") == 0) {
        request->http.maybe_applied = true;
        return s3_judge_code(request, result->code[0] != '\0' ? result->code : "UnknownError", result->message);
    }
    if (code == JB_OK && strcmp(result->root, result->name) == 0 && result->tag[0] != '\0') {
        take_headers(&request->http, &result->info);
        return HTTP_DONE;
    }
    if (code == JB_OK)
        error_set(error, JB_ERROR_FORMAT, "the answer '%s' has no ETag", result->name);
    request->http.maybe_applied = true;
    return HTTP_RETRY;
}
