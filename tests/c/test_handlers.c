/* Handlers: the operations of a list, the order in which lists run, what is copied and inherited, what handlers may do. */
#include "check.h"
#include "fake_transport.h"

#define STAGES 14
#define IDENTITY                                                                                                        \
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>"       \
    "</GetCallerIdentityResponse>"
#define DENIED "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"

static const char *const WORDS[STAGES] = {
    "VALIDATE",          "BUILD",          "BUILD_STREAM",     "SIGN",  "SEND",        "VALIDATE_RESPONSE", "UNMARSHAL",
    "UNMARSHAL_STREAM",  "UNMARSHAL_META", "UNMARSHAL_ERROR",  "RETRY", "AFTER_RETRY", "COMPLETE_ATTEMPT",  "COMPLETE"};

/* What has run: words with blanks between them. Each test is a process of its own. */
static char trace[8192];
static struct fake fake;

static void note(const char *word)
{
    size_t end = strlen(trace);

    snprintf(trace + end, sizeof trace - end, "%s%s", end ? " " : "", word);
}

/* Checks what has run since the last check. */
#define CHECK_TRACE(expected) (check_str(trace, (expected), "trace", __FILE__, __LINE__), (void)(trace[0] = 0))

static void say(session_request_t *request, void *user_data)
{
    CHECK(request != NULL);
    note(user_data);
}

static void fail(session_request_t *request, void *user_data)
{
    note(user_data);
    session_request_set_error(request, "Test.Failed", user_data);
}

static void push(session_handlers_t *handlers, int stage, const char *name, session_handler_fn handler, const char *word)
{
    session_error_t *error = NULL;

    CHECK_OK(session_handlers_push_back(handlers, stage, name, handler, (void *)word, NULL, &error), error);
}

static void push_front(session_handlers_t *handlers, int stage, const char *name, session_handler_fn handler,
                       const char *word)
{
    session_error_t *error = NULL;

    CHECK_OK(session_handlers_push_front(handlers, stage, name, handler, (void *)word, NULL, &error), error);
}

static session_request_t *identity(const session_client_t *client)
{
    return fake_request(client, "GetCallerIdentity", "POST", "/", NULL);
}

/* A request to run lists on; its client and session live on in it. */
static session_request_t *some_request(void)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = identity(client);

    session_client_free(client);
    return request;
}

static void run(session_handlers_t *handlers, int stage, session_request_t *request)
{
    session_error_t *error = NULL;

    CHECK_OK(session_handlers_run(handlers, stage, request, &error), error);
}

static bool after(size_t index, const char *name, session_request_t *request, void *user_data)
{
    char word[128];

    CHECK(request != NULL);
    snprintf(word, sizeof word, "%zu:%s", index, name);
    note(word);
    /* The name at which to end, if any. */
    return !user_data || strcmp(name, user_data) != 0;
}

static void set_after_each(session_handlers_t *handlers, int stage, session_after_each_fn after_each, const char *word)
{
    session_error_t *error = NULL;

    CHECK_OK(session_handlers_set_after_each(handlers, stage, after_each, (void *)word, NULL, &error), error);
}

/* ---- The operations of a list */

