// The headers need nothing before them and may be included twice.
#if __cplusplus >= 201703L
#if __has_include(<session.hpp>)
#include <session.hpp>
#include <session.hpp>
#endif
#endif
#include <session.h>
#include <session.h>

const char *version()
{
    return session_version();
}
