/*
 * Searches in the records are ordered: the record is all that such an act does. Who does the search
 * reads what it is to look for; what has leaked is bytes here.
 */
#include "office/signed.h"

#include "base/ceilings.h"
#include "domain/country.h"

static bool orders_search(enum act_kind kind)
{
    return kind == ACT_LEAK_TRACE || kind == ACT_RECORD_SEARCH;
}

bool act_orders_search(struct view bytes)
{
    struct act act;
    return outcome_ok(act_get(bytes, &act)) && orders_search(act.kind);
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
    if (act_day(act, "until", INT64_MAX) < act_day(act, "from", INT64_MIN)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "it ends before it begins");
    }
    return OUTCOME_OK;
}
