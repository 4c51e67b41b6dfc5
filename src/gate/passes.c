/*
 * One-time codes of citizens.
 *
 * Invariants
 * 1. A pass is for one party, one person, and the services and fields that he has named; it gives
 *    once. Whether it has, the office knows when its act is recorded, and until then the ring of
 *    written.h, which is made of the log.
 * 2. A pass that is used and not yet recorded as such by the office is in that ring: there are
 * never more of them than it holds with room to spare.
 * 3. His own lock does not stand in the way of what a person allows himself.
 */
#include "gate/work.h"

#include "base/check.h"
#include "base/memory.h"
#include "domain/letter_code.h"

#include <string.h>

#define PASSES_DUE_MAX (WRITTEN_RECENT_MAX / 4)
_Static_assert(2 * PASSES_DUE_MAX <= WRITTEN_RECENT_MAX / 2, "invariant 2: those of a batch too");

struct outcome passes_init(struct passes *passes)
{
    passes->businesses = memory_new(BATCH_ASKS_MAX, sizeof(*passes->businesses));
    return passes->businesses == NULL ? outcome_fail(FAULT_NO_MEMORY, "gate: passes") : OUTCOME_OK;
}

void passes_done(struct passes *passes)
{
    memory_free(passes->businesses);
    *passes = (struct passes){0};
}

/* As the code of a business, which no act can give: with a colon. */
void pass_business_code(const struct letter_code *code, struct code_text *ret_code)
{
    static const char label[] = "dancu pass"; /* with its zero */
    uint8_t text[sizeof(label) + LETTER_CODE_CHARS];
    uint8_t hash[SEAL_HASH_BYTES];
    memcpy(text, label, sizeof(label));
    memcpy(text + sizeof(label), code->text, LETTER_CODE_CHARS);
    seal_sha256(view_of(text, sizeof(text)), hash);
    *ret_code = (struct code_text){.text = PASS_BUSINESS, .len = sizeof(PASS_BUSINESS) - 1};
    hex_write(ret_code->text + ret_code->len, view_of(hash, SEAL_BLIND_BYTES));
    ret_code->len = (uint8_t)(ret_code->len + 2 * SEAL_BLIND_BYTES);
}

/* By what an ask names its business. */
static struct pass *pass_of(const struct gate *gate, struct view named)
{
    struct letter_code code;
    struct code_text business;
    struct view prefix = VIEW_LITERAL(PASS_PREFIX);
    if (!view_starts(named, prefix) ||
        !outcome_ok(
            letter_code_read(view_part(named, prefix.len, named.len - prefix.len), &code))) {
        return NULL;
    }
    pass_business_code(&code, &business);
    return directory_pass(gate->directory, code_view(&business));
}

/* Invariant 1. */
static bool is_used(const struct gate *gate, const struct pass *pass)
{
    uint64_t index = 0;
    return pass->state == PASS_USED ||
           written_find(&gate->written, code_view(&pass->business), &index);
}

static struct business *known(const struct passes *passes, const struct pass *pass)
{
    for (unsigned i = 0; i < passes->count; i++) {
        if (view_equal(code_view(&passes->businesses[i].code), code_view(&pass->business))) {
            return &passes->businesses[i];
        }
    }
    return NULL;
}

static void fill(const struct gate *gate, const struct pass *pass, struct business *business)
{
    *business = (struct business){
        .code = pass->business,
        .party = pass->party,
        .state = pass->state == PASS_WITHDRAWN ? BUSINESS_REVOKED : BUSINESS_GRANTED,
        .version = pass->version,
        .purpose = pass->purpose,
        .services = pass->services,
        .channels = (1u << CHANNEL_COUNT) - 1, /* the account's, if the class may by it */
        .fields = pass->fields,
        .sensitive = pass->fields,
        .quota_day_max = 1,
        .quota_total_max = 1,
        .quota_total_used = is_used(gate, pass) ? 1 : 0,
        .hours = 0xffffff,
        .from_day = pass->from_day,
        .until_day = pass->until_day,
    };
}

struct business *work_find_pass(struct gate *gate, struct work *work)
{
    struct passes *passes = &gate->passes;
    const struct pass *pass = pass_of(gate, work->ask->business);
    if (pass == NULL) {
        return NULL;
    }
    struct business *business = known(passes, pass);
    if (business == NULL) {
        CHECK(passes->count < BATCH_ASKS_MAX); /* one an ask */
        business = &passes->businesses[passes->count++];
        fill(gate, pass, business);
    }
    work->pass = pass;
    return business;
}

bool gate_pass_due(struct gate *gate, struct view *ret_business, uint64_t *ret_index)
{
    if (gate->passes.none_due) { /* it is asked at every turn of the core */
        return false;
    }
    for (uint32_t i = 0; i < gate->written.count; i++) {
        const struct written_given *given = &gate->written.recent[i];
        const struct pass *pass = directory_pass(gate->directory, code_view(&given->code));
        if (pass != NULL && pass->state != PASS_USED) {
            *ret_business = code_view(&given->code);
            *ret_index = given->index;
            return true;
        }
    }
    gate->passes.none_due = true;
    return false;
}

/* Invariant 2. */
bool work_passes_crowded(const struct gate *gate, const struct ask *ask)
{
    unsigned due = gate->passes.count;
    if (pass_of(gate, ask->business) == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < gate->written.count; i++) {
        const struct pass *pass =
            directory_pass(gate->directory, code_view(&gate->written.recent[i].code));
        due += pass != NULL && pass->state != PASS_USED;
    }
    return due >= PASSES_DUE_MAX;
}
