/*
 * Full names.
 *
 * Invariants:
 *  1. A name has at least one word, single spaces, and fits its place: the lists are short enough
 *     (a CHECK says so).
 *  2. Lists begin with what is common; rng_early() prefers it.
 */
#include "demo/names.h"

#include "base/check.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ONE_WORD_MILLIONTHS 30000      /* among the smaller peoples' elders */
#define MOTHER_FAMILY_MILLIONTHS 60000 /* mother's family name as first middle name */

enum region { REGION_ANY, REGION_NORTH, REGION_SOUTH };

/* Weights in ten-thousandths of the Kinh. */
struct family_row {
    uint32_t weight;
    const char *text;
    enum region region;
};

static const struct family_row families[] = {
    {3800, "Nguyễn", REGION_ANY}, {1100, "Trần", REGION_ANY},   {950, "Lê", REGION_ANY},
    {700, "Phạm", REGION_ANY},    {250, "Hoàng", REGION_NORTH}, {250, "Huỳnh", REGION_SOUTH},
    {450, "Phan", REGION_ANY},    {200, "Vũ", REGION_NORTH},    {200, "Võ", REGION_SOUTH},
    {200, "Đặng", REGION_ANY},    {200, "Bùi", REGION_ANY},     {140, "Đỗ", REGION_ANY},
    {130, "Hồ", REGION_ANY},      {130, "Ngô", REGION_ANY},     {100, "Dương", REGION_ANY},
    {50, "Lý", REGION_ANY},       {110, "Trương", REGION_ANY},  {90, "Đinh", REGION_ANY},
    {85, "Đoàn", REGION_ANY},     {75, "Trịnh", REGION_ANY},    {70, "Đào", REGION_ANY},
    {65, "Cao", REGION_ANY},      {65, "Mai", REGION_ANY},      {60, "Hà", REGION_ANY},
    {55, "Lưu", REGION_ANY},      {55, "Lương", REGION_ANY},    {45, "Tạ", REGION_ANY},
    {45, "Phùng", REGION_ANY},    {35, "Tô", REGION_ANY},       {30, "Châu", REGION_SOUTH},
    {30, "Chu", REGION_NORTH},    {30, "Thái", REGION_ANY},     {25, "Kiều", REGION_ANY},
    {20, "Tống", REGION_ANY},     {20, "Lại", REGION_ANY},      {20, "Vương", REGION_ANY},
    {15, "Triệu", REGION_ANY},    {15, "La", REGION_ANY},       {15, "Nghiêm", REGION_NORTH},
    {12, "Quách", REGION_ANY},    {12, "Từ", REGION_ANY},       {12, "Tăng", REGION_SOUTH},
    {10, "Ninh", REGION_NORTH},   {10, "Khổng", REGION_NORTH},  {10, "Văn", REGION_ANY},
    {8, "Ông", REGION_SOUTH},     {8, "Âu", REGION_ANY},        {12, "Đàm", REGION_ANY},
    {6, "Thân", REGION_NORTH},    {6, "Âu Dương", REGION_ANY},
};
#define FAMILIES (sizeof families / sizeof families[0])

/* The same name, north and south: a stranger's form mostly gives way to the one at home. */
static const char *const sisters[][2] = {{"Hoàng", "Huỳnh"}, {"Vũ", "Võ"}};
#define STRANGER_KEPT_MILLIONTHS 100000

/* Generations: the first whose `until` is not before the birth year. */
struct generation {
    int until;
    uint32_t plain; /* millionths whose middle name is plain Van or Thi */
    const char *const *middle;
    const char *const *given;
};

