/*
 * The signed acts of a day: how many are whose, and how they come into a snapshot while others are
 * signed and old ones are forgotten.
 */
#include "help.h"

#include "base/memory.h"
#include "office/replays.h"

#include <stdio.h>

#define DAY_US REPLAYS_KEPT_US
#define MANY 1000u

/* Of one signer and one number; views into `jti`. */
static struct signed_act act_of(enum signer_kind kind, const char *code, unsigned number,
                                char jti[16])
{
    static const uint8_t hash[SEAL_HASH_BYTES] = {7};
    snprintf(jti, 16, "%u", number);
    return (struct signed_act){
        .doer = {kind, view_text(code)}, .jws_hash = hash, .jti = view_text(jti)};
}

static void add(struct replays *replays, enum signer_kind kind, const char *code, unsigned number,
                int64_t now_us)
{
    char jti[16];
    struct signed_act act = act_of(kind, code, number, jti);
    struct signed_result result = {.code = ACT_CODE_DONE, .index = number, .reason = "because"};
    assert_ok(replays_add(replays, &act, &result, now_us));
}

static struct replay *find(struct replays *replays, const char *code, unsigned number,
                           int64_t now_us)
{
    char jti[16];
    struct signed_act act = act_of(SIGNER_OFFICER, code, number, jti);
    return replays_find(replays, &act, now_us);
}

static struct replays *new_replays(void)
{
    struct replays *replays = memory_new(1, sizeof(*replays));
    assert_non_null(replays);
    replays_init(replays);
    return replays;
}

static void free_replays(struct replays *replays)
{
    replays_done(replays);
    memory_free(replays);
}

static void a_signer_who_is_full_keeps_nobody_else_from_signing(void **state)
{
    const struct doer lan = {SIGNER_OFFICER, VIEW_LITERAL("LAN")};
    const struct doer account = {SIGNER_ACCOUNT, VIEW_LITERAL("LAN")};
    struct replays *replays = new_replays();
    (void)state;
    for (unsigned i = 0; i < REPLAYS_PER_SIGNER_MAX; i++) {
        assert_ok(replays_room(replays, &lan, 1));
        add(replays, SIGNER_OFFICER, "LAN", i, 1);
    }
    assert_fault(replays_room(replays, &lan, DAY_US), FAULT_OVER_LIMIT);
    assert_ok(replays_room(replays, &account, DAY_US)); /* an account of that code is another */
    assert_ok(replays_room(replays, &lan, DAY_US + 1)); /* a day later all are forgotten */
    assert_int_equal(replays->signers.len, 0);
    free_replays(replays);
}

static void accounts_leave_room_for_officers(void **state)
{
    const struct doer account = {SIGNER_ACCOUNT, VIEW_LITERAL("BANK-X")};
    const struct doer officer = {SIGNER_OFFICER, VIEW_LITERAL("LAN")};
    struct replays *replays = new_replays();
    (void)state;
    for (unsigned i = 0; i < REPLAYS_ACCOUNTS_MAX; i++) {
        char code[16];
        snprintf(code, sizeof(code), "BANK-%u", i % 64);
        add(replays, SIGNER_ACCOUNT, code, i, 1);
    }
    assert_fault(replays_room(replays, &account, 1), FAULT_OVER_LIMIT);
    assert_ok(replays_room(replays, &officer, 1));
    free_replays(replays);
}

static void a_copy_in_steps_has_what_was_there_at_its_beginning_and_is_still_kept(void **state)
{
    struct replays *replays = new_replays();
    struct replays *restored = new_replays();
    bool last = false;
    unsigned steps = 0;
    BUF_AUTO saved;
    buf_init(&saved, 1u << 20);
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        add(replays, SIGNER_OFFICER, "LAN", i, i < MANY / 2 ? 1 : DAY_US);
    }
    replays_save_begin(replays, &saved);
    replays_save_step(replays, &saved, &last);
    assert_false(last);
    add(replays, SIGNER_OFFICER, "LAN", MANY, DAY_US + 1); /* the older half goes, one comes */
    for (steps = 1; !last; steps++) {
        replays_save_step(replays, &saved, &last);
    }
    assert_in_range(steps, 3, MANY / 64);
    struct cursor cursor = cursor_of(buf_view(&saved));
    assert_ok(replays_restore(restored, &cursor));
    assert_ok(cursor_end(&cursor, "saved"));
    for (unsigned i = MANY / 2; i < MANY; i++) {
        const struct replay *replay = find(restored, "LAN", i, DAY_US);
        assert_non_null(replay);
        assert_int_equal(replay->result.index, i);
        assert_string_equal(replay->result.reason, "because");
    }
    assert_null(find(restored, "LAN", MANY, DAY_US));
    for (size_t len = 0; len < saved.len; len += 37) { /* and a damaged one is none */
        cursor = cursor_of(view_of(saved.data, len));
        assert_fault(replays_restore(restored, &cursor), FAULT_CORRUPT);
    }
    free_replays(restored);
    free_replays(replays);
}

static void want_of_memory_leaves_all_as_it_was(void **state)
{
    struct replays *replays = new_replays();
    (void)state;
    add(replays, SIGNER_OFFICER, "LAN", 1, 1);
    for (unsigned nth = 1; nth < 20; nth++) {
        char jti[16];
        struct signed_act act = act_of(SIGNER_OFFICER, "HOA", 2, jti);
        struct signed_result result = {.code = ACT_CODE_DONE};
        memory_fail_at(nth);
        struct outcome outcome = replays_add(replays, &act, &result, 1);
        memory_fail_at(0);
        if (outcome_ok(outcome)) {
            assert_int_equal(replays->signers.len, 2);
            assert_true(nth > 1);
            break;
        }
        assert_int_equal(outcome.fault, FAULT_NO_MEMORY);
        assert_null(find(replays, "HOA", 2, 1));
    }
    assert_non_null(find(replays, "HOA", 2, 1));
    free_replays(replays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signer_who_is_full_keeps_nobody_else_from_signing),
        cmocka_unit_test(accounts_leave_room_for_officers),
        cmocka_unit_test(a_copy_in_steps_has_what_was_there_at_its_beginning_and_is_still_kept),
        cmocka_unit_test(want_of_memory_leaves_all_as_it_was),
    };
    return cmocka_run_group_tests_name("office/replays", tests, NULL, NULL);
}
