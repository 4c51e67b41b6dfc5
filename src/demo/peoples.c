/*
 * Peoples, provinces and countries as rows; see peoples.h for their sources.
 *
 * Invariants:
 *  1. Rows of peoples stand in the order of their codes, 1 to 54.
 *  2. Every home is a code of the list of 2021, and every text is NFC without quotes, backslashes
 * or control characters: it goes into JSON as it is.
 */
#include "demo/peoples.h"

#include "base/check.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Given names of those who do not name their children as the Kinh do. */
#define EDE_MEN                                                                                    \
    WORDS("Wang", "Blô", "Thăm", "Khiêm", "Bhiông", "Krŏng", "Ŏt", "Thŏng", "Lĭm", "Djŭ", "Bliêu", \
          "Yăn", "Juê̆", "Tlŭn", "Săm", "Mŭk")
#define EDE_WOMEN                                                                                  \
    WORDS("Lăn", "Bŭp", "Mĭ", "Nuên", "Ƀlưk", "Juê̆", "Yar", "Dim", "Rŭn", "Ñuôn", "Hoan", "Dliê",  \
          "Bŏng", "Čăm", "Wĭn")
#define JRAI_MEN                                                                                   \
    WORDS("Hyiêng", "Blơh", "Tơr", "Thưn", "Dơn", "Klơng", "Bưk", "Phiên", "Jŭt", "Nhơt", "Hlik",  \
          "Sơn", "Păn", "Brơi")
#define JRAI_WOMEN                                                                                 \
    WORDS("Bia", "Chơi", "Lan", "Ngơn", "Yuin", "Phưng", "Nhi", "Wưm", "Thŭy", "Mlơn", "Hoen",     \
          "Blim")
#define KON_TUM_MEN                                                                                \
    WORDS("Thăng", "Blong", "Nhar", "Byưk", "Ngọc", "Lơng", "Brôl", "Hùng", "Thiu", "Jring",       \
          "Khiên", "Đoan")
#define KON_TUM_WOMEN                                                                              \
    WORDS("Blan", "Hnhơm", "Thảo", "Byen", "Lim", "Ngeo", "Xua", "Nga", "Khăm", "Hrơi", "Mlui")
#define KOHO_MEN                                                                                   \
    WORDS("Brếp", "Tỉnh", "Dương", "Brẻo", "Lệ", "Thành", "Krèo", "Đổi", "Mbrèm", "Tèo", "Srel")
#define KOHO_WOMEN WORDS("Mai", "Thuỷ", "Thủy", "Brẻ", "Sim", "Đào", "Rểm", "Hương", "Nhuyn", "Dền")
#define XTIENG_MEN                                                                                 \
    WORDS("Xuân", "Hon", "Bé", "Srây", "Lên", "Thành", "Krứ", "Mưn", "Giá", "Đố", "Tài")
#define XTIENG_WOMEN WORDS("Mai", "Brọ", "Drai", "Khoi", "Blem", "Ngọc", "Xứng", "Điệp", "Rớt")
#define HMONG_MEN                                                                                  \
    WORDS("Páo", "Chứ", "Dơ", "Sử", "Tủa", "Lử", "Dế", "Chơ", "Phứ", "Sình", "Nủ", "Giống",        \
          "Vàng", "Chía", "Dình", "Thề")
#define HMONG_WOMEN                                                                                \
    WORDS("Mỷ", "Dợ", "Chía", "Sua", "Máy", "Dí", "Pà", "Xay", "Ca", "Mo", "Chở", "Súa", "Dua",    \
          "Vừ", "Sính")
#define KHMER_MEN                                                                                  \
    WORDS("Sa Rươl", "Thươl", "Đa Ra", "Sa Vông", "Sóc Khum", "Phol", "Ri Thy", "Bun Than",        \
          "Sô Phan", "Kim Hên", "Chanh Đa", "Na Rinh", "Ra", "Sươl")
#define KHMER_WOMEN                                                                                \
    WORDS("Sô Phi", "Sa Rết", "Na Vy", "Bô Pha", "Chanh Thi", "Sa Rinh", "Sô Phia", "Ra Ni",       \
          "Sóc Kha", "Đa Vy", "Huôl", "Kiên")
