/*
 * Pages of own.history.
 *
 * Invariants
 * 1. A page leaves only as the answer of an ask that was decided and recorded like any other (I1,
 *    I2); here it is only made, of the rows of one person.
 * 2. What it tells of a look is who, under what, when, by which way, of which fields, and what came
 *    of it: no value of a field, no officer's name, and of the case a part. To who is only named
 *    in another's record it tells nothing of the other.
 * 3. A row that is not to be seen yet, another's row and no row are alike.
 * 4. A call looks once into the index, or reads one old record (I9).
 * 5. A row whose opening is shredded is a row all the same: of it is told what is kept.
 */
#include "gate/page.h"

#include "base/check.h"
#include "base/log.h"
#include "domain/change.h"
#include "gate/history_proof.h"
#include "gate/work.h"
#include "wire/canonical.h"
#include "wire/json.h"

#include <inttypes.h>

#define CASE_SHOWN_BYTES 4
#define REQUEST_DEPTH_MAX 8
#define ROW_BYTES_MAX 4096 /* of one row as JSON: codes, names, fields */

void page_init(struct page *page)
{
    *page = (struct page){.state = PAGE_NONE};
    buf_init(&page->json, HISTORY_PAGE_BYTES_MAX + ROW_BYTES_MAX);
}

void page_done(struct page *page)
{
    if (page->json.data != NULL) {
        memory_wipe(page->json.data, page->json.len);
    }
    buf_done(&page->json);
}

/* ---- one row, as JSON ---- */

/* A value of the record; empty when it has none. */
static struct view value_of(const struct record *record, enum record_name name)
{
    struct view value = record->values[name];
    return value.len > 0 && canonical_valid(value, REQUEST_DEPTH_MAX) ? value : view_of(NULL, 0);
}

static struct view member_of(struct view object, const char *name)
{
    return object.len > 0 && object.data[0] == '{' ? canonical_member(object, name)
                                                   : view_of(NULL, 0);
}

static bool is_text(struct view value)
{
    return value.len > 0 && canonical_is_text(value);
}

/* A code that stands in a value; false: none does. */
static bool code_in(struct view value, struct code_text *ret_code)
{
    uint8_t text[CODE_TEXT_BYTES_MAX + 2];
    *ret_code = (struct code_text){0};
    return is_text(value) && value.len <= sizeof(text) &&
           outcome_ok(code_set(ret_code, canonical_text(value, text)));
}

/* Its first characters: whoever asked knows the rest. */
static void put_case(struct view value, struct buf *buf)
{
    uint8_t text[ASK_CASE_BYTES_MAX * 6 + 2];
    if (!is_text(value) || value.len > sizeof(text)) {
        buf_put_text(buf, "null");
        return;
    }
    struct view whole = canonical_text(value, text);
    size_t len = whole.len < CASE_SHOWN_BYTES ? whole.len / 2 : CASE_SHOWN_BYTES;
    while (len > 0 && (whole.data[len] & 0xc0) == 0x80) { /* not within a character */
        len--;
    }
    uint8_t shown[CASE_SHOWN_BYTES + 3];
    for (size_t i = 0; i < len; i++) {
        shown[i] = whole.data[i];
    }
    shown[len] = 0xe2; /* U+2026, an ellipsis */
    shown[len + 1] = 0x80;
    shown[len + 2] = 0xa6;
    json_put_string(buf, view_of(shown, len + 3));
}

/* Names of the fields that were asked for, of those that may be named. */
static void put_asked_fields(struct view fields, uint64_t named, struct buf *buf)
{
    struct view item = {0};
    size_t at = 0;
    bool first = true;
    buf_put_u8(buf, '[');
    while (fields.len > 0 && fields.data[0] == '[' && canonical_next_item(fields, &at, &item)) {
        uint8_t text[CODE_TEXT_BYTES_MAX];
        unsigned field = 0;
        bool known = is_text(item) && item.len <= sizeof(text) &&
                     outcome_ok(words_find(&words_field, canonical_text(item, text), &field));
        if (known && (named & FIELD_BIT(field)) != 0) {
            buf_printf(buf, first ? "\"%s\"" : ",\"%s\"", words_name(&words_field, field));
            first = false;
        }
    }
    buf_put_u8(buf, ']');
}

