/* SPDX-License-Identifier: Apache-2.0 */
#include "rtlgen/cosim_build.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtlgen/build_cache.h"
#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { MAX_ARGS = 40 };

/* Verilator unrolls loops of so many rounds, and generate loops of 48 times as many (and two more,
 * in version 5.006); beyond, these are an error. Little unrolling is soonest compiled. */
enum { LEAST_UNROLL = 2, UNROLL_GENERATE = 48 };

/* Warnings of generated code are nobody's business; unique symbols would tie one chip's object to
 * the next one's. */
static const char *const cxx_flags[] = {"-std=gnu++17",        "-fPIC",    "-w", "-fno-gnu-unique",
                                        "-fvisibility=hidden", "-DVM_SC=0"};
enum { N_CXX_FLAGS = sizeof cxx_flags / sizeof *cxx_flags };

static const char *const verilator_flags[] = {
    "--cc",        "--no-timing", "-Wno-fatal", "-Wno-lint", "-Wno-style",          "--top-module",
    "autorac_top", "--prefix",    "Vchip",      "-O3",       "+define+AUTORAC_DPI", "-f",
    "files.f"};
enum { N_VERILATOR_FLAGS = sizeof verilator_flags / sizeof *verilator_flags };

static const char *const coverage_flags[] = {"--coverage-line", "--coverage-toggle",
                                             "--coverage-max-width", "16"};
enum { N_COVERAGE_FLAGS = sizeof coverage_flags / sizeof *coverage_flags };

enum { N_RUNTIME = 5, N_CHIP_FILES = 2, MAX_COMPILATIONS = N_RUNTIME + N_CHIP_FILES };

/* One C++ file to an object, under a name of its own until it is whole. */
struct compilation {
    char *src, *obj, *tmp, *log;
    bool ended;
    int status;
};
struct compilations {
    unsigned n;
    struct compilation each[MAX_COMPILATIONS];
};

struct builder {
    const struct cosim_build *b;
    struct loop *l;
    char *obj;     /* Verilator's output */
    char *root;    /* VERILATOR_ROOT */
    char *runtime; /* folder of the compiled runtime */
    char *tools;   /* versions of Verilator and compiler */
    char unroll[16];
    struct compilations *compilations; /* of this build, beside each other */
};

/* ---- children ---- */

/* Runs argv, its output going to WORK_DIR/LOG. */
static enum err_code run(struct builder *w, const char *log, const char *const *argv,
                         const char *cwd, struct err *e)
{
    char *path = mem_printf("%s/%s", w->b->work_dir, log);
    int status = 0;
    enum err_code rc = loop_child(w->l, argv, cwd, path, &status, e);

    if (!rc && status)
        rc = err_set(e, ERR_ENV, "%s ended with status %d: see %s", argv[0], status, path);
    free(path);
    return rc;
}

/* First line of what a command prints. */
static enum err_code ask(struct builder *w, const char *const *argv, char **line, struct err *e)
{
    char *path = mem_printf("%s/ask.log", w->b->work_dir);
    char *text = NULL;
    size_t n_bytes;
    enum err_code rc = run(w, "ask.log", argv, NULL, e);

    if (!rc)
        rc = file_read(path, &text, &n_bytes, e);
    if (!rc) {
        text[strcspn(text, "\n")] = '\0';
        *line = text;
    }
    (void)remove(path);
    free(path);
    return rc;
}

/* ---- compilations ---- */

static void compilation_ended(void *self, int status)
{
    struct compilation *c = self;

    c->ended = true;
    c->status = status;
}

/* Takes src, obj. Another process may be making the same obj. */
static enum err_code compile_start(struct builder *w, char *src, char *obj, const char *level,
                                   struct err *e)
{
    char *include_obj = mem_printf("-I%s", w->obj);
    char *include = mem_printf("-I%s/include", w->root);
    char *include_vlt = mem_printf("-I%s/include/vltstd", w->root);
    struct compilation *c = &w->compilations->each[w->compilations->n++];
    const char *argv[MAX_ARGS];
    unsigned n = 0;
    enum err_code rc;

