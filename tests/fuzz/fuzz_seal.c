/* Seals: any text is refused or understood. The digest is put right first, for a fuzzer would never find one. */
#include <stdlib.h>
#include <string.h>

#include "backup/seal.h"
#include "codec/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const char begin[] = "  \"sha256\": \"", end[] = "\"\n}\n";
    json_t *document;
    if (seal_decode((const char *)bytes, count, &document, NULL) == JB_OK)
        json_decref(document);

    char hex[SHA256_HEX_SIZE];
    unsigned char digest[SHA256_SIZE];
    char *text = malloc(count + 200);
    if (text == NULL || sha256_of(bytes, count, digest, NULL) != JB_OK)
        abort();
    hex_encode(digest, sizeof digest, hex);
    memcpy(text, bytes, count);
    size_t size = count + (size_t)snprintf(text + count, 200, "%s%s%s", begin, hex, end);
    jb_error error = JB_ERROR_INIT;
    if (seal_decode(text, size, &document, &error) == JB_OK) {
        /* What was understood is written so that it is understood again. */
        struct buffer again;
        buffer_init(&again, SEAL_BYTES_MAX);
        json_t *same;
        if (seal_encode(document, &again, &error) != JB_OK ||
            seal_decode(again.data, again.size, &same, &error) != JB_OK)
            abort();
        json_decref(same);
        buffer_clean_up(&again);
        json_decref(document);
    }
    free(text);
    return 0;
}
