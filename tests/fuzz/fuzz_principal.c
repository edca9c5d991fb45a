/* The service principal's file, and the secret that holds it as a text. No message holds any of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/azure/principal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct principal_file file;
    jb_error error = JB_ERROR_INIT;
    char *text = malloc(count + 1);
    if (text == NULL)
        return 0;
    memcpy(text, bytes, count);
    text[count] = '\0';
    if (principal_file_parse(&file, text, &error) == JB_OK) {
        if (file.tenant == NULL || file.client == NULL || file.secret == NULL)
            abort();
        principal_file_clean_up(&file);
    } else if (error.text[0] == '\0' || strstr(error.text, "hush") != NULL || strstr(error.hint, "hush") != NULL) {
        abort();
    }
    free(text);
    return 0;
}
