#include "profile.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ini.h"
#include "small_file.h"

static const char *const setting_names[PROFILE_SETTINGS] = {
    [PROFILE_ACCESS_KEY] = "aws_access_key_id",
    [PROFILE_SECRET_KEY] = "aws_secret_access_key",
    [PROFILE_SESSION_TOKEN] = "aws_session_token",
    [PROFILE_REGION] = "region",
    [PROFILE_ROLE] = "role_arn",
    [PROFILE_SOURCE_PROFILE] = "source_profile",
    [PROFILE_CREDENTIAL_SOURCE] = "credential_source",
    [PROFILE_EXTERNAL_ID] = "external_id",
    [PROFILE_SESSION_NAME] = "role_session_name",
    [PROFILE_DURATION] = "duration_seconds",
    [PROFILE_MFA] = "mfa_serial",
    [PROFILE_TOKEN_FILE] = "web_identity_token_file",
    [PROFILE_PROCESS] = "credential_process",
    [PROFILE_SSO_SESSION] = "sso_session",
    [PROFILE_SSO_START_URL] = "sso_start_url",
};

const char *profile_name(const char *option)
{
    if (option != NULL && *option != '\0')
        return option;
    const char *variable = getenv("AWS_PROFILE");
    return variable != NULL && *variable != '\0' ? variable : "default";
}

struct taking {
    struct profile *profile;
    const char *name;
    bool config;
};

/* "[NAME]" in the credentials file; "[profile NAME]" in the config file, where "[default]" may stand alone. */
static bool is_section(const struct taking *taking, const char *section)
{
    if (!taking->config || strcmp(taking->name, "default") == 0)
        if (strcmp(section, taking->name) == 0)
            return true;
    if (!taking->config || strncmp(section, "profile", 7) != 0 || strchr(" \t", section[7]) == NULL)
        return false;
    section += 7;
    section += strspn(section, " \t");
    return strcmp(section, taking->name) == 0;
}

static void replace(char **place, char *value)
{
    if (*place != NULL)
        OPENSSL_cleanse(*place, strlen(*place));
    free(*place);
    *place = value;
}

static int take_setting(void *context, const char *section, const char *name, const char *value, jb_error *error)
{
    struct taking *taking = context;
    if (!is_section(taking, section))
        return JB_OK;
    taking->profile->found = true;
    for (size_t i = 0; i < PROFILE_SETTINGS; i++)
        if (strcmp(name, setting_names[i]) == 0) {
            char *copy = strdup(value);
            if (copy == NULL)
                return error_no_memory(error);
            replace(&taking->profile->values[i], copy);
        }
    return JB_OK;
}

int profile_take(struct profile *profile, const char *name, bool config, const char *bytes, size_t count,
                 jb_error *error)
{
    struct taking taking = {profile, name, config};
    return ini_read(bytes, count, take_setting, &taking, error);
}

/* The variable's path, or the one below the home directory; empty where there is neither. */
static int find_path(const char *variable, const char *below_home, struct buffer *path, jb_error *error)
{
    const char *given = getenv(variable), *home = getenv("HOME");
    bool has_home = home != NULL && *home != '\0';
    if (given == NULL || *given == '\0')
        return has_home ? buffer_printf(path, error, "%s/%s", home, below_home) : JB_OK;
    if (has_home && strncmp(given, "~/", 2) == 0)
        return buffer_printf(path, error, "%s%s", home, given + 1);
    return buffer_append_text(path, given, error);
}

static int take_file(struct profile *profile, const char *name, bool config, jb_error *error)
{
    struct buffer path, bytes;
    buffer_init(&path, 8192);
    buffer_init(&bytes, PROFILE_FILE_MAX);
    const char *what = config ? "the config file" : "the credentials file";
    int code = config ? find_path("AWS_CONFIG_FILE", ".aws/config", &path, error)
                      : find_path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", &path, error);
    if (code == JB_OK && path.size > 0) {
        code = small_file_read(path.data, what, &bytes, error);
        if (code == JB_ERROR_NOT_FOUND)
            code = JB_OK;
        if (code == JB_OK && bytes.size > 0) {
            code = profile_take(profile, name, config, bytes.data, bytes.size, error);
            if (code != JB_OK && code != JB_ERROR_MEMORY)
                error_prefix(error, "%s '%s' cannot be used", what, path.data);
        }
    }
    buffer_clean_up(&bytes);
    buffer_clean_up(&path);
    return code;
}

int profile_load(const char *name, struct profile *profile, jb_error *error)
{
    struct profile own = {.found = false}; /* the credentials file's */
    *profile = own;
    int code = take_file(profile, name, true, error);
    if (code == JB_OK)
        code = take_file(&own, name, false, error);
    if (code == JB_OK && own.values[PROFILE_ACCESS_KEY] != NULL)
        for (size_t i = PROFILE_ACCESS_KEY; i <= PROFILE_SESSION_TOKEN; i++)
            replace(&profile->values[i], NULL); /* keys belong together */
    for (size_t i = 0; i < PROFILE_SETTINGS && code == JB_OK; i++)
        if (own.values[i] != NULL) {
            replace(&profile->values[i], own.values[i]);
            own.values[i] = NULL;
        }
    profile->found = profile->found || own.found;
    profile_clean_up(&own);
    return code;
}

void profile_clean_up(struct profile *profile)
{
    for (size_t i = 0; i < PROFILE_SETTINGS; i++)
        replace(&profile->values[i], NULL);
    profile->found = false;
}
