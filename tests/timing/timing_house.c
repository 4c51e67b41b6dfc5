/*
 * The house under the clock: people, their unknown neighbours, accounts, eviction.
 */
#include "timing.h"

#include "domain/person.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Of the numbers of a block that no generator uses; nearly everybody is somebody's neighbour. */
#define UNKNOWN_TRIES 2000000

const char *const reason_words[REASON_COUNT] = {"unknown",   "name",    "birth_date",
                                                "protected", "outside", "control"};

void die(const char *what)
{
    fprintf(stderr, "timing: %s\n", what);
    exit(1);
}

void must(struct outcome outcome, const char *what)
{
    if (!outcome_ok(outcome)) {
        fprintf(stderr, "timing: %s: %s (%s)\n", what, outcome.what, outcome_word(outcome.fault));
        exit(1);
    }
}

static void read_people(struct timing *timing, const char *path)
{
    char line[2048];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        die("people cannot be read");
    }
    while (timing->count < PEOPLE_MAX && fgets(line, sizeof(line), file) != NULL) {
        struct subject *subject = &timing->people[timing->count];
        *subject = (struct subject){0};
        if (sscanf(line, "%15[^\t]\t%255[^\t]\t%255[^\t]\t%15[^\t]\t%15[^\t\n]\t%15[^\t\n]",
                   subject->id, subject->name, subject->other_name, subject->birth,
                   subject->other_birth, subject->unknown) >= 5) {
            timing->count++;
        }
    }
    fclose(file);
}

/* ---- unknown neighbours ---- */

struct entry {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint64_t key;
};

struct index {
    struct entry *entries;
    size_t count;
};

static void read_index(const char *path, struct index *ret_index)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *all = NULL;
    size_t room = 1 << 16;
    struct index index = {calloc(room, sizeof(struct entry)), 0};
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT tag, key FROM blind ORDER BY tag", -1, &all, NULL) !=
            SQLITE_OK) {
        die("the index cannot be read");
    }
    while (sqlite3_step(all) == SQLITE_ROW) {
        if (index.count == room) {
            room *= 2;
            index.entries = reallocarray(index.entries, room, sizeof(struct entry));
        }
        struct entry *entry = &index.entries[index.count++];
        memcpy(entry->tag, sqlite3_column_blob(all, 0), sizeof(entry->tag));
        entry->key = (uint64_t)sqlite3_column_int64(all, 1);
    }
    sqlite3_finalize(all);
    sqlite3_close(db);
    *ret_index = index;
}

/* The first entry at or after a tag, as the look-up finds it. */
static const struct entry *neighbour(const struct index *index, const uint8_t tag[SEAL_BLIND_BYTES])
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(index->entries[middle].tag, tag, SEAL_BLIND_BYTES) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return &index->entries[low < index->count ? low : 0];
}

static struct subject *subject_of(struct timing *timing, uint64_t key)
{
    for (unsigned i = 0; i < timing->count; i++) {
        if (timing->people[i].key == key) {
            return &timing->people[i];
        }
    }
    return NULL;
}

/* A file that was written by timing_people_write() has them. */
static bool all_found(const struct timing *timing)
{
    for (unsigned i = 0; i < timing->count; i++) {
        if (timing->people[i].unknown[0] == '\0') {
            return false;
        }
    }
    return true;
}

void timing_people_write(const struct timing *timing)
{
    for (unsigned i = 0; i < timing->count; i++) {
        const struct subject *one = &timing->people[i];
        printf("%s\t%s\t%s\t%s\t%s\t%s\n", one->id, one->name, one->other_name, one->birth,
               one->other_birth, one->unknown);
    }
}

static void find_unknown(struct timing *timing, const struct index *index)
{
    struct blinder *blinder = registry_blinder(timing->house->registry);
    uint8_t tag[SEAL_BLIND_BYTES];
    unsigned found = 0;
    for (unsigned i = 0; i < timing->count; i++) {
        struct subject *subject = &timing->people[i];
        blinder_tag(blinder, BLIND_ID, view_text(subject->id), tag);
        const struct entry *entry = neighbour(index, tag);
        if (memcmp(entry->tag, tag, sizeof(tag)) != 0) {
            die("somebody of the people's file is not in the registry");
        }
        subject->key = entry->key;
    }
    for (unsigned i = 0; i < UNKNOWN_TRIES && found < timing->count; i++) {
        char id[16];
        snprintf(id, sizeof(id), "1000%02u9%05u", i % 100, i / 100);
        blinder_tag(blinder, BLIND_ID, view_text(id), tag);
        struct subject *subject = subject_of(timing, neighbour(index, tag)->key);
        if (subject != NULL && subject->unknown[0] == '\0') {
            memcpy(subject->unknown, id, sizeof(id));
            found++;
        }
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < timing->count; i++) {
        if (timing->people[i].unknown[0] != '\0') {
            timing->people[kept++] = timing->people[i];
        }
    }
    timing->count = kept;
}

