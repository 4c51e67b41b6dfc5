/*
 * Purpose: the office's objects as JSON, for who may see them. Each resource is a row: where its
 * objects are, whose they are, and their fields in the order of canonical JSON; one writer serves
 * all. What is not in a row is not shown: counters are the gate's.
 * Source: design.md section 4; docs/openapi.yaml tells clients the same.
 */
#ifndef DANCU_OFFICE_SHOW_H
#define DANCU_OFFICE_SHOW_H

#include "gate/directory.h"

/* The objects of a resource; NULL: there have never been any, or they are not the office's. */
const struct map *show_map(const struct directory *directory, enum resource resource);
/* The party that an object belongs to; NULL: it is the office's own. */
const struct party *show_owner(enum resource resource, const void *object);
struct view show_code(enum resource resource, const void *object);
uint32_t show_version(enum resource resource, const void *object);
/* Appends one JSON object; a value that is absent has no member. */
void show_put(enum resource resource, const void *object, struct buf *buf);
/* With what show_put() keeps back, of case files and cases: for who has signed to read it. */
void show_put_whole(enum resource resource, const void *object, struct buf *buf);

#endif
