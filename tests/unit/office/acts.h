/*
 * Purpose: a small office for tests: a directory with two parties, their accounts and businesses in
 * every state, the repository's own policy, and acts written as rows of field and value.
 */
#ifndef DANCU_TESTS_UNIT_OFFICE_ACTS_H
#define DANCU_TESTS_UNIT_OFFICE_ACTS_H

#include "help.h"

#include "gate/law.h"
#include "office/prepare.h"

#define ACTS_VALUES_MAX 12
#define ACTS_TODAY INT64_C(20780) /* 2026-11-23 */
#define ACTS_SPKI_KNOWN "1111111111111111111111111111111111111111111111111111111111111111"
#define ACTS_SPKI_NEW "2222222222222222222222222222222222222222222222222222222222222222"
#define ACTS_SPKI_FREE "7777777777777777777777777777777777777777777777777777777777777777"
/* The public key of RFC 7515, appendix A.3. */
#define ACTS_KEY_FREE                                                                              \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7"                             \
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3-257rn0s2ldbqkLJK2KRiMohYjlrQ"

struct acts_value {
    const char *field;
    const char *value;
};

/* Acts that are taken as they stand; rows of tests change one value of them. */
#define ACTS_PERSON "00112233445566778899aabbccddeeff" /* a citizen's code */
static const struct acts_value acts_good[ACT_KIND_COUNT][ACTS_VALUES_MAX] = {
    [ACT_HOME_INIT] = {{"origin", "localhost/test"}},
    [ACT_PARTY_ADD] = {{"code", "P-NEW"}, {"class", "state"}, {"kind", "agency"}, {"name", "Sở"}},
    [ACT_ACCOUNT_ADD] = {{"code", "A-NEW"},
                         {"party", "bank"},
                         {"channel", "guided"},
                         {"spki", ACTS_SPKI_NEW},
                         {"instrument", "CV 01"},
                         {"assertion-required", "true"}},
    [ACT_ACCOUNT_SUSPEND] = {{"code", "A-active"}, {"reason", "lost key"}},
    [ACT_ACCOUNT_RESUME] = {{"code", "A-suspended"}, {"reason", "found"}},
    [ACT_BUSINESS_ADD] = {{"code", "NV-NEW"},
                          {"party", "bank"},
                          {"purpose", "KYC"},
                          {"legal-basis", "Law"},
                          {"services", "citizen.lookup"},
                          {"channels", "guided"},
                          {"fields", "full_name,birth_date"},
                          {"quota-day", "10"}},
    [ACT_BUSINESS_GRANT] = {{"code", "NV-submitted"}},
    [ACT_BUSINESS_REFUSE] = {{"code", "NV-submitted"}, {"reason", "no basis"}},
    [ACT_BUSINESS_SUSPEND] = {{"code", "NV-granted"}, {"reason", "misuse"}},
    [ACT_BUSINESS_RESUME] = {{"code", "NV-suspended"}, {"reason", "mended"}},
    [ACT_BUSINESS_REVOKE] = {{"code", "NV-granted"}, {"reason", "misuse"}},
    [ACT_IMPORT_CHUNK] = {{"number", "1"},
                          {"added", "2"},
                          {"changed", "0"},
                          {"unchanged", "0"},
                          {"hash", ACTS_SPKI_NEW}},
    [ACT_PARTY_DOSSIER] = {{"code", "bank"},
                           {"legal-basis", "Law"},
                           {"level", "3"},
                           {"level-decision", "QD 01"},
                           {"undertaking", ACTS_SPKI_NEW},
                           {"contact", "A"},
                           {"security-contact", "B"}},
    [ACT_PARTY_INSPECTION] = {{"code", "bank"},
                              {"result", "passed"},
                              {"day", "2026-11-22"},
                              {"until", "2027-11-22"}},
    [ACT_PARTY_CONNECT] = {{"code", "bank"}},
    [ACT_PARTY_SUSPEND] = {{"code", "bank"}, {"reason", "misuse"}},
    [ACT_PARTY_RESUME] = {{"code", "bank"}, {"reason", "mended"}},
    [ACT_PARTY_REDESIGN] = {{"code", "bank"}, {"reason", "a new system"}},
    [ACT_PARTY_LAPSE] = {{"code", "bank"}, {"until", "2027-11-22"}},
    [ACT_PARTY_CLOSE] = {{"code", "bank"}, {"reason", "merged"}},
    [ACT_ACCOUNT_REVOKE] = {{"code", "A-active"}, {"reason", "closed"}},
    [ACT_ACCOUNT_SUB_ADD] = {{"code", "A-active.clerk"},
                             {"parent", "A-active"},
                             {"holder", "person"},
                             {"name", "Clerk"},
                             {"businesses", "NV-granted"},
                             {"spki", ACTS_SPKI_NEW}},
    [ACT_ACCOUNT_SUB_BUSINESSES] = {{"code", "A-active.clerk"}, {"businesses", "NV-granted"}},
    [ACT_ACCOUNT_SUB_LOCK] = {{"code", "A-active.clerk"}, {"reason", "on leave"}},
    [ACT_ACCOUNT_SUB_UNLOCK] = {{"code", "A-active.clerk"}, {"reason", "back"}},
    [ACT_ACCOUNT_CERTIFICATE_ADD] = {{"code", "A-active"}, {"spki", ACTS_SPKI_NEW}},
    [ACT_ACCOUNT_CERTIFICATE_REVOKE] = {{"code", "A-active"},
                                        {"spki", ACTS_SPKI_KNOWN},
                                        {"reason", "stolen"}},
    [ACT_TAIL_CUT] = {{"file", "cut-1"}, {"bytes", "12"}},
    [ACT_OFFICER_FOUND] = {{"officers", "two"}},
    [ACT_OFFICER_ADD] = {{"code", "NEW"},
                         {"name", "Mới"},
                         {"roles", "audit"},
                         {"spki", ACTS_SPKI_FREE},
                         {"key", ACTS_KEY_FREE}},
    [ACT_OFFICER_ROLES] = {{"code", "audit"}, {"roles", "intake"}, {"reason", "moved"}},
    [ACT_OFFICER_REPLACE] = {{"code", "audit"},
                             {"spki", ACTS_SPKI_FREE},
                             {"key", ACTS_KEY_FREE},
                             {"reason", "new card"}},
    [ACT_OFFICER_LEAVE] = {{"code", "audit"}, {"reason", "retired"}},
    [ACT_OFFICER_LOST] = {{"code", "audit"}, {"reason", "stolen"}},
    [ACT_PROPOSAL_ADD] = {{"code", "0000"},
                          {"by", "LAN"},
                          {"until", "2026-12-01"},
                          {"act", "bytes"}},
    [ACT_PROPOSAL_APPROVE] = {{"code", "0000"}},
    [ACT_PROPOSAL_REJECT] = {{"code", "0000"}, {"reason", "no basis"}},
    [ACT_PROPOSAL_WITHDRAW] = {{"code", "0000"}},
    [ACT_ACCOUNT_STOP] = {{"code", "A-active"}, {"reason", "stolen"}},
    [ACT_ACCOUNT_STOP_CONFIRM] = {{"code", "A-active"}},
    [ACT_REFUSED] = {{"refusal", "not_yours"}},
    [ACT_BUSINESS_DRAFT] = {{"code", "NV-NEW"},
                            {"party", "bank"},
                            {"purpose", "KYC"},
                            {"legal-basis", "Law"},
                            {"services", "citizen.lookup"},
                            {"channels", "guided"},
                            {"fields", "full_name,birth_date"},
                            {"quota-day", "10"}},
    [ACT_BUSINESS_SUBMIT] = {{"code", "NV-draft"}},
    [ACT_BUSINESS_REVISE] = {{"code", "NV-refused"},
                             {"purpose", "KYC"},
                             {"legal-basis", "Law"},
                             {"services", "citizen.lookup"},
                             {"channels", "guided"},
                             {"fields", "full_name,birth_date"},
                             {"quota-day", "10"}},
    [ACT_PERMIT_GRANT] = {{"code", "GP-NEW"},
                          {"business", "NV-granted"},
                          {"kind", "copy"},
                          {"fields", "full_name"},
                          {"until", "2026-11-23"},
                          {"reason", "CV 02"}},
    [ACT_PERMIT_WITHDRAW] = {{"code", "GP-copy-0"}, {"reason", "misuse"}},
    [ACT_PERMIT_DELETION] = {{"code", "GP-copy-0"}, {"statement", ACTS_SPKI_NEW}},
    [ACT_LEAK_TRACE] = {{"leaked", "{}"}, {"reason", "offered for sale"}},
    [ACT_RECORD_SEARCH] = {{"reason", "inspection"}, {"party", "bank"}},
    [ACT_INCIDENT_OPEN] = {{"code", "SC-1"},
                           {"account", "A-active"},
                           {"from", "2026-11-01"},
                           {"until", "2026-11-02"},
                           {"reason", "stolen card"}},
    [ACT_INCIDENT_FOUND] = {{"code", "SC-1"},
                            {"persons", "2"},
                            {"disclosures", "3"},
                            {"summary", "{\"drafts\":{},\"fields\":{\"full_name\":3}}"}},
    [ACT_INCIDENT_LAPSE] = {{"code", "SC-1"}},
    [ACT_INCIDENT_NOTIFY] = {{"code", "SC-1"},
                             {"to", "authority"},
                             {"hash", ACTS_SPKI_NEW},
                             {"sent", "2026-11-23T16:59:59Z"}},
    [ACT_INCIDENT_CLOSE] = {{"code", "SC-1"}, {"reason", "card replaced"}},
    [ACT_REVIEW_READ] = {{"code", "R-7"}, {"reason", "to decide"}},
    [ACT_LIST_ADD] = {{"code", "L-1"}, {"name", "Hưởng trợ cấp xã hội"}},
    [ACT_LIST_PUT] = {{"code", "L-1"}, {"persons", "079090912345"}},
    [ACT_LIST_REMOVE] = {{"code", "L-1"}, {"persons", "079090912345"}},
    [ACT_LIST_END] = {{"code", "L-1"}, {"reason", "over"}},
    [ACT_ACCOUNT_REQUIRE] = {{"code", "A-active"}, {"proof", "signature"}, {"reason", "risk"}},
    [ACT_SIGNING_KEY_ADD] = {{"code", "K-1"}, {"account", "A-active"}, {"key", ACTS_KEY_FREE}},
    [ACT_SIGNING_KEY_REVOKE] = {{"code", "K-1"}, {"reason", "lost"}},
    [ACT_OPERATOR_ADD] = {{"code", "bank"}},
    [ACT_OPERATOR_PARTIES_PUT] = {{"code", "bank"}, {"parties", "notary"}},
    [ACT_OPERATOR_PARTIES_REMOVE] = {{"code", "bank"}, {"parties", "notary"}},
    [ACT_OPERATOR_OFFICERS_PUT] = {{"code", "bank"}, {"officers", "lan@so.example"}},
    [ACT_OPERATOR_OFFICERS_REMOVE] = {{"code", "bank"}, {"officers", "lan@so.example"}},
    [ACT_SOURCE_ADD] = {{"code", "S-1"},
                        {"name", "Hộ tịch"},
                        {"kind", "civil_status"},
                        {"spki", ACTS_SPKI_FREE},
                        {"key", ACTS_KEY_FREE}},
    [ACT_SOURCE_REPLACE] = {{"code", "S-1"},
                            {"spki", ACTS_SPKI_NEW},
                            {"key", ACTS_KEY_FREE},
                            {"reason", "new certificate"}},
    [ACT_SOURCE_SUSPEND] = {{"code", "S-1"}, {"reason", "wrong changes"}},
    [ACT_SOURCE_RESUME] = {{"code", "S-1"}, {"reason", "mended"}},
    [ACT_SOURCE_END] = {{"code", "S-1"}, {"reason", "replaced by another"}},
    [ACT_SOURCE_CHANGES] = {{"code", "S-1"},
                            {"set", "1"},
                            {"number", "1"},
                            {"added", "2"},
                            {"changed", "0"},
                            {"unchanged", "0"},
                            {"hash", ACTS_SPKI_NEW},
                            {"jws", ACTS_SPKI_NEW}},
    [ACT_SOURCE_CONFLICT] = {{"code", "S-1"}, {"set", "1"}, {"jws", ACTS_SPKI_NEW}},
    [ACT_PROVIDER_ADD] = {{"code", "CDVC"},
                          {"name", "Cổng Dịch vụ công quốc gia"},
                          {"account", "A-portal"},
                          {"issuer", "https://dangnhap.example"},
                          {"client", "dancu"},
                          {"claim", "personal_id"},
                          {"acr", "muc-2"}},
    [ACT_PROVIDER_KEY_PUT] = {{"code", "CDVC"},
                              {"kid", "K-1"},
                              {"alg", "ES256"},
                              {"key", ACTS_KEY_FREE},
                              {"reason", "its new key"}},
    [ACT_PROVIDER_KEY_END] = {{"code", "CDVC"}, {"kid", "K-1"}, {"reason", "replaced"}},
    [ACT_PROVIDER_SUSPEND] = {{"code", "CDVC"}, {"reason", "its key is lost"}},
    [ACT_PROVIDER_RESUME] = {{"code", "CDVC"}, {"reason", "a new key"}},
    [ACT_PROVIDER_END] = {{"code", "CDVC"}, {"reason", "replaced by another"}},
    [ACT_SIGNIN_REFUSED] = {{"provider", "CDVC"}, {"why", "token_audience"}},
    [ACT_SIGNIN_DONE] = {{"provider", "CDVC"}},
    [ACT_OFFICE_ADD] = {{"code", "P06"},
                        {"level", "national"},
                        {"name", "Cục Cảnh sát QLHC về TTXH"},
                        {"parent", "Bộ Công an"},
                        {"sign", "C06"},
                        {"place", "Hà Nội"}},
    [ACT_OFFICE_CHANGE] = {{"code", "C06"},
                           {"level", "national"},
                           {"name", "Cục C06"},
                           {"parent", "Bộ Công an"},
                           {"sign", "C06"},
                           {"place", "Hà Nội"}},
    [ACT_OFFICE_MEMBER_PUT] = {{"code", "C06"}, {"officer", "audit"}, {"capacity", "staff"}},
    [ACT_OFFICE_MEMBER_REMOVE] = {{"code", "C06"}, {"officer", "audit"}, {"reason", "moved"}},
    [ACT_OFFICE_ABSENT] = {{"code", "C06"},
                           {"officer", "audit"},
                           {"until", "2026-11-30"},
                           {"reason", "ill"}},
    [ACT_LEDGER_ACCEPT_ROLLBACK] = {{"code", "00000000000000000000000000000000"},
                                    {"size", "7"},
                                    {"no-later-checkpoint", "true"},
                                    {"reason", "burned"}},
    [ACT_GUARDIAN_BIND] = {{"guardian", "079090912345"},
                           {"ward", "079190912346"},
                           {"basis", "KS-12-2020"},
                           {"until", "2030-01-01"}},
    [ACT_RETENTION_SET] = {{"months", "60"}, {"reason", "Luật"}},
    [ACT_RETENTION_SHRED] = {{"segment", "1"},
                             {"first", "0"},
                             {"end", "10"},
                             {"hash", ACTS_SPKI_FREE},
                             {"rest", ACTS_SPKI_FREE}},
    [ACT_HOLD_PUT] = {{"case", "HS-2026/1"}, {"reason", "Tòa án"}},
    [ACT_HOLD_END] = {{"case", "HS-2026/1"}, {"reason", "x"}},
    [ACT_GUARDIAN_END] = {{"guardian", "079090912345"}, {"ward", "079190912346"}, {"reason", "x"}},
    [ACT_CASE_CORRECT] = {{"office", "C06"},
                          {"name", "Nguyễn Văn An"},
                          {"number", "079090912345"},
                          {"content", "Nơi sinh là Huế"},
                          {"fields", "native_place"}},
    [ACT_CASE_RECEIVE] = {{"office", "C06"},
                          {"intake", "post"},
                          {"party", "bank"},
                          {"purpose", "Thi hành án"},
                          {"content", "Nơi thường trú của người phải thi hành án"},
                          {"fields", "full_name,permanent_residence"},
                          {"undertaken", "true"}},
    [ACT_CASE_DOCUMENT] = {{"code", "C06-2026-000001"},
                           {"hash", ACTS_SPKI_NEW},
                           {"type", "application/pdf"},
                           {"bytes", "1234"},
                           {"title", "Văn bản yêu cầu"}},
    [ACT_CASE_SUPPLEMENT] = {{"code", "C06-2026-000001"}, {"missing", "Bản cam kết"}},
    [ACT_CASE_COMPLETE] = {{"code", "C06-2026-000001"}},
    [ACT_CASE_ACCEPT] = {{"code", "C06-2026-000001"}},
    [ACT_CASE_REJECT] = {{"code", "C06-2026-000001"}, {"reason", "Sai mẫu"}, {"clause", "P3"}},
    [ACT_CASE_TRANSFER] = {{"code", "C06-2026-000001"},
                           {"office", "PA06"},
                           {"reason", "Thẩm quyền"}},
    [ACT_CASE_ASSIGN] = {{"code", "C06-2026-000001"}, {"officer", "decide"}},
    [ACT_CASE_PAY] = {{"code", "C06-2026-000001"}, {"vnd", "2000"}, {"receipt", "BL-01"}},
    [ACT_CASE_PROPOSE] = {{"code", "C06-2026-000001"},
                          {"decision", "disclose"},
                          {"fields", "permanent_residence"}},
    [ACT_CASE_RETURN] = {{"code", "C06-2026-000001"}, {"reason", "Xem lại"}},
    [ACT_CASE_APPROVE] = {{"code", "C06-2026-000001"}, {"proposal", "3"}},
    [ACT_CASE_WITHDRAW] = {{"code", "C06-2026-000001"}, {"reason", "Rút yêu cầu"}},
    [ACT_CASE_CLOSE] = {{"code", "C06-2026-000001"}},
    [ACT_CASE_READ] = {{"code", "C06-2026-000001"}, {"reason", "Xét hồ sơ"}},
    [ACT_CASE_FOUND] = {{"code", "C06-2026-000001"},
                        {"person", "00000000000000ff"},
                        {"id", "079090912345"}},
    [ACT_CASE_DISCLOSED] = {{"code", "C06-2026-000001"}, {"record", "9"}},
    [ACT_CASE_LEAVE] = {{"code", "C06-2026-000001"}},
    [ACT_EXTRACT_APPROVE] = {{"code", "DS-1"},
                             {"account", "A-list"},
                             {"business", "NV-list"},
                             {"case", "HS-7"},
                             {"criteria", "permanent_residence.ward=26734@2021-07-01 and age>=18"},
                             {"fields", "full_name,birth_date"},
                             {"cap", "500"},
                             {"until", "2026-11-30"},
                             {"reason", "CV 12"}},
    [ACT_EXTRACT_REFUSE] = {{"code", "DS-1"},
                            {"account", "A-active"},
                            {"request", "00112233445566778899aabbccddeeff"},
                            {"reason", "too wide"}},
    [ACT_EXTRACT_END] = {{"code", "DS-1"}, {"reason", "not needed any more"}},
    [ACT_EXTRACT_FOUND] = {{"code", "DS-1"}, {"persons", "412"}},
    [ACT_CASE_FIND] = {{"code", "C06-2026-000001"},
                       {"name", "Nguyễn Văn An"},
                       {"birth-date", "1990-01-02"}},
    [ACT_LETTER_ORDER] = {{"code", "C06-2026-000001"}, {"kind", "slip"}},
    [ACT_LETTER_NUMBER] = {{"code", "C06-2026-000001.1"},
                           {"register", "C06.GH.2026"},
                           {"number", "1"},
                           {"codes", "0123456789ABCDEF"}},
    [ACT_LETTER_SIGN] = {{"code", "C06-2026-000001.1"},
                         {"copy", "1"},
                         {"drawn", ACTS_SPKI_NEW},
                         {"file", ACTS_SPKI_NEW},
                         {"bytes", "40000"},
                         {"certificate", ACTS_SPKI_NEW}},
    [ACT_LETTER_HOLD] = {{"code", "C06-2026-000001.1"}, {"reason", "locked"}},
    [ACT_LETTER_RETRY] = {{"code", "C06-2026-000001.1"}},
    [ACT_LETTER_VOID] = {{"code", "C06-2026-000001.1"}, {"reason", "a wrong register"}},
    [ACT_LETTER_DELIVER] = {{"code", "C06-2026-000001.1"},
                            {"copy", "1"},
                            {"way", "hand"},
                            {"to", "Trần Văn Xin"}},
    [ACT_LETTER_WITHDRAW] = {{"code", "C06-2026-000001.1"}, {"reason", "a wrong person"}},
    [ACT_LETTER_REPLACE] = {{"code", "C06-2026-000001.1"}, {"reason", "a wrong address"}},
    [ACT_CITIZEN_LOCK] = {{"code", "00112233445566778899aabbccddeeff"},
                          {"id", "10112233445566778899aabbccddeeff"},
                          {"cmnd", "20112233445566778899aabbccddeeff"}},
    [ACT_CITIZEN_UNLOCK] = {{"code", "00112233445566778899aabbccddeeff"}},
    [ACT_PHONE_BIND] = {{"phone", "0950 900 001"}, {"person", "079090900001"}},
    [ACT_PHONE_UNBIND] = {{"phone", "+84950900001"}, {"reason", "another's"}},
    [ACT_PHONE_CONFIRM] = {{"phone", "84950900001"}, {"person", "079090900001"}},
    [ACT_PHONE_RELEASE] = {{"person", "079090900001"}},
    [ACT_PHONE_PIN] = {{"person", "079090900001"},
                       {"salt", "0011223344556677"},
                       {"pin", "00112233445566778899aabbccddeeff"}},
    [ACT_PHONE_TRIED] = {{"person", "079090900001"}},
    [ACT_PHONE_LAPSE] = {{"code", "00112233445566778899aabbccddeeff"}},
    [ACT_NOTICE_WISH] = {{"person", "079090900001"},
                         {"key", "00112233445566ff"},
                         {"pace", "daily"},
                         {"way", "inbox"}},
    [ACT_CITIZEN_COMPLAIN] = {{"code", ACTS_PERSON ".000000000012"},
                              {"person", "079090912345"},
                              {"text", "Tôi không biết vì sao họ hỏi"},
                              {"record", "11"},
                              {"ask", "018f0000-0000-7000-8000-000000000000"},
                              {"business", "NV-1"},
                              {"day", "2026-11-22"}},
    [ACT_COMPLAINT_WITHDRAW] = {{"code", ACTS_PERSON ".000000000012"}},
    [ACT_COMPLAINT_ANSWER] = {{"code", ACTS_PERSON ".000000000012"}, {"answer", "Đã kiểm tra"}},
    [ACT_COMPLAINT_READ] = {{"code", ACTS_PERSON ".000000000012"}, {"reason", "to answer it"}},
    [ACT_COMPLAINT_LEAVE] = {{"code", ACTS_PERSON ".000000000012"}},
    [ACT_PASS_MAKE] = {{"code", ACTS_PERSON ".000000000013"},
                       {"party", "bank"},
                       {"hash", "30112233445566778899aabbccddeeff"},
                       {"fields", "full_name,birth_date"},
                       {"purpose", "Mở tài khoản"},
                       {"days", "7"}},
    [ACT_PASS_WITHDRAW] = {{"code", ACTS_PERSON ".000000000013"}},
    [ACT_PASS_USED] = {{"code", ACTS_PERSON ".000000000013"}, {"record", "11"}},
    [ACT_PASS_LEAVE] = {{"code", ACTS_PERSON ".000000000013"}},
    [ACT_KEY_ROTATE] = {{"code", "data"},
                        {"fingerprint", ACTS_SPKI_FREE},
                        {"reason", "it is a year old"}},
    [ACT_KEY_ROTATED] = {{"code", "data"},
                         {"fingerprint", ACTS_SPKI_FREE},
                         {"persons", "1000000"},
                         {"versions", "1000001"},
                         {"objects", "112"},
                         {"damaged", "0"},
                         {"hash", ACTS_SPKI_FREE}},
    [ACT_CHUNK_PART] = {{"number", "1"}, {"part", "0"}, {"hash", ACTS_SPKI_NEW}},
};

