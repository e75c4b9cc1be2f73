/*
 * One test for each row of the table in which libsession says where it differs from Go on purpose. Not here:
 *
 *   19, 20  are of credentials over time, and have tests of their own in ../remote and test_credentials.c;
 *   31  takes a program with the setuid bit: the unit tests of the environment plant the kernel's word for it.
 */
#include "fake_http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

/* ---- Files ---- */

TEST(row_01_grammar_of_all_aws_tools)
{
    session_t *session;

    config_file("\xEF\xBB\xBF[profile \"a b\"]\n"
                "region = \"us-west-2\"\t# a comment\n"
                "role_session_name = \"x\n"
                "external_id = one,two , three # four\n"
                "ec2_metadata_service_endpoint = http://[::1]:1338/a#b\n"
                "credential_process = \"/opt/a b/get --key\"\n"
                "mfa_serial = # nothing\n"
                "max_attempts\t=\t4 ; a comment\n");
    session = loaded(with_profile(WITH(SHARED), "a b"));
    CHECK_STR(setting(session, "max_attempts"), "4");
    CHECK_STR(origin(session, "mfa_serial"), "unset");
    CHECK_STR(setting(session, "region"), "us-west-2");
    CHECK_STR(setting(session, "ec2_metadata_service_endpoint"), "http://[::1]:1338/a#b");
    CHECK_CONTAINS(origin(session, "region"), "/.aws/config:2 (profile a b)");
}

TEST(row_01_quotes_of_a_credential_process_stay)
{
    /* Kept, they hold program and blank together; lost, `--key` would be an argument, and masked. */
    config_file("[default]\ncredential_process = \"/opt/get --key\"\n");
    CHECK_CONTAINS(explained(loaded(WITH(SHARED)), SESSION_EXPLAIN_JSON), "\"/opt/get --key\"");
}

TEST(row_01_unclosed_quote_and_comma_are_text)
{
    session_t *session;
    session_client_t *client;

    config_file("[default]\nregion = us-west-2\n"
                "role_arn = arn:aws:iam::1:role/a,b\nsource_profile = default\n"
                "aws_access_key_id = \"AK\naws_secret_access_key = S,K\n");
    session = loaded(WITH(SHARED));
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_JSON), "arn:aws:iam::1:role/a,b");
    client = client_of(session, "s3", NULL);
    CHECK_STR(session_client_region(client), "us-west-2");

    credentials_file("[default]\naws_access_key_id = \"AK\naws_secret_access_key = S,K\n");
    session = loaded(WITH_NOTHING);
    CHECK_STR(key_id(session), "\"AK");
    CHECK_STR(session_credentials_value_secret_access_key(credentials_of(session)), "S,K");
}

TEST(row_01_syntax_error_has_its_place_and_leaves_nothing)
{
    const char *path = config_file("[default]\nregion = us-west-2\n\n  [profile broken\nregion = eu-west-1\n");
    const session_error_t *error;

    credentials_file("[default]\naws_access_key_id = AK\naws_secret_access_key = SK\n");
    error = refused(WITH(SHARED), SESSION_ERR_CONFIG_FILE);
    CHECK_STR(session_error_code(error), "SharedConfigLoadError");
    CHECK_STR(session_error_path(error), path);
    CHECK_INT(session_error_line(error), 4);
    CHECK(session_error_column(error) > 0);
    CHECK_CONTAINS(session_error_text(error), "must end with ']'");
    CHECK_CONTAINS(session_error_text(error), path);
}

TEST(row_02_sections_of_the_config_file)
{
    session_t *session;

    config_file("[profile default]\nregion = prefixed-1\n"
                "[default]\nregion = bare-1\n"
                "[bare]\nregion = bare-2\n"
                "[profile twice]\nregion = first-1\nmax_attempts = 4\n"
                "[profile of other shape]\nregion = other-1\n"
                "[plugins x]\nregion = other-2\n"
                "[profile twice]\nregion = second-1\n"
                "[profile sso]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
                "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example\n");
    CHECK_STR(setting(loaded(WITH(SHARED)), "region"), "prefixed-1");
    session = loaded(with_profile(WITH(SHARED), "twice"));
    CHECK_STR(setting(session, "region"), "second-1");
    CHECK_STR(setting(session, "max_attempts"), "4");
    refused(with_profile(WITH(SHARED), "bare"), SESSION_ERR_PROFILE_NOT_FOUND);
    refused(with_profile(WITH(SHARED), "of other shape"), SESSION_ERR_PROFILE_NOT_FOUND);
    refused(with_profile(WITH(SHARED), "x"), SESSION_ERR_PROFILE_NOT_FOUND);
    CHECK_CONTAINS(origin(loaded(with_profile(WITH(SHARED), "sso")), "sso_region"), ":21 (sso-session corp)");
}

TEST(row_02_sections_of_the_credentials_file)
{
    credentials_file("[profile a]\naws_access_key_id = AK1\naws_secret_access_key = SK1\n"
                     "[b]\naws_access_key_id = AK2\naws_secret_access_key = SK2\n"
                     "[b]\naws_session_token = T2\n");
    refused(with_profile(WITH_NOTHING, "a"), SESSION_ERR_PROFILE_NOT_FOUND);
    CHECK_STR(session_credentials_value_session_token(credentials_of(loaded(with_profile(WITH_NOTHING, "b")))), "T2");
}

TEST(row_02_listed_files_have_both_spellings)
{
    const char *path = write_file("listed", "[profile a]\nregion = a-1\n[b]\nregion = b-1\n");

    for (int i = 0; i < 2; i++) {
        session_options_t *options = with_profile(WITH(SHARED), i ? "b" : "a");
        CHECK_INT(session_options_set_files(options, &path, 1), SESSION_OK);
        CHECK_STR(setting(loaded(options), "region"), i ? "b-1" : "a-1");
    }
}

TEST(row_02_what_go_does_not_know_is_read)
{
    session_t *session;

    credentials_file("[default]\naws_access_key_id = AK\naws_secret_access_key = SK\naws_account_id = 123456789012\n"
                     "retry_mode = legacy\nmax_attempts = 7\n");
    session = loaded(WITH(SHARED));
    CHECK_STR(setting(session, "retry_mode"), "legacy");
    CHECK_STR(setting(session, "max_attempts"), "7");
    CHECK_STR(session_credentials_value_account_id(credentials_of(session)), "123456789012");
    session = loaded(WITH_NOTHING);
    CHECK_STR(setting(session, "retry_mode"), "standard");
    CHECK_STR(setting(session, "max_attempts"), NULL);
    CHECK_STR(session_credentials_value_account_id(credentials_of(session)), "");
    session = loaded(WITH("AWS_RETRY_MODE=adaptive", "AWS_MAX_ATTEMPTS=9", "AWS_ACCOUNT_ID=2", "AWS_ACCESS_KEY_ID=A",
                          "AWS_SECRET_ACCESS_KEY=S"));
    CHECK_STR(setting(session, "retry_mode"), "adaptive");
    CHECK_STR(setting(session, "max_attempts"), "9");
    CHECK_STR(session_credentials_value_account_id(credentials_of(session)), "2");
}

TEST(row_02_login_session_is_read)
{
    config_file("[default]\nlogin_session = arn:aws:sts::1:assumed-role/r/me\n");
    CHECK_CONTAINS(origin(loaded(WITH(SHARED)), "login_session"), "/.aws/config:2 (profile default)");
    CHECK_STR(origin(loaded(WITH_NOTHING), "login_session"), "unset");
}

static void check_profile_error(const session_error_t *error, const char *profile)
{
    CHECK_STR(session_error_code(error), "SharedConfigProfileNotExistsError");
    CHECK_CONTAINS(session_error_text(error), profile);
    CHECK_CONTAINS(session_error_text(error), in_folder(".aws/credentials"));
    CHECK_CONTAINS(session_error_text(error), in_folder(".aws/config"));
}

