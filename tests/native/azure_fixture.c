#include "azure_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

jb_store *azure_fixture_open(const char *endpoint, jb_store_options options)
{
    static const struct http_options tuning = {
        .tries = FIXTURE_TRIES,
        .stall_ms = FIXTURE_STALL_MS,
        .connect_timeout_ms = 2000,
        .backoff_base_ms = 2,
        .backoff_max_ms = 10,
        .retry_after_max_ms = 300,
    };
    char base[128];
    jb_store *store = NULL;
    jb_error error = JB_ERROR_INIT;
    snprintf(base, sizeof base, "%s/account/", endpoint);
    options.size = sizeof options;
    options.url = "azure://account";
    options.endpoint = base;
    assert_int_equal(jb_library_init(&error), JB_OK);
    if (azure_store_open_tuned(&options, &tuning, &store, &error) != JB_OK)
        fail_msg("%s", error.text);
    return store;
}

void azure_fixture_begin_with(struct azure_fixture *fixture, const struct exchange *exchanges, size_t count,
                              jb_store_options options)
{
    *fixture = (struct azure_fixture){.error = JB_ERROR_INIT};
    fixture->server = scripted_server_start(exchanges, count);
    fixture->store = azure_fixture_open(scripted_server_endpoint(fixture->server), options);
    assert_int_equal(jb_operation_new(NULL, &fixture->operation, NULL), JB_OK);
}

void azure_fixture_begin(struct azure_fixture *fixture, const struct exchange *exchanges, size_t count)
{
    azure_fixture_begin_with(fixture, exchanges, count, (jb_store_options){.account_key = FIXTURE_KEY});
}

void azure_fixture_end(struct azure_fixture *fixture)
{
    fixture->store->driver->close(fixture->store);
    jb_operation_free(fixture->operation);
    scripted_server_stop(fixture->server);
}
