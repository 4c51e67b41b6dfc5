/*
 * Letters: what becomes of one in every state, numbers without a double or a silent gap, copies
 * with their codes, and what whoever holds one is told.
 */
#include "desk.h"

#include "base/ceilings.h"

#define CASE "C06-2026-000001"
#define FIRST CASE ".1"
#define SECOND CASE ".2"
#define REGISTER "C06.TB.2026"
#define CODES "0123456789ABCDEF,FEDCBA9876543210"
#define OTHER_CODES "1111111111111111,2222222222222222"

/* ---- the world: one office, and a case that is approved to disclose ---- */

static void put_unit(struct desk *desk)
{
    struct office_unit *unit = memory_new(1, sizeof(*unit));
    assert_non_null(unit);
    unit->version = 1;
    assert_ok(code_set(&unit->code, VIEW_LITERAL("C06")));
    assert_ok(long_set(&unit->name, VIEW_LITERAL("Cục C06")));
    assert_ok(long_set(&unit->sign, VIEW_LITERAL("C06")));
    for (enum who who = LAN; who <= MINH; who++) { /* and HOA is none of it */
        struct unit_member *member = &unit->members[unit->member_count++];
        assert_ok(code_set(&member->officer, view_text(desk_code(who))));
    }
    assert_ok(object_add(&desk->directory, &object_unit, unit));
}

static struct written_case *put_case(struct desk *desk, const char *code)
{
    struct written_case *case_ = memory_new(1, sizeof(*case_));
    assert_non_null(case_);
    case_->version = 1;
    case_->state = CASE_APPROVED;
    case_->unit = staff_unit(&desk->directory, VIEW_LITERAL("C06"));
    case_->answer.decision = DECISION_DISCLOSE;
    case_->disclosed = true;
    case_->requester.behalf = BEHALF_COUNT;
    assert_ok(code_set(&case_->code, view_text(code)));
    assert_ok(long_set(&case_->requester.name, VIEW_LITERAL("Trần Văn Xin")));
    assert_ok(object_add(&desk->directory, &object_case, case_));
    return case_;
}

static int letter_setup(void **state)
{
    assert_int_equal(desk_setup(state), 0);
    put_unit(*state);
    put_case(*state, CASE);
    return 0;
}

static struct written_case *the_case(const struct desk *desk)
{
    return staff_case(&desk->directory, VIEW_LITERAL(CASE));
}

static const struct letter *letter_of(const struct desk *desk, const char *code)
{
    const struct letter *letter = staff_letter(&desk->directory, view_text(code));
    assert_non_null(letter);
    return letter;
}

/* ---- acts ---- */

static bool by_house(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    return outcome_ok(office_act(desk->office, act, 0, &index, why));
}

static bool ordered(struct desk *desk, const char *case_code, const char *kind)
{
    struct act act = {.kind = ACT_LETTER_ORDER};
    act_value_set(&act, "code", view_text(case_code));
    act_value_set(&act, "kind", view_text(kind));
    return by_house(desk, &act);
}

static bool numbered(struct desk *desk, const char *code, const char *number, const char *codes)
{
    struct act act = {.kind = ACT_LETTER_NUMBER};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "register", VIEW_LITERAL(REGISTER));
    act_value_set(&act, "number", view_text(number));
    act_value_set(&act, "codes", view_text(codes));
    return by_house(desk, &act);
}

/* `file`: the hash's digit. */
static bool signed_copy(struct desk *desk, const char *code, const char *copy, char file)
{
    struct act act = {.kind = ACT_LETTER_SIGN};
    char hash[65];
    memset(hash, file, 64);
    hash[64] = '\0';
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "copy", view_text(copy));
    act_value_set(&act, "drawn", VIEW_LITERAL(ACTS_SPKI_NEW));
    act_value_set(&act, "file", view_text(hash));
    act_value_set(&act, "bytes", VIEW_LITERAL("40000"));
    act_value_set(&act, "certificate", VIEW_LITERAL(ACTS_SPKI_NEW));
    return by_house(desk, &act);
}

static bool whole(struct desk *desk, const char *code, char file)
{
    return signed_copy(desk, code, "1", file) && signed_copy(desk, code, "2", (char)(file + 1));
}

static bool held(struct desk *desk, const char *code)
{
    struct act act = desk_act(ACT_LETTER_HOLD, code, "the person is locked");
    return by_house(desk, &act);
}

