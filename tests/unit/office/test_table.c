/*
 * The table of four eyes, row by row: who does an act, who proposes it and who approves it, and
 * what an organisation does itself. What is expected stands here a second time, on purpose.
 */
#include "cases.h"

/* Officers of one role each, named after it; and one who stopped an account. */
enum { STOPPER = ROLE_COUNT, PEOPLE };

#define BEFORE_MAX 4

static const struct row {
    const char *does;                 /* or proposes: names of roles; NULL: it comes over no desk */
    const char *approves;             /* NULL: one officer is enough */
    bool own;                         /* the bank does it to what the row names */
    const char *code;                 /* NULL: as in acts.h */
    enum act_kind before[BEFORE_MAX]; /* by hand, before there are officers; 0: none */
} rows[ACT_KIND_COUNT] = {
    [ACT_PARTY_ADD] = {.does = "intake"},
    [ACT_ACCOUNT_ADD] = {.does = "intake decide", .approves = "approve"},
    [ACT_ACCOUNT_SUSPEND] = {.does = "decide security", .own = true},
    [ACT_ACCOUNT_RESUME] = {.does = "decide security",
                            .approves = "approve",
                            .code = "A-other",
                            .before = {ACT_ACCOUNT_SUSPEND}},
    [ACT_ACCOUNT_STOP] = {.does = "security"},
    [ACT_ACCOUNT_STOP_CONFIRM] = {.does = "security approve", .code = "A-other"},
    [ACT_BUSINESS_ADD] = {.does = "intake", .own = true},
    [ACT_BUSINESS_GRANT] = {.does = "decide", .approves = "approve", .code = "NV-1"},
    [ACT_BUSINESS_REFUSE] = {.does = "decide", .code = "NV-1"},
    [ACT_BUSINESS_SUSPEND] = {.does = "decide security",
                              .code = "NV-1",
                              .before = {ACT_BUSINESS_GRANT}},
    [ACT_BUSINESS_RESUME] = {.does = "decide",
                             .approves = "approve",
                             .code = "NV-1",
                             .before = {ACT_BUSINESS_GRANT, ACT_BUSINESS_SUSPEND}},
    [ACT_BUSINESS_REVOKE] = {.does = "decide",
                             .approves = "approve",
                             .code = "NV-1",
                             .before = {ACT_BUSINESS_GRANT}},
    [ACT_BUSINESS_DRAFT] = {.does = "intake", .own = true},
    [ACT_BUSINESS_SUBMIT] = {.does = "intake",
                             .own = true,
                             .code = "NV-NEW",
                             .before = {ACT_BUSINESS_DRAFT}},
    [ACT_BUSINESS_REVISE] = {.does = "intake",
                             .own = true,
                             .code = "NV-NEW",
                             .before = {ACT_BUSINESS_DRAFT}},
    [ACT_PERMIT_GRANT] = {.does = "decide",
                          .approves = "approve",
                          .code = "NV-1", /* a permit of this code, for the business of this code */
                          .before = {ACT_BUSINESS_GRANT}},
    [ACT_PERMIT_WITHDRAW] = {.does = "decide security",
                             .code = "NV-1",
                             .before = {ACT_BUSINESS_GRANT, ACT_PERMIT_GRANT}},
    [ACT_PERMIT_DELETION] = {.does = "intake",
                             .own = true,
                             .code = "NV-1",
                             .before = {ACT_BUSINESS_GRANT, ACT_PERMIT_GRANT}},
    [ACT_DRAW_COMMIT] = {.does = "audit"},
    [ACT_DRAW_REVEAL] = {.does = "audit", .before = {ACT_DRAW_COMMIT}},
    [ACT_REVIEW_ASK] = {.does = "audit"},
    [ACT_REVIEW_ANSWER] = {.does = "intake", .own = true, .before = {ACT_REVIEW_ASK}},
    [ACT_REVIEW_CONFIRM] = {.does = "audit decide",
                            .approves = "approve",
                            .before = {ACT_REVIEW_ASK, ACT_REVIEW_ANSWER}},
    [ACT_REVIEW_OBJECT] = {.does = "audit decide", .before = {ACT_REVIEW_ASK, ACT_REVIEW_ANSWER}},
    [ACT_REVIEW_CONCLUDE] = {.does = "audit decide",
                             .approves = "approve",
                             .before = {ACT_REVIEW_ASK, ACT_REVIEW_ANSWER, ACT_REVIEW_OBJECT}},
    [ACT_POLICY_PROPOSE] = {.does = "decide"},
    [ACT_POLICY_PUBLISH] = {.does = "decide", .approves = "approve"},
    [ACT_OFFICER_ADD] = {.does = "security", .approves = "approve"},
    [ACT_OFFICER_ROLES] = {.does = "security", .approves = "approve"},
    [ACT_OFFICER_REPLACE] = {.does = "security", .approves = "approve"},
    [ACT_OFFICER_LEAVE] = {.does = "security", .approves = "approve"},
    [ACT_OFFICER_LOST] = {.does = "security"},
    [ACT_KEY_ROTATE] = {.does = "security", .approves = "approve"},
    [ACT_PARTY_DOSSIER] = {.does = "intake"},
    [ACT_PARTY_INSPECTION] = {.does = "intake security"},
    [ACT_PARTY_CONNECT] = {.does = "decide",
                           .approves = "approve",
                           .code = "notary",
                           .before = {ACT_PARTY_DOSSIER, ACT_PARTY_INSPECTION}},
    [ACT_PARTY_SUSPEND] = {.does = "decide security"},
    [ACT_PARTY_RESUME] = {.does = "decide security",
                          .approves = "approve",
                          .code = "notary",
                          .before = {ACT_PARTY_DOSSIER, ACT_PARTY_INSPECTION, ACT_PARTY_CONNECT,
                                     ACT_PARTY_SUSPEND}},
    [ACT_PARTY_REDESIGN] = {.does = "intake decide"},
    [ACT_PARTY_CLOSE] = {.does = "decide", .approves = "approve"},
    [ACT_ACCOUNT_REVOKE] = {.does = "decide security",
                            .own = true,
                            .code = "A-active.clerk",
                            .before = {ACT_ACCOUNT_SUB_ADD}},
    [ACT_ACCOUNT_SUB_ADD] = {.does = "intake decide", .approves = "approve", .own = true},
    [ACT_ACCOUNT_SUB_BUSINESSES] = {.does = "intake decide",
                                    .approves = "approve",
                                    .own = true,
                                    .before = {ACT_ACCOUNT_SUB_ADD}},
    [ACT_ACCOUNT_SUB_LOCK] = {.does = "decide security",
                              .own = true,
                              .before = {ACT_ACCOUNT_SUB_ADD}},
    [ACT_ACCOUNT_SUB_UNLOCK] = {.does = "decide security",
                                .approves = "approve",
                                .own = true,
                                .before = {ACT_ACCOUNT_SUB_ADD, ACT_ACCOUNT_SUB_LOCK}},
    [ACT_ACCOUNT_CERTIFICATE_ADD] = {.does = "intake decide",
                                     .approves = "approve",
                                     .own = true,
                                     .code = "A-active.clerk",
                                     .before = {ACT_ACCOUNT_SUB_ADD}},
    [ACT_ACCOUNT_CERTIFICATE_REVOKE] = {.does = "decide security", .own = true},
    [ACT_LEAK_TRACE] = {.does = "audit"},
    [ACT_RECORD_SEARCH] = {.does = "audit"},
    [ACT_INCIDENT_OPEN] = {.does = "security"},
    [ACT_INCIDENT_NOTIFY] = {.does = "security"},
    [ACT_INCIDENT_CLOSE] = {.does = "security", .approves = "approve"},
    [ACT_REVIEW_READ] = {.does = "audit decide approve",
                         .before = {ACT_REVIEW_ASK, ACT_REVIEW_ANSWER}},
    [ACT_LIST_ADD] = {.does = "decide", .approves = "approve"},
    [ACT_LIST_PUT] = {.does = "intake decide", .approves = "approve", .before = {ACT_LIST_ADD}},
    [ACT_LIST_REMOVE] = {.does = "intake decide",
                         .approves = "approve",
                         .before = {ACT_LIST_ADD, ACT_LIST_PUT}},
    [ACT_LIST_END] = {.does = "decide security", .before = {ACT_LIST_ADD, ACT_LIST_PUT}},
    [ACT_ACCOUNT_REQUIRE] = {.does = "decide security", .approves = "approve"},
    [ACT_SIGNING_KEY_ADD] = {.does = "intake decide", .approves = "approve"},
    [ACT_SIGNING_KEY_REVOKE] = {.does = "decide security",
                                .own = true,
                                .before = {ACT_SIGNING_KEY_ADD}},
    [ACT_OPERATOR_ADD] = {.does = "decide", .approves = "approve"},
    [ACT_OPERATOR_PARTIES_PUT] = {.does = "intake decide",
                                  .approves = "approve",
                                  .before = {ACT_OPERATOR_ADD}},
    [ACT_OPERATOR_PARTIES_REMOVE] = {.does = "decide security",
                                     .before = {ACT_OPERATOR_ADD, ACT_OPERATOR_PARTIES_PUT}},
    [ACT_OPERATOR_OFFICERS_PUT] = {.does = "intake decide",
                                   .approves = "approve",
                                   .own = true,
                                   .before = {ACT_OPERATOR_ADD}},
    [ACT_OPERATOR_OFFICERS_REMOVE] = {.does = "decide security",
                                      .own = true,
                                      .before = {ACT_OPERATOR_ADD, ACT_OPERATOR_OFFICERS_PUT}},
    [ACT_SOURCE_ADD] = {.does = "decide security", .approves = "approve"},
    [ACT_SOURCE_REPLACE] = {.does = "decide security",
                            .approves = "approve",
                            .before = {ACT_SOURCE_ADD}},
    [ACT_SOURCE_SUSPEND] = {.does = "decide security", .before = {ACT_SOURCE_ADD}},
    [ACT_SOURCE_RESUME] = {.does = "decide security",
                           .approves = "approve",
                           .before = {ACT_SOURCE_ADD, ACT_SOURCE_SUSPEND}},
    [ACT_SOURCE_END] = {.does = "decide security", .before = {ACT_SOURCE_ADD}},
    [ACT_RETENTION_SET] = {.does = "decide security", .approves = "approve"},
    [ACT_HOLD_PUT] = {.does = "audit decide", .approves = "approve"},
    [ACT_HOLD_END] = {.does = "audit decide", .approves = "approve", .before = {ACT_HOLD_PUT}},
    [ACT_LEDGER_ACCEPT_ROLLBACK] = {.does = "security", .approves = "approve"},
    [ACT_GUARDIAN_BIND] = {.does = "intake decide", .approves = "approve"},
    [ACT_GUARDIAN_END] = {.does = "intake decide security", .before = {ACT_GUARDIAN_BIND}},
    [ACT_PROVIDER_ADD] = {.does = "decide security", .approves = "approve"},
    [ACT_PROVIDER_KEY_PUT] = {.does = "decide security",
                              .approves = "approve",
                              .before = {ACT_PROVIDER_ADD}},
    [ACT_PROVIDER_KEY_END] = {.does = "decide security",
                              .before = {ACT_PROVIDER_ADD, ACT_PROVIDER_KEY_PUT}},
    [ACT_PROVIDER_SUSPEND] = {.does = "decide security", .before = {ACT_PROVIDER_ADD}},
    [ACT_PROVIDER_RESUME] = {.does = "decide security",
                             .approves = "approve",
                             .before = {ACT_PROVIDER_ADD, ACT_PROVIDER_SUSPEND}},
    [ACT_PROVIDER_END] = {.does = "decide security", .before = {ACT_PROVIDER_ADD}},
    [ACT_OFFICE_ADD] = {.does = "decide security", .approves = "approve"},
    [ACT_OFFICE_CHANGE] = {.does = "decide security", .approves = "approve"},
    [ACT_OFFICE_MEMBER_PUT] = {.does = "decide security", .approves = "approve"},
    [ACT_OFFICE_MEMBER_REMOVE] = {.does = "decide security"},
    [ACT_OFFICE_ABSENT] = {.does = "approve security"},
    [ACT_CASE_RECEIVE] = {.does = "intake"},
    [ACT_CASE_DOCUMENT] = {.does = "intake decide"},
    [ACT_CASE_SUPPLEMENT] = {.does = "intake decide"},
    [ACT_CASE_COMPLETE] = {.does = "intake decide"},
    [ACT_CASE_ACCEPT] = {.does = "intake decide"},
    [ACT_CASE_REJECT] = {.does = "intake decide"},
    [ACT_CASE_TRANSFER] = {.does = "intake decide"},
    [ACT_CASE_ASSIGN] = {.does = "decide approve"},
    [ACT_CASE_PAY] = {.does = "intake"},
    [ACT_CASE_PROPOSE] = {.does = "decide"},
    [ACT_CASE_RETURN] = {.does = "approve"},
    [ACT_CASE_APPROVE] = {.does = "approve"},
    [ACT_CASE_WITHDRAW] = {.does = "intake decide"},
    [ACT_CASE_CLOSE] = {.does = "intake decide"},
    [ACT_CASE_READ] = {.does = "intake decide approve audit"},
    [ACT_EXTRACT_APPROVE] = {.does = "decide", .approves = "approve"},
    [ACT_EXTRACT_REFUSE] = {.does = "decide"},
    [ACT_EXTRACT_END] = {.does = "decide security", .before = {ACT_EXTRACT_APPROVE}},
    [ACT_CASE_FIND] = {.does = "decide"},
    [ACT_LETTER_ORDER] = {.does = "intake decide"},
    [ACT_LETTER_RETRY] = {.does = "decide"},
    [ACT_LETTER_VOID] = {.does = "decide"},
    [ACT_LETTER_DELIVER] = {.does = "intake"},
    [ACT_LETTER_WITHDRAW] = {.does = "decide security"},
    [ACT_LETTER_REPLACE] = {.does = "decide", .approves = "approve"},
    [ACT_PHONE_BIND] = {.does = "intake", .approves = "approve"},
    [ACT_PHONE_UNBIND] = {.does = "intake decide security", .before = {ACT_PHONE_BIND}},
    [ACT_COMPLAINT_ANSWER] = {.does = "audit decide"},
    [ACT_COMPLAINT_READ] = {.does = "audit decide"},
};

