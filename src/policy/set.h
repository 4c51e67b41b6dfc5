/*
 * Purpose: a loaded policy as it stands in memory: bit masks for deciding, and the rows as they
 * were written, for people. Private to the room.
 * Owner: struct policy owns its texts (one arena); every pointer here points into it.
 */
#ifndef DANCU_POLICY_SET_H
#define DANCU_POLICY_SET_H

#include "domain/change.h"
#include "domain/written.h"
#include "policy/texts.h"
#include "policy/tree.h"

#define POLICY_CLAUSES_MAX 128
#define POLICY_CODE_LISTS_MAX 16
#define POLICY_CODES_MAX 512
#define POLICY_GROUPS_MAX 64
#define POLICY_PRODUCTS_MAX 32
#define POLICY_RATES_MAX 256
#define POLICY_HOLIDAYS_MAX 1024
#define POLICY_MAKE_UP_DAYS_MAX 256
#define POLICY_DECIDERS_MAX 64
#define POLICY_DAY_OPEN INT64_MAX /* `until: null` */

/* Vocabularies that only the policy's files use. */
#define POLICY_SHAPES(ROW)                                                                         \
    ROW(NAME, "name")                                                                              \
    ROW(DATE, "date")                                                                              \
    ROW(CODE, "code")                                                                              \
    ROW(COUNTRY, "country")                                                                        \
    ROW(ADDRESS, "address")                                                                        \
    ROW(ABSENCE, "absence")                                                                        \
    ROW(RELATIVES, "relatives")                                                                    \
    ROW(HOUSEHOLD, "household")                                                                    \
    ROW(DEATH, "death")
#define POLICY_SENSITIVITIES(ROW)                                                                  \
    ROW(NO, "no")                                                                                  \
    ROW(BY_LAW, "by_law")                                                                          \
    ROW(OTHER_PEOPLE, "other_people")
#define POLICY_CATALOGUES(ROW)                                                                     \
    ROW(ITEMS, "items")                                                                            \
    ROW(GROUPS, "groups")
#define POLICY_LAWS(ROW)                                                                           \
    ROW(CONNECTION_SHARING, "connection_sharing")                                                  \
    ROW(CITIZEN_LOCK, "citizen_lock")
/* The six that every year has, then the days off in their place. */
#define POLICY_HOLIDAY_KINDS(ROW)                                                                  \
    ROW(NEW_YEAR, "new_year")                                                                      \
    ROW(TET, "tet")                                                                                \
    ROW(HUNG_KINGS, "hung_kings")                                                                  \
    ROW(REUNIFICATION, "reunification")                                                            \
    ROW(LABOUR_DAY, "labour_day")                                                                  \
    ROW(NATIONAL_DAY, "national_day")                                                              \
    ROW(IN_LIEU, "in_lieu")
#define POLICY_STATUSES(ROW)                                                                       \
    ROW(LAW, "law")                                                                                \
    ROW(ANNOUNCED, "announced")                                                                    \
    ROW(TO_BE_CONFIRMED, "to_be_confirmed")
#define POLICY_WEEKDAYS(ROW)                                                                       \
    ROW(MON, "mon")                                                                                \
    ROW(TUE, "tue")                                                                                \
    ROW(WED, "wed")                                                                                \
    ROW(THU, "thu")                                                                                \
    ROW(FRI, "fri")                                                                                \
    ROW(SAT, "sat")                                                                                \
    ROW(SUN, "sun")

#define ROW(name, text) SHAPE_##name,
enum policy_shape { POLICY_SHAPES(ROW) SHAPE_COUNT };
#undef ROW
#define ROW(name, text) SENSITIVE_##name,
enum policy_sensitivity { POLICY_SENSITIVITIES(ROW) SENSITIVE_COUNT };
#undef ROW
#define ROW(name, text) CATALOGUE_##name,
enum policy_catalogue { POLICY_CATALOGUES(ROW) CATALOGUE_COUNT };
#undef ROW
#define ROW(name, text) LAW_##name,
enum policy_law { POLICY_LAWS(ROW) LAW_COUNT };
#undef ROW
#define ROW(name, text) HOLIDAY_##name,
enum policy_holiday { POLICY_HOLIDAY_KINDS(ROW) HOLIDAY_COUNT };
#undef ROW
#define ROW(name, text) STATUS_##name,
enum policy_status { POLICY_STATUSES(ROW) STATUS_COUNT };
#undef ROW
#define ROW(name, text) WEEKDAY_##name,
enum policy_weekday { POLICY_WEEKDAYS(ROW) WEEKDAY_COUNT };
#undef ROW

