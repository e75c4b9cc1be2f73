/* Many threads at once on what is said to be synchronised: each gets what it would get alone. */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

#include <sched.h>

#define THREADS 8
#define ROUNDS 40

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void count(int *number)
{
    pthread_mutex_lock(&lock);
    (*number)++;
    pthread_mutex_unlock(&lock);
}

static void count_release(void *user_data)
{
    count(user_data);
}

/* What all threads of a test share. */
struct shared {
    pthread_barrier_t start;
    session_t *session;
    session_client_t *client;
    session_credentials_t *credentials;
    session_handlers_t *handlers;
    int calls, frees;
};

struct thread {
    struct shared *shared;
    int index;
    void (*work)(struct shared *shared, int index);
    pthread_t id;
};

static void *run_thread(void *data)
{
    struct thread *thread = data;

    pthread_barrier_wait(&thread->shared->start);
    thread->work(thread->shared, thread->index);
    return NULL;
}

/* Runs `work` on all threads, which begin together. */
static void in_threads(struct shared *shared, void (*work)(struct shared *shared, int index))
{
    struct thread threads[THREADS];

    CHECK_INT(pthread_barrier_init(&shared->start, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++) {
        threads[i].shared = shared;
        threads[i].index = i;
        threads[i].work = work;
        CHECK_INT(pthread_create(&threads[i].id, NULL, run_thread, &threads[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i].id, NULL), 0);
    pthread_barrier_destroy(&shared->start);
}

/* Answers with what was sent: target, the header X-Mine, and the body. */
static session_status_t echo(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct shared *shared = user_data;
    const char *target = session_http_request_target(request), *mine = session_http_request_header(request, "X-Mine");
    char body[512];
    size_t length = 0;

    count(&shared->calls);
    CHECK_CONTAINS(session_http_request_header(request, "Authorization"), "Credential=AKIDEXAMPLE/20200102/us-west-2/s3/");
    session_http_reply_set_status(reply, 200);
    session_http_reply_add_header(reply, "X-Yours", mine ? mine : "none");
    session_http_reply_write(reply, target, strlen(target));
    CHECK_INT(session_http_request_read_body(request, body, sizeof body, &length), SESSION_OK);
    session_http_reply_write(reply, body, length);
    return SESSION_OK;
}

static session_t *echo_session(struct shared *shared)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_config_t *config = fake_config();
    session_t *session = NULL;
    session_error_t *error = NULL;

    transport.send = echo;
    transport.user_data = shared;
    session_config_set_transport(config, &transport);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    return session;
}

/* A request of which each thread's and round's is different. */
static session_request_t *own_request(const session_client_t *client, int index, int round)
{
    char params[128], text[32];
    session_request_t *request;

    snprintf(params, sizeof params, "{\"Bucket\":\"bucket-%d\",\"Key\":\"key %d\"}", index, round);
    snprintf(text, sizeof text, "%d-%d", index, round);
    request = fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", params);
    CHECK_INT(session_request_set_header(request, "X-Mine", text), SESSION_OK);
    CHECK_INT(session_request_set_body(request, text, strlen(text)), SESSION_OK);
    return request;
}

static void check_echo(session_response_t *response, int index, int round)
{
    char expected[128];
    const char *data = NULL;
    session_error_t *error = NULL;

    snprintf(expected, sizeof expected, "%d-%d", index, round);
    CHECK_STR(session_response_header(response, "x-yours"), expected);
    snprintf(expected, sizeof expected, "/key%%20%d%d-%d", round, index, round);
    CHECK_OK(session_response_body(response, 1000, &data, NULL, &error), error);
    CHECK_STR(data, expected);
}

static void send_many(struct shared *shared, int index)
{
    for (int round = 0; round < ROUNDS; round++) {
        session_request_t *request = own_request(shared->client, index, round);
        session_response_t *response = NULL;
        session_error_t *error = NULL;

        CHECK_OK(session_request_send(request, &response, &error), error);
        check_echo(response, index, round);
        session_response_free(response);
        session_request_free(request);
    }
}

TEST(one_client)
{
    struct shared shared = {0};

    shared.session = echo_session(&shared);
    shared.client = fake_client_of(shared.session, "s3");
    in_threads(&shared, send_many);
    CHECK_INT(shared.calls, THREADS * ROUNDS);
    session_client_free(shared.client);
    session_free(shared.session);
}

static void use_session(struct shared *shared, int index)
{
    for (int round = 0; round < ROUNDS; round++) {
        session_config_t *overrides = session_config_new(), *config = NULL;
        session_t *copy = NULL;
        session_client_t *client = NULL;
        session_credentials_t *credentials;
        session_credentials_value_t *value = NULL;
        session_error_t *error = NULL;
        char *text = NULL, region[32], endpoint[128];

        snprintf(region, sizeof region, "region-%d-%d", index, round);
        session_config_set_region(overrides, region);
        CHECK_OK(session_copy(shared->session, overrides, &copy, &error), error);
        CHECK_OK(session_client_new(copy, "ec2", NULL, &client, &error), error);
        snprintf(endpoint, sizeof endpoint, "https://ec2.%s.amazonaws.com", region);
        CHECK_STR(session_client_endpoint(client), endpoint);
        CHECK_OK(session_get_config(shared->session, &config, &error), error);
        CHECK_STR(session_config_get(config, "region"), "us-west-2");
        CHECK_OK(session_origin(copy, "region", &text, &error), error);
        CHECK_STR(text, "code");
        session_string_free(text);
        CHECK_OK(session_explain(shared->session, SESSION_EXPLAIN_JSON, &text, &error), error);
        CHECK_CONTAINS(text, "us-west-2");
        session_string_free(text);
        credentials = session_credentials(copy);
        CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
        CHECK_STR(session_credentials_value_access_key_id(value), "AKIDEXAMPLE");
        session_credentials_value_free(value);
        session_credentials_free(credentials);
        session_config_free(config);
        session_config_free(overrides);
        if (round % 2)
            session_free(copy);
        session_client_free(client);
        if (round % 2 == 0)
            session_free(copy);
    }
}

TEST(one_session)
{
    struct shared shared = {0};

    shared.session = echo_session(&shared);
    in_threads(&shared, use_session);
    session_free(shared.session);
}

static void quiet(session_request_t *request, void *user_data)
{
    (void)request;
    (void)user_data;
}

static void change_lists(struct shared *shared, int index)
{
    char name[32];

    snprintf(name, sizeof name, "of-%d", index);
    for (int round = 0; round < ROUNDS; round++) {
        session_handlers_t *copy;
        session_client_t *client;
        session_request_t *request;
        session_response_t *response = NULL;
        session_error_t *error = NULL;

        for (int i = 0; i < 3; i++)
            CHECK_INT(session_push_back(shared->session, SESSION_STAGE_RETRY, name, quiet, &shared->frees, count_release, NULL),
                      SESSION_OK);
        CHECK_INT(session_handlers_set_front(shared->handlers, SESSION_STAGE_RETRY, name, quiet, &shared->frees, count_release,
                                             NULL),
                  SESSION_OK);
        copy = session_handlers_copy(shared->handlers);
        client = fake_client_of(shared->session, "s3");
        request = own_request(client, index, round);
        session_client_free(client);
        CHECK_INT(session_handlers_remove(shared->handlers, SESSION_STAGE_RETRY, name), 3);
        CHECK_INT(session_handlers_remove(copy, SESSION_STAGE_RETRY, name), 3);
        CHECK_OK(session_request_send(request, &response, &error), error);
        check_echo(response, index, round);
        session_response_free(response);
        session_request_free(request);
        session_handlers_free(copy);
    }
}

TEST(one_list_of_handlers)
{
    struct shared shared = {0};

    shared.session = echo_session(&shared);
    shared.handlers = session_handlers(shared.session);
    in_threads(&shared, change_lists);
    CHECK_INT(session_handlers_len(shared.handlers, SESSION_STAGE_RETRY), 0);
    CHECK_INT(shared.calls, THREADS * ROUNDS);
    /* All that was pushed is freed by now, and once: clients and requests that had it are gone. */
    CHECK_INT(shared.frees, THREADS * ROUNDS * 4);
    session_handlers_free(shared.handlers);
    session_free(shared.session);
    CHECK_INT(shared.frees, THREADS * ROUNDS * 4);
}

static void push_only(struct shared *shared, int index)
{
    (void)index;
    for (int round = 0; round < ROUNDS; round++)
        CHECK_INT(session_handlers_push_back(shared->handlers, SESSION_STAGE_SEND, NULL, quiet, &shared->frees, count_release,
                                             NULL),
                  SESSION_OK);
}

TEST(no_push_is_lost)
{
    struct shared shared = {0};

    shared.handlers = session_handlers_new();
    in_threads(&shared, push_only);
    CHECK_INT(session_handlers_len(shared.handlers, SESSION_STAGE_SEND), THREADS * ROUNDS);
    CHECK_INT(shared.frees, 0);
    session_handlers_free(shared.handlers);
    CHECK_INT(shared.frees, THREADS * ROUNDS);
}

/* Gives keys that belong together by a number, and takes long enough for others to come. */
static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    struct shared *shared = user_data;
    char key[32], secret[32], token[32];
    int number;

    pthread_mutex_lock(&lock);
    number = ++shared->calls;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 100; i++)
        sched_yield();
    snprintf(key, sizeof key, "AKID%d", number);
    snprintf(secret, sizeof secret, "secret%d", number);
    snprintf(token, sizeof token, "token%d", number);
    session_provider_reply_set_expires_at(reply, INT64_MAX);
    return session_provider_reply_set_keys(reply, key, secret, token);
}

