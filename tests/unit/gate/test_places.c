/*
 * Parties by unit and businesses by procedure: what is found, through all changes, however they
 * came.
 */
#include "help.h"

#include "gate/directory.h"

#define DAY 20000

static struct party *party_new(struct directory *directory, const char *code, const char *unit)
{
    struct party *party = memory_new(1, sizeof(*party));
    assert_non_null(party);
    assert_ok(code_set(&party->code, view_text(code)));
    assert_ok(code_set(&party->identification, view_text(unit)));
    assert_ok(directory_add_party(directory, party));
    return party;
}

static struct business business_of(struct party *party, const char *code, const char *procedure)
{
    struct business business = {.party = party,
                                .state = BUSINESS_GRANTED,
                                .services = 1u << SERVICE_CITIZEN_LOOKUP,
                                .channels = 1u << CHANNEL_PROVINCE_ONE_STOP,
                                .until_day = DAY};
    assert_ok(code_set(&business.code, view_text(code)));
    assert_ok(code_set(&business.procedure, view_text(procedure)));
    return business;
}

static struct business *add(struct directory *directory, struct business like)
{
    struct business *business = memory_new(1, sizeof(*business));
    assert_non_null(business);
    *business = like;
    assert_ok(directory_add_business(directory, business));
    return business;
}

static const char *found(const struct directory *directory, const struct party *party,
                         const char *procedure, enum service service, int64_t day)
{
    const struct business *business = directory_business_for(
        directory, party, view_text(procedure), service, CHANNEL_PROVINCE_ONE_STOP, day);
    return business == NULL ? "" : business->code.text;
}

static void a_party_is_found_by_its_unit_until_it_has_another(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *hcm = party_new(&directory, "hcm", "000.00.00.H29");
    struct party *bank = party_new(&directory, "bank", "");
    struct party *twin = party_new(&directory, "twin", "000.00.00.H29"); /* of an old home */
    assert_ptr_equal(directory_party_by_unit(&directory, VIEW_LITERAL("000.00.00.H29")), hcm);
    assert_null(directory_party_by_unit(&directory, VIEW_LITERAL("")));
    assert_null(directory_party_by_unit(&directory, VIEW_LITERAL("000.00.00.H2")));
    struct party next = *hcm;
    assert_ok(code_set(&next.identification, VIEW_LITERAL("000.00.01.H29")));
    assert_ok(directory_replace_party(&directory, hcm, &next));
    assert_null(directory_party_by_unit(&directory, VIEW_LITERAL("000.00.00.H29")));
    assert_ptr_equal(directory_party_by_unit(&directory, VIEW_LITERAL("000.00.01.H29")), hcm);
    next = *twin; /* one that was never found is replaced like any */
    assert_ok(directory_replace_party(&directory, twin, &next));
    assert_ptr_equal(directory_party_by_unit(&directory, VIEW_LITERAL("000.00.00.H29")), twin);
    next = *bank;
    assert_ok(directory_replace_party(&directory, bank, &next));
    directory_done(&directory);
}

static void a_business_is_found_by_party_procedure_and_service(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *hcm = party_new(&directory, "hcm", "H29");
    struct party *hcm2 = party_new(&directory, "hcm2", "H30");
    struct business *b = add(&directory, business_of(hcm, "B", "1.004222"));
    struct business verify = business_of(hcm, "A", "1.004222");
    verify.services = 1u << SERVICE_CITIZEN_VERIFY;
    struct business *a = add(&directory, verify);
    add(&directory, business_of(hcm, "NONE", ""));
    add(&directory, business_of(hcm2, "C", "1.004222"));
    assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_LOOKUP, DAY), "B");
    assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_VERIFY, DAY), "A");
    assert_string_equal(found(&directory, hcm2, "1.004222", SERVICE_CITIZEN_LOOKUP, DAY), "C");
    assert_string_equal(found(&directory, hcm, "", SERVICE_CITIZEN_LOOKUP, DAY), "");
    assert_string_equal(found(&directory, hcm, "1.00422", SERVICE_CITIZEN_LOOKUP, DAY), "");
    assert_int_equal(directory_procedure_count(&directory, hcm, VIEW_LITERAL("1.004222")), 2);
    struct business next = *a; /* the first of its place goes to another */
    assert_ok(code_set(&next.procedure, VIEW_LITERAL("2.000488")));
    assert_ok(directory_replace_business(&directory, a, &next));
    assert_string_equal(found(&directory, hcm, "2.000488", SERVICE_CITIZEN_VERIFY, DAY), "A");
    assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_VERIFY, DAY), "B");
    next = *b; /* the only one of its place to none */
    assert_ok(code_set(&next.procedure, VIEW_LITERAL("")));
    assert_ok(directory_replace_business(&directory, b, &next));
    assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_LOOKUP, DAY), "");
    directory_done(&directory);
}

static void of_several_the_first_that_may_be_asked_is_found(void **state)
{
    (void)state;
    static const char *const orders[][4] = {
        {"A", "B", "C", "D"}, {"D", "C", "B", "A"}, {"B", "D", "A", "C"}};
    for (size_t i = 0; i < 3; i++) {
        struct directory directory;
        directory_init(&directory);
        struct party *hcm = party_new(&directory, "hcm", "H29");
        for (int k = 0; k < 4; k++) {
            struct business like = business_of(hcm, orders[i][k], "1.004222");
            like.state = orders[i][k][0] == 'A' ? BUSINESS_REVOKED : BUSINESS_GRANTED;
            like.from_day = orders[i][k][0] == 'B' ? DAY + 1 : 0;
            add(&directory, like);
        }
        assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_LOOKUP, DAY), "C");
        assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_LOOKUP, DAY + 1),
                            "A"); /* none may: the refusal is the first one's */
        struct business *middle = directory_business(&directory, VIEW_LITERAL("B"));
        struct business next = *middle;
        assert_ok(code_set(&next.procedure, VIEW_LITERAL("other")));
        assert_ok(directory_replace_business(&directory, middle, &next));
        assert_int_equal(directory_procedure_count(&directory, hcm, VIEW_LITERAL("1.004222")), 3);
        directory_done(&directory);
    }
}

static void the_channel_decides_between_two_that_are_granted(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *hcm = party_new(&directory, "hcm", "H29");
    struct business portal = business_of(hcm, "A", "1.004222");
    portal.channels = 1u << CHANNEL_NATIONAL_PORTAL;
    add(&directory, portal);
    add(&directory, business_of(hcm, "B", "1.004222"));
    assert_string_equal(found(&directory, hcm, "1.004222", SERVICE_CITIZEN_LOOKUP, DAY), "B");
    directory_done(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_party_is_found_by_its_unit_until_it_has_another),
        cmocka_unit_test(a_business_is_found_by_party_procedure_and_service),
        cmocka_unit_test(of_several_the_first_that_may_be_asked_is_found),
        cmocka_unit_test(the_channel_decides_between_two_that_are_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
