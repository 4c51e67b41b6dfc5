/*
 * A look at images.
 *
 * Invariants
 *  1. Every length is compared with what is left before it is believed.
 *  2. Nothing stands behind the end of an image: what a second reader could take for another file.
 *  3. The pixels that it says it has are within DOCUMENT_PIXELS_MAX.
 */
#include "wire/document.h"

#define ASIDE_BYTES_MAX (64u << 10) /* of a chunk of PNG that is no pixels: some are compressed */
#define JPEG_SCANS_MAX 64           /* each is a pass over all pixels */
#define PNG_START VIEW_LITERAL("\x89PNG\r\n\x1a\n")
#define JPEG_START VIEW_LITERAL("\xff\xd8\xff")

static struct outcome refuse(const char *why)
{
    return outcome_fail(FAULT_BAD_INPUT, why);
}

static bool starts(struct view start, struct view magic)
{
    size_t len = start.len < magic.len ? start.len : magic.len;

    return view_equal(view_part(start, 0, len), view_part(magic, 0, len));
}

bool document_starts_pdf(struct view start)
{
    return starts(start, VIEW_LITERAL("%PDF-"));
}

bool document_starts_png(struct view start)
{
    return starts(start, PNG_START);
}

bool document_starts_jpeg(struct view start)
{
    return starts(start, JPEG_START);
}

/* Invariant 3. */
static struct outcome check_pixels(uint64_t width, uint64_t height)
{
    if (width == 0 || height == 0) {
        return refuse("the image has no width or no height");
    }
    return width > DOCUMENT_PIXELS_MAX || height > DOCUMENT_PIXELS_MAX / width
               ? refuse("the image has too many pixels")
               : OUTCOME_OK;
}

/* ---- PNG ---- */

