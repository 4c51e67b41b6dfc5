/*
 * A taken `verify`: what it makes the core record that nobody has signed, or not so, is found in
 * the log afterwards by who looks at the signatures again, and nothing else is. The JWS are signed
 * by OpenSSL's own calls.
 */
#include "rig.h"

#include "../verify/sign.h"

#include "cli/acts.h"
#include "office/found.h"
#include "proc/signed.h"

#include <fcntl.h>

#define FOUND_MAX 16
#define OTHERS_NUMBER "another"

/* Who signs, with the key in hand; the hash is what `verify` tells of it. */
struct hand {
    const char *code;
    enum signer_kind kind;
    EVP_PKEY *key;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t spki[SEAL_HASH_BYTES]; /* of the certificate */
};

/* How what is told differs from what was signed. */
struct lie {
    EVP_PKEY *by;            /* signed by this key instead */
    const struct act *told;  /* another act */
    const char *jti;         /* another number */
    int64_t signed_before_s; /* it was signed so long ago */
};

struct scene {
    struct rig *rig;
    struct pipe_end verify;
    struct hand lan, minh, hoa, bank;
    unsigned number;
    uint64_t wrong[FOUND_MAX]; /* records that lies have made */
    unsigned wrong_count;
    uint64_t found[FOUND_MAX];
    unsigned found_count;
    unsigned shown; /* signed acts */
};

static struct hand hand_of(const char *code, enum signer_kind kind, uint8_t spki)
{
    struct hand hand = {.code = code, .kind = kind, .key = sign_key()};
    BUF_AUTO key;
    sign_spki(hand.key, &key);
    seal_sha256(buf_view(&key), hand.hash);
    memset(hand.spki, spki, sizeof(hand.spki));
    if (kind == SIGNER_ACCOUNT) {
        memcpy(hand.spki, hand.hash, sizeof(hand.spki));
    }
    return hand;
}

static struct officer officer_of(const struct hand *hand, unsigned roles)
{
    struct officer officer = {.roles = roles};
    BUF_AUTO key;
    sign_spki(hand->key, &key);
    assert_int_equal(key.len, sizeof(officer.key));
    memcpy(officer.key, key.data, key.len);
    memcpy(officer.spki, hand->spki, sizeof(officer.spki));
    assert_ok(code_set(&officer.code, view_text(hand->code)));
    assert_ok(long_set(&officer.name, view_text(hand->code)));
    return officer;
}

static void found_office(struct scene *scene)
{
    const struct officer officers[3] = {
        officer_of(&scene->lan,
                   ROLE_BIT(ROLE_SECURITY) | ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_DECIDE)),
        officer_of(&scene->minh, ROLE_BIT(ROLE_APPROVE)),
        officer_of(&scene->hoa, ROLE_BIT(ROLE_APPROVE) | ROLE_BIT(ROLE_SECURITY))};
    struct act act = {.kind = ACT_OFFICER_FOUND};
    struct pipe_end admin = rig_admin(scene->rig);
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    found_put(officers, 3, &bytes);
    act_value_set(&act, "officers", buf_view(&bytes));
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(&act, &admin.out);
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    assert_int_equal(frame.payload.data[0], FAULT_NONE);
    pipe_done(&admin);
}

/* The values of these tests need no escapes. */
static void payload_of(const struct act *act, const char *jti, int64_t iat_s, struct buf *payload)
{
    const char *comma = "";
    buf_init(payload, ACT_BYTES_MAX);
    buf_printf(payload, "{\"act\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,\"jti\":\"%s\",\"values\":{",
               act_rows[act->kind].name, HOME_ORIGIN, (long long)iat_s, jti);
    for (unsigned i = 0; i < act_field_count(act->kind); i++) {
        if (act->values[i].len > 0) {
            buf_printf(payload, "%s\"%s\":\"%.*s\"", comma, act_rows[act->kind].fields[i].name,
                       (int)act->values[i].len, (const char *)act->values[i].data);
            comma = ",";
        }
    }
    buf_put_text(payload, "}}");
    buf_put_u8(payload, '\0');
    assert_ok(buf_check(payload));
}

