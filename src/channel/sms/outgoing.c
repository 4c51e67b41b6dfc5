/*
 * Messages that go out: in parts, within the window and the rate, until the centre has them.
 *
 * Invariants
 *  1. A part that the centre has confirmed is never sent again; one that it has not is sent again.
 *  2. One that was on a link which ended before its response is in doubt: the centre may have it.
 *     SMPP has no way to ask. Such a part waits on the next link for its receipt, which names it by
 *     our reference and its phone (references alone are too few), as long as the centre brings
 *     anything: until nothing has come for SMS_RECEIPT_MS, or for SMS_RECEIPT_S_MAX in all.
 *     replace_if_present is never set: it would replace whatever else waits for that phone.
 *  3. `in_window` is how many parts are PART_SENT.
 *  4. What is in hand outlives the core: the next one offers it again, and is told what has become
 *     of it meanwhile.
 *  5. A centre that is full is left alone for longer and longer (ESME_RTHROTTLED, ESME_RMSGQFUL).
 */
#include "channel/sms/private.h"

#include "base/check.h"
#include "base/log.h"
#include "domain/country.h"

#include <string.h>

#define US_PER_MS 1000
#define REGISTERED 1 /* a receipt, whatever becomes of it */

/* ---- to the core ---- */

static void tell(struct sms *sms, const struct sending_result *result)
{
    if (!pipe_is_open(&sms->core)) {
        return;
    }
    size_t start = frame_start(&sms->core.out, FRAME_SMS_OUT);
    sending_put_result(&sms->core.out, result);
    frame_finish(&sms->core.out, start, 1);
}

static void end(struct sms *sms, struct outgoing *outgoing, enum sending_saying saying)
{
    struct sending_result result = {.id = outgoing->id, .saying = saying};

    sms->counts.accepted += saying == SENDING_ACCEPTED ? 1 : 0;
    sms->counts.refused += saying == SENDING_REFUSED ? 1 : 0;
    if (saying != SENDING_LATER) { /* invariant 4 */
        struct ended *ended = &sms->outgoings.ended[sms->outgoings.ended_at];
        sms->outgoings.ended_at = (sms->outgoings.ended_at + 1) % SMS_ENDED_MAX;
        *ended = (struct ended){.id = outgoing->id, .saying = saying};
        if (saying == SENDING_ACCEPTED) { /* of one that is refused, a part may have a name */
            memcpy(ended->centre_id, outgoing->centre_id, sizeof(ended->centre_id));
        }
        result.centre_id = view_text(ended->centre_id);
    }
    tell(sms, &result);
    for (unsigned i = 0; i < outgoing->plan.parts; i++) { /* invariant 3 */
        sms->outgoings.in_window -= outgoing->parts[i].state == PART_SENT ? 1 : 0;
    }
    memset(outgoing, 0, sizeof(*outgoing));
}

/* ---- from the core ---- */

/* False: it has too many parts. */
static bool set_text(struct outgoing *outgoing, struct view text)
{
    if (text.len == 0 || text.len > sizeof(outgoing->text) ||
        !outcome_ok(sms_text_plan(text, &outgoing->plan))) {
        return false;
    }
    memcpy(outgoing->text, text.data, text.len);
    outgoing->text_len = text.len;
    return true;
}

/* The text as it is sent: without accents also where it would have too many parts with them. */
static bool take_text(struct sms *sms, struct view text, struct outgoing *outgoing)
{
    BUF_AUTO plain;
    buf_init(&plain, sizeof(outgoing->text));

    if (sms->settings.accents && set_text(outgoing, text)) {
        return true;
    }
    country_plain(text, &plain);
    return outcome_ok(buf_check(&plain)) && set_text(outgoing, buf_view(&plain));
}

static void take_message(struct sms *sms, struct outgoing *outgoing,
                         const struct sending_message *message)
{
    int64_t now_us = clock_monotonic_us(&sms->clock);

    *outgoing = (struct outgoing){.used = true,
                                  .id = message->id,
                                  .receipt = message->receipt,
                                  .until_us = now_us + (int64_t)message->valid_s * US_PER_S};
    outgoing->phone_len = message->phone.len;
    memcpy(outgoing->phone, message->phone.data, message->phone.len);
    if (!take_text(sms, message->text, outgoing)) {
        outgoing->plan.parts = 0;
        log_line(LOG_LEVEL_ERROR, "message-too-long", "bytes=%zu", message->text.len);
        end(sms, outgoing, SENDING_REFUSED);
        return;
    }
    for (unsigned i = 0; i < outgoing->plan.parts && message->again; i++) { /* invariant 2 */
        outgoing->parts[i] = (struct part){.state = PART_DOUBTFUL, .since_us = now_us};
    }
}

