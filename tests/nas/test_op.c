/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of every operator against finite differences, through whole small networks. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/batch_norm.h"
#include "tests/nas/rig.h"

static const char *const genomes[] = {
    "e8x8/fc32w8a8-efc16w8a8-d0-s0",
    "e8x8/dp16w8a8-efc32w8a8-d0-s0",
    "e8x8/fc16w8a8-efc16w8a8-dsi8-d0-s0",
    "e8x8/fc32w8a8-efc16w8a8-fm8-d0-s0",
    "e8x8/dp64w8a8-efc32w8a8-dsi8-fm8-d0-s0",
    "e8x8/gate16w8a8-efc16w8a8-l0-r0-s0",
    "e8x8/sum16w8a8-efc16w8a8-l0-r0-s0",
    "e8x8/fc16w8a8-att16w8a8-d0-s0",
    "e8x8/fc16w8a8-att32w8a8-dsi8-fm8-d0-s0",
    "e8x8/fc64w8a8-efc16w8a8-dsi8-fm8-d0-s0", /* 64: DSI without a linear layer */
};
static const char *const deep[] = {
    "e8x8/fc32w8a8-efc16w8a8-dsi8-fm8-d0-s0/dp16w8a8-efc16w8a8-dsi8-d01-s01/"
    "fc16w8a8-efc32w8a8-fm8-d012-s12",
    "e8x8/dp32w8a8-efc16w8a8-dsi8-d0-s0/fc64w8a8-efc32w8a8-fm8-d1-s01/dp16w8a8-efc16w8a8-d02-s02",
    /* shorter left, shorter right, with and without a linear layer behind */
    "e8x8/fc32w8a8-efc16w8a8-d0-s0/gate32w8a8-att16w8a8-dsi8-l0-r1-s01/"
    "gate64w8a8-efc16w8a8-fm8-l2-r0-s12",
    "e8x8/fc32w8a8-efc16w8a8-d0-s0/sum64w8a8-att16w8a8-l1-r0-s1/gate64w8a8-att16w8a8-l2-r1-s2",
    "e8x8/fc32w8a8-efc16w8a8-d0-s0/sum32w8a8-efc16w8a8-l0-r1-s1/sum16w8a8-att16w8a8-fm8-l1-r2-s2",
};

struct check {
    struct run run;
    struct net net;
    float *g; /* gradient of the numbers under test */
    float *at;
    size_t n;
};

static double loss(struct check *c)
{
    pool_reset(c->run.pool);
    c->run.draws = rng_new(17);
    return net_loss(&c->run, net_forward(&c->run)) / c->run.batch.n;
}

static double central(struct check *c, const float *keep, const float *u, float h)
{
    double up, down;

    for (size_t i = 0; i < c->n; i++)
        c->at[i] = keep[i] + h * u[i];
    up = loss(c);
    for (size_t i = 0; i < c->n; i++)
        c->at[i] = keep[i] - h * u[i];
    down = loss(c);
    memcpy(c->at, keep, c->n * sizeof *keep);
    return (up - down) / (2 * (double)h);
}

/* Derivative along unit direction u, from losses at +-h and +-2h: free of third derivatives. */
static double slope(struct check *c, const float *u, float h)
{
    float *keep = mem_alloc(c->n, sizeof *keep);
    double near, far;

    memcpy(keep, c->at, c->n * sizeof *keep);
    near = central(c, keep, u, h);
    far = central(c, keep, u, 2 * h);
    free(keep);
    return (4 * near - far) / 3;
}

/* Along the gradient itself and along a random direction. */
static void expect_gradient(struct check *c, const char *genome, const char *what)
{
    struct rng r = rng_new(7);
    double norm = sqrt(vec_dot(c->g, c->g, c->n)), want = 0, got;
    float *u = mem_alloc(c->n, sizeof *u);
    double length = 0;

    if (norm < 1e-5) /* nothing but float noise to compare */
        goto out;
    for (size_t i = 0; i < c->n; i++)
        u[i] = (float)((double)c->g[i] / norm);
    got = slope(c, u, 4e-3f);
    cr_expect(fabs(got - norm) < 0.03 * norm + 2e-5, "%s: %s: slope %g, gradient %g", genome, what,
              got, norm);
    for (size_t i = 0; i < c->n; i++) {
        u[i] = (float)rng_normal(&r);
        length += (double)u[i] * (double)u[i];
    }
    for (size_t i = 0; i < c->n; i++) {
        u[i] = (float)((double)u[i] / sqrt(length));
        want += (double)u[i] * (double)c->g[i];
    }
    got = slope(c, u, 4e-3f);
    cr_expect(fabs(got - want) < 0.04 * norm + 2e-5, "%s: %s: slope %g, expected %g (of %g)",
              genome, what, got, want, norm);
out:
    free(u);
}

