/* The index of an archive's members and frames as it is made: lines of JSON (docs/formats.md, Index). */
#ifndef ARCHIVE_INDEX_WRITER_H
#define ARCHIVE_INDEX_WRITER_H

#include "../../base/bytes.h"
#include "../../codec/compressor.h"
#include "../tar.h"

#define INDEX_FORMAT "jpsbackup-index-2"

struct index_writer;

/* `output` gets the lines in large pieces. */
int index_writer_new(struct byte_sink *output, struct index_writer **writer, jb_error *error);
/* NULL is allowed. */
void index_writer_free(struct index_writer *writer);

/* The first line: of which archive, and the path that all its members begin with. */
int index_writer_begin(struct index_writer *writer, const char *archive, const char *root, jb_error *error);

/* As tar_create_options.member and compressor_frame_fn; the context is the writer. */
int index_writer_member(void *writer, const struct tar_member *member, jb_error *error);
int index_writer_frame(void *writer, const struct compressor_frame *frame, jb_error *error);

/* "file", "directory", … for what enum pax_type names; NULL for all else. Static. */
const char *index_type_name(char type);

/* The last line. */
int index_writer_finish(struct index_writer *writer, jb_error *error);

#endif
