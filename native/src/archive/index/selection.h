/* Single members of an archive, chosen by their paths in its index: where they lie, and which frames hold them. */
#ifndef ARCHIVE_SELECTION_H
#define ARCHIVE_SELECTION_H

#include <stdbool.h>

#include "index_reader.h"

/* A stretch of the plain tar stream: whole members that follow one another, or one that gets another name. */
struct selected_stretch {
    uint64_t offset;
    uint64_t end;
    char *path; /* the member's other path; NULL: as it is */
    char *link; /* with path: what it is a hard link to; NULL: as it is */
};

/* A chosen hard link whose first name was not chosen: it gets the file itself. */
struct selected_link {
    char *first;
    char *path;
};

struct selection {
    char **paths; /* below the root, clean */
    bool *found;
    size_t path_count;
    struct selected_stretch *stretches;
    size_t stretch_count, stretch_capacity;
    struct index_frame *frames; /* those that hold anything chosen, in order */
    size_t frame_count, frame_capacity;
    struct selected_link *links; /* sorted by their first names once all are known */
    size_t link_count, link_capacity;
    uint64_t files;        /* members that come out */
    uint64_t bytes;        /* of regular files, with holes */
    uint64_t stored_bytes; /* of the same, without; at most some blocks of names and maps of holes more */
};

/* `paths` (NULL-ended): relative ones below the tree, absolute ones with the tree's own path, `root` ("" for "/").
 * JB_ERROR_USAGE. Clean it up in any case. */
int selection_init(struct selection *selection, const char *const *paths, const char *root, jb_error *error);
void selection_clean_up(struct selection *selection);

/*
 * Goes through the index from `lines` once. *again: it must be gone through once more, by another call with a source
 * from its beginning, for a hard link was chosen without its file, which came before it. JB_ERROR_NOT_FOUND where a
 * path is no member.
 */
int selection_read(struct selection *selection, struct byte_source *lines, const struct indexed_archive *archive,
                   bool *again, jb_error *error);

/* Is the member with this path below the root among what was chosen, or a directory on the way to it? */
bool selection_holds(const struct selection *selection, const char *below, bool is_directory);

#endif
