/* The rows of test_null.c, in the order of session.h. */

/* Status codes, version, text */

ROW(session_status_name)
{
    CHECK_STR(session_status_name(SESSION_OK), "SESSION_OK");
    CHECK_STR(session_status_name(-1), "SESSION_ERR_UNKNOWN");
}

ROW(session_version)
{
    CHECK(*session_version());
}

NUMBER(session_has_feature, false)
IGNORED(session_string_free)

/* Errors */

NUMBER(session_error_status, SESSION_OK)
EMPTY_TEXT(session_error_code)
EMPTY_TEXT(session_error_message)
EMPTY_TEXT(session_error_text)
NUMBER(session_error_cause_count, 0)
NO_INDEX(session_error_cause)
NUMBER(session_error_http_status, 0)
EMPTY_TEXT(session_error_request_id)
EMPTY_TEXT(session_error_host_id)
EMPTY_TEXT(session_error_path)
NUMBER(session_error_line, 0)
NUMBER(session_error_column, 0)
NUMBER(session_error_is_retryable, false)
IGNORED(session_error_free)

/* Configuration */

ROW(session_config_new)
{
    session_config_t *config = session_config_new();
    CHECK(config);
    session_config_free(config);
}

NOTHING(session_config_copy)
IGNORED(session_config_free)

ROW(session_config_set)
{
    session_config_t *config = a_config();
    REFUSED(session_config_set(NULL, "region", "r"));
    REFUSED(session_config_set(config, "region", NULL));
    REMEMBERED(config, "region");
    TAKEN(session_config_set(config, "region", "r"));
    REFUSED(session_config_set(config, NULL, "r"));
    REMEMBERED(config, "name");
}

ROW(session_config_unset)
{
    session_config_t *config = a_config();
    REFUSED(session_config_unset(NULL, "region"));
    REFUSED(session_config_unset(config, NULL));
    CHECK_STR(session_config_get(config, "region"), "us-west-2");
}

ROW(session_config_get)
{
    CHECK(session_config_get(NULL, "region") == NULL);
    CHECK(session_config_get(a_config(), NULL) == NULL);
    CHECK(session_config_get(a_config(), "nonsense") == NULL);
}

NUMBER(session_config_count, 0)
NO_INDEX(session_config_name)

ROW(session_config_merge)
{
    session_config_t *config = a_config();
    REFUSED(session_config_merge(NULL, config));
    TAKEN(session_config_merge(config, NULL));
    TAKEN(session_config_merge(config, config));
    CHECK_STR(session_config_get(config, "region"), "us-west-2");
}

ROW(session_config_set_credentials)
{
    session_config_t *config = a_config();
    REFUSED(session_config_set_credentials(NULL, a_credentials()));
    REFUSED(session_config_set_credentials(config, NULL));
    REMEMBERED(config, "credentials");
}

