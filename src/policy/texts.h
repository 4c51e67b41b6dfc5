/*
 * Purpose: what is sent to phones, in words (messages.yaml): one row a text, with places that are
 * filled, and the fields that a citizen is told of himself by SMS. Source: clause S7; issue
 * "Citizens", items 5 to 7.
 *
 * A policy on file may be older than this table: then it has no texts, and nothing is sent.
 */
#ifndef DANCU_POLICY_TEXTS_H
#define DANCU_POLICY_TEXTS_H

#include "policy/policy.h"

/* Each with its word in the file and the places that it may have. */
#define POLICY_SMS_TEXTS(ROW)                                                                      \
    ROW(VIEW, "view", "lines") /* DC TT */                                                         \
    ROW(VIEW_LINE, "view_line", "label value")                                                     \
    ROW(HISTORY, "history", "rows count") /* DC LS */                                              \
    ROW(HISTORY_ROW, "history_row", "time party service")                                          \
    ROW(HISTORY_NONE, "history_none", "")                                                          \
    ROW(NOBODY, "nobody", "") /* whatever is not the sender's own */                               \
    ROW(LOCKED, "locked", "")                                                                      \
    ROW(UNLOCKED, "unlocked", "")                                                                  \
    ROW(LOCK_OFF, "lock_off", "") /* the law is not in force */                                    \
    ROW(LETTER_GENUINE, "letter_genuine", "number office day")                                     \
    ROW(LETTER_ENDED, "letter_ended", "number") /* superseded, or withdrawn */                     \
    ROW(LETTER_UNKNOWN, "letter_unknown", "")                                                      \
    ROW(HELP, "help", "")                                                                          \
    ROW(SYNTAX, "syntax", "") /* it was understood by nobody */                                    \
    ROW(PIN_WRONG, "pin_wrong", "")                                                                \
    ROW(PIN_BLOCKED, "pin_blocked", "")                                                            \
    ROW(PIN_NOT_SET, "pin_not_set", "")                                                            \
    ROW(LATER, "later", "")                                                                        \
    ROW(CODE, "code", "code minutes") /* proves who has a phone */                                 \
    ROW(BOUND, "bound", "")           /* to a phone that officers have bound */                    \
    ROW(NOTICE, "notice", "")                                                                      \
    ROW(NEWS, "news", "")

#define ROW(name, text, places) POLICY_SMS_##name,
enum policy_sms_text { POLICY_SMS_TEXTS(ROW) POLICY_SMS_COUNT };
#undef ROW
extern const struct words policy_words_sms_text;

struct policy_sms_value {
    const char *place;
    struct view value;
};
/* Appends the text with its places filled; one that has no value is left empty. False: there is no
 * such text (or no policy), and nothing was appended. */
bool policy_sms_text_put(const struct policy *policy, enum policy_sms_text text,
                         const struct policy_sms_value *values, unsigned count, struct buf *out);
/* It is older than its texts. */
bool policy_lacks_messages(const struct policy *policy);
/* What `DC TT` tells, a bit a field; 0: the policy does not say. */
uint64_t policy_sms_fields(const struct policy *policy);

#endif