/* What an act has changed of him, which its trace says in the order of its people. */
static void put_changed(struct view trace, unsigned number, uint64_t named, struct buf *buf)
{
    struct view list = member_of(trace, "changed");
    struct view item = {0};
    uint64_t members = 0;
    size_t at = 0;
    bool first = true;
    for (unsigned i = 0; i <= number; i++) {
        if (list.len == 0 || !canonical_next_item(list, &at, &item)) {
            item = VIEW_LITERAL("0");
        }
    }
    outcome_ignore(decimal_get(item, UINT32_MAX, &members));
    members &= named | MEMBER_BIT(MEMBER_ID) | MEMBER_BIT(MEMBER_CMND);
    buf_put_u8(buf, '[');
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        if ((members & MEMBER_BIT(member)) != 0) {
            buf_printf(buf, first ? "\"%s\"" : ",\"%s\"", words_name(&words_member, member));
            first = false;
        }
    }
    buf_put_u8(buf, ']');
}

/* What he is in the record. */
enum part { PART_ASKED, PART_NAMED, PART_CHANGED, PART_COUNT };

static enum part part_of(const struct record *record, uint64_t person)
{
    if (record->kind == KIND_ACT) {
        return PART_CHANGED;
    }
    return record_asks_about(record, person) ? PART_ASKED : PART_NAMED;
}

static void put_fields(const struct page_row *row, const struct record *record, enum part part,
                       struct buf *buf)
{
    uint64_t named = row->fields & (part == PART_NAMED ? PERSON_NAMING_FIELDS : UINT64_MAX);
    if (part == PART_CHANGED) {
        put_changed(value_of(record, RECORD_TRACE), record_find_person(record, row->person), named,
                    buf);
    } else {
        put_asked_fields(member_of(value_of(record, RECORD_REQUEST), "fields"), named, buf);
    }
}

static void put_word(struct buf *buf, const struct words *words, uint8_t word)
{
    if (word == RECORD_WORD_NULL) {
        buf_put_text(buf, "null");
    } else {
        buf_printf(buf, "\"%s\"", words_name(words, word));
    }
}

static void put_business(const struct gate *gate, struct view value, struct buf *buf)
{
    struct code_text code;
    const struct business *business = NULL;
    if (!code_in(value, &code)) {
        buf_put_text(buf, "null");
        return;
    }
    business = directory_business(gate->directory, code_view(&code));
    const struct pass *pass = directory_pass(gate->directory, code_view(&code));
    buf_put_text(buf, "{\"basis\":");
    json_put_string_or_null(buf, business == NULL ? view_of(NULL, 0)
                                                  : long_view(&business->legal_basis));
    buf_put_text(buf, ",\"code\":");
    json_put_string(buf, code_view(&code));
    buf_put_text(buf, ",\"purpose\":");
    json_put_string_or_null(buf, business != NULL ? long_view(&business->purpose)
                                 : pass != NULL ? long_view(&pass->purpose) /* a one-time code's */
                                                : view_of(NULL, 0));
    buf_put_u8(buf, '}');
}

static void put_party(const struct gate *gate, struct view value, struct buf *buf)
{
    struct code_text code;
    if (!code_in(value, &code)) {
        buf_put_text(buf, "null");
        return;
    }
    const struct party *party = directory_party(gate->directory, code_view(&code));
    buf_put_text(buf, "{\"code\":");
    json_put_string(buf, code_view(&code));
    buf_put_text(buf, ",\"name\":");
    json_put_string_or_null(buf, party == NULL ? view_of(NULL, 0) : long_view(&party->name));
    buf_put_u8(buf, '}');
}

/* Who it was at the party's: never by name (invariant 2). */
static const char *role_of(const struct record *record, struct view agent)
{
    if (record->class == CLASS_CITIZEN) {
        return "citizen";
    }
    return record->kind != KIND_ACT && is_text(member_of(agent, "officer")) ? "officer" : "system";
}

static void put_role(const struct record *record, struct view agent, struct buf *buf)
{
    if (record->forgotten) {
        buf_put_text(buf, ",\"role\":null");
    } else {
        buf_printf(buf, ",\"role\":\"%s\"", role_of(record, agent));
    }
}