static const char *name_of(unsigned person)
{
    return person == STOPPER ? "stopper" : words_name(&words_role, person);
}

static bool is_in(const char *roles, unsigned person)
{
    return roles != NULL && strstr(roles, name_of(person)) != NULL;
}

static void spki_of(unsigned person, uint8_t ret_spki[SEAL_HASH_BYTES])
{
    memset(ret_spki, 0xb0 + (int)person, SEAL_HASH_BYTES);
}

static void found(struct desk *desk)
{
    struct officer officers[PEOPLE];
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct officer *officer = &officers[i];
        *officer = (struct officer){.roles = ROLE_BIT(i == STOPPER ? ROLE_SECURITY : i)};
        assert_ok(code_set(&officer->code, view_text(name_of(i))));
        assert_ok(long_set(&officer->name, VIEW_LITERAL("Cán bộ trình diễn")));
        memcpy(officer->key, desk->keys[i], ES256_SPKI_BYTES);
        spki_of(i, officer->spki);
    }
    assert_ok(desk_found(desk, officers, PEOPLE));
}

static struct signed_result do_as(struct desk *desk, unsigned person, const struct act *act)
{
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, LAN, act, &signing);
    signing.told.doer.code = view_text(name_of(person));
    spki_of(person, signing.spki);
    desk_sign_by(desk, person, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &result));
    desk_signed_done(&signing);
    return result;
}

