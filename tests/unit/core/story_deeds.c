/*
 * One call of the house each. A lack of space is told to whoever asked and the process goes on; any
 * other failure ends it, as core/core.c and core/admin.c do.
 */
#include "story_deeds.h"

#include "gate/law.h"
#include "gate/work.h"
#include "ledger/private.h"
#include "office/found.h"
#include "office/prepare.h"
#include "tlog/note.h"

#define KEY_FIRST 12345u

/* ---- what was told ---- */

static void tell_checkpoint(const struct story *story, struct view note, struct witness *witness)
{
    struct note_key key;
    struct checkpoint checkpoint = {0};
    assert_ok(note_key_get(buf_view(&story->home->vkey), &key));
    assert_ok(checkpoint_open(&key, note, &checkpoint));
    witness->size = checkpoint.size;
    memcpy(witness->root, checkpoint.root.bytes, sizeof(witness->root));
    witness->told = story->tape.count;
}

static void tell_answer(struct story *story, const struct answer *answer)
{
    BUF_AUTO proof;
    buf_init(&proof, 65536);
    char why[256] = "";
    if (answer->entry.len == 0) {
        story->sums.unavailable += answer->code == CODE_LEDGER_UNAVAILABLE;
        return;
    }
    proof_put(&proof, answer->leaf_index, answer->path, answer->checkpoint);
    assert_ok(proof_verify(buf_view(&proof), answer->entry, buf_view(&story->home->vkey), why));
    struct witness *witness = tape_witness(&story->tape, WITNESS_ASK);
    witness->index = answer->leaf_index;
    seal_sha256_prefixed(0, answer->entry, witness->leaf);
    tell_checkpoint(story, answer->checkpoint, witness);
    story->sums.answered++;
}

/* What anybody may have fetched by now. */
static void tell_published(struct story *story)
{
    const struct power *power = story->power;
    int at = power_find(&power->now, "ledger/checkpoint");
    if (at >= 0) {
        const struct power_bytes *bytes = &power->nodes[power->now.rows[at].node].now;
        tell_checkpoint(story, view_of(bytes->data, bytes->len),
                        tape_witness(&story->tape, WITNESS_CHECKPOINT));
    }
}

static bool survivable(struct outcome outcome)
{
    return outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_NOT_FOUND ||
           outcome.fault == FAULT_CONFLICT || outcome.fault == FAULT_OVER_LIMIT ||
           outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY;
}

/* True when it was done. */
static bool done(struct story *story, struct outcome outcome)
{
    story->ended = story->ended || (!outcome_ok(outcome) && !survivable(outcome));
    story->sums.not_taken += !outcome_ok(outcome);
    return outcome_ok(outcome);
}

static bool over(struct story *story)
{
    if (story->house != NULL && !story->ended && !ledger_writable(story->house->ledger)) {
        outcome_ignore(ledger_retry(story->house->ledger)); /* as watch_health() does */
    }
    return story->house == NULL || story->ended;
}

/* ---- asks ---- */

struct ask story_ask(unsigned person, unsigned version, char ret_key[13], char ret_birth[11])
{
    struct ask ask = home_ask();
    snprintf(ret_key, 13, "0790909%05u", KEY_FIRST + person);
    snprintf(ret_birth, 11, "1990-01-%02u", 2 + version % 20);
    ask.key = view_text(ret_key);
    ask.birth_date = view_text(ret_birth);
    return ask;
}

void deed_serve(struct story *story, const struct ask *asks, unsigned count)
{
    if (over(story)) {
        return;
    }
    struct outcome outcome = gate_serve(story->house->gate, asks, count, story->home->answers);
    if (!outcome_ok(outcome)) {
        story->ended = true;
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        tell_answer(story, &story->home->answers[i]);
    }
}

