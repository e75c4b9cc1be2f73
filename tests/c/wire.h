/*
 * What tests share that send nothing anywhere: a transport that keeps what it was given and answers as it is told, and
 * sessions that see neither the process's environment nor any file. Include it after check.h.
 *
 * What these functions give lives to the end of the test, and is freed then.
 */
#ifndef WIRE_H
#define WIRE_H

#include "check.h"
#include <stdint.h>
#include <strings.h>

/* ---- What ends with the test ---- */

static struct {
    void *object;
    void (*end)(void *object);
} kept[4096];
static size_t kept_count;

static inline void end_kept(void)
{
    while (kept_count > 0) {
        kept_count--;
        kept[kept_count].end(kept[kept_count].object);
    }
}

static inline void keep(void *object, void (*end)(void *object))
{
    CHECK(kept_count < sizeof kept / sizeof *kept);
    if (kept_count == 0)
        atexit(end_kept);
    kept[kept_count].object = object;
    kept[kept_count].end = end;
    kept_count++;
}

#define KEEP(object, type, destroy)                        \
    static inline void end_##object(void *pointer)         \
    {                                                      \
        destroy(pointer);                                  \
    }                                                      \
    static inline type *keep_##object(type *pointer)       \
    {                                                      \
        keep(pointer, end_##object);                       \
        return pointer;                                    \
    }

KEEP(text, char, free)
KEEP(string, char, session_string_free)
KEEP(error, session_error_t, session_error_free)
KEEP(config, session_config_t, session_config_free)
KEEP(options, session_options_t, session_options_free)
KEEP(session, session_t, session_free)
KEEP(handlers, session_handlers_t, session_handlers_free)
KEEP(credentials, session_credentials_t, session_credentials_free)
KEEP(value, session_credentials_value_t, session_credentials_value_free)
KEEP(cancel, session_cancel_t, session_cancel_free)
KEEP(client, session_client_t, session_client_free)
KEEP(request, session_request_t, session_request_free)
KEEP(response, session_response_t, session_response_free)
KEEP(signing, session_signing_t, session_signing_free)
KEEP(signed, session_signed_t, session_signed_free)

/* ---- The transport ---- */

static struct wire {
    /* What it answers. */
    int status;
    const char *body;
    /* Called in each send, before the answer; may be NULL. */
    void (*look)(session_http_request_t *request, session_http_reply_t *reply);
    /* What it was given last. */
    int count;
    char method[16], scheme[8], host[256], target[1024], headers[16384];
    int64_t body_length;
} wire = {200, "", NULL, 0, "", "", "", "", "", 0};

static inline session_status_t wire_send(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    size_t used = 0;

    (void)user_data;
    wire.count++;
    snprintf(wire.method, sizeof wire.method, "%s", session_http_request_method(request));
    snprintf(wire.scheme, sizeof wire.scheme, "%s", session_http_request_scheme(request));
    snprintf(wire.host, sizeof wire.host, "%s", session_http_request_host(request));
    snprintf(wire.target, sizeof wire.target, "%s", session_http_request_target(request));
    wire.body_length = session_http_request_body_length(request);
    wire.headers[0] = 0;
    for (size_t i = 0; i < session_http_request_header_count(request) && used < sizeof wire.headers; i++)
        used += (size_t)snprintf(wire.headers + used, sizeof wire.headers - used, "%s: %s\n",
                                 session_http_request_header_name(request, i),
                                 session_http_request_header_value(request, i));
    session_http_reply_set_status(reply, wire.status);
    session_http_reply_write(reply, wire.body, strlen(wire.body));
    if (wire.look)
        wire.look(request, reply);
    return SESSION_OK;
}

/* A header of what was sent last; NULL if it had none of that name. */
static inline const char *wire_header(const char *name)
{
    static char value[1024];
    size_t length = strlen(name);

    for (const char *line = wire.headers; *line; line += strcspn(line, "\n") + 1) {
        if (strncasecmp(line, name, length) != 0 || strncmp(line + length, ": ", 2) != 0)
            continue;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line + length + 2, "\n"), line + length + 2);
        return value;
    }
    return NULL;
}

/* ---- Objects that work ---- */

