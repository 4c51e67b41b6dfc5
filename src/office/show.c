/*
 * The table of what is shown of objects.
 *
 * Invariants
 *  1. Members stand in byte order of their names (RFC 8785), so that equal objects are equal bytes;
 *     but the values of a proposed act stand in the order of the act's row.
 *  2. Every resource has code, version and owner; its version grows with whatever is shown of it.
 */
#include "office/show.h"

#include "base/check.h"
#include "gate/fees.h"
#include "office/object.h"
#include "office/show_value.h"

static const char *const holder_names[HOLDER_COUNT] = {
    [HOLDER_ORGANISATION] = "organisation",
    [HOLDER_PERSON] = "person",
    [HOLDER_SYSTEM] = "system",
};
static const struct words holders = {holder_names, HOLDER_COUNT};

static const char *const permit_state_names[PERMIT_STATE_COUNT] = {
    [PERMIT_IN_FORCE] = "in_force",
    [PERMIT_WITHDRAWN] = "withdrawn",
    [PERMIT_ENDED] = "ended",
};
static const struct words permit_states = {permit_state_names, PERMIT_STATE_COUNT};

static const char *const policy_state_names[POLICY_STATE_COUNT] = {
    [POLICY_PROPOSED] = "proposed",
    [POLICY_PUBLISHED] = "published",
};
static const struct words policy_states = {policy_state_names, POLICY_STATE_COUNT};

static const char *const officer_state_names[OFFICER_STATE_COUNT] = {
    [OFFICER_ACTIVE] = "active",
    [OFFICER_LEFT] = "left",
    [OFFICER_LOST] = "lost",
};
static const struct words officer_states = {officer_state_names, OFFICER_STATE_COUNT};

#define PARTY(member) offsetof(struct party, member)
static const struct show_field party_fields[] = {
    {"class", SHOW_WORD, PARTY(class), &words_class},
    {"code", SHOW_CODE, PARTY(code), NULL},
    {"contact", SHOW_TEXT, PARTY(contacts[CONTACT_RESPONSIBLE]), NULL},
    {"identification", SHOW_CODE, PARTY(identification), NULL},
    {"inspection", SHOW_INSPECTION, PARTY(inspection), NULL},
    {"instrument", SHOW_TEXT, PARTY(instrument), NULL},
    {"kind", SHOW_CODE, PARTY(kind), NULL},
    {"lacks", SHOW_LACKS, 0, NULL},
    {"legal_basis", SHOW_TEXT, PARTY(legal_basis), NULL},
    {"level", SHOW_NUMBER32, PARTY(security_level), NULL},
    {"level_decision", SHOW_TEXT, PARTY(security_decision), NULL},
    {"name", SHOW_TEXT, PARTY(name), NULL},
    {"parent", SHOW_CODE, PARTY(parent), NULL},
    {"province", SHOW_PROVINCE, PARTY(province), NULL},
    {"security_contact", SHOW_TEXT, PARTY(contacts[CONTACT_SECURITY]), NULL},
    {"state", SHOW_WORD, PARTY(state), &words_party_state},
    {"undertaking", SHOW_HASH, PARTY(undertaking), NULL},
    {"version", SHOW_NUMBER32, PARTY(version), NULL},
};

#define ACCOUNT(member) offsetof(struct account, member)
static const struct show_field account_fields[] = {
    {"assertion_required", SHOW_FLAG, ACCOUNT(assertion_required), NULL},
    {"businesses", SHOW_BUSINESSES, 0, NULL},
    {"certificates", SHOW_CERTIFICATES, 0, NULL},
    {"channel", SHOW_WORD, ACCOUNT(channel), &words_channel},
    {"code", SHOW_CODE, ACCOUNT(code), NULL},
    {"holder", SHOW_WORD, ACCOUNT(holder), &holders},
    {"instrument", SHOW_TEXT, ACCOUNT(instrument), NULL},
    {"name", SHOW_TEXT, ACCOUNT(holder_name), NULL},
    {"parent", SHOW_PARENT, 0, NULL},
    {"party", SHOW_PARTY, ACCOUNT(party), NULL},
    {"signature_required", SHOW_FLAG, ACCOUNT(signature_required), NULL},
    {"state", SHOW_WORD, ACCOUNT(state), &words_account_state},
    {"version", SHOW_NUMBER32, ACCOUNT(version), NULL},
};

