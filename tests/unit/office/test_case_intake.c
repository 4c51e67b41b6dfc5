/*
 * Taking a request in: from whom, by which way, on which day, under which number; what is accepted
 * where; and whose data is asked for.
 */
#include "cases.h"

#define DAY_US INT64_C(86400000000)

static int set_up(void **state)
{
    assert_int_equal(desk_setup(state), 0);
    struct desk *desk = *state;
    cases_member(cases_unit(desk, "C06", LEVEL_NATIONAL), "LAN", CAPACITY_STAFF);
    cases_member(cases_unit(desk, "XA", LEVEL_COMMUNE), "LAN", CAPACITY_STAFF);
    return 0;
}

static const struct acts_value citizen[] = {
    {"office", "XA"},
    {"intake", "desk"},
    {"class", "citizen"},
    {"name", "Nguyễn Văn An"},
    {"papers", "id"},
    {"number", "079090912345"},
    {"papers-seen", "true"},
    {"purpose", "Làm hồ sơ"},
    {"content", "Nơi thường trú"},
    {"fields", "permanent_residence"},
};

static struct act by_papers(void)
{
    struct act act = {.kind = ACT_CASE_RECEIVE};
    for (size_t i = 0; i < sizeof(citizen) / sizeof(citizen[0]); i++) {
        act_value_set(&act, citizen[i].field, view_text(citizen[i].value));
    }
    return act;
}

static enum act_code takes(struct desk *desk, const struct act *act)
{
    return desk_do(desk, LAN, act).code;
}

static struct written_case *taken(struct desk *desk, const struct act *act)
{
    struct signed_result result = desk_do(desk, LAN, act);
    assert_code(result.code, ACT_CODE_DONE);
    struct written_case *case_ = staff_case(&desk->directory, code_view(&result.object));
    assert_non_null(case_);
    return case_;
}

static enum act_code accepts(struct desk *desk, const struct written_case *case_)
{
    struct act act = {.kind = ACT_CASE_ACCEPT};
    act_value_set(&act, "code", code_view(&case_->code));
    return desk_do(desk, LAN, &act).code;
}

/* ---- who asks ---- */

static void who_has_no_party_on_file_shows_papers_and_says_a_class_of_persons(void **state)
{
    struct desk *desk = *state;
    static const struct {
        struct acts_value value;
        enum act_code code;
    } rows[] = {
        {{"class", ""}, ACT_CODE_BAD_INPUT},
        {{"class", "organisation"}, ACT_CODE_BAD_INPUT},
        {{"class", "state"}, ACT_CODE_BAD_INPUT},
        {{"name", ""}, ACT_CODE_BAD_INPUT},
        {{"papers", ""}, ACT_CODE_BAD_INPUT},
        {{"number", "07909091234"}, ACT_CODE_BAD_INPUT},
        {{"papers", "cmnd"}, ACT_CODE_BAD_INPUT}, /* of twelve digits */
        {{"papers-seen", ""}, ACT_CODE_BAD_INPUT},
        {{"office", "HUE"}, ACT_CODE_NOT_FOUND},
        {{"party", "nobody"}, ACT_CODE_NOT_FOUND},
        {{"party", "bank"}, ACT_CODE_BAD_INPUT}, /* with personal papers */
        {{"from", "2026-01-01"}, ACT_CODE_BAD_INPUT},
        {{"principal", "Nguyễn Thị Bình"}, ACT_CODE_BAD_INPUT},
        {{"behalf", "guardian"}, ACT_CODE_BAD_INPUT}, /* of whom? */
        {{"class", "other"}, ACT_CODE_DONE},
        {{"papers", "passport"}, ACT_CODE_DONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = by_papers();
        act_value_set(&act, rows[i].value.field, view_text(rows[i].value.value));
        if (takes(desk, &act) != rows[i].code) {
            fail_msg("%s=%s", rows[i].value.field, rows[i].value.value);
        }
    }
    struct act act = by_papers();
    assert_code(desk_do(desk, MINH, &act).code, ACT_CODE_ROLE_MISSING);
    struct written_case *case_ = taken(desk, &act);
    assert_string_equal(case_->requester.seen_by.text, "LAN");
    assert_int_equal(case_->requester.behalf, BEHALF_COUNT);
}

static void a_party_asks_in_its_own_class_and_not_when_it_is_closed(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_CASE_RECEIVE);
    act_value_set(&act, "class", VIEW_LITERAL("other"));
    assert_code(takes(desk, &act), ACT_CODE_BAD_INPUT);
    act_value_set(&act, "class", VIEW_LITERAL("organisation"));
    struct written_case *case_ = taken(desk, &act);
    assert_string_equal(case_->requester.name.text, case_->requester.party->name.text);
    act_value_set(&act, "name", VIEW_LITERAL("Chi nhánh 1"));
    assert_string_equal(taken(desk, &act)->requester.name.text, "Chi nhánh 1");
    case_->requester.party->state = PARTY_CLOSED;
    assert_code(takes(desk, &act), ACT_CODE_STATE_CONFLICT);
}

