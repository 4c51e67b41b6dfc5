/*
 * Purpose: looking for the person whom a case is about: what the act `case.find` asks of the gate,
 * as the office's own ask (decision 0056). Called by the core once the act is recorded.
 */
#ifndef DANCU_OFFICE_FIND_H
#define DANCU_OFFICE_FIND_H

#include "domain/ask.h"
#include "office/act.h"

/* Borrows from the act; `written` is the caller's to set. */
void find_ask(const struct act *act, struct ask *ret_ask);

#endif
