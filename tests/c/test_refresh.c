/* Credentials that are refreshed: by callers, in the background, by a clock of the program, from files that changed, across
   fork. */
#include "check.h"
#include "fake_http.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* A provider that counts its calls. Each gives new keys. */
struct source {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int calls;
    int lifetime;       /* seconds; 0: for ever */
    pid_t held_up;      /* in this process it answers only when `may_answer` */
    int may_answer;
    session_credentials_t *self;
    session_status_t of_self; /* what its own credentials said */
};

static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    struct source *source = user_data;
    char id[32], secret[32];

    if (source->self) {
        session_credentials_value_t *value = NULL;
        source->of_self = session_credentials_get(source->self, 0, NULL, &value, NULL);
        session_credentials_value_free(value);
    }
    if (source->held_up && source->held_up != getpid()) { /* a child: the parent's lock is none of its business */
        session_provider_reply_set_expires_at(reply, (int64_t)time(NULL) + 3600);
        return session_provider_reply_set_keys(reply, "AKchild", "SKchild", NULL);
    }
    pthread_mutex_lock(&source->lock);
    source->calls++;
    snprintf(id, sizeof id, "AK%d", source->calls);
    snprintf(secret, sizeof secret, "SK%d", source->calls);
    pthread_cond_broadcast(&source->changed);
    while (source->held_up && !source->may_answer)
        pthread_cond_wait(&source->changed, &source->lock);
    pthread_mutex_unlock(&source->lock);
    if (source->lifetime)
        session_provider_reply_set_expires_at(reply, (int64_t)time(NULL) + source->lifetime);
    return session_provider_reply_set_keys(reply, id, secret, "");
}

static void wait_for_calls(struct source *source, int calls)
{
    pthread_mutex_lock(&source->lock);
    while (source->calls < calls)
        pthread_cond_wait(&source->changed, &source->lock);
    pthread_mutex_unlock(&source->lock);
}

static void let_it_answer(struct source *source)
{
    pthread_mutex_lock(&source->lock);
    source->may_answer = 1;
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->lock);
}

static session_credentials_t *of_source(struct source *source)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    pthread_mutex_init(&source->lock, NULL);
    pthread_cond_init(&source->changed, NULL);
    provider.retrieve = retrieve;
    provider.user_data = source;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, &error), error);
    alarm(60); /* what hangs ends the test */
    return credentials;
}

static void check_get(session_credentials_t *credentials, const char *id)
{
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
    CHECK_STR(session_credentials_value_access_key_id(value), id);
    session_credentials_value_free(value);
}

TEST(a_provider_that_asks_for_its_own_credentials_is_told)
{
    struct source source = {0};
    session_credentials_t *credentials = of_source(&source);

    source.self = credentials;
    check_get(credentials, "AK1");
    CHECK_INT(source.of_self, SESSION_ERR_INVALID_STATE);
    CHECK_OK(session_credentials_refresh(credentials, NULL, NULL), NULL);
    CHECK_INT(source.of_self, SESSION_OK);
    session_credentials_free(credentials);
}

/* A provider that waits for another thread, which wants its credentials. */
struct waiter {
    session_credentials_t *credentials;
    session_cancel_t *cancel;
    session_status_t got, tried;
};

static void *get_elsewhere(void *data)
{
    struct waiter *waiter = data;
    session_credentials_value_t *value = NULL;

    waiter->tried = session_credentials_try_get(waiter->credentials, &value, NULL);
    session_credentials_value_free(value);
    value = NULL;
    waiter->got = session_credentials_get(waiter->credentials, 0, waiter->cancel, &value, NULL);
    session_credentials_value_free(value);
    return NULL;
}

static session_status_t wait_for_another(session_provider_reply_t *reply, void *user_data)
{
    pthread_t other;

    CHECK_INT(pthread_create(&other, NULL, get_elsewhere, user_data), 0);
    CHECK_INT(pthread_join(other, NULL), 0);
    return session_provider_reply_set_keys(reply, "AK", "SK", NULL);
}

