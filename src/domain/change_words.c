/*
 * The tables of changes' vocabularies.
 */
#include "domain/change.h"

#include "base/check.h"

#define ROW(name, text) text,
static const char *const source_names[] = {WORDS_SOURCE(ROW)};
static const char *const change_names[] = {WORDS_CHANGE(ROW)};
static const char *const result_names[] = {WORDS_CHANGE_RESULT(ROW)};
/* The fields first, by their numbers. */
static const char *const member_names[] = {WORDS_FIELD(ROW) "id", "cmnd", "protected"};
#undef ROW
#define ROW(name, text, status) text,
static const char *const code_names[] = {WORDS_SET_CODE(ROW)};
#undef ROW
#define ROW(name, text, status) status,
static const uint16_t statuses[] = {WORDS_SET_CODE(ROW)};
#undef ROW

_Static_assert(sizeof(member_names) / sizeof(member_names[0]) == MEMBER_COUNT, "all have names");

const struct words words_source = {source_names, SOURCE_COUNT};
const struct words words_change = {change_names, CHANGE_COUNT};
const struct words words_change_result = {result_names, CHANGE_RESULT_COUNT};
const struct words words_set_code = {code_names, SET_CODE_COUNT};
const struct words words_member = {member_names, MEMBER_COUNT};

static const struct set_code_text texts[SET_CODE_COUNT] = {
    [SET_CODE_DONE] = {"Đã thực hiện", "Từng thay đổi có kết quả riêng.", "Done",
                       "Each change has a result of its own."},
    [SET_CODE_BAD_INPUT] = {"Dữ liệu không hợp lệ",
                            "Gói thay đổi không đúng định dạng; không có gì được áp dụng.",
                            "Bad input", "The set is not well-formed; nothing of it was applied."},
    [SET_CODE_SIGNATURE_INVALID] = {"Chữ ký không hợp lệ",
                                    "Chữ ký không đúng với nội dung hoặc nguồn không được biết "
                                    "đến.",
                                    "Signature invalid",
                                    "The signature does not fit the content, or the source is not "
                                    "known."},
    [SET_CODE_NOT_YOURS] = {"Không phải của nguồn này",
                            "Gói thay đổi đến bằng chứng thư không phải của nguồn đã ký.",
                            "Not yours",
                            "The set came over a certificate that is not its source's."},
    [SET_CODE_NUMBER_GAP] = {"Thiếu số thứ tự",
                             "Số của gói không phải số tiếp theo; hãy gửi số được chờ.",
                             "Gap in the numbers",
                             "The set's number is not the next one; send the number expected."},
    [SET_CODE_NUMBER_CONFLICT] = {"Số đã dùng cho nội dung khác",
                                  "Số này đã được dùng cho nội dung khác; việc này đã được ghi "
                                  "nhận.",
                                  "Number used for other content",
                                  "This number was used for other content; that is recorded."},
    [SET_CODE_NUMBER_PAST] = {"Số đã quá cũ",
                              "Gói với số này đã được nhận từ lâu; kết quả không còn được giữ.",
                              "Number long past",
                              "A set of this number was taken long ago; its results are not kept "
                              "any more."},
    [SET_CODE_UNAVAILABLE] = {"Tạm thời không phục vụ",
                              "Không biết gói đã được nhận hay chưa; hãy gửi lại đúng số này với "
                              "đúng nội dung này.",
                              "Unavailable",
                              "It is not known whether the set was taken; send the same content "
                              "under the same number again."},
};

unsigned set_code_status(enum set_code code)
{
    CHECK((unsigned)code < SET_CODE_COUNT);
    return statuses[code];
}

const struct set_code_text *set_code_text(enum set_code code)
{
    CHECK((unsigned)code < SET_CODE_COUNT);
    return &texts[code];
}
