/*
 * A list that is asked for.
 */
#include "domain/wish.h"

#include "domain/ask.h"
#include "domain/population.h"
#include "wire/json.h"

static bool may_be_code(struct view code)
{
    return code.len == 0 || ask_code_shaped(code, ASK_CODE_BYTES_MAX);
}

bool wish_text_sane(struct view text, size_t min, size_t max)
{
    bool good = text.len >= min && text.len <= max && utf8_valid(text);

    for (size_t i = 0; good && i < text.len; i++) {
        good = text.data[i] >= ' ' && text.data[i] != 127;
    }
    return good;
}

/* Who stands in a list of the authority's own is not for an account to ask. */
static bool is_criteria(struct view text)
{
    struct population population;

    return text.len > 0 && outcome_ok(population_parse(text, &population, NULL)) &&
           population.count > 0 && !population.names_lists;
}

bool wish_sane(const struct wish *wish)
{
    bool named = wish->business.len > 0 ? wish->unit.len == 0 && wish->procedure.len == 0
                                        : wish->unit.len > 0 && wish->procedure.len > 0;

    return named && may_be_code(wish->business) &&
           wish_text_sane(wish->unit, 0, ASK_CODE_BYTES_MAX) &&
           wish_text_sane(wish->procedure, 0, ASK_CODE_BYTES_MAX) &&
           wish_text_sane(wish->officer, 0, ASK_CODE_BYTES_MAX) &&
           wish_text_sane(wish->case_ref, 1, ASK_CASE_BYTES_MAX) && is_criteria(wish->criteria) &&
           wish->fields >> FIELD_COUNT == 0;
}

void wish_put(const struct wish *wish, struct buf *buf)
{
    buf_put_block16(buf, wish->business);
    buf_put_block16(buf, wish->unit);
    buf_put_block16(buf, wish->procedure);
    buf_put_block16(buf, wish->officer);
    buf_put_block16(buf, wish->case_ref);
    buf_put_block16(buf, wish->criteria);
    buf_put_u64(buf, wish->fields);
}

struct outcome wish_get(struct view text, struct wish *ret_wish)
{
    struct cursor cursor = cursor_of(text);
    struct wish wish = {.business = cursor_block16(&cursor)};

    wish.unit = cursor_block16(&cursor);
    wish.procedure = cursor_block16(&cursor);
    wish.officer = cursor_block16(&cursor);
    wish.case_ref = cursor_block16(&cursor);
    wish.criteria = cursor_block16(&cursor);
    wish.fields = cursor_u64(&cursor);
    TRY(cursor_end(&cursor, "a list that is asked for"));
    if (!wish_sane(&wish)) {
        return outcome_fail(FAULT_BAD_INPUT, "a list that is asked for");
    }
    *ret_wish = wish;
    return OUTCOME_OK;
}

static void put_text(struct buf *buf, const char *name, struct view text)
{
    buf_put_text(buf, name);
    if (text.len > 0) {
        json_put_string(buf, text);
    } else {
        buf_put_text(buf, "null");
    }
}

void wish_put_json(const struct wish *wish, struct buf *buf)
{
    const char *before = "";

    put_text(buf, "{\"business\":", wish->business);
    put_text(buf, ",\"case\":", wish->case_ref);
    put_text(buf, ",\"criteria\":", wish->criteria);
    buf_put_text(buf, wish->fields == 0 ? ",\"fields\":null" : ",\"fields\":[");
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((wish->fields >> field & 1) != 0) {
            buf_printf(buf, "%s\"%s\"", before, words_name(&words_field, field));
            before = ",";
        }
    }
    buf_put_text(buf, wish->fields == 0 ? "" : "]");
    put_text(buf, ",\"officer\":", wish->officer);
    buf_put_text(buf, "}");
}
