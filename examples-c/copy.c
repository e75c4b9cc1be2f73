/*
 * A copy of a session for another region.
 *
 * In Go: sess.Copy(&aws.Config{Region: aws.String("us-east-2")})
 *
 * Copying is cheap: nothing is read again, and both share their credentials. What the copy does not override stays as it
 * is, and what is changed later in one does not change the other.
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_config_t *east = session_config_new();
    session_t *session = NULL, *copy = NULL;
    session_client_t *s3 = NULL, *s3_of_copy = NULL;
    session_error_t *error = NULL;

    session_config_set_region(east, "us-east-2");

    if (session_new(NULL, &session, &error) || session_copy(session, east, &copy, &error) ||
        session_client_new(session, "s3", NULL, &s3, &error) ||
        session_client_new(copy, "s3", NULL, &s3_of_copy, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("session: %s\ncopy:    %s\n", session_client_endpoint(s3), session_client_endpoint(s3_of_copy));

    int failed = error != NULL;
    session_error_free(error);
    session_client_free(s3_of_copy);
    session_client_free(s3);
    session_free(copy);
    session_free(session);
    session_config_free(east);
    return failed;
}
