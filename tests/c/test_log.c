/* What the logger is told: nothing unless it is asked for, one line an event, secrets masked. */
#include "check.h"
#include "fake_transport.h"

#define TOKEN "IQoJb3JpZ2lu/SESSION+TOKEN=="
#define ESCAPED_TOKEN "IQoJb3JpZ2lu%2FSESSION%2BTOKEN%3D%3D"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define CUSTOMER_KEY "Y3VzdG9tZXIta2V5LW9mLTMyLWJ5dGVzLWxlbmd0aCE="

struct log {
    int lines, bad;
    char text[1 << 17]; /* each line with its level before and a line feed behind */
};

static void note(int level, const char *line, void *user_data)
{
    struct log *log = user_data;
    size_t end = strlen(log->text);

    log->lines++;
    log->bad += strchr(line, '\n') != NULL || strchr(line, '\r') != NULL;
    CHECK(end + strlen(line) + 16 < sizeof log->text);
    sprintf(log->text + end, "%x %s\n", (unsigned)level, line);
}

static void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    (void)user_data;
}

static struct fake fake;
static struct log log_;

/* A client with a token, which tells the logger what `level` says (NULL: it is not set). */
static session_client_t *client_of(const char *service, const char *level)
{
    session_config_t *config = fake_config();
    session_credentials_t *keys = NULL;
    session_error_t *error = NULL;

    memset(&fake, 0, sizeof fake);
    memset(&log_, 0, sizeof log_);
    fake_answer(&fake, 200, "");
    CHECK_OK(session_credentials_new_static("AKIDEXAMPLE", SECRET, TOKEN, &keys, &error), error);
    session_config_set_credentials(config, keys);
    session_credentials_free(keys);
    session_config_set_max_retries(config, 1);
    session_config_set_sleep(config, no_sleep, NULL, NULL);
    CHECK_OK(session_config_set_logger(config, note, &log_, NULL), NULL);
    if (level)
        CHECK_OK(session_config_set_log_level(config, level), NULL);
    return fake_client(&fake, service, config);
}

static session_request_t *put(const session_client_t *client)
{
    session_request_t *request = fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}",
                                              "{\"Bucket\": \"bucket\", \"Key\": \"a key\"}");

    CHECK_OK(session_request_set_body(request, "the\nbody", 8), NULL);
    CHECK_OK(session_request_set_header(request, "X-Amz-Server-Side-Encryption-Customer-Key", CUSTOMER_KEY), NULL);
    CHECK_OK(session_request_set_header(request, "Cookie", "session=cookie-secret"), NULL);
    return request;
}

static void check_absent(const char *part)
{
    if (strstr(log_.text, part))
        fprintf(stderr, "%s", log_.text);
    CHECK(strstr(log_.text, part) == NULL);
}

static void check_no_secrets(void)
{
    check_absent(SECRET);
    check_absent(TOKEN);
    check_absent(ESCAPED_TOKEN);
    check_absent(CUSTOMER_KEY);
    check_absent("cookie-secret");
    check_absent("Signature=");
    CHECK_INT(log_.bad, 0);
}

TEST(it_is_told_nothing_unless_it_is_asked_for)
{
    const char *const levels[] = {NULL, "off", ""};

    for (int i = 0; i < 3; i++) {
        session_client_t *client = client_of("s3", i < 2 ? levels[i] : NULL);

        fake_succeed(put(client));
        fake.status = 0;
        session_error_free(fake_fail(put(client)));
        CHECK_INT(log_.lines, 0);
        session_client_free(client);
    }
}