TEST(pushing_keeps_the_order)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();

    push(handlers, SESSION_STAGE_BUILD, "b", say, "b");
    push(handlers, SESSION_STAGE_BUILD, NULL, say, "c");
    push_front(handlers, SESSION_STAGE_BUILD, "a", say, "a");
    push(handlers, SESSION_STAGE_SIGN, "d", say, "d");
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_BUILD), 3);
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_SIGN), 1);
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_SEND), 0);
    run(handlers, SESSION_STAGE_BUILD, request);
    CHECK_TRACE("a b c");
    run(handlers, SESSION_STAGE_SIGN, request);
    CHECK_TRACE("d");
    run(handlers, SESSION_STAGE_SEND, request);
    CHECK_TRACE("");
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(removing_takes_all_of_a_name)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();

    push(handlers, SESSION_STAGE_RETRY, "x", say, "x1");
    push(handlers, SESSION_STAGE_RETRY, "y", say, "y");
    push(handlers, SESSION_STAGE_RETRY, "x", say, "x2");
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_RETRY, "X"), 0);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, "x"), 0);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_RETRY, "x"), 2);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_RETRY, "x"), 0);
    run(handlers, SESSION_STAGE_RETRY, request);
    CHECK_TRACE("y");
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(the_nameless_share_a_name)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();
    bool swapped = false;

    push(handlers, SESSION_STAGE_SEND, NULL, say, "1");
    push(handlers, SESSION_STAGE_SEND, "named", say, "2");
    push(handlers, SESSION_STAGE_SEND, NULL, say, "3");
    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_SEND, "__anonymous", say, "4", NULL, &swapped, NULL), SESSION_OK);
    CHECK(swapped);
    run(handlers, SESSION_STAGE_SEND, request);
    CHECK_TRACE("4 2 4");
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, "__anonymous"), 2);
    run(handlers, SESSION_STAGE_SEND, request);
    CHECK_TRACE("2");
    /* An empty name is a name like any other. */
    push(handlers, SESSION_STAGE_SEND, "", say, "5");
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, "__anonymous"), 0);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, ""), 1);
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(swapping_replaces_all_of_a_name_in_their_places)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();
    bool swapped = true;

    push(handlers, SESSION_STAGE_BUILD, "x", say, "x1");
    push(handlers, SESSION_STAGE_BUILD, "y", say, "y");
    push(handlers, SESSION_STAGE_BUILD, "x", say, "x2");
    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_BUILD, "z", say, "z", NULL, &swapped, NULL), SESSION_OK);
    CHECK(!swapped);
    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_BUILD, "x", say, "new", NULL, &swapped, NULL), SESSION_OK);
    CHECK(swapped);
    run(handlers, SESSION_STAGE_BUILD, request);
    CHECK_TRACE("new y new");
    /* Whoever does not want to know need not. */
    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_BUILD, "y", say, "why", NULL, NULL, NULL), SESSION_OK);
    run(handlers, SESSION_STAGE_BUILD, request);
    CHECK_TRACE("new why new");
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(setting_replaces_or_adds_at_its_end)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();

    push(handlers, SESSION_STAGE_BUILD, "m", say, "m");
    CHECK_INT(session_handlers_set_front(handlers, SESSION_STAGE_BUILD, "f", say, "f", NULL, NULL), SESSION_OK);
    CHECK_INT(session_handlers_set_back(handlers, SESSION_STAGE_BUILD, "b", say, "b", NULL, NULL), SESSION_OK);
    run(handlers, SESSION_STAGE_BUILD, request);
    CHECK_TRACE("f m b");
    CHECK_INT(session_handlers_set_front(handlers, SESSION_STAGE_BUILD, "b", say, "b2", NULL, NULL), SESSION_OK);
    CHECK_INT(session_handlers_set_back(handlers, SESSION_STAGE_BUILD, "f", say, "f2", NULL, NULL), SESSION_OK);
    run(handlers, SESSION_STAGE_BUILD, request);
    CHECK_TRACE("f2 m b2");
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(clearing_one_list_leaves_the_others_and_what_is_asked_after_each)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();

    push(handlers, SESSION_STAGE_RETRY, "a", say, "a");
    push(handlers, SESSION_STAGE_COMPLETE, "c", say, "c");
    set_after_each(handlers, SESSION_STAGE_RETRY, after, "b");
    session_handlers_clear(handlers, SESSION_STAGE_RETRY);
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_RETRY), 0);
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_COMPLETE), 1);
    CHECK(!session_handlers_is_empty(handlers));
    session_handlers_clear(handlers, SESSION_STAGE_COMPLETE);
    CHECK(session_handlers_is_empty(handlers));
    push(handlers, SESSION_STAGE_RETRY, "b", say, "b");
    push(handlers, SESSION_STAGE_RETRY, "d", say, "d");
    run(handlers, SESSION_STAGE_RETRY, request);
    CHECK_TRACE("b 0:b");
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(after_each_is_told_index_and_name)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();

    push(handlers, SESSION_STAGE_UNMARSHAL, "one", say, "a");
    push(handlers, SESSION_STAGE_UNMARSHAL, NULL, say, "b");
    push(handlers, SESSION_STAGE_UNMARSHAL, "one", say, "c");
    set_after_each(handlers, SESSION_STAGE_UNMARSHAL, after, NULL);
    run(handlers, SESSION_STAGE_UNMARSHAL, request);
    CHECK_TRACE("a 0:one b 1:__anonymous c 2:one");
    set_after_each(handlers, SESSION_STAGE_UNMARSHAL, after, "__anonymous");
    run(handlers, SESSION_STAGE_UNMARSHAL, request);
    CHECK_TRACE("a 0:one b 1:__anonymous");
    set_after_each(handlers, SESSION_STAGE_UNMARSHAL, NULL, NULL);
    run(handlers, SESSION_STAGE_UNMARSHAL, request);
    CHECK_TRACE("a b c");
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(stop_on_error_ends_a_list_that_would_run_on)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();
    session_error_t *error = NULL;

    push(handlers, SESSION_STAGE_COMPLETE, NULL, say, "a");
    push(handlers, SESSION_STAGE_COMPLETE, NULL, fail, "b");
    push(handlers, SESSION_STAGE_COMPLETE, NULL, say, "c");
    CHECK_INT(session_handlers_run(handlers, SESSION_STAGE_COMPLETE, request, NULL), SESSION_ERR_HANDLER);
    CHECK_TRACE("a b c");
    CHECK(!session_stop_on_error(0, "x", request, NULL));
    session_request_set_error(request, NULL, NULL);
    CHECK(session_stop_on_error(0, "x", request, NULL));
    CHECK(session_stop_on_error(0, NULL, NULL, NULL));
    set_after_each(handlers, SESSION_STAGE_COMPLETE, session_stop_on_error, NULL);
    CHECK_INT(session_handlers_run(handlers, SESSION_STAGE_COMPLETE, request, &error), SESSION_ERR_HANDLER);
    CHECK_TRACE("a b");
    CHECK_STR(session_error_code(error), "Test.Failed");
    CHECK_STR(session_error_message(error), "b");
    session_error_free(error);
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(the_first_error_ends_the_lists_before_the_reply_and_no_other)
{
    for (int stage = 0; stage < STAGES; stage++) {
        session_handlers_t *handlers = session_handlers_new();
        session_request_t *request = some_request();
        bool ends = stage == SESSION_STAGE_VALIDATE || stage == SESSION_STAGE_BUILD || stage == SESSION_STAGE_SIGN ||
                    stage == SESSION_STAGE_SEND;

        push(handlers, stage, NULL, fail, "a");
        push(handlers, stage, NULL, say, "b");
        CHECK_INT(session_handlers_run(handlers, stage, request, NULL), SESSION_ERR_HANDLER);
        CHECK_TRACE(ends ? "a" : "a b");
        session_handlers_free(handlers);
        session_request_free(request);
    }
}