/* A record that is reviewed; its place and id are the same in every such office. */
static struct {
    char code[32];
    char ask[37];
} recorded;

static void record_one(struct desk *desk)
{
    struct ask ask = world_ask();
    snprintf(recorded.code, sizeof(recorded.code), "R-%u", desk->world->ledger.size);
    record_ask_id_text(world_serve(desk->world, &ask)->ask_id, recorded.ask);
}

#define SEED "00000000000000000000000000000000000000000000000000000000000000ff"
#define SEED_HASH "60f9ca40b771fc97dd45423e98463ab5d5e515ce9b4fdfac5d90be969a8ab030"
#define JANUARY_US INT64_C(1799125200000000) /* 2027-01-05T12:00+07 */

static void fill_review(struct act *act)
{
    static const struct acts_value values[] = {
        {"hash", SEED_HASH},   {"one-in", "2"},     {"seed", SEED},    {"business", "NV-1"},
        {"day", "2026-11-23"}, {"drawn", "rule"},   {"reason", "why"}, {"type", "application/pdf"},
        {"file", "%PDF-1.7"},  {"finding", "well"}, {"party", "bank"}, {"month", "2026-11"},
    };
    unsigned field = 0;
    bool draw = act->kind == ACT_DRAW_COMMIT || act->kind == ACT_DRAW_REVEAL;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (outcome_ok(act_field_find(act->kind, view_text(values[i].field), &field))) {
            act->values[field] = view_text(values[i].value);
        }
    }
    if (outcome_ok(act_field_find(act->kind, VIEW_LITERAL("code"), &field))) {
        act->values[field] = draw ? VIEW_LITERAL("2026-12") : view_text(recorded.code);
    }
    if (act->kind == ACT_REVIEW_ASK) {
        act_value_set(act, "ask", view_text(recorded.ask));
    }
}

