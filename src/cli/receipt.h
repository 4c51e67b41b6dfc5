/*
 * Purpose: what a consumer holds, checked without the register and without the log: is the proof
 * good, is the entry well-formed, do the disclosures belong to it, is the answer the one recorded.
 * Source: formats.md "Entry", "Answer"; RFC 9901. Private to cli/.
 */
#ifndef DANCU_CLI_RECEIPT_H
#define DANCU_CLI_RECEIPT_H

#include "base/bytes.h"

struct receipt_files {
    struct view file;    /* a whole answer (or problem), or its `receipt` */
    struct view vkey;    /* the log's verifier key, one line */
    struct view opening; /* array of disclosures, or an answer with one; empty = as in `file` */
    struct view answer;  /* the person, or an answer with one; empty = as in `file` */
};

/* What was checked, for the last line. */
struct receipt_report {
    bool opening;
    bool answer;
    char why[256]; /* what is bad; empty when good */
};

/* FAULT_BAD_INPUT or FAULT_CORRUPT with ret_report->why filled: the receipt is not good. */
struct outcome receipt_verify(const struct receipt_files *files, struct receipt_report *ret_report);

#endif
