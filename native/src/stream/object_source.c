#include "object_source.h"

#include <stdlib.h>

#include "../codec/decompressor.h"
#include "memory.h"

struct object_source {
    /* Lends the stream's first bytes again after they were looked at. */
    struct byte_source replay;
    struct byte_source *parts;
    const void *first;
    size_t first_count;
    bool first_pending;
    struct workers *workers;
    struct part_reader *reader;
    struct decompressor *decompressor;
};

static int replay_read(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct object_source *object_source = (struct object_source *)source;
    if (!object_source->first_pending)
        return object_source->parts->read(object_source->parts, bytes, count, error);
    object_source->first_pending = false;
    *bytes = object_source->first;
    *count = object_source->first_count;
    return JB_OK;
}

static int look_at_first(struct object_source *source, jb_compression *compression, jb_error *error)
{
    int code = source->parts->read(source->parts, &source->first, &source->first_count, error);
    source->first_pending = true;
    *compression = compression_of_bytes(source->first, source->first_count);
    return code;
}

int object_source_new(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                      const struct object *object, bool decompress, struct object_source **made, jb_error *error)
{
    struct object_source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return error_no_memory(error);
    source->replay.read = replay_read;
    /* Frames that are decompressed ahead share the memory with the parts; gzip and plain bytes take none. */
    bool frames = decompress && (object == NULL || object->compression == JB_COMPRESSION_ZSTD);
    size_t buffers = memory_for_buffers(operation);
    size_t for_frames = frames ? memory_for_frames(buffers) : 0;
    int code = workers_new(0, &source->workers, error);
    if (code == JB_OK)
        code = part_reader_new(store, operation, source->workers, bucket, prefix, object, buffers - for_frames,
                               &source->reader, error);
    jb_compression compression = object != NULL ? object->compression : JB_COMPRESSION_NONE;
    if (code == JB_OK) {
        source->parts = part_reader_source(source->reader);
        if (decompress && object == NULL)
            code = look_at_first(source, &compression, error);
    }
    if (code == JB_OK)
        code = decompressor_new(&source->replay, decompress ? compression : JB_COMPRESSION_NONE, source->workers,
                                for_frames, &source->decompressor, error);
    if (code != JB_OK) {
        object_source_free(source);
        return code;
    }
    *made = source;
    return JB_OK;
}

struct byte_source *object_source_bytes(struct object_source *source)
{
    return &source->decompressor->source;
}

uint64_t object_source_stored_bytes(const struct object_source *source)
{
    return part_reader_bytes(source->reader);
}

void object_source_free(struct object_source *source)
{
    if (source == NULL)
        return;
    if (source->decompressor != NULL)
        source->decompressor->free(source->decompressor);
    part_reader_free(source->reader);
    workers_free(source->workers);
    free(source);
}
