/* An Azure store whose server is scripted, and whose waiting is short. */
#ifndef AZURE_FIXTURE_H
#define AZURE_FIXTURE_H

#include "base/operation.h"
#include "http/client.h"
#include "scripted_server.h"
#include "store/azure/azure.h"

#define FIXTURE_TRIES    3
#define FIXTURE_STALL_MS 300
#define FIXTURE_KEY      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="

#define AZURE_ERROR(code)                                                                                              \
    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" code                                         \
    "</Code><Message>so it is\nRequestId:1\nTime:2</Message></Error>"

struct azure_fixture {
    struct scripted_server *server;
    jb_store *store;
    jb_operation *operation;
    jb_error error;
};

/* The server with its exchanges, and a store on it: account "account", its containers below "/account". */
void azure_fixture_begin(struct azure_fixture *fixture, const struct exchange *exchanges, size_t count);
/* The same with other rights than the account's key. */
void azure_fixture_begin_with(struct azure_fixture *fixture, const struct exchange *exchanges, size_t count,
                              jb_store_options options);
/* A store at this endpoint, with the fixture's account and short waiting. */
jb_store *azure_fixture_open(const char *endpoint, jb_store_options options);
/* Fails the test where an exchange went otherwise or was not used. */
void azure_fixture_end(struct azure_fixture *fixture);

#define BEGIN(fixture, exchanges) azure_fixture_begin(&(fixture), exchanges, sizeof(exchanges) / sizeof *(exchanges))
#define BEGIN_WITH(fixture, exchanges, ...)                                                                            \
    azure_fixture_begin_with(&(fixture), exchanges, sizeof(exchanges) / sizeof *(exchanges),                           \
                             (jb_store_options){__VA_ARGS__})

#endif
