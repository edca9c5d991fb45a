/* Natives of org.jpsbackup.RevisionNode. */
#include "natives.h"

static jlong revision_read(JNIEnv *env, jclass class, jbyteArray path)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    uint64_t revision = 0;
    const char *file = scope_text(&scope, path);
    int code = scope.failed ? JB_ERROR_MEMORY : jb_revision_read(file, &revision, &error);
    finish(&scope, code, &error, NULL);
    return (jlong)revision; /* Java reads it as an unsigned number */
}

static void revision_write(JNIEnv *env, jclass class, jbyteArray path, jlong revision)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    const char *file = scope_text(&scope, path);
    int code = scope.failed ? JB_ERROR_MEMORY : jb_revision_write(file, (uint64_t)revision, &error);
    finish(&scope, code, &error, NULL);
}

static const JNINativeMethod natives[] = {
    {"read", "([B)J", (void *)revision_read},
    {"write", "([BJ)V", (void *)revision_write},
};

bool revision_load(JNIEnv *env)
{
    return register_natives(env, "RevisionNode", natives, COUNT_OF(natives));
}
