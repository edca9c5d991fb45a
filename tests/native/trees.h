/* Small directory trees, copied, removed and compared within the process: loops over every fault do so thousands of
 * times. */
#ifndef TESTS_TREES_H
#define TESTS_TREES_H

#include <stdbool.h>

/* Directories, files, links (hard ones as such within a tree), with modes and times. `to` must not exist; a `from` that
 * does not exist leaves it so. Any failure fails the test. */
void tree_copy(const char *from, const char *to);
/* With all in it; it need not exist. */
void tree_remove(const char *path);
/* Do both hold the same names, with the same types, modes, times, contents, link targets and numbers of links? */
bool tree_equal(const char *left, const char *right);

#endif
