/*
 * The lines of a statement.
 *
 * Invariant: a line is canonical JSON, so members stand in the order of their names.
 */
#include "gate/statement.h"

#include "gate/history_proof.h"
#include "wire/json.h"

static void put_hash(const char *name, const struct tree_hash *hash, struct buf *lines)
{
    buf_printf(lines, "\"%s\":\"", name);
    base64url_put(lines, view_of(hash->bytes, SEAL_HASH_BYTES));
    buf_put_text(lines, "\"");
}

static void put_hash_or_null(const char *name, const struct tree_hash *hash, bool there,
                             struct buf *lines)
{
    if (there) {
        put_hash(name, hash, lines);
    } else {
        buf_printf(lines, "\"%s\":null", name);
    }
}

static void put_path(const struct keymap_path *path, struct buf *lines)
{
    buf_put_text(lines, "\"path\":{");
    put_hash_or_null("chain", &path->chain, path->count > 0, lines);
    buf_put_text(lines, ",\"count\":");
    buf_put_decimal(lines, path->count);
    buf_put_text(lines, ",\"hashes\":[");
    for (unsigned i = 0; i < path->len; i++) {
        buf_put_text(lines, i == 0 ? "\"" : ",\"");
        base64url_put(lines, view_of(path->hashes[i].bytes, SEAL_HASH_BYTES));
        buf_put_text(lines, "\"");
    }
    buf_put_text(lines, "],\"other\":");
    if (path->other) {
        buf_put_text(lines, "{");
        put_hash("position", &path->other_position, lines);
        buf_put_text(lines, ",");
        put_hash("value", &path->other_value, lines);
        buf_put_text(lines, "}");
    } else {
        buf_put_text(lines, "null");
    }
    buf_put_text(lines, ",");
    put_hash("position", &path->position, lines);
    buf_put_text(lines, ",");
    put_hash_or_null("salt", &path->salt, path->count > 0, lines);
    buf_put_text(lines, "}");
}

static struct outcome put_receipt(const struct statement_map *map, struct buf *lines)
{
    BUF_AUTO proof;

    buf_init(&proof, OPENING_ASK_BYTES_MAX);
    proof_put(&proof, map->index, map->receipt->path, map->receipt->checkpoint);
    TRY(buf_check(&proof));
    buf_put_text(lines, "\"receipt\":{\"entry\":");
    json_put_string(lines, map->receipt->item.entry);
    buf_put_text(lines, ",\"proof\":");
    json_put_string(lines, buf_view(&proof));
    buf_put_text(lines, "}");
    return OUTCOME_OK;
}

static struct outcome put_map(const struct statement_map *map, struct buf *lines)
{
    BUF_AUTO texts;
    struct record_text text = {0};

    buf_init(&texts, record_texts_room());
    if (buf_claim(&texts, record_texts_room()) == NULL) {
        return buf_check(&texts);
    }
    buf_reset(&texts);
    TRY(record_write(map->record, &texts, &text));
    if (!view_equal(text.entry, map->receipt->item.entry)) {
        return outcome_fail(FAULT_CORRUPT, "an opening does not give its entry again");
    }
    buf_put_text(lines, "{\"opening\":[\"");
    buf_put_view(lines, text.disclosures[RECORD_REQUEST]);
    buf_put_text(lines, "\"],");
    put_path(map->path, lines);
    buf_put_text(lines, ",");
    TRY(put_receipt(map, lines));
    buf_put_text(lines, "}");
    return OUTCOME_OK;
}

struct outcome statement_put_head(uint64_t person, const struct statement_map *map,
                                  struct buf *lines)
{
    buf_put_text(lines, "{\"statement\":{\"map\":");
    if (map != NULL) {
        TRY(put_map(map, lines));
    } else {
        buf_put_text(lines, "null");
    }
    buf_put_text(lines, ",\"person\":\"");
    buf_put_decimal(lines, person);
    buf_put_text(lines, "\",\"v\":1}}");
    return buf_check(lines);
}

struct outcome statement_put_row(const struct record *record, uint64_t index,
                                 const struct ledger_receipt *receipt, uint64_t person, bool since,
                                 struct buf *lines)
{
    buf_put_text(lines, since ? "{\"since\":" : "{\"row\":");
    TRY(history_put_proof(record, index, receipt, person, lines));
    buf_put_text(lines, "}");
    return buf_check(lines);
}

struct outcome statement_put_end(uint64_t rows, uint64_t since, struct buf *lines)
{
    buf_put_text(lines, "{\"end\":{\"rows\":");
    buf_put_decimal(lines, rows);
    buf_put_text(lines, ",\"since\":");
    buf_put_decimal(lines, since);
    buf_put_text(lines, "}}");
    return buf_check(lines);
}
