/*
 * The act by which the officer in charge of a case has the core look for whom it is about; and the
 * ask that it becomes.
 *
 * Invariant: what is asked has the shape that a channel would have ensured (ask_sane()).
 */
#include "office/find.h"

#include "domain/country.h"
#include "office/prepare.h"

#include <string.h>

/* By number where one is said, else by name and birth date. */
void find_ask(const struct act *act, struct ask *ret_ask)
{
    struct view id = act_value(act, "id");
    struct view cmnd = act_value(act, "cmnd");
    struct view sex = act_value(act, "sex");
    struct ask ask = {
        .service = SERVICE_CITIZEN_SEARCH,
        .business = act_value(act, "code"),
        .case_ref = act_value(act, "code"),
        .subject_kind = SUBJECT_NAME,
        .name = act_value(act, "name"),
        .birth_date = act_value(act, "birth-date"),
        .province = act_value(act, "province"),
        .sex = view_is(sex, "1")   ? 1
               : view_is(sex, "2") ? 2
                                   : 0,
    };
    if (id.len > 0 || cmnd.len > 0) {
        ask.service = SERVICE_ID_MAP;
        ask.subject_kind = id.len > 0 ? SUBJECT_ID : SUBJECT_CMND;
        ask.key = id.len > 0 ? id : cmnd;
    }
    *ret_ask = ask;
}

struct outcome prepare_case_find(struct preparing *here)
{
    struct written_case *case_ = NULL;
    struct ask ask;
    struct view sex = act_value(here->act, "sex");
    bool both = act_value(here->act, "id").len > 0 && act_value(here->act, "cmnd").len > 0;
    TRY(prepare_find(here, OBJECT_CASE, "code", &case_));
    if (here->doer == NULL || !case_may_look(case_, here->doer->code)) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS,
                                 "only who is in charge of the case looks");
    }
    find_ask(here->act, &ask);
    if (!ask_sane(&ask) || both || (sex.len > 0 && ask.sex == 0)) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "nobody can be looked for by that: a number or sex and province, "
                              "name, birth date");
    }
    return OUTCOME_OK;
}
