/* Clients: where a service is, how it is signed for, what overrides change, and how wrong settings show. */
#include "check.h"
#include "fake_transport.h"

static struct fake fake;

static void check_client(const session_client_t *client, const char *endpoint, const char *signing_name,
                         const char *signing_region, const char *partition)
{
    CHECK_STR(session_client_endpoint(client), endpoint);
    CHECK_STR(session_client_signing_name(client), signing_name);
    CHECK_STR(session_client_signing_region(client), signing_region);
    CHECK_STR(session_client_partition(client), partition);
}

static session_client_t *client_in(const char *service, const char *region)
{
    session_config_t *config = fake_config();

    session_config_set_region(config, region);
    return fake_client(&fake, service, config);
}

static session_client_t *client_with(const char *service, const char *field, const char *value)
{
    session_config_t *config = fake_config();

    CHECK_INT(session_config_set(config, field, value), SESSION_OK);
    return fake_client(&fake, service, config);
}

static session_error_t *first_error(const session_client_t *client)
{
    fake_answer(&fake, 200, "");
    fake.sends = 0;
    session_error_t *error = fake_fail(fake_request(client, "ListThings", "GET", "/", NULL));
    CHECK_INT(fake.sends, 0);
    return error;
}

TEST(endpoints_of_services)
{
    static const struct {
        const char *service, *region, *endpoint, *name, *signing_region, *partition;
    } cases[] = {
        {"s3", "us-west-2", "https://s3.us-west-2.amazonaws.com", "s3", "us-west-2", "aws"},
        {"s3", "us-east-1", "https://s3.us-east-1.amazonaws.com", "s3", "us-east-1", "aws"},
        {"sts", "us-west-2", "https://sts.us-west-2.amazonaws.com", "sts", "us-west-2", "aws"},
        {"sts", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn", "sts", "cn-north-1", "aws-cn"},
        {"iam", "us-west-2", "https://iam.amazonaws.com", "iam", "us-east-1", "aws"},
        {"iam", "us-gov-west-1", "https://iam.us-gov.amazonaws.com", "iam", "us-gov-west-1", "aws-us-gov"},
        {"foo", "us-west-2", "https://foo.us-west-2.amazonaws.com", "foo", "us-west-2", "aws"},
        {"ec2", "mars-1", "https://ec2.mars-1.amazonaws.com", "ec2", "mars-1", "aws"},
        {"ec2", "fips-us-west-2", "https://ec2-fips.us-west-2.amazonaws.com", "ec2", "us-west-2", "aws"},
        {"sts", "us-west-2-fips", "https://sts-fips.us-west-2.amazonaws.com", "sts", "us-west-2", "aws"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_client_t *client = client_in(cases[i].service, cases[i].region);

        CHECK_STR(session_client_service(client), cases[i].service);
        CHECK_STR(session_client_region(client), cases[i].region);
        check_client(client, cases[i].endpoint, cases[i].name, cases[i].signing_region, cases[i].partition);
        session_client_free(client);
    }
}

TEST(settings_that_change_the_endpoint)
{
    static const struct {
        const char *service, *field, *value, *endpoint, *signing_region;
    } cases[] = {
        {"s3", "use_fips_endpoint", "true", "https://s3-fips.us-west-2.amazonaws.com", "us-west-2"},
        {"s3", "use_dual_stack_endpoint", "true", "https://s3.dualstack.us-west-2.amazonaws.com", "us-west-2"},
        {"s3", "use_dual_stack", "true", "https://s3.dualstack.us-west-2.amazonaws.com", "us-west-2"},
        {"ec2", "use_dual_stack_endpoint", "true", "https://ec2.us-west-2.api.aws", "us-west-2"},
        {"ec2", "use_dual_stack", "true", "https://ec2.us-west-2.amazonaws.com", "us-west-2"},
        {"ec2", "disable_ssl", "true", "http://ec2.us-west-2.amazonaws.com", "us-west-2"},
        {"sts", "sts_regional_endpoint", "legacy", "https://sts.amazonaws.com", "us-east-1"},
        {"s3", "sts_regional_endpoint", "legacy", "https://s3.us-west-2.amazonaws.com", "us-west-2"},
    };
    session_config_t *config = fake_config();
    session_client_t *client;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        client = client_with(cases[i].service, cases[i].field, cases[i].value);
        CHECK_STR(session_client_endpoint(client), cases[i].endpoint);
        CHECK_STR(session_client_signing_region(client), cases[i].signing_region);
        session_client_free(client);
    }
    session_config_set_region(config, "us-east-1");
    session_config_set_s3_us_east_1_regional_endpoint(config, "legacy");
    client = fake_client(&fake, "s3", config);
    check_client(client, "https://s3.amazonaws.com", "s3", "us-east-1", "aws");
    session_client_free(client);
}

TEST(an_endpoint_of_ones_own)
{
    static const struct {
        const char *given, *endpoint;
    } cases[] = {{"https://example.com", "https://example.com"},
                 {"http://example.com:8080/base", "http://example.com:8080/base"},
                 {"example.com", "https://example.com"},
                 {"127.0.0.1:9000", "https://127.0.0.1:9000"},
                 {"http://[::1]:9000", "http://[::1]:9000"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_client_t *client = client_with("s3", "endpoint", cases[i].given);
        check_client(client, cases[i].endpoint, "s3", "us-west-2", "");
        session_client_free(client);
    }
    session_config_t *config = fake_config();
    session_config_set_endpoint(config, "127.0.0.1:9000");
    session_config_set_disable_ssl(config, true);
    session_client_t *client = fake_client(&fake, "sts", config);
    check_client(client, "http://127.0.0.1:9000", "sts", "us-west-2", "");
    session_client_free(client);
}

TEST(an_endpoint_that_is_none_is_the_error_of_a_request)
{
    static const char *const endpoints[] = {"http://", "https:///path", "ftp://example.com", "http://exa mple.com",
                                            "http://example.com:port", "http://user@example.com",
                                            "http://example.com:99999", "http://[::1", "\xff"};

    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        session_config_t *config = fake_config();
        session_client_t *client;
        session_error_t *error;

        if (session_config_set_endpoint(config, endpoints[i]) != SESSION_OK) {
            session_config_free(config); /* it was told at once */
            continue;
        }
        client = fake_client(&fake, "s3", config);
        if (*session_client_endpoint(client))
            fprintf(stderr, "endpoint %s was taken\n", endpoints[i]);
        CHECK_STR(session_client_endpoint(client), "");
        error = first_error(client);
        CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
        CHECK_STR(session_error_code(error), "InvalidEndpointURL");
        session_error_free(error);
        session_client_free(client);
    }
}

TEST(a_region_that_is_no_host_label_is_the_error_of_a_request)
{
    static const char *const regions[] = {"bad region", "us-west-2.evil.com", "us-west-2/", "evil.com#", "-x", "a@b",
                                          "us_west_2", "x\ny"};
    size_t refused = 0;

    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        session_config_t *config = fake_config();
        session_client_t *client;
        session_error_t *error;

        if (session_config_set_region(config, regions[i]) != SESSION_OK) {
            session_config_free(config);
            continue;
        }
        refused++;
        client = fake_client(&fake, "ec2", config);
        CHECK_STR(session_client_region(client), regions[i]);
        CHECK_STR(session_client_endpoint(client), "");
        CHECK_STR(session_client_signing_name(client), "");
        error = first_error(client);
        CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
        CHECK_CONTAINS(session_error_text(error), "region");
        session_error_free(error);
        session_client_free(client);
    }
    CHECK(refused > 4);
}

