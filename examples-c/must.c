/*
 * A session that the program can't do without: if it can't be loaded, the error is printed and the program aborted.
 *
 * In Go: session.Must(session.NewSession())
 *
 * Right for the start of a program, not for a library.
 */
#include <session.h>
#include <stdio.h>

int main(void)
{
    session_t *session = session_must_new(NULL);

    puts("the session is loaded");
    session_free(session);
    return 0;
}