#define CO_TU_MEN                                                                                  \
    WORDS("Ngước", "Bhuôch", "Vinh", "Tối", "Đêl", "Vương", "Nhơơi", "Lăng", "Clâu", "Dũng")
#define CO_TU_WOMEN WORDS("Nhứt", "Chươn", "Thị Bé", "Hiền", "Blúi", "Nhéo", "Đhức", "Thảo")
#define RAGLAI_MEN WORDS("Châu", "Điệp", "Hiệu", "Thơm", "Xuân", "Quá", "Đam", "Thanh Bình")
#define RAGLAI_WOMEN WORDS("Thị Đào", "Thị Hoà", "Thị Hòa", "Thị Mi", "Xiêm", "Thị Lan")
#define HA_NHI_MEN                                                                                 \
    WORDS("Go Xè", "Dần Xinh", "Xì Hừ", "Hừ Cà", "Xuyến Phù", "Lòng Cho", "Giá Xa", "Phì Lòng")
#define HA_NHI_WOMEN WORDS("Mì Pà", "Xó Nụ", "Gò Me", "Mí Nu", "Xó Pư", "Lò Xé")
#define CHU_RU_MEN WORDS("Tuấn", "Loan", "Đạt", "Thương", "Ngân", "Tiếp", "Quang")
#define CHU_RU_WOMEN WORDS("Phương", "Liêng", "Bio", "Thuý", "Thúy", "Hương", "Nhung")
#define BRAU_MEN WORDS("Lơi", "Mươn", "Dua", "Khem", "Đôi", "Thu")
#define BRAU_WOMEN WORDS("Pố", "Lung", "Xuân", "Điếp", "Nhiếp")

static const struct naming ede = {.before = {"Y ", "H'"},
                                  .given = {EDE_MEN, EDE_WOMEN},
                                  .family_last = true,
                                  .mother_line = true};
static const struct naming jrai = {
    .before = {"", "H'"}, .given = {JRAI_MEN, JRAI_WOMEN}, .mother_line = true};
static const struct naming kon_tum = {
    .before = {"A ", "Y "}, .given = {KON_TUM_MEN, KON_TUM_WOMEN}, .family_none = true};
static const struct naming koho = {
    .before = {"K'", "Ka "}, .given = {KOHO_MEN, KOHO_WOMEN}, .family_none = true};
static const struct naming xtieng = {
    .before = {"Điểu ", "Thị "}, .given = {XTIENG_MEN, XTIENG_WOMEN}, .family_none = true};
static const struct naming hmong = {
    .before = {"", ""}, .middle = {"A", "Thị"}, .given = {HMONG_MEN, HMONG_WOMEN}};
static const struct naming khmer = {
    .before = {"", ""}, .middle = {NULL, "Thị"}, .given = {KHMER_MEN, KHMER_WOMEN}};
static const struct naming co_tu = {.before = {"", ""}, .given = {CO_TU_MEN, CO_TU_WOMEN}};
static const struct naming raglai = {
    .before = {"", ""}, .given = {RAGLAI_MEN, RAGLAI_WOMEN}, .mother_line = true};
static const struct naming ha_nhi = {.before = {"", ""}, .given = {HA_NHI_MEN, HA_NHI_WOMEN}};
static const struct naming chu_ru = {
    .before = {"Ya ", "Ma "}, .given = {CHU_RU_MEN, CHU_RU_WOMEN}, .family_none = true};
static const struct naming brau = {
    .before = {"Thao ", "Nàng "}, .given = {BRAU_MEN, BRAU_WOMEN}, .family_none = true};

