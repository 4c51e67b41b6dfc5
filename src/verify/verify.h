/*
 * Purpose: the process `verify`: between the desk, which talks with the world, and the core, which
 * parses nothing. It reads a signed act (JWS), verifies the signature over its exact bytes, reads
 * the payload and passes on what it says. It holds public keys only and has no file and no
 * listener. Source: design.md section 2, invariant I11; decision 0030.
 *
 * A desk that is taken can send anything and gets nothing stamped that was not signed; one that
 * floods keeps this process busy: of what nobody has signed the core hears two hashes, which cost
 * it nothing but a record at a rate (office/signed.c).
 */
#ifndef DANCU_VERIFY_VERIFY_H
#define DANCU_VERIFY_VERIFY_H

#include "proc/proc.h"

/* Main of the row `verify`. */
int verify_main(struct child *child);

#endif
