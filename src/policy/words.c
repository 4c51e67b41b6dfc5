/*
 * The vocabularies that only the policy's files use, made from the same rows as their enums.
 */
#include "policy/set.h"

#define ROW(name, text) text,
static const char *const shape_names[] = {POLICY_SHAPES(ROW)};
static const char *const sensitivity_names[] = {POLICY_SENSITIVITIES(ROW)};
static const char *const catalogue_names[] = {POLICY_CATALOGUES(ROW)};
static const char *const law_names[] = {POLICY_LAWS(ROW)};
static const char *const holiday_names[] = {POLICY_HOLIDAY_KINDS(ROW)};
static const char *const status_names[] = {POLICY_STATUSES(ROW)};
static const char *const weekday_names[] = {POLICY_WEEKDAYS(ROW)};
#undef ROW

const struct words policy_words_shape = {shape_names, SHAPE_COUNT};
const struct words policy_words_sensitivity = {sensitivity_names, SENSITIVE_COUNT};
const struct words policy_words_catalogue = {catalogue_names, CATALOGUE_COUNT};
const struct words policy_words_law = {law_names, LAW_COUNT};
const struct words policy_words_holiday = {holiday_names, HOLIDAY_COUNT};
const struct words policy_words_status = {status_names, STATUS_COUNT};
const struct words policy_words_weekday = {weekday_names, WEEKDAY_COUNT};
