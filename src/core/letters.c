/*
 * Letters on their way: what is decided is given, numbered, drawn, signed and kept, one step a
 * turn.
 *
 * Invariants
 * 1. Every step's result is a record (the gate's, or an act of the house) before the next begins,
 *    and a step is done because the objects say that it is due: so whatever the process dies of, a
 *    start goes on where the records end. What lies here alone (a drawn file) is made again.
 * 2. A case has one disclosure: the gate gives it again for each copy, and refuses a second.
 * 3. A turn does one step: one ask, one act, or one signature (I9). One letter is in hand; others
 *    wait, and one that cannot be made is held by an act and holds up nobody.
 * 4. No key leaves the core and no person's data but one letter's content, to the process that
 * draws it and forgets it.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "domain/letter_file.h"
#include "office/letter_content.h"
#include "office/object.h"
#include "proc/rendering.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_US (1 * INT64_C(1000000))
#define AGAIN_US (5 * INT64_C(1000000))                  /* after a step that did not go well */
#define KEPT_US (ARCHIVE_LOOSE_S / 2 * INT64_C(1000000)) /* that the archive has it for sure */
#define TRIES_MAX 3 /* of making one copy: of drawing it, signing it, having it kept */

static int64_t now_us(const struct core *core)
{
    return clock_monotonic_us(&core->house->clock);
}

/* ---- acts of the house ---- */

/* The core goes on behind two failures: FAULT_BUSY stands for want of room or memory,
 * FAULT_CONFLICT for an act that is refused, and would be again; ret_why says why. */
static struct outcome do_act(struct core *core, const struct act *act, char ret_why[256])
{
    uint64_t index = 0;
    struct view code = act_value(act, "code");
    ret_why[0] = '\0';
    struct outcome outcome =
        office_act(core->house->office, act, (uint32_t)getuid(), &index, ret_why);
    log_line(outcome_ok(outcome) ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "letter-act",
             "act=%s code=%.*s index=%llu why=\"%s\"", act_rows[act->kind].name, (int)code.len,
             (const char *)code.data, (unsigned long long)index, ret_why);
    if (outcome_ok(outcome) || !core_survives(outcome)) {
        return outcome;
    }
    bool later = outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY;
    return outcome_fail(later ? FAULT_BUSY : FAULT_CONFLICT, "not recorded");
}

static struct outcome do_hold(struct core *core, const struct letter *letter, struct view reason)
{
    struct act act = {.kind = ACT_LETTER_HOLD};
    char why[256];
    act_value_set(&act, "code", code_view(&letter->code));
    act_value_set(&act, "reason", reason);
    return do_act(core, &act, why);
}

/* A reason that no act can have (it comes from another process) holds it all the same. */
static struct outcome hold(struct core *core, const struct letter *letter, struct view reason)
{
    struct outcome outcome = do_hold(core, letter, reason);
    if (outcome.fault == FAULT_CONFLICT) {
        outcome = do_hold(core, letter, VIEW_LITERAL("it cannot be made"));
    }
    return outcome.fault == FAULT_CONFLICT ? outcome_fail(FAULT_BUSY, "not held") : outcome;
}

/* Refused for good, it holds the letter. */
static struct outcome do_or_hold(struct core *core, const struct letter *letter,
                                 const struct act *act)
{
    char why[256];
    struct outcome outcome = do_act(core, act, why);
    return outcome.fault == FAULT_CONFLICT ? hold(core, letter, view_text(why)) : outcome;
}

static struct outcome order(struct core *core, const struct written_case *case_,
                            enum letter_kind kind)
{
    struct act act = {.kind = ACT_LETTER_ORDER};
    char why[256];
    act_value_set(&act, "code", code_view(&case_->code));
    act_value_set(&act, "kind", view_text(words_name(&words_letter_kind, kind)));
    return do_act(core, &act, why);
}

