/* Loading and unloading: the JVM calls these two, once for each class loader's copy of this library. */
#include "natives.h"

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    (void)reserved;
    void *pointer = NULL;
    if ((*vm)->GetEnv(vm, &pointer, JNI_VERSION_10) != JNI_OK)
        return JNI_ERR;
    JNIEnv *env = pointer;
    if (!util_load(vm, env) || !operation_load(env) || !store_load(env) || !transfer_load(env) || !backup_load(env) ||
        !browse_load(env) || !catalog_load(env) || !restore_load(env) || !revision_load(env) || !aws_load(env) ||
        !azure_load(env))
        return JNI_ERR; /* the pending exception names the class or method that does not fit this library */
    jb_error error = JB_ERROR_INIT;
    if (jb_library_init(&error) != JB_OK) {
        throw_error(env, &error, NULL);
        return JNI_ERR;
    }
    return JNI_VERSION_10;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved)
{
    (void)reserved;
    void *pointer = NULL;
    if ((*vm)->GetEnv(vm, &pointer, JNI_VERSION_10) != JNI_OK)
        return;
    JNIEnv *env = pointer;
    store_unload(env);
    util_unload(env);
}
