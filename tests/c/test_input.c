/*
 * Odd input for each argument that is a text or an enumeration: no UTF-8, nothing, 10 MB, control characters, numbers
 * that are none. It ends in success or in an error that can be read, also when what was set is used.
 */
#include "header_functions.h"
#include "wire.h"
#include <limits.h>

/* How long a long text is; valgrind makes do with less. */
#ifndef LONG_TEXT
#define LONG_TEXT 10000000
#endif
enum { LONG = LONG_TEXT };

/* Whether a status is one, its error is there if it is asked for, and both say the same. */
static void check_sound(session_status_t status, session_error_t *const *place)
{
    const session_error_t *error = *place;

    CHECK(strcmp(session_status_name(status), "SESSION_ERR_UNKNOWN") != 0);
    CHECK(status != SESSION_ERR_INTERNAL);
    if (!error)
        return;
    CHECK_INT(session_error_status(error), status);
    CHECK(*session_error_message(error));
    /* What is wrong with 10 MB is not said by telling them. */
    CHECK(strlen(session_error_text(error)) < 10000);
}

typedef session_status_t use_fn(const char *text, session_error_t **error);

static void check_texts(use_fn *use)
{
    static const char *const texts[] = {"", " ", "\n", "\x01", "\x7f", "\xc3\xa9", "%", "{", "}", "{}", "[", "=", "/", ":",
                                        "//", "://", "https://", "\"", "-1", "99999999999999999999"};
    char *huge = malloc(LONG + 1);
    session_error_t *error = NULL;

    CHECK(huge);
    memset(huge, 'a', LONG);
    huge[LONG] = 0;
    check_sound(use(huge, &error), &error);
    session_error_free(error);
    free(huge);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        error = NULL;
        check_sound(use(texts[i], &error), &error);
        session_error_free(error);
    }
}

static void check_no_utf8(use_fn *use)
{
    static const char *const texts[] = {"\xff", "abc\xc3", "\xed\xa0\x80", "\xc0\x80"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        session_error_t *error = NULL;
        session_status_t status = use(texts[i], &error);
        CHECK(status == SESSION_OK || status == SESSION_ERR_INVALID_ARGUMENT);
        check_sound(status, &error);
        if (error)
            CHECK_CONTAINS(session_error_text(error), "no UTF-8 at byte");
        session_error_free(error);
    }
}

