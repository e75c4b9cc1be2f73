/* Bearer tokens. */
#include "check.h"

static session_t *session_with(const char *pair)
{
    const char *pairs[] = {"HOME=/nowhere", pair};
    session_options_t *options = session_options_new();
    session_error_t *error = NULL;
    session_t *session = NULL;

    CHECK_INT(session_options_set_environment(options, pairs, pair ? 2 : 1), SESSION_OK);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    session_options_free(options);
    return session;
}

TEST(a_token_of_the_environment)
{
    session_t *session = session_with("AWS_BEARER_TOKEN_MY_SERVICE=abc");
    session_error_t *error = NULL;
    char *token = NULL;
    int64_t expires_at = 0;

    CHECK_OK(session_token_get(session, "my-service", &token, &expires_at, &error), error);
    CHECK_STR(token, "abc");
    CHECK(expires_at == INT64_MAX);
    session_string_free(token);
    /* Nobody need ask when it expires, nor why it fails. */
    CHECK_OK(session_token_get(session, "my-service", &token, NULL, NULL), NULL);
    session_string_free(token);
    session_free(session);
}

TEST(none)
{
    session_t *session = session_with(NULL);
    session_error_t *error = NULL;
    char *token = NULL;
    int64_t expires_at = 7;

    CHECK_INT(session_token_get(session, "bedrock", &token, &expires_at, &error), SESSION_ERR_CREDENTIALS);
    CHECK_STR(session_error_code(error), "NoBearerTokenProviders");
    CHECK(token == NULL && expires_at == 7);
    session_error_free(error);
    session_free(session);
}

TEST(arguments_that_are_missing)
{
    session_t *session = session_with("AWS_BEARER_TOKEN_S3=abc");
    char *token = NULL;

    CHECK_INT(session_token_get(NULL, "s3", &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, NULL, &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, "", &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, "\xff", &token, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_token_get(session, "s3", NULL, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(token == NULL);
    session_free(session);
}