TEST(row_03_profile_that_exists_nowhere)
{
    struct fake_http fake = {0};

    credentials_file("[other]\naws_access_key_id = AK\naws_secret_access_key = SK\n");
    check_profile_error(refused(with_profile(WITH(SHARED), "nope"), SESSION_ERR_PROFILE_NOT_FOUND), "nope");
    check_profile_error(refused(WITH(SHARED, "AWS_PROFILE=nope"), SESSION_ERR_PROFILE_NOT_FOUND), "nope");
    check_profile_error(refused(WITH(SHARED, "AWS_DEFAULT_PROFILE=nope"), SESSION_ERR_PROFILE_NOT_FOUND), "nope");
    /* By option, whatever credentials there are. */
    refused(with_profile(WITH("AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S"), "nope"), SESSION_ERR_PROFILE_NOT_FOUND);
    refused(with_config(with_profile(WITH_NOTHING, "nope"), fake_config(&fake)), SESSION_ERR_PROFILE_NOT_FOUND);
    /* By the variable, only if they are needed. */
    loaded(WITH("AWS_PROFILE=nope", "AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S"));
    loaded(WITH("AWS_PROFILE=nope", "AWS_WEB_IDENTITY_TOKEN_FILE=/t", "AWS_ROLE_ARN=arn:aws:iam::1:role/r"));
    loaded(with_config(WITH("AWS_PROFILE=nope"), fake_config(&fake)));
    refused(WITH("AWS_PROFILE=nope", "AWS_ACCESS_KEY_ID=A"), SESSION_ERR_PROFILE_NOT_FOUND);
    /* Not read, it names nothing; and nobody asked for `default`. */
    loaded(WITH("AWS_DEFAULT_PROFILE=nope"));
    loaded(WITH_NOTHING);
    loaded(WITH(SHARED));
}

TEST(row_03_profile_of_no_file_at_all)
{
    check_profile_error(refused(with_profile(WITH(SHARED), "nope"), SESSION_ERR_PROFILE_NOT_FOUND), "nope");
}

/* ---- Settings ---- */

static const char *endpoint_of(const session_t *session, const char *service)
{
    return session_client_endpoint(client_of(session, service, NULL));
}

TEST(row_04_regional_endpoints_unless_legacy_is_asked_for)
{
    session_config_t *legacy = own_config(session_config_new());
    session_t *session = loaded(WITH("AWS_REGION=us-east-1"));

    CHECK_STR(endpoint_of(session, "sts"), "https://sts.us-east-1.amazonaws.com");
    CHECK_STR(endpoint_of(session, "s3"), "https://s3.us-east-1.amazonaws.com");
    session_config_set_sts_regional_endpoint(legacy, "legacy");
    session_config_set_s3_us_east_1_regional_endpoint(legacy, "legacy");
    session = copied(session, legacy);
    CHECK_STR(endpoint_of(session, "sts"), "https://sts.amazonaws.com");
    CHECK_STR(endpoint_of(session, "s3"), "https://s3.amazonaws.com");
    session = loaded(WITH("AWS_REGION=us-west-2", "AWS_STS_REGIONAL_ENDPOINTS=legacy"));
    CHECK_STR(endpoint_of(session, "sts"), "https://sts.amazonaws.com");
    CHECK_STR(session_client_signing_region(client_of(session, "sts", NULL)), "us-east-1");
}

/* A profile that assumes a role for so long. */
static void profile_with_duration(const char *seconds)
{
    config_file(formatted("[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n"
                          "aws_access_key_id = AK\naws_secret_access_key = SK\n"
                          "duration_seconds = %s\n",
                          seconds));
}

TEST(row_06_duration_seconds)
{
    static const char *const good[] = {"900", "901", "959", "43200", "3600 # an hour", "01000"};
    static const char *const bad[] = {"899", "43201", "junk", "1e3", "+900", "-900", "900.5", "900s", "0x400",
                                      "99999999999999999999"};
    static const char *const seconds[] = {"900", "901", "959", "43200", "3600", "1000"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        session_t *session;
        profile_with_duration(good[i]);
        session = loaded(WITH(SHARED));
        CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_JSON), formatted("\"%s\"", seconds[i]));
        CHECK_CONTAINS(origin(session, "duration_seconds"), "/.aws/config:6 (profile default)");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const session_error_t *error;
        profile_with_duration(bad[i]);
        error = refused(WITH(SHARED), SESSION_ERR_CONFIG);
        CHECK_STR(session_error_code(error), "SharedConfigErr");
        CHECK_STR(session_error_path(error), in_folder(".aws/config"));
        CHECK_INT(session_error_line(error), 6);
        CHECK_CONTAINS(session_error_text(error), "duration_seconds");
        CHECK_CONTAINS(session_error_text(error), bad[i]);
        loaded(WITH_NOTHING); /* not read */
    }
}

TEST(row_07_booleans_in_the_environment)
{
    static const char *const variables[][2] = {
        {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"},
        {"AWS_USE_DUALSTACK_ENDPOINT", "use_dual_stack_endpoint"},
        {"AWS_S3_USE_ARN_REGION", "s3_use_arn_region"},
        {"AWS_ENABLE_ENDPOINT_DISCOVERY", "enable_endpoint_discovery"},
        {"AWS_CSM_ENABLED", "csm_enabled"},
    };
    static const char *const bad[] = {"1", "0", "yes", "t", "trueish", "on"};

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *variable = variables[i][0];
        CHECK_STR(setting(loaded(WITH(formatted("%s= TRUE\t", variable))), variables[i][1]), "true");
        CHECK_STR(setting(loaded(WITH(formatted("%s=False", variable))), variables[i][1]), "false");
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            const session_error_t *error = refused(WITH(formatted("%s=%s", variable, bad[k])), SESSION_ERR_CONFIG);
            CHECK_STR(session_error_code(error), "EnvConfigError");
            CHECK_CONTAINS(session_error_text(error), variable);
        }
    }
}

TEST(row_07_booleans_in_files)
{
    const session_error_t *error;

    config_file("[default]\nuse_fips_endpoint = True\nuse_dualstack_endpoint = \"false\"\n");
    CHECK_STR(setting(loaded(WITH(SHARED)), "use_fips_endpoint"), "true");
    CHECK_STR(setting(loaded(WITH(SHARED)), "use_dual_stack_endpoint"), "false");
    config_file("[default]\n\nuse_fips_endpoint = trueish\n");
    error = refused(WITH(SHARED), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "SharedConfigErr");
    CHECK_STR(session_error_path(error), in_folder(".aws/config"));
    CHECK_INT(session_error_line(error), 3);
    CHECK_CONTAINS(session_error_text(error), "use_fips_endpoint");
}