static const struct generation generations[2][3] = {
    {
        {1964, 560000,
         WORDS("Đức", "Hữu", "Xuân", "Ngọc", "Đình", "Công", "Quang", "Bá", "Viết", "Trọng", "Hồng",
               "Thanh"),
         WORDS("Hùng", "Dũng", "Sơn", "Thành", "Bình", "Minh", "Hải", "Long", "Thanh", "Hòa", "Hoà",
               "Lợi", "Phúc", "Thọ", "Quý", "Tài", "Chiến", "Toàn", "Quang", "Đức", "Vinh", "Tâm",
               "Xuân", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Út", "Đạo", "Nghĩa", "Khỏe", "Khoẻ",
               "Hóa", "Hoá", "Thụy", "Thuỵ", "Lập", "Luận", "Sáng", "Thuận", "Ước")},
        {1994, 340000,
         WORDS("Đức", "Minh", "Quang", "Anh", "Hữu", "Thanh", "Quốc", "Xuân", "Ngọc", "Công",
               "Đình", "Trọng", "Thành", "Duy", "Hoàng", "Tuấn", "Tiến", "Mạnh", "Bá", "Đăng",
               "Hoài"),
         WORDS("Tuấn", "Hùng", "Dũng", "Nam", "Hải", "Long", "Cường", "Thắng", "Sơn", "Tùng",
               "Minh", "Anh", "Hiếu", "Trung", "Thành", "Đức", "Tiến", "Linh", "Phong", "Việt",
               "Hoàng", "Kiên", "Quân", "Tú", "Duy", "Khánh", "Thịnh", "Toàn", "Huy", "Phương",
               "Hòa", "Hoà", "Thủy", "Thuỷ", "Đạt", "Khoa", "Mạnh", "Vũ", "Lâm", "Bảo")},
        {9999, 140000,
         WORDS("Minh", "Gia", "Đức", "Anh", "Quang", "Hoàng", "Tuấn", "Bảo", "Nhật", "Khánh", "Hải",
               "Đăng", "Thành", "Quốc", "Duy", "Thiên", "Phúc", "Hữu", "Trung", "Tiến", "Xuân Gia",
               "Ngọc Minh"),
         WORDS("Khang", "Bảo", "Minh", "Phúc", "Anh", "Khoa", "Phát", "Đạt", "Khôi", "Long", "Nam",
               "Duy", "Quân", "Kiệt", "Thịnh", "Huy", "Hiếu", "Hoàng", "Phong", "Trí", "Tài", "Lâm",
               "An", "Tùng", "Vinh", "Sơn", "Hưng", "Đăng", "Quang", "Hòa", "Hoà", "Tâm", "Nguyên",
               "Thiện")},
    },
    {
        {1964, 820000, WORDS("Ngọc", "Kim", "Thanh", "Thu", "Hồng", "Thị Kim", "Thị Thu", "Mỹ"),
         WORDS("Lan", "Hoa", "Mai", "Hồng", "Liên", "Huệ", "Nga", "Hằng", "Hạnh", "Hòa", "Hoà",
               "Bình", "Thanh", "Xuân", "Thu", "Tuyết", "Nguyệt", "Yến", "Oanh", "Loan", "Phượng",
               "Dung", "Thủy", "Thuỷ", "Thúy", "Thuý", "Nhung", "Lý", "Mận", "Sen", "Tươi", "Thắm",
               "Bé", "Chín", "Út", "Ngọt", "Lụa", "Gấm", "Hiền", "Nhàn", "Vui", "Đào", "Cúc",
               "Tình")},
        {1994, 480000,
         WORDS("Thị Thanh", "Thị Thu", "Thị Ngọc", "Thị Kim", "Ngọc", "Thanh", "Thị Hồng", "Thu",
               "Thị Mỹ", "Kim", "Minh", "Thị Bích", "Thị Thùy", "Thị Thuỳ", "Hoài", "Phương", "Mỹ",
               "Hồng", "Thị Tuyết", "Quỳnh", "Thị Cẩm", "Diệu"),
         WORDS("Hương", "Hà", "Linh", "Trang", "Hằng", "Thảo", "Hiền", "Hạnh", "Nga", "Lan",
               "Phương", "Thủy", "Thuỷ", "Thúy", "Thuý", "Huyền", "Ngọc", "Mai", "Vân", "Nhung",
               "Yến", "Anh", "Dung", "Loan", "Hoa", "Trinh", "Tuyền", "Oanh", "Giang", "Hòa", "Hoà",
               "Nguyệt", "Xuân", "Liên", "Quyên", "Diễm", "Thơ", "Ngân", "Nhi")},
        {9999, 160000,
         WORDS("Ngọc", "Thị Ngọc", "Bảo", "Khánh", "Minh", "Phương", "Quỳnh", "Thùy", "Thuỳ", "Gia",
               "Thanh", "Kim", "Hà", "Tường", "Mỹ", "Như", "Ánh", "Diệu", "Thị Thanh", "Cẩm",
               "Hoàng", "Ngọc Bảo", "Hoài", "Thảo", "Bích"),
         WORDS("Anh", "Vy", "Ngọc", "Nhi", "Hân", "Thư", "Linh", "Như", "Ngân", "Phương", "Thảo",
               "My", "Trân", "Quỳnh", "Nghi", "Trang", "Trâm", "An", "Thy", "Châu", "Trúc", "Uyên",
               "Yến", "Ý", "Tiên", "Mai", "Hà", "Vân", "Nguyên", "Hương", "Quyên", "Duyên", "Kim",
               "Trinh", "Thùy", "Thuỳ", "Tâm", "Băng", "Hòa", "Hoà", "Lam")},
    },
};

static void add_text(struct name *name, const char *text)
{
    size_t len = strlen(text);
    CHECK(name->len + len <= NAME_BYTES_MAX);
    memcpy(name->text + name->len, text, len);
    name->len = (uint8_t)(name->len + len);
}

