/*
 * What our readers make of foreign bytes, told as JSON, so that other readers can be held against
 * them (tests/fuzz/differential). Standard input: inputs one after the other, each a length (4
 * bytes, big endian) and so many bytes. Standard output: a line for each, all text as hexadecimal:
 *   reader http1   the first request: {"method":..,"target":..,"fields":[[name,value]..],"body":..,
 *                  "head":N,"end":N}; or {"more":true}: the bytes end within it
 *   reader json    the value: {"canonical":..}
 *   either         {"fault":"bad-input","why":".."}: refused
 */
#include "base/check.h"
#include "base/memory.h"
#include "wire/http1.h"
#include "wire/json_canonical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX (1u << 20)

static void put_text(const char *before, struct view text)
{
    fputs(before, stdout);
    putchar('"');
    for (size_t i = 0; i < text.len; i++) {
        printf("%02x", text.data[i]);
    }
    putchar('"');
}

/* The body that the head announces, and where it ends in `text`. */
static struct outcome read_body(const struct http1_head *head, struct view text, size_t *at,
                                struct buf *ret_body)
{
    struct http1_chunks chunks = {0};

    if (head->framing == HTTP1_FRAMING_LENGTH) {
        if (head->content_length > text.len - *at) {
            return outcome_fail(FAULT_AGAIN, "body");
        }
        buf_put_view(ret_body, view_part(text, *at, (size_t)head->content_length));
        *at += (size_t)head->content_length;
    }
    if (head->framing == HTTP1_FRAMING_CHUNKED) {
        while (*at < text.len && !http1_chunks_done(&chunks)) {
            struct view piece = {0};
            size_t used = 0;
            TRY(http1_chunks_take(&chunks, view_part(text, *at, text.len - *at), &piece, &used));
            buf_put_view(ret_body, piece);
            *at += used;
        }
        return http1_chunks_done(&chunks) ? OUTCOME_OK : outcome_fail(FAULT_AGAIN, "body");
    }
    return OUTCOME_OK;
}

static void put_request(const struct http1_head *head, struct view body, size_t head_bytes,
                        size_t end)
{
    put_text("{\"method\":", head->method);
    put_text(",\"target\":", head->target);
    fputs(",\"fields\":[", stdout);
    for (unsigned i = 0; i < head->field_count; i++) {
        put_text(i == 0 ? "[" : ",[", head->fields[i].name);
        put_text(",", head->fields[i].value);
        putchar(']');
    }
    put_text("],\"body\":", body);
    printf(",\"head\":%zu,\"end\":%zu}\n", head_bytes, end);
}

static struct outcome read_request(struct view text)
{
    struct http1_scan scan = {0};
    struct http1_head head;
    size_t head_bytes = 0;
    BUF_AUTO body;

    buf_init(&body, INPUT_BYTES_MAX);
    TRY(http1_scan_head(&scan, text, &head_bytes));
    TRY(http1_head_get(view_part(text, 0, head_bytes), &head));
    size_t at = head_bytes;
    TRY(read_body(&head, text, &at, &body));
    put_request(&head, buf_view(&body), head_bytes, at);
    return OUTCOME_OK;
}

static struct outcome read_json(struct view text)
{
    static const struct json_limits limits = {
        .bytes_max = INPUT_BYTES_MAX, .depth_max = 8, .values_max = 4096, .members_max = 64};
    static struct arena arena;
    struct json_doc doc;
    struct json_fault fault = {0};
    BUF_AUTO canonical;
    buf_init(&canonical, 8 * INPUT_BYTES_MAX);

    if (arena.data == NULL) {
        TRY(arena_init(&arena, 4 * INPUT_BYTES_MAX));
    }
    arena_reset(&arena);
    struct outcome outcome = json_parse(text, &limits, &arena, &doc, &fault);
    if (!outcome_ok(outcome)) {
        return outcome_fail(outcome.fault, fault.reason);
    }
    TRY(json_put_canonical(&canonical, doc.nodes));
    put_text("{\"canonical\":", buf_view(&canonical));
    puts("}");
    return OUTCOME_OK;
}

static void read_one(bool http1, struct view text)
{
    struct outcome outcome = http1 ? read_request(text) : read_json(text);

    if (outcome.fault == FAULT_AGAIN) {
        puts("{\"more\":true}");
    } else if (!outcome_ok(outcome)) {
        printf("{\"fault\":\"%s\",\"why\":\"%s\"}\n", outcome_word(outcome.fault), outcome.what);
    }
}

int main(int argc, char **argv)
{
    static uint8_t input[INPUT_BYTES_MAX];
    uint8_t size[4];

    CHECK(argc == 2 && setvbuf(stdout, NULL, _IOLBF, 0) == 0); /* an answer for each input */
    bool http1 = strcmp(argv[1], "http1") == 0;
    while (fread(size, 1, sizeof(size), stdin) == sizeof(size)) {
        struct cursor cursor = cursor_of(view_of(size, sizeof(size)));
        uint32_t len = cursor_u32(&cursor);
        CHECK(len <= sizeof(input) && fread(input, 1, len, stdin) == len);
        /* A block of its own size, so that a step beyond it can be seen. */
        uint8_t *block = malloc(len == 0 ? 1 : len);
        CHECK(block != NULL);
        memcpy(block, input, len);
        read_one(http1, view_of(block, len));
        free(block);
    }
    return 0;
}
