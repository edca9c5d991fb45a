#include "s3_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "descriptors.h"
#include "store/s3/s3.h"

jb_store *s3_fixture_open(const char *endpoint, jb_store_options options)
{
    static const struct http_options tuning = {
        .tries = FIXTURE_TRIES,
        .stall_ms = FIXTURE_STALL_MS,
        .connect_timeout_ms = 2000,
        .backoff_base_ms = 2,
        .backoff_max_ms = 10,
        .retry_after_max_ms = 300,
    };
    jb_store *store = NULL;
    jb_error error = JB_ERROR_INIT;
    options.size = sizeof options;
    options.url = "s3://";
    options.endpoint = endpoint;
    if (options.region == NULL)
        options.region = "us-east-1";
    if (options.access_key == NULL) {
        options.access_key = "ACCESS";
        options.secret_key = "hush-hush";
    }
    assert_int_equal(jb_library_init(&error), JB_OK);
    if (s3_open_tuned(&options, &tuning, &store, &error) != JB_OK)
        fail_msg("%s", error.text);
    return store;
}

void s3_fixture_begin(struct s3_fixture *fixture, const struct exchange *exchanges, size_t count)
{
    *fixture = (struct s3_fixture){.error = JB_ERROR_INIT, .descriptors = open_descriptors()};
    fixture->server = scripted_server_start(exchanges, count);
    fixture->store = s3_fixture_open(scripted_server_endpoint(fixture->server), (jb_store_options){0});
    assert_int_equal(jb_operation_new(NULL, &fixture->operation, NULL), JB_OK);
}

static void close_store(struct s3_fixture *fixture)
{
    fixture->store->driver->close(fixture->store);
    jb_operation_free(fixture->operation);
}

void s3_fixture_end(struct s3_fixture *fixture)
{
    close_store(fixture);
    scripted_server_stop(fixture->server);
    assert_int_equal(open_descriptors(), fixture->descriptors);
}

void s3_fixture_end_early(struct s3_fixture *fixture)
{
    close_store(fixture);
    scripted_server_stop_early(fixture->server);
    assert_int_equal(open_descriptors(), fixture->descriptors);
}
