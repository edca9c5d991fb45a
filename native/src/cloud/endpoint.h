/* A service's address as users give it: scheme, host and port, nothing else. */
#ifndef CLOUD_ENDPOINT_H
#define CLOUD_ENDPOINT_H

#include "../base/error.h"

/*
 * "http[s]://host[:port][/]" in two copies that the caller frees: "https", and the host as requests name and sign it,
 * with its port unless that is the scheme's own. JB_ERROR_USAGE for anything else; the message does not hold it, for it
 * may hold a password.
 */
int endpoint_parse(const char *endpoint, char **scheme, char **host, jb_error *error);

/* Whether `size` bytes are a host's name or address with an optional port, and nothing that a header or a URL could
 * take for more. */
bool endpoint_is_host(const char *host, size_t size);

#endif
