/* Sessions: how each kind is loaded, what a copy shares, and what is left when they are freed. */
#define _GNU_SOURCE /* mallinfo2 */
#include "fake_http.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>

/* The process's own environment, as a program finds it. */
static void set_environment(const char *region, const char *access_key_id)
{
    setenv("HOME", folder(), 1);
    setenv("AWS_REGION", region, 1);
    setenv("AWS_ACCESS_KEY_ID", access_key_id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SK", 1);
}

/* Files that no load can take. */
static const char *break_files(void)
{
    setenv("HOME", folder(), 1);
    setenv("AWS_SDK_LOAD_CONFIG", "1", 1);
    return config_file("[default]\n\n[profile broken\n");
}

static session_t *new_session(const session_config_t *config)
{
    session_t *session = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_new(config, &session, &error), error);
    return own_session(session);
}

static session_config_t *region_config(const char *region)
{
    session_config_t *config = own_config(session_config_new());

    CHECK_INT(session_config_set_region(config, region), SESSION_OK);
    return config;
}

/* ---- session_new ---- */

TEST(new_reads_the_environment_of_the_process)
{
    session_t *session;

    set_environment("us-west-2", "AK1");
    session = new_session(NULL);
    set_environment("eu-west-1", "AK2");
    CHECK_STR(setting(session, "region"), "us-west-2");
    CHECK_STR(key_id(session), "AK1");
    CHECK_STR(key_id(new_session(NULL)), "AK2");
}

TEST(new_lets_the_program_win)
{
    session_config_t *config = region_config("eu-west-1");
    session_t *session;

    set_environment("us-west-2", "AK");
    session = new_session(config);
    session_config_set_region(config, "changed-1");
    CHECK_STR(setting(session, "region"), "eu-west-1");
}

TEST(new_refuses_a_bad_value)
{
    session_config_t *config = own_config(session_config_new());
    session_t *untouched = NULL;
    session_error_t *error = NULL;

    set_environment("us-west-2", "AK");
    CHECK_INT(session_config_set(config, "max_retries", "many"), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_INT(session_new(config, &untouched, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_text(own_error(error)), "max_retries");
    CHECK(!untouched);
    CHECK_INT(session_config_set(config, "max_retries", "3"), SESSION_OK);
    CHECK_STR(setting(new_session(config), "max_retries"), "3");
}

TEST(new_fails_with_what_is_wrong_and_leaves_the_output)
{
    const char *path = break_files();
    session_t *untouched = NULL;
    session_error_t *error = NULL;

    CHECK_INT(session_new(NULL, &untouched, &error), SESSION_ERR_CONFIG_FILE);
    CHECK_STR(session_error_path(own_error(error)), path);
    CHECK(!untouched);
    CHECK_INT(session_new(NULL, &untouched, NULL), SESSION_ERR_CONFIG_FILE);
}

/* ---- session_new_with_options ---- */

static const char two_profiles[] = "[default]\nregion = default-1\n"
                                   "[profile dev]\nregion = dev-1\naws_access_key_id = AKDEV\naws_secret_access_key = S\n";

TEST(options_may_be_null)
{
    set_environment("us-west-2", "AK");
    CHECK_STR(setting(loaded(NULL), "region"), "us-west-2");
}

TEST(options_name_the_profile)
{
    session_options_t *options = WITH(SHARED, "AWS_PROFILE=other", "AWS_ACCESS_KEY_ID=AKENV", "AWS_SECRET_ACCESS_KEY=S");
    session_t *session;

    config_file(two_profiles);
    CHECK_STR(key_id(loaded(options)), "AKENV");
    session = loaded(with_profile(options, "dev"));
    CHECK_STR(setting(session, "region"), "dev-1");
    CHECK_STR(key_id(session), "AKDEV"); /* it wins over keys of the environment */
    CHECK_STR(key_id(loaded(with_profile(options, ""))), "AKENV");
}

TEST(options_name_profile_and_region)
{
    session_t *session;

    config_file(two_profiles);
    session = loaded(with_config(with_profile(WITH(SHARED, "AWS_REGION=env-1"), "dev"), region_config("code-1")));
    CHECK_STR(setting(session, "region"), "code-1");
    CHECK_STR(key_id(session), "AKDEV");
    CHECK_STR(setting(loaded(with_profile(WITH(SHARED, "AWS_REGION=env-1"), "dev")), "region"), "env-1");
}

TEST(options_switch_shared_config_on_and_off)
{
    session_options_t *options = WITH_NOTHING;

    config_file(two_profiles);
    CHECK_STR(setting(loaded(options), "region"), NULL);
    CHECK_INT(session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE), SESSION_OK);
    CHECK_STR(setting(loaded(options), "region"), "default-1");
    CHECK_INT(session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_FROM_ENVIRONMENT), SESSION_OK);
    CHECK_STR(setting(loaded(options), "region"), NULL);
    options = WITH(SHARED);
    CHECK_INT(session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_DISABLE), SESSION_OK);
    CHECK_STR(setting(loaded(options), "region"), NULL);
}

