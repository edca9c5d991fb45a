/* The inside of jb_azure, for tests. */
#ifndef CLOUD_AZURE_SERVICE_H
#define CLOUD_AZURE_SERVICE_H

#include <jpsbackup/azure.h>

#include "manager.h"

/* jb_azure_open with other times; members of `tuning` that the options give are the options'. */
int azure_open_tuned(const jb_azure_options *options, const struct http_options *tuning,
                     const struct manager_pauses *pauses, jb_azure **azure, jb_error *error);

#endif
