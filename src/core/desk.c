/*
 * What the desk asks to see.
 *
 * Invariants
 * 1. Default deny: an active officer's certificate sees all, but incidents by two roles only; an
 * active account's, while it is good, sees its own party and what belongs to that party; a
 * sub-account's sees its party, itself and its own businesses; and nobody sees anything else. What
 * may not be seen and what is not there are one answer.
 * 2. A page costs LOOK_STEPS_MAX objects at most, however few of them may be seen (I9): it may be
 *    short then, or empty, and says where it goes on.
 * 3. A cursor names nothing that the viewer may not see: the last object of its own, and how many
 *    were passed over behind it.
 * 4. What a case file holds, and what a case says of people, is given one at a time, to an officer
 *    who has signed for it in readings.c; everybody else, its party and who stands at the machine
 *    included, sees the rest.
 * 5. Which cases are overdue is of the day on which somebody looks.
 */
#include "core/look.h"
#include "core/loop.h"

#include "base/check.h"
#include "gate/fees.h"
#include "office/show.h"
#include "office/staff.h"

#include <stdio.h>

#define INCIDENT_ROLES (ROLE_BIT(ROLE_SECURITY) | ROLE_BIT(ROLE_AUDIT))

struct viewer {
    bool all;                      /* an officer, or who stands at the machine */
    unsigned roles;                /* of who sees all */
    bool reads;                    /* what is looked at, whole: invariant 4 */
    int64_t today;                 /* UTC+7: invariant 5 */
    const struct account *account; /* sees what belongs to its party */
};

/* By the certificate's key. A party that is suspended may see that it is. */
static bool viewer_find(const struct house *house, const uint8_t spki[SEAL_HASH_BYTES],
                        struct viewer *ret_viewer)
{
    int64_t now_us = clock_wall_us(&house->clock);
    int64_t now_s = now_us / US_PER_S;
    const struct officer *officer = staff_officer_by_spki(&house->directory, spki);
    const struct certificate *certificate = directory_certificate(&house->directory, spki);

    if (officer != NULL && officer->state == OFFICER_ACTIVE) {
        *ret_viewer =
            (struct viewer){.all = true, .roles = officer->roles, .today = clock_day_vn(now_us)};
        return true;
    }
    if (certificate == NULL ||
        account_state_by(certificate->account, certificate, now_s) != ACCOUNT_ACTIVE) {
        return false;
    }
    *ret_viewer = (struct viewer){.account = certificate->account};
    return true;
}

static bool sub_account_sees(const struct account *account, enum resource resource,
                             const void *object)
{
    switch (resource) {
    case RESOURCE_PARTIES:
        return true;
    case RESOURCE_ACCOUNTS:
        return object == account;
    case RESOURCE_BUSINESSES:
        return account_covers(account, object);
    default:
        return false;
    }
}

/* Invariant 1. */
static bool may_see(const struct viewer *viewer, enum resource resource, const void *object)
{
    const struct party *owner = show_owner(resource, object);
    const struct account *account = viewer->account;

    if (resource == RESOURCE_INCIDENTS) {
        return viewer->all && (viewer->roles & INCIDENT_ROLES) != 0;
    }
    if (resource == RESOURCE_OVERDUE_CASES && !case_overdue(object, viewer->today)) {
        return false; /* invariant 5 */
    }
    if (viewer->all || resource == RESOURCE_DRAWS) { /* by which anybody can check who was drawn */
        return true;
    }
    return owner != NULL && owner == account->party &&
           (account->parent == NULL || sub_account_sees(account, resource, object));
}

static void see_one(const struct directory *directory, const struct viewer *viewer,
                    const struct look *look, struct buf *json, char ret_etag[16],
                    struct seen *ret_seen)
{
    const struct map *map = show_map(directory, look->resource);
    const void *object = map == NULL ? NULL : map_get(map, look->code);

    if (object == NULL || !may_see(viewer, look->resource, object)) {
        ret_seen->fault = FAULT_NOT_FOUND;
        return;
    }
    const char *form = "";
    if (look->csv) {
        form = "-csv";
        fees_put_csv(object, json);
    } else if (viewer->reads) {
        form = look->resource == RESOURCE_CASE_FILES ? "-file" : "-whole";
        show_put_whole(look->resource, object, json);
    } else {
        show_put(look->resource, object, json);
    }
    if (look->resource != RESOURCE_CASE_FIGURES) { /* they have no version: the desk's digest */
        int len = snprintf(ret_etag, 16, "%u%s", show_version(look->resource, object), form);
        ret_seen->etag = view_of(ret_etag, (size_t)len);
    }
}

