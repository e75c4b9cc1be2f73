/* The configuration files: what is read from where, which value wins, and what is said of files that can't be used. */
#include "fake_http.h"

#include <fcntl.h>

static session_t *shared(void)
{
    return loaded(WITH(SHARED));
}

/* The error of a load in which the config file, or the credentials file, has this text. */
static const session_error_t *config_error(const char *text, session_status_t status)
{
    config_file(text);
    return refused(WITH(SHARED), status);
}

static void check_place(const session_error_t *error, const char *path, int line)
{
    CHECK_STR(session_error_path(error), path);
    CHECK_INT(session_error_line(error), line);
    CHECK_CONTAINS(session_error_text(error), formatted("%s:%d", path, line));
}

/* ---- Where files are ---- */

TEST(a_profile_of_the_config_file_that_is_not_read)
{
    const char *hint = "the config file is read only if AWS_SDK_LOAD_CONFIG is true or the options enable shared config";
    const session_error_t *error;

    config_file("[profile p]\nregion = r\n");
    error = refused(with_profile(WITH_NOTHING, "p"), SESSION_ERR_PROFILE_NOT_FOUND);
    CHECK_CONTAINS(session_error_text(error), hint);
    error = refused(with_profile(WITH(SHARED), "q"), SESSION_ERR_PROFILE_NOT_FOUND);
    CHECK(strstr(session_error_text(error), hint) == NULL);
}

TEST(files_are_in_the_home_folder_unless_variables_name_others)
{
    const char *config = write_file("my config", "[default]\nregion = named-1\n");
    const char *credentials = write_file("my credentials", "[default]\naws_access_key_id = AKNAMED\naws_secret_access_key = S\n");
    session_t *session;

    config_file("[default]\nregion = home-1\n");
    credentials_file("[default]\naws_access_key_id = AKHOME\naws_secret_access_key = S\n");
    session = shared();
    CHECK_STR(setting(session, "region"), "home-1");
    CHECK_STR(key_id(session), "AKHOME");
    session = loaded(WITH(SHARED, formatted("AWS_CONFIG_FILE=%s", config),
                          formatted("AWS_SHARED_CREDENTIALS_FILE=%s", credentials)));
    CHECK_STR(setting(session, "region"), "named-1");
    CHECK_STR(key_id(session), "AKNAMED");
    CHECK_STR(setting(loaded(WITH(formatted("AWS_CONFIG_FILE=%s", config))), "region"), NULL); /* shared config is off */
}

static session_options_t *with_files(session_options_t *options, const char *const *paths, size_t count)
{
    CHECK_INT(session_options_set_files(options, paths, count), SESSION_OK);
    return options;
}

TEST(listed_files_replace_all_others)
{
    const char *paths[] = {write_file("one", "[default]\nregion = one-1\nmax_attempts = 2\n"),
                           write_file("two", "[default]\nregion = two-1\n")};
    session_t *session;

    config_file("[default]\nregion = home-1\nretry_mode = legacy\n");
    session = loaded(with_files(WITH(SHARED), paths, 2));
    CHECK_STR(setting(session, "region"), "two-1"); /* the later wins */
    CHECK_STR(setting(session, "max_attempts"), "2");
    CHECK_STR(setting(session, "retry_mode"), "standard");
    CHECK_STR(setting(loaded(with_files(WITH(SHARED), paths, 0)), "region"), NULL);
    CHECK_STR(setting(loaded(with_files(WITH(SHARED), NULL, 0)), "region"), "home-1");
}

TEST(without_a_home_there_is_the_user_database)
{
    session_options_t *options = own_options(session_options_new());

    CHECK_INT(session_options_set_environment(options, (const char *[]){"AWS_SDK_LOAD_CONFIG", "1"}, 1), SESSION_OK);
    CHECK_CONTAINS(explained(loaded(options), SESSION_EXPLAIN_JSON), "/.aws/config");
}

/* ---- Which value wins ---- */

