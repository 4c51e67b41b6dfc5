/* An office with officers. */
#include "desk.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define PORTAL_SPKI "5555555555555555555555555555555555555555555555555555555555555555"
static const struct {
    const char *code;
    unsigned roles;
} people[] = {
    [LAN] = {"LAN", ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_DECIDE) | ROLE_BIT(ROLE_SECURITY)},
    [MINH] = {"MINH", ROLE_BIT(ROLE_DECIDE) | ROLE_BIT(ROLE_APPROVE)},
    [HOA] = {"HOA", ROLE_BIT(ROLE_DECIDE) | ROLE_BIT(ROLE_APPROVE) | ROLE_BIT(ROLE_SECURITY)},
    [AN] = {"AN", ROLE_BIT(ROLE_AUDIT)},
    [BANK] = {"A-active", 0},
};

const char *desk_code(enum who who)
{
    return people[who].code;
}

static void make_key(uint8_t ret_key[ES256_SPKI_BYTES])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    unsigned char *at = ret_key;
    assert_non_null(key);
    assert_int_equal(i2d_PUBKEY(key, &at), ES256_SPKI_BYTES);
    EVP_PKEY_free(key);
}

static void spki_of(enum who who, uint8_t ret_spki[SEAL_HASH_BYTES])
{
    memset(ret_spki, who == BANK ? 0x11 : 0xa0 + (int)who, SEAL_HASH_BYTES);
}

void desk_officers(const struct desk *desk, struct officer ret_officers[4])
{
    for (enum who who = LAN; who <= AN; who++) {
        struct officer *officer = &ret_officers[who];
        *officer = (struct officer){.roles = people[who].roles};
        assert_ok(code_set(&officer->code, view_text(people[who].code)));
        assert_ok(long_set(&officer->name, VIEW_LITERAL("Cán bộ trình diễn")));
        memcpy(officer->key, desk->keys[who], ES256_SPKI_BYTES);
        spki_of(who, officer->spki);
    }
}

struct outcome desk_found(struct desk *desk, const struct officer *officers, unsigned count)
{
    struct act act = {.kind = ACT_OFFICER_FOUND};
    uint64_t index = 0;
    char why[256];
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    found_put(officers, count, &bytes);
    act_value_set(&act, "officers", buf_view(&bytes));
    return office_act(desk->office, &act, 0, &index, why);
}

static bool has_papers(void *context, const struct act *act)
{
    const struct desk *desk = context;
    (void)act;
    return !desk->no_papers;
}

struct outcome desk_start(struct desk *desk)
{
    struct office_config config = {.clock = clock_fixed(&desk->world->now_us),
                                   .random = random_seeded(&desk->world->seed),
                                   .directory = &desk->directory};
    shelf_use(&desk->store);
    directory_init(&desk->directory);
    desk->directory.blinder = desk->world->registry.blinder;
    struct outcome outcome = office_open(&config, &desk->office);
    if (!outcome_ok(outcome)) {
        directory_done(&desk->directory);
        desk->office = NULL;
        return outcome;
    }
    office_gate_set(desk->office, desk->world->gate);
    office_papers_set(desk->office, (struct paper_port){has_papers, desk});
    return OUTCOME_OK;
}

void desk_end(struct desk *desk)
{
    gate_policy_set(desk->world->gate, NULL);
    gate_policy_next_set(desk->world->gate, NULL, 0);
    office_close(desk->office);
    desk->office = NULL;
    directory_done(&desk->directory);
}

struct outcome desk_restart(struct desk *desk)
{
    desk_end(desk);
    TRY(desk_start(desk));
    for (unsigned i = 0; i < desk->world->ledger.size; i++) {
        struct record record = {0};
        TRY(record_get_opening(buf_view(&desk->world->ledger.openings[i]), &record));
        TRY(office_replay(desk->office, i, &record));
    }
    return OUTCOME_OK;
}

