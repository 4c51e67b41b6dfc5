/*
 * Gives h2load, which takes no client certificate, one: every TLS context that it makes gets the
 * certificate and key of DANCU_CERT and DANCU_KEY. LD_PRELOAD it.
 */
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    SSL_CTX *(*real)(const SSL_METHOD *) =
        (SSL_CTX * (*)(const SSL_METHOD *)) dlsym(RTLD_NEXT, "SSL_CTX_new");
    SSL_CTX *context = real(method);
    const char *cert = getenv("DANCU_CERT");
    const char *key = getenv("DANCU_KEY");
    if (context != NULL && cert != NULL && key != NULL &&
        (SSL_CTX_use_certificate_chain_file(context, cert) != 1 ||
         SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)) {
        fputs("preload: the client certificate cannot be used\n", stderr);
        exit(1);
    }
    return context;
}
