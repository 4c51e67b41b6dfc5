/*
 * Purpose: incidents: an account's misuse, from its detection to its end: what it has touched, who
 * was told of it and when, and the clock of the notice to the data-protection authority. Kept in
 * office/staff.h beside officers. Source: issue "The office", item 9; decision 0040.
 */
#ifndef DANCU_OFFICE_INCIDENT_H
#define DANCU_OFFICE_INCIDENT_H

#include "gate/directory.h"

enum incident_state {
    INCIDENT_OPEN,     /* the authority is to be told */
    INCIDENT_OVERDUE,  /* it was not, within INCIDENT_NOTICE_HOURS of the detection */
    INCIDENT_NOTIFIED, /* it was */
    INCIDENT_CLOSED,
    INCIDENT_STATE_COUNT
};
enum incident_event {
    INCIDENT_EVENT_FOUND,     /* what was touched is counted */
    INCIDENT_EVENT_LAPSE,     /* the clock has run out */
    INCIDENT_EVENT_AUTHORITY, /* notice was given to the authority */
    INCIDENT_EVENT_PERSONS,   /* and to the people */
    INCIDENT_EVENT_CLOSE,
    INCIDENT_EVENT_VOID, /* closed, as it has touched nobody */
    INCIDENT_EVENT_COUNT
};
/* INCIDENT_STATE_COUNT: not allowed. */
enum incident_state office_incident_next(enum incident_state state, enum incident_event event);

/* Whom a notice goes to. */
enum incident_told { INCIDENT_TOLD_AUTHORITY, INCIDENT_TOLD_PERSONS, INCIDENT_TOLD_COUNT };
extern const struct words words_incident_told;

struct incident_notice {
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 of what was sent; zeros: nothing was */
    int64_t sent_us;
};

struct incident {
    struct code_text code;
    uint32_t version;
    enum incident_state state;
    struct code_text account;
    int64_t from_day; /* disclosures of these days (UTC+7), both included */
    int64_t until_day;
    struct long_text reason;
    uint64_t index; /* of the record that opened it */
    int64_t opened_us;
    int64_t detected_us;
    int64_t due_us; /* until then the authority is to be told */
    bool counted;   /* else what follows is zero */
    uint64_t persons;
    uint64_t disclosures;
    uint64_t by_field[FIELD_COUNT]; /* disclosures of each */
    uint32_t drafts_len;
    uint8_t drafts[INCIDENT_DRAFTS_BYTES_MAX]; /* of the notices: a JSON object, as counted */
    struct incident_notice notices[INCIDENT_TOLD_COUNT];
    struct long_text conclusion; /* empty until it is closed */
    bool warned;                 /* the log has said that it is due; not stored */
};

/* Less than INCIDENT_DUE_HOURS are left, and the authority is not told. */
bool incident_due(const struct incident *incident, int64_t now_us);
bool incident_lapses(const struct incident *incident, int64_t now_us);
/* The act that opened it, as far as the search that counts needs it. */
void incident_put_order(const struct incident *incident, struct buf *buf);

#endif
