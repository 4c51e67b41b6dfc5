/*
 * Letters and registers: states, stored bytes, and what others ask about them.
 *
 * Invariants
 * 1. What is not in the table of states is refused.
 * 2. What is stored decodes to what it was. An answer outlives its case: it names it, and its
 * office.
 * 3. Every copy that has a code is found by the hash of number and code, every file that is kept by
 *    its own; no two are the same.
 */
#include "office/letter.h"

#include "base/check.h"
#include "base/clock.h"
#include "office/object.h"

#include <stdio.h>
#include <string.h>

#define LETTER_VERSION 1 /* of both forms */

static const char *const state_names[LETTER_STATE_COUNT] = {
    [LETTER_ORDERED] = "ordered",   [LETTER_NUMBERED] = "numbered",
    [LETTER_SIGNED] = "signed",     [LETTER_DELIVERED] = "delivered",
    [LETTER_REPLACED] = "replaced", [LETTER_WITHDRAWN] = "withdrawn",
    [LETTER_VOID] = "void",
};
const struct words words_letter_state = {state_names, LETTER_STATE_COUNT};

static const char *const way_names[LETTER_WAY_COUNT] = {
    [LETTER_BY_HAND] = "hand",
    [LETTER_BY_POST] = "post",
    [LETTER_BY_PORTAL] = "portal",
};
const struct words words_letter_way = {way_names, LETTER_WAY_COUNT};

enum letter_state office_letter_next(enum letter_state state, enum letter_event event)
{
#define NO LETTER_STATE_COUNT
#define ORDERED LETTER_ORDERED
#define NUMBERED LETTER_NUMBERED
#define DELIVERED LETTER_DELIVERED
#define GONE LETTER_WITHDRAWN
    static const enum letter_state next[LETTER_STATE_COUNT][LETTER_EVENT_COUNT] = {
        /* number sign hold retry void deliver replace withdraw */
        [LETTER_ORDERED] = {NUMBERED, NO, ORDERED, ORDERED, LETTER_VOID, NO, NO, NO},
        [LETTER_NUMBERED] = {NO, LETTER_SIGNED, NUMBERED, NUMBERED, LETTER_VOID, NO, NO, NO},
        [LETTER_SIGNED] = {NO, NO, NO, NO, NO, DELIVERED, LETTER_REPLACED, GONE},
        [LETTER_DELIVERED] = {NO, NO, NO, NO, NO, DELIVERED, LETTER_REPLACED, GONE},
        [LETTER_REPLACED] = {NO, NO, NO, NO, NO, NO, NO, NO},
        [LETTER_WITHDRAWN] = {NO, NO, NO, NO, NO, NO, GONE, NO},
        [LETTER_VOID] = {NO, NO, NO, NO, NO, NO, NO, NO},
    };
#undef NO
#undef ORDERED
#undef NUMBERED
#undef DELIVERED
#undef GONE
    bool known = (unsigned)state < LETTER_STATE_COUNT && (unsigned)event < LETTER_EVENT_COUNT;
    return known ? next[state][event] : LETTER_STATE_COUNT;
}

bool letter_hash_empty(const uint8_t hash[SEAL_HASH_BYTES])
{
    static const uint8_t zeros[SEAL_HASH_BYTES];
    return memcmp(hash, zeros, SEAL_HASH_BYTES) == 0;
}

/* ---- stored bytes ---- */

static void put_copy(const struct letter_copy *copy, struct buf *buf)
{
    buf_put_block16(buf, long_view(&copy->recipient));
    buf_put(buf, copy->code_hash, SEAL_HASH_BYTES);
    buf_put(buf, copy->code.text, LETTER_CODE_CHARS);
    buf_put(buf, copy->drawn, SEAL_HASH_BYTES);
    buf_put(buf, copy->file, SEAL_HASH_BYTES);
    buf_put_u32(buf, copy->bytes);
    buf_put_u8(buf, (uint8_t)copy->way);
    buf_put_u64(buf, (uint64_t)copy->delivered_day);
    buf_put_block16(buf, long_view(&copy->delivered_to));
}

static void get_copy(struct cursor *cursor, struct letter_copy *ret_copy)
{
    object_get_long(cursor, &ret_copy->recipient);
    cursor_copy(cursor, ret_copy->code_hash, SEAL_HASH_BYTES);
    cursor_copy(cursor, (uint8_t *)ret_copy->code.text, LETTER_CODE_CHARS);
    cursor_copy(cursor, ret_copy->drawn, SEAL_HASH_BYTES);
    cursor_copy(cursor, ret_copy->file, SEAL_HASH_BYTES);
    ret_copy->bytes = cursor_u32(cursor);
    ret_copy->way = object_get_enum(cursor, LETTER_WAY_COUNT + 1);
    ret_copy->delivered_day = (int64_t)cursor_u64(cursor);
    object_get_long(cursor, &ret_copy->delivered_to);
}