#define BUSINESS(member) offsetof(struct business, member)
static const struct show_field business_fields[] = {
    {"birth_year_alone", SHOW_FLAG, BUSINESS(birth_year_alone), NULL},
    {"bulk", SHOW_LIMIT64, BUSINESS(bulk_max), NULL},
    {"channels", SHOW_WORDS32, BUSINESS(channels), &words_channel},
    {"clearance_protected", SHOW_FLAG, BUSINESS(clearance_protected), NULL},
    {"code", SHOW_CODE, BUSINESS(code), NULL},
    {"fields", SHOW_WORDS64, BUSINESS(fields), &words_field},
    {"from", SHOW_DAY, BUSINESS(from_day), NULL},
    {"history", SHOW_MOVES, 0, NULL},
    {"hours", SHOW_HOURS, BUSINESS(hours), NULL},
    {"legal_basis", SHOW_TEXT, BUSINESS(legal_basis), NULL},
    {"override_lock", SHOW_FLAG, BUSINESS(override_lock), NULL},
    {"party", SHOW_PARTY, BUSINESS(party), NULL},
    {"population", SHOW_PEOPLE, BUSINESS(population), NULL},
    {"procedure", SHOW_CODE, BUSINESS(procedure), NULL},
    {"purpose", SHOW_TEXT, BUSINESS(purpose), NULL},
    {"quota_day", SHOW_NUMBER64, BUSINESS(quota_day_max), NULL},
    {"quota_second", SHOW_LIMIT64, BUSINESS(quota_second_max), NULL},
    {"quota_total", SHOW_LIMIT64, BUSINESS(quota_total_max), NULL},
    {"sealed_until", SHOW_DAY, BUSINESS(sealed_until_day), NULL},
    {"sensitive", SHOW_WORDS64, BUSINESS(sensitive), &words_field},
    {"services", SHOW_WORDS32, BUSINESS(services), &words_service},
    {"state", SHOW_WORD, BUSINESS(state), &words_business_state},
    {"until", SHOW_DAY, BUSINESS(until_day), NULL},
    {"verify_per_claim", SHOW_FLAG, BUSINESS(verify_per_claim), NULL},
    {"version", SHOW_NUMBER32, BUSINESS(version), NULL},
};

#define PERMIT(member) offsetof(struct permit, member)
static const struct show_field permit_fields[] = {
    {"business", SHOW_BUSINESS, 0, NULL},
    {"code", SHOW_CODE, PERMIT(code), NULL},
    {"fields", SHOW_WORDS64, PERMIT(fields), &words_field},
    {"kind", SHOW_WORD, PERMIT(kind), &words_permit},
    {"reason", SHOW_TEXT, PERMIT(reason), NULL},
    {"recipient", SHOW_TEXT, PERMIT(recipient), NULL},
    {"state", SHOW_WORD, PERMIT(state), &permit_states},
    {"statement", SHOW_HASH, PERMIT(statement), NULL},
    {"until", SHOW_DAY, PERMIT(until_day), NULL},
    {"version", SHOW_NUMBER32, PERMIT(version), NULL},
};

#define POLICY(member) offsetof(struct policy_version, member)
static const struct show_field policy_fields[] = {
    {"code", SHOW_CODE, POLICY(code), NULL},
    {"effective_from", SHOW_DAY, POLICY(effective_day), NULL},
    {"from", SHOW_DAY, POLICY(from_day), NULL},
    {"record", SHOW_NUMBER64, POLICY(index), NULL},
    {"state", SHOW_WORD, POLICY(state), &policy_states},
    {"version", SHOW_NUMBER32, POLICY(version), NULL},
};