void deed_batch(struct story *story, unsigned count)
{
    struct ask asks[32];
    char keys[32][13];
    char births[32][11];
    assert_true(count <= 32);
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = story->asked++;
        asks[i] = story_ask((unsigned)number % HOME_PEOPLE, 0, keys[i], births[i]);
        switch (number % 10) {
        case 3:
            asks[i].case_ref = view_of(NULL, 0);
            break;
        case 5:
            asks[i].name = VIEW_LITERAL("Trần Văn Bảy");
            break;
        case 7:
            asks[i].fields[1] = FIELD_SEX;
            break;
        case 2:
        case 8:
            asks[i].business = VIEW_LITERAL("NV-FEW");
            break;
        default:
            break;
        }
    }
    deed_serve(story, asks, count);
}

void deed_limit(struct story *story)
{
    char key[13];
    char birth[11];
    struct ask ask = story_ask(1, 0, key, birth);
    if (over(story)) {
        return;
    }
    struct account *account = directory_account(&story->house->directory, VIEW_LITERAL("bank-1"));
    uint64_t used = account->refusals.used;
    account->refusals.us = story->now_us;
    account->refusals.used = REFUSALS_BURST_MAX * LEAK_UNIT; /* as if 20,000 had been refused */
    deed_serve(story, &ask, 1);
    account->refusals.used = used;
}

/* ---- acts ---- */

static void act(struct story *story, const struct act *act)
{
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX + 4096);
    char why[256] = "";
    uint64_t index = 0;
    if (over(story)) {
        return;
    }
    act_put(act, &bytes);
    assert_ok(buf_check(&bytes));
    struct witness *witness = tape_witness(&story->tape, WITNESS_ACT);
    witness->act = act->kind;
    seal_sha256(buf_view(&bytes), witness->act_hash);
    if (done(story, office_act(story->house->office, act, 0, &index, why))) {
        witness->index = index;
        witness->told = story->tape.count;
    }
}

void deed_act(struct story *story, enum act_kind kind, ...)
{
    struct act made = {.kind = kind};
    va_list values;
    va_start(values, kind);
    for (const char *field = va_arg(values, const char *); field != NULL;
         field = va_arg(values, const char *)) {
        act_value_set(&made, field, view_text(va_arg(values, const char *)));
    }
    va_end(values);
    act(story, &made);
}

void deed_publish(struct story *story, const char *comment)
{
    struct law law;
    BUF_AUTO bytes;
    struct policy *policy = NULL;
    struct policy_error error = {{0}};
    struct act made = {.kind = ACT_POLICY_PUBLISH};
    law_read(&law);
    buf_put_text(&law.contents[0], comment);
    law.files[0].content = buf_view(&law.contents[0]);
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_ok(policy_load(law.files, law.count, &policy, &error));
    policy_files_put(law.files, law.count, &bytes);
    act_value_set(&made, "hash", view_text(policy_hash(policy)));
    act_value_set(&made, "files", buf_view(&bytes));
    act(story, &made);
    policy_free(policy);
    law_done(&law);
}

/* ---- signed acts ---- */

/* Keys of RFC 7515, appendix A.3, and RFC 7517, appendix A.1: nothing is signed with them here. */
static const char *const officer_points[2] = {
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEUx_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D44Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"};

static struct officer officer_of(unsigned which)
{
    static const uint8_t prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    struct officer officer = {.roles = which == 0 ? ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_SECURITY)
                                                  : ROLE_BIT(ROLE_APPROVE)};
    const char *name = which == 0 ? "LAN" : "MINH";
    BUF_AUTO point;
    buf_init(&point, 64);
    assert_ok(base64url_get(view_of(officer_points[which], 43), &point));
    assert_ok(base64url_get(view_of(officer_points[which] + 43, 43), &point));
    memcpy(officer.key, prefix, sizeof(prefix));
    memcpy(officer.key + sizeof(prefix), point.data, point.len);
    memset(officer.spki, 0xb0 + (int)which, sizeof(officer.spki));
    assert_ok(code_set(&officer.code, view_text(name)));
    assert_ok(long_set(&officer.name, view_text(name)));
    return officer;
}

void deed_found(struct story *story)
{
    const struct officer officers[2] = {officer_of(0), officer_of(1)};
    struct act made = {.kind = ACT_OFFICER_FOUND};
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    found_put(officers, 2, &bytes);
    act_value_set(&made, "officers", buf_view(&bytes));
    act(story, &made);
}