static inline session_credentials_t *a_credentials(void)
{
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_credentials_new_static("AKIDEXAMPLE", "SECRETEXAMPLE", "TOKENEXAMPLE", &credentials, &error),
             error);
    return keep_credentials(credentials);
}

static inline session_credentials_value_t *a_value(void)
{
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_credentials_get(a_credentials(), 0, NULL, &value, &error), error);
    return keep_value(value);
}

static inline void no_wait(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds, (void)user_data;
}

/* Lets a configuration send by the wire, with keys and without waiting between tries. */
static inline session_config_t *wired(session_config_t *config)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    transport.send = wire_send;
    CHECK_INT(session_config_set_transport(config, &transport), SESSION_OK);
    CHECK_INT(session_config_set_credentials(config, a_credentials()), SESSION_OK);
    CHECK_INT(session_config_set_sleep(config, no_wait, NULL, NULL), SESSION_OK);
    return config;
}

/* A configuration of these settings, name and value in turn, with a NULL behind the last. */
static inline session_config_t *config_of(const char *const *settings)
{
    session_config_t *config = keep_config(session_config_new());
    for (; settings && *settings; settings += 2)
        CHECK_INT(session_config_set(config, settings[0], settings[1]), SESSION_OK);
    return config;
}

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline session_config_t *a_config(void)
{
    return wired(config_of(SETTINGS("region", "us-west-2")));
}

/* Options of a load that sees no variable and no file. */
static inline session_options_t *a_options(void)
{
    static const char *const none[] = {NULL};
    session_options_t *options = keep_options(session_options_new());
    CHECK_INT(session_options_set_environment(options, none, 0), SESSION_OK);
    CHECK_INT(session_options_set_files(options, none, 0), SESSION_OK);
    return options;
}

static inline session_t *load_options(const session_options_t *options)
{
    session_t *session = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    return keep_session(session);
}

static inline session_t *load_config(const session_config_t *config)
{
    session_options_t *options = a_options();
    CHECK_INT(session_options_set_config(options, config), SESSION_OK);
    return load_options(options);
}

static inline session_t *a_session(void)
{
    return load_config(a_config());
}

static inline session_client_t *client_of(const session_t *session, const char *service)
{
    session_client_t *client = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_client_new(session, service, NULL, &client, &error), error);
    return keep_client(client);
}

static inline session_client_t *a_client(void)
{
    return client_of(a_session(), "s3");
}

static inline session_request_t *request_of(const session_client_t *client, const char *operation, const char *method,
                                            const char *path, const char *params)
{
    session_request_t *request = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_request_new(client, operation, method, path, params, &request, &error), error);
    return keep_request(request);
}

static inline session_request_t *a_request(void)
{
    return request_of(a_client(), "GetObject", "GET", "/{Bucket}/{Key+}",
                      "{\"Bucket\": \"a-bucket\", \"Key\": \"a/key\"}");
}

static inline session_response_t *sent(session_request_t *request)
{
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_request_send(request, &response, &error), error);
    return keep_response(response);
}

static inline session_signing_t *a_signing(void)
{
    session_signing_t *signing = keep_signing(session_signing_new("s3", "us-west-2"));
    CHECK_INT(session_signing_set_credentials(signing, a_value()), SESSION_OK);
    return signing;
}

/* ---- What must fail ---- */

/* The error of a load that must fail. */
static inline const session_error_t *load_error(const session_options_t *options)
{
    session_t *none = NULL;
    session_error_t *error = NULL;
    session_status_t status = session_new_with_options(options, &none, &error);
    keep_error(error);
    CHECK(status != SESSION_OK);
    CHECK(!none);
    CHECK_INT(session_error_status(error), status);
    return error;
}

static inline const session_error_t *config_error(const session_config_t *config)
{
    session_options_t *options = a_options();
    CHECK_INT(session_options_set_config(options, config), SESSION_OK);
    return load_error(options);
}

/* The error of a request that must fail. */
static inline const session_error_t *send_error(session_request_t *request)
{
    session_response_t *none = NULL;
    session_error_t *error = NULL;
    session_status_t status = session_request_send(request, &none, &error);
    keep_error(error);
    CHECK(status != SESSION_OK);
    CHECK(!none);
    CHECK_INT(session_error_status(error), status);
    return error;
}

#endif
