/*
 * `dancu party list [CODE]`, and likewise of all that the desk shows: one JSON object a line, in
 * the order of codes; of the server that runs, page by page over its admin socket, else of the
 * home. With `--desk HOST:PORT` over the desk: then it is what one's certificate may see.
 *
 * Invariant 1: what becomes part of an address is a code or a cursor by its look.
 */
#include "cli/cli.h"

#include "cli/desk_post.h"
#include "core/look.h"
#include "office/act.h"
#include "office/case.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define PAGES_MAX 100000 /* a server that lies gives no more */
#define VALUES_MAX 65535 /* of one page */
#define PATH_BYTES_MAX 256

static const struct {
    const char *noun;
    enum resource resource;
} lists[] = {
    {"party", RESOURCE_PARTIES},
    {"account", RESOURCE_ACCOUNTS},
    {"business", RESOURCE_BUSINESSES},
    {"officer", RESOURCE_OFFICERS},
    {"proposal", RESOURCE_PROPOSALS},
    {"permit", RESOURCE_PERMITS},
    {"policy", RESOURCE_POLICIES},
    {"draw", RESOURCE_DRAWS},
    {"review", RESOURCE_REVIEWS},
    {"stop", RESOURCE_STOPS},
    {"fees", RESOURCE_FEES},
    {"confirmation", RESOURCE_CONFIRMATIONS},
    {"incident", RESOURCE_INCIDENTS},
    {"person-list", RESOURCE_LISTS},
    {"operator", RESOURCE_OPERATORS},
    {"signing-key", RESOURCE_SIGNING_KEYS},
    {"source", RESOURCE_SOURCES},
    {"provider", RESOURCE_PROVIDERS},
    {"list-request", RESOURCE_LIST_REQUESTS},
    {"office", RESOURCE_OFFICES},
    {"case", RESOURCE_CASES},
    {"complaint", RESOURCE_COMPLAINTS},
    {"overdue", RESOURCE_OVERDUE_CASES},
    {"figures", RESOURCE_CASE_FIGURES},
    {"extract", RESOURCE_EXTRACTS},
    {"letter", RESOURCE_LETTERS},
    {"registers", RESOURCE_REGISTERS},
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static const struct json_limits page_limits = {.bytes_max = HTTP_RESPONSE_BYTES_MAX,
                                               .depth_max = JSON_DEPTH_MAX,
                                               .values_max = VALUES_MAX,
                                               .members_max = JSON_MEMBERS_MAX};

/* Whom to ask: one of the three. */
struct source {
    struct pipe_end *server;
    const struct house *house;
    const struct desk_order *desk;
    struct buf page; /* the house's answer, or the desk's */
    uint8_t next[LOOK_CURSOR_BYTES_MAX];
};

/* ---- over the desk ---- */

static struct outcome put_path(const struct look *look, struct buf *path)
{
    static const struct act_field field = {.name = "code", .type = ACT_TYPE_CODE};

    buf_put_text(path, words_name(&words_resource, look->resource));
    if (look->code.len > 0) {
        if (!outcome_ok(act_check_value(&field, look->code))) { /* invariant 1 */
            return outcome_fail(FAULT_BAD_INPUT, "that is no code");
        }
        buf_put_text(path, "/");
        buf_put_view(path, look->code);
    } else {
        buf_printf(path, "?limit=%u", look->limit);
    }
    if (look->cursor.len > 0) {
        buf_put_text(path, "&cursor=");
        base64url_put(path, look->cursor);
    }
    buf_put_u8(path, '\0');
    return buf_check(path);
}

/* The items of a page, as they stand in it, and its next cursor. */
static struct outcome read_page(struct source *source, struct arena *arena, struct seen *ret_seen)
{
    static const struct json_row shape[] = {{"items", JSON_ARRAY_BIT, true},
                                            {"next", JSON_STRING_BIT, false}};
    const struct json_node *values[2] = {0};
    struct json_fault fault = {0};
    struct json_doc doc = {0};
    BUF_AUTO next;

    buf_init(&next, sizeof(source->next));
    arena_reset(arena);
    TRY(json_parse(buf_view(&source->page), &page_limits, arena, &doc, &fault));
    TRY(json_take(doc.nodes, shape, 2, values, &fault));
    if (values[1] != NULL) {
        TRY(base64url_get(values[1]->text, &next)); /* invariant 1 */
    }
    memcpy(source->next, next.data, next.len);
    ret_seen->next = view_of(source->next, next.len);
    ret_seen->json = values[0]->text;
    return OUTCOME_OK;
}

static struct outcome ask_desk(struct source *source, const struct look *look, struct arena *arena,
                               struct seen *ret_seen)
{
    BUF_AUTO path;

    buf_init(&path, PATH_BYTES_MAX);
    TRY(put_path(look, &path));
    buf_reset(&source->page);
    TRY(desk_get(source->desk, (const char *)path.data, &source->page));
    if (look->code.len == 0) {
        return read_page(source, arena, ret_seen);
    }
    ret_seen->json = buf_view(&source->page);
    return OUTCOME_OK;
}

/* ---- pages ---- */

static struct outcome ask_page(struct source *source, const struct look *look, struct arena *arena,
                               struct seen *ret_seen)
{
    struct frame frame = {0};
    size_t bytes = 0;
    if (source->desk != NULL) {
        return ask_desk(source, look, arena, ret_seen);
    }
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
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    arena_reset(arena);
    TRY(json_parse(page, &page_limits, arena, &doc, &fault));
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
        TRY(ask_page(source, &look, arena, &seen));
        TRY(print_items(seen.json, arena));
        if (seen.next.len == 0) {
            break;
        }
        memcpy(cursor, seen.next.data, seen.next.len); /* a page's views go with the next */
        look.cursor = view_of(cursor, seen.next.len);
    }
    return OUTCOME_OK;
}

