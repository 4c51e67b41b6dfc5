/*
 * Letters in the core, over a real home: what is decided is given once, numbered, drawn, signed and
 * kept, whatever step the process dies behind.
 */
#include "home.h"
#include "seal/authority.h"
#include "wire/pdf_file.h"

#include "core/loop.h"
#include "domain/letter_file.h"
#include "gate/work.h"
#include "office/found.h"
#include "office/object.h"
#include "office/signed.h"
#include "proc/rendering.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CASE "C06-2026-000001"
#define FIRST CASE ".1"
#define REQUESTER "079090955555"
#define FIELDS "full_name,birth_date"
#define STEPS_MAX 400
#define KILLS 5
#define WHY_BYTES 126 /* so much of it, and one byte, is kept */

enum who { LAN, MINH, HOA, WHO_COUNT };
static const struct {
    const char *code;
    unsigned roles;
} people[WHO_COUNT] = {
    [LAN] = {"LAN", ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_DECIDE) | ROLE_BIT(ROLE_SECURITY)},
    [MINH] = {"MINH", ROLE_BIT(ROLE_DECIDE) | ROLE_BIT(ROLE_APPROVE)},
    [HOA] = {"HOA", ROLE_BIT(ROLE_DECIDE) | ROLE_BIT(ROLE_APPROVE) | ROLE_BIT(ROLE_SECURITY)},
};

static const struct proc_row letter_row = {.name = "letter", .takes = FRAME_BIT(FRAME_RENDER)};
static struct child child = {.settings = {.public_url = "https://dancu.example"}};
static struct core core = {.child = &child};

struct scene {
    struct home *home;
    int64_t now_us;
    unsigned jti;
    uint8_t keys[WHO_COUNT][ES256_SPKI_BYTES];
    struct identity anchor;
    struct identity signer;
    struct cms_anchors *anchors;
    struct pipe_end drawer;
    struct buf kept;       /* the file that the archive was given last */
    bool keeps;            /* the archive takes what it is given */
    enum render_code code; /* of the process that draws */
    const char *why;       /* of a failure: what it says */
    enum act_kind failing; /* is not recorded, with `fault`, of objects with this code */
    const char *failing_code;
    enum fault fault;
    unsigned drawn;
    unsigned dropped;                       /* files that the archive was to remove */
    char content[LETTER_CONTENT_BYTES_MAX]; /* that it was given last */
};
static struct scene scene;
static struct cms_signer *signer; /* NULL: this house signs no letters */

struct cms_signer *__wrap_core_letter_signer(const struct core *of);
struct cms_signer *__wrap_core_letter_signer(const struct core *of)
{
    (void)of;
    return signer;
}

bool __wrap_papers_put(struct core *of, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                       struct view bytes);
bool __wrap_papers_put(struct core *of, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                       struct view bytes)
{
    uint8_t own[SEAL_HASH_BYTES];
    (void)of;
    (void)code;
    seal_sha256(bytes, own);
    assert_memory_equal(own, hash, sizeof(own));
    buf_reset(&scene.kept);
    buf_put_view(&scene.kept, bytes);
    return scene.keeps;
}

void __wrap_papers_drop(struct core *of, struct view code, const uint8_t hash[SEAL_HASH_BYTES]);
void __wrap_papers_drop(struct core *of, struct view code, const uint8_t hash[SEAL_HASH_BYTES])
{
    scene.dropped += !letter_has_file(&of->house->directory, code, hash);
}

struct outcome __real_office_act(struct office *office, const struct act *act, uint32_t local_user,
                                 uint64_t *ret_index, char ret_why[256]);
struct outcome __wrap_office_act(struct office *office, const struct act *act, uint32_t local_user,
                                 uint64_t *ret_index, char ret_why[256]);
struct outcome __wrap_office_act(struct office *office, const struct act *act, uint32_t local_user,
                                 uint64_t *ret_index, char ret_why[256])
{
    bool fails = scene.fault != FAULT_NONE && act->kind == scene.failing &&
                 view_is(act_value(act, "code"), scene.failing_code);
    if (!fails) {
        return __real_office_act(office, act, local_user, ret_index, ret_why);
    }
    snprintf(ret_why, 256, "as the test has it");
    return outcome_fail(scene.fault, "as the test has it");
}

static void fails(enum act_kind kind, const char *code, enum fault fault)
{
    scene.failing = kind;
    scene.failing_code = code;
    scene.fault = fault;
}

