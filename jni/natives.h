/* What the natives' files offer to each other: one file a Java class, each with its load function. */
#ifndef NATIVES_H
#define NATIVES_H

#include "jni_util.h"

/* Each registers its class's natives and looks up what it calls; false with an exception pending. */
bool aws_load(JNIEnv *env);
bool azure_load(JNIEnv *env);
bool backup_load(JNIEnv *env);
bool browse_load(JNIEnv *env);
bool catalog_load(JNIEnv *env);
bool operation_load(JNIEnv *env);
bool restore_load(JNIEnv *env);
bool revision_load(JNIEnv *env);
bool store_load(JNIEnv *env);
bool transfer_load(JNIEnv *env);
/* Gives its weak reference back. */
void store_unload(JNIEnv *env);

/* The handles behind the numbers that Java holds; 0 is NULL. The Java side keeps them open while a call runs. */
jb_operation *operation_of(jlong handle);
jb_store *store_of(jlong handle);

/* Keys as class KeyTexts gives them, in `room`, as long as the scope; NULL for none. */
const jb_encryption *encryption_of(jni_scope *scope, jobjectArray keys, jb_encryption *room);
const jb_decryption *decryption_of(jni_scope *scope, jobjectArray keys, jb_decryption *room);

#endif
