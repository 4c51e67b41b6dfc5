/*
 * Purpose: the first half of an act: check it against what is there and make what it will change.
 * Private to office/. The same preparation serves an act in hand and one met in recovery.
 */
#ifndef DANCU_OFFICE_PREPARE_H
#define DANCU_OFFICE_PREPARE_H

#include "office/object.h"
#include "office/office.h"
#include "office/staff.h"

#define CHANGE_EDITS_MAX 8

/* One object as it will be. */
struct edit {
    enum object_kind kind;
    void *old;    /* borrowed from the directory; NULL = a new one */
    void *object; /* owned until it is taken (then NULL) */
    bool removed; /* `old` is taken out; there is no new version */
};

/* What an act will change. */
struct change {
    struct edit edits[CHANGE_EDITS_MAX];
    unsigned edit_count;
    struct policy *policy;    /* new; owned until it is taken */
    struct view policy_files; /* of it, as published; borrowed from the act */
};
void change_done(struct change *change);

/* Who does an act, when it is signed. */
struct doer {
    enum signer_kind kind;
    struct view code;
};

/* Why an act is refused. */
struct refusal {
    enum act_code code;
    char why[256]; /* a sentence */
};

/* An act being prepared. */
struct preparing {
    const struct directory *directory;
    const struct policy *policy; /* NULL when none is in force */
    const struct act *act;
    const struct doer *doer; /* NULL: a user of this machine */
    struct view proposer;    /* officer whose proposal the doer approves; empty: it is none */
    int64_t today;
    struct change change;
    struct refusal *refusal;
};

/* FAULT_BAD_INPUT, NOT_FOUND, CONFLICT, OVER_LIMIT with a sentence in ret_why. */
struct outcome change_prepare(const struct directory *directory, const struct policy *policy,
                              const struct act *act, int64_t today, struct change *ret_change,
                              char ret_why[256]);
/* The same of a signed act; `doer` may be NULL. */
struct outcome change_prepare_by(const struct directory *directory, const struct policy *policy,
                                 const struct act *act, const struct doer *doer, int64_t today,
                                 struct change *ret_change, struct refusal *ret_refusal);

/* For the preparations, one file a resource. Nothing that is there already may be touched by them:
 * a refused act leaves no trace. */
struct outcome prepare_refuse(struct preparing *here, enum fault fault, const char *why);
/* With a code of its own, where the fault alone does not say which. */
struct outcome prepare_refuse_as(struct preparing *here, enum act_code code, const char *why);
/* A new object, zeroed, version 1; its code is free and there is room: both are looked at before
 * the record, since an act that is recorded must apply. */
struct outcome prepare_new(struct preparing *here, enum object_kind kind, void *ret_object);
/* A new object, zeroed, version 1, whose code the preparation looks at itself; there is room. */
struct outcome prepare_add(struct preparing *here, enum object_kind kind, void *ret_object);
/* The object that the act's field names: FAULT_NOT_FOUND. */
struct outcome prepare_find(struct preparing *here, enum object_kind kind, const char *field,
                            void *ret_old);
/* A copy of one that is there, version + 1, to be changed. */
struct outcome prepare_edit(struct preparing *here, enum object_kind kind, void *old,
                            void *ret_object);

/* One that is there is to be taken out; its row is removable. */
void prepare_remove(struct preparing *here, enum object_kind kind, void *old);
/* Another act as part of this one: what it changes is added to the change. `inner` may be gone
 * afterwards, but not what its values borrow from. */
struct outcome prepare_inner(struct preparing *here, const struct act *inner);

