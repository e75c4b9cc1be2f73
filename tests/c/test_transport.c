/* The host's own transport: what it is given, what it answers, and what becomes of its data. */
#include "check.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define TIME INT64_C(1577934245) /* 2020-01-02T03:04:05Z */

/* A transport that keeps what it is given, and answers as it is told. */
struct server {
    pthread_mutex_t lock;
    int calls, freed;
    session_status_t (*answer)(session_http_reply_t *reply);
    session_purpose_t purpose;
    char method[16], scheme[16], host[128], target[512], body[64];
    size_t body_length;
    int64_t announced;
    struct { char name[64], value[512]; } headers[16];
    size_t header_count;
};

static session_status_t nothing_found(session_http_reply_t *reply)
{
    return session_http_reply_set_status(reply, 200);
}

static void read_body(struct server *server, session_http_request_t *request)
{
    size_t length = 1;

    server->body_length = 0;
    while (length > 0) {
        char *end = server->body + server->body_length;
        size_t room = sizeof server->body - server->body_length;
        CHECK_OK(session_http_request_read_body(request, end, room < 4 ? room : 4, &length), NULL);
        server->body_length += length;
    }
}

static void keep(struct server *server, session_http_request_t *request)
{
    server->purpose = session_http_request_purpose(request);
    snprintf(server->method, sizeof server->method, "%s", session_http_request_method(request));
    snprintf(server->scheme, sizeof server->scheme, "%s", session_http_request_scheme(request));
    snprintf(server->host, sizeof server->host, "%s", session_http_request_host(request));
    snprintf(server->target, sizeof server->target, "%s", session_http_request_target(request));
    server->announced = session_http_request_body_length(request);
    server->header_count = session_http_request_header_count(request);
    CHECK(server->header_count <= sizeof server->headers / sizeof *server->headers);
    for (size_t i = 0; i < server->header_count; i++) {
        const char *name = session_http_request_header_name(request, i);
        const char *value = session_http_request_header_value(request, i);
        snprintf(server->headers[i].name, sizeof server->headers[i].name, "%s", name);
        snprintf(server->headers[i].value, sizeof server->headers[i].value, "%s", value);
        CHECK_STR(session_http_request_header(request, name), value); /* no name is there twice */
    }
    CHECK(session_http_request_header_name(request, server->header_count) == NULL);
    CHECK(session_http_request_header_value(request, SIZE_MAX) == NULL);
    CHECK(session_http_request_header(request, "absent") == NULL);
    CHECK(session_http_request_header(request, NULL) == NULL);
}

static session_status_t send_request(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct server *server = user_data;
    session_status_t status;

    pthread_mutex_lock(&server->lock);
    server->calls++;
    keep(server, request);
    read_body(server, request);
    status = server->answer(reply);
    pthread_mutex_unlock(&server->lock);
    return status;
}

static void freed(void *user_data)
{
    struct server *server = user_data;

    pthread_mutex_lock(&server->lock);
    server->freed++;
    pthread_mutex_unlock(&server->lock);
}

static session_transport_t table(struct server *server)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;

    transport.send = send_request;
    transport.user_data = server;
    transport.free_user_data = freed;
    return transport;
}

static int64_t fixed_clock(void *user_data)
{
    (void)user_data;
    return TIME * 1000000000;
}

static session_credentials_t *keys(void)
{
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_new_static("AKID", "SECRET", "TOKEN", &credentials, &error), error);
    return credentials;
}

static session_config_t *config_of(struct server *server)
{
    session_config_t *config = session_config_new();
    session_credentials_t *credentials = keys();
    session_transport_t transport = table(server);

    pthread_mutex_init(&server->lock, NULL);
    if (server->answer == NULL)
        server->answer = nothing_found;
    session_config_set_region(config, "us-west-2");
    session_config_set(config, "max_retries", "0");
    session_config_set_credentials(config, credentials);
    session_config_set_clock(config, fixed_clock, NULL, NULL);
    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    memset(&transport, 0xff, sizeof transport); /* it was copied */
    session_credentials_free(credentials);
    return config;
}

static session_client_t *client_of(struct server *server, const char *service)
{
    session_config_t *config = config_of(server);
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_new(config, &session, &error), error);
    CHECK_OK(session_client_new(session, service, NULL, &client, &error), error);
    session_free(session);
    session_config_free(config);
    CHECK_INT(server->freed, 0);
    return client;
}

