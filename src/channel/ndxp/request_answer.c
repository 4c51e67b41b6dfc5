/*
 * What `jobs` tells about requests as elements: our own, since nobody else's are known.
 *
 * Invariants
 *  1. Nothing that was told is believed: a job is walked over only when it is canonical JSON, a
 * line of a result likewise, or it is read by the strict reader.
 *  2. An answer is as long as a page of the result at most (JOB_PAGE_LINES, JOB_PAGE_BYTES_MAX), a
 *     few times over: each line stands in it as it is, and as elements.
 */
#include "channel/ndxp/read.h"

#include "base/check.h"
#include "wire/canonical.h"
#include "wire/json.h"

#define DEPTH_MAX 16
#define LINE_VALUES_MAX 512
#define RESULT_TYPE "application/x-ndjson"

struct giving {
    struct buf *buf;
    struct arena *arena;
    bool starved;
};

static struct outcome fail(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

/* A text, or a number; null is no element. */
static void put_value(struct giving *giving, const char *name, struct view value)
{
    struct view text = value;

    if (value.len == 0 || view_is(value, "null")) {
        return;
    }
    if (canonical_is_text(value)) {
        uint8_t *scratch = arena_take(giving->arena, value.len);
        giving->starved = giving->starved || scratch == NULL;
        text = scratch == NULL ? view_of(NULL, 0) : canonical_text(value, scratch);
    }
    buf_printf(giving->buf, "<d:%s>", name);
    xml_put_text(giving->buf, text);
    buf_printf(giving->buf, "</d:%s>", name);
}

static void put_members(struct giving *giving, struct view object, const struct ndxp_member *rows,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_value(giving, rows[i].element, answer_member(object, rows[i].member));
    }
}

static void put_job(struct giving *giving, struct view job)
{
    put_members(giving, job, ndxp_job_members, NDXP_JOB_MEMBERS);
}

/* ---- operations ---- */

static void put_all(struct giving *giving, struct view told)
{
    struct view jobs = answer_member(told, "jobs");
    struct view job = {0};

    for (size_t at = 0; answer_next_item(jobs, &at, &job);) {
        arena_reset(giving->arena);
        buf_put_text(giving->buf, "<d:YeuCau>");
        put_job(giving, job);
        buf_put_text(giving->buf, "</d:YeuCau>");
    }
}

static void put_detail(struct giving *giving, struct view job)
{
    struct view wish = answer_member(job, "wish");
    struct view fields = answer_member(wish, "fields");
    struct view field = {0};

    put_job(giving, job);
    put_members(giving, wish, ndxp_wish_members, NDXP_WISH_MEMBERS);
    for (size_t at = 0; answer_next_item(fields, &at, &field);) {
        put_value(giving, "TruongThongTin", field);
    }
}

static void put_history(struct giving *giving, struct view job)
{
    static const struct ndxp_member members[] = {{"TrangThai", "state"}, {"Luc", "at"}};
    struct view history = answer_member(job, "history");
    struct view step = {0};

    put_value(giving, "SoYeuCau", answer_member(job, "id"));
    for (size_t at = 0; answer_next_item(history, &at, &step);) {
        buf_put_text(giving->buf, "<d:SuKien>");
        put_members(giving, step, members, 2);
        buf_put_text(giving->buf, "</d:SuKien>");
    }
}

/* Where the whole is, for who takes it natively, and how long. */
static void put_result(struct giving *giving, struct view job)
{
    struct view id = answer_member(job, "id");

    put_job(giving, job);
    buf_printf(giving->buf, "<d:SoDongMoiTrang>%u</d:SoDongMoiTrang>", JOB_PAGE_LINES);
    if (canonical_is_text(id)) {
        buf_put_text(giving->buf, "<d:DiaChi>/v1/jobs/");
        xml_put_text(giving->buf, view_part(id, 1, id.len - 2)); /* its quotes */
        buf_put_text(giving->buf, "/result</d:DiaChi>");
    }
}

/* ---- lines of a result ---- */

static void put_raw(struct giving *giving, struct view json)
{
    buf_put_text(giving->buf, "<d:BienNhan>");
    xml_put_text(giving->buf, json);
    buf_put_text(giving->buf, "</d:BienNhan>");
}

static struct outcome put_answer(struct giving *giving, struct view answer)
{
    struct view person = answer_member(answer, "person");
    struct view result = answer_member(answer, "result");
    struct view notices = answer_member(answer, "notices");

    if (person.len > 0 && person.data[0] == '{') {
        TRY(answer_put_collection(person, notices, giving->arena, giving->buf));
    } else if (result.len > 0) {
        answer_put_truth(giving->buf, view_is(answer_member(result, "verified"), "true"));
    }
    put_raw(giving, answer);
    return OUTCOME_OK;
}

/* Of what is refused, the code; what is wrong with a line, and a receipt, stand in the whole. */
static struct outcome put_problem(struct giving *giving, struct view line)
{
    static const struct json_limits limits = {.bytes_max = FRAME_BYTES_MAX,
                                              .depth_max = DEPTH_MAX,
                                              .values_max = LINE_VALUES_MAX,
                                              .members_max = 64};
    struct json_fault fault;
    struct json_doc doc;
    unsigned code = 0;

