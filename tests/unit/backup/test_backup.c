/*
 * Backups and the homes that are made of them.
 */
#include "backup/safe.h"

#include <fcntl.h>

static const struct view nothing_known = {NULL, 0};

static void a_restored_home_holds_what_the_home_held_and_signs_nothing(void **state)
{
    struct safe *safe = *state;
    uint64_t before = 0;
    uint64_t after = 0;

    safe_ask(safe, 5);
    assert_ok(safe_take(safe));
    assert_int_equal(safe->report.checkpoint.size, HOME_ENTRIES + 5);
    assert_ok(safe_restore(safe, 0, nothing_known));
    safe_open_restored(safe);
    struct house *house = safe->restored.house;
    assert_int_equal(ledger_size(house->ledger), HOME_ENTRIES + 5);
    assert_true(
        view_equal(ledger_checkpoint(house->ledger), ledger_checkpoint(safe->home->house->ledger)));
    assert_ok(registry_count(safe->home->house->registry, &before));
    assert_ok(registry_count(house->registry, &after));
    assert_int_equal(after, before);
    assert_non_null(directory_business(&house->directory, VIEW_LITERAL("NV-SECRET-KYC")));
    assert_false(ledger_writable(house->ledger));
    struct ask ask = home_ask();
    assert_int_equal(home_serve(&safe->restored, &ask)->code, CODE_LEDGER_UNAVAILABLE);
}

static void an_act_alone_lets_it_sign_and_is_the_first_that_it_signs(void **state)
{
    struct safe *safe = *state;
    char why[256] = "";

    assert_ok(safe_take(safe));
    assert_ok(safe_restore(safe, 0, nothing_known));
    safe_open_restored(safe);
    assert_fault(safe_accept(safe, HOME_ENTRIES + 1, 0, why), FAULT_CONFLICT);
    assert_int_equal(ledger_size(safe->restored.house->ledger), HOME_ENTRIES);
    assert_ok(safe_accept(safe, HOME_ENTRIES, 0, why));
    assert_int_equal(ledger_size(safe->restored.house->ledger), HOME_ENTRIES + 1);
    struct ask ask = home_ask();
    assert_int_equal(home_serve(&safe->restored, &ask)->code, CODE_DISCLOSED);
    assert_fault(safe_accept(safe, HOME_ENTRIES, 0, why), FAULT_CONFLICT);
    home_close_house(&safe->restored); /* it is kept */
    safe_open_restored(safe);
    assert_true(ledger_writable(safe->restored.house->ledger));
}

static void what_is_known_from_later_is_to_be_named(void **state)
{
    struct safe *safe = *state;
    char why[256] = "";
    BUF_AUTO later;

    buf_init(&later, NOTE_BYTES_MAX);
    assert_ok(safe_take(safe));
    safe_ask(safe, 3);
    buf_put_view(&later, ledger_checkpoint(safe->home->house->ledger));
    assert_ok(safe_restore(safe, 1, buf_view(&later)));
    safe_open_restored(safe);
    assert_fault(safe_accept(safe, HOME_ENTRIES, 0, why), FAULT_CONFLICT);
    assert_non_null(strstr(why, "a later checkpoint of this log is known"));
    assert_fault(safe_accept(safe, HOME_ENTRIES, HOME_ENTRIES + 2, why), FAULT_CONFLICT);
    assert_ok(safe_accept(safe, HOME_ENTRIES, HOME_ENTRIES + 3, why));
}

static void a_known_checkpoint_of_another_log_or_another_root_is_refused(void **state)
{
    struct safe *safe = *state;
    struct signer *signer = NULL;
    struct note_key note_key;
    struct checkpoint checkpoint = {.size = HOME_ENTRIES, .root = {{7}}};
    BUF_AUTO other;

    buf_init(&other, NOTE_BYTES_MAX);
    assert_ok(safe_take(safe));
    assert_fault(safe_restore(safe, 0, VIEW_LITERAL("a note")), FAULT_BAD_INPUT);
    assert_ok(note_key_get(buf_view(&safe->home->vkey), &note_key));
    assert_ok(signer_new(&safe->home->keys.sign, &signer));
    assert_ok(checkpoint_sign(&note_key, signer, &checkpoint, &other));
    signer_free(signer);
    assert_fault(safe_restore(safe, 0, buf_view(&other)), FAULT_CONFLICT);
    assert_non_null(strstr(safe->why, "another log"));
}

