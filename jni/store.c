/* Natives of org.jpsbackup.Store: opening, closing, and the short calls on objects. */
#include "natives.h"

static jclass info_class;
static jmethodID info_make;
static jmethodID lister_object;

jb_store *store_of(jlong handle)
{
    return (jb_store *)(intptr_t)handle;
}

static jlong store_open(JNIEnv *env, jclass class, jbyteArray url, jbyteArray endpoint, jbyteArray region,
                        jbyteArray access_key, jbyteArray secret_key, jbyteArray session_token, jbyteArray ca_file,
                        jbyteArray encryption, jboolean virtual_host, jint tries, jint stall_seconds)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    jb_store *store = NULL;
    jb_store_options options = {
        .size = sizeof options,
        .url = scope_text(&scope, url),
        .endpoint = scope_text(&scope, endpoint),
        .region = scope_text(&scope, region),
        .access_key = scope_text(&scope, access_key),
        .secret_key = scope_text(&scope, secret_key),
        .session_token = scope_text(&scope, session_token),
        .ca_file = scope_text(&scope, ca_file),
        .server_side_encryption = scope_text(&scope, encryption),
        .virtual_host = virtual_host == JNI_TRUE,
        .tries = (uint32_t)tries,
        .stall_seconds = (uint32_t)stall_seconds,
    };
    int code = scope.failed ? JB_ERROR_MEMORY : jb_store_open(&options, &store, &error);
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
    jbyteArray tag = new_bytes(env, info.tag);
    if (tag == NULL)
        return NULL;
    return (*env)->CallStaticObjectMethod(env, info_class, info_make, key, (jlong)info.bytes, (jlong)info.modified,
                                          tag);
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
    jbyteArray tag = key == NULL ? NULL : new_bytes(env, info->tag);
    if (tag != NULL)
        (*env)->CallVoidMethod(env, self->lister, lister_object, key, (jlong)info->bytes, (jlong)info->modified, tag);
    bool thrown = has_exception(env);
    (*env)->DeleteLocalRef(env, tag);
    (*env)->DeleteLocalRef(env, key);
    return thrown ? 1 : 0;
}

static void store_list(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket, jbyteArray prefix,
                       jobject lister)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    list_context context = {.env = env, .lister = lister};
    const char *bucket_name = scope_text(&scope, bucket);
    const char *key_prefix = scope_text(&scope, prefix);
    const jb_list_options options = {.size = sizeof options, .prefix = key_prefix};
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

static const JNINativeMethod natives[] = {
    {"open", "([B[B[B[B[B[B[B[BZII)J", (void *)store_open},
    {"close", "(J)V", (void *)store_close},
    {"makeBucket", "(JJ[B)V", (void *)store_make_bucket},
    {"stat", "(JJ[B[B)L" PACKAGE "ObjectInfo;", (void *)store_stat},
    {"list", "(JJ[B[BL" PACKAGE "ObjectBridge;)V", (void *)store_list},
    {"delete", "(JJ[B[[B)V", (void *)store_delete},
};

bool store_load(JNIEnv *env)
{
    info_class = find_class(env, "ObjectInfo");
    if (info_class == NULL)
        return false;
    info_make = (*env)->GetStaticMethodID(env, info_class, "make", "([BJJ[B)L" PACKAGE "ObjectInfo;");
    lister_object = info_make == NULL ? NULL : find_method(env, "ObjectBridge", "object", "([BJJ[B)V");
    return lister_object != NULL && register_natives(env, "Store", natives, COUNT_OF(natives));
}

void store_unload(JNIEnv *env)
{
    (*env)->DeleteWeakGlobalRef(env, info_class);
    info_class = NULL;
}
