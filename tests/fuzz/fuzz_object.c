/* Descriptions of objects: what is accepted comes out the same. */
#include <stdlib.h>

#include "codec/json.h"
#include "stream/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    json_t *json;
    jb_error error = JB_ERROR_INIT;
    if (json_parse((const char *)bytes, count, "the input", &json, &error) != JB_OK)
        return 0;
    struct object object;
    if (object_from_json(json, &object, &error) == JB_OK) {
        json_t *again = object_to_json(&object, &error);
        struct object same;
        if (again == NULL || object_from_json(again, &same, &error) != JB_OK)
            abort();
        object_clean_up(&same);
        json_decref(again);
        object_clean_up(&object);
    }
    json_decref(json);
    return 0;
}
