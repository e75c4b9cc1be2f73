/* Errors: what replies are understood as, whatever comes, and what an error object says. */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

static struct fake fake;

static void header(int index, const char *name, const char *value)
{
    fake.headers[index][0] = name;
    fake.headers[index][1] = value;
}

/* A request of an operation that S3, STS, EC2, DynamoDB or Lambda would know. */
static session_request_t *request_of(const session_client_t *client)
{
    const char *service = session_client_service(client);

    if (strcmp(service, "s3") == 0)
        return fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"key\"}");
    if (strcmp(service, "lambda") == 0)
        return fake_request(client, "ListFunctions", "GET", "/2015-03-31/functions/", NULL);
    return fake_request(client, "ListThings", "POST", "/", NULL);
}

/* What comes of a reply that is no success. */
static session_error_t *refusal_of_bytes(const char *service, int status, const void *body, size_t length)
{
    session_client_t *client = fake_client(&fake, service, NULL);
    session_error_t *error;

    fake.status = status;
    fake.body = body;
    fake.length = length;
    fake.sends = 0;
    error = fake_fail(request_of(client));
    CHECK_INT(fake.sends, 1);
    CHECK_INT(session_error_http_status(error), status);
    session_client_free(client);
    return error;
}

static session_error_t *refusal(const char *service, int status, const char *body)
{
    return refusal_of_bytes(service, status, body, strlen(body));
}

static void check_error(session_error_t *error, session_status_t status, const char *code, const char *message)
{
    CHECK_INT(session_error_status(error), status);
    CHECK_STR(session_error_code(error), code);
    CHECK_CONTAINS(session_error_message(error), message);
    CHECK_CONTAINS(session_error_text(error), code);
    CHECK_CONTAINS(session_error_text(error), message);
    session_error_free(error);
}

/* ---- Errors as services write them */

TEST(s3)
{
    session_error_t *error;

    header(0, "x-amz-request-id", "REQ");
    header(1, "x-amz-id-2", "HOST");
    error = refusal("s3", 404,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key "
                    "does not exist.</Message><Key>key</Key><RequestId>BODY</RequestId><HostId>BODYHOST</HostId></Error>");
    CHECK_STR(session_error_code(error), "NoSuchKey");
    CHECK_STR(session_error_message(error), "The specified key does not exist.");
    CHECK_STR(session_error_request_id(error), "REQ");
    CHECK_STR(session_error_host_id(error), "BODYHOST");
    CHECK_INT(session_error_cause_count(error), 0);
    CHECK(session_error_cause(error, 0) == NULL);
    CHECK_STR(session_error_path(error), "");
    CHECK_INT(session_error_line(error), 0);
    CHECK_INT(session_error_column(error), 0);
    CHECK(!session_error_is_retryable(error));
    CHECK_STR(session_error_text(error), "NoSuchKey: The specified key does not exist.\n\tstatus code: 404, request id: "
                                         "REQ, host id: BODYHOST");
    check_error(error, SESSION_ERR_SERVICE, "NoSuchKey", "does not exist");
}

TEST(ids_come_from_headers_or_else_from_the_body)
{
    session_error_t *error = refusal(
        "s3", 403, "<Error><Code>AccessDenied</Code><Message>no</Message><RequestId>R</RequestId><HostId>H</HostId></Error>");

    CHECK_STR(session_error_request_id(error), "R");
    CHECK_STR(session_error_host_id(error), "H");
    check_error(error, SESSION_ERR_SERVICE, "AccessDenied", "no");
    error = refusal("sts", 403,
                    "<ErrorResponse><Error><Code>C</Code><Message>m</Message></Error><RequestId>R2</RequestId>"
                    "</ErrorResponse>");
    CHECK_STR(session_error_request_id(error), "R2");
    check_error(error, SESSION_ERR_SERVICE, "C", "m");
    header(0, "X-Amzn-RequestId", "R3");
    header(1, "x-amz-id-2", "H3");
    error = refusal("sts", 403, "<ErrorResponse><Error><Code>C</Code></Error></ErrorResponse>");
    CHECK_STR(session_error_request_id(error), "R3");
    CHECK_STR(session_error_host_id(error), "H3");
    check_error(error, SESSION_ERR_SERVICE, "C", "");
}

TEST(sts)
{
    session_error_t *error =
        refusal("sts", 403,
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n"
                "    <Code>InvalidClientTokenId</Code>\n    <Message>The security token is &quot;bad&quot; &amp; "
                "&#x6f;ld</Message>\n  </Error>\n  <RequestId>id</RequestId>\n</ErrorResponse>\n");

    CHECK_STR(session_error_message(error), "The security token is \"bad\" & old");
    check_error(error, SESSION_ERR_SERVICE, "InvalidClientTokenId", "security token");
    check_error(refusal("sts", 503, "<ServiceUnavailableException/>"), SESSION_ERR_SERVICE, "ServiceUnavailableException",
                "");
}