static void jws_of(enum deed_signed which, char ret_jws[32], uint8_t ret_hash[SEAL_HASH_BYTES])
{
    snprintf(ret_jws, 32, "header.payload-%d.signature", (int)which);
    seal_sha256(view_text(ret_jws), ret_hash);
}

static void party_act(struct act *act)
{
    act->kind = ACT_PARTY_ADD;
    act_value_set(act, "code", VIEW_LITERAL("signed"));
    act_value_set(act, "class", VIEW_LITERAL("state"));
    act_value_set(act, "kind", VIEW_LITERAL("agency"));
    act_value_set(act, "name", VIEW_LITERAL("Agency"));
}

static void own_act(struct act *act)
{
    act->kind = ACT_BUSINESS_ADD;
    act_value_set(act, "code", VIEW_LITERAL("NV-OWN"));
    act_value_set(act, "party", VIEW_LITERAL("bank"));
    act_value_set(act, "purpose", VIEW_LITERAL("KYC"));
    act_value_set(act, "legal-basis", VIEW_LITERAL("Law"));
    act_value_set(act, "services", VIEW_LITERAL("citizen.lookup"));
    act_value_set(act, "channels", VIEW_LITERAL("guided"));
    act_value_set(act, "fields", VIEW_LITERAL("full_name"));
    act_value_set(act, "quota-day", VIEW_LITERAL("4"));
}

/* Values that are not literals lie in ret_text. */
static void signed_act_of(enum deed_signed which, struct act *act,
                          char ret_text[2 * SEAL_HASH_BYTES + 1])
{
    uint8_t hash[SEAL_HASH_BYTES];
    char jws[32];
    switch (which) {
    case DEED_SIGNED_OWN:
        own_act(act);
        break;
    case DEED_SIGNED_PROPOSAL:
        act->kind = ACT_ACCOUNT_ADD;
        act_value_set(act, "code", VIEW_LITERAL("agency-2"));
        act_value_set(act, "party", VIEW_LITERAL("bank"));
        act_value_set(act, "channel", VIEW_LITERAL("guided"));
        break;
    case DEED_SIGNED_APPROVAL:
        act->kind = ACT_PROPOSAL_APPROVE;
        jws_of(DEED_SIGNED_PROPOSAL, jws, hash);
        for (size_t i = 0; i < SEAL_HASH_BYTES; i++) {
            snprintf(&ret_text[2 * i], 3, "%02x", hash[i]);
        }
        act_value_set(act, "code", view_text(ret_text));
        break;
    default:
        party_act(act);
        break;
    }
}

bool deed_say(struct office *office, int64_t now_us, enum deed_signed which,
              uint8_t ret_jws_hash[SEAL_HASH_BYTES], struct outcome *ret_outcome,
              struct signed_result *ret_result)
{
    const bool own = which == DEED_SIGNED_OWN;
    const struct officer officer = officer_of(which == DEED_SIGNED_APPROVAL);
    struct act act = {0};
    uint8_t key[SEAL_HASH_BYTES];
    uint8_t spki[SEAL_HASH_BYTES];
    char text[2 * SEAL_HASH_BYTES + 1];
    char jws[32];
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    signed_act_of(which, &act, text);
    act_put(&act, &bytes);
    jws_of(which, jws, ret_jws_hash);
    seal_sha256(view_of(officer.key, sizeof(officer.key)), key);
    memset(spki, HOME_SPKI_BYTE, sizeof(spki));
    const struct signed_act told = {
        .doer = {.kind = own ? SIGNER_ACCOUNT : SIGNER_OFFICER,
                 .code = own ? VIEW_LITERAL("bank-1") : code_view(&officer.code)},
        .key = own ? spki : key,
        .spki = own ? spki : officer.spki,
        .jws_hash = ret_jws_hash,
        .code = ACT_CODE_DONE,
        .act = buf_view(&bytes),
        .jti = view_text(jws),
        .iat_s = (uint64_t)(now_us / 1000000),
        .jws = view_text(jws)};
    *ret_outcome = office_signed(office, &told, ret_result);
    return outcome_ok(*ret_outcome) && ret_result->code != ACT_CODE_UNAVAILABLE &&
           ret_result->code != ACT_CODE_SIGNATURE_INVALID;
}

