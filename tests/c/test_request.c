/* Requests: paths, queries, headers and bodies as they go out, S3's placement of the bucket, forms, presigned URLs. */
#include "check.h"
#include "fake_transport.h"

static struct fake fake;

static session_config_t *config_with(const char *field, const char *value)
{
    session_config_t *config = fake_config();

    CHECK_INT(session_config_set(config, field, value), SESSION_OK);
    return config;
}

/* Sends GET with this path and params by a client with one setting; what was sent is in `fake`. */
static void send_by(const char *service, const char *field, const char *value, const char *path, const char *params)
{
    session_client_t *client = fake_client(&fake, service, field ? config_with(field, value) : NULL);

    fake_answer(&fake, 200, "<a/>");
    fake_succeed(fake_request(client, "GetThing", "GET", path, params));
    session_client_free(client);
}

/* The same, where it must fail before anything is sent. */
static session_error_t *refused_by(const char *service, const char *field, const char *value, const char *path,
                                   const char *params)
{
    session_client_t *client = fake_client(&fake, service, field ? config_with(field, value) : NULL);
    session_error_t *error;

    fake_answer(&fake, 200, "<a/>");
    fake.sends = 0;
    error = fake_fail(fake_request(client, "GetThing", "GET", path, params));
    CHECK_INT(fake.sends, 0);
    session_client_free(client);
    return error;
}

static void check_error(session_error_t *error, session_status_t status, const char *code, const char *part)
{
    CHECK_INT(session_error_status(error), status);
    CHECK_STR(session_error_code(error), code);
    CHECK_CONTAINS(session_error_text(error), part);
    session_error_free(error);
}

/* ---- Paths */

