/*
 * Purpose: a second reading of the rules, for comparing: written by hand from the clause table of
 * the mission (F1-F4, P1, P4, U1, U2, U5), with tables of its own. It shares the words of the
 * domain and the struct of the question with the product, and no code or data of the policy room.
 */
#ifndef DANCU_TESTS_UNIT_POLICY_ORACLE_H
#define DANCU_TESTS_UNIT_POLICY_ORACLE_H

#include "policy/policy.h"

/* F1-F4. */
bool oracle_channel_open(unsigned class, unsigned channel);
/* Fields that the class may at most see through the service; empty = the service is closed. */
uint64_t oracle_ceiling(unsigned class, unsigned service);
uint64_t oracle_sensitive(void);
struct decision oracle_party(const struct party_question *question);
/* `lock` tells whether the citizen's lock is in force (classes organisation and other). */
struct decision oracle_subject(const struct subject_question *question, bool lock);

#endif