TEST(row_07_words_of_the_switch_for_shared_config)
{
    static const char *const on[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const off[] = {"0", "f", "false", "yes", "on", "tRue", "2", "junk"};

    config_file("[default]\nregion = of-file-1\n");
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        CHECK_STR(setting(loaded(WITH(formatted("AWS_SDK_LOAD_CONFIG=%s", on[i]))), "region"), "of-file-1");
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        CHECK_STR(setting(loaded(WITH(formatted("AWS_SDK_LOAD_CONFIG=%s", off[i]))), "region"), NULL);
}

TEST(row_07_what_only_imds_uses_is_no_error_of_a_load)
{
    loaded(WITH("AWS_EC2_METADATA_V1_DISABLED=junk"));
    CHECK_STR(setting(loaded(WITH("AWS_EC2_METADATA_V1_DISABLED=TRUE")), "ec2_metadata_enable_fallback"), "false");
    CHECK_STR(setting(loaded(WITH("AWS_EC2_METADATA_V1_DISABLED=false")), "ec2_metadata_enable_fallback"), "true");
}

TEST(row_08_the_option_alone_switches_shared_config_off)
{
    session_options_t *options = WITH(SHARED, "AWS_DEFAULT_REGION=default-1", "AWS_DEFAULT_PROFILE=p");
    session_t *session;

    config_file("[default]\nregion = of-file-1\n");
    credentials_file("[p]\naws_access_key_id = AKP\naws_secret_access_key = S\n"
                     "[default]\naws_access_key_id = AKD\naws_secret_access_key = S\n");
    CHECK_STR(setting(loaded(options), "region"), "default-1");
    CHECK_STR(key_id(loaded(options)), "AKP");
    session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_DISABLE);
    session = loaded(options);
    CHECK_STR(setting(session, "region"), NULL);
    CHECK_STR(key_id(session), "AKD");
    CHECK_STR(origin(session, "profile"), "default");
}

TEST(row_09_s3_use_arn_region_of_a_profile)
{
    static const char *const params = "{\"Bucket\": \"arn:aws:s3:eu-west-1:123456789012:accesspoint/mine\", \"Key\": \"k\"}";
    struct fake_http fake = {.status = 200};
    session_t *session;

    session = fake_session(&fake);
    send_error(request_of(client_of(session, "s3", NULL), "GetObject", "GET", "/{Bucket}/{Key+}", params));
    CHECK_INT(fake.sent, 0);
    config_file("[default]\ns3_use_arn_region = true\n");
    session = loaded(with_config(WITH(SHARED), fake_config(&fake)));
    send_ok(request_of(client_of(session, "s3", NULL), "GetObject", "GET", "/{Bucket}/{Key+}", params));
    CHECK_STR(fake.host, "mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com");
    CHECK_CONTAINS(fake.authorization, "/eu-west-1/s3/aws4_request");
}

TEST(row_10_web_identity_of_the_credentials_file)
{
    session_t *session;

    credentials_file("[default]\nweb_identity_token_file = /t\nrole_arn = arn:aws:iam::1:role/r\nrole_session_name = me\n");
    session = loaded(WITH_NOTHING);
    CHECK_CONTAINS(origin(session, "role_arn"), "/.aws/credentials:3 (profile default)");
    CHECK_CONTAINS(origin(session, "role_session_name"), "/.aws/credentials:4 (profile default)");
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_JSON), "\"WebIdentityCredentials\"");
}

TEST(row_11_a_token_file_loses_its_blanks)
{
    struct fake_http fake = {.status = 403};
    const char *file = formatted("AWS_WEB_IDENTITY_TOKEN_FILE=%s", write_file("token", " \nthe-token\r\n\n"));

    no_credentials(loaded(with_config(WITH(file, "AWS_ROLE_ARN=arn:aws:iam::1:role/r"), fake_config_without_keys(&fake))));
    CHECK_CONTAINS(formatted("&%s&", fake.form), "&WebIdentityToken=the-token&");
}

TEST(row_12_an_endpoint_in_code_is_for_service_clients)
{
    struct fake_http fake = {.status = 403};
    session_config_t *config = fake_config_without_keys(&fake);
    session_t *session;

    config_file("[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n"
                "aws_access_key_id = AK\naws_secret_access_key = SK\n");
    session_config_set_endpoint(config, "https://mine.example");
    session = loaded(with_config(WITH(SHARED), config));
    CHECK_STR(endpoint_of(session, "s3"), "https://mine.example");
    no_credentials(session);
    CHECK_STR(fake.host, "sts.us-west-2.amazonaws.com");
    no_credentials(loaded(with_config(WITH(SHARED, "AWS_ENDPOINT_URL_STS=https://theirs.example"), config)));
    CHECK_STR(fake.host, "theirs.example");
}

/* ---- Requests ---- */

static void fail_request(session_request_t *request, void *user_data)
{
    (void)user_data;
    session_request_set_error(request, "Planted", "by a handler");
}

static void count(session_request_t *request, void *user_data)
{
    (void)request;
    ++*(int *)user_data;
}

static void fail_and_ask_for_more(session_request_t *request, void *user_data)
{
    count(request, user_data);
    session_request_set_error(request, "Planted", "by a handler");
    session_request_set_retryable(request, 1);
}

/* How often a request is sent that the server can't answer. */
static int attempts(session_options_t *options, const char *field, const char *value)
{
    struct fake_http fake = {.status = 500};
    session_config_t *config = fake_config(&fake);

    if (field)
        CHECK_INT(session_config_set(config, field, value), SESSION_OK);
    send_error(request_of(client_of(loaded(with_config(options, config)), "s3", NULL), "ListBuckets", "GET", "/", NULL));
    return fake.sent;
}

TEST(row_05_attempts_of_each_mode)
{
    CHECK_INT(attempts(WITH_NOTHING, NULL, NULL), 3);
    CHECK_INT(attempts(WITH("AWS_RETRY_MODE=legacy"), NULL, NULL), 4);
    CHECK_INT(attempts(WITH("AWS_RETRY_MODE=adaptive"), NULL, NULL), 3);
    CHECK_INT(attempts(WITH("AWS_MAX_ATTEMPTS=5"), NULL, NULL), 5);
    CHECK_INT(attempts(WITH("AWS_MAX_ATTEMPTS=5"), "max_retries", "1"), 2);
    CHECK_INT(attempts(WITH("AWS_MAX_ATTEMPTS=5"), "max_attempts", "1"), 1);
    config_file("[default]\nretry_mode = legacy\nmax_attempts = 2\n");
    CHECK_INT(attempts(WITH(SHARED), NULL, NULL), 2);
}

TEST(row_13_an_error_before_the_send_stops_all)
{
    static const int stages[] = {SESSION_STAGE_VALIDATE, SESSION_STAGE_BUILD, SESSION_STAGE_SIGN, SESSION_STAGE_SEND};

    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        struct fake_http fake = {.status = 200};
        session_client_t *client = client_of(fake_session(&fake), "s3", NULL);
        session_handlers_t *handlers = own_handlers(session_client_handlers(client));
        session_request_t *request;
        const session_error_t *error;
        int later = 0;

        session_handlers_push_front(handlers, stages[i], NULL, fail_request, NULL, NULL, NULL);
        session_handlers_push_back(handlers, stages[i], NULL, count, &later, NULL, NULL);
        request = request_of(client, "ListBuckets", "GET", "/", NULL);
        error = send_error(request);
        CHECK_STR(session_error_code(error), "Planted");
        CHECK_INT(session_error_status(error), SESSION_ERR_HANDLER);
        CHECK_INT(fake.sent, 0);
        CHECK_INT(later, 0);
        CHECK_INT(session_request_retry_count(request), 0);
    }
}

TEST(row_13_a_handler_of_send_may_ask_for_more)
{
    struct fake_http fake = {.status = 200};
    session_client_t *client = client_of(fake_session(&fake), "s3", NULL);
    session_handlers_t *handlers = own_handlers(session_client_handlers(client));
    int runs = 0;

    session_handlers_push_front(handlers, SESSION_STAGE_SEND, NULL, fail_and_ask_for_more, &runs, NULL, NULL);
    send_error(request_of(client, "ListBuckets", "GET", "/", NULL));
    CHECK_INT(runs, 3);
    CHECK_INT(fake.sent, 0);
}

