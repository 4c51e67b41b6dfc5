/*
 * The directory: objects in maps by code, accounts also by certificate.
 *
 * Invariants
 * 1. Every account and business points to a party of the same directory.
 * 2. A certificate's key belongs to at most one account, revoked ones included.
 * 3. Two tiers: a sub-account's parent is an account of the same party that has no parent.
 */
#include "gate/directory.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "domain/country.h"

#include <string.h>

static struct view party_key(const void *value)
{
    return code_view(&((const struct party *)value)->code);
}

static struct view account_key(const void *value)
{
    return code_view(&((const struct account *)value)->code);
}

static struct view certificate_key(const void *value)
{
    return view_of(((const struct certificate *)value)->spki, SEAL_HASH_BYTES);
}

static struct view business_key(const void *value)
{
    return code_view(&((const struct business *)value)->code);
}

void directory_init(struct directory *directory)
{
    map_init_ordered(&directory->parties, party_key, PARTIES_MAX);
    map_init_ordered(&directory->accounts, account_key, ACCOUNTS_MAX);
    map_init(&directory->certificates, certificate_key, CERTIFICATES_MAX);
    map_init_ordered(&directory->businesses, business_key, BUSINESSES_MAX);
    directory->staff = NULL;
}

static void free_all(struct map *map)
{
    size_t at = 0;
    for (void *value = map_next(map, &at); value != NULL; value = map_next(map, &at)) {
        memory_free(value);
    }
    map_done(map);
}

void directory_done(struct directory *directory)
{
    if (directory == NULL) {
        return;
    }
    map_done(&directory->certificates);
    free_all(&directory->businesses);
    free_all(&directory->accounts);
    free_all(&directory->parties);
}

struct outcome directory_add_party(struct directory *directory, struct party *party)
{
    return map_add(&directory->parties, party);
}

/* The first `count` of an account's certificates are in the map: out again. */
static void take_certificates(struct directory *directory, struct account *account, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct certificate *certificate = &account->certificates[i];
        CHECK(map_remove(&directory->certificates, certificate_key(certificate)) == certificate);
    }
}

/* All of them or none. */
static struct outcome put_certificates(struct directory *directory, struct account *account)
{
    for (unsigned i = 0; i < account->certificate_count; i++) {
        account->certificates[i].account = account;
        struct outcome outcome = map_add(&directory->certificates, &account->certificates[i]);
        if (!outcome_ok(outcome)) {
            take_certificates(directory, account, i);
            return outcome;
        }
    }
    return OUTCOME_OK;
}

struct outcome directory_add_account(struct directory *directory, struct account *account)
{
    struct account *parent = account->parent;
    CHECK(account->party != NULL);
    CHECK(parent == NULL || (parent->parent == NULL && parent->party == account->party));
    if (directory_account(directory, code_view(&account->code)) != NULL) {
        return outcome_fail(FAULT_CONFLICT, "account: code is there already");
    }
    TRY(map_room(&directory->accounts)); /* in both maps or in none */
    TRY(put_certificates(directory, account));
    struct outcome outcome = map_add(&directory->accounts, account);
    CHECK(outcome_ok(outcome));
    if (parent != NULL) {
        parent->sub_count++;
    }
    return OUTCOME_OK;
}

struct outcome directory_add_business(struct directory *directory, struct business *business)
{
    CHECK(business->party != NULL);
    return map_add(&directory->businesses, business);
}

void directory_replace_party(struct party *old, const struct party *new)
{
    struct party kept = *old;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)));
    *old = *new;
    old->guess_day = kept.guess_day;
    old->guess_count = kept.guess_count;
    old->saved = kept.saved;
}

/* The new version's certificates are nobody else's, and there is room for them. */
static struct outcome look_certificates(struct directory *directory, const struct account *old,
                                        const struct account *new)
{
    CHECK(new->certificate_count <= old->certificate_count + 1);
    for (unsigned i = 0; i < new->certificate_count; i++) {
        const struct certificate *there =
            directory_certificate(directory, new->certificates[i].spki);
        if (there != NULL && there->account != old) {
            return outcome_fail(FAULT_CONFLICT, "account: certificate is bound already");
        }
    }
    return new->certificate_count > old->certificate_count ? map_room(&directory->certificates)
                                                           : OUTCOME_OK;
}

