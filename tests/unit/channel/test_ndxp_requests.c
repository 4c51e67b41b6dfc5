/*
 * Messages about requests: what becomes a list that is asked for, what is refused and why, and how
 * what is told of requests and their results looks in elements.
 */
#include "../help.h"

#include "channel/ndxp/rows.h"

#define SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define USUAL                                                                                      \
    "<dan:MaYeuCau>YC-1</dan:MaYeuCau><dan:MaDVC>1.004222</dan:MaDVC>"                             \
    "<dan:MaTichHop>099</dan:MaTichHop><dan:MaCanBo>CB-1</dan:MaCanBo>"                            \
    "<dan:MaDonVi>000.00.01.H29</dan:MaDonVi><dan:MaHoSo>HS-1</dan:MaHoSo>"
#define JOB                                                                                        \
    "{\"business\":\"NV-1\",\"created\":\"2026-11-26T00:00:00Z\",\"done\":2,\"expires\":"          \
    "\"2026-12-03T00:00:00Z\",\"history\":[{\"at\":\"2026-11-26T00:00:00Z\",\"state\":\"asked\"}," \
    "{\"at\":\"2026-11-26T01:00:00Z\",\"state\":\"done\"}],\"id\":\"00ff\",\"idempotency_key\":"   \
    "\"YC<1\",\"lines\":2,\"missed\":0,\"rate\":0,\"refused\":1,\"seconds_left\":null,"            \
    "\"service\":\"list.extract\",\"state\":\"done\",\"wish\":{\"business\":\"NV-1\",\"case\":"    \
    "\"HS-1\",\"criteria\":\"sex=1\",\"fields\":[\"full_name\",\"sex\"],\"officer\":null}}"

struct hands {
    struct arena arena;
    struct ask_faults faults;
    struct ndxp_refused refused;
    struct ndxp_request request;
    struct buf message;
    struct buf out;
};

static int set_up(void **state)
{
    static struct hands hands;
    assert_ok(arena_init(&hands.arena, NDXP_ARENA_BYTES));
    ask_faults_init(&hands.faults);
    buf_init(&hands.message, 65536);
    buf_init(&hands.out, 1 << 20);
    *state = &hands;
    return 0;
}

static int tear_down(void **state)
{
    struct hands *hands = *state;
    arena_done(&hands->arena);
    ask_faults_done(&hands->faults);
    buf_done(&hands->message);
    buf_done(&hands->out);
    return 0;
}

static struct outcome get(struct hands *hands, const char *operation, const char *inside)
{
    buf_reset(&hands->message);
    buf_printf(&hands->message,
               "<s:Envelope xmlns:s=\"" SOAP11 "\" xmlns:dan=\"" NDXP_ASK_URI
               "\"><s:Body><dan:%s>%s</dan:%s></s:Body></s:Envelope>",
               operation, inside, operation);
    assert_ok(buf_check(&hands->message));
    ask_faults_reset(&hands->faults);
    return ndxp_request_get(buf_view(&hands->message), VIEW_LITERAL("MaHoSo"), LANGUAGE_EN,
                            &hands->arena, &hands->request, &hands->faults, &hands->refused);
}

static void assert_refused(struct hands *hands, const char *operation, const char *inside,
                           const char *name, const char *reason)
{
    struct problem problem = {.code = CODE_BAD_REQUEST};
    assert_fault(get(hands, operation, inside), FAULT_BAD_INPUT);
    ask_faults_tell(&hands->faults, &problem);
    for (unsigned i = 0; i < problem.param_count; i++) {
        if (view_is(problem.params[i].name, name) && view_is(problem.params[i].reason, reason)) {
            return;
        }
    }
    fail_msg("%s: no fault of %s", operation, name);
}

