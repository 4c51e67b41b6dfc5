/*
 * Purpose: providers of sign-ins: by whose word, over which portal's account, a citizen is who he
 * says (S3, S4, I11; decision 0064). Kept with the staff; `verify`, `signin` and `public` are told
 * those in force.
 *
 * Its signing keys stand here by officers' acts, and are never taken from its own list: who can
 * write that list for a moment can otherwise be anybody. `signin` tells of keys in the list that
 * are not here.
 */
#ifndef DANCU_OFFICE_PROVIDER_H
#define DANCU_OFFICE_PROVIDER_H

#include "domain/signin.h"
#include "gate/directory.h"

enum provider_state {
    PROVIDER_ACTIVE,
    PROVIDER_SUSPENDED,
    PROVIDER_ENDED, /* for good */
    PROVIDER_STATE_COUNT
};
enum provider_event {
    PROVIDER_EVENT_KEY, /* its keys change */
    PROVIDER_EVENT_SUSPEND,
    PROVIDER_EVENT_RESUME,
    PROVIDER_EVENT_END,
    PROVIDER_EVENT_COUNT
};
/* PROVIDER_STATE_COUNT = not allowed. */
enum provider_state office_provider_next(enum provider_state state, enum provider_event event);

struct provider_key {
    struct code_text kid;
    enum token_alg alg;
    uint16_t len;
    uint8_t spki[RSA_SPKI_BYTES_MAX]; /* SubjectPublicKeyInfo, DER */
};

struct provider {
    struct code_text code;
    uint32_t version;
    struct long_text name;
    struct long_text reason; /* of its last move; empty = none */
    enum provider_state state;
    struct account *account; /* of the portal that carries the sessions */
    struct long_text issuer; /* `iss`: https://host[:port][/path] */
    struct long_text client; /* our client_id there: `aud` */
    struct code_text claim;  /* that has the personal number */
    struct long_text acr;    /* the level of assurance that is required */
    struct provider_key keys[PROVIDER_KEYS_MAX];
    unsigned key_count;
};

/* NULL when not there, or when the directory has no staff. */
struct provider *staff_provider(const struct directory *directory, struct view code);
/* In the order of their codes; NULL behind the last. */
const struct provider *staff_provider_at(const struct directory *directory, size_t place);
bool provider_key_valid(enum token_alg alg, struct view spki);

#endif
