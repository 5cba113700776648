/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/tile.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/count.h"
#include "arch/emb.h"
#include "sim/base/mem.h"

static const uint64_t NEVER = UINT64_MAX;

struct in_edge {
    uint32_t fill, read; /* ring slots: next to arrive, next to load */
    uint32_t full;       /* operands complete and not loaded */
    uint32_t pending;    /* slots read whose credit has not left */
    uint64_t n_received;
};

/* Why the engine does not start. */
enum engine_wait { WAIT_NOTHING, WAIT_OPERAND, WAIT_OUTPUT };

struct tile {
    struct tile_world *w;
    const struct plan_unit *u;
    uint8_t scheduled; /* bit mod 4: ISSUE is scheduled for that cycle */

    /* receive */
    uint8_t rx_edge[NOC_MAX_VCS];
    uint32_t rx_word[NOC_MAX_VCS];
    struct in_edge *in;  /* (n_in) */
    uint64_t *buffer;    /* (buffer_words) */
    uint32_t n_missing;  /* in-edges with full = 0 */
    uint64_t pending[4]; /* mask of in-edges with a pending credit */

    /* engine */
    bool busy;
    uint64_t n_started, n_finished, start_cycle;
    uint64_t finish_cycle;     /* EMB: known when the load ends */
    struct emb *emb;           /* EMB only */
    uint64_t armed;            /* I/O: requests whose arrival is scheduled or past */
    uint8_t *operand, *result; /* elements, one byte each (EMB operand: four) */

    /* output registers and transmit */
    uint32_t reg_words, out_used, out_full, out_fill, out_read;
    uint64_t *reg;             /* (output_slots, reg_words) */
    uint32_t tx_edge, tx_word; /* next flit; word 0 is the head */
    uint32_t *credits;         /* (n_out) */
    uint64_t *place; /* (n_vcs, buffer_flits) rings: cycle from which each place of the router's
                      * local buffer may be taken, NEVER while it is taken */
    uint8_t place_first[NOC_MAX_VCS], place_next[NOC_MAX_VCS];
    uint32_t place_wait; /* mask of VCs whose place, when it returns, must wake the tile */

    /* what the cycles from `since` on count as */
    uint64_t since;
    enum engine_wait engine_wait;
    bool stall_credit, stall_inject;

    struct unit_counts per_request, counts;
};

static void record(struct tile *t, uint64_t cycle, enum event_kind kind, uint32_t index,
                   uint64_t value)
{
    struct tile_world *w = t->w;

    if (cycle > w->last_cycle)
        w->last_cycle = cycle;
    if (w->log && (!w->select || w->select->kinds >> kind & 1)) {
        const struct event ev = {.cycle = cycle,
                                 .value = value,
                                 .index = index,
                                 .unit = (uint16_t)t->u->node,
                                 .kind = (uint16_t)kind};

        if (!w->select || event_selected(w->select, &ev))
            event_log_add(w->log, &ev);
    }
}

static void tile_issue(void *self, uint64_t now_cycles, uint64_t arg);

/* at_cycles: at most 3 from now. */
static void wake(struct tile *t, uint64_t at_cycles)
{
    uint8_t slot = (uint8_t)(1u << (at_cycles & 3));

    if (t->scheduled & slot)
        return;
    t->scheduled |= slot;
    sim_at(t->w->sim, at_cycles, SIM_ISSUE, tile_issue, t, 0);
}

/* ---- elements and words ---- */

void tile_unpack(const uint64_t *words, uint32_t flit_bits, uint32_t pack_bits, uint32_t n_elements,
                 uint8_t *elements)
{
    uint32_t per = flit_bits / pack_bits;

    if (pack_bits == 32) {
        for (uint32_t i = 0; i < n_elements; i++) {
            uint32_t index = (uint32_t)(words[i / per] >> i % per * 32);

            memcpy(elements + 4 * (size_t)i, &index, sizeof index);
        }
        return;
    }
    for (uint32_t i = 0; i < n_elements; words++) {
        uint64_t word = *words;

        for (uint32_t k = 0; k < per && i < n_elements; k++, word >>= pack_bits)
            elements[i++] = (uint8_t)(word & ((1u << pack_bits) - 1));
    }
}

