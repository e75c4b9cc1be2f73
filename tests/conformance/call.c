/* `call`: one GetCallerIdentity, traced through the 14 lists of handlers. */
#include "scenario.h"

#include <stdlib.h>

static const struct {
    int stage;
    const char *name;
} STAGES[] = {
    {SESSION_STAGE_VALIDATE, "validate"},
    {SESSION_STAGE_BUILD, "build"},
    {SESSION_STAGE_BUILD_STREAM, "build_stream"},
    {SESSION_STAGE_SIGN, "sign"},
    {SESSION_STAGE_SEND, "send"},
    {SESSION_STAGE_VALIDATE_RESPONSE, "validate_response"},
    {SESSION_STAGE_UNMARSHAL, "unmarshal"},
    {SESSION_STAGE_UNMARSHAL_STREAM, "unmarshal_stream"},
    {SESSION_STAGE_UNMARSHAL_META, "unmarshal_meta"},
    {SESSION_STAGE_UNMARSHAL_ERROR, "unmarshal_error"},
    {SESSION_STAGE_RETRY, "retry"},
    {SESSION_STAGE_AFTER_RETRY, "after_retry"},
    {SESSION_STAGE_COMPLETE_ATTEMPT, "complete_attempt"},
    {SESSION_STAGE_COMPLETE, "complete"},
};

typedef struct tracer {
    json_t *trace;
    const char *stage;
} tracer_t;

static void trace(session_request_t *request, void *user_data)
{
    const tracer_t *tracer = user_data;
    const session_error_t *error = session_request_error(request);
    char count[48];
    text_t line = {0};

    text_add_string(&line, tracer->stage);
    snprintf(count, sizeof count, " retry_count=%d", session_request_retry_count(request));
    text_add_string(&line, count);
    if (error != NULL) {
        text_add_string(&line, " error=");
        text_add_string(&line, session_error_code(error));
    }
    json_push(tracer->trace, json_string(text_string(&line)));
    text_free(&line);
}

static session_status_t push_tracers(session_t *session, json_t *lines, session_error_t **error)
{
    session_status_t status = SESSION_OK;

    for (size_t i = 0; status == SESSION_OK && i < sizeof STAGES / sizeof *STAGES; i++) {
        tracer_t *tracer = allocate(sizeof *tracer);
        tracer->trace = lines;
        tracer->stage = STAGES[i].name;
        status = session_push_front(session, STAGES[i].stage, NULL, trace, tracer, free, error);
    }
    return status;
}

/* A value of the reply; "" if there is none. */
static json_t *reply_value(session_response_t *response, const char *name)
{
    char *value = NULL;
    json_t *answer;

    if (response != NULL)
        session_response_value(response, name, &value, NULL);
    answer = json_string(value);
    session_string_free(value);
    return answer;
}

json_t *answer_call(scenario_t *scenario)
{
    static const char *const GO_RETRIES[] = {"retry_mode", "legacy", NULL};
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    json_t *answer = json_object(), *lines = json_array();
    session_status_t status = scenario_session(scenario, GO_RETRIES, &session, &error);

    if (status == SESSION_OK)
        status = push_tracers(session, lines, &error);
    if (status == SESSION_OK)
        status = session_client_new(session, "sts", NULL, &client, &error);
    if (status == SESSION_OK)
        status = session_request_new(client, "GetCallerIdentity", "POST", "/", NULL, &request, &error);
    if (status == SESSION_OK)
        status = session_request_send(request, &response, &error);
    scenario_note(scenario, status);

    json_put(answer, "error", describe_error(error));
    json_put(answer, "account", reply_value(response, "Account"));
    json_put(answer, "arn", reply_value(response, "Arn"));
    json_put(answer, "retry_count", json_integer(request != NULL ? session_request_retry_count(request) : 0));
    json_put(answer, "requests", scenario_requests(scenario));
    session_response_free(response);
    session_request_free(request);
    session_client_free(client);
    session_free(session);
    /* The tracers write to the list for as long as any of these lives. */
    json_put(answer, "trace", lines);
    return answer;
}
