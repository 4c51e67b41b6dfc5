/*
 * Purpose: a list of persons that an account asks for: whom it should have, for which business and
 * case, which of their fields. It gives nobody anything: an officer approves a list, or refuses it
 * (decisions 0052, 0053).
 * Source: issue catalogue (list.extract); domain/population.h (what may be said of persons).
 */
#ifndef DANCU_DOMAIN_WISH_H
#define DANCU_DOMAIN_WISH_H

#include "base/bytes.h"
#include "base/ceilings.h"

/* Every view borrows. */
struct wish {
    struct view business; /* empty: `unit` and `procedure` name it */
    struct view unit;
    struct view procedure;
    struct view officer;  /* empty: none is named */
    struct view case_ref; /* 1..ASK_CASE_BYTES_MAX */
    struct view criteria; /* a condition on people, of which each part is place, age or sex */
    uint64_t fields;      /* a mask; 0: what the business grants through list.extract */
};

/* UTF-8 of min..max bytes without control characters, as every text of a wish. */
bool wish_text_sane(struct view text, size_t min, size_t max);
/* Everything above is so. */
bool wish_sane(const struct wish *wish);
/* Six block16 in that order, u64. */
void wish_put(const struct wish *wish, struct buf *buf);
/* FAULT_BAD_INPUT: not one, or not a sane one. */
struct outcome wish_get(struct view text, struct wish *ret_wish);
/* Canonical JSON of what an officer has to know: business, case, criteria, fields, officer. */
void wish_put_json(const struct wish *wish, struct buf *buf);

#endif
