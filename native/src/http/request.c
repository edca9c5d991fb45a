#include "request.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void http_request_init(struct http_request *request, const char *method, const char *url, jb_operation *operation)
{
    *request = (struct http_request){.method = method, .url = url, .operation = operation, .error = JB_ERROR_INIT};
    buffer_init(&request->headers, HTTP_HEADERS_MAX);
    buffer_init(&request->problem, HTTP_PROBLEM_MAX);
}

/* Tokens and signatures stand in them. */
void http_request_drop_headers(struct http_request *request)
{
    for (struct curl_slist *line = request->list; line != NULL; line = line->next)
        OPENSSL_cleanse(line->data, strlen(line->data));
    curl_slist_free_all(request->list);
    request->list = NULL;
}

void http_request_clean_up(struct http_request *request)
{
    http_request_drop_headers(request);
    buffer_clean_up(&request->headers);
    buffer_clean_up(&request->problem);
}

int http_request_header(struct http_request *request, const char *name, const char *value, jb_error *error)
{
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return error_set(error, JB_ERROR_USAGE, "the value for the header '%s' holds a control character", name);
    struct buffer line;
    buffer_init(&line, HTTP_HEADERS_MAX);
    /* curl drops a header without a value unless it ends with a semicolon. */
    int code = buffer_append_text(&line, name, error);
    if (code == JB_OK)
        code = buffer_append_text(&line, *value == '\0' ? ";" : ": ", error);
    if (code == JB_OK)
        code = buffer_append_text(&line, value, error);
    if (code == JB_OK) {
        struct curl_slist *list = curl_slist_append(request->list, line.data);
        if (list == NULL)
            code = error_no_memory(error);
        else
            request->list = list;
    }
    buffer_clean_up(&line);
    return code;
}

bool http_request_reply_header(const struct http_request *request, const char *name, char *value, size_t size)
{
    size_t name_size = strlen(name);
    const char *line = request->headers.size > 0 ? request->headers.data : "";
    while (*line != '\0') {
        const char *end = strchr(line, '\n');
        if (end == NULL)
            return false;
        if (strncmp(line, name, name_size) == 0 && line[name_size] == ':') {
            const char *begin = line + name_size + 2;
            size_t count = (size_t)(end - begin);
            if (count >= size)
                return false;
            memcpy(value, begin, count);
            value[count] = '\0';
            return true;
        }
        line = end + 1;
    }
    return false;
}

bool http_request_told_length(const struct http_request *request)
{
    char value[64];
    return http_request_reply_header(request, "content-length", value, sizeof value) ||
           http_request_reply_header(request, "transfer-encoding", value, sizeof value);
}
