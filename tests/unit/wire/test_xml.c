/* Reading XML: what a message may hold, what is never shown to the library, ceilings, memory that
 * runs out; and escaping that reads back as what was written. */
#include "../help.h"

#include "wire/xml.h"

#include <libxml/parser.h>
#include <sys/resource.h>

#define ARENA_BYTES (256u << 10)
#define BIG_BYTES (1u << 20)

static const struct xml_limits usual = {
    .bytes_max = 16384, .depth_max = 8, .nodes_max = 64, .attributes_max = 32};

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

static struct outcome parse(void **state, struct view text, struct xml_doc *ret_doc,
                            struct xml_fault *ret_fault)
{
    arena_reset(*state);
    *ret_fault = (struct xml_fault){0};
    return xml_parse(text, &usual, *state, ret_doc, ret_fault);
}

static const struct xml_doc *doc_of(void **state, const char *text)
{
    static struct xml_doc doc;
    struct xml_fault fault;
    struct outcome outcome = parse(state, view_text(text), &doc, &fault);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: %s, line %u", text, fault.reason, fault.line);
    }
    return &doc;
}

static void refused(void **state, struct view text, enum fault kind, const char *reason)
{
    struct xml_doc doc = {0};
    struct xml_fault fault;
    struct outcome outcome = parse(state, text, &doc, &fault);
    if (outcome.fault != kind || strstr(fault.reason, reason) == NULL) {
        fail_msg("%.*s: %s (%s), not %s (%s)", (int)(text.len > 200 ? 200 : text.len),
                 (const char *)text.data, outcome_word(outcome.fault), fault.reason,
                 outcome_word(kind), reason);
    }
    assert_null(doc.nodes);
}

static void elements_have_names_namespaces_and_texts_in_the_order_of_the_text(void **state)
{
    const struct xml_doc *doc =
        doc_of(state, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                      "<!-- <a> --><e:a xmlns:e='urn:e' xmlns='urn:d'>\n <b>1 &lt;2&#x20;</b>"
                      "<e:c/>\t<d xmlns=''><![CDATA[ <x> ]]></d></e:a>\n");
    const struct xml_node *root = doc->nodes;

    assert_int_equal(doc->count, 4);
    assert_true(xml_is(root, VIEW_LITERAL("urn:e"), "a"));
    assert_int_equal(root->count, 3);
    assert_int_equal(root->span, 4);
    assert_view(root->text, "");
    const struct xml_node *b = xml_first(root);
    assert_true(xml_is(b, VIEW_LITERAL("urn:d"), "b"));
    assert_view(b->text, "1 <2 ");
    const struct xml_node *c = xml_next(root, b);
    assert_true(xml_is(c, VIEW_LITERAL("urn:e"), "c"));
    assert_null(xml_first(c));
    const struct xml_node *d = xml_next(root, c);
    assert_true(xml_is(d, view_of(NULL, 0), "d"));
    assert_view(d->text, " <x> ");
    assert_null(xml_next(root, d));
}

static void text_in_pieces_is_one_text(void **state)
{
    const struct xml_doc *doc =
        doc_of(state, "<a>Nguy<!-- c -->ễn <![CDATA[V]]>&#x103;n<!----> A</a>");

    assert_view(doc->nodes[0].text, "Nguyễn Văn A");
}

static void attributes_are_found_by_name_and_namespace(void **state)
{
    const struct xml_doc *doc = doc_of(
        state, "<a xmlns:s='urn:s' must='0' s:must='&quot;1&amp;' xml:lang='vi'><b x='y'/></a>");
    const struct xml_node *root = doc->nodes;

    assert_int_equal(root->attribute_count, 3);
    assert_view(xml_attribute(doc, root, view_of(NULL, 0), "must"), "0");
    assert_view(xml_attribute(doc, root, VIEW_LITERAL("urn:s"), "must"), "\"1&");
    assert_view(
        xml_attribute(doc, root, VIEW_LITERAL("http://www.w3.org/XML/1998/namespace"), "lang"),
        "vi");
    assert_null(xml_attribute(doc, root, view_of(NULL, 0), "x").data);
    assert_view(xml_attribute(doc, xml_first(root), view_of(NULL, 0), "x"), "y");
}

