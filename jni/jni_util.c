#include "jni_util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scope_block {
    struct scope_block *next;
    size_t bytes;
    max_align_t room[];
};

static JavaVM *java_vm;
static jclass exception_class;
static jmethodID exception_make;

bool has_exception(JNIEnv *env)
{
    return (*env)->ExceptionCheck(env) == JNI_TRUE;
}

void throw_no_memory(JNIEnv *env)
{
    jclass class = (*env)->FindClass(env, "java/lang/OutOfMemoryError");
    if (class != NULL)
        (*env)->ThrowNew(env, class, "no native memory");
}

void *scope_room(jni_scope *scope, size_t bytes)
{
    struct scope_block *block = malloc(sizeof *block + bytes);
    if (block == NULL) {
        scope->failed = true;
        throw_no_memory(scope->env);
        return NULL;
    }
    block->next = scope->blocks;
    block->bytes = bytes;
    scope->blocks = block;
    return block->room;
}

const char *scope_text(jni_scope *scope, jbyteArray text)
{
    JNIEnv *env = scope->env;
    if (text == NULL || scope->failed)
        return NULL;
    jsize length = (*env)->GetArrayLength(env, text);
    char *room = scope_room(scope, (size_t)length + 1);
    if (room == NULL)
        return NULL;
    (*env)->GetByteArrayRegion(env, text, 0, length, (jbyte *)room);
    room[length] = '\0';
    return room;
}

const char *const *scope_texts(jni_scope *scope, jobjectArray texts)
{
    JNIEnv *env = scope->env;
    if (texts == NULL || scope->failed)
        return NULL;
    jsize count = (*env)->GetArrayLength(env, texts);
    const char **list = scope_room(scope, ((size_t)count + 1) * sizeof *list);
    if (list == NULL)
        return NULL;
    for (jsize i = 0; i < count; i++) {
        jbyteArray text = (*env)->GetObjectArrayElement(env, texts, i);
        if (has_exception(env)) {
            scope->failed = true;
            return NULL;
        }
        list[i] = scope_text(scope, text);
        (*env)->DeleteLocalRef(env, text);
        if (scope->failed)
            return NULL;
    }
    list[count] = NULL;
    return list;
}

const char *const *scope_settings(jni_scope *scope, jobjectArray settings, int count, int *code, jb_error *error)
{
    if ((*scope->env)->GetArrayLength(scope->env, settings) != count) {
        snprintf(error->text, sizeof error->text, "the jar and its native library are of different versions");
        error->code = JB_ERROR_STATE;
        *code = JB_ERROR_STATE;
        return NULL;
    }
    const char *const *texts = scope_texts(scope, settings);
    *code = scope->failed ? JB_ERROR_MEMORY : JB_OK;
    return texts;
}

void scope_end(jni_scope *scope)
{
    while (scope->blocks != NULL) {
        struct scope_block *block = scope->blocks;
        scope->blocks = block->next;
        explicit_bzero(block->room, block->bytes);
        free(block);
    }
}

jbyteArray new_bytes(JNIEnv *env, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t length = strlen(text);
    if (length > INT32_MAX - 16) { /* more than a Java array holds */
        throw_no_memory(env);
        return NULL;
    }
    jbyteArray bytes = (*env)->NewByteArray(env, (jsize)length);
    if (bytes != NULL)
        (*env)->SetByteArrayRegion(env, bytes, 0, (jsize)length, (const jbyte *)text);
    return bytes;
}

void throw_error(JNIEnv *env, const jb_error *error, const char *account)
{
    if (has_exception(env))
        return;
    jbyteArray text = new_bytes(env, error->text);
    jbyteArray hint = text == NULL ? NULL : new_bytes(env, error->hint);
    jbyteArray details = hint == NULL ? NULL : new_bytes(env, account);
    if (has_exception(env))
        return;
    jthrowable made =
        (*env)->CallStaticObjectMethod(env, exception_class, exception_make, (jint)error->code,
                                       (jint)error->store_status, (jboolean)error->retryable, text, hint, details);
    if (!has_exception(env))
        (*env)->Throw(env, made);
}

jbyteArray finish(jni_scope *scope, int code, const jb_error *error, char *account)
{
    JNIEnv *env = scope->env;
    jbyteArray bytes = NULL;
    if (!has_exception(env)) {
        if (code == JB_OK)
            bytes = new_bytes(env, account);
        else
            throw_error(env, error, account);
    }
    jb_text_free(account);
    scope_end(scope);
    return bytes;
}

jboolean finish_found(jni_scope *scope, int code, const jb_error *error, bool found)
{
    finish(scope, code, error, NULL);
    return code == JB_OK && found ? JNI_TRUE : JNI_FALSE;
}

jobjectArray finish_secret(jni_scope *scope, int code, const jb_error *error, char *account, char *secret)
{
    JNIEnv *env = scope->env;
    jobjectArray both = NULL;
    jbyteArray second = NULL;
    jbyteArray first = finish(scope, code, error, account);
    if (first != NULL)
        second = new_bytes(env, secret);
    jb_text_free(secret);
    jclass bytes = second == NULL ? NULL : (*env)->FindClass(env, "[B");
    if (bytes != NULL)
        both = (*env)->NewObjectArray(env, 2, bytes, first);
    if (both != NULL)
        (*env)->SetObjectArrayElement(env, both, 1, second);
    return both;
}

jclass find_class(JNIEnv *env, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, PACKAGE "%s", name);
    jclass local = (*env)->FindClass(env, path);
    if (local == NULL)
        return NULL;
    jclass weak = (*env)->NewWeakGlobalRef(env, local);
    (*env)->DeleteLocalRef(env, local);
    return weak;
}

jmethodID find_method(JNIEnv *env, const char *class_name, const char *name, const char *signature)
{
    char path[128];
    snprintf(path, sizeof path, PACKAGE "%s", class_name);
    jclass class = (*env)->FindClass(env, path);
    if (class == NULL)
        return NULL;
    jmethodID method = (*env)->GetMethodID(env, class, name, signature);
    (*env)->DeleteLocalRef(env, class);
    return method;
}

bool register_natives(JNIEnv *env, const char *name, const JNINativeMethod *natives, jint count)
{
    char path[128];
    snprintf(path, sizeof path, PACKAGE "%s", name);
    jclass class = (*env)->FindClass(env, path);
    if (class == NULL)
        return false;
    jint registered = (*env)->RegisterNatives(env, class, natives, count);
    (*env)->DeleteLocalRef(env, class);
    return registered == JNI_OK;
}

JNIEnv *current_env(void)
{
    void *env = NULL;
    return (*java_vm)->GetEnv(java_vm, &env, JNI_VERSION_10) == JNI_OK ? env : NULL;
}

bool util_load(JavaVM *vm, JNIEnv *env)
{
    java_vm = vm;
    exception_class = find_class(env, "JpsBackupException");
    if (exception_class == NULL)
        return false;
    exception_make =
        (*env)->GetStaticMethodID(env, exception_class, "make", "(IIZ[B[B[B)L" PACKAGE "JpsBackupException;");
    return exception_make != NULL;
}

void util_unload(JNIEnv *env)
{
    (*env)->DeleteWeakGlobalRef(env, exception_class);
    exception_class = NULL;
}
