/*
 * Purpose: the condition on the people that a business may ask about: an expression that is parsed
 * once into a bounded form and decided in three values (Kleene), without allocation (I10) and in
 * the same steps whoever is looked at (I5). UNKNOWN is a no (I3).
 * Source: mission.md U1; formats.md "Person" (what "province 79" means); design.md section 8.
 *
 *   expression = condition / "not" expression / "(" expression ")"
 *              / expression "and" expression / expression "or" expression
 *   condition  = "permanent_residence.province=" CODE *("," CODE) "@" LIST
 *              / "permanent_residence.ward=" WARD *("," WARD) "@" LIST
 *              / "age" (">=" / "<=" / ">" / "<" / "=") YEARS [ "@" DAY ]
 *              / "sex=" ("1" / "2")
 *              / "list=" NAME
 *
 * `not` binds before `and`, `and` before `or`. Between words and around parentheses there may be
 * spaces. LIST is the date of a list of units (domain/country.h). A WARD has five digits; whether
 * the list has it is not looked at, and who lives by another list is UNKNOWN: wards were cut anew.
 * YEARS are completed years of age on DAY, or on the day of the ask; who is known by the year of
 * birth alone may be of two ages. NAME is the code of a list of persons that the authority keeps (1
 * to 64 of A-Z a-z 0-9 . _ -); of a list that is not there, or has ended, everybody's membership is
 * UNKNOWN (decision 0047).
 */
#ifndef DANCU_DOMAIN_POPULATION_H
#define DANCU_DOMAIN_POPULATION_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "domain/truth.h"

enum population_kind {
    POPULATION_PROVINCE,
    POPULATION_AGE,
    POPULATION_SEX,
    POPULATION_LIST,
    POPULATION_WARD,
    POPULATION_NOT,
    POPULATION_AND,
    POPULATION_OR,
    POPULATION_KIND_COUNT
};

enum population_compare {
    POPULATION_LEAST, /* >= */
    POPULATION_MOST,  /* <= */
    POPULATION_OVER,  /* > */
    POPULATION_UNDER, /* < */
    POPULATION_EXACT, /* = */
    POPULATION_COMPARE_COUNT
};

#define POPULATION_DAY_OF_ASK INT32_MIN

/* Private to population.c, but for tests. */
struct population_node {
    uint8_t kind;
    uint8_t first; /* province: place of its codes; age: how it compares; sex: the code */
    uint8_t count; /* province, ward: of its codes; list: of the bytes of its code */
    uint16_t years;
    uint16_t at; /* list, ward: where its code, or the first of them, begins in the text */
    int32_t day; /* province, ward: date of the list; age: POPULATION_DAY_OF_ASK or the day */
};

/* A condition in hand: its nodes stand as a calculator with a stack reads them. */
struct population {
    unsigned count; /* of nodes; 0 = no condition: everyone */
    unsigned code_count;
    bool names_lists;
    bool names_wards;
    size_t text_len;
    struct population_node nodes[POPULATION_NODES_MAX];
    char codes[POPULATION_PROVINCES_MAX][3];
    char text[POPULATION_TEXT_BYTES_MAX]; /* as it was written */
};

/* Why an expression is refused; positions count bytes from 1. */
struct population_fault {
    size_t position;
    const char *reason; /* never NULL */
};

/* Does the person that is looked at stand in the list of that code? UNKNOWN: there is none. */
struct population_lists_port {
    enum truth (*listed)(void *context, struct view code);
    void *context;
};

/* What a condition looks at. */
struct population_subject {
    char province[3]; /* of permanent residence in its list; empty = none */
    int32_t province_list_day;
    char ward[6];                       /* of the same address; empty = none is known */
    struct view birth_date;             /* YYYY-MM-DD or YYYY */
    uint8_t sex;                        /* 1, 2 or 0 = unknown */
    int64_t today;                      /* the day of the ask, UTC+7 */
    struct population_lists_port lists; /* NULL: there are none */
};

/* Empty text = no condition. FAULT_BAD_INPUT, FAULT_OVER_LIMIT (one of the ceilings): *ret_fault,
 * which may be NULL, says where and why; *ret_population stays as it was. */
struct outcome population_parse(struct view text, struct population *ret_population,
                                struct population_fault *ret_fault);
/* The text that it was parsed from. */
static inline struct view population_text(const struct population *population)
{
    return view_of(population->text, population->text_len);
}
static inline void population_put(const struct population *population, struct buf *buf)
{
    buf_put_view(buf, population_text(population));
}
enum truth population_holds(const struct population *population,
                            const struct population_subject *subject);

#endif
