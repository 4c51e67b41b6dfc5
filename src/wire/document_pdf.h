/*
 * Purpose: the words of a PDF file outside of its streams (ISO 32000-1 section 7.2). Private to
 * document_pdf*.c.
 */
#ifndef DANCU_WIRE_DOCUMENT_PDF_H
#define DANCU_WIRE_DOCUMENT_PDF_H

#include "wire/document.h"

#define DOCUMENT_NAME_BYTES_MAX 127

enum token_kind {
    TOKEN_END, /* of the file */
    TOKEN_NAME,
    TOKEN_NUMBER, /* an integer in `number`, or, with `real`, another number */
    TOKEN_REFERENCE,
    TOKEN_TEXT,
    TOKEN_WORD,
    TOKEN_ARRAY,
    TOKEN_ARRAY_END,
    TOKEN_TABLE,
    TOKEN_TABLE_END
};

struct token {
    enum token_kind kind;
    size_t offset;
    struct view text; /* of a name without escapes, of a word */
    uint64_t number;
    bool real;
};

struct document_words {
    struct view file;
    size_t at;
    uint8_t name[DOCUMENT_NAME_BYTES_MAX]; /* of the name that was read last */
};

/* What is kept of an object's own table while it is read. */
struct document_facts {
    uint64_t width;
    uint64_t height;
    uint64_t length;
    bool has_length; /* a number that stands there itself */
    bool refers;     /* or one that stands elsewhere */
    uint64_t before; /* /Prev */
    bool has_before;
    bool has_root;
    bool is_table;
};

/* FAULT_BAD_INPUT. The views borrow until the next one is read. */
struct outcome document_next(struct document_words *text, struct token *ret_token);
/* White space and comments. */
void document_skip_space(struct document_words *text);
bool document_is_space(uint8_t byte);
/* 0, which is a space, behind the end. */
uint8_t document_byte(const struct document_words *text);
/* Regular characters from here on; may be none. */
struct view document_regular(struct document_words *text);
/* The word, after white space; else nothing is taken. */
bool document_takes(struct document_words *text, const char *word);
/* Digits alone; false: too many of them, or none. */
bool document_whole(struct view digits, uint64_t *ret_number);
/* One value, whatever it holds. */
struct outcome document_value(struct document_words *words, struct document_facts *ret_facts);
struct outcome document_refuse(const char *why);
struct outcome document_odd(void);

#endif