/* Tells the core what `verify` would, or the lie; its result and the proposal's code, if any. */
static enum act_code say(struct scene *scene, const struct hand *hand, const struct act *act,
                         const struct lie *lie, char ret_object[128])
{
    static const struct lie truth = {0};
    BUF_AUTO payload, jws, bytes;
    char jti[24];
    char header[128];
    struct clock_port clock = clock_system();
    int64_t now_s = clock_wall_us(&clock) / 1000000;
    const struct lie *told = lie == NULL ? &truth : lie;
    snprintf(jti, sizeof(jti), "j-%u", scene->number++);
    snprintf(header, sizeof(header),
             "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"dancu-act+json\"}", hand->code);
    payload_of(act, jti, now_s - told->signed_before_s, &payload);
    sign_jws(told->by == NULL ? hand->key : told->by, header, (const char *)payload.data, &jws);
    buf_init(&bytes, ACT_BYTES_MAX);
    act_put(told->told == NULL ? act : told->told, &bytes);
    struct signed_stamped stamped = {.tag = scene->number,
                                     .signer = hand->kind,
                                     .kid = view_text(hand->code),
                                     .code = ACT_CODE_DONE,
                                     .act = buf_view(&bytes),
                                     .jti = view_text(told->jti == NULL ? jti : told->jti),
                                     .iat_s = (uint64_t)now_s,
                                     .jws = buf_view(&jws)};
    memcpy(stamped.key, hand->hash, sizeof(stamped.key));
    memcpy(stamped.spki, hand->spki, sizeof(stamped.spki));
    seal_sha256(buf_view(&jws), stamped.jws_hash);
    signed_put_stamped(&scene->verify.out, &stamped);
    assert_ok(pipe_flush(&scene->verify));
    struct signed_done done;
    struct frame frame = rig_frame(&scene->verify, FRAME_SIGNED_DONE);
    assert_ok(signed_get_done(&frame, &done));
    if (ret_object != NULL) {
        snprintf(ret_object, 128, "%.*s", (int)done.object.len, (const char *)done.object.data);
    }
    if (lie != NULL) {
        assert_true(scene->wrong_count < FOUND_MAX);
        scene->wrong[scene->wrong_count++] = done.index;
    }
    return done.code;
}

static struct act party(const char *code)
{
    struct act act = {.kind = ACT_PARTY_ADD};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "class", VIEW_LITERAL("state"));
    act_value_set(&act, "kind", VIEW_LITERAL("agency"));
    act_value_set(&act, "name", VIEW_LITERAL("Agency"));
    return act;
}

static void done(struct scene *scene, const struct hand *hand, const char *code,
                 const struct lie *lie)
{
    struct act act = party(code);
    assert_int_equal(say(scene, hand, &act, lie, NULL), ACT_CODE_DONE);
}

static void approve(struct scene *scene, const struct hand *hand, const char *proposal,
                    const struct lie *lie)
{
    struct act act = {.kind = ACT_PROPOSAL_APPROVE};
    act_value_set(&act, "code", view_text(proposal));
    assert_int_equal(say(scene, hand, &act, lie, NULL), ACT_CODE_DONE);
}

static void hex(const uint8_t hash[SEAL_HASH_BYTES], char ret_text[2 * SEAL_HASH_BYTES + 1])
{
    for (size_t i = 0; i < SEAL_HASH_BYTES; i++) {
        snprintf(&ret_text[2 * i], 3, "%02x", hash[i]);
    }
}

