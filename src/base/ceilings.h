/*
 * Purpose: every ceiling has a name, and the names stand together here (invariant I9: nothing
 * grows without a named limit; over it is a clear refusal). Units end the name.
 */
#ifndef DANCU_BASE_CEILINGS_H
#define DANCU_BASE_CEILINGS_H

/* Asks */
#define ASK_BODY_BYTES_MAX 16384  /* HTTP body of one ask: over it, 413 too_large */
#define ASK_CASE_BYTES_MAX 128    /* consumer's case reference */
#define ASK_NAME_BYTES_MAX 256    /* a person's full name, UTF-8 */
#define ASK_CODE_BYTES_MAX 64     /* codes of business, party, account, officer */
#define ASK_USE_BYTES_MAX 256     /* text of `use` */
#define ASK_FIELDS_MAX 64         /* fields in one ask: as many as a mask has bits */
#define ASK_CLAIMS_MAX 32         /* claims in one ask ... */
#define ASK_CLAIMS_BYTES_MAX 2048 /* ... and the bytes of their members and values together */
#define IDEMPOTENCY_KEY_BYTES_MAX 64
#define TRACEPARENT_BYTES_MAX 64

/* Frames between processes */
#define FRAME_BYTES_MAX (1u << 20)      /* one frame, header included */
#define FRAME_ASKS_MAX 256              /* asks in one batch frame */
#define FRAME_RECEIPTS_MAX 256          /* receipts asked for in one frame */
#define PIPE_QUEUE_BYTES_MAX (8u << 20) /* waiting to be written to one peer */

/* Gate and ledger */
#define BATCH_ASKS_MAX 256          /* entries in one commit-log record */
#define ENTRY_BYTES_MAX 4096        /* public entry; the format allows 65,535 */
#define OPENING_BYTES_MAX 327680    /* opening of one entry: an act whole and its values */
#define OPENING_ASK_BYTES_MAX 16384 /* opening of an ask, and its disclosures as text */
#define OPENING_DISCLOSURES_MAX 16  /* disclosures of one entry */
#define OPENING_PERSONS_MAX 16      /* places for persons in one entry (formats.md) */
#define OPENING_PEOPLE_MAX 144      /* of one whose people have no room in them (decision 0067) */
#define COMMIT_RECORD_BYTES_MAX (8u << 20)
#define COMMIT_SEGMENT_BYTES (64u << 20) /* zero-filled before use */
#define VERIFY_WORKERS_MAX 64            /* processes that verify parts of one log */
#define PERSON_BYTES_MAX 65536           /* one person, sealed or as an import line */
#define IMPORT_BAD_LINES_MAX 1000000     /* in one import: more, and it is no file of people */
#define IMPORT_NAME_BYTES_MAX 255        /* the operator's name of an import */
#define PERSON_HOUSEHOLD_MEMBERS_MAX 64
#define PERSON_RELATIVES_MAX 64
#define REFUSALS_BURST_MAX 20000         /* per account: recorded refusals at once, then ... */
#define REFUSALS_PER_S_MAX 2000          /* ... as many a second; beyond: 429 and an aggregate */
#define GUESSES_PER_DAY_MAX 5            /* misses on one asked key by one party in 24 h */
#define GUESS_KEYS_MAX (1u << 21)        /* asked keys with misses remembered at once */
#define GUESSES_PER_PARTY_MAX (1u << 19) /* misses of one party a day; beyond, it is refused */
#define KEYS_MAX (1u << 20)              /* Idempotency-Keys remembered at once, 24 h each ... */
#define KEYS_PER_ACCOUNT_MAX (1u << 18)  /* ... and of one account; beyond: 429 */
#define PROOFS_MAX (1u << 19)  /* assertions and signatures remembered, PROOF_SPAN_S each ... */
#define PROOF_S_MAX 60         /* ... which one is good at most ... */
#define PROOF_SKEW_S_MAX 5     /* ... and its signer's clock before ours */
#define REREADS_BURST_MAX 32   /* old records read again at once (repeats, receipts) ... */
#define REREADS_PER_S_MAX 1000 /* ... and a second; beyond: 429, nothing else waits */
#define REREADS_WAIT_MAX 256   /* asks, and receipts, that wait for their turn to be read */
#define REREADS_ACCOUNT_BURST_MAX 256 /* likewise of one account ... */
#define REREADS_ACCOUNT_PER_S_MAX 50  /* ... and a second */
#define WRITTEN_RECENT_MAX 256        /* cases whose disclosure the gate knows by itself */
#define HISTORY_PIECES_MAX 1024       /* of 512 rows in memory: beyond, nothing is recorded */
#define HISTORY_RUNS_MAX 64           /* files of rows of who has seen whom */
#define HISTORY_LOOKED_ROWS_MAX 4096  /* of all runs, for one page: it may be shorter then */
#define HISTORY_PAGE_ROWS_MAX 20      /* each is an old record that is read again */
#define HISTORY_PAGE_BYTES_MAX (PERSON_BYTES_MAX - 8192) /* it may have fewer rows then */
#define HISTORY_DAY_MAX ((1 << 24) - 1)                  /* since 1970 */
#define STATEMENTS_OPEN_MAX 512 /* of which parts can be fetched; the oldest goes first, ... */
#define STATEMENT_HELD_S_MAX 60 /* ... none so soon after a part: 429; an end is kept so long */
#define STATEMENT_AGAIN_MAX 8   /* one part, to who has not got it; older ones are given no more */
#define STATEMENT_S_MAX 900     /* it is open so long after the last that was fetched, ... */
#define STATEMENT_WHOLE_S_MAX 7200   /* ... and after the first */
#define STATEMENT_PAPER_ROWS_MAX 100 /* on one sheet for people; others are on further sheets */
#define STATEMENT_PAPER_BYTES_MAX                                                                  \
    (STATEMENT_PAPER_ROWS_MAX * 4096u + 16384u) /* what it is drawn of */
