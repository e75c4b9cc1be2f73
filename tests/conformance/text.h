/* Bytes that grow, kept NUL-terminated. Running out of memory ends the program: it is a test. */
#ifndef CONFORMANCE_TEXT_H
#define CONFORMANCE_TEXT_H

#include <stddef.h>

typedef struct text {
    char *data; /* NULL while nothing was added */
    size_t length;
    size_t capacity;
} text_t;

/* Memory, zeroed; never NULL. Free it with free(). */
void *allocate(size_t size);

/* Grows or makes a block; never NULL. */
void *reallocate(void *block, size_t size);

/* A copy of a text; free it with free(). */
char *copy_text(const char *text);

void text_add(text_t *text, const void *data, size_t length);
void text_add_string(text_t *text, const char *string);

/* The text so far, "" if nothing was added; borrowed. */
const char *text_string(const text_t *text);

/* Adds `data` with every `from` replaced by `to`. */
void text_add_replaced(text_t *text, const char *data, size_t length, const char *from, const char *to);

/* Adds a character of Unicode as UTF-8. */
void text_add_character(text_t *text, unsigned long code);

/* The length of the UTF-8 character that starts here, 0 if it is none: too long a form, a surrogate, cut off, beyond Unicode. `left` is at least 1. */
size_t utf8_length(const unsigned char *bytes, size_t left);

void text_free(text_t *text);

#endif