    c->src = src;
    c->obj = obj;
    c->tmp = mem_printf("%s.%ld", obj, (long)getpid());
    c->log = mem_printf("%s/compile_%u.log", w->b->work_dir, w->compilations->n);
    argv[n++] = w->b->cxx;
    for (unsigned i = 0; i < N_CXX_FLAGS; i++)
        argv[n++] = cxx_flags[i];
    argv[n++] = w->b->trace ? "-DVM_TRACE=1" : "-DVM_TRACE=0";
    argv[n++] = w->b->coverage ? "-DVM_COVERAGE=1" : "-DVM_COVERAGE=0";
    argv[n++] = level;
    argv[n++] = include_obj;
    argv[n++] = include;
    argv[n++] = include_vlt;
    argv[n++] = "-c";
    argv[n++] = c->src;
    argv[n++] = "-o";
    argv[n++] = c->tmp;
    argv[n] = NULL;
    rc = loop_spawn(w->l, argv, NULL, c->log, compilation_ended, c, e);
    c->ended = rc != ERR_OK; /* it never ran */
    free(include_obj);
    free(include);
    free(include_vlt);
    return rc;
}

static enum err_code compile_end(const struct builder *w, const struct compilation *c,
                                 struct err *e)
{
    if (c->status)
        return err_set(e, ERR_ENV, "%s ended with status %d: see %s", w->b->cxx, c->status, c->log);
    if (rename(c->tmp, c->obj) != 0)
        return err_set(e, ERR_ENV, "%s: %s", c->obj, strerror(errno));
    return ERR_OK;
}

/* Waits for all that were started, whatever rc is; the first error. If the program is interrupted,
 * those under way end with it, and until then write into what is left to them. */
static enum err_code compile_wait(struct builder *w, enum err_code rc, struct err *e)
{
    struct compilations *all = w->compilations;
    enum err_code stop;

    for (unsigned i = 0; i < all->n; i++) {
        struct compilation *c = &all->each[i];

        while (!c->ended)
            if ((stop = loop_wait(w->l, e)))
                return stop;
        if (!rc)
            rc = compile_end(w, c, e);
        free(c->src);
        free(c->obj);
        free(c->tmp);
        free(c->log);
    }
    free(all);
    return rc;
}

/* ---- Verilator's runtime ---- */

enum { RUNTIME_TRACE = 3, RUNTIME_COVERAGE = 4 };
static const char *const runtime_file[N_RUNTIME] = {
    "verilated", "verilated_dpi", "verilated_threads", "verilated_vcd_c", "verilated_cov"};

static bool has_runtime(const struct builder *w, unsigned i)
{
    return (i != RUNTIME_TRACE || w->b->trace) && (i != RUNTIME_COVERAGE || w->b->coverage);
}

/* What of it is not there yet. */
static enum err_code compile_runtime(struct builder *w, struct err *e)
{
    enum err_code rc = file_mkdirs(w->runtime, e);

    for (unsigned i = 0; i < N_RUNTIME && !rc; i++) {
        char *obj = mem_printf("%s/%s.o", w->runtime, runtime_file[i]);

        if (has_runtime(w, i) && !file_exists(obj))
            rc = compile_start(w, mem_printf("%s/include/%s.cpp", w->root, runtime_file[i]), obj,
                               "-O2", e);
        else
            free(obj);
    }
    return rc;
}

static enum err_code find_runtime(struct builder *w, struct err *e)
{
    char *version = NULL, *compiler = NULL;
    char hash[65];
    enum err_code rc;