TEST(a_stage_that_is_none_is_refused_by_name)
{
    static const int none[] = {-1, STAGES, 1 << 30, -2147483647};
    session_handlers_t *handlers = session_handlers_default();
    session_request_t *request = some_request();
    size_t before = session_handlers_len(handlers, SESSION_STAGE_SEND);

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        session_error_t *error = NULL;
        bool swapped = true;

        CHECK_INT(session_handlers_push_back(handlers, none[i], "x", say, NULL, NULL, &error),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK_CONTAINS(session_error_message(error), "`stage`");
        session_error_free(error);
        CHECK_INT(session_handlers_push_front(handlers, none[i], "x", say, NULL, NULL, NULL),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(session_handlers_set_back(handlers, none[i], "x", say, NULL, NULL, NULL),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(session_handlers_set_front(handlers, none[i], "x", say, NULL, NULL, NULL),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(session_handlers_swap(handlers, none[i], "x", say, NULL, NULL, &swapped, NULL),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK(swapped);
        CHECK_INT(session_handlers_set_after_each(handlers, none[i], after, NULL, NULL, NULL),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(session_handlers_run(handlers, none[i], request, NULL), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(session_handlers_remove(handlers, none[i], "core.SendHandler"), 0);
        CHECK_INT(session_handlers_len(handlers, none[i]), 0);
        session_handlers_clear(handlers, none[i]);
    }
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_SEND), before);
    session_handlers_free(handlers);
    session_request_free(request);
}

TEST(copies_of_lists_go_their_own_ways)
{
    session_handlers_t *one = session_handlers_new(), *other;
    session_request_t *request = some_request();

    push(one, SESSION_STAGE_RETRY, "a", say, "a");
    set_after_each(one, SESSION_STAGE_RETRY, after, NULL);
    other = session_handlers_copy(one);
    push(one, SESSION_STAGE_RETRY, "b", say, "b");
    push(other, SESSION_STAGE_RETRY, "c", say, "c");
    run(one, SESSION_STAGE_RETRY, request);
    CHECK_TRACE("a 0:a b 1:b");
    run(other, SESSION_STAGE_RETRY, request);
    CHECK_TRACE("a 0:a c 1:c");
    set_after_each(one, SESSION_STAGE_RETRY, NULL, NULL);
    session_handlers_clear(one, SESSION_STAGE_RETRY);
    session_handlers_free(one);
    run(other, SESSION_STAGE_RETRY, request);
    CHECK_TRACE("a 0:a c 1:c");
    session_handlers_free(other);
    session_request_free(request);
}

TEST(ten_thousand_handlers_run)
{
    session_handlers_t *handlers = session_handlers_new();
    session_request_t *request = some_request();

    for (int i = 0; i < 10000; i++)
        push(handlers, SESSION_STAGE_RETRY, i == 9999 ? "last" : "x", say, i == 9999 ? "last" : "");
    CHECK_INT(session_handlers_len(handlers, SESSION_STAGE_RETRY), 10000);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_RETRY, "x"), 9999);
    run(handlers, SESSION_STAGE_RETRY, request);
    CHECK_TRACE("last");
    session_handlers_free(handlers);
    session_request_free(request);
}

/* ---- The order in which lists run */

/* A session with a tracer in front of each list. */
static session_t *traced_session(session_config_t *config)
{
    session_t *session = fake_session(&fake, config);
    session_error_t *error = NULL;

    for (int stage = 0; stage < STAGES; stage++)
        CHECK_OK(session_push_front(session, stage, "trace", say, (void *)WORDS[stage], NULL, &error), error);
    return session;
}

static session_client_t *traced_client(session_config_t *config)
{
    session_t *session = traced_session(config);
    session_client_t *client = fake_client_of(session, "sts");

    session_free(session);
    return client;
}

TEST(order_of_a_success)
{
    session_client_t *client = traced_client(NULL);

    fake_answer(&fake, 200, IDENTITY);
    fake_succeed(identity(client));
    CHECK_TRACE("VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL COMPLETE_ATTEMPT COMPLETE");
    CHECK_INT(fake.sends, 1);
    session_client_free(client);
}

TEST(order_of_a_service_error)
{
    session_client_t *client = traced_client(NULL);
    session_error_t *error;

    fake_answer(&fake, 403, DENIED);
    error = fake_fail(identity(client));
    CHECK_INT(session_error_status(error), SESSION_ERR_SERVICE);
    CHECK_STR(session_error_code(error), "AccessDenied");
    CHECK_TRACE("VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL_ERROR COMPLETE_ATTEMPT RETRY AFTER_RETRY "
                "COMPLETE");
    session_error_free(error);
    session_client_free(client);
}

TEST(order_without_a_reply)
{
    session_client_t *client = traced_client(NULL);
    session_error_t *error;

    error = fake_fail(identity(client));
    CHECK_INT(session_error_status(error), SESSION_ERR_TRANSPORT);
    CHECK_STR(session_error_code(error), "RequestError");
    CHECK_TRACE("VALIDATE BUILD SIGN SEND COMPLETE_ATTEMPT RETRY AFTER_RETRY COMPLETE");
    session_error_free(error);
    session_client_free(client);
}

TEST(order_without_a_region)
{
    session_config_t *config = fake_config();
    session_t *session;
    session_client_t *client;
    session_error_t *error;

    session_config_unset(config, "region");
    session = traced_session(config);
    client = fake_client_of(session, "s3");
    error = fake_fail(fake_request(client, "ListBuckets", "GET", "/", NULL));
    CHECK_STR(session_error_code(error), "MissingRegion");
    CHECK_TRACE("VALIDATE COMPLETE");
    CHECK_INT(fake.sends, 0);
    session_error_free(error);
    session_client_free(client);
    session_free(session);
}

TEST(order_without_credentials)
{
    session_config_t *config = fake_config();
    session_credentials_t *empty = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_new_static("", "", NULL, &empty, &error), error);
    session_config_set_credentials(config, empty);
    session_credentials_free(empty);
    client = traced_client(config);
    error = fake_fail(identity(client));
    CHECK_STR(session_error_code(error), "EmptyStaticCreds");
    CHECK_TRACE("VALIDATE BUILD SIGN COMPLETE");
    CHECK_INT(fake.sends, 0);
    session_error_free(error);
    session_client_free(client);
}

TEST(order_of_presigning)
{
    session_client_t *client = traced_client(NULL);
    session_request_t *request = identity(client);
    session_error_t *error = NULL;
    char *url = NULL;

    CHECK_OK(session_request_presign(request, 60, &url, &error), error);
    CHECK_TRACE("VALIDATE BUILD SIGN");
    CHECK_INT(fake.sends, 0);
    session_string_free(url);
    session_request_free(request);
    session_client_free(client);
}

/* Sends with a handler in front of one list that sets an error; the error's code must be `code`. */
static void fail_in(int stage, const char *code, const char *order, int sends)
{
    session_t *session = traced_session(NULL);
    session_client_t *client;
    session_error_t *error = NULL;

    CHECK_OK(session_push_front(session, stage, "fail", fail, "FAIL", NULL, &error), error);
    client = fake_client_of(session, "sts");
    fake.sends = 0;
    if (code) {
        error = fake_fail(identity(client));
        CHECK_STR(session_error_code(error), code);
        session_error_free(error);
    } else {
        fake_succeed(identity(client));
    }
    CHECK_TRACE(order);
    CHECK_INT(fake.sends, sends);
    session_client_free(client);
    session_free(session);
}

TEST(an_error_before_the_reply_ends_the_request_unsent)
{
    fake_answer(&fake, 200, IDENTITY);
    fail_in(SESSION_STAGE_VALIDATE, "Test.Failed", "FAIL COMPLETE", 0);
    fail_in(SESSION_STAGE_BUILD, "Test.Failed", "VALIDATE FAIL COMPLETE", 0);
    fail_in(SESSION_STAGE_SIGN, "Test.Failed", "VALIDATE BUILD FAIL COMPLETE", 0);
    fail_in(SESSION_STAGE_SEND, "Test.Failed",
            "VALIDATE BUILD SIGN FAIL COMPLETE_ATTEMPT RETRY AFTER_RETRY COMPLETE", 0);
}

TEST(an_error_at_a_good_reply_fails_the_request)
{
    fake_answer(&fake, 200, IDENTITY);
    /* What is wrong with the reply has the last word. */
    fail_in(SESSION_STAGE_UNMARSHAL_META, "SerializationError",
            "VALIDATE BUILD SIGN SEND FAIL UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL_ERROR COMPLETE_ATTEMPT RETRY "
            "AFTER_RETRY COMPLETE",
            1);
    fail_in(SESSION_STAGE_VALIDATE_RESPONSE, "SerializationError",
            "VALIDATE BUILD SIGN SEND UNMARSHAL_META FAIL VALIDATE_RESPONSE UNMARSHAL_ERROR COMPLETE_ATTEMPT RETRY "
            "AFTER_RETRY COMPLETE",
            1);
    fail_in(SESSION_STAGE_UNMARSHAL, "Test.Failed",
            "VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE FAIL UNMARSHAL COMPLETE_ATTEMPT RETRY AFTER_RETRY "
            "COMPLETE",
            1);
    fail_in(SESSION_STAGE_COMPLETE_ATTEMPT, "Test.Failed",
            "VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL FAIL COMPLETE_ATTEMPT RETRY AFTER_RETRY "
            "COMPLETE",
            1);
    /* It is over by then. */
    fail_in(SESSION_STAGE_COMPLETE, NULL,
            "VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL COMPLETE_ATTEMPT FAIL COMPLETE", 1);
    /* Those that belong to other cases do not run at all. */
    for (int stage = 0; stage < STAGES; stage++)
        if (stage == SESSION_STAGE_BUILD_STREAM || stage == SESSION_STAGE_UNMARSHAL_STREAM ||
            stage == SESSION_STAGE_UNMARSHAL_ERROR || stage == SESSION_STAGE_RETRY || stage == SESSION_STAGE_AFTER_RETRY)
            fail_in(stage, NULL,
                    "VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL COMPLETE_ATTEMPT COMPLETE", 1);
}

TEST(an_error_at_a_refusal)
{
    static const char *const order =
        "VALIDATE BUILD SIGN SEND UNMARSHAL_META VALIDATE_RESPONSE UNMARSHAL_ERROR COMPLETE_ATTEMPT RETRY AFTER_RETRY COMPLETE";
    static const int stages[] = {SESSION_STAGE_UNMARSHAL_META, SESSION_STAGE_VALIDATE_RESPONSE,
                                 SESSION_STAGE_UNMARSHAL_ERROR, SESSION_STAGE_COMPLETE_ATTEMPT, SESSION_STAGE_RETRY,
                                 SESSION_STAGE_AFTER_RETRY, SESSION_STAGE_COMPLETE};

    fake_answer(&fake, 403, DENIED);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        char expected[512];
        const char *at = strstr(order, WORDS[stages[i]]);
        bool later = stages[i] == SESSION_STAGE_COMPLETE_ATTEMPT || stages[i] == SESSION_STAGE_RETRY ||
                     stages[i] == SESSION_STAGE_AFTER_RETRY;

        /* RETRY and COMPLETE are parts of other names. */
        if (stages[i] == SESSION_STAGE_COMPLETE)
            at = strrchr(order, ' ') + 1;
        snprintf(expected, sizeof expected, "%.*sFAIL %s", (int)(at - order), order, at);
        fail_in(stages[i], later ? "Test.Failed" : "AccessDenied", expected, 1);
    }
}

