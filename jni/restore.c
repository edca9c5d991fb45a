/* Natives of org.jpsbackup.Restore. */
#include "natives.h"

typedef int (*store_step)(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                          jb_error *error);

static jbyteArray run_on_store(JNIEnv *env, store_step step, jlong store, jlong operation, jobjectArray texts,
                               jobjectArray consumer, jobjectArray paths, jboolean in_place, jboolean keep_old,
                               jobjectArray decryption)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    /* In the order of Restore.texts: bucket, name, timestamp, mode, object, target, journal, owner; each may be null.
     */
    const char *const *text = scope_texts(&scope, texts);
    const char *const *consumer_argv = scope_texts(&scope, consumer);
    const char *const *members = scope_texts(&scope, paths);
    jb_decryption room;
    const jb_decryption *keys = decryption_of(&scope, decryption, &room);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed) {
        jb_restore_options options = {
            .size = sizeof options,
            .name = {.size = sizeof options.name,
                     .bucket = text[0],
                     .name = text[1],
                     .timestamp = text[2],
                     .mode = text[3]},
            .object = text[4],
            .target = text[5],
            .journal = text[6],
            .owner = text[7],
            .consumer = consumer_argv,
            .paths = members,
            .in_place = in_place == JNI_TRUE,
            .keep_old = keep_old == JNI_TRUE,
            .decryption = keys,
        };
        code = step(store_of(store), operation_of(operation), &options, &account, &error);
    }
    return finish(&scope, code, &error, account);
}

static jbyteArray restore_check(JNIEnv *env, jclass class, jlong store, jlong operation, jobjectArray texts,
                                jobjectArray consumer, jobjectArray paths, jboolean in_place, jboolean keep_old,
                                jobjectArray decryption)
{
    (void)class;
    return run_on_store(env, jb_restore_check, store, operation, texts, consumer, paths, in_place, keep_old,
                        decryption);
}

static jbyteArray restore_stage(JNIEnv *env, jclass class, jlong store, jlong operation, jobjectArray texts,
                                jobjectArray consumer, jobjectArray paths, jboolean in_place, jboolean keep_old,
                                jobjectArray decryption)
{
    (void)class;
    return run_on_store(env, jb_restore_stage, store, operation, texts, consumer, paths, in_place, keep_old,
                        decryption);
}

static jbyteArray restore_restore(JNIEnv *env, jclass class, jlong store, jlong operation, jobjectArray texts,
                                  jobjectArray consumer, jobjectArray paths, jboolean in_place, jboolean keep_old,
                                  jobjectArray decryption)
{
    (void)class;
    return run_on_store(env, jb_restore, store, operation, texts, consumer, paths, in_place, keep_old, decryption);
}

static jbyteArray restore_swap(JNIEnv *env, jclass class, jlong operation, jbyteArray journal)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *path = scope_text(&scope, journal);
    int code = scope.failed ? JB_ERROR_MEMORY : jb_restore_swap(operation_of(operation), path, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray restore_undo(JNIEnv *env, jclass class, jlong operation, jbyteArray journal)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *path = scope_text(&scope, journal);
    int code = scope.failed ? JB_ERROR_MEMORY : jb_restore_undo(operation_of(operation), path, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray restore_commit(JNIEnv *env, jclass class, jlong operation, jbyteArray journal, jboolean keep_old)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const char *path = scope_text(&scope, journal);
    int code = JB_ERROR_MEMORY;
    if (!scope.failed)
        code = jb_restore_commit(operation_of(operation), path, keep_old == JNI_TRUE, &account, &error);
    return finish(&scope, code, &error, account);
}

static const JNINativeMethod natives[] = {
    {"check", "(JJ[[B[[B[[BZZ[[B)[B", (void *)restore_check},
    {"stage", "(JJ[[B[[B[[BZZ[[B)[B", (void *)restore_stage},
    {"restore", "(JJ[[B[[B[[BZZ[[B)[B", (void *)restore_restore},
    {"swap", "(J[B)[B", (void *)restore_swap},
    {"undo", "(J[B)[B", (void *)restore_undo},
    {"commit", "(J[BZ)[B", (void *)restore_commit},
};

bool restore_load(JNIEnv *env)
{
    return register_natives(env, "Restore", natives, COUNT_OF(natives));
}
