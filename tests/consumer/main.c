/* The smallest program that needs the header and the library, and both of one version. */
#include <session.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char header[32];
    session_config_t *config = session_config_new();
    int failed = session_config_set_region(config, "us-east-2") != SESSION_OK;

    session_config_free(config);
    snprintf(header, sizeof header, "%d.%d.%d", SESSION_VERSION_MAJOR, SESSION_VERSION_MINOR, SESSION_VERSION_PATCH);
    printf("libsession %s\n", session_version());
    return failed || strcmp(header, session_version()) != 0;
}
