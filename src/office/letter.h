/*
 * Purpose: letters: what answers a case on paper or as a file, the register that numbers them, and
 * what whoever holds a copy may know of it. Kept in office/staff.h beside cases. Source: issue
 * "Written requests", items 3, 4, 6; Decree 30/2020/ND-CP, Art. 15; decision 0056.
 *
 * A letter is ordered, numbered, and then made copy by copy: each has a code of its own, is drawn,
 * signed and kept, so that a copy that leaks says whose it was. A number is never taken back: one
 * that will have no letter is void, by a record.
 */
#ifndef DANCU_OFFICE_LETTER_H
#define DANCU_OFFICE_LETTER_H

#include "domain/letter_code.h"
#include "office/case.h"

#define LETTER_CHECK_PATH "/letters" /* on the public listener: whoever holds one asks there */

enum letter_state {
    LETTER_ORDERED,
    LETTER_NUMBERED,  /* its copies are being made */
    LETTER_SIGNED,    /* all of them are there */
    LETTER_DELIVERED, /* one of them was */
    LETTER_REPLACED,  /* another is in its place */
    LETTER_WITHDRAWN, /* it is taken back; another may come in its place */
    LETTER_VOID,      /* there will be no such letter */
    LETTER_STATE_COUNT
};
enum letter_event {
    LETTER_EVENT_NUMBER,
    LETTER_EVENT_SIGN,  /* the last of its copies is there */
    LETTER_EVENT_HOLD,  /* it cannot be made as things are */
    LETTER_EVENT_RETRY, /* an officer has it tried again */
    LETTER_EVENT_VOID,
    LETTER_EVENT_DELIVER,
    LETTER_EVENT_REPLACE, /* the letter in its place is there */
    LETTER_EVENT_WITHDRAW,
    LETTER_EVENT_COUNT
};
/* LETTER_STATE_COUNT: not allowed. */
enum letter_state office_letter_next(enum letter_state state, enum letter_event event);

/* How a copy gets to its recipient. */
enum letter_way {
    LETTER_BY_HAND, /* against a signature */
    LETTER_BY_POST,
    LETTER_BY_PORTAL,
    LETTER_WAY_COUNT
};
extern const struct words words_letter_state;
extern const struct words words_letter_way;

struct letter;

/* One copy. Its number, from 1, is its place. */
struct letter_copy {
    uint8_t code_hash[SEAL_HASH_BYTES]; /* of number and code; zeros until it has one */
    uint8_t file[SEAL_HASH_BYTES];      /* SHA-256 of the signed PDF; zeros until it is kept */
    struct letter *letter;              /* the directory's: whose it is */
    struct letter_code code;            /* the recipient's to know, as the next */
    struct long_text recipient;
    uint8_t drawn[SEAL_HASH_BYTES]; /* SHA-256 of the PDF before it was signed */
    uint32_t bytes;                 /* of the signed PDF */
    enum letter_way way;            /* LETTER_WAY_COUNT: it was not delivered */
    int64_t delivered_day;
    struct long_text delivered_to; /* who has signed for it, or what the post says */
};

struct letter {
    struct code_text code; /* the case's, a dot, the letter's place among those of the case */
    uint32_t version;
    enum letter_state state;
    enum letter_kind kind;
    struct code_text case_code;
    struct code_text unit;          /* the office whose letter it is */
    struct code_text register_code; /* empty: it has no number yet, as the next three */
    uint32_t number;
    struct long_text number_text; /* as it is printed: 05/TB-C06 */
    int64_t numbered_us;          /* the letter's own date */
    struct code_text replaces;    /* code of the letter that it takes the place of; may be empty */
    struct code_text replaced_by; /* likewise */
    struct long_text held;        /* why it cannot be made as things are; empty: it can */
    struct long_text reason;      /* of its end, or why it takes another's place */
    unsigned copy_count;
    struct letter_copy copies[LETTER_COPIES_MAX];
};

/* A sequence of numbers: one office, one type of document, one year (UTC+7). */
struct letter_register {
    struct code_text code; /* the office's, a dot, the type, a dot, the year */
    uint32_t version;
    uint32_t last; /* number that was given last: all below it were given, each once */
};

/* NULL when there is none, or when the directory has no staff. */
struct letter *staff_letter(const struct directory *directory, struct view code);
/* The letter in that place of the case, from 1. */
struct letter *staff_letter_of(const struct directory *directory, const struct written_case *case_,
                               unsigned place);
/* How many letters the case has. */
unsigned letter_count(const struct directory *directory, const struct written_case *case_);
/* Zeros: the copy has no such hash yet. */
bool letter_hash_empty(const uint8_t hash[SEAL_HASH_BYTES]);
/* The first copy that is not made, NULL: all are, or it is not their time. */
const struct letter_copy *letter_unmade(const struct letter *letter);
/* Somebody has to do something for it: it is to be numbered or made, and is not held. */
bool letter_waits(const struct letter *letter);
/* Whether a case ends with it; the office orders such a letter by itself. */
static inline bool letter_answers(enum letter_kind kind)
{
    return kind != LETTER_SLIP && kind != LETTER_SUPPLEMENT;
}

/* The kind that the case is to be answered with and that nobody has ordered yet; LETTER_KIND_COUNT:
 * none. */
enum letter_kind letter_due(const struct directory *directory, const struct written_case *case_);
/* Is it the file of a letter of that case? */
bool letter_has_file(const struct directory *directory, struct view case_code,
                     const uint8_t file[SEAL_HASH_BYTES]);

/* What the next number of that kind would be, for the office, on that day: the register and the
 * number as it is printed. FAULT_OVER_LIMIT: its sign or code is too long. */
struct letter_number {
    struct code_text register_code;
    uint32_t number;
    struct long_text text;
};
struct outcome letter_number_next(const struct directory *directory, const struct office_unit *unit,
                                  enum letter_kind kind, int64_t day,
                                  struct letter_number *ret_number);

/* ---- what anybody may be told who holds one ---- */

enum letter_verdict { LETTER_UNKNOWN, LETTER_GENUINE, LETTER_SUPERSEDED, LETTER_TAKEN_BACK };

struct letter_check {
    enum letter_verdict verdict; /* LETTER_UNKNOWN: nothing else is said */
    int64_t day;                 /* its date */
    struct view number;          /* borrows, as the next */
    struct view office;          /* its name */
    struct view replaced_by;     /* number of the letter in its place; may be empty */
};
/* By number and the hash of number and code. Whoever knows no code learns nothing about a number:
 * the answer is the same, in the same steps. */
void letter_check(const struct directory *directory, struct view number,
                  const uint8_t code_hash[SEAL_HASH_BYTES], struct letter_check *ret_check);
/* By the SHA-256 of a whole file. */
void letter_check_file(const struct directory *directory, const uint8_t file[SEAL_HASH_BYTES],
                       struct letter_check *ret_check);

#endif
