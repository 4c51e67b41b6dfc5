/*
 * The WSDL 1.1 of the service, with its schemas, written from the rows that messages are read and
 * written by.
 */
#include "channel/ndxp/read.h"

#include <string.h>

#define OPTIONAL " minOccurs=\"0\"/>"
#define MANY " minOccurs=\"0\" maxOccurs=\"unbounded\"/>"
#define SCHEMA(uri) "<xs:schema targetNamespace=\"" uri "\" elementFormDefault=\"qualified\">"

static void put_text_element(struct buf *buf, struct view name, bool required)
{
    buf_printf(buf, "<xs:element name=\"%.*s\" type=\"xs:string\"%s", (int)name.len,
               (const char *)name.data, required ? "/>" : OPTIONAL);
}

static void put_optional(struct buf *buf, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_text_element(buf, view_text(names[i]), false);
    }
}

static void put_type(struct buf *buf, const char *name, const char *const *names, size_t count)
{
    buf_printf(buf, "<xs:complexType name=\"%s\"><xs:sequence>", name);
    put_optional(buf, names, count);
    buf_put_text(buf, "</xs:sequence></xs:complexType>\n");
}

static void put_address_type(struct buf *buf)
{
    const char *names[NDXP_ADDRESS_MEMBERS];

    for (unsigned i = 0; i < NDXP_ADDRESS_MEMBERS; i++) {
        names[i] = ndxp_address[i].element;
    }
    put_type(buf, "DiaChi", names, NDXP_ADDRESS_MEMBERS);
}

#define COUNT(names) names, sizeof(names) / sizeof((names)[0])
static const char *const birth_names[] = {"Nam", "NgayThangNam"};
static const char *const relative_asked[] = {"HoVaTen", "SoDinhDanh", "SoCMND"};
static const char *const relative_given[] = {"HoVaTen", "QuocTich", "SoDinhDanh", "SoCMND"};
static const char *const head_names[] = {"QuanHe", "SoDinhDanh", "SoCMND", "HoVaTen"};
static const char *const member_names[] = {"HoVaTen", "SoDinhDanh", "SoCMND", "QuanHe"};
static const char *const name_names[] = {"Ho", "ChuDem", "Ten"};
static const char *const death_names[] = {"TinhTrang", "Ngay"};

/* ---- what is asked ---- */

static void put_claims(struct buf *buf, const struct ndxp_operation *operation)
{
    switch (operation->takes) {
    case NDXP_TAKES_VALUES:
    case NDXP_TAKES_MARITAL:
    case NDXP_TAKES_RESIDENCE:
        for (unsigned i = 0; i < ndxp_field_count; i++) {
            const struct ndxp_field *row = &ndxp_fields[i];
            if (ndxp_takes_field(operation, row)) {
                buf_printf(buf, "<xs:element name=\"%s\" type=\"%s\"%s", row->element,
                           row->shape == NDXP_ADDRESS ? "dan:DiaChi" : "xs:string", OPTIONAL);
            }
        }
        break;
    case NDXP_TAKES_RELATIVES:
        for (unsigned i = 0; i < NDXP_RELATIONS; i++) {
            buf_printf(buf, "<xs:element name=\"%s\" type=\"dan:NguoiThan\"%s",
                       ndxp_relations[i].element, MANY);
        }
        break;
    case NDXP_TAKES_GUARDIAN:
        buf_put_text(buf, "<xs:element name=\"NguoiGiamHo\" type=\"dan:NguoiThan\"" OPTIONAL);
        break;
    case NDXP_TAKES_HEAD:
        buf_put_text(buf, "<xs:element name=\"ChuHo\" type=\"dan:NguoiThan\"" OPTIONAL);
        break;
    case NDXP_TAKES_NOTHING:
    case NDXP_TAKES_NO_DEATH:
        break;
    }
}

