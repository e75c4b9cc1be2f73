/* Responses: bodies read in parts, whole and up to a limit, values out of documents, headers; also over a real socket. */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

static struct fake fake;

static session_request_t *get_object(const session_client_t *client)
{
    return fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"key\"}");
}

/* Sends a request that must succeed. */
static session_response_t *sent(session_request_t *request)
{
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_send(request, &response, &error), error);
    session_request_free(request);
    return response;
}

static session_response_t *response_of_bytes(const void *body, size_t length)
{
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_response_t *response;

    fake.status = 200;
    fake.body = body;
    fake.length = length;
    response = sent(get_object(client));
    session_client_free(client);
    return response;
}

static session_response_t *response_of(const char *body)
{
    return response_of_bytes(body, strlen(body));
}

static size_t read_into(session_response_t *response, void *buffer, size_t capacity)
{
    session_error_t *error = NULL;
    size_t length = SIZE_MAX;

    CHECK_OK(session_response_read(response, buffer, capacity, &length, &error), error);
    CHECK(length <= capacity);
    return length;
}

/* The call comes first: it writes the error. */
#define CHECK_FAILURE(call, error, expected, code)                                                                     \
    do {                                                                                                               \
        session_status_t status = (call);                                                                              \
        check_failure(status, (error), (expected), (code));                                                            \
    } while (0)

static void check_failure(session_status_t status, session_error_t *error, session_status_t expected, const char *code)
{
    CHECK_INT(status, expected);
    CHECK_INT(session_error_status(error), expected);
    CHECK_STR(session_error_code(error), code);
    session_error_free(error);
}

static void check_value(session_response_t *response, const char *name, const char *expected)
{
    session_error_t *error = NULL;
    char *text = NULL;

    CHECK_OK(session_response_value(response, name, &text, &error), error);
    CHECK_STR(text, expected);
    session_string_free(text);
}

static void check_no_value(session_response_t *response, const char *name, const char *why)
{
    session_error_t *error = NULL;
    char *text = NULL;

    CHECK_INT(session_response_value(response, name, &text, &error), SESSION_ERR_SERIALIZATION);
    CHECK(text == NULL);
    CHECK_CONTAINS(session_error_text(error), why);
    session_error_free(error);
}

/* ---- Bodies */

TEST(the_whole_body)
{
    session_response_t *response = response_of("hello");
    const char *data = NULL, *again = NULL;
    size_t length = 0;
    session_error_t *error = NULL;

    CHECK_INT(session_response_status(response), 200);
    CHECK_OK(session_response_body(response, 5, &data, &length, &error), error);
    CHECK_STR(data, "hello");
    CHECK_INT(length, 5);
    CHECK_OK(session_response_body(response, SIZE_MAX, &again, NULL, &error), error);
    CHECK(again == data);
    CHECK_OK(session_response_body(response, 5, NULL, &length, &error), error);
    CHECK_INT(session_response_body(response, 5, NULL, NULL, &error), SESSION_ERR_INVALID_ARGUMENT);
    session_error_free(error);
    session_response_free(response);
}

TEST(a_body_without_bytes)
{
    session_response_t *response = response_of("");
    const char *data = NULL;
    size_t length = 9;
    char byte;
    session_error_t *error = NULL;

    CHECK_OK(session_response_body(response, 0, &data, &length, &error), error);
    CHECK_STR(data, "");
    CHECK_INT(length, 0);
    CHECK_INT(read_into(response, &byte, 1), 0);
    session_response_free(response);
    response = response_of("");
    CHECK_INT(read_into(response, &byte, 1), 0);
    CHECK_INT(read_into(response, &byte, 1), 0);
    session_response_free(response);
}

