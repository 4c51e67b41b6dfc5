/*
 * Purpose: what citizens do with phones, PINs, notices and their inbox over a session: verbs of
 * core/citizens.h, and the PIN of a phone that writes. Private to core/. Source: issue "Citizens",
 * items 5, 6; decision 0063.
 *
 * A citizen binds a phone by a code that is sent to it. Codes are kept in memory alone: after a
 * restart one is asked for again.
 */
#ifndef DANCU_CORE_PHONES_H
#define DANCU_CORE_PHONES_H

#include "core/citizens.h"
#include "office/phone.h"

#define PHONE_CODE_DIGITS 6

/* A code that was asked for; it counts a day against PHONE_CODES_A_DAY_MAX. */
struct phone_code {
    int64_t asked_us; /* monotonic; 0: a free place */
    char citizen[PERSONAL_NUMBER_BYTES];
    char phone[COUNTRY_PHONE_DIGITS];
    char digits[PHONE_CODE_DIGITS];
    uint8_t tries; /* that are left; 0: it is used, or another has taken its place */
};
struct phones {
    struct phone_code codes[PHONE_CODES_MAX]; /* a ring: the oldest is the next to go */
    unsigned next;
};

/* What is his: {"notices":{"pace":...,"way":...},"phone":null or {"confirmed":...,"number":masked,
 * "pin":...,"until":...}}. The acts below answer with it, too. */
own_handler phones_show;
/* {"phone":...}: sends a code there, whosever the phone is, and says nothing of that. */
own_handler phones_bind;
/* {"code":...}: it is his from then on, and no longer another's. */
own_handler phones_confirm;
own_handler phones_release;
/* {"pin":...}: six digits, for KHOA and MO from the phone. */
own_handler phones_pin_set;
/* {"pace":"never"|"at_once"|"daily","way":"inbox"|"sms"}. */
own_handler phones_notices;
own_handler phones_inbox;
/* {"id":...}. */
own_handler phones_inbox_remove;

/* Of a message that came from the phone: checks the PIN and records what has become of its misses;
 * after PHONE_PIN_MISSES_MAX in a row it is blocked, right or wrong, until the citizen sets another
 * over a session. What cannot be recorded is not tried: FAULT_NO_SPACE, and others that core
 * survives. */
struct outcome phones_pin(struct core *core, const struct own_asker *asker,
                          const struct phone *phone, struct view pin,
                          enum pin_verdict *ret_verdict);

/* Its last three digits; the others are stars. */
void phones_mask(struct view number, char ret_masked[COUNTRY_PHONE_DIGITS + 1]);

#endif
