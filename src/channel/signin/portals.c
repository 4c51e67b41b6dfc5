/*
 * Portals' providers: who they are, their addresses, and what keys they publish.
 *
 * Invariant: a key that a provider publishes is never believed here, nor passed on: it is only told
 * of, so that an officer asks the provider by another way and confirms it by an act (I11).
 */
#include "channel/signin/private.h"

#include "base/log.h"
#include "base/memory.h"
#include "wire/jwk.h"

#include <stdio.h>
#include <string.h>

#define HOST_BYTES_MAX 256

struct portal *portal_by_code(struct signin *signin, struct view code)
{
    for (unsigned i = 0; i < PORTALS; i++) {
        struct portal *portal = &signin->portals[i];
        if (portal->ready && view_equal(portal->provider->code, code)) {
            return portal;
        }
    }
    return NULL;
}

struct portal *portal_by_issuer(struct signin *signin, struct view issuer)
{
    for (unsigned i = 0; i < PORTALS; i++) {
        struct portal *portal = &signin->portals[i];
        if (portal->ready && view_equal(portal->provider->issuer, issuer)) {
            return portal;
        }
    }
    return NULL;
}

/* ---- who is on which ---- */

/* The name that its certificate must bear: without port and without an address' brackets. */
static void host_name(struct view issuer, char ret_name[HOST_BYTES_MAX])
{
    struct view host = oidc_host(issuer);
    size_t end = view_find(host, 0, ':');

    if (host.len > 0 && host.data[0] == '[') {
        end = view_find(host, 0, ']');
        host = view_part(host, 1, end - 1);
        end = host.len;
    }
    snprintf(ret_name, HOST_BYTES_MAX, "%.*s", (int)end, (const char *)host.data);
}

static void known_of(const struct signin_provider *provider, uint8_t ret_known[SEAL_HASH_BYTES])
{
    BUF_AUTO text;

    buf_init(&text, FRAME_BYTES_MAX);
    buf_put_block16(&text, provider->issuer);
    buf_put_block16(&text, provider->client);
    seal_sha256(buf_view(&text), ret_known);
}

/* It is another one than it was: nothing that was begun there goes on. */
static void forget(struct signin *signin, struct portal *portal)
{
    portal->ready = false;
    calls_drop(signin, portal);
    dialed_tls_free(portal->tls);
    portal->tls = NULL;
    memset(portal->known, 0, sizeof(portal->known));
    for (unsigned i = 0; i < SIGNIN_FLOWS_MAX; i++) {
        struct flow *flow = &signin->flows[i];
        if (flow->portal == portal) {
            memory_wipe(flow, sizeof(*flow));
        }
    }
}

static void settle(struct signin *signin, struct portal *portal,
                   const struct signin_provider *provider)
{
    uint8_t known[SEAL_HASH_BYTES];
    char name[HOST_BYTES_MAX];

    portal->provider = portal->key == NULL ? NULL : provider;
    if (portal->provider == NULL) {
        forget(signin, portal);
        return;
    }
    known_of(provider, known);
    if (portal->tls != NULL && memcmp(known, portal->known, sizeof(known)) == 0) {
        return;
    }
    forget(signin, portal);
    host_name(provider->issuer, name);
    struct outcome outcome = dialed_tls_new(name, buf_view(&portal->authorities), &portal->tls);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "provider-tls", outcome);
        portal->provider = NULL;
        return;
    }
    memcpy(portal->known, known, sizeof(known));
    portal->look_us = clock_monotonic_us(&signin->clock);
}

void portals_settle(struct signin *signin)
{
    for (unsigned i = 0; i < PORTALS; i++) {
        const struct signin_provider *found = NULL;
        for (unsigned k = 0; k < signin->providers.count; k++) {
            const struct signin_provider *provider = &signin->providers.all[k];
            found = provider->channel == signin->portals[i].channel ? provider : found;
        }
        settle(signin, &signin->portals[i], found);
    }
}

