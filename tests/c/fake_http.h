/* A transport that opens no socket: it gives one reply to all, and keeps what it was given last. Include it after check.h. */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include "loading.h"

struct fake_http {
    /* What it answers; a status of 0: it fails. */
    int status;
    const char *headers[8]; /* name, value, name, value, … */
    const char *body;
    size_t body_length; /* 0: all of `body` as a text */
    /* What it was given. */
    int sent;
    char scheme[16], host[256], target[2048], authorization[1024], date[32], form[4096];
};

static inline session_status_t fake_send(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct fake_http *fake = user_data;
    const char *authorization = session_http_request_header(request, "authorization");
    const char *date = session_http_request_header(request, "x-amz-date");
    size_t length = 1, form_length = 0;

    fake->sent++;
    snprintf(fake->scheme, sizeof fake->scheme, "%s", session_http_request_scheme(request));
    snprintf(fake->host, sizeof fake->host, "%s", session_http_request_host(request));
    snprintf(fake->target, sizeof fake->target, "%s", session_http_request_target(request));
    snprintf(fake->authorization, sizeof fake->authorization, "%s", authorization ? authorization : "");
    snprintf(fake->date, sizeof fake->date, "%s", date ? date : "");
    while (length > 0 && form_length < sizeof fake->form - 1) {
        CHECK_INT(session_http_request_read_body(request, fake->form + form_length, sizeof fake->form - 1 - form_length, &length),
                  SESSION_OK);
        form_length += length;
    }
    fake->form[form_length] = 0;
    if (fake->status == 0) {
        session_http_reply_set_error(reply, "RequestError", "the fake fails");
        return SESSION_ERR_TRANSPORT;
    }
    session_http_reply_set_status(reply, fake->status);
    for (size_t i = 0; i + 1 < sizeof fake->headers / sizeof *fake->headers && fake->headers[i]; i += 2)
        session_http_reply_add_header(reply, fake->headers[i], fake->headers[i + 1]);
    if (fake->body)
        session_http_reply_write(reply, fake->body, fake->body_length ? fake->body_length : strlen(fake->body));
    return SESSION_OK;
}

static inline void no_sleep(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    (void)user_data;
}

/* A configuration with the fake as transport, a region and keys. Nobody sleeps between tries. */
static inline session_config_t *fake_config(struct fake_http *fake)
{
    session_config_t *config = own_config(session_config_new());
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_credentials_t *credentials = NULL;

    transport.send = fake_send;
    transport.user_data = fake;
    CHECK_INT(session_credentials_new_static("AKIDEXAMPLE", "SECRETEXAMPLE", "TOKENEXAMPLE", &credentials, NULL), SESSION_OK);
    CHECK_INT(session_config_set_credentials(config, own_credentials(credentials)), SESSION_OK);
    CHECK_INT(session_config_set_transport(config, &transport), SESSION_OK);
    CHECK_INT(session_config_set_sleep(config, no_sleep, NULL, NULL), SESSION_OK);
    CHECK_INT(session_config_set_region(config, "us-west-2"), SESSION_OK);
    return config;
}

/* The same without keys. */
static inline session_config_t *fake_config_without_keys(struct fake_http *fake)
{
    session_config_t *config = fake_config(fake);

    CHECK_INT(session_config_unset(config, "credentials"), SESSION_OK);
    return config;
}

static inline session_t *fake_session(struct fake_http *fake)
{
    return loaded(with_config(WITH_NOTHING, fake_config(fake)));
}

static inline session_client_t *client_of(const session_t *session, const char *service, const session_config_t *overrides)
{
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_client_new(session, service, overrides, &client, &error), error);
    return own_client(client);
}

static inline session_request_t *request_of(const session_client_t *client, const char *operation, const char *method,
                                            const char *path, const char *params)
{
    session_request_t *request = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_new(client, operation, method, path, params, &request, &error), error);
    return own_request(request);
}

/* The error of a request that must fail. */
static inline const session_error_t *send_error(session_request_t *request)
{
    session_response_t *untouched = NULL;
    session_error_t *error = NULL;
    session_status_t status = session_request_send(request, &untouched, &error);

    own_error(error);
    CHECK(status != SESSION_OK);
    CHECK(!untouched);
    CHECK_INT(session_error_status(error), status);
    return error;
}

static inline session_response_t *send_ok(session_request_t *request)
{
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_send(request, &response, &error), error);
    return own_response(response);
}

#endif