struct outcome prepare_party_add(struct preparing *here);     /* party.c */
struct outcome prepare_party_dossier(struct preparing *here); /* dossier.c, as the next three */
struct outcome prepare_party_inspection(struct preparing *here);
struct outcome prepare_party_move(struct preparing *here); /* connect to close */
struct outcome prepare_party_lapse(struct preparing *here);
struct outcome prepare_account_add(struct preparing *here); /* account_acts.c, as the next three */
struct outcome prepare_account_sub_add(struct preparing *here);
struct outcome prepare_account_sub_businesses(struct preparing *here);
struct outcome prepare_account_move(struct preparing *here);    /* suspend to revoke */
struct outcome prepare_certificate_add(struct preparing *here); /* certificate.c, as the next */
struct outcome prepare_certificate_revoke(struct preparing *here);
/* business_acts.c: add and draft; submit to revoke; revise */
struct outcome prepare_business_add(struct preparing *here);
struct outcome prepare_business_move(struct preparing *here);
struct outcome prepare_business_revise(struct preparing *here);
/* As part of another act: a business that may be suspended is. */
struct outcome prepare_business_suspend(struct preparing *here, struct business *old);
struct outcome prepare_permit_grant(struct preparing *here);      /* permit.c */
struct outcome prepare_permit_move(struct preparing *here);       /* permit.c: withdraw, deletion */
struct outcome prepare_policy_propose(struct preparing *here);    /* publish.c */
struct outcome prepare_policy_publish(struct preparing *here);    /* publish.c */
struct outcome prepare_officer_found(struct preparing *here);     /* officer.c */
struct outcome prepare_officer_add(struct preparing *here);       /* officer.c */
struct outcome prepare_officer_move(struct preparing *here);      /* officer.c: roles to lost */
struct outcome prepare_proposal_add(struct preparing *here);      /* proposal.c */
struct outcome prepare_proposal_approve(struct preparing *here);  /* proposal.c */
struct outcome prepare_proposal_reject(struct preparing *here);   /* proposal.c */
struct outcome prepare_proposal_withdraw(struct preparing *here); /* proposal.c */
struct outcome prepare_account_stop(struct preparing *here);      /* stop.c */
struct outcome prepare_account_stop_confirm(struct preparing *here); /* stop.c */
struct outcome prepare_draw_commit(struct preparing *here); /* review_acts.c, as the next seven */
struct outcome prepare_draw_reveal(struct preparing *here);
struct outcome prepare_review_ask(struct preparing *here);
struct outcome prepare_review_answer(struct preparing *here);
struct outcome prepare_review_read(struct preparing *here);
struct outcome prepare_review_decide(struct preparing *here); /* confirm, object */
struct outcome prepare_review_lapse(struct preparing *here);
struct outcome prepare_review_conclude(struct preparing *here);
/* The place in the log that a review's code names. */
bool review_index(struct view code, uint64_t *ret_index);
struct outcome prepare_search(struct preparing *here);        /* search.c */
struct outcome prepare_incident_open(struct preparing *here); /* incident.c, as the next four */
struct outcome prepare_incident_found(struct preparing *here);
struct outcome prepare_incident_lapse(struct preparing *here);
struct outcome prepare_incident_notify(struct preparing *here);
struct outcome prepare_incident_close(struct preparing *here);
/* The act's `from` is not behind its `until`. */
struct outcome prepare_days(struct preparing *here);        /* search.c */
struct outcome prepare_list_add(struct preparing *here);    /* list.c, as the next two */
struct outcome prepare_list_change(struct preparing *here); /* put, remove */
struct outcome prepare_list_end(struct preparing *here);
struct outcome prepare_account_require(struct preparing *here); /* account_acts.c */
struct outcome prepare_signing_key_add(struct preparing *here); /* signing_key.c, as the next */
struct outcome prepare_signing_key_revoke(struct preparing *here);
struct outcome prepare_operator_add(struct preparing *here); /* operator.c, as the next */
struct outcome prepare_operator_change(struct preparing *here);
struct outcome prepare_provider_add(struct preparing *here);  /* provider.c, as the next */
struct outcome prepare_provider_move(struct preparing *here); /* keys to end */
struct outcome prepare_source_add(struct preparing *here);    /* source.c, as the next */
struct outcome prepare_source_move(struct preparing *here);   /* replace to end */
struct outcome prepare_office_add(struct preparing *here);    /* unit.c, as the next three */
struct outcome prepare_office_change(struct preparing *here);
struct outcome prepare_office_member(struct preparing *here); /* put, remove */
struct outcome prepare_office_absent(struct preparing *here);
struct outcome prepare_case_receive(struct preparing *here); /* case_intake.c */
struct outcome prepare_case_correct(struct preparing *here);
struct outcome prepare_rollback_accept(struct preparing *here); /* rollback.c */
struct outcome prepare_guardian_bind(struct preparing *here);   /* guardian.c, as the next */
struct outcome prepare_guardian_end(struct preparing *here);
struct outcome prepare_retention_set(struct preparing *here); /* retention.c, as the next three */
struct outcome prepare_retention_shred(struct preparing *here);
struct outcome prepare_hold_put(struct preparing *here);
struct outcome prepare_hold_end(struct preparing *here);
struct outcome prepare_case_document(struct preparing *here); /* case_acts.c, as the next */
struct outcome prepare_case_supplement(struct preparing *here);
struct outcome prepare_case_complete(struct preparing *here);
struct outcome prepare_case_accept(struct preparing *here);
struct outcome prepare_case_reject(struct preparing *here);
struct outcome prepare_case_transfer(struct preparing *here);
struct outcome prepare_case_assign(struct preparing *here);
struct outcome prepare_case_pay(struct preparing *here); /* case_fee.c */
struct outcome prepare_case_end(struct preparing *here); /* withdraw, close */
struct outcome prepare_case_read(struct preparing *here);
struct outcome prepare_case_found(struct preparing *here);
struct outcome prepare_case_disclosed(struct preparing *here);
struct outcome prepare_case_leave(struct preparing *here);
struct outcome prepare_case_propose(struct preparing *here); /* case_decide.c, as the next two */
struct outcome prepare_case_return(struct preparing *here);
struct outcome prepare_case_approve(struct preparing *here);
/* case_step() by an officer of the office in charge: else ACT_CODE_NOT_YOURS. */
struct outcome case_step_by_member(struct preparing *here, enum case_event event,
                                   struct written_case **ret_case);
