/*
 * Purpose: the key by which letters are signed, from the keys' folder. Private to core/.
 */
#ifndef DANCU_CORE_LETTER_KEY_H
#define DANCU_CORE_LETTER_KEY_H

#include "seal/cms.h"

/* Before the rights are dropped. NULL: there is no key, and no letter can be signed. A failure is
 * told in the log: a key that is there and cannot be used is nobody's wish. */
struct outcome letter_key_read(int keys_fd, struct cms_signer **ret_signer);

#endif
