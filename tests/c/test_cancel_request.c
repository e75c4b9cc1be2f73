/*
 * Requests that are cancelled, or whose deadline passes, wherever they may wait. That they wait is seen to by servers that
 * keep silent; a cancel that came too early would end them all the same. Times are printed, not judged.
 */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

#include <time.h>

#define UP ((int64_t)256 << 20) /* more than any socket takes in advance */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void pause_ms(int milliseconds)
{
    struct timespec pause = {0, milliseconds * 1000000L};

    nanosleep(&pause, NULL);
}

/* ---- A request that another thread ends */

enum end { BY_CANCEL, BY_DEADLINE };

struct call {
    enum end end;
    const char *scheme;
    unsigned port;
    bool upload, reads, retries; /* a large body goes up; the reply's is read; it waits to try again */
    /* Where the thread that cancels meets it. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool there;
    double ended_at;
    session_cancel_t *cancel;
    int attempts;
};

/* The request comes to where it waits. */
static void arrive(struct call *call)
{
    if (call->end == BY_DEADLINE) {
        call->ended_at = seconds() + 0.1;
        session_cancel_set_timeout_ms(call->cancel, 100);
        return;
    }
    pthread_mutex_lock(&call->lock);
    call->there = true;
    pthread_cond_signal(&call->changed);
    pthread_mutex_unlock(&call->lock);
}

static void on_send(session_request_t *request, void *user_data)
{
    struct call *call = user_data;

    (void)request;
    if (call->attempts++ == 0 && !call->reads && !call->retries)
        arrive(call);
}

static void on_retry(session_request_t *request, void *user_data)
{
    struct call *call = user_data;

    (void)request;
    if (call->retries)
        arrive(call);
}

static void *cancel_later(void *data)
{
    struct call *call = data;

    pthread_mutex_lock(&call->lock);
    while (!call->there)
        pthread_cond_wait(&call->changed, &call->lock);
    pthread_mutex_unlock(&call->lock);
    pause_ms(100);
    call->ended_at = seconds();
    session_cancel_now(call->cancel);
    return NULL;
}

static session_status_t read_without_end(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    (void)user_data;
    memset(buffer, 'x', capacity);
    *length = capacity;
    return SESSION_OK;
}

/* A client that would try three times, and long wait between. */
static session_client_t *patient_client(struct call *call)
{
    session_config_t *config = fake_config();
    session_t *session = NULL;
    session_client_t *client;
    session_handlers_t *handlers;
    session_error_t *error = NULL;
    char endpoint[64];

    snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:%u", call->scheme, call->port);
    session_config_set_endpoint(config, endpoint);
    session_config_set_max_retries(config, 2);
    session_config_set_retry_mode(config, "legacy"); /* takes Retry-After at its word */
    session_config_set_s3_disable_100_continue(config, true);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    handlers = session_handlers(session);
    CHECK_OK(session_handlers_push_front(handlers, SESSION_STAGE_SEND, "test", on_send, call, NULL, &error), error);
    CHECK_OK(session_handlers_push_front(handlers, SESSION_STAGE_AFTER_RETRY, "test", on_retry, call, NULL, &error), error);
    session_handlers_free(handlers);
    client = fake_client_of(session, "s3");
    session_free(session);
    return client;
}

static session_request_t *request_of(const session_client_t *client, struct call *call)
{
    session_body_t body = SESSION_BODY_INIT;
    session_request_t *request;

    if (!call->upload)
        return fake_request(client, "GetObject", "GET", "/b/k", NULL);
    request = fake_request(client, "PutObject", "PUT", "/b/k", NULL);
    body.length = UP;
    body.read = read_without_end;
    CHECK_OK(session_request_set_body_stream(request, &body), NULL);
    CHECK_OK(session_request_set_payload_signing(request, SESSION_PAYLOAD_SIGNING_UNSIGNED), NULL);
    return request;
}

static void check_ended(session_status_t status, session_error_t *error, enum end end)
{
    CHECK_INT(status, end == BY_CANCEL ? SESSION_ERR_CANCELED : SESSION_ERR_TIMEOUT);
    CHECK_STR(session_error_code(error), "RequestCanceled");
    CHECK_STR(session_error_message(error), "request context canceled");
    CHECK_CONTAINS(session_error_text(error), end == BY_CANCEL ? "context canceled" : "context deadline exceeded");
    CHECK(!session_error_is_retryable(error));
    session_error_free(error);
}

/* Sends, and reads if it is told so, until the end. */
static void run(struct call call, const char *where)
{
    session_client_t *client = patient_client(&call);
    session_request_t *request = request_of(client, &call);
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    session_status_t status;
    pthread_t thread;
    const char *body;
    size_t length;

    CHECK_INT(pthread_mutex_init(&call.lock, NULL), 0);
    CHECK_INT(pthread_cond_init(&call.changed, NULL), 0);
    call.cancel = session_cancel_new();
    CHECK_OK(session_request_set_cancel(request, call.cancel), NULL);
    if (call.end == BY_CANCEL)
        CHECK_INT(pthread_create(&thread, NULL, cancel_later, &call), 0);
    status = session_request_send(request, &response, &error);
    if (call.reads) {
        CHECK_OK(status, error);
        arrive(&call);
        status = session_response_body(response, 1 << 20, &body, &length, &error);
    }
    printf("%s: returned after %.0f ms\n", where, (seconds() - call.ended_at) * 1e3);
    if (call.end == BY_CANCEL)
        CHECK_INT(pthread_join(thread, NULL), 0);
    check_ended(status, error, call.end);
    CHECK_INT(call.attempts, 1);
    session_response_free(response);
    session_request_free(request);
    session_cancel_free(call.cancel);
    session_client_free(client);
}

/* By a cancel, and by a deadline. */
static void run_both(struct call call, const char *where)
{
    call.end = BY_CANCEL;
    run(call, where);
    call.end = BY_DEADLINE;
    run(call, where);
}

/* ---- Servers that keep silent */

/* A socket that listens, and is never asked for what comes. */
static int listen_deaf(int backlog, unsigned *port)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(listener >= 0);
    CHECK_INT(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(listener, backlog), 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* Connects until no more connections are taken: whoever comes next has to wait. */
static void fill(unsigned port, int *sockets, int count)
{
    struct sockaddr_in address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)port);
    for (int i = 0; i < count; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(sockets[i] >= 0);
        CHECK_INT(fcntl(sockets[i], F_SETFL, O_NONBLOCK), 0);
        if (connect(sockets[i], (struct sockaddr *)&address, sizeof address) != 0)
            CHECK_INT(errno, EINPROGRESS);
    }
}

