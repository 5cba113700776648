/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the search's settings. Its order is that of the stages: a stage's state depends on
 * the keys up to and including its own group (nas/run.c). */
#include "nas/run_config.h"

#include "nas/evolve.h"

#include <math.h>
#include <string.h>

#define KEY(path_, type_, field_, def_, min_, max_, unit_, help_)                                  \
    {                                                                                              \
        .path = (path_), .type = (type_), .offset = offsetof(struct nas_config, field_),           \
        .def = (def_), .min = (min_), .max = (max_), .unit = (unit_), .help = (help_)              \
    }
#define TEXT(path_, field_, def_, help_)                                                           \
    {                                                                                              \
        .path = (path_), .type = CFG_STR, .offset = offsetof(struct nas_config, field_),           \
        .def = (def_), .str_size = sizeof((struct nas_config *)0)->field_, .unit = "1",            \
        .help = (help_)                                                                            \
    }

static const char *const operator_choices[] = {"full", "small", NULL}; /* enum space_operators */
static const char *const bits_choices[] = {"mixed", "4", "6", "8", NULL};

static const struct cfg_key keys[] = {
    TEXT("dataset", dataset, "synthetic", "data set: synthetic[:...], criteo:..., cache:..., ..."),
    KEY("seed", CFG_U64, seed, "1", 0, 0, "1", "of every random draw"),
    KEY("data.max_rows", CFG_U32, max_rows, "500000", 2, 1e8, "rows", "of one embedding table"),
    {.path = "model.operators",
     .type = CFG_ENUM,
     .offset = offsetof(struct nas_config, operators),
     .def = "full",
     .choices = operator_choices,
     .unit = "1",
     .help = "full: NASRec's; small: FC, DP and EFC alone"},
    KEY("model.blocks", CFG_U32, n_blocks, "7", 1, 7, "1", "choice blocks"),
    KEY("model.max_dense_dim", CFG_U32, max_dense_dim, "128", 16, 1024, "1",
        "widths above are not drawn"),
    KEY("model.max_sparse_dim", CFG_U32, max_sparse_dim, "32", 16, 64, "rows",
        "sparse outputs above are not drawn"),
    KEY("model.embed_dim", CFG_U32, embed_dim, "16", 2, 64, "1", "numbers of an embedding row"),
    KEY("model.max_embed_dim", CFG_U32, max_embed_dim, "16", 2, 64, "1",
        "model.embed_dim and its doubles up to this are drawn"),
    {.path = "model.bits",
     .type = CFG_ENUM,
     .offset = offsetof(struct nas_config, bits),
     .def = "mixed",
     .choices = bits_choices,
     .unit = "bits",
     .help = "of weights, activations and embeddings; mixed: each of its own, searched"},
    KEY("train.epochs", CFG_F64, train_epochs, "4", 0.001, 1000, "epochs", "of the supernet"),
    KEY("train.warmup_epochs", CFG_F64, warmup_epochs, "1", 0, 1000, "epochs",
        "in which the whole supernet is trained with falling probability"),
    KEY("train.batch", CFG_U32, batch, "256", 1, 65536, "rows", "a step"),
    {.path = "train.optimiser",
     .type = CFG_ENUM,
     .offset = offsetof(struct nas_config, optimiser),
     .def = "adagrad",
     .choices = optimiser_names,
     .unit = "1",
     .help = "also when fine-tuning, as are the keys below but for the rates"},
    KEY("train.lr", CFG_F64, lr, "1", 1e-9, 1000, "1", "rate of weights"),
    KEY("train.embed_lr", CFG_F64, embed_lr, "20", 1e-9, 10000, "1", "of embedding rows"),
    KEY("train.eps", CFG_F64, eps, "1", 0, 1000, "1", "floor of weights' gradients"),
    KEY("train.embed_eps", CFG_F64, embed_eps, "1", 0, 1000, "1", "of embedding rows' gradients"),
    KEY("train.embed_l2", CFG_F64, embed_l2, "0", 0, 1, "1",
        "pull of embedding rows to 0 whenever they are looked up"),
    KEY("train.clip", CFG_F64, clip, "0", 0, 1e9, "1",
        "length to which the gradient of all numbers together is cut; 0: never"),
    KEY("train.dropout", CFG_F64, dropout, "0", 0, 0.9, "1",
        "share of an FC layer's outputs that a step leaves out"),
    KEY("train.checkpoint_steps", CFG_U32, checkpoint_steps, "1000", 0, 1e9, "steps",
        "between checkpoints, also when fine-tuning; 0: only at the end"),
    {.path = "search.strategy",
     .type = CFG_ENUM,
     .offset = offsetof(struct nas_config, strategy),
     .def = "evolution",
     .choices = strategy_names,
     .unit = "1",
     .help = "how pairs are found; random and two_stage are what the others are measured against"},
    KEY("search.population", CFG_U32, population, "40", 2, 100000, "1", "pairs alive"),
    KEY("search.generations", CFG_U32, generations, "24", 0, 1e6, "1", "after the first"),
    KEY("search.children", CFG_U32, children, "10", 1, 100000, "1", "a generation"),
    KEY("search.tournament", CFG_U32, tournament, "8", 1, 100000, "1",
        "pairs drawn for one parent"),
    KEY("search.survivors", CFG_U32, survivors, "8", 0, 1024, "1",
        "finalists of the front, simulated cycle by cycle and trained, to choose among them"),
    KEY("search.sim_requests", CFG_U32, sim_requests, "64", 1, 1e6, "1", "of each of these runs"),
    KEY("search.final_epochs", CFG_F64, final_epochs, "1", 0, 1000, "epochs",
        "of each finalist's training with tune's rates; 0: shared weights decide"),
    KEY("search.eval_rows", CFG_U32, eval_rows, "8192", 16, 1e9, "rows",
        "of the validation part, for a candidate's LogLoss"),
    KEY("search.exec_rows", CFG_U32, exec_rows, "512", 0, 1e9, "rows",
        "of these, on the candidate's chip if its ADC may clip"),
    KEY("search.calibrate_rows", CFG_U32, calibrate_rows, "2048", 16, 1e9, "rows",
        "of the training part, for ranges of activations"),
    KEY("search.adapt_steps", CFG_U32, adapt_steps, "32", 0, 1e6, "steps",
        "of 256 rows in which a candidate adapts the shared weights before it is measured"),
    KEY("search.adapt_lr", CFG_F64, adapt_lr, "0.3", 0, 1000, "1",
        "rate of these steps, by train.optimiser from its accumulators"),
    TEXT("search.base_design", base_design, "", "design.yaml of the keys that are not searched"),
    TEXT("search.fixed", fixed, "",
         "keys of the chip that are not searched, with commas; map. stands for all of its group"),
    KEY("search.max_latency_us", CFG_F64, max_latency_us, "0", 0, 1e9, "us", "0: no limit"),
    KEY("search.max_energy_nj", CFG_F64, max_energy_nj, "0", 0, 1e12, "nJ",
        "of one inference; 0: no limit"),
    KEY("search.max_area_mm2", CFG_F64, max_area_mm2, "0", 0, 1e6, "mm2", "0: no limit"),
    KEY("search.max_units", CFG_U32, max_units, "36", 2, 256, "nodes", "of the mesh in use"),
    KEY("search.weight_logloss", CFG_F64, weight_logloss, "4", 0, 1000, "1",
        "of one hundredth of the LogLoss of predicting the mean"),
    KEY("search.weight_latency", CFG_F64, weight_latency, "0.5", 0, 1000, "1", "of a doubling"),
    KEY("search.weight_interval", CFG_F64, weight_interval, "0.25", 0, 1000, "1",
        "of a doubling of the cycles between results"),
    KEY("search.weight_energy", CFG_F64, weight_energy, "0.5", 0, 1000, "1", "of a doubling"),
    KEY("search.weight_area", CFG_F64, weight_area, "0.5", 0, 1000, "1", "of a doubling"),
    KEY("tune.inherit", CFG_BOOL, tune_inherit, "false", 0, 0, "1",
        "start from the supernet's weights; false: train the chosen model anew"),
    KEY("tune.epochs", CFG_F64, tune_epochs, "3", 0.001, 1000, "epochs", "of the chosen model"),
    KEY("tune.batch", CFG_U32, tune_batch, "256", 1, 65536, "rows", "a step"),
    KEY("tune.lr", CFG_F64, tune_lr, "1", 1e-9, 1000, "1", "rate of weights"),
    KEY("tune.embed_lr", CFG_F64, tune_embed_lr, "20", 1e-9, 10000, "1", "of embedding rows"),
    KEY("tune.batch_norm", CFG_BOOL, batch_norm, "false", 0, 0, "1",
        "normalise each output of FC layers over the batch; becomes part of their weights"),
    KEY("tune.holdout", CFG_F64, holdout, "0", 0, 0.5, "1",
        "share of the training rows that fine-tuning does not see; they set the logits' scale; "
        "0: it stays"),
    KEY("tune.max_auc_loss", CFG_F64, max_auc_loss, "0.005", 0, 1, "1",
        "the ADC gets more bits until the chip's integers lose no more"),
    KEY("tune.max_logloss_loss", CFG_F64, max_logloss_loss, "0.01", 0, 100, "1",
        "the same of LogLoss"),
    KEY("requests", CFG_U32, n_requests, "256", 1, 1e9, "1",
        "validation requests written into the workload"),
};
enum { N_KEYS = sizeof keys / sizeof *keys, CALIBRATE_ROWS = 20480, ADAPT_BATCH = 256 };