TEST(a_body_of_any_bytes)
{
    unsigned char body[1024];
    session_response_t *response;
    const char *data = NULL;
    size_t length = 0;
    session_error_t *error = NULL;

    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (unsigned char)i;
    response = response_of_bytes(body, sizeof body);
    CHECK_OK(session_response_body(response, sizeof body, &data, &length, &error), error);
    CHECK_INT(length, sizeof body);
    CHECK_INT(memcmp(data, body, length), 0);
    CHECK_INT(data[length], 0);
    session_response_free(response);
}

TEST(a_body_in_parts_of_any_size)
{
    static const char text[] = "The quick brown fox jumps over the lazy dog";

    for (size_t capacity = 1; capacity < sizeof text + 3; capacity++) {
        session_response_t *response = response_of(text);
        char whole[sizeof text + 64], part[sizeof text + 3];
        size_t length = 0, count;

        while ((count = read_into(response, part, capacity)) > 0) {
            memcpy(whole + length, part, count);
            length += count;
            CHECK(length < sizeof text);
        }
        whole[length] = 0;
        CHECK_STR(whole, text);
        CHECK_INT(read_into(response, part, capacity), 0);
        session_response_free(response);
    }
}

TEST(a_body_that_was_begun_is_read_on)
{
    session_response_t *response = response_of("hello world");
    const char *data = "untouched";
    char buffer[16] = {0}, *text = NULL;
    size_t length = 77;
    session_error_t *error = NULL;

    CHECK_INT(read_into(response, buffer, 5), 5);
    CHECK_FAILURE(session_response_body(response, 100, &data, &length, &error), error, SESSION_ERR_INVALID_STATE,
                  "InvalidState");
    CHECK_STR(data, "untouched");
    CHECK_INT(length, 77);
    CHECK_FAILURE(session_response_value(response, "x", &text, &error), error, SESSION_ERR_INVALID_STATE, "InvalidState");
    CHECK_INT(read_into(response, buffer, sizeof buffer), 6);
    CHECK_STR(buffer, " world");
    session_response_free(response);
}

TEST(a_whole_body_can_be_read_too)
{
    session_response_t *response = response_of("<a><b>1</b></a>");
    char buffer[64] = {0};
    const char *data = NULL;
    session_error_t *error = NULL;

    check_value(response, "b", "1");
    CHECK_INT(read_into(response, buffer, 3), 3);
    CHECK_STR(buffer, "<a>");
    CHECK_OK(session_response_body(response, 100, &data, NULL, &error), error);
    CHECK_STR(data, "<a><b>1</b></a>");
    CHECK_INT(read_into(response, buffer, sizeof buffer), 12);
    CHECK_INT(read_into(response, buffer, sizeof buffer), 0);
    session_response_free(response);
}

TEST(a_limit_is_kept)
{
    session_response_t *response = response_of("hello");
    const char *data = "untouched";
    size_t length = 77;
    char byte = 'x';
    session_error_t *error = NULL;

    CHECK_FAILURE(session_response_body(response, 4, &data, &length, &error), error, SESSION_ERR_TRANSPORT,
                  "ResponseTooLarge");
    CHECK_STR(data, "untouched");
    CHECK_INT(length, 77);
    /* What was thrown away can't be had later. */
    CHECK_FAILURE(session_response_body(response, 100, &data, &length, &error), error, SESSION_ERR_TRANSPORT,
                  "ResponseTooLarge");
    CHECK_FAILURE(session_response_read(response, &byte, 1, &length, &error), error, SESSION_ERR_TRANSPORT,
                  "ResponseTooLarge");
    CHECK_INT(byte, 'x');
    session_response_free(response);
    /* A body that is there is not lost to a limit. */
    response = response_of("hello");
    CHECK_OK(session_response_body(response, 5, &data, &length, &error), error);
    CHECK_FAILURE(session_response_body(response, 4, &data, &length, &error), error, SESSION_ERR_TRANSPORT,
                  "ResponseTooLarge");
    CHECK_OK(session_response_body(response, 5, &data, &length, &error), error);
    session_response_free(response);
    /* What the service announces is believed: nothing need be read. */
    fake.headers[0][0] = "Content-Length";
    fake.headers[0][1] = "18446744073709551615";
    fake.headers[1][0] = "Content-Encoding"; /* else the reply is refused for being shorter */
    fake.headers[1][1] = "x";
    response = response_of("hello");
    CHECK_FAILURE(session_response_body(response, 1000, &data, &length, &error), error, SESSION_ERR_TRANSPORT,
                  "ResponseTooLarge");
    session_response_free(response);
    /* But it is no reason to take memory. */
    response = response_of("hello");
    CHECK_OK(session_response_body(response, SIZE_MAX, &data, &length, &error), error);
    CHECK_INT(length, 5);
    session_response_free(response);
}

