/*
 * What tests of loading share: a folder of files, loads that see nothing but it, and what a session says of itself.
 * Include it after check.h. Everything that these functions give lives to the end of the test, and is freed then.
 */
#ifndef LOADING_H
#define LOADING_H

#include "check.h"

#include <dirent.h>
#include <stdarg.h>
#include <sys/stat.h>

/* ---- What ends with the test ---- */

struct ending {
    void *object;
    void (*destroy)(void *object);
    struct ending *before;
};
static struct ending *endings;

static inline void run_endings(void)
{
    while (endings) {
        struct ending *last = endings;
        endings = last->before;
        last->destroy(last->object);
        free(last);
    }
}

static inline void until_end(void *object, void (*destroy)(void *object))
{
    struct ending *ending = malloc(sizeof *ending);

    CHECK(ending);
    if (!endings)
        atexit(run_endings);
    *ending = (struct ending){object, destroy, endings};
    endings = ending;
}

#define UNTIL_END(type)                                                           \
    static inline void end_##type(void *object)                                   \
    {                                                                             \
        session_##type##_free(object);                                            \
    }                                                                             \
    static inline session_##type##_t *own_##type(session_##type##_t *object)      \
    {                                                                             \
        until_end(object, end_##type);                                            \
        return object;                                                            \
    }

UNTIL_END(error)
UNTIL_END(config)
UNTIL_END(options)
UNTIL_END(handlers)
UNTIL_END(credentials)
UNTIL_END(credentials_value)
UNTIL_END(client)
UNTIL_END(request)
UNTIL_END(response)

static inline void end_session(void *object)
{
    session_free(object);
}

static inline session_t *own_session(session_t *session)
{
    until_end(session, end_session);
    return session;
}

/* A copy of a text; NULL for NULL. */
static inline char *kept(const char *text)
{
    char *copy = text ? malloc(strlen(text) + 1) : NULL;

    if (!copy)
        return NULL;
    until_end(copy, free);
    return strcpy(copy, text);
}

__attribute__((format(printf, 1, 2))) static inline char *formatted(const char *format, ...)
{
    char *text;
    int length;
    va_list arguments;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text = malloc((size_t)length + 1);
    CHECK(text);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    until_end(text, free);
    return text;
}

/* Whether valgrind runs the test, under which everything takes a hundred times as long. */
static inline int is_watched(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "vgpreload");
}

/* ---- A folder of files ---- */

static inline void remove_tree(const char *path)
{
    DIR *folder;
    struct dirent *entry;

    if (unlink(path) == 0 || (folder = opendir(path)) == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        char inner[1024];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            continue;
        remove_tree(inner);
    }
    closedir(folder);
    rmdir(path);
}

static pid_t folder_owner;

static inline void end_folder(void *path)
{
    if (folder_owner == getpid())
        remove_tree(path);
    free(path);
}

/* The folder, which is also the home of the loads below. */
static inline const char *folder(void)
{
    static char *path;
    const char *temporary = getenv("TMPDIR");
    size_t size;

    if (path)
        return path;
    if (!temporary || !*temporary)
        temporary = "/tmp";
    size = strlen(temporary) + sizeof "/session-XXXXXX";
    path = malloc(size);
    CHECK(path);
    snprintf(path, size, "%s/session-XXXXXX", temporary);
    CHECK(mkdtemp(path));
    folder_owner = getpid();
    until_end(path, end_folder);
    return path;
}

static inline const char *in_folder(const char *name)
{
    return formatted("%s/%s", folder(), name);
}

static inline const char *write_bytes(const char *name, const void *data, size_t length)
{
    const char *path = in_folder(name);
    FILE *file;

    if (strncmp(name, ".aws/", 5) == 0)
        mkdir(in_folder(".aws"), 0700);
    file = fopen(path, "wb");
    CHECK(file);
    CHECK_INT((long long)fwrite(data, 1, length, file), (long long)length);
    CHECK_INT(fclose(file), 0);
    return path;
}