#define CALLBACK_FIELD(field, parameter, callback)                                             \
    ROW(session_config_set_##field)                                                            \
    {                                                                                          \
        session_config_t *config = a_config();                                                 \
        REFUSED(session_config_set_##field(NULL, callback, &mark, count_free));                \
        CHECK_INT(freed, 1);                                                                   \
        REFUSED(session_config_set_##field(config, NULL, &mark, count_free));                  \
        CHECK_INT(freed, 2);                                                                   \
        REMEMBERED(config, parameter);                                                         \
        TAKEN(session_config_set_##field(config, callback, NULL, NULL));                       \
        TAKEN(session_config_set_##field(config, callback, &mark, NULL));                      \
        TAKEN(session_config_set_##field(config, callback, &mark, count_free));                \
        CHECK_INT(freed, 2);                                                                   \
        TAKEN(session_config_unset(config, #field));                                           \
        CHECK_INT(freed, 3);                                                                   \
    }

CALLBACK_FIELD(sleep, "sleep", no_wait)
CALLBACK_FIELD(clock, "clock", no_clock)
CALLBACK_FIELD(logger, "log", no_log)

#define TEXT_FIELD(field, value)                                      \
    ROW(session_config_set_##field)                                   \
    {                                                                 \
        session_config_t *config = a_config();                        \
        REFUSED(session_config_set_##field(NULL, value));             \
        REFUSED(session_config_set_##field(config, NULL));            \
        REMEMBERED(config, #field);                                   \
        TAKEN(session_config_set_##field(config, value));             \
        CHECK_STR(session_config_get(config, #field), value);         \
    }
#define OTHER_FIELD(field, value) \
    ROW(session_config_set_##field) { REFUSED(session_config_set_##field(NULL, value)); }

TEXT_FIELD(region, "r")
TEXT_FIELD(endpoint, "https://e")
TEXT_FIELD(endpoint_url, "https://e")
TEXT_FIELD(auth_scheme_preference, "sigv4")
TEXT_FIELD(sdk_ua_app_id, "app")
OTHER_FIELD(ignore_configured_endpoint_urls, true)
OTHER_FIELD(disable_ssl, true)
OTHER_FIELD(use_fips_endpoint, true)
OTHER_FIELD(use_dual_stack_endpoint, true)
OTHER_FIELD(use_dual_stack, true)
TEXT_FIELD(sts_regional_endpoint, "legacy")
TEXT_FIELD(s3_us_east_1_regional_endpoint, "legacy")
OTHER_FIELD(s3_force_path_style, true)
OTHER_FIELD(s3_use_accelerate, true)
OTHER_FIELD(s3_use_arn_region, true)
OTHER_FIELD(s3_disable_100_continue, true)
OTHER_FIELD(disable_param_validation, true)
OTHER_FIELD(disable_compute_checksums, true)
OTHER_FIELD(disable_rest_protocol_uri_cleaning, true)
OTHER_FIELD(enable_endpoint_discovery, true)
OTHER_FIELD(max_retries, 1)
OTHER_FIELD(max_attempts, 1)
TEXT_FIELD(retry_mode, "legacy")
TEXT_FIELD(log_level, "off")
TEXT_FIELD(ca_bundle, "c")
TEXT_FIELD(client_tls_cert, "c")
TEXT_FIELD(client_tls_key, "c")
TEXT_FIELD(ec2_metadata_service_endpoint, "http://e")
TEXT_FIELD(ec2_metadata_service_endpoint_mode, "IPv6")
OTHER_FIELD(ec2_metadata_enable_fallback, true)
OTHER_FIELD(csm_enabled, true)
TEXT_FIELD(csm_host, "h")
TEXT_FIELD(csm_port, "1")
TEXT_FIELD(csm_client_id, "i")

/* Options */

ROW(session_options_new)
{
    session_options_t *options = session_options_new();
    CHECK(options);
    session_options_free(options);
}

IGNORED(session_options_free)

/* What was remembered of options is the error of the load. */
#define FAULT(options, text) CHECK_STR(session_error_message(load_error(options)), text)

ROW(session_options_set_profile)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_profile(NULL, "p"));
    REFUSED(session_options_set_profile(options, NULL));
    FAULT(options, "`profile` is NULL");
}

ROW(session_options_set_shared_config_state)
{
    REFUSED(session_options_set_shared_config_state(NULL, SESSION_SHARED_CONFIG_ENABLE));
}

ROW(session_options_set_config)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_config(NULL, a_config()));
    TAKEN(session_options_set_config(options, NULL));
    load_options(options);
}

ROW(session_options_set_files)
{
    const char *const paths[] = {"/nowhere", NULL};
    session_options_t *options = a_options();
    REFUSED(session_options_set_files(NULL, paths, 1));
    REFUSED(session_options_set_files(options, NULL, 1));
    FAULT(options, "`paths` is NULL");
    REFUSED(session_options_set_files(options, paths, 2));
    FAULT(options, "`paths[1]` is NULL");
    TAKEN(session_options_set_files(options, NULL, 0));
    TAKEN(session_options_set_files(options, paths, 0));
    load_options(options);
}

ROW(session_options_set_environment)
{
    const char *const pairs[] = {"AWS_REGION=r", "AWS_PROFILE", NULL};
    session_options_t *options = a_options();
    REFUSED(session_options_set_environment(NULL, pairs, 1));
    REFUSED(session_options_set_environment(options, NULL, 1));
    FAULT(options, "`name_value_pairs` is NULL");
    REFUSED(session_options_set_environment(options, pairs, 2));
    FAULT(options, "`name_value_pairs[2]` is NULL");
    TAKEN(session_options_set_environment(options, NULL, 0));
    TAKEN(session_options_set_environment(options, pairs, 1));
    load_options(options);
}

ROW(session_options_set_token_provider)
{
    session_options_t *options = session_options_new();
    REFUSED(session_options_set_token_provider(NULL, no_token, &mark, count_free));
    CHECK_INT(freed, 1);
    TAKEN(session_options_set_token_provider(options, NULL, &mark, count_free));
    CHECK_INT(freed, 2);
    TAKEN(session_options_set_token_provider(options, no_token, NULL, NULL));
    TAKEN(session_options_set_token_provider(options, no_token, &mark, count_free));
    CHECK_INT(freed, 2);
    session_options_free(options);
    CHECK_INT(freed, 3);
}

ROW(session_options_set_assume_role_duration_seconds)
{
    REFUSED(session_options_set_assume_role_duration_seconds(NULL, 900));
}

ROW(session_options_set_handlers)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_handlers(NULL, keep_handlers(session_handlers_default())));
    TAKEN(session_options_set_handlers(options, NULL));
    load_options(options);
}

#define PEM_OPTION(option)                                            \
    ROW(session_options_set_##option)                                 \
    {                                                                 \
        session_options_t *options = a_options();                     \
        REFUSED(session_options_set_##option(NULL, "pem", 3));        \
        REFUSED(session_options_set_##option(options, NULL, 3));      \
        FAULT(options, "`" #option "` is NULL");                      \
        TAKEN(session_options_set_##option(options, NULL, 0));        \
        load_options(options);                                        \
    }

PEM_OPTION(custom_ca_bundle)
PEM_OPTION(client_tls_cert)
PEM_OPTION(client_tls_key)

ROW(session_options_set_ec2_imds_endpoint)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_ec2_imds_endpoint(NULL, "http://e"));
    TAKEN(session_options_set_ec2_imds_endpoint(options, NULL));
    load_options(options);
}

ROW(session_options_set_ec2_imds_endpoint_mode)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_ec2_imds_endpoint_mode(NULL, "IPv6"));
    TAKEN(session_options_set_ec2_imds_endpoint_mode(options, NULL));
    load_options(options);
}

ROW(session_options_set_process_timeout_ms)
{
    REFUSED(session_options_set_process_timeout_ms(NULL, 1000));
}

ROW(session_options_set_cli_cache)
{
    REFUSED(session_options_set_cli_cache(NULL, true));
}

ROW(session_options_set_assume_role_policy)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_assume_role_policy(NULL, "{}"));
    TAKEN(session_options_set_assume_role_policy(options, NULL));
    load_options(options);
}

ROW(session_options_set_assume_role_source_identity)
{
    session_options_t *options = a_options();
    REFUSED(session_options_set_assume_role_source_identity(NULL, "me"));
    TAKEN(session_options_set_assume_role_source_identity(options, NULL));
    load_options(options);
}

/* Options that take an array of texts. */
#define TEXTS_OPTION(option)                                           \
    ROW(session_options_set_##option)                                  \
    {                                                                  \
        const char *const texts[] = {"a", "b", NULL, NULL};            \
        session_options_t *options = a_options();                      \
        REFUSED(session_options_set_##option(NULL, texts, 1));         \
        REFUSED(session_options_set_##option(options, NULL, 1));       \
        CHECK_CONTAINS(session_error_message(load_error(options)), " is NULL"); \
        REFUSED(session_options_set_##option(options, texts + 1, 2));  \
        CHECK_CONTAINS(session_error_message(load_error(options)), " is NULL"); \
        TAKEN(session_options_set_##option(options, NULL, 0));         \
        load_options(options);                                         \
    }

TEXTS_OPTION(assume_role_policy_arns)
TEXTS_OPTION(assume_role_tags)
TEXTS_OPTION(assume_role_transitive_tag_keys)

/* MFA codes */

EMPTY_TEXT(session_token_request_serial)
EMPTY_TEXT(session_token_request_role)
EMPTY_TEXT(session_token_request_profile)

ROW(session_token_request_set_code)
{
    REFUSED(session_token_request_set_code(NULL, "123456"));
    REFUSED(session_token_request_set_code(NULL, NULL));
}

ROW(session_stdin_token_provider)
{
    REFUSED(session_stdin_token_provider(NULL, NULL));
    REFUSED(session_stdin_token_provider(NULL, &mark));
}

/* Sessions */

/* Loads that read the process's environment find no home in it. */
static void no_home(void)
{
    CHECK_INT(setenv("HOME", "/nonexistent", 1), 0);
}

ROW(session_new)
{
    session_t *session = MARKED;
    no_home();
    REFUSES("out", session_new, a_config(), NULL);
    TAKES(session_new, NULL, &session);
    CHECK(session != MARKED);
    session_free(session);
    TAKEN(session_new(NULL, &session, NULL));
    session_free(session);
}

ROW(session_new_with_options)
{
    session_t *session = MARKED;
    no_home();
    REFUSES("out", session_new_with_options, a_options(), NULL);
    TAKES(session_new_with_options, NULL, &session);
    CHECK(session != MARKED);
    session_free(session);
}

ROW(session_must_new)
{
    session_t *session;
    no_home();
    session = session_must_new(NULL);
    CHECK(session);
    session_free(session);
}

ROW(session_new_deferred)
{
    session_t *session;
    no_home();
    session = session_new_deferred(NULL);
    CHECK(session);
    session_free(session);
}

ROW(session_default)
{
    session_t *session = NULL;
    no_home();
    REFUSES("out", session_default, NULL);
    TAKES(session_default, &session);
    CHECK(session);
    session_free(session);
}

ROW(session_copy)
{
    session_t *session = a_session(), *out = MARKED;
    REFUSES("session", session_copy, NULL, a_config(), &out);
    CHECK(out == MARKED);
    REFUSES("out", session_copy, session, a_config(), NULL);
    TAKES(session_copy, session, NULL, &out);
    CHECK(out != MARKED);
    session_free(out);
}

ROW(session_get_config)
{
    session_config_t *out = MARKED;
    REFUSES("session", session_get_config, NULL, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_get_config, a_session(), NULL);
}

IGNORED(session_free)

ROW(session_origin)
{
    session_t *session = a_session();
    char *out = MARKED;
    REFUSES("session", session_origin, NULL, "region", &out);
    REFUSES("name", session_origin, session, NULL, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_origin, session, "region", NULL);
}

ROW(session_explain)
{
    char *out = MARKED;
    REFUSES("session", session_explain, NULL, SESSION_EXPLAIN_JSON, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_explain, a_session(), SESSION_EXPLAIN_JSON, NULL);
}

/* Handlers */

ROW(session_handlers_new)
{
    CHECK(keep_handlers(session_handlers_new()));
}

ROW(session_handlers_default)
{
    CHECK(keep_handlers(session_handlers_default()));
}

NOTHING(session_handlers)
NOTHING(session_client_handlers)
NOTHING(session_request_handlers)
NOTHING(session_handlers_copy)
IGNORED(session_handlers_free)

/* Adding by a function to a list; each of its calls, refused or not, must let go of its data once. */
#define ADDS(function, parameter, list)                                                             \
    REFUSES(parameter, function, NULL, SESSION_STAGE_SEND, "n", no_handler, &mark, count_free);     \
    CHECK_INT(freed, 2);                                                                            \
    REFUSES("handler", function, list, SESSION_STAGE_SEND, "n", NULL, &mark, count_free);           \
    CHECK_INT(freed, 4);                                                                            \
    TAKES(function, list, SESSION_STAGE_SEND, "n", no_handler, NULL, NULL)

#define NAME_IS_OPTIONAL(function, list)                                                            \
    TAKES(function, list, SESSION_STAGE_SEND, NULL, no_handler, &mark, count_free);                 \
    CHECK_INT(freed, 4)
#define NAME_IS_REQUIRED(function, list)                                                            \
    REFUSES("name", function, list, SESSION_STAGE_SEND, NULL, no_handler, &mark, count_free);       \
    CHECK_INT(freed, 6)

#define ADDING(function, name_rule)                                      \
    ROW(function)                                                        \
    {                                                                    \
        session_handlers_t *list = session_handlers_new();               \
        ADDS(function, "handlers", list);                                \
        CHECK_INT(session_handlers_len(list, SESSION_STAGE_SEND), 1);    \
        name_rule(function, list);                                       \
        session_handlers_free(list);                                     \
    }

ADDING(session_handlers_push_front, NAME_IS_OPTIONAL)
ADDING(session_handlers_push_back, NAME_IS_OPTIONAL)
ADDING(session_handlers_set_front, NAME_IS_REQUIRED)
ADDING(session_handlers_set_back, NAME_IS_REQUIRED)

ROW(session_handlers_swap)
{
    session_handlers_t *list = keep_handlers(session_handlers_new());
    bool swapped = true;
    REFUSES("handlers", session_handlers_swap, NULL, SESSION_STAGE_SEND, "n", no_handler, &mark, count_free, &swapped);
    REFUSES("name", session_handlers_swap, list, SESSION_STAGE_SEND, NULL, no_handler, &mark, count_free, &swapped);
    REFUSES("handler", session_handlers_swap, list, SESSION_STAGE_SEND, "n", NULL, &mark, count_free, &swapped);
    CHECK_INT(freed, 6);
    CHECK(swapped);
    TAKES(session_handlers_swap, list, SESSION_STAGE_SEND, "n", no_handler, &mark, count_free, NULL);
    CHECK_INT(freed, 7);
    TAKES(session_handlers_swap, list, SESSION_STAGE_SEND, "n", no_handler, NULL, NULL, &swapped);
    CHECK(!swapped);
}

ROW(session_handlers_remove)
{
    CHECK_INT(session_handlers_remove(NULL, SESSION_STAGE_SEND, "n"), 0);
    CHECK_INT(session_handlers_remove(keep_handlers(session_handlers_default()), SESSION_STAGE_SEND, NULL), 0);
}

ROW(session_handlers_clear)
{
    session_handlers_clear(NULL, SESSION_STAGE_SEND);
}

ROW(session_handlers_len)
{
    CHECK_INT(session_handlers_len(NULL, SESSION_STAGE_SEND), 0);
}

NUMBER(session_handlers_is_empty, true)

ROW(session_handlers_set_after_each)
{
    session_handlers_t *list = session_handlers_new();
    REFUSES("handlers", session_handlers_set_after_each, NULL, SESSION_STAGE_SEND, no_after_each, &mark, count_free);
    CHECK_INT(freed, 2);
    TAKES(session_handlers_set_after_each, list, SESSION_STAGE_SEND, NULL, &mark, count_free);
    CHECK_INT(freed, 3);
    TAKES(session_handlers_set_after_each, list, SESSION_STAGE_SEND, no_after_each, NULL, NULL);
    TAKES(session_handlers_set_after_each, list, SESSION_STAGE_SEND, no_after_each, &mark, count_free);
    session_handlers_free(list);
    CHECK_INT(freed, 4);
}

ROW(session_stop_on_error)
{
    CHECK(session_stop_on_error(0, NULL, NULL, NULL));
    CHECK(session_stop_on_error(0, NULL, a_request(), NULL));
}

ROW(session_handlers_run)
{
    session_handlers_t *list = keep_handlers(session_handlers_new());
    REFUSES("handlers", session_handlers_run, NULL, SESSION_STAGE_SEND, a_request());
    REFUSES("request", session_handlers_run, list, SESSION_STAGE_SEND, NULL);
}

#define SESSION_ADDING(function)                                         \
    ROW(function)                                                        \
    {                                                                    \
        session_t *session = a_session();                                \
        ADDS(function, "session", session);                              \
        NAME_IS_OPTIONAL(function, session);                             \
    }

SESSION_ADDING(session_push_front)
SESSION_ADDING(session_push_back)

/* Credentials */

NOTHING(session_credentials)

ROW(session_credentials_new_static)
{
    session_credentials_t *out = MARKED;
    REFUSES("access_key_id", session_credentials_new_static, NULL, "s", "t", &out);
    REFUSES("secret_access_key", session_credentials_new_static, "a", NULL, "t", &out);
    CHECK(out == MARKED);
    REFUSES("out", session_credentials_new_static, "a", "s", "t", NULL);
    TAKES(session_credentials_new_static, "a", "s", NULL, &out);
    session_credentials_free(out);
}

ROW(session_credentials_new_anonymous)
{
    CHECK(keep_credentials(session_credentials_new_anonymous()));
}

NOTHING(session_credentials_copy)

ROW(session_credentials_get)
{
    session_cancel_t *cancel = keep_cancel(session_cancel_new());
    session_credentials_value_t *out = MARKED;
    REFUSES("credentials", session_credentials_get, NULL, 0, cancel, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_credentials_get, a_credentials(), 0, cancel, NULL);
    TAKES(session_credentials_get, a_credentials(), 0, NULL, &out);
    session_credentials_value_free(out);
}

ROW(session_credentials_try_get)
{
    session_credentials_value_t *out = MARKED;
    REFUSES("credentials", session_credentials_try_get, NULL, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_credentials_try_get, a_credentials(), NULL);
}

ROW(session_credentials_refresh)
{
    REFUSES("credentials", session_credentials_refresh, NULL, keep_cancel(session_cancel_new()));
    TAKES(session_credentials_refresh, a_credentials(), NULL);
}

ROW(session_credentials_get_copy)
{
    char buffer[64] = "marked";
    size_t length = 7;
    int64_t expires_at = 7;
    REFUSES("credentials", session_credentials_get_copy, NULL, 0, NULL, buffer, sizeof buffer, &length, &expires_at);
    CHECK_STR(buffer, "marked");
    CHECK_INT(expires_at, 7);
    REFUSES("buffer", session_credentials_get_copy, a_credentials(), 0, NULL, NULL, 64, &length, &expires_at);
    CHECK_INT(expires_at, 7);
    TAKES(session_credentials_get_copy, a_credentials(), 0, NULL, buffer, sizeof buffer, NULL, NULL);
}

static void no_change(const session_credentials_value_t *value, void *user_data)
{
    (void)value, (void)user_data;
}

ROW(session_credentials_on_change)
{
    REFUSES("credentials", session_credentials_on_change, NULL, no_change, NULL, NULL);
    REFUSES("changed", session_credentials_on_change, a_credentials(), NULL, NULL, NULL);
    TAKES(session_credentials_on_change, a_credentials(), no_change, NULL, NULL);
}

ROW(session_background_refresh_start)
{
    TAKEN(session_background_refresh_start(NULL));
    session_background_refresh_stop();
}

ROW(session_background_refresh_stop)
{
    session_background_refresh_stop();
}

ROW(session_token_get)
{
    char *token = MARKED;
    int64_t expires_at = 7;
    REFUSES("session", session_token_get, NULL, "bedrock", &token, &expires_at);
    REFUSES("signing_name", session_token_get, a_session(), NULL, &token, &expires_at);
    REFUSES("token", session_token_get, a_session(), "bedrock", NULL, &expires_at);
    CHECK(token == MARKED);
    CHECK_INT(expires_at, 7);
}

IGNORED(session_credentials_expire)
IGNORED(session_credentials_free)
EMPTY_TEXT(session_credentials_value_access_key_id)
EMPTY_TEXT(session_credentials_value_secret_access_key)
EMPTY_TEXT(session_credentials_value_session_token)
EMPTY_TEXT(session_credentials_value_provider)
EMPTY_TEXT(session_credentials_value_account_id)
NUMBER(session_credentials_value_expires_at, 0)
NOTHING(session_credentials_value_copy)
IGNORED(session_credentials_value_free)

/* Providers. Their replies can be used in the callback alone, which the rows below are. */

static session_status_t (*in_provider)(session_provider_reply_t *reply);

static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    return in_provider(reply);
}

/* The error, or NULL, of credentials whose provider is `callback`. */
static const session_error_t *provided(session_status_t (*callback)(session_provider_reply_t *reply))
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    in_provider = callback;
    provider.retrieve = retrieve;
    TAKEN(session_credentials_new_provider(&provider, &credentials, NULL));
    session_credentials_refresh(keep_credentials(credentials), NULL, &error);
    return keep_error(error);
}

ROW(session_credentials_new_provider)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *out = MARKED;
    REFUSES("provider", session_credentials_new_provider, NULL, &out);
    provider.user_data = &mark;
    provider.free_user_data = count_free;
    REFUSES("provider->retrieve", session_credentials_new_provider, &provider, &out);
    CHECK_INT(freed, 2);
    CHECK(out == MARKED);
    provider.retrieve = retrieve;
    REFUSES("out", session_credentials_new_provider, &provider, NULL);
    CHECK_INT(freed, 4);
    provider.user_data = NULL;
    provider.free_user_data = NULL;
    TAKES(session_credentials_new_provider, &provider, &out);
    session_credentials_free(out);
}

static session_status_t null_keys(session_provider_reply_t *reply)
{
    REFUSED(session_provider_reply_set_keys(NULL, "a", "s", "t"));
    REFUSED(session_provider_reply_set_keys(reply, "a", NULL, "t"));
    REFUSED(session_provider_reply_set_keys(reply, NULL, "s", "t"));
    TAKEN(session_provider_reply_set_keys(reply, "a", "s", NULL));
    return SESSION_OK;
}

ROW(session_provider_reply_set_keys)
{
    CHECK_CONTAINS(session_error_text(provided(null_keys)), "`secret_access_key` is NULL");
}

ROW(session_provider_reply_set_expires_at)
{
    REFUSED(session_provider_reply_set_expires_at(NULL, 1));
}

static session_status_t null_account(session_provider_reply_t *reply)
{
    REFUSED(session_provider_reply_set_account_id(NULL, "1"));
    REFUSED(session_provider_reply_set_account_id(reply, NULL));
    return SESSION_OK;
}

ROW(session_provider_reply_set_account_id)
{
    CHECK_CONTAINS(session_error_text(provided(null_account)), "`account_id` is NULL");
}

static session_status_t null_provider_name(session_provider_reply_t *reply)
{
    REFUSED(session_provider_reply_set_provider_name(NULL, "n"));
    REFUSED(session_provider_reply_set_provider_name(reply, NULL));
    return SESSION_OK;
}

ROW(session_provider_reply_set_provider_name)
{
    CHECK_CONTAINS(session_error_text(provided(null_provider_name)), "`name` is NULL");
}

static session_status_t null_message(session_provider_reply_t *reply)
{
    REFUSED(session_provider_reply_set_error(NULL, "c", "m"));
    REFUSED(session_provider_reply_set_error(reply, "c", NULL));
    return SESSION_ERR_CREDENTIALS;
}

static session_status_t null_code(session_provider_reply_t *reply)
{
    TAKEN(session_provider_reply_set_error(reply, NULL, "m"));
    return SESSION_ERR_CREDENTIALS;
}

ROW(session_provider_reply_set_error)
{
    CHECK_CONTAINS(session_error_text(provided(null_message)), "`message` is NULL");
    CHECK_STR(session_error_code(provided(null_code)), "ProviderError");
}

/* Cancels */

ROW(session_cancel_new)
{
    CHECK(keep_cancel(session_cancel_new()));
}

NOTHING(session_cancel_copy)

ROW(session_cancel_set_timeout_ms)
{
    session_cancel_set_timeout_ms(NULL, 1);
}

IGNORED(session_cancel_now)
IGNORED(session_cancel_free)

/* Clients */

ROW(session_client_new)
{
    session_t *session = a_session();
    session_client_t *out = MARKED;
    REFUSES("session", session_client_new, NULL, "s3", a_config(), &out);
    REFUSES("service", session_client_new, session, NULL, a_config(), &out);
    CHECK(out == MARKED);
    REFUSES("out", session_client_new, session, "s3", a_config(), NULL);
    TAKES(session_client_new, session, "s3", NULL, &out);
    session_client_free(out);
}

EMPTY_TEXT(session_client_service)
EMPTY_TEXT(session_client_endpoint)
EMPTY_TEXT(session_client_region)
EMPTY_TEXT(session_client_signing_region)
EMPTY_TEXT(session_client_signing_name)
EMPTY_TEXT(session_client_partition)
IGNORED(session_client_free)

/* Requests */

ROW(session_request_new)
{
    session_client_t *client = a_client();
    session_request_t *out = MARKED;
    REFUSES("client", session_request_new, NULL, "O", "GET", "/", "{}", &out);
    REFUSES("operation", session_request_new, client, NULL, "GET", "/", "{}", &out);
    REFUSES("method", session_request_new, client, "O", NULL, "/", "{}", &out);
    REFUSES("path", session_request_new, client, "O", "GET", NULL, "{}", &out);
    CHECK(out == MARKED);
    REFUSES("out", session_request_new, client, "O", "GET", "/", "{}", NULL);
    TAKES(session_request_new, client, "O", "GET", "/", NULL, &out);
    CHECK_STR(session_request_params(out), "{}");
    session_request_free(out);
}

IGNORED(session_request_free)

ROW(session_request_set_header)
{
    session_request_t *request = a_request();
    REFUSED(session_request_set_header(NULL, "n", "v"));
    REFUSED(session_request_set_header(request, NULL, "v"));
    REFUSED(session_request_set_header(request, "n", NULL));
    CHECK_INT(session_request_header_count(request), 0);
}

ROW(session_request_remove_header)
{
    REFUSED(session_request_remove_header(NULL, "n"));
    REFUSED(session_request_remove_header(a_request(), NULL));
}

ROW(session_request_add_query)
{
    session_request_t *request = a_request();
    REFUSED(session_request_add_query(NULL, "n", "v"));
    REFUSED(session_request_add_query(request, NULL, "v"));
    REFUSED(session_request_add_query(request, "n", NULL));
    CHECK(!strchr(session_request_url(request), '?'));
}

ROW(session_request_set_body)
{
    session_request_t *request = a_request();
    TAKEN(session_request_set_body(request, "abc", 3));
    REFUSED(session_request_set_body(NULL, "abc", 3));
    REFUSED(session_request_set_body(request, NULL, 3));
    CHECK(memcmp(session_request_body(request, NULL), "abc", 3) == 0);
    TAKEN(session_request_set_body(request, NULL, 0));
}

#define TEXT_OF_REQUEST(setter, getter, value)               \
    ROW(setter)                                              \
    {                                                        \
        session_request_t *request = a_request();            \
        TAKEN(setter(request, value));                       \
        REFUSED(setter(NULL, value));                        \
        REFUSED(setter(request, NULL));                      \
        CHECK_STR(getter(request), value);                   \
    }

TEXT_OF_REQUEST(session_request_set_url, session_request_url, "https://h/p?q")
TEXT_OF_REQUEST(session_request_set_method, session_request_method, "PUT")
TEXT_OF_REQUEST(session_request_set_signing_region, session_request_signing_region, "r")
TEXT_OF_REQUEST(session_request_set_signing_name, session_request_signing_name, "n")

ROW(session_request_set_error)
{
    session_request_t *request = a_request();
    session_request_set_error(NULL, "c", "m");
    session_request_set_error(request, "c", NULL);
    CHECK_STR(session_error_code(session_request_error(request)), "c");
    session_request_set_error(request, NULL, "m");
    CHECK(!session_request_error(request));
}

ROW(session_request_set_retryable)
{
    session_request_set_retryable(NULL, 1);
}

ROW(session_request_send)
{
    session_request_t *request = a_request();
    session_response_t *out = MARKED;
    REFUSES("request", session_request_send, NULL, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_request_send, request, NULL);
    CHECK_INT(wire.count, 0);
    TAKEN(session_request_send(request, &out, NULL));
    session_response_free(out);
}

ROW(session_request_presign)
{
    char *url = MARKED;
    REFUSES("request", session_request_presign, NULL, 60, &url);
    CHECK(url == MARKED);
    REFUSES("url", session_request_presign, a_request(), 60, NULL);
}

EMPTY_TEXT(session_request_service)
EMPTY_TEXT(session_request_operation)
EMPTY_TEXT(session_request_params)
EMPTY_TEXT(session_request_method)
EMPTY_TEXT(session_request_url)
EMPTY_TEXT(session_request_region)
EMPTY_TEXT(session_request_endpoint)
EMPTY_TEXT(session_request_signing_region)
EMPTY_TEXT(session_request_signing_name)
EMPTY_TEXT(session_request_partition)
EMPTY_TEXT(session_request_request_id)

ROW(session_request_header)
{
    CHECK(session_request_header(NULL, "n") == NULL);
    CHECK(session_request_header(a_request(), NULL) == NULL);
}

NUMBER(session_request_header_count, 0)
NO_INDEX(session_request_header_name)
NO_INDEX(session_request_header_value)

ROW(session_request_body)
{
    session_request_t *request = a_request();
    size_t length = 9;
    TAKEN(session_request_set_body(request, "abc", 3));
    CHECK(session_request_body(request, NULL) != NULL);
    CHECK(session_request_body(NULL, &length) == NULL);
    CHECK_INT(length, 0);
    CHECK(session_request_body(NULL, NULL) == NULL);
}

NUMBER(session_request_retry_count, 0)
NUMBER(session_request_http_status, 0)
NUMBER(session_request_retry_delay_ms, 0)
NUMBER(session_request_retryable, -1)
NUMBER(session_request_is_presigned, false)
NUMBER(session_request_created_at, 0)
NUMBER(session_request_attempted_at, 0)

ROW(session_request_response_header)
{
    CHECK(session_request_response_header(NULL, "n") == NULL);
    CHECK(session_request_response_header(a_request(), NULL) == NULL);
}

NOTHING(session_request_error)

/* Bodies by callbacks */

static session_status_t no_body(void *user_data, void *buffer, size_t capacity, size_t *length)
{
    (void)user_data, (void)buffer, (void)capacity;
    *length = 0;
    return SESSION_OK;
}

ROW(session_request_set_body_borrowed)
{
    session_request_t *request = a_request();
    TAKEN(session_request_set_body_borrowed(request, "abc", 3, NULL, NULL));
    REFUSED(session_request_set_body_borrowed(NULL, "abc", 3, NULL, NULL));
    REFUSED(session_request_set_body_borrowed(request, NULL, 3, NULL, NULL));
    CHECK(memcmp(session_request_body(request, NULL), "abc", 3) == 0);
    TAKEN(session_request_set_body_borrowed(request, NULL, 0, NULL, NULL));
}

ROW(session_request_set_body_stream)
{
    session_request_t *request = a_request();
    session_body_t body = SESSION_BODY_INIT;
    REFUSED(session_request_set_body_stream(request, NULL));
    body.user_data = &mark;
    body.free_user_data = count_free;
    REFUSED(session_request_set_body_stream(request, &body));
    CHECK_INT(freed, 1);
    body.read = no_body;
    REFUSED(session_request_set_body_stream(NULL, &body));
    CHECK_INT(freed, 2);
    TAKEN(session_request_set_body_stream(request, &body));
    TAKEN(session_request_set_body(request, NULL, 0));
    CHECK_INT(freed, 3);
}

ROW(session_request_set_payload_signing)
{
    REFUSED(session_request_set_payload_signing(NULL, SESSION_PAYLOAD_SIGNING_AUTO));
}

ROW(session_request_set_cancel)
{
    session_request_t *request = a_request();
    session_cancel_t *cancel = keep_cancel(session_cancel_new());
    session_cancel_now(cancel);
    REFUSED(session_request_set_cancel(NULL, cancel));
    TAKEN(session_request_set_cancel(request, cancel));
    TAKEN(session_request_set_cancel(request, NULL));
    sent(request);
}

static void no_progress(uint64_t sent, uint64_t to_send, uint64_t received, uint64_t to_receive, void *user_data)
{
    (void)sent, (void)to_send, (void)received, (void)to_receive, (void)user_data;
}

ROW(session_request_set_progress)
{
    session_request_t *request = a_request();
    REFUSED(session_request_set_progress(NULL, no_progress, &mark, count_free));
    CHECK_INT(freed, 1);
    TAKEN(session_request_set_progress(request, NULL, &mark, count_free));
    CHECK_INT(freed, 2);
    TAKEN(session_request_set_progress(request, no_progress, NULL, NULL));
    TAKEN(session_request_set_progress(request, no_progress, &mark, count_free));
    CHECK_INT(freed, 2);
    TAKEN(session_request_set_progress(request, NULL, NULL, NULL));
    CHECK_INT(freed, 3);
}

ROW(session_request_set_response)
{
    session_request_t *request = a_request();
    REFUSED(session_request_set_response(NULL, 200, "abc", 3));
    REFUSED(session_request_set_response(request, 200, NULL, 3));
    CHECK_INT(session_request_http_status(request), 0);
    TAKEN(session_request_set_response(request, 201, NULL, 0));
    CHECK_INT(session_request_http_status(request), 201);
}

ROW(session_request_add_response_header)
{
    session_request_t *request = a_request();
    CHECK_INT(session_request_add_response_header(request, "n", "v"), SESSION_ERR_INVALID_STATE);
    TAKEN(session_request_set_response(request, 200, NULL, 0));
    REFUSED(session_request_add_response_header(NULL, "n", "v"));
    REFUSED(session_request_add_response_header(request, NULL, "v"));
    REFUSED(session_request_add_response_header(request, "n", NULL));
    CHECK(!session_request_response_header(request, "n"));
}

/* Responses */

NUMBER(session_response_status, 0)

ROW(session_response_header)
{
    CHECK(session_response_header(NULL, "n") == NULL);
    CHECK(session_response_header(sent(a_request()), NULL) == NULL);
}

NUMBER(session_response_header_count, 0)
NO_INDEX(session_response_header_name)
NO_INDEX(session_response_header_value)

ROW(session_response_read)
{
    session_response_t *response;
    char buffer[8] = "marked";
    size_t length = 77;
    wire.body = "abc";
    response = sent(a_request());
    REFUSES("response", session_response_read, NULL, buffer, sizeof buffer, &length);
    REFUSES("buffer", session_response_read, response, NULL, sizeof buffer, &length);
    REFUSES("length", session_response_read, response, buffer, sizeof buffer, NULL);
    REFUSED(session_response_read(response, buffer, 0, &length, NULL));
    CHECK_INT(length, 77);
    CHECK_STR(buffer, "marked");
    TAKES(session_response_read, response, buffer, sizeof buffer, &length);
    CHECK_INT(length, 3);
}

ROW(session_response_body)
{
    session_response_t *response;
    const char *data = MARKED;
    size_t length = 77;
    wire.body = "abc";
    response = sent(a_request());
    REFUSES("response", session_response_body, NULL, 10, &data, &length);
    CHECK(data == MARKED);
    CHECK_INT(length, 77);
    REFUSES("data", session_response_body, response, 10, NULL, NULL);
    TAKES(session_response_body, response, 10, &data, NULL);
    CHECK_STR(data, "abc");
    TAKES(session_response_body, response, 10, NULL, &length);
    CHECK_INT(length, 3);
}

ROW(session_response_value)
{
    session_response_t *response;
    char *out = MARKED;
    wire.body = "<A><B>b</B></A>";
    response = sent(a_request());
    REFUSES("response", session_response_value, NULL, "B", &out);
    REFUSES("name", session_response_value, response, NULL, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_response_value, response, "B", NULL);
}

static session_status_t no_write(const void *data, size_t length, void *user_data)
{
    (void)data, (void)length, (void)user_data;
    return SESSION_OK;
}

ROW(session_response_read_to)
{
    session_response_t *response = sent(a_request());
    REFUSES("response", session_response_read_to, NULL, no_write, &mark);
    REFUSES("write", session_response_read_to, response, NULL, &mark);
    TAKES(session_response_read_to, response, no_write, NULL);
}

IGNORED(session_response_free)

/* Signing */

ROW(session_signing_new)
{
    session_signing_t *no_service = keep_signing(session_signing_new(NULL, "r"));
    session_signing_t *no_region = keep_signing(session_signing_new("s", NULL));
    session_signed_t *out = MARKED;
    REFUSES("service", session_sign, no_service, "GET", "https://h/", &out);
    REFUSES("region", session_sign, no_region, "GET", "https://h/", &out);
    CHECK(out == MARKED);
}

/* What was remembered is the error of the signature. */
#define SIGNING_FAULT(signing, parameter)                                       \
    do {                                                                        \
        session_signed_t *out_ = MARKED;                                        \
        REFUSES(parameter, session_sign, signing, "GET", "https://h/", &out_);  \
        CHECK(out_ == MARKED);                                                  \
    } while (0)

ROW(session_signing_set_credentials)
{
    session_signing_t *signing = a_signing();
    REFUSED(session_signing_set_credentials(NULL, a_value()));
    REFUSED(session_signing_set_credentials(signing, NULL));
    SIGNING_FAULT(signing, "credentials");
}

ROW(session_signing_set_time)
{
    REFUSED(session_signing_set_time(NULL, 0));
}

ROW(session_signing_set_payload)
{
    session_signing_t *signing = a_signing();
    REFUSED(session_signing_set_payload(NULL, "abc", 3));
    TAKEN(session_signing_set_payload(signing, NULL, 0));
    REFUSED(session_signing_set_payload(signing, NULL, 3));
    SIGNING_FAULT(signing, "payload");
}

ROW(session_signing_set_payload_hash)
{
    session_signing_t *signing = a_signing();
    REFUSED(session_signing_set_payload_hash(NULL, "h"));
    REFUSED(session_signing_set_payload_hash(signing, NULL));
    SIGNING_FAULT(signing, "hash");
}

#define SIGNING_FLAG(flag) \
    ROW(session_signing_set_##flag) { REFUSED(session_signing_set_##flag(NULL, true)); }

SIGNING_FLAG(unsigned_payload)
SIGNING_FLAG(normalize_path)
SIGNING_FLAG(double_encode)
SIGNING_FLAG(content_sha256_header)
SIGNING_FLAG(omit_token)
SIGNING_FLAG(hoist)

ROW(session_signing_add_header)
{
    session_signing_t *no_name = a_signing(), *no_value = a_signing();
    REFUSED(session_signing_add_header(NULL, "n", "v"));
    REFUSED(session_signing_add_header(no_name, NULL, "v"));
    SIGNING_FAULT(no_name, "name");
    REFUSED(session_signing_add_header(no_value, "n", NULL));
    SIGNING_FAULT(no_value, "value");
}

ROW(session_sign)
{
    session_signing_t *signing = a_signing();
    session_signed_t *out = MARKED;
    REFUSES("signing", session_sign, NULL, "GET", "https://h/", &out);
    REFUSES("method", session_sign, signing, NULL, "https://h/", &out);
    REFUSES("url", session_sign, signing, "GET", NULL, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_sign, signing, "GET", "https://h/", NULL);
}

ROW(session_presign)
{
    session_signing_t *signing = a_signing();
    session_signed_t *out = MARKED;
    REFUSES("signing", session_presign, NULL, "GET", "https://h/", 60, &out);
    REFUSES("method", session_presign, signing, NULL, "https://h/", 60, &out);
    REFUSES("url", session_presign, signing, "GET", NULL, 60, &out);
    CHECK(out == MARKED);
    REFUSES("out", session_presign, signing, "GET", "https://h/", 60, NULL);
}

IGNORED(session_signing_free)
EMPTY_TEXT(session_signed_url)
NUMBER(session_signed_header_count, 0)
NO_INDEX(session_signed_header_name)
NO_INDEX(session_signed_header_value)

ROW(session_signed_header)
{
    session_signed_t *result = NULL;
    CHECK(session_signed_header(NULL, "n") == NULL);
    TAKEN(session_sign(a_signing(), "GET", "https://h/", &result, NULL));
    CHECK(session_signed_header(keep_signed(result), NULL) == NULL);
    CHECK(session_signed_header(result, "authorization") != NULL);
}

EMPTY_TEXT(session_signed_canonical_request)
EMPTY_TEXT(session_signed_string_to_sign)
EMPTY_TEXT(session_signed_signature)
IGNORED(session_signed_free)

/* Transports. Their requests and replies can be used in the callback alone, which `in_send` runs. */

ROW(session_config_set_transport)
{
    session_config_t *config = a_config();
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    REFUSED(session_config_set_transport(config, NULL));
    REMEMBERED(config, "transport");
    transport.user_data = &mark;
    transport.free_user_data = count_free;
    REFUSED(session_config_set_transport(config, &transport));
    CHECK_INT(freed, 1);
    REMEMBERED(config, "transport->send");
    transport.send = wire_send;
    REFUSED(session_config_set_transport(NULL, &transport));
    CHECK_INT(freed, 2);
    transport.user_data = NULL;
    transport.free_user_data = NULL;
    TAKEN(session_config_set_transport(config, &transport));
}

static session_request_t *looking(void (*look)(session_http_request_t *request, session_http_reply_t *reply))
{
    session_request_t *request = request_of(a_client(), "PutObject", "PUT", "/bucket/key", NULL);
    TAKEN(session_request_set_body(request, "abc", 3));
    wire.look = look;
    return request;
}

/* The reply is bad after the look, by what it did. */
static void fails_with(void (*look)(session_http_request_t *request, session_http_reply_t *reply), const char *why)
{
    CHECK_CONTAINS(session_error_text(send_error(looking(look))), why);
    CHECK(wire.count > 0);
}

NUMBER(session_http_request_purpose, SESSION_PURPOSE_SERVICE)
EMPTY_TEXT(session_http_request_method)
EMPTY_TEXT(session_http_request_scheme)
EMPTY_TEXT(session_http_request_host)
EMPTY_TEXT(session_http_request_target)
NUMBER(session_http_request_header_count, 0)
NO_INDEX(session_http_request_header_name)
NO_INDEX(session_http_request_header_value)

static void null_header(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)reply;
    CHECK(session_http_request_header(NULL, "host") == NULL);
    CHECK(session_http_request_header(request, NULL) == NULL);
    CHECK(session_http_request_header(request, "AUTHORIZATION") != NULL);
}

ROW(session_http_request_header)
{
    sent(looking(null_header));
}

NUMBER(session_http_request_body_length, 0)

static void null_read(session_http_request_t *request, session_http_reply_t *reply)
{
    char buffer[8] = "marked";
    size_t length = 77;
    (void)reply;
    REFUSED(session_http_request_read_body(NULL, buffer, sizeof buffer, &length));
    REFUSED(session_http_request_read_body(request, NULL, sizeof buffer, &length));
    REFUSED(session_http_request_read_body(request, buffer, sizeof buffer, NULL));
    CHECK_INT(length, 77);
    CHECK_STR(buffer, "marked");
    TAKEN(session_http_request_read_body(request, NULL, 0, &length));
    CHECK_INT(length, 0);
    TAKEN(session_http_request_read_body(request, buffer, sizeof buffer, &length));
    CHECK_INT(length, 3);
}

ROW(session_http_request_read_body)
{
    sent(looking(null_read));
}

ROW(session_http_request_rewind_body)
{
    REFUSED(session_http_request_rewind_body(NULL));
}

NUMBER(session_http_request_connect_timeout_ms, UINT64_MAX)
NUMBER(session_http_request_read_timeout_ms, UINT64_MAX)
NUMBER(session_http_request_total_timeout_ms, UINT64_MAX)
NUMBER(session_http_request_is_canceled, false)

ROW(session_http_reply_set_status)
{
    REFUSED(session_http_reply_set_status(NULL, 200));
}

static void null_header_name(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)request;
    REFUSED(session_http_reply_add_header(NULL, "n", "v"));
    REFUSED(session_http_reply_add_header(reply, NULL, "v"));
}

static void null_header_value(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)request;
    REFUSED(session_http_reply_add_header(reply, "n", NULL));
}

ROW(session_http_reply_add_header)
{
    fails_with(null_header_name, "`name` is NULL");
    fails_with(null_header_value, "`value` is NULL");
}

static void null_data(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)request;
    REFUSED(session_http_reply_write(NULL, "abc", 3));
    TAKEN(session_http_reply_write(reply, NULL, 0));
    REFUSED(session_http_reply_write(reply, NULL, 3));
}

ROW(session_http_reply_write)
{
    fails_with(null_data, "`data` is NULL");
}

static void null_reply_message(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)request;
    REFUSED(session_http_reply_set_error(NULL, "c", "m"));
    REFUSED(session_http_reply_set_error(reply, "c", NULL));
}

static void null_reply_code(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)request;
    TAKEN(session_http_reply_set_error(reply, NULL, "no wire today"));
}

ROW(session_http_reply_set_error)
{
    fails_with(null_reply_message, "`message` is NULL");
    fails_with(null_reply_code, "no wire today");
}
