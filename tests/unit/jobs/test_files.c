/*
 * Lists and answers on disk: lines whatever blocks they lie in, answers that go on behind the last
 * whole block, a disk that is full for a while, and bytes that were changed.
 */
#include "../help.h"

#include "jobs/answers.h"
#include "jobs/pour.h"
#include "jobs/seen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t ID[JOB_ID_BYTES] = {0x1d};

struct place {
    char path[32];
    struct disk_port disk;
    struct job_store store;
    unsigned writes_left; /* until the disk is full; 0: never */
};

static struct outcome full_write(void *context, int fd, uint64_t offset, const void *bytes,
                                 size_t len, size_t *ret_written)
{
    struct place *place = context;
    if (place->writes_left == 1) {
        return outcome_fail(FAULT_NO_SPACE, "full");
    }
    place->writes_left -= place->writes_left > 0 ? 1 : 0;
    return disk_system()->write(disk_system()->context, fd, offset, bytes, len, ret_written);
}

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    struct secret key = {{4, 5, 6}};
    struct random_port random = random_system();
    help_folder(place->path, sizeof(place->path), "jobs");
    place->disk = *disk_system();
    place->disk.write = full_write;
    place->disk.context = place;
    place->store.disk = &place->disk;
    place->store.folder_fd = open(place->path, O_RDONLY | O_DIRECTORY);
    assert_ok(sealer_new(&key, &random, &place->store.sealer));
    *state = place;
    return 0;
}

static int teardown(void **state)
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

static void put_list(struct place *place, const char *const *blocks, unsigned count)
{
    struct blocks list;
    assert_ok(blocks_create(&list, &place->store, ID, JOB_FILE_LIST));
    for (unsigned i = 0; i < count; i++) {
        assert_ok(blocks_append(&list, view_text(blocks[i])));
    }
    assert_ok(blocks_sync(&list));
    blocks_done(&list);
}

static void lines_come_whole_whatever_blocks_they_lie_in(void **state)
{
    static const char *const blocks[] = {"one\nt", "w", "o\n\nfour\n", "five"};
    static const char *const expected[] = {"one", "two", "", "four", "five"};
    struct place *place = *state;
    struct lines lines;
    struct lines_place places[5];
    struct view line = {0};
    put_list(place, blocks, 4);
    assert_ok(lines_open(&lines, &place->store, ID));
    for (unsigned i = 0; i < 5; i++) {
        assert_ok(lines_next(&lines, &line));
        assert_view(line, expected[i]);
        places[i] = lines.place;
    }
    assert_fault(lines_next(&lines, &line), FAULT_NOT_FOUND);
    for (unsigned i = 0; i < 4; i++) { /* from anywhere on */
        lines_seek(&lines, &places[i]);
        assert_ok(lines_next(&lines, &line));
        assert_view(line, expected[i + 1]);
    }
    lines_done(&lines);
}

static void a_line_that_is_too_long_is_cut_and_the_next_one_is_whole(void **state)
{
    struct place *place = *state;
    struct lines lines;
    struct view line = {0};
    char *block = malloc(100001);
    memset(block, 'x', 100000);
    block[100000] = '\0';
    const char *const blocks[] = {block, block, "x\nnext\n"};
    put_list(place, blocks, 3);
    assert_ok(lines_open(&lines, &place->store, ID));
    assert_ok(lines_next(&lines, &line));
    assert_int_equal(line.len, ASK_BODY_BYTES_MAX + 1);
    assert_ok(lines_next(&lines, &line));
    assert_view(line, "next");
    lines_done(&lines);
    free(block);
}

/* A line's answer: a bare code, so that it is short. */
static struct outcome add(struct answers *answers, uint32_t line, struct job_tally *tally)
{
    const struct answer answer = {.code = CODE_INTERNAL, .field_index = ANSWER_FIELD_NONE};
    const struct answers_line row = {.line = line,
                                     .place = {.number = line, .offset = 2 * line, .at = 3},
                                     .kind = line % 10 == 0 ? ANSWER_SAME : ANSWER_BARE,
                                     .answer = &answer,
                                     .same = line - 7};
    return answers_add(answers, &row, tally);
}

static void add_until(struct answers *answers, uint32_t from, uint32_t until,
                      struct job_tally *tally)
{
    for (uint32_t line = from; line <= until; line++) {
        if (answers_full(answers)) {
            assert_ok(answers_flush(answers, false));
        }
        assert_ok(add(answers, line, tally));
    }
}

static void answers_go_on_behind_the_last_whole_block(void **state)
{
    struct place *place = *state;
    struct answers answers;
    struct answers_head head;
    struct job_tally tally = {0};
    char path[JOB_PATH_BYTES];
    assert_ok(answers_open(&answers, &place->store, ID, &head));
    assert_int_equal(head.lines, 0);
    add_until(&answers, 1, 3 * JOB_BLOCK_LINES, &tally);
    assert_ok(answers_flush(&answers, true));
    uint64_t end = answers.blocks.offset;
    answers_done(&answers);
    /* The last block is torn. */
    job_path(ID, JOB_FILE_ANSWERS, path);
    int fd = openat(place->store.folder_fd, path, O_RDWR);
    assert_int_equal(ftruncate(fd, (off_t)end - 5), 0);
    close(fd);
    assert_ok(answers_open(&answers, &place->store, ID, &head));
    assert_int_equal(head.first + head.lines, 2 * JOB_BLOCK_LINES + 1);
    assert_int_equal(head.place.number, 2 * JOB_BLOCK_LINES);
    tally = head.tally;
    assert_int_equal(tally.done, 2 * JOB_BLOCK_LINES);
    add_until(&answers, 2 * JOB_BLOCK_LINES + 1, 4 * JOB_BLOCK_LINES + 9, &tally);
    assert_ok(answers_flush(&answers, true));
    answers_done(&answers);
    assert_ok(answers_open(&answers, &place->store, ID, &head));
    assert_int_equal(head.tally.done, 4 * JOB_BLOCK_LINES + 9);
    answers_done(&answers);
}