TEST(row_14_an_error_that_can_not_be_read)
{
    static const char *const services[] = {"s3", "sts", "dynamodb"};

    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        struct fake_http fake = {.status = 400, .headers = {"x-amzn-requestid", "REQ"}, .body = "Bad Gateway, says a proxy"};
        session_client_t *client = client_of(fake_session(&fake), services[i], NULL);
        const session_error_t *error = send_error(request_of(client, "ListThings", "POST", "/", NULL));

        CHECK_STR(session_error_code(error), "SerializationError");
        CHECK_INT(session_error_http_status(error), 400);
        CHECK_STR(session_error_request_id(error), "REQ");
        CHECK(!session_error_is_retryable(error));
        CHECK_INT(fake.sent, 1);

        fake.body = NULL;
        error = send_error(request_of(client, "ListThings", "POST", "/", NULL));
        CHECK(strcmp(session_error_code(error), "SerializationError") != 0);
        CHECK_INT(session_error_http_status(error), 400);
        CHECK_STR(session_error_request_id(error), "REQ");
        CHECK_INT(fake.sent, 2);
    }
}

TEST(row_15_endpoint_errors_as_they_are)
{
    static const char *const fields[][3] = {
        {"endpoint", "ftp://mine.example", "ftp"},
        {"endpoint", "https://", "no host"},
        {"endpoint", "https://exa mple", "invalid endpoint"},
        {"region", "not a region", "not a region"},
    };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct fake_http fake = {.status = 200};
        session_config_t *config = fake_config(&fake);
        const session_error_t *error;

        CHECK_INT(session_config_set(config, fields[i][0], fields[i][1]), SESSION_OK);
        error = send_error(request_of(client_of(loaded(with_config(WITH_NOTHING, config)), "s3", NULL), "ListBuckets", "GET",
                                      "/", NULL));
        CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
        CHECK(strcmp(session_error_code(error), "MissingEndpoint") != 0);
        CHECK_CONTAINS(session_error_text(error), fields[i][2]);
        CHECK_INT(fake.sent, 0);
    }
}

/* Makes a URL for so many seconds, with a header; NULL if that is refused. */
static const char *presigned(uint32_t seconds)
{
    struct fake_http fake = {0};
    session_request_t *request = request_of(client_of(fake_session(&fake), "s3", NULL), "PutObject", "PUT",
                                            "/{Bucket}/{Key+}", "{\"Bucket\": \"bucket\", \"Key\": \"k\"}");
    session_error_t *error = NULL;
    char *url = NULL;
    const char *result;
    session_status_t status;

    session_request_set_header(request, "X-Amz-Grant-Full-Control", "id=1");
    session_request_set_header(request, "X-Amz-Foo", "hoisted");
    status = session_request_presign(request, seconds, &url, &error);
    own_error(error);
    if (status != SESSION_OK) {
        CHECK_INT(status, SESSION_ERR_INVALID_ARGUMENT);
        CHECK(!url);
        CHECK_CONTAINS(session_error_text(error), "604800");
    }
    result = kept(url);
    session_string_free(url);
    return result;
}

TEST(row_16_presigning)
{
    const char *url = presigned(1);

    CHECK_CONTAINS(url, "X-Amz-Expires=1&");
    CHECK_CONTAINS(url, "X-Amz-Foo=hoisted");
    CHECK_CONTAINS(url, "x-amz-grant-full-control"); /* among the signed headers */
    CHECK(!strstr(url, "Grant-Full-Control="));
    CHECK_CONTAINS(presigned(604800), "X-Amz-Expires=604800&");
    CHECK(!presigned(0));
    CHECK(!presigned(604801));
}

/* ---- The process ---- */

static int saved[2];

/* All that goes to stdout and stderr, into a file. */
static void begin_capture(void)
{
    int file = open(in_folder("printed"), O_RDWR | O_CREAT | O_TRUNC, 0600);

    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        saved[i] = dup(i + 1);
        CHECK(saved[i] >= 0 && dup2(file, i + 1) >= 0);
    }
    close(file);
}

/* How much it was. */
static long long end_capture(void)
{
    struct stat printed;

    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], i + 1);
        close(saved[i]);
    }
    CHECK_INT(stat(in_folder("printed"), &printed), 0);
    return (long long)printed.st_size;
}

static int64_t hour = 1;

/* Each look at it is an hour later, so that each signature is too old to be sent and is made anew. */
static int64_t clock_that_leaps(void *user_data)
{
    (void)user_data;
    return hour++ * 3600 * 1000000000;
}

TEST(row_17_nothing_is_printed)
{
    struct fake_http fake = {.status = 200}, broken = {.status = 0}, bad = {.status = 500, .body = "<"};
    struct fake_http *const fakes[] = {&fake, &broken, &bad};
    session_t *untouched = NULL;

    begin_capture();
    for (size_t i = 0; i < sizeof fakes / sizeof *fakes; i++) {
        session_config_t *config = fake_config(fakes[i]);
        session_response_t *response = NULL;
        session_config_set_clock(config, clock_that_leaps, NULL, NULL);
        session_config_set_log_level(config, "debug");
        session_request_send(request_of(client_of(loaded(with_config(WITH_NOTHING, config)), "s3", NULL), "ListBuckets",
                                        "GET", "/", NULL),
                             &response, NULL);
        session_response_free(response);
        session_config_set_region(config, NULL);
        session_new(config, &untouched, NULL);
    }
    config_file("[default\n");
    session_new_with_options(WITH(SHARED), &untouched, NULL);
    session_new_with_options(WITH("AWS_CA_BUNDLE=/nowhere"), &untouched, NULL);
    session_client_new(NULL, NULL, NULL, NULL, NULL);
    CHECK_INT(end_capture(), 0);
    CHECK(!untouched);
    CHECK(fake.sent && broken.sent && bad.sent);
}

TEST(row_17_the_process_stays_as_it_is)
{
    extern char **environ;
    struct fake_http mine = {.status = 200}, other = {.status = 200};
    session_t *first, *second;
    struct sigaction before, after;
    char folders[2][1024];
    char **const variables = environ;
    mode_t mask = umask(022);

    CHECK_INT(sigaction(SIGPIPE, NULL, &before), 0);
    CHECK(getcwd(folders[0], sizeof folders[0]));
    first = fake_session(&mine);
    second = fake_session(&other);
    send_ok(request_of(client_of(first, "s3", NULL), "ListBuckets", "GET", "/", NULL));
    CHECK_INT(mine.sent, 1);
    CHECK_INT(other.sent, 0);
    send_ok(request_of(client_of(second, "s3", NULL), "ListBuckets", "GET", "/", NULL));
    CHECK_INT(mine.sent, 1);
    CHECK_INT(other.sent, 1);
    CHECK_INT(sigaction(SIGPIPE, NULL, &after), 0);
    CHECK(before.sa_handler == after.sa_handler);
    CHECK(getcwd(folders[1], sizeof folders[1]));
    CHECK_STR(folders[1], folders[0]);
    CHECK(environ == variables && !getenv("AWS_REGION"));
    CHECK_INT(umask(mask), 022);
}

/* ---- Credentials ---- */

/* A program in the folder. */
static const char *program(const char *text)
{
    const char *path = write_file("program", formatted("#!/bin/sh\n%s\n", text));

    CHECK_INT(chmod(path, 0700), 0);
    return path;
}

TEST(row_18_a_process_has_no_shell_and_keeps_its_output)
{
    const char *path = program("echo hidden-output; echo told >&2; exit 1"), *text;

    config_file(formatted("[default]\ncredential_process = %s ; touch %s\n", path, in_folder("touched")));
    text = session_error_text(no_credentials(loaded(WITH(SHARED))));
    CHECK_CONTAINS(text, "told");
    CHECK(!strstr(text, "hidden-output"));
    CHECK(access(in_folder("touched"), F_OK) != 0);
}