const struct people demo_peoples[PEOPLES_COUNT] = {
    {852700, 1, NULL, NULL, {0}, NULL},
    {19200,
     2,
     WORDS("Nông", "Hoàng", "Hà", "Bế", "Nguyễn", "Triệu", "Lương", "Lành", "Đàm"),
     NULL,
     {20, 4, 8, 2, 6, 15, 19, 10},
     NULL},
    {18900,
     3,
     WORDS("Lò", "Quàng", "Cà", "Lường", "Tòng", "Cầm", "Vi", "Lô", "Kha", "Ngân"),
     NULL,
     {14, 14, 40, 38, 11, 12, 15},
     NULL},
    {7800,
     4,
     WORDS("Trần", "Lâm", "Lý", "Huỳnh", "Ngô", "Quách", "Lưu", "Tăng", "Mã", "Hứa"),
     NULL,
     {79, 79, 79, 75, 94, 91, 95},
     "01"},
    {13700,
     5,
     WORDS("Thạch", "Sơn", "Danh", "Kim", "Lâm", "Châu", "Kiên", "Tăng", "Trà"),
     &khmer,
     {94, 84, 94, 84, 91, 89, 95},
     "01"},
    {15100,
     6,
     WORDS("Bùi", "Đinh", "Quách", "Bạch", "Hà", "Phạm", "Trương", "Xa"),
     NULL,
     {17, 17, 38, 25, 14, 37},
     NULL},
    {11300,
     7,
     WORDS("Nông", "Hoàng", "Vi", "Lý", "Lương", "Hứa", "Mông", "Triệu", "Chu"),
     NULL,
     {20, 20, 4, 24, 66, 2},
     NULL},
    {14500,
     8,
     WORDS("Giàng", "Vàng", "Sùng", "Thào", "Lý", "Mùa", "Hạng", "Lầu", "Vừ", "Cứ"),
     &hmong,
     {2, 11, 14, 10, 12, 15, 40},
     "08"},
    {9300,
     9,
     WORDS("Triệu", "Bàn", "Đặng", "Phùng", "Lý", "Chảo", "Tẩn", "Phàn"),
     NULL,
     {2, 8, 10, 15, 22, 4, 6},
     NULL},
    {5300,
     10,
     WORDS("Rơ Châm", "Siu", "Ksor", "Kpă", "Nay", "Rah Lan", "Rmah", "Puih", "Rơ Mah"),
     &jrai,
     {64, 64, 64, 62, 66},
     "08"},
    {400, 11, WORDS("Trần", "Ngô", "Lý"), NULL, {19, 60, 75}, NULL},
    {4100,
     12,
     WORDS("Niê", "Mlô", "Êban", "Ayŭn", "Kbuôr", "Ênuôl", "Byă", "Hđơk", "Niê Kdăm"),
     &ede,
     {66, 66, 66, 54, 67},
     "08"},
    {3000, 13, WORDS("Đinh", "Đinh", "Bá"), &kon_tum, {64, 62, 52}, "02"},
    {2200, 14, NULL, &kon_tum, {62, 62, 49, 51}, "02"},
    {2100, 15, WORDS("Trần", "Hoàng", "Ninh", "Lý", "Tống"), NULL, {8, 19, 24, 22}, NULL},
    {2100, 16, NULL, &koho, {68}, "02"},
    {1900,
     17,
     WORDS("Đàng", "Thuận", "Quảng", "Châu", "Lưu", "Bá", "Trượng", "Dương"),
     NULL,
     {58, 58, 60, 89, 54},
     "13"},
    {1900, 18, WORDS("Lê", "Trương", "Diệp", "Lưu", "Tạ"), NULL, {19, 26, 24, 22}, NULL},
    {1600, 19, WORDS("Phạm", "Đinh", "Hồ"), NULL, {51, 51, 52}, NULL},
    {1300, 20, NULL, &xtieng, {66, 67, 70}, "08"},
    {1500,
     21,
     WORDS("Chamaléa", "Katơr", "Pinăng", "Mấu", "Cao", "Bo Bo"),
     &raglai,
     {58, 56, 60},
     NULL},
    {1000, 22, NULL, &xtieng, {70, 70, 72}, "08"},
    {1000, 23, WORDS("Hồ"), NULL, {45, 45, 44, 66}, NULL},
    {900, 24, WORDS("Trương", "Lê", "Bùi", "Cao"), NULL, {40, 40, 38}, NULL},
    {700, 25, WORDS("Vàng", "Lù", "Nông", "Hoàng", "Sần"), NULL, {10, 2, 12}, NULL},
    {800,
     26,
     WORDS("Alăng", "Zơrâm", "Bhling", "Pơloong", "Coor", "Arất", "Hôih"),
     &co_tu,
     {49, 49, 46},
     NULL},
    {700, 27, NULL, &kon_tum, {62, 49}, "02"},
    {500, 28, NULL, &koho, {68, 67}, "02"},
    {900, 29, WORDS("Lò", "Cụt", "Moong", "Ốc", "Lữ", "Xeo"), NULL, {40, 11, 14, 12}, NULL},
    {400, 30, WORDS("Hồ", "Đinh"), NULL, {51, 49}, NULL},
    {500, 31, WORDS("Hồ", "Kê", "Vỗ"), NULL, {46, 45}, NULL},
    {400, 32, NULL, &xtieng, {75, 77}, NULL},
    {400, 33, WORDS("Lò", "Quàng", "Cà"), NULL, {14, 11}, NULL},
    {400, 34, WORDS("Vì", "Lò", "Cút"), NULL, {14}, NULL},
    {400, 35, WORDS("Pờ", "Lỳ", "Chu", "Sừng", "Vù", "Khoàng"), &ha_nhi, {12, 11, 10}, NULL},
    {400, 36, NULL, &chu_ru, {68}, "08"},
    {400, 37, WORDS("Lò", "Lường", "Vi"), NULL, {12, 11, 14}, NULL},
    {400, 38, WORDS("Vương", "Long", "Lùng", "Ly"), NULL, {2, 10}, NULL},
    {400, 39, WORDS("Lò", "Quàng", "Hoàng"), NULL, {14, 12}, NULL},
    {400, 40, WORDS("Giàng", "Phàn", "Sùng", "Ma"), NULL, {10, 2}, NULL},
    {400, 41, WORDS("Vàng", "Phàn", "Giàng", "Ly"), &ha_nhi, {12}, NULL},
    {400, 42, WORDS("Lò", "Tao", "Vàng"), NULL, {12}, NULL},
    {400, 43, WORDS("Lò", "Dình", "Vàng", "Lùng"), NULL, {2, 4}, NULL},
    {400, 44, WORDS("Hồ", "Cao"), NULL, {44}, NULL},
    {400, 45, WORDS("Lò", "Chìn", "Pàn", "Tào"), NULL, {12}, NULL},
    {400, 46, WORDS("Sìn", "Phù", "Hủng", "Tải", "Làn"), NULL, {2, 8}, NULL},
    {400, 47, WORDS("Min", "Sề", "Vần", "Cáo"), NULL, {2}, NULL},
    {400, 48, WORDS("Lò", "Chang", "Quàng"), NULL, {12, 11}, NULL},
    {400, 49, WORDS("Lồ", "Vi", "Phan", "Ngũ"), NULL, {10, 2}, NULL},
    {400, 50, WORDS("Hù", "Pờ", "Lý"), &ha_nhi, {12, 11}, NULL},
    {400, 51, WORDS("Củng", "Tráng", "Thào"), NULL, {2}, NULL},
    {400, 52, NULL, &brau, {62}, NULL},
    {400, 53, WORDS("Lo", "Lương"), NULL, {40}, NULL},
    {400, 54, NULL, &kon_tum, {62}, NULL},
};

