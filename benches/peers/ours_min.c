/* The smallest program that loads a session and gets its credentials; with the argument `list`, it lists buckets. */
#include <session.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    (void)arguments;
    session_config_t *config = session_config_new();
    session_t *session = NULL;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_client_t *s3 = NULL;
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    const char *body = NULL;

    if (getenv("PEERS_ENDPOINT") != NULL)
        session_config_set_endpoint(config, getenv("PEERS_ENDPOINT"));
    session_options_t *options = session_options_new();
    session_options_set_config(options, config);
    session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE);
    int failed = session_new_with_options(options, &session, &error) ||
                 (credentials = session_credentials(session)) == NULL ||
                 session_credentials_get(credentials, 0, NULL, &value, &error);
    if (!failed && count > 1)
        failed = session_client_new(session, "s3", NULL, &s3, &error) ||
                 session_request_new(s3, "ListBuckets", "GET", "/", NULL, &request, &error) ||
                 session_request_send(request, &response, &error) ||
                 session_response_body(response, 1 << 20, &body, NULL, &error);
    if (failed)
        fprintf(stderr, "%s\n", session_error_text(error));
    session_response_free(response), session_request_free(request), session_client_free(s3);
    session_credentials_value_free(value), session_credentials_free(credentials), session_free(session);
    session_options_free(options), session_config_free(config), session_error_free(error);
    return failed;
}