/* Invariant 4: it is in hand, or has been. */
static bool is_known(struct sms *sms, uint64_t id)
{
    struct outgoings *outgoings = &sms->outgoings;

    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX; i++) {
        if (outgoings->places[i].used && outgoings->places[i].id == id) {
            return true;
        }
    }
    for (unsigned i = 0; i < SMS_ENDED_MAX; i++) {
        const struct ended *ended = &outgoings->ended[i];
        if (ended->id == id) {
            const struct sending_result result = {
                .id = id, .saying = ended->saying, .centre_id = view_text(ended->centre_id)};
            tell(sms, &result);
            return true;
        }
    }
    return false;
}

static struct outgoing *place_free(struct outgoings *outgoings)
{
    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX; i++) {
        if (!outgoings->places[i].used) {
            return &outgoings->places[i];
        }
    }
    return NULL;
}

struct outcome outgoing_take(struct sms *sms, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);

    for (unsigned i = 0; i < frame->count; i++) {
        struct sending_message message;
        TRY(sending_get_message(&cursor, &message));
        struct outgoing *outgoing = place_free(&sms->outgoings);
        const struct sending_result later = {.id = message.id, .saying = SENDING_LATER};
        if (message.phone.len > sizeof(outgoing->phone)) {
            return outcome_fail(FAULT_BAD_INPUT, "phone of a message");
        }
        if (is_known(sms, message.id)) {
            continue;
        }
        if (outgoing != NULL) {
            take_message(sms, outgoing, &message);
        } else {
            tell(sms, &later);
        }
    }
    return cursor_end(&cursor, "messages");
}

/* ---- to the centre ---- */

/* By which a receipt names a part. */
static uint16_t reference_of(const struct outgoing *outgoing, unsigned part)
{
    return (uint16_t)(outgoing->id * SMS_PARTS_MAX + part);
}

/* "YYMMDDhhmmss000R": from now on (section 7.1.1.2). */
static void put_validity(int64_t left_us, char ret_text[17])
{
    uint64_t left_s = left_us > 0 ? (uint64_t)(left_us / US_PER_S) : 0;
    unsigned days = (unsigned)(left_s / 86400 < 28 ? left_s / 86400 : 28);
    unsigned rest = (unsigned)(left_s % 86400);
    int len = snprintf(ret_text, 17, "0000%02u%02u%02u%02u000R", days, rest / 3600, rest / 60 % 60,
                       rest % 60);

    CHECK(len == 16);
}

static void put_part(struct sms *sms, struct outgoing *outgoing, unsigned at, int64_t now_us)
{
    struct link *link = &sms->link;
    char validity[17];
    BUF_AUTO bytes;
    buf_init(&bytes, 2 * SMS_PART_BYTES_MAX);

    sms_text_put(view_of(outgoing->text, outgoing->text_len), &outgoing->plan, at + 1,
                 (uint8_t)outgoing->id, &bytes);
    put_validity(outgoing->until_us - now_us, validity);
    const struct smpp_message message = {
        .source = view_text(sms->settings.number),
        .destination = view_of(outgoing->phone, outgoing->phone_len),
        .destination_ton = SMPP_TON_INTERNATIONAL,
        .destination_npi = SMPP_NPI_ISDN,
        .esm_class = outgoing->plan.parts > 1 ? SMPP_CLASS_HEADER : 0,
        .validity = view_text(validity),
        .registered = REGISTERED,
        .coding = outgoing->plan.coding,
        .text = buf_view(&bytes),
        .has_reference = true,
        .reference = reference_of(outgoing, at),
    };
    smpp_put_message(&link->dialed.out, SMPP_SUBMIT, ++link->sequence, &message);
    outgoing->parts[at] =
        (struct part){.state = PART_SENT, .sequence = link->sequence, .since_us = now_us};
    sms->outgoings.in_window++;
    sms->outgoings.sent++;
}

/* Invariant 2. */
static bool is_due(const struct sms *sms, const struct part *part, int64_t now_us)
{
    const struct link *link = &sms->link;
    int64_t from_us = part->since_us > link->since_us ? part->since_us : link->since_us;
    int64_t quiet_us = link->brought_us > from_us ? link->brought_us : from_us;
    bool quiet = now_us - quiet_us >= (int64_t)SMS_RECEIPT_MS * US_PER_MS;
    bool over = now_us - from_us >= (int64_t)SMS_RECEIPT_S_MAX * US_PER_S;

    return part->state == PART_WAITS || (part->state == PART_DOUBTFUL && (quiet || over));
}

