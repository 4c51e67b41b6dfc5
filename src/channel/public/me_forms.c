/*
 * The forms of the citizen's pages.
 *
 * Invariants
 *  1. Each has the session's own value, without which nothing acts (cookies.h).
 *  2. Each input has a label of its own, and each button says what it does: no two are alike.
 *  3. The inputs of a row stand in the order of their names, which is that of the body's members
 *     (RFC 8785).
 */
#include "channel/public/me_forms.h"

#include "channel/public/form.h"
#include "channel/public/me_page.h"
#include "channel/public/page.h"
#include "wire/json.h"

#define INPUTS_MAX 3
#define VALUE_BYTES_MAX 256

struct input {
    const char *name;
    const char *vi; /* NULL: not shown, set by the page */
    const char *en;
    const char *attributes;
    const char *const *choices; /* NULL: it is written; else one of them */
    bool listed;                /* goes as a list of one */
};

static const char *const fields[] = {"birth_date",
                                     "birth_registration_place",
                                     "blood_group",
                                     "current_residence",
                                     "death_or_missing",
                                     "ethnicity",
                                     "full_name",
                                     "marital_status",
                                     "nationality",
                                     "native_place",
                                     "permanent_residence",
                                     "relation_to_head",
                                     "religion",
                                     "sex",
                                     "temporary_absence",
                                     "temporary_residence",
                                     NULL};
static const char *const paces[] = {"never", "daily", "at_once", NULL};
static const char *const ways[] = {"inbox", "sms", NULL};

struct me_form {
    const char *verb;
    const char *vi;
    const char *en;
    struct input inputs[INPUTS_MAX];
};

static const struct group {
    const char *vi;
    const char *en;
    struct me_form forms[5];
} groups[] = {
    {"Thông tin của tôi và ai đã xem",
     "my data, and who has seen them",
     {{"view", "Xem thông tin của tôi", "see my own data", {{0}}},
      {"history",
       "Xem ai đã khai thác thông tin của tôi",
       "see who has seen it",
       {{.name = "before"}, {.name = "row"}}},
      {"lock.state",
       "Xem thông tin của tôi có bị khóa không",
       "see whether my data are locked",
       {{0}}},
      {"lock", "Khóa thông tin của tôi", "lock my data", {{0}}},
      {"unlock", "Mở khóa thông tin của tôi", "unlock my data", {{0}}}}},
    {"Đề nghị sửa thông tin",
     "asking for a correction",
     {{"correct",
       "Đề nghị sửa",
       "ask for a correction",
       {{"content", "Nội dung đúng là gì, vì sao", "what is right, and why",
         "required maxlength=\"80\"", NULL, false},
        {"fields", "Thông tin cần sửa", "which is to be corrected", "required", fields, true},
        {"name", "Họ và tên người đề nghị", "name of who asks",
         "required maxlength=\"80\" autocomplete=\"name\"", NULL, false}}},
      {"correction",
       "Xem tình trạng đề nghị",
       "see how far it is",
       {{"case", "Mã hồ sơ", "code of the case", "required maxlength=\"64\" autocomplete=\"off\"",
         NULL, false}}}}},
    {"Điện thoại của tôi",
     "my phone",
     {{"phone", "Xem điện thoại đã đăng ký", "see the phone that is registered", {{0}}},
      {"phone.bind",
       "Gửi mã đến điện thoại",
       "send a code to the phone",
       {{"phone", "Số điện thoại", "number of the phone",
         "type=\"tel\" required maxlength=\"16\" autocomplete=\"tel\"", NULL, false}}},
      {"phone.confirm",
       "Đăng ký điện thoại",
       "register the phone",
       {{"code", "Mã đã nhận được", "the code that came",
         "inputmode=\"numeric\" required maxlength=\"6\" autocomplete=\"one-time-code\"", NULL,
         false}}},
      {"phone.pin",
       "Đặt mã PIN cho tin nhắn",
       "set the PIN for messages",
       {{"pin", "Mã PIN mới, sáu chữ số", "new PIN, six digits",
         "type=\"password\" inputmode=\"numeric\" required maxlength=\"6\" autocomplete=\"off\"",
         NULL, false}}},
      {"phone.release", "Bỏ đăng ký điện thoại", "release the phone", {{0}}}}},
    {"Báo tin khi có người xem",
     "notices when somebody has looked",
     {{"inbox", "Xem hộp thư", "see the inbox", {{0}}},
      {"notices",
       "Đặt cách báo tin",
       "set the notices",
       {{"pace", "Khi nào", "when", "", paces, false},
        {"way", "Bằng cách nào", "by which way", "", ways, false}}}}},
};

/* ---- what comes ---- */

