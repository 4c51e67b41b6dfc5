/*
 * The small world of the gate's tests.
 */
#include "world.h"

#include "base/check.h"
#include "gate/history.h"
#include "gate/law.h"
#include "store/fetch.h"

#define ADDRESS(province)                                                                          \
    "{\"country\":\"VN\",\"province\":\"" province                                                 \
    "\",\"district\":null,\"ward\":null,\"detail\":null,\"list\":\"2021-07-01\"}"

/* ---- store/, in memory ---- */

struct blinder *registry_blinder(struct registry *registry)
{
    return registry->blinder;
}

static struct registry_person *find(struct registry *registry, const uint8_t *tag)
{
    for (unsigned i = 0; i < registry->count; i++) {
        struct registry_person *person = &registry->people[i];
        if (memcmp(person->id_tag, tag, SEAL_BLIND_BYTES) == 0 ||
            memcmp(person->cmnd_tag, tag, SEAL_BLIND_BYTES) == 0) {
            return person;
        }
    }
    return NULL;
}

static struct registry_person *find_key(struct registry *registry, uint64_t key)
{
    for (unsigned i = 0; i < registry->count; i++) {
        if (registry->people[i].key == key) {
            return &registry->people[i];
        }
    }
    return NULL;
}

void registry_batch_begin(struct registry *registry)
{
    assert_false(registry->batch);
    registry->batch = true;
}

void registry_batch_end(struct registry *registry)
{
    assert_true(registry->batch);
    registry->batch = false;
}

struct outcome registry_fetch(struct registry *registry, struct registry_probe *probes,
                              unsigned count, struct buf *scratch)
{
    struct outcome outcome = OUTCOME_OK;
    buf_reset(scratch);
    registry->fetches++;
    if (registry->fault != FAULT_NONE) {
        return outcome_fail(registry->fault, "fetch");
    }
    for (unsigned i = 0; i < count; i++) {
        struct registry_person *person =
            probes[i].by_key ? find_key(registry, probes[i].key) : find(registry, probes[i].tag);
        probes[i].found = person != NULL;
        person = person == NULL && registry->count > 0 ? &registry->people[0] : person;
        probes[i].record = view_of(NULL, 0);
        probes[i].key = person == NULL ? 0 : person->key;
        probes[i].version = person == NULL ? 0 : person->version;
        if (person != NULL && person->damaged) {
            probes[i].found = false;
            outcome = outcome_fail(FAULT_CORRUPT, "seal of a person");
        } else if (person != NULL) {
            probes[i].record = buf_view(&person->record);
            probes[i].origins = registry->origins;
        }
    }
    return outcome;
}

struct outcome registry_keys(struct registry *registry, const uint8_t tags[][SEAL_BLIND_BYTES],
                             unsigned count, uint64_t *ret_keys)
{
    registry->looks += count;
    for (unsigned i = 0; i < count; i++) {
        const struct registry_person *person = find(registry, tags[i]);
        ret_keys[i] = person == NULL ? 0 : person->key;
    }
    return registry->keys_fault == FAULT_NONE ? OUTCOME_OK
                                              : outcome_fail(registry->keys_fault, "keys");
}

