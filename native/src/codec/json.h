/* Helpers on jansson for documents that come from outside. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "../base/buffer.h"

/* Parses one whole document; `what` names it in messages. Duplicate members and depths over 2,048 (jansson's bound) are
 * refused. JB_ERROR_FORMAT. */
int json_parse(const char *text, size_t size, const char *what, json_t **document, jb_error *error);

/* The same for a document that holds secrets: no message quotes from it. Give it back with json_wipe. */
int json_parse_secret(const char *text, size_t size, const char *what, json_t **document, jb_error *error);
/* Zeroes every text in the document, which nobody else may hold, and gives it back. NULL is allowed. */
void json_wipe(json_t *document);

/* Appends the document's text; `flags` are jansson's. To be used instead of json_dumps, which leaves members' names out
 * without a word where an allocation fails. JB_ERROR_MEMORY, and JB_ERROR_LIMIT over the buffer's maximum. */
int json_write(const json_t *document, size_t flags, struct buffer *text, jb_error *error);
/* Compact text; free with free(). */
int json_text(const json_t *document, char **text, jb_error *error);

/* The member's text, or NULL where it is missing or no string. Lives as long as the object. */
const char *json_member_text(const json_t *object, const char *name);
/* A whole number of at least 0; false where it is missing or another thing. */
bool json_member_count(const json_t *object, const char *name, uint64_t *count);

/*
 * Sets a member and takes `value` over, also on failure. `*code` collects: once it is not JB_OK, nothing more is done;
 * so a document is built in a row of calls and checked once.
 */
void json_put(json_t *object, const char *name, json_t *value, int *code, jb_error *error);
void json_put_text(json_t *object, const char *name, const char *text, int *code, jb_error *error);
void json_put_count(json_t *object, const char *name, uint64_t count, int *code, jb_error *error);
void json_append(json_t *array, json_t *value, int *code, jb_error *error);

#endif
