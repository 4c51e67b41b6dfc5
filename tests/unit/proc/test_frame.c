/*
 * The codec of frames: what was put is got back, and nothing else is.
 */
#include "../help.h"

#include "proc/frame.h"

#define ROUND_BYTES_MAX (1u << 20)

static struct ask full_ask(void)
{
    struct ask ask = {
        .tag = 0x0102030405060708,
        .service = SERVICE_CITIZEN_LOOKUP,
        .business = VIEW_LITERAL("NV-BANK-KYC"),
        .case_ref = VIEW_LITERAL("HS-2026-000123"),
        .party = VIEW_LITERAL("bank"),
        .officer = VIEW_LITERAL("an.nguyen"),
        .subject_kind = SUBJECT_ID,
        .key = VIEW_LITERAL("079090912345"),
        .name = VIEW_LITERAL("Nguyễn Văn An"),
        .birth_date = VIEW_LITERAL("1990-01-02"),
        .fields = {FIELD_FULL_NAME, FIELD_BIRTH_DATE, FIELD_PERMANENT_RESIDENCE},
        .field_count = 3,
        .use_kind = USE_COPY,
        .use_text = VIEW_LITERAL("2027-01-01"),
        .idempotency_key = VIEW_LITERAL("key-1"),
        .traceparent = VIEW_LITERAL("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    };

    memset(ask.spki, 0xa5, sizeof(ask.spki));
    memset(ask.body_sha256, 0x5a, sizeof(ask.body_sha256));
    return ask;
}

static struct answer full_answer(void)
{
    static const uint8_t path[64] = {1, 2, 3};
    struct answer answer = {
        .tag = 42,
        .code = CODE_DISCLOSED,
        .field_index = ANSWER_FIELD_NONE,
        .ask_id = {0x01, 0x93},
        .person = VIEW_LITERAL("{\"sex\":\"1\"}"),
        .notices = VIEW_LITERAL("[]"),
        .entry = VIEW_LITERAL("{\"v\":1}"),
        .opening = {VIEW_LITERAL("WyJh"), VIEW_LITERAL("WyJi")},
        .opening_count = 2,
        .leaf_index = UINT64_C(1) << 40,
        .path = view_of(path, sizeof(path)),
        .checkpoint = VIEW_LITERAL("origin\n1\nroot\n\n"),
    };
    return answer;
}

static void assert_views_equal(struct view a, struct view b)
{
    assert_true(view_equal(a, b));
}

static void an_ask_comes_back_as_it_was(void **state)
{
    BUF_AUTO buf;
    struct ask ask = full_ask();
    struct ask back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    frame_put_ask(&buf, &ask);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(frame_get_ask(&cursor, ASK_SENDER_EDGE, &back));
    assert_ok(cursor_end(&cursor, "ask"));
    assert_true(back.tag == ask.tag && back.service == ask.service);
    assert_memory_equal(back.spki, ask.spki, sizeof(ask.spki));
    assert_memory_equal(back.body_sha256, ask.body_sha256, sizeof(ask.body_sha256));
    assert_views_equal(back.business, ask.business);
    assert_views_equal(back.case_ref, ask.case_ref);
    assert_views_equal(back.party, ask.party);
    assert_views_equal(back.officer, ask.officer);
    assert_int_equal(back.subject_kind, ask.subject_kind);
    assert_views_equal(back.key, ask.key);
    assert_views_equal(back.name, ask.name);
    assert_views_equal(back.birth_date, ask.birth_date);
    assert_int_equal(back.field_count, ask.field_count);
    assert_memory_equal(back.fields, ask.fields, ask.field_count);
    assert_int_equal(back.use_kind, ask.use_kind);
    assert_views_equal(back.use_text, ask.use_text);
    assert_views_equal(back.idempotency_key, ask.idempotency_key);
    assert_views_equal(back.traceparent, ask.traceparent);
}

/* An ask of every part that one sender may say, by what it is. */
static struct ask part_ask(unsigned part)
{
    struct ask ask = full_ask();

