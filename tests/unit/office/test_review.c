/*
 * Reviews: who is drawn, what becomes of a review in every state, who may do what, what a party is
 * told of a month.
 */
#include "desk.h"

#include "office/ageing.h"

#include <openssl/sha.h>

#define DAY_US INT64_C(86400000000)
#define DECEMBER_US INT64_C(1796878800000000) /* 2026-12-10T12:00+07 */
#define JANUARY_US INT64_C(1799125200000000)  /* 2027-01-05T12:00+07 */
#define SEED "00000000000000000000000000000000000000000000000000000000000000ff"
#define PDF "%PDF-1.7 synthetic"

/* A recorded disclosure about An, as an officer names it. */
struct picked {
    uint64_t index;
    char code[32];
    char ask[37];
    char day[16];
};

static struct picked pick(struct desk *desk)
{
    struct picked picked = {.index = desk->world->ledger.size};
    struct ask ask = world_ask();
    const struct answer *answer = world_serve(desk->world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    record_ask_id_text(answer->ask_id, picked.ask);
    snprintf(picked.code, sizeof(picked.code), "R-%llu", (unsigned long long)picked.index);
    struct date day = date_from_days(clock_day_vn(desk->world->now_us));
    snprintf(picked.day, sizeof(picked.day), "%04d-%02d-%02d", day.year, day.month, day.day);
    return picked;
}

static struct act ask_for(const struct picked *picked, const char *drawn)
{
    struct act act = {.kind = ACT_REVIEW_ASK};
    act_value_set(&act, "code", view_text(picked->code));
    act_value_set(&act, "ask", view_text(picked->ask));
    act_value_set(&act, "business", VIEW_LITERAL("NV-1"));
    act_value_set(&act, "day", view_text(picked->day));
    act_value_set(&act, "drawn", view_text(drawn));
    if (strcmp(drawn, "random") != 0) {
        act_value_set(&act, "reason", VIEW_LITERAL("many asks at night"));
    }
    return act;
}

static struct act answer_to(const char *code, const char *type, const char *file)
{
    struct act act = {.kind = ACT_REVIEW_ANSWER};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "type", view_text(type));
    act_value_set(&act, "file", view_text(file));
    return act;
}

static struct act decide(enum act_kind kind, const char *code)
{
    struct act act = {.kind = kind};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "finding", VIEW_LITERAL("as the file says"));
    return act;
}

static struct act conclude(const char *month)
{
    struct act act = {.kind = ACT_REVIEW_CONCLUDE};
    act_value_set(&act, "party", VIEW_LITERAL("bank"));
    act_value_set(&act, "month", view_text(month));
    act_value_set(&act, "finding", VIEW_LITERAL("on purpose"));
    return act;
}

static const struct review *review_of(const struct desk *desk, const struct picked *picked)
{
    const struct review *review = map_get(&desk->directory.staff->reviews, view_text(picked->code));
    assert_non_null(review);
    return review;
}

static bool has_file(const struct desk *desk, const struct picked *picked)
{
    return map_get(&desk->directory.staff->case_files, view_text(picked->code)) != NULL;
}

static enum business_state business_of(const struct desk *desk)
{
    return directory_business(&desk->directory, VIEW_LITERAL("NV-1"))->state;
}

static void age(struct desk *desk)
{
    struct ageing_watch watch = {0};
    do {
        assert_ok(office_age(desk->office, &desk->directory, desk->world->now_us, 4711, &watch));
    } while (watch.under_way);
}

static void grant(struct desk *desk)
{
    struct act act = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    assert_code(desk_both(desk, &act), ACT_CODE_DONE);
}

static struct picked asked(struct desk *desk)
{
    struct picked picked = pick(desk);
    struct act act = ask_for(&picked, "party");
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_DONE);
    return picked;
}

/* ---- every state x event ---- */

static enum act_code happens(struct desk *desk, enum review_event event, const char *code)
{
    struct act answer = answer_to(code, "application/pdf", PDF);
    struct act lapse = {.kind = ACT_REVIEW_LAPSE};
    struct act confirm = decide(ACT_REVIEW_CONFIRM, code);
    struct act object = decide(ACT_REVIEW_OBJECT, code);
    uint64_t index = 0;
    char why[256];
    switch (event) {
    case REVIEW_EVENT_ANSWER:
        return desk_do(desk, BANK, &answer).code;
    case REVIEW_EVENT_LAPSE:
        act_value_set(&lapse, "code", view_text(code));
        return outcome_ok(office_act(desk->office, &lapse, 0, &index, why))
                   ? ACT_CODE_DONE
                   : ACT_CODE_STATE_CONFLICT;
    case REVIEW_EVENT_CONFIRM:
        return desk_both(desk, &confirm);
    default:
        return desk_do(desk, AN, &object).code;
    }
}

