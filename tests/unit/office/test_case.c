/*
 * Cases: every state with every event, a case from the counter to its answer, who may approve it,
 * and what a start makes of it.
 */
#include "cases.h"

#include "office/ageing.h"
#include "office/show.h"

#define DAY_US INT64_C(86400000000)

/* LAN is staff, MINH the head, HOA a deputy. */
static struct office_unit *office_of(struct desk *desk)
{
    struct office_unit *unit = cases_unit(desk, "C06", LEVEL_NATIONAL);
    cases_member(unit, "LAN", CAPACITY_STAFF);
    cases_member(unit, "MINH", CAPACITY_HEAD);
    cases_member(unit, "HOA", CAPACITY_DEPUTY);
    return unit;
}

static struct act case_act(enum act_kind kind)
{
    struct act act = acts_make(kind);
    if (kind == ACT_CASE_ASSIGN) {
        act_value_set(&act, "officer", VIEW_LITERAL("LAN"));
    }
    return act;
}

static enum act_code by_house(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    return outcome_ok(office_act(desk->office, act, 0, &index, why)) ? ACT_CODE_DONE
                                                                     : ACT_CODE_STATE_CONFLICT;
}

/* ---- every state x event ---- */

/* Who does the event, by which act; those of letters have theirs elsewhere. */
static const struct {
    enum act_kind act; /* 0: of letters */
    enum who who;      /* WHO_COUNT: the house */
} doings[CASE_EVENT_COUNT] = {
    [CASE_EVENT_SUPPLEMENT] = {ACT_CASE_SUPPLEMENT, LAN},
    [CASE_EVENT_COMPLETE] = {ACT_CASE_COMPLETE, LAN},
    [CASE_EVENT_ACCEPT] = {ACT_CASE_ACCEPT, LAN},
    [CASE_EVENT_REJECT] = {ACT_CASE_REJECT, LAN},
    [CASE_EVENT_TRANSFER] = {ACT_CASE_TRANSFER, LAN},
    [CASE_EVENT_ASSIGN] = {ACT_CASE_ASSIGN, MINH},
    [CASE_EVENT_DOCUMENT] = {ACT_CASE_DOCUMENT, LAN},
    [CASE_EVENT_PAY] = {ACT_CASE_PAY, LAN},
    [CASE_EVENT_FIND] = {ACT_CASE_FOUND, WHO_COUNT},
    [CASE_EVENT_PROPOSE] = {ACT_CASE_PROPOSE, LAN},
    [CASE_EVENT_RETURN] = {ACT_CASE_RETURN, MINH},
    [CASE_EVENT_APPROVE] = {ACT_CASE_APPROVE, MINH},
    [CASE_EVENT_DISCLOSE] = {ACT_CASE_DISCLOSED, WHO_COUNT},
    [CASE_EVENT_CLOSE] = {ACT_CASE_CLOSE, LAN},
    [CASE_EVENT_WITHDRAW] = {ACT_CASE_WITHDRAW, LAN},
};

/* One letter a state, in the order of the enum: Received Incomplete Accepted Stopped Proposed
 * approVed Numbered siGned Delivered Closed reJected Withdrawn; a dot: not allowed. */
static const char letters[] = "RIASPVNGDCJW";
static const char *const expected[CASE_EVENT_COUNT] = {
    [CASE_EVENT_SUPPLEMENT] = "I.S.........", [CASE_EVENT_COMPLETE] = ".R.A........",
    [CASE_EVENT_ACCEPT] = "A...........",     [CASE_EVENT_REJECT] = "JJ..........",
    [CASE_EVENT_TRANSFER] = "R.A.........",   [CASE_EVENT_ASSIGN] = "RIAS........",
    [CASE_EVENT_DOCUMENT] = "RIAS........",   [CASE_EVENT_PAY] = "..ASPV......",
    [CASE_EVENT_FIND] = "..A.........",       [CASE_EVENT_PROPOSE] = "..P.........",
    [CASE_EVENT_RETURN] = "....A.......",     [CASE_EVENT_APPROVE] = "....V.......",
    [CASE_EVENT_DISCLOSE] = ".....V......",   [CASE_EVENT_NUMBER] = ".....N......",
    [CASE_EVENT_VOID] = "......V.....",       [CASE_EVENT_SIGN] = "......G.....",
    [CASE_EVENT_DELIVER] = ".......D....",    [CASE_EVENT_REISSUE] = ".......NNN..",
    [CASE_EVENT_CLOSE] = "........C...",      [CASE_EVENT_WITHDRAW] = "WWWWW.......",
    [CASE_EVENT_RESTORE] = "......G.....",    [CASE_EVENT_RESTORE_DELIVERED] = "......D.....",
    [CASE_EVENT_CORRECTED] = ".....C......",
};

