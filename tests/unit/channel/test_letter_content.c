/* The content of a letter: what is off is refused with its place and without its text. */
#include "letters.h"

#include "channel/letter/content.h"

static struct arena arena;

static struct outcome read_bytes(const struct buf *bytes, struct content *ret_content,
                                 struct content_fault *ret_fault)
{
    arena_reset(&arena);
    return content_read(buf_view(bytes), &arena, ret_content, ret_fault);
}

static void refused(const char *file, const char *from, const char *to, const char *why)
{
    struct content content;
    struct content_fault fault = {""};
    struct buf bytes;
    letters_read(SOURCE_DIR "/tests/letters", file, &bytes);
    letters_replace(&bytes, from, to);
    assert_fault(read_bytes(&bytes, &content, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.why, why);
    buf_done(&bytes);
}

static void every_sample_is_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LETTER_KIND_COUNT; i++) {
        struct content content;
        struct content_fault fault;
        struct buf bytes;
        char name[32];
        snprintf(name, sizeof(name), "%s.json", words_name(&words_letter_kind, i));
        letters_read(SOURCE_DIR "/tests/letters", name, &bytes);
        assert_ok(read_bytes(&bytes, &content, &fault));
        assert_int_equal(content.kind, i);
        assert_int_equal(content.day.day, 4);
        assert_true(content.time_s == 1793759400); /* 02:30 UTC */
        assert_view(content.parts[PART_OFFICE_PLACE]->text, "Hà Nội");
        buf_done(&bytes);
    }
}

static void a_text_that_is_not_drawn_as_it_is_written_is_refused(void **state)
{
    static const char hidden[] = "/to/name: a control, formatting, private or unassigned character";
    (void)state;
    refused("slip.json", "Văn phòng công", "\xe2\x80\xaeVăn phòng", hidden); /* U+202E */
    refused("slip.json", "Văn phòng công", "\\u0007", hidden);
    refused("slip.json", "Văn phòng công", "\\u200d", hidden);
    refused("slip.json", "Văn phòng công", "\\ue000", hidden);
    refused("slip.json", "Văn phòng công", "\\n", hidden);
    refused("slip.json", "Văn phòng công", "\\u2028", hidden);
    refused("slip.json", "Văn phòng công", "Va\\u0306n", "/to/name: not in Unicode normal form C");
    refused("slip.json", "Văn phòng công", " Văn", "/to/name: space where none belongs");
    refused("slip.json", "Văn phòng công chứng Hoa Sen", "", "/to/name: empty text");
}

static void a_member_too_many_or_too_few_is_refused(void **state)
{
    (void)state;
    refused("slip.json", "\"place\": \"Hà Nội\"", "\"place\": \"Hà Nội\", \"x\": 1",
            "/office: a member that does not belong there");
    refused("slip.json", "\"fee\": 30000,", "", "/matter: member `fee` is missing");
    refused("slip.json", "\"kind\": \"slip\"", "\"kind\": \"grant\"",
            "/matter: a member that does not belong there");
    refused("slip.json", "\"kind\": \"slip\"", "\"kind\": \"love\"", "/kind: no kind of letters");
    refused("slip.json", "\"v\": 1", "\"v\": 2", "/v: not a version that is known here");
    refused("result.json", "\"sex\"", "\"x\"",
            "/matter/person: a field that the register does not have");
    refused("grant.json", "\"sex\"", "\"x\"", "/matter/fields/2: unknown word");
    refused("grant.json", "citizen.lookup", "citizen.watch", "/matter/service: unknown word");
}

static void a_value_of_no_meaning_is_refused(void **state)
{
    (void)state;
    refused("slip.json", "+07:00", "+08:00", "/time: not a time at +07:00");
    refused("slip.json", "2026-11-04T", "2026-02-30T", "/time: not a time at +07:00");
    refused("slip.json", "2026-11-06", "2026-13-06", "/matter/due: not a date");
    refused("slip.json", "30000", "-1", "/matter/fee: below zero");
    refused("slip.json", "https://localhost:8444/letters?", "https://ở/?",
            "/verify/url: not visible ASCII");
    refused("slip.json", "\"Như trên\"", "7", "/recipients/0: not a text");
}

static void what_has_no_end_is_refused(void **state)
{
    struct content content;
    struct content_fault fault;
    struct buf bytes;
    char *list = memory_new(200000, 1);
    (void)state;
    /* a thousand recipients; a thousand fields; a name of 5,000 letters; a text that is too long */
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(list + i * 5, i < 999 ? "\"x\", " : "\"x\"  ", 5);
    }
    letters_read(SOURCE_DIR "/tests/letters", "slip.json", &bytes);
    letters_replace(&bytes, "\"Như trên\"", list);
    assert_fault(read_bytes(&bytes, &content, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.why, "/recipients: too many items");
    buf_done(&bytes);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(list + i * 12, 13, "\"f%05u\":1,  ", i);
    }
    letters_read(SOURCE_DIR "/tests/letters", "result.json", &bytes);
    letters_replace(&bytes, "\"sex\"", list);
    assert_fault(read_bytes(&bytes, &content, &fault), FAULT_BAD_INPUT);
    buf_done(&bytes);
    memset(list, 'a', LETTER_TEXT_BYTES_MAX + 1);
    list[LETTER_TEXT_BYTES_MAX + 1] = '\0';
    refused("slip.json", "Văn phòng công chứng Hoa Sen", list, "/to/name: text too long");
    memset(list, ' ', LETTER_CONTENT_BYTES_MAX + 1);
    assert_fault(
        content_read(view_of(list, LETTER_CONTENT_BYTES_MAX + 1), &arena, &content, &fault),
        FAULT_BAD_INPUT);
    memory_free(list);
}

static void what_is_not_json_is_refused_everywhere_it_is_cut(void **state)
{
    struct content content;
    struct content_fault fault;
    struct buf bytes;
    (void)state;
    letters_read(SOURCE_DIR "/tests/letters", "refusal.json", &bytes);
    for (size_t len = 0; len + 2 < bytes.len; len += 3) {
        arena_reset(&arena);
        assert_fault(content_read(view_of(bytes.data, len), &arena, &content, &fault),
                     FAULT_BAD_INPUT);
        assert_true(fault.why[0] != '\0');
    }
    buf_done(&bytes);
}

static int arena_make(void **state)
{
    (void)state;
    return outcome_ok(arena_init(&arena, CONTENT_ARENA_BYTES)) ? 0 : -1;
}

static int arena_drop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_is_read),
        cmocka_unit_test(a_text_that_is_not_drawn_as_it_is_written_is_refused),
        cmocka_unit_test(a_member_too_many_or_too_few_is_refused),
        cmocka_unit_test(a_value_of_no_meaning_is_refused),
        cmocka_unit_test(what_has_no_end_is_refused),
        cmocka_unit_test(what_is_not_json_is_refused_everywhere_it_is_cut),
    };
    return cmocka_run_group_tests_name("channel/letter_content", tests, arena_make, arena_drop);
}
