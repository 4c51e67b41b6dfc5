/*
 * Messages from phones.
 *
 * Invariants
 *  1. Who writes is whose phone it is today; a number in the text is whom he asks about, and the
 *     gate refuses and records whoever is another (F3). Whatever is not the sender's own has one
 *     answer: a phone that is nobody's, another person, somebody who is not there. A phone that is
 *     nobody's asks, as nobody, about somebody else, and is refused and recorded alike.
 *  2. A message is taken when its answer is kept, and nothing is done for one whose answer has no
 *     room. One that the centre brings again is taken and causes nothing: its cause, which is made
 *     of its print and how often it came before, has an answer already. While that is being made
 *     (histories.c), it is to come again.
 *  3. Beyond the named rates a message is taken and has no answer; it is counted (I9).
 */
#include "core/messages.h"

#include "base/check.h"
#include "base/log.h"
#include "core/citizens.h"
#include "core/loop.h"
#include "core/outbox.h"
#include "core/phones.h"
#include "domain/country.h"
#include "domain/letter_code.h"
#include "office/letter.h"
#include "policy/texts.h"
#include "proc/texting.h"
#include "wire/canonical.h"

#include <stdio.h>
#include <string.h>

/* No number begins so: no province has the code 000. Who writes from a phone that is nobody's asks
 * as NOBODY about whom he names, or else about NOBODY_ELSE; when he names NOBODY they change
 * places. */
#define NOBODY "000000000000"
#define NOBODY_ELSE "000000000001"
#define VALUE_BYTES_MAX 512
#define PIECES_BYTES_MAX (OUTBOX_TEXT_BYTES_MAX * 3 / 4) /* of a text, beside its own words */
#define HISTORY_ROWS 3                                   /* the last; a message holds few */

/* One that writes. */
struct sender {
    struct own_phone from;
    const struct phone *phone; /* NULL: it is nobody's */
    struct own_asker asker;
    struct peer *peer; /* that tells of it */
};

/* ---- texts ---- */

/* False: the policy has no such text. */
static bool say(struct core *core, enum policy_sms_text text, const struct policy_sms_value *values,
                unsigned count, struct buf *ret_text)
{
    return policy_sms_text_put(office_policy(core->house->office), text, values, count, ret_text);
}

static void say_alone(struct core *core, enum policy_sms_text text, struct buf *ret_text)
{
    (void)say(core, text, NULL, 0, ret_text); /* without one nothing is answered */
}

/* "2026-11-26" as people write it. */
static void put_day(struct buf *buf, struct view day)
{
    if (day.len != 10) {
        buf_put_view(buf, day);
        return;
    }
    buf_put_view(buf, view_part(day, 8, 2));
    buf_put_u8(buf, '/');
    buf_put_view(buf, view_part(day, 5, 2));
    buf_put_u8(buf, '/');
    buf_put_view(buf, view_part(day, 0, 4));
}

/* What a field's value says: its text, or of an address the house and street. Nothing of one that
 * is not known, or is codes alone. */
static void put_value(struct buf *buf, const struct policy *policy, enum field field,
                      struct view value)
{
    uint8_t room[VALUE_BYTES_MAX];
    struct view part = value;

    if (value.len > 0 && value.data[0] == '{') {
        part = canonical_member(value, "detail");
    }
    if (part.len == 0 || part.len > sizeof(room) || !canonical_is_text(part)) {
        return;
    }
    struct view text = canonical_text(part, room);
    const char *word = policy_field_code_vi(policy, field, text);
    if (field == FIELD_BIRTH_DATE) {
        put_day(buf, text);
    } else if (word != NULL) {
        buf_put_text(buf, word);
    } else {
        buf_put_view(buf, text);
    }
}

/* Another piece, if it fits whole: a message has an end. */
static bool add_piece(struct buf *pieces, const struct buf *piece)
{
    if (piece->failed || pieces->len + piece->len + 2 > PIECES_BYTES_MAX) {
        return false;
    }
    buf_put_text(pieces, pieces->len > 0 ? "; " : "");
    buf_put_view(pieces, buf_view(piece));
    return true;
}

