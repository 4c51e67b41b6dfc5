/*
 * Cases: states, stored bytes, and what others ask about one.
 *
 * Invariants
 * 1. What is not in the table is refused.
 * 2. Nothing may leave for a case but what two officers have signed, once, when nothing is owed.
 * 3. What is stored decodes to what it was; references are to what is there.
 */
#include "office/case.h"

#include "base/check.h"
#include "domain/country.h"
#include "office/object.h"

#define CASE_VERSION 2

static const char *const state_names[CASE_STATE_COUNT] = {
    [CASE_RECEIVED] = "received", [CASE_INCOMPLETE] = "incomplete", [CASE_ACCEPTED] = "accepted",
    [CASE_STOPPED] = "stopped",   [CASE_PROPOSED] = "proposed",     [CASE_APPROVED] = "approved",
    [CASE_NUMBERED] = "numbered", [CASE_SIGNED] = "signed",         [CASE_DELIVERED] = "delivered",
    [CASE_CLOSED] = "closed",     [CASE_REJECTED] = "rejected",     [CASE_WITHDRAWN] = "withdrawn",
};
const struct words words_case_state = {state_names, CASE_STATE_COUNT};

static const char *const event_names[CASE_EVENT_COUNT] = {
    [CASE_EVENT_SUPPLEMENT] = "supplement",
    [CASE_EVENT_COMPLETE] = "complete",
    [CASE_EVENT_ACCEPT] = "accept",
    [CASE_EVENT_REJECT] = "reject",
    [CASE_EVENT_TRANSFER] = "transfer",
    [CASE_EVENT_ASSIGN] = "assign",
    [CASE_EVENT_DOCUMENT] = "document",
    [CASE_EVENT_PAY] = "pay",
    [CASE_EVENT_FIND] = "find",
    [CASE_EVENT_PROPOSE] = "propose",
    [CASE_EVENT_RETURN] = "return",
    [CASE_EVENT_APPROVE] = "approve",
    [CASE_EVENT_DISCLOSE] = "disclose",
    [CASE_EVENT_NUMBER] = "number",
    [CASE_EVENT_VOID] = "void",
    [CASE_EVENT_SIGN] = "sign",
    [CASE_EVENT_DELIVER] = "deliver",
    [CASE_EVENT_REISSUE] = "reissue",
    [CASE_EVENT_CLOSE] = "close",
    [CASE_EVENT_WITHDRAW] = "withdraw",
    [CASE_EVENT_RESTORE] = "restore",
    [CASE_EVENT_RESTORE_DELIVERED] = "restore-delivered",
    [CASE_EVENT_CORRECTED] = "corrected",
};
const struct words words_case_event = {event_names, CASE_EVENT_COUNT};

