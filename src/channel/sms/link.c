/*
 * The link to the message centre: one transceiver, bound again and again.
 *
 * Invariants
 *  1. The link changes its state only by the table below.
 *  2. What the centre sends that is no unit of ours is answered by generic_nack and counted; a
 *     length that cannot be ends the link, since nothing after it can be told apart.
 *  3. Whatever we ask for is answered within SMS_ANSWER_S_MAX, or the link is broken.
 */
#include "channel/sms/private.h"

#include "base/check.h"
#include "base/log.h"

#include <unistd.h>

#define US_PER_MS 1000
#define ENQUIRE_US (30 * US_PER_S)               /* a link on which nothing comes */
#define SURE_US (50 * US_PER_MS)                 /* between two questions that make messages sure */
#define OUT_BYTES_MAX (DIALED_OUT_BYTES_MAX / 2) /* more waits for the centre: it is not read */

#define REFUSED LINK_STATE_COUNT
static const enum link_state moves[LINK_STATE_COUNT][LINK_EVENT_COUNT] = {
    /*               DIAL          OPEN          BIND        LEAVE         LOSE */
    [LINK_DOWN] = {LINK_DIALING, REFUSED, REFUSED, REFUSED, LINK_DOWN},
    [LINK_DIALING] = {REFUSED, LINK_BINDING, REFUSED, LINK_DOWN, LINK_DOWN},
    [LINK_BINDING] = {REFUSED, REFUSED, LINK_BOUND, LINK_DOWN, LINK_DOWN},
    [LINK_BOUND] = {REFUSED, REFUSED, REFUSED, LINK_LEAVING, LINK_DOWN},
    [LINK_LEAVING] = {REFUSED, REFUSED, REFUSED, REFUSED, LINK_DOWN},
};

bool link_state_next(enum link_state state, enum link_event event, enum link_state *ret_next)
{
    CHECK(state < LINK_STATE_COUNT && event < LINK_EVENT_COUNT);
    *ret_next = moves[state][event];
    return *ret_next != REFUSED;
}

/* Invariant 1. */
static bool move(struct sms *sms, enum link_event event)
{
    enum link_state next;

    if (!link_state_next(sms->link.state, event, &next)) {
        return false;
    }
    sms->link.state = next;
    sms->link.since_us = clock_monotonic_us(&sms->clock);
    return true;
}

void link_init(struct sms *sms)
{
    dialed_init(&sms->link.dialed, sms->child, DIAL_MESSAGE_CENTRE, sms->settings.tls);
    sms->link.retry_ms = SMS_RETRY_MS_MIN;
}

void link_lose(struct sms *sms, struct outcome why)
{
    struct link *link = &sms->link;
    int64_t now_us = clock_monotonic_us(&sms->clock);
    bool up = link->state == LINK_BOUND || link->state == LINK_LEAVING;

    if (link->state == LINK_DOWN) {
        return;
    }
    if (up || link->retry_ms == SMS_RETRY_MS_MIN) { /* not each try of a centre that is away */
        log_line(LOG_LEVEL_WARN, "centre-lost", "bound=%d why=\"%s\" errno=%d", up, why.what,
                 why.sys);
    }
    (void)move(sms, LINK_LOSE);
    dialed_close(&link->dialed);
    link->asked = false;
    link->serial++;
    link->retry_ms = link->useful ? SMS_RETRY_MS_MIN : link->retry_ms;
    link->useful = false;
    link->retry_us = now_us + (int64_t)link->retry_ms * US_PER_MS;
    link->retry_ms = link->retry_ms * 2 < SMS_RETRY_MS_MAX ? link->retry_ms * 2 : SMS_RETRY_MS_MAX;
    prints_lost(&sms->prints, now_us);
    outgoing_link_lost(sms);
}

/* Sends what was put; a link that does not take it is lost. */
static void flush(struct sms *sms)
{
    struct outcome outcome = dialed_flush(&sms->link.dialed);

    if (!outcome_ok(outcome)) {
        link_lose(sms, outcome);
    }
}

void link_respond(struct sms *sms, uint32_t serial, uint32_t sequence, enum smpp_status status)
{
    struct link *link = &sms->link;

    if (link->serial == serial && (link->state == LINK_BOUND || link->state == LINK_LEAVING)) {
        smpp_put_plain(&link->dialed.out, SMPP_DELIVER_RESP, status, sequence);
    }
}

static void put_bind(struct sms *sms)
{
    const struct smpp_bind bind = {.system_id = view_text(sms->settings.system_id),
                                   .password = view_text(sms->settings.password),
                                   .system_type = view_text(sms->settings.system_type)};

    smpp_put_bind(&sms->link.dialed.out, ++sms->link.sequence, &bind);
}

