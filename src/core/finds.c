/*
 * Looking for whom a case is about.
 *
 * Invariants
 * 1. The officer's act is recorded before the gate is asked, and the gate records what it says: the
 *    officer learns whether one was found, none or several, one whom this requester may not ask
 *    about, or one of whom only a look by number would tell that, and nothing of anybody (decision
 *    0056).
 * 2. Who is found becomes the case's by an act of the house, one turn later (I9). Lost in between,
 *    he is looked for again.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/case.h"
#include "office/find.h"
#include "office/unit.h"
#include "wire/canonical.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A number of whom was found, whom a search lists as its only hit; empty: none is told. */
static struct view digits_of(struct view person, const char *member)
{
    struct view hits = canonical_member(person, "hits");
    struct view who = person;
    size_t at = 0;
    if (hits.len > 0 && !canonical_next_item(hits, &at, &who)) {
        return view_of(NULL, 0);
    }
    struct view value = canonical_member(who, member);
    bool told = value.len > 2 && canonical_is_text(value);
    return told ? view_part(value, 1, value.len - 2) : view_of(NULL, 0); /* digits: no escapes */
}

/* Who may not be the case's is found, and not kept: nobody is reclassed. */
static const char *keep(struct core *core, const struct written_case *case_, const struct act *act,
                        const struct answer *answer)
{
    struct find *find = &core->find;
    struct view id = digits_of(answer->person, "id");
    struct view cmnd = digits_of(answer->person, "cmnd");
    bool by_name = act_value(act, "id").len == 0 && act_value(act, "cmnd").len == 0;
    if (by_name && case_own_by_cmnd(case_)) { /* a search tells no CMND */
        return "by_number";
    }
    if (case_own_check(case_, id, cmnd) != CASE_OWN_GOOD) {
        return "own_data_only";
    }
    *find = (struct find){.used = true, .person = answer->person_key};
    bool set = outcome_ok(code_set(&find->code, act_value(act, "code"))) &&
               outcome_ok(code_set(&find->id, id)) && outcome_ok(code_set(&find->cmnd, cmnd));
    find->used = set && id.len > 0;
    return "one";
}

const char *finds_look(struct core *core, const struct act *act, struct view officer)
{
    const struct written_case *case_ = staff_case(&core->house->directory, act_value(act, "code"));
    struct answer answer = {0};
    struct ask ask;
    CHECK(act->kind == ACT_CASE_FIND);
    if (case_ == NULL || core->find.used) {
        return "unavailable";
    }
    const struct ask_written written = {
        .office = code_view(&case_->unit->code),
        .looks = true,
        .fields = FIELD_BIT(FIELD_BIRTH_DATE) | FIELD_BIT(FIELD_FULL_NAME),
    };
    find_ask(act, &ask);
    ask.officer = officer;
    ask.written = &written;
    struct outcome outcome = gate_serve(core->house->gate, &ask, 1, &answer);
    if (!outcome_ok(outcome)) { /* in doubt: the next turn of anything ends the process, too */
        log_outcome(LOG_LEVEL_ERROR, "find", outcome);
        core->find.doubt = outcome;
        return "unavailable";
    }
    switch (answer.code) {
    case CODE_DISCLOSED:
        return keep(core, case_, act, &answer);
    case CODE_SUBJECT_NOT_AVAILABLE:
        return "none";
    case CODE_TOO_MANY_HITS:
        return "several";
    default:
        return "unavailable";
    }
}

struct outcome finds_keep(struct core *core)
{
    struct find *find = &core->find;
    struct act act = {.kind = ACT_CASE_FOUND};
    char person[17];
    char why[256] = "";
    uint64_t index = 0;
    TRY(find->doubt);
    if (!find->used) {
        return OUTCOME_OK;
    }
    find->used = false;
    snprintf(person, sizeof(person), "%016llx", (unsigned long long)find->person);
    act_value_set(&act, "code", code_view(&find->code));
    act_value_set(&act, "person", view_text(person));
    act_value_set(&act, "id", code_view(&find->id));
    act_value_set(&act, "cmnd", code_view(&find->cmnd));
    struct outcome outcome = office_act(core->house->office, &act, (uint32_t)getuid(), &index, why);
    log_line(outcome_ok(outcome) ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "case-found",
             "case=%s index=%llu why=\"%s\"", find->code.text, (unsigned long long)index, why);
    *find = (struct find){0};
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}