static bool delivered(struct desk *desk, const char *code, const char *copy)
{
    struct act act = {.kind = ACT_LETTER_DELIVER};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "copy", view_text(copy));
    act_value_set(&act, "way", VIEW_LITERAL("hand"));
    act_value_set(&act, "to", VIEW_LITERAL("Trần Văn Xin"));
    return desk_do(desk, LAN, &act).code == ACT_CODE_DONE;
}

static enum act_code orders(struct desk *desk, enum who who, const char *kind)
{
    struct act act = {.kind = ACT_LETTER_ORDER};
    act_value_set(&act, "code", VIEW_LITERAL(CASE));
    act_value_set(&act, "kind", view_text(kind));
    return desk_do(desk, who, &act).code;
}

static bool by_officer(struct desk *desk, enum act_kind kind, const char *code)
{
    struct act act = desk_act(kind, code, "why");
    return desk_do(desk, LAN, &act).code == ACT_CODE_DONE;
}

static bool replaced(struct desk *desk, const char *code)
{
    struct act act = desk_act(ACT_LETTER_REPLACE, code, "a wrong address");
    return desk_both(desk, &act) == ACT_CODE_DONE;
}

/* ---- every state x event ---- */

/* A letter of the case, alone, as it was made. */
static void put_letter(struct desk *desk, enum letter_state letter_state, const char *code)
{
    struct letter *letter = memory_new(1, sizeof(*letter));
    assert_non_null(letter);
    letter->version = 1;
    letter->state = letter_state;
    letter->kind = LETTER_SLIP;
    letter->copy_count = 1;
    letter->copies[0].way = LETTER_WAY_COUNT;
    assert_ok(code_set(&letter->code, view_text(code)));
    assert_ok(code_set(&letter->case_code, VIEW_LITERAL(CASE)));
    assert_ok(code_set(&letter->unit, VIEW_LITERAL("C06")));
    if (letter_state != LETTER_ORDERED) {
        letter->number = 7;
        assert_ok(code_set(&letter->register_code, VIEW_LITERAL("C06.GH.2025")));
    }
    assert_ok(object_add(&desk->directory, &object_letter, letter));
}

static bool happens(struct desk *desk, enum letter_event event, const char *code, char file)
{
    struct act act = {.kind = ACT_LETTER_NUMBER};
    const struct letter_register *there =
        object_find(&desk->directory, &object_register, VIEW_LITERAL("C06.GH.2026"));
    char number[16];
    char codes[17];
    snprintf(number, sizeof(number), "%u", there == NULL ? 1 : there->last + 1);
    switch (event) {
    case LETTER_EVENT_NUMBER:
        snprintf(codes, sizeof(codes), "%016d", file);
        act_value_set(&act, "code", view_text(code));
        act_value_set(&act, "register", VIEW_LITERAL("C06.GH.2026"));
        act_value_set(&act, "number", view_text(number));
        act_value_set(&act, "codes", view_text(codes));
        return by_house(desk, &act);
    case LETTER_EVENT_SIGN:
        return signed_copy(desk, code, "1", file);
    case LETTER_EVENT_HOLD:
        return held(desk, code);
    case LETTER_EVENT_RETRY:
        (void)held(desk, code); /* where it can be */
        return by_officer(desk, ACT_LETTER_RETRY, code);
    case LETTER_EVENT_VOID:
        return by_officer(desk, ACT_LETTER_VOID, code);
    case LETTER_EVENT_DELIVER:
        return delivered(desk, code, "1");
    case LETTER_EVENT_WITHDRAW:
        return by_officer(desk, ACT_LETTER_WITHDRAW, code);
    default:
        return false;
    }
}