/* A word of its own; NULL and empty add nothing. */
static void add_word(struct name *name, const char *word)
{
    if (word == NULL || word[0] == '\0') {
        return;
    }
    if (name->len > 0) {
        add_text(name, " ");
    }
    add_text(name, word);
}

static const char *early(struct rng *rng, const char *const *list)
{
    return list[rng_early(rng, (uint32_t)demo_list_len(list))];
}

static const char *any(struct rng *rng, const char *const *list)
{
    return list[rng_below(rng, (uint32_t)demo_list_len(list))];
}

/* Does the name end with the word? Nobody is called Minh Minh. */
static bool ends_with(const struct name *name, const char *word)
{
    size_t len = strlen(word);
    if (name->len < len || memcmp(name->text + name->len - len, word, len) != 0) {
        return false;
    }
    return name->len == len || name->text[name->len - len - 1] == ' ';
}

const char *demo_family_pick(struct rng *rng, const struct people *people, bool south)
{
    if (people != PEOPLE_KINH) {
        return people->families == NULL ? NULL : early(rng, people->families);
    }
    const struct family_row *row = &families[demo_rng_row(rng, families, FAMILIES, sizeof *row)];
    enum region here = south ? REGION_SOUTH : REGION_NORTH;
    if (row->region == REGION_ANY || row->region == here ||
        rng_chance(rng, STRANGER_KEPT_MILLIONTHS)) {
        return row->text;
    }
    for (size_t i = 0; i < sizeof sisters / sizeof sisters[0]; i++) {
        if (strcmp(row->text, sisters[i][!south]) == 0) {
            return sisters[i][south];
        }
    }
    return row->text;
}

static const struct generation *generation_of(enum sex sex, int birth_year)
{
    const struct generation *row = generations[sex - 1];
    while (birth_year > row->until) {
        row++;
    }
    return row;
}

/* Family, middle, given. */
static void name_usual(struct rng *rng, const struct name_wish *wish, struct name *name)
{
    const struct generation *row = generation_of(wish->sex, wish->birth_year);
    add_word(name, wish->family);
    const char *mother = wish->mother_family;
    bool with_mother =
        mother != NULL && wish->birth_year > 1994 && rng_chance(rng, MOTHER_FAMILY_MILLIONTHS);
    if (with_mother && !ends_with(name, mother)) {
        add_word(name, mother);
    }
    if (rng_chance(rng, row->plain)) {
        add_word(name, wish->sex == SEX_MALE ? "Văn" : "Thị");
    } else {
        add_word(name, early(rng, row->middle));
    }
    const char *given = early(rng, row->given);
    while (ends_with(name, given)) {
        given = any(rng, row->given);
    }
    add_word(name, given);
}

/* As the people of the row do it: particles, order, no family name. */
static void name_by_custom(struct rng *rng, const struct name_wish *wish, struct name *name)
{
    const struct naming *naming = wish->people->naming;
    unsigned side = wish->sex == SEX_MALE ? 0 : 1;
    const char *family = naming->family_none ? NULL : wish->family;
    add_word(name, naming->family_last ? NULL : family);
    add_word(name, naming->middle[side]);
    struct name given = {0};
    add_text(&given, naming->before[side]);
    add_text(&given, any(rng, naming->given[side]));
    given.text[given.len] = '\0';
    add_word(name, given.text);
    add_word(name, naming->family_last ? family : NULL);
}

void demo_name_make(struct rng *rng, const struct name_wish *wish, struct name *ret_name)
{
    CHECK(wish->sex == SEX_MALE || wish->sex == SEX_FEMALE);
    struct name name = {0};
    bool small = wish->people->weight < 6000;
    if (small && wish->birth_year < 1970 && rng_chance(rng, ONE_WORD_MILLIONTHS)) {
        add_word(&name, early(rng, generation_of(wish->sex, wish->birth_year)->given));
    } else if (wish->people->naming != NULL) {
        name_by_custom(rng, wish, &name);
    } else {
        name_usual(rng, wish, &name);
    }
    CHECK(name.len > 0);
    *ret_name = name;
}

void demo_name_foreign(struct rng *rng, const struct foreign *foreign, enum sex sex,
                       struct name *ret_name, const char **ret_family)
{
    struct name name = {0};
    const char *family = foreign->families == NULL ? NULL : any(rng, foreign->families);
    const char *given = any(rng, foreign->given[sex == SEX_MALE ? 0 : 1]);
    add_word(&name, foreign->family_last ? given : family);
    add_word(&name, foreign->family_last ? family : given);
    CHECK(name.len > 0);
    *ret_name = name;
    *ret_family = family;
}

bool demo_name_equal(const struct name *a, const struct name *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}