static void a_byte_order_mark_of_utf_8_is_passed_over(void **state)
{
    assert_view(doc_of(state, "\xef\xbb\xbf<?xml version='1.0'?><a>b</a>")->nodes[0].text, "b");
}

static void what_makes_xml_dangerous_never_reaches_the_library(void **state)
{
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"<!DOCTYPE a [<!ENTITY x 'yyyy'>]><a>&x;</a>", "document type"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "document type"},
        {"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/'>%p;]><a/>",
         "document type"},
        {"<!DOCTYPE a [<!ENTITY a '&b;&b;'><!ENTITY b '&c;&c;'><!ENTITY c 'ha'>]><a>&a;</a>",
         "document type"},
        {"<!doctype a><a/>", "document type"},
        {"<a><!ELEMENT b ANY></a>", "document type"},
        {"<a><![CDATA[<!DOCTYPE]]></a>", "document type"},
        {"<a><?php echo 1?></a>", "processing instruction"},
        {"<?xml-stylesheet href='x'?><a/>", "processing instruction"},
        {" <?xml version='1.0'?><a/>", "processing instruction"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refused(state, view_text(rows[i].text), FAULT_BAD_INPUT, rows[i].reason);
    }
}

static void nothing_but_utf_8_is_read_whatever_is_declared(void **state)
{
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "encoding"},
        {"<?xml version='1.0' encoding=\"UTF-7\"?><a>+ADw-</a>", "encoding"},
        {"<?xml version='1.0' encoding = 'utf-16'?><a/>", "encoding"},
        {"<?xml version='1.0' encoding?><a/>", "well-formed"},
        {"<?xml version='1.0' encoding=?><a/>", "encoding"},
        {"<?xml version='1.0' encoding='UTF-8", "well-formed"},
        {"<a>\xc3(</a>", "not UTF-8"},
        {"<a>\xed\xa0\x80</a>", "not UTF-8"},
        {"\xff\xfe<\0a\0/\0>\0", "not UTF-8"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refused(state, view_text(rows[i].text), FAULT_BAD_INPUT, rows[i].reason);
    }
    refused(state, VIEW_LITERAL("<\0a\0/\0>\0"), FAULT_BAD_INPUT, "well-formed");
    refused(state, VIEW_LITERAL("\0<\0a\0/\0>"), FAULT_BAD_INPUT, "well-formed");
}

static void what_is_not_well_formed_is_refused_even_at_its_last_byte(void **state)
{
    static const char *const texts[] = {
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "x",
        "<a b='1' b='2'/>",
        "<a b=1/>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xffff;</a>",
        "<a>\x01</a>",
        "<a>]]></a>",
        "<a b='<'/>",
        "<1/>",
        "<a><b></a></b>",
        "<a/><!-- -- -->",
        "<a/><",
        "< a/>",
        "<?xml version='9'?>",
        "<a xmlns:p=''/>",
        "<a xmlns:x='urn:x' xmlns:y='urn:x' x:b='' y:b=''/>",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct xml_doc doc = {0};
        struct xml_fault fault;
        assert_fault(parse(state, view_text(texts[i]), &doc, &fault), FAULT_BAD_INPUT);
        assert_true(fault.reason != NULL);
    }
    refused(state, VIEW_LITERAL(""), FAULT_BAD_INPUT, "empty");
    refused(state, VIEW_LITERAL("  \n"), FAULT_BAD_INPUT, "well-formed");
}

/* The library reports them and reads on. */
static void a_prefix_that_is_not_declared_is_refused(void **state)
{
    refused(state, VIEW_LITERAL("<p:a/>"), FAULT_BAD_INPUT, "prefix");
    refused(state, VIEW_LITERAL("<a p:b='1'/>"), FAULT_BAD_INPUT, "prefix");
    refused(state, VIEW_LITERAL("<a><b xmlns:p='urn:p'/><p:c/></a>"), FAULT_BAD_INPUT, "prefix");
    refused(state, VIEW_LITERAL("<a:b:c xmlns:a='urn:a'/>"), FAULT_BAD_INPUT, "prefix");
}

