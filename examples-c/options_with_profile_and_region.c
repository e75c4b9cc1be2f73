/*
 * A session with the credentials of a profile and a region of the program's own.
 *
 * In Go: session.NewSessionWithOptions(session.Options{
 *            Config:  aws.Config{Region: aws.String("us-east-2")},
 *            Profile: "profile_name",
 *        })
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_options_t *options = session_options_new();
    session_config_t *config = session_config_new(), *resolved = NULL;
    session_t *session = NULL;
    session_error_t *error = NULL;
    char *origin = NULL;

    session_config_set_region(config, "us-east-2");
    session_options_set_config(options, config);
    session_options_set_profile(options, "profile_name");

    if (session_new_with_options(options, &session, &error) || session_get_config(session, &resolved, &error) ||
        session_origin(session, "credentials", &origin, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        printf("region: %s\ncredentials: %s\n", session_config_get(resolved, "region"), origin);

    int failed = error != NULL;
    session_string_free(origin);
    session_error_free(error);
    session_free(session);
    session_config_free(resolved);
    session_config_free(config);
    session_options_free(options);
    return failed;
}
