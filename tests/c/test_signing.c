/* Signing without a client. The signatures were computed by the Go package for these inputs. */
#include "check.h"

#include <stdint.h>

#define TIME INT64_C(1577934245) /* 2020-01-02T03:04:05Z */
#define HOST "https://example.amazonaws.com"

static session_credentials_value_t *keys(const char *token)
{
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_new_static("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token, &credentials,
                                            &error), error);
    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
    session_credentials_free(credentials);
    return value;
}

static session_signing_t *signing_of(const char *service, const char *region, const char *token)
{
    session_signing_t *signing = session_signing_new(service, region);
    session_credentials_value_t *value = keys(token);

    CHECK_OK(session_signing_set_credentials(signing, value), NULL);
    CHECK_OK(session_signing_set_time(signing, TIME), NULL);
    session_credentials_value_free(value);
    return signing;
}

static session_signed_t *sign(const session_signing_t *signing, const char *method, const char *url)
{
    session_signed_t *result = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_sign(signing, method, url, &result, &error), error);
    CHECK(error == NULL);
    return result;
}

static session_signed_t *presign(const session_signing_t *signing, const char *url, uint32_t seconds)
{
    session_signed_t *result = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_presign(signing, "GET", url, seconds, &result, &error), error);
    CHECK(error == NULL);
    return result;
}

/* Frees both, and checks the signature. */
static void expect(session_signing_t *signing, session_signed_t *result, const char *signature)
{
    session_signing_free(signing);
    CHECK_STR(session_signed_signature(result), signature);
    session_signed_free(result);
}

static void add(session_signing_t *signing, const char *name, const char *value)
{
    CHECK_OK(session_signing_add_header(signing, name, value), NULL);
}

/* The error of a signing that must fail; the signing is freed. */
static session_error_t *refused(session_signing_t *signing)
{
    session_error_t *error = NULL;
    session_signed_t *untouched = NULL;

    CHECK(session_sign(signing, "GET", HOST, &untouched, &error) != SESSION_OK);
    CHECK(untouched == NULL);
    CHECK(error != NULL);
    session_signing_free(signing);
    return error;
}

TEST(signs_urls_as_go_does)
{
    static const struct { const char *service, *url, *token, *signature; } cases[] = {
        {"service", HOST, NULL, "de0d1f63cf9ca91951afd71b10f21285623c93ecaa36730ac454a1f496ace03c"},
        {"service", HOST ":443", NULL, "de0d1f63cf9ca91951afd71b10f21285623c93ecaa36730ac454a1f496ace03c"},
        {"service", HOST "/", "TOKEN", "fc2882551adbde1c16a598a598d15acd7845a1f9d370d7b70858b421301d5785"},
        {"service", HOST "/?b=2&a=z&a=b&c=x%20y&d=%2B&e", NULL,
         "010264513d320d19b61c7e8bcf646f1dd70fab1028030cd9191a11704ada1352"},
        {"service", HOST "/a%20b/c%2Fd/%E1%88%B4", NULL, "73b344c3827ab5db87bbe0a06cfacf231a112014a52f1bfd3d08cdc2de534037"},
        {"s3", "https://b.s3.amazonaws.com/a%20b/c%2Fd/%E1%88%B4", NULL,
         "d1c24966c94580fb4cf991cafb692fdb3d1f937d3968168c152e60404102f06f"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_signing_t *signing = signing_of(cases[i].service, "us-east-1", cases[i].token);
        session_signed_t *result = sign(signing, "GET", cases[i].url);
        CHECK_STR(session_signed_signature(result), cases[i].signature);
        CHECK_STR(session_signed_url(result), cases[i].url);
        session_signed_free(result);
        session_signing_free(signing);
    }
}

TEST(a_port_is_signed_with_its_host)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);

    expect(signing, sign(signing, "GET", HOST ":8443"), "dd8e008c6ed7b9725fe611b8dce9ea1a5dc970bdd4fdcd02015d9e0c7ebc2acb");
}

