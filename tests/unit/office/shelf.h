/*
 * Purpose: the office's store in memory, for tests: stands for store/ and fails when it is told to.
 */
#ifndef DANCU_TESTS_UNIT_OFFICE_SHELF_H
#define DANCU_TESTS_UNIT_OFFICE_SHELF_H

#include "help.h"

#include "base/ceilings.h"
#include "store/store.h"

#define OBJECTS_MAX 512
struct shelf_object {
    uint8_t kind;
    char code[ASK_CODE_BYTES_MAX + 1];
    struct buf content;
};

/* Stands for store/. */
struct office_store {
    struct shelf_object objects[OBJECTS_MAX];
    unsigned count;
    uint64_t applied;
    enum fault apply_fault;
    enum fault load_fault;
};

/* The next office_store_open() gives this one. */
void shelf_use(struct office_store *store);
/* Adds or replaces; empty content takes out. */
void shelf_put(struct office_store *store, const struct office_object *object);
/* Empties it. */
void shelf_done(struct office_store *store);

#endif
