#include "keep.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../codec/json.h"

/* By strftime's form, which is the same for two times of one period. */
static const struct {
    const char *name;
    const char *form;
} periods[KEEP_PERIODS] = {{"daily", "%Y-%m-%d"}, {"weekly", "%G-W%V"}, {"monthly", "%Y-%m"}, {"yearly", "%Y"}};

int keep_rules_init(struct keep_rules *rules, const jb_rotate_options *options, jb_error *error)
{
    const uint32_t numbers[KEEP_PERIODS] = {options->keep_daily, options->keep_weekly, options->keep_monthly,
                                            options->keep_yearly};
    *rules = (struct keep_rules){.newest = options->keep};
    bool any = options->keep > 0;
    for (size_t i = 0; i < KEEP_PERIODS; i++) {
        rules->periods[i].left = numbers[i];
        any = any || numbers[i] > 0;
    }
    if (any)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "at least 1 backup must be kept");
    return error_hint(error, "the newest complete backup is never removed by rotation");
}

static void add_reason(json_t *reasons, const char *text, int *code, jb_error *error)
{
    if (*code == JB_OK)
        json_append(reasons, json_string(text), code, error);
}

static void ask_periods(struct keep_rules *rules, const struct tm *time, json_t *reasons, int *code, jb_error *error)
{
    for (size_t i = 0; i < KEEP_PERIODS; i++) {
        char period[KEEP_PERIOD_SIZE], reason[KEEP_PERIOD_SIZE + 16];
        if (strftime(period, sizeof period, periods[i].form, time) == 0 || rules->periods[i].left == 0 ||
            strcmp(period, rules->periods[i].last) == 0)
            continue;
        memcpy(rules->periods[i].last, period, sizeof period);
        rules->periods[i].left--;
        snprintf(reason, sizeof reason, "%s %s", periods[i].name, period);
        add_reason(reasons, reason, code, error);
    }
}

int keep_ask(struct keep_rules *rules, const struct backup_id *id, json_t **reasons, jb_error *error)
{
    int64_t seconds;
    struct tm time;
    int code = JB_OK;
    bool first = !rules->asked;
    *reasons = json_array();
    if (*reasons == NULL)
        return error_no_memory(error);
    rules->asked = true;
    if (first)
        add_reason(*reasons, "newest", &code, error);
    else if (rules->newest > 0)
        add_reason(*reasons, "within the number to keep", &code, error);
    rules->newest -= rules->newest > 0;
    time_t when = clock_parse_timestamp(id->timestamp, &seconds) ? (time_t)seconds : 0;
    if (gmtime_r(&when, &time) != NULL)
        ask_periods(rules, &time, *reasons, &code, error);
    if (code != JB_OK)
        json_decref(*reasons);
    return code;
}
