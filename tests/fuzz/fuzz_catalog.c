/* Catalogs: what is taken is written with equal value, and taken again; each number as Python's decimals would see it
 * is judged by tests/native/test_catalog.c. */
#include <stdlib.h>

#include "codec/json.h"
#include "codec/json_numbers.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    json_t *document, *again;
    struct buffer text;
    jb_error error = JB_ERROR_INIT;
    if (json_parse((const char *)bytes, count, "the catalog", &document, &error) != JB_OK)
        return 0;
    if (json_check_numbers((const char *)bytes, count, "the catalog", &error) == JB_OK) {
        size_t digits = json_real_digits(document);
        buffer_init(&text, 64 << 20);
        if (json_write(document, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits), &text, &error) !=
                JB_OK ||
            json_parse(text.data, text.size, "the output", &again, &error) != JB_OK || !json_equal(document, again) ||
            json_check_numbers(text.data, text.size, "the output", &error) != JB_OK)
            abort();
        json_decref(again);
        buffer_clean_up(&text);
    }
    json_decref(document);
    return 0;
}
