#define _POSIX_C_SOURCE 200809L
#include "transport_libcurl.h"

#include <curl/curl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_IDLE 16

/* Handles that nobody uses; each keeps its connections. */
struct pool {
    pthread_mutex_t lock;
    pid_t process;
    CURL *idle[MOST_IDLE];
    size_t count;
};

/* A request on its way. */
struct exchange {
    session_http_request_t *request;
    session_http_reply_t *reply;
    int is_final; /* the head that comes is not that of an interim reply (1xx) */
    int in_body;  /* what comes now as headers are trailers */
};

/* ---- Handles */

static CURL *take(struct pool *pool)
{
    CURL *handle = NULL;

    pthread_mutex_lock(&pool->lock);
    if (pool->process != getpid()) { /* a child leaves its parent's connections alone, and so the handles that hold them */
        pool->process = getpid();
        pool->count = 0;
    }
    if (pool->count > 0)
        handle = pool->idle[--pool->count];
    pthread_mutex_unlock(&pool->lock);
    return handle != NULL ? handle : curl_easy_init();
}

static void give_back(struct pool *pool, CURL *handle)
{
    curl_easy_reset(handle); /* options; connections stay */
    pthread_mutex_lock(&pool->lock);
    if (pool->count < MOST_IDLE && pool->process == getpid()) {
        pool->idle[pool->count++] = handle;
        handle = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    curl_easy_cleanup(handle); /* takes NULL */
}

static void free_pool(void *user_data)
{
    struct pool *pool = user_data;

    while (pool->process == getpid() && pool->count > 0)
        curl_easy_cleanup(pool->idle[--pool->count]);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* ---- What libcurl asks for in the course of a request */

static size_t read_body(char *buffer, size_t size, size_t count, void *data)
{
    struct exchange *exchange = data;
    size_t length = 0;

    if (session_http_request_read_body(exchange->request, buffer, size * count, &length) != SESSION_OK)
        return CURL_READFUNC_ABORT;
    return length;
}

static int rewind_body(void *data, curl_off_t offset, int origin)
{
    struct exchange *exchange = data;

    if (offset != 0 || origin != SEEK_SET || session_http_request_rewind_body(exchange->request) != SESSION_OK)
        return CURL_SEEKFUNC_FAIL;
    return CURL_SEEKFUNC_OK;
}

/* A line of a head, with its line feed: the status, a header, or the empty line at the end. */
static size_t take_line(char *line, size_t size, size_t count, void *data)
{
    struct exchange *exchange = data;
    size_t length = size * count;
    const char *colon = memchr(line, ':', length);
    char *name, *value;
    session_status_t status = SESSION_OK;

    if (exchange->in_body)
        return length;
    if (length > 9 && memcmp(line, "HTTP/", 5) == 0) {
        int code = (int)strtol(line + 9, NULL, 10);
        exchange->is_final = code >= 200;
        if (exchange->is_final)
            status = session_http_reply_set_status(exchange->reply, code);
    } else if (colon != NULL && exchange->is_final) {
        size_t end = length;
        while (end > 0 && (line[end - 1] == '\n' || line[end - 1] == '\r'))
            end--;
        name = strndup(line, (size_t)(colon - line));
        value = strndup(colon + 1, (size_t)(line + end - colon - 1));
        status = session_http_reply_add_header(exchange->reply, name, value); /* refuses NULL */
        free(name), free(value);
    }
    return status == SESSION_OK ? length : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    struct exchange *exchange = data;

    exchange->in_body = 1;
    return session_http_reply_write(exchange->reply, bytes, size * count) == SESSION_OK ? size * count : 0;
}

static int on_progress(void *data, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent)
{
    struct exchange *exchange = data;

    (void)to_receive, (void)received, (void)to_send, (void)sent;
    return session_http_request_is_canceled(exchange->request); /* asked about once a second */
}

/* ---- A request */

/* Adds a line to a list; without memory the list is given up, and stays NULL. */
static int add(struct curl_slist **list, const char *name, const char *between, const char *value)
{
    struct curl_slist *longer = NULL;
    char *line = malloc(strlen(name) + strlen(between) + strlen(value) + 1);

    if (line != NULL) {
        sprintf(line, "%s%s%s", name, between, value);
        longer = curl_slist_append(*list, line);
        free(line);
    }
    if (longer == NULL)
        curl_slist_free_all(*list);
    *list = longer;
    return longer != NULL;
}

/* The headers as they are signed; of its own libcurl shall add none. NULL: no memory. */
static struct curl_slist *headers_of(const session_http_request_t *request)
{
    static const char *const not_of_its_own[] = {"Accept", "Expect", "Content-Type", "User-Agent"};
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < session_http_request_header_count(request); i++) {
        const char *value = session_http_request_header_value(request, i);
        /* "Name;" sends a header without a value, "Name:" takes one away. */
        if (!add(&list, session_http_request_header_name(request, i), *value == '\0' ? ";" : ": ", value))
            return NULL;
    }
    for (size_t i = 0; i < sizeof not_of_its_own / sizeof *not_of_its_own; i++)
        if (session_http_request_header(request, not_of_its_own[i]) == NULL && !add(&list, not_of_its_own[i], ":", ""))
            return NULL;
    return list;
}

static char *url_of(const session_http_request_t *request)
{
    const char *scheme = session_http_request_scheme(request), *host = session_http_request_host(request),
               *target = session_http_request_target(request);
    char *url = malloc(strlen(scheme) + strlen(host) + strlen(target) + 4);

    if (url != NULL)
        sprintf(url, "%s://%s%s", scheme, host, target);
    return url;
}

/* libcurl's 0 is no limit. */
static long limit(uint64_t milliseconds)
{
    return milliseconds >= LONG_MAX ? 0 : milliseconds == 0 ? 1 : (long)milliseconds;
}

static void set_limits(CURL *handle, const session_http_request_t *request)
{
    uint64_t silence = session_http_request_read_timeout_ms(request);

    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, limit(session_http_request_connect_timeout_ms(request)));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, limit(session_http_request_total_timeout_ms(request)));
    if (silence != UINT64_MAX) { /* less than a byte a second, for so many seconds */
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, limit(silence / 1000));
    }
}

