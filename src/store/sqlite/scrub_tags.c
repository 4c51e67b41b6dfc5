/*
 * The scrub of the registry: former versions, blind tags, hidden tags, former numbers.
 *
 * Invariants
 *  1. A tag in the index is that of a number of the person whom it leads to, or of a former one; so
 *     is a hidden one, and its flags are the record's.
 *  2. A former version is older than the one in force, of the same person, and has one before it.
 *  3. A CMND without a tag is told, unless a former version of another person had it: then the tag
 *     went when that person changed, and this person's was never in the index (versions.c).
 *  4. A former number is that of a former version of the person.
 */
#include "store/sqlite/scrub.h"

#include "base/check.h"

#include <string.h>

/* Moves on to a row by tag, then key; false when it does not lie behind the last one: a page that
 * is reached twice must not lead in circles. */
static bool move_to(struct registry_scrub *scrub, struct view tag, uint64_t key, bool same_tags)
{
    int order = view_compare(tag, view_of(scrub->tag, scrub->tag_len));

    if (tag.len != SEAL_BLIND_BYTES || order < 0 ||
        (order == 0 && (!same_tags || key <= scrub->key))) {
        return false;
    }
    memcpy(scrub->tag, tag.data, tag.len);
    scrub->tag_len = tag.len;
    scrub->key = key;
    return true;
}

/* What the tag in hand may be without its veil. */
struct lifted {
    uint8_t tags[2][SEAL_BLIND_BYTES];
    unsigned count;
};

/* Of a row that does not say under which veil it lies. */
static struct lifted lift(const struct registry_scrub *scrub)
{
    struct registry_indexes indexes = registry_indexes(scrub->registry);
    struct lifted lifted = {.count = indexes.count};

    for (unsigned i = 0; i < indexes.count; i++) {
        registry_tag_lift(indexes.of[i], scrub->tag, lifted.tags[i]);
    }
    return lifted;
}

/* Of one that does; one that says what cannot be is of nobody. */
static struct lifted lift_by(const struct registry_scrub *scrub, uint64_t veil)
{
    struct lifted lifted = {.count = 1};

    if (!outcome_ok(registry_tag_lift_by(scrub->registry, view_of(scrub->tag, scrub->tag_len), veil,
                                         lifted.tags[0]))) {
        lifted.count = 0;
    }
    return lifted;
}

static bool is_among(const struct lifted *lifted, const uint8_t tag[SEAL_BLIND_BYTES])
{
    for (unsigned i = 0; i < lifted->count; i++) {
        if (memcmp(lifted->tags[i], tag, SEAL_BLIND_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the tag in hand that of one of the record's numbers? */
static bool tag_of_record(const struct registry_scrub *scrub, const struct lifted *lifted,
                          const struct person_record *record)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    struct blinder *blinder = scrub->registry->blinder;

    blinder_tag(blinder, BLIND_ID, record->id, tag);
    if (is_among(lifted, tag)) {
        return true;
    }
    if (record->cmnd.len == 0) {
        return false;
    }
    blinder_tag(blinder, BLIND_CMND, record->cmnd, tag);
    return is_among(lifted, tag);
}

/* Is the tag in hand that of a number that the person had? */
static struct outcome tag_former(struct registry_scrub *scrub, const struct lifted *lifted,
                                 uint64_t key, bool *ret_there)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_FORMER_OF);
    struct outcome outcome = OUTCOME_OK;
    uint8_t tag[SEAL_BLIND_BYTES];
    bool row = true;

    *ret_there = false;
    db_bind_u64(statement, 1, key);
    while (outcome_ok(outcome)) {
        outcome = db_step(db, statement, &row);
        if (!row || !outcome_ok(outcome)) {
            break;
        }
        struct outcome own = registry_tag_lift_by(scrub->registry, db_column_view(statement, 0),
                                                  db_column_u64(statement, 1), tag);
        *ret_there = *ret_there || (outcome_ok(own) && is_among(lifted, tag));
    }
    db_done(statement);
    return outcome;
}

/* The person of a row, opened and found to have the number of the tag in hand. Columns: version and
 * sealed record from `column` on. */
static struct outcome person_of_tag(struct registry_scrub *scrub, sqlite3_stmt *statement,
                                    const struct lifted *lifted, int column, uint64_t key,
                                    const char *kind, struct person_record *ret_record,
                                    bool *ret_good)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
        scrub_found(scrub, "%s of person %llu leads to nobody", kind, (unsigned long long)key);
        *ret_good = false;
        return OUTCOME_OK;
    }
    uint32_t version = (uint32_t)db_column_u64(statement, column);
    TRY(scrub_open_person(scrub, key, version, db_column_view(statement, column + 1), ret_record,
                          ret_good));
    bool own = !*ret_good || tag_of_record(scrub, lifted, ret_record);
    if (!own) {
        TRY(tag_former(scrub, lifted, key, &own));
    }
    if (!own) { /* invariant 1 */
        scrub_found(scrub, "%s of person %llu is of none of the person's numbers", kind,
                    (unsigned long long)key);
        *ret_good = false;
    }
    return OUTCOME_OK;
}