TEST(row_21_why_there_are_no_credentials)
{
    const session_error_t *error = no_credentials(loaded(WITH("AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=AK")));
    size_t causes = session_error_cause_count(error);

    CHECK_STR(session_error_code(error), "NoCredentialProviders");
    CHECK_INT(session_error_status(error), SESSION_ERR_CREDENTIALS);
    CHECK(!strstr(session_error_text(error), "Deprecated"));
    CHECK(causes >= 3);
    for (size_t i = 0; i < causes; i++) {
        const session_error_t *cause = session_error_cause(error, i);
        CHECK(*session_error_message(cause));
        CHECK_CONTAINS(session_error_text(error), session_error_text(cause));
    }
    CHECK_CONTAINS(session_error_text(error), "AWS_SECRET_ACCESS_KEY");
    CHECK_CONTAINS(session_error_text(error), "AWS_EC2_METADATA_DISABLED");
}

TEST(row_22_the_server_s_clock_is_learned)
{
    struct fake_http fake = {
        .status = 403,
        .headers = {"Date", "Fri, 03 Jan 2020 03:04:05 GMT"},
        .body = "<Error><Code>RequestTimeTooSkewed</Code></Error>",
    };
    session_client_t *client = client_of(fake_session(&fake), "s3", NULL), *other;

    send_error(request_of(client, "ListBuckets", "GET", "/", NULL));
    CHECK(fake.sent > 1);
    CHECK_CONTAINS(fake.date, "20200103T03");
    other = client_of(fake_session(&fake), "s3", NULL);
    fake.status = 200;
    send_ok(request_of(other, "ListBuckets", "GET", "/", NULL));
    CHECK(!strstr(fake.date, "20200103")); /* of a client, not of all */
    send_ok(request_of(client, "ListBuckets", "GET", "/", NULL));
    CHECK_CONTAINS(fake.date, "20200103T03");
}

struct lines {
    char text[65536];
    size_t length;
};

static void keep_line(int level, const char *line, void *user_data)
{
    struct lines *lines = user_data;

    (void)level;
    lines->length += (size_t)snprintf(lines->text + lines->length, sizeof lines->text - lines->length, "%s\n", line);
    CHECK(lines->length < sizeof lines->text);
}

TEST(row_23_no_secret_is_told)
{
    static const char *const levels[] = {"debug", "signing", "body", "errors"};
    static struct lines lines;

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct fake_http fake = {.status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"};
        session_config_t *config = fake_config(&fake);
        session_request_t *request;
        session_t *session;
        char *url = NULL;
        const char *signature;

        session_config_set_logger(config, keep_line, &lines, NULL);
        session_config_set_log_level(config, levels[i]);
        session = loaded(with_config(WITH_NOTHING, config));
        request = request_of(client_of(session, "s3", NULL), "ListBuckets", "GET", "/", NULL);
        keep_line(0, session_error_text(send_error(request)), &lines);
        keep_line(0, explained(session, SESSION_EXPLAIN_TEXT), &lines);
        keep_line(0, explained(session, SESSION_EXPLAIN_JSON), &lines);
        signature = strstr(fake.authorization, "Signature=");
        CHECK(signature && strlen(signature) == strlen("Signature=") + 64);
        CHECK(!strstr(lines.text, signature + strlen("Signature=")));
        request = request_of(client_of(session, "s3", NULL), "ListBuckets", "GET", "/", NULL);
        CHECK_INT(session_request_presign(request, 60, &url, NULL), SESSION_OK);
        signature = strstr(url, "X-Amz-Signature=");
        CHECK(signature);
        CHECK(!strstr(lines.text, signature + strlen("X-Amz-Signature=")));
        session_string_free(url);
    }
    CHECK(lines.length > 0);
    CHECK(!strstr(lines.text, "SECRETEXAMPLE"));
    CHECK(!strstr(lines.text, "TOKENEXAMPLE"));
}

/* ---- Handlers ---- */

struct removal {
    session_handlers_t *handlers;
    int runs;
};

static void remove_all(session_request_t *request, void *user_data)
{
    struct removal *removal = user_data;
    session_handlers_t *handlers = session_request_handlers(request);

    removal->runs++;
    session_handlers_remove(handlers, SESSION_STAGE_BUILD, "mine");
    session_handlers_remove(removal->handlers, SESSION_STAGE_BUILD, "mine");
    session_handlers_free(handlers);
}

TEST(row_24_a_handler_may_remove_itself)
{
    struct fake_http fake = {.status = 200};
    session_client_t *client = client_of(fake_session(&fake), "s3", NULL);
    struct removal removal = {own_handlers(session_client_handlers(client)), 0};
    session_request_t *request;

    for (int i = 0; i < 3; i++)
        session_handlers_push_back(removal.handlers, SESSION_STAGE_BUILD, "mine", remove_all, &removal, NULL, NULL);
    request = request_of(client, "ListBuckets", "GET", "/", NULL);
    send_ok(request);
    CHECK_INT(removal.runs, 3); /* the run went over what there was at its start */
    CHECK_INT(fake.sent, 1);
    send_ok(request_of(client, "ListBuckets", "GET", "/", NULL));
    CHECK_INT(removal.runs, 3);
}

TEST(row_25_handlers_of_options_are_copied)
{
    session_handlers_t *given = own_handlers(session_handlers_default()), *own;
    session_options_t *options = WITH_NOTHING;
    size_t length = session_handlers_len(given, SESSION_STAGE_SEND);
    int runs = 0;
    session_t *session;

    CHECK_INT(session_options_set_handlers(options, given), SESSION_OK);
    session_handlers_push_back(given, SESSION_STAGE_SEND, "late", count, &runs, NULL, NULL);
    session = loaded(options);
    own = own_handlers(session_handlers(session));
    CHECK_INT((long long)session_handlers_len(own, SESSION_STAGE_SEND), (long long)length);
    session_handlers_clear(given, SESSION_STAGE_SEND);
    CHECK_INT((long long)session_handlers_len(own, SESSION_STAGE_SEND), (long long)length);
    session_handlers_clear(own, SESSION_STAGE_SIGN);
    CHECK(session_handlers_len(given, SESSION_STAGE_SIGN) > 0);
    own = own_handlers(session_handlers(loaded(options)));
    CHECK(session_handlers_len(own, SESSION_STAGE_SIGN) > 0);
}

/* ---- Hosts ---- */

TEST(row_26_a_region_that_is_no_host_label)
{
    static const char *const regions[] = {"us-east-1.evil.example/", "a.b", "a/b", "x@evil", "-a", "a b", "\xC3\xA9",
                                          "us-east-1#", "a\tb", "a\nb"};

    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        struct fake_http fake = {.status = 200};
        session_config_t *config = fake_config(&fake);
        session_client_t *client;
        const session_error_t *error;

        CHECK_INT(session_config_set_region(config, regions[i]), SESSION_OK);
        client = client_of(loaded(with_config(WITH_NOTHING, config)), "s3", NULL);
        CHECK_STR(session_client_endpoint(client), "");
        error = send_error(request_of(client, "ListBuckets", "GET", "/", NULL));
        CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
        CHECK_CONTAINS(session_error_text(error), "region");
        CHECK_INT(fake.sent, 0);
    }
    CHECK_STR(setting(loaded(WITH("AWS_REGION=a.b")), "region"), "a.b");
}

TEST(row_27_redirects_are_not_followed)
{
    static const int statuses[] = {300, 301, 302, 303, 307, 308};
    static const char *const services[] = {"s3", "sts", "dynamodb", "lambda"};
    static const char *const bodies[] = {NULL, "<html>moved</html>", "{\"message\": \"moved\"}",
                                         "<Error><Code>PermanentRedirect</Code></Error>"};
    const char *const location = "https://elsewhere.example/there";

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        for (size_t s = 0; s < sizeof services / sizeof *services; s++)
            for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
                struct fake_http fake = {.status = statuses[i], .headers = {"Location", location}, .body = bodies[b]};
                session_client_t *client = client_of(fake_session(&fake), services[s], NULL);
                const session_error_t *error = send_error(request_of(client, "ListThings", "POST", "/", NULL));

                CHECK_INT(fake.sent, 1);
                CHECK_INT(session_error_http_status(error), statuses[i]);
                CHECK_CONTAINS(session_error_text(error), location);
            }
}