static void put_line(struct core *core, const struct policy *policy, enum field field,
                     struct view value, struct buf *buf)
{
    struct buf words;
    struct buf line;

    buf_init(&words, VALUE_BYTES_MAX);
    buf_init(&line, OUTBOX_TEXT_BYTES_MAX);
    put_value(&words, policy, field, value);
    if (words.len > 0) {
        const struct policy_sms_value values[] = {
            {"label", view_text(policy_field_label_vi(policy, field))},
            {"value", buf_view(&words)}};
        (void)say(core, POLICY_SMS_VIEW_LINE, values, 2, &line);
        (void)add_piece(buf, &line);
    }
    buf_wipe_done(&line);
    buf_wipe_done(&words);
}

static void put_lines(struct core *core, struct view fields, uint64_t told, struct buf *buf)
{
    const struct policy *policy = office_policy(core->house->office);

    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        struct view value = canonical_member(fields, words_name(&words_field, field));
        if ((told >> field & 1) != 0) {
            put_line(core, policy, (enum field)field, value, buf);
        }
    }
}

/* ---- commands ---- */

/* What the sender hears when the gate, or a verb, says no. */
static void say_refusal(struct core *core, enum code code, struct buf *ret_text)
{
    bool nobody = code == CODE_OWN_DATA_ONLY || code == CODE_SUBJECT_NOT_AVAILABLE;

    say_alone(core, nobody ? POLICY_SMS_NOBODY : POLICY_SMS_LATER, ret_text); /* invariant 1 */
}

/* The fields that a mask names. */
static void set_fields(struct ask *ask, uint64_t mask)
{
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((mask >> field & 1) != 0) {
            ask->fields[ask->field_count++] = (uint8_t)field;
        }
    }
}

/* Invariant 1. */
static struct view subject_of(const struct sender *sender, const struct texting_asked *asked)
{
    struct view own = sender->phone != NULL ? sender->asker.citizen : VIEW_LITERAL(NOBODY_ELSE);

    return asked->number.len > 0 ? asked->number : own;
}

/* FAULT_AGAIN: nothing can be recorded now. */
static struct outcome recorded(enum code code)
{
    return code == CODE_LEDGER_UNAVAILABLE ? outcome_fail(FAULT_AGAIN, "nothing can be recorded")
                                           : OUTCOME_OK;
}

static struct outcome view(struct core *core, const struct sender *sender,
                           const struct texting_asked *asked, struct buf *ret_text)
{
    uint64_t told = policy_sms_fields(office_policy(core->house->office));
    struct view id = subject_of(sender, asked);
    struct ask ask = {.service = SERVICE_OWN_VIEW};
    struct own_reply reply;

    set_fields(&ask, told);
    own_reply_init(&reply);
    TRY(citizens_ask(core, &sender->asker, id, false, &ask, &reply));
    struct outcome outcome = recorded(reply.code);
    if (reply.code == CODE_DISCLOSED) {
        struct buf lines;
        buf_init(&lines, OUTBOX_TEXT_BYTES_MAX);
        put_lines(core, canonical_member(reply.answer.person, "fields"), told, &lines);
        const struct policy_sms_value values[] = {{"lines", buf_view(&lines)}};
        (void)say(core, POLICY_SMS_VIEW, values, 1, ret_text);
        buf_wipe_done(&lines);
    } else {
        say_refusal(core, reply.code, ret_text);
    }
    own_reply_done(&reply);
    return outcome;
}

/* "26/11/2026" of a moment. */
static void put_moment(struct buf *buf, struct view text)
{
    int64_t time_us = 0;
    char day[DATE_LEN + 1];

    if (outcome_ok(clock_get_second(text, &time_us))) {
        date_write(day, clock_day_vn(time_us));
        put_day(buf, view_text(day));
    }
}

static struct view text_of(struct view value, uint8_t *room, size_t bytes_max)
{
    bool fits = value.len > 0 && value.len <= bytes_max && canonical_is_text(value);

