/*
 * Calls in any order, on objects of all kinds and on NULL, freed in any order. What they must not do is crash, hang or
 * leak; each status, its error and its output agree. Who includes this defines below(), which decides what is done.
 */
#include "check.h"
#include <stdint.h>

enum { SLOTS = 5 };

/* A number below `bound`. */
static uint32_t below(uint32_t bound);

static bool perhaps(void)
{
    return below(2) == 0;
}

/* A few of each kind; a slot may be empty. What is put into a slot frees what was there. */
#define POOL(kind, type, destroy)                  \
    static type *kind##_slots[SLOTS];              \
    static type *some_##kind(void)                 \
    {                                              \
        return kind##_slots[below(SLOTS)];         \
    }                                              \
    static void put_##kind(type *object)           \
    {                                              \
        uint32_t slot = below(SLOTS);              \
        destroy(kind##_slots[slot]);               \
        kind##_slots[slot] = object;               \
    }                                              \
    static void free_##kind(void)                  \
    {                                              \
        put_##kind(NULL);                          \
    }                                              \
    static void empty_##kind(void)                 \
    {                                              \
        for (int i = 0; i < SLOTS; i++) {          \
            destroy(kind##_slots[i]);              \
            kind##_slots[i] = NULL;                \
        }                                          \
    }

POOL(error, session_error_t, session_error_free)
POOL(config, session_config_t, session_config_free)
POOL(options, session_options_t, session_options_free)
POOL(session, session_t, session_free)
POOL(handlers, session_handlers_t, session_handlers_free)
POOL(credentials, session_credentials_t, session_credentials_free)
POOL(value, session_credentials_value_t, session_credentials_value_free)
POOL(cancel, session_cancel_t, session_cancel_free)
POOL(client, session_client_t, session_client_free)
POOL(request, session_request_t, session_request_free)
POOL(response, session_response_t, session_response_free)
POOL(signing, session_signing_t, session_signing_free)
POOL(signed, session_signed_t, session_signed_free)

static const char *some_text(void)
{
    static char odd[4][8];
    static uint32_t turn;
    static const char *const texts[] = {
        NULL, "", "a", "s3", "sts", "lambda", "us-west-2", "eu-west-1", "region", "endpoint", "true", "false", "7",
        "regional", "legacy", "IPv6", "https://example.com/x", "http://127.0.0.1:9", "\xff", "a b\nc", "default",
        "core.SendHandler", "core.ValidateEndpointHandler", "mine", "GET", "PUT", "PutObject", "GetCallerIdentity",
        "/{Bucket}/{Key+}?acl", "/", "{}", "{\"Bucket\": \"a-bucket\", \"Key\": \"k\"}", "Content-Type", "X-A",
        "AWS_REGION=eu-west-1", "AWS_PROFILE", "/nonexistent/file", "-1", "UNSIGNED-PAYLOAD"};
    uint32_t index = below(sizeof texts / sizeof *texts + 4);
    char *text = odd[turn++ % 4];

    if (index < sizeof texts / sizeof *texts)
        return texts[index];
    for (uint32_t i = 0; i < sizeof *odd - 1; i++)
        text[i] = (char)below(256);
    return text;
}

static int some_stage(void)
{
    return (int)below(16) - 1;
}

/* Where an output points that no call has written. */
static char nowhere;
#define UNTOUCHED ((void *)&nowhere)

/* The place for an error, or none; done() looks at what came of it. */
static session_error_t *error;

static session_error_t **place(void)
{
    error = perhaps() ? UNTOUCHED : NULL;
    return error ? &error : NULL;
}

static bool done(session_status_t status)
{
    CHECK(status != SESSION_ERR_INTERNAL);
    CHECK(error != UNTOUCHED);
    if (error) {
        CHECK(status != SESSION_OK);
        CHECK_INT(session_error_status(error), status);
        CHECK(*session_error_text(error) || status == SESSION_ERR_HANDLER);
        put_error(error);
        error = NULL;
    }
    return status == SESSION_OK;
}

/* The same for a call with an output: it is written on success alone. */
static bool made(session_status_t status, const void *out)
{
    void *object;

    memcpy(&object, out, sizeof object);
    CHECK((status == SESSION_OK) == (object != UNTOUCHED));
    return done(status);
}

/* Callbacks, which make calls of their own. Their data is counted. */

static int alive;

static void *data(void)
{
    alive++;
    return &alive;
}

static void let_go(void *user_data)
{
    CHECK(user_data == &alive);
    alive--;
}

static void handler(session_request_t *request, void *user_data)
{
    session_handlers_t *list = session_request_handlers(request);

    (void)user_data;
    switch (below(8)) {
    case 0: session_request_set_header(request, some_text(), some_text()); break;
    case 1: session_request_set_error(request, some_text(), some_text()); break;
    case 2: session_handlers_remove(list, some_stage(), some_text()); break;
    case 3: session_handlers_clear(list, some_stage()); break;
    case 4: session_handlers_push_back(list, some_stage(), some_text(), handler, data(), let_go, NULL); break;
    case 5: session_request_set_url(request, some_text()); break;
    case 6: session_request_set_body(request, "changed", 7); break;
    default: session_request_set_retryable(request, (int)below(3) - 1);
    }
    session_handlers_free(list);
}

static bool after_each(size_t index, const char *name, session_request_t *request, void *user_data)
{
    (void)index, (void)request, (void)user_data;
    CHECK(name);
    return perhaps();
}

static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    session_provider_reply_set_keys(reply, some_text(), some_text(), some_text());
    session_provider_reply_set_expires_at(reply, below(2) ? INT64_MAX : 1);
    if (perhaps())
        session_provider_reply_set_error(reply, some_text(), some_text());
    return perhaps() ? SESSION_OK : SESSION_ERR_CREDENTIALS;
}

/* How often a request got as far as the wire, so that the steps are known to lead somewhere. */
static int sends;

static session_status_t send_any(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    char buffer[16];
    size_t length;

    (void)user_data;
    sends++;
    if (perhaps())
        session_http_request_read_body(request, buffer, below(sizeof buffer), &length);
    session_http_request_rewind_body(request);
    session_http_reply_set_status(reply, perhaps() ? 200 : (int)below(700));
    if (perhaps())
        session_http_reply_add_header(reply, some_text(), some_text());
    session_http_reply_write(reply, "<A><B>b</B></A>", below(16));
    if (below(4) == 0)
        session_http_reply_set_error(reply, some_text(), some_text());
    return below(4) ? SESSION_OK : SESSION_ERR_TIMEOUT;
}

static session_status_t read_any(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    (void)user_data;
    *length = capacity < 3 ? capacity : below(4);
    memset(buffer, 'b', *length);
    return below(8) ? SESSION_OK : SESSION_ERR_CANCELED;
}

static session_status_t rewind_any(void *user_data)
{
    (void)user_data;
    return below(8) ? SESSION_OK : SESSION_ERR_UNSUPPORTED;
}

static session_status_t write_any(const void *data, size_t length, void *user_data)
{
    (void)user_data;
    CHECK(data && length > 0);
    return below(4) ? SESSION_OK : SESSION_ERR_HANDLER;
}

static void progress(uint64_t sent, uint64_t to_send, uint64_t received, uint64_t to_receive, void *user_data)
{
    (void)sent, (void)to_send, (void)received, (void)to_receive, (void)user_data;
}

static session_status_t token(session_token_request_t *request, void *user_data)
{
    (void)user_data;
    return session_token_request_set_code(request, some_text());
}

static void pass_time(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds, (void)user_data;
}

static int64_t tell_time(void *user_data)
{
    (void)user_data;
    return (int64_t)below(1000) * 1000000000;
}

static void log_line(int level, const char *line, void *user_data)
{
    (void)level, (void)user_data;
    CHECK(line);
}

/* The steps */

static void config_copy(void) { put_config(session_config_copy(some_config())); }
static void config_set(void) { session_config_set(some_config(), some_text(), some_text()); }

static void config_set_field(void)
{
    session_config_t *config = some_config();
    session_config_set(config, session_config_name(config, below(32)), some_text());
}

static void config_unset(void) { session_config_unset(some_config(), some_text()); }

static void config_look(void)
{
    const session_config_t *config = some_config();
    for (size_t i = 0; i <= session_config_count(config); i++)
        session_config_get(config, session_config_name(config, i));
}

static void config_merge(void) { session_config_merge(some_config(), some_config()); }
static void config_credentials(void) { session_config_set_credentials(some_config(), some_credentials()); }

static void config_transport(void)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    if (below(8))
        transport.send = send_any;
    transport.user_data = data();
    transport.free_user_data = let_go;
    session_config_set_transport(some_config(), &transport);
}

