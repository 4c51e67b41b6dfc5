/*
 * Purpose: the offices that take written requests in and decide them: their place under one
 * another, what stands on their letters, and who is what in them. Kept in office/staff.h beside
 * officers. Source: issue "Written requests", items 1, 2; decision 0054.
 */
#ifndef DANCU_OFFICE_UNIT_H
#define DANCU_OFFICE_UNIT_H

#include "domain/written.h"
#include "gate/directory.h"

/* An officer in an office. */
struct unit_member {
    struct code_text officer;
    enum capacity capacity;
    int64_t absent_until; /* the last day (UTC+7) on which somebody stands in; 0 = is there */
};

/* Of the cases that it has or had within CASE_KEPT_DAYS. */
struct unit_figures {
    uint32_t received;
    uint32_t open;    /* not decided, of them: */
    uint32_t waiting; /* for a supplement */
    uint32_t due;     /* within the days of the warning */
    uint32_t overdue;
    uint32_t in_time; /* decided */
    uint32_t late;
    uint32_t disclosed; /* by what was decided */
    uint32_t granted;
    uint32_t refused;
    uint32_t rejected;
    uint32_t withdrawn;
};

struct office_unit {
    struct code_text code;
    uint32_t version;
    enum office_level level;
    struct long_text name;
    struct long_text parent;  /* the body above, as letters name it */
    struct code_text above;   /* the office above that decides in its stead; empty = none */
    struct long_text sign;    /* behind a letter's number: "C06" */
    struct long_text place;   /* where letters are dated: "Hà Nội" */
    struct long_text address; /* where people come to */
    char province[3];         /* of the list of 2025-07-01; empty = the whole country */
    bool saturday;            /* its desk takes in on Saturdays */
    unsigned member_count;
    struct unit_member members[UNIT_MEMBERS_MAX];
    /* the sequence of case numbers */
    unsigned case_year; /* UTC+7; 0 = there was none yet */
    uint32_t case_last;
    /* not stored: as counted last (case_figures.c), and as far as the count in hand has come */
    struct unit_figures figures;
    struct unit_figures counting;
};

/* NULL when there is none, or when the directory has no staff. */
struct office_unit *staff_unit(const struct directory *directory, struct view code);
/* Of the case that it numbered last. FAULT_OVER_LIMIT: too long. */
struct outcome unit_case_code(const struct office_unit *unit, struct code_text *ret_code);
/* NULL: the officer is none of the office's. */
const struct unit_member *unit_member(const struct office_unit *unit, struct view officer);

#endif
