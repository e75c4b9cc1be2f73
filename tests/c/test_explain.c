/* Where the values of a session came from, and the report of all of them. */
#include "loading.h"

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

/* A profile that says all that one can. */
static const char rich_config[] = "[profile dev]\n"
                                  "region = eu-north-1\n"
                                  "role_arn = arn:aws:iam::1:role/r\n"
                                  "source_profile = base\n"
                                  "external_id = hidden-external\n"
                                  "role_session_name = me\n"
                                  "duration_seconds = 1000\n"
                                  "use_fips_endpoint = true\n"
                                  "[profile base]\n"
                                  "sso_session = corp\n"
                                  "sso_account_id = 1\n"
                                  "sso_role_name = admin\n"
                                  "[profile process]\n"
                                  "credential_process = /opt/get-keys --password hidden-argument\n"
                                  "[profile aws_csm]\n"
                                  "csm_port = 1234\n"
                                  "[sso-session corp]\n"
                                  "sso_region = us-east-1\n"
                                  "sso_start_url = https://corp.example\n";
static const char rich_credentials[] = "[keys]\n"
                                       "aws_access_key_id = AKIDEXAMPLEKEYS\n"
                                       "aws_secret_access_key = hidden-secret\n"
                                       "aws_session_token = hidden-token\n";

static void write_rich_files(void)
{
    config_file(rich_config);
    credentials_file(rich_credentials);
}

static const char *of_file(const char *name, int line, const char *section)
{
    return formatted("file %s:%d (%s)", in_folder(name), line, section);
}

TEST(origin_of_code_environment_default_and_nothing)
{
    session_config_t *config = own_config(session_config_new());
    session_t *session;

    session_config_set_region(config, "code-1");
    session = loaded(with_config(WITH("AWS_REGION=env-1", "AWS_S3_USE_ARN_REGION=true", "AWS_CSM_HOST=h"), config));
    CHECK_STR(origin(session, "region"), "code");
    CHECK_STR(origin(session, "s3_use_arn_region"), "environment AWS_S3_USE_ARN_REGION");
    CHECK_STR(origin(session, "csm_host"), "environment AWS_CSM_HOST");
    CHECK_STR(origin(session, "sts_regional_endpoint"), "default");
    CHECK_STR(origin(session, "ca_bundle"), "unset");
    session = loaded(WITH(SHARED, "AWS_DEFAULT_REGION=env-1"));
    CHECK_STR(origin(session, "region"), "environment AWS_DEFAULT_REGION");
}

TEST(origin_of_files)
{
    session_t *session;

    write_rich_files();
    session = loaded(with_profile(WITH(SHARED), "dev"));
    CHECK_STR(origin(session, "region"), of_file(".aws/config", 2, "profile dev"));
    CHECK_STR(origin(session, "role_arn"), of_file(".aws/config", 3, "profile dev"));
    CHECK_STR(origin(session, "source_profile"), of_file(".aws/config", 4, "profile dev"));
    CHECK_STR(origin(session, "external_id"), of_file(".aws/config", 5, "profile dev"));
    CHECK_STR(origin(session, "role_session_name"), of_file(".aws/config", 6, "profile dev"));
    CHECK_STR(origin(session, "duration_seconds"), of_file(".aws/config", 7, "profile dev"));
    CHECK_STR(origin(session, "use_fips_endpoint"), of_file(".aws/config", 8, "profile dev"));
    CHECK_STR(origin(session, "sso_account_id"), of_file(".aws/config", 11, "profile base"));
    CHECK_STR(origin(session, "csm_port"), of_file(".aws/config", 16, "profile aws_csm"));
    CHECK_STR(origin(session, "sso_start_url"), of_file(".aws/config", 19, "sso-session corp"));
    CHECK_STR(origin(session, "mfa_serial"), "unset");
    CHECK_STR(origin(session, "aws_access_key_id"), "unset");
    session = loaded(with_profile(WITH_NOTHING, "keys"));
    CHECK_STR(origin(session, "aws_secret_access_key"), of_file(".aws/credentials", 3, "profile keys"));
    CHECK_STR(origin(session, "credentials"), of_file(".aws/credentials", 2, "profile keys"));
}

TEST(origin_of_the_profile)
{
    write_rich_files();
    CHECK_STR(origin(loaded(with_profile(WITH("AWS_PROFILE=process"), "keys")), "profile"), "code");
    CHECK_STR(origin(loaded(WITH("AWS_PROFILE=keys")), "profile"), "environment AWS_PROFILE");
    CHECK_STR(origin(loaded(WITH(SHARED, "AWS_DEFAULT_PROFILE=keys")), "profile"), "environment AWS_DEFAULT_PROFILE");
    CHECK_STR(origin(loaded(WITH_NOTHING), "profile"), "default");
}

