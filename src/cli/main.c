/*
 * `dancu`: finds the subcommand and hands it the rest.
 */
#include "cli/cli.h"

#include "base/log.h"
#include "base/version.h"
#include "cli/drawn.h"
#include "cli/fees_cli.h"
#include "cli/ledger_cli.h"
#include "cli/policy_cli.h"
#include "cli/retention_cli.h"
#include "cli/seed_cli.h"

#include <stdio.h>
#include <string.h>

static int version_cli(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("dancu " DANCU_VERSION);
    return EXIT_GOOD;
}

static int party_cli(int argc, char **argv)
{
    return act_cli("party", argc, argv);
}

static int account_cli(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "enrol") == 0) {
        return enrol_cli(argc - 1, argv + 1);
    }
    if (argc > 0 && strcmp(argv[0], "certificate") == 0) {
        return certificate_cli(argc - 1, argv + 1);
    }
    return act_cli("account", argc, argv);
}

static int business_cli(int argc, char **argv)
{
    return act_cli("business", argc, argv);
}

static int officer_cli(int argc, char **argv)
{
    return act_cli("officer", argc, argv);
}

static int proposal_cli(int argc, char **argv)
{
    return act_cli("proposal", argc, argv);
}

static int draw_cli(int argc, char **argv)
{
    return act_cli("draw", argc, argv);
}

static int review_cli(int argc, char **argv)
{
    return argc >= 1 && strcmp(argv[0], "drawn") == 0 ? drawn_cli(argc - 1, argv + 1)
                                                      : act_cli("review", argc, argv);
}

static int complaint_cli(int argc, char **argv)
{
    return act_cli("complaint", argc, argv);
}

static int confirmation_cli(int argc, char **argv)
{
    return act_cli("confirmation", argc, argv);
}

static int stop_cli(int argc, char **argv)
{
    return act_cli("stop", argc, argv);
}

static int permit_cli(int argc, char **argv)
{
    return act_cli("permit", argc, argv);
}

static int phone_cli(int argc, char **argv)
{
    return act_cli("phone", argc, argv);
}

static int incident_cli(int argc, char **argv)
{
    return act_cli("incident", argc, argv);
}

static int person_list_cli(int argc, char **argv)
{
    return act_cli("person-list", argc, argv);
}

static int operator_cli(int argc, char **argv)
{
    return act_cli("operator", argc, argv);
}

static int signing_key_cli(int argc, char **argv)
{
    return act_cli("signing-key", argc, argv);
}

static int list_request_cli(int argc, char **argv)
{
    return act_cli("list-request", argc, argv);
}

static int source_cli(int argc, char **argv)
{
    return act_cli("source", argc, argv);
}

static int provider_cli(int argc, char **argv)
{
    return act_cli("provider", argc, argv);
}

static int office_unit_cli(int argc, char **argv)
{
    return argc >= 1 && strcmp(argv[0], "figures") == 0 ? list_cli("figures", argc - 1, argv + 1)
                                                        : act_cli("office", argc, argv);
}

static int case_cli(int argc, char **argv)
{
    return argc >= 1 && strcmp(argv[0], "overdue") == 0 ? list_cli("overdue", argc - 1, argv + 1)
                                                        : act_cli("case", argc, argv);
}

static int extract_cli(int argc, char **argv)
{
    return act_cli("extract", argc, argv);
}

