#include "old.h"

#include <string.h>

#include "../codec/decompressor.h"
#include "../codec/json.h"

/* What the old scripts wrote, and the path that their archives' members begin with. */
static const struct {
    const char *name;
    const char *root;
} trees[] = {
    {"digital-factory-data.tar.gz", "data/digital-factory-data"},
    {"digital-factory-config.tar.gz", "opt/tomcat/conf/digital-factory-config"},
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

static int describe_object(void *context, const jb_object_info *info)
{
    struct description *description = context;
    const char *name = info->key + description->folder_length + 1;
    if (strcmp(name, VERIFIED_NAME) == 0)
        return 0;
    const char *root = NULL;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
        if (strcmp(name, trees[i].name) == 0)
            root = trees[i].root;
    json_t *json = json_object();
    json_put_text(json, "name", name, &description->code, &description->error);
    json_put_text(json, "kind", root != NULL ? "tree" : "stream", &description->code, &description->error);
    json_put_text(json, "compression", compression_name(compression_of_name(name)), &description->code,
                  &description->error);
    json_put_count(json, "size", info->bytes, &description->code, &description->error);
    if (root != NULL)
        json_put_text(json, "root", root, &description->code, &description->error);
    json_append(description->objects, json, &description->code, &description->error);
    return description->code != JB_OK;
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
    json_t *json = json_object();
    json_put_text(json, "format", "old", &code, error);
    json_put_text(json, "state", "old", &code, error);
    json_put_text(json, "name", id->name, &code, error);
    json_put_text(json, "timestamp", id->timestamp, &code, error);
    json_put_text(json, "mode", id->mode, &code, error);
    json_put(json, "environment", json_object(), &code, error);
    json_put(json, "objects", description.objects, &code, error);
    if (code != JB_OK) {
        json_decref(json);
        return code;
    }
    *document = json;
    return JB_OK;
}