static void text_beside_elements_is_refused(void **state)
{
    refused(state, VIEW_LITERAL("<a>x<b/></a>"), FAULT_BAD_INPUT, "beside");
    refused(state, VIEW_LITERAL("<a><b/>x</a>"), FAULT_BAD_INPUT, "beside");
    refused(state, VIEW_LITERAL("<a> <b/><![CDATA[x]]> </a>"), FAULT_BAD_INPUT, "beside");
    assert_int_equal(doc_of(state, "<a> <b/> <c/>\n</a>")->nodes[0].count, 2);
}

static void put_many(struct buf *buf, const char *text, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        buf_put_text(buf, text);
    }
}

static void every_ceiling_is_a_fault_of_its_own(void **state)
{
    BUF_AUTO buf;

    buf_init(&buf, BIG_BYTES);
    put_many(&buf, "<a>", usual.depth_max);
    put_many(&buf, "</a>", usual.depth_max);
    doc_of(state, (buf_put_u8(&buf, 0), (const char *)buf.data));
    buf_reset(&buf);
    put_many(&buf, "<a>", usual.depth_max + 1);
    put_many(&buf, "</a>", usual.depth_max + 1);
    refused(state, buf_view(&buf), FAULT_OVER_LIMIT, "deep");
    buf_reset(&buf);
    put_many(&buf, "<a>", 5000); /* beyond the library's own, too */
    refused(state, buf_view(&buf), FAULT_OVER_LIMIT, "deep");
    buf_reset(&buf);
    buf_put_text(&buf, "<a>");
    put_many(&buf, "<b/>", usual.nodes_max);
    buf_put_text(&buf, "</a>");
    refused(state, buf_view(&buf), FAULT_OVER_LIMIT, "too many elements");
    buf_reset(&buf);
    buf_put_text(&buf, "<a");
    for (unsigned i = 0; i <= usual.attributes_max; i++) {
        buf_printf(&buf, " b%u=''", i);
    }
    buf_put_text(&buf, "/>");
    refused(state, buf_view(&buf), FAULT_OVER_LIMIT, "attributes");
    buf_reset(&buf);
    buf_put_text(&buf, "<a>");
    for (unsigned i = 0; i <= XML_SPACES_MAX; i++) {
        buf_printf(&buf, "<b xmlns='urn:%u'/>", i);
    }
    buf_put_text(&buf, "</a>");
    refused(state, buf_view(&buf), FAULT_OVER_LIMIT, "namespaces");
    buf_reset(&buf);
    buf_put_text(&buf, "<a>");
    put_many(&buf, "x", (unsigned)usual.bytes_max);
    buf_put_text(&buf, "</a>");
    refused(state, buf_view(&buf), FAULT_OVER_LIMIT, "too long");
}

/* One attribute as long as the message may be is kept once. */
static void a_huge_attribute_and_a_long_namespace_on_many_elements_take_little(void **state)
{
    BUF_AUTO buf;

    buf_init(&buf, BIG_BYTES);
    buf_put_text(&buf, "<a b='");
    put_many(&buf, "x", 16000);
    buf_put_text(&buf, "'/>");
    buf_put_u8(&buf, 0);
    assert_int_equal(doc_of(state, (const char *)buf.data)->attributes[0].value.len, 16000);
    buf_reset(&buf);
    buf_put_text(&buf, "<a xmlns='urn:");
    put_many(&buf, "x", 8000);
    buf_put_text(&buf, "'>");
    put_many(&buf, "<b/>", usual.nodes_max - 1);
    buf_put_text(&buf, "</a>");
    buf_put_u8(&buf, 0);
    doc_of(state, (const char *)buf.data);
    struct arena *arena = *state;
    assert_true(arena->used <= XML_ARENA_BYTES(buf.len, usual.nodes_max, usual.attributes_max));
}

static void an_arena_that_is_too_small_is_over_the_limit(void **state)
{
    struct arena small;
    struct xml_doc doc;
    struct xml_fault fault;

    (void)state;
    assert_ok(arena_init(&small, 4096));
    assert_fault(xml_parse(VIEW_LITERAL("<a/>"), &usual, &small, &doc, &fault), FAULT_OVER_LIMIT);
    arena_done(&small);
}

/* ---- memory that runs out, in the library ---- */

static long fail_at; /* the nth allocation from now on; 0 = none */

static bool fails(void)
{
    return fail_at > 0 && --fail_at == 0;
}

static void *give(size_t bytes)
{
    return fails() ? NULL : malloc(bytes);
}

