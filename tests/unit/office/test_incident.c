/*
 * Incidents: what becomes of one in every state, the clock, who is told, what was counted.
 */
#include "desk.h"

#include "base/ceilings.h"
#include "office/ageing.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define SUMMARY "{\"drafts\":{\"authority\":\"a\",\"persons\":\"b\"},\"fields\":{\"full_name\":3}}"
#define HASH "00000000000000000000000000000000000000000000000000000000000000ff"

static const struct incident *incident_of(const struct desk *desk, const char *code)
{
    const struct incident *incident = map_get(&desk->directory.staff->incidents, view_text(code));
    assert_non_null(incident);
    return incident;
}

static struct act opening(const char *code)
{
    struct act act = acts_make(ACT_INCIDENT_OPEN);
    act_value_set(&act, "code", view_text(code));
    return act;
}

static struct signed_result opened(struct desk *desk, enum who who, const char *code)
{
    struct act act = opening(code);
    return desk_do(desk, who, &act);
}

static struct outcome by_house(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    return office_act(desk->office, act, 0, &index, why);
}

static struct outcome counted(struct desk *desk, const char *code, const char *disclosures,
                              const char *summary)
{
    struct act act = {.kind = ACT_INCIDENT_FOUND};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "persons", VIEW_LITERAL("2"));
    act_value_set(&act, "disclosures", view_text(disclosures));
    act_value_set(&act, "summary", view_text(summary));
    return by_house(desk, &act);
}

static enum act_code notified(struct desk *desk, const char *code, const char *to, int64_t sent_us)
{
    struct act act = {.kind = ACT_INCIDENT_NOTIFY};
    BUF_AUTO sent;
    buf_init(&sent, 32);
    clock_put_second(&sent, sent_us);
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "to", view_text(to));
    act_value_set(&act, "hash", VIEW_LITERAL(HASH));
    act_value_set(&act, "sent", buf_view(&sent));
    return desk_do(desk, HOA, &act).code;
}

static void age(struct desk *desk, struct ageing_watch *watch)
{
    do {
        assert_ok(office_age(desk->office, &desk->directory, desk->world->now_us, 4711, watch));
    } while (watch->under_way);
}

/* ---- every state x event ---- */

static enum act_code happens(struct desk *desk, enum incident_event event, const char *code)
{
    struct act lapse = {.kind = ACT_INCIDENT_LAPSE};
    struct act close = desk_act(ACT_INCIDENT_CLOSE, code, "card replaced");
    struct outcome outcome = OUTCOME_OK;
    switch (event) {
    case INCIDENT_EVENT_FOUND:
        outcome = counted(desk, code, "3", SUMMARY);
        break;
    case INCIDENT_EVENT_LAPSE:
        act_value_set(&lapse, "code", view_text(code));
        outcome = by_house(desk, &lapse);
        break;
    case INCIDENT_EVENT_AUTHORITY:
        return notified(desk, code, "authority", desk->world->now_us);
    case INCIDENT_EVENT_PERSONS:
        return notified(desk, code, "persons", desk->world->now_us);
    case INCIDENT_EVENT_VOID: /* so it must be counted, where it can be */
        outcome_ignore(counted(desk, code, "0", "{\"drafts\":{},\"fields\":{}}"));
        return desk_both(desk, &close);
    default:
        return desk_both(desk, &close);
    }
    return outcome_ok(outcome) ? ACT_CODE_DONE : ACT_CODE_STATE_CONFLICT;
}