TEST(each_level_tells_its_own_and_what_is_sent)
{
    const struct {
        const char *level, *tells;
    } cases[] = {{"debug", "1000 DEBUG: Request s3/PutObject Details: PUT "},
                 {"signing", "1001 DEBUG: Request Signature: s3/PutObject, canonical string "},
                 {"body", "1002 DEBUG: Request Body s3/PutObject: 8 bytes: the\\nbody\n"},
                 {"retries", "1004 DEBUG: Retrying Request s3/PutObject, attempt 1\n"},
                 {"errors", "1008 DEBUG: Validate Response s3/PutObject failed, attempt 1/2, error "}};

    for (int i = 0; i < 5; i++) {
        session_client_t *client = client_of("s3", cases[i].level);

        fake_answer(&fake, 503, "<Error><Code>SlowDown</Code><Message>two\nlines</Message></Error>");
        session_error_free(fake_fail(put(client)));
        CHECK_CONTAINS(log_.text, "1000 DEBUG: Request s3/PutObject Details: PUT https://bucket.s3.us-west-2.amazonaws.com/a%20key ");
        CHECK_CONTAINS(log_.text, "1000 DEBUG: Response s3/PutObject Details: 503");
        for (int n = 0; n < 5; n++)
            if (n == i)
                CHECK_CONTAINS(log_.text, cases[n].tells);
            else if (n > 0)
                check_absent(cases[n].tells);
        check_no_secrets();
        session_client_free(client);
    }
}

static void fail(session_request_t *request, void *user_data)
{
    (void)user_data;
    session_request_set_error(request, "Mine", "by a handler");
}

TEST(a_failure_tells_whether_it_may_be_tried_again)
{
    const struct {
        session_stage_t stage;
        const char *tells;
    } cases[] = {
        {SESSION_STAGE_VALIDATE, "DEBUG: Validate Request s3/PutObject failed, not retrying, error Mine: by a handler\n"},
        {SESSION_STAGE_BUILD, "DEBUG: Build Request s3/PutObject failed, not retrying, error Mine: by a handler\n"},
        {SESSION_STAGE_SIGN, "DEBUG: Sign Request s3/PutObject failed, not retrying, error Mine: by a handler\n"},
        {SESSION_STAGE_SEND, "DEBUG: Send Request s3/PutObject failed, attempt 1/2, error Mine: by a handler\n"},
        {SESSION_STAGE_UNMARSHAL, "DEBUG: Unmarshal Response s3/PutObject failed, attempt 1/2, error Mine: by a handler\n"},
    };

    for (int i = 0; i < 5; i++) {
        session_client_t *client = client_of("s3", "errors");
        session_handlers_t *handlers = session_client_handlers(client);
        session_error_t *error = NULL;

        CHECK_OK(session_handlers_push_back(handlers, cases[i].stage, NULL, fail, NULL, NULL, &error), error);
        session_handlers_free(handlers);
        session_error_free(fake_fail(put(client)));
        CHECK_CONTAINS(log_.text, cases[i].tells);
        session_client_free(client);
    }
}

TEST(secrets_are_masked_at_every_level)
{
    session_client_t *client = client_of("s3", "debug,signing,body,retries,errors,deprecated");

    fake.headers[0][0] = "Set-Cookie";
    fake.headers[0][1] = "id=cookie-secret";
    fake_succeed(put(client));
    CHECK_CONTAINS(log_.text, "[Authorization: <redacted>]");
    check_no_secrets();
    session_client_free(client);
}

TEST(an_error_that_carries_secrets_is_masked)
{
    session_client_t *client = client_of("s3", "debug,signing,body,retries,errors");

    fake_answer(&fake, 400,
                "<Error><Code>InvalidToken</Code><Message>x-amz-security-token:" TOKEN "</Message><Token>" TOKEN
                "</Token></Error>");
    session_error_free(fake_fail(put(client)));
    CHECK_CONTAINS(log_.text, "error InvalidToken: x-amz-security-token:<redacted>");
    CHECK_CONTAINS(log_.text, "DEBUG: Response Body s3/PutObject: ");
    check_no_secrets();
    session_client_free(client);
}

TEST(keys_that_sts_gives_are_masked)
{
    session_client_t *client = client_of("sts", "debug,signing,body");
    session_request_t *request = fake_request(client, "AssumeRole", "POST", "/",
                                              "{\"RoleArn\": \"arn:aws:iam::1:role/r\", \"TokenCode\": \"123456\"}");
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    char *key = NULL;

    fake_answer(&fake, 200,
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>" SECRET
                "</SecretAccessKey><SessionToken>" TOKEN "</SessionToken></Credentials></AssumeRoleResult>"
                "</AssumeRoleResponse>");
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_OK(session_response_value(response, "SecretAccessKey", &key, &error), error);
    CHECK_STR(key, SECRET); /* the caller has it, the log has not */
    CHECK_CONTAINS(fake.sent, "123456");
    check_absent("123456");
    check_no_secrets();
    session_string_free(key);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
}

