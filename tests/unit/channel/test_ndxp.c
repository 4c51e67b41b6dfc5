/*
 * Messages of one-stop systems: what becomes an ask, what is refused and how it is told, answers
 * in the elements that those systems read, and a WSDL that says the same.
 */
#include "../help.h"

#include "channel/ndxp/rows.h"

#define SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define CASES VIEW_LITERAL("MaHoSo,MaYeuCau")

struct hands {
    struct arena arena;
    struct ask_faults faults;
    struct ask ask;
    struct ndxp_refused refused;
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

/* The elements that all messages have. */
#define USUAL(integration)                                                                         \
    "<dan:MaYeuCau>YC-1</dan:MaYeuCau><dan:MaDVC>1.004222</dan:MaDVC><dan:MaTichHop>" integration  \
    "</dan:MaTichHop><dan:MaCanBo>079090900001</dan:MaCanBo><dan:MaDonVi>000.00.01.H29"            \
    "</dan:MaDonVi>"
#define SUBJECT                                                                                    \
    "<dan:SoDinhDanh>079090912345</dan:SoDinhDanh><dan:HoVaTen>NGUYENVANA</dan:HoVaTen>"           \
    "<dan:NgayThangNamSinh><dan:NgayThangNam>19900102</dan:NgayThangNam></dan:NgayThangNamSinh>"

static void put_message(struct hands *hands, const char *header, const char *operation,
                        const char *inside)
{
    buf_reset(&hands->message);
    buf_printf(&hands->message,
               "<soapenv:Envelope xmlns:soapenv=\"" SOAP11 "\" xmlns:dan=\"" NDXP_ASK_URI
               "\"><soapenv:Header>%s</soapenv:Header><soapenv:Body>\n <dan:%s>%s</dan:%s>"
               "</soapenv:Body></soapenv:Envelope>",
               header, operation, inside, operation);
    assert_ok(buf_check(&hands->message));
}

static struct outcome get(struct hands *hands, struct view body)
{
    ask_faults_reset(&hands->faults);
    hands->ask = (struct ask){0};
    return ndxp_ask_get(body, CASES, LANGUAGE_EN, &hands->arena, &hands->ask, &hands->faults,
                        &hands->refused);
}

static const struct ask *asked(struct hands *hands, const char *operation, const char *inside)
{
    put_message(hands, "", operation, inside);
    struct outcome outcome = get(hands, buf_view(&hands->message));
    if (!outcome_ok(outcome)) {
        fail_msg("%s: %.*s", inside, (int)hands->faults.text.len,
                 (const char *)hands->faults.text.data);
    }
    assert_true(ask_sane(&hands->ask));
    assert_true(ask_sayable(&hands->ask, ASK_SENDER_EDGE));
    return &hands->ask;
}

/* The first fault is of that element, for a reason with those words in it. */
static void refused(struct hands *hands, const char *operation, const char *inside,
                    const char *name, const char *reason)
{
    struct problem problem = {.code = CODE_BAD_REQUEST};

    put_message(hands, "", operation, inside);
    assert_fault(get(hands, buf_view(&hands->message)), FAULT_BAD_INPUT);
    assert_false(hands->refused.envelope);
    ask_faults_tell(&hands->faults, &problem);
    struct view told = problem.params[0].reason;
    if (problem.param_count == 0 || !view_is(problem.params[0].name, name) ||
        memmem(told.data, told.len, reason, strlen(reason)) == NULL) {
        fail_msg("%s: \"%.*s\", not %s: %s", inside, (int)hands->faults.text.len,
                 (const char *)hands->faults.text.data, name, reason);
    }
}

/* ---- asks ---- */

static void the_envelope_of_the_systems_in_use_is_an_ask(void **state)
{
    struct hands *hands = *state;
    static const char text[] =
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
        "xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header/><soapenv:Body>\n "
        "<dan:TraCuuThongTinCongDan><dan:MaYeuCau>YC-1</dan:MaYeuCau><dan:MaDVC>1.004222"
        "</dan:MaDVC><dan:MaTichHop>037</dan:MaTichHop><dan:MaCanBo>CB-1</dan:MaCanBo>"
        "<dan:MaDonVi>000.00.01.H29</dan:MaDonVi>\n  <dan:SoDinhDanh>079090912345"
        "</dan:SoDinhDanh><dan:HoVaTen>NGUYENVANA</dan:HoVaTen><dan:NgayThangNamSinh>"
        "<dan:NgayThangNam>19900102</dan:NgayThangNam></dan:NgayThangNamSinh>\n "
        "</dan:TraCuuThongTinCongDan></soapenv:Body></soapenv:Envelope>\n";

    assert_ok(get(hands, view_text(text)));
    const struct ask *ask = &hands->ask;
    assert_true(ask_sane(ask));
    assert_int_equal(ask->service, SERVICE_CITIZEN_LOOKUP);
    assert_true(ask->fields_granted);
    assert_view(ask->idempotency_key, "YC-1");
    assert_view(ask->procedure, "1.004222");
    assert_view(ask->unit, "000.00.01.H29");
    assert_view(ask->officer, "CB-1");
    assert_view(ask->business, "");
    assert_int_equal(ask->subject_kind, SUBJECT_ID);
    assert_view(ask->key, "079090912345");
    assert_view(ask->name, "NGUYENVANA");
    assert_view(ask->birth_date, "1990-01-02");
    assert_view(ask->case_ref, "YC-1"); /* the second place that was named */
}

static void birth_dates_come_in_three_ways(void **state)
{
    static const struct {
        const char *element;
        const char *date;
    } rows[] = {
        {"<dan:Nam>1990</dan:Nam>", "1990"},
        {"<dan:Nam></dan:Nam><dan:NgayThangNam>19901231</dan:NgayThangNam>", "1990-12-31"},
        {"<dan:NgayThangNam> 1990-12-31\n</dan:NgayThangNam>", "1990-12-31"},
        {"1990-12-31", "1990-12-31"},
        {" 1990 ", "1990"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char inside[1024];
        snprintf(inside, sizeof(inside),
                 USUAL("037") "<dan:SoCMND>901234567</dan:SoCMND><dan:HoVaTen> Nguyễn Văn A "
                              "</dan:HoVaTen><dan:NgayThangNamSinh>%s</dan:NgayThangNamSinh>",
                 rows[i].element);
        const struct ask *ask = asked(*state, "TraCuuThongTinCongDan", inside);
        assert_view(ask->birth_date, rows[i].date);
        assert_int_equal(ask->subject_kind, SUBJECT_CMND);
        assert_view(ask->name, "Nguyễn Văn A");
    }
}

static void each_operation_is_a_service(void **state)
{
    static const struct {
        const char *operation;
        const char *inside;
        enum service service;
        unsigned claims;
        bool record;
    } rows[] = {
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT, SERVICE_CITIZEN_LOOKUP, 0, true},
        {"CungCapThongTinCongDan", USUAL("099") SUBJECT, SERVICE_CITIZEN_LOOKUP, 0, true},
        {"CungCapThongTinNhomMau", USUAL("099") SUBJECT, SERVICE_CITIZEN_LOOKUP, 0, false},
        {"CungCapThongTinHoGiaDinh", USUAL("034") SUBJECT, SERVICE_HOUSEHOLD_LOOKUP, 0, true},
        {"XacThucThongTinCongDan", USUAL("033") SUBJECT, SERVICE_CITIZEN_VERIFY, 1, false},
        {"XacThucThongTinCongDanRequest", USUAL("003") SUBJECT, SERVICE_CITIZEN_VERIFY, 1, false},
        {"XacThucThongTinCongDan",
         USUAL("033") SUBJECT "<dan:GioiTinh>1</dan:GioiTinh><dan:ThuongTru><dan:MaTinhThanh>79"
                              "</dan:MaTinhThanh><dan:MaQuanHuyen/><dan:ChiTiet>12 Lê Lợi"
                              "</dan:ChiTiet></dan:ThuongTru>",
         SERVICE_CITIZEN_VERIFY, 4, false},
        {"XacMinhTinhTrangHonNhan",
         USUAL("099") SUBJECT "<dan:TinhTrangHonNhan>2</dan:TinhTrangHonNhan>",
         SERVICE_CITIZEN_VERIFY, 1, false},
        {"XacMinhThongTinNoiOHienTai",
         USUAL("099") SUBJECT "<dan:NoiOHienTai><dan:MaPhuongXa>26734</dan:MaPhuongXa>"
                              "</dan:NoiOHienTai>",
         SERVICE_CITIZEN_VERIFY, 1, false},
        {"XacMinhTinhTrangChetMatTich", USUAL("099") SUBJECT, SERVICE_CITIZEN_VERIFY, 1, false},
        {"XacMinhThongTinNhanThan",
         USUAL("099") SUBJECT "<dan:Cha><dan:HoVaTen>Nguyễn Văn B</dan:HoVaTen><dan:SoDinhDanh>"
                              "079060912345</dan:SoDinhDanh><dan:SoCMND/></dan:Cha><dan:Con>"
                              "<dan:HoVaTen>C</dan:HoVaTen></dan:Con>",
         SERVICE_RELATIVE_VERIFY, 2, false},
        {"XacMinhThongTinNguoiGiamHo",
         USUAL("099") SUBJECT "<dan:NguoiGiamHo><dan:SoCMND>901234568</dan:SoCMND>"
                              "</dan:NguoiGiamHo>",
         SERVICE_RELATIVE_VERIFY, 1, false},
        {"XacMinhThongTinChuHo",
         USUAL("099") SUBJECT "<dan:ChuHo><dan:HoVaTen>B</dan:HoVaTen></dan:ChuHo>",
         SERVICE_RELATIVE_VERIFY, 1, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct ask *ask = asked(*state, rows[i].operation, rows[i].inside);
        assert_int_equal(ask->service, rows[i].service);
        assert_int_equal(ask->claim_count, rows[i].claims);
        assert_int_equal(ask->fields_granted, rows[i].record);
    }
}

static void claims_are_values_of_the_elements_that_name_them(void **state)
{
    const struct ask *ask = asked(
        *state, "XacThucThongTinCongDan",
        USUAL("033") SUBJECT "<dan:DanToc>01</dan:DanToc><dan:QueQuan><dan:QuocGia>VN</dan:QuocGia>"
                             "</dan:QueQuan>");
    assert_int_equal(ask->claim_count, 3); /* the two, and the name, which is always claimed */
    assert_int_equal(ask->claims[0].what, FIELD_ETHNICITY);
    assert_view(ask->claims[0].value, "\"01\"");
    assert_int_equal(ask->claims[1].what, FIELD_NATIVE_PLACE);
    assert_view(ask->claims[1].member, "country");
    assert_view(ask->claims[1].value, "\"VN\"");
    ask = asked(*state, "XacMinhThongTinNhanThan",
                USUAL("099") SUBJECT "<dan:Me><dan:SoDinhDanh>079160912345</dan:SoDinhDanh>"
                                     "<dan:HoVaTen>Trần Thị \"C\"</dan:HoVaTen></dan:Me>");
    assert_int_equal(ask->claims[0].kind, CLAIM_RELATION);
    assert_view(ask->claims[0].value, "{\"id\":\"079160912345\",\"name\":\"Trần Thị \\\"C\\\"\"}");
    ask = asked(*state, "XacMinhTinhTrangChetMatTich", USUAL("099") SUBJECT);
    assert_int_equal(ask->claims[0].what, FIELD_DEATH_OR_MISSING);
    assert_view(ask->claims[0].value, "null");
}

static void a_case_comes_from_the_first_place_that_has_one(void **state)
{
    struct hands *hands = *state;
    static const struct {
        const char *header;
        const char *element;
        const char *found;
    } rows[] = {
        {"", "", "YC-1"},
        {"<dan:MaHoSo>HS-9</dan:MaHoSo>", "", "HS-9"},
        {"<dan:MaHoSo soapenv:mustUnderstand=\"1\">HS-9</dan:MaHoSo>", "", "HS-9"},
        {"<x:MaHoSo xmlns:x=\"urn:x\">HS-9</x:MaHoSo>", "", "HS-9"},
        {"<dan:MaHoSo>HS-9</dan:MaHoSo>", "<dan:MaHoSo>HS-1/2026</dan:MaHoSo>", "HS-1/2026"},
        {"<dan:MaHoSo>HS-9</dan:MaHoSo>", "<dan:MaHoSo> </dan:MaHoSo>", "HS-9"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char inside[1024];
        snprintf(inside, sizeof(inside), USUAL("037") SUBJECT "%s", rows[i].element);
        put_message(hands, rows[i].header, "TraCuuThongTinCongDan", inside);
        assert_ok(get(hands, buf_view(&hands->message)));
        assert_view(hands->ask.case_ref, rows[i].found);
    }
    put_message(hands, "", "TraCuuThongTinCongDan", USUAL("037") SUBJECT);
    ask_faults_reset(&hands->faults);
    assert_ok(ndxp_ask_get(buf_view(&hands->message), VIEW_LITERAL("MaHoSo"), LANGUAGE_EN,
                           &hands->arena, &hands->ask, &hands->faults, &hands->refused));
    assert_view(hands->ask.case_ref, ""); /* for the core to refuse, which records it */
}

static void the_same_said_in_another_way_has_the_same_hash_and_another_subject_has_not(void **state)
{
    struct hands *hands = *state;
    uint8_t first[32];

    memcpy(first, asked(hands, "TraCuuThongTinCongDan", USUAL("037") SUBJECT)->body_sha256, 32);
    asked(hands, "TraCuuThongTinCongDan", "\n  <!-- again -->" USUAL("037") " " SUBJECT "\n");
    assert_memory_equal(hands->ask.body_sha256, first, 32);
    assert_ok(get(
        hands, VIEW_LITERAL("<e:Envelope xmlns:e='" SOAP11
                            "'><e:Body><TraCuuThongTinCongDan xmlns='" NDXP_ASK_URI
                            "'><MaYeuCau>YC-1</MaYeuCau><MaDVC>1.004222</MaDVC>"
                            "<MaTichHop>037</MaTichHop><MaCanBo>079090900001</MaCanBo><MaDonVi>"
                            "000.00.01.H29</MaDonVi><SoDinhDanh>079090912345</SoDinhDanh>"
                            "<HoVaTen>NGUYENVANA</HoVaTen><NgayThangNamSinh><NgayThangNam>19900102"
                            "</NgayThangNam></NgayThangNamSinh></TraCuuThongTinCongDan></e:Body>"
                            "</e:Envelope>")));
    assert_memory_equal(hands->ask.body_sha256, first, 32);
    asked(hands, "TraCuuThongTinCongDan",
          USUAL("037") "<dan:SoDinhDanh>079090912346</dan:SoDinhDanh><dan:HoVaTen>NGUYENVANA"
                       "</dan:HoVaTen><dan:NgayThangNamSinh><dan:NgayThangNam>19900102"
                       "</dan:NgayThangNam></dan:NgayThangNamSinh>");
    assert_memory_not_equal(hands->ask.body_sha256, first, 32);
    asked(hands, "TraCuuThongTinCongDan", USUAL("037") SUBJECT "<dan:MaHoSo>HS-1</dan:MaHoSo>");
    assert_memory_not_equal(hands->ask.body_sha256, first, 32);
}

/* ---- refusals ---- */

static void what_is_wrong_with_a_message_is_told_by_element(void **state)
{
    static const struct {
        const char *operation;
        const char *inside;
        const char *name;
        const char *reason;
    } rows[] = {
        {"KhongCo", USUAL("037") SUBJECT, "KhongCo", "not an operation"},
        {"TraCuuThongTinCongDan", USUAL("033") SUBJECT, "MaTichHop", "another operation"},
        {"CungCapThongTinCongDan", USUAL("037") SUBJECT, "MaTichHop", "another operation"},
        {"XacThucThongTinCongDan", USUAL("037") SUBJECT, "MaTichHop", "another operation"},
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT "<dan:La>1</dan:La>", "La",
         "not an element"},
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT "<La xmlns=''>1</La>", "La",
         "not an element"},
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT "<x:TaiKhoan xmlns:x='urn:x'>1</x:TaiKhoan>",
         "TaiKhoan", "not an element"},
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT "<dan:GioiTinh>1</dan:GioiTinh>", "GioiTinh",
         "not an element"},
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT "<dan:MaDVC>2</dan:MaDVC>", "MaDVC",
         "twice"},
        {"TraCuuThongTinCongDan", USUAL("037") SUBJECT "<dan:SoCMND>901234567</dan:SoCMND>",
         "TraCuuThongTinCongDan", "exactly one"},
        {"TraCuuThongTinCongDan",
         USUAL("037") "<dan:HoVaTen>A</dan:HoVaTen><dan:NgayThangNamSinh>1990"
                      "</dan:NgayThangNamSinh><dan:SoDinhDanh/>",
         "TraCuuThongTinCongDan", "exactly one"},
        {"TraCuuThongTinCongDan", SUBJECT, "MaYeuCau", "required"},
        {"TraCuuThongTinCongDan", USUAL("") SUBJECT, "MaTichHop", "required"},
        {"TraCuuThongTinCongDan",
         USUAL("037") "<dan:SoDinhDanh>79090912345</dan:SoDinhDanh><dan:HoVaTen>A</dan:HoVaTen>"
                      "<dan:NgayThangNamSinh>1990</dan:NgayThangNamSinh>",
         "SoDinhDanh", "12 digits"},
        {"TraCuuThongTinCongDan",
         USUAL("037") "<dan:SoCMND>90123456x</dan:SoCMND><dan:HoVaTen>A</dan:HoVaTen>"
                      "<dan:NgayThangNamSinh>1990</dan:NgayThangNamSinh>",
         "SoCMND", "9 digits"},
        {"TraCuuThongTinCongDan",
         USUAL("037") "<dan:SoCMND>901234567</dan:SoCMND><dan:HoVaTen>A&#10;B</dan:HoVaTen>"
                      "<dan:NgayThangNamSinh>1990</dan:NgayThangNamSinh>",
         "HoVaTen", "control"},
        {"XacMinhTinhTrangHonNhan", USUAL("099") SUBJECT, "TinhTrangHonNhan", "required"},
        {"XacMinhThongTinChuHo", USUAL("099") SUBJECT, "ChuHo", "required"},
        {"XacMinhTinhTrangHonNhan",
         USUAL("099") SUBJECT "<dan:TinhTrangHonNhan>7</dan:TinhTrangHonNhan>", "TinhTrangHonNhan",
         "not a value"},
        {"XacMinhTinhTrangHonNhan", USUAL("099") SUBJECT "<dan:DanToc>01</dan:DanToc>", "DanToc",
         "not an element"},
        {"XacMinhThongTinNoiOHienTai",
         USUAL("099") SUBJECT "<dan:NoiOHienTai><dan:La>1</dan:La></dan:NoiOHienTai>", "La",
         "not an element"},
        {"XacMinhThongTinNhanThan",
         USUAL("099") SUBJECT "<dan:Cha><dan:HoVaTen>A</dan:HoVaTen><dan:HoVaTen>B</dan:HoVaTen>"
                              "</dan:Cha>",
         "HoVaTen", "twice"},
        {"XacMinhThongTinNhanThan",
         USUAL("099") SUBJECT "<dan:Cha><dan:SoDinhDanh>1</dan:SoDinhDanh></dan:Cha>", "Cha",
         "not a value"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refused(*state, rows[i].operation, rows[i].inside, rows[i].name, rows[i].reason);
    }
}