TEST(bad_arguments_leave_the_body)
{
    session_response_t *response = response_of("hello");
    size_t length = 77;
    char buffer[8] = {0};
    session_error_t *error = NULL;

    CHECK_FAILURE(session_response_read(response, buffer, 0, &length, &error), error, SESSION_ERR_INVALID_ARGUMENT,
                  "InvalidArgument");
    CHECK_FAILURE(session_response_read(response, NULL, 5, &length, &error), error, SESSION_ERR_INVALID_ARGUMENT,
                  "InvalidArgument");
    CHECK_FAILURE(session_response_read(response, buffer, SIZE_MAX, &length, &error), error,
                  SESSION_ERR_INVALID_ARGUMENT, "InvalidArgument");
    CHECK_FAILURE(session_response_read(response, buffer, 5, NULL, &error), error, SESSION_ERR_INVALID_ARGUMENT,
                  "InvalidArgument");
    CHECK_INT(length, 77);
    CHECK_INT(read_into(response, buffer, 5), 5);
    CHECK_STR(buffer, "hello");
    session_response_free(response);
}

/* ---- Values */

TEST(values_of_xml)
{
    session_response_t *response = response_of(
        "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- c --><n:Root xmlns:n=\"urn:x\" Attr=\"no\"><A>first</A><B><A>second</A>"
        "<C> a &lt;&#65;&#x42;&amp; </C><D><![CDATA[<raw> & ]]>tail</D><Empty/><Also></Also></B><n:P>prefixed</n:P>"
        "<M>one<X>two</X>three</M></n:Root>\n");

    check_value(response, "A", "first");
    check_value(response, "C", " a <AB& ");
    check_value(response, "D", "<raw> & tail");
    check_value(response, "Empty", "");
    check_value(response, "Also", "");
    check_value(response, "P", "prefixed");
    check_value(response, "X", "two");
    check_value(response, "M", "onethree");
    check_no_value(response, "a", "a");
    check_no_value(response, "Attr", "Attr");
    check_no_value(response, "n:P", "n:P");
    check_no_value(response, "", "");
    session_response_free(response);
}

TEST(values_of_json)
{
    session_response_t *response = response_of(
        " {\"s\": \"t\\u00e9xt\\n\", \"n\": -1.50, \"big\": 12345678901234567890, \"t\": true, \"z\": null, \"o\": {\"in\": 1, "
        "\"s\": \"inner\"}, \"l\": [{\"deep\": \"d\"}, 2], \"e\": \"\"} ");

    check_value(response, "s", "t\xc3\xa9xt\n");
    check_value(response, "n", "-1.5");
    check_value(response, "big", "12345678901234567890");
    check_value(response, "t", "true");
    check_value(response, "z", "null");
    check_value(response, "in", "1");
    check_value(response, "deep", "d");
    check_value(response, "e", "");
    check_no_value(response, "missing", "missing");
    session_response_free(response);
}

TEST(a_reply_that_is_no_document_has_no_values)
{
    static const char *const bodies[] = {"", " ", "plain text", "<a>", "<a></b>", "{", "[1,]", "<a/><b/>", "<a>&x;</a>",
                                         "{\"a\":1} {\"a\":2}", "<a x=1></a"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        session_response_t *response = response_of(bodies[i]);
        const char *data = NULL;
        session_error_t *error = NULL;

        check_no_value(response, "a", "reply");
        check_no_value(response, "a", "reply");
        /* The bytes are still to be had. */
        CHECK_OK(session_response_body(response, 100, &data, NULL, &error), error);
        CHECK_STR(data, bodies[i]);
        session_response_free(response);
    }
}