static struct outcome say_disclosed(struct core *core, const struct letter *letter,
                                    const struct written_case *case_, uint64_t index)
{
    struct act act = {.kind = ACT_CASE_DISCLOSED};
    char record[24];
    snprintf(record, sizeof(record), "%llu", (unsigned long long)index);
    act_value_set(&act, "code", code_view(&case_->code));
    act_value_set(&act, "record", view_text(record));
    return do_or_hold(core, letter, &act);
}

/* Fresh codes, one a copy, with commas between. */
static void make_codes(const struct core *core, unsigned count, struct buf *codes)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t bytes[LETTER_CODE_BYTES];
        struct letter_code code;
        random_fill(&core->house->random, bytes, sizeof(bytes));
        letter_code_make(bytes, &code);
        buf_put_text(codes, i == 0 ? "" : ",");
        buf_put(codes, code.text, LETTER_CODE_CHARS);
    }
}

static struct outcome number(struct core *core, const struct letter *letter,
                             const struct written_case *case_)
{
    struct act act = {.kind = ACT_LETTER_NUMBER};
    struct letter_number next = {0};
    char text[16];
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    BUF_AUTO codes;
    buf_init(&codes, LETTER_COPIES_MAX * (LETTER_CODE_CHARS + 1));
    if (!outcome_ok(
            letter_number_next(&core->house->directory, case_->unit, letter->kind, day, &next))) {
        return hold(core, letter, VIEW_LITERAL("the office has no room for a number"));
    }
    make_codes(core, letter->copy_count, &codes);
    TRY(buf_check(&codes));
    snprintf(text, sizeof(text), "%u", next.number);
    act_value_set(&act, "code", code_view(&letter->code));
    act_value_set(&act, "register", code_view(&next.register_code));
    act_value_set(&act, "number", view_text(text));
    act_value_set(&act, "codes", buf_view(&codes));
    return do_or_hold(core, letter, &act);
}

static struct outcome say_signed(struct core *core, const struct letter *letter)
{
    const struct letters *letters = &core->letters;
    struct act act = {.kind = ACT_LETTER_SIGN};
    char texts[5][2 * SEAL_HASH_BYTES + 1] = {{0}};
    static const char *const names[] = {"copy", "drawn", "file", "bytes", "certificate"};
    const struct cms_certificate *certificate = cms_signer_certificate(core_letter_signer(core));
    snprintf(texts[0], sizeof(texts[0]), "%u", letters->copy);
    hex_write(texts[1], view_of(letters->drawn, SEAL_HASH_BYTES));
    hex_write(texts[2], view_of(letters->file, SEAL_HASH_BYTES));
    snprintf(texts[3], sizeof(texts[3]), "%zu", letters->pdf.len);
    hex_write(texts[4], view_of(certificate->hash, SEAL_HASH_BYTES));
    act_value_set(&act, "code", code_view(&letter->code));
    for (unsigned i = 0; i < 5; i++) {
        act_value_set(&act, names[i], view_text(texts[i]));
    }
    return do_or_hold(core, letter, &act);
}

/* ---- the gate ---- */

/* An ask with what it borrows. */
struct giving {
    struct ask ask;
    struct ask_written written;
    uint8_t key[ASK_PERSON_KEY_BYTES];
};

/* By whose number people ask about themselves: of who is spoken for, as citizen, else their own. */
static struct view number_of(const struct case_requester *who)
{
    bool spoken_for = who->class == CLASS_CITIZEN && who->behalf != BEHALF_COUNT;
    if (spoken_for) {
        return code_view(&who->principal_number);
    }
    bool papers = who->party == NULL && who->papers != PAPERS_PASSPORT;
    return papers ? code_view(&who->number) : view_of(NULL, 0);
}

