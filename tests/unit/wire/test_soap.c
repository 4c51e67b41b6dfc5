/* The envelope of SOAP 1.1: what is opened, what is refused with which code, what is written. */
#include "../help.h"

#include "wire/soap.h"

#define ARENA_BYTES (64u << 10)
#define SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define ENVELOPE(inside) "<s:Envelope xmlns:s='" SOAP11 "' xmlns:o='urn:o'>" inside "</s:Envelope>"
#define BODY "<s:Body><o:ask>1</o:ask></s:Body>"

static const struct xml_limits usual = {
    .bytes_max = 16384, .depth_max = 8, .nodes_max = 64, .attributes_max = 32};
static const struct soap_block understood[] = {{VIEW_LITERAL("urn:o"), VIEW_LITERAL("case")}};

static int set_up(void **state)
{
    static struct arena arena;
    assert_ok(arena_init(&arena, ARENA_BYTES));
    *state = &arena;
    return 0;
}

static int tear_down(void **state)
{
    arena_done(*state);
    return 0;
}

static struct outcome open_text(void **state, const char *text, struct soap_message *ret_message,
                                struct soap_fault *ret_fault)
{
    struct xml_doc doc;
    struct xml_fault fault;

    arena_reset(*state);
    assert_ok(xml_parse(view_text(text), &usual, *state, &doc, &fault));
    return soap_open(&doc, understood, 1, ret_message, ret_fault);
}

static void a_message_is_opened_down_to_its_one_element(void **state)
{
    static const char *const texts[] = {
        ENVELOPE(BODY),
        ENVELOPE("<s:Header/>" BODY),
        ENVELOPE("<s:Header><o:any/></s:Header>" BODY),
        ENVELOPE("<s:Header><o:any s:mustUnderstand='0'/></s:Header>" BODY),
        ENVELOPE("<s:Header><o:case s:mustUnderstand='1'>HS-1</o:case></s:Header>" BODY),
        ENVELOPE("<s:Header><o:case s:mustUnderstand='true' s:actor='" /* next is whoever reads */
                 "http://schemas.xmlsoap.org/soap/actor/next'/></s:Header>" BODY),
        ENVELOPE("<s:Header><o:any s:mustUnderstand='1' s:actor='urn:other'/></s:Header>" BODY),
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct soap_message message = {0};
        struct soap_fault fault;
        assert_ok(open_text(state, texts[i], &message, &fault));
        assert_true(xml_is(message.payload, VIEW_LITERAL("urn:o"), "ask"));
        assert_int_equal(message.header != NULL, i > 0);
    }
}

static void what_is_no_such_message_is_refused_with_its_code(void **state)
{
    static const struct {
        const char *text;
        enum soap_code code;
    } rows[] = {
        {"<a/>", SOAP_CLIENT},
        {"<Envelope/>", SOAP_VERSION_MISMATCH},
        {"<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body/></e:Envelope>",
         SOAP_VERSION_MISMATCH},
        {ENVELOPE(""), SOAP_CLIENT},
        {ENVELOPE("<s:Header/>"), SOAP_CLIENT},
        {ENVELOPE("<Body><o:ask/></Body>"), SOAP_CLIENT},
        {ENVELOPE("<s:Body/>"), SOAP_CLIENT},
        {ENVELOPE("<s:Body>text</s:Body>"), SOAP_CLIENT},
        {ENVELOPE("<s:Body><o:ask/><o:ask/></s:Body>"), SOAP_CLIENT},
        {ENVELOPE(BODY BODY), SOAP_CLIENT},
        {ENVELOPE(BODY "<o:more/>"), SOAP_CLIENT},
        {ENVELOPE(BODY "<s:Header/>"), SOAP_CLIENT},
        {ENVELOPE("<s:Header/><s:Header/>" BODY), SOAP_CLIENT},
        {ENVELOPE("<o:first/>" BODY), SOAP_CLIENT},
        {ENVELOPE("<s:Header><o:any s:mustUnderstand='1'/></s:Header>" BODY), SOAP_MUST_UNDERSTAND},
        {ENVELOPE("<s:Header><o:any s:mustUnderstand='true'/></s:Header>" BODY),
         SOAP_MUST_UNDERSTAND},
        {ENVELOPE("<s:Header><case s:mustUnderstand='1'/></s:Header>" BODY), SOAP_MUST_UNDERSTAND},
        {ENVELOPE("<s:Header><o:any s:mustUnderstand='yes'/></s:Header>" BODY), SOAP_CLIENT},
        {ENVELOPE("<s:Header><o:any s:mustUnderstand=''/></s:Header>" BODY), SOAP_CLIENT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct soap_message message = {0};
        struct soap_fault fault = {.code = SOAP_CODE_COUNT};
        assert_fault(open_text(state, rows[i].text, &message, &fault), FAULT_BAD_INPUT);
        if (fault.code != rows[i].code) {
            fail_msg("%s: %d, not %d (%s)", rows[i].text, fault.code, rows[i].code, fault.reason);
        }
        assert_null(message.payload);
    }
}

static void a_fault_that_is_written_is_a_message_again(void **state)
{
    BUF_AUTO buf;
    struct soap_message message = {0};
    struct soap_fault fault;

    buf_init(&buf, 4096);
    soap_put_start(&buf);
    soap_put_body(&buf);
    soap_put_fault_start(&buf, SOAP_MUST_UNDERSTAND, VIEW_LITERAL("a < b"));
    buf_put_text(&buf, "<d xmlns=\"urn:d\"/>");
    soap_put_fault_end(&buf);
    soap_put_end(&buf);
    buf_put_u8(&buf, 0);
    assert_ok(open_text(state, (const char *)buf.data, &message, &fault));
    assert_true(xml_is(message.payload, VIEW_LITERAL(SOAP11), "Fault"));
    const struct xml_node *code = xml_first(message.payload);
    assert_true(xml_is(code, view_of(NULL, 0), "faultcode"));
    assert_view(code->text, "soapenv:MustUnderstand");
    const struct xml_node *text = xml_next(message.payload, code);
    assert_view(text->text, "a < b");
    const struct xml_node *detail = xml_next(message.payload, text);
    assert_true(xml_is(detail, view_of(NULL, 0), "detail"));
    assert_int_equal(detail->count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_opened_down_to_its_one_element),
        cmocka_unit_test(what_is_no_such_message_is_refused_with_its_code),
        cmocka_unit_test(a_fault_that_is_written_is_a_message_again),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