/* LAN and HOA give MINH a new key; it is in his hand afterwards. The old one is returned. */
static EVP_PKEY *replace_minh(struct scene *scene)
{
    struct act act = {.kind = ACT_OFFICER_REPLACE};
    struct hand new = hand_of("MINH", SIGNER_OFFICER, 0xb2);
    EVP_PKEY *old = scene->minh.key;
    char spki[2 * SEAL_HASH_BYTES + 1];
    char proposal[128];
    BUF_AUTO der, key;
    sign_spki(new.key, &der);
    buf_init(&key, 1024);
    base64url_put(&key, buf_view(&der));
    hex(new.spki, spki);
    act_value_set(&act, "code", VIEW_LITERAL("MINH"));
    act_value_set(&act, "spki", view_text(spki));
    act_value_set(&act, "key", buf_view(&key));
    act_value_set(&act, "reason", VIEW_LITERAL("renewed"));
    assert_int_equal(say(scene, &scene->lan, &act, NULL, proposal), ACT_CODE_PROPOSED);
    approve(scene, &scene->hoa, proposal, NULL);
    scene->minh = new;
    return old;
}

/* LAN and MINH bind a certificate to the bank's account. */
static void bind_bank(struct scene *scene)
{
    struct act act = {.kind = ACT_ACCOUNT_CERTIFICATE_ADD};
    char spki[2 * SEAL_HASH_BYTES + 1];
    char proposal[128];
    hex(scene->bank.spki, spki);
    act_value_set(&act, "code", VIEW_LITERAL("bank-1"));
    act_value_set(&act, "spki", view_text(spki));
    assert_int_equal(say(scene, &scene->lan, &act, NULL, proposal), ACT_CODE_PROPOSED);
    approve(scene, &scene->minh, proposal, NULL);
}

static void bank_adds(struct scene *scene, const char *code, const struct lie *lie)
{
    struct act act = {.kind = ACT_BUSINESS_ADD};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "party", VIEW_LITERAL("bank"));
    act_value_set(&act, "purpose", VIEW_LITERAL("test"));
    act_value_set(&act, "legal-basis", VIEW_LITERAL("Law"));
    act_value_set(&act, "services", VIEW_LITERAL("citizen.lookup"));
    act_value_set(&act, "channels", VIEW_LITERAL("guided"));
    act_value_set(&act, "fields", VIEW_LITERAL("full_name"));
    act_value_set(&act, "quota-day", VIEW_LITERAL("10"));
    assert_int_equal(say(scene, &scene->bank, &act, lie, NULL), ACT_CODE_DONE);
}

static void take_found(void *context, uint64_t index, const char *why)
{
    struct scene *scene = context;
    assert_true(strlen(why) > 0);
    assert_true(scene->found_count < FOUND_MAX);
    scene->found[scene->found_count++] = index;
}

static void take_line(void *context, const struct acts_line *line)
{
    struct scene *scene = context;
    assert_true(line->deed->signed_.jws.len > 0);
    scene->shown++;
}

static void take_opening(void *context, uint64_t index, struct view opening)
{
    acts_take(context, index, opening);
}

/* The core is gone; the log, as it lies there. */
static struct outcome look(struct scene *scene, struct acts_report *ret_report)
{
    const struct acts_watch of_acts = {.context = scene, .each = take_line, .found = take_found};
    struct home *home = scene->rig->home;
    struct acts *acts = NULL;
    struct verify_report report = {0};
    assert_ok(acts_new(HOME_ORIGIN, &of_acts, &acts));
    struct verify_watch watch = {.context = acts, .opening = take_opening};
    struct ledger_config config = {.home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                   .origin = HOME_ORIGIN,
                                   .wrap_key = &home->keys.wrap,
                                   .sign_key = &home->keys.sign,
                                   .clock = clock_system(),
                                   .random = random_system(),
                                   .segment_bytes = COMMIT_SEGMENT_BYTES};
    assert_true(config.home_fd >= 0);
    assert_ok(ledger_verify_home(&config, &watch, &report));
    close(config.home_fd);
    struct outcome outcome = acts_end(acts, ret_report);
    acts_free(acts);
    return outcome;
}