static void say_error(session_request_t *request, void *user_data)
{
    note(user_data);
    note(session_error_code(session_request_error(request)));
}

TEST(an_error_behind_the_send_keeps_the_reply_unread)
{
    session_t *session = traced_session(NULL);
    session_client_t *client;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    CHECK_OK(session_push_back(session, SESSION_STAGE_SEND, "fail", fail, "FAIL", NULL, &error), error);
    CHECK_OK(session_push_back(session, SESSION_STAGE_COMPLETE, NULL, say_error, "then", NULL, &error), error);
    client = fake_client_of(session, "sts");
    error = fake_fail(identity(client));
    CHECK_STR(session_error_code(error), "Test.Failed");
    CHECK_TRACE("VALIDATE BUILD SIGN SEND FAIL COMPLETE_ATTEMPT RETRY AFTER_RETRY COMPLETE then Test.Failed");
    CHECK_INT(fake.sends, 1);
    session_error_free(error);
    session_client_free(client);
    session_free(session);
}

static void forgive(session_request_t *request, void *user_data)
{
    note(user_data);
    session_request_set_error(request, NULL, NULL);
}

TEST(an_error_that_is_taken_away_is_none)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client;
    session_error_t *error = NULL;

    fake_answer(&fake, 404, DENIED);
    CHECK_OK(session_push_back(session, SESSION_STAGE_VALIDATE_RESPONSE, NULL, forgive, "forgive", NULL, &error), error);
    client = fake_client_of(session, "s3");
    fake_succeed(fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"key\"}"));
    CHECK_TRACE("forgive");
    session_client_free(client);
    session_free(session);
}

/* ---- The age of a signature */

static int64_t seconds_now = FAKE_NOW;

static int64_t moving_clock(void *user_data)
{
    (void)user_data;
    return seconds_now * 1000000000;
}

static void pass_seconds(session_request_t *request, void *seconds)
{
    say(request, "SEND");
    seconds_now += *(int64_t *)seconds;
}

static session_status_t give_keys_slowly(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    seconds_now += 200; /* somebody looks for the device that shows the code */
    return session_provider_reply_set_keys(reply, "AKID", "SECRET", NULL);
}

static void fail_the_next_signing(session_request_t *request, void *user_data)
{
    session_handlers_t *handlers = session_request_handlers(request);

    (void)user_data;
    push(handlers, SESSION_STAGE_SIGN, "Test.Fail", fail, "FAIL");
    session_handlers_free(handlers);
}

/* Its handlers note when they sign, and let time pass before they send. `config` is given up. */
static session_client_t *slow_client(session_config_t *config, int64_t *seconds)
{
    session_client_t *client;
    session_handlers_t *handlers;
    session_error_t *error = NULL;

    session_config_set_clock(config, moving_clock, NULL, NULL);
    client = fake_client(&fake, "sts", config);
    handlers = session_client_handlers(client);
    push(handlers, SESSION_STAGE_SIGN, "Test.Sign", say, "SIGN");
    CHECK_OK(session_handlers_push_front(handlers, SESSION_STAGE_SEND, "Test.Send", pass_seconds, seconds, NULL, &error),
             error);
    session_handlers_free(handlers);
    fake_answer(&fake, 200, IDENTITY);
    return client;
}

TEST(a_signature_of_five_minutes_is_made_anew_by_all_that_sign)
{
    int64_t seconds = 299;
    session_client_t *client = slow_client(fake_config(), &seconds);

    fake_succeed(identity(client));
    CHECK_TRACE("SIGN SEND");
    CHECK_STR(fake_header(&fake, "X-Amz-Date"), "20200102T030405Z");
    seconds_now = FAKE_NOW;
    seconds = 300;
    fake_succeed(identity(client));
    CHECK_TRACE("SIGN SEND SIGN");
    CHECK_STR(fake_header(&fake, "X-Amz-Date"), "20200102T030905Z");
    CHECK_INT(fake.sends, 2);
    session_client_free(client);
}

TEST(an_error_in_signing_anew_sends_nothing)
{
    int64_t seconds = 300;
    session_client_t *client = slow_client(fake_config(), &seconds);
    session_request_t *request = identity(client);
    session_handlers_t *handlers = session_request_handlers(request);
    session_error_t *error;

    push_front(handlers, SESSION_STAGE_SEND, "Test.Fail", fail_the_next_signing, NULL);
    session_handlers_free(handlers);
    error = fake_fail(request);
    CHECK_STR(session_error_code(error), "Test.Failed");
    CHECK_TRACE("SIGN SEND SIGN FAIL");
    CHECK_INT(fake.sends, 0);
    session_error_free(error);
    session_client_free(client);
}

TEST(a_signature_is_as_old_as_it_is_after_a_wait_for_credentials)
{
    int64_t seconds = 0;
    session_config_t *config = fake_config();
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *slow = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    provider.retrieve = give_keys_slowly;
    CHECK_OK(session_credentials_new_provider(&provider, &slow, &error), error);
    session_config_set_credentials(config, slow);
    session_credentials_free(slow);
    client = slow_client(config, &seconds);
    fake_succeed(identity(client));
    CHECK_TRACE("SIGN SEND");
    CHECK_STR(fake_header(&fake, "X-Amz-Date"), "20200102T030725Z");
    session_client_free(client);
}

/* ---- Where handlers stand, and who inherits them */

static bool name_it(size_t index, const char *name, session_request_t *request, void *user_data)
{
    (void)index;
    (void)request;
    (void)user_data;
    note(name);
    return true;
}

