/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/count.h"
#include "arch/emb.h"
#include "arch/tile_impl.h"
#include "sim/base/mem.h"

/* The chip's number of its request q. */
static uint32_t chip_request(const struct plan_unit *u, uint64_t q)
{
    return (uint32_t)q * u->n_replicas + u->replica;
}

static bool is_selected(const struct tile *t, const struct event *ev)
{
    struct event by_request = *ev;

    if (ev->kind == EVENT_OPERAND) {
        const struct plan_unit *u = t->context[t->in[ev->index].context].u;
        struct plan_due due = t->pt->in[ev->index].due;

        by_request.value = chip_request(u, ev->value * (due.mask + 1u) + due.phase);
    }
    return event_selected(t->w->select, &by_request);
}

void tile_record(struct tile *t, uint64_t cycle, enum event_kind kind, uint32_t index,
                 uint64_t value)
{
    struct tile_world *w = t->w;

    if (cycle > w->last_cycle)
        w->last_cycle = cycle;
    if (w->log && (!w->select || w->select->kinds >> kind & 1)) {
        const struct event ev = {.cycle = cycle,
                                 .value = value,
                                 .index = index,
                                 .unit = (uint16_t)t->node,
                                 .kind = (uint16_t)kind};

        if (!w->select || is_selected(t, &ev))
            event_log_add(w->log, &ev);
    }
}

static void tile_issue(void *self, uint64_t now_cycles, uint64_t arg);

void tile_wake(struct tile *t, uint64_t at_cycles)
{
    uint8_t slot = (uint8_t)(1u << (at_cycles & 3));

    if (t->scheduled & slot)
        return;
    t->scheduled |= slot;
    sim_at(t->w->sim, at_cycles, SIM_ISSUE, tile_issue, t, 0);
}

/* ---- receive ---- */

static void take_logit(struct tile *t, uint64_t now_cycles, uint64_t request, uint64_t word)
{
    struct tile_world *w = t->w;
    int32_t logit = (int32_t)(uint32_t)word;

    w->logit[request] = logit;
    w->finish_cycle[request] = now_cycles;
    w->n_done++;
    tile_record(t, now_cycles, EVENT_LOGIT, (uint32_t)request, (uint64_t)(int64_t)logit);
}

static void tile_operand(void *self, uint64_t now_cycles, uint64_t edge)
{
    struct tile *t = self;
    struct in_edge *in = &t->in[edge];
    struct context *c = &t->context[in->context];
    const struct plan_in *pi = &t->pt->in[edge];
    uint64_t request = in->n_received++;

    tile_record(t, now_cycles, EVENT_OPERAND, (uint32_t)edge, request);
    if (c->u->kind == UNIT_IO) {
        take_logit(t, now_cycles, request, t->buffer[pi->base_word + in->read * pi->n_words]);
        tile_owe_credit(t, (uint32_t)edge);
    } else if (!in->full++ && plan_is_due(pi->due, c->n_finished)) {
        c->n_missing--;
    }
    tile_wake(t, now_cycles);
}

static void tile_credit(void *self, uint64_t now_cycles, uint64_t edge)
{
    struct tile *t = self;

    t->credits[edge]++;
    assert(t->credits[edge] <= t->pt->out[edge].n_slots);
    tile_record(t, now_cycles, EVENT_CREDIT, (uint32_t)edge, 0);
    for (uint32_t k = 0; k < t->pt->n_contexts; k++)
        if (t->context[k].stall_credit) {
            tile_wake(t, now_cycles);
            return;
        }
}

void tile_eject(struct tile *t, uint64_t at_cycles, const struct flit *f)
{
    uint32_t edge;

    tile_record(t, at_cycles, EVENT_EJECT, f->vc, f->payload);
    if (f->head && flit_is_credit(f->payload)) {
        sim_at(t->w->sim, at_cycles, SIM_DELIVER, tile_credit, t, flit_edge(f->payload));
        return;
    }
    if (f->head) {
        t->rx_edge[f->vc] = (uint16_t)flit_edge(f->payload);
        t->rx_word[f->vc] = 0;
        return;
    }
    edge = t->rx_edge[f->vc];
    struct in_edge *in = &t->in[edge];
    const struct plan_in *pi = &t->pt->in[edge];

    assert(t->rx_word[f->vc] < pi->n_words);
    t->buffer[pi->base_word + in->fill * pi->n_words + t->rx_word[f->vc]++] = f->payload;
    if (f->tail) {
        in->fill = in->fill + 1 == pi->n_slots ? 0 : in->fill + 1;
        sim_at(t->w->sim, at_cycles, SIM_DELIVER, tile_operand, t, edge);
    }
}

/* ---- engine ---- */

/* In-edges due for the next start whose operand is not there. */
static void count_missing(struct tile *t, struct context *c)
{
    c->n_missing = 0;
    for (uint32_t i = 0; c->u->kind != UNIT_IO && i < c->u->n_in; i++)
        c->n_missing +=
            plan_is_due(c->u->in[i].due, c->n_finished) && !t->in[c->u->in_first + i].full;
}

