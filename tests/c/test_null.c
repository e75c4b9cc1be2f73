/*
 * NULL for each pointer of each function: refused by name where the header asks for an object, else the value that it
 * promises; what was to receive a result is not touched. The rows, a test for each function, are in null_rows.h.
 */
#include "header_functions.h"
#include "wire.h"

static char mark;
static int freed;

static void count_free(void *user_data)
{
    CHECK(user_data == &mark);
    freed++;
}

static int64_t no_clock(void *user_data)
{
    (void)user_data;
    return 0;
}

static void no_log(int level, const char *line, void *user_data)
{
    (void)level, (void)line, (void)user_data;
}

static void no_handler(session_request_t *request, void *user_data)
{
    (void)request, (void)user_data;
}

static bool no_after_each(size_t index, const char *name, session_request_t *request, void *user_data)
{
    (void)index, (void)name, (void)request, (void)user_data;
    return true;
}

static session_status_t no_token(session_token_request_t *request, void *user_data)
{
    (void)request, (void)user_data;
    return SESSION_ERR_CREDENTIALS;
}

/* The test of a function. */
#define ROW(function) TEST(null_##function)

/* What an output holds that must not be written. */
#define MARKED ((void *)&mark)

/* Status functions, whose error nobody sees. */
#define REFUSED(call) CHECK_INT(call, SESSION_ERR_INVALID_ARGUMENT)
#define TAKEN(call) CHECK_INT(call, SESSION_OK)

/* Functions with an error: called with one that holds rubbish, which is never read, and with none. */
#define REFUSES(parameter, function, ...)                                        \
    do {                                                                         \
        session_error_t *error_ = MARKED;                                        \
        REFUSED(function(__VA_ARGS__, &error_));                                 \
        CHECK_STR(session_error_message(error_), "`" parameter "` is NULL");     \
        CHECK_STR(session_error_code(error_), "InvalidArgument");                \
        CHECK_INT(session_error_status(error_), SESSION_ERR_INVALID_ARGUMENT);   \
        session_error_free(error_);                                              \
        REFUSED(function(__VA_ARGS__, NULL));                                    \
    } while (0)
#define TAKES(function, ...)                         \
    do {                                             \
        session_error_t *error_ = MARKED;            \
        TAKEN(function(__VA_ARGS__, &error_));       \
        CHECK(!error_);                              \
    } while (0)

/* What was remembered is the error of the load. */
#define REMEMBERED(config, parameter) CHECK_STR(session_error_message(config_error(config)), "`" parameter "` is NULL")

#define EMPTY_TEXT(function) \
    ROW(function) { CHECK_STR(function(NULL), ""); }
#define NOTHING(function) \
    ROW(function) { CHECK(function(NULL) == NULL); }
#define NUMBER(function, expected) \
    ROW(function) { CHECK_INT((long long)function(NULL), (long long)(expected)); }
#define NO_INDEX(function)                        \
    ROW(function)                                 \
    {                                             \
        CHECK(function(NULL, 0) == NULL);         \
        CHECK(function(NULL, SIZE_MAX) == NULL);  \
    }
#define IGNORED(function) \
    ROW(function) { function(NULL); }

#include "null_rows.h"

static void check_row(const char *function, const char *parameters)
{
    char test[256];
    (void)parameters;
    snprintf(test, sizeof test, "null_%s", function);
    CHECK(check_exists(test));
}

TEST(every_function_of_the_header_has_a_row)
{
    size_t rows = 0;

    for (const struct check_test *test = check_first; test; test = test->next)
        rows += strncmp(test->name, "null_", 5) == 0;
    CHECK_INT((long long)each_function(check_row), (long long)rows);
}