TEST(row_28_container_credentials)
{
    static const char *const uris[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2",
                                       "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/v2"};
    const session_error_t *error;

    config_file("[default]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = EcsContainer\n");
    for (size_t i = 0; i < 2; i++)
        CHECK_CONTAINS(explained(loaded(WITH(SHARED, uris[i])), SESSION_EXPLAIN_JSON), "\"CredentialsEndpointProvider\"");
    error = refused(WITH(SHARED), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "SharedConfigErr");
    CHECK_INT(session_error_line(error), 3);
    CHECK_CONTAINS(session_error_text(error), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    CHECK_CONTAINS(session_error_text(error), "AWS_CONTAINER_CREDENTIALS_FULL_URI");

    config_file("[default]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec2InstanceMetadata\n");
    for (size_t i = 0; i < 2; i++) {
        const char *report = explained(loaded(WITH(SHARED, uris[i])), SESSION_EXPLAIN_JSON);
        CHECK_CONTAINS(report, "\"EC2RoleProvider\"");
        CHECK(!strstr(report, "\"CredentialsEndpointProvider\""));
    }
}

TEST(row_28_the_relative_uri_wins)
{
    struct fake_http fake = {.status = 200, .body = "{\"AccessKeyId\": \"AKC\", \"SecretAccessKey\": \"S\"}"};

    CHECK_STR(key_id(loaded(with_config(WITH("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/relative",
                                             "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/full"),
                                        fake_config_without_keys(&fake)))),
              "AKC");
    CHECK_STR(fake.host, "169.254.170.2");
    CHECK_STR(fake.target, "/v2/relative");
}

/* A server that answers each request with 200 and keeps its first line. */
struct server {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    int requests;
    char line[1024];
};

static void *serve(void *argument)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    struct server *server = argument;
    int connection;

    while ((connection = accept(server->listener, NULL, NULL)) >= 0) {
        char request[8192];
        size_t length = 0;
        ssize_t count;
        do {
            count = read(connection, request + length, sizeof request - 1 - length);
            length += count > 0 ? (size_t)count : 0;
            request[length] = 0;
        } while (count > 0 && length < sizeof request - 1 && !strstr(request, "\r\n\r\n"));
        pthread_mutex_lock(&server->lock);
        server->requests++;
        snprintf(server->line, sizeof server->line, "%.*s", (int)strcspn(request, "\r\n"), request);
        pthread_mutex_unlock(&server->lock);
        if (write(connection, reply, sizeof reply - 1) < 0)
            perror("write");
        close(connection);
    }
    return NULL;
}

