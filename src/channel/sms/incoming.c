/*
 * Messages that come in: read, told to the core, and confirmed when the core has them.
 *
 * Invariants
 *  1. A message is confirmed only when the core says that it is taken, or when there is nobody to
 *     answer it: then it is counted.
 *  2. One that the core does not take, or of which nobody knows, is given back: the centre brings
 * it again.
 */
#include "channel/sms/private.h"

#include "base/check.h"
#include "channel/sms/syntax.h"
#include "seal/seal.h"

/* ---- places ---- */

static struct incoming *place_new(struct sms *sms, uint64_t *ret_tag)
{
    CHECK(sms->incoming_count < SMS_PENDING_MAX);
    unsigned place = 0;

    while (sms->incoming[place].used) {
        place++;
    }
    struct incoming *incoming = &sms->incoming[place];
    *incoming = (struct incoming){.used = true, .serial = incoming->serial + 1};
    sms->incoming_count++;
    *ret_tag = (uint64_t)incoming->serial << 32 | place;
    return incoming;
}

/* NULL: none has that tag, or no more. */
static struct incoming *place_find(struct sms *sms, uint64_t tag)
{
    uint64_t place = tag & UINT32_MAX;

    if (place >= SMS_PENDING_MAX || !sms->incoming[place].used ||
        sms->incoming[place].serial != tag >> 32) {
        return NULL;
    }
    return &sms->incoming[place];
}

/* Invariants 1 and 2. */
static void end(struct sms *sms, struct incoming *incoming, bool taken)
{
    bool same_link = incoming->link == sms->link.serial;
    int64_t now_us = clock_monotonic_us(&sms->clock);

    sms->counts.taken += taken ? 1 : 0;
    sms->counts.returned += taken ? 0 : 1;
    link_respond(sms, incoming->link, incoming->sequence, taken ? SMPP_OK : SMPP_TEMPORARY);
    if (same_link && taken) {
        sms->link.useful = true;
        prints_answered(&sms->prints, incoming->print, sms->link.mark + 1, now_us);
    } else if (same_link) {
        prints_returned(&sms->prints, incoming->print, now_us);
    }
    if (taken) {
        joins_end(&sms->joins, incoming->join);
    }
    incoming->used = false;
    sms->incoming_count--;
}

/* ---- from the centre ---- */

/* The same from the same phone to us has the same. */
static void print_of(const struct smpp_message *message, struct view text,
                     uint8_t ret_print[TEXTING_PRINT_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO bytes;
    buf_init(&bytes, SMS_TEXT_BYTES_MAX + 2 * (SMPP_ADDRESS_BYTES_MAX + 2));

    buf_put_block16(&bytes, message->source);
    buf_put_block16(&bytes, message->destination);
    buf_put_view(&bytes, text);
    seal_sha256(buf_view(&bytes), hash);
    memcpy(ret_print, hash, TEXTING_PRINT_BYTES);
}

static bool is_phone(const struct smpp_message *message)
{
    struct view source = message->source;
    bool phone = source.len > 0 && message->source_ton != SMPP_TON_ALPHANUMERIC;

    for (size_t i = 0; i < source.len && phone; i++) {
        bool digit = source.data[i] >= '0' && source.data[i] <= '9';
        phone = digit || (i == 0 && source.data[i] == '+' && source.len > 1);
    }
    return phone;
}

/* What it says, as UTF-8. False: it is no text, or not whole yet. */
static bool text_of(struct sms *sms, const struct smpp_message *message, struct buf *ret_text,
                    struct join_mark *ret_mark)
{
    struct sms_part part;

    if (!is_phone(message) || !outcome_ok(sms_part_get(message, &part))) {
        sms->counts.unread++;
        return false;
    }
    if (part.count > 1) {
        sms->counts.parts++;
        return joins_take(&sms->joins, message, &part, clock_monotonic_us(&sms->clock), ret_text,
                          ret_mark);
    }
    if (!outcome_ok(sms_text_get(part.text, message->coding, ret_text))) {
        sms->counts.unread++;
        return false;
    }
    return true;
}

static void tell_core(struct sms *sms, uint32_t sequence, const struct smpp_message *message,
                      struct view text, struct join_mark join)
{
    struct sms_command command;
    struct texting_asked asked = {.phone = message->source};
    struct incoming *incoming = place_new(sms, &asked.tag);

    incoming->link = sms->link.serial;
    incoming->sequence = sequence;
    incoming->join = join;
    print_of(message, text, incoming->print);
    memcpy(asked.print, incoming->print, sizeof(asked.print));
    asked.again = prints_come(&sms->prints, incoming->print, clock_monotonic_us(&sms->clock));
    sms->counts.again += asked.again ? 1 : 0;
    sms_syntax_read(&sms->settings.syntax, text, &command);
    asked.verb = command.verb;
    asked.number = command.number;
    asked.rest = command.rest;
    texting_put_asked(&sms->core.out, &asked);
    struct outcome outcome = pipe_flush(&sms->core);
    if (!outcome_ok(outcome)) {
        pipe_lose(&sms->core, outcome);
        incoming_core_lost(sms);
    }
}

void incoming_take(struct sms *sms, uint32_t sequence, const struct smpp_message *message)
{
    struct join_mark join = {0};
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);

    if (!pipe_is_open(&sms->core)) { /* invariant 2 */
        sms->counts.returned++;
        link_respond(sms, sms->link.serial, sequence, SMPP_TEMPORARY);
    } else if (text_of(sms, message, &text, &join)) {
        tell_core(sms, sequence, message, buf_view(&text), join);
    } else {
        link_respond(sms, sms->link.serial, sequence, SMPP_OK);
    }
}

/* ---- from the core ---- */

struct outcome incoming_told(struct sms *sms, const struct frame *frame)
{
    struct texting_told told;

    TRY(texting_get_told(frame, &told));
    struct incoming *incoming = place_find(sms, told.tag);
    if (incoming == NULL) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no message in hand");
    }
    end(sms, incoming, told.taken);
    return OUTCOME_OK;
}

void incoming_core_lost(struct sms *sms)
{
    for (unsigned i = 0; i < SMS_PENDING_MAX; i++) {
        if (sms->incoming[i].used) {
            end(sms, &sms->incoming[i], false);
        }
    }
}
