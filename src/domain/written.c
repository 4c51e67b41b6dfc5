/*
 * The vocabularies of written requests, made from the same rows as their enums.
 */
#include "domain/written.h"

#define ROW(name, text) text,
static const char *const level_names[] = {WORDS_LEVEL(ROW)};
static const char *const capacity_names[] = {WORDS_CAPACITY(ROW)};
static const char *const approver_names[] = {WORDS_APPROVER(ROW)};
static const char *const intake_names[] = {WORDS_INTAKE(ROW)};
static const char *const papers_names[] = {WORDS_PAPERS(ROW)};
static const char *const behalf_names[] = {WORDS_BEHALF(ROW)};
static const char *const case_decision_names[] = {WORDS_CASE_DECISION(ROW)};
static const char *const letter_kind_names[] = {WORDS_LETTER_KIND(ROW)};
static const char *const signature_names[] = {WORDS_SIGNATURE(ROW)};
#undef ROW

const struct words words_level = {level_names, LEVEL_COUNT};
const struct words words_capacity = {capacity_names, CAPACITY_COUNT};
const struct words words_approver = {approver_names, APPROVER_COUNT};
const struct words words_intake = {intake_names, INTAKE_COUNT};
const struct words words_papers = {papers_names, PAPERS_COUNT};
const struct words words_behalf = {behalf_names, BEHALF_COUNT};
const struct words words_case_decision = {case_decision_names, DECISION_COUNT};
const struct words words_letter_kind = {letter_kind_names, LETTER_KIND_COUNT};
const struct words words_signature = {signature_names, SIGNATURE_COUNT};
