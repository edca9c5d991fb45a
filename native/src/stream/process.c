#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"

#define KEPT_BYTES    ((size_t)65536)
#define PIPE_BYTES    (1 << 20) /* the largest that an unprivileged process may ask for by default */
#define PATIENCE_MS   5000      /* between SIGTERM and SIGKILL */
#define LOOK_MS       20        /* between looks at whether a process that says nothing has ended */
#define LAST_WORDS_MS 2000      /* for its standard error to end after it */

struct process {
    jb_operation *operation;
    const char *name;
    char *name_copy;
    pid_t pid;      /* 0 once it was waited for */
    int data_fd;    /* the producer's output, or the consumer's input */
    int message_fd; /* standard error; -1 once it ended */
    char *kept;     /* the last KEPT_BYTES of it, a ring */
    size_t kept_total;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int in, int out, int err,
                   const char *directory)
{
    /* A library's threads block signals, and a JVM ignores some: the child starts as from a login. */
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    int errnum = posix_spawnattr_setsigmask(attributes, &none);
    if (errnum == 0)
        errnum = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (errnum == 0)
        errnum = posix_spawnattr_setpgroup(attributes, 0);
    if (errnum == 0)
        errnum = posix_spawnattr_setflags(attributes,
                                          POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (errnum == 0)
        errnum = in >= 0 ? posix_spawn_file_actions_adddup2(actions, in, 0)
                         : posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_adddup2(actions, out, 1);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_adddup2(actions, err, 2);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (errnum == 0 && directory != NULL)
        errnum = posix_spawn_file_actions_addchdir_np(actions, directory);
    return errnum;
}

static int spawn(struct process *process, const char *const *argv, const char *directory, int in, int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int errnum = posix_spawn_file_actions_init(&actions);
    if (errnum != 0)
        return errnum;
    errnum = posix_spawnattr_init(&attributes);
    if (errnum == 0) {
        errnum = prepare(&actions, &attributes, in, out, err, directory);
        if (errnum == 0)
            errnum = posix_spawnp(&process->pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (errnum != 0)
        process->pid = 0;
    return errnum;
}

static int process_new(jb_operation *operation, const char *const *argv, struct process **made, jb_error *error)
{
    if (argv == NULL || argv[0] == NULL || argv[0][0] == '\0')
        return error_set(error, JB_ERROR_USAGE, "the command to run is missing");
    struct process *process = calloc(1, sizeof *process);
    if (process == NULL)
        return error_no_memory(error);
    process->operation = operation;
    process->data_fd = process->message_fd = -1;
    process->name_copy = strdup(argv[0]);
    process->kept = malloc(KEPT_BYTES);
    if (process->name_copy == NULL || process->kept == NULL) {
        process_free(process);
        return error_no_memory(error);
    }
    const char *slash = strrchr(process->name_copy, '/');
    process->name = slash == NULL ? process->name_copy : slash + 1;
    *made = process;
    return JB_OK;
}

static int start_failed(struct process *process, int errnum, jb_error *error)
{
    error_set_errno(error, errnum, "cannot run '%s'", process->name_copy);
    if (errnum == ENOENT)
        error_hint(error, "install it, or give its whole path");
    if (error != NULL && error->code != JB_ERROR_MEMORY)
        error->code = JB_ERROR_PRODUCER;
    process_free(process);
    return errnum == ENOMEM ? JB_ERROR_MEMORY : JB_ERROR_PRODUCER;
}

int process_start_producer(jb_operation *operation, const char *const *argv, struct process **made, jb_error *error)
{
    struct process *process;
    int code = process_new(operation, argv, &process, error);
    if (code != JB_OK)
        return code;
    int data[2] = {-1, -1}, message[2] = {-1, -1};
    int errnum = pipe2(data, O_CLOEXEC) == 0 && pipe2(message, O_CLOEXEC) == 0 ? 0 : errno;
    if (errnum == 0)
        errnum = spawn(process, argv, NULL, -1, data[1], message[1]);
    close_fd(&data[1]);
    close_fd(&message[1]);
    process->data_fd = data[0];
    process->message_fd = message[0];
    if (errnum != 0)
        return start_failed(process, errnum, error);
    fcntl(process->data_fd, F_SETPIPE_SZ, PIPE_BYTES); /* fewer switches; a smaller pipe does the same */
    fcntl(process->message_fd, F_SETFL, O_NONBLOCK);
    *made = process;
    return JB_OK;
}

int process_start_consumer(jb_operation *operation, const char *const *argv, const char *directory,
                           struct process **made, jb_error *error)
{
    struct process *process;
    int code = process_new(operation, argv, &process, error);
    if (code != JB_OK)
        return code;
    /* A socket, for send(2) can be kept from raising SIGPIPE and write(2) on a pipe cannot. */
    int data[2] = {-1, -1}, message[2] = {-1, -1};
    int errnum =
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) == 0 && pipe2(message, O_CLOEXEC) == 0 ? 0 : errno;
    if (errnum == 0)
        errnum = spawn(process, argv, directory, data[1], message[1], message[1]);
    close_fd(&data[1]);
    close_fd(&message[1]);
    process->data_fd = data[0];
    process->message_fd = message[0];
    if (errnum != 0)
        return start_failed(process, errnum, error);
    fcntl(process->data_fd, F_SETFL, O_NONBLOCK);
    fcntl(process->message_fd, F_SETFL, O_NONBLOCK);
    *made = process;
    return JB_OK;
}

static void keep_messages(struct process *process)
{
    char bytes[4096];
    for (;;) {
        ssize_t got = read(process->message_fd, bytes, sizeof bytes);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            close_fd(&process->message_fd);
            return;
        }
        for (ssize_t i = 0; i < got; i++)
            process->kept[process->kept_total++ % KEPT_BYTES] = bytes[i];
    }
}

/* Waits until the data descriptor is ready for `events`, keeping messages meanwhile. */
static int wait_ready(struct process *process, short events, jb_error *error)
{
    for (;;) {
        struct pollfd fds[3] = {
            {.fd = process->data_fd, .events = events},
            {.fd = process->message_fd, .events = POLLIN},
            {.fd = operation_cancel_fd(process->operation), .events = POLLIN},
        };
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            return error_set_errno(error, errno, "cannot wait for '%s'", process->name);
        int code = operation_check(process->operation, error);
        if (code != JB_OK)
            return code;
        if (fds[1].revents != 0)
            keep_messages(process);
        if (fds[0].revents != 0)
            return JB_OK;
    }
}

int process_read(struct process *process, void *bytes, size_t capacity, size_t *count, jb_error *error)
{
    for (;;) {
        int code = wait_ready(process, POLLIN, error);
        if (code != JB_OK)
            return code;
        ssize_t got = read(process->data_fd, bytes, capacity);
        if (got >= 0) {
            *count = (size_t)got;
            return JB_OK;
        }
        if (errno != EINTR && errno != EAGAIN)
            return error_set_errno(error, errno, "cannot read what '%s' writes", process->name);
    }
}

int process_write(struct process *process, const void *bytes, size_t count, jb_error *error)
{
    const char *next = bytes;
    while (count > 0) {
        int code = wait_ready(process, POLLOUT, error);
        if (code != JB_OK)
            return code;
        ssize_t sent = send(process->data_fd, next, count, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR && errno != EAGAIN) {
            /* It ended before its input did; its own message says why. */
            int errnum = errno;
            close_fd(&process->data_fd);
            code = process_finish(process, NULL, error);
            return code != JB_OK ? code
                                 : error_set(error, JB_ERROR_PRODUCER, "'%s' ended before all was written to it: %s",
                                             process->name, strerrorname_np(errnum));
        }
        if (sent > 0) {
            next += sent;
            count -= (size_t)sent;
        }
    }
    return JB_OK;
}

/* The messages in order, NUL-ended; `text` takes KEPT_BYTES + 1. */
static void kept_text(const struct process *process, char *text)
{
    size_t count = process->kept_total < KEPT_BYTES ? process->kept_total : KEPT_BYTES;
    size_t first = process->kept_total - count;
    for (size_t i = 0; i < count; i++) {
        char c = process->kept[(first + i) % KEPT_BYTES];
        text[i] = c == '\0' ? ' ' : c;
    }
    text[count] = '\0';
}

/* What the process said last, for the end of a message. */
static const char *last_line(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r' || text[length - 1] == ' '))
        text[--length] = '\0';
    const char *newline = strrchr(text, '\n');
    return length == 0 ? "it gave no message" : newline == NULL ? text : newline + 1;
}

static int judge(struct process *process, int status, const char *success_text, jb_error *error)
{
    char *text = malloc(KEPT_BYTES + 1);
    if (text == NULL)
        return error_no_memory(error);
    kept_text(process, text);
    bool confirmed = success_text == NULL || strstr(text, success_text) != NULL;
    int code = JB_OK;
    if (WIFSIGNALED(status))
        code = error_set(error, JB_ERROR_PRODUCER, "'%s' was ended by signal %d: %s", process->name, WTERMSIG(status),
                         last_line(text));
    else if (WEXITSTATUS(status) != 0)
        code = error_set(error, JB_ERROR_PRODUCER, "'%s' failed with status %d: %s", process->name, WEXITSTATUS(status),
                         last_line(text));
    else if (!confirmed)
        code = error_set(error, JB_ERROR_PRODUCER, "'%s' ended without saying '%s': %s", process->name, success_text,
                         last_line(text));
    free(text);
    return code;
}

/* Keeps messages until the process has ended and its standard error, too. What it left running in the background may
 * hold that open for as long as it likes: then only for some time more. */
static int wait_for_end(struct process *process, int *status, jb_error *error)
{
    int64_t give_up_ms = 0; /* once it has ended */
    while (process->pid > 0 || (process->message_fd >= 0 && clock_monotonic_ms() < give_up_ms)) {
        struct pollfd fds[2] = {
            {.fd = process->message_fd, .events = POLLIN},
            {.fd = operation_cancel_fd(process->operation), .events = POLLIN},
        };
        poll(fds, 2, process->message_fd >= 0 ? LOOK_MS : 2);
        int code = operation_check(process->operation, error);
        if (code != JB_OK)
            return code;
        if (fds[0].revents != 0)
            keep_messages(process);
        if (process->pid == 0)
            continue;
        pid_t ended = waitpid(process->pid, status, WNOHANG);
        if (ended < 0 && errno != EINTR) {
            process->pid = 0;
            return error_set_errno(error, errno, "cannot learn how '%s' ended", process->name);
        }
        if (ended == process->pid) {
            process->pid = 0;
            give_up_ms = clock_monotonic_ms() + LAST_WORDS_MS;
        }
    }
    return JB_OK;
}

int process_finish(struct process *process, const char *success_text, jb_error *error)
{
    close_fd(&process->data_fd);
    int status = 0;
    int code = wait_for_end(process, &status, error);
    return code == JB_OK ? judge(process, status, success_text, error) : code;
}

void process_free(struct process *process)
{
    if (process == NULL)
        return;
    close_fd(&process->data_fd);
    close_fd(&process->message_fd);
    if (process->pid > 0) {
        kill(-process->pid, SIGTERM);
        int64_t patience_ends_ms = clock_monotonic_ms() + PATIENCE_MS;
        pid_t ended;
        while ((ended = waitpid(process->pid, NULL, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
            if (clock_monotonic_ms() >= patience_ends_ms) {
                kill(-process->pid, SIGKILL);
                while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
                    ;
                break;
            }
            usleep(5000);
        }
    }
    free(process->name_copy);
    free(process->kept);
    free(process);
}
