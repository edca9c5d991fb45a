#include "reach.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/clock.h"
#include "transfer.h"

#define PATIENCE_MS 20000L

static size_t drop_body(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes, (void)context;
    return size * count;
}

static size_t take_date(char *line, size_t size, size_t count, void *context)
{
    struct http_reach *reach = context;
    char value[64];
    size_t length = size * count;
    if (length > 6 && length - 6 < sizeof value && strncasecmp(line, "date: ", 6) == 0) {
        memcpy(value, line + 6, length - 6);
        value[length - 6] = '\0';
        value[strcspn(value, "\r\n")] = '\0';
        if (!clock_parse_http(value, &reach->date))
            reach->date = 0;
    }
    return length;
}

static int stop_when_cancelled(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                               curl_off_t up)
{
    (void)down_total, (void)down, (void)up_total, (void)up;
    return operation_cancelled(context);
}

static void take_certificate(CURL *easy, struct http_reach *reach)
{
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL || chain->num_of_certs < 1)
        return;
    for (struct curl_slist *line = chain->certinfo[0]; line != NULL; line = line->next)
        if (strncmp(line->data, "Expire date:", 12) == 0)
            snprintf(reach->expires, sizeof reach->expires, "%s", line->data + 12);
}

static int64_t milliseconds(CURL *easy, CURLINFO what)
{
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy, what, &microseconds);
    return (microseconds + 999) / 1000;
}

static enum http_stage stage_of(CURLcode result, const struct http_reach *reach)
{
    switch (result) {
    case CURLE_OK:
        return HTTP_STAGE_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_STAGE_NAME;
    case CURLE_COULDNT_CONNECT:
        return HTTP_STAGE_CONNECTION;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
        return HTTP_STAGE_TLS;
    default:
        return reach->connect_ms == 0                                           ? HTTP_STAGE_CONNECTION
               : reach->tls_ms == 0 && strncmp(reach->server, "https:", 6) == 0 ? HTTP_STAGE_TLS
                                                                                : HTTP_STAGE_ANSWER;
    }
}

static void take_figures(CURL *easy, CURLcode result, struct http_reach *reach)
{
    const char *address = NULL;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    snprintf(reach->address, sizeof reach->address, "%s", address != NULL ? address : "");
    reach->status = (int)status;
    reach->name_ms = milliseconds(easy, CURLINFO_NAMELOOKUP_TIME_T);
    reach->connect_ms = milliseconds(easy, CURLINFO_CONNECT_TIME_T);
    reach->tls_ms = milliseconds(easy, CURLINFO_APPCONNECT_TIME_T);
    reach->answer_ms = milliseconds(easy, CURLINFO_STARTTRANSFER_TIME_T);
    take_certificate(easy, reach);
    reach->stage = stage_of(result, reach);
    if (result != CURLE_OK && reach->reason[0] == '\0')
        snprintf(reach->reason, sizeof reach->reason, "%s", curl_easy_strerror(result));
}

int http_reach(struct http_client *client, const char *server, jb_operation *operation, struct http_reach *reach,
               jb_error *error)
{
    *reach = (struct http_reach){.stage = HTTP_STAGE_NAME};
    snprintf(reach->server, sizeof reach->server, "%s", server);
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return error_no_memory(error);
    http_connection_options(easy, http_client_options(client));
    curl_easy_setopt(easy, CURLOPT_URL, reach->server);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, PATIENCE_MS);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reach->reason);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_date);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, reach);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, stop_when_cancelled);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, operation);
    int64_t began = clock_now();
    CURLcode result = curl_easy_perform(easy);
    reach->asked = began + (clock_now() - began) / 2;
    take_figures(easy, result, reach);
    curl_easy_cleanup(easy);
    return operation_check(operation, error);
}
