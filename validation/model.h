/* SPDX-License-Identifier: Apache-2.0 */
/* validation/model.h: one model with weights of its own, of the space or of the zoo: made, trained,
 * measured in float, in exact integers or on a chip. What the comparisons of this folder share.
 *
 * First weights come from the stream "store" of the root, training draws from "tune". */
#ifndef AUTORAC_VALIDATION_MODEL_H
#define AUTORAC_VALIDATION_MODEL_H

#include "arch/exec.h"
#include "nas/subnet.h"
#include "nas/zoo.h"

struct figures {
    double logloss, auc;
};

struct model {
    const struct data *data; /* borrowed */
    struct rng root;
    struct store *store;
    struct subnet *net;
    struct workload *workload; /* NULL until model_freeze */
};

void model_of_genome(struct model *m, const struct space *s, const struct genome *g,
                     const struct data *d, const struct rng *root);
void model_of_zoo(struct model *m, enum zoo kind, const struct zoo_options *o, const struct data *d,
                  const struct rng *root);
void model_free(struct model *m); /* what it holds, not m; all zeros are legal */

enum err_code model_train(struct model *m, const struct tune_options *o, struct err *e);
/* With the first validation requests. */
enum err_code model_freeze(struct model *m, const char *name, uint32_t n_requests, struct err *e);

/* Of the whole validation part. */
struct figures model_in_float(const struct model *m);
/* Of its first rows, frozen: exact integers (x NULL), or on a chip. */
enum err_code model_in_integers(const struct model *m, struct exec *x, uint64_t rows,
                                const struct watch *watch, struct figures *out, struct err *e);

#endif