void tile_pack(const uint8_t *elements, uint32_t n_elements, uint32_t flit_bits, uint32_t pack_bits,
               uint64_t *words)
{
    uint32_t per = flit_bits / pack_bits;

    for (uint32_t i = 0; i < n_elements; words++) {
        uint64_t word = 0;

        for (uint32_t k = 0; k < per && i < n_elements; k++)
            word |= (uint64_t)elements[i++] << k * pack_bits;
        *words = word;
    }
}

/* ---- receive ---- */

static void take_logit(struct tile *t, uint64_t now_cycles, uint64_t request, uint64_t word)
{
    struct tile_world *w = t->w;
    int32_t logit = (int32_t)(uint32_t)word;

    w->logit[request] = logit;
    w->finish_cycle[request] = now_cycles;
    w->n_done++;
    record(t, now_cycles, EVENT_LOGIT, (uint32_t)request, (uint64_t)(int64_t)logit);
}

/* A slot of in-edge i has been read: its credit is due. */
static void owe_credit(struct tile *t, uint32_t i)
{
    struct in_edge *in = &t->in[i];

    in->read = in->read + 1 == t->u->in[i].n_slots ? 0 : in->read + 1;
    in->pending++;
    t->pending[i / 64] |= (uint64_t)1 << i % 64;
}

static void tile_operand(void *self, uint64_t now_cycles, uint64_t edge)
{
    struct tile *t = self;
    struct in_edge *in = &t->in[edge];
    uint64_t request = in->n_received++;

    record(t, now_cycles, EVENT_OPERAND, (uint32_t)edge, request);
    if (t->u->kind == UNIT_IO) {
        const struct plan_in *pi = &t->u->in[edge];

        take_logit(t, now_cycles, request, t->buffer[pi->base_word + in->read * pi->n_words]);
        owe_credit(t, (uint32_t)edge);
    } else if (!in->full++) {
        t->n_missing--;
    }
    wake(t, now_cycles);
}

static void tile_credit(void *self, uint64_t now_cycles, uint64_t edge)
{
    struct tile *t = self;

    t->credits[edge]++;
    assert(t->credits[edge] <= t->u->out[edge].n_slots);
    record(t, now_cycles, EVENT_CREDIT, (uint32_t)edge, 0);
    if (t->stall_credit)
        wake(t, now_cycles);
}

void tile_eject(struct tile *t, uint64_t at_cycles, const struct flit *f)
{
    uint32_t edge;

    record(t, at_cycles, EVENT_EJECT, f->vc, f->payload);
    if (f->head && flit_is_credit(f->payload)) {
        sim_at(t->w->sim, at_cycles, SIM_DELIVER, tile_credit, t, flit_edge(f->payload));
        return;
    }
    if (f->head) {
        t->rx_edge[f->vc] = (uint8_t)flit_edge(f->payload);
        t->rx_word[f->vc] = 0;
        return;
    }
    edge = t->rx_edge[f->vc];
    struct in_edge *in = &t->in[edge];
    const struct plan_in *pi = &t->u->in[edge];

    assert(t->rx_word[f->vc] < pi->n_words);
    t->buffer[pi->base_word + in->fill * pi->n_words + t->rx_word[f->vc]++] = f->payload;
    if (f->tail) {
        in->fill = in->fill + 1 == pi->n_slots ? 0 : in->fill + 1;
        sim_at(t->w->sim, at_cycles, SIM_DELIVER, tile_operand, t, edge);
    }
}

/* ---- engine ---- */