struct outcome registry_fetch_version(struct registry *registry, uint64_t key, uint32_t version,
                                      struct buf *scratch, struct view *ret_record,
                                      struct view *ret_origins)
{
    (void)scratch;
    registry->fetches++;
    for (unsigned i = 0; i < registry->count; i++) {
        const struct registry_person *person = &registry->people[i];
        if (person->key == key && (person->version == version || person->old_version == version)) {
            *ret_origins = registry->origins;
            *ret_record = buf_view(person->version == version ? &person->record : &person->old);
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_NOT_FOUND, "no such version of the person");
}

/* What the index would say of a person. */
static struct registry_facts facts_of(const struct person_record *record)
{
    struct registry_facts facts = {.birth_date = record->birth_date,
                                   .sex = record->sex,
                                   .province_list_day = record->province_list_day,
                                   .flags = record->flags & (PERSON_PROTECTED | PERSON_LOCKED)};
    memcpy(facts.province, record->province, sizeof(facts.province));
    return facts;
}

static bool has_name(const struct registry_search *search, const struct person_record *record)
{
    return view_equal(search->folded_name, record->folded_name) &&
           view_starts(record->birth_date, search->birth_date);
}

static void put_found(struct registry_search *search, const struct registry_person *person,
                      bool wanted)
{
    if (search->count < NAMESAKES_SHOWN_MAX) {
        search->found[search->count++] = (struct registry_namesake){
            wanted, person->key, person->version, buf_view(&person->record)};
    }
}

struct outcome registry_search(struct registry *registry, struct registry_search *search,
                               struct buf *scratch)
{
    bool wanted[WORLD_PEOPLE_MAX] = {false};
    unsigned count = 0;
    buf_reset(scratch);
    registry->fetches++;
    if (registry->fault != FAULT_NONE) {
        return outcome_fail(registry->fault, "search");
    }
    for (unsigned i = 0; i < registry->count; i++) {
        struct person_record record = {0};
        assert_ok(person_record_open(buf_view(&registry->people[i].record), &record));
        struct registry_facts facts = facts_of(&record);
        bool wants = search->wants(search->context, &facts);
        wanted[i] = wants && has_name(search, &record);
        count += wanted[i];
        if (wanted[i] && registry->people[i].damaged) {
            return outcome_fail(FAULT_CORRUPT, "seal of a person");
        }
    }
    search->over = count > NAMESAKES_SHOWN_MAX;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < registry->count; i++) {
            if (wanted[i] == (round == 0)) {
                put_found(search, &registry->people[i], wanted[i]);
            }
        }
    }
    return OUTCOME_OK;
}

/* The set is the registry itself. */
uint32_t hidden_set_flags(const struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct registry *registry = (struct registry *)(void *)(uintptr_t)set;
    const struct registry_person *person = find(registry, tag);
    return person != NULL ? person->flags & (PERSON_PROTECTED | PERSON_LOCKED) : 0;
}

/* ---- ledger/, in memory ---- */

static void keep(struct buf *buf, struct view bytes)
{
    buf_done(buf);
    buf_init(buf, OPENING_BYTES_MAX);
    buf_put_view(buf, bytes);
    assert_ok(buf_check(buf));
}

struct outcome ledger_add(struct ledger *ledger, const struct ledger_item *item,
                          uint64_t *ret_index)
{
    if (ledger->add_fault != FAULT_NONE) {
        return outcome_fail(ledger->add_fault, "add");
    }
    unsigned at = ledger->size + ledger->pending;
    assert_true(at < WORLD_ENTRIES_MAX && ledger->pending < BATCH_ASKS_MAX);
    assert_true(item->entry.len > 0 && item->opening.len > 0);
    keep(&ledger->entries[at], item->entry);
    keep(&ledger->openings[at], item->opening);
    ledger->pending++;
    *ret_index = at;
    return OUTCOME_OK;
}

struct outcome ledger_commit(struct ledger *ledger)
{
    if (ledger->commit_fault != FAULT_NONE) {
        ledger->pending = 0; /* a batch is dropped whole */
        return outcome_fail(ledger->commit_fault, "commit");
    }
    assert_true(ledger->pending > 0);
    ledger->size += ledger->pending;
    ledger->pending = 0;
    ledger->commits++;
    return OUTCOME_OK;
}

void ledger_abandon(struct ledger *ledger)
{
    ledger->pending = 0;
}

bool ledger_writable(const struct ledger *ledger)
{
    return !ledger->full;
}

