/* Natives of org.jpsbackup.Backups. */
#include "natives.h"

static jb_backup_name name_of(jni_scope *scope, jbyteArray bucket, jbyteArray name, jbyteArray timestamp,
                              jbyteArray mode)
{
    return (jb_backup_name){.size = sizeof(jb_backup_name),
                            .bucket = scope_text(scope, bucket),
                            .name = scope_text(scope, name),
                            .timestamp = scope_text(scope, timestamp),
                            .mode = scope_text(scope, mode)};
}

/* A store of 0 is no catalog. */
static const jb_catalog *catalog_of(jni_scope *scope, jb_catalog *catalog, jlong store, jbyteArray bucket,
                                    jbyteArray key)
{
    if (store == 0)
        return NULL;
    *catalog = (jb_catalog){.size = sizeof *catalog,
                            .store = store_of(store),
                            .bucket = scope_text(scope, bucket),
                            .key = scope_text(scope, key)};
    return catalog;
}

static jbyteArray backup_begin(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                               jbyteArray name, jbyteArray timestamp, jbyteArray mode, jbyteArray environment,
                               jboolean resume)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *claim = NULL;
    jb_backup_name which = name_of(&scope, bucket, name, timestamp, mode);
    const char *facts = scope_text(&scope, environment);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_begin(store_of(store), operation_of(operation), &which, facts, resume == JNI_TRUE, &claim,
                               &error);
    return finish(&scope, code, &error, claim);
}

static jbyteArray backup_complete(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                  jbyteArray claim, jbyteArray objects)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *bucket_name = scope_text(&scope, bucket);
    const char *claim_text = scope_text(&scope, claim);
    const char *objects_text = scope_text(&scope, objects);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_complete(store_of(store), operation_of(operation), bucket_name, claim_text, objects_text,
                                  &account, &error);
    return finish(&scope, code, &error, account);
}

static void backup_discard(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray claim)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *bucket_name = scope_text(&scope, bucket);
    const char *claim_text = scope_text(&scope, claim);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_discard(store_of(store), operation_of(operation), bucket_name, claim_text, &error);
    finish(&scope, code, &error, NULL);
}

static jbyteArray backup_list(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                              jbyteArray name)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *bucket_name = scope_text(&scope, bucket);
    const char *backup_name = scope_text(&scope, name);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_list(store_of(store), operation_of(operation), bucket_name, backup_name, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray backup_show(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                              jbyteArray name, jbyteArray timestamp, jbyteArray mode, jboolean unfinished)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_backup_name which = name_of(&scope, bucket, name, timestamp, mode);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code =
            jb_backup_show(store_of(store), operation_of(operation), &which, unfinished == JNI_TRUE, &account, &error);
    return finish(&scope, code, &error, account);
}

/* A share of 0 percent is no sample. */
static jbyteArray backup_verify(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                jbyteArray name, jbyteArray timestamp, jbyteArray mode, jboolean full, jint percent,
                                jlong seed, jobjectArray decryption)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_decryption keys;
    const jb_verify_options options = {
        .size = sizeof options,
        .name = name_of(&scope, bucket, name, timestamp, mode),
        .how = full == JNI_TRUE ? JB_VERIFY_FULL
               : percent != 0   ? JB_VERIFY_SAMPLE
                                : JB_VERIFY_QUICK,
        .percent = (uint32_t)percent,
        .seed = (uint64_t)seed,
        .decryption = decryption_of(&scope, decryption, &keys),
    };
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_verify(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

static void backup_remove(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray name,
                          jbyteArray timestamp, jbyteArray mode, jboolean damaged, jlong catalog_store,
                          jbyteArray catalog_bucket, jbyteArray catalog_key)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_catalog room;
    jb_backup_name which = name_of(&scope, bucket, name, timestamp, mode);
    const jb_catalog *catalog = catalog_of(&scope, &room, catalog_store, catalog_bucket, catalog_key);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed && damaged == JNI_TRUE)
        code = jb_backup_remove_damaged(store_of(store), operation_of(operation), &which, catalog, &error);
    else if (!scope.failed)
        code = jb_backup_remove(store_of(store), operation_of(operation), &which, catalog, &error);
    finish(&scope, code, &error, NULL);
}

