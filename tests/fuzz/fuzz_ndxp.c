/*
 * Messages of one-stop systems: what becomes an ask or a request is sane and is answered with a
 * message that is read again; what is refused has a fault that is. What begins like no message is
 * taken for what the process `jobs` has told.
 */
#include "base/check.h"
#include "channel/ndxp/ndxp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(struct view text, const char *name)
{
    static const struct xml_limits limits = {1 << 20, 16, 1024, 512};
    static struct arena arena;
    struct soap_message message = {0};
    struct soap_fault soap;
    struct xml_fault fault;
    struct xml_doc doc;

    if (arena.data == NULL) {
        CHECK(outcome_ok(arena_init(&arena, 2 << 20)));
    }
    arena_reset(&arena);
    CHECK(outcome_ok(xml_parse(text, &limits, &arena, &doc, &fault)));
    CHECK(outcome_ok(soap_open(&doc, NULL, 0, &message, &soap)));
    CHECK(name == NULL || view_is(message.payload->name, name));
}

static void check_answered(struct view body, struct arena *arena)
{
    BUF_AUTO buf;
    struct answer answer = {.code = CODE_DISCLOSED,
                            .person = VIEW_LITERAL("{\"full_name\":\"<A>\",\"verified\":true}"),
                            .notices = VIEW_LITERAL("[]"),
                            .entry = VIEW_LITERAL("{}"),
                            .checkpoint = VIEW_LITERAL("o\n")};

    buf_init(&buf, 1 << 20);
    CHECK(outcome_ok(ndxp_answer_put(body, &answer, arena, &buf)));
    check_message(buf_view(&buf), NULL);
}

#define JOB                                                                                        \
    "{\"history\":[],\"id\":\"00ff\",\"lines\":1,\"state\":\"done\",\"wish\":{\"fields\":null}}"

static void check_requested(const struct ndxp_request *request, struct arena *arena)
{
    bool paged =
        request->does == NDXP_RESULT || request->does == NDXP_RECORDS || request->does == NDXP_FILE;
    BUF_AUTO told;
    BUF_AUTO buf;

    CHECK(request->does != NDXP_ASKS_LIST || wish_sane(&request->wish));
    CHECK(request->line > 0);
    buf_init(&told, 4096);
    buf_init(&buf, 1 << 20);
    if (paged) {
        jobbing_put_page(&told, VIEW_LITERAL(JOB), 2);
        buf_put_block32(&told, VIEW_LITERAL("{\"answer\":{\"person\":{\"full_name\":\"<A>\"}}}"));
        buf_put_block32(&told, VIEW_LITERAL("{\"problem\":{\"code\":\"internal\"}}"));
    } else {
        buf_put_text(&told, JOB);
    }
    CHECK(outcome_ok(ndxp_request_put(request, buf_view(&told), arena, &buf)));
    check_message(buf_view(&buf), NULL);
}

static void check_told(struct view told, struct arena *arena)
{
    for (enum ndxp_does does = NDXP_ASKS_LIST; does <= NDXP_HISTORY; does++) {
        const struct ndxp_request request = {.does = does, .line = 1};
        BUF_AUTO buf;
        buf_init(&buf, 4 << 20);
        if (outcome_ok(ndxp_request_put(&request, told, arena, &buf))) {
            check_message(buf_view(&buf), NULL);
        }
    }
}

static void check_refused(const struct ask_faults *faults, const struct ndxp_refused *refused)
{
    struct problem problem = {.code = CODE_BAD_REQUEST, .name = ndxp_refused_name(refused)};
    BUF_AUTO buf;

    ask_faults_tell(faults, &problem);
    CHECK(problem.param_count > 0);
    buf_init(&buf, 1 << 20);
    ndxp_fault_put(&buf, &problem);
    CHECK(outcome_ok(buf_check(&buf)));
    check_message(buf_view(&buf), "Fault");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena; /* made once: most of a run would be making it */
    struct view body = view_of(data, size);
    struct ndxp_refused refused;
    struct ask_faults faults;
    struct ask ask = {0};

    if (arena.data == NULL) {
        CHECK(outcome_ok(arena_init(&arena, NDXP_ARENA_BYTES)));
    }
    if (size > 0 && data[0] != '<') {
        check_told(body, &arena);
    }
    ask_faults_init(&faults);
    struct outcome read =
        ndxp_ask_get(body, VIEW_LITERAL("MaHoSo,MaYeuCau"),
                     size % 2 == 0 ? LANGUAGE_VI : LANGUAGE_EN, &arena, &ask, &faults, &refused);
    if (outcome_ok(read)) {
        CHECK(ask_sane(&ask) && ask_sayable(&ask, ASK_SENDER_EDGE));
        check_answered(body, &arena);
    } else if (refused.request) {
        struct ndxp_request request;
        read = ndxp_request_get(body, VIEW_LITERAL("MaHoSo"), LANGUAGE_EN, &arena, &request,
                                &faults, &refused);
        if (outcome_ok(read)) {
            check_requested(&request, &arena);
        } else {
            CHECK(read.fault == FAULT_BAD_INPUT);
            check_refused(&faults, &refused);
        }
    } else {
        CHECK(read.fault == FAULT_BAD_INPUT);
        check_refused(&faults, &refused);
    }
    ask_faults_done(&faults);
    return 0;
}
