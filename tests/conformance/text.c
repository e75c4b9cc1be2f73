#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *block)
{
    if (block == NULL) {
        fputs("answer: out of memory\n", stderr);
        exit(70);
    }
    return block;
}

void *allocate(size_t size)
{
    return checked(calloc(1, size > 0 ? size : 1));
}

void *reallocate(void *block, size_t size)
{
    return checked(realloc(block, size > 0 ? size : 1));
}

char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(allocate(size), text, size);
}

void text_add(text_t *text, const void *data, size_t length)
{
    if (text->length + length + 1 > text->capacity) {
        text->capacity = (text->length + length + 1) * 2;
        text->data = reallocate(text->data, text->capacity);
    }
    if (length > 0)
        memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add_string(text_t *text, const char *string)
{
    text_add(text, string, strlen(string));
}

const char *text_string(const text_t *text)
{
    return text->data != NULL ? text->data : "";
}

void text_add_replaced(text_t *text, const char *data, size_t length, const char *from, const char *to)
{
    size_t width = strlen(from), done = 0, start = 0;

    while (width > 0 && done + width <= length) {
        if (memcmp(data + done, from, width) == 0) {
            text_add(text, data + start, done - start);
            text_add_string(text, to);
            done += width;
            start = done;
        } else {
            done++;
        }
    }
    text_add(text, data + start, length - start);
}

void text_add_character(text_t *text, unsigned long code)
{
    unsigned char bytes[4];
    size_t length;

    if (code < 0x80) {
        bytes[0] = (unsigned char)code;
        length = 1;
    } else if (code < 0x800) {
        bytes[0] = (unsigned char)(0xC0 | code >> 6);
        length = 2;
    } else if (code < 0x10000) {
        bytes[0] = (unsigned char)(0xE0 | code >> 12);
        length = 3;
    } else {
        bytes[0] = (unsigned char)(0xF0 | code >> 18);
        length = 4;
    }
    for (size_t i = 1; i < length; i++)
        bytes[i] = (unsigned char)(0x80 | (code >> 6 * (length - 1 - i) & 0x3F));
    text_add(text, bytes, length);
}

size_t utf8_length(const unsigned char *bytes, size_t left)
{
    unsigned char first = bytes[0], low = 0x80, high = 0xBF;
    size_t length;

    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        length = 2;
    else if (first >= 0xE0 && first <= 0xEF)
        length = 3;
    else if (first >= 0xF0 && first <= 0xF4)
        length = 4;
    else
        return 0;
    if (first == 0xE0)
        low = 0xA0;
    else if (first == 0xED)
        high = 0x9F;
    else if (first == 0xF0)
        low = 0x90;
    else if (first == 0xF4)
        high = 0x8F;
    if (left < length || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xBF)
            return 0;
    return length;
}

void text_free(text_t *text)
{
    free(text->data);
    *text = (text_t){0};
}