TEST(names_in_a_path_are_filled)
{
    static const struct {
        const char *path, *params, *target;
    } cases[] = {
        {"/", NULL, "/"},
        {"", NULL, "/"},
        {"/{A}", "{\"A\":\"b\"}", "/b"},
        {"/{A}/x/{B}", "{\"A\":\"1\",\"B\":\"2\"}", "/1/x/2"},
        {"/pre{A}post", "{\"A\":\"-\"}", "/pre-post"},
        {"/{A}{A}", "{\"A\":\"x\"}", "/xx"},
        {"/{A}", "{\"A\":\"a/b c+d%2F?#&=:@\\u00e9~\"}", "/a%2Fb%20c%2Bd%252F%3F%23%26%3D%3A%40%C3%A9~"},
        {"/{A+}", "{\"A\":\"a/b c+d%2F?#\\u00e9~\"}", "/a/b%20c%2Bd%252F%3F%23%C3%A9~"},
        {"/{A+}", "{\"A\":\"//x///y/\"}", "///x///y/"},
        {"/{A+}", "{\"A\":\"../..\"}", "/../.."},
        {"/{A}", "{\"A\":\"..\"}", "/.."},
        {"/{A}", "{\"A\":42}", "/42"},
        {"/{A}", "{\"A\":-1.5}", "/-1.5"},
        {"/{A}", "{\"A\":true}", "/true"},
        {"/{A}", "{\"A\":false,\"Other\":{\"x\":[1]}}", "/false"},
        {"/{A}", "{\"A\":\"first\",\"A\":\"last\"}", "/last"},
        {"/{A}?acl", "{\"A\":\"b\"}", "/b?acl"},
        {"/x?a=1&b={A}", "{\"A\":\"no\"}", "/x?a=1&b={A}"},
        {"/x#fragment", NULL, "/x"},
        {"/\xc3\xa9/{A}", "{\"A\":\"1\"}", "/%C3%A9/1"},
        {"/a b", NULL, "/a%20b"},
        {"/a}b", NULL, "/a%7Db"},
        {"/%7E", NULL, "/%7E"},
        {"x", NULL, "/x"},
        {"{A}", "{\"A\":\"1\"}", "/1"},
        {"?acl", NULL, "/?acl"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        send_by("s3", NULL, NULL, cases[i].path, cases[i].params);
        CHECK_STR(fake.target, cases[i].target);
        CHECK_STR(fake.host, "s3.us-west-2.amazonaws.com");
    }
}

TEST(rest_services_clean_their_paths)
{
    send_by("lambda", NULL, NULL, "//a/./b/../{A}//", "{\"A\":\"x/y\"}");
    CHECK_STR(fake.target, "/a/x%2Fy/");
    send_by("lambda", "disable_rest_protocol_uri_cleaning", "true", "//a/./b/../{A}//", "{\"A\":\"x\"}");
    CHECK_STR(fake.target, "//a/./b/../x//");
}

TEST(params_that_are_missing_or_of_no_use)
{
    check_error(refused_by("s3", NULL, NULL, "/{A}/{B}", "{\"C\":\"1\"}"), SESSION_ERR_INVALID_ARGUMENT,
                "InvalidParameter", "missing required field, GetThingInput.A.");
    check_error(refused_by("s3", NULL, NULL, "/{A}/{B}", NULL), SESSION_ERR_INVALID_ARGUMENT, "InvalidParameter",
                "2 validation error(s) found.");
    check_error(refused_by("s3", NULL, NULL, "/{A}", "{\"A\":null}"), SESSION_ERR_INVALID_ARGUMENT, "InvalidParameter",
                "GetThingInput.A.");
    check_error(refused_by("s3", NULL, NULL, "/{A}", "{\"A\":\"\"}"), SESSION_ERR_INVALID_ARGUMENT, "InvalidParameter",
                "minimum field size of 1, GetThingInput.A.");
    check_error(refused_by("s3", NULL, NULL, "/{A}", "{\"A\":[1]}"), SESSION_ERR_INVALID_ARGUMENT, "InvalidParameter",
                "GetThingInput.A.");
    check_error(refused_by("s3", NULL, NULL, "/{A}", "{\"A\":{}}"), SESSION_ERR_INVALID_ARGUMENT, "InvalidParameter",
                "GetThingInput.A.");
    /* Without the check, what can't be filled is found when it is to be. */
    check_error(refused_by("s3", "disable_param_validation", "true", "/{A}", NULL), SESSION_ERR_SERIALIZATION,
                "SerializationError", "{A}");
    check_error(refused_by("s3", "disable_param_validation", "true", "/{A+}", "{\"A\":{}}"), SESSION_ERR_SERIALIZATION,
                "SerializationError", "{A}");
}

TEST(arguments_of_a_request)
{
    static const struct {
        const char *operation, *method, *path, *params, *named;
    } cases[] = {
        {"", "GET", "/", NULL, "`operation`"},        {"X", "", "/", NULL, "`method`"},
        {"X", "GET /x", "/", NULL, "`method`"},       {"X", "GET\r\n", "/", NULL, "`method`"},
        {"X", "\xc3\xa9", "/", NULL, "`method`"},     {"X", "GET", "/{", NULL, "`path`"},
        {"X", "GET", "/{}", NULL, "`path`"},          {"X", "GET", "/{+}", NULL, "`path`"},
        {"X", "GET", "/{A/B}", NULL, "`path`"},       {"X", "GET", "/{{A}}", NULL, "`path`"},
        {"X", "GET", "/\n", NULL, "`path`"},          {"X", "GET", "/x\x7f", NULL, "`path`"},
        {"X", "GET", "/\xff", NULL, "`path`"},        {"X", "GET", "/", "", "`params`"},
        {"X", "GET", "/", "[]", "`params`"},          {"X", "GET", "/", "\"x\"", "`params`"},
        {"X", "GET", "/", "null", "`params`"},        {"X", "GET", "/", "{\"A\":}", "`params`"},
        {"X", "GET", "/", "{\"A\":1}x", "`params`"},  {"X", "GET", "/", "{'A':1}", "`params`"},
        {"X", "GET", "/", "{\"A\":\"\xff\"}", "`params`"}, {"X", "GET", "/", "{\"A\":\"\\ud800\"}", "`params`"},
        {"\xff", "GET", "/", NULL, "`operation`"},
    };
    session_client_t *client = fake_client(&fake, "s3", NULL);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_request_t *request = NULL;
        session_error_t *error = NULL;

        CHECK_INT(session_request_new(client, cases[i].operation, cases[i].method, cases[i].path, cases[i].params, &request,
                                      &error),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK(request == NULL);
        check_error(error, SESSION_ERR_INVALID_ARGUMENT, "InvalidArgument", cases[i].named);
    }
    session_client_free(client);
}

TEST(params_that_are_deep_or_long)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = NULL;
    session_error_t *error = NULL;
    size_t length = 10 << 20;
    char *text = malloc(length + 64);

    memset(text, '[', length);
    memcpy(text, "{\"A\":", 5);
    text[length] = 0;
    CHECK_INT(session_request_new(client, "X", "GET", "/", text, &request, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(strlen(session_error_text(error)) < 1000);
    session_error_free(error);
    memset(text, 'a', length);
    memcpy(text, "{\"A\":\"", 6);
    strcpy(text + length, "\"}");
    CHECK_OK(session_request_new(client, "X", "GET", "/", text, &request, &error), error);
    CHECK_STR(session_request_params(request), text);
    session_request_free(request);
    request = NULL;
    length = 1 << 20;
    memset(text, '{', length);
    text[0] = '/';
    text[length] = 0;
    CHECK_INT(session_request_new(client, "X", "GET", text, NULL, &request, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(strlen(session_error_text(error)) < 1000);
    session_error_free(error);
    for (size_t i = 0; i + 3 < length; i += 3)
        memcpy(text + i, "{A}", 3);
    text[length - length % 3] = 0;
    CHECK_OK(session_request_new(client, "X", "GET", text, "{\"A\":\"\"}", &request, &error), error);
    session_request_free(request);
    free(text);
    session_client_free(client);
}

TEST(the_path_of_an_endpoint_comes_first)
{
    static const struct {
        const char *endpoint, *path, *target;
    } cases[] = {
        {"https://h/base", "/a?x=1", "/base/a?x=1"}, {"https://h/base", "a", "/basea"},
        {"https://h?z=1", "/a", "/a"},               {"https://h/base/", "/a", "/base/a"},
        {"https://h/base//", "//a", "/base///a"},    {"https://h/base?z=1", "/a?x", "/base/a?x"},
        {"https://h/", "/", "/"},                    {"https://h/base", "/", "/base/"},
        {"https://h/base", "", "/base"},             {"https://h", "a", "/a"},
        {"https://h/base", "/{A}/x", "/base/v/x"},   {"https://h/base/", "{A}", "/base/v"},
        {"https://h/{A}", "/x", "/%7BA%7D/x"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        send_by("s3", "endpoint", cases[i].endpoint, cases[i].path, "{\"A\":\"v\"}");
        CHECK_STR(fake.host, "h");
        CHECK_STR(fake.target, cases[i].target);
    }
}

/* ---- Queries, headers, bodies, and the rest of what can be changed */

TEST(a_query_is_the_path_s_and_what_is_added)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "ListObjects", "GET", "/?list-type=2", NULL);

    CHECK_INT(session_request_add_query(request, "prefix", "a/b c&d=\xc3\xa9+"), SESSION_OK);
    CHECK_INT(session_request_add_query(request, "empty", ""), SESSION_OK);
    CHECK_INT(session_request_add_query(request, "prefix", "again"), SESSION_OK);
    CHECK_INT(session_request_add_query(request, "a name", "1"), SESSION_OK);
    CHECK_INT(session_request_add_query(request, NULL, "1"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_add_query(request, "x", NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_add_query(request, "x", "\xff"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_request_url(request), "https://s3.us-west-2.amazonaws.com/?list-type=2&prefix=a%2Fb%20c%26d%3D%C3%A9%2B"
                                            "&empty=&prefix=again&a%20name=1");
    fake_answer(&fake, 200, "");
    fake_succeed(request);
    CHECK_STR(fake.target, "/?list-type=2&prefix=a%2Fb%20c%26d%3D%C3%A9%2B&empty=&prefix=again&a%20name=1");
    session_client_free(client);
}

TEST(headers_are_set_found_and_removed_in_any_case)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "ListObjects", "GET", "/", NULL);
    static const char *const bad_names[] = {"", "a b", "a:", "a\n", "\xc3\xa9", "a\x7f"};
    static const char *const bad_values[] = {"a\r\nb: c", "a\nb", "a\x01", "a\x7f", "\xff"};

    CHECK_INT(session_request_header_count(request), 0);
    CHECK_INT(session_request_set_header(request, "X-One", " 1\t "), SESSION_OK);
    CHECK_INT(session_request_set_header(request, "X-Two", "a\tb \xc3\xa9"), SESSION_OK);
    CHECK_INT(session_request_set_header(request, "x-one", "2"), SESSION_OK);
    CHECK_INT(session_request_set_header(request, "X-Empty", ""), SESSION_OK);
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
        CHECK_INT(session_request_set_header(request, bad_names[i], "x"), SESSION_ERR_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof bad_values / sizeof *bad_values; i++)
        CHECK_INT(session_request_set_header(request, "X-Bad", bad_values[i]), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_header_count(request), 3);
    CHECK_STR(session_request_header(request, "X-ONE"), "2");
    CHECK_STR(session_request_header_name(request, 0), "x-one");
    CHECK_STR(session_request_header_value(request, 1), "a\tb \xc3\xa9");
    CHECK(session_request_header_name(request, 3) == NULL);
    CHECK(session_request_header(request, "X-Bad") == NULL);
    CHECK_INT(session_request_remove_header(request, "x-EMPTY"), SESSION_OK);
    CHECK_INT(session_request_remove_header(request, "x-none"), SESSION_OK);
    CHECK_INT(session_request_header_count(request), 2);
    fake_answer(&fake, 200, "");
    fake_succeed(request);
    CHECK_STR(fake_header(&fake, "x-one"), "2");
    CHECK_STR(fake_header(&fake, "X-Two"), "a\tb \xc3\xa9");
    CHECK_CONTAINS(fake_header(&fake, "User-Agent"), "libsession/");
    CHECK(fake_header(&fake, "X-Empty") == NULL);
    session_client_free(client);
}

TEST(bodies)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}",
                                              "{\"Bucket\":\"bucket\",\"Key\":\"k\"}");
    char body[] = "a\0b\xff";
    size_t length = 0;

    fake_answer(&fake, 200, "");
    CHECK(session_request_body(request, &length) != NULL);
    CHECK_INT(length, 0);
    CHECK_INT(session_request_set_body(request, body, 4), SESSION_OK);
    memset(body, 'x', sizeof body);
    CHECK_INT(memcmp(session_request_body(request, &length), "a\0b\xff", 4), 0);
    CHECK_INT(length, 4);
    CHECK_INT(session_request_set_body(request, NULL, 1), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_set_body(request, body, SIZE_MAX), SESSION_ERR_INVALID_ARGUMENT);
    fake_succeed(request);
    CHECK_INT(fake.sent_length, 4);
    CHECK_INT(memcmp(fake.sent, "a\0b\xff", 4), 0);
    CHECK_STR(fake_header(&fake, "Content-Length"), "4");
    CHECK_STR(fake_header(&fake, "X-Amz-Content-Sha256"), "a37cc3026aae4d519e0b19c298fa913b4dccfdf0658cbccbb7deaa0226d5acdb");
    session_client_free(client);
}

TEST(a_put_without_a_body_says_so)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}",
                                              "{\"Bucket\":\"bucket\",\"Key\":\"k\"}");

    fake_answer(&fake, 200, "");
    CHECK_INT(session_request_set_body(request, "gone", 4), SESSION_OK);
    CHECK_INT(session_request_set_body(request, NULL, 0), SESSION_OK);
    fake_succeed(request);
    CHECK_STR(fake_header(&fake, "Content-Length"), "0");
    CHECK_INT(fake.sent_length, 0);
    fake_succeed(fake_request(client, "ListBuckets", "GET", "/", NULL));
    CHECK(fake_header(&fake, "Content-Length") == NULL);
    session_client_free(client);
}