/* From where each event leads, and where to. */
struct way {
    enum case_state from;
    enum case_event event;
    enum case_state to;
};
static const struct way ways[] = {
    {CASE_RECEIVED, CASE_EVENT_SUPPLEMENT, CASE_INCOMPLETE},
    {CASE_RECEIVED, CASE_EVENT_ACCEPT, CASE_ACCEPTED},
    {CASE_RECEIVED, CASE_EVENT_REJECT, CASE_REJECTED},
    {CASE_RECEIVED, CASE_EVENT_TRANSFER, CASE_RECEIVED},
    {CASE_RECEIVED, CASE_EVENT_ASSIGN, CASE_RECEIVED},
    {CASE_RECEIVED, CASE_EVENT_DOCUMENT, CASE_RECEIVED},
    {CASE_RECEIVED, CASE_EVENT_WITHDRAW, CASE_WITHDRAWN},

    {CASE_INCOMPLETE, CASE_EVENT_COMPLETE, CASE_RECEIVED},
    {CASE_INCOMPLETE, CASE_EVENT_REJECT, CASE_REJECTED},
    {CASE_INCOMPLETE, CASE_EVENT_ASSIGN, CASE_INCOMPLETE},
    {CASE_INCOMPLETE, CASE_EVENT_DOCUMENT, CASE_INCOMPLETE},
    {CASE_INCOMPLETE, CASE_EVENT_WITHDRAW, CASE_WITHDRAWN},

    {CASE_ACCEPTED, CASE_EVENT_SUPPLEMENT, CASE_STOPPED},
    {CASE_ACCEPTED, CASE_EVENT_TRANSFER, CASE_ACCEPTED},
    {CASE_ACCEPTED, CASE_EVENT_ASSIGN, CASE_ACCEPTED},
    {CASE_ACCEPTED, CASE_EVENT_DOCUMENT, CASE_ACCEPTED},
    {CASE_ACCEPTED, CASE_EVENT_PAY, CASE_ACCEPTED},
    {CASE_ACCEPTED, CASE_EVENT_FIND, CASE_ACCEPTED},
    {CASE_ACCEPTED, CASE_EVENT_PROPOSE, CASE_PROPOSED},
    {CASE_ACCEPTED, CASE_EVENT_WITHDRAW, CASE_WITHDRAWN},

    {CASE_STOPPED, CASE_EVENT_COMPLETE, CASE_ACCEPTED},
    {CASE_STOPPED, CASE_EVENT_ASSIGN, CASE_STOPPED},
    {CASE_STOPPED, CASE_EVENT_DOCUMENT, CASE_STOPPED},
    {CASE_STOPPED, CASE_EVENT_PAY, CASE_STOPPED},
    {CASE_STOPPED, CASE_EVENT_WITHDRAW, CASE_WITHDRAWN},

    {CASE_PROPOSED, CASE_EVENT_PAY, CASE_PROPOSED},
    {CASE_PROPOSED, CASE_EVENT_RETURN, CASE_ACCEPTED},
    {CASE_PROPOSED, CASE_EVENT_APPROVE, CASE_APPROVED},
    {CASE_PROPOSED, CASE_EVENT_WITHDRAW, CASE_WITHDRAWN},

    {CASE_APPROVED, CASE_EVENT_PAY, CASE_APPROVED},
    {CASE_APPROVED, CASE_EVENT_DISCLOSE, CASE_APPROVED},
    {CASE_APPROVED, CASE_EVENT_NUMBER, CASE_NUMBERED},
    {CASE_APPROVED, CASE_EVENT_CORRECTED, CASE_CLOSED},

    {CASE_NUMBERED, CASE_EVENT_VOID, CASE_APPROVED},
    {CASE_NUMBERED, CASE_EVENT_SIGN, CASE_SIGNED},
    {CASE_NUMBERED, CASE_EVENT_RESTORE, CASE_SIGNED},
    {CASE_NUMBERED, CASE_EVENT_RESTORE_DELIVERED, CASE_DELIVERED},

    {CASE_SIGNED, CASE_EVENT_DELIVER, CASE_DELIVERED},
    {CASE_SIGNED, CASE_EVENT_REISSUE, CASE_NUMBERED},

    {CASE_DELIVERED, CASE_EVENT_REISSUE, CASE_NUMBERED},
    {CASE_DELIVERED, CASE_EVENT_CLOSE, CASE_CLOSED},

    {CASE_CLOSED, CASE_EVENT_REISSUE, CASE_NUMBERED},
};

/* Invariant 1. */
enum case_state office_case_next(enum case_state state, enum case_event event)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].from == state && ways[i].event == event) {
            return ways[i].to;
        }
    }
    return CASE_STATE_COUNT;
}

struct written_case *staff_case(const struct directory *directory, struct view code)
{
    return object_find(directory, &object_case, code);
}

/* ---- what others ask ---- */

bool case_open(const struct written_case *case_)
{
    return case_->state <= CASE_PROPOSED;
}

bool case_overdue(const struct written_case *case_, int64_t day)
{
    bool runs = case_->state == CASE_ACCEPTED || case_->state == CASE_PROPOSED;
    return runs && day > case_->due_day;
}

