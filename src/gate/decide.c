/*
 * From an ask to the two questions that policy decides, and the counters that go with them.
 *
 * Invariants
 * 1. The channel is the account's, never the ask's (I11).
 * 2. Nothing about the subject is looked at before decide_party() has said yes; decide_subject() is
 *    strictly last (I3, I5).
 * 3. A unit of quota is taken before the read and given back only when no record was written. What
 *    an ask costs is settled before the read, too: a miss costs what a hit does, but in a list,
 *    whose account is not to know of it.
 */
#include "gate/work.h"

#include "base/check.h"
#include "domain/country.h"

#include <string.h>

#define BIRTH_YEAR_LEN 4
#define BLIND_GUESS 16 /* kind of the guesses' tags, beside those of domain/person.h */

/* Characters beyond ASCII that show nothing: a case reference of these alone refers to nothing.
 * Unicode's White_Space, and those of no width. */
static const char *const blanks[] = {
    "\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004",
    "\u2005",   "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u200b", "\u200c",
    "\u200d",   "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff",
};

/* Bytes of the blank character that the text begins with; 0 when it begins with another. */
static size_t blank_len(struct view text)
{
    if (text.data[0] <= ' ') {
        return 1;
    }
    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        size_t len = strlen(blanks[i]);
        if (text.len >= len && memcmp(text.data, blanks[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

static bool blank(struct view text)
{
    while (text.len > 0) {
        size_t len = blank_len(text);
        if (len == 0) {
            return false;
        }
        text = view_of(text.data + len, text.len - len);
    }
    return true;
}

uint32_t seconds_to_midnight(int64_t now_us)
{
    int64_t left_us = clock_day_start_vn(clock_day_vn(now_us) + 1) - now_us;
    return (uint32_t)((left_us + US_PER_S - 1) / US_PER_S);
}

static void business_turn(struct gate *gate, struct business *business, int64_t now_us)
{
    int64_t day = clock_day_vn(now_us);
    int64_t second = now_us / 1000000;
    if (business->quota_day != day) {
        save_business(gate, business);
        business->quota_day = day;
        business->quota_used = 0;
    }
    if (business->quota_second != second) {
        save_business(gate, business);
        business->quota_second = second;
        business->quota_second_used = 0;
    }
}

static uint64_t left(uint64_t used, uint64_t max)
{
    return used < max ? max - used : 0;
}

/* Of a ceiling that 0 stands for none of. */
static uint64_t ceiling_of(uint64_t max)
{
    return max == 0 ? UINT64_MAX : max;
}

struct quotas_left quotas_left(const struct business *business, int64_t now_us)
{
    bool second = business->quota_second == now_us / 1000000;
    bool day = business->quota_day == clock_day_vn(now_us);
    return (struct quotas_left){
        .second =
            left(second ? business->quota_second_used : 0, ceiling_of(business->quota_second_max)),
        .day = left(day ? business->quota_used : 0, business->quota_day_max),
        .total = left(business->quota_total_used, ceiling_of(business->quota_total_max)),
    };
}

/* Another party's business is nobody's to know of: not even that there is one. */
void work_answer_limits(struct gate *gate, const struct work *work, struct answer *ret_answer)
{
    const struct account *account =
        work->account != NULL ? work->account
                              : directory_account_by_spki(gate->directory, work->ask->spki);
    const struct business *business = work->business != NULL ? work->business
                                      : work->ask->procedure.len == 0
                                          ? directory_business(gate->directory, work->ask->business)
                                          : NULL;
    if (account == NULL || business == NULL || own_is(business) ||
        !account_covers(account, business)) {
        return;
    }
    struct quotas_left quotas = quotas_left(business, work->now_us);
    ret_answer->limited = true;
    ret_answer->limit = business->quota_day_max;
    ret_answer->remaining = quotas.day < quotas.total ? quotas.day : quotas.total;
    ret_answer->reset_s = seconds_to_midnight(work->now_us);
}

static void party_day_turn(struct gate *gate, struct party *party, int64_t now_us)
{
    int64_t day = clock_day_vn(now_us);
    if (party->guess_day != day) {
        save_party(gate, party);
        party->guess_day = day;
        party->guess_count = 0;
    }
}

/* Of the key that is asked: a number, or a name and a birth date. */
static void tag_asked(struct gate *gate, struct work *work)
{
    const struct ask *ask = work->ask;
    struct blinder *blinder = registry_blinder(gate->registry);
    if (ask->subject_kind == SUBJECT_NAME) {
        buf_reset(&gate->name);
        bool folded = outcome_ok(country_fold_name(ask->name, &gate->name));
        blinder_tag_pair(blinder, BLIND_NAME_BIRTH, folded ? buf_view(&gate->name) : ask->name,
                         ask->birth_date, work->tag);
        return;
    }
    if (ask->subject_kind == SUBJECT_PERSON) {
        struct cursor key = cursor_of(ask->key);
        person_tag(blinder, cursor_u64(&key), work->tag);
        return;
    }
    blinder_tag(blinder, ask->subject_kind == SUBJECT_ID ? BLIND_ID : BLIND_CMND, ask->key,
                work->tag);
}

static void make_tags(struct gate *gate, struct work *work)
{
    uint8_t text[ASK_CODE_BYTES_MAX + 1 + SEAL_BLIND_BYTES];
    struct view code = code_view(&work->party->code);
    tag_asked(gate, work);
    memcpy(text, code.data, code.len);
    text[code.len] = 0;
    memcpy(text + code.len + 1, work->tag, SEAL_BLIND_BYTES);
    blinder_tag(registry_blinder(gate->registry), BLIND_GUESS,
                view_of(text, code.len + 1 + SEAL_BLIND_BYTES), work->guess_tag);
}

/* By its code, or by the procedure that the ask names in place of one. */
static struct business *find_business(struct gate *gate, struct work *work)
{
    const struct ask *ask = work->ask;
    bool citizen = work->party != NULL && work->party->class == CLASS_CITIZEN;
    if (ask->written != NULL) {
        return work->business;
    }
    if (citizen && view_is(ask->business, ASK_OWN_BUSINESS)) {
        return own_business(&gate->own, gate->policy, ask->service);
    }
    if (ask->procedure.len == 0) {
        struct business *business = directory_business(gate->directory, ask->business);
        return business != NULL ? business : work_find_pass(gate, work);
    }
    return work->party == NULL
               ? NULL
               : directory_business_for(gate->directory, work->party, ask->procedure, ask->service,
                                        work->account->channel, clock_day_vn(work->now_us));
}

static void ask_business(const struct gate_case *asked, struct party_question *question)
{
    const struct business *business = asked->business;
    if (business == NULL) {
        return;
    }
    question->business_found = true;
    /* A sub-account acts for its own party alone: for another it was given no business. OWN is
     * every citizen's. */
    question->business_owned =
        own_is(business) ||
        (business->party == asked->party &&
         (asked->account->parent == NULL || account_covers(asked->account, business)));
    question->business_state = business->state;
    question->business_from_day = business->from_day;
    question->business_until_day = business->until_day;
    question->business_channels = business->channels;
    question->business_services = business->services;
    question->business_fields = business->fields;
    question->business_per_claim = business->verify_per_claim;
    question->business_sensitive = business->sensitive;
    question->business_hours = business->hours;
    question->business_override_lock = business_overrides_lock(business, asked->policy);
    question->clearance_protected = business->clearance_protected;
    question->quota_max = business->quota_day_max;
    question->quota_second_max = ceiling_of(business->quota_second_max);
    question->quota_total_max = ceiling_of(business->quota_total_max);
}

static void ask_quotas(struct gate *gate, struct work *work, struct party_question *question)
{
    struct business *business = work->business;
    if (business == NULL) {
        return;
    }
    business_turn(gate, business, work->now_us);
    question->quota_used = work->quota_used = business->quota_used;
    question->quota_second_used = work->quota_second_used = business->quota_second_used;
    question->quota_total_used = work->quota_total_used = business->quota_total_used;
}

static void ask_counters(struct gate *gate, struct work *work, struct party_question *question)
{
    uint32_t until_s = 0;
    uint32_t now_s = (uint32_t)(work->now_us / 1000000);
    ask_quotas(gate, work, question);
    bool list = work->ask->service == SERVICE_LIST_EXTRACT; /* nobody guesses a person's key */
    if (work->party != NULL && list) {
        make_tags(gate, work);
    } else if (work->party != NULL) {
        make_tags(gate, work);
        party_day_turn(gate, work->party, work->now_us);
        work->guesses = guesses_count(&gate->guesses, work->guess_tag, now_s, &until_s);
        work->retry_after_s = until_s - now_s;
        if (work->party->guess_count >= GUESSES_PER_PARTY_MAX ||
            !guesses_room(&gate->guesses, now_s)) {
            work->guesses = GUESSES_PER_DAY_MAX;
            work->retry_after_s = seconds_to_midnight(work->now_us);
        }
    }
    question->guesses = work->guesses;
}

/* What was verified of the ask; that its key is the account's was looked at before (proof.c). */
static void ask_proof(const struct gate_case *asked, struct party_question *question)
{
    const struct account *account = asked->account;
    const struct ask *ask = asked->ask;
    question->assertion_required =
        ask->own == NULL && (account->assertion_required || account->signature_required);
    question->assertion_verified = account->assertion_required ? ask->proof.kind == PROOF_ASSERTION
                                                               : ask->proof.kind != PROOF_NONE;
    if (ask->own != NULL) {
        question->subject_is_own = ask_own_subject(ask);
    } else if (ask->written != NULL) { /* written.c compares it with whom it is about */
        question->subject_is_own = ask->written->requester.len > 0;
    } else {
        question->subject_is_own = ask->proof.citizen.len > 0 && ask->subject_kind == SUBJECT_ID &&
                                   view_equal(ask->proof.citizen, ask->key);
    }
}

/* Who asks for another says who asks, and both are registered with the system that sends it. Whom a
 * party's own system names of its own people is recorded as claimed, unless it has registered them;
 * one-stop systems and portals carry whole agencies' asks, and register everybody. */
static void ask_operator(const struct gate_case *asked, struct party_question *question)
{
    const struct ask *ask = asked->ask;
    struct view operator_code = code_view(&asked->account->party->code);
    /* The authority's own officers; a citizen whom the core has found out. */
    if (asked->directory == NULL || ask->written != NULL || ask->own != NULL) {
        question->operator_registered = question->officer_registered = true;
        return;
    }
    bool carries = asked->account->channel != CHANNEL_GUIDED ||
                   directory_operator(asked->directory, operator_code) != NULL;
    bool registered =
        directory_registered(asked->directory, operator_code, OPERATOR_OFFICER, ask->officer);
    question->operator_registered =
        asked->party != NULL &&
        directory_registered(asked->directory, operator_code, OPERATOR_PARTY,
                             code_view(&asked->party->code));
    if (ask->proof.citizen.len > 0) {
        question->officer_registered = question->party_class == CLASS_CITIZEN;
    } else if (ask->officer.len == 0) {
        question->officer_registered = question->party_is_own;
    } else {
        question->officer_registered = registered || (question->party_is_own && !carries);
    }
}

/* Who writes needs no system that is connected; who may ask nothing may not write either. */
static enum party_state state_on(const struct gate_case *asked, const struct party *party,
                                 int64_t day)
{
    bool barred = party->state == PARTY_SUSPENDED || party->state == PARTY_CLOSED;
    if (asked->ask->written == NULL) {
        return party_state_on(party, day);
    }
    return barred ? party->state : PARTY_CONNECTED;
}

static void ask_account(const struct gate_case *asked, struct party_question *question)
{
    const struct account *account = asked->account;
    const struct party *acting = asked->party != NULL ? asked->party : account->party;
    int64_t day = clock_day_vn(asked->now_us);
    question->account_state =
        account_state_by(account, asked->certificate, asked->now_us / 1000000);
    question->account_party_state = state_on(asked, account->party, day);
    question->party_state = state_on(asked, acting, day);
    question->party_class = acting->class;
    question->channel = account->channel;
    question->guided_instrument = account_instrument(account);
    question->party_is_own = asked->party == account->party;
    ask_proof(asked, question);
    ask_operator(asked, question);
}

void work_find_party(const struct gate *gate, struct work *work)
{
    const struct ask *ask = work->ask;
    if (ask->own != NULL) { /* work_set_own() has set it */
        return;
    }
    if (ask->unit.len > 0) {
        work->party = directory_party_by_unit(gate->directory, ask->unit);
        return;
    }
    bool own = ask->party.len == 0;
    work->party = own ? work->account->party : directory_party(gate->directory, ask->party);
}

/* The approved list that the ask is a line of. */
static const struct extract *ask_list(const struct gate_case *asked, uint64_t fields)
{
    const struct ask *ask = asked->ask;
    const struct extract_line line = {
        .job_id = ask->of_job && ask->service == SERVICE_LIST_EXTRACT ? ask->job_id : NULL,
        .line = ask->job_line,
        .account = asked->account,
        .business = asked->business,
        .case_ref = ask->case_ref,
        .fields = fields,
        .day = clock_day_vn(asked->now_us)};
    return asked->business == NULL || asked->party != asked->account->party
               ? NULL
               : extract_of_line(asked->directory, &line);
}

struct party_question gate_question(const struct gate_case *asked, const struct permit **ret_permit)
{
    CHECK(asked->account != NULL && asked->certificate != NULL);
    const struct ask *ask = asked->ask;
    struct party_question question = {.service = ask->service, .now_us = asked->now_us};
    question.per_claim = ask->per_claim;
    question.case_given = ask->own != NULL || !blank(ask->case_ref); /* it serves no case */
    question.use_declared = ask->use_kind != USE_NONE;
    ask_account(asked, &question);
    ask_business(asked, &question);
    question.fields = service_fields(asked, question.party_class);
    *ret_permit = asked->business == NULL
                      ? NULL
                      : business_permit(asked->business, ask->use_kind, ask->use_text,
                                        question.fields, clock_day_vn(asked->now_us));
    question.permit_covers = *ret_permit != NULL;
    question.list_approved = asked->directory == NULL || ask_list(asked, question.fields) != NULL;
    return question;
}

/* What the ask names, or what stands for it. */
static void take_fields(struct work *work, uint64_t mask)
{
    const struct ask *ask = work->ask;
    work->field_mask = mask;
    work->fields = ask->fields;
    work->field_count = ask->field_count;
    if (ask->field_count > 0) {
        return;
    }
    work->fields = work->own_fields;
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((mask & FIELD_BIT(field)) != 0) {
            work->own_fields[work->field_count++] = (uint8_t)field;
        }
    }
}

/* The question but for its counters. */
static struct party_question party_question_of(struct gate *gate, struct work *work)
{
    work->business = find_business(gate, work);
    struct gate_case asked = {.directory = gate->directory,
                              .account = work->account,
                              .certificate = work->certificate,
                              .party = work->party,
                              .business = work->business,
                              .ask = work->ask,
                              .policy = gate->policy,
                              .now_us = work->now_us};
    struct party_question question = gate_question(&asked, &work->permit);
    work->extract = ask_list(&asked, question.fields);
    take_fields(work, question.fields);
    return question;
}

/* A service that nothing here gives is refused like one that is not open. */
static struct decision decide_given(const struct gate *gate, const struct work *work,
                                    const struct party_question *question)
{
    struct decision decision = decide_party(gate->policy, question);
    return decision.code != CODE_DISCLOSED || service_given(work->ask->service)
               ? decision
               : (struct decision){CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS, FIELD_COUNT};
}

bool gate_explain(struct gate *gate, const struct ask *ask, struct buf *json)
{
    struct work work = {.ask = ask, .now_us = clock_wall_us(&gate->clock)};
    CHECK(ask->written != NULL);
    if (gate->policy == NULL || !work_set_written(gate, &work)) {
        return false;
    }
    struct party_question question = party_question_of(gate, &work);
    policy_explain(gate->policy, &question, NULL, true, json);
    return true;
}

struct decision work_standing(struct gate *gate, struct work *work)
{
    struct party_question question = party_question_of(gate, work);
    if (work->party != NULL) {
        make_tags(gate, work);
    }
    question.quota_max = question.quota_second_max = question.quota_total_max = UINT64_MAX;
    return decide_given(gate, work, &question);
}

void work_refuse_conflict(struct gate *gate, struct work *work)
{
    (void)work_standing(gate, work); /* for the record: party, business, fields */
    work->decision = (struct decision){CODE_REQUEST_CONFLICT, RULE_REQUEST_KEY, FIELD_COUNT};
}

/* A unit is one of the day, of the second and of the whole. */
static void quota_take(struct gate *gate, struct work *work)
{
    save_business(gate, work->business);
    work->business->quota_used++;
    work->business->quota_second_used++;
    work->business->quota_total_used++;
    work->quota_taken = true;
}

static void quota_give_back(struct gate *gate, struct work *work)
{
    CHECK(work->business->quota_used > 0 && work->business->quota_second_used > 0 &&
          work->business->quota_total_used > 0);
    save_business(gate, work->business);
    work->business->quota_used--;
    work->business->quota_second_used--;
    work->business->quota_total_used--;
    work->quota_taken = false;
}

void work_decide_party(struct gate *gate, struct work *work)
{
    struct party_question question = party_question_of(gate, work);
    ask_counters(gate, work, &question);
    work->decision = decide_given(gate, work, &question);
    if (work->decision.code == CODE_DISCLOSED) {
        CHECK(work->business != NULL && work->party != NULL);
        quota_take(gate, work);
    } else if (work->decision.rule == RULE_QUOTA || work->decision.rule == RULE_QUOTA_TOTAL) {
        work->retry_after_s = seconds_to_midnight(work->now_us);
    } else if (work->decision.rule == RULE_QUOTA_SECOND) {
        work->retry_after_s = 1;
    }
}

struct outcome work_charge(struct gate *gate, struct work *work)
{
    int64_t day = clock_day_vn(work->now_us);
    struct policy_fee fee = policy_fee(gate->policy, work->party->class, work->ask->service,
                                       work->account->channel, day);
    if (fee.vnd_per_field == 0 || work->ask->own != NULL ||
        work->ask->written != NULL) { /* a case's fee is paid beforehand */
        return OUTCOME_OK;
    }
    work->fee = (struct fee){view_text(fee.product), fee.vnd_per_field, work->field_count};
    return fees_reserve(gate->directory, work->party, fees_month(day), &work->fee,
                        &work->fee_place);
}

/* Both are looked up, whichever counts. */
bool work_hidden(const struct veil *veil, const uint8_t tag[SEAL_BLIND_BYTES])
{
    uint32_t flags = hidden_set_flags(veil->hidden, tag);
    flags |= directory_locked(veil->directory, tag) ? PERSON_LOCKED : 0;
    return (flags & veil->flags) != 0;
}

static bool hidden_port(void *context, const uint8_t tag[SEAL_BLIND_BYTES])
{
    return work_hidden(context, tag);
}

struct veil work_veil(const struct gate *gate, const struct work *work)
{
    const struct business *business = work->business;
    bool lock = policy_lock_in_force(gate->policy, work->party->class) &&
                !business_overrides_lock(business, gate->policy);
    return (struct veil){
        .hidden = gate->hidden,
        .directory = gate->directory,
        .flags =
            (business->clearance_protected ? 0 : PERSON_PROTECTED) | (lock ? PERSON_LOCKED : 0),
    };
}

struct outcome work_put_fields(const struct gate *gate, const struct work *work,
                               const struct person_record *record, struct buf *buf)
{
    struct veil veil = work_veil(gate, work);
    struct person_hidden_port hidden = {hidden_port, &veil};
    return person_record_project(record, work->field_mask, &hidden, buf);
}

unsigned work_notices(const struct gate *gate, const struct work *work)
{
    unsigned notices = 0;
    for (enum notice notice = 0; notice < NOTICE_COUNT; notice++) {
        if (policy_notice_open(gate->policy, work->party->class, work->ask->service, notice)) {
            notices |= 1u << notice;
        }
    }
    return notices;
}

/* Appends what is given of the record, and its notices, to gate->persons. */
static struct outcome project(struct gate *gate, struct work *work,
                              const struct person_record *record)
{
    struct veil veil = work_veil(gate, work);
    struct person_hidden_port hidden = {hidden_port, &veil};
    struct buf *persons = &gate->persons;
    size_t start = persons->len;
    TRY(service_put(gate, work, record, &hidden));
    size_t middle = persons->len;
    person_record_notices(record, work_notices(gate, work), persons);
    TRY(buf_check(persons));
    work->person = view_of(persons->data + start, middle - start);
    work->notices = view_of(persons->data + middle, persons->len - middle);
    return OUTCOME_OK;
}

struct outcome work_project(struct gate *gate, struct work *work, struct view record,
                            struct view origins)
{
    struct person_record opened = {0};
    CHECK(work->business != NULL && work->party != NULL);
    if (work->person.len > 0) {
        buf_cut(&gate->persons, (size_t)(work->person.data - gate->persons.data));
    }
    TRY(person_record_open(record, &opened));
    opened.origins = origins;
    return project(gate, work, &opened);
}

void work_probe(const struct work *work, struct registry_probe *ret_probe)
{
    struct cursor key = cursor_of(work->ask->key);
    *ret_probe = (struct registry_probe){.by_key = work->ask->subject_kind == SUBJECT_PERSON};
    memcpy(ret_probe->tag, work->tag, SEAL_BLIND_BYTES);
    ret_probe->key = ret_probe->by_key ? cursor_u64(&key) : 0;
}

static bool name_matches(struct gate *gate, const struct work *work,
                         const struct person_record *record)
{
    buf_reset(&gate->folded);
    struct outcome folded = country_fold_name(work->ask->name, &gate->folded);
    return outcome_ok(folded) && view_equal(buf_view(&gate->folded), record->folded_name);
}

/* Of the same precision, but where the business takes the year alone for the day; a search by the
 * year finds all who were born in it. */
static bool birth_date_matches(const struct work *work, const struct person_record *record)
{
    struct view asked = work->ask->birth_date;
    bool alone = work->business->birth_year_alone || work->ask->subject_kind == SUBJECT_NAME;
    bool year = alone && asked.len == BIRTH_YEAR_LEN && record->birth_date.len > BIRTH_YEAR_LEN;
    return year ? view_starts(record->birth_date, asked) : view_equal(asked, record->birth_date);
}

/* Whoever was fetched, with the decoy's tag for who is not there (I5). */
struct listing {
    const struct directory *directory;
    uint8_t tag[SEAL_BLIND_BYTES];
};

static enum truth listed_port(void *context, struct view code)
{
    const struct listing *listing = context;
    return directory_listed(listing->directory, code, listing->tag);
}

/* The record says the personal number, whatever the ask named the person by. */
static enum truth fulfils(const struct gate *gate, const struct work *work,
                          const struct population *population, const struct person_record *record)
{
    struct listing listing = {.directory = gate->directory};
    struct population_subject subject = {.province_list_day = record->province_list_day,
                                         .birth_date = record->birth_date,
                                         .sex = record->sex,
                                         .today = clock_day_vn(work->now_us),
                                         .lists = {listed_port, &listing}};
    memcpy(subject.province, record->province, sizeof(subject.province));
    person_record_ward(record, subject.ward);
    if (population->names_lists) {
        blinder_tag(registry_blinder(gate->registry), BLIND_ID, record->id, listing.tag);
    }
    return population_holds(population, &subject);
}

/* Of a list its criteria too; both are looked at, whichever it is. */
static enum truth population_of(const struct gate *gate, const struct work *work,
                                const struct person_record *record, uint64_t key)
{
    if (work->pass != NULL) { /* he alone who gave the code */
        uint8_t tag[SEAL_BLIND_BYTES];
        person_tag(registry_blinder(gate->registry), key, tag);
        return seal_equal(tag, work->pass->person_tag, sizeof(tag)) ? TRUTH_YES : TRUTH_NO;
    }
    enum truth inside = fulfils(gate, work, &work->business->population, record);
    if (work->ask->service != SERVICE_LIST_EXTRACT) {
        return inside;
    }
    CHECK(work->extract != NULL);
    enum truth listed = fulfils(gate, work, &work->extract->criteria, record);
    return listed < inside ? listed : inside;
}

/* The index leads from a number that was corrected to whom it was of, and that number is asked for
 * by nobody rightly any more: it is nobody's (decision 0051). */
static bool number_in_force(const struct ask *ask, const struct person_record *record)
{
    return ask->subject_kind != SUBJECT_ID || view_equal(ask->key, record->id);
}

/* By himself: looked for where the law has the lock against such parties, whoever it is (I5). */
static bool locked_himself(const struct gate *gate, const struct work *work, uint64_t key)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    if (!policy_lock_in_force(gate->policy, work->party->class)) {
        return false;
    }
    person_tag(registry_blinder(gate->registry), key, tag);
    return directory_locked(gate->directory, tag);
}

struct decision work_decide_record(struct gate *gate, struct work *work,
                                   const struct person_record *record, uint64_t key, bool found)
{
    const struct business *business = work->business;
    /* There is nothing to mismatch. */
    bool by_key = work->ask->subject_kind == SUBJECT_PERSON || work->ask->own != NULL;
    bool name = name_matches(gate, work, record);
    bool birth_date = birth_date_matches(work, record);
    work->locked = locked_himself(gate, work, key);
    struct subject_question question = {
        .party_class = work->party->class,
        .found = found,
        .name_matches = name || by_key,
        .birth_date_matches = birth_date || by_key,
        .population = population_of(gate, work, record, key),
        .protected_person = (record->flags & PERSON_PROTECTED) != 0,
        .clearance_protected = business->clearance_protected,
        /* Who gave a code opens his own lock by it, and not the register's. */
        .locked = (record->flags & PERSON_LOCKED) != 0 || (work->locked && work->pass == NULL),
        .business_override_lock = business_overrides_lock(business, gate->policy),
    };
    struct decision decision =
        work_decide_ward(work, record, decide_subject(gate->policy, &question));
    return work_decide_own(gate, work, record, decision);
}

void work_spare(struct gate *gate, struct work *work)
{
    quota_give_back(gate, work);
    work->fee = (struct fee){0};
}

struct outcome work_decide_subject(struct gate *gate, struct work *work,
                                   const struct registry_probe *probe)
{
    CHECK(work->decision.code == CODE_DISCLOSED);
    struct person_record record = {0};
    if (probe->record.len == 0) { /* an empty registry: there is not even a decoy */
        work->decision =
            (struct decision){CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN, FIELD_COUNT};
        return OUTCOME_OK;
    }
    TRY(person_record_open(probe->record, &record));
    record.origins = probe->origins;
    bool found = probe->found && number_in_force(work->ask, &record);
    work->decision = work_decide_record(gate, work, &record, probe->key, found);
    TRY(project(gate, work, &record));
    TRY(work_name(gate, work, &record, probe->key));
    work->person_found = probe->found;
    work->person_key = probe->key;
    work->person_version = probe->version;
    return OUTCOME_OK;
}

void work_undo(struct gate *gate, struct work *work)
{
    if (work->quota_taken) {
        quota_give_back(gate, work);
    }
    if (work->missed) {
        guesses_take_back(&gate->guesses, work->guess_tag);
        save_party(gate, work->party);
        work->party->guess_count--;
        work->missed = false;
    }
    if (work->refused) {
        work->account->refusals.used -= LEAK_UNIT;
        work->refused = false;
    }
    if (work->limited) {
        work->account->limited_count--;
        gate->counts.limited_waiting--;
        work->limited = false;
    }
}
