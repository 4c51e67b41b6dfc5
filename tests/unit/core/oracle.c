/*
 * The questions, each against what the story told the world by the point of the crash.
 */
#include "oracle.h"

#include "gate/fees.h"
#include "ledger/private.h"
#include "office/staff.h"
#include "story_deeds.h"

#define PROBES_MAX 8

/* One look: a house on a disk, its log, what was told of it. */
struct look {
    struct story *story;
    struct power *disk;
    struct house *house;
    size_t point;
    struct finding *found;
    struct oracle_log *log;
    struct house_ports ports;
};

/* The first thing that is wrong stays. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct look *look, const char *format, ...)
{
    va_list arguments;
    if (look->found->wrong[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(look->found->wrong, sizeof(look->found->wrong), format, arguments);
        va_end(arguments);
    }
    return false;
}

static bool house_starts(struct look *look, const char *which)
{
    struct finding *found = look->found;
    vfs_use(look->disk);
    uint64_t before = look->disk->calls;
    struct outcome outcome =
        house_open_on(&look->ports, look->story->home->path, look->story->home_fd,
                      &look->story->home->keys, REGISTRY_WRITE, &look->house, found->why);
    if (outcome_ok(outcome)) {
        found->calls = look->disk->calls - before;
        return true;
    }
    look->house = NULL;
    found->refused = true;
    return found->why[0] != '\0' ? false : wrong(look, "%s refuses and names no place", which);
}

/* ---- what was told ---- */

static bool check_root(struct look *look, const struct witness *witness, const char *whose)
{
    uint8_t root[SEAL_HASH_BYTES];
    if (witness->size > look->log->size) {
        return wrong(look, "%s of %llu entries, and there are %llu", whose,
                     (unsigned long long)witness->size, (unsigned long long)look->log->size);
    }
    oracle_root(look->log, witness->size, root);
    return memcmp(root, witness->root, sizeof(root)) == 0 ||
           wrong(look, "%s of %llu entries has another root", whose,
                 (unsigned long long)witness->size);
}

static bool check_ask(struct look *look, const struct witness *witness)
{
    look->found->asks++;
    if (!check_root(look, witness, "receipt")) {
        return false;
    }
    return memcmp(look->log->leaves[witness->index], witness->leaf, SEAL_HASH_BYTES) == 0 ||
           wrong(look, "answered ask %llu is another entry", (unsigned long long)witness->index);
}

/* Recorded once when told, at most once when not: no two acts of the story are the same. */
static bool check_act(struct look *look, const struct witness *witness, bool told)
{
    unsigned times = 0;
    for (unsigned i = 0; i < look->log->act_count; i++) {
        times += memcmp(look->log->acts[i].hash, witness->act_hash, SEAL_HASH_BYTES) == 0;
    }
    look->found->acts += told;
    return (told ? times == 1 : times <= 1) ||
           wrong(look, "act %s is recorded %u times",
                 witness->which_signed > 0 ? "signed" : act_rows[witness->act].name, times);
}

/* The same JWS again gets the one result that it was told, and no other record. */
static bool check_again(struct look *look, const struct witness *witness)
{
    struct outcome outcome = OUTCOME_OK;
    struct signed_result result = {0};
    uint8_t hash[SEAL_HASH_BYTES];
    uint64_t size = ledger_size(look->house->ledger);
    bool told = deed_say(look->house->office, look->story->now_us, witness->which_signed - 1, hash,
                         &outcome, &result);
    return (told && result.index == witness->index && ledger_size(look->house->ledger) == size) ||
           wrong(look, "signed act %u, told as entry %llu, is %llu when it comes again",
                 witness->which_signed, (unsigned long long)witness->index,
                 (unsigned long long)result.index);
}