TEST(where_it_goes_can_be_changed)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "ListBuckets", "GET", "/{A}", "{\"A\":\"b\"}");
    static const char *const bad[] = {"", "x", "/x", "ftp://h/", "http://", "http://h:port/", "http://a b/", "\xff",
                                      "http://h/\n"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(session_request_set_url(request, bad[i]), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_request_url(request), "https://s3.us-west-2.amazonaws.com/{A}");
    CHECK_INT(session_request_set_url(request, "http://127.0.0.1:9/other?q=1"), SESSION_OK);
    CHECK_INT(session_request_set_method(request, "DELETE"), SESSION_OK);
    CHECK_INT(session_request_set_method(request, "A B"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_set_signing_region(request, "mars-1"), SESSION_OK);
    CHECK_INT(session_request_set_signing_name(request, "s3-mars"), SESSION_OK);
    fake_answer(&fake, 200, "");
    fake_succeed(request);
    CHECK_STR(fake.scheme, "http");
    CHECK_STR(fake.host, "127.0.0.1:9");
    CHECK_STR(fake.method, "DELETE");
    CHECK_STR(fake.target, "/b?q=1");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "/mars-1/s3-mars/aws4_request");
    session_client_free(client);
}

static void redirect(session_request_t *request, void *user_data)
{
    CHECK_INT(session_request_set_url(request, user_data), SESSION_OK);
}

