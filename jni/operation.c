/* Natives of org.jpsbackup.Operation and NativeLibrary.version, and progress on its way to the Java listener. */
#include <stdlib.h>

#include "natives.h"

/*
 * The listener is held weakly: it often refers to its Operation, which must stay collectable for the Cleaner to work.
 * Java's Operation holds it strongly, and outlives each call that it serves.
 */
typedef struct native_operation {
    jb_operation *operation;
    jweak listener;
} native_operation;

static jmethodID bridge_progress;

jb_operation *operation_of(jlong handle)
{
    return handle == 0 ? NULL : ((native_operation *)(intptr_t)handle)->operation;
}

static jlong clamp(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (jlong)value;
}

static int on_progress(void *context, const jb_progress *event)
{
    const native_operation *self = context;
    JNIEnv *env = current_env();
    /* With an exception pending nothing may be called any more; it ends the operation. */
    if (env == NULL || has_exception(env))
        return 1;
    jobject listener = (*env)->NewLocalRef(env, self->listener);
    if (listener == NULL)
        return 0;
    jbyteArray phase = new_bytes(env, event->phase);
    jbyteArray item = phase == NULL ? NULL : new_bytes(env, event->item);
    if (item != NULL)
        (*env)->CallVoidMethod(env, listener, bridge_progress, phase, item, clamp(event->bytes_done),
                               clamp(event->bytes_total), clamp(event->objects_done), clamp(event->objects_total),
                               clamp(event->bytes_per_second), (jlong)event->seconds_left);
    bool thrown = has_exception(env);
    (*env)->DeleteLocalRef(env, item);
    (*env)->DeleteLocalRef(env, phase);
    (*env)->DeleteLocalRef(env, listener);
    return thrown ? 1 : 0;
}

static jlong operation_create(JNIEnv *env, jclass class, jlong memory_limit, jint interval_ms, jobject listener)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    native_operation *made = calloc(1, sizeof *made);
    if (made == NULL) {
        throw_no_memory(env);
        return 0;
    }
    jb_operation_options options = {.size = sizeof options,
                                    .memory_limit_bytes = (uint64_t)memory_limit,
                                    .progress_interval_ms = (uint32_t)interval_ms};
    if (listener != NULL) {
        made->listener = (*env)->NewWeakGlobalRef(env, listener);
        if (made->listener == NULL) {
            free(made);
            return 0;
        }
        options.progress = on_progress;
        options.progress_context = made;
    }
    if (jb_operation_new(&options, &made->operation, &error) != JB_OK) {
        if (made->listener != NULL)
            (*env)->DeleteWeakGlobalRef(env, made->listener);
        free(made);
        throw_error(env, &error, NULL);
        return 0;
    }
    return (jlong)(intptr_t)made;
}

static void operation_cancel(JNIEnv *env, jclass class, jlong handle)
{
    (void)env;
    (void)class;
    jb_operation_cancel(operation_of(handle));
}

static void operation_free(JNIEnv *env, jclass class, jlong handle)
{
    (void)class;
    native_operation *self = (native_operation *)(intptr_t)handle;
    jb_operation_free(self->operation);
    if (self->listener != NULL)
        (*env)->DeleteWeakGlobalRef(env, self->listener);
    free(self);
}

static jbyteArray library_version(JNIEnv *env, jclass class)
{
    (void)class;
    return new_bytes(env, jb_library_version());
}

static const JNINativeMethod natives[] = {
    {"create", "(JIL" PACKAGE "ProgressBridge;)J", (void *)operation_create},
    {"cancel", "(J)V", (void *)operation_cancel},
    {"free", "(J)V", (void *)operation_free},
};

static const JNINativeMethod library_natives[] = {{"libraryVersion", "()[B", (void *)library_version}};

bool operation_load(JNIEnv *env)
{
    bridge_progress = find_method(env, "ProgressBridge", "progress", "([B[BJJJJJJ)V");
    return bridge_progress != NULL && register_natives(env, "Operation", natives, COUNT_OF(natives)) &&
           register_natives(env, "NativeLibrary", library_natives, COUNT_OF(library_natives));
}
