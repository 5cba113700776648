/* SPDX-License-Identifier: Apache-2.0 */
/* What a co-simulation found, as a line and as cosim.json. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rtlgen/cosim.h"
#include "sim/base/file.h"
#include "sim/base/json.h"

void cosim_describe(const struct cosim_result *r, char *text, size_t size)
{
    const struct rtl_count_difference *n = &r->first_count;

    if (r->diverged)
        snprintf(text, size, "cycle %" PRIu64 ", %s %s: model %s, RTL %s", r->first.cycle, r->unit,
                 r->first.signal, r->first.model, r->first.rtl);
    else if (r->counts_differ)
        snprintf(text, size, "%s %s: model %" PRIu64 ", RTL %" PRIu64, n->unit, n->kind, n->model,
                 n->rtl);
    else
        snprintf(text, size, "no difference");
}

static void write_event(struct json *j, const struct cosim_event *ev)
{
    json_ku64(j, "cycle", ev->cycle);
    json_kstr(j, "signal", ev->signal);
    json_kstr(j, "model", ev->model);
    json_kstr(j, "rtl", ev->rtl);
}

static void write_divergence(struct json *j, const struct cosim_result *r)
{
    const char *slash = strrchr(r->wave_path, '/');

    json_object(j);
    json_kstr(j, "unit", r->unit);
    write_event(j, &r->first);
    json_kstr(j, "waveform", slash ? slash + 1 : "");
    json_key(j, "last_events");
    json_array(j);
    for (uint32_t i = 0; i < r->n_last; i++) {
        json_object(j);
        write_event(j, &r->last[i]);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

static void write_count(struct json *j, const struct rtl_count_difference *n)
{
    json_object(j);
    json_kstr(j, "unit", n->unit);
    json_kstr(j, "count", n->kind);
    json_ku64(j, "model", n->model);
    json_ku64(j, "rtl", n->rtl);
    json_object_end(j);
}

enum err_code cosim_write_json(const struct cosim_result *r, const char *path, struct err *e)
{
    struct file_out o;
    struct json j;
    enum err_code rc = file_create(&o, path, e);

    if (rc)
        return rc;
    j = json_open(o.f);
    json_object(&j);
    json_kbool(&j, "equal", r->equal);
    json_ku64(&j, "inferences", r->inferences);
    json_ku64(&j, "events_compared", r->events_compared);
    json_ku64(&j, "counts_compared", r->counts_compared);
    json_ku64(&j, "model_cycles", r->model_cycles);
    json_ku64(&j, "rtl_cycles", r->rtl_cycles);
    json_key(&j, "first_divergence");
    if (r->diverged)
        write_divergence(&j, r);
    else
        json_f64(&j, NAN); /* null */
    json_key(&j, "first_count_difference");
    if (r->counts_differ)
        write_count(&j, &r->first_count);
    else
        json_f64(&j, NAN);
    json_object_end(&j);
    return file_commit(&o, e);
}
