#include "buckets.h"

#include <stdlib.h>
#include <string.h>

#include "request.h"

#define BUCKETS_MAX 256

struct known_features {
    bool asked;
    bool versioned, suspended, lockable;
};

struct s3_bucket {
    struct s3_bucket *next;
    char region[S3_REGION_SIZE]; /* "": not told */
    struct known_features features;
    char name[];
};

void s3_buckets_init(struct s3_buckets *buckets)
{
    *buckets = (struct s3_buckets){.first = NULL};
    pthread_mutex_init(&buckets->mutex, NULL);
}

void s3_buckets_clean_up(struct s3_buckets *buckets)
{
    while (buckets->first != NULL) {
        struct s3_bucket *bucket = buckets->first;
        buckets->first = bucket->next;
        free(bucket);
    }
    pthread_mutex_destroy(&buckets->mutex);
}

/* Under the mutex. NULL where it is not there; with `make`, where there is no room. */
static struct s3_bucket *find(struct s3_buckets *buckets, const char *name, bool make)
{
    for (struct s3_bucket *bucket = buckets->first; bucket != NULL; bucket = bucket->next)
        if (strcmp(bucket->name, name) == 0)
            return bucket;
    if (!make || buckets->count == BUCKETS_MAX)
        return NULL;
    size_t size = strlen(name) + 1;
    struct s3_bucket *bucket = calloc(1, sizeof *bucket + size);
    if (bucket == NULL)
        return NULL;
    memcpy(bucket->name, name, size);
    bucket->next = buckets->first;
    buckets->first = bucket;
    buckets->count++;
    return bucket;
}

bool s3_buckets_region(struct s3_buckets *buckets, const char *bucket, char region[S3_REGION_SIZE])
{
    pthread_mutex_lock(&buckets->mutex);
    const struct s3_bucket *known = find(buckets, bucket, false);
    bool told = known != NULL && known->region[0] != '\0';
    if (told)
        memcpy(region, known->region, S3_REGION_SIZE);
    pthread_mutex_unlock(&buckets->mutex);
    return told;
}

void s3_buckets_set_region(struct s3_buckets *buckets, const char *bucket, const char *region)
{
    pthread_mutex_lock(&buckets->mutex);
    struct s3_bucket *known = find(buckets, bucket, true);
    if (known != NULL)
        snprintf(known->region, sizeof known->region, "%s", region);
    pthread_mutex_unlock(&buckets->mutex);
}

static int take_versioning(void *context, const char *path, const char *text, jb_error *error)
{
    struct known_features *features = context;
    (void)error;
    if (strcmp(path, "VersioningConfiguration/Status") == 0) {
        features->versioned = strcmp(text, "Enabled") == 0;
        features->suspended = strcmp(text, "Suspended") == 0;
    }
    return JB_OK;
}

static int take_lock(void *context, const char *path, const char *text, jb_error *error)
{
    struct known_features *features = context;
    (void)error;
    if (strcmp(path, "ObjectLockConfiguration/ObjectLockEnabled") == 0)
        features->lockable = strcmp(text, "Enabled") == 0;
    return JB_OK;
}

/* Of a missing bucket nothing may be remembered: it may be made. */
static bool has_not(const struct s3_request *request, int code)
{
    return code == JB_ERROR_UNSUPPORTED || code == JB_ERROR_ACCESS || request->http.status == 405 ||
           (code == JB_ERROR_NOT_FOUND && strcmp(request->store_code, "NoSuchBucket") != 0) ||
           strcmp(request->store_code, "ObjectLockConfigurationNotFoundError") == 0;
}

static int ask(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *what, xml_element_fn each,
               struct known_features *features, jb_error *error)
{
    struct s3_request request;
    jb_error problem = JB_ERROR_INIT;
    int code = s3_request_init(&request, s3, operation, "read what is set for the bucket", "GET", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    s3_request_query(&request, what, "");
    code = s3_request_xml(&request, each, features, &problem);
    if (code == JB_ERROR_ACCESS)
        operation_log(operation, JB_LOG_INFO, "taken as not set up: %s", problem.text);
    if (code != JB_OK)
        code = has_not(&request, code) ? JB_OK : error_copy(error, &problem);
    s3_request_clean_up(&request);
    return code;
}

static int get_features(struct s3_store *s3, jb_operation *operation, const char *bucket,
                        struct known_features *features, jb_error *error)
{
    *features = (struct known_features){.asked = false};
    pthread_mutex_lock(&s3->buckets.mutex);
    const struct s3_bucket *known = find(&s3->buckets, bucket, false);
    if (known != NULL)
        *features = known->features;
    pthread_mutex_unlock(&s3->buckets.mutex);
    if (features->asked)
        return JB_OK;
    int code = ask(s3, operation, bucket, "versioning", take_versioning, features, error);
    if (code == JB_OK && features->versioned)
        code = ask(s3, operation, bucket, "object-lock", take_lock, features, error);
    if (code != JB_OK)
        return code;
    features->asked = true;
    pthread_mutex_lock(&s3->buckets.mutex);
    struct s3_bucket *remembered = find(&s3->buckets, bucket, true);
    if (remembered != NULL)
        remembered->features = *features;
    pthread_mutex_unlock(&s3->buckets.mutex);
    return JB_OK;
}

int s3_bucket_features(jb_store *store, jb_operation *operation, const char *bucket,
                       struct store_bucket_features *features, jb_error *error)
{
    struct known_features known;
    int code = get_features((struct s3_store *)store, operation, bucket, &known, error);
    *features = (struct store_bucket_features){known.versioned, known.lockable};
    return code;
}

int s3_keeps_versions(struct s3_store *s3, jb_operation *operation, const char *bucket, bool *keeps, jb_error *error)
{
    struct known_features known;
    int code = get_features(s3, operation, bucket, &known, error);
    *keeps = known.versioned || known.suspended;
    return code;
}