static void no_other_birth_date_is_taken(void **state)
{
    static const char *const texts[] = {
        "<dan:Nam>90</dan:Nam>",
        "<dan:Nam>19900102</dan:Nam>",
        "<dan:NgayThangNam>19900231</dan:NgayThangNam>",
        "<dan:NgayThangNam>02011990</dan:NgayThangNam>",
        "<dan:Nam>1990</dan:Nam><dan:NgayThangNam>19900102</dan:NgayThangNam>",
        "<dan:La>1990</dan:La>",
        "<Nam xmlns=''>1990</Nam>",
        "02/01/1990",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char inside[1024];
        snprintf(inside, sizeof(inside),
                 USUAL("037") "<dan:SoCMND>901234567</dan:SoCMND><dan:HoVaTen>A</dan:HoVaTen>"
                              "<dan:NgayThangNamSinh>%s</dan:NgayThangNamSinh>",
                 texts[i]);
        refused(*state, "TraCuuThongTinCongDan", inside, "NgayThangNamSinh", "must be Nam");
    }
}

static void what_is_no_message_is_told_with_its_own_code(void **state)
{
    struct hands *hands = *state;
    static const struct {
        const char *text;
        bool envelope;
        enum soap_code code;
    } rows[] = {
        {"", false, 0},
        {"{\"json\":1}", false, 0},
        {"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", false, 0},
        {"<a/>", true, SOAP_CLIENT},
        {"<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><a/></e:Body>"
         "</e:Envelope>",
         true, SOAP_VERSION_MISMATCH},
        {"<e:Envelope xmlns:e='" SOAP11 "'><e:Header><a e:mustUnderstand='1'/></e:Header><e:Body>"
         "<a/></e:Body></e:Envelope>",
         true, SOAP_MUST_UNDERSTAND},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_fault(get(hands, view_text(rows[i].text)), FAULT_BAD_INPUT);
        assert_true(hands->faults.count > 0);
        assert_int_equal(hands->refused.envelope, rows[i].envelope);
        assert_int_equal(hands->refused.code, rows[i].code);
    }
}

