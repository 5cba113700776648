/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* nftw */
#include "validation/mutants.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "traces/random_unit.h"
#include "validation/rtl.h"

enum {
    MAX_REQUESTS = 6,
    DRAWS = 4, /* feasible plans of which the smallest is built */
    MAX_DRAWS = 200,
    SECONDS = 5,  /* of processor time, besides ... */
    TIMES = 20,   /* ... so many times what the RTL without a mistake takes */
    SURVIVED = 0, /* exit statuses of a mutant's process */
    CAUGHT = 1,
    TEXT = 160 /* characters of an expression that are printed */
};

struct trial {
    struct workload *w;
    struct plan *plan;
    struct sim *sim;
    struct chip *chip;
    struct cosim *rtl;
    char *dir;
    double run_s;
};

static void trial_fini(struct trial *t)
{
    cosim_close(t->rtl);
    chip_free(t->chip);
    sim_free(t->sim);
    plan_free(t->plan);
    workload_free(t->w);
    free(t->dir);
}

/* ---- which mutants, which designs ---- */

static void choose(struct mutant_list *l, struct validate_mutants *v, struct rng *r)
{
    for (size_t i = 0; i < rtl_library_n; i++) {
        const char *dot = strrchr(rtl_library[i].name, '.');

        if (dot && strcmp(dot, ".sv") == 0)
            mutate_find(l, rtl_library[i].name, rtl_library[i].text);
    }
    while (v->n_chosen < v->count && v->n_chosen < l->n) {
        struct mutant *m = &l->at[rng_below(r, l->n)];

        if (!m->id)
            m->id = ++v->n_chosen;
    }
}

/* The operator that a file works for; WL_N_KINDS: any. */
static enum wl_kind kind_of(const char *file)
{
    static const struct {
        const char *prefix;
        enum wl_kind kind;
    } of[] = {{"int_dp", WL_DP},
              {"int_fm", WL_FM},
              {"int_pair", WL_GATE},
              {"int_table", WL_GATE},
              {"int_attention", WL_ATTENTION},
              {"int_array", WL_DP},
              {"emb_", WL_EMBED},
              {"tile_emb", WL_EMBED}};

    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (strncmp(file, of[i].prefix, strlen(of[i].prefix)) == 0)
            return of[i].kind;
    return WL_N_KINDS;
}

static bool has_kind(const struct workload *w, enum wl_kind kind)
{
    bool has = kind == WL_N_KINDS;

    for (uint32_t i = 0; i < w->n_ops && !has; i++)
        has = w->op[i].kind == kind;
    return has;
}

/* Mutants that are left, weighed by operator: one of their kinds. WL_N_KINDS: whole models. */
static enum wl_kind draw_kind(const struct mutant_list *l, const bool *caught, struct rng *r)
{
    uint64_t n = 0, at;

    for (size_t i = 0; i < l->n; i++)
        n += l->at[i].id && !caught[l->at[i].id];
    at = rng_below(r, n);
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].id && !caught[l->at[i].id] && !at--)
            return kind_of(l->at[i].file);
    return WL_N_KINDS;
}

/* Of some feasible draws the one with the fewest units. */
static enum err_code draw_trial(struct trial *t, const struct validate_mutants *v,
                                enum wl_kind kind, struct rng *r, struct err *e)
{
    uint32_t n = 0;
    enum err_code rc;

    for (uint32_t i = 0; i < MAX_DRAWS && n < DRAWS; i++) {
        uint32_t n_requests = 2 + (uint32_t)rng_below(r, MAX_REQUESTS - 1);
        struct workload *w =
            kind == WL_N_KINDS ? v->draw(r, n_requests) : random_unit_workload(r, kind, n_requests);
        struct chip_config c = validate_rtl_chip(r);
        struct plan *p = NULL;

        rc = plan_new(&p, w, &c, e);
        if (rc && rc != ERR_CONFIG) {
            workload_free(w);
            return rc;
        }
        if (!rc && (n++ == 0 || p->n_units < t->plan->n_units)) {
            plan_free(t->plan);
            workload_free(t->w);
            t->plan = p;
            t->w = w;
        } else {
            plan_free(p);
            workload_free(w);
        }
    }
    return n ? ERR_OK : err_set(e, ERR_CONFIG, "none of %d draws fits a chip", MAX_DRAWS);
}