    return fits ? canonical_text(value, room) : (struct view){0};
}

/* That member's, or the other's: a source of changes has no name here, and a change no service. */
static struct view text_or(struct view object, const char *name, const char *other, uint8_t *room,
                           size_t bytes_max)
{
    struct view text = text_of(canonical_member(object, name), room, bytes_max);

    return text.len > 0 ? text : text_of(canonical_member(object, other), room, bytes_max);
}

/* False: it does not fit any more. */
static bool put_row(struct core *core, struct view row, struct buf *buf)
{
    uint8_t time_room[64];
    uint8_t party_room[VALUE_BYTES_MAX];
    uint8_t service_room[64];
    struct view party = canonical_member(row, "party");
    bool named = party.len > 0 && party.data[0] == '{';
    BUF_AUTO moment;
    BUF_AUTO piece;
    buf_init(&moment, 16);
    buf_init(&piece, OUTBOX_TEXT_BYTES_MAX);

    put_moment(&moment, text_of(canonical_member(row, "time"), time_room, sizeof(time_room)));
    const struct policy_sms_value values[] = {
        {"time", buf_view(&moment)},
        {"party",
         named ? text_or(party, "name", "code", party_room, sizeof(party_room)) : (struct view){0}},
        {"service", text_or(row, "service", "result", service_room, sizeof(service_room))}};
    (void)say(core, POLICY_SMS_HISTORY_ROW, values, 3, &piece);
    return add_piece(buf, &piece);
}

/* The last that have seen him. */
static void say_rows(struct core *core, struct view page, struct buf *ret_text)
{
    struct view rows = canonical_member(page, "rows");
    struct view row;
    size_t at = 0;
    char count[24];
    unsigned found = 0;
    BUF_AUTO lines;
    buf_init(&lines, OUTBOX_TEXT_BYTES_MAX);

    while (rows.len > 0 && canonical_next_item(rows, &at, &row) && put_row(core, row, &lines)) {
        found++;
    }
    (void)snprintf(count, sizeof(count), "%u", found);
    const struct policy_sms_value values[] = {{"rows", buf_view(&lines)},
                                              {"count", view_text(count)}};
    (void)say(core, found > 0 ? POLICY_SMS_HISTORY : POLICY_SMS_HISTORY_NONE, values, 2, ret_text);
}

static struct outcome say_history(struct core *core, const struct own_reply *reply,
                                  struct buf *ret_text)
{
    if (reply->code == CODE_DISCLOSED) {
        say_rows(core, reply->answer.person, ret_text);
    } else {
        say_refusal(core, reply->code, ret_text);
    }
    return recorded(reply->code);
}

/* *ret_later: its page is made first; messages_tell() goes on. */
static struct outcome history(struct core *core, const struct sender *sender,
                              const struct texting_asked *asked, struct buf *ret_text,
                              bool *ret_later)
{
    struct own_reply reply;
    BUF_AUTO body;
    buf_init(&body, 64);

    buf_put_text(&body, "{\"id\":\"");
    buf_put_view(&body, subject_of(sender, asked));
    buf_printf(&body, "\",\"limit\":%u}", HISTORY_ROWS);
    TRY(buf_check(&body));
    const struct own_call call = {.asker = sender->asker,
                                  .body = buf_view(&body),
                                  .peer = sender->peer,
                                  .tag = asked->tag,
                                  .phone = &sender->from};
    own_reply_init(&reply);
    TRY(citizens_do(core, VIEW_LITERAL("history"), &call, &reply));
    *ret_later = reply.later;
    struct outcome outcome = reply.later ? OUTCOME_OK : say_history(core, &reply, ret_text);
    own_reply_done(&reply);
    return outcome;
}

/* A verb that takes a PIN. */
static struct outcome with_pin(struct core *core, const struct sender *sender,
                               const struct texting_asked *asked, const char *verb,
                               enum policy_sms_text done, struct buf *ret_text)
{
    static const enum policy_sms_text said[] = {[PIN_WRONG] = POLICY_SMS_PIN_WRONG,
                                                [PIN_BLOCKED] = POLICY_SMS_PIN_BLOCKED,
                                                [PIN_NOT_SET] = POLICY_SMS_PIN_NOT_SET};
    enum pin_verdict verdict = PIN_NOT_SET;
    struct own_reply reply;