static void begin(struct scene *scene, struct rig *rig)
{
    *scene = (struct scene){.rig = rig,
                            .verify = rig_connect(rig, RIG_VERIFY, 1),
                            .lan = hand_of("LAN", SIGNER_OFFICER, 0xa1),
                            .minh = hand_of("MINH", SIGNER_OFFICER, 0xa2),
                            .hoa = hand_of("HOA", SIGNER_OFFICER, 0xa3),
                            .bank = hand_of("bank-1", SIGNER_ACCOUNT, 0)};
    found_office(scene);
}

static void end_core(struct scene *scene)
{
    kill(scene->rig->pid, SIGKILL);
    assert_int_equal(rig_end(scene->rig), 128 + SIGKILL);
    pipe_done(&scene->verify);
}

static void end(struct scene *scene)
{
    EVP_PKEY_free(scene->lan.key);
    EVP_PKEY_free(scene->minh.key);
    EVP_PKEY_free(scene->hoa.key);
    EVP_PKEY_free(scene->bank.key);
}

static void each_act_that_nobody_has_signed_is_found_and_no_other(void **state)
{
    struct scene scene;
    struct acts_report report;
    EVP_PKEY *stranger = sign_key();
    struct act other = party("P-OTHER");
    begin(&scene, *state);
    done(&scene, &scene.lan, "P-1", NULL);
    done(&scene, &scene.lan, "P-2", &(struct lie){.by = stranger});
    done(&scene, &scene.lan, "P-3", &(struct lie){.told = &other});
    done(&scene, &scene.lan, "P-4", &(struct lie){.jti = OTHERS_NUMBER});
    done(&scene, &scene.lan, "P-5", &(struct lie){.signed_before_s = 86400});
    EVP_PKEY *old = replace_minh(&scene);
    bind_bank(&scene);
    bank_adds(&scene, "NV-OWN", NULL);
    bank_adds(&scene, "NV-FORGED", &(struct lie){.by = stranger});
    struct act grant = {.kind = ACT_BUSINESS_GRANT};
    char proposal[128];
    act_value_set(&grant, "code", VIEW_LITERAL("NV-OWN"));
    assert_int_equal(say(&scene, &scene.lan, &grant, NULL, proposal), ACT_CODE_PROPOSED);
    approve(&scene, &scene.minh, proposal, &(struct lie){.by = old}); /* replaced meanwhile */
    struct act again = party("P-1");
    assert_int_equal(say(&scene, &scene.lan, &again, NULL, NULL), ACT_CODE_STATE_CONFLICT);
    end_core(&scene);
    assert_fault(look(&scene, &report), FAULT_CORRUPT);
    assert_int_equal(report.bad, scene.wrong_count);
    assert_int_equal(scene.found_count, scene.wrong_count);
    for (unsigned i = 0; i < scene.wrong_count; i++) {
        assert_int_equal(scene.found[i], scene.wrong[i]);
    }
    assert_int_equal(report.signed_count, scene.number); /* the refused one too */
    assert_int_equal(scene.shown, scene.number);
    EVP_PKEY_free(old);
    EVP_PKEY_free(stranger);
    end(&scene);
}

static void acts_that_were_signed_hold_all(void **state)
{
    struct scene scene;
    struct acts_report report;
    begin(&scene, *state);
    done(&scene, &scene.lan, "P-1", NULL);
    EVP_PKEY_free(replace_minh(&scene));
    bind_bank(&scene);
    bank_adds(&scene, "NV-OWN", NULL);
    end_core(&scene);
    assert_ok(look(&scene, &report));
    assert_int_equal(scene.found_count, 0);
    assert_int_equal(report.signed_count, 6);
    end(&scene);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_act_that_nobody_has_signed_is_found_and_no_other),
        TEST(acts_that_were_signed_hold_all),
    };
    return cmocka_run_group_tests_name("core/taken_verify", tests, NULL, NULL);
}
