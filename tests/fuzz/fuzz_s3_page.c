/* A page of a listing: no key comes out that was not asked for. The first byte chooses objects or versions. */
#include <stdlib.h>
#include <string.h>

#include "store/s3/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct s3_page page;
    struct buffer reply;
    jb_error error = JB_ERROR_INIT;
    if (count == 0)
        return 0;
    buffer_init(&reply, 1 << 20);
    if (buffer_append(&reply, bytes + 1, count - 1, &error) == JB_OK &&
        s3_page_read(&page, bytes[0] % 2 == 1, &reply, "k", &error) == JB_OK) {
        if (page.count > S3_PAGE_OBJECTS)
            abort();
        for (size_t i = 0; i < page.count; i++)
            if (page.keys[i][0] != 'k' || !reply_tag_is_sound(page.objects[i].tag) ||
                strnlen(page.objects[i].version, JB_VERSION_SIZE) == JB_VERSION_SIZE)
                abort();
    }
    s3_page_clear(&page);
    buffer_clean_up(&reply);
    return 0;
}