#define OFFICER(member) offsetof(struct officer, member)
static const struct show_field officer_fields[] = {
    {"code", SHOW_CODE, OFFICER(code), NULL},
    {"key", SHOW_KEY, OFFICER(key), NULL},
    {"name", SHOW_TEXT, OFFICER(name), NULL},
    {"roles", SHOW_WORDS32, OFFICER(roles), &words_role},
    {"spki", SHOW_HASH, OFFICER(spki), NULL},
    {"state", SHOW_WORD, OFFICER(state), &officer_states},
    {"version", SHOW_NUMBER32, OFFICER(version), NULL},
};

#define PROPOSAL(member) offsetof(struct proposal, member)
static const struct show_field proposal_fields[] = {
    {"act", SHOW_ACT, 0, NULL},
    {"by", SHOW_CODE, PROPOSAL(by), NULL},
    {"code", SHOW_CODE, PROPOSAL(code), NULL},
    {"if_match", SHOW_CODE, PROPOSAL(if_match), NULL},
    {"until", SHOW_DAY, PROPOSAL(until_day), NULL},
    {"version", SHOW_NUMBER32, PROPOSAL(version), NULL},
};

#define STATEMENT(member) offsetof(struct statement, member)
static const struct show_field statement_fields[] = {
    {"asks", SHOW_NUMBER64, STATEMENT(asks), NULL},
    {"code", SHOW_CODE, STATEMENT(code), NULL},
    {"fields", SHOW_NUMBER64, STATEMENT(fields), NULL},
    {"lines", SHOW_LINES, 0, NULL},
    {"month", SHOW_CODE, STATEMENT(month), NULL},
    {"party", SHOW_PARTY, STATEMENT(party), NULL},
    {"version", SHOW_NUMBER32, STATEMENT(version), NULL},
    {"vnd", SHOW_NUMBER64, STATEMENT(vnd), NULL},
};

static const char *const review_state_names[REVIEW_STATE_COUNT] = {
    [REVIEW_ASKED] = "asked",         [REVIEW_ANSWERED] = "answered", [REVIEW_LAPSED] = "lapsed",
    [REVIEW_CONFIRMED] = "confirmed", [REVIEW_OBJECTED] = "objected",
};
static const struct words review_states = {review_state_names, REVIEW_STATE_COUNT};

#define DRAW(member) offsetof(struct draw, member)
static const struct show_field draw_fields[] = {
    {"code", SHOW_CODE, DRAW(code), NULL},           {"hash", SHOW_HASH, DRAW(hash), NULL},
    {"one_in", SHOW_NUMBER64, DRAW(one_in), NULL},   {"seed", SHOW_HASH, DRAW(seed), NULL},
    {"version", SHOW_NUMBER32, DRAW(version), NULL},
};

#define REVIEW(member) offsetof(struct review, member)
static const struct show_field review_fields[] = {
    {"ask", SHOW_CODE, REVIEW(ask), NULL},
    {"business", SHOW_REVIEWED, 0, NULL},
    {"code", SHOW_CODE, REVIEW(code), NULL},
    {"day", SHOW_DAY, REVIEW(day), NULL},
    {"drawn", SHOW_WORD, REVIEW(drawn), &words_drawn},
    {"due", SHOW_DAY, REVIEW(due_day), NULL},
    {"file", SHOW_HASH, REVIEW(file), NULL},
    {"finding", SHOW_TEXT, REVIEW(finding), NULL},
    {"party", SHOW_REVIEWED_PARTY, 0, NULL},
    {"reason", SHOW_TEXT, REVIEW(reason), NULL},
    {"state", SHOW_WORD, REVIEW(state), &review_states},
    {"version", SHOW_NUMBER32, REVIEW(version), NULL},
};

#define CASE_FILE(member) offsetof(struct case_file, member)
static const struct show_field case_file_fields[] = {
    {"code", SHOW_CODE, CASE_FILE(code), NULL},
    {"content", SHOW_FILE, 0, NULL},
    {"hash", SHOW_HASH, CASE_FILE(hash), NULL},
    {"party", SHOW_PARTY, CASE_FILE(party), NULL},
    {"size", SHOW_NUMBER32, CASE_FILE(len), NULL},
    {"type", SHOW_WORD, CASE_FILE(type), &words_file_type},
    {"version", SHOW_NUMBER32, CASE_FILE(version), NULL},
};