    if (sender->phone == NULL) { /* invariant 1 */
        return view(core, sender, asked, ret_text);
    }
    struct outcome outcome = phones_pin(core, &sender->asker, sender->phone, asked->rest, &verdict);
    if (!outcome_ok(outcome)) {
        return core_survives(outcome) ? outcome_fail(FAULT_AGAIN, "nothing can be recorded")
                                      : outcome;
    }
    if (verdict != PIN_RIGHT) {
        say_alone(core, said[verdict], ret_text);
        return OUTCOME_OK;
    }
    const struct own_call call = {.asker = sender->asker, .body = VIEW_LITERAL("{}")};
    own_reply_init(&reply);
    TRY(citizens_do(core, view_text(verb), &call, &reply));
    bool good = reply.code == CODE_DISCLOSED; /* or it was so already */
    bool off = reply.code == CODE_NOT_FOUND || reply.code == CODE_SERVICE_NOT_OPEN;
    outcome = recorded(reply.code);
    if (good || off) {
        say_alone(core, good ? done : POLICY_SMS_LOCK_OFF, ret_text);
    } else {
        say_refusal(core, reply.code, ret_text);
    }
    own_reply_done(&reply);
    return outcome;
}

/* "05/TB-C06 7K3M-QX0D-V9TA-2HPE": a letter's number, then its code. It is about no person, and
 * anybody who holds one may ask. */
static void check(struct core *core, struct view rest, struct buf *ret_text)
{
    size_t at = view_find(rest, 0, ' ');
    struct view number = view_part(rest, 0, at);
    struct letter_code code;
    struct letter_check found = {0};

    if (at < rest.len && number.len <= LETTER_NUMBER_BYTES_MAX &&
        view_find(number, 0, 0) == number.len &&
        outcome_ok(letter_code_read(view_part(rest, at + 1, rest.len - at - 1), &code))) {
        uint8_t hash[SEAL_HASH_BYTES];
        letter_code_hash(number, &code, hash);
        letter_check(&core->house->directory, number, hash, &found);
    }
    if (found.verdict != LETTER_GENUINE) {
        const struct policy_sms_value ended[] = {{"number", found.number}};
        bool unknown = found.verdict == LETTER_UNKNOWN;
        (void)say(core, unknown ? POLICY_SMS_LETTER_UNKNOWN : POLICY_SMS_LETTER_ENDED, ended, 1,
                  ret_text);
        return;
    }
    BUF_AUTO day;
    BUF_AUTO written;
    buf_init(&day, 16);
    buf_init(&written, 16);
    date_put(&day, found.day);
    put_day(&written, buf_view(&day));
    const struct policy_sms_value values[] = {
        {"number", found.number}, {"office", found.office}, {"day", buf_view(&written)}};
    (void)say(core, POLICY_SMS_LETTER_GENUINE, values, 3, ret_text);
}

static struct outcome answer(struct core *core, const struct sender *sender,
                             const struct texting_asked *asked, struct buf *ret_text,
                             bool *ret_later)
{
    switch (asked->verb) {
    case TEXTING_VIEW:
        return view(core, sender, asked, ret_text);
    case TEXTING_HISTORY:
        return history(core, sender, asked, ret_text, ret_later);
    case TEXTING_LOCK:
        return with_pin(core, sender, asked, "lock", POLICY_SMS_LOCKED, ret_text);
    case TEXTING_UNLOCK:
        return with_pin(core, sender, asked, "unlock", POLICY_SMS_UNLOCKED, ret_text);
    case TEXTING_CHECK:
        check(core, asked->rest, ret_text);
        return OUTCOME_OK;
    case TEXTING_HELP:
        say_alone(core, POLICY_SMS_HELP, ret_text);
        return OUTCOME_OK;
    default:
        if (asked->number.len > 0) { /* whoever's number he writes, it is recorded */
            return view(core, sender, asked, ret_text);
        }
        say_alone(core, POLICY_SMS_SYNTAX, ret_text);
        return OUTCOME_OK;
    }
}