/* Mostly one with which requests can be sent. */
static void config_new(void)
{
    session_config_t *config = session_config_new();
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_credentials_t *credentials = session_credentials_new_anonymous();

    transport.send = send_any;
    session_config_set_sleep(config, pass_time, NULL, NULL);
    if (below(4)) {
        session_config_set_region(config, "us-west-2");
        session_config_set_transport(config, &transport);
        session_config_set_credentials(config, credentials);
    }
    session_credentials_free(credentials);
    put_config(config);
}

static void config_callbacks(void)
{
    session_config_set_sleep(some_config(), perhaps() ? pass_time : NULL, data(), let_go);
    session_config_set_clock(some_config(), perhaps() ? tell_time : NULL, data(), let_go);
    session_config_set_logger(some_config(), perhaps() ? log_line : NULL, data(), let_go);
}

static void options_new(void)
{
    static const char *const none[] = {NULL};
    session_options_t *options = session_options_new();
    CHECK_INT(session_options_set_environment(options, none, 0), SESSION_OK);
    CHECK_INT(session_options_set_files(options, none, 0), SESSION_OK);
    put_options(options);
}

static void options_set(void)
{
    const char *const texts[] = {some_text(), some_text()};
    session_options_t *options = some_options();
    switch (below(10)) {
    case 0: session_options_set_profile(options, below(4) ? "" : some_text()); break;
    case 1: session_options_set_shared_config_state(options, (int)below(4)); break;
    case 2: session_options_set_files(options, texts, below(3)); break;
    case 3: session_options_set_environment(options, texts, below(2)); break;
    case 4: session_options_set_token_provider(options, perhaps() ? token : NULL, data(), let_go); break;
    case 5: session_options_set_assume_role_duration_seconds(options, perhaps() ? 900 : below(1000)); break;
    case 6: session_options_set_handlers(options, some_handlers()); break;
    case 7: session_options_set_custom_ca_bundle(options, perhaps() ? NULL : "pem", 3 * below(2)); break;
    case 8: session_options_set_ec2_imds_endpoint_mode(options, some_text()); break;
    default: session_options_set_config(options, some_config());
    }
}