#define CONFIRMATION(member) offsetof(struct confirmation, member)
static const struct show_field confirmation_fields[] = {
    {"code", SHOW_CODE, CONFIRMATION(code), NULL},
    {"confirmed", SHOW_COUNT32, CONFIRMATION(confirmed), NULL},
    {"finding", SHOW_TEXT, CONFIRMATION(finding), NULL},
    {"month", SHOW_CODE, CONFIRMATION(month), NULL},
    {"objected", SHOW_COUNT32, CONFIRMATION(objected), NULL},
    {"party", SHOW_PARTY, CONFIRMATION(party), NULL},
    {"unanswered", SHOW_COUNT32, CONFIRMATION(unanswered), NULL},
    {"version", SHOW_NUMBER32, CONFIRMATION(version), NULL},
};

#define STOP(member) offsetof(struct stop, member)
static const struct show_field stop_fields[] = {
    {"by", SHOW_CODE, STOP(by), NULL},
    {"code", SHOW_CODE, STOP(code), NULL},
    {"confirmed_by", SHOW_CODE, STOP(confirmed_by), NULL},
    {"day", SHOW_DAY, STOP(day), NULL},
    {"due", SHOW_DAY, STOP(due_day), NULL},
    {"version", SHOW_NUMBER32, STOP(version), NULL},
};

static const char *const incident_state_names[INCIDENT_STATE_COUNT] = {
    [INCIDENT_OPEN] = "open",
    [INCIDENT_OVERDUE] = "overdue",
    [INCIDENT_NOTIFIED] = "notified",
    [INCIDENT_CLOSED] = "closed",
};
static const struct words incident_states = {incident_state_names, INCIDENT_STATE_COUNT};

#define INCIDENT(member) offsetof(struct incident, member)
#define NOTICE(told, member) INCIDENT(notices[INCIDENT_TOLD_##told].member)
static const struct show_field incident_fields[] = {
    {"account", SHOW_CODE, INCIDENT(account), NULL},
    {"authority_notice", SHOW_HASH, NOTICE(AUTHORITY, hash), NULL},
    {"authority_sent", SHOW_TIME, NOTICE(AUTHORITY, sent_us), NULL},
    {"code", SHOW_CODE, INCIDENT(code), NULL},
    {"conclusion", SHOW_TEXT, INCIDENT(conclusion), NULL},
    {"detected", SHOW_TIME, INCIDENT(detected_us), NULL},
    {"disclosures", SHOW_COUNTED, INCIDENT(disclosures), NULL},
    {"drafts", SHOW_DRAFTS, 0, NULL},
    {"due", SHOW_TIME, INCIDENT(due_us), NULL},
    {"fields", SHOW_BY_FIELD, 0, NULL},
    {"from", SHOW_DAY, INCIDENT(from_day), NULL},
    {"opened", SHOW_TIME, INCIDENT(opened_us), NULL},
    {"persons", SHOW_COUNTED, INCIDENT(persons), NULL},
    {"persons_notice", SHOW_HASH, NOTICE(PERSONS, hash), NULL},
    {"persons_sent", SHOW_TIME, NOTICE(PERSONS, sent_us), NULL},
    {"reason", SHOW_TEXT, INCIDENT(reason), NULL},
    {"record", SHOW_NUMBER64, INCIDENT(index), NULL},
    {"state", SHOW_WORD, INCIDENT(state), &incident_states},
    {"until", SHOW_DAY, INCIDENT(until_day), NULL},
    {"version", SHOW_NUMBER32, INCIDENT(version), NULL},
};

static const char *const list_state_names[LIST_STATE_COUNT] = {
    [LIST_IN_FORCE] = "in_force",
    [LIST_ENDED] = "ended",
};
static const struct words list_states = {list_state_names, LIST_STATE_COUNT};

