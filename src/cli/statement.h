/*
 * Purpose: a statement held against the log's verifier key, line by line: every row is proved, and
 * they are all that the map has. Needs neither register nor log. Private to cli/.
 * Source: docs/map.md "Verifying".
 */
#ifndef DANCU_CLI_STATEMENT_H
#define DANCU_CLI_STATEMENT_H

#include "base/bytes.h"

#define STATEMENT_LINE_BYTES_MAX (1u << 18)
#define STATEMENT_ROWS_MAX (1u << 24)

struct statement_report {
    uint64_t rows;
    uint64_t since;
    uint64_t forgotten; /* of the rows, those whose details are not kept any more */
    uint64_t unproved;  /* of those since, likewise: nothing shows that they are his */
    bool map;           /* there was one */
    uint64_t size;      /* of the log that it is of, and ... */
    int64_t day;        /* ... its day, since 1970-01-01 */
    uint64_t line;      /* the last that was looked at, from 1 */
    char why[256];      /* what is bad; empty when good */
};

struct statement_check;
/* `vkey`: one line, borrowed. `report` is filled as it goes. */
struct outcome statement_check_new(struct view vkey, struct statement_report *report,
                                   struct statement_check **ret_check);
void statement_check_free(struct statement_check *check);
/* The next line, without its end. FAULT_CORRUPT: it is not good, and nothing after it can be. */
struct outcome statement_check_line(struct statement_check *check, struct view line);
/* There are no more lines. FAULT_CORRUPT likewise. */
struct outcome statement_check_end(struct statement_check *check);
/* After its end: has it a map that is no older than the day before that one? FAULT_CORRUPT. */
struct outcome statement_check_day(struct statement_check *check, int64_t day);

#endif
