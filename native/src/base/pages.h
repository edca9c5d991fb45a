/* Large buffers straight from the kernel: given back at once, so that the budget is what the process really holds. */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* NULL without memory. */
void *pages_new(size_t size);
/* NULL is allowed. */
void pages_free(void *pages, size_t size);

#endif
