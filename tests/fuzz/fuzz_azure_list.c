/*
 * What Azure lists: a container's blobs, of which no name comes out that was not asked for, and a blob's blocks. The
 * first byte chooses which.
 */
#include <stdlib.h>
#include <string.h>

#include "store/azure/azure.h"
#include "store/azure/list.h"
#include "store/azure/upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static int look_at_entry(void *context, const jb_object_info *info, jb_error *error)
{
    (void)context, (void)error;
    if (info->key[0] != 'k' || strnlen(info->tag, sizeof info->tag) == sizeof info->tag ||
        !reply_tag_is_sound(info->tag) || strnlen(info->version, JB_VERSION_SIZE) == JB_VERSION_SIZE)
        abort();
    return JB_OK;
}

static int look_at_block(void *context, const struct azure_block *block, jb_error *error)
{
    (void)context, (void)error;
    if (strnlen(block->id, 128) == 128)
        abort();
    return JB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct azure_store store = {.account = "account"};
    const struct azure_listing listing = {.azure = &store, .bucket = "bucket", .prefix = "k", .each = look_at_entry};
    struct buffer reply;
    jb_error error = JB_ERROR_INIT;
    char *marker = NULL;
    if (count == 0)
        return 0;
    buffer_init(&reply, 1 << 20);
    int code = buffer_append(&reply, bytes + 1, count - 1, &error);
    if (code == JB_OK && bytes[0] % 3 == 0)
        code = azure_read_page(&listing, &reply, &marker, &error);
    else if (code == JB_OK)
        code = azure_read_blocks(&reply, bytes[0] % 3 == 1, look_at_block, NULL, &error);
    if (code != JB_OK && error.text[0] == '\0')
        abort();
    free(marker);
    buffer_clean_up(&reply);
    return 0;
}
