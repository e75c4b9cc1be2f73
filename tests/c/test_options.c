/*
 * What a load is told: each option by its effect, and what is remembered of bad ones.
 */
#include "header_functions.h"
#include "wire.h"
#include <sys/stat.h>

/* ---- Files ---- */

static void end_folder(void *path)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", (const char *)path);
    CHECK_INT(system(command), 0);
}

/* A folder of the test, with an empty .aws in it. */
static const char *folder(void)
{
    static char path[] = "/tmp/session-XXXXXX";
    static bool made;
    char inner[100];

    if (made)
        return path;
    CHECK(mkdtemp(path));
    made = true;
    keep(path, end_folder);
    snprintf(inner, sizeof inner, "%s/.aws", path);
    CHECK_INT(mkdir(inner, 0700), 0);
    return path;
}

/* A text to the end of the test. */
static const char *joined(const char *one, const char *two)
{
    char *text = malloc(strlen(one) + strlen(two) + 1);
    CHECK(text);
    strcpy(text, one);
    strcat(text, two);
    return keep_text(text);
}

/* Writes a file, and gives its path. */
static const char *file(const char *name, const char *text)
{
    const char *path = joined(folder(), name);
    FILE *stream = fopen(path, "w");

    CHECK(stream);
    CHECK(fputs(text, stream) >= 0);
    CHECK_INT(fclose(stream), 0);
    return path;
}

/* ---- Loads ---- */

