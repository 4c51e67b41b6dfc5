/* A supervisor with the crew (rig_crew.c) in a process of its own, and questions to it. */
#include "rig.h"

#include "base/clock.h"
#include "proc/home.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (4u << 20)

/* ---- the supervisor ---- */

#define RIGS_MAX 4
static pid_t running[RIGS_MAX]; /* supervisors that a failed test may leave behind */

/* Puts `pid` in place of `old`. */
static void remember(pid_t old, pid_t pid)
{
    for (unsigned i = 0; i < RIGS_MAX; i++) {
        if (running[i] == old) {
            running[i] = pid;
            return;
        }
    }
}

int rig_sweep(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RIGS_MAX; i++) {
        if (running[i] > 0) {
            (void)kill(running[i], SIGKILL);
            (void)waitpid(running[i], NULL, 0);
            (void)poll(NULL, 0, 500); /* its children see the end of their control sockets */
        }
        running[i] = 0;
    }
    return 0;
}

void rig_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const struct rig *rig, const char *name)
{
    char path[RIG_PATH_BYTES_MAX * 2];
    snprintf(path, sizeof(path), "%s/%s", rig->folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

void rig_init(struct rig *rig, uint16_t port, const char *origin)
{
    *rig = (struct rig){0};
    snprintf(rig->folder, sizeof(rig->folder), "/tmp/dancu-rig-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    assert_int_equal(chmod(rig->folder, 0755), 0);
    make_folder(rig, "home");
    make_folder(rig, "home/ledger");
    snprintf(rig->cert, sizeof(rig->cert), "%.200s/cert.pem", rig->folder);
    snprintf(rig->out, sizeof(rig->out), "%.200s/out", rig->folder);
    snprintf(rig->err, sizeof(rig->err), "%.200s/err", rig->folder);
    rig_write(rig->cert, "first");
    rig_write(rig->out, "");
    rig_write(rig->err, "");
    rig->config = (struct supervisor_config){
        .rows = rig_rows,
        .row_count = RIG_ROW_COUNT,
        .core_row = RIG_CORE,
        .settings = {.port = port, .edges = RIG_EDGES},
        .listen_address = "127.0.0.1",
        .users = {[PROC_USER_CORE] = "nobody", [PROC_USER_FRONT] = "daemon"},
    };
    rig->config.paths[GRANT_TLS_CERT] = rig->cert;
    snprintf(rig->config.settings.home, sizeof(rig->config.settings.home), "%.200s/home",
             rig->folder);
    snprintf(rig->config.settings.origin, sizeof(rig->config.settings.origin), "%s", origin);
}

static void redirect(const char *path, int fd)
{
    int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0 || dup2(file, fd) < 0) {
        _exit(99);
    }
}

void rig_start_as(struct rig *rig, uid_t uid)
{
    fflush(NULL);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid != 0) {
        remember(0, rig->pid);
        return;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is cut off leaves nobody */
    redirect(rig->out, STDOUT_FILENO);
    redirect(rig->err, STDERR_FILENO);
    if (uid != 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
                     setresuid(uid, uid, uid) != 0)) {
        _exit(98);
    }
    _exit(supervisor_run(&rig->config));
}

void rig_start(struct rig *rig)
{
    rig_start_as(rig, 0);
}

void rig_start_ready(struct rig *rig)
{
    rig_start(rig);
    rig_await(rig->out, "dancu is ready", 1);
}

int64_t rig_now_ms(void)
{
    struct clock_port clock = clock_system();
    return clock_monotonic_us(&clock) / 1000;
}

int rig_wait(struct rig *rig)
{
    int status = 0;
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    while (waitpid(rig->pid, &status, WNOHANG) == 0) {
        if (rig_now_ms() > until) {
            fail_msg("the supervisor does not end");
        }
        (void)poll(NULL, 0, 5);
    }
    remember(rig->pid, 0);
    rig->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int rig_stop(struct rig *rig, int number)
{
    assert_int_equal(kill(rig->pid, number), 0);
    return rig_wait(rig);
}

void rig_done(struct rig *rig)
{
    if (rig->pid > 0) {
        (void)kill(rig->pid, SIGKILL);
        (void)waitpid(rig->pid, NULL, 0);
    }
    char command[RIG_PATH_BYTES_MAX * 2];
    snprintf(command, sizeof(command), "rm -rf %s", rig->folder);
    assert_int_equal(system(command), 0);
}

/* ---- questions ---- */

static char *read_file(const char *path)
{
    char *text = calloc(1, FILE_BYTES_MAX + 1);
    FILE *file = fopen(path, "r");
    assert_non_null(text);
    assert_non_null(file);
    (void)!fread(text, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return text;
}

unsigned rig_count(const char *path, const char *text)
{
    char *all = read_file(path);
    unsigned count = 0;
    for (char *at = strstr(all, text); at != NULL; at = strstr(at + 1, text)) {
        count++;
    }
    free(all);
    return count;
}

void rig_await(const char *path, const char *text, unsigned times)
{
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    while (rig_count(path, text) < times) {
        if (rig_now_ms() > until) {
            char *all = read_file(path);
            print_error("%s", all);
            free(all);
            fail_msg("\"%s\" does not come %u times in %s", text, times, path);
        }
        (void)poll(NULL, 0, 5);
    }
}

void rig_line(const char *path, const char *text, char *ret_line)
{
    char *all = read_file(path);
    char *at = strstr(all, text);
    if (at == NULL) {
        print_error("%s", all);
        fail_msg("no \"%s\" in %s", text, path);
        return;
    }
    while (at > all && at[-1] != '\n') {
        at--;
    }
    size_t len = strcspn(at, "\n");
    len = len < 1023 ? len : 1023;
    memcpy(ret_line, at, len);
    ret_line[len] = '\0';
    free(all);
}

long long rig_value(const char *line, const char *key)
{
    char pattern[64];
    snprintf(pattern, sizeof(pattern), " %s=", key);
    const char *at = strstr(line, pattern);
    if (at == NULL) {
        fail_msg("no %s in \"%s\"", key, line);
        return 0;
    }
    return strtoll(at + strlen(pattern), NULL, 10);
}

static bool find_row(struct view answer, const char *process, struct status_row *ret_row)
{
    struct frame frame;
    size_t bytes = 0;
    assert_ok(frame_peek(answer, &frame, &bytes));
    struct cursor cursor = cursor_of(frame.payload);
    for (unsigned i = 0; i < frame.count; i++) {
        struct status_row row;
        assert_ok(status_get_row(&cursor, &row));
        if (view_is(row.process, process) && row.state != STATUS_DRAINING) {
            *ret_row = row;
            return true;
        }
    }
    return false;
}

bool rig_status(const struct rig *rig, const char *process, struct status_row *ret_row)
{
    int fd = -1;
    static uint8_t answer[65536];
    size_t len = 0;
    assert_ok(home_connect(rig->config.settings.home, HOME_STATUS_SOCKET, &fd));
    for (ssize_t got = 1; got > 0; len += (size_t)got) {
        got = read(fd, answer + len, sizeof(answer) - len);
        assert_true(got >= 0);
    }
    close(fd);
    return find_row(view_of(answer, len), process, ret_row);
}

pid_t rig_await_serving(const struct rig *rig, const char *process, pid_t old)
{
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    struct status_row row;
    do {
        if (rig_status(rig, process, &row) && row.state == STATUS_SERVING &&
            row.pid != (uint32_t)old) {
            return (pid_t)row.pid;
        }
        (void)poll(NULL, 0, 5);
    } while (rig_now_ms() < until);
    fail_msg("%s does not serve", process);
    return 0;
}

bool rig_alive(pid_t pid)
{
    return kill(pid, 0) == 0;
}

void rig_await_dead(pid_t pid)
{
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    while (rig_alive(pid)) {
        if (rig_now_ms() > until) {
            fail_msg("process %d lives on", pid);
        }
        (void)poll(NULL, 0, 5);
    }
}
