/* SPDX-License-Identifier: Apache-2.0 */
#include "rtlgen/gen.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/counts.h"
#include "rtlgen/gen_parts.h"
#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

const char *rtl_library_text(const char *name)
{
    for (size_t i = 0; i < rtl_library_n; i++)
        if (strcmp(rtl_library[i].name, name) == 0)
            return rtl_library[i].text;
    assert(false && "a library file of that name");
    return NULL;
}

/* The shims are for co-simulation; everything else is part of a directory. */
static bool is_shim(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && strcmp(dot, ".cpp") == 0;
}

bool rtl_is_module(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && strcmp(dot, ".sv") == 0;
}

/* ---- what the RTL's ports can hold ---- */

struct field {
    const char *what;
    uint64_t value;
    uint32_t bits;
};

static enum err_code check_fields(const char *unit, const struct field *f, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (f[i].value >> f[i].bits)
            return err_set(e, ERR_CONFIG,
                           "unit %s: %s: %" PRIu64 " takes more than the RTL's %" PRIu32 " bits",
                           unit, f[i].what, f[i].value, f[i].bits);
    return ERR_OK;
}
#define CHECK_FIELDS(unit, e, ...)                                                                 \
    check_fields(unit, (const struct field[]){__VA_ARGS__},                                        \
                 sizeof(struct field[]){__VA_ARGS__} / sizeof(struct field), e)

static enum err_code check_edges(const struct plan_unit *u, struct err *e)
{
    enum err_code rc = ERR_OK;
    uint64_t n_elements = 0;

    for (uint32_t i = 0; i < u->n_in && !rc; i++) {
        const struct plan_in *in = &u->in[i];

        n_elements += plan_is_due(in->due, 0) ? in->n_elements : 0;
        rc = CHECK_FIELDS(u->name, e, {"words of an operand", in->n_words, 16},
                          {"elements of an operand", in->n_elements, 20},
                          {"words of a ring", (uint64_t)in->n_words * in->n_slots, 24},
                          {"place of a ring", in->base_word, 24});
    }
    for (uint32_t i = 0; i < u->n_out && !rc; i++) {
        const struct plan_out *out = &u->out[i];

        rc = CHECK_FIELDS(u->name, e, {"flits of a packet", (uint64_t)out->n_words + 1, 16},
                          {"slots of an edge", out->n_slots, 8},
                          {"place in the output register", out->first_word, 16});
    }
    return rc ? rc : CHECK_FIELDS(u->name, e, {"elements of all operands", n_elements, 20});
}

static enum err_code check_unit(const struct plan_unit *u, struct err *e)
{
    enum err_code rc = check_edges(u, e);

    if (!rc && u->kind == UNIT_MVM)
        rc = CHECK_FIELDS(u->name, e, {"inputs", u->mvm.k, 16}, {"outputs", u->mvm.m, 16},
                          {"vectors", u->mvm.n_vec, 16},
                          {"crossbars", (uint64_t)u->mvm.copies * u->mvm.n_rb * u->mvm.n_cb, 16},
                          {"partial sums", u->mvm.n_partial, 8}, {"copies", u->mvm.copies, 8},
                          {"cycles of a read", u->mvm.read_cycles, 16},
                          {"cycles of a conversion", u->mvm.conv_cycles, 16});
    if (!rc && u->kind == UNIT_EMB)
        rc = CHECK_FIELDS(u->name, e, {"words of an operand", u->emb.n_words, 16},
                          {"rows (tables too large for a simulator's memory)", u->emb.n_rows, 22},
                          {"hot rows", u->emb.hot_sets, 16},
                          {"bits of a converter", u->emb.pool_bits, 4},
                          {"cycles of a row", u->emb.row_cycles, 16},
                          {"cycles of pooled rows", u->emb.pool_cycles, 16});
    if (!rc && u->kind == UNIT_INT)
        rc = CHECK_FIELDS(u->name, e, {"rows", u->dyn.rows, 16}, {"columns", u->dyn.dim, 16},
                          {"outputs", u->dyn.n_out, 16});
    return rc;
}

static enum err_code check_plan(const struct plan *p, struct err *e)
{
    enum err_code rc = ERR_OK;

    if (!p->workload->n_requests)
        return err_set(e, ERR_CONFIG, "workload %s has no requests", p->workload->name);
    for (uint32_t i = 0; i < p->n_units && !rc; i++)
        rc = check_unit(&p->unit[i], e);
    return rc;
}