static struct outcome print_one(struct source *source, const struct look *look, struct arena *arena)
{
    struct seen seen = {0};
    TRY(ask_page(source, look, arena, &seen));
    print_line(seen.json);
    return OUTCOME_OK;
}

static struct outcome print_all(struct source *source, const struct look *look)
{
    struct arena arena = {0};
    TRY(arena_init(&arena, VALUES_MAX * sizeof(struct json_node) + HTTP_RESPONSE_BYTES_MAX));
    buf_init(&source->page, HTTP_RESPONSE_BYTES_MAX);
    struct outcome outcome =
        look->code.len > 0 ? print_one(source, look, &arena) : print_list(source, *look, &arena);
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
    struct clock_port clock = clock_system();
    case_count_all(house.house->directory.staff, clock_day_vn(clock_wall_us(&clock)));
    outcome = print_all(&source, look);
    cli_house_close(&house);
    return outcome;
}

enum { LIST_HOME, LIST_KEYS, LIST_DESK, LIST_TLS_CERT, LIST_TLS_KEY, LIST_TLS_CA, LIST_OPTIONS };

static struct outcome list_by_desk(const struct cli_option *options, const struct look *look)
{
    const struct desk_order desk = {.address = options[LIST_DESK].value,
                                    .cert = options[LIST_TLS_CERT].value,
                                    .key = options[LIST_TLS_KEY].value,
                                    .ca = options[LIST_TLS_CA].value};
    struct source source = {.desk = &desk};
    return print_all(&source, look);
}

static struct outcome list_from(const struct cli_option *options, const struct look *look)
{
    const char *home = cli_home(options[LIST_HOME].value);
    int fd = -1;
    if (options[LIST_DESK].value != NULL) {
        return list_by_desk(options, look);
    }
    return outcome_ok(proc_admin_connect(home, &fd))
               ? list_by_server(fd, look)
               : list_by_hand(home, cli_keys(options[LIST_KEYS].value), look);
}

/* The desk is asked with a certificate, and with all of one. */
static bool options_fit(const struct cli_option *options)
{
    bool desk = options[LIST_DESK].value != NULL;
    for (unsigned i = LIST_TLS_CERT; i < LIST_OPTIONS; i++) {
        if ((options[i].value != NULL) != desk) {
            return false;
        }
    }
    return !desk || (options[LIST_HOME].value == NULL && options[LIST_KEYS].value == NULL);
}

int list_cli(const char *noun, int argc, char **argv)
{
    struct cli_option options[LIST_OPTIONS] = {
        [LIST_HOME] = {.name = "home"},       [LIST_KEYS] = {.name = "keys"},
        [LIST_DESK] = {.name = "desk"},       [LIST_TLS_CERT] = {.name = "tls-cert"},
        [LIST_TLS_KEY] = {.name = "tls-key"}, [LIST_TLS_CA] = {.name = "tls-ca"},
    };
    const char *code = NULL;
    unsigned words = 0;
    unsigned at = 0;
    while (at < LISTS && strcmp(lists[at].noun, noun) != 0) {
        at++;
    }
    if (at == LISTS || !cli_options(argc, argv, options, LIST_OPTIONS, &code, 1, &words) ||
        !options_fit(options)) {
        cli_complain("usage: dancu %s list [CODE] [--home DIR] [--keys DIR] | --desk HOST:PORT "
                     "--tls-cert FILE --tls-key FILE --tls-ca FILE",
                     noun);
        return EXIT_USAGE;
    }
    const struct look look = {.resource = lists[at].resource,
                              .code = view_text(words == 1 ? code : NULL)};
    struct outcome outcome = list_from(options, &look);
    if (!outcome_ok(outcome)) {
        cli_complain("%s list: %s", noun, outcome.what);
    }
    return outcome_ok(outcome) ? EXIT_GOOD : EXIT_BAD;
}
