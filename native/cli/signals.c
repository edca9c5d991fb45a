#include "signals.h"

#include <signal.h>
#include <unistd.h>

static jb_operation *volatile cancelled_by_signal;
static volatile sig_atomic_t received;

static void on_signal(int number)
{
    (void)number;
    if (received)
        _exit(130);
    received = 1;
    jb_operation *operation = cancelled_by_signal;
    if (operation != NULL)
        jb_operation_cancel(operation);
}

void signals_cancel(jb_operation *operation)
{
    cancelled_by_signal = operation;
    if (operation == NULL)
        return;
    /* No SA_RESTART: a read from a terminal or pipe is to end. */
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A lost terminal is no reason to leave things half done; nohup's wish that it be ignored stands. */
    struct sigaction present;
    if (sigaction(SIGHUP, NULL, &present) == 0 && present.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

bool signals_received(void)
{
    return received != 0;
}
