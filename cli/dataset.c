/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dataset.h"

#include <string.h>

#include "cli/term.h"
#include "sim/base/clock.h"
#include "sim/loop.h"

enum { DATASET_BAR = 24, DATASET_PERIOD_MS = 200 };

/* Where the stage at hand began, and when its line was last printed. */
struct dataset_bar {
    const char *stage;
    double began_s, printed_s;
};

static void dataset_progress(void *self, const struct nas_status *s)
{
    struct dataset_bar *b = self;
    bool is_text = strcmp(s->stage, "read") == 0 || strcmp(s->stage, "check") == 0;
    double now_s = clock_s(CLOCK_MONOTONIC), share, elapsed_s;
    char bar[DATASET_BAR + 1];

    if (b->stage != s->stage) {
        b->stage = s->stage;
        b->began_s = now_s;
    }
    if ((now_s - b->printed_s) * 1e3 < DATASET_PERIOD_MS || s->total == 0)
        return;
    b->printed_s = now_s;
    elapsed_s = now_s - b->began_s;
    share = (double)s->done / (double)s->total;
    for (int i = 0; i < DATASET_BAR; i++)
        bar[i] = i < (int)(share * DATASET_BAR) ? '#' : '.';
    bar[DATASET_BAR] = '\0';
    if (is_text)
        term_progress("data: %-8s [%s] %3.0f %%, %.0f of %.0f MB, %.0f MB/s", s->stage, bar,
                      100 * share, (double)s->done / 1e6, (double)s->total / 1e6,
                      (double)s->done / 1e6 / (elapsed_s > 0 ? elapsed_s : 1));
    else
        term_progress("data: %-8s [%s] %3.0f %%, %.2f of %.2f million rows", s->stage, bar,
                      100 * share, (double)s->done / 1e6, (double)s->total / 1e6);
}

void dataset_note(const struct data *d)
{
    if (d->n_bad_lines)
        term_note("data: %llu bad line%s left out, first: %s", (unsigned long long)d->n_bad_lines,
                  d->n_bad_lines == 1 ? "" : "s", d->first_bad ? d->first_bad : "unknown");
}

enum err_code dataset_open(struct data **out, const char *spec, const char *path,
                           const struct args *a, uint64_t *seed, struct err *e)
{
    struct dataset_bar bar = {0};
    struct watch watch = {.progress = term_shows_progress() ? dataset_progress : NULL,
                          .self = &bar};
    struct data_options o = {.strict = args_has(a, "strict"), .watch = &watch};
    enum err_code rc;
    uint64_t max_rows;

    *out = NULL;
    if ((rc = args_u64(a, "seed", 1, seed, e)) || (rc = args_u64(a, "max-rows", 0, &max_rows, e)))
        return rc;
    if (args_has(a, "max-rows") && (max_rows < 2 || max_rows > 1u << 30))
        return err_set(e, ERR_CONFIG, "--max-rows: %llu is outside 2..%u",
                       (unsigned long long)max_rows, 1u << 30);
    o.seed = *seed;
    o.max_rows = (uint32_t)max_rows;
    if ((rc = loop_new(&watch.loop, e)))
        return rc;
    rc = path ? data_convert(out, spec, path, &o, e) : data_open(out, spec, &o, e);
    loop_free(watch.loop);
    term_progress_end();
    if (!rc)
        dataset_note(*out);
    return rc;
}