/* Sends, or presigns, a request of a client and traces the names of the handlers of one list. */
static void names_of(const session_client_t *client, int stage, int status, const char *expected)
{
    session_request_t *request =
        strcmp(session_client_service(client), "s3") == 0
            ? fake_request(client, "GetObject", "GET", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"key\"}")
            : identity(client);
    session_handlers_t *handlers = session_request_handlers(request);
    session_response_t *response = NULL;

    set_after_each(handlers, stage, name_it, NULL);
    fake_answer(&fake, status, status == 200 ? IDENTITY : DENIED);
    CHECK_INT(session_request_send(request, &response, NULL), status == 200 ? SESSION_OK : SESSION_ERR_SERVICE);
    CHECK_TRACE(expected);
    session_response_free(response);
    session_handlers_free(handlers);
    session_request_free(request);
}

static void quiet(session_request_t *request, void *user_data)
{
    (void)request;
    (void)user_data;
}

/* A client with quiet handlers at both ends of each list of its session, and of its own. */
static session_client_t *crowded_client(const char *service)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client;
    session_handlers_t *own;
    session_error_t *error = NULL;

    for (int stage = 0; stage < STAGES; stage++) {
        CHECK_OK(session_push_front(session, stage, "session-front", quiet, NULL, NULL, &error), error);
        CHECK_OK(session_push_back(session, stage, "session-back", quiet, NULL, NULL, &error), error);
    }
    client = fake_client_of(session, service);
    own = session_client_handlers(client);
    for (int stage = 0; stage < STAGES; stage++) {
        push_front(own, stage, "client-front", quiet, NULL);
        push(own, stage, "client-back", quiet, NULL);
    }
    session_handlers_free(own);
    session_free(session);
    return client;
}

TEST(placement_in_a_client_of_the_query_protocol)
{
    session_client_t *client = crowded_client("sts");

    names_of(client, SESSION_STAGE_VALIDATE, 200,
             "client-front session-front core.ValidateEndpointHandler session-back core.ValidateParametersHandler "
             "client-back");
    names_of(client, SESSION_STAGE_BUILD, 200,
             "client-front session-front core.SDKVersionUserAgentHandler core.AddHostExecEnvUserAgentHander "
             "core.AddTraceIDHandler session-back "
             "awssdk.query.Build client-back");
    names_of(client, SESSION_STAGE_SIGN, 200,
             "client-front session-front core.AddAttemptHandler core.BuildContentLengthHandler session-back "
             "v4.SignRequestHandler client-back");
    names_of(client, SESSION_STAGE_SEND, 200,
             "client-front awssdk.client.LogRequest session-front core.ValidateReqSigHandler core.SendHandler session-back "
             "awssdk.client.LogResponse client-back");
    names_of(client, SESSION_STAGE_UNMARSHAL_META, 200,
             "client-front session-front session-back awssdk.query.UnmarshalMeta client-back");
    names_of(client, SESSION_STAGE_VALIDATE_RESPONSE, 200,
             "client-front session-front core.ValidateResponseHandler session-back client-back");
    names_of(client, SESSION_STAGE_UNMARSHAL, 200,
             "client-front session-front session-back awssdk.query.Unmarshal client-back");
    names_of(client, SESSION_STAGE_UNMARSHAL_ERROR, 403,
             "client-front session-front session-back awssdk.query.UnmarshalError client-back");
    names_of(client, SESSION_STAGE_COMPLETE_ATTEMPT, 200, "client-front session-front session-back client-back");
    names_of(client, SESSION_STAGE_RETRY, 403, "client-front session-front session-back client-back");
    names_of(client, SESSION_STAGE_AFTER_RETRY, 403,
             "client-front session-front core.AfterRetryHandler session-back client-back");
    names_of(client, SESSION_STAGE_COMPLETE, 200, "client-front session-front session-back client-back");
    session_client_free(client);
}

TEST(placement_in_a_client_of_s3)
{
    session_client_t *client = crowded_client("s3");

    names_of(client, SESSION_STAGE_VALIDATE, 200,
             "client-front session-front core.ValidateEndpointHandler session-back core.ValidateParametersHandler "
             "s3.ValidateSSERequiresSSLHandler client-back");
    names_of(client, SESSION_STAGE_BUILD, 200,
             "client-front session-front core.SDKVersionUserAgentHandler core.AddHostExecEnvUserAgentHander "
             "core.AddTraceIDHandler session-back "
             "awssdk.restxml.Build s3.EndpointHandler s3.ContentMD5Handler client-back");
    names_of(client, SESSION_STAGE_SIGN, 200,
             "client-front session-front core.AddAttemptHandler core.BuildContentLengthHandler session-back "
             "v4.SignRequestHandler s3.Add100ContinueHandler client-back");
    names_of(client, SESSION_STAGE_UNMARSHAL, 200,
             "client-front session-front session-back s3.StatusOKErrorHandler client-back");
    names_of(client, SESSION_STAGE_UNMARSHAL_ERROR, 403,
             "client-front session-front session-back awssdk.restxml.UnmarshalError client-back");
    session_client_free(client);
}

TEST(the_check_of_params_can_be_left_out)
{
    session_config_t *config = fake_config();
    session_client_t *client;

    session_config_set_disable_param_validation(config, true);
    client = fake_client(&fake, "sts", config);
    names_of(client, SESSION_STAGE_VALIDATE, 200, "core.ValidateEndpointHandler");
    session_client_free(client);
}

TEST(default_lists_and_no_lists)
{
    static const size_t defaults[STAGES] = {2, 3, 0, 2, 2, 1, 0, 0, 0, 0, 0, 1, 0, 0};
    session_t *session = fake_session(&fake, NULL);
    session_handlers_t *of_session = session_handlers(session), *built_in = session_handlers_default(),
                       *none = session_handlers_new();

    for (int stage = 0; stage < STAGES; stage++) {
        CHECK_INT(session_handlers_len(built_in, stage), defaults[stage]);
        CHECK_INT(session_handlers_len(of_session, stage), defaults[stage]);
        CHECK_INT(session_handlers_len(none, stage), 0);
    }
    CHECK(session_handlers_is_empty(none));
    CHECK(!session_handlers_is_empty(built_in));
    /* The default lists are each caller's own. */
    session_handlers_clear(built_in, SESSION_STAGE_SEND);
    CHECK_INT(session_handlers_len(of_session, SESSION_STAGE_SEND), 2);
    session_handlers_free(of_session);
    session_handlers_free(built_in);
    session_handlers_free(none);
    session_free(session);
}