static void session_load(void)
{
    session_t *session = UNTOUCHED;
    if (made(session_new_with_options(some_options(), &session, place()), &session))
        put_session(session);
}

static void session_load_config(void)
{
    session_t *session = UNTOUCHED;
    if (made(session_new(some_config(), &session, place()), &session))
        put_session(session);
}

static void session_load_in_any_case(void) { put_session(session_new_deferred(some_config())); }

/* A copy: the session of the process is never freed, nor what is added to it. */
static void session_load_default(void)
{
    session_t *session = NULL, *copy = NULL;
    if (done(session_default(&session, place())) && done(session_copy(session, some_config(), &copy, place())))
        put_session(copy);
    session_free(session);
}

static void session_copy_one(void)
{
    session_t *session = UNTOUCHED;
    if (made(session_copy(some_session(), some_config(), &session, place()), &session))
        put_session(session);
}

static void session_snapshot(void)
{
    session_config_t *config = UNTOUCHED;
    if (made(session_get_config(some_session(), &config, place()), &config))
        put_config(config);
}

static void session_tell(void)
{
    char *text = UNTOUCHED;
    if (perhaps() ? made(session_explain(some_session(), (int)below(3), &text, place()), &text)
                  : made(session_origin(some_session(), some_text(), &text, place()), &text))
        session_string_free(text);
}

