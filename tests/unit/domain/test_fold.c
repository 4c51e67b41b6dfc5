/* Folding of names: what is alike, what is not, and that tables and library never differ. */
#include "help.h"

#include "domain/country.h"
#include "domain/fold.h"

#include "base/ceilings.h"

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#define RANDOM_NAMES 20000

static struct outcome fold(struct view name, struct buf *buf)
{
    buf_reset(buf);
    return country_fold_name(name, buf);
}

static void assert_folds(const char *name, const char *expected)
{
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    assert_ok(fold(view_text(name), &buf));
    assert_view(buf_view(&buf), expected);
}

static void names_in_use_fold_to_capitals_without_accents(void **state)
{
    (void)state;
    assert_folds("Nguyễn Văn An", "NGUYENVANAN");
    assert_folds("nguyễn  văn\u00a0an", "NGUYENVANAN");
    assert_folds("ĐẶNG ĐỨC ĐỊNH", "DANGDUCDINH");
    assert_folds("Ðặng ðức Ɖịnh", "DANGDUCDINH"); /* three letters that look the same */
    assert_folds("Nguyễn Thị Hoà", "NGUYENTHIHOA");
    assert_folds("Nguyễn Thị Hòa", "NGUYENTHIHOA");
    assert_folds("Nguye\u0302\u0303n Thi\u0323 Hoa\u0300", "NGUYENTHIHOA");
    assert_folds("Trần Thuý", "TRANTHUY");
    assert_folds("ƯƠNG ướng", "UONGUONG");
}

static void names_of_minorities_keep_their_apostrophe_whichever_was_typed(void **state)
{
    (void)state;
    static const char *const names[] = {"H'Hen Niê",      "H’Hen Niê", "H‘Hen Niê", "H`Hen Niê",
                                        "H\u02bcHen Niê", "H´Hen Niê", "h'hen nie"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_folds(names[i], "H'HENNIE");
    }
    assert_folds("Y Bhăm Êñuôl", "YBHAMENUOL");
    assert_folds("Đăm Ƀŏ Krông Pă Ksơr", "DAMBOKRONGPAKSOR");
}

static void names_from_elsewhere_fold_too(void **state)
{
    (void)state;
    assert_folds("Jürgen Groß", "JURGENGROSS");
    assert_folds("Søren Ærø Łukasz", "SORENAEROLUKASZ");
    assert_folds("Jean\u2010Luc O’Brien-Smith", "JEAN-LUCO'BRIEN-SMITH");
    assert_folds("иван Ёлкин", "ИВАНЕЛКИН");
    assert_folds("王小明", "王小明");
    assert_folds("김철수", "\u1100\u1175\u11b7\u110e\u1165\u11af\u1109\u116e"); /* jamo */
    assert_folds("ᾳ", "ΑΙ");
    assert_folds("\u212bngström", "ANGSTROM");
    assert_folds("ﬃ", "FFI");
}

static void different_names_stay_different(void **state)
{
    (void)state;
    BUF_AUTO one;
    BUF_AUTO other;
    buf_init(&one, 4096);
    buf_init(&other, 4096);
    assert_ok(fold(VIEW_LITERAL("Nguyễn Văn An"), &one));
    assert_ok(fold(VIEW_LITERAL("Nguyễn Văn Ân B"), &other));
    assert_false(view_equal(buf_view(&one), buf_view(&other)));
    assert_ok(fold(VIEW_LITERAL("HHen"), &one));
    assert_ok(fold(VIEW_LITERAL("H'Hen"), &other));
    assert_false(view_equal(buf_view(&one), buf_view(&other)));
}

static void what_is_no_name_is_refused_and_nothing_is_appended(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        " ",
                                        "\u0300",
                                        "\u200b",
                                        "a\nb",
                                        "a\x7f",
                                        "a\xc2\x85!",
                                        "a\u2028",
                                        "\xff",
                                        "a\xc3",
                                        "\xed\xa0\x80",
                                        "\xc0\xaf",
                                        "\u00ad\u0301 \u3000"};
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_fault(fold(view_text(names[i]), &buf), FAULT_BAD_INPUT);
        assert_int_equal(buf.len, 0);
    }
    assert_fault(fold(VIEW_LITERAL("a\0b"), &buf), FAULT_BAD_INPUT);
}

static void a_name_over_its_ceiling_is_refused(void **state)
{
    (void)state;
    char name[ASK_NAME_BYTES_MAX + 1];
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    memset(name, 'a', sizeof(name));
    assert_ok(fold(view_of(name, ASK_NAME_BYTES_MAX), &buf));
    assert_int_equal(buf.len, ASK_NAME_BYTES_MAX);
    assert_fault(fold(view_of(name, sizeof(name)), &buf), FAULT_OVER_LIMIT);
}

static void the_longest_growth_fits(void **state)
{
    (void)state;
    static const char *const growing[] = {"\u0390", "\u1f82", "\ufb03", "\u0149", "\U0001d160"};
    for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
        BUF_AUTO name;
        BUF_AUTO buf;
        buf_init(&name, ASK_NAME_BYTES_MAX);
        buf_init(&buf, 65536);
        while (name.len + strlen(growing[i]) <= ASK_NAME_BYTES_MAX) {
            buf_put_text(&name, growing[i]);
        }
        assert_ok(fold(buf_view(&name), &buf));
    }
}

