/* Leaks one object of the library on purpose: a memory checker that does not find it finds nothing. */
#include <session.h>

static void leak(void)
{
    session_config_t *volatile config = session_config_new();
    session_config_set_region(config, "us-east-1");
    config = NULL;
}

int main(void)
{
    leak();
    return 0;
}
