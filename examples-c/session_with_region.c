/*
 * A session for one region. What the program sets wins over the environment and the shared files.
 *
 * In Go: session.NewSession(&aws.Config{Region: aws.String("us-east-2")})
 *
 * session_get_config() takes a snapshot of what was resolved.
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_config_t *config = session_config_new(), *resolved = NULL;
    session_t *session = NULL;
    session_error_t *error = NULL;

    session_config_set_region(config, "us-east-2");

    if (session_new(config, &session, &error) || session_get_config(session, &resolved, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("region: %s\n", session_config_get(resolved, "region"));

    int failed = error != NULL;
    session_error_free(error);
    session_free(session);
    session_config_free(resolved);
    session_config_free(config);
    return failed;
}
