/*
 * A hypothetical ask, made of values; the gate's own way from an ask to the question, and the
 * policy's own checks (policy/explain.c), so that what is told is what decides.
 */
#include "office/explain.h"

#include "gate/gate.h"

#include <stdio.h>
#include <string.h>

#define HOUR_US (INT64_C(3600) * 1000000)
#define COUNT_MAX UINT64_C(1000000000000000)
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */

const struct explain_row explain_rows[EXPLAIN_VALUE_COUNT] = {
    [EXPLAIN_ACCOUNT] = {"account", false},
    [EXPLAIN_PARTY] = {"party", false},
    [EXPLAIN_BUSINESS] = {"business", false},
    [EXPLAIN_SERVICE] = {"service", false},
    [EXPLAIN_FIELDS] = {"fields", false},
    [EXPLAIN_PER_CLAIM] = {"per-claim", true},
    [EXPLAIN_CASE] = {"case", false},
    [EXPLAIN_COPY] = {"copy", false},
    [EXPLAIN_THIRD_PARTY] = {"third-party", false},
    [EXPLAIN_AT] = {"at", false},
    [EXPLAIN_CLASS] = {"class", false},
    [EXPLAIN_CHANNEL] = {"channel", false},
    [EXPLAIN_NO_INSTRUMENT] = {"no-instrument", true},
    [EXPLAIN_STATE] = {"state", false},
    [EXPLAIN_GRANTED] = {"granted", false},
    [EXPLAIN_SENSITIVE] = {"sensitive", false},
    [EXPLAIN_NO_PER_CLAIM] = {"no-per-claim", true},
    [EXPLAIN_FROM] = {"from", false},
    [EXPLAIN_UNTIL] = {"until", false},
    [EXPLAIN_POPULATION] = {"population", false},
    [EXPLAIN_USED] = {"used", false},
    [EXPLAIN_USED_SECOND] = {"used-second", false},
    [EXPLAIN_USED_TOTAL] = {"used-total", false},
    [EXPLAIN_MISSES] = {"misses", false},
    [EXPLAIN_UNKNOWN] = {"unknown", true},
    [EXPLAIN_MISMATCH] = {"mismatch", true},
    [EXPLAIN_PROVINCE] = {"province", false},
    [EXPLAIN_BIRTH_DATE] = {"birth-date", false},
    [EXPLAIN_SEX] = {"sex", false},
    [EXPLAIN_LISTS] = {"lists", false},
    [EXPLAIN_PROTECTED] = {"protected", true},
    [EXPLAIN_LOCKED] = {"locked", true},
};

/* The ask in hand, and who and what it is asked by and for. */
struct scene {
    const struct explain_ask *given;
    struct explain_fault *fault;
    bool wrong; /* *fault is filled in */
    struct ask ask;
    int64_t now_us;
    struct certificate certificate; /* any that is good */
    struct party party;             /* without a directory */
    struct account account;         /* likewise */
    struct business business;       /* likewise */
    struct gate_case asked;
    const struct directory *directory; /* NULL: the lists are those that are named */
};

static struct view value_of(const struct scene *scene, enum explain_value value)
{
    return scene->given->values[value];
}

static bool given(const struct scene *scene, enum explain_value value)
{
    return value_of(scene, value).data != NULL;
}

static void wrong(struct scene *scene, enum explain_value value, const char *why)
{
    if (!scene->wrong) {
        scene->wrong = true;
        scene->fault->value = value;
        snprintf(scene->fault->why, sizeof(scene->fault->why), "%s", why);
    }
}

/* ---- values; what is not given is `absent` ---- */

static unsigned word_of(struct scene *scene, enum explain_value value, const struct words *words,
                        unsigned absent)
{
    unsigned word = absent;
    if (given(scene, value) && !outcome_ok(words_find(words, value_of(scene, value), &word))) {
        wrong(scene, value, "is not known");
    }
    return word;
}

static uint64_t mask_of(struct scene *scene, enum explain_value value, uint64_t absent)
{
    struct view text = value_of(scene, value);
    uint64_t mask = given(scene, value) ? 0 : absent;
    for (size_t from = 0; text.len > 0 && from <= text.len;) {
        size_t end = view_find(text, from, ',');
        unsigned field = 0;
        if (!outcome_ok(words_find(&words_field, view_part(text, from, end - from), &field))) {
            wrong(scene, value, "is not known");
        }
        mask |= FIELD_BIT(field);
        from = end + 1;
    }
    return mask;
}

static uint64_t count_of(struct scene *scene, enum explain_value value)
{
    uint64_t count = 0;
    if (given(scene, value) &&
        !outcome_ok(decimal_get(value_of(scene, value), COUNT_MAX, &count))) {
        wrong(scene, value, "is not known");
    }
    return count;
}

