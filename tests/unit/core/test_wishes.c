/*
 * Lists that accounts ask for, as officers see them: those that `jobs` has told and that wait, in
 * pages; and nobody else sees any.
 */
#include "help.h"

#include "core/look.h"
#include "core/loop.h"
#include "domain/wish.h"

#include <stdio.h>
#include <sys/socket.h>

#define LIMIT 10

static struct house house;
static struct core core = {.house = &house};

static void tell(uint8_t number, const char *criteria)
{
    const struct wish wish = {.business = VIEW_LITERAL("NV-1"),
                              .case_ref = VIEW_LITERAL("HS-1"),
                              .criteria = view_text(criteria == NULL ? "sex=1" : criteria)};
    struct wish_told told = {.id = {number}, .account = VIEW_LITERAL("hcm"), .created_us = 0};
    BUF_AUTO text;
    buf_init(&text, WISH_BYTES_MAX);
    wish_put(&wish, &text);
    told.wish = criteria == NULL ? view_of(NULL, 0) : buf_view(&text);
    wishes_take(&core, &told);
}

/* How many stand in a page from there; where it goes on. */
static unsigned page(uint32_t *at)
{
    struct look look = {.resource = RESOURCE_LIST_REQUESTS, .limit = LIMIT};
    unsigned items = 0;
    BUF_AUTO cursor;
    BUF_AUTO json;
    BUF_AUTO next;
    buf_init(&cursor, 64);
    buf_init(&json, 1 << 20);
    buf_init(&next, 64);
    if (*at > 0) {
        buf_put_u32(&cursor, *at);
        look.cursor = buf_view(&cursor);
    }
    assert_true(wishes_show(&core.wishes, &look, &json, &next));
    for (size_t i = 0; i < json.len; i++) {
        items += view_starts(view_part(buf_view(&json), i, json.len - i),
                             VIEW_LITERAL("{\"account\":\"hcm\""))
                     ? 1
                     : 0;
    }
    struct cursor reader = cursor_of(buf_view(&next));
    *at = next.len > 0 ? cursor_u32(&reader) : 0;
    return items;
}

static void what_waits_is_shown_in_pages_each_once(void **state)
{
    uint32_t at = 0;
    (void)state;
    for (uint8_t number = 1; number <= 25; number++) {
        tell(number, "age>=18");
        tell(number, "age>=18"); /* again, with a new pipe */
    }
    assert_int_equal(page(&at), LIMIT);
    assert_int_equal(page(&at), LIMIT);
    assert_int_equal(page(&at), 5);
    wishes_forget(&core);
    at = 0;
    assert_int_equal(page(&at), 0);
    assert_int_equal(at, 0);
}

static void one_that_waits_no_longer_or_is_none_is_not_shown(void **state)
{
    struct look look = {.resource = RESOURCE_LIST_REQUESTS,
                        .code = VIEW_LITERAL("07000000000000000000000000000000")};
    BUF_AUTO json;
    BUF_AUTO next;
    (void)state;
    buf_init(&json, 4096);
    buf_init(&next, 64);
    tell(7, "permanent_residence.province=79@2021-07-01 and sex=2");
    tell(8, "list=SECRET"); /* a taken `jobs` */
    assert_true(wishes_show(&core.wishes, &look, &json, &next));
    assert_view(buf_view(&json),
                "{\"account\":\"hcm\",\"asked\":\"1970-01-01T00:00:00Z\",\"code\":"
                "\"07000000000000000000000000000000\",\"wish\":{\"business\":\"NV-1\",\"case\":"
                "\"HS-1\",\"criteria\":\"permanent_residence.province=79@2021-07-01 and sex=2\","
                "\"fields\":null,\"officer\":null}}");
    look.code = VIEW_LITERAL("08000000000000000000000000000000");
    assert_false(wishes_show(&core.wishes, &look, &json, &next));
    tell(7, NULL);
    look.code = VIEW_LITERAL("07000000000000000000000000000000");
    assert_false(wishes_show(&core.wishes, &look, &json, &next));
    look.code = VIEW_LITERAL("no-number");
    assert_false(wishes_show(&core.wishes, &look, &json, &next));
    wishes_forget(&core);
}