TEST(origin_of_credentials)
{
    session_config_t *config = own_config(session_config_new());
    session_t *session;

    session = loaded(WITH("AWS_ACCESS_KEY=AK", "AWS_SECRET_ACCESS_KEY=SK", "AWS_SESSION_TOKEN=T"));
    CHECK_STR(origin(session, "credentials"), "environment AWS_ACCESS_KEY");
    CHECK_STR(origin(session, "aws_access_key_id"), "environment AWS_ACCESS_KEY");
    CHECK_STR(origin(session, "aws_secret_access_key"), "environment AWS_SECRET_ACCESS_KEY");
    CHECK_STR(origin(session, "aws_session_token"), "environment AWS_SESSION_TOKEN");
    CHECK_STR(origin(session, "aws_account_id"), "unset");
    session_config_set_credentials(config, own_credentials(session_credentials_new_anonymous()));
    CHECK_STR(origin(copied(session, config), "credentials"), "code");
    CHECK_STR(origin(loaded(WITH_NOTHING), "credentials"), "default");
    session = loaded(WITH("AWS_WEB_IDENTITY_TOKEN_FILE=/t", "AWS_ROLE_ARN=arn:aws:iam::1:role/r"));
    CHECK_STR(origin(session, "credentials"), "environment AWS_WEB_IDENTITY_TOKEN_FILE");
    CHECK_STR(origin(session, "role_arn"), "environment AWS_ROLE_ARN");
    session = loaded(WITH("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/"));
    CHECK_STR(origin(session, "credentials"), "environment AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

/* A text that the field takes. */
static const char *sample(const session_config_t *config, const char *name)
{
    static const char *const texts[] = {"true", "4", "legacy", "IPv6", "debug", "text"};
    session_config_t *probe = own_config(session_config_copy(config));

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (session_config_set(probe, name, texts[i]) == SESSION_OK)
            return texts[i];
    CHECK(!"no text fits the field");
    return NULL;
}

TEST(every_field_has_an_origin_and_is_in_the_report)
{
    session_config_t *config = own_config(session_config_new());
    session_t *session = loaded(WITH_NOTHING);
    const char *report = explained(session, SESSION_EXPLAIN_JSON);

    CHECK(session_config_count(config) > 20);
    for (size_t i = 0; i < session_config_count(config); i++) {
        const char *name = session_config_name(config, i);
        const char *before = origin(session, name);
        session_config_t *one = own_config(session_config_new());

        CHECK_STR(before, setting(session, name) ? "default" : "unset");
        CHECK_CONTAINS(report, formatted("\"%s\"", name));
        CHECK_INT(session_config_set(one, name, sample(config, name)), SESSION_OK);
        CHECK_STR(origin(copied(session, one), name), "code");
    }
}

/* The line of a file that an origin names. */
static void read_line(const char *where, char *line, int size)
{
    const char *colon = strrchr(where, ':');
    FILE *file;

    CHECK(strncmp(where, "file ", 5) == 0 && colon);
    file = fopen(formatted("%.*s", (int)(colon - where - 5), where + 5), "r");
    CHECK(file);
    for (int number = atoi(colon + 1); number > 0; number--)
        CHECK(fgets(line, size, file));
    fclose(file);
}

TEST(an_origin_does_not_lie)
{
    static const char *const names[][2] = {
        {"region", "us-west-2"}, {"max_attempts", "7"}, {"retry_mode", "legacy"}, {"s3_use_arn_region", "true"}, {"ca_bundle", NULL},
    };
    session_t *session;

    config_file("# a comment\r\n\r\n[default]\r\nregion=eu-west-1\r\nmax_attempts=3\r\n\r\n"
                "s3 =\n  region = nested-1\n[other]\nregion = other-1\n"
                "[default]\nmax_attempts =    7\nretry_mode = legacy\n");
    credentials_file("\n[default]\n# region = old-1\nregion = us-west-2\ns3_use_arn_region = true\n");
    session = loaded(WITH(SHARED));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[256] = "";
        CHECK_STR(setting(session, names[i][0]), names[i][1]);
        if (!names[i][1])
            continue;
        read_line(origin(session, names[i][0]), line, sizeof line);
        CHECK(strncmp(line, names[i][0], strlen(names[i][0])) == 0);
        CHECK_CONTAINS(line, names[i][1]);
    }
}

static session_t *secretive(void)
{
    session_config_t *config = own_config(session_config_new());

    write_rich_files();
    session_config_set_endpoint(config, "https://user:hidden-endpoint@mine.example/?token=hidden-query");
    return loaded(with_config(WITH(SHARED, "AWS_PROFILE=dev", "AWS_ACCESS_KEY_ID=AKIDEXAMPLEWXYZ",
                                   "AWS_SECRET_ACCESS_KEY=hidden-secret", "AWS_SESSION_TOKEN=hidden-token",
                                   "HTTPS_PROXY=http://user:hidden-proxy@proxy.example:3128", "http_proxy=user:hidden-proxy@p",
                                   "AWS_CONTAINER_AUTHORIZATION_TOKEN=hidden-authorization",
                                   "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://u:hidden-uri@127.0.0.1/?key=hidden-query",
                                   "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://u:hidden-imds@h"),
                              config));
}

TEST(no_secret_is_in_the_report)
{
    static const session_explain_format_t formats[] = {SESSION_EXPLAIN_TEXT, SESSION_EXPLAIN_JSON};
    static const char *const profiles[] = {"dev", "process", "keys"};

    for (size_t i = 0; i < 2; i++) {
        const char *report = explained(secretive(), formats[i]);
        CHECK(!strstr(report, "hidden"));
        CHECK(!strstr(report, "AKID"));
        CHECK_CONTAINS(report, "****WXYZ");
        CHECK_CONTAINS(report, "proxy.example:3128");
        CHECK_CONTAINS(report, "mine.example");
        for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++) {
            report = explained(loaded(with_profile(WITH(SHARED), profiles[k])), formats[i]);
            CHECK(!strstr(report, "hidden"));
            CHECK(!strstr(report, "AKID"));
        }
    }
}

