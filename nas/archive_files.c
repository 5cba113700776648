/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/archive.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "traces/h5.h"

enum { FORMAT_VERSION = 2, PATH_BYTES = 96 };

/* ---- pareto.csv ---- */

static void put_number(FILE *f, double x)
{
    char text[32];

    json_f64_text(text, x);
    fprintf(f, ",%s", text);
}

static void put_pair(FILE *f, const struct candidate *c, bool chosen, const struct space *s,
                     const struct chip_config *base)
{
    struct chip_config chip;
    char text[SPACE_TEXT_BYTES];

    fprintf(f, "%llu,%d", (unsigned long long)c->id, chosen);
    put_number(f, c->logloss);
    put_number(f, c->logloss_chip);
    if (c->finalist)
        put_number(f, c->logloss_tuned);
    else
        fputc(',', f);
    put_number(f, c->latency_cycles);
    put_number(f, c->interval_cycles);
    put_number(f, c->energy_pj * 1e-3);
    put_number(f, c->area_um2 * 1e-6);
    put_number(f, c->score);
    candidate_chip(s, c, base, &chip);
    chip_text(s, &chip, text);
    fprintf(f, ",%llu,%llu,%s,%s\n", (unsigned long long)c->finalist,
            (unsigned long long)c->n_units, c->genome, text);
}

static bool is_on_front(const struct archive *a, uint64_t place)
{
    for (uint64_t i = 0; i < a->n_front; i++)
        if (a->front[i] == place)
            return true;
    return false;
}

enum err_code archive_write_csv(const struct archive *a, const struct space *s,
                                const struct chip_config *base, const char *path, struct err *e)
{
    const struct candidate *best = archive_best(a);
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    if (rc)
        return rc;
    fprintf(o.f, "id,chosen,logloss,logloss_chip,logloss_tuned,latency_cycles,interval_cycles,"
                 "energy_nj,area_mm2,score,finalist,units,genome,chip\n");
    for (uint64_t i = 0; i < a->n; i++)
        if (a->at[i].finalist || is_on_front(a, i))
            put_pair(o.f, &a->at[i], &a->at[i] == best, s, base);
    return file_commit(&o, e);
}

/* ---- archive.h5 ---- */

static const char axis[] = "/id";

struct column {
    const char *path, *units, *long_name;
    size_t offset; /* of a double or uint64_t in struct candidate */
    bool is_integer;
};

#define NUMBER(field, units, long_name)                                                            \
    {                                                                                              \
        "/" #field, units, long_name, offsetof(struct candidate, field), false                     \
    }
#define COUNT(field, units, long_name)                                                             \
    {                                                                                              \
        "/" #field, units, long_name, offsetof(struct candidate, field), true                      \
    }
static const struct column columns[] = {
    COUNT(id, "1", "number of the pair, in order of judging"),
    COUNT(generation, "1", "generation it was drawn in"),
    COUNT(feasible, "1", "1: the model fits the chip"),
    COUNT(finalist, "1", "1: simulated cycle by cycle, and trained on its own"),
    COUNT(n_units, "1", "mesh nodes in use"),
    NUMBER(logloss, "nat", "LogLoss in exact integers, on part of the validation rows"),
    NUMBER(logloss_chip, "nat", "the same with what the ADC loses"),
    NUMBER(logloss_tuned, "nat", "of a finalist: the same with weights of its own"),
    NUMBER(latency_cycles, "cycles", "of one request on an empty chip"),
    NUMBER(interval_cycles, "cycles", "between results of a full chip"),
    NUMBER(energy_pj, "pJ", "of one request, leakage included"),
    NUMBER(area_um2, "um2", "of the chip"),
    NUMBER(excess, "1", "by how much it exceeds the limits; 0: within"),
    NUMBER(score, "1", "what the chosen design has least of"),
};
#undef NUMBER
#undef COUNT

static void put(struct h5 *f, const char *path, enum h5_type type, uint32_t text_bytes, uint64_t n,
                const void *v, const char *units, const char *long_name)
{
    h5_write(f,
             &(struct h5_data){.path = path,
                               .type = type,
                               .text_bytes = text_bytes,
                               .rank = 1,
                               .extent = {n},
                               .units = units,
                               .long_name = long_name,
                               .axis = {strcmp(path, axis) != 0 ? axis : NULL}},
             v);
}

static void put_columns(struct h5 *f, const struct archive *a)
{
    uint64_t *v = mem_alloc(a->n, sizeof *v); /* or as many doubles */

    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        const struct column *c = &columns[k];

        for (uint64_t i = 0; i < a->n; i++)
            memcpy(&v[i], (const char *)&a->at[i] + c->offset, sizeof *v);
        put(f, c->path, c->is_integer ? H5_U64 : H5_F64, 0, a->n, v, c->units, c->long_name);
    }
    free(v);
}

static void put_front(struct h5 *f, const struct archive *a)
{
    uint8_t *on = mem_alloc(a->n, 1);

    for (uint64_t i = 0; i < a->n_front; i++)
        on[a->front[i]] = 1;
    put(f, "/on_front", H5_U8, 0, a->n, on, "1", "1: no other pair beats it");
    free(on);
}

static void put_genomes(struct h5 *f, const struct archive *a)
{
    char *text = mem_alloc(a->n, SPACE_TEXT_BYTES);

    for (uint64_t i = 0; i < a->n; i++)
        memcpy(text + i * SPACE_TEXT_BYTES, a->at[i].genome, SPACE_TEXT_BYTES);
    put(f, "/genome", H5_TEXT, SPACE_TEXT_BYTES, a->n, text, "1", "the model (nas/space.h)");
    free(text);
}

static void put_chips(struct h5 *f, const struct archive *a, const struct space *s)
{
    uint32_t *v = mem_alloc(a->n, sizeof *v);

    for (uint32_t k = 0; k < s->n_chip; k++) {
        char path[PATH_BYTES];

        for (uint64_t i = 0; i < a->n; i++)
            v[i] = a->at[i].chip[k];
        snprintf(path, sizeof path, "/chip/%s", s->chip[k].key);
        put(f, path, H5_U32, 0, a->n, v, "1",
            "searched key of the design; choices as their number");
    }
    free(v);
}

enum err_code archive_write_h5(const struct archive *a, const struct space *s, const char *path,
                               struct err *e)
{
    struct h5 *f = h5_create(path, "autorac-search", FORMAT_VERSION);

    put_columns(f, a);
    put_front(f, a);
    put_genomes(f, a);
    put_chips(f, a, s);
    return h5_commit(f, e);
}
