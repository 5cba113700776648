/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/wave_impl.h"

/* The signals of a unit, in the order of their declaration. A pulse lasts one cycle. */
enum signal {
    BUSY,
    REQUEST,
    OPERAND,
    OPERAND_EDGE,
    CREDIT,
    CREDIT_EDGE,
    INJECT,
    INJECT_VC,
    INJECT_PAYLOAD,
    EJECT,
    EJECT_VC,
    EJECT_PAYLOAD,
    LOGIT_VALID,
    LOGIT,
    N_SIGNALS,
};

static const struct {
    const char *name;
    uint32_t bits;
    const char *range;
} signals[N_SIGNALS] = {
    [BUSY] = {"busy", 1, ""},
    [REQUEST] = {"request", 32, " [31:0]"},
    [OPERAND] = {"operand", 1, ""},
    [OPERAND_EDGE] = {"operand_edge", 8, " [7:0]"},
    [CREDIT] = {"credit", 1, ""},
    [CREDIT_EDGE] = {"credit_edge", 8, " [7:0]"},
    [INJECT] = {"inject", 1, ""},
    [INJECT_VC] = {"inject_vc", 4, " [3:0]"},
    [INJECT_PAYLOAD] = {"inject_payload", 64, " [63:0]"},
    [EJECT] = {"eject", 1, ""},
    [EJECT_VC] = {"eject_vc", 4, " [3:0]"},
    [EJECT_PAYLOAD] = {"eject_payload", 64, " [63:0]"},
    [LOGIT_VALID] = {"logit_valid", 1, ""},
    [LOGIT] = {"logit", 32, " [31:0]"},
};

struct vcd {
    FILE *f;
    const char *mark; /* what its identifiers begin with */
    double period_ps;
    uint64_t cycle;    /* whose time stamp was written last; UINT64_MAX: none */
    uint32_t *pulse;   /* pulses that are high: unit * N_SIGNALS + signal */
    uint32_t n_pulses; /* at most one of each kind a unit */
    bool *high;        /* (units * N_SIGNALS) */
};

/* Identifier of a signal: printable characters, base 94. */
static const char *code(uint32_t number, char out[8])
{
    char *p = out;

    do {
        *p++ = (char)('!' + number % 94);
        number /= 94;
    } while (number);
    *p = '\0';
    return out;
}

static void at_cycle(struct vcd *v, uint64_t cycle)
{
    if (v->cycle != cycle)
        fprintf(v->f, "#%.0f\n", round((double)cycle * v->period_ps));
    v->cycle = cycle;
}

static void set(struct vcd *v, uint32_t unit, enum signal s, uint64_t value)
{
    uint32_t number = unit * N_SIGNALS + s;
    char id[8], text[65];
    int n = 0;

    if (signals[s].bits == 1) {
        fprintf(v->f, "%d%s%s\n", value != 0, v->mark, code(number, id));
        return;
    }
    for (int bit = (int)signals[s].bits - 1; bit >= 0; bit--)
        if (n || value >> bit & 1 || !bit)
            text[n++] = (char)('0' + (value >> bit & 1));
    text[n] = '\0';
    fprintf(v->f, "b%s %s%s\n", text, v->mark, code(number, id));
}

static void pulse(struct vcd *v, uint32_t unit, enum signal s)
{
    uint32_t number = unit * N_SIGNALS + s;

    if (!v->high[number])
        v->pulse[v->n_pulses++] = number;
    v->high[number] = true;
    set(v, unit, s, 1);
}

/* Before anything of `cycle` is written: pulses of the cycle before end. */
static void advance(struct vcd *v, uint64_t cycle)
{
    if (v->cycle == cycle)
        return;
    if (v->n_pulses)
        at_cycle(v, v->cycle + 1);
    for (uint32_t i = 0; i < v->n_pulses; i++) {
        v->high[v->pulse[i]] = false;
        set(v, v->pulse[i] / N_SIGNALS, (enum signal)(v->pulse[i] % N_SIGNALS), 0);
    }
    v->n_pulses = 0;
    at_cycle(v, cycle);
}

