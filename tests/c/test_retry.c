/*
 * Which failures are tried again, how often and after what wait. The transport plays a script, the clock stands, and sleeps
 * are written down, not slept.
 */
#include "check.h"
#include "fake_transport.h"

#include <pthread.h>
#include <strings.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define MOST 128
#define STEP(...) ((const struct step[]){{__VA_ARGS__}})

/* A reply; a status of 0: the network is down. The last one is given to all that come after it. */
struct step {
    int status;
    const char *name, *value; /* of a header, or NULL */
    const char *body;
};

struct scene {
    const struct step *steps;
    size_t count, sends, slept;
    uint64_t sleeps[MOST];
    int64_t now;
    struct {
        char date[32], id[64], attempt[32], authorization[512], expect[32], body[64];
    } sent[MOST];
    session_error_t *error; /* of the last request */
};

static void keep(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static session_status_t play(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct scene *scene = user_data;
    const struct step *step = &scene->steps[scene->sends < scene->count ? scene->sends : scene->count - 1];
    size_t at = scene->sends++ % MOST, length;

    keep(scene->sent[at].date, sizeof scene->sent[at].date, session_http_request_header(request, "x-amz-date"));
    keep(scene->sent[at].id, sizeof scene->sent[at].id, session_http_request_header(request, "amz-sdk-invocation-id"));
    keep(scene->sent[at].attempt, sizeof scene->sent[at].attempt, session_http_request_header(request, "amz-sdk-request"));
    keep(scene->sent[at].authorization, sizeof scene->sent[at].authorization,
         session_http_request_header(request, "authorization"));
    keep(scene->sent[at].expect, sizeof scene->sent[at].expect, session_http_request_header(request, "expect"));
    CHECK_OK(session_http_request_read_body(request, scene->sent[at].body, sizeof scene->sent[at].body - 1, &length), NULL);
    scene->sent[at].body[length] = 0;
    if (step->status == 0)
        return session_http_reply_set_error(reply, "Down", "the network is down"), SESSION_ERR_TRANSPORT;
    CHECK_OK(session_http_reply_set_status(reply, step->status), NULL);
    if (step->name)
        CHECK_OK(session_http_reply_add_header(reply, step->name, step->value), NULL);
    return session_http_reply_write(reply, step->body, step->body ? strlen(step->body) : 0);
}

static void write_down(uint64_t nanoseconds, void *user_data)
{
    struct scene *scene = user_data;

    scene->sleeps[scene->slept++ % MOST] = nanoseconds;
}

static int64_t scene_clock(void *user_data)
{
    return ((struct scene *)user_data)->now;
}

/* Settings of the scene, with the usual number of tries. */
static session_config_t *scene_config(struct scene *scene, const char *mode)
{
    session_config_t *config = fake_config();
    session_transport_t transport = SESSION_TRANSPORT_INIT;

    memset(scene, 0, sizeof *scene);
    scene->now = FAKE_NOW * SECOND;
    transport.send = play;
    transport.user_data = scene;
    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    session_config_unset(config, "max_retries");
    session_config_set_retry_mode(config, mode);
    session_config_set_sleep(config, write_down, scene, NULL);
    session_config_set_clock(config, scene_clock, scene, NULL);
    return config;
}

/* The config is given up. */
static session_client_t *client_of(session_config_t *config, const char *service)
{
    session_t *session = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, service);
    session_free(session);
    return client;
}

/* Sends a request to what the script says; gives its status. */
static session_status_t call(struct scene *scene, session_client_t *client, const char *operation, const char *method,
                             const struct step *steps, size_t count)
{
    session_request_t *request = fake_request(client, operation, method, "/k", NULL);
    session_response_t *response = NULL;
    session_status_t status;

    scene->steps = steps;
    scene->count = count;
    scene->sends = scene->slept = 0;
    session_error_free(scene->error);
    scene->error = NULL;
    CHECK_OK(session_request_set_body(request, "the body", 8), NULL);
    status = session_request_send(request, &response, &scene->error);
    session_response_free(response);
    session_request_free(request);
    return status;
}

static session_status_t run(struct scene *scene, session_client_t *client, const struct step *steps, size_t count)
{
    return call(scene, client, "PutObject", "PUT", steps, count);
}

static void end(struct scene *scene, session_client_t *client)
{
    session_error_free(scene->error);
    session_client_free(client);
}

static session_client_t *begin(struct scene *scene, const char *mode, const char *service)
{
    return client_of(scene_config(scene, mode), service);
}

static const struct step good = {200, NULL, NULL, NULL};

/* ---- Which */

enum kind { NEVER, TRANSIENT, THROTTLING };

struct verdict {
    struct step step;
    enum kind standard, legacy;
};

#define CODE(status, code) {status, NULL, NULL, "<Error><Code>" code "</Code><Message>m</Message></Error>"}