static bool has_room(struct sms *sms, int64_t now_us)
{
    struct outgoings *outgoings = &sms->outgoings;

    if (now_us - outgoings->second_us >= US_PER_S) {
        outgoings->second_us = now_us;
        outgoings->sent = 0;
    }
    return now_us >= outgoings->hold_us && outgoings->in_window < sms->settings.window &&
           outgoings->sent < sms->settings.per_second;
}

static void send_due(struct sms *sms, struct outgoing *outgoing, int64_t now_us)
{
    for (unsigned i = 0; i < outgoing->plan.parts && has_room(sms, now_us); i++) {
        if (is_due(sms, &outgoing->parts[i], now_us)) {
            put_part(sms, outgoing, i, now_us);
        }
    }
}

/* A submission that was not answered in time means that the link is broken. */
static bool waits_too_long(const struct outgoing *outgoing, int64_t now_us)
{
    bool too_long = false;

    for (unsigned i = 0; i < outgoing->plan.parts; i++) {
        const struct part *part = &outgoing->parts[i];
        too_long = too_long || (part->state == PART_SENT &&
                                now_us - part->since_us >= (int64_t)SMS_ANSWER_S_MAX * US_PER_S);
    }
    return too_long;
}

void outgoing_turn(struct sms *sms)
{
    int64_t now_us = clock_monotonic_us(&sms->clock);

    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX; i++) {
        struct outgoing *outgoing = &sms->outgoings.places[i];
        if (outgoing->used && waits_too_long(outgoing, now_us)) {
            link_lose(sms, outcome_fail(FAULT_CLOSED, "the centre does not answer"));
            return;
        }
        if (outgoing->used && now_us >= outgoing->until_us) {
            end(sms, outgoing, SENDING_LATER); /* the core ends what is too old */
        } else if (outgoing->used) {
            send_due(sms, outgoing, now_us);
        }
    }
}

/* ---- from the centre ---- */

/* Of a message whose receipt nobody wants to be told. */
static void be_silent(struct outgoings *outgoings, const char *centre_id)
{
    char *place = outgoings->silent[outgoings->silent_at];

    outgoings->silent_at = (outgoings->silent_at + 1) % SMS_RECEIPTS_MAX;
    memcpy(place, centre_id, SMPP_ID_BYTES_MAX + 1);
}

static void set_id(char ret_id[SMPP_ID_BYTES_MAX + 1], struct view name)
{
    CHECK(name.len <= SMPP_ID_BYTES_MAX);
    memset(ret_id, 0, SMPP_ID_BYTES_MAX + 1);
    if (name.len > 0) {
        memcpy(ret_id, name.data, name.len);
    }
}

/* Invariant 1. */
static void confirm(struct sms *sms, struct outgoing *outgoing, unsigned at, struct view name)
{
    char id[SMPP_ID_BYTES_MAX + 1];
    bool last = at + 1 == outgoing->plan.parts;
    bool whole = true;

    set_id(id, name);
    sms->outgoings.in_window -= outgoing->parts[at].state == PART_SENT ? 1 : 0;
    outgoing->parts[at].state = PART_DONE;
    if (last) {
        set_id(outgoing->centre_id, name);
    }
    if (!last || !outgoing->receipt) {
        be_silent(&sms->outgoings, id);
    }
    for (unsigned i = 0; i < outgoing->plan.parts; i++) {
        whole = whole && outgoing->parts[i].state == PART_DONE;
    }
    if (whole) {
        end(sms, outgoing, SENDING_ACCEPTED);
    }
}

/* Invariant 5. */
static void hold(struct sms *sms)
{
    struct outgoings *outgoings = &sms->outgoings;
    unsigned ms = outgoings->hold_ms == 0 ? SMS_HOLD_MS_MIN : outgoings->hold_ms * 2;

    outgoings->hold_ms = ms < SMS_HOLD_MS_MAX ? ms : SMS_HOLD_MS_MAX;
    outgoings->hold_us = clock_monotonic_us(&sms->clock) + (int64_t)outgoings->hold_ms * US_PER_MS;
    sms->counts.throttled++;
}

static void answered(struct sms *sms, struct outgoing *outgoing, unsigned at, uint32_t status,
                     struct view name)
{
    struct part *part = &outgoing->parts[at];