static void a_review_meets_each_event_in_each_state_as_the_table_says(void **state)
{
    static const enum review_event ways[REVIEW_STATE_COUNT][3] = {
#define END REVIEW_EVENT_COUNT
        [REVIEW_ASKED] = {END},
        [REVIEW_ANSWERED] = {REVIEW_EVENT_ANSWER, END},
        [REVIEW_LAPSED] = {REVIEW_EVENT_LAPSE, END},
        [REVIEW_CONFIRMED] = {REVIEW_EVENT_ANSWER, REVIEW_EVENT_CONFIRM, END},
        [REVIEW_OBJECTED] = {REVIEW_EVENT_LAPSE, REVIEW_EVENT_OBJECT, END},
#undef END
    };
    static const enum review_state expected[REVIEW_STATE_COUNT][REVIEW_EVENT_COUNT] = {
#define NO REVIEW_STATE_COUNT
        [REVIEW_ASKED] = {REVIEW_ANSWERED, REVIEW_LAPSED, NO, NO},
        [REVIEW_ANSWERED] = {NO, NO, REVIEW_CONFIRMED, REVIEW_OBJECTED},
        [REVIEW_LAPSED] = {REVIEW_ANSWERED, NO, NO, REVIEW_OBJECTED},
        [REVIEW_CONFIRMED] = {NO, NO, NO, NO},
        [REVIEW_OBJECTED] = {NO, NO, NO, NO},
#undef NO
    };
    struct desk *desk = *state;
    grant(desk);
    for (enum review_state from = 0; from < REVIEW_STATE_COUNT; from++) {
        for (enum review_event event = 0; event < REVIEW_EVENT_COUNT; event++) {
            struct picked picked = asked(desk);
            desk->world->now_us += 14 * DAY_US; /* five working days are over */
            for (unsigned i = 0; ways[from][i] != REVIEW_EVENT_COUNT; i++) {
                assert_code(happens(desk, ways[from][i], picked.code), ACT_CODE_DONE);
            }
            assert_int_equal(review_of(desk, &picked)->state, from);
            bool may = expected[from][event] != REVIEW_STATE_COUNT;
            assert_int_equal(office_review_next(from, event), expected[from][event]);
            assert_code(happens(desk, event, picked.code),
                        may ? ACT_CODE_DONE : ACT_CODE_STATE_CONFLICT);
            assert_int_equal(review_of(desk, &picked)->state, may ? expected[from][event] : from);
            desk->world->now_us -= 14 * DAY_US;
        }
    }
    assert_int_equal(office_review_next(REVIEW_STATE_COUNT, REVIEW_EVENT_LAPSE),
                     REVIEW_STATE_COUNT);
    assert_int_equal(office_review_next(REVIEW_ASKED, REVIEW_EVENT_COUNT), REVIEW_STATE_COUNT);
}

/* ---- asking ---- */

