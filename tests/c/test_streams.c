/*
 * Bodies by callbacks, up and down: whatever their length, however they are signed, and with callbacks that fail or lie.
 * Runs on scripted servers, and large ones beside s3s-fs (SESSION_TEST_SERVER), of SESSION_STREAM_MIB mebibytes (64).
 */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

#include <time.h>

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define UNAVAILABLE "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

/* ---- A source: bytes that tell where they stand, in pieces, to its end or to where it fails */

struct source {
    size_t length, at;
    size_t piece;   /* the most a read gives; 0: what there is room for */
    size_t fail_at; /* where reading fails; 0: nowhere */
    int reads, rewinds, frees;
    bool lies; /* says that it gave more than there was room for */
    bool cannot_rewind;
};

static unsigned char byte_at(size_t at)
{
    return (unsigned char)('a' + (at ^ at >> 7) % 26);
}

static session_status_t source_read(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    struct source *source = user_data;
    size_t count = source->length - source->at;

    CHECK(capacity > 0);
    source->reads++;
    if (source->fail_at && source->at >= source->fail_at)
        return SESSION_ERR_HANDLER;
    if (count > capacity)
        count = capacity;
    if (source->piece && count > source->piece)
        count = source->piece;
    for (size_t i = 0; i < count; i++)
        ((unsigned char *)buffer)[i] = byte_at(source->at + i);
    source->at += count;
    *length = source->lies ? capacity + 1 : count;
    return SESSION_OK;
}

static session_status_t source_rewind(void *user_data)
{
    struct source *source = user_data;

    source->rewinds++;
    if (source->cannot_rewind)
        return SESSION_ERR_HANDLER;
    source->at = 0;
    return SESSION_OK;
}

static void source_free(void *user_data)
{
    ((struct source *)user_data)->frees++;
}

static void set_stream(session_request_t *request, struct source *source, int64_t length, bool rewinds)
{
    session_body_t body = SESSION_BODY_INIT;

    body.length = length;
    body.read = source_read;
    body.rewind = rewinds ? source_rewind : NULL;
    body.user_data = source;
    body.free_user_data = source_free;
    CHECK_OK(session_request_set_body_stream(request, &body), NULL);
}

static session_request_t *put(const session_client_t *client)
{
    return fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\": \"b\", \"Key\": \"k\"}");
}

static void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    ++*(int *)user_data;
}

static session_client_t *client_with_retries(const struct fault_server *server, const char *service, int retries,
                                             int *sleeps)
{
    session_config_t *config = fault_config(server);
    session_t *session = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    session_config_set_max_retries(config, retries);
    session_config_set_s3_force_path_style(config, true);
    session_config_set_sleep(config, no_sleep, sleeps, NULL);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, service);
    session_free(session);
    return client;
}

/* One put by a client of its own, of a body whose length is told as `length`. The source is let go of once. */
static session_status_t put_once(struct fault_server *server, struct source *source, int64_t length, bool rewinds,
                                 session_payload_signing_t signing, int retries, session_error_t **error)
{
    int sleeps = 0;
    session_client_t *client = client_with_retries(server, "s3", retries, &sleeps);
    session_request_t *request = put(client);
    session_response_t *response = NULL;
    session_status_t status;

    set_stream(request, source, length, rewinds);
    CHECK_OK(session_request_set_payload_signing(request, signing), NULL);
    CHECK_INT(source->frees, 0);
    status = session_request_send(request, &response, error);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    CHECK_INT(source->frees, 1);
    return status;
}

/* Checks that the bytes of a source came, as they are. */
static void check_bytes(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++)
        CHECK_INT((unsigned char)body[i], byte_at(i));
}

static const char *body_of(const struct fault_server *server)
{
    const char *end = strstr(server->request, "\r\n\r\n");

    CHECK(end != NULL);
    return end + 4;
}

static const struct fault_reply one_good[] = {FAULT_TEXT(OK_EMPTY, FAULT_CLOSE)};

/* ---- Signed by hash, not at all, in chunks */

TEST(a_stream_that_rewinds_is_hashed_then_sent)
{
    struct fault_server server;
    const int64_t told[] = {10000, -1}; /* its length, or that it is not known */

    for (int i = 0; i < 2; i++) {
        struct source source = {.length = 10000, .piece = 777};
        session_error_t *error = NULL;

        fault_server_start(&server, one_good, 1);
        CHECK_OK(put_once(&server, &source, told[i], true, SESSION_PAYLOAD_SIGNING_AUTO, 0, &error), error);
        fault_server_stop(&server);
        CHECK_INT(source.rewinds, 1);
        CHECK_CONTAINS(server.request, "\r\nContent-Length: 10000\r\n");
        CHECK_CONTAINS(server.request, "\r\nX-Amz-Content-Sha256: 9b2ccb7e7343b593b8472dd3fcba3d7dc2ce94588f694ecb440a2b553da24d6f\r\n");
        CHECK_INT(strlen(body_of(&server)), 10000);
        check_bytes(body_of(&server), 10000);
    }
}

