/*
 * Our side of the comparison with the peers: ours CASE... prints, for each case, a line of
 * case, "ours", nanoseconds per operation, allocations and bytes of one operation, and a note, with tabs between.
 *
 * The cases, and the work that each does, are those of the peers' programs; what is measured is checked. CPU-bound cases
 * are process CPU time; creds.* and req.* are wall time. PEERS_N fixes the number of operations, for instruction counts.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char *const access_key = "AKIAEXAMPLEEXAMPLE00";
static const char *const secret_key = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";

/* ---- Allocations of the library are counted: it calls these. ---- */

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);
static volatile int counting;
static long allocations, allocated;

static void count(size_t size)
{
    if (counting)
        allocations++, allocated += (long)size;
}
void *malloc(size_t size) { return count(size), __libc_malloc(size); }
void *calloc(size_t number, size_t size) { return count(number * size), __libc_calloc(number, size); }
void *realloc(void *old, size_t size) { return count(size), __libc_realloc(old, size); }
int posix_memalign(void **out, size_t alignment, size_t size)
{
    return count(size), (*out = __libc_memalign(alignment, size)) == NULL;
}

/* ---- Measuring ---- */

static session_error_t *error;

static void check(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s: %s\n", what, error != NULL ? session_error_text(error) : "not what was expected");
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print(const char *name, double ns, const char *note)
{
    printf("%s\tours\t%.1f\t%ld\t%ld\t%s\n", name, ns, allocations, allocated, note);
    allocations = allocated = -1;
}

/* Grows the number of operations until they take 300 ms, then counts the allocations of one more. */
static void bench(const char *name, const char *note, void (*operation)(void *), void *data)
{
    const char *fixed = getenv("PEERS_N");
    if (fixed != NULL) {
        for (long n = atol(fixed); n > 0; n--)
            operation(data);
        return;
    }
    double taken = 0, ns = 0;
    for (long n = 1; taken < 0.3; n *= 4) {
        double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (long i = 0; i < n; i++)
            operation(data);
        taken = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
        ns = taken * 1e9 / (double)n;
    }
    allocations = allocated = 0;
    counting = 1;
    operation(data);
    counting = 0;
    print(name, ns, note);
}

/* ---- Sessions ---- */

static void load(void *data)
{
    const char *profile = data;
    session_options_t *options = session_options_new();
    session_t *session = NULL;
    session_config_t *config = NULL;

    session_options_set_shared_config_state(
        options, profile != NULL ? SESSION_SHARED_CONFIG_ENABLE : SESSION_SHARED_CONFIG_DISABLE);
    check(!session_new_with_options(options, &session, &error), "session");
    if (getenv("OURS_CHECK") != NULL) {
        session_credentials_t *credentials = session_credentials(session);
        session_credentials_value_t *value = NULL;
        check(!session_get_config(session, &config, &error) && session_config_get(config, "region"), "region");
        if (strncmp(getenv("OURS_CHECK"), "chain", 5) != 0) {
            check(!session_credentials_get(credentials, 0, NULL, &value, &error), "credentials");
            check(!strcmp(session_credentials_value_access_key_id(value), access_key), "access key");
        }
        session_credentials_value_free(value), session_credentials_free(credentials), session_config_free(config);
    }
    session_free(session), session_options_free(options);
}

static session_t *session_of_keys(void)
{
    session_config_t *config = session_config_new();
    session_credentials_t *credentials = NULL;
    session_t *session = NULL;
    check(!session_credentials_new_static(access_key, secret_key, NULL, &credentials, &error), "keys");
    session_config_set_credentials(config, credentials);
    session_config_set_region(config, "us-east-1");
    session_config_set_s3_force_path_style(config, true);
    if (getenv("PEERS_ENDPOINT") != NULL)
        session_config_set_endpoint(config, getenv("PEERS_ENDPOINT"));
    check(!session_new(config, &session, &error), "session");
    session_credentials_free(credentials), session_config_free(config);
    return session;
}

struct copy { session_t *session; session_config_t *west; };

static void copy(void *data)
{
    struct copy *copy = data;
    session_t *west = NULL;
    check(!session_copy(copy->session, copy->west, &west, &error), "copy");
    session_free(west);
}

static void make_client(void *data)
{
    session_client_t *client = NULL;
    check(!session_client_new(data, "s3", NULL, &client, &error), "client");
    check(session_client_endpoint(client)[0] == 'h', "endpoint");
    session_client_free(client);
}

/* ---- Handlers ---- */

static session_status_t stub(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    long *sent = user_data;
    check(session_http_request_header(request, "Authorization") != NULL, "signature");
    ++*sent;
    return session_http_reply_set_status(reply, 200);
}

static void nothing(session_request_t *request, void *user_data)
{
    (void)request;
    ++*(long *)user_data;
}

static void get_object(void *data)
{
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    const char *body = NULL;
    check(!session_request_new(data, "GetObject", "GET", "/{Bucket}/{Key+}",
                               "{\"Bucket\":\"bucket\",\"Key\":\"some/key/name.txt\"}", &request, &error) &&
              !session_request_send(request, &response, &error) &&
              !session_response_body(response, 1 << 20, &body, NULL, &error),
          "GetObject");
    session_response_free(response), session_request_free(request);
}

static void handlers(const char *name, int number)
{
    static long called, sent;
    session_t *session = session_of_keys();
    session_config_t *config = session_config_new();
    session_client_t *client = NULL;
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    transport.send = stub, transport.user_data = &sent;
    session_config_set_transport(config, &transport);
    for (int i = 0; i < number; i++)
        check(!session_push_back(session, SESSION_STAGE_SIGN, NULL, nothing, &called, NULL, &error), "handler");
    check(!session_client_new(session, "s3", config, &client, &error), "client");
    called = sent = 0;
    bench(name, "GetObject, transport stubbed, N handlers", get_object, client);
    check(sent > 0 && called == number * sent, "each handler, once a request");
    session_client_free(client), session_config_free(config), session_free(session);
}

/* ---- Credentials ---- */

static void *get_credentials(void *data)
{
    struct { session_credentials_t *credentials; long number; } *work = data;
    for (long i = 0; i < work->number; i++) {
        session_credentials_value_t *value = NULL;
        if (session_credentials_get(work->credentials, 0, NULL, &value, NULL) ||
            session_credentials_value_access_key_id(value)[0] != 'A')
            abort();
        session_credentials_value_free(value);
    }
    return NULL;
}

static void credentials(const char *name, int threads)
{
    struct { session_credentials_t *credentials; long number; } work = {NULL, 2000000 / threads};
    pthread_t ids[64];
    check(!session_credentials_new_static(access_key, secret_key, NULL, &work.credentials, &error), "keys");
    double start = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, get_credentials, &work);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    double taken = seconds(CLOCK_MONOTONIC) - start;
    work.number = 1;
    get_credentials(&work); /* a thread's first get makes its stripe */
    allocations = allocated = 0, counting = 1;
    get_credentials(&work);
    counting = 0;
    print(name, taken * 1e9 / (double)(2000000 / threads * threads), "get and free of a handle; wall/total ops");
    session_credentials_free(work.credentials);
}

