/* XML as stores answer it: read by expat under tight bounds, written by escaping. */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "../base/buffer.h"

#define XML_DEPTH_MAX 16
#define XML_PATH_MAX  256
#define XML_TEXT_MAX  16384

/*
 * Called at each element's end. `path` joins the names from the root by '/', without namespace prefixes; `text` is the
 * element's own text, never NULL, without NULs. Any other answer than JB_OK ends the reading with that code; fill
 * `error` then.
 */
typedef int (*xml_element_fn)(void *context, const char *path, const char *text, jb_error *error);

/*
 * JB_ERROR_FORMAT where it is not well-formed, holds a document type (so no entities but XML's five), or is nested,
 * named or filled beyond the bounds above.
 */
int xml_read(const void *bytes, size_t count, xml_element_fn each, void *context, jb_error *error);

/* Appends `text` with what XML cannot hold as it is written as references; JB_ERROR_FORMAT for characters it cannot
 * hold at all. */
int xml_append_escaped(struct buffer *buffer, const char *text, jb_error *error);

#endif
