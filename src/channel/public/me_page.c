/*
 * The citizen's pages.
 *
 * Invariants
 *  1. Every text of the answer is escaped; nothing else of it stands in the page.
 *  2. A member that has no label is shown under its own name: nothing is left out for want of one.
 */
#include "channel/public/me_page.h"

#include "base/ceilings.h"
#include "channel/public/me_forms.h"
#include "channel/public/page.h"
#include "wire/json.h"

#define DEPTH_MAX 16
#define VALUES_MAX 16384
#define BYTES_MAX (512u << 10)

/* Of members; in the order of their names. */
static const struct {
    const char *name;
    const char *vi;
    const char *en;
} labels[] = {
    {"account", "Tài khoản", "account"},
    {"as", "Bạn trong lần này", "you in it"},
    {"ask", "Mã yêu cầu", "ask"},
    {"at_once", "Ngay khi có", "at once"},
    {"birth_date", "Ngày, tháng, năm sinh", "date of birth"},
    {"birth_registration_place", "Nơi đăng ký khai sinh", "place of birth registration"},
    {"blood_group", "Nhóm máu", "blood group"},
    {"business", "Nghiệp vụ", "business"},
    {"card", "Hệ thống cấp thẻ căn cước", "issue of identity cards"},
    {"case", "Mã hồ sơ", "case"},
    {"channel", "Kênh", "channel"},
    {"civil_status", "Hộ tịch", "civil status"},
    {"cmnd", "Số CMND", "former identity card"},
    {"count", "Số lần", "how many"},
    {"current_residence", "Nơi ở hiện tại", "current residence"},
    {"daily", "Mỗi ngày một lần", "once a day"},
    {"day", "Ngày ghi nhận", "noted on"},
    {"death_or_missing", "Chết hoặc mất tích", "death or going missing"},
    {"decision", "Quyết định", "decision"},
    {"due", "Hạn giải quyết", "due on"},
    {"ethnicity", "Dân tộc", "ethnicity"},
    {"fields", "Thông tin", "fields"},
    {"forgotten", "Chi tiết không còn được lưu", "details no longer kept"},
    {"full_name", "Họ, chữ đệm và tên khai sinh", "full name"},
    {"household", "Chủ hộ và các thành viên hộ gia đình", "household"},
    {"id", "Số định danh cá nhân", "personal number"},
    {"import", "Dữ liệu nạp vào cơ sở dữ liệu", "an import into the register"},
    {"inbox", "Hộp thư trên cổng", "inbox of this portal"},
    {"kind", "Loại", "kind"},
    {"legal_basis", "Căn cứ pháp lý", "legal basis"},
    {"marital_status", "Tình trạng hôn nhân", "marital status"},
    {"nationality", "Quốc tịch", "nationality"},
    {"native_place", "Quê quán", "native place"},
    {"never", "Không báo", "never"},
    {"next", "Trang sau", "next page"},
    {"notices", "Báo tin", "notices"},
    {"number", "Số", "number"},
    {"numbers", "Các số", "numbers"},
    {"office", "Cơ quan giải quyết", "office"},
    {"opening", "Phần mở của bản ghi", "opening of the entry"},
    {"pace", "Khi nào", "when"},
    {"party", "Đơn vị khai thác", "party"},
    {"permanent_residence", "Nơi thường trú", "permanent residence"},
    {"phone", "Điện thoại", "phone"},
    {"proof", "Bằng chứng", "proof"},
    {"protection", "Cơ quan bảo vệ", "who decides on protected persons"},
    {"reason", "Lý do", "reason"},
    {"receipt", "Biên nhận", "receipt"},
    {"received", "Ngày nhận", "received on"},
    {"record", "Số đợt cập nhật", "update"},
    {"registrar", "Cơ quan quản lý cơ sở dữ liệu", "the authority that keeps the register"},
    {"relation_to_head", "Quan hệ với chủ hộ", "relation to the head of household"},
    {"relatives", "Cha, mẹ, vợ, chồng, con, người đại diện", "relatives"},
    {"religion", "Tôn giáo", "religion"},
    {"residence", "Đăng ký cư trú", "registration of residence"},
    {"result", "Kết quả", "result"},
    {"role", "Người hỏi", "role"},
    {"row", "Vị trí", "row"},
    {"rows", "Các lần khai thác", "disclosures"},
    {"rows_before", "Các lần trước đó", "rows before"},
    {"service", "Dịch vụ", "service"},
    {"sex", "Giới tính", "sex"},
    {"size", "Độ dài nhật ký", "size of the log"},
    {"sms", "Tin nhắn", "text message"},
    {"source", "Nguồn", "source"},
    {"sources", "Nguồn và ngày của từng thông tin", "source and date of each"},
    {"state", "Tình trạng", "state"},
    {"temporary_absence", "Tạm vắng", "temporary absence"},
    {"temporary_residence", "Nơi tạm trú", "temporary residence"},
    {"time", "Thời điểm", "time"},
    {"until", "Đến ngày", "until"},
    {"way", "Bằng cách nào", "by which way"},
};

