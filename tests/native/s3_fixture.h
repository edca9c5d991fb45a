/* An S3 store whose server is scripted, and whose waiting is short. */
#ifndef S3_FIXTURE_H
#define S3_FIXTURE_H

#include "base/operation.h"
#include "http/client.h"
#include "scripted_server.h"
#include "store/store.h"

#define FIXTURE_TRIES    3
#define FIXTURE_STALL_MS 300

struct s3_fixture {
    struct scripted_server *server;
    jb_store *store;
    jb_operation *operation;
    jb_error error;
    unsigned descriptors; /* open in this process before */
};

/* The server with its exchanges, and a store on it in region us-east-1. */
void s3_fixture_begin(struct s3_fixture *fixture, const struct exchange *exchanges, size_t count);
/* Fails the test where an exchange went otherwise or was not used, or a descriptor is left open. */
void s3_fixture_end(struct s3_fixture *fixture);
void s3_fixture_end_early(struct s3_fixture *fixture);

/* A store at this endpoint with options as the test wants them; members that are NULL get the fixture's. */
jb_store *s3_fixture_open(const char *endpoint, jb_store_options options);

#define BEGIN(fixture, exchanges) s3_fixture_begin(&(fixture), exchanges, sizeof(exchanges) / sizeof *(exchanges))

#endif
