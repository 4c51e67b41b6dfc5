/*
 * The script, and a process that lives by it: started when there is none, ended when in doubt.
 */
#include "story_deeds.h"

#include <fcntl.h>
#include <unistd.h>

#define PAST_US INT64_C(1790000000000000) /* 2026-09-21 */
#define STARTS_MAX 4                      /* the supervisor's patience, in one step */

struct house_ports story_ports(struct story *story, const struct disk_port *disk)
{
    return (struct house_ports){
        .clock = clock_fixed(&story->now_us),
        .random = random_seeded(&story->seed),
        .disk = disk,
        .segment_bytes = STORY_SEGMENT_BYTES,
    };
}

struct story *story_new(uint64_t seed)
{
    struct story *story = calloc(1, sizeof(*story));
    assert_non_null(story);
    story->seed = seed;
    story->now_us = PAST_US;
    struct house_ports ports = story_ports(story, disk_system());
    story->home = home_new(&ports);
    home_close_house(story->home);
    story->home_fd = open(story->home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(story->home_fd >= 0);
    story->power = power_new(story->home->path, seed);
    story->power->watch = tape_take;
    story->power->watch_context = &story->tape;
    vfs_start(story->home->path);
    return story;
}

void story_free(struct story *story)
{
    void *home = story->home;
    if (story->house != NULL) {
        story_die(story);
    }
    vfs_stop();
    close(story->home_fd);
    power_free(story->power);
    tape_done(&story->tape);
    home_teardown(&home);
    free(story);
}

void story_die(struct story *story)
{
    struct power *power = story->power;
    if (power->death_at == 0) {
        power->death_at = 1;
    }
    house_close(story->house); /* frees; nothing of it comes to the disk */
    story->house = NULL;
    story->ended = false;
    power_revive(power);
}

static bool start(struct story *story)
{
    struct house_ports ports = story_ports(story, &story->power->port);
    vfs_use(story->power);
    struct outcome outcome =
        house_open_on(&ports, story->home->path, story->home_fd, &story->home->keys, REGISTRY_WRITE,
                      &story->house, story->sums.why);
    if (outcome_ok(outcome)) {
        vfs_checkpoint_every(12);
        return true;
    }
    story->house = NULL;
    story->sums.refusals++;
    power_revive(story->power); /* its process is gone */
    return false;
}

/* ---- the script ---- */

static void ask_about_many_things(struct story *story)
{
    deed_batch(story, 10);
}

static void add_a_party_and_its_account(struct story *story)
{
    deed_act(story, ACT_PARTY_ADD, "code", "agency", "class", "state", "kind", "agency", "name",
             "Agency", NULL);
    deed_act(story, ACT_ACCOUNT_ADD, "code", "agency-1", "party", "agency", "channel", "guided",
             "spki", "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
             "instrument", "CV 02", NULL);
}

static void register_a_business_of_few(struct story *story)
{
    deed_act(story, ACT_BUSINESS_ADD, "code", "NV-FEW", "party", "bank", "purpose", "KYC",
             "legal-basis", "Law", "services", "citizen.lookup", "channels", "guided", "fields",
             "full_name,birth_date", "quota-day", "4", NULL);
    deed_act(story, ACT_BUSINESS_GRANT, "code", "NV-FEW", NULL);
}

static void import_new_people(struct story *story)
{
    deed_chunk(story, 100, 6, 0, true);
}

static void import_people_that_changed(struct story *story)
{
    deed_chunk(story, 100, 3, 1, true);
}

static void a_turn_of_the_loop(struct story *story)
{
    deed_turn(story, 1000000);
}

static void keep(struct story *story)
{
    deed_keep(story);
}

static void grow_into_the_next_segment(struct story *story)
{
    for (unsigned i = 0; i < 3; i++) {
        deed_batch(story, 24);
    }
    deed_turn(story, 300000);
}

static void suspend_and_resume(struct story *story)
{
    deed_act(story, ACT_BUSINESS_SUSPEND, "code", "NV-FEW", "reason", "look", NULL);
    deed_batch(story, 5);
    deed_act(story, ACT_BUSINESS_RESUME, "code", "NV-FEW", "reason", "fine", NULL);
    deed_act(story, ACT_ACCOUNT_SUSPEND, "code", "agency-1", "reason", "look", NULL);
}

static void publish_another_policy(struct story *story)
{
    deed_publish(story, "# another\n");
}

static void refuse_beyond_the_recorded_rate(struct story *story)
{
    deed_limit(story);
    deed_turn(story, 2000000);
}

static void a_snapshot(struct story *story)
{
    deed_turn(story, 61000000);
    deed_keep(story);
    deed_turn(story, 1000000);
}

static void end_cleanly(struct story *story)
{
    deed_end(story);
}

static void end_uncleanly(struct story *story)
{
    story_die(story);
}

static void import_without_the_act(struct story *story)
{
    deed_chunk(story, 200, 4, 0, false);
    story_die(story);
}

static void the_next_day(struct story *story)
{
    story->now_us += INT64_C(86400000000);
    deed_batch(story, 10);
}

static void found_the_office(struct story *story)
{
    deed_found(story);
}

static void act_by_signature(struct story *story)
{
    for (enum deed_signed which = 0; which < DEED_SIGNED_COUNT; which++) {
        deed_signed(story, which);
    }
}

static const struct {
    const char *name;
    void (*body)(struct story *story);
} script[] = {
    {"asks", ask_about_many_things},
    {"party", add_a_party_and_its_account},
    {"business", register_a_business_of_few},
    {"asks", ask_about_many_things},
    {"chunk", import_new_people},
    {"turn", a_turn_of_the_loop},
    {"chunk", import_people_that_changed},
    {"keeper", keep},
    {"segment", grow_into_the_next_segment},
    {"suspend", suspend_and_resume},
    {"limited", refuse_beyond_the_recorded_rate},
    {"policy", publish_another_policy},
    {"snapshot", a_snapshot},
    {"clean end", end_cleanly},
    {"asks", ask_about_many_things},
    {"pending", import_without_the_act},
    {"next day", the_next_day},
    {"segment", grow_into_the_next_segment},
    {"officers", found_the_office},
    {"signed", act_by_signature},
    {"kill", end_uncleanly},
    {"asks", ask_about_many_things},
    {"turn", a_turn_of_the_loop},
    {"clean end", end_cleanly},
};
#define STEPS (sizeof(script) / sizeof(script[0]))

unsigned story_steps(void)
{
    return STEPS;
}

const char *story_step_name(unsigned step)
{
    return script[step].name;
}

void story_step(struct story *story, unsigned step)
{
    for (unsigned tries = 0; story->house == NULL && !story->lost; tries++) {
        story->lost = !start(story) && tries + 1 == STARTS_MAX;
    }
    if (story->lost) {
        return;
    }
    script[step].body(story);
    if (story->ended) {
        story->sums.restarts++;
        story_die(story);
    }
}

void story_live(struct story *story, unsigned from)
{
    for (unsigned step = from; step < STEPS; step++) {
        story_step(story, step);
    }
}