TEST(the_environment_wins_over_files_and_code_over_both)
{
    session_config_t *config = own_config(session_config_new());
    session_t *session;

    session_config_set_max_attempts(config, 9);
    config_file("[default]\nregion = config-1\nmax_attempts = 2\nretry_mode = legacy\n");
    session = loaded(with_config(WITH(SHARED, "AWS_REGION=env-1", "AWS_MAX_ATTEMPTS=3"), config));
    CHECK_STR(setting(session, "max_attempts"), "9");
    CHECK_STR(setting(session, "region"), "env-1");
    CHECK_STR(setting(session, "retry_mode"), "legacy");
}

TEST(the_credentials_file_wins_over_the_config_file)
{
    session_t *session;

    config_file("[default]\nregion = config-1\nmax_attempts = 2\naws_access_key_id = AKC\naws_secret_access_key = SC\n"
                "aws_session_token = TC\n");
    credentials_file("[default]\nregion = credentials-1\naws_access_key_id = AKS\naws_secret_access_key = SS\n");
    session = shared();
    CHECK_STR(setting(session, "region"), "credentials-1");
    CHECK_STR(setting(session, "max_attempts"), "2");
    CHECK_STR(key_id(session), "AKS");
    CHECK_STR(session_credentials_value_session_token(credentials_of(session)), ""); /* the keys are one */
}

TEST(half_a_pair_of_keys_is_none)
{
    const session_error_t *error;

    config_file("[default]\naws_access_key_id = AKC\n");
    credentials_file("[default]\naws_secret_access_key = SS\n");
    error = no_credentials(loaded(WITH(SHARED, "AWS_EC2_METADATA_DISABLED=true")));
    CHECK_STR(session_error_code(error), "NoCredentialProviders");
}

TEST(an_empty_value_hides_nothing_but_a_quoted_one_does)
{
    config_file("[default]\nregion = config-1\n");
    credentials_file("[default]\nregion =\n");
    CHECK_STR(setting(shared(), "region"), "config-1");
    credentials_file("[default]\nregion = \"\"\n");
    CHECK_STR(setting(shared(), "region"), NULL);
}

TEST(duplicates_merge_and_the_last_wins)
{
    session_t *session;

    config_file("[profile p]\nregion = first-1\nretry_mode = legacy\n"
                "[profile other]\nregion = other-1\n"
                "[profile p]\nregion = second-1\nmax_attempts = 2\nmax_attempts = 3\n");
    session = loaded(with_profile(WITH(SHARED), "p"));
    CHECK_STR(setting(session, "region"), "second-1");
    CHECK_STR(setting(session, "retry_mode"), "legacy");
    CHECK_STR(setting(session, "max_attempts"), "3");
    CHECK_CONTAINS(origin(session, "region"), ":7 (");
    CHECK_CONTAINS(origin(session, "max_attempts"), ":9 (");
}

TEST(profile_default_hides_default)
{
    config_file("[default]\nregion = bare-1\nmax_attempts = 2\n[profile default]\nregion = prefixed-1\n");
    CHECK_STR(setting(shared(), "region"), "prefixed-1");
    CHECK_STR(setting(shared(), "max_attempts"), NULL);
    config_file("[profile default]\nregion = prefixed-1\n[default]\nregion = bare-1\nmax_attempts = 2\n");
    CHECK_STR(setting(shared(), "region"), "prefixed-1");
    CHECK_STR(setting(shared(), "max_attempts"), NULL);
}

TEST(names_of_profiles_count_letter_by_letter)
{
    config_file("[profile Dev]\nregion = upper-1\n[profile dev]\nregion = lower-1\n");
    CHECK_STR(setting(loaded(with_profile(WITH(SHARED), "dev")), "region"), "lower-1");
    CHECK_STR(setting(loaded(with_profile(WITH(SHARED), "Dev")), "region"), "upper-1");
    refused(with_profile(WITH(SHARED), "DEV"), SESSION_ERR_PROFILE_NOT_FOUND);
    refused(with_profile(WITH(SHARED), " dev"), SESSION_ERR_PROFILE_NOT_FOUND);
    refused(with_profile(WITH(SHARED), "profile dev"), SESSION_ERR_PROFILE_NOT_FOUND);
}