static const struct verdict verdicts[] = {
    {{0, NULL, NULL, NULL}, TRANSIENT, TRANSIENT},
    {{500, NULL, NULL, NULL}, TRANSIENT, TRANSIENT},
    {{502, NULL, NULL, NULL}, TRANSIENT, THROTTLING},
    {{503, NULL, NULL, NULL}, TRANSIENT, THROTTLING},
    {{504, NULL, NULL, NULL}, TRANSIENT, THROTTLING},
    {{429, NULL, NULL, NULL}, THROTTLING, THROTTLING},
    {CODE(503, "SlowDown"), THROTTLING, THROTTLING},
    {CODE(400, "Throttling"), THROTTLING, THROTTLING},
    {CODE(400, "ThrottlingException"), THROTTLING, THROTTLING},
    {CODE(400, "RequestLimitExceeded"), THROTTLING, THROTTLING},
    {CODE(400, "TooManyRequestsException"), THROTTLING, THROTTLING},
    {CODE(400, "RequestTimeout"), TRANSIENT, TRANSIENT},
    {CODE(400, "RequestTimeoutException"), TRANSIENT, TRANSIENT},
    {CODE(400, "InternalError"), TRANSIENT, NEVER},
    {CODE(400, "SlowDown"), THROTTLING, NEVER},
    {CODE(400, "BandwidthLimitExceeded"), THROTTLING, NEVER},
    {CODE(400, "InvalidArgument"), NEVER, NEVER},
    {{400, NULL, NULL, "<html>no error document"}, NEVER, NEVER},
    {{401, NULL, NULL, NULL}, NEVER, NEVER},
    {CODE(403, "AccessDenied"), NEVER, NEVER},
    {CODE(403, "SignatureDoesNotMatch"), NEVER, NEVER},
    {CODE(403, "RequestTimeTooSkewed"), NEVER, NEVER}, /* as it does not say what time it is */
    {CODE(404, "NoSuchKey"), NEVER, NEVER},
    {{404, NULL, NULL, NULL}, NEVER, NEVER},
    {{409, NULL, NULL, NULL}, NEVER, NEVER},
    {{412, NULL, NULL, NULL}, NEVER, NEVER},
    {{501, NULL, NULL, NULL}, NEVER, NEVER},
    {{505, NULL, NULL, NULL}, NEVER, NEVER},
    {{304, NULL, NULL, NULL}, NEVER, NEVER},
    {{302, "Location", "http://127.0.0.1/", NULL}, NEVER, NEVER},
};

/* The bounds of a wait. */
static void check_wait(uint64_t wait, int64_t least, int64_t most)
{
    if ((int64_t)wait < least || (int64_t)wait > most)
        fprintf(stderr, "a wait of %lld ns\n", (long long)wait);
    CHECK((int64_t)wait >= least && (int64_t)wait <= most);
}

TEST(standard_tries_what_may_pass_three_times)
{
    struct scene scene;

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        session_client_t *client = begin(&scene, "standard", "s3");
        int64_t base = verdicts[i].standard == THROTTLING ? SECOND : 50 * MS;
        size_t sends = verdicts[i].standard == NEVER ? 1 : 3;

        CHECK(run(&scene, client, &verdicts[i].step, 1) != SESSION_OK);
        if (scene.sends != sends)
            fprintf(stderr, "status %d: %s\n", verdicts[i].step.status, verdicts[i].step.body ? verdicts[i].step.body : "");
        CHECK_INT(scene.sends, sends);
        CHECK_INT(scene.slept, sends - 1);
        for (size_t n = 0; n < scene.slept; n++)
            check_wait(scene.sleeps[n], 0, base << n);
        end(&scene, client);
    }
}

TEST(legacy_tries_what_go_does_four_times)
{
    struct scene scene;

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        session_client_t *client = begin(&scene, "legacy", "s3");
        int64_t base = verdicts[i].legacy == THROTTLING ? 500 * MS : 30 * MS;
        size_t sends = verdicts[i].legacy == NEVER ? 1 : 4;

        CHECK(run(&scene, client, &verdicts[i].step, 1) != SESSION_OK);
        if (scene.sends != sends)
            fprintf(stderr, "status %d: %s\n", verdicts[i].step.status, verdicts[i].step.body ? verdicts[i].step.body : "");
        CHECK_INT(scene.sends, sends);
        CHECK_INT(scene.slept, sends - 1);
        for (size_t n = 0; n < scene.slept; n++)
            check_wait(scene.sleeps[n], base << n, base << (n + 1));
        end(&scene, client);
    }
}