static void tile_finish(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct tile *t = self;

    (void)arg;
    record(t, now_cycles, EVENT_FINISH, (uint32_t)t->n_finished++, 0);
    count_add(&t->counts, &t->per_request, 1);
    t->counts.busy_cycles += now_cycles - t->start_cycle - t->per_request.busy_cycles;
    t->busy = false;
    t->out_full++;
    t->out_fill = t->out_fill + 1 == t->w->plan->output_slots ? 0 : t->out_fill + 1;
    wake(t, now_cycles);
}

/* The operand is in the input register: the result goes where the finish will make it visible. */
static uint64_t compute(struct tile *t)
{
    const struct plan_unit *u = t->u;
    const struct plan *p = t->w->plan;
    uint64_t *reg = t->reg + (size_t)t->out_fill * t->reg_words;
    uint64_t cycles = u->comp_cycles;

    if (u->kind == UNIT_IO) {
        plan_io_record(p, (uint32_t)t->n_finished, reg);
        return cycles;
    }
    unit_compute(t->w->exec, u->node, t->operand, t->result, &t->counts.n_clipped);
    tile_pack(t->result, u->out_elements, p->flit_bits, u->out_pack_bits, reg);
    if (u->kind == UNIT_EMB)
        cycles = emb_run(t->emb, (const uint32_t *)(const void *)t->operand, &t->counts);
    return cycles;
}

static void tile_loaded(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct tile *t = self;
    uint32_t n = 0;

    (void)arg;
    for (uint32_t i = 0; t->u->kind != UNIT_IO && i < t->u->n_in; i++) {
        const struct plan_in *pi = &t->u->in[i];
        struct in_edge *in = &t->in[i];

        tile_unpack(t->buffer + pi->base_word + (size_t)in->read * pi->n_words,
                    t->w->plan->flit_bits, pi->pack_bits, pi->n_elements, t->operand + n);
        n += pi->pack_bits == 32 ? 4 * pi->n_elements : pi->n_elements;
        if (!--in->full)
            t->n_missing++;
        owe_credit(t, i);
    }
    sim_at(t->w->sim, now_cycles + compute(t), SIM_RETIRE, tile_finish, t, 0);
    if (t->u->kind != UNIT_IO)
        wake(t, now_cycles);
}

static void tile_arrival(void *self, uint64_t now_cycles, uint64_t arg)
{
    (void)arg;
    wake(self, now_cycles);
}

/* I/O: whether the next request has arrived by now; if it will later, the tile is woken then. */
static bool has_request(struct tile *t, uint64_t now_cycles)
{
    uint64_t r = t->n_started, at = r * t->u->io.interval_cycles;

    if (r >= t->w->plan->workload->n_requests)
        return false;
    if (at <= now_cycles)
        return true;
    if (t->armed <= r) {
        t->armed = r + 1;
        sim_at(t->w->sim, at, SIM_RETIRE, tile_arrival, t, 0);
    }
    return false;
}

static void decide_start(struct tile *t, uint64_t now_cycles)
{
    uint64_t s = now_cycles + 1;

    t->engine_wait = WAIT_NOTHING;
    if (t->busy)
        return;
    if (t->u->kind == UNIT_IO ? !has_request(t, now_cycles)
                              : t->n_started == t->w->plan->workload->n_requests)
        return; /* nothing to do is not a stall */
    if (t->n_missing) {
        t->engine_wait = WAIT_OPERAND;
        return;
    }
    if (t->out_used == t->w->plan->output_slots) {
        t->engine_wait = WAIT_OUTPUT;
        return;
    }
    record(t, s, EVENT_START, (uint32_t)t->n_started, 0);
    if (t->u->kind == UNIT_IO)
        t->w->start_cycle[t->n_started] = s;
    t->n_started++;
    t->busy = true;
    t->out_used++;
    t->start_cycle = s;
    sim_at(t->w->sim, s + t->u->load_cycles, SIM_RETIRE, tile_loaded, t, 0);
}

/* ---- transmit ---- */

