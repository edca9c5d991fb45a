#include "upload.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../base/random.h"

void azure_block_id(const char *mark, size_t number, char id[AZURE_BLOCK_SIZE])
{
    char plain[AZURE_UPLOAD_SIZE + 32];
    int size = snprintf(plain, sizeof plain, "%s%06zu", mark, number);
    EVP_EncodeBlock((unsigned char *)id, (const unsigned char *)plain, size);
}

bool azure_block_begun(const char *id, int64_t *begun)
{
    unsigned char plain[AZURE_BLOCK_SIZE];
    char digits[9] = "";
    if (strlen(id) != AZURE_BLOCK_SIZE - 1 ||
        EVP_DecodeBlock(plain, (const unsigned char *)id, AZURE_BLOCK_SIZE - 1) < 0 || memcmp(plain, "jb", 2) != 0)
        return false;
    memcpy(digits, plain + 2, 8);
    char *end;
    *begun = (int64_t)strtoull(digits, &end, 16);
    return strspn(digits, "0123456789abcdef") == 8 && *end == '\0';
}

uint64_t azure_upload_bytes(const struct store_upload *upload)
{
    uint64_t total = 0;
    for (size_t i = 0; i < upload->count; i++)
        total += upload->sizes[i];
    return total;
}

void azure_upload_free(struct store_upload *upload)
{
    if (upload == NULL)
        return;
    pthread_mutex_destroy(&upload->mutex);
    free(upload->sizes);
    free(upload->bucket);
    free(upload->key);
    free(upload);
}

/* Nothing is asked of the store: an upload is begun by its first block. */
int azure_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       struct store_upload **upload, jb_error *error)
{
    int code = azure_check_names(bucket, key, error);
    struct store_upload *made = code == JB_OK ? calloc(1, sizeof *made) : NULL;
    if (made == NULL)
        return code != JB_OK ? code : error_no_memory(error);
    char random[33];
    random_name(random);
    snprintf(made->mark, sizeof made->mark, "jb%08x%.20s", (unsigned)clock_now(), random);
    made->azure = (struct azure_store *)store;
    made->operation = operation;
    pthread_mutex_init(&made->mutex, NULL);
    made->bucket = strdup(bucket);
    made->key = strdup(key);
    if (made->bucket == NULL || made->key == NULL) {
        azure_upload_free(made);
        return error_no_memory(error);
    }
    *upload = made;
    return JB_OK;
}

/* A block's request, with what its end needs. */
struct block_request {
    struct azure_request request; /* first */
    struct store_upload *upload;
    struct store_transfer *transfer;
    unsigned number;
    char id[AZURE_BLOCK_SIZE];
};

static void free_block_request(struct block_request *block)
{
    azure_request_clean_up(&block->request);
    free(block);
}

static void finish_block(struct http_request *http)
{
    struct block_request *block = (struct block_request *)(struct azure_request *)http->context;
    struct store_transfer *transfer = block->transfer;
    struct store_upload *upload = block->upload;
    if (http->error.code == JB_OK) {
        pthread_mutex_lock(&upload->mutex);
        upload->sizes[block->number] = transfer->count;
        pthread_mutex_unlock(&upload->mutex);
    } else {
        azure_request_explain(&block->request);
    }
    error_copy(&transfer->error, &http->error);
    transfer->driver = NULL;
    free_block_request(block);
    transfer->done(transfer);
}

static int make_room(struct store_upload *upload, unsigned number, jb_error *error)
{
    if (number >= AZURE_BLOCKS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "an object of more than %d parts", AZURE_BLOCKS_MAX);
    int code = JB_OK;
    pthread_mutex_lock(&upload->mutex);
    if (number >= upload->capacity) {
        size_t capacity = number < 32 ? 64 : (size_t)number * 2;
        uint64_t *sizes = realloc(upload->sizes, capacity * sizeof *sizes);
        if (sizes == NULL) {
            code = error_no_memory(error);
        } else {
            memset(sizes + upload->capacity, 0, (capacity - upload->capacity) * sizeof *sizes);
            upload->sizes = sizes;
            upload->capacity = capacity;
        }
    }
    if (code == JB_OK && number >= upload->count)
        upload->count = (size_t)number + 1;
    if (code == JB_OK)
        upload->sizes[number] = 0;
    pthread_mutex_unlock(&upload->mutex);
    return code;
}

int azure_upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error)
{
    int code = make_room(upload, number, error);
    if (code != JB_OK)
        return code;
    struct block_request *block = malloc(sizeof *block);
    if (block == NULL)
        return error_no_memory(error);
    struct azure_request *request = &block->request;
    block->upload = upload, block->transfer = transfer, block->number = number;
    code = azure_request_init(request, upload->azure, upload->operation, "upload a part of", "PUT", upload->bucket,
                              upload->key, error);
    if (code != JB_OK) {
        free(block);
        return code;
    }
    azure_block_id(upload->mark, number, block->id);
    azure_request_query(request, "comp", "block");
    azure_request_query(request, "blockid", block->id);
    azure_request_body(request, transfer->bytes, transfer->count);
    code = azure_request_build(request, error);
    if (code != JB_OK) {
        free_block_request(block);
        return code;
    }
    request->http.expected = 201;
    request->http.done = finish_block;
    transfer->driver = block;
    http_submit(upload->azure->http, &request->http);
    return JB_OK;
}

/*
 * Blocks that were never made part of a blob are seen by nobody, and the service drops them after a week. It has no
 * request to drop them sooner: writing an empty blob and deleting it does, but that blob would be seen for a moment,
 * and might stay where the rights end at writing. So only azure_remove_upload does that, which somebody asked for.
 */
void azure_upload_abort(struct store_upload *upload)
{
    azure_upload_free(upload);
}
