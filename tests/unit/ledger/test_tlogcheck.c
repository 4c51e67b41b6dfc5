/* An auditor that shares no code with us accepts our logs and receipts, and refuses them with a
 * byte flipped. Needs ../shared/tools/tlogcheck beside the tree and Debian's Go. */
#include "logbook.h"

#include "ledger/private.h"

#define TOOL_SOURCE SOURCE_DIR "/../shared/tools/tlogcheck"

struct tool {
    char folder[64];
    char path[128];
    bool there;
};

static int run(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int build(void **state)
{
    static struct tool tool;
    char command[1024];
    *state = &tool;
    if (access(TOOL_SOURCE "/main.go", R_OK) != 0 || run("command -v go >/dev/null 2>&1") != 0) {
        return 0;
    }
    snprintf(tool.folder, sizeof(tool.folder), "/tmp/dancu-tlogcheck-XXXXXX");
    if (mkdtemp(tool.folder) == NULL) {
        return 1;
    }
    snprintf(tool.path, sizeof(tool.path), "%s/tlogcheck", tool.folder);
    snprintf(command, sizeof(command),
             "cd '" TOOL_SOURCE "' && env -u ASAN_OPTIONS GO111MODULE=off GOPATH=/usr/share/gocode "
             "GOFLAGS= GOCACHE=${GOCACHE:-%s/cache} go build -o %s . >%s/build.log 2>&1",
             tool.folder, tool.path, tool.folder);
    tool.there = run(command) == 0;
    return 0;
}

static int clear(void **state)
{
    const struct tool *tool = *state;
    char command[256];
    if (tool->folder[0] == '\0') {
        return 0;
    }
    snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", tool->folder, tool->folder);
    return run(command);
}

static const struct tool *need_tool(void **state)
{
    const struct tool *tool = *state;
    if (!tool->there) {
        print_message("# no ../shared/tools/tlogcheck, or no Go with golang.org/x/mod: skipped\n");
        skip();
    }
    return tool;
}

/* Exit status of the auditor over the public folder. */
static int audit(const struct tool *tool, const struct logbook *book, const char *more)
{
    char command[1024];
    BUF_AUTO vkey;
    buf_init(&vkey, 200);
    logbook_vkey(book, &vkey);
    snprintf(command, sizeof(command), "%s -dir %s/ledger -vkey '%.*s' %s >%s/said 2>&1",
             tool->path, book->path, (int)vkey.len, (const char *)vkey.data, more, tool->folder);
    return run(command);
}

static void assert_accepted(const struct tool *tool, const struct logbook *book, const char *more)
{
    if (audit(tool, book, more) != 0) {
        char command[128];
        snprintf(command, sizeof(command), "sed 's/^/# /' %s/said", tool->folder);
        (void)run(command);
        fail_msg("refused");
    }
}

static void logs_of_every_size_that_matters_are_accepted_strictly(void **state)
{
    static const uint64_t sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513};
    const struct tool *tool = need_tool(state);
    struct logbook book;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        logbook_create(&book);
        logbook_grow(&book, sizes[i], 23);
        logbook_publish(&book);
        assert_accepted(tool, &book, "-strict");
        logbook_close(&book);
        assert_accepted(tool, &book, "-strict");
        logbook_done(&book);
    }
}

static void a_log_that_grows_past_65536_is_accepted_at_each_step(void **state)
{
    static const uint64_t sizes[] = {65535, 65536, 65537, 66000};
    const struct tool *tool = need_tool(state);
    struct logbook book;
    logbook_create_sized(&book, 4u << 20);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char more[128];
        char command[256];
        logbook_grow(&book, sizes[i], 256);
        logbook_publish(&book);
        snprintf(more, sizeof(more), "-strict %s%s%s", i > 0 ? "-old " : "",
                 i > 0 ? tool->folder : "", i > 0 ? "/checkpoint" : "");
        assert_accepted(tool, &book, more);
        snprintf(command, sizeof(command), "cp %s/ledger/checkpoint %s/checkpoint", book.path,
                 tool->folder);
        assert_int_equal(run(command), 0);
    }
    logbook_done(&book);
}