static bool check_chunk(struct look *look, const struct witness *witness)
{
    char number[24];
    char hash[SEAL_HASH_BYTES * 2 + 1];
    unsigned times = 0;
    snprintf(number, sizeof(number), "%llu", (unsigned long long)witness->chunk.number);
    for (unsigned i = 0; i < SEAL_HASH_BYTES; i++) {
        snprintf(hash + 2 * i, 3, "%02x", witness->chunk.hash[i]);
    }
    for (unsigned i = 0; i < look->log->act_count; i++) {
        times += look->log->acts[i].kind == ACT_IMPORT_CHUNK &&
                 strcmp(look->log->acts[i].code, number) == 0 &&
                 strcmp(look->log->acts[i].value, hash) == 0;
    }
    look->found->chunks++;
    return times == 1 || wrong(look, "chunk %s is recorded %u times", number, times);
}

static bool check_witness(struct look *look, const struct witness *witness)
{
    bool told = witness->told <= look->point;
    switch (witness->kind) {
    case WITNESS_ASK:
        return !told || check_ask(look, witness);
    case WITNESS_CHECKPOINT:
        look->found->checkpoints += told;
        return !told || check_root(look, witness, "published checkpoint");
    case WITNESS_ACT:
        return check_act(look, witness, told) &&
               (!told || witness->which_signed == 0 || check_again(look, witness));
    case WITNESS_CHUNK:
        return !told || check_chunk(look, witness);
    }
    return false;
}

/* ---- what follows from the log ---- */

static bool check_business(struct look *look, const char *code)
{
    const struct oracle_log *log = look->log;
    uint32_t version = 0;
    enum act_kind last = ACT_KIND_COUNT;
    const struct business *business = directory_business(&look->house->directory, view_text(code));
    for (unsigned i = 0; i < log->act_count; i++) {
        bool on_it = log->acts[i].kind >= ACT_BUSINESS_ADD &&
                     log->acts[i].kind <= ACT_BUSINESS_REVOKE &&
                     strcmp(log->acts[i].code, code) == 0;
        version += on_it;
        last = on_it ? log->acts[i].kind : last;
    }
    if (business == NULL || version == 0) {
        return (business == NULL && version == 0) ||
               wrong(look, "business %s: %u acts in the log", code, version);
    }
    bool granted = last == ACT_BUSINESS_GRANT || last == ACT_BUSINESS_RESUME;
    if (business->version != version || (business->state == BUSINESS_GRANTED) != granted) {
        return wrong(look, "business %s: version %u, state %d after %u acts", code,
                     business->version, (int)business->state, version);
    }
    for (unsigned i = 0; i < 2; i++) {
        uint64_t used = log->quotas[i].used;
        if (strcmp(log->quotas[i].code, code) == 0 && used != 0 &&
            (business->quota_used != used || business->quota_day != log->quotas[i].day)) {
            return wrong(look, "business %s: %llu of its quota used, %llu in the log", code,
                         (unsigned long long)business->quota_used, (unsigned long long)used);
        }
    }
    return true;
}

static bool check_parties(struct look *look)
{
    const struct oracle_log *log = look->log;
    const struct directory *directory = &look->house->directory;
    for (unsigned i = 0; i < log->act_count; i++) {
        struct view code = view_text(log->acts[i].code);
        bool there = true;
        if (log->acts[i].kind == ACT_PARTY_ADD) {
            there = directory_party(directory, code) != NULL;
        } else if (log->acts[i].kind == ACT_ACCOUNT_ADD) {
            there = directory_account(directory, code) != NULL;
        } else if (log->acts[i].kind == ACT_PROPOSAL_ADD) {
            there = (staff_proposal(directory, code) != NULL) !=
                    (directory_account(directory, VIEW_LITERAL("agency-2")) != NULL);
        } else if (log->acts[i].kind == ACT_PROPOSAL_APPROVE) {
            there = directory_account(directory, VIEW_LITERAL("agency-2")) != NULL;
        } else if (log->acts[i].kind == ACT_ACCOUNT_SUSPEND) { /* it has no other end here */
            const struct account *account = directory_account(directory, code);
            there = account != NULL && account->state == ACCOUNT_SUSPENDED;
        }
        if (!there) {
            return wrong(look, "act %s of %s is not applied", act_rows[log->acts[i].kind].name,
                         log->acts[i].code);
        }
    }
    const struct party *bank = directory_party(directory, VIEW_LITERAL("bank"));
    bool later = bank != NULL && bank->guess_day > log->miss_day; /* counted from nothing again */
    uint64_t misses = later ? 0 : log->misses;
    return (bank != NULL && bank->guess_count == misses) ||
           wrong(look, "the bank's misses are not the log's");
}