#define LIST(member) offsetof(struct person_list, member)
static const struct show_field list_fields[] = {
    {"changed", SHOW_DAY, LIST(changed_day), NULL},
    {"code", SHOW_CODE, LIST(code), NULL},
    {"from", SHOW_DAY, LIST(from_day), NULL},
    {"name", SHOW_TEXT, LIST(name), NULL},
    {"persons", SHOW_COUNT32, LIST(count), NULL},
    {"reason", SHOW_TEXT, LIST(reason), NULL},
    {"state", SHOW_WORD, LIST(state), &list_states},
    {"version", SHOW_NUMBER32, LIST(version), NULL},
};

static const char *const signing_key_state_names[SIGNING_KEY_STATE_COUNT] = {
    [SIGNING_KEY_IN_FORCE] = "in_force",
    [SIGNING_KEY_REVOKED] = "revoked",
};
static const struct words signing_key_states = {signing_key_state_names, SIGNING_KEY_STATE_COUNT};

#define SIGNING_KEY(member) offsetof(struct signing_key, member)
static const struct show_field signing_key_fields[] = {
    {"account", SHOW_ACCOUNT, SIGNING_KEY(account), NULL},
    {"code", SHOW_CODE, SIGNING_KEY(code), NULL},
    {"from", SHOW_DAY, SIGNING_KEY(from_day), NULL},
    {"key", SHOW_KEY, SIGNING_KEY(key), NULL},
    {"reason", SHOW_TEXT, SIGNING_KEY(reason), NULL},
    {"state", SHOW_WORD, SIGNING_KEY(state), &signing_key_states},
    {"until", SHOW_DAY, SIGNING_KEY(until_day), NULL},
    {"version", SHOW_NUMBER32, SIGNING_KEY(version), NULL},
};

#define OPERATOR(member) offsetof(struct operator_register, member)
static const struct show_field operator_fields[] = {
    {"changed", SHOW_DAY, OPERATOR(changed_day), NULL},
    {"code", SHOW_CODE, OPERATOR(code), NULL},
    {"from", SHOW_DAY, OPERATOR(from_day), NULL},
    {"officers", SHOW_COUNT32, OPERATOR(counts[OPERATOR_OFFICER]), NULL},
    {"parties", SHOW_COUNT32, OPERATOR(counts[OPERATOR_PARTY]), NULL},
    {"reason", SHOW_TEXT, OPERATOR(reason), NULL},
    {"version", SHOW_NUMBER32, OPERATOR(version), NULL},
};

static const char *const source_state_names[SOURCE_STATE_COUNT] = {
    [SOURCE_STATE_ACTIVE] = "active",
    [SOURCE_STATE_SUSPENDED] = "suspended",
    [SOURCE_STATE_ENDED] = "ended",
};
static const struct words source_states = {source_state_names, SOURCE_STATE_COUNT};

#define SOURCE(member) offsetof(struct source, member)
static const struct show_field source_fields[] = {
    {"code", SHOW_CODE, SOURCE(code), NULL},
    {"key", SHOW_KEY, SOURCE(key), NULL},
    {"kind", SHOW_WORD, SOURCE(kind), &words_source},
    {"name", SHOW_TEXT, SOURCE(name), NULL},
    {"reason", SHOW_TEXT, SOURCE(reason), NULL},
    {"spki", SHOW_HASH, SOURCE(spki), NULL},
    {"state", SHOW_WORD, SOURCE(state), &source_states},
    {"version", SHOW_NUMBER32, SOURCE(version), NULL},
};

static const char *const provider_state_names[PROVIDER_STATE_COUNT] = {
    [PROVIDER_ACTIVE] = "active",
    [PROVIDER_SUSPENDED] = "suspended",
    [PROVIDER_ENDED] = "ended",
};
static const struct words provider_states = {provider_state_names, PROVIDER_STATE_COUNT};

