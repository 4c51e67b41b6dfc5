/*
 * The vocabularies' tables, made from the same rows as their enums.
 */
#include "domain/words.h"

#include "base/check.h"

#define ROW(name, text) text,
static const char *const class_names[] = {WORDS_CLASS(ROW)};
static const char *const channel_names[] = {WORDS_CHANNEL(ROW)};
static const char *const service_names[] = {WORDS_SERVICE(ROW)};
static const char *const field_names[] = {WORDS_FIELD(ROW)};
static const char *const relation_names[] = {WORDS_RELATION(ROW)};
static const char *const notice_names[] = {WORDS_NOTICE(ROW)};
static const char *const permit_names[] = {WORDS_PERMIT(ROW)};
static const char *const drawn_names[] = {WORDS_DRAWN(ROW)};
static const char *const file_type_names[] = {WORDS_FILE_TYPE(ROW)};
static const char *const kind_names[] = {WORDS_KIND(ROW)};
static const char *const rule_names[] = {WORDS_RULE(ROW)};
static const char *const resource_names[] = {WORDS_RESOURCE(ROW)};
#undef ROW

#define ROW(name, text, status, receipt) text,
static const char *const code_names[] = {WORDS_CODE(ROW)};
#undef ROW

#define ROW(name, text, status, receipt) {status, receipt},
static const struct {
    unsigned status;
    bool receipt;
} code_rows[] = {WORDS_CODE(ROW)};
#undef ROW

const struct words words_class = {class_names, CLASS_COUNT};
const struct words words_channel = {channel_names, CHANNEL_COUNT};
const struct words words_service = {service_names, SERVICE_COUNT};
const struct words words_field = {field_names, FIELD_COUNT};
const struct words words_relation = {relation_names, RELATION_COUNT};
const struct words words_notice = {notice_names, NOTICE_COUNT};
const struct words words_permit = {permit_names, PERMIT_KIND_COUNT};
const struct words words_drawn = {drawn_names, DRAWN_COUNT};
const struct words words_file_type = {file_type_names, FILE_TYPE_COUNT};
const struct words words_kind = {kind_names, KIND_COUNT};
const struct words words_code = {code_names, CODE_COUNT};
const struct words words_rule = {rule_names, RULE_COUNT};
const struct words words_resource = {resource_names, RESOURCE_COUNT};

const char *words_name(const struct words *words, unsigned value)
{
    CHECK(value < words->count);
    return words->names[value];
}

struct outcome words_find(const struct words *words, struct view text, unsigned *ret_value)
{
    for (unsigned value = 0; value < words->count; value++) {
        if (view_is(text, words->names[value])) {
            *ret_value = value;
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_NOT_FOUND, "no such word");
}

unsigned code_status(enum code code)
{
    CHECK((unsigned)code < CODE_COUNT);
    return code_rows[code].status;
}

bool code_has_receipt(enum code code)
{
    CHECK((unsigned)code < CODE_COUNT);
    return code_rows[code].receipt;
}