static int help_cli(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *says;
} commands[] = {
    {"init", init_cli, "make a home and its keys; prints the log's verifier key"},
    {"serve", serve_cli, "run the server in the foreground"},
    {"ps", ps_cli, "the processes of a running server, with their rights"},
    {"policy", policy_cli, "check | show | explain | propose | publish the law as data"},
    {"registry", registry_cli, "import FILE|-: load people from NDJSON"},
    {"backup", backup_cli,
     "[--to DIR] | verify DIR | list DIR: sealed copies of a home, also while it is served"},
    {"restore", restore_cli, "--from DIR --home NEW: a home made of a backup"},
    {"scrub", scrub_cli, "look at all that the home keeps, now; `scrub status`: a server's scrub"},
    {"seed", seed_cli, "write a synthetic population as NDJSON"},
    {"party", party_cli,
     "list | add | dossier | inspection | connect | suspend | resume | redesign | close"},
    {"account", account_cli,
     "list | add | require | suspend | resume | stop | stop-confirm | revoke | sub-add | "
     "sub-businesses | "
     "sub-lock | sub-unlock |\n"
     "               certificate-add | certificate-revoke | enrol | certificate"},
    {"business", business_cli,
     "list | draft | add | revise | submit | grant | refuse | suspend | resume | revoke"},
    {"permit", permit_cli,
     "list | grant | withdraw | deletion: leave to keep a copy or pass it on"},
    {"phone", phone_cli, "bind | unbind: a citizen's phone, from which he asks by SMS"},
    {"person-list", person_list_cli,
     "list | add | put | remove | end: people whom conditions of businesses name together"},
    {"list-request", list_request_cli, "list: lists of people that accounts ask for"},
    {"extract", extract_cli,
     "list | approve | refuse | end: lists of people that an account is given, each by itself"},
    {"operator", operator_cli,
     "list | add | parties-put | parties-remove | officers-put | officers-remove: whom a system "
     "that carries others' asks may ask for, and who asks there"},
    {"signing-key", signing_key_cli,
     "list | add | revoke: keys by which accounts sign assertions and asks"},
    {"officer", officer_cli, "list | found | add | roles | replace | leave | lost"},
    {"source", source_cli,
     "list | add | replace | suspend | resume | end: systems that send changes of the register"},
    {"provider", provider_cli,
     "list | add | key-put | key-end | suspend | resume | end: by whose word citizens sign in"},
    {"office", office_unit_cli,
     "list | figures | add | change | member-put | member-remove | absent: who decides written "
     "requests"},
    {"case", case_cli,
     "list | overdue | receive | document | supplement | complete | accept | reject | transfer | "
     "assign |\n"
     "               pay | find | propose | return | approve | withdraw | close | read: a written "
     "request"},
    {"key", key_cli,
     "status | rotate | retire data|sign: another key takes over while all goes on"},
    {"feed", feed_cli, "sign | send FILE|-: changes of a source, signed and numbered"},
    {"stop", stop_cli, "list: accounts that one officer stopped at once"},
    {"proposal", proposal_cli, "list | approve | reject | withdraw"},
    {"draw", draw_cli, "list | commit | reveal: what picks disclosures at random, month by month"},
    {"review", review_cli, "list | drawn | ask | answer | confirm | object | conclude"},
    {"complaint", complaint_cli, "list | read | answer: what citizens complain of"},
    {"confirmation", confirmation_cli, "list: what the reviews of a party and month have found"},
    {"job", job_cli, "send FILE | list | show | cancel | result JOB: long lists of asks"},
    {"document", document_cli, "put CASE FILE | get CASE SHA256: papers of written requests"},
    {"fees", fees_cli, "list | statement: what a party owes for a month, from the records"},
    {"leak", leak_cli, "trace FILE: which disclosures leaked values can have come from"},
    {"incident", incident_cli,
     "list | open | notify | close: an account's misuse, what it touched, who was told"},
    {"record", record_cli, "search ... | found RECORD: what a search has found"},
    {"letter", letter_cli,
     "list | registers | order | retry | void | deliver | withdraw | replace: what answers a "
     "written request |\n"
     "               check | draw: templates, and a letter drawn by them; verify FILE --ca FILE: a "
     "signed one"},
    {"ledger", ledger_cli, "verify | show | figures | map | accept-rollback"},
    {"ask", ask_cli, "SERVICE FILE|-: one ask to a server, as a client"},
    {"retention", retention_cli,
     "show | set | run: how long records are kept whole; shreds what is older"},
    {"hold", hold_cli, "list | put | end: cases whose records are kept longer"},
    {"receipt", receipt_cli, "verify FILE --vkey FILE"},
    {"statement", statement_cli,
     "verify FILE --vkey FILE [--as-of DAY]: is a citizen's history proved and whole"},
    {"version", version_cli, "version of this program"},
    {"help", help_cli, "this list"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void list_commands(FILE *out)
{
    fputs("usage: dancu COMMAND ...\n", out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].says);
    }
}

static int help_cli(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    list_commands(stdout);
    return EXIT_GOOD;
}

int main(int argc, char **argv)
{
    serve_child_enter(argc, argv);
    log_name_set("dancu");
    if (argc < 2) {
        list_commands(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 2, argv + 2);
        }
    }
    cli_complain("no such command: %s (`dancu help` lists them)", argv[1]);
    return EXIT_USAGE;
}