TEST(a_region_that_is_missing_is_the_error_of_a_request)
{
    session_config_t *config = fake_config();
    session_client_t *client;
    session_error_t *error;

    session_config_unset(config, "region");
    client = fake_client(&fake, "s3", config);
    CHECK_STR(session_client_region(client), "");
    CHECK_STR(session_client_endpoint(client), "");
    error = first_error(client);
    CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "MissingRegion");
    session_error_free(error);
    session_client_free(client);
    /* Also where only the endpoint is known. */
    config = fake_config();
    session_config_unset(config, "region");
    session_config_set_endpoint(config, "https://example.com");
    client = fake_client(&fake, "s3", config);
    CHECK_STR(session_client_endpoint(client), "https://example.com");
    error = first_error(client);
    CHECK_STR(session_error_code(error), "MissingRegion");
    session_error_free(error);
    session_client_free(client);
    /* A global service needs none. */
    config = fake_config();
    session_config_unset(config, "region");
    client = fake_client(&fake, "iam", config);
    check_client(client, "https://iam.amazonaws.com", "iam", "us-east-1", "aws");
    session_client_free(client);
}

TEST(names_of_services)
{
    static const char *const bad[] = {"", "s 3", "s3/", "s3\n", "https://s3", "s3@evil", "\xc3\xa9", "s3?x", "s3#x", "s3:80"};
    session_t *session = fake_session(&fake, NULL);
    char *longest = malloc(1 << 20);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        session_client_t *client = NULL;
        session_error_t *error = NULL;

        CHECK_INT(session_client_new(session, bad[i], NULL, &client, &error), SESSION_ERR_INVALID_ARGUMENT);
        CHECK(client == NULL);
        CHECK_CONTAINS(session_error_message(error), "`service`");
        session_error_free(error);
    }
    /* A name that can't be a host's is found out at the latest when a request is made. */
    memset(longest, 'a', 1 << 20);
    longest[(1 << 20) - 1] = 0;
    {
        session_client_t *client = NULL;
        session_error_t *error = NULL;

        if (session_client_new(session, longest, NULL, &client, &error) == SESSION_OK) {
            session_request_t *request = fake_request(client, "X", "GET", "/", NULL);
            session_request_free(request);
        } else {
            CHECK(strlen(session_error_text(error)) < 1000);
        }
        session_error_free(error);
        session_client_free(client);
    }
    free(longest);
    session_free(session);
}

