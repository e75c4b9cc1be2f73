/*
 * The configuration: a test of each field, named like it, that sees the field's effect; and how fields are set, unset,
 * copied and merged, and what is remembered of bad values.
 */
#include "wire.h"

/* What the typed setter has made of a value, the setter by name makes of its text, too. */
static void check_set(session_config_t *typed, const char *name, const char *text)
{
    session_config_t *named = keep_config(session_config_new()), *copy;

    CHECK(!session_config_get(named, name));
    CHECK_INT(session_config_set(named, name, text), SESSION_OK);
    CHECK_STR(session_config_get(named, name), text);
    CHECK_STR(session_config_get(typed, name), text);

    copy = keep_config(session_config_copy(typed));
    CHECK_INT(session_config_unset(typed, name), SESSION_OK);
    CHECK(!session_config_get(typed, name));
    CHECK_STR(session_config_get(copy, name), text);
    CHECK_INT(session_config_merge(typed, copy), SESSION_OK);
    CHECK_STR(session_config_get(typed, name), text);
}

#define CHECK_SETTERS(field, value, text)                                       \
    do {                                                                        \
        session_config_t *config_ = keep_config(session_config_new());          \
        CHECK_INT(session_config_set_##field(config_, value), SESSION_OK);      \
        check_set(config_, #field, text);                                       \
    } while (0)
#define CHECK_TEXT_SETTERS(field, text) CHECK_SETTERS(field, text, text)
#define CHECK_FLAG_SETTERS(field)                \
    do {                                         \
        CHECK_SETTERS(field, true, "true");      \
        CHECK_SETTERS(field, false, "false");    \
    } while (0)

/* A bad value is the error of the load, and names the field. */
static void check_bad(const char *name, const char *value)
{
    session_config_t *config = keep_config(session_config_new());
    char start[200];

    snprintf(start, sizeof start, "`%s` is \"%s\", but ", name, value);
    CHECK_INT(session_config_set(config, name, value), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(!session_config_get(config, name));
    CHECK_CONTAINS(session_error_message(config_error(config)), start);
}

#define CHECK_BAD(field, value) check_bad(#field, value)

/* A session with these settings, in us-west-2 unless they say another. */
static session_t *session_with(const char *const *settings)
{
    session_config_t *config = a_config();
    CHECK_INT(session_config_merge(config, config_of(settings)), SESSION_OK);
    return load_config(config);
}

static session_client_t *client_with(const char *service, const char *const *settings)
{
    return client_of(session_with(settings), service);
}

static const char *endpoint_with(const char *service, const char *const *settings)
{
    return session_client_endpoint(client_with(service, settings));
}

/* A field that is kept: its value is what a session and its copies tell, and those of a copy win. */
static void check_kept(const char *name, const char *value, const char *other)
{
    session_t *session = session_with((const char *const[]){name, value, NULL}), *copy = NULL;
    session_config_t *snapshot = NULL;

    CHECK_INT(session_get_config(session, &snapshot, NULL), SESSION_OK);
    CHECK_STR(session_config_get(keep_config(snapshot), name), value);
    CHECK_INT(session_copy(session, config_of((const char *const[]){name, other, NULL}), &copy, NULL), SESSION_OK);
    CHECK_INT(session_get_config(keep_session(copy), &snapshot, NULL), SESSION_OK);
    CHECK_STR(session_config_get(keep_config(snapshot), name), other);
    CHECK_INT(session_get_config(session, &snapshot, NULL), SESSION_OK);
    CHECK_STR(session_config_get(keep_config(snapshot), name), value);
}

#define CHECK_KEPT(field, value, other) check_kept(#field, value, other)

static session_request_t *put_object(const char *bucket, const char *const *settings)
{
    char params[512];
    snprintf(params, sizeof params, "{\"Bucket\": \"%s\", \"Key\": \"a/key\"}", bucket);
    return request_of(client_with("s3", settings), "PutObject", "PUT", "/{Bucket}/{Key+}", params);
}

#define NO_SETTINGS SETTINGS(NULL)

/* ---- A test of each field ---- */

TEST(region)
{
    session_client_t *client = client_with("sqs", SETTINGS("region", "eu-west-1"));

    CHECK_TEXT_SETTERS(region, "eu-west-1");
    CHECK_KEPT(region, "eu-west-1", "eu-west-2");
    CHECK_STR(session_client_region(client), "eu-west-1");
    CHECK_STR(session_client_signing_region(client), "eu-west-1");
    CHECK_STR(session_client_endpoint(client), "https://sqs.eu-west-1.amazonaws.com");
    sent(request_of(client, "ListQueues", "POST", "/", "{}"));
    CHECK_STR(wire.host, "sqs.eu-west-1.amazonaws.com");
    CHECK_CONTAINS(wire_header("Authorization"), "/eu-west-1/sqs/aws4_request");
}

TEST(endpoint)
{
    session_client_t *client = client_with("sqs", SETTINGS("endpoint", "http://127.0.0.1:9/base"));

    CHECK_TEXT_SETTERS(endpoint, "https://example.com");
    CHECK_KEPT(endpoint, "https://a.example", "https://b.example");
    CHECK_STR(session_client_endpoint(client), "http://127.0.0.1:9/base");
    CHECK_STR(session_client_signing_region(client), "us-west-2");
    sent(request_of(client, "ListQueues", "POST", "/", "{}"));
    CHECK_STR(wire.scheme, "http");
    CHECK_STR(wire.host, "127.0.0.1:9");
    CHECK_CONTAINS(wire.target, "/base");
    CHECK_STR(endpoint_with("sqs", SETTINGS("endpoint", "example.com")), "https://example.com");
    CHECK_STR(endpoint_with("sqs", SETTINGS("endpoint", "")), "https://sqs.us-west-2.amazonaws.com");
    client = client_with("sqs", SETTINGS("endpoint", "ftp://example.com"));
    CHECK_STR(session_client_endpoint(client), "");
    CHECK_STR(session_error_code(send_error(request_of(client, "ListQueues", "POST", "/", "{}"))), "InvalidEndpointURL");
}

TEST(endpoint_url)
{
    CHECK_TEXT_SETTERS(endpoint_url, "https://example.com");
    CHECK_KEPT(endpoint_url, "https://a.example", "https://b.example");
    CHECK_STR(endpoint_with("sqs", SETTINGS("endpoint_url", "http://127.0.0.1:9")), "http://127.0.0.1:9");
    CHECK_STR(endpoint_with("sts", SETTINGS("endpoint_url", "http://127.0.0.1:9")), "http://127.0.0.1:9");
    CHECK_STR(endpoint_with("sqs", SETTINGS("endpoint_url", "http://127.0.0.1:9", "endpoint", "https://a.example")),
              "https://a.example");
}

TEST(ignore_configured_endpoint_urls)
{
    CHECK_FLAG_SETTERS(ignore_configured_endpoint_urls);
    CHECK_BAD(ignore_configured_endpoint_urls, "1");
    CHECK_STR(endpoint_with("sqs", SETTINGS("endpoint_url", "http://127.0.0.1:9", "ignore_configured_endpoint_urls",
                                            "true")),
              "https://sqs.us-west-2.amazonaws.com");
    CHECK_STR(endpoint_with("sqs", SETTINGS("endpoint", "http://127.0.0.1:9", "ignore_configured_endpoint_urls", "true")),
              "http://127.0.0.1:9");
}

TEST(disable_ssl)
{
    CHECK_FLAG_SETTERS(disable_ssl);
    CHECK_BAD(disable_ssl, "yes");
    CHECK_STR(endpoint_with("sqs", SETTINGS("disable_ssl", "true")), "http://sqs.us-west-2.amazonaws.com");
    CHECK_STR(endpoint_with("sqs", SETTINGS("disable_ssl", "false")), "https://sqs.us-west-2.amazonaws.com");
    CHECK_STR(endpoint_with("sqs", SETTINGS("disable_ssl", "true", "endpoint", "h:1")), "http://h:1");
    CHECK_STR(endpoint_with("sqs", SETTINGS("disable_ssl", "true", "endpoint", "https://h:1")), "https://h:1");
    sent(put_object("a-bucket", SETTINGS("disable_ssl", "true")));
    CHECK_STR(wire.scheme, "http");
}

TEST(use_fips_endpoint)
{
    session_client_t *client = client_with("sqs", SETTINGS("use_fips_endpoint", "true"));

    CHECK_FLAG_SETTERS(use_fips_endpoint);
    CHECK_BAD(use_fips_endpoint, "1");
    CHECK_STR(session_client_endpoint(client), "https://sqs-fips.us-west-2.amazonaws.com");
    CHECK_STR(session_client_signing_region(client), "us-west-2");
}

TEST(use_dual_stack_endpoint)
{
    CHECK_FLAG_SETTERS(use_dual_stack_endpoint);
    CHECK_BAD(use_dual_stack_endpoint, "on");
    CHECK_STR(endpoint_with("s3", SETTINGS("use_dual_stack_endpoint", "true")),
              "https://s3.dualstack.us-west-2.amazonaws.com");
    CHECK_STR(endpoint_with("sqs", SETTINGS("use_dual_stack_endpoint", "true")), "https://sqs.us-west-2.api.aws");
    CHECK_STR(endpoint_with("s3", SETTINGS("use_dual_stack_endpoint", "true", "use_fips_endpoint", "true")),
              "https://s3-fips.dualstack.us-west-2.amazonaws.com");
}

TEST(use_dual_stack)
{
    CHECK_FLAG_SETTERS(use_dual_stack);
    CHECK_BAD(use_dual_stack, "");
    CHECK_STR(endpoint_with("s3", SETTINGS("use_dual_stack", "true")), "https://s3.dualstack.us-west-2.amazonaws.com");
    CHECK_STR(endpoint_with("sqs", SETTINGS("use_dual_stack", "true")), "https://sqs.us-west-2.amazonaws.com");
    CHECK_STR(endpoint_with("s3", SETTINGS("use_dual_stack", "true", "use_dual_stack_endpoint", "false")),
              "https://s3.us-west-2.amazonaws.com");
}

TEST(sts_regional_endpoint)
{
    session_client_t *client = client_with("sts", SETTINGS("sts_regional_endpoint", "legacy"));

    CHECK_TEXT_SETTERS(sts_regional_endpoint, "legacy");
    CHECK_BAD(sts_regional_endpoint, "global");
    CHECK_STR(session_client_endpoint(client), "https://sts.amazonaws.com");
    CHECK_STR(session_client_signing_region(client), "us-east-1");
    client = client_with("sts", SETTINGS("sts_regional_endpoint", "regional"));
    CHECK_STR(session_client_endpoint(client), "https://sts.us-west-2.amazonaws.com");
    CHECK_STR(session_client_signing_region(client), "us-west-2");
    CHECK_STR(endpoint_with("sts", NO_SETTINGS), "https://sts.us-west-2.amazonaws.com");
}

TEST(s3_us_east_1_regional_endpoint)
{
    CHECK_TEXT_SETTERS(s3_us_east_1_regional_endpoint, "legacy");
    CHECK_BAD(s3_us_east_1_regional_endpoint, "global");
    CHECK_STR(endpoint_with("s3", SETTINGS("region", "us-east-1", "s3_us_east_1_regional_endpoint", "legacy")),
              "https://s3.amazonaws.com");
    CHECK_STR(endpoint_with("s3", SETTINGS("region", "us-east-1", "s3_us_east_1_regional_endpoint", "regional")),
              "https://s3.us-east-1.amazonaws.com");
    CHECK_STR(endpoint_with("s3", SETTINGS("region", "us-east-1")), "https://s3.us-east-1.amazonaws.com");
    CHECK_STR(endpoint_with("s3", SETTINGS("s3_us_east_1_regional_endpoint", "legacy")),
              "https://s3.us-west-2.amazonaws.com");
}

TEST(s3_force_path_style)
{
    CHECK_FLAG_SETTERS(s3_force_path_style);
    CHECK_BAD(s3_force_path_style, "path");
    sent(put_object("a-bucket", SETTINGS("s3_force_path_style", "true")));
    CHECK_STR(wire.host, "s3.us-west-2.amazonaws.com");
    CHECK_STR(wire.target, "/a-bucket/a/key");
    sent(put_object("a-bucket", SETTINGS("s3_force_path_style", "false")));
    CHECK_STR(wire.host, "a-bucket.s3.us-west-2.amazonaws.com");
    CHECK_STR(wire.target, "/a/key");
}

TEST(s3_use_accelerate)
{
    CHECK_FLAG_SETTERS(s3_use_accelerate);
    CHECK_BAD(s3_use_accelerate, "fast");
    sent(put_object("a-bucket", SETTINGS("s3_use_accelerate", "true")));
    CHECK_STR(wire.host, "a-bucket.s3-accelerate.amazonaws.com");
    sent(put_object("a-bucket", SETTINGS("s3_use_accelerate", "true", "use_dual_stack_endpoint", "true")));
    CHECK_STR(wire.host, "a-bucket.s3-accelerate.dualstack.amazonaws.com");
    CHECK_CONTAINS(session_error_message(send_error(put_object("a.bucket", SETTINGS("s3_use_accelerate", "true")))),
                   "not compatible with S3 Accelerate");
    CHECK_INT(wire.count, 2);
}

TEST(s3_use_arn_region)
{
    const char *const arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/point";

    CHECK_FLAG_SETTERS(s3_use_arn_region);
    CHECK_BAD(s3_use_arn_region, "t");
    sent(put_object(arn, SETTINGS("s3_use_arn_region", "true")));
    CHECK_STR(wire.host, "point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com");
    CHECK_CONTAINS(wire_header("Authorization"), "/eu-west-1/s3/aws4_request");
    CHECK_CONTAINS(session_error_message(send_error(put_object(arn, NO_SETTINGS))),
                   "client region does not match provided ARN region");
    CHECK_INT(wire.count, 1);
}

TEST(s3_disable_100_continue)
{
    enum { LARGE = 2 << 20 };
    char *body = calloc(LARGE, 1);
    session_request_t *waiting = put_object("a-bucket", NO_SETTINGS);
    session_request_t *small = put_object("a-bucket", NO_SETTINGS);
    session_request_t *direct = put_object("a-bucket", SETTINGS("s3_disable_100_continue", "true"));

    CHECK_FLAG_SETTERS(s3_disable_100_continue);
    CHECK_BAD(s3_disable_100_continue, "2");
    CHECK(body);
    keep_text(body);
    CHECK_INT(session_request_set_body(waiting, body, LARGE), SESSION_OK);
    CHECK_INT(session_request_set_body(small, body, LARGE - 1), SESSION_OK);
    CHECK_INT(session_request_set_body(direct, body, LARGE), SESSION_OK);
    sent(waiting);
    CHECK_STR(wire_header("Expect"), "100-continue");
    CHECK_INT(wire.body_length, LARGE);
    sent(small);
    CHECK(!wire_header("Expect"));
    sent(direct);
    CHECK(!wire_header("Expect"));
    CHECK_INT(wire.body_length, LARGE);
}

TEST(disable_param_validation)
{
    const session_error_t *error;

    CHECK_FLAG_SETTERS(disable_param_validation);
    CHECK_BAD(disable_param_validation, "no");
    error = send_error(put_object("", NO_SETTINGS));
    CHECK_STR(session_error_code(error), "InvalidParameter");
    CHECK_CONTAINS(session_error_message(error), "minimum field size of 1, PutObjectInput.Bucket.");
    CHECK_INT(wire.count, 0);
    sent(put_object("", SETTINGS("disable_param_validation", "true")));
    CHECK_INT(wire.count, 1);
}

TEST(disable_compute_checksums)
{
    const char *const settings[] = {"disable_compute_checksums", "true", NULL};

    CHECK_FLAG_SETTERS(disable_compute_checksums);
    CHECK_BAD(disable_compute_checksums, "md5");
    for (int disabled = 0; disabled < 2; disabled++) {
        session_request_t *request = request_of(client_with("s3", disabled ? settings : NULL), "DeleteObjects", "POST",
                                                "/{Bucket}?delete", "{\"Bucket\": \"a-bucket\"}");
        CHECK_INT(session_request_set_body(request, "abc", 3), SESSION_OK);
        sent(request);
        CHECK_STR(wire_header("Content-MD5"), disabled ? NULL : "kAFQmDzST7DWlj99KOF/cg==");
    }
}

TEST(disable_rest_protocol_uri_cleaning)
{
    const char *const path = "/2015-03-31//functions/./a/../b";

    CHECK_FLAG_SETTERS(disable_rest_protocol_uri_cleaning);
    CHECK_BAD(disable_rest_protocol_uri_cleaning, "//");
    sent(request_of(client_with("lambda", NO_SETTINGS), "GetFunction", "GET", path, NULL));
    CHECK_STR(wire.target, "/2015-03-31/functions/b");
    sent(request_of(client_with("lambda", SETTINGS("disable_rest_protocol_uri_cleaning", "true")), "GetFunction", "GET",
                    path, NULL));
    CHECK_STR(wire.target, path);
    sent(request_of(client_with("s3", NO_SETTINGS), "ListBuckets", "GET", path, NULL));
    CHECK_STR(wire.target, path);
}

TEST(enable_endpoint_discovery)
{
    CHECK_FLAG_SETTERS(enable_endpoint_discovery);
    CHECK_BAD(enable_endpoint_discovery, "auto");
    CHECK_KEPT(enable_endpoint_discovery, "true", "false");
}

/* How often a request is tried that always fails. */
static int tries(const char *const *settings)
{
    wire.status = 500;
    wire.count = 0;
    CHECK_INT(session_error_http_status(send_error(put_object("a-bucket", settings))), 500);
    return wire.count;
}

TEST(max_retries)
{
    CHECK_INT(tries(NO_SETTINGS), 3);
    CHECK_INT(tries(SETTINGS("max_retries", "0")), 1);
    CHECK_INT(tries(SETTINGS("max_retries", "4")), 5);
    CHECK_INT(tries(SETTINGS("max_retries", "1", "max_attempts", "4")), 2);
    CHECK_SETTERS(max_retries, 0, "0");
    CHECK_SETTERS(max_retries, 1000, "1000");
    CHECK_INT(tries(SETTINGS("max_retries", "-1")), 3);
    CHECK_INT(tries(SETTINGS("max_retries", "-1", "max_attempts", "4")), 4);
    CHECK_BAD(max_retries, "1001");
    CHECK_BAD(max_retries, "-2");
    CHECK_BAD(max_retries, "3.5");
    CHECK_KEPT(max_retries, "7", "0");
}

TEST(max_attempts)
{
    CHECK_INT(tries(SETTINGS("max_attempts", "1")), 1);
    CHECK_INT(tries(SETTINGS("max_attempts", "4")), 4);
    CHECK_SETTERS(max_attempts, 1, "1");
    CHECK_SETTERS(max_attempts, 1001, "1001");
    CHECK_BAD(max_attempts, "0");
    CHECK_BAD(max_attempts, "0x10");
    CHECK_KEPT(max_attempts, "7", "1");
}

TEST(auth_scheme_preference)
{
    /* A service without a model takes either. */
    session_client_t *client = client_with("own", SETTINGS("auth_scheme_preference", "httpBearerAuth"));

    CHECK_STR(session_error_code(send_error(request_of(client, "Get", "GET", "/", "{}"))), "NoBearerTokenProviders");
    CHECK_TEXT_SETTERS(auth_scheme_preference, "sigv4,httpBearerAuth");
    CHECK_KEPT(auth_scheme_preference, "sigv4", "httpBearerAuth");
}

TEST(sdk_ua_app_id)
{
    sent(put_object("a-bucket", SETTINGS("sdk_ua_app_id", "my app/2.0")));
    CHECK_CONTAINS(wire_header("User-Agent"), " app/my-app-2.0");
    sent(put_object("a-bucket", NO_SETTINGS));
    CHECK(!strstr(wire_header("User-Agent"), "app/"));
    CHECK_TEXT_SETTERS(sdk_ua_app_id, "app");
    CHECK_KEPT(sdk_ua_app_id, "one", "two");
}

TEST(retry_mode)
{
    CHECK_INT(tries(SETTINGS("retry_mode", "standard")), 3);
    CHECK_INT(tries(SETTINGS("retry_mode", "legacy")), 4);
    CHECK_TEXT_SETTERS(retry_mode, "legacy");
    CHECK_TEXT_SETTERS(retry_mode, "standard");
    CHECK_TEXT_SETTERS(retry_mode, "adaptive");
    CHECK_BAD(retry_mode, "never");
    CHECK_KEPT(retry_mode, "adaptive", "legacy");
}

/* What was logged: a letter for each line, by its level. */
static char logged[100];

static void log_letter(int level, const char *line, void *user_data)
{
    size_t length = strlen(logged);
    (void)user_data;
    CHECK(*line && !strchr(line, '\n'));
    if (length + 1 < sizeof logged)
        logged[length] = level == 0x1002 ? 'b' : level == 0x1001 ? 's' : 'd';
}

static const char *logged_with(const char *level)
{
    session_config_t *config = a_config();
    memset(logged, 0, sizeof logged);
    CHECK_INT(session_config_set_logger(config, log_letter, NULL, NULL), SESSION_OK);
    CHECK_INT(session_config_set_log_level(config, level), SESSION_OK);
    sent(request_of(client_of(load_config(config), "s3"), "ListBuckets", "GET", "/", NULL));
    return logged;
}

TEST(log_level)
{
    static const char *const levels[] = {"off", "debug", "signing", "body", "retries", "errors"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        CHECK_TEXT_SETTERS(log_level, levels[i]);
    CHECK_BAD(log_level, "loud");
    CHECK_KEPT(log_level, "debug", "off");
    CHECK_STR(logged_with("off"), "");
    CHECK_STR(logged_with("debug"), "dd");
    CHECK(strchr(logged_with("body"), 'b'));
    CHECK(strchr(logged_with("signing"), 's'));
}

TEST(ec2_metadata_service_endpoint)
{
    CHECK_TEXT_SETTERS(ec2_metadata_service_endpoint, "http://127.0.0.1:9");
    CHECK_KEPT(ec2_metadata_service_endpoint, "http://127.0.0.1:9", "http://127.0.0.1:10");
}

TEST(ec2_metadata_service_endpoint_mode)
{
    CHECK_TEXT_SETTERS(ec2_metadata_service_endpoint_mode, "IPv6");
    CHECK_BAD(ec2_metadata_service_endpoint_mode, "IPv5");
    CHECK_KEPT(ec2_metadata_service_endpoint_mode, "IPv4", "IPv6");
    CHECK_CONTAINS(endpoint_with("ec2metadata", NO_SETTINGS), "169.254.169.254");
    CHECK_CONTAINS(endpoint_with("ec2metadata", SETTINGS("ec2_metadata_service_endpoint_mode", "IPv6")),
                   "[fd00:ec2::254]");
}

TEST(ec2_metadata_enable_fallback)
{
    CHECK_FLAG_SETTERS(ec2_metadata_enable_fallback);
    CHECK_BAD(ec2_metadata_enable_fallback, "v1");
    CHECK_KEPT(ec2_metadata_enable_fallback, "false", "true");
}

TEST(csm_enabled)
{
    CHECK_FLAG_SETTERS(csm_enabled);
    CHECK_BAD(csm_enabled, "yes");
    CHECK_KEPT(csm_enabled, "true", "false");
}

TEST(csm_host)
{
    CHECK_TEXT_SETTERS(csm_host, "monitor");
    CHECK_KEPT(csm_host, "monitor", "127.0.0.1");
}

TEST(csm_port)
{
    CHECK_TEXT_SETTERS(csm_port, "31000");
    CHECK_KEPT(csm_port, "31000", "1");
}

TEST(csm_client_id)
{
    CHECK_TEXT_SETTERS(csm_client_id, "me");
    CHECK_KEPT(csm_client_id, "me", "you");
}

/* ---- TLS ---- */

/* A folder with cert.pem, key.pem and other.pem, another key; bad.pem is no PEM. Made by the openssl program. */
static const char *certificates(void)
{
    static char folder[] = "/tmp/session-XXXXXX";
    char command[1024];

    CHECK(mkdtemp(folder));
    snprintf(command, sizeof command,
             "cd %s && echo 'no PEM' > bad.pem && {"
             " openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=session"
             " -keyout key.pem -out cert.pem &&"
             " openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out other.pem; } 2> openssl.log",
             folder);
    CHECK_INT(system(command), 0);
    return folder;
}

static void end_folder(void *folder)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", (const char *)folder);
    CHECK_INT(system(command), 0);
}

static const char *in(const char *folder, const char *name)
{
    static char paths[4][100];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", folder, name);
    return path;
}

static void fails_to_load(const char *const *settings, const char *code, const char *why)
{
    const session_error_t *error = config_error(config_of(settings));
    CHECK_INT(session_error_status(error), SESSION_ERR_CONFIG);
    CHECK_STR(session_error_code(error), code);
    CHECK_CONTAINS(session_error_text(error), why);
}

TEST(ca_bundle)
{
    const char *folder = certificates();
    session_config_t *config = a_config();
    session_client_t *client = NULL;

    keep((void *)folder, end_folder);
    CHECK_TEXT_SETTERS(ca_bundle, "/a/path");
    CHECK_KEPT(ca_bundle, in(folder, "cert.pem"), "");
    fails_to_load(SETTINGS("ca_bundle", in(folder, "bad.pem")), "LoadCustomCABundleError", "bad.pem");
    fails_to_load(SETTINGS("ca_bundle", in(folder, "key.pem")), "LoadCustomCABundleError", "no certificate");
    fails_to_load(SETTINGS("ca_bundle", in(folder, "none.pem")), "LoadCustomCABundleError", "none.pem");
    fails_to_load(SETTINGS("ca_bundle", folder), "LoadCustomCABundleError", folder);
    load_config(config_of(SETTINGS("ca_bundle", "")));

    /* That of a client is read with its first request, before anything is connected. */
    CHECK_INT(session_config_unset(config, "transport"), SESSION_OK);
    CHECK_INT(session_client_new(load_config(config), "s3", config_of(SETTINGS("ca_bundle", in(folder, "bad.pem"))),
                                 &client, NULL),
              SESSION_OK);
    CHECK_STR(session_error_code(send_error(request_of(keep_client(client), "ListBuckets", "GET", "/", NULL))),
              "LoadCustomCABundleError");
}

TEST(client_tls_cert)
{
    const char *folder = certificates();

    keep((void *)folder, end_folder);
    CHECK_TEXT_SETTERS(client_tls_cert, "/a/path");
    session_with(SETTINGS("client_tls_cert", in(folder, "cert.pem"), "client_tls_key", in(folder, "key.pem")));
    fails_to_load(SETTINGS("client_tls_cert", in(folder, "bad.pem"), "client_tls_key", in(folder, "key.pem")),
                  "LoadClientTLSCertError", "bad.pem");
    fails_to_load(SETTINGS("client_tls_cert", in(folder, "none.pem"), "client_tls_key", in(folder, "key.pem")),
                  "LoadClientTLSCertError", "failed to open custom client TLS cert file");
    fails_to_load(SETTINGS("client_tls_cert", in(folder, "cert.pem")), "LoadClientTLSCertError",
                  "cert(true) and key(false) must both be provided");
}

TEST(client_tls_key)
{
    const char *folder = certificates();

    keep((void *)folder, end_folder);
    CHECK_TEXT_SETTERS(client_tls_key, "/a/path");
    fails_to_load(SETTINGS("client_tls_cert", in(folder, "cert.pem"), "client_tls_key", in(folder, "bad.pem")),
                  "LoadClientTLSCertError", "bad.pem");
    fails_to_load(SETTINGS("client_tls_cert", in(folder, "cert.pem"), "client_tls_key", in(folder, "none.pem")),
                  "LoadClientTLSCertError", "failed to open custom client TLS key file");
    fails_to_load(SETTINGS("client_tls_cert", in(folder, "cert.pem"), "client_tls_key", in(folder, "other.pem")),
                  "LoadClientTLSCertError", "unable to load x509 key pair from client cert");
    fails_to_load(SETTINGS("client_tls_key", in(folder, "key.pem")), "LoadClientTLSCertError",
                  "cert(false) and key(true) must both be provided");
}

/* ---- All fields ---- */

TEST(every_field_has_a_test)
{
    session_config_t *config = a_config();
    size_t count = session_config_count(config);

    CHECK(count > 0);
    for (size_t i = 0; i < count; i++)
        CHECK(check_exists(session_config_name(config, i)));
    CHECK(!session_config_name(config, count));
}

TEST(fields_are_unset_at_first_and_have_few_defaults)
{
    static const char *const defaults[] = {"sts_regional_endpoint", "regional", "s3_us_east_1_regional_endpoint",
                                           "regional", "retry_mode", "standard"};
    session_config_t *empty = keep_config(session_config_new()), *snapshot = NULL;

    CHECK_INT(session_get_config(load_config(empty), &snapshot, NULL), SESSION_OK);
    keep_config(snapshot);
    for (size_t i = 0; i < session_config_count(empty); i++) {
        const char *name = session_config_name(empty, i), *expected = NULL;
        for (size_t j = 0; j < sizeof defaults / sizeof *defaults; j += 2)
            if (strcmp(defaults[j], name) == 0)
                expected = defaults[j + 1];
        CHECK(!session_config_get(empty, name));
        CHECK_STR(session_config_get(snapshot, name), expected);
    }
}

TEST(a_snapshot_makes_the_same_session_and_changes_none)
{
    session_t *session = session_with(SETTINGS("max_retries", "7"));
    session_config_t *snapshot = NULL, *again = NULL;

    CHECK_INT(session_get_config(session, &snapshot, NULL), SESSION_OK);
    keep_config(snapshot);
    sent(request_of(client_of(load_config(snapshot), "s3"), "ListBuckets", "GET", "/", NULL));
    CHECK_INT(wire.count, 1);
    CHECK_CONTAINS(wire_header("Authorization"), "AKIDEXAMPLE");
    CHECK_INT(session_config_set_max_retries(snapshot, 8), SESSION_OK);
    CHECK_INT(session_get_config(session, &again, NULL), SESSION_OK);
    CHECK_STR(session_config_get(keep_config(again), "max_retries"), "7");
}

/* ---- Spelling ---- */

TEST(values_are_kept_in_their_regular_spelling)
{
    session_config_t *config = config_of(SETTINGS("disable_ssl", " TRUE ", "use_fips_endpoint", "False", "max_retries",
                                                  " 7\t", "retry_mode", "Legacy", "ec2_metadata_service_endpoint_mode",
                                                  "ipv6", "region", " as it is "));
    CHECK_STR(session_config_get(config, "disable_ssl"), "true");
    CHECK_STR(session_config_get(config, "use_fips_endpoint"), "false");
    CHECK_STR(session_config_get(config, "max_retries"), "7");
    CHECK_STR(session_config_get(config, "retry_mode"), "legacy");
    CHECK_STR(session_config_get(config, "ec2_metadata_service_endpoint_mode"), "IPv6");
    CHECK_STR(session_config_get(config, "region"), " as it is ");
}

TEST(names_are_exact)
{
    session_config_t *config = a_config();
    CHECK_INT(session_config_set(config, "Region", "r"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(config_error(config)), "\"Region\", which names no field");
    CHECK(!session_config_get(config, "Region"));
    CHECK_INT(session_config_unset(config, "nonsense"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_config_get(config, "region"), "us-west-2");
}

/* ---- Merging ---- */

TEST(merging_goes_from_left_to_right)
{
    session_config_t *config = config_of(SETTINGS("region", "a", "endpoint", "https://a"));

    CHECK_INT(session_config_merge(config, config_of(SETTINGS("region", "b", "max_retries", "1"))), SESSION_OK);
    CHECK_INT(session_config_merge(config, config_of(SETTINGS("region", "c"))), SESSION_OK);
    CHECK_INT(session_config_merge(config, NULL), SESSION_OK);
    CHECK_STR(session_config_get(config, "region"), "c");
    CHECK_STR(session_config_get(config, "endpoint"), "https://a");
    CHECK_STR(session_config_get(config, "max_retries"), "1");
}

TEST(merging_takes_objects)
{
    session_config_t *config = config_of(SETTINGS("region", "eu-west-1"));
    CHECK_INT(session_config_merge(config, a_config()), SESSION_OK);
    CHECK_INT(session_config_set_region(config, "eu-west-1"), SESSION_OK);
    sent(request_of(client_of(load_config(config), "s3"), "ListBuckets", "GET", "/", NULL));
    CHECK_STR(wire.host, "s3.eu-west-1.amazonaws.com");
    CHECK_CONTAINS(wire_header("Authorization"), "AKIDEXAMPLE");
}

TEST(a_copy_is_on_its_own)
{
    session_config_t *config = a_config(), *copy = keep_config(session_config_copy(config));
    CHECK_INT(session_config_set_region(copy, "eu-west-1"), SESSION_OK);
    CHECK_STR(session_config_get(config, "region"), "us-west-2");
    CHECK_INT(session_config_set_region(config, "eu-west-2"), SESSION_OK);
    CHECK_STR(session_config_get(copy, "region"), "eu-west-1");
}

TEST(a_session_keeps_what_it_was_made_of)
{
    session_config_t *config = a_config();
    session_t *session = load_config(config);
    CHECK_INT(session_config_set_region(config, "eu-west-1"), SESSION_OK);
    CHECK_STR(session_client_region(client_of(session, "s3")), "us-west-2");
}

TEST(overrides_of_a_client_are_its_own)
{
    session_t *session = a_session();
    session_client_t *client = NULL;
    CHECK_INT(session_client_new(session, "s3", config_of(SETTINGS("region", "eu-west-1")), &client, NULL), SESSION_OK);
    CHECK_STR(session_client_region(keep_client(client)), "eu-west-1");
    CHECK_STR(session_client_region(client_of(session, "s3")), "us-west-2");
}

/* ---- Bad values ---- */

/* Whatever consumes a configuration fails with its bad value, and makes nothing. */
static void check_refused_everywhere(const session_config_t *config, const char *why)
{
    session_t *session = a_session(), *loaded = NULL, *copy = NULL;
    session_client_t *client = NULL;
    session_error_t *error = NULL;

    CHECK_STR(session_error_message(config_error(config)), why);
    CHECK_INT(session_new(config, &loaded, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_error_message(keep_error(error)), why);
    CHECK_INT(session_copy(session, config, &copy, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_error_message(keep_error(error)), why);
    CHECK_INT(session_client_new(session, "s3", config, &client, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_error_message(keep_error(error)), why);
    CHECK(!loaded && !copy && !client);
}

TEST(a_bad_value_stays_until_a_good_one_replaces_it)
{
    const char *const why = "`max_retries` is \"many\", but a whole number from -1 to 1000 is expected";
    session_config_t *config = a_config(), *copy, *merged = a_config();

    CHECK_INT(session_config_set(config, "max_retries", "7"), SESSION_OK);
    CHECK_INT(session_config_set(config, "max_retries", "many"), SESSION_ERR_INVALID_ARGUMENT);
    check_refused_everywhere(config, why);
    CHECK_INT(session_config_set(config, "region", "eu-west-1"), SESSION_OK);
    check_refused_everywhere(config, why);

    copy = keep_config(session_config_copy(config));
    check_refused_everywhere(copy, why);
    CHECK_INT(session_config_merge(merged, config), SESSION_OK);
    check_refused_everywhere(merged, why);

    CHECK_INT(session_config_set_max_retries(config, 3), SESSION_OK);
    load_config(config);
    CHECK_INT(session_config_unset(copy, "max_retries"), SESSION_OK);
    load_config(copy);
    CHECK_INT(session_config_merge(merged, config), SESSION_OK);
    CHECK_STR(session_config_get(merged, "max_retries"), "3");
    load_config(merged);
}

TEST(the_latest_bad_value_of_a_field_is_told)
{
    session_config_t *config = a_config();
    CHECK_INT(session_config_set(config, "max_retries", "many"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_config_set(config, "max_retries", "more"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_config_set_max_attempts(config, 0), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(config_error(config)), "`max_retries` is \"more\"");
    CHECK_INT(session_config_unset(config, "max_retries"), SESSION_OK);
    CHECK_CONTAINS(session_error_message(config_error(config)), "`max_attempts` is \"0\"");
}

TEST(a_session_in_any_case_tells_the_bad_value_with_its_first_request)
{
    session_config_t *config = a_config();
    session_t *session;
    CHECK_INT(session_config_set(config, "max_retries", "many"), SESSION_ERR_INVALID_ARGUMENT);
    session = keep_session(session_new_deferred(config));
    CHECK(session);
    CHECK_CONTAINS(session_error_text(send_error(request_of(client_of(session, "s3"), "ListBuckets", "GET", "/", NULL))),
                   "`max_retries` is \"many\"");
    CHECK_INT(wire.count, 0);
}

/* ---- Objects ---- */

TEST(objects_are_unset_by_name)
{
    static const char *const names[] = {"credentials", "transport", "sleep", "clock", "logger"};
    session_config_t *config = a_config();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK(!session_config_get(config, names[i]));
        CHECK_INT(session_config_unset(config, names[i]), SESSION_OK);
        CHECK_INT(session_config_set(config, names[i], "x"), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_INT(session_config_unset(config, names[i]), SESSION_OK);
    }
    /* Without them, nothing is signed and nothing goes over the wire. */
    CHECK_INT(session_error_status(send_error(request_of(client_of(load_config(config), "s3"), "ListBuckets", "GET", "/",
                                                         NULL))),
              SESSION_ERR_CREDENTIALS);
    CHECK_INT(wire.count, 0);
}

static int64_t in_2015(void *user_data)
{
    return *(const int64_t *)user_data;
}

TEST(clock)
{
    static int64_t time = 1440938160LL * 1000000000; /* 2015-08-30T12:36:00Z */
    session_config_t *config = a_config();
    CHECK_INT(session_config_set_clock(config, in_2015, &time, NULL), SESSION_OK);
    sent(request_of(client_of(load_config(config), "s3"), "ListBuckets", "GET", "/", NULL));
    CHECK_STR(wire_header("X-Amz-Date"), "20150830T123600Z");
}
