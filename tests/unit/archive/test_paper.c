/*
 * Papers on disk: what was written comes back, whatever is changed in a file is found, a step that
 * fails leaves nothing that is taken for a paper, and the scrub tells what is bad and nothing else.
 */
#include "../help.h"

#include "archive/private.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CODE VIEW_LITERAL("C06-2026-000001")

/* A disk whose nth call of a kind fails. */
enum call { CALL_OPEN, CALL_WRITE, CALL_SYNC, CALL_RENAME, CALL_UNLINK, CALL_MKDIR, CALL_COUNT };

struct place {
    char path[32];
    struct disk_port disk;
    struct archive archive;
    enum call kind;
    unsigned left; /* until it fails; 0: never */
};

static bool fails(struct place *place, enum call kind)
{
    return place->kind == kind && place->left > 0 && --place->left == 0;
}

#define FULL outcome_fail(FAULT_NO_SPACE, "full")
#define SYSTEM(call, ...) disk_system()->call(disk_system()->context, __VA_ARGS__)

static struct outcome open_(void *context, int dir_fd, const char *path, enum disk_open how,
                            enum disk_audience audience, int *ret_fd)
{
    return fails(context, CALL_OPEN) ? FULL : SYSTEM(open, dir_fd, path, how, audience, ret_fd);
}

static struct outcome write_(void *context, int fd, uint64_t offset, const void *bytes, size_t len,
                             size_t *ret_written)
{
    return fails(context, CALL_WRITE) ? FULL : SYSTEM(write, fd, offset, bytes, len, ret_written);
}

static struct outcome sync_(void *context, int fd, bool data_only)
{
    return fails(context, CALL_SYNC) ? FULL : SYSTEM(sync, fd, data_only);
}

static struct outcome rename_(void *context, int dir_fd, const char *from, const char *to)
{
    return fails(context, CALL_RENAME) ? FULL : SYSTEM(rename, dir_fd, from, to);
}

static struct outcome unlink_(void *context, int dir_fd, const char *path, bool folder)
{
    return fails(context, CALL_UNLINK) ? FULL : SYSTEM(unlink, dir_fd, path, folder);
}

static struct outcome mkdir_(void *context, int dir_fd, const char *path,
                             enum disk_audience audience)
{
    return fails(context, CALL_MKDIR) ? FULL : SYSTEM(mkdir, dir_fd, path, audience);
}

static const struct secret WRAP = {{7, 7, 7}};

static void open_archive(struct place *place)
{
    struct archive *archive = &place->archive;
    struct secret key = {{0}};
    memset(archive, 0, sizeof(*archive));
    archive->clock = clock_system();
    archive->random = random_system();
    assert_ok(shelf_key(&WRAP, &key));
    int fd = open(place->path, O_RDONLY | O_DIRECTORY);
    assert_ok(shelf_open(&archive->shelf, &place->disk, fd, &key, &archive->random));
    assert_ok(loose_load(archive));
}