TEST(values_want_a_name)
{
    session_response_t *response = response_of("<a>1</a>");
    session_error_t *error = NULL;
    char *text = (char *)"untouched";

    CHECK_FAILURE(session_response_value(response, NULL, &text, &error), error, SESSION_ERR_INVALID_ARGUMENT,
                  "InvalidArgument");
    CHECK_FAILURE(session_response_value(response, "\xff", &text, &error), error, SESSION_ERR_INVALID_ARGUMENT,
                  "InvalidArgument");
    CHECK_STR(text, "untouched");
    check_value(response, "a", "1");
    session_response_free(response);
}

/* ---- Headers, and how long a response lives */

TEST(headers)
{
    session_response_t *response;

    fake.headers[0][0] = "X-One", fake.headers[0][1] = "  1 ";
    fake.headers[1][0] = "x-two", fake.headers[1][1] = "first";
    fake.headers[2][0] = "X-Two", fake.headers[2][1] = "second";
    fake.headers[3][0] = "X-Latin", fake.headers[3][1] = "caf\xe9";
    fake.headers[4][0] = "X-Empty", fake.headers[4][1] = "";
    response = response_of("");
    CHECK_INT(session_response_header_count(response), 5);
    CHECK_STR(session_response_header(response, "x-ONE"), "1");
    CHECK_STR(session_response_header(response, "X-Two"), "first");
    CHECK_STR(session_response_header(response, "x-latin"), "caf\xef\xbf\xbd");
    CHECK_STR(session_response_header(response, "x-empty"), "");
    CHECK(session_response_header(response, "x-none") == NULL);
    CHECK(session_response_header(response, "") == NULL);
    CHECK(session_response_header(response, NULL) == NULL);
    CHECK(session_response_header(response, "\xff") == NULL);
    CHECK_STR(session_response_header_name(response, 2), "X-Two");
    CHECK_STR(session_response_header_value(response, 2), "second");
    CHECK(session_response_header_name(response, 5) == NULL);
    CHECK(session_response_header_value(response, SIZE_MAX) == NULL);
    session_response_free(response);
}

TEST(null_is_no_response)
{
    CHECK_INT(session_response_status(NULL), 0);
    CHECK_INT(session_response_header_count(NULL), 0);
    CHECK(session_response_header(NULL, "x") == NULL);
    CHECK(session_response_header_name(NULL, 0) == NULL);
    CHECK(session_response_header_value(NULL, 0) == NULL);
    session_response_free(NULL);
}

/* ---- Over a real socket */

static session_response_t *get(const session_client_t *client)
{
    return sent(get_object(client));
}

/* What reading the rest of a body ends with. */
static session_status_t drain(session_response_t *response, size_t capacity, size_t *total, session_error_t **error)
{
    char *buffer = malloc(capacity);
    session_status_t status;
    size_t length = 0;

    *total = 0;
    do {
        status = session_response_read(response, buffer, capacity, &length, error);
        *total += status == SESSION_OK ? length : 0;
    } while (status == SESSION_OK && length > 0);
    free(buffer);
    return status;
}