static void write_receipt(const struct tool *tool, struct logbook *book, uint64_t index)
{
    char name[128];
    char entry[512];
    BUF_AUTO path;
    BUF_AUTO proof;
    buf_init(&path, 4096);
    buf_init(&proof, 8192);
    assert_ok(ledger_prove(book->ledger, index, &path));
    proof_put(&proof, index, buf_view(&path), ledger_checkpoint(book->ledger));
    snprintf(name, sizeof(name), "%s/proof", tool->folder);
    FILE *file = fopen(name, "w");
    assert_int_equal(fwrite(proof.data, 1, proof.len, file), proof.len);
    fclose(file);
    snprintf(name, sizeof(name), "%s/entry", tool->folder);
    file = fopen(name, "w");
    size_t len = logbook_entry(index, entry);
    assert_int_equal(fwrite(entry, 1, len, file), len);
    fclose(file);
}

static void receipts_are_accepted_alone_and_against_the_later_log(void **state)
{
    const struct tool *tool = need_tool(state);
    struct logbook book;
    char more[128];
    char command[1024];
    BUF_AUTO vkey;
    logbook_create(&book);
    buf_init(&vkey, 200);
    logbook_vkey(&book, &vkey);
    for (unsigned round = 0; round < 12; round++) {
        logbook_commit(&book, 1 + round * 5 % 23);
        write_receipt(tool, &book, ledger_size(book.ledger) - 1 - round % 2 * (round * 5 % 23));
        snprintf(command, sizeof(command),
                 "%s -vkey '%.*s' -proof %s/proof -entry %s/entry >%s/said 2>&1", tool->path,
                 (int)vkey.len, (const char *)vkey.data, tool->folder, tool->folder, tool->folder);
        assert_int_equal(run(command), 0);
        logbook_commit(&book, 10);
        logbook_publish(&book);
        snprintf(more, sizeof(more), "-strict -proof %s/proof", tool->folder);
        assert_accepted(tool, &book, more);
    }
    logbook_done(&book);
}

static void a_log_with_a_byte_flipped_is_refused(void **state)
{
    static const struct {
        const char *file;
        uint64_t offset;
    } rows[] = {{"ledger/tile/entries/000", 40}, {"ledger/tile/entries/001.p/44", 3},
                {"ledger/tile/0/000", 5000},     {"ledger/tile/0/001.p/44", 0},
                {"ledger/tile/1/000.p/1", 31},   {"ledger/checkpoint", 25},
                {"ledger/checkpoint", 150}};
    const struct tool *tool = need_tool(state);
    struct logbook book;
    logbook_create(&book);
    logbook_grow(&book, 300, 23);
    logbook_close(&book);
    assert_accepted(tool, &book, "-strict");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        logbook_flip(&book, rows[i].file, rows[i].offset, 1);
        assert_int_equal(audit(tool, &book, "-strict"), 1);
        logbook_flip(&book, rows[i].file, rows[i].offset, 1);
    }
    logbook_done(&book);
}

/* After a crash and a start, the log continues the one that was published before. */
static void a_log_after_a_crash_extends_the_one_before(void **state)
{
    const struct tool *tool = need_tool(state);
    struct logbook book;
    char more[128];
    char command[256];
    logbook_create(&book);
    for (unsigned round = 1; round <= 8; round++) {
        logbook_grow(&book, (uint64_t)90 * round, 30);
        logbook_publish(&book);
        snprintf(command, sizeof(command), "cp %s/ledger/checkpoint %s/checkpoint", book.path,
                 tool->folder);
        assert_int_equal(run(command), 0);
        logbook_commit(&book, 7);
        logbook_crash(&book);
        book.owner_size = 0;
        book.owner_sum = 0;
        logbook_open(&book);
        snprintf(more, sizeof(more), "-strict -min-size %u -old %s/checkpoint", 90 * round + 7,
                 tool->folder);
        assert_accepted(tool, &book, more);
    }
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_of_every_size_that_matters_are_accepted_strictly),
        cmocka_unit_test(a_log_that_grows_past_65536_is_accepted_at_each_step),
        cmocka_unit_test(receipts_are_accepted_alone_and_against_the_later_log),
        cmocka_unit_test(a_log_with_a_byte_flipped_is_refused),
        cmocka_unit_test(a_log_after_a_crash_extends_the_one_before),
    };
    return cmocka_run_group_tests_name("ledger/tlogcheck", tests, build, clear);
}
