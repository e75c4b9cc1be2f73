/* What a program says of the roles of a profile, and codes for MFA. */
#include "check.h"
#include "fake_transport.h"

#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#define ROLE                                                                                                  \
    "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = S\n"                                   \
    "[profile r]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = base\nregion = us-west-2\n"   \
    "mfa_serial = arn:aws:iam::111111111111:mfa/u\n"
#define REPLY                                                                                                 \
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>"                      \
    "<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"                             \
    "<Expiration>2020-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"

struct asked {
    int count;
    int declines;
    const char *code;
};

static session_status_t code(session_token_request_t *request, void *user_data)
{
    struct asked *asked = user_data;

    asked->count++;
    CHECK_STR(session_token_request_serial(request), "arn:aws:iam::111111111111:mfa/u");
    CHECK_STR(session_token_request_role(request), "arn:aws:iam::111111111111:role/r");
    CHECK_STR(session_token_request_profile(request), "r");
    if (asked->declines)
        return SESSION_ERR_CANCELED;
    return session_token_request_set_code(request, asked->code);
}

static char folder[] = "/tmp/session-roles-XXXXXX", config[64];

static void write_config(void)
{
    FILE *file;

    if (config[0])
        return;
    CHECK(mkdtemp(folder));
    snprintf(config, sizeof config, "%s/config", folder);
    CHECK((file = fopen(config, "w")) != NULL);
    CHECK(fputs(ROLE, file) >= 0 && fclose(file) == 0);
}

static session_options_t *options_of(struct fake *fake, struct asked *asked)
{
    session_options_t *options = session_options_new();
    session_config_t *settings = session_config_new();
    session_transport_t transport = SESSION_TRANSPORT_INIT;

    write_config();
    transport.send = fake_send;
    transport.user_data = fake;
    session_config_set_transport(settings, &transport);
    session_config_set_clock(settings, fake_clock, NULL, NULL);
    session_config_set_max_retries(settings, 0);
    CHECK_INT(session_options_set_config(options, settings), SESSION_OK);
    CHECK_INT(session_options_set_files(options, (const char *const[]){config}, 1), SESSION_OK);
    CHECK_INT(session_options_set_environment(options, (const char *const[]){"HOME", folder}, 1), SESSION_OK);
    CHECK_INT(session_options_set_profile(options, "r"), SESSION_OK);
    CHECK_INT(session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE), SESSION_OK);
    CHECK_INT(session_options_set_token_provider(options, code, asked, NULL), SESSION_OK);
    session_config_free(settings);
    return options;
}

/* Gets the credentials of a session with the options, which are given up. */
static session_status_t get(session_options_t *options, session_error_t **error)
{
    session_t *session = NULL;
    session_credentials_t *credentials;
    session_credentials_value_t *value = NULL;
    session_status_t status;

    CHECK_OK(session_new_with_options(options, &session, error), *error);
    session_options_free(options);
    credentials = session_credentials(session);
    status = session_credentials_get(credentials, 0, NULL, &value, error);
    if (status == SESSION_OK)
        CHECK_STR(session_credentials_value_access_key_id(value), "ASIA");
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    session_free(session);
    return status;
}

static void clean_up(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_INT(system(command), 0);
}

TEST(what_is_said_of_the_role_is_sent)
{
    struct asked asked = {0, 0, " 123456 "};
    struct fake fake = {0};
    session_error_t *error = NULL;
    session_options_t *options = options_of(&fake, &asked);

    fake_answer(&fake, 200, REPLY);
    CHECK_INT(session_options_set_assume_role_policy(options, "{\"Version\": \"2012-10-17\"}"), SESSION_OK);
    CHECK_INT(session_options_set_assume_role_policy_arns(options, (const char *const[]){"arn:p"}, 1), SESSION_OK);
    CHECK_INT(session_options_set_assume_role_tags(options, (const char *const[]){"a=b", "1", "c", "2"}, 2), SESSION_OK);
    CHECK_INT(session_options_set_assume_role_transitive_tag_keys(options, (const char *const[]){"c"}, 1), SESSION_OK);
    CHECK_INT(session_options_set_assume_role_source_identity(options, "me"), SESSION_OK);
    CHECK_OK(get(options, &error), error);
    CHECK_INT(asked.count, 1);
    CHECK_CONTAINS(fake.sent, "&Policy=%7B%22Version%22%3A+%222012-10-17%22%7D&");
    CHECK_CONTAINS(fake.sent, "&PolicyArns.member.1.arn=arn%3Ap&");
    CHECK_CONTAINS(fake.sent, "&Tags.member.1.Key=a%3Db&Tags.member.1.Value=1&Tags.member.2.Key=c&Tags.member.2.Value=2&");
    CHECK_CONTAINS(fake.sent, "&TransitiveTagKeys.member.1=c&");
    CHECK_CONTAINS(fake.sent, "&SourceIdentity=me&");
    CHECK_CONTAINS(fake.sent, "&TokenCode=123456&");
    clean_up();
}

