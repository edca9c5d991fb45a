/* Natives of org.jpsbackup.Store: opening, closing, and the short calls on objects. */
#include "natives.h"

static jclass info_class;
static jmethodID info_make;
static jmethodID lister_object;

jb_store *store_of(jlong handle)
{
    return (jb_store *)(intptr_t)handle;
}

/* The order of the Java side's StoreSetting. */
enum setting {
    ENDPOINT,
    REGION,
    PROFILE,
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    ACCOUNT_KEY,
    SAS,
    TENANT,
    CLIENT,
    CLIENT_SECRET,
    GRANTS,
    CA_FILE,
    PROXY,
    TLS_MINIMUM,
    SERVER_SIDE_ENCRYPTION,
    KMS_KEY,
    STORAGE_CLASS,
    CHECKSUMS,
    SETTING_COUNT
};

static void take_settings(jb_store_options *options, const char *const settings[SETTING_COUNT])
{
    options->endpoint = settings[ENDPOINT];
    options->region = settings[REGION];
    options->profile = settings[PROFILE];
    options->access_key = settings[ACCESS_KEY];
    options->secret_key = settings[SECRET_KEY];
    options->session_token = settings[SESSION_TOKEN];
    options->account_key = settings[ACCOUNT_KEY];
    options->sas = settings[SAS];
    options->tenant = settings[TENANT];
    options->client = settings[CLIENT];
    options->client_secret = settings[CLIENT_SECRET];
    options->grants = settings[GRANTS];
    options->ca_file = settings[CA_FILE];
    options->proxy = settings[PROXY];
    options->tls_minimum = settings[TLS_MINIMUM];
    options->server_side_encryption = settings[SERVER_SIDE_ENCRYPTION];
    options->kms_key = settings[KMS_KEY];
    options->storage_class = settings[STORAGE_CLASS];
    options->checksums = settings[CHECKSUMS];
}

static jlong store_open(JNIEnv *env, jclass class, jbyteArray url, jobjectArray settings, jboolean virtual_host,
                        jboolean single_writer, jint tries, jint stall_seconds)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_store *store = NULL;
    jb_store_options options = {
        .size = sizeof options,
        .url = scope_text(&scope, url),
        .virtual_host = virtual_host == JNI_TRUE,
        .single_writer = single_writer == JNI_TRUE,
        .tries = (uint32_t)tries,
        .stall_seconds = (uint32_t)stall_seconds,
    };
    int code = JB_ERROR_MEMORY;
    const char *const *texts = NULL;
    if (!scope.failed)
        texts = scope_settings(&scope, settings, SETTING_COUNT, &code, &error);
    if (code == JB_OK) {
        take_settings(&options, texts);
        code = jb_store_open(&options, &store, &error);
    }
    finish(&scope, code, &error, NULL);
    return code == JB_OK ? (jlong)(intptr_t)store : 0;
}

static void store_close(JNIEnv *env, jclass class, jlong store)
{
    (void)env;
    (void)class;
    jb_store_close(store_of(store));
}

static void store_make_bucket(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *name = scope_text(&scope, bucket);
    int code =
        scope.failed ? JB_ERROR_MEMORY : jb_store_make_bucket(store_of(store), operation_of(operation), name, &error);
    finish(&scope, code, &error, NULL);
}

static void store_test_bucket(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *name = scope_text(&scope, bucket);
    int code =
        scope.failed ? JB_ERROR_MEMORY : jb_store_test_bucket(store_of(store), operation_of(operation), name, &error);
    finish(&scope, code, &error, NULL);
}

static void store_delete_bucket(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *name = scope_text(&scope, bucket);
    int code =
        scope.failed ? JB_ERROR_MEMORY : jb_store_delete_bucket(store_of(store), operation_of(operation), name, &error);
    finish(&scope, code, &error, NULL);
}

/* Names and values take turns in `texts`. */
static void store_tag_bucket(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                             jobjectArray texts)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *name = scope_text(&scope, bucket);
    const char *const *list = scope_texts(&scope, texts);
    size_t count = (size_t)(*env)->GetArrayLength(env, texts) / 2;
    jb_tag *tags = scope.failed ? NULL : scope_room(&scope, (count + 1) * sizeof *tags);
    int code = JB_ERROR_MEMORY;
    if (tags != NULL) {
        for (size_t i = 0; i < count; i++)
            tags[i] = (jb_tag){.name = list[2 * i], .value = list[2 * i + 1]};
        code = jb_store_tag_bucket(store_of(store), operation_of(operation), name, tags, count, &error);
    }
    finish(&scope, code, &error, NULL);
}

