/*
 * Purpose: SQLite under a file system and a heap that fail on command, for tests. The nth write,
 * sync or truncation of any file fails with the code given, once or from then on; allocations are
 * counted and fail with base/memory's.
 */
#ifndef DANCU_TESTS_UNIT_STORE_FAULTY_H
#define DANCU_TESTS_UNIT_STORE_FAULTY_H

#include <stdbool.h>
#include <stdint.h>

/* Before anything else of SQLite is used in the process. */
void faulty_install(void);
/* The nth write-like call from now on fails with this result code; 0 = none. With `lasting`, so
 * does every later one. */
void faulty_fail_at(uint64_t nth, int code, bool lasting);
/* Write-like calls since the last faulty_fail_at(). */
uint64_t faulty_count(void);

#endif