    if ((rc = ask(w, (const char *const[]){"verilator", "--version", NULL}, &version, e)) ||
        (rc = ask(w, (const char *const[]){"verilator", "--getenv", "VERILATOR_ROOT", NULL},
                  &w->root, e))) {
        if (rc == ERR_ENV)
            rc = err_wrap(e, "Verilator is needed (Debian package: verilator)");
        goto out;
    }
    if ((rc = ask(w, (const char *const[]){w->b->cxx, "--version", NULL}, &compiler, e))) {
        if (rc == ERR_ENV)
            rc = err_wrap(e, "a C++ compiler is needed (Debian package: g++)");
        goto out;
    }
    w->tools = mem_printf("%s|%s|%s|%s|%d|%d", version, w->root, compiler, w->b->cxx, w->b->trace,
                          w->b->coverage);
    bytes_sha256(w->tools, strlen(w->tools), hash);
    w->runtime =
        mem_printf("%s/verilator-%.16s", w->b->cache_dir ? w->b->cache_dir : w->b->work_dir, hash);
out:
    free(version);
    free(compiler);
    return rc;
}

/* ---- the chip ---- */

/* What an earlier build left would be compiled too. */
static enum err_code empty_dir(const char *dir, struct err *e)
{
    enum err_code rc = file_mkdirs(dir, e);
    struct dirent *d;
    DIR *at;

    if (rc)
        return rc;
    at = opendir(dir);
    if (!at)
        return err_set(e, ERR_ENV, "%s: %s", dir, strerror(errno));
    while ((d = readdir(at))) {
        char *path = mem_printf("%s/%s", dir, d->d_name);

        if (d->d_name[0] != '.')
            (void)remove(path);
        free(path);
    }
    closedir(at);
    return ERR_OK;
}

static enum err_code verilate(struct builder *w, struct err *e)
{
    const char *argv[MAX_ARGS];
    unsigned n = 0;

    argv[n++] = "verilator";
    for (unsigned i = 0; i < N_VERILATOR_FLAGS; i++)
        argv[n++] = verilator_flags[i];
    argv[n++] = "--unroll-count";
    argv[n++] = w->unroll;
    argv[n++] = "-Mdir";
    argv[n++] = w->obj;
    if (w->b->trace)
        argv[n++] = "--trace";
    for (unsigned i = 0; w->b->coverage && i < N_COVERAGE_FLAGS; i++)
        argv[n++] = coverage_flags[i];
    argv[n] = NULL;
    return run(w, "verilator.log", argv, w->b->rtl_dir, e);
}

/* N_CHIP_FILES C++ files that include all of Verilator's: what runs once, and what runs every cycle
 * (with the shim). Verilator's headers are then read twice, not once a file. */
static enum err_code write_sources(struct builder *w, struct err *e)
{
    static const char *const name[2] = {"slow.cc", "fast.cc"};
    const char *shim = w->b->shim ? w->b->shim : "cosim_shim.cpp";
    struct dirent **entry;
    int n = scandir(w->obj, &entry, NULL, alphasort);
    enum err_code rc = ERR_OK;

    if (n < 0)
        return err_set(e, ERR_ENV, "%s: %s", w->obj, strerror(errno));
    for (int fast = 0; fast < 2 && !rc; fast++) {
        char *path = mem_printf("%s/%s", w->obj, name[fast]);
        struct file_out o;

        if (!(rc = file_create(&o, path, e))) {
            for (int i = 0; i < n; i++) {
                const char *file = entry[i]->d_name, *dot = strrchr(file, '.');

                if (dot && strcmp(dot, ".cpp") == 0 &&
                    (strstr(file, "Slow") == NULL) == (fast == 1))
                    fprintf(o.f, "#include \"%s\"\n", file);
            }
            if (fast)
                fputs(rtl_library_text(shim), o.f);
            rc = file_commit(&o, e);
        }
        free(path);
    }
    for (int i = 0; i < n; i++)
        free(entry[i]);
    free(entry);
    return rc;
}

static enum err_code link_all(struct builder *w, const char *slow, const char *fast, const char *so,
                              struct err *e)
{
    char *object[N_RUNTIME] = {0};
    const char *argv[MAX_ARGS];
    unsigned n = 0;
    enum err_code rc;