TEST(an_environment_of_its_own_is_all_a_session_sees)
{
    set_environment("process-1", "AK");
    CHECK_STR(setting(loaded(WITH("AWS_REGION=own-1")), "region"), "own-1");
    CHECK_STR(setting(loaded(WITH_NOTHING), "region"), NULL);
    no_credentials(loaded(WITH("AWS_EC2_METADATA_DISABLED=true")));
    CHECK_STR(getenv("AWS_REGION"), "process-1");
}

TEST(a_session_outlives_its_options)
{
    session_options_t *options = session_options_new();
    session_config_t *config = session_config_new();
    session_t *session;

    session_config_set_region(config, "us-west-2");
    CHECK_INT(session_options_set_environment(options, (const char *[]){"AWS_MAX_ATTEMPTS", "4"}, 1), SESSION_OK);
    session_options_set_config(options, config);
    session_config_free(config);
    session = loaded(options);
    session_options_free(options);
    CHECK_STR(setting(session, "region"), "us-west-2");
    CHECK_STR(setting(session, "max_attempts"), "4");
}

/* ---- session_must_new ---- */

TEST(must_new_gives_a_session)
{
    session_t *session = own_session(session_must_new(WITH("AWS_REGION=us-west-2")));

    CHECK_STR(setting(session, "region"), "us-west-2");
}

TEST(must_new_aborts_with_the_error_on_stderr)
{
    session_options_t *options = with_profile(WITH_NOTHING, "nope");
    char printed[4096];
    size_t length = 0;
    ssize_t count;
    int ends[2], status = 0;
    pid_t child;

    CHECK_INT(pipe(ends), 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        session_must_new(options);
        _exit(0);
    }
    close(ends[1]);
    while ((count = read(ends[0], printed + length, sizeof printed - 1 - length)) > 0)
        length += (size_t)count;
    printed[length] = 0;
    close(ends[0]);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK_CONTAINS(printed, "SharedConfigProfileNotExistsError");
    CHECK_CONTAINS(printed, "nope");
}

/* ---- session_new_deferred ---- */

static session_request_t *list_buckets(const session_t *session)
{
    return request_of(client_of(session, "s3", NULL), "ListBuckets", "GET", "/", NULL);
}

TEST(deferred_is_like_new_where_nothing_is_wrong)
{
    struct fake_http fake = {.status = 200};
    session_t *session;

    set_environment("us-west-2", "AK");
    session = own_session(session_new_deferred(fake_config(&fake)));
    send_ok(list_buckets(session));
    CHECK_INT(fake.sent, 1);
    session = own_session(session_new_deferred(NULL));
    CHECK_STR(setting(session, "region"), "us-west-2");
    CHECK_STR(key_id(session), "AK");
}

static void note_stage(session_request_t *request, void *user_data)
{
    (void)request;
    ++*(int *)user_data;
}

