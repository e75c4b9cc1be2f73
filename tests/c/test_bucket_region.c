/* Buckets of another region than the client's: S3 says which, and the request goes there. */
#include "check.h"
#include "fake_transport.h"

/* Where the buckets are, to S3; what it says to a request that goes elsewhere. */
static const char *home = "eu-west-1";
static int refusal = 301;
static const char *refusal_body = "";
static int with_header = 1;
static struct fake fake;
static char hosts[2048];

static session_status_t play_s3(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    const char *host = session_http_request_host(request);
    char there[64];

    snprintf(there, sizeof there, ".%s.", home);
    CHECK(strlen(hosts) + strlen(host) + 2 < sizeof hosts);
    strcat(strcat(hosts, host), "\n");
    memset(fake.headers, 0, sizeof fake.headers);
    if (strstr(host, there)) {
        fake_answer(&fake, 200, "fine");
    } else {
        fake_answer(&fake, refusal, refusal_body);
        if (with_header) {
            fake.headers[0][0] = "x-amz-bucket-region";
            fake.headers[0][1] = home;
        }
    }
    return fake_send(request, reply, user_data);
}

typedef session_status_t play(session_http_request_t *request, session_http_reply_t *reply, void *user_data);

/* A client of these settings, which are given up, whose requests go to `send`. */
static session_client_t *client_to(play *send, session_config_t *config)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_t *session = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    transport.send = send;
    transport.user_data = &fake;
    session_config_set_transport(config, &transport);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, "s3");
    session_free(session);
    return client;
}

static session_client_t *client_of(session_config_t *config)
{
    return client_to(play_s3, config);
}

static session_request_t *of_bucket(const session_client_t *client, const char *operation, const char *method)
{
    return fake_request(client, operation, method, "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"a key\"}");
}

TEST(a_request_goes_to_the_region_of_its_bucket)
{
    session_client_t *client = client_of(fake_config());
    session_request_t *request = of_bucket(client, "PutObject", "PUT");

    session_request_set_body(request, "hello", 5);
    fake_succeed(request);
    CHECK_STR(hosts, "bucket.s3.us-west-2.amazonaws.com\nbucket.s3.eu-west-1.amazonaws.com\n");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "/eu-west-1/s3/aws4_request");
    CHECK_STR(fake.sent, "hello");
    /* The client has learnt it, for this bucket. */
    hosts[0] = 0;
    fake_succeed(of_bucket(client, "GetObject", "GET"));
    CHECK_STR(hosts, "bucket.s3.eu-west-1.amazonaws.com\n");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "/eu-west-1/s3/aws4_request");
    hosts[0] = 0;
    fake_succeed(fake_request(client, "GetObject", "GET", "/{Bucket}/k", "{\"Bucket\":\"other\"}"));
    CHECK_STR(hosts, "other.s3.us-west-2.amazonaws.com\nother.s3.eu-west-1.amazonaws.com\n");
    /* The bucket was made anew elsewhere. */
    home = "us-west-2";
    hosts[0] = 0;
    fake_succeed(of_bucket(client, "GetObject", "GET"));
    CHECK_STR(hosts, "bucket.s3.eu-west-1.amazonaws.com\nbucket.s3.us-west-2.amazonaws.com\n");
    session_client_free(client);
}

TEST(a_bucket_is_made_where_the_client_is)
{
    session_client_t *client = client_of(fake_config());

    fake_succeed(of_bucket(client, "GetObject", "GET"));
    hosts[0] = 0;
    home = "us-west-2";
    fake_succeed(fake_request(client, "CreateBucket", "PUT", "/{Bucket}", "{\"Bucket\":\"bucket\"}"));
    CHECK_STR(hosts, "bucket.s3.us-west-2.amazonaws.com\n");
    session_client_free(client);
}

static session_status_t elsewhere_and_busy(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    memset(fake.headers, 0, sizeof fake.headers);
    fake_answer(&fake, fake.sends == 0 ? 301 : fake.sends == 1 ? 503 : 200, "");
    fake.headers[0][0] = "x-amz-bucket-region";
    fake.headers[0][1] = "eu-west-1";
    return fake_send(request, reply, user_data);
}

static void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds, (void)user_data;
}

TEST(to_go_elsewhere_is_no_retry)
{
    session_config_t *config = fake_config();
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    session_config_set_max_retries(config, 1);
    session_config_set_sleep(config, no_sleep, NULL, NULL);
    client = client_to(elsewhere_and_busy, config);
    request = of_bucket(client, "GetObject", "GET");
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(fake.sends, 3);
    CHECK_INT(session_request_retry_count(request), 1);
    CHECK_STR(fake_header(&fake, "amz-sdk-request"), "attempt=2; max=2");
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
}

