/*
 * What a letter says.
 *
 * Invariants
 * 1. Nothing depends on when it is composed: the same letter and copy say the same, so that a
 *    letter that is drawn again is the same file (its time is that of its number).
 * 2. Members stand in byte order of their names (RFC 8785).
 */
#include "office/letter_content.h"

#include "base/check.h"
#include "base/clock.h"
#include "domain/country.h"
#include "office/staff.h"
#include "wire/json.h"

#include <string.h>

#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */
#define HOUR_US (INT64_C(3600) * US_PER_S)

static void put_day(struct buf *buf, int64_t day)
{
    buf_put_u8(buf, '"');
    date_put(buf, day);
    buf_put_u8(buf, '"');
}

static void put_day_or_null(struct buf *buf, int64_t day)
{
    if (day == 0) {
        buf_put_text(buf, "null");
    } else {
        put_day(buf, day);
    }
}

/* The words of a mask, in their order. */
static void put_words(struct buf *buf, const struct words *words, uint64_t mask)
{
    const char *between = "[";
    for (unsigned i = 0; i < words->count; i++) {
        if ((mask >> i & 1) != 0) {
            buf_printf(buf, "%s\"%s\"", between, words_name(words, i));
            between = ",";
        }
    }
    buf_put_text(buf, mask == 0 ? "[]" : "]");
}

static unsigned first_of(unsigned mask)
{
    return mask == 0 ? 0 : (unsigned)__builtin_ctz(mask);
}

/* ---- what each kind has ---- */

/* Who asked for it and why stands in the case; what is told of the person in `person`. */
static struct outcome put_result(const struct letter_content *content, struct buf *buf)
{
    if (content->person.len == 0 || content->case_->purpose.len == 0) {
        return outcome_fail(FAULT_CONFLICT, "there is no result, or no purpose");
    }
    buf_put_text(buf, "{\"notices\":");
    buf_put_view(buf, content->notices);
    buf_put_text(buf, ",\"person\":");
    buf_put_view(buf, content->person);
    buf_put_text(buf, ",\"purpose\":");
    json_put_string(buf, long_view(&content->case_->purpose));
    buf_put_text(buf, ",\"subject\":null}");
    return OUTCOME_OK;
}

static struct outcome put_grant(const struct letter_content *content, struct buf *buf)
{
    const struct code_text *code = &content->case_->answer.business;
    const struct business *business = directory_business(content->directory, code_view(code));
    if (business == NULL) {
        return outcome_fail(FAULT_CONFLICT, "the business is not there");
    }
    buf_put_text(buf, "{\"business\":");
    json_put_string(buf, code_view(&business->code));
    buf_printf(buf, ",\"channel\":\"%s\",\"fields\":",
               words_name(&words_channel, first_of(business->channels)));
    put_words(buf, &words_field, business->fields);
    buf_put_text(buf, ",\"from\":");
    put_day(buf, business->from_day > 0 ? business->from_day : content->case_->answer.approved_day);
    buf_put_text(buf, ",\"purpose\":");
    json_put_string(buf, long_view(&business->purpose));
    buf_put_text(buf, ",\"quota\":");
    buf_put_decimal(buf, business->quota_day_max);
    buf_printf(buf, ",\"service\":\"%s\",\"until\":",
               words_name(&words_service, first_of(business->services)));
    bool ends = business->until_day < DAY_LAST;
    put_day_or_null(buf, ends ? business->until_day : 0);
    buf_put_u8(buf, '}');
    return OUTCOME_OK;
}

static struct outcome put_refusal(const struct letter_content *content, struct buf *buf)
{
    const struct written_case *case_ = content->case_;
    const struct case_answer *answer = &case_->answer;
    struct view clause = policy_clause_text(content->policy, code_view(&answer->clause));
    if (answer->reason.len == 0 || clause.len == 0 || answer->appeal.len == 0) {
        return outcome_fail(FAULT_CONFLICT, "a refusal has reason, clause and appeal");
    }
    buf_put_text(buf, "{\"appeal\":");
    json_put_string(buf, long_view(&answer->appeal));
    buf_put_text(buf, ",\"clause\":");
    json_put_string(buf, clause);
    buf_put_text(buf, ",\"reason\":");
    json_put_string(buf, long_view(&answer->reason));
    buf_put_u8(buf, '}');
    return OUTCOME_OK;
}

