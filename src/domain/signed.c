/*
 * The tables of signed acts' vocabularies.
 */
#include "domain/signed.h"

#include "base/check.h"

#define ROW(name, text) text,
static const char *const role_names[] = {WORDS_ROLE(ROW)};
#undef ROW
#define ROW(name, text, status) text,
static const char *const code_names[] = {WORDS_ACT_CODE(ROW)};
#undef ROW
#define ROW(name, text, status) status,
static const uint16_t statuses[] = {WORDS_ACT_CODE(ROW)};
#undef ROW

const struct words words_role = {role_names, ROLE_COUNT};
const struct words words_act_code = {code_names, ACT_CODE_COUNT};

static const struct act_code_text texts[ACT_CODE_COUNT] = {
    [ACT_CODE_DONE] = {"Đã thực hiện", "Thao tác đã được ghi nhận và có hiệu lực.", "Done",
                       "The act is recorded and in force."},
    [ACT_CODE_PROPOSED] = {"Chờ phê duyệt",
                           "Đề nghị đã được ghi nhận; chưa có gì thay đổi cho đến khi cán bộ thứ "
                           "hai phê duyệt.",
                           "Proposed",
                           "The proposal is recorded; nothing changes until a second officer "
                           "approves it."},
    [ACT_CODE_BAD_INPUT] = {"Dữ liệu không hợp lệ",
                            "Nội dung thao tác không đúng định dạng hoặc không được phép.",
                            "Bad input", "The act's content is not well-formed or not allowed."},
    [ACT_CODE_SIGNATURE_INVALID] = {"Chữ ký không hợp lệ",
                                    "Chữ ký không đúng với nội dung hoặc người ký không được biết "
                                    "đến.",
                                    "Signature invalid",
                                    "The signature does not fit the content, or the signer is not "
                                    "known."},
    [ACT_CODE_NOT_YOURS] = {"Không thuộc quyền của đơn vị",
                            "Đối tượng thuộc đơn vị khác hoặc thao tác không dành cho đơn vị.",
                            "Not yours",
                            "The object belongs to another party, or the act is not for parties."},
    [ACT_CODE_ROLE_MISSING] = {"Thiếu vai trò", "Cán bộ không có vai trò cần cho thao tác này.",
                               "Role missing",
                               "The officer does not have the role that this act needs."},
    [ACT_CODE_OWN_PROPOSAL] = {"Đề nghị của chính mình",
                               "Không ai được phê duyệt đề nghị của chính mình.", "Own proposal",
                               "Nobody approves a proposal of their own."},
    [ACT_CODE_NOT_FOUND] = {"Không tìm thấy", "Không có đối tượng với mã này.", "Not found",
                            "There is no object with this code."},
    [ACT_CODE_STATE_CONFLICT] = {"Trạng thái không cho phép",
                                 "Trạng thái hiện tại của đối tượng không cho phép thao tác này.",
                                 "State conflict",
                                 "The object's present state does not allow this act."},
    [ACT_CODE_CERTIFICATE_BOUND] = {"Chứng thư đã được gắn",
                                    "Khóa của chứng thư này đã được gắn với tài khoản hoặc cán bộ "
                                    "khác.",
                                    "Certificate bound",
                                    "This certificate's key is bound to an account or officer "
                                    "already."},
    [ACT_CODE_REPLAYED] = {"Số thao tác đã dùng", "Số (jti) này đã được dùng cho nội dung khác.",
                           "Replayed", "This number (jti) was used with other content."},
    [ACT_CODE_OVER_LIMIT] = {"Vượt giới hạn", "Đã đạt giới hạn được quy định.", "Over limit",
                             "A named limit is reached."},
    [ACT_CODE_STALE_ETAG] = {"Phiên bản đã cũ",
                             "Đối tượng đã thay đổi kể từ khi được đọc; hãy đọc lại.",
                             "Stale version",
                             "The object has changed since it was read; read it again."},
    [ACT_CODE_UNAVAILABLE] = {"Tạm thời không phục vụ",
                              "Không biết thao tác đã được ghi nhận hay chưa; hãy gửi lại đúng nội "
                              "dung này.",
                              "Unavailable",
                              "It is not known whether the act was recorded; send the very same "
                              "again."},
};

unsigned act_code_status(enum act_code code)
{
    CHECK((unsigned)code < ACT_CODE_COUNT);
    return statuses[code];
}

bool act_code_good(enum act_code code)
{
    return code == ACT_CODE_DONE || code == ACT_CODE_PROPOSED;
}

const struct act_code_text *act_code_text(enum act_code code)
{
    CHECK((unsigned)code < ACT_CODE_COUNT);
    return &texts[code];
}

bool signed_visible(struct view text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return text.len <= max;
}
