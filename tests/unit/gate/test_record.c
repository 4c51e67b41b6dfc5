/*
 * The record, read again by a reader that shares no code with it: entries tell what they may and
 * nothing else, disclosures open them, and a sealed opening makes the same entry again.
 */
#include "reader.h"

#include "gate/record.h"

#define TIME_US INT64_C(1795423081000123) /* 2026-11-23T08:38:01.000123Z */
#define PERSONS 16
#define PEOPLE 144
#define STREAM 7168

static const char *const names[RECORD_NAME_COUNT] = {
    "ask", "party", "agent", "business", "case", "request", "answer", "persons", "trace"};

/* A record whose values are all of one kind of ask; `seed` makes its secret. */
static struct record record_of(enum entry_kind kind, uint64_t seed)
{
    struct random_port random = random_seeded(&seed);
    bool act = kind == KIND_ACT;
    struct record record = {
        .kind = kind,
        .outcome = act ? VIEW_LITERAL("party.add") : VIEW_LITERAL("disclosed"),
        .class = act ? RECORD_WORD_NULL : CLASS_ORGANISATION,
        .channel = act ? RECORD_WORD_NULL : CHANNEL_GUIDED,
        .service = act ? RECORD_WORD_NULL : SERVICE_CITIZEN_LOOKUP,
        .time_us = TIME_US,
        .person_count = 1,
        .persons = {4711},
        .effect = VIEW_LITERAL("effect"),
    };
    memset(record.policy_hash, 'a', 64);
    record.values[RECORD_PARTY] = VIEW_LITERAL("\"bank\"");
    record.values[RECORD_CASE] = VIEW_LITERAL("\"HS-2026-000123\"");
    record.values[RECORD_ANSWER] = VIEW_LITERAL("{\"digest\":null,\"notices\":[]}");
    record_ask_id(record.time_us, &random, record.ask_id);
    random_fill(&random, record.secret, sizeof(record.secret));
    return record;
}

/* Room as the gate claims it: the memory must not move. */
static void texts_init(struct buf *texts)
{
    buf_init(texts, record_texts_room());
    assert_non_null(buf_claim(texts, record_texts_room()));
    buf_cut(texts, 0);
}

static void each_kind_of_entry_has_nine_sorted_digests_and_its_public_words(void **state)
{
    (void)state;
    for (enum entry_kind kind = 0; kind < KIND_COUNT; kind++) {
        BUF_AUTO texts;
        struct record_text text = {0};
        struct record record = record_of(kind, 1 + kind);
        texts_init(&texts);
        assert_ok(record_write(&record, &texts, &text));
        json_t *entry = reader_entry(text.entry);
        assert_string_equal(reader_text(entry, "kind"), words_name(&words_kind, kind));
        assert_string_equal(reader_text(entry, "t"), "2026-11-23T08:38Z");
        assert_string_equal(reader_text(entry, "policy"), record.policy_hash);
        if (kind == KIND_ACT) {
            assert_string_equal(reader_text(entry, "outcome"), "party.add");
            assert_true(json_is_null(json_object_get(entry, "class")));
            assert_true(json_is_null(json_object_get(entry, "channel")));
            assert_true(json_is_null(json_object_get(entry, "service")));
        } else {
            assert_string_equal(reader_text(entry, "class"), "organisation");
            assert_string_equal(reader_text(entry, "channel"), "guided");
            assert_string_equal(reader_text(entry, "service"), "citizen.lookup");
        }
        json_decref(entry);
    }
}

static void every_disclosure_opens_the_entry_to_the_value_that_was_recorded(void **state)
{
    (void)state;
    BUF_AUTO texts;
    struct record_text text = {0};
    struct record record = record_of(KIND_DISCLOSURE, 7);
    char id[37];
    texts_init(&texts);
    assert_ok(record_write(&record, &texts, &text));
    json_t *entry = reader_entry(text.entry);
    for (int name = 0; name < RECORD_NAME_COUNT; name++) {
        json_t *value = reader_open(entry, text.disclosures[name], names[name]);
        char *said = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        if (name == RECORD_ASK) {
            record_ask_id_text(record.ask_id, id);
            assert_string_equal(reader_text(value, "id"), id);
            assert_string_equal(reader_text(value, "time"), "2026-11-23T08:38:01.000123Z");
        } else if (name != RECORD_PERSONS) {
            struct view want = record.values[name];
            assert_view(want.len == 0 ? VIEW_LITERAL("null") : want, said);
        }
        free(said);
        json_decref(value);
    }
    json_decref(entry);
}