TEST(an_unsigned_stream_is_read_once)
{
    struct fault_server server;
    struct source source = {.length = 10000, .piece = 1};
    session_error_t *error = NULL;

    fault_server_start(&server, one_good, 1);
    CHECK_OK(put_once(&server, &source, 10000, true, SESSION_PAYLOAD_SIGNING_UNSIGNED, 0, &error), error);
    fault_server_stop(&server);
    CHECK_INT(source.rewinds, 0);
    CHECK_CONTAINS(server.request, "\r\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n");
    CHECK_CONTAINS(server.request, "\r\nContent-Length: 10000\r\n");
    CHECK(!fault_header(server.request, "expect"));
    CHECK_INT(strlen(body_of(&server)), 10000);
    check_bytes(body_of(&server), 10000);
}

/* Takes a body in HTTP's chunks apart, in place; gives its length. `*trailers` receives what follows. */
static size_t unchunk(char *body, const char **trailers)
{
    char *to = body, *from = body;

    for (;;) {
        size_t size = strtoul(from, &from, 16);

        CHECK(strncmp(from, "\r\n", 2) == 0);
        from += 2;
        if (size == 0) {
            *trailers = from;
            return (size_t)(to - body);
        }
        CHECK(strlen(from) > size);
        memmove(to, from, size);
        to += size;
        from += size;
        CHECK(strncmp(from, "\r\n", 2) == 0);
        from += 2;
    }
}

TEST(an_unsigned_stream_of_unknown_length_is_sent_in_chunks)
{
    const int64_t lengths[] = {10000, 0};

    for (int i = 0; i < 2; i++) {
        struct fault_server server;
        struct source source = {.length = (size_t)lengths[i], .piece = 3000};
        session_error_t *error = NULL;
        const char *trailers;

        fault_server_start(&server, one_good, 1);
        CHECK_OK(put_once(&server, &source, -1, false, SESSION_PAYLOAD_SIGNING_UNSIGNED, 0, &error), error);
        fault_server_stop(&server);
        CHECK_CONTAINS(server.request, "\r\nTransfer-Encoding: chunked\r\n");
        CHECK_CONTAINS(server.request, "\r\nExpect: 100-continue\r\n"); /* it may be large */
        CHECK(!fault_header(server.request, "content-length"));
        CHECK_INT(unchunk((char *)body_of(&server), &trailers), lengths[i]);
        check_bytes(body_of(&server), (size_t)lengths[i]);
        CHECK_STR(trailers, "\r\n");
    }
}

TEST(a_stream_that_is_read_once_goes_in_chunks_with_a_checksum_behind)
{
    struct fault_server server;
    struct source source = {.length = 10000, .piece = 999};
    session_error_t *error = NULL;
    const char *trailers;

    fault_server_start(&server, one_good, 1);
    CHECK_OK(put_once(&server, &source, 10000, false, SESSION_PAYLOAD_SIGNING_AUTO, 0, &error), error);
    fault_server_stop(&server);
    CHECK_CONTAINS(server.request, "\r\nX-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n");
    CHECK_CONTAINS(server.request, "\r\nX-Amz-Decoded-Content-Length: 10000\r\n");
    CHECK_CONTAINS(server.request, "\r\nX-Amz-Trailer: x-amz-checksum-crc32\r\n");
    CHECK_CONTAINS(server.request, "\r\nContent-Encoding: aws-chunked\r\n");
    CHECK_INT(strtol(fault_header(server.request, "content-length"), NULL, 10), (long)strlen(body_of(&server)));
    CHECK_INT(unchunk((char *)body_of(&server), &trailers), 10000);
    check_bytes(body_of(&server), 10000);
    CHECK_STR(trailers, "x-amz-checksum-crc32:A8Vrgw==\r\n\r\n");
}