static void put_cases(struct buf *buf, struct view cases)
{
    struct view name = {0};

    for (size_t at = 0; reading_next_name(cases, &at, &name);) {
        if (!ndxp_element_known(name)) {
            put_text_element(buf, name, false);
        }
    }
}

static void put_asked(struct buf *buf, const struct ndxp_operation *operation, struct view cases)
{
    static const char *const required[] = {"MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "MaDonVi"};
    static const char *const officer[] = {"TaiKhoan", "SoDienThoai"};
    static const char *const keys[] = {"SoDinhDanh", "SoCMND"};

    buf_printf(buf, "<xs:element name=\"%s\"><xs:complexType><xs:sequence>", operation->name);
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        put_text_element(buf, view_text(required[i]), true);
    }
    put_optional(buf, COUNT(officer));
    put_cases(buf, cases);
    put_optional(buf, COUNT(keys));
    buf_put_text(buf, "<xs:element name=\"HoVaTen\" type=\"xs:string\"/>"
                      "<xs:element name=\"NgayThangNamSinh\" type=\"dan:NgayThangNamSinh\"/>");
    put_claims(buf, operation);
    buf_put_text(buf, "</xs:sequence></xs:complexType></xs:element>\n");
}

static void put_request(struct buf *buf, const struct ndxp_request_row *row, struct view cases)
{
    const char *name = NULL;
    bool required = false;

    buf_printf(buf, "<xs:element name=\"%s\"><xs:complexType><xs:sequence>", row->name);
    for (unsigned i = ndxp_request_element(row, 0, &name, &required); name != NULL;
         i = ndxp_request_element(row, i, &name, &required)) {
        put_text_element(buf, view_text(name), required);
        name = NULL;
    }
    if (row->does == NDXP_ASKS_LIST) {
        put_cases(buf, cases);
    }
    buf_put_text(buf, "</xs:sequence></xs:complexType></xs:element>\n");
}

static void put_asked_schema(struct buf *buf, struct view cases)
{
    buf_put_text(buf, SCHEMA(NDXP_ASK_URI) "\n");
    put_type(buf, "NgayThangNamSinh", COUNT(birth_names));
    put_address_type(buf);
    put_type(buf, "NguoiThan", COUNT(relative_asked));
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        put_asked(buf, &ndxp_operations[i], cases);
    }
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        put_request(buf, &ndxp_requests[i], cases);
    }
    buf_put_text(buf, "<xs:element name=\"KetQuaXacThuc\"><xs:complexType><xs:sequence>"
                      "<xs:element name=\"TonTai\" type=\"xs:boolean\"/></xs:sequence>"
                      "</xs:complexType></xs:element>\n</xs:schema>\n");
}

/* ---- what is given ---- */

static void put_given_schema(struct buf *buf)
{
    static const char *const types[] = {
        [NDXP_TEXT] = "xs:string",
        [NDXP_NAME] = "dc:HoVaTen",
        [NDXP_BIRTH] = "dc:NgayThangNamSinh",
        [NDXP_ADDRESS] = "dc:DiaChi",
    };
    static const char *const keys[] = {"SoDinhDanh", "SoCMND"};

    buf_put_text(buf, SCHEMA(NDXP_PERSON_URI) "\n");
    put_type(buf, "HoVaTen", COUNT(name_names));
    put_type(buf, "NgayThangNamSinh", COUNT(birth_names));
    put_address_type(buf);
    put_type(buf, "NguoiThan", COUNT(relative_given));
    put_type(buf, "ChuHo", COUNT(head_names));
    buf_put_text(buf, "<xs:complexType name=\"CongDan\"><xs:sequence>");
    put_optional(buf, COUNT(keys));
    for (unsigned i = 0; i < ndxp_field_count; i++) {
        buf_printf(buf, "<xs:element name=\"%s\" type=\"%s\"" OPTIONAL, ndxp_fields[i].element,
                   types[ndxp_fields[i].shape]);
    }
    for (unsigned i = 0; i < NDXP_RELATIONS; i++) {
        if (!ndxp_relations[i].own) {
            buf_printf(buf, "<xs:element name=\"%s\" type=\"dc:NguoiThan\"" MANY,
                       ndxp_relations[i].element);
        }
    }
    buf_put_text(buf, "<xs:element name=\"ChuHo\" type=\"dc:ChuHo\"" OPTIONAL
                      "<xs:element name=\"SoSoHoKhau\" type=\"xs:string\"" OPTIONAL
                      "<xs:any namespace=\"" NDXP_OWN_URI "\" processContents=\"lax\"" MANY
                      "</xs:sequence></xs:complexType>\n"
                      "<xs:element name=\"CongdanCollection\"><xs:complexType><xs:sequence>"
                      "<xs:element name=\"CongDan\" type=\"dc:CongDan\"" MANY "</xs:sequence>"
                      "<xs:attribute name=\"SoCongDan\" type=\"xs:string\"/>"
                      "</xs:complexType></xs:element>\n</xs:schema>\n");
}