/* It takes what is added all the same: what waits is tried with the real one. */
bool ledger_held(const struct ledger *ledger, struct ledger_restored *ret_restored)
{
    if (ret_restored != NULL) {
        *ret_restored = (struct ledger_restored){.at.size = WORLD_RESTORED_SIZE};
    }
    return !ledger->released;
}

void ledger_lift(struct ledger *ledger, bool lifted)
{
    (void)ledger;
    (void)lifted;
}

void ledger_release(struct ledger *ledger)
{
    ledger->released = true;
}

struct view ledger_checkpoint(const struct ledger *ledger)
{
    return ledger->commits > 0 ? VIEW_LITERAL("checkpoint") : view_of(NULL, 0);
}

struct outcome ledger_prove(const struct ledger *ledger, uint64_t index, struct buf *ret_path)
{
    if (ledger->prove_fault != FAULT_NONE) {
        return outcome_fail(ledger->prove_fault, "prove");
    }
    assert_true(index < ledger->size);
    buf_put_zeros(ret_path, 3 * SEAL_HASH_BYTES);
    return OUTCOME_OK;
}

uint64_t ledger_size(const struct ledger *ledger)
{
    return ledger->size;
}

void ledger_figures_get(const struct ledger *ledger, struct ledger_figures *ret_figures)
{
    *ret_figures = (struct ledger_figures){.snapshot_entries = ledger->size};
}

void ledger_expect(struct ledger *ledger, uint64_t index)
{
    assert_true(index < ledger->size);
    ledger->expected++;
}

struct outcome ledger_read(struct ledger *ledger, uint64_t index, struct buf *scratch,
                           struct ledger_item *ret_item)
{
    struct ledger_receipt receipt = {0};
    struct outcome outcome = ledger_reread(ledger, index, scratch, &receipt);
    *ret_item = receipt.item;
    return outcome;
}

struct outcome ledger_reread(struct ledger *ledger, uint64_t index, struct buf *scratch,
                             struct ledger_receipt *ret_receipt)
{
    ledger->rereads++;
    if (ledger->reread_fault != FAULT_NONE) {
        return outcome_fail(ledger->reread_fault, "reread");
    }
    assert_true(index < ledger->size);
    buf_reset(scratch);
    size_t entry = ledger->entries[index].len;
    size_t opening = ledger->openings[index].len;
    buf_put_view(scratch, buf_view(&ledger->entries[index]));
    buf_put_view(scratch, buf_view(&ledger->openings[index]));
    buf_put_zeros(scratch, 3 * SEAL_HASH_BYTES);
    buf_put_text(scratch, "checkpoint of then");
    assert_ok(buf_check(scratch));
    struct view all = buf_view(scratch);
    size_t path = entry + opening;
    *ret_receipt = (struct ledger_receipt){
        .item = {view_part(all, 0, entry), view_part(all, entry, opening)},
        .path = view_part(all, path, 3 * SEAL_HASH_BYTES),
        .checkpoint = view_part(all, path + 3 * SEAL_HASH_BYTES, 18),
    };
    return OUTCOME_OK;
}

/* ---- people ---- */

static void add_person(struct world *world, const char *id, const char *line)
{
    struct registry *registry = &world->registry;
    struct registry_person *row = &registry->people[registry->count];
    struct person_fault fault = {0};
    struct person *person = NULL;
    struct arena arena;
    assert_true(registry->count < WORLD_PEOPLE_MAX);
    assert_ok(arena_init(&arena, PERSON_PARSE_BYTES_MAX));
    struct outcome outcome = person_parse(view_text(line), &arena, &person, &fault);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: column %zu: %s", id, fault.column, fault.reason);
    }
    buf_init(&row->record, PERSON_BYTES_MAX);
    assert_ok(person_encode(person, registry->blinder, &row->record));
    blinder_tag(registry->blinder, BLIND_ID, person_id(person), row->id_tag);
    if (person_cmnd(person).len > 0) {
        blinder_tag(registry->blinder, BLIND_CMND, person_cmnd(person), row->cmnd_tag);
    }
    row->flags = person_flags(person);
    row->key = 1000 + registry->count;
    row->version = 1 + registry->count;
    registry->count++;
    arena_done(&arena);
}