    if (part == 0) {
        ask.service = SERVICE_CITIZEN_VERIFY;
        ask.per_claim = true;
        ask.claim_count = 2;
        ask.fields[0] = FIELD_PERMANENT_RESIDENCE;
        ask.fields[1] = FIELD_RELATIVES;
        ask.field_count = 2;
        ask.claims[0] = (struct claim){.what = FIELD_PERMANENT_RESIDENCE,
                                       .member = VIEW_LITERAL("province"),
                                       .value = VIEW_LITERAL("\"79\"")};
        ask.claims[1] = (struct claim){.kind = CLAIM_RELATION,
                                       .what = RELATION_MOTHER,
                                       .value = VIEW_LITERAL("{\"name\":\"An\"}")};
    } else if (part == 1) {
        ask.service = SERVICE_CITIZEN_SEARCH;
        ask.subject_kind = SUBJECT_NAME;
        ask.key = view_of(NULL, 0);
        ask.field_count = 0;
        ask.sex = 2;
        ask.province = VIEW_LITERAL("79@2021-07-01");
    } else if (part == 2) {
        ask.business = view_of(NULL, 0);
        ask.unit = VIEW_LITERAL("000.00.00.H29");
        ask.procedure = VIEW_LITERAL("1.004227");
        ask.field_count = 0;
        ask.fields_granted = true;
    } else if (part == 3 || part == 5) {
        ask.party = VIEW_LITERAL("dan");
        ask.officer = view_of(NULL, 0);
        ask.proof.kind = PROOF_ASSERTION;
        ask.proof.kid = VIEW_LITERAL("portal-2026");
        ask.proof.citizen = VIEW_LITERAL("079090912345");
        memset(ask.proof.tag, 0x77, sizeof(ask.proof.tag));
        memset(ask.proof.key, 0x78, sizeof(ask.proof.key));
        if (part == 5) {
            ask.service = SERVICE_OWN_HISTORY;
            ask.history = (struct ask_history){.before = UINT64_C(0x00512c0000000123),
                                               .limit = 20,
                                               .channel = CHANNEL_COUNT,
                                               .service = SERVICE_COUNT,
                                               .from_day = 1,
                                               .until_day = 20780,
                                               .party = VIEW_LITERAL("bank")};
        }
    } else {
        ask.of_job = true;
        ask.job_line = 4711;
        memset(ask.job_id, 0x11, sizeof(ask.job_id));
    }
    return ask;
}
#define PARTS 6
static const enum ask_sender part_senders[PARTS] = {ASK_SENDER_EDGE, ASK_SENDER_EDGE,
                                                    ASK_SENDER_EDGE, ASK_SENDER_VERIFY,
                                                    ASK_SENDER_JOBS, ASK_SENDER_VERIFY};

static void assert_parts_equal(const struct ask *a, const struct ask *b)
{
    assert_int_equal(a->claim_count, b->claim_count);
    for (unsigned i = 0; i < a->claim_count; i++) {
        assert_true(a->claims[i].kind == b->claims[i].kind);
        assert_true(a->claims[i].what == b->claims[i].what);
        assert_true(a->claims[i].compare == b->claims[i].compare);
        assert_views_equal(a->claims[i].member, b->claims[i].member);
        assert_views_equal(a->claims[i].value, b->claims[i].value);
    }
    assert_true(a->per_claim == b->per_claim && a->sex == b->sex);
    assert_views_equal(a->province, b->province);
    assert_views_equal(a->unit, b->unit);
    assert_views_equal(a->procedure, b->procedure);
    assert_true(a->fields_granted == b->fields_granted);
    assert_true(a->of_job == b->of_job && a->job_line == b->job_line);
    assert_memory_equal(a->job_id, b->job_id, sizeof(a->job_id));
    assert_int_equal(a->proof.kind, b->proof.kind);
    assert_memory_equal(a->proof.tag, b->proof.tag, sizeof(a->proof.tag));
    assert_memory_equal(a->proof.key, b->proof.key, sizeof(a->proof.key));
    assert_views_equal(a->proof.kid, b->proof.kid);
    assert_views_equal(a->proof.citizen, b->proof.citizen);
    assert_true(a->history.before == b->history.before && a->history.row == b->history.row);
    assert_true(a->history.limit == b->history.limit && a->history.channel == b->history.channel);
    assert_int_equal(a->history.service, b->history.service);
    assert_int_equal(a->history.from_day, b->history.from_day);
    assert_int_equal(a->history.until_day, b->history.until_day);
    assert_views_equal(a->history.party, b->history.party);
}

static void every_part_of_an_ask_comes_back_and_from_no_other_sender(void **state)
{
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (unsigned part = 0; part < PARTS; part++) {
        struct ask ask = part_ask(part);
        struct ask back;
        buf_reset(&buf);
        frame_put_ask(&buf, &ask);
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_ok(frame_get_ask(&cursor, part_senders[part], &back));
        assert_ok(cursor_end(&cursor, "ask"));
        assert_parts_equal(&ask, &back);
        cursor = cursor_of(buf_view(&buf));
        assert_ok(frame_get_ask(&cursor, ASK_SENDER_CORE, &back));
        cursor = cursor_of(buf_view(&buf));
        enum ask_sender other = part < 3 ? ASK_SENDER_JOBS : ASK_SENDER_EDGE;
        assert_fault(frame_get_ask(&cursor, other, &back), FAULT_BAD_INPUT);
        for (size_t len = 0; len < buf.len; len++) {
            cursor = cursor_of(view_part(buf_view(&buf), 0, len));
            assert_fault(frame_get_ask(&cursor, ASK_SENDER_CORE, &back), FAULT_BAD_INPUT);
        }
    }
}

static void a_part_that_says_nothing_is_refused(void **state)
{
    BUF_AUTO buf;
    struct ask ask = full_ask();
    struct ask back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (unsigned part = 1; part < 64; part <<= 1) { /* a proof has its own test */
        buf_reset(&buf);
        frame_put_ask(&buf, &ask);
        buf.data[buf.len - 1] = (uint8_t)part;
        buf_put_zeros(&buf, part == 1 ? 1 : part == 4 ? 3 : part == 8 ? 4 : part == 32 ? 20 : 0);
        struct cursor cursor = cursor_of(buf_view(&buf));
        bool means = part >= 32; /* a job of zeros means something */
        assert_int_equal(outcome_ok(frame_get_ask(&cursor, ASK_SENDER_CORE, &back)), means);
    }
}

static void too_many_claims_are_refused_before_they_are_read(void **state)
{
    BUF_AUTO buf;
    struct ask ask = part_ask(0);
    struct ask back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    ask.claim_count = 0;
    ask.per_claim = false;
    frame_put_ask(&buf, &ask);
    buf.data[buf.len - 1] = 1;
    buf_put_u8(&buf, ASK_CLAIMS_MAX + 1);
    buf_put_zeros(&buf, 4096);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_fault(frame_get_ask(&cursor, ASK_SENDER_CORE, &back), FAULT_BAD_INPUT);
}

static void every_truncation_of_an_ask_is_refused(void **state)
{
    BUF_AUTO buf;
    struct ask ask = full_ask();
    struct ask back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    frame_put_ask(&buf, &ask);
    for (size_t len = 0; len < buf.len; len++) {
        struct cursor cursor = cursor_of(view_part(buf_view(&buf), 0, len));
        assert_fault(frame_get_ask(&cursor, ASK_SENDER_EDGE, &back), FAULT_BAD_INPUT);
    }
}

/* Where the parts of full_ask() stand. */
#define AT_SERVICE (8 + 32)

static void words_outside_a_vocabulary_are_refused(void **state)
{
    BUF_AUTO buf;
    struct ask ask = full_ask();
    struct ask back;
    static const uint8_t not_words[] = {SERVICE_COUNT, SERVICE_COUNT + 1, 128, 255};

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (size_t i = 0; i < sizeof(not_words); i++) {
        buf_reset(&buf);
        frame_put_ask(&buf, &ask);
        buf.data[AT_SERVICE] = not_words[i];
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(frame_get_ask(&cursor, ASK_SENDER_EDGE, &back), FAULT_BAD_INPUT);
    }
    for (unsigned wrong = 0; wrong < 3; wrong++) {
        struct ask changed = full_ask();
        changed.subject_kind = wrong == 0 ? SUBJECT_KIND_COUNT : changed.subject_kind;
        changed.use_kind = wrong == 1 ? (enum use_kind)3 : changed.use_kind;
        changed.fields[1] = wrong == 2 ? FIELD_COUNT : changed.fields[1];
        buf_reset(&buf);
        frame_put_ask(&buf, &changed);
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(frame_get_ask(&cursor, ASK_SENDER_EDGE, &back), FAULT_BAD_INPUT);
    }
}

static void an_ask_without_sane_shape_is_refused(void **state)
{
    BUF_AUTO buf;
    struct ask back;
    struct ask wrong[6];

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (unsigned i = 0; i < 6; i++) {
        wrong[i] = full_ask();
    }
    wrong[0].key = VIEW_LITERAL("07909091234x");
    wrong[1].name = (struct view){0};
    wrong[2].birth_date = VIEW_LITERAL("1990-02-30");
    wrong[3].field_count = 0;
    wrong[4].fields[2] = wrong[4].fields[0];
    wrong[5].name = VIEW_LITERAL("\xff\xfe");
    for (unsigned i = 0; i < 6; i++) {
        buf_reset(&buf);
        frame_put_ask(&buf, &wrong[i]);
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(frame_get_ask(&cursor, ASK_SENDER_EDGE, &back), FAULT_BAD_INPUT);
    }
}

static void a_disclosing_answer_comes_back_as_it_was(void **state)
{
    BUF_AUTO buf;
    struct answer answer = full_answer();
    struct answer back;
    struct view checkpoint = {0};

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    frame_put_checkpoint(&buf, answer.checkpoint);
    frame_put_answer(&buf, &answer);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    assert_ok(frame_get_answer(&cursor, checkpoint, &back));
    assert_ok(cursor_end(&cursor, "answer"));
    assert_true(back.tag == answer.tag && back.code == answer.code);
    assert_int_equal(back.field_index, ANSWER_FIELD_NONE);
    assert_memory_equal(back.ask_id, answer.ask_id, 16);
    assert_views_equal(back.person, answer.person);
    assert_views_equal(back.notices, answer.notices);
    assert_views_equal(back.entry, answer.entry);
    assert_int_equal(back.opening_count, 2);
    assert_views_equal(back.opening[1], answer.opening[1]);
    assert_true(back.leaf_index == answer.leaf_index);
    assert_views_equal(back.path, answer.path);
    assert_views_equal(back.checkpoint, answer.checkpoint);
}

static void an_answer_of_every_code_comes_back_with_its_receipt_or_without(void **state)
{
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (enum code code = 0; code < CODE_COUNT; code++) {
        struct answer answer = full_answer();
        struct answer back;
        answer.code = code;
        if (code != CODE_DISCLOSED) {
            answer.person = (struct view){0};
            answer.notices = (struct view){0};
        }
        answer.retry_after_s = code_status(code) == 429 ? 60 : 0;
        answer.field_index = code == CODE_FIELD_NOT_GRANTED ? 2 : ANSWER_FIELD_NONE;
        buf_reset(&buf);
        frame_put_answer(&buf, &answer);
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_ok(frame_get_answer(&cursor, answer.checkpoint, &back));
        assert_ok(cursor_end(&cursor, "answer"));
        assert_int_equal(back.code, code);
        assert_int_equal(back.retry_after_s, answer.retry_after_s);
        assert_int_equal(back.field_index, answer.field_index);
        assert_int_equal(back.entry.len > 0, code_has_receipt(code));
        assert_int_equal(back.checkpoint.len > 0, code_has_receipt(code));
    }
}

static void every_truncation_of_an_answer_is_refused(void **state)
{
    BUF_AUTO buf;
    struct answer answer = full_answer();
    struct answer back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    frame_put_answer(&buf, &answer);
    for (size_t len = 0; len < buf.len; len++) {
        struct cursor cursor = cursor_of(view_part(buf_view(&buf), 0, len));
        assert_fault(frame_get_answer(&cursor, answer.checkpoint, &back), FAULT_BAD_INPUT);
    }
}

static void an_answer_that_contradicts_itself_is_refused(void **state)
{
    BUF_AUTO buf;
    struct answer back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (unsigned i = 0; i < 7; i++) {
        struct answer answer = full_answer();
        struct view checkpoint = answer.checkpoint;
        answer.retry_after_s = i == 0 ? 1 : 0; /* 200 has none */
        answer.person = i == 1 ? (struct view){0} : answer.person;
        answer.notices = i == 2 ? (struct view){0} : answer.notices;
        answer.entry = i == 3 ? (struct view){0} : answer.entry;
        checkpoint = i == 4 ? (struct view){0} : checkpoint;
        answer.field_index = i == 5 ? ASK_FIELDS_MAX : ANSWER_FIELD_NONE;
        buf_reset(&buf);
        frame_put_answer(&buf, &answer);
        if (i == 6) {
            buf.data[8] = CODE_COUNT;
        }
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(frame_get_answer(&cursor, checkpoint, &back), FAULT_BAD_INPUT);
    }
}

static void a_repeat_brings_its_own_checkpoint_and_a_quota_its_numbers(void **state)
{
    BUF_AUTO buf;
    struct answer answer = full_answer();
    struct answer back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    answer.limited = true;
    answer.limit = UINT64_MAX;
    answer.remaining = 7;
    answer.reset_s = 86400;
    answer.checkpoint = VIEW_LITERAL("of then");
    answer.checkpoint_own = true;
    frame_put_answer(&buf, &answer);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(frame_get_answer(&cursor, VIEW_LITERAL("of now"), &back));
    assert_ok(cursor_end(&cursor, "answer"));
    assert_view(back.checkpoint, "of then");
    assert_true(back.limited && back.limit == UINT64_MAX && back.remaining == 7);
    assert_int_equal(back.reset_s, 86400);
    for (size_t len = 0; len < buf.len; len++) {
        cursor = cursor_of(view_part(buf_view(&buf), 0, len));
        assert_fault(frame_get_answer(&cursor, answer.checkpoint, &back), FAULT_BAD_INPUT);
    }
}

static void a_receipt_alone_discloses_nothing(void **state)
{
    BUF_AUTO buf;
    struct answer answer = full_answer();
    struct answer back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    answer.receipt_only = true;
    answer.person = (struct view){0};
    answer.notices = (struct view){0};
    answer.opening_count = 0;
    frame_put_answer(&buf, &answer);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(frame_get_answer(&cursor, answer.checkpoint, &back));
    assert_ok(cursor_end(&cursor, "answer"));
    assert_true(back.receipt_only && back.person.len == 0 && back.opening_count == 0);
    assert_views_equal(back.entry, answer.entry);
}

static void flags_that_do_not_belong_to_an_answer_are_refused(void **state)
{
    static const struct {
        enum code code;
        uint8_t flags;
    } wrong[] = {{CODE_DISCLOSED, 16}, {CODE_DISCLOSED, 0x80}, {CODE_SUBJECT_NOT_AVAILABLE, 2},
                 {CODE_DISCLOSED, 10}, {CODE_NOT_FOUND, 8},    {CODE_SUBJECT_NOT_AVAILABLE, 8},
                 {CODE_NOT_FOUND, 2},  {CODE_NOT_FOUND, 4},    {CODE_IDEMPOTENCY_CONFLICT, 4}};
    BUF_AUTO buf;
    struct answer back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct answer answer = {.code = CODE_INTERNAL, .field_index = ANSWER_FIELD_NONE};
        buf_reset(&buf);
        frame_put_answer(&buf, &answer);
        buf.data[8] = (uint8_t)wrong[i].code;
        buf.data[14] = wrong[i].flags;
        buf_put_zeros(&buf, 200);
        struct cursor cursor = cursor_of(buf_view(&buf));
        struct outcome outcome = frame_get_answer(&cursor, VIEW_LITERAL("c"), &back);
        assert_fault(outcome, FAULT_BAD_INPUT);
        assert_string_equal(outcome.what, "answer: flags");
    }
}

static void a_receipt_asked_for_comes_back_and_its_truncations_do_not(void **state)
{
    BUF_AUTO buf;
    struct receipt_ask ask = {.tag = 77, .spki = {1}, .ask_id = {2}, .opening = true};
    struct receipt_ask back = {0};

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    frame_put_receipt_ask(&buf, &ask);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(frame_get_receipt_ask(&cursor, &back));
    assert_ok(cursor_end(&cursor, "receipt"));
    assert_true(back.tag == 77 && back.opening); /* by members: there is padding between them */
    assert_memory_equal(back.spki, ask.spki, sizeof(ask.spki));
    assert_memory_equal(back.ask_id, ask.ask_id, sizeof(ask.ask_id));
    for (size_t len = 0; len < buf.len; len++) {
        cursor = cursor_of(view_part(buf_view(&buf), 0, len));
        assert_fault(frame_get_receipt_ask(&cursor, &back), FAULT_BAD_INPUT);
    }
    buf.data[buf.len - 1] = 2;
    cursor = cursor_of(buf_view(&buf));
    assert_fault(frame_get_receipt_ask(&cursor, &back), FAULT_BAD_INPUT);
}

static void a_path_is_whole_hashes_and_not_too_many(void **state)
{
    static uint8_t path[32 * 65];
    static const size_t wrong[] = {1, 31, 33, sizeof(path)};
    BUF_AUTO buf;
    struct answer back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct answer answer = full_answer();
        answer.path = (struct view){0};
        buf_reset(&buf);
        frame_put_answer(&buf, &answer);
        buf_cut(&buf, buf.len - 2);
        buf_put_block16(&buf, view_of(path, wrong[i]));
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(frame_get_answer(&cursor, answer.checkpoint, &back), FAULT_BAD_INPUT);
    }
}

