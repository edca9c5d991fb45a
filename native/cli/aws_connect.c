#include "aws_connect.h"

#include "credentials.h"
#include "../src/base/error.h"

int aws_connect(const struct arguments *arguments, jb_aws **aws, jb_error *error)
{
    const char *kept = arguments->texts[OPTION_CREDENTIALS], *once = arguments->texts[OPTION_CREDENTIALS_ONCE];
    if (kept != NULL && once != NULL)
        return error_set(error, JB_ERROR_USAGE, "options '--credentials' and '--credentials-once' exclude one another");
    struct credentials credentials = {0};
    int code = JB_OK;
    if (kept != NULL || once != NULL)
        code = credentials_read(&credentials, kept != NULL ? kept : once, once != NULL, error);
    if (code == JB_OK && credentials.grants != NULL)
        code = error_set(error, JB_ERROR_USAGE, "rights to single objects give none to the account");
    const jb_aws_options options = {
        .size = sizeof options,
        .region = arguments->texts[OPTION_REGION],
        .endpoint = arguments->texts[OPTION_ENDPOINT],
        .access_key = credentials.access_key,
        .secret_key = credentials.secret_key,
        .session_token = credentials.session_token,
        .profile = arguments->texts[OPTION_PROFILE],
        .ca_file = arguments->texts[OPTION_CA_FILE],
        .proxy = arguments->texts[OPTION_PROXY],
        .tls_minimum = arguments->texts[OPTION_TLS_MINIMUM],
        .tries = (uint32_t)arguments->numbers[OPTION_TRIES],
    };
    if (code == JB_OK)
        code = jb_aws_open(&options, aws, error);
    credentials_wipe(&credentials);
    return code;
}