static void add_people(struct world *world)
{
#define MEMBER(id, name, relation)                                                                 \
    "{\"full_name\":\"" name "\",\"id\":\"" id "\",\"cmnd\":null,\"relation_to_head\":\"" relation \
    "\"}"
#define HOUSEHOLD                                                                                  \
    "{\"number\":\"1\",\"head\":{\"full_name\":\"Nguyễn Văn An\",\"id\":\"" WORLD_AN               \
    "\",\"cmnd\":null},\"members\":[" MEMBER(WORLD_AN, "Nguyễn Văn An", "CH01") "," MEMBER(        \
        WORLD_BINH, "Trần Thị Bình", "CH02") "," MEMBER(WORLD_CHI, "Nguyễn Chi", "CH03") "]}"
#define PERSON(id, cmnd, name, birth, province, household, death, flags)                           \
    "{\"id\":\"" id "\",\"cmnd\":" cmnd ",\"full_name\":\"" name "\",\"birth_date\":\"" birth      \
    "\",\"sex\":\"1\",\"birth_registration_place\":null,\"native_place\":null,"                    \
    "\"ethnicity\":\"01\",\"religion\":\"00\",\"nationality\":\"VN\",\"marital_status\":null,"     \
    "\"permanent_residence\":" ADDRESS(                                                            \
        province) ",\"temporary_residence\":null,"                                                 \
                  "\"temporary_absence\":null,\"current_residence\":null,\"relation_to_head\":"    \
                  "null,"                                                                          \
                  "\"blood_group\":null,\"relatives\":null,\"household\":" household               \
                  ",\"death_or_missing\":" death "," flags "}"
#define FLAGS(protected, locked) "\"protected\":" protected ",\"locked\":" locked
    add_person(world, WORLD_DUNG,
               PERSON(WORLD_DUNG, "null", "Lê Dũng", "1990", "01", "null",
                      "{\"kind\":\"dead\",\"date\":\"2021-05-01\"}", FLAGS("false", "false")));
    add_person(world, WORLD_AN,
               PERSON(WORLD_AN, "\"" WORLD_AN_CMND "\"", WORLD_AN_NAME, WORLD_AN_BIRTH, "79",
                      HOUSEHOLD, "null", FLAGS("false", "false")));
    add_person(world, WORLD_BINH,
               PERSON(WORLD_BINH, "null", "Trần Thị Bình", "1991-03-04", "79", HOUSEHOLD, "null",
                      FLAGS("true", "false")));
    add_person(world, WORLD_CHI,
               PERSON(WORLD_CHI, "null", "Nguyễn Chi", "2001-05-06", "79", HOUSEHOLD, "null",
                      FLAGS("false", "true")));
}

void world_add_namesake(struct world *world, const char *id, const char *name, const char *birth,
                        const char *province, const char *flags)
{
    char line[2048];
    (void)snprintf(line, sizeof(line), PERSON("%s", "null", "%s", "%s", "%s", "null", "null", "%s"),
                   id, name, birth, province, flags);
    add_person(world, id, line);
}

void world_add_child(struct world *world, const char *id, const char *relation,
                     const char *relative)
{
    static const char none[] = "\"relatives\":null";
    char line[2048];
    char whole[3072];
    (void)snprintf(line, sizeof(line),
                   PERSON("%s", "null", "Nguyễn Văn Em", "2015-06-07", "79", "null", "null",
                          FLAGS("false", "false")),
                   id);
    char *at = strstr(line, none);
    assert_non_null(at);
    (void)snprintf(whole, sizeof(whole),
                   "%.*s\"relatives\":[{\"relation\":\"%s\",\"full_name\":\"Nguyễn Văn An\","
                   "\"id\":\"%s\",\"cmnd\":null,\"nationality\":\"VN\"}]%s",
                   (int)(at - line), line, relation, relative, at + sizeof(none) - 1);
    add_person(world, id, whole);
}