/* ---- acts ---- */

static void make_key(uint8_t ret_key[ES256_SPKI_BYTES])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    unsigned char *at = ret_key;
    assert_non_null(key);
    assert_int_equal(i2d_PUBKEY(key, &at), ES256_SPKI_BYTES);
    EVP_PKEY_free(key);
}

static void found_officers(void)
{
    struct officer officers[WHO_COUNT];
    BUF_AUTO bytes;
    struct act act = {.kind = ACT_OFFICER_FOUND};
    uint64_t index = 0;
    char why[256];
    buf_init(&bytes, ACT_BYTES_MAX);
    for (unsigned i = 0; i < WHO_COUNT; i++) {
        make_key(scene.keys[i]);
        officers[i] = (struct officer){.roles = people[i].roles};
        assert_ok(code_set(&officers[i].code, view_text(people[i].code)));
        assert_ok(long_set(&officers[i].name, VIEW_LITERAL("Cán bộ thử")));
        memcpy(officers[i].key, scene.keys[i], ES256_SPKI_BYTES);
        memset(officers[i].spki, 0xa0 + (int)i, SEAL_HASH_BYTES);
    }
    found_put(officers, WHO_COUNT, &bytes);
    act_value_set(&act, "officers", buf_view(&bytes));
    assert_ok(office_act(core.house->office, &act, 0, &index, why));
}

static struct signed_result sign_act(enum who who, const struct act *act)
{
    uint8_t key[SEAL_HASH_BYTES];
    uint8_t spki[SEAL_HASH_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    char jti[16];
    struct signed_result result;
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    act_put(act, &bytes);
    scene.jti++;
    memset(spki, 0xa0 + (int)who, sizeof(spki));
    seal_sha256(view_of(scene.keys[who], ES256_SPKI_BYTES), key);
    seal_sha256(view_of(&scene.jti, sizeof(scene.jti)), hash);
    snprintf(jti, sizeof(jti), "jti-%u", scene.jti);
    const struct signed_act told = {
        .doer = {.kind = SIGNER_OFFICER, .code = view_text(people[who].code)},
        .key = key,
        .spki = spki,
        .jws_hash = hash,
        .code = ACT_CODE_DONE,
        .act = buf_view(&bytes),
        .jti = view_text(jti),
        .iat_s = (uint64_t)(scene.now_us / US_PER_S),
        .jws = VIEW_LITERAL("header.payload.signature"),
    };
    assert_ok(office_signed(core.house->office, &told, &result));
    return result;
}

/* An act given as field, value, ..., NULL. */
static struct act act_of(enum act_kind kind, va_list values)
{
    struct act act = {.kind = kind};
    for (const char *field = va_arg(values, const char *); field != NULL;
         field = va_arg(values, const char *)) {
        act_value_set(&act, field, view_text(va_arg(values, const char *)));
    }
    return act;
}

static void does(enum who who, enum act_kind kind, ...)
{
    va_list values;
    va_start(values, kind);
    struct act act = act_of(kind, values);
    va_end(values);
    struct signed_result result = sign_act(who, &act);
    if (result.code == ACT_CODE_PROPOSED) {
        struct act approve = {.kind = ACT_PROPOSAL_APPROVE};
        act_value_set(&approve, "code", code_view(&result.object));
        result = sign_act(HOA, &approve);
    }
    if (result.code != ACT_CODE_DONE) {
        fail_msg("%s: %s %s", act_rows[kind].name, words_name(&words_act_code, result.code),
                 result.reason);
    }
}

static const struct written_case *case_of(const char *code)
{
    const struct written_case *case_ = staff_case(&core.house->directory, view_text(code));
    assert_non_null(case_);
    return case_;
}

/* Looks by number as the officer in charge; the answer. */
static const char *looked(const char *code, const char *id, const char *birth_date)
{
    struct act act = {.kind = ACT_CASE_FIND};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "name", VIEW_LITERAL(HOME_AN_NAME));
    act_value_set(&act, "birth-date", view_text(birth_date));
    act_value_set(&act, "id", view_text(id));
    struct signed_result result = sign_act(LAN, &act);
    assert_int_equal(result.code, ACT_CODE_DONE);
    return finds_look(&core, &act, VIEW_LITERAL("LAN"));
}

