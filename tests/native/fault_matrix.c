#include "fault_matrix.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "descriptors.h"
#include "waited_transfer.h"

/* What S3 and Azure say in this case; a store that does not know the code goes by the status. */
#define BUSY   "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>so it is</Message></Error>"
#define FAILED "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>so it is</Message></Error>"

void fault_setting_begin(struct fault_setting *setting, const struct fault_matrix *matrix,
                         const struct exchange *exchanges, size_t count)
{
    *setting = (struct fault_setting){.matrix = matrix, .error = JB_ERROR_INIT, .descriptors = open_descriptors()};
    setting->server = scripted_server_start(exchanges, count);
    setting->store = matrix->open(scripted_server_endpoint(setting->server));
    assert_int_equal(jb_operation_new(NULL, &setting->operation, NULL), JB_OK);
}

static void end(struct fault_setting *setting, void (*stop)(struct scripted_server *server))
{
    setting->store->driver->close(setting->store);
    jb_operation_free(setting->operation);
    stop(setting->server);
    assert_int_equal(open_descriptors(), setting->descriptors);
}

void fault_setting_end(struct fault_setting *setting)
{
    end(setting, scripted_server_stop);
}

void fault_setting_end_early(struct fault_setting *setting)
{
    end(setting, scripted_server_stop_early);
}

int fault_run_stat(struct fault_setting *setting)
{
    jb_object_info info = {.size = sizeof info};
    int code =
        setting->store->driver->stat(setting->store, setting->operation, "bucket", "key", NULL, &info, &setting->error);
    if (code == JB_OK)
        assert_int_equal(info.bytes, 5);
    return code;
}

int fault_run_read(struct fault_setting *setting)
{
    jb_object_info info = {.size = sizeof info};
    struct buffer body;
    buffer_init(&body, 1024);
    int code = setting->store->driver->read(setting->store, setting->operation, "bucket", "key", NULL, &body, &info,
                                            &setting->error);
    if (code == JB_OK)
        assert_string_equal(body.data, "hello");
    buffer_clean_up(&body);
    return code;
}

int fault_run_write(struct fault_setting *setting)
{
    static const struct store_condition always = {STORE_ALWAYS, NULL};
    jb_object_info info = {.size = sizeof info};
    return setting->store->driver->write(setting->store, setting->operation, "bucket", "key", "hello", 5, NULL, always,
                                         &info, &setting->error);
}

int fault_run_range(struct fault_setting *setting)
{
    char bytes[6] = "";
    struct waited_transfer waited;
    waited_transfer_init(&waited, bytes, 5, 7);
    int code = setting->store->driver->range(setting->store, setting->operation, "bucket", "key", NULL,
                                             &waited.transfer, &setting->error);
    assert_int_equal(code, JB_OK);
    code = waited_transfer_end(&waited);
    error_copy(&setting->error, &waited.transfer.error);
    if (code == JB_OK)
        assert_string_equal(bytes, "hello");
    return code;
}

static int count_object(void *context, const jb_object_info *info)
{
    assert_string_equal(info->key, "k");
    ++*(unsigned *)context;
    return 0;
}

int fault_run_list(struct fault_setting *setting)
{
    static const jb_list_options options = {.size = sizeof options, .prefix = "k"};
    unsigned count = 0;
    int code = setting->store->driver->list(setting->store, setting->operation, "bucket", &options, count_object,
                                            &count, &setting->error);
    if (code == JB_OK)
        assert_int_equal(count, 1);
    return code;
}

int fault_run_remove(struct fault_setting *setting)
{
    static const struct store_key keys[] = {{.key = "a"}, {.key = "b"}};
    return setting->store->driver->remove(setting->store, setting->operation, "bucket", keys, 2, &setting->error);
}

int fault_begin_upload(struct fault_setting *setting, struct store_upload **upload)
{
    int code = setting->store->driver->upload_begin(setting->store, setting->operation, "bucket", "key", upload,
                                                    &setting->error);
    if (code == JB_OK && setting->matrix->begun != NULL)
        setting->matrix->begun(*upload);
    return code;
}

/* Begins an upload and aborts it: for the faults of either. */
int fault_run_begin(struct fault_setting *setting)
{
    struct store_upload *upload;
    int code = fault_begin_upload(setting, &upload);
    if (code == JB_OK)
        setting->store->driver->upload_abort(upload);
    return code;
}