bool case_due_soon(const struct written_case *case_, int64_t day)
{
    bool runs = case_->state == CASE_ACCEPTED || case_->state == CASE_PROPOSED;
    return runs && day >= case_->warn_day && day <= case_->due_day;
}

bool case_may_read(const struct directory *directory, const struct written_case *case_,
                   struct view officer)
{
    const struct office_unit *above = staff_unit(directory, code_view(&case_->unit->above));
    const struct unit_member *head = above == NULL ? NULL : unit_member(above, officer);
    const struct officer *who = staff_officer(directory, officer);
    bool auditor = who != NULL && (who->roles & ROLE_BIT(ROLE_AUDIT)) != 0;
    return auditor || unit_member(case_->unit, officer) != NULL ||
           (head != NULL && head->capacity == CAPACITY_HEAD);
}

bool case_leaves(const struct written_case *case_, int64_t day)
{
    bool ended = case_->state == CASE_CLOSED || case_->state == CASE_REJECTED ||
                 case_->state == CASE_WITHDRAWN;
    return ended && case_->move_count > 0 &&
           day > clock_day_vn(case_->moves[case_->move_count - 1].time_us) + CASE_KEPT_DAYS;
}

enum letter_kind case_answer_letter(const struct written_case *case_)
{
    if (case_->state == CASE_REJECTED) {
        return LETTER_REFUSAL;
    }
    if (case_->state < CASE_APPROVED || case_->state > CASE_CLOSED) {
        return LETTER_KIND_COUNT;
    }
    switch (case_->answer.decision) {
    case DECISION_DISCLOSE:
        return LETTER_RESULT;
    case DECISION_GRANT:
        return LETTER_GRANT;
    case DECISION_CORRECT: /* who asked sees it over his session */
        return LETTER_KIND_COUNT;
    default:
        return LETTER_REFUSAL;
    }
}

bool case_letter_due(const struct written_case *case_, enum letter_kind kind)
{
    switch (kind) {
    case LETTER_SLIP:
        return case_->state == CASE_ACCEPTED;
    case LETTER_SUPPLEMENT:
        return case_->state == CASE_INCOMPLETE || case_->state == CASE_STOPPED;
    case LETTER_RESULT:
        return case_->state == CASE_APPROVED && case_->answer.decision == DECISION_DISCLOSE &&
               case_paid(case_) && case_->disclosed;
    case LETTER_GRANT:
        return case_->state == CASE_APPROVED && case_->answer.decision == DECISION_GRANT &&
               case_paid(case_);
    case LETTER_REFUSAL:
        return case_->state == CASE_REJECTED ||
               (case_->state == CASE_APPROVED && case_->answer.decision == DECISION_REFUSE);
    default:
        return false;
    }
}

/* Invariant 2. */
bool case_permits(const struct written_case *case_, struct case_permission *ret_permission)
{
    if (case_->state != CASE_APPROVED || case_->answer.decision != DECISION_DISCLOSE ||
        case_->disclosed || !case_->found || !case_paid(case_)) {
        return false;
    }
    *ret_permission = (struct case_permission){.party = case_->requester.party,
                                               .class = case_->requester.class,
                                               .person_key = case_->person_key,
                                               .fields = case_->answer.fields};
    return true;
}

bool case_may_look(const struct written_case *case_, struct view officer)
{
    return case_->state == CASE_ACCEPTED && unit_member(case_->unit, officer) != NULL &&
           (case_->officer.len == 0 || view_equal(code_view(&case_->officer), officer));
}

static bool is_number(const struct code_text *number, struct view id, struct view cmnd)
{
    struct view own = code_view(number);
    return own.len > 0 && (view_equal(own, id) || view_equal(own, cmnd));
}

