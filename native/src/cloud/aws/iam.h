/* AWS Identity and Access Management: users, their access keys and inline policies. `service` is "iam"'s. */
#ifndef CLOUD_AWS_IAM_H
#define CLOUD_AWS_IAM_H

#include "service.h"

struct iam_user {
    char arn[2049], id[256];
};

int iam_user_create(const struct service *service, jb_operation *operation, const char *user, struct iam_user *made,
                    jb_error *error);
int iam_user_exists(const struct service *service, jb_operation *operation, const char *user, bool *exists,
                    jb_error *error);
int iam_user_delete(const struct service *service, jb_operation *operation, const char *user, bool with_own,
                    jb_error *error);

/* Clean `keys` up after success. */
int iam_key_create(const struct service *service, jb_operation *operation, const char *user, struct credentials *keys,
                   jb_error *error);
int iam_key_exists(const struct service *service, jb_operation *operation, const char *user, const char *access_key,
                   bool *exists, jb_error *error);
int iam_key_delete(const struct service *service, jb_operation *operation, const char *user, const char *access_key,
                   jb_error *error);

int iam_policy_put(const struct service *service, jb_operation *operation, const char *user, const char *name,
                   const char *policy, jb_error *error);
int iam_policy_exists(const struct service *service, jb_operation *operation, const char *user, const char *name,
                      bool *exists, jb_error *error);
int iam_policy_delete(const struct service *service, jb_operation *operation, const char *user, const char *name,
                      jb_error *error);

#endif