static void put_question(struct sms *sms, int64_t now_us)
{
    struct link *link = &sms->link;

    link->asked = true;
    link->asked_us = now_us;
    link->asked_sequence = ++link->sequence;
    link->mark++;
    smpp_put_plain(&link->dialed.out, SMPP_ENQUIRE, SMPP_OK, link->asked_sequence);
}

void link_leave(struct sms *sms)
{
    struct link *link = &sms->link;
    bool bound = link->state == LINK_BOUND;

    if (!move(sms, LINK_LEAVE)) {
        return;
    }
    if (bound) {
        smpp_put_plain(&link->dialed.out, SMPP_UNBIND, SMPP_OK, ++link->sequence);
        flush(sms);
    } else {
        dialed_close(&link->dialed);
    }
}

/* ---- what is due ---- */

static void dial(struct sms *sms)
{
    struct outcome outcome = dialed_ask(&sms->link.dialed);

    (void)move(sms, LINK_DIAL);
    if (!outcome_ok(outcome)) {
        link_lose(sms, outcome);
    }
}

/* Invariant 3. */
static void check_times(struct sms *sms, int64_t now_us)
{
    struct link *link = &sms->link;
    bool binding = link->state == LINK_DIALING || link->state == LINK_BINDING;

    if (binding && now_us - link->since_us >= (int64_t)SMS_BIND_S_MAX * US_PER_S) {
        link_lose(sms, outcome_fail(FAULT_CLOSED, "the centre does not bind us"));
    } else if (link->asked && now_us - link->asked_us >= (int64_t)SMS_ANSWER_S_MAX * US_PER_S) {
        link_lose(sms, outcome_fail(FAULT_CLOSED, "the centre does not answer"));
    }
}

static bool question_due(const struct sms *sms, int64_t now_us)
{
    const struct link *link = &sms->link;
    bool sure = prints_unsure(&sms->prints) && now_us - link->asked_us >= SURE_US;
    bool idle = now_us - link->heard_us >= ENQUIRE_US && now_us - link->asked_us >= ENQUIRE_US;

    return link->state == LINK_BOUND && !link->asked && (sure || idle);
}

void link_turn(struct sms *sms)
{
    int64_t now_us = clock_monotonic_us(&sms->clock);

    check_times(sms, now_us);
    if (sms->link.state == LINK_DOWN && now_us >= sms->link.retry_us && !sms->stopping) {
        dial(sms);
    }
    if (question_due(sms, now_us)) {
        put_question(sms, now_us);
    }
    if (sms->link.state == LINK_BOUND) {
        outgoing_turn(sms);
    }
    if (sms->link.state >= LINK_BINDING) {
        flush(sms);
    }
}

/* ---- what comes ---- */

static void bound(struct sms *sms, const struct smpp_header *header)
{
    if (header->status != SMPP_OK) {
        log_line(LOG_LEVEL_ERROR, "centre-refuses", "status=%u", header->status);
        link_lose(sms, outcome_fail(FAULT_CLOSED, "the centre refuses to bind us"));
    } else if (move(sms, LINK_BIND)) {
        sms->counts.links++;
        sms->link.heard_us = clock_monotonic_us(&sms->clock);
        log_line(LOG_LEVEL_INFO, "centre-bound", "links=%llu",
                 (unsigned long long)sms->counts.links);
    }
}

static void take_answer(struct sms *sms, const struct smpp_header *header)
{
    struct link *link = &sms->link;

    if (link->asked && header->sequence == link->asked_sequence) {
        link->asked = false;
        prints_sure(&sms->prints, link->mark, clock_monotonic_us(&sms->clock));
    }
}

static struct outcome take_message(struct sms *sms, const struct smpp_header *header,
                                   struct view body)
{
    struct smpp_message message;

    TRY(smpp_get_message(body, &message));
    sms->link.brought_us = clock_monotonic_us(&sms->clock);
    if ((message.esm_class & SMPP_CLASS_TYPES) == SMPP_CLASS_RECEIPT) {
        bool heard = pipe_is_open(&sms->core); /* or nobody would know what it settles */
        if (heard) {
            sms->counts.receipts++;
            outgoing_receipt(sms, &message);
        }
        link_respond(sms, sms->link.serial, header->sequence, heard ? SMPP_OK : SMPP_TEMPORARY);
    } else if (sms->link.state == LINK_LEAVING) {
        link_respond(sms, sms->link.serial, header->sequence, SMPP_TEMPORARY);
    } else {
        incoming_take(sms, header->sequence, &message);
    }
    return OUTCOME_OK;
}

static struct outcome take_submitted(struct sms *sms, const struct smpp_header *header,
                                     struct view body)
{
    struct view name;

    TRY(smpp_get_name(body, SMPP_ID_BYTES_MAX, &name));
    outgoing_answered(sms, header->sequence, header->status, name);
    return OUTCOME_OK;
}

