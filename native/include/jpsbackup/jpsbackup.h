/*
 * jpsbackup: backs environments up into object storage and restores them, verified.
 *
 * Ownership: what a *_new or *_open gave, its *_free or *_close takes back (NULL is allowed). Texts passed in are
 * copied where they are needed after the call. Texts given out are freed with jb_text_free. Structs that grow in later
 * versions begin with their size. Calls wait until done and may run on any thread; one operation serves one call at a
 * time. Every fallible call returns a jb_code (JB_OK is 0) and fills the caller's jb_error.
 */
#ifndef JPSBACKUP_JPSBACKUP_H
#define JPSBACKUP_JPSBACKUP_H

#include "aws.h"
#include "azure.h"
#include "backup.h"
#include "error.h"
#include "operation.h"
#include "store.h"

#endif