static void a_review_is_of_a_recorded_disclosure_and_says_of_it_what_the_record_says(void **state)
{
    struct desk *desk = *state;
    static const struct acts_value wrong[] = {{"ask", "018f0000-0000-7000-8000-000000000000"},
                                              {"day", "2026-11-22"}};
    struct picked picked = pick(desk);
    for (size_t i = 0; i < 2; i++) {
        struct act act = ask_for(&picked, "rule");
        act_value_set(&act, wrong[i].field, view_text(wrong[i].value));
        assert_code(desk_do(desk, AN, &act).code, ACT_CODE_BAD_INPUT);
    }
    static const struct {
        const char *code;
        enum act_code said;
    } codes[] = {
        {"R-0", ACT_CODE_NOT_FOUND},     /* an act */
        {"R-60000", ACT_CODE_NOT_FOUND}, /* the log is not so long */
        {"R-01", ACT_CODE_BAD_INPUT},
        {"X-1", ACT_CODE_BAD_INPUT},
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct act act = ask_for(&picked, "rule");
        act_value_set(&act, "code", view_text(codes[i].code));
        assert_code(desk_do(desk, AN, &act).code, codes[i].said);
    }
    struct act act = ask_for(&picked, "rule");
    act_value_set(&act, "reason", view_of(NULL, 0));
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_BAD_INPUT);
    act = ask_for(&picked, "rule");
    act_value_set(&act, "days", VIEW_LITERAL("61"));
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_BAD_INPUT);
    assert_int_equal(desk->directory.staff->reviews.len, 0);
    act = ask_for(&picked, "rule");
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_ROLE_MISSING);
    assert_code(desk_do(desk, BANK, &act).code, ACT_CODE_NOT_YOURS);
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_DONE);
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_STATE_CONFLICT); /* once */
    struct date due = date_from_days(review_of(desk, &picked)->due_day);
    assert_int_equal(due.day, 30); /* Monday; five working days behind Monday the 23rd */
}

/* Of the formula, a reading of our own. */
static bool drawn_by_openssl(uint8_t last, uint64_t one_in, uint64_t index)
{
    uint8_t text[40] = {0};
    uint8_t hash[32];
    uint64_t first = 0;
    text[31] = last;
    for (int i = 0; i < 8; i++) {
        text[32 + i] = (uint8_t)(index >> (8 * (7 - i)));
    }
    SHA256(text, sizeof(text), hash);
    for (int i = 0; i < 8; i++) {
        first = (first << 8) + hash[i];
    }
    return first <= UINT64_MAX / one_in;
}