static const char *const acts_states[BUSINESS_STATE_COUNT] = {
    [BUSINESS_DRAFT] = "NV-draft",         [BUSINESS_SUBMITTED] = "NV-submitted",
    [BUSINESS_GRANTED] = "NV-granted",     [BUSINESS_REFUSED] = "NV-refused",
    [BUSINESS_SUSPENDED] = "NV-suspended", [BUSINESS_REVOKED] = "NV-revoked",
    [BUSINESS_EXPIRED] = "NV-expired",
};

static inline struct act acts_make(enum act_kind kind)
{
    struct act act = {.kind = kind};
    for (unsigned i = 0; i < ACTS_VALUES_MAX && acts_good[kind][i].field != NULL; i++) {
        act_value_set(&act, acts_good[kind][i].field, view_text(acts_good[kind][i].value));
    }
    return act;
}

static inline struct party *acts_party(struct directory *directory, const char *code,
                                       enum party_class class)
{
    struct party *party = memory_new(1, sizeof(*party));
    assert_non_null(party);
    assert_ok(code_set(&party->code, view_text(code)));
    party->class = class;
    assert_ok(directory_add_party(directory, party));
    return party;
}

static inline struct account *acts_account(struct directory *directory, struct party *party,
                                           const char *code, uint8_t spki)
{
    struct account *account = memory_new(1, sizeof(*account));
    assert_non_null(account);
    assert_ok(code_set(&account->code, view_text(code)));
    account->party = party;
    account->channel = CHANNEL_GUIDED;
    memset(account->certificates[0].spki, spki, SEAL_HASH_BYTES);
    account->certificate_count = 1;
    assert_ok(directory_add_account(directory, account));
    return account;
}

