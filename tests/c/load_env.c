/* Loads a session between two system calls that load_trace.py looks for. */
#define _POSIX_C_SOURCE 200809L
#include <session.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    session_t *session = NULL;
    session_error_t *error = NULL;

    int marked = access("/session-begin", F_OK);
    session_status_t status = session_new(NULL, &session, &error);
    marked &= access("/session-end", F_OK);

    if (status != SESSION_OK)
        fprintf(stderr, "%s\n", session_error_text(error));
    session_error_free(error);
    session_free(session);
    return status != SESSION_OK || marked == 0;
}
