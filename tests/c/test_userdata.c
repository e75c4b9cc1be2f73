/* The data of callbacks: freed exactly once, whatever becomes of the callback, and never while somebody may use it. */
#include "check.h"
#include "fake_transport.h"

#define IDENTITY "<GetCallerIdentityResponse><Account>1</Account></GetCallerIdentityResponse>"

static struct fake fake;

/* Something that must be freed once. Its bytes are spoilt when it is, so that whoever uses it then is found out. */
struct owned {
    int alive;
    int freed;
    int used;
};

static void release(void *user_data)
{
    struct owned *owned = user_data;

    owned->alive = 0;
    owned->freed++;
}

static struct owned fresh(void)
{
    struct owned owned = {1, 0, 0};

    return owned;
}

static void use(session_request_t *request, void *user_data)
{
    struct owned *owned = user_data;

    (void)request;
    CHECK(owned->alive);
    owned->used++;
}

static bool use_after(size_t index, const char *name, session_request_t *request, void *user_data)
{
    (void)index;
    (void)name;
    use(request, user_data);
    return true;
}

static session_request_t *identity(const session_client_t *client)
{
    return fake_request(client, "GetCallerIdentity", "POST", "/", NULL);
}

typedef session_status_t (*add_fn)(session_handlers_t *, int, const char *, session_handler_fn, void *, session_free_fn,
                                   session_error_t **);

static session_status_t swap(session_handlers_t *handlers, int stage, const char *name, session_handler_fn handler,
                             void *user_data, session_free_fn free_user_data, session_error_t **error)
{
    return session_handlers_swap(handlers, stage, name, handler, user_data, free_user_data, NULL, error);
}

static const add_fn ADDERS[] = {session_handlers_push_front, session_handlers_push_back, session_handlers_set_front,
                                session_handlers_set_back, swap};
#define ADDER_COUNT (sizeof ADDERS / sizeof *ADDERS)

TEST(every_way_to_add_a_handler_frees_its_data_with_the_lists)
{
    for (size_t i = 0; i < ADDER_COUNT; i++) {
        session_handlers_t *handlers = session_handlers_new();
        struct owned first = fresh(), owned = fresh();
        session_error_t *error = NULL;

        CHECK_OK(session_handlers_push_back(handlers, SESSION_STAGE_SEND, "x", use, &first, release, &error), error);
        CHECK_OK(ADDERS[i](handlers, SESSION_STAGE_SEND, "x", use, &owned, release, &error), error);
        /* What was replaced is gone at once. */
        CHECK_INT(first.freed, i >= 2);
        CHECK_INT(owned.freed, 0);
        session_handlers_free(handlers);
        CHECK_INT(first.freed, 1);
        CHECK_INT(owned.freed, 1);
    }
}

