/* A test's own directory, and commands run in it. Everything fails the test at once where it does not work. */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

/* Makes an empty directory of the program's own and goes into it. */
void scratch_enter(void);
/* Leaves the directory and removes it with all in it. */
void scratch_leave(void);

/* Runs the line by /bin/sh; it must exit with 0. */
void scratch_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, but answers with its exit status. */
int scratch_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