/* First member of every row: where it stands (line 0 = there is no such row), which of its
 * section's columns were written (bit per column). */
struct policy_row {
    struct policy_place place;
    uint32_t given;
};

struct policy_head {
    struct policy_row row;
    const char *policy;
    int64_t effective_from;
    uint64_t open_pairs;
    const char *title_vi;
    const char *title_en;
};

struct policy_clause {
    struct policy_row row;
    const char *id;
    const char *vi;
    const char *en;
};

/* A class, channel, service or notice. */
struct policy_thing {
    struct policy_row row;
    unsigned word;
    const char *clause;
    bool flag; /* class: own_only; channel: needs_instrument */
    const char *label_vi;
    const char *label_en;
    const char *more_vi; /* class: who; service: what */
    const char *more_en;
};

/* A cell of a matrix: class x channel, class x service, class x notice. */
struct policy_cell {
    struct policy_row row;
    unsigned class;
    unsigned word; /* the channel, service or notice */
    bool open;
    const char *clause;
    uint64_t mask; /* service: fields; notice: services */
    bool number;   /* service: a search gives the personal number besides */
    const char *reason_vi;
    const char *reason_en;
};

struct policy_law_row {
    struct policy_row row;
    unsigned law;
    const char *clause;
    bool in_force;
    int64_t from;
    int64_t until;
    uint64_t classes;
    unsigned opens_channel;
    const char *overrides; /* of the lock: codes of businesses, ", " between; NULL: of none */
    const char *label_vi;
    const char *label_en;
    const char *note_vi;
    const char *note_en;
};

struct policy_catalogue_row {
    struct policy_row row;
    unsigned catalogue;
    const char *clause;
    int64_t from;
    int64_t until;
    bool in_force;
    const char *label_vi;
    const char *label_en;
};

struct policy_field {
    struct policy_row row;
    unsigned field;
    uint64_t item; /* number in the law */
    unsigned shape;
    const char *codes;
    unsigned sensitive;
    const char *clause;
    const char *label_vi;
    const char *label_en;
};

struct policy_code_list {
    struct policy_row row;
    const char *list;
    const char *clause;
    const char *label_vi;
    const char *label_en;
};

struct policy_code {
    struct policy_row row;
    const char *list;
    const char *code;
    const char *vi;
    const char *en;
};

struct policy_group {
    struct policy_row row;
    uint64_t group;
    unsigned field;
    const char *clause;
    const char *label_vi;
    const char *label_en;
};

struct policy_refusal {
    struct policy_row row;
    unsigned code;
    bool technical;
    const char *clause;
    const char *title_vi;
    const char *detail_vi;
    const char *title_en;
    const char *detail_en;
};

struct policy_payer {
    struct policy_row row;
    unsigned class;
    bool pays;
    const char *clause;
    const char *reason_vi;
    const char *reason_en;
};

struct policy_product {
    struct policy_row row;
    const char *product;
    const char *clause;
    uint64_t services;
    uint64_t channels;
    const char *label_vi;
    const char *label_en;
};

struct policy_rate {
    struct policy_row row;
    const char *product;
    int64_t from;
    int64_t until;
    uint64_t vnd_per_field;
    const char *clause;
};

struct policy_calendar {
    struct policy_row row;
    int64_t covers_from;
    int64_t covers_until;
    uint64_t working_week; /* bit per weekday */
    const char *clause;
};

struct policy_holiday_row {
    struct policy_row row;
    unsigned holiday;
    int64_t from;
    int64_t until;
    unsigned status;
    const char *clause;
};

struct policy_make_up_day {
    struct policy_row row;
    int64_t date;
    unsigned status;
    const char *clause;
};

/* Whose word stands for a member of a person, the highest first. */
#define POLICY_AUTHORITIES_MAX 3
struct policy_authority {
    struct policy_row row;
    unsigned member;
    unsigned order[POLICY_AUTHORITIES_MAX];
    uint8_t ranks[SOURCE_COUNT]; /* the same by source: 1 = highest, 0 = no say */
    const char *clause;
};

struct policy_change {
    struct policy_row row;
    unsigned change;
    uint64_t sources;
    uint64_t members;
    const char *clause;
    const char *label_vi;
    const char *label_en;
};

struct policy_written_head {
    struct policy_row row;
    uint64_t days;
    uint64_t warn_days;
    const char *appeal_vi;
    const char *appeal_en;
    const char *clause;
};

struct policy_decider {
    struct policy_row row;
    unsigned class;
    const char *kind; /* NULL: any */
    unsigned level;
    const char *clause;
};