TEST(ec2)
{
    session_error_t *error = refusal("ec2", 400,
                                     "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no "
                                     "i-1</Message></Error></Errors><RequestID>rid</RequestID></Response>");

    CHECK_STR(session_error_request_id(error), "rid");
    check_error(error, SESSION_ERR_SERVICE, "InvalidInstanceID.NotFound", "no i-1");
}

TEST(json)
{
    session_error_t *error;

    header(0, "x-amzn-RequestId", "JR");
    error = refusal("dynamodb", 400,
                    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\",\"message\":\"no \\u00fc\"}");
    CHECK_STR(session_error_request_id(error), "JR");
    check_error(error, SESSION_ERR_SERVICE, "ResourceNotFoundException", "no \xc3\xbc");
    check_error(refusal("dynamodb", 400, "{\"__type\":\"Plain\",\"Message\":\"capital\"}"), SESSION_ERR_SERVICE, "Plain",
                "capital");
    check_error(refusal("dynamodb", 400, "{\"code\":\"ByCode:http://x/\",\"message\":\"m\"}"), SESSION_ERR_SERVICE, "ByCode",
                "m");
    check_error(refusal("dynamodb", 400, "{}"), SESSION_ERR_SERVICE, "", "does not say why");
    check_error(refusal("dynamodb", 400, "<x/>"), SESSION_ERR_SERVICE, "", "does not say why");
    check_error(refusal("s3", 400, "<Error/>"), SESSION_ERR_SERVICE, "", "does not say why");
    header(1, "X-Amzn-ErrorType", "InHeader:http://internal.amazon.com/coral/");
    check_error(refusal("lambda", 404, "{\"__type\":\"other\",\"Message\":\"m\"}"), SESSION_ERR_SERVICE, "InHeader", "m");
    check_error(refusal("lambda", 404, ""), SESSION_ERR_SERVICE, "InHeader", "");
}

TEST(without_a_body)
{
    static const struct {
        int status;
        const char *code;
    } of_s3[] = {{304, "NotModified"},
                 {400, "BadRequest"},
                 {403, "Forbidden"},
                 {404, "NotFound"},
                 {405, "MethodNotAllowed"},
                 {409, "Conflict"},
                 {412, "PreconditionFailed"},
                 {416, "RequestedRangeNotSatisfiable"},
                 {429, "TooManyRequests"},
                 {500, "InternalServerError"},
                 {501, "NotImplemented"},
                 {503, "ServiceUnavailable"},
                 {418, "UnknownError"}};

    header(0, "x-amz-request-id", "R");
    for (size_t i = 0; i < sizeof of_s3 / sizeof *of_s3; i++) {
        session_error_t *error = refusal("s3", of_s3[i].status, "");
        CHECK_STR(session_error_request_id(error), "R");
        check_error(error, SESSION_ERR_SERVICE, of_s3[i].code, "");
    }
    check_error(refusal("s3", 404, " \r\n "), SESSION_ERR_SERVICE, "NotFound", "");
    check_error(refusal("sts", 500, ""), SESSION_ERR_SERVICE, "", "no body");
    check_error(refusal("ec2", 400, "\n"), SESSION_ERR_SERVICE, "", "no body");
    check_error(refusal("dynamodb", 500, ""), SESSION_ERR_SERVICE, "", "no body");
}

TEST(head)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);

    header(0, "x-amz-request-id", "R");
    header(1, "x-amz-id-2", "H");
    fake_answer(&fake, 404, "");
    for (int i = 0; i < 2; i++) {
        session_error_t *error = fake_fail(fake_request(client, i ? "HeadBucket" : "HeadObject", "HEAD",
                                                        i ? "/{Bucket}" : "/{Bucket}/{Key+}",
                                                        "{\"Bucket\":\"bucket\",\"Key\":\"k\"}"));
        CHECK_STR(fake.method, "HEAD");
        CHECK_STR(session_error_request_id(error), "R");
        CHECK_STR(session_error_host_id(error), "H");
        CHECK_INT(session_error_http_status(error), 404);
        check_error(error, SESSION_ERR_SERVICE, "NotFound", "");
    }
    session_client_free(client);
}

TEST(redirects_are_told_and_not_followed)
{
    static const char *const services[] = {"s3", "sts", "ec2", "dynamodb", "lambda"};
    static const int statuses[] = {301, 302, 303, 307, 308};
    static const char *const bodies[] = {"", "<html>moved</html>",
                                         "<Error><Code>PermanentRedirect</Code><Message>moved</Message></Error>"};

    header(0, "Location", "https://evil.example/x");
    for (size_t s = 0; s < 5; s++)
        for (size_t i = 0; i < 5; i++)
            for (size_t b = 0; b < 3; b++) {
                session_error_t *error = refusal(services[s], statuses[i], bodies[b]);
                CHECK_CONTAINS(session_error_text(error), "https://evil.example/x");
                CHECK(!session_error_is_retryable(error));
                session_error_free(error);
            }
    check_error(refusal("s3", 301, bodies[2]), SESSION_ERR_SERVICE, "PermanentRedirect", "moved");
}