#define STATEMENT_PART_BYTES_MAX (192u << 10)   /* of its lines; OWN_JSON_BYTES_MAX holds it */
#define HISTORY_TURN_US_MAX 400    /* a turn reads rows of histories no longer, and one more */
#define HISTORY_WAIT_MAX 128       /* who waits for his page, or a part of a statement ... */
#define HISTORY_WAIT_OWN_MAX 2     /* ... of one citizen's; beyond: 429 ... */
#define HISTORY_WAIT_PHONES_MAX 64 /* ... and of phones: as many as SMS_PENDING_MAX */
#define JOB_TRACKS_MAX 64          /* jobs of which the gate knows the last lines ... */
#define JOB_RECENT_MAX 1024        /* ... so many */
#define JOB_RECALLS_MAX 2 /* of them read again in one batch: each is a stall for all others */
#define FEE_STATEMENTS_MAX (1u << 18) /* of a party and a month each; beyond, the oldest go */
#define FEE_MONTHS_MAX 13             /* that a statement is kept: a year, and the month in hand */
#define FEE_LINES_MAX 64              /* of one statement: products and prices; beyond: 429 */
#define POPULATION_PROVINCES_MAX 64   /* provinces named by one population condition */
#define POPULATION_NODES_MAX 32       /* conditions and operators in one ... */
#define POPULATION_DEPTH_MAX 16       /* ... waiting for what stands behind them at once */
#define POPULATION_TEXT_BYTES_MAX 512 /* of one, as it is written */
#define NAMESAKES_SHOWN_MAX 10        /* that one search gives; one more, and it gives nobody */
#define NAMESAKES_BLOCK 32            /* rows of the index looked at together, at least so many */
#define SEARCH_ANSWER_BYTES_MAX PERSON_BYTES_MAX /* what a search gives, all hits together */
#define NAMESAKES_LOOKED_MAX 4096  /* of one name and birth: behind them, there are too many */
#define LISTS_MAX 64               /* of persons that conditions name, with those that have ended */
#define LIST_MEMBERS_MAX 16000     /* of one: a condition can name several */
#define LIST_ACT_PERSONS_MAX 1024  /* that one act puts in or takes out */
#define CITIZENS_MAX (1u << 18)    /* who have set something of their own: locks, phones, each */
#define SIGNING_KEYS_MAX 4096      /* by which accounts sign asks, with those revoked */
#define SIGNING_KEYS_VALID_MAX 2   /* of one account at once: the old one and its follower */
#define OPERATORS_MAX 1024         /* parties whose systems carry others' asks */
#define OPERATOR_MEMBERS_MAX 16000 /* parties and officers registered with one */
#define OPERATOR_ACT_NAMES_MAX 1024     /* that one act puts in or takes out */
#define BUSINESSES_PER_PARTY_MAX 1024   /* also what one account can be shown */
#define BUSINESSES_PER_PROCEDURE_MAX 16 /* of one party: looked through at an ask that names it */
#define GRANTS_PAGE_MAX 16              /* businesses in one answer to `GET /v1/grants` */
#define GRANTS_BYTES_MAX (FRAME_BYTES_MAX - 4096)
#define PERMITS_MAX 65536
#define PERMITS_PER_BUSINESS_MAX 32 /* looked through at an ask that declares a use */
#define BUSINESS_MOVES_MAX 8        /* kept with a business; the records have all */
#define ACCOUNTS_MAX 65536
#define SUB_ACCOUNTS_MAX 256                /* under one organisation's account */
#define SUB_ACCOUNT_BUSINESSES_MAX 16       /* that one of them may serve */
#define ACCOUNT_CERTIFICATES_VALID_MAX 2    /* at once: the old one and its follower */
#define ACCOUNT_CERTIFICATES_KEPT_MAX 16    /* with those revoked, until their last day */
#define CERTIFICATES_MAX (4 * ACCOUNTS_MAX) /* of all accounts */
#define CERTIFICATE_DUE_DAYS 30             /* before its end: counted from then on */
#define PARTIES_MAX 65536
#define BUSINESSES_MAX 65536
#define ACT_BYTES_MAX 262144 /* one administrative act: a published policy fits */
#define EXPLAIN_PAIRS_MAX 32 /* values of one hypothetical ask */
#define LOOK_CODE_BYTES_MAX (ASK_CODE_BYTES_MAX + 8) /* a party's code and a month */
#define LOOK_ITEMS_MAX 100                           /* objects in one page of a list */
#define LOOK_STEPS_MAX 8192 /* objects looked at for one page: it may be shorter then */
#define LOOK_JSON_BYTES_MAX (512u << 10)      /* of one page, likewise */
#define KEYMAP_BYTES_MAX (UINT64_C(16) << 30) /* of the keyed map's file: 200 million persons */
#define MAP_PIECES_PER_TURN_MAX 4 /* of the keyed map's file, 64 KiB each, in one turn */
#define LOOKS_PER_TURN_MAX 4      /* pages given to one desk before others' turn */
#define PARTY_DEPTH_MAX 16        /* bodies above one another */
#define SECURITY_LEVEL_MIN 3      /* of a system that connects (Circular 46/2022, Art. 6) */
#define SECURITY_LEVEL_MAX 5
#define IDENTIFICATION_BYTES_MAX 35 /* e-identification code of a party */
#define INSPECTION_DUE_DAYS 30      /* before the end of an inspection: told from then on */
#define INSPECTION_GRACE_DAYS 30    /* after it: the party is suspended */
#define INSPECTION_DAYS_MAX 731     /* that an inspection may be good */
#define AGEING_STEP_MAX 256         /* parties and accounts looked at in one turn of the core */
#define AGEING_LINES_MAX 100        /* log lines a day of what comes to its end */
/* Acts in force that the office's store has no room for: so many, and so many bytes of objects. */
#define OFFICE_LATE_ACTS_MAX 256
#define OFFICE_LATE_BYTES_MAX (4u << 20)
#define OFFICE_ACT_OBJECTS_MAX 9                         /* that one act stores */
#define OFFICE_LATE_ACT_BYTES_MAX (ACT_BYTES_MAX + 8192) /* likewise, with their codes */

