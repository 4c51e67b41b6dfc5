/*
 * Purpose: how the process `sms` is set up: files of one folder, read before rights are dropped.
 * sms.yaml says how the message centre is spoken to and what citizens write; the password stands in
 * a file of its own. Its address is no setting of this process (proc/dial.h). Private to
 * channel/sms/.
 *
 *   centre: {system_id: dancu, password: password, system_type: "", tls_name: smsc.example,
 *            tls_ca: ca.pem}       the last three may be left out; a name and its CA go together
 *   number: "1414"                 to which citizens write, and from which they are answered
 *   window: "16"                   submitted and not confirmed; at most SMS_WINDOW_MAX
 *   per_second: "50"               submitted in a second, at most
 *   accents: "no"                  yes: sent as written, in UCS-2 where need be
 *   syntax: {prefix: DC, view: TT, history: LS, lock: KHOA, unlock: MO, check: XN, help: HD}
 */
#ifndef DANCU_CHANNEL_SMS_SETTINGS_H
#define DANCU_CHANNEL_SMS_SETTINGS_H

#include "base/ceilings.h"
#include "channel/dialed/dialed.h"
#include "policy/policy.h"
#include "proc/texting.h"

#define SETTINGS_WINDOW_USUAL 16
#define SETTINGS_PER_SECOND_USUAL 50
#define SETTINGS_PER_SECOND_MAX 10000

struct sms_word {
    size_t len;
    char text[SMS_WORD_BYTES_MAX]; /* folded: upper case, without accents */
};

/* What citizens write. */
struct sms_syntax {
    struct sms_word prefix;
    struct sms_word verbs[TEXTING_VERB_COUNT]; /* of TEXTING_UNKNOWN none */
};

struct sms_settings {
    char system_id[SMPP_SYSTEM_ID_BYTES_MAX + 1];
    char password[SMPP_PASSWORD_BYTES_MAX + 1];
    char system_type[SMPP_SYSTEM_TYPE_BYTES_MAX + 1];
    char number[SMPP_ADDRESS_BYTES_MAX + 1];
    unsigned window;
    unsigned per_second;
    bool accents;
    struct sms_syntax syntax;
    struct dialed_tls *tls; /* NULL: plain */
};

/* FAULT_BAD_INPUT with what and where in *ret_error. */
struct outcome sms_settings_read(int folder_fd, struct sms_settings *ret_settings,
                                 struct policy_error *ret_error);
void sms_settings_done(struct sms_settings *settings); /* wipes */

#endif