static void check_pair(struct desk *desk, struct office_unit *unit, enum case_state from,
                       enum case_event event)
{
    const char *at = strchr(letters, expected[event][from]);
    enum case_state to = at == NULL ? CASE_STATE_COUNT : (enum case_state)(at - letters);
    assert_int_equal(office_case_next(from, event), to);
    if (doings[event].act == 0) {
        return;
    }
    struct written_case *case_ = cases_case(desk, unit, from);
    struct act act = case_act(doings[event].act);
    case_->fee_due = event == CASE_EVENT_PAY ? 2000 : 0;
    enum act_code code = doings[event].who == WHO_COUNT
                             ? by_house(desk, &act)
                             : desk_do(desk, doings[event].who, &act).code;
    bool may = to != CASE_STATE_COUNT;
    if (code != (may ? ACT_CODE_DONE : ACT_CODE_STATE_CONFLICT)) {
        fail_msg("%s in %s: %s", words_name(&words_case_event, event),
                 words_name(&words_case_state, from), words_name(&words_act_code, code));
    }
    assert_int_equal(case_->state, may ? to : from);
    assert_int_equal(case_->version, CASES_PROPOSAL + (may ? 1 : 0));
    assert_int_equal(case_->move_count, may ? 1 : 0);
    memory_free(map_remove(&desk->directory.staff->cases, VIEW_LITERAL(CASES_CODE)));
}

static void a_case_meets_each_event_in_each_state_as_the_table_says(void **state)
{
    struct desk *desk = *state;
    struct office_unit *unit = office_of(desk);
    cases_unit(desk, "PA06", LEVEL_PROVINCE);
    for (enum case_state from = 0; from < CASE_STATE_COUNT; from++) {
        for (enum case_event event = 0; event < CASE_EVENT_COUNT; event++) {
            check_pair(desk, unit, from, event);
        }
    }
    assert_int_equal(office_case_next(CASE_STATE_COUNT, CASE_EVENT_PAY), CASE_STATE_COUNT);
    assert_int_equal(office_case_next(CASE_ACCEPTED, CASE_EVENT_COUNT), CASE_STATE_COUNT);
}

/* ---- from the counter to the answer ---- */

static enum act_code makes_office(struct desk *desk)
{
    static const struct {
        const char *officer;
        const char *capacity;
    } members[] = {{"LAN", "staff"}, {"MINH", "head"}, {"HOA", "deputy"}};
    struct act add = acts_make(ACT_OFFICE_ADD);
    act_value_set(&add, "code", VIEW_LITERAL("C06"));
    enum act_code code = desk_both(desk, &add);
    for (size_t i = 0; i < 3 && code == ACT_CODE_DONE; i++) {
        struct act put = acts_make(ACT_OFFICE_MEMBER_PUT);
        act_value_set(&put, "officer", view_text(members[i].officer));
        act_value_set(&put, "capacity", view_text(members[i].capacity));
        code = desk_both(desk, &put);
    }
    return code;
}

static const struct written_case *the_case(const struct desk *desk)
{
    const struct written_case *case_ = staff_case(&desk->directory, VIEW_LITERAL(CASES_CODE));
    assert_non_null(case_);
    return case_;
}

static enum act_code does(struct desk *desk, enum who who, enum act_kind kind)
{
    struct act act = case_act(kind);
    return desk_do(desk, who, &act).code;
}

static struct signed_result pays(struct desk *desk, const char *vnd, const char *receipt)
{
    struct act act = case_act(ACT_CASE_PAY);
    act_value_set(&act, "vnd", view_text(vnd));
    act_value_set(&act, "receipt", view_text(receipt));
    return desk_do(desk, LAN, &act);
}

static enum act_code approves(struct desk *desk, enum who who)
{
    struct act act = case_act(ACT_CASE_APPROVE);
    char version[16];
    snprintf(version, sizeof(version), "%u", the_case(desk)->answer.version);
    act_value_set(&act, "proposal", view_text(version));
    return desk_do(desk, who, &act).code;
}