static void make_office(void)
{
    does(LAN, ACT_OFFICE_ADD, "code", "C06", "level", "commune", "name", "Công an phường", "parent",
         "Bộ Công an", "sign", "C06", "place", "Hà Nội", "address", "47 Phạm Văn Đồng", "province",
         "01", NULL);
    does(LAN, ACT_OFFICE_MEMBER_PUT, "code", "C06", "officer", "LAN", "capacity", "staff", NULL);
    does(LAN, ACT_OFFICE_MEMBER_PUT, "code", "C06", "officer", "MINH", "capacity", "head", NULL);
}

/* A case of somebody by papers, as far as accepted. */
static void receive_by(const char *code, const char *class, const char *papers, const char *number)
{
    does(LAN, ACT_CASE_RECEIVE, "office", "C06", "intake", "desk", "class", class, "name",
         "Trần Văn Xin", "papers", papers, "number", number, "papers-seen", "true", "address",
         "Hà Nội", "purpose", "Thừa kế", "content", "Họ tên, ngày sinh", "fields", FIELDS,
         "undertaken", "true", NULL);
    does(LAN, ACT_CASE_DOCUMENT, "code", code, "hash",
         "2222222222222222222222222222222222222222222222222222222222222222", "type",
         "application/pdf", "bytes", "1234", "title", "Văn bản yêu cầu", NULL);
    does(LAN, ACT_CASE_ACCEPT, "code", code, NULL);
}

static void receive(const char *code, const char *number)
{
    receive_by(code, "other", "id", number);
}

static void decide(const char *code)
{
    char version[16];
    char fee[16];
    char receipt[ASK_CODE_BYTES_MAX];
    does(LAN, ACT_CASE_PROPOSE, "code", code, "decision", "disclose", "fields", FIELDS, NULL);
    snprintf(fee, sizeof(fee), "%llu", (unsigned long long)case_of(code)->fee_due);
    if (case_of(code)->fee_due > 0) {
        snprintf(receipt, sizeof(receipt), "BL-%s", code); /* each case has its own */
        does(LAN, ACT_CASE_PAY, "code", code, "vnd", fee, "receipt", receipt, NULL);
    }
    snprintf(version, sizeof(version), "%u", case_of(code)->answer.version);
    does(MINH, ACT_CASE_APPROVE, "code", code, "proposal", version, NULL);
}

static void find(const char *code)
{
    assert_string_equal(looked(code, HOME_AN, HOME_AN_BIRTH), "one");
    assert_ok(finds_keep(&core));
    assert_true(case_of(code)->found);
}

static void approve(const char *code)
{
    receive(code, REQUESTER);
    find(code);
    decide(code);
}

/* ---- the process that draws, and the archive ---- */

