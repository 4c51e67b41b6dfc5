/*
 * The rows of operations and elements (domain.md section 4).
 */
#include "channel/ndxp/rows.h"

const struct ndxp_operation ndxp_operations[] = {
    {"TraCuuThongTinCongDan",
     SERVICE_CITIZEN_LOOKUP,
     NDXP_RECORD,
     NDXP_TAKES_NOTHING,
     FIELD_COUNT,
     {"037"}},
    {"CungCapThongTinCongDan",
     SERVICE_CITIZEN_LOOKUP,
     NDXP_RECORD,
     NDXP_TAKES_NOTHING,
     FIELD_COUNT,
     {NULL}},
    {"CungCapThongTinNhomMau",
     SERVICE_CITIZEN_LOOKUP,
     NDXP_RECORD,
     NDXP_TAKES_NOTHING,
     FIELD_BLOOD_GROUP,
     {NULL}},
    {"CungCapThongTinHoGiaDinh",
     SERVICE_HOUSEHOLD_LOOKUP,
     NDXP_RECORD,
     NDXP_TAKES_NOTHING,
     FIELD_COUNT,
     {"034"}},
    {"XacThucThongTinCongDan",
     SERVICE_CITIZEN_VERIFY,
     NDXP_TRUTH,
     NDXP_TAKES_VALUES,
     FIELD_COUNT,
     {"033", "003"}},
    {"XacMinhTinhTrangHonNhan",
     SERVICE_CITIZEN_VERIFY,
     NDXP_TRUTH,
     NDXP_TAKES_MARITAL,
     FIELD_COUNT,
     {NULL}},
    {"XacMinhThongTinNoiOHienTai",
     SERVICE_CITIZEN_VERIFY,
     NDXP_TRUTH,
     NDXP_TAKES_RESIDENCE,
     FIELD_COUNT,
     {NULL}},
    {"XacMinhTinhTrangChetMatTich",
     SERVICE_CITIZEN_VERIFY,
     NDXP_UNTRUTH,
     NDXP_TAKES_NO_DEATH,
     FIELD_COUNT,
     {NULL}},
    {"XacMinhThongTinNhanThan",
     SERVICE_RELATIVE_VERIFY,
     NDXP_TRUTH,
     NDXP_TAKES_RELATIVES,
     FIELD_COUNT,
     {NULL}},
    {"XacMinhThongTinNguoiGiamHo",
     SERVICE_RELATIVE_VERIFY,
     NDXP_TRUTH,
     NDXP_TAKES_GUARDIAN,
     FIELD_COUNT,
     {NULL}},
    {"XacMinhThongTinChuHo",
     SERVICE_RELATIVE_VERIFY,
     NDXP_TRUTH,
     NDXP_TAKES_HEAD,
     FIELD_COUNT,
     {NULL}},
};
const unsigned ndxp_operation_count = sizeof(ndxp_operations) / sizeof(ndxp_operations[0]);

const struct ndxp_request_row ndxp_requests[] = {
    {"CungCapDanhSachTheoDiaPhuong", NDXP_ASKS_LIST, NDXP_BY_PLACE, "YeuCau"},
    {"CungCapDanhSachTheoDoTuoi", NDXP_ASKS_LIST, NDXP_BY_AGE, "YeuCau"},
    {"CungCapDanhSachTheoGioiTinh", NDXP_ASKS_LIST, NDXP_BY_SEX, "YeuCau"},
    {"CungCapDanhSachTheoNhomMau", NDXP_ASKS_LIST, NDXP_BY_BLOOD_GROUP, "YeuCau"},
    {"CungCapDanhSachTheoDanToc", NDXP_ASKS_LIST, NDXP_BY_ETHNICITY, "YeuCau"},
    {"CungCapDanhSachTheoTonGiao", NDXP_ASKS_LIST, NDXP_BY_RELIGION, "YeuCau"},
    {"GetRequests", NDXP_LISTS, NDXP_BY_NOTHING, "DanhSachYeuCau"},
    {"GetRequestStatus", NDXP_STATUS, NDXP_BY_NOTHING, "YeuCau"},
    {"DeleteRequest", NDXP_DELETES, NDXP_BY_NOTHING, "YeuCau"},
    {"GetRequestResult", NDXP_RESULT, NDXP_BY_NOTHING, "KetQuaYeuCau"},
    {"GetResultDetailAsRecords", NDXP_RECORDS, NDXP_BY_NOTHING, "TrangKetQua"},
    {"GetResultDetailAsFile", NDXP_FILE, NDXP_BY_NOTHING, "TepKetQua"},
    {"GetRequestDetail", NDXP_DETAIL, NDXP_BY_NOTHING, "ChiTietYeuCau"},
    {"GetRequestHistory", NDXP_HISTORY, NDXP_BY_NOTHING, "LichSuYeuCau"},
};
const unsigned ndxp_request_count = sizeof(ndxp_requests) / sizeof(ndxp_requests[0]);