static void store_copy(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray from_bucket,
                       jbyteArray from_key, jbyteArray to_bucket, jbyteArray to_key, jboolean replace)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const jb_copy_options options = {
        .size = sizeof options,
        .from_bucket = scope_text(&scope, from_bucket),
        .from_key = scope_text(&scope, from_key),
        .to_bucket = scope_text(&scope, to_bucket),
        .to_key = scope_text(&scope, to_key),
        .replace = replace == JNI_TRUE,
    };
    int code =
        scope.failed ? JB_ERROR_MEMORY : jb_store_copy(store_of(store), operation_of(operation), &options, &error);
    finish(&scope, code, &error, NULL);
}

static jbyteArray store_link(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray key,
                             jboolean put, jint seconds)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *url = NULL;
    const jb_link_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .key = scope_text(&scope, key),
        .put = put == JNI_TRUE,
        .seconds = (uint32_t)seconds,
    };
    int code = scope.failed ? JB_ERROR_MEMORY
                            : jb_store_link(store_of(store), operation_of(operation), &options, &url, &error);
    return finish(&scope, code, &error, url);
}

/* Sizes of what may be written; -1 stands for a grant to read. */
static jb_grant *new_grants(jni_scope *scope, const char *const *keys, jlongArray sizes, jsize count)
{
    JNIEnv *env = scope->env;
    jb_grant *grants = scope_room(scope, ((size_t)count + 1) * sizeof *grants);
    for (jsize i = 0; grants != NULL && i < count; i++) {
        jlong size;
        (*env)->GetLongArrayRegion(env, sizes, i, 1, &size);
        grants[i] = (jb_grant){.key = keys[i], .write = size >= 0, .bytes = size > 0 ? (uint64_t)size : 0};
    }
    return grants;
}

static jbyteArray store_grant(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                              jobjectArray keys, jlongArray sizes, jint seconds, jbyteArray role, jbyteArray endpoint)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *credentials = NULL;
    jsize count = (*env)->GetArrayLength(env, keys);
    const char *const *key_names = scope_texts(&scope, keys);
    const jb_grant_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .grants = key_names != NULL ? new_grants(&scope, key_names, sizes, count) : NULL,
        .count = (size_t)count,
        .seconds = (uint32_t)seconds,
        .role = scope_text(&scope, role),
        .endpoint = scope_text(&scope, endpoint),
    };
    int code = JB_ERROR_MEMORY;
    if (!scope.failed && options.grants != NULL)
        code = jb_store_grant(store_of(store), operation_of(operation), &options, &credentials, &error);
    return finish(&scope, code, &error, credentials);
}

/* What both listings and stat tell of an object; NULL with an exception pending. */
static jobject new_info(JNIEnv *env, jbyteArray key, const jb_object_info *info)
{
    jbyteArray tag = new_bytes(env, info->tag);
    jbyteArray version = tag == NULL ? NULL : new_bytes(env, info->version);
    jobject made = NULL;
    if (version != NULL)
        made = (*env)->CallStaticObjectMethod(env, info_class, info_make, key, (jlong)info->bytes,
                                              (jlong)info->modified, tag, version, (jboolean)info->is_latest,
                                              (jboolean)info->is_marker, (jboolean)info->is_prefix);
    (*env)->DeleteLocalRef(env, version);
    (*env)->DeleteLocalRef(env, tag);
    return made;
}

static jobject store_stat(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray key)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_object_info info = {.size = sizeof info};
    const char *bucket_name = scope_text(&scope, bucket);
    const char *key_name = scope_text(&scope, key);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_store_stat(store_of(store), operation_of(operation), bucket_name, key_name, &info, &error);
    finish(&scope, code, &error, NULL);
    if (has_exception(env))
        return NULL;
    return new_info(env, key, &info);
}

typedef struct list_context {
    JNIEnv *env;
    jobject lister;
} list_context;