static void brought_to_accepted(struct desk *desk)
{
    assert_code(makes_office(desk), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_RECEIVE), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_DOCUMENT), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_ACCEPT), ACT_CODE_DONE);
}

static void brought_to_proposed(struct desk *desk)
{
    struct act found = case_act(ACT_CASE_FOUND);
    brought_to_accepted(desk);
    assert_code(by_house(desk, &found), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_PROPOSE), ACT_CODE_DONE);
}

static void nothing_may_leave_before_two_officers_have_signed_and_the_fee_is_paid(void **state)
{
    struct desk *desk = *state;
    struct case_permission may = {0};
    brought_to_accepted(desk);
    assert_int_equal(the_case(desk)->fee_due, 2000); /* two fields were asked for */
    assert_true(case_may_look(the_case(desk), VIEW_LITERAL("LAN")));
    assert_false(case_may_look(the_case(desk), VIEW_LITERAL("AN")));
    assert_code(does(desk, LAN, ACT_CASE_PROPOSE), ACT_CODE_STATE_CONFLICT); /* about nobody */
    struct act found = case_act(ACT_CASE_FOUND);
    assert_code(by_house(desk, &found), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_PROPOSE), ACT_CODE_DONE);
    assert_int_equal(the_case(desk)->fee_due, 1000); /* one is decided */
    assert_false(case_permits(the_case(desk), &may));
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    assert_false(case_permits(the_case(desk), &may)); /* not paid */
    assert_code(pays(desk, "400", "BL-01").code, ACT_CODE_DONE);
    assert_code(pays(desk, "300", "BL-02").code, ACT_CODE_DONE);
    assert_code(pays(desk, "300", "BL-01").code, ACT_CODE_STATE_CONFLICT); /* each once */
    assert_false(case_permits(the_case(desk), &may));
    assert_code(pays(desk, "300", "BL-03").code, ACT_CODE_DONE);
    assert_true(case_permits(the_case(desk), &may));
    assert_int_equal(may.person_key, 0xff);
    assert_int_equal(may.fields, FIELD_BIT(FIELD_PERMANENT_RESIDENCE));
    assert_int_equal(may.class, CLASS_ORGANISATION);
    assert_false(case_letter_due(the_case(desk), LETTER_RESULT)); /* nothing has left yet */
    struct act left = case_act(ACT_CASE_DISCLOSED);
    assert_code(by_house(desk, &left), ACT_CODE_DONE);
    assert_false(case_permits(the_case(desk), &may)); /* once */
    assert_code(by_house(desk, &left), ACT_CODE_STATE_CONFLICT);
    assert_true(case_letter_due(the_case(desk), LETTER_RESULT));
    assert_int_equal(case_answer_letter(the_case(desk)), LETTER_RESULT);
}

static void a_start_finds_each_case_and_office_as_they_were(void **state)
{
    struct desk *desk = *state;
    BUF_AUTO before;
    BUF_AUTO after;
    buf_init(&before, 65536);
    buf_init(&after, 65536);
    brought_to_proposed(desk);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    assert_code(pays(desk, "400", "BL-01").code, ACT_CODE_DONE);
    assert_code(pays(desk, "600", "BL-02").code, ACT_CODE_DONE);
    object_case.put(the_case(desk), &before);
    object_unit.put(staff_unit(&desk->directory, VIEW_LITERAL("C06")), &before);
    assert_ok(desk_restart(desk));
    object_case.put(the_case(desk), &after);
    object_unit.put(staff_unit(&desk->directory, VIEW_LITERAL("C06")), &after);
    assert_true(view_equal(buf_view(&before), buf_view(&after)));
}