static session_options_t *with_environment(session_options_t *options, const char *const *pairs)
{
    size_t count = 0;
    while (pairs[count])
        count++;
    CHECK_INT(session_options_set_environment(options, pairs, count), SESSION_OK);
    return options;
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static session_options_t *with_files(session_options_t *options, const char *const *paths)
{
    size_t count = 0;
    while (paths[count])
        count++;
    CHECK_INT(session_options_set_files(options, paths, count), SESSION_OK);
    return options;
}

#define PATHS PAIRS

static session_options_t *with_profile(session_options_t *options, const char *profile)
{
    CHECK_INT(session_options_set_profile(options, profile), SESSION_OK);
    return options;
}

static session_options_t *with_shared_config(session_options_t *options, int state)
{
    CHECK_INT(session_options_set_shared_config_state(options, state), SESSION_OK);
    return options;
}

static session_options_t *enabled(session_options_t *options)
{
    return with_shared_config(options, SESSION_SHARED_CONFIG_ENABLE);
}

/* A field of the session that these options make. */
static const char *loaded(const session_options_t *options, const char *name)
{
    session_config_t *config = NULL;
    CHECK_INT(session_get_config(load_options(options), &config, NULL), SESSION_OK);
    return session_config_get(keep_config(config), name);
}

#define CHECK_REGION(options, expected) CHECK_STR(loaded(options, "region"), expected)

/* The key id of the session that these options make. */
static const char *loaded_key(const session_options_t *options)
{
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    session_credentials_t *credentials = keep_credentials(session_credentials(load_options(options)));
    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
    return session_credentials_value_access_key_id(keep_value(value));
}

static const char *origin(const session_options_t *options, const char *name)
{
    char *text = NULL;
    session_error_t *error = NULL;
    CHECK_OK(session_origin(load_options(options), name, &text, &error), error);
    return keep_string(text);
}

#define CHECK_FAULT(options, text)                                                                \
    do {                                                                                          \
        CHECK_INT(session_error_status(load_error(options)), SESSION_ERR_INVALID_ARGUMENT);       \
        CHECK_STR(session_error_message(load_error(options)), text);                              \
    } while (0)

/* ---- Profile ---- */

static const char two_profiles[] = "[default]\nregion = of-default\naws_access_key_id = KEY_OF_DEFAULT\n"
                                   "aws_secret_access_key = s\n"
                                   "[other]\nregion = of-other\naws_access_key_id = KEY_OF_OTHER\n"
                                   "aws_secret_access_key = s\n";

TEST(profile)
{
    session_options_t *options = enabled(with_files(a_options(), PATHS(file("/c", two_profiles))));

    CHECK_REGION(options, "of-default");
    CHECK_REGION(with_profile(options, "other"), "of-other");
    CHECK_STR(loaded_key(options), "KEY_OF_OTHER");
    CHECK_STR(origin(options, "profile"), "code");
    CHECK_REGION(with_profile(options, ""), "of-default");
    CHECK_STR(origin(options, "profile"), "default");
}

TEST(an_empty_profile_leaves_it_to_the_environment)
{
    session_options_t *options = enabled(with_files(a_options(), PATHS(file("/c", two_profiles))));

    with_environment(options, PAIRS("AWS_PROFILE=other"));
    CHECK_REGION(with_profile(options, ""), "of-other");
    CHECK_STR(origin(options, "profile"), "environment AWS_PROFILE");
    CHECK_REGION(with_profile(options, "default"), "of-default");
}

TEST(a_profile_wins_over_keys_in_the_environment)
{
    session_options_t *options = enabled(with_files(a_options(), PATHS(file("/c", two_profiles))));

    with_environment(options, PAIRS("AWS_ACCESS_KEY_ID=KEY_OF_ENVIRONMENT", "AWS_SECRET_ACCESS_KEY=s"));
    CHECK_STR(loaded_key(options), "KEY_OF_ENVIRONMENT");
    CHECK_STR(loaded_key(with_profile(options, "other")), "KEY_OF_OTHER");
    with_environment(options, PAIRS("AWS_ACCESS_KEY_ID=KEY_OF_ENVIRONMENT", "AWS_SECRET_ACCESS_KEY=s",
                                    "AWS_PROFILE=other"));
    CHECK_STR(loaded_key(with_profile(options, "")), "KEY_OF_ENVIRONMENT");
    /* A region of the environment wins all the same. */
    with_environment(options, PAIRS("AWS_REGION=of-environment"));
    CHECK_REGION(with_profile(options, "other"), "of-environment");
}

TEST(a_profile_that_is_nowhere)
{
    const char *path = file("/c", two_profiles);
    session_options_t *options = with_profile(with_files(a_options(), PATHS(path, "/nonexistent/file")), "third");
    const session_error_t *error = load_error(options);

    CHECK_INT(session_error_status(error), SESSION_ERR_PROFILE_NOT_FOUND);
    CHECK_STR(session_error_code(error), "SharedConfigProfileNotExistsError");
    CHECK_CONTAINS(session_error_message(error), "third");
    CHECK_CONTAINS(session_error_message(error), path);
    CHECK_CONTAINS(session_error_message(error), "/nonexistent/file (missing)");
}

TEST(a_bad_profile_stays_until_a_good_one_replaces_it)
{
    session_options_t *options = with_files(a_options(), PATHS(file("/c", two_profiles)));

    CHECK_INT(session_options_set_profile(options, "other\xff"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_FAULT(options, "`profile` is no UTF-8 at byte 5");
    enabled(options);
    CHECK_FAULT(options, "`profile` is no UTF-8 at byte 5");
    CHECK_REGION(with_profile(options, "other"), "of-other");
}

/* ---- Shared config ---- */

/* Options that see the two files in a home, and these variables. */
static session_options_t *at_home(const char *const *variables)
{
    const char *pairs[16] = {joined("HOME=", folder())};
    session_options_t *options = a_options();

    file("/.aws/config", "[default]\nregion = of-config\n[profile other]\nregion = of-other\n");
    file("/.aws/credentials", "[default]\naws_access_key_id = KEY_OF_FILE\naws_secret_access_key = s\n");
    for (int i = 0; variables[i]; i++)
        pairs[i + 1] = variables[i];
    CHECK_INT(session_options_set_files(options, NULL, 0), SESSION_OK);
    return with_environment(options, pairs);
}

TEST(shared_config_state)
{
    CHECK_REGION(at_home(PAIRS(NULL)), NULL);
    CHECK_REGION(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1")), "of-config");
    CHECK_REGION(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=true")), "of-config");
    CHECK_REGION(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=0")), NULL);
    CHECK_REGION(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=yes")), NULL);
    CHECK_STR(loaded_key(at_home(PAIRS(NULL))), "KEY_OF_FILE");
    CHECK_REGION(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1", "AWS_DEFAULT_REGION=of-variable")), "of-variable");
    CHECK_REGION(at_home(PAIRS("AWS_DEFAULT_REGION=of-variable")), NULL);
}

TEST(shared_config_enabled_by_the_option_alone)
{
    CHECK_REGION(enabled(at_home(PAIRS(NULL))), "of-config");
    CHECK_REGION(enabled(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=0"))), "of-config");
    CHECK_REGION(enabled(at_home(PAIRS("AWS_DEFAULT_REGION=of-variable"))), "of-variable");
    CHECK_REGION(enabled(at_home(PAIRS("AWS_DEFAULT_PROFILE=other"))), "of-other");
}

TEST(shared_config_disabled_by_the_option_alone)
{
    const int disable = SESSION_SHARED_CONFIG_DISABLE;
    CHECK_REGION(with_shared_config(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1")), disable), NULL);
    CHECK_REGION(with_shared_config(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1", "AWS_DEFAULT_REGION=r")), disable), NULL);
    CHECK_REGION(with_shared_config(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1", "AWS_DEFAULT_PROFILE=other")), disable), NULL);
    CHECK_REGION(with_shared_config(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1", "AWS_REGION=r")), disable), "r");
    CHECK_STR(loaded_key(with_shared_config(at_home(PAIRS("AWS_SDK_LOAD_CONFIG=1")), disable)), "KEY_OF_FILE");
}

TEST(a_bad_state_stays_until_a_good_one_replaces_it)
{
    session_options_t *options = at_home(PAIRS(NULL));
    CHECK_INT(session_options_set_shared_config_state(options, 3), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_FAULT(options, "`state` is 3, which is no session_shared_config_state_t");
    CHECK_REGION(enabled(options), "of-config");
}

/* ---- Config ---- */

TEST(config)
{
    session_config_t *config = config_of(SETTINGS("region", "of-code", "max_retries", "7"));
    session_options_t *options = with_environment(a_options(), PAIRS("AWS_REGION=of-variable"));

    CHECK_REGION(options, "of-variable");
    CHECK_INT(session_options_set_config(options, config), SESSION_OK);
    CHECK_REGION(options, "of-code");
    CHECK_STR(origin(options, "region"), "code");
    /* It was copied. */
    CHECK_INT(session_config_set_region(config, "later"), SESSION_OK);
    CHECK_REGION(options, "of-code");
    /* Another takes its place as a whole. */
    CHECK_INT(session_options_set_config(options, config_of(SETTINGS("max_retries", "8"))), SESSION_OK);
    CHECK_REGION(options, "of-variable");
    CHECK_STR(loaded(options, "max_retries"), "8");
    CHECK_INT(session_options_set_config(options, NULL), SESSION_OK);
    CHECK_STR(loaded(options, "max_retries"), NULL);
}

TEST(a_bad_config_is_the_error_of_the_load)
{
    session_config_t *config = a_config();
    session_options_t *options = a_options();

    CHECK_INT(session_config_set(config, "disable_ssl", "perhaps"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_options_set_config(options, config), SESSION_OK);
    CHECK_FAULT(options, "`disable_ssl` is \"perhaps\", but true or false is expected");
    CHECK_INT(session_options_set_config(options, a_config()), SESSION_OK);
    load_options(options);
}

/* ---- Files ---- */

TEST(files)
{
    const char *first = file("/first", "[default]\nregion = of-first\nmax_attempts = 7\n");
    const char *second = file("/second", "[default]\nregion = of-second\n");
    session_options_t *options = enabled(a_options());

    CHECK_REGION(with_files(options, PATHS(first, second)), "of-second");
    CHECK_STR(loaded(options, "max_attempts"), "7");
    CHECK_REGION(with_files(options, PATHS(second, first)), "of-first");
    CHECK_REGION(with_files(options, PATHS(first, "/nonexistent/file")), "of-first");
    CHECK_CONTAINS(origin(options, "region"), joined(first, ":2 (profile default)"));
}

TEST(files_take_both_spellings_of_a_profile)
{
    session_options_t *options = enabled(with_profile(a_options(), "p"));

    CHECK_REGION(with_files(options, PATHS(file("/a", "[p]\nregion = bare\n"))), "bare");
    CHECK_REGION(with_files(options, PATHS(file("/b", "[profile p]\nregion = prefixed\n"))), "prefixed");
    CHECK_REGION(with_files(options, PATHS(file("/a", "[p]\nregion = bare\n"), file("/b", "[profile p]\nregion = later\n"))),
                 "later");
}

TEST(files_that_are_named_are_read_instead_of_the_usual_ones)
{
    const char *const none[] = {NULL};
    session_options_t *options = enabled(at_home(PAIRS(NULL)));

    CHECK_REGION(options, "of-config");
    CHECK_REGION(with_files(options, PATHS(file("/c", "[default]\nregion = of-named\n"))), "of-named");
    CHECK_INT(session_options_set_files(options, none, 0), SESSION_OK);
    CHECK_REGION(options, NULL);
    CHECK_INT(session_options_set_files(options, NULL, 0), SESSION_OK);
    CHECK_REGION(options, "of-config");
}

TEST(files_of_the_environment)
{
    const char *config = joined("AWS_CONFIG_FILE=", file("/c", "[default]\nregion = of-variable\n"));
    const char *credentials = joined("AWS_SHARED_CREDENTIALS_FILE=",
                                     file("/k", "[default]\naws_access_key_id = KEY\naws_secret_access_key = s\n"));
    session_options_t *options = enabled(at_home(PAIRS(config, credentials)));

    CHECK_REGION(options, "of-variable");
    CHECK_STR(loaded_key(options), "KEY");
}

TEST(a_file_that_is_none_names_the_place)
{
    const char *path = file("/c", "[default]\nregion = r\n[broken\n");
    const session_error_t *error = load_error(enabled(with_files(a_options(), PATHS(path))));

    CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG_FILE);
    CHECK_STR(session_error_path(error), path);
    CHECK_INT(session_error_line(error), 3);
}

TEST(bad_files_stay_until_good_ones_replace_them)
{
    const char *const paths[] = {"/nonexistent", "/bad\xff"};
    session_options_t *options = a_options();

    CHECK_INT(session_options_set_files(options, paths, 2), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_FAULT(options, "`paths[1]` is no UTF-8 at byte 4");
    CHECK_INT(session_options_set_files(options, paths, 1), SESSION_OK);
    load_options(options);
}

/* ---- Environment ---- */

TEST(environment)
{
    const char *const both[] = {"AWS_REGION", "two-texts", "AWS_MAX_ATTEMPTS=7", "AWS_RETRY_MODE", "legacy"};
    session_options_t *options = a_options();

    CHECK_INT(session_options_set_environment(options, both, 3), SESSION_OK);
    CHECK_REGION(options, "two-texts");
    CHECK_STR(loaded(options, "max_attempts"), "7");
    CHECK_STR(loaded(options, "retry_mode"), "legacy");
    CHECK_STR(origin(options, "max_attempts"), "environment AWS_MAX_ATTEMPTS");
    /* Another takes its place as a whole. */
    CHECK_REGION(with_environment(options, PAIRS("AWS_RETRY_MODE=adaptive")), NULL);
}

TEST(the_last_pair_of_a_name_counts)
{
    CHECK_REGION(with_environment(a_options(), PAIRS("AWS_REGION=a", "AWS_REGION=b=c")), "b=c");
}

TEST(blanks_count_as_unset)
{
    CHECK_REGION(with_environment(a_options(), PAIRS("AWS_REGION=", "AWS_PROFILE= \t")), NULL);
    CHECK_REGION(with_environment(a_options(), PAIRS("AWS_REGION=a", "AWS_REGION= ")), NULL);
}

TEST(the_process_is_not_looked_at)
{
    const char *const none[] = {NULL};
    session_options_t *options = keep_options(session_options_new());

    file("/.aws/config", "[default]\nregion = of-config\n");
    CHECK_INT(setenv("AWS_REGION", "of-process", 1), 0);
    CHECK_INT(setenv("AWS_MAX_ATTEMPTS", "7", 1), 0);
    CHECK_INT(setenv("AWS_SDK_LOAD_CONFIG", "1", 1), 0);
    CHECK_INT(setenv("HOME", folder(), 1), 0);
    CHECK_REGION(options, "of-process");
    CHECK_STR(loaded(options, "max_attempts"), "7");
    CHECK_INT(unsetenv("AWS_REGION"), 0);
    CHECK_REGION(options, "of-config");

    CHECK_INT(session_options_set_environment(options, none, 0), SESSION_OK);
    CHECK_INT(session_options_set_files(options, none, 0), SESSION_OK);
    CHECK_REGION(options, NULL);
    CHECK_STR(loaded(options, "max_attempts"), NULL);

    CHECK_INT(session_options_set_environment(options, NULL, 0), SESSION_OK);
    CHECK_STR(loaded(options, "max_attempts"), "7");
}

TEST(a_bad_variable_is_the_error_of_the_load)
{
    const session_error_t *error = load_error(with_environment(a_options(), PAIRS("AWS_USE_FIPS_ENDPOINT=1")));

    CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), "EnvConfigError");
    CHECK_CONTAINS(session_error_message(error), "AWS_USE_FIPS_ENDPOINT is \"1\", but true or false is expected");
}

TEST(bad_pairs_stay_until_good_ones_replace_them)
{
    const char *const pairs[] = {"AWS_REGION", "r\xff"};
    session_options_t *options = a_options();

    CHECK_INT(session_options_set_environment(options, pairs, 1), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_FAULT(options, "`name_value_pairs[1]` is no UTF-8 at byte 1");
    CHECK_REGION(with_environment(options, PAIRS("AWS_REGION=r")), "r");
}

/* ---- Roles ---- */

static const char mfa_role[] = "[base]\naws_access_key_id = KEY\naws_secret_access_key = s\n"
                               "[role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nmfa_serial = S\n"
                               "duration_seconds = 1800\n";

static int freed;

static session_status_t ask(session_token_request_t *request, void *user_data)
{
    (void)user_data;
    return session_token_request_set_code(request, "123456");
}

static void count_free(void *user_data)
{
    (void)user_data;
    freed++;
}

TEST(token_provider)
{
    session_options_t *options = session_options_new();
    const session_error_t *error;

    with_environment(with_profile(enabled(options), "role"), PAIRS("X=y"));
    with_files(options, PATHS(file("/c", mfa_role)));
    error = load_error(options);
    CHECK_STR(session_error_code(error), "AssumeRoleTokenProviderNotSetError");
    CHECK_CONTAINS(session_error_message(error), "mfa_serial S");

    CHECK_INT(session_options_set_token_provider(options, ask, &freed, count_free), SESSION_OK);
    load_options(options);
    CHECK_INT(session_options_set_token_provider(options, session_stdin_token_provider, NULL, NULL), SESSION_OK);
    load_options(options);
    CHECK_INT(session_options_set_token_provider(options, ask, &freed, count_free), SESSION_OK);
    CHECK_INT(session_options_set_token_provider(options, NULL, &freed, count_free), SESSION_OK);
    CHECK_INT(session_error_status(load_error(options)), SESSION_ERR_CONFIG);
    session_options_free(options);
    end_kept();
    CHECK_INT(freed, 3);
}

/* Where the duration of the role comes from, by the report of the session. */
static bool explained(const session_options_t *options, const char *part)
{
    char *report = NULL;
    CHECK_INT(session_explain(load_options(options), SESSION_EXPLAIN_JSON, &report, NULL), SESSION_OK);
    return strstr(keep_string(report), part) != NULL;
}

TEST(assume_role_duration_seconds)
{
    static const uint32_t bad[] = {1, 899, 43201, UINT32_MAX};
    session_options_t *options = with_profile(enabled(a_options()), "role");

    with_files(options, PATHS(file("/c", mfa_role)));
    CHECK_INT(session_options_set_token_provider(options, ask, NULL, NULL), SESSION_OK);
    CHECK(explained(options, "1800"));
    CHECK_INT(session_options_set_assume_role_duration_seconds(options, 900), SESSION_OK);
    CHECK(explained(options, "900") && !explained(options, "1800"));
    CHECK_INT(session_options_set_assume_role_duration_seconds(options, 43200), SESSION_OK);
    CHECK(explained(options, "43200"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[100];
        CHECK_INT(session_options_set_assume_role_duration_seconds(options, bad[i]), SESSION_ERR_INVALID_ARGUMENT);
        snprintf(why, sizeof why, "`seconds` is %lu, but 0 or a number from 900 to 43200 is expected",
                 (unsigned long)bad[i]);
        CHECK_FAULT(options, why);
    }
    CHECK_INT(session_options_set_assume_role_duration_seconds(options, 0), SESSION_OK);
    CHECK(explained(options, "1800"));
}

/* ---- Handlers ---- */

static void count_run(session_request_t *request, void *user_data)
{
    (void)request;
    (*(int *)user_data)++;
}

static void send_with(const session_options_t *options)
{
    sent(request_of(client_of(load_options(options), "s3"), "ListBuckets", "GET", "/", NULL));
}

TEST(handlers)
{
    int early = 0, late = 0;
    session_handlers_t *list = keep_handlers(session_handlers_default());
    session_options_t *options = a_options();

    CHECK_INT(session_options_set_config(options, a_config()), SESSION_OK);
    CHECK_INT(session_handlers_push_back(list, SESSION_STAGE_BUILD, "early", count_run, &early, NULL, NULL), SESSION_OK);
    CHECK_INT(session_options_set_handlers(options, list), SESSION_OK);
    /* They were copied: what is added later is not theirs, and what is taken away stays. */
    CHECK_INT(session_handlers_push_back(list, SESSION_STAGE_BUILD, "late", count_run, &late, NULL, NULL), SESSION_OK);
    CHECK_INT(session_handlers_remove(list, SESSION_STAGE_BUILD, "early"), 1);
    send_with(options);
    CHECK_INT(wire.count, 1);
    CHECK_INT(early, 1);
    CHECK_INT(late, 0);

    /* What the session adds is not added to them. */
    CHECK_INT(session_push_back(load_options(options), SESSION_STAGE_BUILD, "late", count_run, &late, NULL, NULL),
              SESSION_OK);
    send_with(options);
    CHECK_INT(early, 2);
    CHECK_INT(late, 0);

    CHECK_INT(session_options_set_handlers(options, NULL), SESSION_OK);
    send_with(options);
    CHECK_INT(wire.count, 3);
    CHECK_INT(early, 2);
}

TEST(empty_handlers_are_the_built_in_ones)
{
    session_options_t *options = a_options();

    CHECK_INT(session_options_set_config(options, a_config()), SESSION_OK);
    CHECK_INT(session_options_set_handlers(options, keep_handlers(session_handlers_new())), SESSION_OK);
    send_with(options);
    CHECK_INT(wire.count, 1);
    CHECK_CONTAINS(wire_header("User-Agent"), "libsession/");
}

TEST(handlers_must_be_a_complete_set)
{
    int runs = 0;
    session_handlers_t *list = keep_handlers(session_handlers_new());
    session_options_t *options = a_options();

    CHECK_INT(session_options_set_config(options, a_config()), SESSION_OK);
    CHECK_INT(session_handlers_push_back(list, SESSION_STAGE_SEND, "mine", count_run, &runs, NULL, NULL), SESSION_OK);
    CHECK_INT(session_options_set_handlers(options, list), SESSION_OK);
    session_request_send(request_of(client_of(load_options(options), "s3"), "ListBuckets", "GET", "/", NULL),
                         &(session_response_t *){NULL}, NULL);
    CHECK_INT(runs, 1);
    CHECK_INT(wire.count, 0);
}

/* ---- TLS ---- */

/* A PEM text that the openssl program makes with these arguments. */
static char *pem(const char *arguments)
{
    const char *command = joined(joined("cd ", folder()), joined(" && openssl ", joined(arguments, " 2> openssl.log")));
    char *text = calloc(1, 10000);
    FILE *output = popen(command, "r");

    CHECK(text && output);
    CHECK(fread(text, 1, 9999, output) > 0);
    CHECK_INT(pclose(output), 0);
    return keep_text(text);
}

static char *certificate(void)
{
    return pem("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=session"
               " -keyout key.pem");
}

static char *key_of_certificate(void)
{
    return pem("pkey -in key.pem");
}

static void check_tls_error(const session_options_t *options, const char *code, const char *why)
{
    const session_error_t *error = load_error(options);
    CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), code);
    CHECK_CONTAINS(session_error_text(error), why);
}

TEST(custom_ca_bundle)
{
    session_options_t *options = a_options();
    char *text = certificate();

    CHECK_INT(session_options_set_custom_ca_bundle(options, text, strlen(text)), SESSION_OK);
    memset(text, 'x', strlen(text)); /* it was copied */
    load_options(options);
    CHECK_STR(origin(options, "ca_bundle"), "code");

    CHECK_INT(session_options_set_custom_ca_bundle(options, "no PEM", 6), SESSION_OK);
    check_tls_error(options, "LoadCustomCABundleError", "the PEM text in memory");
    CHECK_INT(session_options_set_custom_ca_bundle(options, "", 0), SESSION_OK);
    check_tls_error(options, "LoadCustomCABundleError", "no certificate");
    CHECK_INT(session_options_set_custom_ca_bundle(options, "\0\xff\xfe", 3), SESSION_OK);
    check_tls_error(options, "LoadCustomCABundleError", "the PEM text in memory");
    CHECK_INT(session_options_set_custom_ca_bundle(options, NULL, 0), SESSION_OK);
    load_options(options);
    CHECK_STR(origin(options, "ca_bundle"), "unset");
}

TEST(a_ca_bundle_in_memory_wins_over_files)
{
    session_options_t *options = with_environment(a_options(), PAIRS("AWS_CA_BUNDLE=/nonexistent/bundle"));
    char *text = certificate();

    check_tls_error(options, "LoadCustomCABundleError", "/nonexistent/bundle");
    CHECK_INT(session_options_set_config(options, config_of(SETTINGS("ca_bundle", "/nonexistent/config"))), SESSION_OK);
    check_tls_error(options, "LoadCustomCABundleError", "/nonexistent/config");
    CHECK_INT(session_options_set_custom_ca_bundle(options, text, strlen(text)), SESSION_OK);
    load_options(options);
}

TEST(client_tls_cert)
{
    session_options_t *options = a_options();
    char *text = certificate(), *key = key_of_certificate();

    CHECK_INT(session_options_set_client_tls_cert(options, text, strlen(text)), SESSION_OK);
    check_tls_error(options, "LoadClientTLSCertError", "cert(true) and key(false) must both be provided");
    CHECK_INT(session_options_set_client_tls_key(options, key, strlen(key)), SESSION_OK);
    load_options(options);
    CHECK_INT(session_options_set_client_tls_cert(options, "no PEM", 6), SESSION_OK);
    check_tls_error(options, "LoadClientTLSCertError", "no certificate");
    CHECK_INT(session_options_set_client_tls_cert(options, NULL, 0), SESSION_OK);
    check_tls_error(options, "LoadClientTLSCertError", "cert(false) and key(true) must both be provided");
}

TEST(client_tls_key)
{
    session_options_t *options = a_options();
    char *text = certificate(), *key = key_of_certificate();
    char *other = pem("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1");

    CHECK_INT(session_options_set_client_tls_cert(options, text, strlen(text)), SESSION_OK);
    CHECK_INT(session_options_set_client_tls_key(options, other, strlen(other)), SESSION_OK);
    check_tls_error(options, "LoadClientTLSCertError", "unable to load x509 key pair");
    CHECK_INT(session_options_set_client_tls_key(options, "no PEM", 6), SESSION_OK);
    check_tls_error(options, "LoadClientTLSCertError", "no private key");
    CHECK_INT(session_options_set_client_tls_key(options, key, strlen(key)), SESSION_OK);
    memset(key, 'x', strlen(key)); /* it was copied */
    load_options(options);
    CHECK(!explained(options, "PRIVATE KEY"));
}

/* ---- The metadata service of EC2 ---- */

TEST(ec2_imds_endpoint)
{
    const char *const field = "ec2_metadata_service_endpoint";
    session_options_t *options = with_environment(a_options(), PAIRS("AWS_EC2_METADATA_SERVICE_ENDPOINT=http://variable"));

    CHECK_STR(loaded(options, field), "http://variable");
    CHECK_INT(session_options_set_ec2_imds_endpoint(options, "http://option"), SESSION_OK);
    CHECK_STR(loaded(options, field), "http://option");
    CHECK_STR(origin(options, field), "code");
    /* Whichever is said last, the option wins over the configuration. */
    CHECK_INT(session_options_set_config(options, config_of(SETTINGS(field, "http://config"))), SESSION_OK);
    CHECK_STR(loaded(options, field), "http://option");
    CHECK_INT(session_options_set_ec2_imds_endpoint(options, NULL), SESSION_OK);
    CHECK_STR(loaded(options, field), "http://config");
}

TEST(ec2_imds_endpoint_mode)
{
    const char *const field = "ec2_metadata_service_endpoint_mode";
    session_options_t *options = with_environment(a_options(), PAIRS("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv4"));

    CHECK_STR(loaded(options, field), "IPv4");
    CHECK_INT(session_options_set_ec2_imds_endpoint_mode(options, "ipv6"), SESSION_OK);
    CHECK_STR(loaded(options, field), "IPv6");
    CHECK_INT(session_options_set_ec2_imds_endpoint_mode(options, "IPv5"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_FAULT(options, "`ec2_metadata_service_endpoint_mode` is \"IPv5\", but one of IPv4, IPv6 is expected");
    CHECK_INT(session_options_set_ec2_imds_endpoint_mode(options, "\xff"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_FAULT(options, "`ec2_metadata_service_endpoint_mode` is no UTF-8 at byte 0");
    CHECK_INT(session_options_set_ec2_imds_endpoint_mode(options, NULL), SESSION_OK);
    CHECK_STR(loaded(options, field), "IPv4");
}

/* ---- Options themselves ---- */

TEST(options_can_be_used_again_and_outlived)
{
    session_options_t *options = session_options_new();
    session_t *session;

    with_files(with_environment(options, PAIRS("AWS_REGION=r")), PATHS("/nonexistent"));
    CHECK_REGION(options, "r");
    session = load_options(options);
    session_options_free(options);
    CHECK_STR(session_client_region(client_of(session, "s3")), "r");
}

static size_t options_found;

/* Those of processes and of roles have their effect in the provider: see test_process.c and test_role_options.c. */
static int is_tested_with_its_provider(const char *option)
{
    return !strcmp(option, "process_timeout_ms") || !strcmp(option, "cli_cache") ||
           (!strncmp(option, "assume_role_", 12) && strcmp(option, "assume_role_duration_seconds") != 0);
}

static void check_option(const char *function, const char *parameters)
{
    static const char start[] = "session_options_set_";
    (void)parameters;
    if (strncmp(function, start, sizeof start - 1) != 0 || is_tested_with_its_provider(function + sizeof start - 1))
        return;
    CHECK(check_exists(function + sizeof start - 1));
    options_found++;
}

TEST(every_option_has_a_test)
{
    each_function(check_option);
    CHECK(options_found > 0);
}
