/*
 * The acts of letters.
 *
 * Invariants
 * 1. A number is the one that follows the last of its register: the act says which, so that none is
 *    given twice and none is left out. It is never taken back: what has one and will be no letter
 * is void, and says so.
 * 2. What answers a case is ordered once: another takes its place only after it, and by an order
 *    that names it.
 * 3. A letter that is replaced stays what it is until the one in its place is there.
 * 4. Officers of the office whose letter it is work on it, and nobody else; before it has a number
 *    that is the office in charge of its case. What answers a case is ordered by the house alone:
 *    it asks whether anything may leave.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* Invariant 4; of what takes two officers, who proposed it is meant. */
static struct outcome by_member(struct preparing *here, const struct office_unit *unit)
{
    if (here->doer == NULL) {
        return OUTCOME_OK; /* the house */
    }
    struct view officer = here->proposer.len > 0 ? here->proposer : here->doer->code;
    return unit != NULL && unit_member(unit, officer) != NULL
               ? OUTCOME_OK
               : prepare_refuse_as(here, ACT_CODE_NOT_YOURS,
                                   "the officer is none of the office whose letter it is");
}

static const struct office_unit *unit_of(const struct preparing *here, const struct letter *letter)
{
    const struct written_case *case_ = staff_case(here->directory, code_view(&letter->case_code));
    return letter->number == 0 && case_ != NULL
               ? case_->unit
               : staff_unit(here->directory, code_view(&letter->unit));
}

/* The letter that the act names, to be changed, in the state to which the event moves it. */
static struct outcome letter_edit(struct preparing *here, enum letter_event event,
                                  struct letter **ret_letter)
{
    struct letter *old = NULL;
    TRY(prepare_find(here, OBJECT_LETTER, "code", &old));
    TRY(by_member(here, unit_of(here, old)));
    enum letter_state next = office_letter_next(old->state, event);
    if (next == LETTER_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the letter's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_LETTER, old, ret_letter));
    (*ret_letter)->state = next;
    return OUTCOME_OK;
}

/* ---- order ---- */

_Static_assert(LETTERS_ASIDE_MAX < LETTERS_PER_CASE_MAX, "an answer has a place");
_Static_assert(LETTERS_ASIDE_MAX + 1 <= CHANGE_EDITS_MAX, "they leave by one act, with their case");

/* Whose copies there will be: of an answer the office keeps one. */
static struct outcome set_copies(const struct written_case *case_, struct letter *letter)
{
    letter->copy_count = letter_answers(letter->kind) ? 2 : 1;
    letter->copies[0].recipient = case_->requester.name;
    letter->copies[1].recipient = case_->unit->name;
    for (unsigned i = 0; i < LETTER_COPIES_MAX; i++) {
        letter->copies[i].way = LETTER_WAY_COUNT;
    }
    return OUTCOME_OK;
}

/* Those of the case that answer nothing; into ret_asides, so many of them as it has room for. */
static unsigned asides_of(const struct preparing *here, const struct written_case *case_,
                          struct letter *ret_asides[LETTERS_ASIDE_MAX])
{
    unsigned count = 0;
    for (unsigned i = 1; i <= letter_count(here->directory, case_); i++) {
        struct letter *letter = staff_letter_of(here->directory, case_, i);
        if (!letter_answers(letter->kind) && count < LETTERS_ASIDE_MAX) {
            ret_asides[count++] = letter;
        }
    }
    return count;
}

/* They leave with their case: what answers it is kept (decision 0056). */
void letters_leave(struct preparing *here, const struct written_case *case_)
{
    struct letter *asides[LETTERS_ASIDE_MAX];
    unsigned count = asides_of(here, case_, asides);
    for (unsigned i = 0; i < count; i++) {
        prepare_remove(here, OBJECT_LETTER, asides[i]);
    }
}

/* However many slips somebody is given, the case can be answered. */
static bool has_place(const struct preparing *here, const struct written_case *case_,
                      enum letter_kind kind)
{
    struct letter *asides[LETTERS_ASIDE_MAX];
    return letter_count(here->directory, case_) < LETTERS_PER_CASE_MAX &&
           (letter_answers(kind) || asides_of(here, case_, asides) < LETTERS_ASIDE_MAX);
}

/* One more letter of the case; `replaces` NULL: it takes nobody's place. */
static struct outcome order(struct preparing *here, const struct written_case *case_,
                            enum letter_kind kind, const struct letter *replaces)
{
    struct letter *letter = NULL;
    char code[CODE_TEXT_BYTES_MAX + 1];
    unsigned place = letter_count(here->directory, case_) + 1;
    int len = snprintf(code, sizeof(code), "%s.%u", case_->code.text, place);
    if (!has_place(here, case_, kind) || len < 0 || len > ASK_CODE_BYTES_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the case has too many letters");
    }
    TRY(prepare_add(here, OBJECT_LETTER, &letter));
    letter->kind = kind;
    letter->case_code = case_->code;
    letter->unit = case_->unit->code;
    if (replaces != NULL) {
        letter->replaces = replaces->code;
        TRY(long_set(&letter->reason, act_value(here->act, "reason")));
    }
    TRY(set_copies(case_, letter));
    return code_set(&letter->code, view_text(code));
}

/* An answer is ordered once (invariant 2); a slip, or what a supplement must bring, as often as
 * somebody is to be given one. */
struct outcome prepare_letter_order(struct preparing *here)
{
    struct written_case *case_ = NULL;
    enum letter_kind kind = act_word(here->act, "kind");
    TRY(prepare_find(here, OBJECT_CASE, "code", &case_));
    TRY(by_member(here, case_->unit));
    if (letter_answers(kind) && here->doer != NULL) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS,
                                 "what answers a case is ordered by the house, when it may be");
    }
    bool due = letter_answers(kind) ? letter_due(here->directory, case_) == kind
                                    : case_letter_due(case_, kind);
    if (!due) {
        return prepare_refuse(here, FAULT_CONFLICT, "no such letter is due in the case");
    }
    return order(here, case_, kind, NULL);
}

