/* Natives of org.jpsbackup.Catalog. */
#include "natives.h"

static jb_catalog catalog_of(jni_scope *scope, jlong store, jbyteArray bucket, jbyteArray key)
{
    return (jb_catalog){.size = sizeof(jb_catalog),
                        .store = store_of(store),
                        .bucket = scope_text(scope, bucket),
                        .key = scope_text(scope, key)};
}

static jbyteArray catalog_list(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                               jbyteArray key)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_catalog catalog = catalog_of(&scope, store, bucket, key);
    int code = scope.failed ? JB_ERROR_MEMORY : jb_catalog_list(&catalog, operation_of(operation), &account, &error);
    return finish(&scope, code, &error, account);
}

static void catalog_add(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray key,
                        jbyteArray entry)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_catalog catalog = catalog_of(&scope, store, bucket, key);
    const char *text = scope_text(&scope, entry);
    int code = scope.failed ? JB_ERROR_MEMORY : jb_catalog_add(&catalog, operation_of(operation), text, &error);
    finish(&scope, code, &error, NULL);
}

static void catalog_remove(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray key,
                           jbyteArray name, jbyteArray timestamp, jbyteArray mode)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_catalog catalog = catalog_of(&scope, store, bucket, key);
    const char *backup_name = scope_text(&scope, name);
    const char *backup_timestamp = scope_text(&scope, timestamp);
    const char *backup_mode = scope_text(&scope, mode);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_catalog_remove(&catalog, operation_of(operation), backup_name, backup_timestamp, backup_mode, &error);
    finish(&scope, code, &error, NULL);
}

static jbyteArray catalog_rebuild(JNIEnv *env, jclass class, jlong store, jlong backups, jlong operation,
                                  jbyteArray bucket, jbyteArray key, jobjectArray buckets, jboolean dry_run,
                                  jboolean forget_others, jboolean replace_malformed)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_catalog catalog = catalog_of(&scope, store, bucket, key);
    const jb_catalog_rebuild_options options = {
        .size = sizeof options,
        .buckets = scope_texts(&scope, buckets),
        .dry_run = dry_run == JNI_TRUE,
        .forget_others = forget_others == JNI_TRUE,
        .replace_malformed = replace_malformed == JNI_TRUE,
    };
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_catalog_rebuild(&catalog, store_of(backups), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

static const JNINativeMethod natives[] = {
    {"rebuild", "(JJJ[B[B[[BZZZ)[B", (void *)catalog_rebuild},
    {"list", "(JJ[B[B)[B", (void *)catalog_list},
    {"add", "(JJ[B[B[B)V", (void *)catalog_add},
    {"remove", "(JJ[B[B[B[B[B)V", (void *)catalog_remove},
};

bool catalog_load(JNIEnv *env)
{
    return register_natives(env, "Catalog", natives, COUNT_OF(natives));
}
