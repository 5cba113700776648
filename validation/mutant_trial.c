/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutant_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arch/chip.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "validation/mutant_design.h"
#include "validation/mutant_plant.h"
#include "validation/rtl_router.h"

enum {
    SECONDS = 5,  /* of processor time, besides ... */
    TIMES = 20,   /* ... so many times what the RTL without a mistake takes */
    SURVIVED = 0, /* exit statuses of a mutant's process */
    CAUGHT = 1
};

struct mutant_trial {
    char *dir, *cache_dir;
    /* A design ... */
    struct mutant_design design;
    struct sim *sim;
    struct chip *chip;
    struct cosim *rtl;
    /* ... or a mesh. */
    struct router_draw *mesh;
    double run_s;
};

void mutant_trial_free(struct mutant_trial *t)
{
    struct err e;

    if (!t)
        return;
    cosim_close(t->rtl);
    router_draw_free(t->mesh);
    chip_free(t->chip);
    sim_free(t->sim);
    mutant_design_fini(&t->design);
    (void)file_remove_tree(t->dir, &e); /* what is left lies in a directory that is removed */
    free(t->dir);
    free(t->cache_dir);
    free(t);
}

enum err_code mutant_trial_new(struct mutant_trial **out, const struct mutant_trial_cfg *c,
                               struct rng *r, struct rtl_cover *cover, struct err *e)
{
    const struct rtl_unit *unit = c->file ? rtl_unit_of_file(c->file) : NULL;
    struct mutant_trial *t = mem_alloc(1, sizeof *t);
    enum err_code rc;

    t->dir = mem_printf("%s/design_%04" PRIu32, c->out_dir, c->number);
    t->cache_dir = c->cache_dir ? mem_strdup(c->cache_dir) : mem_printf("%s/cache", c->out_dir);
    rc = c->file && !c->counts && strcmp(c->file, "router.sv") == 0
             ? router_draw_new(&t->mesh, r, NULL, t->dir, e)
             : mutant_design_draw(&t->design, &(struct mutant_design_cfg){unit, c->draw}, r, cover,
                                  e);
    if (rc) {
        mutant_trial_free(t);
        t = NULL;
    }
    *out = t;
    return rc;
}

bool mutant_trial_has(const struct mutant_trial *t, const char *file)
{
    return t->mesh ? strcmp(file, "router.sv") == 0
                   : rtl_unit_is_in(rtl_unit_of_file(file), t->design.plan);
}

bool mutant_trial_counts(const struct mutant_trial *t)
{
    return !t->mesh;
}

void mutant_trial_text(const struct mutant_trial *t, char text[96])
{
    if (t->mesh)
        router_draw_text(t->mesh, text);
    else
        snprintf(text, 96, "%-10s %2u units %6" PRIu64 " cycles", t->design.w->name,
                 t->design.plan->n_units, chip_n_cycles(t->chip));
}

/* ---- building ---- */

static enum err_code generate(struct mutant_trial *t, struct err *e)
{
    return t->mesh ? router_draw_write(t->mesh, e) : rtl_generate(t->design.plan, t->dir, NULL, e);
}

/* The mutants go into the generated directory. */
static enum err_code plant(const struct mutant_trial *t, const struct mutant_list *l, struct err *e)
{
    char *path = mem_printf("%s/files.f", t->dir), *old = NULL, *list = NULL;
    size_t n_bytes;
    enum err_code rc = file_read(path, &old, &n_bytes, e);

    free(path);
    if (rc)
        return rc;
    list = mem_printf("mutant.sv\n%s", old);
    if (!(rc = file_write_text(t->dir, "files.f", list, e)))
        rc = file_write_text(t->dir, "mutant.sv", mutant_package, e);
    for (size_t i = 0; i < rtl_library_n && !rc; i++)
        if (strstr(rtl_library[i].name, ".sv") && mutant_trial_has(t, rtl_library[i].name)) {
            char *text = mutant_plant(l, rtl_library[i].name, rtl_library[i].text);

            rc = file_write_text(t->dir, rtl_library[i].name, text, e);
            free(text);
        }
    free(old);
    free(list);
    return rc;
}

/* The mutant whose text has that place of a planted file in it; 0: none. */
static uint32_t mutant_at(const char *text, unsigned line, unsigned column)
{
    static const char mark[] = "mutant::id == ";
    const char *at = text, *found = NULL;

    while (--line && (at = strchr(at, '\n')))
        at++;
    if (!at)
        return 0;
    at += column;
    for (const char *p = strstr(text, mark); p && p < at; p = strstr(p + 1, mark))
        found = p;
    return found ? (uint32_t)strtoul(found + sizeof mark - 1, NULL, 10) : 0;
}

/* "%Error...: FILE:LINE:COLUMN: ..." */
static bool error_place(const char *error, char file[64], unsigned *line, unsigned *column)
{
    const char *name = strstr(error, ": ");
    size_t n = name ? strcspn(name + 2, ":\n") : 0;
    char *end;

    if (!n || n >= 64 || name[2 + n] != ':')
        return false;
    memcpy(file, name + 2, n);
    file[n] = '\0';
    *line = (unsigned)strtoul(name + 2 + n + 1, &end, 10);
    *column = *end == ':' ? (unsigned)strtoul(end + 1, &end, 10) : 0;
    return *line && *column && *end == ':';
}

