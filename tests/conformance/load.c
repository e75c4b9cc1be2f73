/* `load`: makes a session, copies it, asks for clients, gets the credentials. */
#include "scenario.h"

#include <string.h>

static json_t *session_config_answer(scenario_t *scenario, const session_t *session)
{
    session_config_t *config = NULL;
    session_error_t *error = NULL;
    json_t *answer = NULL;

    if (scenario_note(scenario, session_get_config(session, &config, &error)) == SESSION_OK) {
        answer = describe_config(config);
    } else {
        answer = json_object();
        json_put(answer, "error", describe_error(error));
    }
    session_config_free(config);
    return answer;
}

static json_t *copy_answer(scenario_t *scenario, const session_t *session, const json_t *settings)
{
    session_config_t *overrides = scenario_overrides(scenario, settings);
    session_t *copy = NULL;
    session_error_t *error = NULL;
    json_t *answer;

    if (scenario_note(scenario, session_copy(session, overrides, &copy, &error)) == SESSION_OK) {
        answer = session_config_answer(scenario, copy);
    } else {
        answer = json_object();
        json_put(answer, "error", describe_error(error));
    }
    session_free(copy);
    session_config_free(overrides);
    return answer;
}

static json_t *client_answer(scenario_t *scenario, const session_t *session, const json_t *wanted)
{
    session_config_t *overrides = scenario_overrides(scenario, json_get(wanted, "config"));
    const char *service = json_text(json_get(wanted, "service"));
    session_client_t *client = NULL;
    session_error_t *error = NULL;
    json_t *answer = json_object();

    json_put(answer, "service", json_string(service));
    if (scenario_note(scenario, session_client_new(session, service, overrides, &client, &error)) == SESSION_OK) {
        json_put(answer, "endpoint", json_string(session_client_endpoint(client)));
        json_put(answer, "region", json_string(session_client_region(client)));
        json_put(answer, "signing_region", json_string(session_client_signing_region(client)));
        json_put(answer, "signing_name", json_string(session_client_signing_name(client)));
        json_put(answer, "partition", json_string(session_client_partition(client)));
    } else {
        json_put(answer, "error", describe_error(error));
    }
    session_client_free(client);
    session_config_free(overrides);
    return answer;
}

static json_t *credentials_answer(scenario_t *scenario, const session_t *session)
{
    session_credentials_t *credentials = session_credentials(session);
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    json_t *answer = json_object();

    if (scenario_note(scenario, session_credentials_get(credentials, 0, NULL, &value, &error)) == SESSION_OK) {
        json_put(answer, "access_key_id", json_string(session_credentials_value_access_key_id(value)));
        json_put(answer, "secret_access_key", json_string(session_credentials_value_secret_access_key(value)));
        json_put(answer, "session_token", json_string(session_credentials_value_session_token(value)));
        json_put(answer, "provider", json_string(session_credentials_value_provider(value)));
        if (session_credentials_value_expires_at(value) != INT64_MAX)
            json_put(answer, "expires", json_bool(true));
    } else {
        json_put(answer, "error", describe_error(error));
    }
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    return answer;
}

typedef json_t *(*answer_fn)(scenario_t *scenario, const session_t *session, const json_t *wanted);

static void answer_each(scenario_t *scenario, const session_t *session, const char *list, answer_fn one, json_t *answer)
{
    const json_t *wanted = json_get(scenario->source, list);
    json_t *answers;

    if (wanted == NULL || wanted->kind != JSON_ARRAY)
        return;
    answers = json_array();
    for (size_t i = 0; i < wanted->count; i++)
        json_push(answers, one(scenario, session, wanted->items[i]));
    json_put(answer, list, answers);
}

json_t *answer_load(scenario_t *scenario)
{
    session_t *session = NULL;
    session_error_t *error = NULL;
    json_t *answer = json_object();
    session_status_t status = scenario_session(scenario, NULL, &session, &error);

    json_put(answer, "error", describe_error(error));
    if (status == SESSION_OK) {
        json_put(answer, "config", session_config_answer(scenario, session));
        answer_each(scenario, session, "copies", copy_answer, answer);
        answer_each(scenario, session, "clients", client_answer, answer);
        if (json_is_true(json_get(scenario->source, "retrieve"))) {
            json_put(answer, "credentials", credentials_answer(scenario, session));
            json_put(answer, "requests", scenario_requests(scenario));
        }
    }
    session_free(session);
    return answer;
}
