/*
 * A sink that cuts a stream of unknown length into parts, hashes each once, and sends several at a time. Nothing is
 * visible in the store before finish has succeeded.
 */
#ifndef STREAM_PART_WRITER_H
#define STREAM_PART_WRITER_H

#include "../base/bytes.h"
#include "../base/task.h"
#include "../base/workers.h"
#include "../store/store.h"
#include "object.h"

struct part_writer;

/* `memory_bytes`: for all its parts together, at least 16 MiB. `replace`: an object under the key may exist. */
int part_writer_new(jb_store *store, jb_operation *operation, struct workers *workers, const char *bucket,
                    const char *key, bool replace, size_t memory_bytes, struct part_writer **writer, jb_error *error);

/* Before the first byte: how long the stream will be, so that its parts are large enough for one object to take it.
 * More or fewer bytes may come. */
void part_writer_expect(struct part_writer *writer, uint64_t bytes);

/* Before the first byte: nothing is asked of the store before the task has ended, whose failure is the writer's. The
 * task must outlive the writer. */
void part_writer_after(struct part_writer *writer, struct task *task);

struct byte_sink *part_writer_sink(struct part_writer *writer);

/* The empty room of the part that is filled now, so that bytes can be read right into it; advance says how many were.
 * At least 1 byte. */
int part_writer_reserve(struct part_writer *writer, void **room, size_t *capacity, jb_error *error);
int part_writer_advance(struct part_writer *writer, size_t count, jb_error *error);

/* No more bytes will come: sends the last part, so that it is on its way while the caller does something else before it
 * calls finish. What fits its first part is sent by finish alone. */
int part_writer_flush(struct part_writer *writer, jb_error *error);

/* Sends what is left, waits for all, completes every segment and has the store confirm it. Fills the object's name,
 * segments, bytes and digest. */
int part_writer_finish(struct part_writer *writer, struct object *object, jb_error *error);

/* Ends it in any state: what is not finished is aborted and leaves nothing in the store. */
void part_writer_free(struct part_writer *writer);

#endif
