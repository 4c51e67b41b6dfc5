/*
 * Purpose: what one row of a citizen's history proves: the entry with its receipt, and of its
 * disclosures those that he may see. Pure: of one record, for whoever has read it from the log.
 */
#ifndef DANCU_GATE_HISTORY_PROOF_H
#define DANCU_GATE_HISTORY_PROOF_H

#include "gate/record.h"
#include "ledger/ledger.h"

/* Appends {"opening":[...],"receipt":{"entry":...,"proof":...}}, canonical: of the entry at `index`
 * the disclosures of ask, party, business and persons, of persons his own element, and the request
 * where it names nobody but him. `person` is among the record's. FAULT_CORRUPT: the record does not
 * give the entry of the receipt. */
struct outcome history_put_proof(const struct record *record, uint64_t index,
                                 const struct ledger_receipt *receipt, uint64_t person,
                                 struct buf *json);

#endif
