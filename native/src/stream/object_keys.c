#include "object_keys.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "../base/event.h"
#include "../codec/age.h"

int object_keys_given(const char *name, bool encrypted, bool content, const jb_decryption *decryption, jb_error *error)
{
    if (encrypted && content && decryption == NULL) {
        error_set(error, JB_ERROR_ACCESS, "'%s' is encrypted, and no key was given", name);
        return error_hint(error, "give the passphrase or an identity (secret key) that opens it");
    }
    if (encrypted || decryption == NULL)
        return JB_OK;
    /* Somebody may have put it in an encrypted one's place. */
    error_set(error, JB_ERROR_USAGE, "'%s' is not encrypted, and a key was given", name);
    return error_hint(error, "give no key, if an object that anybody could have written is what you want");
}

struct head {
    struct store_transfer transfer; /* begins the struct, for its done callback */
    struct event event;
    bool busy; /* guarded by the event */
};

static void head_done(struct store_transfer *transfer)
{
    struct head *head = (struct head *)transfer;
    event_lock(&head->event);
    head->busy = false;
    event_signal(&head->event);
    event_unlock(&head->event);
}

static int read_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                      const char *version, void *bytes, size_t count, jb_error *error)
{
    struct head head = {.transfer = {.bytes = bytes, .count = count, .done = head_done, .error = JB_ERROR_INIT},
                        .busy = true};
    event_init(&head.event);
    int code = store->driver->range(store, operation, bucket, key, version, &head.transfer, error);
    if (code == JB_OK) {
        event_lock(&head.event);
        while (head.busy)
            event_wait(&head.event);
        event_unlock(&head.event);
        if (head.transfer.error.code != JB_OK)
            code = error_copy(error, &head.transfer.error);
    }
    event_clean_up(&head.event);
    return code;
}

int object_head_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                     uint64_t bytes, void **head, size_t *count, jb_error *error)
{
    *count = bytes < AGE_BEGIN_SIZE ? (size_t)bytes : AGE_BEGIN_SIZE;
    *head = malloc(AGE_BEGIN_SIZE);
    if (*head == NULL)
        return error_no_memory(error);
    int code = *count == 0 ? JB_OK : read_range(store, operation, bucket, key, version, *head, *count, error);
    if (code != JB_OK) {
        free(*head);
        *head = NULL;
    }
    return code;
}

int object_keys_try(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                    const struct object *object, const jb_decryption *decryption, jb_error *error)
{
    int code = object_keys_given(object->name, object->encrypted, true, decryption, error);
    if (code != JB_OK || !object->encrypted)
        return code;
    const struct object_segment *first = &object->segments[0];
    char key[STORE_KEY_MAX + 1];
    void *head;
    size_t count;
    struct age_file_key file_key;
    snprintf(key, sizeof key, "%s%s", prefix, first->name);
    code = object_head_read(store, operation, bucket, key, object_segment_version(first), first->bytes, &head, &count,
                            error);
    if (code != JB_OK)
        return code;
    code = age_unlock(head, count, decryption, &file_key, error);
    OPENSSL_cleanse(&file_key, sizeof file_key);
    free(head);
    return code == JB_OK ? JB_OK : error_prefix(error, "'%s'", object->name);
}