static size_t utf8_of(uint32_t point, uint8_t *ret_bytes)
{
    int len = u8_uctomb(ret_bytes, point, 8);
    assert_true(len > 0);
    return (size_t)len;
}

/* A letter that only the library knows forces the whole name its way: both ways must agree. */
static void each_row_of_the_tables_is_what_the_library_says(void **state)
{
    (void)state;
    unsigned compared = 0;
    for (uint32_t point = 1; point < 0x2300; point++) {
        uint8_t bytes[16] = {0};
        size_t len = utf8_of(point, bytes);
        BUF_AUTO alone;
        BUF_AUTO beside;
        buf_init(&alone, 256);
        buf_init(&beside, 256);
        struct outcome outcome = fold(view_of(bytes, len), &alone);
        len += utf8_of(0x0416, bytes + len);
        struct outcome beside_outcome = fold(view_of(bytes, len), &beside);
        if (!outcome_ok(beside_outcome)) {
            assert_fault(outcome, beside_outcome.fault);
            continue;
        }
        assert_true(outcome_ok(outcome) == (beside.len > 2));
        assert_true(view_equal(buf_view(&alone), view_of(beside.data, beside.len - 2)));
        compared++;
    }
    assert_true(compared > 0x2000);
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint32_t random_point(uint64_t *seed)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0x41, 0x7a},     {0xa1, 0x24f},    {0x300, 0x36f},    {0x1e00, 0x1eff},
                  {0x370, 0x52f},   {0x1f00, 0x1fff}, {0x2010, 0x2040},  {0x20d0, 0x212b},
                  {0xac00, 0xad00}, {0x900, 0x970},   {0x1d15e, 0x1d164}};
    for (;;) {
        size_t i = next(seed) % (sizeof(ranges) / sizeof(ranges[0]) + 4);
        i = i < sizeof(ranges) / sizeof(ranges[0]) ? i : i % 4;
        uint32_t span = ranges[i].last - ranges[i].first + 1;
        uint32_t point = ranges[i].first + (uint32_t)(next(seed) % span);
        if (point != 0x2028 && point != 0x2029) {
            return point;
        }
    }
}

static void normal_forms_of_a_name_fold_alike(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15u;
    for (unsigned round = 0; round < RANDOM_NAMES; round++) {
        uint8_t name[128];
        size_t len = 0;
        for (uint64_t count = 1 + next(&seed) % 12; count > 0; count--) {
            len += utf8_of(random_point(&seed), name + len);
        }
        uint8_t nfc[512];
        uint8_t nfd[512];
        size_t nfc_len = sizeof(nfc);
        size_t nfd_len = sizeof(nfd);
        assert_ptr_equal(u8_normalize(UNINORM_NFC, name, len, nfc, &nfc_len), nfc);
        assert_ptr_equal(u8_normalize(UNINORM_NFD, name, len, nfd, &nfd_len), nfd);
        BUF_AUTO plain;
        BUF_AUTO composed;
        BUF_AUTO decomposed;
        buf_init(&plain, 4096);
        buf_init(&composed, 4096);
        buf_init(&decomposed, 4096);
        struct outcome outcome = fold(view_of(name, len), &plain);
        assert_fault(fold(view_of(nfc, nfc_len), &composed), outcome.fault);
        assert_fault(fold(view_of(nfd, nfd_len), &decomposed), outcome.fault);
        assert_true(view_equal(buf_view(&plain), buf_view(&composed)));
        assert_true(view_equal(buf_view(&plain), buf_view(&decomposed)));
        if (outcome_ok(outcome)) { /* folding is idempotent */
            assert_ok(fold(buf_view(&plain), &composed));
            assert_true(view_equal(buf_view(&plain), buf_view(&composed)));
        }
    }
}

static void normal_form_c_is_told_as_the_library_tells_it(void **state)
{
    (void)state;
    uint64_t seed = 42;
    unsigned normal = 0;
    bool is_nfc = false;
    assert_ok(fold_nfc(view_text(NULL), &is_nfc));
    assert_true(is_nfc);
    for (unsigned round = 0; round < RANDOM_NAMES; round++) {
        uint8_t text[64];
        size_t len = 0;
        for (uint64_t count = 1 + next(&seed) % 4; count > 0; count--) {
            len += utf8_of(random_point(&seed), text + len);
        }
        uint8_t nfc[256];
        size_t nfc_len = sizeof(nfc);
        assert_ptr_equal(u8_normalize(UNINORM_NFC, text, len, nfc, &nfc_len), nfc);
        assert_ok(fold_nfc(view_of(text, len), &is_nfc));
        assert_int_equal(is_nfc, view_equal(view_of(text, len), view_of(nfc, nfc_len)));
        normal += is_nfc;
    }
    assert_true(normal > RANDOM_NAMES / 10 && normal < RANDOM_NAMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_use_fold_to_capitals_without_accents),
        cmocka_unit_test(names_of_minorities_keep_their_apostrophe_whichever_was_typed),
        cmocka_unit_test(names_from_elsewhere_fold_too),
        cmocka_unit_test(different_names_stay_different),
        cmocka_unit_test(what_is_no_name_is_refused_and_nothing_is_appended),
        cmocka_unit_test(a_name_over_its_ceiling_is_refused),
        cmocka_unit_test(the_longest_growth_fits),
        cmocka_unit_test(each_row_of_the_tables_is_what_the_library_says),
        cmocka_unit_test(normal_forms_of_a_name_fold_alike),
        cmocka_unit_test(normal_form_c_is_told_as_the_library_tells_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
