/*
 * `dancu job`: brings a list, tells how far its job is, or all that there are, cancels it, fetches
 * its answers.
 */
#include "cli/cli.h"
#include "cli/https.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OPTION_SERVER,
    OPTION_CA,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_SERVICE,
    OPTION_BUSINESS,
    OPTION_FROM,
    OPTION_COUNT
};

static const struct verb {
    const char *name;
    const char *method;
    unsigned words;  /* with its name: of a file or a job */
    const char *end; /* of the address, behind the job */
} verbs[] = {
    {"send", "POST", 2, ""},         {"show", "GET", 2, ""}, {"cancel", "DELETE", 2, ""},
    {"result", "GET", 2, "/result"}, {"list", "GET", 1, ""},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))
#define NDJSON "application/x-ndjson"

static int usage(void)
{
    cli_complain(
        "usage: dancu job send FILE --service NAME --business CODE, or list, or show | "
        "cancel | result JOB [--from LINE], with --server HOST:PORT --tls-ca FILE --tls-cert FILE "
        "--tls-key FILE");
    return EXIT_USAGE;
}

static const struct verb *find_verb(const char *word)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (word != NULL && strcmp(word, verbs[i].name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

static bool has_all(const struct verb *verb, const struct cli_option *options)
{
    bool sends = verb == &verbs[0];
    bool listed = options[OPTION_SERVICE].value != NULL && options[OPTION_BUSINESS].value != NULL;
    return options[OPTION_SERVER].value != NULL && options[OPTION_CERT].value != NULL &&
           options[OPTION_KEY].value != NULL && sends == listed;
}

static int ask(const struct cli_option *options, const struct https_pieces *pieces)
{
    const struct https_files files = {.ca = options[OPTION_CA].value,
                                      .cert = options[OPTION_CERT].value,
                                      .key = options[OPTION_KEY].value};
    int status = https_command("job", options[OPTION_SERVER].value, &files, pieces);

    return status == EXIT_USAGE ? usage() : status;
}

static int send_list(const struct cli_option *options, const char *file)
{
    char path[HTTPS_URL_BYTES_MAX];
    struct stat stat;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        cli_complain("job: %s: cannot be read", file);
        if (fd >= 0) {
            close(fd);
        }
        return EXIT_BAD;
    }
    snprintf(path, sizeof(path), "jobs?service=%s&business=%s", options[OPTION_SERVICE].value,
             options[OPTION_BUSINESS].value);
    const struct https_pieces pieces = {.method = "POST",
                                        .path = path,
                                        .type = NDJSON,
                                        .from_fd = fd,
                                        .bytes = (uint64_t)stat.st_size,
                                        .to_fd = STDOUT_FILENO};
    int status = ask(options, &pieces);
    close(fd);
    return status;
}

static int ask_job(const struct cli_option *options, const struct verb *verb, const char *job)
{
    char path[HTTPS_URL_BYTES_MAX];
    const char *from = options[OPTION_FROM].value;
    snprintf(path, sizeof(path), "jobs%s%s%s%s%s", job != NULL ? "/" : "", job != NULL ? job : "",
             verb->end, from != NULL ? "?from=" : "", from != NULL ? from : "");
    const struct https_pieces pieces = {
        .method = verb->method, .path = path, .from_fd = -1, .to_fd = STDOUT_FILENO};
    return ask(options, &pieces);
}

int job_cli(int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT] = {
        {.name = "server"},  {.name = "tls-ca"},   {.name = "tls-cert"}, {.name = "tls-key"},
        {.name = "service"}, {.name = "business"}, {.name = "from"},
    };
    const char *words[2] = {NULL, NULL};
    unsigned count = 0;
    if (!cli_options(argc, argv, options, OPTION_COUNT, words, 2, &count)) {
        return usage();
    }
    const struct verb *verb = find_verb(words[0]);
    if (verb == NULL || count != verb->words || !has_all(verb, options)) {
        return usage();
    }
    return verb == &verbs[0] ? send_list(options, words[1]) : ask_job(options, verb, words[1]);
}