static struct outcome get_again(void *context)
{
    struct hands *hands = context;
    return get(hands, buf_view(&hands->message));
}

static void want_of_memory_is_told(void **state)
{
    struct hands *hands = *state;
    put_message(hands, "", "XacMinhThongTinNhanThan",
                USUAL("099") SUBJECT "<dan:Cha><dan:HoVaTen>B</dan:HoVaTen></dan:Cha>");
    assert_true(each_allocation_fails(get_again, hands) > 0);
}

/* ---- faults ---- */

static const struct xml_node *opened(struct hands *hands, struct view text, struct xml_doc *doc)
{
    static const struct xml_limits limits = {1 << 20, 16, 1024, 256};
    static struct arena arena;
    static const struct soap_block blocks[] = {
        {VIEW_LITERAL(NDXP_OWN_URI), VIEW_LITERAL("BienNhan")}};
    struct soap_message message = {0};
    struct soap_fault soap;
    struct xml_fault fault = {0};

    (void)hands;
    if (arena.data == NULL) {
        assert_ok(arena_init(&arena, 4 << 20));
    }
    arena_reset(&arena);
    struct outcome parsed = xml_parse(text, &limits, &arena, doc, &fault);
    if (!outcome_ok(parsed)) {
        fail_msg("%s, line %u: %.*s", fault.reason, fault.line, (int)text.len,
                 (const char *)text.data);
    }
    assert_ok(soap_open(doc, blocks, 1, &message, &soap));
    return message.payload;
}

