/*
 * Purpose: a real home in a temporary folder, for tests of the core: keys, stores and log as they
 * are on disk; a bank with one business, and people to ask about.
 */
#ifndef DANCU_TESTS_UNIT_CORE_HOME_H
#define DANCU_TESTS_UNIT_CORE_HOME_H

#include "help.h"

#include "core/house.h"

#define HOME_AN "079090912345"
#define HOME_AN_NAME "Nguyễn Văn An"
#define HOME_AN_BIRTH "1990-01-02"
#define HOME_PEOPLE 20 /* of consecutive numbers from An's on */
#define HOME_ORIGIN "localhost/test"
#define HOME_SPKI_BYTE 0x5a
/* Of home_setup(): init, chunk, policy, party, its dossier, inspection and connection, account,
 * business, grant. */
#define HOME_ENTRIES 10
#define HOME_QUOTA 1000

struct home {
    char folder[64]; /* everything lies below it */
    char path[80];   /* the home */
    struct house_keys keys;
    struct buf vkey;
    struct house *house; /* NULL: closed */
    struct house_ports ports;
    struct answer answers[BATCH_ASKS_MAX];
};

/* With people, policy, party, account and business; open. */
int home_setup(void **state);
/* The same on other ports than the machine's. */
struct home *home_new(const struct house_ports *ports);
int home_teardown(void **state);
struct outcome home_open_house(struct home *home, char ret_why[HOUSE_WHY_BYTES]);
void home_close_house(struct home *home);
/* An ask of the bank about An. */
struct ask home_ask(void);
const struct answer *home_serve(struct home *home, const struct ask *ask);
/* One act given as field, value, ..., NULL; it must be taken. */
void home_act(struct home *home, enum act_kind kind, ...);
/* Imports People number from..until; the chunk's act is not recorded yet. */
void home_import(struct home *home, unsigned from, unsigned until,
                 struct registry_chunk *ret_chunk);
/* One more of that name, recorded. */
void home_import_born(struct home *home, const char *id, const char *birth_date);
/* One correction of his by the source S-1, in its set of that number; not recorded yet. `set` as in
 * docs/changes.md. */
void home_feed(struct home *home, const char *id, uint64_t number, const char *set,
               struct registry_chunk *ret_chunk);
/* A line of an import about somebody of An's name. */
void home_person_line(const char *id, const char *birth_date, char *ret_line, size_t size);
/* Runs a command of the shell in the folder; must succeed. */
void home_shell(const struct home *home, const char *command);

#endif
