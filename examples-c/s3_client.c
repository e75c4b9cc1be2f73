/*
 * A client of S3, made from a session, which lists the buckets.
 *
 * In Go: svc := s3.New(sess); svc.ListBuckets(&s3.ListBucketsInput{})
 *
 * The client inherits the session's configuration, credentials and handlers. A reply is read as it is, here as XML.
 */
#include <session.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    session_config_t *config = session_config_new();
    session_t *session = NULL;
    session_client_t *s3 = NULL;
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    const char *body = NULL;

    /* Another server than AWS. */
    if (getenv("GUIDE_ENDPOINT"))
        session_config_set_endpoint(config, getenv("GUIDE_ENDPOINT"));

    if (session_new(config, &session, &error) || session_client_new(session, "s3", NULL, &s3, &error) ||
        session_request_new(s3, "ListBuckets", "GET", "/", NULL, &request, &error) ||
        session_request_send(request, &response, &error) ||
        session_response_body(response, 1 << 20, &body, NULL, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        puts(body);

    int failed = error != NULL;
    session_error_free(error);
    session_response_free(response);
    session_request_free(request);
    session_client_free(s3);
    session_free(session);
    session_config_free(config);
    return failed;
}
