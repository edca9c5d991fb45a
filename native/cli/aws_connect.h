/* An AWS account as the options say. */
#ifndef CLI_AWS_CONNECT_H
#define CLI_AWS_CONNECT_H

#include <jpsbackup/jpsbackup.h>

#include "options.h"

/* Reads, and with --credentials-once removes, the credentials file. */
int aws_connect(const struct arguments *arguments, jb_aws **aws, jb_error *error);

#endif