TEST(default_variables_count_with_shared_config_alone)
{
    config_file("[profile p]\nregion = p-1\n");
    CHECK_STR(setting(loaded(WITH("AWS_DEFAULT_REGION=default-1")), "region"), NULL);
    CHECK_STR(setting(loaded(WITH(SHARED, "AWS_DEFAULT_REGION=default-1")), "region"), "default-1");
    CHECK_STR(setting(loaded(WITH(SHARED, "AWS_DEFAULT_REGION=default-1", "AWS_REGION=region-1")), "region"), "region-1");
    CHECK_STR(origin(loaded(WITH("AWS_DEFAULT_PROFILE=p")), "profile"), "default");
    CHECK_STR(setting(loaded(WITH(SHARED, "AWS_DEFAULT_PROFILE=p")), "region"), "p-1");
    config_file("[profile p]\nregion = p-1\n[profile q]\nregion = q-1\n");
    CHECK_STR(setting(loaded(WITH(SHARED, "AWS_DEFAULT_PROFILE=p", "AWS_PROFILE=q")), "region"), "q-1");
}

TEST(without_shared_config_few_keys_count)
{
    session_t *session;

    credentials_file("[default]\naws_access_key_id = AK\naws_secret_access_key = S\naws_session_token = T\n"
                     "region = credentials-1\nmax_attempts = 4\nuse_fips_endpoint = junk\nduration_seconds = junk\n"
                     "role_arn = arn:aws:iam::1:role/r\nsource_profile = nowhere\n");
    session = loaded(WITH_NOTHING);
    CHECK_STR(key_id(session), "AK");
    CHECK_STR(session_credentials_value_session_token(credentials_of(session)), "T");
    CHECK_STR(setting(session, "region"), NULL);
    CHECK_STR(setting(session, "max_attempts"), NULL);
}

TEST(values_in_quotes)
{
    session_t *session;

    config_file("[default]\nregion = \"us-west-2\"\nec2_metadata_service_endpoint = 'http://h'\n"
                "max_attempts = \" 4 \"\ncsm_host = a\"b\"\n");
    session = shared();
    CHECK_STR(setting(session, "region"), "us-west-2");
    CHECK_STR(setting(session, "ec2_metadata_service_endpoint"), "'http://h'");
    CHECK_STR(setting(session, "max_attempts"), "4");
    CHECK_STR(setting(session, "csm_host"), NULL); /* of another profile */
    config_file("[profile \"two words\"]\nregion = quoted-1\n");
    CHECK_STR(setting(loaded(with_profile(WITH(SHARED), "two words")), "region"), "quoted-1");
}

TEST(booleans_and_numbers)
{
    static const char *const bad[][2] = {
        {"use_fips_endpoint", "1"},         {"use_fips_endpoint", "yes"},     {"use_dualstack_endpoint", "tru"},
        {"s3_use_arn_region", "on"},        {"endpoint_discovery_enabled", "t"},
        {"max_attempts", "0"},              {"max_attempts", "-1"},           {"max_attempts", "3.5"},
        {"max_attempts", "many"},           {"max_attempts", "1002"},         {"retry_mode", "wild"},
        {"sts_regional_endpoints", "near"}, {"ec2_metadata_service_endpoint_mode", "IPv5"},
    };

    config_file("[default]\nuse_fips_endpoint = TRUE\nuse_dualstack_endpoint = false\nmax_attempts = 1001\nretry_mode = LEGACY\n");
    CHECK_STR(setting(shared(), "use_fips_endpoint"), "true");
    CHECK_STR(setting(shared(), "use_dual_stack_endpoint"), "false");
    CHECK_STR(setting(shared(), "max_attempts"), "1001");
    CHECK_STR(setting(shared(), "retry_mode"), "legacy");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const session_error_t *error =
            config_error(formatted("# first\n[default]\n%s = %s\n", bad[i][0], bad[i][1]), SESSION_ERR_CONFIG);
        CHECK_STR(session_error_code(error), "SharedConfigErr");
        check_place(error, in_folder(".aws/config"), 3);
        CHECK_CONTAINS(session_error_text(error), bad[i][0]);
        CHECK_CONTAINS(session_error_text(error), bad[i][1]);
        CHECK_CONTAINS(session_error_text(error), "expected");
    }
}

