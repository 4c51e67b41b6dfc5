/*
 * Purpose: the frames by which the process `sms` tells the core what somebody has written, and is
 * told whether it is recorded. The receiver relies on no promise of the sender: what is written,
 * and from which phone, is that process's word and the message centre's. What goes out stands in
 * sending.h. Source: issue "Citizens", item 7; decision 0062.
 *
 * A message is confirmed to the centre after TEXTING_TAKEN alone: then what it caused is recorded,
 * and its answer kept (core/outbox.h).
 */
#ifndef DANCU_PROC_TEXTING_H
#define DANCU_PROC_TEXTING_H

#include "base/ceilings.h"
#include "proc/frame.h"

#define TEXTING_PRINT_BYTES 16

enum texting_verb {
    TEXTING_UNKNOWN, /* none of the following: it is answered, too */
    TEXTING_VIEW,
    TEXTING_HISTORY,
    TEXTING_LOCK,
    TEXTING_UNLOCK,
    TEXTING_CHECK, /* is this letter genuine? */
    TEXTING_HELP,
    TEXTING_VERB_COUNT
};

/* FRAME_SMS, sms -> core: u64 tag, u8 1 = again, 16 bytes, u8 verb, block16 phone, block16 number,
 * block16 rest. */
struct texting_asked {
    uint64_t tag;
    bool again;                         /* the centre may have brought it before */
    uint8_t print[TEXTING_PRINT_BYTES]; /* of phone and text: the same text again has the same */
    enum texting_verb verb;
    struct view phone;  /* digits with or without +, as they came; 1..SMPP_ADDRESS_BYTES_MAX */
    struct view number; /* a personal number that stands in it; may be empty */
    struct view rest;   /* after the command, SMS_REST_BYTES_MAX at most; UTF-8 */
};
void texting_put_asked(struct buf *buf, const struct texting_asked *asked);
struct outcome texting_get_asked(const struct frame *frame, struct texting_asked *ret_asked);

/* FRAME_SMS, core -> sms: u64 tag, u8 1 = taken. */
struct texting_told {
    uint64_t tag;
    bool taken; /* else nothing came of it: the centre shall bring it again */
};
void texting_put_told(struct buf *buf, const struct texting_told *told);
struct outcome texting_get_told(const struct frame *frame, struct texting_told *ret_told);

#endif