int fault_send_first(struct fault_setting *setting, struct store_upload *upload)
{
    char bytes[] = "first";
    struct waited_transfer waited;
    waited_transfer_init(&waited, bytes, 5, 0);
    int code = setting->store->driver->upload_part(upload, 0, &waited.transfer, &setting->error);
    assert_int_equal(code, JB_OK);
    code = waited_transfer_end(&waited);
    error_copy(&setting->error, &waited.transfer.error);
    return code;
}

int fault_run_upload(struct fault_setting *setting)
{
    static const struct store_condition if_absent = {STORE_IF_ABSENT, NULL};
    struct store_upload *upload;
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(fault_begin_upload(setting, &upload), JB_OK);
    int code = fault_send_first(setting, upload);
    if (code == JB_OK)
        code = setting->store->driver->upload_complete(upload, if_absent, &info, &setting->error);
    if (code != JB_OK)
        setting->store->driver->upload_abort(upload);
    else
        assert_int_equal(info.bytes, 5);
    return code;
}

static void add(struct exchange *script, size_t *count, const struct exchange *exchanges, size_t most)
{
    for (size_t i = 0; i < most && exchanges[i].method != NULL; i++)
        script[(*count)++] = exchanges[i];
}

/* The fault as an answer to what this operation asks. */
static struct exchange aimed(struct exchange fault, const struct fault_operation *operation)
{
    fault.method = operation->asked.method;
    fault.target = operation->asked.target;
    if (fault.status == NULL)
        fault.status = operation->asked.status;
    if (fault.reply == NULL && fault.fault != FAULT_RAW) {
        fault.reply = operation->asked.reply;
        fault.reply_headers = operation->asked.reply_headers;
    }
    if (strcmp(fault.method, "HEAD") == 0 && fault.fault != FAULT_RAW && fault.reply != NULL) {
        fault.reply_size = strlen(fault.reply);
        fault.reply = NULL;
    }
    return fault;
}

/* Runs the operation with the fault `times` times, then the right answer if there is a try left. */
static int run(const struct fault_matrix *matrix, const struct fault_operation *operation, struct exchange fault,
               unsigned times, bool succeeds, struct fault_setting *setting)
{
    static struct exchange script[16]; /* outlives this call: the server reads it */
    size_t count = 0;
    add(script, &count, operation->before, 3);
    for (unsigned i = 0; i < times; i++)
        script[count++] = aimed(fault, operation);
    if (succeeds) {
        script[count++] = operation->asked;
        add(script, &count, operation->on_success, 3);
    } else {
        add(script, &count, operation->on_failure, 3);
    }
    fault_setting_begin(setting, matrix, script, count);
    return operation->run(setting);
}

static bool has_body(const struct fault_operation *operation)
{
    return operation->asked.reply != NULL && strcmp(operation->asked.method, "HEAD") != 0;
}

static bool within_reply(enum exchange_fault fault)
{
    return fault == FAULT_RESET_IN_REPLY || fault == FAULT_CLOSE_IN_REPLY || fault == FAULT_STALL;
}

struct passing {
    const char *name;
    struct exchange fault;
};

