/*
 * Purpose: the values of OSIA's parameters, read; private to wire/ (osia.c).
 */
#ifndef DANCU_WIRE_OSIA_VALUES_H
#define DANCU_WIRE_OSIA_VALUES_H

#include "wire/osia.h"

struct osia_reading {
    const struct osia_message *message;
    struct arena *arena;
    struct osia_request request;
    struct osia_faults *faults;
};

/* One value, from wherever it came. */
struct osia_value {
    const struct json_node *node; /* NULL: of a query, `text` is it */
    struct view text;
};

void osia_refuse(struct osia_reading *reading, struct view name, enum osia_reason reason);
/* The node when it is an object, else NULL and a fault. */
const struct json_node *osia_object_of(struct osia_reading *reading, struct view name,
                                       const struct json_node *node);

/* Each takes one parameter's value into the request, or refuses it. Only the first seven and
 * osia_take_names() take a query's. */
void osia_take_identifier(struct osia_reading *reading, struct view name,
                          const struct osia_value *value);
void osia_take_type(struct osia_reading *reading, struct view name, const struct osia_value *value);
void osia_take_transaction(struct osia_reading *reading, struct view name,
                           const struct osia_value *value);
void osia_take_name(struct osia_reading *reading, struct view name, const struct osia_value *value);
void osia_take_birth_date(struct osia_reading *reading, struct view name,
                          const struct osia_value *value);
void osia_take_set(struct osia_reading *reading, struct view name, const struct osia_value *value);
void osia_take_proof(struct osia_reading *reading, struct view name,
                     const struct osia_value *value);
void osia_take_names(struct osia_reading *reading, struct view name,
                     const struct osia_value *value);
void osia_take_attributes(struct osia_reading *reading, struct view name,
                          const struct osia_value *value);
void osia_take_expressions(struct osia_reading *reading, struct view name,
                           const struct osia_value *value);
void osia_take_attribute_set(struct osia_reading *reading, struct view name,
                             const struct osia_value *value);
void osia_take_output_set(struct osia_reading *reading, struct view name,
                          const struct osia_value *value);

#endif