static void only_an_officer_of_the_office_takes_in_there(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    staff_unit(&desk->directory, VIEW_LITERAL("XA"))->member_count = 0;
    assert_code(takes(desk, &act), ACT_CODE_NOT_YOURS);
}

/* ---- a correction, over a session ---- */

static enum act_code asks_for_correction(struct desk *desk, const char *number, const char *fields,
                                         uint64_t *ret_index)
{
    const struct citizen_doer doer = {.citizen = VIEW_LITERAL("079090912345"),
                                      .account = VIEW_LITERAL("A-active")};
    struct act act = {.kind = ACT_CASE_CORRECT};
    char why[256];
    act_value_set(&act, "office", VIEW_LITERAL("XA"));
    act_value_set(&act, "name", VIEW_LITERAL("Nguyễn Văn An"));
    act_value_set(&act, "number", view_text(number));
    act_value_set(&act, "content", VIEW_LITERAL("Nơi sinh là Huế"));
    act_value_set(&act, "fields", view_text(fields));
    struct outcome outcome = office_citizen_act(desk->office, &act, &doer, ret_index, why);
    return outcome_ok(outcome)                ? ACT_CODE_DONE
           : outcome.fault == FAULT_NOT_FOUND ? ACT_CODE_NOT_FOUND
                                              : ACT_CODE_BAD_INPUT;
}

static enum act_code proposes(struct desk *desk, const char *decision, const char *reason)
{
    struct act act = {.kind = ACT_CASE_PROPOSE};
    act_value_set(&act, "code", VIEW_LITERAL("XA-2026-000001"));
    act_value_set(&act, "decision", view_text(decision));
    act_value_set(&act, "fields", VIEW_LITERAL("native_place"));
    act_value_set(&act, "reason", view_text(reason));
    return desk_do(desk, LAN, &act).code;
}

