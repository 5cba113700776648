/* SPDX-License-Identifier: Apache-2.0 */
/* Models of the zoo: they learn, freeze to integers that agree, and fit a chip. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "arch/map.h"
#include "nas/freeze.h"
#include "nas/zoo.h"
#include "tests/nas/rig.h"

static const struct zoo_options options = {8, 2, {32, 16}, 8, 8, 8};

/* Label: field 0 and 1 of equal parity, mostly; field 2 alone a little. */
static void plant(struct data_split *s, struct rng *r)
{
    for (uint64_t i = 0; i < s->n; i++) {
        const uint32_t *row = s->lookup + i * 6;
        double p = row[0] % 2 == row[1] % 2 ? 0.8 : 0.2;

        s->label[i] = rng_unit(r) < p + (row[2] < 10 ? 0.15 : -0.15);
    }
}

static double logloss(struct subnet *n, const struct data *d, bool rounded)
{
    double *p = mem_alloc(d->valid.n, sizeof *p), loss;

    subnet_calibrate(n, d, 1024, rounded);
    subnet_predict(n, &d->valid, 0, d->valid.n, rounded, p);
    loss = metric_logloss(d->valid.label, p, d->valid.n);
    free(p);
    return loss;
}

static void expect_integers(const struct subnet *n, const struct data *d, double rounded)
{
    double *p = mem_alloc(d->valid.n, sizeof *p);
    struct workload *w;
    struct chip_config chip;
    struct plan *plan = NULL;
    struct err e;

    cr_assert_eq(freeze(&w, n, "zoo", NULL, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(freeze_predict(w, NULL, n, &d->valid, 0, d->valid.n, p, NULL, NULL, &e), ERR_OK);
    cr_expect_float_eq(metric_logloss(d->valid.label, p, d->valid.n), rounded, 0.01);
    cr_assert_eq(chip_config_read(NULL, &chip, &e), ERR_OK);
    chip.mvm_xbars = 64;
    chip.tile_buffer_bytes = 1048576;
    freeze_requests(w, n, &d->valid, 4);
    cr_expect_eq(plan_new(&plan, w, &chip, &e), ERR_OK, "%s", e.text);
    plan_free(plan);
    workload_free(w);
    free(p);
}

Test(zoo, models_learn_and_freeze)
{
    /* the linear model sees field 2 alone */
    static const double most[ZOO_N] = {
        [ZOO_lr] = 0.69,    [ZOO_fm] = 0.62,   [ZOO_dnn] = 0.5,  [ZOO_wide_deep] = 0.5,
        [ZOO_deepfm] = 0.5, [ZOO_dlrm] = 0.55, [ZOO_dcn] = 0.55, [ZOO_autoint] = 0.55};

    for (uint32_t n_dense = 0; n_dense < 3; n_dense += 2)
        for (enum zoo kind = 0; kind < ZOO_N; kind++) {
            struct rng rng = rng_new(31), root = rng_new(8);
            struct tune_options o = {
                .rounded = true,
                .epochs = 12,
                .how = {.batch = 64, .weights = {.lr = 1, .eps = 1}, .rows = {.lr = 20, .eps = 1}}};
            static struct net net;
            struct store *s;
            struct subnet *n;
            struct rig r;
            struct err e;
            double loss;

            rig_init(&r, 4, 1, n_dense, 8192);
            plant(&r.d.train, &rng);
            plant(&r.d.valid, &rng);
            zoo_net(&net, kind, &options, &r.d);
            s = zoo_store(&net, &r.d, &root);
            n = subnet_new_net(&net, s);
            cr_assert_eq(subnet_tune(n, &r.d, &root, &o, NULL, &e), ERR_OK);
            loss = logloss(n, &r.d, true);
            cr_expect_lt(loss, most[kind], "%s: LogLoss %g", zoo_kinds[kind].name, loss);
            expect_integers(n, &r.d, loss);
            subnet_free(n);
            store_free(s);
            rig_fini(&r);
        }
}