#define PROVIDER(member) offsetof(struct provider, member)
static const struct show_field provider_fields[] = {
    {"account", SHOW_ACCOUNT, PROVIDER(account), NULL},
    {"acr", SHOW_TEXT, PROVIDER(acr), NULL},
    {"claim", SHOW_CODE, PROVIDER(claim), NULL},
    {"client", SHOW_TEXT, PROVIDER(client), NULL},
    {"code", SHOW_CODE, PROVIDER(code), NULL},
    {"issuer", SHOW_TEXT, PROVIDER(issuer), NULL},
    {"keys", SHOW_TOKEN_KEYS, 0, NULL},
    {"name", SHOW_TEXT, PROVIDER(name), NULL},
    {"reason", SHOW_TEXT, PROVIDER(reason), NULL},
    {"state", SHOW_WORD, PROVIDER(state), &provider_states},
    {"version", SHOW_NUMBER32, PROVIDER(version), NULL},
};

static const char *const extract_state_names[EXTRACT_STATE_COUNT] = {
    [EXTRACT_APPROVED] = "approved", [EXTRACT_COLLECTED] = "collected",
    [EXTRACT_TOO_LONG] = "too_long", [EXTRACT_REFUSED] = "refused",
    [EXTRACT_ENDED] = "ended",
};
static const struct words extract_states = {extract_state_names, EXTRACT_STATE_COUNT};

#define EXTRACT(member) offsetof(struct extract, member)
static const struct show_field extract_fields[] = {
    {"account", SHOW_ACCOUNT, EXTRACT(account), NULL},
    {"business", SHOW_FOR_BUSINESS, EXTRACT(business), NULL},
    {"cap", SHOW_NUMBER32, EXTRACT(cap), NULL},
    {"case", SHOW_TEXT, EXTRACT(case_ref), NULL},
    {"code", SHOW_CODE, EXTRACT(code), NULL},
    {"collected", SHOW_NUMBER32, EXTRACT(collected), NULL},
    {"criteria", SHOW_PEOPLE, EXTRACT(criteria), NULL},
    {"fields", SHOW_WORDS64, EXTRACT(fields), &words_field},
    {"from", SHOW_DAY, EXTRACT(from_day), NULL},
    {"job", SHOW_JOB, EXTRACT(job_id), NULL},
    {"reason", SHOW_TEXT, EXTRACT(reason), NULL},
    {"state", SHOW_WORD, EXTRACT(state), &extract_states},
    {"until", SHOW_DAY, EXTRACT(until_day), NULL},
    {"version", SHOW_NUMBER32, EXTRACT(version), NULL},
};

/* A statement is made by the gate and never stored here: it is only shown. */
static const struct object_row object_statement = {
    .name = "statement",
    .plural = "statements",
    OBJECT_LAYOUT(statement),
    OBJECT_OF_DIRECTORY(statements),
};