void page_put_row(const struct gate *gate, const struct page_row *row, const struct record *record,
                  struct buf *buf)
{
    static const char *const parts[PART_COUNT] = {"asked", "named", "changed"};
    struct view agent = value_of(record, RECORD_AGENT);
    enum part part = part_of(record, row->person);
    buf_printf(buf, "{\"as\":\"%s\",\"business\":", parts[part]);
    put_business(gate, value_of(record, RECORD_BUSINESS), buf);
    buf_put_text(buf, ",\"case\":");
    put_case(part == PART_NAMED ? view_of(NULL, 0) : value_of(record, RECORD_CASE), buf);
    buf_put_text(buf, ",\"channel\":");
    put_word(buf, &words_channel, record->channel);
    buf_put_text(buf, ",\"class\":");
    put_word(buf, &words_class, record->class);
    buf_put_text(buf, ",\"fields\":");
    put_fields(row, record, part, buf);
    buf_put_text(buf, record->forgotten ? ",\"forgotten\":true" : "");
    buf_printf(buf, ",\"kind\":\"%s\",\"operator\":", words_name(&words_kind, record->kind));
    put_party(gate, member_of(agent, "operator"), buf);
    buf_put_text(buf, ",\"party\":");
    put_party(gate, value_of(record, RECORD_PARTY), buf);
    buf_put_text(buf, ",\"result\":");
    json_put_string(buf, record->outcome);
    put_role(record, agent, buf);
    buf_printf(buf, ",\"row\":\"%016" PRIx64 "\",\"service\":", row->place);
    put_word(buf, &words_service, record->service);
    buf_put_text(buf, ",\"time\":\"");
    clock_put_second(buf, record->time_us);
    buf_put_text(buf, "\"}");
}

/* ---- a page ---- */

/* Empty: the certificate is nobody's, and the ask will not go through. */
static struct code_text account_of(const struct gate *gate, const struct ask *ask)
{
    struct code_text code = {0};
    if (ask->own != NULL) {
        outcome_ignore(code_set(&code, ask->own->account)); /* too long: it is on no file */
        return code;
    }
    const struct certificate *certificate = directory_certificate(gate->directory, ask->spki);
    return certificate != NULL ? certificate->account->code : code;
}

static bool has_room(const struct gate *gate, const struct ask *ask)
{
    const struct code_text account = account_of(gate, ask);
    struct view asker = ask->own != NULL ? ask->own->citizen : view_of(NULL, 0);
    return ask->history.form != HISTORY_STATEMENT ||
           statements_room(gate, code_view(&account), asker, ask->key);
}

bool gate_history_wanted(const struct gate *gate, const struct ask *ask)
{
    struct view citizen = ask->own != NULL ? ask->own->citizen : ask->proof.citizen;
    bool ward = ask->own != NULL && ask->own->ward;
    return gate->history != NULL && gate->policy != NULL && ask->service == SERVICE_OWN_HISTORY &&
           !ask->history_ready && ask->subject_kind == SUBJECT_ID &&
           (ward || view_equal(citizen, ask->key)) && has_room(gate, ask);
}

/* The key of whom it is about; 0: the number is nobody's. */
static struct outcome find_person(struct gate *gate, struct view number, uint64_t *ret_person)
{
    struct registry_probe probe = {0};
    struct person_record record = {0};
    *ret_person = 0;
    blinder_tag(registry_blinder(gate->registry), BLIND_ID, number, probe.tag);
    TRY(registry_fetch(gate->registry, &probe, 1, &gate->records));
    if (!probe.found) {
        return OUTCOME_OK;
    }
    TRY(person_record_open(probe.record, &record));
    *ret_person = view_equal(record.id, number) ? probe.key : 0;
    return OUTCOME_OK;
}

static uint64_t end_of(const struct gate *gate)
{
    uint32_t day = history_day(history_log_day(gate->history), clock_wall_us(&gate->clock));
    return history_end(day, history_log_size(gate->history));
}