static inline struct business *acts_business(struct directory *directory, struct party *party,
                                             const char *code)
{
    struct business *business = memory_new(1, sizeof(*business));
    assert_non_null(business);
    assert_ok(code_set(&business->code, view_text(code)));
    business->party = party;
    business->version = 1;
    business->services = 1u << SERVICE_CITIZEN_LOOKUP;
    business->channels = 1u << CHANNEL_GUIDED;
    business->fields = FIELD_BIT(FIELD_FULL_NAME);
    business->until_day = ACTS_TODAY;
    assert_ok(directory_add_business(directory, business));
    return business;
}

/* GP-copy-0 and so on: one of each kind in each state. */
static inline void acts_permits(struct directory *directory)
{
    for (unsigned i = 0; i < PERMIT_KIND_COUNT * PERMIT_STATE_COUNT; i++) {
        struct permit *permit = memory_new(1, sizeof(*permit));
        char code[32];
        assert_non_null(permit);
        permit->kind = i % PERMIT_KIND_COUNT;
        permit->state = i / PERMIT_KIND_COUNT;
        snprintf(code, sizeof(code), "GP-%s-%d", words_name(&words_permit, permit->kind),
                 permit->state);
        assert_ok(code_set(&permit->code, view_text(code)));
        permit->version = 1;
        permit->business = directory_business(directory, VIEW_LITERAL("NV-granted"));
        assert_ok(directory_add_permit(directory, permit));
    }
}

static inline void acts_directory(struct directory *directory)
{
    directory_init(directory);
    struct party *bank = acts_party(directory, "bank", CLASS_ORGANISATION);
    struct account *suspended = acts_account(directory, bank, "A-suspended", 0x33);
    struct account *revoked = acts_account(directory, bank, "A-revoked", 0x44);
    acts_account(directory, bank, "A-active", 0x11);
    acts_account(directory, bank, "A-portal", 0xee)->channel = CHANNEL_NATIONAL_PORTAL;
    suspended->state = ACCOUNT_SUSPENDED;
    revoked->state = ACCOUNT_REVOKED;
    for (enum business_state state = 0; state < BUSINESS_STATE_COUNT; state++) {
        acts_business(directory, bank, acts_states[state])->state = state;
    }
    acts_permits(directory);
}

#endif