/* ---- Signing: path and time differ from one signature to the next ---- */

struct signing { session_signing_t *signing; const char *method; int presign; long number; };

static void sign(void *data)
{
    struct signing *work = data;
    session_signed_t *result = NULL;
    char url[96];
    snprintf(url, sizeof url, "https://bucket.s3.us-east-1.amazonaws.com/some/key/name%03ld.txt", work->number % 1000);
    session_signing_set_time(work->signing, 1770000000 + work->number++ % 3600);
    check(!(work->presign ? session_presign(work->signing, work->method, url, 900, &result, &error)
                          : session_sign(work->signing, work->method, url, &result, &error)) &&
              strlen(session_signed_signature(result)) == 64,
          "signature");
    session_signed_free(result);
}

static void signatures(const char *name, const char *kind)
{
    struct signing work = {session_signing_new("s3", "us-east-1"), "GET", !strcmp(kind, "presign"), 0};
    session_credentials_t *keys = NULL;
    session_credentials_value_t *value = NULL;
    check(!session_credentials_new_static(access_key, secret_key, NULL, &keys, &error) &&
              !session_credentials_get(keys, 0, NULL, &value, &error),
          "keys");
    session_signing_set_credentials(work.signing, value);
    if (!strcmp(kind, "put1m")) {
        void *body = calloc(1, 1 << 20);
        session_signing_set_payload(work.signing, body, 1 << 20), work.method = "PUT";
        free(body);
    }
    bench(name, "session_sign or session_presign", sign, &work);
    session_credentials_value_free(value), session_credentials_free(keys), session_signing_free(work.signing);
}

/* ---- Whole requests ---- */

struct calls { session_client_t *client; int put, big, number; const void *body; size_t length; double *latency; };