static void the_next_generation_writes_what_is_new(void **state)
{
    struct safe *safe = *state;

    safe_ask(safe, 40);
    assert_ok(safe_take(safe));
    assert_true(safe->report.blocks_new >= 4);
    assert_ok(safe_take(safe));
    assert_int_equal(safe->report.blocks_new, 0);
    safe_ask(safe, 1);
    assert_ok(safe_take(safe));
    assert_true(safe->report.blocks_new > 0 && safe->report.blocks_new <= 2);
    assert_int_equal(safe->report.generations, 3);
    assert_ok(safe_verify(safe, 0));
}

static void whole_segments_are_taken_once_and_restored_whole(void **state)
{
    struct safe *safe = *state;

    safe_ask(safe, 250);
    assert_ok(safe_take(safe));
    safe_ask(safe, 50);
    assert_ok(safe_take(safe));
    assert_ok(safe_restore(safe, 2, nothing_known));
    safe_open_restored(safe);
    assert_int_equal(ledger_size(safe->restored.house->ledger), HOME_ENTRIES + 300);
    assert_ok(safe_restore(safe, 1, nothing_known));
    home_close_house(&safe->restored);
}

static void papers_jobs_and_old_segments_are_in_it_and_nothing_else_is(void **state)
{
    struct safe *safe = *state;

    safe_ask(safe, 250); /* the second segment is in use; of the first one a rest is kept */
    home_shell(safe->home, "cd home && mkdir -p jobs archive/0f archived derived"
                           " && echo head > jobs/ab.head && echo list > jobs/ab.list"
                           " && echo answers > jobs/ab.answers && echo half > jobs/ab.temporary"
                           " && echo paper > archive/0f/0f12 && echo loose > archive/cd34.loose"
                           " && echo half > archive/cd35.new && echo old > archived/0000000001.seg"
                           " && echo key > archived/0000000001.key && echo half > archived/new"
                           " && echo again > archived/0000000002.seg"
                           " && echo again > archived/0000000002.key"
                           " && rm commit/0000000001.seg commit/0000000001.key"
                           " && echo other > letter.txt && : > archive/0f/0f13"
                           " && echo tail > commit/cut-0000000002-512");
    assert_ok(safe_take(safe));
    assert_ok(safe_restore(safe, 0, nothing_known));
    home_shell(safe->home, "for f in jobs/ab.head jobs/ab.list jobs/ab.answers archive/0f/0f12"
                           " archive/0f/0f13 archive/cd34.loose archived/0000000001.seg"
                           " archived/0000000001.key commit/cut-0000000002-512 origin;"
                           " do cmp home/$f new/$f || exit 1; done;"
                           " test ! -e new/letter.txt -a ! -e new/jobs/ab.temporary -a"
                           " ! -e new/archive/cd35.new -a ! -e new/archived/new -a"
                           " ! -e new/archived/0000000002.seg -a"
                           " ! -e new/archived/0000000002.key"); /* commit/ has the original */
}

static void a_segment_that_is_being_shredded_ends_it_and_the_next_one_goes_on(void **state)
{
    struct safe *safe = *state;

    home_shell(safe->home, "mkdir home/archived && echo rest > home/archived/0000000001.seg"
                           " && cp home/commit/0000000001.key key");
    safe_ask(safe, 250); /* another segment is in use */
    home_shell(safe->home, "head -c 68 /dev/zero > home/commit/0000000001.key");
    assert_fault(safe_take(safe), FAULT_CONFLICT);
    assert_non_null(strstr(safe->why, "begin again"));
    home_shell(safe->home, "cp key home/commit/0000000001.key");
    assert_ok(safe_take(safe));
}

