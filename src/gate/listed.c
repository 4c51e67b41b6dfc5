/*
 * Who stands in a list, or is registered with an operator: a search by halves that never ends early
 * and never branches on a tag (I5).
 */
#include "gate/directory.h"

#include "base/check.h"
#include "base/clock.h"

#include <string.h>

#define BLIND_OPERATOR 17 /* first kind of the roles' tags, beside those of domain/person.h */

#define HALF (SEAL_BLIND_BYTES / 2)
_Static_assert(HALF == sizeof(uint64_t), "a tag is two numbers");

static uint64_t number_of(const uint8_t bytes[HALF])
{
    uint64_t number = 0;
    for (unsigned i = 0; i < HALF; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

/* 1 or 0. */
static size_t below(const uint8_t a[SEAL_BLIND_BYTES], const uint8_t b[SEAL_BLIND_BYTES])
{
    uint64_t a_high = number_of(a);
    uint64_t b_high = number_of(b);
    return (size_t)(a_high < b_high) |
           ((size_t)(a_high == b_high) & (size_t)(number_of(a + HALF) < number_of(b + HALF)));
}

static bool has(const uint8_t (*tags)[SEAL_BLIND_BYTES], size_t count,
                const uint8_t tag[SEAL_BLIND_BYTES])
{
    size_t first =
        0; /* of those that are left: the first that is not below the tag is among them */
    size_t half = 0;
    for (size_t left = count; left > 1; left -= half) {
        half = left / 2;
        first += half * below(tags[first + half - 1], tag);
    }
    return count > 0 && seal_equal(tags[first], tag, SEAL_BLIND_BYTES);
}

bool person_list_has(const struct person_list *list, const uint8_t tag[SEAL_BLIND_BYTES])
{
    return has(list->tags, list->count, tag);
}

void operator_tag(struct blinder *blinder, struct view operator_code, enum operator_role role,
                  struct view name, uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t text[2 * CODE_TEXT_BYTES_MAX + 1];
    CHECK(operator_code.len <= CODE_TEXT_BYTES_MAX && name.len <= CODE_TEXT_BYTES_MAX);
    CHECK((unsigned)role < OPERATOR_ROLE_COUNT);
    memcpy(text, operator_code.data, operator_code.len);
    text[operator_code.len] = 0; /* no code has one */
    memcpy(text + operator_code.len + 1, name.data, name.len);
    blinder_tag(blinder, (uint8_t)(BLIND_OPERATOR + role),
                view_of(text, operator_code.len + 1 + name.len), ret_tag);
}

bool operator_has(const struct operator_register *operator_register,
                  const uint8_t tag[SEAL_BLIND_BYTES])
{
    size_t count = 0;
    for (enum operator_role role = 0; role < OPERATOR_ROLE_COUNT; role++) {
        count += operator_register->counts[role];
    }
    return has(operator_register->tags, count, tag);
}

bool signing_key_good(const struct signing_key *key, int64_t day)
{
    return key->state == SIGNING_KEY_IN_FORCE && day <= key->until_day;
}