/* FAULT_BAD_INPUT: the unit's body is not what it says; FAULT_NOT_FOUND: no unit of ours. */
static struct outcome take_unit(struct sms *sms, const struct smpp_header *header, struct view body)
{
    struct link *link = &sms->link;
    bool up = link->state == LINK_BOUND || link->state == LINK_LEAVING;

    switch (header->command) {
    case SMPP_BIND_TRANSCEIVER_RESP:
        bound(sms, header);
        return OUTCOME_OK;
    case SMPP_ENQUIRE:
        smpp_put_plain(&link->dialed.out, SMPP_ENQUIRE_RESP, SMPP_OK, header->sequence);
        return OUTCOME_OK;
    case SMPP_ENQUIRE_RESP:
        take_answer(sms, header);
        return OUTCOME_OK;
    case SMPP_DELIVER:
        return up ? take_message(sms, header, body) : outcome_fail(FAULT_NOT_FOUND, "unit");
    case SMPP_SUBMIT_RESP:
        return up ? take_submitted(sms, header, body) : outcome_fail(FAULT_NOT_FOUND, "unit");
    case SMPP_UNBIND:
        smpp_put_plain(&link->dialed.out, SMPP_UNBIND_RESP, SMPP_OK, header->sequence);
        flush(sms);
        link_lose(sms, outcome_fail(FAULT_CLOSED, "the centre unbinds us"));
        return OUTCOME_OK;
    case SMPP_UNBIND_RESP:
        link_lose(sms, outcome_fail(FAULT_CLOSED, "we have left"));
        return OUTCOME_OK;
    case SMPP_GENERIC_NACK: /* which of ours it could not read is told by the same times as any */
        log_line(LOG_LEVEL_ERROR, "centre-nacks", "status=%u", header->status);
        outgoing_answered(sms, header->sequence, header->status, (struct view){0});
        return OUTCOME_OK;
    default:
        return outcome_fail(FAULT_NOT_FOUND, "unit");
    }
}

/* Invariant 2. */
static void nack(struct sms *sms, const struct smpp_header *header, struct outcome why)
{
    enum smpp_status status = why.fault == FAULT_NOT_FOUND ? SMPP_BAD_COMMAND : SMPP_BAD_LENGTH;

    sms->counts.garbage++;
    smpp_put_plain(&sms->link.dialed.out, SMPP_GENERIC_NACK, status, header->sequence);
}

bool link_reads(const struct sms *sms)
{
    return sms->incoming_count < SMS_PENDING_MAX && sms->link.dialed.out.len < OUT_BYTES_MAX;
}

static void take_units(struct sms *sms)
{
    struct link *link = &sms->link;
    uint32_t serial = link->serial;

    while (link->serial == serial && link->state >= LINK_BINDING && link_reads(sms)) {
        struct smpp_header header;
        struct view received = buf_view(&link->dialed.in);
        struct outcome outcome = smpp_peek(received, &header);
        if (outcome.fault == FAULT_AGAIN) {
            return;
        }
        if (!outcome_ok(outcome)) {
            sms->counts.garbage++;
            smpp_put_plain(&link->dialed.out, SMPP_GENERIC_NACK, SMPP_BAD_LENGTH, 0);
            flush(sms);
            link_lose(sms, outcome);
            return;
        }
        outcome = take_unit(
            sms, &header, view_part(received, SMPP_HEADER_BYTES, header.bytes - SMPP_HEADER_BYTES));
        if (link->serial != serial) { /* the buffer is gone with the link */
            return;
        }
        if (!outcome_ok(outcome)) {
            nack(sms, &header, outcome);
        }
        buf_consume(&link->dialed.in, header.bytes);
    }
}

void link_given(struct sms *sms, int fd)
{
    struct link *link = &sms->link;

    if (link->state != LINK_DIALING || link->dialed.state != DIALED_ASKED) { /* given up since */
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    struct outcome outcome = dialed_given(&link->dialed, fd);
    if (!outcome_ok(outcome)) {
        link_lose(sms, outcome);
    }
}

void link_hear(struct sms *sms, short events)
{
    struct link *link = &sms->link;
    struct outcome outcome = events != 0 ? dialed_hear(&link->dialed, events) : OUTCOME_OK;

    if (link->state == LINK_DIALING && link->dialed.state == DIALED_OPEN && move(sms, LINK_OPEN)) {
        put_bind(sms);
    }
    if (events != 0 && link->dialed.in.len > 0) {
        link->heard_us = clock_monotonic_us(&sms->clock);
    }
    take_units(sms); /* also what was read before and had no room */
    if (!outcome_ok(outcome)) {
        link_lose(sms, outcome);
    }
}
