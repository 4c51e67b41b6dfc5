/*
 * What the worker tells about the scrub comes back as it was, and nothing else does.
 */
#include "../help.h"

#include "proc/scrub.h"

static struct scrub_status full_status(void)
{
    struct scrub_status status = {
        .part = SCRUB_PART_REGISTRY,
        .progress_ppm = 333333,
        .passes = 7,
        .begun_us = INT64_C(1700000000000000),
        .ended_us = INT64_C(1700000001000000),
        .looked = UINT64_C(1) << 40,
        .found = 2,
        .found_before = 1,
        .place_count = 2,
        .places = {"registry.db: person 17: record does not open", "tile/0/000: hash 3 differs"},
    };
    return status;
}

static void a_status_comes_back_as_it_was(void **state)
{
    struct scrub_status status = full_status();
    struct scrub_status read = {.place_count = 9};
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, 65536);
    scrub_put_status(&status, &buf);
    assert_ok(buf_check(&buf));
    assert_ok(scrub_get_status(buf_view(&buf), status.place_count, &read));
    assert_memory_equal(&read, &status, sizeof(status));
}

static void a_status_cut_short_or_with_another_count_is_refused(void **state)
{
    struct scrub_status status = full_status();
    struct scrub_status read;
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, 65536);
    scrub_put_status(&status, &buf);
    struct view whole = buf_view(&buf);
    for (size_t len = 0; len < whole.len; len++) {
        assert_fault(scrub_get_status(view_part(whole, 0, len), 2, &read), FAULT_BAD_INPUT);
    }
    assert_fault(scrub_get_status(whole, 1, &read), FAULT_BAD_INPUT);
    assert_fault(scrub_get_status(whole, 3, &read), FAULT_BAD_INPUT);
    assert_fault(scrub_get_status(whole, SCRUB_PLACES_MAX + 1, &read), FAULT_BAD_INPUT);
}

/* One byte of the payload set to a value; FAULT_BAD_INPUT is expected. */
static void assert_refused_with(size_t at, uint8_t value)
{
    struct scrub_status status = full_status();
    struct scrub_status read;
    BUF_AUTO buf;

    buf_init(&buf, 65536);
    scrub_put_status(&status, &buf);
    buf.data[at] = value;
    assert_fault(scrub_get_status(buf_view(&buf), 2, &read), FAULT_BAD_INPUT);
}

static void an_unknown_part_more_than_a_pass_or_a_place_that_is_no_text_is_refused(void **state)
{
    (void)state;
    assert_refused_with(0, SCRUB_PART_COUNT);
    assert_refused_with(1, 0x7f);  /* progress */
    assert_refused_with(13, 0x80); /* begun */
    assert_refused_with(21, 0x80); /* ended */
    size_t place = 1 + 4 + 6 * 8 + 2;
    assert_refused_with(place, '\n');
    assert_refused_with(place, 0);
    assert_refused_with(place, '"');
    assert_refused_with(place, '\\');
    assert_refused_with(place, 0x80);
}

static void a_place_that_is_empty_or_too_long_is_refused(void **state)
{
    struct scrub_status status = {.part = SCRUB_PART_NONE};
    struct scrub_status read;

    (void)state;
    for (size_t len = 0; len <= SCRUB_PLACE_BYTES_MAX + 1; len += SCRUB_PLACE_BYTES_MAX + 1) {
        BUF_AUTO buf;
        buf_init(&buf, 65536);
        scrub_put_status(&status, &buf);
        buf_put_u16(&buf, (uint16_t)len);
        for (size_t i = 0; i < len; i++) {
            buf_put_u8(&buf, 'x');
        }
        assert_fault(scrub_get_status(buf_view(&buf), 1, &read), FAULT_BAD_INPUT);
    }
}

static void every_part_has_its_own_word(void **state)
{
    (void)state;
    for (unsigned part = 0; part < SCRUB_PART_COUNT; part++) {
        for (unsigned other = 0; other < part; other++) {
            assert_string_not_equal(scrub_part_word((enum scrub_part)part),
                                    scrub_part_word((enum scrub_part)other));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_comes_back_as_it_was),
        cmocka_unit_test(a_status_cut_short_or_with_another_count_is_refused),
        cmocka_unit_test(an_unknown_part_more_than_a_pass_or_a_place_that_is_no_text_is_refused),
        cmocka_unit_test(a_place_that_is_empty_or_too_long_is_refused),
        cmocka_unit_test(every_part_has_its_own_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
