#include "provider.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../refresher.h"
#include "chain.h"

#define OVERDUE_S 60 /* so long after their end, keys that cannot be renewed are given up */

struct credentials_provider {
    struct chain chain;
    chain_fetch_fn place;        /* where keys were found, and are fetched again; NULL: they never change */
    struct refresher *refresher; /* NULL: the same */
    bool begun;                  /* the refresher's first fetch was */
    pthread_mutex_t mutex;
    /* Under the mutex. */
    struct sts_session session;
    jb_error trouble; /* of the last fetch; JB_OK */
};

int chain_environment(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error)
{
    (void)chain;
    session->expires = 0;
    return credentials_from_environment(&session->credentials, found, error);
}

static int no_keys(const struct chain *chain, jb_error *error)
{
    (void)chain;
    error_set(error, JB_ERROR_ACCESS,
              "there are no credentials: neither options, nor the environment (AWS_ACCESS_KEY_ID, "
              "AWS_WEB_IDENTITY_TOKEN_FILE), nor the profile, nor a container's or an instance's endpoint has any");
    return error_hint(error, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile, or give both keys "
                             "as options");
}

/* In AWS's order; a profile that was asked for by an option goes before the environment. */
static int search(struct credentials_provider *provider, jb_error *error)
{
    static const chain_fetch_fn usual[] = {chain_environment, chain_web_identity, chain_profile, chain_container,
                                           chain_instance};
    static const chain_fetch_fn by_profile[] = {chain_profile, chain_container, chain_instance};
    const struct chain *chain = &provider->chain;
    const chain_fetch_fn *places = chain->profile != NULL ? by_profile : usual;
    size_t count = chain->profile != NULL ? 3 : 5;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        int code = places[i](chain, &provider->session, &found, error);
        if (code != JB_OK)
            return code;
        if (found) {
            provider->place = places[i] != chain_environment ? places[i] : NULL;
            return JB_OK;
        }
    }
    return no_keys(chain, error);
}

static int fetch_again(struct credentials_provider *provider, struct sts_session *session, jb_error *error)
{
    bool found = false;
    int code = provider->place(&provider->chain, session, &found, error);
    if (code == JB_OK && !found)
        code = no_keys(&provider->chain, error);
    return code;
}

/* refresher_fetch_fn */
static int fetch(void *context, int64_t *expires, jb_error *error)
{
    struct credentials_provider *provider = context;
    struct sts_session session = {.expires = 0};
    if (!provider->begun) { /* the search has just found them */
        provider->begun = true;
        *expires = provider->session.expires;
        return JB_OK;
    }
    int code = fetch_again(provider, &session, error);
    pthread_mutex_lock(&provider->mutex);
    provider->trouble.code = JB_OK;
    if (code != JB_OK) {
        error_copy(&provider->trouble, error);
    } else {
        credentials_clean_up(&provider->session.credentials);
        provider->session = session;
    }
    pthread_mutex_unlock(&provider->mutex);
    *expires = session.expires;
    return code;
}

static int copy_text(char **copy, const char *text, jb_error *error)
{
    *copy = NULL;
    if (text == NULL || *text == '\0')
        return JB_OK;
    *copy = strdup(text);
    return *copy == NULL ? error_no_memory(error) : JB_OK;
}

static int set_up(struct credentials_provider *provider, const struct credentials_source *source, jb_error *error)
{
    struct chain *chain = &provider->chain;
    char *ca_file = NULL, *proxy = NULL;
    if (source->http != NULL)
        chain->http = *source->http;
    int code = copy_text(&chain->profile, source->profile, error);
    if (code == JB_OK)
        code = copy_text(&chain->region, source->region != NULL ? source->region : "us-east-1", error);
    if (code == JB_OK)
        code = copy_text(&ca_file, chain->http.ca_file, error);
    if (code == JB_OK)
        code = copy_text(&proxy, chain->http.proxy, error);
    chain->http.ca_file = ca_file;
    chain->http.proxy = proxy;
    if (code == JB_OK)
        code = jb_operation_new(NULL, &chain->operation, error);
    return code;
}

static int find_keys(struct credentials_provider *provider, const struct credentials_source *source, jb_error *error)
{
    bool given = (source->access_key != NULL && *source->access_key != '\0') ||
                 (source->secret_key != NULL && *source->secret_key != '\0');
    if (given)
        return credentials_copy(&provider->session.credentials, source->access_key, source->secret_key,
                                source->session_token, error);
    return search(provider, error);
}

int credentials_provider_new(const struct credentials_source *source, struct credentials_provider **provider,
                             jb_error *error)
{
    struct credentials_provider *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    pthread_mutex_init(&made->mutex, NULL);
    made->trouble = (jb_error)JB_ERROR_INIT;
    int code = set_up(made, source, error);
    if (code == JB_OK)
        code = find_keys(made, source, error);
    if (code == JB_OK && made->place != NULL)
        code = refresher_new(fetch, made, &made->refresher, error);
    if (code != JB_OK) {
        credentials_provider_free(made);
        return code;
    }
    *provider = made;
    return JB_OK;
}

void credentials_provider_free(struct credentials_provider *provider)
{
    if (provider == NULL)
        return;
    if (provider->chain.operation != NULL)
        jb_operation_cancel(provider->chain.operation);
    refresher_free(provider->refresher);
    jb_operation_free(provider->chain.operation);
    credentials_clean_up(&provider->session.credentials);
    free(provider->chain.profile);
    free(provider->chain.region);
    free((char *)(uintptr_t)provider->chain.http.ca_file);
    free((char *)(uintptr_t)provider->chain.http.proxy);
    pthread_mutex_destroy(&provider->mutex);
    free(provider);
}

int credentials_provider_get(struct credentials_provider *provider, struct credentials *copy, jb_error *error)
{
    pthread_mutex_lock(&provider->mutex);
    const struct sts_session *session = &provider->session;
    const struct credentials *keys = &session->credentials;
    int code;
    if (provider->trouble.code != JB_OK && session->expires != 0 && clock_now() > session->expires + OVERDUE_S) {
        error_copy(error, &provider->trouble);
        code = error_prefix(error, "the keys have expired and cannot be renewed");
    } else {
        code = credentials_copy(copy, keys->access_key, keys->secret_key, keys->session_token, error);
    }
    pthread_mutex_unlock(&provider->mutex);
    return code;
}

bool credentials_provider_expired(struct credentials_provider *provider)
{
    if (provider->refresher == NULL)
        return false;
    refresher_hasten(provider->refresher);
    return true;
}