static int checked_number(const session_credentials_value_t *value)
{
    char secret[32], token[32];
    int number = atoi(session_credentials_value_access_key_id(value) + 4);

    snprintf(secret, sizeof secret, "secret%d", number);
    snprintf(token, sizeof token, "token%d", number);
    CHECK_STR(session_credentials_value_secret_access_key(value), secret);
    CHECK_STR(session_credentials_value_session_token(value), token);
    return number;
}

static void get_once(struct shared *shared, int index)
{
    session_credentials_t *own = session_credentials_copy(shared->credentials);

    (void)index;
    for (int round = 0; round < ROUNDS; round++) {
        session_credentials_value_t *value = NULL;
        session_error_t *error = NULL;

        CHECK_OK(session_credentials_get(own, 0, NULL, &value, &error), error);
        CHECK_INT(checked_number(value), 1);
        session_credentials_value_free(value);
    }
    session_credentials_free(own);
}

static session_credentials_t *provided(struct shared *shared)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    provider.retrieve = retrieve;
    provider.user_data = shared;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, &error), error);
    return credentials;
}

TEST(credentials_are_got_once_for_all)
{
    struct shared shared = {0};

    shared.credentials = provided(&shared);
    in_threads(&shared, get_once);
    CHECK_INT(shared.calls, 1);
    session_credentials_free(shared.credentials);
}

