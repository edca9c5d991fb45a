/* A growing byte buffer that states its maximum. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdint.h>

#include "error.h"

struct buffer {
    char *data;  /* always NUL-ended once anything was appended */
    size_t size; /* without that NUL */
    size_t capacity;
    size_t maximum;
};

/* init/clean_up in place; clean_up zeroes the bytes first, for buffers may hold secrets. */
void buffer_init(struct buffer *buffer, size_t maximum);
void buffer_clean_up(struct buffer *buffer);

/* JB_ERROR_LIMIT where the maximum would be passed, JB_ERROR_MEMORY. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t count, jb_error *error);
int buffer_append_text(struct buffer *buffer, const char *text, jb_error *error);
int buffer_printf(struct buffer *buffer, jb_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives the text to the caller (free with free) and empties the buffer; "" where nothing was appended; NULL without
 * memory. */
char *buffer_detach(struct buffer *buffer);

#endif
