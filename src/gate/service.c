/*
 * The services as a table: which fields an ask is decided for, and what is made of the person when
 * it may be answered.
 *
 * Invariants
 * 1. A service without a row that gives something is refused, whatever is granted (I3).
 * 2. What is made is made of the permitted fields alone, as a look-up would give them; it is made
 *    of whoever was fetched, decided for or not (I5).
 */
#include "gate/work.h"

#include "base/check.h"

/* Appends the canonical JSON that the answer holds. */
typedef struct outcome put_result(struct gate *gate, const struct work *work,
                                  const struct person_record *record,
                                  const struct person_hidden_port *hidden);

static struct outcome put_fields(struct gate *gate, const struct work *work,
                                 const struct person_record *record,
                                 const struct person_hidden_port *hidden)
{
    return person_record_project(record, work->field_mask, hidden, &gate->persons);
}

static void put_truth(struct buf *buf, enum truth truth)
{
    static const char *const texts[] = {"false", "null", "true"};
    buf_put_text(buf, texts[truth]);
}

/* All claims are looked at, whatever came of those before. */
static struct outcome hold_claims(struct gate *gate, const struct work *work,
                                  const struct person_record *record,
                                  const struct person_hidden_port *hidden,
                                  enum truth ret_holds[ASK_CLAIMS_MAX])
{
    const struct ask *ask = work->ask;
    struct buf *persons = &gate->persons;
    size_t start = persons->len;
    int64_t day = clock_day_vn(work->as_of_us);
    TRY(put_fields(gate, work, record, hidden));
    struct view person = view_of(persons->data + start, persons->len - start);
    for (unsigned i = 0; i < ask->claim_count; i++) {
        TRY(claim_holds(&ask->claims[i], person, day, &gate->folded, &ret_holds[i]));
    }
    buf_cut(persons, start);
    return OUTCOME_OK;
}

static struct outcome put_claims(struct gate *gate, const struct work *work,
                                 const struct person_record *record,
                                 const struct person_hidden_port *hidden)
{
    enum truth holds[ASK_CLAIMS_MAX] = {0};
    struct buf *persons = &gate->persons;
    enum truth all = TRUTH_YES;
    TRY(hold_claims(gate, work, record, hidden, holds));
    for (unsigned i = 0; i < work->ask->claim_count; i++) {
        all = holds[i] < all ? holds[i] : all;
    }
    if (!work->ask->per_claim) {
        buf_put_text(persons, "{\"verified\":");
        put_truth(persons, all == TRUTH_YES ? TRUTH_YES : TRUTH_NO); /* UNKNOWN is a no */
        buf_put_u8(persons, '}');
        return buf_check(persons);
    }
    buf_put_text(persons, "{\"claims\":");
    for (unsigned i = 0; i < work->ask->claim_count; i++) {
        buf_put_u8(persons, i == 0 ? '[' : ',');
        put_truth(persons, holds[i]);
    }
    buf_put_text(persons, "]}");
    return buf_check(persons);
}

/* Both numbers, whichever it was asked by. Digits need no escapes. */
static struct outcome put_numbers(struct gate *gate, const struct work *work,
                                  const struct person_record *record,
                                  const struct person_hidden_port *hidden)
{
    struct buf *persons = &gate->persons;
    (void)work;
    (void)hidden;
    buf_put_text(persons, record->cmnd.len > 0 ? "{\"cmnd\":\"" : "{\"cmnd\":null");
    buf_put_view(persons, record->cmnd);
    buf_put_text(persons, record->cmnd.len > 0 ? "\",\"id\":\"" : ",\"id\":\"");
    buf_put_view(persons, record->id);
    buf_put_text(persons, "\"}");
    return buf_check(persons);
}

/* All that is about himself: his fields, his numbers, and where each is from (decision 0069). What
 * names others is no field of the service (the policy's ceiling). */
static struct outcome put_own(struct gate *gate, const struct work *work,
                              const struct person_record *record,
                              const struct person_hidden_port *hidden)
{
    buf_put_text(&gate->persons, "{\"fields\":");
    TRY(put_fields(gate, work, record, hidden));
    buf_put_text(&gate->persons, ",\"numbers\":");
    TRY(put_numbers(gate, work, record, hidden));
    buf_put_text(&gate->persons, ",\"sources\":");
    TRY(change_origins_show(record->origins, work->field_mask, &gate->persons));
    buf_put_u8(&gate->persons, '}');
    return buf_check(&gate->persons);
}

/* The page that was made for it. */
static struct outcome put_page(struct gate *gate, const struct work *work,
                               const struct person_record *record,
                               const struct person_hidden_port *hidden)
{
    (void)hidden;
    return page_put(gate, work, record);
}

/* What the ask names no fields for: the service's own. Name and birth date confirm who it is. */
#define NUMBERS_FIELDS (FIELD_BIT(FIELD_BIRTH_DATE) | FIELD_BIT(FIELD_FULL_NAME))

static const struct service_row {
    uint64_t fields; /* that it is decided for when the ask cannot name any; 0 = it names them, or
                        they are those granted */
    put_result *put; /* NULL: not given by this table (invariant 1) */
    bool result;     /* the answer's member is `result`; else `person` */
} rows[SERVICE_COUNT] = {
    [SERVICE_CITIZEN_LOOKUP] = {0, put_fields, false},
    [SERVICE_CITIZEN_VERIFY] = {0, put_claims, true},
    [SERVICE_CITIZEN_SEARCH] = {0, put_fields, true}, /* of each hit: search.c */
    [SERVICE_HOUSEHOLD_LOOKUP] = {0, put_fields, true},
    [SERVICE_ID_MAP] = {NUMBERS_FIELDS, put_numbers, true},
    [SERVICE_RELATIVE_VERIFY] = {0, put_claims, true},
    [SERVICE_OWN_VIEW] = {0, put_own, true},
    [SERVICE_OWN_HISTORY] = {0, put_page, true},
    [SERVICE_NOTICE_EXTRACT] = {0, put_fields, false},
    [SERVICE_LIST_EXTRACT] = {0, put_fields, false}, /* of one of its people */
};

bool service_given(enum service service)
{
    CHECK((unsigned)service < SERVICE_COUNT);
    return rows[service].put != NULL;
}

bool service_tells_fields(enum service service)
{
    CHECK((unsigned)service < SERVICE_COUNT);
    return rows[service].put == put_fields || rows[service].put == put_own;
}

bool service_result(enum service service)
{
    CHECK((unsigned)service < SERVICE_COUNT);
    return rows[service].result;
}

/* What the business grants through the service, within the law: sensitive fields when it names
 * them. */
static uint64_t fields_granted(const struct gate_case *asked, enum party_class class)
{
    const struct business *business = asked->business;
    if (business == NULL) {
        return 0;
    }
    uint64_t unnamed = policy_fields_sensitive(asked->policy) & ~business->sensitive;
    return business->fields & ~unnamed &
           policy_field_ceiling(asked->policy, class, asked->ask->service);
}

uint64_t service_fields(const struct gate_case *asked, enum party_class class)
{
    const struct ask *ask = asked->ask;
    if (ask->field_count > 0) {
        return ask_field_mask(ask);
    }
    bool granted = ask->fields_granted || ask->service == SERVICE_CITIZEN_SEARCH;
    return granted ? fields_granted(asked, class) : rows[ask->service].fields;
}

struct outcome service_put(struct gate *gate, const struct work *work,
                           const struct person_record *record,
                           const struct person_hidden_port *hidden)
{
    CHECK(rows[work->ask->service].put != NULL);
    return rows[work->ask->service].put(gate, work, record, hidden);
}
