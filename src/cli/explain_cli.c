/*
 * `dancu policy explain`: why a hypothetical ask is decided as it is, check by check. Of the files
 * of a folder, with everything about the ask named by options; or of a home's own objects, under
 * any version that was published or proposed there. Nothing is recorded: nobody is looked up.
 *
 * Invariant: what is not named is well: without an option each check passes, as far as the policy
 * lets it, so that what is told is what the options made of it.
 */
#include "cli/cli.h"

#include "cli/policy_cli.h"
#include "office/office.h"
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

#define HOUR_US (INT64_C(3600) * 1000000)
#define COUNT_MAX UINT64_C(1000000000000000)
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */

enum explain_option {
    OPTION_HOME,
    OPTION_KEYS,
    OPTION_POLICY,
    OPTION_JSON,
    /* the ask */
    OPTION_SERVICE,
    OPTION_FIELDS,
    OPTION_CASE,
    OPTION_COPY,
    OPTION_THIRD_PARTY,
    OPTION_AT,
    /* of a home */
    OPTION_ACCOUNT,
    OPTION_PARTY,
    OPTION_BUSINESS,
    /* without one */
    OPTION_CLASS,
    OPTION_CHANNEL,
    OPTION_NO_INSTRUMENT,
    OPTION_STATE,
    OPTION_GRANTED,
    OPTION_SENSITIVE,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_POPULATION,
    /* counters */
    OPTION_USED,
    OPTION_USED_SECOND,
    OPTION_USED_TOTAL,
    OPTION_MISSES,
    /* the subject */
    OPTION_UNKNOWN,
    OPTION_MISMATCH,
    OPTION_PROVINCE,
    OPTION_BIRTH_DATE,
    OPTION_SEX,
    OPTION_PROTECTED,
    OPTION_LOCKED,
    OPTION_COUNT
};

static const struct cli_option usual[OPTION_COUNT] = {
    [OPTION_HOME] = {.name = "home"},
    [OPTION_KEYS] = {.name = "keys"},
    [OPTION_POLICY] = {.name = "policy"},
    [OPTION_JSON] = {.name = "json", .flag = true},
    [OPTION_SERVICE] = {.name = "service"},
    [OPTION_FIELDS] = {.name = "fields"},
    [OPTION_CASE] = {.name = "case"},
    [OPTION_COPY] = {.name = "copy"},
    [OPTION_THIRD_PARTY] = {.name = "third-party"},
    [OPTION_AT] = {.name = "at"},
    [OPTION_ACCOUNT] = {.name = "account"},
    [OPTION_PARTY] = {.name = "party"},
    [OPTION_BUSINESS] = {.name = "business"},
    [OPTION_CLASS] = {.name = "class"},
    [OPTION_CHANNEL] = {.name = "channel"},
    [OPTION_NO_INSTRUMENT] = {.name = "no-instrument", .flag = true},
    [OPTION_STATE] = {.name = "state"},
    [OPTION_GRANTED] = {.name = "granted"},
    [OPTION_SENSITIVE] = {.name = "sensitive"},
    [OPTION_FROM] = {.name = "from"},
    [OPTION_UNTIL] = {.name = "until"},
    [OPTION_POPULATION] = {.name = "population"},
    [OPTION_USED] = {.name = "used"},
    [OPTION_USED_SECOND] = {.name = "used-second"},
    [OPTION_USED_TOTAL] = {.name = "used-total"},
    [OPTION_MISSES] = {.name = "misses"},
    [OPTION_UNKNOWN] = {.name = "unknown", .flag = true},
    [OPTION_MISMATCH] = {.name = "mismatch", .flag = true},
    [OPTION_PROVINCE] = {.name = "province"},
    [OPTION_BIRTH_DATE] = {.name = "birth-date"},
    [OPTION_SEX] = {.name = "sex"},
    [OPTION_PROTECTED] = {.name = "protected", .flag = true},
    [OPTION_LOCKED] = {.name = "locked", .flag = true},
};

/* The ask in hand, and who and what it is asked by and for. */
struct scene {
    struct cli_option options[OPTION_COUNT];
    const char *wrong; /* name of the first option that is off; NULL: none */
    struct ask ask;
    int64_t now_us;
    struct certificate certificate; /* any that is good */
    struct party party;             /* without a home */
    struct account account;         /* likewise */
    struct business business;       /* likewise */
    struct gate_case asked;
};

