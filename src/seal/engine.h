/*
 * Purpose: the cipher of OpenSSL that calls without an owner need (salts), fetched once a thread;
 * private to seal/. Looking it up by name at each call costs more than an entry's salts.
 */
#ifndef DANCU_SEAL_ENGINE_H
#define DANCU_SEAL_ENGINE_H

#include <openssl/evp.h>

struct engine {
    EVP_CIPHER_CTX *stream; /* AES-256-CTR, without a key */
};

/* Never NULL: a process whose cryptography is broken ends here. */
struct engine *seal_engine(void);

#endif
