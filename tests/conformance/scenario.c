/* mkdir is POSIX, not C99. */
#define _XOPEN_SOURCE 700

#include "scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void scenario_init(scenario_t *scenario, const json_t *source, const char *folder)
{
    *scenario = (scenario_t){.source = source, .folder = folder};
    fake_transport_init(&scenario->http, json_get(source, "http"));
}

void scenario_free(scenario_t *scenario)
{
    fake_transport_free(&scenario->http);
}

session_status_t scenario_note(scenario_t *scenario, session_status_t status)
{
    if (status == SESSION_ERR_UNSUPPORTED)
        scenario->unsupported = true;
    return status;
}

/* ---- Files ---- */

static bool stays_inside(const char *path)
{
    return path[0] != '/' && path[0] != '\0' && strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL;
}

/* Makes the folders that `path` lies in; one that is missing afterwards shows when the file is opened. */
static void make_parents(const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        text_t parent = {0};
        text_add(&parent, path, (size_t)(slash - path));
        mkdir(text_string(&parent), 0700);
        text_free(&parent);
    }
}

static bool write_bytes(const char *path, const text_t *content)
{
    FILE *file = fopen(path, "wb");
    bool written;

    if (file == NULL)
        return false;
    written = fwrite(text_string(content), 1, content->length, file) == content->length;
    return fclose(file) == 0 && written;
}

static bool write_file(const char *folder, const char *name, const text_t *content)
{
    text_t path = {0};
    bool written = false;

    if (!stays_inside(name)) {
        fprintf(stderr, "answer: the file `%s` is not inside the scenario's folder\n", name);
        return false;
    }
    text_add_string(&path, folder);
    text_add_string(&path, "/");
    text_add_string(&path, name);
    make_parents(text_string(&path));
    written = write_bytes(text_string(&path), content);
    if (!written)
        fprintf(stderr, "answer: can't write %s: %s\n", text_string(&path), strerror(errno));
    text_free(&path);
    return written;
}

bool scenario_write_files(const scenario_t *scenario)
{
    const json_t *files = json_get(scenario->source, "files");
    bool written = true;

    for (size_t i = 0; written && files != NULL && files->kind == JSON_OBJECT && i < files->count; i++)
        if (json_text(files->items[i]) != NULL)
            written = write_file(scenario->folder, json_text(files->names[i]), &files->items[i]->text);
    return written;
}

/* ---- Settings ---- */

static void set_credentials(scenario_t *scenario, session_config_t *config, const json_t *keys)
{
    session_credentials_t *credentials = NULL;
    const char *id = json_text(json_get(keys, "access_key_id"));
    const char *secret = json_text(json_get(keys, "secret_access_key"));
    const char *token = json_text(json_get(keys, "session_token"));

    if (scenario_note(scenario, session_credentials_new_static(id, secret, token, &credentials, NULL)) == SESSION_OK)
        scenario_note(scenario, session_config_set_credentials(config, credentials));
    session_credentials_free(credentials);
}

static void set_all(scenario_t *scenario, session_config_t *config, const json_t *settings)
{
    for (size_t i = 0; settings != NULL && settings->kind == JSON_OBJECT && i < settings->count; i++) {
        const char *name = json_text(settings->names[i]);
        const char *value = json_scalar(settings->items[i]);
        if (strcmp(name, "credentials") == 0)
            set_credentials(scenario, config, settings->items[i]);
        else if (value != NULL)
            scenario_note(scenario, session_config_set(config, name, value));
    }
}

session_config_t *scenario_overrides(scenario_t *scenario, const json_t *settings)
{
    session_config_t *config;

    if (settings == NULL || settings->kind != JSON_OBJECT)
        return NULL;
    config = session_config_new();
    set_all(scenario, config, settings);
    return config;
}

static void sleep_not(uint64_t nanoseconds, void *user_data)
{
    (void)nanoseconds;
    (void)user_data;
}

static session_config_t *session_settings(scenario_t *scenario, const char *const *extra)
{
    session_config_t *config = session_config_new();
    session_transport_t transport = fake_transport_table(&scenario->http);

    set_all(scenario, config, json_get(json_get(scenario->source, "options"), "config"));
    for (size_t i = 0; extra != NULL && extra[i] != NULL; i += 2)
        scenario_note(scenario, session_config_set(config, extra[i], extra[i + 1]));
    scenario_note(scenario, session_config_set_transport(config, &transport));
    scenario_note(scenario, session_config_set_sleep(config, sleep_not, NULL, NULL));
    return config;
}

/* ---- Options ---- */

static session_status_t give_code(session_token_request_t *request, void *user_data)
{
    return session_token_request_set_code(request, user_data);
}

static session_status_t set_files(session_options_t *options, const json_t *files)
{
    const char **paths = allocate((json_count(files) + 1) * sizeof *paths);
    size_t count = 0;
    session_status_t status;

    for (size_t i = 0; i < json_count(files); i++)
        if (json_text(files->items[i]) != NULL)
            paths[count++] = json_text(files->items[i]);
    status = session_options_set_files(options, paths, count);
    free(paths);
    return status;
}