/* ---- Replies that no service should send */

TEST(what_is_no_error_document_is_a_serialization_error_with_the_status)
{
    static const char *const bodies[] = {
        "<html><body><h1>502 Bad Gateway</h1></body></html>",
        "<!DOCTYPE html><html><br>unclosed & loose</html>",
        "no markup at all",
        "<Error><Code>AccessDenied</Code><Mess",
        "<Error><Code>AccessDenied</Code>",
        "<Error><Code>a</Wrong></Error>",
        "<Error><Code>a</Code></Error><Error/>",
        "<Error><Code>a</Code></Error>trailing",
        "<Error><Code>&unknown;</Code></Error>",
        "<Error><Code>&#0;</Code></Error>",
        "<Error><Code>&#xD800;</Code></Error>",
        "<Error><Code>&#99999999999;</Code></Error>",
        "<Error><Code>&lt</Code></Error>",
        "</Error>",
        "<",
        "<?xml version=\"1.0\"?>",
        "<!-- only a comment -->",
        "<ListBucketResult><Code>a</Code></ListBucketResult>",
        "{\"message\":",
        "\"a string\"",
        "[1,2",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        static const char *const services[] = {"s3", "sts", "ec2"};
        for (size_t s = 0; s < 3; s++) {
            session_error_t *error = refusal(services[s], 400, bodies[i]);
            CHECK_INT(session_error_cause_count(error), 1);
            CHECK(*session_error_message(session_error_cause(error, 0)) != 0);
            CHECK(!session_error_is_retryable(error));
            check_error(error, SESSION_ERR_SERVICE, "SerializationError", "failed to unmarshal error message");
        }
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const wrong[] = {"<html/>", "{\"a\":", "text", "{\"a\":1}x"};
        session_error_t *error = refusal("dynamodb", 400, wrong[i]);
        if (i > 0)
            check_error(error, SESSION_ERR_SERVICE, "SerializationError", "failed to unmarshal error message");
        else
            session_error_free(error);
    }
}

TEST(a_status_that_may_pass_is_worth_another_try_whatever_the_body)
{
    static const int statuses[] = {500, 502, 503, 504, 429};

    for (size_t i = 0; i < 5; i++) {
        session_error_t *error = refusal("s3", statuses[i], "<html>Bad Gateway</html>");
        CHECK(session_error_is_retryable(error));
        session_error_free(error);
        error = refusal("dynamodb", statuses[i], "");
        CHECK(session_error_is_retryable(error));
        session_error_free(error);
    }
}