static void close_archive(struct place *place)
{
    close(place->archive.shelf.folder_fd);
    shelf_close(&place->archive.shelf);
}

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    help_folder(place->path, sizeof(place->path), "archive");
    place->disk = *disk_system();
    place->disk.context = place;
    place->disk.open = open_;
    place->disk.write = write_;
    place->disk.sync = sync_;
    place->disk.rename = rename_;
    place->disk.unlink = unlink_;
    place->disk.mkdir = mkdir_;
    open_archive(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    char command[64];
    close_archive(place);
    snprintf(command, sizeof(command), "rm -rf %s", place->path);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static void fail_at(struct place *place, enum call kind, unsigned nth)
{
    place->kind = kind;
    place->left = nth;
}

/* ---- putting ---- */

static struct paper paper_of(struct view bytes, int64_t put_us)
{
    struct paper paper = {
        .type = FILE_TYPE_PNG, .bytes = (uint32_t)bytes.len, .put_us = put_us, .facts_len = 2};
    assert_true(paper_code_set(&paper.code, CODE));
    memcpy(paper.facts, "{}", 2);
    seal_sha256(bytes, paper.hash);
    return paper;
}

static struct outcome put_at(struct place *place, struct view bytes, int64_t put_us, bool *ret_made)
{
    struct archive *archive = &place->archive;
    struct paper_file file = {.fd = DISK_CLOSED};
    const struct paper paper = paper_of(bytes, put_us);
    struct outcome outcome = paper_create(&file, &archive->shelf, &archive->random);
    for (size_t at = 0; outcome_ok(outcome) && at < bytes.len; at += ARCHIVE_BLOCK_BYTES) {
        size_t left = bytes.len - at;
        outcome = paper_append(
            &file, view_part(bytes, at, left < ARCHIVE_BLOCK_BYTES ? left : ARCHIVE_BLOCK_BYTES));
    }
    if (outcome_ok(outcome)) {
        outcome = paper_finish(&file, &paper);
    }
    if (outcome_ok(outcome)) {
        outcome = loose_add(archive, &file, &paper, false, ret_made);
    }
    paper_close(&file);
    return outcome;
}

static struct outcome put(struct place *place, struct view bytes, bool *ret_made)
{
    return put_at(place, bytes, 5, ret_made);
}

static struct view bytes_of(size_t len)
{
    static uint8_t bytes[3 * ARCHIVE_BLOCK_BYTES];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    return view_of(bytes, len);
}

static void name_of(struct place *place, struct view bytes, enum paper_place where,
                    char ret_name[PAPER_NAME_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(bytes, hash);
    paper_name(&place->archive.shelf, CODE, hash, where, ret_name);
}

/* What stands under that name is the paper. */
static void assert_is(struct place *place, struct view bytes, enum paper_place where)
{
    struct paper_file file;
    struct paper paper;
    char name[PAPER_NAME_BYTES];
    struct buf all;
    buf_init(&all, 4u << 20);
    name_of(place, bytes, where, name);
    assert_ok(paper_open(&file, &place->archive.shelf, name, &paper));
    assert_int_equal(paper.bytes, bytes.len);
    assert_int_equal(paper.type, FILE_TYPE_PNG);
    assert_int_equal(paper.put_us, 5);
    assert_true(view_equal(paper_code_view(&paper.code), CODE));
    assert_true(view_is(view_of(paper.facts, paper.facts_len), "{}"));
    while (all.len < paper.bytes) {
        assert_ok(paper_read(&file, &all));
    }
    assert_true(view_equal(buf_view(&all), bytes));
    assert_fault(paper_read(&file, &all), FAULT_NOT_FOUND);
    paper_close(&file);
    buf_done(&all);
}

static void attach(struct place *place, struct view bytes)
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(bytes, hash);
    loose_attach(&place->archive, CODE, hash);
}

static struct loose *find(struct place *place, struct view bytes)
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(bytes, hash);
    return loose_find(&place->archive, CODE, hash);
}

static unsigned count_files(struct place *place, const char *ending)
{
    unsigned count = 0;
    DIR *folder = opendir(place->path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        size_t len = strlen(entry->d_name);
        size_t want = strlen(ending);
        count += len > want && strcmp(entry->d_name + len - want, ending) == 0 ? 1 : 0;
    }
    closedir(folder);
    return count;
}

static void what_is_put_comes_back_loose_kept_and_after_a_start(void **state)
{
    static const size_t lens[] = {1, ARCHIVE_BLOCK_BYTES - 1, ARCHIVE_BLOCK_BYTES,
                                  ARCHIVE_BLOCK_BYTES + 1, 2 * ARCHIVE_BLOCK_BYTES};
    struct place *place = *state;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        bool made = false;
        assert_ok(put(place, bytes_of(lens[i]), &made));
        assert_true(made);
        assert_is(place, bytes_of(lens[i]), PAPER_LOOSE);
        close_archive(place);
        open_archive(place);
        assert_non_null(find(place, bytes_of(lens[i])));
        attach(place, bytes_of(lens[i]));
        assert_null(find(place, bytes_of(lens[i])));
        assert_is(place, bytes_of(lens[i]), PAPER_KEPT);
        close_archive(place);
        open_archive(place);
        assert_null(find(place, bytes_of(lens[i])));
    }
}

