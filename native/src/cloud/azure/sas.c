#include "sas.h"

#include "../../base/clock.h"

#define STRING_MAX 16384

static int append_parameter(struct buffer *query, const char *name, const char *value, jb_error *error)
{
    int code = buffer_printf(query, error, "%s%s=", query->size > 0 ? "&" : "", name);
    return code == JB_OK ? uri_encode(query, value, false, error) : code;
}

static int append_parameters(struct buffer *query, const struct uri_parameter *parameters, size_t count,
                             jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = append_parameter(query, parameters[i].name, parameters[i].value, error);
    return code;
}

static int append_signature(struct buffer *query, const struct shared_key *key, const struct buffer *string,
                            jb_error *error)
{
    char signature[SHARED_KEY_SIGNATURE_SIZE];
    int code = shared_key_sign(key, string->data, string->size, signature, error);
    return code == JB_OK ? append_parameter(query, "sig", signature, error) : code;
}

static const char *protocol(bool https_only)
{
    return https_only ? "https" : "https,http";
}

/* Permissions, start, expiry, resource; then who signs; then address, protocol, version, kind of resource, snapshot,
   encryption scope and five headers of the answer, most of them empty. */
static int blob_string(const struct sas_blob *blob, const struct sas_delegation *delegation, const char *expiry,
                       struct buffer *string, jb_error *error)
{
    int code = buffer_printf(string, error, "%s\n\n%s\n/blob/%s/%s/%s\n", blob->permissions, expiry, blob->account,
                             blob->container, blob->blob);
    if (code == JB_OK && delegation != NULL)
        code = buffer_printf(string, error, "%s\n%s\n%s\n%s\n%s\n%s\n\n\n\n", delegation->object, delegation->tenant,
                             delegation->start, delegation->expiry, delegation->service, delegation->version);
    else if (code == JB_OK)
        code = buffer_append_text(string, "\n", error);
    if (code == JB_OK)
        code = buffer_printf(string, error, "\n%s\n" AZURE_VERSION "\nb\n\n\n\n\n\n\n", protocol(blob->https_only));
    return code;
}

int sas_for_blob(const struct sas_blob *blob, const struct shared_key *key, const struct sas_delegation *delegation,
                 struct buffer *query, jb_error *error)
{
    char expiry[CLOCK_UTC_SIZE];
    clock_format_utc(blob->expires, expiry);
    const struct uri_parameter common[] = {{"sv", AZURE_VERSION},
                                           {"sr", "b"},
                                           {"sp", blob->permissions},
                                           {"se", expiry},
                                           {"spr", protocol(blob->https_only)}};
    struct buffer string;
    buffer_init(&string, STRING_MAX);
    int code = blob_string(blob, delegation, expiry, &string, error);
    if (code == JB_OK)
        code = append_parameters(query, common, sizeof common / sizeof *common, error);
    if (code == JB_OK && delegation != NULL) {
        const struct uri_parameter signer[] = {{"skoid", delegation->object}, {"sktid", delegation->tenant},
                                               {"skt", delegation->start},    {"ske", delegation->expiry},
                                               {"sks", delegation->service},  {"skv", delegation->version}};
        code = append_parameters(query, signer, sizeof signer / sizeof *signer, error);
    }
    if (code == JB_OK)
        code = append_signature(query, delegation != NULL ? &delegation->key : key, &string, error);
    buffer_clean_up(&string);
    return code;
}

int sas_for_account(const struct sas_account *account, const struct shared_key *key, struct buffer *query,
                    jb_error *error)
{
    char expiry[CLOCK_UTC_SIZE];
    clock_format_utc(account->expires, expiry);
    const struct uri_parameter parameters[] = {
        {"sv", AZURE_VERSION},        {"ss", "b"},    {"srt", account->resource_types},
        {"sp", account->permissions}, {"se", expiry}, {"spr", protocol(account->https_only)}};
    struct buffer string;
    buffer_init(&string, STRING_MAX);
    int code = buffer_printf(&string, error, "%s\n%s\nb\n%s\n\n%s\n\n%s\n" AZURE_VERSION "\n\n", account->account,
                             account->permissions, account->resource_types, expiry, protocol(account->https_only));
    if (code == JB_OK)
        code = append_parameters(query, parameters, sizeof parameters / sizeof *parameters, error);
    if (code == JB_OK)
        code = append_signature(query, key, &string, error);
    buffer_clean_up(&string);
    return code;
}