static jbyteArray backup_rotate(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                jbyteArray name, jbyteArray mode, jint keep, jint daily, jint weekly, jint monthly,
                                jint yearly, jboolean dry_run, jlong catalog_store, jbyteArray catalog_bucket,
                                jbyteArray catalog_key)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_catalog room;
    jb_rotate_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .name = scope_text(&scope, name),
        .mode = scope_text(&scope, mode),
        .keep = (uint32_t)keep,
        .keep_daily = (uint32_t)daily,
        .keep_weekly = (uint32_t)weekly,
        .keep_monthly = (uint32_t)monthly,
        .keep_yearly = (uint32_t)yearly,
        .dry_run = dry_run == JNI_TRUE,
        .catalog = catalog_of(&scope, &room, catalog_store, catalog_bucket, catalog_key),
    };
    int code = scope.failed ? JB_ERROR_MEMORY
                            : jb_rotate(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

/* A retention of 0 and no hold is no protection. */
static const jb_protection *protection_of(jb_protection *protection, jint retention, jlong until, jboolean legal_hold)
{
    *protection = (jb_protection){.size = sizeof *protection, .until = until, .legal_hold = legal_hold == JNI_TRUE};
    protection->retention = retention == 1   ? JB_RETENTION_GOVERNANCE
                            : retention == 2 ? JB_RETENTION_COMPLIANCE
                                             : JB_RETENTION_NONE;
    return retention != 0 || legal_hold == JNI_TRUE ? protection : NULL;
}

static void backup_check_protection(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                    jint retention, jlong until, jboolean legal_hold)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_protection room;
    const char *name = scope_text(&scope, bucket);
    const jb_protection *protection = protection_of(&room, retention, until, legal_hold);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_protection_check(store_of(store), operation_of(operation), name, protection, &error);
    finish(&scope, code, &error, NULL);
}

static jbyteArray backup_protect(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                 jbyteArray name, jbyteArray timestamp, jbyteArray mode, jint retention, jlong until,
                                 jboolean legal_hold)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_protection room;
    jb_backup_name which = name_of(&scope, bucket, name, timestamp, mode);
    const jb_protection *protection = protection_of(&room, retention, until, legal_hold);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_protect(store_of(store), operation_of(operation), &which, protection, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray backup_directories(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                     jbyteArray name, jbyteArray timestamp, jbyteArray mode, jobjectArray directories,
                                     jobjectArray include, jobjectArray exclude, jboolean one_file_system,
                                     jboolean strict, jboolean index, jboolean resume, jint compression, jint level,
                                     jbyteArray environment, jlong catalog_store, jbyteArray catalog_bucket,
                                     jbyteArray catalog_key, jint retention, jlong until, jboolean legal_hold,
                                     jobjectArray encryption)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jb_encryption keys;
    jb_catalog room;
    jb_protection protection;
    jb_backup_directories_options options = {
        .size = sizeof options,
        .name = name_of(&scope, bucket, name, timestamp, mode),
        .directories = scope_texts(&scope, directories),
        .include = scope_texts(&scope, include),
        .exclude = scope_texts(&scope, exclude),
        .one_file_system = one_file_system == JNI_TRUE,
        .strict = strict == JNI_TRUE,
        .no_index = index != JNI_TRUE,
        .resume = resume == JNI_TRUE,
        .compression = (jb_compression)compression,
        .level = level,
        .environment = scope_text(&scope, environment),
        .catalog = catalog_of(&scope, &room, catalog_store, catalog_bucket, catalog_key),
        .protection = protection_of(&protection, retention, until, legal_hold),
        .encryption = encryption_of(&scope, encryption, &keys),
    };
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_backup_directories(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray backup_collect_garbage(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                         jbyteArray prefix, jlong older_than, jboolean dry_run)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const jb_gc_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .prefix = scope_text(&scope, prefix),
        .older_than = older_than > 0 ? (uint64_t)older_than : 0,
        .dry_run = dry_run == JNI_TRUE,
    };
    int code =
        scope.failed ? JB_ERROR_MEMORY : jb_gc(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

static const JNINativeMethod natives[] = {
    {"begin", "(JJ[B[B[B[B[BZ)[B", (void *)backup_begin},
    {"complete", "(JJ[B[B[B)[B", (void *)backup_complete},
    {"discard", "(JJ[B[B)V", (void *)backup_discard},
    {"list", "(JJ[B[B)[B", (void *)backup_list},
    {"show", "(JJ[B[B[B[BZ)[B", (void *)backup_show},
    {"verify", "(JJ[B[B[B[BZIJ[[B)[B", (void *)backup_verify},
    {"remove", "(JJ[B[B[B[BZJ[B[B)V", (void *)backup_remove},
    {"collectGarbage", "(JJ[B[BJZ)[B", (void *)backup_collect_garbage},
    {"rotate", "(JJ[B[B[BIIIIIZJ[B[B)[B", (void *)backup_rotate},
    {"checkProtection", "(JJ[BIJZ)V", (void *)backup_check_protection},
    {"protect", "(JJ[B[B[B[BIJZ)[B", (void *)backup_protect},
    {"backupDirectories", "(JJ[B[B[B[B[[B[[B[[BZZZZII[BJ[B[BIJZ[[B)[B", (void *)backup_directories},
};

bool backup_load(JNIEnv *env)
{
    return register_natives(env, "Backups", natives, COUNT_OF(natives));
}