int desk_setup_unfounded(void **state)
{
    void *world = NULL;
    struct desk *desk = calloc(1, sizeof(*desk));
    assert_non_null(desk);
    assert_int_equal(world_setup(&world), 0);
    desk->world = world;
    for (unsigned i = 0; i <= WHO_COUNT; i++) {
        make_key(desk->keys[i]);
    }
    assert_ok(desk_start(desk));
    *state = desk;
    return 0;
}

void desk_by_hand(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    assert_ok(office_act(desk->office, act, 0, &index, why));
}

static void take_law(const struct law *law, const char *hash, struct law_act *ret_law)
{
    *ret_law = (struct law_act){.act.kind = ACT_POLICY_PUBLISH};
    buf_init(&ret_law->bytes, ACT_BYTES_MAX);
    policy_files_put(law->files, law->count, &ret_law->bytes);
    snprintf(ret_law->hash, sizeof(ret_law->hash), "%s", hash);
    act_value_set(&ret_law->act, "hash", view_text(ret_law->hash));
    act_value_set(&ret_law->act, "files", buf_view(&ret_law->bytes));
}

void desk_law(const char *more, struct law_act *ret_law)
{
    struct law law;
    struct policy *policy = NULL;
    struct policy_error error;
    BUF_AUTO changed;
    buf_init(&changed, ACT_BYTES_MAX);
    law_read(&law);
    buf_put_view(&changed, law.files[0].content);
    buf_put_text(&changed, more);
    law.files[0].content = buf_view(&changed);
    assert_ok(policy_load(law.files, law.count, &policy, &error));
    take_law(&law, policy_hash(policy), ret_law);
    policy_free(policy);
    law_done(&law);
}

static void publish(struct desk *desk)
{
    struct law law;
    struct law_act publishing;
    law_read(&law);
    take_law(&law, policy_hash(desk->world->policy), &publishing);
    desk_by_hand(desk, &publishing.act);
    buf_done(&publishing.bytes);
    law_done(&law);
}

void desk_furnish(struct desk *desk)
{
    static const enum act_kind connecting[] = {ACT_PARTY_DOSSIER, ACT_PARTY_INSPECTION,
                                               ACT_PARTY_CONNECT};
    struct act party = acts_make(ACT_PARTY_ADD);
    struct act account = acts_make(ACT_ACCOUNT_ADD);
    struct act business = acts_make(ACT_BUSINESS_ADD);
    publish(desk);
    act_value_set(&party, "class", VIEW_LITERAL("organisation"));
    act_value_set(&party, "code", VIEW_LITERAL("bank"));
    desk_by_hand(desk, &party);
    act_value_set(&party, "code", VIEW_LITERAL("notary"));
    desk_by_hand(desk, &party);
    for (size_t i = 0; i < sizeof(connecting) / sizeof(connecting[0]); i++) {
        struct act act = acts_make(connecting[i]); /* the bank */
        desk_by_hand(desk, &act);
    }
    act_value_set(&account, "code", VIEW_LITERAL("A-active"));
    act_value_set(&account, "spki", VIEW_LITERAL(ACTS_SPKI_KNOWN));
    desk_by_hand(desk, &account);
    act_value_set(&account, "code", VIEW_LITERAL("A-other"));
    act_value_set(&account, "party", VIEW_LITERAL("notary"));
    act_value_set(&account, "spki", VIEW_LITERAL(ACTS_SPKI_NEW));
    desk_by_hand(desk, &account);
    act_value_set(&business, "code", VIEW_LITERAL("NV-1"));
    desk_by_hand(desk, &business);
}

