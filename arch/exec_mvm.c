/* SPDX-License-Identifier: Apache-2.0 */
/* Where converters lose nothing, the bit-sliced sum equals the plain integer dot product, and that
 * is what is computed. Column sums are bounded by their cells, so the columns in which a converter
 * can lose something are listed once. What they lose is counted bit plane by bit plane and added.
 * With device effects every column is in the list and what it gives, not what it loses, is added
 * up. Either way the result is the integer that summing every converted code would give, as
 * tests/arch/test_exec.c checks. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arch/exec_impl.h"
#include "arch/exec_kernel.h"

/* Where the totals of a group's columns go. */
struct target {
    uint32_t rb;
    uint32_t n;                  /* columns; the others of the group are empty */
    uint32_t output[EXEC_GROUP]; /* of the shard */
    uint32_t shift[EXEC_GROUP];  /* of its codes, input slice not counted */
    bool negative[EXEC_GROUP];   /* pair's second half, or flipped */
};

struct image {
    struct exec_weights weights;
    struct exec_group *group; /* (n_groups) grouped by row block */
    struct target *target;    /* (n_groups) */
    uint32_t n_groups, capacity;

    /* Drawn cells with flip encoding: the unit columns are not exact either. */
    struct exec_group *unit; /* (column block / EXEC_GROUP, row block) of EXEC_GROUP unit columns */
    int32_t *unit_factor;    /* (row block, output) what an output takes of its unit column */
};

struct exec_mvm {
    const struct plan *p;
    const struct exec_kernel *kernel;
    uint32_t n_words;    /* of a crossbar's rows */
    struct image *image; /* (n_units) */
    uint32_t n_batch;    /* requests at a time */
    uint8_t *inputs;     /* (vectors of a batch, inputs) of the largest shard */
    int32_t *acc;        /* (vectors of a batch, outputs) */
    uint64_t *drive;     /* (vectors of a batch, row block, input bit, word) */
};

static struct exec_slicing slicing_of(const struct exec_mvm *x, const struct plan_mvm *mv)
{
    const struct plan_analog *a = &x->p->analog;
    uint32_t bits = mv->n_slices * x->p->config.mvm_dac_bits;

    return (struct exec_slicing){.n_words = x->n_words,
                                 .level_bits = a->level_bits,
                                 .n_slices = mv->n_slices,
                                 .dac_bits = x->p->config.mvm_dac_bits,
                                 .n_bits = bits < EXEC_MAX_BITS ? bits : EXEC_MAX_BITS,
                                 .down = a->fraction_bits + a->drop_bits,
                                 .up = a->drop_bits,
                                 .top = ((int64_t)1 << x->p->config.mvm_adc_bits) - 1,
                                 .exact = x->p->device.drawn ? 0 : -1};
}

/* The same for unit columns. */
static struct exec_slicing unit_slicing_of(const struct exec_mvm *x, const struct plan_mvm *mv)
{
    struct exec_slicing s = slicing_of(x, mv);

    s.down = x->p->analog.fraction_bits;
    s.up = 0;
    s.top = ((int64_t)1 << x->p->analog.unit_bits) - 1;
    return s;
}

/* ---- images ---- */

static bool may_lose(const struct plan *p, const struct plan_cells *cells)
{
    uint64_t reach = 0, top = (1u << p->config.mvm_adc_bits) - 1;

    if (p->device.drawn)
        return true;
    for (uint32_t r = 0; r < cells->n_rows; r++)
        reach += cells->level[r];
    reach *= (1u << p->config.mvm_dac_bits) - 1;
    return reach > top || (reach && p->analog.drop_bits);
}

/* The group that takes the next column of row block rb. */
static uint32_t open_group(struct exec_mvm *x, struct image *im, uint32_t rb)
{
    size_t n = (size_t)x->p->analog.level_bits * x->n_words * EXEC_GROUP;

    if (im->n_groups) {
        const struct target *t = &im->target[im->n_groups - 1];

        if (t->rb == rb && t->n < EXEC_GROUP)
            return im->n_groups - 1;
    }
    if (im->n_groups == im->capacity) {
        uint32_t grown = im->capacity ? 2 * im->capacity : 16;

        im->group = mem_grow(im->group, im->capacity, grown, sizeof *im->group);
        im->target = mem_grow(im->target, im->capacity, grown, sizeof *im->target);
        im->capacity = grown;
    }
    im->group[im->n_groups].plane = mem_alloc(n, sizeof(uint64_t));
    im->target[im->n_groups].rb = rb;
    return im->n_groups++;
}