    switch (status) {
    case SMPP_OK:
        sms->outgoings.hold_ms = 0;
        sms->link.useful = true;
        confirm(sms, outgoing, at, name);
        return;
    case SMPP_THROTTLED:
    case SMPP_QUEUE_FULL:
    case SMPP_SYSTEM_ERROR:
    case SMPP_TEMPORARY:
        sms->outgoings.in_window--;
        part->state = PART_WAITS; /* it has not been taken: in doubt it is not */
        hold(sms);
        return;
    default:
        log_line(LOG_LEVEL_WARN, "message-refused", "status=%u", status);
        end(sms, outgoing, SENDING_REFUSED);
    }
}

void outgoing_answered(struct sms *sms, uint32_t sequence, uint32_t status, struct view name)
{
    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX; i++) {
        struct outgoing *outgoing = &sms->outgoings.places[i];
        for (unsigned k = 0; outgoing->used && k < outgoing->plan.parts; k++) {
            const struct part *part = &outgoing->parts[k];
            if (part->state == PART_SENT && part->sequence == sequence) {
                answered(sms, outgoing, k, status, name);
                return;
            }
        }
    }
}

/* What a receipt says, by its parameter or by its text (appendix B); SENDING_SAYING_COUNT: nothing
 * for good. */
static enum sending_saying saying_of(const struct smpp_message *message)
{
    static const struct {
        const char *word;
        uint8_t state;
        enum sending_saying saying;
    } rows[] = {
        {"DELIVRD", 2, SENDING_DELIVERED},   {"EXPIRED", 3, SENDING_UNDELIVERED},
        {"DELETED", 4, SENDING_UNDELIVERED}, {"UNDELIV", 5, SENDING_UNDELIVERED},
        {"ACCEPTD", 6, SENDING_DELIVERED},   {"REJECTD", 8, SENDING_UNDELIVERED},
    };
    struct view word = smpp_receipt_value(message->text, "stat:");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (message->has_state ? message->state == rows[i].state : view_is(word, rows[i].word)) {
            return rows[i].saying;
        }
    }
    return SENDING_SAYING_COUNT;
}

/* Invariant 2: the part that it names, if it is not known yet that the centre has it. */
static void settle(struct sms *sms, const struct smpp_message *receipt, struct view name)
{
    char phone[COUNTRY_PHONE_DIGITS + 1];

    if (!receipt->has_reference || !outcome_ok(country_phone_get(receipt->source, phone))) {
        return;
    }
    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX; i++) {
        struct outgoing *outgoing = &sms->outgoings.places[i];
        for (unsigned k = 0; outgoing->used && k < outgoing->plan.parts; k++) {
            bool its = reference_of(outgoing, k) == receipt->reference &&
                       view_is(view_of(outgoing->phone, outgoing->phone_len), phone);
            enum part_state state = outgoing->parts[k].state;
            if (its && (state == PART_DOUBTFUL || state == PART_SENT)) { /* before its response */
                confirm(sms, outgoing, k, name);
                return;
            }
        }
    }
}

static bool is_silent(const struct outgoings *outgoings, struct view name)
{
    bool silent = false;

    for (unsigned i = 0; i < SMS_RECEIPTS_MAX && !silent; i++) {
        silent = view_is(name, outgoings->silent[i]);
    }
    return silent;
}

void outgoing_receipt(struct sms *sms, const struct smpp_message *message)
{
    struct view name = message->receipted_id.len > 0 ? message->receipted_id
                                                     : smpp_receipt_value(message->text, "id:");
    enum sending_saying saying = saying_of(message);

    if (name.len == 0 || name.len > SMPP_ID_BYTES_MAX) {
        return;
    }
    settle(sms, message, name);
    if (saying != SENDING_SAYING_COUNT && !is_silent(&sms->outgoings, name)) {
        const struct sending_result result = {.saying = saying, .centre_id = name};
        tell(sms, &result);
    }
}

/* ---- ends ---- */

void outgoing_link_lost(struct sms *sms)
{
    int64_t now_us = clock_monotonic_us(&sms->clock);

    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX; i++) {
        struct outgoing *outgoing = &sms->outgoings.places[i];
        for (unsigned k = 0; outgoing->used && k < outgoing->plan.parts; k++) {
            struct part *part = &outgoing->parts[k];
            if (part->state == PART_SENT) {
                *part = (struct part){.state = PART_DOUBTFUL, .since_us = now_us};
            }
        }
    }
    sms->outgoings.in_window = 0;
}
