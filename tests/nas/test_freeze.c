/* SPDX-License-Identifier: Apache-2.0 */
/* The integer program against the network it was frozen from, tensor by tensor. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/freeze.h"
#include "nas/random_workload.h"
#include "tests/nas/rig.h"

/* Codes are counted where all inputs of their operator agree: what the operator itself adds. */
struct tally {
    uint64_t n_codes, n_different, n_far; /* far: by more than one code */
    uint64_t n_logits, n_exact;           /* exact: of a request without a different code */
    double apart;                         /* sum of |difference| of probabilities */
};

/* Codes of tensor t of sample b that the float network arrived at: do all agree? */
static bool compare_tensor(const struct net_tensor *t, uint32_t b, const uint8_t *code,
                           struct tally *c)
{
    uint64_t before = c->n_different;

    for (uint32_t r = 0; r < t->t.rows; r++)
        for (uint32_t k = 0; k < t->t.dim; k++) {
            float v = t->t.v[((size_t)r * t->t.batch + b) * t->t.dim + k];
            int want = (int)lrint((double)v / net_tensor_scale(t)) + (int)grid_zero_point(t->grid);
            int got = code[(size_t)r * t->t.dim + k];

            c->n_codes++;
            c->n_different += got != want;
            c->n_far += abs(got - want) > 1;
        }
    return c->n_different == before;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Tensor by tensor of one request; does every code agree? */
static bool compare_request(const struct net *net, uint32_t b, const struct workload_scratch *s,
                            struct tally *c)
{
    bool same[NET_MAX_TENSORS], all = true;

    for (uint32_t t = 0; t + 1 < net->n_tensors; t++) {
        struct tally none = {0};
        bool counts = true;

        for (uint32_t i = 0; t > 0 && i < net->node[t - 1].n_inputs; i++)
            counts &= same[net->node[t - 1].input[i]];
        same[t] =
            compare_tensor(&net->tensor[t], b, workload_tensor_codes(s, t), counts ? c : &none);
        all &= same[t];
    }
    return all;
}

static struct tally compare(struct rig *r, const struct genome *g)
{
    enum { BATCH = 32 };
    struct subnet *n = subnet_new(g, r->store);
    struct workload_scratch *s;
    struct workload *w;
    struct tally c = {0};
    struct err e;
    struct run run = {
        .net = &n->net, .store = n->store, .pool = n->pool, .quantise = true, .fixed = true};