const struct province demo_provinces[PROVINCES_2021] = {
    {8436, 1, 99, 49, 60, false, "02"},  {893, 2, 13, 16, 1, false, NULL},
    {543, 4, 5, 25, 1, false, NULL},     {324, 6, 12, 21, 1, false, NULL},
    {805, 8, 43, 14, 1, false, NULL},    {770, 10, 34, 26, 2, false, NULL},
    {636, 11, 17, 15, 1, false, NULL},   {482, 12, 16, 18, 1, false, NULL},
    {1300, 14, 17, 14, 1, false, NULL},  {848, 15, 43, 20, 1, false, NULL},
    {876, 17, 26, 15, 1, false, NULL},   {1336, 19, 71, 36, 8, false, NULL},
    {802, 20, 17, 23, 1, false, NULL},   {1363, 22, 88, 67, 5, false, NULL},
    {1891, 24, 86, 18, 8, false, "02"},  {1516, 25, 83, 19, 2, false, "02"},
    {1198, 26, 95, 30, 5, false, NULL},  {1488, 27, 100, 37, 15, false, NULL},
    {1947, 30, 99, 32, 4, false, "02"},  {2088, 31, 99, 46, 8, false, "02"},
    {1291, 33, 100, 17, 3, false, "02"}, {1878, 34, 100, 12, 1, false, "02"},
    {878, 35, 99, 28, 2, false, "02"},   {1876, 36, 99, 20, 1, false, "02"},
    {1011, 37, 97, 22, 2, false, "02"},  {3722, 38, 82, 26, 3, false, "02"},
    {3420, 40, 85, 16, 3, false, "02"},  {1323, 42, 99, 22, 2, false, "02"},
    {918, 44, 97, 22, 1, false, "02"},   {651, 45, 86, 33, 1, false, "01"},
    {1160, 46, 95, 53, 3, true, "01"},   {1220, 48, 99, 87, 15, true, "01"},
    {1519, 49, 91, 27, 3, true, "01"},   {1246, 51, 85, 21, 2, true, "01"},
    {1505, 52, 97, 41, 2, true, "01"},   {877, 54, 93, 33, 1, true, "01"},
    {1253, 56, 94, 42, 4, true, "01"},   {599, 58, 76, 36, 1, true, "02"},
    {1252, 60, 92, 38, 2, true, "02"},   {580, 62, 45, 32, 2, true, "02"},
    {1590, 64, 53, 29, 2, true, "02"},   {1918, 66, 64, 25, 3, true, "02"},
    {671, 67, 67, 15, 2, true, "02"},    {1332, 68, 74, 39, 4, true, "02"},
    {1035, 70, 80, 24, 3, true, "02"},   {1188, 72, 98, 32, 4, true, "05"},
    {2764, 74, 95, 84, 45, true, "02"},  {3256, 75, 91, 44, 35, true, "02"},
    {1178, 77, 97, 58, 8, true, "02"},   {1734, 80, 99, 18, 12, true, "05"},
    {1785, 82, 99, 16, 1, true, "05"},   {1298, 83, 99, 11, 1, true, "05"},
    {1019, 84, 67, 18, 1, true, "01"},   {1028, 86, 97, 22, 1, true, "01"},
    {1600, 87, 99, 19, 1, true, "03"},   {1905, 89, 95, 32, 1, true, "03"},
    {1751, 91, 87, 32, 2, true, "02"},   {9390, 79, 94, 79, 95, true, "01"},
    {1252, 92, 97, 70, 6, true, "03"},   {729, 93, 97, 28, 1, true, "01"},
    {1198, 94, 64, 32, 1, true, "01"},   {921, 95, 90, 28, 1, true, "02"},
    {1208, 96, 97, 23, 1, true, "05"},
};

