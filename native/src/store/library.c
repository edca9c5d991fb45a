#include <curl/curl.h>
#include <pthread.h>

#include "../base/operation.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode curl_status;

static void initialize(void)
{
    curl_status = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int jb_library_init(jb_error *error)
{
    pthread_once(&once, initialize);
    if (curl_status == CURLE_OK)
        return JB_OK;
    return error_set(error, JB_ERROR_FAILED, "cannot prepare libcurl: %s", curl_easy_strerror(curl_status));
}