TEST(an_empty_stream_is_a_body_of_no_bytes)
{
    const session_payload_signing_t all[] = {SESSION_PAYLOAD_SIGNING_AUTO, SESSION_PAYLOAD_SIGNING_HASH,
                                             SESSION_PAYLOAD_SIGNING_UNSIGNED};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct fault_server server;
        struct source source = {.length = 0};
        session_error_t *error = NULL;

        fault_server_start(&server, one_good, 1);
        CHECK_OK(put_once(&server, &source, 0, true, all[i], 0, &error), error);
        fault_server_stop(&server);
        CHECK_CONTAINS(server.request, "\r\nContent-Length: 0\r\n");
        CHECK_STR(body_of(&server), "");
    }
}

TEST(what_can_neither_be_hashed_nor_chunked_is_refused_unsent)
{
    struct {
        const char *service, *operation;
        int64_t length;
        int signing;
    } cases[] = {{"dynamodb", "GetItem", 10, SESSION_PAYLOAD_SIGNING_AUTO},
                 {"s3", "PutObject", 10, SESSION_PAYLOAD_SIGNING_HASH},
                 {"s3", "PutObject", -1, SESSION_PAYLOAD_SIGNING_AUTO},
                 {"s3", "PutObject", -1, SESSION_PAYLOAD_SIGNING_CHUNKED}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault_server server;
        struct source source = {.length = 10};
        session_client_t *client;
        session_request_t *request;
        session_error_t *error;

        fault_server_start(&server, one_good, 1);
        client = fault_client(&server, cases[i].service);
        request = fake_request(client, cases[i].operation, "PUT", "/k", NULL);
        set_stream(request, &source, cases[i].length, false);
        CHECK_OK(session_request_set_payload_signing(request, cases[i].signing), NULL);
        error = fake_fail(request);
        fault_server_stop(&server);
        CHECK_STR(session_error_code(error), "SerializationError");
        CHECK_INT(server.requests, 0);
        CHECK_INT(source.frees, 1);
        session_error_free(error);
        session_client_free(client);
    }
}

/* ---- Again */

static const struct fault_reply bad_then_good[] = {FAULT_TEXT(UNAVAILABLE, FAULT_CLOSE), FAULT_TEXT(OK_EMPTY, FAULT_CLOSE)};

TEST(a_stream_is_rewound_for_a_retry)
{
    const session_payload_signing_t all[] = {SESSION_PAYLOAD_SIGNING_HASH, SESSION_PAYLOAD_SIGNING_UNSIGNED,
                                             SESSION_PAYLOAD_SIGNING_CHUNKED};

    for (int i = 0; i < 3; i++) {
        struct fault_server server;
        struct source source = {.length = 10000};
        session_error_t *error = NULL;
        const char *trailers;

        fault_server_start(&server, bad_then_good, 2);
        CHECK_OK(put_once(&server, &source, 10000, true, all[i], 2, &error), error);
        fault_server_stop(&server);
        CHECK_INT(server.requests, 2);
        CHECK_INT(source.rewinds, all[i] == SESSION_PAYLOAD_SIGNING_HASH ? 2 : 1);
        if (all[i] == SESSION_PAYLOAD_SIGNING_CHUNKED) {
            CHECK_CONTAINS(server.request, "\r\nContent-Encoding: aws-chunked\r\n"); /* not twice */
            CHECK_INT(unchunk((char *)body_of(&server), &trailers), 10000);
            CHECK_STR(trailers, "x-amz-checksum-crc32:A8Vrgw==\r\n\r\n");
        } else {
            CHECK_INT(strlen(body_of(&server)), 10000);
        }
        check_bytes(body_of(&server), 10000);
    }
}

TEST(a_stream_that_is_read_once_is_sent_once)
{
    struct fault_server server;
    struct source source = {.length = 10000};
    session_error_t *error = NULL;

    fault_server_start(&server, bad_then_good, 2);
    CHECK_INT(put_once(&server, &source, 10000, false, SESSION_PAYLOAD_SIGNING_UNSIGNED, 2, &error), SESSION_ERR_SERVICE);
    fault_server_stop(&server);
    CHECK_INT(session_error_http_status(error), 503);
    CHECK_INT(server.requests, 1);
    session_error_free(error);
}

TEST(a_rewind_that_fails_ends_the_request)
{
    struct fault_server server;
    struct source source = {.length = 10000, .cannot_rewind = true};
    session_error_t *error = NULL;

    fault_server_start(&server, bad_then_good, 2);
    CHECK_INT(put_once(&server, &source, 10000, true, SESSION_PAYLOAD_SIGNING_UNSIGNED, 2, &error), SESSION_ERR_HANDLER);
    fault_server_stop(&server);
    CHECK_STR(session_error_code(error), "SerializationError"); /* Go's words, and the callback's as the cause */
    CHECK_STR(session_error_message(error), "failed to prepare body for retry");
    CHECK_STR(session_error_message(session_error_cause(error, 0)), "the body's rewind callback returned 82");
    CHECK_INT(server.requests, 1);
    session_error_free(error);
}

