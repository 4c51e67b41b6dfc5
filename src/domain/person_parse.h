/*
 * Purpose: reading of an import line, shared by its three files; private to domain/.
 *
 * A `take_` function checks one value and appends its canonical JSON to parsing->out; where it
 * refuses, parsing->fault tells the place.
 */
#ifndef DANCU_DOMAIN_PERSON_PARSE_H
#define DANCU_DOMAIN_PERSON_PARSE_H

#include "domain/country.h"
#include "domain/person_parts.h"
#include "wire/json.h"

/* Numbers and details of one line, in bytes. */
#define DETAIL_BYTES_MAX 256
#define HOUSEHOLD_NUMBER_BYTES_MAX 32

struct parsing {
    struct buf out; /* over the person's part of the arena: never grows, never freed */
    struct person *person;
    struct person_reference references[PERSON_REFERENCES_MAX];
    unsigned reference_count;
    struct json_fault fault;
};

/* One member of a line by itself, by its name: what an import would take of it. */
struct outcome person_member_take(struct parsing *parsing, const char *name,
                                  const struct json_node *node);

/* ---- person_values.c ---- */

/* Where the next byte of out will stand. */
uint16_t out_at(const struct parsing *parsing);
struct person_span out_span(const struct parsing *parsing, uint16_t from);
struct outcome refuse(struct parsing *parsing, const struct json_node *node, const char *reason);
/* The node's string, or `null`. */
void put_text(struct parsing *parsing, const struct json_node *node);
/* What stands before a member's value: `,"name":` or, for the first of an object, `{"name":`. */
void put_name(struct parsing *parsing, struct view before);

struct outcome take_name(struct parsing *parsing, const struct json_node *node);
struct outcome take_birth_date(struct parsing *parsing, const struct json_node *node);
struct outcome take_detail(struct parsing *parsing, const struct json_node *node);
struct outcome take_household_number(struct parsing *parsing, const struct json_node *node);
struct outcome take_id(struct parsing *parsing, const struct json_node *node);
struct outcome take_cmnd(struct parsing *parsing, const struct json_node *node);
struct outcome take_sex(struct parsing *parsing, const struct json_node *node);
struct outcome take_ethnicity(struct parsing *parsing, const struct json_node *node);
struct outcome take_religion(struct parsing *parsing, const struct json_node *node);
struct outcome take_country(struct parsing *parsing, const struct json_node *node);
struct outcome take_marital_status(struct parsing *parsing, const struct json_node *node);
struct outcome take_relation_to_head(struct parsing *parsing, const struct json_node *node);
struct outcome take_blood_group(struct parsing *parsing, const struct json_node *node);
struct outcome take_address(struct parsing *parsing, const struct json_node *node);
struct outcome take_permanent_residence(struct parsing *parsing, const struct json_node *node);
struct outcome take_absence(struct parsing *parsing, const struct json_node *node);
struct outcome take_death(struct parsing *parsing, const struct json_node *node);

/* ---- person_people.c ---- */

struct outcome take_relatives(struct parsing *parsing, const struct json_node *node);
struct outcome take_household(struct parsing *parsing, const struct json_node *node);

#endif