/* The request fails in VALIDATE with exactly the error that a load gives. */
static void check_deferred(struct fake_http *fake, const session_t *session, const session_error_t *expected)
{
    session_request_t *request = list_buckets(session);
    session_handlers_t *handlers = own_handlers(session_request_handlers(request));
    const session_error_t *error;
    int built = 0, completed = 0;

    session_handlers_push_front(handlers, SESSION_STAGE_BUILD, NULL, note_stage, &built, NULL, NULL);
    session_handlers_push_front(handlers, SESSION_STAGE_COMPLETE, NULL, note_stage, &completed, NULL, NULL);
    error = send_error(request);
    CHECK_INT(session_error_status(error), session_error_status(expected));
    CHECK_STR(session_error_code(error), session_error_code(expected));
    CHECK_STR(session_error_text(error), session_error_text(expected));
    CHECK_STR(session_error_path(error), session_error_path(expected));
    CHECK_INT(session_error_line(error), session_error_line(expected));
    CHECK_INT(built, 0);
    CHECK_INT(completed, 1);
    CHECK_INT(fake->sent, 0);
}

static const session_error_t *load_error(const session_config_t *config)
{
    session_t *untouched = NULL;
    session_error_t *error = NULL;

    CHECK(session_new(config, &untouched, &error) != SESSION_OK);
    return own_error(error);
}

TEST(deferred_fails_at_the_first_request)
{
    struct fake_http fake = {.status = 200};
    session_config_t *config = fake_config(&fake);
    session_t *session;

    break_files();
    session = own_session(session_new_deferred(config));
    check_deferred(&fake, session, load_error(config));
    check_deferred(&fake, session, load_error(config)); /* each of them */
    check_deferred(&fake, copied(session, region_config("eu-west-1")), load_error(config));
    CHECK_STR(setting(session, "region"), "us-west-2"); /* what the program said is there */
    CHECK_CONTAINS(explained(session, SESSION_EXPLAIN_TEXT), "SharedConfigLoadError");

    unsetenv("AWS_SDK_LOAD_CONFIG");
    setenv("AWS_USE_FIPS_ENDPOINT", "maybe", 1);
    session = own_session(session_new_deferred(config));
    CHECK_STR(session_error_code(load_error(config)), "EnvConfigError");
    check_deferred(&fake, session, load_error(config));

    session_config_set(config, "max_retries", "many");
    session = own_session(session_new_deferred(config));
    CHECK_INT(session_error_status(load_error(config)), SESSION_ERR_INVALID_ARGUMENT);
    check_deferred(&fake, session, load_error(config));
}

TEST(deferred_has_no_credentials_where_the_load_failed)
{
    session_t *session;

    break_files();
    session = own_session(session_new_deferred(NULL));
    CHECK_STR(session_error_code(no_credentials(session)), "SharedConfigLoadError");
}

/* ---- session_default ---- */

static session_t *default_session(void)
{
    session_t *session = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_default(&session, &error), error);
    return own_session(session);
}

TEST(default_is_tried_again_after_a_failure)
{
    session_t *untouched = NULL;
    session_error_t *error = NULL;

    break_files();
    for (int i = 0; i < 2; i++) {
        CHECK_INT(session_default(&untouched, &error), SESSION_ERR_CONFIG_FILE);
        CHECK_STR(session_error_code(own_error(error)), "SharedConfigLoadError");
        CHECK(!untouched);
    }
    config_file("[default]\nregion = mended-1\n");
    CHECK_STR(setting(default_session(), "region"), "mended-1");
    break_files();
    CHECK_STR(setting(default_session(), "region"), "mended-1"); /* loaded once */
}

static void *push_to_default(void *argument)
{
    (void)argument;
    CHECK_INT(session_push_back(default_session(), SESSION_STAGE_SEND, "mine", note_stage, NULL, NULL, NULL), SESSION_OK);
    return NULL;
}