TEST(a_handler_of_sign_sets_the_last_url)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client;
    session_error_t *error = NULL;

    CHECK_OK(session_push_front(session, SESSION_STAGE_SIGN, NULL, redirect, "https://other.example:8443/p%20q?r=s", NULL, &error),
             error);
    client = fake_client_of(session, "s3");
    fake_answer(&fake, 200, "");
    fake_succeed(fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"k\"}"));
    CHECK_STR(fake.host, "other.example:8443");
    CHECK_STR(fake.target, "/p%20q?r=s");
    session_client_free(client);
    session_free(session);
}

TEST(a_request_is_sent_once)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "ListBuckets", "GET", "/", NULL);
    session_response_t *response = NULL, *second = NULL;
    session_error_t *error = NULL;
    char *url = NULL;

    fake_answer(&fake, 404, "");
    CHECK_INT(session_request_send(request, &response, &error), SESSION_ERR_SERVICE);
    session_error_free(error);
    fake_answer(&fake, 200, "");
    CHECK_INT(session_request_send(request, &second, &error), SESSION_ERR_INVALID_STATE);
    session_error_free(error);
    CHECK_INT(session_request_presign(request, 60, &url, &error), SESSION_ERR_INVALID_STATE);
    session_error_free(error);
    CHECK(response == NULL && second == NULL && url == NULL);
    CHECK_INT(fake.sends, 1);
    session_request_free(request);
    session_client_free(client);
}

TEST(an_error_that_is_set_before_the_send_is_its_error)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "ListBuckets", "GET", "/", NULL);

    session_request_set_error(request, "Mine", "not today");
    CHECK_STR(session_error_code(session_request_error(request)), "Mine");
    CHECK_INT(session_error_status(session_request_error(request)), SESSION_ERR_HANDLER);
    check_error(fake_fail(request), SESSION_ERR_HANDLER, "Mine", "not today");
    CHECK_INT(fake.sends, 0);
    request = fake_request(client, "ListBuckets", "GET", "/", NULL);
    session_request_set_error(request, "Mine", NULL);
    CHECK_STR(session_error_message(session_request_error(request)), "");
    session_request_set_error(request, NULL, "ignored");
    CHECK(session_request_error(request) == NULL);
    fake_answer(&fake, 200, "");
    fake_succeed(request);
    session_client_free(client);
}

TEST(what_a_request_says_of_itself)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = fake_request(client, "GetCallerIdentity", "POST", "/", NULL);

    CHECK_STR(session_request_service(request), "sts");
    CHECK_STR(session_request_operation(request), "GetCallerIdentity");
    CHECK_STR(session_request_params(request), "{}");
    CHECK_STR(session_request_method(request), "POST");
    CHECK_STR(session_request_url(request), "https://sts.us-west-2.amazonaws.com/");
    CHECK_STR(session_request_region(request), "us-west-2");
    CHECK_STR(session_request_endpoint(request), "https://sts.us-west-2.amazonaws.com");
    CHECK_STR(session_request_signing_region(request), "us-west-2");
    CHECK_STR(session_request_signing_name(request), "sts");
    CHECK_STR(session_request_partition(request), "aws");
    CHECK_STR(session_request_request_id(request), "");
    CHECK_INT(session_request_retry_count(request), 0);
    CHECK_INT(session_request_retry_delay_ms(request), 0);
    CHECK_INT(session_request_http_status(request), 0);
    CHECK_INT(session_request_retryable(request), -1);
    CHECK(!session_request_is_presigned(request));
    CHECK_INT(session_request_created_at(request), INT64_C(1577934245000000000));
    CHECK_INT(session_request_attempted_at(request), INT64_C(1577934245000000000));
    CHECK(session_request_response_header(request, "x") == NULL);
    CHECK(session_request_error(request) == NULL);
    session_request_set_retryable(request, 1);
    CHECK_INT(session_request_retryable(request), 1);
    session_request_set_retryable(request, 7);
    CHECK_INT(session_request_retryable(request), -1);
    session_request_free(request);
    session_client_free(client);
}

/* ---- S3: where the bucket goes */