/* The test of a text argument: what follows uses `text`, and gives the status and perhaps the error. */
#define TEXT_ARGUMENT(function, parameter)                                                       \
    static session_status_t use_##function##__##parameter(const char *text, session_error_t **error); \
    TEST(function##__##parameter)                                                                \
    {                                                                                            \
        check_texts(use_##function##__##parameter);                                              \
        check_no_utf8(use_##function##__##parameter);                                            \
    }                                                                                            \
    static session_status_t use_##function##__##parameter(const char *text, session_error_t **error)

/* Getters have no status: they give something or nothing. */
#define GETTER_TEXT(function, parameter, call)  \
    TEXT_ARGUMENT(function, parameter)          \
    {                                           \
        (void)error;                            \
        (void)(call);                           \
        return SESSION_OK;                      \
    }

/* One request of S3 and one of SQS by a session of these options: the first error is that of all. */
static session_status_t use_options(const session_options_t *options, session_error_t **error)
{
    session_t *session = NULL;
    session_status_t status = session_new_with_options(options, &session, error);

    for (int i = 0; status == SESSION_OK && i < 2; i++) {
        session_client_t *client = NULL;
        session_request_t *request = NULL;
        session_response_t *response = NULL;
        status = session_client_new(session, i ? "sqs" : "s3", NULL, &client, error);
        if (status == SESSION_OK)
            status = session_request_new(client, "PutObject", "PUT", "/{Bucket}/key", "{\"Bucket\": \"a-bucket\"}",
                                         &request, error);
        if (status == SESSION_OK)
            status = session_request_send(request, &response, error);
        session_response_free(response);
        session_request_free(request);
        session_client_free(client);
    }
    session_free(session);
    return status;
}

static session_status_t use_config(const session_config_t *config, session_error_t **error)
{
    session_options_t *options = a_options();
    CHECK_INT(session_options_set_config(options, config), SESSION_OK);
    return use_options(options, error);
}

static session_status_t use_request(session_request_t *request, session_error_t **error)
{
    session_response_t *response = NULL;
    session_status_t status = session_request_send(request, &response, error);
    session_response_free(response);
    return status;
}

static session_status_t use_credentials(session_credentials_t *credentials, session_error_t **error)
{
    session_config_t *config = a_config();
    CHECK_INT(session_config_set_credentials(config, credentials), SESSION_OK);
    return use_config(config, error);
}

static session_status_t use_signing(const session_signing_t *signing, session_error_t **error)
{
    session_signed_t *result = NULL;
    session_status_t status = session_sign(signing, "GET", "https://h/p?q", &result, error);
    session_signed_free(result);
    return status;
}

/* Texts that are asked for */

GETTER_TEXT(session_has_feature, name, session_has_feature(text))
GETTER_TEXT(session_config_get, name, session_config_get(a_config(), text))
GETTER_TEXT(session_request_header, name, session_request_header(a_request(), text))
GETTER_TEXT(session_request_response_header, name, session_request_response_header(a_request(), text))
GETTER_TEXT(session_response_header, name, session_response_header(sent(a_request()), text))
GETTER_TEXT(session_stop_on_error, name, session_stop_on_error(0, text, a_request(), NULL))
GETTER_TEXT(session_handlers_remove, name,
            session_handlers_remove(keep_handlers(session_handlers_default()), SESSION_STAGE_SEND, text))

TEXT_ARGUMENT(session_signed_header, name)
{
    session_signed_t *result = NULL;
    CHECK_INT(session_sign(a_signing(), "GET", "https://h/", &result, error), SESSION_OK);
    CHECK(!session_signed_header(keep_signed(result), text));
    return SESSION_OK;
}

TEXT_ARGUMENT(session_response_value, name)
{
    char *value = NULL;
    session_status_t status;
    wire.body = "<A><B>b</B></A>";
    status = session_response_value(sent(a_request()), text, &value, error);
    session_string_free(value);
    return status;
}

TEXT_ARGUMENT(session_origin, name)
{
    char *origin = NULL;
    session_status_t status = session_origin(a_session(), text, &origin, error);
    session_string_free(origin);
    return status;
}

/* Configuration */

TEXT_ARGUMENT(session_config_set, name)
{
    session_config_t *config = a_config();
    CHECK_INT(session_config_set(config, text, "true"), SESSION_ERR_INVALID_ARGUMENT);
    return use_config(config, error);
}

TEXT_ARGUMENT(session_config_set, value)
{
    session_config_t *all = a_config();
    session_status_t first = SESSION_OK;
    /* Each field, and then all that took it together. The setters of the fields try what is long one by one. */
    for (size_t i = 0; i < session_config_count(all); i++) {
        session_config_t *config = strlen(text) == LONG ? all : a_config();
        const char *field = session_config_name(all, i);
        session_status_t status = session_config_set(config, field, text), used;
        session_error_t *why = NULL;
        CHECK(status == SESSION_OK || status == SESSION_ERR_INVALID_ARGUMENT);
        if (config != all || status != SESSION_OK) {
            used = use_config(config, &why);
            check_sound(used, &why);
            CHECK_INT(used == SESSION_ERR_INVALID_ARGUMENT, status == SESSION_ERR_INVALID_ARGUMENT);
            if (status != SESSION_OK)
                CHECK_CONTAINS(session_error_message(why), field);
            session_error_free(why);
        }
        if (session_config_set(all, field, text) != SESSION_OK)
            CHECK_INT(session_config_unset(all, field), SESSION_OK);
        first = first ? first : status;
    }
    return first == SESSION_OK ? use_config(all, error) : first;
}

TEXT_ARGUMENT(session_config_unset, name)
{
    (void)error;
    return session_config_unset(a_config(), text);
}

#define TEXT_FIELD(field)                                   \
    TEXT_ARGUMENT(session_config_set_##field, value)        \
    {                                                       \
        session_config_t *config = a_config();              \
        session_config_set_##field(config, text);           \
        return use_config(config, error);                   \
    }

TEXT_FIELD(region)
TEXT_FIELD(endpoint)
TEXT_FIELD(endpoint_url)
TEXT_FIELD(sts_regional_endpoint)
TEXT_FIELD(s3_us_east_1_regional_endpoint)
TEXT_FIELD(auth_scheme_preference)
TEXT_FIELD(sdk_ua_app_id)
TEXT_FIELD(retry_mode)
TEXT_FIELD(log_level)
TEXT_FIELD(ca_bundle)
TEXT_FIELD(client_tls_cert)
TEXT_FIELD(client_tls_key)
TEXT_FIELD(ec2_metadata_service_endpoint)
TEXT_FIELD(ec2_metadata_service_endpoint_mode)
TEXT_FIELD(csm_host)
TEXT_FIELD(csm_port)
TEXT_FIELD(csm_client_id)

/* Options */

static session_options_t *wired_options(void)
{
    session_options_t *options = a_options();
    CHECK_INT(session_options_set_config(options, a_config()), SESSION_OK);
    return options;
}

TEXT_ARGUMENT(session_options_set_profile, profile)
{
    session_options_t *options = wired_options();
    session_options_set_profile(options, text);
    return use_options(options, error);
}

TEXT_ARGUMENT(session_options_set_assume_role_policy, policy)
{
    session_options_t *options = wired_options();
    session_options_set_assume_role_policy(options, text);
    return use_options(options, error);
}

TEXT_ARGUMENT(session_options_set_assume_role_source_identity, identity)
{
    session_options_t *options = wired_options();
    session_options_set_assume_role_source_identity(options, text);
    return use_options(options, error);
}

/* Options that take an array of texts. */
#define TEXTS_OPTION(function, parameter, ...)           \
    TEXT_ARGUMENT(function, parameter)                   \
    {                                                    \
        const char *const texts[] = {__VA_ARGS__, text}; \
        session_options_t *options = wired_options();    \
        function(options, texts, 2);                     \
        return use_options(options, error);              \
    }

TEXTS_OPTION(session_options_set_assume_role_policy_arns, arns, "arn:aws:iam::aws:policy/ReadOnlyAccess")
TEXTS_OPTION(session_options_set_assume_role_transitive_tag_keys, keys, "team")

TEXT_ARGUMENT(session_options_set_assume_role_tags, pairs)
{
    const char *const pairs[] = {"team", "a", text, text};
    session_options_t *options = wired_options();
    session_options_set_assume_role_tags(options, pairs, 2);
    return use_options(options, error);
}

TEXT_ARGUMENT(session_token_get, signing_name)
{
    char *token = NULL;
    session_status_t status = session_token_get(a_session(), text, &token, NULL, error);

    session_string_free(token);
    return status;
}

TEXT_ARGUMENT(session_options_set_files, paths)
{
    const char *const paths[] = {"/nonexistent", text};
    session_options_t *options = wired_options();
    session_options_set_files(options, paths, 2);
    return use_options(options, error);
}

/* As the value of each variable, too. */
TEXT_ARGUMENT(session_options_set_environment, name_value_pairs)
{
    static const char *const names[] = {
        "AWS_REGION", "AWS_PROFILE", "AWS_SDK_LOAD_CONFIG", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME",
        "AWS_CA_BUNDLE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE",
        "AWS_USE_FIPS_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CSM_PORT", "AWS_EXECUTION_ENV",
        "AWS_ACCESS_KEY_ID", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_S3_USE_ARN_REGION", "HTTPS_PROXY", "NO_PROXY"};
    const char *const as_name[] = {text, "value"};
    session_options_t *options = wired_options();
    session_status_t status = SESSION_OK;

    /* Of long ones, the first: texts and paths. */
    for (size_t i = 0; status == SESSION_OK && i < (strlen(text) == LONG ? 5 : sizeof names / sizeof *names); i++) {
        const char *const pair[] = {names[i], text};
        session_options_set_environment(options, pair, 1);
        session_error_free(*error);
        *error = NULL;
        check_sound(use_options(options, error), error);
        status = *error ? session_error_status(*error) : SESSION_OK;
        if (status != SESSION_ERR_INVALID_ARGUMENT)
            status = SESSION_OK;
    }
    if (status != SESSION_OK)
        return status;
    session_error_free(*error);
    *error = NULL;
    session_options_set_environment(options, as_name, 1);
    return use_options(options, error);
}

TEXT_ARGUMENT(session_options_set_ec2_imds_endpoint, endpoint)
{
    session_options_t *options = wired_options();
    session_options_set_ec2_imds_endpoint(options, text);
    return use_options(options, error);
}

TEXT_ARGUMENT(session_options_set_ec2_imds_endpoint_mode, mode)
{
    session_options_t *options = wired_options();
    session_options_set_ec2_imds_endpoint_mode(options, text);
    return use_options(options, error);
}

/* A request for a code can be had in the callback alone. */
TEXT_ARGUMENT(session_token_request_set_code, code)
{
    (void)error;
    return session_token_request_set_code(NULL, text);
}

/* Handlers */

static void no_handler(session_request_t *request, void *user_data)
{
    (void)request, (void)user_data;
}

#define HANDLER_NAME(function)                                                                         \
    TEXT_ARGUMENT(function, name)                                                                      \
    {                                                                                                  \
        session_handlers_t *list = keep_handlers(session_handlers_default());                          \
        return function(list, SESSION_STAGE_SEND, text, no_handler, NULL, NULL, error);                \
    }

HANDLER_NAME(session_handlers_push_front)
HANDLER_NAME(session_handlers_push_back)
HANDLER_NAME(session_handlers_set_front)
HANDLER_NAME(session_handlers_set_back)

TEXT_ARGUMENT(session_handlers_swap, name)
{
    session_handlers_t *list = keep_handlers(session_handlers_default());
    return session_handlers_swap(list, SESSION_STAGE_SEND, text, no_handler, NULL, NULL, NULL, error);
}

TEXT_ARGUMENT(session_push_front, name)
{
    return session_push_front(a_session(), SESSION_STAGE_SEND, text, no_handler, NULL, NULL, error);
}

TEXT_ARGUMENT(session_push_back, name)
{
    return session_push_back(a_session(), SESSION_STAGE_SEND, text, no_handler, NULL, NULL, error);
}

/* Credentials */

static session_status_t use_keys(const char *key, const char *secret, const char *token, session_error_t **error)
{
    session_credentials_t *credentials = NULL;
    session_status_t status = session_credentials_new_static(key, secret, token, &credentials, error);
    if (status == SESSION_OK)
        status = use_credentials(keep_credentials(credentials), error);
    return status;
}

TEXT_ARGUMENT(session_credentials_new_static, access_key_id)
{
    return use_keys(text, "s", "t", error);
}

TEXT_ARGUMENT(session_credentials_new_static, secret_access_key)
{
    return use_keys("a", text, "t", error);
}

TEXT_ARGUMENT(session_credentials_new_static, session_token)
{
    return use_keys("a", "s", text, error);
}

typedef session_status_t provide_fn(session_provider_reply_t *reply, const char *text);

struct provision {
    provide_fn *provide;
    const char *text;
    session_status_t taken;
};

static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    struct provision *provision = user_data;
    CHECK_INT(session_provider_reply_set_keys(reply, "a", "s", "t"), SESSION_OK);
    provision->taken = provision->provide(reply, provision->text);
    return SESSION_OK;
}

/* The status of the provider's own call; its requests end soundly in any case. */
static session_status_t use_provider(provide_fn *provide, const char *text)
{
    struct provision provision = {provide, text, SESSION_OK};
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    provider.retrieve = retrieve;
    provider.user_data = &provision;
    CHECK_INT(session_credentials_new_provider(&provider, &credentials, NULL), SESSION_OK);
    check_sound(use_credentials(keep_credentials(credentials), &error), &error);
    session_error_free(error);
    return provision.taken;
}

#define PROVIDER_TEXT(function, parameter, call)                                                          \
    static session_status_t provide_##function##__##parameter(session_provider_reply_t *reply, const char *text) \
    {                                                                                                     \
        return call;                                                                                      \
    }                                                                                                     \
    TEXT_ARGUMENT(function, parameter)                                                                    \
    {                                                                                                     \
        (void)error;                                                                                      \
        return use_provider(provide_##function##__##parameter, text);                                     \
    }

/* An empty key is a status of its own. */
static session_status_t empty_is_bad(session_status_t status, const char *text)
{
    CHECK_INT(status == SESSION_ERR_CREDENTIALS, *text == 0);
    return status;
}

PROVIDER_TEXT(session_provider_reply_set_keys, access_key_id,
              empty_is_bad(session_provider_reply_set_keys(reply, text, "s", "t"), text))
PROVIDER_TEXT(session_provider_reply_set_keys, secret_access_key,
              empty_is_bad(session_provider_reply_set_keys(reply, "a", text, "t"), text))
PROVIDER_TEXT(session_provider_reply_set_keys, session_token, session_provider_reply_set_keys(reply, "a", "s", text))
PROVIDER_TEXT(session_provider_reply_set_account_id, account_id, session_provider_reply_set_account_id(reply, text))
PROVIDER_TEXT(session_provider_reply_set_provider_name, name, session_provider_reply_set_provider_name(reply, text))

/* What a program says itself is told whole: it is no error of the library. */
#define OWN_WORDS(text) (strlen(text) == LONG ? "long" : *(text) ? (text) : "empty")

PROVIDER_TEXT(session_provider_reply_set_error, code, session_provider_reply_set_error(reply, OWN_WORDS(text), "m"))
PROVIDER_TEXT(session_provider_reply_set_error, message, session_provider_reply_set_error(reply, "c", OWN_WORDS(text)))

/* Clients and requests */

TEXT_ARGUMENT(session_client_new, service)
{
    session_client_t *client = NULL;
    session_request_t *request = NULL;
    session_status_t status = session_client_new(a_session(), text, NULL, &client, error);
    if (status == SESSION_OK)
        status = session_request_new(keep_client(client), "O", "GET", "/", NULL, &request, error);
    return status == SESSION_OK ? use_request(keep_request(request), error) : status;
}

static session_status_t use_new_request(const char *operation, const char *method, const char *path, const char *params,
                                        session_error_t **error)
{
    session_request_t *request = NULL;
    session_status_t status = session_request_new(a_client(), operation, method, path, params, &request, error);
    return status == SESSION_OK ? use_request(keep_request(request), error) : status;
}

TEXT_ARGUMENT(session_request_new, operation)
{
    return use_new_request(text, "GET", "/", NULL, error);
}

TEXT_ARGUMENT(session_request_new, method)
{
    return use_new_request("O", text, "/", NULL, error);
}

TEXT_ARGUMENT(session_request_new, path)
{
    return use_new_request("O", "GET", text, "{\"a\": 1}", error);
}

TEXT_ARGUMENT(session_request_new, params)
{
    return use_new_request("O", "GET", "/{Bucket}", text, error);
}

/* A setter of a request: its own status, and the request is sent in any case. */
#define REQUEST_TEXT(function, parameter, call)              \
    TEXT_ARGUMENT(function, parameter)                       \
    {                                                        \
        session_request_t *request = a_request();            \
        session_status_t status = call;                      \
        session_error_t *why = NULL;                         \
        (void)error;                                         \
        check_sound(use_request(request, &why), &why);        \
        session_error_free(why);                             \
        return status;                                       \
    }

REQUEST_TEXT(session_request_set_header, name, session_request_set_header(request, text, "v"))
REQUEST_TEXT(session_request_set_header, value, session_request_set_header(request, "n", text))
REQUEST_TEXT(session_request_remove_header, name, session_request_remove_header(request, text))
REQUEST_TEXT(session_request_add_query, name, session_request_add_query(request, text, "v"))
REQUEST_TEXT(session_request_add_query, value, session_request_add_query(request, "n", text))
REQUEST_TEXT(session_request_set_url, url, session_request_set_url(request, text))
REQUEST_TEXT(session_request_set_method, method, session_request_set_method(request, text))
REQUEST_TEXT(session_request_set_signing_region, region, session_request_set_signing_region(request, text))
REQUEST_TEXT(session_request_set_signing_name, name, session_request_set_signing_name(request, text))
REQUEST_TEXT(session_request_set_error, code, (session_request_set_error(request, OWN_WORDS(text), "m"), SESSION_OK))
REQUEST_TEXT(session_request_set_error, message, (session_request_set_error(request, "c", OWN_WORDS(text)), SESSION_OK))

#define RESPONSE_TEXT(parameter, name, value)                                                       \
    REQUEST_TEXT(session_request_add_response_header, parameter,                                    \
                 (session_request_set_response(request, 200, NULL, 0),                              \
                  session_request_add_response_header(request, name, value)))

RESPONSE_TEXT(name, text, "v")
RESPONSE_TEXT(value, "n", text)

/* Signing */

TEXT_ARGUMENT(session_signing_new, service)
{
    session_signing_t *signing = keep_signing(session_signing_new(text, "r"));
    CHECK_INT(session_signing_set_credentials(signing, a_value()), SESSION_OK);
    return use_signing(signing, error);
}

TEXT_ARGUMENT(session_signing_new, region)
{
    session_signing_t *signing = keep_signing(session_signing_new("s", text));
    CHECK_INT(session_signing_set_credentials(signing, a_value()), SESSION_OK);
    return use_signing(signing, error);
}

TEXT_ARGUMENT(session_signing_set_payload_hash, hash)
{
    session_signing_t *signing = a_signing();
    session_signing_set_payload_hash(signing, text);
    return use_signing(signing, error);
}

TEXT_ARGUMENT(session_signing_add_header, name)
{
    session_signing_t *signing = a_signing();
    session_signing_add_header(signing, text, "v");
    return use_signing(signing, error);
}

TEXT_ARGUMENT(session_signing_add_header, value)
{
    session_signing_t *signing = a_signing();
    session_signing_add_header(signing, "n", text);
    return use_signing(signing, error);
}

#define SIGNED_TEXT(function, parameter, ...)                              \
    TEXT_ARGUMENT(function, parameter)                                     \
    {                                                                      \
        session_signed_t *result = NULL;                                   \
        session_status_t status = function(__VA_ARGS__, &result, error);   \
        session_signed_free(result);                                       \
        return status;                                                     \
    }

SIGNED_TEXT(session_sign, method, a_signing(), text, "https://h/")
SIGNED_TEXT(session_sign, url, a_signing(), "GET", text)
SIGNED_TEXT(session_presign, method, a_signing(), text, "https://h/", 60)
SIGNED_TEXT(session_presign, url, a_signing(), "GET", text, 60)

/* In a transport */

typedef session_status_t look_fn(session_http_request_t *request, session_http_reply_t *reply, const char *text);

static look_fn *look_at;
static const char *look_text;
static session_status_t looked;

static void look(session_http_request_t *request, session_http_reply_t *reply)
{
    looked = look_at(request, reply, look_text);
}

#define TRANSPORT_TEXT(function, parameter, call)                                                              \
    static session_status_t look_##function##__##parameter(session_http_request_t *request,                    \
                                                           session_http_reply_t *reply, const char *text)      \
    {                                                                                                          \
        (void)request, (void)reply;                                                                            \
        return call;                                                                                           \
    }                                                                                                          \
    TEXT_ARGUMENT(function, parameter)                                                                         \
    {                                                                                                          \
        session_error_t *why = NULL;                                                                           \
        (void)error;                                                                                           \
        look_at = look_##function##__##parameter;                                                              \
        look_text = text;                                                                                      \
        wire.look = look;                                                                                      \
        check_sound(use_request(a_request(), &why), &why);                                                      \
        session_error_free(why);                                                                               \
        return looked;                                                                                         \
    }

TRANSPORT_TEXT(session_http_request_header, name, ((void)session_http_request_header(request, text), SESSION_OK))
TRANSPORT_TEXT(session_http_reply_add_header, name, session_http_reply_add_header(reply, text, "v"))
TRANSPORT_TEXT(session_http_reply_add_header, value, session_http_reply_add_header(reply, "n", text))
TRANSPORT_TEXT(session_http_reply_set_error, code, session_http_reply_set_error(reply, OWN_WORDS(text), "m"))
TRANSPORT_TEXT(session_http_reply_set_error, message, session_http_reply_set_error(reply, "c", OWN_WORDS(text)))

/* No text is forgotten. */

static size_t text_arguments;

static void check_parameters(const char *function, const char *parameters)
{
    for (const char *at = parameters; *at; at += strcspn(at, ",") + (strchr(at, ',') != NULL)) {
        char test[256];
        const char *end = at + strcspn(at, ","), *name = end;
        int is_text;

        at += strspn(at, " \n");
        is_text = strncmp(at, "const char *", 12) == 0 && at[12] != '*';
        if (!is_text)
            continue;
        while (isalnum((unsigned char)name[-1]) || name[-1] == '_')
            name--;
        snprintf(test, sizeof test, "%s__%.*s", function, (int)(end - name), name);
        CHECK(check_exists(test));
        text_arguments++;
    }
}

TEST(every_text_of_the_header_is_tested)
{
    size_t tests = 0;

    each_function(check_parameters);
    for (const struct check_test *test = check_first; test; test = test->next)
        tests += strstr(test->name, "__") != NULL;
    CHECK_INT((long long)text_arguments, (long long)tests);
}

/* Numbers that are no member of the enumeration */

static const int no_members[] = {-1, 14, 1000, INT_MAX, INT_MIN};

#define EACH_NO_MEMBER(number) \
    for (int index_ = 0, number; index_ < 5 && (number = no_members[index_], 1); index_++)

static void check_refused(session_status_t status, session_error_t **error, const char *parameter, int number)
{
    char expected[100];
    snprintf(expected, sizeof expected, "`%s` is %d, which is no session_", parameter, number);
    CHECK_INT(status, SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(*error), expected);
    session_error_free(*error);
}

static int freed;

static void count_free(void *user_data)
{
    (void)user_data;
    freed++;
}

TEST(unknown_stages)
{
    session_handlers_t *list = keep_handlers(session_handlers_default());
    session_t *session = a_session();
    bool swapped = true;

    EACH_NO_MEMBER(stage) {
        session_error_t *error = NULL;
#define UNKNOWN(function, ...)                                                          \
    do {                                                                                \
        check_refused(function(__VA_ARGS__, &error), &error, "stage", stage);           \
        CHECK_INT(function(__VA_ARGS__, NULL), SESSION_ERR_INVALID_ARGUMENT);           \
    } while (0)
        freed = 0;
        UNKNOWN(session_handlers_push_front, list, stage, "n", no_handler, &freed, count_free);
        UNKNOWN(session_handlers_push_back, list, stage, "n", no_handler, &freed, count_free);
        UNKNOWN(session_handlers_set_front, list, stage, "n", no_handler, &freed, count_free);
        UNKNOWN(session_handlers_set_back, list, stage, "n", no_handler, &freed, count_free);
        UNKNOWN(session_handlers_swap, list, stage, "n", no_handler, &freed, count_free, &swapped);
        UNKNOWN(session_handlers_set_after_each, list, stage, session_stop_on_error, &freed, count_free);
        UNKNOWN(session_push_front, session, stage, "n", no_handler, &freed, count_free);
        UNKNOWN(session_push_back, session, stage, "n", no_handler, &freed, count_free);
        CHECK_INT(freed, 16);
        UNKNOWN(session_handlers_run, list, stage, a_request());
        CHECK_INT(session_handlers_remove(list, stage, "core.SendHandler"), 0);
        CHECK_INT(session_handlers_len(list, stage), 0);
        session_handlers_clear(list, stage);
#undef UNKNOWN
    }
    CHECK(swapped);
    CHECK(session_handlers_len(list, SESSION_STAGE_SEND) > 0);
}

TEST(unknown_shared_config_states)
{
    session_options_t *options = a_options();

    EACH_NO_MEMBER(state) {
        session_t *none = NULL;
        session_error_t *error = NULL;
        CHECK_INT(session_options_set_shared_config_state(options, state), SESSION_ERR_INVALID_ARGUMENT);
        check_refused(session_new_with_options(options, &none, &error), &error, "state", state);
        CHECK(!none);
    }
    CHECK_INT(session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE), SESSION_OK);
    load_options(options);
}

TEST(unknown_explain_formats)
{
    session_t *session = a_session();

    EACH_NO_MEMBER(format) {
        char *none = NULL;
        session_error_t *error = NULL;
        check_refused(session_explain(session, format, &none, &error), &error, "format", format);
        CHECK(!none);
    }
}

TEST(unknown_payload_signings)
{
    session_request_t *request = a_request();
    EACH_NO_MEMBER(signing)
        CHECK_INT(session_request_set_payload_signing(request, signing), SESSION_ERR_INVALID_ARGUMENT);
    sent(request);
}

TEST(unknown_statuses)
{
    EACH_NO_MEMBER(status)
        CHECK_STR(session_status_name(status), "SESSION_ERR_UNKNOWN");
}

static void bad_statuses(session_http_request_t *request, session_http_reply_t *reply)
{
    (void)request;
    EACH_NO_MEMBER(status)
        CHECK_INT(session_http_reply_set_status(reply, status),
                  status == 1000 || status < 100 || status > 999 ? SESSION_ERR_INVALID_ARGUMENT : SESSION_OK);
}

TEST(unknown_http_statuses)
{
    wire.look = bad_statuses;
    CHECK_CONTAINS(session_error_text(send_error(a_request())), "which is no HTTP status");
}

TEST(any_number_of_retryable_is_an_opinion)
{
    session_request_t *request = a_request();
    EACH_NO_MEMBER(retryable) {
        session_request_set_retryable(request, 1);
        session_request_set_retryable(request, retryable);
        CHECK_INT(session_request_retryable(request), -1);
    }
}

TEST(numbers_out_of_range)
{
    session_config_t *config = a_config();
    CHECK_INT(session_config_set_max_retries(config, 1001), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_config_set_max_retries(config, UINT32_MAX), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(config_error(config)), "`max_retries` is \"4294967295\"");
    CHECK_INT(session_config_set_max_retries(config, 1000), SESSION_OK);
    CHECK_INT(session_config_set_max_attempts(config, 0), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_config_set_max_attempts(config, 1002), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(config_error(config)), "`max_attempts` is \"1002\"");
}
