/*
 * A session that reads the config file, too, whatever AWS_SDK_LOAD_CONFIG says.
 *
 * In Go: session.NewSessionWithOptions(session.Options{SharedConfigState: session.SharedConfigEnable})
 *
 * session_explain() shows which files were read, and for each setting its value and where it was found. Secrets are
 * masked.
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_error_t *error = NULL;
    char *explanation = NULL;

    session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE);

    if (session_new_with_options(options, &session, &error) ||
        session_explain(session, SESSION_EXPLAIN_TEXT, &explanation, &error))
        fprintf(stderr, "%s\n", session_error_text(error));
    else
        fputs(explanation, stdout);

    int failed = error != NULL;
    session_string_free(explanation);
    session_error_free(error);
    session_free(session);
    session_options_free(options);
    return failed;
}
