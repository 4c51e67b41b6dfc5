/*
 * The TLS contexts: files that do not hold what they should, and verdicts over time.
 */
#include "rig.h"

#include "channel/http/tls.h"
#include "rig_certs.h"

#include <sys/mman.h>

/* A descriptor with the bytes of others one after the other, then a text. */
static int joined(const int *fds, unsigned count, const char *text)
{
    int fd = memfd_create("joined", MFD_CLOEXEC);
    char bytes[8192];

    for (unsigned i = 0; i < count; i++) {
        ssize_t got = pread(fds[i], bytes, sizeof(bytes), 0);
        assert_true(got > 0);
        assert_int_equal(write(fd, bytes, (size_t)got), got);
    }
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static int text_fd(const char *text)
{
    return joined(NULL, 0, text);
}

struct good {
    int certificate;
    int key;
    int ca;
    int crl;
};

static struct good good_files(void)
{
    const struct rig_certs *certs = rig_certs();

    return (struct good){
        rig_certificate_fd(certs->server.certificate),
        rig_key_fd(certs->server.key),
        rig_certificate_fd(certs->ca.certificate),
        rig_crl_fd(certs->crl),
    };
}

static void close_files(struct good *good)
{
    close(good->certificate);
    close(good->key);
    close(good->ca);
    close(good->crl);
}

static struct outcome make(int certificate, int key, int ca, int crl)
{
    const struct tls_files files = {certificate, key, ca, crl};
    struct tls_context *context = NULL;

    TRY(tls_context_new(&files, &context));
    tls_context_free(context);
    return OUTCOME_OK;
}

static void good_files_make_a_context_with_and_without_clients(void **state)
{
    struct good good = good_files();
    int fds[] = {good.certificate, good.ca};
    int chain = joined(fds, 2, "");
    int cas = joined((int[]){good.ca, good.certificate}, 2, "some words after the last one\n");

    (void)state;
    assert_ok(make(good.certificate, good.key, -1, -1));
    assert_ok(make(good.certificate, good.key, good.ca, -1));
    assert_ok(make(good.certificate, good.key, good.ca, good.crl));
    assert_ok(make(chain, good.key, cas, good.crl));
    assert_ok(make(good.certificate, good.key, good.ca, good.crl)); /* read to the end, but again */
    close(chain);
    close(cas);
    close_files(&good);
}

static void files_that_hold_something_else_are_refused(void **state)
{
    struct good good = good_files();
    int empty = text_fd("");
    int junk = text_fd("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    int other_key = rig_key_fd(rig_certs()->clients[RIG_GOOD].key);
    int broken_chain = joined(&good.certificate, 1,
                              "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    int broken_crl =
        joined(&good.crl, 1, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");

    (void)state;
    assert_fault(make(empty, good.key, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(junk, good.key, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.key, good.key, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(broken_chain, good.key, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, empty, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, good.certificate, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, other_key, -1, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, good.key, empty, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, good.key, junk, -1), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, good.key, good.ca, empty), FAULT_BAD_INPUT);
    assert_fault(make(good.certificate, good.key, good.ca, broken_crl), FAULT_BAD_INPUT);
    assert_fault(make(1000, good.key, -1, -1), FAULT_IO);
    close(empty);
    close(junk);
    close(other_key);
    close(broken_chain);
    close(broken_crl);
    close_files(&good);
}

static struct outcome make_good(void *context)
{
    const struct good *good = context;

    return make(good->certificate, good->key, good->ca, good->crl);
}

static void want_of_memory_is_told(void **state)
{
    struct good good = good_files();

    (void)state;
    assert_true(each_allocation_fails(make_good, &good) >= 5);
    close_files(&good);
}

static void a_good_certificate_ends_while_its_connection_stands(void **state)
{
    struct tls_peer peer = {.verdict = TLS_VERDICT_GOOD, .not_after_us = 1000};

    (void)state;
    assert_int_equal(tls_peer_verdict(&peer, 1000), TLS_VERDICT_GOOD);
    assert_int_equal(tls_peer_verdict(&peer, 1001), TLS_VERDICT_EXPIRED);
    peer.verdict = TLS_VERDICT_REVOKED;
    assert_int_equal(tls_peer_verdict(&peer, 2000), TLS_VERDICT_REVOKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_make_a_context_with_and_without_clients),
        cmocka_unit_test(files_that_hold_something_else_are_refused),
        cmocka_unit_test(want_of_memory_is_told),
        cmocka_unit_test(a_good_certificate_ends_while_its_connection_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
