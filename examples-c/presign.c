/*
 * Presigned URLs: for a quarter of an hour, whoever has them can get and put one object, without credentials.
 *
 * In Go: request, _ := svc.GetObjectRequest(...); request.Presign(15 * time.Minute)
 *
 * Nothing is sent. What is printed are commands that use the URLs.
 */
#include <session.h>
#include <stdio.h>

/* Gives the URL of one operation on the object. */
static session_status_t presign(const session_client_t *s3, const char *operation, const char *method, char **url,
                                session_error_t **error)
{
    const char *object = "{\"Bucket\": \"guide-bucket\", \"Key\": \"poe/a dream.txt\"}";
    session_request_t *request = NULL;
    session_status_t status = session_request_new(s3, operation, method, "/{Bucket}/{Key+}", object, &request, error);

    if (status == SESSION_OK)
        status = session_request_presign(request, 15 * 60, url, error);
    session_request_free(request);
    return status;
}

int main(void)
{
    session_t *session = NULL;
    session_client_t *s3 = NULL;
    session_error_t *error = NULL;
    char *get = NULL, *put = NULL;

    if (session_new(NULL, &session, &error) || session_client_new(session, "s3", NULL, &s3, &error) ||
        presign(s3, "GetObject", "GET", &get, &error) || presign(s3, "PutObject", "PUT", &put, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("curl '%s'\ncurl --upload-file dream.txt '%s'\n", get, put);

    int failed = error != NULL;
    session_string_free(put);
    session_string_free(get);
    session_error_free(error);
    session_client_free(s3);
    session_free(session);
    return failed;
}