static void draw(const struct render_order *order, struct buf *ret_frame)
{
    char name[2 * SEAL_HASH_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    struct render_done done = {.tag = order->tag, .code = scene.code};
    BUF_AUTO base;
    BUF_AUTO pdf;
    buf_init(&base, LETTER_BYTES_MAX);
    buf_init(&pdf, LETTER_BYTES_MAX);
    seal_sha256(order->content, hash);
    hex_write(name, view_of(hash, sizeof(hash))); /* another content is another file */
    const struct pdf_signing signing = {.time_s = scene.now_us / US_PER_S,
                                        .name = view_of(name, sizeof(name))};
    pdf_file_put(&base, &pdf_file_usual);
    assert_ok(pdf_prepare(buf_view(&base), &signing, &pdf));
    memcpy(scene.content, order->content.data, order->content.len);
    scene.content[order->content.len] = '\0';
    scene.drawn++;
    if (scene.code == RENDER_DONE) {
        done.pages = 1;
        done.pdf = buf_view(&pdf);
    } else {
        done.why = view_text(scene.why);
    }
    rendering_put_done(ret_frame, &done);
}

/* What the process was sent is drawn; false: nothing was. */
static bool serve_drawer(void)
{
    struct frame frame = {0};
    struct render_order order;
    size_t bytes = 0;
    bool good = false;
    BUF_AUTO answer;
    buf_init(&answer, FRAME_BYTES_MAX);
    struct outcome filled = pipe_fill(&scene.drawer);
    assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
    if (!outcome_ok(pipe_next(&scene.drawer, &frame))) {
        return false;
    }
    assert_ok(rendering_get_order(&frame, &order));
    draw(&order, &answer);
    assert_ok(frame_peek(buf_view(&answer), &frame, &bytes));
    assert_ok(letters_drawn(&core, &frame, &good));
    assert_true(good);
    return true;
}

/* One step of whoever has one; false: there is nothing to do. */
static bool step(void)
{
    if (core.letters.phase == LETTERS_DRAWING) {
        return serve_drawer();
    }
    if (core.letters.phase == LETTERS_KEEPING) {
        const struct letter *letter =
            staff_letter(&core.house->directory, code_view(&core.letters.code));
        letters_kept(&core, code_view(&letter->case_code), core.letters.file, true);
        return true;
    }
    uint64_t before = ledger_size(core.house->ledger);
    enum letters_phase phase = core.letters.phase;
    letters_hurry(&core);
    assert_ok(letters_keep(&core));
    return ledger_size(core.house->ledger) > before || core.letters.phase != phase;
}

/* Until a whole round has found nothing to do: the first step may be the end of one. */
static void run(unsigned steps)
{
    unsigned idle = 0;
    for (unsigned i = 0; i < steps && idle < 2; i++) {
        idle = step() ? 0 : idle + 1;
    }
}

static void run_to(enum letters_phase phase)
{
    while (core.letters.phase != phase) {
        assert_true(step());
    }
}

/* ---- the world ---- */

static bool has_paper(void *context, const struct act *act)
{
    (void)context;
    (void)act;
    return true;
}

static void open_core(void)
{
    char why[HOUSE_WHY_BYTES] = "";
    int fds[2];
    if (scene.home->house == NULL) {
        struct outcome outcome = home_open_house(scene.home, why);
        if (!outcome_ok(outcome)) {
            fail_msg("%s", why);
        }
    }
    core.house = scene.home->house;
    office_papers_set(core.house->office, (struct paper_port){.have = has_paper});
    core.letters = (struct letters){0};
    core.find = (struct find){0};
    letters_open(&core.letters);
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i].pipe.fd = -1;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    core.peers[3] = (struct peer){.row = &letter_row};
    pipe_init(&core.peers[3].pipe, fds[0]);
    pipe_init(&scene.drawer, fds[1]);
}

static void close_core(void)
{
    letters_close(&core.letters);
    pipe_done(&core.peers[3].pipe);
    pipe_done(&scene.drawer);
    home_close_house(scene.home);
}

static int start(void **state)
{
    (void)state;
    scene = (struct scene){
        .now_us = AUTHORITY_NOW * US_PER_S, .keeps = true, .why = "/matter: is wrong"};
    struct house_ports ports = house_ports_system();
    ports.clock = clock_fixed(&scene.now_us);
    buf_init(&scene.kept, LETTER_BYTES_MAX);
    scene.anchor = authority_make(&made_anchor, NULL, 1);
    scene.signer = authority_make(&made_signer, &scene.anchor, 2);
    scene.anchors = authority_anchors(&scene.anchor);
    assert_ok(authority_signer(&scene.signer, NULL, &signer));
    scene.home = home_new(&ports);
    open_core();
    found_officers();
    make_office();
    return 0;
}

static int stop(void **state)
{
    void *home = scene.home;
    (void)state;
    close_core();
    home_teardown(&home);
    cms_signer_free(signer);
    cms_anchors_free(scene.anchors);
    authority_free(&scene.anchor);
    authority_free(&scene.signer);
    buf_done(&scene.kept);
    return 0;
}

static const struct letter *letter_of(const char *code)
{
    const struct letter *letter = staff_letter(&core.house->directory, view_text(code));
    assert_non_null(letter);
    return letter;
}

/* Entries of that kind and service. */
static unsigned recorded(enum entry_kind kind, enum service service)
{
    unsigned count = 0;
    BUF_AUTO scratch;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    for (uint64_t i = 0; i < ledger_size(core.house->ledger); i++) {
        struct ledger_receipt receipt = {0};
        struct record record = {0};
        assert_ok(ledger_reread(core.house->ledger, i, &scratch, &receipt));
        assert_ok(record_get_opening(receipt.item.opening, &record));
        count += record.kind == kind && record.service == service;
    }
    return count;
}

/* ---- tests ---- */