static void put_members(struct buf *buf, const struct ndxp_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_text_element(buf, view_text(members[i].element), false);
    }
}

/* A request with what stands behind its own elements. */
static void put_job_type(struct buf *buf, const char *name, const char *behind)
{
    buf_printf(buf, "<xs:complexType name=\"%s\"><xs:sequence>", name);
    put_members(buf, ndxp_job_members, NDXP_JOB_MEMBERS);
    buf_printf(buf, "%s</xs:sequence></xs:complexType>\n", behind);
}

#define TEXT(name) "<xs:element name=\"" name "\" type=\"xs:string\"" OPTIONAL
#define TYPE(name) "<xs:complexType name=\"" name "\"><xs:sequence>"
#define TYPE_END "</xs:sequence></xs:complexType>\n"
#define PAGE TEXT("SoYeuCau") TEXT("TongSo") TEXT("TuDong") TEXT("DongSau")

/* What is told of requests (request_answer.c). */
static void put_request_types(struct buf *buf)
{
    put_job_type(buf, "YeuCau", "");
    put_job_type(buf, "KetQuaYeuCau", TEXT("SoDongMoiTrang") TEXT("DiaChi"));
    buf_put_text(buf, TYPE("ChiTietYeuCau"));
    put_members(buf, ndxp_job_members, NDXP_JOB_MEMBERS);
    put_members(buf, ndxp_wish_members, NDXP_WISH_MEMBERS);
    buf_put_text(
        buf,
        "<xs:element name=\"TruongThongTin\" type=\"xs:string\"" MANY TYPE_END TYPE(
            "DanhSachYeuCau") "<xs:element name=\"YeuCau\" type=\"d:YeuCau\"" MANY TYPE_END
            TYPE("SuKien") TEXT("TrangThai") TEXT("Luc") TYPE_END TYPE("LichSuYeuCau")
                TEXT("SoYeuCau") "<xs:element name=\"SuKien\" type=\"d:SuKien\"" MANY TYPE_END TYPE(
                    "BanGhi")
                    TEXT("Dong") "<xs:element ref=\"dc:CongdanCollection\"" OPTIONAL
                                 "<xs:element ref=\"dan:KetQuaXacThuc\"" OPTIONAL TEXT("MaLoi")
                                     TEXT("TuChoi") "<xs:element ref=\"d:BienNhan\"" OPTIONAL
                                         TYPE_END TYPE("TrangKetQua") PAGE
        "<xs:element name=\"BanGhi\" type=\"d:BanGhi\"" MANY TYPE_END TYPE("TepKetQua") PAGE TEXT(
            "Kieu") "<xs:element name=\"NoiDung\" type=\"xs:base64Binary\"" OPTIONAL TYPE_END);
}

