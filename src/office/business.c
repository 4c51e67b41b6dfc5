/*
 * Businesses: stored bytes, states, and the acts on them.
 *
 * Invariant: a business never holds more than its class may have: fields under the ceiling,
 * channels open (I3); granting looks again, since the policy may have changed in between.
 */
#include "office/prepare.h"

#define BUSINESS_VERSION 1
#define DAY_FIRST 0
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */
#define HOURS_ALL 0xffffffu

void business_put(const struct business *business, struct buf *buf)
{
    buf_put_u8(buf, BUSINESS_VERSION);
    buf_put_block16(buf, code_view(&business->code));
    buf_put_block16(buf, code_view(&business->party->code));
    buf_put_u8(buf, (uint8_t)business->state);
    buf_put_u32(buf, business->version);
    buf_put_block16(buf, long_view(&business->purpose));
    buf_put_block16(buf, long_view(&business->legal_basis));
    buf_put_block16(buf, code_view(&business->procedure));
    buf_put_u32(buf, business->services);
    buf_put_u32(buf, business->channels);
    buf_put_u64(buf, business->fields);
    buf_put_u64(buf, business->sensitive);
    size_t start = buf->len;
    buf_put_u16(buf, 0);
    population_put(&business->population, buf);
    if (!buf->failed) {
        size_t len = buf->len - start - 2;
        buf->data[start] = (uint8_t)(len >> 8);
        buf->data[start + 1] = (uint8_t)len;
    }
    buf_put_u64(buf, business->quota_day_max);
    buf_put_u32(buf, business->hours);
    buf_put_u64(buf, (uint64_t)business->from_day);
    buf_put_u64(buf, (uint64_t)business->until_day);
    buf_put_u8(buf, business->clearance_protected ? 1 : 0);
    buf_put_u8(buf, business->override_lock ? 1 : 0);
}

struct outcome business_get(const struct directory *directory, struct view bytes,
                            struct business *ret_business)
{
    struct cursor cursor = cursor_of(bytes);
    struct business business = {0};
    cursor.failed = cursor_u8(&cursor) != BUSINESS_VERSION;
    object_get_code(&cursor, &business.code);
    business.party = object_get_party(&cursor, directory);
    business.state = object_get_enum(&cursor, BUSINESS_STATE_COUNT);
    business.version = cursor_u32(&cursor);
    object_get_long(&cursor, &business.purpose);
    object_get_long(&cursor, &business.legal_basis);
    object_get_code(&cursor, &business.procedure);
    business.services = cursor_u32(&cursor);
    business.channels = cursor_u32(&cursor);
    business.fields = cursor_u64(&cursor);
    business.sensitive = cursor_u64(&cursor);
    struct view population = cursor_block16(&cursor);
    if (!outcome_ok(population_parse(population, &business.population))) {
        cursor.failed = true;
    }
    business.quota_day_max = cursor_u64(&cursor);
    business.hours = cursor_u32(&cursor);
    business.from_day = (int64_t)cursor_u64(&cursor);
    business.until_day = (int64_t)cursor_u64(&cursor);
    business.clearance_protected = object_get_enum(&cursor, 2) == 1;
    business.override_lock = object_get_enum(&cursor, 2) == 1;
    TRY(object_get_end(&cursor, "stored business does not decode"));
    *ret_business = business;
    return OUTCOME_OK;
}

static void put_business(const void *object, struct buf *buf)
{
    business_put(object, buf);
}

static struct outcome get_business(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    return business_get(directory, bytes, ret_object);
}

static void *find_business(const struct directory *directory, struct view code)
{
    return directory_business(directory, code);
}

static bool full_business(const struct directory *directory)
{
    return directory->businesses.len >= directory->businesses.max;
}

static struct outcome add_business(struct directory *directory, void *object)
{
    return directory_add_business(directory, object);
}

static struct outcome replace_business(struct directory *directory, void *old, const void *object)
{
    (void)directory;
    directory_replace_business(old, object);
    return OUTCOME_OK;
}

static struct view code_of_business(const void *object)
{
    return code_view(&((const struct business *)object)->code);
}

static uint32_t *version_of_business(void *object)
{
    return &((struct business *)object)->version;
}

const struct object_row object_business = {
    .name = "business",
    .plural = "businesses",
    .bytes = sizeof(struct business),
    .put = put_business,
    .get = get_business,
    .find = find_business,
    .full = full_business,
    .add = add_business,
    .replace = replace_business,
    .code = code_of_business,
    .version = version_of_business,
};

/* Transition table of businesses (design.md section 4). */
static const enum business_state business_next[BUSINESS_STATE_COUNT][BUSINESS_EVENT_COUNT] = {
#define NO BUSINESS_STATE_COUNT
    /*                     grant             refuse            suspend             resume revoke */
    [BUSINESS_DRAFT] = {NO, NO, NO, NO, NO},
    [BUSINESS_SUBMITTED] = {BUSINESS_GRANTED, BUSINESS_REFUSED, NO, NO, NO},
    [BUSINESS_GRANTED] = {NO, NO, BUSINESS_SUSPENDED, NO, BUSINESS_REVOKED},
    [BUSINESS_REFUSED] = {NO, NO, NO, NO, NO},
    [BUSINESS_SUSPENDED] = {NO, NO, NO, BUSINESS_GRANTED, BUSINESS_REVOKED},
    [BUSINESS_REVOKED] = {NO, NO, NO, NO, NO},
    [BUSINESS_EXPIRED] = {NO, NO, NO, NO, NO},
#undef NO
};

