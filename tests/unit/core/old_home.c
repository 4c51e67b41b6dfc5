/*
 * A home whose records are older than the period, for tests of retention with the real program: its
 * clock stood where the test wants it while it was filled. Usage: old_home MONTHS ASKS
 * [SEGMENT_KIB]: makes a home that was filled so many months ago and has lived until ten days
 * before now; tells its folder (the home and the keys are below it), the log's verifier key, and
 * the receipt of every ask, or of RECEIPTS of them and of the last, each as a line of JSON.
 */
#include "home.h"

#include "base/clock.h"
#include "office/office.h"
#include "tlog/tlog.h"
#include "wire/json.h"

#include <stdlib.h>

#define SEGMENT_KIB 256
#define RECEIPTS 1000
#define DAY_ASKS 900 /* the business has a quota of 1,000 a day */
#define DAY_US (INT64_C(86400) * US_PER_S)
#define MONTH_US (31 * DAY_US)
#define LIVED_DAYS 10
#define LINE_BYTES_MAX (1u << 20)

static void tell(const struct answer *answer, struct buf *line)
{
    BUF_AUTO proof;
    buf_init(&proof, 1u << 16);
    proof_put(&proof, answer->leaf_index, answer->path, answer->checkpoint);
    assert_ok(buf_check(&proof));
    buf_reset(line);
    buf_put_text(line, "{\"opening\":[");
    for (unsigned i = 0; i < answer->opening_count; i++) {
        buf_printf(line, "%s\"%.*s\"", i == 0 ? "" : ",", (int)answer->opening[i].len,
                   (const char *)answer->opening[i].data);
    }
    buf_put_text(line, "],\"receipt\":{\"entry\":");
    json_put_string(line, answer->entry);
    buf_put_text(line, ",\"proof\":");
    json_put_string(line, buf_view(&proof));
    buf_put_text(line, "}}\n");
    assert_ok(buf_check(line));
    fwrite(line->data, 1, line->len, stdout);
}

static void ask_all(struct home *home, unsigned long asks, int64_t *now_us)
{
    BUF_AUTO line;
    buf_init(&line, LINE_BYTES_MAX);
    for (unsigned long i = 0; i < asks; i++) {
        char number[32];
        struct ask ask = home_ask();
        *now_us += i > 0 && i % DAY_ASKS == 0 ? DAY_US : 0;
        snprintf(number, sizeof(number), "HS-SECRET-%lu", i);
        ask.case_ref = view_text(number);
        const struct answer *answer = home_serve(home, &ask);
        assert_int_equal(answer->code, CODE_DISCLOSED);
        if (i % (asks / RECEIPTS + 1) == 0 || i == asks - 1) {
            tell(answer, &line);
        }
    }
}

int main(int argc, char **argv)
{
    struct house_ports ports = house_ports_system();
    int64_t now_us = clock_wall_us(&ports.clock);
    int64_t until_us = now_us - LIVED_DAYS * DAY_US;
    if (argc < 3 || argc > 4) {
        fputs("usage: old_home MONTHS ASKS [SEGMENT_KIB]\n", stderr);
        return 2;
    }
    now_us -= strtol(argv[1], NULL, 10) * MONTH_US;
    ports.clock = clock_fixed(&now_us);
    ports.segment_bytes = (argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : SEGMENT_KIB) << 10;
    struct home *home = home_new(&ports);
    printf("{\"folder\":\"%s\",\"vkey\":\"%.*s\"}\n", home->folder, (int)home->vkey.len,
           (const char *)home->vkey.data);
    ask_all(home, strtoul(argv[2], NULL, 10), &now_us);
    now_us = until_us;
    home_act(home, ACT_ACCOUNT_SUSPEND, "code", "bank-1", "reason", "x", NULL);
    home_close_house(home);
    buf_done(&home->vkey);
    free(home);
    return 0;
}
