/*
 * Gets credentials that a cache keeps, from services that answer at once, for killed_writers.py:
 *
 *     write_cache KIND [CALLS]
 *
 * HOME has the config, KIND is its profile. With CALLS it is killed behind so many system calls after the answer that is
 * written; it ends with 0 if that were not so many, with 3 if it was killed, with 77 if processes may not be traced here.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE
#include <session.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the tracer is told by, and sees without delivering it. */
#define BEGIN SIGUSR1
#define END SIGUSR2
#define KILLED 3
#define SKIPPED 77

static int is_traced, has_begun;

static void tell(int signal)
{
    if (is_traced)
        raise(signal);
}

static const char *answer_of(const char *host)
{
    if (strncmp(host, "sts.", 4) == 0)
        return "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId>"
               "<Arn>arn:aws:sts::222222222222:assumed-role/plain/s</Arn></AssumedRoleUser>"
               "<Credentials><AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
               "<SessionToken>token</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration></Credentials>"
               "</AssumeRoleResult></AssumeRoleResponse>";
    if (strncmp(host, "portal.sso.", 11) == 0)
        return "{\"roleCredentials\": {\"accessKeyId\": \"ASIANEW\", \"secretAccessKey\": \"secret\", "
               "\"sessionToken\": \"token\", \"expiration\": 2208988800000}}";
    if (strncmp(host, "oidc.", 5) == 0)
        return "{\"accessToken\": \"new\", \"expiresIn\": 28800, \"refreshToken\": \"next\"}";
    return "{\"accessToken\": {\"accessKeyId\": \"ASIANEW\", \"secretAccessKey\": \"secret\", \"sessionToken\": \"token\"}, "
           "\"tokenType\": \"aws_sigv4\", \"expiresIn\": 900, \"refreshToken\": \"next\"}";
}

static session_status_t answer(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    const char *body = answer_of(session_http_request_host(request));

    (void)user_data;
    session_http_reply_set_status(reply, 200);
    session_http_reply_write(reply, body, strlen(body));
    if (!has_begun) {
        has_begun = 1;
        tell(BEGIN);
    }
    return SESSION_OK;
}

/* 2033-05-18T03:33:20Z */
static int64_t now(void *user_data)
{
    (void)user_data;
    return INT64_C(2000000000) * 1000000000;
}

static int get(const char *kind)
{
    session_options_t *options = session_options_new();
    session_config_t *config = session_config_new();
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_t *session = NULL;
    session_credentials_t *credentials;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    int failed;

    transport.send = answer;
    session_config_set_transport(config, &transport);
    session_config_set_clock(config, now, NULL, NULL);
    session_config_set_region(config, "us-west-2");
    session_options_set_config(options, config);
    session_options_set_profile(options, kind);
    session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE);
    /* Where a token is written, nothing else is. */
    session_options_set_cli_cache(options, strstr(kind, "role") != NULL);
    failed = session_new_with_options(options, &session, &error) != SESSION_OK;
    credentials = session_credentials(session);
    failed = failed || session_credentials_get(credentials, 0, NULL, &value, &error) != SESSION_OK;
    tell(END);
    failed = failed || strcmp(session_credentials_value_access_key_id(value), "ASIANEW") != 0;
    if (failed)
        fprintf(stderr, "%s: %s\n", kind, error ? session_error_text(error) : "other keys");
    session_error_free(error);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    session_free(session);
    session_options_free(options);
    session_config_free(config);
    return failed;
}

/* Waits for the traced process to stop; the signal it stopped at. */
static int stopped(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        fprintf(stderr, "the traced process ended of itself\n");
        exit(1);
    }
    return WSTOPSIG(status);
}

/* Lets a process run on, to the next begin or end of a system call if `each` is set. */
static int run_on(pid_t child, int each)
{
    if (ptrace(each ? PTRACE_SYSCALL : PTRACE_CONT, child, NULL, NULL) != 0)
        perror("ptrace");
    return stopped(child);
}

static int kill_after(const char *kind, long calls)
{
    const int call = SIGTRAP | 0x80;
    pid_t child = fork();
    int signal, status;

    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(SKIPPED);
        is_traced = 1;
        raise(SIGSTOP);
        exit(get(kind));
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) != 0)
        return SKIPPED;
    while ((signal = run_on(child, 0)) != BEGIN)
        if (signal == END) {
            fprintf(stderr, "%s: nobody was asked\n", kind);
            return 1;
        }
    for (long seen = 0; seen < calls; seen++) {
        if (run_on(child, 1) == END) {
            if (ptrace(PTRACE_CONT, child, NULL, NULL) != 0 || waitpid(child, &status, 0) != child)
                perror("ptrace");
            return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        }
        if ((signal = run_on(child, 1)) != call) {
            fprintf(stderr, "%s: signal %d in a system call\n", kind, signal);
            return 1;
        }
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? KILLED : 1;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    return argc > 2 ? kill_after(argv[1], strtol(argv[2], NULL, 10)) : get(argv[1]);
}
