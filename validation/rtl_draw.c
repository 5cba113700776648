/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/rtl_draw.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

struct choice {
    const char *path, *values, *where;
};

static const struct choice choices[] = {
#define CHOICE(path, values, where) {path, values, where},
#include "validation/rtl_choices.def"
#undef CHOICE
};
enum { N_CHOICES = sizeof choices / sizeof *choices };

/* ---- values of a key ---- */

/* Value number n of a list in text; false: there are not so many. */
static bool value_at(const char *values, uint32_t n, char out[16])
{
    size_t length;

    while (n-- && values)
        values = strchr(values, ' ') ? strchr(values, ' ') + 1 : NULL;
    if (!values)
        return false;
    length = strcspn(values, " ");
    assert(length < 16);
    memcpy(out, values, length);
    out[length] = '\0';
    return true;
}

static double number(const char *value)
{
    return strtod(value, NULL);
}

static uint32_t n_values(const char *values)
{
    uint32_t n = 0;
    char value[16];

    while (value_at(values, n, value))
        n++;
    return n;
}

static const struct cfg_key *key_of(const char *path)
{
    for (size_t i = 0; i < chip_config_n_keys; i++)
        if (strcmp(chip_config_keys[i].path, path) == 0)
            return &chip_config_keys[i];
    assert(false); /* the table names keys of the chip */
    return NULL;
}

/* What the struct holds for that text: a number, or the place of a word. */
static double number_of(const struct cfg_key *key, const char *text)
{
    if (key->type != CFG_ENUM)
        return number(text);
    for (uint32_t i = 0; key->choices[i]; i++)
        if (strcmp(key->choices[i], text) == 0)
            return i;
    assert(false); /* ... and their values */
    return -1;
}

static double held(const struct chip_config *c, const struct cfg_key *key)
{
    const char *at = (const char *)c + key->offset;
    uint32_t u;
    double d;

    if (key->type == CFG_F64) {
        memcpy(&d, at, sizeof d);
        return d;
    }
    memcpy(&u, at, sizeof u);
    return u;
}

static bool has_value(const struct chip_config *c, const char *path, const char *text)
{
    const struct cfg_key *key = key_of(path);

    return held(c, key) == number_of(key, text);
}

/* Splits "KEY=VALUE" or "KEY!=VALUE". */
struct where {
    char path[32], value[16];
    bool is;
};

static struct where where_of(const char *text)
{
    struct where w = {.is = !strchr(text, '!')};
    size_t n = strcspn(text, "!=");

    snprintf(w.path, sizeof w.path, "%.*s", (int)n, text);
    snprintf(w.value, sizeof w.value, "%s", text + n + (w.is ? 1 : 2));
    return w;
}

/* ---- drawing ---- */

static bool is_device(const struct choice *h)
{
    return strncmp(h->path, "device.", 7) == 0;
}

static void set(struct cfg *c, const char *path, const char *value)
{
    char *assignment = mem_printf("%s=%s", path, value);
    struct err e;

    if (cfg_set(c, assignment, &e))
        assert(false);
    free(assignment);
}

static void draw_value(const struct choice *h, struct rng *r, char value[16])
{
    (void)value_at(h->values, (uint32_t)rng_below(r, n_values(h->values)), value);
}

struct chip_config validate_rtl_chip(struct rng *r)
{
    char value[16], cols[16] = "", cell[16] = "";
    struct chip_config c;
    struct cfg *doc = NULL;
    struct err e;
    enum err_code rc = cfg_parse(&doc, "draw", "{}", &e);
    bool begun = false;

    assert(!rc);
    for (size_t i = 0; i < N_CHOICES; i++) {
        const struct choice *h = &choices[i];

        if (is_device(h) && !begun) {
            if (!rng_below(r, 2))
                break;
            begun = true;
            snprintf(value, sizeof value, "%u", (unsigned)rng_below(r, 1000));
            set(doc, "device.seed", value);
            set(doc, "map.copies", "1"); /* such a chip has every matrix once */
            set(doc, "map.replicate", "1");
        }
        if (strcmp(h->path, "device.time_s") == 0 && strcmp(cell, "cmo") != 0)
            continue; /* only that device drifts */
        do
            draw_value(h, r, value);
        while (strcmp(h->path, "mvm.cols_per_adc") == 0 && number(value) > number(cols));
        if (strcmp(h->path, "mvm.cols") == 0)
            memcpy(cols, value, sizeof cols);
        if (strcmp(h->path, "device.cell") == 0)
            memcpy(cell, value, sizeof cell);
        set(doc, h->path, value);
    }
    rc = chip_config_read(doc, &c, &e);
    assert(!rc); /* the table's values are a valid chip */
    (void)rc;
    cfg_free(doc);
    return c;
}

/* ---- what the mapper made of it ---- */