/* Of several operations that are answered alike, the first. */
static bool is_first(unsigned i)
{
    for (unsigned before = 0; before < i; before++) {
        if (strcmp(ndxp_requests[before].answer, ndxp_requests[i].answer) == 0) {
            return false;
        }
    }
    return true;
}

static void put_request_elements(struct buf *buf)
{
    put_request_types(buf);
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        if (is_first(i)) {
            const char *name = ndxp_requests[i].answer;
            buf_printf(buf, "<xs:element name=\"%s\" type=\"d:%s\"/>\n", name, name);
        }
    }
}

static void put_own_schema(struct buf *buf)
{
    buf_put_text(buf, SCHEMA(NDXP_OWN_URI) "\n");
    put_address_type(buf);
    put_type(buf, "NguoiThan", COUNT(relative_given));
    put_type(buf, "ThanhVien", COUNT(member_names));
    put_type(buf, "ChetMatTich", COUNT(death_names));
    buf_put_text(
        buf,
        "<xs:complexType name=\"TamVang\"><xs:sequence>"
        "<xs:element name=\"TuNgay\" type=\"xs:string\"" OPTIONAL
        "<xs:element name=\"DenNgay\" type=\"xs:string\"" OPTIONAL
        "<xs:element name=\"Noi\" type=\"d:DiaChi\"" OPTIONAL "</xs:sequence></xs:complexType>\n"
        "<xs:element name=\"BienNhan\" type=\"xs:string\"/>"
        "<xs:element name=\"Con\" type=\"d:NguoiThan\"/>"
        "<xs:element name=\"NoiTamTru\" type=\"d:DiaChi\"/>"
        "<xs:element name=\"TamVang\" type=\"d:TamVang\"/>"
        "<xs:element name=\"ChetMatTich\" type=\"d:ChetMatTich\"/>"
        "<xs:element name=\"ThanhVien\" type=\"d:ThanhVien\"/>"
        "<xs:element name=\"ThongBao\" type=\"xs:string\"/>\n"
        "<xs:complexType name=\"ThamSo\"><xs:sequence>"
        "<xs:element name=\"Ten\" type=\"xs:string\"/>"
        "<xs:element name=\"LyDo\" type=\"xs:string\"" OPTIONAL "</xs:sequence></xs:complexType>\n"
        "<xs:element name=\"Loi\"><xs:complexType><xs:sequence>"
        "<xs:element name=\"MaLoi\" type=\"xs:string\"/>"
        "<xs:element name=\"TuChoi\" type=\"xs:string\"/>"
        "<xs:element name=\"MoTa\" type=\"xs:string\"" OPTIONAL
        "<xs:element name=\"DieuKhoan\" type=\"xs:string\"" OPTIONAL
        "<xs:element name=\"ThamSo\" type=\"d:ThamSo\"" MANY
        "<xs:element ref=\"d:BienNhan\"" OPTIONAL "</xs:sequence></xs:complexType></xs:element>\n");
    put_request_elements(buf);
    buf_put_text(buf, "</xs:schema>\n");
}

/* ---- the service ---- */

static const char *answer_name(const struct ndxp_operation *operation)
{
    return operation->answer == NDXP_RECORD ? "CongdanCollection" : "KetQuaXacThuc";
}

static void put_message(struct buf *buf, const char *name)
{
    buf_printf(buf,
               "<wsdl:message name=\"%s\"><wsdl:part name=\"yeuCau\" element=\"dan:%s\"/>"
               "</wsdl:message>\n",
               name, name);
}

