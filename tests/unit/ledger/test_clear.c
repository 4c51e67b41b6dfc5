/* What a size implies stays in the public folder, and everything else that a crash can have left,
 * or somebody else, goes. */
#include "logbook.h"

#include "ledger/private.h"

struct public_folder {
    struct logbook book;
    struct context context;
};

static void folder_make(struct public_folder *folder)
{
    logbook_init(&folder->book);
    assert_ok(context_init(&folder->context, &folder->book.config));
    assert_int_equal(mkdirat(folder->book.home_fd, "ledger", 0755), 0);
    assert_int_equal(mkdirat(folder->book.home_fd, "ledger/tile", 0755), 0);
}

static void folder_done(struct public_folder *folder)
{
    context_done(&folder->context);
    logbook_done(&folder->book);
}

/* A file below ledger/tile, and the folders on its way. */
static void put(const struct public_folder *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "ledger/tile/%s", name);
    for (char *slash = strchr(path + strlen("ledger/tile/"), '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdirat(folder->book.home_fd, path, 0755);
        *slash = '/';
    }
    int fd = openat(folder->book.home_fd, path, O_CREAT | O_WRONLY, 0644);
    assert_true(fd >= 0);
    close(fd);
}

static bool has(const struct public_folder *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "ledger/tile/%s", name);
    return logbook_has(&folder->book, path);
}

/* Puts all of them, clears for the size, and looks which are left. */
static void assert_cleared(uint64_t size, const char *const *kept, const char *const *gone)
{
    struct public_folder folder;
    folder_make(&folder);
    for (size_t i = 0; kept[i] != NULL; i++) {
        put(&folder, kept[i]);
    }
    for (size_t i = 0; gone[i] != NULL; i++) {
        put(&folder, gone[i]);
    }
    assert_ok(publish_clear(&folder.context, size));
    for (size_t i = 0; kept[i] != NULL; i++) {
        if (!has(&folder, kept[i])) {
            fail_msg("%s is gone at size %llu", kept[i], (unsigned long long)size);
        }
    }
    for (size_t i = 0; gone[i] != NULL; i++) {
        if (has(&folder, gone[i])) {
            fail_msg("%s is left at size %llu", gone[i], (unsigned long long)size);
        }
    }
    folder_done(&folder);
}

/* 1001 full tiles and 5 leaves: numbers of two groups. */
static void what_a_size_implies_stays_and_all_else_goes(void **state)
{
    static const char *const kept[] = {
        "0/000",        "0/999", "0/x001/000",  "0/x001/001.p/5", "entries/x001/001.p/5",
        "entries/x000", "1/002", "1/003.p/233", "2/000.p/3",      NULL,
    };
    static const char *const gone[] = {
        "0/x001/001", "0/x001/001.p/4", "0/x001/001.p/50", "0/x001/002",
        "0/x002/000", "0/001.p/7",      "0/abcd",          "0/xab1/000",
        "0/x/000",    "0/ab1",          "0/ab1.p/1",       "0/000.q/1",
        "0/7",        "0/0000000",      "1/003",           "1/004.p/1",
        "1/x001/000", "2/000",          "3/000.p/1",       "3/000",
        "0/x001/x",   "0/x001/-01",     "0/x001/x001/000", "0/x001/001.p/x/y",
        NULL,
    };
    (void)state;
    assert_cleared(256 * 1001 + 5, kept, gone);
}

/* An edge that begins with the next leaf has neither a folder nor a partial tile yet. */
static void where_the_edge_is_empty_it_has_no_folder(void **state)
{
    static const char *const kept[] = {"0/000", "0/999", "entries/999", "1/002", NULL};
    static const char *const gone[] = {
        "0/x001/000", "0/x001/000.p/1", "entries/x001/000.p/1", "1/003", NULL,
    };
    static const char *const begun[] = {"0/999", "0/x001/000.p/5", "1/003.p/232", NULL};
    static const char *const none[] = {NULL};
    static const char *const partial[] = {"0/000.p/1", "entries/000.p/3", "1/000.p/1", NULL};
    (void)state;
    assert_cleared(256 * 1000, kept, gone);
    assert_cleared(256 * 1000 + 5, begun, gone + 3);
    assert_cleared(0, none, partial);
}

/* Nobody's crash leaves that: it is told instead of gone after. */
static void folders_deeper_than_any_of_ours_are_a_failure(void **state)
{
    struct public_folder folder;
    (void)state;
    folder_make(&folder);
    put(&folder, "0/stray/1/2/3/4/5/6/7/8/9/10");
    assert_false(outcome_ok(publish_clear(&folder.context, 5)));
    folder_done(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_size_implies_stays_and_all_else_goes),
        cmocka_unit_test(where_the_edge_is_empty_it_has_no_folder),
        cmocka_unit_test(folders_deeper_than_any_of_ours_are_a_failure),
    };
    return cmocka_run_group_tests_name("ledger/clear", tests, NULL, NULL);
}
