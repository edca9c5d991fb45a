/* Which backups of one name and mode a rotation keeps, and why. */
#ifndef BACKUP_KEEP_H
#define BACKUP_KEEP_H

#include <jansson.h>

#include "name.h"

#define KEEP_PERIODS     4  /* daily, weekly, monthly, yearly */
#define KEEP_PERIOD_SIZE 16 /* "2026-11-22", "2026-W47", … */

struct keep_rules {
    bool asked;      /* once at least */
    uint32_t newest; /* how many more are kept for being the newest */
    struct {
        uint32_t left; /* how many more periods keep one */
        char last[KEEP_PERIOD_SIZE];
    } periods[KEEP_PERIODS];
};

/* JB_ERROR_USAGE where nothing would be kept by the options' numbers. */
int keep_rules_init(struct keep_rules *rules, const jb_rotate_options *options, jb_error *error);

/*
 * To be asked for each complete backup, the newest first. `*reasons` gets a new array of texts: empty where no rule
 * keeps it. The first one is always kept. Of a day, an ISO week, a month or a year, all in UTC, the newest counts.
 */
int keep_ask(struct keep_rules *rules, const struct backup_id *id, json_t **reasons, jb_error *error);

#endif
