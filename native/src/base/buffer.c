#include "buffer.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer, size_t maximum)
{
    *buffer = (struct buffer){.maximum = maximum};
}

void buffer_clean_up(struct buffer *buffer)
{
    if (buffer->data != NULL)
        OPENSSL_cleanse(buffer->data, buffer->capacity);
    free(buffer->data);
    *buffer = (struct buffer){.maximum = buffer->maximum};
}

static int grow(struct buffer *buffer, size_t needed, jb_error *error)
{
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (capacity < needed)
        capacity *= 2;
    /* Not realloc: it could leave a copy of a secret behind. */
    char *data = malloc(capacity);
    if (data == NULL)
        return error_no_memory(error);
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->size + 1);
        OPENSSL_cleanse(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return JB_OK;
}

/* Room for `count` more bytes and the NUL behind them. */
static int reserve(struct buffer *buffer, size_t count, jb_error *error)
{
    if (count > buffer->maximum || buffer->size > buffer->maximum - count)
        return error_set(error, JB_ERROR_LIMIT, "more than %zu bytes", buffer->maximum);
    size_t needed = buffer->size + count + 1;
    return needed > buffer->capacity ? grow(buffer, needed, error) : JB_OK;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t count, jb_error *error)
{
    int code = reserve(buffer, count, error);
    if (code != JB_OK)
        return code;
    if (count > 0)
        memcpy(buffer->data + buffer->size, bytes, count);
    buffer->size += count;
    buffer->data[buffer->size] = '\0';
    return JB_OK;
}

int buffer_append_text(struct buffer *buffer, const char *text, jb_error *error)
{
    return buffer_append(buffer, text, strlen(text), error);
}

/* Twice, right into its place: vasprintf could leave a copy of a secret behind. */
int buffer_printf(struct buffer *buffer, jb_error *error, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    int code = length < 0 ? error_no_memory(error) : reserve(buffer, (size_t)length, error);
    if (code == JB_OK) {
        vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
    return code;
}

char *buffer_detach(struct buffer *buffer)
{
    char *text = buffer->data != NULL ? buffer->data : strdup("");
    *buffer = (struct buffer){.maximum = buffer->maximum};
    return text;
}
