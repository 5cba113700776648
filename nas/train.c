/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/train.h"

#include <math.h>
#include <stdlib.h>

#include "nas/ckpt.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { POLL_STEPS = 16 };

/* What a checkpoint holds besides the weights. */
struct train_state {
    uint64_t step;
    double loss; /* running mean */
};

struct trainer {
    const struct train_job *j;
    struct train_state state;
    struct net net;
    struct run run;
    uint64_t n_rows; /* of the training part but for those held out */
    uint32_t *order; /* these rows in the order of this epoch */
    uint64_t epoch;  /* that order is for; UINT64_MAX: none yet */
};

uint64_t train_steps(uint64_t n, uint32_t batch, double epochs)
{
    uint64_t an_epoch = n / batch; /* whole batches */
    uint64_t steps = (uint64_t)(epochs * (double)an_epoch + 0.5);

    return steps ? steps : 1;
}

static enum err_code state_io(struct trainer *t, bool save, struct err *e)
{
    struct store *s = t->j->store;
    struct ckpt_part part[] = {
        {"state", &t->state, sizeof t->state},
        {"weights", s->w, s->n_floats * sizeof *s->w},
        {"weights_acc", s->acc, s->n_floats * sizeof *s->acc},
        {"tables", s->emb, s->n_emb * sizeof *s->emb},
        {"tables_acc", s->emb_acc, s->n_emb * sizeof *s->emb_acc},
        {"weights_mom", s->mom, s->n_floats * sizeof *s->mom},
        {"tables_mom", s->emb_mom, s->n_emb * sizeof *s->emb_mom},
    };
    size_t n = sizeof part / sizeof *part - (s->mom ? 0 : 2);

    if (save)
        return ckpt_save(t->j->ckpt, t->j->key, part, n, e);
    return ckpt_load(t->j->ckpt, t->j->key, part, n, e);
}

static double schedule(const struct train_job *j, uint64_t step)
{
    static const double pi = 3.14159265358979323846;
    double at = ((double)step + 0.5) / (double)j->n_steps;

    return at < 0.1 ? at / 0.1 : 0.5 * (1 + cos(pi * (at - 0.1) / 0.9));
}

static void order_rows(struct trainer *t, uint64_t epoch)
{
    const struct train_job *j = t->j;
    struct rng r = rng_child_n(&j->root, "epoch", epoch);
    uint64_t at = 0;

    data_order(j->data, DATA_TRAIN, &r, t->order);
    for (uint64_t i = 0; i < j->data->train.n; i++)
        if (!data_held(t->order[i], j->holdout))
            t->order[at++] = t->order[i];
    t->epoch = epoch;
}

static void pick_batch(struct trainer *t)
{
    const struct train_job *j = t->j;
    uint64_t batch = t->n_rows < j->how.batch ? t->n_rows : j->how.batch;
    uint64_t a_epoch = t->n_rows / batch, epoch = t->state.step / a_epoch;

    if (epoch != t->epoch)
        order_rows(t, epoch);
    t->run.batch = (struct batch){&j->data->train, t->order + t->state.step % a_epoch * batch, 0,
                                  (uint32_t)batch};
}

/* The rate of a step: by the schedule, and for Adam what makes up for moments that began at 0. */
static struct rate rate_of(const struct train_job *j, struct rate r, uint64_t step)
{
    double t = (double)step + 1;

    r.lr *= (float)schedule(j, step);
    if (r.by == OPTIMISER_ADAM)
        r.lr *= (float)(sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t)));
    return r;
}

static void one_step(struct trainer *t)
{
    const struct train_job *j = t->j;
    struct rng r = rng_child_n(&j->root, "path", t->state.step);
    struct rate rows = rate_of(j, j->how.rows, t->state.step);
    double loss, keep;

    j->path(j->self, t->state.step, &r, &t->net);
    pick_batch(t);
    pool_reset(t->run.pool);
    t->run.draws = rng_child_n(&j->root, "dropout", t->state.step);
    loss = net_loss(&t->run, net_forward(&t->run)) / t->run.batch.n;
    net_backward(&t->run, NULL);
    net_update(&t->run, rate_of(j, j->how.weights, t->state.step), &rows, j->how.clip);
    keep = t->state.step < 100 ? (double)t->state.step / ((double)t->state.step + 1) : 0.99;
    t->state.loss = keep * t->state.loss + (1 - keep) * loss;
    t->state.step++;
}

static enum err_code steps(struct trainer *t, uint64_t end, struct err *e)
{
    const struct train_job *j = t->j;
    enum err_code rc = ERR_OK;

    while (t->state.step < end && !rc) {
        one_step(t);
        if (t->state.step % POLL_STEPS == 0 || t->state.step == end)
            rc = watch_poll(&j->watch, j->stage, t->state.step, j->n_steps, t->state.loss, NAN, e);
        if (j->ckpt && (rc == ERR_INTERRUPT || t->state.step == end ||
                        (j->ckpt_steps && t->state.step % j->ckpt_steps == 0))) {
            struct err failed;

            if (state_io(t, true, &failed)) {
                *e = failed;
                return failed.code;
            }
        }
    }
    return rc;
}

enum err_code train_run(const struct train_job *j, uint64_t stop, double *loss, struct err *e)
{
    struct trainer *t = mem_alloc(1, sizeof *t);
    enum err_code rc = ERR_OK;

    t->j = j;
    t->epoch = UINT64_MAX;
    t->n_rows = j->data->train.n - data_n_held(j->data->train.n, j->holdout);
    t->order = mem_alloc(j->data->train.n, sizeof *t->order);
    t->run = (struct run){.net = &t->net,
                          .store = j->store,
                          .pool = pool_new(),
                          .quantise = j->rounded,
                          .batch_norm = j->how.batch_norm,
                          .dropout = j->how.dropout,
                          .fixed = false};
    if (j->how.weights.by == OPTIMISER_ADAM || j->how.rows.by == OPTIMISER_ADAM)
        store_add_moments(j->store);
    if (j->ckpt && file_exists(j->ckpt))
        rc = state_io(t, false, e);
    if (!rc)
        rc = steps(t, stop && stop < j->n_steps ? stop : j->n_steps, e);
    if (loss)
        *loss = t->state.loss;
    pool_free(t->run.pool);
    free(t->order);
    free(t);
    return rc;
}