static void a_letter_meets_each_event_in_each_state_as_the_table_says(void **state)
{
#define NO LETTER_STATE_COUNT
    static const enum letter_state expected[LETTER_STATE_COUNT][LETTER_EVENT_COUNT] = {
        [LETTER_ORDERED] = {LETTER_NUMBERED, NO, LETTER_ORDERED, LETTER_ORDERED, LETTER_VOID, NO,
                            NO, NO},
        [LETTER_NUMBERED] = {NO, LETTER_SIGNED, LETTER_NUMBERED, LETTER_NUMBERED, LETTER_VOID, NO,
                             NO, NO},
        [LETTER_SIGNED] = {NO, NO, NO, NO, NO, LETTER_DELIVERED, LETTER_REPLACED, LETTER_WITHDRAWN},
        [LETTER_DELIVERED] = {NO, NO, NO, NO, NO, LETTER_DELIVERED, LETTER_REPLACED,
                              LETTER_WITHDRAWN},
        [LETTER_REPLACED] = {NO, NO, NO, NO, NO, NO, NO, NO},
        [LETTER_WITHDRAWN] = {NO, NO, NO, NO, NO, NO, LETTER_WITHDRAWN, NO},
        [LETTER_VOID] = {NO, NO, NO, NO, NO, NO, NO, NO},
    };
    struct desk *desk = *state;
    char file = '1';
    unsigned number = 0;
    the_case(desk)->state = CASE_ACCEPTED; /* for which slips may be made */
    for (enum letter_state from = 0; from < LETTER_STATE_COUNT; from++) {
        for (enum letter_event event = 0; event < LETTER_EVENT_COUNT; event++) {
            char code[32];
            snprintf(code, sizeof(code), "L-%u", number++);
            assert_int_equal(office_letter_next(from, event), expected[from][event]);
            if (event == LETTER_EVENT_REPLACE) {
                continue; /* by the letter in its place: below */
            }
            put_letter(desk, from, code);
            bool may = expected[from][event] != NO;
            assert_int_equal(happens(desk, event, code, file), may);
            file = (char)(file + (event == LETTER_EVENT_SIGN && may));
            assert_int_equal(letter_of(desk, code)->state, may ? expected[from][event] : from);
        }
    }
    assert_int_equal(office_letter_next(LETTER_STATE_COUNT, 0), NO);
    assert_int_equal(office_letter_next(LETTER_ORDERED, LETTER_EVENT_COUNT), NO);
#undef NO
}

/* ---- numbers ---- */