void portals_end(struct signin *signin)
{
    for (unsigned i = 0; i < PORTALS; i++) {
        struct portal *portal = &signin->portals[i];
        es256_free(portal->key);
        dialed_tls_free(portal->tls);
        buf_done(&portal->authorities);
    }
}

/* ---- addresses ---- */

static bool is_looking(const struct signin *signin, const struct portal *portal)
{
    bool looking = false;

    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        const struct call *call = &signin->calls[i];
        looking = looking || (call->portal == portal &&
                              (call->use == CALL_DISCOVER || call->use == CALL_KEYS));
    }
    return looking;
}

void portals_keep(struct signin *signin)
{
    int64_t now_us = clock_monotonic_us(&signin->clock);

    for (unsigned i = 0; i < PORTALS; i++) {
        struct portal *portal = &signin->portals[i];
        char address[OIDC_ADDRESS_BYTES_MAX];
        if (portal->provider == NULL || now_us < portal->look_us || is_looking(signin, portal)) {
            continue;
        }
        portal->look_us = now_us + SIGNIN_RETRY_S * INT64_C(1000000);
        snprintf(address, sizeof(address), "%.*s%s", (int)portal->provider->issuer.len,
                 (const char *)portal->provider->issuer.data, OIDC_DISCOVERY);
        (void)call_begin(signin, portal, CALL_DISCOVER, address, NULL); /* else at the next look */
    }
}

void portal_discovered(struct signin *signin, struct portal *portal,
                       const struct http1_answer *answer)
{
    if (portal->provider == NULL) { /* meanwhile */
        return;
    }
    struct outcome outcome =
        answer == NULL ? outcome_fail(FAULT_CLOSED, "the provider does not answer")
        : answer->status != 200
            ? outcome_fail(FAULT_BAD_INPUT, "the provider's discovery has another status")
            : oidc_metadata_read(answer->body, portal->provider->issuer, &signin->arena,
                                 &portal->metadata);

    if (!outcome_ok(outcome)) { /* what was known of it stays */
        log_outcome(LOG_LEVEL_ERROR, "provider", outcome);
        return;
    }
    if (!portal->ready) {
        log_line(LOG_LEVEL_INFO, "provider", "code=%.*s ready=1 pushed=%d",
                 (int)portal->provider->code.len, (const char *)portal->provider->code.data,
                 portal->metadata.par[0] != '\0');
    }
    portal->ready = true;
    portal->look_us = clock_monotonic_us(&signin->clock) + SIGNIN_REFRESH_S * INT64_C(1000000);
    (void)call_begin(signin, portal, CALL_KEYS, portal->metadata.jwks, NULL);
}

/* ---- keys ---- */

static bool is_confirmed(const struct signin_provider *provider, const struct jwk *key)
{
    for (unsigned i = 0; i < provider->key_count; i++) {
        if (view_equal(provider->keys[i].kid, key->kid) &&
            view_equal(provider->keys[i].spki, key->spki)) {
            return true;
        }
    }
    return false;
}

void portal_keys(struct signin *signin, const struct portal *portal,
                 const struct http1_answer *answer)
{
    struct jwk keys[JWKS_KEYS_MAX];
    unsigned count = 0;

    arena_reset(&signin->arena);
    struct outcome outcome = answer == NULL || answer->status != 200 || portal->provider == NULL
                                 ? outcome_fail(FAULT_CLOSED, "the provider's keys are not there")
                                 : jwks_read(answer->body, &signin->arena, keys, &count);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "provider-keys", outcome);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        char hash[2 * SEAL_HASH_BYTES + 1] = "";
        uint8_t digest[SEAL_HASH_BYTES];
        if (is_confirmed(portal->provider, &keys[i])) {
            continue;
        }
        seal_sha256(keys[i].spki, digest);
        hex_write(hash, view_of(digest, sizeof(digest)));
        log_line(LOG_LEVEL_WARN, "provider-key",
                 "code=%.*s kid=%.*s sha256=%s why=\"published, and no officer has confirmed it\"",
                 (int)portal->provider->code.len, (const char *)portal->provider->code.data,
                 (int)keys[i].kid.len, (const char *)keys[i].kid.data, hash);
    }
}
