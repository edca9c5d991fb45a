/* Keys of org.jpsbackup.KeyTexts: the passphrase or null, then the public or secret keys. */
#include "natives.h"

/* NULL where there are none. */
static const char *const *key_texts(jni_scope *scope, jobjectArray keys)
{
    if (keys == NULL || (*scope->env)->GetArrayLength(scope->env, keys) == 0)
        return NULL;
    return scope_texts(scope, keys);
}

const jb_encryption *encryption_of(jni_scope *scope, jobjectArray keys, jb_encryption *room)
{
    const char *const *texts = key_texts(scope, keys);
    if (texts == NULL)
        return NULL;
    *room = (jb_encryption){.size = sizeof *room, .passphrase = texts[0], .recipients = texts + 1};
    return room;
}

const jb_decryption *decryption_of(jni_scope *scope, jobjectArray keys, jb_decryption *room)
{
    const char *const *texts = key_texts(scope, keys);
    if (texts == NULL)
        return NULL;
    *room = (jb_decryption){.size = sizeof *room, .passphrase = texts[0], .identities = texts + 1};
    return room;
}
