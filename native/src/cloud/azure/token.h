/* Bearer tokens of Azure AD (Entra ID): a service principal's by its secret, or the machine's managed identity. */
#ifndef CLOUD_AZURE_TOKEN_H
#define CLOUD_AZURE_TOKEN_H

#include "../../http/client.h"

struct azure_tokens;

/* Texts are copied. */
struct azure_principal {
    const char *tenant, *client,
        *secret;          /* all three, or none: the machine's managed identity (`client` may say which) */
    const char *login;    /* "https://login.microsoftonline.com" by default; else AZURE_AUTHORITY_HOST */
    const char *resource; /* "https://storage.azure.com" or "https://management.azure.com" */
    const struct http_options *http;
};

/* Has a token when it succeeds; it is renewed in the background before it expires. */
int azure_tokens_new(const struct azure_principal *principal, struct azure_tokens **tokens, jb_error *error);
void azure_tokens_free(struct azure_tokens *tokens);

/* A copy, a secret: zero it before you free it. Never waits for a server. Thread-safe. */
int azure_tokens_get(struct azure_tokens *tokens, char **token, jb_error *error);

/* The server refused the token as expired: a new one is fetched in the background. */
void azure_tokens_expired(struct azure_tokens *tokens);

#endif
