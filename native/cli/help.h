/* Help, made from the table of options and the subcommands' own texts. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "session.h"

void help_command(FILE *out);
void help_subcommand(const struct subcommand *subcommand, FILE *out);

#endif