/* Why, by which clause, and how to appeal: of a refusal all three, always. */
struct outcome case_refusal(struct preparing *here, struct case_answer *ret_answer);
/* A copy of the case that the act may change, moved by the event; FAULT_CONFLICT where its state
 * does not allow it. The move is kept with it and stamped by the record. Acts of letters use it for
 * their own events too. */
struct outcome case_step(struct preparing *here, struct view code, enum case_event event,
                         struct written_case **ret_case);       /* case_acts.c */
struct outcome prepare_extract_approve(struct preparing *here); /* extract.c, as the next three */
struct outcome prepare_extract_refuse(struct preparing *here);
struct outcome prepare_extract_end(struct preparing *here);
struct outcome prepare_extract_found(struct preparing *here);
struct outcome prepare_case_find(struct preparing *here);    /* find.c */
struct outcome prepare_letter_order(struct preparing *here); /* letter_acts.c, as the next eight */
/* As part of an act by which the case leaves. */
void letters_leave(struct preparing *here, const struct written_case *case_);
struct outcome prepare_letter_replace(struct preparing *here);
struct outcome prepare_letter_number(struct preparing *here);
struct outcome prepare_letter_sign(struct preparing *here);
struct outcome prepare_letter_hold(struct preparing *here);
struct outcome prepare_letter_retry(struct preparing *here);
struct outcome prepare_letter_void(struct preparing *here);
struct outcome prepare_letter_withdraw(struct preparing *here);
struct outcome prepare_letter_deliver(struct preparing *here);
struct outcome prepare_citizen_lock(struct preparing *here); /* lock.c, as the next */
struct outcome prepare_citizen_unlock(struct preparing *here);
struct outcome prepare_phone_bind(struct preparing *here); /* phone_acts.c, as the next six */
struct outcome prepare_phone_unbind(struct preparing *here);
struct outcome prepare_phone_release(struct preparing *here);
struct outcome prepare_phone_pin(struct preparing *here);
struct outcome prepare_phone_tried(struct preparing *here);
struct outcome prepare_phone_lapse(struct preparing *here);
struct outcome prepare_notice_wish(struct preparing *here);
/* complaint_acts.c, as the next four */
struct outcome prepare_citizen_complain(struct preparing *here);
struct outcome prepare_complaint_withdraw(struct preparing *here);
struct outcome prepare_complaint_answer(struct preparing *here);
struct outcome prepare_complaint_read(struct preparing *here);
struct outcome prepare_complaint_leave(struct preparing *here);
struct outcome prepare_pass_make(struct preparing *here); /* pass.c, as the next three */
struct outcome prepare_pass_withdraw(struct preparing *here);
struct outcome prepare_pass_used(struct preparing *here);
struct outcome prepare_pass_leave(struct preparing *here);
struct outcome prepare_key_rotate(struct preparing *here); /* rotation.c, as the next */
struct outcome prepare_key_rotated(struct preparing *here);
/* Would such an act `review.ask` of the house be taken, and could the party answer one more? */
bool review_may_begin(const struct preparing *here, const struct act *ask); /* review_acts.c */
/* A stop of the account that the act names ends with the act. */
void prepare_stop_end(struct preparing *here); /* stop.c */

/* What party.add and party.dossier both say of it: of what is absent nothing. */
struct outcome party_describe(struct preparing *here, struct party *party);

/* The kind that an account is stored as. */
enum object_kind account_kind(const struct account *account);
/* The account that the act's `code` names, of either tier, to be changed. */
struct outcome account_edit(struct preparing *here, struct account **ret_account);
/* Binds the certificate that the act's `spki` and `not-after` say, as one more. */
struct outcome account_bind(struct preparing *here, struct account *account);

/* The files of a published policy: u16 count, then name (block16) and content (block32) each. */
void policy_files_put(const struct policy_file *files, unsigned count, struct buf *buf);
struct outcome policy_files_get(struct view bytes, struct policy_file *ret_files,
                                unsigned *ret_count);
/* Loads a policy from such bytes; its hash must be `hash`: FAULT_BAD_INPUT otherwise. */
struct outcome policy_from_files(struct view bytes, struct view hash, struct policy **ret_policy,
                                 char ret_why[256]);

#endif