static int on_object(void *context, const jb_object_info *info)
{
    const list_context *self = context;
    JNIEnv *env = self->env;
    if (has_exception(env))
        return 1;
    jbyteArray key = new_bytes(env, info->key);
    jobject made = key == NULL ? NULL : new_info(env, key, info);
    if (made != NULL && !has_exception(env))
        (*env)->CallVoidMethod(env, self->lister, lister_object, made);
    bool thrown = has_exception(env);
    (*env)->DeleteLocalRef(env, made);
    (*env)->DeleteLocalRef(env, key);
    return thrown ? 1 : 0;
}

static void store_list(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray prefix,
                       jbyteArray delimiter, jboolean versions, jobject lister)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    list_context context = {.env = env, .lister = lister};
    const char *bucket_name = scope_text(&scope, bucket);
    const char *key_prefix = scope_text(&scope, prefix);
    const jb_list_options options = {.size = sizeof options,
                                     .prefix = key_prefix,
                                     .delimiter = scope_text(&scope, delimiter),
                                     .versions = versions == JNI_TRUE};
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code =
            jb_store_list(store_of(store), operation_of(operation), bucket_name, &options, on_object, &context, &error);
    finish(&scope, code, &error, NULL);
}

static void store_delete(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jobjectArray keys)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *bucket_name = scope_text(&scope, bucket);
    const char *const *key_names = scope_texts(&scope, keys);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_store_delete(store_of(store), operation_of(operation), bucket_name, key_names,
                               (size_t)(*env)->GetArrayLength(env, keys), &error);
    finish(&scope, code, &error, NULL);
}

static jlong store_delete_prefix(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                 jbyteArray prefix)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    uint64_t removed = 0;
    const char *bucket_name = scope_text(&scope, bucket);
    const char *key_prefix = scope_text(&scope, prefix);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code =
            jb_store_delete_prefix(store_of(store), operation_of(operation), bucket_name, key_prefix, &removed, &error);
    finish(&scope, code, &error, NULL);
    return (jlong)removed;
}

static jbyteArray store_diagnose(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                 jboolean full)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *bucket_name = scope_text(&scope, bucket);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_store_diagnose(store_of(store), operation_of(operation), bucket_name, full == JNI_TRUE, &account,
                                 &error);
    return finish(&scope, code, &error, account);
}

static const JNINativeMethod natives[] = {
    {"open", "([B[[BZZII)J", (void *)store_open},
    {"close", "(J)V", (void *)store_close},
    {"makeBucket", "(JJ[B)V", (void *)store_make_bucket},
    {"testBucket", "(JJ[B)V", (void *)store_test_bucket},
    {"deleteBucket", "(JJ[B)V", (void *)store_delete_bucket},
    {"tagBucket", "(JJ[B[[B)V", (void *)store_tag_bucket},
    {"copy", "(JJ[B[B[B[BZ)V", (void *)store_copy},
    {"grant", "(JJ[B[[B[JI[B[B)[B", (void *)store_grant},
    {"link", "(JJ[B[BZI)[B", (void *)store_link},
    {"stat", "(JJ[B[B)L" PACKAGE "ObjectInfo;", (void *)store_stat},
    {"list", "(JJ[B[B[BZL" PACKAGE "ObjectBridge;)V", (void *)store_list},
    {"delete", "(JJ[B[[B)V", (void *)store_delete},
    {"deletePrefix", "(JJ[B[B)J", (void *)store_delete_prefix},
    {"diagnose", "(JJ[BZ)[B", (void *)store_diagnose},
};

bool store_load(JNIEnv *env)
{
    info_class = find_class(env, "ObjectInfo");
    if (info_class == NULL)
        return false;
    info_make = (*env)->GetStaticMethodID(env, info_class, "make", "([BJJ[B[BZZZ)L" PACKAGE "ObjectInfo;");
    lister_object = info_make == NULL ? NULL : find_method(env, "ObjectBridge", "object", "(L" PACKAGE "ObjectInfo;)V");
    return lister_object != NULL && register_natives(env, "Store", natives, COUNT_OF(natives));
}

void store_unload(JNIEnv *env)
{
    (*env)->DeleteWeakGlobalRef(env, info_class);
    info_class = NULL;
}