TEST(sessions_clients_and_requests_inherit_when_they_are_made)
{
    session_t *session = fake_session(&fake, NULL), *copy = NULL;
    session_handlers_t *of_session = session_handlers(session), *of_client, *of_request;
    session_client_t *first, *second;
    session_request_t *early, *late;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    first = fake_client_of(session, "sts");
    CHECK_OK(session_copy(session, NULL, &copy, &error), error);
    push(of_session, SESSION_STAGE_COMPLETE, NULL, say, "session");
    second = fake_client_of(session, "sts");

    fake_succeed(identity(first));
    CHECK_TRACE("");
    early = identity(second);
    of_client = session_client_handlers(second);
    push(of_client, SESSION_STAGE_COMPLETE, NULL, say, "client");
    late = identity(second);
    of_request = session_request_handlers(late);
    push(of_request, SESSION_STAGE_COMPLETE, NULL, say, "request");

    fake_succeed(early);
    CHECK_TRACE("session");
    fake_succeed(late);
    CHECK_TRACE("session client request");
    fake_succeed(identity(second));
    CHECK_TRACE("session client");
    /* Neither the session nor what is made from it now knows what the client was given. */
    session_client_free(first);
    first = fake_client_of(session, "sts");
    fake_succeed(identity(first));
    CHECK_TRACE("session");
    session_client_free(second);
    second = fake_client_of(copy, "sts");
    fake_succeed(identity(second));
    CHECK_TRACE("");

    session_handlers_free(of_session);
    session_handlers_free(of_client);
    session_handlers_free(of_request);
    session_client_free(first);
    session_client_free(second);
    session_free(session);
    session_free(copy);
}

TEST(a_copy_of_a_session_has_its_handlers_and_changes_alone)
{
    session_t *session = fake_session(&fake, NULL), *copy = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    CHECK_OK(session_push_back(session, SESSION_STAGE_COMPLETE, "both", say, "both", NULL, &error), error);
    CHECK_OK(session_copy(session, NULL, &copy, &error), error);
    CHECK_OK(session_push_back(copy, SESSION_STAGE_COMPLETE, "copy", say, "copy", NULL, &error), error);
    CHECK_OK(session_push_back(session, SESSION_STAGE_COMPLETE, "first", say, "first", NULL, &error), error);
    client = fake_client_of(session, "sts");
    session_free(session);
    fake_succeed(identity(client));
    CHECK_TRACE("both first");
    session_client_free(client);
    client = fake_client_of(copy, "sts");
    session_free(copy);
    fake_succeed(identity(client));
    CHECK_TRACE("both copy");
    session_client_free(client);
}

TEST(lists_given_as_an_option_are_copied_and_used_as_they_are)
{
    session_handlers_t *mine = session_handlers_new(), *of_session;
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_error_t *error = NULL;

    push(mine, SESSION_STAGE_VALIDATE, "mine", say, "mine");
    CHECK_INT(session_options_set_handlers(options, mine), SESSION_OK);
    push(mine, SESSION_STAGE_VALIDATE, "late", say, "late");
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    of_session = session_handlers(session);
    session_handlers_clear(mine, SESSION_STAGE_VALIDATE);
    /* As in Go, none but the check of params is added. */
    CHECK_INT(session_handlers_len(of_session, SESSION_STAGE_VALIDATE), 2);
    CHECK_INT(session_handlers_len(of_session, SESSION_STAGE_SEND), 0);
    CHECK_INT(session_handlers_remove(of_session, SESSION_STAGE_VALIDATE, "mine"), 1);
    CHECK_INT(session_handlers_remove(of_session, SESSION_STAGE_VALIDATE, "core.ValidateParametersHandler"), 1);
    session_handlers_free(of_session);
    session_free(session);

    /* Empty lists are no lists: the session has those it always has. */
    session_options_set_handlers(options, mine);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    of_session = session_handlers(session);
    CHECK_INT(session_handlers_len(of_session, SESSION_STAGE_SEND), 2);
    session_handlers_free(of_session);
    session_free(session);
    session_handlers_free(mine);
    session_options_free(options);
}

/* ---- What handlers see and change */

static void add_header(session_request_t *request, void *user_data)
{
    CHECK_INT(session_request_set_header(request, user_data, "1"), SESSION_OK);
}

TEST(a_header_is_signed_if_it_is_there_when_the_signer_runs)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client;
    session_handlers_t *own;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    CHECK_OK(session_push_back(session, SESSION_STAGE_SIGN, NULL, add_header, "X-Of-Session", NULL, &error), error);
    client = fake_client_of(session, "sts");
    own = session_client_handlers(client);
    push(own, SESSION_STAGE_SIGN, NULL, add_header, "X-Of-Client");
    fake_succeed(identity(client));
    CHECK_STR(fake_header(&fake, "X-Of-Session"), "1");
    CHECK_STR(fake_header(&fake, "X-Of-Client"), "1");
    CHECK_CONTAINS(fake_header(&fake, "Authorization"), "x-of-session");
    CHECK(!strstr(fake_header(&fake, "Authorization"), "x-of-client"));
    session_handlers_free(own);
    session_client_free(client);
    session_free(session);
}

static void say_request(session_request_t *request, void *user_data)
{
    char line[1024];
    size_t length = 0;
    const void *body = session_request_body(request, &length);

    snprintf(line, sizeof line, "[%s %s/%s %s %s %s %s/%s %s %.*s]", (const char *)user_data,
             session_request_service(request), session_request_operation(request), session_request_params(request),
             session_request_method(request), session_request_url(request), session_request_signing_name(request),
             session_request_signing_region(request), session_request_partition(request), (int)length, (const char *)body);
    note(line);
}

TEST(handlers_of_a_session_build_before_body_and_path_are_there)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client, *s3;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    CHECK_OK(session_push_back(session, SESSION_STAGE_BUILD, NULL, say_request, "before", NULL, &error), error);
    CHECK_OK(session_push_front(session, SESSION_STAGE_SIGN, NULL, say_request, "after", NULL, &error), error);
    client = fake_client_of(session, "sts");
    fake_succeed(fake_request(client, "GetCallerIdentity", "POST", "/", "{\"A\":\"b\"}"));
    CHECK_TRACE("[before sts/GetCallerIdentity {\"A\":\"b\"} POST https://sts.us-west-2.amazonaws.com/ sts/us-west-2 aws ] "
                "[after sts/GetCallerIdentity {\"A\":\"b\"} POST https://sts.us-west-2.amazonaws.com/ sts/us-west-2 aws "
                "A=b&Action=GetCallerIdentity&Version=2011-06-15]");
    s3 = fake_client_of(session, "s3");
    fake_succeed(fake_request(s3, "GetObject", "GET", "/{Bucket}/{Key+}?x=1", "{\"Bucket\":\"bucket\",\"Key\":\"a b\"}"));
    CHECK_TRACE("[before s3/GetObject {\"Bucket\":\"bucket\",\"Key\":\"a b\"} GET "
                "https://s3.us-west-2.amazonaws.com/{Bucket}/{Key+}?x=1 s3/us-west-2 aws ] "
                "[after s3/GetObject {\"Bucket\":\"bucket\",\"Key\":\"a b\"} GET "
                "https://bucket.s3.us-west-2.amazonaws.com/a%20b?x=1 s3/us-west-2 aws ]");
    session_client_free(client);
    session_client_free(s3);
    session_free(session);
}

static void say_reply(session_request_t *request, void *user_data)
{
    char line[1024];
    const char *header = session_request_response_header(request, "X-Test");

    snprintf(line, sizeof line, "[%s %d %s %s %d]", (const char *)user_data, session_request_http_status(request),
             header ? header : "-", session_request_request_id(request), session_request_retryable(request));
    note(line);
}

