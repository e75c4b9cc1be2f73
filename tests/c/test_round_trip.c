/*
 * What is signed and sent is what S3 servers verify and store: objects with awkward keys come back, and what was not
 * signed as it is sent is refused. Runs beside moto and s3s-fs, two servers that share no code with the library or each
 * other; SESSION_TEST_SERVER says which.
 */
#include "check.h"

#include <stdint.h>

static int on(const char *server)
{
    const char *name = getenv("SESSION_TEST_SERVER");

    CHECK(name != NULL);
    return strcmp(name, server) == 0;
}

/* Ends a test that the other server can't have. */
#define ONLY_ON(server, why)                             \
    do {                                                 \
        if (!on(server)) {                               \
            puts("note: only on " server ", because " why); \
            return;                                      \
        }                                                \
    } while (0)

/* ---- A client, and a call */

/* Whose requests, and when; what is 0 is as the environment says. */
struct who {
    const char *access_key_id, *secret, *token;
    int anonymous;
    session_clock_fn clock;
    int once; /* no second try */
};

static session_client_t *client_of(const char *service, struct who who)
{
    session_config_t *config = session_config_new();
    session_credentials_t *credentials = NULL;
    session_client_t *client = NULL;
    session_t *session = NULL;
    session_error_t *error = NULL;

    session_config_set_endpoint(config, getenv("GUIDE_ENDPOINT"));
    session_config_set_region(config, "us-east-1");
    session_config_set_s3_force_path_style(config, true);
    if (who.clock)
        session_config_set_clock(config, who.clock, NULL, NULL);
    if (who.once)
        session_config_set_max_retries(config, 0);
    if (who.anonymous) {
        credentials = session_credentials_new_anonymous();
    } else {
        const char *id = who.access_key_id ? who.access_key_id : getenv("AWS_ACCESS_KEY_ID");
        const char *secret = who.secret ? who.secret : getenv("AWS_SECRET_ACCESS_KEY");
        CHECK_OK(session_credentials_new_static(id, secret, who.token, &credentials, &error), error);
    }
    session_config_set_credentials(config, credentials);
    CHECK_OK(session_new(config, &session, &error), error);
    CHECK_OK(session_client_new(session, service, NULL, &client, &error), error);
    session_credentials_free(credentials);
    session_config_free(config);
    session_free(session);
    return client;
}

static session_client_t *s3_client(void)
{
    return client_of("s3", (struct who){0});
}

/* What is sent, and what came back; body and length are those of the reply, freed by call_free(). */
struct call {
    const char *operation, *method, *path, *bucket, *key;
    const char *query_name, *query_value;
    const void *payload;
    size_t payload_length;
    session_handler_fn handler; /* of SEND, at the front: after signing */
    void *user_data;
    session_response_t *response;
    session_error_t *error;
    const char *body;
    size_t length;
};

/* A JSON object with bucket and key. */
static const char *params(const char *bucket, const char *key)
{
    static char json[4096];
    char *end = json + sprintf(json, "{\"Bucket\": \"%s\"", bucket);

    if (key) {
        end += sprintf(end, ", \"Key\": \"");
        for (; *key; key++) {
            if (*key == '"' || *key == '\\')
                *end++ = '\\';
            *end++ = *key;
        }
        *end++ = '"';
    }
    strcpy(end, "}");
    return json;
}

static session_status_t call(const session_client_t *client, struct call *call)
{
    session_request_t *request = NULL;
    session_handlers_t *handlers;
    session_status_t status;

    CHECK_OK(session_request_new(client, call->operation, call->method, call->path,
                                 call->bucket ? params(call->bucket, call->key) : NULL, &request, &call->error),
             call->error);
    if (call->query_name)
        CHECK_OK(session_request_add_query(request, call->query_name, call->query_value), NULL);
    if (call->payload)
        CHECK_OK(session_request_set_body(request, call->payload, call->payload_length), NULL);
    if (call->handler) {
        handlers = session_request_handlers(request);
        CHECK_OK(session_handlers_push_front(handlers, SESSION_STAGE_SEND, NULL, call->handler, call->user_data, NULL,
                                             &call->error),
                 call->error);
        session_handlers_free(handlers);
    }
    status = session_request_send(request, &call->response, &call->error);
    if (status == SESSION_OK)
        status = session_response_body(call->response, 64 << 20, &call->body, &call->length, &call->error);
    session_request_free(request);
    return status;
}