static void make_ask(const struct written_case *case_, struct giving *ret_giving)
{
    const struct case_requester *who = &case_->requester;
    *ret_giving = (struct giving){
        .written = {.office = code_view(&case_->unit->code),
                    .class = who->class,
                    .requester = number_of(who),
                    .fields = case_->answer.fields,
                    .given = case_->disclosed ? case_->disclosure_index + 1 : 0},
        .ask = {.service = SERVICE_NOTICE_EXTRACT,
                .business = code_view(&case_->code),
                .case_ref = code_view(&case_->code),
                .party = who->party == NULL ? view_of(NULL, 0) : code_view(&who->party->code),
                .officer = code_view(&case_->answer.approved_by),
                .subject_kind = SUBJECT_PERSON,
                .key = view_of(ret_giving->key, sizeof(ret_giving->key)),
                .written = &ret_giving->written},
    };
    for (unsigned i = 0; i < sizeof(ret_giving->key); i++) {
        ret_giving->key[i] = (uint8_t)(case_->person_key >> (56 - 8 * i));
    }
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((case_->answer.fields & FIELD_BIT(field)) != 0) {
            ret_giving->ask.fields[ret_giving->ask.field_count++] = (uint8_t)field;
        }
    }
}

/* The case's one disclosure, now or again. The answer lasts until the gate is asked next. */
static struct outcome give(struct core *core, const struct written_case *case_,
                           struct answer *ret_answer)
{
    struct giving giving;
    CHECK(core->count == 0); /* no other batch is in hand */
    make_ask(case_, &giving);
    return gate_serve(core->house->gate, &giving.ask, 1, ret_answer);
}

bool letters_explain(struct core *core, const struct written_case *case_, struct buf *json)
{
    struct written_case meant = *case_;
    struct giving giving;
    if (meant.answer.decision != DECISION_DISCLOSE) { /* as it was asked */
        meant.answer.fields = meant.fields;
    }
    make_ask(&meant, &giving);
    return gate_explain(core->house->gate, &giving.ask, json);
}

/* What the gate does not give holds the letter, but for want of a log that writes. */
static struct outcome not_given(struct core *core, const struct letter *letter, enum code code)
{
    if (code == CODE_LEDGER_UNAVAILABLE || code == CODE_INTERNAL) {
        return outcome_fail(FAULT_BUSY, "nothing is given now");
    }
    return hold(core, letter, view_text(words_name(&words_code, code)));
}

static struct outcome disclose(struct core *core, const struct letter *letter,
                               const struct written_case *case_)
{
    struct answer answer = {0};
    struct case_permission permission;
    if (!case_permits(case_, &permission)) { /* whoever has ordered it, and whenever */
        return hold(core, letter, VIEW_LITERAL("nothing may leave for its case"));
    }
    TRY(give(core, case_, &answer));
    return answer.code == CODE_DISCLOSED ? say_disclosed(core, letter, case_, answer.leaf_index)
                                         : not_given(core, letter, answer.code);
}

/* ---- drawing ---- */

struct peer *letters_drawer(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, FRAME_RENDER)) {
            return peer;
        }
    }
    return NULL;
}

static void begin(struct letters *letters, const struct letter *letter, unsigned copy,
                  int64_t from_us)
{
    bool same =
        letters->copy == copy && view_equal(code_view(&letters->code), code_view(&letter->code));
    letters->tries = same ? letters->tries + 1 : 1;
    letters->code = letter->code;
    letters->case_code = letter->case_code;
    letters->copy = copy;
    letters->phase = LETTERS_DRAWING;
    letters->until_us = from_us + LETTER_WAIT_S_MAX * INT64_C(1000000);
    letters->tag++;
}