static const struct xml_node *child(const struct xml_node *parent, const char *name)
{
    const struct xml_node *node = xml_first(parent);
    while (node != NULL && !view_is(node->name, name)) {
        node = xml_next(parent, node);
    }
    return node;
}

static void every_refusal_is_a_fault_with_a_code_of_its_own_but_for_those_in_use(void **state)
{
    struct hands *hands = *state;

    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        struct problem problem = {.code = code, .title = VIEW_LITERAL("a < b")};
        struct xml_doc doc;
        buf_reset(&hands->out);
        ndxp_fault_put(&hands->out, &problem);
        assert_ok(buf_check(&hands->out));
        const struct xml_node *fault = opened(hands, buf_view(&hands->out), &doc);
        assert_true(xml_is(fault, VIEW_LITERAL(SOAP11), "Fault"));
        assert_view(child(fault, "faultstring")->text, "a < b");
        const struct xml_node *told = child(child(fault, "detail"), "Loi");
        assert_view(child(told, "TuChoi")->text, words_name(&words_code, code));
        assert_int_equal(child(told, "MaLoi")->text.len, 3);
        for (enum code other = CODE_BAD_REQUEST; other < code; other++) {
            const char *number = ndxp_fault_number(other);
            if (strcmp(number, ndxp_fault_number(code)) == 0) {
                assert_true(strcmp(number, "005") == 0 || strcmp(number, "150") == 0 ||
                            strcmp(number, "199") == 0);
            }
        }
    }
    assert_string_equal(ndxp_fault_number(CODE_BUSINESS_NOT_GRANTED), "004");
    assert_string_equal(ndxp_fault_number(CODE_OPERATOR_NOT_ALLOWED), "005");
    assert_string_equal(ndxp_fault_number(CODE_ACCOUNT_BLOCKED), "005");
}

