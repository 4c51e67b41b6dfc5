/*
 * A request is taken in.
 *
 * Invariants
 * 1. Who asks is a party on file, or somebody with papers; the class is the party's, or said.
 * 2. A case gets the next number of its office's year: none is given twice, and none is left out.
 * 3. At a desk somebody has seen the papers, on a day on which the desk is open; what comes by post
 *    or carrier comes on any day.
 * 4. Over a session a citizen asks for a correction of his own data and for nothing else: the
 *    session has said who he is, so no officer takes such a request in.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "domain/country.h"

#include <stdio.h>
#include <string.h>

static bool said(const struct preparing *here, const char *field)
{
    return act_value(here->act, field).len > 0;
}

/* ---- who asks ---- */

static struct outcome take_party(struct preparing *here, struct case_requester *who)
{
    TRY(prepare_find(here, OBJECT_PARTY, "party", &who->party));
    if (who->party->state == PARTY_CLOSED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the party is closed");
    }
    if (said(here, "papers") || said(here, "number") || said(here, "behalf")) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a party on file has no personal papers");
    }
    if (said(here, "class") && act_word(here->act, "class") != who->party->class) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the party is of another class");
    }
    who->class = who->party->class;
    who->name = who->party->name;
    return said(here, "name") ? long_set(&who->name, act_value(here->act, "name")) : OUTCOME_OK;
}

static bool number_valid(enum papers papers, struct view number)
{
    switch (papers) {
    case PAPERS_ID:
        return country_id_valid(number);
    case PAPERS_CMND:
        return country_cmnd_valid(number);
    default:
        return number.len > 0;
    }
}

static struct outcome take_person(struct preparing *here, struct case_requester *who)
{
    const struct act *act = here->act;
    if (!said(here, "class") || !said(here, "name") || !said(here, "papers")) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "who has no party on file needs class, name, papers and number");
    }
    who->class = act_word(act, "class");
    if (who->class != CLASS_CITIZEN && who->class != CLASS_OTHER) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "bodies and organisations ask as parties on file");
    }
    who->papers = act_word(act, "papers");
    if (!number_valid(who->papers, act_value(act, "number"))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the number is none of such papers");
    }
    TRY(code_set(&who->number, act_value(act, "number")));
    return long_set(&who->name, act_value(act, "name"));
}

/* Who asks for somebody else says for whom, and shows that it may. */
static struct outcome take_behalf(struct preparing *here, struct case_requester *who)
{
    const struct act *act = here->act;
    struct view number = act_value(act, "principal-number");
    bool all = said(here, "principal") && said(here, "proof") && number.len > 0;
    bool none = !said(here, "principal") && !said(here, "proof") && number.len == 0;
    who->behalf = BEHALF_COUNT;
    if (!said(here, "behalf")) {
        return none ? OUTCOME_OK
                    : prepare_refuse(here, FAULT_BAD_INPUT, "for whom is said without `behalf`");
    }
    if (!all) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "who asks for another needs that one's name and number, and proof");
    }
    if (!country_id_valid(number) && !country_cmnd_valid(number)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the principal's number is none");
    }
    who->behalf = act_word(act, "behalf");
    TRY(long_set(&who->principal, act_value(act, "principal")));
    TRY(code_set(&who->principal_number, number));
    return long_set(&who->proof, act_value(act, "proof"));
}

static struct outcome take_requester(struct preparing *here, struct written_case *case_)
{
    struct case_requester *who = &case_->requester;
    TRY(said(here, "party") ? take_party(here, who) : take_person(here, who));
    TRY(take_behalf(here, who));
    if (!policy_channel_open(here->policy, who->class, CHANNEL_WRITTEN)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the class may not ask in writing");
    }
    if (said(here, "papers-seen")) {
        TRY(code_set(&who->seen_by, here->doer->code));
    } else if (case_->intake == INTAKE_DESK && who->party == NULL) { /* invariant 3 */
        return prepare_refuse(here, FAULT_BAD_INPUT, "at a desk the papers are to be seen");
    }
    TRY(long_set(&who->address, act_value(here->act, "address")));
    return long_set(&who->contact, act_value(here->act, "contact"));
}

/* ---- where and when ---- */

/* Invariant 3. */
static struct outcome desk_open(struct preparing *here, const struct office_unit *unit,
                                enum intake intake)
{
    enum truth working = policy_working_day(here->policy, here->today);
    bool open = working == TRUTH_YES || (working == TRUTH_NO && unit->saturday &&
                                         policy_saturday(here->policy, here->today));
    return open || intake != INTAKE_DESK
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "the office's desk is not open today");
}

