#include "uri.h"

#include <stdlib.h>
#include <string.h>

#include "../base/secret.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

int uri_encode(struct buffer *buffer, const char *text, bool keep_slashes, jb_error *error)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        char encoded[3] = {'%', digits[c >> 4], digits[c & 15]};
        bool plain = is_unreserved(c) || (c == '/' && keep_slashes);
        int code = plain ? buffer_append(buffer, text, 1, error) : buffer_append(buffer, encoded, 3, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uri_decode_form(char *text)
{
    char *out = text;
    for (; *text != '\0'; text++) {
        if (*text == '%') {
            int high = hex_digit(text[1]);
            int low = high < 0 ? -1 : hex_digit(text[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            *out++ = (char)(high << 4 | low);
            text += 2;
        } else {
            *out++ = *text == '+' ? ' ' : *text;
        }
    }
    *out = '\0';
    return true;
}

int uri_normalized_path(struct buffer *buffer, const char *path, jb_error *error)
{
    size_t root = buffer->size;
    int code = buffer_append(buffer, "/", 1, error);
    bool folder = true; /* whether the path ends with a slash */
    while (code == JB_OK && *path != '\0') {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size == 0)
            break;
        folder = path[size] == '/';
        if (size == 2 && memcmp(path, "..", 2) == 0) {
            while (buffer->size > root + 1 && buffer->data[buffer->size - 2] != '/')
                buffer->size--;
            if (buffer->size > root + 1)
                buffer->size--;
            folder = true;
        } else if (size == 1 && *path == '.') {
            folder = true;
        } else {
            char *component = strndup(path, size);
            code = component == NULL ? error_no_memory(error) : uri_encode(buffer, component, false, error);
            free(component);
            if (code == JB_OK)
                code = buffer_append(buffer, "/", 1, error);
        }
        path += size;
    }
    if (code == JB_OK && !folder && buffer->size > root + 1)
        buffer->size--;
    if (code == JB_OK)
        buffer->data[buffer->size] = '\0';
    return code;
}

struct encoded {
    char *name;
    char *value;
};

static int compare(const void *left, const void *right)
{
    const struct encoded *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

static char *encoded_copy(const char *text, size_t maximum, int *code, jb_error *error)
{
    struct buffer buffer;
    buffer_init(&buffer, maximum);
    *code = uri_encode(&buffer, text, false, error);
    char *copy = *code == JB_OK ? buffer_detach(&buffer) : NULL;
    if (*code == JB_OK && copy == NULL)
        *code = error_no_memory(error);
    buffer_clean_up(&buffer);
    return copy;
}

int uri_canonical_query(struct buffer *buffer, const struct uri_parameter *parameters, size_t count, jb_error *error)
{
    struct encoded sorted[URI_PARAMETERS_MAX] = {{NULL, NULL}};
    if (count > URI_PARAMETERS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "a query of more than %d parameters", URI_PARAMETERS_MAX);
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        sorted[i].name = encoded_copy(parameters[i].name, buffer->maximum, &code, error);
        if (code == JB_OK)
            sorted[i].value = encoded_copy(parameters[i].value, buffer->maximum, &code, error);
    }
    if (code == JB_OK && count > 1)
        qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = buffer_printf(buffer, error, "%s%s=%s", i > 0 ? "&" : "", sorted[i].name, sorted[i].value);
    for (size_t i = 0; i < count; i++) {
        free(sorted[i].name);
        secret_free(sorted[i].value); /* forms hold secrets */
    }
    return code;
}
