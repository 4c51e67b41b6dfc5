/*
 * The QR code as squares of the page.
 */
#include "channel/letter/draw.h"

#include "base/ceilings.h"
#include "base/check.h"

#include <errno.h>

#define MODULE_DARK 1
#define QUIET_MODULES 2 /* of white around it; the paper has the rest */

/* Dark modules that stand beside each other are one rectangle. */
static void put_row(cairo_t *cairo, const unsigned char *row, int width, double x, double y,
                    double module)
{
    for (int from = 0; from < width;) {
        int to = from;
        while (to < width && (row[to] & MODULE_DARK) != 0) {
            to++;
        }
        if (to > from) {
            cairo_rectangle(cairo, x + from * module, y, (to - from) * module, module);
        }
        from = to + 1;
    }
}

struct outcome draw_qr(struct sheet *sheet, struct view text, double x, double y, double size)
{
    CHECK(text.len > 0 && text.len <= LETTER_URL_BYTES_MAX);
    QRcode *code =
        QRcode_encodeData((int)text.len, text.data, 0 /* as small as it can be */, QR_ECLEVEL_M);

    if (code == NULL) {
        return errno == ERANGE ? outcome_fail(FAULT_OVER_LIMIT, "an address too long for its code")
                               : outcome_fail(FAULT_NO_MEMORY, "QR code");
    }
    double module = size / (code->width + 2 * QUIET_MODULES);
    double inset = QUIET_MODULES * module;
    for (int i = 0; i < code->width; i++) {
        put_row(sheet->cairo, code->data + (ptrdiff_t)i * code->width, code->width, x + inset,
                y + inset + i * module, module);
    }
    cairo_fill(sheet->cairo);
    QRcode_free(code);
    return OUTCOME_OK;
}