    argv[n++] = w->b->cxx;
    argv[n++] = "-shared";
    argv[n++] = "-Wl,-Bsymbolic";
    argv[n++] = "-o";
    argv[n++] = so;
    argv[n++] = fast;
    argv[n++] = slow;
    for (unsigned i = 0; i < N_RUNTIME; i++)
        if (has_runtime(w, i))
            argv[n++] = object[i] = mem_printf("%s/%s.o", w->runtime, runtime_file[i]);
    argv[n++] = "-lpthread";
    argv[n] = NULL;
    rc = run(w, "link.log", argv, NULL, e);
    for (unsigned i = 0; i < N_RUNTIME; i++)
        free(object[i]);
    return rc;
}

static enum err_code compile_chip(struct builder *w, const char *slow, const char *fast,
                                  struct err *e)
{
    enum err_code rc = write_sources(w, e);

    if (!rc)
        rc = compile_start(w, mem_printf("%s/fast.cc", w->obj), mem_strdup(fast), w->b->level, e);
    if (!rc)
        rc = compile_start(w, mem_printf("%s/slow.cc", w->obj), mem_strdup(slow), "-O0", e);
    return rc;
}

/* The runtime is compiled while Verilator works. */
static enum err_code build_chip(struct builder *w, const char *so, struct err *e)
{
    char *slow = mem_printf("%s/slow.o", w->obj), *fast = mem_printf("%s/fast.o", w->obj);
    enum err_code rc;

    w->compilations = mem_alloc(1, sizeof *w->compilations);
    if (!(rc = empty_dir(w->obj, e)) && !(rc = compile_runtime(w, e)) && !(rc = verilate(w, e)))
        rc = compile_chip(w, slow, fast, e);
    rc = compile_wait(w, rc, e);
    if (!rc)
        rc = link_all(w, slow, fast, so, e);
    free(slow);
    free(fast);
    return rc;
}

/* Everything but the SystemVerilog that decides what is built. */
static char *how_built(const struct builder *w)
{
    const char *shim = w->b->shim ? w->b->shim : "cosim_shim.cpp";
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);

    fprintf(f, "%s|%s|%s|%s|", w->tools, w->b->level, w->unroll, rtl_library_text(shim));
    for (unsigned i = 0; i < N_VERILATOR_FLAGS; i++)
        fprintf(f, "%s|", verilator_flags[i]);
    for (unsigned i = 0; i < N_CXX_FLAGS; i++)
        fprintf(f, "%s|", cxx_flags[i]);
    mem_text_close(f, &text);
    return text;
}

/* From the cache, or built and put there. */
static enum err_code find_or_build(struct builder *w, const char *so, struct err *e)
{
    const char *cache = w->b->cache_dir;
    char *how, key[65];
    enum err_code rc;

    if (!cache)
        return build_chip(w, so, e);
    how = how_built(w);
    rc = build_cache_key(w->b->rtl_dir, how, key, e);
    free(how);
    if (rc || build_cache_get(cache, key, so))
        return rc;
    if (!(rc = build_chip(w, so, e)))
        build_cache_put(cache, key, so);
    return rc;
}

enum err_code cosim_build(const struct cosim_build *b, struct loop *l, char **so, struct err *e)
{
    const char *suffix = b->trace ? "_trace" : "";
    struct builder w = {.b = b, .l = l, .obj = mem_printf("%s/obj%s", b->work_dir, suffix)};
    char *path = mem_printf("%s/chip%s.so", b->work_dir, suffix);
    enum err_code rc;

    uint32_t unroll = (b->copies + UNROLL_GENERATE - 1) / UNROLL_GENERATE;

    *so = NULL;
    snprintf(w.unroll, sizeof w.unroll, "%" PRIu32, unroll > LEAST_UNROLL ? unroll : LEAST_UNROLL);
    if (!(rc = find_runtime(&w, e)))
        rc = find_or_build(&w, path, e);
    if (!rc)
        *so = path;
    else
        free(path);
    free(w.obj);
    free(w.root);
    free(w.runtime);
    free(w.tools);
    return rc;
}