TEST(the_bucket_goes_to_the_host_where_it_can)
{
    static const struct {
        const char *field, *value, *bucket, *host, *target;
    } cases[] = {
        {NULL, NULL, "my-bucket", "my-bucket.s3.us-west-2.amazonaws.com", "/a%20b/c?acl"},
        {NULL, NULL, "0bucket1", "0bucket1.s3.us-west-2.amazonaws.com", "/a%20b/c?acl"},
        {NULL, NULL, "Bucket", "s3.us-west-2.amazonaws.com", "/Bucket/a%20b/c?acl"},
        {NULL, NULL, "bu_cket", "s3.us-west-2.amazonaws.com", "/bu_cket/a%20b/c?acl"},
        {NULL, NULL, "ab", "s3.us-west-2.amazonaws.com", "/ab/a%20b/c?acl"},
        {NULL, NULL, "-bucket", "s3.us-west-2.amazonaws.com", "/-bucket/a%20b/c?acl"},
        {NULL, NULL, "evil.com/x", "s3.us-west-2.amazonaws.com", "/evil.com%2Fx/a%20b/c?acl"},
        {NULL, NULL, "a@evil.com", "s3.us-west-2.amazonaws.com", "/a%40evil.com/a%20b/c?acl"},
        {NULL, NULL, "dotted.bucket", "s3.us-west-2.amazonaws.com", "/dotted.bucket/a%20b/c?acl"},
        {"disable_ssl", "true", "dotted.bucket", "dotted.bucket.s3.us-west-2.amazonaws.com", "/a%20b/c?acl"},
        {"disable_ssl", "true", "192.168.1.1", "s3.us-west-2.amazonaws.com", "/192.168.1.1/a%20b/c?acl"},
        {"s3_force_path_style", "true", "my-bucket", "s3.us-west-2.amazonaws.com", "/my-bucket/a%20b/c?acl"},
        {"endpoint", "http://127.0.0.1:9000", "my-bucket", "127.0.0.1:9000", "/my-bucket/a%20b/c?acl"},
        {"endpoint", "http://[::1]:9000", "my-bucket", "[::1]:9000", "/my-bucket/a%20b/c?acl"},
        {"endpoint", "http://localhost:9000", "my-bucket", "my-bucket.localhost:9000", "/a%20b/c?acl"},
        {"endpoint", "https://example.com/base", "my-bucket", "my-bucket.example.com", "/base/a%20b/c?acl"},
        {"endpoint", "https://example.com/base/", "my-bucket", "my-bucket.example.com", "/base/a%20b/c?acl"},
        {"endpoint", "https://example.com/base", "Bucket", "example.com", "/base/Bucket/a%20b/c?acl"},
        {"use_dual_stack_endpoint", "true", "my-bucket", "my-bucket.s3.dualstack.us-west-2.amazonaws.com", "/a%20b/c?acl"},
        {"s3_use_accelerate", "true", "my-bucket", "my-bucket.s3-accelerate.amazonaws.com", "/a%20b/c?acl"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char params[256];

        snprintf(params, sizeof params, "{\"Bucket\":\"%s\",\"Key\":\"a b/c\"}", cases[i].bucket);
        send_by("s3", cases[i].field, cases[i].value, "/{Bucket}/{Key+}?acl", params);
        CHECK_STR(fake.host, cases[i].host);
        CHECK_STR(fake.target, cases[i].target);
        if (fake_header(&fake, "Host"))
            CHECK_STR(fake_header(&fake, "Host"), cases[i].host);
    }
}

TEST(a_bucket_alone_and_awkward_keys)
{
    static const struct {
        const char *path, *key, *target;
    } cases[] = {
        {"/{Bucket}", "", "/"},
        {"/{Bucket}?location", "", "/?location"},
        {"/{Bucket}/{Key+}", "/leading", "//leading"},
        {"/{Bucket}/{Key+}", "a//b", "/a//b"},
        {"/{Bucket}/{Key+}", "../up", "/../up"},
        {"/{Bucket}/{Key+}", ".", "/."},
        {"/{Bucket}/{Key+}", "my-bucket/x", "/my-bucket/x"},
        {"/{Bucket}/{Key+}", "%2F", "/%252F"},
        {"/{Bucket}/{Key+}", "+", "/%2B"},
        {"{Bucket}/{Key+}", "k", "/k"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char params[256];

        snprintf(params, sizeof params, "{\"Bucket\":\"my-bucket\",\"Key\":\"%s\"}", cases[i].key);
        send_by("s3", NULL, NULL, cases[i].path, params);
        CHECK_STR(fake.host, "my-bucket.s3.us-west-2.amazonaws.com");
        CHECK_STR(fake.target, cases[i].target);
    }
    /* A path that only names a bucket somewhere does not place it. */
    send_by("s3", NULL, NULL, "/x/{Bucket}", "{\"Bucket\":\"my-bucket\"}");
    CHECK_STR(fake.host, "s3.us-west-2.amazonaws.com");
    CHECK_STR(fake.target, "/x/my-bucket");
    send_by("s3", NULL, NULL, "/{Bucket}-log/{Key+}", "{\"Bucket\":\"my-bucket\",\"Key\":\"k\"}");
    CHECK_STR(fake.host, "s3.us-west-2.amazonaws.com");
    CHECK_STR(fake.target, "/my-bucket-log/k");
}

TEST(arns_of_access_points)
{
    static const struct {
        const char *arn, *host, *scope;
    } cases[] = {
        {"arn:aws:s3:us-west-2:123456789012:accesspoint/mine",
         "mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "/us-west-2/s3/"},
        {"arn:aws:s3:us-west-2:123456789012:accesspoint:mine",
         "mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "/us-west-2/s3/"},
        {"arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/mine",
         "mine-123456789012.s3-object-lambda.us-west-2.amazonaws.com", "/us-west-2/s3-object-lambda/"},
        {"arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/mine",
         "mine-123456789012.op-01.s3-outposts.us-west-2.amazonaws.com", "/us-west-2/s3-outposts/"},
    };
    char params[256];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(params, sizeof params, "{\"Bucket\":\"%s\",\"Key\":\"a b\"}", cases[i].arn);
        send_by("s3", NULL, NULL, "/{Bucket}/{Key+}", params);
        CHECK_STR(fake.host, cases[i].host);
        CHECK_STR(fake.target, "/a%20b");
        CHECK_CONTAINS(fake_header(&fake, "Authorization"), cases[i].scope);
    }
    send_by("s3", "s3_use_arn_region", "true", "/{Bucket}/{Key+}",
            "{\"Bucket\":\"arn:aws:s3:eu-west-1:123456789012:accesspoint/mine\",\"Key\":\"k\"}");
    CHECK_STR(fake.host, "mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "/eu-west-1/s3/");
}

TEST(arns_that_are_refused)
{
    static const struct {
        const char *field, *value, *arn, *code;
    } cases[] = {
        {NULL, NULL, "arn:aws:s3", "InvalidARNError"},
        {NULL, NULL, "arn:aws:s3:::bucket", "InvalidARNError"},
        {NULL, NULL, "arn:aws:s3:us-west-2:123456789012:accesspoint/", "InvalidARNError"},
        {NULL, NULL, "arn:aws:s3:us-west-2:123456789012:accesspoint/a.evil.com#", "InvalidARNError"},
        {NULL, NULL, "arn:aws:s3:us-west-2:12@evil:accesspoint/a", "InvalidARNError"},
        {NULL, NULL, "arn:aws:sqs:us-west-2:123456789012:queue", "InvalidARNError"},
        {NULL, NULL, "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine", "ConfigurationError"},
        {NULL, NULL, "arn:aws-cn:s3:us-west-2:123456789012:accesspoint/mine", "ConfigurationError"},
        {"s3_use_accelerate", "true", "arn:aws:s3:us-west-2:123456789012:accesspoint/mine", "ConfigurationError"},
        {"s3_force_path_style", "true", "arn:aws:s3:us-west-2:123456789012:accesspoint/mine", "ConfigurationError"},
        {"s3_use_accelerate", "true", "dotted.bucket", "InvalidParameterException"},
        {"s3_use_accelerate", "true", "Bucket", "InvalidParameterException"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char params[256];

        snprintf(params, sizeof params, "{\"Bucket\":\"%s\",\"Key\":\"k\"}", cases[i].arn);
        session_error_t *error =
            refused_by("s3", cases[i].field, cases[i].value, "/{Bucket}/{Key+}", params);
        CHECK_STR(session_error_code(error), cases[i].code);
        CHECK_CONTAINS(session_error_text(error), cases[i].arn);
        session_error_free(error);
    }
}

TEST(other_rules_of_s3)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request;
    size_t large = 2 << 20;
    char *body;

    fake_answer(&fake, 200, "<a/>");
    /* Where the bucket is can be asked of any region. */
    fake_succeed(fake_request(client, "GetBucketLocation", "GET", "/{Bucket}?location", "{\"Bucket\":\"my-bucket\"}"));
    CHECK_STR(fake.host, "s3.us-west-2.amazonaws.com");
    CHECK_STR(fake.target, "/my-bucket?location");
    request = fake_request(client, "DeleteObjects", "POST", "/{Bucket}?delete", "{\"Bucket\":\"my-bucket\"}");
    session_request_set_body(request, "<Delete/>", 9);
    fake_succeed(request);
    CHECK_STR(fake_header(&fake, "Content-MD5"), "ePbrFwvNFIRnzBrIv+T8Ag==");
    session_client_free(client);

    client = fake_client(&fake, "s3", config_with("disable_compute_checksums", "true"));
    request = fake_request(client, "DeleteObjects", "POST", "/{Bucket}?delete", "{\"Bucket\":\"my-bucket\"}");
    session_request_set_body(request, "<Delete/>", 9);
    fake_succeed(request);
    CHECK(fake_header(&fake, "Content-MD5") == NULL);
    session_client_free(client);

    client = fake_client(&fake, "s3", config_with("disable_ssl", "true"));
    request = fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"my-bucket\",\"Key\":\"k\"}");
    session_request_set_header(request, "X-Amz-Server-Side-Encryption-Customer-Key", "secret-key");
    session_error_t *error = fake_fail(request);
    CHECK(!strstr(session_error_text(error), "secret-key"));
    check_error(error, SESSION_ERR_CONFIG, "ConfigError", "SSE");
    session_client_free(client);

    body = calloc(1, large);
    for (int off = 0; off < 2; off++) {
        session_handlers_t *own;

        client = fake_client(&fake, "s3", config_with("s3_disable_100_continue", off ? "true" : "false"));
        request = fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\":\"my-bucket\",\"Key\":\"k\"}");
        own = session_request_handlers(request);
        session_request_set_body(request, body, large - 1);
        CHECK_INT(session_handlers_run(own, SESSION_STAGE_SIGN, request, NULL), SESSION_OK);
        CHECK(session_request_header(request, "Expect") == NULL);
        session_request_set_body(request, body, large);
        CHECK_INT(session_handlers_run(own, SESSION_STAGE_SIGN, request, NULL), SESSION_OK);
        CHECK_STR(session_request_header(request, "Expect"), off ? NULL : "100-continue");
        session_handlers_free(own);
        session_request_free(request);
        session_client_free(client);
    }
    free(body);
}

/* ---- The query protocol */

static void check_form(const char *service, const char *operation, const char *params, const char *form)
{
    session_client_t *client = fake_client(&fake, service, NULL);

    fake_answer(&fake, 200, "<a/>");
    fake_succeed(fake_request(client, operation, "POST", "/", params));
    CHECK_STR(fake.sent, form);
    CHECK_STR(fake_header(&fake, "Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
    CHECK_STR(fake.target, "/");
    session_client_free(client);
}

TEST(forms)
{
    check_form("sts", "GetCallerIdentity", NULL, "Action=GetCallerIdentity&Version=2011-06-15");
    check_form("iam", "CreateUser", "{\"UserName\":\"a b&c=d+\\u00e9/\",\"Path\":\"\"}",
               "Action=CreateUser&Path=&UserName=a+b%26c%3Dd%2B%C3%A9%2F&Version=2010-05-08");
    check_form("sts", "AssumeRole",
               "{\"DurationSeconds\":900,\"Flag\":true,\"Nothing\":null,\"PolicyArns\":[{\"arn\":\"x\"},{\"arn\":\"y\"}],"
               "\"Tags\":[],\"Nested\":{\"A\":{\"B\":[1,2.5]}}}",
               "Action=AssumeRole&DurationSeconds=900&Flag=true&Nested.A.B.member.1=1&Nested.A.B.member.2=2.5&"
               "PolicyArns.member.1.arn=x&PolicyArns.member.2.arn=y&Tags=&Version=2011-06-15");
    check_form("ec2", "DescribeInstances",
               "{\"instanceId\":[\"i-1\",\"i-2\"],\"Filter\":[{\"name\":\"n\",\"Value\":[\"v\"]}],\"Empty\":[],\"dryRun\":false}",
               "Action=DescribeInstances&DryRun=false&Filter.1.Name=n&Filter.1.Value.1=v&InstanceId.1=i-1&InstanceId.2=i-2&"
               "Version=2016-11-15");
    check_form("sts", "X", "{\"A\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\"]}",
               "A.member.1=1&A.member.10=10&A.member.2=2&A.member.3=3&A.member.4=4&A.member.5=5&A.member.6=6&A.member.7=7&"
               "A.member.8=8&A.member.9=9&Action=X&Version=2011-06-15");
}

TEST(a_body_or_content_type_of_ones_own_stays)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = fake_request(client, "X", "POST", "/", "{\"A\":\"b\"}");

    fake_answer(&fake, 200, "<a/>");
    session_request_set_body(request, "Mine=1", 6);
    session_request_set_header(request, "content-type", "text/mine");
    fake_succeed(request);
    CHECK_STR(fake.sent, "Mine=1");
    CHECK_STR(fake_header(&fake, "content-type"), "text/mine");
    request = fake_request(client, "X", "POST", "/", NULL);
    session_request_set_header(request, "content-type", "text/mine");
    fake_succeed(request);
    CHECK_STR(fake.sent, "Action=X&Version=2011-06-15");
    CHECK_STR(fake_header(&fake, "content-type"), "text/mine");
    session_client_free(client);
}

TEST(a_form_of_deep_params)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    char params[1024] = "{\"A\":";

    for (int i = 0; i < 100; i++)
        strcat(params, "[");
    for (int i = 0; i < 100; i++)
        strcat(params, "]");
    strcat(params, "}");
    check_error(fake_fail(fake_request(client, "X", "POST", "/", params)), SESSION_ERR_INVALID_ARGUMENT, "InvalidParameter",
                "deep");
    session_client_free(client);
}

TEST(a_form_of_many_params)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request;
    size_t length = 0, count = 20000;
    char *params = malloc(count * 8 + 16);

    strcpy(params, "{\"A\":[");
    for (size_t i = 0, at = strlen(params); i < count; i++)
        at += (size_t)sprintf(params + at, i + 1 < count ? "1," : "1]}");
    fake_answer(&fake, 200, "<a/>");
    request = fake_request(client, "X", "POST", "/", params);
    session_handlers_t *own = session_request_handlers(request);
    CHECK_INT(session_handlers_run(own, SESSION_STAGE_BUILD, request, NULL), SESSION_OK);
    session_request_body(request, &length);
    CHECK(length > count * 13);
    session_handlers_free(own);
    session_request_free(request);
    session_client_free(client);
    free(params);
}

/* ---- The JSON protocol */

static void check_json(const char *service, const char *operation, const char *params, const char *target, const char *type)
{
    session_client_t *client = fake_client(&fake, service, NULL);

    fake_answer(&fake, 200, "{}");
    fake_succeed(fake_request(client, operation, "POST", "/", params));
    CHECK_STR(fake_header(&fake, "X-Amz-Target"), target);
    CHECK_STR(fake_header(&fake, "Content-Type"), type);
    CHECK_STR(fake.sent, params ? params : "{}");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "content-type;");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), ";x-amz-target,");
    session_client_free(client);
}

