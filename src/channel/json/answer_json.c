/*
 * Answers and problems as JSON. What the core sends as JSON (person, notices) is passed on as it
 * is: it is canonical already.
 */
#include "channel/json/answer_json.h"

#include "base/check.h"
#include "wire/json.h"

#define HASH_BYTES 32

void ask_id_write(char ret_text[ASK_ID_TEXT_LEN], const uint8_t id[16])
{
    static const uint8_t group_ends[] = {4, 6, 8, 10, 16};
    char *to = ret_text;
    unsigned from = 0;

    for (unsigned i = 0; i < sizeof(group_ends); i++) {
        if (i > 0) {
            *to++ = '-';
        }
        hex_write(to, view_of(id + from, group_ends[i] - from));
        to += 2 * (group_ends[i] - from);
        from = group_ends[i];
    }
    CHECK(to == ret_text + ASK_ID_TEXT_LEN);
}

void ask_id_put(struct buf *buf, const uint8_t id[16])
{
    char text[ASK_ID_TEXT_LEN];

    ask_id_write(text, id);
    buf_put(buf, text, sizeof(text));
}

/* Text inside a JSON string in which only line ends need escaping: base64, names, numbers. */
static void put_line_end(struct buf *buf)
{
    buf_put(buf, "\\n", 2);
}

/* tlog-proof@v1: header, index, path, empty line, checkpoint. */
static void put_proof(struct buf *buf, const struct answer *answer)
{
    buf_put_text(buf, "\"c2sp.org/tlog-proof@v1");
    put_line_end(buf);
    buf_put_text(buf, "index ");
    buf_put_decimal(buf, answer->leaf_index);
    put_line_end(buf);
    for (size_t at = 0; at < answer->path.len; at += HASH_BYTES) {
        base64std_put(buf, view_part(answer->path, at, HASH_BYTES));
        put_line_end(buf);
    }
    put_line_end(buf);
    json_put_content(buf, answer->checkpoint);
    buf_put_text(buf, "\"");
}

/* Disclosures are base64url: nothing in them needs escaping. */
static void put_opening(struct buf *buf, const struct answer *answer)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < answer->opening_count; i++) {
        buf_put_text(buf, i > 0 ? ",\"" : "\"");
        buf_put_view(buf, answer->opening[i]);
        buf_put_text(buf, "\"");
    }
    buf_put_text(buf, "]");
}

static void put_receipt(struct buf *buf, const struct answer *answer)
{
    buf_put_text(buf, "{\"entry\":");
    json_put_string(buf, answer->entry);
    buf_put_text(buf, ",\"proof\":");
    put_proof(buf, answer);
    buf_put_text(buf, "}");
}

void answer_json_put(struct buf *buf, const struct answer *answer)
{
    CHECK(answer->code == CODE_DISCLOSED && !answer->receipt_only);
    buf_put_text(buf, "{\"ask\":\"");
    ask_id_put(buf, answer->ask_id);
    buf_put_text(buf, "\",\"notices\":");
    buf_put_view(buf, answer->notices);
    buf_put_text(buf, ",\"opening\":");
    put_opening(buf, answer);
    if (!answer->result) {
        buf_put_text(buf, ",\"person\":");
        buf_put_view(buf, answer->person);
    }
    buf_put_text(buf, ",\"receipt\":");
    put_receipt(buf, answer);
    if (answer->result) {
        buf_put_text(buf, ",\"result\":");
        buf_put_view(buf, answer->person);
    }
    buf_put_text(buf, "}");
}

void receipt_json_put(struct buf *buf, const struct answer *answer)
{
    CHECK(answer->receipt_only);
    buf_put_text(buf, "{\"ask\":\"");
    ask_id_put(buf, answer->ask_id);
    buf_put_text(buf, "\"");
    if (answer->opening_count > 0) {
        buf_put_text(buf, ",\"opening\":");
        put_opening(buf, answer);
    }
    buf_put_text(buf, ",\"receipt\":");
    put_receipt(buf, answer);
    buf_put_text(buf, "}");
}

static void put_member(struct buf *buf, const char *name, struct view value)
{
    buf_put_text(buf, ",\"");
    buf_put_text(buf, name);
    buf_put_text(buf, "\":");
    json_put_string(buf, value);
}

void invalid_params_json_put(struct buf *buf, const struct problem *problem)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < problem->param_count; i++) {
        buf_put_text(buf, i > 0 ? ",{\"name\":" : "{\"name\":");
        json_put_string(buf, problem->params[i].name);
        put_member(buf, "reason", problem->params[i].reason);
        buf_put_text(buf, "}");
    }
    buf_put_text(buf, "]");
}

static void put_answer_members(struct buf *buf, const struct answer *answer)
{
    buf_put_text(buf, ",\"ask\":\"");
    ask_id_put(buf, answer->ask_id);
    buf_put_text(buf, "\",\"receipt\":");
    put_receipt(buf, answer);
    buf_put_text(buf, ",\"opening\":");
    put_opening(buf, answer);
}

unsigned problem_status(const struct problem *problem)
{
    return problem->name != NULL ? problem->status : code_status(problem->code);
}

static const char *problem_name(const struct problem *problem)
{
    return problem->name != NULL ? problem->name : words_name(&words_code, problem->code);
}

void problem_json_put(struct buf *buf, const struct problem *problem)
{
    CHECK((unsigned)problem->code < CODE_COUNT);
    CHECK(problem->param_count <= PROBLEM_PARAMS_MAX);
    const char *code = problem_name(problem);

    buf_put_text(buf, "{\"type\":\"urn:dancu:problem:");
    buf_put_text(buf, code);
    buf_put_text(buf, "\"");
    put_member(buf, "title", problem->title);
    buf_put_text(buf, ",\"status\":");
    buf_put_decimal(buf, problem_status(problem));
    put_member(buf, "detail", problem->detail);
    put_member(buf, "code", view_text(code));
    if (problem->clause.len > 0) {
        put_member(buf, "clause", problem->clause);
    }
    if (problem->expected > 0) {
        buf_put_text(buf, ",\"expected\":");
        buf_put_decimal(buf, problem->expected);
    }
    if (problem->param_count > 0) {
        buf_put_text(buf, ",\"invalid_params\":");
        invalid_params_json_put(buf, problem);
    }
    if (problem->answer != NULL && problem->name == NULL && code_has_receipt(problem->code)) {
        put_answer_members(buf, problem->answer);
    }
    buf_put_text(buf, "}");
}

void problem_short_json_put(struct buf *buf, const struct answer *answer, struct view params)
{
    const char *code = words_name(&words_code, answer->code);

    buf_printf(buf, "{\"type\":\"urn:dancu:problem:%s\",\"status\":%u,\"code\":\"%s\"", code,
               code_status(answer->code), code);
    if (answer->field_index != ANSWER_FIELD_NONE) {
        buf_printf(buf, ",\"invalid_params\":[{\"name\":\"/fields/%u\"}]", answer->field_index);
    } else if (params.len > 0) {
        buf_put_text(buf, ",\"invalid_params\":");
        buf_put_view(buf, params);
    }
    if (code_has_receipt(answer->code)) {
        put_answer_members(buf, answer);
    }
    buf_put_text(buf, "}");
}