static void a_correction_is_asked_for_over_a_session_decided_by_two_and_has_no_letter(void **state)
{
    struct desk *desk = *state;
    struct case_permission may = {0};
    uint64_t index = 0;
    cases_member(staff_unit(&desk->directory, VIEW_LITERAL("XA")), "MINH", CAPACITY_HEAD);
    assert_code(asks_for_correction(desk, "123", "native_place", &index), ACT_CODE_BAD_INPUT);
    assert_code(asks_for_correction(desk, "079090912345", "native_place", &index), ACT_CODE_DONE);
    struct record record = {0};
    assert_ok(record_get_opening(buf_view(&desk->world->ledger.openings[index]), &record));
    assert_view(record.values[RECORD_AGENT],
                "{\"account\":\"A-active\",\"citizen\":\"079090912345\",\"officer\":null,"
                "\"operator\":null}"); /* who did it stands sealed in the record */
    const struct written_case *case_ = staff_case(&desk->directory, VIEW_LITERAL("XA-2026-000001"));
    assert_non_null(case_);
    assert_int_equal(case_->intake, INTAKE_PORTAL);
    assert_int_equal(case_->requester.class, CLASS_CITIZEN);
    assert_string_equal(case_->requester.number.text, "079090912345");
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    assert_int_equal(case_->fee_due, 0);
    assert_code(proposes(desk, "disclose", ""), ACT_CODE_BAD_INPUT);
    assert_code(proposes(desk, "correct", ""), ACT_CODE_BAD_INPUT); /* of what? */
    assert_code(proposes(desk, "correct", "Theo giấy khai sinh"), ACT_CODE_DONE);
    struct act approve = {.kind = ACT_CASE_APPROVE};
    act_value_set(&approve, "code", VIEW_LITERAL("XA-2026-000001"));
    act_value_set(&approve, "proposal", VIEW_LITERAL("3"));
    assert_code(desk_do(desk, MINH, &approve).code, ACT_CODE_DONE);
    assert_false(case_permits(case_, &may));
    assert_int_equal(case_answer_letter(case_), LETTER_KIND_COUNT);
    assert_code(desk_try(desk, LAN, ACT_CASE_CLOSE, "XA-2026-000001"), ACT_CODE_DONE);
    assert_int_equal(case_->state, CASE_CLOSED);
    assert_ok(desk_restart(desk));
}

static void no_officer_takes_a_correction_in_and_no_other_request_is_answered_with_one(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    act_value_set(&act, "intake", VIEW_LITERAL("portal"));
    assert_code(takes(desk, &act), ACT_CODE_BAD_INPUT);
    act_value_set(&act, "intake", VIEW_LITERAL("post"));
    assert_code(accepts(desk, taken(desk, &act)), ACT_CODE_DONE);
    assert_code(proposes(desk, "correct", "Theo giấy khai sinh"), ACT_CODE_BAD_INPUT);
}

/* ---- number and day ---- */

static void each_office_counts_its_cases_of_a_year_without_a_gap(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    struct act other = acts_make(ACT_CASE_RECEIVE);
    act_value_set(&act, "intake", VIEW_LITERAL("post"));
    assert_string_equal(taken(desk, &act)->code.text, "XA-2026-000001");
    assert_string_equal(taken(desk, &other)->code.text, "C06-2026-000001");
    act_value_set(&other, "party", VIEW_LITERAL("nobody"));
    assert_code(takes(desk, &other), ACT_CODE_NOT_FOUND); /* takes no number */
    assert_string_equal(taken(desk, &act)->code.text, "XA-2026-000002");
    desk->world->now_us += 40 * DAY_US;
    assert_string_equal(taken(desk, &act)->code.text, "XA-2027-000001");
    staff_unit(&desk->directory, VIEW_LITERAL("XA"))->case_last = CASE_NUMBER_MAX;
    assert_code(takes(desk, &act), ACT_CODE_OVER_LIMIT);
}

static void a_number_that_a_case_has_is_not_given_again(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    taken(desk, &act);
    staff_unit(&desk->directory, VIEW_LITERAL("XA"))->case_last = 0; /* cannot be: and yet */
    assert_code(takes(desk, &act), ACT_CODE_STATE_CONFLICT);
}

/* ---- what could stand in no letter ---- */

static void a_text_that_no_letter_could_say_is_refused_at_its_field_and_not_mended(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        {"Nguye\u0302\u0303n Va\u0306n An", "normal form C"},
        {"Nguyễn Văn An ", "space"},
        {" Nguyễn Văn An", "space"},
        {"Nguyễn Văn An\u200b", "formatting"},
        {"Nguyễn \u202eVăn An", "formatting"},
        {"Nguyễn \ue000Văn An", "private"},
        {"Nguyễn Văn\u0378 An", "unassigned"},
    };
    static const char *const fields[] = {"name", "address", "contact", "purpose", "content"};
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (size_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++) {
            struct act act = by_papers();
            char pointer[32];
            snprintf(pointer, sizeof(pointer), "/values/%s", fields[j]);
            act_value_set(&act, fields[j], view_text(bad[i].text));
            struct signed_result result = desk_do(desk, LAN, &act);
            assert_code(result.code, ACT_CODE_BAD_INPUT);
            assert_string_equal(result.pointer, pointer);
            assert_non_null(strstr(result.reason, bad[i].why));
        }
    }
    assert_int_equal(desk->directory.staff->cases.len, 0);
}

