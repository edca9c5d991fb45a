/*
 * Child processes that make or take a stream. Run without a shell, in a process group of their own, with all other
 * descriptors closed; their process group is ended when the handle is freed early or the operation is cancelled.
 */
#ifndef STREAM_PROCESS_H
#define STREAM_PROCESS_H

#include "../base/bytes.h"
#include "../base/operation.h"

struct process;

/* `argv[0]` is looked for in PATH. Standard input is /dev/null; the last 64 KiB of standard error are kept for
 * messages. */
int process_start_producer(jb_operation *operation, const char *const *argv, struct process **process, jb_error *error);

/* Waits for output; *count 0 at its end. */
int process_read(struct process *process, void *bytes, size_t capacity, size_t *count, jb_error *error);

/* JB_ERROR_PRODUCER where `argv[0]` is no program that a consumer can be started from: an absolute path, or a name in
 * an absolute directory of PATH, for a consumer runs in a directory of its own. */
int process_find_consumer(const char *const *argv, jb_error *error);

/* Runs in `directory`; gets its standard input from write; its output is kept for messages like standard error. */
int process_start_consumer(jb_operation *operation, const char *const *argv, const char *directory,
                           struct process **process, jb_error *error);
int process_write(struct process *process, const void *bytes, size_t count, jb_error *error);

/*
 * Closes the consumer's input, waits for the end. JB_ERROR_PRODUCER unless the status is 0 and `success_text` (where
 * given) stands in what was kept of standard error; the message ends with the last line of that.
 */
int process_finish(struct process *process, const char *success_text, jb_error *error);

/* Ends the process if it still runs. NULL is allowed. */
void process_free(struct process *process);

#endif
