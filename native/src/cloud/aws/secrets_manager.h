/* AWS Secrets Manager: texts that must not lie about. */
#ifndef CLOUD_AWS_SECRETS_MANAGER_H
#define CLOUD_AWS_SECRETS_MANAGER_H

#include "service.h"

/* `service` is "secretsmanager"'s. `*secret` is zeroed and freed by the caller; `*version` by free(). */
int secrets_manager_get(const struct service *service, jb_operation *operation, const char *name, char **secret,
                        char **version, jb_error *error);
/* `*version` as above, `*arn` too. */
int secrets_manager_create(const struct service *service, jb_operation *operation, const char *name, const char *secret,
                           char **arn, char **version, jb_error *error);
int secrets_manager_exists(const struct service *service, jb_operation *operation, const char *name, bool *exists,
                           jb_error *error);
int secrets_manager_delete(const struct service *service, jb_operation *operation, const char *name, bool at_once,
                           jb_error *error);

#endif
