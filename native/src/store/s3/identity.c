/* Whose the keys are: AWS's token service answers whoever has valid ones, whatever their rights. */
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../cloud/aws/sts.h"
#include "s3.h"

#define PATIENCE_MS 10000

int s3_identity(jb_store *store, jb_operation *operation, char who[STORE_IDENTITY_SIZE], jb_error *error)
{
    const struct s3_store *s3 = (const struct s3_store *)store;
    const char *variable = getenv("AWS_ENDPOINT_URL_STS");
    bool has_service = s3_is_aws(s3->host) || (variable != NULL && *variable != '\0');
    if (s3->presigned != NULL || !has_service)
        return error_set(error, JB_ERROR_UNSUPPORTED, "nobody is there to say whose the credentials are");
    struct sts_identity identity;
    const struct sts sts = {.http = s3->http,
                            .provider = s3->provider,
                            .region = s3->region,
                            .deadline_ms = clock_monotonic_ms() + PATIENCE_MS};
    int code = sts_caller_identity(&sts, operation, &identity, error);
    if (code == JB_OK)
        memcpy(who, identity.arn, sizeof identity.arn);
    return code;
}