struct registry_person *world_person(struct world *world, const char *id)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    blinder_tag(world->registry.blinder, BLIND_ID, view_text(id), tag);
    struct registry_person *person = find(&world->registry, tag);
    assert_non_null(person);
    return person;
}

/* ---- parties, accounts, businesses ---- */

static struct party *add_party(struct world *world, const char *code, enum party_class class)
{
    struct party *party = memory_new(1, sizeof(*party));
    assert_non_null(party);
    assert_ok(code_set(&party->code, view_text(code)));
    party->class = class;
    assert_ok(directory_add_party(&world->directory, party));
    return party;
}

static struct account *add_account(struct world *world, struct party *party, const char *code,
                                   enum channel channel)
{
    struct account *account = memory_new(1, sizeof(*account));
    assert_non_null(account);
    assert_ok(code_set(&account->code, view_text(code)));
    account->party = party;
    account->channel = channel;
    memset(account->certificates[0].spki, (int)world->directory.accounts.len + 1, SEAL_HASH_BYTES);
    account->certificate_count = 1;
    assert_ok(long_set(&account->instrument, VIEW_LITERAL("CV 01")));
    assert_ok(directory_add_account(&world->directory, account));
    return account;
}

static void add_business(struct world *world, struct party *party, const char *code,
                         uint64_t fields, enum channel channel)
{
    struct business *business = memory_new(1, sizeof(*business));
    assert_non_null(business);
    assert_ok(code_set(&business->code, view_text(code)));
    business->party = party;
    business->state = BUSINESS_GRANTED;
    business->version = 3;
    business->services = 1u << SERVICE_CITIZEN_LOOKUP;
    business->channels = 1u << channel;
    business->fields = fields;
    business->sensitive = fields & FIELD_BIT(FIELD_HOUSEHOLD);
    business->quota_day_max = 100000;
    business->hours = 0xffffff;
    business->until_day = 50000;
    assert_ok(directory_add_business(&world->directory, business));
}

static void add_parties(struct world *world)
{
    uint64_t name = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE);
    directory_init(&world->directory);
    struct party *bank = add_party(world, "bank", CLASS_ORGANISATION);
    struct party *agency = add_party(world, "agency", CLASS_STATE);
    struct party *second = add_party(world, "agency-b", CLASS_STATE);
    struct party *other = add_party(world, "other", CLASS_OTHER);
    struct party *citizen = add_party(world, "citizen", CLASS_CITIZEN);
    add_account(world, bank, "bank-1", CHANNEL_GUIDED);
    add_account(world, bank, "bank-2", CHANNEL_GUIDED);
    add_account(world, agency, "agency-1", CHANNEL_PROVINCE_ONE_STOP);
    add_account(world, other, "other-1", CHANNEL_GUIDED);
    add_account(world, citizen, "citizen-1", CHANNEL_NATIONAL_PORTAL);
    add_business(world, bank, "NV-1", name, CHANNEL_GUIDED);
    add_business(world, agency, "NV-2", name | FIELD_BIT(FIELD_HOUSEHOLD),
                 CHANNEL_PROVINCE_ONE_STOP);
    add_business(world, second, "NV-3", name, CHANNEL_PROVINCE_ONE_STOP);
    add_business(world, citizen, "OWN", name, CHANNEL_NATIONAL_PORTAL);
    world_business(world, "OWN")->services = 1u << SERVICE_OWN_VIEW;
    assert_ok(population_parse(VIEW_LITERAL("permanent_residence.province=79@2021-07-01"),
                               &world_business(world, "NV-2")->population, NULL));
}

struct business *world_business(struct world *world, const char *code)
{
    struct business *business = directory_business(&world->directory, view_text(code));
    assert_non_null(business);
    return business;
}

