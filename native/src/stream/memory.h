/* How an operation's memory budget is shared out. */
#ifndef STREAM_MEMORY_H
#define STREAM_MEMORY_H

#include "../base/operation.h"

/* What the process holds besides the stream's buffers (libraries, connections, thread stacks), as measured by
 * tests/bench. */
#define MEMORY_RESERVED ((uint64_t)18 << 20)

/* For parts, or for parts and frames together; at least two of the smallest parts. */
static inline size_t memory_for_buffers(const jb_operation *operation)
{
    uint64_t limit = operation_memory_limit(operation);
    uint64_t least = (uint64_t)16 << 20;
    return (size_t)(limit < MEMORY_RESERVED + least ? least : limit - MEMORY_RESERVED);
}

/* Where a tree is read: the share of what is read ahead of the archive, which is taken from memory_for_buffers. */
static inline size_t memory_for_reading_ahead(const jb_operation *operation)
{
    size_t most = (size_t)8 << 20, share = memory_for_buffers(operation) / 8;
    return share < most ? share : most;
}

/* The share of the frames that are being compressed. */
static inline size_t memory_for_frames(size_t buffers)
{
    return buffers / 5 * 2;
}

/* The share of the frames that are decompressed ahead: less, for parts come from far, and frames are soon through. */
static inline size_t memory_for_frames_ahead(size_t buffers)
{
    return buffers / 4;
}

#endif
