/*
 * A store whose operations fail one at a time, between the store's functions and its driver: a request that never
 * arrived, one that was done and whose answer was lost, a process that ends before or after it.
 */
#ifndef TESTS_FAULTY_STORE_H
#define TESTS_FAULTY_STORE_H

#include "store/store.h"

enum store_fault { STORE_WORKS, STORE_REFUSES, STORE_LOSES_ANSWER, STORE_KILLS_BEFORE, STORE_KILLS_AFTER };

#define FAULTY_STORE_EXIT_CODE 42
#define FAULTY_STORE_NEVER     (~0u)

/* One store a program, as long as it is open. */
void faulty_store_install(jb_store *store);
/* Operation number `at`, from 0, meets this. */
void faulty_store_begin(enum store_fault fault, unsigned at);
/* How many there were. */
unsigned faulty_store_end(void);
/* Which operation met it; "" where none did. */
const char *faulty_store_struck(void);

#endif