TEST(a_bad_value_counts_also_where_a_variable_wins)
{
    config_file("[default]\nuse_fips_endpoint = junk\n");
    refused(WITH(SHARED, "AWS_USE_FIPS_ENDPOINT=true"), SESSION_ERR_CONFIG);
    /* That of another profile does not. */
    config_file("[default]\nregion = default-1\n[profile other]\nuse_fips_endpoint = junk\nduration_seconds = junk\n");
    CHECK_STR(setting(shared(), "region"), "default-1");
}

/* ---- What profiles build on ---- */

static void check_refused(const char *text, const char *code, int line, const char *part)
{
    const session_error_t *error = config_error(text, SESSION_ERR_CONFIG);

    CHECK_STR(session_error_code(error), code);
    CHECK_CONTAINS(session_error_text(error), part);
    check_place(error, in_folder(".aws/config"), line);
}

TEST(sso_session_that_is_missing_or_differs)
{
    check_refused("[default]\nsso_session = corp\n", "SharedConfigErr", 2, "corp");
    check_refused("[default]\nsso_session = corp\naws_access_key_id = A\naws_secret_access_key = S\n", "SharedConfigErr", 2,
                  "corp");
    check_refused("[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n[sso-session corp]\nsso_region = r-1\n",
                  "SharedConfigErr", 2, "sso_start_url");
    check_refused("[default]\nsso_session = corp\nsso_region = s-1\n"
                  "[sso-session corp]\nsso_region = r-1\nsso_start_url = https://c\n",
                  "SharedConfigErr", 3, "sso_region");
    check_refused("[default]\nsso_account_id = 1\nsso_region = r-1\n", "SharedConfigErr", 2, "sso_start_url, sso_role_name");
    check_refused("[default]\nsso_session = corp\n[profile corp]\nsso_region = r-1\n", "SharedConfigErr", 2, "corp");
}

TEST(source_profile_that_can_not_serve)
{
    static const char role[] = "[default]\nrole_arn = arn:aws:iam::1:role/mine\nsource_profile = base\n";

    check_refused(role, "SharedConfigAssumeRoleError", 3, "base");
    check_refused(role, "SharedConfigAssumeRoleError", 3, "arn:aws:iam::1:role/mine");
    check_refused(formatted("%s[profile base]\nregion = r-1\n", role), "SharedConfigAssumeRoleError", 3, "base");
    check_refused(formatted("%s[profile base]\naws_access_key_id = A\n", role), "SharedConfigAssumeRoleError", 3, "base");
    check_refused(formatted("%s[profile base]\nrole_arn = arn:aws:iam::1:role/base\nsource_profile = deeper\n", role),
                  "SharedConfigAssumeRoleError", 6, "deeper");
    config_file(formatted("%s[profile base]\naws_access_key_id = A\naws_secret_access_key = S\n", role));
    CHECK_CONTAINS(origin(shared(), "aws_access_key_id"), ":5 (profile base)");
}

TEST(kinds_of_credentials_that_do_not_go_together)
{
    check_refused("[default]\nsource_profile = base\n", "CredentialRequiresARNError", 2, "source_profile");
    check_refused("[default]\ncredential_source = Environment\n", "CredentialRequiresARNError", 2, "credential_source");
    check_refused("[default]\nweb_identity_token_file = /t\n", "CredentialRequiresARNError", 2, "web_identity_token_file");
    check_refused("[default]\nrole_arn = a\nsource_profile = b\ncredential_source = Environment\n", "SharedConfigErr", 4,
                  "only one credential type");
    check_refused("[default]\nrole_arn = a\ncredential_process = b\nweb_identity_token_file = c\n", "SharedConfigErr", 4,
                  "only one credential type");
    check_refused("[default]\nrole_arn = a\ncredential_source = environment\n", "SharedConfigErr", 3, "Ec2InstanceMetadata");
    check_refused("[default]\nrole_arn = a\ncredential_source = Environment\nmfa_serial = m\n",
                  "AssumeRoleTokenProviderNotSetError", 4, "mfa_serial");
}

TEST(web_identity_in_the_environment_needs_a_role)
{
    const session_error_t *error = refused(WITH("AWS_WEB_IDENTITY_TOKEN_FILE=/t"), SESSION_ERR_CONFIG);

    CHECK_STR(session_error_code(error), "WebIdentityErr");
    CHECK_CONTAINS(session_error_text(error), "AWS_ROLE_ARN");
    loaded(WITH("AWS_ROLE_ARN=arn:aws:iam::1:role/r"));
}

