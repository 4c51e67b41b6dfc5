/*
 * What a document is.
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

struct outcome paper_look(struct view bytes, const struct cms_anchors *anchors, int64_t now_us,
                          struct paper *paper)
{
    paper->facts_len = 0;
    TRY(types[paper->type].look(bytes));
    return paper->type == FILE_TYPE_PDF ? signature_look(bytes, anchors, now_us / US_PER_S, paper)
                                        : OUTCOME_OK;
}

/* Members in the order of their names: those of the facts lie between ours. */
void paper_put_json(const struct paper *paper, struct buf *json)
{
    struct view facts = view_of(paper->facts, paper->facts_len);
    struct view signature = VIEW_LITERAL("\"signature\":");
    size_t at = 0;

    while (at < facts.len && !view_starts(view_part(facts, at, facts.len - at), signature)) {
        at++;
    }
    buf_printf(json, "{\"bytes\":%u,", paper->bytes);
    buf_put_view(json,
                 facts.len > 0 ? view_part(facts, 1, at - 1) : facts); /* "certificate":..., */
    buf_put_text(json, "\"sha256\":\"");
    buf_put_hex(json, view_of(paper->hash, sizeof(paper->hash)));
    buf_put_text(json, "\",");
    if (facts.len > 0) { /* "signature":...,"signer":... */
        buf_put_view(json, view_part(facts, at, facts.len - 1 - at));
    } else {
        buf_put_text(json, "\"signature\":\"none\"");
    }
    buf_printf(json, ",\"type\":\"%s\"}", words_name(&words_file_type, paper->type));
}
