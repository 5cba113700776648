/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/search.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/mem.h"

static enum err_code run_seed(const struct validate_search *v, const struct nas_config *config,
                              uint64_t seed, double volume[SEARCH_N_STRATEGIES], struct err *e)
{
    struct archive a[SEARCH_N_STRATEGIES] = {0};
    struct archive_box box = archive_box_empty();
    struct nas_config c = *config;
    char *dir = mem_printf("%s/seed_%llu", v->dir, (unsigned long long)seed);
    struct nas *n = NULL;
    enum err_code rc;

    c.seed = seed;
    rc = nas_open(&n, &c, dir, v->params_dir, &v->watch, v->crew, e);
    for (enum strategy s = 0; s < SEARCH_N_STRATEGIES && !rc; s++) {
        rc = nas_explore(n, s, &a[s], e);
        archive_box_hold(&box, &a[s]);
    }
    for (enum strategy s = 0; s < SEARCH_N_STRATEGIES && !rc; s++)
        volume[s] = archive_hypervolume(&a[s], &box);
    for (enum strategy s = 0; s < SEARCH_N_STRATEGIES; s++)
        archive_fini(&a[s]);
    nas_close(n);
    free(dir);
    return rc;
}

static void print_row(FILE *out, const char *label, const double volume[SEARCH_N_STRATEGIES])
{
    fprintf(out, "%-10s", label);
    for (enum strategy s = 0; s < SEARCH_N_STRATEGIES; s++)
        fprintf(out, " %11.4f", volume[s]);
    fputc('\n', out);
}

static void print_head(FILE *out, const struct nas_config *c)
{
    fprintf(
        out,
        "hypervolume of the front (LogLoss, log latency, log energy, log area), %llu pairs judged "
        "by each\n\n%-10s",
        (unsigned long long)c->population + (uint64_t)c->generations * c->children, "seed");
    for (enum strategy s = 0; s < SEARCH_N_STRATEGIES; s++)
        fprintf(out, " %11s", strategy_names[s]);
    fputc('\n', out);
}

static enum err_code verdict(const double mean[SEARCH_N_STRATEGIES], struct err *e)
{
    static const enum strategy found[] = {SEARCH_EVOLUTION, SEARCH_NSGA2};
    static const enum strategy against[] = {SEARCH_RANDOM, SEARCH_TWO_STAGE};

    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 2; k++)
            if (mean[found[i]] <= mean[against[k]])
                return err_set(e, ERR_MISMATCH, "%s is not ahead of %s: %.4f, %.4f",
                               strategy_names[found[i]], strategy_names[against[k]], mean[found[i]],
                               mean[against[k]]);
    return ERR_OK;
}

enum err_code validate_search(const struct validate_search *v, const struct nas_config *config,
                              FILE *out, struct err *e)
{
    double mean[SEARCH_N_STRATEGIES] = {0};
    uint32_t n_ahead[SEARCH_N_STRATEGIES] = {0};
    enum err_code rc = ERR_OK;

    print_head(out, config);
    for (uint64_t seed = 1; seed <= v->n_seeds && !rc; seed++) {
        double volume[SEARCH_N_STRATEGIES];
        char label[32];

        if ((rc = run_seed(v, config, seed, volume, e)))
            break;
        snprintf(label, sizeof label, "%llu", (unsigned long long)seed);
        print_row(out, label, volume);
        fflush(out);
        for (enum strategy s = 0; s < SEARCH_N_STRATEGIES; s++) {
            mean[s] += volume[s] / v->n_seeds;
            n_ahead[s] += volume[s] > volume[SEARCH_RANDOM] && volume[s] > volume[SEARCH_TWO_STAGE];
        }
    }
    if (rc)
        return rc;
    print_row(out, "mean", mean);
    for (enum strategy s = SEARCH_EVOLUTION; s <= SEARCH_NSGA2; s++)
        fprintf(out, "%s: %.2fx random, %.2fx two_stage; ahead of both with %u of %u seeds\n",
                strategy_names[s], mean[s] / mean[SEARCH_RANDOM], mean[s] / mean[SEARCH_TWO_STAGE],
                n_ahead[s], v->n_seeds);
    return verdict(mean, e);
}