TEST(every_way_to_add_a_handler_frees_its_data_when_it_fails)
{
    for (size_t i = 0; i < ADDER_COUNT; i++) {
        session_handlers_t *handlers = session_handlers_new();
        struct owned owned[5] = {fresh(), fresh(), fresh(), fresh(), fresh()};
        session_error_t *error = NULL;
        bool needs_name = i >= 2;

        CHECK_INT(ADDERS[i](NULL, SESSION_STAGE_SEND, "x", use, &owned[0], release, NULL), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(ADDERS[i](handlers, 14, "x", use, &owned[1], release, NULL), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(ADDERS[i](handlers, SESSION_STAGE_SEND, "x", NULL, &owned[2], release, &error),
                  SESSION_ERR_INVALID_ARGUMENT);
        CHECK_CONTAINS(session_error_message(error), "`handler`");
        session_error_free(error);
        CHECK_INT(ADDERS[i](handlers, SESSION_STAGE_SEND, "\xff", use, &owned[3], release, NULL),
                  SESSION_ERR_INVALID_ARGUMENT);
        if (needs_name) {
            CHECK_INT(ADDERS[i](handlers, SESSION_STAGE_SEND, NULL, use, &owned[4], release, NULL),
                      SESSION_ERR_INVALID_ARGUMENT);
        } else {
            release(&owned[4]);
        }
        for (int k = 0; k < 5; k++)
            CHECK_INT(owned[k].freed, 1);
        CHECK(session_handlers_is_empty(handlers));
        session_handlers_free(handlers);
        for (int k = 0; k < 5; k++)
            CHECK_INT(owned[k].freed, 1);
    }
}

TEST(a_session_frees_what_was_pushed_on_it_or_refused)
{
    session_t *session = fake_session(&fake, NULL);
    struct owned pushed[2] = {fresh(), fresh()}, refused[8];
    session_error_t *error = NULL;

    for (int i = 0; i < 8; i++)
        refused[i] = fresh();
    CHECK_OK(session_push_front(session, SESSION_STAGE_SEND, NULL, use, &pushed[0], release, &error), error);
    CHECK_OK(session_push_back(session, SESSION_STAGE_SEND, NULL, use, &pushed[1], release, &error), error);
    session_push_front(NULL, SESSION_STAGE_SEND, NULL, use, &refused[0], release, NULL);
    session_push_back(NULL, SESSION_STAGE_SEND, NULL, use, &refused[1], release, NULL);
    session_push_front(session, -1, NULL, use, &refused[2], release, NULL);
    session_push_back(session, 14, NULL, use, &refused[3], release, NULL);
    session_push_front(session, SESSION_STAGE_SEND, NULL, NULL, &refused[4], release, NULL);
    session_push_back(session, SESSION_STAGE_SEND, NULL, NULL, &refused[5], release, NULL);
    session_push_front(session, SESSION_STAGE_SEND, "\xc3\x28", use, &refused[6], release, NULL);
    session_push_back(session, SESSION_STAGE_SEND, "\xc3\x28", use, &refused[7], release, NULL);
    for (int i = 0; i < 8; i++)
        CHECK_INT(refused[i].freed, 1);
    CHECK_INT(pushed[0].freed + pushed[1].freed, 0);
    session_free(session);
    CHECK_INT(pushed[0].freed, 1);
    CHECK_INT(pushed[1].freed, 1);
}

TEST(a_swap_that_finds_nothing_frees_its_data_at_once)
{
    session_handlers_t *handlers = session_handlers_new();
    struct owned owned = fresh();
    bool swapped = true;

    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_SEND, "x", use, &owned, release, &swapped, NULL), SESSION_OK);
    CHECK(!swapped);
    CHECK_INT(owned.freed, 1);
    session_handlers_free(handlers);
    CHECK_INT(owned.freed, 1);
}

TEST(a_handler_that_replaces_many_is_freed_with_the_last)
{
    session_handlers_t *handlers = session_handlers_new(), *copy;
    struct owned owned = fresh();

    for (int i = 0; i < 3; i++)
        session_handlers_push_back(handlers, SESSION_STAGE_SEND, "x", use, NULL, NULL, NULL);
    CHECK_INT(session_handlers_swap(handlers, SESSION_STAGE_SEND, "x", use, &owned, release, NULL, NULL), SESSION_OK);
    copy = session_handlers_copy(handlers);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, "x"), 3);
    CHECK_INT(owned.freed, 0);
    CHECK_INT(session_handlers_remove(copy, SESSION_STAGE_SEND, "x"), 3);
    CHECK_INT(owned.freed, 1);
    session_handlers_free(handlers);
    session_handlers_free(copy);
    CHECK_INT(owned.freed, 1);
}

TEST(clearing_and_removing_free_at_once)
{
    session_handlers_t *handlers = session_handlers_new();
    struct owned removed = fresh(), cleared = fresh(), kept = fresh();

    session_handlers_push_back(handlers, SESSION_STAGE_SEND, "x", use, &removed, release, NULL);
    session_handlers_push_back(handlers, SESSION_STAGE_SEND, "y", use, &cleared, release, NULL);
    session_handlers_push_back(handlers, SESSION_STAGE_SIGN, "y", use, &kept, release, NULL);
    CHECK_INT(session_handlers_remove(handlers, SESSION_STAGE_SEND, "x"), 1);
    CHECK_INT(removed.freed, 1);
    CHECK_INT(cleared.freed, 0);
    session_handlers_clear(handlers, SESSION_STAGE_SEND);
    CHECK_INT(cleared.freed, 1);
    CHECK_INT(kept.freed, 0);
    session_handlers_free(handlers);
    CHECK_INT(kept.freed, 1);
    CHECK_INT(removed.freed + cleared.freed, 2);
}

