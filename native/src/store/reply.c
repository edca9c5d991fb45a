#include "reply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"

bool reply_parse_count(const char *text, uint64_t *count)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *count = value;
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

bool reply_tag_is_sound(const char *tag)
{
    return is_plain(tag) && strlen(tag) < sizeof((jb_object_info *)NULL)->tag;
}

bool reply_take_version(jb_object_info *info, const char *version)
{
    if (strlen(version) >= sizeof info->version || !is_plain(version))
        return false;
    memcpy(info->version, version, strlen(version) + 1);
    return true;
}

int reply_info(const struct http_request *reply, bool with_bytes, const char *version_header, jb_object_info *info,
               jb_error *error)
{
    char value[4 * JB_VERSION_SIZE]; /* a version's id that is too long is refused, not overlooked */
    if (with_bytes && (!http_request_reply_header(reply, "content-length", value, sizeof value) ||
                       !reply_parse_count(value, &info->bytes)))
        return error_set(error, JB_ERROR_FORMAT, "the store's answer has no valid Content-Length");
    if (!http_request_reply_header(reply, "etag", info->tag, sizeof info->tag) || !reply_tag_is_sound(info->tag) ||
        info->tag[0] == '\0')
        return error_set(error, JB_ERROR_FORMAT, "the store's answer has no valid ETag");
    /* The answer to a write tells only the store's present time. */
    if (!(http_request_reply_header(reply, "last-modified", value, sizeof value) ||
          http_request_reply_header(reply, "date", value, sizeof value)) ||
        !clock_parse_http(value, &info->modified))
        return error_set(error, JB_ERROR_FORMAT, "the store's answer has no valid Last-Modified");
    info->version[0] = '\0';
    if (http_request_reply_header(reply, version_header, value, sizeof value) && !reply_take_version(info, value))
        return error_set(error, JB_ERROR_FORMAT, "the store's answer has a malformed version id");
    return JB_OK;
}

/* "bytes FIRST-LAST/TOTAL" for exactly what was asked for. */
static bool is_asked_range(const char *value, const struct store_transfer *transfer)
{
    char expected[64];
    int size = snprintf(expected, sizeof expected, "bytes %" PRIu64 "-%" PRIu64 "/", transfer->offset,
                        transfer->offset + transfer->count - 1);
    return strncmp(value, expected, (size_t)size) == 0;
}

/* Ranges of an object that is replaced meanwhile would be put together to one that never was. */
static bool is_asked_object(struct http_request *reply, const struct store_transfer *transfer)
{
    char tag[sizeof((jb_object_info *)NULL)->tag];
    if (transfer->tag == NULL)
        return true;
    if (!http_request_reply_header(reply, "etag", tag, sizeof tag)) {
        error_set(&reply->error, JB_ERROR_FORMAT, "the store's answer has no valid ETag");
        return false;
    }
    if (strcmp(tag, transfer->tag) == 0)
        return true;
    error_set(&reply->error, JB_ERROR_CONFLICT, "the object was replaced while it was read");
    error_hint(&reply->error, "read it again from its beginning");
    return false;
}

enum http_verdict reply_check_range(struct http_request *reply, const struct store_transfer *transfer)
{
    char value[96];
    if (!is_asked_object(reply, transfer))
        return HTTP_FAILED;
    if (!http_request_reply_header(reply, "content-range", value, sizeof value))
        error_set(&reply->error, JB_ERROR_FORMAT, "the store's answer has no Content-Range");
    else if (!is_asked_range(value, transfer))
        error_set(&reply->error, JB_ERROR_VERIFY,
                  "the store answers with '%s' instead of %zu bytes at %" PRIu64
                  ": the object is shorter, or another range came",
                  value, transfer->count, transfer->offset);
    else if (reply->received != transfer->count)
        error_set(&reply->error, JB_ERROR_VERIFY, "the store sent %zu bytes instead of %zu", reply->received,
                  transfer->count);
    else
        return HTTP_DONE;
    return HTTP_FAILED;
}