static enum act_code commit_seed(struct desk *desk, const char *month)
{
    char text[65];
    uint8_t seed[32] = {[31] = 0xff};
    uint8_t hash[32];
    struct act act = {.kind = ACT_DRAW_COMMIT};
    SHA256(seed, sizeof(seed), hash);
    for (int i = 0; i < 32; i++) {
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    act_value_set(&act, "code", view_text(month));
    act_value_set(&act, "hash", view_text(text));
    act_value_set(&act, "one-in", VIEW_LITERAL("2"));
    return desk_do(desk, AN, &act).code;
}

static enum act_code reveal_seed(struct desk *desk, const char *seed)
{
    struct act act = {.kind = ACT_DRAW_REVEAL};
    act_value_set(&act, "code", VIEW_LITERAL("2026-12"));
    act_value_set(&act, "seed", view_text(seed));
    return desk_do(desk, AN, &act).code;
}

static void who_is_drawn_follows_from_a_seed_committed_before_and_revealed_after(void **state)
{
    struct desk *desk = *state;
    struct picked picked[16];
    unsigned taken = 0;
    assert_code(commit_seed(desk, "2026-11"), ACT_CODE_STATE_CONFLICT); /* has begun */
    assert_code(commit_seed(desk, "2026-13"), ACT_CODE_BAD_INPUT);
    assert_code(commit_seed(desk, "2026-12"), ACT_CODE_DONE);
    assert_code(commit_seed(desk, "2026-12"), ACT_CODE_STATE_CONFLICT);
    desk->world->now_us = DECEMBER_US;
    assert_code(reveal_seed(desk, SEED), ACT_CODE_STATE_CONFLICT); /* is not over */
    for (unsigned i = 0; i < 16; i++) {
        picked[i] = pick(desk);
    }
    desk->world->now_us = JANUARY_US;
    struct act early = ask_for(&picked[0], "random");
    assert_code(desk_do(desk, AN, &early).code, ACT_CODE_STATE_CONFLICT);
    assert_code(reveal_seed(desk, ACTS_SPKI_NEW), ACT_CODE_BAD_INPUT);
    assert_code(reveal_seed(desk, SEED), ACT_CODE_DONE);
    assert_code(reveal_seed(desk, SEED), ACT_CODE_STATE_CONFLICT);
    assert_ok(desk_restart(desk));
    for (unsigned i = 0; i < 16; i++) {
        bool drawn = drawn_by_openssl(0xff, 2, picked[i].index);
        struct act act = ask_for(&picked[i], "random");
        assert_code(desk_do(desk, AN, &act).code, drawn ? ACT_CODE_DONE : ACT_CODE_BAD_INPUT);
        taken += drawn ? 1 : 0;
    }
    assert_true(taken > 0 && taken < 16);
}

/* ---- the case file ---- */

static void who_does_not_answer_in_time_has_the_business_suspended(void **state)
{
    struct desk *desk = *state;
    grant(desk);
    struct picked picked = asked(desk);
    desk->world->now_us += 7 * DAY_US; /* the last day */
    age(desk);
    assert_int_equal(review_of(desk, &picked)->state, REVIEW_ASKED);
    assert_int_equal(business_of(desk), BUSINESS_GRANTED);
    desk->world->now_us += DAY_US;
    age(desk);
    assert_int_equal(review_of(desk, &picked)->state, REVIEW_LAPSED);
    assert_int_equal(business_of(desk), BUSINESS_SUSPENDED);
    uint64_t size = desk->world->ledger.size;
    age(desk);
    assert_int_equal(desk->world->ledger.size, size); /* once */
    assert_code(happens(desk, REVIEW_EVENT_ANSWER, picked.code), ACT_CODE_DONE);
    assert_int_equal(business_of(desk), BUSINESS_SUSPENDED); /* resuming takes two officers */
    assert_ok(desk_restart(desk));
    assert_int_equal(review_of(desk, &picked)->state, REVIEW_ANSWERED);
    assert_int_equal(business_of(desk), BUSINESS_SUSPENDED);
}

static void a_case_file_is_of_a_known_type_and_kept_until_the_review_is_decided(void **state)
{
    struct desk *desk = *state;
    static char long_file[CASE_FILE_BYTES_MAX + 2] = "%PDF-";
    struct picked picked = asked(desk);
    struct act act = answer_to(picked.code, "image/png", PDF);
    assert_code(desk_do(desk, BANK, &act).code, ACT_CODE_BAD_INPUT);
    memset(long_file + 5, 'x', CASE_FILE_BYTES_MAX - 4);
    act = answer_to(picked.code, "application/pdf", long_file);
    assert_code(desk_do(desk, BANK, &act).code, ACT_CODE_OVER_LIMIT);
    act = answer_to(picked.code, "application/pdf", PDF);
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_ROLE_MISSING);
    assert_false(has_file(desk, &picked));
    assert_code(desk_do(desk, BANK, &act).code, ACT_CODE_DONE);
    assert_true(has_file(desk, &picked));
    assert_ok(desk_restart(desk));
    assert_true(has_file(desk, &picked));
    struct act confirm = decide(ACT_REVIEW_CONFIRM, picked.code);
    assert_code(desk_do(desk, AN, &confirm).code, ACT_CODE_PROPOSED); /* four eyes */
    assert_int_equal(review_of(desk, &picked)->state, REVIEW_ANSWERED);
    assert_code(desk_both(desk, &confirm), ACT_CODE_DONE);
    assert_false(has_file(desk, &picked));
    assert_ok(desk_restart(desk));
    assert_int_equal(review_of(desk, &picked)->state, REVIEW_CONFIRMED);
    assert_false(has_file(desk, &picked));
}

static void a_case_file_is_read_by_a_recorded_act_while_the_review_is_open(void **state)
{
    struct desk *desk = *state;
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct picked picked = asked(desk);
    struct act read = desk_act(ACT_REVIEW_READ, picked.code, "to decide");
    assert_code(desk_do(desk, AN, &read).code, ACT_CODE_NOT_FOUND); /* nothing was shown yet */
    struct act act = answer_to(picked.code, "application/pdf", PDF);
    assert_code(desk_do(desk, BANK, &act).code, ACT_CODE_DONE);
    assert_code(desk_do(desk, BANK, &read).code, ACT_CODE_NOT_YOURS);
    unsigned count = desk_entries(desk);
    assert_code(desk_do(desk, AN, &read).code, ACT_CODE_DONE);
    assert_code(desk_do(desk, MINH, &read).code, ACT_CODE_DONE);
    assert_int_equal(desk_entries(desk), count + 2);
    SHA256((const uint8_t *)PDF, strlen(PDF), hash);
    for (unsigned start = 0; start < 2; start++) {
        const struct case_file *file =
            object_find(&desk->directory, &object_case_file, view_text(picked.code));
        assert_memory_equal(file->hash, hash, sizeof(hash));
        assert_int_equal(file->version, 1); /* to read changes nothing */
        assert_ok(desk_restart(desk));
    }
    struct act confirm = decide(ACT_REVIEW_CONFIRM, picked.code);
    assert_code(desk_both(desk, &confirm), ACT_CODE_DONE);
    assert_code(desk_do(desk, AN, &read).code, ACT_CODE_NOT_FOUND);
}

