#include "verify_index.h"

#include "../stream/object_source.h"
#include "indexed.h"

static int read_lines(jb_operation *operation, struct byte_source *lines, const struct object *archive, jb_error *error)
{
    struct index_reader *reader;
    struct index_item item;
    const struct indexed_archive indexed = indexed_archive_of(archive);
    int code = index_reader_new(lines, &indexed, &reader, error);
    if (code != JB_OK)
        return code;
    do {
        code = index_reader_next(reader, &item, error);
        if (code == JB_OK)
            code = operation_progress(operation, 0, 1, NULL, error);
    } while (code == JB_OK && item.kind != INDEX_END);
    if (code == JB_OK)
        code = index_reader_confirm(reader, error);
    index_reader_free(reader);
    return code;
}

int verify_index(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                 const struct object *archive, const jb_decryption *decryption, jb_error *error)
{
    struct object_source *source;
    int code = object_source_new(store, operation, bucket, prefix, archive->index, true, decryption, &source, error);
    if (code != JB_OK)
        return code;
    operation_phase(operation, "verify", archive->index->name, 0, 0);
    code = read_lines(operation, object_source_bytes(source), archive, error);
    object_source_free(source);
    return code;
}