/* Reviews */
#define DRAWS_MAX 1200            /* a hundred years of months */
#define REVIEWS_MAX 16384         /* they are kept */
#define REVIEWS_BEGUN_MAX 8192    /* by citizens' objections: the rest is for officers ... */
#define REVIEWS_OPEN_BEGUN_MAX 16 /* ... and open of one business, which has to answer all */
#define COMPLAINTS_MAX 8192       /* of citizens; they leave COMPLAINT_KEPT_DAYS after they came */
#define COMPLAINTS_OPEN_MAX 16    /* of one citizen, that nobody has answered */
#define COMPLAINTS_KEPT_MAX 64    /* of one citizen, withdrawn and answered ones too */
#define COMPLAINT_TEXT_BYTES_MAX 1024
#define COMPLAINT_KEPT_DAYS 730
#define CONFIRMATIONS_MAX 16384   /* likewise */
#define CASE_FILES_MAX 128        /* of reviews that are not decided */
#define CASE_FILE_BYTES_MAX 98304 /* so that it fits a signed act */
#define CASE_FILE_READ_S 600      /* that one is given to who has signed to read it ... */
#define CASE_FILE_READINGS_MAX 64 /* ... at once; the oldest goes first */
#define REVIEW_DAYS_USUAL 5       /* working days to answer in */
#define REVIEW_DAYS_MAX 60

/* Written requests */
#define UNITS_MAX 4096         /* offices that take them in: every commune has one */
#define UNIT_MEMBERS_MAX 32    /* officers in one */
#define CASES_MAX 16384        /* in hand, and those that have ended within CASE_KEPT_DAYS */
#define CASE_DOCUMENTS_MAX 8   /* of one case */
#define CASE_RECEIPTS_MAX 8    /* of payments for one case */
#define CASE_MOVES_MAX 16      /* kept with a case; the records have all */
#define CASE_DAYS_MAX 60       /* working days of one limit */
#define CASE_KEPT_DAYS 366     /* that one which has ended is shown, and counts in figures */
#define CASE_NUMBER_MAX 999999 /* of one office in one year */

/* Citizens' phones, notices, messages */
#define PHONE_DAYS 365                 /* that a binding holds, unless it says otherwise ... */
#define PHONE_DAYS_MAX 731             /* ... and at most */
#define PHONE_PIN_MISSES_MAX 5         /* in a row: then the PIN is blocked */
#define PHONE_CODES_MAX 32768          /* sent to phones in a day */
#define PHONE_CODE_S 600               /* that one is good */
#define PHONE_CODE_TRIES_MAX 3         /* to tell one */
#define PHONE_CODES_A_DAY_MAX 5        /* for one citizen, and to one phone */
#define OUTBOX_MAX (1u << 17)          /* messages, with those that are done and remembered */
#define OUTBOX_RESERVED (1u << 14)     /* of them not for answers */
#define OUTBOX_TEXT_BYTES_MAX 640      /* of one */
#define OUTBOX_OFFERED_MAX 64          /* with `sms` at once */
#define OUTBOX_KEPT_S 7200             /* that one that is done is remembered by its cause */
#define OUTBOX_STEP_MAX 16             /* messages offered, ended, stored in one turn */
#define SENDING_CENTRE_ID_BYTES_MAX 64 /* of a message, as the centre names it */
#define INBOX_MAX (1u << 18)           /* news in all inboxes ... */
#define INBOX_CITIZEN_MAX 32           /* ... and in one; the oldest goes */
#define INBOX_DAYS 180                 /* that one is kept */
#define NEWS_MAX 64                    /* of acts, that nobody was told yet: a turn brings a few */
#define NEWS_REVIEWS_MAX 16            /* that have ended, whose objectors are looked for ... */
#define NEWS_STEP_MAX 64               /* ... so many complaints a turn */
#define NOTICES_DUE_MAX 4096       /* citizens to be told at once; beyond, all are looked through */
#define NOTICES_STEP_MAX 8         /* of them looked at in one turn */
#define NOTICE_SMS_S 3600          /* between two notices to one phone: what comes is one */
#define NOTICE_DAILY_HOUR 8        /* of the day (UTC+7), from which daily notices go out */
#define OFFICE_KEPT_OBJECTS_MAX 16 /* stored by one transaction that no act makes */