TEST(default_is_one_for_all)
{
    pthread_t thread;
    session_t *first;
    session_handlers_t *handlers;
    size_t before;

    set_environment("us-west-2", "AK");
    first = default_session();
    handlers = own_handlers(session_handlers(first));
    before = session_handlers_len(handlers, SESSION_STAGE_SEND);
    push_to_default(NULL);
    CHECK_INT(pthread_create(&thread, NULL, push_to_default, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT((long long)session_handlers_len(handlers, SESSION_STAGE_SEND), (long long)before + 2);
}

TEST(default_lives_on_when_a_handle_is_freed)
{
    session_t *session = NULL;

    set_environment("us-west-2", "AK");
    CHECK_INT(session_default(&session, NULL), SESSION_OK);
    session_free(session);
    set_environment("other-1", "AK");
    CHECK_STR(setting(default_session(), "region"), "us-west-2");
}

/* ---- session_copy ---- */

TEST(a_copy_overrides_what_it_is_given)
{
    session_t *session = loaded(WITH("AWS_REGION=us-west-2", "AWS_MAX_ATTEMPTS=4")), *copy, *second;
    session_config_t *overrides = region_config("eu-west-1");

    copy = copied(session, overrides);
    session_config_set_region(overrides, "changed-1");
    CHECK_STR(setting(copy, "region"), "eu-west-1");
    CHECK_STR(setting(copy, "max_attempts"), "4");
    CHECK_STR(setting(session, "region"), "us-west-2");
    session_config_unset(overrides, "region");
    session_config_set_max_attempts(overrides, 2);
    second = copied(copy, overrides);
    CHECK_STR(setting(second, "region"), "eu-west-1"); /* merged over what the first copy has */
    CHECK_STR(setting(second, "max_attempts"), "2");
    CHECK_STR(setting(copy, "max_attempts"), "4");
    CHECK_STR(setting(copied(second, NULL), "max_attempts"), "2");
    CHECK_STR(session_client_endpoint(client_of(second, "sqs", NULL)), "https://sqs.eu-west-1.amazonaws.com");
}

TEST(a_copy_refuses_a_bad_value)
{
    session_t *session = loaded(WITH_NOTHING), *untouched = NULL;
    session_config_t *overrides = own_config(session_config_new());
    session_error_t *error = NULL;

    session_config_set(overrides, "disable_ssl", "perhaps");
    CHECK_INT(session_copy(session, overrides, &untouched, &error), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(session_error_text(own_error(error)), "disable_ssl");
    CHECK(!untouched);
}

TEST(a_copy_reads_nothing_again)
{
    const char *config, *credentials;
    session_t *session, *copy;

    set_environment("us-west-2", "AK");
    unsetenv("AWS_ACCESS_KEY_ID");
    setenv("AWS_SDK_LOAD_CONFIG", "1", 1);
    config = config_file("[default]\nmax_attempts = 4\n");
    credentials = credentials_file("[default]\naws_access_key_id = AKFILE\naws_secret_access_key = S\n");
    session = new_session(NULL);
    CHECK_INT(unlink(config), 0);
    CHECK_INT(unlink(credentials), 0);
    setenv("AWS_REGION", "other-1", 1);
    setenv("AWS_MAX_ATTEMPTS", "not a number", 1);
    copy = copied(session, region_config("eu-west-1"));
    CHECK_STR(setting(copied(session, NULL), "region"), "us-west-2");
    CHECK_STR(setting(copy, "region"), "eu-west-1");
    CHECK_STR(setting(copy, "max_attempts"), "4");
    CHECK_STR(key_id(copy), "AKFILE");
    CHECK_STR(session_client_region(client_of(copy, "s3", NULL)), "eu-west-1");
}

TEST(a_copy_outlives_its_session)
{
    session_t *session = NULL, *copy = NULL;

    CHECK_INT(session_new_with_options(WITH("AWS_REGION=us-west-2"), &session, NULL), SESSION_OK);
    CHECK_INT(session_copy(session, NULL, &copy, NULL), SESSION_OK);
    session_free(session);
    CHECK_STR(setting(own_session(copy), "region"), "us-west-2");
}

/* A provider that counts how often it is asked, and freed. */
struct source {
    int calls, freed;
};

static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    struct source *source = user_data;
    char id[16];

    snprintf(id, sizeof id, "AK%d", ++source->calls);
    return session_provider_reply_set_keys(reply, id, "SK", NULL);
}

static void source_freed(void *user_data)
{
    ((struct source *)user_data)->freed++;
}

static void set_source(session_config_t *config, struct source *source)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;

    provider.retrieve = retrieve;
    provider.user_data = source;
    provider.free_user_data = source_freed;
    CHECK_INT(session_credentials_new_provider(&provider, &credentials, NULL), SESSION_OK);
    CHECK_INT(session_config_set_credentials(config, credentials), SESSION_OK);
    session_credentials_free(credentials);
}

TEST(a_copy_shares_the_credentials)
{
    static struct source source; /* freed behind the end of this function */
    session_config_t *config = own_config(session_config_new());
    session_t *session, *copy;
    session_credentials_t *credentials;

    set_source(config, &source);
    session = loaded(with_config(WITH_NOTHING, config));
    copy = copied(session, region_config("eu-west-1"));
    CHECK_STR(key_id(session), "AK1");
    CHECK_STR(key_id(copy), "AK1");
    CHECK_INT(source.calls, 1);
    credentials = own_credentials(session_credentials(copy));
    session_credentials_expire(credentials);
    CHECK_STR(key_id(session), "AK2");
    CHECK_STR(key_id(copied(copy, NULL)), "AK2");
    CHECK_INT(source.calls, 2);
}

TEST(a_copy_may_have_credentials_of_its_own)
{
    struct source first = {0, 0}, second = {0, 0};
    session_config_t *config = session_config_new(), *overrides = session_config_new();
    session_t *session = NULL, *copy = NULL;

    set_source(config, &first);
    set_source(overrides, &second);
    set_environment("us-west-2", "AK");
    CHECK_INT(session_new(config, &session, NULL), SESSION_OK);
    CHECK_INT(session_copy(session, overrides, &copy, NULL), SESSION_OK);
    session_config_free(config);
    session_config_free(overrides);
    key_id(copy);
    CHECK(first.calls == 0 && second.calls == 1);
    key_id(session);
    CHECK(first.calls == 1 && second.calls == 1);
    session_free(session);
    CHECK(second.freed == 0);
    session_free(copy);
    CHECK(first.freed == 1 && second.freed == 1);
}

struct counter {
    int runs, freed;
};

static void count_run(session_request_t *request, void *user_data)
{
    (void)request;
    ((struct counter *)user_data)->runs++;
}

static void counter_freed(void *user_data)
{
    ((struct counter *)user_data)->freed++;
}

static void push(session_t *session, struct counter *counter)
{
    CHECK_INT(session_push_back(session, SESSION_STAGE_BUILD, NULL, count_run, counter, counter_freed, NULL), SESSION_OK);
}

TEST(handlers_are_shared_until_the_copy)
{
    struct counter before = {0, 0}, in_session = {0, 0}, in_copy = {0, 0};
    struct fake_http fake = {.status = 200};
    session_t *session = NULL, *copy = NULL;

    CHECK_INT(session_new(fake_config(&fake), &session, NULL), SESSION_OK);
    push(session, &before);
    CHECK_INT(session_copy(session, NULL, &copy, NULL), SESSION_OK);
    push(session, &in_session);
    push(copy, &in_copy);
    for (int i = 0; i < 2; i++) {
        session_client_t *client = NULL;
        session_request_t *request = NULL;
        session_response_t *response = NULL;
        CHECK_INT(session_client_new(i ? copy : session, "s3", NULL, &client, NULL), SESSION_OK);
        CHECK_INT(session_request_new(client, "ListBuckets", "GET", "/", NULL, &request, NULL), SESSION_OK);
        CHECK_INT(session_request_send(request, &response, NULL), SESSION_OK);
        session_response_free(response);
        session_client_free(client); /* before its request */
        session_request_free(request);
    }
    CHECK(before.runs == 2 && in_session.runs == 1 && in_copy.runs == 1);
    session_free(session);
    CHECK(before.freed == 0 && in_session.freed == 1 && in_copy.freed == 0);
    session_free(copy);
    CHECK(before.freed == 1 && in_session.freed == 1 && in_copy.freed == 1);
}

/* ---- session_get_config ---- */

TEST(get_config_has_what_is_resolved)
{
    session_config_t *config = NULL;
    session_error_t *error = NULL;
    session_t *session;

    config_file("[default]\nmax_attempts = 4\nuse_fips_endpoint = TRUE\n");
    session = loaded(with_config(WITH(SHARED, "AWS_S3_USE_ARN_REGION=False"), region_config("us-west-2")));
    CHECK_OK(session_get_config(session, &config, &error), error);
    own_config(config);
    CHECK_STR(session_config_get(config, "region"), "us-west-2");
    CHECK_STR(session_config_get(config, "max_attempts"), "4");
    CHECK_STR(session_config_get(config, "use_fips_endpoint"), "true");
    CHECK_STR(session_config_get(config, "s3_use_arn_region"), "false");
    CHECK_STR(session_config_get(config, "retry_mode"), "standard");
    CHECK_STR(session_config_get(config, "endpoint"), NULL);
    session_config_set_region(config, "changed-1");
    CHECK_STR(setting(session, "region"), "us-west-2");
}

TEST(get_config_has_credentials_and_callbacks)
{
    struct fake_http fake = {.status = 200};
    static struct source source; /* freed behind the end of this function */
    session_config_t *given = fake_config(&fake), *config = NULL;

    set_source(given, &source);
    CHECK_INT(session_get_config(loaded(with_config(WITH_NOTHING, given)), &config, NULL), SESSION_OK);
    send_ok(list_buckets(loaded(with_config(WITH_NOTHING, own_config(config)))));
    CHECK_INT(fake.sent, 1);
    CHECK_INT(source.calls, 1);
    CHECK_CONTAINS(fake.authorization, "Credential=AK1/");
}

/* ---- Memory ---- */

/* Everything that a program may do with a session, done once. */
static void one_session(const session_options_t *options, const session_options_t *bad)
{
    session_t *session = NULL, *copy = NULL, *untouched = NULL;
    session_client_t *client = NULL;
    session_request_t *request = NULL;
    session_config_t *config = NULL;
    session_error_t *error = NULL;
    struct counter counter = {0, 0};
    char *url = NULL, *report = NULL;

    CHECK_INT(session_new_with_options(options, &session, NULL), SESSION_OK);
    CHECK_INT(session_push_back(session, SESSION_STAGE_SEND, "mine", count_run, &counter, counter_freed, NULL), SESSION_OK);
    CHECK_INT(session_get_config(session, &config, NULL), SESSION_OK);
    CHECK_INT(session_copy(session, config, &copy, NULL), SESSION_OK);
    CHECK_INT(session_client_new(copy, "s3", NULL, &client, NULL), SESSION_OK);
    CHECK_INT(session_request_new(client, "GetObject", "GET", "/{Bucket}", "{\"Bucket\": \"b\"}", &request, NULL), SESSION_OK);
    CHECK_INT(session_request_presign(request, 60, &url, NULL), SESSION_OK);
    CHECK_INT(session_explain(copy, SESSION_EXPLAIN_JSON, &report, NULL), SESSION_OK);
    CHECK_INT(session_new_with_options(bad, &untouched, &error), SESSION_ERR_PROFILE_NOT_FOUND);
    session_error_free(error);
    session_string_free(report);
    session_string_free(url);
    session_free(session);
    session_config_free(config);
    session_client_free(client);
    session_free(copy);
    session_request_free(request);
    CHECK_INT(counter.freed, 1);
}

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
/* What is allocated now. The caches of threads, which count as allocated, must be off: see below. */
static long long allocated(void)
{
    struct mallinfo2 info = mallinfo2();

    return (long long)(info.uordblks + info.hblkhd);
}

TEST(a_thousand_sessions_leave_no_more_than_one)
{
    session_options_t *options, *bad;
    long long after_one, after_all;

    if (!getenv("GLIBC_TUNABLES") && !is_watched()) { /* read when a program starts */
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
        execl("/proc/self/exe", "test_session", "a_thousand_sessions_leave_no_more_than_one", (char *)NULL);
        CHECK(!"this program could not be started again");
    }
    config_file(two_profiles);
    options = with_profile(WITH(SHARED), "dev");
    bad = with_profile(WITH(SHARED), "nope");
    one_session(options, bad);
    after_one = allocated();
    for (int i = 1; i < (is_watched() ? 10 : 1000); i++)
        one_session(options, bad);
    after_all = allocated();
    CHECK_INT(after_all, after_one);
}
#endif

/* ---- Threads ---- */

struct crew {
    session_t *shared;
    const session_options_t *options, *bad;
};

/* Loads, copies, changes and frees, and checks each result: none may mix with another's. */
static void *work(void *argument)
{
    const struct crew *crew = argument;
    struct counter counter = {0, 0};

    for (int i = 0; i < 40; i++) {
        session_t *own = NULL, *copy = NULL, *untouched = NULL, *process = NULL;
        session_config_t *overrides = session_config_new();
        session_config_t *config = NULL;
        session_error_t *error = NULL;
        char region[32];

        snprintf(region, sizeof region, "r%d-%lx", i, (unsigned long)pthread_self());
        session_config_set_region(overrides, region);
        CHECK_INT(session_new_with_options(crew->options, &own, NULL), SESSION_OK);
        CHECK_INT(session_copy(i % 2 ? own : crew->shared, overrides, &copy, NULL), SESSION_OK);
        CHECK_INT(session_get_config(copy, &config, NULL), SESSION_OK);
        CHECK_STR(session_config_get(config, "region"), region);
        CHECK_STR(session_config_get(config, "max_attempts"), "4");
        session_config_free(config);
        CHECK_INT(session_push_back(crew->shared, SESSION_STAGE_BUILD, region, count_run, &counter, NULL, NULL), SESSION_OK);
        CHECK_INT(session_new_with_options(crew->bad, &untouched, &error), SESSION_ERR_PROFILE_NOT_FOUND);
        CHECK_CONTAINS(session_error_text(error), "nope");
        CHECK_INT(session_default(&process, NULL), SESSION_OK);
        session_free(process);
        session_error_free(error);
        session_free(own);
        session_config_free(overrides);
        session_free(copy);
    }
    return NULL;
}

TEST(threads_load_and_copy_at_once)
{
    pthread_t threads[8];
    struct crew crew;
    session_handlers_t *handlers;
    size_t before;

    set_environment("us-west-2", "AK");
    crew.options = WITH("AWS_MAX_ATTEMPTS=4", "AWS_REGION=us-west-2");
    crew.bad = with_profile(WITH_NOTHING, "nope");
    crew.shared = loaded(crew.options);
    handlers = own_handlers(session_handlers(crew.shared));
    before = session_handlers_len(handlers, SESSION_STAGE_BUILD);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, work, &crew), 0);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT((long long)session_handlers_len(handlers, SESSION_STAGE_BUILD), (long long)before + 8 * 40);
}

TEST(a_child_process_has_sessions_too)
{
    session_t *session;
    pid_t child;
    int status = 0;

    set_environment("us-west-2", "AK");
    session = default_session();
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        setenv("AWS_REGION", "child-1", 1);
        CHECK_STR(setting(new_session(NULL), "region"), "child-1");
        CHECK_STR(setting(copied(session, NULL), "region"), "us-west-2");
        CHECK_STR(setting(default_session(), "region"), "us-west-2");
        exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK_STR(setting(default_session(), "region"), "us-west-2");
}