static void a_fault_names_the_elements_at_fault_and_keeps_soaps_own_code(void **state)
{
    struct hands *hands = *state;
    struct ndxp_refused refused = {.envelope = true, .code = SOAP_MUST_UNDERSTAND};
    struct problem problem = {.code = CODE_BAD_REQUEST,
                              .name = ndxp_refused_name(&refused),
                              .title = VIEW_LITERAL("t"),
                              .param_count = 1};
    struct xml_doc doc;

    problem.params[0] =
        (struct problem_param){.name = VIEW_LITERAL("MaDVC"), .reason = VIEW_LITERAL("<r>")};
    buf_reset(&hands->out);
    ndxp_fault_put(&hands->out, &problem);
    const struct xml_node *fault = opened(hands, buf_view(&hands->out), &doc);
    assert_view(child(fault, "faultcode")->text, "soapenv:MustUnderstand");
    const struct xml_node *param = child(child(child(fault, "detail"), "Loi"), "ThamSo");
    assert_view(child(param, "Ten")->text, "MaDVC");
    assert_view(child(param, "LyDo")->text, "<r>");
    assert_int_equal(ndxp_fault_status(&problem), 500);
    problem.code = CODE_NOT_FOUND; /* a request, which the parameter names */
    assert_int_equal(ndxp_fault_status(&problem), 500);
    problem.param_count = 0; /* an address */
    assert_int_equal(ndxp_fault_status(&problem), 404);
    problem.code = CODE_TOO_LARGE;
    assert_int_equal(ndxp_fault_status(&problem), 413);
}