static struct act act_of(enum act_kind kind, const char *code)
{
    struct act act = acts_make(kind);
    if ((kind >= ACT_DRAW_COMMIT && kind <= ACT_REVIEW_CONCLUDE) || kind == ACT_REVIEW_READ) {
        fill_review(&act);
    }
    if (code != NULL) {
        act_value_set(&act, "code", view_text(code));
    }
    if (kind == ACT_PERMIT_GRANT) {
        act_value_set(&act, "business", VIEW_LITERAL("NV-1"));
    }
    if (kind == ACT_ACCOUNT_ADD || kind == ACT_ACCOUNT_CERTIFICATE_ADD) {
        act_value_set(&act, "spki", VIEW_LITERAL(ACTS_SPKI_FREE));
    }
    if (kind == ACT_ACCOUNT_SUB_ADD) {
        act_value_set(&act, "spki", view_text(NULL));
    }
    if (kind == ACT_ACCOUNT_SUB_ADD || kind == ACT_ACCOUNT_SUB_BUSINESSES) {
        act_value_set(&act, "businesses", VIEW_LITERAL("NV-1"));
    }
    return act;
}

/* An office where everybody is a member, `approve` its head, and a case that the act can move. */
static void take_in(struct desk *desk, enum act_kind kind)
{
    static const struct {
        enum act_kind kind;
        enum case_state state;
    } states[] = {
        {ACT_CASE_DOCUMENT, CASE_RECEIVED},   {ACT_CASE_SUPPLEMENT, CASE_RECEIVED},
        {ACT_CASE_COMPLETE, CASE_INCOMPLETE}, {ACT_CASE_ACCEPT, CASE_RECEIVED},
        {ACT_CASE_REJECT, CASE_RECEIVED},     {ACT_CASE_TRANSFER, CASE_RECEIVED},
        {ACT_CASE_ASSIGN, CASE_RECEIVED},     {ACT_CASE_PAY, CASE_ACCEPTED},
        {ACT_CASE_PROPOSE, CASE_ACCEPTED},    {ACT_CASE_RETURN, CASE_PROPOSED},
        {ACT_CASE_APPROVE, CASE_PROPOSED},    {ACT_CASE_WITHDRAW, CASE_RECEIVED},
        {ACT_CASE_CLOSE, CASE_DELIVERED},     {ACT_CASE_READ, CASE_RECEIVED},
        {ACT_CASE_FIND, CASE_ACCEPTED},       {ACT_LETTER_ORDER, CASE_ACCEPTED},
        {ACT_LETTER_REPLACE, CASE_SIGNED},
    };
    struct office_unit *unit = cases_unit(desk, "C06", LEVEL_NATIONAL);
    cases_unit(desk, "PA06", LEVEL_PROVINCE);
    for (unsigned person = 0; person < ROLE_COUNT; person++) {
        cases_member(unit, name_of(person),
                     person == ROLE_APPROVE ? CAPACITY_HEAD : CAPACITY_STAFF);
    }
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (states[i].kind == kind) {
            cases_case(desk, unit, states[i].state)->fee_due = kind == ACT_CASE_PAY ? 2000 : 0;
        }
    }
}