enum case_own case_own_check(const struct written_case *case_, struct view id, struct view cmnd)
{
    const struct case_requester *who = &case_->requester;
    bool papers = who->party == NULL && who->papers != PAPERS_PASSPORT;
    bool self = papers && is_number(&who->number, id, cmnd);
    bool ward = who->behalf != BEHALF_COUNT && is_number(&who->principal_number, id, cmnd);
    if (who->class == CLASS_CITIZEN) {
        return (who->behalf == BEHALF_COUNT ? self : ward) ? CASE_OWN_GOOD : CASE_OWN_NEEDED;
    }
    return self ? CASE_OWN_DISGUISE : CASE_OWN_GOOD;
}

bool case_own_by_cmnd(const struct written_case *case_)
{
    const struct case_requester *who = &case_->requester;
    return who->class == CLASS_CITIZEN && who->behalf != BEHALF_COUNT
               ? country_cmnd_valid(code_view(&who->principal_number))
               : who->party == NULL && who->papers == PAPERS_CMND;
}

/* ---- stored bytes ---- */

static void put_requester(const struct case_requester *who, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)who->class);
    buf_put_block16(buf, who->party == NULL ? view_of(NULL, 0) : code_view(&who->party->code));
    buf_put_block16(buf, long_view(&who->name));
    buf_put_u8(buf, (uint8_t)who->papers);
    buf_put_block16(buf, code_view(&who->number));
    buf_put_block16(buf, code_view(&who->seen_by));
    buf_put_block16(buf, long_view(&who->address));
    buf_put_block16(buf, long_view(&who->contact));
    buf_put_u8(buf, (uint8_t)who->behalf);
    buf_put_block16(buf, long_view(&who->principal));
    buf_put_block16(buf, code_view(&who->principal_number));
    buf_put_block16(buf, long_view(&who->proof));
}

static void get_requester(struct cursor *cursor, const struct directory *directory,
                          struct case_requester *who)
{
    who->class = object_get_enum(cursor, CLASS_COUNT);
    struct view party = cursor_block16(cursor);
    who->party = party.len == 0 ? NULL : directory_party(directory, party);
    cursor->failed = cursor->failed || (party.len > 0 && who->party == NULL);
    object_get_long(cursor, &who->name);
    who->papers = object_get_enum(cursor, PAPERS_COUNT);
    object_get_code(cursor, &who->number);
    object_get_code(cursor, &who->seen_by);
    object_get_long(cursor, &who->address);
    object_get_long(cursor, &who->contact);
    who->behalf = object_get_enum(cursor, BEHALF_COUNT + 1);
    object_get_long(cursor, &who->principal);
    object_get_code(cursor, &who->principal_number);
    object_get_long(cursor, &who->proof);
}

static void put_documents(const struct written_case *case_, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)case_->document_count);
    for (unsigned i = 0; i < case_->document_count; i++) {
        const struct case_document *document = &case_->documents[i];
        buf_put(buf, document->hash, sizeof(document->hash));
        buf_put_u8(buf, (uint8_t)document->type);
        buf_put_u64(buf, document->bytes);
        buf_put_u64(buf, (uint64_t)document->day);
        buf_put_u8(buf, (uint8_t)document->signature);
        buf_put(buf, document->certificate, sizeof(document->certificate));
        buf_put_block16(buf, long_view(&document->title));
        buf_put_block16(buf, long_view(&document->signer));
    }
}

static void get_documents(struct cursor *cursor, struct written_case *case_)
{
    case_->document_count = object_get_enum(cursor, CASE_DOCUMENTS_MAX + 1);
    for (unsigned i = 0; i < case_->document_count; i++) {
        struct case_document *document = &case_->documents[i];
        cursor_copy(cursor, document->hash, sizeof(document->hash));
        document->type = object_get_enum(cursor, FILE_TYPE_COUNT);
        document->bytes = cursor_u64(cursor);
        document->day = (int64_t)cursor_u64(cursor);
        document->signature = object_get_enum(cursor, SIGNATURE_COUNT);
        cursor_copy(cursor, document->certificate, sizeof(document->certificate));
        object_get_long(cursor, &document->title);
        object_get_long(cursor, &document->signer);
    }
}