/* All columns of one input of one linear node, scattered into the shape of its parameter. */
static void check_matrix(struct check *c, const struct node *n, const char *genome)
{
    const float *dw = n->dw;
    float *full = mem_alloc((size_t)n->n_out * n->n_in, sizeof *full);
    uint32_t first = 0;

    memcpy(full, dw, (size_t)n->n_out * n->n_in * sizeof *full);
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        const struct tensor *t = &c->net.tensor[n->input[i]].t;
        const struct matrix *p = store_param(c->run.store, n->param[i]);
        uint32_t k = node_columns(n, t);
        char what[80];

        snprintf(what, sizeof what, "%s input %u", n->name, i);
        c->n = (size_t)p->rows * p->cols;
        c->g = mem_alloc(c->n, sizeof *c->g);
        c->at = c->run.store->w + p->first;
        for (uint32_t m = 0; m < n->n_out; m++)
            memcpy(c->g + (size_t)m * p->cols, full + (size_t)m * n->n_in + first,
                   k * sizeof *c->g);
        expect_gradient(c, genome, what);
        free(c->g);
        first += k;
    }
    free(full);
}

/* The pool is reused by every later forward: copy what is compared first. */
static void check_tables(struct check *c, const char *genome)
{
    struct store *s = c->run.store;
    const struct tensor *t = &c->net.tensor[c->net.node[0].output].t;
    uint32_t dim = c->net.dims.embed_dim, batch = c->run.batch.n;

    c->n = s->n_emb;
    c->at = s->emb;
    c->g = mem_alloc(c->n, sizeof *c->g);
    for (uint32_t f = 0; f < s->dims.n_fields; f++)
        for (uint32_t b = 0; b < batch; b++) {
            uint64_t row = s->row_base[f] + c->run.lookup[(size_t)b * s->dims.n_fields + f];

            vec_add(c->g + row * s->dims.embed_dim, t->g + ((size_t)f * batch + b) * dim, dim);
        }
    expect_gradient(c, genome, "tables");
    free(c->g);
}

static void backward(struct check *c)
{
    loss(c);
    net_backward(&c->run, NULL);
}

static void check_genome(struct rig *r, const char *text, bool fixed, double dropout,
                         bool batch_norm)
{
    struct check *c = mem_alloc(1, sizeof *c);
    struct genome g;
    struct err e;

    cr_assert_eq(genome_parse(&r->space, text, &g, &e), ERR_OK, "%s", e.text);
    net_build(&c->net, &g, r->store);
    c->run = (struct run){.net = &c->net,
                          .store = r->store,
                          .pool = pool_new(),
                          .dropout = dropout,
                          .batch_norm = batch_norm};
    c->run.batch = (struct batch){&r->d.train, NULL, 0, 41}; /* no whole number of vectors */
    loss(c);                                                 /* sets every rms */
    c->run.fixed = fixed;
    for (uint32_t i = 0; i < c->net.n_nodes; i++) {
        const struct node *n = &c->net.node[i];
        char what[80];

        if (n->bias == NET_NO_PARAM)
            continue;
        backward(c);
        check_matrix(c, n, text);
        backward(c);
        snprintf(what, sizeof what, "%s bias", n->name);
        c->n = n->n_out;
        c->g = mem_alloc(c->n, sizeof *c->g);
        memcpy(c->g, n->db, c->n * sizeof *c->g);
        c->at = r->store->w + store_param(r->store, n->bias)->first;
        expect_gradient(c, text, what);
        free(c->g);
    }
    backward(c);
    check_tables(c, text);
    pool_free(c->run.pool);
    free(c);
}

Test(op, gradients_of_every_operator)
{
    for (uint32_t n_dense = 0; n_dense <= 5; n_dense += 5)
        for (size_t i = 0; i < sizeof genomes / sizeof *genomes; i++) {
            struct rig r;

            rig_init(&r, 5 + i, 1, n_dense, 64);
            check_genome(&r, genomes[i], false, 0, false);
            check_genome(&r, genomes[i], true, 0, false);
            rig_fini(&r);
        }
}

Test(op, gradients_where_only_the_first_numbers_of_a_row_are_used)
{
    struct rig r;

    rig_init_wide(&r, 6, 1, 3, 64, 16);
    check_genome(&r, "e8x8/fc32w8a8-efc16w8a8-dsi8-d0-s0", false, 0, false);
    check_genome(&r, "e8x16/dp16w8a8-att16w8a8-d0-s0", false, 0, false);
    rig_fini(&r);
}

