#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char REPLACEMENT[] = {0xEF, 0xBF, 0xBD};

/* ---- Building ---- */

json_t *json_new(json_kind_t kind)
{
    json_t *value = allocate(sizeof *value);
    value->kind = kind;
    return value;
}

json_t *json_null(void) { return json_new(JSON_NULL); }
json_t *json_array(void) { return json_new(JSON_ARRAY); }
json_t *json_object(void) { return json_new(JSON_OBJECT); }

json_t *json_bool(bool truth)
{
    json_t *value = json_new(JSON_BOOL);
    value->truth = truth;
    return value;
}

json_t *json_integer(long long number)
{
    char digits[32];
    json_t *value = json_new(JSON_NUMBER);
    snprintf(digits, sizeof digits, "%lld", number);
    text_add_string(&value->text, digits);
    return value;
}

json_t *json_bytes(const void *data, size_t length)
{
    json_t *value = json_new(JSON_STRING);
    text_add(&value->text, data, length);
    return value;
}

json_t *json_string(const char *text)
{
    return text != NULL ? json_bytes(text, strlen(text)) : json_bytes("", 0);
}

void json_add(json_t *container, json_t *name, json_t *value)
{
    if (container->count == container->capacity) {
        container->capacity = container->capacity * 2 + 4;
        container->items = reallocate(container->items, container->capacity * sizeof *container->items);
        if (container->kind == JSON_OBJECT)
            container->names = reallocate(container->names, container->capacity * sizeof *container->names);
    }
    if (container->kind == JSON_OBJECT)
        container->names[container->count] = name;
    container->items[container->count++] = value;
}

void json_push(json_t *array, json_t *value)
{
    json_add(array, NULL, value);
}

static size_t find_member(const json_t *object, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = object->count; i > 0; i--) {
        const text_t *other = &object->names[i - 1]->text;
        if (other->length == length && memcmp(text_string(other), name, length) == 0)
            return i - 1;
    }
    return object->count;
}

void json_put(json_t *object, const char *name, json_t *value)
{
    size_t index = find_member(object, name);

    if (index < object->count) {
        json_free(object->items[index]);
        object->items[index] = value;
    } else {
        json_add(object, json_string(name), value);
    }
}

void json_free(json_t *value)
{
    if (value == NULL)
        return;
    for (size_t i = 0; i < value->count; i++) {
        json_free(value->items[i]);
        if (value->names != NULL)
            json_free(value->names[i]);
    }
    free(value->names);
    free(value->items);
    text_free(&value->text);
    free(value);
}

/* ---- Looking up ---- */

const json_t *json_get(const json_t *object, const char *name)
{
    size_t index;

    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    index = find_member(object, name);
    return index < object->count ? object->items[index] : NULL;
}

const json_t *json_item(const json_t *array, size_t index)
{
    return index < json_count(array) ? array->items[index] : NULL;
}

size_t json_count(const json_t *container)
{
    return container != NULL ? container->count : 0;
}

const char *json_text(const json_t *value)
{
    return value != NULL && value->kind == JSON_STRING ? text_string(&value->text) : NULL;
}

const char *json_scalar(const json_t *value)
{
    if (value == NULL)
        return NULL;
    if (value->kind == JSON_BOOL)
        return value->truth ? "true" : "false";
    return value->kind == JSON_NUMBER || value->kind == JSON_STRING ? text_string(&value->text) : NULL;
}

bool json_is_true(const json_t *value)
{
    return value != NULL && value->kind == JSON_BOOL && value->truth;
}

long long json_number(const json_t *value, long long otherwise)
{
    char *end = NULL;
    long long number;

    if (value == NULL || value->kind != JSON_NUMBER)
        return otherwise;
    errno = 0;
    number = strtoll(text_string(&value->text), &end, 10);
    return errno == 0 && *end == '\0' ? number : otherwise;
}

void json_replace(json_t *value, const char *from, const char *to)
{
    if (value->kind == JSON_STRING) {
        text_t replaced = {0};
        text_add_replaced(&replaced, text_string(&value->text), value->text.length, from, to);
        text_free(&value->text);
        value->text = replaced;
    }
    for (size_t i = 0; i < value->count; i++)
        json_replace(value->items[i], from, to);
}

/* ---- Writing ---- */

static void write_string(const text_t *string, text_t *out)
{
    const unsigned char *bytes = (const unsigned char *)text_string(string);
    size_t at = 0;

    text_add_string(out, "\"");
    while (at < string->length) {
        size_t length = utf8_length(bytes + at, string->length - at);
        if (length == 0) {
            text_add(out, REPLACEMENT, sizeof REPLACEMENT);
            length = 1;
        } else if (bytes[at] == '"' || bytes[at] == '\\') {
            text_add_string(out, "\\");
            text_add(out, bytes + at, 1);
        } else if (bytes[at] < 0x20) {
            char escape[8];
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)bytes[at]);
            text_add_string(out, escape);
        } else {
            text_add(out, bytes + at, length);
        }
        at += length;
    }
    text_add_string(out, "\"");
}

void json_write(const json_t *value, text_t *out)
{
    bool object = value->kind == JSON_OBJECT;

    switch (value->kind) {
    case JSON_NULL:
        text_add_string(out, "null");
        break;
    case JSON_BOOL:
    case JSON_NUMBER:
        text_add_string(out, json_scalar(value));
        break;
    case JSON_STRING:
        write_string(&value->text, out);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        text_add_string(out, object ? "{" : "[");
        for (size_t i = 0; i < value->count; i++) {
            if (i > 0)
                text_add_string(out, ",");
            if (object) {
                write_string(&value->names[i]->text, out);
                text_add_string(out, ":");
            }
            json_write(value->items[i], out);
        }
        text_add_string(out, object ? "}" : "]");
        break;
    }
}
