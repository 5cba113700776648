/* SPDX-License-Identifier: Apache-2.0 */
/* Transmit, docs/microarchitecture.md section 5: credits, then the packet under way, then a packet
 * of the next context that has one to send. */
#include <assert.h>

#include "arch/tile_impl.h"

static const uint64_t NEVER = UINT64_MAX;

void tile_owe_credit(struct tile *t, uint32_t i)
{
    struct in_edge *in = &t->in[i];

    in->read = in->read + 1 == t->pt->in[i].n_slots ? 0 : in->read + 1;
    in->pending++;
    t->pending[i / 64] |= (uint64_t)1 << i % 64;
}

uint32_t tile_next_due(const struct plan_unit *u, uint32_t from, uint64_t q)
{
    while (from < u->n_out && !plan_is_due(u->out[from].due, q))
        from++;
    return from;
}

/* ---- places in the router's local buffer ---- */

void tile_inject_credit(struct tile *t, uint32_t vc, uint64_t at_cycles)
{
    uint32_t size = t->w->plan->buffer_flits;

    t->place[vc * size + t->place_next[vc]] = at_cycles;
    t->place_next[vc] = (uint8_t)(t->place_next[vc] + 1u == size ? 0 : t->place_next[vc] + 1u);
    if (t->place_wait >> vc & 1) {
        t->place_wait &= ~(1u << vc);
        tile_wake(t, at_cycles);
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
        tile_wake(t, from);
    return false;
}

/* ---- flits ---- */

static void send(struct tile *t, const struct flit *f, uint64_t now_cycles)
{
    uint32_t size = t->w->plan->buffer_flits, first = t->place_first[f->vc];

    t->place[f->vc * size + first] = NEVER;
    t->place_first[f->vc] = (uint8_t)(first + 1 == size ? 0 : first + 1);
    tile_record(t, now_cycles + 1, EVENT_INJECT, f->vc, f->payload);
    noc_inject(t->w->noc, t->node, f, now_cycles + 2);
}

static uint64_t head_payload(const struct tile *t, uint32_t node, bool is_credit, uint32_t edge)
{
    const struct plan_unit *to = &t->w->plan->unit[node];

    return flit_head(to->x, to->y, is_credit, edge);
}

/* The lowest in-edge with a pending credit; UINT32_MAX if none has one. */
static uint32_t owing(const struct tile *t)
{
    for (uint32_t k = 0; k < t->n_pending_words; k++)
        if (t->pending[k])
            return 64 * k + (uint32_t)__builtin_ctzll(t->pending[k]);
    return UINT32_MAX;
}

static void send_credit(struct tile *t, uint32_t i, uint64_t now_cycles)
{
    const struct plan_in *in = &t->pt->in[i];
    struct flit f = {.vc = (uint8_t)t->w->plan->credit_vc, .head = true, .tail = true};

    if (!--t->in[i].pending)
        t->pending[i / 64] &= ~((uint64_t)1 << i % 64);
    f.payload = head_payload(t, in->src_node, true, in->src_out);
    send(t, &f, now_cycles);
}

static const struct plan_out *next_out(const struct context *c)
{
    return &c->u->out[c->tx_edge];
}

/* Its last flit has left: on to the next due out-edge, or to the next register. */
static void end_packet(struct tile *t, struct context *c)
{
    t->tx_word = 0;
    c->tx_edge = tile_next_due(c->u, c->tx_edge + 1, c->n_sent);
    if (c->tx_edge < c->u->n_out)
        return;
    c->n_sent++;
    c->tx_edge = tile_next_due(c->u, 0, c->n_sent);
    c->out_full--;
    c->out_used--;
    c->out_read = c->out_read + 1 == t->w->plan->output_slots ? 0 : c->out_read + 1;
}

static void send_word(struct tile *t, struct context *c, uint64_t now_cycles)
{
    const struct plan_out *o = next_out(c);
    struct flit f = {.vc = (uint8_t)o->vc, .head = !t->tx_word, .tail = t->tx_word == o->n_words};

    if (f.head) {
        t->credits[c->u->out_edge_first + c->tx_edge]--;
        f.payload = head_payload(t, o->dst_node, false, o->dst_in);
        t->tx_context = c->u->context;
        t->next_tx = t->tx_context + 1 == t->pt->n_contexts ? 0 : t->tx_context + 1;
    } else {
        f.payload = c->reg[(size_t)c->out_read * c->reg_words + o->first_word + t->tx_word - 1];
    }
    t->tx_word++;
    send(t, &f, now_cycles);
    if (f.tail)
        end_packet(t, c);
}

/* ---- the decision ---- */

/* The context whose packet may begin; each that may not says why. */
static struct context *choose(struct tile *t, uint64_t now_cycles)
{
    struct context *chosen = NULL;

    for (uint32_t k = 0, i = t->next_tx; k < t->pt->n_contexts; k++) {
        struct context *c = &t->context[i];

        i = i + 1 == t->pt->n_contexts ? 0 : i + 1;
        if (!c->out_full)
            continue;
        if (!t->credits[c->u->out_edge_first + c->tx_edge])
            c->stall_credit = true;
        else if (!has_place(t, next_out(c)->vc, now_cycles))
            c->stall_inject = true;
        else if (!chosen)
            chosen = c;
    }
    return chosen;
}

bool tile_transmit(struct tile *t, uint64_t now_cycles)
{
    uint32_t owed = owing(t);
    struct context *c;

    for (uint32_t k = 0; k < t->pt->n_contexts; k++)
        t->context[k].stall_credit = t->context[k].stall_inject = false;
    if (owed != UINT32_MAX) {
        if (has_place(t, t->w->plan->credit_vc, now_cycles)) {
            send_credit(t, owed, now_cycles);
            return true;
        }
        t->context[t->in[owed].context].stall_inject = true;
    }
    if (t->tx_word) {
        c = &t->context[t->tx_context];
        if (!has_place(t, next_out(c)->vc, now_cycles)) {
            c->stall_inject = true;
            return false;
        }
    } else if (!(c = choose(t, now_cycles))) {
        return false;
    }
    for (uint32_t k = 0; k < t->pt->n_contexts; k++) /* something is sent: nobody stalls */
        t->context[k].stall_credit = t->context[k].stall_inject = false;
    send_word(t, c, now_cycles);
    return true;
}