Test(op, gradients_through_several_blocks)
{
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        struct rig r;

        rig_init(&r, 50 + i, 3, 4, 64);
        check_genome(&r, deep[i], false, 0, false);
        rig_fini(&r);
    }
}

Test(op, gradients_through_dropout)
{
    struct rig r;

    rig_init(&r, 8, 2, 3, 64);
    check_genome(&r, "e8x8/fc32w8a8-efc16w8a8-d0-s0/fc64w8a8-efc16w8a8-d01-s1", false, 0.4, false);
    rig_fini(&r);
}

Test(op, gradients_through_batch_norm)
{
    struct rig r;

    rig_init(&r, 10, 3, 3, 64);
    check_genome(&r, deep[0], false, 0.3, true);
    rig_fini(&r);
}

/* Over one batch, which has the means it was folded with, the network computes the same. */
static void check_fold(struct rig *r, bool rounded)
{
    struct check *c = mem_alloc(1, sizeof *c);
    float logit[64];
    const float *folded;
    double off = 0;
    struct genome g;
    struct err e;

    cr_assert_eq(genome_parse(&r->space, deep[0], &g, &e), ERR_OK);
    net_build(&c->net, &g, r->store);
    c->run = (struct run){.net = &c->net,
                          .store = r->store,
                          .pool = pool_new(),
                          .quantise = rounded,
                          .batch_norm = true};
    c->run.batch = (struct batch){&r->d.train, NULL, 0, 64};
    memcpy(logit, net_forward(&c->run), sizeof logit);
    batch_norm_fold(&c->run, &r->d.train, 64, 1);
    c->run.batch_norm = false;
    pool_reset(c->run.pool);
    folded = net_forward(&c->run);
    for (int i = 0; i < 64; i++) {
        if (!rounded)
            cr_expect_float_eq(logit[i], folded[i], 2e-4, "row %d: %g, %g", i, (double)logit[i],
                               (double)folded[i]);
        off += fabs((double)(logit[i] - folded[i])) / 64;
    }
    cr_expect_lt(off, 0.03, "%g", off); /* a rounded bias turns a code here and there */
    pool_free(c->run.pool);
    free(c);
}

Test(op, batch_norm_folds_into_weights)
{
    for (int rounded = 0; rounded < 2; rounded++) {
        struct rig r;

        rig_init(&r, 11, 3, 3, 64);
        check_fold(&r, rounded);
        rig_fini(&r);
    }
}

Test(op, dropout_takes_its_share_and_keeps_the_mean)
{
    struct check *c = mem_alloc(1, sizeof *c);
    const struct net_tensor *fc;
    double kept = 0, sum = 0, n;
    struct genome g;
    struct rig r;
    struct err e;

    rig_init(&r, 9, 1, 3, 64);
    cr_assert_eq(genome_parse(&r.space, "e8x8/fc64w8a8-efc16w8a8-d0-s0", &g, &e), ERR_OK);
    net_build(&c->net, &g, r.store);
    c->run = (struct run){.net = &c->net, .store = r.store, .pool = pool_new(), .dropout = 0.25};
    c->run.batch = (struct batch){&r.d.train, NULL, 0, 64};
    loss(c);
    for (fc = c->net.tensor; !fc->drops; fc++)
        ;
    n = (double)tensor_size(&fc->t);
    for (size_t i = 0; i < tensor_size(&fc->t); i++) {
        kept += fc->kept[i] > 0;
        sum += (double)fc->kept[i];
    }
    cr_expect_float_eq(kept / n, 0.75, 0.03);
    cr_expect_float_eq(sum / n, 1, 0.04);
    pool_free(c->run.pool);
    rig_fini(&r);
    free(c);
}

Test(op, sigmoid_of_vectors_is_that_of_libm)
{
    enum { N = 4003 };
    float *x = mem_alloc(2 * N, sizeof *x), *y = x + N;

    for (int i = 0; i < N; i++)
        x[i] = (float)(i - N / 2) * 0.04f; /* to where e^x ends */
    vec_sigmoid(y, x, N);
    for (int i = 0; i < N; i++) {
        double want = 1 / (1 + exp(-(double)x[i]));

        cr_expect(fabs((double)y[i] - want) <= 3e-7 * want + 2e-38, "%g: %g, %g", (double)x[i],
                  (double)y[i], want);
    }
    free(x);
}