/* Key and list of a key that takes over at an entry. */
static void add_key(struct safe *safe, struct secret *ret_next, uint64_t from,
                    struct note_keys *ret_keys)
{
    struct signer *signer = NULL;
    struct note_key key;
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES];

    memset(ret_next->bytes, 9, sizeof(ret_next->bytes));
    assert_ok(note_keys_get(buf_view(&safe->home->vkey), ret_keys));
    assert_ok(signer_new(ret_next, &signer));
    signer_public(signer, public_key);
    signer_free(signer);
    assert_ok(note_key_make(HOME_ORIGIN, public_key, &key));
    assert_ok(note_keys_add(ret_keys, &key, from));
}

static void of_the_logs_keys_those_are_in_it_that_have_signed(void **state)
{
    struct safe *safe = *state;
    struct secret next;
    struct note_keys keys;
    BUF_AUTO text;

    buf_init(&text, NOTE_KEYS_BYTES_MAX);
    add_key(safe, &next, HOME_ENTRIES, &keys); /* its turn comes with the next entry */
    note_keys_put(&keys, &text);
    assert_ok(disk_replace(disk_system(), safe->home_fd, "signers", "signers.new", DISK_PUBLIC,
                           buf_view(&text), false));
    safe->ledger.sign_next = &next;
    assert_ok(safe_take(safe));
    safe->ledger.sign_next = NULL;
    assert_ok(safe_restore(safe, 0, nothing_known));
    home_shell(safe->home, "test $(wc -l < home/signers) = 2 && test $(wc -l < new/signers) = 1");
    safe_open_restored(safe);
    home_close_house(&safe->restored);
    home_shell(safe->home, "sed 's/ 10$/ 11/' home/signers > new/signers");
    char why[HOUSE_WHY_BYTES] = "";
    safe->restored.keys.sign_next = next;
    safe->restored.keys.has_sign_next = true;
    assert_fault(home_open_house(&safe->restored, why),
                 FAULT_CORRUPT); /* it would sign too early */
    assert_non_null(strstr(why, "has not reached"));
}

static void what_a_later_key_has_signed_is_known_by_the_list_of_keys(void **state)
{
    struct safe *safe = *state;
    struct secret next;
    struct note_keys keys;
    struct checkpoint later = {.size = HOME_ENTRIES + 5, .root = {{3}}};
    struct signer *signer = NULL;
    char why[256] = "";
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    assert_ok(safe_take(safe));
    add_key(safe, &next, HOME_ENTRIES + 2, &keys);
    assert_ok(signer_new(&next, &signer));
    assert_ok(checkpoint_sign(&keys.keys[1], signer, &later, &note));
    signer_free(signer);
    assert_false(outcome_ok(safe_restore(safe, 0, buf_view(&note))));
    safe->known_keys = &keys;
    assert_ok(safe_restore(safe, 0, buf_view(&note)));
    safe_open_restored(safe);
    assert_fault(safe_accept(safe, HOME_ENTRIES, 0, why), FAULT_CONFLICT);
    assert_ok(safe_accept(safe, HOME_ENTRIES, HOME_ENTRIES + 5, why));
}

static void acts_that_office_db_has_lost_are_applied_by_the_restored_home(void **state)
{
    struct safe *safe = *state;
    struct registry_chunk chunk = {0};
    char why[HOUSE_WHY_BYTES] = "";

    home_import(safe->home, 40, 50, &chunk);
    home_close_house(safe->home);
    home_shell(safe->home, "cp home/office.db office.db");
    assert_ok(home_open_house(safe->home, why)); /* records the chunk */
    home_close_house(safe->home);
    home_shell(safe->home, "rm -f home/office.db-* && cp office.db home/office.db");
    assert_ok(safe_take(safe));
    assert_ok(safe_restore(safe, 0, nothing_known));
    safe_open_restored(safe);
    assert_int_equal(ledger_size(safe->restored.house->ledger), HOME_ENTRIES + 1);
    assert_int_equal(office_chunk_last(safe->restored.house->office)->number, chunk.number);
    assert_fault(registry_chunk_pending(safe->restored.house->registry, &chunk), FAULT_NOT_FOUND);
}

