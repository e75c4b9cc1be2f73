/* Cancellation and deadlines. */
#include "check.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

/* A provider that answers when it is let. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int asked, may_answer;

static void set(int *flag)
{
    pthread_mutex_lock(&lock);
    *flag = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for(const int *flag)
{
    pthread_mutex_lock(&lock);
    while (!*flag)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static session_status_t retrieve(session_provider_reply_t *reply, void *user_data)
{
    (void)user_data;
    set(&asked);
    wait_for(&may_answer);
    return session_provider_reply_set_keys(reply, "AK", "SK", NULL);
}

static session_credentials_t *slow_credentials(void)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_error_t *error = NULL;

    provider.retrieve = retrieve;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, &error), error);
    return credentials;
}

struct caller {
    pthread_t thread;
    session_credentials_t *credentials;
    session_cancel_t *cancel;
    session_status_t status;
    session_error_t *error;
    int64_t ended;
};

static void *call(void *data)
{
    struct caller *caller = data;
    session_credentials_value_t *value = NULL;

    caller->status = session_credentials_get(caller->credentials, 0, caller->cancel, &value, &caller->error);
    caller->ended = now_ms();
    CHECK((value != NULL) == (caller->status == SESSION_OK));
    session_credentials_value_free(value);
    return NULL;
}

static void start(struct caller *caller, session_credentials_t *credentials, session_cancel_t *cancel)
{
    caller->credentials = credentials;
    caller->cancel = cancel;
    CHECK_INT(pthread_create(&caller->thread, NULL, call, caller), 0);
}

TEST(a_cancel_frees_its_caller_alone)
{
    session_credentials_t *credentials = slow_credentials();
    session_cancel_t *cancel = session_cancel_new(), *other = session_cancel_copy(cancel);
    struct caller first = {0}, waiting = {0}, patient = {0};
    session_credentials_value_t *value = NULL;

    start(&first, credentials, NULL);
    wait_for(&asked);
    start(&waiting, credentials, cancel);
    start(&patient, credentials, NULL);
    pause_ms(50);
    session_cancel_now(other); /* by the other handle */
    session_cancel_free(other);
    pthread_join(waiting.thread, NULL); /* which ends while the provider has not answered */
    CHECK_INT(waiting.status, SESSION_ERR_CANCELED);
    CHECK_STR(session_error_code(waiting.error), "RequestCanceled");
    CHECK_STR(session_error_message(waiting.error), "request context canceled");
    CHECK(!session_error_is_retryable(waiting.error));
    session_error_free(waiting.error);
    /* The retrieval goes on, and what it gives is kept. */
    CHECK_INT(session_credentials_try_get(credentials, &value, NULL), SESSION_ERR_CREDENTIALS);
    set(&may_answer);
    pthread_join(first.thread, NULL);
    pthread_join(patient.thread, NULL);
    CHECK_OK(first.status, first.error);
    CHECK_OK(patient.status, patient.error);
    CHECK_OK(session_credentials_try_get(credentials, &value, NULL), NULL);
    session_credentials_value_free(value);
    session_cancel_free(cancel);
    session_credentials_free(credentials);
}

TEST(a_deadline_passes)
{
    session_credentials_t *credentials = slow_credentials();
    session_cancel_t *cancel = session_cancel_new();
    struct caller first = {0}, waiting = {0};
    int64_t begin = now_ms();

    start(&first, credentials, NULL);
    wait_for(&asked);
    session_cancel_set_timeout_ms(cancel, 60);
    start(&waiting, credentials, cancel);
    pthread_join(waiting.thread, NULL);
    CHECK_INT(waiting.status, SESSION_ERR_TIMEOUT);
    CHECK_STR(session_error_code(waiting.error), "RequestCanceled");
    CHECK_CONTAINS(session_error_text(waiting.error), "deadline exceeded");
    CHECK(waiting.ended - begin >= 60);
    session_error_free(waiting.error);
    set(&may_answer);
    pthread_join(first.thread, NULL);
    session_cancel_free(cancel);
    session_credentials_free(credentials);
}

TEST(who_has_cancelled_before_does_not_ask)
{
    session_credentials_t *credentials = slow_credentials();
    session_cancel_t *cancel = session_cancel_new();
    session_error_t *error = NULL;

    session_cancel_now(cancel);
    session_cancel_now(cancel); /* it stays cancelled */
    session_cancel_set_timeout_ms(cancel, UINT64_MAX);
    CHECK_INT(session_credentials_refresh(credentials, cancel, &error), SESSION_ERR_CANCELED);
    session_error_free(error);
    CHECK_INT(asked, 0);
    session_cancel_free(cancel);
    cancel = session_cancel_new();
    session_cancel_set_timeout_ms(cancel, 0);
    CHECK_INT(session_credentials_refresh(credentials, cancel, NULL), SESSION_ERR_TIMEOUT);
    CHECK_INT(asked, 0);
    session_cancel_set_timeout_ms(cancel, UINT64_MAX); /* no deadline any more */
    set(&may_answer);
    CHECK_OK(session_credentials_refresh(credentials, cancel, NULL), NULL);
    CHECK_INT(asked, 1);
    session_cancel_free(cancel);
    session_credentials_free(credentials);
}

TEST(null_is_ignored)
{
    CHECK(session_cancel_copy(NULL) == NULL);
    session_cancel_set_timeout_ms(NULL, 1);
    session_cancel_now(NULL);
    session_cancel_free(NULL);
}
