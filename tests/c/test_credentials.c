/* Credentials: static, anonymous and by the host's own provider. */
#include "check.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* A provider that counts, and does what it is told. */
struct source {
    pthread_mutex_t lock;
    int calls, freed;
    int lifetime;    /* seconds; 0: for ever */
    int pause_ms;    /* before it answers */
    session_status_t status;
    const char *code, *message;
    int set_nothing, set_empty;
    session_credentials_t *self; /* to be expired in the callback */
};

static void pause_ms(int milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

static void freed(void *user_data)
{
    struct source *source = user_data;

    pthread_mutex_lock(&source->lock);
    source->freed++;
    pthread_mutex_unlock(&source->lock);
}

/* Key, secret, token and account carry the number of the call: values must not mix. */
static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    struct source *source = user_data;
    char id[32], secret[32], token[32], account[32];
    int call;

    pthread_mutex_lock(&source->lock);
    call = ++source->calls;
    pthread_mutex_unlock(&source->lock);
    pause_ms(source->pause_ms);
    if (source->self)
        session_credentials_expire(source->self);
    if (source->message)
        session_provider_reply_set_error(reply, source->code, source->message);
    if (source->set_empty)
        return session_provider_reply_set_keys(reply, "", "secret", NULL);
    if (!source->set_nothing) {
        snprintf(id, sizeof id, "AK%d", call);
        snprintf(secret, sizeof secret, "SK%d", call);
        snprintf(token, sizeof token, "ST%d", call);
        snprintf(account, sizeof account, "%d", call);
        session_provider_reply_set_keys(reply, id, secret, token);
        session_provider_reply_set_account_id(reply, account);
    }
    if (source->lifetime)
        session_provider_reply_set_expires_at(reply, (int64_t)time(NULL) + source->lifetime);
    return source->status;
}

static session_credentials_t *of_source(struct source *source)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    pthread_mutex_init(&source->lock, NULL);
    provider.retrieve = retrieve;
    provider.user_data = source;
    provider.free_user_data = freed;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, &error), error);
    memset(&provider, 0xff, sizeof provider); /* it was copied */
    return credentials;
}

static session_credentials_value_t *get(session_credentials_t *credentials, uint32_t min_remaining)
{
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_get(credentials, min_remaining, NULL, &value, &error), error);
    CHECK(error == NULL);
    return value;
}

/* The error of a get that must fail. */
static session_error_t *failure(session_credentials_t *credentials, session_status_t expected)
{
    session_credentials_value_t *untouched = NULL;
    session_error_t *error = NULL;

    CHECK_INT(session_credentials_get(credentials, 0, NULL, &untouched, &error), expected);
    CHECK(untouched == NULL);
    CHECK_INT(session_error_status(error), expected);
    return error;
}

TEST(static_keys_are_given_as_they_are)
{
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value, *copy;
    session_error_t *error = NULL;
    char secret[] = "SK";

    CHECK_OK(session_credentials_new_static("AK", secret, NULL, &credentials, &error), error);
    secret[0] = 'x';
    value = get(credentials, 0);
    session_credentials_free(credentials);
    copy = session_credentials_value_copy(value);
    session_credentials_value_free(value);
    CHECK_STR(session_credentials_value_access_key_id(copy), "AK");
    CHECK_STR(session_credentials_value_secret_access_key(copy), "SK");
    CHECK_STR(session_credentials_value_session_token(copy), "");
    CHECK_STR(session_credentials_value_provider(copy), "StaticProvider");
    CHECK_STR(session_credentials_value_account_id(copy), "");
    CHECK(session_credentials_value_expires_at(copy) == INT64_MAX);
    session_credentials_value_free(copy);
}

TEST(empty_static_keys_fail_the_first_get)
{
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_new_static("AK", "", "token", &credentials, &error), error);
    error = failure(credentials, SESSION_ERR_CREDENTIALS);
    CHECK_STR(session_error_code(error), "EmptyStaticCreds");
    session_error_free(error);
    session_credentials_free(credentials);
}