/* A chain of so many profiles, each the source of the one before, with keys at its end. */
static void chain_of_profiles(int length)
{
    size_t size = (size_t)length * 80 + 200, used = 0;
    char *text = malloc(size);

    CHECK(text);
    for (int i = 0; i < length; i++)
        used += (size_t)snprintf(text + used, size - used, "[profile p%d]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = p%d\n",
                                 i, i + 1);
    snprintf(text + used, size - used, "[profile p%d]\naws_access_key_id = AK\naws_secret_access_key = S\n", length);
    config_file(text);
    free(text);
}

TEST(long_chains_of_profiles)
{
    session_options_t *options = with_profile(WITH(SHARED), "p0");
    const session_error_t *error;

    chain_of_profiles(50);
    CHECK_CONTAINS(origin(loaded(options), "aws_access_key_id"), ":152 (profile p50)");
    chain_of_profiles(50000);
    error = refused(options, SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "SharedConfigErr");
    CHECK_STR(session_error_path(error), in_folder(".aws/config"));
    CHECK_CONTAINS(session_error_text(error), "source_profile");
    CHECK(strlen(session_error_text(error)) < 4096);
}

/* ---- Kinds of credentials ---- */

/* Nothing is asked for credentials before somebody wants them. Then the error says who was asked. */
static void check_first_get(const char *text, const char *part)
{
    struct fake_http fake = {.status = 403};
    session_t *session;

    config_file(text);
    session = loaded(with_config(WITH(SHARED), fake_config_without_keys(&fake)));
    CHECK_INT(fake.sent, 0);
    CHECK(access(in_folder("touched"), F_OK) != 0);
    CHECK_CONTAINS(session_error_text(no_credentials(session)), part);
}

TEST(credentials_are_asked_for_at_the_first_get)
{
    const char *token = in_folder("token"), *touch = in_folder("touched");

    check_first_get("[default]\nsource_profile = default\nrole_arn = arn:aws:iam::1:role/r\n"
                    "aws_access_key_id = A\naws_secret_access_key = S\n",
                    "403");
    check_first_get(formatted("[default]\nrole_arn = arn:aws:iam::1:role/r\nweb_identity_token_file = %s\n", token), token);
    check_first_get("[default]\nlogin_session = me\n", "login");
    check_first_get("[default]\nsso_start_url = https://c\nsso_region = r-1\nsso_account_id = 1\nsso_role_name = r\n", "SSO");
    check_first_get("[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
                    "[sso-session corp]\nsso_region = r-1\nsso_start_url = https://c\n",
                    "SSO");
    check_first_get(formatted("[default]\ncredential_process = /bin/touch %s\n", touch), "ProcessProvider");
    CHECK_INT(access(touch, F_OK), 0);
}

/* ---- Files that can't be read ---- */

TEST(a_file_that_is_missing)
{
    const char *path = in_folder("missing");

    CHECK_STR(setting(loaded(WITH(SHARED, formatted("AWS_CONFIG_FILE=%s", path))), "region"), NULL);
    CHECK_CONTAINS(explained(shared(), SESSION_EXPLAIN_JSON), "\"missing\"");
    CHECK_CONTAINS(session_error_text(refused(with_profile(with_files(WITH(SHARED), &path, 1), "p"), SESSION_ERR_PROFILE_NOT_FOUND)),
                   formatted("%s (missing)", path));
}

/* Passed over, as in Go, but named where it matters. */
static void check_unreadable(const char *path)
{
    session_t *session = loaded(with_files(WITH(SHARED, "AWS_REGION=env-1"), &path, 1));

    CHECK_STR(setting(session, "region"), "env-1");
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_JSON), "\"unreadable\"");
    CHECK_CONTAINS(session_error_text(refused(with_profile(with_files(WITH(SHARED), &path, 1), "p"), SESSION_ERR_PROFILE_NOT_FOUND)),
                   formatted("%s (unreadable)", path));
}