/* Signed acts. A policy of 96 KiB fits, and an opening holds the act and its JWS. */
#define SIGNED_JWS_BYTES_MAX 196608   /* one compact JWS */
#define SIGNED_SPKI_BYTES_MAX 1024    /* a public key, DER: RSA of 4096 bits has 550 */
#define SIGNED_PENDING_MAX 1024       /* acts with `verify` that the core has not answered */
#define OFFICERS_MAX 1024             /* who ever was one included */
#define PROPOSALS_MAX 256             /* that wait for a second officer */
#define PROPOSAL_ACT_BYTES_MAX 116736 /* an act that is proposed */
#define PROPOSAL_DAYS 14              /* until it lapses */
#define STOP_CONFIRM_DAYS 3           /* an emergency stop, until it is overdue */
#define REPLAYS_MAX 131072            /* signed acts remembered by their jti, 24 h each ... */
#define REPLAYS_ACCOUNTS_MAX 65536    /* ... of all accounts; the rest is for officers ... */
#define REPLAYS_PER_SIGNER_MAX 4096   /* ... and of one signer; beyond: over_limit, unrecorded */
#define STRANGERS_BURST_MAX 20        /* acts that nobody has signed, recorded at once ... */
#define STRANGERS_PER_S_MAX 1         /* ... and a second; beyond: counted in the next record */
#define SIGNED_SKEW_S_MAX 600         /* between an act's `iat` and our clock */
#define SIGNED_DESKS_MAX 8            /* pipes from the desk at once, draining ones included */

/* Signed asks, with `verify` */
#define VOUCH_PENDING_MAX 8192     /* that the core has not answered */
#define VOUCH_FRONTS_MAX 130       /* pipes from edges at once, draining ones included */
#define VOUCH_ASKS_PER_TURN_MAX 32 /* taken of one edge before the others' turn */

/* Citizens' sign-ins and sessions */
#define SIGNIN_TOKEN_BYTES_MAX 8192    /* one ID token or logout token, as it comes */
#define SIGNIN_TEXT_BYTES_MAX 1024     /* a code or state in an address */
#define SIGNIN_LOCATION_BYTES_MAX 4096 /* where a browser is sent */
#define SIGNIN_TOKEN_S_MAX 600         /* since an ID token was made ... */
#define SIGNIN_SKEW_S_MAX 60           /* ... and its provider's clock before ours */
#define SIGNIN_PIPES_MAX 4             /* of `signin` at `verify`, draining ones included */
#define SIGNIN_TOKENS_PENDING_MAX 64   /* with the core at once; beyond: `signin` waits */
#define SIGNIN_PENDING_MAX 256         /* steps in hand of a public process; beyond: 503 */
#define SIGNINS_BURST_MAX 200          /* steps of sign-ins at once, of everybody together ... */
#define SIGNINS_PER_S_MAX 20           /* ... and a second; beyond: 429 */
#define SIGNIN_S_MAX 600               /* from its begin to the return from the portal */
#define SIGNIN_FLOWS_MAX 12288   /* begun and not back yet: what the rate allows in its time */
#define SIGNIN_CALLS_MAX 16      /* requests to providers at once; beyond: 503 */
#define SIGNIN_CALL_S_MAX 10     /* one takes at most */
#define SIGNIN_RETRY_S 5         /* between two looks for a provider that is not there ... */
#define SIGNIN_REFRESH_S 3600    /* ... and that is */
#define PROVIDERS_MAX 16         /* ended ones included */
#define KEY_ROTATIONS_MAX 8      /* of one key the last */
#define PROVIDER_KEYS_MAX 4      /* of one */
#define SESSIONS_MAX 16384       /* open at once, nobody twice */
#define SESSION_IDLE_S 900       /* one that is not used ends ... */
#define SESSION_S_MAX 3600       /* ... and any */
#define SESSION_NONCES_MAX 16384 /* ID tokens remembered, so that none is good twice ... */
#define SESSION_NONCE_S 900      /* ... so long: none is good for longer */
#define SESSION_ADMITTED_S 60    /* from the ID token until the browser has come for its session */

/* Changes of source systems */
#define SOURCES_MAX 64               /* who ever was one included */
#define CHANGES_MAX 1000             /* in one set */
#define CHANGE_FAULTS_MAX 16         /* of one set told at once; all are counted */
#define CHANGE_POINTER_BYTES_MAX 128 /* JSON Pointer into a set */
#define CHANGE_SETS_KEPT_MAX 65536   /* of a source: their results are given again */
#define FEED_FLIGHTS_MAX 16          /* sets with the loader at once; beyond: 503 */