static void what_is_decided_leaves_once_and_is_a_signed_letter(void **state)
{
    struct letter_file file;
    struct letter_check check;
    (void)state;
    receive(CASE, REQUESTER);
    find(CASE);
    run(STEPS_MAX);
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_NOTICE_EXTRACT), 0);
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_ID_MAP), 1); /* the look */
    decide(CASE);
    run(STEPS_MAX);
    const struct letter *letter = letter_of(FIRST);
    assert_int_equal(letter->state, LETTER_SIGNED);
    assert_int_equal(case_of(CASE)->state, CASE_SIGNED);
    assert_int_equal(scene.drawn, 2);
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_NOTICE_EXTRACT), 1);
    assert_ok(letter_file_verify(buf_view(&scene.kept), scene.anchors, &file));
    letter_check_file(&core.house->directory, letter->copies[1].file, &check);
    assert_int_equal(check.verdict, LETTER_GENUINE);
    assert_memory_not_equal(letter->copies[0].file, letter->copies[1].file, SEAL_HASH_BYTES);
    assert_memory_not_equal(&letter->copies[0].code, &letter->copies[1].code, LETTER_CODE_CHARS);
    assert_non_null(strstr(scene.content, "\"person\":{\"birth_date\":\"" HOME_AN_BIRTH
                                          "\",\"full_name\":\"" HOME_AN_NAME "\"}"));
    assert_non_null(strstr(scene.content, "\"number\":\"01/TB-C06\""));
    assert_non_null(
        strstr(scene.content, "\"url\":\"https://dancu.example/letters?number=01%2FTB-C06&code="));
    assert_non_null(strstr(scene.content, "\"title\":\"TRƯỞNG CÔNG AN\""));
    run(STEPS_MAX);
    assert_int_equal(letter_count(&core.house->directory, case_of(CASE)), 1);
}

/* As a process that is killed behind so many steps. */
static void killed_behind(unsigned steps)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        open_core();
        run(steps);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void whatever_step_it_dies_behind_there_is_one_disclosure_and_no_gap(void **state)
{
    (void)state;
    approve(CASE);
    approve("C06-2026-000002");
    close_core();
    for (unsigned i = 0; i < KILLS; i++) {
        killed_behind(1 + i % 3);
    }
    open_core();
    run(STEPS_MAX);
    const struct letter *first = letter_of(FIRST);
    const struct letter *second = letter_of("C06-2026-000002.1");
    assert_int_equal(first->state, LETTER_SIGNED);
    assert_int_equal(second->state, LETTER_SIGNED);
    assert_int_equal(first->number + second->number, 3);
    const struct letter_register *letter_register =
        object_find(&core.house->directory, &object_register, VIEW_LITERAL("C06.TB.2026"));
    assert_int_equal(letter_register->last, 2);
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_NOTICE_EXTRACT), 2);
    assert_int_equal(recorded(KIND_REFUSAL, SERVICE_NOTICE_EXTRACT), 0);
    assert_int_equal(letter_count(&core.house->directory, case_of(CASE)), 1);
}

static void a_copy_that_is_drawn_again_is_the_same_to_the_byte(void **state)
{
    uint8_t drawn[SEAL_HASH_BYTES];
    (void)state;
    approve(CASE);
    run_to(LETTERS_KEEPING);
    memcpy(drawn, core.letters.drawn, sizeof(drawn));
    letters_kept(&core, VIEW_LITERAL(CASE), core.letters.file, false);
    run_to(LETTERS_KEEPING);
    assert_memory_equal(drawn, core.letters.drawn, sizeof(drawn));
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_NOTICE_EXTRACT), 1);
}

static void what_cannot_be_drawn_is_held_and_an_officer_has_it_tried_again(void **state)
{
    (void)state;
    approve(CASE);
    scene.code = RENDER_BAD_CONTENT;
    run(STEPS_MAX);
    assert_view(long_view(&letter_of(FIRST)->held), "/matter: is wrong");
    assert_int_equal(letter_of(FIRST)->state, LETTER_NUMBERED);
    scene.code = RENDER_DONE;
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_NUMBERED);
    does(LAN, ACT_LETTER_RETRY, "code", FIRST, NULL);
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
}

static void a_process_that_dies_of_a_letter_three_times_holds_up_nobody_else(void **state)
{
    (void)state;
    approve(CASE);
    approve("C06-2026-000002");
    for (unsigned lost = 0; lost < 3;) {
        bool first = view_is(code_view(&core.letters.code), FIRST);
        if (core.letters.phase == LETTERS_DRAWING && first) {
            letters_lost(&core);
            lost++;
        } else {
            assert_true(step());
        }
    }
    run(STEPS_MAX);
    assert_view(long_view(&letter_of(FIRST)->held), "it could not be made");
    assert_int_equal(letter_of("C06-2026-000002.1")->state, LETTER_SIGNED);
}