TEST(success_ends_the_tries)
{
    const struct step steps[] = {{500, NULL, NULL, NULL}, {0, NULL, NULL, NULL}, good};
    struct scene scene;
    session_client_t *client = begin(&scene, "standard", "s3");

    CHECK_OK(run(&scene, client, steps, 3), scene.error);
    CHECK_INT(scene.sends, 3);
    end(&scene, client);
}

/* ---- How long */

TEST(waits_are_by_chance_over_all_of_their_range)
{
    struct scene scene;
    session_client_t *client = begin(&scene, "standard", "s3");
    int low = 0, high = 0;

    for (int i = 0; i < 200; i++) { /* that none of 200 is in a quarter is not to be lived to see */
        const struct step steps[] = {{500, NULL, NULL, NULL}, good};

        CHECK_OK(run(&scene, client, steps, 2), scene.error);
        check_wait(scene.sleeps[0], 0, 50 * MS);
        low += (int64_t)scene.sleeps[0] < 50 * MS / 4;
        high += (int64_t)scene.sleeps[0] > 50 * MS / 4 * 3;
    }
    CHECK(low > 0);
    CHECK(high > 0);
    end(&scene, client);
}

TEST(standard_waits_at_most_20_seconds)
{
    struct scene scene;
    session_config_t *config = scene_config(&scene, "standard");
    session_client_t *client;

    session_config_set_max_attempts(config, 60);
    client = client_of(config, "s3");
    CHECK(run(&scene, client, STEP(429, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.slept, 59);
    for (size_t n = 0; n < scene.slept; n++)
        check_wait(scene.sleeps[n], 0, n < 5 ? SECOND << n : 20 * SECOND);
    end(&scene, client);
}

TEST(standard_takes_the_server_s_wait_within_bounds)
{
    const struct {
        const char *name, *value;
        int64_t least, most;
    } cases[] = {{"x-amz-retry-after", "3000", 3 * SECOND, 3 * SECOND},
                 {"X-Amz-Retry-After", "1234", 1234 * MS, 1234 * MS},
                 {"x-amz-retry-after", "600000", 5 * SECOND, 5 * SECOND + 50 * MS},
                 {"x-amz-retry-after", "4294967295", 5 * SECOND, 5 * SECOND + 50 * MS},
                 {"x-amz-retry-after", "0", 0, 50 * MS},
                 {"x-amz-retry-after", "-5", 0, 50 * MS},
                 {"x-amz-retry-after", "1.5", 0, 50 * MS},
                 {"x-amz-retry-after", "soon", 0, 50 * MS},
                 {"x-amz-retry-after", "99999999999999999999", 0, 50 * MS},
                 {"Retry-After", "3000", 0, 50 * MS}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        session_client_t *client = begin(&scene, "standard", "s3");
        const struct step steps[] = {{500, cases[i].name, cases[i].value, NULL}, good};

        CHECK_OK(run(&scene, client, steps, 2), scene.error);
        check_wait(scene.sleeps[0], cases[i].least, cases[i].most);
        end(&scene, client);
    }
}

TEST(legacy_adds_the_server_s_wait)
{
    const struct {
        int status;
        const char *value;
        int64_t least, most;
    } cases[] = {{503, "7", 7500 * MS, 8000 * MS},
                 {429, "100", 100500 * MS, 101000 * MS},
                 {503, "86400", 86400500 * MS, 86401000 * MS}, /* without a bound, as in Go */
                 {503, "-5", 0, 0},
                 {503, "99999999999999999999", 500 * MS, 1000 * MS},
                 {500, "7", 30 * MS, 60 * MS},
                 {504, "7", 500 * MS, 1000 * MS},
                 {503, "Wed, 21 Oct 2035 07:28:00 GMT", 500 * MS, 1000 * MS},
                 {503, "", 500 * MS, 1000 * MS}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        session_client_t *client = begin(&scene, "legacy", "s3");
        const struct step steps[] = {{cases[i].status, "Retry-After", cases[i].value, NULL}, good};

        CHECK_OK(run(&scene, client, steps, 2), scene.error);
        check_wait(scene.sleeps[0], cases[i].least, cases[i].most);
        end(&scene, client);
    }
}

TEST(legacy_waits_at_most_300_seconds_and_has_no_quota)
{
    struct scene scene;
    session_config_t *config = scene_config(&scene, "legacy");
    session_client_t *client;

    session_config_set_max_retries(config, 100);
    client = client_of(config, "s3");
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.slept, 100);
    for (size_t n = 0; n < scene.slept; n++) {
        int64_t least = 30 * MS << (n < 20 ? n : 20);

        check_wait(scene.sleeps[n], least < 150 * SECOND ? least : 150 * SECOND,
                   least < 150 * SECOND ? 2 * least : 300 * SECOND);
    }
    end(&scene, client);
}

TEST(dynamodb_has_numbers_of_its_own)
{
    struct scene scene;
    session_client_t *client = begin(&scene, "standard", "dynamodb");

    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 4);
    for (size_t n = 0; n < scene.slept; n++)
        check_wait(scene.sleeps[n], 0, 25 * MS << n);
    CHECK_STR(scene.sent[0].attempt, "attempt=1; max=4");
    CHECK(run(&scene, client, STEP(400, NULL, NULL, "{\"__type\": \"x#ProvisionedThroughputExceededException\"}"), 1) !=
          SESSION_OK);
    CHECK_INT(scene.sends, 4);
    for (size_t n = 0; n < scene.slept; n++)
        check_wait(scene.sleeps[n], 0, SECOND << n);
    end(&scene, client);

    client = begin(&scene, "legacy", "dynamodb");
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 11);
    for (size_t n = 0; n < scene.slept; n++)
        check_wait(scene.sleeps[n], 50 * MS << n, 100 * MS << n);
    end(&scene, client);

    client = begin(&scene, "legacy", "streams.dynamodb"); /* as all others, in Go */
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 4);
    for (size_t n = 0; n < scene.slept; n++)
        check_wait(scene.sleeps[n], 30 * MS << n, 60 * MS << n);
    end(&scene, client);
}