static void set_cells(const struct exec_mvm *x, struct exec_group *g, uint32_t j,
                      const struct plan_cells *cells, int32_t offset)
{
    for (uint32_t r = 0; r < cells->n_rows; r++)
        for (uint32_t b = 0; cells->level[r] >> b; b++)
            g->plane[((size_t)b * x->n_words + r / 64) * EXEC_GROUP + j] |=
                (uint64_t)(cells->level[r] >> b & 1) << r % 64;
    g->bias[j] = offset + ((1 << x->p->analog.fraction_bits) >> 1);
}

static void add_column(struct exec_mvm *x, struct image *im, const struct plan_unit *u,
                       uint32_t xbar, uint32_t col, const struct plan_cells *cells)
{
    struct plan_column c = plan_mvm_column(x->p, u, col);
    uint32_t rb = xbar % u->mvm.n_rb, at = open_group(x, im, rb);
    struct target *t = &im->target[at];
    uint32_t j = t->n++, top = (1u << x->p->config.mvm_cell_bits) - 1;

    t->output[j] = xbar / u->mvm.n_rb * u->mvm.mpx + c.local;
    t->shift[j] = c.shift;
    t->negative[j] = c.negative != cells->flipped;
    set_cells(x, &im->group[at], j, cells,
              plan_adc_offset(x->p, u, xbar, col / x->p->config.mvm_cols_per_adc));
    if (im->unit && cells->flipped)
        im->unit_factor[rb * u->mvm.m + t->output[j]] += (int32_t)(top << c.shift);
}

static uint32_t unit_groups(const struct plan_mvm *mv)
{
    return (mv->n_cb + EXEC_GROUP - 1) / EXEC_GROUP * mv->n_rb;
}

/* Unit columns of crossbars of one row block next to each other, EXEC_GROUP a group. */
static void add_unit_columns(struct exec_mvm *x, struct image *im, const struct plan_unit *u)
{
    const struct plan_mvm *mv = &u->mvm;
    size_t n = (size_t)x->p->analog.level_bits * x->n_words * EXEC_GROUP;
    uint32_t n_groups = unit_groups(mv);

    im->unit = mem_alloc(n_groups, sizeof *im->unit);
    for (uint32_t g = 0; g < n_groups; g++)
        im->unit[g].plane = mem_alloc(n, sizeof(uint64_t));
    for (uint32_t xbar = 0; xbar < mv->n_rb * mv->n_cb; xbar++) {
        uint32_t cb = xbar / mv->n_rb, rb = xbar % mv->n_rb;
        struct plan_cells cells;

        plan_mvm_cells(x->p, u, xbar, x->p->config.mvm_cols, &cells);
        set_cells(x, &im->unit[cb / EXEC_GROUP * mv->n_rb + rb], cb % EXEC_GROUP, &cells,
                  plan_adc_offset(x->p, u, xbar, plan_n_adcs(x->p)));
    }
    im->unit_factor = mem_alloc((size_t)mv->n_rb * mv->m, sizeof *im->unit_factor);
    for (size_t i = 0; i < (size_t)mv->n_rb * mv->m; i++)
        im->unit_factor[i] = -(1 << (mv->weight_bits - 1));
}

static void build_image(struct exec_mvm *x, const struct plan_unit *u)
{
    const struct plan_mvm *mv = &u->mvm;
    struct image *im = &x->image[u->index];

    exec_weights_init(&im->weights, mv->weight, mv->weight_stride, mv->m, mv->k);
    if (x->p->device.drawn && x->p->config.mvm_encoding == ENCODING_FLIP)
        add_unit_columns(x, im, u);
    for (uint32_t rb = 0; rb < mv->n_rb; rb++)
        for (uint32_t xbar = rb; xbar < mv->n_rb * mv->n_cb; xbar += mv->n_rb)
            for (uint32_t col = 0; col < x->p->config.mvm_cols; col++) {
                struct plan_column c = plan_mvm_column(x->p, u, col);
                struct plan_cells cells;

                plan_mvm_cells(x->p, u, xbar, col, &cells);
                if (c.valid && xbar / mv->n_rb * mv->mpx + c.local < mv->m &&
                    may_lose(x->p, &cells))
                    add_column(x, im, u, xbar, col, &cells);
            }
}

static void grow(size_t *most, size_t n)
{
    *most = n > *most ? n : *most;
}

