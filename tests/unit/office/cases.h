/*
 * Purpose: an office that takes written requests in, and a case in any state, for tests that are
 * not about how it came there: put into the directory as they are.
 */
#ifndef DANCU_TESTS_UNIT_OFFICE_CASES_H
#define DANCU_TESTS_UNIT_OFFICE_CASES_H

#include "desk.h"

#include "office/unit.h"

#define CASES_CODE "C06-2026-000001"
#define CASES_PROPOSAL 3

static inline struct office_unit *cases_unit(struct desk *desk, const char *code,
                                             enum office_level level)
{
    struct office_unit *unit = memory_new(1, sizeof(*unit));
    assert_non_null(unit);
    assert_ok(code_set(&unit->code, view_text(code)));
    assert_ok(long_set(&unit->name, view_text(code)));
    unit->version = 1;
    unit->level = level;
    assert_ok(map_add(&desk->directory.staff->units, unit));
    return unit;
}

static inline void cases_member(struct office_unit *unit, const char *officer,
                                enum capacity capacity)
{
    struct unit_member *member = &unit->members[unit->member_count++];
    member->capacity = capacity;
    assert_ok(code_set(&member->officer, view_text(officer)));
}

static inline struct written_case *cases_case(struct desk *desk, struct office_unit *unit,
                                              enum case_state state)
{
    struct written_case *case_ = memory_new(1, sizeof(*case_));
    int64_t today = clock_day_vn(desk->world->now_us);
    assert_non_null(case_);
    assert_ok(code_set(&case_->code, VIEW_LITERAL(CASES_CODE)));
    case_->version = CASES_PROPOSAL;
    case_->state = state;
    case_->unit = unit;
    case_->requester.class = CLASS_ORGANISATION;
    case_->requester.party = directory_party(&desk->directory, VIEW_LITERAL("bank"));
    case_->requester.behalf = BEHALF_COUNT;
    case_->fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_PERMANENT_RESIDENCE);
    case_->undertaken = true;
    case_->received_day = case_->accepted_day = case_->clock_day = today;
    case_->due_day = case_->warn_day = today + 3;
    case_->days = 3;
    case_->stopped_day = state == CASE_STOPPED ? today : 0;
    case_->found = true;
    case_->answer = (struct case_answer){.decision = DECISION_COUNT, .approved_as = APPROVER_COUNT};
    if (state >= CASE_PROPOSED && state <= CASE_CLOSED) {
        case_->answer.decision = DECISION_DISCLOSE;
        case_->answer.fields = FIELD_BIT(FIELD_PERMANENT_RESIDENCE);
        case_->answer.version = CASES_PROPOSAL;
        assert_ok(code_set(&case_->answer.by, view_text(unit->members[0].officer.text)));
    }
    assert_ok(map_add(&desk->directory.staff->cases, case_));
    return case_;
}

#endif
