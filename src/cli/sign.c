/*
 * Signing: header, payload, signature.
 *
 * Invariant 1: the key is read, used and wiped here; nothing of it is printed or written.
 */
#include "cli/sign.h"

#include "base/ceilings.h"
#include "base/clock.h"
#include "cli/files.h"
#include "seal/seal.h"
#include "wire/json.h"

#include <stdio.h>

#define JTI_BYTES 16

static void put_values(const struct act *act, struct buf *payload)
{
    bool first = true;

    buf_put_text(payload, "{");
    for (unsigned i = 0; i < act_field_count(act->kind); i++) {
        const struct act_field *field = &act_rows[act->kind].fields[i];
        if (act->values[i].len == 0) {
            continue;
        }
        buf_printf(payload, "%s\"%s\":", first ? "" : ",", field->name);
        if (field->type == ACT_TYPE_BYTES) {
            buf_put_u8(payload, '"');
            base64url_put(payload, act->values[i]);
            buf_put_u8(payload, '"');
        } else {
            json_put_string(payload, act->values[i]);
        }
        first = false;
    }
    buf_put_text(payload, "}");
}

static void put_jti(const struct sign_order *order, struct buf *payload)
{
    uint8_t bytes[JTI_BYTES];
    struct random_port random = random_system();

    if (order->jti != NULL) {
        json_put_string(payload, view_text(order->jti));
        return;
    }
    random_fill(&random, bytes, sizeof(bytes));
    buf_put_u8(payload, '"');
    base64url_put(payload, view_of(bytes, sizeof(bytes)));
    buf_put_u8(payload, '"');
}

static void put_payload(const struct act *act, const struct sign_order *order, struct buf *payload)
{
    struct clock_port clock = clock_system();

    buf_printf(payload, "{\"act\":\"%s\",\"aud\":", act_rows[act->kind].name);
    json_put_string(payload, view_text(order->origin));
    buf_put_text(payload, ",\"iat\":");
    buf_put_decimal(payload, (uint64_t)(clock_wall_us(&clock) / US_PER_S));
    if (order->if_match != NULL) {
        buf_put_text(payload, ",\"if_match\":");
        json_put_string(payload, view_text(order->if_match));
    }
    buf_put_text(payload, ",\"jti\":");
    put_jti(order, payload);
    buf_put_text(payload, ",\"values\":");
    put_values(act, payload);
    buf_put_text(payload, "}");
}

struct outcome sign_key_read(const char *path, struct es256 **ret_key)
{
    BUF_AUTO pem;
    buf_init(&pem, KEY_FILE_BYTES_MAX);
    TRY(files_read(path, &pem));
    struct outcome outcome = es256_new(buf_view(&pem), ret_key);
    memory_wipe(pem.data, pem.len); /* invariant 1 */
    return outcome;
}

static struct outcome sign_with(const struct es256 *key, struct buf *jws)
{
    uint8_t signature[SEAL_SIGNATURE_BYTES];

    TRY(buf_check(jws));
    TRY(es256_sign(key, buf_view(jws), signature));
    buf_put_u8(jws, '.');
    base64url_put(jws, view_of(signature, sizeof(signature)));
    return buf_check(jws);
}

static bool texts_valid(const struct sign_order *order)
{
    return utf8_valid(view_text(order->as)) && utf8_valid(view_text(order->origin)) &&
           utf8_valid(view_text(order->if_match)) && utf8_valid(view_text(order->jti));
}

struct outcome sign_payload(const struct es256 *key, const char *as, const char *type,
                            struct view payload, struct buf *ret_jws)
{
    BUF_AUTO header;

    buf_init(&header, 1024);
    buf_put_text(&header, "{\"alg\":\"ES256\",\"kid\":");
    json_put_string(&header, view_text(as));
    buf_printf(&header, ",\"typ\":\"%s\"}", type);
    TRY(buf_check(&header));
    base64url_put(ret_jws, buf_view(&header));
    buf_put_u8(ret_jws, '.');
    base64url_put(ret_jws, payload);
    return sign_with(key, ret_jws);
}

struct outcome sign_act(const struct act *act, const struct sign_order *order, struct buf *ret_jws)
{
    struct es256 *key = NULL;
    BUF_AUTO payload;
    buf_init(&payload, SIGNED_JWS_BYTES_MAX);

    if (!texts_valid(order)) {
        return outcome_fail(FAULT_BAD_INPUT, "not UTF-8");
    }
    TRY(sign_key_read(order->key_path, &key));
    put_payload(act, order, &payload);
    struct outcome outcome = buf_check(&payload);
    if (outcome_ok(outcome)) {
        outcome = sign_payload(key, order->as, "dancu-act+json", buf_view(&payload), ret_jws);
    }
    es256_free(key);
    return outcome;
}
