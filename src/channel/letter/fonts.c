/*
 * Four font files as a map of Pango's: GObject classes with as little in them as Pango asks for.
 *
 * Invariants
 *  1. The bytes of a file outlive every face made of them; nothing is read from a file later.
 *  2. One font a face and size lives as long as the map: the same description is the same font.
 *  3. Nothing here depends on a screen: no hinting, no rounding, one unit is one point.
 */
#include "channel/letter/fonts.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/disk.h"
#include "base/memory.h"
#include "domain/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FONT_BYTES_MAX (8u << 20)
#define FONT_SIZES_MAX 64 /* faces and sizes in use at once */
#define FAMILY "letter"

struct face {
    struct buf bytes;
    FT_Face free_type;
    hb_face_t *shapes;
    cairo_font_face_t *cairo;
    PangoCoverage *coverage;
};

/* A font: a face in a size. */
struct letter_font {
    PangoFont parent;
    const struct face *face; /* the map's */
    PangoFontMap *map;       /* not counted: the map holds its fonts */
    enum font_face which;
    int size; /* Pango's units, of a point */
    cairo_scaled_font_t *scaled;
};
struct letter_font_class {
    PangoFontClass parent;
};

struct letter_map {
    PangoFontMap parent;
    const struct face *faces;
    struct letter_font *fonts[FONT_SIZES_MAX];
    unsigned count;
};
struct letter_map_class {
    PangoFontMapClass parent;
};

struct fonts {
    FT_Library library;
    struct face faces[FACE_COUNT];
    struct letter_map *map;
    PangoContext *context;
};

typedef struct letter_font LetterFont;
typedef struct letter_font_class LetterFontClass;
typedef struct letter_map LetterMap;
typedef struct letter_map_class LetterMapClass;

static GType letter_font_get_type(void);
static GType letter_map_get_type(void);
G_DEFINE_TYPE(LetterFont, letter_font, PANGO_TYPE_FONT)
G_DEFINE_TYPE(LetterMap, letter_map, PANGO_TYPE_FONT_MAP)

/* ---- a font ---- */

static struct letter_font *font_of(PangoFont *font)
{
    CHECK(G_TYPE_CHECK_INSTANCE_TYPE(font, letter_font_get_type()));
    return (struct letter_font *)(void *)font;
}