static void the_same_bytes_twice_are_one_paper(void **state)
{
    struct place *place = *state;
    bool made = true;
    assert_ok(put(place, bytes_of(9), &made));
    assert_ok(put(place, bytes_of(9), &made));
    assert_false(made);
    assert_int_equal(count_files(place, ".loose"), 1);
    attach(place, bytes_of(9));
    made = true;
    assert_ok(put(place, bytes_of(9), &made));
    assert_false(made);
    assert_int_equal(count_files(place, ".loose"), 0);
    assert_int_equal(count_files(place, ".new"), 0);
    assert_is(place, bytes_of(9), PAPER_KEPT);
}

static void only_what_is_loose_is_removed(void **state)
{
    struct place *place = *state;
    uint8_t hash[SEAL_HASH_BYTES];
    bool made = false;
    seal_sha256(bytes_of(9), hash);
    assert_ok(put(place, bytes_of(9), &made));
    loose_remove(&place->archive, VIEW_LITERAL("OTHER"), hash, 5);
    assert_non_null(find(place, bytes_of(9)));
    loose_remove(&place->archive, CODE, hash, 5);
    assert_null(find(place, bytes_of(9)));
    assert_int_equal(count_files(place, ".loose"), 0);
    assert_ok(put(place, bytes_of(9), &made));
    attach(place, bytes_of(9));
    loose_remove(&place->archive, CODE, hash, 5);
    assert_is(place, bytes_of(9), PAPER_KEPT);
}

/* The core decides by what it was told: until it is heard, the desk may have brought it again. */
static void what_was_handed_in_again_is_not_removed_for_what_it_was_before(void **state)
{
    struct place *place = *state;
    uint8_t hash[SEAL_HASH_BYTES];
    bool made = false;
    seal_sha256(bytes_of(9), hash);
    assert_ok(put_at(place, bytes_of(9), 4, &made));
    assert_ok(put(place, bytes_of(9), &made));
    loose_remove(&place->archive, CODE, hash, 4);
    assert_non_null(find(place, bytes_of(9)));
    assert_is(place, bytes_of(9), PAPER_LOOSE);
    loose_remove(&place->archive, CODE, hash, 5);
    assert_null(find(place, bytes_of(9)));
}