struct outcome directory_replace_account(struct directory *directory, struct account *old,
                                         const struct account *new)
{
    struct account kept = *old;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)) && old->party == new->party);
    CHECK(old->parent == new->parent);
    TRY(look_certificates(directory, old, new));
    take_certificates(directory, old, old->certificate_count);
    *old = *new;
    old->sub_count = kept.sub_count;
    old->refusals = kept.refusals;
    old->limited_count = kept.limited_count;
    old->limited_first_us = kept.limited_first_us;
    old->limited_last_us = kept.limited_last_us;
    old->key_count = kept.key_count;
    old->key_number = kept.key_number;
    old->key_round = kept.key_round;
    old->rereads = kept.rereads;
    struct outcome outcome = put_certificates(directory, old);
    CHECK(
        outcome_ok(outcome)); /* all places but one have just been given back, and there is room */
    return OUTCOME_OK;
}

void directory_replace_business(struct business *old, const struct business *new)
{
    struct business kept = *old;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)) && old->party == new->party);
    *old = *new;
    old->quota_day = kept.quota_day;
    old->quota_used = kept.quota_used;
    old->saved = kept.saved;
}

struct party *directory_party(const struct directory *directory, struct view code)
{
    return map_get(&directory->parties, code);
}

struct account *directory_account(const struct directory *directory, struct view code)
{
    return map_get(&directory->accounts, code);
}

struct certificate *directory_certificate(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES])
{
    return map_get(&directory->certificates, view_of(spki, SEAL_HASH_BYTES));
}

struct account *directory_account_by_spki(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES])
{
    const struct certificate *certificate = directory_certificate(directory, spki);
    return certificate == NULL ? NULL : certificate->account;
}

struct business *directory_business(const struct directory *directory, struct view code)
{
    return map_get(&directory->businesses, code);
}

struct outcome code_set(struct code_text *code, struct view text)
{
    if (text.len > ASK_CODE_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "code is too long");
    }
    *code = (struct code_text){.len = (uint8_t)text.len};
    if (text.len > 0) {
        memcpy(code->text, text.data, text.len);
    }
    return OUTCOME_OK;
}

struct outcome long_set(struct long_text *text, struct view view)
{
    if (view.len > DIRECTORY_NAME_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "text is too long");
    }
    *text = (struct long_text){.len = (uint16_t)view.len};
    if (view.len > 0) {
        memcpy(text->text, view.data, view.len);
    }
    return OUTCOME_OK;
}

static struct outcome population_add(struct population *population, struct view code)
{
    if (population->count == POPULATION_PROVINCES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "population: too many provinces");
    }
    if (!country_province_known(code, population->list_day)) {
        return outcome_fail(FAULT_BAD_INPUT, "population: unknown province");
    }
    memcpy(population->provinces[population->count], code.data, 2);
    population->count++;
    return OUTCOME_OK;
}

struct outcome population_parse(struct view text, struct population *ret_population)
{
    struct population population = {0};
    struct date day = {0};
    struct view prefix = VIEW_LITERAL("permanent_residence.province=");
    if (text.len == 0) {
        *ret_population = population;
        return OUTCOME_OK;
    }
    size_t at = view_find(text, 0, '@');
    if (!view_starts(text, prefix) || at == text.len) {
        return outcome_fail(FAULT_BAD_INPUT,
                            "population: want permanent_residence.province=CODE,...@YYYY-MM-DD");
    }
    TRY(date_get(view_part(text, at + 1, text.len - at - 1), &day));
    population.list_day = (int32_t)date_to_days(day);
    if (!country_list_known(population.list_day)) {
        return outcome_fail(FAULT_BAD_INPUT, "population: no list of provinces has that date");
    }
    for (size_t from = prefix.len; from <= at;) { /* an empty code is unknown */
        size_t comma = view_find(text, from, ',');
        size_t end = comma < at ? comma : at;
        TRY(population_add(&population, view_part(text, from, end - from)));
        from = end + 1;
    }
    CHECK(population.count > 0);
    *ret_population = population;
    return OUTCOME_OK;
}

void population_put(const struct population *population, struct buf *buf)
{
    if (population->count == 0) {
        return;
    }
    buf_put_text(buf, "permanent_residence.province=");
    for (unsigned i = 0; i < population->count; i++) {
        buf_printf(buf, i == 0 ? "%s" : ",%s", population->provinces[i]);
    }
    struct date day = date_from_days(population->list_day);
    buf_printf(buf, "@%04d-%02d-%02d", day.year, day.month, day.day);
}

enum truth population_holds(const struct population *population, const char province[3],
                            int32_t list_day)
{
    enum truth truth = population->count == 0 ? TRUTH_YES : TRUTH_NO;
    for (unsigned i = 0; i < population->count; i++) {
        enum truth one =
            country_province_is(province, list_day, population->provinces[i], population->list_day);
        truth = one > truth ? one : truth; /* three-valued or */
    }
    return truth;
}
