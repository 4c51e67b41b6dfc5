/*
 * Who may ask what about people: the businesses in force, as they are registered.
 *
 * Invariants
 * 1. Nothing here is about anybody: whoever asks is told the same.
 * 2. A business whose look-ups are hidden from whom they are about is not told of before its day.
 * 3. A page costs LOOK_STEPS_MAX businesses at most (I9): it may be short, and says where it goes
 *    on.
 */
#include "core/rights.h"

#include "core/loop.h"
#include "wire/json.h"

static bool in_force(const struct business *business, int64_t day)
{
    bool state = business->state == BUSINESS_GRANTED && business->party->state != PARTY_CLOSED;
    bool dates = day >= business->from_day && day <= business->until_day;
    bool visible = business->sealed_until_day == BUSINESS_UNSEALED ||
                   day >= business->sealed_until_day; /* invariant 2 */
    return state && dates && visible;
}

static void put_text(struct buf *json, const char *name, struct view text)
{
    buf_printf(json, ",\"%s\":", name);
    json_put_string_or_null(json, text);
}

/* Members in byte order of their names. */
static void put_business(const struct policy *policy, const struct business *business,
                         struct buf *json)
{
    bool overrides = policy != NULL && business_overrides_lock(business, policy);
    const struct party *party = business->party;
    buf_put_text(json, "{\"channels\":");
    rights_put_words(json, &words_channel, business->channels);
    buf_printf(json, ",\"class\":\"%s\"", words_name(&words_class, party->class));
    put_text(json, "code", code_view(&business->code));
    buf_put_text(json, ",\"fields\":");
    rights_put_words(json, &words_field, business->fields);
    put_text(json, "kind", code_view(&party->kind));
    put_text(json, "legal_basis", long_view(&business->legal_basis));
    buf_printf(json, ",\"overrides_lock\":%s", overrides ? "true" : "false");
    put_text(json, "party", long_view(&party->name));
    put_text(json, "purpose", long_view(&business->purpose));
    buf_put_text(json, ",\"services\":");
    rights_put_words(json, &words_service, business->services);
    buf_put_text(json, ",\"until\":");
    rights_put_day(json, business->until_day);
    buf_put_text(json, "}");
}

/* Of one class, CLASS_COUNT: of all. */
static void put_page(const struct core *core, enum party_class class, struct view after,
                     struct buf *json)
{
    const struct map *businesses = &core->house->directory.businesses;
    const struct policy *policy = office_policy(core->house->office);
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    size_t place = after.len == 0 ? 0 : map_after(businesses, after);
    const struct business *last = NULL;
    unsigned items = 0;
    buf_put_text(json, "{\"businesses\":[");
    for (unsigned steps = 0; steps < LOOK_STEPS_MAX && items < ASKERS_PAGE_MAX; steps++) {
        const struct business *business = map_at(businesses, place);
        if (business == NULL) {
            break;
        }
        place++;
        last = business;
        if (in_force(business, day) && (class == CLASS_COUNT || business->party->class == class)) {
            buf_put_text(json, items > 0 ? "," : "");
            put_business(policy, business, json);
            items++;
        }
    }
    buf_put_text(json, "]");
    if (map_at(businesses, place) != NULL) { /* invariant 3 */
        put_text(json, "next", code_view(&last->code));
    }
    buf_put_text(json, "}");
}

struct outcome rights_askers(struct core *core, const struct own_call *call,
                             struct own_reply *reply)
{
    struct view after = {0};
    struct view word = {0};
    unsigned class = CLASS_COUNT;
    struct rights_room room = {.len = 0};
    if (!rights_text(call, reply, "after", ASK_CODE_BYTES_MAX, &room, &after) ||
        !rights_text(call, reply, "class", ASK_CODE_BYTES_MAX, &room, &word)) {
        return OUTCOME_OK;
    }
    if (word.len > 0 && !outcome_ok(words_find(&words_class, word, &class))) {
        own_refuse(reply, CODE_BAD_REQUEST, "/class: no class of parties");
        return OUTCOME_OK;
    }
    put_page(core, class, after, &reply->json);
    return OUTCOME_OK;
}

struct outcome rights_hidden(struct core *core, const struct own_call *call,
                             struct own_reply *reply)
{
    int64_t now_us = clock_wall_us(&core->house->clock);
    const char *before = "";
    unsigned year = 0;
    uint64_t count = 0;
    (void)call;
    buf_put_text(&reply->json, "{\"years\":[");
    for (unsigned at = 0; gate_sealed_year(core->house->gate, at, now_us, &year, &count); at++) {
        buf_printf(&reply->json, "%s{\"looks\":%llu,\"year\":%u}", before,
                   (unsigned long long)count, year);
        before = ",";
    }
    buf_put_text(&reply->json, "]}");
    return OUTCOME_OK;
}