static void call_free(struct call *call)
{
    session_response_free(call->response);
    session_error_free(call->error);
    call->response = NULL;
    call->error = NULL;
}

/* A call that must succeed, and whose reply is of no interest. */
static void run(const session_client_t *client, struct call it)
{
    CHECK_OK(call(client, &it), it.error);
    call_free(&it);
}

static void create_bucket(const session_client_t *s3, const char *bucket)
{
    run(s3, (struct call){.operation = "CreateBucket", .method = "PUT", .path = "/{Bucket}", .bucket = bucket});
}

#define OBJECT(name, verb, in, of) \
    .operation = name, .method = verb, .path = "/{Bucket}/{Key+}", .bucket = in, .key = of

static void put(const session_client_t *s3, const char *bucket, const char *key, const void *data, size_t length)
{
    run(s3, (struct call){OBJECT("PutObject", "PUT", bucket, key), .payload = data, .payload_length = length});
}

static void expect_object(const session_client_t *s3, const char *bucket, const char *key, const void *data,
                          size_t length)
{
    struct call get = {OBJECT("GetObject", "GET", bucket, key)};

    CHECK_OK(call(s3, &get), get.error);
    CHECK_INT(get.length, length);
    CHECK(memcmp(get.body, data, length) == 0);
    call_free(&get);
}

static void expect_none(const session_client_t *s3, const char *bucket, const char *key)
{
    struct call get = {OBJECT("GetObject", "GET", bucket, key)};

    CHECK_INT(call(s3, &get), SESSION_ERR_SERVICE);
    CHECK_INT(session_error_http_status(get.error), 404);
    CHECK_STR(session_error_code(get.error), "NoSuchKey");
    call_free(&get);
}

/* The call must be refused, with the server's code for that. */
static void expect_refusal(const session_client_t *client, struct call it, int status, const char *moto_code,
                           const char *s3s_code)
{
    CHECK_INT(call(client, &it), SESSION_ERR_SERVICE);
    CHECK_STR(session_error_code(it.error), on("moto") ? moto_code : s3s_code);
    CHECK_INT(session_error_http_status(it.error), status);
    call_free(&it);
}

/* ---- Keys */

/* s3s-fs keeps objects as files. */
enum s3s { TAKES, LISTS_NORMALISED, REFUSES };

static const struct {
    const char *key;
    enum s3s s3s;
} keys[] = {
    {"plain.txt", TAKES},
    {"a b", TAKES},
    {" ", TAKES},
    {"+", TAKES},
    {"a+b c", TAKES},
    {".", REFUSES},
    {"..", REFUSES},
    {"//", REFUSES},
    {"/leading", REFUSES},
    {"trailing/", REFUSES},
    {"a//b", LISTS_NORMALISED},
    {"a/./b", LISTS_NORMALISED},
    {"a/../b", LISTS_NORMALISED},
    {"%", TAKES},
    {"%2F", TAKES},
    {"a%2Fb", TAKES},
    {"%252F", TAKES},
    {"\xc3\xa9", TAKES},
    {"e\xcc\x81", TAKES},
    {"\xe6\x97\xa5/\xf0\x9f\x8c\x99", TAKES},
    {"?", TAKES},
    {"a?b=c", TAKES},
    {"#", TAKES},
    {"&=;", TAKES},
    {"&amp;", TAKES},
    {"<Key>", TAKES},
    {"~", TAKES},
    {"'", TAKES},
    {"\"", TAKES},
    {"\\", TAKES},
    {"{Key+}", TAKES},
    {"!$()*,:@[]^`|", TAKES},
};