static struct outcome put_slip(const struct letter_content *content, struct buf *buf)
{
    const struct written_case *case_ = content->case_;
    if (case_->unit->address.len == 0 || case_->due_day == 0) {
        return outcome_fail(FAULT_CONFLICT, "the office has no address, or the case no due day");
    }
    buf_put_text(buf, "{\"documents\":[");
    for (unsigned i = 0; i < case_->document_count; i++) {
        buf_put_text(buf, i == 0 ? "" : ",");
        json_put_string(buf, long_view(&case_->documents[i].title));
    }
    buf_put_text(buf, "],\"due\":");
    put_day(buf, case_->due_day);
    buf_put_text(buf, ",\"fee\":");
    if (case_->fee_due > 0) {
        buf_put_decimal(buf, case_->fee_due);
    } else {
        buf_put_text(buf, "null");
    }
    buf_put_text(buf, ",\"place\":");
    json_put_string(buf, long_view(&case_->unit->address));
    buf_put_u8(buf, '}');
    return OUTCOME_OK;
}

static struct outcome put_supplement(const struct letter_content *content, struct buf *buf)
{
    if (content->case_->missing.len == 0) {
        return outcome_fail(FAULT_CONFLICT, "the case does not say what is missing");
    }
    buf_put_text(buf, "{\"due\":null,\"missing\":[");
    json_put_string(buf, long_view(&content->case_->missing));
    buf_put_text(buf, "]}");
    return OUTCOME_OK;
}

typedef struct outcome put_matter(const struct letter_content *content, struct buf *buf);
static put_matter *const matters[LETTER_KIND_COUNT] = {
    [LETTER_RESULT] = put_result,         [LETTER_GRANT] = put_grant,
    [LETTER_REFUSAL] = put_refusal,       [LETTER_SLIP] = put_slip,
    [LETTER_SUPPLEMENT] = put_supplement,
};

/* ---- who signs ---- */

struct signer {
    const struct officer *officer;
    enum office_level level;
    enum capacity capacity;
};

/* Who has approved the answer; of what needs no approval, who is in charge. */
static struct signer signer_of(const struct letter_content *content)
{
    const struct written_case *case_ = content->case_;
    const struct case_answer *answer = &case_->answer;
    bool approved = answer->approved_by.len > 0;
    bool above = approved && answer->approved_as == APPROVER_ABOVE;
    const struct code_text *code = approved ? &answer->approved_by : &case_->officer;
    const struct office_unit *unit =
        above ? staff_unit(content->directory, code_view(&case_->unit->above)) : case_->unit;
    const struct unit_member *member = unit == NULL ? NULL : unit_member(unit, code_view(code));
    return (struct signer){
        .officer = staff_officer(content->directory, code_view(code)),
        .level = unit == NULL ? case_->unit->level : unit->level,
        .capacity = member == NULL ? CAPACITY_STAFF : member->capacity,
    };
}

static struct outcome put_signer(const struct letter_content *content, struct buf *buf)
{
    struct signer signer = signer_of(content);
    if (signer.officer == NULL) {
        return outcome_fail(FAULT_CONFLICT, "nobody is in charge who could sign");
    }
    struct country_title title = country_title(signer.level, signer.capacity);
    buf_put_text(buf, "{\"authority\":");
    json_put_string_or_null(buf, view_text(title.authority));
    buf_put_text(buf, ",\"name\":");
    json_put_string(buf, long_view(&signer.officer->name));
    buf_put_text(buf, ",\"title\":");
    json_put_string(buf, view_text(title.title));
    buf_put_u8(buf, '}');
    return OUTCOME_OK;
}

/* ---- all kinds ---- */

static struct outcome put_office(const struct office_unit *unit, struct buf *buf)
{
    if (unit->name.len == 0 || unit->place.len == 0) {
        return outcome_fail(FAULT_CONFLICT, "the office has no name or place");
    }
    buf_put_text(buf, "{\"name\":");
    json_put_string(buf, long_view(&unit->name));
    buf_put_text(buf, ",\"parent\":");
    json_put_string_or_null(buf, long_view(&unit->parent));
    buf_put_text(buf, ",\"place\":");
    json_put_string(buf, long_view(&unit->place));
    buf_put_u8(buf, '}');
    return OUTCOME_OK;
}

