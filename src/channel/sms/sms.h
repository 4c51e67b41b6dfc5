/*
 * Purpose: the process `sms`: speaks SMPP 3.4 to the message centre, as one transceiver, and knows
 * nobody: which phone is whose, and what is answered, the core knows. Owner: its row in
 * cli/serve.c; it runs where a centre is configured. Source: clause S7; decision 0062.
 */
#ifndef DANCU_CHANNEL_SMS_H
#define DANCU_CHANNEL_SMS_H

#include "proc/proc.h"

int sms_prepare(struct child *child);
int sms_main(struct child *child);

#endif
