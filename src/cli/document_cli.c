/*
 * `dancu document`: hands in a document of a case, fetches one. Whose it becomes is said by a
 * signed act, `dancu case document`.
 */
#include "cli/cli.h"
#include "cli/https.h"

#include "domain/words.h"
#include "wire/document.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTION_SERVER, OPTION_CA, OPTION_CERT, OPTION_KEY, OPTION_COUNT };

static int usage(void)
{
    cli_complain("usage: dancu document put CASE FILE, or get CASE SHA256, with --desk HOST:PORT "
                 "--tls-ca FILE --tls-cert FILE --tls-key FILE");
    return EXIT_USAGE;
}

static int ask(const struct cli_option *options, const struct https_pieces *pieces)
{
    const struct https_files files = {.ca = options[OPTION_CA].value,
                                      .cert = options[OPTION_CERT].value,
                                      .key = options[OPTION_KEY].value};
    int status = https_command("document", options[OPTION_SERVER].value, &files, pieces);

    return status == EXIT_USAGE ? usage() : status;
}

/* By its first bytes; NULL: of no type that is taken. */
static const char *type_of(int fd)
{
    static bool (*const starts[FILE_TYPE_COUNT])(struct view start) = {
        [FILE_TYPE_PDF] = document_starts_pdf,
        [FILE_TYPE_PNG] = document_starts_png,
        [FILE_TYPE_JPEG] = document_starts_jpeg,
    };
    uint8_t start[DOCUMENT_START_BYTES];
    ssize_t got = pread(fd, start, sizeof(start), 0);

    for (unsigned type = 0; got == (ssize_t)sizeof(start) && type < FILE_TYPE_COUNT; type++) {
        if (starts[type](view_of(start, sizeof(start)))) {
            return words_name(&words_file_type, type);
        }
    }
    return NULL;
}

static int put(const struct cli_option *options, const char *of_case, const char *file)
{
    char path[HTTPS_URL_BYTES_MAX];
    struct stat stat;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    bool plain = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    const char *type = plain ? type_of(fd) : NULL;
    int status = EXIT_BAD;

    if (type != NULL) {
        snprintf(path, sizeof(path), "cases/%s/documents", of_case);
        const struct https_pieces pieces = {.method = "POST",
                                            .path = path,
                                            .type = type,
                                            .from_fd = fd,
                                            .bytes = (uint64_t)stat.st_size,
                                            .to_fd = STDOUT_FILENO};
        status = ask(options, &pieces);
    } else {
        cli_complain("document: %s: %s", file, plain ? "no PDF, PNG or JPEG" : "cannot be read");
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

static int get(const struct cli_option *options, const char *of_case, const char *hash)
{
    char path[HTTPS_URL_BYTES_MAX];

    snprintf(path, sizeof(path), "cases/%s/documents/%s", of_case, hash);
    const struct https_pieces pieces = {
        .method = "GET", .path = path, .from_fd = -1, .to_fd = STDOUT_FILENO};
    return ask(options, &pieces);
}

int document_cli(int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT] = {
        {.name = "desk"}, {.name = "tls-ca"}, {.name = "tls-cert"}, {.name = "tls-key"}};
    const char *words[3] = {NULL, NULL, NULL};
    unsigned count = 0;

    if (!cli_options(argc, argv, options, OPTION_COUNT, words, 3, &count) || count != 3 ||
        options[OPTION_SERVER].value == NULL || options[OPTION_CERT].value == NULL ||
        options[OPTION_KEY].value == NULL) {
        return usage();
    }
    if (strcmp(words[0], "put") == 0) {
        return put(options, words[1], words[2]);
    }
    return strcmp(words[0], "get") == 0 ? get(options, words[1], words[2]) : usage();
}
