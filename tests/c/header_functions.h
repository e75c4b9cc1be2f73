/*
 * The functions that session.h declares, for tests that must miss none. SESSION_HEADER is the path of the header.
 */
#ifndef HEADER_FUNCTIONS_H
#define HEADER_FUNCTIONS_H

#include "check.h"
#include <ctype.h>

#ifndef SESSION_HEADER
#define SESSION_HEADER "include/session.h"
#endif

/* The header without comments and directives; free it. */
static inline char *header_declarations(void)
{
    FILE *file = fopen(SESSION_HEADER, "rb");
    char *text;
    long size;

    CHECK(file);
    CHECK_INT(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    CHECK(size > 0);
    rewind(file);
    text = calloc((size_t)size + 1, 1);
    CHECK(text);
    CHECK_INT((long long)fread(text, 1, (size_t)size, file), size);
    fclose(file);

    for (char *at = text; *at;) {
        const char *end = NULL;
        if (strncmp(at, "/*", 2) == 0)
            end = strstr(at, "*/") + 2;
        else if (strncmp(at, "//", 2) == 0 || (*at == '#' && (at == text || at[-1] == '\n')))
            end = at + strcspn(at, "\n");
        if (!end) {
            at++;
            continue;
        }
        memset(at, ' ', (size_t)(end - at));
    }
    return text;
}

/* Calls `visit` with the name and the parameters of each function, and gives their number. */
static inline size_t each_function(void (*visit)(const char *name, const char *parameters))
{
    char *text = header_declarations();
    size_t count = 0;

    for (char *at = strstr(text, "SESSION_API"); at; count++) {
        char *name = at, *end = strchr(at, ';'), *open = strchr(at, '('), *close;
        CHECK(end && open && open < end);
        *end = 0;
        close = strrchr(open, ')');
        CHECK(close);
        *open = *close = 0;
        for (char *c = open; c > at && (isalnum((unsigned char)c[-1]) || c[-1] == '_');)
            name = --c;
        visit(name, open + 1);
        at = strstr(end + 1, "SESSION_API");
    }
    free(text);
    return count;
}

#endif