struct exec_mvm *exec_mvm_new(const struct plan *p, uint32_t n_batch,
                              const struct exec_kernel *kernel)
{
    struct exec_mvm *x = mem_alloc(1, sizeof *x);
    const struct exec_kernel *kernels[EXEC_MAX_KERNELS];
    size_t acc = 1, drive = 1, inputs = 1;

    x->p = p;
    x->kernel = kernel ? kernel : kernels[exec_kernels(kernels) - 1];
    x->n_batch = n_batch;
    x->n_words = (p->config.mvm_rows + 63) / 64;
    x->image = mem_alloc(p->n_units, sizeof *x->image);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        const struct exec_weights *w = &x->image[i].weights;
        size_t n = (size_t)n_batch * u->mvm.n_vec;

        if (u->kind != UNIT_MVM)
            continue;
        build_image(x, u);
        grow(&inputs, n * w->k);
        grow(&acc, n * w->m);
        grow(&drive, n * u->mvm.n_rb * EXEC_MAX_BITS * x->n_words);
    }
    x->inputs = mem_alloc(inputs, 1);
    x->acc = mem_alloc(acc, sizeof *x->acc);
    x->drive = mem_alloc(drive, sizeof *x->drive);
    return x;
}

void exec_mvm_free(struct exec_mvm *x)
{
    if (!x)
        return;
    for (uint32_t i = 0; i < x->p->n_units; i++) {
        struct image *im = &x->image[i];

        for (uint32_t g = 0; g < im->n_groups; g++)
            free(im->group[g].plane);
        for (uint32_t g = 0; im->unit && g < unit_groups(&x->p->unit[i].mvm); g++)
            free(im->unit[g].plane);
        free(im->group);
        free(im->target);
        free(im->unit);
        free(im->unit_factor);
        exec_weights_fini(&im->weights);
    }
    free(x->image);
    free(x->inputs);
    free(x->acc);
    free(x->drive);
    free(x);
}

/* ---- matrix-vector products ---- */

/* Vectors of n requests one after the other, padded with zeros to width. */
static void gather(const struct exec_mvm *x, const struct plan_mvm *mv, uint32_t width, uint32_t n,
                   const uint8_t *in, size_t in_stride)
{
    for (uint32_t r = 0; r < n; r++)
        for (uint32_t v = 0; v < mv->n_vec; v++) {
            uint8_t *to = x->inputs + (size_t)(r * mv->n_vec + v) * width;
            const uint8_t *from = in + r * in_stride + (mv->by_row ? (size_t)v * mv->k : v);

            if (mv->by_row || mv->n_vec == 1)
                memcpy(to, from, mv->k);
            else
                for (uint32_t k = 0; k < mv->k; k++)
                    to[k] = from[(size_t)k * mv->n_vec];
            memset(to + mv->k, 0, width - mv->k);
        }
}

/* Bit b of eight codes as eight bits: a multiplication brings them together. */
static inline uint64_t bits_of(uint64_t codes, uint32_t b)
{
    return (codes >> b & 0x0101010101010101u) * 0x0102040810204080u >> 56;
}

/* Row drives of n vectors, one bit plane an input bit. Row blocks start at multiples of eight. */
static void drive_rows(const struct exec_mvm *x, const struct plan_mvm *mv, uint32_t width,
                       uint32_t n)
{
    uint32_t rows = x->p->config.mvm_rows;
    uint32_t n_bits = slicing_of(x, mv).n_bits;
    size_t size = (size_t)mv->n_rb * n_bits * x->n_words;

    memset(x->drive, 0, n * size * sizeof *x->drive);
    for (uint32_t v = 0; v < n; v++)
        for (uint32_t k = 0; k < width; k += EXEC_INPUTS) {
            uint64_t *plane =
                x->drive + v * size + (size_t)(k / rows) * n_bits * x->n_words + k % rows / 64;
            const uint8_t *in = x->inputs + (size_t)v * width + k;
            uint64_t codes = 0;

            for (uint32_t i = 0; i < EXEC_INPUTS; i++)
                codes |= (uint64_t)in[i] << 8 * i;
            for (uint32_t b = 0; b < n_bits; b++)
                plane[(size_t)b * x->n_words] |= bits_of(codes, b) << k % rows % 64;
        }
}

