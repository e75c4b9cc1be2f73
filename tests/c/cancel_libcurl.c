/* test_cancel_request.c as it is, over libcurl: where it makes its settings, they get another transport. */
#include "check.h"
#include "fake_transport.h"
#include "transport_libcurl.h"

static session_config_t *config_and_transport(void)
{
    session_config_t *config = fake_config();
    session_transport_t transport = libcurl_transport();

    CHECK_OK(session_config_set_transport(config, &transport), NULL);
    return config;
}

#define fake_config config_and_transport
#include "test_cancel_request.c"