/* What is logged by an order to attach. */
static void attach_hearing(struct place *place, struct view bytes, char ret_said[256])
{
    int file = memfd_create("said", MFD_CLOEXEC);
    int saved = dup(STDERR_FILENO);
    assert_true(file >= 0 && saved >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    attach(place, bytes);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    ssize_t len = pread(file, ret_said, 255, 0);
    assert_true(len >= 0);
    ret_said[len] = '\0';
    close(saved);
    close(file);
}

static void what_is_to_be_attached_and_is_nowhere_is_an_error(void **state)
{
    struct place *place = *state;
    char said[256];
    bool made = false;
    assert_ok(put(place, bytes_of(9), &made));
    attach_hearing(place, bytes_of(9), said);
    assert_string_equal(said, "");
    attach_hearing(place, bytes_of(9), said); /* once more: it is there */
    assert_string_equal(said, "");
    attach_hearing(place, bytes_of(8), said);
    assert_non_null(strstr(said, " error "));
    assert_non_null(strstr(said, " paper-missing "));
    fail_at(place, CALL_OPEN, 1);
    attach_hearing(place, bytes_of(9), said);
    assert_non_null(strstr(said, " error "));
    assert_non_null(strstr(said, " paper-not-attached "));
}

/* Each call of each kind fails once: there is no paper then, or a whole one, and the next start and
 * the next try make it good. */
static void a_disk_that_fails_at_any_step_leaves_no_half_paper(void **state)
{
    struct place *place = *state;
    for (enum call kind = 0; kind < CALL_COUNT; kind++) {
        for (unsigned nth = 1; nth < 20; nth++) {
            struct view bytes = bytes_of(ARCHIVE_BLOCK_BYTES + nth + 20 * (size_t)kind);
            bool made = false;
            fail_at(place, kind, nth);
            struct outcome outcome = put(place, bytes, &made);
            if (outcome_ok(outcome)) {
                attach(place, bytes);
            }
            bool failed = place->left == 0;
            place->left = 0;
            close_archive(place);
            open_archive(place);
            assert_int_equal(count_files(place, ".new"), 0);
            assert_ok(put(place, bytes, &made));
            attach(place, bytes);
            assert_is(place, bytes, PAPER_KEPT);
            if (!failed) {
                break;
            }
            assert_true(nth < 19);
        }
    }
}

static void what_cannot_be_attached_or_removed_stays_loose(void **state)
{
    struct place *place = *state;
    uint8_t hash[SEAL_HASH_BYTES];
    bool made = false;
    seal_sha256(bytes_of(9), hash);
    assert_ok(put(place, bytes_of(9), &made));
    fail_at(place, CALL_MKDIR, 1);
    attach(place, bytes_of(9));
    assert_non_null(find(place, bytes_of(9)));
    fail_at(place, CALL_UNLINK, 1);
    loose_remove(&place->archive, CODE, hash, 5);
    assert_non_null(find(place, bytes_of(9)));
    attach(place, bytes_of(9));
    assert_null(find(place, bytes_of(9)));
}

static void what_is_loose_has_ceilings(void **state)
{
    struct place *place = *state;
    struct archive *archive = &place->archive;
    char code[32];
    for (unsigned i = 0; i < ARCHIVE_LOOSE_OF_CASE_MAX; i++) {
        assert_ok(loose_room(archive, CODE, false));
        archive->loose[i] = (struct loose){.used = true, .paper = {.bytes = 1}};
        assert_true(paper_code_set(&archive->loose[i].paper.code, CODE));
    }
    assert_fault(loose_room(archive, CODE, false), FAULT_OVER_LIMIT);
    assert_ok(loose_room(archive, VIEW_LITERAL("OTHER"), false));
    for (unsigned i = ARCHIVE_LOOSE_OF_CASE_MAX; i < ARCHIVE_LOOSE_OF_DESK_MAX; i++) {
        archive->loose[i] = (struct loose){.used = true, .paper = {.bytes = 1}};
        snprintf(code, sizeof(code), "N-%u", i);
        assert_true(paper_code_set(&archive->loose[i].paper.code, view_text(code)));
    }
    assert_fault(loose_room(archive, VIEW_LITERAL("OTHER"), false), FAULT_OVER_LIMIT);
    assert_ok(loose_room(archive, CODE, true)); /* letters have their own */
    for (unsigned i = ARCHIVE_LOOSE_OF_DESK_MAX; i < ARCHIVE_LOOSE_MAX; i++) {
        archive->loose[i] = (struct loose){.used = true, .letter = true};
    }
    assert_fault(loose_room(archive, CODE, true), FAULT_OVER_LIMIT);
    memset(archive->loose, 0, sizeof(archive->loose));
    for (unsigned i = 0; i < ARCHIVE_LOOSE_BYTES_MAX / DOCUMENT_BYTES_MAX + 1; i++) {
        archive->loose[i] = (struct loose){.used = true, .paper = {.bytes = DOCUMENT_BYTES_MAX}};
    }
    assert_fault(loose_room(archive, CODE, false), FAULT_OVER_LIMIT);
}

/* ---- the scrub ---- */

struct found {
    unsigned count;
    char file[64];
};

static void take_found(void *context, const char *file, const char *what)
{
    struct found *found = context;
    (void)what;
    found->count++;
    snprintf(found->file, sizeof(found->file), "%s", file);
}

static void take_step(void *context, uint32_t ppm, uint64_t looked)
{
    (void)context;
    (void)looked;
    assert_true(ppm <= 1000000);
}

static struct found scrub(struct place *place)
{
    struct found found = {.count = 0};
    const struct archive_watch watch = {&found, take_found, take_step};
    uint64_t looked = 0;
    assert_ok(archive_scrub(disk_system(), place->archive.shelf.folder_fd, &WRAP, &watch, &looked));
    return found;
}

static void flip(struct place *place, const char *name, off_t at)
{
    char path[128];
    uint8_t byte = 0;
    snprintf(path, sizeof(path), "%s/%s", place->path, name);
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void the_scrub_tells_every_byte_that_was_changed(void **state)
{
    struct place *place = *state;
    bool made = false;
    char name[PAPER_NAME_BYTES];
    char path[128];
    struct view bytes = bytes_of(ARCHIVE_BLOCK_BYTES + 100);
    assert_ok(put(place, bytes, &made));
    assert_ok(put(place, bytes_of(5), &made));
    attach(place, bytes);
    assert_int_equal(scrub(place).count, 0);
    name_of(place, bytes, PAPER_KEPT, name);
    snprintf(path, sizeof(path), "%s/%s", place->path, name);
    int fd = open(path, O_RDONLY);
    off_t size = lseek(fd, 0, SEEK_END);
    close(fd);
    for (off_t at = 0; at < size; at += at < 2000 || at > size - 200 ? 37 : 9001) {
        flip(place, name, at);
        struct found found = scrub(place);
        assert_int_equal(found.count, 1);
        assert_string_equal(found.file, name);
        flip(place, name, at);
    }
    assert_int_equal(scrub(place).count, 0);
    assert_int_equal(truncate(path, size - 1), 0);
    assert_int_equal(scrub(place).count, 1);
    assert_int_equal(truncate(path, ARCHIVE_BLOCK_BYTES), 0);
    assert_int_equal(scrub(place).count, 1);
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(scrub(place).count, 1);
}

static void the_scrub_tells_what_stands_under_another_name_or_is_none(void **state)
{
    struct place *place = *state;
    char command[256];
    char one[PAPER_NAME_BYTES];
    char two[PAPER_NAME_BYTES];
    bool made = false;
    assert_ok(put(place, bytes_of(9), &made));
    assert_ok(put(place, bytes_of(8), &made));
    name_of(place, bytes_of(9), PAPER_LOOSE, one);
    name_of(place, bytes_of(8), PAPER_LOOSE, two);
    snprintf(command, sizeof(command), "cp %s/%s %s/%s", place->path, one, place->path, two);
    assert_int_equal(system(command), 0);
    assert_int_equal(scrub(place).count, 1);
    close_archive(place);
    open_archive(place); /* it is nobody's, and stays where it is */
    assert_null(find(place, bytes_of(8)));
    assert_int_equal(count_files(place, ".loose"), 2);
    snprintf(command, sizeof(command), "mkdir -p %s/00 && touch %s/00/strange", place->path,
             place->path);
    assert_int_equal(system(command), 0);
    assert_int_equal(scrub(place).count, 2);
}

static void an_archive_without_memory_says_so(void **state)
{
    struct place *place = *state;
    struct found found = {.count = 0};
    const struct archive_watch watch = {&found, take_found, take_step};
    uint64_t looked = 0;
    bool made = false;
    assert_ok(put(place, bytes_of(9), &made));
    for (uint64_t nth = 1; nth < 1000; nth++) {
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome =
            archive_scrub(disk_system(), place->archive.shelf.folder_fd, &WRAP, &watch, &looked);
        memory_fail_at(0);
        if (memory_count() - before < nth) {
            assert_ok(outcome);
            break;
        }
        assert_fault(outcome, FAULT_NO_MEMORY);
    }
    assert_int_equal(found.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_is_put_comes_back_loose_kept_and_after_a_start),
        TEST(the_same_bytes_twice_are_one_paper),
        TEST(only_what_is_loose_is_removed),
        TEST(what_was_handed_in_again_is_not_removed_for_what_it_was_before),
        TEST(what_is_to_be_attached_and_is_nowhere_is_an_error),
        TEST(a_disk_that_fails_at_any_step_leaves_no_half_paper),
        TEST(what_cannot_be_attached_or_removed_stays_loose),
        TEST(what_is_loose_has_ceilings),
        TEST(the_scrub_tells_every_byte_that_was_changed),
        TEST(the_scrub_tells_what_stands_under_another_name_or_is_none),
        TEST(an_archive_without_memory_says_so),
    };
    return cmocka_run_group_tests_name("archive/paper", tests, NULL, NULL);
}
