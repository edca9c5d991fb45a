/* AWS Signature Version 4: in a header (the "Authorization" form), and in a query ("presigned"). */
#ifndef CLOUD_SIGV4_H
#define CLOUD_SIGV4_H

#include "../../base/buffer.h"
#include "../uri.h"
#include "credentials.h"

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_HEADERS_MAX      32

struct sigv4_header {
    const char *name; /* any case */
    const char *value;
};

struct sigv4_request {
    const char *method;
    const char *path;  /* canonical: encoded, as it is signed */
    const char *query; /* canonical: encoded and sorted */
    const struct sigv4_header
        *headers; /* all that are signed, "host" and "x-amz-date" among them; of equal names in order */
    size_t header_count;
    const char *payload_hash; /* SHA-256 in lower-case hexadecimal, or SIGV4_UNSIGNED_PAYLOAD */
};

struct sigv4_scope {
    const struct credentials *credentials;
    const char *region;
    const char *service;
    const char *date; /* "20150830T123600Z", as in x-amz-date */
};

/* The steps of the computation; sigv4_sign fills them for tests and for explaining a refused signature. */
struct sigv4_signature {
    struct buffer canonical_request;
    struct buffer string_to_sign;
    struct buffer authorization; /* the header's value */
};

void sigv4_signature_init(struct sigv4_signature *signature);
void sigv4_signature_clean_up(struct sigv4_signature *signature);

int sigv4_sign(const struct sigv4_request *request, const struct sigv4_scope *scope, struct sigv4_signature *signature,
               jb_error *error);

/*
 * Appends to `query` what makes the request valid for anybody during `seconds` from the scope's date: its own
 * parameters, X-Amz-…, the session's token, and the signature last. request->query is not used; its headers are those
 * that whoever uses the link has to send as they are, "host" among them, "x-amz-date" not.
 */
int sigv4_presign(const struct sigv4_request *request, const struct uri_parameter *parameters, size_t count,
                  const struct sigv4_scope *scope, uint32_t seconds, struct buffer *query, jb_error *error);

#endif