TEST(a_provider_may_wait_for_a_thread_whose_waiting_ends)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    struct waiter waiter = {.cancel = session_cancel_new()};

    alarm(60);
    provider.retrieve = wait_for_another;
    provider.user_data = &waiter;
    CHECK_OK(session_credentials_new_provider(&provider, &waiter.credentials, NULL), NULL);
    session_cancel_set_timeout_ms(waiter.cancel, 20);
    check_get(waiter.credentials, "AK");
    CHECK_INT(waiter.got, SESSION_ERR_TIMEOUT);
    CHECK_INT(waiter.tried, SESSION_ERR_CREDENTIALS);
    /* What is held serves the other thread. */
    CHECK_OK(session_credentials_refresh(waiter.credentials, NULL, NULL), NULL);
    CHECK_INT(waiter.got, SESSION_OK);
    CHECK_INT(waiter.tried, SESSION_OK);
    session_cancel_free(waiter.cancel);
    session_credentials_free(waiter.credentials);
}

struct seen {
    int calls, freed;
    char last[32];
};

static void changed(const session_credentials_value_t *value, void *user_data)
{
    struct seen *seen = user_data;

    seen->calls++;
    snprintf(seen->last, sizeof seen->last, "%s", session_credentials_value_access_key_id(value));
}

static void forgotten(void *user_data)
{
    ((struct seen *)user_data)->freed++;
}