/* Of all keys that begin with a key, that itself is listed first. */
static void expect_listed(const session_client_t *s3, const char *bucket, const char *key)
{
    struct call list = {.operation = "ListObjectsV2", .method = "GET", .path = "/{Bucket}?list-type=2",
                        .bucket = bucket, .query_name = "prefix", .query_value = key};
    char *first = NULL;

    CHECK_OK(call(s3, &list), list.error);
    CHECK_OK(session_response_value(list.response, "Key", &first, &list.error), list.error);
    CHECK_STR(first, key);
    session_string_free(first);
    call_free(&list);
}

/* Each object's body is its key, so that no two keys can stand for one object. */
TEST(awkward_keys_come_back)
{
    const size_t count = sizeof keys / sizeof *keys;
    session_client_t *s3 = s3_client();

    create_bucket(s3, "keys");
    for (size_t i = 0; i < count; i++) {
        const char *key = keys[i].key;
        if (on("s3s") && keys[i].s3s == REFUSES) {
            printf("note: s3s-fs without the key `%s`, which is no name of a file\n", key);
            continue;
        }
        put(s3, "keys", key, key, strlen(key));
        expect_object(s3, "keys", key, key, strlen(key));
    }
    for (size_t i = 0; i < count; i++) {
        const char *key = keys[i].key;
        if (on("s3s") && keys[i].s3s != TAKES)
            continue;
        expect_object(s3, "keys", key, key, strlen(key));
        expect_listed(s3, "keys", key);
        run(s3, (struct call){OBJECT("DeleteObject", "DELETE", "keys", key)});
        expect_none(s3, "keys", key);
    }
    session_client_free(s3);
}

/* Writes a key of 1,024 bytes: `unit`, over and over, and `x` where no whole one fits. */
static void fill_key(char key[1025], const char *unit)
{
    size_t length = 0;

    for (; length + strlen(unit) <= 1024; length += strlen(unit))
        strcpy(key + length, unit);
    for (; length < 1024; length++)
        strcpy(key + length, "x");
}

TEST(keys_of_1024_bytes_come_back)
{
    const char *units[] = {"long/", "k", "\xc3\xa9", "+"};
    session_client_t *s3;
    char key[1025];

    ONLY_ON("moto", "s3s-fs makes one name of a file from a key, which has at most 255 bytes");
    s3 = s3_client();
    create_bucket(s3, "long-keys");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        fill_key(key, units[i]);
        put(s3, "long-keys", key, units[i], strlen(units[i]));
        expect_object(s3, "long-keys", key, units[i], strlen(units[i]));
        expect_listed(s3, "long-keys", key);
    }
    session_client_free(s3);
}

/* ---- Bodies and headers */

TEST(an_empty_body_comes_back)
{
    session_client_t *s3 = s3_client();

    create_bucket(s3, "empty");
    put(s3, "empty", "given", "", 0);
    expect_object(s3, "empty", "given", "", 0);
    run(s3, (struct call){OBJECT("PutObject", "PUT", "empty", "not given")});
    expect_object(s3, "empty", "not given", "", 0);
    session_client_free(s3);
}

/* 5 MiB in which all bytes occur, and no pattern that a piece at the wrong place would fit. */
TEST(a_large_body_comes_back)
{
    const size_t length = 5 << 20;
    unsigned char *data = malloc(length), piece[10007];
    session_client_t *s3 = s3_client();
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    uint32_t state = 1;
    size_t got = 0, count = 0;

    CHECK(data != NULL);
    for (size_t i = 0; i < length; i++)
        data[i] = (state = state * 1664525 + 1013904223) >> 24;
    create_bucket(s3, "large");
    put(s3, "large", "object", data, length);
    expect_object(s3, "large", "object", data, length);

    /* In pieces, too. */
    CHECK_OK(session_request_new(s3, "GetObject", "GET", "/large/object", NULL, &request, &error), error);
    CHECK_OK(session_request_send(request, &response, &error), error);
    do {
        CHECK_OK(session_response_read(response, piece, sizeof piece, &count, &error), error);
        CHECK(count <= length - got);
        CHECK(memcmp(data + got, piece, count) == 0);
        got += count;
    } while (count > 0);
    CHECK_INT(got, length);
    session_response_free(response);
    session_request_free(request);
    session_client_free(s3);
    free(data);
}