static void stored_bytes_of_a_case_cut_or_changed_are_corrupt(void **state)
{
    struct desk *desk = *state;
    BUF_AUTO bytes;
    buf_init(&bytes, 65536);
    brought_to_proposed(desk);
    assert_code(pays(desk, "400", "BL-01").code, ACT_CODE_DONE);
    assert_code(pays(desk, "600", "BL-02").code, ACT_CODE_DONE);
    object_case.put(the_case(desk), &bytes);
    struct written_case *again = memory_new(1, sizeof(*again));
    assert_non_null(again);
    for (size_t len = 0; len < bytes.len; len++) {
        *again = (struct written_case){0};
        assert_fault(object_case.get(&desk->directory, view_of(bytes.data, len), again),
                     FAULT_CORRUPT);
    }
    uint8_t *second = memmem(bytes.data, bytes.len, "BL-02", 5);
    assert_non_null(second);
    *again = (struct written_case){0};
    assert_ok(object_case.get(&desk->directory, buf_view(&bytes), again));
    second[4] = '1'; /* one receipt twice */
    *again = (struct written_case){0};
    assert_fault(object_case.get(&desk->directory, buf_view(&bytes), again), FAULT_CORRUPT);
    second[4] = '2';
    bytes.data[0]++;
    *again = (struct written_case){0};
    assert_fault(object_case.get(&desk->directory, buf_view(&bytes), again), FAULT_CORRUPT);
    memory_free(again);
}

/* ---- who approves ---- */

static enum act_code absent(struct desk *desk, const char *officer)
{
    struct act act = case_act(ACT_OFFICE_ABSENT);
    act_value_set(&act, "officer", view_text(officer));
    return desk_do(desk, HOA, &act).code;
}

static void who_proposed_it_never_approves_it_and_a_deputy_only_when_the_head_is_away(void **state)
{
    struct desk *desk = *state;
    brought_to_proposed(desk);
    assert_code(approves(desk, LAN), ACT_CODE_ROLE_MISSING);
    assert_code(approves(desk, HOA), ACT_CODE_NOT_YOURS); /* the head is there */
    assert_code(absent(desk, "MINH"), ACT_CODE_DONE);
    assert_code(approves(desk, MINH), ACT_CODE_NOT_YOURS); /* away is away */
    assert_code(approves(desk, HOA), ACT_CODE_DONE);
    assert_int_equal(the_case(desk)->answer.approved_as, APPROVER_DEPUTY);
    assert_string_equal(the_case(desk)->answer.approved_by.text, "HOA");
}

static void an_absence_ends_with_its_day(void **state)
{
    struct desk *desk = *state;
    brought_to_proposed(desk);
    assert_code(absent(desk, "MINH"), ACT_CODE_DONE); /* until 30 November */
    desk->world->now_us += 8 * DAY_US;
    assert_code(approves(desk, HOA), ACT_CODE_NOT_YOURS);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    assert_int_equal(the_case(desk)->answer.approved_as, APPROVER_HEAD);
}

static void a_head_who_proposed_it_has_a_deputy_approve_it(void **state)
{
    struct desk *desk = *state;
    struct act found = case_act(ACT_CASE_FOUND);
    brought_to_accepted(desk);
    assert_code(by_house(desk, &found), ACT_CODE_DONE);
    assert_code(does(desk, MINH, ACT_CASE_PROPOSE), ACT_CODE_DONE);
    assert_code(approves(desk, MINH), ACT_CODE_OWN_PROPOSAL);
    assert_code(approves(desk, HOA), ACT_CODE_DONE);
}

/* A commune with a single officer who may decide: the head of the office above approves. */
static void where_nobody_is_left_the_head_of_the_office_above_approves(void **state)
{
    struct desk *desk = *state;
    struct office_unit *above = cases_unit(desk, "PA06", LEVEL_PROVINCE);
    struct office_unit *unit = cases_unit(desk, "C06", LEVEL_COMMUNE);
    cases_member(above, "HOA", CAPACITY_HEAD);
    cases_member(unit, "MINH", CAPACITY_HEAD);
    struct written_case *case_ = cases_case(desk, unit, CASE_PROPOSED);
    assert_code(approves(desk, HOA), ACT_CODE_NOT_YOURS); /* is not above it yet */
    assert_ok(code_set(&unit->above, VIEW_LITERAL("PA06")));
    assert_code(approves(desk, MINH), ACT_CODE_OWN_PROPOSAL);
    assert_true(case_may_read(&desk->directory, case_, VIEW_LITERAL("HOA")));
    assert_code(approves(desk, HOA), ACT_CODE_DONE);
    assert_int_equal(case_->answer.approved_as, APPROVER_ABOVE);
}