TEST(a_password_in_a_body_is_masked_to_its_end)
{
    const struct {
        const char *service, *type, *sent, *answer;
    } cases[] = {
        {"secretsmanager", "application/x-amz-json-1.1",
         "{\"Name\":\"n\",\"SecretString\":\"{\\\"username\\\":\\\"bob\\\",\\\"password\\\":\\\"hunter2\\\"}\"}",
         "{}"},
        {"rds", "application/x-www-form-urlencoded", "Action=A&Master%55serPassword=a%26hunter2", "<a/>"},
        {"ec2", "application/x-www-form-urlencoded", "Action=CreateKeyPair",
         "<a><keyMaterial>-----BEGIN&amp;hunter2\nhunter2</keyMaterial></a>"},
    };

    for (int i = 0; i < 3; i++) {
        session_client_t *client = client_of(cases[i].service, "debug,signing,body,errors");
        session_request_t *request = fake_request(client, "A", "POST", "/", NULL);
        session_response_t *response = NULL;
        session_error_t *error = NULL;

        fake_answer(&fake, 200, cases[i].answer);
        CHECK_OK(session_request_set_header(request, "Content-Type", cases[i].type), NULL);
        CHECK_OK(session_request_set_body(request, cases[i].sent, strlen(cases[i].sent)), NULL);
        CHECK_OK(session_request_send(request, &response, &error), error);
        CHECK_STR(fake.sent, cases[i].sent);
        check_absent("hunter2");
        check_absent("bob");
        session_response_free(response);
        session_request_free(request);
        session_client_free(client);
    }
}

TEST(a_code_in_a_presigned_query_is_masked)
{
    session_client_t *client = client_of("sts", "debug,signing,body");
    session_request_t *request = fake_request(client, "AssumeRole", "POST", "/",
                                              "{\"RoleArn\": \"arn:aws:iam::1:role/r\", \"TokenCode\": \"987654\"}");
    session_error_t *error = NULL;
    char *url = NULL;

    CHECK_OK(session_request_presign(request, 60, &url, &error), error);
    CHECK_CONTAINS(url, "TokenCode=987654");
    CHECK_CONTAINS(log_.text, "TokenCode=<redacted>");
    check_absent("987654");
    check_no_secrets();
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}

TEST(a_presigned_url_is_masked)
{
    session_client_t *client = client_of("s3", "debug,signing,body");
    session_request_t *request = fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}",
                                              "{\"Bucket\": \"bucket\", \"Key\": \"key\"}");
    session_error_t *error = NULL;
    char *url = NULL;

    CHECK_OK(session_request_presign(request, 60, &url, &error), error);
    CHECK_CONTAINS(url, "X-Amz-Security-Token=" ESCAPED_TOKEN);
    check_no_secrets();
    session_request_free(request);

    /* And one that somebody else has signed, as it is sent. */
    request = fake_request(client, "GetObject", "GET", "/k", NULL);
    CHECK_OK(session_request_set_url(request, url), NULL);
    fake_succeed(request);
    CHECK_CONTAINS(log_.text, "X-Amz-Signature=<redacted>");
    check_absent(strstr(url, "X-Amz-Signature=") + strlen("X-Amz-Signature="));
    check_absent(ESCAPED_TOKEN);
    session_string_free(url);
    session_client_free(client);
}

TEST(who_asks_for_secrets_gets_them)
{
    session_client_t *client = client_of("s3", "debug,signing,unredacted");

    fake_succeed(put(client));
    CHECK_CONTAINS(log_.text, "Signature=");
    CHECK_CONTAINS(log_.text, "[X-Amz-Security-Token: " TOKEN "]");
    CHECK_CONTAINS(log_.text, CUSTOMER_KEY);
    check_absent(SECRET); /* it is never part of a request */
    check_absent("<redacted>");
    session_client_free(client);
}
