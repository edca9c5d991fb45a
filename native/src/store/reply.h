/* What the drivers over HTTP read out of replies. */
#ifndef STORE_REPLY_H
#define STORE_REPLY_H

#include "../http/request.h"
#include "store.h"

/* Decimal digits and nothing else. */
bool reply_parse_count(const char *text, uint64_t *count);

/* A tag as it may stand in a header and in jb_object_info. */
bool reply_tag_is_sound(const char *tag);

/* Bytes (from Content-Length, only where `with_bytes`), time, tag, and the version's id from that header. */
int reply_info(const struct http_request *reply, bool with_bytes, const char *version_header, jb_object_info *info,
               jb_error *error);

/* Whether the reply is exactly the range that was asked for; fills reply->error otherwise. */
enum http_verdict reply_check_range(struct http_request *reply, const struct store_transfer *transfer);

/*
 * A store that hands out a listing's token again would be listed for ever. Comparing with a mark that moves at each
 * power of two finds every cycle, however long. Begin with zeros; free the mark at the end.
 */
struct reply_cycle {
    char *mark;
    uint64_t pages, moves_at;
};
int reply_check_cycle(struct reply_cycle *cycle, const char *token, jb_error *error);

#endif
