#include "object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/decompressor.h"
#include "../codec/json.h"
#include "../codec/utf8.h"

#define SEGMENTS_MAX 1000
#define PARTS_MAX    50000

static const char encryption_age[] = "age";

void object_clean_up(struct object *object)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        free(object->segments[i].name);
        free(object->segments[i].parts);
    }
    free(object->segments);
    free(object->name);
    free(object->root);
    json_decref(object->warnings);
    if (object->index != NULL)
        object_clean_up(object->index);
    free(object->index);
    *object = (struct object){0};
}

struct object_segment *object_add_segment(struct object *object, const char *name, jb_error *error)
{
    struct object_segment *segments = realloc(object->segments, (object->segment_count + 1) * sizeof *segments);
    if (segments == NULL) {
        error_no_memory(error);
        return NULL;
    }
    object->segments = segments;
    struct object_segment *segment = &segments[object->segment_count];
    *segment = (struct object_segment){.name = strdup(name)};
    if (segment->name == NULL) {
        error_no_memory(error);
        return NULL;
    }
    object->segment_count++;
    return segment;
}

int object_add_part(struct object_segment *segment, uint64_t bytes, const unsigned char sha256[SHA256_SIZE],
                    jb_error *error)
{
    if (segment->part_count == segment->part_capacity) {
        size_t capacity = segment->part_capacity == 0 ? 8 : segment->part_capacity * 2;
        struct object_part *parts = realloc(segment->parts, capacity * sizeof *parts);
        if (parts == NULL)
            return error_no_memory(error);
        segment->parts = parts;
        segment->part_capacity = capacity;
    }
    struct object_part *part = &segment->parts[segment->part_count++];
    part->bytes = bytes;
    memcpy(part->sha256, sha256, SHA256_SIZE);
    segment->bytes += bytes;
    return JB_OK;
}

static int digest_of_parts(const struct object *object, unsigned char digest[SHA256_SIZE], jb_error *error)
{
    struct sha256 *sha;
    int code = sha256_new(&sha, error);
    if (code != JB_OK)
        return code;
    for (size_t i = 0; i < object->segment_count; i++)
        for (size_t j = 0; j < object->segments[i].part_count; j++)
            sha256_update(sha, object->segments[i].parts[j].sha256, SHA256_SIZE);
    sha256_finish(sha, digest);
    sha256_free(sha);
    return JB_OK;
}

int object_finish(struct object *object, jb_error *error)
{
    object->bytes = 0;
    for (size_t i = 0; i < object->segment_count; i++)
        object->bytes += object->segments[i].bytes;
    return digest_of_parts(object, object->digest, error);
}

static json_t *segment_to_json(const struct object_segment *segment, int *code, jb_error *error)
{
    json_t *json = json_object();
    json_t *parts = json_array();
    json_put_text(json, "name", segment->name, code, error);
    json_put_count(json, "size", segment->bytes, code, error);
    if (segment->version[0] != '\0')
        json_put_text(json, "version", segment->version, code, error);
    for (size_t i = 0; *code == JB_OK && i < segment->part_count; i++) {
        char hex[SHA256_HEX_SIZE];
        hex_encode(segment->parts[i].sha256, SHA256_SIZE, hex);
        json_t *part = json_object();
        json_put_count(part, "size", segment->parts[i].bytes, code, error);
        json_put_text(part, "sha256", hex, code, error);
        json_append(parts, part, code, error);
    }
    json_put(json, "parts", parts, code, error);
    return json;
}

