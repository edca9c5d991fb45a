/* Roles: by a token that somebody else vouches for, as pods have it, or by other keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "chain.h"
#include "small_file.h"

#define TOKEN_MAX 20000 /* the service's own bound */

static uint32_t at_most(uint32_t given, uint32_t most)
{
    return given > 0 && given < most ? given : most;
}

static int begin(const struct chain *chain, struct sts *sts, jb_error *error)
{
    struct http_options options = chain->http;
    options.connections = 1;
    options.tries = at_most(options.tries, CHAIN_TRIES);
    options.connect_timeout_ms = at_most(options.connect_timeout_ms, CHAIN_CONNECT_MS);
    options.stall_ms = at_most(options.stall_ms, CHAIN_STALL_MS);
    *sts = (struct sts){.region = chain->region, .deadline_ms = clock_monotonic_ms() + CHAIN_DEADLINE_MS};
    return http_client_new(&options, &sts->http, error);
}

int chain_role_by_keys(const struct chain *chain, const struct sts_role *role, const struct credentials *keys,
                       struct sts_session *session, jb_error *error)
{
    struct sts sts;
    int code = begin(chain, &sts, error);
    if (code != JB_OK)
        return code;
    sts.credentials = keys;
    code = sts_assume_role(&sts, chain->operation, role, session, error);
    http_client_free(sts.http);
    return code;
}

int chain_role_by_token(const struct chain *chain, const struct sts_role *role, const char *token_file,
                        struct sts_session *session, jb_error *error)
{
    struct buffer token;
    struct sts sts;
    buffer_init(&token, TOKEN_MAX);
    int code = small_file_read(token_file, "the web identity token", &token, error);
    while (token.size > 0 && strchr(" \t\r\n", token.data[token.size - 1]) != NULL)
        token.data[--token.size] = '\0';
    if (code == JB_OK && token.size == 0)
        code = error_set(error, JB_ERROR_FORMAT, "the web identity token '%s' is empty", token_file);
    if (code == JB_OK)
        code = begin(chain, &sts, error);
    if (code == JB_OK) {
        code = sts_assume_role_with_web_identity(&sts, chain->operation, role, token.data, session, error);
        http_client_free(sts.http);
    }
    buffer_clean_up(&token);
    return code;
}

int chain_web_identity(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error)
{
    const char *role = getenv("AWS_ROLE_ARN"), *file = getenv("AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *name = getenv("AWS_ROLE_SESSION_NAME");
    *found = file != NULL && *file != '\0';
    if (!*found)
        return JB_OK;
    if (role == NULL || *role == '\0') {
        error_set(error, JB_ERROR_USAGE, "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not");
        return error_hint(error, "name the role that the token is for");
    }
    const struct sts_role wanted = {.role = role, .session_name = name != NULL && *name != '\0' ? name : "jpsbackup"};
    return chain_role_by_token(chain, &wanted, file, session, error);
}