static void session_push(void)
{
    done(perhaps() ? session_push_back(some_session(), some_stage(), some_text(), handler, data(), let_go, place())
                   : session_push_front(some_session(), some_stage(), some_text(), handler, data(), let_go, place()));
}

static void handlers_new(void) { put_handlers(perhaps() ? session_handlers_new() : session_handlers_default()); }
static void handlers_of_session(void) { put_handlers(session_handlers(some_session())); }
static void handlers_of_client(void) { put_handlers(session_client_handlers(some_client())); }
static void handlers_of_request(void) { put_handlers(session_request_handlers(some_request())); }
static void handlers_copy(void) { put_handlers(session_handlers_copy(some_handlers())); }

static void handlers_change(void)
{
    session_handlers_t *list = some_handlers();
    session_error_t **why = place();
    int stage = some_stage();
    bool swapped;

    switch (below(10)) {
    case 0: done(session_handlers_push_front(list, stage, some_text(), handler, data(), let_go, why)); break;
    case 1: done(session_handlers_push_back(list, stage, some_text(), handler, data(), let_go, why)); break;
    case 2: done(session_handlers_set_front(list, stage, some_text(), handler, data(), let_go, why)); break;
    case 3: done(session_handlers_set_back(list, stage, some_text(), handler, data(), let_go, why)); break;
    case 4: done(session_handlers_swap(list, stage, some_text(), handler, data(), let_go, &swapped, why)); break;
    case 5: done(session_handlers_set_after_each(list, stage, after_each, data(), let_go, why)); break;
    case 6: done(session_handlers_set_after_each(list, stage, NULL, NULL, NULL, why)); break;
    case 7: session_handlers_remove(list, stage, some_text()); break;
    case 8: session_handlers_len(list, stage); break;
    default: session_handlers_clear(list, stage);
    }
}

static void handlers_run(void)
{
    session_request_t *request = some_request();
    int stage = some_stage();
    session_status_t status = session_handlers_run(some_handlers(), stage, request, place());
    done(status);
}

static void credentials_new(void)
{
    session_credentials_t *credentials = NULL;
    session_provider_t provider = SESSION_PROVIDER_INIT;

    switch (below(4)) {
    case 0:
        credentials = session_credentials_new_anonymous();
        break;
    case 1:
        done(session_credentials_new_static(some_text(), some_text(), some_text(), &credentials, place()));
        break;
    case 2:
        provider.retrieve = retrieve;
        provider.user_data = data();
        provider.free_user_data = let_go;
        done(session_credentials_new_provider(&provider, &credentials, place()));
        break;
    default:
        credentials = perhaps() ? session_credentials(some_session()) : session_credentials_copy(some_credentials());
    }
    put_credentials(credentials);
}

static void credentials_get(void)
{
    session_credentials_value_t *value = UNTOUCHED;
    session_credentials_t *credentials = some_credentials();
    if (perhaps() ? made(session_credentials_get(credentials, below(2000), some_cancel(), &value, place()), &value)
                  : made(session_credentials_try_get(credentials, &value, place()), &value))
        put_value(value);
}

static void credentials_renew(void)
{
    done(session_credentials_refresh(some_credentials(), some_cancel(), place()));
    session_credentials_expire(some_credentials());
}

static void value_look(void)
{
    const session_credentials_value_t *value = some_value();
    CHECK(session_credentials_value_access_key_id(value) && session_credentials_value_secret_access_key(value));
    CHECK(session_credentials_value_session_token(value) && session_credentials_value_provider(value));
    put_value(session_credentials_value_copy(value));
}