static void an_approval_names_the_proposal_that_was_read(void **state)
{
    struct desk *desk = *state;
    brought_to_proposed(desk);
    uint32_t first = the_case(desk)->answer.version;
    assert_code(does(desk, MINH, ACT_CASE_RETURN), ACT_CODE_DONE);
    assert_int_equal(the_case(desk)->answer.decision, DECISION_COUNT);
    assert_int_equal(the_case(desk)->fee_due, 2000);
    struct act more = case_act(ACT_CASE_PROPOSE);
    act_value_set(&more, "fields", VIEW_LITERAL("full_name,permanent_residence"));
    assert_code(desk_do(desk, LAN, &more).code, ACT_CODE_DONE);
    struct act old = case_act(ACT_CASE_APPROVE);
    char version[16];
    snprintf(version, sizeof(version), "%u", first);
    act_value_set(&old, "proposal", view_text(version));
    assert_code(desk_do(desk, MINH, &old).code, ACT_CODE_STALE_ETAG);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
}

/* ---- what is decided ---- */

static void a_refusal_says_why_by_which_clause_and_how_to_appeal(void **state)
{
    struct desk *desk = *state;
    brought_to_accepted(desk);
    struct act act = {.kind = ACT_CASE_PROPOSE};
    act_value_set(&act, "code", VIEW_LITERAL(CASES_CODE));
    act_value_set(&act, "decision", VIEW_LITERAL("refuse"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
    act_value_set(&act, "reason", VIEW_LITERAL("Mục đích không rõ"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
    act_value_set(&act, "clause", VIEW_LITERAL("P9"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
    act_value_set(&act, "clause", VIEW_LITERAL("P3"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_DONE);
    assert_true(the_case(desk)->answer.appeal.len > 0);
    assert_int_equal(the_case(desk)->fee_due, 0);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    assert_true(case_letter_due(the_case(desk), LETTER_REFUSAL));
    struct case_permission may;
    assert_false(case_permits(the_case(desk), &may));
}

static void a_grant_makes_the_requesters_business_lasting_by_the_approval(void **state)
{
    struct desk *desk = *state;
    brought_to_accepted(desk);
    struct act act = {.kind = ACT_CASE_PROPOSE};
    act_value_set(&act, "code", VIEW_LITERAL(CASES_CODE));
    act_value_set(&act, "decision", VIEW_LITERAL("grant"));
    act_value_set(&act, "business", VIEW_LITERAL("NV-9"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_NOT_FOUND);
    act_value_set(&act, "business", VIEW_LITERAL("NV-1"));
    struct business *business = directory_business(&desk->directory, VIEW_LITERAL("NV-1"));
    struct long_text purpose = business->purpose;
    assert_ok(long_set(&business->purpose, VIEW_LITERAL("Mo\u031b\u0309 tài khoản")));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_STATE_CONFLICT); /* no letter says so */
    business->purpose = purpose;
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_DONE);
    assert_int_equal(desk_business(desk), BUSINESS_SUBMITTED);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    assert_int_equal(desk_business(desk), BUSINESS_GRANTED);
    assert_int_equal(case_answer_letter(the_case(desk)), LETTER_GRANT);
    assert_ok(desk_restart(desk));
    assert_int_equal(desk_business(desk), BUSINESS_GRANTED);
}

static void fields_that_were_not_asked_for_are_not_proposed(void **state)
{
    struct desk *desk = *state;
    struct act found = case_act(ACT_CASE_FOUND);
    struct act act = case_act(ACT_CASE_PROPOSE);
    brought_to_accepted(desk);
    assert_code(by_house(desk, &found), ACT_CODE_DONE);
    act_value_set(&act, "fields", VIEW_LITERAL("religion"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
    act_value_set(&act, "fields", view_of(NULL, 0));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
}

static void a_suspended_party_gets_nothing_but_a_refusal(void **state)
{
    struct desk *desk = *state;
    brought_to_proposed(desk);
    struct act suspend = desk_act(ACT_PARTY_SUSPEND, "bank", "misuse");
    assert_code(desk_do(desk, LAN, &suspend).code, ACT_CODE_DONE);
    assert_code(approves(desk, MINH), ACT_CODE_STATE_CONFLICT);
    assert_code(does(desk, MINH, ACT_CASE_RETURN), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_PROPOSE), ACT_CODE_STATE_CONFLICT);
    struct act act = case_act(ACT_CASE_PROPOSE);
    act_value_set(&act, "decision", VIEW_LITERAL("refuse"));
    act_value_set(&act, "reason", VIEW_LITERAL("Đang bị tạm dừng"));
    act_value_set(&act, "clause", VIEW_LITERAL("P3"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_DONE);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
}

static void only_who_is_in_charge_proposes_and_only_the_offices_own_work_on_it(void **state)
{
    struct desk *desk = *state;
    brought_to_accepted(desk);
    struct act found = case_act(ACT_CASE_FOUND);
    struct act assign = case_act(ACT_CASE_ASSIGN);
    assert_code(by_house(desk, &found), ACT_CODE_DONE);
    act_value_set(&assign, "officer", VIEW_LITERAL("AN"));
    assert_code(desk_do(desk, MINH, &assign).code, ACT_CODE_NOT_FOUND);
    act_value_set(&assign, "officer", VIEW_LITERAL("HOA"));
    assert_code(desk_do(desk, MINH, &assign).code, ACT_CODE_DONE);
    assert_false(case_may_look(the_case(desk), VIEW_LITERAL("LAN")));
    assert_code(does(desk, LAN, ACT_CASE_PROPOSE), ACT_CODE_NOT_YOURS);
    struct act remove = case_act(ACT_OFFICE_MEMBER_REMOVE);
    act_value_set(&remove, "officer", VIEW_LITERAL("LAN"));
    assert_code(desk_do(desk, LAN, &remove).code, ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_PAY), ACT_CODE_NOT_YOURS);
    assert_code(does(desk, LAN, ACT_CASE_READ), ACT_CODE_NOT_YOURS);
    assert_code(does(desk, AN, ACT_CASE_READ), ACT_CODE_DONE); /* an auditor */
}

/* ---- time ---- */

static struct ageing_watch age(struct desk *desk)
{
    struct ageing_watch watch = {0};
    do {
        assert_ok(office_age(desk->office, &desk->directory, desk->world->now_us, 4711, &watch));
    } while (watch.under_way);
    return watch;
}

static void what_is_late_is_warned_of_listed_and_decided_as_late(void **state)
{
    struct desk *desk = *state;
    int64_t today = clock_day_vn(desk->world->now_us);
    brought_to_proposed(desk); /* Monday the 23rd: due Thursday the 26th */
    assert_int_equal(the_case(desk)->due_day, today + 3);
    assert_int_equal(age(desk).counts.cases_open, 1);
    desk->world->now_us += 2 * DAY_US;
    assert_int_equal(age(desk).counts.cases_due, 1);
    assert_false(case_overdue(the_case(desk), today + 2));
    desk->world->now_us += 2 * DAY_US;
    assert_int_equal(age(desk).counts.cases_overdue, 1);
    assert_int_equal(age(desk).counts.cases_due, 0);
    assert_true(case_overdue(the_case(desk), today + 4));
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    assert_true(the_case(desk)->answer.late);
    age(desk); /* counts */
    const struct unit_figures *figures =
        &staff_unit(&desk->directory, VIEW_LITERAL("C06"))->figures;
    assert_int_equal(figures->received, 1);
    assert_int_equal(figures->late, 1);
    assert_int_equal(figures->disclosed, 1);
    assert_int_equal(figures->open, 0);
    assert_int_equal(age(desk).counts.cases_open, 0);
}

static void a_case_that_waits_for_a_supplement_is_not_late(void **state)
{
    struct desk *desk = *state;
    int64_t today = clock_day_vn(desk->world->now_us);
    brought_to_accepted(desk);
    assert_code(does(desk, LAN, ACT_CASE_SUPPLEMENT), ACT_CODE_DONE);
    assert_true(case_letter_due(the_case(desk), LETTER_SUPPLEMENT));
    desk->world->now_us += 7 * DAY_US;
    assert_false(case_overdue(the_case(desk), today + 7));
    age(desk);
    assert_int_equal(staff_unit(&desk->directory, VIEW_LITERAL("C06"))->figures.waiting, 1);
    assert_code(does(desk, LAN, ACT_CASE_COMPLETE), ACT_CODE_DONE);
    assert_int_equal(the_case(desk)->due_day, today + 10);
    assert_true(case_letter_due(the_case(desk), LETTER_SLIP));
}

static void a_case_that_has_ended_leaves_after_a_year_and_its_records_stay(void **state)
{
    struct desk *desk = *state;
    assert_code(makes_office(desk), ACT_CODE_DONE);
    struct act order = case_act(ACT_LETTER_ORDER);
    assert_code(does(desk, LAN, ACT_CASE_RECEIVE), ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_SUPPLEMENT), ACT_CODE_DONE);
    act_value_set(&order, "kind", VIEW_LITERAL("supplement"));
    assert_code(desk_do(desk, LAN, &order).code, ACT_CODE_DONE);
    assert_code(does(desk, LAN, ACT_CASE_REJECT), ACT_CODE_DONE);
    act_value_set(&order, "kind", VIEW_LITERAL("refusal"));
    assert_code(by_house(desk, &order), ACT_CODE_DONE);
    assert_int_equal(case_answer_letter(the_case(desk)), LETTER_REFUSAL);
    assert_true(case_letter_due(the_case(desk), LETTER_REFUSAL));
    struct act leave = case_act(ACT_CASE_LEAVE);
    assert_code(by_house(desk, &leave), ACT_CODE_STATE_CONFLICT);
    desk->world->now_us += CASE_KEPT_DAYS * DAY_US;
    age(desk);
    the_case(desk);
    desk->world->now_us += DAY_US;
    age(desk);
    assert_null(staff_case(&desk->directory, VIEW_LITERAL(CASES_CODE)));
    assert_ok(desk_restart(desk));
    assert_null(staff_case(&desk->directory, VIEW_LITERAL(CASES_CODE)));
    assert_null(staff_letter(&desk->directory, VIEW_LITERAL(CASES_CODE ".1")));
    assert_non_null(staff_letter(&desk->directory, VIEW_LITERAL(CASES_CODE ".2")));
}

/* ---- what is shown ---- */

static void what_a_case_says_of_people_is_kept_for_who_has_signed_to_read(void **state)
{
    struct desk *desk = *state;
    static const char *const kept[] = {"Nơi thường trú", "Thi hành án", "Văn bản yêu cầu"};
    BUF_AUTO open;
    BUF_AUTO whole;
    buf_init(&open, 65536);
    buf_init(&whole, 65536);
    brought_to_proposed(desk);
    assert_code(approves(desk, MINH), ACT_CODE_DONE);
    show_put(RESOURCE_CASES, the_case(desk), &open);
    show_put_whole(RESOURCE_CASES, the_case(desk), &whole);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        struct view text = view_text(kept[i]);
        bool here = memmem(open.data, open.len, text.data, text.len) != NULL;
        bool there = memmem(whole.data, whole.len, text.data, text.len) != NULL;
        assert_false(here);
        assert_true(there);
    }
    struct view state_ = VIEW_LITERAL("\"state\":\"approved\"");
    assert_non_null(memmem(open.data, open.len, state_.data, state_.len));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_case_meets_each_event_in_each_state_as_the_table_says),
        TEST(nothing_may_leave_before_two_officers_have_signed_and_the_fee_is_paid),
        TEST(a_start_finds_each_case_and_office_as_they_were),
        TEST(stored_bytes_of_a_case_cut_or_changed_are_corrupt),
        TEST(who_proposed_it_never_approves_it_and_a_deputy_only_when_the_head_is_away),
        TEST(an_absence_ends_with_its_day),
        TEST(a_head_who_proposed_it_has_a_deputy_approve_it),
        TEST(where_nobody_is_left_the_head_of_the_office_above_approves),
        TEST(an_approval_names_the_proposal_that_was_read),
        TEST(a_refusal_says_why_by_which_clause_and_how_to_appeal),
        TEST(a_grant_makes_the_requesters_business_lasting_by_the_approval),
        TEST(fields_that_were_not_asked_for_are_not_proposed),
        TEST(a_suspended_party_gets_nothing_but_a_refusal),
        TEST(only_who_is_in_charge_proposes_and_only_the_offices_own_work_on_it),
        TEST(what_is_late_is_warned_of_listed_and_decided_as_late),
        TEST(a_case_that_waits_for_a_supplement_is_not_late),
        TEST(a_case_that_has_ended_leaves_after_a_year_and_its_records_stay),
        TEST(what_a_case_says_of_people_is_kept_for_who_has_signed_to_read),
    };
    return cmocka_run_group_tests_name("office/case", tests, NULL, NULL);
}
