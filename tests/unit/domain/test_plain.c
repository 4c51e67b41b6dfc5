/* Text without accents. */
#include "help.h"

#include "domain/country.h"

static void accents_go_and_letters_keep_their_case(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"Thông tin của bạn: Nguyễn Văn Ân, 12 Lê Lợi.",
         "Thong tin cua ban: Nguyen Van An, 12 Le Loi."},
        {"ĐƯỜNG đường", "DUONG duong"},
        {"e\xcc\x82\xcc\x81 A\xcc\x86", "e A"}, /* accents that stand for themselves */
        {"“Khoá” – ‘mở’…", "\"Khoa\" - 'mo'..."},
        {"ẮẰẲẴẶ ắằẳẵặ ỲỴỶỸÝ ỳỵỷỹý", "AAAAA aaaaa YYYYY yyyyy"},
        {"abc 123 @#€", "abc 123 @#€"},
        {"日本", "日本"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO plain;
        buf_init(&plain, 512);
        country_plain(view_text(rows[i].text), &plain);
        assert_view(buf_view(&plain), rows[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(accents_go_and_letters_keep_their_case)};
    return cmocka_run_group_tests_name("domain/plain", tests, NULL, NULL);
}
