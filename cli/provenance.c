/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/provenance.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/paths.h"
#include "cli/version.h"
#include "nas/data.h"
#include "nas/data_cache.h"
#include "sim/base/cfg.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"
#include "sim/base/json.h"

/* The next input, named; it counts once n_inputs has been raised. */
static enum err_code provenance_room(struct provenance *p, const char *path,
                                     struct provenance_input **in, struct err *e)
{
    if (p->n_inputs == PROVENANCE_MAX_INPUTS)
        return err_set(e, ERR_CONFIG, "more than %d input files", PROVENANCE_MAX_INPUTS);
    *in = &p->input[p->n_inputs];
    if (strlen(path) >= sizeof(*in)->path)
        return err_set(e, ERR_CONFIG, "%s: the path is too long", path);
    memcpy((*in)->path, path, strlen(path) + 1);
    return ERR_OK;
}

enum err_code provenance_add(struct provenance *p, const char *path, struct err *e)
{
    struct provenance_input *in = NULL;
    enum err_code rc = provenance_room(p, path, &in, e);

    if (rc)
        return rc;
    p->n_inputs++;
    return file_sha256(path, in->sha256, e);
}

enum err_code provenance_add_dataset(struct provenance *p, const char *spec, struct err *e)
{
    struct provenance_input *in = NULL;
    enum err_code rc = ERR_OK;
    char path[PATHS_SIZE];

    for (size_t i = 0; !rc && data_spec_file(spec, i, path, sizeof path); i++) {
        if (strncmp(spec, "cache:", 6) != 0) {
            rc = provenance_add(p, path, e);
            continue;
        }
        /* its digest stands for gigabytes, and is checked when it is opened */
        if (!(rc = provenance_room(p, path, &in, e)) && !(rc = cache_digest(path, in->sha256, e)))
            p->n_inputs++;
    }
    return rc;
}

static void write_command(struct json *j, const struct provenance *p)
{
    const struct args *a = p->args;

    json_key(j, "command");
    json_array(j);
    json_str(j, "autorac");
    json_str(j, p->command ? p->command : a->cmd->name);
    for (size_t i = 0; i < a->n_pos; i++)
        json_str(j, a->pos[i]);
    for (size_t i = 0; i < a->n_given; i++) {
        const struct opt *o = a->given[i].opt;
        char name[64];

        if (o->unrecorded)
            continue;
        snprintf(name, sizeof name, "--%s", o->name);
        json_str(j, name);
        if (a->given[i].value)
            json_str(j, a->given[i].value);
    }
    for (const struct opt *o = a->cmd->opts; o && o->name; o++)
        if (!strcmp(o->name, "out")) {
            json_str(j, "--out");
            json_str(j, "DIR");
        }
    json_array_end(j);
}

static void write_json(FILE *f, const void *self)
{
    const struct provenance *p = self;
    struct json j = json_open(f);

    json_object(&j);
    json_kstr(&j, "program", "autorac");
    json_kstr(&j, "version", AUTORAC_VERSION);
    json_kstr(&j, "revision", AUTORAC_REVISION);
    json_kbool(&j, "sources_changed", strstr(AUTORAC_REVISION, "-dirty") != NULL);
    json_kstr(&j, "compiler", AUTORAC_COMPILER);
    if (p->has_seed)
        json_ku64(&j, "seed", p->seed);
    write_command(&j, p);
    json_key(&j, "inputs");
    json_array(&j);
    for (size_t i = 0; i < p->n_inputs; i++) {
        json_object(&j);
        json_kstr(&j, "path", p->input[i].path);
        json_kstr(&j, "sha256", p->input[i].sha256);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

enum err_code provenance_write(const struct provenance *p, const char *dir, struct err *e)
{
    return outdir_write(dir, "provenance.json", write_json, p, e);
}

enum err_code provenance_write_identity(FILE *f, const struct provenance *p, struct err *e)
{
    char digest[65];
    enum err_code rc;

    fprintf(f, "build %s %s %s\n", AUTORAC_VERSION, AUTORAC_REVISION, AUTORAC_COMPILER);
    if (strstr(AUTORAC_REVISION, "-dirty") || !strcmp(AUTORAC_REVISION, "unknown")) {
        if ((rc = file_sha256("/proc/self/exe", digest, e)))
            return rc;
        fprintf(f, "program %s\n", digest);
    }
    for (size_t i = 0; i < p->n_inputs; i++)
        fprintf(f, "input %s\n", p->input[i].sha256);
    return ERR_OK;
}

/* ---- host.json ---- */

static void host_set(struct host *h, const char *name, double seconds)
{
    size_t i = 0;

    while (i < h->n && strcmp(h->stage[i].name, name) != 0)
        i++;
    if (i == HOST_MAX_STAGES)
        return;
    if (i == h->n)
        h->n++;
    snprintf(h->stage[i].name, sizeof h->stage[i].name, "%s", name);
    h->stage[i].seconds = seconds;
}

void host_load(struct host *h, const char *dir)
{
    const struct cfg_node *seconds;
    char path[PATHS_SIZE];
    struct cfg *c;
    struct err e;

    *h = (struct host){0};
    if (outdir_path(path, dir, "host.json", &e) || !file_exists(path) || cfg_load(&c, path, &e))
        return; /* times are a courtesy: a damaged file costs only them */
    seconds = cfg_get(cfg_root(c), "seconds");
    for (size_t i = 0; seconds && cfg_is_map(seconds) && i < cfg_len(seconds); i++) {
        double v;

        if (!cfg_f64(cfg_at(seconds, i), &v, &e))
            host_set(h, cfg_key_at(seconds, i), v);
    }
    cfg_free(c);
}

void host_start(struct host *h)
{
    h->started = clock_s(CLOCK_MONOTONIC);
}

double host_stop(struct host *h, const char *name)
{
    double seconds = clock_s(CLOCK_MONOTONIC) - h->started;

    host_set(h, name, seconds);
    return seconds;
}

static void write_host(FILE *f, const void *self)
{
    const struct host *h = self;
    struct json j = json_open(f);
    char when[32] = "";
    struct utsname u;
    struct rusage use;
    struct tm tm;
    time_t now = time(NULL);

    json_object(&j);
    if (gmtime_r(&now, &tm) && strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm))
        json_kstr(&j, "written", when);
    if (!uname(&u)) {
        json_kstr(&j, "host", u.nodename);
        json_kstr(&j, "system", u.release);
    }
    json_ki64(&j, "processors", sysconf(_SC_NPROCESSORS_ONLN));
    if (!getrusage(RUSAGE_SELF, &use))
        json_ki64(&j, "peak_memory_kib", use.ru_maxrss);
    json_key(&j, "seconds");
    json_object(&j);
    for (size_t i = 0; i < h->n; i++)
        json_kf64(&j, h->stage[i].name, h->stage[i].seconds);
    json_object_end(&j);
    json_object_end(&j);
}

enum err_code host_write(const struct host *h, const char *dir, struct err *e)
{
    return outdir_write(dir, "host.json", write_host, h, e);
}
