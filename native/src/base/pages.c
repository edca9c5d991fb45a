#include "pages.h"

#include <sys/mman.h>

#define HUGE_FROM ((size_t)4 << 20)

void *pages_new(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    /* The first touch of each small page costs more than filling it. Where there are no huge ones, nothing changes. */
    if (size >= HUGE_FROM)
        madvise(pages, size, MADV_HUGEPAGE);
    return pages;
}

void pages_free(void *pages, size_t size)
{
    if (pages != NULL)
        munmap(pages, size);
}
