/*
 * What a document is.
 *
 * Invariant 1: what a signature says is told as a claim; nothing here or later follows from it.
 */
#include "archive/private.h"

#include "wire/document.h"

#include <string.h>

static const struct {
    bool (*starts)(struct view start);
    struct outcome (*look)(struct view file);
} types[FILE_TYPE_COUNT] = {
    [FILE_TYPE_PDF] = {document_starts_pdf, document_look_pdf},
    [FILE_TYPE_PNG] = {document_starts_png, document_look_png},
    [FILE_TYPE_JPEG] = {document_starts_jpeg, document_look_jpeg},
};

bool paper_starts(enum file_type type, struct view start)
{
    return types[type].starts(start);
}

struct outcome paper_look(struct view bytes, int64_t now_us, struct paper *paper)
{
    (void)now_us;
    paper->facts_len = 0;
    return types[paper->type].look(bytes);
}

/* Members in the order of their names. */
void paper_put_json(const struct paper *paper, struct buf *json)
{
    buf_printf(json, "{\"bytes\":%u,\"sha256\":\"", paper->bytes);
    buf_put_hex(json, view_of(paper->hash, sizeof(paper->hash)));
    buf_printf(json, "\",\"signature\":\"none\",\"type\":\"%s\"}",
               words_name(&words_file_type, paper->type));
}