/* I6: whoever reads the log learns kind, class, channel, service, outcome, minute, policy. */
static void entries_of_one_kind_differ_in_their_digests_only(void **state)
{
    (void)state;
    BUF_AUTO texts;
    BUF_AUTO texts_other;
    struct record_text text[2] = {0};
    struct record one = record_of(KIND_UNAVAILABLE, 1);
    struct record other = record_of(KIND_UNAVAILABLE, 2);
    other.values[RECORD_PARTY] = VIEW_LITERAL("\"a party with a much longer code\"");
    other.values[RECORD_CASE] = view_of(NULL, 0);
    other.values[RECORD_TRACE] = VIEW_LITERAL("{\"rule\":\"protected\"}");
    other.person_count = 0;
    other.time_us += 57000000; /* the same minute */
    texts_init(&texts);
    texts_init(&texts_other);
    assert_ok(record_write(&one, &texts, &text[0]));
    assert_ok(record_write(&other, &texts_other, &text[1]));
    assert_int_equal(text[0].entry.len, text[1].entry.len);
    size_t digests = strlen("{\"_sd\":[") + 9 * (READER_DIGEST_CHARS + 3);
    assert_memory_not_equal(text[0].entry.data, text[1].entry.data, digests);
    assert_memory_equal(text[0].entry.data + digests, text[1].entry.data + digests,
                        text[0].entry.len - digests);
}

/* AES-256-CTR of zeros under the entry's secret, by OpenSSL. */
static void key_stream(const struct record *record, unsigned char ret_stream[STREAM])
{
    static const unsigned char zeros[STREAM];
    static const unsigned char counter[16];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len = 0;
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), NULL, record->secret, counter),
                     1);
    assert_int_equal(EVP_EncryptUpdate(context, ret_stream, &len, zeros, sizeof(zeros)), 1);
    assert_int_equal(len, STREAM);
    EVP_CIPHER_CTX_free(context);
}

/* Digest of the array disclosure [salt, "<key>"], made by hand. */
static void person_digest(const unsigned char *salt, uint64_t key,
                          char ret_digest[READER_DIGEST_CHARS + 1])
{
    char salt_text[25] = "";
    char json[80];
    char text[128] = "";
    EVP_EncodeBlock((unsigned char *)salt_text, salt, 16);
    salt_text[22] = '\0'; /* without padding */
    snprintf(json, sizeof(json), "[\"%s\",\"%llu\"]", salt_text, (unsigned long long)key);
    for (char *c = json; *c != '\0'; c++) {
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
    }
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)json, (int)strlen(json));
    size_t len = strcspn(text, "=");
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    }
    reader_digest(view_of(text, len), ret_digest);
}

/* Which of the places hold which of the record's people; returns the first place. */
static unsigned find_people(const struct record *record, const json_t *places, unsigned count)
{
    unsigned char stream[STREAM];
    unsigned found = 0;
    unsigned first = 0;
    key_stream(record, stream);
    assert_int_equal(json_array_size(places), count);
    for (unsigned place = 0; place < count; place++) {
        const json_t *one = json_array_get(places, place);
        assert_int_equal(json_object_size(one), 1);
        const char *digest = reader_text(one, "...");
        assert_int_equal(strlen(digest), READER_DIGEST_CHARS);
        for (unsigned number = 0; number < record_people(record); number++) {
            char want[READER_DIGEST_CHARS + 1];
            person_digest(stream + 9 * 16 + place * 16, record_person(record, number), want);
            if (strcmp(want, digest) == 0) {
                first = number == 0 ? place : first;
                found++;
            }
        }
    }
    assert_int_equal(found, record_people(record));
    return first;
}

static unsigned find_persons(const struct record *record, const json_t *places)
{
    return find_people(record, places, PERSONS);
}

static void persons_have_sixteen_places_however_many_there_are(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= PERSONS; count++) {
        BUF_AUTO texts;
        struct record_text text = {0};
        struct record record = record_of(KIND_DISCLOSURE, 100 + count);
        record.person_count = count;
        for (unsigned i = 0; i < count; i++) {
            record.persons[i] = UINT64_C(18446744073709551615) - i;
        }
        texts_init(&texts);
        assert_ok(record_write(&record, &texts, &text));
        json_t *entry = reader_entry(text.entry);
        json_t *places = reader_open(entry, text.disclosures[RECORD_PERSONS], "persons");
        find_persons(&record, places);
        json_decref(places);
        json_decref(entry);
    }
}