enum business_state office_business_next(enum business_state state, enum business_event event)
{
    if ((unsigned)state >= BUSINESS_STATE_COUNT || (unsigned)event >= BUSINESS_EVENT_COUNT) {
        return BUSINESS_STATE_COUNT;
    }
    return business_next[state][event];
}

/* Hours hours-from..hours-until (UTC+7, the last not included) as bits; absent = all. */
static struct outcome hours_mask(struct preparing *here, uint32_t *ret_hours)
{
    uint64_t from = act_number(here->act, "hours-from", 0);
    uint64_t until = act_number(here->act, "hours-until", 24);
    if (from >= until || until > 24) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "hours must be 0 <= from < until <= 24");
    }
    *ret_hours = (uint32_t)((HOURS_ALL >> (24 - (until - from))) << from);
    return OUTCOME_OK;
}

/* Never above what the law gives the class (I3). */
static struct outcome business_lawful(struct preparing *here, const struct business *business)
{
    const struct policy *policy = here->policy;
    enum party_class class = business->party->class;
    uint64_t ceiling = 0;
    if (policy == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "no policy is published yet");
    }
    for (enum channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        bool wanted = (business->channels & (1u << channel)) != 0;
        if (wanted && !policy_channel_open(policy, class, channel)) {
            return prepare_refuse(here, FAULT_BAD_INPUT,
                                  "a channel is not open to the party's class");
        }
    }
    for (enum service service = 0; service < SERVICE_COUNT; service++) {
        bool wanted = (business->services & (1u << service)) != 0;
        if (wanted && !policy_service_open(policy, class, service)) {
            return prepare_refuse(here, FAULT_BAD_INPUT,
                                  "a service is not open to the party's class");
        }
        ceiling |= wanted ? policy_field_ceiling(policy, class, service) : 0;
    }
    if ((business->fields & ~ceiling) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a field is above the class's ceiling");
    }
    if ((business->fields & policy_fields_sensitive(policy) & ~business->sensitive) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "a sensitive field must be named again in `sensitive`");
    }
    return OUTCOME_OK;
}

static struct outcome business_fill(struct preparing *here, struct business *business)
{
    const struct act *act = here->act;
    business->state = BUSINESS_SUBMITTED;
    business->services = (unsigned)act_words_mask(act, "services");
    business->channels = (unsigned)act_words_mask(act, "channels");
    business->fields = act_words_mask(act, "fields");
    business->sensitive = act_words_mask(act, "sensitive");
    business->quota_day_max = act_number(act, "quota-day", 0);
    business->from_day = act_day(act, "from", DAY_FIRST);
    business->until_day = act_day(act, "until", DAY_LAST);
    if (business->from_day > business->until_day) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`until` is before `from`");
    }
    TRY(hours_mask(here, &business->hours));
    struct outcome population =
        population_parse(act_value(act, "population"), &business->population);
    if (!outcome_ok(population)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, population.what);
    }
    if ((business->sensitive & ~business->fields) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`sensitive` names a field that `fields` does not");
    }
    TRY(code_set(&business->code, act_value(act, "code")));
    TRY(code_set(&business->procedure, act_value(act, "procedure")));
    TRY(long_set(&business->purpose, act_value(act, "purpose")));
    return long_set(&business->legal_basis, act_value(act, "legal-basis"));
}

struct outcome prepare_business_add(struct preparing *here)
{
    struct party *party = NULL;
    struct business *business = NULL;
    TRY(prepare_find(here, OBJECT_PARTY, "party", &party));
    TRY(prepare_new(here, OBJECT_BUSINESS, &business));
    business->party = party;
    TRY(business_fill(here, business));
    return business_lawful(here, business);
}

static const enum business_event event_of[ACT_KIND_COUNT] = {
    [ACT_BUSINESS_GRANT] = BUSINESS_EVENT_GRANT,     [ACT_BUSINESS_REFUSE] = BUSINESS_EVENT_REFUSE,
    [ACT_BUSINESS_SUSPEND] = BUSINESS_EVENT_SUSPEND, [ACT_BUSINESS_RESUME] = BUSINESS_EVENT_RESUME,
    [ACT_BUSINESS_REVOKE] = BUSINESS_EVENT_REVOKE,
};

struct outcome prepare_business_move(struct preparing *here)
{
    struct business *old = NULL;
    struct business *business = NULL;
    TRY(prepare_find(here, OBJECT_BUSINESS, "code", &old));
    enum business_state next = office_business_next(old->state, event_of[here->act->kind]);
    if (next == BUSINESS_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the business' state does not allow this");
    }
    if (next == BUSINESS_GRANTED) {
        TRY(business_lawful(here, old));
    }
    TRY(prepare_edit(here, OBJECT_BUSINESS, old, &business));
    business->state = next;
    return OUTCOME_OK;
}
