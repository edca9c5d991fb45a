/* The tar stream of an archive's selected members alone, from the frames that hold them. */
#ifndef ARCHIVE_SELECTED_SOURCE_H
#define ARCHIVE_SELECTED_SOURCE_H

#include "selection.h"

struct selected_source;

/* `packed` is the archive's compressed stream, `name` its name for messages; all three must outlive the source. Each
 * frame is used only when its digest was found right: JB_ERROR_VERIFY. */
int selected_source_new(struct byte_range *packed, const struct selection *selection, const char *name,
                        struct selected_source **source, jb_error *error);
struct byte_source *selected_source_bytes(struct selected_source *source);
/* NULL is allowed. */
void selected_source_free(struct selected_source *source);

#endif