static session_request_t *put_object(const session_client_t *client, const char *key)
{
    session_request_t *request = NULL;
    session_error_t *error = NULL;
    char params[128];

    snprintf(params, sizeof params, "{\"Bucket\": \"bucket\", \"Key\": \"%s\"}", key);
    CHECK_OK(session_request_new(client, "PutObject", "PUT", "/{Bucket}/{Key+}", params, &request, &error), error);
    return request;
}

/* The signature of what the transport got, made anew by the signer alone. */
static void check_signature(const struct server *server)
{
    session_signing_t *signing = session_signing_new("s3", "us-west-2");
    session_credentials_t *credentials = keys();
    session_credentials_value_t *value = NULL;
    session_signed_t *result = NULL;
    session_error_t *error = NULL;
    const char *authorization = "";
    char url[1024];

    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
    session_signing_set_credentials(signing, value);
    session_signing_set_time(signing, TIME);
    for (size_t i = 0; i < server->header_count; i++) {
        if (strcmp(server->headers[i].name, "Authorization") == 0)
            authorization = server->headers[i].value;
        else
            session_signing_add_header(signing, server->headers[i].name, server->headers[i].value);
    }
    snprintf(url, sizeof url, "%s://%s%s", server->scheme, server->host, server->target);
    CHECK_OK(session_sign(signing, server->method, url, &result, &error), error);
    CHECK_STR(session_signed_header(result, "Authorization"), authorization);
    session_signed_free(result);
    session_signing_free(signing);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
}

TEST(gets_exactly_what_was_signed)
{
    struct server server = {0};
    session_client_t *client = client_of(&server, "s3");
    session_request_t *request = put_object(client, "a b/..//\xc3\xa9+%/~");
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    static const char body[] = "hel\0lo world";

    session_request_set_body(request, body, sizeof body - 1);
    session_request_set_header(request, "x-amz-meta-Note", "one  two");
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(server.calls, 1);
    CHECK_INT(server.purpose, SESSION_PURPOSE_SERVICE);
    CHECK_STR(server.method, "PUT");
    CHECK_STR(server.scheme, "https");
    CHECK_STR(server.host, "bucket.s3.us-west-2.amazonaws.com");
    CHECK_STR(server.target, "/a%20b/..//%C3%A9%2B%25/~");
    CHECK_INT(server.announced, sizeof body - 1);
    CHECK_INT(server.body_length, sizeof body - 1);
    CHECK(memcmp(server.body, body, sizeof body - 1) == 0);
    check_signature(&server);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    CHECK_INT(server.freed, 1);
}

static session_status_t created(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 201);
    session_http_reply_add_header(reply, "X-First", " \t one \t");
    session_http_reply_add_header(reply, "x-amz-request-id", "R1");
    session_http_reply_add_header(reply, "X-Latin", "caf\xe9");
    session_http_reply_write(reply, "one ", 4);
    session_http_reply_write(reply, NULL, 0);
    session_http_reply_write(reply, "t\0o", 3);
    return SESSION_OK;
}

TEST(its_answer_is_the_reply)
{
    struct server server = {.answer = created};
    session_client_t *client = client_of(&server, "s3");
    session_request_t *request = put_object(client, "k");
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    const char *data = NULL;
    size_t length = 0;

    CHECK_OK(session_request_send(request, &response, &error), error);
    session_request_free(request);
    session_client_free(client);
    CHECK_INT(session_response_status(response), 201);
    CHECK_STR(session_response_header(response, "x-first"), "one");
    CHECK_STR(session_response_header(response, "X-Latin"), "caf\xef\xbf\xbd");
    CHECK(session_response_header(response, "absent") == NULL);
    CHECK_OK(session_response_body(response, 100, &data, &length, &error), error);
    CHECK_INT(length, 7);
    CHECK(memcmp(data, "one t\0o", 7) == 0);
    session_response_free(response);
}

