/* A connection outwards: plain and TLS, whose certificate is believed, and every way in which one
 * ends. The other end is in the test's own hands. */
#include "help.h"

#include "channel/dialed/dialed.h"
#include "proc/peer.h"
#include "rig_certs.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>

#define TURNS_MAX 200

struct world {
    struct child child;
    int control; /* the supervisor's end */
    int far;     /* the server's */
    struct dialed dialed;
    struct dialed_tls *tls;
    SSL_CTX *context;
    SSL *ssl;
};

static const struct proc_row row = {.dials = 1u << DIAL_MESSAGE_CENTRE};

static struct view ca_pem(const struct rig_identity *issuer, struct buf *ret_pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    assert_int_equal(PEM_write_bio_X509(bio, issuer->certificate), 1);
    long len = BIO_get_mem_data(bio, &data);
    buf_put(ret_pem, data, (size_t)len);
    BIO_free(bio);
    return buf_view(ret_pem);
}

/* Asked for and given: connecting. */
static void world_init(struct world *world, const char *name, const struct rig_identity *issuer)
{
    int ends[2];
    int control[2];
    struct proc_peer peer;
    BUF_AUTO pem;
    buf_init(&pem, 8192);
    *world = (struct world){.far = -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, control), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    world->child = (struct child){.row = &row, .control_fd = control[1]};
    world->control = control[0];
    world->far = ends[0];
    if (name != NULL) {
        assert_ok(dialed_tls_new(name, ca_pem(issuer, &pem), &world->tls));
    }
    dialed_init(&world->dialed, &world->child, DIAL_MESSAGE_CENTRE, world->tls);
    assert_ok(dialed_ask(&world->dialed));
    assert_ok(peer_send(world->control, PROC_DIALED, DIAL_MESSAGE_CENTRE, ends[1]));
    close(ends[1]);
    assert_ok(proc_receive_peer(world->child.control_fd, &peer));
    assert_ok(dialed_given(&world->dialed, peer.fd));
    assert_int_equal(world->dialed.state, DIALED_CONNECTING);
}

static void serve_tls(struct world *world, const struct rig_identity *server)
{
    world->context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(world->context, server->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(world->context, server->key), 1);
    world->ssl = SSL_new(world->context);
    assert_int_equal(SSL_set_fd(world->ssl, world->far), 1);
    SSL_set_accept_state(world->ssl);
}

static void world_done(struct world *world)
{
    dialed_done(&world->dialed);
    dialed_tls_free(world->tls);
    SSL_free(world->ssl);
    SSL_CTX_free(world->context);
    if (world->far >= 0) {
        close(world->far);
    }
    close(world->control);
    close(world->child.control_fd);
}

/* One turn of the process's loop. */
static struct outcome turn(struct world *world)
{
    struct pollfd poll_fd = {.fd = world->dialed.fd, .events = dialed_events(&world->dialed, true)};
    assert_true(poll(&poll_fd, 1, 0) >= 0);
    return poll_fd.revents == 0 ? OUTCOME_OK : dialed_hear(&world->dialed, poll_fd.revents);
}

/* Both sides in turn, until the connection is open or has failed. */
static struct outcome shake(struct world *world)
{
    for (unsigned i = 0; i < TURNS_MAX && world->dialed.state != DIALED_OPEN; i++) {
        TRY(turn(world));
        (void)SSL_do_handshake(world->ssl);
        ERR_clear_error();
    }
    return OUTCOME_OK;
}

static void a_plain_connection_carries_bytes_both_ways(void **state)
{
    (void)state;
    struct world world;
    char bytes[16] = {0};
    world_init(&world, NULL, NULL);
    buf_put_text(&world.dialed.out, "hello"); /* before it is open: it waits */
    assert_ok(turn(&world));
    assert_int_equal(world.dialed.state, DIALED_OPEN);
    assert_int_equal(read(world.far, bytes, sizeof(bytes)), 5);
    assert_string_equal(bytes, "hello");
    assert_int_equal(write(world.far, "world", 5), 5);
    assert_ok(turn(&world));
    assert_view(buf_view(&world.dialed.in), "world");
    close(world.far);
    world.far = -1;
    assert_fault(turn(&world), FAULT_CLOSED);
    world_done(&world);
}

