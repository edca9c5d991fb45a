/* Natives of org.jpsbackup.MemberBridge: the members of an archive on their way to the Java listener. */
#include "natives.h"

static jmethodID bridge_member;

typedef struct browse_context {
    JNIEnv *env;
    jobject bridge;
} browse_context;

enum { PATH, USER, GROUP, LINK, TROUBLE, TEXTS };

static int on_member(void *context, const jb_member *member)
{
    const browse_context *self = context;
    JNIEnv *env = self->env;
    if (has_exception(env))
        return 1;
    const char *const told[TEXTS] = {member->path, member->user, member->group, member->link, member->trouble};
    jbyteArray texts[TEXTS] = {0};
    for (int i = 0; i < TEXTS && !has_exception(env); i++)
        texts[i] = new_bytes(env, told[i]);
    if (!has_exception(env))
        (*env)->CallVoidMethod(env, self->bridge, bridge_member, texts[PATH], (jint)member->type, (jlong)member->bytes,
                               (jint)member->mode, (jlong)member->uid, (jlong)member->gid, texts[USER], texts[GROUP],
                               (jlong)member->seconds, (jint)member->nanoseconds, texts[LINK], texts[TROUBLE]);
    bool thrown = has_exception(env);
    for (int i = 0; i < TEXTS; i++)
        (*env)->DeleteLocalRef(env, texts[i]);
    return thrown ? 1 : 0;
}

static jbyteArray bridge_browse(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                jbyteArray name, jbyteArray timestamp, jbyteArray mode, jbyteArray object,
                                jbyteArray path, jobjectArray decryption, jobject bridge)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    browse_context context = {.env = env, .bridge = bridge};
    char *account = NULL;
    jb_decryption keys;
    const jb_browse_options options = {
        .size = sizeof options,
        .name = {.size = sizeof options.name,
                 .bucket = scope_text(&scope, bucket),
                 .name = scope_text(&scope, name),
                 .timestamp = scope_text(&scope, timestamp),
                 .mode = scope_text(&scope, mode)},
        .object = scope_text(&scope, object),
        .path = scope_text(&scope, path),
        .decryption = decryption_of(&scope, decryption, &keys),
    };
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code =
            jb_backup_browse(store_of(store), operation_of(operation), &options, on_member, &context, &account, &error);
    return finish(&scope, code, &error, account);
}

static const JNINativeMethod natives[] = {
    {"browse", "(JJ[B[B[B[B[B[B[[BL" PACKAGE "MemberBridge;)[B", (void *)bridge_browse},
};

bool browse_load(JNIEnv *env)
{
    bridge_member = find_method(env, "MemberBridge", "member", "([BIJIJJ[B[BJI[B[B)V");
    return bridge_member != NULL && register_natives(env, "MemberBridge", natives, COUNT_OF(natives));
}
