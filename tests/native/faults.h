/*
 * Faults in what the library asks of the system, one at a time: link the program with FAULTS_WRAPPED of CMakeLists.txt.
 * Allocations are those of our own code, of jansson and of OpenSSL; calls are those that touch files and start threads.
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>

enum fault { FAULT_NONE, FAULT_MEMORY, FAULT_CALL, FAULT_KILL };

#define FAULTS_NEVER     (~0u)
#define FAULTS_EXIT_CODE 42

/* Before the libraries' first use. */
void faults_init(void);
/* The allocation or call number `at`, from 0, fails (FAULT_KILL: ends the process instead). */
void faults_begin(enum fault kind, unsigned at);
/* The file system cannot exchange two names. */
void faults_without_exchange(bool without);
/* How many there were. */
unsigned faults_end(void);
/* The names of the calls in their order, " open pwrite …", of a run with FAULT_CALL at FAULTS_NEVER; as much as fits in
 * 64 KiB. */
const char *faults_trace(void);
/* What failed; "" where nothing did. */
const char *faults_struck(void);

#endif