TEST(keys_that_change_are_told_of)
{
    struct source source = {0};
    struct seen seen = {0};
    session_credentials_t *credentials = of_source(&source);
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_on_change(credentials, changed, &seen, forgotten, &error), error);
    check_get(credentials, "AK1");
    CHECK_INT(seen.calls, 0);
    CHECK_OK(session_credentials_refresh(credentials, NULL, NULL), NULL);
    CHECK_INT(seen.calls, 1);
    CHECK_STR(seen.last, "AK2");
    session_credentials_expire(credentials);
    check_get(credentials, "AK3");
    CHECK_INT(seen.calls, 2);
    CHECK_INT(seen.freed, 0);
    session_credentials_free(credentials);
    CHECK_INT(seen.freed, 1);

    CHECK_INT(session_credentials_on_change(NULL, changed, &seen, forgotten, NULL), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(seen.freed, 2);
    credentials = session_credentials_new_anonymous();
    CHECK_INT(session_credentials_on_change(credentials, NULL, &seen, forgotten, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`changed`");
    session_error_free(error);
    CHECK_INT(seen.freed, 3);
    CHECK_OK(session_credentials_on_change(credentials, changed, &seen, forgotten, &error), error);
    session_credentials_free(credentials);
    CHECK_INT(seen.freed, 4);
}

TEST(values_are_copied_out)
{
    static const char expected[] = "AK\0SK\0token\0\0StaticProvider";
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;
    char buffer[sizeof expected + 1];
    size_t length = 0;
    int64_t expires_at = 0;

    CHECK_OK(session_credentials_new_static("AK", "SK", "token", &credentials, &error), error);
    for (size_t capacity = 0; capacity <= sizeof buffer; capacity++) {
        session_status_t status;
        memset(buffer, '#', sizeof buffer);
        status = session_credentials_get_copy(credentials, 0, NULL, buffer, capacity, &length, &expires_at, &error);
        CHECK_INT(length, sizeof expected);
        if (capacity < sizeof expected) {
            CHECK_INT(status, SESSION_ERR_INVALID_ARGUMENT);
            CHECK_CONTAINS(session_error_message(error), "`capacity`");
            CHECK(buffer[0] == '#' && expires_at == 0);
            session_error_free(error);
        } else {
            CHECK_OK(status, error);
            CHECK(memcmp(buffer, expected, sizeof expected) == 0);
            CHECK(buffer[sizeof expected] == '#' && expires_at == INT64_MAX);
        }
    }
    CHECK_INT(session_credentials_get_copy(credentials, 0, NULL, NULL, 100, NULL, NULL, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_message(error), "`buffer`");
    session_error_free(error);
    CHECK_OK(session_credentials_get_copy(credentials, 0, NULL, buffer, sizeof buffer, NULL, NULL, &error), error);
    CHECK_INT(session_credentials_get_copy(NULL, 0, NULL, buffer, sizeof buffer, NULL, NULL, NULL),
              SESSION_ERR_INVALID_ARGUMENT);
    session_credentials_free(credentials);
}

#define ROLE                                                                                                   \
    "[profile base]\naws_access_key_id = AKBASE\naws_secret_access_key = S\n"                                  \
    "[profile r]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = base\n"
#define ROLE_REPLY(id, expiration)                                                                             \
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" id "</AccessKeyId>"                     \
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" expiration "</Expiration>" \
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"

static int64_t set_clock(void *seconds)
{
    return *(int64_t *)seconds * 1000000000;
}

/* Credentials of a role that STS, played by the fake, gives to a program with a clock of its own. */
static session_credentials_t *of_role(struct fake_http *fake, int64_t *seconds)
{
    session_config_t *config = fake_config_without_keys(fake);

    config_file(ROLE);
    CHECK_INT(session_config_set_clock(config, set_clock, seconds, NULL), SESSION_OK);
    return own_credentials(session_credentials(loaded(with_config(with_profile(WITH(SHARED), "r"), config))));
}

TEST(the_clock_of_the_program_decides_when_to_refresh)
{
    /* To the system's clock these last for years. */
    int64_t seconds = 2000000000;
    struct fake_http fake = {.status = 200, .body = ROLE_REPLY("AK1", "2033-05-18T04:33:20Z")};
    session_credentials_t *credentials = of_role(&fake, &seconds);
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    check_get(credentials, "AK1");
    fake.body = ROLE_REPLY("AK2", "2033-05-18T05:33:20Z");
    seconds += 3600 - 301;
    check_get(credentials, "AK1");
    CHECK_INT(fake.sent, 1);
    seconds += 2;
    check_get(credentials, "AK2");
    CHECK_INT(fake.sent, 2);
    CHECK_OK(session_credentials_try_get(credentials, &value, &error), error);
    session_credentials_value_free(value);
    seconds += 7200;
    CHECK_INT(session_credentials_try_get(credentials, &value, NULL), SESSION_ERR_CREDENTIALS);
    CHECK_INT(fake.sent, 2);
}

TEST(the_clock_of_the_program_decides_what_is_kept)
{
    /* To the system's clock these expired long ago. */
    int64_t seconds = 1577934245;
    struct fake_http fake = {.status = 200, .body = ROLE_REPLY("AK1", "2020-01-02T04:04:05Z")};
    session_credentials_t *credentials = of_role(&fake, &seconds);
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    check_get(credentials, "AK1");
    check_get(credentials, "AK1");
    CHECK_INT(fake.sent, 1);
    CHECK_OK(session_credentials_get(credentials, 3000, NULL, &value, &error), error);
    session_credentials_value_free(value);
    CHECK_INT(fake.sent, 1);
    fake.body = ROLE_REPLY("AK2", "2020-01-02T05:04:05Z");
    seconds += 3600;
    check_get(credentials, "AK2");
    CHECK_INT(fake.sent, 2);
}

static const char *const key_files[] = {".aws/credentials", ".aws/config"};

/* Writes keys for the profile `base` into one of the files; a role in the config file is assumed with them. */
static void write_keys(const char *file, const char *id, int by_rename)
{
    int is_config = strcmp(file, ".aws/config") == 0;
    const char *text = formatted("[%sbase]\naws_access_key_id = %s\naws_secret_access_key = S%s\n", is_config ? "profile " : "",
                                 id, id);
    const char *roles = "[profile r]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = base\n"
                        "[profile r2]\nrole_arn = arn:aws:iam::111111111111:role/r2\nsource_profile = r\n";

    if (!is_config)
        config_file(roles);
    write_file(by_rename ? ".aws/next" : file, formatted("%s%s", text, is_config ? roles : ""));
    if (by_rename)
        CHECK_INT(rename(in_folder(".aws/next"), in_folder(file)), 0);
}

static void forget(session_credentials_t *credentials, int by_refresh)
{
    session_error_t *error = NULL;

    if (by_refresh)
        CHECK_OK(session_credentials_refresh(credentials, NULL, &error), error);
    else
        session_credentials_expire(credentials);
}

TEST(rotated_keys_are_read_again)
{
    for (int way = 0; way < 8; way++) {
        const char *file = key_files[way & 1];
        session_credentials_t *credentials;

        remove_tree(in_folder(".aws"));
        write_keys(file, "AKOLD", 0);
        credentials = own_credentials(session_credentials(loaded(with_profile(WITH(SHARED), "base"))));
        check_get(credentials, "AKOLD");
        write_keys(file, "AKNEW", way & 2);
        check_get(credentials, "AKOLD");
        forget(credentials, way & 4);
        check_get(credentials, "AKNEW");
        write_keys(file, "AKLAST", way & 2);
        forget(credentials, way & 4);
        check_get(credentials, "AKLAST");
    }
}

TEST(rotated_keys_are_read_though_nobody_asked_for_the_old)
{
    session_credentials_t *credentials;

    write_keys(key_files[0], "AKOLD", 0);
    credentials = own_credentials(session_credentials(loaded(with_profile(WITH(SHARED), "base"))));
    write_keys(key_files[0], "AKNEW", 1);
    forget(credentials, 0);
    check_get(credentials, "AKNEW");
}

TEST(rotated_keys_that_a_role_is_assumed_with_are_read_again)
{
    for (int way = 0; way < 8; way++) {
        const char *file = key_files[way & 1];
        struct fake_http fake = {.status = 200, .body = ROLE_REPLY("AK1", "2040-01-01T00:00:00Z")};
        session_credentials_t *credentials;
        session_options_t *options;

        remove_tree(in_folder(".aws"));
        write_keys(file, "AKOLD", 0);
        options = with_config(with_profile(WITH(SHARED), "r"), fake_config_without_keys(&fake));
        credentials = own_credentials(session_credentials(loaded(options)));
        check_get(credentials, "AK1");
        CHECK_CONTAINS(fake.authorization, "Credential=AKOLD/");
        write_keys(file, "AKNEW", way & 2);
        fake.body = ROLE_REPLY("AK2", "2040-01-01T00:00:00Z");
        forget(credentials, way & 4);
        check_get(credentials, "AK2");
        CHECK_CONTAINS(fake.authorization, "Credential=AKNEW/");
        CHECK_INT(fake.sent, 2);
    }
}

TEST(rotated_keys_below_two_roles_are_read_when_the_first_is_assumed_again)
{
    int64_t seconds = 2000000000;
    struct fake_http fake = {.status = 200, .body = ROLE_REPLY("AK1", "2033-05-18T04:33:20Z")};
    session_config_t *config = fake_config_without_keys(&fake);
    session_credentials_t *credentials;

    write_keys(".aws/credentials", "AKOLD", 0);
    CHECK_INT(session_config_set_clock(config, set_clock, &seconds, NULL), SESSION_OK);
    credentials = own_credentials(session_credentials(loaded(with_config(with_profile(WITH(SHARED), "r2"), config))));
    check_get(credentials, "AK1");
    CHECK_INT(fake.sent, 2);
    write_keys(".aws/credentials", "AKNEW", 0);
    session_credentials_expire(credentials);
    /* What the first role gave is good until its end: whoever was asked for a code for it is not asked again. */
    fake.body = ROLE_REPLY("AK2", "2033-05-18T04:33:20Z");
    check_get(credentials, "AK2");
    CHECK_INT(fake.sent, 3);
    CHECK_CONTAINS(fake.authorization, "Credential=AK1/");
    seconds += 3600;
    fake.status = 403;
    fake.body = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>";
    CHECK(session_credentials_get(credentials, 0, NULL, &(session_credentials_value_t *){NULL}, NULL) != SESSION_OK);
    CHECK_CONTAINS(fake.authorization, "Credential=AKNEW/");
}

/* A try_get that is refused has the background thread ask; it never asks itself. */
static void try_until_held(session_credentials_t *credentials)
{
    session_credentials_value_t *value = NULL;
    struct timespec pause = {0, 1000000};

    while (session_credentials_try_get(credentials, &value, NULL) != SESSION_OK)
        nanosleep(&pause, NULL);
    session_credentials_value_free(value);
}

TEST(the_background_thread_asks_for_those_who_must_not_wait)
{
    struct source source = {.lifetime = 3600}, idle = {.lifetime = 3600};
    session_credentials_t *credentials = of_source(&source), *unused = of_source(&idle);
    session_error_t *error = NULL;

    CHECK_INT(session_credentials_try_get(credentials, &(session_credentials_value_t *){NULL}, NULL),
              SESSION_ERR_CREDENTIALS);
    CHECK_INT(source.calls, 0);
    session_background_refresh_stop(); /* there is none */
    for (int i = 0; i < 3; i++) {
        CHECK_OK(session_background_refresh_start(&error), error);
        CHECK_OK(session_background_refresh_start(&error), error);
        session_credentials_expire(credentials);
        try_until_held(credentials);
        session_background_refresh_stop();
        session_background_refresh_stop();
        CHECK_INT(source.calls, i + 1);
    }
    session_credentials_expire(credentials);
    CHECK_INT(session_credentials_try_get(credentials, &(session_credentials_value_t *){NULL}, NULL),
              SESSION_ERR_CREDENTIALS);
    CHECK_INT(source.calls, 3);
    CHECK_INT(idle.calls, 0);
    session_credentials_free(credentials);
    session_credentials_free(unused);
}

struct own_clock {
    pthread_t caller;
    session_credentials_t *credentials;
    int came_back; /* from the credentials, on another thread */
};

static int64_t clock_that_uses_credentials(void *data)
{
    struct own_clock *clock = data;

    if (!pthread_equal(pthread_self(), clock->caller) && !__atomic_load_n(&clock->came_back, __ATOMIC_ACQUIRE)) {
        session_credentials_expire(clock->credentials);
        __atomic_store_n(&clock->came_back, 1, __ATOMIC_RELEASE);
    }
    return INT64_C(2000000000) * 1000000000;
}

TEST(the_background_thread_holds_no_lock_when_it_reads_the_clock)
{
    struct fake_http fake = {.status = 200, .body = ROLE_REPLY("AK1", "2033-05-18T04:33:20Z")};
    struct own_clock clock = {.caller = pthread_self()};
    session_config_t *config = fake_config_without_keys(&fake);
    struct timespec pause = {0, 1000000};

    alarm(60);
    config_file(ROLE);
    CHECK_INT(session_config_set_clock(config, clock_that_uses_credentials, &clock, NULL), SESSION_OK);
    clock.credentials = own_credentials(session_credentials(loaded(with_config(with_profile(WITH(SHARED), "r"), config))));
    CHECK_OK(session_background_refresh_start(NULL), NULL);
    check_get(clock.credentials, "AK1");
    while (!__atomic_load_n(&clock.came_back, __ATOMIC_ACQUIRE))
        nanosleep(&pause, NULL);
    session_background_refresh_stop();
}

TEST(the_background_thread_refreshes_what_nobody_asks_for)
{
    /* Four seconds, of which the last is for the refresh. */
    struct source source = {.lifetime = 4};
    session_credentials_t *credentials = of_source(&source);

    CHECK_OK(session_background_refresh_start(NULL), NULL);
    check_get(credentials, "AK1");
    wait_for_calls(&source, 2);
    session_background_refresh_stop();
    session_credentials_free(credentials);
}

TEST(freeing_does_not_wait_for_the_background_thread)
{
    struct source source = {.held_up = getpid()};
    session_credentials_t *credentials = of_source(&source);

    CHECK_OK(session_background_refresh_start(NULL), NULL);
    CHECK_INT(session_credentials_try_get(credentials, &(session_credentials_value_t *){NULL}, NULL),
              SESSION_ERR_CREDENTIALS);
    wait_for_calls(&source, 1);
    session_credentials_free(credentials); /* would hang: the provider has not answered */
    let_it_answer(&source);
    session_background_refresh_stop();
}

static void *get_one(void *credentials)
{
    check_get(credentials, "AK1");
    return NULL;
}

static void check_child(pid_t child)
{
    int status = 0;

    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
}

/* Ends a child that passed. What belongs to the parent's threads, which the child has not, is lost in it, and must not be
   looked for by a memory checker: it becomes another program. */
static void passed(void)
{
    execl("/bin/true", "true", (char *)NULL);
    _exit(127);
}

TEST(a_child_does_not_wait_for_what_its_parent_began)
{
    struct source source = {.held_up = getpid(), .lifetime = 3600};
    session_credentials_t *credentials = of_source(&source);
    pthread_t asking, waiting;
    pid_t child;

    CHECK_INT(pthread_create(&asking, NULL, get_one, credentials), 0);
    wait_for_calls(&source, 1);
    CHECK_INT(pthread_create(&waiting, NULL, get_one, credentials), 0);
    child = fork();
    if (child == 0) {
        pid_t grandchild;
        alarm(30);
        check_get(credentials, "AKchild");
        grandchild = fork();
        if (grandchild == 0) {
            check_get(credentials, "AKchild"); /* held, from its parent */
            session_credentials_expire(credentials);
            check_get(credentials, "AKchild");
            passed();
        }
        check_child(grandchild);
        session_credentials_free(credentials);
        passed();
    }
    check_child(child);
    let_it_answer(&source);
    pthread_join(asking, NULL);
    pthread_join(waiting, NULL);
    CHECK_INT(source.calls, 1);
    session_credentials_free(credentials);
}

static int stop_churning;

/* Expires, refreshes and reads without end, so that a fork meets each state. */
static void *churn(void *credentials)
{
    while (!__atomic_load_n(&stop_churning, __ATOMIC_RELAXED)) {
        session_credentials_value_t *value = NULL;
        if (session_credentials_get(credentials, 0, NULL, &value, NULL) == SESSION_OK)
            session_credentials_value_free(value);
        session_credentials_expire(credentials);
    }
    return NULL;
}

static session_status_t quick(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    session_provider_reply_set_expires_at(reply, (int64_t)time(NULL) + 3600);
    return session_provider_reply_set_keys(reply, "AK", "SK", NULL);
}

static void fork_often(int with_background)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    pthread_t threads[3];

    if (under_sanitizer("the child of a fork may find the lock of its allocator held"))
        return;
    alarm(120);
    provider.retrieve = quick;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, NULL), NULL);
    if (with_background)
        CHECK_OK(session_background_refresh_start(NULL), NULL);
    for (int i = 0; i < 3; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, churn, credentials), 0);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(30);
            check_get(credentials, "AK");
            if (with_background) {
                session_credentials_expire(credentials);
                try_until_held(credentials); /* a thread of its own */
            }
            session_credentials_expire(credentials);
            check_get(credentials, "AK");
            session_background_refresh_stop();
            session_credentials_free(credentials);
            passed();
        }
        check_child(child);
    }
    __atomic_store_n(&stop_churning, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    check_get(credentials, "AK");
    session_background_refresh_stop();
    session_credentials_free(credentials);
}

TEST(fork_at_any_moment)
{
    fork_often(0);
}

TEST(fork_at_any_moment_with_the_background_thread)
{
    fork_often(1);
}