/* Lists of people that are approved and collected */
#define EXTRACTS_MAX 8192          /* refused and ended ones included: their codes are used */
#define EXTRACT_PERSONS_MAX 100000 /* in one: their keys are one frame */
#define EXTRACT_DAYS_MAX 31        /* that one may be asked for, from its approval on */

/* Searches on the private side of the records, after a leak */
#define SEARCH_LEAKED_BYTES_MAX 16384                           /* what has leaked, as JSON */
#define SEARCH_ORDER_BYTES_MAX (SEARCH_LEAKED_BYTES_MAX + 8192) /* the act that orders one */
#define SEARCH_HITS_MAX 65536 /* versions of persons that it fits; more is too little said */
#define SEARCH_ITEMS_MAX 100  /* entries found and shown; all are counted */
#define SEARCH_ITEMS_BYTES_MAX (448u << 10) /* of them as JSON: fewer are shown then */
#define SEARCH_WHY_BYTES_MAX 255
#define SEARCH_SUMMARY_BYTES_MAX 16384 /* of an incident, as JSON */
#define INCIDENT_DISCLOSURES_MAX                                                                   \
    (1u << 22) /* in one incident; more is a longer time than it was                               \
                */
#define INCIDENTS_MAX 1024
#define INCIDENT_DRAFTS_BYTES_MAX 12288 /* drafts of the notices, as JSON */
#define INCIDENT_NOTICE_HOURS 72        /* from the detection to the notice to the authority */
#define INCIDENT_DUE_HOURS 24           /* before its end the log and a metric tell of it */
#define SEARCHES_MAX 16                 /* remembered with what they found; the oldest goes first */

/* Machine and public listener */
#define HTTP_CONNECTIONS_MAX 20000   /* per process */
#define HTTP_ACCEPTS_PER_TURN_MAX 4  /* the other processes take the rest */
#define HTTP_STREAMS_MAX 256         /* HTTP/2 streams open on one connection */
#define HTTP_HEADERS_BYTES_MAX 16384 /* one request's header block, decoded */
#define HTTP_HEADERS_MAX 64
#define HTTP_HEADERS_SEEN_BYTES_MAX                                                                \
    (4 * HTTP_HEADERS_BYTES_MAX) /* HTTP/2: a block that decodes to more ends its connection */
#define HTTP_TARGET_BYTES_MAX 1024
#define HTTP_RESPONSE_BYTES_MAX (1u << 21)
#define HTTP_HELD_BYTES_MAX (64u << 20)   /* bytes in and out, all connections of a process */
#define HTTP_PRESSED_S_MAX 3              /* when full: who keeps its bytes so long is dropped */
#define HTTP_CONNECTION_BYTES (48u << 10) /* about what an idle one takes of memory */
#define HTTP_TRIM_BYTES_MIN (8u << 20)    /* so much in use before memory is given back */
#define HTTP_PIPELINE_MAX 16              /* HTTP/1.1 requests in hand on one connection */
#define HTTP_IDLE_FRAMES_MAX 1000         /* HTTP/2 frames on credit that bring no request */
#define HTTP_IDLE_BYTES_MAX (8u << 20)    /* HTTP/2 bytes that bring no request to its end */
#define HTTP_FRAMES_PER_REQUEST_MAX 16    /* credit that each finished request adds */
#define HTTP_ANSWER_BYTES_PER_FRAME 512   /* bytes of answers that add a credit of one frame */
#define HTTP_STREAM_AHEAD_BYTES                                                                    \
    (256u << 10)                       /* of a body in pieces: come, or put, and not taken         \
                                        */
#define HTTP_STREAM_BYTES_PER_FRAME 64 /* of one that was taken: add a credit of one frame */
#define HTTP_STREAM_S_MAX 7200         /* from its head to its last byte */
#define HTTP_RESETS_BURST_MAX 512      /* HTTP/2 streams broken off at once, by whomever, ... */
#define HTTP_RESETS_PER_S_MAX 33       /* ... and then as many a second */
#define HTTP1_CHUNK_EXTENSION_BYTES_MAX 256 /* of one body */
#define HTTP1_TRAILER_BYTES_MAX 1024
#define HTTP_HANDSHAKE_S_MAX 10
#define HTTP_HEADERS_S_MAX 10 /* from first byte of a request to the end of its headers */
#define HTTP_BODY_S_MAX 20
#define HTTP_IDLE_S_MAX 120
#define HTTP_ANSWER_S_MAX 30           /* the core has not answered: 503 */
#define HTTP_WRITE_S_MAX 30            /* a client that takes nothing for so long is dropped */
#define TLS_FILE_BYTES_MAX (16u << 20) /* certificates, keys, revocation lists */
#define TLS_CHAIN_BYTES_MAX 16384      /* of a client's certificates */
#define TLS_MESSAGES_MAX 64            /* one client's: its handshake, key updates, renegotiation */
#define CHANNEL_LOST_S_MAX 15          /* a channel without a core so long starts anew */
#define EDGE_ASKS_PENDING_MAX 8192     /* asks of one edge that the core has not answered */
#define EDGE_LISTS_PENDING_MAX 256     /* lists, results and questions about jobs, of one edge */
#define EDGE_OWN_TO_FREE 4             /* one account's among them: a quarter of the free places */
#define EDGE_OWNERS 1024               /* counters of accounts; those of one counter share */
#define DESK_PENDING_MAX 1024          /* likewise, of the desk */
#define DESK_PAPERS_PENDING_MAX 128    /* documents that come or go, of the desk */
#define DESK_CONNECTIONS_MAX 2000      /* offices, not machines */
#define PUBLIC_KEPT_BYTES_MAX (16u << 20) /* verified tiles that the public process keeps */
#define PUBLIC_KEPT_TILES_MAX 256
#define PUBLIC_TOLD_MAX 64     /* damaged places told one by one, each once */
#define PROBLEM_PARAMS_MAX 16  /* faults of parameters told in one answer */
#define TEXTS_BYTES_MAX 262144 /* refusal texts of one policy */
#define DRAIN_S_MAX 10         /* SIGTERM: what is in hand is finished within */