static bool under_way(const struct preparing *here, const struct written_case *case_,
                      const struct letter *old)
{
    for (unsigned i = 1; i <= letter_count(here->directory, case_); i++) {
        const struct letter *letter = staff_letter_of(here->directory, case_, i);
        bool open = letter->state == LETTER_ORDERED || letter->state == LETTER_NUMBERED;
        if (open && view_equal(code_view(&letter->replaces), code_view(&old->code))) {
            return true;
        }
    }
    return false;
}

/* Invariant 3. */
struct outcome prepare_letter_replace(struct preparing *here)
{
    struct letter *old = NULL;
    TRY(prepare_find(here, OBJECT_LETTER, "code", &old));
    TRY(by_member(here, unit_of(here, old)));
    const struct written_case *case_ = staff_case(here->directory, code_view(&old->case_code));
    if (office_letter_next(old->state, LETTER_EVENT_REPLACE) == LETTER_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the letter's state does not allow this");
    }
    if (case_ == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "its case is not kept any more");
    }
    if (old->replaced_by.len > 0) { /* it was withdrawn before that */
        return prepare_refuse(here, FAULT_CONFLICT, "another letter is in its place");
    }
    if (under_way(here, case_, old)) {
        return prepare_refuse(here, FAULT_CONFLICT, "another letter is on the way to its place");
    }
    return order(here, case_, old->kind, old);
}

/* ---- number ---- */

static struct outcome set_code_of(struct preparing *here, const struct letter *letter,
                                  struct view text, struct letter_copy *copy)
{
    if (!outcome_ok(letter_code_read(text, &copy->code))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "codes: is none");
    }
    letter_code_hash(long_view(&letter->number_text), &copy->code, copy->code_hash);
    for (const struct letter_copy *other = letter->copies; other < copy; other++) {
        if (memcmp(other->code_hash, copy->code_hash, SEAL_HASH_BYTES) == 0) {
            return prepare_refuse(here, FAULT_BAD_INPUT, "codes: two are the same");
        }
    }
    const struct map *codes = &here->directory->staff->letter_codes;
    return map_get(codes, view_of(copy->code_hash, SEAL_HASH_BYTES)) == NULL
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "codes: one is another letter's");
}

/* One a copy. */
static struct outcome set_codes(struct preparing *here, struct letter *letter)
{
    struct view codes = act_value(here->act, "codes");
    unsigned count = 0;
    for (size_t from = 0; from < codes.len;) {
        size_t end = view_find(codes, from, ',');
        if (count == letter->copy_count) {
            return prepare_refuse(here, FAULT_BAD_INPUT, "codes: more than copies");
        }
        TRY(set_code_of(here, letter, view_part(codes, from, end - from),
                        &letter->copies[count++]));
        from = end + 1;
    }
    return count == letter->copy_count
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "codes: fewer than copies");
}

