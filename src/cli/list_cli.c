/*
 * `dancu party list [CODE]`, and likewise of all that the desk shows: one JSON object a line, in
 * the order of codes; of the server that runs, page by page over its admin socket, else of the
 * home.
 */
#include "cli/cli.h"
#include "core/look.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define PAGES_MAX 100000 /* a server that lies gives no more */
#define VALUES_MAX 65535 /* of one page */

static const struct {
    const char *noun;
    enum resource resource;
} lists[] = {
    {"party", RESOURCE_PARTIES},       {"account", RESOURCE_ACCOUNTS},
    {"business", RESOURCE_BUSINESSES}, {"officer", RESOURCE_OFFICERS},
    {"proposal", RESOURCE_PROPOSALS},  {"permit", RESOURCE_PERMITS},
    {"policy", RESOURCE_POLICIES},
};

/* Whom to ask: one of the two. */
struct source {
    struct pipe_end *server;
    const struct house *house;
    struct buf page; /* the house's answer */
};

static struct outcome ask_page(struct source *source, const struct look *look,
                               struct seen *ret_seen)
{
    struct frame frame = {0};
    size_t bytes = 0;
    if (source->server != NULL) {
        looking_put(&source->server->out, look);
        TRY(cli_ask(source->server, &frame));
    } else {
        buf_reset(&source->page);
        TRY(look_put(source->house, look, true, &source->page));
        TRY(frame_peek(buf_view(&source->page), &frame, &bytes));
    }
    TRY(looking_get_seen(&frame, ret_seen));
    return ret_seen->fault == FAULT_NONE ? OUTCOME_OK
                                         : outcome_fail(ret_seen->fault, "there is none");
}

static void print_line(struct view json)
{
    fwrite(json.data, 1, json.len, stdout);
    putchar('\n');
}

static struct outcome print_items(struct view page, struct arena *arena)
{
    const struct json_limits limits = {.bytes_max = FRAME_BYTES_MAX,
                                       .depth_max = JSON_DEPTH_MAX,
                                       .values_max = VALUES_MAX,
                                       .members_max = JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    arena_reset(arena);
    TRY(json_parse(page, &limits, arena, &doc, &fault));
    for (const struct json_node *item = json_first(doc.nodes); item != NULL;
         item = json_next(doc.nodes, item)) {
        print_line(view_part(page, item->offset, item->end - item->offset));
    }
    return OUTCOME_OK;
}

static struct outcome print_list(struct source *source, struct look look, struct arena *arena)
{
    uint8_t cursor[LOOK_CURSOR_BYTES_MAX];
    look.limit = LOOK_ITEMS_MAX;
    for (unsigned page = 0; page < PAGES_MAX; page++) {
        struct seen seen = {0};
        TRY(ask_page(source, &look, &seen));
        TRY(print_items(seen.json, arena));
        if (seen.next.len == 0) {
            break;
        }
        memcpy(cursor, seen.next.data, seen.next.len); /* a page's views go with the next */
        look.cursor = view_of(cursor, seen.next.len);
    }
    return OUTCOME_OK;
}

static struct outcome print_one(struct source *source, const struct look *look)
{
    struct seen seen = {0};
    TRY(ask_page(source, look, &seen));
    print_line(seen.json);
    return OUTCOME_OK;
}

static struct outcome print_all(struct source *source, const struct look *look)
{
    struct arena arena = {0};
    TRY(arena_init(&arena, VALUES_MAX * sizeof(struct json_node) + FRAME_BYTES_MAX));
    buf_init(&source->page, FRAME_BYTES_MAX);
    struct outcome outcome =
        look->code.len > 0 ? print_one(source, look) : print_list(source, *look, &arena);
    buf_done(&source->page);
    arena_done(&arena);
    return outcome;
}

static struct outcome list_by_server(int fd, const struct look *look)
{
    struct pipe_end pipe;
    struct source source = {.server = &pipe};
    pipe_init(&pipe, fd);
    struct outcome outcome = print_all(&source, look);
    pipe_done(&pipe);
    return outcome;
}

static struct outcome list_by_hand(const char *home, const char *keys, const struct look *look)
{
    struct cli_house house = {0};
    char why[HOUSE_WHY_BYTES] = "";
    struct outcome outcome = cli_house_open(home, keys, REGISTRY_READ, &house, why);
    if (!outcome_ok(outcome)) {
        cli_complain("%s", why);
        return outcome;
    }
    struct source source = {.house = house.house};
    outcome = print_all(&source, look);
    cli_house_close(&house);
    return outcome;
}

int list_cli(const char *noun, int argc, char **argv)
{
    struct cli_option options[] = {{.name = "home"}, {.name = "keys"}};
    const char *code = NULL;
    unsigned words = 0;
    unsigned at = 0;
    int fd = -1;
    while (at < sizeof(lists) / sizeof(lists[0]) && strcmp(lists[at].noun, noun) != 0) {
        at++;
    }
    if (at == sizeof(lists) / sizeof(lists[0]) ||
        !cli_options(argc, argv, options, 2, &code, 1, &words)) {
        cli_complain("usage: dancu party|account|business|permit|policy|officer|proposal list "
                     "[CODE] [--home DIR] [--keys DIR]");
        return EXIT_USAGE;
    }
    const char *home = cli_home(options[0].value);
    const struct look look = {.resource = lists[at].resource,
                              .code = view_text(words == 1 ? code : NULL)};
    struct outcome outcome = outcome_ok(proc_admin_connect(home, &fd))
                                 ? list_by_server(fd, &look)
                                 : list_by_hand(home, cli_keys(options[1].value), &look);
    if (!outcome_ok(outcome)) {
        cli_complain("%s list: %s", noun, outcome.what);
    }
    return outcome_ok(outcome) ? EXIT_GOOD : EXIT_BAD;
}
