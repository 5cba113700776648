/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/supernet.h"

struct sampler {
    const struct space *space;
    const struct store *store;
    double warmup_steps;
};

static void draw_path(void *self, uint64_t step, struct rng *r, struct net *out)
{
    const struct sampler *p = self;
    struct genome g;

    if ((double)step < p->warmup_steps && rng_unit(r) >= (double)step / p->warmup_steps)
        genome_full(p->space, r, &g);
    else
        genome_random(p->space, r, &g);
    net_build(out, &g, p->store);
}

enum err_code supernet_train(struct store *s, const struct space *space, const struct data *d,
                             const struct rng *root, const struct supernet_options *o, double *loss,
                             struct err *e)
{
    struct sampler p = {space, s, (double)train_steps(d->train.n, o->how.batch, o->warmup_epochs)};
    struct train_job j = {.stage = "train",
                          .data = d,
                          .store = s,
                          .root = *root,
                          .path = draw_path,
                          .self = &p,
                          .n_steps = train_steps(d->train.n, o->how.batch, o->epochs),
                          .rounded = true,
                          .how = o->how,
                          .ckpt = o->ckpt,
                          .key = o->key,
                          .ckpt_steps = o->ckpt_steps,
                          .watch = o->watch};

    return train_run(&j, o->stop, loss, e);
}
