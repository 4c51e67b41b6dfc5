/*
 * Purpose: synthetic people for demonstrations, tests and measurements: a believable population
 * written as NDJSON, and the choice of those whom a demonstration asks about. Nothing here stems
 * from a real person; the serving processes never use this room, only cli/ does. Source: domain.md
 * section 7, formats.md "Person"; docs of the numbers in numbers.h.
 */
#ifndef DANCU_DEMO_DEMO_H
#define DANCU_DEMO_DEMO_H

#include "base/bytes.h"

#define DEMO_PERSONS_MAX 20000000 /* far below what the number blocks hold */
#define DEMO_PROTECTED_PERMILLE 15
#define DEMO_CHUNK_BYTES (1u << 20) /* lines are handed over in chunks of about so much */

struct demo_settings {
    uint64_t persons; /* 1..DEMO_PERSONS_MAX */
    uint64_t seed;
    unsigned protected_permille; /* 0..1000 */
};

/* Takes whole lines; `persons` counts those handed over so far, these included. A failure ends the
 * writing and is handed up. */
struct demo_sink {
    struct outcome (*take)(void *context, struct view lines, uint64_t persons);
    void *context;
};

/* Exactly `persons` lines. The same settings give the same bytes on every machine. Memory does not
 * depend on their number. FAULT_BAD_INPUT (settings out of bounds), FAULT_NO_MEMORY,
 * FAULT_OVER_LIMIT (numbers used up), the sink's failures. */
struct outcome demo_people_write(const struct demo_settings *settings,
                                 const struct demo_sink *sink);

/* ---- Whom a demonstration asks about ---- */

#define DEMO_SAMPLES_79 50   /* living, in the clear, permanent residence in province 79 ... */
#define DEMO_SAMPLES_REST 50 /* ... and elsewhere */
#define DEMO_HIDDEN_PROTECTED 1000
#define DEMO_HIDDEN_OUTSIDE 1000     /* in the clear, permanent residence outside province 79 */
#define DEMO_PICK_HIDDEN_MAX 1000000 /* protected and locked persons of the population */

enum demo_role {
    DEMO_ROLE_NONE,
    DEMO_ROLE_SAMPLE_79,
    DEMO_ROLE_SAMPLE_REST,
    DEMO_ROLE_HIDDEN_PROTECTED,
    DEMO_ROLE_HIDDEN_OUTSIDE,
    DEMO_ROLE_COUNT
};

/*
 * Goes over the lines of an import file three times, each time from the first to the last:
 *   1. demo_pick_note    remembers who is hidden;
 *   2. demo_pick_weigh   draws lots among those who fit each role;
 *      demo_pick_enough  are there enough of each?
 *   3. demo_pick_role    tells each line's role by its number, from 0.
 * A sample is living, neither protected nor locked, and so is everybody named in its household and
 * relatives; its household, marital status and permanent residence are known, its birth date is a
 * whole one. A person outside 79 has permanent residence in another province of the list of 2021.
 */
struct demo_pick;
struct outcome demo_pick_new(struct demo_pick **ret_pick);
void demo_pick_free(struct demo_pick *pick);
/* FAULT_BAD_INPUT: not a person's line (*ret_why says what, static text); FAULT_OVER_LIMIT,
 * FAULT_NO_MEMORY. */
struct outcome demo_pick_note(struct demo_pick *pick, struct view line, const char **ret_why);
struct outcome demo_pick_weigh(struct demo_pick *pick, struct view line, const char **ret_why);
/* FAULT_NOT_FOUND when a role lacks people: which, how many there are. */
struct outcome demo_pick_enough(const struct demo_pick *pick, enum demo_role *ret_role,
                                uint64_t *ret_found);
enum demo_role demo_pick_role(const struct demo_pick *pick, uint64_t line_number);
const char *demo_role_text(enum demo_role role);
unsigned demo_role_wanted(enum demo_role role);
/* Appends the line without `protected` and `locked`, and a line end. */
struct outcome demo_pick_put_sample(struct demo_pick *pick, struct view line, struct buf *ret_line);

#endif