/* ---- Callbacks that fail or lie */

/* A put of a bad source fails for good, with the status, and `part` in what is said. */
static void check_bad(struct source bad, int64_t length, session_payload_signing_t signing, session_status_t status,
                      const char *part)
{
    struct fault_server server;
    struct source source = bad;
    session_error_t *error = NULL;

    fault_server_start(&server, one_good, 1);
    CHECK_INT(put_once(&server, &source, length, true, signing, 2, &error), status);
    fault_server_stop(&server);
    CHECK_CONTAINS(session_error_text(error), part);
    CHECK(!session_error_is_retryable(error));
    CHECK(server.requests == 0); /* none came to its end */
    CHECK(server.connections <= 1);
    session_error_free(error);
}

TEST(a_read_that_fails_ends_the_request)
{
    const struct source source = {.length = 10000, .piece = 1000, .fail_at = 5000};
    const char *said = "the body's read callback returned 82";

    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_HASH, SESSION_ERR_HANDLER, said);
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_UNSIGNED, SESSION_ERR_HANDLER, said);
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_CHUNKED, SESSION_ERR_HANDLER, said);
    check_bad(source, -1, SESSION_PAYLOAD_SIGNING_UNSIGNED, SESSION_ERR_HANDLER, said);
}

TEST(a_read_that_gives_more_than_there_is_room_for_ends_the_request)
{
    const struct source source = {.length = 10000, .lies = true};
    const char *said = "for room of";

    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_HASH, SESSION_ERR_HANDLER, said);
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_UNSIGNED, SESSION_ERR_HANDLER, said);
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_CHUNKED, SESSION_ERR_HANDLER, said);
}

TEST(a_body_that_is_too_short_is_not_sent_to_its_end)
{
    const struct source source = {.length = 9999, .piece = 1000};
    const char *said = "the body was said to have 10000 bytes, but has 9999";

    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_HASH, SESSION_ERR_INVALID_ARGUMENT, said);
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_UNSIGNED, SESSION_ERR_INVALID_ARGUMENT, said);
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_CHUNKED, SESSION_ERR_INVALID_ARGUMENT, said);
}

TEST(a_body_that_is_too_long_is_not_sent_to_its_end)
{
    const struct source source = {.length = 10001, .piece = 1000}, one = {.length = 1};

    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_HASH, SESSION_ERR_INVALID_ARGUMENT, "but has 10001");
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_UNSIGNED, SESSION_ERR_INVALID_ARGUMENT, "but has more");
    check_bad(source, 10000, SESSION_PAYLOAD_SIGNING_CHUNKED, SESSION_ERR_INVALID_ARGUMENT, "but has more");
    check_bad(one, 0, SESSION_PAYLOAD_SIGNING_UNSIGNED, SESSION_ERR_INVALID_ARGUMENT, "but has more");
    check_bad(one, 0, SESSION_PAYLOAD_SIGNING_CHUNKED, SESSION_ERR_INVALID_ARGUMENT, "but has more");
}

TEST(a_table_that_is_refused_lets_its_data_go)
{
    struct fault_server server;
    struct source source = {0};
    session_body_t body = SESSION_BODY_INIT;
    session_client_t *client;
    session_request_t *request;

    fault_server_start(&server, one_good, 1);
    client = fault_client(&server, "s3");
    request = put(client);
    body.user_data = &source;
    body.free_user_data = source_free;
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_ERR_INVALID_ARGUMENT); /* no read */
    CHECK_INT(source.frees, 1);
    body.read = source_read;
    body.length = -2;
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(source.frees, 2);
    body.length = 0;
    CHECK_INT(session_request_set_body_stream(NULL, &body), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(source.frees, 3);
    CHECK_OK(session_request_set_body_stream(request, &body), NULL);
    CHECK_OK(session_request_set_body_stream(request, &body), NULL); /* in the place of the other */
    CHECK_INT(source.frees, 4);
    session_request_free(request); /* never sent */
    CHECK_INT(source.frees, 5);
    session_client_free(client);
    fault_server_stop(&server);
}

/* ---- Large ones are asked for */