static void what_was_recorded_is_not_looked_at_again(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    struct change change = {0};
    struct refusal refusal;
    const struct doer lan = {.kind = SIGNER_OFFICER, .code = VIEW_LITERAL("LAN")};
    act_value_set(&act, "name", VIEW_LITERAL("Nguyễn Văn An "));
    assert_code(takes(desk, &act), ACT_CODE_BAD_INPUT);
    assert_ok(change_prepare_by(&desk->directory, desk->world->policy, &act, &lan,
                                clock_day_vn(desk->world->now_us), &change, &refusal));
    change_done(&change);
}

static void acts_that_letters_say_nothing_of_keep_their_texts(void **state)
{
    struct desk *desk = *state;
    struct act refuse = desk_act(ACT_BUSINESS_REFUSE, "NV-1", NULL);
    act_value_set(&refuse, "reason", VIEW_LITERAL("lý do "));
    assert_code(takes(desk, &refuse), ACT_CODE_DONE);
}

static void a_party_whose_name_no_letter_could_say_is_named_by_the_act(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_CASE_RECEIVE);
    struct party *bank = directory_party(&desk->directory, act_value(&act, "party"));
    act_value_set(&act, "name", view_of(NULL, 0));
    assert_ok(long_set(&bank->name, VIEW_LITERAL("Nga\u0302n ha\u0300ng")));
    struct signed_result result = desk_do(desk, LAN, &act);
    assert_code(result.code, ACT_CODE_BAD_INPUT);
    assert_string_equal(result.pointer, "/values/name");
    act_value_set(&act, "name", VIEW_LITERAL("Ngân hàng"));
    assert_string_equal(taken(desk, &act)->requester.name.text, "Ngân hàng");
}

static void a_desk_is_open_on_working_days_and_some_on_saturdays(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    desk->world->now_us += 5 * DAY_US; /* Saturday, 28 November 2026 */
    assert_code(takes(desk, &act), ACT_CODE_STATE_CONFLICT);
    staff_unit(&desk->directory, VIEW_LITERAL("XA"))->saturday = true;
    struct written_case *case_ = taken(desk, &act);
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    assert_int_equal(case_->due_day, case_->received_day + 4); /* Wednesday: it does not count */
    desk->world->now_us += DAY_US;
    assert_code(takes(desk, &act), ACT_CODE_STATE_CONFLICT);
    act_value_set(&act, "intake", VIEW_LITERAL("carrier"));
    assert_code(takes(desk, &act), ACT_CODE_DONE);
}

/* ---- what is accepted where ---- */

static void an_office_that_does_not_decide_it_says_which_level_does(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    act_value_set(&act, "office", VIEW_LITERAL("C06"));
    struct written_case *case_ = taken(desk, &act);
    struct act accept = {.kind = ACT_CASE_ACCEPT};
    act_value_set(&accept, "code", code_view(&case_->code));
    struct signed_result result = desk_do(desk, LAN, &accept);
    assert_code(result.code, ACT_CODE_STATE_CONFLICT);
    assert_non_null(strstr(result.reason, "commune"));
    struct act transfer = {.kind = ACT_CASE_TRANSFER};
    act_value_set(&transfer, "code", code_view(&case_->code));
    act_value_set(&transfer, "office", VIEW_LITERAL("C06"));
    act_value_set(&transfer, "reason", VIEW_LITERAL("Thẩm quyền"));
    assert_code(takes(desk, &transfer), ACT_CODE_STATE_CONFLICT); /* it is there */
    act_value_set(&transfer, "office", VIEW_LITERAL("XA"));
    assert_code(takes(desk, &transfer), ACT_CODE_DONE);
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    assert_int_equal(case_->fee_due, 0); /* a citizen pays nothing */
}