/* Its place in the table; as many as there are: none. */
static size_t find_label(struct view name)
{
    size_t i = 0;

    while (i < sizeof(labels) / sizeof(labels[0]) && !view_is(name, labels[i].name)) {
        i++;
    }
    return i;
}

static void put_label(struct buf *buf, struct view name)
{
    size_t i = find_label(name);

    if (i < sizeof(labels) / sizeof(labels[0])) {
        buf_printf(buf, "%s <span lang=\"en\">(%s)</span>", labels[i].vi, labels[i].en);
        return;
    }
    public_escaped_put(buf, name); /* invariant 2 */
}

void me_page_label_plain_put(struct buf *buf, struct view name)
{
    size_t i = find_label(name);

    if (i < sizeof(labels) / sizeof(labels[0])) {
        buf_put_text(buf, labels[i].vi);
    } else {
        public_escaped_put(buf, name);
    }
}

/* Containers are never deeper than DEPTH_MAX: the parser says so. */
static void put_value(struct buf *buf, const struct json_node *node)
{
    bool object = node->kind == JSON_KIND_OBJECT;

    if (node->kind == JSON_KIND_NULL ||
        (node->count == 0 && (object || node->kind == JSON_KIND_ARRAY))) {
        buf_put_text(buf, "–");
        return;
    }
    if (!object && node->kind != JSON_KIND_ARRAY) {
        bool lines = view_find(node->text, 0, '\n') < node->text.len; /* a proof: copied as it is */
        buf_put_text(buf, lines ? "<pre>" : "");
        public_escaped_put(buf, node->text);
        buf_put_text(buf, lines ? "</pre>" : "");
        return;
    }
    buf_put_text(buf, object ? "<dl>\n" : "<ol>\n");
    for (const struct json_node *part = json_first(node); part != NULL;
         part = json_next(node, part)) {
        buf_put_text(buf, object ? "<dt>" : "<li>");
        if (object) {
            put_label(buf, part->name);
            buf_put_text(buf, "</dt><dd>");
        }
        if (object && view_is(part->name, "source") && part->kind == JSON_KIND_STRING) {
            put_label(buf, part->text); /* a word, as few others are */
        } else {
            put_value(buf, part);
        }
        buf_put_text(buf, object ? "</dd>\n" : "</li>\n");
    }
    buf_put_text(buf, object ? "</dl>\n" : "</ol>\n");
}

static struct view text_of(const struct json_node *object, const char *name)
{
    const struct json_node *node =
        object->kind == JSON_KIND_OBJECT ? json_member(object, name) : NULL;

    return node != NULL && node->kind == JSON_KIND_STRING ? node->text : view_of(NULL, 0);
}

/* Of a page of his history: each row's proof, and the rows before. */
static void put_rows(struct buf *buf, const struct json_node *result, struct view csrf)
{
    const struct json_node *rows =
        result->kind == JSON_KIND_OBJECT ? json_member(result, "rows") : NULL;
    struct view before = text_of(result, "rows_before");

    if (rows == NULL || rows->kind != JSON_KIND_ARRAY) {
        return;
    }
    buf_put_text(buf, rows->count == 0 ? ""
                                       : "<h2>Bằng chứng <span lang=\"en\">(proofs)</span>"
                                         "</h2>\n");
    for (const struct json_node *row = json_first(rows); row != NULL; row = json_next(rows, row)) {
        struct view place = text_of(row, "row");
        BUF_AUTO of;
        buf_init(&of, 128);
        buf_put_view(&of, text_of(row, "time"));
        buf_put_text(&of, ", ");
        buf_put_view(&of, place);
        me_form_put_set(buf, csrf, "history", "row", place, "Xem bằng chứng của lần",
                        "see the proof of", buf_view(&of));
    }
    if (before.len > 0) {
        me_form_put_set(buf, csrf, "history", "before", before, "Xem các lần trước đó",
                        "see those before", view_of(NULL, 0));
    }
}