TEST(handlers_see_the_reply_once_it_is_there)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client;
    session_error_t *error = NULL;

    fake_answer(&fake, 403, DENIED);
    fake.headers[0][0] = "x-test", fake.headers[0][1] = "yes";
    fake.headers[1][0] = "x-amzn-requestid", fake.headers[1][1] = "id-1";
    CHECK_OK(session_push_front(session, SESSION_STAGE_SEND, NULL, say_reply, "send", NULL, &error), error);
    CHECK_OK(session_push_back(session, SESSION_STAGE_SEND, NULL, say_reply, "sent", NULL, &error), error);
    CHECK_OK(session_push_back(session, SESSION_STAGE_COMPLETE, NULL, say_reply, "done", NULL, &error), error);
    client = fake_client_of(session, "sts");
    error = fake_fail(identity(client));
    CHECK_TRACE("[send 0 -  -1] [sent 403 yes  -1] [done 403 yes id-1 0]");
    session_error_free(error);
    session_client_free(client);
    session_free(session);
}

static void stub(session_request_t *request, void *user_data)
{
    note("stub");
    CHECK_INT(session_request_set_response(request, 200, user_data, strlen(user_data)), SESSION_OK);
    CHECK_INT(session_request_add_response_header(request, "X-Amzn-RequestId", "stubbed"), SESSION_OK);
    CHECK_STR(session_request_response_header(request, "x-amzn-requestid"), "stubbed");
    CHECK_INT(session_request_http_status(request), 200);
}

TEST(the_send_can_be_replaced_by_a_stub)
{
    session_t *session = fake_session(&fake, NULL);
    session_handlers_t *handlers = session_handlers(session);
    session_client_t *client;
    session_request_t *request;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    char *account = NULL;
    bool swapped = false;

    CHECK_OK(session_handlers_swap(handlers, SESSION_STAGE_SEND, "core.SendHandler", stub, IDENTITY, NULL, &swapped, &error),
             error);
    CHECK(swapped);
    client = fake_client_of(session, "sts");
    request = identity(client);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_OK(session_response_value(response, "Account", &account, &error), error);
    CHECK_STR(account, "123456789012");
    CHECK_STR(session_request_request_id(request), "stubbed");
    CHECK_STR(session_response_header(response, "x-amzn-requestid"), "stubbed");
    CHECK_TRACE("stub");
    CHECK_INT(fake.sends, 0);
    session_string_free(account);
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    session_handlers_free(handlers);
    session_free(session);
}

static void stub_refusal(session_request_t *request, void *user_data)
{
    CHECK_INT(session_request_add_response_header(request, "X-Early", "1"), SESSION_ERR_INVALID_STATE);
    CHECK_INT(session_request_set_response(request, 99, NULL, 0), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_set_response(request, 1000, NULL, 0), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_set_response(request, 200, NULL, 1), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_http_status(request), 0);
    CHECK_INT(session_request_set_response(request, 403, user_data, strlen(user_data)), SESSION_OK);
    CHECK_INT(session_request_add_response_header(request, "a b", "1"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_request_add_response_header(request, "a", "1\r\nb: 2"), SESSION_ERR_INVALID_ARGUMENT);
}

TEST(a_stub_can_refuse)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_handlers_t *handlers = session_client_handlers(client);
    session_error_t *error;

    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_SEND, "core.SendHandler", stub_refusal, DENIED, NULL, NULL, NULL),
              SESSION_OK);
    error = fake_fail(identity(client));
    CHECK_STR(session_error_code(error), "AccessDenied");
    CHECK_INT(session_error_http_status(error), 403);
    session_error_free(error);
    session_handlers_free(handlers);
    session_client_free(client);
}

TEST(a_request_that_nobody_sends_fails)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_handlers_t *handlers = session_client_handlers(client);
    session_error_t *error;

    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, "core.SendHandler"), 1);
    error = fake_fail(identity(client));
    CHECK_INT(session_error_status(error), SESSION_ERR_HANDLER);
    CHECK_STR(session_error_code(error), "MissingResponse");
    session_error_free(error);
    for (int stage = 0; stage < STAGES; stage++)
        session_handlers_clear(handlers, stage);
    error = fake_fail(identity(client));
    CHECK_STR(session_error_code(error), "MissingResponse");
    session_error_free(error);
    CHECK_INT(fake.sends, 0);
    session_handlers_free(handlers);
    session_client_free(client);
}

TEST(a_request_that_nobody_signs_has_no_presigned_url)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_handlers_t *handlers = session_client_handlers(client);
    session_request_t *request;
    session_error_t *error = NULL;
    char *url = NULL;

    session_handlers_clear(handlers, SESSION_STAGE_SIGN);
    request = identity(client);
    CHECK_INT(session_request_presign(request, 60, &url, &error), SESSION_ERR_HANDLER);
    CHECK_STR(session_error_code(error), "MissingSignature");
    CHECK(url == NULL);
    session_error_free(error);
    session_request_free(request);
    session_handlers_free(handlers);
    session_client_free(client);
}

/* ---- Handlers that change the list in which they run */

static void remove_all_but_me(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    note(user_data);
    CHECK_INT(session_handlers_remove(own, SESSION_STAGE_COMPLETE, "x"), 2);
    session_handlers_free(own);
}

static void push_more(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    note(user_data);
    push(own, SESSION_STAGE_COMPLETE, NULL, say, "pushed");
    push_front(own, SESSION_STAGE_COMPLETE, NULL, say, "in-front");
    session_handlers_free(own);
}

static void clear_it(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    note(user_data);
    session_handlers_clear(own, SESSION_STAGE_COMPLETE);
    CHECK_INT(session_handlers_len(own, SESSION_STAGE_COMPLETE), 0);
    session_handlers_free(own);
}

static void swap_the_rest(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    note(user_data);
    CHECK_INT(session_handlers_swap(own, SESSION_STAGE_COMPLETE, "x", say, "swapped", NULL, NULL, NULL), SESSION_OK);
    session_handlers_free(own);
}

/* Sends with [x, `handler`, x] in COMPLETE; all three must run, and what a second run of the list would is `then`. */
static void change_while_running(session_handler_fn handler, const char *then)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = identity(client);
    session_handlers_t *own = session_request_handlers(request);
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    push(own, SESSION_STAGE_COMPLETE, "x", say, "a");
    push(own, SESSION_STAGE_COMPLETE, "me", handler, "me");
    push(own, SESSION_STAGE_COMPLETE, "x", say, "b");
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_TRACE("a me b");
    session_handlers_remove(own, SESSION_STAGE_COMPLETE, "me");
    run(own, SESSION_STAGE_COMPLETE, request);
    CHECK_TRACE(then);
    session_response_free(response);
    session_handlers_free(own);
    session_request_free(request);
    session_client_free(client);
}

TEST(a_running_list_is_what_it_was_when_it_began)
{
    change_while_running(remove_all_but_me, "");
    change_while_running(push_more, "in-front a b pushed");
    change_while_running(clear_it, "");
    change_while_running(swap_the_rest, "swapped swapped");
}

