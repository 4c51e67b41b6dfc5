/*
 * Connections of who scrapes: one request each, answered and closed.
 *
 * Invariants
 *  1. At most SCRAPES_MAX connections live, each for SCRAPE_S_MAX at most: who connects and waits
 *     is in nobody's way.
 *  2. A request for another host than this machine is refused: a page in a browser here cannot read
 *     the figures under a name of its own that points to 127.0.0.1.
 */
#include "channel/metrics/private.h"

#include "base/check.h"
#include "wire/http1.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_MAX 4 /* a turn */

static void end(struct scrape *scrape)
{
    if (scrape->state == SCRAPE_FREE) {
        return;
    }
    (void)close(scrape->fd);
    buf_done(&scrape->in);
    buf_done(&scrape->out);
    *scrape = (struct scrape){.fd = -1};
}

static struct scrape *free_place(struct scrapes *scrapes)
{
    struct scrape *oldest = &scrapes->places[0];

    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        struct scrape *place = &scrapes->places[i];
        if (place->state == SCRAPE_FREE) {
            return place;
        }
        oldest = place->since_us < oldest->since_us ? place : oldest;
    }
    end(oldest); /* invariant 1 */
    return oldest;
}

void scrapes_accept(struct scrapes *scrapes, int listen_fd)
{
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        struct scrape *scrape = free_place(scrapes);
        *scrape = (struct scrape){
            .state = SCRAPE_READING, .fd = fd, .since_us = clock_monotonic_us(&scrapes->clock)};
        buf_init(&scrape->in, SCRAPE_HEAD_BYTES_MAX);
        buf_init(&scrape->out, METRICS_TEXT_BYTES_MAX);
    }
}

static bool is_this_machine(struct view host)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};
    struct view name = view_part(host, 0, view_find(host, 0, ':'));

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (view_equal_nocase(name, view_text(names[i]))) {
            return true;
        }
    }
    return false;
}

static const char *status_of(const struct http1_head *head)
{
    if (!is_this_machine(head->host)) { /* invariant 2 */
        return "421 Misdirected Request";
    }
    if (!view_is(head->path, "/metrics")) {
        return "404 Not Found";
    }
    bool get = view_is(head->method, "GET") || view_is(head->method, "HEAD");
    return get ? NULL : "405 Method Not Allowed\r\nallow: GET, HEAD";
}

static void refuse(struct scrape *scrape, const char *status)
{
    buf_printf(&scrape->out,
               "HTTP/1.1 %s\r\ncontent-length: 0\r\ncache-control: no-store\r\n"
               "connection: close\r\n\r\n",
               status);
}

static void answer(struct scrapes *scrapes, struct scrape *scrape, bool with_body)
{
    BUF_AUTO text;

    buf_init(&text, METRICS_TEXT_BYTES_MAX / 2);
    metrics_text_put(&text, scrapes->state, clock_monotonic_us(&scrapes->clock));
    if (!outcome_ok(buf_check(&text))) {
        refuse(scrape, "503 Service Unavailable");
        return;
    }
    buf_printf(&scrape->out,
               "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"
               "content-length: %zu\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
               text.len);
    if (with_body) {
        buf_put_view(&scrape->out, buf_view(&text));
    }
    scrapes->served++;
}

/* The request's head, once it is whole; a body is not read. */
static void take(struct scrapes *scrapes, struct scrape *scrape)
{
    struct http1_scan scan = {0};
    struct http1_head head;
    size_t bytes = 0;
    struct outcome outcome = http1_scan_head(&scan, buf_view(&scrape->in), &bytes);

    if (outcome.fault == FAULT_AGAIN) {
        if (scrape->in.len < SCRAPE_HEAD_BYTES_MAX) {
            return;
        }
        outcome = outcome_fail(FAULT_OVER_LIMIT, "request is too long");
    }
    if (outcome_ok(outcome)) {
        outcome = http1_head_get(view_part(buf_view(&scrape->in), 0, bytes), &head);
    }
    scrape->state = SCRAPE_WRITING;
    if (!outcome_ok(outcome)) {
        refuse(scrape, "400 Bad Request");
        return;
    }
    const char *status = status_of(&head);
    if (status != NULL) {
        refuse(scrape, status);
    } else {
        answer(scrapes, scrape, view_is(head.method, "GET"));
    }
}

static void read_some(struct scrapes *scrapes, struct scrape *scrape)
{
    size_t before = scrape->in.len;
    size_t room = SCRAPE_HEAD_BYTES_MAX - before;
    uint8_t *place = buf_claim(&scrape->in, room);

    if (place == NULL) {
        end(scrape);
        return;
    }
    ssize_t got = recv(scrape->fd, place, room, MSG_DONTWAIT);
    int sys = errno;
    buf_cut(&scrape->in, before + (got > 0 ? (size_t)got : 0));
    if (got == 0 || (got < 0 && sys != EAGAIN && sys != EINTR)) {
        end(scrape);
    } else if (got > 0) {
        take(scrapes, scrape);
    }
}

static void write_some(struct scrape *scrape)
{
    size_t left = scrape->out.len - scrape->sent;

    if (!outcome_ok(buf_check(&scrape->out))) {
        end(scrape); /* a cut text must not look whole */
        return;
    }
    ssize_t put =
        send(scrape->fd, scrape->out.data + scrape->sent, left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        end(scrape);
        return;
    }
    scrape->sent += put > 0 ? (size_t)put : 0;
    if (scrape->sent == scrape->out.len) {
        (void)shutdown(scrape->fd, SHUT_WR);
        end(scrape);
    }
}

void scrape_step(struct scrapes *scrapes, struct scrape *scrape)
{
    if (scrape->state == SCRAPE_READING) {
        read_some(scrapes, scrape);
    }
    if (scrape->state == SCRAPE_WRITING) {
        write_some(scrape);
    }
}

void scrapes_expire(struct scrapes *scrapes)
{
    int64_t now_us = clock_monotonic_us(&scrapes->clock);

    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        if (now_us - scrapes->places[i].since_us > INT64_C(1000000) * SCRAPE_S_MAX) {
            end(&scrapes->places[i]);
        }
    }
}

void scrapes_done(struct scrapes *scrapes)
{
    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        end(&scrapes->places[i]);
    }
}