static uint32_t has_op(const struct plan *p, enum wl_kind kind)
{
    for (uint32_t i = 0; i < p->workload->n_ops; i++)
        if (p->workload->op[i].kind == kind)
            return 1;
    return 0;
}

static int has_dp(const struct plan *p)
{
    return (int)has_op(p, WL_DP);
}

static int has_fm(const struct plan *p)
{
    return (int)has_op(p, WL_FM);
}

static int has_add(const struct plan *p)
{
    return (int)has_op(p, WL_ADD);
}

static int has_gate(const struct plan *p)
{
    return (int)has_op(p, WL_GATE);
}

static int has_attention(const struct plan *p)
{
    return (int)has_op(p, WL_ATTENTION);
}

static int has_rows(const struct plan *p)
{
    for (uint32_t i = 0; i < p->workload->n_ops; i++)
        if (p->workload->op[i].kind == WL_MVM && p->workload->op[i].by_row)
            return 1;
    return 0;
}

static int has_bags(const struct plan *p)
{
    return p->workload->max_bag != NULL;
}

static int requests(const struct plan *p)
{
    return p->workload->n_requests == 1 ? 0 : p->workload->n_requests < 5 ? 1 : 2;
}

static int weight_bits(const struct plan *p)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < p->workload->n_ops; i++)
        if (p->workload->op[i].kind == WL_MVM && p->workload->op[i].weight_bits > most)
            most = p->workload->op[i].weight_bits;
    return most <= 4 ? 0 : most < 8 ? 1 : 2;
}

static int has_signed(const struct plan *p)
{
    for (uint32_t i = 0; i < p->workload->n_tensors; i++)
        if (p->workload->tensor[i].zero_point)
            return 1;
    return 0;
}

static int conversion(const struct plan *p)
{
    if (p->config.mvm_adc_bits >= p->analog.lossless_bits)
        return 0;
    return p->config.mvm_adc_range == ADC_CLIP ? 1 : 2;
}

static int device(const struct plan *p)
{
    return chip_has_device_effects(&p->config);
}

static int shared_tiles(const struct plan *p)
{
    return p->limit.contexts > 1;
}

static bool any_mvm(const struct plan *p, bool (*is)(const struct plan_unit *u))
{
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_MVM && is(&p->unit[i]))
            return true;
    return false;
}

static bool is_copied(const struct plan_unit *u)
{
    return u->mvm.copies > 1;
}

static bool has_row_blocks(const struct plan_unit *u)
{
    return u->mvm.n_rb > 1;
}

static bool has_column_blocks(const struct plan_unit *u)
{
    return u->mvm.n_cb > 1;
}

static bool has_partial_sums(const struct plan_unit *u)
{
    return u->mvm.n_partial > 0;
}

static int copies(const struct plan *p)
{
    return any_mvm(p, is_copied);
}

static int row_blocks(const struct plan *p)
{
    return any_mvm(p, has_row_blocks);
}

static int column_blocks(const struct plan *p)
{
    return any_mvm(p, has_column_blocks);
}

static int partial_sums(const struct plan *p)
{
    return any_mvm(p, has_partial_sums);
}

static int replicas(const struct plan *p)
{
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].n_replicas > 1)
            return 1;
    return 0;
}

static const struct derived {
    const char *name, *values;
    int (*of)(const struct plan *p);
} derived[] = {
    {"requests", "1 2-4 5+", requests},
    {"DP", "no yes", has_dp},
    {"FM", "no yes", has_fm},
    {"ADD", "no yes", has_add},
    {"GATE", "no yes", has_gate},
    {"attention", "no yes", has_attention},
    {"MVM by row", "no yes", has_rows},
    {"bags", "no yes", has_bags},
    {"weight bits", "2-4 5-7 8", weight_bits},
    {"signed codes", "no yes", has_signed},
    {"conversion", "lossless clips truncates", conversion},
    {"device effects", "no yes", device},
    {"shared tiles", "no yes", shared_tiles},
    {"copies", "no yes", copies},
    {"replicas", "no yes", replicas},
    {"row blocks", "no yes", row_blocks},
    {"column blocks", "no yes", column_blocks},
    {"partial sums", "no yes", partial_sums},
};
enum { N_DERIVED = sizeof derived / sizeof *derived };

/* ---- factors ---- */

const uint32_t rtl_n_factors = N_CHOICES + N_DERIVED;

/* Each value once. */
struct rtl_factor rtl_factor(uint32_t i)
{
    const char *values = i < N_CHOICES ? choices[i].values : derived[i - N_CHOICES].values;
    struct rtl_factor f = {.name = i < N_CHOICES ? choices[i].path : derived[i - N_CHOICES].name};
    char value[16];