TEST(the_operation_of_a_json_service_is_its_target)
{
    check_json("dynamodb", "ListTables", NULL, "DynamoDB_20120810.ListTables", "application/x-amz-json-1.0");
    check_json("logs", "DescribeLogGroups", "{\"limit\": 1}", "Logs_20140328.DescribeLogGroups", "application/x-amz-json-1.1");
}

TEST(what_the_program_says_to_a_json_service_stays)
{
    session_client_t *client = fake_client(&fake, "dynamodb", NULL);
    session_request_t *request = fake_request(client, "ListTables", "POST", "/", "{\"Limit\": 1}");

    fake_answer(&fake, 200, "{}");
    session_request_set_body(request, "{\"Limit\":2}", 11);
    session_request_set_header(request, "x-amz-target", "Mine.ListTables");
    fake_succeed(request);
    CHECK_STR(fake.sent, "{\"Limit\":2}");
    CHECK_STR(fake_header(&fake, "x-amz-target"), "Mine.ListTables");
    CHECK(fake_header(&fake, "X-Amz-Target") == NULL);
    /* With a form, as older services take, all of it is the program's. */
    request = fake_request(client, "ListTables", "POST", "/", NULL);
    session_request_set_header(request, "Content-Type", "application/x-www-form-urlencoded");
    fake_succeed(request);
    CHECK_STR(fake.sent, "");
    CHECK(fake_header(&fake, "X-Amz-Target") == NULL);
    /* An operation that could add headers is none. */
    request = fake_request(client, "ListTables\r\nX-Other: 1", "POST", "/", NULL);
    check_error(fake_fail(request), SESSION_ERR_INVALID_ARGUMENT, "InvalidArgument", "X-Amz-Target");
    session_client_free(client);
}