/* A letter that the act can move. */
static void take_letter(struct desk *desk, enum act_kind kind)
{
    struct letter *letter = memory_new(1, sizeof(*letter));
    bool made = kind >= ACT_LETTER_DELIVER;
    assert_non_null(letter);
    letter->version = 1;
    letter->state = made ? LETTER_SIGNED : LETTER_ORDERED;
    letter->copy_count = 1;
    letter->copies[0].way = LETTER_WAY_COUNT;
    assert_ok(code_set(&letter->code, VIEW_LITERAL(CASES_CODE ".1")));
    assert_ok(code_set(&letter->case_code, VIEW_LITERAL(CASES_CODE)));
    assert_ok(code_set(&letter->unit, VIEW_LITERAL("C06")));
    if (kind == ACT_LETTER_RETRY) {
        assert_ok(long_set(&letter->held, VIEW_LITERAL("locked")));
    }
    assert_ok(object_add(&desk->directory, &object_letter, letter));
}

/* One that waits for an officer. */
static void take_complaint(struct desk *desk)
{
    struct complaint *complaint = memory_new(1, sizeof(*complaint));
    assert_non_null(complaint);
    complaint->version = 1;
    complaint->text_len = 1;
    complaint->text[0] = 'a';
    assert_ok(code_set(&complaint->code, VIEW_LITERAL(ACTS_PERSON ".000000000012")));
    assert_ok(object_add(&desk->directory, &object_complaint, complaint));
}

