/* SPDX-License-Identifier: Apache-2.0 */
/* Edges between shards, docs/microarchitecture.md section 5: who sends which part of its output to
 * whom, and for which requests. */
#include "arch/map_impl.h"

/* One edge to be: elements [from_word .. of n_elements] of shard src's output register. */
struct span {
    uint32_t src, first_word, n_elements, pack;
};

static uint32_t operator_elements(const struct wl_tensor *t)
{
    return t->rows * t->dim;
}

/* First element of the shard that makes element `at` of an operator's n. */
static uint32_t shard_begin(const struct mapper *m, uint32_t producer, uint32_t n, uint32_t at)
{
    const struct wl_op *op = producer == UINT32_MAX ? NULL : &m->w->op[producer];
    uint32_t k = 0, per_output;

    if (!op)
        return 0;
    per_output = n / op->n_out;
    if (op->kind != WL_EMBED)
        return at - at % (per_output * m->op[producer].step);
    while (map_emb_first(m, op, k + 1) * per_output <= at)
        k++;
    return map_emb_first(m, op, k) * per_output;
}

bool map_begins_word(const struct mapper *m, const struct wl_op *op, uint32_t at)
{
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct wl_tensor *t = &m->w->tensor[op->input[i]];
        uint32_t n = operator_elements(t), producer = m->tensor_op[op->input[i]];
        uint32_t per_word = m->p->flit_bits / map_pack_bits(t->bits);

        if (at >= n) {
            at -= n;
            continue;
        }
        return (at - shard_begin(m, producer, n, at)) % per_word == 0;
    }
    return true;
}

/* ---- one edge ---- */

/* Replica i of a producer of np and replica j of a consumer of nc have requests in common. */
static bool share_requests(const struct plan_unit *a, const struct plan_unit *b)
{
    uint32_t n = a->n_replicas < b->n_replicas ? a->n_replicas : b->n_replicas;

    return a->replica % n == b->replica % n;
}

/* Requests of `mine`, as it counts them, that `other` has to do with. */
static struct plan_due due(const struct plan_unit *mine, const struct plan_unit *other)
{
    uint32_t n = mine->n_replicas;

    if (other->n_replicas <= n)
        return (struct plan_due){0, 0};
    return (struct plan_due){other->n_replicas / n - 1, (other->replica - mine->replica) / n};
}

/* The next edge at both ends; counting (no arrays yet) it only is counted. */
static struct plan_in *join(struct mapper *m, const struct span *s, uint32_t to)
{
    struct plan *p = m->p;
    struct plan_unit *src = &m->shard[s->src], *dst = &m->shard[to];
    uint32_t out = src->n_out++, in = dst->n_in++;
    uint32_t n_words = map_words(p, s->n_elements, s->pack);
    struct plan_due due_in = due(dst, src);

    if (!dst->in)
        return NULL;
    src->out[out] = (struct plan_out){.dst_unit = to,
                                      .dst_in = in,
                                      .due = due(src, dst),
                                      .n_words = n_words,
                                      .n_slots = p->slots,
                                      .vc = m->next_vc++ % (p->n_vcs - 1),
                                      .first_word = s->first_word};
    dst->in[in] = (struct plan_in){.src_unit = s->src,
                                   .src_out = out,
                                   .due = due_in,
                                   .n_words = n_words,
                                   .n_slots = p->slots,
                                   .n_elements = s->n_elements,
                                   .pack_bits = s->pack,
                                   .base_word = m->ring_words[to]};
    m->ring_words[to] += n_words * p->slots;
    if (plan_is_due(due_in, 0)) /* every request loads as much */
        dst->load_cycles += n_words;
    return &dst->in[in];
}

/* ---- an operator's operands ---- */

static void lookup_edge(struct mapper *m, uint32_t to)
{
    struct plan_unit *io = &m->shard[0];
    uint32_t n = m->shard[to].emb.n_words;
    struct span s = {0, io->io.record_words, n, 32};

    if (join(m, &s, to))
        io->io.record_words += map_words(m->p, n, 32);
}

