#include "old.h"

#include <string.h>

#include "../codec/decompressor.h"
#include "../codec/json.h"

/* What the old scripts wrote as archives, and the path that their members begin with; all else is a stream. Where a
 * directory of mariabackup's lies in its archive differs, and its files are packed. */
static const struct {
    const char *name;
    const char *root;
    bool mariabackup;
} trees[] = {
    {"digital-factory-data.tar.gz", "data/digital-factory-data", false},
    {"digital-factory-config.tar.gz", "opt/tomcat/conf/digital-factory-config", false},
    {"datastore.tar", "share/datastore", false},
    {"haproxy.tar.gz", "", false},
    {"database.tar", "", true},
};

bool old_is_complete(const struct folder *folder)
{
    return folder->old_files == (OLD_DATA | OLD_DATABASE);
}

struct description {
    json_t *objects;
    size_t folder_length;
    int code;
    jb_error error; /* why the listing was ended; the store has a text of its own for that */
};

static json_t *describe_one(const char *name, uint64_t bytes, int *code, jb_error *error)
{
    size_t i = 0;
    while (i < sizeof trees / sizeof *trees && strcmp(name, trees[i].name) != 0)
        i++;
    bool tree = i < sizeof trees / sizeof *trees;
    json_t *json = json_object();
    json_put_text(json, "name", name, code, error);
    json_put_text(json, "kind", tree ? "tree" : "stream", code, error);
    json_put_text(json, "compression", compression_name(compression_of_name(name)), code, error);
    json_put_count(json, "size", bytes, code, error);
    if (tree)
        json_put_text(json, "root", trees[i].root, code, error);
    if (tree && trees[i].mariabackup)
        json_put(json, "mariabackup", json_true(), code, error);
    return json;
}

static int describe_object(void *context, const jb_object_info *info)
{
    struct description *description = context;
    const char *name = info->key + description->folder_length + 1;
    json_t *json = describe_one(name, info->bytes, &description->code, &description->error);
    json_append(description->objects, json, &description->code, &description->error);
    return description->code != JB_OK;
}

/* Takes `objects` over. */
static int make_document(const struct backup_id *id, json_t *objects, int code, json_t **document, jb_error *error)
{
    json_t *json = json_object();
    json_put_text(json, "format", "old", &code, error);
    json_put_text(json, "state", "old", &code, error);
    json_put_text(json, "name", id->name, &code, error);
    json_put_text(json, "timestamp", id->timestamp, &code, error);
    json_put_text(json, "mode", id->mode, &code, error);
    json_put(json, "environment", json_object(), &code, error);
    json_put(json, "objects", objects, &code, error);
    if (code != JB_OK) {
        json_decref(json);
        return code;
    }
    *document = json;
    return JB_OK;
}

int old_describe(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                 json_t **document, jb_error *error)
{
    char prefix[FOLDER_SIZE + 1];
    backup_key(id, "", prefix, sizeof prefix);
    struct description description = {
        .objects = json_array(), .folder_length = strlen(id->folder), .error = JB_ERROR_INIT};
    const jb_list_options listing = {.size = sizeof listing, .prefix = prefix};
    int code = jb_store_list(store, operation, bucket, &listing, describe_object, &description, error);
    if (description.code != JB_OK)
        code = error_copy(error, &description.error);
    return make_document(id, description.objects, code, document, error);
}

int old_describe_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                        const char *object, json_t **document, jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    if (object[0] == '\0' || strchr(object, '/') != NULL || strlen(object) > STORE_KEY_MAX - FOLDER_SIZE)
        return error_set(error, JB_ERROR_USAGE, "'%.300s' is no object's name", object);
    backup_key(id, object, key, sizeof key);
    jb_object_info info;
    int code = store_stat(store, operation, bucket, key, NULL, &info, error);
    if (code != JB_OK)
        return code;
    json_t *objects = json_array();
    json_append(objects, describe_one(object, info.bytes, &code, error), &code, error);
    return make_document(id, objects, code, document, error);
}
