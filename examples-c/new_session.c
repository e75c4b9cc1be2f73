/*
 * The simplest session: region and credentials come from the environment or the shared credentials file.
 *
 * In Go: session.NewSession()
 *
 * session_origin() says where a value was found; here, the first credentials.
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_t *session = NULL;
    session_error_t *error = NULL;
    char *origin = NULL;

    if (session_new(NULL, &session, &error) || session_origin(session, "credentials", &origin, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("credentials: %s\n", origin);

    int failed = error != NULL;
    session_string_free(origin);
    session_error_free(error);
    session_free(session);
    return failed;
}
