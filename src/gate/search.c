/*
 * citizen.search: people by name and birth date, or birth year.
 *
 * Invariants
 *  1. Whom this asker may not see is as if not there: he is not counted, leaves no trace in what is
 *     given, and costs the same steps (I5).
 *  2. All or none: more than NAMESAKES_SHOWN_MAX whom he may see, and he is given nobody.
 *     Of a case he is given one, or nobody.
 *  3. What the index says is a reason to read a record; who is given is decided by the record.
 */
#include "gate/work.h"

#include "base/check.h"
#include "domain/country.h"

#include <string.h>

/* Whom the asker may see, as far as the index tells. */
struct wish {
    const struct work *work;
    struct population_subject subject; /* but for what is the namesake's */
    uint32_t hidden;                   /* flags of whom he may not see */
    char province[3];                  /* that was asked for; empty = any */
    int32_t province_list_day;
};

static struct wish wish_of(const struct gate *gate, const struct work *work)
{
    struct view province = work->ask->province;
    struct wish wish = {.work = work,
                        .subject = {.today = clock_day_vn(work->now_us)},
                        .hidden = work_veil(gate, work).flags};
    struct date list;
    if (province.len > 0) {
        CHECK(outcome_ok(date_get(view_part(province, 3, DATE_LEN), &list))); /* ask_sane() */
        wish.province_list_day = (int32_t)date_to_days(list);
        memcpy(wish.province, province.data, 2);
    }
    return wish;
}

static bool sex_fits(const struct ask *ask, uint8_t sex)
{
    return ask->sex == 0 || ask->sex == sex;
}

static bool province_fits(const struct wish *wish, const char province[3], int32_t list_day)
{
    return wish->province[0] == '\0' || country_province_is(province, list_day, wish->province,
                                                            wish->province_list_day) == TRUTH_YES;
}

/* Only the record tells the number, by which lists of persons are named, and the ward. */
static bool by_record(const struct population *population)
{
    return population->names_lists || population->names_wards;
}

/* Who of those that the index tells of may be seen, their records alone tell; so it is with
 * people's own locks, which are kept by numbers, too. */
static bool counts_later(const struct wish *wish)
{
    return by_record(&wish->work->business->population) || (wish->hidden & PERSON_LOCKED) != 0;
}

static bool wants(void *context, const struct registry_facts *facts)
{
    struct wish *wish = context;
    const struct population *population = &wish->work->business->population;
    struct population_subject *subject = &wish->subject;
    subject->birth_date = facts->birth_date;
    subject->sex = facts->sex;
    subject->province_list_day = facts->province_list_day;
    memcpy(subject->province, facts->province, sizeof(subject->province));
    enum truth inside = population_holds(population, subject);
    bool may = inside == TRUTH_YES || (inside == TRUTH_UNKNOWN && by_record(population));
    bool seen = (facts->flags & wish->hidden) == 0;
    bool province = province_fits(wish, facts->province, facts->province_list_day);
    return (int)may & (int)seen & (int)province & (int)sex_fits(wish->work->ask, facts->sex);
}

static struct outcome look(struct gate *gate, struct work *work, struct wish *wish,
                           struct registry_search *ret_search)
{
    buf_reset(&gate->name);
    struct outcome folded = country_fold_name(work->ask->name, &gate->name);
    if (!outcome_ok(folded)) {
        buf_reset(&gate->name); /* nobody has such a name */
    }
    *ret_search = (struct registry_search){.folded_name = buf_view(&gate->name),
                                           .birth_date = work->ask->birth_date,
                                           .wants = wants,
                                           .context = wish};
    return registry_search(gate->registry, ret_search, &gate->records);
}

/* ---- who is given ---- */

/* Invariant 3. Sets work->hits and the decision. */
static struct outcome decide(struct gate *gate, struct work *work, const struct wish *wish,
                             const struct registry_search *search)
{
    bool later = counts_later(wish);
    work->hit_count = 0;
    for (unsigned i = 0; i < search->count; i++) {
        const struct registry_namesake *found = &search->found[i];
        struct person_record record = {0};
        TRY(person_record_open(found->record, &record));
        struct decision decision =
            work_decide_record(gate, work, &record, found->key, found->wanted);
        bool fits = decision.code == CODE_DISCLOSED && !search->over &&
                    sex_fits(work->ask, record.sex) &&
                    province_fits(wish, record.province, record.province_list_day);
        work->hits[work->hit_count] =
            (struct hit){.place = i, .key = found->key, .version = found->version};
        work->hit_count += fits;
    }
    work->locked = false; /* of nobody: the trace speaks of one person */
    work->decision = (struct decision){CODE_DISCLOSED, RULE_PERMITTED, FIELD_COUNT};
    if (search->over && !later) {
        work->decision = (struct decision){CODE_TOO_MANY_HITS, RULE_TOO_MANY_HITS, FIELD_COUNT};
    } else if (search->over) { /* how many are inside is not known: UNKNOWN is a no (I3) */
        work->decision =
            (struct decision){CODE_SUBJECT_NOT_AVAILABLE, RULE_POPULATION, FIELD_COUNT};
    } else if (work->ask->written != NULL &&
               work->hit_count > 1) { /* namesakes are nobody's to see */
        work->hit_count = 0;
        work->decision = (struct decision){CODE_TOO_MANY_HITS, RULE_TOO_MANY_HITS, FIELD_COUNT};
    } else if (work->hit_count == 0) {
        work->decision =
            (struct decision){CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN, FIELD_COUNT};
    }
    return OUTCOME_OK;
}

