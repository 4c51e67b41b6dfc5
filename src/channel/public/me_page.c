/*
 * The citizen's pages.
 *
 * Invariants
 *  1. Every text of the answer is escaped; nothing else of it stands in the page.
 *  2. A member that has no label is shown under its own name: nothing is left out for want of one.
 */
#include "channel/public/me_page.h"

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
    {"ask", "Mã yêu cầu", "ask"},
    {"birth_date", "Ngày, tháng, năm sinh", "date of birth"},
    {"birth_registration_place", "Nơi đăng ký khai sinh", "place of birth registration"},
    {"blood_group", "Nhóm máu", "blood group"},
    {"business", "Nghiệp vụ", "business"},
    {"case", "Mã hồ sơ", "case"},
    {"channel", "Kênh", "channel"},
    {"cmnd", "Số CMND", "former identity card"},
    {"current_residence", "Nơi ở hiện tại", "current residence"},
    {"day", "Ngày ghi nhận", "noted on"},
    {"death_or_missing", "Chết hoặc mất tích", "death or going missing"},
    {"ethnicity", "Dân tộc", "ethnicity"},
    {"fields", "Thông tin", "fields"},
    {"forgotten", "Chi tiết không còn được lưu", "details no longer kept"},
    {"full_name", "Họ, chữ đệm và tên khai sinh", "full name"},
    {"household", "Chủ hộ và các thành viên hộ gia đình", "household"},
    {"id", "Số định danh cá nhân", "personal number"},
    {"legal_basis", "Căn cứ pháp lý", "legal basis"},
    {"marital_status", "Tình trạng hôn nhân", "marital status"},
    {"nationality", "Quốc tịch", "nationality"},
    {"native_place", "Quê quán", "native place"},
    {"next", "Trang sau", "next page"},
    {"numbers", "Các số", "numbers"},
    {"party", "Đơn vị khai thác", "party"},
    {"permanent_residence", "Nơi thường trú", "permanent residence"},
    {"record", "Số đợt cập nhật", "update"},
    {"relation_to_head", "Quan hệ với chủ hộ", "relation to the head of household"},
    {"relatives", "Cha, mẹ, vợ, chồng, con, người đại diện", "relatives"},
    {"religion", "Tôn giáo", "religion"},
    {"result", "Kết quả", "result"},
    {"rows", "Các lần khai thác", "disclosures"},
    {"service", "Dịch vụ", "service"},
    {"sex", "Giới tính", "sex"},
    {"source", "Nguồn", "source"},
    {"sources", "Nguồn và ngày của từng thông tin", "source and date of each"},
    {"temporary_absence", "Tạm vắng", "temporary absence"},
    {"temporary_residence", "Nơi tạm trú", "temporary residence"},
    {"time", "Thời điểm", "time"},
};

static void put_label(struct buf *buf, struct view name)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (view_is(name, labels[i].name)) {
            buf_printf(buf, "%s <span lang=\"en\">(%s)</span>", labels[i].vi, labels[i].en);
            return;
        }
    }
    public_escaped_put(buf, name); /* invariant 2 */
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
        public_escaped_put(buf, node->text);
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
        put_value(buf, part);
        buf_put_text(buf, object ? "</dd>\n" : "</li>\n");
    }
    buf_put_text(buf, object ? "</dl>\n" : "</ol>\n");
}

static void put_json(struct buf *buf, struct view json, struct arena *arena)
{
    static const struct json_limits limits = {.bytes_max = BYTES_MAX,
                                              .depth_max = DEPTH_MAX,
                                              .values_max = VALUES_MAX,
                                              .members_max = JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    arena_reset(arena);
    buf_put_text(buf, "<div role=\"status\">\n");
    if (outcome_ok(json_parse(json, &limits, arena, &doc, &fault))) {
        const struct json_node *result =
            doc.nodes[0].kind == JSON_KIND_OBJECT ? json_member(&doc.nodes[0], "result") : NULL;
        put_value(buf, result == NULL ? &doc.nodes[0] : result);
    } else {
        buf_put_text(buf, "<p>Câu trả lời dài quá trang này. <span lang=\"en\">The answer is too "
                          "long for this page.</span></p>");
    }
    buf_put_text(buf, "</div>\n");
}

static void put_form(struct buf *buf, const char *action, const char *verb, const char *vi,
                     const char *en, struct view csrf)
{
    buf_printf(buf,
               "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"csrf\" "
               "value=\"%.*s\">",
               action, (int)csrf.len, (const char *)csrf.data);
    if (verb != NULL) {
        buf_printf(buf, "<input type=\"hidden\" name=\"verb\" value=\"%s\">", verb);
    }
    buf_printf(buf,
               "<p><button type=\"submit\">%s <span lang=\"en\">(%s)</span></button></p></form>\n",
               vi, en);
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
        put_json(buf, page->json, arena);
    }
    buf_put_text(buf, "<p>Mỗi lần xem đều được ghi lại. <span lang=\"en\">Each look is "
                      "recorded.</span></p>\n");
    put_form(buf, "/me", "view", "Xem thông tin của tôi", "see my own data", page->csrf);
    put_form(buf, "/me", "history", "Xem ai đã khai thác thông tin của tôi", "see who has seen it",
             page->csrf);
    put_form(buf, "/signout", NULL, "Đăng xuất", "sign out", page->csrf);
    public_page_close(buf);
}
