/*
 * An account's grants as JSON.
 *
 * Invariants
 * 1. Only the account's own party's businesses are walked, and of them a sub-account is told of
 *    those alone that it was given: nobody learns of another's.
 * 2. Members stand in byte order of their names (RFC 8785); a value that is absent is null.
 */
#include "office/grants.h"

#include "office/office.h"
#include "wire/json.h"

#define HOURS 24

static const char *const permit_states[PERMIT_STATE_COUNT] = {
    [PERMIT_IN_FORCE] = "in_force",
    [PERMIT_WITHDRAWN] = "withdrawn",
    [PERMIT_ENDED] = "ended",
};

static void put_words(const struct words *words, uint64_t mask, struct buf *buf)
{
    const char *between = "[";
    for (unsigned i = 0; i < words->count; i++) {
        if ((mask >> i & 1) != 0) {
            buf_printf(buf, "%s\"%s\"", between, words_name(words, i));
            between = ",";
        }
    }
    buf_put_text(buf, mask == 0 ? "[]" : "]");
}

static void put_hours(uint32_t mask, struct buf *buf)
{
    const char *between = "[";
    for (unsigned hour = 0; hour < HOURS; hour++) {
        if ((mask >> hour & 1) != 0) {
            buf_printf(buf, "%s%u", between, hour);
            between = ",";
        }
    }
    buf_put_text(buf, mask == 0 ? "[]" : "]");
}

static void put_day(int64_t days, struct buf *buf)
{
    buf_put_u8(buf, '"');
    date_put(buf, days);
    buf_put_u8(buf, '"');
}

static void put_or_null(struct view text, struct buf *buf)
{
    if (text.len == 0) {
        buf_put_text(buf, "null");
    } else {
        json_put_string(buf, text);
    }
}

static void put_permit(const struct permit *permit, int64_t today, struct buf *buf)
{
    bool over = permit->state == PERMIT_IN_FORCE && today > permit->until_day;
    buf_put_text(buf, "{\"code\":");
    json_put_string(buf, code_view(&permit->code));
    buf_put_text(buf, ",\"fields\":");
    put_words(&words_field, permit->fields, buf);
    buf_printf(buf, ",\"kind\":\"%s\",\"recipient\":", words_name(&words_permit, permit->kind));
    put_or_null(long_view(&permit->recipient), buf);
    buf_printf(buf,
               ",\"state\":\"%s\",\"until\":", over ? "expired" : permit_states[permit->state]);
    put_day(permit->until_day, buf);
    buf_put_text(buf, "}");
}

static void put_permits(const struct business *business, int64_t today, struct buf *buf)
{
    buf_put_text(buf, "[");
    for (const struct permit *permit = business->permits; permit != NULL; permit = permit->next) {
        buf_put_text(buf, permit == business->permits ? "" : ",");
        put_permit(permit, today, buf);
    }
    buf_put_text(buf, "]");
}

/* Without a ceiling there is nothing that is left of it. */
static void put_quota(const char *member, uint64_t left, uint64_t max, bool none, struct buf *buf)
{
    buf_printf(buf, "\"%s\":", member);
    if (none) {
        buf_put_text(buf, "null");
        return;
    }
    buf_put_text(buf, "{\"left\":");
    buf_put_decimal(buf, left);
    buf_put_text(buf, ",\"max\":");
    buf_put_decimal(buf, max);
    buf_put_text(buf, "}");
}

static void put_quotas(const struct business *business, int64_t now_us, struct buf *buf)
{
    struct quotas_left left = quotas_left(business, now_us);
    buf_put_text(buf, "{");
    put_quota("day", left.day, business->quota_day_max, false, buf);
    buf_put_text(buf, ",");
    put_quota("second", left.second, business->quota_second_max, business->quota_second_max == 0,
              buf);
    buf_put_text(buf, ",");
    put_quota("total", left.total, business->quota_total_max, business->quota_total_max == 0, buf);
    buf_put_text(buf, "}");
}

/* What it is for. */
static void put_purpose(const struct business *business, struct buf *buf)
{
    buf_put_text(buf, ",\"population\":");
    put_or_null(population_text(&business->population), buf);
    buf_put_text(buf, ",\"procedure\":");
    put_or_null(code_view(&business->procedure), buf);
    buf_put_text(buf, ",\"purpose\":");
    json_put_string(buf, long_view(&business->purpose));
}

static void put_business(const struct business *business, int64_t now_us, struct buf *buf)
{
    int64_t today = clock_day_vn(now_us);
    buf_put_text(buf, "{\"bulk\":");
    buf_put_decimal(buf, business->bulk_max);
    buf_put_text(buf, ",\"channels\":");
    put_words(&words_channel, business->channels, buf);
    buf_put_text(buf, ",\"code\":");
    json_put_string(buf, code_view(&business->code));
    buf_put_text(buf, ",\"fields\":");
    put_words(&words_field, business->fields, buf);
    buf_put_text(buf, ",\"from\":");
    put_day(business->from_day, buf);
    buf_put_text(buf, ",\"hours\":");
    put_hours(business->hours, buf);
    buf_put_text(buf, ",\"legal_basis\":");
    json_put_string(buf, long_view(&business->legal_basis));
    buf_put_text(buf, ",\"permits\":");
    put_permits(business, today, buf);
    put_purpose(business, buf);
    buf_put_text(buf, ",\"quotas\":");
    put_quotas(business, now_us, buf);
    buf_put_text(buf, ",\"sensitive\":");
    put_words(&words_field, business->sensitive, buf);
    buf_put_text(buf, ",\"services\":");
    put_words(&words_service, business->services, buf);
    buf_printf(buf, ",\"state\":\"%s\",\"until\":",
               words_name(&words_business_state, office_business_state(business, today)));
    put_day(business->until_day, buf);
    buf_printf(buf, ",\"verify_per_claim\":%s,\"version\":%u}",
               business->verify_per_claim ? "true" : "false", business->version);
}

static void put_account(const struct account *account, enum account_state state, struct buf *buf)
{
    buf_printf(buf, "{\"account\":{\"channel\":\"%s\",\"code\":",
               words_name(&words_channel, account->channel));
    json_put_string(buf, code_view(&account->code));
    buf_put_text(buf, ",\"party\":");
    json_put_string(buf, code_view(&account->party->code));
    buf_printf(buf, ",\"state\":\"%s\"},\"businesses\":[", words_name(&words_account_state, state));
}

/* The first behind that code that the account may ask for; NULL: there is none. */
static const struct business *covered(const struct account *account,
                                      const struct business *business, struct view after)
{
    while (business != NULL && (view_compare(code_view(&business->code), after) <= 0 ||
                                !account_covers(account, business))) {
        business = business->next;
    }
    return business;
}

void grants_put(const struct certificate *certificate, struct view after, int64_t now_us,
                struct buf *buf)
{
    const struct account *account = certificate->account;
    const struct business *business = covered(account, account->party->businesses, after);
    unsigned count = 0;
    put_account(account, account_state_by(account, certificate, now_us / 1000000), buf);
    while (business != NULL && count < GRANTS_PAGE_MAX) {
        buf_put_text(buf, count == 0 ? "" : ",");
        put_business(business, now_us, buf);
        after = code_view(&business->code);
        business = covered(account, business->next, after);
        count++;
    }
    buf_put_text(buf, "],\"next\":");
    put_or_null(business != NULL ? after : view_of(NULL, 0), buf);
    buf_put_text(buf, "}");
}
