/* Folders and object names: what is taken apart makes the same folder again; no name that is accepted leaves its place.
 */
#include <stdlib.h>
#include <string.h>

#include "backup/name.h"
#include "base/clock.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char *text = malloc(count + 1);
    if (text == NULL)
        abort();
    memcpy(text, bytes, count);
    text[count] = '\0';
    struct backup_id id;
    if (backup_id_parse(&id, text) && strcmp(id.folder, text) != 0)
        abort();
    int64_t seconds;
    clock_parse_http(text, &seconds);
    if (clock_parse_timestamp(text, &seconds)) {
        char again[CLOCK_TIMESTAMP_SIZE];
        clock_format_timestamp(seconds, again);
        if (strncmp(again, text, strlen(again)) != 0)
            abort();
    }
    if (store_check_names("bucket", text, NULL) == JB_OK &&
        (text[0] == '/' || strcmp(text, "..") == 0 || strstr(text, "/../") != NULL))
        abort();
    free(text);
    return 0;
}
