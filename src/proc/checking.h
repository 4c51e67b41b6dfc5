/*
 * Purpose: the frames by which the public process asks whether a letter is genuine, for anybody who
 * holds one, and is told no more than that: never what stands in it or to whom it went. The
 * receiver relies on no promise of the sender. Source: issue "Written requests", item 5.
 */
#ifndef DANCU_PROC_CHECKING_H
#define DANCU_PROC_CHECKING_H

#include "base/ceilings.h"
#include "proc/frame.h"
#include "seal/seal.h"

/* FRAME_LETTER_CHECK, public -> core: u64 tag, 32 bytes hash, block16 number. By number: `hash` is
 * that of number and code (domain/letter_code.h); by file: `number` is empty and `hash` the
 * SHA-256 of the whole file. */
struct letter_asked {
    uint64_t tag;
    uint8_t hash[SEAL_HASH_BYTES];
    struct view number; /* at most LETTER_NUMBER_BYTES_MAX */
};
void checking_put_asked(struct buf *buf, const struct letter_asked *asked);
struct outcome checking_get_asked(const struct frame *frame, struct letter_asked *ret_asked);

enum letter_standing {
    LETTER_IS_UNKNOWN, /* or the code is another one; nothing else is said */
    LETTER_IS_GENUINE,
    LETTER_IS_SUPERSEDED, /* another letter stands in its place */
    LETTER_IS_WITHDRAWN,
    LETTER_STANDING_COUNT
};

/* FRAME_LETTER_CHECKED, core -> public: u64 tag, u8 standing, u64 day, block16 number, block16
 * office, block16 replaced_by. */
struct letter_told {
    uint64_t tag;
    enum letter_standing standing;
    int64_t day;             /* its date, since 1970 */
    struct view number;      /* as it is printed */
    struct view office;      /* name of who has issued it */
    struct view replaced_by; /* number of the letter in its place; may be empty */
};
void checking_put_told(struct buf *buf, const struct letter_told *told);
struct outcome checking_get_told(const struct frame *frame, struct letter_told *ret_told);

#endif
