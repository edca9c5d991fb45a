#include <jpsbackup/store.h>
#include <string.h>

#include "../codec/age.h"
#include "../codec/json.h"
#include "../stream/object_source.h"

static int check_options(const jb_get_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_get_options is missing or of another size");
    if (options->write == NULL || options->key == NULL)
        return error_set(error, JB_ERROR_USAGE, "the object's name or the place for its bytes is missing");
    int code = options->decryption == NULL ? JB_OK : age_decryption_check(options->decryption, error);
    return code == JB_OK ? store_check_names(options->bucket, options->key, error) : code;
}

static int parse_description(const char *text, struct object *object, jb_error *error)
{
    json_t *json;
    int code = json_parse(text, strlen(text), "the object's description", &json, error);
    if (code != JB_OK)
        return code;
    code = object_from_json(json, object, error);
    json_decref(json);
    return code;
}

static int pass_on(jb_operation *operation, const jb_get_options *options, struct byte_source *source, uint64_t *total,
                   jb_error *error)
{
    for (;;) {
        const void *bytes;
        size_t count;
        int code = source->read(source, &bytes, &count, error);
        if (code != JB_OK || count == 0)
            return code;
        if (options->write(options->write_context, bytes, count) != 0)
            return error_set(error, JB_ERROR_IO, "what came of '%s/%s' could not be written", options->bucket,
                             options->key);
        *total += count;
        code = operation_progress(operation, count, 0, NULL, error);
        if (code != JB_OK)
            return code;
    }
}

static int make_account(const jb_get_options *options, const struct object *object, uint64_t bytes, bool decrypted,
                        char **account, jb_error *error)
{
    int code = JB_OK;
    json_t *json = json_object();
    json_put_text(json, "key", options->key, &code, error);
    json_put_count(json, "bytes", bytes, &code, error);
    json_put(json, "verified", json_boolean(object != NULL), &code, error);
    if (decrypted)
        json_put(json, "decrypted", json_true(), &code, error);
    if (object != NULL) {
        char hex[SHA256_HEX_SIZE];
        hex_encode(object->digest, SHA256_SIZE, hex);
        json_put_text(json, "digest", hex, &code, error);
    }
    if (code == JB_OK)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

int jb_get(jb_store *store, jb_operation *operation, const jb_get_options *options, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check_options(options, error);
    if (code != JB_OK)
        return code;
    struct object object = {0};
    char prefix[STORE_KEY_MAX + 1];
    strcpy(prefix, options->key);
    bool described = options->description != NULL;
    if (described) {
        /* Its segments lie beside the key. */
        char *slash = strrchr(prefix, '/');
        prefix[slash == NULL ? 0 : slash - prefix + 1] = '\0';
        code = parse_description(options->description, &object, error);
        if (code != JB_OK)
            return code;
    }
    struct object_source *source = NULL;
    code = object_source_new(store, operation, options->bucket, prefix, described ? &object : NULL, options->decompress,
                             options->decryption, &source, error);
    uint64_t bytes = 0;
    if (code == JB_OK) {
        uint64_t expected = options->decompress ? object.content_bytes : object_source_stored_bytes(source);
        operation_phase(operation, "download", options->key, expected, 0);
        code = pass_on(operation, options, object_source_bytes(source), &bytes, error);
    }
    if (code == JB_OK)
        code = operation_phase_end(operation, error);
    bool decrypted = source != NULL && object_source_decrypted(source);
    object_source_free(source);
    if (code == JB_OK && account != NULL)
        code = make_account(options, described ? &object : NULL, bytes, decrypted, account, error);
    object_clean_up(&object);
    return code;
}