/* All gradients of weights, one after the other. */
static float *gather_gradients(struct check *c, bool quantise, size_t *n)
{
    float *all = NULL;

    c->run.quantise = quantise;
    backward(c);
    *n = 0;
    for (uint32_t i = 0; i < c->net.n_nodes; i++) {
        const struct node *node = &c->net.node[i];
        size_t size = (size_t)node->n_out * node->n_in;

        if (node->bias == NET_NO_PARAM)
            continue;
        all = mem_grow(all, *n, *n + size, sizeof *all);
        memcpy(all + *n, node->dw, size * sizeof *all);
        *n += size;
    }
    return all;
}

Test(op, gradients_through_eight_bit_codes_point_the_same_way)
{
    for (size_t i = 0; i < sizeof genomes / sizeof *genomes; i++) {
        struct check *c = mem_alloc(1, sizeof *c);
        struct genome g;
        struct rig r;
        struct err e;
        float *exact, *rounded;
        size_t n;

        rig_init(&r, 5 + i, 1, 5, 64);
        cr_assert_eq(genome_parse(&r.space, genomes[i], &g, &e), ERR_OK, "%s", e.text);
        net_build(&c->net, &g, r.store);
        c->run = (struct run){.net = &c->net, .store = r.store, .pool = pool_new()};
        c->run.batch = (struct batch){&r.d.train, NULL, 0, 64};
        exact = gather_gradients(c, false, &n);
        rounded = gather_gradients(c, true, &n);
        cr_expect_gt(vec_dot(exact, rounded, n) /
                         sqrt(vec_dot(exact, exact, n) * vec_dot(rounded, rounded, n)),
                     0.98, "%s", genomes[i]);
        free(rounded);
        free(exact);
        pool_free(c->run.pool);
        free(c);
        rig_fini(&r);
    }
}

Test(op, gradient_passes_rounding_and_stops_where_codes_saturate)
{
    struct grid g = {GRID_SIGNED, 4}, u = {GRID_RELU, 4};
    float limit = (float)grid_limit(g);
    const float x[] = {0.01f, limit * 0.99f, limit * 1.2f, -limit * 1.5f, -0.3f};
    const bool passes[] = {true, true, false, false, true};
    struct grid_range in = grid_range(g, 1), relu = grid_range(u, 1);

    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        cr_expect_eq(x[i] > in.lo && x[i] < in.hi, passes[i], "%g", (double)x[i]);
    cr_expect(x[0] > relu.lo && x[4] < relu.lo, "ReLU passes nothing below 0");
}

Test(op, rounded_values_are_codes)
{
    for (uint32_t bits = 2; bits <= 8; bits++)
        for (int kind = GRID_SIGNED; kind <= GRID_WIDE; kind++) {
            struct grid g = {(enum grid_kind)kind, bits};
            struct rng r = rng_new(bits);

            for (int i = 0; i < 200; i++) {
                float x = 3 * (float)rng_normal(&r), y;
                double back;

                grid_round(g, 0.37, 1, &x, &y, 1);
                back = (grid_code(g, 0.37, x) - (double)grid_zero_point(g)) * grid_step(g) * 0.37;
                cr_expect_float_eq((double)y, back, 1e-6);
                cr_expect_lt(grid_code(g, 0.37, x), 1u << bits);
            }
        }
}

Test(op, weights_become_integers_of_their_bits)
{
    for (uint32_t bits = 2; bits <= 8; bits++) {
        struct rng r = rng_new(bits);
        float w[100], q[100];
        double scale;

        for (int i = 0; i < 100; i++)
            q[i] = w[i] = (float)rng_normal(&r);
        scale = weights_round(q, 100, bits);
        for (int i = 0; i < 100; i++) {
            cr_expect(fabsf(q[i]) <= (float)((1 << (bits - 1)) - 1));
            cr_expect(fabsf(q[i] - rintf(q[i])) <= 0, "an integer");
            if (bits == 8)
                cr_expect_float_eq((double)q[i] * scale, (double)w[i], scale * 0.501);
        }
    }
}

Test(op, multipliers_use_their_sixteen_bits)
{
    struct rng r = rng_new(3);

    for (int i = 0; i < 1000; i++) {
        double ratio[3];
        uint16_t m[3];
        uint32_t shift;

        ratio[0] = exp(-20 * rng_unit(&r) + 8);
        ratio[1] = ratio[0] * rng_unit(&r);
        ratio[2] = 0;
        choose_mults(ratio, 3, m, &shift);
        cr_assert(shift >= 1 && shift <= 40);
        cr_expect_eq(m[2], 0);
        if (ratio[0] < 32767 && ratio[0] > 1e-7) {
            cr_expect_geq(m[0], 32768, "%g %u %u", ratio[0], m[0], shift);
            for (int k = 0; k < 2; k++)
                cr_expect_float_eq(ldexp(m[k], -(int)shift), ratio[k], ratio[0] / 65535);
        }
    }
}