TEST(every_framing_of_a_body)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_KEEP),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
                   FAULT_KEEP),
        FAULT_TEXT("HTTP/1.1 200 OK\r\ncontent-length:5\r\nConnection: close\r\n\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_KEEP),
        FAULT_TEXT("HTTP/1.1 200 OK\r\n\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.0 200 OK\r\n\r\nhello", FAULT_CLOSE),
    };
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, sizeof script / sizeof *script);
    client = fault_client(&server, "s3");
    for (size_t i = 0; i < sizeof script / sizeof *script; i++) {
        session_response_t *response = get(client);
        const char *data = NULL;
        session_error_t *error = NULL;

        CHECK_OK(session_response_body(response, 5, &data, NULL, &error), error);
        CHECK_STR(data, "hello");
        session_response_free(response);
    }
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.requests, 6);
    /* The first three on one connection, the next two on another. */
    CHECK_INT(server.connections, 3);
    CHECK_CONTAINS(server.request, "GET /bucket/key HTTP/1.1\r\n");
    CHECK_CONTAINS(server.request, "Authorization: AWS4-HMAC-SHA256 ");
}

TEST(bodies_that_are_cut_fail_and_go_on_failing)
{
    static const struct fault_reply replies[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", FAULT_RESET),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nhello", FAULT_CLOSE),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", FAULT_RESET),
    };

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        for (int whole = 0; whole < 2; whole++) {
            struct fault_server server;
            session_client_t *client;
            session_response_t *response;
            session_error_t *error = NULL;
            const char *data = NULL;
            char *text = NULL, byte;
            size_t length = 0;
            session_status_t status;

            fault_server_start(&server, &replies[i], 1);
            client = fault_client(&server, "s3");
            response = get(client);
            status = whole ? session_response_body(response, 100, &data, &length, &error)
                           : drain(response, 3, &length, &error);
            if (status == SESSION_OK)
                fprintf(stderr, "reply %zu has %zu bytes\n", i, length);
            CHECK_INT(status, SESSION_ERR_TRANSPORT);
            CHECK(length <= 5);
            CHECK(data == NULL);
            CHECK(session_error_is_retryable(error));
            CHECK(*session_error_code(error) != 0);
            session_error_free(error);
            CHECK_INT(session_response_read(response, &byte, 1, &length, NULL), SESSION_ERR_TRANSPORT);
            CHECK_INT(session_response_body(response, 100, &data, NULL, NULL), SESSION_ERR_TRANSPORT);
            CHECK_INT(session_response_value(response, "a", &text, NULL), SESSION_ERR_TRANSPORT);
            session_response_free(response);
            session_client_free(client);
            fault_server_stop(&server);
        }
}

TEST(a_body_without_end_can_be_read_and_left)
{
    static const struct fault_reply script[] = {
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10\r\n0123456789abcdef\r\n"),
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", "0123456789abcdef")};
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, 3);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 3; i++) {
        session_response_t *response = get(client);
        char buffer[4096];
        const char *data = NULL;
        session_error_t *error = NULL;

        if (i < 2) {
            size_t total = 0;
            while (total < 1 << 20) {
                size_t length = read_into(response, buffer, sizeof buffer);
                CHECK(length > 0);
                CHECK_INT(buffer[0], "0123456789abcdef"[total % 16]);
                total += length;
            }
        } else {
            CHECK_FAILURE(session_response_body(response, 1 << 20, &data, NULL, &error), error, SESSION_ERR_TRANSPORT,
                          "ResponseTooLarge");
        }
        session_response_free(response);
    }
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.connections, 3);
}

TEST(a_limit_ends_a_body_without_end)
{
    static const struct fault_reply script[] = {
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        FAULT_ENDLESS("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10\r\n0123456789abcdef\r\n")};
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, 2);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 2; i++) {
        session_response_t *response = get(client);
        const char *data = NULL;
        session_error_t *error = NULL;

        CHECK_FAILURE(session_response_body(response, 1 << 20, &data, NULL, &error), error, SESSION_ERR_TRANSPORT,
                      "ResponseTooLarge");
        session_response_free(response);
    }
    session_client_free(client);
    fault_server_stop(&server);
}