static struct outcome send_content(struct core *core, const struct letter *letter,
                                   const struct letter_content *content)
{
    struct letters *letters = &core->letters;
    struct peer *peer = letters_drawer(core);
    BUF_AUTO json;
    buf_init(&json, LETTER_CONTENT_BYTES_MAX);
    if (peer == NULL) {
        return outcome_fail(FAULT_BUSY, "nobody draws");
    }
    struct outcome outcome = letter_content_put(content, &json);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome_fail(FAULT_BUSY, outcome.what);
    }
    if (!outcome_ok(outcome)) { /* its matter lacks something, or is too long */
        return hold(core, letter, view_text(outcome.what));
    }
    begin(letters, letter, (unsigned)(content->copy - letter->copies) + 1, now_us(core));
    const struct render_order ordered = {.tag = letters->tag, .content = buf_view(&json)};
    rendering_put_order(&peer->pipe.out, &ordered);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
    memory_wipe(json.data, json.len);
    return OUTCOME_OK;
}

static struct outcome draw(struct core *core, const struct letter *letter,
                           const struct written_case *case_)
{
    const struct letter_copy *copy = letter_unmade(letter);
    struct answer answer = {0};
    CHECK(copy != NULL);
    if (core->letters.tries >= TRIES_MAX &&
        view_equal(code_view(&core->letters.code), code_view(&letter->code))) {
        TRY(hold(core, letter, VIEW_LITERAL("it could not be made")));
        core->letters.tries = 0; /* for an officer who has it tried again */
        return OUTCOME_OK;
    }
    if (letter->kind == LETTER_RESULT) {
        TRY(give(core, case_, &answer));
        if (answer.code != CODE_DISCLOSED) { /* invariant 2 */
            return not_given(core, letter, answer.code);
        }
    }
    const struct letter_content content = {
        .directory = &core->house->directory,
        .policy = office_policy(core->house->office),
        .case_ = case_,
        .letter = letter,
        .copy = copy,
        .person = answer.person,
        .notices = answer.notices,
        .base = view_text(core->child->settings.public_url),
    };
    return send_content(core, letter, &content);
}

/* ---- signing and keeping ---- */

static void give_up(struct core *core, const char *why)
{
    struct letters *letters = &core->letters;
    log_line(LOG_LEVEL_WARN, "letter-not-made", "letter=%s copy=%u why=\"%s\"", letters->code.text,
             letters->copy, why);
    if (letters->pdf.len > 0) {
        memory_wipe(letters->pdf.data, letters->pdf.len);
    }
    buf_reset(&letters->pdf);
    letters->phase = LETTERS_IDLE;
    letters->look_us = now_us(core) + AGAIN_US;
}

/* What was drawn becomes the file that is kept. */
static struct outcome sign(struct core *core, struct view drawn)
{
    struct letters *letters = &core->letters;
    int64_t now_s = clock_wall_us(&core->house->clock) / US_PER_S;
    buf_reset(&letters->pdf);
    buf_put_view(&letters->pdf, drawn);
    TRY(buf_check(&letters->pdf));
    seal_sha256(drawn, letters->drawn);
    TRY(letter_file_sign(&letters->pdf, core_letter_signer(core), now_s));
    seal_sha256(buf_view(&letters->pdf), letters->file);
    return OUTCOME_OK;
}

static struct letter *in_hand(const struct core *core)
{
    return staff_letter(&core->house->directory, code_view(&core->letters.code));
}

static struct outcome take_drawn(struct core *core, const struct render_done *done)
{
    struct letters *letters = &core->letters;
    const struct letter *letter = in_hand(core);
    bool never = done->code == RENDER_BAD_CONTENT || done->code == RENDER_TOO_LONG;
    if (letter == NULL || letter_unmade(letter) == NULL) { /* void in between */
        give_up(core, "nobody waits for it");
        return OUTCOME_OK;
    }
    if (done->code != RENDER_DONE) {
        char why[128];
        snprintf(why, sizeof(why), "%.*s", (int)done->why.len, (const char *)done->why.data);
        give_up(core, why);
        return never ? hold(core, letter, view_text(why)) : OUTCOME_OK;
    }
    struct outcome outcome = sign(core, done->pdf);
    if (!outcome_ok(outcome)) {
        give_up(core, outcome.what);
        return OUTCOME_OK;
    }
    letters->phase = LETTERS_KEEPING;
    letters->until_us = now_us(core) + LETTER_WAIT_S_MAX * INT64_C(1000000);
    if (!papers_put(core, code_view(&letter->case_code), letters->file, buf_view(&letters->pdf))) {
        letters->tries = 0; /* nobody has it, and it is not the letter's fault */
        give_up(core, "nobody keeps it");
    }
    return OUTCOME_OK;
}