TEST(a_credential_process_shows_its_program_alone)
{
    const char *report;

    write_rich_files();
    report = explained(loaded(with_profile(WITH(SHARED), "process")), SESSION_EXPLAIN_JSON);
    CHECK_CONTAINS(report, "\"/opt/get-keys ...\"");
    CHECK_CONTAINS(report, "\"ProcessProvider\"");
}

TEST(the_report_has_profile_files_variables_and_chain)
{
    const char *report;

    write_rich_files();
    report = explained(loaded(with_profile(WITH(SHARED, "AWS_REGION=env-1"), "dev")), SESSION_EXPLAIN_JSON);
    CHECK_CONTAINS(report, formatted("\"%s\"", in_folder(".aws/config")));
    CHECK_CONTAINS(report, formatted("\"%s\"", in_folder(".aws/credentials")));
    CHECK_CONTAINS(report, "\"read\"");
    CHECK_CONTAINS(report, "\"AWS_SDK_LOAD_CONFIG\"");
    CHECK_CONTAINS(report, "\"env-1\"");
    CHECK_CONTAINS(report, "\"SSOProvider\"");
    CHECK_CONTAINS(strstr(report, "\"SSOProvider\""), "\"AssumeRoleProvider\""); /* in the order they are asked */
    CHECK_CONTAINS(report, "\"provider\": \"AssumeRoleProvider\"");
    CHECK_CONTAINS(report, "\"error\": null");
    report = explained(loaded(with_profile(WITH(SHARED, "AWS_REGION=env-1"), "dev")), SESSION_EXPLAIN_TEXT);
    CHECK_CONTAINS(report, "environment AWS_REGION");
    CHECK_CONTAINS(report, "AssumeRoleProvider, profile dev");
}

TEST(the_report_reads_what_was_loaded)
{
    session_t *session;
    const char *before;

    write_rich_files();
    session = loaded(with_profile(WITH(SHARED), "dev"));
    before = explained(session, SESSION_EXPLAIN_JSON);
    CHECK_INT(unlink(in_folder(".aws/config")), 0);
    CHECK_INT(unlink(in_folder(".aws/credentials")), 0);
    setenv("AWS_REGION", "later-1", 1);
    CHECK_STR(explained(session, SESSION_EXPLAIN_JSON), before);
}

TEST(a_failed_load_is_in_the_report)
{
    session_t *session;

    setenv("HOME", folder(), 1);
    setenv("AWS_SDK_LOAD_CONFIG", "1", 1);
    config_file("[default\n");
    session = own_session(session_new_deferred(NULL));
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_JSON), "SharedConfigLoadError");
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_TEXT), "SharedConfigLoadError");
    CHECK_STR(origin(session, "credentials"), "unset");
}
