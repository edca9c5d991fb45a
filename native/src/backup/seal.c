#include "seal.h"

#include <stdlib.h>
#include <string.h>

#include "../codec/digest.h"
#include "../codec/json.h"
#include "../store/conditions.h"

/* The seal's end: its digest's line. All bytes before this line are what the digest covers. */
#define TAIL_BEGIN "  \"sha256\": \""
#define TAIL_END   "\"\n}\n"
#define TAIL_SIZE  (sizeof TAIL_BEGIN - 1 + SHA256_HEX_SIZE - 1 + sizeof TAIL_END - 1)

void seal_clean_up(struct seal *seal)
{
    json_decref(seal->document);
    *seal = (struct seal){0};
}

int seal_encode(const json_t *document, struct buffer *text, jb_error *error)
{
    int code = json_write(document, JSON_INDENT(2), text, error);
    /* The text ends in "\n}"; the digest becomes its last member. */
    if (code == JB_OK) {
        text->size -= 2;
        code = buffer_append_text(text, ",\n", error);
    }
    unsigned char digest[SHA256_SIZE];
    if (code == JB_OK)
        code = sha256_of(text->data, text->size, digest, error);
    if (code != JB_OK)
        return code;
    char hex[SHA256_HEX_SIZE];
    hex_encode(digest, sizeof digest, hex);
    return buffer_printf(text, error, TAIL_BEGIN "%s" TAIL_END, hex);
}

static int damaged(const char *why, jb_error *error)
{
    return error_set(error, JB_ERROR_FORMAT, "the seal is damaged: %s", why);
}

static int check_digest(const char *text, size_t size, jb_error *error)
{
    if (size <= TAIL_SIZE)
        return damaged("it is too short", error);
    const char *tail = text + size - TAIL_SIZE;
    if (memcmp(tail, TAIL_BEGIN, sizeof TAIL_BEGIN - 1) != 0 ||
        memcmp(text + size - (sizeof TAIL_END - 1), TAIL_END, sizeof TAIL_END - 1) != 0)
        return damaged("it does not end in its digest", error);
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    int code = sha256_of(text, size - TAIL_SIZE, digest, error);
    if (code != JB_OK)
        return code;
    hex_encode(digest, sizeof digest, hex);
    return memcmp(tail + sizeof TAIL_BEGIN - 1, hex, SHA256_HEX_SIZE - 1) == 0
               ? JB_OK
               : damaged("its digest does not fit its text", error);
}

static bool is_state(const char *state)
{
    return state != NULL &&
           (strcmp(state, "running") == 0 || strcmp(state, "complete") == 0 || strcmp(state, "deleting") == 0);
}

int seal_decode(const char *text, size_t size, json_t **document, jb_error *error)
{
    int code = check_digest(text, size, error);
    if (code == JB_OK)
        code = json_parse(text, size, "the seal", document, error);
    if (code != JB_OK)
        return code;
    const char *format = json_member_text(*document, "format");
    if (format != NULL && strcmp(format, SEAL_FORMAT) != 0) {
        error_set(error, JB_ERROR_UNSUPPORTED,
                  "the seal was made by a newer version: it is of the form '%.50s', not '%s'", format, SEAL_FORMAT);
        code = error_hint(error, "update this program");
    } else if (format == NULL || !is_state(json_member_text(*document, "state")) ||
               json_member_text(*document, "owner") == NULL || !json_is_array(json_object_get(*document, "objects")) ||
               !json_is_object(json_object_get(*document, "environment"))) {
        code = damaged("a member is missing or of another kind", error);
    }
    if (code != JB_OK) {
        json_decref(*document);
        *document = NULL;
    } else {
        json_object_del(*document, "sha256"); /* checked; encoding a changed seal adds its own */
    }
    return code;
}

bool seal_is_unreadable(int code)
{
    return code == JB_ERROR_FORMAT || code == JB_ERROR_UNSUPPORTED;
}

static bool text_is(const json_t *document, const char *member, const char *expected)
{
    const char *text = json_member_text(document, member);
    return text != NULL && strcmp(text, expected) == 0;
}

int seal_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
              struct seal *seal, jb_error *error)
{
    *seal = (struct seal){0};
    char key[STORE_KEY_MAX + 1];
    backup_key(id, SEAL_NAME, key, sizeof key);
    struct buffer text;
    buffer_init(&text, SEAL_BYTES_MAX);
    jb_object_info info;
    int code = store_read(store, operation, bucket, key, NULL, &text, &info, error);
    if (code == JB_ERROR_LIMIT) /* damaged, like any other that is not what this program writes */
        code =
            error_set(error, JB_ERROR_FORMAT, "the seal '%s/%s' is longer than %zu bytes", bucket, key, text.maximum);
    if (code == JB_OK) {
        code = seal_decode(text.data, text.size, &seal->document, error);
        if (code != JB_OK)
            error_prefix(error, "'%s/%s'", bucket, key);
    }
    buffer_clean_up(&text);
    if (code != JB_OK)
        return code;
    memcpy(seal->tag, info.tag, sizeof seal->tag);
    memcpy(seal->version, info.version, sizeof seal->version);
    seal->modified = info.modified;
    if (text_is(seal->document, "name", id->name) && text_is(seal->document, "timestamp", id->timestamp) &&
        text_is(seal->document, "mode", id->mode))
        return JB_OK;
    seal_clean_up(seal);
    return error_set(error, JB_ERROR_FORMAT, "'%s/%s' is the seal of another backup", bucket, key);
}

int seal_write(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
               struct seal *seal, bool create, jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    backup_key(id, SEAL_NAME, key, sizeof key);
    struct buffer text;
    buffer_init(&text, SEAL_BYTES_MAX);
    jb_object_info info;
    struct store_condition condition = {.when = create ? STORE_IF_ABSENT : STORE_IF_UNCHANGED, .tag = seal->tag};
    int code = store_conditions_require(store, operation, bucket, error);
    if (code == JB_OK)
        code = seal_encode(seal->document, &text, error);
    if (code == JB_OK)
        code = store_write(store, operation, bucket, key, text.data, text.size, NULL, condition, &info, error);
    if (code == JB_OK)
        memcpy(seal->tag, info.tag, sizeof seal->tag);
    buffer_clean_up(&text);
    return code;
}

const char *seal_state(const struct seal *seal)
{
    return json_member_text(seal->document, "state");
}