static void cancel_use(void)
{
    session_cancel_t *cancel = some_cancel();
    switch (below(4)) {
    case 0: put_cancel(session_cancel_new()); break;
    case 1: put_cancel(session_cancel_copy(cancel)); break;
    case 2: session_cancel_set_timeout_ms(cancel, perhaps() ? UINT64_MAX : 0); break;
    default: session_cancel_now(cancel);
    }
}

static void client_new(void)
{
    static const char *const services[] = {"s3", "sts", "lambda", "dynamodb", "sqs", "monitoring"};
    const char *service = below(4) ? services[below(6)] : some_text();
    session_client_t *client = UNTOUCHED;
    if (made(session_client_new(some_session(), service, perhaps() ? some_config() : NULL, &client, place()), &client))
        put_client(client);
}

static void client_look(void)
{
    const session_client_t *client = some_client();
    CHECK(session_client_service(client) && session_client_endpoint(client) && session_client_region(client));
    CHECK(session_client_signing_region(client) && session_client_signing_name(client));
}

static void request_new(void)
{
    session_request_t *request = UNTOUCHED;
    bool good = below(4) != 0;
    if (made(session_request_new(some_client(), good ? "PutObject" : some_text(), good ? "PUT" : some_text(),
                                 good ? "/{Bucket}/{Key+}" : some_text(),
                                 good ? "{\"Bucket\": \"a-bucket\", \"Key\": \"k\"}" : some_text(), &request, place()),
             &request))
        put_request(request);
}

static void request_change(void)
{
    session_request_t *request = some_request();
    switch (below(10)) {
    case 0: session_request_set_header(request, some_text(), some_text()); break;
    case 1: session_request_remove_header(request, some_text()); break;
    case 2: session_request_add_query(request, some_text(), some_text()); break;
    case 3: session_request_set_body(request, "abcdef", below(7)); break;
    case 4: session_request_set_url(request, some_text()); break;
    case 5: session_request_set_method(request, some_text()); break;
    case 6: session_request_set_signing_region(request, some_text()); break;
    case 7: session_request_set_signing_name(request, some_text()); break;
    case 8: session_request_set_retryable(request, (int)below(5) - 2); break;
    default: session_request_set_error(request, some_text(), some_text());
    }
}

static void request_callbacks(void)
{
    session_request_t *request = some_request();
    session_body_t body = SESSION_BODY_INIT;

    body.length = (int64_t)below(6) - 2;
    body.read = below(8) ? read_any : NULL;
    body.rewind = perhaps() ? rewind_any : NULL;
    body.user_data = data();
    body.free_user_data = let_go;
    switch (below(5)) {
    case 0: session_request_set_cancel(request, some_cancel()); break;
    case 1: session_request_set_progress(request, perhaps() ? progress : NULL, data(), let_go); break;
    case 2: session_request_set_payload_signing(request, (int)below(6) - 1); break;
    case 3: session_request_set_response(request, (int)below(700), "abc", below(4)); break;
    default: session_request_add_response_header(request, some_text(), some_text());
    }
    session_request_set_body_stream(request, &body);
}

static void request_look(void)
{
    const session_request_t *request = some_request();
    size_t length;

    for (size_t i = 0; i <= session_request_header_count(request); i++)
        CHECK(!session_request_header_name(request, i) == !session_request_header_value(request, i));
    session_request_body(request, &length);
    CHECK(session_request_url(request) && session_request_params(request) && session_request_request_id(request));
    session_error_text(session_request_error(request));
    session_request_response_header(request, some_text());
}

static void request_send(void)
{
    session_response_t *response = UNTOUCHED;
    if (made(session_request_send(some_request(), &response, place()), &response))
        put_response(response);
}

static void request_presign(void)
{
    char *url = UNTOUCHED;
    if (made(session_request_presign(some_request(), below(700000), &url, place()), &url))
        session_string_free(url);
}