struct account *world_account(struct world *world, const char *code)
{
    struct account *account = directory_account(&world->directory, view_text(code));
    assert_non_null(account);
    return account;
}

/* ---- the whole ---- */

struct gate *world_gate_new(struct world *world)
{
    static const struct secret key = {{9}};
    struct gate *gate = NULL;
    struct history_config history = {.home_fd = DISK_CLOSED, /* nothing here grows so long */
                                     .disk = disk_system(),
                                     .key = &key,
                                     .random = random_seeded(&world->seed)};
    struct gate_config config = {
        .directory = &world->directory,
        .registry = &world->registry,
        .hidden = (struct hidden_set *)(void *)&world->registry,
        .clock = clock_fixed(&world->now_us),
        .random = random_seeded(&world->seed),
        .history = world->history ? &history : NULL,
    };
    assert_ok(gate_new(&config, &gate));
    gate_ledger_set(gate, &world->ledger);
    gate_policy_set(gate, world->policy);
    return gate;
}

int world_setup(void **state)
{
    static const struct secret key = {{7}};
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->now_us = WORLD_NOW_US;
    world->seed = 1;
    assert_ok(blinder_new(&key, &world->registry.blinder));
    world->policy = law_load();
    add_people(world);
    add_parties(world);
    world->gate = world_gate_new(world);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    struct world *world = *state;
    gate_free(world->gate);
    directory_done(&world->directory);
    policy_free(world->policy);
    for (unsigned i = 0; i < world->registry.count; i++) {
        buf_done(&world->registry.people[i].record);
        buf_done(&world->registry.people[i].old);
    }
    for (unsigned i = 0; i < WORLD_ENTRIES_MAX; i++) {
        buf_done(&world->ledger.entries[i]);
        buf_done(&world->ledger.openings[i]);
    }
    blinder_free(world->registry.blinder);
    free(world);
    return 0;
}

struct ask world_ask_by(struct world *world, const char *account, const char *business)
{
    struct ask ask = world_ask();
    ask.business = view_text(business);
    memcpy(ask.spki, world_account(world, account)->certificates[0].spki, sizeof(ask.spki));
    return ask;
}

struct ask world_ask(void)
{
    struct ask ask = {
        .tag = 42,
        .service = SERVICE_CITIZEN_LOOKUP,
        .business = VIEW_LITERAL("NV-1"),
        .case_ref = VIEW_LITERAL("HS-1"),
        .subject_kind = SUBJECT_ID,
        .key = VIEW_LITERAL(WORLD_AN),
        .name = VIEW_LITERAL(WORLD_AN_NAME),
        .birth_date = VIEW_LITERAL(WORLD_AN_BIRTH),
        .fields = {FIELD_FULL_NAME, FIELD_BIRTH_DATE},
        .field_count = 2,
    };
    memset(ask.spki, 1, sizeof(ask.spki));
    CHECK(ask_sane(&ask));
    return ask;
}

const struct answer *world_serve(struct world *world, const struct ask *ask)
{
    assert_ok(gate_serve(world->gate, ask, 1, world->answers));
    return &world->answers[0];
}

json_t *world_last_trace(struct world *world)
{
    struct record record = {0};
    json_error_t error;
    assert_true(world->ledger.size > 0);
    assert_ok(
        record_get_opening(buf_view(&world->ledger.openings[world->ledger.size - 1]), &record));
    struct view trace = record.values[RECORD_TRACE];
    json_t *value = json_loadb((const char *)trace.data, trace.len, 0, &error);
    assert_non_null(value);
    return value;
}

void world_check_rule(struct world *world, enum rule rule)
{
    json_t *trace = world_last_trace(world);
    assert_string_equal(json_string_value(json_object_get(trace, "rule")),
                        words_name(&words_rule, rule));
    json_decref(trace);
}