struct outcome scrub_look_row(struct registry_scrub *scrub, sqlite3_stmt *statement,
                              scrub_check_row *check, bool *ret_more)
{
    uint8_t last[SEAL_BLIND_BYTES];

    memcpy(last, scrub->tag, sizeof(last)); /* the check moves on while the statement holds it */
    db_bind_view(statement, 1, view_of(last, scrub->tag_len));
    if (sqlite3_bind_parameter_count(statement) > 1) {
        db_bind_u64(statement, 2, scrub->key);
    }
    TRY(db_step(&scrub->registry->db, statement, ret_more));
    struct outcome outcome = *ret_more ? check(scrub, statement) : OUTCOME_OK;
    db_done(statement);
    return outcome;
}

static struct outcome check_tag(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 1);
    struct person_record record = {0};
    bool good = false;

    if (!move_to(scrub, db_column_view(statement, 0), key, false)) {
        return outcome_fail(FAULT_CORRUPT, "a tag is out of order or of another length");
    }
    struct lifted lifted = lift(scrub);
    return person_of_tag(scrub, statement, &lifted, 2, key, "tag", &record, &good);
}

struct outcome scrub_look_tag(struct registry_scrub *scrub, bool *ret_more)
{
    return scrub_look_row(scrub, db_statement(&scrub->registry->db, STATEMENT_SCRUB_TAG), check_tag,
                          ret_more);
}

static struct outcome check_hidden(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 1);
    struct person_record record = {0};
    bool good = false;

    if (!move_to(scrub, db_column_view(statement, 0), key, true)) {
        return outcome_fail(FAULT_CORRUPT, "a hidden tag is out of order or of another length");
    }
    struct lifted lifted = lift_by(scrub, db_column_u64(statement, 5));
    TRY(person_of_tag(scrub, statement, &lifted, 3, key, "hidden tag", &record, &good));
    if (good &&
        db_column_u64(statement, 2) != (record.flags & (PERSON_PROTECTED | PERSON_LOCKED))) {
        scrub_found(scrub, "hidden tag of person %llu has other flags than the record",
                    (unsigned long long)key);
    }
    return OUTCOME_OK;
}

struct outcome scrub_look_hidden(struct registry_scrub *scrub, bool *ret_more)
{
    return scrub_look_row(scrub, db_statement(&scrub->registry->db, STATEMENT_SCRUB_HIDDEN),
                          check_hidden, ret_more);
}

/* ---- Former versions ---- */

static void explain(struct registry_scrub *scrub, uint64_t key, const struct person_record *record)
{
    uint8_t tag[SEAL_BLIND_BYTES];

    if (scrub->missing_count == 0 || record->cmnd.len == 0) {
        return;
    }
    blinder_tag(scrub->registry->blinder, BLIND_CMND, record->cmnd, tag);
    for (unsigned i = 0; i < scrub->missing_count; i++) {
        struct scrub_missing *missing = &scrub->missing[i];
        if (missing->key != key && memcmp(missing->tag, tag, sizeof(tag)) == 0) {
            missing->explained = true; /* invariant 3 */
        }
    }
}

static void tell_missing(struct registry_scrub *scrub)
{
    for (unsigned i = 0; i < scrub->missing_count; i++) {
        if (!scrub->missing[i].explained) {
            scrub_found(scrub, "person %llu: tag of the CMND is not in the index",
                        (unsigned long long)scrub->missing[i].key);
        }
    }
    scrub->missing_count = 0;
}

static struct outcome check_former_record(struct registry_scrub *scrub, struct view sealed)
{
    struct person_record record = {0};
    uint8_t tag[SEAL_BLIND_BYTES];
    uint64_t found = 0;
    bool good = false;

