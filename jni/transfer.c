/*
 * Natives of org.jpsbackup.Transfer: putting and getting objects. Bulk bytes cross in one direct buffer for each
 * transfer; the Java side shuttles them between it and the stream.
 */
#include <stdlib.h>
#include <string.h>

#include "natives.h"

#define BUFFER_BYTES ((size_t)1 << 20)

static jmethodID source_fill;
static jmethodID sink_drain;

typedef struct jni_stream {
    JNIEnv *env;
    jobject pump;   /* InputPump or OutputPump */
    jobject buffer; /* the direct ByteBuffer over `room` */
    char *room;
    size_t taken; /* of what lies in `room`, given to the library already */
    size_t filled;
} jni_stream;

/* False with an exception pending. */
static bool stream_open(jni_stream *stream, jni_scope *scope, jobject pump)
{
    *stream = (struct jni_stream){.env = scope->env, .pump = pump, .room = scope_room(scope, BUFFER_BYTES)};
    if (stream->room == NULL)
        return false;
    stream->buffer = (*scope->env)->NewDirectByteBuffer(scope->env, stream->room, (jlong)BUFFER_BYTES);
    if (stream->buffer == NULL)
        scope->failed = true;
    return stream->buffer != NULL;
}

static int64_t on_read(void *context, void *bytes, size_t capacity)
{
    jni_stream *self = context;
    JNIEnv *env = self->env;
    if (has_exception(env))
        return -1;
    if (self->taken == self->filled) {
        jint filled = (*env)->CallIntMethod(env, self->pump, source_fill, self->buffer);
        if (has_exception(env))
            return -1;
        if (filled <= 0)
            return 0;
        self->taken = 0;
        self->filled = (size_t)filled;
    }
    size_t count = self->filled - self->taken;
    if (count > capacity)
        count = capacity;
    memcpy(bytes, self->room + self->taken, count);
    self->taken += count;
    return (int64_t)count;
}

static int on_write(void *context, const void *bytes, size_t count)
{
    jni_stream *self = context;
    JNIEnv *env = self->env;
    if (has_exception(env))
        return -1;
    for (const char *from = bytes; count > 0;) {
        size_t piece = count < BUFFER_BYTES ? count : BUFFER_BYTES;
        memcpy(self->room, from, piece);
        (*env)->CallVoidMethod(env, self->pump, sink_drain, self->buffer, (jint)piece);
        if (has_exception(env))
            return -1;
        from += piece;
        count -= piece;
    }
    return 0;
}

static jbyteArray transfer_put(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                               jbyteArray key, jobject source, jbyteArray file, jbyteArray tree, jobjectArray include,
                               jobjectArray exclude, jboolean one_file_system, jboolean strict, jboolean index,
                               jobjectArray command, jbyteArray success_text, jint compression, jint level,
                               jboolean replace, jbyteArray alive_key, jobjectArray encryption)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jni_stream stream;
    jb_encryption keys;
    jb_put_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .key = scope_text(&scope, key),
        .file = scope_text(&scope, file),
        .tree = scope_text(&scope, tree),
        .include = scope_texts(&scope, include),
        .exclude = scope_texts(&scope, exclude),
        .one_file_system = one_file_system == JNI_TRUE,
        .strict = strict == JNI_TRUE,
        .index = index == JNI_TRUE,
        .command = scope_texts(&scope, command),
        .success_text = scope_text(&scope, success_text),
        .compression = (jb_compression)compression,
        .level = level,
        .replace = replace == JNI_TRUE,
        .alive_key = scope_text(&scope, alive_key),
        .encryption = encryption_of(&scope, encryption, &keys),
    };
    if (source != NULL && !scope.failed && stream_open(&stream, &scope, source)) {
        options.read = on_read;
        options.read_context = &stream;
    }
    int code =
        scope.failed ? JB_ERROR_MEMORY : jb_put(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray transfer_get(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                               jbyteArray key, jbyteArray description, jobject sink, jboolean decompress,
                               jobjectArray decryption)
{
    (void)class;
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    jni_stream stream;
    jb_decryption keys;
    jb_get_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .key = scope_text(&scope, key),
        .description = scope_text(&scope, description),
        .write = on_write,
        .write_context = &stream,
        .decompress = decompress == JNI_TRUE,
        .decryption = decryption_of(&scope, decryption, &keys),
    };
    int code = JB_ERROR_MEMORY;
    if (!scope.failed && stream_open(&stream, &scope, sink))
        code = jb_get(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

typedef int (*files_fn)(jb_store *store, jb_operation *operation, const jb_files_options *options, char **account,
                        jb_error *error);

static jbyteArray move_files(JNIEnv *env, files_fn move, jlong store, jlong operation, jbyteArray bucket,
                             jbyteArray prefix, jbyteArray directory, jboolean replace, jint at_once)
{
    jb_error error = JB_ERROR_INIT;
    jni_scope scope = {.env = env};
    char *account = NULL;
    const jb_files_options options = {
        .size = sizeof options,
        .bucket = scope_text(&scope, bucket),
        .prefix = scope_text(&scope, prefix),
        .directory = scope_text(&scope, directory),
        .replace = replace == JNI_TRUE,
        .at_once = (uint32_t)at_once,
    };
    int code =
        scope.failed ? JB_ERROR_MEMORY : move(store_of(store), operation_of(operation), &options, &account, &error);
    return finish(&scope, code, &error, account);
}

static jbyteArray transfer_put_files(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                     jbyteArray prefix, jbyteArray directory, jboolean replace, jint at_once)
{
    (void)class;
    return move_files(env, jb_put_files, store, operation, bucket, prefix, directory, replace, at_once);
}

static jbyteArray transfer_get_files(JNIEnv *env, jclass class, jlong store, jlong operation, jbyteArray bucket,
                                     jbyteArray prefix, jbyteArray directory, jboolean replace, jint at_once)
{
    (void)class;
    return move_files(env, jb_get_files, store, operation, bucket, prefix, directory, replace, at_once);
}

static const JNINativeMethod natives[] = {
    {"put", "(JJ[B[BL" PACKAGE "InputPump;[B[B[[B[[BZZZ[[B[BIIZ[B[[B)[B", (void *)transfer_put},
    {"get", "(JJ[B[B[BL" PACKAGE "OutputPump;Z[[B)[B", (void *)transfer_get},
    {"putFiles", "(JJ[B[B[BZI)[B", (void *)transfer_put_files},
    {"getFiles", "(JJ[B[B[BZI)[B", (void *)transfer_get_files},
};

bool transfer_load(JNIEnv *env)
{
    source_fill = find_method(env, "InputPump", "fill", "(Ljava/nio/ByteBuffer;)I");
    sink_drain = source_fill == NULL ? NULL : find_method(env, "OutputPump", "drain", "(Ljava/nio/ByteBuffer;I)V");
    return sink_drain != NULL && register_natives(env, "Transfer", natives, COUNT_OF(natives));
}