/* ---- answers ---- */

static struct answer answer_of(const char *person)
{
    return (struct answer){.code = CODE_DISCLOSED,
                           .person = view_text(person),
                           .notices = VIEW_LITERAL("[\"deceased\"]"),
                           .entry = VIEW_LITERAL("{\"v\":1}"),
                           .checkpoint = VIEW_LITERAL("o\n1\nAAAA\n\n— o BBBB\n"),
                           .opening = {VIEW_LITERAL("WyJh")},
                           .opening_count = 1};
}

static void a_record_stands_in_the_elements_in_use_and_ours_behind_them(void **state)
{
    struct hands *hands = *state;
    struct xml_doc doc;
    struct answer answer = answer_of(
        "{\"birth_date\":\"1990-01-02\",\"full_name\":\"Nguyễn <Văn> A\",\"household\":{\"head\":"
        "{\"cmnd\":null,\"full_name\":\"B\",\"id\":\"079060912345\"},\"members\":[{\"cmnd\":null,"
        "\"full_name\":\"C\",\"id\":\"079060912346\",\"relation_to_head\":\"CH02\"}],\"number\":"
        "\"123\"},\"marital_status\":null,\"permanent_residence\":{\"country\":\"VN\",\"detail\":"
        "\"12 Lê Lợi\",\"district\":null,\"list\":\"2025-07-01\",\"province\":\"79\",\"ward\":"
        "\"26734\"},\"relatives\":[{\"cmnd\":null,\"full_name\":\"D\",\"id\":null,\"nationality\":"
        "\"VN\",\"relation\":\"father\"},{\"cmnd\":null,\"full_name\":\"E\",\"id\":null,"
        "\"nationality\":\"VN\",\"relation\":\"child\"}],\"sex\":\"1\"}");

    asked(hands, "TraCuuThongTinCongDan", USUAL("037") SUBJECT);
    buf_reset(&hands->out);
    assert_ok(ndxp_answer_put(buf_view(&hands->message), &answer, &hands->arena, &hands->out));
    const struct xml_node *collection = opened(hands, buf_view(&hands->out), &doc);
    struct view theirs = VIEW_LITERAL(NDXP_PERSON_URI);
    assert_true(xml_is(collection, theirs, "CongdanCollection"));
    const struct xml_node *person = child(collection, "CongDan");
    assert_view(child(person, "SoDinhDanh")->text, "079090912345");
    assert_null(child(person, "SoCMND"));
    assert_view(child(child(person, "HoVaTen"), "Ten")->text, "Nguyễn <Văn> A");
    assert_view(child(child(person, "HoVaTen"), "Ho")->text, "");
    assert_view(child(person, "GioiTinh")->text, "1");
    assert_view(child(person, "TinhTrangHonNhan")->text, ""); /* granted, and empty */
    assert_null(child(person, "TonGiao"));                    /* not granted */
    assert_view(child(child(person, "NgayThangNamSinh"), "Nam")->text, "1990");
    assert_view(child(child(person, "NgayThangNamSinh"), "NgayThangNam")->text, "19900102");
    const struct xml_node *address = child(person, "ThuongTru");
    assert_view(child(address, "MaTinhThanh")->text, "79");
    assert_view(child(address, "MaQuanHuyen")->text, "");
    assert_view(child(address, "ChiTiet")->text, "12 Lê Lợi");
    assert_view(child(child(person, "Cha"), "HoVaTen")->text, "D");
    assert_view(child(child(person, "ChuHo"), "SoDinhDanh")->text, "079060912345");
    assert_view(child(person, "SoSoHoKhau")->text, "123");
    assert_true(xml_is(child(person, "Con"), VIEW_LITERAL(NDXP_OWN_URI), "Con"));
    assert_view(child(child(person, "ThanhVien"), "QuanHe")->text, "CH02");
    assert_view(child(person, "ThongBao")->text, "deceased");
    const struct xml_node *receipt = xml_first(xml_first(doc.nodes));
    assert_true(xml_is(receipt, VIEW_LITERAL(NDXP_OWN_URI), "BienNhan"));
    buf_reset(&hands->out);
    answer_json_put(&hands->out, &answer); /* the answer as it is, with its receipt */
    assert_true(view_equal(receipt->text, buf_view(&hands->out)));
}