static void no_more_case_files_are_kept_than_there_is_room_for(void **state)
{
    struct desk *desk = *state;
    desk->directory.staff->case_files.max = 0;
    struct picked picked = asked(desk);
    struct act act = answer_to(picked.code, "application/pdf", PDF);
    assert_code(desk_do(desk, BANK, &act).code, ACT_CODE_OVER_LIMIT);
    assert_int_equal(review_of(desk, &picked)->state, REVIEW_ASKED);
}

/* ---- the confirmation ---- */

static void a_month_is_confirmed_to_a_party_once_whole_and_for_good(void **state)
{
    struct desk *desk = *state;
    struct picked picked[3];
    struct act act = conclude("2026-11");
    grant(desk);
    for (int i = 0; i < 3; i++) {
        picked[i] = asked(desk);
    }
    struct picked late = pick(desk);
    assert_code(happens(desk, REVIEW_EVENT_ANSWER, picked[0].code), ACT_CODE_DONE);
    assert_code(happens(desk, REVIEW_EVENT_CONFIRM, picked[0].code), ACT_CODE_DONE);
    assert_code(happens(desk, REVIEW_EVENT_ANSWER, picked[1].code), ACT_CODE_DONE);
    assert_code(happens(desk, REVIEW_EVENT_OBJECT, picked[1].code), ACT_CODE_DONE);
    assert_code(desk_both(desk, &act), ACT_CODE_STATE_CONFLICT); /* the month is not over */
    desk->world->now_us = DECEMBER_US;
    age(desk);
    assert_code(desk_both(desk, &act), ACT_CODE_STATE_CONFLICT); /* one is open */
    assert_code(happens(desk, REVIEW_EVENT_OBJECT, picked[2].code), ACT_CODE_DONE);
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_PROPOSED);
    assert_code(desk_both(desk, &act), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    const struct confirmation *told =
        map_get(&desk->directory.staff->confirmations, VIEW_LITERAL("bank.2026-11"));
    assert_non_null(told);
    assert_true(told->confirmed == 1 && told->objected == 2 && told->unanswered == 1);
    assert_view(long_view(&told->finding), "on purpose");
    assert_code(desk_both(desk, &act), ACT_CODE_STATE_CONFLICT);
    struct act more = ask_for(&late, "party");
    assert_code(desk_do(desk, AN, &more).code, ACT_CODE_STATE_CONFLICT);
    act = conclude("2026-10");
    assert_code(desk_both(desk, &act), ACT_CODE_STATE_CONFLICT); /* nothing was reviewed */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

static void a_stored_draw_is_of_a_month(void **state)
{
    static const char *const bad[] = {"2026-13", "2026-1", "2026-11-05", "KYC"};
    struct draw draw = {.one_in = 10};
    struct draw again;
    (void)state;
    for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
        bool good = i == sizeof(bad) / sizeof(bad[0]);
        BUF_AUTO bytes;
        buf_init(&bytes, 1024);
        assert_ok(code_set(&draw.code, view_text(good ? "2026-11" : bad[i])));
        object_draw.put(&draw, &bytes);
        assert_int_equal(object_draw.get(NULL, buf_view(&bytes), &again).fault,
                         good ? FAULT_NONE : FAULT_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_draw_is_of_a_month),
        TEST(a_review_meets_each_event_in_each_state_as_the_table_says),
        TEST(a_review_is_of_a_recorded_disclosure_and_says_of_it_what_the_record_says),
        TEST(who_is_drawn_follows_from_a_seed_committed_before_and_revealed_after),
        TEST(who_does_not_answer_in_time_has_the_business_suspended),
        TEST(a_case_file_is_of_a_known_type_and_kept_until_the_review_is_decided),
        TEST(a_case_file_is_read_by_a_recorded_act_while_the_review_is_open),
        TEST(no_more_case_files_are_kept_than_there_is_room_for),
        TEST(a_month_is_confirmed_to_a_party_once_whole_and_for_good),
    };
    return cmocka_run_group_tests_name("office/review", tests, NULL, NULL);
}
