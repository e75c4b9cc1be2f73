/* Bearer tokens. */
#include "check.h"
#include "fake_transport.h"
#include "loading.h"

static session_t *session_with(const char *pair)
{
    const char *pairs[] = {"HOME=/nowhere", pair};
    session_options_t *options = session_options_new();
    session_error_t *error = NULL;
    session_t *session = NULL;

    CHECK_INT(session_options_set_environment(options, pairs, pair ? 2 : 1), SESSION_OK);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    session_options_free(options);
    return session;
}

TEST(a_token_of_the_environment)
{
    session_t *session = session_with("AWS_BEARER_TOKEN_MY_SERVICE=abc");
    session_error_t *error = NULL;
    char *token = NULL;
    int64_t expires_at = 0;

    CHECK_OK(session_token_get(session, "my-service", &token, &expires_at, &error), error);
    CHECK_STR(token, "abc");
    CHECK(expires_at == INT64_MAX);
    session_string_free(token);
    /* Nobody need ask when it expires, nor why it fails. */
    CHECK_OK(session_token_get(session, "my-service", &token, NULL, NULL), NULL);
    session_string_free(token);
    session_free(session);
}

TEST(none)
{
    session_t *session = session_with(NULL);
    session_error_t *error = NULL;
    char *token = NULL;
    int64_t expires_at = 7;

    CHECK_INT(session_token_get(session, "bedrock", &token, &expires_at, &error), SESSION_ERR_CREDENTIALS);
    CHECK_STR(session_error_code(error), "NoBearerTokenProviders");
    CHECK(token == NULL && expires_at == 7);
    session_error_free(error);
    session_free(session);
}

TEST(arguments_that_are_missing)
{
    session_t *session = session_with("AWS_BEARER_TOKEN_S3=abc");
    char *token = NULL;

    CHECK_INT(session_token_get(NULL, "s3", &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, NULL, &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, "", &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, "\xff", &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, "s3", NULL, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(token == NULL);
    session_free(session);
}

/* ---- Requests that a token goes with ---- */

static struct fake fake;

static void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds, (void)user_data;
}

/* A client of a session of these options and settings, whose requests go to the fake. */
static session_client_t *client_with(session_options_t *options, const char *service, session_config_t *config)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    transport.send = fake_send;
    transport.user_data = &fake;
    fake_answer(&fake, 200, "{}");
    session_config_set_region(config, "us-west-2");
    session_config_set_transport(config, &transport);
    session_config_set_clock(config, fake_clock, NULL, NULL);
    session_config_set_sleep(config, no_sleep, NULL, NULL);
    CHECK_OK(session_client_new(loaded(with_config(options, config)), service, NULL, &client, &error), error);
    return own_client(client);
}

/* The same with one setting, unless NULL. */
static session_client_t *client_of(session_options_t *options, const char *service, const char *name, const char *value)
{
    session_config_t *config = own_config(session_config_new());

    if (name)
        CHECK_INT(session_config_set(config, name, value), SESSION_OK);
    return client_with(options, service, config);
}

static const char *authorization(const session_client_t *client)
{
    const char *value;
    int dated;

    fake_succeed(fake_request(client, "Invoke", "POST", "/model/m/invoke", NULL));
    dated = fake_header(&fake, "X-Amz-Date") != NULL;
    value = fake_header(&fake, "Authorization");
    CHECK_INT(value && strncmp(value, "AWS4-HMAC-SHA256 ", 17) == 0, dated);
    return value;
}

#define KEYS "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret"
#define TOKEN "AWS_BEARER_TOKEN_BEDROCK=tok"

TEST(a_token_of_the_environment_goes_with_requests)
{
    CHECK_STR(authorization(client_of(WITH(TOKEN), "bedrock-runtime", NULL, NULL)), "Bearer tok");
    CHECK_STR(authorization(client_of(WITH(TOKEN, KEYS), "bedrock", NULL, NULL)), "Bearer tok");
    /* These are signed for bedrock, too, but take no token. */
    CHECK_CONTAINS(authorization(client_of(WITH(TOKEN, KEYS), "bedrock-agent", NULL, NULL)), "AWS4-HMAC-SHA256");
    CHECK_CONTAINS(authorization(client_of(WITH("AWS_BEARER_TOKEN_S3=tok", KEYS), "s3", NULL, NULL)), "AWS4-HMAC-SHA256");
    CHECK_CONTAINS(authorization(client_of(WITH(KEYS), "bedrock-runtime", NULL, NULL)), "AWS4-HMAC-SHA256");
    /* Nobody knows what a service without a model takes. */
    CHECK_STR(authorization(client_of(WITH("AWS_BEARER_TOKEN_MY_OWN=tok"), "my-own", NULL, NULL)), "Bearer tok");
}

