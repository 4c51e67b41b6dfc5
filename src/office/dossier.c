/*
 * A party's connection dossier and its states: what must be on file before its system may connect
 * (Circular 46/2022, Art. 6: security level 3, inspection before connection and again after any
 * change of design, undertakings), and the one table that moves a party.
 *
 * Invariants
 * 1. A party that is connected has a whole dossier: whatever makes it lacking moves the party on in
 *    the same act.
 * 2. Only the table moves a party; what stands not in it is refused.
 * 3. Nobody is connected or resumed on an inspection that has ended.
 */
#include "office/prepare.h"

#include <stdio.h>

/* ---- what must be on file ---- */

static bool lacks_basis(const struct party *party)
{
    return party->legal_basis.len == 0;
}

static bool lacks_level(const struct party *party)
{
    return party->security_level < SECURITY_LEVEL_MIN || party->security_decision.len == 0;
}

static bool lacks_inspection(const struct party *party)
{
    return party->inspection.result != INSPECTION_PASSED;
}

static bool lacks_undertaking(const struct party *party)
{
    return !party->undertaken;
}

static bool lacks_contacts(const struct party *party)
{
    for (enum party_contact contact = 0; contact < CONTACT_COUNT; contact++) {
        if (party->contacts[contact].len == 0) {
            return true;
        }
    }
    return false;
}

static bool (*const lacks[DOSSIER_ITEM_COUNT])(const struct party *party) = {
    [DOSSIER_LEGAL_BASIS] = lacks_basis,     [DOSSIER_SECURITY_LEVEL] = lacks_level,
    [DOSSIER_INSPECTION] = lacks_inspection, [DOSSIER_UNDERTAKING] = lacks_undertaking,
    [DOSSIER_CONTACTS] = lacks_contacts,
};

static const char *const item_names[] = {
    [DOSSIER_LEGAL_BASIS] = "legal_basis", [DOSSIER_SECURITY_LEVEL] = "security_level",
    [DOSSIER_INSPECTION] = "inspection",   [DOSSIER_UNDERTAKING] = "undertaking",
    [DOSSIER_CONTACTS] = "contacts",
};
const struct words words_dossier = {item_names, DOSSIER_ITEM_COUNT};

unsigned party_lacks(const struct party *party)
{
    unsigned items = 0;
    for (enum dossier_item item = 0; item < DOSSIER_ITEM_COUNT; item++) {
        items |= lacks[item](party) ? 1u << item : 0;
    }
    return items;
}

/* ---- states ---- */

/* Invariant 2. */
static const enum party_state party_next[PARTY_STATE_COUNT][PARTY_EVENT_COUNT] = {
#define NO PARTY_STATE_COUNT
    [PARTY_REGISTERED] =
        {
            [PARTY_EVENT_WHOLE] = PARTY_COMPLETE,
            [PARTY_EVENT_LACKING] = PARTY_REGISTERED,
            [PARTY_EVENT_CONNECT] = NO,
            [PARTY_EVENT_SUSPEND] = NO,
            [PARTY_EVENT_RESUME] = NO,
            [PARTY_EVENT_REDESIGN] = PARTY_REGISTERED,
            [PARTY_EVENT_LAPSE] = NO,
            [PARTY_EVENT_CLOSE] = PARTY_CLOSED,
        },
    [PARTY_COMPLETE] =
        {
            [PARTY_EVENT_WHOLE] = PARTY_COMPLETE,
            [PARTY_EVENT_LACKING] = PARTY_REGISTERED,
            [PARTY_EVENT_CONNECT] = PARTY_CONNECTED,
            [PARTY_EVENT_SUSPEND] = NO,
            [PARTY_EVENT_RESUME] = NO,
            [PARTY_EVENT_REDESIGN] = PARTY_REGISTERED,
            [PARTY_EVENT_LAPSE] = NO,
            [PARTY_EVENT_CLOSE] = PARTY_CLOSED,
        },
    [PARTY_CONNECTED] =
        {
            [PARTY_EVENT_WHOLE] = PARTY_CONNECTED,
            [PARTY_EVENT_LACKING] = PARTY_SUSPENDED,
            [PARTY_EVENT_CONNECT] = NO,
            [PARTY_EVENT_SUSPEND] = PARTY_SUSPENDED,
            [PARTY_EVENT_RESUME] = NO,
            [PARTY_EVENT_REDESIGN] = PARTY_REGISTERED,
            [PARTY_EVENT_LAPSE] = PARTY_SUSPENDED,
            [PARTY_EVENT_CLOSE] = PARTY_CLOSED,
        },
    /* A change of design does not take a suspension away: resuming looks at the dossier again. */
    [PARTY_SUSPENDED] =
        {
            [PARTY_EVENT_WHOLE] = PARTY_SUSPENDED,
            [PARTY_EVENT_LACKING] = PARTY_SUSPENDED,
            [PARTY_EVENT_CONNECT] = NO,
            [PARTY_EVENT_SUSPEND] = NO,
            [PARTY_EVENT_RESUME] = PARTY_CONNECTED,
            [PARTY_EVENT_REDESIGN] = PARTY_SUSPENDED,
            [PARTY_EVENT_LAPSE] = NO,
            [PARTY_EVENT_CLOSE] = PARTY_CLOSED,
        },
    [PARTY_CLOSED] = {NO, NO, NO, NO, NO, NO, NO, NO},
#undef NO
};