static const char *truth(struct hands *hands, const char *operation, const char *inside,
                         struct answer answer)
{
    static char text[16];
    struct xml_doc doc;

    asked(hands, operation, inside);
    buf_reset(&hands->out);
    assert_ok(ndxp_answer_put(buf_view(&hands->message), &answer, &hands->arena, &hands->out));
    const struct xml_node *result = opened(hands, buf_view(&hands->out), &doc);
    assert_true(xml_is(result, NDXP_ASK_SPACE, "KetQuaXacThuc"));
    struct view told = child(result, "TonTai")->text;
    snprintf(text, sizeof(text), "%.*s", (int)told.len, (const char *)told.data);
    return text;
}

static void yes_and_no_are_told_as_existing_or_not(void **state)
{
    struct hands *hands = *state;
    struct answer yes = answer_of("{\"verified\":true}");
    struct answer no = answer_of("{\"verified\":false}");
    struct answer miss = answer_of("");

    miss.code = CODE_SUBJECT_NOT_AVAILABLE;
    miss.person = miss.notices = view_of(NULL, 0);
    assert_string_equal(truth(hands, "XacThucThongTinCongDan", USUAL("033") SUBJECT, yes), "true");
    assert_string_equal(truth(hands, "XacThucThongTinCongDan", USUAL("033") SUBJECT, no), "false");
    assert_string_equal(truth(hands, "XacThucThongTinCongDan", USUAL("033") SUBJECT, miss),
                        "false");
    /* No death is claimed: that it is not so says that there is one. */
    assert_string_equal(truth(hands, "XacMinhTinhTrangChetMatTich", USUAL("099") SUBJECT, yes),
                        "false");
    assert_string_equal(truth(hands, "XacMinhTinhTrangChetMatTich", USUAL("099") SUBJECT, no),
                        "true");
    assert_string_equal(truth(hands, "XacMinhTinhTrangChetMatTich", USUAL("099") SUBJECT, miss),
                        "false");
    assert_true(ndxp_tells_misses(buf_view(&hands->message), &hands->arena));
    put_message(hands, "", "TraCuuThongTinCongDan", USUAL("037") SUBJECT);
    assert_false(ndxp_tells_misses(buf_view(&hands->message), &hands->arena));
}