void timing_open(struct timing *timing, const char *home, const char *keys, const char *people)
{
    char why[HOUSE_WHY_BYTES] = "";
    struct index index = {0};
    int keys_fd = open(keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(house_keys_read(keys_fd, &timing->keys), "keys");
    if (!outcome_ok(
            house_open(home, home_fd, &timing->keys, REGISTRY_WRITE, &timing->house, why))) {
        die(why);
    }
    snprintf(timing->registry, sizeof(timing->registry), "%s/registry.db", home);
    timing->registry_fd = open(timing->registry, O_RDONLY | O_CLOEXEC);
    read_people(timing, people);
    if (!all_found(timing)) {
        read_index(timing->registry, &index);
        find_unknown(timing, &index);
        free(index.entries);
    }
    close(keys_fd);
    /* Codes of a run before this one on the same home are taken. */
    timing->block = ((unsigned)time(NULL) % 40000) * 100000;
    /* Pages that are not on the disk yet cannot be taken out of the cache. */
    if (timing->count < 8 || fsync(timing->registry_fd) != 0) {
        die("too few people, or no registry");
    }
}

/* ---- accounts ---- */

static void act(struct timing *timing, enum act_kind kind, const char *const *values)
{
    struct act given = {.kind = kind};
    uint64_t index = 0;
    char why[256] = "";
    for (unsigned i = 0; values[i] != NULL; i += 2) {
        act_value_set(&given, values[i], view_text(values[i + 1]));
    }
    if (!outcome_ok(office_act(timing->house->office, &given, 0, &index, why))) {
        die(why);
    }
}

static void add_business(struct timing *timing, const char *code, const char *party,
                         const char *population)
{
    act(timing, ACT_BUSINESS_ADD,
        (const char *[]){"code", code, "party", party, "purpose", "x", "legal-basis", "x",
                         "services", "citizen.lookup,citizen.verify,id.map", "channels",
                         "province_one_stop", "fields",
                         "full_name,birth_date,sex,nationality,permanent_residence,"
                         "current_residence",
                         "population", population, "quota-day", "1000000000", NULL});
    act(timing, ACT_BUSINESS_GRANT, (const char *[]){"code", code, NULL});
}

static void account_spki(unsigned block, unsigned account, uint8_t ret_spki[32])
{
    memset(ret_spki, 0x11, 32);
    memcpy(ret_spki, &block, sizeof(block));
    ret_spki[31] = (uint8_t)account;
}

static void day_text(const struct timing *timing, int days, char ret_text[16])
{
    struct date date = date_from_days(clock_day_vn(clock_wall_us(&timing->house->clock)) + days);
    snprintf(ret_text, 16, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static void connect_party(struct timing *timing, const char *party, const char *hash)
{
    char inspected[16];
    char until[16];
    day_text(timing, -1, inspected);
    day_text(timing, 700, until);
    act(timing, ACT_PARTY_ADD,
        (const char *[]){"code", party, "class", "state", "kind", "x", "name", "x", NULL});
    act(timing, ACT_PARTY_DOSSIER,
        (const char *[]){"code", party, "legal-basis", "x", "level", "3", "level-decision", "x",
                         "undertaking", hash, "contact", "x", "security-contact", "x", NULL});
    act(timing, ACT_PARTY_INSPECTION,
        (const char *[]){"code", party, "result", "passed", "day", inspected, "until", until,
                         NULL});
    act(timing, ACT_PARTY_CONNECT, (const char *[]){"code", party, NULL});
}

void timing_block(struct timing *timing)
{
    timing->block++;
    timing->rounds = 0;
    for (unsigned account = 0; account < ACCOUNTS; account++) {
        char party[32];
        char code[32];
        char hex[65];
        uint8_t spki[32];
        account_spki(timing->block, account, spki);
        for (unsigned i = 0; i < 32; i++) {
            snprintf(hex + 2 * i, 3, "%02x", spki[i]);
        }
        snprintf(party, sizeof(party), "timed-%010u-%u", timing->block, account);
        connect_party(timing, party, hex);
        act(timing, ACT_ACCOUNT_ADD,
            (const char *[]){"code", party, "party", party, "channel", "province_one_stop", "spki",
                             hex, NULL});
        snprintf(code, sizeof(code), "T-%010u-%u", timing->block, account);
        add_business(timing, code, party, "permanent_residence.province=79@2021-07-01");
        code[0] = 'O';
        add_business(timing, code, party, "permanent_residence.province=01@2021-07-01");
    }
}

/* What is asked through other services than the look-up, of the same fields. */
static void ask_service(struct ask *ask, enum service service)
{
    ask->service = service;
    if (service == SERVICE_CITIZEN_LOOKUP) {
        return;
    }
    ask->field_count = 0;
    if (service == SERVICE_CITIZEN_VERIFY) {
        ask->claims[0] = (struct claim){.what = FIELD_SEX, .value = VIEW_LITERAL("\"1\"")};
        ask->claims[1] = (struct claim){
            .what = FIELD_BIRTH_DATE, .compare = CLAIM_AGE_AT_LEAST, .value = VIEW_LITERAL("18")};
        ask->claims[2] = (struct claim){.what = FIELD_PERMANENT_RESIDENCE,
                                        .member = VIEW_LITERAL("province"),
                                        .value = VIEW_LITERAL("\"79\"")};
        ask->claim_count = 3;
        ask->fields[0] = FIELD_SEX;
        ask->fields[1] = FIELD_BIRTH_DATE;
        ask->fields[2] = FIELD_PERMANENT_RESIDENCE;
        ask->field_count = 3;
    }
}

struct ask timing_ask(const struct timing *timing, enum reason reason,
                      const struct subject *subject)
{
    static char codes[REASON_COUNT][32];
    /* Which account asks for which reason moves on with the blocks. */
    unsigned account = (reason + timing->block) % ACCOUNTS;
    char first = reason == REASON_OUTSIDE ? 'O' : reason == REASON_CONTROL ? 'X' : 'T';
    snprintf(codes[reason], sizeof(codes[reason]), "%c-%010u-%u", first, timing->block, account);
    struct ask ask = {
        .service = SERVICE_CITIZEN_LOOKUP,
        .business = view_text(codes[reason]),
        .case_ref = VIEW_LITERAL("HS-2026-000123"),
        .subject_kind = SUBJECT_ID,
        .key = view_text(reason == REASON_UNKNOWN ? subject->unknown : subject->id),
        .name = view_text(reason == REASON_NAME ? subject->other_name : subject->name),
        .birth_date =
            view_text(reason == REASON_BIRTH_DATE ? subject->other_birth : subject->birth),
        .fields = {FIELD_FULL_NAME, FIELD_BIRTH_DATE, FIELD_SEX, FIELD_NATIONALITY,
                   FIELD_PERMANENT_RESIDENCE, FIELD_CURRENT_RESIDENCE},
        .field_count = 6,
    };
    ask_service(&ask, timing->service);
    account_spki(timing->block, account, ask.spki);
    return ask;
}

/* ---- eviction ---- */

static size_t resident(uint8_t *from, size_t len)
{
    static uint8_t pages[1 << 20];
    size_t count = len / 4096 < sizeof(pages) ? len / 4096 : sizeof(pages);
    size_t found = 0;
    if (mincore(from, count * 4096, pages) != 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        found += pages[i] & 1;
    }
    return found;
}

size_t timing_evict(const struct timing *timing)
{
    char line[1024];
    size_t left = 0;
    uint8_t *from[16];
    size_t len[16];
    unsigned maps = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    while (file != NULL && maps < 16 && fgets(line, sizeof(line), file) != NULL) {
        unsigned long start = 0;
        unsigned long end = 0;
        if (strstr(line, "/registry.db\n") != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2) {
            from[maps] = (uint8_t *)start;
            len[maps++] = end - start;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    for (unsigned i = 0; i < maps; i++) {
        madvise(from[i], len[i], MADV_DONTNEED);
        /* Each page of an ask's way is a read of its own: no neighbour comes along unasked. */
        madvise(from[i], len[i], MADV_RANDOM);
    }
    posix_fadvise(timing->registry_fd, 0, 0, POSIX_FADV_DONTNEED);
    for (unsigned i = 0; i < maps; i++) {
        left += resident(from[i], len[i]);
    }
    return left;
}