static void get_and_renew(struct shared *shared, int index)
{
    int last = 0;

    for (int round = 0; round < ROUNDS; round++) {
        session_credentials_value_t *value = NULL;
        session_error_t *error = NULL;
        int number;

        if (index == 0 && round % 4 == 0)
            session_credentials_expire(shared->credentials);
        else if (index == 1 && round % 4 == 0)
            CHECK_OK(session_credentials_refresh(shared->credentials, NULL, &error), error);
        CHECK_OK(session_credentials_get(shared->credentials, 0, NULL, &value, &error), error);
        number = checked_number(value);
        /* What is newer is never followed by what is older. */
        CHECK(number >= last);
        last = number;
        session_credentials_value_free(value);
        value = NULL;
        if (session_credentials_try_get(shared->credentials, &value, NULL) == SESSION_OK)
            checked_number(value);
        session_credentials_value_free(value);
    }
}

TEST(key_secret_and_token_belong_together_while_they_are_renewed)
{
    struct shared shared = {0};

    shared.credentials = provided(&shared);
    in_threads(&shared, get_and_renew);
    CHECK(shared.calls > 1);
    CHECK(shared.calls <= 1 + 2 * ROUNDS / 4 + THREADS * ROUNDS);
    session_credentials_free(shared.credentials);
}

