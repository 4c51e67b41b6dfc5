/*
 * Purpose: all cryptography that is ours to arrange: sealed records, blind index, log signature,
 * salts and disclosures, key files. OpenSSL does the primitives.
 * Source: design.md I6, I7; RFC 9901 (disclosures); ledger-format.md (signature).
 *
 * Secrets are their own types: wiped by their _done, compared in constant time, never printed.
 */
#ifndef DANCU_SEAL_SEAL_H
#define DANCU_SEAL_SEAL_H

#include "base/bytes.h"
#include "base/ceilings.h"

#define SEAL_KEY_BYTES 32
#define SEAL_NONCE_BYTES 12
#define SEAL_TAG_BYTES 16
#define SEAL_OVERHEAD_BYTES (SEAL_NONCE_BYTES + SEAL_TAG_BYTES)
#define SEAL_HASH_BYTES 32
#define SEAL_BLIND_BYTES 16
#define SEAL_SIGNATURE_BYTES 64
#define SEAL_PUBLIC_KEY_BYTES 32

/* Randomness as a port; the system's never fails without ending the process. */
struct random_port {
    void (*fill)(void *context, void *ret_bytes, size_t len);
    void *context;
};
struct random_port random_system(void);
/* Deterministic from a seed, for tests and the generator of synthetic people only. */
struct random_port random_seeded(uint64_t *state);
void random_fill(const struct random_port *random, void *ret_bytes, size_t len);

struct secret {
    uint8_t bytes[SEAL_KEY_BYTES];
};
void secret_done(struct secret *secret); /* wipes */
#define SECRET_AUTO __attribute__((cleanup(secret_done))) struct secret

/* SHA-256, one shot. */
void seal_sha256(struct view data, uint8_t ret_hash[SEAL_HASH_BYTES]);
/* SHA-256 of what comes in pieces; allocates once. FAULT_NO_MEMORY. */
struct hasher;
struct outcome hasher_new(struct hasher **ret_hasher);
void hasher_free(struct hasher *hasher);
void hasher_add(struct hasher *hasher, struct view piece);
/* The hash of all pieces so far; the hasher is to be freed then. */
void hasher_end(struct hasher *hasher, uint8_t ret_hash[SEAL_HASH_BYTES]);
/* SHA-256 of prefix byte || data (RFC 6962 leaf, node). */
void seal_sha256_prefixed(uint8_t prefix, struct view data, uint8_t ret_hash[SEAL_HASH_BYTES]);
void seal_hmac(const struct secret *key, struct view data, uint8_t ret_hash[SEAL_HASH_BYTES]);
/* HKDF-SHA256 with `label` as info: subkeys from the key files. */
struct outcome seal_derive(const struct secret *key, const char *label, struct secret *ret_key);
/* What a key is called by, in acts and before people: it tells nothing of the key. */
void seal_fingerprint(const struct secret *key, uint8_t ret_hash[SEAL_HASH_BYTES]);
bool seal_equal(const void *a, const void *b, size_t len); /* constant time */

/* AES-256-GCM with a ready key schedule; random nonces: one key may seal at most 2^32 records. */
struct sealer;
struct outcome sealer_new(const struct secret *key, const struct random_port *random,
                          struct sealer **ret_sealer);
void sealer_free(struct sealer *sealer);
/* Appends nonce || ciphertext || tag to ret_sealed. `place` is bound as associated data. */
struct outcome sealer_seal(struct sealer *sealer, struct view place, struct view plain,
                           struct buf *ret_sealed);
/* Appends the plain text; FAULT_CORRUPT when the tag does not verify (nothing appended). */
struct outcome sealer_open(struct sealer *sealer, struct view place, struct view sealed,
                           struct buf *ret_plain);
/* What lies under the one key or under the other: while it is sealed anew, some of it does. `other`
 * NULL: there is one key. */
struct outcome sealer_open_either(struct sealer *sealer, struct sealer *other, struct view place,
                                  struct view sealed, struct buf *ret_plain);
