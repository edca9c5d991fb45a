/* Natives of org.jpsbackup.AzureAccounts. */
#include "natives.h"

/* The order of the Java side's AzureSetting. */
enum setting {
    PRINCIPAL,
    TENANT,
    CLIENT,
    CLIENT_SECRET,
    SUBSCRIPTION,
    LOGIN,
    MANAGER,
    CA_FILE,
    PROXY,
    TLS_MINIMUM,
    SETTING_COUNT
};

static jb_azure *azure_of(jlong handle)
{
    return (jb_azure *)(intptr_t)handle;
}

static jlong azure_open(JNIEnv *env, jclass class, jobjectArray settings, jint wait_seconds, jint tries)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_azure *azure = NULL;
    int code;
    const char *const *texts = scope_settings(&scope, settings, SETTING_COUNT, &code, &error);
    if (code == JB_OK) {
        const jb_azure_options options = {
            .size = sizeof options,
            .principal = texts[PRINCIPAL],
            .tenant = texts[TENANT],
            .client = texts[CLIENT],
            .client_secret = texts[CLIENT_SECRET],
            .subscription = texts[SUBSCRIPTION],
            .login = texts[LOGIN],
            .manager = texts[MANAGER],
            .ca_file = texts[CA_FILE],
            .proxy = texts[PROXY],
            .tls_minimum = texts[TLS_MINIMUM],
            .wait_seconds = (uint32_t)wait_seconds,
            .tries = (uint32_t)tries,
        };
        code = jb_azure_open(&options, &azure, &error);
    }
    finish(&scope, code, &error, NULL);
    return code == JB_OK ? (jlong)(intptr_t)azure : 0;
}

static void azure_close(JNIEnv *env, jclass class, jlong azure)
{
    (void)env;
    (void)class;
    jb_azure_close(azure_of(azure));
}

static jb_azure_account account_of(jni_scope *scope, jbyteArray name, jbyteArray group)
{
    return (jb_azure_account){
        .size = sizeof(jb_azure_account), .name = scope_text(scope, name), .group = scope_text(scope, group)};
}

static jbyteArray azure_create(JNIEnv *env, jclass class, jlong azure, jlong operation, jbyteArray name,
                               jbyteArray group, jbyteArray location, jbyteArray sku, jbyteArray kind)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *told = NULL;
    jb_azure_account account = account_of(&scope, name, group);
    account.location = scope_text(&scope, location);
    account.sku = scope_text(&scope, sku);
    account.kind = scope_text(&scope, kind);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_azure_account_create(azure_of(azure), operation_of(operation), &account, &told, &error);
    return finish(&scope, code, &error, told);
}

/* What is told says itself whether the account exists. */
static jbyteArray azure_find(JNIEnv *env, jclass class, jlong azure, jlong operation, jbyteArray name, jbyteArray group)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *told = NULL;
    bool exists = false;
    jb_azure_account account = account_of(&scope, name, group);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_azure_account_exists(azure_of(azure), operation_of(operation), &account, &exists, &told, &error);
    return finish(&scope, code, &error, told);
}

static void azure_delete(JNIEnv *env, jclass class, jlong azure, jlong operation, jbyteArray name, jbyteArray group)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_azure_account account = account_of(&scope, name, group);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_azure_account_delete(azure_of(azure), operation_of(operation), &account, &error);
    finish(&scope, code, &error, NULL);
}

static jbyteArray azure_check_name(JNIEnv *env, jclass class, jlong azure, jlong operation, jbyteArray name)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *told = NULL;
    bool available = false;
    const char *text = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_azure_account_name_check(azure_of(azure), operation_of(operation), text, &available, &told, &error);
    return finish(&scope, code, &error, told);
}

static jobjectArray azure_key(JNIEnv *env, jclass class, jlong azure, jlong operation, jbyteArray name,
                              jbyteArray group, jbyteArray key_name)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *key = NULL, *told = NULL;
    jb_azure_account account = account_of(&scope, name, group);
    const char *which = scope_text(&scope, key_name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_azure_account_key(azure_of(azure), operation_of(operation), &account, which, &key, &told, &error);
    return finish_secret(&scope, code, &error, told, key);
}

static const JNINativeMethod natives[] = {
    {"open", "([[BII)J", (void *)azure_open},
    {"close", "(J)V", (void *)azure_close},
    {"create", "(JJ[B[B[B[B[B)[B", (void *)azure_create},
    {"find", "(JJ[B[B)[B", (void *)azure_find},
    {"delete", "(JJ[B[B)V", (void *)azure_delete},
    {"checkName", "(JJ[B)[B", (void *)azure_check_name},
    {"key", "(JJ[B[B[B)[[B", (void *)azure_key},
};

bool azure_load(JNIEnv *env)
{
    return register_natives(env, "AzureAccounts", natives, COUNT_OF(natives));
}
