/*
 * Calls in any order: thousands of steps, the same in each run.
 */
#include "any_order.h"

enum { STEPS = 40000 };

static uint32_t state;

/* xorshift32 */
static uint32_t below(uint32_t bound)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % bound;
}

TEST(calls_in_any_order)
{
    CHECK_INT(setenv("HOME", "/nonexistent", 1), 0);
    for (uint32_t seed = 1; seed <= 4; seed++) {
        state = seed * 2654435761u;
        for (int step = 0; step < STEPS / 4; step++)
            steps[below(sizeof steps / sizeof *steps)]();
        empty_all();
        /* Each callback's data was freed with the last that had it. */
        CHECK_INT(alive, 0);
    }
    CHECK(sends > 20);
}
