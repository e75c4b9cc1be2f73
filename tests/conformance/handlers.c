/* `handlers`: plays operations on one list of a request's handlers. */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

/* One that has no built-in rule of when to stop. */
enum { STAGE = SESSION_STAGE_COMPLETE };

typedef struct game {
    session_request_t *request;
    session_handlers_t *handlers;
    json_t *results;
    json_t *texts; /* of the run under way; NULL between runs */
} game_t;

typedef struct handler {
    game_t *game;
    const char *text; /* the scenario's, which lives longer */
} handler_t;

static void write_down(session_request_t *request, void *user_data)
{
    const handler_t *handler = user_data;
    size_t length = strlen(handler->text);

    if (handler->game->texts != NULL)
        json_push(handler->game->texts, json_string(handler->text));
    if (length > 0 && handler->text[length - 1] == '!')
        session_request_set_error(request, "HandlerError", handler->text);
}

static void *new_handler(game_t *game, const char *text)
{
    handler_t *handler = allocate(sizeof *handler);

    handler->game = game;
    handler->text = text;
    return handler;
}

static session_status_t run(game_t *game, session_error_t **error)
{
    json_t *result = json_object();
    session_status_t status;

    /* Each run starts without an error. */
    session_request_set_error(game->request, NULL, NULL);
    game->texts = json_array();
    status = session_handlers_run(game->handlers, STAGE, game->request, error);
    /* The error that a handler set is part of the game. */
    if (session_request_error(game->request) != NULL) {
        session_error_free(*error);
        *error = NULL;
        status = SESSION_OK;
    }
    json_put(result, "run", game->texts);
    json_put(result, "len", json_integer((long long)session_handlers_len(game->handlers, STAGE)));
    json_push(game->results, result);
    game->texts = NULL;
    return status;
}

static session_status_t swap(game_t *game, const char *name, const char *text, session_error_t **error)
{
    bool swapped = false;
    json_t *result = json_object();
    session_status_t status = session_handlers_swap(game->handlers, STAGE, name, write_down, new_handler(game, text), free, &swapped, error);

    json_put(result, "swap_named", json_bool(swapped));
    json_push(game->results, result);
    return status;
}

typedef session_status_t (*add_fn)(session_handlers_t *handlers, int stage, const char *name, session_handler_fn handler, void *user_data,
                                   session_free_fn free_user_data, session_error_t **error);

/* The operations that put a handler into the list. */
static const struct {
    const char *name;
    bool named;
    add_fn add;
} ADDING[] = {
    {"push_back", false, session_handlers_push_back},
    {"push_front", false, session_handlers_push_front},
    {"push_back_named", true, session_handlers_push_back},
    {"push_front_named", true, session_handlers_push_front},
    {"set_back_named", true, session_handlers_set_back},
    {"set_front_named", true, session_handlers_set_front},
};

/* SESSION_ERR_UNSUPPORTED for what is no operation. */
static session_status_t play(game_t *game, const json_t *operation, session_error_t **error)
{
    const char *kind = json_text(json_item(operation, 0));
    const char *first = json_text(json_item(operation, 1));
    const char *second = json_text(json_item(operation, 2));

    if (kind == NULL)
        return SESSION_ERR_UNSUPPORTED;
    if (strcmp(kind, "run") == 0)
        return run(game, error);
    if (strcmp(kind, "clear") == 0) {
        session_handlers_clear(game->handlers, STAGE);
        return SESSION_OK;
    }
    if (strcmp(kind, "remove_by_name") == 0 && first != NULL) {
        session_handlers_remove(game->handlers, STAGE, first);
        return SESSION_OK;
    }
    if (strcmp(kind, "swap_named") == 0 && first != NULL && second != NULL)
        return swap(game, first, second, error);
    for (size_t i = 0; i < sizeof ADDING / sizeof *ADDING; i++) {
        const char *name = ADDING[i].named ? first : NULL, *text = ADDING[i].named ? second : first;
        if (strcmp(kind, ADDING[i].name) == 0 && text != NULL)
            return ADDING[i].add(game->handlers, STAGE, name, write_down, new_handler(game, text), free, error);
    }
    return SESSION_ERR_UNSUPPORTED;
}

static session_status_t play_all(const scenario_t *scenario, game_t *game, session_error_t **error)
{
    const json_t *operations = json_get(scenario->source, "ops");
    session_status_t status = SESSION_OK;

    session_handlers_clear(game->handlers, STAGE);
    if (json_is_true(json_get(scenario->source, "stop_on_error")))
        status = session_handlers_set_after_each(game->handlers, STAGE, session_stop_on_error, NULL, NULL, error);
    for (size_t i = 0; status == SESSION_OK && i < json_count(operations); i++)
        status = play(game, json_item(operations, i), error);
    return status;
}

json_t *answer_handlers(scenario_t *scenario)
{
    static const char *const SOMEWHERE[] = {"region", "us-west-2", NULL};
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_error_t *error = NULL;
    game_t game = {NULL, NULL, json_array(), NULL};
    json_t *answer = json_object();
    session_status_t status = scenario_session(scenario, SOMEWHERE, &session, &error);

    if (status == SESSION_OK)
        status = session_client_new(session, "sts", NULL, &client, &error);
    if (status == SESSION_OK)
        status = session_request_new(client, "GetCallerIdentity", "POST", "/", NULL, &game.request, &error);
    if (status == SESSION_OK) {
        game.handlers = session_request_handlers(game.request);
        status = play_all(scenario, &game, &error);
    }
    scenario_note(scenario, status);
    if (error != NULL)
        json_put(answer, "error", describe_error(error));
    json_put(answer, "results", game.results);
    session_handlers_free(game.handlers);
    session_request_free(game.request);
    session_client_free(client);
    session_free(session);
    return answer;
}