void desk_lists(struct desk *desk)
{
    struct act party = acts_make(ACT_PARTY_ADD);
    struct act account = acts_make(ACT_ACCOUNT_ADD);
    struct act business = acts_make(ACT_BUSINESS_ADD);
    struct act grant = acts_make(ACT_BUSINESS_GRANT);
    act_value_set(&party, "code", VIEW_LITERAL("agency"));
    act_value_set(&account, "code", VIEW_LITERAL("A-list"));
    act_value_set(&account, "party", VIEW_LITERAL("agency"));
    act_value_set(&account, "channel", VIEW_LITERAL("province_one_stop"));
    act_value_set(&account, "spki", view_text(NULL));
    act_value_set(&account, "assertion-required", view_text(NULL));
    act_value_set(&business, "code", VIEW_LITERAL("NV-list"));
    act_value_set(&business, "party", VIEW_LITERAL("agency"));
    act_value_set(&business, "services", VIEW_LITERAL("list.extract"));
    act_value_set(&business, "channels", VIEW_LITERAL("province_one_stop"));
    act_value_set(&business, "fields", VIEW_LITERAL("full_name,birth_date,religion"));
    act_value_set(&business, "sensitive", VIEW_LITERAL("religion"));
    act_value_set(&business, "bulk", VIEW_LITERAL("2000"));
    act_value_set(&grant, "code", VIEW_LITERAL("NV-list"));
    desk_by_hand(desk, &party);
    desk_by_hand(desk, &account);
    desk_by_hand(desk, &business);
    desk_by_hand(desk, &grant);
    account = desk_portal();
    desk_by_hand(desk, &account);
}

struct act desk_portal(void)
{
    struct act account = acts_make(ACT_ACCOUNT_ADD);
    act_value_set(&account, "code", VIEW_LITERAL("A-portal"));
    act_value_set(&account, "channel", VIEW_LITERAL("national_portal"));
    act_value_set(&account, "spki", VIEW_LITERAL(PORTAL_SPKI));
    act_value_set(&account, "instrument", view_text(NULL));
    return account;
}

int desk_setup(void **state)
{
    struct officer officers[4];
    assert_int_equal(desk_setup_unfounded(state), 0);
    struct desk *desk = *state;
    desk_furnish(desk);
    desk_officers(desk, officers);
    assert_ok(desk_found(desk, officers, 4));
    return 0;
}

int desk_teardown(void **state)
{
    struct desk *desk = *state;
    if (desk->office != NULL) {
        desk_end(desk);
    }
    shelf_done(&desk->store);
    void *world = desk->world;
    world_teardown(&world);
    free(desk);
    return 0;
}

void desk_sign(struct desk *desk, enum who who, const struct act *act, struct signing *ret_signing)
{
    struct signing *signing = ret_signing;
    unsigned number = ++desk->number;
    *signing = (struct signing){0};
    buf_init(&signing->bytes, ACT_BYTES_MAX);
    act_put(act, &signing->bytes);
    spki_of(who, signing->spki);
    seal_sha256(view_of(desk->keys[who], ES256_SPKI_BYTES), signing->key);
    seal_sha256(view_of(&number, sizeof(number)), signing->jws_hash);
    snprintf(signing->jti, sizeof(signing->jti), "jti-%u", number);
    signing->told = (struct signed_act){
        .doer = {.kind = who == BANK ? SIGNER_ACCOUNT : SIGNER_OFFICER,
                 .code = view_text(people[who].code)},
        .key = who == BANK ? signing->spki : signing->key,
        .spki = signing->spki,
        .jws_hash = signing->jws_hash,
        .code = ACT_CODE_DONE,
        .act = buf_view(&signing->bytes),
        .jti = view_text(signing->jti),
        .iat_s = (uint64_t)(desk->world->now_us / 1000000),
        .jws = VIEW_LITERAL("header.payload.signature"),
    };
}

void desk_sign_by(struct desk *desk, unsigned key, struct signing *signing)
{
    seal_sha256(view_of(desk->keys[key], ES256_SPKI_BYTES), signing->key);
    signing->told.key = signing->key;
}

void desk_signed_done(struct signing *signing)
{
    buf_done(&signing->bytes);
}