/* Keys as an opening has them: big-endian. */
static void name_people(struct record *record, unsigned count, uint8_t ret_keys[PEOPLE * 8])
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned at = 0; at < 8; at++) {
            ret_keys[8 * i + at] = (uint8_t)((UINT64_C(9000000000) + i) >> (56 - 8 * at));
        }
    }
    record->named = view_of(ret_keys, 8 * (size_t)count);
}

static void
who_is_named_stands_among_the_persons_in_as_many_places_unless_they_are_too_few(void **state)
{
    static const unsigned counts[] = {1, 15, 16, 17, 143};
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        BUF_AUTO texts;
        BUF_AUTO opening;
        uint8_t keys[PEOPLE * 8];
        struct record_text text = {0};
        struct record again = {0};
        struct record record = record_of(KIND_DISCLOSURE, 300 + i);
        name_people(&record, counts[i], keys);
        texts_init(&texts);
        buf_init(&opening, OPENING_BYTES_MAX);
        assert_ok(record_write(&record, &texts, &text));
        json_t *entry = reader_entry(text.entry);
        json_t *places = reader_open(entry, text.disclosures[RECORD_PERSONS], "persons");
        find_people(&record, places, counts[i] < PERSONS ? PERSONS : PEOPLE);
        json_decref(places);
        json_decref(entry);
        assert_true(record_asks_about(&record, 4711));
        assert_false(record_asks_about(&record, 9000000000));
        assert_int_equal(record_find_person(&record, 9000000000), 1);
        assert_int_equal(record_find_person(&record, 9000000000 + counts[i]), RECORD_NOBODY);
        record_put_opening(&record, &opening);
        assert_ok(record_get_opening(buf_view(&opening), &again));
        assert_true(view_equal(again.named, record.named));
        BUF_AUTO texts_again;
        texts_init(&texts_again);
        struct record_text text_again = {0};
        assert_ok(record_write(&again, &texts_again, &text_again));
        assert_true(view_equal(text.entry, text_again.entry));
    }
}

static void an_opening_with_more_people_than_have_room_is_corrupt(void **state)
{
    (void)state;
    BUF_AUTO opening;
    uint8_t keys[PEOPLE * 8];
    struct record again = {0};
    struct record record = record_of(KIND_DISCLOSURE, 8);
    buf_init(&opening, OPENING_BYTES_MAX);
    name_people(&record, PEOPLE, keys); /* and the one who was asked about */
    record_put_opening(&record, &opening);
    assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
    buf_reset(&opening);
    record.named = view_of(keys, 12);
    record_put_opening(&record, &opening);
    assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
}

/* I5: the place of the one person tells nothing; all sixteen are used. */
static void the_place_of_the_one_person_varies(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        BUF_AUTO texts;
        struct record_text text = {0};
        struct record record = record_of(KIND_DISCLOSURE, seed);
        texts_init(&texts);
        assert_ok(record_write(&record, &texts, &text));
        json_t *array = reader_disclosure(text.disclosures[RECORD_PERSONS]);
        seen |= 1u << find_persons(&record, json_array_get(array, 2));
        json_decref(array);
    }
    assert_int_equal(seen, 0xffff);
}

static void no_two_salts_of_an_entry_are_alike(void **state)
{
    (void)state;
    BUF_AUTO texts;
    struct record_text text = {0};
    struct record record = record_of(KIND_DISCLOSURE, 3);
    texts_init(&texts);
    assert_ok(record_write(&record, &texts, &text));
    for (int i = 0; i < RECORD_NAME_COUNT; i++) {
        json_t *one = reader_disclosure(text.disclosures[i]);
        for (int j = 0; j < i; j++) {
            json_t *other = reader_disclosure(text.disclosures[j]);
            assert_string_not_equal(json_string_value(json_array_get(one, 0)),
                                    json_string_value(json_array_get(other, 0)));
            json_decref(other);
        }
        json_decref(one);
    }
}