/* Bytes to which `len` plain bytes are padded before sealing (a short table of sizes: 256, 512,
 * then multiples of 512): lengths must not tell people apart. */
size_t seal_padded_len(size_t len);

/* Blind index: first 16 bytes of HMAC-SHA256(key, kind byte || text). */
struct blinder;
struct outcome blinder_new(const struct secret *key, struct blinder **ret_blinder);
void blinder_free(struct blinder *blinder);
void blinder_tag(struct blinder *blinder, uint8_t kind, struct view text,
                 uint8_t ret_tag[SEAL_BLIND_BYTES]);
/* The same of two texts: HMAC-SHA256(key, kind byte || u16 length of the first || first || second).
 */
void blinder_tag_pair(struct blinder *blinder, uint8_t kind, struct view first, struct view second,
                      uint8_t ret_tag[SEAL_BLIND_BYTES]);

/* Masks, to be XORed onto short values that stand in the open beside a tag. A block is the value's
 * place, and no two values may share one: AES-256 of each block, in its place. */
#define SEAL_MASK_BYTES 16
#define SEAL_MASKS_MAX 4096 /* in one call */
struct masker;
struct outcome masker_new(const struct secret *key, struct masker **ret_masker);
void masker_free(struct masker *masker);
void masker_mask(struct masker *masker, uint8_t (*blocks)[SEAL_MASK_BYTES], unsigned count);

/* A veil over blind tags as a store has them, so that another one can be put over them (decision
 * 0074): a permutation of 16 bytes. NULL is none: the tag stays as it is. */
struct veil;
struct outcome veil_new(const struct secret *key, struct veil **ret_veil);
void veil_free(struct veil *veil);
void veil_put(struct veil *veil, uint8_t tag[SEAL_BLIND_BYTES]);
void veil_lift(struct veil *veil, uint8_t tag[SEAL_BLIND_BYTES]);

/* Ed25519 (RFC 8032). */
struct signer;
struct outcome signer_new(const struct secret *seed, struct signer **ret_signer);
void signer_free(struct signer *signer);
void signer_public(const struct signer *signer, uint8_t ret_key[SEAL_PUBLIC_KEY_BYTES]);
struct outcome signer_sign(struct signer *signer, struct view text,
                           uint8_t ret_signature[SEAL_SIGNATURE_BYTES]);
bool signature_verify(const uint8_t key[SEAL_PUBLIC_KEY_BYTES], struct view text,
                      const uint8_t signature[SEAL_SIGNATURE_BYTES]);

/* ES256 (RFC 7518 section 3.4): ECDSA over P-256 with SHA-256, signature R || S of 64 bytes. Keys
 * are SubjectPublicKeyInfo, DER, in the one form that a named curve and an uncompressed point give.
 */
#define ES256_SPKI_BYTES 91
bool es256_key_valid(struct view spki);
/* False also for a key that is none and for a signature of another length. */
bool es256_verify(struct view spki, struct view text, struct view signature);
/* The key whose SHA-256 is `hash`, found from a signature that it made (SEC 1 section 4.1.6): for
 * who knows of a key by its hash alone. It has verified the signature. False: it has not made it.
 */
bool es256_find_key(struct view text, struct view signature, const uint8_t hash[SEAL_HASH_BYTES],
                    uint8_t ret_spki[ES256_SPKI_BYTES]);
/* RS256 and PS256 (RFC 7518 sections 3.3, 3.5): verified, never made. Keys are
 * SubjectPublicKeyInfo, DER, of RSA with 2,048 to 4,096 bits and exponent 65,537. */
#define RSA_SPKI_BYTES_MAX 550
bool rsa_key_valid(struct view spki);
/* False also for a key that is none. */
bool rsa_verify(struct view spki, bool pss, struct view text, struct view signature);
/* The private half of ES256, read from PEM (PKCS #8 or SEC 1, no password): for the commands by
 * which officers and organisations sign, and for `signin`, whose providers know it by its key; no
 * other server process has one. FAULT_BAD_INPUT. */