/* A body read twice, as when a connection is lost in the middle. */
static session_status_t send_twice(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct server *server = user_data;
    size_t length = 99;
    char none;

    server->calls++;
    CHECK_OK(session_http_request_read_body(request, &none, 1, &length), NULL);
    CHECK_INT(length, 1);
    CHECK_OK(session_http_request_rewind_body(request), NULL);
    CHECK_OK(session_http_request_read_body(request, NULL, 0, &length), NULL);
    CHECK_INT(length, 0);
    length = 99;
    CHECK_INT(session_http_request_read_body(request, NULL, 1, &length), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_request_read_body(request, &none, SIZE_MAX, &length), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_request_read_body(NULL, &none, 1, &length), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_request_read_body(request, &none, 1, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(length, 99);
    read_body(server, request);
    CHECK(session_http_request_connect_timeout_ms(request) >= 1000);
    CHECK(session_http_request_read_timeout_ms(request) >= 1000);
    CHECK(session_http_request_total_timeout_ms(request) >= 1000);
    CHECK(!session_http_request_is_canceled(request));
    return session_http_reply_set_status(reply, 200);
}

TEST(a_body_can_be_read_again)
{
    struct server server = {0};
    session_config_t *config = config_of(&server), *other = session_config_new();
    session_transport_t transport = table(&server);
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    transport.send = send_twice;
    CHECK_OK(session_config_set_transport(other, &transport), NULL);
    CHECK_OK(session_new(config, &session, &error), error);
    CHECK_OK(session_client_new(session, "s3", other, &client, &error), error); /* a client's own wins */
    request = put_object(client, "k");
    session_request_set_body(request, "again", 5);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(server.calls, 1);
    CHECK_INT(server.body_length, 5);
    CHECK(memcmp(server.body, "again", 5) == 0);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    session_free(session);
    session_config_free(other);
    CHECK_INT(server.freed, 1);
    session_config_free(config);
    CHECK_INT(server.freed, 2);
}

/* A transport that another thread, or a deadline, is to stop while it waits for a reply. */
struct waiting {
    session_cancel_t *cancel;
    bool by_deadline, was_told;
};

static void *cancel_now(void *cancel)
{
    session_cancel_now(cancel);
    return NULL;
}

static session_status_t wait_until_canceled(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    static const struct timespec pause = {0, 1000000};
    struct waiting *waiting = user_data;
    pthread_t thread;

    (void)reply;
    CHECK(!session_http_request_is_canceled(request));
    if (waiting->by_deadline) {
        session_cancel_set_timeout_ms(waiting->cancel, 1);
    } else {
        CHECK_INT(pthread_create(&thread, NULL, cancel_now, waiting->cancel), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
    }
    for (int i = 0; i < 10000 && !waiting->was_told; i++) {
        nanosleep(&pause, NULL);
        waiting->was_told = session_http_request_is_canceled(request);
    }
    return SESSION_ERR_TRANSPORT;
}

static void check_told_to_stop(bool by_deadline, session_status_t status)
{
    struct server server = {0};
    struct waiting waiting = {session_cancel_new(), by_deadline, false};
    session_config_t *config = config_of(&server);
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_request_t *request;
    session_response_t *untouched = NULL;
    session_error_t *error = NULL;

    transport.send = wait_until_canceled;
    transport.user_data = &waiting;
    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    CHECK_OK(session_new(config, &session, &error), error);
    CHECK_OK(session_client_new(session, "s3", NULL, &client, &error), error);
    request = put_object(client, "k");
    CHECK_OK(session_request_set_cancel(request, waiting.cancel), NULL);
    CHECK_INT(session_request_send(request, &untouched, &error), status);
    CHECK(waiting.was_told);
    CHECK(untouched == NULL);
    CHECK_STR(session_error_code(error), "RequestCanceled");
    session_error_free(error);
    session_request_free(request);
    session_client_free(client);
    session_free(session);
    session_config_free(config);
    session_cancel_free(waiting.cancel);
}

TEST(is_told_that_the_request_was_canceled)
{
    check_told_to_stop(false, SESSION_ERR_CANCELED);
}

TEST(is_told_that_the_deadline_has_passed)
{
    check_told_to_stop(true, SESSION_ERR_TIMEOUT);
}

static session_status_t says_why(session_http_reply_t *reply)
{
    session_http_reply_set_error(reply, "ECONNREFUSED", "nobody is there");
    return SESSION_ERR_TRANSPORT;
}

static session_status_t says_why_and_ok(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 200);
    return session_http_reply_set_error(reply, NULL, "the rest is missing");
}

static session_status_t is_late(session_http_reply_t *reply)
{
    session_http_reply_set_error(reply, NULL, "no byte in 5 s");
    return SESSION_ERR_TIMEOUT;
}

static session_status_t is_canceled(session_http_reply_t *reply)
{
    (void)reply;
    return SESSION_ERR_CANCELED;
}

static session_status_t is_no_status(session_http_reply_t *reply)
{
    (void)reply;
    return (session_status_t)12345;
}

static session_status_t is_another_status(session_http_reply_t *reply)
{
    (void)reply;
    return SESSION_ERR_CONFIG;
}

static session_status_t says_nothing(session_http_reply_t *reply)
{
    return session_http_reply_write(reply, "body", 4);
}

static session_status_t bad_status(session_http_reply_t *reply)
{
    CHECK_INT(session_http_reply_set_status(reply, 1000), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_reply_set_status(reply, -200), SESSION_ERR_INVALID_ARGUMENT);
    return session_http_reply_set_status(reply, 99);
}

static session_status_t bad_name(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 200);
    CHECK_INT(session_http_reply_add_header(reply, "X Y", "v"), SESSION_ERR_INVALID_ARGUMENT);
    return SESSION_OK;
}

static session_status_t no_name(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 200);
    CHECK_INT(session_http_reply_add_header(reply, "", "v"), SESSION_ERR_INVALID_ARGUMENT);
    return SESSION_OK;
}

