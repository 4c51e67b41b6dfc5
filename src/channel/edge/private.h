/*
 * Purpose: what the parts of the edge know of each other. Private to this folder.
 *
 *   edge.c      the process: start, turns, answers of the core, end
 *   routes.c    from a request to an ask or a refusal
 *   vouched.c   asks that are signed: to the process that verifies them, and back
 *   fronts.c    which language is spoken at which address
 *   ndxp.c      the one of one-stop systems
 *   osia.c      the one of OSIA
 *   jobs.c      lists, and results of jobs, in pieces
 *   lists.c     lists of persons that are asked for
 *   statement.c the further parts of a statement
 */
#ifndef DANCU_CHANNEL_EDGE_PRIVATE_H
#define DANCU_CHANNEL_EDGE_PRIVATE_H

#include "base/memory.h"
#include "channel/edge/edge.h"
#include "channel/figures/figures.h"
#include "channel/http/http.h"
#include "channel/json/ask_json.h"
#include "channel/link/link.h"
#include "channel/link/pending.h"
#include "channel/link/side.h"
#include "channel/ndxp/ndxp.h"
#include "channel/osia/osia.h"
#include "channel/texts/texts.h"
#include "proc/granting.h"
#include "proc/jobbing.h"
#include "proc/stating.h"
#include "proc/vouching.h"

/* What reading one request, and writing its answer, may need. */
#define EDGE_ARENA_BYTES                                                                           \
    (OSIA_PLAN_ARENA_BYTES > NDXP_ARENA_BYTES ? OSIA_PLAN_ARENA_BYTES : NDXP_ARENA_BYTES)

struct edge {
    const struct child *child;
    struct http_server *server;
    struct link link;
    struct texts texts;
    struct pending pending;
    struct side jobs;         /* the pipe to the process that keeps jobs */
    struct pending lists;     /* exchanges that wait for it */
    struct side verify;       /* the pipe to who verifies signatures */
    struct pending vouched;   /* what was sent there */
    struct arena arena;       /* of the ask that is being read */
    struct ask_faults faults; /* likewise */
    struct buf limits;        /* texts of the answer that is being written */
    size_t batch_start;       /* of the frame that is being filled in the link's out */
    unsigned batch_count;     /* asks in it; 0 = none is begun */
    struct channel_figures figures;
    bool told_ready;
};

/* An address, and who takes what comes to it. */
struct edge_route {
    struct view path; /* `*` stands for one segment that is not empty */
    enum http_method method;
    const char *allow;
    unsigned what; /* the front's own: of JSON the service asked for */
    void (*on_request)(struct edge *edge, struct http_exchange *exchange,
                       const struct edge_route *route);
};

/* A language that asks and answers are written in. All of them become a struct ask, and what the
 * core answers is the same struct answer. */
struct edge_front {
    struct view prefix;              /* of its addresses */
    struct view takes;               /* media type of a body that is sent */
    struct view gives;               /* of an answer; a client that does not accept it is refused */
    const struct edge_route *routes; /* behind the last one stands one without a path */
    const struct texts_form *refusal; /* NULL: a problem document */
    /* Writes an answer whose code is CODE_DISCLOSED: status, content-type, body. The request is as
     * it came: what the answer's form hangs on is read from it again. */
    void (*put_answer)(struct edge *edge, const struct http_request *request,
                       const struct answer *answer, struct http_response *response,
                       struct buf *body);
    /* What the field of that index, which is not granted, is called there; NULL: `/fields/N`. */
    struct view (*field_name)(struct edge *edge, const struct http_request *request, uint8_t index);
    bool tells_ask; /* the ask's id is in a header field, since the body has no place for it */
    /* Is an answer with another code one that the language has words for, and no refusal? Then it
     * is written likewise. NULL: none is. */
    bool (*tells)(struct edge *edge, const struct http_request *request,
                  const struct answer *answer);
    /* The parameter by which a job is named, where addresses name none; else NULL. */
    const char *job_name;
    /* Writes what `jobs` told (JOB_SAYS) likewise. NULL: as JSON. */
    void (*put_job)(struct edge *edge, const struct http_request *request, struct view told,
                    struct http_response *response, struct buf *body);
};

/* ndxp.c */
void edge_ndxp_put_job(struct edge *edge, const struct http_request *request, struct view told,
                       struct http_response *response, struct buf *body);
extern const struct edge_route edge_ndxp_routes[];
extern const struct texts_form edge_ndxp_refusal;
void edge_ndxp_put(struct edge *edge, const struct http_request *request,
                   const struct answer *answer, struct http_response *response, struct buf *body);