TEST(copies_share_data_until_the_last_is_freed)
{
    session_handlers_t *copies[4];
    struct owned owned = fresh();

    copies[0] = session_handlers_new();
    session_handlers_push_back(copies[0], SESSION_STAGE_SEND, NULL, use, &owned, release, NULL);
    for (int i = 1; i < 4; i++)
        copies[i] = session_handlers_copy(copies[i - 1]);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(owned.freed, 0);
        session_handlers_free(copies[i]);
    }
    CHECK_INT(owned.freed, 1);
}

/* Makes a session, its copy, a client, a request and handles on their lists, and frees them in an order of its own. */
static void free_in_order(int first, int step)
{
    session_t *session = fake_session(&fake, NULL), *copy = NULL;
    session_handlers_t *lists[3];
    session_client_t *client;
    session_request_t *request;
    struct owned owned = fresh();
    session_error_t *error = NULL;

    CHECK_OK(session_push_back(session, SESSION_STAGE_SEND, NULL, use, &owned, release, &error), error);
    CHECK_OK(session_copy(session, NULL, &copy, &error), error);
    client = fake_client_of(copy, "sts");
    request = identity(client);
    lists[0] = session_handlers(session);
    lists[1] = session_client_handlers(client);
    lists[2] = session_request_handlers(request);
    for (int i = 0; i < 7; i++) {
        CHECK_INT(owned.freed, 0);
        switch ((first + i * step) % 7) {
        case 0:
            session_free(session);
            break;
        case 1:
            session_free(copy);
            break;
        case 2:
            session_client_free(client);
            break;
        case 3:
            session_request_free(request);
            break;
        default:
            session_handlers_free(lists[(first + i * step) % 7 - 4]);
        }
    }
    CHECK_INT(owned.freed, 1);
}

TEST(the_order_of_freeing_does_not_matter)
{
    for (int first = 0; first < 7; first++)
        for (int step = 1; step < 7; step++)
            free_in_order(first, step);
}

TEST(a_request_keeps_handlers_that_its_client_has_lost)
{
    session_t *session = fake_session(&fake, NULL);
    session_client_t *client;
    session_handlers_t *of_session = session_handlers(session), *of_client;
    session_request_t *request;
    session_response_t *response = NULL;
    struct owned owned = fresh();
    session_error_t *error = NULL;

    fake_answer(&fake, 200, IDENTITY);
    CHECK_OK(session_push_back(session, SESSION_STAGE_SEND, "x", use, &owned, release, &error), error);
    client = fake_client_of(session, "sts");
    request = identity(client);
    of_client = session_client_handlers(client);
    CHECK_INT(session_handlers_remove(of_session, SESSION_STAGE_SEND, "x"), 1);
    CHECK_INT(session_handlers_remove(of_client, SESSION_STAGE_SEND, "x"), 1);
    session_handlers_free(of_session);
    session_handlers_free(of_client);
    session_free(session);
    session_client_free(client);
    CHECK_INT(owned.freed, 0);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(owned.used, 1);
    CHECK_INT(owned.freed, 0);
    session_request_free(request);
    CHECK_INT(owned.freed, 1);
    session_response_free(response);
    CHECK_INT(owned.freed, 1);
}

/* Lets go of everything that holds it, and goes on using its data. */
static void give_myself_up(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);

    use(request, user_data);
    for (int stage = 0; stage < 14; stage++)
        session_handlers_clear(own, stage);
    session_handlers_free(own);
    use(request, user_data);
}

TEST(a_handler_that_removes_itself_keeps_its_data_until_its_list_has_run)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = identity(client);
    session_handlers_t *own = session_request_handlers(request);
    struct owned owned[3] = {fresh(), fresh(), fresh()};
    session_error_t *error = NULL;

    session_handlers_push_back(own, SESSION_STAGE_VALIDATE, NULL, give_myself_up, &owned[0], release, NULL);
    session_handlers_push_back(own, SESSION_STAGE_VALIDATE, NULL, use, &owned[1], release, NULL);
    session_handlers_set_after_each(own, SESSION_STAGE_VALIDATE, use_after, &owned[2], release, NULL);
    session_handlers_free(own);
    session_client_free(client);
    error = fake_fail(request);
    CHECK_STR(session_error_code(error), "MissingResponse");
    session_error_free(error);
    CHECK_INT(owned[0].used, 2);
    CHECK_INT(owned[1].used, 1);
    for (int i = 0; i < 3; i++)
        CHECK_INT(owned[i].freed, 1);
}