struct es256;
struct outcome es256_new(struct view pem, struct es256 **ret_es256);
void es256_free(struct es256 *es256);
void es256_spki_put(const struct es256 *es256, struct buf *buf);
struct outcome es256_sign(const struct es256 *es256, struct view text,
                          uint8_t ret_signature[SEAL_SIGNATURE_BYTES]);

/* Salts of one entry come from one fresh 32-byte secret, as AES-256-CTR key stream: salt i is bytes
 * 16*i..16*i+15. The sealed opening keeps the secret instead of every salt and decoy. */
#define SALTS_BYTES_MAX 7168
struct salts {
    uint8_t bytes[SALTS_BYTES_MAX]; /* the first `len` of them */
};
struct outcome salts_expand(const uint8_t entry_secret[SEAL_KEY_BYTES], size_t len,
                            struct salts *ret_salts);

/* Appends base64url of the JCS array [salt, name, value] (`value_json` is canonical JSON already)
 * and gives its digest (base64url of SHA-256 of the disclosure's ASCII, 43 characters). An empty
 * name makes an array-element disclosure [salt, value]. `ret_text` receives the disclosure. */
void disclosure_put(struct buf *ret_text, const uint8_t salt[16], struct view name,
                    struct view value_json, char ret_digest[43]);
/* The same for several, which is faster: a place for each (empty when the buf has failed), and when
 * all have theirs, what stands there is written. The buf must not have to grow between. */
#define DISCLOSURES_MAX 16
struct view disclosure_place(struct buf *ret_text, const uint8_t salt[16], struct view name,
                             struct view value_json);
void disclosures_end(const struct view places[], unsigned count, char ret_digests[][43]);

/* Key files: 64 hex digits and a line end, mode 0600; the name tells the use. */
struct outcome keyfile_write(int dir_fd, const char *name, const struct secret *key);
struct outcome keyfile_read(int dir_fd, const char *name, struct secret *ret_key);
/* One that may not be there: *ret_there. */
struct outcome keyfile_read_if(int dir_fd, const char *name, struct secret *ret_key,
                               bool *ret_there);
/* The key that takes over from another: made by `dancu key rotate`, and there until `dancu key
 * retire` has put it in its place (decision 0072). The identity key is the first index key, by
 * which the log names persons for good; as long as there is no such file, index.key is it (decision
 * 0074).
 */
#define KEYFILE_DATA "data.key"
#define KEYFILE_DATA_NEXT "data.next.key"
#define KEYFILE_INDEX "index.key"
#define KEYFILE_INDEX_NEXT "index.next.key"
#define KEYFILE_IDENTITY "identity.key"
#define KEYFILE_SIGN "sign.key"
#define KEYFILE_SIGN_NEXT "sign.next.key"
/* A key, and the one that takes over from it, of one moment: the files may be moved meanwhile
 * (`dancu key retire`). What cannot be read is told by the name of its file. */
struct outcome keyfile_read_both(int dir_fd, const char *name, const char *next_name,
                                 struct secret *ret_key, struct secret *ret_next,
                                 bool *ret_next_there);
/* The keys of a folder by which persons are found. */
struct index_keys {
    struct secret key;
    struct secret next; /* takes over from it, or has */
    struct secret identity;
    bool has_next;
};
struct outcome index_keys_read(int dir_fd, struct index_keys *ret_keys);
const struct secret *index_keys_next(const struct index_keys *keys); /* NULL: there is none */
/* A key or certificates that others made, as PEM, appended as they stand. A `secret` one has mode
 * 0600 too, and the caller wipes the buf. FAULT_OVER_LIMIT: over KEYFILE_PEM_BYTES_MAX, for which
 * (and one byte) the buf has room. */
#define KEYFILE_PEM_BYTES_MAX 32768
struct outcome keyfile_read_pem(int dir_fd, const char *name, bool secret, struct buf *ret_pem);

#endif
