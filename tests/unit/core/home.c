/*
 * A real home in a temporary folder.
 */
#include "home.h"

#include "gate/law.h"
#include "office/prepare.h"

#include <fcntl.h>
#include <sys/stat.h>

static void make_keys(struct home *home)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_ok(house_keys_make(fd, &home->ports.random, &home->keys));
    close(fd);
}

void home_shell(const struct home *home, const char *command)
{
    char line[1024];
    snprintf(line, sizeof(line), "cd '%s' && %s", home->folder, command);
    assert_int_equal(system(line), 0);
}

struct outcome home_open_house(struct home *home, char ret_why[HOUSE_WHY_BYTES])
{
    int fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct outcome outcome = house_open_on(&home->ports, home->path, fd, &home->keys,
                                           REGISTRY_WRITE, &home->house, ret_why);
    if (!outcome_ok(outcome)) {
        home->house = NULL;
        close(fd);
    }
    return outcome; /* the ledger goes on using the folder: left open until the test ends */
}

void home_close_house(struct home *home)
{
    house_close(home->house);
    home->house = NULL;
}

void home_act(struct home *home, enum act_kind kind, ...)
{
    struct act act = {.kind = kind};
    uint64_t index = 0;
    char why[256] = "";
    va_list values;
    va_start(values, kind);
    for (const char *field = va_arg(values, const char *); field != NULL;
         field = va_arg(values, const char *)) {
        act_value_set(&act, field, view_text(va_arg(values, const char *)));
    }
    va_end(values);
    struct outcome outcome = office_act(home->house->office, &act, 0, &index, why);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: %s", act_rows[kind].name, why);
    }
}

static void publish(struct home *home)
{
    struct law law;
    BUF_AUTO bytes;
    struct policy *policy = law_load();
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    uint64_t index = 0;
    char why[256] = "";
    buf_init(&bytes, ACT_BYTES_MAX);
    law_read(&law);
    policy_files_put(law.files, law.count, &bytes);
    act_value_set(&act, "hash", view_text(policy_hash(policy)));
    act_value_set(&act, "files", buf_view(&bytes));
    assert_ok(office_act(home->house->office, &act, 0, &index, why));
    policy_free(policy);
    law_done(&law);
}

void home_person_line(const char *id, const char *birth_date, char *ret_line, size_t size)
{
    int len = snprintf(ret_line, size,
                       "{\"id\":\"%s\",\"cmnd\":null,\"full_name\":\"" HOME_AN_NAME
                       "\",\"birth_date\":\"%s\",\"sex\":\"1\",\"birth_registration_place\":null,"
                       "\"native_place\":null,\"ethnicity\":null,\"religion\":null,"
                       "\"nationality\":\"VN\",\"marital_status\":null,"
                       "\"permanent_residence\":null,\"temporary_residence\":null,"
                       "\"temporary_absence\":null,\"current_residence\":null,"
                       "\"relation_to_head\":null,\"blood_group\":null,\"relatives\":null,"
                       "\"household\":null,\"death_or_missing\":null}",
                       id, birth_date);
    assert_true(len > 0 && (size_t)len < size);
}

void home_import(struct home *home, unsigned from, unsigned until, struct registry_chunk *ret_chunk)
{
    struct person *people[HOME_PEOPLE];
    struct person_fault fault = {0};
    struct arena arena;
    char line[2048];
    char id[13];
    assert_true(until - from <= HOME_PEOPLE);
    assert_ok(arena_init(&arena, (HOME_PEOPLE + 1) * PERSON_PARSE_BYTES_MAX));
    for (unsigned i = from; i < until; i++) {
        snprintf(id, sizeof(id), "0790909%05u", 12345 + i);
        home_person_line(id, HOME_AN_BIRTH, line, sizeof(line));
        assert_ok(person_parse(view_text(line), &arena, &people[i - from], &fault));
    }
    assert_ok(registry_import(home->house->registry, people, until - from, ret_chunk));
    arena_done(&arena);
}

void home_import_born(struct home *home, const char *id, const char *birth_date)
{
    struct registry_chunk chunk = {0};
    struct person *person = NULL;
    struct person_fault fault = {0};
    struct arena arena;
    char line[2048];
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    home_person_line(id, birth_date, line, sizeof(line));
    assert_ok(person_parse(view_text(line), &arena, &person, &fault));
    assert_ok(registry_import(home->house->registry, &person, 1, &chunk));
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    arena_done(&arena);
}