static void an_opening_makes_the_same_entry_again(void **state)
{
    (void)state;
    for (enum entry_kind kind = 0; kind < KIND_COUNT; kind++) {
        BUF_AUTO texts;
        BUF_AUTO texts_again;
        BUF_AUTO opening;
        struct record_text text = {0};
        struct record_text text_again = {0};
        struct record record = record_of(kind, 40 + kind);
        struct record again = {0};
        texts_init(&texts);
        texts_init(&texts_again);
        buf_init(&opening, OPENING_BYTES_MAX);
        assert_ok(record_write(&record, &texts, &text));
        record_put_opening(&record, &opening);
        assert_ok(buf_check(&opening));
        assert_ok(record_get_opening(buf_view(&opening), &again));
        assert_ok(record_write(&again, &texts_again, &text_again));
        assert_true(view_equal(text.entry, text_again.entry));
        assert_view(again.effect, "effect");
        for (int name = 0; name < RECORD_NAME_COUNT; name++) {
            assert_true(view_equal(text.disclosures[name], text_again.disclosures[name]));
        }
    }
}

static void an_opening_cut_anywhere_or_too_long_is_corrupt(void **state)
{
    (void)state;
    BUF_AUTO opening;
    struct record record = record_of(KIND_DISCLOSURE, 5);
    struct record again = {.class = 77};
    buf_init(&opening, OPENING_BYTES_MAX);
    record_put_opening(&record, &opening);
    for (size_t len = 0; len < opening.len; len++) {
        assert_fault(record_get_opening(view_of(opening.data, len), &again), FAULT_CORRUPT);
    }
    buf_put_u8(&opening, 0);
    assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
    assert_int_equal(again.class, 77);
}

static void an_opening_of_impossible_values_is_corrupt(void **state)
{
    (void)state;
    enum { VERSION, KIND, CLASS, CHANNEL, SERVICE, HEAD };
    static const uint8_t impossible[HEAD] = {
        [VERSION] = 3,
        [KIND] = KIND_COUNT,
        [CLASS] = CLASS_COUNT,
        [CHANNEL] = CHANNEL_COUNT,
        [SERVICE] = SERVICE_COUNT,
    };
    BUF_AUTO opening;
    struct record record = record_of(KIND_DISCLOSURE, 6);
    struct record again = {0};
    buf_init(&opening, OPENING_BYTES_MAX);
    record_put_opening(&record, &opening);
    for (size_t at = 0; at < HEAD; at++) {
        uint8_t good = opening.data[at];
        opening.data[at] = impossible[at];
        assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
        opening.data[at] = good;
    }
    /* version, four words, outcome, time, id, policy hash, secret: then the number of persons */
    size_t persons = HEAD + 2 + record.outcome.len + 8 + 16 + 64 + 32;
    assert_int_equal(opening.data[persons], 1);
    opening.data[persons] = PERSONS + 1;
    assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
    buf_reset(&opening);
    record.time_us = INT64_C(253402300800000000); /* the year 10000 */
    record_put_opening(&record, &opening);
    assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
    buf_reset(&opening);
    record.time_us = TIME_US;
    record.outcome = view_of(NULL, 0);
    record_put_opening(&record, &opening);
    assert_fault(record_get_opening(buf_view(&opening), &again), FAULT_CORRUPT);
}