static void nothing_leaves_for_a_case_that_owes_something_whoever_ordered_the_letter(void **state)
{
    (void)state;
    approve(CASE);
    assert_true(step());
    struct written_case *case_ = staff_case(&core.house->directory, VIEW_LITERAL(CASE));
    assert_int_equal(letter_of(FIRST)->state, LETTER_ORDERED);
    case_->fee_due = case_->fee_paid + 1;
    run(STEPS_MAX);
    assert_view(long_view(&letter_of(FIRST)->held), "nothing may leave for its case");
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_NOTICE_EXTRACT), 0);
    assert_int_equal(recorded(KIND_REFUSAL, SERVICE_NOTICE_EXTRACT), 0);
    case_->fee_due = case_->fee_paid;
    does(LAN, ACT_LETTER_RETRY, "code", FIRST, NULL);
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
}

/* A slip that was ordered while the case was accepted, and comes to its number when it is not. */
static void what_is_refused_for_good_is_held_and_slows_no_other(void **state)
{
    (void)state;
    receive(CASE, REQUESTER);
    find(CASE);
    does(LAN, ACT_LETTER_ORDER, "code", CASE, "kind", "slip", NULL);
    decide(CASE);
    while (letter_of(FIRST)->held.len == 0) {
        assert_true(step());
        assert_true(core.letters.look_us < scene.now_us); /* of the same clock's beginning */
    }
    assert_view(long_view(&letter_of(FIRST)->held), "no such letter is due in the case");
    run(STEPS_MAX);
    assert_int_equal(letter_of(CASE ".2")->state, LETTER_SIGNED);
}

static void an_order_that_is_refused_lets_the_next_case_have_its_letter_at_once(void **state)
{
    (void)state;
    approve(CASE);
    approve("C06-2026-000002");
    fails(ACT_LETTER_ORDER, CASE, FAULT_OVER_LIMIT);
    letters_hurry(&core);
    for (unsigned turn = 0; turn < 2; turn++) {
        assert_ok(letters_keep(&core)); /* nobody hurries it */
    }
    assert_null(staff_letter(&core.house->directory, VIEW_LITERAL(FIRST)));
    assert_int_equal(letter_of("C06-2026-000002.1")->state, LETTER_ORDERED);
}

static void want_of_room_holds_nothing_and_is_tried_again(void **state)
{
    (void)state;
    approve(CASE);
    fails(ACT_CASE_DISCLOSED, CASE, FAULT_NO_SPACE);
    for (unsigned i = 0; i < 8; i++) {
        (void)step();
    }
    assert_int_equal(letter_of(FIRST)->held.len, 0);
    assert_true(core.letters.look_us > 0);
    fails(ACT_CASE_DISCLOSED, CASE, FAULT_NONE);
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
    assert_int_equal(recorded(KIND_DISCLOSURE, SERVICE_NOTICE_EXTRACT), 1);
}

static void a_file_that_is_kept_stays_in_hand_until_the_act_that_names_it_is_recorded(void **state)
{
    uint8_t file[SEAL_HASH_BYTES];
    (void)state;
    approve(CASE);
    run_to(LETTERS_KEPT);
    memcpy(file, core.letters.file, sizeof(file));
    fails(ACT_LETTER_SIGN, FIRST, FAULT_NO_SPACE);
    for (unsigned i = 0; i < 2 * 3; i++) {
        assert_true(letters_busy(&core));
        assert_ok(letters_keep(&core));
        assert_false(letters_busy(&core)); /* not now */
        assert_int_equal(core.letters.phase, LETTERS_KEPT);
        letters_hurry(&core);
    }
    assert_int_equal(scene.drawn, 1);
    fails(ACT_LETTER_SIGN, FIRST, FAULT_NONE);
    assert_ok(letters_keep(&core));
    assert_memory_equal(letter_of(FIRST)->copies[0].file, file, sizeof(file));
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
    assert_int_equal(scene.drawn, 2);
    assert_int_equal(scene.dropped, 0);
}

