/*
 * The WSDL 1.1 of the service, with its schemas, written from the rows that messages are read and
 * written by.
 */
#include "channel/ndxp/read.h"

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

static void put_asked(struct buf *buf, const struct ndxp_operation *operation, struct view cases)
{
    static const char *const required[] = {"MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "MaDonVi"};
    static const char *const officer[] = {"TaiKhoan", "SoDienThoai"};
    static const char *const keys[] = {"SoDinhDanh", "SoCMND"};
    struct view name = {0};

    buf_printf(buf, "<xs:element name=\"%s\"><xs:complexType><xs:sequence>", operation->name);
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        put_text_element(buf, view_text(required[i]), true);
    }
    put_optional(buf, COUNT(officer));
    for (size_t at = 0; reading_next_name(cases, &at, &name);) {
        if (!ndxp_element_known(name)) {
            put_text_element(buf, name, false);
        }
    }
    put_optional(buf, COUNT(keys));
    buf_put_text(buf, "<xs:element name=\"HoVaTen\" type=\"xs:string\"/>"
                      "<xs:element name=\"NgayThangNamSinh\" type=\"dan:NgayThangNamSinh\"/>");
    put_claims(buf, operation);
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

static void put_own_schema(struct buf *buf)
{
    buf_put_text(buf, SCHEMA(NDXP_OWN_URI) "\n");
    put_address_type(buf);
    put_type(buf, "NguoiThan", COUNT(relative_given));
    put_type(buf, "ThanhVien", COUNT(member_names));
    put_type(buf, "ChetMatTich", COUNT(death_names));
    buf_put_text(buf, "<xs:complexType name=\"TamVang\"><xs:sequence>"
                      "<xs:element name=\"TuNgay\" type=\"xs:string\"" OPTIONAL
                      "<xs:element name=\"DenNgay\" type=\"xs:string\"" OPTIONAL
                      "<xs:element name=\"Noi\" type=\"d:DiaChi\"" OPTIONAL
                      "</xs:sequence></xs:complexType>\n"
                      "<xs:element name=\"BienNhan\" type=\"xs:string\"/>"
                      "<xs:element name=\"Con\" type=\"d:NguoiThan\"/>"
                      "<xs:element name=\"NoiTamTru\" type=\"d:DiaChi\"/>"
                      "<xs:element name=\"TamVang\" type=\"d:TamVang\"/>"
                      "<xs:element name=\"ChetMatTich\" type=\"d:ChetMatTich\"/>"
                      "<xs:element name=\"ThanhVien\" type=\"d:ThanhVien\"/>"
                      "<xs:element name=\"ThongBao\" type=\"xs:string\"/>\n"
                      "<xs:complexType name=\"ThamSo\"><xs:sequence>"
                      "<xs:element name=\"Ten\" type=\"xs:string\"/>"
                      "<xs:element name=\"LyDo\" type=\"xs:string\"" OPTIONAL
                      "</xs:sequence></xs:complexType>\n"
                      "<xs:element name=\"Loi\"><xs:complexType><xs:sequence>"
                      "<xs:element name=\"MaLoi\" type=\"xs:string\"/>"
                      "<xs:element name=\"TuChoi\" type=\"xs:string\"/>"
                      "<xs:element name=\"MoTa\" type=\"xs:string\"" OPTIONAL
                      "<xs:element name=\"DieuKhoan\" type=\"xs:string\"" OPTIONAL
                      "<xs:element name=\"ThamSo\" type=\"d:ThamSo\"" MANY
                      "<xs:element ref=\"d:BienNhan\"" OPTIONAL
                      "</xs:sequence></xs:complexType></xs:element>\n</xs:schema>\n");
}

/* ---- the service ---- */

static const char *answer_name(const struct ndxp_operation *operation)
{
    return operation->answer == NDXP_RECORD ? "CongdanCollection" : "KetQuaXacThuc";
}

static void put_messages(struct buf *buf)
{
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        const char *name = ndxp_operations[i].name;
        buf_printf(buf,
                   "<wsdl:message name=\"%s\"><wsdl:part name=\"yeuCau\" element=\"dan:%s\"/>"
                   "</wsdl:message>\n",
                   name, name);
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

static void put_port_type(struct buf *buf)
{
    buf_put_text(buf, "<wsdl:portType name=\"DanCu\">\n");
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        const struct ndxp_operation *operation = &ndxp_operations[i];
        buf_printf(buf,
                   "<wsdl:operation name=\"%s\"><wsdl:input message=\"w:%s\"/>"
                   "<wsdl:output message=\"w:%s\"/><wsdl:fault name=\"Loi\" message=\"w:Loi\"/>"
                   "</wsdl:operation>\n",
                   operation->name, operation->name, answer_name(operation));
    }
    buf_put_text(buf, "</wsdl:portType>\n");
}

static void put_binding(struct buf *buf)
{
    buf_put_text(buf, "<wsdl:binding name=\"DanCuSoap\" type=\"w:DanCu\"><soap:binding "
                      "style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n");
    for (unsigned i = 0; i < ndxp_operation_count; i++) {
        const char *name = ndxp_operations[i].name;
        buf_printf(buf,
                   "<wsdl:operation name=\"%s\"><soap:operation soapAction=\"" NDXP_ASK_URI
                   "/%s\"/>"
                   "<wsdl:input><soap:body use=\"literal\"/></wsdl:input><wsdl:output>"
                   "<soap:header message=\"w:BienNhan\" part=\"bienNhan\" use=\"literal\"/>"
                   "<soap:body use=\"literal\"/></wsdl:output><wsdl:fault name=\"Loi\">"
                   "<soap:fault name=\"Loi\" use=\"literal\"/></wsdl:fault></wsdl:operation>\n",
                   name, name);
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