/* What officers have decided of the wish of that number. */
static void decide(struct extract *extract, uint8_t number, enum extract_state state,
                   struct account *account)
{
    char code[16];
    snprintf(code, sizeof(code), "DS-%u", number);
    *extract = (struct extract){.state = state, .account = account, .job_id = {number}};
    assert_ok(code_set(&extract->code, view_text(code)));
    memcpy(extract->reason.text, "too wide", 8);
    extract->reason.len = 8;
    assert_ok(directory_add_extract(&house.directory, extract));
}

static struct extract *new_extract(void)
{
    struct extract *extract = memory_new(1, sizeof(*extract));
    assert_non_null(extract);
    return extract;
}

/* The numbers that `jobs` hears of, and the last reason. */
static unsigned heard(struct pipe_end *jobs, char ret_numbers[64], char ret_reason[128])
{
    struct frame frame;
    struct wish_told told;
    unsigned count = 0;
    (void)pipe_fill(jobs).fault;
    ret_numbers[0] = 0;
    while (outcome_ok(pipe_next(jobs, &frame))) {
        assert_ok(jobbing_get_wish(&frame, &told));
        assert_view(told.account, "hcm");
        assert_int_equal(told.wish.len, 0);
        size_t len = strlen(ret_numbers);
        snprintf(ret_numbers + len, 64 - len, "%u,", told.id[0]);
        snprintf(ret_reason, 128, "%.*s", (int)told.reason.len, (const char *)told.reason.data);
        count++;
    }
    return count;
}

static void a_refusal_is_told_at_once_to_each_jobs_that_is_there(void **state)
{
    static const struct proc_row row = {.name = "jobs", .frames = FRAME_BIT(FRAME_WISH)};
    static int64_t now_us = INT64_C(1790000000000000);
    struct account hcm = {.version = 1};
    struct account other = {.version = 1};
    struct pipe_end jobs;
    char numbers[64];
    char reason[128];
    int fds[2];
    (void)state;
    house.clock = clock_fixed(&now_us);
    assert_ok(code_set(&hcm.code, VIEW_LITERAL("hcm")));
    assert_ok(code_set(&other.code, VIEW_LITERAL("other")));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    core.peers[3].row = &row;
    pipe_init(&core.peers[3].pipe, fds[0]);
    pipe_init(&jobs, fds[1]);
    for (uint8_t number = 1; number <= 6; number++) {
        tell(number, "sex=1");
    }
    decide(new_extract(), 1, EXTRACT_APPROVED, &hcm);
    decide(new_extract(), 2, EXTRACT_REFUSED, &hcm);
    decide(new_extract(), 3, EXTRACT_COLLECTED, &hcm);
    decide(new_extract(), 4, EXTRACT_ENDED, &hcm);
    decide(new_extract(), 5, EXTRACT_REFUSED, &other); /* somebody has erred */
    wishes_keep(&core);
    assert_int_equal(heard(&jobs, numbers, reason), 2);
    assert_string_equal(numbers, "2,4,");
    assert_string_equal(reason, "too wide");
    now_us += 1000001;
    wishes_keep(&core);
    assert_int_equal(heard(&jobs, numbers, reason), 0); /* it has heard it */
    wishes_forget(&core);                               /* another one has not */
    tell(2, "sex=1");
    tell(6, "sex=1");
    wishes_keep(&core); /* at once */
    assert_int_equal(heard(&jobs, numbers, reason), 1);
    assert_string_equal(numbers, "2,");
    decide(new_extract(), 6, EXTRACT_TOO_LONG, &hcm);
    now_us += 1000001;
    wishes_keep(&core);
    assert_int_equal(heard(&jobs, numbers, reason), 1);
    assert_non_null(strstr(reason, "More people than were approved"));
    pipe_done(&jobs);
    pipe_done(&core.peers[3].pipe);
    core.peers[3].pipe.fd = -1;
    now_us += 1000001;
    wishes_keep(&core); /* nobody to tell */
    wishes_forget(&core);
}

static int setup(void **state)
{
    (void)state;
    directory_init(&house.directory);
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i].pipe.fd = -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    directory_done(&house.directory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_shown_in_pages_each_once),
        cmocka_unit_test(a_refusal_is_told_at_once_to_each_jobs_that_is_there),
        cmocka_unit_test(one_that_waits_no_longer_or_is_none_is_not_shown),
    };
    return cmocka_run_group_tests_name("core/wishes", tests, setup, teardown);
}