static int64_t day_of(struct scene *scene, enum explain_value value, int64_t absent)
{
    struct date day = {0};
    if (!given(scene, value)) {
        return absent;
    }
    if (!outcome_ok(date_get(value_of(scene, value), &day))) {
        wrong(scene, value, "is not known");
        return absent;
    }
    return date_to_days(day);
}

/* `YYYY-MM-DDTHH` in Vietnam; absent: now. */
static int64_t moment_of(struct scene *scene)
{
    struct view text = value_of(scene, EXPLAIN_AT);
    struct date day = {0};
    uint64_t hour = 0;
    size_t digits = text.len == 13 && text.data[11] == '0' ? 12 : 11; /* `08` is no decimal */
    if (!given(scene, EXPLAIN_AT)) {
        return scene->now_us;
    }
    bool good = text.len == 13 && text.data[10] == 'T' &&
                outcome_ok(date_get(view_part(text, 0, 10), &day)) &&
                outcome_ok(decimal_get(view_part(text, digits, 13 - digits), 23, &hour));
    if (!good) {
        wrong(scene, EXPLAIN_AT, "is not valid");
        return 0;
    }
    return (date_to_days(day) * 24 + (int64_t)hour - 7) * HOUR_US;
}

/* ---- the ask ---- */

static void fill_ask(struct scene *scene)
{
    struct ask *ask = &scene->ask;
    uint64_t fields = mask_of(scene, EXPLAIN_FIELDS, FIELD_BIT(FIELD_FULL_NAME));
    bool copy = given(scene, EXPLAIN_COPY);
    bool third = given(scene, EXPLAIN_THIRD_PARTY);
    ask->service = word_of(scene, EXPLAIN_SERVICE, &words_service, SERVICE_CITIZEN_LOOKUP);
    ask->per_claim = given(scene, EXPLAIN_PER_CLAIM);
    ask->case_ref = given(scene, EXPLAIN_CASE) ? value_of(scene, EXPLAIN_CASE) : VIEW_LITERAL("1");
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        if ((fields & FIELD_BIT(field)) != 0 && !ask_fields_fixed(ask->service)) {
            ask->fields[ask->field_count++] = (uint8_t)field;
        }
    }
    ask->use_kind = copy ? USE_COPY : third ? USE_THIRD_PARTY : USE_NONE;
    ask->use_text = value_of(scene, copy ? EXPLAIN_COPY : EXPLAIN_THIRD_PARTY);
    if (copy && third) {
        wrong(scene, EXPLAIN_THIRD_PARTY, "one use at a time");
    }
    scene->now_us = moment_of(scene);
    scene->asked.ask = ask;
    scene->asked.certificate = &scene->certificate;
    scene->asked.now_us = scene->now_us;
}

/* A business that grants what is asked but for what the options say. */
static void fill_business(struct scene *scene, const struct policy *policy)
{
    struct business *business = &scene->business;
    uint64_t asked = service_fields(&scene->asked, scene->party.class);
    business->party = &scene->party;
    business->state = word_of(scene, EXPLAIN_STATE, &words_business_state, BUSINESS_GRANTED);
    business->services = 1u << scene->ask.service;
    business->channels = 1u << scene->account.channel;
    business->fields = mask_of(scene, EXPLAIN_GRANTED, asked);
    business->sensitive =
        mask_of(scene, EXPLAIN_SENSITIVE, business->fields & policy_fields_sensitive(policy));
    business->quota_day_max = UINT64_MAX;
    business->hours = 0xffffff;
    business->verify_per_claim = !given(scene, EXPLAIN_NO_PER_CLAIM);
    business->from_day = day_of(scene, EXPLAIN_FROM, 0);
    business->until_day = day_of(scene, EXPLAIN_UNTIL, DAY_LAST);
    struct population_fault fault = {0};
    struct outcome outcome =
        population_parse(value_of(scene, EXPLAIN_POPULATION), &business->population, &fault);
    if (!outcome_ok(outcome)) {
        char why[sizeof(scene->fault->why)];
        snprintf(why, sizeof(why), "at %zu: %s", fault.position, fault.reason);
        wrong(scene, EXPLAIN_POPULATION, why);
    }
}

static void fill_objects(struct scene *scene, const struct policy *policy)
{
    scene->party.class = word_of(scene, EXPLAIN_CLASS, &words_class, CLASS_ORGANISATION);
    scene->account.party = &scene->party;
    scene->account.channel = word_of(scene, EXPLAIN_CHANNEL, &words_channel, CHANNEL_GUIDED);
    if (!given(scene, EXPLAIN_NO_INSTRUMENT)) {
        (void)outcome_ok(long_set(&scene->account.instrument, VIEW_LITERAL("on file")));
    }
    fill_business(scene, policy);
    scene->asked.account = &scene->account;
    scene->asked.party = &scene->party;
    scene->asked.business = &scene->business;
}