void home_feed(struct home *home, const char *id, uint64_t number, const char *set,
               struct registry_chunk *ret_chunk)
{
    static struct change_set read;
    static struct registry_fed fed;
    struct change_law law = {0};
    struct arena arena;
    char text[1024];
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        law.members[i] = MEMBER_BIT(MEMBER_COUNT) - 1;
        law.sources[i] = 1u << SOURCE_REGISTRAR;
    }
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        law.ranks[i][SOURCE_REGISTRAR] = 1;
    }
    snprintf(text, sizeof(text),
             "{\"aud\":\"" HOME_ORIGIN "\",\"number\":%llu,\"changes\":[{\"id\":\"%s\","
             "\"kind\":\"corrected\",\"set\":{%s}}]}",
             (unsigned long long)number, id, set);
    assert_ok(arena_init(&arena, CHANGE_SET_ARENA_BYTES));
    assert_ok(change_set_read(view_text(text), VIEW_LITERAL(HOME_ORIGIN), &arena, &read));
    const struct registry_feed asked = {.source = VIEW_LITERAL("S-1"),
                                        .kind = SOURCE_REGISTRAR,
                                        .set = &read,
                                        .law = &law,
                                        .payload = view_text(text),
                                        .jws_hash = {1}};
    assert_ok(registry_feed(home->house->registry, &asked, &fed));
    assert_int_equal(fed.code, SET_CODE_DONE);
    assert_int_equal(fed.done[0].result, CHANGE_RESULT_APPLIED);
    *ret_chunk = fed.chunk;
    arena_done(&arena);
}

static void day_text(const struct home *home, int days, char ret_text[16])
{
    struct date date = date_from_days(clock_day_vn(clock_wall_us(&home->house->clock)) + days);
    snprintf(ret_text, 16, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static void fill(struct home *home)
{
    struct registry_chunk chunk = {0};
    char inspected[16];
    char until[16];
    char spki[65];
    for (int i = 0; i < 32; i++) {
        snprintf(spki + 2 * i, 3, "%02x", HOME_SPKI_BYTE);
    }
    day_text(home, -1, inspected);
    day_text(home, 700, until);
    home_import(home, 0, HOME_PEOPLE, &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    publish(home);
    home_act(home, ACT_PARTY_ADD, "code", "bank", "class", "organisation", "kind", "bank", "name",
             "Ngân hàng", NULL);
    home_act(home, ACT_PARTY_DOSSIER, "code", "bank", "legal-basis", "Law", "level", "3",
             "level-decision", "QD 01", "undertaking", spki, "contact", "A", "security-contact",
             "B", NULL);
    home_act(home, ACT_PARTY_INSPECTION, "code", "bank", "result", "passed", "day", inspected,
             "until", until, NULL);
    home_act(home, ACT_PARTY_CONNECT, "code", "bank", NULL);
    home_act(home, ACT_ACCOUNT_ADD, "code", "bank-1", "party", "bank", "channel", "guided", "spki",
             spki, "instrument", "CV 01", NULL);
    home_act(home, ACT_BUSINESS_ADD, "code", "NV-SECRET-KYC", "party", "bank", "purpose", "KYC",
             "legal-basis", "Law", "services", "citizen.lookup", "channels", "guided", "fields",
             "full_name,birth_date", "quota-day", "1000", NULL);
    home_act(home, ACT_BUSINESS_GRANT, "code", "NV-SECRET-KYC", NULL);
}

struct home *home_new(const struct house_ports *ports)
{
    char why[HOUSE_WHY_BYTES] = "";
    struct home *home = calloc(1, sizeof(*home));
    assert_non_null(home);
    home->ports = *ports;
    help_folder(home->folder, sizeof(home->folder), "test-home");
    snprintf(home->path, sizeof(home->path), "%s/home", home->folder);
    make_keys(home);
    struct outcome outcome = house_create_on(ports, home->path, &home->keys, HOME_ORIGIN, why);
    if (outcome_ok(outcome)) {
        outcome = home_open_house(home, why);
    }
    if (!outcome_ok(outcome)) {
        fail_msg("%s", why);
    }
    buf_init(&home->vkey, 1024);
    assert_ok(house_vkey(&home->keys, HOME_ORIGIN, &home->vkey));
    fill(home);
    return home;
}

int home_setup(void **state)
{
    struct house_ports ports = house_ports_system();
    *state = home_new(&ports);
    return 0;
}

int home_teardown(void **state)
{
    struct home *home = *state;
    house_close(home->house);
    buf_done(&home->vkey);
    house_keys_done(&home->keys);
    char line[128];
    snprintf(line, sizeof(line), "rm -rf '%s'", home->folder);
    assert_int_equal(system(line), 0);
    free(home);
    return 0;
}

struct ask home_ask(void)
{
    struct ask ask = {
        .tag = 7,
        .service = SERVICE_CITIZEN_LOOKUP,
        .business = VIEW_LITERAL("NV-SECRET-KYC"),
        .case_ref = VIEW_LITERAL("HS-SECRET-1"),
        .subject_kind = SUBJECT_ID,
        .key = VIEW_LITERAL(HOME_AN),
        .name = VIEW_LITERAL(HOME_AN_NAME),
        .birth_date = VIEW_LITERAL(HOME_AN_BIRTH),
        .fields = {FIELD_FULL_NAME, FIELD_BIRTH_DATE},
        .field_count = 2,
    };
    memset(ask.spki, HOME_SPKI_BYTE, sizeof(ask.spki));
    return ask;
}

const struct answer *home_serve(struct home *home, const struct ask *ask)
{
    assert_ok(gate_serve(home->house->gate, ask, 1, home->answers));
    return &home->answers[0];
}
