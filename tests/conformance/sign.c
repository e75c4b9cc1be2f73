/* `sign`: signs or presigns one request at a fixed time. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>

/* Days from 1970-01-01 to a date of the Gregorian calendar; the year starts in March, so that a leap day is its last. */
static long long days_since_1970(long long year, int month, int day)
{
    long long shifted = month > 2 ? year : year - 1;
    long long day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719468;
}

/* The Unix time of `20150830T123600Z`; false if it is none. */
static bool read_time(const char *text, int64_t *seconds)
{
    int year, month, day, hour, minute, second, end = 0;

    if (text == NULL || strlen(text) != 16 ||
        sscanf(text, "%4d%2d%2dT%2d%2d%2dZ%n", &year, &month, &day, &hour, &minute, &second, &end) != 6 || end != 16)
        return false;
    *seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}

static session_status_t add_headers(session_signing_t *signing, const json_t *headers)
{
    session_status_t status = SESSION_OK;

    for (size_t i = 0; headers != NULL && headers->kind == JSON_OBJECT && i < headers->count; i++) {
        const char *value = json_scalar(headers->items[i]);
        if (status == SESSION_OK && value != NULL)
            status = session_signing_add_header(signing, json_text(headers->names[i]), value);
    }
    return status;
}

/* The keys, as the value that signing takes. */
static session_status_t make_keys(const json_t *wanted, session_credentials_value_t **out, session_error_t **error)
{
    session_credentials_t *credentials = NULL;
    session_status_t status =
        session_credentials_new_static(json_text(json_get(wanted, "access_key_id")), json_text(json_get(wanted, "secret_access_key")),
                                       json_text(json_get(wanted, "session_token")), &credentials, error);

    if (status == SESSION_OK)
        status = session_credentials_get(credentials, 0, NULL, out, error);
    session_credentials_free(credentials);
    return status;
}

static session_status_t set_up(session_signing_t *signing, const json_t *wanted, const session_credentials_value_t *keys)
{
    const json_t *body = json_get(wanted, "body");
    int64_t seconds = 0;
    session_status_t status = session_signing_set_credentials(signing, keys);

    if (status == SESSION_OK && read_time(json_text(json_get(wanted, "time")), &seconds))
        status = session_signing_set_time(signing, seconds);
    if (status == SESSION_OK && json_text(body) != NULL)
        status = session_signing_set_payload(signing, json_text(body), body->text.length);
    if (status == SESSION_OK && json_is_true(json_get(wanted, "unsigned_payload")))
        status = session_signing_set_unsigned_payload(signing, true);
    if (status == SESSION_OK && json_is_true(json_get(wanted, "disable_uri_path_escaping")))
        status = session_signing_set_double_encode(signing, false);
    if (status == SESSION_OK)
        status = add_headers(signing, json_get(wanted, "headers"));
    return status;
}

static session_status_t sign(const session_signing_t *signing, const json_t *wanted, session_signed_t **out, session_error_t **error)
{
    const char *method = json_text(json_get(wanted, "method"));
    const char *url = json_text(json_get(wanted, "url"));
    long long seconds = json_number(json_get(wanted, "expires_seconds"), 0);

    if (json_get(wanted, "expires_seconds") == NULL)
        return session_sign(signing, method, url, out, error);
    if (seconds < 0)
        seconds = 0;
    if (seconds > (long long)UINT32_MAX)
        seconds = (long long)UINT32_MAX;
    return session_presign(signing, method, url, (uint32_t)seconds, out, error);
}

static json_t *describe_headers(const session_signed_t *result)
{
    json_t *headers = json_object();

    for (size_t i = 0; i < session_signed_header_count(result); i++) {
        text_t name = {0};
        text_add_string(&name, session_signed_header_name(result, i));
        for (size_t k = 0; k < name.length; k++)
            if (name.data[k] >= 'A' && name.data[k] <= 'Z')
                name.data[k] = (char)(name.data[k] - 'A' + 'a');
        json_put(headers, text_string(&name), json_string(session_signed_header_value(result, i)));
        text_free(&name);
    }
    return headers;
}

json_t *answer_sign(scenario_t *scenario)
{
    const json_t *wanted = json_get(scenario->source, "sign");
    session_signing_t *signing = session_signing_new(json_text(json_get(wanted, "service")), json_text(json_get(wanted, "region")));
    session_credentials_value_t *keys = NULL;
    session_signed_t *result = NULL;
    session_error_t *error = NULL;
    json_t *answer = json_object();
    session_status_t status = make_keys(wanted, &keys, &error);

    /* A setting that is no good is reported by what consumes it. */
    if (status == SESSION_OK && scenario_note(scenario, set_up(signing, wanted, keys)) != SESSION_ERR_UNSUPPORTED)
        status = sign(signing, wanted, &result, &error);
    scenario_note(scenario, status);
    json_put(answer, "error", describe_error(error));
    json_put(answer, "url", json_string(result != NULL ? session_signed_url(result) : ""));
    json_put(answer, "headers", result != NULL ? describe_headers(result) : json_object());
    session_signed_free(result);
    session_signing_free(signing);
    session_credentials_value_free(keys);
    return answer;
}
