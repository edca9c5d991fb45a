/* Addresses of Azure's services other than its stores: "https://host[:port]", or plain HTTP to this machine. */
#ifndef CLOUD_AZURE_ENDPOINT_H
#define CLOUD_AZURE_ENDPOINT_H

#include "../../base/buffer.h"

/*
 * A copy without the slash at its end. JB_ERROR_USAGE for anything else than scheme, host and port, and for plain HTTP
 * to another machine, for secrets go there. `what` names it in messages, which do not quote it.
 */
int azure_endpoint(const char *text, const char *what, char **endpoint, jb_error *error);

/* Is the host (of `size` bytes, with or without a port) this machine's own loopback? */
bool azure_host_is_loopback(const char *host, size_t size);
/* Is it an address of the link (169.254.0.0/16), which no router carries further? */
bool azure_host_is_link_local(const char *host, size_t size);

/* True where `url` is an address on `endpoint`, exactly the same scheme, host and port, and safe to be sent. */
bool azure_url_is_on(const char *url, const char *endpoint);

#endif
