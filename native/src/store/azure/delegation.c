/* "Get User Delegation Key": who has a token, and a role that allows it, gets a key to sign with for up to seven days.
 */
#include <stdio.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/xml.h"
#include "request.h"

#define BODY_MAX      1024
#define REPLY_MAX     16384
#define SECONDS_MAX   604800
#define EARLY_SECONDS 300 /* the store's clock may be behind */

struct reading {
    struct sas_delegation *delegation;
    bool has_key;
};

static int take(char *place, size_t size, const char *text, jb_error *error)
{
    if (strlen(text) >= size || *text == '\0')
        return error_set(error, JB_ERROR_FORMAT, "the delegation key's '%.40s' is too long or empty", text);
    memcpy(place, text, strlen(text) + 1);
    return JB_OK;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    static const char root[] = "UserDelegationKey/";
    struct reading *reading = context;
    struct sas_delegation *key = reading->delegation;
    const struct {
        const char *name;
        char *place;
        size_t size;
    } members[] = {
        {"SignedOid", key->object, sizeof key->object},       {"SignedTid", key->tenant, sizeof key->tenant},
        {"SignedStart", key->start, sizeof key->start},       {"SignedExpiry", key->expiry, sizeof key->expiry},
        {"SignedService", key->service, sizeof key->service}, {"SignedVersion", key->version, sizeof key->version},
    };
    if (strncmp(path, root, sizeof root - 1) != 0)
        return JB_OK;
    path += sizeof root - 1;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(path, members[i].name) == 0)
            return take(members[i].place, members[i].size, text, error);
    if (strcmp(path, "Value") != 0)
        return JB_OK;
    reading->has_key = true;
    if (shared_key_init(&key->key, text, error) != JB_OK)
        return error_set(error, JB_ERROR_FORMAT, "the delegation key is malformed");
    return JB_OK;
}

static int read_reply(const struct buffer *reply, struct sas_delegation *delegation, jb_error *error)
{
    struct reading reading = {delegation, false};
    const char *text = reply->size > 0 ? reply->data : "";
    size_t size = reply->size;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        text += 3, size -= 3;
    int code = xml_read(text, size, take_element, &reading, error);
    if (code == JB_OK && (!reading.has_key || delegation->object[0] == '\0' || delegation->tenant[0] == '\0' ||
                          delegation->start[0] == '\0' || delegation->expiry[0] == '\0' ||
                          delegation->service[0] == '\0' || delegation->version[0] == '\0'))
        code = error_set(error, JB_ERROR_FORMAT, "the answer holds no whole delegation key");
    return code;
}

int azure_delegation(struct azure_store *azure, jb_operation *operation, int64_t expires,
                     struct sas_delegation *delegation, jb_error *error)
{
    struct azure_request request;
    struct buffer body, reply;
    char start[CLOCK_UTC_SIZE], expiry[CLOCK_UTC_SIZE];
    int64_t now = clock_now(), last = now + SECONDS_MAX - EARLY_SECONDS;
    clock_format_utc(now - EARLY_SECONDS, start);
    clock_format_utc(expires < last ? expires : last, expiry);
    *delegation = (struct sas_delegation){.object = ""};
    int code = azure_request_init(&request, azure, operation, "get a delegation key of", "POST", NULL, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&body, BODY_MAX);
    buffer_init(&reply, REPLY_MAX);
    request.http.reply = &reply;
    request.http.expected = 200;
    azure_request_query(&request, "restype", "service");
    azure_request_query(&request, "comp", "userdelegationkey");
    code = buffer_printf(&body, error,
                         "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>%s</Start><Expiry>%s</Expiry>"
                         "</KeyInfo>",
                         start, expiry);
    azure_request_body(&request, body.data, body.size);
    if (code == JB_OK)
        code = azure_request_header(&request, "content-type", "application/xml", error);
    if (code == JB_OK)
        code = azure_request_perform(&request, error);
    if (code == JB_ERROR_ACCESS)
        error_hint(error, "the principal needs the role 'Storage Blob Delegator' or 'Storage Blob Data Contributor'");
    if (code == JB_OK)
        code = read_reply(&reply, delegation, error);
    if (code == JB_ERROR_FORMAT)
        error_prefix(error, "cannot get a delegation key of 'azure://%s'", azure->account);
    buffer_clean_up(&body);
    buffer_clean_up(&reply);
    azure_request_clean_up(&request);
    return code;
}