static void a_result_is_read_from_any_line_on_and_the_same_line_has_the_same_answer(void **state)
{
    struct place *place = *state;
    struct answers answers;
    struct answers_head head;
    struct job_tally tally = {0};
    struct pour pour;
    struct job job = {.tally = {.done = 199}}; /* it has grown since */
    BUF_AUTO text;
    memcpy(job.id, ID, sizeof(job.id));
    assert_ok(answers_open(&answers, &place->store, ID, &head));
    add_until(&answers, 1, 200, &tally);
    assert_ok(answers_flush(&answers, true));
    answers_done(&answers);
    buf_init(&text, 1u << 20);
    for (uint32_t from = 1; from <= 200; from += 33) {
        char expected[128];
        assert_ok(pour_open(&pour, &place->store, &job, from));
        for (uint32_t line = from; line < 200; line++) {
            buf_reset(&text);
            assert_ok(pour_line(&pour, &text));
            snprintf(expected, sizeof(expected),
                     "{\"line\":%u,\"problem\":{\"type\":\"urn:dancu:problem:internal\","
                     "\"status\":500,\"code\":\"internal\"}}\n",
                     line);
            assert_view(buf_view(&text), expected);
        }
        assert_fault(pour_line(&pour, &text), FAULT_NOT_FOUND);
        pour_done(&pour);
    }
}

static void when_the_disk_is_full_nothing_is_lost_and_it_goes_on_when_there_is_room(void **state)
{
    struct place *place = *state;
    struct answers answers;
    struct answers_head head;
    struct job_tally tally = {0};
    assert_ok(answers_open(&answers, &place->store, ID, &head));
    add_until(&answers, 1, JOB_BLOCK_LINES, &tally);
    place->writes_left = 1;
    for (unsigned i = 0; i < 3; i++) {
        assert_fault(answers_flush(&answers, true), FAULT_NO_SPACE);
        assert_true(answers_full(&answers));
    }
    place->writes_left = 0;
    assert_ok(answers_flush(&answers, true));
    add_until(&answers, JOB_BLOCK_LINES + 1, JOB_BLOCK_LINES + 5, &tally);
    assert_ok(answers_flush(&answers, true));
    answers_done(&answers);
    assert_ok(answers_open(&answers, &place->store, ID, &head));
    assert_int_equal(head.tally.done, JOB_BLOCK_LINES + 5);
    answers_done(&answers);
}

static void a_block_that_was_changed_or_moved_does_not_open(void **state)
{
    static const char *const blocks[] = {"one\n", "two\n"};
    struct place *place = *state;
    struct blocks list;
    char path[JOB_PATH_BYTES];
    uint8_t bytes[256];
    BUF_AUTO text;
    buf_init(&text, JOB_BLOCK_BYTES_MAX);
    put_list(place, blocks, 2);
    job_path(ID, JOB_FILE_LIST, path);
    int fd = openat(place->store.folder_fd, path, O_RDWR);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    assert_int_equal(len, 2 * (4 + 4 + SEAL_OVERHEAD_BYTES));
    /* The second in the first one's place. */
    assert_int_equal(pwrite(fd, bytes + len / 2, (size_t)len / 2, 0), len / 2);
    assert_ok(blocks_open(&list, &place->store, ID, JOB_FILE_LIST, false));
    assert_fault(blocks_read(&list, &text), FAULT_CORRUPT);
    assert_int_equal(pwrite(fd, bytes, (size_t)len / 2, 0), len / 2);
    for (ssize_t at = 0; at < len / 2; at++) {
        uint8_t other = bytes[at] ^ 0x40;
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        struct outcome outcome = blocks_read(&list, &text);
        assert_true(outcome.fault == FAULT_CORRUPT || outcome.fault == FAULT_NOT_FOUND);
        assert_int_equal(pwrite(fd, &bytes[at], 1, at), 1);
    }
    assert_ok(blocks_read(&list, &text));
    assert_view(buf_view(&text), "one\n");
    blocks_done(&list);
    close(fd);
}

static void the_first_of_the_same_lines_is_found(void **state)
{
    struct seen seen;
    char text[16];
    (void)state;
    assert_ok(seen_init(&seen, 5000));
    for (uint32_t line = 1; line <= 5000; line++) {
        snprintf(text, sizeof(text), "%u", line % 4000);
        uint32_t first = line > 4000 ? line - 4000 : line;
        assert_int_equal(seen_add(&seen, view_text(text), line), first);
    }
    seen_done(&seen);
}

#define IN_PLACE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(lines_come_whole_whatever_blocks_they_lie_in),
        IN_PLACE(a_line_that_is_too_long_is_cut_and_the_next_one_is_whole),
        IN_PLACE(answers_go_on_behind_the_last_whole_block),
        IN_PLACE(a_result_is_read_from_any_line_on_and_the_same_line_has_the_same_answer),
        IN_PLACE(when_the_disk_is_full_nothing_is_lost_and_it_goes_on_when_there_is_room),
        IN_PLACE(a_block_that_was_changed_or_moved_does_not_open),
        cmocka_unit_test(the_first_of_the_same_lines_is_found),
    };
    return cmocka_run_group_tests_name("jobs/files", tests, NULL, NULL);
}