static void a_text_comes_back_and_its_truncations_and_bad_letters_do_not(void **state)
{
    BUF_AUTO buf;
    struct text_row row = {
        .code = CODE_CASE_MISSING,
        .clause = VIEW_LITERAL("U1"),
        .title_vi = VIEW_LITERAL("Thiếu mã hồ sơ"),
        .detail_vi = VIEW_LITERAL("Nêu mã hồ sơ."),
        .title_en = VIEW_LITERAL("Case missing"),
        .detail_en = VIEW_LITERAL("Name the case."),
    };
    struct text_row back;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    frame_put_text(&buf, &row);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(frame_get_text(&cursor, &back));
    assert_ok(cursor_end(&cursor, "text"));
    assert_int_equal(back.code, row.code);
    assert_views_equal(back.title_vi, row.title_vi);
    assert_views_equal(back.detail_en, row.detail_en);
    for (size_t len = 0; len < buf.len; len++) {
        cursor = cursor_of(view_part(buf_view(&buf), 0, len));
        assert_fault(frame_get_text(&cursor, &back), FAULT_BAD_INPUT);
    }
    buf.data[0] = CODE_COUNT;
    cursor = cursor_of(buf_view(&buf));
    assert_fault(frame_get_text(&cursor, &back), FAULT_BAD_INPUT);
    buf.data[0] = 0;
    buf.data[4] = 0xff;
    cursor = cursor_of(buf_view(&buf));
    assert_fault(frame_get_text(&cursor, &back), FAULT_BAD_INPUT);
}