/* ---- files ---- */

static enum err_code write_library(const char *dir, const struct rtl_fault *fault, struct err *e)
{
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < rtl_library_n && !rc; i++) {
        const struct rtl_file *lib = &rtl_library[i];
        char *broken = NULL;

        if (is_shim(lib->name))
            continue;
        if (fault && strcmp(fault->file, lib->name) == 0)
            rc = rtl_fault_apply(fault, lib->text, &broken, e);
        if (!rc)
            rc = file_write_text(dir, lib->name, broken ? broken : lib->text, e);
        free(broken);
    }
    return rc;
}

static void write_counts(FILE *f, const struct plan *p, const struct unit_counts *counts)
{
    for (uint32_t u = 0; u < p->n_units; u++)
        for (enum rtl_count k = 0; k < RTL_N_COUNTS; k++) {
            uint64_t n = rtl_count_model(&counts[u], k);

            if (n)
                fprintf(f, "COUNT %" PRIu32 " %" PRIu32 " %d %" PRIu64 "\n", p->unit[u].node,
                        p->unit[u].context, (int)k, n);
        }
}

/* What the test bench must print: events in canonical order, then counts, added up. */
static enum err_code write_expected(const char *dir, const struct plan *p, const struct chip *c,
                                    struct err *e)
{
    const struct event_log *l = chip_events(c);
    char *path = mem_printf("%s/expected.txt", dir);
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    free(path);
    if (rc)
        return rc;
    for (uint64_t i = 0; i < l->n; i++) {
        const struct event *ev = &l->at[i];

        fprintf(o.f, "EVENT %" PRIu64 " %u %u %" PRIu32 " %" PRIx64 "\n", ev->cycle,
                (unsigned)ev->unit, (unsigned)ev->kind, ev->index, ev->value);
    }
    write_counts(o.f, p, chip_counts(c, 0));
    return file_commit(&o, e);
}

struct part {
    const char *name;
    void (*write)(FILE *f, const struct plan *p, const char *command);
};

static void file_list(FILE *f, const struct plan *p, const char *command)
{
    (void)p;
    (void)command;
    fprintf(f, "+incdir+.\n");
    for (size_t i = 0; i < rtl_library_n; i++)
        if (rtl_is_module(rtl_library[i].name))
            fprintf(f, "%s\n", rtl_library[i].name);
    fprintf(f, "autorac_top.sv\n");
}

static enum err_code write_parts(const struct plan *p, const char *dir, const char *command,
                                 const struct rtl_fault *fault, struct err *e)
{
    static const struct part parts[] = {
        {"autorac_top.sv", gen_top},
        {"autorac_images.svh", gen_image_loader},
        {"tb.sv", gen_testbench},
        {"files.f", file_list},
    };
    char *text = NULL;
    size_t n = 0;
    FILE *f;
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < sizeof parts / sizeof *parts && !rc; i++) {
        f = mem_text_open(&text, &n);
        parts[i].write(f, p, command);
        mem_text_close(f, &text);
        rc = file_write_text(dir, parts[i].name, text, e);
        free(text);
    }
    if (rc)
        return rc;
    f = mem_text_open(&text, &n);
    gen_readme(f, p, command, fault ? fault->name : NULL);
    mem_text_close(f, &text);
    rc = file_write_text(dir, "README.txt", text, e);
    free(text);
    return rc;
}

enum err_code rtl_generate(const struct plan *p, const char *dir, const struct rtl_options *o,
                           struct err *e)
{
    const struct rtl_fault *fault = NULL;
    const char *command = o && o->command ? o->command : "autorac rtl";
    char *images;
    enum err_code rc;

    if (o && o->fault && !(fault = rtl_fault_find(o->fault)))
        return err_set(e, ERR_CONFIG, "no fault is called \"%s\"", o->fault);
    if ((rc = check_plan(p, e)))
        return rc;
    images = mem_printf("%s/images", dir);
    rc = file_mkdirs(images, e);
    free(images);
    if (rc || (rc = write_library(dir, fault, e)) ||
        (rc = write_parts(p, dir, command, fault, e)) || (rc = gen_images(p, dir, e)) ||
        (o && o->expected && (rc = write_expected(dir, p, o->expected, e))))
        return err_wrap(e, "generating %s", dir);
    return ERR_OK;
}
