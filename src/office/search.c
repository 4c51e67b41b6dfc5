/*
 * Searches in the records are ordered: the record is all that such an act does, but for an incident
 * (incident.c). Who does the search reads what it is to look for; what has leaked is bytes here.
 */
#include "office/prepare.h"

#include "base/ceilings.h"
#include "domain/country.h"

static bool orders_search(enum act_kind kind)
{
    return kind == ACT_LEAK_TRACE || kind == ACT_RECORD_SEARCH || kind == ACT_INCIDENT_OPEN;
}

bool act_orders_search(struct view bytes)
{
    struct act act;
    return outcome_ok(act_get(bytes, &act)) && orders_search(act.kind);
}

struct outcome prepare_days(struct preparing *here)
{
    const struct act *act = here->act;
    return act_day(act, "until", INT64_MAX) < act_day(act, "from", INT64_MIN)
               ? prepare_refuse(here, FAULT_BAD_INPUT, "it ends before it begins")
               : OUTCOME_OK;
}

struct outcome prepare_search(struct preparing *here)
{
    const struct act *act = here->act;
    bool leak = act->kind == ACT_LEAK_TRACE;
    if (leak && act_value(act, "leaked").len > SEARCH_LEAKED_BYTES_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "what has leaked is too long");
    }
    if (!leak && act_value(act, "person").len > 0 && !country_id_valid(act_value(act, "person"))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a person's number has 12 digits");
    }
    return prepare_days(here);
}
