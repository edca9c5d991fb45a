/* Natives of org.jpsbackup.AwsAccount. Calls of one shape share a function that takes the library's as its argument. */
#include "natives.h"

/* The order of the Java side's AwsSetting. */
enum setting {
    REGION,
    ENDPOINT,
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    PROFILE,
    CA_FILE,
    PROXY,
    TLS_MINIMUM,
    SETTING_COUNT
};

static jb_aws *aws_of(jlong handle)
{
    return (jb_aws *)(intptr_t)handle;
}

static jlong aws_open(JNIEnv *env, jclass class, jobjectArray settings, jint tries)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_aws *aws = NULL;
    int code;
    const char *const *texts = scope_settings(&scope, settings, SETTING_COUNT, &code, &error);
    if (code == JB_OK) {
        const jb_aws_options options = {
            .size = sizeof options,
            .region = texts[REGION],
            .endpoint = texts[ENDPOINT],
            .access_key = texts[ACCESS_KEY],
            .secret_key = texts[SECRET_KEY],
            .session_token = texts[SESSION_TOKEN],
            .profile = texts[PROFILE],
            .ca_file = texts[CA_FILE],
            .proxy = texts[PROXY],
            .tls_minimum = texts[TLS_MINIMUM],
            .tries = (uint32_t)tries,
        };
        code = jb_aws_open(&options, &aws, &error);
    }
    finish(&scope, code, &error, NULL);
    return code == JB_OK ? (jlong)(intptr_t)aws : 0;
}

static void aws_close(JNIEnv *env, jclass class, jlong aws)
{
    (void)env;
    (void)class;
    jb_aws_close(aws_of(aws));
}

static jbyteArray aws_identity(JNIEnv *env, jclass class, jlong aws, jlong operation)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    int code = jb_aws_identity(aws_of(aws), operation_of(operation), &account, &error);
    return finish(&scope, code, &error, account);
}

static jobjectArray aws_session(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray role, jbyteArray name,
                                jbyteArray external_id, jbyteArray policy, jint seconds)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *credentials = NULL, *account = NULL;
    const jb_aws_session_options options = {.size = sizeof options,
                                            .role = scope_text(&scope, role),
                                            .name = scope_text(&scope, name),
                                            .external_id = scope_text(&scope, external_id),
                                            .policy = scope_text(&scope, policy),
                                            .seconds = (uint32_t)seconds};
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_aws_session(aws_of(aws), operation_of(operation), &options, &credentials, &account, &error);
    return finish_secret(&scope, code, &error, account, credentials);
}

static jbyteArray aws_create_secret(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray name,
                                    jbyteArray secret)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *secret_name = scope_text(&scope, name);
    const char *text = scope_text(&scope, secret);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_aws_secret_create(aws_of(aws), operation_of(operation), secret_name, text, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray aws_create_user(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *name = scope_text(&scope, user);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_aws_user_create(aws_of(aws), operation_of(operation), name, &account, &error);
    return finish(&scope, code, &error, account);
}

static void aws_put_policy(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user, jbyteArray name,
                           jbyteArray policy)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *user_name = scope_text(&scope, user);
    const char *policy_name = scope_text(&scope, name);
    const char *text = scope_text(&scope, policy);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_aws_policy_put(aws_of(aws), operation_of(operation), user_name, policy_name, text, &error);
    finish(&scope, code, &error, NULL);
}

typedef int (*secret_fn)(jb_aws *, jb_operation *, const char *, char **, char **, jb_error *);

static jobjectArray get_secret(JNIEnv *env, secret_fn get, jlong aws, jlong operation, jbyteArray name)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *secret = NULL, *account = NULL;
    const char *text = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = get(aws_of(aws), operation_of(operation), text, &secret, &account, &error);
    return finish_secret(&scope, code, &error, account, secret);
}

static jobjectArray aws_secret(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray name)
{
    (void)class;
    return get_secret(env, jb_aws_secret_get, aws, operation, name);
}

static jobjectArray aws_create_key(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user)
{
    (void)class;
    return get_secret(env, jb_aws_key_create, aws, operation, user);
}

typedef int (*exists_fn)(jb_aws *, jb_operation *, const char *, bool *, jb_error *);

static jboolean find(JNIEnv *env, exists_fn exists, jlong aws, jlong operation, jbyteArray name)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    bool found = false;
    const char *text = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = exists(aws_of(aws), operation_of(operation), text, &found, &error);
    return finish_found(&scope, code, &error, found);
}