static void refuse(struct mutant_list *l, uint32_t id, uint32_t *n)
{
    for (size_t i = 0; i < l->n && id; i++)
        if (l->at[i].id == id) {
            l->at[i].id = 0;
            l->at[i].refused = true;
            *n += 1;
        }
}

/* Verilator may refuse a mutant, a selection beyond a vector's end say. *n: how many its log
 * names; they are taken out of the list. */
static enum err_code take_out_refused(const struct mutant_trial *t, struct mutant_list *l,
                                      uint32_t *n, struct err *e)
{
    char *path = mem_printf("%s/build/verilator.log", t->dir), *log = NULL;
    size_t n_bytes;
    enum err_code rc = file_read(path, &log, &n_bytes, e);

    *n = 0;
    for (const char *p = log; !rc && p && (p = strstr(p, "%Error")); p++) {
        char file[64], *text = NULL;
        unsigned line, column;

        if (!error_place(p, file, &line, &column))
            continue;
        free(path);
        path = mem_printf("%s/%s", t->dir, file);
        if (!(rc = file_read(path, &text, &n_bytes, e)))
            refuse(l, mutant_at(text, line, column), n);
        free(text);
    }
    free(path);
    free(log);
    return rc;
}

static enum err_code build_once(struct mutant_trial *t, struct loop *loop, struct err *e)
{
    char *work = mem_printf("%s/build", t->dir);
    struct cosim_options o = {.cache_dir = t->cache_dir};
    enum err_code rc = t->mesh ? router_draw_build(t->mesh, t->cache_dir, loop, e)
                               : cosim_open(&t->rtl, t->design.plan, t->dir, work, loop, &o, e);

    free(work);
    return rc;
}

static enum err_code build(struct mutant_trial *t, struct mutant_list *l, struct loop *loop,
                           struct err *e)
{
    uint32_t n_refused;
    enum err_code rc;

    do {
        struct err reading;

        n_refused = 0;
        if ((rc = generate(t, e)) || (rc = plant(t, l, e)))
            break;
        rc = build_once(t, loop, e);
        if (rc == ERR_ENV && !take_out_refused(t, l, &n_refused, &reading) && n_refused)
            rc = ERR_OK;
    } while (!rc && n_refused);
    return rc;
}

/* ---- running ---- */

/* difference: "" if there is none. */
static enum err_code compare(struct mutant_trial *t, uint32_t id, char difference[256],
                             struct err *e)
{
    struct cosim_result r = {0};
    char plusarg[32];
    enum err_code rc = ERR_OK;

    difference[0] = '\0';
    snprintf(plusarg, sizeof plusarg, "+mutant=%" PRIu32, id);
    if (t->mesh) {
        if (!router_draw_equal(t->mesh, plusarg))
            snprintf(difference, 256, "%s", router_draw_difference(t->mesh));
        return ERR_OK;
    }
    rc = cosim_compare(t->rtl, t->chip, plusarg, NULL, &r, e);
    t->run_s = r.run_s;
    if (!rc && !r.equal)
        cosim_describe(&r, difference, 256);
    return rc;
}

enum err_code mutant_trial_build(struct mutant_trial *t, struct mutant_list *l, struct loop *loop,
                                 char asleep[256], struct err *e)
{
    enum err_code rc;

    if (!t->mesh && ((rc = sim_new(&t->sim, &(struct sim_cfg){0}, e)) ||
                     (rc = chip_new(&t->chip, t->design.plan, t->sim, true, e)) ||
                     (rc = chip_run(t->chip, loop, e))))
        return rc;
    if ((rc = build(t, l, loop, e)))
        return rc;
    return compare(t, 0, asleep, e);
}

static _Noreturn void child(struct mutant_trial *t, uint32_t id)
{
    rlim_t seconds = (rlim_t)(SECONDS + TIMES * t->run_s);
    struct rlimit limit = {seconds, seconds + 1}, no_core = {0, 0};
    char difference[256];
    struct err e;
    int null = open("/dev/null", O_WRONLY);

    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    setrlimit(RLIMIT_CPU, &limit);
    setrlimit(RLIMIT_CORE, &no_core);
    _exit(!compare(t, id, difference, &e) && !difference[0] ? SURVIVED : CAUGHT);
}

bool mutant_trial_caught(int status)
{
    return status != SURVIVED;
}

enum err_code mutant_trial_start(struct mutant_trial *t, uint32_t id, struct loop *loop,
                                 void (*ended)(void *self, int status), void *self, struct err *e)
{
    pid_t pid = fork();

    if (pid < 0)
        return err_set(e, ERR_ENV, "fork: %s", strerror(errno));
    if (!pid)
        child(t, id);
    loop_adopt(loop, pid, false, ended, self);
    return ERR_OK;
}