static void put_letter(const void *object, struct buf *buf)
{
    const struct letter *letter = object;
    buf_put_u8(buf, LETTER_VERSION);
    buf_put_block16(buf, code_view(&letter->code));
    buf_put_u32(buf, letter->version);
    buf_put_u8(buf, (uint8_t)letter->state);
    buf_put_u8(buf, (uint8_t)letter->kind);
    buf_put_block16(buf, code_view(&letter->case_code));
    buf_put_block16(buf, code_view(&letter->unit));
    buf_put_block16(buf, code_view(&letter->register_code));
    buf_put_u32(buf, letter->number);
    buf_put_block16(buf, long_view(&letter->number_text));
    buf_put_u64(buf, (uint64_t)letter->numbered_us);
    buf_put_block16(buf, code_view(&letter->replaces));
    buf_put_block16(buf, code_view(&letter->replaced_by));
    buf_put_block16(buf, long_view(&letter->held));
    buf_put_block16(buf, long_view(&letter->reason));
    buf_put_u8(buf, (uint8_t)letter->copy_count);
    for (unsigned i = 0; i < letter->copy_count; i++) {
        put_copy(&letter->copies[i], buf);
    }
}

static struct outcome get_letter(const struct directory *directory, struct view bytes,
                                 void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct letter *letter = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != LETTER_VERSION;
    object_get_code(&cursor, &letter->code);
    letter->version = cursor_u32(&cursor);
    letter->state = object_get_enum(&cursor, LETTER_STATE_COUNT);
    letter->kind = object_get_enum(&cursor, LETTER_KIND_COUNT);
    object_get_code(&cursor, &letter->case_code);
    object_get_code(&cursor, &letter->unit);
    object_get_code(&cursor, &letter->register_code);
    letter->number = cursor_u32(&cursor);
    object_get_long(&cursor, &letter->number_text);
    letter->numbered_us = (int64_t)cursor_u64(&cursor);
    object_get_code(&cursor, &letter->replaces);
    object_get_code(&cursor, &letter->replaced_by);
    object_get_long(&cursor, &letter->held);
    object_get_long(&cursor, &letter->reason);
    letter->copy_count = object_get_enum(&cursor, LETTER_COPIES_MAX + 1);
    cursor.failed = cursor.failed || letter->copy_count == 0 ||
                    (letter->number > 0) != (letter->register_code.len > 0);
    for (unsigned i = 0; i < letter->copy_count; i++) {
        get_copy(&cursor, &letter->copies[i]);
    }
    return object_get_end(&cursor, "stored letter does not decode");
}

static void put_register(const void *object, struct buf *buf)
{
    const struct letter_register *letter_register = object;
    buf_put_u8(buf, LETTER_VERSION);
    buf_put_block16(buf, code_view(&letter_register->code));
    buf_put_u32(buf, letter_register->version);
    buf_put_u32(buf, letter_register->last);
}

static struct outcome get_register(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct letter_register *letter_register = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != LETTER_VERSION;
    object_get_code(&cursor, &letter_register->code);
    letter_register->version = cursor_u32(&cursor);
    letter_register->last = cursor_u32(&cursor);
    return object_get_end(&cursor, "stored register does not decode");
}

/* ---- by hash (invariant 3) ---- */

static struct outcome put_one(struct map *map, struct letter_copy *copy,
                              const uint8_t hash[SEAL_HASH_BYTES])
{
    return letter_hash_empty(hash) ? OUTCOME_OK : map_add(map, copy);
}

static struct outcome put_copies(struct staff *staff, struct letter *letter)
{
    for (unsigned i = 0; i < letter->copy_count; i++) {
        struct letter_copy *copy = &letter->copies[i];
        copy->letter = letter;
        TRY(put_one(&staff->letter_codes, copy, copy->code_hash));
        TRY(put_one(&staff->letter_files, copy, copy->file));
    }
    return OUTCOME_OK;
}

static void take_copies(struct staff *staff, struct letter *letter)
{
    for (unsigned i = 0; i < letter->copy_count; i++) {
        const struct letter_copy *copy = &letter->copies[i];
        (void)map_remove(&staff->letter_codes, view_of(copy->code_hash, SEAL_HASH_BYTES));
        (void)map_remove(&staff->letter_files, view_of(copy->file, SEAL_HASH_BYTES));
    }
}

