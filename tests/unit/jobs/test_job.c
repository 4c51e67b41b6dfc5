/*
 * A job moves along its table alone, and its head comes back as it was or not at all.
 */
#include "../help.h"

#include "jobs/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const enum job_state table[JOB_STATE_COUNT][JOB_EVENT_COUNT] = {
    /* WHOLE, START, PAUSE, FINISH, STOP, FAIL, AGE, ASK, APPROVE, REFUSE; RECEIVING stands for
     * "refused" */
    {JOB_WAITING, 0, 0, 0, 0, 0, 0, JOB_ASKED},
    {0, JOB_RUNNING, 0, 0, JOB_CANCELLED, JOB_FAILED, JOB_EXPIRED},
    {0, 0, JOB_WAITING, JOB_DONE, JOB_CANCELLED, JOB_FAILED, JOB_EXPIRED},
    {0, 0, 0, 0, JOB_EXPIRED, 0, JOB_EXPIRED},
    {0, 0, 0, 0, JOB_EXPIRED, 0, JOB_EXPIRED},
    {0},
    {0, 0, 0, 0, JOB_EXPIRED, 0, JOB_EXPIRED},
    {0, 0, 0, 0, JOB_CANCELLED, 0, JOB_EXPIRED, 0, JOB_WAITING, JOB_REFUSED},
    {0, 0, 0, 0, JOB_EXPIRED, 0, JOB_EXPIRED},
};

static void a_job_moves_along_its_table_alone(void **state)
{
    (void)state;
    for (enum job_state from = 0; from < JOB_STATE_COUNT; from++) {
        for (enum job_event event = 0; event < JOB_EVENT_COUNT; event++) {
            struct job job = {.state = from};
            bool moves = table[from][event] != JOB_RECEIVING;
            assert_int_equal(job_move(&job, event), moves);
            assert_int_equal(job.state, moves ? table[from][event] : from);
        }
    }
}

struct place {
    char path[32];
    struct job_store store;
};

static int place_setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    struct secret key = {{1, 2, 3}};
    struct random_port random = random_system();
    help_folder(place->path, sizeof(place->path), "jobs");
    place->store.disk = disk_system();
    place->store.folder_fd = open(place->path, O_RDONLY | O_DIRECTORY);
    assert_ok(sealer_new(&key, &random, &place->store.sealer));
    *state = place;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *place = *state;
    char command[64];
    sealer_free(place->store.sealer);
    close(place->store.folder_fd);
    snprintf(command, sizeof(command), "rm -rf %s", place->path);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static struct job a_job(void)
{
    struct job job = {.used = true,
                      .state = JOB_DONE,
                      .id = {7},
                      .spki = {8},
                      .service = SERVICE_CITIZEN_VERIFY,
                      .body = {10},
                      .created_us = 11,
                      .until_us = 12,
                      .lines = 13,
                      .blocks = 14,
                      .tally = {15, 16, 17},
                      .history = {2, {JOB_WAITING, JOB_DONE}, {18, 19}}};
    job_code_set(&job.key, VIEW_LITERAL("YC-\"1"));
    job_code_set(&job.account, VIEW_LITERAL("telco"));
    job_code_set(&job.business, VIEW_LITERAL("NV-1"));
    return job;
}

static void a_head_comes_back_as_it_was(void **state)
{
    struct place *place = *state;
    struct job job = a_job();
    struct job got;
    assert_ok(job_save(&place->store, &job));
    assert_ok(job_load(&place->store, job.id, &got));
    assert_memory_equal(&got, &job, sizeof(job));
}

static void its_history_has_each_state_once_and_its_key_is_written_as_text(void **state)
{
    struct job job = a_job();
    BUF_AUTO json;
    (void)state;
    job_note(&job, 20); /* it is done already */
    job.state = JOB_EXPIRED;
    job_note(&job, 21 * (int64_t)US_PER_S);
    assert_int_equal(job.history.count, 3);
    buf_init(&json, 4096);
    job_put_json(&job, &json);
    buf_put_u8(&json, 0);
    assert_non_null(strstr((const char *)json.data,
                           "\"history\":[{\"at\":\"1970-01-01T00:00:00Z\",\"state\":\"waiting\"},"
                           "{\"at\":\"1970-01-01T00:00:00Z\",\"state\":\"done\"},"
                           "{\"at\":\"1970-01-01T00:00:21Z\",\"state\":\"expired\"}]"));
    assert_non_null(strstr((const char *)json.data, "\"idempotency_key\":\"YC-\\\"1\""));
}

static void a_head_that_was_changed_cut_or_moved_is_damage(void **state)
{
    struct place *place = *state;
    struct job job = a_job();
    struct job got;
    char path[JOB_PATH_BYTES];
    uint8_t bytes[4096];
    assert_ok(job_save(&place->store, &job));
    job_path(job.id, JOB_FILE_HEAD, path);
    int fd = openat(place->store.folder_fd, path, O_RDWR);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    assert_true(len > 0);
    for (ssize_t at = 0; at < len; at += 7) {
        uint8_t other = bytes[at] ^ 1;
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        assert_fault(job_load(&place->store, job.id, &got), FAULT_CORRUPT);
        assert_int_equal(pwrite(fd, &bytes[at], 1, at), 1);
    }
    assert_ok(job_load(&place->store, job.id, &got));
    uint8_t other[JOB_ID_BYTES] = {1};
    char moved[JOB_PATH_BYTES];
    job_path(other, JOB_FILE_HEAD, moved);
    assert_int_equal(linkat(place->store.folder_fd, path, place->store.folder_fd, moved, 0), 0);
    assert_fault(job_load(&place->store, other, &got), FAULT_CORRUPT);
    assert_int_equal(ftruncate(fd, len - 1), 0);
    assert_fault(job_load(&place->store, job.id, &got), FAULT_CORRUPT);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_moves_along_its_table_alone),
        cmocka_unit_test(its_history_has_each_state_once_and_its_key_is_written_as_text),
        cmocka_unit_test_setup_teardown(a_head_comes_back_as_it_was, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(a_head_that_was_changed_cut_or_moved_is_damage, place_setup,
                                        place_teardown),
    };
    return cmocka_run_group_tests_name("jobs/job", tests, NULL, NULL);
}
