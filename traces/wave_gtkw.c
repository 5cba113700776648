/* SPDX-License-Identifier: Apache-2.0 */
/* Waveforms of the model and the RTL in one file, and how GTKWave lays them out. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/wave_impl.h"

#define MODEL_SCOPE "model"
#define RTL_SCOPE   "chip.autorac_top"
static const char definitions_end[] = "$enddefinitions $end\n";
enum { RTL_PERIOD_PS = 10 }; /* rtlgen/cosim_shim.cpp: edge c at 10 c */

/* What belongs together: the model's signal of a unit, and the RTL's in the unit's scope or the one
 * of its network interface. */
static const struct {
    const char *model, *rtl_scope, *rtl;
} rows[] = {
    {"busy", "u_ni", "state"},
    {"request[31:0]", "u_ni", "started"},
    {"operand", "u_ni", "arrived"},
    {"operand_edge[7:0]", "u_ni", "rx_edge"},
    {"credit", "u_ni", "credits"},
    {"credit_edge[7:0]", NULL, NULL},
    {"inject", "u_ni", "to_router"},
    {"inject_vc[3:0]", NULL, NULL},
    {"inject_payload[63:0]", NULL, NULL},
    {"eject", "u_ni", "from_router"},
    {"eject_vc[3:0]", NULL, NULL},
    {"eject_payload[63:0]", NULL, NULL},
};
/* Of the unit that has logits. */
static const char *const logit_rows[] = {"logit_valid", "logit[31:0]"};
enum { N_ROWS = sizeof rows / sizeof *rows, N_LOGIT_ROWS = 2, MAX_DEPTH = 64, UNIT_DEPTH = 2 };

/* What the RTL's declarations say. */
struct rtl {
    const char *definitions_end; /* where they end; NULL: they do not */
    size_t longest_id;
    char (*range)[24]; /* (n_units, N_ROWS) of a signal there is: "[1:0]", or " " of one bit; "" */
};

/* ---- the RTL's declarations ---- */

static void take_signal(struct rtl *v, const struct result *r, char scope[][64], int depth,
                        const char *name, const char *range)
{
    if (depth <= UNIT_DEPTH || depth > UNIT_DEPTH + 2)
        return;
    for (uint32_t row = 0; row < N_ROWS; row++) {
        const char *inner = depth == UNIT_DEPTH + 2 ? scope[UNIT_DEPTH + 1] : "";

        if (!rows[row].rtl || strcmp(rows[row].rtl, name) != 0 ||
            strcmp(rows[row].rtl_scope, inner) != 0)
            continue;
        for (uint32_t u = 0; u < r->n_units; u++)
            if (!strcmp(r->unit_name[u], scope[UNIT_DEPTH]))
                snprintf(v->range[u * N_ROWS + row], sizeof *v->range, "%s", range);
    }
}

static void read_declarations(struct rtl *v, const struct result *r, const char *text)
{
    char scope[MAX_DEPTH][64], id[32], name[128], range[24];
    int depth = 0;

    *v = (struct rtl){.definitions_end = strstr(text, definitions_end)};
    v->range = mem_alloc((size_t)r->n_units * N_ROWS, sizeof *v->range);
    for (const char *line = text; v->definitions_end && line < v->definitions_end; line++) {
        line += strspn(line, " ");
        if (depth < MAX_DEPTH && sscanf(line, "$scope %*s %63s", scope[depth]) == 1)
            depth++;
        else if (!strncmp(line, "$upscope", 8) && depth)
            depth--;
        else if (sscanf(line, "$var %*s %*u %31s %127s %23s", id, name, range) == 3) {
            v->longest_id = strlen(id) > v->longest_id ? strlen(id) : v->longest_id;
            take_signal(v, r, scope, depth, name, range[0] == '[' ? range : " ");
        }
        line += strcspn(line, "\n");
    }
}

/* ---- both in one file ---- */

/* A time stamp and what follows it. */
struct part {
    const char *at; /* at '#', or at the end */
};

static const char *next_stamp(const char *at)
{
    const char *stamp = strstr(at, "\n#");

    return stamp ? stamp + 1 : at + strlen(at);
}

static uint64_t part_time(const struct part *p)
{
    return *p->at ? strtoull(p->at + 1, NULL, 10) : UINT64_MAX;
}

static void part_copy(struct part *p, FILE *f)
{
    const char *from = strchr(p->at, '\n'), *end = next_stamp(p->at);

    if (from)
        fwrite(from + 1, 1, (size_t)(end - from - 1), f);
    p->at = end;
}

static void merge(FILE *f, struct part a, struct part b)
{
    while (*a.at || *b.at) {
        uint64_t ta = part_time(&a), tb = part_time(&b);

        fprintf(f, "#%" PRIu64 "\n", ta < tb ? ta : tb);
        if (ta <= tb)
            part_copy(&a, f);
        if (tb <= ta)
            part_copy(&b, f);
    }
}