TEST(overrides_are_of_one_client)
{
    session_t *session = fake_session(&fake, NULL);
    session_config_t *overrides = session_config_new();
    session_client_t *client = NULL, *other;
    session_error_t *error = NULL;

    session_config_set_region(overrides, "eu-central-1");
    session_config_set_disable_ssl(overrides, true);
    CHECK_OK(session_client_new(session, "s3", overrides, &client, &error), error);
    session_config_set_region(overrides, "sa-east-1");
    check_client(client, "http://s3.eu-central-1.amazonaws.com", "s3", "eu-central-1", "aws");
    other = fake_client_of(session, "s3");
    check_client(other, "https://s3.us-west-2.amazonaws.com", "s3", "us-west-2", "aws");
    session_client_free(client);
    session_client_free(other);
    /* An empty region is a setting too. */
    session_config_set_region(overrides, "");
    CHECK_OK(session_client_new(session, "s3", overrides, &client, &error), error);
    CHECK_STR(session_client_endpoint(client), "");
    session_client_free(client);
    session_config_free(overrides);
    session_free(session);
}

TEST(bad_overrides_fail_the_client_by_name)
{
    session_t *session = fake_session(&fake, NULL);
    session_config_t *overrides = session_config_new();
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    CHECK_INT(session_config_set(overrides, "max_retries", "lots"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_client_new(session, "s3", overrides, &client, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(client == NULL);
    CHECK_CONTAINS(session_error_text(error), "max_retries");
    session_error_free(error);
    session_config_set(overrides, "max_retries", "2");
    CHECK_OK(session_client_new(session, "s3", overrides, &client, &error), error);
    session_client_free(client);
    session_config_free(overrides);
    session_free(session);
}

TEST(overrides_lie_over_those_of_the_copy)
{
    session_t *session = fake_session(&fake, NULL), *copy = NULL;
    session_config_t *of_copy = session_config_new(), *of_client = session_config_new();
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    session_config_set_region(of_copy, "eu-west-1");
    session_config_set_use_dual_stack_endpoint(of_copy, true);
    CHECK_OK(session_copy(session, of_copy, &copy, &error), error);
    session_config_set_region(of_client, "eu-west-2");
    CHECK_OK(session_client_new(copy, "s3", of_client, &client, &error), error);
    CHECK_STR(session_client_endpoint(client), "https://s3.dualstack.eu-west-2.amazonaws.com");
    session_client_free(client);
    session_config_free(of_copy);
    session_config_free(of_client);
    session_free(copy);
    session_free(session);
}

TEST(a_client_outlives_its_session)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);

    fake_answer(&fake, 200, "");
    fake_succeed(fake_request(client, "ListBuckets", "GET", "/", NULL));
    CHECK_STR(fake.host, "s3.us-west-2.amazonaws.com");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "Credential=AKIDEXAMPLE/20200102/us-west-2/s3/aws4_request");
    session_client_free(client);
}

TEST(credentials_of_one_client)
{
    session_t *session = fake_session(&fake, NULL);
    session_config_t *overrides = session_config_new();
    session_credentials_t *anonymous = session_credentials_new_anonymous(), *other = NULL;
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, "");
    session_config_set_credentials(overrides, anonymous);
    CHECK_OK(session_client_new(session, "s3", overrides, &client, &error), error);
    fake_succeed(fake_request(client, "ListBuckets", "GET", "/", NULL));
    CHECK(fake_header(&fake, "Authorization") == NULL);
    session_client_free(client);
    CHECK_OK(session_credentials_new_static("AKIDOTHER", "secret", "the-token", &other, &error), error);
    session_config_set_credentials(overrides, other);
    CHECK_OK(session_client_new(session, "s3", overrides, &client, &error), error);
    fake_succeed(fake_request(client, "ListBuckets", "GET", "/", NULL));
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "Credential=AKIDOTHER/");
    CHECK_STR(fake_header(&fake, "X-Amz-Security-Token"), "the-token");
    session_client_free(client);
    session_credentials_free(anonymous);
    session_credentials_free(other);
    session_config_free(overrides);
    session_free(session);
}

TEST(null_is_no_client)
{
    CHECK_STR(session_client_service(NULL), "");
    CHECK_STR(session_client_endpoint(NULL), "");
    CHECK_STR(session_client_region(NULL), "");
    CHECK_STR(session_client_signing_region(NULL), "");
    CHECK_STR(session_client_signing_name(NULL), "");
    CHECK_STR(session_client_partition(NULL), "");
    CHECK(session_client_handlers(NULL) == NULL);
    session_client_free(NULL);
}