static bool given(const struct scene *scene, enum explain_option option)
{
    return scene->options[option].value != NULL;
}

static struct view value_of(const struct scene *scene, enum explain_option option)
{
    return view_text(scene->options[option].value);
}

static void wrong(struct scene *scene, enum explain_option option)
{
    scene->wrong = scene->wrong != NULL ? scene->wrong : scene->options[option].name;
}

/* ---- values of options; what is absent is `usual` ---- */

static unsigned word_of(struct scene *scene, enum explain_option option, const struct words *words,
                        unsigned absent)
{
    unsigned word = absent;
    if (given(scene, option) && !outcome_ok(words_find(words, value_of(scene, option), &word))) {
        wrong(scene, option);
    }
    return word;
}

static uint64_t mask_of(struct scene *scene, enum explain_option option, uint64_t absent)
{
    struct view text = value_of(scene, option);
    uint64_t mask = given(scene, option) ? 0 : absent;
    for (size_t from = 0; text.len > 0 && from <= text.len;) {
        size_t end = view_find(text, from, ',');
        unsigned field = 0;
        if (!outcome_ok(words_find(&words_field, view_part(text, from, end - from), &field))) {
            wrong(scene, option);
        }
        mask |= FIELD_BIT(field);
        from = end + 1;
    }
    return mask;
}

static uint64_t count_of(struct scene *scene, enum explain_option option)
{
    uint64_t count = 0;
    if (given(scene, option) &&
        !outcome_ok(decimal_get(value_of(scene, option), COUNT_MAX, &count))) {
        wrong(scene, option);
    }
    return count;
}

static int64_t day_of(struct scene *scene, enum explain_option option, int64_t absent)
{
    struct date day = {0};
    if (!given(scene, option)) {
        return absent;
    }
    if (!outcome_ok(date_get(value_of(scene, option), &day))) {
        wrong(scene, option);
        return absent;
    }
    return date_to_days(day);
}

/* `YYYY-MM-DDTHH` in Vietnam; absent: now. */
static int64_t moment_of(struct scene *scene)
{
    struct clock_port clock = clock_system();
    struct view text = value_of(scene, OPTION_AT);
    struct date day = {0};
    uint64_t hour = 0;
    size_t digits = text.len == 13 && text.data[11] == '0' ? 12 : 11; /* `08` is no decimal */
    if (!given(scene, OPTION_AT)) {
        return clock_wall_us(&clock);
    }
    bool good = text.len == 13 && text.data[10] == 'T' &&
                outcome_ok(date_get(view_part(text, 0, 10), &day)) &&
                outcome_ok(decimal_get(view_part(text, digits, 13 - digits), 23, &hour));
    if (!good) {
        wrong(scene, OPTION_AT);
        return 0;
    }
    return (date_to_days(day) * 24 + (int64_t)hour - 7) * HOUR_US;
}

/* ---- the ask ---- */

static void fill_ask(struct scene *scene)
{
    struct ask *ask = &scene->ask;
    uint64_t fields = mask_of(scene, OPTION_FIELDS, FIELD_BIT(FIELD_FULL_NAME));
    bool copy = given(scene, OPTION_COPY);
    bool third = given(scene, OPTION_THIRD_PARTY);
    ask->service = word_of(scene, OPTION_SERVICE, &words_service, SERVICE_CITIZEN_LOOKUP);
    ask->case_ref = given(scene, OPTION_CASE) ? value_of(scene, OPTION_CASE) : VIEW_LITERAL("1");
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        if ((fields & FIELD_BIT(field)) != 0) {
            ask->fields[ask->field_count++] = (uint8_t)field;
        }
    }
    ask->use_kind = copy ? USE_COPY : third ? USE_THIRD_PARTY : USE_NONE;
    ask->use_text = value_of(scene, copy ? OPTION_COPY : OPTION_THIRD_PARTY);
    if (copy && third) {
        wrong(scene, OPTION_THIRD_PARTY);
    }
    scene->now_us = moment_of(scene);
    scene->asked.ask = ask;
    scene->asked.certificate = &scene->certificate;
    scene->asked.now_us = scene->now_us;
}