/* By then the archive is told to remove what no case has. */
static void a_file_that_waits_for_its_act_half_a_day_is_made_again(void **state)
{
    (void)state;
    approve(CASE);
    run_to(LETTERS_KEPT);
    fails(ACT_LETTER_SIGN, FIRST, FAULT_NO_SPACE);
    assert_ok(letters_keep(&core));
    fails(ACT_LETTER_SIGN, FIRST, FAULT_NONE);
    scene.now_us += ARCHIVE_LOOSE_S / 2 * INT64_C(1000000);
    assert_ok(letters_keep(&core));
    assert_int_equal(core.letters.phase, LETTERS_IDLE);
    assert_int_equal(scene.dropped, 1);
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
    assert_int_equal(scene.drawn, 3);
}

static void a_file_whose_letter_is_void_by_the_time_it_is_kept_is_removed(void **state)
{
    (void)state;
    approve(CASE);
    run_to(LETTERS_KEEPING);
    does(LAN, ACT_LETTER_VOID, "code", FIRST, "reason", "Nhầm", NULL);
    letters_kept(&core, VIEW_LITERAL(CASE), core.letters.file, true);
    assert_ok(letters_keep(&core));
    assert_int_equal(core.letters.phase, LETTERS_IDLE);
    assert_int_equal(scene.dropped, 1);
    run(STEPS_MAX); /* and the case has its letter */
    assert_int_equal(letter_of(CASE ".2")->state, LETTER_SIGNED);
    assert_int_equal(scene.dropped, 1);
}

static void a_file_that_no_act_may_name_holds_its_letter(void **state)
{
    (void)state;
    approve(CASE);
    fails(ACT_LETTER_SIGN, FIRST, FAULT_CONFLICT);
    run(STEPS_MAX);
    assert_view(long_view(&letter_of(FIRST)->held), "as the test has it");
    assert_int_equal(core.letters.phase, LETTERS_IDLE);
    assert_int_equal(scene.drawn, 1);
    assert_int_equal(scene.dropped, 1);
}

static void a_copy_whose_archive_is_gone_is_made_anew_however_often_that_is(void **state)
{
    (void)state;
    approve(CASE);
    for (unsigned i = 0; i < 4; i++) {
        run_to(LETTERS_KEEPING);
        letters_unkept(&core);
        assert_int_equal(core.letters.phase, LETTERS_IDLE); /* nobody waits for its answer */
    }
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
    letters_unkept(&core); /* with nothing in hand */
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
}

static void a_copy_that_is_not_kept_three_times_holds_its_letter(void **state)
{
    (void)state;
    approve(CASE);
    for (unsigned i = 0; i < 3; i++) {
        run_to(LETTERS_KEEPING);
        letters_kept(&core, VIEW_LITERAL(CASE), core.letters.file, false);
    }
    run(STEPS_MAX);
    assert_view(long_view(&letter_of(FIRST)->held), "it could not be made");
    assert_int_equal(scene.drawn, 3);
    does(LAN, ACT_LETTER_RETRY, "code", FIRST, NULL);
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
}

static void a_reason_that_no_act_can_have_holds_a_letter_all_the_same(void **state)
{
    char long_why[WHY_BYTES + 3];
    (void)state;
    approve(CASE);
    memset(long_why, 'a', WHY_BYTES);
    memcpy(&long_why[WHY_BYTES], "é", sizeof("é"));
    scene.code = RENDER_TOO_LONG;
    scene.why = long_why; /* cut within a letter */
    run(STEPS_MAX);
    assert_view(long_view(&letter_of(FIRST)->held), "it cannot be made");
}

static void without_a_signer_or_who_keeps_it_nothing_is_made(void **state)
{
    struct cms_signer *own = signer;
    (void)state;
    approve(CASE);
    signer = NULL;
    assert_false(letters_busy(&core));
    run(STEPS_MAX);
    assert_null(staff_letter(&core.house->directory, VIEW_LITERAL(FIRST)));
    signer = own;
    scene.keeps = false;
    run(12);
    assert_int_equal(letter_of(FIRST)->state, LETTER_NUMBERED);
    scene.keeps = true;
    run(STEPS_MAX);
    assert_int_equal(letter_of(FIRST)->state, LETTER_SIGNED);
}