const struct ndxp_field ndxp_fields[] = {
    {"HoVaTen", FIELD_FULL_NAME, NDXP_NAME, false},
    {"GioiTinh", FIELD_SEX, NDXP_TEXT, true},
    {"DanToc", FIELD_ETHNICITY, NDXP_TEXT, true},
    {"TonGiao", FIELD_RELIGION, NDXP_TEXT, true},
    {"TinhTrangHonNhan", FIELD_MARITAL_STATUS, NDXP_TEXT, true},
    {"NhomMau", FIELD_BLOOD_GROUP, NDXP_TEXT, true},
    {"NgayThangNamSinh", FIELD_BIRTH_DATE, NDXP_BIRTH, false},
    {"NoiDangKyKhaiSinh", FIELD_BIRTH_REGISTRATION_PLACE, NDXP_ADDRESS, true},
    {"QuocTich", FIELD_NATIONALITY, NDXP_TEXT, true},
    {"QueQuan", FIELD_NATIVE_PLACE, NDXP_ADDRESS, true},
    {"ThuongTru", FIELD_PERMANENT_RESIDENCE, NDXP_ADDRESS, true},
    {"NoiOHienTai", FIELD_CURRENT_RESIDENCE, NDXP_ADDRESS, true},
};
const unsigned ndxp_field_count = sizeof(ndxp_fields) / sizeof(ndxp_fields[0]);

const struct ndxp_member ndxp_address[NDXP_ADDRESS_MEMBERS] = {
    {"MaTinhThanh", "province"}, {"MaQuanHuyen", "district"}, {"MaPhuongXa", "ward"},
    {"ChiTiet", "detail"},       {"QuocGia", "country"},
};

const struct ndxp_member ndxp_job_members[NDXP_JOB_MEMBERS] = {
    {"SoYeuCau", "id"},     {"MaYeuCau", "idempotency_key"},
    {"DichVu", "service"},  {"NghiepVu", "business"},
    {"TrangThai", "state"}, {"LyDo", "reason"},
    {"TongSo", "lines"},    {"DaXuLy", "done"},
    {"TuChoi", "refused"},  {"KhongCo", "missed"},
    {"LucTao", "created"},  {"LucHetHan", "expires"},
};

const struct ndxp_member ndxp_wish_members[NDXP_WISH_MEMBERS] = {
    {"TieuChi", "criteria"},
    {"MaHoSo", "case"},
    {"MaCanBo", "officer"},
};

const struct ndxp_relation ndxp_relations[NDXP_RELATIONS] = {
    {"Cha", "father", false},     {"Me", "mother", false},
    {"VoChong", "spouse", false}, {"NguoiDaiDien", "representative", false},
    {"Con", "child", true},
};

/* Some systems write the older message's name, with this behind it. */
#define SUFFIX VIEW_LITERAL("Request")

static bool is_named(struct view name, const char *want)
{
    struct view wanted = view_text(want);

    return view_equal(name, wanted) ||
           (name.len == wanted.len + SUFFIX.len && view_starts(name, wanted) &&
            view_equal(view_part(name, wanted.len, SUFFIX.len), SUFFIX));
}

const struct ndxp_operation *ndxp_operation_of(const struct xml_node *payload)
{
    const struct ndxp_operation *found = NULL;

    if (!view_equal(payload->space, NDXP_ASK_SPACE)) {
        return NULL;
    }
    for (unsigned i = 0; i < ndxp_operation_count && found == NULL; i++) {
        found = is_named(payload->name, ndxp_operations[i].name) ? &ndxp_operations[i] : NULL;
    }
    return found;
}

const struct ndxp_request_row *ndxp_request_of(const struct xml_node *payload)
{
    const struct ndxp_request_row *found = NULL;

    if (!view_equal(payload->space, NDXP_ASK_SPACE)) {
        return NULL;
    }
    for (unsigned i = 0; i < ndxp_request_count && found == NULL; i++) {
        found = is_named(payload->name, ndxp_requests[i].name) ? &ndxp_requests[i] : NULL;
    }
    return found;
}

static bool has_code(const struct ndxp_operation *operation, struct view code)
{
    bool found = false;

    for (unsigned i = 0; i < 2 && operation->codes[i] != NULL; i++) {
        found = found || view_is(code, operation->codes[i]);
    }
    return found;
}

bool ndxp_code_fits(const struct ndxp_operation *operation, struct view code)
{
    bool other = false;

    if (operation != NULL && operation->codes[0] != NULL) {
        return has_code(operation, code);
    }
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        other = other || has_code(&ndxp_operations[i], code);
    }
    return !other;
}

bool ndxp_takes_field(const struct ndxp_operation *operation, const struct ndxp_field *row)
{
    switch (operation->takes) {
    case NDXP_TAKES_VALUES:
        return row->claimed;
    case NDXP_TAKES_MARITAL:
        return row->field == FIELD_MARITAL_STATUS;
    case NDXP_TAKES_RESIDENCE:
        return row->field == FIELD_CURRENT_RESIDENCE;
    default:
        return false;
    }
}

struct view ndxp_field_name(enum field field)
{
    for (unsigned i = 0; i < ndxp_field_count; i++) {
        if (ndxp_fields[i].field == field) {
            return view_text(ndxp_fields[i].element);
        }
    }
    return view_text(words_name(&words_field, field));
}