static void a_list_is_asked_for_by_the_criteria_of_its_message(void **state)
{
    static const struct {
        const char *operation;
        const char *inside;
        const char *criteria;
    } rows[] = {
        {"CungCapDanhSachTheoDiaPhuong", USUAL "<dan:MaTinhThanh>79</dan:MaTinhThanh>",
         "permanent_residence.province=79@2025-07-01"},
        {"CungCapDanhSachTheoDiaPhuongRequest",
         USUAL "<dan:MaTinhThanh>80</dan:MaTinhThanh><dan:NgayDanhMuc>2021-07-01</dan:NgayDanhMuc>",
         "permanent_residence.province=80@2021-07-01"},
        {"CungCapDanhSachTheoDoTuoi",
         USUAL "<dan:DenTuoi>25</dan:DenTuoi><dan:TuTuoi> 18 </dan:TuTuoi><dan:GioiTinh/>",
         "age>=18 and age<=25"},
        {"CungCapDanhSachTheoGioiTinh",
         USUAL "<dan:GioiTinh>2</dan:GioiTinh><dan:MaTinhThanh>01</dan:MaTinhThanh>",
         "permanent_residence.province=01@2025-07-01 and sex=2"},
    };
    struct hands *hands = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome outcome = get(hands, rows[i].operation, rows[i].inside);
        assert_ok(outcome);
        const struct wish *wish = &hands->request.wish;
        assert_int_equal(hands->request.does, NDXP_ASKS_LIST);
        assert_view(wish->criteria, rows[i].criteria);
        assert_view(wish->unit, "000.00.01.H29");
        assert_view(wish->procedure, "1.004222");
        assert_view(wish->officer, "CB-1");
        assert_view(wish->case_ref, "HS-1");
        assert_view(hands->request.key, "YC-1");
        assert_true(wish_sane(wish));
    }
}

static void a_list_by_what_none_is_drawn_by_is_refused_with_the_reason(void **state)
{
    struct hands *hands = *state;
    assert_refused(hands, "CungCapDanhSachTheoNhomMau", USUAL "<dan:NhomMau>01</dan:NhomMau>",
                   "NhomMau", "lists are drawn by place, age or sex only");
    assert_true(hands->refused.closed);
    assert_refused(hands, "CungCapDanhSachTheoDanToc", "", "DanToc",
                   "is sensitive personal data: lists are drawn by place, age or sex only");
    assert_true(hands->refused.closed);
    assert_refused(hands, "CungCapDanhSachTheoTonGiao", USUAL, "TonGiao",
                   "is sensitive personal data: lists are drawn by place, age or sex only");
}

static void what_is_wrong_with_a_message_is_told_by_element(void **state)
{
    struct hands *hands = *state;
    const char *place = "CungCapDanhSachTheoDiaPhuong";
    assert_refused(hands, place, USUAL, place, "lacks the operation's own criterion");
    assert_false(hands->refused.closed);
    assert_refused(hands, place, USUAL "<dan:MaTinhThanh>99</dan:MaTinhThanh>", "MaTinhThanh",
                   "must be a province's code of 2 digits in the list");
    assert_refused(hands, place, USUAL "<dan:MaPhuongXa>1</dan:MaPhuongXa>", "MaPhuongXa",
                   "must be a ward's code of 5 digits");
    assert_refused(hands, place, USUAL "<dan:NgayDanhMuc>2020-01-01</dan:NgayDanhMuc>",
                   "NgayDanhMuc", "must be 2021-07-01 or 2025-07-01");
    assert_refused(hands, place, "<dan:MaTinhThanh>79</dan:MaTinhThanh>", "MaHoSo", "is required");
    assert_refused(hands, place, "<dan:MaTinhThanh>79</dan:MaTinhThanh>", "MaCanBo", "is required");
    assert_refused(hands, place, USUAL "<dan:HoVaTen>A</dan:HoVaTen>", "HoVaTen",
                   "is not an element of this message");
    assert_refused(hands, "CungCapDanhSachTheoDoTuoi", USUAL "<dan:TuTuoi>151</dan:TuTuoi>",
                   "TuTuoi", "must be years of age from 0 to 150");
    assert_refused(hands, "CungCapDanhSachTheoGioiTinh", USUAL "<dan:GioiTinh>3</dan:GioiTinh>",
                   "GioiTinh", "is not a value of this field");
    assert_refused(hands, "GetRequestStatus", "", "GetRequestStatus",
                   "must have exactly one of MaYeuCau, SoYeuCau");
    assert_refused(hands, "GetRequestStatus", "<dan:SoYeuCau>00ff</dan:SoYeuCau>", "SoYeuCau",
                   "must be 32 hexadecimal digits");
    assert_refused(hands, "GetRequestStatus",
                   "<dan:MaYeuCau>YC-1</dan:MaYeuCau><dan:TuDong>1</dan:TuDong>", "TuDong",
                   "is not an element of this message");
    assert_refused(hands, "GetResultDetailAsRecords",
                   "<dan:MaYeuCau>YC-1</dan:MaYeuCau><dan:TuDong>0</dan:TuDong>", "TuDong",
                   "must be a line's number, from 1");
    assert_refused(hands, "GetNothing", "", "GetNothing", "is not an operation of this service");
}