TEST(anonymous_credentials_have_no_keys)
{
    session_credentials_t *credentials = session_credentials_new_anonymous();
    session_error_t *error = failure(credentials, SESSION_ERR_CREDENTIALS);

    CHECK_STR(session_error_code(error), "AnonymousCredentials");
    session_error_free(error);
    session_credentials_expire(credentials);
    session_credentials_free(credentials);
}

TEST(a_session_shares_its_credentials)
{
    session_config_t *config = session_config_new();
    session_credentials_t *given = NULL, *shared;
    session_t *session = NULL;
    session_error_t *error = NULL;
    struct source source = {.lifetime = 3600};

    given = of_source(&source);
    session_config_set_credentials(config, given);
    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    session_credentials_free(given);
    shared = session_credentials(session);
    session_free(session);
    CHECK_INT(source.freed, 0);
    session_credentials_value_free(get(shared, 0));
    session_credentials_free(shared);
    CHECK_INT(source.freed, 1);
    CHECK_INT(source.calls, 1);
}

TEST(a_provider_gives_all_it_knows)
{
    struct source source = {.lifetime = 3600};
    session_credentials_t *credentials = of_source(&source);
    session_credentials_value_t *value = get(credentials, 0);
    int64_t left = session_credentials_value_expires_at(value) - (int64_t)time(NULL);

    CHECK_STR(session_credentials_value_access_key_id(value), "AK1");
    CHECK_STR(session_credentials_value_secret_access_key(value), "SK1");
    CHECK_STR(session_credentials_value_session_token(value), "ST1");
    CHECK_STR(session_credentials_value_account_id(value), "1");
    CHECK_STR(session_credentials_value_provider(value), "Provider");
    CHECK(left > 3590 && left <= 3600);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    CHECK_INT(source.freed, 1);
}

static session_status_t named(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    session_provider_reply_set_provider_name(reply, "Vault");
    return session_provider_reply_set_keys(reply, "AK", "SK", NULL);
}

TEST(a_provider_names_itself)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value;

    provider.retrieve = named; /* no data and no destructor */
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, NULL), NULL);
    value = get(credentials, 0);
    CHECK_STR(session_credentials_value_provider(value), "Vault");
    CHECK(session_credentials_value_expires_at(value) == INT64_MAX);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
}

TEST(what_lasts_is_kept)
{
    struct source source = {.lifetime = 1000};
    session_credentials_t *credentials = of_source(&source);
    session_credentials_value_t *held = NULL;

    CHECK_INT(session_credentials_try_get(credentials, &held, NULL), SESSION_ERR_CREDENTIALS);
    CHECK(held == NULL);
    CHECK_INT(source.calls, 0);
    session_credentials_value_free(get(credentials, 0));
    session_credentials_value_free(get(credentials, 100));
    CHECK_INT(source.calls, 1);
    CHECK_OK(session_credentials_try_get(credentials, &held, NULL), NULL);
    CHECK_OK(session_credentials_refresh(credentials, NULL, NULL), NULL);
    CHECK_INT(source.calls, 2);
    session_credentials_expire(credentials);
    CHECK_INT(source.calls, 2);
    /* A value that somebody has stays as it is. */
    CHECK_STR(session_credentials_value_secret_access_key(held), "SK1");
    session_credentials_value_free(held);
    held = get(credentials, 0);
    CHECK_STR(session_credentials_value_secret_access_key(held), "SK3");
    session_credentials_value_free(held);
    session_credentials_free(credentials);
    CHECK_INT(source.freed, 1);
}