static void put_answer(const struct case_answer *answer, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)answer->decision);
    buf_put_u64(buf, answer->fields);
    buf_put_block16(buf, code_view(&answer->business));
    buf_put_block16(buf, code_view(&answer->clause));
    buf_put_block16(buf, long_view(&answer->reason));
    buf_put_block16(buf, long_view(&answer->appeal));
    buf_put_block16(buf, code_view(&answer->by));
    buf_put_u32(buf, answer->version);
    buf_put_block16(buf, code_view(&answer->approved_by));
    buf_put_u8(buf, (uint8_t)answer->approved_as);
    buf_put_u64(buf, (uint64_t)answer->approved_day);
    buf_put_u8(buf, answer->late ? 1 : 0);
}

static void get_answer(struct cursor *cursor, struct case_answer *answer)
{
    answer->decision = object_get_enum(cursor, DECISION_COUNT + 1);
    answer->fields = cursor_u64(cursor);
    object_get_code(cursor, &answer->business);
    object_get_code(cursor, &answer->clause);
    object_get_long(cursor, &answer->reason);
    object_get_long(cursor, &answer->appeal);
    object_get_code(cursor, &answer->by);
    answer->version = cursor_u32(cursor);
    object_get_code(cursor, &answer->approved_by);
    answer->approved_as = object_get_enum(cursor, APPROVER_COUNT + 1);
    answer->approved_day = (int64_t)cursor_u64(cursor);
    answer->late = object_get_enum(cursor, 2) == 1;
}

static void put_clock(const struct written_case *case_, struct buf *buf)
{
    buf_put_u64(buf, (uint64_t)case_->received_day);
    buf_put_u64(buf, (uint64_t)case_->accepted_day);
    buf_put_u64(buf, (uint64_t)case_->clock_day);
    buf_put_u64(buf, (uint64_t)case_->due_day);
    buf_put_u64(buf, (uint64_t)case_->warn_day);
    buf_put_u64(buf, (uint64_t)case_->stopped_day);
    buf_put_u32(buf, case_->days);
    buf_put_u32(buf, case_->days_used);
    buf_put_u64(buf, (uint64_t)case_->ended_day);
}

static void get_clock(struct cursor *cursor, struct written_case *case_)
{
    case_->received_day = (int64_t)cursor_u64(cursor);
    case_->accepted_day = (int64_t)cursor_u64(cursor);
    case_->clock_day = (int64_t)cursor_u64(cursor);
    case_->due_day = (int64_t)cursor_u64(cursor);
    case_->warn_day = (int64_t)cursor_u64(cursor);
    case_->stopped_day = (int64_t)cursor_u64(cursor);
    case_->days = cursor_u32(cursor);
    case_->days_used = cursor_u32(cursor);
    case_->ended_day = (int64_t)cursor_u64(cursor);
}

static void put_moves(const struct written_case *case_, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)case_->move_count);
    for (unsigned i = 0; i < case_->move_count; i++) {
        const struct case_move *move = &case_->moves[i];
        buf_put_u8(buf, (uint8_t)move->event);
        buf_put_u8(buf, (uint8_t)move->state);
        buf_put_block16(buf, code_view(&move->by));
        buf_put_u64(buf, move->index);
        buf_put_u64(buf, (uint64_t)move->time_us);
    }
}

static void get_moves(struct cursor *cursor, struct written_case *case_)
{
    case_->move_count = object_get_enum(cursor, CASE_MOVES_MAX + 1);
    for (unsigned i = 0; i < case_->move_count; i++) {
        struct case_move *move = &case_->moves[i];
        move->event = object_get_enum(cursor, CASE_EVENT_COUNT + 1);
        move->state = object_get_enum(cursor, CASE_STATE_COUNT);
        object_get_code(cursor, &move->by);
        move->index = cursor_u64(cursor);
        move->time_us = (int64_t)cursor_u64(cursor);
    }
}