    for (uint32_t n = 0; value_at(values, n, value); n++) {
        bool is_new = true;

        for (uint32_t k = 0; k < f.n_values; k++)
            is_new &= strcmp(f.value[k], value) != 0;
        if (is_new) {
            assert(f.n_values < RTL_MAX_VALUES);
            memcpy(f.value[f.n_values++], value, sizeof value);
        }
    }
    return f;
}

static bool matters(const struct choice *h, const struct plan *p)
{
    struct where w;

    if (is_device(h) && !p->device.drawn)
        return false;
    if (!*h->where)
        return true;
    w = where_of(h->where);
    return has_value(&p->config, w.path, w.value) == w.is;
}

void rtl_factors_of(const struct plan *p, int8_t *at)
{
    for (uint32_t i = 0; i < N_CHOICES; i++) {
        struct rtl_factor f = rtl_factor(i);

        at[i] = -1;
        for (uint32_t k = 0; k < f.n_values && matters(&choices[i], p); k++)
            if (has_value(&p->config, f.name, f.value[k]))
                at[i] = (int8_t)k;
    }
    for (uint32_t i = 0; i < N_DERIVED; i++)
        at[N_CHOICES + i] = (int8_t)derived[i].of(p);
}

/* ---- what cannot be together ---- */

/* No design has both; "KEY": whatever its value. */
static const struct never {
    const char *a, *b;
} never[] = {
    {"conversion=clips", "mvm.adc_range=truncate"},
    {"conversion=truncates", "mvm.adc_range=clip"},
    {"conversion=lossless", "mvm.adc_bits=3"}, /* 16 rows of flipped bits need 4 */
    {"shared tiles=yes", "map.pack=off"},
    {"copies=yes", "map.copies=1"},
    {"replicas=yes", "map.replicate=1"},
    {"attention=yes", "MVM by row=no"},     /* its projections */
    {"device effects=yes", "map.copies=2"}, /* every matrix is there once */
    {"device effects=yes", "map.copies=5"},
    {"device effects=yes", "map.copies=16"},
    {"device effects=yes", "map.replicate=2"},
    {"device effects=yes", "map.replicate=4"},
    {"device effects=yes", "map.replicate=8"},
    {"device effects=yes", "copies=yes"},
    {"device effects=yes", "replicas=yes"},
    {"device effects=no", "device.variation"},
    {"device effects=no", "device.cell"},
    {"device effects=no", "device.sigma"},
    {"device effects=no", "device.time_s"},
    {"device effects=no", "device.stuck_off"},
    {"device effects=no", "device.stuck_on"},
    {"device effects=no", "device.adc_offset"},
    {"device effects=no", "device.fraction_bits"},
};

static bool is_of(const char *text, const struct rtl_factor *f, uint32_t value)
{
    size_t n = strcspn(text, "=");

    return strlen(f->name) == n && strncmp(text, f->name, n) == 0 &&
           (!text[n] || strcmp(text + n + 1, f->value[value]) == 0);
}

/* Whether factor i, where it matters, has another factor's value v. */
static bool contradicts(uint32_t i, const char *name, const char *v)
{
    struct where w;

    if (i >= N_CHOICES || !*choices[i].where)
        return false;
    w = where_of(choices[i].where);
    return strcmp(w.path, name) == 0 && (strcmp(w.value, v) == 0) != w.is;
}

static bool conditions_contradict(uint32_t i, uint32_t k)
{
    struct where w;

    if (i >= N_CHOICES || !*choices[i].where)
        return false;
    w = where_of(choices[i].where);
    return w.is && contradicts(k, w.path, w.value);
}

static bool is_never(const struct rtl_factor *f, uint32_t a, const struct rtl_factor *g, uint32_t b)
{
    for (size_t n = 0; n < sizeof never / sizeof *never; n++)
        if ((is_of(never[n].a, f, a) && is_of(never[n].b, g, b)) ||
            (is_of(never[n].a, g, b) && is_of(never[n].b, f, a)))
            return true;
    return false;
}

bool rtl_factors_exclude(uint32_t i, uint32_t a, uint32_t k, uint32_t b)
{
    static const struct rtl_factor with_device = {"device effects", 2, {"no", "yes"}};
    struct rtl_factor f = rtl_factor(i), g = rtl_factor(k);

    if (is_never(&f, a, &g, b) ||
        (i < N_CHOICES && is_device(&choices[i]) && is_never(&with_device, 1, &g, b)) ||
        (k < N_CHOICES && is_device(&choices[k]) && is_never(&f, a, &with_device, 1)))
        return true;
    if (strcmp(f.name, "mvm.cols") == 0 && strcmp(g.name, "mvm.cols_per_adc") == 0)
        return number(g.value[b]) > number(f.value[a]);
    return contradicts(i, g.name, g.value[b]) || contradicts(k, f.name, f.value[a]) ||
           conditions_contradict(i, k) || conditions_contradict(k, i);
}
