#include "endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 255

bool endpoint_is_host(const char *host, size_t size)
{
    if (size == 0 || size > HOST_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)host[i]) && (host[i] == '\0' || strchr("-._:[]", host[i]) == NULL))
            return false;
    return true;
}

int endpoint_parse(const char *endpoint, char **scheme, char **host, jb_error *error)
{
    const char *begin = strncmp(endpoint, "https://", 8) == 0  ? endpoint + 8
                        : strncmp(endpoint, "http://", 7) == 0 ? endpoint + 7
                                                               : NULL;
    size_t size = begin == NULL ? 0 : strlen(begin);
    if (size > 0 && begin[size - 1] == '/')
        size--;
    if (begin == NULL || !endpoint_is_host(begin, size)) {
        error_set(error, JB_ERROR_USAGE, "the endpoint is malformed");
        error_hint(error, "give it as 'https://host' or 'http://host:port', without a path or a user");
        return JB_ERROR_USAGE;
    }
    const char *own_port = begin == endpoint + 8 ? ":443" : ":80";
    size_t own_size = strlen(own_port);
    if (size > own_size && memcmp(begin + size - own_size, own_port, own_size) == 0)
        size -= own_size; /* libcurl and servers leave it out of the host that is signed */
    *scheme = strndup(endpoint, (size_t)(begin - endpoint) - 3);
    *host = strndup(begin, size);
    if (*scheme != NULL && *host != NULL)
        return JB_OK;
    free(*scheme);
    free(*host);
    *scheme = *host = NULL;
    return error_no_memory(error);
}