static void add_metadata(session_request_t *request, void *user_data)
{
    CHECK_OK(session_request_set_header(request, "X-Amz-Meta-Note", user_data), NULL);
}

/* The signature has the value with its blanks folded; what is stored has them all. */
TEST(a_header_with_blanks_comes_back)
{
    char note[] = "two  blanks, \"three   more\"; a=b+c%20";
    session_client_t *s3 = s3_client();
    session_handlers_t *handlers = session_client_handlers(s3);
    struct call get = {OBJECT("GetObject", "GET", "headers", "object")};
    session_error_t *error = NULL;

    create_bucket(s3, "headers");
    CHECK_OK(session_handlers_push_back(handlers, SESSION_STAGE_BUILD, "Metadata", add_metadata, note, NULL, &error),
             error);
    put(s3, "headers", "object", "x", 1);
    session_handlers_remove(handlers, SESSION_STAGE_BUILD, "Metadata");
    CHECK_OK(call(s3, &get), get.error);
    CHECK_STR(session_response_header(get.response, "x-amz-meta-note"), note);
    call_free(&get);
    session_handlers_free(handlers);
    session_client_free(s3);
}

/* ---- What must be refused */

static const struct call list_buckets = {.operation = "ListBuckets", .method = "GET", .path = "/"};

TEST(a_wrong_secret_is_refused)
{
    session_client_t *s3 = client_of("s3", (struct who){.secret = "not the secret"});

    expect_refusal(s3, list_buckets, 403, "SignatureDoesNotMatch", "SignatureDoesNotMatch");
    session_client_free(s3);
}

TEST(an_unknown_key_is_refused)
{
    session_client_t *s3 = client_of("s3", (struct who){.access_key_id = "AKIDNOBODY"});

    expect_refusal(s3, list_buckets, 403, "InvalidAccessKeyId", "NotSignedUp");
    session_client_free(s3);
}

TEST(no_signature_is_refused)
{
    session_client_t *s3;

    ONLY_ON("s3s", "moto answers with an error of its own");
    s3 = client_of("s3", (struct who){.anonymous = 1});
    expect_refusal(s3, list_buckets, 403, NULL, "AccessDenied");
    session_client_free(s3);
}

static int64_t in_2020(void *user_data)
{
    (void)user_data;
    return INT64_C(1577880000) * 1000000000;
}

TEST(an_old_signature_is_refused)
{
    session_client_t *s3;

    ONLY_ON("s3s", "moto does not look at the time");
    s3 = client_of("s3", (struct who){.clock = in_2020, .once = 1});
    expect_refusal(s3, list_buckets, 403, NULL, "RequestTimeTooSkewed");
    session_client_free(s3);
}

TEST(a_clock_that_is_off_is_learned_from_the_refusal)
{
    session_client_t *s3;
    struct call again = list_buckets;

    ONLY_ON("s3s", "moto does not look at the time");
    s3 = client_of("s3", (struct who){.clock = in_2020});
    CHECK_INT(call(s3, &again), SESSION_OK);
    call_free(&again);
    session_client_free(s3);
}

static void forge_body(session_request_t *request, void *user_data)
{
    CHECK_OK(session_request_set_body(request, user_data, strlen(user_data)), NULL);
}

