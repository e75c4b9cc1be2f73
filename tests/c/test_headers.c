/* The header needs nothing before it and may be included twice. */
#include <session.h>
#include <session.h>

const char *version(void);

const char *version(void)
{
    return session_version();
}
