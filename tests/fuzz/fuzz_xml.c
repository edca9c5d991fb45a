/* XML of stores: bounded and without entities. */
#include "codec/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static int each(void *context, const char *path, const char *text, jb_error *error)
{
    (void)context;
    (void)path;
    (void)text;
    (void)error;
    return JB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    jb_error error = JB_ERROR_INIT;
    xml_read(bytes, count, each, NULL, &error);
    return 0;
}