/* ---- Presigned URLs */

static char *presigned(session_request_t *request, uint32_t seconds)
{
    session_error_t *error = NULL;
    char *url = NULL;

    CHECK_OK(session_request_presign(request, seconds, &url, &error), error);
    CHECK(url != NULL);
    return url;
}

TEST(presigned_url_of_s3)
{
    /* The signature is a known answer of Go's signer for this request. */
    session_config_t *config = fake_config();
    session_client_t *client;
    session_request_t *request;
    char *url;

    session_config_set_endpoint(config, "https://b.s3.amazonaws.com");
    session_config_set_s3_force_path_style(config, true);
    client = fake_client(&fake, "s3", config);
    request = fake_request(client, "GetObject", "GET", "/k", NULL);
    url = presigned(request, 900);
    CHECK_STR(url, "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20200102%2F"
                   "us-west-2%2Fs3%2Faws4_request&X-Amz-Date=20200102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&"
                   "X-Amz-Signature=5f6bf5cf34a233bab90349501a0364a622773ebd98db43429aa5bf65cf550198");
    CHECK_INT(fake.sends, 0);
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}

TEST(presigning_puts_the_bucket_where_sending_does)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request =
        fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}?versionId=1", "{\"Bucket\":\"my-bucket\",\"Key\":\"a b\"}");
    char *url = presigned(request, 60);

    CHECK_CONTAINS(url, "https://my-bucket.s3.us-west-2.amazonaws.com/a%20b?");
    CHECK_CONTAINS(url, "versionId=1");
    CHECK_CONTAINS(url, "X-Amz-Expires=60");
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}