static const struct passing passing_faults[] = {
    {"503", {.status = "503 Busy", .reply = BUSY}},
    {"503 with Retry-After", {.status = "503 Busy", .reply = BUSY, .reply_headers = "Retry-After: 0\r\n"}},
    {"503 with a Retry-After that is none",
     {.status = "503 Busy", .reply = "", .reply_headers = "Retry-After: 99999999999999999999\r\n"}},
    {"429", {.status = "429 Too Many", .reply = ""}},
    {"500", {.status = "500 No", .reply = FAILED}},
    {"502 of a proxy", {.status = "502 Bad Gateway", .reply = "<html><body>Bad Gateway<br></html>"}},
    {"504", {.status = "504 Late", .reply = ""}},
    {"408", {.status = "408 Late", .reply = ""}},
    {"503 before the body was read", {.status = "503 Busy", .reply = BUSY, .fault = FAULT_EARLY}},
    {"reset before the body", {.fault = FAULT_RESET_BEFORE_BODY}},
    {"reset without an answer", {.fault = FAULT_RESET_UNANSWERED}},
    {"closed without an answer", {.fault = FAULT_RAW}},
    {"closed within the header", {.fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\nETag: \"e"}},
    {"chunked answer, cut",
     {.fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel"}},
    {"garbage", {.fault = FAULT_RAW, .reply = "\x16\x03\x01\x02 is not HTTP\r\n\r\n"}},
    {"reset within the answer", {.fault = FAULT_RESET_IN_REPLY, .cut = 3}},
    {"closed within the answer", {.fault = FAULT_CLOSE_IN_REPLY, .cut = 3}},
    {"stalled within the answer", {.fault = FAULT_STALL, .cut = 3}},
    {"silence", {.fault = FAULT_SILENT}},
};

static bool applies(const struct exchange *fault, const struct fault_operation *operation)
{
    if (within_reply(fault->fault) && !has_body(operation))
        return false;
    /* Without a body, these statuses do not tell more. */
    bool untold =
        fault->status != NULL && (strncmp(fault->status, "400", 3) == 0 || strncmp(fault->status, "409", 3) == 0);
    if (untold && strcmp(operation->asked.method, "HEAD") == 0)
        return false;
    if (operation->slow && (fault->fault == FAULT_STALL || fault->fault == FAULT_SILENT))
        return false;
    /* A HEAD's answer ends with its header, and so may the answer to an abort. */
    return !(fault->fault == FAULT_RAW && fault->reply != NULL && strstr(fault->reply, "chunked") != NULL &&
             !has_body(operation));
}

void fault_matrix_survives(const struct fault_matrix *matrix, const char *name, struct exchange fault)
{
    for (size_t i = 0; i < matrix->count; i++) {
        struct fault_setting setting;
        if (!applies(&fault, &matrix->operations[i]))
            continue;
        int code = run(matrix, &matrix->operations[i], fault, 1, true, &setting);
        if (code != JB_OK)
            fail_msg("%s: %s: code %d, '%s'", name, matrix->operations[i].name, code, setting.error.text);
        fault_setting_end(&setting);
    }
}

void fault_matrix_survives_passing_faults(const struct fault_matrix *matrix)
{
    for (size_t i = 0; i < sizeof passing_faults / sizeof *passing_faults; i++)
        fault_matrix_survives(matrix, passing_faults[i].name, passing_faults[i].fault);
}

void fault_matrix_fails(const struct fault_matrix *matrix, const char *name, struct exchange fault, unsigned tries,
                        int expected)
{
    for (size_t i = 0; i < matrix->count; i++) {
        const struct fault_operation *operation = &matrix->operations[i];
        struct fault_setting setting;
        if (!applies(&fault, operation))
            continue;
        int code = run(matrix, operation, fault, tries, false, &setting);
        if (!operation->fails_silently && code != expected)
            fail_msg("%s: %s: code %d, '%s'", name, operation->name, code, setting.error.text);
        if (!operation->fails_silently &&
            (strstr(setting.error.text, "cannot ") == NULL || strstr(setting.error.text, "bucket") == NULL))
            fail_msg("%s: %s: unclear: '%s'", name, operation->name, setting.error.text);
        fault_setting_end_early(&setting);
    }
}

void fault_matrix_fails_by_lasting_faults(const struct fault_matrix *matrix)
{
    fault_matrix_fails(matrix, "503", (struct exchange){.status = "503 Busy", .reply = BUSY}, FAULT_TRIES,
                       JB_ERROR_UNREACHABLE);
    fault_matrix_fails(matrix, "502", (struct exchange){.status = "502 Bad Gateway", .reply = "<html>"}, FAULT_TRIES,
                       JB_ERROR_UNREACHABLE);
}

/* A 200 says nothing by itself. */
void fault_matrix_believes_no_other_200(const struct fault_matrix *matrix)
{
    static const char *const bodies[] = {"<html><body>Please log in</body></html>",
                                         "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", ""};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < matrix->count; j++) {
            struct fault_setting setting;
            if (matrix->operations[j].fails_silently)
                continue;
            struct exchange page = {.status = "200 OK", .reply = bodies[i]};
            int code = run(matrix, &matrix->operations[j], page, FAULT_TRIES, false, &setting);
            if (code == JB_OK)
                fail_msg("'%s' was taken for success: %s", bodies[i], matrix->operations[j].name);
            fault_setting_end_early(&setting);
        }
}

/* To another host or scheme, with the signature and the data, at a server's word. */
void fault_matrix_follows_no_redirect(const struct fault_matrix *matrix)
{
    static const struct exchange nothing[] = {{"GET", "/", .status = "200 OK"}};
    struct scripted_server *elsewhere = scripted_server_start(nothing, 1);
    static char location[128];
    snprintf(location, sizeof location, "Location: %s/\r\n", scripted_server_endpoint(elsewhere));
    for (size_t i = 0; i < matrix->count; i++) {
        struct fault_setting setting;
        struct exchange moved = {.status = "302 Found", .reply = "", .reply_headers = location};
        int code = run(matrix, &matrix->operations[i], moved, 1, false, &setting);
        if (code == JB_OK && !matrix->operations[i].fails_silently)
            fail_msg("a redirect was taken for success: %s", matrix->operations[i].name);
        fault_setting_end_early(&setting);
    }
    assert_int_equal(scripted_server_connections(elsewhere), 0);
    scripted_server_stop_early(elsewhere);
}

void fault_matrix_bounds_headers(const struct fault_matrix *matrix)
{
    static char huge[70000];
    int size = snprintf(huge, sizeof huge, "HTTP/1.1 200 OK\r\n");
    while (size < 66000)
        size += snprintf(huge + size, sizeof huge - (size_t)size, "X-Noise-%d: %0100d\r\n", size, 1);
    const struct exchange header = {.fault = FAULT_RAW, .reply = huge};
    for (size_t i = 0; i < matrix->count; i++) {
        struct fault_setting setting;
        int code = run(matrix, &matrix->operations[i], header, 1, false, &setting);
        if (code == JB_OK && !matrix->operations[i].fails_silently)
            fail_msg("a header without end was taken for success: %s", matrix->operations[i].name);
        fault_setting_end_early(&setting);
    }
}

struct canceller {
    struct fault_setting *setting;
    size_t after; /* exchanges */
    int64_t at_ms;
};

static void *cancel_when_reached(void *context)
{
    struct canceller *canceller = context;
    while (scripted_server_used(canceller->setting->server) < canceller->after)
        usleep(500);
    canceller->at_ms = clock_monotonic_ms();
    jb_operation_cancel(canceller->setting->operation);
    return NULL;
}

void fault_matrix_can_be_cancelled(const struct fault_matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++) {
        const struct fault_operation *operation = &matrix->operations[i];
        if (operation->fails_silently)
            continue; /* it is what follows a cancellation */
        struct exchange script[8];
        size_t count = 0;
        add(script, &count, operation->before, 3);
        script[count++] = aimed((struct exchange){.fault = FAULT_SILENT}, operation);
        struct fault_setting setting;
        struct canceller canceller = {&setting, count, 0};
        add(script, &count, operation->on_failure, operation->aborts);
        fault_setting_begin(&setting, matrix, script, count);
        pthread_t thread;
        pthread_create(&thread, NULL, cancel_when_reached, &canceller);
        int code = operation->run(&setting);
        int64_t ended_ms = clock_monotonic_ms();
        pthread_join(thread, NULL);
        if (code != JB_ERROR_CANCELLED || ended_ms - canceller.at_ms > 1000)
            fail_msg("%s: code %d after %lld ms", operation->name, code, (long long)(ended_ms - canceller.at_ms));
        fault_setting_end(&setting); /* the upload was aborted */
    }
}

/* What is left over of each fault would add up. */
void fault_matrix_keeps_memory_flat(const struct fault_matrix *matrix)
{
    size_t settled = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (size_t i = 0; i < matrix->count; i++) {
            struct fault_setting setting;
            bool succeeds = round % 2 == 0;
            struct exchange fault = {.status = "503 Busy", .reply = BUSY};
            run(matrix, &matrix->operations[i], fault, succeeds ? 1 : FAULT_TRIES, succeeds, &setting);
            fault_setting_end_early(&setting);
        }
        if (round == 9)
            settled = mallinfo2().uordblks;
    }
    assert_in_range(mallinfo2().uordblks, 0, settled + 32768);
}
