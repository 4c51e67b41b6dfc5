/*
 * Purpose: the lines of a statement: who has seen a citizen, every row with its proof, and his
 * place in the last map, by which whoever has the statement sees that no row is missing.
 * Source: docs/map.md; decision 0061. Pure: of records that the caller has read from the log.
 */
#ifndef DANCU_GATE_STATEMENT_H
#define DANCU_GATE_STATEMENT_H

#include "gate/record.h"
#include "ledger/keymap.h"
#include "ledger/ledger.h"

/* The map that the statement is held against: its record in the log, and the person's place. */
struct statement_map {
    const struct record *record;
    uint64_t index;
    const struct ledger_receipt *receipt;
    const struct keymap_path *path;
};

/* Each appends one line, without its end. FAULT_CORRUPT: a record does not give the entry of its
 * receipt. */
/* `map` NULL: none has been taken yet. */
struct outcome statement_put_head(uint64_t person, const struct statement_map *map,
                                  struct buf *lines);
/* `since`: it is behind the map. The newest first: the largest place. */
struct outcome statement_put_row(const struct record *record, uint64_t index,
                                 const struct ledger_receipt *receipt, uint64_t person, bool since,
                                 struct buf *lines);
struct outcome statement_put_end(uint64_t rows, uint64_t since, struct buf *lines);

#endif