TEST(a_large_body_comes_whole)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n";
    size_t length = 8 << 20, all = sizeof head - 1 + length, total = 0;
    char *bytes = malloc(all), *expected = bytes + sizeof head - 1;
    struct fault_reply script = {NULL, 0, FAULT_KEEP, NULL, false};
    struct fault_server server;
    session_client_t *client;
    session_response_t *response;
    session_error_t *error = NULL;
    const char *data = NULL;
    char buffer[70001];

    memcpy(bytes, head, sizeof head - 1);
    for (size_t i = 0; i < length; i++)
        expected[i] = (char)(i * 2654435761u >> 13);
    script.bytes = bytes;
    script.length = all;
    fault_server_start(&server, &script, 1);
    client = fault_client(&server, "s3");
    response = get(client);
    for (size_t count; (count = read_into(response, buffer, sizeof buffer)) > 0; total += count)
        CHECK_INT(memcmp(buffer, expected + total, count), 0);
    CHECK_INT(total, length);
    session_response_free(response);
    response = get(client);
    CHECK_OK(session_response_body(response, length, &data, &total, &error), error);
    CHECK_INT(total, length);
    CHECK_INT(memcmp(data, expected, length), 0);
    session_response_free(response);
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.connections, 1);
    free(bytes);
}

TEST(a_response_that_is_not_read_costs_its_connection_alone)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_KEEP)};
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, 1);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 3; i++)
        session_response_free(get(client));
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.requests, 3);
}

TEST(what_comes_behind_a_body_is_not_the_next_reply)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", FAULT_KEEP),
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo", FAULT_KEEP)};
    struct fault_server server;
    session_client_t *client;
    session_response_t *response;
    session_error_t *error = NULL;
    const char *data = NULL;

    fault_server_start(&server, script, 2);
    client = fault_client(&server, "s3");
    response = get(client);
    CHECK_OK(session_response_body(response, 100, &data, NULL, &error), error);
    CHECK_STR(data, "one");
    session_response_free(response);
    response = get(client);
    CHECK_OK(session_response_body(response, 100, &data, NULL, &error), error);
    CHECK_STR(data, "two");
    session_response_free(response);
    session_client_free(client);
    fault_server_stop(&server);
}

TEST(a_connection_that_the_server_has_closed_is_made_anew)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_CLOSE)};
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, 1);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 3; i++) {
        session_response_t *response = get(client);
        const char *data = NULL;
        session_error_t *error = NULL;

        CHECK_OK(session_response_body(response, 5, &data, NULL, &error), error);
        session_response_free(response);
    }
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.requests, 3);
    CHECK_INT(server.connections, 3);
}

TEST(a_response_outlives_all_it_came_from)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-id: 7\r\n\r\nhello", FAULT_KEEP)};
    struct fault_server server;
    session_client_t *client;
    session_response_t *response;
    session_error_t *error = NULL;
    const char *data = NULL;

    fault_server_start(&server, script, 1);
    client = fault_client(&server, "s3");
    response = get(client);
    session_client_free(client);
    CHECK_STR(session_response_header(response, "X-Id"), "7");
    CHECK_OK(session_response_body(response, 5, &data, NULL, &error), error);
    CHECK_STR(data, "hello");
    session_response_free(response);
    fault_server_stop(&server);
}

TEST(replies_that_have_no_body_by_their_nature)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", FAULT_KEEP),
        FAULT_TEXT("HTTP/1.1 204 No Content\r\n\r\n", FAULT_KEEP),
        FAULT_TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 500\r\n\r\n", FAULT_KEEP)};
    struct fault_server server;
    session_client_t *client;

    fault_server_start(&server, script, 3);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 3; i++) {
        session_response_t *response =
            sent(fake_request(client, "HeadObject", i == 0 ? "HEAD" : "DELETE", "/{Bucket}/{Key+}",
                              "{\"Bucket\":\"bucket\",\"Key\":\"k\"}"));
        size_t length = 9;
        session_error_t *error = NULL;

        CHECK_OK(session_response_body(response, 1000, NULL, &length, &error), error);
        CHECK_INT(length, 0);
        session_response_free(response);
    }
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.connections, 1);
}
