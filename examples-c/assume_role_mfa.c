/*
 * A session whose profile assumes a role with MFA: the code is asked for on stderr and read from stdin.
 *
 * In Go: session.NewSessionWithOptions(session.Options{
 *            AssumeRoleTokenProvider: stscreds.StdinTokenProvider,
 *            SharedConfigState: session.SharedConfigEnable})
 *
 * The profile is that of AWS_PROFILE; it has role_arn, source_profile and mfa_serial. With the argument `decline` the
 * program asks nobody and refuses to give a code.
 */
#include <session.h>
#include <stdio.h>
#include <string.h>

/* A token provider of one's own reads what is asked for, and answers by session_token_request_set_code(). */
static session_status_t decline(session_token_request_t *request, void *user_data)
{
    (void)user_data;
    fprintf(stderr, "no code for %s\n", session_token_request_serial(request));
    return SESSION_ERR_CANCELED;
}

int main(int argc, char **argv)
{
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    int declines = argc > 1 && strcmp(argv[1], "decline") == 0;

    session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE);
    session_options_set_token_provider(options, declines ? decline : session_stdin_token_provider, NULL, NULL);

    if (session_new_with_options(options, &session, &error) == SESSION_OK) {
        credentials = session_credentials(session);
        if (session_credentials_get(credentials, 0, NULL, &value, &error) == SESSION_OK)
            printf("assumed with MFA: %s, by %s, account %s\n", session_credentials_value_access_key_id(value),
                   session_credentials_value_provider(value), session_credentials_value_account_id(value));
    }
    if (error != NULL)
        fprintf(stderr, "%s\n", session_error_text(error));

    int failed = error != NULL;
    session_error_free(error);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    session_free(session);
    session_options_free(options);
    return failed;
}