static void a_home_that_was_put_back_by_hand_is_read_anew(void **state)
{
    struct safe *safe = *state;
    char why[HOUSE_WHY_BYTES] = "";

    safe_ask(safe, 20);
    home_close_house(safe->home);
    home_shell(safe->home, "cp -a home old");
    assert_ok(home_open_house(safe->home, why));
    safe_ask(safe, 200);
    assert_ok(safe_take(safe));
    home_close_house(safe->home);
    home_shell(safe->home, "rm -rf home/* && cp -a old/. home");
    assert_ok(home_open_house(safe->home, why));
    safe_ask(safe, 250); /* whole segments of the same names, and not the same */
    assert_ok(safe_take(safe));
    assert_ok(safe_restore(safe, 2, nothing_known));
    safe_open_restored(safe); /* it replays all */
    assert_int_equal(ledger_size(safe->restored.house->ledger), HOME_ENTRIES + 270);
}

static void more_generations_than_are_kept_go_with_their_blocks(void **state)
{
    struct safe *safe = *state;

    safe->config.kept = 1;
    safe_ask(safe, 5);
    assert_ok(safe_take(safe));
    safe_ask(safe, 5);
    assert_ok(safe_take(safe));
    assert_int_equal(safe->report.generations, 1);
    assert_fault(safe_verify(safe, 1), FAULT_CORRUPT);
    assert_ok(safe_verify(safe, 2));
    uint64_t blocks = safe->report.blocks;
    char count[128];
    snprintf(count, sizeof(count), "test $(ls safe/[0-9a-f]*/*/* | wc -l) -le %llu",
             (unsigned long long)blocks);
    home_shell(safe->home, count);
}

static void a_chunk_without_its_act_gets_it_in_the_restored_home(void **state)
{
    struct safe *safe = *state;
    struct registry_chunk chunk = {0};
    char why[256] = "";

    home_import(safe->home, 30, 40, &chunk);
    assert_ok(safe_take(safe));
    assert_ok(house_record_chunk(safe->home->house, &chunk, 0));
    assert_ok(safe_restore(safe, 0, nothing_known));
    safe_open_restored(safe);
    assert_ok(registry_chunk_pending(safe->restored.house->registry, &chunk));
    assert_ok(safe_accept(safe, HOME_ENTRIES, 0, why));
    home_close_house(&safe->restored);
    safe_open_restored(safe);
    assert_fault(registry_chunk_pending(safe->restored.house->registry, &chunk), FAULT_NOT_FOUND);
    assert_int_equal(ledger_size(safe->restored.house->ledger), HOME_ENTRIES + 2);
}

static void a_home_that_is_not_empty_or_not_whole_is_none(void **state)
{
    struct safe *safe = *state;
    char why[HOUSE_WHY_BYTES] = "";

    assert_ok(safe_take(safe));
    assert_ok(safe_restore(safe, 0, nothing_known));
    safe_open_restored(safe);
    home_close_house(&safe->restored);
    home_shell(safe->home, "rm new/origin");
    assert_fault(home_open_house(&safe->restored, why), FAULT_NOT_FOUND);
    home_shell(safe->home, "echo > new/restored && echo " HOME_ORIGIN " > new/origin");
    assert_fault(home_open_house(&safe->restored, why), FAULT_CORRUPT);
}

static void another_wrap_key_opens_nothing(void **state)
{
    struct safe *safe = *state;

    assert_ok(safe_take(safe));
    safe->home->keys.wrap.bytes[0] ^= 1;
    assert_fault(safe_take(safe), FAULT_CORRUPT);
    assert_non_null(strstr(safe->why, "not this log's"));
    assert_fault(safe_restore(safe, 0, nothing_known), FAULT_CONFLICT);
    assert_non_null(strstr(safe->why, "another wrap key"));
    assert_fault(safe_verify(safe, 1), FAULT_CORRUPT);
    assert_fault(safe_verify(safe, 0), FAULT_NOT_FOUND);
    safe->home->keys.wrap.bytes[0] ^= 1;
    assert_ok(safe_verify(safe, 0));
}

