#include "put_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/grace.h"

/* A compressor of one frame at a time, and the parts that the store's writer asks for. */
#define STAGES_MEMORY ((size_t)28 << 20)

int put_index_key(const char *archive, char key[STORE_KEY_MAX + 1], jb_error *error)
{
    int length = snprintf(key, STORE_KEY_MAX + 1, "%s" OBJECT_INDEX_ENDING, archive);
    if (length > 0 && length <= STORE_KEY_MAX)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "the name '%.200s…' leaves no room for that of its index", archive);
    return error_hint(error, "shorten it, or put the tree without an index");
}

int put_index_open(struct put_index *index, jb_store *store, jb_operation *operation, struct workers *workers,
                   const struct put_stages_options *archive, jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    struct put_stages_options options = *archive;
    *index = (struct put_index){.store = store, .operation = operation, .archive = archive};
    options.key = key;
    options.level = 0;
    options.memory_bytes = STAGES_MEMORY;
    int code = put_index_key(archive->key, key, error);
    if (code == JB_OK)
        code = put_stages_open(&index->stages, store, operation, workers, &options, error);
    if (code == JB_OK)
        code = index_writer_new(&index->stages.sink, &index->writer, error);
    return code;
}

int put_index_finish(struct put_index *index, jb_error *error)
{
    struct object *object = calloc(1, sizeof *object);
    if (object == NULL)
        return error_no_memory(error);
    int code = index_writer_finish(index->writer, error);
    if (code == JB_OK)
        code = put_stages_flush(&index->stages, error);
    if (code == JB_OK)
        code = put_stages_finish(&index->stages, object, error);
    if (code == JB_OK)
        index->object = object;
    else
        free(object);
    return code;
}

void put_index_hand_over(struct put_index *index, struct object *archive)
{
    archive->index = index->object;
    index->object = NULL;
}

/* After the archive's own failure. What replaced another one stays, as objects do that replace. */
static void remove_completed(const struct put_index *index)
{
    const struct object *object = index->object;
    jb_error error = JB_ERROR_INIT;
    struct grace *grace = NULL;
    const char *archive_key = index->archive->key;
    const char *slash = strrchr(archive_key, '/');
    int folder = slash == NULL ? 0 : (int)(slash - archive_key + 1);
    int code = grace_new(index->operation, GRACE_MS, &grace, &error);
    for (size_t i = 0; code == JB_OK && i < object->segment_count; i++) {
        const struct object_segment *segment = &object->segments[i];
        char text[STORE_KEY_MAX + 1];
        snprintf(text, sizeof text, "%.*s%s", folder, archive_key, segment->name);
        const struct store_key key = {.key = text, .version = object_segment_version(segment)};
        code = store_remove(index->store, grace_operation(grace), index->archive->bucket, &key, 1, &error);
    }
    if (code != JB_OK)
        operation_log(index->operation, JB_LOG_WARNING, "'%s' is left in place: %s", object->name, error.text);
    grace_free(grace);
}

void put_index_close(struct put_index *index)
{
    if (index->object != NULL) {
        if (!index->archive->replace)
            remove_completed(index);
        object_clean_up(index->object);
        free(index->object);
    }
    index_writer_free(index->writer);
    put_stages_close(&index->stages);
    *index = (struct put_index){0};
}