TEST(signs_given_headers)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);

    add(signing, "My-Header1", "  a   b   c ");
    add(signing, "My-Header2", "\"a   b   c\"");
    add(signing, "Multi", "v2");
    add(signing, "Multi", "v1");
    add(signing, "User-Agent", "not signed");
    add(signing, "X-Amzn-Trace-Id", "not signed");
    expect(signing, sign(signing, "GET", HOST "/"), "537edffcdb574ce0379158bd3e0a1aaadd15f75301613ff9d1f6db5fe3b767c4");
}

TEST(signs_a_copy_of_the_body)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);
    char body[] = "Param1=value1";

    add(signing, "Content-Type", "application/x-www-form-urlencoded");
    CHECK_OK(session_signing_set_payload(signing, body, strlen(body)), NULL);
    memset(body, 0, sizeof body);
    expect(signing, sign(signing, "POST", HOST "/"), "edd4740767a6be9672e64d67e224a74690361c59d559596881e0fdf651dc7f79");
}

TEST(s3_gets_the_hash_as_a_header)
{
    static const char hash[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; /* of hello */
    static const char signature[] = "44de64aa47c289a4422bf23120eb78e3ea8d018e4711ddfd9fc208279bf97c4c";
    session_signing_t *signing = signing_of("s3", "us-west-2", NULL);
    session_signed_t *result;

    CHECK_OK(session_signing_set_payload(signing, "hello", 5), NULL);
    result = sign(signing, "PUT", "https://b.s3.amazonaws.com/k");
    CHECK_STR(session_signed_signature(result), signature);
    CHECK_STR(session_signed_header(result, "x-amz-content-sha256"), hash);
    session_signed_free(result);
    /* The same hash instead of the body makes the same signature. */
    CHECK_OK(session_signing_set_payload_hash(signing, hash), NULL);
    expect(signing, sign(signing, "PUT", "https://b.s3.amazonaws.com/k"), signature);
}

TEST(an_unsigned_payload_and_back)
{
    session_signing_t *signing = signing_of("service", "us-west-2", NULL);
    session_signed_t *result;
    char before[65];

    CHECK_OK(session_signing_set_payload(signing, "hello", 5), NULL);
    result = sign(signing, "PUT", HOST "/k");
    strcpy(before, session_signed_signature(result));
    session_signed_free(result);
    CHECK_OK(session_signing_set_unsigned_payload(signing, true), NULL);
    result = sign(signing, "PUT", HOST "/k");
    CHECK_STR(session_signed_signature(result), "2a665412e386bbefd0c7287dc7171572a38c8ed2ed04b9e61a5332f0d5b62171");
    CHECK_STR(session_signed_header(result, "X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD");
    session_signed_free(result);
    CHECK_OK(session_signing_set_unsigned_payload(signing, false), NULL);
    expect(signing, sign(signing, "PUT", HOST "/k"), before);
}

TEST(presigns_with_and_without_hoisting)
{
    session_signing_t *signing = signing_of("service", "us-east-1", "TOKEN");
    session_signed_t *result;

    add(signing, "X-Amz-Foo", "bar");
    add(signing, "X-Amz-Meta-A", "m");
    add(signing, "Content-Type", "text/plain");
    add(signing, "X-Other", "o");
    result = presign(signing, HOST "/p?x=1", 300);
    CHECK_STR(session_signed_signature(result), "d119694093d2c0640bf92d1e1ad95786365af8e3d93e70ca2291e9767fe866c2");
    CHECK_CONTAINS(session_signed_url(result), "X-Amz-Foo=bar");
    CHECK_CONTAINS(session_signed_url(result), "&X-Amz-Signature=d119694093d2c0640bf92d1e1ad95786");
    /* What did not become a parameter must be sent. */
    CHECK_INT(session_signed_header_count(result), 3);
    CHECK_STR(session_signed_header(result, "x-amz-meta-a"), "m");
    CHECK_STR(session_signed_header(result, "content-type"), "text/plain");
    CHECK_STR(session_signed_header(result, "x-other"), "o");
    CHECK(session_signed_header(result, "x-amz-foo") == NULL);
    session_signed_free(result);
    session_signing_free(signing);

    signing = signing_of("service", "us-east-1", NULL);
    add(signing, "X-Amz-Foo", "bar");
    CHECK_OK(session_signing_set_hoist(signing, false), NULL);
    expect(signing, presign(signing, HOST "/p?x=1", 300), "edcc19baabad38221746ebcc6825f681c2832ffb1b40f5bded6d142a189f97fb");

    signing = signing_of("s3", "us-west-2", NULL);
    expect(signing, presign(signing, "https://b.s3.amazonaws.com/k", 900),
           "5f6bf5cf34a233bab90349501a0364a622773ebd98db43429aa5bf65cf550198");
}

TEST(headers_are_found_by_index_and_by_name)
{
    session_signing_t *signing = signing_of("service", "us-east-1", "TOKEN");
    session_signed_t *result;

    CHECK_OK(session_signing_set_content_sha256_header(signing, true), NULL);
    result = sign(signing, "GET", HOST);
    session_signing_free(signing);
    CHECK_INT(session_signed_header_count(result), 4);
    for (size_t i = 0; i < session_signed_header_count(result); i++)
        CHECK_STR(session_signed_header(result, session_signed_header_name(result, i)), session_signed_header_value(result, i));
    CHECK(session_signed_header_name(result, 4) == NULL);
    CHECK(session_signed_header_value(result, SIZE_MAX) == NULL);
    CHECK_STR(session_signed_header(result, "x-amz-date"), "20200102T030405Z");
    CHECK_STR(session_signed_header(result, "X-AMZ-SECURITY-TOKEN"), "TOKEN");
    CHECK_CONTAINS(session_signed_header(result, "Authorization"),
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20200102/us-east-1/service/aws4_request, SignedHeaders=host;");
    CHECK_CONTAINS(session_signed_header(result, "Authorization"), session_signed_signature(result));
    CHECK(session_signed_header(result, "absent") == NULL);
    CHECK(session_signed_header(result, NULL) == NULL);
    session_signed_free(result);
}

TEST(shows_what_was_signed)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);
    session_signed_t *result = sign(signing, "GET", HOST "/a%20b?x=1");

    CHECK_STR(session_signed_canonical_request(result),
              "GET\n/a%2520b\nx=1\nhost:example.amazonaws.com\nx-amz-date:20200102T030405Z\n\nhost;x-amz-date\n"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_CONTAINS(session_signed_string_to_sign(result),
                   "AWS4-HMAC-SHA256\n20200102T030405Z\n20200102/us-east-1/service/aws4_request\n");
    session_signed_free(result);
    session_signing_free(signing);
}

TEST(the_path_is_signed_as_asked)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);
    session_signed_t *result;

    CHECK_OK(session_signing_set_double_encode(signing, false), NULL);
    result = sign(signing, "GET", HOST "/a/../b//c%20d");
    CHECK_CONTAINS(session_signed_canonical_request(result), "\n/a/../b//c%20d\n");
    session_signed_free(result);
    CHECK_OK(session_signing_set_double_encode(signing, true), NULL);
    CHECK_OK(session_signing_set_normalize_path(signing, true), NULL);
    result = sign(signing, "GET", HOST "/a/../b//c%20d");
    CHECK_CONTAINS(session_signed_canonical_request(result), "\n/b/c%2520d\n");
    session_signed_free(result);
    session_signing_free(signing);
}