TEST(presigned_url_of_sts_is_a_get)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = fake_request(client, "GetCallerIdentity", "POST", "/", "{\"A\":\"b c\"}");
    char *url;

    CHECK_INT(session_request_set_header(request, "x-k8s-aws-id", "cluster"), SESSION_OK);
    CHECK_INT(session_request_add_query(request, "Extra", "1"), SESSION_OK);
    url = presigned(request, 60);
    CHECK_CONTAINS(url, "https://sts.us-west-2.amazonaws.com/?");
    CHECK_CONTAINS(url, "Action=GetCallerIdentity");
    CHECK_CONTAINS(url, "Version=2011-06-15");
    CHECK_CONTAINS(url, "A=b%20c");
    CHECK_CONTAINS(url, "Extra=1");
    CHECK_CONTAINS(url, "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id");
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}

TEST(how_long_a_presigned_url_is_good)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "ListBuckets", "GET", "/", NULL);
    static const uint32_t bad[] = {0, 604801, UINT32_MAX};

    for (int i = 0; i < 3; i++) {
        session_error_t *error = NULL;
        char *url = NULL;

        CHECK_INT(session_request_presign(request, bad[i], &url, &error), SESSION_ERR_INVALID_ARGUMENT);
        CHECK(url == NULL);
        check_error(error, SESSION_ERR_INVALID_ARGUMENT, "InvalidPresignExpireError", "");
        /* The request is as good as before. */
        CHECK(session_request_error(request) == NULL);
    }
    session_string_free(presigned(request, 1));
    session_string_free(presigned(request, 604800));
    session_request_free(request);
    session_client_free(client);
}

TEST(presigning_leaves_the_request_as_it_was)
{
    static const char *const services[] = {"s3", "sts"};

    for (int i = 0; i < 2; i++) {
        session_client_t *client = fake_client(&fake, services[i], NULL);
        session_request_t *request = fake_request(client, "PutThing", "POST", "/{Bucket}", "{\"Bucket\":\"my-bucket\"}");
        char *first, *second, url[1024];

        snprintf(url, sizeof url, "%s", session_request_url(request));
        first = presigned(request, 60);
        CHECK_STR(session_request_url(request), url);
        CHECK_STR(session_request_method(request), "POST");
        CHECK_INT(session_request_header_count(request), 0);
        second = presigned(request, 60);
        CHECK_STR(second, first);
        fake_answer(&fake, 200, "<a/>");
        fake_succeed(request);
        CHECK_STR(fake.method, "POST");
        CHECK(!strstr(fake.target, "X-Amz-"));
        CHECK_CONTAINS(fake_header(&fake, "Authorization"), "AWS4-HMAC-SHA256 ");
        if (i == 1)
            CHECK_STR(fake.sent, "Action=PutThing&Bucket=my-bucket&Version=2011-06-15");
        session_string_free(first);
        session_string_free(second);
        session_client_free(client);
    }
}

TEST(presigning_without_credentials_or_region)
{
    session_config_t *config = fake_config();
    session_credentials_t *anonymous = session_credentials_new_anonymous();
    session_client_t *client;
    session_request_t *request;
    session_error_t *error = NULL;
    char *url;

    session_config_set_credentials(config, anonymous);
    session_credentials_free(anonymous);
    client = fake_client(&fake, "s3", config);
    request = fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"my-bucket\",\"Key\":\"k\"}");
    url = presigned(request, 60);
    CHECK_STR(url, "https://my-bucket.s3.us-west-2.amazonaws.com/k");
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);

    config = fake_config();
    session_config_unset(config, "region");
    client = fake_client(&fake, "s3", config);
    request = fake_request(client, "ListBuckets", "GET", "/", NULL);
    url = NULL;
    CHECK_INT(session_request_presign(request, 60, &url, &error), SESSION_ERR_CONFIG);
    CHECK(url == NULL);
    check_error(error, SESSION_ERR_CONFIG, "MissingRegion", "");
    session_request_free(request);
    session_client_free(client);
}

TEST(headers_of_a_presigned_url)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request =
        fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\":\"my-bucket\",\"Key\":\"k\"}");
    char *url;

    session_request_set_header(request, "Content-Type", "text/plain");
    session_request_set_header(request, "X-Amz-Acl", "private");
    session_request_set_header(request, "X-Amz-Foo", "bar");
    url = presigned(request, 60);
    /* What S3 wants as a header stays one; what it takes in the URL goes there. */
    CHECK_CONTAINS(url, "content-type");
    CHECK_CONTAINS(url, "x-amz-acl");
    CHECK_CONTAINS(url, "X-Amz-Foo=bar");
    CHECK(!strstr(url, "private"));
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}
