#include "object_source.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "../codec/age.h"
#include "../codec/decompressor.h"
#include "memory.h"
#include "object_keys.h"

/* Lends a stream's first bytes again after they were looked at. */
struct replay {
    struct byte_source source;
    struct byte_source *input;
    const void *first;
    size_t count;
    bool pending;
};

/* Holds a stream to the length that its description tells. */
struct measured {
    struct byte_source source;
    struct byte_source *input;
    const struct object *object; /* NULL: any length */
    uint64_t bytes;
};

struct object_source {
    struct replay stored;
    struct replay decrypted;
    struct age_decryptor *decryptor; /* NULL for none */
    struct workers *workers;
    struct part_reader *reader;
    struct decompressor *decompressor;
    struct measured plain;
};

static int replay_read(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct replay *replay = (struct replay *)source;
    if (!replay->pending)
        return replay->input->read(replay->input, bytes, count, error);
    replay->pending = false;
    *bytes = replay->first;
    *count = replay->count;
    return JB_OK;
}

static int measured_read(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct measured *measured = (struct measured *)source;
    const struct object *object = measured->object;
    int code = measured->input->read(measured->input, bytes, count, error);
    if (code != JB_OK || object == NULL)
        return code;
    measured->bytes += *count;
    if (measured->bytes <= object->content_bytes && (*count > 0 || measured->bytes == object->content_bytes))
        return JB_OK;
    return error_set(error, JB_ERROR_VERIFY, "'%s' holds %llu bytes%s instead of %llu", object->name,
                     (unsigned long long)measured->bytes, *count > 0 ? " or more" : "",
                     (unsigned long long)object->content_bytes);
}

static int look_at_first(struct replay *replay, jb_error *error)
{
    int code = replay->input->read(replay->input, &replay->first, &replay->count, error);
    replay->pending = code == JB_OK;
    return code;
}

/* What is asked for, as object_source_new got it. */
struct wanted {
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    const char *prefix;
    const struct object *object;
    const jb_decryption *decryption;
};

static int read_head(const struct wanted *wanted, const struct part_reader *reader, void **head, size_t *count,
                     jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    const struct object_segment *first = wanted->object == NULL ? NULL : &wanted->object->segments[0];
    snprintf(key, sizeof key, "%s%s", wanted->prefix, first == NULL ? "" : first->name);
    return object_head_read(wanted->store, wanted->operation, wanted->bucket, key,
                            first == NULL ? NULL : object_segment_version(first),
                            first == NULL ? part_reader_bytes(reader) : first->bytes, head, count, error);
}

/* Puts the decryptor between the two replays. The key is found before the parts are fetched: a passphrase takes much
 * memory, and so do they. */
static int decrypt(struct object_source *source, const struct wanted *wanted, jb_error *error)
{
    const struct object *object = wanted->object;
    const char *name = object != NULL ? object->name : wanted->prefix;
    void *head;
    size_t count;
    struct age_file_key key;
    int code = object_keys_given(name, object == NULL || object->encrypted, true, wanted->decryption, error);
    if (code == JB_OK)
        code = read_head(wanted, source->reader, &head, &count, error);
    if (code != JB_OK)
        return code;
    code = object_keys_given(name, object != NULL || age_is_encrypted(head, count), true, wanted->decryption, error);
    if (code == JB_OK) {
        code = age_unlock(head, count, wanted->decryption, &key, error);
        if (code == JB_OK)
            code = age_decryptor_new_unlocked(&source->stored.source, &key, &source->decryptor, error);
        OPENSSL_cleanse(&key, sizeof key);
        if (code == JB_ERROR_ACCESS || code == JB_ERROR_VERIFY)
            error_prefix(error, "'%s'", name);
    }
    free(head);
    if (code == JB_OK)
        source->decrypted.input = age_decryptor_source(source->decryptor);
    return code;
}

/* Encrypted bytes that nobody can decompress are refused. */
static int refuse_encrypted(struct object_source *source, const struct wanted *wanted, jb_error *error)
{
    const struct object *object = wanted->object;
    int code = object == NULL ? look_at_first(&source->stored, error) : JB_OK;
    if (code != JB_OK)
        return code;
    bool encrypted = object != NULL ? object->encrypted : age_is_encrypted(source->stored.first, source->stored.count);
    return object_keys_given(object != NULL ? object->name : wanted->prefix, encrypted, true, NULL, error);
}

int object_source_new(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                      const struct object *object, bool decompress, const jb_decryption *decryption,
                      struct object_source **made, jb_error *error)
{
    const struct wanted wanted = {store, operation, bucket, prefix, object, decryption};
    struct object_source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return error_no_memory(error);
    source->stored.source.read = source->decrypted.source.read = replay_read;
    /* Frames that are decompressed ahead share the memory with the parts; gzip and plain bytes take none. */
    bool frames = decompress && (object == NULL || object->compression == JB_COMPRESSION_ZSTD);
    size_t buffers = memory_for_buffers(operation);
    size_t for_frames = frames ? memory_for_frames_ahead(buffers) : 0;
    int code = workers_new(0, &source->workers, error);
    if (code == JB_OK)
        code = part_reader_new(store, operation, source->workers, bucket, prefix, object, buffers - for_frames,
                               &source->reader, error);
    jb_compression compression = object != NULL ? object->compression : JB_COMPRESSION_NONE;
    if (code == JB_OK) {
        source->stored.input = part_reader_source(source->reader);
        source->decrypted.input = &source->stored.source;
        if (decryption != NULL)
            code = decrypt(source, &wanted, error);
        else if (decompress)
            code = refuse_encrypted(source, &wanted, error);
    }
    if (code == JB_OK && decompress && object == NULL) {
        code = look_at_first(&source->decrypted, error);
        compression = compression_of_bytes(source->decrypted.first, source->decrypted.count);
    }
    if (code == JB_OK)
        code = decompressor_new(&source->decrypted.source, decompress ? compression : JB_COMPRESSION_NONE,
                                source->workers, for_frames, &source->decompressor, error);
    if (code != JB_OK) {
        object_source_free(source);
        return code;
    }
    source->plain = (struct measured){.source = {.read = measured_read},
                                      .input = &source->decompressor->source,
                                      .object = decompress ? object : NULL};
    *made = source;
    return JB_OK;
}

struct byte_source *object_source_bytes(struct object_source *source)
{
    return &source->plain.source;
}

uint64_t object_source_stored_bytes(const struct object_source *source)
{
    return part_reader_bytes(source->reader);
}

bool object_source_decrypted(const struct object_source *source)
{
    return source->decryptor != NULL;
}

void object_source_free(struct object_source *source)
{
    if (source == NULL)
        return;
    if (source->decompressor != NULL)
        source->decompressor->free(source->decompressor);
    age_decryptor_free(source->decryptor);
    part_reader_free(source->reader);
    workers_free(source->workers);
    free(source);
}