enum party_state office_party_next(enum party_state state, enum party_event event)
{
    if ((unsigned)state >= PARTY_STATE_COUNT || (unsigned)event >= PARTY_EVENT_COUNT) {
        return PARTY_STATE_COUNT;
    }
    return party_next[state][event];
}

static struct outcome move(struct preparing *here, struct party *party, enum party_event event)
{
    enum party_state next = office_party_next(party->state, event);
    if (next == PARTY_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the party's state does not allow this");
    }
    party->state = next;
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome settle(struct preparing *here, struct party *party)
{
    return move(here, party, party_lacks(party) == 0 ? PARTY_EVENT_WHOLE : PARTY_EVENT_LACKING);
}

/* Invariant 3. */
static struct outcome look_whole(struct preparing *here, const struct party *party)
{
    unsigned lacking = party_lacks(party);
    if (lacking != 0) {
        char why[120];
        snprintf(why, sizeof(why), "the connection dossier lacks: %s",
                 words_name(&words_dossier, (unsigned)__builtin_ctz(lacking)));
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    if (inspection_ageing(&party->inspection, here->today) >= AGEING_LAPSED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the party's inspection has ended");
    }
    return OUTCOME_OK;
}

/* ---- acts ---- */

static struct outcome edit_party(struct preparing *here, struct party **ret_party)
{
    struct party *old = NULL;
    TRY(prepare_find(here, OBJECT_PARTY, "code", &old));
    return prepare_edit(here, OBJECT_PARTY, old, ret_party);
}

static struct outcome set_level(struct preparing *here, struct party *party)
{
    uint64_t level = act_number(here->act, "level", party->security_level);
    if (level > SECURITY_LEVEL_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "level: 1 to 5");
    }
    party->security_level = (unsigned)level;
    return OUTCOME_OK;
}

static struct outcome set_undertaking(struct preparing *here, struct party *party)
{
    struct view hash = act_value(here->act, "undertaking");
    if (hash.len == 0) {
        return OUTCOME_OK;
    }
    party->undertaken = true;
    return hex_get(hash, party->undertaking, sizeof(party->undertaking));
}

static struct outcome set_texts(struct preparing *here, struct party *party)
{
    const struct {
        const char *field;
        struct long_text *text;
    } texts[] = {
        {"level-decision", &party->security_decision},
        {"contact", &party->contacts[CONTACT_RESPONSIBLE]},
        {"security-contact", &party->contacts[CONTACT_SECURITY]},
        {"instrument", &party->instrument},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct view value = act_value(here->act, texts[i].field);
        if (value.len > 0) {
            TRY(long_set(texts[i].text, value));
        }
    }
    return OUTCOME_OK;
}

/* What the act names is put on file; the rest stays. */
struct outcome prepare_party_dossier(struct preparing *here)
{
    struct party *party = NULL;
    TRY(edit_party(here, &party));
    TRY(party_describe(here, party));
    TRY(set_level(here, party));
    TRY(set_undertaking(here, party));
    TRY(set_texts(here, party));
    return settle(here, party);
}

struct outcome prepare_party_inspection(struct preparing *here)
{
    const struct act *act = here->act;
    struct party *party = NULL;
    TRY(edit_party(here, &party));
    struct inspection inspection = {
        .result = INSPECTION_PASSED + act_word(act, "result"),
        .day = act_day(act, "day", 0),
        .until_day = act_day(act, "until", act_day(act, "day", 0)),
    };
    if (inspection.day > here->today) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the inspection's day has not come yet");
    }
    if (inspection.until_day < inspection.day ||
        inspection.until_day > inspection.day + INSPECTION_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`until` is before `day`, or further than an inspection is good");
    }
    if (act_value(act, "report").len > 0) {
        TRY(hex_get(act_value(act, "report"), inspection.report, sizeof(inspection.report)));
    }
    party->inspection = inspection;
    return settle(here, party);
}

static const enum party_event event_of[ACT_KIND_COUNT] = {
    [ACT_PARTY_CONNECT] = PARTY_EVENT_CONNECT,   [ACT_PARTY_SUSPEND] = PARTY_EVENT_SUSPEND,
    [ACT_PARTY_RESUME] = PARTY_EVENT_RESUME,     [ACT_PARTY_CLOSE] = PARTY_EVENT_CLOSE,
    [ACT_PARTY_REDESIGN] = PARTY_EVENT_REDESIGN,
};

struct outcome prepare_party_move(struct preparing *here)
{
    enum party_event event = event_of[here->act->kind];
    struct party *party = NULL;
    TRY(edit_party(here, &party));
    TRY(move(here, party, event));
    if (event == PARTY_EVENT_REDESIGN) {
        party->inspection = (struct inspection){0}; /* it was of another design */
    }
    return party->state == PARTY_CONNECTED ? look_whole(here, party) : OUTCOME_OK;
}

/* The act of a date. It names the inspection that ended: a later one is not meant by it. */
struct outcome prepare_party_lapse(struct preparing *here)
{
    struct party *party = NULL;
    TRY(edit_party(here, &party));
    if (party->inspection.until_day != act_day(here->act, "until", 0) ||
        inspection_ageing(&party->inspection, here->today) != AGEING_OVER) {
        return prepare_refuse(here, FAULT_CONFLICT, "the party's inspection is not over");
    }
    return move(here, party, PARTY_EVENT_LAPSE);
}
