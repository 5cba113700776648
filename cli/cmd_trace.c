/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_trace.c: look into recorded runs, and turn them into what other programs show. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/term.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "traces/result.h"
#include "traces/wave.h"

#define OPT_FILTER                                                                                 \
    {"unit", 0, "NAME", false, false, false, "events of this unit only"},                          \
        {"kind",                                                                                   \
         0,                                                                                        \
         "KIND",                                                                                   \
         false,                                                                                    \
         false,                                                                                    \
         false,                                                                                    \
         "start, finish, operand, credit, inject, eject or logit only"},                           \
        {"from", 0, "CYCLE", false, false, false, "events from this cycle on"},                    \
    {                                                                                              \
        "to", 0, "CYCLE", false, false, false, "events up to this cycle"                           \
    }

/* The file with the events that the options ask for. */
static enum err_code load(struct result_file **f, const struct args *a, struct err *e)
{
    struct event_filter want = {.unit = args_str(a, "unit", NULL),
                                .kind = args_str(a, "kind", NULL)};
    enum err_code rc;

    if ((rc = args_u64(a, "from", 0, &want.from_cycle, e)) ||
        (rc = args_u64(a, "to", UINT64_MAX, &want.to_cycle, e)) ||
        (rc = result_load(f, a->pos[0], e)))
        return rc;
    if ((rc = result_filter(*f, &want, e))) {
        result_file_free(*f);
        return err_wrap(e, "%s", a->pos[0]);
    }
    return ERR_OK;
}

/* ---- info ---- */

static const struct opt trace_info_opts[] = {
    OPT_JSON,
    {0},
};

static void info_text(const struct result_file *f, const uint64_t n[EVENT_N_KINDS])
{
    const struct result *r = &f->result;

    printf("requests    %12" PRIu64 "\n", r->n_requests);
    printf("cycles      %12" PRIu64 "\n", r->n_cycles);
    printf("clock       %12g MHz\n", r->clock_hz * 1e-6);
    printf("statistics  %12" PRIu64 "\n", f->n_stats);
    if (r->events)
        printf("events      %12" PRIu64 "\n", f->events.n);
    else
        printf("events      none recorded\n");
    for (int k = 0; r->events && k < EVENT_N_KINDS; k++)
        printf("  %-10s%12" PRIu64 "\n", event_kind_name((enum event_kind)k), n[k]);
    printf("units\n");
    for (uint32_t u = 0; u < r->n_units; u++)
        printf("  %s\n", r->unit_name[u]);
}

static void info_json(const struct result_file *f, const uint64_t n[EVENT_N_KINDS])
{
    const struct result *r = &f->result;
    struct json j = json_open(stdout);

    json_object(&j);
    json_ku64(&j, "requests", r->n_requests);
    json_ku64(&j, "cycles", r->n_cycles);
    json_kf64(&j, "clock_hz", r->clock_hz);
    json_ku64(&j, "statistics", f->n_stats);
    json_key(&j, "events");
    json_object(&j);
    for (int k = 0; r->events && k < EVENT_N_KINDS; k++)
        json_ku64(&j, event_kind_name((enum event_kind)k), n[k]);
    json_object_end(&j);
    json_key(&j, "units");
    json_array(&j);
    for (uint32_t u = 0; u < r->n_units; u++)
        json_str(&j, r->unit_name[u]);
    json_array_end(&j);
    json_object_end(&j);
    fputc('\n', stdout);
}

static enum err_code trace_info_run(const struct args *a, struct err *e)
{
    struct result_file *f;
    uint64_t n[EVENT_N_KINDS] = {0};
    enum err_code rc = result_load(&f, a->pos[0], e);

    if (rc)
        return rc;
    for (uint64_t i = 0; i < f->events.n; i++)
        n[f->events.at[i].kind]++;
    if (args_has(a, "json"))
        info_json(f, n);
    else
        info_text(f, n);
    result_file_free(f);
    return ERR_OK;
}

const struct cmd cmd_trace_info = {
    .name = "trace info",
    .pos = "RESULTS.h5",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "what a results file holds",
    .opts = trace_info_opts,
    .run = trace_info_run,
};

/* ---- dump ---- */

static const struct opt trace_dump_opts[] = {
    OPT_FILTER,
    {0},
};

static enum err_code trace_dump_run(const struct args *a, struct err *e)
{
    struct result_file *f;
    enum err_code rc = load(&f, a, e);

    if (rc)
        return rc;
    printf("# cycle unit kind index value\n");
    for (uint64_t i = 0; i < f->events.n; i++) {
        const struct event *ev = &f->events.at[i];

        printf("%" PRIu64 " %s %s %u 0x%" PRIx64 "\n", ev->cycle, f->result.unit_name[ev->unit],
               event_kind_name((enum event_kind)ev->kind), ev->index, ev->value);
    }
    result_file_free(f);
    return ERR_OK;
}

const struct cmd cmd_trace_dump = {
    .name = "trace dump",
    .pos = "RESULTS.h5",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "print recorded events, a line each",
    .opts = trace_dump_opts,
    .run = trace_dump_run,
};