struct outcome unit_case_code(const struct office_unit *unit, struct code_text *ret_code)
{
    char code[CODE_TEXT_BYTES_MAX + 32];
    snprintf(code, sizeof(code), "%.*s-%u-%06u", (int)unit->code.len, unit->code.text,
             unit->case_year, unit->case_last);
    return code_set(ret_code, view_text(code));
}

/* Invariant 2. */
static struct outcome next_number(struct preparing *here, struct office_unit *old,
                                  struct written_case *case_)
{
    struct office_unit *unit = NULL;
    unsigned year = (unsigned)date_from_days(here->today).year;
    TRY(prepare_edit(here, OBJECT_UNIT, old, &unit));
    unit->case_last = unit->case_year == year ? unit->case_last : 0;
    unit->case_year = year;
    if (unit->case_last >= CASE_NUMBER_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the year's numbers are used up");
    }
    unit->case_last++;
    TRY(unit_case_code(unit, &case_->code));
    return staff_case(here->directory, code_view(&case_->code)) == NULL
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "a case has this number already");
}

/* ---- what is asked ---- */

static struct outcome take_content(struct preparing *here, struct written_case *case_)
{
    const struct act *act = here->act;
    case_->fields = act_words_mask(act, "fields");
    case_->from_day = act_day(act, "from", 0);
    case_->until_day = act_day(act, "until", 0);
    case_->undertaken = said(here, "undertaken");
    if (said(here, "from") != said(here, "until") || case_->until_day < case_->from_day) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a time has a first and a last day");
    }
    TRY(long_set(&case_->purpose, act_value(act, "purpose")));
    return long_set(&case_->content, act_value(act, "content"));
}

static struct written_case *begin(struct written_case *case_, struct office_unit *unit,
                                  enum intake intake, int64_t today)
{
    case_->state = CASE_RECEIVED;
    case_->unit = unit;
    case_->intake = intake;
    case_->received_day = today;
    case_->answer.decision = DECISION_COUNT;
    case_->answer.approved_as = APPROVER_COUNT;
    case_->moves[case_->move_count++] =
        (struct case_move){.event = CASE_EVENT_COUNT, .state = CASE_RECEIVED};
    return case_;
}

/* Invariant 4. */
struct outcome prepare_case_correct(struct preparing *here)
{
    const struct act *act = here->act;
    struct office_unit *unit = NULL;
    struct written_case *case_ = NULL;
    if (here->policy == NULL || policy_lacks_written(here->policy)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the policy has no rules of written requests");
    }
    if (!country_id_valid(act_value(act, "number"))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the number is nobody's");
    }
    TRY(prepare_find(here, OBJECT_UNIT, "office", &unit));
    TRY(prepare_add(here, OBJECT_CASE, &case_));
    struct case_requester *who = &begin(case_, unit, INTAKE_PORTAL, here->today)->requester;
    who->class = CLASS_CITIZEN;
    who->papers = PAPERS_ID;
    who->behalf = BEHALF_COUNT;
    case_->fields = act_words_mask(act, "fields");
    TRY(code_set(&who->number, act_value(act, "number")));
    TRY(long_set(&who->name, act_value(act, "name")));
    TRY(long_set(&who->address, act_value(act, "address")));
    TRY(long_set(&who->contact, act_value(act, "contact")));
    TRY(long_set(&case_->purpose, VIEW_LITERAL("Đính chính thông tin của chính mình")));
    TRY(long_set(&case_->content, act_value(act, "content")));
    return next_number(here, unit, case_);
}

struct outcome prepare_case_receive(struct preparing *here)
{
    struct office_unit *unit = NULL;
    struct written_case *case_ = NULL;
    if (here->policy == NULL || policy_lacks_written(here->policy)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the policy has no rules of written requests");
    }
    if (here->doer == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "an officer takes requests in");
    }
    TRY(prepare_find(here, OBJECT_UNIT, "office", &unit));
    if (unit_member(unit, here->doer->code) == NULL) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS, "the officer is none of that office's");
    }
    enum intake intake = act_word(here->act, "intake");
    if (intake == INTAKE_PORTAL) { /* invariant 4 */
        return prepare_refuse(here, FAULT_BAD_INPUT, "over a session a citizen asks himself");
    }
    TRY(prepare_add(here, OBJECT_CASE, &case_));
    begin(case_, unit, intake, here->today);
    TRY(desk_open(here, unit, case_->intake));
    TRY(take_requester(here, case_));
    TRY(take_content(here, case_));
    TRY(next_number(here, unit, case_));
    return code_set(&case_->moves[0].by, here->doer->code);
}
