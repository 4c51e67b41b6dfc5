/*
 * What is shown of letters and their registers.
 *
 * Invariant: whose copy is which, and its code, is kept for who has signed to read the case;
 * members stand in byte order of their names, as in show.c.
 */
#include "office/show_value.h"

#include "base/check.h"
#include "office/staff.h"
#include "wire/json.h"

#define COUNT(table) sizeof(table) / sizeof((table)[0])

#define LETTER(member) offsetof(struct letter, member)
static const struct show_field letter_fields[] = {
    {"case", SHOW_CODE, LETTER(case_code), NULL},
    {"code", SHOW_CODE, LETTER(code), NULL},
    {"copies", SHOW_COPIES, 0, NULL},
    {"held", SHOW_TEXT, LETTER(held), NULL},
    {"holders", SHOW_HOLDERS, 0, NULL},
    {"kind", SHOW_WORD, LETTER(kind), &words_letter_kind},
    {"number", SHOW_TEXT, LETTER(number_text), NULL},
    {"numbered", SHOW_TIME, LETTER(numbered_us), NULL},
    {"office", SHOW_CODE, LETTER(unit), NULL},
    {"reason", SHOW_TEXT, LETTER(reason), NULL},
    {"register", SHOW_CODE, LETTER(register_code), NULL},
    {"replaced_by", SHOW_CODE, LETTER(replaced_by), NULL},
    {"replaces", SHOW_CODE, LETTER(replaces), NULL},
    {"state", SHOW_WORD, LETTER(state), &words_letter_state},
    {"version", SHOW_NUMBER32, LETTER(version), NULL},
};
const struct show_table show_table_letters = {letter_fields, COUNT(letter_fields)};

#define REGISTER(member) offsetof(struct letter_register, member)
static const struct show_field register_fields[] = {
    {"code", SHOW_CODE, REGISTER(code), NULL},
    {"last", SHOW_COUNT32, REGISTER(last), NULL},
    {"version", SHOW_NUMBER32, REGISTER(version), NULL},
};
const struct show_table show_table_registers = {register_fields, COUNT(register_fields)};

static void put_copy(struct buf *buf, const struct letter_copy *copy)
{
    bool made = copy->bytes > 0;
    buf_put_text(buf, "{\"bytes\":");
    buf_put_decimal(buf, copy->bytes);
    if (copy->way != LETTER_WAY_COUNT) {
        buf_put_text(buf, ",\"delivered\":");
        show_put_day(buf, copy->delivered_day);
    }
    if (made) {
        buf_put_text(buf, ",\"drawn\":");
        show_put_hash(buf, copy->drawn);
        buf_put_text(buf, ",\"file\":");
        show_put_hash(buf, copy->file);
    }
    if (copy->way != LETTER_WAY_COUNT) {
        buf_printf(buf, ",\"way\":\"%s\"", words_name(&words_letter_way, copy->way));
    }
    buf_put_u8(buf, '}');
}

static void put_holder(struct buf *buf, const struct letter *letter, const struct letter_copy *copy)
{
    buf_put_u8(buf, '{');
    if (letter->number > 0) {
        buf_put_text(buf, "\"code\":");
        json_put_string(buf, view_of(copy->code.text, LETTER_CODE_CHARS));
        buf_put_u8(buf, ',');
    }
    buf_put_text(buf, "\"recipient\":");
    json_put_string(buf, long_view(&copy->recipient));
    if (copy->way != LETTER_WAY_COUNT) {
        buf_put_text(buf, ",\"to\":");
        json_put_string(buf, long_view(&copy->delivered_to));
    }
    buf_put_u8(buf, '}');
}

/* In the order of the copies. */
void show_letter_put(struct buf *buf, enum show_type type, const struct letter *letter)
{
    CHECK(type == SHOW_COPIES || type == SHOW_HOLDERS);
    for (unsigned i = 0; i < letter->copy_count; i++) {
        buf_put_u8(buf, i == 0 ? '[' : ',');
        if (type == SHOW_COPIES) {
            put_copy(buf, &letter->copies[i]);
        } else {
            put_holder(buf, letter, &letter->copies[i]);
        }
    }
    buf_put_u8(buf, ']');
}
