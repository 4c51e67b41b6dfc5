/*
 * Purpose: parties, accounts, businesses and policies as stored objects. Private to office/.
 * An object's bytes start with a version; decoding checks all of it.
 */
#ifndef DANCU_OFFICE_OBJECT_H
#define DANCU_OFFICE_OBJECT_H

#include "gate/directory.h"

enum object_kind {
    OBJECT_PARTY = 1,
    OBJECT_ACCOUNT = 2,
    OBJECT_BUSINESS = 3,
    OBJECT_POLICY = 4,         /* code = hash; content = the files as published */
    OBJECT_POLICY_CURRENT = 5, /* code = "current"; content = hash */
    OBJECT_CHUNK_LAST = 6,     /* code = "last"; content = number u64, hash of 32 bytes */
};

void party_put(const struct party *party, struct buf *buf);
struct outcome party_get(struct view bytes, struct party *ret_party);
void account_put(const struct account *account, struct buf *buf);
/* The party is named by code and must be in the directory. */
struct outcome account_get(const struct directory *directory, struct view bytes,
                           struct account *ret_account);
void business_put(const struct business *business, struct buf *buf);
struct outcome business_get(const struct directory *directory, struct view bytes,
                            struct business *ret_business);

#endif
