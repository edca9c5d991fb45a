/* What the drivers over HTTP read out of replies. */
#ifndef STORE_REPLY_H
#define STORE_REPLY_H

#include "../http/request.h"
#include "store.h"

/* Decimal digits and nothing else. */
bool reply_parse_count(const char *text, uint64_t *count);

/* A tag as it may stand in a header and in jb_object_info. */
bool reply_tag_is_sound(const char *tag);

/* Takes a version's id into the info; false where it does not fit or is no plain text. */
bool reply_take_version(jb_object_info *info, const char *version);

/* Bytes (from Content-Length, only where `with_bytes`), time, tag, and the version's id from that header. */
int reply_info(const struct http_request *reply, bool with_bytes, const char *version_header, jb_object_info *info,
               jb_error *error);

/* Whether the reply is exactly the range that was asked for; fills reply->error otherwise. */
enum http_verdict reply_check_range(struct http_request *reply, const struct store_transfer *transfer);

#endif
