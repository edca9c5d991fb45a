#include "auth.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/json.h"

#define SAS_MAX 4096

static const char *set(const char *option)
{
    return option != NULL && *option != '\0' ? option : NULL;
}

static void free_secret(char *secret)
{
    if (secret != NULL)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

/* Azure's portal gives it with a leading '?'; nothing in it may end the URL or its line. */
static int take_sas(const char *text, char **sas, jb_error *error)
{
    if (*text == '?')
        text++;
    size_t size = strlen(text);
    bool good = size > 0 && size <= SAS_MAX && strstr(text, "sig=") != NULL;
    for (size_t i = 0; good && i < size; i++)
        good = (unsigned char)text[i] > 0x20 && (unsigned char)text[i] < 0x7f && text[i] != '#';
    if (!good) {
        error_set(error, JB_ERROR_USAGE, "the shared access signature is malformed");
        return error_hint(error, "give the whole query, as 'sv=…&sp=…&sig=…'");
    }
    *sas = strdup(text);
    return *sas == NULL ? error_no_memory(error) : JB_OK;
}

static int take_grants(struct azure_auth *auth, const json_t *blobs, jb_error *error)
{
    const char *name;
    json_t *value;
    auth->grants = calloc(json_object_size(blobs) + 1, sizeof *auth->grants);
    if (auth->grants == NULL)
        return error_no_memory(error);
    json_object_foreach((json_t *)(uintptr_t)blobs, name, value)
    {
        if (!json_is_string(value))
            return error_set(error, JB_ERROR_USAGE, "the grant of '%.200s' is no text", name);
        struct azure_blob_grant *grant = &auth->grants[auth->grant_count++];
        grant->name = strdup(name);
        if (grant->name == NULL)
            return error_no_memory(error);
        int code = take_sas(json_string_value(value), &grant->sas, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

static bool knows_all_members(const json_t *document)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, name, value) if (strcmp(name, "version") != 0 &&
                                                                        strcmp(name, "expires") != 0 &&
                                                                        strcmp(name, "azure") != 0) return false;
    return true;
}

/* {"version": 1, "expires": SECONDS, "azure": {"CONTAINER/BLOB": "SAS", …}} (docs/formats.md, "Grants") */
static int init_grants(struct azure_auth *auth, const char *text, jb_error *error)
{
    json_t *document = NULL;
    uint64_t version = 0, expires = 0;
    int code = json_parse_secret(text, strlen(text), "what was granted", &document, error);
    if (code != JB_OK)
        return code;
    const json_t *blobs = json_object_get(document, "azure");
    if (!json_member_count(document, "version", &version) || version != 1 || !json_is_object(blobs) ||
        !knows_all_members(document)) {
        code = error_set(error, JB_ERROR_USAGE, "the grants are not for an Azure store, or of another version");
        error_hint(error, "use what 'jpsbackup grant' of this release made for this store");
    } else if (json_member_count(document, "expires", &expires) && (int64_t)expires < clock_now()) {
        code = error_set(error, JB_ERROR_ACCESS, "the grants have expired");
        error_hint(error, "have the engine grant the objects anew, for longer");
    } else {
        code = take_grants(auth, blobs, error);
    }
    json_wipe(document);
    return code;
}

static int init_tokens(struct azure_auth *auth, const jb_store_options *options, const struct http_options *http,
                       jb_error *error)
{
    const char *tenant = set(options->tenant), *client = set(options->client), *secret = set(options->client_secret);
    if (tenant == NULL && secret == NULL) {
        tenant = set(getenv("AZURE_TENANT_ID"));
        secret = set(getenv("AZURE_CLIENT_SECRET"));
    }
    if (client == NULL)
        client = set(getenv("AZURE_CLIENT_ID"));
    if ((tenant != NULL) != (secret != NULL) || (tenant != NULL && client == NULL)) {
        error_set(error, JB_ERROR_USAGE, "a service principal lacks its %s",
                  tenant == NULL   ? "tenant"
                  : secret == NULL ? "secret"
                                   : "client id");
        return error_hint(error, "give AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or none of the first "
                                 "and the last for the machine's managed identity");
    }
    const struct azure_principal principal = {
        .tenant = tenant, .client = client, .secret = secret, .resource = "https://storage.azure.com", .http = http};
    auth->kind = AZURE_BEARER;
    int code = azure_tokens_new(&principal, &auth->tokens, error);
    if (code != JB_OK && tenant == NULL && error->code != JB_ERROR_MEMORY)
        error_hint(error, "give an account key (AZURE_STORAGE_KEY), a shared access signature "
                          "(AZURE_STORAGE_SAS_TOKEN) or a service principal; this machine has no managed identity");
    return code;
}

int azure_auth_init(struct azure_auth *auth, const jb_store_options *options, const struct http_options *http,
                    jb_error *error)
{
    const char *key = set(options->account_key), *sas = set(options->sas);
    bool principal =
        set(options->tenant) != NULL || set(options->client) != NULL || set(options->client_secret) != NULL;
    if (set(options->grants) != NULL) {
        auth->kind = AZURE_GRANTS;
        return init_grants(auth, options->grants, error);
    }
    if (key == NULL && sas == NULL && !principal) {
        key = set(getenv("AZURE_STORAGE_KEY"));
        sas = set(getenv("AZURE_STORAGE_SAS_TOKEN"));
    }
    if (key != NULL) {
        auth->kind = AZURE_SHARED_KEY;
        return shared_key_init(&auth->key, key, error);
    }
    if (sas != NULL) {
        auth->kind = AZURE_SAS;
        return take_sas(sas, &auth->sas, error);
    }
    return init_tokens(auth, options, http, error);
}

void azure_auth_clean_up(struct azure_auth *auth)
{
    shared_key_clean_up(&auth->key);
    free_secret(auth->sas);
    azure_tokens_free(auth->tokens);
    for (size_t i = 0; i < auth->grant_count; i++) {
        free(auth->grants[i].name);
        free_secret(auth->grants[i].sas);
    }
    free(auth->grants);
}

static bool names(const char *name, const char *bucket, const char *key)
{
    size_t size = strlen(bucket);
    return strncmp(name, bucket, size) == 0 && name[size] == '/' && strcmp(name + size + 1, key) == 0;
}

int azure_auth_sas(const struct azure_auth *auth, const char *bucket, const char *key, const char **sas,
                   jb_error *error)
{
    *sas = auth->kind == AZURE_SAS ? auth->sas : NULL;
    if (auth->kind != AZURE_GRANTS)
        return JB_OK;
    for (size_t i = 0; i < auth->grant_count && key != NULL; i++)
        if (names(auth->grants[i].name, bucket, key)) {
            *sas = auth->grants[i].sas;
            return JB_OK;
        }
    error_set(error, JB_ERROR_ACCESS, "the grants in use do not reach '%.300s%s%.300s'", bucket != NULL ? bucket : "",
              key != NULL ? "/" : "", key != NULL ? key : "");
    return error_hint(error, "they were made for other objects: have the engine grant this one too");
}
