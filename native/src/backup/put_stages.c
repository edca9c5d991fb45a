#include "put_stages.h"

#include "../stream/memory.h"

static int count_and_pass(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct put_stages *stages = (struct put_stages *)sink;
    stages->content_bytes += count;
    int code = task_check(stages->after, error);
    return code == JB_OK ? stages->next->write(stages->next, bytes, count, error) : code;
}

int put_stages_open(struct put_stages *stages, jb_store *store, jb_operation *operation, struct workers *workers,
                    const struct put_stages_options *options, jb_error *error)
{
    *stages =
        (struct put_stages){.sink = {count_and_pass}, .compression = options->compression, .after = options->after};
    bool packed = options->compression != JB_COMPRESSION_NONE;
    size_t frames = packed ? memory_for_frames(options->memory_bytes) : 0;
    int code = part_writer_new(store, operation, workers, options->bucket, options->key, options->replace,
                               options->memory_bytes - frames, &stages->writer, error);
    if (code != JB_OK)
        return code;
    part_writer_after(stages->writer, options->after);
    stages->next = part_writer_sink(stages->writer);
    if (options->encryption != NULL) {
        code = age_encryptor_new(stages->next, options->encryption, operation_memory_limit(operation),
                                 &stages->encryptor, error);
        if (code != JB_OK)
            return code;
        stages->next = age_encryptor_sink(stages->encryptor);
    }
    if (options->compression == JB_COMPRESSION_ZSTD)
        code =
            compressor_new_zstd(stages->next, options->level, workers, operation, frames, &stages->compressor, error);
    else if (options->compression == JB_COMPRESSION_GZIP)
        code =
            compressor_new_gzip(stages->next, options->level, workers, operation, frames, &stages->compressor, error);
    if (code == JB_OK && stages->compressor != NULL)
        stages->next = &stages->compressor->sink;
    return code;
}

int put_stages_reserve(struct put_stages *stages, void **room, size_t *capacity, jb_error *error)
{
    *room = NULL;
    bool direct = stages->next == part_writer_sink(stages->writer);
    return direct ? part_writer_reserve(stages->writer, room, capacity, error) : JB_OK;
}

int put_stages_advance(struct put_stages *stages, size_t count, jb_error *error)
{
    stages->content_bytes += count;
    return part_writer_advance(stages->writer, count, error);
}

int put_stages_flush(struct put_stages *stages, jb_error *error)
{
    int code = stages->compressor != NULL ? stages->compressor->finish(stages->compressor, error) : JB_OK;
    if (code == JB_OK && stages->encryptor != NULL)
        code = age_encryptor_finish(stages->encryptor, error);
    return code == JB_OK ? part_writer_flush(stages->writer, error) : code;
}

int put_stages_finish(struct put_stages *stages, struct object *object, jb_error *error)
{
    int code = part_writer_finish(stages->writer, object, error);
    if (code != JB_OK)
        return code;
    object->compression = stages->compression;
    object->encrypted = stages->encryptor != NULL;
    object->content_bytes = stages->content_bytes;
    return JB_OK;
}

void put_stages_close(struct put_stages *stages)
{
    if (stages->compressor != NULL)
        stages->compressor->free(stages->compressor);
    age_encryptor_free(stages->encryptor);
    part_writer_free(stages->writer);
    *stages = (struct put_stages){0};
}