static void a_request_is_named_by_its_callers_number_or_by_ours(void **state)
{
    struct hands *hands = *state;
    assert_ok(get(hands, "DeleteRequest", USUAL));
    assert_int_equal(hands->request.does, NDXP_DELETES);
    assert_false(hands->request.numbered);
    assert_view(hands->request.key, "YC-1");
    assert_ok(get(hands, "GetResultDetailAsFile",
                  "<dan:MaYeuCau/><dan:SoYeuCau>000102030405060708090a0b0c0d0e0f</dan:SoYeuCau>"
                  "<dan:TuDong>51</dan:TuDong>"));
    assert_true(hands->request.numbered);
    assert_int_equal(hands->request.id[15], 15);
    assert_int_equal(hands->request.line, 51);
    assert_int_equal(hands->request.key.len, 0);
    assert_ok(get(hands, "GetRequests", ""));
    assert_ok(get(hands, "GetRequests", USUAL));
}

/* What stands in the body of the answer. */
static const char *put(struct hands *hands, enum ndxp_does does, struct view told)
{
    const struct ndxp_request request = {.does = does, .line = 7};
    buf_reset(&hands->out);
    assert_ok(ndxp_request_put(&request, told, &hands->arena, &hands->out));
    buf_put_u8(&hands->out, 0);
    return strstr((const char *)hands->out.data, "<d:");
}

static void assert_put(struct hands *hands, enum ndxp_does does, struct view told, const char *part)
{
    const char *body = put(hands, does, told);
    if (strstr(body, part) == NULL) {
        fail_msg("%s has no %s", body, part);
    }
}

static void a_request_stands_in_elements_with_its_detail_and_history(void **state)
{
    struct hands *hands = *state;
    struct view job = VIEW_LITERAL(JOB);
    assert_put(hands, NDXP_STATUS, job,
               "<d:YeuCau xmlns:d=\"urn:dancu:ndxp:1\"><d:SoYeuCau>00ff</d:SoYeuCau><d:MaYeuCau>"
               "YC&lt;1</d:MaYeuCau><d:DichVu>list.extract</d:DichVu>");
    assert_null(strstr(put(hands, NDXP_DELETES, job), "TieuChi"));
    assert_put(hands, NDXP_DETAIL, job,
               "<d:TieuChi>sex=1</d:TieuChi><d:MaHoSo>HS-1</d:MaHoSo><d:TruongThongTin>full_name"
               "</d:TruongThongTin><d:TruongThongTin>sex</d:TruongThongTin></d:ChiTietYeuCau>");
    assert_put(hands, NDXP_HISTORY, job,
               "<d:SuKien><d:TrangThai>done</d:TrangThai><d:Luc>2026-11-26T01:00:00Z</d:Luc>"
               "</d:SuKien></d:LichSuYeuCau>");
    assert_put(hands, NDXP_LISTS, VIEW_LITERAL("{\"jobs\":[" JOB "," JOB "]}"),
               "</d:YeuCau><d:YeuCau>");
}