static void a_number_is_the_next_of_its_register_and_of_no_other(void **state)
{
    struct desk *desk = *state;
    assert_true(ordered(desk, CASE, "result"));
    assert_false(ordered(desk, CASE, "result"));
    assert_false(numbered(desk, FIRST, "2", CODES));
    assert_false(numbered(desk, FIRST, "1", "0123456789ABCDEF"));
    assert_false(numbered(desk, FIRST, "1", "0123456789ABCDEF,0123456789ABCDEF"));
    assert_false(numbered(desk, FIRST, "1", CODES ",1111111111111111"));
    assert_false(numbered(desk, FIRST, "1", "short,FEDCBA9876543210"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_false(numbered(desk, FIRST, "2", OTHER_CODES));
    const struct letter *letter = letter_of(desk, FIRST);
    assert_view(long_view(&letter->number_text), "01/TB-C06");
    assert_int_equal(letter->numbered_us, desk->world->now_us);
    assert_int_equal(the_case(desk)->state, CASE_NUMBERED);
    assert_view(code_view(&the_case(desk)->letter), FIRST);
}

static void
a_number_that_has_no_letter_is_void_and_the_next_letter_has_the_next_number(void **state)
{
    struct desk *desk = *state;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_true(by_officer(desk, ACT_LETTER_VOID, FIRST));
    assert_int_equal(letter_of(desk, FIRST)->state, LETTER_VOID);
    assert_int_equal(letter_of(desk, FIRST)->number, 1);
    assert_int_equal(the_case(desk)->state, CASE_APPROVED);
    assert_true(ordered(desk, CASE, "result"));
    assert_false(numbered(desk, SECOND, "1", OTHER_CODES));
    assert_true(numbered(desk, SECOND, "2", OTHER_CODES));
}

static void with_a_new_year_its_register_begins_with_one(void **state)
{
    struct desk *desk = *state;
    struct letter_number next = {0};
    const struct office_unit *unit = the_case(desk)->unit;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_ok(letter_number_next(&desk->directory, unit, LETTER_REFUSAL, 20818, &next));
    assert_view(long_view(&next.text), "02/TB-C06"); /* 2026-12-31 */
    assert_ok(letter_number_next(&desk->directory, unit, LETTER_REFUSAL, 20819, &next));
    assert_view(code_view(&next.register_code), "C06.TB.2027");
    assert_view(long_view(&next.text), "01/TB-C06");
    assert_ok(letter_number_next(&desk->directory, unit, LETTER_SLIP, 20818, &next));
    assert_view(long_view(&next.text), "01/GH-C06");
}

static void a_result_is_not_numbered_before_its_data_has_left_the_gate(void **state)
{
    struct desk *desk = *state;
    assert_true(ordered(desk, CASE, "result"));
    the_case(desk)->disclosed = false;
    assert_false(numbered(desk, FIRST, "1", CODES));
    assert_int_equal(letter_of(desk, FIRST)->number, 0);
    the_case(desk)->disclosed = true;
    assert_true(held(desk, FIRST));
    assert_false(letter_waits(letter_of(desk, FIRST)));
    assert_false(numbered(desk, FIRST, "1", CODES));
    assert_true(by_officer(desk, ACT_LETTER_RETRY, FIRST));
    assert_false(by_officer(desk, ACT_LETTER_RETRY, FIRST)); /* nothing holds it */
    assert_true(numbered(desk, FIRST, "1", CODES));
}

static void slips_are_given_while_the_clock_runs_and_only_answers_once(void **state)
{
    struct desk *desk = *state;
    assert_false(ordered(desk, CASE, "slip"));
    assert_false(ordered(desk, CASE, "refusal"));
    assert_false(ordered(desk, "C06-2026-000009", "slip"));
    the_case(desk)->state = CASE_ACCEPTED;
    assert_true(ordered(desk, CASE, "slip"));
    assert_true(ordered(desk, CASE, "slip"));
    assert_int_equal(letter_of(desk, FIRST)->copy_count, 1);
    assert_int_equal(letter_count(&desk->directory, the_case(desk)), 2);
    assert_int_equal(letter_due(&desk->directory, the_case(desk)), LETTER_KIND_COUNT);
}

static void however_many_slips_a_case_has_it_is_answered(void **state)
{
    struct desk *desk = *state;
    char code[32];
    the_case(desk)->state = CASE_ACCEPTED;
    for (unsigned i = 0; i < LETTERS_ASIDE_MAX; i++) {
        assert_true(ordered(desk, CASE, "slip"));
    }
    assert_code(orders(desk, LAN, "slip"), ACT_CODE_OVER_LIMIT);
    the_case(desk)->state = CASE_STOPPED;
    assert_code(orders(desk, LAN, "supplement"), ACT_CODE_OVER_LIMIT);
    the_case(desk)->state = CASE_APPROVED;
    for (unsigned i = LETTERS_ASIDE_MAX; i < LETTERS_PER_CASE_MAX; i++) {
        assert_int_equal(letter_due(&desk->directory, the_case(desk)), LETTER_RESULT);
        assert_true(ordered(desk, CASE, "result"));
        snprintf(code, sizeof(code), CASE ".%u", i + 1);
        assert_true(by_officer(desk, ACT_LETTER_VOID, code));
    }
    assert_false(ordered(desk, CASE, "result"));
    assert_int_equal(letter_due(&desk->directory, the_case(desk)), LETTER_KIND_COUNT);
}

/* ---- who ---- */

static void what_answers_a_case_is_ordered_by_the_house_alone(void **state)
{
    struct desk *desk = *state;
    the_case(desk)->disclosed = false;
    the_case(desk)->fee_due = 2000; /* and nothing is paid */
    assert_code(orders(desk, LAN, "result"), ACT_CODE_NOT_YOURS);
    assert_null(staff_letter(&desk->directory, VIEW_LITERAL(FIRST)));
    the_case(desk)->answer.decision = DECISION_REFUSE;
    assert_code(orders(desk, LAN, "refusal"), ACT_CODE_NOT_YOURS);
    the_case(desk)->answer.decision = DECISION_GRANT;
    assert_code(orders(desk, LAN, "grant"), ACT_CODE_NOT_YOURS);
    assert_null(staff_letter(&desk->directory, VIEW_LITERAL(FIRST)));
}

static void officers_of_the_office_whose_letter_it_is_work_on_it_and_nobody_else(void **state)
{
    struct desk *desk = *state;
    struct office_unit *unit = the_case(desk)->unit;
    struct act replace = desk_act(ACT_LETTER_REPLACE, FIRST, "why");
    assert_true(ordered(desk, CASE, "result"));
    assert_true(held(desk, FIRST));
    assert_code(desk_try(desk, HOA, ACT_LETTER_RETRY, FIRST), ACT_CODE_NOT_YOURS);
    assert_code(desk_try(desk, HOA, ACT_LETTER_VOID, FIRST), ACT_CODE_NOT_YOURS);
    assert_code(desk_try(desk, MINH, ACT_LETTER_RETRY, FIRST), ACT_CODE_DONE);
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_true(whole(desk, FIRST, 'a'));
    assert_code(desk_try(desk, HOA, ACT_LETTER_WITHDRAW, FIRST), ACT_CODE_NOT_YOURS);
    assert_code(desk_both(desk, &replace), ACT_CODE_DONE); /* HOA approves it, who is none */
    assert_code(desk_do(desk, HOA, &replace).code, ACT_CODE_NOT_YOURS);
    assert_code(desk_try(desk, MINH, ACT_LETTER_VOID, SECOND), ACT_CODE_DONE);
    unit->member_count = 0;
    assert_false(delivered(desk, FIRST, "1"));
    assert_code(desk_both(desk, &replace), ACT_CODE_NOT_YOURS);
    the_case(desk)->state = CASE_ACCEPTED;
    assert_code(orders(desk, LAN, "slip"), ACT_CODE_NOT_YOURS);
    unit->member_count = 2;
    assert_code(orders(desk, LAN, "slip"), ACT_CODE_DONE);
    assert_true(delivered(desk, FIRST, "1"));
}

/* Transferred in between, what has no number yet is the other office's. */
static void a_letter_without_a_number_is_of_the_office_in_charge_of_its_case(void **state)
{
    struct desk *desk = *state;
    struct office_unit *other = memory_new(1, sizeof(*other));
    assert_non_null(other);
    other->version = other->member_count = 1;
    assert_ok(code_set(&other->code, VIEW_LITERAL("PA06")));
    assert_ok(code_set(&other->members[0].officer, VIEW_LITERAL("HOA")));
    assert_ok(object_add(&desk->directory, &object_unit, other));
    assert_true(ordered(desk, CASE, "result"));
    assert_true(held(desk, FIRST));
    the_case(desk)->unit = other;
    assert_code(desk_try(desk, MINH, ACT_LETTER_RETRY, FIRST), ACT_CODE_NOT_YOURS);
    assert_code(desk_try(desk, HOA, ACT_LETTER_RETRY, FIRST), ACT_CODE_DONE);
}

static bool slip_numbered(struct desk *desk, const char *code, const char *number,
                          const char *codes)
{
    struct act act = {.kind = ACT_LETTER_NUMBER};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "register", VIEW_LITERAL("C06.GH.2026"));
    act_value_set(&act, "number", view_text(number));
    act_value_set(&act, "codes", view_text(codes));
    return by_house(desk, &act);
}

static void a_slip_is_replaced_whatever_became_of_its_case(void **state)
{
    struct desk *desk = *state;
    the_case(desk)->state = CASE_ACCEPTED;
    assert_true(ordered(desk, CASE, "slip"));
    assert_true(slip_numbered(desk, FIRST, "1", "0123456789ABCDEF"));
    assert_true(signed_copy(desk, FIRST, "1", 'a'));
    the_case(desk)->state = CASE_APPROVED;
    assert_true(replaced(desk, FIRST));
    assert_true(slip_numbered(desk, SECOND, "2", "1111111111111111"));
    assert_true(signed_copy(desk, SECOND, "1", 'b'));
    assert_int_equal(letter_of(desk, FIRST)->state, LETTER_REPLACED);
    assert_int_equal(the_case(desk)->state, CASE_APPROVED);
    assert_int_equal(the_case(desk)->letter.len, 0);
}

/* ---- copies ---- */

static void a_letter_is_there_when_each_of_its_copies_is_and_their_files_are_its_own(void **state)
{
    struct desk *desk = *state;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_ptr_equal(letter_unmade(letter_of(desk, FIRST)), &letter_of(desk, FIRST)->copies[0]);
    assert_false(signed_copy(desk, FIRST, "2", 'a'));
    assert_false(signed_copy(desk, FIRST, "3", 'a'));
    assert_true(signed_copy(desk, FIRST, "1", 'a'));
    assert_false(delivered(desk, FIRST, "1"));
    assert_false(signed_copy(desk, FIRST, "2", 'a')); /* the first one's */
    assert_false(signed_copy(desk, FIRST, "2", '0'));
    assert_true(signed_copy(desk, FIRST, "2", 'b'));
    assert_int_equal(letter_of(desk, FIRST)->state, LETTER_SIGNED);
    assert_int_equal(the_case(desk)->state, CASE_SIGNED);
    assert_view(long_view(&letter_of(desk, FIRST)->copies[0].recipient), "Trần Văn Xin");
    assert_view(long_view(&letter_of(desk, FIRST)->copies[1].recipient), "Cục C06");
    uint8_t file[SEAL_HASH_BYTES];
    memset(file, 0xbb, sizeof(file));
    assert_true(letter_has_file(&desk->directory, VIEW_LITERAL(CASE), file));
    assert_false(letter_has_file(&desk->directory, VIEW_LITERAL("C06-2026-000002"), file));
    file[0] = 0;
    assert_false(letter_has_file(&desk->directory, VIEW_LITERAL(CASE), file));
    assert_true(delivered(desk, FIRST, "1"));
    assert_false(delivered(desk, FIRST, "1"));
    assert_true(delivered(desk, FIRST, "2"));
    assert_int_equal(the_case(desk)->state, CASE_DELIVERED);
}

/* ---- checks ---- */

static enum letter_verdict verdict(const struct desk *desk, const char *number, const char *text,
                                   struct letter_check *ret_check)
{
    struct letter_code code;
    uint8_t hash[SEAL_HASH_BYTES];
    assert_ok(letter_code_read(view_text(text), &code));
    letter_code_hash(view_text(number), &code, hash);
    letter_check(&desk->directory, view_text(number), hash, ret_check);
    return ret_check->verdict;
}

static void whoever_holds_a_copy_is_told_what_it_is_and_nobody_else_anything(void **state)
{
    struct desk *desk = *state;
    struct letter_check check;
    uint8_t file[SEAL_HASH_BYTES];
    memset(file, 0xaa, sizeof(file));
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_UNKNOWN);
    assert_true(whole(desk, FIRST, 'a'));
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_GENUINE);
    assert_int_equal(check.day, clock_day_vn(desk->world->now_us));
    assert_view(check.office, "Cục C06");
    assert_view(check.number, "01/TB-C06");
    assert_int_equal(verdict(desk, "01/TB-C06", "FEDCBA9876543210", &check), LETTER_GENUINE);
    assert_int_equal(verdict(desk, "02/TB-C06", "0123456789ABCDEF", &check), LETTER_UNKNOWN);
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDE0", &check), LETTER_UNKNOWN);
    assert_int_equal(check.office.len, 0);
    letter_check_file(&desk->directory, file, &check);
    assert_int_equal(check.verdict, LETTER_GENUINE);
    file[31] ^= 1;
    letter_check_file(&desk->directory, file, &check);
    assert_int_equal(check.verdict, LETTER_UNKNOWN);
    memset(file, 0, sizeof(file));
    letter_check_file(&desk->directory, file, &check);
    assert_int_equal(check.verdict, LETTER_UNKNOWN);
    assert_true(by_officer(desk, ACT_LETTER_WITHDRAW, FIRST));
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_TAKEN_BACK);
}