    TRY(json_parse(line, &limits, giving->arena, &doc, &fault));
    bool object = doc.nodes[0].kind == JSON_KIND_OBJECT;
    const struct json_node *problem = object ? json_member(doc.nodes, "problem") : NULL;
    object = problem != NULL && problem->kind == JSON_KIND_OBJECT;
    const struct json_node *name = object ? json_member(problem, "code") : NULL;
    if (name == NULL || name->kind != JSON_KIND_STRING ||
        !outcome_ok(words_find(&words_code, name->text, &code))) {
        return fail("line of a result");
    }
    buf_printf(giving->buf, "<d:MaLoi>%s</d:MaLoi><d:TuChoi>%s</d:TuChoi>",
               ndxp_fault_number((enum code)code), words_name(&words_code, code));
    put_raw(giving, problem->text);
    return OUTCOME_OK;
}

static struct outcome put_record(struct giving *giving, struct view line, uint32_t number)
{
    bool canonical = canonical_valid(line, DEPTH_MAX); /* invariant 1 */
    struct view answer = canonical ? answer_member(line, "answer") : view_of(NULL, 0);

    arena_reset(giving->arena);
    buf_printf(giving->buf, "<d:BanGhi><d:Dong>%u</d:Dong>", number);
    TRY(answer.len > 0 ? put_answer(giving, answer) : put_problem(giving, line));
    buf_put_text(giving->buf, "</d:BanGhi>");
    return OUTCOME_OK;
}

static void put_place(struct giving *giving, struct view job, uint32_t from, uint32_t next)
{
    put_value(giving, "SoYeuCau", answer_member(job, "id"));
    put_value(giving, "TongSo", answer_member(job, "lines"));
    buf_printf(giving->buf, "<d:TuDong>%u</d:TuDong>", from);
    if (next > 0) {
        buf_printf(giving->buf, "<d:DongSau>%u</d:DongSau>", next);
    }
}

static struct outcome put_records(struct giving *giving, struct cursor *lines, uint32_t from)
{
    for (uint32_t line = from; cursor_left(lines) > 0; line++) {
        struct view text = cursor_block32(lines);
        TRY(lines->failed ? fail("page of a result") : put_record(giving, text, line));
    }
    return OUTCOME_OK;
}

/* The lines as they stand in the native result, each with its end. */
static struct outcome put_file(struct giving *giving, struct cursor *lines)
{
    BUF_AUTO text;

    buf_init(&text, FRAME_BYTES_MAX);
    while (cursor_left(lines) > 0 && !lines->failed) {
        buf_put_view(&text, cursor_block32(lines));
        buf_put_text(&text, "\n");
    }
    TRY(buf_check(&text));
    buf_put_text(giving->buf, "<d:Kieu>" RESULT_TYPE "</d:Kieu><d:NoiDung>");
    base64std_put(giving->buf, buf_view(&text));
    buf_put_text(giving->buf, "</d:NoiDung>");
    return lines->failed ? fail("page of a result") : OUTCOME_OK;
}

static struct outcome put_page(struct giving *giving, const struct ndxp_request *request,
                               struct view told)
{
    struct cursor cursor = cursor_of(told);
    struct view job = {0};
    uint32_t next = 0;

    TRY(jobbing_get_page(&cursor, &job, &next));
    if (!canonical_valid(job, DEPTH_MAX)) { /* invariant 1 */
        return fail("job of a page");
    }
    if (request->does == NDXP_RESULT) {
        put_result(giving, job);
        return OUTCOME_OK;
    }
    put_place(giving, job, request->line, next);
    return request->does == NDXP_RECORDS ? put_records(giving, &cursor, request->line)
                                         : put_file(giving, &cursor);
}

static struct outcome put_told(struct giving *giving, const struct ndxp_request *request,
                               struct view told)
{
    if (request->does == NDXP_RESULT || request->does == NDXP_RECORDS ||
        request->does == NDXP_FILE) {
        return put_page(giving, request, told);
    }
    if (!canonical_valid(told, DEPTH_MAX)) { /* invariant 1 */
        return fail("job");
    }
    switch (request->does) {
    case NDXP_LISTS:
        put_all(giving, told);
        break;
    case NDXP_DETAIL:
        put_detail(giving, told);
        break;
    case NDXP_HISTORY:
        put_history(giving, told);
        break;
    default:
        put_job(giving, told);
    }
    return OUTCOME_OK;
}

static const char *element_of(enum ndxp_does does)
{
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        if (ndxp_requests[i].does == does) {
            return ndxp_requests[i].answer;
        }
    }
    CHECK(false); /* a row for each */
    return "";
}

struct outcome ndxp_request_put(const struct ndxp_request *request, struct view told,
                                struct arena *arena, struct buf *buf)
{
    struct giving giving = {.buf = buf, .arena = arena};
    const char *element = element_of(request->does);

    arena_reset(arena);
    soap_put_start(buf);
    soap_put_body(buf);
    buf_printf(buf, "<d:%s xmlns:d=\"" NDXP_OWN_URI "\">", element);
    TRY(put_told(&giving, request, told));
    buf_printf(buf, "</d:%s>", element);
    soap_put_end(buf);
    return giving.starved ? outcome_fail(FAULT_NO_MEMORY, "answer: no room") : buf_check(buf);
}
