/*
 * Purpose: what the parts of reading a message know of each other. Private to this folder.
 *
 *   ask_xml.c   the message: elements, case reference, what it means
 *   request_xml.c   one that is about requests: their elements
 *   claims.c    what it claims about the subject
 *   read.c      values and faults
 */
#ifndef DANCU_CHANNEL_NDXP_READ_H
#define DANCU_CHANNEL_NDXP_READ_H

#include "channel/ndxp/rows.h"

/* Why an element is refused, in words that never repeat its content. */
#define REASONS(ROW)                                                                               \
    ROW(UNKNOWN_OPERATION, "không phải là thao tác của dịch vụ này",                               \
        "is not an operation of this service")                                                     \
    ROW(UNKNOWN_ELEMENT, "không phải là phần tử của thông điệp này",                               \
        "is not an element of this message")                                                       \
    ROW(TWICE, "có hai lần", "stands twice")                                                       \
    ROW(MISSING, "bắt buộc phải có", "is required")                                                \
    ROW(CODE_LENGTH, "phải dài từ 1 đến 64 byte", "must have 1 to 64 bytes")                       \
    ROW(NOT_VISIBLE, "phải gồm 1 đến 40 ký tự ASCII nhìn thấy được",                               \
        "must be 1 to 40 visible characters of ASCII")                                             \
    ROW(OTHER_OPERATION, "là mã của một thao tác khác", "is the code of another operation")        \
    ROW(CASE_LENGTH, "dài nhất là 128 byte", "must have at most 128 bytes")                        \
    ROW(TEXT_LENGTH, "phải dài từ 1 đến 256 byte", "must have 1 to 256 bytes")                     \
    ROW(NOT_12_DIGITS, "phải gồm đúng 12 chữ số", "must be exactly 12 digits")                     \
    ROW(NOT_9_DIGITS, "phải gồm đúng 9 chữ số", "must be exactly 9 digits")                        \
    ROW(ONE_KEY, "phải có đúng một trong hai: SoDinhDanh, SoCMND",                                 \
        "must have exactly one of SoDinhDanh, SoCMND")                                             \
    ROW(NOT_A_DATE, "phải là Nam (yyyy) hoặc NgayThangNam (yyyyMMdd)",                             \
        "must be Nam (yyyy) or NgayThangNam (yyyyMMdd)")                                           \
    ROW(NOT_A_VALUE, "không phải là giá trị của trường thông tin này",                             \
        "is not a value of this field")                                                            \
    ROW(TOO_MANY, "có quá nhiều giá trị cần xác minh", "holds too many values to be verified")     \
    ROW(NOT_READ, "không đọc được: ", "cannot be read: ")                                          \
    ROW(ENVELOPE, "không phải là thông điệp SOAP 1.1: ", "is no message of SOAP 1.1: ")            \
    ROW(CONTROL, "có ký tự điều khiển", "has a control character")                                 \
    ROW(ONE_NUMBER, "phải có đúng một trong hai: MaYeuCau, SoYeuCau",                              \
        "must have exactly one of MaYeuCau, SoYeuCau")                                             \
    ROW(NOT_32_HEX, "phải gồm đúng 32 chữ số thập lục phân", "must be 32 hexadecimal digits")      \
    ROW(NOT_A_LINE, "phải là số thứ tự từ 1", "must be a line's number, from 1")                   \
    ROW(NOT_AN_AGE, "phải là số tuổi từ 0 đến 150", "must be years of age from 0 to 150")          \
    ROW(NOT_A_PROVINCE, "phải là mã tỉnh 2 chữ số của danh mục",                                   \
        "must be a province's code of 2 digits in the list")                                       \
    ROW(NOT_A_WARD, "phải là mã phường xã 5 chữ số", "must be a ward's code of 5 digits")          \
    ROW(NOT_A_LIST, "phải là 2021-07-01 hoặc 2025-07-01", "must be 2021-07-01 or 2025-07-01")      \
    ROW(NO_CRITERION, "thiếu tiêu chí của thao tác này", "lacks the operation's own criterion")    \
    ROW(NO_SUCH_LIST, "danh sách chỉ được lập theo địa phương, độ tuổi, giới tính",                \
        "lists are drawn by place, age or sex only")                                               \
    ROW(SENSITIVE_LIST,                                                                            \
        "là dữ liệu cá nhân nhạy cảm: danh sách chỉ được lập theo địa phương, độ tuổi, giới tính", \
        "is sensitive personal data: lists are drawn by place, age or sex only")

