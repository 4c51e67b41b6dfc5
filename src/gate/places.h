/*
 * Purpose: parties by unit and businesses by procedure, kept as the directory changes. Private to
 * the directory; what others ask is in directory.h.
 */
#ifndef DANCU_GATE_PLACES_H
#define DANCU_GATE_PLACES_H

#include "gate/directory.h"

void places_init(struct directory *directory);
void places_done(struct directory *directory);

/* Room for one more, so that adding cannot fail. */
struct outcome places_party_room(struct directory *directory);
void places_add_party(struct directory *directory, struct party *party);
void places_remove_party(struct directory *directory, struct party *party);

struct outcome places_business_room(struct directory *directory);
void places_add_business(struct directory *directory, struct business *business);
void places_remove_business(struct directory *directory, struct business *business);

#endif
