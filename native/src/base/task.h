/* One call on a thread of its own, for whose outcome others wait. */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include "error.h"

struct task;

/* `context` must outlive the task. */
int task_start(int (*run)(void *context, jb_error *error), void *context, struct task **task, jb_error *error);

/* Waits for the call's end and answers as it did; as often as wanted, on any thread. NULL has ended well. */
int task_wait(struct task *task, jb_error *error);

/* Does not wait: answers JB_OK also while it runs. */
int task_check(struct task *task, jb_error *error);

/* Waits, too. NULL is allowed. */
void task_free(struct task *task);

#endif