/* A business that grants what is asked but for what the options say. */
static void fill_business(struct scene *scene, const struct policy *policy)
{
    struct business *business = &scene->business;
    uint64_t asked = ask_field_mask(&scene->ask);
    business->party = &scene->party;
    business->state = word_of(scene, OPTION_STATE, &words_business_state, BUSINESS_GRANTED);
    business->services = 1u << scene->ask.service;
    business->channels = 1u << scene->account.channel;
    business->fields = mask_of(scene, OPTION_GRANTED, asked);
    business->sensitive =
        mask_of(scene, OPTION_SENSITIVE, business->fields & policy_fields_sensitive(policy));
    business->quota_day_max = UINT64_MAX;
    business->hours = 0xffffff;
    business->from_day = day_of(scene, OPTION_FROM, 0);
    business->until_day = day_of(scene, OPTION_UNTIL, DAY_LAST);
    struct population_fault fault = {0};
    struct outcome outcome =
        population_parse(value_of(scene, OPTION_POPULATION), &business->population, &fault);
    if (!outcome_ok(outcome)) {
        cli_complain("--population, at %zu: %s", fault.position, fault.reason);
        wrong(scene, OPTION_POPULATION);
    }
}

static void fill_objects(struct scene *scene, const struct policy *policy)
{
    scene->party.class = word_of(scene, OPTION_CLASS, &words_class, CLASS_ORGANISATION);
    scene->account.party = &scene->party;
    scene->account.channel = word_of(scene, OPTION_CHANNEL, &words_channel, CHANNEL_GUIDED);
    if (!given(scene, OPTION_NO_INSTRUMENT)) {
        (void)outcome_ok(long_set(&scene->account.instrument, VIEW_LITERAL("on file")));
    }
    fill_business(scene, policy);
    scene->asked.account = &scene->account;
    scene->asked.party = &scene->party;
    scene->asked.business = &scene->business;
}

/* By code; an account there must be, the rest may be unknown to the home as to the gate. */
static void find_objects(struct scene *scene, const struct directory *directory)
{
    const struct account *account = directory_account(directory, value_of(scene, OPTION_ACCOUNT));
    if (account == NULL) {
        wrong(scene, OPTION_ACCOUNT);
        return;
    }
    scene->asked.account = account;
    scene->asked.party = given(scene, OPTION_PARTY)
                             ? directory_party(directory, value_of(scene, OPTION_PARTY))
                             : account->party;
    scene->asked.business = directory_business(directory, value_of(scene, OPTION_BUSINESS));
}

/* ---- the two questions ---- */

static uint64_t ceiling_of(uint64_t max)
{
    return max == 0 ? UINT64_MAX : max;
}

static struct party_question party_question_of(struct scene *scene)
{
    const struct permit *permit = NULL;
    struct party_question question = gate_question(&scene->asked, &permit);
    const struct business *business = scene->asked.business;
    question.quota_used = count_of(scene, OPTION_USED);
    question.quota_second_used = count_of(scene, OPTION_USED_SECOND);
    question.quota_total_used = count_of(scene, OPTION_USED_TOTAL);
    question.guesses = (unsigned)count_of(scene, OPTION_MISSES);
    if (business != NULL) {
        question.quota_max = business->quota_day_max;
        question.quota_second_max = ceiling_of(business->quota_second_max);
        question.quota_total_max = ceiling_of(business->quota_total_max);
    }
    return question;
}

/* `CODE@LIST`, like in a condition. */
static void take_province(struct scene *scene, struct population_subject *subject)
{
    struct view text = value_of(scene, OPTION_PROVINCE);
    struct date list = {0};
    if (!given(scene, OPTION_PROVINCE)) {
        return;
    }
    if (text.len != 13 || text.data[2] != '@' ||
        !outcome_ok(date_get(view_part(text, 3, 10), &list))) {
        wrong(scene, OPTION_PROVINCE);
        return;
    }
    memcpy(subject->province, text.data, 2);
    subject->province_list_day = (int32_t)date_to_days(list);
}