static void an_incident_meets_each_event_in_each_state_as_the_table_says(void **state)
{
    static const enum incident_event ways[INCIDENT_STATE_COUNT][3] = {
#define END INCIDENT_EVENT_COUNT
        [INCIDENT_OPEN] = {END},
        [INCIDENT_OVERDUE] = {INCIDENT_EVENT_LAPSE, END},
        [INCIDENT_NOTIFIED] = {INCIDENT_EVENT_AUTHORITY, END},
        [INCIDENT_CLOSED] = {INCIDENT_EVENT_AUTHORITY, INCIDENT_EVENT_CLOSE, END},
#undef END
    };
    static const enum incident_state expected[INCIDENT_STATE_COUNT][INCIDENT_EVENT_COUNT] = {
#define NO INCIDENT_STATE_COUNT
        [INCIDENT_OPEN] = {INCIDENT_OPEN, INCIDENT_OVERDUE, INCIDENT_NOTIFIED, INCIDENT_OPEN, NO,
                           INCIDENT_CLOSED},
        [INCIDENT_OVERDUE] = {INCIDENT_OVERDUE, NO, INCIDENT_NOTIFIED, INCIDENT_OVERDUE, NO,
                              INCIDENT_CLOSED},
        [INCIDENT_NOTIFIED] = {INCIDENT_NOTIFIED, NO, NO, INCIDENT_NOTIFIED, INCIDENT_CLOSED,
                               INCIDENT_CLOSED},
        [INCIDENT_CLOSED] = {NO, NO, NO, NO, NO, NO},
#undef NO
    };
    struct desk *desk = *state;
    unsigned number = 0;
    for (enum incident_state from = 0; from < INCIDENT_STATE_COUNT; from++) {
        for (enum incident_event event = 0; event < INCIDENT_EVENT_COUNT; event++) {
            char code[16];
            snprintf(code, sizeof(code), "SC-%u", number++);
            assert_code(opened(desk, LAN, code).code, ACT_CODE_DONE);
            desk->world->now_us += 73 * HOUR_US;
            for (unsigned i = 0; ways[from][i] != INCIDENT_EVENT_COUNT; i++) {
                assert_code(happens(desk, ways[from][i], code), ACT_CODE_DONE);
            }
            assert_int_equal(incident_of(desk, code)->state, from);
            bool may = expected[from][event] != INCIDENT_STATE_COUNT;
            assert_int_equal(office_incident_next(from, event), expected[from][event]);
            assert_code(happens(desk, event, code), may ? ACT_CODE_DONE : ACT_CODE_STATE_CONFLICT);
            assert_int_equal(incident_of(desk, code)->state, may ? expected[from][event] : from);
            desk->world->now_us -= 73 * HOUR_US;
        }
    }
    assert_int_equal(office_incident_next(INCIDENT_STATE_COUNT, 0), INCIDENT_STATE_COUNT);
    assert_int_equal(office_incident_next(INCIDENT_OPEN, INCIDENT_EVENT_COUNT),
                     INCIDENT_STATE_COUNT);
}

/* ---- opening ---- */

static enum account_state account_state_of(const struct desk *desk)
{
    return directory_account(&desk->directory, VIEW_LITERAL("A-active"))->state;
}

/* The stop is one as any other: another officer confirms it, and a restart knows it. */
static void an_incident_stops_its_account_to_be_confirmed_by_another_officer(void **state)
{
    static const struct acts_value wrong[] = {
        {"account", "nobody"}, {"until", "2026-10-31"}, {"detected", "2099-01-01T00:00:00Z"}};
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct act act = opening("SC-1");
        act_value_set(&act, wrong[i].field, view_text(wrong[i].value));
        assert_code(desk_do(desk, LAN, &act).code,
                    i == 0 ? ACT_CODE_NOT_FOUND : ACT_CODE_BAD_INPUT);
    }
    assert_code(opened(desk, AN, "SC-1").code, ACT_CODE_ROLE_MISSING);
    assert_int_equal(account_state_of(desk), ACCOUNT_ACTIVE);
    struct signed_result result = opened(desk, LAN, "SC-1");
    assert_code(result.code, ACT_CODE_DONE);
    assert_string_equal(result.object.text, "SC-1");
    assert_int_equal(account_state_of(desk), ACCOUNT_SUSPENDED);
    assert_ok(desk_restart(desk));
    assert_int_equal(account_state_of(desk), ACCOUNT_SUSPENDED);
    assert_true(incident_of(desk, "SC-1")->index == result.index);
    assert_code(desk_try(desk, LAN, ACT_ACCOUNT_STOP_CONFIRM, "A-active"), ACT_CODE_OWN_PROPOSAL);
    assert_code(desk_try(desk, HOA, ACT_ACCOUNT_STOP_CONFIRM, "A-active"), ACT_CODE_DONE);
    assert_code(opened(desk, HOA, "SC-1").code, ACT_CODE_STATE_CONFLICT);
    assert_code(opened(desk, HOA, "SC-2").code, ACT_CODE_DONE); /* of the same account */
}

