/*
 * Connections that are cut after any byte, of the request or of its reply. Each request ends well or with an error that
 * says so before its deadline; bytes that are given are right; what the server has confirmed is not sent again.
 */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

#define BODY 20000 /* bytes of a large body */
#define HEAD "HTTP/1.1 200 OK\r\nx-amz-request-id: R\r\n"

static char big[BODY];

static void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    (void)user_data;
}

/* A client that tries twice, without a pause. */
static session_client_t *client_of(const struct fault_server *server)
{
    session_config_t *config = fault_config(server);
    session_t *session = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    session_config_set_max_retries(config, 1);
    session_config_set_sleep(config, no_sleep, NULL, NULL);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, "s3");
    session_free(session);
    return client;
}

/* What one call came to: `status` of all of it; the bytes, if it went well. */
struct outcome {
    session_status_t sent, status;
    char text[512];
    size_t length, requests, connections, request_length;
    char body[BODY + 1];
};

/* Sends and reads all, and checks that an error is a clear one. */
static void call(struct outcome *outcome, const struct fault_reply *script, size_t count, bool put, size_t cut)
{
    struct fault_server server;
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    session_cancel_t *cancel = session_cancel_new();
    const char *body = NULL;

    memset(outcome, 0, sizeof *outcome);
    fault_server_start(&server, script, count);
    server.cut = cut;
    client = client_of(&server);
    request = fake_request(client, put ? "PutObject" : "GetObject", put ? "PUT" : "GET", "/k", NULL);
    if (put)
        CHECK_OK(session_request_set_body(request, big, sizeof big), NULL);
    session_cancel_set_timeout_ms(cancel, 120 * 1000); /* a request that hangs fails with another status */
    CHECK_OK(session_request_set_cancel(request, cancel), NULL);
    outcome->sent = outcome->status = session_request_send(request, &response, &error);
    if (outcome->status == SESSION_OK)
        outcome->status = session_response_body(response, BODY, &body, &outcome->length, &error);
    if (outcome->status == SESSION_OK)
        memcpy(outcome->body, body, outcome->length);
    else {
        CHECK_INT(outcome->status, SESSION_ERR_TRANSPORT);
        snprintf(outcome->text, sizeof outcome->text, "%s", session_error_text(error));
        CHECK_CONTAINS(outcome->text, "127.0.0.1"); /* where */
    }
    session_response_free(response);
    session_request_free(request);
    session_error_free(error);
    session_cancel_free(cancel);
    session_client_free(client);
    fault_server_stop(&server);
    outcome->requests = server.requests;
    outcome->connections = server.connections;
    outcome->request_length = server.length;
}

static struct outcome outcome;

/* A reply that ends after `cut` of `length` bytes, the first time. */
static void cut_get(const char *reply, size_t length, size_t cut, enum fault_end end, const char *body, size_t body_length)
{
    const char *last = strstr(reply, "\r\n0\r\n"); /* of the chunks: what may follow is no body */
    size_t enough = last ? (size_t)(last + 5 - reply) : length;
    const struct fault_reply script[] = {{reply, cut, end, NULL, false}, {reply, length, FAULT_CLOSE, NULL, false}};

    call(&outcome, script, 2, false, 0);
    CHECK(outcome.requests <= 2);
    if (outcome.status == SESSION_OK) {
        CHECK_INT(outcome.length, (long long)body_length);
        CHECK(memcmp(outcome.body, body, body_length) == 0);
        CHECK(cut >= enough || outcome.requests == 2 || end == FAULT_RESET);
    }
    if (outcome.sent == SESSION_OK && outcome.status != SESSION_OK)
        CHECK_INT(outcome.requests, 1); /* its head had come: what has come since is the caller's */
}

/* Every byte, up to a hundred of a long one. */
static size_t get_all(const char *reply, size_t length, const char *body, size_t body_length)
{
    size_t step = length < 400 ? 1 : length / 100, points = 0;

    for (size_t cut = 0; cut <= length; cut += step) {
        cut_get(reply, length, cut, FAULT_CLOSE, body, body_length);
        cut_get(reply, length, cut, FAULT_RESET, body, body_length);
        points += 2;
    }
    return points;
}

TEST(a_get_whose_reply_is_cut)
{
    static const char small[] = HEAD "Content-Length: 10\r\n\r\n0123456789";
    static const char chunked[] = HEAD "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6;x=y\r\n456789\r\n0\r\n\r\n";
    static const char trailer[] = HEAD "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n";
    static char large[BODY + 256];
    size_t points, head = (size_t)sprintf(large, HEAD "Content-Length: %d\r\n\r\n", BODY);

    memset(big, 'b', sizeof big);
    memcpy(large + head, big, sizeof big);
    points = get_all(small, sizeof small - 1, "0123456789", 10);
    points += get_all(chunked, sizeof chunked - 1, "0123456789", 10);
    points += get_all(trailer, sizeof trailer - 1, "0123456789", 10);
    points += get_all(large, head + BODY, big, BODY);
    printf("%zu cuts\n", points);
    CHECK(points >= 200);
}

TEST(a_get_whose_reply_has_more_than_it_says)
{
    static const char reply[] = HEAD "Content-Length: 10\r\n\r\n0123456789HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad";
    const struct fault_reply script[] = {{reply, sizeof reply - 1, FAULT_CLOSE, NULL, false}};

    call(&outcome, script, 1, false, 0);
    CHECK_INT(outcome.status, SESSION_OK);
    CHECK_STR(outcome.body, "0123456789");
}

static const char stored[] = HEAD "ETag: \"e\"\r\nContent-Length: 10\r\n\r\n0123456789";
static const struct fault_reply store[] = {FAULT_TEXT(stored, FAULT_CLOSE)};

TEST(a_put_that_is_cut)
{
    size_t whole, points = 0;

    memset(big, 'b', sizeof big);
    call(&outcome, store, 1, true, 0);
    CHECK_INT(outcome.status, SESSION_OK);
    whole = outcome.request_length;
    CHECK(whole > BODY);
    for (size_t cut = 1; cut <= whole; cut += cut < whole - BODY ? 7 : BODY / 120, points++) {
        call(&outcome, store, 1, true, cut);
        CHECK_INT(outcome.requests, 1); /* once was enough, but for the one that was cut */
        CHECK_INT(outcome.connections, 2);
        CHECK_INT(outcome.status, SESSION_OK);
        CHECK_STR(outcome.body, "0123456789");
        CHECK_INT(outcome.request_length, (long long)whole);
    }
    printf("%zu cuts\n", points);
    CHECK(points >= 200);
}

TEST(a_put_whose_reply_is_cut)
{
    size_t head = (size_t)(strstr(stored, "\r\n\r\n") + 4 - stored);

    memset(big, 'b', sizeof big);
    for (size_t cut = 0; cut < sizeof stored; cut++) {
        struct fault_reply script[] = {{stored, cut, FAULT_CLOSE, NULL, false}, store[0]};

        call(&outcome, script, 2, true, 0);
        CHECK_INT(outcome.sent, SESSION_OK);
        CHECK_INT(outcome.requests, cut < head ? 2 : 1); /* a head that came whole has confirmed it */
        CHECK_INT(outcome.status == SESSION_OK, cut < head || cut == sizeof stored - 1);
        script[0].end = FAULT_RESET;
        call(&outcome, script, 2, true, 0);
        CHECK(outcome.requests <= 2);
    }
}