/* ---- the WSDL ---- */

static void the_wsdl_names_every_operation_and_is_well_formed(void **state)
{
    struct hands *hands = *state;
    static const struct xml_limits limits = {1 << 20, 16, 4096, 8192};
    static struct arena arena;
    struct xml_fault fault = {0};
    struct xml_doc doc;

    buf_reset(&hands->out);
    ndxp_wsdl_put(&hands->out, VIEW_LITERAL("https://localhost:8443/ndxp/v1"), CASES);
    assert_ok(buf_check(&hands->out));
    assert_ok(arena_init(&arena, 4 << 20));
    struct outcome parsed = xml_parse(buf_view(&hands->out), &limits, &arena, &doc, &fault);
    if (!outcome_ok(parsed)) {
        fail_msg("%s, line %u", fault.reason, fault.line);
    }
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        char want[128];
        snprintf(want, sizeof(want), "soapAction=\"" NDXP_ASK_URI "/%s\"", ndxp_operations[i].name);
        assert_non_null(memmem(hands->out.data, hands->out.len, want, strlen(want)));
    }
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        char want[128];
        snprintf(want, sizeof(want), "soapAction=\"" NDXP_ASK_URI "/%s\"", ndxp_requests[i].name);
        assert_non_null(memmem(hands->out.data, hands->out.len, want, strlen(want)));
    }
    arena_done(&arena);
}

static void names_of_case_elements_are_looked_at_before_they_are_used(void **state)
{
    (void)state;
    assert_true(ndxp_cases_valid(VIEW_LITERAL("MaHoSo")));
    assert_true(ndxp_cases_valid(VIEW_LITERAL("A,B,C,D")));
    assert_false(ndxp_cases_valid(VIEW_LITERAL("")));
    assert_false(ndxp_cases_valid(VIEW_LITERAL("A,,B")));
    assert_false(ndxp_cases_valid(VIEW_LITERAL("A,B,C,D,E")));
    assert_false(ndxp_cases_valid(VIEW_LITERAL("A<B")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_envelope_of_the_systems_in_use_is_an_ask),
        cmocka_unit_test(birth_dates_come_in_three_ways),
        cmocka_unit_test(each_operation_is_a_service),
        cmocka_unit_test(claims_are_values_of_the_elements_that_name_them),
        cmocka_unit_test(a_case_comes_from_the_first_place_that_has_one),
        cmocka_unit_test(
            the_same_said_in_another_way_has_the_same_hash_and_another_subject_has_not),
        cmocka_unit_test(what_is_wrong_with_a_message_is_told_by_element),
        cmocka_unit_test(no_other_birth_date_is_taken),
        cmocka_unit_test(what_is_no_message_is_told_with_its_own_code),
        cmocka_unit_test(want_of_memory_is_told),
        cmocka_unit_test(every_refusal_is_a_fault_with_a_code_of_its_own_but_for_those_in_use),
        cmocka_unit_test(a_fault_names_the_elements_at_fault_and_keeps_soaps_own_code),
        cmocka_unit_test(a_record_stands_in_the_elements_in_use_and_ours_behind_them),
        cmocka_unit_test(yes_and_no_are_told_as_existing_or_not),
        cmocka_unit_test(the_wsdl_names_every_operation_and_is_well_formed),
        cmocka_unit_test(names_of_case_elements_are_looked_at_before_they_are_used),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