TEST(a_body_that_was_not_signed_is_refused)
{
    char forged[] = "forged";
    struct call forgery = {OBJECT("PutObject", "PUT", "bodies", "object"), .payload = "signed", .payload_length = 6,
                           .handler = forge_body, .user_data = forged};
    session_client_t *s3;

    ONLY_ON("s3s", "moto does not hash bodies");
    s3 = s3_client();
    create_bucket(s3, "bodies");
    expect_refusal(s3, forgery, 500, NULL, "InternalError");
    expect_none(s3, "bodies", "object");
    session_client_free(s3);
}

/* ---- Presigned URLs, used without credentials */

static char *presign(const session_client_t *s3, const char *operation, const char *method, const char *bucket,
                     const char *key)
{
    session_request_t *request = NULL;
    session_error_t *error = NULL;
    char *url = NULL;

    CHECK_OK(session_request_new(s3, operation, method, "/{Bucket}/{Key+}", params(bucket, key), &request, &error),
             error);
    CHECK_OK(session_request_presign(request, 600, &url, &error), error);
    session_request_free(request);
    return url;
}

static void use_url(session_request_t *request, void *user_data)
{
    CHECK_OK(session_request_set_url(request, user_data), NULL);
}

#define BY_URL(verb, url) .operation = "Anything", .method = verb, .path = "/", .handler = use_url, .user_data = url

TEST(a_presigned_url_needs_no_credentials)
{
    const char *key = "a b/+\xc3\xa9%2F&=;?~";
    session_client_t *s3, *anyone;
    char *put_url, *get_url;
    struct call get;

    ONLY_ON("s3s", "moto cannot verify presigned URLs");
    s3 = s3_client();
    anyone = client_of("s3", (struct who){.anonymous = 1});
    create_bucket(s3, "presigned");
    put_url = presign(s3, "PutObject", "PUT", "presigned", key);
    run(anyone, (struct call){BY_URL("PUT", put_url), .payload = "by URL", .payload_length = 6});
    expect_object(s3, "presigned", key, "by URL", 6);

    get_url = presign(s3, "GetObject", "GET", "presigned", key);
    get = (struct call){BY_URL("GET", get_url)};
    CHECK_OK(call(anyone, &get), get.error);
    CHECK_STR(get.body, "by URL");
    call_free(&get);
    session_string_free(get_url);
    session_string_free(put_url);
    session_client_free(anyone);
    session_client_free(s3);
}

/* Replaces the first `from` by `to`, which is as long. */
static void tamper(char *url, const char *from, const char *to)
{
    char *at = strstr(url, from);

    CHECK(at != NULL && strlen(from) == strlen(to));
    memcpy(at, to, strlen(to));
}

TEST(a_tampered_presigned_url_is_refused)
{
    static const struct {
        const char *method, *from, *to;
    } changes[] = {
        {"GET", "/object?", "/secret?"},
        {"GET", "X-Amz-Expires=600", "X-Amz-Expires=900"},
        {"GET", "us-east-1", "us-west-1"},
        {"DELETE", "", ""},
    };
    session_client_t *s3, *anyone;

    ONLY_ON("s3s", "moto cannot verify presigned URLs");
    s3 = s3_client();
    anyone = client_of("s3", (struct who){.anonymous = 1});
    create_bucket(s3, "tampered");
    put(s3, "tampered", "object", "x", 1);
    put(s3, "tampered", "secret", "y", 1);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *url = presign(s3, "GetObject", "GET", "tampered", "object");
        tamper(url, changes[i].from, changes[i].to);
        expect_refusal(anyone, (struct call){BY_URL(changes[i].method, url)}, 403, NULL, "SignatureDoesNotMatch");
        session_string_free(url);
    }
    expect_object(s3, "tampered", "object", "x", 1);
    session_client_free(anyone);
    session_client_free(s3);
}

