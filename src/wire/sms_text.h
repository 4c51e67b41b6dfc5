/*
 * Purpose: what a short message says, between UTF-8 and the alphabets of the air, and its parts.
 * Pure. Source: 3GPP TS 23.038 sections 6.2.1, 6.2.3 (7-bit default alphabet with its extension,
 * UCS-2), TS 23.040 section 9.2.3.24 (user data header: concatenation with 8- and 16-bit
 * reference); SMPP 3.4 section 5.2.19 (data_coding). Septets travel one an octet, as SMPP has them.
 */
#ifndef DANCU_WIRE_SMS_TEXT_H
#define DANCU_WIRE_SMS_TEXT_H

#include "wire/smpp.h"

#define SMS_CODING_GSM 0
#define SMS_CODING_ASCII 1
#define SMS_CODING_LATIN1 3
#define SMS_CODING_UCS2 8

/* A unit's text without its header, and which part of what it is. */
struct sms_part {
    struct view text;
    uint16_t reference; /* the parts of one message have the same */
    unsigned count;     /* 1: whole */
    unsigned number;    /* 1..count */
};
/* FAULT_BAD_INPUT: the header does not fit, or says more than SMS_PARTS_MAX parts. */
struct outcome sms_part_get(const struct smpp_message *message, struct sms_part *ret_part);

/* Appends it as UTF-8, SMS_TEXT_BYTES_MAX at most. What the alphabet does not have becomes a blank
 * (TS 23.038: an escape to nothing) . FAULT_BAD_INPUT: bytes that are no text of that coding, or a
 * coding that is none of the above or of their classes (0xf0 to 0xf3). */
struct outcome sms_text_get(struct view bytes, uint8_t coding, struct buf *ret_text);

/* How a text is sent. */
struct sms_plan {
    uint8_t coding; /* SMS_CODING_GSM when its letters allow, else SMS_CODING_UCS2 */
    unsigned parts;
};
/* `text` is UTF-8, not empty. FAULT_OVER_LIMIT: more than SMS_PARTS_MAX parts. */
struct outcome sms_text_plan(struct view text, struct sms_plan *ret_plan);
/* Appends part `number` (1..parts) with its header, if there is more than one; at most
 * SMS_PART_BYTES_MAX octets on the air, whole characters only. */
void sms_text_put(struct view text, const struct sms_plan *plan, unsigned number, uint8_t reference,
                  struct buf *ret_bytes);

#endif
