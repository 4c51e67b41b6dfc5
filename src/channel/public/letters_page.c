/*
 * The page on which people check a letter.
 */
#include "channel/public/letters_page.h"

#include "base/check.h"
#include "base/clock.h"
#include "channel/public/page.h"

/* What a standing is in words, and what to do. */
static const struct {
    const char *vi;
    const char *advice_vi;
    const char *en;
    const char *advice_en;
} words[LETTER_STANDING_COUNT] = {
    [LETTER_IS_UNKNOWN] = {"Không xác nhận được văn bản này",
                           "Số văn bản hoặc mã xác thực không đúng, hoặc văn bản không do hệ thống "
                           "này cấp. Hãy kiểm tra lại số và mã in trên văn bản.",
                           "This letter cannot be confirmed",
                           "Its number or its code is not right, or it was not issued here. Check "
                           "both as they are printed on the letter."},
    [LETTER_IS_GENUINE] = {"Văn bản là thật, đang có hiệu lực",
                           "Nội dung phải đúng như bản có mã này; nếu nghi ngờ, hãy so với tệp có "
                           "chữ ký số.",
                           "The letter is genuine and in force",
                           "What it says must be what stands in the copy with this code; in doubt "
                           "compare it with the signed file."},
    [LETTER_IS_SUPERSEDED] = {"Văn bản đã được thay thế",
                              "Văn bản này là thật nhưng đã có văn bản khác thay thế.",
                              "The letter was replaced",
                              "It is genuine, and another letter has taken its place."},
    [LETTER_IS_WITHDRAWN] = {"Văn bản đã bị thu hồi",
                             "Văn bản này do cơ quan cấp nhưng không còn giá trị.",
                             "The letter was withdrawn",
                             "It was issued by the office and counts no more."},
};

static void put_row(struct buf *buf, const char *name, struct view value)
{
    if (value.len > 0) {
        buf_printf(buf, "<dt>%s</dt><dd>", name);
        public_escaped_put(buf, value);
        buf_put_text(buf, "</dd>\n");
    }
}

static void put_facts(struct buf *buf, const struct letter_told *told, bool english)
{
    char day[DATE_LEN + 1];

    if (told->standing == LETTER_IS_UNKNOWN) {
        return;
    }
    date_write(day, told->day);
    buf_put_text(buf, "<dl>\n");
    put_row(buf, english ? "Number" : "Số", told->number);
    put_row(buf, english ? "Date" : "Ngày", view_text(day));
    put_row(buf, english ? "Issued by" : "Cơ quan cấp", told->office);
    put_row(buf, english ? "Replaced by" : "Thay thế bằng văn bản số", told->replaced_by);
    buf_put_text(buf, "</dl>\n");
}

static void put_standing(struct buf *buf, const struct letter_told *told)
{
    CHECK(told->standing < LETTER_STANDING_COUNT);
    buf_printf(buf, "<div role=\"status\">\n<h2>%s</h2>\n<p>%s</p>\n", words[told->standing].vi,
               words[told->standing].advice_vi);
    put_facts(buf, told, false);
    buf_printf(buf, "<div lang=\"en\">\n<h2>%s</h2>\n<p>%s</p>\n", words[told->standing].en,
               words[told->standing].advice_en);
    put_facts(buf, told, true);
    buf_put_text(buf, "</div>\n</div>\n");
}

static const char form[] =
    "<form method=\"get\" action=\"/letters\">\n"
    "<p><label for=\"number\">Số văn bản <span lang=\"en\">(number of the letter)</span></label>\n"
    "<input id=\"number\" name=\"number\" required maxlength=\"64\" autocomplete=\"off\"></p>\n"
    "<p><label for=\"code\">Mã xác thực <span lang=\"en\">(verification code)</span></label>\n"
    "<input id=\"code\" name=\"code\" required maxlength=\"40\" autocomplete=\"off\" "
    "autocapitalize=\"characters\" spellcheck=\"false\"></p>\n"
    "<p><button type=\"submit\">Kiểm tra <span lang=\"en\">(check)</span></button></p>\n"
    "</form>\n"
    "<p>Trang này chỉ cho biết văn bản có phải do cơ quan cấp hay không, không hiển thị thông tin "
    "của công dân. <span lang=\"en\">This page tells whether a letter was issued, and nothing "
    "about "
    "anybody.</span></p>\n"
    "<p><a href=\"/\">dancu</a></p>\n";

void letters_page_put(struct buf *buf, const struct letter_told *told)
{
    public_page_open(buf, "Kiểm tra văn bản");
    buf_put_text(buf, "<h1>Kiểm tra văn bản <span lang=\"en\">(check a letter)</span></h1>\n");
    if (told != NULL) {
        put_standing(buf, told);
    }
    buf_put_text(buf, form);
    public_page_close(buf);
}
