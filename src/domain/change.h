/*
 * Purpose: the changes that source systems send: their vocabularies, a set of them as it is signed,
 * and what one makes of a person. Pure. Source: issue "Every service", item 6; S2, S9; decision
 * 0051; docs/changes.md is the contract for who sends.
 *
 * A set, JSON: {"aud": the log's origin, "number": N, "changes": [{"kind", "id", "set"}, ...]}. A
 * change names a person by the number in force and says what members are from now on: those of an
 * import line (formats.md "Person") but for `locked`, which is the citizen's own. Numbers of sets
 * begin at 1 and have no gap.
 */
#ifndef DANCU_DOMAIN_CHANGE_H
#define DANCU_DOMAIN_CHANGE_H

#include "base/ceilings.h"
#include "domain/person.h"

/* clang-format off */
/* What a source system is: whose word it brings. Stored with every person: append. */
#define WORDS_SOURCE(ROW)                                                                          \
    ROW(REGISTRAR, "registrar")       /* the authority that keeps the register */                  \
    ROW(CIVIL_STATUS, "civil_status") /* births, marriages, deaths (S9) */                         \
    ROW(RESIDENCE, "residence")       /* registration of residence (S9) */                         \
    ROW(CARD, "card")                 /* issue of identity cards (S2) */                           \
    ROW(PROTECTION, "protection")     /* who decides on protected persons (U4) */

#define WORDS_CHANGE(ROW)                                                                          \
    ROW(BIRTH, "birth")                                                                            \
    ROW(CARD, "card_issued")                                                                       \
    ROW(MOVED, "moved")                                                                            \
    ROW(MARRIED, "married")                                                                        \
    ROW(DIED, "died")                                                                              \
    ROW(CORRECTED, "corrected")                                                                    \
    ROW(PROTECTED, "protected")

/* What became of one change. */
#define WORDS_CHANGE_RESULT(ROW)                                                                   \
    ROW(APPLIED, "applied")           /* a new version is there; `kept` names what it left */      \
    ROW(UNCHANGED, "unchanged")       /* it says what is there already */                          \
    ROW(OUTRANKED, "outranked")       /* all that it would change is of a source above */          \
    ROW(NOT_AUTHORISED, "not_authorised") /* such a change, or a member of it, is not its to send */ \
    ROW(NOT_FOUND, "not_found")       /* nobody has that number now */                             \
    ROW(ALREADY_THERE, "already_there") /* a birth under a number that is given */                 \
    ROW(NUMBER_TAKEN, "number_taken") /* the new number is, or was, another person's */            \
    ROW(CMND_TAKEN, "cmnd_taken")     /* likewise the CMND, in force */                            \
    ROW(TOO_LARGE, "too_large")       /* the person's record would be */

/* What became of a set. */
#define WORDS_SET_CODE(ROW)                                                                        \
    ROW(DONE, "done", 200)                                                                         \
    ROW(BAD_INPUT, "bad_input", 400)                                                               \
    ROW(SIGNATURE_INVALID, "signature_invalid", 401)                                               \
    ROW(NOT_YOURS, "not_yours", 403)                                                               \
    ROW(NUMBER_GAP, "number_gap", 409)                                                             \
    ROW(NUMBER_CONFLICT, "number_conflict", 409)                                                   \
    ROW(NUMBER_PAST, "number_past", 409)                                                           \
    ROW(UNAVAILABLE, "changes_unavailable", 503)
/* clang-format on */

enum source_kind {
#define ROW(name, text) SOURCE_##name,
    WORDS_SOURCE(ROW)
#undef ROW
        SOURCE_COUNT
};
enum change_kind {
#define ROW(name, text) CHANGE_##name,
    WORDS_CHANGE(ROW)
#undef ROW
        CHANGE_COUNT
};
enum change_result {
#define ROW(name, text) CHANGE_RESULT_##name,
    WORDS_CHANGE_RESULT(ROW)
#undef ROW
        CHANGE_RESULT_COUNT
};
enum set_code {
#define ROW(name, text, status) SET_CODE_##name,
    WORDS_SET_CODE(ROW)
#undef ROW
        SET_CODE_COUNT
};

/* What a change can set: the fields by their numbers, the two keys, the flag. */
enum change_member {
    MEMBER_ID = FIELD_COUNT,
    MEMBER_CMND,
    MEMBER_PROTECTED,
    MEMBER_COUNT,
};
_Static_assert(MEMBER_COUNT <= 32, "members fit a mask");
#define MEMBER_BIT(member) (UINT32_C(1) << (member))

extern const struct words words_source;
extern const struct words words_change;
extern const struct words words_change_result;
extern const struct words words_set_code;
extern const struct words words_member;