static void an_ask_id_is_a_uuid_of_version_7_with_its_time(void **state)
{
    (void)state;
    uint64_t seed = 9;
    struct random_port random = random_seeded(&seed);
    uint8_t id[16];
    uint8_t next[16];
    char text[37];
    record_ask_id(TIME_US, &random, id);
    record_ask_id(TIME_US + 1000, &random, next);
    record_ask_id_text(id, text);
    assert_int_equal(strlen(text), 36);
    assert_true(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
    assert_int_equal(text[14], '7');
    assert_non_null(strchr("89ab", text[19]));
    assert_true(memcmp(id, next, 6) < 0);
    uint64_t time_ms = 0;
    for (int i = 0; i < 6; i++) {
        time_ms = time_ms << 8 | id[i];
    }
    assert_int_equal(time_ms, TIME_US / 1000);
}

static void what_does_not_fit_is_told_and_not_cut(void **state)
{
    (void)state;
    struct record_text text = {0};
    struct record record = record_of(KIND_DISCLOSURE, 11);
    BUF_AUTO whole;
    texts_init(&whole);
    assert_ok(record_write(&record, &whole, &text));
    for (size_t room = 1; room < whole.len; room += 97) {
        BUF_AUTO texts;
        buf_init(&texts, room);
        assert_non_null(buf_claim(&texts, room));
        buf_cut(&texts, 0);
        assert_fault(record_write(&record, &texts, &text), FAULT_OVER_LIMIT);
    }
}

static void an_entry_over_its_ceiling_is_refused(void **state)
{
    (void)state;
    static char outcome[ENTRY_BYTES_MAX];
    struct record_text text = {0};
    struct record record = record_of(KIND_ACT, 12);
    BUF_AUTO texts;
    memset(outcome, 'x', sizeof(outcome));
    record.outcome = view_of(outcome, sizeof(outcome));
    texts_init(&texts);
    assert_fault(record_write(&record, &texts, &text), FAULT_OVER_LIMIT);
}

static void write_with_too_many_persons(void *context)
{
    struct record record = record_of(KIND_DISCLOSURE, 1);
    struct record_text text = {0};
    record.person_count = PERSONS + 1;
    outcome_ignore(record_write(&record, context, &text));
}

static void write_into_memory_that_may_move(void *context)
{
    struct record record = record_of(KIND_DISCLOSURE, 1);
    struct record_text text = {0};
    outcome_ignore(record_write(&record, context, &text));
}

static void a_writer_that_breaks_the_contract_is_stopped(void **state)
{
    (void)state;
    BUF_AUTO claimed;
    BUF_AUTO unclaimed;
    texts_init(&claimed);
    buf_init(&unclaimed, record_texts_room());
    assert_true(aborts(write_with_too_many_persons, &claimed));
    assert_true(aborts(write_into_memory_that_may_move, &unclaimed));
}

static void what_is_kept_of_an_opening_tells_whose_row_it_is_and_opens_nothing(void **state)
{
    BUF_AUTO plain;
    BUF_AUTO texts;
    struct record_text text = {0};
    struct record record = record_of(KIND_DISCLOSURE, 5);
    struct record rest = {0};
    uint8_t keys[PEOPLE * 8];
    (void)state;
    buf_init(&plain, OPENING_ASK_BYTES_MAX);
    texts_init(&texts);
    name_people(&record, 1, keys);
    record_put_rest(&record, VIEW_LITERAL("less"), &plain);
    assert_ok(buf_check(&plain));
    assert_ok(record_get_opening(buf_view(&plain), &rest));
    assert_true(rest.forgotten && rest.kind == KIND_DISCLOSURE && rest.person_count == 1);
    assert_true(rest.persons[0] == 4711 && rest.service == SERVICE_CITIZEN_LOOKUP);
    assert_true(record_people(&rest) == 2 && record_person(&rest, 1) == 9000000000);
    assert_view(rest.outcome, "disclosed");
    assert_view(rest.effect, "less");
    assert_int_equal(rest.time_us, TIME_US - TIME_US % 60000000); /* the minute, which is public */
    for (enum record_name name = 0; name < RECORD_NAME_COUNT; name++) {
        assert_int_equal(rest.values[name].len, 0);
    }
    assert_null(memmem(plain.data, plain.len, record.secret, sizeof(record.secret)));
    assert_null(memmem(plain.data, plain.len, "bank", 4));
    assert_fault(record_write(&rest, &texts, &text), FAULT_NOT_FOUND);
    for (size_t len = 0; len < plain.len; len++) {
        assert_fault(record_get_opening(view_of(plain.data, len), &rest), FAULT_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_entry_has_nine_sorted_digests_and_its_public_words),
        cmocka_unit_test(every_disclosure_opens_the_entry_to_the_value_that_was_recorded),
        cmocka_unit_test(entries_of_one_kind_differ_in_their_digests_only),
        cmocka_unit_test(persons_have_sixteen_places_however_many_there_are),
        cmocka_unit_test(
            who_is_named_stands_among_the_persons_in_as_many_places_unless_they_are_too_few),
        cmocka_unit_test(an_opening_with_more_people_than_have_room_is_corrupt),
        cmocka_unit_test(the_place_of_the_one_person_varies),
        cmocka_unit_test(no_two_salts_of_an_entry_are_alike),
        cmocka_unit_test(an_opening_makes_the_same_entry_again),
        cmocka_unit_test(an_opening_cut_anywhere_or_too_long_is_corrupt),
        cmocka_unit_test(an_opening_of_impossible_values_is_corrupt),
        cmocka_unit_test(what_is_kept_of_an_opening_tells_whose_row_it_is_and_opens_nothing),
        cmocka_unit_test(an_ask_id_is_a_uuid_of_version_7_with_its_time),
        cmocka_unit_test(what_does_not_fit_is_told_and_not_cut),
        cmocka_unit_test(an_entry_over_its_ceiling_is_refused),
        cmocka_unit_test(a_writer_that_breaks_the_contract_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
