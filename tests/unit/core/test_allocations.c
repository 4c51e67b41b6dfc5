/*
 * A whole house, opened and asked, in which one allocation fails: ours, SQLite's or libcrypto's. It
 * refuses with an outcome, or serves, or ends itself by a CHECK (libcrypto's hashing does not fail,
 * seal/hash.c invariant 1); whatever it does, nothing that it answered is missing afterwards, and
 * the next start finds a house that is whole.
 *
 * Each try is a process of its own. DANCU_STRIDE=1 tries every allocation, DANCU_STRIDE=8 every
 * eighth, from DANCU_FIRST (1) on; without, about TRIES of each heap, spread over all of them.
 */
#include "home.h"

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mman.h>

#define TRIES 40
#define REOPEN_EVERY 8

enum heap { HEAP_OURS, HEAP_SQLITE, HEAP_LIBCRYPTO, HEAP_COUNT };

/* Counters of the heaps that are not ours, and what a try tells. */
static struct {
    uint64_t count;
    uint64_t at; /* 0 = none fails */
} foreign[HEAP_COUNT];

struct told {
    uint64_t allocations;
    uint64_t answered;
    bool refused;
};

static bool starved(enum heap heap)
{
    return ++foreign[heap].count == foreign[heap].at;
}

static sqlite3_mem_methods sqlite_heap;

static void *sqlite_new(int len)
{
    return starved(HEAP_SQLITE) ? NULL : sqlite_heap.xMalloc(len);
}

static void *sqlite_resize(void *block, int len)
{
    return starved(HEAP_SQLITE) ? NULL : sqlite_heap.xRealloc(block, len);
}

static void *libcrypto_new(size_t len, const char *file, int line)
{
    (void)file, (void)line;
    return starved(HEAP_LIBCRYPTO) ? NULL : malloc(len);
}

static void *libcrypto_resize(void *block, size_t len, const char *file, int line)
{
    (void)file, (void)line;
    return starved(HEAP_LIBCRYPTO) ? NULL : realloc(block, len);
}

static void libcrypto_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    free(block);
}

/* Before either library is used at all. */
static void take_heaps(void)
{
    if (CRYPTO_set_mem_functions(libcrypto_new, libcrypto_resize, libcrypto_free) != 1 ||
        sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_heap) != SQLITE_OK) {
        abort();
    }
    sqlite3_mem_methods methods = sqlite_heap;
    methods.xMalloc = sqlite_new;
    methods.xRealloc = sqlite_resize;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) {
        abort();
    }
}

static void arm(enum heap heap, uint64_t nth)
{
    memory_fail_at(heap == HEAP_OURS ? nth : 0);
    foreign[heap].count = 0;
    foreign[heap].at = heap == HEAP_OURS ? 0 : nth;
}

/* A start and two batches; in a child. */
static void live(struct home *home, enum heap heap, uint64_t nth, struct told *told)
{
    char why[HOUSE_WHY_BYTES] = "";
    struct ask ask = home_ask();
    uint64_t before = memory_count();
    arm(heap, nth);
    struct outcome outcome = home_open_house(home, why);
    for (unsigned i = 0; i < 2 && outcome_ok(outcome); i++) {
        outcome = gate_serve(home->house->gate, &ask, 1, home->answers);
        if (outcome_ok(outcome) && home->answers[0].code == CODE_DISCLOSED) {
            told->answered++;
        }
    }
    told->allocations = heap == HEAP_OURS ? memory_count() - before : foreign[heap].count;
    told->refused = !outcome_ok(outcome);
    arm(heap, 0);
}

/* True when the try ended by its own will; else by a CHECK. */
static bool try_one(struct home *home, enum heap heap, uint64_t nth, struct told *told)
{
    *told = (struct told){0};
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)!freopen("/dev/null", "w", stderr);
        live(home, heap, nth, told);
        _exit(0); /* as a kill would end it: nothing is closed */
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGABRT);
        return false;
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return true;
}

static uint64_t size_now(struct home *home)
{
    char why[HOUSE_WHY_BYTES] = "";
    struct outcome outcome = home_open_house(home, why);
    if (!outcome_ok(outcome)) {
        fail_msg("the house is not whole: %s", why);
    }
    uint64_t size = ledger_size(home->house->ledger);
    assert_true(office_applied(home->house->office) <= size);
    home_close_house(home);
    return size;
}

static void each_allocation_of_a_heap(struct home *home, enum heap heap, bool may_abort)
{
    struct told *told =
        mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *first = getenv("DANCU_FIRST");
    uint64_t counts[3] = {0}; /* served, refused, aborted */
    uint64_t answered = 0;
    assert_true(told != MAP_FAILED);
    home_close_house(home);
    uint64_t size = size_now(home);
    assert_true(try_one(home, heap, 0, told));
    assert_true(told->answered == 2 && told->allocations > 0);
    answered = 2;
    uint64_t all = told->allocations;
    uint64_t stride = help_stride(1 + all / TRIES);
    unsigned tries = 0;
    uint64_t nth = first != NULL ? strtoull(first, NULL, 10) : 1;
    for (; nth <= all; nth += stride, tries++) {
        bool ended = try_one(home, heap, nth, told);
        assert_true(ended || may_abort);
        counts[!ended ? 2 : told->refused ? 1 : 0]++;
        answered += told->answered;
        if (tries % REOPEN_EVERY == 0) {
            assert_true(size_now(home) >= size + answered);
        }
    }
    assert_true(size_now(home) >= size + answered);
    print_message("# heap %d: %llu allocations, every %llu. fails: served %llu, refused %llu, "
                  "ended by a CHECK %llu\n",
                  (int)heap, (unsigned long long)all, (unsigned long long)stride,
                  (unsigned long long)counts[0], (unsigned long long)counts[1],
                  (unsigned long long)counts[2]);
    (void)munmap(told, sizeof(*told));
}

static void a_house_that_finds_no_memory_refuses_or_serves(void **state)
{
    each_allocation_of_a_heap(*state, HEAP_OURS, false);
}

static void a_house_whose_stores_find_no_memory_refuses_or_serves(void **state)
{
    each_allocation_of_a_heap(*state, HEAP_SQLITE, false);
}

static void a_house_whose_cryptography_finds_no_memory_never_answers_unrecorded(void **state)
{
    each_allocation_of_a_heap(*state, HEAP_LIBCRYPTO, true);
}

int main(void)
{
    take_heaps();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_house_that_finds_no_memory_refuses_or_serves, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_house_whose_stores_find_no_memory_refuses_or_serves,
                                        home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(
            a_house_whose_cryptography_finds_no_memory_never_answers_unrecorded, home_setup,
            home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
