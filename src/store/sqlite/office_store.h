/*
 * Purpose: the office's store from inside, shared by its files. Private to store/.
 */
#ifndef DANCU_STORE_SQLITE_OFFICE_STORE_H
#define DANCU_STORE_SQLITE_OFFICE_STORE_H

#include "store/sqlite/db.h"
#include "store/store.h"

enum office_statement {
    STATEMENT_APPLIED,
    STATEMENT_APPLIED_SET,
    STATEMENT_PUT,
    STATEMENT_REMOVE,
    STATEMENT_KIND_NEXT,
    STATEMENT_KIND_ALL,
    STATEMENT_GET,
    STATEMENT_STRUCTURE,
    STATEMENT_ROTATION,
    STATEMENT_ROTATION_BEGIN,
    STATEMENT_ROTATION_MOVE,
    STATEMENT_ROTATION_RECORDED,
    STATEMENT_RESEAL_NEXT,
    STATEMENT_RESEAL,
    STATEMENT_COUNT,
};

/* Of one data key. */
struct office_key {
    struct sealer *sealer; /* NULL: there is none */
    struct blinder *blinder;
    uint8_t fingerprint[SEAL_HASH_BYTES];
};

struct office_store {
    struct db db;
    struct office_key key;   /* of what is written */
    struct office_key other; /* opens, too */
    struct random_port random;
    struct buf plain; /* u16 code, u32 content, padding */
    struct buf sealed;
};

/* An object's place: its kind and the blind tag of its code. */
#define OFFICE_PLACE_BYTES (1 + SEAL_BLIND_BYTES)
void office_place(const struct office_key *key, uint8_t kind, struct view code,
                  uint8_t ret_place[OFFICE_PLACE_BYTES]);
/* Opens a sealed object into store->plain by one of the keys. FAULT_CORRUPT. */
struct outcome office_open_by(struct office_store *store, const struct office_key *key,
                              uint8_t kind, struct view tag, struct view sealed,
                              struct office_object *ret_object);
/* Says so in the log when it is damage. */
struct outcome office_told(struct outcome outcome, uint8_t kind);

/* office_rotate.c */
void office_key_done(struct office_key *key);
struct outcome office_key_set(const struct secret *data_key, const struct random_port *random,
                              struct office_key *key);
/* Which key is which, by the mark in the file. FAULT_CORRUPT: they are not the office's. */
struct outcome office_keys_check(struct office_store *store);

#endif