/* ---- Signatures: the cache of signing keys is shared by the process */

static char *signature_of(int who, int day)
{
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_signing_t *signing;
    session_signed_t *result = NULL;
    session_error_t *error = NULL;
    char key[32], secret[32], region[32], *signature;

    snprintf(key, sizeof key, "AKID%d", who);
    snprintf(secret, sizeof secret, "secret%d", who);
    snprintf(region, sizeof region, "region-%d", who % 3);
    CHECK_OK(session_credentials_new_static(key, secret, NULL, &credentials, &error), error);
    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
    signing = session_signing_new("service", region);
    session_signing_set_credentials(signing, value);
    session_signing_set_time(signing, FAKE_NOW + 86400 * (int64_t)day);
    CHECK_OK(session_sign(signing, "GET", "https://example.amazonaws.com/", &result, &error), error);
    signature = strdup(session_signed_signature(result));
    CHECK_INT(strlen(signature), 64);
    session_signed_free(result);
    session_signing_free(signing);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    return signature;
}

static char *alone[THREADS][3];

static void sign_many(struct shared *shared, int index)
{
    (void)shared;
    for (int round = 0; round < ROUNDS; round++) {
        int who = (index + round) % THREADS;
        char *signature = signature_of(who, round % 3);

        CHECK_STR(signature, alone[who][round % 3]);
        free(signature);
    }
}

TEST(signatures_are_those_of_one_thread)
{
    struct shared shared = {0};

    for (int who = 0; who < THREADS; who++)
        for (int day = 0; day < 3; day++) {
            alone[who][day] = signature_of(who, day);
            CHECK(who == 0 || strcmp(alone[who][day], alone[who - 1][day]) != 0);
        }
    in_threads(&shared, sign_many);
    for (int who = 0; who < THREADS; who++)
        for (int day = 0; day < 3; day++)
            free(alone[who][day]);
}

static char *presigned_alone;

static void presign_many(struct shared *shared, int index)
{
    (void)index;
    for (int round = 0; round < ROUNDS; round++) {
        session_request_t *request = own_request(shared->client, 1, 2);
        session_error_t *error = NULL;
        char *url = NULL;

        CHECK_OK(session_request_presign(request, 60, &url, &error), error);
        CHECK_STR(url, presigned_alone);
        session_string_free(url);
        session_request_free(request);
    }
}

TEST(presigned_urls_are_those_of_one_thread)
{
    struct shared shared = {0};
    session_request_t *request;
    session_error_t *error = NULL;

    shared.session = echo_session(&shared);
    shared.client = fake_client_of(shared.session, "s3");
    request = own_request(shared.client, 1, 2);
    CHECK_OK(session_request_presign(request, 60, &presigned_alone, &error), error);
    session_request_free(request);
    in_threads(&shared, presign_many);
    session_string_free(presigned_alone);
    session_client_free(shared.client);
    session_free(shared.session);
}

/* ---- The session of the process */

static void use_default(struct shared *shared, int index)
{
    (void)shared;
    (void)index;
    for (int round = 0; round < ROUNDS; round++) {
        session_t *session = NULL;
        session_config_t *config = NULL;
        session_error_t *error = NULL;

        CHECK_OK(session_default(&session, &error), error);
        CHECK_OK(session_get_config(session, &config, &error), error);
        CHECK_STR(session_config_get(config, "region"), "eu-west-3");
        CHECK_INT(session_push_back(session, SESSION_STAGE_RETRY, NULL, quiet, NULL, NULL, NULL), SESSION_OK);
        session_config_free(config);
        session_free(session);
    }
}

