/*
 * What is shown of offices and cases.
 *
 * Invariant: what a case says of people is kept for who has signed to read it; members stand in
 * byte order of their names, as in show.c.
 */
#include "office/show_value.h"

#include "base/check.h"
#include "office/staff.h"
#include "wire/json.h"

#define COUNT(table) sizeof(table) / sizeof((table)[0])

#define UNIT(member) offsetof(struct office_unit, member)
static const struct show_field office_fields[] = {
    {"above", SHOW_CODE, UNIT(above), NULL},
    {"address", SHOW_TEXT, UNIT(address), NULL},
    {"code", SHOW_CODE, UNIT(code), NULL},
    {"level", SHOW_WORD, UNIT(level), &words_level},
    {"members", SHOW_MEMBERS, 0, NULL},
    {"name", SHOW_TEXT, UNIT(name), NULL},
    {"parent", SHOW_TEXT, UNIT(parent), NULL},
    {"place", SHOW_TEXT, UNIT(place), NULL},
    {"province", SHOW_PROVINCE, UNIT(province), NULL},
    {"saturday", SHOW_FLAG, UNIT(saturday), NULL},
    {"sign", SHOW_TEXT, UNIT(sign), NULL},
    {"version", SHOW_NUMBER32, UNIT(version), NULL},
};
const struct show_table show_table_offices = {office_fields, COUNT(office_fields)};

#define FIGURE(member) UNIT(figures.member)
static const struct show_field figure_fields[] = {
    {"code", SHOW_CODE, UNIT(code), NULL},
    {"disclosed", SHOW_COUNT32, FIGURE(disclosed), NULL},
    {"due", SHOW_COUNT32, FIGURE(due), NULL},
    {"granted", SHOW_COUNT32, FIGURE(granted), NULL},
    {"in_time", SHOW_COUNT32, FIGURE(in_time), NULL},
    {"late", SHOW_COUNT32, FIGURE(late), NULL},
    {"open", SHOW_COUNT32, FIGURE(open), NULL},
    {"overdue", SHOW_COUNT32, FIGURE(overdue), NULL},
    {"received", SHOW_COUNT32, FIGURE(received), NULL},
    {"refused", SHOW_COUNT32, FIGURE(refused), NULL},
    {"rejected", SHOW_COUNT32, FIGURE(rejected), NULL},
    {"waiting", SHOW_COUNT32, FIGURE(waiting), NULL},
    {"withdrawn", SHOW_COUNT32, FIGURE(withdrawn), NULL},
};
const struct show_table show_table_figures = {figure_fields, COUNT(figure_fields)};

#define CASE(member) offsetof(struct written_case, member)
#define WHO(member) CASE(requester.member)
static const struct show_field case_fields[] = {
    {"accepted", SHOW_DAY, CASE(accepted_day), NULL},
    {"address", SHOW_KEPT_TEXT, WHO(address), NULL},
    {"answer", SHOW_ANSWER, 0, NULL},
    {"behalf", SHOW_BEHALF, 0, NULL},
    {"class", SHOW_WORD, WHO(class), &words_class},
    {"code", SHOW_CODE, CASE(code), NULL},
    {"contact", SHOW_KEPT_TEXT, WHO(contact), NULL},
    {"content", SHOW_KEPT_TEXT, CASE(content), NULL},
    {"days", SHOW_NUMBER32, CASE(days), NULL},
    {"days_used", SHOW_NUMBER32, CASE(days_used), NULL},
    {"disclosure", SHOW_LIMIT64, CASE(disclosure_index), NULL},
    {"documents", SHOW_DOCUMENTS, 0, NULL},
    {"due", SHOW_DAY, CASE(due_day), NULL},
    {"ended", SHOW_DAY, CASE(ended_day), NULL},
    {"fee_due", SHOW_NUMBER64, CASE(fee_due), NULL},
    {"fee_paid", SHOW_NUMBER64, CASE(fee_paid), NULL},
    {"fee_receipts", SHOW_RECEIPTS, 0, NULL},
    {"fields", SHOW_WORDS64, CASE(fields), &words_field},
    {"found", SHOW_FLAG, CASE(found), NULL},
    {"from", SHOW_DAY, CASE(from_day), NULL},
    {"intake", SHOW_WORD, CASE(intake), &words_intake},
    {"letter", SHOW_CODE, CASE(letter), NULL},
    {"missing", SHOW_KEPT_TEXT, CASE(missing), NULL},
    {"moves", SHOW_CASE_MOVES, 0, NULL},
    {"name", SHOW_KEPT_TEXT, WHO(name), NULL},
    {"number", SHOW_KEPT_CODE, WHO(number), NULL},
    {"office", SHOW_UNIT, 0, NULL},
    {"officer", SHOW_CODE, CASE(officer), NULL},
    {"papers", SHOW_PAPERS, 0, NULL},
    {"papers_seen_by", SHOW_CODE, WHO(seen_by), NULL},
    {"party", SHOW_CASE_PARTY, 0, NULL},
    {"principal", SHOW_KEPT_TEXT, WHO(principal), NULL},
    {"principal_number", SHOW_KEPT_CODE, WHO(principal_number), NULL},
    {"proof", SHOW_KEPT_TEXT, WHO(proof), NULL},
    {"purpose", SHOW_KEPT_TEXT, CASE(purpose), NULL},
    {"reason", SHOW_KEPT_TEXT, CASE(answer.reason), NULL},
    {"received", SHOW_DAY, CASE(received_day), NULL},
    {"state", SHOW_WORD, CASE(state), &words_case_state},
    {"stopped", SHOW_DAY, CASE(stopped_day), NULL},
    {"titles", SHOW_TITLES, 0, NULL},
    {"undertaken", SHOW_FLAG, CASE(undertaken), NULL},
    {"until", SHOW_DAY, CASE(until_day), NULL},
    {"version", SHOW_NUMBER32, CASE(version), NULL},
    {"warn", SHOW_DAY, CASE(warn_day), NULL},
};
const struct show_table show_table_cases = {case_fields, COUNT(case_fields)};