static void a_page_has_records_refusals_and_where_it_goes_on(void **state)
{
    static const char given[] = "{\"answer\":{\"notices\":[],\"person\":{\"full_name\":\"A&B\","
                                "\"sex\":\"1\"}},\"line\":7}";
    static const char truth[] = "{\"answer\":{\"notices\":[],\"result\":{\"verified\":true}},"
                                "\"line\":8}";
    static const char refused[] = "{\"line\":9,\"problem\":{\"type\":\"x\",\"status\":404,\"code\":"
                                  "\"subject_not_available\"}}";
    struct hands *hands = *state;
    BUF_AUTO page;
    buf_init(&page, 65536);
    jobbing_put_page(&page, VIEW_LITERAL(JOB), 10);
    buf_put_block32(&page, VIEW_LITERAL(given));
    buf_put_block32(&page, VIEW_LITERAL(truth));
    buf_put_block32(&page, VIEW_LITERAL(refused));
    struct view told = buf_view(&page);
    assert_put(hands, NDXP_RECORDS, told, "<d:TuDong>7</d:TuDong><d:DongSau>10</d:DongSau>");
    assert_put(hands, NDXP_RECORDS, told, "<d:Dong>7</d:Dong><ns1:CongdanCollection");
    assert_put(hands, NDXP_RECORDS, told, "<ns1:Ten>A&amp;B</ns1:Ten>");
    assert_put(hands, NDXP_RECORDS, told, "<d:Dong>8</d:Dong><dan:KetQuaXacThuc");
    assert_put(
        hands, NDXP_RECORDS, told,
        "<d:Dong>9</d:Dong><d:MaLoi>140</d:MaLoi><d:TuChoi>subject_not_available</d:TuChoi>");
    assert_put(hands, NDXP_RESULT, told, "<d:DiaChi>/v1/jobs/00ff/result</d:DiaChi>");
    BUF_AUTO want;
    buf_init(&want, 65536);
    buf_put_text(&want, "<d:NoiDung>");
    BUF_AUTO lines;
    buf_init(&lines, 65536);
    buf_printf(&lines, "%s\n%s\n%s\n", given, truth, refused);
    base64std_put(&want, buf_view(&lines));
    buf_put_u8(&want, 0);
    assert_put(hands, NDXP_FILE, told, (const char *)want.data);
}

static void what_is_told_and_is_none_is_no_answer(void **state)
{
    static const char *const wrong[] = {"", "x", "{\"b\":1,\"a\":2}"};
    struct hands *hands = *state;
    for (enum ndxp_does does = NDXP_RECORDS; does <= NDXP_HISTORY; does++) {
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            const struct ndxp_request request = {.does = does, .line = 1};
            buf_reset(&hands->out);
            assert_fault(
                ndxp_request_put(&request, view_text(wrong[i]), &hands->arena, &hands->out),
                FAULT_BAD_INPUT);
        }
    }
    BUF_AUTO page;
    buf_init(&page, 65536);
    jobbing_put_page(&page, VIEW_LITERAL(JOB), 0);
    buf_put_block32(&page, VIEW_LITERAL("no line"));
    const struct ndxp_request request = {.does = NDXP_RECORDS, .line = 1};
    buf_reset(&hands->out);
    assert_fault(ndxp_request_put(&request, buf_view(&page), &hands->arena, &hands->out),
                 FAULT_BAD_INPUT);
    assert_fault(ndxp_request_put(&request, view_part(buf_view(&page), 0, page.len - 1),
                                  &hands->arena, &hands->out),
                 FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_asked_for_by_the_criteria_of_its_message),
        cmocka_unit_test(a_list_by_what_none_is_drawn_by_is_refused_with_the_reason),
        cmocka_unit_test(what_is_wrong_with_a_message_is_told_by_element),
        cmocka_unit_test(a_request_is_named_by_its_callers_number_or_by_ours),
        cmocka_unit_test(a_request_stands_in_elements_with_its_detail_and_history),
        cmocka_unit_test(a_page_has_records_refusals_and_where_it_goes_on),
        cmocka_unit_test(what_is_told_and_is_none_is_no_answer),
    };
    return cmocka_run_group_tests_name("channel/ndxp_requests", tests, set_up, tear_down);
}