static void a_frame_is_peeked_when_whole_and_waited_for_before(void **state)
{
    BUF_AUTO buf;
    struct frame frame;
    size_t bytes = 0;

    (void)state;
    buf_init(&buf, ROUND_BYTES_MAX);
    buf_put_text(&buf, "before");
    size_t start = frame_start(&buf, FRAME_ASKS);
    buf_put_text(&buf, "payload");
    frame_finish(&buf, start, 513);
    struct view whole = view_part(buf_view(&buf), start, buf.len - start);
    for (size_t len = 0; len < whole.len; len++) {
        assert_fault(frame_peek(view_part(whole, 0, len), &frame, &bytes), FAULT_AGAIN);
    }
    assert_ok(frame_peek(whole, &frame, &bytes));
    assert_int_equal(bytes, FRAME_HEADER_BYTES + 7);
    assert_int_equal(frame.kind, FRAME_ASKS);
    assert_int_equal(frame.count, 513);
    assert_view(frame.payload, "payload");
}

static void a_frame_of_unknown_kind_version_or_length_is_refused_at_its_header(void **state)
{
    static const uint8_t headers[][FRAME_HEADER_BYTES] = {
        {0, 0, 0, 1, 0, 1, 0, 0},
        {0, 0, 0, 1, FRAME_KIND_COUNT, 1, 0, 0},
        {0, 0, 0, 1, 255, 1, 0, 0},
        {0, 0, 0, 1, FRAME_ASKS, 0, 0, 0},
        {0, 0, 0, 1, FRAME_ASKS, 2, 0, 0},
        {0, 0x0f, 0xff, 0xf9, FRAME_ASKS, 1, 0, 0}, /* one byte over FRAME_BYTES_MAX in all */
        {0xff, 0xff, 0xff, 0xff, FRAME_ASKS, 1, 0, 0},
    };
    struct frame frame;
    size_t bytes = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_fault(frame_peek(view_of(headers[i], FRAME_HEADER_BYTES), &frame, &bytes),
                     FAULT_BAD_INPUT);
    }
}

