/*
 * A handler that logs every request of every client made from a session.
 *
 * In Go: sess.Handlers.Send.PushFront(func(r *request.Request) { logger.Printf("Request: %s/%s, Payload: %s", ...) })
 *
 * Clients inherit the handlers that the session has when they are made, so it is added first. SEND runs just before a
 * request is sent, once per attempt.
 */
#include <session.h>
#include <stdio.h>
#include <stdlib.h>

static void log_request(session_request_t *request, void *user_data)
{
    FILE *log = user_data;

    fprintf(log, "Request: %s/%s, Payload: %s\n", session_request_service(request),
            session_request_operation(request), session_request_params(request));
}

int main(void)
{
    session_config_t *config = session_config_new();
    session_t *session = NULL;
    session_client_t *s3 = NULL;
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    /* Another server than AWS. */
    if (getenv("GUIDE_ENDPOINT"))
        session_config_set_endpoint(config, getenv("GUIDE_ENDPOINT"));

    if (session_new(config, &session, &error) ||
        session_push_front(session, SESSION_STAGE_SEND, "example.LogRequest", log_request, stdout, NULL, &error) ||
        session_client_new(session, "s3", NULL, &s3, &error) ||
        session_request_new(s3, "ListBuckets", "GET", "/", "{\"MaxBuckets\": 10}", &request, &error) ||
        session_request_send(request, &response, &error))
        fprintf(stderr, "%s\n", session_error_text(error));

    int failed = error != NULL;
    session_error_free(error);
    session_response_free(response);
    session_request_free(request);
    session_client_free(s3);
    session_free(session);
    session_config_free(config);
    return failed;
}