static void remove_me(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    note(user_data);
    CHECK_INT(session_handlers_remove(own, SESSION_STAGE_BUILD, "me"), 1);
    push(own, SESSION_STAGE_SIGN, NULL, say, "later");
    session_handlers_free(own);
}

TEST(a_handler_can_change_lists_that_have_not_begun)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_handlers_t *of_client = session_client_handlers(client);
    size_t before = session_handlers_len(of_client, SESSION_STAGE_SIGN);

    fake_answer(&fake, 200, IDENTITY);
    push(of_client, SESSION_STAGE_BUILD, "me", remove_me, "me");
    fake_succeed(identity(client));
    CHECK_TRACE("me later");
    CHECK_INT(session_handlers_len(of_client, SESSION_STAGE_SIGN), before);
    fake_succeed(identity(client));
    CHECK_TRACE("me later");
    session_handlers_free(of_client);
    session_client_free(client);
}

/* ---- Handlers that call the library */

static void call_all(session_request_t *request, void *user_data)
{
    session_t *session = user_data, *copy = NULL;
    session_handlers_t *lists, *shallow;
    session_client_t *client = NULL;
    session_config_t *config = NULL;
    session_credentials_t *keys;
    session_credentials_value_t *value = NULL;
    session_response_t *response = NULL;
    session_request_t *nested;
    session_error_t *error = NULL;
    char *text = NULL;

    note(session_request_operation(request));
    /* The inner request runs this handler too, once. */
    if (strcmp(session_request_operation(request), "GetCallerIdentity") != 0)
        return;
    lists = session_handlers(session);
    push(lists, SESSION_STAGE_SEND, "added", quiet, NULL);
    shallow = session_handlers_copy(lists);
    session_handlers_clear(shallow, SESSION_STAGE_SEND);
    CHECK_OK(session_copy(session, NULL, &copy, &error), error);
    CHECK_OK(session_get_config(copy, &config, &error), error);
    CHECK_STR(session_config_get(config, "region"), "us-west-2");
    keys = session_credentials(copy);
    CHECK_OK(session_credentials_get(keys, 0, NULL, &value, &error), error);
    CHECK_STR(session_credentials_value_access_key_id(value), "AKIDEXAMPLE");
    CHECK_OK(session_explain(session, SESSION_EXPLAIN_JSON, &text, &error), error);
    CHECK_OK(session_client_new(copy, "sts", NULL, &client, &error), error);
    nested = fake_request(client, "GetSessionToken", "POST", "/", NULL);
    CHECK_OK(session_request_send(nested, &response, &error), error);
    session_handlers_remove(lists, SESSION_STAGE_SEND, "added");

    session_string_free(text);
    session_response_free(response);
    session_request_free(nested);
    session_client_free(client);
    session_credentials_value_free(value);
    session_credentials_free(keys);
    session_config_free(config);
    session_free(copy);
    session_handlers_free(shallow);
    session_handlers_free(lists);
}

TEST(a_handler_of_any_list_can_call_the_library)
{
    static const int stages[] = {SESSION_STAGE_VALIDATE,       SESSION_STAGE_BUILD,     SESSION_STAGE_SIGN,
                                 SESSION_STAGE_SEND,           SESSION_STAGE_UNMARSHAL, SESSION_STAGE_VALIDATE_RESPONSE,
                                 SESSION_STAGE_UNMARSHAL_META, SESSION_STAGE_COMPLETE,  SESSION_STAGE_COMPLETE_ATTEMPT};

    fake_answer(&fake, 200, IDENTITY);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        session_t *session = fake_session(&fake, NULL);
        session_client_t *client;
        session_error_t *error = NULL;

        CHECK_OK(session_push_front(session, stages[i], "me", call_all, session, NULL, &error), error);
        client = fake_client_of(session, "sts");
        fake.sends = 0;
        fake_succeed(identity(client));
        CHECK_TRACE("GetCallerIdentity GetSessionToken");
        CHECK_INT(fake.sends, 2);
        session_client_free(client);
        session_free(session);
    }
}

static void send_itself(session_request_t *request, void *user_data)
{
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    char *url = NULL;

    note(user_data);
    CHECK_INT(session_request_send(request, &response, &error), SESSION_ERR_INVALID_STATE);
    CHECK_STR(session_error_code(error), "InvalidState");
    CHECK(response == NULL);
    session_error_free(error);
    CHECK_INT(session_request_presign(request, 60, &url, &error), SESSION_ERR_INVALID_STATE);
    CHECK(url == NULL);
    session_error_free(error);
    CHECK(session_request_error(request) == NULL);
}

TEST(a_handler_can_neither_send_nor_presign_its_own_request)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_handlers_t *handlers = session_client_handlers(client);
    session_request_t *request;
    session_error_t *error = NULL;
    char *url = NULL;

    fake_answer(&fake, 200, IDENTITY);
    push(handlers, SESSION_STAGE_VALIDATE, NULL, send_itself, "validate");
    push(handlers, SESSION_STAGE_SIGN, NULL, send_itself, "sign");
    push(handlers, SESSION_STAGE_SEND, NULL, send_itself, "send");
    push(handlers, SESSION_STAGE_COMPLETE, NULL, send_itself, "complete");
    fake_succeed(identity(client));
    CHECK_TRACE("validate sign send complete");
    CHECK_INT(fake.sends, 1);
    request = identity(client);
    CHECK_OK(session_request_presign(request, 60, &url, &error), error);
    CHECK_TRACE("validate sign");
    session_string_free(url);
    session_request_free(request);
    session_handlers_free(handlers);
    session_client_free(client);
}

static void run_another_list(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    note(user_data);
    CHECK_INT(session_handlers_run(own, SESSION_STAGE_UNMARSHAL_STREAM, request, NULL), SESSION_OK);
    session_handlers_free(own);
}

TEST(a_handler_can_run_another_list)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_handlers_t *handlers = session_client_handlers(client);

    fake_answer(&fake, 200, IDENTITY);
    push(handlers, SESSION_STAGE_UNMARSHAL, NULL, run_another_list, "unmarshal");
    push(handlers, SESSION_STAGE_UNMARSHAL_STREAM, NULL, say, "stream");
    fake_succeed(identity(client));
    CHECK_TRACE("unmarshal stream");
    session_handlers_free(handlers);
    session_client_free(client);
}

TEST(a_session_that_never_came_to_be_fails_its_requests)
{
    session_config_t *config = session_config_new();
    session_t *session;
    session_client_t *client;
    session_error_t *error;

    setenv("AWS_PROFILE", "nowhere", 1);
    session_config_set_region(config, "us-west-2");
    session = session_new_deferred(config);
    CHECK(session != NULL);
    client = fake_client_of(session, "sts");
    error = fake_fail(identity(client));
    CHECK_STR(session_error_code(error), "SharedConfigProfileNotExistsError");
    CHECK_CONTAINS(session_error_text(error), "nowhere");
    session_error_free(error);
    session_client_free(client);
    session_free(session);
    session_config_free(config);
}
