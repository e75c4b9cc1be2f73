/* A transport that never opens a socket: it answers with the canned replies of a scenario and writes down what was asked. */
#ifndef CONFORMANCE_FAKE_TRANSPORT_H
#define CONFORMANCE_FAKE_TRANSPORT_H

#include "json.h"

#include <session.h>

typedef struct fake_transport {
    const json_t *replies; /* the scenario's `http`, nullable */
    bool *used;            /* one for each reply */
    json_t *requests;      /* those that went out, in order */
} fake_transport_t;

/* `replies` stays with the caller, and must live as long. */
void fake_transport_init(fake_transport_t *fake, const json_t *replies);
void fake_transport_free(fake_transport_t *fake);

/* The table to give to session_config_set_transport(). */
session_transport_t fake_transport_table(fake_transport_t *fake);

#endif