/* ---- what is given ---- */

static struct outcome put_hit(struct gate *gate, const struct work *work,
                              const struct person_record *record)
{
    struct buf *hit = &gate->hit;
    bool number = policy_search_number(gate->policy, work->party->class);
    buf_reset(hit);
    buf_put_u8(hit, '{');
    if (number) { /* digits need no escapes */
        buf_put_text(hit, "\"id\":\"");
        buf_put_view(hit, record->id);
        buf_put_text(hit, "\",");
    }
    buf_put_text(hit, "\"notices\":");
    person_record_notices(record, work_notices(gate, work), hit);
    buf_put_text(hit, ",\"person\":");
    TRY(work_put_fields(gate, work, record, hit));
    buf_put_u8(hit, '}');
    return buf_check(hit);
}

/* Everybody who was read is written, and who is not given is left where he was written. */
static struct outcome put_found(struct gate *gate, struct work *work,
                                const struct registry_search *search, const uint32_t *versions)
{
    struct buf *persons = &gate->persons;
    size_t start = persons->len;
    unsigned given = 0;
    buf_put_text(persons, "{\"hits\":[");
    for (unsigned i = 0; i < search->count; i++) {
        const struct registry_namesake *found = &search->found[i];
        struct view plain = found->record;
        struct view origins = {0}; /* of no answer of a search */
        struct person_record record = {0};
        bool own = given < work->hit_count && work->hits[given].place == i;
        if (own && versions != NULL && versions[given] != found->version) {
            TRY(registry_fetch_version(gate->registry, found->key, versions[given], &gate->version,
                                       &plain, &origins));
        }
        TRY(person_record_open(plain, &record));
        TRY(put_hit(gate, work, &record));
        unsigned named = work->named_count;
        TRY(work_name(gate, work, &record, found->key));
        if (!own) {
            work->named_count = named;
            continue;
        }
        if (persons->len - start + gate->hit.len > SEARCH_ANSWER_BYTES_MAX) {
            return outcome_fail(FAULT_CORRUPT, "namesakes with more to tell than people have");
        }
        buf_put_text(persons, given == 0 ? "" : ",");
        buf_put_view(persons, buf_view(&gate->hit));
        given++;
    }
    buf_put_text(persons, "]}");
    return buf_check(persons);
}

/* With the versions of then, of a search that is given again; NULL: as they are. */
static struct outcome put(struct gate *gate, struct work *work,
                          const struct registry_search *search, const uint32_t *versions)
{
    size_t start = gate->persons.len;
    struct outcome outcome = put_found(gate, work, search, versions);
    if (!outcome_ok(outcome)) {
        buf_cut(&gate->persons, start);
        return outcome;
    }
    work->person = view_of(gate->persons.data + start, gate->persons.len - start);
    work->notices = VIEW_LITERAL("[]"); /* each hit has its own */
    return OUTCOME_OK;
}

struct outcome work_search(struct gate *gate, struct work *work)
{
    struct wish wish = wish_of(gate, work);
    struct registry_search search;
    CHECK(work->decision.code == CODE_DISCLOSED);
    TRY(look(gate, work, &wish, &search));
    TRY(decide(gate, work, &wish, &search));
    return put(gate, work, &search, NULL);
}

/* ---- a search that is given again ---- */

static bool hits_are(const struct work *work, const struct record *record, unsigned version_count)
{
    if (work->hit_count != record->person_count || work->hit_count != version_count) {
        return false;
    }
    for (unsigned i = 0; i < work->hit_count; i++) {
        if (work->hits[i].key != record->persons[i]) {
            return false;
        }
    }
    return true;
}

struct outcome work_search_again(struct gate *gate, struct work *work, const struct record *record,
                                 const uint32_t *versions, unsigned version_count, bool *ret_same)
{
    struct wish wish = wish_of(gate, work);
    struct registry_search search;
    *ret_same = false;
    TRY(look(gate, work, &wish, &search));
    TRY(decide(gate, work, &wish, &search));
    if (work->decision.code != CODE_DISCLOSED || !hits_are(work, record, version_count)) {
        return OUTCOME_OK;
    }
    TRY(put(gate, work, &search, versions));
    for (unsigned i = 0; i < work->hit_count; i++) {
        work->hits[i].version = versions[i];
    }
    *ret_same = true;
    return OUTCOME_OK;
}
