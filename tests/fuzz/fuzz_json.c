/* JSON from outside: what is read is written the same again. */
#include <stdlib.h>

#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    json_t *document, *again;
    struct buffer text;
    jb_error error = JB_ERROR_INIT;
    if (json_parse_secret((const char *)bytes, count, "the input", &document, &error) == JB_OK)
        json_wipe(document);
    if (json_parse((const char *)bytes, count, "the input", &document, &error) != JB_OK)
        return 0;
    buffer_init(&text, 1 << 20);
    if (json_write(document, JSON_INDENT(2), &text, &error) == JB_OK) {
        if (json_parse(text.data, text.size, "the output", &again, &error) != JB_OK || !json_equal(document, again))
            abort();
        json_decref(again);
    }
    json_member_text(document, "message");
    buffer_clean_up(&text);
    json_decref(document);
    return 0;
}