static void replace_after_each(session_request_t *request, void *user_data)
{
    session_handlers_t *own = session_request_handlers(request);
    struct owned *owned = user_data;

    CHECK_INT(session_handlers_set_after_each(own, SESSION_STAGE_COMPLETE, NULL, NULL, NULL, NULL), SESSION_OK);
    CHECK_INT(owned->freed, 0);
    session_handlers_free(own);
}

TEST(an_after_each_function_lives_until_its_list_has_run)
{
    session_client_t *client = fake_client(&fake, "sts", NULL);
    session_request_t *request = identity(client);
    session_handlers_t *own = session_request_handlers(request);
    struct owned owned = fresh();

    session_client_free(client);
    session_handlers_push_back(own, SESSION_STAGE_COMPLETE, NULL, replace_after_each, &owned, NULL, NULL);
    session_handlers_push_back(own, SESSION_STAGE_COMPLETE, NULL, use, &owned, NULL, NULL);
    session_handlers_set_after_each(own, SESSION_STAGE_COMPLETE, use_after, &owned, release, NULL);
    CHECK_INT(session_handlers_run(own, SESSION_STAGE_COMPLETE, request, NULL), SESSION_OK);
    CHECK_INT(owned.used, 3);
    /* The request itself may hold on to it until it ends. */
    session_handlers_free(own);
    session_request_free(request);
    CHECK_INT(owned.freed, 1);
}

TEST(after_each_frees_its_data)
{
    session_handlers_t *handlers = session_handlers_new(), *copy;
    struct owned first = fresh(), second = fresh(), refused[2] = {fresh(), fresh()}, without = fresh();

    session_handlers_set_after_each(NULL, SESSION_STAGE_SEND, use_after, &refused[0], release, NULL);
    session_handlers_set_after_each(handlers, 14, use_after, &refused[1], release, NULL);
    CHECK_INT(refused[0].freed, 1);
    CHECK_INT(refused[1].freed, 1);
    session_handlers_set_after_each(handlers, SESSION_STAGE_SEND, use_after, &first, release, NULL);
    session_handlers_set_after_each(handlers, SESSION_STAGE_SEND, use_after, &second, release, NULL);
    CHECK_INT(first.freed, 1);
    session_handlers_clear(handlers, SESSION_STAGE_SEND);
    CHECK_INT(second.freed, 0);
    copy = session_handlers_copy(handlers);
    /* Without a function its data has no use. */
    CHECK_INT(session_handlers_set_after_each(handlers, SESSION_STAGE_SEND, NULL, &without, release, NULL), SESSION_OK);
    CHECK_INT(without.freed, 1);
    CHECK_INT(second.freed, 0);
    session_handlers_free(handlers);
    session_handlers_free(copy);
    CHECK_INT(second.freed, 1);
}

TEST(lists_of_options_live_in_the_session)
{
    session_handlers_t *handlers = session_handlers_default();
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    struct owned owned = fresh();
    session_error_t *error = NULL;

    session_handlers_push_back(handlers, SESSION_STAGE_SEND, NULL, use, &owned, release, NULL);
    session_options_set_handlers(options, handlers);
    session_handlers_free(handlers);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    session_options_free(options);
    CHECK_INT(owned.freed, 0);
    session_free(session);
    CHECK_INT(owned.freed, 1);
}

/* ---- The destructor */

static session_t *for_destructor;
static int destructions;

static void release_by_calls(void *user_data)
{
    session_handlers_t *lists = session_handlers(for_destructor), *more;
    session_t *copy = NULL;
    session_error_t *error = NULL;

    (void)user_data;
    destructions++;
    session_handlers_len(lists, SESSION_STAGE_SEND);
    CHECK_OK(session_push_back(for_destructor, SESSION_STAGE_RETRY, "late", use, NULL, NULL, &error), error);
    CHECK_OK(session_copy(for_destructor, NULL, &copy, &error), error);
    more = session_handlers_copy(lists);
    session_handlers_free(more);
    session_free(copy);
    session_handlers_free(lists);
}