/* Defaults of the quick job: a minute or so on one core. */
static const char *const quick_defaults[][2] = {
    {"dataset", "synthetic:rows=60000"},
    {"model.blocks", "3"},
    {"model.max_dense_dim", "64"},
    {"train.epochs", "2"},
    {"train.warmup_epochs", "0.5"},
    {"search.population", "32"},
    {"search.generations", "30"},
    {"search.children", "8"},
    {"search.eval_rows", "4096"},
    {"search.exec_rows", "256"},
    {"search.calibrate_rows", "2048"},
    {"search.max_units", "25"},
    {"requests", "64"},
};

const struct cfg_key *nas_config_keys(bool quick, size_t *n)
{
    static struct cfg_key quick_keys[N_KEYS]; /* the same bytes whenever it is filled */

    *n = N_KEYS;
    if (!quick)
        return keys;
    for (size_t i = 0; i < N_KEYS; i++) {
        struct cfg_key k = keys[i];

        for (size_t q = 0; q < sizeof quick_defaults / sizeof *quick_defaults; q++)
            if (strcmp(k.path, quick_defaults[q][0]) == 0)
                k.def = quick_defaults[q][1];
        quick_keys[i] = k;
    }
    return quick_keys;
}

size_t nas_config_n_keys_of(enum nas_stage stage)
{
    /* the search's finalists are trained as tune says */
    static const char *const prefix[] = {
        [NAS_TRAIN] = "train.", [NAS_SEARCH] = "tune.", [NAS_TUNE] = "tune."};
    size_t end = 0;

    for (size_t i = 0; i < N_KEYS; i++)
        if (strncmp(keys[i].path, prefix[stage], strlen(prefix[stage])) == 0)
            end = i + 1;
    return end;
}

