/* The reader of json.h. */
#include "json.h"

#include <string.h>

enum { MAX_DEPTH = 100 };

typedef struct reader {
    const char *start;
    const char *at;
    const char *end;
    const char *problem; /* NULL while all is well */
} reader_t;

static json_t *read_value(reader_t *reader, int depth);

static json_t *fail(reader_t *reader, const char *problem)
{
    if (reader->problem == NULL)
        reader->problem = problem;
    return NULL;
}

static int peek(const reader_t *reader)
{
    return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

static bool take(reader_t *reader, char expected)
{
    bool there = peek(reader) == (unsigned char)expected;
    reader->at += there;
    return there;
}

static void skip_blanks(reader_t *reader)
{
    while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' || peek(reader) == '\r')
        reader->at++;
}

static bool take_word(reader_t *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* Four hexadecimal digits, or -1. */
static long take_hex(reader_t *reader)
{
    long code = 0;

    for (int i = 0; i < 4; i++) {
        int digit = peek(reader);
        if (digit >= '0' && digit <= '9')
            code = code * 16 + digit - '0';
        else if (digit >= 'a' && digit <= 'f')
            code = code * 16 + digit - 'a' + 10;
        else if (digit >= 'A' && digit <= 'F')
            code = code * 16 + digit - 'A' + 10;
        else
            return -1;
        reader->at++;
    }
    return code;
}

static bool read_unicode_escape(reader_t *reader, text_t *text)
{
    long code = take_hex(reader);

    if (code < 0)
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        const char *before = reader->at;
        long low = take_word(reader, "\\u") ? take_hex(reader) : -1;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00;
        } else {
            reader->at = before;
            code = 0xFFFD;
        }
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
        code = 0xFFFD;
    }
    text_add_character(text, (unsigned long)code);
    return true;
}

static bool read_escape(reader_t *reader, text_t *text)
{
    static const char NAMES[] = "\"\\/bfnrt", VALUES[] = "\"\\/\b\f\n\r\t";
    int name = peek(reader);
    const char *found = name > 0 ? strchr(NAMES, name) : NULL;

    if (name == -1)
        return false;
    reader->at++;
    if (name == 'u')
        return read_unicode_escape(reader, text);
    if (found != NULL)
        text_add(text, &VALUES[found - NAMES], 1);
    return found != NULL;
}

static json_t *read_string(reader_t *reader)
{
    json_t *value = json_bytes("", 0);

    if (!take(reader, '"'))
        fail(reader, "expected a string");
    while (reader->problem == NULL && !take(reader, '"')) {
        size_t length;
        if (peek(reader) == -1) {
            fail(reader, "a string does not end");
        } else if (peek(reader) < 0x20) {
            fail(reader, "a control character in a string");
        } else if (take(reader, '\\')) {
            if (!read_escape(reader, &value->text))
                fail(reader, "no such escape");
        } else if ((length = utf8_length((const unsigned char *)reader->at, (size_t)(reader->end - reader->at))) == 0) {
            fail(reader, "no UTF-8");
        } else {
            text_add(&value->text, reader->at, length);
            reader->at += length;
        }
    }
    if (reader->problem == NULL)
        return value;
    json_free(value);
    return NULL;
}

static bool take_digits(reader_t *reader)
{
    const char *start = reader->at;

    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->at++;
    return reader->at > start;
}

static json_t *read_number(reader_t *reader)
{
    const char *start = reader->at;
    bool well = true;
    json_t *value;

    take(reader, '-');
    if (!take(reader, '0'))
        well = take_digits(reader);
    if (well && take(reader, '.'))
        well = take_digits(reader);
    if (well && (take(reader, 'e') || take(reader, 'E'))) {
        if (!take(reader, '+'))
            take(reader, '-');
        well = take_digits(reader);
    }
    if (!well)
        return fail(reader, "expected a value");
    value = json_new(JSON_NUMBER);
    text_add(&value->text, start, (size_t)(reader->at - start));
    return value;
}

static json_t *read_container(reader_t *reader, json_kind_t kind, int depth)
{
    char close = kind == JSON_ARRAY ? ']' : '}';
    json_t *container = json_new(kind);

    reader->at++;
    skip_blanks(reader);
    if (take(reader, close))
        return container;
    do {
        json_t *name = NULL, *value = NULL;
        skip_blanks(reader);
        if (kind == JSON_OBJECT) {
            name = read_string(reader);
            skip_blanks(reader);
            if (name != NULL && !take(reader, ':'))
                fail(reader, "expected `:`");
        }
        if (reader->problem == NULL)
            value = read_value(reader, depth);
        if (value != NULL)
            json_add(container, name, value);
        else
            json_free(name);
        skip_blanks(reader);
    } while (reader->problem == NULL && take(reader, ','));
    if (reader->problem == NULL && !take(reader, close))
        fail(reader, kind == JSON_ARRAY ? "expected `,` or `]`" : "expected `,` or `}`");
    if (reader->problem == NULL)
        return container;
    json_free(container);
    return NULL;
}

static json_t *read_value(reader_t *reader, int depth)
{
    skip_blanks(reader);
    if (depth == 0)
        return fail(reader, "nested too deeply");
    switch (peek(reader)) {
    case '{':
        return read_container(reader, JSON_OBJECT, depth - 1);
    case '[':
        return read_container(reader, JSON_ARRAY, depth - 1);
    case '"':
        return read_string(reader);
    case 't':
        return take_word(reader, "true") ? json_bool(true) : fail(reader, "expected a value");
    case 'f':
        return take_word(reader, "false") ? json_bool(false) : fail(reader, "expected a value");
    case 'n':
        return take_word(reader, "null") ? json_null() : fail(reader, "expected a value");
    default:
        return read_number(reader);
    }
}

json_t *json_parse(const char *data, size_t length, text_t *problem)
{
    reader_t reader = {data, data, data + length, NULL};
    json_t *value = read_value(&reader, MAX_DEPTH);

    skip_blanks(&reader);
    if (value != NULL && reader.at < reader.end) {
        json_free(value);
        value = fail(&reader, "something after the end of the document");
    }
    if (value == NULL) {
        char place[64];
        snprintf(place, sizeof place, "byte %lu: ", (unsigned long)(reader.at - reader.start));
        text_add_string(problem, place);
        text_add_string(problem, reader.problem);
    }
    return value;
}
