/*
 * A test framework in one header. Include it first; then
 *
 *     TEST(name) { CHECK(condition); CHECK_STR(session_version(), "1.2.3"); }
 *
 * is a test. The program runs all its tests, or those it is given by name, each in a process of its own: what one does
 * to the environment, or to what is shared in the process, no other sees. AWS_* and HOME are unset at the start, except
 * under tests/servers/with_server.py. A check that fails ends its test.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

/* Whether the test is left to the builds without a sanitizer, and says so. */
__attribute__((unused)) static int under_sanitizer(const char *reason)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    printf("note: not tested with a sanitizer: %s\n", reason);
    return 1;
#else
    (void)reason;
    return 0;
#endif
}

static struct check_test *check_first, **check_end = &check_first;

#define TEST(test)                                                              \
    static void test(void);                                                     \
    __attribute__((constructor)) static void check_add_##test(void)             \
    {                                                                           \
        static struct check_test entry = {#test, test, NULL};                   \
        *check_end = &entry;                                                    \
        check_end = &entry.next;                                                \
    }                                                                           \
    static void test(void)

/* Ends a test that can't run here; `make check` repeats the line at its end. */
#define SKIP(why)                                                               \
    do {                                                                        \
        printf("note: skipped %s: %s\n", __func__, why);                        \
        return;                                                                 \
    } while (0)

#define CHECK(condition) check_true((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) check_int((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_STR(actual, expected) check_str((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_CONTAINS(text, part) check_contains((text), (part), #text, __FILE__, __LINE__)
/* Prints the error, which may be NULL, if the status is not SESSION_OK. */
#define CHECK_OK(status, error)                                                 \
    do {                                                                        \
        session_status_t check_status = (status); /* first: it may set error */ \
        check_ok(check_status, (error), #status, __FILE__, __LINE__);           \
    } while (0)

static inline void check_true(int truth, const char *what, const char *file, int line)
{
    if (truth)
        return;
    fprintf(stderr, "%s:%d: %s is false\n", file, line, what);
    exit(1);
}

static inline void check_int(long long actual, long long expected, const char *what, const char *file, int line)
{
    if (actual == expected)
        return;
    fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, what, actual, expected);
    exit(1);
}

static inline const char *check_text(const char *text)
{
    return text ? text : "(NULL)";
}

static inline void check_str(const char *actual, const char *expected, const char *what, const char *file, int line)
{
    if (actual == expected || (actual && expected && strcmp(actual, expected) == 0))
        return;
    fprintf(stderr, "%s:%d: %s is\n  %s\nnot\n  %s\n", file, line, what, check_text(actual), check_text(expected));
    exit(1);
}

static inline void check_contains(const char *text, const char *part, const char *what, const char *file, int line)
{
    if (text && part && strstr(text, part))
        return;
    fprintf(stderr, "%s:%d: %s is\n  %s\nwithout\n  %s\n", file, line, what, check_text(text), check_text(part));
    exit(1);
}

static inline void check_ok(session_status_t status, const session_error_t *error, const char *what, const char *file,
                            int line)
{
    if (status == SESSION_OK)
        return;
    fprintf(stderr, "%s:%d: %s is %d: %s\n", file, line, what, (int)status, session_error_text(error));
    exit(1);
}

/* The caller's own AWS settings must not decide what a test sees. */
static inline void check_clean_environment(void)
{
    extern char **environ;
    char name[256];

    if (getenv("SESSION_TEST_SERVER"))
        return;
    for (char **entry = environ; entry && *entry;) {
        size_t length = strcspn(*entry, "=");
        int ours = strncmp(*entry, "AWS_", 4) == 0 || strncmp(*entry, "HOME=", 5) == 0;
        if (!ours || length >= sizeof name) {
            entry++;
            continue;
        }
        memcpy(name, *entry, length);
        name[length] = 0;
        unsetenv(name);
        entry = environ; /* unsetenv moves the rest */
    }
}

/* Whether there is a test of that name, for tests that look for one that is missing. */
static inline int check_exists(const char *name)
{
    for (const struct check_test *test = check_first; test; test = test->next)
        if (strcmp(test->name, name) == 0)
            return 1;
    fprintf(stderr, "there is no test %s\n", name);
    return 0;
}

/* Runs one test in a child process; 1 if it passed. */
static inline int check_run(const struct check_test *test)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        alarm(300); /* none waits for ever */
        test->run();
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror(test->name);
        return 0;
    }
    if (WIFSIGNALED(status))
        printf("FAILED %s: signal %d\n", test->name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        printf("FAILED %s: exit code %d\n", test->name, WEXITSTATUS(status));
    else
        printf("ok %s\n", test->name);
    fflush(stdout);
    return status == 0;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;

    check_clean_environment();
    for (struct check_test *test = check_first; test; test = test->next) {
        int wanted = argc < 2;
        for (int i = 1; i < argc; i++)
            wanted |= strcmp(argv[i], test->name) == 0;
        if (!wanted)
            continue;
        if (check_run(test))
            passed++;
        else
            failed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed < (argc < 2 ? 1 : argc - 1);
}

#endif