TEST(a_code_that_may_pass_is_worth_another_try_whatever_the_status)
{
    static const struct {
        const char *service;
        int status;
        const char *body;
        bool retryable;
    } cases[] = {{"dynamodb", 400, "{\"__type\":\"ThrottlingException\"}", true},
                 {"dynamodb", 400, "{\"__type\":\"ProvisionedThroughputExceededException\"}", true},
                 {"dynamodb", 400, "{\"__type\":\"ValidationException\"}", false},
                 {"s3", 400, "<Error><Code>RequestTimeout</Code></Error>", true},
                 {"s3", 400, "<Error><Code>ExpiredToken</Code></Error>", true},
                 {"s3", 403, "<Error><Code>AccessDenied</Code></Error>", false},
                 {"s3", 501, "<Error><Code>NotImplemented</Code></Error>", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_error_t *error = refusal(cases[i].service, cases[i].status, cases[i].body);
        CHECK_INT(session_error_is_retryable(error), cases[i].retryable);
        session_error_free(error);
    }
}

static char *nested(const char *open, const char *close, int depth, const char *inner)
{
    size_t one = strlen(open), other = strlen(close);
    char *text = malloc((one + other) * (size_t)depth + strlen(inner) + 1), *at = text;

    for (int i = 0; i < depth; i++, at += one)
        memcpy(at, open, one);
    strcpy(at, inner);
    at += strlen(inner);
    for (int i = 0; i < depth; i++, at += other)
        memcpy(at, close, other);
    *at = 0;
    return text;
}

TEST(nesting_has_an_end)
{
    static const struct {
        const char *service, *open, *close, *inner;
    } kinds[] = {{"s3", "<Error>", "</Error>", "<Code>Deep</Code>"},
                 {"s3", "<Error>", "", ""},
                 {"dynamodb", "{\"a\":", "}", "{\"code\":\"Deep\"}"},
                 {"dynamodb", "{\"a\":", "", "1"},
                 {"dynamodb", "[", "]", "1"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char *deep = nested(kinds[i].open, kinds[i].close, 60000, kinds[i].inner);
        check_error(refusal(kinds[i].service, 400, deep), SESSION_ERR_SERVICE, "SerializationError", "");
        free(deep);
        if (*kinds[i].inner && *kinds[i].inner != '1') {
            deep = nested(kinds[i].open, kinds[i].close, 62, kinds[i].inner);
            check_error(refusal(kinds[i].service, 400, deep), SESSION_ERR_SERVICE, "Deep", "");
            free(deep);
            deep = nested(kinds[i].open, kinds[i].close, 65, kinds[i].inner);
            check_error(refusal(kinds[i].service, 400, deep), SESSION_ERR_SERVICE, "SerializationError", "");
            free(deep);
        }
    }
}

TEST(entities_neither_grow_nor_read_files)
{
    session_error_t *error = refusal(
        "s3", 400,
        "<?xml version=\"1.0\"?><!DOCTYPE Error [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>"
        "<Error><Code>Bomb</Code><Message>&d;</Message></Error>");

    CHECK(strlen(session_error_text(error)) < 1000);
    check_error(error, SESSION_ERR_SERVICE, "SerializationError", "");
    error = refusal("sts", 400,
                    "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><ErrorResponse><Error><Code>&f;</Code></Error>"
                    "</ErrorResponse>");
    CHECK(!strstr(session_error_text(error), "root:"));
    check_error(error, SESSION_ERR_SERVICE, "SerializationError", "");
}

TEST(bytes_that_are_no_text)
{
    static const char latin[] = "<Error><Code>A\xff\xfe</Code></Error>";
    static const char nul[] = "<Error><Code>A\0B</Code><Message>m</Message></Error>";
    static const char utf16[] = "\xff\xfe<\0E\0r\0r\0o\0r\0/\0>\0";
    static const char marked[] = "\xef\xbb\xbf<Error><Code>Marked</Code><Message>m</Message></Error>";
    session_error_t *error;

    check_error(refusal_of_bytes("s3", 400, latin, sizeof latin - 1), SESSION_ERR_SERVICE, "SerializationError", "");
    check_error(refusal_of_bytes("dynamodb", 400, latin, sizeof latin - 1), SESSION_ERR_SERVICE, "SerializationError", "");
    check_error(refusal_of_bytes("s3", 400, utf16, sizeof utf16 - 1), SESSION_ERR_SERVICE, "SerializationError", "");
    check_error(refusal_of_bytes("s3", 400, marked, sizeof marked - 1), SESSION_ERR_SERVICE, "Marked", "m");
    error = refusal_of_bytes("s3", 400, nul, sizeof nul - 1);
    CHECK_INT(session_error_status(error), SESSION_ERR_SERVICE);
    CHECK_CONTAINS(session_error_text(error), "status code: 400");
    session_error_free(error);
    for (int byte = 0; byte < 256; byte++) {
        char one = (char)byte;
        static const char *const services[] = {"s3", "sts", "dynamodb"};
        for (size_t s = 0; s < 3; s++) {
            error = refusal_of_bytes(services[s], 400, &one, 1);
            CHECK_INT(session_error_status(error), SESSION_ERR_SERVICE);
            session_error_free(error);
        }
    }
}

TEST(a_long_error_is_read_up_to_a_mebibyte)
{
    static const char *const services[] = {"s3", "sts", "dynamodb"};
    size_t limit = 1 << 20;
    char *body = malloc(10 * limit);

    memset(body, ' ', 10 * limit);
    memcpy(body, "<Error><Code>Long</Code></Error>", 32);
    check_error(refusal_of_bytes("s3", 400, body, limit), SESSION_ERR_SERVICE, "Long", "");
    memcpy(body, "{\"code\":\"Long\"}                 ", 32);
    check_error(refusal_of_bytes("dynamodb", 400, body, limit), SESSION_ERR_SERVICE, "Long", "");
    for (size_t i = 0; i < 3; i++) {
        session_error_t *error = refusal_of_bytes(services[i], 400, body, limit + 1);
        CHECK_INT(session_error_http_status(error), 400);
        check_error(error, SESSION_ERR_TRANSPORT, "ResponseTooLarge", "1048576 bytes");
        check_error(refusal_of_bytes(services[i], 503, body, 10 * limit), SESSION_ERR_TRANSPORT, "ResponseTooLarge", "");
    }
    memset(body, 'x', limit);
    memcpy(body, "<Error><Code>", 13);
    memcpy(body + limit - 15, "</Code></Error>", 15);
    {
        session_error_t *error = refusal_of_bytes("s3", 400, body, limit);
        CHECK_INT(strlen(session_error_code(error)), limit - 28);
        session_error_free(error);
    }
    /* A million elements take time in proportion, not more. */
    for (size_t i = 7; i + 16 < limit; i += 4)
        memcpy(body + i, "<a/>", 4);
    memcpy(body, "<Error>", 7);
    memset(body + limit - 12, ' ', 12);
    memcpy(body + limit - 9, "</Error>", 8);
    check_error(refusal_of_bytes("s3", 400, body, limit), SESSION_ERR_SERVICE, "", "");
    free(body);
}

TEST(statuses_from_one_end_to_the_other)
{
    for (int status = 300; status <= 999; status += 11) {
        session_error_t *error = refusal("s3", status, "");
        CHECK(*session_error_code(error) != 0);
        session_error_free(error);
    }
}

/* ---- Good statuses with bad news */

TEST(an_error_in_a_good_reply)
{
    static const char *const operations[] = {"CopyObject", "CompleteMultipartUpload", "UploadPartCopy"};
    session_client_t *client = fake_client(&fake, "s3", NULL);

    header(0, "x-amz-request-id", "R");
    header(1, "x-amz-id-2", "H");
    for (size_t i = 0; i < 3; i++) {
        static const char *const params = "{\"Bucket\":\"bucket\",\"Key\":\"k\"}";
        session_error_t *error;

        /* S3 sends blanks while it works. */
        fake_answer(&fake, 200, "<?xml version=\"1.0\"?>\n\n   <Error><Code>InternalError</Code><Message>again</Message></Error>");
        error = fake_fail(fake_request(client, operations[i], "PUT", "/{Bucket}/{Key+}", params));
        CHECK_INT(session_error_http_status(error), 200);
        CHECK_STR(session_error_request_id(error), "R");
        CHECK_STR(session_error_host_id(error), "H");
        CHECK(session_error_is_retryable(error));
        check_error(error, SESSION_ERR_SERVICE, "InternalError", "again");
        fake_answer(&fake, 200, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>");
        fake_succeed(fake_request(client, operations[i], "PUT", "/{Bucket}/{Key+}", params));
        fake_answer(&fake, 200, "<CopyObjectResult><ETag>e</ET");
        check_error(fake_fail(fake_request(client, operations[i], "PUT", "/{Bucket}/{Key+}", params)),
                    SESSION_ERR_SERIALIZATION, "SerializationError", "");
        fake_answer(&fake, 200, "");
        check_error(fake_fail(fake_request(client, operations[i], "PUT", "/{Bucket}/{Key+}", params)),
                    SESSION_ERR_SERIALIZATION, "SerializationError", "");
    }
    /* For an object, it is content. */
    fake_answer(&fake, 200, "<Error><Code>InternalError</Code></Error>");
    fake_succeed(request_of(client));
    session_client_free(client);
}

TEST(a_good_reply_of_the_query_protocol_must_be_xml)
{
    static const char *const bodies[] = {"<html><br></html>", "", "x", "<GetCallerIdentityResponse>", "<a>&x;</a>"};

    for (size_t i = 0; i < 5; i++) {
        session_client_t *client = fake_client(&fake, "sts", NULL);
        session_error_t *error;

        header(0, "x-amzn-requestid", "R");
        fake_answer(&fake, 200, bodies[i]);
        error = fake_fail(request_of(client));
        CHECK_INT(session_error_http_status(error), 200);
        CHECK_STR(session_error_request_id(error), "R");
        CHECK_INT(session_error_cause_count(error), 1);
        check_error(error, SESSION_ERR_SERIALIZATION, "SerializationError", "failed decoding sts response");
        session_client_free(client);
    }
}

/* ---- The error object */

TEST(the_errors_of_a_network)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_error_t *error = fake_fail(request_of(client));

    CHECK_INT(session_error_http_status(error), 0);
    CHECK_STR(session_error_request_id(error), "");
    CHECK_STR(session_error_host_id(error), "");
    CHECK(session_error_is_retryable(error));
    CHECK_INT(session_error_cause_count(error), 1);
    CHECK_STR(session_error_code(session_error_cause(error, 0)), "Down");
    CHECK_STR(session_error_message(session_error_cause(error, 0)), "the network is down");
    CHECK_INT(session_error_status(session_error_cause(error, 0)), SESSION_ERR_TRANSPORT);
    CHECK(session_error_cause(error, 1) == NULL);
    CHECK(session_error_cause(error, SIZE_MAX) == NULL);
    CHECK_STR(session_error_text(error), "RequestError: send request failed\ncaused by: Down: the network is down");
    check_error(error, SESSION_ERR_TRANSPORT, "RequestError", "send request failed");
    session_client_free(client);
}

static session_status_t timed_out(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    const session_status_t *status = user_data;

    (void)request;
    session_http_reply_set_error(reply, NULL, "as the test wants");
    return *status;
}

TEST(what_a_transport_returns_is_the_class_of_the_error)
{
    static const struct {
        int returned;
        session_status_t status;
        bool retryable;
    } cases[] = {{SESSION_ERR_TRANSPORT, SESSION_ERR_TRANSPORT, true}, {SESSION_ERR_TIMEOUT, SESSION_ERR_TIMEOUT, true},
                 {SESSION_ERR_CANCELED, SESSION_ERR_CANCELED, false},  {SESSION_OK, SESSION_ERR_TRANSPORT, true},
                 {SESSION_ERR_CONFIG, SESSION_ERR_TRANSPORT, true},    {12345, SESSION_ERR_TRANSPORT, true}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_status_t returned = (session_status_t)cases[i].returned;
        session_transport_t transport = SESSION_TRANSPORT_INIT;
        session_config_t *config = fake_config();
        session_t *session = NULL;
        session_client_t *client;
        session_error_t *error = NULL;

        transport.send = timed_out;
        transport.user_data = &returned;
        session_config_set_transport(config, &transport);
        CHECK_OK(session_new(config, &session, &error), error);
        client = fake_client_of(session, "s3");
        error = fake_fail(request_of(client));
        CHECK_INT(session_error_status(error), cases[i].status);
        CHECK_INT(session_error_is_retryable(error), cases[i].retryable);
        CHECK_CONTAINS(session_error_text(error), "as the test wants");
        session_error_free(error);
        session_client_free(client);
        session_free(session);
        session_config_free(config);
    }
}

TEST(null_is_no_error)
{
    CHECK_INT(session_error_status(NULL), SESSION_OK);
    CHECK_STR(session_error_code(NULL), "");
    CHECK_STR(session_error_message(NULL), "");
    CHECK_STR(session_error_text(NULL), "");
    CHECK_STR(session_error_request_id(NULL), "");
    CHECK_STR(session_error_host_id(NULL), "");
    CHECK_INT(session_error_http_status(NULL), 0);
    CHECK_INT(session_error_cause_count(NULL), 0);
    CHECK(session_error_cause(NULL, 0) == NULL);
    CHECK(!session_error_is_retryable(NULL));
    session_error_free(NULL);
}

TEST(the_error_is_always_written_and_never_read)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = request_of(client);
    session_response_t *response = NULL;
    session_error_t *error = (session_error_t *)&fake; /* rubbish, as in a variable that nobody set */

    fake_answer(&fake, 200, "");
    CHECK_INT(session_request_send(request, &response, &error), SESSION_OK);
    CHECK(error == NULL);
    session_response_free(response);
    response = NULL;
    error = (session_error_t *)&fake;
    CHECK_INT(session_request_send(request, &response, &error), SESSION_ERR_INVALID_STATE);
    CHECK(response == NULL);
    check_error(error, SESSION_ERR_INVALID_STATE, "InvalidState", "sent already");
    CHECK_INT(session_request_send(request, &response, NULL), SESSION_ERR_INVALID_STATE);
    session_request_free(request);
    session_client_free(client);
}

TEST(names_of_statuses)
{
    CHECK_STR(session_status_name(SESSION_OK), "SESSION_OK");
    CHECK_STR(session_status_name(SESSION_ERR_SERVICE), "SESSION_ERR_SERVICE");
    CHECK_STR(session_status_name(SESSION_ERR_INTERNAL), "SESSION_ERR_INTERNAL");
    CHECK_STR(session_status_name(-1), "SESSION_ERR_UNKNOWN");
    CHECK_STR(session_status_name(7), "SESSION_ERR_UNKNOWN");
}

TEST(no_secret_is_in_an_error)
{
    static const char *const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_error_t *error;
    session_request_t *request;

    error = fake_fail(request_of(client));
    CHECK(!strstr(session_error_text(error), secret));
    CHECK(!strstr(session_error_text(error), "Signature"));
    session_error_free(error);
    /* What is wrong with params, headers or the form may itself be secret: only its place is told. */
    CHECK_INT(session_request_new(client, "X", "GET", "/", "{\"Password\":\"hunter2\"", &request, &error),
              SESSION_ERR_INVALID_ARGUMENT);
    CHECK(!strstr(session_error_text(error), "hunter2"));
    session_error_free(error);
    session_client_free(client);
}

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN "IQoJb3JpZ2lu/SESSION+TOKEN=="
#define KEY "Y3VzdG9tZXIta2V5LW9mLTMyLWJ5dGVzLWxlbmd0aCE="
#define ECHO "signed were x-amz-security-token:" TOKEN " with " SECRET " and " KEY

static void check_no_echo(const char *text)
{
    CHECK(!strstr(text, SECRET));
    CHECK(!strstr(text, TOKEN));
    CHECK(!strstr(text, KEY));
}

TEST(what_a_service_repeats_of_the_request_is_masked)
{
    static const struct {
        const char *service, *body;
        int status;
    } cases[] = {
        {"s3", "<Error><Code>" TOKEN "</Code><Message>" ECHO "</Message><HostId>" TOKEN "</HostId></Error>", 403},
        {"s3", "<Error><Code>PermanentRedirect</Code><Message>" ECHO "</Message></Error>", 301},
        {"sts", "<ErrorResponse><Error><Message>" ECHO "</Message></Error><RequestId>" TOKEN "</RequestId></ErrorResponse>", 400},
        {"dynamodb", "{\"__type\":\"InvalidSignatureException\",\"message\":\"" ECHO "\"}", 400},
        {"lambda", "{\"message\":\"x-amz-security-token:IQoJb3JpZ2lu\\/SESSION\\u002bTOKEN==\"}", 403},
        {"lambda", "{}", 302},
    };

    for (int i = 0; i < 6; i++) {
        session_config_t *config = fake_config();
        session_credentials_t *keys = NULL;
        session_client_t *client;
        session_request_t *request;
        session_error_t *error = NULL;

        CHECK_OK(session_credentials_new_static("AKIDEXAMPLE", SECRET, TOKEN, &keys, &error), error);
        session_config_set_credentials(config, keys);
        session_credentials_free(keys);
        client = fake_client(&fake, cases[i].service, config);
        request = request_of(client);
        CHECK_OK(session_request_set_header(request, "X-Amz-Server-Side-Encryption-Customer-Key", KEY), NULL);
        fake_answer(&fake, cases[i].status, cases[i].body);
        header(0, "Location", "https://h/?X-Amz-Security-Token=IQoJb3JpZ2lu%2FSESSION%2BTOKEN%3D%3D&x=y");
        error = fake_fail(request);
        check_no_echo(session_error_text(error));
        check_no_echo(session_error_code(error));
        check_no_echo(session_error_message(error));
        check_no_echo(session_error_request_id(error));
        check_no_echo(session_error_host_id(error));
        CHECK(!strstr(session_error_text(error), "IQoJb3JpZ2lu"));
        CHECK_CONTAINS(session_error_text(error), "<redacted>");
        if (cases[i].status < 400) {
            CHECK_CONTAINS(session_error_text(error), "https://h/?X-Amz-Security-Token=<redacted>&x=y");
            check_no_echo(session_error_text(session_error_cause(error, 0)));
        }
        session_error_free(error);
        session_client_free(client);
    }
}

/* ---- Over a real socket */

/* Sends to a server that answers so. The reply must be no success. */
static session_error_t *fault(const struct fault_reply *reply)
{
    struct fault_server server;
    session_client_t *client;
    session_error_t *error;

    fault_server_start(&server, reply, 1);
    client = fault_client(&server, "s3");
    error = fake_fail(request_of(client));
    session_client_free(client);
    fault_server_stop(&server);
    CHECK(*session_error_text(error) != 0);
    return error;
}

TEST(nobody_listens)
{
    struct fault_server server = {0};
    session_client_t *client;
    session_error_t *error;

    /* A port that was free a moment ago. */
    static const struct fault_reply none[] = {FAULT_TEXT("", FAULT_CLOSE)};
    fault_server_start(&server, none, 1);
    fault_server_stop(&server);
    client = fault_client(&server, "s3");
    error = fake_fail(request_of(client));
    CHECK_CONTAINS(session_error_text(error), "127.0.0.1");
    CHECK(session_error_is_retryable(error));
    check_error(error, SESSION_ERR_TRANSPORT, "RequestError", "send request failed");
    session_client_free(client);
}

TEST(what_is_not_http)
{
    static const struct fault_reply replies[] = {
        FAULT_TEXT("", FAULT_CLOSE),
        FAULT_TEXT("", FAULT_RESET),
        FAULT_TEXT("SSH-2.0-OpenSSH_9.2p1\r\n", FAULT_CLOSE),
        FAULT_TEXT("220 smtp.example ESMTP\r\n", FAULT_CLOSE),
        FAULT_TEXT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", FAULT_CLOSE),
        FAULT_TEXT("\0\0\0\0\0\0\0\0", FAULT_CLOSE),
        FAULT_TEXT("\r\n\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("<html>hello</html>", FAULT_CLOSE),
        FAULT_TEXT("HTTP", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 ", FAULT_RESET),
        FAULT_TEXT("HTTP/1.1 abc OK\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 20 OK\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 2000 OK\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 -200 OK\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/7.3 200 OK\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", FAULT_CLOSE),
    };

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        session_error_t *error = fault(&replies[i]);
        if (session_error_status(error) != SESSION_ERR_TRANSPORT)
            fprintf(stderr, "reply %zu: %s\n", i, session_error_text(error));
        CHECK_INT(session_error_cause_count(error), 1);
        check_error(error, SESSION_ERR_TRANSPORT, "RequestError", "send request failed");
    }
}

TEST(heads_without_end)
{
    static const struct fault_reply replies[] = {
        FAULT_ENDLESS("", "x"),
        FAULT_ENDLESS("", "\r\n"),
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\n", "x-header: value\r\n"),
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\nx-header: ", "vvvvvvvvvvvvvvvvvvvvvvvvvvvv"),
        FAULT_ENDLESS("", "HTTP/1.1 100 Continue\r\n\r\n"),
        FAULT_ENDLESS("", "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n"),
    };

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        check_error(fault(&replies[i]), SESSION_ERR_TRANSPORT, "RequestError", "send request failed");
}

TEST(error_replies_that_are_cut_or_endless)
{
    static const struct {
        struct fault_reply reply;
        session_status_t status;
        const char *code;
    } cases[] = {
        {FAULT_TEXT("HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\n<Error><Code>Cut</Code>", FAULT_CLOSE),
         SESSION_ERR_TRANSPORT, ""},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\n<Error><Code>Cut</Code>", FAULT_RESET),
         SESSION_ERR_TRANSPORT, ""},
        {FAULT_TEXT("HTTP/1.1 500 X\r\n\r\n<Error><Code>ToTheEnd</Code></Error>", FAULT_CLOSE), SESSION_ERR_SERVICE,
         "ToTheEnd"},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nContent-Length: 34\r\n\r\n<Error><Code>TooShort</Code></Error>and more", FAULT_KEEP),
         SESSION_ERR_SERVICE, "SerializationError"},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Erro\r\n", FAULT_CLOSE), SESSION_ERR_TRANSPORT,
         ""},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<Error", FAULT_CLOSE), SESSION_ERR_TRANSPORT,
         ""},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n<Error", FAULT_CLOSE),
         SESSION_ERR_TRANSPORT, ""},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n22\r\n<Error><Code>Chunked</Code></Error>\r\n0\r\n\r\n",
                    FAULT_KEEP),
         SESSION_ERR_TRANSPORT, ""},
        {FAULT_TEXT("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n<Error><Code>Chunked</Code></Error>\r\n0\r\n\r\n",
                    FAULT_KEEP),
         SESSION_ERR_SERVICE, "Chunked"},
        {FAULT_ENDLESS("HTTP/1.1 500 X\r\n\r\n", "<Error><Code>Endless</Code>"), SESSION_ERR_TRANSPORT, "ResponseTooLarge"},
        {FAULT_ENDLESS("HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\n<aaa>\r\n"), SESSION_ERR_TRANSPORT,
         "ResponseTooLarge"},
        {FAULT_ENDLESS("HTTP/1.1 403 X\r\nContent-Length: 9000000000000000000\r\n\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
         SESSION_ERR_TRANSPORT, "ResponseTooLarge"},
        {FAULT_ENDLESS("HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "x-trailer: value\r\n"),
         SESSION_ERR_TRANSPORT, ""},
        {FAULT_ENDLESS("HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x=1;"), SESSION_ERR_TRANSPORT, ""},
        {FAULT_TEXT("HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", FAULT_KEEP),
         SESSION_ERR_SERVICE, "UnknownError"},
        {FAULT_TEXT("HTTP/1.1 304 X\r\nContent-Length: 1000\r\n\r\n", FAULT_KEEP), SESSION_ERR_SERVICE, "NotModified"},
        {FAULT_TEXT("HTTP/1.1 100 X\r\n\r\nHTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", FAULT_KEEP), SESSION_ERR_SERVICE,
         "NotFound"},
        {FAULT_TEXT("HTTP/1.0 404 X\r\n\r\n", FAULT_CLOSE), SESSION_ERR_SERVICE, "NotFound"},
        {FAULT_TEXT("HTTP/1.1 404\r\n\r\n", FAULT_CLOSE), SESSION_ERR_SERVICE, "NotFound"},
        {FAULT_TEXT("HTTP/1.1 403 X\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", FAULT_KEEP),
         SESSION_ERR_SERVICE, "SerializationError"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_error_t *error = fault(&cases[i].reply);
        if (session_error_status(error) != cases[i].status)
            fprintf(stderr, "case %zu: %s\n", i, session_error_text(error));
        CHECK_INT(session_error_status(error), cases[i].status);
        if (*cases[i].code)
            CHECK_STR(session_error_code(error), cases[i].code);
        session_error_free(error);
    }
}

TEST(a_server_that_answers_and_closes_before_it_has_the_body)
{
    static const struct fault_reply script[] = {
        FAULT_UNASKED("HTTP/1.1 403 X\r\nContent-Length: 33\r\n\r\n<Error><Code>Early</Code></Error>", FAULT_CLOSE)};
    size_t length = 8 << 20;
    char *body = calloc(1, length);
    struct fault_server server;
    session_client_t *client;
    session_request_t *request;
    session_error_t *error;

    fault_server_start(&server, script, 1);
    client = fault_client(&server, "s3");
    request = fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"k\"}");
    CHECK_INT(session_request_set_body(request, body, length), SESSION_OK);
    error = fake_fail(request);
    /* The kernel may throw the reply away with the connection; then it is an error of the network. */
    CHECK(strcmp(session_error_code(error), "Early") == 0 || session_error_status(error) == SESSION_ERR_TRANSPORT);
    session_error_free(error);
    session_client_free(client);
    fault_server_stop(&server);
    free(body);
}

TEST(head_over_a_socket)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 404 X\r\nContent-Length: 300\r\nx-amz-request-id: R\r\n\r\n", FAULT_KEEP)};
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, 1);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 3; i++) {
        session_error_t *error = fake_fail(
            fake_request(client, "HeadObject", "HEAD", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"k\"}"));
        CHECK_STR(session_error_request_id(error), "R");
        check_error(error, SESSION_ERR_SERVICE, "NotFound", "");
    }
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.requests, 3);
    CHECK_INT(server.connections, 1);
}