/* Invariant 1. */
static struct outcome take_number(struct preparing *here, const struct written_case *case_,
                                  struct letter *letter)
{
    struct letter_number next = {0};
    struct letter_register *letter_register = NULL;
    if (!outcome_ok(
            letter_number_next(here->directory, case_->unit, letter->kind, here->today, &next))) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the office has no room for a number");
    }
    struct view code = code_view(&next.register_code);
    if (!view_equal(act_value(here->act, "register"), code) ||
        act_number(here->act, "number", 0) != next.number) {
        return prepare_refuse(here, FAULT_CONFLICT, "is not the next number of its register");
    }
    letter->register_code = next.register_code;
    letter->number = next.number;
    letter->number_text = next.text;
    letter->unit = case_->unit->code;
    struct letter_register *old = object_find(here->directory, &object_register, code);
    TRY(old == NULL ? prepare_add(here, OBJECT_REGISTER, &letter_register)
                    : prepare_edit(here, OBJECT_REGISTER, old, &letter_register));
    letter_register->code = next.register_code;
    letter_register->last = next.number;
    return OUTCOME_OK;
}

/* An answer moves its case; one that answers a rejection, a slip and a supplement do not: so what
 * takes the place of one of these is good whatever became of the case. */
static struct outcome move_case(struct preparing *here, const struct written_case *case_,
                                const struct letter *letter)
{
    struct written_case *moved = NULL;
    bool first = case_letter_due(case_, letter->kind);
    bool again = letter->replaces.len > 0 &&
                 (!letter_answers(letter->kind) || case_->state != CASE_APPROVED);
    if (!first && !again) {
        return prepare_refuse(here, FAULT_CONFLICT, "no such letter is due in the case");
    }
    if (case_answer_letter(case_) != letter->kind || case_->state == CASE_REJECTED) {
        return OUTCOME_OK;
    }
    TRY(case_step(here, code_view(&case_->code), first ? CASE_EVENT_NUMBER : CASE_EVENT_REISSUE,
                  &moved));
    moved->letter = letter->code;
    return OUTCOME_OK;
}

struct outcome prepare_letter_number(struct preparing *here)
{
    struct letter *letter = NULL;
    TRY(letter_edit(here, LETTER_EVENT_NUMBER, &letter));
    const struct written_case *case_ = staff_case(here->directory, code_view(&letter->case_code));
    if (case_ == NULL || letter->held.len > 0) {
        return prepare_refuse(here, FAULT_CONFLICT, "the letter is held, or its case is gone");
    }
    TRY(take_number(here, case_, letter));
    TRY(set_codes(here, letter));
    return move_case(here, case_, letter);
}

/* ---- its copies ---- */

static struct outcome find_copy(struct preparing *here, struct letter *letter,
                                struct letter_copy **ret_copy)
{
    uint64_t copy = act_number(here->act, "copy", 0);
    if (copy == 0 || copy > letter->copy_count) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "the letter has no such copy");
    }
    *ret_copy = &letter->copies[copy - 1];
    return OUTCOME_OK;
}

/* A move of the case that goes with the letter which answers it, as long as the case is there and
 * waits for it: else *ret_moved is NULL. */
static struct outcome step_case(struct preparing *here, const struct letter *letter,
                                enum case_state from, enum case_event event,
                                struct written_case **ret_moved)
{
    *ret_moved = NULL;
    const struct written_case *case_ = staff_case(here->directory, code_view(&letter->case_code));
    bool its = case_ != NULL && case_->state == from &&
               view_equal(code_view(&case_->letter), code_view(&letter->code));
    return its ? case_step(here, code_view(&case_->code), event, ret_moved) : OUTCOME_OK;
}

static struct outcome replace_old(struct preparing *here, const struct letter *letter)
{
    struct letter *old = staff_letter(here->directory, code_view(&letter->replaces));
    struct letter *replaced = NULL;
    enum letter_state next =
        old == NULL ? LETTER_STATE_COUNT : office_letter_next(old->state, LETTER_EVENT_REPLACE);
    if (next == LETTER_STATE_COUNT) {
        return OUTCOME_OK;
    }
    TRY(prepare_edit(here, OBJECT_LETTER, old, &replaced));
    replaced->state = next;
    replaced->replaced_by = letter->code;
    return OUTCOME_OK;
}