/* ---- rates ---- */

/* Invariant 3: `burst` at once, then one each `each_us`. */
static bool spend(struct message_credit *credit, unsigned burst, int64_t each_us, int64_t now_us)
{
    int64_t from_us = credit->full_us > now_us ? credit->full_us : now_us;

    if (from_us + each_us - now_us > (int64_t)burst * each_us) {
        return false;
    }
    credit->full_us = from_us + each_us;
    return true;
}

static bool may_write(struct core *core, const struct sender *sender)
{
    static const int64_t stranger_us = (int64_t)OUTBOX_KEPT_S * US_PER_S / MESSAGES_STRANGERS_MAX;
    const char *number = sender->from.number;
    struct messages *messages = &core->messages;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    uint32_t at = crc32c(0, view_of(number, COUNTRY_PHONE_DIGITS)) % MESSAGES_COUNTERS;

    return spend(&messages->phones[at], MESSAGES_PHONE_BURST_MAX, US_PER_S * MESSAGES_PHONE_EACH_S,
                 now_us) &&
           spend(&messages->all, MESSAGES_BURST_MAX, US_PER_S / MESSAGES_PER_S_MAX, now_us) &&
           (sender->phone != NULL ||
            spend(&messages->strangers, MESSAGES_STRANGERS_MAX, stranger_us, now_us));
}

/* ---- causes ---- */

/* Invariant 2: of the print's n-th message. */
static void cause_of(const struct texting_asked *asked, unsigned nth,
                     uint8_t ret_cause[OUTGOING_CAUSE_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t bytes[TEXTING_PRINT_BYTES + 4] = {[TEXTING_PRINT_BYTES + 3] = (uint8_t)nth};

    memcpy(bytes, asked->print, TEXTING_PRINT_BYTES);
    seal_sha256(view_of(bytes, sizeof(bytes)), hash);
    memcpy(ret_cause, hash, OUTGOING_CAUSE_BYTES);
}

/* The cause of this one. *ret_new false: it has had its answer, or the phone has written the same
 * so often that it gets none. FAULT_AGAIN: the answer of what it may be is being made. */
static struct outcome find_cause(const struct core *core, const struct texting_asked *asked,
                                 uint8_t ret_cause[OUTGOING_CAUSE_BYTES], bool *ret_new)
{
    unsigned came = 0;

    for (; came < MESSAGES_SAME_MAX; came++) {
        cause_of(asked, came, ret_cause);
        bool waits = histories_have_cause(&core->histories, ret_cause);
        if (waits && asked->again) {
            return outcome_fail(FAULT_AGAIN, "its answer is being made");
        }
        if (!waits && outbox_find(core, ret_cause) == 0) {
            break;
        }
    }
    *ret_new = came < MESSAGES_SAME_MAX && (came == 0 || !asked->again);
    return OUTCOME_OK;
}

/* ---- one message ---- */

/* The message centre's account, which carries what phones ask: the first of the channel. */
static bool find_account(struct core *core, struct view *ret_account)
{
    const struct map *accounts = &core->house->directory.accounts;
    const struct account *first = NULL;
    size_t at = 0;

    for (const struct account *one = map_next(accounts, &at); one != NULL;
         one = map_next(accounts, &at)) {
        bool fits = one->channel == CHANNEL_SMS && one->state != ACCOUNT_REVOKED;
        bool before = fits && (first == NULL ||
                               view_compare(code_view(&one->code), code_view(&first->code)) < 0);
        first = before ? one : first;
    }
    if (first == NULL) {
        return false;
    }
    *ret_account = code_view(&first->code);
    return true;
}

static bool find_sender(struct core *core, const struct texting_asked *asked,
                        struct sender *ret_sender)
{
    bool named = view_is(asked->number, NOBODY); /* invariant 1: nobody is himself to nobody */
    struct sender sender = {
        .asker = {.channel = CHANNEL_SMS,
                  .citizen = named ? VIEW_LITERAL(NOBODY_ELSE) : VIEW_LITERAL(NOBODY)}};
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));

    if (!outcome_ok(country_phone_get(asked->phone, sender.from.number)) ||
        !find_account(core, &sender.asker.account)) {
        return false;
    }
    sender.phone = staff_phone(&core->house->directory, view_text(sender.from.number), day);
    if (sender.phone != NULL) {
        sender.asker.citizen = code_view(&sender.phone->person);
    }
    *ret_sender = sender;
    return true;
}