TEST(a_large_body_waits_for_the_server_s_word)
{
    struct fault_server server;
    struct source source = {.length = 3 << 20};
    session_error_t *error = NULL;

    fault_server_start(&server, one_good, 1);
    CHECK_OK(put_once(&server, &source, 3 << 20, true, SESSION_PAYLOAD_SIGNING_UNSIGNED, 0, &error), error);
    fault_server_stop(&server);
    CHECK_CONTAINS(server.request, "\r\nExpect: 100-continue\r\n");
    CHECK_INT(server.length, strstr(server.request, "\r\n\r\n") + 4 - server.request + (3 << 20));
}

TEST(a_large_body_that_is_refused_is_not_sent)
{
    static const struct fault_reply refused[] = {FAULT_UNASKED(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 72\r\n\r\n"
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        FAULT_KEEP)};
    struct fault_server server;
    struct source source = {.length = 3 << 20};
    session_error_t *error = NULL;

    fault_server_start(&server, refused, 1);
    CHECK_INT(put_once(&server, &source, 3 << 20, true, SESSION_PAYLOAD_SIGNING_UNSIGNED, 0, &error), SESSION_ERR_SERVICE);
    fault_server_stop(&server);
    CHECK_STR(session_error_code(error), "AccessDenied");
    CHECK_INT(source.at, 0);
    session_error_free(error);
}

/* ---- Progress */

struct steps {
    uint64_t sent, to_send, received, to_receive;
    int calls, restarts, frees;
};

static void on_step(uint64_t sent, uint64_t to_send, uint64_t received, uint64_t to_receive, void *user_data)
{
    struct steps *steps = user_data;

    if (steps->calls++ > 0 && sent < steps->sent)
        steps->restarts++;
    CHECK(sent <= to_send);
    CHECK(received <= to_receive);
    steps->sent = sent;
    steps->to_send = to_send;
    steps->received = received;
    steps->to_receive = to_receive;
}

static void free_steps(void *user_data)
{
    ((struct steps *)user_data)->frees++;
}

static session_status_t add_up(const void *data, size_t length, void *user_data)
{
    CHECK(data != NULL && length > 0);
    *(size_t *)user_data += length;
    return SESSION_OK;
}

TEST(progress_tells_bytes_and_totals_both_ways_and_starts_again_with_a_retry)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT(UNAVAILABLE, FAULT_CLOSE), FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_CLOSE)};
    struct fault_server server;
    struct source source = {.length = 50000, .piece = 10000};
    struct steps steps = {0};
    int sleeps = 0;
    size_t received = 0;
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    fault_server_start(&server, script, 2);
    client = client_with_retries(&server, "s3", 1, &sleeps);
    request = put(client);
    set_stream(request, &source, 50000, true);
    CHECK_OK(session_request_set_payload_signing(request, SESSION_PAYLOAD_SIGNING_UNSIGNED), NULL);
    CHECK_OK(session_request_set_progress(request, on_step, &steps, free_steps), NULL);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(steps.sent, 50000);
    CHECK_INT(steps.to_send, 50000);
    CHECK_INT(steps.received, 0);
    CHECK_INT(steps.restarts, 1);
    CHECK(steps.calls >= 10);
    session_request_free(request);
    CHECK_INT(steps.frees, 0); /* the response has it still */
    CHECK_OK(session_response_read_to(response, add_up, &received, &error), error);
    CHECK_INT(received, 5);
    CHECK_INT(steps.sent, 50000);
    CHECK_INT(steps.received, 5);
    CHECK_INT(steps.to_receive, 5);
    session_response_free(response);
    CHECK_INT(steps.frees, 1);
    session_client_free(client);
    fault_server_stop(&server);
}

TEST(progress_of_a_body_in_memory_and_of_unknown_lengths)
{
    static const struct fault_reply script[] = {FAULT_TEXT("HTTP/1.1 200 OK\r\n\r\nhello", FAULT_CLOSE)};
    struct fault_server server;
    struct steps steps = {0};
    size_t received = 0;
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    fault_server_start(&server, script, 1);
    client = fault_client(&server, "s3");
    request = put(client);
    CHECK_OK(session_request_set_body(request, "0123456789", 10), NULL);
    CHECK_OK(session_request_set_progress(request, on_step, &steps, free_steps), NULL);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(steps.sent, 10);
    CHECK_INT(steps.to_send, 10);
    CHECK_OK(session_response_read_to(response, add_up, &received, &error), error);
    CHECK_INT(steps.received, 5);
    CHECK(steps.to_receive == UINT64_MAX);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(steps.frees, 1);
}