TEST(a_destructor_can_call_the_library)
{
    session_handlers_t *lists;
    session_error_t *error = NULL;

    for_destructor = fake_session(&fake, NULL);
    lists = session_handlers(for_destructor);
    for (int i = 0; i < 2; i++)
        CHECK_OK(session_push_back(for_destructor, SESSION_STAGE_SEND, "x", use, &fake, release_by_calls, &error), error);
    CHECK_INT(session_handlers_remove(lists, SESSION_STAGE_SEND, "x"), 2);
    CHECK_INT(destructions, 2);
    CHECK_OK(session_push_back(for_destructor, SESSION_STAGE_SEND, "x", use, &fake, release_by_calls, &error), error);
    session_handlers_swap(lists, SESSION_STAGE_SEND, "x", use, NULL, NULL, NULL, NULL);
    CHECK_INT(destructions, 3);
    session_handlers_push_back(lists, SESSION_STAGE_SEND, "y", use, &fake, release_by_calls, NULL);
    session_handlers_clear(lists, SESSION_STAGE_SEND);
    CHECK_INT(destructions, 4);
    session_handlers_set_after_each(lists, SESSION_STAGE_SEND, use_after, &fake, release_by_calls, NULL);
    session_handlers_set_after_each(lists, SESSION_STAGE_SEND, NULL, NULL, NULL, NULL);
    CHECK_INT(destructions, 5);
    CHECK_INT(session_handlers_len(lists, SESSION_STAGE_RETRY), 5);
    session_handlers_free(lists);
    session_free(for_destructor);
}

static void release_null(void *user_data)
{
    CHECK(user_data == NULL);
    destructions++;
}

TEST(a_destructor_runs_for_null_too)
{
    session_handlers_t *handlers = session_handlers_new();

    session_handlers_push_back(handlers, SESSION_STAGE_SEND, NULL, use, NULL, release_null, NULL);
    session_handlers_free(handlers);
    CHECK_INT(destructions, 1);
}

/* ---- The other callbacks */

static void use_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    use(NULL, user_data);
}

static int64_t use_clock(void *user_data)
{
    use(NULL, user_data);
    return fake_clock(NULL);
}

static void use_log(int level, const char *line, void *user_data)
{
    (void)level;
    (void)line;
    use(NULL, user_data);
}

static session_status_t use_token(session_token_request_t *request, void *user_data)
{
    use(NULL, user_data);
    return session_token_request_set_code(request, "123456");
}

static session_status_t use_retrieve(session_provider_reply_t *reply, void *user_data)
{
    use(NULL, user_data);
    return session_provider_reply_set_keys(reply, "AKID", "SECRET", NULL);
}

static session_status_t use_send(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    (void)request;
    use(NULL, user_data);
    session_http_reply_set_status(reply, 200);
    return session_http_reply_write(reply, IDENTITY, strlen(IDENTITY));
}

enum { SLEEP, CLOCK, LOG, TRANSPORT, CALLBACKS };

/* Sets one callback of a configuration. */
static session_status_t set(session_config_t *config, int which, bool callback, struct owned *owned)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;

    switch (which) {
    case SLEEP:
        return session_config_set_sleep(config, callback ? use_sleep : NULL, owned, release);
    case CLOCK:
        return session_config_set_clock(config, callback ? use_clock : NULL, owned, release);
    case LOG:
        return session_config_set_logger(config, callback ? use_log : NULL, owned, release);
    default:
        transport.send = callback ? use_send : NULL;
        transport.user_data = owned;
        transport.free_user_data = release;
        return session_config_set_transport(config, &transport);
    }
}

