/*
 * Purpose: PDF files for tests in the form that cairo 1.16 writes, made by hand: a page, its
 * content, a catalog, one cross-reference table. Each part can be another one.
 */
#ifndef DANCU_TESTS_UNIT_WIRE_PDF_FILE_H
#define DANCU_TESTS_UNIT_WIRE_PDF_FILE_H

#include "help.h"

#define PDF_FILE_OBJECTS 6 /* the free one included */

struct pdf_file {
    const char *head;
    const char *objects[PDF_FILE_OBJECTS]; /* of object N what stands between `obj` and `endobj` */
    const char *trailer;
    const char *end;
};

static const struct pdf_file pdf_file_usual = {
    .head = "%PDF-1.5\n%\xb5\xed\xae\xfb\n",
    .objects =
        {
            NULL,
            "<< /Type /Pages\n   /Kids [ 2 0 R ]\n   /Count 1\n>>",
            "<< /Type /Page % 1\n   /Parent 1 0 R\n   /MediaBox [ 0 0 595 842 ]\n"
            "   /Contents 3 0 R\n   /Resources << >>\n>>",
            "<< /Length 12\n>>\nstream\n0 0 9 9 re f\nendstream",
            "<< /Producer (a \\) test ( of (these) ) %)\n   /Title <FEFF0041> >>",
            "<< /Type /Catalog\n   /Pages 1 0 R\n>>",
        },
    .trailer = "<< /Size 6\n   /Root 5 0 R\n   /Info 4 0 R\n>>",
    .end = "\n%%EOF\n",
};

static inline void pdf_file_put(struct buf *buf, const struct pdf_file *file)
{
    size_t places[PDF_FILE_OBJECTS] = {0};

    buf_put_text(buf, file->head);
    for (unsigned i = 1; i < PDF_FILE_OBJECTS; i++) {
        places[i] = buf->len;
        buf_printf(buf, "%u 0 obj\n%s\nendobj\n", i, file->objects[i]);
    }
    size_t table = buf->len;
    buf_printf(buf, "xref\n0 %d\n0000000000 65535 f \n", PDF_FILE_OBJECTS);
    for (unsigned i = 1; i < PDF_FILE_OBJECTS; i++) {
        buf_printf(buf, "%010zu 00000 n \n", places[i]);
    }
    buf_printf(buf, "trailer\n%s\nstartxref\n%zu%s", file->trailer, table, file->end);
    assert_ok(buf_check(buf));
}

#endif