/* Sends a body (1000 bytes if it tells no length), reads the reply, and gives the last that was told. */
static struct steps steps_of(const struct fault_reply *reply, int64_t length, session_payload_signing_t signing)
{
    struct fault_server server;
    struct source source = {.length = length < 0 ? 1000 : (size_t)length, .piece = 10000};
    struct steps steps = {0};
    size_t received = 0;
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    fault_server_start(&server, reply, 1);
    client = fault_client(&server, "s3");
    request = put(client);
    set_stream(request, &source, length, false);
    CHECK_OK(session_request_set_payload_signing(request, signing), NULL);
    CHECK_OK(session_request_set_header(request, "Expect", "100-continue"), NULL);
    CHECK_OK(session_request_set_progress(request, on_step, &steps, free_steps), NULL);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_OK(session_response_read_to(response, add_up, &received, &error), error);
    CHECK_INT(steps.received, 5);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    fault_server_stop(&server);
    return steps;
}

TEST(progress_counts_the_callers_bytes_and_those_alone_that_were_sent)
{
    static const struct fault_reply taken = FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_CLOSE),
                                    early = FAULT_UNASKED("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_CLOSE);
    struct steps steps = steps_of(&taken, 3 << 20, SESSION_PAYLOAD_SIGNING_CHUNKED);

    CHECK_INT(steps.sent, 3 << 20);
    CHECK_INT(steps.to_send, 3 << 20);
    steps = steps_of(&taken, -1, SESSION_PAYLOAD_SIGNING_UNSIGNED);
    CHECK_INT(steps.sent, 1000);
    CHECK(steps.to_send == UINT64_MAX);
    steps = steps_of(&early, 3 << 20, SESSION_PAYLOAD_SIGNING_UNSIGNED);
    CHECK_INT(steps.sent, 0);
    CHECK_INT(steps.to_send, 3 << 20);
}

/* ---- Down into a callback */

struct sink {
    size_t length, stop_at;
    session_status_t answer;
};

static session_status_t sink_write(const void *data, size_t length, void *user_data)
{
    struct sink *sink = user_data;
    const unsigned char *bytes = data;

    CHECK(length > 0);
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != byte_at(sink->length + i))
            CHECK_INT(bytes[i], byte_at(sink->length + i));
    sink->length += length;
    return sink->stop_at && sink->length >= sink->stop_at ? sink->answer : SESSION_OK;
}

static session_response_t *get(struct fault_server *server)
{
    session_client_t *client = fault_client(server, "s3");
    session_request_t *request = fake_request(client, "GetObject", "GET", "/k", NULL);
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_send(request, &response, &error), error);
    session_request_free(request);
    session_client_free(client);
    return response;
}