/* ---- How often */

TEST(a_client_has_500_tokens_for_retries)
{
    struct scene scene;
    session_config_t *config = scene_config(&scene, "standard");
    session_t *session = NULL;
    session_client_t *client, *other;
    session_error_t *error = NULL;
    const struct step retried[] = {{500, NULL, NULL, NULL}, good};

    session_config_set_max_attempts(config, 1000);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, "s3");
    other = fake_client_of(session, "s3");
    session_free(session);

    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 1 + 35); /* 35 x 14 = 490 */
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 1);
    CHECK_INT(scene.slept, 0);
    CHECK(run(&scene, client, STEP(429, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 1 + 2); /* 2 x 5 = 10 */

    for (int i = 0; i < 13; i++) /* one token for each success */
        CHECK_OK(run(&scene, client, &good, 1), scene.error);
    CHECK(run(&scene, client, retried, 2) != SESSION_OK);
    CHECK_OK(run(&scene, client, &good, 1), scene.error);
    CHECK_OK(run(&scene, client, retried, 2), scene.error); /* 14, given back */
    CHECK_OK(run(&scene, client, retried, 2), scene.error);
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 2);

    CHECK(run(&scene, other, STEP(429, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 1 + 100); /* 100 x 5; each client has its own */
    end(&scene, client);
    session_client_free(other);
}

TEST(long_polls_wait_also_when_the_quota_is_empty)
{
    const struct {
        const char *service, *operation;
        bool polls;
    } cases[] = {{"sqs", "ReceiveMessage", true},
                 {"states", "GetActivityTask", true},
                 {"swf", "PollForActivityTask", true},
                 {"swf", "PollForDecisionTask", true},
                 {"sqs", "SendMessage", false},
                 {"s3", "ReceiveMessage", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        session_config_t *config = scene_config(&scene, "standard");
        session_client_t *client;

        session_config_set_max_attempts(config, 101);
        client = client_of(config, cases[i].service);
        CHECK(call(&scene, client, cases[i].operation, "POST", STEP(429, NULL, NULL, NULL), 1) != SESSION_OK);
        CHECK_INT(scene.sends, 101); /* 100 x 5 */
        CHECK_INT(scene.slept, 100);
        CHECK(call(&scene, client, cases[i].operation, "POST", STEP(500, "x-amz-retry-after", "3000", NULL), 1) !=
              SESSION_OK);
        CHECK_INT(scene.sends, 1);
        CHECK_INT(scene.slept, cases[i].polls);
        if (cases[i].polls)
            check_wait(scene.sleeps[0], 3 * SECOND, 3 * SECOND);
        /* Not for what another try would not help, or may not be made. */
        CHECK(call(&scene, client, cases[i].operation, "POST", STEP(404, NULL, NULL, NULL), 1) != SESSION_OK);
        CHECK_INT(scene.slept, 0);
        end(&scene, client);
    }
}

TEST(settings_say_how_often)
{
    const struct {
        const char *mode;
        int retries, attempts;
        size_t sends;
        const char *first;
    } cases[] = {{"standard", -1, 5, 5, "attempt=1; max=5"}, {"standard", 1, 5, 2, "attempt=1; max=2"},
                 {"standard", 0, -1, 1, "attempt=1; max=1"}, {"standard", -1, 1, 1, "attempt=1; max=1"},
                 {"legacy", -1, 2, 2, "attempt=1; max=2"},   {"legacy", 6, 2, 7, "attempt=1; max=7"},
                 {"legacy", 0, -1, 1, "attempt=1; max=1"},   {"adaptive", -1, -1, 3, "attempt=1; max=3"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        session_config_t *config = scene_config(&scene, cases[i].mode);
        session_client_t *client;

        if (cases[i].retries >= 0)
            session_config_set_max_retries(config, cases[i].retries);
        if (cases[i].attempts >= 0)
            session_config_set_max_attempts(config, cases[i].attempts);
        client = client_of(config, "s3");
        CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
        CHECK_INT(scene.sends, cases[i].sends);
        CHECK_STR(scene.sent[0].attempt, cases[i].first);
        end(&scene, client);
    }
}

TEST(minus_one_is_the_usual_number_also_over_another)
{
    struct scene scene;
    session_config_t *config = scene_config(&scene, "standard"), *usual = session_config_new();
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    session_config_set_max_retries(config, 7);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    CHECK_OK(session_config_set(usual, "max_retries", "-1"), NULL);
    CHECK_OK(session_client_new(session, "s3", usual, &client, &error), error);
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 3);
    session_client_free(client);

    session_config_set_max_attempts(usual, 5); /* which counts, as nothing else is said */
    CHECK_OK(session_client_new(session, "s3", usual, &client, &error), error);
    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(scene.sends, 5);
    end(&scene, client);
    session_config_free(usual);
    session_free(session);
}

TEST(each_try_is_told_from_the_others_and_sends_the_same)
{
    struct scene scene;
    session_client_t *client = begin(&scene, "standard", "s3");
    char first[64];

    CHECK(run(&scene, client, STEP(500, NULL, NULL, NULL), 1) != SESSION_OK);
    CHECK_INT(strlen(scene.sent[0].id), 36);
    CHECK_STR(scene.sent[0].attempt, "attempt=1; max=3");
    CHECK_STR(scene.sent[1].attempt, "attempt=2; max=3");
    CHECK_STR(scene.sent[2].attempt, "attempt=3; max=3");
    for (int i = 0; i < 3; i++) {
        CHECK_STR(scene.sent[i].id, scene.sent[0].id);
        CHECK_STR(scene.sent[i].body, "the body");
    }
    strcpy(first, scene.sent[0].id);
    CHECK_OK(run(&scene, client, &good, 1), scene.error);
    CHECK(strcmp(first, scene.sent[0].id) != 0);
    end(&scene, client);
}

/* ---- A server that knows no Expect */

#define LARGE (2 << 20)

static session_status_t read_once(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    size_t *left = user_data;

    *length = *left < capacity ? *left : capacity;
    *left -= *length;
    memset(buffer, 'x', *length);
    return SESSION_OK;
}

/* PUTs what S3's rules add Expect to; as a stream that can be read once only, if so. Gives the HTTP status. */
static int upload(struct scene *scene, session_client_t *client, bool once, const struct step *steps, size_t count)
{
    session_request_t *request = fake_request(client, "PutObject", "PUT", "/k", NULL);
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    session_body_t body = SESSION_BODY_INIT;
    size_t left = LARGE;
    char *large = calloc(1, LARGE);
    int status;

    scene->steps = steps;
    scene->count = count;
    scene->sends = scene->slept = 0;
    body.length = LARGE;
    body.read = read_once;
    body.user_data = &left;
    if (once)
        CHECK_OK(session_request_set_body_stream(request, &body), NULL);
    else
        CHECK_OK(session_request_set_body(request, large, LARGE), NULL);
    if (session_request_send(request, &response, &error) == SESSION_OK)
        status = session_response_status(response);
    else
        status = session_error_http_status(error);
    free(large);
    session_error_free(error);
    session_response_free(response);
    session_request_free(request);
    return status;
}

TEST(a_refused_expect_is_left_out)
{
    const struct step refused = {417, NULL, NULL, "<html>of a proxy"}, down = {500, NULL, NULL, NULL};
    const struct step passes[] = {refused, good}, later[] = {refused, down, good}, twice[] = {down, refused, good};
    struct scene scene;
    session_config_t *config = scene_config(&scene, "standard");
    session_client_t *client;

    session_config_set_max_retries(config, 0); /* it is no retry */
    client = client_of(config, "s3");
    CHECK_INT(upload(&scene, client, false, passes, 2), 200);
    CHECK_INT(scene.sends, 2);
    CHECK_INT(scene.slept, 0);
    CHECK_STR(scene.sent[0].expect, "100-continue");
    CHECK_STR(scene.sent[1].expect, "");
    CHECK_STR(scene.sent[1].attempt, "attempt=1; max=1");
    CHECK(!strstr(scene.sent[1].authorization, "expect"));
    CHECK_INT(upload(&scene, client, false, &refused, 1), 417); /* once */
    CHECK_INT(scene.sends, 2);
    CHECK_INT(upload(&scene, client, true, passes, 2), 417); /* not a body that is gone */
    CHECK_INT(scene.sends, 1);
    CHECK_INT(run(&scene, client, passes, 2), SESSION_ERR_SERVICE); /* nor what had no Expect */
    CHECK_INT(scene.sends, 1);
    end(&scene, client);

    client = begin(&scene, "standard", "s3");
    CHECK_INT(upload(&scene, client, false, later, 3), 200);
    CHECK_INT(scene.sends, 3);
    CHECK_STR(scene.sent[2].expect, "");
    CHECK_STR(scene.sent[2].attempt, "attempt=2; max=3");
    CHECK_INT(upload(&scene, client, false, twice, 3), 200);
    CHECK_STR(scene.sent[1].expect, "100-continue");
    CHECK_STR(scene.sent[2].attempt, "attempt=2; max=3");
    end(&scene, client);
}

/* ---- Handlers decide */

struct decision {
    int retryable, runs;
    bool fails; /* SEND, before anything is sent */
    uint64_t delay_ms;
    uint32_t count;
};

static void decide(session_request_t *request, void *user_data)
{
    struct decision *decision = user_data;

    decision->runs++;
    session_request_set_retryable(request, decision->retryable);
}

static void fail(session_request_t *request, void *user_data)
{
    struct decision *decision = user_data;

    if (decision->fails)
        session_request_set_error(request, "Refused", "by a handler");
}

static void at_end(session_request_t *request, void *user_data)
{
    struct decision *decision = user_data;

    decision->count = (uint32_t)session_request_retry_count(request);
    decision->delay_ms = session_request_retry_delay_ms(request);
}

static void decided(int status, struct decision decision, size_t sends)
{
    struct scene scene;
    session_client_t *client = begin(&scene, "legacy", "s3");
    session_handlers_t *handlers = session_client_handlers(client);
    const struct step step = {status, NULL, NULL, NULL};
    session_error_t *error = NULL;

    CHECK_OK(session_handlers_push_back(handlers, SESSION_STAGE_RETRY, "decide", decide, &decision, NULL, &error), error);
    CHECK_OK(session_handlers_push_front(handlers, SESSION_STAGE_SEND, "fail", fail, &decision, NULL, &error), error);
    CHECK_OK(session_handlers_push_back(handlers, SESSION_STAGE_COMPLETE, "end", at_end, &decision, NULL, &error), error);
    session_handlers_free(handlers);
    CHECK(run(&scene, client, &step, 1) != SESSION_OK);
    if (!decision.fails)
        CHECK_INT(scene.sends, sends);
    else
        CHECK_INT(scene.sends, 0); /* an error before the send is the end of the attempt */
    CHECK_INT(decision.runs, sends);
    CHECK_INT(decision.count, sends - 1);
    CHECK_INT(scene.slept, sends - 1);
    CHECK_INT(decision.delay_ms, sends > 1 ? scene.sleeps[sends - 2] / MS : 0);
    end(&scene, client);
}

TEST(a_handler_has_the_last_word)
{
    decided(404, (struct decision){.retryable = 1}, 4);
    decided(500, (struct decision){.retryable = 0}, 1);
    decided(500, (struct decision){.retryable = -1}, 4);
    decided(404, (struct decision){.retryable = -1}, 1);
    decided(200, (struct decision){.retryable = -1, .fails = true}, 1);
    decided(200, (struct decision){.retryable = 1, .fails = true}, 4);
}

struct fault {
    session_stage_t stage;
    int status; /* of the reply */
    const char *code;
    enum kind standard, legacy;
};

static void set_fault(session_request_t *request, void *user_data)
{
    session_request_set_error(request, ((const struct fault *)user_data)->code, "by a handler");
}

TEST(what_a_handler_makes_of_a_reply_is_judged_by_status_and_code)
{
    static const struct fault faults[] = {
        {SESSION_STAGE_UNMARSHAL, 200, "RequestTimeout", TRANSIENT, TRANSIENT},
        {SESSION_STAGE_UNMARSHAL, 200, "Throttling", THROTTLING, THROTTLING},
        {SESSION_STAGE_UNMARSHAL, 200, "Mine", NEVER, NEVER},
        {SESSION_STAGE_UNMARSHAL_ERROR, 500, "Mine", TRANSIENT, TRANSIENT},
        {SESSION_STAGE_UNMARSHAL_ERROR, 503, "Mine", TRANSIENT, THROTTLING},
        {SESSION_STAGE_UNMARSHAL_ERROR, 429, "Mine", THROTTLING, THROTTLING},
        {SESSION_STAGE_UNMARSHAL_ERROR, 400, "Throttling", THROTTLING, THROTTLING},
        {SESSION_STAGE_UNMARSHAL_ERROR, 400, "Mine", NEVER, NEVER},
        {SESSION_STAGE_COMPLETE_ATTEMPT, 503, "Mine", TRANSIENT, THROTTLING},
        {SESSION_STAGE_RETRY, 500, "Mine", TRANSIENT, TRANSIENT},
        {SESSION_STAGE_RETRY, 0, "RequestTimeout", TRANSIENT, TRANSIENT},
        {SESSION_STAGE_RETRY, 0, "Mine", NEVER, NEVER},
        /* What fails in SEND does not, whatever it says. */
        {SESSION_STAGE_SEND, 500, "Throttling", NEVER, NEVER},
    };

    for (size_t i = 0; i < 2 * sizeof faults / sizeof *faults; i++) {
        const struct fault *fault = &faults[i / 2];
        bool legacy = i % 2;
        enum kind kind = legacy ? fault->legacy : fault->standard;
        int64_t base = legacy ? (kind == THROTTLING ? 500 : 30) * MS : kind == THROTTLING ? SECOND : 50 * MS;
        struct scene scene;
        session_client_t *client = begin(&scene, legacy ? "legacy" : "standard", "s3");
        session_handlers_t *handlers = session_client_handlers(client);
        session_error_t *error = NULL;

        CHECK_OK(session_handlers_push_back(handlers, fault->stage, NULL, set_fault, (void *)fault, NULL, &error), error);
        session_handlers_free(handlers);
        CHECK_INT(run(&scene, client, STEP(fault->status, NULL, NULL, NULL), 1), SESSION_ERR_HANDLER);
        CHECK_STR(session_error_code(scene.error), fault->code);
        if (scene.sends != (kind == NEVER ? 1 : legacy ? 4 : 3))
            fprintf(stderr, "stage %d, status %d, code %s\n", fault->stage, fault->status, fault->code);
        CHECK_INT(scene.sends, kind == NEVER ? 1 : legacy ? 4 : 3);
        for (size_t n = 0; n < scene.slept; n++)
            check_wait(scene.sleeps[n], legacy ? base << n : 0, base << (n + legacy));
        end(&scene, client);
    }
}

TEST(legacy_waits_as_long_as_the_server_asks_whoever_tells_the_error)
{
    static const struct fault fault = {.code = "Mine"};
    struct scene scene;
    session_client_t *client = begin(&scene, "legacy", "s3");
    session_handlers_t *handlers = session_client_handlers(client);
    session_error_t *error = NULL;
    const struct step steps[] = {{503, "Retry-After", "7", NULL}, good};

    CHECK_OK(session_handlers_push_back(handlers, SESSION_STAGE_UNMARSHAL_ERROR, NULL, set_fault, (void *)&fault, NULL,
                                        &error),
             error);
    session_handlers_free(handlers);
    CHECK_OK(run(&scene, client, steps, 2), scene.error);
    check_wait(scene.sleeps[0], 7500 * MS, 8000 * MS);
    end(&scene, client);
}

/* ---- Credentials that have expired */

static session_status_t next_keys(session_provider_reply_t *reply, void *user_data)
{
    char id[32];

    snprintf(id, sizeof id, "AKID%d", ++*(int *)user_data);
    return session_provider_reply_set_keys(reply, id, "SECRET", NULL);
}

TEST(expired_credentials_are_got_anew)
{
    const struct step steps[] = {CODE(400, "ExpiredToken"), good};

    for (int legacy = 0; legacy < 2; legacy++) {
        struct scene scene;
        session_config_t *config = scene_config(&scene, legacy ? "legacy" : "standard");
        session_provider_t provider = SESSION_PROVIDER_INIT;
        session_credentials_t *credentials = NULL;
        session_client_t *client;
        session_error_t *error = NULL;
        int asked = 0;

        provider.retrieve = next_keys;
        provider.user_data = &asked;
        CHECK_OK(session_credentials_new_provider(&provider, &credentials, &error), error);
        session_config_set_credentials(config, credentials);
        session_credentials_free(credentials);
        client = client_of(config, "s3");
        CHECK_OK(run(&scene, client, steps, 2), scene.error);
        CHECK_INT(scene.sends, 2);
        CHECK_CONTAINS(scene.sent[0].authorization, "Credential=AKID1/");
        CHECK_CONTAINS(scene.sent[1].authorization, "Credential=AKID2/");
        CHECK_INT(asked, 2);
        CHECK(run(&scene, client, steps, 1) != SESSION_OK); /* not for ever */
        CHECK_INT(scene.sends, legacy ? 4 : 3);
        end(&scene, client);
    }
}

/* ---- A clock that is off */

#define SKEWED(status, code, date) {status, "Date", date, "<Error><Code>" code "</Code><Message>m</Message></Error>"}

TEST(a_clock_that_is_off_is_learned_once)
{
    const struct step steps[] = {SKEWED(403, "RequestTimeTooSkewed", "Thu, 02 Jan 2020 05:04:05 GMT"), good};

    for (int legacy = 0; legacy < 2; legacy++) {
        struct scene scene;
        session_client_t *client = begin(&scene, legacy ? "legacy" : "standard", "s3");

        CHECK_OK(run(&scene, client, steps, 2), scene.error);
        CHECK_INT(scene.sends, 2);
        CHECK_STR(scene.sent[0].date, "20200102T030405Z");
        CHECK_STR(scene.sent[1].date, "20200102T050405Z"); /* two hours ahead, as the server is */
        CHECK(strcmp(scene.sent[0].authorization, scene.sent[1].authorization) != 0);
        for (size_t i = 0; i < scene.slept; i++)
            CHECK_INT(scene.sleeps[i], 0); /* nothing to wait for */
        /* The client has learned it: the next request is right at once, also when time has passed. */
        scene.now += 10 * SECOND;
        CHECK_OK(run(&scene, client, &good, 1), scene.error);
        CHECK_STR(scene.sent[0].date, "20200102T050415Z");
        end(&scene, client);
    }
}

TEST(a_clock_is_corrected_within_bounds)
{
    const struct {
        struct step step;
        size_t sends;
    } cases[] = {
        /* It is still refused: a second correction would not help. */
        {SKEWED(403, "RequestTimeTooSkewed", "Thu, 02 Jan 2020 05:04:05 GMT"), 2},
        {SKEWED(403, "SignatureDoesNotMatch", "Thu, 02 Jan 2020 05:04:05 GMT"), 2},
        {SKEWED(403, "RequestTimeTooSkewed", "Thu, 02 Jan 2020 01:04:05 GMT"), 2}, /* behind */
        /* The clock is right: it must be something else. */
        {SKEWED(403, "SignatureDoesNotMatch", "Thu, 02 Jan 2020 03:05:05 GMT"), 1},
        {SKEWED(403, "RequestTimeTooSkewed", "Thu, 02 Jan 2020 03:05:05 GMT"), 1},
        {SKEWED(403, "AccessDenied", "Thu, 02 Jan 2020 05:04:05 GMT"), 1},
        /* Not to be followed. */
        {SKEWED(403, "RequestTimeTooSkewed", "Sun, 06 Nov 1994 08:49:37 GMT"), 1},
        {SKEWED(403, "RequestTimeTooSkewed", "yesterday"), 1},
        {CODE(403, "RequestTimeTooSkewed"), 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        session_client_t *client = begin(&scene, "standard", "s3");

        CHECK_INT(run(&scene, client, &cases[i].step, 1), SESSION_ERR_SERVICE);
        CHECK_INT(session_error_http_status(scene.error), 403);
        CHECK_INT(scene.sends, cases[i].sends);
        end(&scene, client);
    }
}

TEST(a_wrong_date_on_a_good_reply_changes_nothing)
{
    struct scene scene;
    session_client_t *client = begin(&scene, "standard", "s3");

    CHECK_OK(run(&scene, client, STEP(200, "Date", "Thu, 02 Jan 2020 05:04:05 GMT", NULL), 1), scene.error);
    CHECK_OK(run(&scene, client, &good, 1), scene.error);
    CHECK_STR(scene.sent[0].date, "20200102T030405Z");
    end(&scene, client);
}

/* ---- The same, of several requests in flight */

#define FLIGHTS 8

static pthread_barrier_t all_sent;

/* Refuses what the slow clock has signed, once all have sent it. */
static session_status_t refuse_slow(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    static const char refusal[] = "<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>";

    (void)user_data;
    if (strcmp(session_http_request_header(request, "x-amz-date"), "20200102T030405Z") != 0)
        return session_http_reply_set_status(reply, 200);
    pthread_barrier_wait(&all_sent);
    session_http_reply_set_status(reply, 403);
    session_http_reply_add_header(reply, "Date", "Thu, 02 Jan 2020 05:04:05 GMT");
    return session_http_reply_write(reply, refusal, sizeof refusal - 1);
}

static void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    (void)user_data;
}

static void *get_one(void *client)
{
    fake_succeed(fake_request(client, "GetObject", "GET", "/k", NULL));
    return NULL;
}

TEST(a_clock_that_is_off_is_corrected_for_all_that_it_has_signed)
{
    struct scene scene;
    session_config_t *config = scene_config(&scene, "standard");
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_client_t *client;
    pthread_t threads[FLIGHTS];

    transport.send = refuse_slow;
    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    session_config_set_sleep(config, no_sleep, NULL, NULL);
    client = client_of(config, "s3");
    pthread_barrier_init(&all_sent, NULL, FLIGHTS);
    for (int i = 0; i < FLIGHTS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, get_one, client), 0);
    for (int i = 0; i < FLIGHTS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&all_sent);
    end(&scene, client);
}