    TRY(scrub_open_person(scrub, scrub->key, scrub->version, sealed, &record, &good));
    if (!good) {
        return OUTCOME_OK;
    }
    explain(scrub, scrub->key, &record);
    blinder_tag(scrub->registry->blinder, BLIND_ID, record.id, tag);
    TRY(scrub_tag_key(scrub, tag, &good, &found));
    if (!good || found != scrub->key) {
        scrub_found(scrub, "person %llu version %u is of another person",
                    (unsigned long long)scrub->key, scrub->version);
    }
    return OUTCOME_OK;
}

static struct outcome check_former(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 0);
    uint64_t version = db_column_u64(statement, 1);
    uint64_t in_force = db_column_u64(statement, 3); /* 0: nobody */
    bool there = version <= 1;

    bool behind = key > scrub->key || (key == scrub->key && version > scrub->version);
    if (!behind || key > INT64_MAX || version == 0 || version > UINT32_MAX) {
        return outcome_fail(FAULT_CORRUPT, "a former version is out of order");
    }
    scrub->key = key;
    scrub->version = (uint32_t)version;
    if (version >= in_force) { /* invariant 2 */
        scrub_found(scrub, "person %llu version %llu is not a former one", (unsigned long long)key,
                    (unsigned long long)version);
    }
    if (!there) {
        TRY(scrub_version_there(scrub, key, (uint32_t)version - 1, &there));
    }
    if (!there) {
        scrub_found(scrub, "person %llu: version %llu is not there", (unsigned long long)key,
                    (unsigned long long)version - 1);
    }
    return check_former_record(scrub, db_column_view(statement, 2));
}

struct outcome scrub_look_former(struct registry_scrub *scrub, bool *ret_more)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_FORMER);

    db_bind_u64(statement, 1, scrub->key);
    db_bind_u64(statement, 2, scrub->version);
    TRY(db_step(db, statement, ret_more));
    struct outcome outcome = *ret_more ? check_former(scrub, statement) : OUTCOME_OK;
    db_done(statement);
    if (!*ret_more) {
        tell_missing(scrub);
    }
    return outcome;
}

/* ---- Former numbers ---- */

/* Looks through all versions of the person for the number of the tag in hand. */
static struct outcome find_number(struct registry_scrub *scrub, const struct lifted *lifted,
                                  bool *ret_found)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_COMPARE_ONE);
    struct outcome outcome = OUTCOME_OK;

    *ret_found = false;
    db_bind_u64(statement, 1, scrub->key);
    while (outcome_ok(outcome) && !*ret_found) {
        struct person_record record = {0};
        bool row = false;
        bool good = false;
        TRY(db_step(db, statement, &row));
        if (!row) {
            break;
        }
        outcome = scrub_open_person(scrub, scrub->key, (uint32_t)db_column_u64(statement, 1),
                                    db_column_view(statement, 2), &record, &good);
        *ret_found = outcome_ok(outcome) && good && tag_of_record(scrub, lifted, &record);
    }
    db_done(statement);
    return outcome;
}

static struct outcome check_former_tag(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 0);
    struct view tag = db_column_view(statement, 1);
    bool found = false;

    if (tag.len != SEAL_BLIND_BYTES || key > INT64_MAX || key < scrub->key ||
        (key == scrub->key && view_compare(tag, view_of(scrub->tag, scrub->tag_len)) <= 0)) {
        return outcome_fail(FAULT_CORRUPT, "a former number is out of order");
    }
    scrub->key = key;
    scrub->tag_len = tag.len;
    memcpy(scrub->tag, tag.data, tag.len);
    struct lifted lifted = lift_by(scrub, db_column_u64(statement, 2));
    TRY(find_number(scrub, &lifted, &found));
    if (!found) { /* invariant 4 */
        scrub_found(scrub, "former number of person %llu is of none of the person's versions",
                    (unsigned long long)key);
    }
    return OUTCOME_OK;
}

struct outcome scrub_look_former_tag(struct registry_scrub *scrub, bool *ret_more)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_FORMER_TAG);
    uint8_t last[SEAL_BLIND_BYTES];

    memcpy(last, scrub->tag, sizeof(last));
    db_bind_u64(statement, 1, scrub->key);
    db_bind_view(statement, 2, view_of(last, scrub->tag_len));
    TRY(db_step(db, statement, ret_more));
    struct outcome outcome = *ret_more ? check_former_tag(scrub, statement) : OUTCOME_OK;
    db_done(statement);
    return outcome;
}