static void on_event(struct vcd *v, const struct event *ev)
{
    uint32_t unit = ev->unit;

    switch ((enum event_kind)ev->kind) {
    case EVENT_START:
    case EVENT_FINISH:
        set(v, unit, BUSY, ev->kind == EVENT_START);
        set(v, unit, REQUEST, ev->index);
        break;
    case EVENT_OPERAND:
        pulse(v, unit, OPERAND);
        set(v, unit, OPERAND_EDGE, ev->index);
        break;
    case EVENT_CREDIT:
        pulse(v, unit, CREDIT);
        set(v, unit, CREDIT_EDGE, ev->index);
        break;
    case EVENT_INJECT:
        pulse(v, unit, INJECT);
        set(v, unit, INJECT_VC, ev->index);
        set(v, unit, INJECT_PAYLOAD, ev->value);
        break;
    case EVENT_EJECT:
        pulse(v, unit, EJECT);
        set(v, unit, EJECT_VC, ev->index);
        set(v, unit, EJECT_PAYLOAD, ev->value);
        break;
    case EVENT_LOGIT:
        pulse(v, unit, LOGIT_VALID);
        set(v, unit, LOGIT, ev->value & UINT32_MAX);
        break;
    case EVENT_N_KINDS:
        break;
    }
}

void vcd_declare(FILE *f, const struct result *r, const char *scope, const char *mark)
{
    char id[8];

    fprintf(f, "$scope module %s $end\n", scope);
    for (uint32_t u = 0; u < r->n_units; u++) {
        fprintf(f, "$scope module %s $end\n", r->unit_name[u]);
        for (uint32_t s = 0; s < N_SIGNALS; s++)
            fprintf(f, "$var wire %u %s%s %s%s $end\n", signals[s].bits, mark,
                    code(u * N_SIGNALS + s, id), signals[s].name, signals[s].range);
        fprintf(f, "$upscope $end\n");
    }
    fprintf(f, "$upscope $end\n");
}

/* The first stamp: no pulses, and engines as the last START or FINISH before left them. Number of
 * the first event that is not before. */
static uint64_t begin(struct vcd *v, const struct result *r, uint64_t from_cycle)
{
    const struct event_log *l = r->events;
    const struct event **engine = mem_alloc(r->n_units, sizeof(const struct event *));
    uint64_t i = 0;

    for (; i < l->n && l->at[i].cycle < from_cycle; i++)
        if (l->at[i].kind <= EVENT_FINISH)
            engine[l->at[i].unit] = &l->at[i];
    at_cycle(v, from_cycle);
    for (uint32_t u = 0; u < r->n_units; u++) {
        for (uint32_t s = 0; s < N_SIGNALS; s++)
            if (signals[s].bits == 1 && !(s == BUSY && engine[u]))
                set(v, u, (enum signal)s, 0);
        if (engine[u])
            on_event(v, engine[u]);
    }
    free(engine);
    return i;
}

void vcd_changes(FILE *f, const struct result *r, const struct vcd_range *w)
{
    size_t n = (size_t)r->n_units * N_SIGNALS;
    struct vcd v = {.f = f, .mark = w->mark, .period_ps = w->period_ps, .cycle = UINT64_MAX};
    const struct event_log *l = r->events;
    uint64_t n_written = 0;

    v.pulse = mem_alloc(n, sizeof *v.pulse);
    v.high = mem_alloc(n, sizeof *v.high);
    for (uint64_t i = begin(&v, r, w->from_cycle); i < l->n && l->at[i].cycle <= w->to_cycle; i++) {
        advance(&v, l->at[i].cycle);
        on_event(&v, &l->at[i]);
        n_written++;
    }
    if (n_written)
        advance(&v, v.cycle + 1);
    free(v.pulse);
    free(v.high);
}

void wave_vcd(FILE *f, const struct result *r)
{
    fprintf(f, "$version AutoRAC $end\n$timescale 1 ps $end\n");
    vcd_declare(f, r, "autorac_top", "");
    fprintf(f, "$enddefinitions $end\n");
    vcd_changes(
        f, r,
        &(struct vcd_range){.mark = "", .period_ps = 1e12 / r->clock_hz, .to_cycle = UINT64_MAX});
}
