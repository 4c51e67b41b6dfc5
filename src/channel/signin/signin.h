/*
 * Purpose: the process `signin`: it speaks OpenID Connect with the portals' providers, one outgoing
 * connection at a time each, and hands ID tokens to `verify` as they came (I4, I11; decision 0064).
 * It opens no session, and has no secret of a browser's: of each sign-in it knows a hash.
 *
 * Its folder (`dancu serve --signin DIR`) has for a portal `CHANNEL.key`, our client key there
 * (PEM, P-256, mode 0600), and `CHANNEL-ca.pem`, behind whose certificates that provider's server
 * must stand. A portal without them has no sign-in.
 */
#ifndef DANCU_CHANNEL_SIGNIN_SIGNIN_H
#define DANCU_CHANNEL_SIGNIN_SIGNIN_H

#include "proc/proc.h"

/* Reads keys and authorities, before the rights are dropped. */
int signin_prepare(struct child *child);
int signin_main(struct child *child);

#endif