/* Jobs */
#define JOB_LINES_MAX 1000000            /* of one list */
#define JOB_LINES_FREE_MAX 1000          /* of one that needs no `bulk` */
#define JOB_BYTES_MAX (512u << 20)       /* of one list */
#define JOB_BLOCK_BYTES_MAX (512u << 10) /* of a file's block, before it is sealed */
#define JOB_BLOCK_LINES 64               /* answers in one block */
#define JOB_SYNC_LINES 512               /* answers that are not synced yet, and a block more */
#define JOB_FRAME_LINES 32               /* with the core at once: a millisecond's work */
#define JOBS_KEPT_MAX 1024               /* that are kept, forgotten ones included ... */
#define JOBS_PER_ACCOUNT_MAX 64          /* ... of one account ... */
#define JOBS_ACTIVE_PER_ACCOUNT_MAX 4    /* ... and coming, waiting or running */
#define JOBS_ASKED_PER_ACCOUNT_MAX 16    /* lists that wait for an officer's word */
#define JOB_PAGE_LINES 50                /* of a result in one message ... */
#define JOB_PAGE_BYTES_MAX (384u << 10)  /* ... and so many bytes, but for a first line */
#define WISH_BYTES_MAX 1024              /* a list that is asked for (domain/wish.h) */
#define WISH_REASON_BYTES_MAX 512        /* why it is refused */
#define JOBS_RUNNING_MAX 4               /* that take turns; the others wait */
#define JOB_UPLOADS_MAX 32               /* lists that come at once */
#define JOB_WANTS_MAX 256                /* questions about jobs in hand */
#define JOB_POURS_MAX 16                 /* results that go out at once */
#define JOB_EDGES_MAX 256                /* pipes from edges, draining ones included */
#define JOB_ROOM_BYTES_MIN (2ull << 30)  /* free on the disk before a list is taken */
#define JOB_KEEP_DAYS 7                  /* list and answers, when it has ended */
#define JOB_RUN_DAYS 14                  /* until it has to have ended */
#define JOB_FORGET_DAYS 7                /* that an expired one is known to be */
#define JOB_RETRY_S_MAX 60               /* between two tries of a line that has to wait */
#define JOB_PAUSE_S 5                    /* who has to wait so long gives its turn away */
#define JOB_QUIET_US 2000                /* nobody else has asked for so long: a job's turn ... */
#define JOB_HELD_US_MAX 20000            /* ... or it has waited so long for it */

/* Letters */
#define LETTER_BYTES_MAX (512u << 10)   /* one file: over it, it is not drawn */
#define LETTER_CONTENT_BYTES_MAX 131072 /* what one is made of: a person fits */
#define LETTER_TEXT_BYTES_MAX 4096      /* one text of it */
#define LETTER_ITEMS_MAX 64             /* of one list in it */
#define LETTER_URL_BYTES_MAX 512        /* the address in its QR code */
#define LETTER_PAGES_MAX 24             /* more is no letter */
#define LETTER_WHY_BYTES_MAX 512        /* why one was not drawn */
#define LETTER_DRAW_S_MAX 10            /* the process that draws ends itself then ... */
#define LETTER_WAIT_S_MAX 20            /* ... and who waits for it gives up */

/* Archive: documents of cases, and letters (decision 0055) */
#define DOCUMENT_BYTES_MAX (20u << 20)       /* of one that is handed in */
#define DOCUMENT_PIXELS_MAX 64000000         /* that an image says it has */
#define DOCUMENT_OBJECTS_MAX 65536           /* of a PDF; chunks and segments of an image */
#define DOCUMENT_DEPTH_MAX 64                /* tables within tables of a PDF */
#define DOCUMENT_FACTS_BYTES_MAX 1024        /* what is told of a signature */
#define DOCUMENT_WHY_BYTES_MAX 128           /* why one is refused */
#define ARCHIVE_BLOCK_BYTES (64u << 10)      /* of a file's block, before it is sealed */
#define ARCHIVE_LOOSE_MAX 1024               /* papers that no case has yet ... */
#define ARCHIVE_LOOSE_OF_DESK_MAX 768        /* ... those of the desk among them ... */
#define ARCHIVE_LOOSE_OF_CASE_MAX 32         /* ... and of one case ... */
#define ARCHIVE_LOOSE_BYTES_MAX (2ull << 30) /* ... together ... */
#define ARCHIVE_LOOSE_S (24 * 60 * 60)       /* ... and for so long */
#define ARCHIVE_TELL_S (60 * 60)             /* between two tellings of what is loose */
#define ARCHIVE_ROOM_BYTES_MIN (2ull << 30)  /* free on the disk before one is taken */
#define ARCHIVE_UPLOADS_MAX 16               /* documents that come at once */
#define ARCHIVE_WANTS_MAX 64                 /* questions in hand */
#define ARCHIVE_POURS_MAX 16                 /* papers that go out at once */
#define ARCHIVE_DESKS_MAX 16                 /* pipes from desks, draining ones included */