/* What the listed columns give, or lose, for n vectors; returns how many codes were clamped. */
static uint64_t add_columns(const struct exec_mvm *x, const struct plan_unit *u, uint32_t n)
{
    const struct plan_mvm *mv = &u->mvm;
    const struct image *im = &x->image[u->index];
    struct exec_slicing s = slicing_of(x, mv);
    size_t block = (size_t)s.n_bits * x->n_words;
    uint64_t n_clamped = 0;

    for (uint32_t g = 0; g < im->n_groups; g++) {
        const struct target *t = &im->target[g];

        for (uint32_t v = 0; v < n; v++) {
            uint32_t *acc = (uint32_t *)(void *)(x->acc + (size_t)v * im->weights.m);
            int64_t total[EXEC_GROUP];

            n_clamped += x->kernel->columns(&s, &im->group[g],
                                            x->drive + (v * mv->n_rb + t->rb) * block, total);
            for (uint32_t j = 0; j < t->n; j++) {
                uint32_t value = (uint32_t)total[j] << t->shift[j];

                acc[t->output[j]] += t->negative[j] ? -value : value;
            }
        }
    }
    return n_clamped;
}

/* Drawn unit columns: what takes the bias off and undoes flipping, for n vectors. */
static uint64_t add_units(const struct exec_mvm *x, const struct plan_unit *u, uint32_t n)
{
    const struct plan_mvm *mv = &u->mvm;
    const struct image *im = &x->image[u->index];
    struct exec_slicing s = unit_slicing_of(x, mv);
    size_t block = (size_t)s.n_bits * x->n_words;
    uint64_t n_clamped = 0;

    for (uint32_t g = 0; g < unit_groups(mv); g++) {
        uint32_t rb = g % mv->n_rb, first = g / mv->n_rb * EXEC_GROUP * mv->mpx;
        uint32_t end = first + EXEC_GROUP * mv->mpx;
        const int32_t *factor = im->unit_factor + (size_t)rb * mv->m;

        for (uint32_t v = 0; v < n; v++) {
            uint32_t *acc = (uint32_t *)(void *)(x->acc + (size_t)v * im->weights.m);
            int64_t total[EXEC_GROUP];

            n_clamped +=
                x->kernel->columns(&s, &im->unit[g], x->drive + (v * mv->n_rb + rb) * block, total);
            for (uint32_t m = first; m < end && m < mv->m; m++)
                acc[m] += (uint32_t)total[(m - first) / mv->mpx] * (uint32_t)factor[m];
        }
    }
    return n_clamped;
}

/* Sum of what other shards found for output m of vector v; comes after this one's own operands. */
static uint32_t partial_sums(const struct plan_mvm *mv, uint32_t m, uint32_t v, const uint8_t *in)
{
    const uint8_t *b = in + ((size_t)mv->k + 4 * (size_t)m) * mv->n_vec + 4 * (size_t)v;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < mv->n_partial; i++, b += 4 * (size_t)mv->m * mv->n_vec)
        sum += (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return sum;
}

/* One output of one vector; acc holds the product without the bias, in all operands. */
static void put_result(const struct plan_mvm *mv, uint32_t m, uint32_t v, int32_t acc,
                       const uint8_t *in, uint8_t *out)
{
    int32_t total = (int32_t)((uint32_t)acc + (uint32_t)mv->bias[m] + partial_sums(mv, m, v, in));

    if (mv->raw)
        for (uint32_t b = 0; b < 4; b++)
            out[4 * ((size_t)m * mv->n_vec + v) + b] = (uint8_t)((uint32_t)total >> 8 * b);
    else
        out[mv->by_row ? (size_t)v * mv->m + m : (size_t)m * mv->n_vec + v] =
            (uint8_t)requant((int64_t)total * mv->mult[m], mv->shift, mv->zero_point, mv->out_bits);
}

void exec_mvm(struct exec_mvm *x, const struct plan_unit *u, uint32_t n_requests, const uint8_t *in,
              size_t in_stride, uint8_t *out, size_t out_stride, uint64_t *n_clipped)
{
    const struct plan_mvm *mv = &u->mvm;
    const struct image *im = &x->image[u->index];
    uint32_t n = n_requests * mv->n_vec;

    assert(n_requests <= x->n_batch);
    gather(x, mv, im->weights.k, n_requests, in, in_stride);
    if (x->p->device.drawn)
        memset(x->acc, 0, (size_t)n * im->weights.m * sizeof *x->acc);
    else
        x->kernel->dot(&im->weights, x->inputs, n, x->acc);
    if (im->n_groups) {
        drive_rows(x, mv, im->weights.k, n);
        *n_clipped += add_columns(x, u, n);
    }
    if (im->unit)
        *n_clipped += add_units(x, u, n);
    for (uint32_t v = 0; v < n; v++)
        for (uint32_t m = 0; m < mv->m; m++)
            put_result(mv, m, v % mv->n_vec, x->acc[(size_t)v * im->weights.m + m],
                       in + v / mv->n_vec * in_stride, out + v / mv->n_vec * out_stride);
}
