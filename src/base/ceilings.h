/*
 * Purpose: every ceiling has a name, and the names stand together here (invariant I9: nothing
 * grows without a named limit; over it is a clear refusal). Units end the name.
 */
#ifndef DANCU_BASE_CEILINGS_H
#define DANCU_BASE_CEILINGS_H

/* Asks */
#define ASK_BODY_BYTES_MAX 16384 /* HTTP body of one ask: over it, 413 too_large */
#define ASK_CASE_BYTES_MAX 128   /* consumer's case reference */
#define ASK_NAME_BYTES_MAX 256   /* a person's full name, UTF-8 */
#define ASK_CODE_BYTES_MAX 64    /* codes of business, party, account, officer */
#define ASK_USE_BYTES_MAX 256    /* text of `use` */
#define ASK_FIELDS_MAX 64        /* fields in one ask: as many as a mask has bits */
#define IDEMPOTENCY_KEY_BYTES_MAX 64
#define TRACEPARENT_BYTES_MAX 64

/* Frames between processes */
#define FRAME_BYTES_MAX (1u << 20)      /* one frame, header included */
#define FRAME_ASKS_MAX 256              /* asks in one batch frame */
#define PIPE_QUEUE_BYTES_MAX (8u << 20) /* waiting to be written to one peer */

/* Gate and ledger */
#define BATCH_ASKS_MAX 256         /* entries in one commit-log record */
#define ENTRY_BYTES_MAX 4096       /* public entry; the format allows 65,535 */
#define OPENING_BYTES_MAX 16384    /* sealed opening of one entry, padding included */
#define OPENING_DISCLOSURES_MAX 16 /* disclosures of one entry */
#define OPENING_PERSONS_MAX 16     /* places for persons in one entry (formats.md) */
#define COMMIT_RECORD_BYTES_MAX (8u << 20)
#define COMMIT_SEGMENT_BYTES (64u << 20) /* zero-filled before use */
#define PERSON_BYTES_MAX 65536           /* one person, sealed or as an import line */
#define PERSON_HOUSEHOLD_MEMBERS_MAX 64
#define PERSON_RELATIVES_MAX 64
#define REFUSALS_BURST_MAX 20000  /* per account: recorded refusals at once, then ... */
#define REFUSALS_PER_S_MAX 2000   /* ... as many a second; beyond: 429 and an aggregate */
#define GUESSES_PER_DAY_MAX 5     /* misses on one asked key by one party in 24 h */
#define GUESS_KEYS_MAX (1u << 20) /* asked keys with misses remembered at once */
#define ACCOUNTS_MAX 65536
#define PARTIES_MAX 65536
#define BUSINESSES_MAX 65536
#define ACT_BYTES_MAX 262144 /* one administrative act: a published policy fits */

/* Machine and public listener */
#define HTTP_CONNECTIONS_MAX 20000   /* per process */
#define HTTP_STREAMS_MAX 256         /* HTTP/2 streams open on one connection */
#define HTTP_HEADERS_BYTES_MAX 16384 /* one request's header block, decoded */
#define HTTP_HEADERS_MAX 64
#define HTTP_TARGET_BYTES_MAX 1024
#define HTTP_RESPONSE_BYTES_MAX (1u << 20)
#define HTTP_HANDSHAKE_S_MAX 10
#define HTTP_HEADERS_S_MAX 10 /* from first byte of a request to the end of its headers */
#define HTTP_BODY_S_MAX 20
#define HTTP_IDLE_S_MAX 120
#define HTTP_WRITE_S_MAX 30 /* a client that takes nothing for so long is dropped */
#define DRAIN_S_MAX 10      /* SIGTERM: what is in hand is finished within */

/* Policy and configuration files */
#define POLICY_FILE_BYTES_MAX (1u << 20)
#define POLICY_FILES_MAX 16

#endif