PangoFontDescription *fonts_describe(enum font_face face, double points)
{
    PangoFontDescription *description = pango_font_description_new();

    pango_font_description_set_family_static(description, FAMILY);
    pango_font_description_set_size(description, (int)(points * PANGO_SCALE));
    pango_font_description_set_weight(description, face == FACE_BOLD || face == FACE_BOLD_ITALIC
                                                       ? PANGO_WEIGHT_BOLD
                                                       : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(description,
                                     face >= FACE_ITALIC ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    return description;
}

static PangoFontDescription *font_describe(PangoFont *font)
{
    const struct letter_font *own = font_of(font);

    return fonts_describe(own->which, (double)own->size / PANGO_SCALE);
}

static PangoCoverage *font_coverage(PangoFont *font, PangoLanguage *language)
{
    (void)language;
    return g_object_ref(font_of(font)->face->coverage);
}

static hb_font_t *font_shapes(PangoFont *font)
{
    const struct letter_font *own = font_of(font);
    hb_font_t *shapes = hb_font_create(own->face->shapes);

    hb_font_set_scale(shapes, own->size, own->size);
    return shapes;
}

static void font_glyph_extents(PangoFont *font, PangoGlyph glyph, PangoRectangle *ret_ink,
                               PangoRectangle *ret_logical)
{
    hb_font_t *shapes = pango_font_get_hb_font(font);
    bool drawn = glyph != PANGO_GLYPH_EMPTY && (glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0;
    hb_font_extents_t line;
    hb_glyph_extents_t ink = {0};

    (void)hb_font_get_h_extents(shapes, &line);
    if (drawn) {
        (void)hb_font_get_glyph_extents(shapes, glyph, &ink);
    }
    if (ret_ink != NULL) {
        *ret_ink = (PangoRectangle){ink.x_bearing, -ink.y_bearing, ink.width, -ink.height};
    }
    if (ret_logical != NULL) {
        *ret_logical =
            (PangoRectangle){.y = -line.ascender,
                             .width = drawn ? hb_font_get_glyph_h_advance(shapes, glyph) : 0,
                             .height = line.ascender - line.descender};
    }
}

static PangoFontMetrics *font_metrics(PangoFont *font, PangoLanguage *language)
{
    PangoFontMetrics *metrics = g_slice_new0(PangoFontMetrics);
    hb_font_extents_t line;

    (void)language;
    (void)hb_font_get_h_extents(pango_font_get_hb_font(font), &line);
    metrics->ref_count = 1;
    metrics->ascent = line.ascender;
    metrics->descent = -line.descender;
    metrics->height = line.ascender - line.descender;
    return metrics;
}

static PangoFontMap *font_map(PangoFont *font)
{
    return font_of(font)->map;
}

static void letter_font_finalize(GObject *object)
{
    struct letter_font *own = font_of((PangoFont *)(void *)object);

    cairo_scaled_font_destroy(own->scaled);
    G_OBJECT_CLASS(letter_font_parent_class)->finalize(object);
}

static void letter_font_class_init(LetterFontClass *class)
{
    G_OBJECT_CLASS(class)->finalize = letter_font_finalize;
    class->parent.describe = font_describe;
    class->parent.describe_absolute = font_describe;
    class->parent.get_coverage = font_coverage;
    class->parent.get_glyph_extents = font_glyph_extents;
    class->parent.get_metrics = font_metrics;
    class->parent.get_font_map = font_map;
    class->parent.create_hb_font = font_shapes;
}

static void letter_font_init(LetterFont *font)
{
    (void)font;
}

cairo_scaled_font_t *fonts_scaled(PangoFont *font)
{
    return font_of(font)->scaled;
}

unsigned long fonts_space(PangoFont *font)
{
    return FT_Get_Char_Index(font_of(font)->face->free_type, ' ');
}

/* ---- the map ---- */

/* Invariant 3. */
static cairo_scaled_font_t *scale(cairo_font_face_t *face, int size)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_matrix_t points;
    cairo_matrix_t page;

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_matrix_init_scale(&points, (double)size / PANGO_SCALE, (double)size / PANGO_SCALE);
    cairo_matrix_init_identity(&page);
    cairo_scaled_font_t *scaled = cairo_scaled_font_create(face, &points, &page, options);
    cairo_font_options_destroy(options);
    return scaled;
}

static struct letter_font *font_new(struct letter_map *map, enum font_face which, int size)
{
    struct letter_font *font = (struct letter_font *)g_object_new(letter_font_get_type(), NULL);

    CHECK(map->count < FONT_SIZES_MAX); /* sizes are ours */
    font->map = &map->parent;
    font->face = &map->faces[which];
    font->which = which;
    font->size = size;
    font->scaled = scale(font->face->cairo, size);
    map->fonts[map->count++] = font;
    return font;
}

/* Invariant 2. */
static PangoFont *map_load_font(PangoFontMap *base, PangoContext *context,
                                const PangoFontDescription *description)
{
    struct letter_map *map = (struct letter_map *)(void *)base;
    bool bold = pango_font_description_get_weight(description) > PANGO_WEIGHT_MEDIUM;
    bool italic = pango_font_description_get_style(description) != PANGO_STYLE_NORMAL;
    enum font_face which =
        italic ? (bold ? FACE_BOLD_ITALIC : FACE_ITALIC) : (bold ? FACE_BOLD : FACE_REGULAR);
    int size = pango_font_description_get_size(description);

    (void)context;
    for (unsigned i = 0; i < map->count; i++) {
        if (map->fonts[i]->which == which && map->fonts[i]->size == size) {
            return g_object_ref(&map->fonts[i]->parent);
        }
    }
    return g_object_ref(&font_new(map, which, size)->parent);
}

static guint map_serial(PangoFontMap *map)
{
    (void)map;
    return 1; /* it never changes */
}

static void letter_map_finalize(GObject *object)
{
    struct letter_map *map = (struct letter_map *)(void *)object;

    for (unsigned i = 0; i < map->count; i++) {
        g_object_unref(map->fonts[i]);
    }
    G_OBJECT_CLASS(letter_map_parent_class)->finalize(object);
}

static void letter_map_class_init(LetterMapClass *class)
{
    G_OBJECT_CLASS(class)->finalize = letter_map_finalize;
    class->parent.load_font = map_load_font;
    class->parent.get_serial = map_serial;
}

static void letter_map_init(LetterMap *map)
{
    (void)map;
}

/* ---- the files ---- */

static PangoCoverage *coverage_of(FT_Face face)
{
    PangoCoverage *coverage = pango_coverage_new();
    FT_UInt glyph = 0;

    for (FT_ULong character = FT_Get_First_Char(face, &glyph); glyph != 0;
         character = FT_Get_Next_Char(face, character, &glyph)) {
        pango_coverage_set(coverage, (int)character, PANGO_COVERAGE_EXACT);
    }
    return coverage;
}

static struct outcome face_load(FT_Library library, int dir_fd, const char *name, struct face *face)
{
    CHECK(name[0] != '\0' && strchr(name, '/') == NULL); /* book.c lets no other through */
    buf_init(&face->bytes, FONT_BYTES_MAX);
    TRY(disk_load(disk_system(), dir_fd, name, &face->bytes));
    if (FT_New_Memory_Face(library, face->bytes.data, (FT_Long)face->bytes.len, 0,
                           &face->free_type) != 0) {
        return outcome_fail(FAULT_BAD_INPUT, "not a font");
    }
    /* Bitmaps and restricted licences (fsType bit 1, 2 alone) cannot be embedded as outlines. */
    if (!FT_IS_SCALABLE(face->free_type) || !FT_IS_SFNT(face->free_type) ||
        FT_Select_Charmap(face->free_type, FT_ENCODING_UNICODE) != 0 ||
        FT_Get_FSType_Flags(face->free_type) == FT_FSTYPE_RESTRICTED_LICENSE_EMBEDDING) {
        return outcome_fail(FAULT_BAD_INPUT, "not a font that can be embedded");
    }
    hb_blob_t *blob = hb_blob_create((const char *)face->bytes.data, (unsigned)face->bytes.len,
                                     HB_MEMORY_MODE_READONLY, NULL, NULL);
    face->shapes = hb_face_create(blob, 0);
    hb_blob_destroy(blob);
    face->cairo = cairo_ft_font_face_create_for_ft_face(face->free_type, FT_LOAD_NO_HINTING);
    face->coverage = coverage_of(face->free_type);
    return OUTCOME_OK;
}

static void face_done(struct face *face)
{
    if (face->coverage != NULL) {
        g_object_unref(face->coverage);
    }
    if (face->cairo != NULL) {
        cairo_font_face_destroy(face->cairo);
    }
    hb_face_destroy(face->shapes);
    if (face->free_type != NULL) {
        (void)FT_Done_Face(face->free_type);
    }
    buf_done(&face->bytes);
}

static struct outcome load_faces(struct fonts *fonts, const char *dir,
                                 const struct font_names *names, enum font_face *ret_face)
{
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) {
        return outcome_sys(errno, "the folder of fonts cannot be opened");
    }
    struct outcome outcome = OUTCOME_OK;
    for (unsigned i = 0; i < FACE_COUNT && outcome_ok(outcome); i++) {
        *ret_face = (enum font_face)i;
        outcome = face_load(fonts->library, dir_fd, names->files[i], &fonts->faces[i]);
    }
    (void)close(dir_fd);
    return outcome;
}

static struct outcome load_all(struct fonts *fonts, const char *dir, const struct font_names *names,
                               enum font_face *ret_face)
{
    *ret_face = FACE_REGULAR;
    if (FT_Init_FreeType(&fonts->library) != 0) {
        return outcome_fail(FAULT_NO_MEMORY, "FreeType");
    }
    TRY(load_faces(fonts, dir, names, ret_face));
    fonts->map = (struct letter_map *)g_object_new(letter_map_get_type(), NULL);
    fonts->map->faces = fonts->faces;
    fonts->context = pango_font_map_create_context(&fonts->map->parent);
    pango_context_set_language(fonts->context, pango_language_from_string("vi"));
    pango_context_set_base_dir(fonts->context, PANGO_DIRECTION_LTR);
    pango_context_set_round_glyph_positions(fonts->context, false);
    return OUTCOME_OK;
}

struct outcome fonts_load(const char *dir, const struct font_names *names, struct fonts **ret_fonts,
                          enum font_face *ret_face)
{
    struct fonts *fonts = memory_new(1, sizeof(*fonts));

    if (fonts == NULL) {
        *ret_face = FACE_REGULAR;
        return outcome_fail(FAULT_NO_MEMORY, "fonts");
    }
    struct outcome outcome = load_all(fonts, dir, names, ret_face);
    if (!outcome_ok(outcome)) {
        fonts_free(fonts);
        return outcome;
    }
    *ret_fonts = fonts;
    return OUTCOME_OK;
}

void fonts_free(struct fonts *fonts)
{
    if (fonts == NULL) {
        return;
    }
    if (fonts->context != NULL) {
        g_object_unref(fonts->context);
        g_object_unref(fonts->map);
    }
    for (unsigned i = 0; i < FACE_COUNT; i++) { /* invariant 1: after what was made of them */
        face_done(&fonts->faces[i]);
    }
    if (fonts->library != NULL) {
        (void)FT_Done_FreeType(fonts->library);
    }
    memory_free(fonts);
}

bool fonts_have(const struct fonts *fonts, uint32_t character)
{
    for (unsigned i = 0; i < FACE_COUNT; i++) {
        if (pango_coverage_get(fonts->faces[i].coverage, (int)character) != PANGO_COVERAGE_EXACT) {
            return false;
        }
    }
    return true;
}

uint32_t fonts_lack(const struct fonts *fonts, struct view text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t character = fold_point(text, &at);
        if (!fonts_have(fonts, character)) {
            return character;
        }
    }
    return 0;
}

PangoContext *fonts_context(const struct fonts *fonts)
{
    return fonts->context;
}