static inline const char *write_file(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

/* The two files where a load looks for them. */
static inline const char *config_file(const char *text)
{
    return write_file(".aws/config", text);
}

static inline const char *credentials_file(const char *text)
{
    return write_file(".aws/credentials", text);
}

/* ---- Loads ---- */

/* Options of a load that sees these variables, `NAME=value` with a NULL behind the last, and HOME: the folder. */
static inline session_options_t *environment(const char *const *variables)
{
    session_options_t *options = own_options(session_options_new());
    const char *all[32];
    size_t count = 0;

    all[count++] = formatted("HOME=%s", folder());
    while (variables[count - 1]) {
        CHECK(count < sizeof all / sizeof *all);
        all[count] = variables[count - 1];
        count++;
    }
    CHECK_INT(session_options_set_environment(options, all, count), SESSION_OK);
    return options;
}

#define WITH(...) environment((const char *const[]){__VA_ARGS__, NULL})
#define WITH_NOTHING environment((const char *const[]){NULL})
#define SHARED "AWS_SDK_LOAD_CONFIG=1"

static inline session_options_t *with_profile(session_options_t *options, const char *profile)
{
    CHECK_INT(session_options_set_profile(options, profile), SESSION_OK);
    return options;
}

static inline session_options_t *with_config(session_options_t *options, const session_config_t *config)
{
    CHECK_INT(session_options_set_config(options, config), SESSION_OK);
    return options;
}

static inline session_t *loaded(const session_options_t *options)
{
    session_t *session = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_new_with_options(options, &session, &error), error);
    CHECK(session && !error);
    return own_session(session);
}

static inline const session_error_t *refused(const session_options_t *options, session_status_t status)
{
    session_t *untouched = NULL;
    session_error_t *error = NULL;
    session_status_t actual = session_new_with_options(options, &untouched, &error);

    own_error(error);
    if (actual != status && error)
        fprintf(stderr, "%s\n", session_error_text(error));
    CHECK_INT(actual, status);
    CHECK(!untouched);
    CHECK_INT(session_error_status(error), status);
    return error;
}

static inline session_t *copied(const session_t *session, const session_config_t *overrides)
{
    session_t *copy = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_copy(session, overrides, &copy, &error), error);
    return own_session(copy);
}

/* ---- What a session says ---- */

static inline const char *setting(const session_t *session, const char *name)
{
    session_config_t *config = NULL;
    session_error_t *error = NULL;
    const char *value;

    CHECK_OK(session_get_config(session, &config, &error), error);
    value = kept(session_config_get(config, name));
    session_config_free(config);
    return value;
}

static inline const char *origin(const session_t *session, const char *name)
{
    char *text = NULL;
    session_error_t *error = NULL;
    const char *result;

    CHECK_OK(session_origin(session, name, &text, &error), error);
    result = kept(text);
    session_string_free(text);
    return result;
}

static inline const char *explained(const session_t *session, session_explain_format_t format)
{
    char *text = NULL;
    session_error_t *error = NULL;
    const char *result;

    CHECK_OK(session_explain(session, format, &text, &error), error);
    result = kept(text);
    session_string_free(text);
    return result;
}

static inline const session_credentials_value_t *credentials_of(const session_t *session)
{
    session_credentials_t *credentials = session_credentials(session);
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    session_status_t status = session_credentials_get(credentials, 0, NULL, &value, &error);

    session_credentials_free(credentials);
    CHECK_OK(status, error);
    return own_credentials_value(value);
}

static inline const char *key_id(const session_t *session)
{
    return session_credentials_value_access_key_id(credentials_of(session));
}

/* Why a session has no credentials. */
static inline const session_error_t *no_credentials(const session_t *session)
{
    session_credentials_t *credentials = session_credentials(session);
    session_credentials_value_t *untouched = NULL;
    session_error_t *error = NULL;
    session_status_t status = session_credentials_get(credentials, 0, NULL, &untouched, &error);

    session_credentials_free(credentials);
    own_error(error);
    CHECK(status != SESSION_OK);
    CHECK(!untouched);
    CHECK_INT(session_error_status(error), status);
    return error;
}

#endif