static void put_messages(struct buf *buf)
{
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        put_message(buf, ndxp_operations[i].name);
    }
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        const char *name = ndxp_requests[i].answer;
        put_message(buf, ndxp_requests[i].name);
        if (is_first(i)) {
            buf_printf(buf,
                       "<wsdl:message name=\"%s\"><wsdl:part name=\"ketQua\" element=\"d:%s\"/>"
                       "</wsdl:message>\n",
                       name, name);
        }
    }
    buf_put_text(
        buf, "<wsdl:message name=\"CongdanCollection\"><wsdl:part name=\"ketQua\" "
             "element=\"dc:CongdanCollection\"/></wsdl:message>\n"
             "<wsdl:message name=\"KetQuaXacThuc\"><wsdl:part name=\"ketQua\" "
             "element=\"dan:KetQuaXacThuc\"/></wsdl:message>\n"
             "<wsdl:message name=\"BienNhan\"><wsdl:part name=\"bienNhan\" element=\"d:BienNhan\"/>"
             "</wsdl:message>\n<wsdl:message name=\"Loi\"><wsdl:part name=\"loi\" "
             "element=\"d:Loi\"/></wsdl:message>\n");
}

static void put_port(struct buf *buf, const char *name, const char *answer)
{
    buf_printf(buf,
               "<wsdl:operation name=\"%s\"><wsdl:input message=\"w:%s\"/>"
               "<wsdl:output message=\"w:%s\"/><wsdl:fault name=\"Loi\" message=\"w:Loi\"/>"
               "</wsdl:operation>\n",
               name, name, answer);
}

static void put_port_type(struct buf *buf)
{
    buf_put_text(buf, "<wsdl:portType name=\"DanCu\">\n");
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        put_port(buf, ndxp_operations[i].name, answer_name(&ndxp_operations[i]));
    }
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        put_port(buf, ndxp_requests[i].name, ndxp_requests[i].answer);
    }
    buf_put_text(buf, "</wsdl:portType>\n");
}

#define RECEIPT "<soap:header message=\"w:BienNhan\" part=\"bienNhan\" use=\"literal\"/>"

static void put_bound(struct buf *buf, const char *name, const char *header)
{
    buf_printf(buf,
               "<wsdl:operation name=\"%s\"><soap:operation soapAction=\"" NDXP_ASK_URI "/%s\"/>"
               "<wsdl:input><soap:body use=\"literal\"/></wsdl:input><wsdl:output>%s"
               "<soap:body use=\"literal\"/></wsdl:output><wsdl:fault name=\"Loi\">"
               "<soap:fault name=\"Loi\" use=\"literal\"/></wsdl:fault></wsdl:operation>\n",
               name, name, header);
}

static void put_binding(struct buf *buf)
{
    buf_put_text(buf, "<wsdl:binding name=\"DanCuSoap\" type=\"w:DanCu\"><soap:binding "
                      "style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n");
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        put_bound(buf, ndxp_operations[i].name, RECEIPT);
    }
    for (unsigned i = 0; i < ndxp_request_count; i++) {
        put_bound(buf, ndxp_requests[i].name, "");
    }
    buf_put_text(buf, "</wsdl:binding>\n");
}

void ndxp_wsdl_put(struct buf *buf, struct view address, struct view cases)
{
    buf_put_text(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wsdl:definitions name=\"DanCu\""
                      " targetNamespace=\"" NDXP_OWN_URI ":wsdl\" xmlns:w=\"" NDXP_OWN_URI ":wsdl\""
                      " xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\""
                      " xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\""
                      " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:dan=\"" NDXP_ASK_URI
                      "\" xmlns:dc=\"" NDXP_PERSON_URI "\" xmlns:d=\"" NDXP_OWN_URI "\">\n"
                      "<wsdl:types>\n");
    put_asked_schema(buf, cases);
    put_given_schema(buf);
    put_own_schema(buf);
    buf_put_text(buf, "</wsdl:types>\n");
    put_messages(buf);
    put_port_type(buf);
    put_binding(buf);
    buf_put_text(buf, "<wsdl:service name=\"DanCu\"><wsdl:port name=\"DanCuSoap\" "
                      "binding=\"w:DanCuSoap\"><soap:address location=\"");
    xml_put_text(buf, address);
    buf_put_text(buf, "\"/></wsdl:port></wsdl:service>\n</wsdl:definitions>\n");
}