/* The scenario's variables, and nothing of the process's own but what a scenario always has. */
static void set_environment(scenario_t *scenario, session_options_t *options)
{
    const json_t *variables = json_get(scenario->source, "env");
    const char **pairs = allocate((json_count(variables) + 2) * 2 * sizeof *pairs);
    text_t home = {0};
    size_t count = 0;

    text_add_string(&home, scenario->folder);
    text_add_string(&home, "/home");
    if (json_get(variables, "HOME") == NULL) {
        pairs[count++] = "HOME";
        pairs[count++] = text_string(&home);
    }
    if (json_get(variables, "PATH") == NULL) {
        pairs[count++] = "PATH";
        pairs[count++] = "/usr/bin:/bin";
    }
    for (size_t i = 0; variables != NULL && variables->kind == JSON_OBJECT && i < variables->count; i++) {
        if (json_scalar(variables->items[i]) != NULL) {
            pairs[count++] = json_text(variables->names[i]);
            pairs[count++] = json_scalar(variables->items[i]);
        }
    }
    scenario_note(scenario, session_options_set_environment(options, pairs, count / 2));
    text_free(&home);
    free(pairs);
}

static void set_shared_config_state(scenario_t *scenario, session_options_t *options, const char *name)
{
    int state = SESSION_SHARED_CONFIG_FROM_ENVIRONMENT;

    if (strcmp(name, "disable") == 0)
        state = SESSION_SHARED_CONFIG_DISABLE;
    else if (strcmp(name, "enable") == 0)
        state = SESSION_SHARED_CONFIG_ENABLE;
    scenario_note(scenario, session_options_set_shared_config_state(options, state));
}

static void set_options(scenario_t *scenario, session_options_t *options)
{
    const json_t *given = json_get(scenario->source, "options");
    const char *profile = json_text(json_get(given, "profile"));
    const char *state = json_text(json_get(given, "shared_config_state"));
    const char *code = json_text(json_get(given, "mfa"));
    const json_t *files = json_get(given, "files");
    long long seconds = json_number(json_get(given, "assume_role_seconds"), 0);

    if (profile != NULL)
        scenario_note(scenario, session_options_set_profile(options, profile));
    if (state != NULL)
        set_shared_config_state(scenario, options, state);
    if (files != NULL && files->kind == JSON_ARRAY)
        scenario_note(scenario, set_files(options, files));
    if (code != NULL)
        scenario_note(scenario, session_options_set_token_provider(options, give_code, (void *)code, NULL));
    if (seconds > 0 && seconds <= (long long)UINT32_MAX)
        scenario_note(scenario, session_options_set_assume_role_duration_seconds(options, (uint32_t)seconds));
}

session_status_t scenario_session(scenario_t *scenario, const char *const *extra, session_t **out, session_error_t **error)
{
    session_options_t *options = session_options_new();
    session_config_t *config = session_settings(scenario, extra);
    session_status_t status;

    scenario_note(scenario, session_options_set_config(options, config));
    set_environment(scenario, options);
    set_options(scenario, options);
    status = scenario_note(scenario, session_new_with_options(options, out, error));
    session_config_free(config);
    session_options_free(options);
    return status;
}

/* ---- Answers ---- */

json_t *describe_error(session_error_t *error)
{
    json_t *answer;

    if (error == NULL)
        return json_null();
    answer = json_object();
    if (session_error_code(error)[0] != '\0') {
        json_put(answer, "code", json_string(session_error_code(error)));
        json_put(answer, "message", json_string(session_error_message(error)));
    }
    json_put(answer, "text", json_string(session_error_text(error)));
    if (session_error_http_status(error) != 0) {
        json_put(answer, "status", json_integer(session_error_http_status(error)));
        json_put(answer, "request_id", json_string(session_error_request_id(error)));
    }
    session_error_free(error);
    return answer;
}

json_t *scenario_requests(scenario_t *scenario)
{
    json_t *requests = scenario->http.requests;

    if (requests->count == 0)
        return json_null();
    scenario->http.requests = json_array();
    return requests;
}

static json_t *describe_bool(const char *text)
{
    if (text == NULL)
        return json_null();
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_bool(text[0] == 't');
    return json_string(text);
}

static json_t *describe_tristate(const char *text)
{
    if (text == NULL)
        return json_integer(0);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_integer(text[0] == 't' ? 1 : 2);
    return json_string(text);
}

static json_t *describe_number(const char *text)
{
    char *end = NULL;
    long long number;

    if (text == NULL)
        return json_null();
    number = strtoll(text, &end, 10);
    return *end == '\0' && end != text ? json_integer(number) : json_string(text);
}

static const struct {
    const char *name;
    json_t *(*describe)(const char *text);
} FIELDS[] = {
    {"region", json_string},
    {"endpoint", json_string},
    {"disable_ssl", describe_bool},
    {"max_retries", describe_number},
    {"s3_force_path_style", describe_bool},
    {"s3_use_accelerate", describe_bool},
    {"s3_use_arn_region", describe_bool},
    {"use_dual_stack_endpoint", describe_tristate},
    {"use_fips_endpoint", describe_tristate},
    {"sts_regional_endpoint", json_string},
    {"s3_us_east_1_regional_endpoint", json_string},
    {"enable_endpoint_discovery", describe_bool},
    {"ec2_metadata_enable_fallback", describe_bool},
};

json_t *describe_config(const session_config_t *config)
{
    json_t *answer = json_object();

    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        json_put(answer, FIELDS[i].name, FIELDS[i].describe(session_config_get(config, FIELDS[i].name)));
    return answer;
}