TEST(a_file_that_can_not_be_read)
{
    const char *locked;

    check_unreadable(folder());
    check_unreadable("/proc/self/mem");
    CHECK_INT(symlink("loop", in_folder("loop")), 0);
    check_unreadable(in_folder("loop"));
    check_unreadable(formatted("%s/x", write_file("file", "")));
    if (geteuid() == 0)
        SKIP("root may read every file");
    locked = write_file("locked", "[default]\nregion = locked-1\n");
    CHECK_INT(chmod(locked, 0), 0);
    check_unreadable(locked);
}

TEST(a_folder_in_place_of_both_files)
{
    CHECK_INT(mkdir(in_folder(".aws"), 0700), 0);
    CHECK_INT(mkdir(in_folder(".aws/config"), 0700), 0);
    CHECK_INT(mkdir(in_folder(".aws/credentials"), 0700), 0);
    CHECK_STR(setting(loaded(WITH(SHARED, "AWS_REGION=env-1")), "region"), "env-1");
}

/* ---- Files that are none ---- */

TEST(a_syntax_error_says_where_and_what)
{
    static const struct {
        const char *text;
        int line, column;
        const char *expected;
    } cases[] = {
        {"[default", 1, 9, "must end with ']'"},
        {"[default]\n[profile x", 2, 11, "must end with ']'"},
        {"[default] x\n", 1, 11, "only a comment may follow"},
        {"\n\n[]\n", 3, 2, "name of a section"},
        {"region = x\n", 1, 1, "Expected a profile definition, found a property"},
        {" region = x\n", 1, 2, "Expected a profile definition, found continuation"},
        {"[default]\n  region\n", 2, 3, "Expected a property definition, found continuation"},
        {"[default]\nregion\n", 2, 7, "Expected an '=' sign defining a property"},
        {"[default]\n = x\n", 2, 2, "did not have a name"},
        {"[default]\n= x\n", 2, 1, "did not have a name"},
        {"[default]\ns3 =\n  junk\n", 3, 7, "Expected an '=' sign defining a sub-property"},
        {"[default]\ns3 =\n  = junk\n", 3, 3, "Sub-property did not have a name"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const session_error_t *error = config_error(cases[i].text, SESSION_ERR_CONFIG_FILE);
        CHECK_STR(session_error_code(error), "SharedConfigLoadError");
        check_place(error, in_folder(".aws/config"), cases[i].line);
        CHECK_INT(session_error_column(error), cases[i].column);
        CHECK_CONTAINS(session_error_text(error), cases[i].expected);
    }
}

TEST(a_file_with_an_error_is_not_half_read)
{
    /* The error is in a profile that nobody wants, behind the one that is wanted. */
    static const char text[] = "[default]\nregion = default-1\naws_access_key_id = AK\naws_secret_access_key = S\n[other\n";
    session_t *session;

    credentials_file(text);
    refused(WITH(SHARED), SESSION_ERR_CONFIG_FILE);
    refused(WITH_NOTHING, SESSION_ERR_CONFIG_FILE);
    /* As in Go, the files do not matter to who has keys and asks for no profile. Then nothing of them is used. */
    session = loaded(WITH("AWS_ACCESS_KEY_ID=AKENV", "AWS_SECRET_ACCESS_KEY=S"));
    CHECK_STR(key_id(session), "AKENV");
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_JSON), "\"invalid\"");
    refused(WITH("AWS_ACCESS_KEY_ID=AKENV", "AWS_SECRET_ACCESS_KEY=S", "AWS_PROFILE=default"), SESSION_ERR_CONFIG_FILE);
    refused(WITH("AWS_ACCESS_KEY_ID=AKENV", "AWS_SECRET_ACCESS_KEY=S", SHARED), SESSION_ERR_CONFIG_FILE);
}

TEST(a_file_that_is_cut_anywhere)
{
    static const char whole[] = "# comment\n[default]\nregion = \"us-west-2\"\ns3 =\n  max_concurrent_requests = 20\n"
                                "[profile \"a b\"]\r\nregion = eu-west-1 # there\r\n"
                                "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example\n";
    int failed = 0;

    mkdir(in_folder(".aws"), 0700);
    for (size_t length = 0; length < sizeof whole; length++) {
        session_t *session = NULL;
        session_error_t *error = NULL;
        session_status_t status;

        write_bytes(".aws/config", whole, length);
        status = session_new_with_options(WITH(SHARED), &session, &error);
        if (status != SESSION_OK) {
            CHECK_INT(status, SESSION_ERR_CONFIG_FILE);
            CHECK_STR(session_error_path(error), in_folder(".aws/config"));
            CHECK(session_error_line(error) > 0 && session_error_column(error) > 0);
            failed++;
        }
        session_error_free(error);
        session_free(session);
    }
    CHECK(failed > 10);
}