static void start_server(struct server *server)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(server->listener >= 0);
    CHECK_INT(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(server->listener, 8), 0);
    CHECK_INT(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    CHECK_INT(pthread_mutex_init(&server->lock, NULL), 0);
    CHECK_INT(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop_server(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

/* The first line of a request to a host, as the server got it. */
static const char *line_to(struct server *server, session_options_t *options, const char *host)
{
    struct fake_http fake = {0};
    session_config_t *config = fake_config(&fake);
    const char *line;

    session_config_unset(config, "transport");
    session_config_set_endpoint(config, formatted("http://%s:%d", host, server->port));
    send_ok(request_of(client_of(loaded(with_config(options, config)), "s3", NULL), "ListBuckets", "GET", "/", NULL));
    pthread_mutex_lock(&server->lock);
    line = kept(server->line);
    pthread_mutex_unlock(&server->lock);
    CHECK_INT(fake.sent, 0);
    return line;
}

TEST(row_29_proxies)
{
    struct server server = {0};
    const char *proxy, *other;

    if (!session_has_feature("http"))
        SKIP("this build has no transport");
    start_server(&server);
    /* The server is the proxy, too. To connect to 0.0.0.0 is to connect to this machine, but it is no loopback. */
    proxy = formatted("HTTP_PROXY=http://127.0.0.1:%d", server.port);
    other = formatted("GET http://0.0.0.0:%d/ HTTP/1.1", server.port);
    CHECK_STR(line_to(&server, WITH_NOTHING, "0.0.0.0"), "GET / HTTP/1.1");
    CHECK_STR(line_to(&server, WITH(proxy), "0.0.0.0"), other);
    CHECK_STR(line_to(&server, WITH(proxy, "NO_PROXY=0.0.0.0"), "0.0.0.0"), "GET / HTTP/1.1");
    CHECK_STR(line_to(&server, WITH(proxy, "REQUEST_METHOD=GET"), "0.0.0.0"), "GET / HTTP/1.1");
    CHECK_STR(line_to(&server, WITH(proxy), "127.0.0.1"), "GET / HTTP/1.1");
    CHECK_STR(line_to(&server, WITH(proxy), "localhost"), "GET / HTTP/1.1");
    stop_server(&server);
    CHECK_INT(server.requests, 6);
}

TEST(row_30_bearer_tokens_do_not_go_out_in_plain)
{
    struct fake_http fake = {.status = 403};
    session_config_t *config = fake_config_without_keys(&fake);

    config_file("[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
                "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example\n");
    mkdir(in_folder(".aws/sso"), 0700);
    mkdir(in_folder(".aws/sso/cache"), 0700);
    write_file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", /* of the session's name */
               "{\"accessToken\": \"hidden-token\", \"expiresAt\": \"2099-01-01T00:00:00Z\"}");
    no_credentials(loaded(with_config(WITH(SHARED), config)));
    CHECK_INT(fake.sent, 1);
    CHECK_STR(fake.scheme, "https");
    no_credentials(loaded(with_config(WITH(SHARED, "AWS_ENDPOINT_URL_SSO=http://127.0.0.1:1"), config)));
    CHECK_INT(fake.sent, 2);
    CHECK_STR(fake.host, "127.0.0.1:1");
    CHECK_CONTAINS(session_error_text(no_credentials(loaded(
                       with_config(WITH(SHARED, "AWS_ENDPOINT_URL_SSO=http://sso.example"), config)))),
                   "http");
    CHECK_INT(fake.sent, 2);
}

TEST(row_32_a_bucket_does_not_get_into_the_host)
{
    static const char *const buckets[] = {"evil.example/x", "a@b", "evil.example#", "a?b=c", "..", "A_B", "a b", "-a-"};

    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        struct fake_http fake = {.status = 200};
        const char *params = formatted("{\"Bucket\": \"%s\", \"Key\": \"k\"}", buckets[i]);

        send_ok(request_of(client_of(fake_session(&fake), "s3", NULL), "GetObject", "GET", "/{Bucket}/{Key+}", params));
        CHECK_STR(fake.host, "s3.us-west-2.amazonaws.com");
        CHECK(!strpbrk(fake.target, "?#@ "));
        CHECK_STR(strrchr(fake.target, '/'), "/k");
    }
}

TEST(row_32_a_region_of_an_arn_does_not_get_into_the_host)
{
    struct fake_http fake = {.status = 200};
    session_config_t *config = fake_config(&fake);
    session_client_t *client;

    session_config_set_s3_use_arn_region(config, true);
    client = client_of(loaded(with_config(WITH_NOTHING, config)), "s3", NULL);
    send_error(request_of(client, "GetObject", "GET", "/{Bucket}/{Key+}",
                          "{\"Bucket\": \"arn:aws:s3:evil.example/:1:accesspoint/mine\", \"Key\": \"k\"}"));
    send_error(request_of(client, "GetObject", "GET", "/{Bucket}/{Key+}",
                          "{\"Bucket\": \"arn:aws:s3:us-west-2:1:accesspoint/evil.example#\", \"Key\": \"k\"}"));
    send_error(request_of(client, "GetObject", "GET", "/{Bucket}/{Key+}",
                          "{\"Bucket\": \"arn:aws:s3:us-west-2:evil.example#:accesspoint/mine\", \"Key\": \"k\"}"));
    CHECK_INT(fake.sent, 0);
}

TEST(row_33_keys_that_were_rotated)
{
    session_credentials_t *credentials;
    session_t *session;

    credentials_file("[default]\naws_access_key_id = AKOLD\naws_secret_access_key = S\n");
    session = loaded(WITH_NOTHING);
    CHECK_STR(key_id(session), "AKOLD");
    credentials_file("[default]\naws_access_key_id = AKNEW\naws_secret_access_key = S\n");
    CHECK_STR(key_id(session), "AKOLD");
    credentials = own_credentials(session_credentials(session));
    session_credentials_expire(credentials);
    CHECK_STR(key_id(session), "AKNEW");
}

TEST(row_34_cycles_of_source_profile)
{
    const session_error_t *error;

    config_file("[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n"
                "[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = c\n"
                "[profile c]\nrole_arn = arn:aws:iam::1:role/c\nsource_profile = a\n"
                "[profile self]\nrole_arn = arn:aws:iam::1:role/self\nsource_profile = self\n");
    error = refused(with_profile(WITH(SHARED), "a"), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "SharedConfigAssumeRoleError");
    CHECK_CONTAINS(session_error_text(error), "a -> b -> c -> a");
    CHECK_CONTAINS(session_error_text(error), "arn:aws:iam::1:role/c");
    CHECK_INT(session_error_line(error), 9);
    error = refused(with_profile(WITH(SHARED), "self"), SESSION_ERR_CONFIG);
    CHECK_CONTAINS(session_error_text(error), "self -> self");
}

TEST(row_34_a_cycle_ends_at_keys)
{
    session_t *session;

    config_file("[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n"
                "[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = a\n"
                "[profile self]\nrole_arn = arn:aws:iam::1:role/self\nsource_profile = self\n");
    credentials_file("[a]\naws_access_key_id = AKA\naws_secret_access_key = S\n"
                     "[self]\naws_access_key_id = AKSELF\naws_secret_access_key = S\n");
    session = loaded(with_profile(WITH(SHARED), "a"));
    CHECK_CONTAINS(origin(session, "aws_access_key_id"), "/.aws/credentials:2 (profile a)");
    CHECK_CONTAINS(origin(session, "role_arn"), "/.aws/config:2 (profile a)");
    session = loaded(with_profile(WITH(SHARED), "self"));
    CHECK_CONTAINS(origin(session, "aws_access_key_id"), "/.aws/credentials:5 (profile self)");
}

TEST(row_35_csm_is_read_and_kept)
{
    session_t *session;

    config_file("[profile aws_csm]\ncsm_enabled = true\ncsm_host = h.example\ncsm_port = 1\ncsm_client_id = me\n");
    session = loaded(WITH(SHARED));
    CHECK_STR(setting(session, "csm_enabled"), "true");
    CHECK_STR(setting(session, "csm_host"), "h.example");
    CHECK_STR(setting(session, "csm_port"), "1");
    CHECK_STR(setting(session, "csm_client_id"), "me");
    session = loaded(WITH(SHARED, "AWS_CSM_ENABLED=true", "AWS_CSM_PORT=2"));
    CHECK_STR(setting(session, "csm_port"), "2");
    CHECK_STR(setting(session, "csm_host"), NULL); /* a variable switches the profile off */
}

/* ---- Replies ---- */

static const session_error_t *error_of(const char *service, const char *body, size_t length)
{
    struct fake_http fake = {.status = 400, .headers = {"x-amzn-requestid", "REQ"}, .body = body, .body_length = length};

    return send_error(request_of(client_of(fake_session(&fake), service, NULL), "ListThings", "POST", "/", NULL));
}

/* An error of so many bytes. */
static char *long_error(const char *start, const char *end, size_t length)
{
    char *text = malloc(length + 1);

    CHECK(text);
    until_end(text, free);
    memset(text, ' ', length);
    memcpy(text, start, strlen(start));
    memcpy(text + length - strlen(end), end, strlen(end) + 1);
    return text;
}

TEST(row_36_size_of_errors)
{
    static const char *const shapes[][3] = {
        {"s3", "<Error><Code>Planted</Code>", "</Error>"},
        {"sts", "<ErrorResponse><Error><Code>Planted</Code></Error>", "</ErrorResponse>"},
        {"dynamodb", "{\"__type\": \"Planted\"", "}"},
    };
    const size_t limit = 1 << 20;

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const session_error_t *error = error_of(shapes[i][0], long_error(shapes[i][1], shapes[i][2], limit), limit);
        CHECK_STR(session_error_code(error), "Planted");
        error = error_of(shapes[i][0], long_error(shapes[i][1], shapes[i][2], limit + 1), limit + 1);
        CHECK(strcmp(session_error_code(error), "Planted") != 0);
        CHECK_CONTAINS(session_error_text(error), "1048576");
        CHECK_INT(session_error_http_status(error), 400);
        CHECK_STR(session_error_request_id(error), "REQ");
    }
}

/* An error nested so deep, the code in the innermost. */
static const char *deep_xml(int depth)
{
    char text[4096] = "<Error>";

    for (int i = 1; i < depth - 1; i++)
        strcat(text, "<a>");
    strcat(text, "<Code>Planted</Code>");
    for (int i = 1; i < depth - 1; i++)
        strcat(text, "</a>");
    return kept(strcat(text, "</Error>"));
}

static const char *deep_json(int depth)
{
    char text[4096] = "{\"__type\": \"Planted\", \"a\": ";

    for (int i = 1; i < depth; i++)
        strcat(text, "[");
    for (int i = 1; i < depth; i++)
        strcat(text, "]");
    return kept(strcat(text, "}"));
}

TEST(row_36_depth_of_errors)
{
    CHECK_STR(session_error_code(error_of("s3", deep_xml(64), 0)), "Planted");
    CHECK_STR(session_error_code(error_of("s3", deep_xml(65), 0)), "SerializationError");
    CHECK_STR(session_error_code(error_of("dynamodb", deep_json(64), 0)), "Planted");
    CHECK_STR(session_error_code(error_of("dynamodb", deep_json(65), 0)), "SerializationError");
}

TEST(row_37_newest_endpoints)
{
    session_client_t *client = client_of(loaded(WITH("AWS_REGION=eusc-de-east-1")), "s3", NULL);

    CHECK_STR(session_client_endpoint(client), "https://s3.eusc-de-east-1.amazonaws.eu");
    CHECK_STR(session_client_partition(client), "aws-eusc");
    CHECK_STR(session_client_signing_region(client), "eusc-de-east-1");
}

TEST(row_38_a_variable_of_blanks_is_not_set)
{
    session_t *session;

    config_file("[default]\nregion = of-file-1\nuse_fips_endpoint = true\n");
    credentials_file("[default]\naws_access_key_id = AKF\naws_secret_access_key = S\n");
    session = loaded(WITH(SHARED, "AWS_REGION= ", "AWS_PROFILE=\t", "AWS_ACCESS_KEY_ID= \t", "AWS_SECRET_ACCESS_KEY= ",
                          "AWS_USE_FIPS_ENDPOINT= ", "AWS_CA_BUNDLE=  ", "AWS_WEB_IDENTITY_TOKEN_FILE= "));
    CHECK_STR(setting(session, "region"), "of-file-1");
    CHECK_STR(setting(session, "use_fips_endpoint"), "true");
    CHECK_STR(key_id(session), "AKF");
    CHECK_STR(setting(loaded(WITH("AWS_SDK_LOAD_CONFIG= ")), "region"), NULL);
}