/* Invariant 3. */
static struct outcome find_row(struct gate *gate)
{
    struct page *page = &gate->page;
    bool has = false;
    if (page->wish.row < page->end) {
        TRY(history_has(gate->history, page->person, page->wish.row, &has));
    }
    page->rows[0].place = page->wish.row;
    page->count = has ? 1 : 0;
    return OUTCOME_OK;
}

static struct outcome find_rows(struct gate *gate)
{
    struct page *page = &gate->page;
    const struct ask_history *wanted = &page->wish;
    bool more = false;
    struct history_wish wish = {
        .person = page->person,
        .below = page->end,
        .from = history_end((uint32_t)wanted->from_day, 0),
        .party = code_view(&page->party),
        .channel = wanted->channel == 0 ? RECORD_WORD_NULL : wanted->channel - 1,
        .service = wanted->service == 0 ? RECORD_WORD_NULL : wanted->service - 1,
    };
    uint64_t until = history_end((uint32_t)wanted->until_day + 1, 0);
    wish.below = wanted->until_day != 0 && until < wish.below ? until : wish.below;
    wish.below = wanted->before != 0 && wanted->before < wish.below ? wanted->before : wish.below;
    if (wish.below <= wish.from) {
        return OUTCOME_OK;
    }
    unsigned max = wanted->limit == 0 ? HISTORY_PAGE_ROWS_MAX : wanted->limit;
    TRY(history_find(gate->history, &wish, page->rows, max, &page->count, &page->below, &more));
    for (unsigned i = 0; i < page->count; i++) { /* all at once, and then one after the other */
        ledger_expect(gate->ledger, history_place_index(page->rows[i].place));
    }
    page->below = more ? page->below : 0;
    return OUTCOME_OK;
}

/* Nobody has no rows. */
static struct outcome seek(struct gate *gate)
{
    struct page *page = &gate->page;
    page->sought = true;
    if (page->person == 0) {
        return OUTCOME_OK;
    }
    return page->proof ? find_row(gate) : find_rows(gate);
}

static struct outcome begin(struct gate *gate, const struct ask *ask)
{
    struct page *page = &gate->page;
    TRY(find_person(gate, ask->key, &page->person));
    if (page->person == 0) {
        return OUTCOME_OK;
    }
    page->end = end_of(gate);
    return history_count(gate->history, page->person, page->end, &page->visible);
}

/* What is damaged is this answer's matter; the disk, too (again.c). */
static struct outcome kept_apart(struct page *page, struct outcome outcome)
{
    if (outcome_ok(outcome) || outcome.fault == FAULT_CRYPTO) {
        return outcome;
    }
    log_outcome(LOG_LEVEL_ERROR, "history-not-read", outcome);
    page->state = PAGE_DAMAGED;
    return OUTCOME_OK;
}

struct outcome gate_history_begin(struct gate *gate, const struct ask *ask)
{
    struct page *page = &gate->page;
    CHECK(gate_history_wanted(gate, ask));
    struct buf json = page->json;
    buf_reset(&json);
    *page = (struct page){.state = PAGE_MAKING, .json = json};
    page->proof = ask->history.row != 0;
    page->stated = ask->history.form == HISTORY_STATEMENT;
    page->wish = ask->history;
    page->wish.party = view_of(NULL, 0); /* it borrows */
    page->size = history_log_size(gate->history);
    page->fields = policy_field_ceiling(gate->policy, CLASS_CITIZEN, SERVICE_OWN_HISTORY);
    TRY(code_set(&page->citizen, ask->key));
    TRY(code_set(&page->asker, ask->own != NULL ? ask->own->citizen : view_of(NULL, 0)));
    page->account = account_of(gate, ask);
    random_fill(&gate->random, page->token, sizeof(page->token));
    TRY(code_set(&page->party, ask->history.party));
    return kept_apart(page, begin(gate, ask));
}

/* Rows are found by a part of their party's hash. */
static bool is_of(const struct page *page, const struct record *record)
{
    struct code_text code;
    return page->party.len == 0 || (code_in(value_of(record, RECORD_PARTY), &code) &&
                                    view_equal(code_view(&code), code_view(&page->party)));
}

