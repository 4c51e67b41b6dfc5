/*
 * Purpose: signatures of HTTP messages (RFC 9421): `Signature-Input` and `Signature`, and the text
 * that is signed. Pure. Private to verify/.
 *
 * One signature, of one label; components without parameters, each once, their field values as they
 * came but for white space around them; the signature's parameters in any order, each once. Both
 * fields stand as structured fields are serialised (RFC 8941 section 4.1), so that what came is
 * what is signed.
 */
#ifndef DANCU_VERIFY_MESSAGE_H
#define DANCU_VERIFY_MESSAGE_H

#include "base/bytes.h"
#include "seal/seal.h"

#define MESSAGE_COMPONENTS_MAX 16
#define MESSAGE_BASE_BYTES_MAX 8192

struct message_input {
    struct view label;
    struct view components[MESSAGE_COMPONENTS_MAX]; /* names, without quotes */
    unsigned count;
    struct view params; /* the inner list and its parameters, as they came */
    int64_t created_s;  /* 0 = not given, as the next */
    int64_t expires_s;
    struct view alg; /* empty = not given, as the next */
    struct view keyid;
    struct view nonce;
};
/* FAULT_BAD_INPUT. The views borrow. */
struct outcome message_input_read(struct view field, struct message_input *ret_input);
/* The signature of that label, the only one. FAULT_BAD_INPUT. */
struct outcome message_signature_read(struct view field, struct view label,
                                      uint8_t ret_signature[SEAL_SIGNATURE_BYTES]);

/* A component's value; false: the message has none. */
typedef bool message_value(void *context, struct view name, struct view *ret_value);
/* Appends the signature base (section 2.5). FAULT_BAD_INPUT: a component that is not there;
 * FAULT_OVER_LIMIT. */
struct outcome message_base_put(const struct message_input *input, message_value *value_of,
                                void *context, struct buf *base);

/* `sha-256=:...:`, that alone (RFC 9530), of this body? */
bool message_digest_fits(struct view content_digest, struct view body);

#endif
