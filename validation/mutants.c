/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutants.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "validation/mutant_equivalent.h"
#include "validation/mutant_trial.h"

enum { TEXT = 160 /* characters of an expression that are printed */ };

struct run {
    struct validate_mutants *v;
    struct mutant_list list;
    struct mutant_name *name; /* (list.n) */
    const char **reason;      /* (list.n) why it is equivalent, or NULL */
    struct rtl_cover *cover;
    struct loop *loop;
    FILE *out;
};

static void run_fini(struct run *r)
{
    rtl_cover_free(r->cover);
    free((void *)r->reason);
    mutant_names_free(r->name, r->list.n);
    mutant_list_fini(&r->list);
}

/* ---- which mutants ---- */

struct ticket {
    uint64_t number;
    size_t mutant;
};

static int by_number(const void *a, const void *b)
{
    const struct ticket *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->mutant < y->mutant ? -1 : x->mutant > y->mutant;
}

/* Each mutant draws a number from its name; the lowest are chosen. */
static void choose(struct run *r)
{
    struct rng root = rng_new(r->v->seed);
    struct ticket *t = mem_alloc(r->list.n + 1, sizeof *t);

    for (size_t i = 0; i < r->list.n; i++) {
        char *name = mem_printf("%s|%s|%s|%s|%" PRIu32, r->list.at[i].file, r->list.at[i].what,
                                r->name[i].line, r->name[i].after, r->name[i].nth);
        struct rng own = rng_child(&root, name);

        t[i] = (struct ticket){rng_u64(&own), i};
        free(name);
    }
    qsort(t, r->list.n, sizeof *t, by_number);
    for (size_t i = 0; i < r->v->count && i < r->list.n; i++)
        r->list.at[t[i].mutant].id = ++r->v->n_chosen;
    free(t);
}

static enum err_code start(struct run *r, struct err *e)
{
    mutate_find_all(&r->list);
    r->name = mutant_names(&r->list);
    r->cover = rtl_cover_new();
    choose(r);
    return mutant_equivalents(&r->list, r->name, &r->reason, e);
}

/* Chosen, not caught, and to be: not an equivalent one. */
static bool is_left(const struct run *r, size_t i)
{
    const struct mutant *m = &r->list.at[i];

    return m->id && !m->caught && !r->reason[i];
}

/* Changes nothing but what is counted. */
static bool is_count(const struct mutant *m)
{
    return strcmp(m->what, "count dropped") == 0;
}

/* One of the mutants that are left; NULL: none is. */
static const struct mutant *draw_left(const struct run *r, struct rng *rng)
{
    uint64_t n = 0, at;

    for (size_t i = 0; i < r->list.n; i++)
        n += is_left(r, i);
    at = n ? rng_below(rng, n) : 0;
    for (size_t i = 0; i < r->list.n; i++)
        if (is_left(r, i) && !at--)
            return &r->list.at[i];
    return NULL;
}

/* ---- one design ---- */

struct process {
    uint32_t *n_running; /* NULL: not started */
    int status;
};

static void process_ended(void *self, int status)
{
    struct process *p = self;

    p->status = status;
    --*p->n_running;
}

/* Those that are not caught yet and whose module is there, equivalent ones among them. */
static enum err_code run_mutants(struct run *r, struct mutant_trial *t, struct err *e)
{
    struct process *p = mem_alloc(r->list.n + 1, sizeof *p);
    uint32_t n_running = 0, n_run = 0, n_caught = 0, jobs = r->v->jobs ? r->v->jobs : 1;
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < r->list.n && !rc; i++) {
        const struct mutant *m = &r->list.at[i];

        if (!m->id || m->caught || !mutant_trial_has(t, m->file) ||
            (is_count(m) && !mutant_trial_counts(t)))
            continue;
        while (n_running >= jobs && !rc)
            rc = loop_wait(r->loop, e);
        p[i].n_running = &n_running;
        if (!rc && !(rc = mutant_trial_start(t, m->id, r->loop, process_ended, &p[i], e)))
            n_running++;
    }
    while (n_running && !rc)
        rc = loop_wait(r->loop, e);
    for (size_t i = 0; i < r->list.n && !rc; i++) {
        bool is_caught = p[i].n_running && mutant_trial_caught(p[i].status);

        r->list.at[i].caught |= is_caught;
        n_run += p[i].n_running && !r->reason[i];
        n_caught += is_caught && !r->reason[i];
    }
    if (!rc) /* else processes are left that write into p: the program ends */
        free(p);
    if (!rc)
        fprintf(r->out, "caught %u of %u\n", n_caught, n_run);
    return rc;
}