TEST(a_code_can_be_declined)
{
    struct asked asked = {0, 1, NULL};
    struct fake fake = {0};
    session_error_t *error = NULL;

    fake_answer(&fake, 200, REPLY);
    CHECK_INT(get(options_of(&fake, &asked), &error), SESSION_ERR_CANCELED);
    CHECK_STR(session_error_code(error), "AssumeRoleTokenNotAvailable");
    CHECK_INT(fake.sends, 0);
    session_error_free(error);
    clean_up();
}

static void tick(int signal)
{
    (void)signal;
}

TEST(of_stdin_no_more_is_read_than_the_line_with_the_code)
{
    static const struct itimerval often = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    struct asked asked = {0, 0, NULL};
    struct fake fake = {0};
    struct sigaction action = {.sa_handler = tick}; /* a read that it interrupts is not taken up by the system */
    session_options_t *options = options_of(&fake, &asked);
    session_error_t *error = NULL;
    char next[32];
    int ends[2];
    pid_t person;

    CHECK_INT(pipe(ends), 0);
    CHECK_INT(dup2(ends[0], 0), 0);
    person = fork();
    CHECK(person >= 0);
    if (person == 0) {
        nanosleep(&(struct timespec){0, 100000000}, NULL);
        CHECK_INT(write(ends[1], "\t123456 \r\nsecond line\n", 22), 22);
        _exit(0);
    }
    close(ends[1]);
    fake_answer(&fake, 200, REPLY);
    session_options_set_token_provider(options, session_stdin_token_provider, NULL, NULL);
    CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
    CHECK_OK(get(options, &error), error);
    CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
    CHECK_INT(waitpid(person, NULL, 0), person);
    CHECK_CONTAINS(fake.sent, "&TokenCode=123456&");
    CHECK(fgets(next, sizeof next, stdin) != NULL);
    CHECK_STR(next, "second line\n");
    clean_up();
}

TEST(a_code_is_asked_for_once_for_all_who_share_the_cache)
{
    struct asked asked = {0, 0, "123456"};
    struct fake fake = {0};
    session_error_t *error = NULL;

    for (int program = 0; program < 2; program++) {
        session_options_t *options = options_of(&fake, &asked);

        fake_answer(&fake, 200, REPLY);
        CHECK_INT(session_options_set_cli_cache(options, true), SESSION_OK);
        CHECK_OK(get(options, &error), error);
        CHECK_INT(asked.count, 1);
    }
    clean_up();
}

TEST(what_is_no_policy_is_refused)
{
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_error_t *error = NULL;

    CHECK_INT(session_options_set_assume_role_policy(options, "{"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_new_with_options(options, &session, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_text(error), "`policy` is no JSON at line 1");
    session_error_free(error);
    CHECK_INT(session_options_set_assume_role_policy(options, "[]"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_options_set_assume_role_policy(options, NULL), SESSION_OK);
    CHECK_INT(session_options_set_assume_role_tags(options, NULL, 1), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_options_set_assume_role_tags(options, NULL, SIZE_MAX), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_options_set_assume_role_tags(options, NULL, 0), SESSION_OK);
    CHECK_INT(session_options_set_assume_role_policy_arns(options, (const char *const[]){NULL}, 1),
              SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_options_set_cli_cache(NULL, true), SESSION_ERR_INVALID_ARGUMENT);
    session_options_free(options);
}