static json_t *describe(const struct object *object, const char *kind, jb_error *error)
{
    int code = JB_OK;
    char hex[SHA256_HEX_SIZE];
    hex_encode(object->digest, SHA256_SIZE, hex);
    json_t *json = json_object();
    json_put_text(json, "name", object->name, &code, error);
    json_put_text(json, "kind", kind, &code, error);
    json_put_text(json, "compression", compression_name(object->compression), &code, error);
    if (object->encrypted)
        json_put_text(json, "encryption", encryption_age, &code, error);
    json_put_count(json, "size", object->bytes, &code, error);
    json_put_count(json, "content_size", object->content_bytes, &code, error);
    json_put_text(json, "digest", hex, &code, error);
    if (object->root != NULL) {
        json_put_text(json, "root", object->root, &code, error);
        json_put_count(json, "files", object->files, &code, error);
        json_put_count(json, "files_size", object->files_bytes, &code, error);
        if (object->disk_bytes > 0)
            json_put_count(json, "disk_size", object->disk_bytes, &code, error);
    }
    if (object->warnings != NULL)
        json_put(json, "warnings", json_incref(object->warnings), &code, error);
    if (object->warning_count > json_array_size(object->warnings))
        json_put_count(json, "warnings_count", object->warning_count, &code, error);
    json_t *segments = json_array();
    for (size_t i = 0; code == JB_OK && i < object->segment_count; i++)
        json_append(segments, segment_to_json(&object->segments[i], &code, error), &code, error);
    json_put(json, "segments", segments, &code, error);
    if (code == JB_OK && object->index != NULL) {
        json_t *index = describe(object->index, "index", error);
        if (index == NULL)
            code = (int)error->code;
        json_put(json, "index", index, &code, error);
    }
    if (code != JB_OK) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *object_to_json(const struct object *object, jb_error *error)
{
    return describe(object, object->root != NULL ? "tree" : "stream", error);
}

static bool is_object_name(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= 255 && strchr(name, '/') == NULL &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && utf8_is_text(name);
}

/* A path to take off members: relative, without "." or ".." in it. */
static bool is_root(const char *root)
{
    if (root[0] == '/' || strlen(root) > 4096)
        return false;
    for (const char *start = root; *start != '\0';) {
        size_t length = strcspn(start, "/");
        if (length == 0 || (length == 1 && start[0] == '.') || (length == 2 && start[0] == '.' && start[1] == '.'))
            return false;
        start += length;
        if (*start == '/')
            start++;
    }
    return true;
}

/* The object's name, then NAME.001 and so on: a description must not lead to another object. */
static bool is_segment_name(const struct object *object, size_t index, const char *name)
{
    char expected[300];
    snprintf(expected, sizeof expected, index == 0 ? "%s" : "%s.%03zu", object->name, index);
    return strcmp(name, expected) == 0;
}

static int malformed(const char *what, jb_error *error)
{
    return error_set(error, JB_ERROR_FORMAT, "the object's description has no valid '%s'", what);
}

/* Absent, or what may stand in a request's line. */
static bool take_version(const json_t *json, struct object_segment *segment)
{
    if (json_object_get(json, "version") == NULL)
        return true;
    const char *version = json_member_text(json, "version");
    size_t size = version == NULL ? 0 : strlen(version);
    if (size == 0 || size >= sizeof segment->version)
        return false;
    for (size_t i = 0; i < size; i++)
        if (version[i] <= ' ' || version[i] > '~')
            return false;
    memcpy(segment->version, version, size + 1);
    return true;
}

/* Absent, or the only one that is known. */
static bool take_encryption(const json_t *json, struct object *object)
{
    const char *encryption = json_member_text(json, "encryption");
    object->encrypted = encryption != NULL && strcmp(encryption, encryption_age) == 0;
    return object->encrypted || json_object_get(json, "encryption") == NULL;
}

static int segment_from_json(const json_t *json, struct object *object, jb_error *error)
{
    const char *name = json_member_text(json, "name");
    const json_t *parts = json_object_get(json, "parts");
    uint64_t bytes;
    if (!is_object_name(name) || !is_segment_name(object, object->segment_count, name))
        return malformed("segments[].name", error);
    if (!json_is_array(parts) || json_array_size(parts) > PARTS_MAX)
        return malformed("segments[].parts", error);
    struct object_segment *segment = object_add_segment(object, name, error);
    if (segment == NULL)
        return JB_ERROR_MEMORY;
    if (!take_version(json, segment))
        return malformed("segments[].version", error);
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const char *hex = json_member_text(part, "sha256");
        unsigned char sha256[SHA256_SIZE];
        uint64_t part_bytes;
        if (!json_member_count(part, "size", &part_bytes) || part_bytes == 0 || part_bytes > OBJECT_PART_BYTES_MAX)
            return malformed("parts[].size", error);
        if (hex == NULL || !hex_decode(hex, sha256, SHA256_SIZE))
            return malformed("parts[].sha256", error);
        int code = object_add_part(segment, part_bytes, sha256, error);
        if (code != JB_OK)
            return code;
    }
    if (!json_member_count(json, "size", &bytes) || bytes != segment->bytes)
        return malformed("segments[].size", error);
    return JB_OK;
}