TEST(callbacks_of_a_configuration_are_freed_when_they_are_replaced_or_the_last_copy_goes)
{
    for (int which = 0; which < CALLBACKS; which++) {
        session_config_t *config = session_config_new(), *copy, *merged = session_config_new();
        struct owned first = fresh(), second = fresh(), refused = fresh(), without = fresh();

        CHECK_INT(set(NULL, which, true, &refused), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(refused.freed, 1);
        CHECK_INT(set(config, which, true, &first), SESSION_OK);
        CHECK_INT(set(config, which, true, &second), SESSION_OK);
        CHECK_INT(first.freed, 1);
        copy = session_config_copy(config);
        CHECK_INT(session_config_merge(merged, copy), SESSION_OK);
        session_config_free(config);
        CHECK_INT(second.freed, 0);
        /* No callback, no use for its data. */
        set(copy, which, false, &without);
        CHECK_INT(without.freed, 1);
        session_config_free(copy);
        CHECK_INT(second.freed, 0);
        session_config_free(merged);
        CHECK_INT(second.freed, 1);
        CHECK_INT(first.freed + refused.freed + without.freed, 3);
    }
}

TEST(callbacks_of_a_configuration_live_in_sessions_copies_clients_requests_and_snapshots)
{
    for (int which = 0; which < CALLBACKS; which++) {
        session_config_t *config = fake_config(), *snapshot = NULL;
        session_t *session = NULL, *copy = NULL;
        session_client_t *client;
        session_request_t *request;
        struct owned owned = fresh();
        session_error_t *error = NULL;

        CHECK_INT(set(config, which, true, &owned), SESSION_OK);
        CHECK_OK(session_new(config, &session, &error), error);
        session_config_free(config);
        CHECK_OK(session_get_config(session, &snapshot, &error), error);
        CHECK_OK(session_copy(session, NULL, &copy, &error), error);
        session_free(session);
        client = fake_client_of(copy, "sts");
        session_free(copy);
        request = identity(client);
        session_client_free(client);
        CHECK_INT(owned.freed, 0);
        session_request_free(request);
        CHECK_INT(owned.freed, 0);
        session_config_free(snapshot);
        CHECK_INT(owned.freed, 1);
    }
}

TEST(a_transport_is_used_until_its_last_response_is_there)
{
    session_config_t *config = fake_config();
    session_client_t *client;
    session_t *session = NULL;
    session_request_t *request;
    session_response_t *response = NULL;
    struct owned owned = fresh();
    session_error_t *error = NULL;
    char *account = NULL;

    set(config, TRANSPORT, true, &owned);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, "sts");
    session_free(session);
    request = identity(client);
    session_client_free(client);
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_INT(owned.used, 1);
    session_request_free(request);
    CHECK_INT(owned.freed, 1);
    CHECK_OK(session_response_value(response, "Account", &account, &error), error);
    CHECK_STR(account, "1");
    session_string_free(account);
    session_response_free(response);
}

TEST(overrides_of_a_copy_or_client_own_their_callbacks)
{
    for (int which = 0; which < CALLBACKS; which++) {
        session_t *session = fake_session(&fake, NULL), *copy = NULL;
        session_config_t *overrides = session_config_new();
        session_client_t *client = NULL;
        struct owned owned = fresh();
        session_error_t *error = NULL;

        CHECK_INT(set(overrides, which, true, &owned), SESSION_OK);
        CHECK_OK(session_copy(session, overrides, &copy, &error), error);
        CHECK_OK(session_client_new(session, "s3", overrides, &client, &error), error);
        session_config_free(overrides);
        session_free(session);
        session_client_free(client);
        CHECK_INT(owned.freed, 0);
        session_free(copy);
        CHECK_INT(owned.freed, 1);
    }
}

TEST(a_load_that_fails_keeps_no_callback)
{
    for (int which = 0; which < CALLBACKS; which++) {
        session_config_t *config = session_config_new();
        session_t *session = NULL;
        struct owned owned = fresh();

        set(config, which, true, &owned);
        session_config_set(config, "max_retries", "many");
        CHECK(session_new(config, &session, NULL) != SESSION_OK);
        CHECK_INT(owned.freed, 0);
        session_config_free(config);
        CHECK_INT(owned.freed, 1);
    }
}

TEST(a_token_provider_is_freed_with_the_options_and_the_session)
{
    const char *environment[] = {"AWS_ACCESS_KEY_ID", "AKID", "AWS_SECRET_ACCESS_KEY", "SECRET"};
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    struct owned first = fresh(), second = fresh(), refused = fresh(), without = fresh();
    session_error_t *error = NULL;

    CHECK_INT(session_options_set_token_provider(NULL, use_token, &refused, release), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(refused.freed, 1);
    CHECK_INT(session_options_set_token_provider(options, use_token, &first, release), SESSION_OK);
    CHECK_INT(session_options_set_token_provider(options, use_token, &second, release), SESSION_OK);
    CHECK_INT(first.freed, 1);
    session_options_set_environment(options, environment, 2);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    CHECK_INT(second.freed, 0);
    session_free(session);
    CHECK_INT(second.freed, 0);
    session_options_set_token_provider(options, NULL, &without, release);
    CHECK_INT(without.freed, 1);
    session_options_free(options);
    CHECK_INT(second.freed, 1);
    CHECK_INT(first.freed + refused.freed + without.freed, 3);
}

static session_provider_t provider_of(struct owned *owned)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;

    provider.retrieve = use_retrieve;
    provider.user_data = owned;
    provider.free_user_data = release;
    return provider;
}