static bool check_fees(struct look *look)
{
    const struct oracle_log *log = look->log;
    const struct statement *statement = look->house->directory.statements_first;
    uint64_t asks = 0;
    uint64_t vnd = 0;
    for (; statement != NULL; statement = statement->next) {
        asks += statement->asks;
        vnd += statement->vnd;
    }
    return (asks == log->charged_asks && vnd == log->charged_vnd) ||
           wrong(look, "%llu dong for %llu asks, %llu for %llu in the log", (unsigned long long)vnd,
                 (unsigned long long)asks, (unsigned long long)log->charged_vnd,
                 (unsigned long long)log->charged_asks);
}

static bool check_policy(struct look *look)
{
    const char *hash = "";
    const struct policy *policy = office_policy(look->house->office);
    for (unsigned i = 0; i < look->log->act_count; i++) {
        hash = look->log->acts[i].kind == ACT_POLICY_PUBLISH ? look->log->acts[i].value : hash;
    }
    return (policy != NULL && strcmp(policy_hash(policy), hash) == 0) ||
           wrong(look, "the policy in force is not the last one published");
}

static bool chunk_stands_before(const struct oracle_log *log, unsigned act)
{
    for (unsigned i = 0; i < act && log->acts[act].kind == ACT_IMPORT_CHUNK; i++) {
        if (log->acts[i].kind == ACT_IMPORT_CHUNK &&
            strcmp(log->acts[i].code, log->acts[act].code) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_registry(struct look *look)
{
    struct registry_chunk pending;
    uint64_t there = 0;
    uint64_t added = 0;
    const struct oracle_log *log = look->log;
    for (unsigned i = 0; i < log->act_count; i++) {
        if (chunk_stands_before(log, i)) {
            return wrong(look, "chunk %s is recorded twice", log->acts[i].code);
        }
        added += log->acts[i].added;
    }
    if (registry_chunk_pending(look->house->registry, &pending).fault != FAULT_NOT_FOUND) {
        return wrong(look, "a chunk is pending after the start");
    }
    return (outcome_ok(registry_count(look->house->registry, &there)) && there == added) ||
           wrong(look, "%llu people, %llu in the log's chunks", (unsigned long long)there,
                 (unsigned long long)added);
}

static bool check_applied(struct look *look)
{
    uint64_t applied = office_applied(look->house->office);
    uint64_t last = 0;
    for (unsigned i = 0; i < look->log->act_count; i++) {
        last = look->log->acts[i].index + 1;
    }
    return applied == last || wrong(look, "applied up to %llu, the last act ends at %llu",
                                    (unsigned long long)applied, (unsigned long long)last);
}

static bool check_all(struct look *look)
{
    struct outcome outcome = oracle_log_read(look->house->ledger, look->log);
    look->found->size = look->log->size;
    if (!outcome_ok(outcome)) {
        return wrong(look, "log: %s", outcome.what);
    }
    const struct tape *tape = &look->story->tape;
    for (unsigned i = 0; i < tape->witness_count; i++) {
        if (!check_witness(look, &tape->witnesses[i])) {
            return false;
        }
    }
    return check_business(look, "NV-SECRET-KYC") && check_business(look, "NV-FEW") &&
           check_business(look, "NV-OWN") && check_parties(look) && check_fees(look) &&
           check_policy(look) && check_registry(look) && check_applied(look);
}

/* ---- and it lives on ---- */

static bool check_answers(struct look *look, const struct ask *asks, unsigned count)
{
    struct answer *answers = look->story->home->answers;
    struct outcome outcome = gate_serve(look->house->gate, asks, count, answers);
    if (!outcome_ok(outcome)) {
        return wrong(look, "a batch after the start: %s", outcome.what);
    }
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].code != CODE_DISCLOSED) {
            return wrong(look, "person %.*s is not answered about (%d)", (int)asks[i].key.len,
                         (const char *)asks[i].key.data, (int)answers[i].code);
        }
    }
    return true;
}