static void a_set_of_kinds_has_those_alone_that_were_put_in(void **state)
{
    (void)state;
    for (unsigned in = 0; in < 64; in++) {
        for (unsigned kind = 0; kind < 64; kind++) {
            assert_int_equal(frame_set_has(FRAME_BIT(in), (enum frame_kind)kind), in == kind);
        }
    }
}

static void a_frame_over_its_ceiling_fails_its_buffer(void **state)
{
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, 2 * FRAME_BYTES_MAX);
    size_t start = frame_start(&buf, FRAME_ANSWERS);
    buf_put_zeros(&buf, FRAME_BYTES_MAX - FRAME_HEADER_BYTES + 1);
    frame_finish(&buf, start, 1);
    assert_fault(buf_check(&buf), FAULT_OVER_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_comes_back_as_it_was),
        cmocka_unit_test(every_part_of_an_ask_comes_back_and_from_no_other_sender),
        cmocka_unit_test(a_part_that_says_nothing_is_refused),
        cmocka_unit_test(too_many_claims_are_refused_before_they_are_read),
        cmocka_unit_test(every_truncation_of_an_ask_is_refused),
        cmocka_unit_test(words_outside_a_vocabulary_are_refused),
        cmocka_unit_test(an_ask_without_sane_shape_is_refused),
        cmocka_unit_test(a_disclosing_answer_comes_back_as_it_was),
        cmocka_unit_test(an_answer_of_every_code_comes_back_with_its_receipt_or_without),
        cmocka_unit_test(every_truncation_of_an_answer_is_refused),
        cmocka_unit_test(an_answer_that_contradicts_itself_is_refused),
        cmocka_unit_test(a_repeat_brings_its_own_checkpoint_and_a_quota_its_numbers),
        cmocka_unit_test(a_receipt_alone_discloses_nothing),
        cmocka_unit_test(flags_that_do_not_belong_to_an_answer_are_refused),
        cmocka_unit_test(a_receipt_asked_for_comes_back_and_its_truncations_do_not),
        cmocka_unit_test(a_path_is_whole_hashes_and_not_too_many),
        cmocka_unit_test(a_text_comes_back_and_its_truncations_and_bad_letters_do_not),
        cmocka_unit_test(a_frame_is_peeked_when_whole_and_waited_for_before),
        cmocka_unit_test(a_frame_of_unknown_kind_version_or_length_is_refused_at_its_header),
        cmocka_unit_test(a_set_of_kinds_has_those_alone_that_were_put_in),
        cmocka_unit_test(a_frame_over_its_ceiling_fails_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