/* ---- the clock ---- */

static void the_clock_runs_from_the_detection_is_told_and_recorded_once(void **state)
{
    struct desk *desk = *state;
    struct ageing_watch watch = {0};
    struct act act = opening("SC-1");
    BUF_AUTO detected;
    int64_t start_us = desk->world->now_us / 1000000 * 1000000 - HOUR_US;
    buf_init(&detected, 32);
    clock_put_second(&detected, start_us);
    act_value_set(&act, "detected", buf_view(&detected));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_DONE);
    assert_true(incident_of(desk, "SC-1")->due_us == start_us + 72 * HOUR_US);
    unsigned size = desk_entries(desk);
    age(desk, &watch);
    assert_int_equal(watch.counts.incidents_open, 1);
    desk->world->now_us = start_us + 48 * HOUR_US + 1;
    age(desk, &watch);
    assert_int_equal(watch.counts.incidents_open, 0);
    assert_int_equal(watch.counts.incidents_due, 1);
    assert_true(incident_of(desk, "SC-1")->warned);
    desk->world->now_us = start_us + 72 * HOUR_US;
    age(desk, &watch);
    assert_int_equal(desk_entries(desk), size);
    desk->world->now_us++;
    for (unsigned i = 0; i < 2; i++) {
        age(desk, &watch);
        assert_int_equal(desk_entries(desk), size + 1);
        assert_int_equal(watch.counts.incidents_due, 0);
        assert_int_equal(watch.counts.incidents_overdue, 1);
        assert_int_equal(incident_of(desk, "SC-1")->state, INCIDENT_OVERDUE);
        assert_ok(desk_restart(desk));
    }
    assert_code(notified(desk, "SC-1", "authority", desk->world->now_us), ACT_CODE_DONE);
    age(desk, &watch);
    assert_int_equal(watch.counts.incidents_overdue, 0);
}

static void a_clock_that_has_days_left_does_not_lapse(void **state)
{
    struct desk *desk = *state;
    struct act lapse = acts_make(ACT_INCIDENT_LAPSE);
    assert_code(opened(desk, LAN, "SC-1").code, ACT_CODE_DONE);
    assert_fault(by_house(desk, &lapse), FAULT_CONFLICT);
}

/* ---- notices ---- */

static void a_notice_is_sent_between_the_detection_and_now_and_once(void **state)
{
    struct desk *desk = *state;
    int64_t now_us = desk->world->now_us;
    assert_code(opened(desk, LAN, "SC-1").code, ACT_CODE_DONE);
    const struct incident *incident = incident_of(desk, "SC-1");
    assert_true(incident->detected_us == now_us);
    assert_code(notified(desk, "SC-2", "persons", now_us), ACT_CODE_NOT_FOUND);
    assert_code(notified(desk, "SC-1", "persons", now_us - HOUR_US), ACT_CODE_BAD_INPUT);
    assert_code(notified(desk, "SC-1", "persons", now_us + 48 * HOUR_US), ACT_CODE_BAD_INPUT);
    desk->world->now_us += 2 * HOUR_US;
    assert_code(notified(desk, "SC-1", "persons", now_us + HOUR_US), ACT_CODE_DONE);
    assert_code(notified(desk, "SC-1", "persons", now_us + HOUR_US), ACT_CODE_STATE_CONFLICT);
    const struct incident_notice *notice = &incident->notices[INCIDENT_TOLD_PERSONS];
    assert_true(notice->sent_us / 1000000 == (now_us + HOUR_US) / 1000000);
    assert_int_equal(notice->hash[31], 0xff);
    assert_int_equal(incident->state, INCIDENT_OPEN);
    /* A later hour of its own day is the record's. */
    assert_code(notified(desk, "SC-1", "authority", now_us + 3 * HOUR_US), ACT_CODE_DONE);
    assert_true(incident->notices[INCIDENT_TOLD_AUTHORITY].sent_us == desk->world->now_us);
    struct act close = desk_act(ACT_INCIDENT_CLOSE, "SC-1", "card replaced");
    assert_code(desk_both(desk, &close), ACT_CODE_DONE);
    assert_string_equal(incident->conclusion.text, "card replaced");
}

