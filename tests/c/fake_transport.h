/*
 * A transport that plays a service: it answers as it is told and keeps what it was sent. With it a session, whose clock
 * stands at 2020-01-02T03:04:05Z, so that signatures are always the same. Include check.h first.
 */
#ifndef FAKE_TRANSPORT_H
#define FAKE_TRANSPORT_H

#define FAKE_NOW 1577934245
#define FAKE_HEADERS 8

struct fake {
    /* What is answered. A status of 0 is that of a network that is down. */
    int status;
    const char *headers[FAKE_HEADERS][2];
    const void *body;
    size_t length;
    /* What was sent last, and how often something was. Headers are lines of `Name: value`. */
    int sends;
    char method[64], scheme[16], host[1024], target[16384], head[16384];
    char sent[65536];
    size_t sent_length;
};

static inline void fake_copy(char *to, size_t size, const char *from)
{
    CHECK(strlen(from) < size);
    strcpy(to, from);
}

static inline session_status_t fake_send(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct fake *fake = user_data;
    size_t count = 0;

    fake->sends++;
    fake_copy(fake->method, sizeof fake->method, session_http_request_method(request));
    fake_copy(fake->scheme, sizeof fake->scheme, session_http_request_scheme(request));
    fake_copy(fake->host, sizeof fake->host, session_http_request_host(request));
    fake_copy(fake->target, sizeof fake->target, session_http_request_target(request));
    fake->head[0] = 0;
    for (size_t i = 0; i < session_http_request_header_count(request); i++) {
        size_t end = strlen(fake->head);
        snprintf(fake->head + end, sizeof fake->head - end, "%s: %s\n", session_http_request_header_name(request, i),
                 session_http_request_header_value(request, i));
    }
    fake->sent_length = 0;
    do {
        size_t room = sizeof fake->sent - fake->sent_length - 1;
        CHECK_INT(session_http_request_read_body(request, fake->sent + fake->sent_length, room, &count), SESSION_OK);
        fake->sent_length += count;
    } while (count > 0);
    fake->sent[fake->sent_length] = 0;

    if (fake->status == 0) {
        session_http_reply_set_error(reply, "Down", "the network is down");
        return SESSION_ERR_TRANSPORT;
    }
    CHECK_INT(session_http_reply_set_status(reply, fake->status), SESSION_OK);
    for (int i = 0; i < FAKE_HEADERS && fake->headers[i][0]; i++)
        CHECK_INT(session_http_reply_add_header(reply, fake->headers[i][0], fake->headers[i][1]), SESSION_OK);
    CHECK_INT(session_http_reply_write(reply, fake->body, fake->length), SESSION_OK);
    return SESSION_OK;
}

/* Answers with a text from now on. */
static inline void fake_answer(struct fake *fake, int status, const char *body)
{
    fake->status = status;
    fake->body = body;
    fake->length = strlen(body);
}

/* The value of a header of what was sent last, in a static buffer; NULL if there was none. */
static inline const char *fake_header(const struct fake *fake, const char *name)
{
    static char value[16384];
    size_t length = strlen(name);

    for (const char *line = fake->head; *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, name, length) == 0 && strncmp(line + length, ": ", 2) == 0) {
            size_t end = strcspn(line + length + 2, "\n");
            memcpy(value, line + length + 2, end);
            value[end] = 0;
            return value;
        }
    }
    return NULL;
}

static inline int64_t fake_clock(void *user_data)
{
    (void)user_data;
    return INT64_C(1577934245) * 1000000000;
}

/* Settings for a session that has region, keys and the clock, and makes one try of each request. */
static inline session_config_t *fake_config(void)
{
    session_config_t *config = session_config_new();
    session_credentials_t *keys = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_new_static("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL, &keys,
                                            &error),
             error);
    session_config_set_region(config, "us-west-2");
    session_config_set_credentials(config, keys);
    session_config_set_clock(config, fake_clock, NULL, NULL);
    session_config_set_max_retries(config, 0);
    session_credentials_free(keys);
    return config;
}

/* A session whose requests go to the fake. `config` (NULL: fake_config()) is given up. */
static inline session_t *fake_session(struct fake *fake, session_config_t *config)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_t *session = NULL;
    session_error_t *error = NULL;

    if (!config)
        config = fake_config();
    transport.send = fake_send;
    transport.user_data = fake;
    session_config_set_transport(config, &transport);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    return session;
}

static inline session_client_t *fake_client_of(const session_t *session, const char *service)
{
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_client_new(session, service, NULL, &client, &error), error);
    return client;
}

/* A client whose requests go to the fake. `config` (NULL: fake_config()) is given up. */
static inline session_client_t *fake_client(struct fake *fake, const char *service, session_config_t *config)
{
    session_t *session = fake_session(fake, config);
    session_client_t *client = fake_client_of(session, service);

    session_free(session);
    return client;
}

static inline session_request_t *fake_request(const session_client_t *client, const char *operation, const char *method,
                                              const char *path, const char *params)
{
    session_request_t *request = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_new(client, operation, method, path, params, &request, &error), error);
    return request;
}

/* Sends a request that must succeed, and frees it and its response. */
static inline void fake_succeed(session_request_t *request)
{
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_send(request, &response, &error), error);
    CHECK(response != NULL);
    CHECK(error == NULL);
    session_response_free(response);
    session_request_free(request);
}

/* Sends a request that must fail, and frees it; gives the error. */
static inline session_error_t *fake_fail(session_request_t *request)
{
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    session_status_t status = session_request_send(request, &response, &error);

    CHECK(status != SESSION_OK);
    CHECK(response == NULL);
    CHECK_INT(session_error_status(error), status);
    CHECK_CONTAINS(session_error_text(error), session_error_message(error));
    session_request_free(request);
    return error;
}

#endif
