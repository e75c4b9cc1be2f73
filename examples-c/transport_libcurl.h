/* A transport over libcurl, for programs that have libcurl anyway: proxies, certificates and TLS are then all its own. */
#ifndef TRANSPORT_LIBCURL_H
#define TRANSPORT_LIBCURL_H

#include <session.h>

/*
 * Makes a transport, for session_config_set_transport(), which takes it over. It keeps connections, and may be used by any
 * number of threads. Without memory its `send` is NULL, which session_config_set_transport() refuses.
 */
session_transport_t libcurl_transport(void);

#endif
