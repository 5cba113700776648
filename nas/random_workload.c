/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/random_workload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/fake_data.h"
#include "nas/freeze.h"
#include "sim/base/mem.h"
#include "traces/random_bags.h"

enum { ATTEMPTS = 1000, CALIBRATE_ROWS = 64, MAX_FIELDS = 64, MAX_DENSE = 64 };

const struct nas_random_options nas_random_small = {.operators = SPACE_FULL,
                                                    .max_blocks = 3,
                                                    .max_dense_dim = 64,
                                                    .max_sparse_dim = 32,
                                                    .max_fields = 8,
                                                    .max_dense = 8,
                                                    .max_rows = 64,
                                                    .max_bag = 6,
                                                    .max_ops = 20,
                                                    .max_weights = 40000,
                                                    .n_requests = 16};

struct fake {
    struct data d;
    uint32_t n_rows[MAX_FIELDS];
};

static void fake_init(struct fake *f, struct rng *r, const struct nas_random_options *o)
{
    uint32_t n_fields = o->max_fields < MAX_FIELDS ? o->max_fields : MAX_FIELDS;
    uint32_t n_dense = o->max_dense < MAX_DENSE ? o->max_dense : MAX_DENSE;

    memset(f, 0, sizeof *f);
    f->d.n_fields = rng_between(r, 1, n_fields);
    f->d.n_dense = rng_below(r, 3) ? rng_between(r, 0, n_dense) : 0;
    f->d.n_rows = f->n_rows;
    for (uint32_t i = 0; i < f->d.n_fields; i++)
        f->n_rows[i] = rng_between(r, 2, o->max_rows);
    fake_data_fill(&f->d, o->n_requests > CALIBRATE_ROWS ? o->n_requests : CALIBRATE_ROWS, r);
}

static void fake_fini(struct fake *f)
{
    free(f->d.train.lookup);
    free(f->d.train.dense);
    free(f->d.train.label);
}

/* A new store has zero biases and small head weights: draw them, so that both matter. */
static void stir(struct store *s, struct rng *r)
{
    for (uint32_t i = 0; i < s->n_params; i++) {
        const struct matrix *p = &s->param[i];
        float spread = p->bias ? 0.2f : 0.3f;

        if (!p->bias && p->rows > 1)
            continue;
        for (size_t k = 0; k < (size_t)p->rows * p->cols; k++)
            s->w[p->first + k] = spread * (float)rng_normal(r);
    }
}

static bool within(const struct subnet *n, const struct nas_random_options *o)
{
    uint64_t weights = 0;

    for (uint32_t i = 0; i < n->net.n_nodes; i++)
        if (n->net.node[i].bias != NET_NO_PARAM)
            weights += (uint64_t)n->net.node[i].n_in * n->net.node[i].n_out;
    return (o->max_ops == 0 || n->net.n_nodes <= o->max_ops) &&
           (o->max_weights == 0 || weights <= o->max_weights);
}

/* Every other field gets bags; requests are drawn again. */
static void give_bags(struct workload *w, struct rng *r, uint32_t most)
{
    struct workload_scratch *s;
    uint32_t n_words;

    if (!random_bags(w, r, most))
        return;
    n_words = workload_n_words(w);
    w->lookup = arena_alloc(w->arena, (size_t)w->n_requests * n_words, sizeof *w->lookup);
    s = workload_scratch_new(w);
    for (uint32_t i = 0; i < w->n_requests; i++) {
        uint32_t *record = w->lookup + (size_t)i * n_words;

        random_bags_record(w, r, record);
        w->expected[i] = workload_logit(w, s, record, w->dense + (size_t)i * w->n_dense);
    }
    workload_scratch_free(s);
}

/* One attempt; *out stays NULL when the limits do not hold. */
static enum err_code attempt(struct workload **out, struct rng *r,
                             const struct nas_random_options *o, char *genome, struct err *e)
{
    struct space space;
    struct genome g;
    struct fake f;
    struct store *s;
    struct subnet *n;
    struct rng weights;
    enum err_code rc = ERR_OK;

    space_init(&space, o->operators, rng_between(r, 1, o->max_blocks), o->max_dense_dim,
               o->max_sparse_dim);
    space_embedding(&space, 4, 16);
    genome_random(&space, r, &g);
    fake_init(&f, r, o);
    weights = rng_new(rng_u64(r));
    s = store_new(&space, NULL, &f.d, &weights);
    stir(s, &weights);
    n = subnet_new(&g, s);
    if (within(n, o)) {
        subnet_calibrate(n, &f.d, CALIBRATE_ROWS, true);
        if (!(rc = freeze(out, n, "random", NULL, e))) {
            freeze_requests(*out, n, &f.d.train, o->n_requests);
            if (o->max_bag && rng_below(r, 2))
                give_bags(*out, r, o->max_bag);
        }
        if (genome)
            genome_text(&g, genome);
    }
    subnet_free(n);
    store_free(s);
    fake_fini(&f);
    return rc;
}

enum err_code nas_random_workload(struct workload **out, struct rng *r,
                                  const struct nas_random_options *o, char *genome, struct err *e)
{
    *out = NULL;
    for (uint32_t i = 0; i < ATTEMPTS; i++) {
        enum err_code rc = attempt(out, r, o, genome, e);

        if (rc || *out)
            return rc;
    }
    return err_set(e, ERR_CONFIG,
                   "no random model within %u operators and %llu weights in %d attempts",
                   o->max_ops, (unsigned long long)o->max_weights, ATTEMPTS);
}