static void a_certificate_under_the_configured_name_is_believed(void **state)
{
    (void)state;
    static const char *const names[] = {"localhost", "127.0.0.1"};
    for (unsigned i = 0; i < 2; i++) {
        struct world world;
        char bytes[16] = {0};
        world_init(&world, names[i], &rig_certs()->ca);
        serve_tls(&world, &rig_certs()->server);
        buf_put_text(&world.dialed.out, "secret");
        assert_ok(shake(&world));
        assert_int_equal(world.dialed.state, DIALED_OPEN);
        assert_ok(dialed_flush(&world.dialed));
        assert_int_equal(SSL_read(world.ssl, bytes, sizeof(bytes)), 6);
        assert_string_equal(bytes, "secret");
        assert_int_equal(SSL_write(world.ssl, "reply", 5), 5);
        assert_ok(turn(&world));
        assert_view(buf_view(&world.dialed.in), "reply");
        world_done(&world);
    }
}

/* Nothing was handed out, and nothing of ours has left. */
static void refuse(const char *name, const struct rig_identity *issuer,
                   const struct rig_identity *server)
{
    struct world world;
    char byte = 0;
    world_init(&world, name, issuer);
    serve_tls(&world, server);
    buf_put_text(&world.dialed.out, "secret");
    assert_fault(shake(&world), FAULT_CRYPTO);
    assert_int_not_equal(world.dialed.state, DIALED_OPEN);
    assert_int_equal(world.dialed.out.len, 6);
    assert_true(SSL_read(world.ssl, &byte, 1) <= 0);
    ERR_clear_error();
    world_done(&world);
}

static void another_name_another_authority_and_a_certificate_that_is_over_are_refused(void **state)
{
    (void)state;
    const struct rig_certs *certs = rig_certs();
    refuse("elsewhere.example", &certs->ca, &certs->server);
    refuse("127.0.0.2", &certs->ca, &certs->server);
    refuse("localhost", &certs->clients[RIG_UNTRUSTED], &certs->server); /* it issued nothing */
    refuse("localhost", &certs->ca, &certs->clients[RIG_EXPIRED]);
}

static void an_ask_without_a_connection_can_be_put_again(void **state)
{
    (void)state;
    struct world world;
    struct proc_peer peer;
    world_init(&world, NULL, NULL);
    dialed_close(&world.dialed);
    assert_int_equal(world.dialed.state, DIALED_CLOSED);
    assert_int_equal(dialed_events(&world.dialed, true), 0);
    assert_ok(dialed_ask(&world.dialed));
    assert_ok(peer_send(world.control, PROC_DIALED, DIAL_MESSAGE_CENTRE, -1));
    assert_ok(proc_receive_peer(world.child.control_fd, &peer));
    assert_fault(dialed_given(&world.dialed, peer.fd), FAULT_NOT_FOUND);
    assert_int_equal(world.dialed.state, DIALED_CLOSED);
    world_done(&world);
}

static void who_does_not_take_what_comes_is_not_read_beyond_the_ceiling(void **state)
{
    (void)state;
    static char block[4096];
    struct world world;
    world_init(&world, NULL, NULL);
    for (unsigned i = 0; i < 4 * DIALED_IN_BYTES_MAX / sizeof(block); i++) {
        (void)!write(world.far, block, sizeof(block));
        assert_ok(turn(&world));
    }
    assert_true(world.dialed.in.len <= DIALED_IN_BYTES_MAX);
    world_done(&world);
}

static void tls_without_a_name_or_an_authority_is_refused(void **state)
{
    (void)state;
    struct dialed_tls *tls = NULL;
    assert_fault(dialed_tls_new("", VIEW_LITERAL("x"), &tls), FAULT_BAD_INPUT);
    assert_fault(dialed_tls_new("localhost", VIEW_LITERAL("no certificate"), &tls),
                 FAULT_BAD_INPUT);
    assert_null(tls);
    dialed_tls_free(NULL);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* as in every child */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_connection_carries_bytes_both_ways),
        cmocka_unit_test(a_certificate_under_the_configured_name_is_believed),
        cmocka_unit_test(another_name_another_authority_and_a_certificate_that_is_over_are_refused),
        cmocka_unit_test(an_ask_without_a_connection_can_be_put_again),
        cmocka_unit_test(who_does_not_take_what_comes_is_not_read_beyond_the_ceiling),
        cmocka_unit_test(tls_without_a_name_or_an_authority_is_refused),
    };
    return cmocka_run_group_tests_name("channel/dialed", tests, NULL, NULL);
}