static void a_party_of_another_province_is_decided_there(void **state)
{
    struct desk *desk = *state;
    struct office_unit *unit = cases_unit(desk, "PA06", LEVEL_PROVINCE);
    struct party *notary = directory_party(&desk->directory, VIEW_LITERAL("notary"));
    struct act act = acts_make(ACT_CASE_RECEIVE);
    cases_member(unit, "LAN", CAPACITY_STAFF);
    assert_ok(code_set(&notary->kind, VIEW_LITERAL("notary")));
    memcpy(notary->province, "79", 3);
    memcpy(unit->province, "01", 3);
    act_value_set(&act, "office", VIEW_LITERAL("PA06"));
    act_value_set(&act, "party", VIEW_LITERAL("notary"));
    struct written_case *case_ = taken(desk, &act);
    assert_code(accepts(desk, case_), ACT_CODE_STATE_CONFLICT);
    memcpy(unit->province, "79", 3);
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
}

static void without_an_undertaking_it_waits_for_a_supplement(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_CASE_RECEIVE);
    struct act missing = {.kind = ACT_CASE_SUPPLEMENT};
    struct act complete = {.kind = ACT_CASE_COMPLETE};
    act_value_set(&act, "undertaken", view_of(NULL, 0));
    struct written_case *case_ = taken(desk, &act);
    assert_code(accepts(desk, case_), ACT_CODE_STATE_CONFLICT);
    act_value_set(&missing, "code", code_view(&case_->code));
    act_value_set(&missing, "missing", VIEW_LITERAL("Bản cam kết"));
    assert_code(takes(desk, &missing), ACT_CODE_DONE);
    assert_string_equal(case_->missing.text, "Bản cam kết");
    act_value_set(&complete, "code", code_view(&case_->code));
    act_value_set(&complete, "undertaken", VIEW_LITERAL("true"));
    assert_code(takes(desk, &complete), ACT_CODE_DONE);
    assert_int_equal(case_->missing.len, 0);
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
}

static void a_limit_has_one_to_sixty_working_days(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    struct act accept = {.kind = ACT_CASE_ACCEPT};
    struct written_case *case_ = taken(desk, &act);
    act_value_set(&accept, "code", code_view(&case_->code));
    act_value_set(&accept, "days", VIEW_LITERAL("0"));
    assert_code(takes(desk, &accept), ACT_CODE_BAD_INPUT);
    act_value_set(&accept, "days", VIEW_LITERAL("61"));
    assert_code(takes(desk, &accept), ACT_CODE_BAD_INPUT);
    act_value_set(&accept, "days", VIEW_LITERAL("5"));
    assert_code(takes(desk, &accept), ACT_CODE_DONE);
    assert_int_equal(case_->due_day, case_->accepted_day + 7); /* Monday to Monday */
}