static void a_letter_is_superseded_when_the_one_in_its_place_is_there_and_not_before(void **state)
{
    struct desk *desk = *state;
    struct letter_check check;
    assert_true(ordered(desk, CASE, "result"));
    assert_false(replaced(desk, FIRST));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_true(whole(desk, FIRST, 'a'));
    assert_true(replaced(desk, FIRST));
    assert_false(replaced(desk, FIRST)); /* one is on its way */
    assert_true(numbered(desk, SECOND, "2", OTHER_CODES));
    assert_int_equal(the_case(desk)->state, CASE_NUMBERED);
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_GENUINE);
    assert_true(whole(desk, SECOND, 'c'));
    assert_int_equal(the_case(desk)->state, CASE_SIGNED);
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_SUPERSEDED);
    assert_view(check.replaced_by, "02/TB-C06");
    assert_int_equal(letter_of(desk, FIRST)->state, LETTER_REPLACED);
    assert_int_equal(verdict(desk, "02/TB-C06", "1111111111111111", &check), LETTER_GENUINE);
}

static void a_letter_that_was_withdrawn_stays_so_when_another_comes_in_its_place(void **state)
{
    struct desk *desk = *state;
    struct letter_check check;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_true(whole(desk, FIRST, 'a'));
    assert_true(by_officer(desk, ACT_LETTER_WITHDRAW, FIRST));
    assert_true(replaced(desk, FIRST));
    assert_false(replaced(desk, FIRST)); /* one is on its way */
    assert_true(numbered(desk, SECOND, "2", OTHER_CODES));
    assert_true(whole(desk, SECOND, 'c'));
    assert_int_equal(the_case(desk)->state, CASE_SIGNED);
    assert_view(code_view(&the_case(desk)->letter), SECOND);
    assert_int_equal(letter_of(desk, FIRST)->state, LETTER_WITHDRAWN);
    assert_view(code_view(&letter_of(desk, FIRST)->replaced_by), SECOND);
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_TAKEN_BACK);
    assert_int_equal(verdict(desk, "02/TB-C06", "1111111111111111", &check), LETTER_GENUINE);
    assert_false(replaced(desk, FIRST)); /* another is in its place */
    assert_true(by_officer(desk, ACT_LETTER_WITHDRAW, SECOND));
    assert_true(replaced(desk, SECOND));
}

