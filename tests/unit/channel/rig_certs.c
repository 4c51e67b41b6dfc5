/*
 * Certificates for the rig.
 */
#include "rig_certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>

#define DAY_S 86400

static EVP_PKEY *make_key(enum rig_client kind)
{
    EVP_PKEY *key = kind == RIG_RSA       ? EVP_RSA_gen(2048)
                    : kind == RIG_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                    : kind == RIG_WEAK    ? EVP_EC_gen("P-384")
                                          : EVP_EC_gen("P-256");
    assert_non_null(key);
    return key;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name, long serial,
                              const struct rig_identity *ca, long from_s, long until_s)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);

    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_pubkey(certificate, key);
    X509 *issuer = ca == NULL ? certificate : ca->certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    add_extension(certificate, issuer, NID_basic_constraints,
                  ca == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (ca == NULL) {
        add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        add_extension(certificate, issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    }
    EVP_PKEY *signer = ca == NULL ? key : ca->key;
    assert_true(X509_sign(certificate, signer, EVP_sha256()) > 0);
    return certificate;
}

static X509_CRL *make_crl(const struct rig_identity *ca, X509 *revoked, long until_s)
{
    X509_CRL *crl = X509_CRL_new();
    X509_REVOKED *row = X509_REVOKED_new();
    ASN1_TIME *from = ASN1_TIME_adj(NULL, time(NULL), -2, 0);
    ASN1_TIME *until = ASN1_TIME_adj(NULL, time(NULL) + until_s, 0, 0);

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->certificate));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, until);
    X509_REVOKED_set_serialNumber(row, X509_get_serialNumber(revoked));
    X509_REVOKED_set_revocationDate(row, from);
    X509_CRL_add0_revoked(crl, row);
    assert_true(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return crl;
}

static void make_all(struct rig_certs *certs)
{
    static const char *const names[RIG_CLIENT_COUNT] = {
        "", "good", "rsa", "ed25519", "untrusted", "expired", "revoked", "weak",
    };
    struct rig_identity other = {.key = make_key(RIG_GOOD)};

    certs->ca.key = make_key(RIG_GOOD);
    certs->ca.certificate = make_certificate(certs->ca.key, "ca", 1, NULL, -DAY_S, DAY_S);
    other.certificate = make_certificate(other.key, "other ca", 1, NULL, -DAY_S, DAY_S);
    certs->server.key = make_key(RIG_GOOD);
    certs->server.certificate =
        make_certificate(certs->server.key, "localhost", 2, &certs->ca, -DAY_S, DAY_S);
    for (int kind = RIG_GOOD; kind < RIG_CLIENT_COUNT; kind++) {
        struct rig_identity *client = &certs->clients[kind];
        client->key = make_key((enum rig_client)kind);
        client->certificate = make_certificate(client->key, names[kind], 10 + kind,
                                               kind == RIG_UNTRUSTED ? &other : &certs->ca,
                                               -2 * DAY_S, kind == RIG_EXPIRED ? -DAY_S : DAY_S);
    }
    certs->crl = make_crl(&certs->ca, certs->clients[RIG_REVOKED].certificate, DAY_S);
    certs->stale_crl = make_crl(&certs->ca, certs->clients[RIG_REVOKED].certificate, -DAY_S);
    X509_free(other.certificate);
    EVP_PKEY_free(other.key);
}

const struct rig_certs *rig_certs(void)
{
    static struct rig_certs certs; /* lives as long as the tests */

    if (certs.crl == NULL) {
        make_all(&certs);
    }
    return &certs;
}

static int fd_of(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    int fd = memfd_create("pem", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    BIO_free(bio);
    return fd;
}

int rig_certificate_fd(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    return fd_of(bio);
}

int rig_key_fd(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    return fd_of(bio);
}

int rig_crl_fd(X509_CRL *crl)
{
    BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
    return fd_of(bio);
}