struct signed_result desk_do(struct desk *desk, enum who who, const struct act *act)
{
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, who, act, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &result));
    desk_signed_done(&signing);
    return result;
}

struct act desk_act(enum act_kind kind, const char *code, const char *reason)
{
    struct act act = {.kind = kind};
    unsigned field = 0;
    act_value_set(&act, "code", view_text(code));
    if (reason != NULL && outcome_ok(act_field_find(kind, VIEW_LITERAL("reason"), &field))) {
        act_value_set(&act, "reason", view_text(reason));
    }
    return act;
}

enum act_code desk_try(struct desk *desk, enum who who, enum act_kind kind, const char *code)
{
    struct act act = desk_act(kind, code, "because");
    return desk_do(desk, who, &act).code;
}

struct act desk_officer_event(struct desk *desk, enum officer_event event, char text[128])
{
    static const enum act_kind kinds[OFFICER_EVENT_COUNT] = {
        [OFFICER_EVENT_ROLES] = ACT_OFFICER_ROLES,
        [OFFICER_EVENT_REPLACE] = ACT_OFFICER_REPLACE,
        [OFFICER_EVENT_LEAVE] = ACT_OFFICER_LEAVE,
        [OFFICER_EVENT_LOST] = ACT_OFFICER_LOST,
    };
    struct act act = desk_act(kinds[event], "AN", "because");
    BUF_AUTO key;
    buf_init(&key, 256);
    if (event == OFFICER_EVENT_ROLES) {
        act_value_set(&act, "roles", VIEW_LITERAL("intake"));
    } else if (event == OFFICER_EVENT_REPLACE) {
        base64url_put(&key, view_of(desk->keys[WHO_COUNT], ES256_SPKI_BYTES));
        snprintf(text, 128, "%.*s", (int)key.len, (const char *)key.data);
        act_value_set(&act, "spki", VIEW_LITERAL(ACTS_SPKI_FREE));
        act_value_set(&act, "key", view_text(text));
    }
    return act;
}

/* Proposed, where it takes two, by LAN, and approved by HOA. */
enum act_code desk_both(struct desk *desk, const struct act *act)
{
    struct signed_result result = desk_do(desk, LAN, act);
    if (result.code == ACT_CODE_PROPOSED) {
        struct act approve = desk_act(ACT_PROPOSAL_APPROVE, result.object.text, NULL);
        result = desk_do(desk, HOA, &approve);
    }
    return result.code;
}

enum business_state desk_business(const struct desk *desk)
{
    return directory_business(&desk->directory, VIEW_LITERAL("NV-1"))->state;
}

enum account_state desk_account(const struct desk *desk)
{
    return directory_account(&desk->directory, VIEW_LITERAL("A-active"))->state;
}

unsigned desk_entries(const struct desk *desk)
{
    return desk->world->ledger.size;
}

void desk_describe(const struct desk *desk, struct buf *text)
{
    size_t at = 0;
    const struct staff *staff = desk->directory.staff;
    unsigned sum = 0;
    for (const struct officer *officer = map_next(&staff->officers, &at); officer != NULL;
         officer = map_next(&staff->officers, &at)) {
        sum += officer->version * (officer->roles + 7 * (unsigned)officer->state + 1);
    }
    buf_printf(text, "officers %zu (%u) proposals %zu stops %zu business %d account %d parties %zu",
               staff->officers.len, sum, staff->proposals.len, staff->stops.len,
               desk_business(desk), desk_account(desk), desk->directory.parties.len);
    assert_ok(buf_check(text));
}

void assert_same_result(const struct signed_result *a, const struct signed_result *b)
{
    assert_code(a->code, b->code);
    assert_int_equal(a->index, b->index);
    assert_string_equal(a->pointer, b->pointer);
    assert_string_equal(a->reason, b->reason);
    assert_true(view_equal(code_view(&a->object), code_view(&b->object)));
    assert_string_equal(a->etag, b->etag);
}
