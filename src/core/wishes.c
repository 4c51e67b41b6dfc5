/*
 * Lists of persons that accounts ask for, as the process `jobs` keeps them: here an officer sees
 * what he may approve.
 *
 * Invariants
 *  1. Nothing of them is kept: `jobs` tells all again when its pipe is new, so what an old one told
 *     is forgotten with it.
 *  2. Not more than `jobs` may have (JOBS_KEPT_MAX); a list that is told beyond is not shown.
 *  3. A page is the first limit of them behind its cursor, in the order in which they came.
 *  4. What officers have said stands in the log: that a list was refused, became too long or was
 *     ended is told to `jobs` once, and once more to the next one that says that it waits.
 */
#include "core/look.h"
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "domain/wish.h"

#include <string.h>

#define KEEP_US 1000000
#define TOO_LONG "Danh sách có nhiều người hơn số đã duyệt / More people than were approved"

/* Its place; JOBS_KEPT_MAX: there is none. */
static unsigned find(const struct wishes *wishes, const uint8_t id[JOB_ID_BYTES])
{
    unsigned at = 0;

    while (at < JOBS_KEPT_MAX &&
           !(wishes->places[at].used && memcmp(wishes->places[at].id, id, JOB_ID_BYTES) == 0)) {
        at++;
    }
    return at;
}

static void forget(struct wish_place *place)
{
    buf_done(&place->wish);
    *place = (struct wish_place){.used = false};
}

static void keep(struct wish_place *place, const struct wish_told *told)
{
    struct wish_place kept = {.used = true, .created_us = told->created_us};

    memcpy(kept.id, told->id, sizeof(kept.id));
    struct outcome set = code_set(&kept.account, told->account);
    CHECK(outcome_ok(set)); /* its length was looked at */
    buf_init(&kept.wish, WISH_BYTES_MAX);
    buf_put_view(&kept.wish, told->wish);
    *place = kept;
    if (place->wish.failed) {
        log_line(LOG_LEVEL_WARN, "wish-not-shown", "why=\"no memory\"");
        forget(place);
    }
}

void wishes_take(struct core *core, const struct wish_told *told)
{
    struct wishes *wishes = &core->wishes;
    unsigned at = find(wishes, told->id);
    struct wish wish;

    if (told->wish.len == 0 && at < JOBS_KEPT_MAX) {
        forget(&wishes->places[at]);
    }
    if (told->wish.len == 0 || at < JOBS_KEPT_MAX) {
        return;
    }
    for (at = 0; at < JOBS_KEPT_MAX && wishes->places[at].used; at++) {
        /* the next one */
    }
    if (at == JOBS_KEPT_MAX || !outcome_ok(wish_get(told->wish, &wish))) { /* invariant 2 */
        log_line(LOG_LEVEL_WARN, "wish-not-shown", "why=\"%s\"",
                 at == JOBS_KEPT_MAX ? "there are too many" : "it does not decode");
        return;
    }
    keep(&wishes->places[at], told);
    wishes->keep_us = 0;
}

void wishes_forget(struct core *core)
{
    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        forget(&core->wishes.places[i]);
    }
}

/* ---- what officers have said ---- */

static struct peer *keeper_of(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->frames, FRAME_WISH)) {
            return peer;
        }
    }
    return NULL;
}

/* NULL: nobody has, or it was told. One that was approved for another account is not this one. */
static const struct extract *refused(const struct core *core, const struct wish_place *place)
{
    const struct extract *extract = directory_extract_by_job(&core->house->directory, place->id);
    bool over = extract != NULL && !place->told && extract->state != EXTRACT_APPROVED &&
                extract->state != EXTRACT_COLLECTED;

    return over && view_equal(code_view(&extract->account->code), code_view(&place->account))
               ? extract
               : NULL;
}

static void tell(struct peer *peer, const struct wish_place *place, const struct extract *extract)
{
    struct wish_told told = {.account = code_view(&place->account),
                             .reason = extract->state == EXTRACT_TOO_LONG
                                           ? VIEW_LITERAL(TOO_LONG)
                                           : long_view(&extract->reason)};

    memcpy(told.id, place->id, sizeof(told.id));
    jobbing_put_wish(&peer->pipe.out, &told);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
}

void wishes_keep(struct core *core)
{
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    struct peer *peer = now_us >= core->wishes.keep_us ? keeper_of(core) : NULL;

    if (peer == NULL || peer_choked(peer)) {
        return;
    }
    core->wishes.keep_us = now_us + KEEP_US;
    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        struct wish_place *place = &core->wishes.places[i];
        const struct extract *extract = place->used ? refused(core, place) : NULL;
        if (extract != NULL) { /* invariant 4 */
            tell(peer, place, extract);
            place->told = true;
        }
    }
}

/* ---- what officers see ---- */

static void put(const struct wish_place *place, struct buf *json)
{
    struct wish wish;
    struct outcome outcome = wish_get(buf_view(&place->wish), &wish);

    CHECK(outcome_ok(outcome)); /* as when it was kept */
    buf_put_text(json, "{\"account\":\"");
    buf_put_view(json, code_view(&place->account));
    buf_put_text(json, "\",\"asked\":\"");
    clock_put_second(json, place->created_us);
    buf_put_text(json, "\",\"code\":\"");
    buf_put_hex(json, view_of(place->id, sizeof(place->id)));
    buf_put_text(json, "\",\"wish\":");
    wish_put_json(&wish, json);
    buf_put_text(json, "}");
}

static bool show_one(const struct wishes *wishes, struct view code, struct buf *json)
{
    uint8_t id[JOB_ID_BYTES];
    bool shaped = code.len == (size_t)2 * sizeof(id) && outcome_ok(hex_get(code, id, sizeof(id)));
    unsigned at = shaped ? find(wishes, id) : JOBS_KEPT_MAX;

    if (at < JOBS_KEPT_MAX) {
        put(&wishes->places[at], json);
    }
    return at < JOBS_KEPT_MAX;
}

bool wishes_show(const struct wishes *wishes, const struct look *look, struct buf *json,
                 struct buf *next)
{
    struct cursor cursor = cursor_of(look->cursor);
    uint32_t at = look->cursor.len > 0 ? cursor_u32(&cursor) : 0;
    unsigned items = 0;

    if (look->code.len > 0) {
        return show_one(wishes, look->code, json);
    }
    buf_put_text(json, "[");
    for (; at < JOBS_KEPT_MAX && items < look->limit; at++) {
        if (wishes->places[at].used) {
            buf_put_text(json, items > 0 ? "," : "");
            put(&wishes->places[at], json);
            items++;
        }
    }
    buf_put_text(json, "]");
    if (at < JOBS_KEPT_MAX && items > 0) {
        buf_put_u32(next, at);
    }
    return true;
}