static void a_clock_does_not_run_out_of_the_calendar(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    struct act missing = {.kind = ACT_CASE_SUPPLEMENT};
    struct act complete = {.kind = ACT_CASE_COMPLETE};
    act_value_set(&act, "intake", VIEW_LITERAL("post"));
    desk->world->now_us += 399 * DAY_US; /* Monday, 27 December 2027: due on the Thursday */
    struct written_case *case_ = taken(desk, &act);
    struct written_case *other = taken(desk, &act);
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    act_value_set(&missing, "code", code_view(&case_->code));
    act_value_set(&missing, "missing", VIEW_LITERAL("Giấy ủy quyền"));
    act_value_set(&complete, "code", code_view(&case_->code));
    assert_code(takes(desk, &missing), ACT_CODE_DONE);
    desk->world->now_us += 4 * DAY_US; /* the year's last day */
    assert_code(takes(desk, &complete), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(case_->state, CASE_STOPPED);
    assert_code(accepts(desk, other), ACT_CODE_STATE_CONFLICT);
    desk->world->now_us -= 4 * DAY_US;
    assert_code(takes(desk, &complete), ACT_CODE_DONE);
    desk->world->now_us += 6 * DAY_US; /* of a year that is not there yet */
    assert_code(takes(desk, &missing), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(case_->state, CASE_ACCEPTED);
}

static void a_payment_has_a_sum(void **state)
{
    struct desk *desk = *state;
    struct act receive = acts_make(ACT_CASE_RECEIVE);
    struct act pay = acts_make(ACT_CASE_PAY);
    struct written_case *case_ = taken(desk, &receive);
    assert_code(takes(desk, &pay), ACT_CODE_STATE_CONFLICT); /* nothing is owed before */
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    act_value_set(&pay, "vnd", VIEW_LITERAL("0"));
    assert_code(takes(desk, &pay), ACT_CODE_BAD_INPUT);
    act_value_set(&pay, "vnd", VIEW_LITERAL("1999"));
    assert_code(takes(desk, &pay), ACT_CODE_DONE);
    assert_false(case_paid(case_));
    act_value_set(&pay, "receipt", VIEW_LITERAL("BL-02"));
    act_value_set(&pay, "vnd", VIEW_LITERAL("2"));
    struct signed_result result = desk_do(desk, LAN, &pay);
    assert_code(result.code, ACT_CODE_STATE_CONFLICT);
    assert_non_null(strstr(result.reason, "is 1 dong"));
    act_value_set(&pay, "vnd", VIEW_LITERAL("1"));
    assert_code(takes(desk, &pay), ACT_CODE_DONE);
    assert_true(case_paid(case_));
    act_value_set(&pay, "receipt", VIEW_LITERAL("BL-03"));
    assert_code(takes(desk, &pay), ACT_CODE_STATE_CONFLICT); /* nothing is owed any more */
}

/* One dong. */
static enum act_code pays(struct desk *desk, const struct written_case *case_, const char *receipt)
{
    struct act act = {.kind = ACT_CASE_PAY};
    act_value_set(&act, "code", code_view(&case_->code));
    act_value_set(&act, "vnd", VIEW_LITERAL("1"));
    act_value_set(&act, "receipt", view_text(receipt));
    return takes(desk, &act);
}

static void a_receipt_counts_once_of_all_that_an_office_has(void **state)
{
    struct desk *desk = *state;
    struct act receive = acts_make(ACT_CASE_RECEIVE);
    const struct written_case *one = taken(desk, &receive);
    const struct written_case *two = taken(desk, &receive);
    assert_code(accepts(desk, one), ACT_CODE_DONE);
    assert_code(accepts(desk, two), ACT_CODE_DONE);
    assert_code(pays(desk, one, "BL-01"), ACT_CODE_DONE);
    assert_code(pays(desk, one, "BL-02"), ACT_CODE_DONE);
    assert_code(pays(desk, one, "BL-01"), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(one->fee_paid, 2);
    assert_code(pays(desk, two, "BL-01"), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(two->fee_paid, 0);
    staff_case(&desk->directory, code_view(&one->code))->unit =
        staff_unit(&desk->directory, VIEW_LITERAL("XA")); /* another office has its own */
    assert_code(pays(desk, two, "BL-01"), ACT_CODE_DONE);
}

static void a_case_keeps_no_more_receipts_than_fit(void **state)
{
    struct desk *desk = *state;
    struct act receive = acts_make(ACT_CASE_RECEIVE);
    const struct written_case *case_ = taken(desk, &receive);
    char receipt[16];
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    for (unsigned i = 0; i < CASE_RECEIPTS_MAX; i++) {
        snprintf(receipt, sizeof(receipt), "BL-%u", i);
        assert_code(pays(desk, case_, receipt), ACT_CODE_DONE);
    }
    assert_code(pays(desk, case_, "BL-0"), ACT_CODE_STATE_CONFLICT);
    assert_code(pays(desk, case_, "BL-99"), ACT_CODE_OVER_LIMIT);
    assert_int_equal(case_->fee_paid, CASE_RECEIPTS_MAX);
}

/* ---- documents ---- */

static void a_document_is_attached_once_with_the_facts_of_its_signature(void **state)
{
    struct desk *desk = *state;
    struct act receive = by_papers();
    struct written_case *case_ = taken(desk, &receive);
    struct act act = acts_make(ACT_CASE_DOCUMENT);
    char hash[65];
    act_value_set(&act, "code", code_view(&case_->code));
    desk->no_papers = true;
    assert_code(takes(desk, &act), ACT_CODE_NOT_FOUND); /* the archive has none */
    desk->no_papers = false;
    act_value_set(&act, "signer", VIEW_LITERAL("CN=Nguyễn Văn An"));
    assert_code(takes(desk, &act), ACT_CODE_BAD_INPUT); /* of no signature */
    act_value_set(&act, "signature", VIEW_LITERAL("whole"));
    act_value_set(&act, "certificate", VIEW_LITERAL(ACTS_SPKI_FREE));
    assert_code(takes(desk, &act), ACT_CODE_DONE);
    assert_code(takes(desk, &act), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(case_->documents[0].signature, SIGNATURE_WHOLE);
    act_value_set(&act, "signer", VIEW_LITERAL("CN=Nguye\u0302\u0303n Văn An ")); /* as it is */
    act_value_set(&act, "bytes", VIEW_LITERAL("20971521"));
    act_value_set(&act, "hash", VIEW_LITERAL(ACTS_SPKI_KNOWN));
    assert_code(takes(desk, &act), ACT_CODE_OVER_LIMIT);
    act_value_set(&act, "bytes", VIEW_LITERAL("20971520"));
    for (unsigned i = 1; i < CASE_DOCUMENTS_MAX; i++) {
        snprintf(hash, sizeof(hash), "%064u", i);
        act_value_set(&act, "hash", view_text(hash));
        assert_code(takes(desk, &act), ACT_CODE_DONE);
    }
    act_value_set(&act, "hash", VIEW_LITERAL(ACTS_SPKI_KNOWN));
    assert_code(takes(desk, &act), ACT_CODE_OVER_LIMIT);
}

/* ---- whose data ---- */

static enum act_code finds(struct desk *desk, const struct written_case *case_, const char *id,
                           const char *cmnd)
{
    struct act act = acts_make(ACT_CASE_FOUND);
    uint64_t index = 0;
    char why[256] = "";
    act_value_set(&act, "code", code_view(&case_->code));
    act_value_set(&act, "id", view_text(id));
    act_value_set(&act, "cmnd", view_text(cmnd));
    struct outcome outcome = office_act(desk->office, &act, 0, &index, why);
    return outcome_ok(outcome)                   ? ACT_CODE_DONE
           : outcome.fault == FAULT_BAD_INPUT    ? ACT_CODE_BAD_INPUT
           : strstr(why, "as a citizen") != NULL ? ACT_CODE_NOT_YOURS
                                                 : ACT_CODE_STATE_CONFLICT;
}

static struct written_case *accepted(struct desk *desk, struct act *act)
{
    act_value_set(act, "undertaken", VIEW_LITERAL("true"));
    struct written_case *case_ = taken(desk, act);
    assert_code(accepts(desk, case_), ACT_CODE_DONE);
    return case_;
}

static void a_citizen_gets_own_data_or_that_of_whom_the_proof_names(void **state)
{
    struct desk *desk = *state;
    struct act own = by_papers();
    struct act child = by_papers();
    struct act old = by_papers();
    struct written_case *case_ = accepted(desk, &own);
    assert_code(finds(desk, case_, "079091912346", NULL), ACT_CODE_STATE_CONFLICT);
    assert_code(finds(desk, case_, "07909", NULL), ACT_CODE_BAD_INPUT);
    assert_code(finds(desk, case_, "079090912345", NULL), ACT_CODE_DONE);
    act_value_set(&child, "behalf", VIEW_LITERAL("guardian"));
    act_value_set(&child, "principal", VIEW_LITERAL("Nguyễn Thị Bình"));
    act_value_set(&child, "principal-number", VIEW_LITERAL("079319912346"));
    act_value_set(&child, "proof", VIEW_LITERAL("Giấy khai sinh 12/2019"));
    case_ = accepted(desk, &child);
    assert_code(finds(desk, case_, "079090912345", NULL), ACT_CODE_STATE_CONFLICT);
    assert_code(finds(desk, case_, "079319912346", NULL), ACT_CODE_DONE);
    act_value_set(&old, "papers", VIEW_LITERAL("cmnd"));
    act_value_set(&old, "number", VIEW_LITERAL("901234567"));
    case_ = accepted(desk, &old);
    assert_code(finds(desk, case_, "079090912345", "901234560"), ACT_CODE_STATE_CONFLICT);
    assert_code(finds(desk, case_, "079090912345", "901234567"), ACT_CODE_DONE);
}

static void own_data_asked_as_a_neighbours_is_refused_and_not_reclassed(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    act_value_set(&act, "class", VIEW_LITERAL("other"));
    struct written_case *case_ = accepted(desk, &act);
    assert_code(finds(desk, case_, "079090912345", NULL), ACT_CODE_NOT_YOURS);
    assert_false(case_->found);
    assert_int_equal(case_->requester.class, CLASS_OTHER);
    assert_code(finds(desk, case_, "079091912346", NULL), ACT_CODE_DONE);
    assert_true(case_->found);
}

static void a_policy_without_the_tables_takes_nothing_in(void **state)
{
    struct desk *desk = *state;
    struct act act = by_papers();
    struct change change = {0};
    struct refusal refusal;
    const struct doer lan = {.kind = SIGNER_OFFICER, .code = VIEW_LITERAL("LAN")};
    assert_fault(
        change_prepare_by(&desk->directory, NULL, &act, &lan, ACTS_TODAY, &change, &refusal),
        FAULT_CONFLICT);
    assert_non_null(strstr(refusal.why, "no rules"));
    assert_fault(change_prepare_by(&desk->directory, desk->world->policy, &act, NULL, ACTS_TODAY,
                                   &change, &refusal),
                 FAULT_CONFLICT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_has_no_party_on_file_shows_papers_and_says_a_class_of_persons),
        TEST(a_party_asks_in_its_own_class_and_not_when_it_is_closed),
        TEST(only_an_officer_of_the_office_takes_in_there),
        TEST(each_office_counts_its_cases_of_a_year_without_a_gap),
        TEST(a_number_that_a_case_has_is_not_given_again),
        TEST(a_text_that_no_letter_could_say_is_refused_at_its_field_and_not_mended),
        TEST(what_was_recorded_is_not_looked_at_again),
        TEST(acts_that_letters_say_nothing_of_keep_their_texts),
        TEST(a_party_whose_name_no_letter_could_say_is_named_by_the_act),
        TEST(a_desk_is_open_on_working_days_and_some_on_saturdays),
        TEST(an_office_that_does_not_decide_it_says_which_level_does),
        TEST(a_party_of_another_province_is_decided_there),
        TEST(without_an_undertaking_it_waits_for_a_supplement),
        TEST(a_limit_has_one_to_sixty_working_days),
        TEST(a_clock_does_not_run_out_of_the_calendar),
        TEST(a_payment_has_a_sum),
        TEST(a_receipt_counts_once_of_all_that_an_office_has),
        TEST(a_case_keeps_no_more_receipts_than_fit),
        TEST(a_document_is_attached_once_with_the_facts_of_its_signature),
        TEST(a_citizen_gets_own_data_or_that_of_whom_the_proof_names),
        TEST(own_data_asked_as_a_neighbours_is_refused_and_not_reclassed),
        TEST(a_policy_without_the_tables_takes_nothing_in),
        TEST(a_correction_is_asked_for_over_a_session_decided_by_two_and_has_no_letter),
        TEST(no_officer_takes_a_correction_in_and_no_other_request_is_answered_with_one),
    };
    return cmocka_run_group_tests_name("office/case_intake", tests, NULL, NULL);
}