/* Elements lo .. hi-1 of tensor t, from whoever holds them. */
static void tensor_edges(struct mapper *m, uint32_t t, uint32_t lo, uint32_t hi, uint32_t to)
{
    const struct wl_tensor *tensor = &m->w->tensor[t];
    uint32_t pack = map_pack_bits(tensor->bits), per_word = m->p->flit_bits / pack;
    const struct map_op *op =
        m->tensor_op[t] == UINT32_MAX ? NULL : &m->op[m->tensor_op[t]]; /* NULL: I/O */
    uint32_t shard = op ? map_first_result(op) : 0, n_replicas = op ? op->n_replicas : 1;
    uint32_t end = op ? op->first + op->n_shards : 1, at = 0;

    for (; shard < end && at < hi; shard += n_replicas) {
        uint32_t n = op ? m->shard[shard].out_elements : operator_elements(tensor);
        uint32_t from = lo > at ? lo - at : 0, to_element = hi - at < n ? hi - at : n;

        at += n;
        if (from >= n)
            continue;
        for (uint32_t i = 0; i < n_replicas; i++) {
            struct span s = {shard + i, from / per_word, to_element - from, pack};
            struct plan_in *in;

            if (share_requests(&m->shard[shard + i], &m->shard[to]) && (in = join(m, &s, to)))
                in->zero_point = tensor->zero_point;
        }
    }
}

static void operand_edges(struct mapper *m, const struct wl_op *op, uint32_t to)
{
    const struct plan_unit *u = &m->shard[to];
    uint32_t lo = 0, hi = UINT32_MAX, at = 0;

    if (u->kind == UNIT_MVM) {
        lo = u->mvm.k_first * u->mvm.n_vec;
        hi = lo + u->mvm.k * u->mvm.n_vec;
    }
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        uint32_t n = operator_elements(&m->w->tensor[op->input[i]]);

        if (at < hi && at + n > lo)
            tensor_edges(m, op->input[i], lo > at ? lo - at : 0, hi - at < n ? hi - at : n, to);
        at += n;
    }
}

/* Partial sums of the same outputs and replica, from the groups before. */
static void partial_edges(struct mapper *m, const struct map_op *op, uint32_t to)
{
    const struct plan_unit *u = &m->shard[to];
    uint32_t a_group = op->n_blocks * op->n_replicas;

    for (uint32_t g = 0; g < u->mvm.n_partial; g++) {
        uint32_t src = op->first + g * a_group + (to - map_first_result(op));
        struct span s = {src, 0, m->shard[src].out_elements, 8};

        join(m, &s, to);
    }
}

/* Lookups come where their operator does, the logit last. */
static void each_edge(struct mapper *m)
{
    struct span logit = {m->n_shards - 1, 0, 4, 8};

    for (uint32_t s = 1; s < m->n_shards; s++) {
        const struct plan_unit *u = &m->shard[s];
        const struct wl_op *op = &m->w->op[u->op];

        if (op->kind == WL_EMBED)
            lookup_edge(m, s);
        operand_edges(m, op, s);
        if (u->kind == UNIT_MVM)
            partial_edges(m, &m->op[u->op], s);
    }
    join(m, &logit, 0);
}

void map_edges(struct mapper *m)
{
    struct arena *a = m->p->arena;

    m->ring_words = arena_alloc(a, m->n_shards, sizeof *m->ring_words);
    each_edge(m);
    for (uint32_t s = 0; s < m->n_shards; s++) {
        struct plan_unit *u = &m->shard[s];

        u->in = arena_alloc(a, u->n_in, sizeof *u->in);
        u->out = arena_alloc(a, u->n_out, sizeof *u->out);
        u->n_in = u->n_out = 0;
    }
    each_edge(m);
    m->shard[0].load_cycles = 0; /* its in-edge is a sink, not an operand */
}
