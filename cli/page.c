/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/page.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/outdir.h"
#include "cli/paths.h"
#include "sim/base/cfg.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

enum { N_SHOWN_REQUESTS = 16 }; /* whose spans go into the page */

/* Files of a directory that go into the page as they are. */
static const struct {
    const char *file, *key;
    bool is_json; /* else text */
} files[] = {
    {"summary.json", "summary", true}, {"accuracy.json", "accuracy", true},
    {"cosim.json", "cosim", true},     {"provenance.json", "provenance", true},
    {"stats.json", "stats", true},     {"plan.json", "plan", true},
    {"pareto.csv", "pareto", false},   {"sweep.csv", "sweep", false},
    {"device.json", "device", true},
};
enum { PAGE_FILES = sizeof files / sizeof *files };
_Static_assert(PAGE_FILES == sizeof((struct page_dir *)0)->text / sizeof(char *),
               "one text a file");

/* ---- reading ---- */

/* The text of dir/name, NULL if there is no such file; JSON is checked. */
static enum err_code read_file(const char *dir, const char *name, bool is_json, char **text,
                               struct err *e)
{
    char path[PATHS_SIZE];
    struct cfg *c = NULL;
    size_t n;
    enum err_code rc;

    if ((rc = outdir_path(path, dir, name, e)) || !file_exists(path) ||
        (rc = file_read(path, text, &n, e)))
        return rc;
    if (is_json)
        rc = cfg_parse(&c, path, *text, e);
    cfg_free(c);
    return rc;
}

static enum err_code read_dir(struct page_dir *d, struct err *e)
{
    char path[PATHS_SIZE];
    bool any = false;
    enum err_code rc;

    for (size_t i = 0; i < PAGE_FILES; i++) {
        if ((rc = read_file(d->path, files[i].file, files[i].is_json, &d->text[i], e)))
            return rc;
        any |= d->text[i] != NULL;
    }
    if ((rc = outdir_path(path, d->path, "results.h5", e)))
        return rc;
    if (file_exists(path) && (rc = result_load(&d->result, path, e)))
        return rc;
    if (!any && !d->result)
        return err_set(e, ERR_CONFIG, "%s: has no results", d->path);
    return ERR_OK;
}

static enum err_code read_part(const char *folder, const char *name, char **text, struct err *e)
{
    char path[PATHS_SIZE];
    size_t n;
    enum err_code rc = outdir_path(path, folder, name, e);

    return rc ? rc : file_read(path, text, &n, e);
}

enum err_code page_open(struct page *p, const char *const *dirs, size_t n, struct err *e)
{
    char folder[PATHS_SIZE], library[PATHS_SIZE];
    struct err ignored;
    size_t size;
    enum err_code rc;

    *p = (struct page){.n_dirs = n};
    for (size_t i = 0; i < n; i++) {
        p->dir[i].path = dirs[i];
        if ((rc = read_dir(&p->dir[i], e)))
            return rc;
    }
    if ((rc = paths_page(folder, e)) || (rc = read_part(folder, "report.html", &p->template_, e)) ||
        (rc = read_part(folder, "report.css", &p->css, e)) ||
        (rc = read_part(folder, "charts.js", &p->charts, e)) ||
        (rc = read_part(folder, "report.js", &p->script, e)))
        return rc;
    if (!paths_charts(library, &ignored))
        rc = file_read(library, &p->library, &size, e);
    return rc;
}

void page_close(struct page *p)
{
    for (size_t i = 0; i < p->n_dirs; i++) {
        for (size_t k = 0; k < PAGE_FILES; k++)
            free(p->dir[i].text[k]);
        result_file_free(p->dir[i].result);
    }
    free(p->template_);
    free(p->css);
    free(p->charts);
    free(p->script);
    free(p->library);
}

/* ---- writing ---- */

/* JSON inside <script>: "<" cannot begin a tag there, and is only found in strings. */
static void put_json(FILE *f, const char *text)
{
    for (; *text; text++)
        if (*text == '<')
            fputs("\\u003c", f);
        else
            fputc(*text, f);
}

static void put_text(FILE *f, const char *text)
{
    char *quoted = NULL;
    size_t n = 0;
    FILE *m = mem_text_open(&quoted, &n);

    json_quote(m, text);
    mem_text_close(m, &quoted);
    put_json(f, quoted);
    free(quoted);
}

/* [unit, request, start, finish] of the first requests. */
static void put_spans(FILE *f, const struct result *r)
{
    uint64_t *start = mem_alloc(r->n_units, sizeof *start);
    const char *between = "";

    fprintf(f, ",\n\"spans\": [");
    for (uint64_t i = 0; r->events && i < r->events->n; i++) {
        const struct event *ev = &r->events->at[i];

        if (ev->kind == EVENT_START)
            start[ev->unit] = ev->cycle;
        if (ev->kind != EVENT_FINISH || ev->index >= N_SHOWN_REQUESTS)
            continue;
        fprintf(f, "%s[%u,%u,%" PRIu64 ",%" PRIu64 "]", between, ev->unit, ev->index,
                start[ev->unit], ev->cycle);
        between = ",";
    }
    fprintf(f, "]");
    free(start);
}

static void put_result(FILE *f, const struct result *r)
{
    char hz[32];

    json_f64_text(hz, r->clock_hz);
    fprintf(f, ",\n\"clock_hz\": %s,\n\"units\": [", hz);
    for (uint32_t u = 0; u < r->n_units; u++) {
        fputs(u ? "," : "", f);
        put_text(f, r->unit_name[u]);
    }
    fprintf(f, "],\n\"latency_cycles\": [");
    for (uint64_t i = 0; i < r->n_requests; i++)
        fprintf(f, "%s%" PRIu64, i ? "," : "", r->finish_cycle[i] - r->start_cycle[i]);
    fprintf(f, "]");
    put_spans(f, r);
}

static void put_runs(FILE *f, const struct page *p)
{
    fputc('[', f);
    for (size_t i = 0; i < p->n_dirs; i++) {
        const struct page_dir *d = &p->dir[i];

        fprintf(f, "%s{\n\"path\": ", i ? ",\n" : "");
        put_text(f, d->path);
        for (size_t k = 0; k < PAGE_FILES; k++) {
            fprintf(f, ",\n\"%s\": ", files[k].key);
            if (!d->text[k])
                fputs("null", f);
            else if (files[k].is_json)
                put_json(f, d->text[k]);
            else
                put_text(f, d->text[k]);
        }
        if (d->result)
            put_result(f, &d->result->result);
        fputs("\n}", f);
    }
    fputs("]", f);
}

static void put_part(FILE *f, const struct page *p, const char *mark, size_t n)
{
    const struct {
        const char *mark, *text;
    } part[] = {
        {"@CSS@", p->css},
        {"@LIBRARY@", p->library ? p->library : ""},
        {"@CHARTS@", p->charts},
        {"@SCRIPT@", p->script},
    };

    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (strlen(part[i].mark) == n && !memcmp(mark, part[i].mark, n))
            fputs(part[i].text, f);
    if (n == strlen("@RUNS@") && !memcmp(mark, "@RUNS@", n))
        put_runs(f, p);
}

/* The template's marks stand alone in their lines. */
void page_write(const struct page *p, FILE *f)
{
    for (const char *line = p->template_; *line;) {
        size_t n = strcspn(line, "\n");

        if (*line == '@')
            put_part(f, p, line, n);
        else
            fwrite(line, 1, n, f);
        fputc('\n', f);
        line += n + (line[n] == '\n');
    }
}