static void put_json(struct buf *buf, struct view json, struct view csrf, struct arena *arena)
{
    static const struct json_limits limits = {.bytes_max = BYTES_MAX,
                                              .depth_max = DEPTH_MAX,
                                              .values_max = VALUES_MAX,
                                              .members_max = JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    const struct json_node *told = NULL;

    arena_reset(arena);
    buf_put_text(buf, "<div role=\"status\">\n");
    if (outcome_ok(json_parse(json, &limits, arena, &doc, &fault))) {
        const struct json_node *result =
            doc.nodes[0].kind == JSON_KIND_OBJECT ? json_member(&doc.nodes[0], "result") : NULL;
        told = result == NULL ? &doc.nodes[0] : result;
        put_value(buf, told);
    } else {
        buf_put_text(buf, "<p>Câu trả lời dài quá trang này. <span lang=\"en\">The answer is too "
                          "long for this page.</span></p>");
    }
    buf_put_text(buf, "</div>\n");
    if (told != NULL) {
        put_rows(buf, told, csrf);
    }
}

/* A sheet for people: of a year, or of all, and which of them. */
static void put_sheet_form(struct buf *buf, struct view csrf)
{
    buf_printf(buf,
               "<form method=\"post\" action=\"/me/statement\"><input type=\"hidden\" "
               "name=\"csrf\" value=\"%.*s\"><input type=\"hidden\" name=\"pdf\" value=\"1\">\n",
               (int)csrf.len, (const char *)csrf.data);
    buf_put_text(buf,
                 "<p><label for=\"sheet-year\">Năm, bỏ trống là tất cả <span lang=\"en\">(year; "
                 "empty: all)</span></label> <input id=\"sheet-year\" name=\"year\" "
                 "inputmode=\"numeric\" size=\"4\" maxlength=\"4\"></p>\n");
    buf_printf(
        buf,
        "<p><label for=\"sheet-number\">Tờ số, mỗi tờ %u lần <span lang=\"en\">(sheet, of %u rows "
        "each)</span></label> <input id=\"sheet-number\" name=\"sheet\" value=\"1\" "
        "inputmode=\"numeric\" size=\"5\" maxlength=\"5\"></p>\n",
        STATEMENT_PAPER_ROWS_MAX, STATEMENT_PAPER_ROWS_MAX);
    buf_put_text(buf, "<p><button type=\"submit\">Tải bản in, PDF <span lang=\"en\">(download to "
                      "print)</span></button></p></form>\n");
}

void me_page_put(struct buf *buf, const struct me_page *page, struct arena *arena)
{
    public_page_open(buf, "Thông tin của tôi");
    buf_put_text(buf, "<h1>Thông tin của tôi <span lang=\"en\">(my data)</span></h1>\n");
    if (page->why_vi.len > 0) {
        buf_put_text(buf, "<div role=\"status\"><p>");
        public_escaped_put(buf, page->why_vi);
        buf_put_text(buf, "</p><p lang=\"en\">");
        public_escaped_put(buf, page->why_en);
        buf_put_text(buf, "</p></div>\n");
    }
    if (page->json.len > 0) {
        put_json(buf, page->json, page->csrf, arena);
    }
    buf_put_text(buf, "<p>Mỗi lần xem đều được ghi lại. <span lang=\"en\">Each look is "
                      "recorded.</span></p>\n");
    me_forms_put(buf, page->csrf);
    me_form_put_plain(buf, page->csrf, "/me/statement",
                      "Tải toàn bộ lịch sử khai thác, có chứng minh",
                      "download all of it, with proofs");
    put_sheet_form(buf, page->csrf);
    me_form_put_plain(buf, page->csrf, "/signout", "Đăng xuất", "sign out");
    public_page_close(buf);
}