static void set_body(CURL *handle, struct exchange *exchange)
{
    int64_t length = session_http_request_body_length(exchange->request);
    const char *method = session_http_request_method(exchange->request);

    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (length != 0) {
        curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length); /* -1: in chunks */
        curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_body);
        curl_easy_setopt(handle, CURLOPT_READDATA, exchange);
        curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, rewind_body);
        curl_easy_setopt(handle, CURLOPT_SEEKDATA, exchange);
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
}

static void set_all(CURL *handle, struct exchange *exchange, const char *url, struct curl_slist *headers, char *why)
{
    session_purpose_t purpose = session_http_request_purpose(exchange->request);

    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);   /* signals are the program's */
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L); /* the path is signed: `..` stays in it */
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_line);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, exchange);
    if (purpose == SESSION_PURPOSE_IMDS || purpose == SESSION_PURPOSE_CONTAINER)
        curl_easy_setopt(handle, CURLOPT_PROXY, ""); /* credentials of this machine: nobody in between */
    set_limits(handle, exchange->request);
    set_body(handle, exchange);
}

static session_status_t fail(session_http_reply_t *reply, CURLcode code, const char *why)
{
    session_http_reply_set_error(reply, "", *why != '\0' ? why : curl_easy_strerror(code));
    return code == CURLE_OPERATION_TIMEDOUT ? SESSION_ERR_TIMEOUT : SESSION_ERR_TRANSPORT;
}

static session_status_t send_request(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    struct exchange exchange = {request, reply, 0, 0};
    struct curl_slist *headers = headers_of(request);
    char *url = url_of(request), why[CURL_ERROR_SIZE] = "";
    CURL *handle = take(user_data);
    CURLcode code = CURLE_OUT_OF_MEMORY;

    if (handle != NULL && url != NULL && headers != NULL) {
        set_all(handle, &exchange, url, headers, why);
        code = curl_easy_perform(handle);
    }
    if (handle != NULL)
        give_back(user_data, handle);
    curl_slist_free_all(headers);
    free(url);
    return code == CURLE_OK ? SESSION_OK : fail(reply, code, why);
}

session_transport_t libcurl_transport(void)
{
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        return transport;
    }
    pool->process = getpid();
    transport.send = send_request;
    transport.user_data = pool;
    transport.free_user_data = free_pool;
    return transport;
}
