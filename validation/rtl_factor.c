/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/rtl_factor.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "validation/rtl_choice.h"

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

/* Whether a matrix meets its vectors row by row, in one copy or several at once. */
static int rows(const struct plan *p)
{
    int most = 0;

    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_MVM && p->unit[i].mvm.by_row)
            most = p->unit[i].mvm.copies > 1 || most == 2 ? 2 : 1;
    return most;
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
    {"MVM by row", "no one copies", rows},
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

const uint32_t rtl_n_factors = RTL_N_CHOICES + N_DERIVED;

/* Each value once. */
struct rtl_factor rtl_factor(uint32_t i)
{
    const char *values =
        i < RTL_N_CHOICES ? rtl_choices[i].values : derived[i - RTL_N_CHOICES].values;
    struct rtl_factor f = {.name = i < RTL_N_CHOICES ? rtl_choices[i].path
                                                     : derived[i - RTL_N_CHOICES].name};
    char value[RTL_VALUE];

    for (uint32_t n = 0; rtl_choice_value(values, n, value); n++) {
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

static bool matters(const struct rtl_choice *h, const struct plan *p)
{
    struct rtl_choice_where w;

    if (rtl_choice_is_device(h) && !p->device.drawn)
        return false;
    if (!*h->where)
        return true;
    w = rtl_choice_where(h->where);
    return rtl_choice_held(&p->config, w.path, w.value) == w.is;
}

void rtl_factors_of(const struct plan *p, int8_t *at)
{
    for (uint32_t i = 0; i < RTL_N_CHOICES; i++) {
        struct rtl_factor f = rtl_factor(i);

        at[i] = -1;
        for (uint32_t k = 0; k < f.n_values && matters(&rtl_choices[i], p); k++)
            if (rtl_choice_held(&p->config, f.name, f.value[k]))
                at[i] = (int8_t)k;
    }
    for (uint32_t i = 0; i < N_DERIVED; i++)
        at[RTL_N_CHOICES + i] = (int8_t)derived[i].of(p);
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
    {"MVM by row=copies", "map.copies=1"},
    {"MVM by row=copies", "copies=no"},
    {"attention=yes", "MVM by row=no"},     /* its projections */
    {"device effects=yes", "map.copies=2"}, /* every matrix is there once */
    {"device effects=yes", "map.copies=5"},
    {"device effects=yes", "map.copies=16"},
    {"device effects=yes", "map.replicate=2"},
    {"device effects=yes", "map.replicate=4"},
    {"device effects=yes", "map.replicate=8"},
    {"device effects=yes", "copies=yes"},
    {"device effects=yes", "replicas=yes"},
    {"device effects=yes", "MVM by row=copies"},
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
    struct rtl_choice_where w;

    if (i >= RTL_N_CHOICES || !*rtl_choices[i].where)
        return false;
    w = rtl_choice_where(rtl_choices[i].where);
    return strcmp(w.path, name) == 0 && (strcmp(w.value, v) == 0) != w.is;
}

static bool conditions_contradict(uint32_t i, uint32_t k)
{
    struct rtl_choice_where w;

    if (i >= RTL_N_CHOICES || !*rtl_choices[i].where)
        return false;
    w = rtl_choice_where(rtl_choices[i].where);
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
        (i < RTL_N_CHOICES && rtl_choice_is_device(&rtl_choices[i]) &&
         is_never(&with_device, 1, &g, b)) ||
        (k < RTL_N_CHOICES && rtl_choice_is_device(&rtl_choices[k]) &&
         is_never(&f, a, &with_device, 1)))
        return true;
    if (strcmp(f.name, "mvm.cols") == 0 && strcmp(g.name, "mvm.cols_per_adc") == 0)
        return rtl_choice_number(g.value[b]) > rtl_choice_number(f.value[a]);
    return contradicts(i, g.name, g.value[b]) || contradicts(k, f.name, f.value[a]) ||
           conditions_contradict(i, k) || conditions_contradict(k, i);
}
