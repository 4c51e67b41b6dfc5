/*
 * Purpose: a generated population taken apart into what the tests of the demo room compare.
 * A line is read by the JSON codec, not by the room that wrote it.
 */
#ifndef DANCU_TESTS_UNIT_DEMO_TOWN_H
#define DANCU_TESTS_UNIT_DEMO_TOWN_H

#include "help.h"

#include "base/ceilings.h"
#include "demo/demo.h"
#include "wire/json.h"

#define TOWN_NAME_BYTES 100
#define TOWN_TIES_MAX 24
#define TOWN_MEMBERS_MAX 24

struct place {
    bool known;
    bool abroad;
    char province[3];
    char district[4];
    char ward[6];
    char list[11];
    bool detail;
};

/* A relative, or a member of a household; empty texts are null. */
struct tie {
    char relation[16];
    char id[13];
    char cmnd[10];
    char name[TOWN_NAME_BYTES];
};

struct citizen {
    char id[13];
    char cmnd[10];
    char name[TOWN_NAME_BYTES];
    char birth[11];
    char sex[2];
    char ethnicity[3];
    char religion[3];
    char nationality[3];
    char marital[2];
    char relation[5];
    char blood[3];
    char fate[8];
    char fate_day[11];
    bool protected_person;
    bool locked;
    bool has_household;
    bool has_absence;
    struct place birth_place;
    struct place native;
    struct place permanent;
    struct place temporary;
    struct place current;
    char household_number[16];
    struct tie head;
    unsigned member_count;
    struct tie members[TOWN_MEMBERS_MAX];
    unsigned tie_count;
    struct tie ties[TOWN_TIES_MAX];
};

struct town {
    struct buf text;
    size_t count;
    size_t cap;
    struct citizen *citizens; /* in the order of the lines */
    struct citizen **by_id;   /* sorted */
};

/* Year and age on 2026-07-01, roughly. */
int citizen_year(const struct citizen *citizen);
int citizen_age(const struct citizen *citizen);
bool citizen_living(const struct citizen *citizen);

void town_make(struct town *town, const struct demo_settings *settings);
void town_done(struct town *town);
/* NULL: nobody. */
const struct citizen *town_find(const struct town *town, const char *id);
/* How many there are for whom it holds. */
size_t town_count(const struct town *town, bool (*holds)(const struct citizen *citizen));
/* Fails unless the share lies between the two, in millionths. */
void town_share(const struct town *town, const char *what,
                bool (*holds)(const struct citizen *citizen), unsigned least, unsigned most);

#endif
