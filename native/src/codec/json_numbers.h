/* Do a document's numbers survive being parsed and written? */
#ifndef CODEC_JSON_NUMBERS_H
#define CODEC_JSON_NUMBERS_H

#include <jansson.h>
#include <stdbool.h>

#include "../base/error.h"

/*
 * `text` is valid JSON that json_parse has taken, so that its whole numbers fit. Real numbers are held as doubles:
 * JB_ERROR_FORMAT, naming `what` and the number, where one has more digits than its double tells.
 */
int json_check_numbers(const char *text, size_t size, const char *what, jb_error *error);

/* How many significant digits (JSON_REAL_PRECISION) all of the document's real numbers need to be written so that
 * reading gives the same doubles: 15, with which numbers of up to 15 digits come out as they went in, or 17. */
size_t json_real_digits(const json_t *document);

#endif