TEST(a_body_comes_into_a_callback_or_ends_with_its_status)
{
    static char reply[20100];
    struct fault_reply script[] = {{reply, 0, FAULT_CLOSE, NULL, false}};
    struct fault_server server;
    struct sink whole = {0}, stopping = {0, 5000, SESSION_ERR_UNSUPPORTED}, after = {0};
    session_response_t *response;
    session_error_t *error = NULL;
    size_t head = (size_t)sprintf(reply, "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n");

    for (size_t i = 0; i < 20000; i++)
        reply[head + i] = (char)byte_at(i);
    script[0].length = head + 20000;
    fault_server_start(&server, script, 1);
    response = get(&server);
    CHECK_OK(session_response_read_to(response, sink_write, &whole, &error), error);
    CHECK_INT(whole.length, 20000);
    CHECK_OK(session_response_read_to(response, sink_write, &after, &error), error); /* nothing is left */
    CHECK_INT(after.length, 0);
    session_response_free(response);

    response = get(&server);
    CHECK_INT(session_response_read_to(response, sink_write, &stopping, &error), SESSION_ERR_UNSUPPORTED);
    CHECK_CONTAINS(session_error_text(error), "the body's write callback returned 3");
    CHECK(stopping.length >= 5000);
    session_error_free(error);
    CHECK_INT(session_response_read_to(response, NULL, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_response_read_to(NULL, sink_write, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    session_response_free(response);

    script[0].length -= 1; /* cut */
    memset(&whole, 0, sizeof whole);
    response = get(&server);
    CHECK_INT(session_response_read_to(response, sink_write, &whole, &error), SESSION_ERR_TRANSPORT);
    CHECK_CONTAINS(session_error_text(error), "20000 bytes");
    session_error_free(error);
    CHECK_INT(session_response_read_to(response, sink_write, &whole, &error), SESSION_ERR_TRANSPORT); /* it stays so */
    session_error_free(error);
    session_response_free(response);
    fault_server_stop(&server);
}

/* ---- Large ones, beside s3s-fs */

#define MIB ((size_t)1 << 20)

/* Memory checkers take memory of their own, and time. */
static bool is_checked(void)
{
#ifdef __SANITIZE_ADDRESS__
    return true;
#else
    const char *preload = getenv("LD_PRELOAD");
    return preload && strstr(preload, "vgpreload");
#endif
}

static size_t large(void)
{
    const char *mebibytes = getenv("SESSION_STREAM_MIB");

    return (mebibytes ? (size_t)strtoul(mebibytes, NULL, 10) : is_checked() ? 3 : 64) * MIB;
}

/* The most memory that the process has had so far, in KiB. */
static long memory_peak(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long peak = -1;

    while (file && peak < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtol(line + 6, NULL, 10);
    if (file)
        fclose(file);
    CHECK(peak > 0);
    return peak;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A client of the server that the test runs beside, with the bucket `streams`; NULL: there is none. */
static session_client_t *s3_client(void)
{
    session_config_t *config = session_config_new();
    session_client_t *client = NULL;
    session_t *session = NULL;
    session_error_t *error = NULL;
    session_request_t *request;
    session_response_t *response = NULL;

    if (!getenv("SESSION_TEST_SERVER")) {
        puts("note: skipped what wants a server: there is none");
        session_config_free(config);
        return NULL;
    }
    session_config_set_endpoint(config, getenv("GUIDE_ENDPOINT"));
    session_config_set_s3_force_path_style(config, true);
    CHECK_OK(session_new(config, &session, &error), error);
    CHECK_OK(session_client_new(session, "s3", NULL, &client, &error), error);
    session_config_free(config);
    session_free(session);
    request = fake_request(client, "CreateBucket", "PUT", "/{Bucket}", "{\"Bucket\": \"streams\"}");
    if (session_request_send(request, &response, &error) != SESSION_OK) /* a test before this one has made it */
        CHECK_INT(session_error_http_status(error), 409);
    session_error_free(error);
    session_response_free(response);
    session_request_free(request);
    return client;
}

static session_request_t *object_request(const session_client_t *client, const char *operation, const char *method,
                                         const char *key)
{
    char params[256];

    snprintf(params, sizeof params, "{\"Bucket\": \"streams\", \"Key\": \"%s\"}", key);
    return fake_request(client, operation, method, "/{Bucket}/{Key+}", params);
}

static void put_object(const session_client_t *client, const char *key, size_t length, session_payload_signing_t signing)
{
    struct source source = {.length = length};
    session_request_t *request = object_request(client, "PutObject", "PUT", key);

    set_stream(request, &source, (int64_t)length, signing != SESSION_PAYLOAD_SIGNING_CHUNKED);
    CHECK_OK(session_request_set_payload_signing(request, signing), NULL);
    fake_succeed(request);
    CHECK_INT(source.at, (long long)length);
}

static void get_object(const session_client_t *client, const char *key, size_t length)
{
    struct sink sink = {0};
    session_request_t *request = object_request(client, "GetObject", "GET", key);
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_OK(session_response_read_to(response, sink_write, &sink, &error), error);
    CHECK_INT(sink.length, (long long)length);
    session_response_free(response);
    session_request_free(request);
}

TEST(every_way_to_sign_a_stream_is_right_to_a_server_that_verifies)
{
    session_client_t *client = s3_client();
    const size_t lengths[] = {0, 1, 65535, 65536, 65537, 3 * MIB + 1};

    if (!client)
        return;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_object(client, "hash", lengths[i], SESSION_PAYLOAD_SIGNING_HASH);
        get_object(client, "hash", lengths[i]);
        put_object(client, "unsigned", lengths[i], SESSION_PAYLOAD_SIGNING_UNSIGNED);
        get_object(client, "unsigned", lengths[i]);
        put_object(client, "chunked", lengths[i], SESSION_PAYLOAD_SIGNING_CHUNKED);
        get_object(client, "chunked", lengths[i]);
    }
    session_client_free(client);
}

TEST(a_large_body_goes_up_and_comes_down_in_little_memory)
{
    session_client_t *client = s3_client();
    long before;
    double begin;

    if (!client)
        return;
    put_object(client, "small", 1, SESSION_PAYLOAD_SIGNING_UNSIGNED); /* what every request needs is there */
    get_object(client, "small", 1);
    before = memory_peak();
    begin = seconds();
    put_object(client, "large", large(), SESSION_PAYLOAD_SIGNING_UNSIGNED);
    printf("put %zu MiB: %.2f s, %ld KiB more memory\n", large() / MIB, seconds() - begin, memory_peak() - before);
    begin = seconds();
    get_object(client, "large", large());
    printf("got %zu MiB: %.2f s, %ld KiB more memory\n", large() / MIB, seconds() - begin, memory_peak() - before);
    if (!is_checked())
        CHECK(memory_peak() - before <= 8 * 1024);
    session_client_free(client);
}

/* ---- Cancelled in the middle, from another thread */

struct halfway {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    session_cancel_t *cancel;
    bool reached, canceled;
    double at;
    size_t bytes, half;
};

static void *cancel_halfway(void *data)
{
    struct halfway *halfway = data;

    pthread_mutex_lock(&halfway->lock);
    while (!halfway->reached)
        pthread_cond_wait(&halfway->changed, &halfway->lock);
    halfway->at = seconds();
    session_cancel_now(halfway->cancel);
    halfway->canceled = true;
    pthread_cond_signal(&halfway->changed);
    pthread_mutex_unlock(&halfway->lock);
    return NULL;
}

/* Counts bytes; at the half it lets the other thread cancel, and goes on once that is done. */
static void halfway_count(struct halfway *halfway, size_t count)
{
    bool was_below = halfway->bytes < halfway->half;

    halfway->bytes += count;
    if (!was_below || halfway->bytes < halfway->half)
        return;
    pthread_mutex_lock(&halfway->lock);
    halfway->reached = true;
    pthread_cond_signal(&halfway->changed);
    while (!halfway->canceled)
        pthread_cond_wait(&halfway->changed, &halfway->lock);
    pthread_mutex_unlock(&halfway->lock);
}

static session_status_t halfway_read(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    memset(buffer, 'x', capacity);
    *length = capacity;
    halfway_count(user_data, capacity);
    return SESSION_OK;
}

static session_status_t halfway_write(const void *data, size_t length, void *user_data)
{
    (void)data;
    halfway_count(user_data, length);
    return SESSION_OK;
}

static void halfway_start(struct halfway *halfway, size_t half)
{
    memset(halfway, 0, sizeof *halfway);
    halfway->half = half;
    halfway->cancel = session_cancel_new();
    CHECK_INT(pthread_mutex_init(&halfway->lock, NULL), 0);
    CHECK_INT(pthread_cond_init(&halfway->changed, NULL), 0);
    CHECK_INT(pthread_create(&halfway->thread, NULL, cancel_halfway, halfway), 0);
}

static void halfway_end(struct halfway *halfway, session_status_t status, session_error_t *error, const char *what)
{
    double end = seconds();

    CHECK_INT(pthread_join(halfway->thread, NULL), 0);
    printf("%s cancelled at %zu MiB returned after %.1f ms\n", what, halfway->bytes / MIB, (end - halfway->at) * 1e3);
    CHECK_INT(status, SESSION_ERR_CANCELED);
    CHECK_STR(session_error_code(error), "RequestCanceled");
    CHECK(end - halfway->at < 60); /* it did not go on to its end */
    session_error_free(error);
    session_cancel_free(halfway->cancel);
}

TEST(a_put_and_a_get_that_are_cancelled_in_the_middle_return)
{
    session_client_t *client = s3_client();
    session_body_t body = SESSION_BODY_INIT;
    struct halfway halfway;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    session_status_t status;

    if (!client)
        return;
    halfway_start(&halfway, large() / 2);
    request = object_request(client, "PutObject", "PUT", "endless");
    body.length = INT64_C(1) << 40;
    body.read = halfway_read;
    body.user_data = &halfway;
    CHECK_OK(session_request_set_body_stream(request, &body), NULL);
    CHECK_OK(session_request_set_payload_signing(request, SESSION_PAYLOAD_SIGNING_UNSIGNED), NULL);
    CHECK_OK(session_request_set_cancel(request, halfway.cancel), NULL);
    status = session_request_send(request, &response, &error);
    halfway_end(&halfway, status, error, "a put");
    CHECK(response == NULL);
    session_request_free(request);

    put_object(client, "large", large(), SESSION_PAYLOAD_SIGNING_UNSIGNED);
    halfway_start(&halfway, large() / 2);
    request = object_request(client, "GetObject", "GET", "large");
    CHECK_OK(session_request_set_cancel(request, halfway.cancel), NULL);
    CHECK_OK(session_request_send(request, &response, &error), error);
    status = session_response_read_to(response, halfway_write, &halfway, &error);
    halfway_end(&halfway, status, error, "a get");
    CHECK(halfway.bytes < large());
    session_response_free(response);
    session_request_free(request);

    get_object(client, "large", large()); /* the client goes on as if nothing had been */
    session_client_free(client);
}