TEST(what_is_preferred)
{
    static const char NAME[] = "auth_scheme_preference";
    static const char SIGNED[] = "AWS4-HMAC-SHA256";

    CHECK_CONTAINS(authorization(client_of(WITH(TOKEN, KEYS), "bedrock", NAME, "sigv4")), SIGNED);
    CHECK_CONTAINS(authorization(client_of(WITH(TOKEN, KEYS), "bedrock", NAME, "sigv4a, sigv4 ,httpBearerAuth")), SIGNED);
    CHECK_STR(authorization(client_of(WITH(TOKEN, KEYS), "bedrock", NAME, "noAuth,httpBearerAuth,sigv4")), "Bearer tok");
    CHECK_CONTAINS(authorization(client_of(WITH(KEYS, "AWS_AUTH_SCHEME_PREFERENCE=httpBearerAuth"), "s3", NULL, NULL)), SIGNED);
    /* As for AWS's tools, a token beats what is preferred outside of the program. */
    CHECK_STR(authorization(client_of(WITH(TOKEN, KEYS, "AWS_AUTH_SCHEME_PREFERENCE=sigv4"), "bedrock", NULL, NULL)),
              "Bearer tok");
    CHECK_STR(authorization(client_of(WITH(TOKEN, "AWS_AUTH_SCHEME_PREFERENCE=sigv4"), "bedrock", NAME, "httpBearerAuth")),
              "Bearer tok");
    config_file("[default]\nauth_scheme_preference = sigv4\n");
    CHECK_STR(authorization(client_of(WITH(TOKEN, KEYS, SHARED), "bedrock", NULL, NULL)), "Bearer tok");
    config_file("[default]\nauth_scheme_preference = httpBearerAuth, sigv4\n");
    CHECK_STR(session_error_code(own_error(fake_fail(fake_request(client_of(WITH(KEYS, SHARED), "bedrock", NULL, NULL), "Invoke",
                                                                  "POST", "/", NULL)))),
              "NoBearerTokenProviders");
    /* Preferred, and there is none. */
    CHECK_STR(session_error_code(own_error(fake_fail(fake_request(client_of(WITH(KEYS), "bedrock", NAME, "httpBearerAuth"),
                                                                  "Invoke", "POST", "/", NULL)))),
              "NoBearerTokenProviders");
}

TEST(without_a_token_or_in_clear_nothing_is_sent)
{
    const session_error_t *error;
    session_client_t *client = client_of(WITH(KEYS), "codecatalyst", NULL, NULL);
    char *url = NULL;
    session_error_t *refusal = NULL;
    session_request_t *request;

    error = own_error(fake_fail(fake_request(client, "Invoke", "POST", "/", NULL)));
    CHECK_STR(session_error_code(error), "NoBearerTokenProviders");
    CHECK_CONTAINS(session_error_text(error), "AWS_BEARER_TOKEN_CODECATALYST");

    client = client_of(WITH(TOKEN), "bedrock", "endpoint", "http://example.com:99/x");
    error = own_error(fake_fail(fake_request(client, "Invoke", "POST", "/", NULL)));
    CHECK_STR(session_error_code(error), "InsecureEndpoint");
    CHECK_CONTAINS(session_error_text(error), "http://example.com:99 of bedrock");
    CHECK_INT(fake.sends, 0);
    CHECK_STR(authorization(client_of(WITH(TOKEN), "bedrock", "endpoint", "http://127.0.0.1:99")), "Bearer tok");

    client = client_of(WITH(TOKEN), "bedrock", NULL, NULL);
    request = own_request(fake_request(client, "Invoke", "POST", "/", NULL));
    CHECK_INT(session_request_presign(request, 60, &url, &refusal), SESSION_ERR_UNSUPPORTED);
    CHECK_CONTAINS(session_error_text(own_error(refusal)), "bearer token");
    CHECK(url == NULL);
}

TEST(a_service_that_repeats_the_token_is_not_repeated)
{
    session_client_t *client = client_of(WITH("AWS_BEARER_TOKEN_BEDROCK=abcdefgh1234"), "bedrock", NULL, NULL);

    fake_answer(&fake, 403, "{\"message\": \"bad token abcdefgh1234\"}");
    CHECK_STR(session_error_message(own_error(fake_fail(fake_request(client, "Invoke", "POST", "/", NULL)))),
              "bad token <redacted>");
}

TEST(anonymous_is_anonymous)
{
    session_config_t *config = own_config(session_config_new());

    session_config_set_credentials(config, own_credentials(session_credentials_new_anonymous()));
    CHECK(authorization(client_with(WITH(TOKEN), "bedrock", config)) == NULL);
}

static const char *sso_cache(const char *token)
{
    mkdir(in_folder(".aws"), 0700);
    mkdir(in_folder(".aws/sso"), 0700);
    mkdir(in_folder(".aws/sso/cache"), 0700);
    /* The SHA-1 of `corp`. */
    return write_file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
                      formatted("{\"accessToken\":\"%s\",\"expiresAt\":\"2020-01-02T08:00:00Z\"}", token));
}