/* ISO/IEC 15948 section 5.5, four bits at a time. */
static uint32_t crc32_of(struct view bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

struct png {
    unsigned chunks;
    bool pixels;   /* chunks of them have come ... */
    bool finished; /* ... and others behind those */
    bool ended;
};

struct png_chunk {
    struct view type;
    struct view data;
};

static struct outcome take_chunk(struct cursor *cursor, struct png_chunk *ret_chunk)
{
    uint32_t len = cursor_u32(cursor);
    const uint8_t *covered = cursor->at;
    struct view type = cursor_view(cursor, 4);
    struct view data = cursor_view(cursor, len); /* invariant 1 */
    uint32_t crc = cursor_u32(cursor);

    if (cursor->failed) {
        return refuse("the PNG is cut off");
    }
    for (size_t i = 0; i < type.len; i++) {
        uint8_t letter = type.data[i] & 0xdf;
        if (letter < 'A' || letter > 'Z') {
            return refuse("a chunk of the PNG has no name");
        }
    }
    if (crc32_of(view_of(covered, 4 + (size_t)len)) != crc) {
        return refuse("a chunk of the PNG is damaged");
    }
    *ret_chunk = (struct png_chunk){.type = type, .data = data};
    return OUTCOME_OK;
}

/* Bits of each colour type's depths (ISO/IEC 15948 table 11.1). */
static bool png_depth_good(unsigned colour, unsigned depth)
{
    static const uint32_t depths[] = {
        [0] = 0x10116, [2] = 0x10100, [3] = 0x116, [4] = 0x10100, [6] = 0x10100};

    return colour < sizeof(depths) / sizeof(depths[0]) && depth <= 16 &&
           (depths[colour] >> depth & 1) == 1;
}

static struct outcome take_header(const struct png_chunk *chunk)
{
    struct cursor cursor = cursor_of(chunk->data);
    uint32_t width = cursor_u32(&cursor);
    uint32_t height = cursor_u32(&cursor);
    unsigned depth = cursor_u8(&cursor);
    unsigned colour = cursor_u8(&cursor);
    unsigned compression = cursor_u8(&cursor);
    unsigned filter = cursor_u8(&cursor);
    unsigned interlace = cursor_u8(&cursor);

    if (!view_is(chunk->type, "IHDR") || !outcome_ok(cursor_end(&cursor, "header")) ||
        !png_depth_good(colour, depth) || compression != 0 || filter != 0 || interlace > 1) {
        return refuse("the PNG has no proper header");
    }
    return check_pixels(width, height);
}

static struct outcome take_rest(struct png *png, const struct png_chunk *chunk)
{
    bool pixels = view_is(chunk->type, "IDAT");
    bool aside = (chunk->type.data[0] & 0x20) != 0;

    if (pixels && png->finished) {
        return refuse("the PNG's pixels are not in one piece");
    }
    png->finished = png->finished || (png->pixels && !pixels);
    png->pixels = png->pixels || pixels;
    if (view_is(chunk->type, "acTL") || view_is(chunk->type, "fcTL") ||
        view_is(chunk->type, "fdAT")) {
        return refuse("the PNG is animated");
    }
    if (aside && chunk->data.len > ASIDE_BYTES_MAX) {
        return refuse("a chunk of the PNG beside its pixels is too long");
    }
    if (!aside && !pixels && !view_is(chunk->type, "PLTE") && !view_is(chunk->type, "IEND")) {
        return refuse("the PNG has a chunk that no reader knows");
    }
    png->ended = view_is(chunk->type, "IEND");
    return png->ended && (chunk->data.len > 0 || !png->pixels) ? refuse("the PNG has no pixels")
                                                               : OUTCOME_OK;
}

struct outcome document_look_png(struct view file)
{
    struct cursor cursor = cursor_of(file);
    struct png png = {0};

    if (!view_equal(cursor_view(&cursor, PNG_START.len), PNG_START)) {
        return refuse("it is not a PNG");
    }
    for (; !png.ended; png.chunks++) {
        struct png_chunk chunk;
        if (png.chunks == DOCUMENT_OBJECTS_MAX) {
            return refuse("the PNG has too many chunks");
        }
        TRY(take_chunk(&cursor, &chunk));
        TRY(png.chunks == 0 ? take_header(&chunk) : take_rest(&png, &chunk));
    }
    return cursor_left(&cursor) == 0 ? OUTCOME_OK : refuse("something stands behind the PNG's end");
}

/* ---- JPEG (ITU-T T.81, annex B) ---- */

enum marker {
    MARKER_SOF0 = 0xc0,
    MARKER_SOF2 = 0xc2,
    MARKER_DHT = 0xc4,
    MARKER_RST0 = 0xd0,
    MARKER_RST7 = 0xd7,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_DQT = 0xdb,
    MARKER_DRI = 0xdd,
    MARKER_APP0 = 0xe0,
    MARKER_APP15 = 0xef,
    MARKER_COM = 0xfe
};

struct jpeg {
    unsigned segments;
    unsigned frames;
    unsigned scans;
    bool ended;
};

static struct outcome take_frame(struct jpeg *jpeg, struct view segment)
{
    struct cursor cursor = cursor_of(segment);
    unsigned depth = cursor_u8(&cursor);
    unsigned height = cursor_u16(&cursor);
    unsigned width = cursor_u16(&cursor);
    unsigned parts = cursor_u8(&cursor);

    if (cursor.failed || (depth != 8 && depth != 12) || (parts != 1 && parts != 3 && parts != 4) ||
        cursor_left(&cursor) != (size_t)3 * parts || jpeg->frames++ > 0) {
        return refuse("the JPEG has no proper frame");
    }
    return check_pixels(width, height);
}

/* Up to the marker behind it: 0xff before anything but 0x00 and a restart. */
static struct outcome skip_scan(struct jpeg *jpeg, struct view file, struct cursor *cursor)
{
    size_t at = (size_t)(cursor->at - file.data);

    if (jpeg->frames == 0 || ++jpeg->scans > JPEG_SCANS_MAX) {
        return refuse(jpeg->frames == 0 ? "the JPEG has no proper frame"
                                        : "the JPEG has too many scans");
    }
    for (at = view_find(file, at, 0xff); at + 1 < file.len; at = view_find(file, at + 2, 0xff)) {
        uint8_t next = file.data[at + 1];
        if (next != 0 && (next < MARKER_RST0 || next > MARKER_RST7)) {
            *cursor = cursor_of(view_part(file, at, file.len - at));
            return OUTCOME_OK;
        }
    }
    return refuse("the JPEG is cut off");
}

static bool is_known(unsigned marker)
{
    return marker == MARKER_DHT || marker == MARKER_SOS || marker == MARKER_DQT ||
           marker == MARKER_DRI || marker == MARKER_COM ||
           (marker >= MARKER_SOF0 && marker <= MARKER_SOF2) ||
           (marker >= MARKER_APP0 && marker <= MARKER_APP15);
}

static struct outcome take_segment(struct jpeg *jpeg, struct view file, struct cursor *cursor)
{
    unsigned first = cursor_u8(cursor);
    unsigned marker = cursor_u8(cursor);

    while (first == 0xff && marker == 0xff && !cursor->failed) { /* bytes that fill */
        marker = cursor_u8(cursor);
    }
    jpeg->ended = marker == MARKER_EOI && first == 0xff && jpeg->scans > 0;
    if (jpeg->ended) {
        return OUTCOME_OK;
    }
    unsigned len = cursor_u16(cursor);
    struct view segment = cursor_view(cursor, len < 2 ? 0 : len - 2); /* invariant 1 */
    if (cursor->failed) {
        return refuse("the JPEG is cut off");
    }
    if (first != 0xff || !is_known(marker) || len < 2) {
        return refuse("the JPEG has a part that is not taken");
    }
    if (marker >= MARKER_SOF0 && marker <= MARKER_SOF2) {
        return take_frame(jpeg, segment);
    }
    return marker == MARKER_SOS ? skip_scan(jpeg, file, cursor) : OUTCOME_OK;
}

struct outcome document_look_jpeg(struct view file)
{
    struct cursor cursor = cursor_of(file);
    struct jpeg jpeg = {0};

    if (!view_equal(cursor_view(&cursor, 2), view_part(JPEG_START, 0, 2))) {
        return refuse("it is not a JPEG");
    }
    for (; !jpeg.ended; jpeg.segments++) {
        if (jpeg.segments == DOCUMENT_OBJECTS_MAX) {
            return refuse("the JPEG has too many parts");
        }
        TRY(take_segment(&jpeg, file, &cursor));
    }
    return cursor_left(&cursor) == 0 ? OUTCOME_OK
                                     : refuse("something stands behind the JPEG's end"); /* 2 */
}