/* Letters' signatures, and their check by anybody */
#define LETTER_NUMBER_BYTES_MAX 64 /* as it is printed: 05/TB-C06 */
#define LETTER_CMS_BYTES_MAX 8192  /* its signature with certificates: the room in the PDF */
#define PDF_TEXT_BYTES_MAX 256     /* of a text in a signature's dictionary */
#define PDF_DEPTH_MAX 16           /* values within values */
#define PDF_OBJECTS_MAX 8192       /* of a file that is to be signed */
#define PDF_ODD_MAX 16 /* places of one file that look like a signature and cannot be read */
#define CMS_LOOK_BYTES_MAX (128u << 10) /* a signature of others that is looked at */
#define LETTER_CHECKS_PENDING_MAX 256   /* with the core at once; beyond: 503 */
#define LETTER_CHECKS_BURST_MAX 200     /* of a public process at once ... */
#define LETTER_CHECKS_PER_S_MAX 50      /* ... and a second; beyond: 429 */

/* What citizens do themselves */
#define OWN_VERB_BYTES_MAX 32
#define OWN_BODY_BYTES_MAX 8192 /* what goes with a verb */
#define OWN_DEPTH_MAX 4         /* containers in each other there */
#define OWN_JSON_BYTES_MAX (256u << 10)
#define OWN_PENDING_MAX 1024     /* with the core at once; beyond: 503 */
#define OWN_BURST_MAX 400        /* of a public process at once, over sessions that it knows ... */
#define OWN_PER_S_MAX 200        /* ... and a second; beyond: 429 */
#define OWN_UNKNOWN_BURST_MAX 60 /* likewise of cookies of which it has not heard that they ... */
#define OWN_UNKNOWN_PER_S_MAX 20 /* ... are sessions */
#define OWN_SESSION_BURST_MAX 30 /* likewise of one session ... */
#define OWN_SESSION_PER_S_MAX 1  /* ... and a second */
#define OWN_STREAMS_MAX 64       /* statements that a public process gives whole; beyond: 503 */
#define PERSONAL_NUMBER_BYTES 12
#define ASKERS_PAGE_MAX 20     /* businesses in one page of who may ask */
#define COMPLAINTS_PAGE_MAX 20 /* of one citizen, likewise */
#define PASSES_MAX 65536       /* one-time codes of citizens; they leave PASS_KEPT_DAYS after ... */
#define PASS_DAYS_MAX 30       /* ... the last of the days that one is good for */
#define PASS_DAYS_USUAL 7
#define PASS_KEPT_DAYS 30
#define PASSES_OPEN_MAX 8   /* of one citizen, that may still be used */
#define PASSES_KEPT_MAX 64  /* of one citizen, used, withdrawn and ended ones too */
#define PASSES_SHOWN_MAX 64 /* of one citizen, in one answer */

#define GUARDIANSHIPS_MAX 65536
#define CORRECTIONS_PER_DAY_MAX 3 /* that a citizen asks for over sessions ... */
#define CORRECTING_MAX 16384      /* ... and so many citizens in all; beyond: 429 */
#define GUARDIAN_DAYS_MAX 6575    /* 18 years */

/* The register of letters */
#define LETTERS_MAX 65536       /* answers are kept: whoever holds one may ask about it */
#define LETTERS_PER_CASE_MAX 16 /* with those that took another's place */
#define LETTERS_ASIDE_MAX 7     /* of them, those that answer nothing: slips, supplements */
#define LETTER_COPIES_MAX 2     /* the requester's, and the office's own */
#define LETTER_REGISTERS_MAX 16384
#define LETTER_STEP_MAX 256 /* cases and letters looked at in one turn of the core */

/* Scrub */
#define SCRUB_PLACES_MAX 16                /* bad places kept with their words; all are counted */
#define SCRUB_PLACE_BYTES_MAX 200          /* one place in words; longer ones are cut */
#define SCRUB_PASS_S_USUAL (24u * 60 * 60) /* one pass over everything is spread over this */
#define SCRUB_PASS_S_MAX (31u * 24 * 60 * 60)

/* Policy and configuration files */
#define POLICY_FILE_BYTES_MAX (1u << 20)
#define POLICY_FILES_MAX 16
#define POLICIES_MAX 512                     /* versions of the law on file ... */
#define POLICIES_AHEAD_MAX 8                 /* ... of them published, and their day has not come */
#define POLICY_NODES_MAX 32768               /* values in one file */
#define POLICY_DEPTH_MAX 6                   /* tables within tables */
#define POLICY_TEXTS_BYTES_MAX (1536u << 10) /* all texts of a set, kept */
#define POLICY_SHOW_BYTES_MAX (8u << 20)     /* `dancu policy show` */