TEST(a_provider_fails_with_its_own_words)
{
    static const struct { struct source source; session_status_t status; const char *code, *message; } cases[] = {
        {{.status = SESSION_ERR_CREDENTIALS, .code = "VaultSealed", .message = "open it"},
         SESSION_ERR_CREDENTIALS, "VaultSealed", "open it"},
        {{.status = SESSION_ERR_TIMEOUT, .message = "too slow"}, SESSION_ERR_TIMEOUT, "ProviderError", "too slow"},
        {{.status = SESSION_ERR_TRANSPORT}, SESSION_ERR_TRANSPORT, "ProviderError",
         "the credentials provider returned SESSION_ERR_TRANSPORT (60) and set no error"},
        {{.status = (session_status_t)12345}, SESSION_ERR_CREDENTIALS, "ProviderError",
         "the credentials provider returned SESSION_ERR_UNKNOWN (12345) and set no error"},
        {{.status = SESSION_OK, .set_nothing = 1}, SESSION_ERR_CREDENTIALS, "EmptyStaticCreds",
         "the credentials provider returned SESSION_OK and set no keys"},
        {{.status = SESSION_OK, .set_empty = 1}, SESSION_ERR_CREDENTIALS, "EmptyStaticCreds", "static credentials are empty"},
        {{.status = SESSION_OK, .code = "Late", .message = "after all"}, SESSION_ERR_CREDENTIALS, "Late", "after all"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source source = cases[i].source;
        session_credentials_t *credentials = of_source(&source);
        session_error_t *error = failure(credentials, cases[i].status);
        CHECK_STR(session_error_code(error), cases[i].code);
        CHECK_STR(session_error_message(error), cases[i].message);
        session_error_free(error);
        /* A failure is not kept. */
        session_error_free(failure(credentials, cases[i].status));
        CHECK_INT(source.calls, 2);
        session_credentials_free(credentials);
        CHECK_INT(source.freed, 1);
    }
}

/* What it is not given, it must not take: the status of a setter need not be looked at. */
static session_status_t careless(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    CHECK_INT(session_provider_reply_set_keys(reply, "AK", NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_provider_reply_set_expires_at(NULL, 1), SESSION_ERR_INVALID_ARGUMENT);
    return SESSION_OK;
}

TEST(a_setter_that_fails_fails_the_retrieval)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error;

    provider.retrieve = careless;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, NULL), NULL);
    error = failure(credentials, SESSION_ERR_CREDENTIALS);
    CHECK_STR(session_error_code(error), "ProviderError");
    CHECK_CONTAINS(session_error_text(error), "`secret_access_key` is NULL");
    session_error_free(error);
    session_credentials_free(credentials);
}

TEST(a_provider_may_use_the_library)
{
    struct source source = {.lifetime = 3600};
    session_credentials_t *credentials = of_source(&source);

    source.self = credentials;
    session_credentials_value_free(get(credentials, 0));
    session_credentials_free(credentials);
    CHECK_INT(source.freed, 1);
}