static struct outcome or_later(struct outcome outcome)
{
    return outcome.fault == FAULT_BUSY ? OUTCOME_OK : outcome;
}

struct outcome letters_drawn(struct core *core, const struct frame *frame, bool *ret_good)
{
    struct render_done done;
    *ret_good = outcome_ok(rendering_get_done(frame, &done));
    if (*ret_good && (done.tag & PRINTING_TAG) != 0) {
        printing_drawn(core, &done);
        return OUTCOME_OK;
    }
    if (!*ret_good || core->letters.phase != LETTERS_DRAWING || done.tag != core->letters.tag) {
        return OUTCOME_OK; /* of one that was given up */
    }
    return or_later(take_drawn(core, &done));
}

void letters_kept(struct core *core, struct view case_code, const uint8_t file[SEAL_HASH_BYTES],
                  bool good)
{
    struct letters *letters = &core->letters;
    bool ours = letters->phase == LETTERS_KEEPING &&
                view_equal(code_view(&letters->case_code), case_code) &&
                memcmp(letters->file, file, SEAL_HASH_BYTES) == 0;
    if (ours && good) {
        letters->phase = LETTERS_KEPT;
        letters->look_us = 0;
        letters->until_us = now_us(core) + KEPT_US;
    } else if (ours) {
        give_up(core, "it could not be kept");
    }
}

void letters_lost(struct core *core)
{
    if (core->letters.phase == LETTERS_DRAWING) {
        give_up(core, "the process that draws is gone");
    }
}

void letters_unkept(struct core *core)
{
    if (core->letters.phase == LETTERS_KEEPING) {
        core->letters.tries = 0; /* not the letter's fault */
        give_up(core, "the process that keeps is gone");
    }
}

/* It is there; the act says so. Until that can be recorded the file stays in hand: made again, it
 * would be another one, and this one would lie in the archive. */
static struct outcome finish(struct core *core)
{
    struct letters *letters = &core->letters;
    const struct letter *letter = in_hand(core);
    bool waits = letter != NULL && letter_unmade(letter) != NULL; /* else it is void by now */
    if (now_us(core) >= letters->until_us) {
        papers_drop(core, code_view(&letters->case_code), letters->file);
        give_up(core, "it could not be recorded in time");
        return OUTCOME_OK;
    }
    struct outcome outcome = waits ? say_signed(core, letter) : OUTCOME_OK;
    if (outcome.fault == FAULT_BUSY) {
        letters->look_us = now_us(core) + AGAIN_US;
        return OUTCOME_OK;
    }
    papers_attach(core, code_view(&letters->case_code), letters->file);
    papers_drop(core, code_view(&letters->case_code), letters->file); /* if nothing names it */
    memory_wipe(letters->pdf.data, letters->pdf.len);
    buf_reset(&letters->pdf);
    letters->phase = LETTERS_IDLE;
    letters->tries = 0;
    letters->look_us = 0;
    return outcome;
}

/* ---- what is due ---- */

/* What is decided and can be done is ordered. */
static bool case_waits(const struct core *core, const struct written_case *case_,
                       enum letter_kind *ret_kind)
{
    struct case_permission permission;
    *ret_kind = letter_due(&core->house->directory, case_);
    if (*ret_kind == LETTER_RESULT) {
        return case_->disclosed || case_permits(case_, &permission);
    }
    return *ret_kind != LETTER_KIND_COUNT && case_letter_due(case_, *ret_kind);
}

