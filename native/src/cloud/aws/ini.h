/* The form of AWS's shared config and credentials files: sections of "name = value" lines. */
#ifndef CLOUD_AWS_INI_H
#define CLOUD_AWS_INI_H

#include "../../base/error.h"

#define INI_LINE_MAX 20480

/* A setting; the texts live during the call. Any other answer than JB_OK ends the reading with that code. */
typedef int (*ini_setting_fn)(void *context, const char *section, const char *name, const char *value, jb_error *error);

/*
 * Names come in lower case, values without blanks around them and without a comment after a blank. An indented line
 * belongs to the setting before it and is left out, as nothing that is read here has such. JB_ERROR_FORMAT for a NUL, a
 * line that is neither section nor setting, or one that is too long; messages hold its number and nothing of its text,
 * for that may be a secret.
 */
int ini_read(const char *bytes, size_t count, ini_setting_fn each, void *context, jb_error *error);

#endif
