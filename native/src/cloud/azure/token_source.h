/* Where a token is asked for, and the request that asks. */
#ifndef CLOUD_AZURE_TOKEN_SOURCE_H
#define CLOUD_AZURE_TOKEN_SOURCE_H

#include "token.h"

struct token_source {
    const char *method;
    char *url;
    char *form;         /* a secret; NULL: no body */
    const char *header; /* of managed identities; NULL: none */
    char *header_value;
    char *secret; /* what no message may hold; NULL: none */
    char *place;  /* for messages */
    bool managed;
};

/* Reads options and environment; asks nobody. JB_ERROR_USAGE for halves of a principal and for bad addresses. */
int token_source_init(struct token_source *source, const struct azure_principal *principal, jb_error *error);
void token_source_clean_up(struct token_source *source);

#endif
