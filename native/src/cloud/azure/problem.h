/* What Azure's services answer where they refuse. */
#ifndef CLOUD_AZURE_PROBLEM_H
#define CLOUD_AZURE_PROBLEM_H

#include "../../base/buffer.h"

struct azure_problem {
    char code[96];     /* "ResourceGroupNotFound", "invalid_client"; "" where the body is none of theirs */
    char message[400]; /* one line; may be "" */
};

/*
 * Out of {"error":{"code","message"}}, {"code","message"} (Azure Resource Manager) and {"error","error_description"}
 * (RFC 6749, 5.2). A message that holds `secret` (may be NULL) is left out: who answers may echo what was sent.
 */
void azure_problem_read(const struct buffer *body, const char *secret, struct azure_problem *problem);

#endif