void tile_inject_credit(struct tile *t, uint32_t vc, uint64_t at_cycles)
{
    uint32_t size = t->w->plan->buffer_flits;

    t->place[vc * size + t->place_next[vc]] = at_cycles;
    t->place_next[vc] = (uint8_t)(t->place_next[vc] + 1u == size ? 0 : t->place_next[vc] + 1u);
    if (t->place_wait >> vc & 1) {
        t->place_wait &= ~(1u << vc);
        wake(t, at_cycles);
    }
}

/* Whether a flit of vc may be injected; if not, the tile is woken when it may. */
static bool has_place(struct tile *t, uint32_t vc, uint64_t now_cycles)
{
    uint64_t from = t->place[vc * t->w->plan->buffer_flits + t->place_first[vc]];

    if (from <= now_cycles)
        return true;
    if (from == NEVER)
        t->place_wait |= 1u << vc;
    else
        wake(t, from);
    return false;
}

static void send(struct tile *t, const struct flit *f, uint64_t now_cycles)
{
    uint32_t size = t->w->plan->buffer_flits, first = t->place_first[f->vc];

    t->place[f->vc * size + first] = NEVER;
    t->place_first[f->vc] = (uint8_t)(first + 1 == size ? 0 : first + 1);
    record(t, now_cycles + 1, EVENT_INJECT, f->vc, f->payload);
    noc_inject(t->w->noc, t->u->node, f, now_cycles + 2);
}

static uint64_t head_payload(const struct tile *t, uint32_t node, bool is_credit, uint32_t edge)
{
    const struct plan_unit *to = &t->w->plan->unit[node];

    return flit_head(to->x, to->y, is_credit, edge);
}

static bool owes_credit(const struct tile *t)
{
    return (t->pending[0] | t->pending[1] | t->pending[2] | t->pending[3]) != 0;
}

static void send_credit(struct tile *t, uint64_t now_cycles)
{
    uint32_t k = 0, i;
    struct flit f = {.vc = (uint8_t)t->w->plan->credit_vc, .head = true, .tail = true};

    while (!t->pending[k])
        k++;
    i = 64 * k + (uint32_t)__builtin_ctzll(t->pending[k]);
    if (!--t->in[i].pending)
        t->pending[k] &= t->pending[k] - 1;
    f.payload = head_payload(t, t->u->in[i].src_node, true, t->u->in[i].src_out);
    send(t, &f, now_cycles);
}

static void send_word(struct tile *t, uint64_t now_cycles)
{
    const struct plan_out *o = &t->u->out[t->tx_edge];
    struct flit f = {.vc = (uint8_t)o->vc, .head = !t->tx_word, .tail = t->tx_word == o->n_words};

    if (f.head) {
        t->credits[t->tx_edge]--;
        f.payload = head_payload(t, o->dst_node, false, o->dst_in);
    } else {
        f.payload = t->reg[(size_t)t->out_read * t->reg_words + o->io_base_word + t->tx_word - 1];
    }
    send(t, &f, now_cycles);
    t->tx_word++;
    if (!f.tail)
        return;
    t->tx_word = 0;
    if (++t->tx_edge < t->u->n_out)
        return;
    t->tx_edge = 0;
    t->out_full--;
    t->out_used--;
    t->out_read = t->out_read + 1 == t->w->plan->output_slots ? 0 : t->out_read + 1;
}

/* True if a flit was chosen. */
static bool decide_transmit(struct tile *t, uint64_t now_cycles)
{
    const struct plan_out *o = &t->u->out[t->tx_edge];
    bool blocked = false;

    t->stall_credit = t->stall_inject = false;
    if (owes_credit(t)) {
        if (has_place(t, t->w->plan->credit_vc, now_cycles)) {
            send_credit(t, now_cycles);
            return true;
        }
        blocked = true;
    }
    if (t->out_full && !t->tx_word && !t->credits[t->tx_edge]) {
        t->stall_credit = true;
    } else if (t->out_full) {
        if (has_place(t, o->vc, now_cycles)) {
            send_word(t, now_cycles);
            return true;
        }
        blocked = true;
    }
    t->stall_inject = blocked;
    return false;
}