TEST(bad_tables_are_refused_and_their_data_freed)
{
    struct source source = {0};
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;
    static const size_t sizes[] = {0, 1, sizeof(size_t), sizeof(session_provider_t) - 1};

    pthread_mutex_init(&source.lock, NULL);
    provider.retrieve = retrieve;
    provider.user_data = &source;
    provider.free_user_data = freed;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        provider.size = sizes[i];
        CHECK_INT(session_credentials_new_provider(&provider, &credentials, &error), SESSION_ERR_INVALID_ARGUMENT);
        CHECK_CONTAINS(session_error_message(error), "`provider` has `size`");
        session_error_free(error);
    }
    CHECK_INT(source.freed, 0); /* there is no telling that there is data */
    provider.size = sizeof provider;
    CHECK_INT(session_credentials_new_provider(&provider, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(source.freed, 1);
    provider.retrieve = NULL;
    CHECK_INT(session_credentials_new_provider(&provider, &credentials, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "retrieve");
    session_error_free(error);
    CHECK_INT(source.freed, 2);
    CHECK_INT(session_credentials_new_provider(NULL, &credentials, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK(credentials == NULL);
    CHECK_INT(source.calls, 0);
}

TEST(a_table_of_a_later_version_is_understood)
{
    struct { session_provider_t known; void *unknown[3]; } table = {SESSION_PROVIDER_INIT, {NULL}};
    struct source source = {.lifetime = 3600};
    session_credentials_t *credentials = NULL;

    pthread_mutex_init(&source.lock, NULL);
    memset(table.unknown, 0xff, sizeof table.unknown);
    table.known.size = sizeof table;
    table.known.retrieve = retrieve;
    table.known.user_data = &source;
    table.known.free_user_data = freed;
    CHECK_OK(session_credentials_new_provider(&table.known, &credentials, NULL), NULL);
    session_credentials_value_free(get(credentials, 0));
    session_credentials_free(credentials);
    CHECK_INT(source.freed, 1);
}

TEST(handles_are_freed_in_any_order_and_the_data_once)
{
    struct source source = {.lifetime = 3600};
    session_credentials_t *first = of_source(&source), *second = session_credentials_copy(first);
    session_credentials_value_t *value = get(first, 0);

    session_credentials_free(first);
    CHECK_INT(source.freed, 0);
    session_credentials_value_free(get(second, 0));
    CHECK_INT(source.calls, 1);
    session_credentials_free(second);
    CHECK_INT(source.freed, 1);
    CHECK_STR(session_credentials_value_secret_access_key(value), "SK1");
    session_credentials_value_free(value);
}

#define THREADS 16

static void *get_once(void *credentials)
{
    session_credentials_value_free(get(credentials, 0));
    return NULL;
}

TEST(many_threads_share_one_retrieval)
{
    struct source source = {.lifetime = 3600, .pause_ms = 100};
    session_credentials_t *credentials = of_source(&source);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, get_once, credentials), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(source.calls, 1);
    session_credentials_free(credentials);
    CHECK_INT(source.freed, 1);
}

/* Exits, which fails the test, if key, secret, token and account are not of one call. */
static void *get_often(void *credentials)
{
    for (int i = 0; i < 2000; i++) {
        session_credentials_value_t *value = get(credentials, 0);
        const char *id = session_credentials_value_access_key_id(value) + 2;
        CHECK_STR(session_credentials_value_secret_access_key(value) + 2, id);
        CHECK_STR(session_credentials_value_session_token(value) + 2, id);
        CHECK_STR(session_credentials_value_account_id(value), id);
        session_credentials_value_free(value);
        if (i % 16 == 0)
            session_credentials_expire(credentials);
    }
    return NULL;
}

TEST(values_are_never_torn)
{
    struct source source = {.lifetime = 3600};
    session_credentials_t *credentials = of_source(&source);
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, get_often, credentials), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(source.calls > 1);
    session_credentials_free(credentials);
    CHECK_INT(source.freed, 1);
}

TEST(null_is_an_invalid_argument)
{
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    CHECK(session_credentials(NULL) == NULL);
    CHECK(session_credentials_copy(NULL) == NULL);
    CHECK(session_credentials_value_copy(NULL) == NULL);
    CHECK_INT(session_credentials_new_static(NULL, "SK", NULL, &credentials, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`access_key_id`");
    session_error_free(error);
    CHECK_INT(session_credentials_new_static("AK", "SK", "\xff", &credentials, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`session_token` is no UTF-8");
    session_error_free(error);
    CHECK_INT(session_credentials_get(NULL, 0, NULL, &value, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_credentials_try_get(NULL, &value, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_credentials_refresh(NULL, NULL, NULL), SESSION_ERR_INVALID_ARGUMENT);
    credentials = session_credentials_new_anonymous();
    CHECK_INT(session_credentials_get(credentials, 0, NULL, NULL, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`out`");
    session_error_free(error);
    session_credentials_free(credentials);
    CHECK_STR(session_credentials_value_secret_access_key(NULL), "");
    CHECK_STR(session_credentials_value_provider(NULL), "");
    CHECK_INT(session_credentials_value_expires_at(NULL), 0);
    session_credentials_expire(NULL);
    session_credentials_free(NULL);
    session_credentials_value_free(NULL);
}