static struct subject_question subject_question_of(struct scene *scene,
                                                   const struct party_question *party)
{
    const struct business *business = scene->asked.business;
    struct population_subject subject = {.birth_date = value_of(scene, OPTION_BIRTH_DATE),
                                         .sex = (uint8_t)count_of(scene, OPTION_SEX),
                                         .today = clock_day_vn(scene->now_us)};
    take_province(scene, &subject);
    return (struct subject_question){
        .party_class = party->party_class,
        .found = !given(scene, OPTION_UNKNOWN),
        .name_matches = !given(scene, OPTION_MISMATCH),
        .birth_date_matches = true,
        .population =
            business == NULL ? TRUTH_YES : population_holds(&business->population, &subject),
        .protected_person = given(scene, OPTION_PROTECTED),
        .clearance_protected = business != NULL && business->clearance_protected,
        .locked = given(scene, OPTION_LOCKED),
        .business_override_lock = business != NULL && business->override_lock,
    };
}

static int explain(struct scene *scene, const struct policy *policy)
{
    BUF_AUTO text;
    buf_init(&text, POLICY_SHOW_BYTES_MAX);
    if (scene->wrong != NULL) {
        cli_complain("policy explain: --%s is not known or not valid", scene->wrong);
        return EXIT_USAGE;
    }
    struct party_question party = party_question_of(scene);
    struct subject_question subject = subject_question_of(scene, &party);
    if (scene->wrong != NULL) {
        cli_complain("policy explain: --%s is not valid", scene->wrong);
        return EXIT_USAGE;
    }
    policy_explain(policy, &party, &subject, given(scene, OPTION_JSON), &text);
    bool told = outcome_ok(buf_check(&text)) &&
                fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    return told ? EXIT_GOOD : EXIT_BAD;
}

static int explain_of_home(struct scene *scene)
{
    struct cli_office open = {0};
    struct policy *policy = NULL;
    if (!outcome_ok(cli_office_open(scene->options[OPTION_HOME].value,
                                    scene->options[OPTION_KEYS].value, &open))) {
        return EXIT_BAD;
    }
    int status = EXIT_BAD;
    struct outcome outcome =
        office_policy_read(open.office, value_of(scene, OPTION_POLICY), &policy);
    if (outcome_ok(outcome)) {
        find_objects(scene, &open.directory);
        status = explain(scene, policy);
    } else {
        cli_complain("policy explain: %s", outcome.what);
    }
    policy_free(policy);
    cli_office_close(&open);
    return status;
}

static int explain_of_files(struct scene *scene, const char *dir)
{
    struct policy_error error = {{0}};
    struct policy *policy = NULL;
    struct outcome outcome = policy_load_dir(dir, &policy, &error);
    if (!outcome_ok(outcome)) {
        cli_complain("%s", error.text[0] != '\0' ? error.text : outcome.what);
        return EXIT_BAD;
    }
    fill_objects(scene, policy);
    int status = explain(scene, policy);
    policy_free(policy);
    return status;
}

static int usage(void)
{
    fputs("usage: dancu policy explain [DIR] or --home DIR --account CODE --business CODE, and:\n"
          "  [--json] [--policy HASH] [--keys DIR] [--party CODE]\n"
          "  the ask: [--service S] [--fields F,...] [--case TEXT] [--copy DAY | --third-party "
          "NAME] [--at YYYY-MM-DDTHH]\n"
          "  without a home: [--class C] [--channel C] [--no-instrument] [--state S] [--granted "
          "F,...] [--sensitive F,...] [--from DAY] [--until DAY] [--population CONDITION]\n"
          "  counters: [--used N] [--used-second N] [--used-total N] [--misses N]\n"
          "  the subject: [--unknown] [--mismatch] [--province CODE@LIST] [--birth-date DATE] "
          "[--sex N] [--protected] [--locked]\n",
          stderr);
    return EXIT_USAGE;
}

int explain_cli(int argc, char **argv)
{
    struct scene scene = {0};
    const char *dir = "policy";
    unsigned words = 0;
    memcpy(scene.options, usual, sizeof(usual));
    if (!cli_options(argc, argv, scene.options, OPTION_COUNT, &dir, 1, &words)) {
        return usage();
    }
    bool home =
        given(&scene, OPTION_HOME) || given(&scene, OPTION_ACCOUNT) || given(&scene, OPTION_POLICY);
    if (home && (words > 0 || given(&scene, OPTION_CLASS) || given(&scene, OPTION_CHANNEL))) {
        return usage();
    }
    fill_ask(&scene);
    return home ? explain_of_home(&scene) : explain_of_files(&scene, dir);
}