TEST(a_credentials_provider_is_freed_with_its_last_handle)
{
    struct owned owned = fresh();
    session_provider_t provider = provider_of(&owned);
    session_credentials_t *credentials = NULL, *copy;
    session_credentials_value_t *value = NULL;
    session_config_t *config = session_config_new();
    session_t *session = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_new_provider(&provider, &credentials, &error), error);
    copy = session_credentials_copy(credentials);
    session_config_set_credentials(config, credentials);
    session_credentials_free(credentials);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    CHECK_OK(session_credentials_get(copy, 0, NULL, &value, &error), error);
    session_credentials_free(copy);
    CHECK_INT(owned.freed, 0);
    session_free(session);
    CHECK_INT(owned.freed, 1);
    CHECK_INT(owned.used, 1);
    /* The value needs no provider. */
    CHECK_STR(session_credentials_value_access_key_id(value), "AKID");
    session_credentials_value_free(value);
}

TEST(a_table_that_is_refused_is_freed_if_it_can_be)
{
    struct owned owned[4] = {fresh(), fresh(), fresh(), fresh()};
    session_provider_t provider = provider_of(&owned[0]);
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_credentials_t *credentials = NULL;
    session_config_t *config = session_config_new();

    CHECK_INT(session_credentials_new_provider(&provider, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[0].freed, 1);
    provider = provider_of(&owned[1]);
    provider.retrieve = NULL;
    CHECK_INT(session_credentials_new_provider(&provider, &credentials, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[1].freed, 1);
    /* One that is too small has no data to be freed. */
    provider = provider_of(&owned[2]);
    provider.size = sizeof(size_t);
    CHECK_INT(session_credentials_new_provider(&provider, &credentials, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[2].freed, 0);
    CHECK(credentials == NULL);
    transport.size = 0;
    transport.send = use_send;
    transport.user_data = &owned[3];
    transport.free_user_data = release;
    CHECK_INT(session_config_set_transport(config, &transport), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[3].freed, 0);
    session_config_free(config);
    CHECK_INT(owned[3].freed, 0);
}

/* A provider that throws away the last handle on itself while it is asked. */
static session_credentials_t *only_handle;

static session_status_t retrieve_and_let_go(session_provider_reply_t *reply, void *user_data)
{
    session_credentials_free(only_handle);
    use(NULL, user_data);
    return session_provider_reply_set_keys(reply, "AKID", "SECRET", NULL);
}

TEST(a_provider_outlives_the_call_that_asks_it)
{
    struct owned owned = fresh();
    session_provider_t provider = provider_of(&owned);
    session_credentials_t *keeper;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    provider.retrieve = retrieve_and_let_go;
    CHECK_OK(session_credentials_new_provider(&provider, &only_handle, &error), error);
    keeper = session_credentials_copy(only_handle);
    CHECK_OK(session_credentials_get(keeper, 0, NULL, &value, &error), error);
    CHECK_INT(owned.freed, 0);
    session_credentials_value_free(value);
    session_credentials_free(keeper);
    CHECK_INT(owned.freed, 1);
}

/* ---- The bodies of a request, and how far they have come */

static session_status_t use_read(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    struct owned *owned = user_data;

    use(NULL, user_data);
    *length = owned->used == 1 && capacity >= 5 ? 5 : 0;
    memcpy(buffer, "hello", *length);
    return SESSION_OK;
}

static session_status_t use_rewind(void *user_data)
{
    struct owned *owned = user_data;

    CHECK(owned->alive);
    owned->used = 0;
    return SESSION_OK;
}

static session_body_t body_of(struct owned *owned)
{
    session_body_t body = SESSION_BODY_INIT;

    body.length = 5;
    body.read = use_read;
    body.rewind = use_rewind;
    body.user_data = owned;
    body.free_user_data = release;
    return body;
}

TEST(a_body_is_freed_when_it_is_replaced_or_its_request_goes)
{
    struct owned owned[5] = {fresh(), fresh(), fresh(), fresh(), fresh()};
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request =
        fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"k\"}");
    session_response_t *response = NULL;
    session_body_t body = body_of(&owned[0]);
    session_error_t *error = NULL;

    CHECK_INT(session_request_set_body_stream(NULL, &body), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[0].freed, 1);
    body = body_of(&owned[1]);
    body.read = NULL;
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[1].freed, 1);
    body = body_of(&owned[2]);
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_OK);
    body = body_of(&owned[3]);
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_OK);
    CHECK_INT(owned[2].freed, 1);
    CHECK_INT(session_request_set_body(request, "x", 1), SESSION_OK);
    CHECK_INT(owned[3].freed, 1);
    body = body_of(&owned[4]);
    CHECK_INT(session_request_set_body_stream(request, &body), SESSION_OK);
    fake_answer(&fake, 200, "");
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_STR(fake.sent, "hello");
    session_request_free(request);
    session_response_free(response);
    session_client_free(client);
    for (int i = 0; i < 5; i++)
        CHECK_INT(owned[i].freed, 1);
}