static session_status_t bad_value(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 200);
    CHECK_INT(session_http_reply_add_header(reply, "X", "one\r\nY: two"), SESSION_ERR_INVALID_ARGUMENT);
    return SESSION_OK;
}

static session_status_t no_value(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 200);
    return session_http_reply_add_header(reply, "X", NULL);
}

static session_status_t no_data(session_http_reply_t *reply)
{
    session_http_reply_set_status(reply, 200);
    CHECK_INT(session_http_reply_write(reply, NULL, 5), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_reply_write(NULL, "x", 1), SESSION_ERR_INVALID_ARGUMENT);
    return SESSION_OK;
}

TEST(what_is_no_reply_is_an_error_that_says_why)
{
    static const struct { session_status_t (*answer)(session_http_reply_t *); session_status_t status; const char *why; } cases[] = {
        {says_why, SESSION_ERR_TRANSPORT, "ECONNREFUSED: nobody is there"},
        {says_why_and_ok, SESSION_ERR_TRANSPORT, "the rest is missing"},
        {is_late, SESSION_ERR_TIMEOUT, "no byte in 5 s"},
        {is_canceled, SESSION_ERR_CANCELED, "SESSION_ERR_CANCELED (62) and set no error"},
        {is_no_status, SESSION_ERR_TRANSPORT, "SESSION_ERR_UNKNOWN (12345) and set no error"},
        {is_another_status, SESSION_ERR_TRANSPORT, "SESSION_ERR_CONFIG (20) and set no error"},
        {says_nothing, SESSION_ERR_TRANSPORT, "no HTTP status"},
        {bad_status, SESSION_ERR_TRANSPORT, "`status` is 1000"},
        {bad_name, SESSION_ERR_TRANSPORT, "`name` is \"X Y\""},
        {no_name, SESSION_ERR_TRANSPORT, "`name` is \"\""},
        {bad_value, SESSION_ERR_TRANSPORT, "line break"},
        {no_value, SESSION_ERR_TRANSPORT, "`value` is NULL"},
        {no_data, SESSION_ERR_TRANSPORT, "`data` is NULL"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server = {.answer = cases[i].answer};
        session_client_t *client = client_of(&server, "s3");
        session_request_t *request = put_object(client, "k");
        session_response_t *untouched = NULL;
        session_error_t *error = NULL;
        CHECK_INT(session_request_send(request, &untouched, &error), cases[i].status);
        CHECK(untouched == NULL);
        CHECK_STR(session_error_code(error), "RequestError");
        CHECK_STR(session_error_message(error), "send request failed");
        CHECK_INT(session_error_cause_count(error), 1);
        CHECK_CONTAINS(session_error_text(session_error_cause(error, 0)), cases[i].why);
        CHECK_INT(session_error_is_retryable(error), cases[i].status != SESSION_ERR_CANCELED);
        CHECK_INT(server.calls, 1);
        session_error_free(error);
        session_request_free(request);
        session_client_free(client);
        CHECK_INT(server.freed, 1);
    }
}

TEST(bad_tables_are_refused_and_their_data_freed)
{
    struct server server = {0};
    session_config_t *config = session_config_new();
    session_transport_t transport = table(&server);
    session_t *session = NULL;
    session_error_t *error = NULL;
    static const size_t sizes[] = {0, 1, sizeof(size_t), sizeof(session_transport_t) - 1};

    pthread_mutex_init(&server.lock, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        transport.size = sizes[i];
        CHECK_INT(session_config_set_transport(config, &transport), SESSION_ERR_INVALID_ARGUMENT);
    }
    CHECK_INT(server.freed, 0); /* there is no telling that there is data */
    CHECK_INT(session_new(config, &session, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`transport` has `size` ");
    session_error_free(error);
    transport.size = sizeof transport;
    transport.send = NULL;
    CHECK_INT(session_config_set_transport(config, &transport), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(server.freed, 1);
    CHECK_INT(session_new(config, &session, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "send");
    session_error_free(error);
    transport.send = send_request;
    CHECK_INT(session_config_set_transport(NULL, &transport), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(server.freed, 2);
    CHECK_INT(session_config_set_transport(config, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(session == NULL);
    /* A good one makes up for it, and another replaces it. */
    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    CHECK_OK(session_new(config, &session, &error), error);
    session_free(session);
    CHECK_INT(server.freed, 2);
    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    CHECK_INT(server.freed, 3);
    CHECK_OK(session_config_unset(config, "transport"), NULL);
    CHECK_INT(server.freed, 4);
    session_config_free(config);
    CHECK_INT(server.freed, 4);
}

TEST(the_data_lives_as_long_as_the_last_that_has_it)
{
    struct server server = {0};
    session_config_t *config = config_of(&server), *copy = session_config_copy(config);
    session_t *session = NULL, *other = NULL;
    session_client_t *client = NULL;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    session_config_free(config);
    CHECK_OK(session_new(copy, &session, &error), error);
    session_config_free(copy);
    CHECK_OK(session_copy(session, NULL, &other, &error), error);
    session_free(session);
    CHECK_OK(session_client_new(other, "s3", NULL, &client, &error), error);
    session_free(other);
    request = put_object(client, "k");
    session_client_free(client);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(server.freed, 0);
    session_request_free(request);
    CHECK_INT(server.freed, 1);
    CHECK_INT(session_response_status(response), 200);
    session_response_free(response);
}

static void *send_often(void *client)
{
    for (int i = 0; i < 50; i++) {
        session_request_t *request = put_object(client, "k");
        session_response_t *response = NULL;
        session_error_t *error = NULL;
        CHECK_OK(session_request_send(request, &response, &error), error);
        session_response_free(response);
        session_request_free(request);
    }
    return NULL;
}

TEST(many_threads_use_one)
{
    struct server server = {0};
    session_client_t *client = client_of(&server, "s3");
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, send_often, client), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(server.calls, 200);
    session_client_free(client);
    CHECK_INT(server.freed, 1);
}

TEST(getters_of_null)
{
    CHECK_INT(session_http_request_purpose(NULL), SESSION_PURPOSE_SERVICE);
    CHECK_STR(session_http_request_method(NULL), "");
    CHECK_STR(session_http_request_target(NULL), "");
    CHECK_INT(session_http_request_header_count(NULL), 0);
    CHECK(session_http_request_header_name(NULL, 0) == NULL);
    CHECK(session_http_request_header(NULL, "x") == NULL);
    CHECK_INT(session_http_request_body_length(NULL), 0);
    CHECK_INT(session_http_request_rewind_body(NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(session_http_request_read_timeout_ms(NULL) == UINT64_MAX);
    CHECK(!session_http_request_is_canceled(NULL));
    CHECK_INT(session_http_reply_set_status(NULL, 200), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_reply_add_header(NULL, "a", "b"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_http_reply_set_error(NULL, "a", "b"), SESSION_ERR_INVALID_ARGUMENT);
}