bool show_case_absent(const struct show_field *field, const void *object)
{
    const struct written_case *case_ = object;

    switch (field->type) {
    case SHOW_KEPT_TEXT:
        return long_view(show_part(object, field->at)).len == 0;
    case SHOW_KEPT_CODE:
        return code_view(show_part(object, field->at)).len == 0;
    case SHOW_CASE_PARTY:
        return case_->requester.party == NULL;
    case SHOW_PAPERS:
        return case_->requester.party != NULL;
    case SHOW_BEHALF:
        return case_->requester.behalf == BEHALF_COUNT;
    case SHOW_ANSWER:
        return case_->answer.decision == DECISION_COUNT;
    case SHOW_TITLES:
        return case_->document_count == 0;
    case SHOW_RECEIPTS:
        return case_->receipt_count == 0;
    default:
        return false;
    }
}

static void put_member(struct buf *buf, const char *name, struct view value)
{
    if (value.len > 0) {
        buf_printf(buf, "\"%s\":", name);
        json_put_string(buf, value);
        buf_put_text(buf, ",");
    }
}

static void put_members(struct buf *buf, const struct office_unit *unit)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < unit->member_count; i++) {
        const struct unit_member *member = &unit->members[i];
        buf_put_text(buf, i > 0 ? ",{" : "{");
        if (member->absent_until != 0) {
            buf_put_text(buf, "\"absent_until\":");
            show_put_day(buf, member->absent_until);
            buf_put_text(buf, ",");
        }
        buf_printf(
            buf, "\"capacity\":\"%s\",\"officer\":", words_name(&words_capacity, member->capacity));
        json_put_string(buf, code_view(&member->officer));
        buf_put_text(buf, "}");
    }
    buf_put_text(buf, "]");
}

static void put_documents(struct buf *buf, const struct written_case *case_)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < case_->document_count; i++) {
        const struct case_document *document = &case_->documents[i];
        buf_put_text(buf, i > 0 ? ",{\"bytes\":" : "{\"bytes\":");
        buf_put_decimal(buf, document->bytes);
        if (!show_no_hash(document->certificate)) {
            buf_put_text(buf, ",\"certificate\":");
            show_put_hash(buf, document->certificate);
        }
        buf_put_text(buf, ",\"day\":");
        show_put_day(buf, document->day);
        buf_put_text(buf, ",\"hash\":");
        show_put_hash(buf, document->hash);
        buf_printf(buf, ",\"signature\":\"%s\",\"type\":\"%s\"}",
                   words_name(&words_signature, document->signature),
                   words_name(&words_file_type, document->type));
    }
    buf_put_text(buf, "]");
}