void deed_signed(struct story *story, enum deed_signed which)
{
    struct outcome outcome = OUTCOME_OK;
    struct signed_result result;
    if (over(story)) {
        return;
    }
    struct witness *witness = tape_witness(&story->tape, WITNESS_ACT);
    witness->act = ACT_KIND_COUNT;
    witness->which_signed = which + 1;
    bool told =
        deed_say(story->house->office, story->now_us, which, witness->act_hash, &outcome, &result);
    if (done(story, outcome) && told) {
        witness->index = result.index;
        witness->told = story->tape.count;
    }
}

/* ---- import ---- */

static struct outcome import(struct story *story, unsigned first, unsigned count, unsigned version,
                             struct registry_chunk *ret_chunk)
{
    struct person *people[HOME_PEOPLE];
    struct person_fault fault = {0};
    struct arena arena;
    char line[2048];
    char key[13];
    char birth[11];
    assert_true(count <= HOME_PEOPLE);
    assert_ok(arena_init(&arena, (HOME_PEOPLE + 1) * PERSON_PARSE_BYTES_MAX));
    for (unsigned i = 0; i < count; i++) {
        (void)story_ask(first + i, version, key, birth);
        home_person_line(key, birth, line, sizeof(line));
        assert_ok(person_parse(view_text(line), &arena, &people[i], &fault));
    }
    struct outcome outcome = registry_import(story->house->registry, people, count, ret_chunk);
    arena_done(&arena);
    return outcome;
}

void deed_chunk(struct story *story, unsigned first, unsigned count, unsigned version, bool record)
{
    if (over(story)) {
        return;
    }
    struct witness *witness = tape_witness(&story->tape, WITNESS_CHUNK);
    witness->first_person = first;
    witness->version = version;
    if (!done(story, import(story, first, count, version, &witness->chunk))) {
        return;
    }
    witness->told = story->tape.count;
    if (record) {
        (void)done(story, house_record_chunk(story->house, &witness->chunk, 0));
    }
}

/* ---- between batches, and the end ---- */

void deed_turn(struct story *story, int64_t later_us)
{
    uint32_t wait_ms = 0;
    if (over(story)) {
        return;
    }
    story->now_us += later_us;
    struct outcome outcome = ledger_tick(story->house->ledger, &wait_ms);
    if (!outcome_ok(outcome)) {
        story->ended = true;
        return;
    }
    tell_published(story);
    if (ledger_writable(story->house->ledger)) {
        outcome = gate_aggregate(story->house->gate, false, &wait_ms);
        story->ended = !outcome_ok(outcome) && outcome.fault != FAULT_NO_SPACE;
    }
}

void deed_keep(struct story *story)
{
    uint64_t from = 0;
    uint64_t until = 0;
    struct outcome outcome = {0};
    const struct disk_port *disk = &story->power->port;
    if (over(story)) {
        return;
    }
    enum ledger_wish wish = ledger_wish(story->house->ledger, &from, &until);
    if (wish == LEDGER_WISH_SPARE) {
        outcome = prepare_spare(disk, story->home_fd, STORY_SEGMENT_BYTES);
    }
    if (wish == LEDGER_WISH_TILES) {
        outcome = sync_tiles(disk, story->home_fd, from, until);
    }
    if (wish == LEDGER_WISH_SYNC) {
        outcome = sync_derived(disk, story->home_fd, from, until);
    }
    wish = ledger_wish_said(wish, outcome);
    if (wish != LEDGER_WISH_NONE) { /* else it is asked again */
        ledger_kept(story->house->ledger, wish, until);
    }
}

void deed_end(struct story *story)
{
    uint32_t wait_ms = 0;
    if (over(story)) {
        return;
    }
    if (ledger_writable(story->house->ledger)) {
        outcome_ignore(gate_aggregate(story->house->gate, true, &wait_ms)); /* as record_rest() */
    }
    house_close(story->house);
    story->house = NULL;
    tell_published(story);
}