/* Everybody of a chunk that was told to be there is answered about, in the version told last. */
static bool check_people(struct look *look)
{
    struct ask asks[PROBES_MAX];
    char keys[PROBES_MAX][13];
    char births[PROBES_MAX][11];
    unsigned count = 0;
    const struct tape *tape = &look->story->tape;
    asks[count++] = story_ask(10, 0, keys[0], births[0]); /* one of the past, never guessed at */
    for (unsigned i = 0; i < tape->witness_count; i++) {
        const struct witness *chunk = &tape->witnesses[i];
        bool last = chunk->kind == WITNESS_CHUNK && chunk->told <= look->point;
        for (unsigned j = i + 1; j < tape->witness_count && last; j++) {
            const struct witness *later = &tape->witnesses[j];
            last = later->kind != WITNESS_CHUNK || later->begun > look->point ||
                   later->first_person != chunk->first_person;
        }
        if (last && count < PROBES_MAX) {
            asks[count] =
                story_ask(chunk->first_person + 1, chunk->version, keys[count], births[count]);
            count++;
        }
    }
    return check_answers(look, asks, count);
}

static bool check_verified(struct look *look)
{
    struct verify_report report = {0};
    struct ledger_config config = {
        .home_fd = look->story->home_fd,
        .origin = HOME_ORIGIN,
        .wrap_key = &look->story->home->keys.wrap,
        .sign_key = &look->story->home->keys.sign,
        .clock = look->ports.clock,
        .random = look->ports.random,
        .segment_bytes = STORY_SEGMENT_BYTES,
        .disk = look->ports.disk,
    };
    struct outcome outcome = ledger_verify_home(&config, NULL, &report);
    return outcome_ok(outcome) || wrong(look, "verification: %s %s", outcome.what, report.why);
}

static bool check_life(struct look *look)
{
    if (!check_people(look)) {
        return false;
    }
    uint64_t size = ledger_size(look->house->ledger);
    house_close(look->house);
    look->house = NULL;
    if (!house_starts(look, "the start after a clean end")) {
        return wrong(look, "the start after a clean end: %s", look->found->why);
    }
    if (ledger_size(look->house->ledger) != size) {
        return wrong(look, "a clean end and a start change the log");
    }
    if (!check_all(look)) {
        return false;
    }
    house_close(look->house); /* publishes what it has: all of it is verified */
    look->house = NULL;
    return check_verified(look);
}

void oracle_look(struct story *story, struct power *disk, size_t point, struct finding *ret_found)
{
    struct look look = {.story = story,
                        .disk = disk,
                        .point = point,
                        .found = ret_found,
                        .ports = story_ports(story, &disk->port),
                        .log = calloc(1, sizeof(struct oracle_log))};
    assert_non_null(look.log);
    *ret_found = (struct finding){0};
    if (house_starts(&look, "the start") && check_all(&look)) {
        struct finding first = *ret_found;
        (void)check_life(&look);
        first.refused = ret_found->refused;
        memcpy(first.why, ret_found->why, sizeof(first.why));
        memcpy(first.wrong, ret_found->wrong, sizeof(first.wrong));
        *ret_found = first;
    }
    house_close(look.house);
    free(look.log);
    power_free(disk);
}
