/* credential_process: programs that do as they should, and programs that do everything else. */
#define _GNU_SOURCE /* syscall */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define JSON "{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"AK\\\", \\\"SecretAccessKey\\\": \\\"SK\\\"}"

static char folder[64], path[128];

static void write_file(const char *file, const char *text)
{
    FILE *out = fopen(file, "w");

    CHECK(out != NULL);
    CHECK(fputs(text, out) >= 0);
    CHECK_INT(fclose(out), 0);
}

static void clean(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    signal(SIGCHLD, SIG_DFL);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

/* A session whose profile runs the command; environment and timeout as given. */
static session_t *session_of(const char *command, const char *const *pairs, size_t count, uint64_t timeout)
{
    session_options_t *options = session_options_new();
    session_error_t *error = NULL;
    session_t *session = NULL;
    const char *files[1];
    char text[2048];

    if (folder[0])
        clean();
    else
        atexit(clean);
    strcpy(folder, "/tmp/session-process-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/config", folder);
    snprintf(text, sizeof text, "[p]\ncredential_process = %s\n", command);
    write_file(path, text);
    files[0] = path;
    CHECK_INT(session_options_set_files(options, files, 1), SESSION_OK);
    CHECK_INT(session_options_set_profile(options, "p"), SESSION_OK);
    CHECK_INT(session_options_set_process_timeout_ms(options, timeout), SESSION_OK);
    if (pairs)
        CHECK_INT(session_options_set_environment(options, pairs, count), SESSION_OK);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    session_options_free(options);
    return session;
}

static session_status_t get(session_t *session, session_credentials_value_t **value, session_error_t **error)
{
    session_credentials_t *credentials = session_credentials(session);
    session_status_t status;

    status = session_credentials_get(credentials, 0, NULL, value, error);
    session_credentials_free(credentials);
    return status;
}

/* The command gives the credentials of JSON. */
static void succeeds(const char *command)
{
    session_t *session = session_of(command, NULL, 0, 20000);
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    CHECK_OK(get(session, &value, &error), error);
    CHECK_STR(session_credentials_value_access_key_id(value), "AK");
    CHECK_STR(session_credentials_value_secret_access_key(value), "SK");
    session_credentials_value_free(value);
    session_free(session);
}

static size_t entries(const char *directory)
{
    DIR *list = opendir(directory);
    size_t count = 0;

    CHECK(list != NULL);
    while (readdir(list))
        count++;
    closedir(list);
    return count;
}

/* The command fails with this code and these words, and leaves nothing behind. */
static void fails(const char *command, uint64_t timeout, const char *code, const char *words)
{
    session_t *session = session_of(command, NULL, 0, timeout);
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    size_t files = entries("/proc/self/fd"), threads = entries("/proc/self/task");

    for (int i = 0; i < 3; i++) {
        CHECK_INT(get(session, &value, &error), SESSION_ERR_CREDENTIALS);
        CHECK(value == NULL);
        CHECK_STR(session_error_code(error), code);
        CHECK_CONTAINS(session_error_text(error), words);
        CHECK_STR(session_error_path(error), path);
        CHECK_INT(session_error_line(error), 2);
        CHECK(strstr(session_error_text(error), "hidden") == NULL);
        session_error_free(error);
    }
    CHECK_INT(entries("/proc/self/fd"), files);
    CHECK_INT(entries("/proc/self/task"), threads);
    /* No child, running or dead. */
    CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_INT(errno, ECHILD);
    session_free(session);
}

/* Waits for the end of a process that was killed: somebody else reaps it. */
static void is_gone(const char *file)
{
    struct timespec moment = {0, 1000000};
    char status[64], text[256] = "";
    long id = 0;
    FILE *in = fopen(file, "r");

    CHECK(in != NULL);
    CHECK_INT(fscanf(in, "%ld", &id), 1);
    fclose(in);
    CHECK(id > 1);
    snprintf(status, sizeof status, "/proc/%ld/stat", id);
    /* Till the test's own time is over: no limit here. */
    for (;;) {
        in = fopen(status, "r");
        if (!in)
            return;
        if (!fgets(text, sizeof text, in))
            text[0] = 0;
        fclose(in);
        if (text[0] == 0 || strstr(text, ") Z ") || strstr(text, ") X "))
            return;
        nanosleep(&moment, NULL);
    }
}

TEST(a_program_gives_credentials)
{
    succeeds("sh -c \"echo '" JSON "'\"");
}

TEST(its_errors_are_not_ours_when_it_succeeds)
{
    /* More than a pipe holds. */
    succeeds("sh -c \"head -c 3000000 /dev/zero >&2; echo '" JSON "'\"");
}

TEST(what_it_left_running_is_not_waited_for)
{
    static const char COMMAND[] = "sh -c \"sleep 600 & echo $! > %s; echo '" JSON "'\"";
    char command[512], file[64];
    FILE *in;
    long id = 0;

    snprintf(file, sizeof file, "/tmp/session-left-%ld", (long)getpid());
    snprintf(command, sizeof command, COMMAND, file);
    succeeds(command);
    in = fopen(file, "r");
    CHECK(in != NULL);
    CHECK_INT(fscanf(in, "%ld", &id), 1);
    fclose(in);
    CHECK(id > 1);
    CHECK_INT(kill((pid_t)id, SIGKILL), 0);
    CHECK_INT(remove(file), 0);
}

TEST(the_sessions_environment_is_the_programs)
{
    const char *pairs[] = {"PATH=/nowhere:/bin:/usr/bin", "TOKEN=from the session", "AWS_REGION=r"};
    session_t *session;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    setenv("TOKEN", "from the process", 1);
    setenv("OTHER", "from the process", 1);
    session = session_of("sh -c \"printf '{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"%s\\\",\\\"SecretAccessKey\\\":\\\"S\\\","
                         "\\\"SessionToken\\\":\\\"%s\\\",\\\"AccountId\\\":\\\"1\\\"}' \\\"[$OTHER]\\\" \\\"$TOKEN\\\"\"",
                         pairs, 3, 0);
    CHECK_OK(get(session, &value, &error), error);
    CHECK_STR(session_credentials_value_access_key_id(value), "[]");
    CHECK_STR(session_credentials_value_session_token(value), "from the session");
    CHECK_STR(session_credentials_value_account_id(value), "1");
    CHECK(session_credentials_value_expires_at(value) == INT64_MAX);
    session_credentials_value_free(value);
    session_free(session);
}

TEST(the_programs_name_is_looked_for_in_that_path)
{
    const char *pairs[] = {"PATH=/nowhere"};
    session_t *session = session_of("sh -c true", pairs, 1, 0);
    session_error_t *error = NULL;
    session_credentials_value_t *value = NULL;

    CHECK_INT(get(session, &value, &error), SESSION_ERR_CREDENTIALS);
    CHECK_CONTAINS(session_error_text(error), "`sh` is in no folder of PATH");
    session_error_free(error);
    session_free(session);
}

static void ignore_by_the_kernel(long number)
{
    unsigned long action[8] = {(unsigned long)SIG_IGN};

    syscall(SYS_rt_sigaction, number, action, NULL, 8L);
}

TEST(it_gets_none_of_the_hosts_files_signals_or_input)
{
    sigset_t all;
    int file = open("/dev/null", O_RDONLY);
    int far = fcntl(file, F_DUPFD, 200);

    /* Neither is close-on-exec. */
    CHECK(file >= 0 && far >= 200);
    sigfillset(&all);
    CHECK_INT(sigprocmask(SIG_SETMASK, &all, NULL), 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    /* What the C library keeps for itself, as a program not written in C may leave it. */
    ignore_by_the_kernel(32);
    ignore_by_the_kernel(33);
    /* Of the descriptors, ls has one open itself: its list. */
    succeeds("sh -c \"test \\\"$(echo $(ls /proc/self/fd))\\\" = '0 1 2 3' || exit 3; "
             "test \\\"$(readlink /proc/self/fd/0)\\\" = /dev/null || exit 4; "
             "grep -q 'SigBlk:.0*$' /proc/self/status || exit 5; grep -q 'SigIgn:.0*$' /proc/self/status || exit 6; "
             "echo '" JSON "'\"");
}

TEST(a_host_that_ignores_its_children)
{
    signal(SIGCHLD, SIG_IGN);
    succeeds("sh -c \"echo '" JSON "'\"");
}

TEST(a_host_that_ignores_its_children_and_a_program_that_is_not_there)
{
    signal(SIGCHLD, SIG_IGN);
    fails("/no/such/program", 0, "ProcessProviderExecutionError", "`/no/such/program` can't be run: No such file");
}

TEST(a_host_that_ignores_its_children_and_a_program_that_prints_nothing)
{
    signal(SIGCHLD, SIG_IGN);
    fails("sh -c 'exit 3'", 0, "ProcessProviderParseError", "its exit status is not known");
}

TEST(a_host_that_ignores_its_children_and_a_program_that_never_ends)
{
    signal(SIGCHLD, SIG_IGN);
    fails("sleep 600", 50, "ProcessProviderExecutionError", "credential process timed out");
}

static void reap_all(int number)
{
    int kept = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = kept;
}

TEST(a_host_that_reaps_all_children_itself)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = reap_all;
    CHECK_INT(sigaction(SIGCHLD, &action, NULL), 0);
    succeeds("sh -c \"echo '" JSON "'\"");
}

TEST(a_program_that_never_ends)
{
    fails("sleep 600", 50, "ProcessProviderExecutionError", "credential process timed out");
}

TEST(a_program_that_ignores_every_signal_and_starts_others)
{
    char command[512], file[64];

    snprintf(file, sizeof file, "/tmp/session-group-%ld", (long)getpid());
    snprintf(command, sizeof command, "sh -c \"trap '' TERM INT HUP; sleep 600 & echo $! > %s; sleep 600\"", file);
    fails(command, 300, "ProcessProviderExecutionError", "credential process timed out");
    is_gone(file);
    CHECK_INT(remove(file), 0);
}

TEST(a_program_that_closes_its_output_and_lives_on)
{
    fails("sh -c 'exec >&-; exec sleep 600'", 300, "ProcessProviderExecutionError", "its output closed");
    fails("sh -c 'exec >&- 2>&-; exec sleep 600'", 300, "ProcessProviderExecutionError", "its output closed");
}

TEST(a_program_that_writes_a_gigabyte)
{
    fails("head -c 1000000000 /dev/zero", 0, "ProcessProviderExecutionError", "it printed more than 1048576 bytes");
}

TEST(a_program_that_writes_errors_without_end)
{
    fails("sh -c 'while :; do echo noise; done >&2'", 300, "ProcessProviderExecutionError", "credential process timed out");
}

TEST(a_program_that_fails)
{
    fails("sh -c 'echo hidden; printf \"not\\033[1m so\\n2nd\\n\" >&2; exit 3'", 0, "ProcessProviderExecutionError",
          "caused by: exit status 3\ncaused by: it wrote to stderr: not\\u{1b}[1m so\n\t2nd");
    /* What `hidden` stands for is a secret. */
    fails("sh -c 'echo \"{ \\\"SecretAccessKey\\\": \\\"hidden\\\" }, token=hidden\" >&2; exit 3'", 0,
          "ProcessProviderExecutionError", "it wrote to stderr: { \"SecretAccessKey\": \"<redacted>\" }, token=<redacted>");
    fails("sh -c 'kill -9 $$'", 0, "ProcessProviderExecutionError", "signal: 9");
}

TEST(a_program_that_is_none)
{
    fails("/dev/null", 0, "ProcessProviderExecutionError", "`/dev/null` can't be run: Permission denied");
    fails("/tmp", 0, "ProcessProviderExecutionError", "can't be run: Permission denied");
    fails("no-such-program-anywhere hidden", 0, "ProcessProviderExecutionError", "is in no folder of PATH");
    fails("'' hidden", 0, "ProcessProviderExecutionError", "command must not be empty");
    fails("sh -c \"hidden", 0, "ProcessProviderExecutionError", "the quote \" at byte 6 is never closed");
}

TEST(a_file_that_is_no_program)
{
    char file[64];

    snprintf(file, sizeof file, "/tmp/session-script-%ld", (long)getpid());
    write_file(file, "echo hidden\n");
    CHECK_INT(chmod(file, 0700), 0);
    /* A shell would run it. */
    fails(file, 0, "ProcessProviderExecutionError", "Exec format error");
    CHECK_INT(remove(file), 0);
}

TEST(output_that_is_no_credentials)
{
    fails("echo hidden", 0, "ProcessProviderParseError", "it is no JSON at line 1 column 1");
    fails("true", 0, "ProcessProviderParseError", "it is no JSON");
    fails("printf '{\"Version\": 1, \"AccessKeyId\": \"hidden'", 0, "ProcessProviderParseError", "it ends too early");
    fails("echo '[\"hidden\"]'", 0, "ProcessProviderParseError", "it is no JSON object");
    fails("echo '{\"Version\": \"1\"}'", 0, "ProcessProviderParseError", "Version is no whole number");
    fails("echo '{\"Version\": 2}'", 0, "ProcessProviderVersionError", "wrong version in process output (not 1)");
    fails("echo '{}'", 0, "ProcessProviderVersionError", "wrong version in process output (not 1)");
    fails("echo '{\"Version\": 1, \"AccessKeyId\": \"A\"}'", 0, "ProcessProviderRequiredError", "missing SecretAccessKey");
    fails("echo '{\"Version\": 1, \"AccessKeyId\": 5, \"SecretAccessKey\": \"hidden\"}'", 0, "ProcessProviderParseError",
          "AccessKeyId is no text");
    fails("echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"hidden\", \"Expiration\": \"300000-01-01T00:00:00Z\"}'",
          0, "ProcessProviderParseError", "Expiration is no time");
    fails("printf '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"hidden\", \"SessionToken\": \"hidden\\\\nX: y\"}'",
          0, "ProcessProviderParseError", "SessionToken has a control character");
}