static session_status_t give_expired(session_provider_reply_t *reply, void *user_data)
{
    int *calls = user_data;

    ++*calls;
    session_provider_reply_set_keys(reply, formatted("AK%d", *calls), "SK", NULL);
    session_provider_reply_set_expires_at(reply, 1000 + *calls);
    return SESSION_OK;
}

TEST(row_39_values_that_arrive_expired)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL, *untouched = NULL;
    int calls = 0;

    provider.retrieve = give_expired;
    provider.user_data = &calls;
    CHECK_INT(session_credentials_new_provider(&provider, &credentials, NULL), SESSION_OK);
    own_credentials(credentials);
    for (int i = 1; i <= 3; i++) {
        CHECK_INT(session_credentials_get(credentials, 0, NULL, &value, NULL), SESSION_OK);
        own_credentials_value(value);
        CHECK_INT(calls, i);
        CHECK_STR(session_credentials_value_access_key_id(value), formatted("AK%d", i));
        CHECK_INT(session_credentials_value_expires_at(value), 1000 + i);
        CHECK_INT(session_credentials_try_get(credentials, &untouched, NULL), SESSION_ERR_CREDENTIALS);
        CHECK(!untouched);
    }
}

/* ---- TLS and codes ---- */

/* A certificate that signed itself; its key is thrown away. */
static const char *const certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBizCCATGgAwIBAgIUOiWB6zOFKQ78nb1QfHFR/ZLvqXEwCgYIKoZIzj0EAwIw\n"
    "GjEYMBYGA1UEAwwPbGlic2Vzc2lvbiB0ZXN0MCAXDTI2MTEyMzE1NTQwOVoYDzIx\n"
    "MjYxMDMwMTU1NDA5WjAaMRgwFgYDVQQDDA9saWJzZXNzaW9uIHRlc3QwWTATBgcq\n"
    "hkjOPQIBBggqhkjOPQMBBwNCAARIHPq18dUpzVrmSbJupe2qvZfaJdRqgfgLWX+j\n"
    "rnRd1Lb9LA0oOTAh6Ag/z/lrJOyvYlGnkAYvQLm5DCplF+W5o1MwUTAdBgNVHQ4E\n"
    "FgQUALISnlMdn3DxXxuBb25jYgge2XQwHwYDVR0jBBgwFoAUALISnlMdn3DxXxuB\n"
    "b25jYgge2XQwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAvazI\n"
    "xyc/jRrLrYqKlJh4f9Hn0qFJtOVd0bwfexPB2HICIH1MEUhOXwQrSoNJleY9aUyx\n"
    "cNy4glwC1NpsCAHjl6Fr\n"
    "-----END CERTIFICATE-----\n";

static void check_bundle_error(const session_error_t *error, const char *path)
{
    CHECK_STR(session_error_code(error), "LoadCustomCABundleError");
    CHECK_CONTAINS(session_error_text(error), path);
}

TEST(row_40_a_ca_bundle_is_checked_at_creation)
{
    const char *missing = in_folder("missing.pem"), *junk = write_file("junk.pem", "junk");
    const char *good = write_file("good.pem", certificate);
    session_config_t *config = own_config(session_config_new());
    session_options_t *options = WITH_NOTHING;

    if (!session_has_feature("http"))
        SKIP("this build has no TLS");
    check_bundle_error(refused(WITH(formatted("AWS_CA_BUNDLE=%s", missing)), SESSION_ERR_CONFIG), missing);
    check_bundle_error(refused(WITH(formatted("AWS_CA_BUNDLE=%s", junk)), SESSION_ERR_CONFIG), junk);
    config_file(formatted("[default]\nca_bundle = %s\n", junk));
    check_bundle_error(refused(WITH(SHARED), SESSION_ERR_CONFIG), junk);
    session_config_set_ca_bundle(config, missing);
    check_bundle_error(refused(with_config(WITH_NOTHING, config), SESSION_ERR_CONFIG), missing);
    CHECK_INT(session_options_set_custom_ca_bundle(options, "junk", 4), SESSION_OK);
    CHECK_STR(session_error_code(refused(options, SESSION_ERR_CONFIG)), "LoadCustomCABundleError");
    CHECK_STR(setting(loaded(WITH(formatted("AWS_CA_BUNDLE=%s", good))), "ca_bundle"), good);
    CHECK_INT(session_options_set_custom_ca_bundle(options, certificate, strlen(certificate)), SESSION_OK);
    loaded(options);
}

TEST(row_40_a_client_certificate_is_checked_at_creation)
{
    const char *cert = formatted("AWS_SDK_GO_CLIENT_TLS_CERT=%s", write_file("cert.pem", certificate));
    const char *key = formatted("AWS_SDK_GO_CLIENT_TLS_KEY=%s", write_file("key.pem", "junk"));
    const session_error_t *error;

    if (!session_has_feature("http"))
        SKIP("this build has no TLS");
    CHECK_STR(session_error_code(refused(WITH(cert), SESSION_ERR_CONFIG)), "LoadClientTLSCertError");
    CHECK_STR(session_error_code(refused(WITH(key), SESSION_ERR_CONFIG)), "LoadClientTLSCertError");
    error = refused(WITH(cert, key), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "LoadClientTLSCertError");
    CHECK_CONTAINS(session_error_text(error), in_folder("key.pem"));
}

TEST(row_41_codes)
{
    session_config_t *config = own_config(session_config_new());
    session_error_t *error = NULL;
    session_t *untouched = NULL;

    CHECK_STR(session_error_code(refused(WITH("AWS_STS_REGIONAL_ENDPOINTS=local"), SESSION_ERR_CONFIG)), "EnvConfigError");
    setenv("AWS_REGION", "\xFF", 1);
    CHECK_INT(session_new(NULL, &untouched, &error), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(own_error(error)), "EnvConfigError");
    CHECK_CONTAINS(session_error_text(error), "AWS_REGION");
    unsetenv("AWS_REGION");
    config_file("[default]\nsts_regional_endpoints = local\n");
    CHECK_STR(session_error_code(refused(WITH(SHARED), SESSION_ERR_CONFIG)), "SharedConfigErr");
    config_file("[default]\nsso_account_id = 1\n");
    CHECK_STR(session_error_code(refused(WITH(SHARED), SESSION_ERR_CONFIG)), "SharedConfigErr");
    config_file("[default]\nsso_session = gone\n");
    CHECK_STR(session_error_code(refused(WITH(SHARED), SESSION_ERR_CONFIG)), "SharedConfigErr");
    CHECK_INT(session_config_set(config, "retry_mode", "wild"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_new(config, &untouched, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_error_code(own_error(error)), "InvalidArgument");
    CHECK_CONTAINS(session_error_text(error), "retry_mode");
}

TEST(row_42_the_environment_of_a_process)
{
    const char *path = program("echo '{\"Version\": 1, \"AccessKeyId\": \"'$MINE'\", \"SecretAccessKey\": \"S\"}'");

    setenv("MINE", "AKPROCESS", 1);
    setenv("HOME", folder(), 1);
    setenv("AWS_SDK_LOAD_CONFIG", "1", 1);
    config_file(formatted("[default]\ncredential_process = %s\n", path));
    CHECK_STR(key_id(loaded(WITH(SHARED, "MINE=AKSESSION"))), "AKSESSION");
    CHECK_STR(key_id(loaded(NULL)), "AKPROCESS");
}