static void response_look(void)
{
    session_response_t *response = some_response();
    const char *body = UNTOUCHED;
    char buffer[16], *text = UNTOUCHED;
    size_t length;

    switch (below(5)) {
    case 4: done(session_response_read_to(response, write_any, NULL, place())); break;
    case 0: done(session_response_read(response, buffer, below(sizeof buffer), &length, place())); break;
    case 1:
        if (made(session_response_body(response, below(100), &body, &length, place()), &body))
            CHECK_INT(body[length], 0);
        break;
    case 2:
        if (made(session_response_value(response, perhaps() ? "B" : some_text(), &text, place()), &text))
            session_string_free(text);
        break;
    default:
        for (size_t i = 0; i <= session_response_header_count(response); i++)
            CHECK(!session_response_header_name(response, i) == !session_response_header_value(response, i));
    }
}

static void signing_new(void) { put_signing(session_signing_new(some_text(), some_text())); }

static void signing_change(void)
{
    session_signing_t *signing = some_signing();
    switch (below(8)) {
    case 0: session_signing_set_credentials(signing, some_value()); break;
    case 1: session_signing_set_time(signing, (int64_t)below(UINT32_MAX) * below(UINT32_MAX) - INT32_MAX); break;
    case 2: session_signing_set_payload(signing, "abcdef", below(7)); break;
    case 3: session_signing_set_payload_hash(signing, some_text()); break;
    case 4: session_signing_set_unsigned_payload(signing, perhaps()); break;
    case 5: session_signing_set_double_encode(signing, perhaps()); break;
    case 6: session_signing_set_hoist(signing, perhaps()); break;
    default: session_signing_add_header(signing, some_text(), some_text());
    }
}

static void sign(void)
{
    const char *url = perhaps() ? "https://h/a/../b?c=d" : some_text();
    session_signed_t *result = UNTOUCHED;
    if (perhaps() ? made(session_sign(some_signing(), "GET", url, &result, place()), &result)
                  : made(session_presign(some_signing(), "GET", url, below(700000), &result, place()), &result))
        put_signed(result);
}

static void signed_look(void)
{
    const session_signed_t *result = some_signed();
    for (size_t i = 0; i <= session_signed_header_count(result); i++)
        CHECK(!session_signed_header_name(result, i) == !session_signed_header_value(result, i));
    CHECK(session_signed_url(result) && session_signed_canonical_request(result));
    CHECK(session_signed_signature(result) && session_signed_string_to_sign(result));
}

static void error_look(void)
{
    const session_error_t *one = some_error();
    CHECK(session_error_text(one) && session_error_path(one) && session_error_request_id(one));
    for (size_t i = 0; i <= session_error_cause_count(one); i++)
        CHECK(session_error_message(session_error_cause(one, i)));
}

static void (*const steps[])(void) = {
    config_new, config_new, config_new, config_copy, config_set, config_set_field, config_unset, config_look, config_merge, config_credentials,
    config_transport, config_callbacks, free_config, options_new, options_set, options_set, free_options, session_load, session_load,
    session_load_config, session_load_config, session_load_in_any_case, session_load_default, session_copy_one, session_snapshot,
    session_tell, session_push, free_session, handlers_new, handlers_of_session, handlers_of_client,
    handlers_of_request, handlers_copy, handlers_change, handlers_change, handlers_run, free_handlers, credentials_new,
    credentials_get, credentials_renew, free_credentials, value_look, free_value, cancel_use, free_cancel, client_new,
    client_new, client_look, free_client, request_new, request_new, request_new, request_change, request_change, request_callbacks, request_look, request_send,
    request_send,
    request_presign, free_request, response_look, free_response, signing_new, signing_change, signing_change, sign,
    signed_look, free_signing, free_signed, error_look, free_error};

/* In another order each time. */
static void empty_all(void)
{
    static void (*const empties[])(void) = {
        empty_error, empty_config, empty_options, empty_session, empty_handlers, empty_credentials, empty_value,
        empty_cancel, empty_client, empty_request, empty_response, empty_signing, empty_signed};
    enum { KINDS = sizeof empties / sizeof *empties };
    uint32_t first = below(KINDS);

    for (uint32_t i = 0; i < KINDS; i++)
        empties[(first + i * 5) % KINDS]();
}