/* FAULT_AGAIN, or that it cannot be kept: it is to come again. */
static struct outcome keep_answer(struct core *core, const struct own_phone *phone,
                                  struct buf *text)
{
    struct messages *messages = &core->messages;
    uint64_t id = 0;

    if (text->failed) { /* a text that was too long for a message */
        buf_reset(text);
        say_alone(core, POLICY_SMS_LATER, text);
    }
    if (text->len == 0) { /* the policy is older than its texts */
        return OUTCOME_OK;
    }
    struct outcome outcome = outbox_put(core, OUTGOING_ANSWER, view_text(phone->number),
                                        buf_view(text), phone->cause, &id);
    messages->answered += outcome_ok(outcome) ? 1 : 0;
    return outcome;
}

/* Answers it, and keeps the answer, or *ret_later. Fails as keep_answer(). */
static struct outcome serve(struct core *core, struct peer *peer, const struct texting_asked *asked,
                            bool *ret_later)
{
    struct messages *messages = &core->messages;
    uint8_t cause[OUTGOING_CAUSE_BYTES];
    struct sender sender;
    bool new = false;
    __attribute__((cleanup(buf_wipe_done))) struct buf text;
    buf_init(&text, OUTBOX_TEXT_BYTES_MAX);

    TRY(find_cause(core, asked, cause, &new));
    if (!new) {
        messages->again++;
        return OUTCOME_OK;
    }
    if (!find_sender(core, asked, &sender)) {
        messages->unanswered++;
        return OUTCOME_OK;
    }
    if (!outbox_has_room(core, OUTGOING_ANSWER)) { /* invariant 2: before anything is done */
        return outcome_fail(FAULT_AGAIN, "no room for an answer");
    }
    if (!may_write(core, &sender)) {
        messages->unanswered++;
        return OUTCOME_OK;
    }
    memcpy(sender.from.cause, cause, sizeof(cause));
    sender.peer = peer;
    TRY(answer(core, &sender, asked, &text, ret_later));
    return *ret_later ? OUTCOME_OK : keep_answer(core, &sender.from, &text);
}

/* Tells who brought it what came of it; a failure that the core does not survive is returned. */
static struct outcome tell(struct peer *peer, uint64_t tag, struct outcome outcome)
{
    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN && !core_survives(outcome)) {
        return outcome;
    }
    const struct texting_told told = {.tag = tag, .taken = outcome_ok(outcome)};
    texting_put_told(&peer->pipe.out, &told);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}

struct outcome messages_tell(struct core *core, struct peer *peer, uint64_t tag,
                             const struct own_phone *phone, const struct own_reply *reply)
{
    __attribute__((cleanup(buf_wipe_done))) struct buf text;
    buf_init(&text, OUTBOX_TEXT_BYTES_MAX);

    struct outcome outcome = say_history(core, reply, &text);
    if (outcome_ok(outcome)) {
        outcome = keep_answer(core, phone, &text);
    }
    return tell(peer, tag, outcome);
}

struct outcome messages_take(struct core *core, struct peer *peer, const struct frame *frame,
                             bool *ret_good)
{
    struct texting_asked asked;
    bool later = false;

    *ret_good = outcome_ok(texting_get_asked(frame, &asked));
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    struct outcome outcome = serve(core, peer, &asked, &later);
    return later && outcome_ok(outcome) ? OUTCOME_OK : tell(peer, asked.tag, outcome);
}
