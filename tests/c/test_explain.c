#include "check.h"

static const char config_text[] = "[default]\nregion = eu-west-1\n"
                                  "[profile dev]\naws_access_key_id = AKIDEXAMPLEWXYZ\n"
                                  "aws_secret_access_key = hidden-secret\nregion = eu-north-1\n";

static char path[] = "/tmp/session-test-explain-XXXXXX";

static session_t *session_of_file(void)
{
    const char *paths[] = {path};
    session_t *session = NULL;
    session_error_t *error = NULL;
    session_options_t *options = session_options_new();
    int file = mkstemp(path);

    CHECK(file >= 0);
    CHECK_INT(write(file, config_text, strlen(config_text)), (long long)strlen(config_text));
    close(file);
    CHECK_OK(session_options_set_files(options, paths, 1), NULL);
    CHECK_OK(session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE), NULL);
    CHECK_OK(session_options_set_environment(options, (const char *const[]){"AWS_PROFILE", "dev", "AWS_MAX_ATTEMPTS", "4"}, 2), NULL);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    session_options_free(options);
    remove(path);
    return session;
}

static void check_origin(const session_t *session, const char *name, const char *expected)
{
    char *origin = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_origin(session, name, &origin, &error), error);
    CHECK_STR(origin, expected);
    session_string_free(origin);
}

TEST(origins_name_file_line_and_profile)
{
    session_t *session = session_of_file();
    char expected[128];

    snprintf(expected, sizeof expected, "file %s:6 (profile dev)", path);
    check_origin(session, "region", expected);
    snprintf(expected, sizeof expected, "file %s:4 (profile dev)", path);
    check_origin(session, "credentials", expected);
    check_origin(session, "aws_access_key_id", expected);
    check_origin(session, "profile", "environment AWS_PROFILE");
    check_origin(session, "max_attempts", "environment AWS_MAX_ATTEMPTS");
    check_origin(session, "retry_mode", "default");
    check_origin(session, "endpoint", "unset");
    session_free(session);
}

TEST(a_copy_knows_its_overrides)
{
    session_t *session = session_of_file(), *copy = NULL;
    session_config_t *overrides = session_config_new();
    session_error_t *error = NULL;

    CHECK_OK(session_config_set(overrides, "region", "r"), NULL);
    CHECK_OK(session_copy(session, overrides, &copy, &error), error);
    session_config_free(overrides);
    session_free(session);
    check_origin(copy, "region", "code");
    check_origin(copy, "max_attempts", "environment AWS_MAX_ATTEMPTS");
    session_free(copy);
}

TEST(explains_as_text_and_json_without_secrets)
{
    session_t *session = session_of_file();
    session_error_t *error = NULL;
    char *text = NULL, *json = NULL;

    CHECK_OK(session_explain(session, SESSION_EXPLAIN_TEXT, &text, &error), error);
    CHECK_CONTAINS(text, "region");
    CHECK_CONTAINS(text, "eu-north-1");
    CHECK_CONTAINS(text, "****WXYZ");
    CHECK(strstr(text, "hidden-secret") == NULL);
    CHECK_OK(session_explain(session, SESSION_EXPLAIN_JSON, &json, &error), error);
    CHECK(json[0] == '{');
    CHECK_CONTAINS(json, "\"SharedConfigCredentials\"");
    CHECK(strstr(json, "hidden-secret") == NULL && strstr(json, "AKID") == NULL);
    session_string_free(text);
    session_string_free(json);
    session_free(session);
}

static void check_refused(session_status_t status, session_error_t **error, const char *named)
{
    CHECK_INT(status, SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(*error), named);
    session_error_free(*error);
}

TEST(bad_arguments_are_named_and_leave_the_output_alone)
{
    session_t *session = session_of_file();
    char mark, *out = &mark;
    session_error_t *error = NULL;

    check_refused(session_origin(session, "nonsense", &out, &error), &error, "nonsense");
    check_refused(session_origin(session, "", &out, &error), &error, "name");
    check_refused(session_origin(session, "\xff", &out, &error), &error, "name");
    check_refused(session_origin(session, NULL, &out, &error), &error, "name");
    check_refused(session_origin(NULL, "region", &out, &error), &error, "session");
    check_refused(session_origin(session, "region", NULL, &error), &error, "out");
    check_refused(session_explain(NULL, SESSION_EXPLAIN_JSON, &out, &error), &error, "session");
    check_refused(session_explain(session, 2, &out, &error), &error, "format");
    check_refused(session_explain(session, -1, &out, &error), &error, "format");
    check_refused(session_explain(session, SESSION_EXPLAIN_TEXT, NULL, &error), &error, "out");
    CHECK(out == &mark);
    CHECK_INT(session_origin(session, "nonsense", &out, NULL), SESSION_ERR_INVALID_ARGUMENT);
    session_free(session);
}