const struct foreign demo_foreign[FOREIGN_COUNT] = {
    {20,
     "KR",
     101,
     WORDS("Kim", "Lee", "Park", "Choi", "Jung", "Kang"),
     {WORDS("Min Jun", "Ji Hoon", "Sung Ho", "Dong Hyun"), WORDS("Seo Yeon", "Ji Woo", "Min Ji")},
     false,
     WORDS("Busan", "Seoul", "Daegu", "Incheon")},
    {20,
     "TW",
     102,
     WORDS("Chen", "Lin", "Huang", "Chang", "Wu"),
     {WORDS("Chih Ming", "Chun Chieh", "Wei Lun"), WORDS("Ya Ting", "Shu Fen", "Mei Ling")},
     false,
     WORDS("Taipei", "Kaohsiung", "Taichung")},
    {14,
     "CN",
     103,
     WORDS("Wang", "Li", "Zhang", "Liu", "Zhao"),
     {WORDS("Wei", "Qiang", "Jun", "Guo Dong"), WORDS("Fang", "Li Na", "Xiu Ying")},
     false,
     WORDS("Nanning", "Kunming", "Guangzhou")},
    {12,
     "LA",
     104,
     WORDS("Phommachanh", "Sisavath", "Vongsa", "Keomany"),
     {WORDS("Somsak", "Bounmy", "Khamphone"), WORDS("Bouavanh", "Noy", "Malaythong")},
     true,
     WORDS("Viêng Chăn", "Savannakhet", "Pakse")},
    {12,
     "KH",
     105,
     WORDS("Chea", "Sok", "Heng", "Keo"),
     {WORDS("Sophal", "Dara", "Vuthy"), WORDS("Sreymom", "Bopha", "Chanthou")},
     false,
     WORDS("Phnôm Pênh", "Takeo", "Battambang")},
    {10,
     "JP",
     106,
     WORDS("Sato", "Suzuki", "Takahashi", "Yamamoto"),
     {WORDS("Kenji", "Takeshi", "Daisuke"), WORDS("Yuko", "Naomi", "Haruka")},
     false,
     WORDS("Osaka", "Tokyo", "Nagoya")},
    {8,
     "US",
     107,
     WORDS("Miller", "Johnson", "Brown", "O'Neill"),
     {WORDS("James", "Robert", "Michael Lee"), WORDS("Mary Ann", "Linda", "Susan")},
     true,
     WORDS("San Jose, California", "Houston, Texas", "Seattle, Washington")},
    {6,
     "DE",
     108,
     WORDS("Müller", "Schäfer", "Weiß", "Köhler"),
     {WORDS("Jürgen", "Thomas", "Stefan"), WORDS("Sabine", "Käthe", "Ute")},
     true,
     WORDS("Berlin", "Leipzig", "München")},
    {6,
     "CZ",
     109,
     WORDS("Novák", "Dvořák", "Černý", "Procházka"),
     {WORDS("Jiří", "Tomáš", "Zdeněk"), WORDS("Jana", "Kateřina", "Věra")},
     true,
     WORDS("Praha", "Brno", "Cheb")},
    {4,
     "MM",
     110,
     NULL,
     {WORDS("Thant", "Zaw", "Kyaw"), WORDS("Thida", "Khin", "Sandar")},
     false,
     WORDS("Yangon", "Mandalay")},
};

