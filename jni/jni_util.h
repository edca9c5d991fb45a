/*
 * What all natives share: texts in and out, errors as exceptions, the Java side's methods.
 *
 * Texts cross as byte[] in UTF-8 without an ending NUL, because JNI's own texts are in "modified UTF-8", which differs
 * for NUL and for characters beyond U+FFFF. The Java side encodes, decodes, and refuses NUL and unpaired surrogates
 * (class Utf8).
 */
#ifndef JNI_UTIL_H
#define JNI_UTIL_H

#include <jni.h>
#include <jpsbackup/jpsbackup.h>

#define PACKAGE         "org/jpsbackup/"
#define COUNT_OF(table) ((jint)(sizeof(table) / sizeof(table)[0]))

/* Everything that one native call converted; given back, after wiping it (there may be secrets), by scope_end. */
typedef struct jni_scope {
    JNIEnv *env;
    struct scope_block *blocks;
    bool failed; /* a conversion failed; an exception is pending */
} jni_scope;

/* Room that lives as long as the scope; NULL, with OutOfMemoryError pending, where there is none. */
void *scope_room(jni_scope *scope, size_t bytes);
/* NULL stays NULL; NULL too, with `failed` set, where there is no memory. */
const char *scope_text(jni_scope *scope, jbyteArray text);
/* A NULL-ended list of texts; NULL stays NULL. */
const char *const *scope_texts(jni_scope *scope, jobjectArray texts);
/* The texts of a Java array whose length must be `count`: else the jar and this library differ in version, and `code`
 * becomes an error. NULL where there are none. */
const char *const *scope_settings(jni_scope *scope, jobjectArray settings, int count, int *code, jb_error *error);
void scope_end(jni_scope *scope);

/* NULL stays NULL; NULL too, with an exception pending, where Java's heap is full. */
jbyteArray new_bytes(JNIEnv *env, const char *text);

/* Whether a Java callback (or a conversion) left an exception; it is what the native call then ends with. */
bool has_exception(JNIEnv *env);

/* Throws `error` as JpsBackupException with an account (may be NULL), unless an exception is pending already. */
void throw_error(JNIEnv *env, const jb_error *error, const char *account);

/*
 * The end of a native call: ends the scope, frees the account, and gives it to Java, or throws. An exception that came
 * out of a callback goes before the library's own error.
 */
jbyteArray finish(jni_scope *scope, int code, const jb_error *error, char *account);

/* As finish, for a call that found whether something exists. */
jboolean finish_found(jni_scope *scope, int code, const jb_error *error, bool found);

/* As finish, for a call that answers {account, secret}, both freed. */
jobjectArray finish_secret(jni_scope *scope, int code, const jb_error *error, char *account, char *secret);

void throw_no_memory(JNIEnv *env);

/*
 * Weak global reference to a class of the package ("Store"); NULL with an exception pending. A strong one would keep
 * the class loader for ever, and with it this library. The class itself stays as long as its class loader, which is as
 * long as this library: so the reference is never NULL in a call, and ids of methods need no reference at all.
 */
jclass find_class(JNIEnv *env, const char *name);
/* Id of an object's method of a class of the package; NULL with an exception pending. */
jmethodID find_method(JNIEnv *env, const char *class_name, const char *name, const char *signature);
/* Finds a class and registers its natives; false with an exception pending. */
bool register_natives(JNIEnv *env, const char *name, const JNINativeMethod *natives, jint count);

/* The environment of this thread, which is in a native call; NULL on a thread that the JVM does not know. */
JNIEnv *current_env(void);

bool util_load(JavaVM *vm, JNIEnv *env);
void util_unload(JNIEnv *env);

#endif