static void who_is_looked_for_is_found_by_number_and_of_namesakes_nobody_is(void **state)
{
    struct act act = {.kind = ACT_CASE_FIND};
    (void)state;
    receive(CASE, REQUESTER);
    assert_string_equal(looked(CASE, "079090999999", HOME_AN_BIRTH), "none");
    assert_string_equal(looked(CASE, HOME_AN, "1990-01-03"), "none");
    act_value_set(&act, "code", VIEW_LITERAL(CASE));
    act_value_set(&act, "name", VIEW_LITERAL(HOME_AN_NAME));
    act_value_set(&act, "birth-date", VIEW_LITERAL(HOME_AN_BIRTH));
    assert_int_equal(sign_act(LAN, &act).code, ACT_CODE_DONE);
    assert_string_equal(finds_look(&core, &act, VIEW_LITERAL("LAN")), "several");
    assert_int_equal(sign_act(MINH, &act).code, ACT_CODE_DONE);
    assert_ok(finds_keep(&core));
    assert_false(case_of(CASE)->found);
    find(CASE);
}

static void who_asks_about_himself_as_another_finds_nobody(void **state)
{
    (void)state;
    receive(CASE, HOME_AN);
    assert_string_equal(looked(CASE, HOME_AN, HOME_AN_BIRTH), "own_data_only");
    assert_ok(finds_keep(&core));
    assert_false(case_of(CASE)->found);
}

/* A search tells no CMND: whether he is the requester himself, only a look by number can tell. */
static void who_has_papers_with_a_cmnd_is_looked_for_by_number(void **state)
{
    static const char *const classes[] = {"other", "citizen"};
    static const char *const cases[] = {"C06-2026-000001", "C06-2026-000002"};
    struct act act = {.kind = ACT_CASE_FIND};
    (void)state;
    home_import_born(scene.home, "079090954321", "1990-08-08");
    act_value_set(&act, "name", VIEW_LITERAL(HOME_AN_NAME));
    act_value_set(&act, "birth-date", VIEW_LITERAL("1990-08-08"));
    for (unsigned i = 0; i < 2; i++) {
        receive_by(cases[i], classes[i], "cmnd", "901234567");
        act_value_set(&act, "code", view_text(cases[i]));
        assert_int_equal(sign_act(LAN, &act).code, ACT_CODE_DONE);
        assert_string_equal(finds_look(&core, &act, VIEW_LITERAL("LAN")), "by_number");
        assert_ok(finds_keep(&core));
        assert_false(case_of(cases[i])->found);
        assert_string_equal(looked(cases[i], "079090954321", "1990-08-08"),
                            i == 0 ? "one" : "own_data_only");
        assert_ok(finds_keep(&core));
    }
    receive_by("C06-2026-000003", "other", "id", REQUESTER);
    act_value_set(&act, "code", VIEW_LITERAL("C06-2026-000003"));
    assert_int_equal(sign_act(LAN, &act).code, ACT_CODE_DONE);
    assert_string_equal(finds_look(&core, &act, VIEW_LITERAL("LAN")), "one"); /* by name */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_decided_leaves_once_and_is_a_signed_letter),
        TEST(whatever_step_it_dies_behind_there_is_one_disclosure_and_no_gap),
        TEST(a_copy_that_is_drawn_again_is_the_same_to_the_byte),
        TEST(what_cannot_be_drawn_is_held_and_an_officer_has_it_tried_again),
        TEST(a_process_that_dies_of_a_letter_three_times_holds_up_nobody_else),
        TEST(nothing_leaves_for_a_case_that_owes_something_whoever_ordered_the_letter),
        TEST(what_is_refused_for_good_is_held_and_slows_no_other),
        TEST(an_order_that_is_refused_lets_the_next_case_have_its_letter_at_once),
        TEST(want_of_room_holds_nothing_and_is_tried_again),
        TEST(a_file_that_is_kept_stays_in_hand_until_the_act_that_names_it_is_recorded),
        TEST(a_file_that_waits_for_its_act_half_a_day_is_made_again),
        TEST(a_file_whose_letter_is_void_by_the_time_it_is_kept_is_removed),
        TEST(a_file_that_no_act_may_name_holds_its_letter),
        TEST(a_copy_whose_archive_is_gone_is_made_anew_however_often_that_is),
        TEST(a_copy_that_is_not_kept_three_times_holds_its_letter),
        TEST(a_reason_that_no_act_can_have_holds_a_letter_all_the_same),
        TEST(without_a_signer_or_who_keeps_it_nothing_is_made),
        TEST(who_is_looked_for_is_found_by_number_and_of_namesakes_nobody_is),
        TEST(who_asks_about_himself_as_another_finds_nobody),
        TEST(who_has_papers_with_a_cmnd_is_looked_for_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