TEST(a_token_can_stay_out_of_the_signature)
{
    session_signing_t *signing = signing_of("service", "us-east-1", "TOKEN");
    session_signed_t *result;

    CHECK_OK(session_signing_set_omit_token(signing, true), NULL);
    result = sign(signing, "GET", HOST);
    /* As without a token, but sent along. */
    CHECK_STR(session_signed_signature(result), "de0d1f63cf9ca91951afd71b10f21285623c93ecaa36730ac454a1f496ace03c");
    CHECK_STR(session_signed_header(result, "X-Amz-Security-Token"), "TOKEN");
    session_signed_free(result);
    session_signing_free(signing);
}

TEST(without_a_time_it_is_now)
{
    session_signing_t *signing = session_signing_new("service", "us-east-1");
    session_credentials_value_t *value = keys(NULL);
    session_signed_t *result;

    session_signing_set_credentials(signing, value);
    result = sign(signing, "GET", HOST);
    CHECK_INT(strlen(session_signed_header(result, "X-Amz-Date")), 16);
    CHECK(strcmp(session_signed_header(result, "X-Amz-Date"), "20240101T000000Z") > 0);
    session_signed_free(result);
    session_signing_free(signing);
    session_credentials_value_free(value);
}

TEST(missing_credentials_are_named)
{
    session_error_t *error = refused(session_signing_new("service", "us-east-1"));

    CHECK_INT(session_error_status(error), SESSION_ERR_CREDENTIALS);
    CHECK_CONTAINS(session_error_message(error), "no credentials are set");
    session_error_free(error);
}