/* The first letter, delivered or not, and the number of the one that was to replace it is void. */
static void check_restored(struct desk *desk, bool was_delivered)
{
    struct letter_check check;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_true(whole(desk, FIRST, 'a'));
    assert_true(!was_delivered || delivered(desk, FIRST, "2"));
    assert_true(replaced(desk, FIRST));
    assert_true(numbered(desk, SECOND, "2", OTHER_CODES));
    assert_int_equal(the_case(desk)->state, CASE_NUMBERED);
    assert_true(held(desk, SECOND));
    assert_true(by_officer(desk, ACT_LETTER_VOID, SECOND));
    assert_int_equal(the_case(desk)->state, was_delivered ? CASE_DELIVERED : CASE_SIGNED);
    assert_view(code_view(&the_case(desk)->letter), FIRST);
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_GENUINE);
    assert_true(delivered(desk, FIRST, "1"));
    assert_int_equal(the_case(desk)->state, CASE_DELIVERED);
    assert_true(replaced(desk, FIRST));
}

static void a_letter_stands_when_the_one_that_was_to_replace_it_is_void(void **state)
{
    check_restored(*state, false);
}

static void a_letter_that_was_delivered_stands_as_delivered(void **state)
{
    check_restored(*state, true);
}

static void a_replacement_that_is_void_before_its_number_moves_nothing(void **state)
{
    struct desk *desk = *state;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, FIRST, "1", CODES));
    assert_true(whole(desk, FIRST, 'a'));
    assert_true(replaced(desk, FIRST));
    assert_true(by_officer(desk, ACT_LETTER_VOID, SECOND));
    assert_int_equal(the_case(desk)->state, CASE_SIGNED);
    assert_view(code_view(&the_case(desk)->letter), FIRST);
}