/* Is a hash of the letter's another letter's already? */
static bool taken(const struct staff *staff, const struct letter *letter, const struct letter *old)
{
    for (unsigned i = 0; i < letter->copy_count; i++) {
        const struct letter_copy *copy = &letter->copies[i];
        const struct letter_copy *code =
            map_get(&staff->letter_codes, view_of(copy->code_hash, SEAL_HASH_BYTES));
        const struct letter_copy *file =
            map_get(&staff->letter_files, view_of(copy->file, SEAL_HASH_BYTES));
        if ((code != NULL && code->letter != old) || (file != NULL && file->letter != old)) {
            return true;
        }
    }
    return false;
}

static struct outcome add_letter(struct directory *directory, void *object)
{
    struct staff *staff = directory->staff;
    CHECK(staff != NULL);
    if (taken(staff, object, NULL)) {
        return outcome_fail(FAULT_CONFLICT, "letter: a code or a file is another's");
    }
    TRY(map_add(&staff->letters, object));
    struct outcome outcome = put_copies(staff, object);
    if (!outcome_ok(outcome)) { /* it stays the caller's */
        take_copies(staff, object);
        CHECK(map_remove(&staff->letters, object_code(&object_letter, object)) == object);
    }
    return outcome;
}

static struct outcome replace_letter(struct directory *directory, void *old, const void *object)
{
    struct staff *staff = directory->staff;
    if (taken(staff, object, old)) {
        return outcome_fail(FAULT_CONFLICT, "letter: a code or a file is another's");
    }
    take_copies(staff, old);
    memcpy(old, object, sizeof(struct letter));
    return put_copies(staff, old); /* without memory the process ends, and starts from the log */
}

static void remove_letter(struct directory *directory, void *object)
{
    take_copies(directory->staff, object);
}

/* The letter's date is that of the record that numbers it. */
static void stamp_letter(void *object, const struct object_stamp *stamp)
{
    struct letter *letter = object;
    if (letter->number > 0 && letter->numbered_us == 0) {
        letter->numbered_us = stamp->time_us;
    }
}

const struct object_row object_letter = {
    .name = "letter",
    .plural = "letters",
    OBJECT_LAYOUT(letter),
    OBJECT_OF_STAFF(letters),
    .removable = true,
    .put = put_letter,
    .get = get_letter,
    .add = add_letter,
    .replace = replace_letter,
    .remove = remove_letter,
    .stamp = stamp_letter,
};

const struct object_row object_register = {
    .name = "register",
    .plural = "registers",
    OBJECT_LAYOUT(letter_register),
    OBJECT_OF_STAFF(registers),
    .put = put_register,
    .get = get_register,
};

/* ---- what others ask ---- */

struct letter *staff_letter(const struct directory *directory, struct view code)
{
    return object_find(directory, &object_letter, code);
}

struct letter *staff_letter_of(const struct directory *directory, const struct written_case *case_,
                               unsigned place)
{
    char code[CODE_TEXT_BYTES_MAX + 1];
    int len = snprintf(code, sizeof(code), "%s.%u", case_->code.text, place);
    return len > 0 && (size_t)len < sizeof(code) ? staff_letter(directory, view_text(code)) : NULL;
}

unsigned letter_count(const struct directory *directory, const struct written_case *case_)
{
    unsigned count = 0;
    while (count < LETTERS_PER_CASE_MAX && staff_letter_of(directory, case_, count + 1) != NULL) {
        count++;
    }
    return count;
}

const struct letter_copy *letter_unmade(const struct letter *letter)
{
    for (unsigned i = 0; letter->state == LETTER_NUMBERED && i < letter->copy_count; i++) {
        if (letter_hash_empty(letter->copies[i].file)) {
            return &letter->copies[i];
        }
    }
    return NULL;
}

bool letter_waits(const struct letter *letter)
{
    return (letter->state == LETTER_ORDERED || letter->state == LETTER_NUMBERED) &&
           letter->held.len == 0;
}

/* Withdrawn, it was an answer all the same: another one in its place is an officer's to order. */
static bool answers(const struct letter *letter, enum letter_kind kind)
{
    return letter->kind == kind && letter->state != LETTER_VOID;
}

enum letter_kind letter_due(const struct directory *directory, const struct written_case *case_)
{
    if (case_->state != CASE_APPROVED && case_->state != CASE_REJECTED) {
        return LETTER_KIND_COUNT; /* before anything is looked up: each case is met each second */
    }
    enum letter_kind kind = case_answer_letter(case_);
    unsigned count = letter_count(directory, case_);
    for (unsigned i = 1; i <= count; i++) {
        if (answers(staff_letter_of(directory, case_, i), kind)) {
            return LETTER_KIND_COUNT;
        }
    }
    return count < LETTERS_PER_CASE_MAX ? kind : LETTER_KIND_COUNT;
}