static struct outcome set_file(struct preparing *here, struct letter_copy *copy)
{
    const struct act *act = here->act;
    uint64_t bytes = act_number(act, "bytes", 0);
    TRY(hex_get(act_value(act, "drawn"), copy->drawn, sizeof(copy->drawn)));
    TRY(hex_get(act_value(act, "file"), copy->file, sizeof(copy->file)));
    if (bytes == 0 || bytes > LETTER_BYTES_MAX || letter_hash_empty(copy->file)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "is no file of a letter");
    }
    copy->bytes = (uint32_t)bytes;
    const struct map *files = &here->directory->staff->letter_files;
    return map_get(files, view_of(copy->file, SEAL_HASH_BYTES)) == NULL
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "the file is another copy's");
}

/* The copies are made in their order; with the last one the letter is there. */
struct outcome prepare_letter_sign(struct preparing *here)
{
    struct letter *old = NULL;
    struct letter *letter = NULL;
    struct letter_copy *copy = NULL;
    struct written_case *moved = NULL;
    TRY(prepare_find(here, OBJECT_LETTER, "code", &old));
    const struct letter_copy *unmade = letter_unmade(old);
    if (unmade == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "the letter's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_LETTER, old, &letter));
    TRY(find_copy(here, letter, &copy));
    if (copy - letter->copies != unmade - old->copies) {
        return prepare_refuse(here, FAULT_CONFLICT, "it is another copy's turn");
    }
    TRY(set_file(here, copy));
    if (letter_unmade(letter) != NULL) {
        return OUTCOME_OK;
    }
    letter->state = office_letter_next(old->state, LETTER_EVENT_SIGN);
    CHECK(letter->state != LETTER_STATE_COUNT);
    TRY(step_case(here, letter, CASE_NUMBERED, CASE_EVENT_SIGN, &moved));
    return letter->replaces.len > 0 ? replace_old(here, letter) : OUTCOME_OK;
}

/* ---- what becomes of it ---- */

struct outcome prepare_letter_hold(struct preparing *here)
{
    struct letter *letter = NULL;
    TRY(letter_edit(here, LETTER_EVENT_HOLD, &letter));
    return long_set(&letter->held, act_value(here->act, "reason"));
}

struct outcome prepare_letter_retry(struct preparing *here)
{
    struct letter *letter = NULL;
    TRY(letter_edit(here, LETTER_EVENT_RETRY, &letter));
    if (letter->held.len == 0) {
        return prepare_refuse(here, FAULT_CONFLICT, "nothing holds the letter");
    }
    letter->held = (struct long_text){0};
    return OUTCOME_OK;
}

static bool delivered(const struct letter *letter)
{
    bool is = false;
    for (unsigned i = 0; i < letter->copy_count; i++) {
        is = is || letter->copies[i].way != LETTER_WAY_COUNT;
    }
    return is;
}

/* Its case waits for its answer again, or has the one that this was to replace (invariant 3). */
static struct outcome void_in_case(struct preparing *here, const struct letter *letter)
{
    const struct letter *before = staff_letter(here->directory, code_view(&letter->replaces));
    struct written_case *moved = NULL;
    if (before == NULL) {
        return step_case(here, letter, CASE_NUMBERED, CASE_EVENT_VOID, &moved);
    }
    enum case_event event = delivered(before) ? CASE_EVENT_RESTORE_DELIVERED : CASE_EVENT_RESTORE;
    TRY(step_case(here, letter, CASE_NUMBERED, event, &moved));
    if (moved != NULL) {
        moved->letter = before->code;
    }
    return OUTCOME_OK;
}

struct outcome prepare_letter_void(struct preparing *here)
{
    struct letter *letter = NULL;
    TRY(letter_edit(here, LETTER_EVENT_VOID, &letter));
    TRY(long_set(&letter->reason, act_value(here->act, "reason")));
    return void_in_case(here, letter);
}

struct outcome prepare_letter_withdraw(struct preparing *here)
{
    struct letter *letter = NULL;
    TRY(letter_edit(here, LETTER_EVENT_WITHDRAW, &letter));
    return long_set(&letter->reason, act_value(here->act, "reason"));
}

/* The first that gets to its recipient delivers the answer. */
struct outcome prepare_letter_deliver(struct preparing *here)
{
    struct letter *letter = NULL;
    struct letter_copy *copy = NULL;
    struct written_case *moved = NULL;
    TRY(letter_edit(here, LETTER_EVENT_DELIVER, &letter));
    TRY(find_copy(here, letter, &copy));
    if (copy->way != LETTER_WAY_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "this copy was delivered");
    }
    copy->way = act_word(here->act, "way");
    copy->delivered_day = here->today;
    TRY(long_set(&copy->delivered_to, act_value(here->act, "to")));
    return step_case(here, letter, CASE_SIGNED, CASE_EVENT_DELIVER, &moved);
}