static void put_case(const void *object, struct buf *buf)
{
    const struct written_case *case_ = object;
    buf_put_u8(buf, CASE_VERSION);
    buf_put_block16(buf, code_view(&case_->code));
    buf_put_u32(buf, case_->version);
    buf_put_u8(buf, (uint8_t)case_->state);
    buf_put_block16(buf, code_view(&case_->unit->code));
    buf_put_u8(buf, (uint8_t)case_->intake);
    put_requester(&case_->requester, buf);
    buf_put_block16(buf, long_view(&case_->purpose));
    buf_put_block16(buf, long_view(&case_->content));
    buf_put_u64(buf, case_->fields);
    buf_put_u64(buf, (uint64_t)case_->from_day);
    buf_put_u64(buf, (uint64_t)case_->until_day);
    buf_put_u8(buf, case_->undertaken ? 1 : 0);
    put_documents(case_, buf);
    buf_put_block16(buf, code_view(&case_->officer));
    buf_put_block16(buf, long_view(&case_->missing));
    put_clock(case_, buf);
    case_fee_put(case_, buf);
    buf_put_u8(buf, case_->found ? 1 : 0);
    buf_put_u64(buf, case_->person_key);
    put_answer(&case_->answer, buf);
    buf_put_u8(buf, case_->disclosed ? 1 : 0);
    buf_put_u64(buf, case_->disclosure_index);
    buf_put_block16(buf, code_view(&case_->letter));
    put_moves(case_, buf);
}

static void get_unit(struct cursor *cursor, const struct directory *directory,
                     struct written_case *case_)
{
    case_->unit = staff_unit(directory, cursor_block16(cursor));
    cursor->failed = cursor->failed || case_->unit == NULL;
}

static struct outcome get_case(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct written_case *case_ = ret_object;
    cursor.failed = cursor_u8(&cursor) != CASE_VERSION;
    object_get_code(&cursor, &case_->code);
    case_->version = cursor_u32(&cursor);
    case_->state = object_get_enum(&cursor, CASE_STATE_COUNT);
    get_unit(&cursor, directory, case_);
    case_->intake = object_get_enum(&cursor, INTAKE_COUNT);
    get_requester(&cursor, directory, &case_->requester);
    object_get_long(&cursor, &case_->purpose);
    object_get_long(&cursor, &case_->content);
    case_->fields = cursor_u64(&cursor);
    case_->from_day = (int64_t)cursor_u64(&cursor);
    case_->until_day = (int64_t)cursor_u64(&cursor);
    case_->undertaken = object_get_enum(&cursor, 2) == 1;
    get_documents(&cursor, case_);
    object_get_code(&cursor, &case_->officer);
    object_get_long(&cursor, &case_->missing);
    get_clock(&cursor, case_);
    case_fee_get(&cursor, case_);
    case_->found = object_get_enum(&cursor, 2) == 1;
    case_->person_key = cursor_u64(&cursor);
    get_answer(&cursor, &case_->answer);
    case_->disclosed = object_get_enum(&cursor, 2) == 1;
    case_->disclosure_index = cursor_u64(&cursor);
    object_get_code(&cursor, &case_->letter);
    get_moves(&cursor, case_);
    return object_get_end(&cursor, "stored case does not decode");
}

/* The move that this record makes is the last one. */
static void stamp_case(void *object, const struct object_stamp *stamp)
{
    struct written_case *case_ = object;
    if (case_->move_count > 0 && case_->moves[case_->move_count - 1].time_us == 0) {
        case_->moves[case_->move_count - 1].index = stamp->index;
        case_->moves[case_->move_count - 1].time_us = stamp->time_us;
    }
}

const struct object_row object_case = {
    .name = "case",
    .plural = "cases",
    OBJECT_LAYOUT(written_case),
    OBJECT_OF_STAFF(cases),
    .removable = true,
    .put = put_case,
    .get = get_case,
    .stamp = stamp_case,
};
