/*
 * Addresses.
 *
 * Invariants:
 *  1. An address is in Viet Nam (it has a unit), abroad (it has a country), or unknown.
 *  2. Texts go into JSON as they are: no quotes, backslashes or control characters.
 */
#include "demo/places.h"

#include "base/check.h"

#include <stdarg.h>

#define ROWS(list) (sizeof(list) / sizeof((list)[0]))

static const char *const streets[] = {
    "Lê Lợi",
    "Trần Phú",
    "Nguyễn Trãi",
    "Trần Hưng Đạo",
    "Quang Trung",
    "Hùng Vương",
    "Lý Thường Kiệt",
    "Nguyễn Huệ",
    "Hai Bà Trưng",
    "Ngô Quyền",
    "Lê Duẩn",
    "Phan Đình Phùng",
    "Nguyễn Du",
    "Điện Biên Phủ",
    "Hoàng Diệu",
    "Bà Triệu",
    "Đinh Tiên Hoàng",
    "Phan Chu Trinh",
    "Nguyễn Thái Học",
    "Võ Thị Sáu",
    "Cách Mạng Tháng Tám",
    "30 Tháng 4",
    "Hòa Bình",
    "Hoà Bình",
    "Thống Nhất",
    "Lạc Long Quân",
    "Âu Cơ",
    "Nguyễn Văn Cừ",
    "Lê Hồng Phong",
    "Trường Chinh",
    "Tôn Đức Thắng",
    "Phạm Ngũ Lão",
    "Nguyễn Công Trứ",
    "Lê Thánh Tông",
    "Chu Văn An",
    "Nguyễn Bỉnh Khiêm",
    "Trần Nhân Tông",
    "Lê Đại Hành",
    "Mạc Đĩnh Chi",
    "Bùi Thị Xuân",
    "Thụy Khuê",
    "Thuỵ Khuê",
    "Tuệ Tĩnh",
    "Nguyễn Đình Chiểu",
    "Phan Bội Châu",
    "Tô Hiến Thành",
    "Lê Quý Đôn",
    "Yết Kiêu",
    "Xô Viết Nghệ Tĩnh",
    "Phạm Văn Đồng",
};

static const char *const hamlets[] = {
    "Đông",        "Tây",       "Nam",      "Trung",      "Thượng",    "Hạ",         "Đoài",
    "Bắc",         "An Hòa",    "An Hoà",   "Tân Lập",    "Tân Thành", "Phú Thọ",    "Bình Minh",
    "Mỹ Hòa",      "Mỹ Hoà",    "Đồng Tâm", "Hồng Phong", "Vĩnh Phú",  "Long Thạnh", "Tân Tiến",
    "Quyết Thắng", "Thạnh Lợi", "Bến Đò",   "Cầu Dừa",
};

/* What a piece of the countryside is called: north, south. */
static const char *const hamlet_words[2][3] = {{"Thôn", "Xóm", "Bản"}, {"Ấp", "Thôn", "Khóm"}};

__attribute__((format(printf, 2, 3))) static void detail_print(struct address *address,
                                                               const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int len = vsnprintf(address->detail, sizeof address->detail, format, values);
    va_end(values);
    CHECK(len > 0 && (size_t)len < sizeof address->detail);
    address->detail_len = (uint8_t)len;
}

static void detail_town(struct rng *rng, struct address *address, bool south)
{
    const char *street = streets[rng_early(rng, ROWS(streets))];
    unsigned house = 1 + rng_below(rng, 400);
    unsigned lane = 2 + rng_below(rng, 298);
    switch (rng_below(rng, 5)) {
    case 0:
        if (south) {
            detail_print(address, "%u/%u %s", lane, house, street);
        } else {
            detail_print(address, "Số %u ngõ %u %s", house % 90 + 1, lane, street);
        }
        break;
    case 1:
        detail_print(address, "Tổ %u, khu phố %u, %s", house % 40 + 1, lane % 9 + 1, street);
        break;
    case 2:
        detail_print(address, "Phòng %u, chung cư %s", (lane % 25 + 1) * 100 + house % 20 + 1,
                     street);
        break;
    default:
        detail_print(address, "%u %s", house, street);
    }
}

static void detail_country(struct rng *rng, struct address *address, bool south)
{
    const char *word = hamlet_words[south][rng_early(rng, 3)];
    if (rng_below(rng, 2) == 0) {
        detail_print(address, "%s %u", word, 1 + rng_below(rng, 12));
    } else {
        detail_print(address, "%s %s", word, hamlets[rng_below(rng, ROWS(hamlets))]);
    }
}

struct address demo_place_home(struct rng *rng, struct unit unit, unsigned province_2021)
{
    CHECK(unit.list != LIST_NONE);
    const struct province *province = demo_province(province_2021);
    struct address address = {.unit = unit};
    if (rng_below(rng, 100) < province->urban) {
        detail_town(rng, &address, province->south);
    } else {
        detail_country(rng, &address, province->south);
    }
    return address;
}

struct address demo_place_unit(struct unit unit)
{
    return (struct address){.unit = unit};
}

struct address demo_place_abroad(struct rng *rng, const struct foreign *foreign)
{
    struct address address = {.foreign = foreign};
    uint32_t count = (uint32_t)demo_list_len(foreign->places);
    detail_print(&address, "%s", foreign->places[rng_below(rng, count)]);
    return address;
}

bool demo_place_known(const struct address *address)
{
    return address->unit.list != LIST_NONE || address->foreign != NULL;
}

/* 0 is no unit. */
static void put_code_or_null(struct buf *buf, unsigned code, unsigned digits)
{
    if (code == 0) {
        PUT(buf, "null");
        return;
    }
    uint8_t *text = buf_claim(buf, digits + 2);
    if (text == NULL) {
        return;
    }
    text[0] = '"';
    for (unsigned i = digits; i > 0; i--) {
        text[i] = (uint8_t)('0' + code % 10);
        code /= 10;
    }
    text[digits + 1] = '"';
    CHECK(code == 0);
}

static void put_detail(struct buf *buf, const struct address *address)
{
    if (address->detail_len == 0) {
        PUT(buf, "null");
        return;
    }
    PUT(buf, "\"");
    buf_put(buf, address->detail, address->detail_len);
    PUT(buf, "\"");
}

void demo_place_put(struct buf *buf, const struct address *address)
{
    const struct unit *unit = &address->unit;
    CHECK(address->foreign == NULL || unit->list == LIST_NONE);
    if (!demo_place_known(address)) {
        PUT(buf, "null");
        return;
    }
    PUT(buf, "{\"country\":\"");
    buf_put(buf, address->foreign == NULL ? "VN" : address->foreign->code, 2);
    PUT(buf, "\",\"detail\":");
    put_detail(buf, address);
    if (address->foreign != NULL) {
        PUT(buf, ",\"district\":null,\"list\":null,\"province\":null,\"ward\":null}");
        return;
    }
    PUT(buf, ",\"district\":");
    put_code_or_null(buf, unit->district, 3);
    PUT(buf, ",\"list\":\"");
    buf_put(buf, demo_list_date(unit->list), 10);
    PUT(buf, "\",\"province\":");
    put_code_or_null(buf, unit->province, 2);
    PUT(buf, ",\"ward\":");
    put_code_or_null(buf, unit->ward, 5);
    PUT(buf, "}");
}