    subnet_calibrate(n, &r->d, 64, true);
    cr_assert_eq(freeze(&w, n, "test", NULL, &e), ERR_OK, "%s", e.text);
    freeze_requests(w, n, &r->d.valid, BATCH);
    cr_assert_eq(workload_check(w, &e), ERR_OK, "%s", e.text);
    run.batch = (struct batch){&r->d.valid, NULL, 0, BATCH};
    pool_reset(n->pool);
    const float *logit = net_forward(&run);
    s = workload_scratch_new(w);
    for (uint32_t b = 0; b < BATCH; b++) {
        int32_t got = workload_logit(w, s, w->lookup + b * w->n_fields, w->dense + b * w->n_dense);
        bool exact = compare_request(&n->net, b, s, &c);

        cr_expect_eq(got, w->expected[b]);
        if (exact)
            cr_expect_float_eq(got * w->logit_scale, (double)logit[b],
                               1e-4 * (1 + fabs((double)logit[b])));
        c.n_exact += exact;
        c.apart += fabs(sigmoid(got * w->logit_scale) - sigmoid((double)logit[b]));
        c.n_logits++;
    }
    workload_scratch_free(s);
    workload_free(w);
    subnet_free(n);
    return c;
}

Test(freeze, codes_are_those_of_training)
{
    struct rng rng = rng_new(21);
    struct tally all = {0};

    for (uint32_t i = 0; i < 60; i++) {
        struct genome g;
        struct rig r;
        struct tally c;

        rig_init_wide(&r, i, 1 + i % 3, i % 2 ? 5 : 0, 64, i % 5 ? 8 : 16);
        genome_random(&r.space, &rng, &g);
        c = compare(&r, &g);
        all.n_codes += c.n_codes;
        all.n_different += c.n_different;
        all.n_far += c.n_far;
        all.n_logits += c.n_logits;
        all.n_exact += c.n_exact;
        all.apart += c.apart;
        rig_fini(&r);
    }
    /* A multiplier of 16 bits moves a value across a rounding boundary now and then. */
    cr_expect_lt((double)all.n_different, 0.005 * (double)all.n_codes, "%llu of %llu differ",
                 (unsigned long long)all.n_different, (unsigned long long)all.n_codes);
    cr_expect_gt((double)all.n_exact, 0.6 * (double)all.n_logits, "%llu of %llu requests",
                 (unsigned long long)all.n_exact, (unsigned long long)all.n_logits);
    /* One code of four bits may turn later ones; on average little comes of it. */
    cr_expect_lt(all.apart, 0.006 * (double)all.n_logits, "%g", all.apart / (double)all.n_logits);
    cr_expect_lt((double)all.n_far, 0.0005 * (double)all.n_codes, "%llu of %llu differ by more",
                 (unsigned long long)all.n_far, (unsigned long long)all.n_codes);
}

Test(freeze, borrowed_tables_are_the_same_program)
{
    struct rng rng = rng_new(2);
    struct rig r;
    struct genome g;
    struct subnet *n;
    struct workload *a, *b;
    uint8_t *table;
    struct err e;

    rig_init(&r, 3, 2, 3, 64);
    genome_random(&r.space, &rng, &g);
    n = subnet_new(&g, r.store);
    subnet_calibrate(n, &r.d, 64, true);
    table = malloc(r.store->n_emb);
    freeze_table(n, table);
    cr_assert_eq(freeze(&a, n, "own", NULL, &e), ERR_OK);
    cr_assert_eq(freeze(&b, n, "borrowed", table, &e), ERR_OK);
    cr_expect(memcmp(a->table, b->table, r.store->n_emb) == 0);
    workload_free(a);
    workload_free(b);
    free(table);
    subnet_free(n);
    rig_fini(&r);
}

Test(freeze, random_workloads_keep_every_rule)
{
    struct rng r = rng_new(77);
    uint32_t role[OP_N] = {0};

    for (int i = 0; i < 150; i++) {
        struct nas_random_options o = nas_random_small;
        struct workload *w = NULL;
        char genome[SPACE_TEXT_BYTES];
        struct err e;

        o.n_requests = 3;
        cr_assert_eq(nas_random_workload(&w, &r, &o, genome, &e), ERR_OK, "%s", e.text);
        cr_assert_eq(workload_check(w, &e), ERR_OK, "%s: %s", genome, e.text);
        cr_expect_eq(w->n_requests, 3);
        cr_expect_leq(w->n_ops, o.max_ops);
        for (uint32_t k = 0; k < w->n_ops; k++)
            for (uint32_t id = 0; id < OP_N; id++)
                role[id] += strcmp(w->op[k].role, op_defs[id].name) == 0;
        workload_free(w);
    }
    for (uint32_t id = 0; id < OP_N; id++)
        cr_expect_gt(role[id], 10, "%s was hardly drawn", op_defs[id].name);
}

Test(freeze, random_workloads_repeat)
{
    struct workload *w[2];

    for (int i = 0; i < 2; i++) {
        struct rng r = rng_new(5);
        struct err e;

        cr_assert_eq(nas_random_workload(&w[i], &r, &nas_random_small, NULL, &e), ERR_OK);
    }
    cr_assert_eq(w[0]->n_requests, w[1]->n_requests);
    cr_expect(memcmp(w[0]->expected, w[1]->expected, w[0]->n_requests * 4) == 0);
    workload_free(w[0]);
    workload_free(w[1]);
}