/* MEMBER_BIT() of what the two records of one person differ in: fields and numbers. Flags are not
 * looked at: neither that somebody is protected nor a lock of the register's is told by this. */
uint32_t change_members_between(const struct person_record *old, const struct person_record *now);

unsigned set_code_status(enum set_code code);
/* What a problem+json says, in the authority's languages. */
struct set_code_text {
    const char *title_vi;
    const char *detail_vi;
    const char *title_en;
    const char *detail_en;
};
const struct set_code_text *set_code_text(enum set_code code);

/* ---- The law of changes, as the policy in force has it ---- */

struct change_law {
    uint32_t members[CHANGE_COUNT];            /* that such a change may set */
    uint32_t sources[CHANGE_COUNT];            /* bit a source_kind: who may send it */
    uint8_t ranks[MEMBER_COUNT][SOURCE_COUNT]; /* 1 = highest; 0 = no say */
};
void change_law_put(const struct change_law *law, struct buf *buf);
void change_law_get(struct cursor *cursor, struct change_law *ret_law);

/* ---- A set ---- */

struct person_change {
    enum change_kind kind;
    struct view id;                   /* 12 digits: whom */
    uint32_t members;                 /* MEMBER_BIT() of what it sets */
    struct view values[MEMBER_COUNT]; /* canonical JSON */
};

/* A fault's place holds names of ours and numbers only; its reason is static text. */
struct change_fault {
    char pointer[CHANGE_POINTER_BYTES_MAX + 1];
    const char *reason;
};

struct change_set {
    uint64_t number;
    unsigned count;
    unsigned fault_count; /* of all; those beyond CHANGE_FAULTS_MAX are counted alone */
    struct change_fault faults[CHANGE_FAULTS_MAX];
    struct person_change changes[CHANGES_MAX];
};
#define CHANGE_SET_ARENA_BYTES (8u << 20)
/* FAULT_BAD_INPUT: the faults tell, all that fit. The values lie in the arena, which must hold
 * CHANGE_SET_ARENA_BYTES. `origin` is what `aud` must say. */
struct outcome change_set_read(struct view payload, struct view origin, struct arena *arena,
                               struct change_set *ret_set);

/* ---- What it makes of a person ---- */

/* Whose word a member's value is, and since when. */
struct change_origin {
    uint8_t of;     /* 0 = an import, else the source_kind + 1 */
    bool released;  /* an import has brought the same since: no source is held back by it */
    uint16_t day;   /* in Vietnam, days since 1970-01-01; 0 = not known */
    uint32_t chunk; /* whose act tells the rest; 0 = not known */
};
/* Who set each member last. */
struct change_origins {
    struct change_origin members[MEMBER_COUNT];
    /* Of what is being written now: members that change get them. */
    uint16_t day;
    uint32_t chunk;
};

struct change_made {
    enum change_result result;
    uint32_t kept; /* members that it left because a source above has set them */
};

/* Whether such a change, with these members, is the source's to send. */
bool change_authorised(const struct person_change *change, enum source_kind source,
                       const struct change_law *law);
/* The person as it is after a change that is authorised; `old` NULL: nobody was there. *ret_person
 * is in the arena, and NULL unless ret_done->result is CHANGE_RESULT_APPLIED. `line` is scratch.
 * Whether somebody is there, and whose numbers they are, is the caller's to look at.
 * FAULT_NO_MEMORY, FAULT_CORRUPT. */
struct outcome change_apply(const struct person_record *old, const struct person_change *change,
                            enum source_kind source, const struct change_law *law,
                            struct change_origins *origins, struct buf *line, struct arena *arena,
                            struct person **ret_person, struct change_made *ret_done);

/* ---- Where each member is from, as it is kept behind the record (decision 0069) ---- */

/* What an import makes of them: `old` NULL: nobody was there. */
void change_origins_import(const struct person_record *old, const struct person_record *imported,
                           struct change_origins *origins);
/* Appends u8 length and as many bytes, CHANGE_ORIGINS_BYTES_MAX at most. */
#define CHANGE_ORIGINS_BYTES_MAX (2 + 7 * MEMBER_COUNT + MEMBER_COUNT)
_Static_assert(CHANGE_ORIGINS_BYTES_MAX <= UINT8_MAX, "origins have a length of one byte");
void change_origins_put(const struct change_origins *origins, struct buf *buf);
/* What stands behind that length. Empty: an import's, of a day that is not known; likewise members
 * that were unknown then. FAULT_CORRUPT. */
struct outcome change_origins_get(struct view stored, struct change_origins *ret_origins);
/* Appends canonical JSON: of the fields of the mask, and of both numbers,
 * {"day","record","source"}; day and record (the chunk) are null where they are not known.
 * FAULT_CORRUPT. */
struct outcome change_origins_show(struct view stored, uint64_t mask, struct buf *ret_json);

#endif
