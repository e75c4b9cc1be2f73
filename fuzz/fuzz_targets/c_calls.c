/*
 * The calls of tests/c/any_order.h, in the order that an input says.
 */
/* The main function is the fuzzer's. */
#define main check_main
#include "any_order.h"
#undef main
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

void c_calls(const uint8_t *data, size_t size);

static const uint8_t *rest;
static size_t left;

/* One byte, or four, of the input; 0 after its end. */
static uint32_t below(uint32_t bound)
{
    uint32_t number = 0;

    for (int i = bound > 256 ? 4 : 1; i > 0 && left > 0; i--, left--)
        number = number << 8 | *rest++;
    return number % bound;
}

/* There is no network: a session may have the built-in transport, and inputs must not meet the world. */
int socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    errno = EACCES;
    return -1;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)node, (void)service, (void)hints, (void)found;
    return EAI_FAIL;
}

void c_calls(const uint8_t *data, size_t size)
{
    static bool ready;

    if (!ready) {
        check_clean_environment();
        CHECK_INT(setenv("HOME", "/nonexistent", 1), 0);
        ready = true;
    }
    rest = data, left = size;
    while (left > 0)
        steps[below(sizeof steps / sizeof *steps)]();
    empty_all();
    /* Each callback's data was freed with the last that had it. */
    CHECK_INT(alive, 0);
}
