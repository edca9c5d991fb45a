#include "../codec/json.h"
#include "restore.h"

#define TOLD_MAX 1000u

/* With chosen paths, only what they bring counts. */
static bool comes_back(const struct restore *restore, const char *path)
{
    return restore->options->paths == NULL || selection_holds(&restore->selection, path, false);
}

void restore_tell_marked(const struct restore *restore, json_t *account, int *code, jb_error *error)
{
    json_t *marked = json_array();
    for (size_t i = 0;
         *code == JB_OK && i < json_array_size(restore->object.warnings) && json_array_size(marked) < TOLD_MAX; i++) {
        json_t *warning = json_array_get(restore->object.warnings, i);
        const char *path = json_member_text(warning, "path");
        const char *what = json_member_text(warning, "what");
        if (path == NULL || what == NULL || !comes_back(restore, path))
            continue;
        operation_log(restore->operation, JB_LOG_WARNING, "'%s' in '%s': %s when the backup was made", path,
                      restore->name, what);
        json_append(marked, json_incref(warning), code, error);
    }
    size_t told = json_array_size(marked);
    if (told == 0) {
        json_decref(marked);
        return;
    }
    bool all = restore->options->paths == NULL && restore->object.warning_count > told;
    json_put_count(account, "marked_count", all ? restore->object.warning_count : told, code, error);
    json_put(account, "marked", marked, code, error);
}
