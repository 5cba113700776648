/* SPDX-License-Identifier: Apache-2.0 */
/* nas/status.h: where long work is; for a progress line, never for a file. */
#ifndef AUTORAC_NAS_STATUS_H
#define AUTORAC_NAS_STATUS_H

#include <stdint.h>

#include "sim/loop.h"

struct nas_status {
    const char *stage;    /* "train", "search", "tune", "evaluate" */
    uint64_t done, total; /* steps, candidates, steps, rows */
    double logloss;       /* running training loss; best candidate; NaN if none yet */
    double auc;           /* NaN if none yet */
};

/* Who watches long work and may stop it; either may be NULL. */
struct watch {
    struct loop *loop;
    void (*progress)(void *self, const struct nas_status *s);
    void *self;
};

/* Report, then serve the loop: ERR_INTERRUPT once a signal has come. */
static inline enum err_code watch_poll(const struct watch *w, const char *stage, uint64_t done,
                                       uint64_t total, double logloss, double auc, struct err *e)
{
    struct nas_status s = {stage, done, total, logloss, auc};

    if (w->progress)
        w->progress(w->self, &s);
    return w->loop ? loop_poll(w->loop, e) : ERR_OK;
}

#endif
