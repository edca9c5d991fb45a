/* Keys as a profile of the shared files says: its own, or a role's by other keys, by another profile's and so on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "profile.h"

#define HOPS_MAX 8 /* roles that take on roles */

/* The profiles on the way, so that none comes twice. */
struct way {
    const struct chain *chain;
    const char *names[HOPS_MAX];
    size_t count;
};

static int resolve(struct way *way, const char *name, struct sts_session *session, bool *found, jb_error *error);

static const char *value_of(const struct profile *profile, enum profile_setting setting)
{
    const char *value = profile->values[setting];
    return value != NULL && *value != '\0' ? value : NULL;
}

static bool has_keys(const struct profile *profile)
{
    return value_of(profile, PROFILE_ACCESS_KEY) != NULL || value_of(profile, PROFILE_SECRET_KEY) != NULL;
}

static int take_keys(const struct profile *profile, const char *name, struct sts_session *session, jb_error *error)
{
    session->expires = 0;
    int code = credentials_copy(&session->credentials, profile->values[PROFILE_ACCESS_KEY],
                                profile->values[PROFILE_SECRET_KEY], profile->values[PROFILE_SESSION_TOKEN], error);
    return code == JB_OK ? JB_OK : error_prefix(error, "the profile '%.100s'", name);
}

static int read_role(const struct profile *profile, const char *name, struct sts_role *role, jb_error *error)
{
    const char *duration = value_of(profile, PROFILE_DURATION), *session = value_of(profile, PROFILE_SESSION_NAME);
    *role = (struct sts_role){.role = value_of(profile, PROFILE_ROLE),
                              .session_name = session != NULL ? session : "jpsbackup",
                              .external_id = value_of(profile, PROFILE_EXTERNAL_ID)};
    if (value_of(profile, PROFILE_MFA) != NULL) {
        error_set(error, JB_ERROR_UNSUPPORTED, "the profile '%.100s' asks for a code (mfa_serial)", name);
        return error_hint(error, "get a session's keys by AWS's own command, and give these");
    }
    if (duration == NULL)
        return JB_OK;
    size_t digits = strspn(duration, "0123456789");
    unsigned long seconds = digits <= 6 && duration[digits] == '\0' ? strtoul(duration, NULL, 10) : 0;
    if (seconds < 900 || seconds > 43200)
        return error_set(error, JB_ERROR_USAGE, "duration_seconds of the profile '%.100s' is not from 900 to 43200",
                         name);
    role->seconds = (uint32_t)seconds;
    return JB_OK;
}

static int source_of(const struct chain *chain, const char *source, const char *name, struct sts_session *session,
                     jb_error *error)
{
    bool found = false;
    int code;
    if (strcmp(source, "Environment") == 0)
        code = chain_environment(chain, session, &found, error);
    else if (strcmp(source, "EcsContainer") == 0)
        code = chain_container(chain, session, &found, error);
    else if (strcmp(source, "Ec2InstanceMetadata") == 0)
        code = chain_instance(chain, session, &found, error);
    else
        return error_set(error, JB_ERROR_USAGE, "credential_source '%.60s' of the profile '%.100s' is not known",
                         source, name);
    if (code == JB_OK && !found)
        code = error_set(error, JB_ERROR_ACCESS, "credential_source '%s' of the profile '%.100s' has no keys", source,
                         name);
    return code;
}

/* The keys that take on the profile's role. */
static int find_base(struct way *way, const struct profile *profile, const char *name, struct sts_session *base,
                     jb_error *error)
{
    const char *other = value_of(profile, PROFILE_SOURCE_PROFILE);
    const char *source = value_of(profile, PROFILE_CREDENTIAL_SOURCE);
    if (other != NULL && source != NULL)
        return error_set(error, JB_ERROR_USAGE, "the profile '%.100s' gives both source_profile and credential_source",
                         name);
    if (source != NULL)
        return source_of(way->chain, source, name, base, error);
    if (other == NULL) {
        error_set(error, JB_ERROR_USAGE, "the profile '%.100s' names a role but not who takes it on", name);
        return error_hint(error, "add source_profile, credential_source or web_identity_token_file to it");
    }
    if (strcmp(other, name) == 0 && has_keys(profile))
        return take_keys(profile, name, base, error);
    bool found = false;
    int code = resolve(way, other, base, &found, error);
    if (code == JB_OK && !found)
        code = error_set(error, JB_ERROR_ACCESS, "the profile '%.100s', source_profile of '%.100s', has no keys", other,
                         name);
    return code;
}

static int take_role(struct way *way, const struct profile *profile, const char *name, struct sts_session *session,
                     jb_error *error)
{
    struct sts_role role;
    const char *token_file = value_of(profile, PROFILE_TOKEN_FILE);
    int code = read_role(profile, name, &role, error);
    if (code == JB_OK && token_file != NULL)
        return chain_role_by_token(way->chain, &role, token_file, session, error);
    struct sts_session base;
    if (code == JB_OK)
        code = find_base(way, profile, name, &base, error);
    if (code != JB_OK)
        return code;
    code = chain_role_by_keys(way->chain, &role, &base.credentials, session, error);
    credentials_clean_up(&base.credentials);
    return code;
}

static int take_profile(struct way *way, const struct profile *profile, const char *name, struct sts_session *session,
                        bool *found, jb_error *error)
{
    *found = true;
    if (value_of(profile, PROFILE_ROLE) != NULL)
        return take_role(way, profile, name, session, error);
    if (has_keys(profile))
        return take_keys(profile, name, session, error);
    const char *refused =
        value_of(profile, PROFILE_PROCESS) != NULL ? "a program (credential_process)"
        : value_of(profile, PROFILE_SSO_SESSION) != NULL || value_of(profile, PROFILE_SSO_START_URL) != NULL
            ? "single sign-on (sso_session)"
            : NULL;
    *found = refused != NULL;
    if (refused == NULL)
        return JB_OK;
    error_set(error, JB_ERROR_UNSUPPORTED, "the profile '%.100s' takes its keys from %s, which is not done here", name,
              refused);
    return error_hint(error, "put a session's keys into the environment: aws configure export-credentials");
}

static int resolve(struct way *way, const char *name, struct sts_session *session, bool *found, jb_error *error)
{
    *found = false;
    for (size_t i = 0; i < way->count; i++)
        if (strcmp(way->names[i], name) == 0)
            return error_set(error, JB_ERROR_USAGE, "the profiles '%.100s' and '%.100s' refer to one another in a loop",
                             name, way->names[way->count - 1]);
    if (way->count == HOPS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "more than %d profiles refer to one another", HOPS_MAX);
    way->names[way->count++] = name;
    struct profile profile;
    int code = profile_load(name, &profile, error);
    bool named = way->count > 1 || way->chain->profile != NULL || strcmp(name, "default") != 0;
    if (code == JB_OK && !profile.found && named) {
        error_set(error, JB_ERROR_USAGE, "there is no profile '%.100s'", name);
        code = error_hint(error, "look into the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, or "
                                 "~/.aws/config and ~/.aws/credentials");
    }
    if (code == JB_OK)
        code = take_profile(way, &profile, name, session, found, error);
    profile_clean_up(&profile);
    way->count--;
    return code;
}

int chain_profile(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error)
{
    struct way way = {.chain = chain};
    return resolve(&way, profile_name(chain->profile), session, found, error);
}