enum err_code nas_config_space(const struct nas_config *c, struct space *out, struct err *e)
{
    static const uint32_t bits[] = {0, 4, 6, 8};

    space_init(out, (enum space_operators)c->operators, c->n_blocks, c->max_dense_dim,
               c->max_sparse_dim);
    space_embedding(out, c->embed_dim, c->max_embed_dim);
    if (c->bits)
        space_bits(out, bits[c->bits]);
    return space_fix(out, c->fixed, e);
}

static struct learning learning(const struct nas_config *c, uint32_t batch, double lr,
                                double embed_lr)
{
    enum optimiser by = (enum optimiser)c->optimiser;

    return (struct learning){
        .batch = batch,
        .weights = {(float)lr, (float)c->eps, 0, by},
        .rows = {(float)embed_lr, (float)c->embed_eps, (float)c->embed_l2, by},
        .clip = c->clip,
        .dropout = c->dropout,
    };
}

struct learning nas_config_learning(const struct nas_config *c)
{
    return learning(c, c->batch, c->lr, c->embed_lr);
}

struct adapt_options nas_config_adapt(const struct nas_config *c)
{
    return (struct adapt_options){.steps = c->adapt_steps,
                                  .how = learning(c, ADAPT_BATCH, c->adapt_lr, 0),
                                  .calibrate_rows = c->calibrate_rows};
}

struct tune_options nas_config_tune(const struct nas_config *c)
{
    struct learning how = learning(c, c->tune_batch, c->tune_lr, c->tune_embed_lr);

    how.batch_norm = c->batch_norm;
    return (struct tune_options){.epochs = c->tune_epochs,
                                 .how = how,
                                 .calibrate_rows = CALIBRATE_ROWS,
                                 .holdout = c->holdout,
                                 .ckpt_steps = c->checkpoint_steps};
}

enum err_code nas_config_load(const char *path, bool quick, const char *const *sets, size_t n_sets,
                              struct nas_config *out, struct err *e)
{
    size_t n;
    const struct cfg_key *table = nas_config_keys(quick, &n);
    struct cfg *c = NULL;
    enum err_code rc = path ? cfg_load(&c, path, e) : cfg_parse(&c, "defaults", "{}", e);

    for (size_t i = 0; !rc && i < n_sets; i++)
        rc = cfg_set(c, sets[i], e);
    if (!rc) {
        memset(out, 0, sizeof *out);
        rc = cfg_read(c, table, n, out, e);
    }
    cfg_free(c);
    return rc;
}

void nas_config_write(FILE *f, const struct nas_config *c)
{
    cfg_write(f, keys, N_KEYS, c);
}
