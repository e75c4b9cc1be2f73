/* strncasecmp is POSIX, not C99. */
#define _XOPEN_SOURCE 700

#include "fake_transport.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The headers a recording keeps. */
static const char *const KEPT[] = {
    "authorization",
    "content-type",
    "x-amz-security-token",
    "x-amz-sso_bearer_token",
    "x-aws-ec2-metadata-token",
    "x-aws-ec2-metadata-token-ttl-seconds",
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* `AWS4-… Credential=KEY/DATE/SCOPE, …` without what changes with each second; any other authorization as it is. */
static json_t *reduced_authorization(const char *value)
{
    const char *key = strstr(value, "Credential=");
    const char *date, *scope;
    text_t reduced = {0};
    json_t *result;

    if (!starts_with(value, "AWS4-") || key == NULL)
        return json_string(value);
    key += strlen("Credential=");
    date = strchr(key, '/');
    scope = date != NULL ? strchr(date + 1, '/') : NULL;
    if (scope == NULL)
        return json_string(value);
    text_add_string(&reduced, "access_key_id=");
    text_add(&reduced, key, (size_t)(date - key));
    text_add_string(&reduced, " scope=");
    text_add(&reduced, scope + 1, strcspn(scope + 1, ", "));
    result = json_string(text_string(&reduced));
    text_free(&reduced);
    return result;
}

static int hex_digit(char digit)
{
    if (!isxdigit((unsigned char)digit))
        return -1;
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

static void add_decoded(text_t *text, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char byte = data[i] == '+' ? ' ' : data[i];
        int high = byte == '%' && i + 2 < length ? hex_digit(data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(data[i + 2]) : -1;
        if (low >= 0) {
            byte = (char)(high * 16 + low);
            i += 2;
        }
        text_add(text, &byte, 1);
    }
}

/* A role session name that nobody chose is the time in nanoseconds: different each time, so a recording has a word in its place. */
static bool is_generated(const char *name, const text_t *value)
{
    size_t digits = strspn(text_string(value), "0123456789");

    return strcmp(name, "RoleSessionName") == 0 && digits == value->length && digits > 15;
}

static json_t *decoded_form(const text_t *body)
{
    const char *field = text_string(body), *end = field + body->length;
    json_t *form = json_object();

    while (field < end) {
        size_t length = strcspn(field, "&");
        size_t name_length = strcspn(field, "=&");
        text_t name = {0}, value = {0};

        add_decoded(&name, field, name_length);
        if (name_length < length)
            add_decoded(&value, field + name_length + 1, length - name_length - 1);
        if (length > 0)
            json_put(form, text_string(&name),
                     is_generated(text_string(&name), &value) ? json_string("<generated>")
                                                              : json_bytes(text_string(&value), value.length));
        text_free(&name);
        text_free(&value);
        /* The byte after the text is always a NUL, so stepping over it ends the loop. */
        field += length + 1;
    }
    return form;
}

static json_t *kept_headers(const session_http_request_t *request)
{
    json_t *headers = json_object();

    for (size_t i = 0; i < session_http_request_header_count(request); i++) {
        const char *name = session_http_request_header_name(request, i);
        const char *value = session_http_request_header_value(request, i);
        for (size_t k = 0; name != NULL && value != NULL && k < sizeof KEPT / sizeof *KEPT; k++)
            if (strcasecmp(name, KEPT[k]) == 0)
                json_put(headers, KEPT[k], k == 0 ? reduced_authorization(value) : json_string(value));
    }
    return headers;
}

static session_status_t read_body(session_http_request_t *request, text_t *body)
{
    char buffer[4096];
    size_t length = 0;
    session_status_t status;

    do {
        status = session_http_request_read_body(request, buffer, sizeof buffer, &length);
        if (status == SESSION_OK)
            text_add(body, buffer, length);
    } while (status == SESSION_OK && length > 0);
    return status;
}

static void record(fake_transport_t *fake, const session_http_request_t *request, const char *url, const text_t *body)
{
    json_t *entry = json_object(), *headers = kept_headers(request);
    const char *type = json_text(json_get(headers, "content-type"));

    json_put(entry, "method", json_string(session_http_request_method(request)));
    json_put(entry, "url", json_string(url));
    if (type != NULL && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
        json_put(entry, "form", decoded_form(body));
    else if (body->length > 0)
        json_put(entry, "body", json_bytes(text_string(body), body->length));
    json_put(entry, "headers", headers);
    json_push(fake->requests, entry);
}

static bool matches(const json_t *reply, const char *method, const char *url, const char *body)
{
    const char *wanted_method = json_text(json_get(reply, "method"));
    const char *wanted_url = json_text(json_get(reply, "url"));
    const char *wanted_text = json_text(json_get(reply, "body_contains"));

    return (wanted_method == NULL || strcmp(wanted_method, method) == 0) && (wanted_url == NULL || starts_with(url, wanted_url)) &&
           (wanted_text == NULL || strstr(body, wanted_text) != NULL);
}

static const json_t *find_reply(fake_transport_t *fake, const char *method, const char *url, const char *body)
{
    for (size_t i = 0; i < json_count(fake->replies); i++) {
        const json_t *reply = json_item(fake->replies, i);
        if (!fake->used[i] && matches(reply, method, url, body)) {
            fake->used[i] = json_is_true(json_get(reply, "once"));
            return reply;
        }
    }
    return NULL;
}

static session_status_t answer(session_http_reply_t *out, const json_t *reply)
{
    const json_t *headers = json_get(reply, "headers");
    const json_t *body = json_get(reply, "reply");
    session_status_t status = session_http_reply_set_status(out, (int)json_number(json_get(reply, "status"), 200));

    for (size_t i = 0; status == SESSION_OK && headers != NULL && headers->kind == JSON_OBJECT && i < headers->count; i++) {
        const char *value = json_scalar(headers->items[i]);
        if (value != NULL)
            status = session_http_reply_add_header(out, json_text(headers->names[i]), value);
    }
    if (status == SESSION_OK && json_text(body) != NULL && body->text.length > 0)
        status = session_http_reply_write(out, json_text(body), body->text.length);
    return status;
}

static session_status_t send_request(session_http_request_t *request, session_http_reply_t *out, void *user_data)
{
    fake_transport_t *fake = user_data;
    const char *method = session_http_request_method(request);
    const json_t *reply = NULL;
    text_t url = {0}, body = {0};
    session_status_t status = read_body(request, &body);

    text_add_string(&url, session_http_request_scheme(request));
    text_add_string(&url, "://");
    text_add_string(&url, session_http_request_host(request));
    text_add_string(&url, session_http_request_target(request));
    if (status == SESSION_OK) {
        record(fake, request, text_string(&url), &body);
        reply = find_reply(fake, method, text_string(&url), text_string(&body));
        if (reply != NULL) {
            status = answer(out, reply);
        } else {
            session_http_reply_set_error(out, "RequestError", "connection refused");
            status = SESSION_ERR_TRANSPORT;
        }
    }
    text_free(&url);
    text_free(&body);
    return status;
}

void fake_transport_init(fake_transport_t *fake, const json_t *replies)
{
    fake->replies = replies;
    fake->used = allocate(json_count(replies) * sizeof *fake->used);
    fake->requests = json_array();
}

void fake_transport_free(fake_transport_t *fake)
{
    free(fake->used);
    json_free(fake->requests);
}

session_transport_t fake_transport_table(fake_transport_t *fake)
{
    session_transport_t table = SESSION_TRANSPORT_INIT;
    table.send = send_request;
    table.user_data = fake;
    return table;
}