static void tile_finish(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct tile *t = self;
    struct context *c = &t->context[t->running];

    (void)arg;
    tile_record(t, now_cycles, EVENT_FINISH, chip_request(c->u, c->n_finished), c->u->context);
    c->n_finished++;
    count_add(&c->counts, &c->per_request, 1);
    c->counts.busy_cycles += now_cycles - t->start_cycle - c->per_request.busy_cycles;
    t->busy = false;
    c->out_full++;
    c->out_fill = c->out_fill + 1 == t->w->plan->output_slots ? 0 : c->out_fill + 1;
    count_missing(t, c);
    tile_wake(t, now_cycles);
}

/* The operand is in the input register: the result goes where the finish will make it visible. */
static uint64_t compute(struct tile *t, struct context *c)
{
    const struct plan_unit *u = c->u;
    const struct plan *p = t->w->plan;
    uint64_t *reg = c->reg + (size_t)c->out_fill * c->reg_words;
    uint64_t cycles = u->comp_cycles;

    if (u->kind == UNIT_IO) {
        plan_io_record(p, (uint32_t)c->n_finished, reg);
        return cycles;
    }
    unit_compute(t->w->exec, u->index, c->operand, c->result, &c->counts.n_clipped);
    tile_pack(c->result, u->out_elements, p->flit_bits, u->out_pack_bits, reg);
    if (u->kind == UNIT_EMB)
        cycles = emb_run(c->emb, (const uint32_t *)(const void *)c->operand, &c->counts);
    return cycles;
}

static void tile_loaded(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct tile *t = self;
    struct context *c = &t->context[t->running];
    const struct plan_unit *u = c->u;
    uint32_t n = 0;

    (void)arg;
    for (uint32_t i = 0; u->kind != UNIT_IO && i < u->n_in; i++) {
        const struct plan_in *pi = &u->in[i];
        struct in_edge *in = &t->in[u->in_first + i];

        if (!plan_is_due(pi->due, c->n_finished))
            continue;
        tile_unpack(t->buffer + pi->base_word + (size_t)in->read * pi->n_words,
                    t->w->plan->flit_bits, pi->pack_bits, pi->n_elements, c->operand + n);
        n += pi->pack_bits == 32 ? 4 * pi->n_elements : pi->n_elements;
        in->full--;
        tile_owe_credit(t, u->in_first + i);
    }
    sim_at(t->w->sim, now_cycles + compute(t, c), SIM_RETIRE, tile_finish, t, 0);
    if (u->kind != UNIT_IO)
        tile_wake(t, now_cycles);
}

static void tile_arrival(void *self, uint64_t now_cycles, uint64_t arg)
{
    (void)arg;
    tile_wake(self, now_cycles);
}

/* I/O: whether the next request has arrived by now; if it will later, the tile is woken then. */
static bool has_request(struct tile *t, const struct context *c, uint64_t now_cycles)
{
    uint64_t r = c->n_started, at = r * c->u->io.interval_cycles;

    if (at <= now_cycles)
        return true;
    if (t->armed <= r) {
        t->armed = r + 1;
        sim_at(t->w->sim, at, SIM_RETIRE, tile_arrival, t, 0);
    }
    return false;
}

/* Whether the idle engine could run it; if not, c->wait says why: nothing to do is not a stall. */
static bool may_start(struct tile *t, struct context *c, uint64_t now_cycles)
{
    if (c->n_started == c->n_requests)
        return false;
    if (c->u->kind == UNIT_IO && !has_request(t, c, now_cycles))
        return false;
    if (c->n_missing)
        c->wait = WAIT_OPERAND;
    else if (c->out_used == t->w->plan->output_slots)
        c->wait = WAIT_OUTPUT;
    return c->wait == WAIT_NOTHING;
}

static void start(struct tile *t, struct context *c, uint64_t now_cycles)
{
    uint64_t s = now_cycles + 1;

    tile_record(t, s, EVENT_START, chip_request(c->u, c->n_started), c->u->context);
    if (c->u->kind == UNIT_IO)
        t->w->start_cycle[c->n_started] = s;
    c->n_started++;
    c->out_used++;
    t->busy = true;
    t->running = c->u->context;
    t->next_start = t->running + 1 == t->pt->n_contexts ? 0 : t->running + 1;
    t->start_cycle = s;
    sim_at(t->w->sim, s + c->u->load_cycles, SIM_RETIRE, tile_loaded, t, 0);
}

static void decide_start(struct tile *t, uint64_t now_cycles)
{
    struct context *chosen = NULL;

    for (uint32_t k = 0, i = t->next_start; k < t->pt->n_contexts; k++) {
        struct context *c = &t->context[i];

        i = i + 1 == t->pt->n_contexts ? 0 : i + 1;
        c->wait = WAIT_NOTHING;
        if (!t->busy && may_start(t, c, now_cycles) && !chosen)
            chosen = c;
    }
    if (chosen)
        start(t, chosen, now_cycles);
}

/* The cycles since the last decision were like its outcome: anything that changes it wakes the
 * tile. */