/* The cycles since the last decision were like its outcome: anything that changes it wakes the
 * tile. */
static void account(struct tile *t, uint64_t now_cycles)
{
    uint64_t n = now_cycles - t->since;

    if (t->engine_wait == WAIT_OPERAND)
        t->counts.stall_operand_cycles += n;
    else if (t->engine_wait == WAIT_OUTPUT)
        t->counts.stall_output_cycles += n;
    if (t->stall_credit)
        t->counts.stall_credit_cycles += n;
    if (t->stall_inject)
        t->counts.stall_inject_cycles += n;
    t->since = now_cycles;
}

static void tile_issue(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct tile *t = self;

    (void)arg;
    t->scheduled &= (uint8_t) ~(1u << (now_cycles & 3));
    account(t, now_cycles);
    decide_start(t, now_cycles); /* first: it must not see the register that transmit frees */
    if (decide_transmit(t, now_cycles))
        wake(t, now_cycles + 1);
}

/* ---- life ---- */

struct tile *tile_new(struct tile_world *w, uint32_t node)
{
    const struct plan *p = w->plan;
    const struct plan_unit *u = &p->unit[node];
    struct tile *t = mem_alloc(1, sizeof *t);
    size_t n_bytes = 0;

    t->w = w;
    t->u = u;
    t->in = mem_alloc(u->n_in, sizeof *t->in);
    t->buffer = mem_alloc(u->buffer_words, sizeof *t->buffer);
    t->credits = mem_alloc(u->n_out, sizeof *t->credits);
    t->place =
        mem_alloc((size_t)p->n_vcs * p->buffer_flits, sizeof *t->place); /* all free from 0 */
    for (uint32_t i = 0; i < u->n_in; i++)
        n_bytes += u->in[i].n_elements * (u->in[i].pack_bits == 32 ? 4u : 1u);
    for (uint32_t e = 0; e < u->n_out; e++)
        t->credits[e] = u->out[e].n_slots;
    t->operand = mem_alloc(n_bytes, 1);
    t->result = mem_alloc(u->out_elements, 1);
    t->reg_words = u->kind == UNIT_IO ? u->io.record_words : u->out_words;
    t->reg = mem_alloc((size_t)p->output_slots * t->reg_words, sizeof *t->reg);
    t->n_missing = u->kind == UNIT_IO ? 0 : u->n_in;
    count_unit(p, node, &t->per_request);
    if (u->kind == UNIT_EMB)
        t->emb = emb_new(&u->emb);
    wake(t, sim_now(w->sim));
    return t;
}

void tile_free(struct tile *t)
{
    if (!t)
        return;
    emb_free(t->emb);
    free(t->in);
    free(t->buffer);
    free(t->credits);
    free(t->place);
    free(t->operand);
    free(t->result);
    free(t->reg);
    free(t);
}

const struct unit_counts *tile_counts(const struct tile *t)
{
    return &t->counts;
}

void tile_waits(const struct tile *t, char *text, size_t size)
{
    const char *name = t->u->name;

    text[0] = '\0';
    if (t->stall_credit)
        snprintf(text, size, "%s waits for a slot at %s (out-edge %u)", name,
                 t->w->plan->unit[t->u->out[t->tx_edge].dst_node].name, t->tx_edge);
    else if (t->stall_inject)
        snprintf(text, size, "%s waits for its router's local buffer", name);
    else if (t->engine_wait == WAIT_OUTPUT)
        snprintf(text, size, "%s waits for an output register", name);
    else if (t->engine_wait == WAIT_OPERAND)
        for (uint32_t i = 0; i < t->u->n_in; i++)
            if (!t->in[i].full) {
                snprintf(text, size, "%s waits for an operand from %s (in-edge %u, request %llu)",
                         name, t->w->plan->unit[t->u->in[i].src_node].name, i,
                         (unsigned long long)t->in[i].n_received);
                return;
            }
}