/* Where a page begins; `passed` counts the objects that were passed over behind the cursor's code.
 * A cursor that nobody was given leads somewhere, and to nothing that may not be seen. */
static size_t page_start(const struct map *map, struct view cursor, struct view *ret_code,
                         uint32_t *ret_passed)
{
    if (cursor.len == 0) {
        *ret_code = (struct view){0};
        *ret_passed = 0;
        return 0;
    }
    struct cursor reader = cursor_of(cursor);
    uint32_t passed = cursor_u32(&reader);
    struct view code = cursor_view(&reader, cursor_left(&reader));
    size_t after = map_after(map, code);
    size_t left = map->len - after;

    *ret_passed = passed < left ? passed : (uint32_t)left;
    *ret_code = code;
    return after + *ret_passed;
}

static void see_list(const struct directory *directory, const struct viewer *viewer,
                     const struct look *look, struct buf *json, struct buf *next,
                     struct seen *ret_seen)
{
    const struct map *map = show_map(directory, look->resource);
    struct view code = {0};
    uint32_t passed = 0;
    unsigned items = 0;

    if (map == NULL) {
        buf_put_text(json, "[]");
        return;
    }
    size_t place = page_start(map, look->cursor, &code, &passed);
    buf_put_text(json, "[");
    for (unsigned steps = 0; steps < LOOK_STEPS_MAX && items < look->limit && /* invariant 2 */
                             json->len < LOOK_JSON_BYTES_MAX && place < map->len;
         steps++, place++) {
        const void *object = map_at(map, place);
        if (!may_see(viewer, look->resource, object)) {
            passed++;
            continue;
        }
        buf_put_text(json, items > 0 ? "," : "");
        show_put(look->resource, object, json);
        code = show_code(look->resource, object);
        passed = 0;
        items++;
    }
    buf_put_text(json, "]");
    if (place < map->len) { /* invariant 3 */
        buf_put_u32(next, passed);
        buf_put_view(next, code);
        ret_seen->next = buf_view(next);
    }
}

/* What was found in the records is an auditor's to see, at the desk alone. */
static void see_searches(struct core *core, const struct look *look, struct buf *json,
                         struct seen *ret_seen)
{
    const struct officer *officer = staff_officer_by_spki(&core->house->directory, look->spki);
    struct viewer viewer = {0};

    if (!viewer_find(core->house, look->spki, &viewer)) {
        ret_seen->fault = FAULT_CLOSED;
    } else if (officer == NULL || (officer->roles & ROLE_BIT(ROLE_AUDIT)) == 0 ||
               !searches_show(&core->searches, look, json)) {
        ret_seen->fault = FAULT_NOT_FOUND;
    }
}

/* Lists that are asked for are an officer's to see: what becomes of one is its account's to know.
 */
static void see_wishes(const struct core *core, const struct look *look, bool local,
                       struct buf *json, struct buf *next, struct seen *ret_seen)
{
    struct viewer viewer = {.all = true};

    if (!local && !viewer_find(core->house, look->spki, &viewer)) {
        ret_seen->fault = FAULT_CLOSED;
    } else if (!viewer.all || !wishes_show(&core->wishes, look, json, next)) {
        ret_seen->fault = FAULT_NOT_FOUND;
    }
}

static struct outcome put_wishes(const struct core *core, const struct look *look, bool local,
                                 struct buf *out)
{
    struct seen seen = {.tag = look->tag};
    BUF_AUTO json;
    BUF_AUTO next;

    buf_init(&json, FRAME_BYTES_MAX);
    buf_init(&next, LOOK_CURSOR_BYTES_MAX);
    see_wishes(core, look, local, &json, &next, &seen);
    TRY(buf_check(&json));
    TRY(buf_check(&next));
    seen.json = buf_view(&json);
    seen.next = buf_view(&next);
    looking_put_seen(out, &seen);
    return OUTCOME_OK;
}

static struct outcome put_searches(struct core *core, const struct look *look, struct buf *out)
{
    struct seen seen = {.tag = look->tag};
    BUF_AUTO json;

    buf_init(&json, FRAME_BYTES_MAX);
    see_searches(core, look, &json, &seen);
    TRY(buf_check(&json));
    seen.json = buf_view(&json);
    looking_put_seen(out, &seen);
    return OUTCOME_OK;
}