/* ---- one design ---- */

/* The mutants go into the generated directory. */
static enum err_code plant(const struct trial *t, const struct mutant_list *l, struct err *e)
{
    char *path = mem_printf("%s/files.f", t->dir), *old = NULL, *list = NULL;
    size_t n_bytes;
    enum err_code rc = file_read(path, &old, &n_bytes, e);

    free(path);
    if (rc)
        return rc;
    list = mem_printf("mutant.sv\n%s", old);
    if (!(rc = file_write_text(t->dir, "files.f", list, e)))
        rc = file_write_text(t->dir, "mutant.sv", mutate_package, e);
    for (size_t i = 0; i < rtl_library_n && !rc; i++)
        if (strstr(rtl_library[i].name, ".sv")) {
            char *text = mutate_apply(l, rtl_library[i].name, rtl_library[i].text);

            rc = file_write_text(t->dir, rtl_library[i].name, text, e);
            free(text);
        }
    free(old);
    free(list);
    return rc;
}

static enum err_code compare(const struct trial *t, uint32_t id, struct cosim_result *r,
                             struct err *e)
{
    char plusarg[32];

    snprintf(plusarg, sizeof plusarg, "+mutant=%" PRIu32, id);
    return cosim_compare(t->rtl, t->chip, plusarg, NULL, r, e);
}

/* Simulated, built with all mutants, and compared while they are asleep. */
static enum err_code build(struct trial *t, const struct validate_mutants *v,
                           const struct mutant_list *l, struct cosim_result *asleep,
                           struct loop *loop, struct err *e)
{
    char *work = mem_printf("%s/build", t->dir), *cache = mem_printf("%s/cache", v->out_dir);
    struct cosim_options o = {.cache_dir = v->cache_dir ? v->cache_dir : cache};
    enum err_code rc;

    if (!(rc = sim_new(&t->sim, &(struct sim_cfg){0}, e)) &&
        !(rc = chip_new(&t->chip, t->plan, t->sim, true, e)) &&
        !(rc = chip_run(t->chip, loop, e)) && !(rc = rtl_generate(t->plan, t->dir, NULL, e)) &&
        !(rc = plant(t, l, e)) && !(rc = cosim_open(&t->rtl, t->dir, work, loop, &o, e)) &&
        !(rc = compare(t, 0, asleep, e)))
        t->run_s = asleep->run_s;
    free(work);
    free(cache);
    return rc;
}

static _Noreturn void child(const struct trial *t, uint32_t id)
{
    rlim_t seconds = (rlim_t)(SECONDS + TIMES * t->run_s);
    struct rlimit limit = {seconds, seconds + 1}, no_core = {0, 0};
    struct cosim_result r;
    struct err e;
    int null = open("/dev/null", O_WRONLY);

    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    setrlimit(RLIMIT_CPU, &limit);
    setrlimit(RLIMIT_CORE, &no_core);
    _exit(!compare(t, id, &r, &e) && r.equal ? SURVIVED : CAUGHT);
}

static void ended(void *self, int status)
{
    *(int *)self = status;
}

/* In a process of its own: it may crash or hang. */
static enum err_code run_mutant(const struct trial *t, uint32_t id, bool *caught, struct loop *loop,
                                struct err *e)
{
    int status = -1;
    pid_t pid = fork();
    enum err_code rc = ERR_OK;

    if (pid < 0)
        return err_set(e, ERR_ENV, "fork: %s", strerror(errno));
    if (!pid)
        child(t, id);
    loop_adopt(loop, pid, false, ended, &status);
    while (status < 0 && !rc)
        rc = loop_wait(loop, e);
    *caught = status != SURVIVED;
    return rc;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
    (void)s;
    (void)type;
    (void)at;
    return remove(path);
}