static jboolean aws_secret_exists(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray name)
{
    (void)class;
    return find(env, jb_aws_secret_exists, aws, operation, name);
}

static jboolean aws_user_exists(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user)
{
    (void)class;
    return find(env, jb_aws_user_exists, aws, operation, user);
}

typedef int (*owned_exists_fn)(jb_aws *, jb_operation *, const char *, const char *, bool *, jb_error *);

static jboolean find_owned(JNIEnv *env, owned_exists_fn exists, jlong aws, jlong operation, jbyteArray user,
                           jbyteArray name)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    bool found = false;
    const char *user_name = scope_text(&scope, user);
    const char *text = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = exists(aws_of(aws), operation_of(operation), user_name, text, &found, &error);
    return finish_found(&scope, code, &error, found);
}

static jboolean aws_key_exists(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user, jbyteArray key)
{
    (void)class;
    return find_owned(env, jb_aws_key_exists, aws, operation, user, key);
}

static jboolean aws_policy_exists(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user,
                                  jbyteArray name)
{
    (void)class;
    return find_owned(env, jb_aws_policy_exists, aws, operation, user, name);
}

typedef int (*delete_fn)(jb_aws *, jb_operation *, const char *, bool, jb_error *);

static void delete_named(JNIEnv *env, delete_fn delete, jlong aws, jlong operation, jbyteArray name, jboolean thorough)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *text = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = delete (aws_of(aws), operation_of(operation), text, thorough == JNI_TRUE, &error);
    finish(&scope, code, &error, NULL);
}

static void aws_delete_secret(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray name, jboolean at_once)
{
    (void)class;
    delete_named(env, jb_aws_secret_delete, aws, operation, name, at_once);
}

static void aws_delete_user(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user, jboolean with_own)
{
    (void)class;
    delete_named(env, jb_aws_user_delete, aws, operation, user, with_own);
}

typedef int (*owned_delete_fn)(jb_aws *, jb_operation *, const char *, const char *, jb_error *);

static void delete_owned(JNIEnv *env, owned_delete_fn delete, jlong aws, jlong operation, jbyteArray user,
                         jbyteArray name)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *user_name = scope_text(&scope, user);
    const char *text = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = delete (aws_of(aws), operation_of(operation), user_name, text, &error);
    finish(&scope, code, &error, NULL);
}

static void aws_delete_key(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user, jbyteArray key)
{
    (void)class;
    delete_owned(env, jb_aws_key_delete, aws, operation, user, key);
}

static void aws_delete_policy(JNIEnv *env, jclass class, jlong aws, jlong operation, jbyteArray user, jbyteArray name)
{
    (void)class;
    delete_owned(env, jb_aws_policy_delete, aws, operation, user, name);
}

static const JNINativeMethod natives[] = {
    {"open", "([[BI)J", (void *)aws_open},
    {"close", "(J)V", (void *)aws_close},
    {"identity", "(JJ)[B", (void *)aws_identity},
    {"session", "(JJ[B[B[B[BI)[[B", (void *)aws_session},
    {"secret", "(JJ[B)[[B", (void *)aws_secret},
    {"createSecret", "(JJ[B[B)[B", (void *)aws_create_secret},
    {"secretExists", "(JJ[B)Z", (void *)aws_secret_exists},
    {"deleteSecret", "(JJ[BZ)V", (void *)aws_delete_secret},
    {"createUser", "(JJ[B)[B", (void *)aws_create_user},
    {"userExists", "(JJ[B)Z", (void *)aws_user_exists},
    {"deleteUser", "(JJ[BZ)V", (void *)aws_delete_user},
    {"createKey", "(JJ[B)[[B", (void *)aws_create_key},
    {"keyExists", "(JJ[B[B)Z", (void *)aws_key_exists},
    {"deleteKey", "(JJ[B[B)V", (void *)aws_delete_key},
    {"putPolicy", "(JJ[B[B[B)V", (void *)aws_put_policy},
    {"policyExists", "(JJ[B[B)Z", (void *)aws_policy_exists},
    {"deletePolicy", "(JJ[B[B)V", (void *)aws_delete_policy},
};

bool aws_load(JNIEnv *env)
{
    return register_natives(env, "AwsAccount", natives, COUNT_OF(natives));
}
