/*
 * A session with the credentials of a profile, named by the program.
 *
 * In Go: session.NewSessionWithOptions(session.Options{Profile: "profile_name"})
 *
 * A profile named here wins over AWS_PROFILE, and its credentials over those of the environment.
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_error_t *error = NULL;
    char *origin = NULL;

    session_options_set_profile(options, "profile_name");

    if (session_new_with_options(options, &session, &error) || session_origin(session, "credentials", &origin, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("credentials: %s\n", origin);

    int failed = error != NULL;
    session_string_free(origin);
    session_error_free(error);
    session_free(session);
    session_options_free(options);
    return failed;
}