/* What a case leaves behind: its answer, which is asked about. */
static void a_slip_leaves_with_its_case_and_an_answer_stays(void **state)
{
    struct desk *desk = *state;
    struct letter_check check;
    struct act leave = {.kind = ACT_CASE_LEAVE};
    act_value_set(&leave, "code", VIEW_LITERAL(CASE));
    the_case(desk)->state = CASE_ACCEPTED;
    for (unsigned i = 0; i < LETTERS_ASIDE_MAX; i++) {
        assert_true(ordered(desk, CASE, "slip"));
    }
    assert_true(slip_numbered(desk, FIRST, "1", "7777777777777777"));
    assert_true(signed_copy(desk, FIRST, "1", 'e'));
    assert_int_equal(verdict(desk, "01/GH-C06", "7777777777777777", &check), LETTER_GENUINE);
    the_case(desk)->state = CASE_APPROVED;
    assert_true(ordered(desk, CASE, "result"));
    assert_true(numbered(desk, CASE ".8", "1", CODES));
    assert_true(whole(desk, CASE ".8", 'a'));
    the_case(desk)->state = CASE_CLOSED;
    desk->world->now_us += (CASE_KEPT_DAYS + 1) * INT64_C(86400000000);
    assert_true(by_house(desk, &leave));
    assert_null(staff_case(&desk->directory, VIEW_LITERAL(CASE)));
    assert_int_equal(desk->directory.staff->letters.len, 1);
    assert_int_equal(verdict(desk, "01/GH-C06", "7777777777777777", &check), LETTER_UNKNOWN);
    uint8_t file[SEAL_HASH_BYTES];
    memset(file, 0xee, sizeof(file));
    letter_check_file(&desk->directory, file, &check);
    assert_int_equal(check.verdict, LETTER_UNKNOWN);
    assert_int_equal(verdict(desk, "01/TB-C06", "0123456789ABCDEF", &check), LETTER_GENUINE);
}