/* ---- convert ---- */

static const struct opt trace_convert_opts[] = {
    {"csv", 0, "DIR", false, false, true, "requests.csv, events.csv and stats.csv in DIR"},
    {"perfetto", 0, "FILE", false, false, true, "timeline for ui.perfetto.dev or chrome://tracing"},
    {"vcd", 0, "FILE", false, false, true, "waveform for GTKWave"},
    {"gtkw", 0, "FILE", false, false, true, "with --vcd: GTKWave's save file, a group a unit"},
    OPT_FILTER,
    {0},
};

static void write_requests(FILE *f, const void *self)
{
    const struct result *r = &((const struct result_file *)self)->result;

    fprintf(f, "request,start_cycle,finish_cycle,latency_cycles,logit,probability,label\n");
    for (uint64_t i = 0; i < r->n_requests; i++) {
        char p[32];

        json_f64_text(p, r->probability[i]);
        fprintf(f, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRId32 ",%s,%u\n", i,
                r->start_cycle[i], r->finish_cycle[i], r->finish_cycle[i] - r->start_cycle[i],
                r->logit[i], p, r->label[i]);
    }
}

static void write_events(FILE *f, const void *self)
{
    const struct result_file *rf = self;

    fprintf(f, "cycle,unit,kind,index,value\n");
    for (uint64_t i = 0; i < rf->events.n; i++) {
        const struct event *ev = &rf->events.at[i];

        fprintf(f, "%" PRIu64 ",%s,%s,%u,%" PRIu64 "\n", ev->cycle, rf->result.unit_name[ev->unit],
                event_kind_name((enum event_kind)ev->kind), ev->index, ev->value);
    }
}

static void write_stats(FILE *f, const void *self)
{
    const struct result_file *rf = self;

    fprintf(f, "name,value,unit,meaning\n");
    for (uint64_t i = 0; i < rf->n_stats; i++) {
        char v[32];

        json_f64_text(v, rf->stat_value[i]);
        fprintf(f, "%s,%s,%s,", rf->stat_name[i], v, rf->stat_unit[i]);
        json_quote(f, rf->stat_meaning[i]); /* meanings have commas */
        fputc('\n', f);
    }
}

static enum err_code convert_csv(const struct result_file *f, const char *dir, struct err *e)
{
    enum err_code rc;

    if ((rc = file_mkdirs(dir, e)) ||
        (rc = outdir_write(dir, "requests.csv", write_requests, f, e)) ||
        (rc = outdir_write(dir, "stats.csv", write_stats, f, e)))
        return rc;
    return f->result.events ? outdir_write(dir, "events.csv", write_events, f, e) : ERR_OK;
}

static enum err_code convert_wave(const struct result_file *f, const char *path,
                                  void (*wave)(FILE *, const struct result *), struct err *e)
{
    struct file_out o;
    enum err_code rc;

    if (!f->result.events)
        return err_set(e, ERR_CONFIG, "has no events");
    if ((rc = file_create(&o, path, e)))
        return rc;
    wave(o.f, &f->result);
    rc = file_commit(&o, e);
    file_abandon(&o);
    return rc;
}

static enum err_code convert_gtkw(const struct result *r, const char *vcd, const char *path,
                                  struct err *e)
{
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    if (rc)
        return rc;
    wave_gtkw(o.f, r, vcd, NULL, r->events->n ? r->events->at[0].cycle : 0);
    rc = file_commit(&o, e);
    file_abandon(&o);
    return rc;
}

static enum err_code trace_convert_run(const struct args *a, struct err *e)
{
    const char *csv = args_str(a, "csv", NULL), *perfetto = args_str(a, "perfetto", NULL);
    const char *vcd = args_str(a, "vcd", NULL), *gtkw = args_str(a, "gtkw", NULL);
    struct result_file *f;
    enum err_code rc;

    if (!csv && !perfetto && !vcd)
        return err_set(e, ERR_CONFIG, "give --csv DIR, --perfetto FILE or --vcd FILE");
    if (gtkw && !vcd)
        return err_set(e, ERR_CONFIG, "--gtkw lays out the waveform: give --vcd FILE, too");
    if ((rc = load(&f, a, e)))
        return rc;
    if (csv)
        rc = convert_csv(f, csv, e);
    if (!rc && perfetto && (rc = convert_wave(f, perfetto, wave_perfetto, e)))
        err_wrap(e, "%s", a->pos[0]);
    if (!rc && vcd && (rc = convert_wave(f, vcd, wave_vcd, e)))
        err_wrap(e, "%s", a->pos[0]);
    if (!rc && gtkw)
        rc = convert_gtkw(&f->result, vcd, gtkw, e);
    result_file_free(f);
    return rc;
}

const struct cmd cmd_trace_convert = {
    .name = "trace convert",
    .pos = "RESULTS.h5",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "recorded events as CSV, Perfetto timeline or VCD waveform",
    .opts = trace_convert_opts,
    .run = trace_convert_run,
};
