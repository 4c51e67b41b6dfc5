/*
 * Statements of fees.
 *
 * Invariants
 * 1. A statement's sums are the sums of its lines.
 * 2. Statements stand in the map and, in the order in which they were made, in the list; the oldest
 *    of the list goes first, and none of this month or the last.
 */
#include "gate/fees.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/work.h"

#include <stdio.h>
#include <string.h>

#define MONTHS_A_YEAR 12
#define YEAR_FIRST 1970
#define GONE_MAX 4 /* taken out with one new statement: they come in no faster */

_Static_assert(ASK_CODE_BYTES_MAX + 1 + MONTH_LEN <= CODE_TEXT_BYTES_MAX, "a statement's code");
_Static_assert(FEE_STATEMENTS_MAX >= 3 * PARTIES_MAX, "two months of all parties, and one to go");

int32_t fees_month(int64_t day)
{
    struct date date = date_from_days(day);
    return (int32_t)((date.year - YEAR_FIRST) * MONTHS_A_YEAR + date.month - 1);
}

struct outcome fees_month_get(struct view text, int32_t *ret_month)
{
    char day[MONTH_LEN + 4];
    struct date date = {0};
    if (text.len != MONTH_LEN) {
        return outcome_fail(FAULT_BAD_INPUT, "want YYYY-MM");
    }
    snprintf(day, sizeof(day), "%.*s-01", MONTH_LEN, (const char *)text.data);
    TRY(date_get(view_text(day), &date));
    if (date_to_days(date) < 0) {
        return outcome_fail(FAULT_BAD_INPUT, "a month before 1970");
    }
    *ret_month = fees_month(date_to_days(date));
    return OUTCOME_OK;
}

struct view fees_key(const void *statement)
{
    return code_view(&((const struct statement *)statement)->code);
}

static void code_make(struct view party, int32_t month, struct code_text *ret_code)
{
    bool named = party.len > 0;
    int len = snprintf(ret_code->text, sizeof(ret_code->text), "%.*s%s%04d-%02d", (int)party.len,
                       named ? (const char *)party.data : "", named ? "." : "",
                       (int)(YEAR_FIRST + month / MONTHS_A_YEAR), (int)(month % MONTHS_A_YEAR + 1));
    CHECK(len > 0 && (size_t)len < sizeof(ret_code->text));
    ret_code->len = (uint8_t)len;
}

static void statement_free(struct statement *statement)
{
    for (struct fee_line *line = statement->lines; line != NULL;) {
        struct fee_line *next = line->next;
        memory_free(line);
        line = next;
    }
    memory_free(statement);
}

/* The oldest. */
static void take_out(struct directory *directory)
{
    struct statement *old = directory->statements_first;
    directory->statements_first = old->next;
    if (directory->statements_last == old) {
        directory->statements_last = NULL;
    }
    if (directory->statements_unsaved == old) {
        directory->statements_unsaved = old->next;
    }
    CHECK(map_remove(&directory->statements, fees_key(old)) == old);
    statement_free(old);
}

void fees_clear(struct directory *directory)
{
    while (directory->statements_first != NULL) {
        take_out(directory);
    }
}

/* Invariant 2. */
static void make_room(struct directory *directory, int32_t month)
{
    for (unsigned i = 0; i < GONE_MAX && directory->statements_first != NULL; i++) {
        int32_t age = month - directory->statements_first->months;
        bool full = directory->statements.len >= directory->statements.max;
        if (age < FEE_MONTHS_MAX && (!full || age < 2)) {
            break;
        }
        take_out(directory);
    }
}

static struct outcome add_statement(struct directory *directory, struct statement *statement)
{
    struct statement *last = directory->statements_last;
    TRY(map_add(&directory->statements, statement));
    if (last == NULL) {
        directory->statements_first = statement;
    } else {
        last->next = statement;
    }
    directory->statements_last = statement;
    return OUTCOME_OK;
}

struct outcome fees_statement(struct directory *directory, struct party *party, int32_t month,
                              struct statement **ret_statement)
{
    struct code_text code;
    code_make(code_view(&party->code), month, &code);
    struct statement *statement = map_get(&directory->statements, code_view(&code));
    if (statement != NULL) {
        *ret_statement = statement;
        return OUTCOME_OK;
    }
    make_room(directory, month);
    statement = memory_new(1, sizeof(*statement));
    if (statement == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "statement of fees");
    }
    statement->code = code;
    statement->version = 1;
    statement->party = party;
    statement->months = month;
    statement->saved = directory->saves; /* one that is being made is of before it */
    code_make(view_of(NULL, 0), month, &statement->month);
    struct outcome outcome = add_statement(directory, statement);
    if (!outcome_ok(outcome)) {
        memory_free(statement);
        return outcome;
    }
    *ret_statement = statement;
    return OUTCOME_OK;
}