TEST(a_presigned_url_is_for_the_region_that_was_learnt)
{
    session_client_t *client = client_of(fake_config());
    session_request_t *request;
    session_error_t *error = NULL;
    char *url = NULL;

    fake_succeed(of_bucket(client, "GetObject", "GET"));
    request = of_bucket(client, "GetObject", "GET");
    CHECK_OK(session_request_presign(request, 60, &url, &error), error);
    CHECK_CONTAINS(url, "https://bucket.s3.eu-west-1.amazonaws.com/a%20key?");
    CHECK_CONTAINS(url, "%2Feu-west-1%2Fs3%2F");
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}

TEST(what_s3_says_of_it)
{
    static const struct {
        int status, with_header;
        const char *body;
    } ways[] = {
        {301, 1, "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>"},
        {307, 1, "<Error><Code>TemporaryRedirect</Code><Message>m</Message></Error>"},
        {400, 1, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message></Error>"},
        {400, 0, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>"},
        {400, 1, "<Error><Code>IllegalLocationConstraintException</Code><Message>m</Message></Error>"},
        {400, 1, ""},
    };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        session_config_t *config = fake_config();
        session_client_t *client;

        session_config_set_s3_force_path_style(config, true);
        client = client_of(config);
        refusal = ways[i].status, refusal_body = ways[i].body, with_header = ways[i].with_header;
        hosts[0] = 0;
        fake_succeed(of_bucket(client, "HeadObject", "HEAD"));
        CHECK_STR(hosts, "s3.us-west-2.amazonaws.com\ns3.eu-west-1.amazonaws.com\n");
        session_client_free(client);
    }
}

static void is_refused(session_client_t *client, const char *operation, const char *method, const char *code)
{
    session_error_t *error;

    hosts[0] = 0;
    fake.sends = 0;
    error = fake_fail(of_bucket(client, operation, method));
    CHECK_STR(session_error_code(error), code);
    CHECK_INT(fake.sends, 1);
    session_error_free(error);
    session_client_free(client);
}

TEST(nobody_is_sent_astray)
{
    static const char *const bad[] = {"evil.example/", "x@evil", "", "..", "cn-north-1", "\xc3\xa9"};
    session_config_t *config;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        home = bad[i];
        is_refused(client_of(fake_config()), "GetObject", "GET", "BucketRegionError");
    }
    home = "eu-west-1";
    /* Who names an endpoint means it. */
    config = fake_config();
    session_config_set_endpoint(config, "https://s3.example");
    is_refused(client_of(config), "GetObject", "GET", "BucketRegionError");
    /* Other errors stay. */
    refusal = 400, refusal_body = "<Error><Code>InvalidArgument</Code><Message>m</Message></Error>";
    is_refused(client_of(fake_config()), "GetObject", "GET", "InvalidArgument");
    refusal = 403, refusal_body = "<Error><Code>AccessDenied</Code><Message>m</Message></Error>";
    is_refused(client_of(fake_config()), "GetObject", "GET", "AccessDenied");
    refusal = 400, refusal_body = "<Error><Code>IllegalLocationConstraintException</Code><Message>m</Message></Error>";
    is_refused(client_of(fake_config()), "CreateBucket", "PUT", "IllegalLocationConstraintException");
}

static session_status_t read_once(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    int *read = user_data;

    *length = 0;
    while (*length < capacity && *read < 5)
        ((char *)buffer)[(*length)++] = "hello"[(*read)++];
    return SESSION_OK;
}

TEST(a_body_that_can_be_read_once_only_is_not_sent_again)
{
    session_client_t *client = client_of(fake_config());
    session_request_t *request = of_bucket(client, "PutObject", "PUT");
    session_body_t body = SESSION_BODY_INIT;
    session_error_t *error;
    int read = 0;

    body.length = 5;
    body.read = read_once;
    body.user_data = &read;
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_OK);
    error = fake_fail(request);
    CHECK_STR(session_error_code(error), "BucketRegionError");
    session_error_free(error);
    /* The next knows where to go. */
    hosts[0] = 0;
    fake_succeed(of_bucket(client, "GetObject", "GET"));
    CHECK_STR(hosts, "bucket.s3.eu-west-1.amazonaws.com\n");
    session_client_free(client);
}

static session_status_t always_elsewhere(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    static const char *const regions[] = {"eu-west-1", "eu-west-2", "eu-west-3"};

    fake_answer(&fake, 301, "");
    fake.headers[0][0] = "x-amz-bucket-region";
    fake.headers[0][1] = regions[fake.sends % 3];
    return fake_send(request, reply, user_data);
}

TEST(it_does_not_go_on_for_ever)
{
    session_client_t *client = client_to(always_elsewhere, fake_config());
    session_error_t *error = fake_fail(of_bucket(client, "GetObject", "GET"));

    CHECK_STR(session_error_code(error), "BucketRegionError");
    CHECK_CONTAINS(session_error_text(error), "it is in 'eu-west-2'");
    CHECK_INT(fake.sends, 2);
    session_error_free(error);
    session_client_free(client);
}
