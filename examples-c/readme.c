#include <session.h>
#include <stdio.h>

static void log_request(session_request_t *request, void *user_data)
{
    fprintf(user_data, "Request: %s/%s, Payload: %s\n", session_request_service(request),
            session_request_operation(request), session_request_params(request));
}

int main(void)
{
    session_options_t *options = session_options_new();
    session_config_t *east = session_config_new();
    session_t *base = NULL, *copy = NULL;
    session_client_t *s3 = NULL;
    session_request_t *list = NULL;
    session_response_t *reply = NULL;
    session_error_t *err = NULL;
    const char *body = NULL;

    session_options_set_profile(options, "profile_name");
    session_config_set_region(east, "us-east-2");
    if (session_new_with_options(options, &base, &err) ||
        session_push_front(base, SESSION_STAGE_SEND, "app.Log", log_request, stderr, NULL, &err) ||
        session_copy(base, east, &copy, &err) ||
        session_client_new(copy, "s3", NULL, &s3, &err) ||
        session_request_new(s3, "ListBuckets", "GET", "/", NULL, &list, &err) ||
        session_request_send(list, &reply, &err) ||
        session_response_body(reply, 1 << 20, &body, NULL, &err))
        fprintf(stderr, "%s\n", session_error_text(err));
    else
        puts(body);
    int failed = err != NULL;

    session_response_free(reply), session_request_free(list), session_client_free(s3);
    session_free(copy), session_free(base);
    session_config_free(east), session_options_free(options), session_error_free(err);
    return failed;
}
