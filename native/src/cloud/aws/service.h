/*
 * Signed requests to AWS's services other than S3, in the two protocols that the account services speak: a form that is
 * answered by XML (STS, IAM), and JSON 1.1 (Secrets Manager).
 */
#ifndef CLOUD_AWS_SERVICE_H
#define CLOUD_AWS_SERVICE_H

#include "../../codec/json.h"
#include "../../codec/xml.h"
#include "../../http/client.h"
#include "provider.h"

#define SERVICE_REPLY_MAX (1u << 20)

struct service {
    struct http_client *http;
    struct credentials_provider *provider; /* signs; else: */
    const struct credentials *credentials; /* sign; neither: the request is not signed */
    const char *name;                      /* "sts", as signatures name it */
    char *region;                          /* of the signature */
    char *scheme, *host;
};

/*
 * `endpoint` is "http[s]://host[:port]"; NULL: AWS_ENDPOINT_URL_STS (for "sts"), AWS_ENDPOINT_URL, else AWS's own for
 * the region. The handles and `name` are kept, not copied. Clean up only after success.
 */
int service_init(struct service *service, const char *name, const char *region, const char *endpoint, jb_error *error);
void service_clean_up(struct service *service);

/* What is asked; the texts are kept. */
struct service_call {
    jb_operation *operation;
    const char *what;    /* "assume the role 'x'": messages begin with "cannot" and this */
    const char *action;  /* "AssumeRole", "secretsmanager.GetSecretValue" */
    const char *secret;  /* stands in the request: a message that holds it is left out of errors; may be NULL */
    bool once;           /* not to be asked again where the service may have acted: it would make a second one */
    bool *repeated;      /* out, may be NULL: an earlier try may have been acted on */
    int64_t deadline_ms; /* on the monotonic clock; 0: none */
};

/* A form's members, as Action's and Version's companions. */
struct service_parameter {
    const char *name;
    const char *value; /* NULL: left out */
};

/* Posts the form and reads the answer's elements. */
int service_query(const struct service *service, const struct service_call *call, const char *version,
                  const struct service_parameter *parameters, size_t count, xml_element_fn each, void *context,
                  jb_error *error);

/* Posts the document and gives the answer's, an object, which the caller gives back with json_wipe. */
int service_json(const struct service *service, const struct service_call *call, const json_t *input, json_t **output,
                 jb_error *error);

/* service_error.c: judges a reply whose status is not 2xx, by the service's code in its body. `provider` may be NULL;
 * a message that holds `secret` (may be NULL) is not repeated. */
enum http_verdict service_judge(struct http_request *request, struct credentials_provider *provider,
                                const char *secret);

#endif