TEST(a_borrowed_body_is_sent_from_where_it_is)
{
    struct owned owned[5] = {fresh(), fresh(), fresh(), fresh(), fresh()};
    session_client_t *client = fake_client(&fake, "s3", NULL);
    session_request_t *request =
        fake_request(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\":\"bucket\",\"Key\":\"k\"}");
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    char text[] = "hello";
    size_t length = 0;

    CHECK_INT(session_request_set_body_borrowed(NULL, text, 5, &owned[0], release), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[0].freed, 1);
    CHECK_INT(session_request_set_body_borrowed(request, NULL, 5, &owned[1], release), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[1].freed, 1);
    CHECK_INT(session_request_set_body_borrowed(request, text, SIZE_MAX, &owned[2], release), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(owned[2].freed, 1);
    CHECK_INT(session_request_set_body_borrowed(request, text, 5, &owned[3], release), SESSION_OK);
    CHECK(session_request_body(request, &length) == text);
    CHECK_INT((long long)length, 5);
    CHECK_INT(session_request_set_body_borrowed(request, text, 5, &owned[4], release), SESSION_OK);
    CHECK_INT(owned[3].freed, 1);
    text[0] = 'j';
    fake_answer(&fake, 200, "");
    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK_STR(fake.sent, "jello");
    CHECK_INT(owned[4].freed, 0);
    session_request_free(request);
    session_response_free(response);
    session_client_free(client);
    CHECK_INT(owned[4].freed, 1);
}

static void use_progress(uint64_t sent, uint64_t to_send, uint64_t received, uint64_t to_receive, void *user_data)
{
    (void)sent;
    (void)to_send;
    (void)received;
    (void)to_receive;
    use(NULL, user_data);
}

TEST(who_is_told_of_progress_lives_as_long_as_request_and_response)
{
    for (int order = 0; order < 2; order++) {
        struct owned refused = fresh(), without = fresh(), first = fresh(), second = fresh();
        session_client_t *client = fake_client(&fake, "s3", NULL);
        session_request_t *request = fake_request(client, "ListBuckets", "GET", "/", NULL);
        session_response_t *response = NULL;
        session_error_t *error = NULL;

        CHECK_INT(session_request_set_progress(NULL, use_progress, &refused, release), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(refused.freed, 1);
        CHECK_INT(session_request_set_progress(request, use_progress, &first, release), SESSION_OK);
        CHECK_INT(session_request_set_progress(request, NULL, &without, release), SESSION_OK);
        CHECK_INT(first.freed, 1);
        CHECK_INT(without.freed, 1);
        CHECK_INT(session_request_set_progress(request, use_progress, &second, release), SESSION_OK);
        fake_answer(&fake, 200, "hello");
        CHECK_OK(session_request_send(request, &response, &error), error);
        session_client_free(client);
        if (order == 0)
            session_request_free(request);
        CHECK_INT(second.freed, 0);
        CHECK_OK(session_response_body(response, 5, NULL, &(size_t){0}, &error), error);
        CHECK(second.used > 0);
        session_response_free(response);
        CHECK_INT(second.freed, order == 0);
        if (order == 1)
            session_request_free(request);
        CHECK_INT(second.freed, 1);
    }
}
