/*
 * The proof of a row.
 *
 * Invariants
 * 1. What is opened tells the citizen of himself and of who asked: never the officer, the case or
 *    the rule, and the request only where nobody else can stand in it.
 * 2. What is opened is of the very entry that is public: it is made again and compared.
 */
#include "gate/history_proof.h"

#include "base/check.h"
#include "wire/canonical.h"
#include "wire/json.h"

#define REQUEST_DEPTH_MAX 8

/* A member of the request, or of a part of it; empty when there is none. */
static struct view member_of(struct view object, const char *name)
{
    return object.len > 0 && object.data[0] == '{' ? canonical_member(object, name)
                                                   : view_of(NULL, 0);
}

/* He was asked for by his number, and found to be meant: where he was not, the request has a name
 * that may be another's; and claims may tell of others. Of who is only named it tells nothing but
 * the other. */
static bool request_is_his(const struct record *record, uint64_t person)
{
    struct view request = record->values[RECORD_REQUEST];
    if (!record_asks_about(record, person) || record->kind != KIND_DISCLOSURE ||
        !canonical_valid(request, REQUEST_DEPTH_MAX)) {
        return false;
    }
    struct view asked = member_of(request, "asked");
    bool number = member_of(asked, "id").len > 0 || member_of(asked, "cmnd").len > 0;
    return number && member_of(request, "claims").len == 0;
}

static void put_opening(const struct record *record, const struct record_text *text,
                        uint64_t person, struct buf *json)
{
    static const enum record_name shown[] = {RECORD_ASK, RECORD_PARTY, RECORD_BUSINESS,
                                             RECORD_PERSONS, RECORD_REQUEST};
    unsigned count = request_is_his(record, person) ? 5 : 4;
    buf_put_text(json, "{\"opening\":[");
    for (unsigned i = 0; i < count; i++) {
        buf_put_u8(json, '"');
        buf_put_view(json, text->disclosures[shown[i]]);
        buf_put_text(json, "\",");
    }
    buf_put_u8(json, '"');
    record_put_person(record, person, json);
    buf_put_text(json, "\"],");
}

static struct outcome put_receipt(uint64_t index, const struct ledger_receipt *receipt,
                                  struct buf *json)
{
    BUF_AUTO proof;
    buf_init(&proof, OPENING_ASK_BYTES_MAX);
    proof_put(&proof, index, receipt->path, receipt->checkpoint);
    TRY(buf_check(&proof));
    buf_put_text(json, "\"receipt\":{\"entry\":");
    json_put_string(json, receipt->item.entry);
    buf_put_text(json, ",\"proof\":");
    json_put_string(json, buf_view(&proof));
    buf_put_text(json, "}}");
    return buf_check(json);
}

struct outcome history_put_proof(const struct record *record, uint64_t index,
                                 const struct ledger_receipt *receipt, uint64_t person,
                                 struct buf *json)
{
    BUF_AUTO texts;
    buf_init(&texts, record_texts_room());
    struct record_text text = {0};
    if (record->forgotten) { /* that there was an entry is told, and nothing opens it any more */
        buf_put_text(json, "{\"opening\":[],");
        return put_receipt(index, receipt, json);
    }
    if (buf_claim(&texts, record_texts_room()) == NULL) {
        return buf_check(&texts);
    }
    buf_reset(&texts);
    TRY(record_write(record, &texts, &text));
    if (!view_equal(text.entry, receipt->item.entry)) { /* invariant 2 */
        return outcome_fail(FAULT_CORRUPT, "an opening does not give its entry again");
    }
    put_opening(record, &text, person, json);
    return put_receipt(index, receipt, json);
}
