/* guide.c as it is, over libcurl: where the guide hands over its settings, they get another transport. */
#include "transport_libcurl.h"

static session_status_t set_config_and_transport(session_options_t *options, session_config_t *config)
{
    session_transport_t transport = libcurl_transport();
    session_status_t status = session_config_set_transport(config, &transport);

    return status == SESSION_OK ? session_options_set_config(options, config) : status;
}

#define session_options_set_config set_config_and_transport
#include "guide.c"
