/*
 * Purpose: phones that citizens ask from, what they want to be told, and which number is whose.
 * Kept in office/staff.h beside officers. Source: issue "Citizens", items 5, 6; decision 0063.
 *
 * A phone is one citizen's, and a citizen has one phone. Two officers bind it, or the citizen from
 * a session with a code that was sent to it (core/phones.c). Who has a number today proves it by
 * such a code: then it is no longer whoever's it was before. A binding ends by its date; whoever is
 * on the other end afterwards is nobody's.
 */
#ifndef DANCU_OFFICE_PHONE_H
#define DANCU_OFFICE_PHONE_H

#include "domain/country.h"
#include "gate/directory.h"

#define PHONE_PIN_DIGITS 6
#define PHONE_PIN_SALT_BYTES 8

struct phone {
    struct code_text code; /* hex of the blind tag of its number */
    uint32_t version;
    struct code_text number; /* as country_phone_get() writes it */
    struct code_text person; /* the citizen's personal number */
    int64_t bound_day;       /* UTC+7 */
    int64_t until_day;       /* the last on which it is the citizen's */
    bool confirmed;          /* by a code that was sent to it; else officers have bound it */
    bool has_pin;
    uint8_t pin_salt[PHONE_PIN_SALT_BYTES];
    uint8_t pin[SEAL_BLIND_BYTES]; /* blind tag of salt, phone and PIN */
    unsigned pin_misses;           /* since the last that was right; PIN_MISSES_MAX: blocked */
};

/* What a citizen wants to be told of looks at him (decision 0063). */
enum notice_pace { NOTICE_NEVER, NOTICE_AT_ONCE, NOTICE_DAILY, NOTICE_PACE_COUNT };
enum notice_way { NOTICE_BY_INBOX, NOTICE_BY_SMS, NOTICE_WAY_COUNT };
extern const struct words words_notice_pace;
extern const struct words words_notice_way;

struct notice_wish {
    struct code_text code; /* hex of the blind tag of the personal number */
    uint32_t version;
    struct code_text person;
    uint64_t key; /* of the person, in the registry */
    enum notice_pace pace;
    enum notice_way way;
};

/* The maps of these in office/staff.h. */
struct staff;
void phones_init(struct staff *staff);
void phones_done(struct staff *staff);

/* The code of what is kept about that number or person (enum blind_kind). */
void citizen_code(const struct directory *directory, uint8_t kind, struct view text,
                  struct code_text *ret_code);

/* The phone with that number, as country_phone_get() writes it, whosever it is: NULL when it is
 * nobody's on that day (UTC+7). */
const struct phone *staff_phone(const struct directory *directory, struct view number, int64_t day);
/* The citizen's own, likewise. */
const struct phone *staff_phone_of(const struct directory *directory, struct view person,
                                   int64_t day);
const struct notice_wish *staff_notice_wish(const struct directory *directory, struct view person);
const struct notice_wish *staff_notice_wish_by_key(const struct directory *directory, uint64_t key);

/* A PIN as it is kept: keyed, so that who has the home's files alone cannot try a million. */
void phone_pin_tag(const struct directory *directory, const struct phone *phone,
                   const uint8_t salt[PHONE_PIN_SALT_BYTES], struct view pin,
                   uint8_t ret_tag[SEAL_BLIND_BYTES]);
bool phone_pin_shaped(struct view pin);
enum pin_verdict { PIN_RIGHT, PIN_WRONG, PIN_BLOCKED, PIN_NOT_SET };
/* Pure: misses are counted by acts (core/phones.h). */
enum pin_verdict phone_pin_check(const struct directory *directory, const struct phone *phone,
                                 struct view pin);

#endif