static uint64_t last_time(struct part p)
{
    uint64_t t = 0;

    for (; *p.at; p.at = next_stamp(p.at))
        t = part_time(&p);
    return t;
}

/* Changes of the model over the cycles that the RTL's waveform has; from malloc. */
static char *model_changes(const struct result *r, const char *mark, struct part rtl)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);

    vcd_changes(f, r,
                &(struct vcd_range){.mark = mark,
                                    .period_ps = RTL_PERIOD_PS,
                                    .from_cycle = part_time(&rtl) / RTL_PERIOD_PS,
                                    .to_cycle = last_time(rtl) / RTL_PERIOD_PS});
    mem_text_close(f, &text);
    return text;
}

enum err_code wave_join(FILE *f, const struct result *r, const char *rtl, struct err *e)
{
    struct part body;
    struct rtl v;
    char *mark, *model;

    read_declarations(&v, r, rtl);
    free(v.range);
    if (!v.definitions_end)
        return err_set(e, ERR_CONFIG, "not a VCD file: its declarations do not end");
    body.at = next_stamp(v.definitions_end);
    mark = mem_alloc(v.longest_id + 1, 1); /* longer than any of the RTL's */
    memset(mark, '~', v.longest_id);
    model = model_changes(r, mark, body);
    fwrite(rtl, 1, (size_t)(v.definitions_end - rtl), f);
    vcd_declare(f, r, MODEL_SCOPE, mark);
    fputs(definitions_end, f);
    merge(f, body, (struct part){model});
    free(model);
    free(mark);
    return ERR_OK;
}

/* ---- the save file ---- */

enum { FLAG_HEX = 0x22, FLAG_BIT = 0x28, FLAG_TEXT = 0x200 };

static void put_signal(FILE *f, const char *alias, const char *path)
{
    size_t n = strlen(path);

    fprintf(f, "@%x\n+{%s} %s\n", n && path[n - 1] == ']' ? FLAG_HEX : FLAG_BIT, alias, path);
}

static void put_model(FILE *f, const char *scope, const char *unit, const char *signal)
{
    char *path = mem_printf("%s.%s.%s", scope, unit, signal);
    char *alias = mem_printf("model %.*s", (int)strcspn(signal, "["), signal);

    put_signal(f, alias, path);
    free(alias);
    free(path);
}

static void put_unit(FILE *f, const struct result *r, uint32_t u, const struct rtl *v, bool logits)
{
    const char *scope = v ? MODEL_SCOPE : "autorac_top", *unit = r->unit_name[u];

    fprintf(f, "@%x\n-%s\n", FLAG_TEXT, unit);
    for (uint32_t i = 0; i < N_ROWS; i++) {
        const char *range = v ? v->range[u * N_ROWS + i] : "";

        put_model(f, scope, unit, rows[i].model);
        if (*range) {
            char *path = mem_printf("%s.%s.%s.%s%s", RTL_SCOPE, unit, rows[i].rtl_scope,
                                    rows[i].rtl, *range == '[' ? range : "");
            char *alias = mem_printf("RTL   %s", rows[i].rtl);

            put_signal(f, alias, path);
            free(alias);
            free(path);
        }
    }
    for (uint32_t i = 0; logits && i < N_LOGIT_ROWS; i++)
        put_model(f, scope, unit, logit_rows[i]);
}

void wave_gtkw(FILE *f, const struct result *r, const char *vcd, const char *rtl,
               uint64_t marker_cycle)
{
    double period_ps = rtl ? RTL_PERIOD_PS : 1e12 / r->clock_hz; /* shown some 40 pixels wide */
    uint32_t *kinds = mem_alloc(r->n_units + 1, sizeof *kinds);
    double marker_ps = round((double)marker_cycle * period_ps);
    struct rtl v = {0};

    if (rtl)
        read_declarations(&v, r, rtl);
    for (uint64_t i = 0; i < r->events->n; i++)
        kinds[r->events->at[i].unit] |= 1u << r->events->at[i].kind;
    fprintf(f,
            "[*] AutoRAC: gtkwave FILE.vcd FILE.gtkw\n[dumpfile] \"%s\"\n[timestart] %.0f\n"
            "[size] 1600 1000\n[pos] -1 -1\n*%.6f %.0f",
            vcd, marker_ps > 10 * period_ps ? marker_ps - 10 * period_ps : 0,
            1 - log2(4 * period_ps), marker_ps);
    for (int i = 0; i < 26; i++) /* named markers: none */
        fputs(" -1", f);
    fprintf(f, "\n[sst_width] 240\n[signals_width] 260\n[sst_expanded] 1\n");
    for (uint32_t u = 0; u < r->n_units; u++)
        if (kinds[u])
            put_unit(f, r, u, rtl ? &v : NULL, kinds[u] >> EVENT_LOGIT & 1);
    free(kinds);
    free(v.range);
}
