/* One scenario: what it says, as calls of the library, and what came back, as JSON. */
#ifndef CONFORMANCE_SCENARIO_H
#define CONFORMANCE_SCENARIO_H

#include "fake_transport.h"
#include "json.h"

#include <session.h>

typedef struct scenario {
    const json_t *source;
    const char *folder; /* its own, fresh one */
    fake_transport_t http;
    bool unsupported; /* a function said that this build can't do it: there is no answer */
} scenario_t;

void scenario_init(scenario_t *scenario, const json_t *source, const char *folder);
void scenario_free(scenario_t *scenario);

/* Writes the scenario's `files`; false, with a line on stderr, if that can't be done. */
bool scenario_write_files(const scenario_t *scenario);

/* A configuration with the settings of an object like `{"region": "x", "credentials": {…}}`; NULL if there is none. */
session_config_t *scenario_overrides(scenario_t *scenario, const json_t *settings);

/* Makes the scenario's session. `extra` is a NULL-terminated list of names and values set on top, nullable. */
session_status_t scenario_session(scenario_t *scenario, const char *const *extra, session_t **out, session_error_t **error);

/* Notes a status that means that there is no answer, and passes it on. */
session_status_t scenario_note(scenario_t *scenario, session_status_t status);

/* JSON of what the library gave; the error is freed, NULL gives null. */
json_t *describe_error(session_error_t *error);
json_t *describe_config(const session_config_t *config);

/* The requests that went out so far; null if none did. */
json_t *scenario_requests(scenario_t *scenario);

/* The answers, one function for each kind; NULL if there is none. */
json_t *answer_load(scenario_t *scenario);
json_t *answer_call(scenario_t *scenario);
json_t *answer_handlers(scenario_t *scenario);
json_t *answer_sign(scenario_t *scenario);

#endif