static void *call(void *data)
{
    static const char *const params[] = {"{\"Bucket\":\"bucket\",\"Key\":\"small\"}", "{\"Bucket\":\"bucket\",\"Key\":\"64m\"}",
                                         "{\"Bucket\":\"bucket\",\"Key\":\"put\"}"};
    struct calls *calls = data;
    char *buffer = calls->put ? NULL : malloc(1 << 18);
    for (int i = 0; i < calls->number; i++) {
        session_request_t *request = NULL;
        session_response_t *response = NULL;
        size_t length = 1, total = 0;
        double start = seconds(CLOCK_MONOTONIC);
        check(!session_request_new(calls->client, calls->put ? "PutObject" : "GetObject", calls->put ? "PUT" : "GET",
                                   "/{Bucket}/{Key+}", params[calls->put ? 2 : calls->big], &request, &error),
              "request");
        session_request_set_header(request, "Expect", "");
        session_request_remove_header(request, "Expect");
        if (calls->put)
            session_request_set_body_borrowed(request, calls->body, calls->length, NULL, NULL);
        check(!session_request_send(request, &response, &error), "send");
        while (!calls->put && length > 0) {
            check(!session_response_read(response, buffer, 1 << 18, &length, &error), "read");
            total += length;
        }
        check(calls->put || total == (calls->big ? 64u << 20 : 66u) || !calls->big, "length");
        session_response_free(response), session_request_free(request);
        calls->latency[i] = seconds(CLOCK_MONOTONIC) - start;
    }
    free(buffer);
    return NULL;
}

static int ascending(const void *one, const void *other)
{
    double x = *(const double *)one, y = *(const double *)other;
    return (x > y) - (x < y);
}

static void requests(const char *name, int put, int big, int threads)
{
    session_t *session = session_of_keys();
    session_config_t *config = session_config_new();
    session_client_t *client = NULL;
    int number = (big ? 8 : 2000) / threads, all = number * threads;
    size_t length = big ? 64u << 20 : 1024;
    char *body = malloc(length);
    double *latency = calloc((size_t)all, sizeof *latency);
    struct calls calls[64];
    pthread_t ids[64];
    char note[128];

    memset(body, 'x', length);
    session_config_set_s3_disable_100_continue(config, true);
    check(!session_client_new(session, "s3", config, &client, &error), "client");
    for (int i = 0; i < threads; i++)
        calls[i] = (struct calls){client, put, big, number, body, length, latency + i * number};
    struct calls first = {client, put, big, 2, body, length, latency};
    call(&first);
    double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, call, &calls[i]);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    double taken = seconds(CLOCK_MONOTONIC) - start;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    qsort(latency, (size_t)all, sizeof *latency, ascending);
    snprintf(note, sizeof note, "cpu_us=%.1f p50_us=%.1f p99_us=%.1f", cpu * 1e6 / all, latency[all / 2] * 1e6,
             latency[all * 99 / 100] * 1e6);
    allocations = allocated = -1;
    print(name, taken * 1e9 / all, note);
    free(latency), free(body);
    session_client_free(client), session_config_free(config), session_free(session);
}

int main(int count, char **cases)
{
    for (int i = 1; i < count; i++) {
        const char *name = cases[i], *part = strchr(name, '.') + 1;
        if (!strncmp(name, "session.", 8)) {
            const char *profile = getenv("PEERS_ENV_ONLY") != NULL ? NULL : getenv("AWS_PROFILE");
            setenv("OURS_CHECK", part, 1);
            load((void *)profile);
            unsetenv("OURS_CHECK");
            bench(name, "session_new_with_options", load, (void *)profile);
        } else if (!strcmp(name, "copy.region")) {
            struct copy data = {session_of_keys(), session_config_new()};
            session_config_set_region(data.west, "eu-west-1");
            bench(name, "session_copy and session_free", copy, &data);
            session_free(data.session), session_config_free(data.west);
        } else if (!strcmp(name, "client.s3")) {
            unsetenv("PEERS_ENDPOINT");
            session_t *session = session_of_keys();
            bench(name, "session_client_new and session_client_free", make_client, session);
            session_free(session);
        } else if (!strncmp(name, "handlers.", 9)) {
            handlers(name, atoi(part));
        } else if (!strncmp(name, "creds.t", 7)) {
            credentials(name, atoi(name + 7));
        } else if (!strncmp(name, "sign.", 5)) {
            signatures(name, part);
        } else if (!strncmp(name, "req.", 4)) {
            requests(name, !strncmp(part, "put", 3), strstr(part, "64m") != NULL, atoi(strrchr(name, 'c') + 1));
        } else {
            fprintf(stderr, "unknown case %s\n", name);
            return 2;
        }
    }
    return 0;
}
