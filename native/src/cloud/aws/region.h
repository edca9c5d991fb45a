/* AWS's region: where requests go and what signatures name. */
#ifndef CLOUD_AWS_REGION_H
#define CLOUD_AWS_REGION_H

#include "../../base/error.h"

/*
 * A copy of the option, or of AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else "us-east-1". `profile` NULL:
 * as the environment says. JB_ERROR_USAGE where it is malformed.
 */
int region_choose(const char *option, const char *profile, char **region, jb_error *error);

#endif