static enum err_code run_trial(struct trial *t, const struct validate_mutants *v,
                               struct mutant_list *l, bool *caught, uint32_t number,
                               struct loop *loop, FILE *out, struct err *e)
{
    uint32_t n_run = 0, n_caught = 0;
    struct cosim_result asleep;
    char what[256];
    enum err_code rc = build(t, v, l, &asleep, loop, e);

    if (rc)
        return rc;
    fprintf(out, "design %-3u %-28s %2u units %6" PRIu64 " cycles  ", number, t->w->name,
            t->plan->n_units, chip_n_cycles(t->chip));
    cosim_describe(&asleep, what, sizeof what);
    if (!asleep.equal)
        fprintf(out, "left out: with all asleep: %s\n", what);
    for (size_t i = 0; i < l->n && !rc && asleep.equal; i++) {
        uint32_t id = l->at[i].id;

        if (!id || caught[id] || !has_kind(t->w, kind_of(l->at[i].file)))
            continue;
        rc = run_mutant(t, id, &caught[id], loop, e);
        n_run++;
        n_caught += caught[id];
    }
    if (rc)
        return rc;
    if (asleep.equal)
        fprintf(out, "caught %u of %u\n", n_caught, n_run);
    fflush(out);
    nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return ERR_OK;
}

/* ---- all of it ---- */

/* On one line, blanks made one. */
static void print_text(FILE *out, const char *s, size_t n)
{
    bool blank = false;
    size_t printed = 0;

    for (size_t i = 0; i < n && printed < TEXT; i++) {
        if (isspace((unsigned char)s[i])) {
            blank = true;
            continue;
        }
        if (blank)
            fputc(' ', out);
        blank = false;
        fputc(s[i], out);
        printed++;
    }
    fputs(printed == TEXT ? " ..." : "", out);
}

static void print_survivor(FILE *out, const struct mutant *m)
{
    fprintf(out, "survived: %s:%u: %s: ", m->file, m->line, m->what);
    print_text(out, rtl_library_text(m->file) + m->start, m->end - m->start);
    fputs("  ->  ", out);
    if (m->text)
        print_text(out, m->text, strlen(m->text));
    fputc('\n', out);
}

static void report(struct validate_mutants *v, const struct mutant_list *l, const bool *caught,
                   FILE *out)
{
    for (size_t i = 0; i < l->n; i++) {
        if (!l->at[i].id)
            continue;
        v->n_caught += caught[l->at[i].id];
        if (!caught[l->at[i].id])
            print_survivor(out, &l->at[i]);
    }
    fprintf(out, "%u of %u mutants caught: %.1f %%\n", v->n_caught, v->n_chosen,
            100.0 * v->n_caught / v->n_chosen);
}

static bool any_left(const bool *caught, uint32_t n)
{
    for (uint32_t id = 1; id <= n; id++)
        if (!caught[id])
            return true;
    return false;
}

enum err_code validate_mutants(struct validate_mutants *v, struct loop *l, FILE *out, struct err *e)
{
    struct rng root = rng_new(v->seed), r = rng_child(&root, "mutants");
    struct mutant_list list = {0};
    enum err_code rc = file_mkdirs(v->out_dir, e);
    bool *caught;

    v->n_caught = v->n_chosen = 0;
    choose(&list, v, &r);
    caught = mem_alloc(v->n_chosen + 1, sizeof *caught);
    fprintf(out, "%u mutants of %zu\n", v->n_chosen, list.n);
    for (uint32_t k = 0; k < v->n_designs && any_left(caught, v->n_chosen) && !rc; k++) {
        struct trial t = {.dir = mem_printf("%s/design_%04u", v->out_dir, k)};

        r = rng_child_n(&root, "design", k);
        if (!(rc = draw_trial(&t, v, k ? draw_kind(&list, caught, &r) : WL_N_KINDS, &r, e)))
            rc = run_trial(&t, v, &list, caught, k, l, out, e);
        trial_fini(&t);
    }
    if (!rc)
        report(v, &list, caught, out);
    free(caught);
    mutant_list_fini(&list);
    return rc;
}