/* By code; an account there must be, the rest may be unknown to the home as to the gate. */
static void find_objects(struct scene *scene, const struct directory *directory)
{
    const struct account *account = directory_account(directory, value_of(scene, EXPLAIN_ACCOUNT));
    if (account == NULL) {
        wrong(scene, EXPLAIN_ACCOUNT, "no account has this code");
        return;
    }
    scene->asked.account = account;
    scene->asked.party = given(scene, EXPLAIN_PARTY)
                             ? directory_party(directory, value_of(scene, EXPLAIN_PARTY))
                             : account->party;
    scene->asked.business = directory_business(directory, value_of(scene, EXPLAIN_BUSINESS));
    scene->asked.directory = directory;
}

/* ---- the two questions ---- */

static struct party_question party_question_of(struct scene *scene)
{
    const struct permit *permit = NULL;
    struct party_question question = gate_question(&scene->asked, &permit);
    question.quota_used = count_of(scene, EXPLAIN_USED);
    question.quota_second_used = count_of(scene, EXPLAIN_USED_SECOND);
    question.quota_total_used = count_of(scene, EXPLAIN_USED_TOTAL);
    question.guesses = (unsigned)count_of(scene, EXPLAIN_MISSES);
    return question;
}

/* `CODE@LIST`, like in a condition. */
static void take_province(struct scene *scene, struct population_subject *subject)
{
    struct view text = value_of(scene, EXPLAIN_PROVINCE);
    struct date list = {0};
    if (!given(scene, EXPLAIN_PROVINCE)) {
        return;
    }
    if (text.len != 13 || text.data[2] != '@' ||
        !outcome_ok(date_get(view_part(text, 3, 10), &list))) {
        wrong(scene, EXPLAIN_PROVINCE, "is not valid");
        return;
    }
    memcpy(subject->province, text.data, 2);
    subject->province_list_day = (int32_t)date_to_days(list);
}

/* In those lists that are named, and in no other; not told: unknown. So is, as to the gate, what is
 * about a list that is not in force. */
static enum truth listed_port(void *context, struct view code)
{
    const struct scene *scene = context;
    struct view text = value_of(scene, EXPLAIN_LISTS);
    const struct person_list *list =
        scene->directory == NULL ? NULL : directory_list(scene->directory, code);
    bool in_force = scene->directory == NULL || (list != NULL && list->state == LIST_IN_FORCE);
    enum truth truth = TRUTH_NO;
    for (size_t from = 0; from < text.len;) {
        size_t end = view_find(text, from, ',');
        truth = view_equal(view_part(text, from, end - from), code) ? TRUTH_YES : truth;
        from = end + 1;
    }
    return given(scene, EXPLAIN_LISTS) && in_force ? truth : TRUTH_UNKNOWN;
}

static struct subject_question subject_question_of(struct scene *scene,
                                                   const struct party_question *party)
{
    const struct business *business = scene->asked.business;
    struct population_subject subject = {.birth_date = value_of(scene, EXPLAIN_BIRTH_DATE),
                                         .sex = (uint8_t)count_of(scene, EXPLAIN_SEX),
                                         .today = clock_day_vn(scene->now_us),
                                         .lists = {listed_port, scene}};
    take_province(scene, &subject);
    return (struct subject_question){
        .party_class = party->party_class,
        .found = !given(scene, EXPLAIN_UNKNOWN),
        .name_matches = !given(scene, EXPLAIN_MISMATCH),
        .birth_date_matches = true,
        .population =
            business == NULL ? TRUTH_YES : population_holds(&business->population, &subject),
        .protected_person = given(scene, EXPLAIN_PROTECTED),
        .clearance_protected = business != NULL && business->clearance_protected,
        .locked = given(scene, EXPLAIN_LOCKED),
        .business_override_lock =
            business != NULL && business_overrides_lock(business, scene->asked.policy),
    };
}

struct outcome explain_put(const struct explain_ask *ask, const struct directory *directory,
                           const struct policy *policy, int64_t now_us, bool json, struct buf *buf,
                           struct explain_fault *ret_fault)
{
    struct scene scene = {
        .given = ask, .fault = ret_fault, .now_us = now_us, .directory = directory};
    scene.asked.policy = policy;
    fill_ask(&scene);
    if (directory != NULL) {
        find_objects(&scene, directory);
    } else {
        fill_objects(&scene, policy);
    }
    if (scene.wrong) {
        return outcome_fail(FAULT_BAD_INPUT, "hypothetical ask");
    }
    struct party_question party = party_question_of(&scene);
    struct subject_question subject = subject_question_of(&scene, &party);
    if (scene.wrong) {
        return outcome_fail(FAULT_BAD_INPUT, "hypothetical ask");
    }
    policy_explain(policy, &party, &subject, json, buf);
    return buf_check(buf);
}
