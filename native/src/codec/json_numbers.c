#include "json_numbers.h"

#include <ctype.h>
#include <float.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX   64    /* bytes; longer ones have more digits than a double */
#define EXPONENT_MAX 10000 /* far past a double's, and past what NUMBER_MAX digits can shift back to one */

/* A number's value in one form: 0.DIGITS times 10 to the EXPONENT, DIGITS without zeros at either end. */
struct decimal {
    bool negative;
    char digits[NUMBER_MAX + 1];
    long exponent;
};

static long read_exponent(const char *text)
{
    long exponent = strtol(text, NULL, 10);
    return exponent > EXPONENT_MAX ? EXPONENT_MAX : exponent < -EXPONENT_MAX ? -EXPONENT_MAX : exponent;
}

static void read_decimal(const char *text, struct decimal *decimal)
{
    size_t count = 0;
    bool point = false;
    *decimal = (struct decimal){.negative = *text == '-'};
    for (text += *text == '-'; isdigit((unsigned char)*text) || *text == '.'; text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (count > 0 || *text != '0') {
            decimal->digits[count++] = *text;
            decimal->exponent += !point;
        } else {
            decimal->exponent -= point;
        }
    }
    if (*text == 'e' || *text == 'E')
        decimal->exponent += read_exponent(text + 1);
    while (count > 0 && decimal->digits[count - 1] == '0')
        count--;
    decimal->digits[count] = '\0';
    if (count == 0)
        decimal->exponent = 0;
}

static bool is_written_with(const struct decimal *decimal, double value, int digits)
{
    char text[NUMBER_MAX];
    struct decimal written;
    snprintf(text, sizeof text, "%.*g", digits, value);
    read_decimal(text, &written);
    return decimal->negative == written.negative && decimal->exponent == written.exponent &&
           strcmp(decimal->digits, written.digits) == 0;
}

/* Does any way to write its double give the number itself? */
static bool is_kept(const char *number)
{
    struct decimal decimal;
    read_decimal(number, &decimal);
    double value = strtod(number, NULL);
    bool kept = false;
    for (int digits = DBL_DIG; !kept && digits <= DBL_DECIMAL_DIG; digits++)
        kept = is_written_with(&decimal, value, digits);
    return kept;
}

/* Goes past a text's closing quote. */
static size_t skip_text(const char *text, size_t size, size_t at)
{
    for (at++; at < size && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at + 1;
}

static int check_number(const char *number, size_t length, const char *what, jb_error *error)
{
    char copy[NUMBER_MAX];
    bool kept = length < sizeof copy;
    if (kept) {
        memcpy(copy, number, length);
        copy[length] = '\0';
        kept = strpbrk(copy, ".eE") == NULL || is_kept(copy);
    }
    return kept ? JB_OK
                : error_set(error, JB_ERROR_FORMAT, "%s holds the number %.*s, which cannot be kept exactly", what,
                            length < 40 ? (int)length : 40, number);
}

static bool is_of_number(char c)
{
    return isdigit((unsigned char)c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

int json_check_numbers(const char *text, size_t size, const char *what, jb_error *error)
{
    for (size_t at = 0; at < size;) {
        if (text[at] == '"') {
            at = skip_text(text, size, at);
        } else if (text[at] == '-' || isdigit((unsigned char)text[at])) {
            size_t length = 1;
            while (at + length < size && is_of_number(text[at + length]))
                length++;
            int code = check_number(&text[at], length, what, error);
            if (code != JB_OK)
                return code;
            at += length;
        } else {
            at++;
        }
    }
    return JB_OK;
}

static bool is_short(double value)
{
    char text[NUMBER_MAX];
    snprintf(text, sizeof text, "%.*g", DBL_DIG, value);
    return strtod(text, NULL) == value;
}

/* Depth is bounded by jansson's parser. */
static bool are_short(const json_t *document)
{
    const char *name;
    json_t *member;
    size_t index;
    bool all = !json_is_real(document) || is_short(json_real_value(document));
    json_object_foreach((json_t *)(uintptr_t)document, name, member) all = all && are_short(member);
    json_array_foreach(document, index, member) all = all && are_short(member);
    return all;
}

size_t json_real_digits(const json_t *document)
{
    return are_short(document) ? DBL_DIG : DBL_DECIMAL_DIG;
}