static int check_sums(const json_t *json, struct object *object, jb_error *error)
{
    const char *hex = json_member_text(json, "digest");
    unsigned char digest[SHA256_SIZE];
    uint64_t bytes;
    if (hex == NULL || !hex_decode(hex, digest, SHA256_SIZE))
        return malformed("digest", error);
    int code = object_finish(object, error);
    if (code != JB_OK)
        return code;
    if (!json_member_count(json, "size", &bytes) || bytes != object->bytes)
        return malformed("size", error);
    return memcmp(digest, object->digest, SHA256_SIZE) == 0 ? JB_OK : malformed("digest", error);
}

static int read_members(const json_t *json, const char *allowed, struct object *object, jb_error *error);

/* Named by its archive: a description must not lead to another object here either. */
static int read_index(const json_t *json, struct object *archive, jb_error *error)
{
    if (archive->compression != JB_COMPRESSION_ZSTD)
        return malformed("index", error);
    archive->index = calloc(1, sizeof *archive->index);
    if (archive->index == NULL)
        return error_no_memory(error);
    int code = read_members(json, "index", archive->index, error);
    if (code != JB_OK)
        return error_prefix(error, "the index");
    char expected[300];
    snprintf(expected, sizeof expected, "%s" OBJECT_INDEX_ENDING, archive->name);
    return strcmp(archive->index->name, expected) == 0 && archive->index->compression == JB_COMPRESSION_ZSTD &&
                   archive->index->encrypted == archive->encrypted
               ? JB_OK
               : malformed("index", error);
}

/* What only trees have. */
static int read_tree(const json_t *json, struct object *object, jb_error *error)
{
    const char *root = json_member_text(json, "root");
    if (root == NULL || !is_root(root))
        return malformed("root", error);
    if (!json_member_count(json, "files", &object->files))
        return malformed("files", error);
    /* Without holes no file holds more than the archive. */
    object->files_bytes = object->content_bytes;
    if (json_object_get(json, "files_size") != NULL && !json_member_count(json, "files_size", &object->files_bytes))
        return malformed("files_size", error);
    if (json_object_get(json, "disk_size") != NULL && !json_member_count(json, "disk_size", &object->disk_bytes))
        return malformed("disk_size", error);
    object->root = strdup(root);
    if (object->root == NULL)
        return error_no_memory(error);
    const json_t *index = json_object_get(json, "index");
    return index != NULL ? read_index(index, object, error) : JB_OK;
}

/* `allowed`: the only kind that it may be; NULL: a tree or a stream. */
static int read_members(const json_t *json, const char *allowed, struct object *object, jb_error *error)
{
    const char *name = json_member_text(json, "name");
    const char *kind = json_member_text(json, "kind");
    const char *compression = json_member_text(json, "compression");
    const json_t *segments = json_object_get(json, "segments");
    if (!is_object_name(name))
        return malformed("name", error);
    object->name = strdup(name);
    if (object->name == NULL)
        return error_no_memory(error);
    if (kind == NULL ||
        (allowed != NULL ? strcmp(kind, allowed) != 0 : strcmp(kind, "tree") != 0 && strcmp(kind, "stream") != 0))
        return malformed("kind", error);
    if (compression == NULL || !compression_parse(compression, &object->compression))
        return malformed("compression", error);
    if (!take_encryption(json, object))
        return malformed("encryption", error);
    if (!json_member_count(json, "content_size", &object->content_bytes))
        return malformed("content_size", error);
    if (strcmp(kind, "tree") == 0) {
        int code = read_tree(json, object, error);
        if (code != JB_OK)
            return code;
    }
    if (!json_is_array(segments) || json_array_size(segments) == 0 || json_array_size(segments) > SEGMENTS_MAX)
        return malformed("segments", error);
    for (size_t i = 0; i < json_array_size(segments); i++) {
        int code = segment_from_json(json_array_get(segments, i), object, error);
        if (code != JB_OK)
            return code;
    }
    object->warnings = json_incref(json_object_get(json, "warnings"));
    if (!json_member_count(json, "warnings_count", &object->warning_count))
        object->warning_count = json_array_size(object->warnings);
    return check_sums(json, object, error);
}

int object_from_json(const json_t *json, struct object *object, jb_error *error)
{
    *object = (struct object){0};
    int code = read_members(json, NULL, object, error);
    if (code != JB_OK) {
        if (object->name != NULL)
            error_prefix(error, "'%s'", object->name);
        object_clean_up(object);
    }
    return code;
}