struct view edge_ndxp_field(struct edge *edge, const struct http_request *request, uint8_t index);
/* A miss is an answer where yes or no was asked. */
bool edge_ndxp_tells(struct edge *edge, const struct http_request *request,
                     const struct answer *answer);

/* fronts.c */
const struct edge_front *edge_front_of(const struct http_request *request);
/* Of several at one address the one of the request's method, else the first; NULL: there is nothing
 * at this address. */
const struct edge_route *edge_route_of(const struct http_request *request);
/* The nth segment, from 0, that a `*` of the route stands for. */
struct view edge_segment(const struct edge_route *route, const struct http_request *request,
                         unsigned nth);
const struct texts_form *edge_form_of(const struct http_request *request);

/* osia.c */
extern const struct edge_route edge_osia_routes[];
extern const struct texts_form edge_osia_refusal;
void edge_osia_put(struct edge *edge, const struct http_request *request,
                   const struct answer *answer, struct http_response *response, struct buf *body);
struct view edge_osia_field(struct edge *edge, const struct http_request *request, uint8_t index);

/* routes.c */
extern const struct edge_route edge_json_routes[];
/* Tells all faults that were found in the parameters, and counts the request as malformed. */
void edge_refuse_parameters(struct edge *edge, struct http_exchange *exchange);
void edge_on_head(void *context, struct http_exchange *exchange);
void edge_on_request(void *context, struct http_exchange *exchange);
void edge_on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                    const char *what);

/* The request's traceparent; one that cannot be one is dropped, as the W3C's recommendation says
 * (trace context, section 4.3). */
struct view edge_traceparent(const struct http_request *request);

/* A fault, when there is one and it is none. */
void edge_check_idempotency_key(struct edge *edge, struct view key);
/* 1 to `max` visible characters of ASCII. */
bool edge_is_visible(struct view text, size_t max);

/* jobs.c */
struct outcome edge_jobs_open(struct edge *edge);
void edge_jobs_close(struct edge *edge);
void edge_jobs_pipe(struct edge *edge, int fd);
/* False: the address is not one of jobs. */
bool edge_jobs_head(struct edge *edge, struct http_exchange *exchange);
/* The exchange is one of jobs. */
bool edge_jobs_has(const struct http_exchange *exchange);
void edge_jobs_request(struct edge *edge, struct http_exchange *exchange);
/* Asks `jobs`; what is answered is in the words of the address' front. */
void edge_jobs_ask(struct edge *edge, struct http_exchange *exchange, struct job_asked *asked);
void edge_jobs_gone(struct edge *edge, struct http_exchange *exchange);
void edge_jobs_body(void *context, struct http_exchange *exchange, struct view part);
void edge_jobs_room(void *context, struct http_exchange *exchange, size_t bytes);

/* statement.c */
void edge_on_statement(struct edge *edge, struct http_exchange *exchange,
                       const struct edge_route *route);

/* lists.c */
void edge_on_list(struct edge *edge, struct http_exchange *exchange,
                  const struct edge_route *route);

/* edge.c */
/* Puts an ask into this turn's batch. FAULT_OVER_LIMIT, FAULT_CLOSED: it cannot be asked now. */
struct outcome edge_ask(struct edge *edge, struct http_exchange *exchange, struct ask *ask);
/* Asks for a receipt again; likewise. */
struct outcome edge_receipt(struct edge *edge, struct http_exchange *exchange,
                            struct receipt_ask *ask);
/* Asks what the account is granted; likewise. */
struct outcome edge_grants(struct edge *edge, struct http_exchange *exchange,
                           struct grants_ask *ask);
/* Asks for a further part of a statement; likewise. */
struct outcome edge_statement(struct edge *edge, struct http_exchange *exchange,
                              struct statement_ask *ask);
/* vouched.c */
#define EDGE_NOTE_VOUCHED (UINT32_C(1) << 30) /* of an exchange: its place is in `vouched` */
/* Does the request carry an assertion or a signature? */
bool edge_is_signed(const struct http_request *request);
/* Hands it on as it came. FAULT_OVER_LIMIT, FAULT_CLOSED: it cannot be asked now. */
struct outcome edge_ask_signed(struct edge *edge, struct http_exchange *exchange);
void edge_verify_init(struct edge *edge, struct event_base *base);
void edge_verify_take(struct edge *edge, int fd);

/* edge.c, again: answers from either pipe, of what waits in that table. */
struct outcome edge_take_answers(struct edge *edge, struct pending *pending,
                                 const struct frame *frame);
/* 503 with Retry-After. */
void edge_respond_unavailable(struct edge *edge, struct http_exchange *exchange);
/* The process with other limits, for tests. */
int edge_serve(struct child *child, const struct http_limits *limits);

#endif