struct policy_approvers {
    struct policy_row row;
    unsigned level;
    unsigned order[APPROVER_COUNT]; /* APPROVER_COUNT = nobody more */
    const char *clause;
};

struct policy_letter {
    struct policy_row row;
    unsigned letter;
    const char *label_vi;
    const char *label_en;
    const char *clause;
};

struct policy_told {
    struct policy_row row;
    uint64_t fields;
    const char *clause;
};

struct policy_message {
    struct policy_row row;
    unsigned text;
    const char *vi;
    const char *clause;
};

/* What deciding looks at, and nothing else. */
struct policy_masks {
    unsigned channels_open[CLASS_COUNT]; /* bit per channel */
    unsigned services_open[CLASS_COUNT]; /* bit per service */
    uint64_t ceiling[CLASS_COUNT][SERVICE_COUNT];
    unsigned notices_open[CLASS_COUNT][SERVICE_COUNT];
    uint64_t sensitive;
    unsigned instrument_channels; /* open only with the guidance instrument on file */
    unsigned own_only_classes;
    unsigned search_number; /* classes that a search tells the personal number */
    unsigned lock_classes;  /* the citizen's lock is in force against them */
};

/* What a check says: 0 = it passes; for a check of fields the fields that fail, else 1. */
typedef uint64_t policy_check_function(const struct policy_masks *masks,
                                       const struct party_question *question);

/* The checks of decide_party() in their order; the first that fails decides. */
struct policy_check {
    enum rule rule;
    enum code code;
    bool names_field;
    policy_check_function *fails;
};
#define POLICY_CHECKS 25
extern const struct policy_check policy_checks[POLICY_CHECKS];

struct policy {
    struct arena texts;
    char hash[65];
    struct policy_masks masks;

    struct policy_head head;
    struct policy_clause clauses[POLICY_CLAUSES_MAX];
    unsigned clause_count;
    struct policy_thing classes[CLASS_COUNT];
    struct policy_thing channels[CHANNEL_COUNT];
    struct policy_thing services[SERVICE_COUNT];
    struct policy_cell class_channel[CLASS_COUNT][CHANNEL_COUNT];
    struct policy_cell class_service[CLASS_COUNT][SERVICE_COUNT];
    struct policy_cell class_notice[CLASS_COUNT][NOTICE_COUNT];
    struct policy_law_row laws[LAW_COUNT];

    struct policy_catalogue_row catalogues[CATALOGUE_COUNT];
    struct policy_field fields[FIELD_COUNT];
    struct policy_thing notices[NOTICE_COUNT];
    struct policy_code_list code_lists[POLICY_CODE_LISTS_MAX];
    unsigned code_list_count;
    struct policy_code codes[POLICY_CODES_MAX];
    unsigned code_count;
    struct policy_group groups[POLICY_GROUPS_MAX];
    unsigned group_count;

    struct policy_refusal refusals[CODE_COUNT];
    enum code lacks; /* one that another's texts stand in for; CODE_DISCLOSED = none */

    struct policy_payer payers[CLASS_COUNT];
    struct policy_product products[POLICY_PRODUCTS_MAX];
    unsigned product_count;
    struct policy_rate rates[POLICY_RATES_MAX];
    unsigned rate_count;

    struct policy_calendar calendar;
    struct policy_holiday_row holidays[POLICY_HOLIDAYS_MAX];
    unsigned holiday_count;
    struct policy_make_up_day make_up_days[POLICY_MAKE_UP_DAYS_MAX];
    unsigned make_up_day_count;

    struct policy_authority authorities[MEMBER_COUNT];
    struct policy_change changes[CHANGE_COUNT];
    bool lacks_sources; /* the policy is older than both tables */

    struct policy_written_head written; /* no row: the policy is older than these tables */
    struct policy_decider deciders[POLICY_DECIDERS_MAX];
    unsigned decider_count;
    struct policy_approvers approvers[LEVEL_COUNT];
    struct policy_letter letters[LETTER_KIND_COUNT];

    struct policy_told told; /* no row: the policy is older than these tables */
    struct policy_message messages[POLICY_SMS_COUNT];
};

extern const struct words policy_words_shape;
extern const struct words policy_words_sensitivity;
extern const struct words policy_words_catalogue;
extern const struct words policy_words_law;
extern const struct words policy_words_holiday;
extern const struct words policy_words_status;
extern const struct words policy_words_weekday;

/* Is the word in the set? Words out of range are in none. */
static inline bool policy_bit(uint64_t mask, unsigned word)
{
    return word < 64 && (mask >> word & 1) != 0;
}

/* Is there a row? */
static inline bool policy_row_there(const struct policy_row *row)
{
    return row->place.line != 0;
}

#endif