static void a_folder_of_other_things_or_of_another_log_is_refused(void **state)
{
    struct safe *safe = *state;

    home_shell(safe->home, "echo 1 > safe/letter.txt && echo 1 > safe/lock");
    assert_fault(safe_take(safe), FAULT_CONFLICT);
    home_shell(safe->home, "test -s safe/lock && rm safe/*"); /* as it was */
    assert_ok(safe_take(safe));
    safe->ledger.origin = "localhost/other";
    assert_fault(backup_take(&safe->config, &safe->report, safe->why), FAULT_CONFLICT);
    assert_non_null(strstr(safe->why, "another log"));
    home_shell(safe->home, "mkdir none");
    snprintf(safe->target, sizeof(safe->target), "%s/none", safe->home->folder);
    assert_fault(safe_verify(safe, 0), FAULT_NOT_FOUND);
}

static void a_moment_picks_the_generation_that_is_not_younger(void **state)
{
    struct safe *safe = *state;
    struct note_keys note_keys;
    struct restore_config config = {.backup = safe->config, .note_keys = &note_keys};

    assert_ok(safe_take(safe));
    config.as_of_us = safe->report.time_us - 1;
    assert_ok(note_keys_get(buf_view(&safe->home->vkey), &note_keys));
    home_shell(safe->home, "mkdir early");
    char path[96];
    snprintf(path, sizeof(path), "%s/early", safe->home->folder);
    config.backup.home = path;
    struct ledger_config ledger = safe->ledger;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ledger.home_fd = fd;
    config.backup.ledger = &ledger;
    assert_fault(backup_restore(&config, &safe->report, safe->why), FAULT_NOT_FOUND);
    safe_ask(safe, 2);
    config.as_of_us++;
    assert_ok(safe_take(safe));
    assert_ok(backup_restore(&config, &safe->report, safe->why));
    assert_int_equal(safe->report.generation, 1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_restored_home_holds_what_the_home_held_and_signs_nothing,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(an_act_alone_lets_it_sign_and_is_the_first_that_it_signs,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(what_is_known_from_later_is_to_be_named, safe_setup,
                                        safe_teardown),
        cmocka_unit_test_setup_teardown(
            a_known_checkpoint_of_another_log_or_another_root_is_refused, safe_setup,
            safe_teardown),
        cmocka_unit_test_setup_teardown(the_next_generation_writes_what_is_new, safe_setup,
                                        safe_teardown),
        cmocka_unit_test_setup_teardown(whole_segments_are_taken_once_and_restored_whole,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(papers_jobs_and_old_segments_are_in_it_and_nothing_else_is,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(
            a_segment_that_is_being_shredded_ends_it_and_the_next_one_goes_on, safe_setup,
            safe_teardown),
        cmocka_unit_test_setup_teardown(of_the_logs_keys_those_are_in_it_that_have_signed,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(what_a_later_key_has_signed_is_known_by_the_list_of_keys,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(
            acts_that_office_db_has_lost_are_applied_by_the_restored_home, safe_setup,
            safe_teardown),
        cmocka_unit_test_setup_teardown(a_home_that_was_put_back_by_hand_is_read_anew, safe_setup,
                                        safe_teardown),
        cmocka_unit_test_setup_teardown(more_generations_than_are_kept_go_with_their_blocks,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(a_chunk_without_its_act_gets_it_in_the_restored_home,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(a_home_that_is_not_empty_or_not_whole_is_none, safe_setup,
                                        safe_teardown),
        cmocka_unit_test_setup_teardown(another_wrap_key_opens_nothing, safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(a_folder_of_other_things_or_of_another_log_is_refused,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(a_moment_picks_the_generation_that_is_not_younger,
                                        safe_setup, safe_teardown),
    };
    return cmocka_run_group_tests_name("backup/backup", tests, NULL, NULL);
}