static int compare(const struct fee *fee, const struct fee_line *line)
{
    int by_product = view_compare(fee->product, code_view(&line->product));
    if (by_product != 0) {
        return by_product;
    }
    return (fee->vnd_per_field > line->vnd_per_field) - (fee->vnd_per_field < line->vnd_per_field);
}

static struct outcome find_line(struct statement *statement, const struct fee *fee,
                                struct fee_line **ret_line)
{
    struct fee_line **at = &statement->lines;
    while (*at != NULL && compare(fee, *at) > 0) {
        at = &(*at)->next;
    }
    if (*at != NULL && compare(fee, *at) == 0) {
        *ret_line = *at;
        return OUTCOME_OK;
    }
    if (statement->line_count >= FEE_LINES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "statement of fees: lines");
    }
    struct fee_line *line = memory_new(1, sizeof(*line));
    if (line == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "statement of fees");
    }
    struct outcome set = code_set(&line->product, fee->product);
    CHECK(outcome_ok(set)); /* the policy's codes are shorter; a record's was one */
    line->vnd_per_field = fee->vnd_per_field;
    line->next = *at;
    *at = line;
    statement->line_count++;
    *ret_line = line;
    return OUTCOME_OK;
}

struct outcome fees_reserve(struct directory *directory, struct party *party, int32_t month,
                            const struct fee *fee, struct fee_place *ret_place)
{
    struct fee_place place = {0};
    TRY(fees_statement(directory, party, month, &place.statement));
    TRY(find_line(place.statement, fee, &place.line));
    *ret_place = place;
    return OUTCOME_OK;
}

void fees_count(const struct fee_place *place, uint64_t asks, uint64_t fields)
{
    struct statement *statement = place->statement;
    place->line->asks += asks;
    place->line->fields += fields;
    statement->asks += asks;
    statement->fields += fields;
    statement->vnd += fields * place->line->vnd_per_field;
    statement->version += (uint32_t)asks;
}

struct outcome fees_of_record(const struct record *record, struct view *ret_party,
                              struct fee *ret_fee)
{
    struct effect effect = {0};
    *ret_fee = (struct fee){0};
    if (record->kind != KIND_DISCLOSURE && record->kind != KIND_UNAVAILABLE) {
        return OUTCOME_OK;
    }
    TRY(effect_get(record->effect, &effect));
    *ret_party = effect.party;
    *ret_fee = effect.fee;
    return OUTCOME_OK;
}

void fees_put_lines(const struct statement *statement, struct buf *buf)
{
    const char *between = "";
    buf_put_u8(buf, '[');
    for (const struct fee_line *line = statement->lines; line != NULL; line = line->next) {
        buf_printf(buf, "%s{\"asks\":", between);
        buf_put_decimal(buf, line->asks);
        buf_put_text(buf, ",\"fields\":");
        buf_put_decimal(buf, line->fields);
        buf_printf(buf, ",\"product\":\"%s\",\"vnd\":", line->product.text);
        buf_put_decimal(buf, line->fields * line->vnd_per_field);
        buf_put_text(buf, ",\"vnd_per_field\":");
        buf_put_decimal(buf, line->vnd_per_field);
        buf_put_u8(buf, '}');
        between = ",";
    }
    buf_put_u8(buf, ']');
}

void fees_put_csv(const struct statement *statement, struct buf *buf)
{
    buf_put_text(buf, "party,month,product,asks,fields,vnd_per_field,vnd\r\n");
    for (const struct fee_line *line = statement->lines; line != NULL; line = line->next) {
        buf_printf(buf, "%s,%s,%s,", statement->party->code.text, statement->month.text,
                   line->product.text);
        buf_put_decimal(buf, line->asks);
        buf_put_u8(buf, ',');
        buf_put_decimal(buf, line->fields);
        buf_put_u8(buf, ',');
        buf_put_decimal(buf, line->vnd_per_field);
        buf_put_u8(buf, ',');
        buf_put_decimal(buf, line->fields * line->vnd_per_field);
        buf_put_text(buf, "\r\n");
    }
}