static struct outcome step_letter(struct core *core, const struct letter *letter)
{
    const struct written_case *case_ =
        staff_case(&core->house->directory, code_view(&letter->case_code));
    if (case_ == NULL) {
        return hold(core, letter, VIEW_LITERAL("its case is not kept any more"));
    }
    if (letter->state == LETTER_NUMBERED) {
        return draw(core, letter, case_);
    }
    return letter->kind == LETTER_RESULT && !case_->disclosed ? disclose(core, letter, case_)
                                                              : number(core, letter, case_);
}

/* The step that the object in that place needs; *ret_none: none. */
static struct outcome step(struct core *core, size_t place, bool *ret_none)
{
    const struct staff *staff = core->house->directory.staff;
    enum letter_kind kind = LETTER_KIND_COUNT;
    *ret_none = false;
    if (place < staff->cases.len) {
        const struct written_case *case_ = map_at(&staff->cases, place);
        if (case_waits(core, case_, &kind)) {
            struct outcome outcome = order(core, case_, kind);
            bool refused = outcome.fault == FAULT_CONFLICT;
            core->letters.at += refused; /* the others wait for nothing */
            return refused ? OUTCOME_OK : outcome;
        }
    } else {
        const struct letter *letter = map_at(&staff->letters, place - staff->cases.len);
        if (letter_waits(letter)) {
            return step_letter(core, letter);
        }
    }
    *ret_none = true;
    return OUTCOME_OK;
}

/* Looks at LETTER_STEP_MAX objects, and does one step at most. Where one was done, there may be
 * another to do. */
static struct outcome walk(struct core *core)
{
    struct letters *letters = &core->letters;
    const struct staff *staff = core->house->directory.staff;
    for (unsigned i = 0; i < LETTER_STEP_MAX; i++) {
        bool none = false;
        if (letters->at >= staff->cases.len + staff->letters.len) {
            letters->at = 0;
            letters->look_us = now_us(core) + LOOK_US;
            return OUTCOME_OK;
        }
        struct outcome outcome = step(core, letters->at, &none);
        letters->at += none || outcome.fault == FAULT_BUSY;
        if (outcome.fault == FAULT_BUSY) {
            letters->look_us = now_us(core) + AGAIN_US;
            return OUTCOME_OK;
        }
        if (!none) {
            return outcome;
        }
    }
    return OUTCOME_OK;
}

struct outcome letters_keep(struct core *core)
{
    struct letters *letters = &core->letters;
    if (core_letter_signer(core) == NULL || !ledger_writable(core->house->ledger)) {
        return OUTCOME_OK; /* this house signs no letters, or nothing can be recorded */
    }
    bool due = now_us(core) >= letters->look_us;
    switch (letters->phase) {
    case LETTERS_IDLE:
        return due ? walk(core) : OUTCOME_OK;
    case LETTERS_KEPT:
        return due ? finish(core) : OUTCOME_OK;
    default:
        if (now_us(core) >= letters->until_us) {
            give_up(core, "it took too long");
        }
        return OUTCOME_OK;
    }
}

bool letters_busy(const struct core *core)
{
    const struct letters *letters = &core->letters;
    bool ours = letters->phase == LETTERS_KEPT || letters->phase == LETTERS_IDLE;
    return core_letter_signer(core) != NULL && ledger_writable(core->house->ledger) && ours &&
           now_us(core) >= letters->look_us;
}

void letters_hurry(struct core *core)
{
    core->letters.look_us = 0;
}

void letters_open(struct letters *letters)
{
    buf_init(&letters->pdf, LETTER_BYTES_MAX);
}

void letters_close(struct letters *letters)
{
    if (letters->pdf.len > 0) {
        memory_wipe(letters->pdf.data, letters->pdf.len);
    }
    buf_done(&letters->pdf);
}