static void account(struct tile *t, uint64_t now_cycles)
{
    uint64_t n = now_cycles - t->since;

    for (uint32_t k = 0; k < t->pt->n_contexts; k++) {
        struct context *c = &t->context[k];

        if (c->wait == WAIT_OPERAND)
            c->counts.stall_operand_cycles += n;
        else if (c->wait == WAIT_OUTPUT)
            c->counts.stall_output_cycles += n;
        c->counts.stall_credit_cycles += c->stall_credit ? n : 0;
        c->counts.stall_inject_cycles += c->stall_inject ? n : 0;
    }
    t->since = now_cycles;
}

static void tile_issue(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct tile *t = self;

    (void)arg;
    t->scheduled &= (uint8_t) ~(1u << (now_cycles & 3));
    account(t, now_cycles);
    decide_start(t, now_cycles); /* first: it must not see the register that transmit frees */
    if (tile_transmit(t, now_cycles))
        tile_wake(t, now_cycles + 1);
}

/* ---- life ---- */

static void context_init(struct tile *t, struct context *c, const struct plan_unit *u)
{
    const struct plan *p = t->w->plan;
    size_t n_bytes = 0;

    c->u = u;
    c->n_requests = plan_n_requests(p, u);
    for (uint32_t i = 0; i < u->n_in; i++) {
        n_bytes += u->in[i].n_elements * (u->in[i].pack_bits == 32 ? 4u : 1u);
        t->in[u->in_first + i].context = u->context;
    }
    c->operand = mem_alloc(n_bytes, 1);
    c->result = mem_alloc(u->out_elements, 1);
    c->reg_words = u->kind == UNIT_IO ? u->io.record_words : u->out_words;
    c->reg = mem_alloc((size_t)p->output_slots * c->reg_words, sizeof *c->reg);
    c->tx_edge = tile_next_due(u, 0, 0);
    count_missing(t, c);
    count_unit(p, u->index, &c->per_request);
    if (u->kind == UNIT_EMB)
        c->emb = emb_new(&u->emb);
}

struct tile *tile_new(struct tile_world *w, uint32_t node)
{
    const struct plan *p = w->plan;
    const struct plan_tile *pt = &p->tile[node];
    struct tile *t = mem_alloc(1, sizeof *t);

    t->w = w;
    t->pt = pt;
    t->node = node;
    t->in = mem_alloc(pt->n_in, sizeof *t->in);
    t->n_pending_words = (pt->n_in + 63) / 64;
    t->buffer = mem_alloc(pt->buffer_words, sizeof *t->buffer);
    t->credits = mem_alloc(pt->n_out, sizeof *t->credits);
    t->place =
        mem_alloc((size_t)p->n_vcs * p->buffer_flits, sizeof *t->place); /* all free from 0 */
    for (uint32_t e = 0; e < pt->n_out; e++)
        t->credits[e] = pt->out[e].n_slots;
    t->context = mem_alloc(pt->n_contexts, sizeof *t->context);
    for (uint32_t k = 0; k < pt->n_contexts; k++)
        context_init(t, &t->context[k], &p->unit[pt->unit[k]]);
    tile_wake(t, sim_now(w->sim));
    return t;
}

void tile_free(struct tile *t)
{
    if (!t)
        return;
    for (uint32_t k = 0; k < t->pt->n_contexts; k++) {
        emb_free(t->context[k].emb);
        free(t->context[k].operand);
        free(t->context[k].result);
        free(t->context[k].reg);
    }
    free(t->context);
    free(t->in);
    free(t->buffer);
    free(t->credits);
    free(t->place);
    free(t);
}

const struct unit_counts *tile_counts(const struct tile *t, uint32_t context)
{
    return &t->context[context].counts;
}

static void context_waits(const struct tile *t, const struct context *c, char *text, size_t size)
{
    const struct plan_unit *unit = t->w->plan->unit, *u = c->u;

    text[0] = '\0';
    if (c->stall_credit)
        snprintf(text, size, "%s waits for a slot at %s (out-edge %u)", u->name,
                 unit[u->out[c->tx_edge].dst_unit].name, u->out_edge_first + c->tx_edge);
    else if (c->stall_inject)
        snprintf(text, size, "%s waits for its router's local buffer", u->name);
    else if (c->wait == WAIT_OUTPUT)
        snprintf(text, size, "%s waits for an output register", u->name);
    else if (c->wait == WAIT_OPERAND)
        for (uint32_t i = 0; i < u->n_in; i++) {
            const struct in_edge *in = &t->in[u->in_first + i];

            if (in->full || !plan_is_due(u->in[i].due, c->n_started))
                continue;
            snprintf(text, size, "%s waits for an operand from %s (in-edge %u, request %llu)",
                     u->name, unit[u->in[i].src_unit].name, u->in_first + i,
                     (unsigned long long)in->n_received);
            return;
        }
}

void tile_waits(const struct tile *t, char *text, size_t size)
{
    text[0] = '\0';
    for (uint32_t k = 0; k < t->pt->n_contexts && !text[0]; k++)
        context_waits(t, &t->context[k], text, size);
}
