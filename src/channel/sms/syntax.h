/*
 * Purpose: what a message says: which command, what stands after it, and whose number. Pure.
 * Private to channel/sms/. Source: issue "Citizens", item 7: upper and lower case, with accents and
 * without, are alike.
 */
#ifndef DANCU_CHANNEL_SMS_SYNTAX_H
#define DANCU_CHANNEL_SMS_SYNTAX_H

#include "channel/sms/settings.h"

struct sms_command {
    enum texting_verb verb;
    struct view rest;   /* after the command, without blanks around it; SMS_REST_BYTES_MAX at most,
                           whole characters */
    struct view number; /* the first personal number anywhere in the text; empty: there is none */
};

/* `text` is UTF-8; the views borrow from it. */
void sms_syntax_read(const struct sms_syntax *syntax, struct view text,
                     struct sms_command *ret_command);

#endif
