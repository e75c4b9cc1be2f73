/*
 * A session that is made in any case: why it could not be loaded is the error of its first request.
 *
 * In Go: session.New(), which is deprecated. New programs are better off with session_new().
 */
#include <session.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    session_config_t *config = session_config_new();

    /* Another server than AWS. */
    if (getenv("GUIDE_ENDPOINT"))
        session_config_set_endpoint(config, getenv("GUIDE_ENDPOINT"));

    session_t *session = session_new_deferred(config);
    session_client_t *s3 = NULL;
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    /* What was wrong at the load shows up here. */
    if (session_client_new(session, "s3", NULL, &s3, &error) ||
        session_request_new(s3, "ListBuckets", "GET", "/", NULL, &request, &error) ||
        session_request_send(request, &response, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("S3 answered with status %d\n", session_response_status(response));

    int failed = error != NULL;
    session_error_free(error);
    session_response_free(response);
    session_request_free(request);
    session_client_free(s3);
    session_free(session);
    session_config_free(config);
    return failed;
}
