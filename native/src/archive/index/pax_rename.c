#include "pax_rename.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../pax.h"

/* Places in a header's block. */
#define SIZE_AT   124
#define SIZE_SIZE 12
#define TYPE_AT   156

#define EXTENDED 'x'

static int wrong(jb_error *error)
{
    return error_set(error, JB_ERROR_FORMAT, "the archive is damaged: a member's header is none of this program's");
}

/* The extended header's own records; 0 where the block is an old header. */
static int records_bytes(const char *block, size_t *bytes, jb_error *error)
{
    *bytes = 0;
    if (block[TYPE_AT] != EXTENDED)
        return JB_OK;
    for (size_t i = 0; i < SIZE_SIZE - 1; i++) {
        char digit = block[SIZE_AT + i];
        if (digit < '0' || digit > '7')
            return wrong(error);
        *bytes = *bytes * 8 + (size_t)(digit - '0');
    }
    return *bytes > 0 && *bytes <= PAX_RECORDS_MAX ? JB_OK : wrong(error);
}

int pax_header_bytes(const char *block, size_t *bytes, jb_error *error)
{
    size_t records;
    int code = records_bytes(block, &records, error);
    *bytes = records == 0 ? PAX_BLOCK : PAX_BLOCK + (records + PAX_BLOCK - 1) / PAX_BLOCK * PAX_BLOCK + PAX_BLOCK;
    return code;
}

/* "LENGTH KEY=VALUE\n" at `text`, of which `left` bytes are there. */
struct record {
    const char *key;
    size_t key_size;
    const char *value;
    size_t value_size;
    size_t size; /* of all of it */
};

static bool next_record(const char *text, size_t left, struct record *record)
{
    size_t digits = 0;
    record->size = 0;
    while (digits < left && digits < 8 && text[digits] >= '0' && text[digits] <= '9')
        record->size = record->size * 10 + (size_t)(text[digits++] - '0');
    if (digits == 0 || record->size > left || record->size < digits + 3 || text[digits] != ' ' ||
        text[record->size - 1] != '\n')
        return false;
    record->key = text + digits + 1;
    const char *equals = memchr(record->key, '=', record->size - digits - 2);
    if (equals == NULL)
        return false;
    record->key_size = (size_t)(equals - record->key);
    record->value = equals + 1;
    record->value_size = record->size - digits - 1 - record->key_size - 2;
    return true;
}

static bool has_key(const struct record *record, const char *key)
{
    return record->key_size == strlen(key) && memcmp(record->key, key, record->key_size) == 0;
}

/* A file with holes has its name in a record of GNU's own; `path` is a stand-in then. */
static bool is_sparse(const char *text, size_t size)
{
    struct record record;
    for (; size > 0 && next_record(text, size, &record); text += record.size, size -= record.size)
        if (has_key(&record, "GNU.sparse.name"))
            return true;
    return false;
}

static int copy_records(const char *text, size_t size, const char *renamed, bool relinked, struct buffer *records,
                        jb_error *error)
{
    while (size > 0) {
        struct record record;
        if (!next_record(text, size, &record))
            return wrong(error);
        bool replaced =
            has_key(&record, renamed) || has_key(&record, "hdrcharset") || (relinked && has_key(&record, "linkpath"));
        int code = replaced ? JB_OK : buffer_append(records, text, record.size, error);
        if (code != JB_OK)
            return code;
        text += record.size;
        size -= record.size;
    }
    return JB_OK;
}

int pax_rename(const struct buffer *header, const char *path, const char *link, struct buffer *out, jb_error *error)
{
    size_t bytes = 0, old = 0;
    int code = header->size >= PAX_BLOCK ? records_bytes(header->data, &old, error) : wrong(error);
    if (code == JB_OK)
        code = pax_header_bytes(header->data, &bytes, error);
    if (code == JB_OK && (bytes != header->size || header->data[bytes - PAX_BLOCK + TYPE_AT] == EXTENDED))
        code = wrong(error);
    if (code != JB_OK)
        return code;
    const char *text = header->data + PAX_BLOCK;
    const char *renamed = is_sparse(text, old) ? "GNU.sparse.name" : "path";
    struct buffer records;
    buffer_init(&records, 2 * PAX_RECORDS_MAX);
    /* All names are bytes to who reads them here. */
    code = pax_record(&records, "hdrcharset", "BINARY", 6, error);
    if (code == JB_OK)
        code = copy_records(text, old, renamed, link != NULL, &records, error);
    if (code == JB_OK)
        code = pax_record(&records, renamed, path, strlen(path), error);
    if (code == JB_OK && link != NULL)
        code = pax_record(&records, "linkpath", link, strlen(link), error);
    if (code == JB_OK)
        code = pax_extended_header(path, &records, out, error);
    if (code == JB_OK)
        code = buffer_append(out, header->data + bytes - PAX_BLOCK, PAX_BLOCK, error);
    buffer_clean_up(&records);
    return code;
}