TEST(a_binary_file)
{
    static const char utf16[] = "\xFF\xFE[\0d\0]\0\n\0";
    static const char nul[] = "[default]\nregion = a\0b\n";
    unsigned char bytes[4096];
    uint32_t state = 1;
    const session_error_t *error;

    write_bytes(".aws/config", utf16, sizeof utf16 - 1);
    error = refused(WITH(SHARED), SESSION_ERR_CONFIG_FILE);
    CHECK_CONTAINS(session_error_text(error), "UTF-16");
    check_place(error, in_folder(".aws/config"), 1);
    write_bytes(".aws/config", nul, sizeof nul - 1);
    error = refused(WITH(SHARED), SESSION_ERR_CONFIG_FILE);
    CHECK_CONTAINS(session_error_text(error), "NUL");
    check_place(error, in_folder(".aws/config"), 2);
    CHECK_INT(session_error_column(error), 11);
    for (int i = 0; i < 50; i++) {
        session_t *session = NULL;
        session_error_t *random = NULL;
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (unsigned char)((state = state * 1103515245 + 12345) >> 16);
        write_bytes(".aws/config", bytes, sizeof bytes);
        CHECK_INT(session_new_with_options(WITH(SHARED), &session, &random), SESSION_ERR_CONFIG_FILE);
        CHECK(session_error_line(random) > 0);
        session_error_free(random);
    }
}

TEST(bytes_that_are_no_utf8_in_comments_and_values)
{
    config_file("[default]\n# caf\xE9\nregion = us-west-2\ncsm_host = \xFF\n");
    CHECK_STR(setting(shared(), "region"), "us-west-2");
}

TEST(a_file_of_50_mb)
{
    const size_t size = is_watched() ? 1 << 20 : 50 << 20;
    char *text = malloc(size + 64);
    const char *path;
    session_t *session;

    CHECK(text);
    /* Short lines, and the profile that is wanted at the end. */
    for (size_t i = 0; i < size; i += 32)
        memcpy(text + i, i % 3200 ? "some_key_or_other = some value\n\n" : "[profile of-somebody-or-other ]\n", 32);
    strcpy(text + size, "[profile last]\nregion = last-1\n");
    path = config_file(text);
    CHECK_STR(setting(loaded(with_profile(WITH(SHARED), "last")), "region"), "last-1");
    /* The same cut in half, in a header. */
    CHECK_INT(truncate(path, (off_t)(size / 3200 / 2 * 3200 + 10)), 0);
    check_place(refused(with_profile(WITH(SHARED), "last"), SESSION_ERR_CONFIG_FILE), path, (int)(size / 3200 / 2 * 199 + 1));
    /* One line. */
    memset(text, 'x', size);
    memcpy(text, "[default]\nregion = ", 19);
    strcpy(text + size, "\n");
    config_file(text);
    session = shared();
    CHECK_INT((long long)strlen(setting(session, "region")), (long long)size - 19);
    free(text);
}

/* More than a file may have, through a pipe: how much comes is not known before. */
static void pour(const char *path)
{
    static char zeros[1 << 16];
    int pipe = open(path, O_WRONLY);

    for (int i = 0; i < 5000 && write(pipe, zeros, sizeof zeros) > 0; i++)
        ;
    _exit(0);
}

TEST(a_file_without_end)
{
    const char *path = in_folder("pipe");
    const session_error_t *error;
    pid_t child;

    if (is_watched())
        SKIP("valgrind goes over the whole buffer at each read");
    CHECK_INT(mkfifo(path, 0600), 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        pour(path);
    error = refused(with_files(WITH(SHARED), &path, 1), SESSION_ERR_CONFIG_FILE);
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK_STR(session_error_path(error), path);
    CHECK_CONTAINS(session_error_text(error), "256 MiB");
}