/* The account of the portal over which a provider's people come. */
static void open_portal(struct desk *desk)
{
    struct act account = acts_make(ACT_ACCOUNT_ADD);
    act_value_set(&account, "code", VIEW_LITERAL("A-portal"));
    act_value_set(&account, "channel", VIEW_LITERAL("national_portal"));
    act_value_set(&account, "spki", VIEW_LITERAL(ACTS_SPKI_FREE));
    desk_by_hand(desk, &account);
}

/* An office in which the act can be done. */
static struct desk *begin(enum act_kind kind)
{
    const struct row *row = &rows[kind];
    void *state = NULL;
    assert_int_equal(desk_setup_unfounded(&state), 0);
    struct desk *desk = state;
    desk_furnish(desk);
    record_one(desk);
    if (kind == ACT_EXTRACT_APPROVE || kind == ACT_EXTRACT_END) {
        desk_lists(desk);
    }
    if (kind >= ACT_PROVIDER_ADD && kind <= ACT_PROVIDER_END) {
        open_portal(desk);
    }
    for (unsigned i = 0; i < BEFORE_MAX && row->before[i] != 0; i++) {
        struct act before = act_of(row->before[i], row->code);
        desk_by_hand(desk, &before);
    }
    found(desk);
    if (kind >= ACT_OFFICE_CHANGE && kind <= ACT_CASE_READ) {
        take_in(desk, kind);
    }
    if (kind >= ACT_CASE_FIND && kind <= ACT_LETTER_REPLACE) {
        take_in(desk, kind);
    }
    if (kind >= ACT_LETTER_RETRY && kind <= ACT_LETTER_REPLACE) {
        take_letter(desk, kind);
    }
    if (kind == ACT_COMPLAINT_ANSWER || kind == ACT_COMPLAINT_READ) {
        take_complaint(desk);
    }
    if (kind == ACT_DRAW_REVEAL || kind == ACT_REVIEW_CONCLUDE) {
        desk->world->now_us = JANUARY_US; /* the month is over */
    }
    if (kind == ACT_ACCOUNT_STOP_CONFIRM) {
        struct act stop = act_of(ACT_ACCOUNT_STOP, row->code);
        assert_code(do_as(desk, STOPPER, &stop).code, ACT_CODE_DONE);
    }
    if (kind == ACT_INCIDENT_NOTIFY || kind == ACT_INCIDENT_CLOSE) {
        struct act open = act_of(ACT_INCIDENT_OPEN, NULL);
        assert_code(do_as(desk, STOPPER, &open).code, ACT_CODE_DONE);
    }
    if (kind == ACT_INCIDENT_CLOSE) {
        struct act notify = act_of(ACT_INCIDENT_NOTIFY, NULL);
        assert_code(do_as(desk, STOPPER, &notify).code, ACT_CODE_DONE);
    }
    return desk;
}

static void end(struct desk *desk)
{
    void *state = desk;
    desk_teardown(&state);
}

static void check_refused(const struct row *row, const struct signed_result *result,
                          enum act_code code)
{
    assert_code(result->code, row->does == NULL ? ACT_CODE_BAD_INPUT : code);
    if (row->does == NULL) {
        assert_string_equal(result->pointer, "/act");
    }
}