/* Messages from and to phones (decision 0062) */
#define SMPP_PDU_BYTES_MAX 4096       /* one unit of the protocol: a longer one ends the link */
#define SMPP_TLVS_MAX 32              /* optional parameters of one */
#define SMPP_ADDRESS_BYTES_MAX 20     /* section 4.4.1: 21 with its end */
#define SMPP_ID_BYTES_MAX 64          /* a message's name at the centre, likewise */
#define SMPP_SYSTEM_ID_BYTES_MAX 15   /* section 4.1.5, likewise */
#define SMPP_PASSWORD_BYTES_MAX 8     /* likewise */
#define SMPP_SYSTEM_TYPE_BYTES_MAX 12 /* likewise */
#define SMS_PART_BYTES_MAX 140        /* of one message on the air, its header included */
#define SMS_PARTS_MAX 8               /* of one that goes out or comes in */
#define SMS_TEXT_BYTES_MAX 4096       /* of one that comes in, as UTF-8, put together */
#define SMS_JOINS_MAX 256             /* of which some parts have come ... */
#define SMS_JOIN_S_MAX 600            /* ... and are waited for so long */
#define SMS_REST_BYTES_MAX 128        /* of one, after its command */
#define SMS_WORD_BYTES_MAX 32         /* one word of the syntax */
#define SMS_PENDING_MAX 64            /* with the core at once: beyond, the centre is not read */
#define SMS_PRINTS_MAX 16384          /* that are remembered, so that none is answered twice ... */
#define SMS_DOUBT_S 4500              /* ... of which the centre may bring one again so long */
#define SMS_WINDOW_MAX 64             /* submitted and not confirmed */
#define SMS_BIND_S_MAX 10             /* from asking to be connected until bound */
#define SMS_ANSWER_S_MAX 30    /* of the centre to what we sent; beyond, the link is broken */
#define SMS_RETRY_MS_MIN 100   /* between two links: doubled ... */
#define SMS_RETRY_MS_MAX 30000 /* ... up to so long */
#define SMS_HOLD_MS_MIN 500    /* the centre is full: nothing is sent for so long, ... */
#define SMS_HOLD_MS_MAX 60000  /* ... doubled up to so long */
#define SMS_RECEIPT_MS 5000   /* what may be there already waits so long, when nothing comes, ... */
#define SMS_RECEIPT_S_MAX 120 /* ... and so long in all, for its receipt */
#define SMS_ENDED_MAX 256     /* messages of which it is known what was told of them */
#define SMS_RECEIPTS_MAX 1024 /* messages of which no receipt is told */
#define MESSAGES_PHONE_BURST_MAX 10  /* that a phone may write at once ... */
#define MESSAGES_PHONE_EACH_S 10     /* ... and then one in so long */
#define MESSAGES_BURST_MAX 5000      /* of all phones at once ... */
#define MESSAGES_PER_S_MAX 1000      /* ... and then in a second */
#define MESSAGES_STRANGERS_MAX 20000 /* to strangers' phones, at once and in OUTBOX_KEPT_S */
#define MESSAGES_SAME_MAX 64 /* the same from one phone, as long as answers are remembered */

/* Retention (decision 0071) */
#define RETENTION_MONTHS_MIN                                                                       \
    24 /* above FEE_MONTHS_MAX: statements of fees need no older record                            \
        */
#define RETENTION_MONTHS_MAX 1200
#define HOLDS_MAX 4096
/* A clock is believed when the log has a record of so many days ago: one that has leapt is not. */
#define RETENTION_CLOCK_DAYS_MIN 7
#define RETENTION_CLOCK_DAYS_MAX 60

/* Connections that the supervisor has made (decision 0066) */
#define DIALED_IN_BYTES_MAX (256u << 10)  /* read and not yet taken */
#define DIALED_OUT_BYTES_MAX (256u << 10) /* waiting to be written */

/* Backups (decision 0070) */
#define BACKUP_BLOCK_BYTES (256u << 10)   /* what is sealed, kept and compared as one */
#define BACKUP_FILE_BLOCKS_MAX (1u << 22) /* of one file: 1 TiB */
#define BACKUP_BLOCKS_MAX (1u << 24)      /* of all generations that are kept: 4 TiB */
#define BACKUP_PIECE_BYTES (64u << 10)    /* of a generation's book, sealed as one */
#define BACKUP_PATH_BYTES_MAX 95          /* of a file, from the home on */
#define BACKUP_GENERATIONS_MAX 1000       /* that one folder keeps */
#define BACKUP_GENERATIONS_USUAL 14
#define BACKUP_RATE_MIB_MAX 4096 /* read in a second */
#define BACKUP_RATE_MIB_USUAL 64
#define BACKUP_ROOM_BYTES_MIN (256u << 20) /* that it leaves where the home stands, too */
#define BACKUP_WAIT_MS_MAX 20000           /* for the log to show what the stores hold */
#define ROLLBACKS_MAX 64                   /* of one line of homes */
#define BACKUP_TRIES_MAX 200               /* to find the stores between two chunks */

#endif
