/*
 * Purpose: what own.history gives: a page of who has seen a citizen, or one row with its proof.
 * Each row is an old record, so a page is made beforehand, one record a call, and the ask that it
 * is for goes through the gate when it is ready (decision 0060). There is one at a time. Private to
 * gate/.
 */
#ifndef DANCU_GATE_PAGE_H
#define DANCU_GATE_PAGE_H

#include "gate/directory.h"
#include "gate/history.h"
#include "store/fetch.h"

enum page_state {
    PAGE_NONE,
    PAGE_MAKING,
    PAGE_READY,
    PAGE_DAMAGED, /* something that was to be read is: it gives nothing */
};

struct page {
    enum page_state state;
    struct code_text citizen; /* personal number of whom it is about */
    struct code_text asker;   /* and of who asks, over a session or from a phone; else empty */
    struct code_text account; /* that carries it */
    uint64_t person;          /* his key; 0: the register has no such person */
    struct code_text party;   /* of the wish; empty: any */
    uint64_t fields;          /* that rows may name */
    bool proof;               /* of the one row */
    bool stated;              /* the beginning of a statement ... */
    uint8_t token[STATEMENT_TOKEN_BYTES]; /* ... by which its other parts are fetched */
    uint64_t end;                         /* behind all rows that he may see */
    struct ask_history wish;              /* without its party */
    bool sought;                          /* rows are those that are shown */
    struct history_row rows[HISTORY_PAGE_ROWS_MAX];
    unsigned count;
    unsigned at;      /* the next one to be read */
    uint64_t visible; /* rows of his in all */
    uint64_t size;    /* of the log then */
    uint64_t below;   /* older rows are below it; 0: there are none */
    struct buf json;  /* canonical */
};

/* Whose row, the fields that it may name, and where it stands. */
struct page_row {
    uint64_t person;
    uint64_t fields;
    uint64_t place;
};
struct gate;
/* Appends one row as pages have it. */
void page_put_row(const struct gate *gate, const struct page_row *row, const struct record *record,
                  struct buf *buf);

void page_init(struct page *page);
void page_done(struct page *page); /* wipes */

#endif
