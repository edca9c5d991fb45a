#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"

#define MEMORY_DEFAULT ((size_t)2 << 20)

void listing_init(struct listing *listing, size_t memory_max)
{
    size_t bytes = memory_max ? memory_max : MEMORY_DEFAULT;
    *listing = (struct listing){.run_max = bytes / 2};
    spill_init(&listing->spill, bytes);
    buffer_init(&listing->run, bytes / 2 + RUN_NAME_MAX);
}

void listing_clean_up(struct listing *listing)
{
    spill_clean_up(&listing->spill);
    buffer_clean_up(&listing->run);
    free(listing->order);
}

static int compare_names(const void *left, const void *right, void *context)
{
    const char *run = context;
    return strcmp(run + *(const uint32_t *)left + RUN_HEAD, run + *(const uint32_t *)right + RUN_HEAD);
}

/* The names that were gathered, sorted, behind what the spill file holds. */
static int put_run(struct listing *listing, size_t count, jb_error *error)
{
    if (count > listing->order_room) {
        uint32_t *order = realloc(listing->order, count * sizeof(*order));
        if (!order)
            return error_no_memory(error);
        listing->order = order;
        listing->order_room = count;
    }
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        listing->order[i] = at;
        at += (uint32_t)run_name_size(listing->run.data + at);
    }
    qsort_r(listing->order, count, sizeof(*listing->order), compare_names, listing->run.data);
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        const char *name = listing->run.data + listing->order[i];
        code = spill_append(&listing->spill, name, run_name_size(name), error);
    }
    listing->run.size = 0;
    return code;
}

static int add_name(struct listing *listing, const struct dirent *entry, jb_error *error)
{
    size_t length = strlen(entry->d_name);
    if (length > LISTING_NAME_MAX)
        return error_set(error, JB_ERROR_LIMIT, "a name of more than %u bytes", LISTING_NAME_MAX);
    char head[RUN_HEAD];
    run_head(head, length, entry->d_type);
    int code = buffer_append(&listing->run, head, sizeof(head), error);
    return code == JB_OK ? buffer_append(&listing->run, entry->d_name, length + 1, error) : code;
}

/* Runs of sorted names, one behind the other. */
static int read_runs(struct listing *listing, DIR *stream, struct runs *runs, jb_error *error)
{
    size_t count = 0;
    int code = JB_OK;
    while (code == JB_OK) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry && errno != 0)
            return error_set_errno(error, errno, "cannot list a directory");
        if (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
            continue;
        if (entry) {
            code = add_name(listing, entry, error);
            count++;
        }
        if (code == JB_OK && count > 0 && (!entry || listing->run.size >= listing->run_max)) {
            code = runs_add(runs, listing->spill.size, error);
            if (code == JB_OK)
                code = put_run(listing, count, error);
            count = 0;
        }
        if (!entry)
            break;
    }
    return code;
}

static int sort(struct listing *listing, DIR *stream, struct listing_range *range, jb_error *error)
{
    struct runs runs = {0};
    int code = read_runs(listing, stream, &runs, error);
    range->next = listing->spill.size;
    if (code == JB_OK && runs.count > 1)
        code = runs_merge(&runs, &listing->spill, error);
    else
        range->next = range->begin;
    range->end = listing->spill.size;
    runs_clean_up(&runs);
    return code;
}

int listing_read(struct listing *listing, int fd, struct listing_range *range, jb_error *error)
{
    /* Of its own, for closedir closes it. */
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = own >= 0 ? fdopendir(own) : NULL;
    if (!stream) {
        int code = error_set_errno(error, errno, "cannot list a directory");
        if (own >= 0)
            close(own);
        return code;
    }
    range->begin = listing->spill.size;
    listing->run.size = 0;
    int code = sort(listing, stream, range, error);
    closedir(stream);
    return code;
}

int listing_next(const struct listing *listing, struct listing_range *range, struct listing_name *name, jb_error *error)
{
    name->text[0] = '\0';
    if (range->next >= range->end)
        return JB_OK;
    char record[RUN_NAME_MAX];
    uint64_t left = range->end - range->next;
    int code =
        spill_read(&listing->spill, range->next, record, left < sizeof(record) ? (size_t)left : sizeof(record), error);
    if (code != JB_OK)
        return code;
    name->type = run_name_type(record);
    memcpy(name->text, record + RUN_HEAD, run_name_size(record) - RUN_HEAD);
    range->next += run_name_size(record);
    return JB_OK;
}

void listing_drop(struct listing *listing, const struct listing_range *range)
{
    spill_cut(&listing->spill, range->begin);
}