TEST(the_token_of_sso_is_held_until_it_is_refused)
{
    session_client_t *client;

    config_file("[default]\nsso_session = corp\n"
                "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example\n");
    sso_cache("first");
    client = client_of(WITH(SHARED), "codecatalyst", NULL, NULL);
    CHECK_STR(authorization(client), "Bearer first");
    /* The file is not read for each request. */
    sso_cache("second");
    CHECK_STR(authorization(client), "Bearer first");
    fake_answer(&fake, 401, "{\"__type\":\"ExpiredTokenException\",\"message\":\"no\"}");
    fake.sends = 0;
    session_error_free(fake_fail(fake_request(client, "Invoke", "POST", "/", NULL)));
    CHECK(fake.sends > 1);
    CHECK_STR(fake_header(&fake, "Authorization"), "Bearer second");
    fake_answer(&fake, 200, "{}");
    CHECK_STR(authorization(client), "Bearer second");
}

TEST(a_token_that_was_refused_is_not_sent_again)
{
    session_client_t *client;

    config_file("[default]\nsso_session = corp\n"
                "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example\n");
    sso_cache("first");
    client = client_of(WITH(SHARED), "codecatalyst", NULL, NULL);
    CHECK_STR(authorization(client), "Bearer first");
    sso_cache("second");
    fake_answer(&fake, 401, "{\"__type\":\"UnauthorizedException\",\"message\":\"no\"}");
    session_error_free(fake_fail(fake_request(client, "Invoke", "POST", "/", NULL)));
    fake_answer(&fake, 200, "{}");
    CHECK_STR(authorization(client), "Bearer second");
}

TEST(each_signing_name_has_its_own_token)
{
    session_client_t *client = client_of(WITH(TOKEN, "AWS_BEARER_TOKEN_OTHER=other"), "bedrock", NULL, NULL);
    session_request_t *request;

    CHECK_STR(authorization(client), "Bearer tok");
    request = fake_request(client, "Invoke", "POST", "/", NULL);
    session_request_set_signing_name(request, "other");
    fake_succeed(request);
    CHECK_STR(fake_header(&fake, "Authorization"), "Bearer other");
    CHECK_STR(authorization(client), "Bearer tok");
}

static int refreshes;

static session_status_t play_oidc(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    int is_refresh = strstr(session_http_request_host(request), "oidc") != NULL;

    refreshes += is_refresh;
    fake_answer(&fake, is_refresh ? 400 : 200, is_refresh ? "{\"error\":\"invalid_grant\"}" : "{}");
    return fake_send(request, reply, user_data);
}

TEST(a_refresh_that_fails_is_not_tried_for_each_request)
{
    session_config_t *config = own_config(session_config_new());
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    config_file("[default]\nsso_session = corp\n"
                "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example\n");
    sso_cache("first");
    /* Its last minutes. */
    write_file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
               "{\"accessToken\":\"late\",\"expiresAt\":\"2020-01-02T03:06:05Z\",\"refreshToken\":\"r\",\"clientId\":\"i\","
               "\"clientSecret\":\"s\",\"registrationExpiresAt\":\"2030-01-01T00:00:00Z\"}");
    transport.send = play_oidc;
    transport.user_data = &fake;
    session_config_set_transport(config, &transport);
    session_config_set_region(config, "us-west-2");
    session_config_set_clock(config, fake_clock, NULL, NULL);
    session_config_set_sleep(config, no_sleep, NULL, NULL);
    CHECK_OK(session_client_new(loaded(with_config(WITH(SHARED), config)), "codecatalyst", NULL, &client, &error), error);
    own_client(client);
    CHECK_STR(authorization(client), "Bearer late");
    CHECK(refreshes > 0);
    refreshes = 0;
    CHECK_STR(authorization(client), "Bearer late");
    CHECK_INT(refreshes, 0);
}

static char lines[65536];

static void log_line(int level, const char *line, void *user_data)
{
    (void)level, (void)user_data;
    CHECK(strlen(lines) + strlen(line) + 2 < sizeof lines);
    strcat(strcat(lines, line), "\n");
}

TEST(no_log_and_no_explanation_shows_it)
{
    session_options_t *options = WITH("AWS_BEARER_TOKEN_BEDROCK=hidden-token");
    session_config_t *config = own_config(session_config_new());

    session_config_set_logger(config, log_line, NULL, NULL);
    session_config_set(config, "log_level", "signing,body,retries,errors");
    CHECK_STR(authorization(client_with(options, "bedrock", config)), "Bearer hidden-token");
    CHECK_CONTAINS(lines, "Authorization");
    CHECK(strstr(lines, "hidden") == NULL);
    CHECK(strstr(explained(loaded(options), SESSION_EXPLAIN_TEXT), "hidden") == NULL);
}