static void *give_again(void *block, size_t bytes)
{
    return fails() ? NULL : realloc(block, bytes);
}

static char *give_copy(const char *text)
{
    return fails() ? NULL : strdup(text);
}

static void memory_that_runs_out_is_never_a_tree_that_lacks_something(void **state)
{
    static const char text[] =
        "<e:a xmlns:e='urn:e' xmlns='urn:d' k='v&amp;w'>\n <b>1 &lt;2</b><!-- c -->"
        "<e:c l='a rather long value of an attribute'/></e:a>";
    struct xml_doc doc = {0};
    struct xml_fault fault;
    long nth = 0;
    FILE *told = tmpfile();
    int usual_errors = dup(STDERR_FILENO);

    assert_true(told != NULL && usual_errors >= 0);
    assert_int_equal(dup2(fileno(told), STDERR_FILENO), STDERR_FILENO);
    do {
        nth++;
        assert_true(nth < 10000);
        doc = (struct xml_doc){0};
        fail_at = nth;
        struct outcome outcome = parse(state, view_text(text), &doc, &fault);
        if (outcome_ok(outcome)) {
            assert_int_equal(doc.count, 3);
            assert_view(doc.nodes[1].text, "1 <2");
            assert_int_equal(doc.nodes[0].attribute_count, 1);
            assert_view(doc.attributes[0].value, "v&w");
            assert_view(doc.attributes[1].value, "a rather long value of an attribute");
        } else {
            assert_true(outcome.fault == FAULT_NO_MEMORY || outcome.fault == FAULT_BAD_INPUT);
        }
    } while (fail_at == 0);
    fail_at = 0;
    assert_int_equal(dup2(usual_errors, STDERR_FILENO), STDERR_FILENO);
    close(usual_errors);
    assert_true(nth > 20);
    fseek(told, 0, SEEK_END);
    assert_int_equal(ftell(told), 0); /* the library would show the line that it was reading */
    fclose(told);
}

/* ---- writing ---- */

static void what_is_written_is_read_back_as_it_was(void **state)
{
    static const char text[] = "<&>\"' \t\n\r Đỗ Thị ễ \xf0\x9f\x98\x80 ]]>";
    BUF_AUTO buf;

    buf_init(&buf, 4096);
    buf_put_text(&buf, "<a>");
    xml_put_text(&buf, view_text(text));
    buf_put_text(&buf, "</a>");
    buf_put_u8(&buf, 0);
    const struct xml_doc *doc = doc_of(state, (const char *)buf.data);
    assert_view(doc->nodes[0].text, text);
}

static void what_no_xml_can_hold_is_replaced(void **state)
{
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, 4096);
    xml_put_text(&buf,
                 VIEW_LITERAL("a\x01\x00\x1f\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd\xef\xbc\xa1z"));
    assert_true(
        view_equal(buf_view(&buf), VIEW_LITERAL("a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbc\xa1z")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_have_names_namespaces_and_texts_in_the_order_of_the_text),
        cmocka_unit_test(text_in_pieces_is_one_text),
        cmocka_unit_test(attributes_are_found_by_name_and_namespace),
        cmocka_unit_test(a_byte_order_mark_of_utf_8_is_passed_over),
        cmocka_unit_test(what_makes_xml_dangerous_never_reaches_the_library),
        cmocka_unit_test(nothing_but_utf_8_is_read_whatever_is_declared),
        cmocka_unit_test(what_is_not_well_formed_is_refused_even_at_its_last_byte),
        cmocka_unit_test(a_prefix_that_is_not_declared_is_refused),
        cmocka_unit_test(text_beside_elements_is_refused),
        cmocka_unit_test(every_ceiling_is_a_fault_of_its_own),
        cmocka_unit_test(a_huge_attribute_and_a_long_namespace_on_many_elements_take_little),
        cmocka_unit_test(an_arena_that_is_too_small_is_over_the_limit),
        cmocka_unit_test(memory_that_runs_out_is_never_a_tree_that_lacks_something),
        cmocka_unit_test(what_is_written_is_read_back_as_it_was),
        cmocka_unit_test(what_no_xml_can_hold_is_replaced),
    };

    /* Before the library allocates anything. */
    if (xmlMemSetup(free, give, give_again, give_copy) != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
