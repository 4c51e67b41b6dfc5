/*
 * Purpose: what asks cost, counted as a statement for each party and month (UTC+7): how many asks
 * and fields of which product at which price. Owner: the directory; changed by the gate alone.
 * Source: Circular 48/2022/TT-BTC (policy/fees.yaml); design.md section 5 ("a miss counts and is
 * billed like a hit").
 *
 * What an ask cost stands in its record, as it was priced then: the statements are derived from the
 * log, by replay or from a snapshot and the tail behind it, and no later policy changes them. They
 * are kept FEE_MONTHS_MAX months; `dancu fees statement` counts any month from the log.
 */
#ifndef DANCU_GATE_FEES_H
#define DANCU_GATE_FEES_H

#include "gate/directory.h"
#include "gate/record.h"

#define FEE_VND_MAX INT32_MAX /* for a field; the policy's prices are lower, too */
#define FEE_MONTH_LAST ((9999 - 1970) * 12 + 11)

/* What one ask costs: each of its fields the price. A zeroed one: nothing. */
struct fee {
    struct view product;
    uint64_t vnd_per_field;
    unsigned fields;
};

struct fee_line {
    struct fee_line *next; /* by product, then by price */
    struct code_text product;
    uint64_t vnd_per_field;
    uint64_t asks;
    uint64_t fields;
};

struct statement {
    struct code_text code; /* the party's code, a dot, the month: "bank.2026-11" */
    uint32_t version;      /* grows with each ask */
    struct party *party;
    struct code_text month;
    int32_t months; /* since 1970-01 */
    uint64_t asks;
    uint64_t fields;
    uint64_t vnd;
    struct fee_line *lines;
    unsigned line_count;
    uint32_t saved;         /* the last snapshot that has it (save.h) */
    struct statement *next; /* made after it */
};

/* Where an ask is going to be counted; good until the next fees_reserve() of another month. */
struct fee_place {
    struct statement *statement;
    struct fee_line *line;
};

/* Months since 1970-01 of a day (since 1970-01-01). */
int32_t fees_month(int64_t day);
/* The same of `YYYY-MM`. FAULT_BAD_INPUT: that is no month since 1970. */
struct outcome fees_month_get(struct view text, int32_t *ret_month);
/* Finds the statement of party and month, or makes an empty one, for which the oldest may have to
 * go. FAULT_OVER_LIMIT: none is old enough; FAULT_NO_MEMORY. */
struct outcome fees_statement(struct directory *directory, struct party *party, int32_t month,
                              struct statement **ret_statement);
/* Finds or makes where such a fee is counted; counts nothing. FAULT_OVER_LIMIT: the statement has
 * FEE_LINES_MAX lines; and as fees_statement(). */
struct outcome fees_reserve(struct directory *directory, struct party *party, int32_t month,
                            const struct fee *fee, struct fee_place *ret_place);
/* Counts so many asks, and their fields. Cannot fail. */
void fees_count(const struct fee_place *place, uint64_t asks, uint64_t fields);
/* Forgets all. */
void fees_clear(struct directory *directory);

/* What a recorded ask cost, and whom; views borrow from the record. Of a record that is no ask's,
 * and of an ask that cost nothing: a zeroed fee. FAULT_CORRUPT. */
struct outcome fees_of_record(const struct record *record, struct view *ret_party,
                              struct fee *ret_fee);

/* Its lines as a JSON array, as clients see it. */
void fees_put_lines(const struct statement *statement, struct buf *buf);
/* All of it as CSV (RFC 4180): a header, the lines. */
void fees_put_csv(const struct statement *statement, struct buf *buf);

/* For the directory's map. */
struct view fees_key(const void *statement);

#endif
