#include "endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 255
#define URL_MAX  8192

/* A name or an address, and a port's number after it. */
static bool is_host(const char *host, size_t size)
{
    if (size == 0 || size > HOST_MAX)
        return false;
    size_t length = 0;
    if (host[0] == '[') {
        for (length = 1; length < size && (isxdigit((unsigned char)host[length]) || host[length] == ':');)
            length++;
        if (length == size || host[length++] != ']')
            return false;
    } else {
        while (length < size && (isalnum((unsigned char)host[length]) || strchr("-._", host[length]) != NULL))
            length++;
    }
    if (length == 0 || length == size)
        return length > 0;
    if (host[length] != ':' || size - length < 2 || size - length > 6)
        return false;
    while (++length < size)
        if (!isdigit((unsigned char)host[length]))
            return false;
    return true;
}

/* Four decimal numbers and nothing else; names such as "127.0.0.1.example.org" are no addresses. */
static bool is_ipv4(const char *host, size_t size, unsigned char numbers[4])
{
    char text[INET_ADDRSTRLEN];
    if (size >= sizeof text)
        return false;
    memcpy(text, host, size);
    text[size] = '\0';
    return inet_pton(AF_INET, text, numbers) == 1;
}

static size_t without_port(const char *host, size_t size)
{
    const char *colon = memchr(host, ':', size);
    return host[0] == '[' || colon == NULL ? size : (size_t)(colon - host);
}

bool azure_host_is_loopback(const char *host, size_t size)
{
    unsigned char numbers[4];
    if (size >= 5 && strncmp(host, "[::1]", 5) == 0 && (size == 5 || host[5] == ':'))
        return true;
    size = without_port(host, size);
    return (size == 9 && strncasecmp(host, "localhost", 9) == 0) || (is_ipv4(host, size, numbers) && numbers[0] == 127);
}

bool azure_host_is_link_local(const char *host, size_t size)
{
    unsigned char numbers[4];
    return is_ipv4(host, without_port(host, size), numbers) && numbers[0] == 169 && numbers[1] == 254;
}

int azure_endpoint(const char *text, const char *what, char **endpoint, jb_error *error)
{
    const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : NULL;
    size_t size = host == NULL ? 0 : strlen(host);
    if (size > 0 && host[size - 1] == '/')
        size--;
    if (host == NULL || !is_host(host, size)) {
        error_set(error, JB_ERROR_USAGE, "%s is malformed", what);
        return error_hint(error, "give it as 'https://host', without a path or a user");
    }
    if (host == text + 7 && !azure_host_is_loopback(host, size)) {
        error_set(error, JB_ERROR_USAGE, "%s is not encrypted, and secrets would go there", what);
        return error_hint(error, "give an address that begins with 'https://'");
    }
    *endpoint = strndup(text, (size_t)(host - text) + size);
    return *endpoint == NULL ? error_no_memory(error) : JB_OK;
}

bool azure_url_is_on(const char *url, const char *endpoint)
{
    size_t size = strlen(endpoint);
    if (strlen(url) > URL_MAX || strncasecmp(url, endpoint, size) != 0)
        return false;
    const char *rest = url + size;
    const char *own_port = strncmp(endpoint, "https://", 8) == 0 ? ":443/" : ":80/";
    if (strncmp(rest, own_port, strlen(own_port)) == 0)
        rest += strlen(own_port) - 1;
    if (*rest != '/')
        return false;
    for (const char *c = rest; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\' || *c == '#')
            return false;
    return true;
}