/* `viewer` NULL: nobody who may look. */
static struct outcome put_look(const struct house *house, const struct look *look,
                               const struct viewer *viewer, struct buf *out)
{
    const struct directory *directory = &house->directory;
    struct seen seen = {.tag = look->tag};
    char etag[16];
    BUF_AUTO json;
    BUF_AUTO next;

    buf_init(&json, FRAME_BYTES_MAX);
    buf_init(&next, LOOK_CURSOR_BYTES_MAX);
    if (viewer == NULL) {
        seen.fault = FAULT_CLOSED;
    } else if (look->code.len > 0) {
        see_one(directory, viewer, look, &json, etag, &seen);
    } else {
        see_list(directory, viewer, look, &json, &next, &seen);
    }
    TRY(buf_check(&json));
    TRY(buf_check(&next));
    seen.json = buf_view(&json);
    looking_put_seen(out, &seen);
    return OUTCOME_OK;
}

struct outcome look_put(const struct house *house, const struct look *look, bool local,
                        struct buf *out)
{
    struct viewer viewer = {
        .all = true, .roles = ROLES_ALL, .today = clock_day_vn(clock_wall_us(&house->clock))};
    bool known = local || viewer_find(house, look->spki, &viewer);
    return put_look(house, look, known ? &viewer : NULL, out);
}

struct outcome look_local(const struct core *core, const struct look *look, struct buf *out)
{
    return look->resource == RESOURCE_LIST_REQUESTS ? put_wishes(core, look, true, out)
                                                    : look_put(core->house, look, true, out);
}

/* Invariant 4. */
static struct outcome put_kept(struct core *core, const struct look *look, enum act_kind kind,
                               struct buf *out)
{
    struct viewer viewer = {0};
    bool known = viewer_find(core->house, look->spki, &viewer);
    viewer.reads = known && readings_allow(core, look->spki, kind, look->code);
    return put_look(core->house, look, known ? &viewer : NULL, out);
}

/* The letter, or the one that answers the case whose code is given; whole to who reads the case. */
static struct outcome put_letter(struct core *core, const struct look *look, struct buf *out)
{
    const struct directory *directory = &core->house->directory;
    const struct written_case *case_ = staff_case(directory, look->code);
    struct look letter_look = *look;
    struct viewer viewer = {0};
    bool known = viewer_find(core->house, look->spki, &viewer);
    if (case_ != NULL && case_->letter.len > 0) {
        letter_look.code = code_view(&case_->letter);
    }
    const struct letter *letter = staff_letter(directory, letter_look.code);
    viewer.reads = known && letter != NULL &&
                   readings_allow(core, look->spki, ACT_CASE_READ, code_view(&letter->case_code));
    return put_look(core->house, &letter_look, known ? &viewer : NULL, out);
}

/* What the gate would say if the case were decided as it is proposed, for officers. */
static struct outcome put_intention(struct core *core, const struct look *look, struct buf *out)
{
    const struct written_case *case_ = staff_case(&core->house->directory, look->code);
    struct seen seen = {.tag = look->tag};
    struct viewer viewer = {0};
    BUF_AUTO json;

    buf_init(&json, FRAME_BYTES_MAX);
    if (!viewer_find(core->house, look->spki, &viewer)) {
        seen.fault = FAULT_CLOSED;
    } else if (!viewer.all || case_ == NULL || !letters_explain(core, case_, &json)) {
        seen.fault = FAULT_NOT_FOUND;
    }
    TRY(buf_check(&json));
    seen.json = buf_view(&json);
    looking_put_seen(out, &seen);
    return OUTCOME_OK;
}

static struct outcome put_any(struct core *core, const struct look *look, struct buf *out)
{
    switch (look->resource) {
    case RESOURCE_RECORDS:
        return put_searches(core, look, out);
    case RESOURCE_LIST_REQUESTS:
        return put_wishes(core, look, false, out);
    case RESOURCE_CASE_FILES:
        return put_kept(core, look, ACT_REVIEW_READ, out);
    case RESOURCE_CASES:
        return put_kept(core, look, ACT_CASE_READ, out);
    case RESOURCE_COMPLAINTS:
        return put_kept(core, look, ACT_COMPLAINT_READ, out);
    case RESOURCE_LETTERS:
        return put_letter(core, look, out);
    case RESOURCE_INTENTIONS:
        return put_intention(core, look, out);
    default:
        return look_put(core->house, look, false, out);
    }
}

struct outcome look_show(struct core *core, struct peer *peer, const struct look *look)
{
    TRY(put_any(core, look, &peer->pipe.out));
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}