const struct me_form *me_form_find(struct view verb)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const struct me_form *forms = groups[i].forms;
        size_t count = sizeof(groups[i].forms) / sizeof(forms[0]);
        for (size_t j = 0; j < count && forms[j].verb != NULL; j++) {
            if (view_is(verb, forms[j].verb)) {
                return &forms[j];
            }
        }
    }
    return NULL;
}

struct view me_form_verb(const struct me_form *form)
{
    return view_text(form->verb);
}

bool me_form_body(const struct me_form *form, struct view came, struct buf *ret_json)
{
    const char *before = "{\"";

    for (size_t i = 0; i < INPUTS_MAX && form->inputs[i].name != NULL; i++) {
        const struct input *input = &form->inputs[i];
        BUF_AUTO value;
        buf_init(&value, VALUE_BYTES_MAX);
        if (form_has(came, input->name) && !form_get(came, input->name, &value)) {
            return false;
        }
        if (value.len == 0) {
            continue;
        }
        buf_printf(ret_json, "%s%s\":%s", before, input->name, input->listed ? "[" : "");
        json_put_string(ret_json, buf_view(&value));
        buf_put_text(ret_json, input->listed ? "]" : "");
        before = ",\"";
    }
    buf_put_text(ret_json, before[0] == '{' ? "{}" : "}");
    return outcome_ok(buf_check(ret_json));
}

/* ---- what is offered ---- */

static void put_begin(struct buf *buf, const char *action, const char *verb, struct view csrf)
{
    buf_printf(buf,
               "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"csrf\" "
               "value=\"%.*s\">",
               action, (int)csrf.len, (const char *)csrf.data); /* invariant 1 */
    if (verb != NULL) {
        buf_printf(buf, "<input type=\"hidden\" name=\"verb\" value=\"%s\">", verb);
    }
}

static void put_end(struct buf *buf, const char *vi, const char *en, struct view of)
{
    buf_printf(buf, "<p><button type=\"submit\">%s <span lang=\"en\">(%s)</span>", vi, en);
    if (of.len > 0) {
        buf_put_u8(buf, ' ');
        public_escaped_put(buf, of);
    }
    buf_put_text(buf, "</button></p></form>\n");
}

static void put_choices(struct buf *buf, const char *const *choices)
{
    for (; *choices != NULL; choices++) {
        buf_printf(buf, "<option value=\"%s\">", *choices);
        me_page_label_plain_put(buf, view_text(*choices));
        buf_put_text(buf, "</option>");
    }
}

/* Invariant 2. */
static void put_input(struct buf *buf, const char *verb, const struct input *input)
{
    const char *element = input->choices != NULL ? "select" : "input";

    buf_printf(buf, "<p><label for=\"%s-%s\">%s <span lang=\"en\">(%s)</span></label>", verb,
               input->name, input->vi, input->en);
    buf_printf(buf, "<%s id=\"%s-%s\" name=\"%s\" %s>", element, verb, input->name, input->name,
               input->attributes);
    if (input->choices != NULL) {
        put_choices(buf, input->choices);
        buf_put_text(buf, "</select>");
    }
    buf_put_text(buf, "</p>\n");
}

static void put_form(struct buf *buf, const struct me_form *form, struct view csrf)
{
    put_begin(buf, "/me", form->verb, csrf);
    for (size_t i = 0; i < INPUTS_MAX && form->inputs[i].name != NULL; i++) {
        if (form->inputs[i].vi != NULL) {
            put_input(buf, form->verb, &form->inputs[i]);
        }
    }
    put_end(buf, form->vi, form->en, view_of(NULL, 0));
}

void me_forms_put(struct buf *buf, struct view csrf)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const struct me_form *forms = groups[i].forms;
        size_t count = sizeof(groups[i].forms) / sizeof(forms[0]);
        buf_printf(buf, "<h2>%s <span lang=\"en\">(%s)</span></h2>\n", groups[i].vi, groups[i].en);
        for (size_t j = 0; j < count && forms[j].verb != NULL; j++) {
            put_form(buf, &forms[j], csrf);
        }
    }
}

void me_form_put_set(struct buf *buf, struct view csrf, const char *verb, const char *name,
                     struct view value, const char *vi, const char *en, struct view of)
{
    put_begin(buf, "/me", verb, csrf);
    buf_printf(buf, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    public_escaped_put(buf, value);
    buf_put_text(buf, "\">");
    put_end(buf, vi, en, of);
}

void me_form_put_plain(struct buf *buf, struct view csrf, const char *action, const char *vi,
                       const char *en)
{
    put_begin(buf, action, NULL, csrf);
    put_end(buf, vi, en, view_of(NULL, 0));
}
