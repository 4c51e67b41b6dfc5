/*
 * Claims against what the register has, in three values (Kleene): `and` is the lesser, `or` the
 * greater of NO < UNKNOWN < YES.
 *
 * Invariants
 *  1. Looked at is what a look-up of the same fields would give the asker, and nothing else:
 * whoever is left out there is not there here.
 *  2. A code of an administrative unit is compared in the list that it is of; lists that give no
 *     single answer give UNKNOWN.
 */
#include "base/check.h"
#include "base/clock.h"
#include "domain/claim.h"
#include "domain/country.h"
#include "wire/canonical.h"

#include <string.h>

#define TEXT_BYTES_MAX 1024 /* of one value that is compared as a text */

struct comparing {
    struct buf *scratch;
    int64_t today;
    struct outcome outcome; /* of what needs memory */
};

static enum truth lesser(enum truth a, enum truth b)
{
    return a < b ? a : b;
}

static enum truth greater(enum truth a, enum truth b)
{
    return a > b ? a : b;
}

static enum truth truth_of(bool holds)
{
    return holds ? TRUTH_YES : TRUTH_NO;
}

static bool is_null(struct view value)
{
    return value.len == 0 || view_is(value, "null");
}

/* What a text says; empty when there is none. */
static struct view text_of(struct view value, uint8_t text[TEXT_BYTES_MAX])
{
    bool fits = canonical_is_text(value) && value.len <= TEXT_BYTES_MAX;
    return fits ? canonical_text(value, text) : view_of(NULL, 0);
}

/* Both are written in one way: the same bytes are the same value. */
static enum truth same(struct view have, struct view claimed)
{
    return is_null(have) ? TRUTH_UNKNOWN : truth_of(view_equal(have, claimed));
}

/* ---- Texts that are folded ---- */

static bool fold(struct comparing *comparing, struct view value)
{
    uint8_t text[TEXT_BYTES_MAX];
    struct outcome folded = country_fold_name(text_of(value, text), comparing->scratch);

    if (folded.fault == FAULT_NO_MEMORY) {
        comparing->outcome = folded;
    }
    return outcome_ok(folded);
}

static enum truth same_folded(struct comparing *comparing, struct view have, struct view claimed)
{
    struct buf *scratch = comparing->scratch;

    if (is_null(have)) {
        return TRUTH_UNKNOWN;
    }
    buf_reset(scratch);
    bool folds = fold(comparing, have);
    size_t middle = scratch->len;
    folds = fold(comparing, claimed) && folds;
    struct view both = buf_view(scratch);
    return truth_of(folds && view_equal(view_part(both, 0, middle),
                                        view_part(both, middle, both.len - middle)));
}

/* ---- Dates ---- */

/* The days that a date, or a year alone, may be: as numbers that order days. */
struct days {
    int first;
    int last;
    bool year_alone;
};

static bool days_of(struct view value, struct days *ret_days)
{
    uint8_t text[TEXT_BYTES_MAX];
    struct view said = text_of(value, text);
    struct date date = {0};
    uint64_t year = 0;

    if (outcome_ok(date_get(said, &date))) {
        int day = date.year * 10000 + date.month * 100 + date.day;
        *ret_days = (struct days){day, day, false};
        return true;
    }
    if (said.len != 4 || !outcome_ok(decimal_get(said, 9999, &year))) {
        return false;
    }
    *ret_days = (struct days){(int)year * 10000 + 101, (int)year * 10000 + 1231, true};
    return true;
}

/* YES when it holds of all days that it may have been, NO when of none. */
static enum truth between(bool all, bool none)
{
    return all ? TRUTH_YES : none ? TRUTH_NO : TRUTH_UNKNOWN;
}

/* Precision is part of a date: one that is known to the day is not the same as its year. */
static enum truth same_days(struct days have, struct days claimed)
{
    bool apart = have.last < claimed.first || have.first > claimed.last;
    return have.year_alone == claimed.year_alone ? truth_of(!apart) : between(false, apart);
}

static enum truth compare_days(enum claim_compare compare, struct days have, struct days claimed)
{
    switch (compare) {
    case CLAIM_LESS:
        return between(have.last < claimed.first, have.first >= claimed.first);
    case CLAIM_AT_MOST:
        return between(have.last <= claimed.last, have.first > claimed.last);
    case CLAIM_MORE:
        return between(have.first > claimed.last, have.last <= claimed.last);
    case CLAIM_AT_LEAST:
        return between(have.first >= claimed.first, have.last < claimed.first);
    default:
        CHECK(compare == CLAIM_EQUAL);
        return same_days(have, claimed);
    }
}

static enum truth date_holds(enum claim_compare compare, struct view have, struct view claimed)
{
    struct days had;
    struct days said;
    bool known = days_of(have, &had);
    bool sane = days_of(claimed, &said);

    CHECK(sane);
    return known ? compare_days(compare, had, said) : TRUTH_UNKNOWN;
}

