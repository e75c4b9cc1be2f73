/*
 * Answers recorded scenarios through the functions of session.h, and through nothing else.
 *
 *     answer SCENARIOS.json
 *
 * Prints an array of {"name": …, "answer": …}; the answer has the shape of a scenario's `expect`, or is null where there is none. Each scenario runs
 * in a process of its own, so that one that ends badly costs one answer and is told on stderr.
 */
#define _XOPEN_SOURCE 700

#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* No scenario waits for anything, so one that takes this long hangs. */
enum { SECONDS_PER_SCENARIO = 60 };

/* What scenarios write for their folder. */
static const char FOLDER_NAME[] = "${DIR}";

static const struct {
    const char *kind;
    json_t *(*answer)(scenario_t *scenario);
} KINDS[] = {{"load", answer_load}, {"call", answer_call}, {"handlers", answer_handlers}, {"sign", answer_sign}};

/* ---- One scenario ---- */

static json_t *answer_scenario(json_t *source, const char *folder)
{
    const char *kind;
    scenario_t scenario;
    json_t *answer = NULL;

    json_replace(source, FOLDER_NAME, folder);
    kind = json_text(json_get(source, "kind"));
    scenario_init(&scenario, source, folder);
    if (kind != NULL && scenario_write_files(&scenario))
        for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
            if (strcmp(kind, KINDS[i].kind) == 0)
                answer = KINDS[i].answer(&scenario);
    if (answer == NULL || scenario.unsupported) {
        json_free(answer);
        answer = json_null();
    }
    json_replace(answer, folder, FOLDER_NAME);
    scenario_free(&scenario);
    return answer;
}

static bool write_all(int file, const text_t *text)
{
    size_t done = 0;

    while (done < text->length) {
        ssize_t written = write(file, text->data + done, text->length - done);
        if (written < 0 && errno != EINTR)
            return false;
        done += written > 0 ? (size_t)written : 0;
    }
    return true;
}

static void read_all(int file, text_t *text)
{
    char buffer[65536];
    ssize_t length;

    while ((length = read(file, buffer, sizeof buffer)) != 0) {
        if (length < 0 && errno != EINTR)
            return;
        text_add(text, buffer, length > 0 ? (size_t)length : 0);
    }
}

/* In the scenario's own process. Returns its exit status, having freed all there was, so that a leak checker sees the library's leaks alone. */
static int run_scenario(json_t *all, json_t *source, const char *folder, int out)
{
    text_t written = {0};
    json_t *answer;
    bool well;

    alarm(SECONDS_PER_SCENARIO);
    answer = answer_scenario(source, folder);
    json_write(answer, &written);
    well = write_all(out, &written);
    json_free(answer);
    json_free(all);
    text_free(&written);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool ended_well(pid_t process, const char *name)
{
    int status = 0;

    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (WIFSIGNALED(status))
        fprintf(stderr, "answer: %s: ended by signal %d\n", name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        fprintf(stderr, "answer: %s: ended with status %d\n", name, WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

/* A new folder, or NULL; free the name. */
static char *make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    text_t path = {0};

    text_add_string(&path, parent != NULL && parent[0] == '/' ? parent : "/tmp");
    text_add_string(&path, "/session-conformance-XXXXXX");
    if (mkdtemp(path.data) == NULL) {
        fprintf(stderr, "answer: can't make a folder like %s: %s\n", path.data, strerror(errno));
        text_free(&path);
    }
    return path.data;
}

/* ---- All of them ---- */

/* Adds the answer of one scenario, as JSON. */
static bool add_answer(json_t *all, json_t *source, text_t *out)
{
    const char *name = json_text(json_get(source, "name"));
    char *folder = make_folder();
    text_t answer = {0};
    int ends[2];
    pid_t process;

    if (folder == NULL || pipe(ends) != 0)
        return false;
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    process = fork();
    if (process == 0) {
        int status = run_scenario(all, source, folder, ends[1]);
        free(folder);
        text_free(out);
        exit(status);
    }
    close(ends[1]);
    if (process > 0)
        read_all(ends[0], &answer);
    close(ends[0]);
    if (process < 0 || !ended_well(process, name != NULL ? name : "?") || answer.length == 0) {
        text_free(&answer);
        text_add_string(&answer, "null");
    }
    text_add(out, answer.data, answer.length);
    text_free(&answer);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return process > 0;
}

static bool answer_all(json_t *scenarios)
{
    text_t out = {0};
    bool well = true;

    fputs("[", stdout);
    for (size_t i = 0; well && i < scenarios->count; i++) {
        const json_t *name = json_get(scenarios->items[i], "name");
        text_add_string(&out, i > 0 ? ",\n{\"name\":" : "\n{\"name\":");
        if (name != NULL)
            json_write(name, &out);
        else
            text_add_string(&out, "null");
        text_add_string(&out, ",\"answer\":");
        /* Nothing may be in the buffer that a child would write again. */
        fflush(stdout);
        well = add_answer(scenarios, scenarios->items[i], &out);
        text_add_string(&out, "}");
        fputs(text_string(&out), stdout);
        text_free(&out);
    }
    fputs("\n]\n", stdout);
    return fflush(stdout) == 0 && well;
}

static json_t *read_scenarios(const char *path)
{
    int file = open(path, O_RDONLY);
    text_t content = {0}, problem = {0};
    json_t *scenarios;

    if (file < 0) {
        fprintf(stderr, "answer: can't read %s: %s\n", path, strerror(errno));
        return NULL;
    }
    read_all(file, &content);
    close(file);
    scenarios = json_parse(text_string(&content), content.length, &problem);
    if (scenarios == NULL) {
        fprintf(stderr, "answer: %s: %s\n", path, text_string(&problem));
    } else if (scenarios->kind != JSON_ARRAY) {
        fprintf(stderr, "answer: %s: expected an array of scenarios\n", path);
        json_free(scenarios);
        scenarios = NULL;
    }
    text_free(&content);
    text_free(&problem);
    return scenarios;
}

int main(int argc, char **argv)
{
    json_t *scenarios;
    bool well;

    if (argc != 2) {
        fputs("usage: answer SCENARIOS.json\n", stderr);
        return 2;
    }
    scenarios = read_scenarios(argv[1]);
    if (scenarios == NULL)
        return 2;
    well = answer_all(scenarios);
    json_free(scenarios);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