/* In the order of the documents. */
static void put_titles(struct buf *buf, const struct written_case *case_)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < case_->document_count; i++) {
        const struct case_document *document = &case_->documents[i];
        buf_put_text(buf, i > 0 ? ",{" : "{");
        put_member(buf, "signer", long_view(&document->signer));
        buf_put_text(buf, "\"title\":");
        json_put_string(buf, long_view(&document->title));
        buf_put_text(buf, "}");
    }
    buf_put_text(buf, "]");
}

static void put_receipts(struct buf *buf, const struct written_case *case_)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < case_->receipt_count; i++) {
        buf_put_text(buf, i > 0 ? "," : "");
        json_put_string(buf, code_view(&case_->receipts[i]));
    }
    buf_put_text(buf, "]");
}

static void put_approval(struct buf *buf, const struct case_answer *answer)
{
    if (answer->approved_as != APPROVER_COUNT) {
        buf_printf(buf, "\"approved_as\":\"%s\",",
                   words_name(&words_approver, answer->approved_as));
        put_member(buf, "approved_by", code_view(&answer->approved_by));
        buf_put_text(buf, "\"approved_on\":");
        show_put_day(buf, answer->approved_day);
        buf_put_text(buf, ",");
    }
}

static void put_answer(struct buf *buf, const struct case_answer *answer)
{
    buf_put_text(buf, "{");
    put_member(buf, "appeal", long_view(&answer->appeal));
    put_approval(buf, answer);
    put_member(buf, "business", code_view(&answer->business));
    put_member(buf, "by", code_view(&answer->by));
    put_member(buf, "clause", code_view(&answer->clause));
    buf_printf(
        buf, "\"decision\":\"%s\",\"fields\":", words_name(&words_case_decision, answer->decision));
    show_put_words(buf, &words_field, answer->fields);
    buf_printf(buf, ",\"late\":%s,\"proposal\":%u}", answer->late ? "true" : "false",
               answer->version);
}

/* The first move is no event: it was received. */
static void put_moves(struct buf *buf, const struct written_case *case_)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < case_->move_count; i++) {
        const struct case_move *move = &case_->moves[i];
        buf_put_text(buf, i > 0 ? ",{" : "{");
        put_member(buf, "by", code_view(&move->by));
        buf_printf(buf, "\"event\":\"%s\",\"record\":",
                   move->event == CASE_EVENT_COUNT ? "receive"
                                                   : words_name(&words_case_event, move->event));
        buf_put_decimal(buf, move->index);
        buf_printf(buf, ",\"state\":\"%s\",\"time\":", words_name(&words_case_state, move->state));
        show_put_time(buf, move->time_us);
        buf_put_text(buf, "}");
    }
    buf_put_text(buf, "]");
}

void show_case_put(struct buf *buf, const struct show_field *field, const void *object)
{
    const struct written_case *case_ = object;

    switch (field->type) {
    case SHOW_KEPT_TEXT:
        json_put_string(buf, long_view(show_part(object, field->at)));
        break;
    case SHOW_KEPT_CODE:
        json_put_string(buf, code_view(show_part(object, field->at)));
        break;
    case SHOW_MEMBERS:
        put_members(buf, object);
        break;
    case SHOW_UNIT:
        json_put_string(buf, code_view(&case_->unit->code));
        break;
    case SHOW_CASE_PARTY:
        json_put_string(buf, code_view(&case_->requester.party->code));
        break;
    case SHOW_PAPERS:
        buf_printf(buf, "\"%s\"", words_name(&words_papers, case_->requester.papers));
        break;
    case SHOW_BEHALF:
        buf_printf(buf, "\"%s\"", words_name(&words_behalf, case_->requester.behalf));
        break;
    case SHOW_DOCUMENTS:
        put_documents(buf, case_);
        break;
    case SHOW_TITLES:
        put_titles(buf, case_);
        break;
    case SHOW_RECEIPTS:
        put_receipts(buf, case_);
        break;
    case SHOW_ANSWER:
        put_answer(buf, &case_->answer);
        break;
    case SHOW_CASE_MOVES:
        put_moves(buf, case_);
        break;
    case SHOW_COPIES:
    case SHOW_HOLDERS:
        show_letter_put(buf, field->type, object);
        break;
    default:
        CHECK(false);
    }
}