static enum err_code run_trial(struct run *r, uint32_t number, struct err *e)
{
    struct rng root = rng_new(r->v->seed), rng = rng_child_n(&root, "design", number);
    const struct mutant *left = draw_left(r, &rng);
    struct mutant_trial_cfg c = {.file = number ? left->file : NULL,
                                 .counts = is_count(left),
                                 .out_dir = r->v->out_dir,
                                 .cache_dir = r->v->cache_dir,
                                 .number = number,
                                 .draw = r->v->draw};
    struct mutant_trial *t = NULL;
    char asleep[256], text[96];
    enum err_code rc;

    if ((rc = mutant_trial_new(&t, &c, &rng, r->cover, e)) ||
        (rc = mutant_trial_build(t, &r->list, r->loop, asleep, e)))
        goto out;
    mutant_trial_text(t, text);
    fprintf(r->out, "design %-3u %-17s %-34s  ", number, c.file ? c.file : "", text);
    fflush(r->out);
    if (asleep[0])
        fprintf(r->out, "left out: with all asleep %s\n", asleep);
    else
        rc = run_mutants(r, t, e);
    fflush(r->out);
out:
    mutant_trial_free(t);
    return rc;
}

/* ---- all of it ---- */

/* On one line, blanks made one. */
static void print_text(FILE *out, const char *s, size_t n)
{
    bool blank = false;
    size_t printed = 0;

    for (size_t i = 0; i < n && printed < TEXT; i++) {
        if (s[i] == ' ' || s[i] == '\n') {
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

static void print_mutant(FILE *out, const char *fate, const struct mutant *m)
{
    fprintf(out, "%s: %s:%u: %s: ", fate, m->file, m->line, m->what);
    print_text(out, rtl_library_text(m->file) + m->start, m->end - m->start);
    fputs("  ->  ", out);
    if (m->text)
        print_text(out, m->text, strlen(m->text));
}

static enum err_code report(struct run *r, struct err *e)
{
    struct validate_mutants *v = r->v;
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < r->list.n; i++) {
        const struct mutant *m = &r->list.at[i];

        v->n_refused += m->refused;
        if (m->refused) {
            print_mutant(r->out, "does not build", m);
            fputc('\n', r->out);
        } else if (m->id && r->reason[i]) {
            v->n_equivalent++;
            print_mutant(r->out, m->caught ? "listed as equivalent, but caught" : "equivalent", m);
            fprintf(r->out, "  (%s)\n", r->reason[i]);
            if (m->caught)
                rc = err_set(e, ERR_BUG,
                             "validation/mutant_equivalent.def: %s: \"%s\" -> \"%s\" was caught",
                             m->file, r->name[i].line, r->name[i].after);
        } else
            v->n_caught += m->id && m->caught;
    }
    for (size_t i = 0; i < r->list.n; i++)
        if (is_left(r, i)) {
            print_mutant(r->out, "survived", &r->list.at[i]);
            fputc('\n', r->out);
        }
    for (size_t i = 0; i < r->list.n && v->entries; i++)
        if (is_left(r, i))
            mutant_print_entry(&r->list.at[i], &r->name[i], r->out);
    v->n_chosen -= v->n_refused + v->n_equivalent;
    fprintf(r->out,
            "%u of %u mutants caught: %.1f %%; besides, %u equivalent, %u that do not build\n",
            v->n_caught, v->n_chosen, v->n_chosen ? 100.0 * v->n_caught / v->n_chosen : 100.0,
            v->n_equivalent, v->n_refused);
    return rc;
}

enum err_code validate_mutants(struct validate_mutants *v, struct loop *l, FILE *out, struct err *e)
{
    struct run r = {.v = v, .loop = l, .out = out};
    struct rng none = rng_new(0);
    enum err_code rc = file_mkdirs(v->out_dir, e);

    v->n_chosen = v->n_caught = v->n_equivalent = v->n_refused = 0;
    if (!rc && !(rc = start(&r, e)))
        fprintf(out, "%u mutants of %zu\n", v->n_chosen, r.list.n);
    for (uint32_t k = 0; !rc && k < v->n_designs && draw_left(&r, &none); k++)
        rc = run_trial(&r, k, e);
    if (!rc)
        rc = report(&r, e);
    run_fini(&r);
    return rc;
}