size_t demo_list_len(const char *const *list)
{
    size_t len = 0;
    while (list[len] != NULL) {
        len++;
    }
    CHECK(len > 0);
    return len;
}

const struct people *demo_people_pick(struct rng *rng)
{
    return &demo_peoples[demo_rng_row(rng, demo_peoples, PEOPLES_COUNT, sizeof demo_peoples[0])];
}

const struct province *demo_province(unsigned code)
{
    const struct province *found = NULL;
    for (size_t i = 0; i < PROVINCES_2021 && found == NULL; i++) {
        if (demo_provinces[i].code == code) {
            found = &demo_provinces[i];
        }
    }
    CHECK(found != NULL);
    return found;
}

static uint32_t kinh_weight(const struct province *province)
{
    return province->thousands * province->kinh;
}

static uint32_t pull_weight(const struct province *province)
{
    return province->pull;
}

static unsigned weighted_province(struct rng *rng, uint32_t (*weight)(const struct province *))
{
    uint32_t total = 0;
    for (size_t i = 0; i < PROVINCES_2021; i++) {
        total += weight(&demo_provinces[i]);
    }
    uint32_t left = rng_below(rng, total);
    size_t at = 0;
    while (left >= weight(&demo_provinces[at])) {
        left -= weight(&demo_provinces[at]);
        at++;
    }
    CHECK(at < PROVINCES_2021);
    return demo_provinces[at].code;
}

unsigned demo_province_pick(struct rng *rng, const struct people *people)
{
    if (people->homes[0] == 0) {
        return weighted_province(rng, kinh_weight);
    }
    unsigned count = 1;
    while (count < HOMES_MAX && people->homes[count] != 0) {
        count++;
    }
    return people->homes[rng_below(rng, count)];
}

unsigned demo_province_pull(struct rng *rng)
{
    return weighted_province(rng, pull_weight);
}