TEST(the_session_of_the_process_is_one)
{
    struct shared shared = {0};
    session_t *session = NULL;
    session_handlers_t *handlers;
    session_error_t *error = NULL;

    setenv("AWS_REGION", "eu-west-3", 1);
    in_threads(&shared, use_default);
    CHECK_OK(session_default(&session, &error), error);
    handlers = session_handlers(session);
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_RETRY), THREADS * ROUNDS);
    session_handlers_free(handlers);
    session_free(session);
}

/* ---- Where callbacks run, and what moves between threads */

static void check_thread(session_request_t *request, void *user_data)
{
    char mine[64];

    (void)user_data;
    snprintf(mine, sizeof mine, "%lu", (unsigned long)pthread_self());
    CHECK_STR(session_request_header(request, "X-Thread"), mine);
}

static void send_from_here(struct shared *shared, int index)
{
    for (int round = 0; round < ROUNDS / 4; round++) {
        session_request_t *request = own_request(shared->client, index, round);
        session_response_t *response = NULL;
        session_error_t *error = NULL;
        char mine[64];

        snprintf(mine, sizeof mine, "%lu", (unsigned long)pthread_self());
        CHECK_INT(session_request_set_header(request, "X-Thread", mine), SESSION_OK);
        CHECK_OK(session_request_send(request, &response, &error), error);
        session_response_free(response);
        session_request_free(request);
    }
}

TEST(handlers_run_on_the_thread_that_sends)
{
    struct shared shared = {0};
    session_error_t *error = NULL;

    shared.session = echo_session(&shared);
    for (int stage = 0; stage < 14; stage++)
        CHECK_OK(session_push_back(shared.session, stage, NULL, check_thread, NULL, NULL, &error), error);
    shared.client = fake_client_of(shared.session, "s3");
    in_threads(&shared, send_from_here);
    session_client_free(shared.client);
    session_free(shared.session);
}

static session_request_t *made[THREADS];
static session_response_t *answers[THREADS];

static void make_one(struct shared *shared, int index)
{
    made[index] = own_request(shared->client, index, 7);
}

static void send_another_s(struct shared *shared, int index)
{
    int whose = (index + 1) % THREADS;
    session_error_t *error = NULL;

    (void)shared;
    CHECK_OK(session_request_send(made[whose], &answers[whose], &error), error);
}

static void read_another_s(struct shared *shared, int index)
{
    int whose = (index + 2) % THREADS;

    (void)shared;
    session_request_free(made[(index + 3) % THREADS]);
    check_echo(answers[whose], whose, 7);
    session_response_free(answers[whose]);
}

TEST(requests_and_responses_move_between_threads)
{
    struct shared shared = {0};

    shared.session = echo_session(&shared);
    shared.client = fake_client_of(shared.session, "s3");
    in_threads(&shared, make_one);
    session_client_free(shared.client);
    session_free(shared.session);
    in_threads(&shared, send_another_s);
    in_threads(&shared, read_another_s);
}

/* ---- The built-in transport */

static void send_over_sockets(struct shared *shared, int index)
{
    for (int round = 0; round < ROUNDS / 4; round++) {
        session_request_t *request = own_request(shared->client, index, round);
        session_response_t *response = NULL;
        session_error_t *error = NULL;
        const char *data = NULL;

        CHECK_OK(session_request_send(request, &response, &error), error);
        CHECK_OK(session_response_body(response, 100, &data, NULL, &error), error);
        CHECK_STR(data, "hello");
        session_response_free(response);
        session_request_free(request);
    }
}

TEST(one_client_over_sockets)
{
    static const struct fault_reply script[] = {
        FAULT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", FAULT_CLOSE)};
    struct fault_server server;
    struct shared shared = {0};

    fault_server_start(&server, script, 1);
    shared.client = fault_client(&server, "s3");
    in_threads(&shared, send_over_sockets);
    session_client_free(shared.client);
    fault_server_stop(&server);
    CHECK_INT(server.requests, THREADS * (ROUNDS / 4));
}
