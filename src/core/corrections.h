/*
 * Purpose: the verbs by which citizens ask for a correction of what the register has of them, and
 * see how far it is. Rows of the table in citizens.c, called by nobody else. Private to core/.
 * Source: issue "Citizens", item 2; decision 0059.
 *
 * `correct`: {"content","fields":[...],"name"} and optionally "address", "contact", "office" (a
 * code; the body that keeps the register without). Told: as `correction`, {"case"}: {"case",
 * "decision","due","missing","office","reason","received","state"}, null where there is none yet.
 */
#ifndef DANCU_CORE_CORRECTIONS_H
#define DANCU_CORE_CORRECTIONS_H

#include "core/citizens.h"

own_handler own_correct, own_correction;

#endif