/* ---- what was counted ---- */

static void what_is_no_count_is_refused_and_a_count_is_kept_over_a_restart(void **state)
{
    static const char *const wrong[] = {
        "x",
        "[]",
        "{}",
        "{\"drafts\":{},\"fields\":1}",
        "{\"drafts\":1,\"fields\":{}}",
        "{\"drafts\":{},\"fields\":{\"shoe\":1}}",
        "{\"drafts\":{},\"fields\":{\"sex\":\"1\"}}",
        "{\"drafts\":{},\"fields\":{\"sex\":0}}",
    };
    struct desk *desk = *state;
    assert_code(opened(desk, LAN, "SC-1").code, ACT_CODE_DONE);
    assert_fault(counted(desk, "SC-2", "3", SUMMARY), FAULT_NOT_FOUND);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_fault(counted(desk, "SC-1", "3", wrong[i]), FAULT_BAD_INPUT);
    }
    assert_false(incident_of(desk, "SC-1")->counted);
    assert_ok(counted(desk, "SC-1", "3", SUMMARY));
    assert_fault(counted(desk, "SC-1", "3", SUMMARY), FAULT_CONFLICT); /* once */
    for (unsigned i = 0; i < 2; i++) {
        const struct incident *incident = incident_of(desk, "SC-1");
        assert_true(incident->counted && incident->persons == 2 && incident->disclosures == 3);
        assert_true(incident->by_field[FIELD_FULL_NAME] == 3);
        assert_view(view_of(incident->drafts, incident->drafts_len),
                    "{\"authority\":\"a\",\"persons\":\"b\"}");
        assert_ok(desk_restart(desk));
    }
}

static void a_stored_incident_that_is_cut_anywhere_is_not_taken(void **state)
{
    static struct incident again;
    struct desk *desk = *state;
    BUF_AUTO bytes;
    buf_init(&bytes, 65536);
    assert_code(opened(desk, LAN, "SC-1").code, ACT_CODE_DONE);
    assert_ok(counted(desk, "SC-1", "3", SUMMARY));
    object_incident.put(incident_of(desk, "SC-1"), &bytes);
    assert_ok(object_incident.get(&desk->directory, buf_view(&bytes), &again));
    for (size_t len = 0; len < bytes.len; len++) {
        again = (struct incident){.version = 0};
        assert_fault(object_incident.get(&desk->directory, view_of(bytes.data, len), &again),
                     FAULT_CORRUPT);
    }
}

/* A search that was lost is ordered by the act as it would have been signed. */
static void an_incident_orders_its_search_again_as_at_first(void **state)
{
    struct desk *desk = *state;
    struct act act;
    char why[256];
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    assert_code(opened(desk, LAN, "SC-1").code, ACT_CODE_DONE);
    incident_put_order(incident_of(desk, "SC-1"), &bytes);
    assert_true(act_orders_search(buf_view(&bytes)));
    assert_ok(act_get(buf_view(&bytes), &act));
    assert_ok(act_check(&act, why));
    for (unsigned i = 0; i < 5; i++) {
        struct act first = opening("SC-1");
        assert_true(view_equal(act.values[i], first.values[i]));
    }
    assert_true(act_time(&act, "detected", 0) / 1000000 == desk->world->now_us / 1000000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_incident_meets_each_event_in_each_state_as_the_table_says),
        TEST(an_incident_stops_its_account_to_be_confirmed_by_another_officer),
        TEST(the_clock_runs_from_the_detection_is_told_and_recorded_once),
        TEST(a_clock_that_has_days_left_does_not_lapse),
        TEST(a_notice_is_sent_between_the_detection_and_now_and_once),
        TEST(what_is_no_count_is_refused_and_a_count_is_kept_over_a_restart),
        TEST(a_stored_incident_that_is_cut_anywhere_is_not_taken),
        TEST(an_incident_orders_its_search_again_as_at_first),
    };
    return cmocka_run_group_tests_name("office/incident", tests, NULL, NULL);
}