static const struct letter_copy *copy_of_file(const struct directory *directory,
                                              const uint8_t file[SEAL_HASH_BYTES])
{
    return directory->staff == NULL || letter_hash_empty(file)
               ? NULL
               : map_get(&directory->staff->letter_files, view_of(file, SEAL_HASH_BYTES));
}

bool letter_has_file(const struct directory *directory, struct view case_code,
                     const uint8_t file[SEAL_HASH_BYTES])
{
    const struct letter_copy *copy = copy_of_file(directory, file);
    return copy != NULL && view_equal(code_view(&copy->letter->case_code), case_code);
}

/* ---- numbers ---- */

/* By the type of document (Decree 30/2020/ND-CP, Annex III): one register each. */
static const char *const types[LETTER_KIND_COUNT] = {
    [LETTER_RESULT] = "TB", [LETTER_GRANT] = "TB",      [LETTER_REFUSAL] = "TB",
    [LETTER_SLIP] = "GH",   [LETTER_SUPPLEMENT] = "TB",
};

struct outcome letter_number_next(const struct directory *directory, const struct office_unit *unit,
                                  enum letter_kind kind, int64_t day,
                                  struct letter_number *ret_number)
{
    char text[DIRECTORY_NAME_BYTES_MAX];
    char code[CODE_TEXT_BYTES_MAX + 1];
    char date[DATE_LEN + 1];
    struct letter_number number = {0};
    CHECK((unsigned)kind < LETTER_KIND_COUNT);
    date_write(date, day);
    int len = snprintf(code, sizeof(code), "%s.%s.%.4s", unit->code.text, types[kind], date);
    if (len < 0 || (size_t)len >= sizeof(code)) {
        return outcome_fail(FAULT_OVER_LIMIT, "the office's code has no room for a register");
    }
    TRY(code_set(&number.register_code, view_text(code)));
    const struct letter_register *there = object_find(directory, &object_register, view_text(code));
    number.number = there == NULL ? 1 : there->last + 1;
    len = snprintf(text, sizeof(text), "%02u/%s-%s", number.number, types[kind], unit->sign.text);
    if (len < 0 || len > LETTER_NUMBER_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "the office's sign has no room for a number");
    }
    TRY(long_set(&number.text, view_text(text)));
    *ret_number = number;
    return OUTCOME_OK;
}

/* ---- checks ---- */

static enum letter_verdict verdict_of(const struct letter *letter)
{
    switch (letter->state) {
    case LETTER_SIGNED:
    case LETTER_DELIVERED:
        return LETTER_GENUINE;
    case LETTER_REPLACED:
        return LETTER_SUPERSEDED;
    case LETTER_WITHDRAWN:
        return LETTER_TAKEN_BACK;
    default: /* nobody has a copy of it */
        return LETTER_UNKNOWN;
    }
}

static void check_copy(const struct directory *directory, const struct letter_copy *copy,
                       struct letter_check *ret_check)
{
    *ret_check = (struct letter_check){.verdict = LETTER_UNKNOWN};
    if (copy == NULL || verdict_of(copy->letter) == LETTER_UNKNOWN) {
        return;
    }
    const struct letter *letter = copy->letter;
    const struct office_unit *unit = staff_unit(directory, code_view(&letter->unit));
    const struct letter *by = staff_letter(directory, code_view(&letter->replaced_by));
    ret_check->verdict = verdict_of(letter);
    ret_check->day = clock_day_vn(letter->numbered_us);
    ret_check->number = long_view(&letter->number_text);
    ret_check->office = unit != NULL ? long_view(&unit->name) : view_of(NULL, 0);
    ret_check->replaced_by = by != NULL ? long_view(&by->number_text) : view_of(NULL, 0);
}

void letter_check(const struct directory *directory, struct view number,
                  const uint8_t code_hash[SEAL_HASH_BYTES], struct letter_check *ret_check)
{
    const struct letter_copy *copy =
        directory->staff == NULL
            ? NULL
            : map_get(&directory->staff->letter_codes, view_of(code_hash, SEAL_HASH_BYTES));
    bool same = copy != NULL && view_equal(long_view(&copy->letter->number_text), number);
    check_copy(directory, same ? copy : NULL, ret_check);
}

void letter_check_file(const struct directory *directory, const uint8_t file[SEAL_HASH_BYTES],
                       struct letter_check *ret_check)
{
    check_copy(directory, copy_of_file(directory, file), ret_check);
}
