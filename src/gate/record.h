/*
 * Purpose: the record of anything that happened: the public entry (a leaf of the log), the
 * disclosures that open it, and the sealed opening from which all of them can be made again.
 * Source: formats.md "Entry"; RFC 9901; invariants I2, I5, I6, I8.
 *
 * Every entry has all nine names; a value that does not apply is `null`. All salts, the decoys and
 * the places of the persons come from one fresh secret an entry, so the opening keeps the secret
 * and the values only.
 *
 * The people of a record are whom it was asked about (`persons`) and others of whom it is a row
 * (`named`, decision 0067): who was disclosed with them, in a household or among relatives; whose
 * record an act has changed. All of them stand in the disclosure `persons`, which has
 * OPENING_PERSONS_MAX places, or OPENING_PEOPLE_MAX where those are too few.
 */
#ifndef DANCU_GATE_RECORD_H
#define DANCU_GATE_RECORD_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "domain/words.h"
#include "seal/seal.h"

#include <limits.h>

enum record_name {
    RECORD_ASK,
    RECORD_PARTY,
    RECORD_AGENT,
    RECORD_BUSINESS,
    RECORD_CASE,
    RECORD_REQUEST,
    RECORD_ANSWER,
    RECORD_PERSONS, /* from here on never in the consumer's opening */
    RECORD_TRACE,
    RECORD_NAME_COUNT
};
#define RECORD_CONSUMER_COUNT RECORD_PERSONS
#define RECORD_WORD_NULL 255 /* class, channel or service of an entry that has none */

/* What is to be recorded. Values are canonical JSON; an empty view stands for `null`. The values of
 * RECORD_ASK and RECORD_PERSONS are made here. */
struct record {
    enum entry_kind kind;
    struct view outcome; /* `disclosed`, a code, or an act's name */
    uint8_t class;
    uint8_t channel;
    uint8_t service;
    int64_t time_us;
    uint8_t ask_id[16]; /* UUIDv7 (RFC 9562) */
    char policy_hash[65];
    struct view values[RECORD_NAME_COUNT];
    uint64_t persons[OPENING_PERSONS_MAX];
    unsigned person_count;
    struct view named; /* keys of the others: u64 each, as in the opening */
    unsigned hashed; /* people for whom the work of a real place is done at least (I5); not kept */
    struct view effect; /* bytes for replay: an act whole, or an ask's counters */
    uint8_t secret[SEAL_KEY_BYTES];
    /* Its opening was shredded (decision 0071): what is left says of which kind it was, in which
     * minute, and whose row it is. Values, secret, id and policy are gone. */
    bool forgotten;
};

/* What is made of it; the views lie in the buf that it was written to. */
struct record_text {
    struct view entry;
    struct view disclosures[RECORD_NAME_COUNT];
};

/* A fresh UUIDv7. */
void record_ask_id(int64_t time_us, const struct random_port *random, uint8_t ret_id[16]);
/* 36 characters and a terminator. */
void record_ask_id_text(const uint8_t id[16], char ret_text[37]);

/* Writes disclosures and entry into `texts`, whose memory must not move: its capacity was claimed
 * beforehand (record_texts_room() bytes are enough for one). FAULT_OVER_LIMIT otherwise;
 * FAULT_NOT_FOUND of one that is forgotten. */
struct outcome record_write(const struct record *record, struct buf *texts,
                            struct record_text *ret_text);
size_t record_texts_room(void);

/* All people of it, `persons` first. */
unsigned record_people(const struct record *record);
uint64_t record_person(const struct record *record, unsigned number);
#define RECORD_NOBODY UINT_MAX
/* Which of them has that key; RECORD_NOBODY: none. */
unsigned record_find_person(const struct record *record, uint64_t key);
/* Was it asked about him? False of others of whom it is a row. */
static inline bool record_asks_about(const struct record *record, uint64_t key)
{
    return record_find_person(record, key) < record->person_count;
}

/* Appends the disclosure of the one digest of `persons` that is that person's, who is among them.
 */
void record_put_person(const struct record *record, uint64_t person, struct buf *buf);

/* The opening as it goes to the log (which seals it), and back (borrows from `plain`). */
void record_put_opening(const struct record *record, struct buf *buf);
struct outcome record_get_opening(struct view plain, struct record *ret_record);
/* The same of what is kept of an opening that is shredded: `effect` is what replay still needs. */
void record_put_rest(const struct record *record, struct view effect, struct buf *buf);

#endif
