/* A small strict JSON reader and writer: trees that are read, changed, built and written. */
#ifndef CONFORMANCE_JSON_H
#define CONFORMANCE_JSON_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_kind_t;

typedef struct json {
    json_kind_t kind;
    bool truth;          /* JSON_BOOL */
    text_t text;         /* JSON_STRING: UTF-8, may hold NULs; JSON_NUMBER: as it was written */
    struct json **names; /* JSON_OBJECT: strings, one for each item */
    struct json **items; /* JSON_ARRAY, JSON_OBJECT */
    size_t count;
    size_t capacity;
} json_t;

/* Reads one document; NULL if it is none, with the place and the reason in `problem`. A lone surrogate reads as U+FFFD, so that one odd text
   does not cost the whole document. */
json_t *json_parse(const char *data, size_t length, text_t *problem);
void json_free(json_t *value);

/* Writes a value without blanks; bytes that are no UTF-8 become U+FFFD. */
void json_write(const json_t *value, text_t *out);

json_t *json_null(void);
json_t *json_bool(bool truth);
json_t *json_integer(long long number);
json_t *json_string(const char *text); /* NULL counts as "" */
json_t *json_bytes(const void *data, size_t length);
json_t *json_array(void);
json_t *json_object(void);

/* The container owns the value; json_put replaces a member of that name. */
void json_push(json_t *array, json_t *value);
void json_put(json_t *object, const char *name, json_t *value);

/* For the reader: an empty value of a kind; the end of a container, where `name` is owned too and NULL in an array. */
json_t *json_new(json_kind_t kind);
void json_add(json_t *container, json_t *name, json_t *value);

/* Lookups that take NULL and values of another kind: odd scenarios are normal input. */
const json_t *json_get(const json_t *object, const char *name); /* NULL if there is none; the last one wins */
const json_t *json_item(const json_t *array, size_t index);     /* NULL beyond the end */
size_t json_count(const json_t *container);                     /* 0 unless array or object */
const char *json_text(const json_t *value);                     /* NULL unless string */
const char *json_scalar(const json_t *value);                   /* a string, number or bool as text, else NULL */
bool json_is_true(const json_t *value);
long long json_number(const json_t *value, long long otherwise); /* `otherwise` unless a whole number */

/* Replaces a text by another in every string value inside. */
void json_replace(json_t *value, const char *from, const char *to);

#endif