/* Completed years of who was born on that day; before the birthday one less. */
static int age_of(int born, int today)
{
    return today / 10000 - born / 10000 - (today % 10000 < born % 10000);
}

static enum truth age_holds(const struct comparing *comparing, const struct claim *claim,
                            struct view have)
{
    struct date date = date_from_days(comparing->today);
    int today = date.year * 10000 + date.month * 100 + date.day;
    uint64_t years = 0;
    struct days had;
    bool sane = outcome_ok(decimal_get(claim->value, CLAIM_YEARS_MAX, &years));

    CHECK(sane);
    if (!days_of(have, &had)) {
        return TRUTH_UNKNOWN;
    }
    int oldest = age_of(had.first, today);
    int youngest = age_of(had.last, today);
    enum truth at_least = between(youngest >= (int)years, oldest < (int)years);
    return claim->compare == CLAIM_AGE_AT_LEAST ? at_least : (enum truth)(TRUTH_YES - at_least);
}

/* ---- Addresses ---- */

/* A code, and the list that it is of: behind "@", or told beside it; 0: that of the register's. */
struct unit {
    struct view code;
    int32_t list_day;
};

static int32_t list_of(struct view date)
{
    struct date day = {0};
    return outcome_ok(date_get(date, &day)) ? (int32_t)date_to_days(day) : 0;
}

static struct unit unit_of(struct view value, struct view list, uint8_t text[TEXT_BYTES_MAX])
{
    uint8_t day[TEXT_BYTES_MAX];
    struct view said = text_of(value, text);
    size_t at = view_find(said, 0, '@');
    struct unit unit = {.code = view_part(said, 0, at), .list_day = list_of(text_of(list, day))};

    if (at < said.len) {
        unit.list_day = list_of(view_part(said, at + 1, said.len - at - 1));
    }
    return unit;
}

static enum truth province_is(struct view code, int32_t day, struct view claimed, int32_t want_day)
{
    char have[3] = {0};
    char want[3] = {0};

    if (code.len != 2 || claimed.len != 2) {
        return TRUTH_NO;
    }
    memcpy(have, code.data, 2);
    memcpy(want, claimed.data, 2);
    return country_province_is(have, day, want, want_day);
}

/* Invariant 2. */
static enum truth unit_holds(const char *member, struct view address, struct view have,
                             struct unit claimed)
{
    uint8_t code_text[TEXT_BYTES_MAX];
    uint8_t list_text[TEXT_BYTES_MAX];
    struct view code = text_of(have, code_text);
    int32_t day = list_of(text_of(canonical_member(address, "list"), list_text));

    if (claimed.list_day == 0 || claimed.list_day == day) {
        return truth_of(view_equal(code, claimed.code));
    }
    if (!country_list_known(claimed.list_day) || !country_list_known(day)) {
        return TRUTH_UNKNOWN;
    }
    return view_is(view_text(member), "province")
               ? province_is(code, day, claimed.code, claimed.list_day)
               : TRUTH_UNKNOWN;
}

static const struct address_member {
    const char *name;
    bool unit; /* a code of a list */
    bool folded;
} address_members[] = {
    {"country", false, false}, {"detail", false, true}, {"district", true, false},
    {"province", true, false}, {"ward", true, false},
};
#define ADDRESS_MEMBERS (sizeof(address_members) / sizeof(address_members[0]))

static enum truth member_holds(struct comparing *comparing, const struct address_member *member,
                               struct view address, struct view claimed, struct view list)
{
    uint8_t text[TEXT_BYTES_MAX];
    struct view have = canonical_member(address, member->name);

    if (is_null(claimed)) {
        return truth_of(is_null(have));
    }
    if (is_null(have)) {
        return TRUTH_UNKNOWN;
    }
    if (member->unit) {
        return unit_holds(member->name, address, have, unit_of(claimed, list, text));
    }
    return member->folded ? same_folded(comparing, have, claimed) : same(have, claimed);
}

/* All members that are claimed; the list is not claimed, it says what the codes are of. */
static enum truth address_holds(struct comparing *comparing, struct view have, struct view claimed)
{
    enum truth holds = TRUTH_YES;

    if (is_null(claimed) || is_null(have)) {
        return is_null(claimed) ? truth_of(is_null(have)) : TRUTH_UNKNOWN;
    }
    struct view list = canonical_member(claimed, "list");
    for (size_t i = 0; i < ADDRESS_MEMBERS; i++) {
        struct view member = canonical_member(claimed, address_members[i].name);
        if (member.len > 0) {
            holds = lesser(holds, member_holds(comparing, &address_members[i], have, member, list));
        }
    }
    return holds;
}

static enum truth one_member_holds(struct comparing *comparing, const struct claim *claim,
                                   struct view have)
{
    if (is_null(have)) {
        return TRUTH_UNKNOWN;
    }
    size_t i = 0;
    while (!view_is(claim->member, address_members[i].name)) {
        i++;
        CHECK(i < ADDRESS_MEMBERS);
    }
    return member_holds(comparing, &address_members[i], have, claim->value, view_of(NULL, 0));
}