enum reason {
#define ROW(name, vi, en) REASON_##name,
    REASONS(ROW)
#undef ROW
};

/* What one reading works on. */
struct reading {
    const struct ndxp_operation *operation;
    const struct xml_node *payload;
    struct view cases;
    struct arena *arena;
    struct ask ask;
    size_t claim_bytes;
    struct ask_faults *faults;
    enum language language;
    bool starved; /* the arena or the heap had no room */
};

/* read.c */
const char *reading_reason(enum reason reason, enum language language);
/* Adds a fault of the element of that name. */
void reading_refuse(struct reading *reading, struct view name, enum reason reason);
void reading_refuse_node(struct reading *reading, const struct xml_node *node, enum reason reason);
/* An element's text without the white space around it, which who writes XML to be read puts there.
 */
struct view reading_text(const struct xml_node *node);
/* It is there and says nothing: the systems in use send all of their elements. */
bool reading_empty(const struct xml_node *node);
/* A text of 1..max bytes without control characters. */
struct view reading_take_text(struct reading *reading, const struct xml_node *node, size_t max,
                              enum reason reason);
/* A copy in the arena. */
struct view reading_keep(struct reading *reading, struct view text);
/* A message down to its payload; the arena is reset before. */
struct outcome reading_open(struct view body, struct view cases, struct arena *arena,
                            struct soap_message *ret_message, struct xml_fault *ret_xml,
                            struct soap_fault *ret_soap);
/* The same for a message that will be read: its payload is the reading's. FAULT_BAD_INPUT: *faults
 * has why, or *ret_refused. */
struct outcome reading_begin(struct reading *reading, struct view body,
                             struct soap_message *ret_message, struct ndxp_refused *ret_refused);
/* The next name of a list with commas from *at, 0 at first; false: there is none. */
bool reading_next_name(struct view list, size_t *at, struct view *ret_name);

/* ask_xml.c: elements that all messages have, into reading->ask */
void reading_take_request(struct reading *reading, const struct xml_node *node);
void reading_take_procedure(struct reading *reading, const struct xml_node *node);
void reading_take_integration(struct reading *reading, const struct xml_node *node);
void reading_take_unit(struct reading *reading, const struct xml_node *node);
void reading_take_officer(struct reading *reading, const struct xml_node *node);
/* The officer's login and telephone: newer callers send them, nobody here needs them. */
void reading_pass_over(struct reading *reading, const struct xml_node *node);
/* One of those that may hold the case reference. */
bool reading_names_case(const struct reading *reading, const struct xml_node *node);
/* The first place that has something; nothing is for the core to refuse, which records it. */
void reading_take_case(struct reading *reading, const struct xml_node *header);

/* claims.c */
/* An element that the operation claims something by; false: it is none. */
bool reading_take_claim(struct reading *reading, const struct xml_node *node);
/* What an operation claims by itself, or lacks. */
void reading_claim_by_itself(struct reading *reading);

/* answer_xml.c */
/* Of canonical JSON: a member, an item; none when the value is of another kind. */
struct view answer_member(struct view object, const char *name);
bool answer_next_item(struct view array, size_t *at, struct view *ret_item);
/* One person as CongdanCollection; both are canonical JSON, an object and an array, or null. */
struct outcome answer_put_collection(struct view person, struct view notices, struct arena *arena,
                                     struct buf *buf);
void answer_put_truth(struct buf *buf, bool truth);

#endif
