/* A store in memory with one bucket, for tests that make thousands of backups: no requests, no disk. */
#ifndef TESTS_MEMORY_STORE_H
#define TESTS_MEMORY_STORE_H

#include "store/store.h"

/* To be closed by jb_store_close. Any failure fails the test. */
jb_store *memory_store_new(void);

/* Sets an object, `age` seconds old. */
void memory_store_put(jb_store *store, const char *key, const char *bytes, size_t count, int64_t age);
/* The same for a key that is not there yet, without looking. */
void memory_store_add(jb_store *store, const char *key, const char *bytes, size_t count, int64_t age);
bool memory_store_has(jb_store *store, const char *key);
size_t memory_store_count(jb_store *store);
/* Of the Nth object; valid until the store changes. */
const char *memory_store_key(jb_store *store, size_t number);
/* What the store's server tells as its clock is so far ahead of this machine's; 0 at first. */
void memory_store_set_clock(jb_store *store, int64_t ahead_s);
/* How long each reading takes; 0 at first. */
void memory_store_set_delay(jb_store *store, unsigned delay_ms);
/* How many readings were under way at the same time, at most. */
unsigned memory_store_most_at_once(jb_store *store);
void memory_store_clear(jb_store *store);

#endif