/* ---- Other objects ---- */

static enum truth part_holds(struct comparing *comparing, const char *name, struct view have,
                             struct view claimed)
{
    if (view_is(view_text(name), "place")) {
        return address_holds(comparing, have, claimed);
    }
    if (is_null(claimed)) {
        return truth_of(is_null(have));
    }
    return view_is(view_text(name), "kind") ? same(have, claimed)
                                            : date_holds(CLAIM_EQUAL, have, claimed);
}

static enum truth object_holds(struct comparing *comparing, struct view have, struct view claimed)
{
    static const char *const parts[] = {"date", "from", "kind", "place", "to"};
    enum truth holds = TRUTH_YES;

    if (is_null(claimed) || is_null(have)) {
        return is_null(claimed) ? truth_of(is_null(have)) : TRUTH_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct view part = canonical_member(claimed, parts[i]);
        if (part.len > 0) {
            holds = lesser(holds,
                           part_holds(comparing, parts[i], canonical_member(have, parts[i]), part));
        }
    }
    return holds;
}

/* ---- Relations ---- */

/* The register keeps no birth dates of relatives: with one that is claimed there is no yes. */
static enum truth relative_is(struct comparing *comparing, struct view relative,
                              struct view claimed)
{
    struct view name = canonical_member(claimed, "name");
    struct view id = canonical_member(claimed, "id");
    struct view cmnd = canonical_member(claimed, "cmnd");
    bool birth = canonical_member(claimed, "birth_date").len > 0;
    enum truth holds = birth ? TRUTH_UNKNOWN : TRUTH_YES;

    if (name.len > 0) {
        struct view have = canonical_member(relative, "full_name");
        holds = lesser(holds, same_folded(comparing, have, name));
    }
    if (id.len > 0) {
        holds = lesser(holds, same(canonical_member(relative, "id"), id));
    }
    if (cmnd.len > 0) {
        holds = lesser(holds, same(canonical_member(relative, "cmnd"), cmnd));
    }
    return holds;
}

/* Is one of those who stand in the relation the one that is claimed? */
static enum truth relatives_hold(struct comparing *comparing, const struct claim *claim,
                                 struct view relatives)
{
    uint8_t text[TEXT_BYTES_MAX];
    const char *relation = words_name(&words_relation, claim->what);
    struct view relative;
    size_t at = 0;
    unsigned seen = 0;
    enum truth holds = TRUTH_NO;

    while (!is_null(relatives) && canonical_next_item(relatives, &at, &relative)) {
        if (view_is(text_of(canonical_member(relative, "relation"), text), relation)) {
            holds = greater(holds, relative_is(comparing, relative, claim->value));
            seen++;
        }
    }
    return seen == 0 ? TRUTH_UNKNOWN : holds;
}

static enum truth relation_holds(struct comparing *comparing, const struct claim *claim,
                                 struct view have)
{
    if (claim->what != RELATION_HEAD) {
        return relatives_hold(comparing, claim, have);
    }
    struct view head = is_null(have) ? have : canonical_member(have, "head");
    return is_null(head) ? TRUTH_UNKNOWN : relative_is(comparing, head, claim->value);
}

/* ---- Fields ---- */

static enum truth field_holds(struct comparing *comparing, const struct claim *claim,
                              struct view have)
{
    switch (claim->what) {
    case FIELD_BIRTH_DATE:
        return claim->compare >= CLAIM_AGE_UNDER
                   ? age_holds(comparing, claim, have)
                   : date_holds((enum claim_compare)claim->compare, have, claim->value);
    case FIELD_FULL_NAME:
        return same_folded(comparing, have, claim->value);
    case FIELD_BIRTH_REGISTRATION_PLACE:
    case FIELD_CURRENT_RESIDENCE:
    case FIELD_NATIVE_PLACE:
    case FIELD_PERMANENT_RESIDENCE:
    case FIELD_TEMPORARY_RESIDENCE:
        return claim->member.len > 0 ? one_member_holds(comparing, claim, have)
                                     : address_holds(comparing, have, claim->value);
    case FIELD_DEATH_OR_MISSING:
    case FIELD_TEMPORARY_ABSENCE:
        return object_holds(comparing, have, claim->value);
    default:
        return same(have, claim->value);
    }
}

struct outcome claim_holds(const struct claim *claim, struct view person, int64_t today,
                           struct buf *scratch, enum truth *ret_holds)
{
    struct comparing comparing = {.scratch = scratch, .today = today};
    struct view have =
        canonical_member(person, words_name(&words_field, (unsigned)claim_field(claim)));

    enum truth holds = claim->kind == CLAIM_RELATION ? relation_holds(&comparing, claim, have)
                                                     : field_holds(&comparing, claim, have);
    TRY(comparing.outcome);
    *ret_holds = holds;
    return OUTCOME_OK;
}
