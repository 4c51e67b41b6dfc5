/*
 * Purpose: a second reading of entries and disclosures, for tests: by jansson and OpenSSL alone,
 * from what formats.md and RFC 9901 say. It shares no code with gate/, seal/ and wire/.
 */
#ifndef DANCU_TESTS_UNIT_GATE_READER_H
#define DANCU_TESTS_UNIT_GATE_READER_H

#include "help.h"

#include <jansson.h>
#include <openssl/evp.h>

#define READER_DIGEST_CHARS 43

/* Parses and insists on canonical form (RFC 8785): compact, members sorted, nothing else. */
static inline json_t *reader_json(struct view text)
{
    json_error_t error;
    json_t *value = json_loadb((const char *)text.data, text.len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL) {
        fail_msg("no JSON: %s: %.*s", error.text, (int)text.len, (const char *)text.data);
    }
    char *again = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    assert_view(text, again);
    free(again);
    return value;
}

static inline const char *reader_text(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    assert_true(json_is_string(value));
    return json_string_value(value);
}

/* base64url without padding -> bytes; returns their number. */
static inline size_t reader_base64url(struct view text, unsigned char *ret_bytes, size_t max)
{
    char *padded = calloc(1, text.len + 4);
    size_t len = text.len;
    assert_non_null(padded);
    for (size_t i = 0; i < len; i++) {
        char c = (char)text.data[i];
        assert_true(c != '+' && c != '/' && c != '=');
        padded[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (len % 4 != 0) {
        padded[len++] = '=';
    }
    assert_true(len / 4 * 3 <= max);
    int got = EVP_DecodeBlock(ret_bytes, (const unsigned char *)padded, (int)len);
    assert_true(got >= 0);
    free(padded);
    return (size_t)got - (len - text.len);
}

/* base64url of SHA-256, 43 characters and a terminator. */
static inline void reader_digest(struct view text, char ret_digest[READER_DIGEST_CHARS + 1])
{
    unsigned char hash[32];
    unsigned char encoded[48];
    unsigned len = 0;
    assert_int_equal(EVP_Digest(text.data, text.len, hash, &len, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_EncodeBlock(encoded, hash, sizeof(hash)), 44);
    for (size_t i = 0; i < READER_DIGEST_CHARS; i++) {
        char c = (char)encoded[i];
        ret_digest[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
    ret_digest[READER_DIGEST_CHARS] = '\0';
}

/* Is the digest of this disclosure among those of the entry? */
static inline bool reader_commits(const json_t *entry, struct view disclosure)
{
    char digest[READER_DIGEST_CHARS + 1];
    size_t i = 0;
    const json_t *one = NULL;
    reader_digest(disclosure, digest);
    json_array_foreach(json_object_get(entry, "_sd"), i, one)
    {
        if (strcmp(json_string_value(one), digest) == 0) {
            return true;
        }
    }
    return false;
}

/* A disclosure's array [salt, name, value], whose salt must be 16 bytes. */
static inline json_t *reader_disclosure(struct view disclosure)
{
    unsigned char *bytes = calloc(1, disclosure.len + 4);
    unsigned char salt[32];
    assert_non_null(bytes);
    size_t len = reader_base64url(disclosure, bytes, disclosure.len + 4);
    json_t *array = reader_json(view_of(bytes, len));
    assert_true(json_is_array(array));
    const json_t *first = json_array_get(array, 0);
    assert_true(json_is_string(first));
    struct view text = view_of(json_string_value(first), json_string_length(first));
    assert_int_equal(reader_base64url(text, salt, sizeof(salt)), 16);
    free(bytes);
    return array;
}

/* The value that a disclosure opens, after checking that it has that name and belongs to that
 * entry; the caller's to release. */
static inline json_t *reader_open(const json_t *entry, struct view disclosure, const char *name)
{
    assert_true(reader_commits(entry, disclosure));
    json_t *array = reader_disclosure(disclosure);
    assert_int_equal(json_array_size(array), 3);
    assert_string_equal(json_string_value(json_array_get(array, 1)), name);
    json_t *value = json_incref(json_array_get(array, 2));
    json_decref(array);
    return value;
}

/* Nine digests in ASCII order, no two alike, and the public members as formats.md has them. */
static inline json_t *reader_entry(struct view text)
{
    static const char *const members[] = {"_sd",    "channel", "class", "kind", "outcome",
                                          "policy", "service", "t",     "v"};
    json_t *entry = reader_json(text);
    const json_t *digests = json_object_get(entry, "_sd");
    assert_int_equal(json_object_size(entry), sizeof(members) / sizeof(members[0]));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        assert_non_null(json_object_get(entry, members[i]));
    }
    assert_int_equal(json_integer_value(json_object_get(entry, "v")), 1);
    assert_int_equal(strlen(reader_text(entry, "t")), strlen("2026-11-23T08:38Z"));
    assert_int_equal(strlen(reader_text(entry, "policy")), 64);
    assert_int_equal(json_array_size(digests), 9);
    for (size_t i = 0; i < 9; i++) {
        const char *digest = json_string_value(json_array_get(digests, i));
        assert_int_equal(strlen(digest), READER_DIGEST_CHARS);
        assert_true(i == 0 ||
                    strcmp(json_string_value(json_array_get(digests, i - 1)), digest) < 0);
    }
    return entry;
}

#endif