static void put_request(const struct written_case *case_, struct buf *buf)
{
    buf_put_text(buf, "{\"date\":");
    put_day(buf, case_->received_day);
    buf_put_text(buf, ",\"number\":");
    json_put_string(buf, code_view(&case_->code));
    buf_put_text(buf, ",\"reference\":null}");
}

/* Whose copy it is: the requester's, with his address, or the office's own. */
static void put_to(const struct letter_content *content, struct buf *buf)
{
    const struct case_requester *who = &content->case_->requester;
    bool own = content->copy != &content->letter->copies[0];
    buf_put_text(buf, "{\"address\":");
    json_put_string_or_null(buf, own ? view_of(NULL, 0) : long_view(&who->address));
    buf_put_text(buf, ",\"name\":");
    json_put_string(buf, long_view(&content->copy->recipient));
    buf_put_u8(buf, '}');
}

/* `YYYY-MM-DDThh:mm:ss+07:00`, of the number (invariant 1). */
static void put_time(int64_t time_us, struct buf *buf)
{
    size_t start = buf->len;
    clock_put_second(buf, time_us + 7 * HOUR_US);
    buf_cut(buf, buf->len - 1);
    CHECK(buf->failed || buf->len - start == DATE_LEN + sizeof("Thh:mm:ss") - 1);
    buf_put_text(buf, "+07:00");
}

/* `/` and what else a number may have is escaped (RFC 3986, 2.1). */
static void put_escaped(struct buf *buf, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_';
        if (plain) {
            buf_put_u8(buf, c);
        } else {
            buf_printf(buf, "%%%02X", c);
        }
    }
}

static void put_verify(const struct letter_content *content, struct buf *buf)
{
    char printed[LETTER_CODE_PRINTED_CHARS];
    struct view code = view_of(content->copy->code.text, LETTER_CODE_CHARS);
    letter_code_print(&content->copy->code, printed);
    buf_put_text(buf, "{\"code\":");
    json_put_string(buf, view_of(printed, sizeof(printed)));
    buf_put_text(buf, ",\"page\":\"");
    buf_put_view(buf, content->base);
    buf_put_text(buf, LETTER_CHECK_PATH "\",\"url\":\"");
    buf_put_view(buf, content->base);
    buf_put_text(buf, LETTER_CHECK_PATH "?number=");
    put_escaped(buf, long_view(&content->letter->number_text));
    buf_put_text(buf, "&code=");
    buf_put_view(buf, code);
    buf_put_text(buf, "\"}");
}

/* "Nơi nhận". */
static void put_recipients(const struct letter_content *content, struct buf *buf)
{
    buf_put_u8(buf, '[');
    json_put_string(buf, long_view(&content->letter->copies[0].recipient));
    buf_put_u8(buf, ',');
    json_put_string(buf, view_text(country_filed()));
    buf_put_u8(buf, ']');
}

struct outcome letter_content_put(const struct letter_content *content, struct buf *buf)
{
    const struct letter *letter = content->letter;
    CHECK(letter->number > 0 && (unsigned)letter->kind < LETTER_KIND_COUNT);
    buf_printf(buf, "{\"kind\":\"%s\",\"matter\":", words_name(&words_letter_kind, letter->kind));
    TRY(matters[letter->kind](content, buf));
    buf_put_text(buf, ",\"number\":");
    json_put_string(buf, long_view(&letter->number_text));
    buf_put_text(buf, ",\"office\":");
    TRY(put_office(content->case_->unit, buf));
    buf_put_text(buf, ",\"recipients\":");
    put_recipients(content, buf);
    buf_put_text(buf, ",\"request\":");
    put_request(content->case_, buf);
    buf_put_text(buf, ",\"signer\":");
    TRY(put_signer(content, buf));
    buf_put_text(buf, ",\"time\":\"");
    put_time(letter->numbered_us, buf);
    buf_put_text(buf, "\",\"to\":");
    put_to(content, buf);
    buf_put_text(buf, ",\"v\":1,\"verify\":");
    put_verify(content, buf);
    buf_put_u8(buf, '}');
    return buf_check(buf);
}
