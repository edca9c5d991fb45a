#include "lease.h"

#include <stdio.h>
#include <string.h>

#include "../../base/random.h"

static int begin(struct azure_request *request, const struct azure_leased *leased, jb_operation *operation,
                 const char *what, const char *action, jb_error *error)
{
    int code = azure_request_init(request, leased->azure, operation, what, "PUT", leased->bucket, leased->key, error);
    if (code != JB_OK)
        return code;
    if (leased->key == NULL)
        azure_request_query(request, "restype", "container");
    azure_request_query(request, "comp", "lease");
    code = azure_request_header(request, "x-ms-lease-action", action, error);
    if (code != JB_OK)
        azure_request_clean_up(request);
    return code;
}

static int end(struct azure_request *request, int code, const char *name, const char *value, jb_error *error)
{
    if (code == JB_OK)
        code = azure_request_header(request, name, value, error);
    if (code == JB_OK)
        code = azure_request_perform(request, error);
    azure_request_clean_up(request);
    return code;
}

int azure_lease_acquire(struct azure_leased *leased, jb_operation *operation, int seconds, jb_error *error)
{
    struct azure_request request;
    char random[33], duration[16];
    /* An id of one's own: where the answer is lost, the same request succeeds again. */
    random_name(random);
    snprintf(leased->id, sizeof leased->id, "%.8s-%.4s-%.4s-%.4s-%.12s", random, random + 8, random + 12, random + 16,
             random + 20);
    snprintf(duration, sizeof duration, "%d", seconds);
    int code = begin(&request, leased, operation, "lease", "acquire", error);
    if (code != JB_OK)
        return code;
    code = azure_request_header(&request, "x-ms-lease-duration", duration, error);
    return end(&request, code, "x-ms-proposed-lease-id", leased->id, error);
}

int azure_lease_renew(const struct azure_leased *leased, jb_operation *operation, jb_error *error)
{
    struct azure_request request;
    int code = begin(&request, leased, operation, "renew the lease of", "renew", error);
    return code == JB_OK ? end(&request, code, "x-ms-lease-id", leased->id, error) : code;
}

int azure_lease_release(const struct azure_leased *leased, jb_operation *operation, jb_error *error)
{
    struct azure_request request;
    int code = begin(&request, leased, operation, "release the lease of", "release", error);
    return code == JB_OK ? end(&request, code, "x-ms-lease-id", leased->id, error) : code;
}

int azure_lease_break(const struct azure_leased *leased, jb_operation *operation, jb_error *error)
{
    struct azure_request request;
    int code = begin(&request, leased, operation, "break the lease of", "break", error);
    return code == JB_OK ? end(&request, code, "x-ms-lease-break-period", "0", error) : code;
}