TEST(while_it_connects)
{
    struct call call = {.scheme = "http"};
    int listener = listen_deaf(0, &call.port), sockets[8];

    fill(call.port, sockets, 8);
    run_both(call, "connecting");
    for (int i = 0; i < 8; i++)
        close(sockets[i]);
    close(listener);
}

TEST(while_it_agrees_on_tls)
{
    struct call call = {.scheme = "https"};
    int listener = listen_deaf(8, &call.port);

    run_both(call, "TLS handshake");
    close(listener);
}

TEST(while_its_body_goes_up)
{
    struct call call = {.scheme = "http", .upload = true};
    int listener = listen_deaf(8, &call.port);

    run_both(call, "sending a body");
    close(listener);
}

TEST(while_it_waits_for_a_reply)
{
    struct call call = {.scheme = "http"};
    int listener = listen_deaf(8, &call.port);

    run_both(call, "waiting for a reply");
    close(listener);
}

TEST(in_the_middle_of_a_head)
{
    static const struct fault_reply script[] = {FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Le", FAULT_KEEP)};
    struct fault_server server;
    struct call call = {.scheme = "http"};

    fault_server_start(&server, script, 1);
    call.port = server.port;
    run_both(call, "in a head");
    fault_server_stop(&server);
    CHECK(server.requests <= 2);
}

TEST(in_the_middle_of_a_body)
{
    static const struct fault_reply script[] = {FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", FAULT_KEEP)};
    struct fault_server server;
    struct call call = {.scheme = "http", .reads = true};

    fault_server_start(&server, script, 1);
    call.port = server.port;
    run_both(call, "in a body");
    fault_server_stop(&server);
    CHECK_INT(server.requests, 2);
}

TEST(in_the_middle_of_an_error)
{
    static const struct fault_reply script[] = {FAULT_TEXT("HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\n<Err", FAULT_KEEP)};
    struct fault_server server;
    struct call call = {.scheme = "http"};

    fault_server_start(&server, script, 1);
    call.port = server.port;
    run_both(call, "in an error's body");
    fault_server_stop(&server);
    CHECK(server.requests <= 2);
}

TEST(between_two_tries)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 503 Busy\r\nRetry-After: 999999999999\r\nContent-Length: 0\r\n\r\n", FAULT_CLOSE)};
    struct fault_server server;
    struct call call = {.scheme = "http", .retries = true};

    fault_server_start(&server, script, 1);
    call.port = server.port;
    run_both(call, "between two tries");
    fault_server_stop(&server);
    CHECK_INT(server.requests, 2); /* one each */
}

/* ---- While it gets its credentials, from a service that keeps silent or a program that does not end */

/* A session whose credentials come by an environment and a config file. */
static session_t *session_of(const char *variable, const char *file)
{
    const char *environment[] = {variable, "AWS_REGION=us-east-1", "AWS_SDK_LOAD_CONFIG=1", "AWS_CONFIG_FILE=cancel.config",
                                 "AWS_SHARED_CREDENTIALS_FILE=/nowhere"};
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_error_t *error = NULL;
    char folder[] = "/tmp/cancel.XXXXXX";
    FILE *config;

    CHECK(mkdtemp(folder) && chdir(folder) == 0);
    config = fopen("cancel.config", "w");
    CHECK(config && fputs(file, config) >= 0 && fclose(config) == 0);
    CHECK_OK(session_options_set_environment(options, environment, 5), NULL);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    session_options_free(options);
    CHECK(unlink("cancel.config") == 0 && rmdir(folder) == 0);
    return session;
}

static void *throw_at_once(void *cancel)
{
    pause_ms(100);
    session_cancel_now(cancel);
    return NULL;
}

static void run_getting(const session_t *session, enum end end, bool by_request, const char *where)
{
    session_cancel_t *cancel = session_cancel_new();
    session_error_t *error = NULL;
    session_status_t status;
    pthread_t thread;
    double begin = seconds();

    if (end == BY_CANCEL)
        CHECK_INT(pthread_create(&thread, NULL, throw_at_once, cancel), 0);
    else
        session_cancel_set_timeout_ms(cancel, 100);
    if (by_request) {
        session_client_t *client = fake_client_of(session, "s3");
        session_request_t *request = fake_request(client, "ListBuckets", "GET", "/", NULL);
        session_request_set_cancel(request, cancel);
        error = fake_fail(request);
        status = session_error_status(error);
        session_client_free(client);
    } else {
        session_credentials_t *credentials = session_credentials(session);
        session_credentials_value_t *value = NULL;
        status = session_credentials_get(credentials, 0, cancel, &value, &error);
        session_credentials_free(credentials);
    }
    printf("%s: returned after %.0f ms\n", where, (seconds() - begin) * 1e3 - 100);
    check_ended(status, error, end);
    if (end == BY_CANCEL)
        CHECK_INT(pthread_join(thread, NULL), 0);
    session_cancel_free(cancel);
}

/* What they wait for comes after a second at the earliest, with another error. */
static void run_getting_all(const char *variable, const char *file, const char *where)
{
    char text[128];
    unsigned port;
    int listener = listen_deaf(16, &port);
    session_t *session;

    snprintf(text, sizeof text, "%s=http://127.0.0.1:%u", variable, port);
    session = session_of(text, file);
    run_getting(session, BY_CANCEL, true, where);
    run_getting(session, BY_DEADLINE, true, where);
    run_getting(session, BY_CANCEL, false, where);
    run_getting(session, BY_DEADLINE, false, where);
    session_free(session);
    close(listener);
}

TEST(while_a_container_is_asked)
{
    run_getting_all("AWS_CONTAINER_CREDENTIALS_FULL_URI", "", "container");
}

TEST(while_the_metadata_service_is_asked)
{
    run_getting_all("AWS_EC2_METADATA_SERVICE_ENDPOINT", "", "metadata service");
}

TEST(while_a_role_is_assumed)
{
    run_getting_all("AWS_ENDPOINT_URL_STS",
                    "[default]\nrole_arn=arn:aws:iam::123456789012:role/rr\nsource_profile=b\n"
                    "[profile b]\naws_access_key_id=a\naws_secret_access_key=b\n",
                    "role");
}

/* Any file will do as the token: nobody reads it. */
TEST(while_a_role_is_assumed_with_a_token)
{
    run_getting_all("AWS_ENDPOINT_URL_STS",
                    "[default]\nrole_arn=arn:aws:iam::123456789012:role/rr\nweb_identity_token_file=/etc/passwd\n",
                    "web identity");
}

TEST(while_a_program_runs)
{
    run_getting_all("IGNORED", "[default]\ncredential_process = /bin/sleep 5\n", "program");
}

/* ---- While its own body is read, before there is anything to send */

/* It has no end, and takes its time. */
static session_status_t read_slowly(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    struct call *call = user_data;

    if (call->attempts++ == 0)
        arrive(call);
    pause_ms(5);
    return read_without_end(NULL, buffer, capacity < 10 ? capacity : 10, length);
}

static session_status_t rewind_nothing(void *user_data)
{
    (void)user_data;
    return SESSION_OK;
}

static void run_hashing(enum end end)
{
    struct fake fake = {.status = 200};
    struct call call = {.end = end};
    session_body_t body = SESSION_BODY_INIT;
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request = fake_request(client, "PutObject", "PUT", "/b/k", NULL);
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    session_status_t status;
    pthread_t thread;

    CHECK_INT(pthread_mutex_init(&call.lock, NULL), 0);
    CHECK_INT(pthread_cond_init(&call.changed, NULL), 0);
    call.cancel = session_cancel_new();
    body.length = -1;
    body.read = read_slowly;
    body.rewind = rewind_nothing;
    body.user_data = &call;
    CHECK_OK(session_request_set_body_stream(request, &body), NULL);
    CHECK_OK(session_request_set_cancel(request, call.cancel), NULL);
    if (end == BY_CANCEL)
        CHECK_INT(pthread_create(&thread, NULL, cancel_later, &call), 0);
    status = session_request_send(request, &response, &error);
    check_ended(status, error, end);
    printf("hashing a body: returned after %.0f ms\n", (seconds() - call.ended_at) * 1e3);
    if (end == BY_CANCEL)
        CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(fake.sends, 0);
    session_request_free(request);
    session_cancel_free(call.cancel);
    session_client_free(client);
}

TEST(while_its_body_is_read_for_the_hash)
{
    run_hashing(BY_CANCEL);
    run_hashing(BY_DEADLINE);
}

/* ---- What a transport of the program's is told */

static session_status_t note_total(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    *(uint64_t *)user_data = session_http_request_total_timeout_ms(request);
    return session_http_reply_set_status(reply, 200);
}

TEST(a_transport_is_told_what_is_left_to_the_deadline)
{
    uint64_t total = 0;
    session_config_t *config = fake_config();
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_t *session = NULL;
    session_client_t *client;
    session_request_t *request;
    session_cancel_t *cancel = session_cancel_new();
    session_error_t *error = NULL;

    transport.send = note_total;
    transport.user_data = &total;
    session_config_set_transport(config, &transport);
    CHECK_OK(session_new(config, &session, &error), error);
    client = fake_client_of(session, "s3");
    request = fake_request(client, "GetObject", "GET", "/b/k", NULL);
    session_cancel_set_timeout_ms(cancel, 3600000);
    session_request_set_cancel(request, cancel);
    fake_succeed(request);
    CHECK(total > 0 && total <= 3600000);
    request = fake_request(client, "GetObject", "GET", "/b/k", NULL);
    session_cancel_set_timeout_ms(cancel, UINT64_MAX);
    session_request_set_cancel(request, cancel);
    fake_succeed(request);
    CHECK(total == UINT64_MAX);
    session_cancel_free(cancel);
    session_client_free(client);
    session_config_free(config);
    session_free(session);
}

/* ---- Before, and after */

static const struct fault_reply good[] = {FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", FAULT_KEEP)};

TEST(what_is_cancelled_before_is_not_sent)
{
    struct fault_server server;
    session_cancel_t *cancel = session_cancel_new();
    session_client_t *client;
    session_request_t *request;

    fault_server_start(&server, good, 1);
    client = fault_client(&server, "s3");
    for (int i = 0; i < 4; i++) { /* by a deadline, then by a cancel; the same switch each time */
        session_error_t *error;

        if (i == 0)
            session_cancel_set_timeout_ms(cancel, 0);
        if (i == 2)
            session_cancel_now(cancel);
        request = fake_request(client, "GetObject", "GET", "/k", NULL);
        CHECK_OK(session_request_set_cancel(request, cancel), NULL);
        error = fake_fail(request);
        check_ended(session_error_status(error), error, i < 2 ? BY_DEADLINE : BY_CANCEL);
    }
    session_cancel_free(cancel);
    session_client_free(client);
    fault_server_stop(&server);
    CHECK_INT(server.connections, 0);
}

TEST(a_switch_that_was_not_thrown_serves_one_request_after_another)
{
    struct fault_server server;
    session_cancel_t *cancel = session_cancel_new();
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    const char *body;
    size_t length;

    fault_server_start(&server, good, 1);
    client = fault_client(&server, "s3");
    session_cancel_set_timeout_ms(cancel, 0);
    session_cancel_set_timeout_ms(cancel, 3600 * 1000); /* in the place of the one before */
    for (int i = 0; i < 3; i++) {
        request = fake_request(client, "GetObject", "GET", "/k", NULL);
        CHECK_OK(session_request_set_cancel(request, cancel), NULL);
        CHECK_OK(session_request_send(request, &response, &error), error);
        session_request_free(request);
        CHECK_OK(session_response_body(response, 100, &body, &length, &error), error);
        CHECK_STR(body, "ok");
        session_response_free(response);
    }
    /* What was read before the cancel stays; what comes after it does not come. */
    request = fake_request(client, "GetObject", "GET", "/k", NULL);
    CHECK_OK(session_request_set_cancel(request, cancel), NULL);
    CHECK_OK(session_request_send(request, &response, &error), error);
    session_request_free(request);
    session_cancel_now(cancel);
    session_cancel_free(cancel); /* the response has it still */
    CHECK_INT(session_response_body(response, 100, &body, &length, &error), SESSION_ERR_CANCELED);
    check_ended(session_error_status(error), error, BY_CANCEL);
    session_response_free(response);
    /* Without it, the next one goes on. */
    fake_succeed(fake_request(client, "GetObject", "GET", "/k", NULL));
    session_client_free(client);
    fault_server_stop(&server);
}

TEST(one_switch_ends_all_that_wait_with_it)
{
    struct call call = {.scheme = "http"};
    int listener = listen_deaf(16, &call.port);
    session_cancel_t *cancel = session_cancel_new();
    session_client_t *client = patient_client(&call);
    session_request_t *kept = fake_request(client, "GetObject", "GET", "/b/k", NULL);
    session_error_t *error;

    CHECK_OK(session_request_set_cancel(kept, cancel), NULL);
    CHECK_OK(session_request_set_cancel(kept, NULL), NULL); /* taken away */
    CHECK_INT(session_request_set_cancel(NULL, cancel), SESSION_ERR_INVALID_ARGUMENT);
    session_cancel_set_timeout_ms(cancel, 200);
    for (int i = 0; i < 3; i++) {
        session_request_t *request = fake_request(client, "GetObject", "GET", "/b/k", NULL);

        CHECK_OK(session_request_set_cancel(request, cancel), NULL);
        error = fake_fail(request);
        check_ended(session_error_status(error), error, BY_DEADLINE);
    }
    CHECK_INT(call.attempts, 1); /* the deadline was over before the others */
    session_request_free(kept);
    session_cancel_free(cancel);
    session_client_free(client);
    close(listener);
}