/* One row: read, checked to be his, and told. */
static struct outcome read_row(struct gate *gate, uint64_t place)
{
    struct page *page = &gate->page;
    const struct page_row row = {page->person, page->fields, place};
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    uint64_t index = history_place_index(place);
    TRY(page->proof ? ledger_reread(gate->ledger, index, &gate->again, &receipt)
                    : ledger_read(gate->ledger, index, &gate->again, &receipt.item));
    TRY(record_get_opening(receipt.item.opening, &record));
    if (record_find_person(&record, page->person) == RECORD_NOBODY) {
        return outcome_fail(FAULT_CORRUPT, "a row is not one of whom it is kept for");
    }
    if (page->proof) {
        buf_put_text(&page->json, "{\"proof\":");
        TRY(history_put_proof(&record, index, &receipt, page->person, &page->json));
        buf_put_text(&page->json, ",\"row\":");
        page_put_row(gate, &row, &record, &page->json);
        buf_put_u8(&page->json, '}');
        return buf_check(&page->json);
    }
    if (is_of(page, &record)) {
        bool first = page->json.data[page->json.len - 1] == '[';
        buf_put_text(&page->json, first ? "" : ",");
        page_put_row(gate, &row, &record, &page->json);
    }
    return buf_check(&page->json);
}

static void put_head(struct page *page)
{
    buf_put_text(&page->json, "{\"count\":");
    buf_put_decimal(&page->json, page->visible);
    buf_put_text(&page->json, ",\"rows\":[");
}

static void put_tail(struct page *page)
{
    if (page->at < page->count) { /* there was no room for the rest */
        page->below = page->rows[page->at - 1].place;
    }
    buf_put_text(&page->json, "],\"rows_before\":");
    if (page->below != 0) {
        buf_printf(&page->json, "\"%016" PRIx64 "\"", page->below);
    } else {
        buf_put_text(&page->json, "null");
    }
    buf_put_text(&page->json, ",\"size\":");
    buf_put_decimal(&page->json, page->size);
    buf_put_u8(&page->json, '}');
}

/* Invariant 4. */
static struct outcome step(struct gate *gate)
{
    struct page *page = &gate->page;
    if (page->stated) {
        TRY(statements_put_first(gate, page));
        page->state = PAGE_READY;
        return buf_check(&page->json);
    }
    if (!page->sought) {
        return seek(gate);
    }
    if (page->at == 0 && !page->proof) {
        put_head(page);
        TRY(buf_check(&page->json));
    }
    bool room = page->json.len + ROW_BYTES_MAX < HISTORY_PAGE_BYTES_MAX;
    if (page->at < page->count && room) {
        TRY(read_row(gate, page->rows[page->at].place));
        page->at++;
    }
    room = page->json.len + ROW_BYTES_MAX < HISTORY_PAGE_BYTES_MAX;
    if (page->at < page->count && room) {
        return OUTCOME_OK;
    }
    if (!page->proof) {
        put_tail(page);
    } else if (page->count == 0) {
        buf_put_text(&page->json, "{\"proof\":null,\"row\":null}");
    }
    page->state = PAGE_READY;
    return buf_check(&page->json);
}

struct outcome gate_history_step(struct gate *gate, bool *ret_ready)
{
    struct page *page = &gate->page;
    CHECK(page->state != PAGE_NONE && gate->ledger != NULL);
    *ret_ready = true;
    if (page->state == PAGE_MAKING) {
        TRY(kept_apart(page, step(gate)));
    }
    *ret_ready = page->state != PAGE_MAKING;
    return OUTCOME_OK;
}

struct outcome page_put(struct gate *gate, const struct work *work,
                        const struct person_record *record)
{
    const struct page *page = &gate->page;
    CHECK(work->ask->history_ready);
    bool him = view_equal(record->id, work->ask->key); /* else whoever was fetched instead */
    bool his = page->state == PAGE_READY && page->person != 0 &&
               view_equal(code_view(&page->citizen), work->ask->key);
    if (page->state == PAGE_DAMAGED || (him && !his)) {
        return outcome_fail(FAULT_CORRUPT, "a page of the history");
    }
    buf_put_view(&gate->persons, him ? buf_view(&page->json) : VIEW_LITERAL("{}"));
    return buf_check(&gate->persons);
}