#define ITSELF SIZE_MAX        /* the object is the party */
#define OFFICE (SIZE_MAX - 1)  /* it is the office's own */
#define PERMITS (SIZE_MAX - 2) /* a permit's: the party of its business */
#define REVIEWS (SIZE_MAX - 3) /* a review's: likewise */
#define KEYS (SIZE_MAX - 4)    /* a signing key's: the party of its account */
#define FIELDS(rows) rows, sizeof(rows) / sizeof((rows)[0]), NULL
static const struct show_row {
    const struct object_row *object;
    size_t owner; /* struct party *, in the object, or one of those above */
    const struct show_field *fields;
    unsigned field_count;
    const struct show_table *table; /* the same, where it stands elsewhere */
} rows[RESOURCE_COUNT] = {
    [RESOURCE_PARTIES] = {&object_party, ITSELF, FIELDS(party_fields)},
    [RESOURCE_ACCOUNTS] = {&object_account, ACCOUNT(party), FIELDS(account_fields)},
    [RESOURCE_BUSINESSES] = {&object_business, BUSINESS(party), FIELDS(business_fields)},
    [RESOURCE_PERMITS] = {&object_permit, PERMITS, FIELDS(permit_fields)},
    [RESOURCE_POLICIES] = {&object_policy, OFFICE, FIELDS(policy_fields)},
    [RESOURCE_OFFICERS] = {&object_officer, OFFICE, FIELDS(officer_fields)},
    [RESOURCE_STOPS] = {&object_stop, OFFICE, FIELDS(stop_fields)},
    [RESOURCE_PROPOSALS] = {&object_proposal, OFFICE, FIELDS(proposal_fields)},
    [RESOURCE_FEES] = {&object_statement, STATEMENT(party), FIELDS(statement_fields)},
    [RESOURCE_DRAWS] = {&object_draw, OFFICE, FIELDS(draw_fields)},
    [RESOURCE_REVIEWS] = {&object_review, REVIEWS, FIELDS(review_fields)},
    [RESOURCE_CASE_FILES] = {&object_case_file, CASE_FILE(party), FIELDS(case_file_fields)},
    [RESOURCE_CONFIRMATIONS] = {&object_confirmation, CONFIRMATION(party),
                                FIELDS(confirmation_fields)},
    [RESOURCE_INCIDENTS] = {&object_incident, OFFICE, FIELDS(incident_fields)},
    [RESOURCE_LISTS] = {&object_list, OFFICE, FIELDS(list_fields)},
    [RESOURCE_SIGNING_KEYS] = {&object_signing_key, KEYS, FIELDS(signing_key_fields)},
    [RESOURCE_OPERATORS] = {&object_operator, OPERATOR(party), FIELDS(operator_fields)},
    [RESOURCE_SOURCES] = {&object_source, OFFICE, FIELDS(source_fields)},
    [RESOURCE_OFFICES] = {&object_unit, OFFICE, NULL, 0, &show_table_offices},
    [RESOURCE_CASES] = {&object_case, OFFICE, NULL, 0, &show_table_cases},
    [RESOURCE_OVERDUE_CASES] = {&object_case, OFFICE, NULL, 0, &show_table_cases},
    [RESOURCE_CASE_FIGURES] = {&object_unit, OFFICE, NULL, 0, &show_table_figures},
    /* How many were collected is not the account's to know. */
    [RESOURCE_EXTRACTS] = {&object_extract, OFFICE, FIELDS(extract_fields)},
    [RESOURCE_LETTERS] = {&object_letter, OFFICE, NULL, 0, &show_table_letters},
    [RESOURCE_COMPLAINTS] = {&object_complaint, OFFICE, NULL, 0, &show_table_complaints},
    [RESOURCE_REGISTERS] = {&object_register, OFFICE, NULL, 0, &show_table_registers},
    [RESOURCE_PROVIDERS] = {&object_provider, OFFICE, FIELDS(provider_fields)},
    /* RESOURCE_RECORDS and RESOURCE_LIST_REQUESTS are no objects of the office. */
};

const struct map *show_map(const struct directory *directory, enum resource resource)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    return rows[resource].object == NULL ? NULL : object_map(directory, rows[resource].object);
}

const struct party *show_owner(enum resource resource, const void *object)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    size_t owner = rows[resource].owner;
    if (owner == OFFICE) {
        return NULL;
    }
    if (owner == PERMITS) {
        return ((const struct permit *)object)->business->party;
    }
    if (owner == REVIEWS) {
        return ((const struct review *)object)->business->party;
    }
    if (owner == KEYS) {
        return ((const struct signing_key *)object)->account->party;
    }
    return owner == ITSELF ? object : show_party(object, owner);
}

struct view show_code(enum resource resource, const void *object)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    return object_code(rows[resource].object, object);
}

uint32_t show_version(enum resource resource, const void *object)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    return object_version(rows[resource].object, object);
}

static void put(enum resource resource, const void *object, bool whole, struct buf *buf)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    const struct show_row *row = &rows[resource];
    const struct show_table own = {row->fields, row->field_count};
    const struct show_table *table = row->table != NULL ? row->table : &own;
    const char *between = "{";

    for (unsigned i = 0; i < table->count; i++) {
        const struct show_field *field = &table->fields[i];
        if ((field->type >= SHOW_KEPT_FIRST && !whole) || show_value_absent(field, object)) {
            continue;
        }
        buf_printf(buf, "%s\"%s\":", between, field->name);
        show_value_put(buf, field, object);
        between = ",";
    }
    buf_put_text(buf, "}");
}

void show_put(enum resource resource, const void *object, struct buf *buf)
{
    put(resource, object, false, buf);
}

void show_put_whole(enum resource resource, const void *object, struct buf *buf)
{
    put(resource, object, true, buf);
}
