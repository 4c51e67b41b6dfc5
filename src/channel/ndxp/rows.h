/*
 * Purpose: operations and elements as rows, from which messages are read and written and the WSDL
 * is made, so that the three cannot differ. Private to this folder.
 */
#ifndef DANCU_CHANNEL_NDXP_ROWS_H
#define DANCU_CHANNEL_NDXP_ROWS_H

#include "channel/ndxp/ndxp.h"

#define NDXP_ASK_URI "http://dancuquocgia.bca"            /* of what is asked, and of yes and no */
#define NDXP_PERSON_URI "http://www.mic.gov.vn/dancu/1.0" /* of a record (QCVN 109:2017/BTTTT) */
#define NDXP_OWN_URI "urn:dancu:ndxp:1"                   /* of what nobody else has a word for */
#define NDXP_ASK_SPACE VIEW_LITERAL(NDXP_ASK_URI)

/* The answer's form. */
enum ndxp_answer {
    NDXP_RECORD,  /* CongdanCollection */
    NDXP_TRUTH,   /* KetQuaXacThuc: is what is claimed true? */
    NDXP_UNTRUTH, /* KetQuaXacThuc: is what is claimed (that there is nothing) not true? */
};

/* What an operation takes besides the elements that all take, and what it claims by them. */
enum ndxp_takes {
    NDXP_TAKES_NOTHING,
    NDXP_TAKES_VALUES,    /* any values of the subject's, or none: then the name is claimed */
    NDXP_TAKES_MARITAL,   /* its marital status */
    NDXP_TAKES_RESIDENCE, /* where it lives */
    NDXP_TAKES_RELATIVES,
    NDXP_TAKES_GUARDIAN,
    NDXP_TAKES_HEAD,
    NDXP_TAKES_NO_DEATH, /* nothing: that there is no death or disappearance is claimed */
};

struct ndxp_operation {
    const char *name;
    enum service service;
    enum ndxp_answer answer;
    enum ndxp_takes takes;
    enum field field;     /* the one that is asked for; FIELD_COUNT: the record */
    const char *codes[2]; /* MaTichHop in use for it; none is known where there is none */
};
extern const struct ndxp_operation ndxp_operations[];
extern const unsigned ndxp_operation_count;
/* Is it the name of an element that all messages have, or may have? */
bool ndxp_element_known(struct view name);
/* NULL: not one of ours. */
const struct ndxp_operation *ndxp_operation_of(const struct xml_node *payload);
/* Is the MaTichHop one for that operation (NULL: one of which no code is known)? A code that is in
 * use for another is not. */
bool ndxp_code_fits(const struct ndxp_operation *operation, struct view code);

/* By what a list is to be drawn. */
enum ndxp_criterion {
    NDXP_BY_NOTHING, /* no list */
    NDXP_BY_PLACE,
    NDXP_BY_AGE,
    NDXP_BY_SEX,
    NDXP_BY_BLOOD_GROUP,
    NDXP_BY_ETHNICITY,
    NDXP_BY_RELIGION,
    NDXP_CRITERION_COUNT
};

/* An operation about requests. */
struct ndxp_request_row {
    const char *name;
    enum ndxp_does does;
    enum ndxp_criterion criterion;
    const char *answer; /* its element in our own namespace */
};
extern const struct ndxp_request_row ndxp_requests[];
extern const unsigned ndxp_request_count;
/* NULL: not one of these. */
const struct ndxp_request_row *ndxp_request_of(const struct xml_node *payload);
/* The next element that its message may have, from i on, 0 at first; what comes next is returned.
 * *ret_name stays when there is none. */
unsigned ndxp_request_element(const struct ndxp_request_row *row, unsigned i, const char **ret_name,
                              bool *ret_required);

/* What stands in an element of a person. */
enum ndxp_shape {
    NDXP_TEXT,
    NDXP_NAME,    /* Ho, ChuDem, Ten */
    NDXP_BIRTH,   /* Nam or NgayThangNam */
    NDXP_ADDRESS, /* MaTinhThanh, MaQuanHuyen, MaPhuongXa, ChiTiet, QuocGia */
};

/* A field as an element of CongDan, in the order of its schema. */
struct ndxp_field {
    const char *element;
    enum field field;
    enum ndxp_shape shape;
    bool claimed; /* an ask of NDXP_TAKES_VALUES may claim it */
};
extern const struct ndxp_field ndxp_fields[];
extern const unsigned ndxp_field_count;

/* Does the operation claim values of that field, if its message has them? */
bool ndxp_takes_field(const struct ndxp_operation *operation, const struct ndxp_field *row);

/* A member of a JSON object as an element. */
struct ndxp_member {
    const char *element;
    const char *member;
};
#define NDXP_ADDRESS_MEMBERS 5
extern const struct ndxp_member ndxp_address[NDXP_ADDRESS_MEMBERS];

/* A request's elements: of every one, and of a list that is asked for in its detail. */
#define NDXP_JOB_MEMBERS 12
extern const struct ndxp_member ndxp_job_members[NDXP_JOB_MEMBERS];
#define NDXP_WISH_MEMBERS 3
extern const struct ndxp_member ndxp_wish_members[NDXP_WISH_MEMBERS];

/* A relation as an element of CongDan. */
struct ndxp_relation {
    const char *element;
    const char *relation; /* its word */
    bool own;             /* in our own namespace: others have none */
};
#define NDXP_RELATIONS 5
extern const struct ndxp_relation ndxp_relations[NDXP_RELATIONS];

#endif
