#include "faulty_store.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static const struct store_driver *honest;
static struct store_driver faulty;
static _Atomic(enum store_fault) kind;
static atomic_uint count;
static unsigned chosen;
static const char *_Atomic struck = "";
/* Completed without its caller's knowledge, who aborts it then. */
static struct store_upload *_Atomic completed;

void faulty_store_begin(enum store_fault fault, unsigned at)
{
    struck = "";
    chosen = at;
    atomic_store(&count, 0);
    atomic_store(&kind, fault);
}

unsigned faulty_store_end(void)
{
    atomic_store(&kind, STORE_WORKS);
    return atomic_load(&count);
}

const char *faulty_store_struck(void)
{
    return struck;
}

/* What the next operation meets; the process ends here where it ends before it. */
static enum store_fault next(const char *name)
{
    enum store_fault now = atomic_load(&kind);
    if (now == STORE_WORKS || atomic_fetch_add(&count, 1) != chosen)
        return STORE_WORKS;
    struck = name;
    if (now == STORE_KILLS_BEFORE)
        _exit(FAULTY_STORE_EXIT_CODE);
    return now;
}

static int refuse(jb_error *error)
{
    return error_set(error, JB_ERROR_UNREACHABLE, "the store does not answer");
}

/* After an operation that ended so. */
static int conclude(enum store_fault fault, int code, jb_error *error)
{
    if (fault == STORE_KILLS_AFTER)
        _exit(FAULTY_STORE_EXIT_CODE);
    return fault == STORE_LOSES_ANSWER ? refuse(error) : code;
}

#define OPERATE(name, call)                                                                                            \
    do {                                                                                                               \
        enum store_fault fault = next(name);                                                                           \
        return fault == STORE_REFUSES ? refuse(error) : conclude(fault, call, error);                                  \
    } while (0)

static int make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    OPERATE("make_bucket", honest->make_bucket(store, operation, bucket, error));
}

static int do_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                   jb_object_info *info, jb_error *error)
{
    OPERATE("stat", honest->stat(store, operation, bucket, key, version, info, error));
}

static int do_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                   struct buffer *body, jb_object_info *info, jb_error *error)
{
    OPERATE("read", honest->read(store, operation, bucket, key, version, body, info, error));
}

static int do_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                    size_t size, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
                    jb_error *error)
{
    OPERATE("write", honest->write(store, operation, bucket, key, bytes, size, sha256, condition, info, error));
}

static int list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
                jb_object_fn each, void *context, jb_error *error)
{
    OPERATE("list", honest->list(store, operation, bucket, options, each, context, error));
}

static int do_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                     size_t keys_count, jb_error *error)
{
    OPERATE("remove", honest->remove(store, operation, bucket, keys, keys_count, error));
}

static int list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                        store_unfinished_fn each, void *context, jb_error *error)
{
    OPERATE("list_uploads", honest->list_uploads(store, operation, bucket, prefix, each, context, error));
}

static int remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                         jb_error *error)
{
    OPERATE("remove_upload", honest->remove_upload(store, operation, bucket, key, id, error));
}

/* What was begun without its beginner's knowledge is for gc; here it never begins. */
static int upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                        struct store_upload **upload, jb_error *error)
{
    enum store_fault fault = next("upload_begin");
    if (fault == STORE_REFUSES || fault == STORE_LOSES_ANSWER)
        return refuse(error);
    return conclude(fault, honest->upload_begin(store, operation, bucket, key, upload, error), error);
}

/* A part or range whose answer is lost fails by its own error, after its start. */
static int lose_transfer(struct store_transfer *transfer)
{
    transfer->error = (jb_error)JB_ERROR_INIT;
    refuse(&transfer->error);
    transfer->done(transfer);
    return JB_OK;
}

static int upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error)
{
    enum store_fault fault = next("upload_part");
    if (fault == STORE_REFUSES)
        return refuse(error);
    if (fault == STORE_LOSES_ANSWER)
        return lose_transfer(transfer);
    return conclude(fault, honest->upload_part(upload, number, transfer, error), error);
}

static int range(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                 struct store_transfer *transfer, jb_error *error)
{
    enum store_fault fault = next("range");
    if (fault == STORE_REFUSES)
        return refuse(error);
    if (fault == STORE_LOSES_ANSWER)
        return lose_transfer(transfer);
    return conclude(fault, honest->range(store, operation, bucket, key, version, transfer, error), error);
}

static int upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                           jb_error *error)
{
    enum store_fault fault = next("upload_complete");
    if (fault == STORE_REFUSES)
        return refuse(error);
    int code = honest->upload_complete(upload, condition, info, error);
    if (fault == STORE_LOSES_ANSWER && code == JB_OK)
        completed = upload;
    return conclude(fault, code, error);
}

static void upload_abort(struct store_upload *upload)
{
    enum store_fault fault = next("upload_abort");
    if (completed == upload)
        completed = NULL;
    else
        honest->upload_abort(upload);
    if (fault == STORE_KILLS_AFTER)
        _exit(FAULTY_STORE_EXIT_CODE);
}

void faulty_store_install(jb_store *store)
{
    honest = store->driver;
    faulty = *honest;
    faulty.make_bucket = make_bucket;
    faulty.stat = do_stat;
    faulty.read = do_read;
    faulty.write = do_write;
    faulty.list = list;
    faulty.remove = do_remove;
    faulty.list_uploads = list_uploads;
    faulty.remove_upload = remove_upload;
    faulty.upload_begin = upload_begin;
    faulty.upload_part = upload_part;
    faulty.upload_complete = upload_complete;
    faulty.upload_abort = upload_abort;
    faulty.range = range;
    store->driver = &faulty;
}