TEST(what_is_wrong_is_remembered_and_named)
{
    session_credentials_value_t *value = keys(NULL);
    static const struct { const char *service, *region, *named; } cases[] = {
        {NULL, "us-east-1", "`service` is NULL"},
        {"s3", NULL, "`region` is NULL"},
        {"s3", "", "`region` is empty"},
        {"a/b", "us-east-1", "`service` has a character"},
        {"s3", "\xff", "`region` is no UTF-8 at byte 0"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        session_signing_t *signing = session_signing_new(cases[i].service, cases[i].region);
        session_error_t *error;
        CHECK(signing != NULL);
        session_signing_set_credentials(signing, value);
        error = refused(signing);
        CHECK_INT(session_error_status(error), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_CONTAINS(session_error_message(error), cases[i].named);
        session_error_free(error);
    }
    session_credentials_value_free(value);
}

TEST(a_good_value_makes_up_for_a_bad_one)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);
    session_signed_t *result = NULL;
    session_error_t *error = NULL;

    CHECK_INT(session_signing_set_payload(signing, NULL, 5), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_sign(signing, "GET", HOST, &result, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`payload` is NULL");
    session_error_free(error);
    CHECK_OK(session_signing_set_payload(signing, NULL, 0), NULL);
    expect(signing, sign(signing, "GET", HOST), "de0d1f63cf9ca91951afd71b10f21285623c93ecaa36730ac454a1f496ace03c");
}

TEST(a_header_that_is_missing_is_not_forgotten)
{
    session_signing_t *signing = signing_of("service", "us-east-1", NULL);
    session_error_t *error;

    CHECK_INT(session_signing_add_header(signing, "X-A", NULL), SESSION_ERR_INVALID_ARGUMENT);
    add(signing, "X-B", "good");
    error = refused(signing);
    CHECK_CONTAINS(session_error_message(error), "`value` is NULL");
    session_error_free(error);

    signing = signing_of("service", "us-east-1", NULL);
    add(signing, "X-A", "one\r\nX-B: two");
    error = refused(signing);
    CHECK_CONTAINS(session_error_message(error), "line break");
    session_error_free(error);
}

TEST(expiry_has_limits)
{
    session_signing_t *signing = signing_of("s3", "us-east-1", NULL);
    static const uint32_t bad[] = {0, 604801, UINT32_MAX};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        session_signed_t *result = NULL;
        session_error_t *error = NULL;
        CHECK_INT(session_presign(signing, "GET", HOST, bad[i], &result, &error), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_STR(session_error_code(error), "InvalidPresignExpireError");
        CHECK(result == NULL);
        session_error_free(error);
    }
    session_signed_free(presign(signing, HOST, 604800));
    session_signing_free(signing);
}

TEST(null_is_an_invalid_argument)
{
    session_signing_t *signing = signing_of("s3", "us-east-1", NULL);
    session_signed_t *result = NULL;
    session_error_t *error = NULL;

    CHECK_INT(session_sign(NULL, "GET", HOST, &result, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`signing`");
    session_error_free(error);
    CHECK_INT(session_sign(signing, NULL, HOST, &result, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`method`");
    session_error_free(error);
    CHECK_INT(session_presign(signing, "GET", NULL, 1, &result, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`url`");
    session_error_free(error);
    CHECK_INT(session_sign(signing, "GET", HOST, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(result == NULL);
    CHECK_INT(session_signing_set_time(NULL, 0), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_signing_add_header(NULL, "a", "b"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_STR(session_signed_url(NULL), "");
    CHECK_STR(session_signed_signature(NULL), "");
    CHECK_INT(session_signed_header_count(NULL), 0);
    CHECK(session_signed_header_name(NULL, 0) == NULL);
    session_signing_free(NULL);
    session_signed_free(NULL);
    session_signing_free(signing);
}
