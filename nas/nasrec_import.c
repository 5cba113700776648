/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/nasrec_import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "nas/fake_data.h"
#include "nas/freeze.h"
#include "sim/base/mem.h"

enum { CALIBRATE_ROWS = 512, MAX_XBARS = 256, MAX_BUFFER_BYTES = 1 << 20 };

static enum err_code get_data(const struct nasrec_options *o, const struct rng *root,
                              struct data **out, struct err *e)
{
    struct rng r = rng_child(root, "requests");
    const struct shape *shape;
    char known[128];

    if (o->dataset)
        return data_load(out, o->dataset, o->seed, o->max_rows, e);
    if (o->steps > 0)
        return err_set(e, ERR_CONFIG, "training needs a data set");
    shape = shape_find(o->shape);
    shape_names(known, sizeof known);
    if (!shape)
        return err_set(e, ERR_CONFIG, "shape \"%s\" is unknown; known: %s", o->shape, known);
    *out = fake_data_new(shape, o->max_rows,
                         o->n_requests > CALIBRATE_ROWS ? o->n_requests : CALIBRATE_ROWS, &r);
    return ERR_OK;
}

static enum err_code train(struct subnet *n, const struct data *d, const struct rng *root,
                           const struct nasrec_options *o, struct err *e)
{
    uint32_t batch = d->train.n < o->batch ? (uint32_t)d->train.n : o->batch;
    uint64_t an_epoch = d->train.n / batch;
    const struct rate rate = {.lr = (float)o->lr, .eps = 1};
    struct tune_options t = {.rounded = true,
                             .epochs = (double)o->steps / (double)an_epoch,
                             .how = {.batch = batch, .weights = rate, .rows = rate},
                             .watch = o->watch};

    return o->steps ? subnet_tune(n, d, root, &t, NULL, e) : ERR_OK;
}

static enum err_code measure(const struct subnet *n, const struct data_split *v,
                             const struct nasrec_options *o, struct nasrec_result *out,
                             struct err *e)
{
    double *p = mem_alloc(v->n + 1, sizeof *p);
    enum err_code rc = freeze_predict(out->workload, NULL, n, v, 0, v->n, p, NULL, &o->watch, e);

    out->logloss = metric_logloss(v->label, p, v->n);
    out->auc = metric_auc(v->label, p, v->n);
    free(p);
    return rc;
}

static void count_tables(const struct data *d, uint32_t max_rows, struct nasrec_result *out)
{
    for (uint32_t f = 0; f < d->n_fields; f++) {
        out->n_rows += d->n_rows[f];
        out->n_capped += d->n_rows[f] == max_rows;
    }
}

enum err_code nasrec_import(const char *path, const struct nasrec_options *o,
                            struct nasrec_result *out, struct err *e)
{
    struct rng root = rng_new(o->seed), weights = rng_child(&root, "model");
    struct data *d = NULL;
    struct store *s = NULL;
    struct subnet *n = NULL;
    struct space space;
    struct genome g;
    enum err_code rc;

    memset(out, 0, sizeof *out);
    out->logloss = out->auc = NAN;
    if ((rc = nasrec_load(path, &o->bits, &space, &g, e)))
        return rc;
    genome_text(&g, out->genome);
    if ((rc = get_data(o, &root, &d, e)))
        return rc;
    count_tables(d, o->max_rows, out);
    s = store_new(&space, &g, d, &weights);
    n = subnet_new(&g, s);
    if ((rc = train(n, d, &root, o, e)))
        goto out;
    subnet_calibrate(n, d, CALIBRATE_ROWS, true);
    if ((rc = freeze(&out->workload, n, "nasrec", NULL, e)))
        goto out;
    freeze_requests(out->workload, n, o->dataset ? &d->valid : &d->train, o->n_requests);
    if (o->dataset)
        rc = measure(n, &d->valid, o, out, e);
out:
    if (rc) {
        workload_free(out->workload);
        out->workload = NULL;
    }
    subnet_free(n);
    store_free(s);
    data_free(d);
    return rc;
}

enum err_code nasrec_fit_chip(const struct workload *w, struct chip_config *c, struct err *e)
{
    for (;;) {
        struct plan *p = NULL;
        enum err_code rc;

        c->mvm_adc_bits = chip_lossless_adc_bits(c);
        rc = plan_new(&p, w, c, e);
        plan_free(p);
        if (rc != ERR_CONFIG ||
            (c->mvm_xbars >= MAX_XBARS && c->tile_buffer_bytes >= MAX_BUFFER_BYTES))
            return rc;
        c->mvm_xbars = c->mvm_xbars < MAX_XBARS ? 2 * c->mvm_xbars : MAX_XBARS;
        if (c->tile_buffer_bytes < MAX_BUFFER_BYTES)
            c->tile_buffer_bytes *= 2;
    }
}