/* ---- stored ---- */

/* The office and the case are not kept in this test: a letter outlives them. */
static void letters_and_registers_are_after_a_start_what_they_were(void **state)
{
    struct desk *desk = *state;
    struct letter_check check;
    the_case(desk)->state = CASE_ACCEPTED;
    assert_true(ordered(desk, CASE, "slip"));
    assert_true(happens(desk, LETTER_EVENT_NUMBER, FIRST, 7));
    assert_true(signed_copy(desk, FIRST, "1", 'a'));
    assert_true(delivered(desk, FIRST, "1"));
    struct letter before = *letter_of(desk, FIRST);
    assert_ok(desk_restart(desk));
    struct letter after = *letter_of(desk, FIRST);
    before.copies[0].letter = after.copies[0].letter = NULL;
    assert_memory_equal(&before.code, &after.code, sizeof(before.code));
    assert_int_equal(after.state, LETTER_DELIVERED);
    assert_int_equal(before.numbered_us, after.numbered_us);
    assert_memory_equal(&before.copies[0], &after.copies[0], sizeof(before.copies[0]));
    const struct letter_register *letter_register =
        object_find(&desk->directory, &object_register, VIEW_LITERAL("C06.GH.2026"));
    assert_non_null(letter_register);
    assert_int_equal(letter_register->last, 1);
    assert_int_equal(verdict(desk, "01/GH-C06", "0000000000000007", &check), LETTER_GENUINE);
    assert_int_equal(check.office.len, 0);
}

static void a_letter_that_is_cut_does_not_load(void **state)
{
    struct desk *desk = *state;
    BUF_AUTO bytes;
    buf_init(&bytes, 8192);
    assert_true(ordered(desk, CASE, "result"));
    object_letter.put(letter_of(desk, FIRST), &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct letter letter = {0};
        assert_fault(object_letter.get(&desk->directory, view_of(bytes.data, len), &letter),
                     FAULT_CORRUPT);
    }
    buf_reset(&bytes);
    struct letter_register letter_register = {.version = 1, .last = 3};
    object_register.put(&letter_register, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(
            object_register.get(&desk->directory, view_of(bytes.data, len), &letter_register),
            FAULT_CORRUPT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, letter_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_letter_meets_each_event_in_each_state_as_the_table_says),
        TEST(a_number_is_the_next_of_its_register_and_of_no_other),
        TEST(a_number_that_has_no_letter_is_void_and_the_next_letter_has_the_next_number),
        TEST(with_a_new_year_its_register_begins_with_one),
        TEST(a_result_is_not_numbered_before_its_data_has_left_the_gate),
        TEST(slips_are_given_while_the_clock_runs_and_only_answers_once),
        TEST(a_letter_that_was_withdrawn_stays_so_when_another_comes_in_its_place),
        TEST(a_letter_stands_when_the_one_that_was_to_replace_it_is_void),
        TEST(a_letter_that_was_delivered_stands_as_delivered),
        TEST(a_replacement_that_is_void_before_its_number_moves_nothing),
        TEST(however_many_slips_a_case_has_it_is_answered),
        TEST(a_slip_leaves_with_its_case_and_an_answer_stays),
        TEST(a_slip_is_replaced_whatever_became_of_its_case),
        TEST(what_answers_a_case_is_ordered_by_the_house_alone),
        TEST(officers_of_the_office_whose_letter_it_is_work_on_it_and_nobody_else),
        TEST(a_letter_without_a_number_is_of_the_office_in_charge_of_its_case),
        TEST(a_letter_is_there_when_each_of_its_copies_is_and_their_files_are_its_own),
        TEST(whoever_holds_a_copy_is_told_what_it_is_and_nobody_else_anything),
        TEST(a_letter_is_superseded_when_the_one_in_its_place_is_there_and_not_before),
        TEST(letters_and_registers_are_after_a_start_what_they_were),
        TEST(a_letter_that_is_cut_does_not_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