TEST(a_presigned_url_that_has_expired_is_refused)
{
    session_client_t *s3, *past, *anyone;
    char *url;

    ONLY_ON("s3s", "moto cannot verify presigned URLs");
    s3 = s3_client();
    anyone = client_of("s3", (struct who){.anonymous = 1});
    past = client_of("s3", (struct who){.clock = in_2020});
    create_bucket(s3, "expired");
    put(s3, "expired", "object", "x", 1);
    url = presign(past, "GetObject", "GET", "expired", "object");
    expect_refusal(anyone, (struct call){BY_URL("GET", url)}, 403, NULL, "AccessDenied");
    session_string_free(url);
    session_client_free(past);
    session_client_free(anyone);
    session_client_free(s3);
}

/* ---- STS and IAM */

/* A call of the query protocol that must succeed; the reply is freed by call_free(). */
static struct call query(const session_client_t *client, const char *operation, const char *form)
{
    struct call it = {.operation = operation, .method = "POST", .path = "/"};
    session_request_t *request = NULL;

    CHECK_OK(session_request_new(client, operation, "POST", "/", form, &request, &it.error), it.error);
    CHECK_OK(session_request_send(request, &it.response, &it.error), it.error);
    session_request_free(request);
    return it;
}

static char *value_of(struct call *it, const char *name)
{
    char *value = NULL;

    CHECK_OK(session_response_value(it->response, name, &value, &it->error), it->error);
    return value;
}

TEST(sts_says_who_we_are)
{
    session_client_t *sts;
    struct call identity;
    char *arn, *account;

    ONLY_ON("moto", "s3s-fs is S3 alone");
    sts = client_of("sts", (struct who){0});
    identity = query(sts, "GetCallerIdentity", NULL);
    arn = value_of(&identity, "Arn");
    account = value_of(&identity, "Account");
    CHECK_STR(account, "123456789012");
    CHECK_STR(arn, "arn:aws:iam::123456789012:user/guide");
    session_string_free(account);
    session_string_free(arn);
    call_free(&identity);
    session_client_free(sts);
}

TEST(a_token_is_signed_and_a_wrong_one_refused)
{
    const char *guide = "{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": \\\"Allow\\\", "
                        "\\\"Principal\\\": {\\\"AWS\\\": \\\"arn:aws:iam::123456789012:user/guide\\\"}, "
                        "\\\"Action\\\": \\\"sts:AssumeRole\\\"}]}";
    const char *all = "{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": \\\"Allow\\\", "
                      "\\\"Action\\\": \\\"*\\\", \\\"Resource\\\": \\\"*\\\"}]}";
    session_client_t *iam, *sts, *s3;
    struct call reply, buckets = list_buckets;
    char form[1024], *id, *secret, *token;

    ONLY_ON("moto", "s3s-fs is S3 alone");
    iam = client_of("iam", (struct who){0});
    sts = client_of("sts", (struct who){0});
    snprintf(form, sizeof form, "{\"RoleName\": \"r\", \"AssumeRolePolicyDocument\": \"%s\"}", guide);
    reply = query(iam, "CreateRole", form);
    call_free(&reply);
    snprintf(form, sizeof form, "{\"RoleName\": \"r\", \"PolicyName\": \"all\", \"PolicyDocument\": \"%s\"}", all);
    reply = query(iam, "PutRolePolicy", form);
    call_free(&reply);
    reply = query(sts, "AssumeRole", "{\"RoleArn\": \"arn:aws:iam::123456789012:role/r\", \"RoleSessionName\": \"s\"}");
    id = value_of(&reply, "AccessKeyId");
    secret = value_of(&reply, "SecretAccessKey");
    token = value_of(&reply, "SessionToken");
    call_free(&reply);

    s3 = client_of("s3", (struct who){.access_key_id = id, .secret = secret, .token = token});
    CHECK_OK(call(s3, &buckets), buckets.error);
    call_free(&buckets);
    session_client_free(s3);
    s3 = client_of("s3", (struct who){.access_key_id = id, .secret = secret, .token = "not the token"});
    expect_refusal(s3, list_buckets, 400, "InvalidToken", NULL);
    session_client_free(s3);
    session_string_free(token);
    session_string_free(secret);
    session_string_free(id);
    session_client_free(sts);
    session_client_free(iam);
}
