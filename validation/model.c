/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/model.h"

#include <stdlib.h>

#include "nas/freeze.h"
#include "sim/base/mem.h"

void model_of_genome(struct model *m, const struct space *s, const struct genome *g,
                     const struct data *d, const struct rng *root)
{
    struct rng r = rng_child(root, "store");

    *m = (struct model){.data = d, .root = *root, .store = store_new(s, g, d, &r)};
    m->net = subnet_new(g, m->store);
}

void model_of_zoo(struct model *m, enum zoo kind, const struct zoo_options *o, const struct data *d,
                  const struct rng *root)
{
    struct net *net = mem_alloc(1, sizeof *net);
    struct rng r = rng_child(root, "store");

    zoo_net(net, kind, o, d);
    *m = (struct model){.data = d, .root = *root, .store = zoo_store(net, d, &r)};
    m->net = subnet_new_net(net, m->store);
    free(net);
}

void model_free(struct model *m)
{
    workload_free(m->workload);
    subnet_free(m->net);
    store_free(m->store);
}

enum err_code model_train(struct model *m, const struct tune_options *o, struct err *e)
{
    struct rng r = rng_child(&m->root, "tune");

    return subnet_tune(m->net, m->data, &r, o, NULL, e);
}

enum err_code model_freeze(struct model *m, const char *name, uint32_t n_requests, struct err *e)
{
    enum err_code rc = freeze(&m->workload, m->net, name, NULL, e);

    if (!rc)
        freeze_requests(m->workload, m->net, &m->data->valid, n_requests);
    return rc;
}

struct figures model_in_float(const struct model *m)
{
    const struct data_split *v = &m->data->valid;
    double *p = mem_alloc(v->n, sizeof *p);
    struct figures f;

    subnet_predict(m->net, v, 0, v->n, false, p);
    f = (struct figures){metric_logloss(v->label, p, v->n), metric_auc(v->label, p, v->n)};
    free(p);
    return f;
}

enum err_code model_in_integers(const struct model *m, struct exec *x, uint64_t rows,
                                const struct watch *watch, struct figures *out, struct err *e)
{
    const struct data_split *v = &m->data->valid;
    double *p = mem_alloc(rows, sizeof *p);
    enum err_code rc = freeze_predict(m->workload, x, m->net, v, 0, rows, p, NULL, watch, e);

    if (!rc)
        *out = (struct figures){metric_logloss(v->label, p, rows), metric_auc(v->label, p, rows)};
    free(p);
    return rc;
}
