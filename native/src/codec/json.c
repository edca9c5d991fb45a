#include "json.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>

int json_parse(const char *text, size_t size, const char *what, json_t **document, jb_error *error)
{
    json_error_t failure;
    *document = json_loadb(text == NULL ? "" : text, size, JSON_REJECT_DUPLICATES, &failure);
    if (*document != NULL)
        return JB_OK;
    if (json_error_code(&failure) == json_error_out_of_memory)
        return error_no_memory(error);
    return error_set(error, JB_ERROR_FORMAT, "%s is no valid JSON: line %d, column %d: %s", what, failure.line,
                     failure.column, failure.text);
}

int json_parse_secret(const char *text, size_t size, const char *what, json_t **document, jb_error *error)
{
    int code = json_parse(text, size, what, document, error);
    /* jansson's own text quotes what stands near the fault. */
    return code == JB_ERROR_FORMAT ? error_set(error, JB_ERROR_FORMAT, "%s is no valid JSON", what) : code;
}

/* Depth is bounded by jansson's parser. */
static void zero_texts(json_t *value)
{
    const char *name;
    json_t *member;
    size_t index;
    if (json_is_string(value))
        OPENSSL_cleanse((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    json_object_foreach(value, name, member) zero_texts(member);
    json_array_foreach(value, index, member) zero_texts(member);
}

void json_wipe(json_t *document)
{
    zero_texts(document);
    json_decref(document);
}

struct writing {
    struct buffer *text;
    int code;
    jb_error *error;
};

/* jansson does not look at every answer, so the first failure is kept. */
static int write_piece(const char *bytes, size_t count, void *context)
{
    struct writing *writing = context;
    if (writing->code == JB_OK)
        writing->code = buffer_append(writing->text, bytes, count, writing->error);
    return writing->code == JB_OK ? 0 : -1;
}

int json_write(const json_t *document, size_t flags, struct buffer *text, jb_error *error)
{
    struct writing writing = {.text = text, .code = JB_OK, .error = error};
    int failed = json_dump_callback(document, write_piece, &writing, flags);
    if (writing.code != JB_OK)
        return writing.code;
    return failed == 0 ? JB_OK : error_no_memory(error);
}

int json_text(const json_t *document, char **text, jb_error *error)
{
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    *text = NULL;
    int code = json_write(document, JSON_COMPACT | JSON_ENCODE_ANY, &buffer, error);
    if (code == JB_OK) {
        *text = buffer_detach(&buffer);
        code = *text != NULL ? JB_OK : error_no_memory(error);
    }
    buffer_clean_up(&buffer);
    return code;
}

const char *json_member_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

bool json_member_count(const json_t *object, const char *name, uint64_t *count)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *count = (uint64_t)json_integer_value(value);
    return true;
}

void json_put(json_t *object, const char *name, json_t *value, int *code, jb_error *error)
{
    if (*code != JB_OK)
        json_decref(value);
    else if (json_object_set_new(object, name, value) != 0)
        *code = error_no_memory(error);
}

void json_put_text(json_t *object, const char *name, const char *text, int *code, jb_error *error)
{
    if (*code == JB_OK)
        json_put(object, name, json_string(text), code, error);
}

void json_put_count(json_t *object, const char *name, uint64_t count, int *code, jb_error *error)
{
    if (*code == JB_OK)
        json_put(object, name, json_integer((json_int_t)count), code, error);
}

void json_append(json_t *array, json_t *value, int *code, jb_error *error)
{
    if (*code != JB_OK)
        json_decref(value);
    else if (json_array_append_new(array, value) != 0)
        *code = error_no_memory(error);
}
