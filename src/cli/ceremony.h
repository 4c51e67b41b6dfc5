/*
 * Purpose: the sheet of the first officers, which `dancu init` and `dancu officer found` read: who
 * they are, their certificates and signing keys. Private to cli/.
 *
 * The sheet is JSON: [{"code": "LAN", "name": "...", "roles": ["security", "decide"],
 * "cert": "lan.pem", "key": "lan-sign.pub.pem"}, ...], two to eight of them. A path without
 * a leading slash begins at the sheet's folder. A key is a public one, PEM; nobody brings a private
 * one.
 */
#ifndef DANCU_CLI_CEREMONY_H
#define DANCU_CLI_CEREMONY_H

#include "base/bytes.h"

/* The value of the act officer.found's field. Complains itself on a failure. */
struct outcome ceremony_read(const char *path, struct buf *ret_officers);

#endif