/* Whoever may not: nothing changes. */
static void check_others(struct desk *desk, enum act_kind kind, const struct act *act)
{
    const struct row *row = &rows[kind];
    for (unsigned person = 0; person < ROLE_COUNT; person++) {
        if (!is_in(row->does, person)) {
            struct signed_result result = do_as(desk, person, act);
            check_refused(row, &result, ACT_CODE_ROLE_MISSING);
        }
    }
    if (!row->own) {
        struct signed_result result = desk_do(desk, BANK, act);
        check_refused(row, &result, ACT_CODE_NOT_YOURS);
    }
}

static void check_approved(const struct row *row, struct desk *desk, const char *proposal)
{
    struct act approve = act_of(ACT_PROPOSAL_APPROVE, proposal);
    unsigned approver = ROLE_COUNT;
    for (unsigned person = 0; person < ROLE_COUNT; person++) {
        if (is_in(row->approves, person)) {
            approver = person;
        } else {
            assert_code(do_as(desk, person, &approve).code, ACT_CODE_ROLE_MISSING);
        }
    }
    assert_code(do_as(desk, approver, &approve).code, ACT_CODE_DONE);
}

/* Cases are put in as they are: one office does for all who may move them. */
static void check_case(enum act_kind kind, const struct act *act)
{
    struct desk *desk = begin(kind);
    struct written_case *case_ = staff_case(&desk->directory, VIEW_LITERAL(CASES_CODE));
    const struct written_case before = case_ != NULL ? *case_ : (struct written_case){0};
    for (unsigned person = 0; person < ROLE_COUNT; person++) {
        if (is_in(rows[kind].does, person)) {
            assert_code(do_as(desk, person, act).code, ACT_CODE_DONE);
            if (case_ != NULL) {
                *case_ = before;
            }
        }
    }
    end(desk);
}

/* An act of one officer: each time in an office in which it can be done. */
static void check_one(enum act_kind kind, const struct act *act)
{
    const struct row *row = &rows[kind];
    if (kind >= ACT_CASE_RECEIVE && kind <= ACT_CASE_READ) {
        check_case(kind, act);
        return;
    }
    for (unsigned person = 0; person < ROLE_COUNT; person++) {
        if (is_in(row->does, person)) {
            struct desk *desk = begin(kind);
            assert_code(do_as(desk, person, act).code, ACT_CODE_DONE);
            end(desk);
        }
    }
    if (row->own) {
        struct desk *desk = begin(kind);
        assert_code(desk_do(desk, BANK, act).code, ACT_CODE_DONE);
        end(desk);
    }
}

/* An act of two: whoever may proposes it; the last one's proposal is approved. */
static void check_two(enum act_kind kind, const struct act *act)
{
    const struct row *row = &rows[kind];
    struct desk *desk = begin(kind);
    struct signed_result result = {0};
    for (unsigned person = 0; person < ROLE_COUNT; person++) {
        if (is_in(row->does, person)) {
            result = do_as(desk, person, act);
            assert_code(result.code, ACT_CODE_PROPOSED);
        }
    }
    check_approved(row, desk, result.object.text);
    end(desk);
}

/* Whose role ends a proposal stands in the proposed act's row: test_four_eyes.c. */
static bool ends_a_proposal(enum act_kind kind)
{
    return kind == ACT_PROPOSAL_APPROVE || kind == ACT_PROPOSAL_REJECT ||
           kind == ACT_PROPOSAL_WITHDRAW;
}

static void
each_act_is_done_proposed_and_approved_by_the_roles_of_its_row_and_no_other(void **state)
{
    struct law_act law;
    struct desk *desk = begin(ACT_HOME_INIT);
    (void)state;
    desk_law("\n# another hash\n", &law);
    end(begin(ACT_HOME_INIT)); /* for the record */
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        bool is_law = kind == ACT_POLICY_PUBLISH || kind == ACT_POLICY_PROPOSE;
        struct act act = is_law ? law.act : act_of(kind, rows[kind].code);
        act.kind = kind;
        if (ends_a_proposal(kind)) {
            continue;
        }
        check_others(desk, kind, &act);
        if (rows[kind].does != NULL && rows[kind].approves == NULL) {
            check_one(kind, &act);
        } else if (rows[kind].does != NULL) {
            check_two(kind, &act);
        }
    }
    end(desk);
    buf_done(&law.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            each_act_is_done_proposed_and_approved_by_the_roles_of_its_row_and_no_other),
    };
    return cmocka_run_group_tests_name("office/table", tests, NULL, NULL);
}
