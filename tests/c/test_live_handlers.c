/*
 * Eight threads send requests through one session and one client while a ninth adds and removes handlers, until they end.
 * Each request must run through one state of the lists: a handler of COMPLETE is there only while one of VALIDATE with the
 * same number is, so whoever meets the one has met the other. SESSION_REQUESTS and SESSION_CHANGES say how many of each.
 */
#include "check.h"
#include "fake_transport.h"

#include <pthread.h>

#define THREADS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int running = THREADS, changes, frees, met, passed;

static int locked(int *number, int more)
{
    int now;

    pthread_mutex_lock(&lock);
    now = *number += more;
    pthread_mutex_unlock(&lock);
    return now;
}

/* A number from the environment; fewer under valgrind, which runs one thread at a time. */
static int number(const char *name, int usual, int checked)
{
    const char *value = getenv(name), *preload = getenv("LD_PRELOAD");

    return value ? (int)strtol(value, NULL, 10) : preload && strstr(preload, "vgpreload") ? checked : usual;
}

/* ---- Requests */

static session_status_t echo(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    const char *target = session_http_request_target(request);

    (void)user_data;
    CHECK_CONTAINS(session_http_request_header(request, "Authorization"), "Credential=AKIDEXAMPLE/20200102/us-west-2/s3/");
    session_http_reply_set_status(reply, 200);
    return session_http_reply_write(reply, target, strlen(target));
}

static session_t *echo_session(void)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_config_t *config = fake_config();
    session_t *session = NULL;
    session_error_t *error = NULL;

    transport.send = echo;
    session_config_set_transport(config, &transport);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    return session;
}

/* What all share: a session, and a client of it. */
struct shared {
    session_t *session;
    session_client_t *client;
};

static void send_one(const session_client_t *client, int thread, int round)
{
    char path[64];
    const char *body = NULL;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    snprintf(path, sizeof path, "/thread-%d/%d", thread, round);
    request = fake_request(client, "GetObject", "GET", path, NULL);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_OK(session_response_body(response, 1000, &body, NULL, &error), error);
    CHECK_STR(body, path);
    session_response_free(response);
    session_request_free(request);
}

static void *send_many(void *data)
{
    static int threads;
    const struct shared *shared = data;
    int wanted = number("SESSION_REQUESTS", 1000, 30), most = number("SESSION_CHANGES", 10000, 300);
    int thread = locked(&threads, 1);

    for (int round = 0; round < wanted || locked(&changes, 0) < most; round++) {
        if (round % 2 == 0) { /* a client inherits the lists of its session as they are */
            session_client_t *own = fake_client_of(shared->session, "s3");

            send_one(own, thread, round);
            session_client_free(own);
        } else {
            send_one(shared->client, thread, round);
        }
        locked(&passed, 1);
    }
    locked(&running, -1);
    return NULL;
}

/* ---- Changes */

static void begin(session_request_t *request, void *user_data)
{
    char text[16];

    snprintf(text, sizeof text, "%d", *(int *)user_data);
    CHECK(session_request_header(request, "X-State") == NULL); /* there is one at a time */
    CHECK_OK(session_request_set_header(request, "X-State", text), NULL);
}

static void complete(session_request_t *request, void *user_data)
{
    char text[16];

    snprintf(text, sizeof text, "%d", *(int *)user_data);
    CHECK_STR(session_request_header(request, "X-State"), text);
    locked(&met, 1);
}

static void count_free(void *user_data)
{
    free(user_data);
    locked(&frees, 1);
}

static void push(session_handlers_t *handlers, session_stage_t stage, session_handler_fn handler, int state)
{
    int *data = malloc(sizeof *data);
    session_error_t *error = NULL;

    CHECK(data != NULL);
    *data = state;
    CHECK_OK(session_handlers_push_back(handlers, stage, "test.State", handler, data, count_free, &error), error);
    locked(&changes, 1);
}

static void pull(session_handlers_t *handlers, session_stage_t stage)
{
    CHECK_INT(session_handlers_remove(handlers, stage, "test.State"), 1);
    locked(&changes, 1);
}

static int change(const struct shared *shared)
{
    session_handlers_t *lists[2] = {session_handlers(shared->session), session_client_handlers(shared->client)};
    int state = 0;

    while (locked(&running, 0) > 0) {
        state++;
        for (int i = 0; i < 2; i++) {
            push(lists[i], SESSION_STAGE_VALIDATE, begin, state);
            push(lists[i], SESSION_STAGE_COMPLETE, complete, state);
        }
        for (int i = 0; i < 2; i++) {
            pull(lists[i], SESSION_STAGE_COMPLETE);
            pull(lists[i], SESSION_STAGE_VALIDATE);
        }
    }
    for (int i = 0; i < 2; i++)
        session_handlers_free(lists[i]);
    return state;
}

TEST(each_request_runs_through_one_state_of_the_lists)
{
    struct shared shared;
    pthread_t threads[THREADS];
    int states;

    shared.session = echo_session();
    shared.client = fake_client_of(shared.session, "s3");
#ifdef __SANITIZE_THREAD__
    /* It does not see the locks in Rust's standard library, by which some things are made at their first use. */
    send_one(shared.client, 0, 0);
#endif
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, send_many, &shared), 0);
    states = change(&shared);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    session_client_free(shared.client);
    session_free(shared.session);
    printf("%d requests right, %d of them by way of a handler that came and went, %d changes\n", passed, met, changes);
    CHECK(met > 0);
    CHECK_INT(changes, 8 * states);
    CHECK_INT(frees, 4 * states); /* all are gone, each once */
}
