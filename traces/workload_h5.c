/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads as HDF5 files; layout in docs/file-formats.md. Lists of structs are stored as
 * parallel columns, described once and used in both directions. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/workload_impl.h"

static const char format_name[] = "autorac-workload";

/* One member of a struct in a list, as a data set. */
struct column {
    const char *path;
    enum h5_type type;
    uint32_t bytes; /* of the member */
    size_t offset;  /* of the member */
    uint32_t max;   /* H5_U8, H5_U32: largest value accepted, 0: any */
    const char *units, *long_name;
};

#define TENSOR(member)   sizeof((struct wl_tensor *)0)->member, offsetof(struct wl_tensor, member)
#define OPERATOR(member) sizeof((struct wl_op *)0)->member, offsetof(struct wl_op, member)

static const char tensor_axis[] = "/program/tensors/name";
static const char op_axis[] = "/program/ops/name";
static const char request_axis[] = "/requests/request";

/* The first column is the axis of the others. */
static const struct column tensor_columns[] = {
    {tensor_axis, H5_TEXT, TENSOR(name), 0, "1", "tensor name"},
    {"/program/tensors/rows", H5_U32, TENSOR(rows), 0, "1", "rows of codes"},
    {"/program/tensors/dim", H5_U32, TENSOR(dim), 0, "1", "codes in a row"},
    {"/program/tensors/bits", H5_U32, TENSOR(bits), 0, "bits", "width of a code"},
    {"/program/tensors/zero_point", H5_U32, TENSOR(zero_point), 0, "1", "code of real zero"},
    {"/program/tensors/scale", H5_F64, TENSOR(scale), 0, "1", "real value of one code step"},
};

static const struct column op_columns[] = {
    {op_axis, H5_TEXT, OPERATOR(name), 0, "1", "operator name"},
    {"/program/ops/role", H5_TEXT, OPERATOR(role), 0, "1", "role, for reports"},
    {"/program/ops/kind", H5_U32, OPERATOR(kind), WL_N_KINDS - 1, "1",
     "arithmetic: 0 embed, 1 mvm, 2 dp, 3 fm, 4 add, 5 gate, 6 attention"},
    {"/program/ops/block", H5_U32, OPERATOR(block), 0, "1", "choice block, 0: stem and head"},
    {"/program/ops/output", H5_U32, OPERATOR(output), 0, "1", "number of the tensor produced"},
    {"/program/ops/n_in", H5_U32, OPERATOR(n_in), 0, "1",
     "mvm: inputs of a vector; dp, fm, attention: rows; add, gate: elements; embed: fields"},
    {"/program/ops/n_out", H5_U32, OPERATOR(n_out), 0, "1", "outputs (of a vector)"},
    {"/program/ops/n_vec", H5_U32, OPERATOR(n_vec), 0, "1",
     "mvm: vectors; dp, fm, embed, attention: dim; add, gate: 1"},
    {"/program/ops/raw", H5_U8, OPERATOR(raw), 1, "1", "1: output is the 32-bit accumulator"},
    {"/program/ops/by_row", H5_U8, OPERATOR(by_row), 1, "1", "mvm: 1: vectors are rows"},
    {"/program/ops/n_heads", H5_U32, OPERATOR(n_heads), 0, "1", "attention: heads, else 0"},
    {"/program/ops/weight_bits", H5_U32, OPERATOR(weight_bits), 0, "bits", "width of a weight"},
    {"/program/ops/shift", H5_U32, OPERATOR(shift), 0, "bits", "requantisation shift, 0: none"},
    {"/program/ops/score_shift", H5_U32, OPERATOR(score_shift), 0, "bits",
     "attention: shift of the scores, else 0"},
};

#define LENGTH(a) (sizeof(a) / sizeof *(a))

_Static_assert(sizeof(enum wl_kind) == 4 && sizeof(bool) == 1, "columns copy these members");

/* bags: some field has some. */
static uint32_t n_mult_of(const struct wl_op *o, bool bags)
{
    static const uint32_t fixed[] = {
        [WL_DP] = 1, [WL_FM] = 1, [WL_ADD] = 2, [WL_GATE] = 1, [WL_ATTENTION] = 2};

    if (o->kind == WL_MVM)
        return o->raw ? 0 : o->n_out;
    if (o->kind == WL_EMBED)
        return bags ? o->n_in : 0;
    return fixed[o->kind];
}

/* ---- saving ---- */

static void put_columns(struct h5 *f, const struct column *c, size_t n_columns, const void *list,
                        size_t stride, uint32_t n)
{
    const char *axis = c->path;

    for (; n_columns > 0; n_columns--, c++) {
        char *packed = mem_alloc(n, c->bytes);

        for (uint32_t i = 0; i < n; i++) {
            const char *member = (const char *)list + i * stride + c->offset;

            if (c->type == H5_TEXT) /* no stray bytes after the NUL */
                memcpy(packed + (size_t)i * c->bytes, member, strlen(member));
            else
                memcpy(packed + (size_t)i * c->bytes, member, c->bytes);
        }
        h5_write(f,
                 &(struct h5_data){.path = c->path,
                                   .type = c->type,
                                   .text_bytes = c->bytes,
                                   .rank = 1,
                                   .extent = {n},
                                   .units = c->units,
                                   .long_name = c->long_name,
                                   .axis = {c->path == axis ? NULL : axis}},
                 packed);
        free(packed);
    }
}

static void put_2d(struct h5 *f, const char *path, enum h5_type type, uint64_t rows, uint64_t dim,
                   const void *v, const char *long_name, const char *axis)
{
    h5_write(f,
             &(struct h5_data){.path = path,
                               .type = type,
                               .rank = 2,
                               .extent = {rows, dim},
                               .units = "1",
                               .long_name = long_name,
                               .axis = {axis}},
             v);
}

static void put_inputs(struct h5 *f, const struct workload *w)
{
    uint32_t *offset = mem_alloc(w->n_ops + 1, sizeof *offset);
    uint32_t *input = mem_alloc((size_t)w->n_ops * WL_MAX_INPUTS, sizeof *input);

    for (uint32_t i = 0; i < w->n_ops; i++) {
        memcpy(input + offset[i], w->op[i].input, w->op[i].n_inputs * sizeof *input);
        offset[i + 1] = offset[i] + w->op[i].n_inputs;
    }
    h5_write_1d(f, "/program/ops/input_offsets", H5_U32, w->n_ops + 1, offset, "1",
                "operator i reads inputs offsets[i] to offsets[i+1]-1", NULL);
    h5_write_1d(f, "/program/ops/inputs", H5_U32, offset[w->n_ops], input, "1",
                "numbers of the tensors read", NULL);
    free(input);
    free(offset);
}

static void put_numbers(struct h5 *f, uint32_t i, const struct wl_op *o)
{
    char path[64];

    if (o->kind == WL_MVM) {
        snprintf(path, sizeof path, "/program/op/%u/weight", i);
        put_2d(f, path, H5_I8, o->n_out, o->n_in, o->weight, "weights (output, input)", NULL);
        snprintf(path, sizeof path, "/program/op/%u/bias", i);
        h5_write_1d(f, path, H5_I32, o->n_out, o->bias, "1", "bias, in accumulator steps", NULL);
    }
    if (o->n_mult > 0) {
        snprintf(path, sizeof path, "/program/op/%u/mult", i);
        h5_write_1d(f, path, H5_U16, o->n_mult, o->mult, "1", "requantisation multipliers", NULL);
    }
    if (wl_has_table(o->kind)) {
        snprintf(path, sizeof path, "/program/op/%u/table", i);
        h5_write_1d(f, path, H5_U16, WL_TABLE_SIZE, o->table, "1",
                    "gate: sigmoid by code; attention: exp by distance; 4095 stands for 1", NULL);
    }
}

/* Rows and dim of each operand of all but EMBED and plain FC: a summary for readers. */
struct operand {
    uint32_t op, slot, tensor, rows, dim;
    char role[sizeof((struct wl_op *)0)->role];
    char name[WL_NAME_BYTES];
};

#define OPERAND(member) sizeof((struct operand *)0)->member, offsetof(struct operand, member)

static const struct column operand_columns[] = {
    {"/interactions/op", H5_U32, OPERAND(op), 0, "1", "operator number"},
    {"/interactions/op_name", H5_TEXT, OPERAND(name), 0, "1", "operator name"},
    {"/interactions/role", H5_TEXT, OPERAND(role), 0, "1", "operator role"},
    {"/interactions/operand", H5_U32, OPERAND(slot), 0, "1", "position among its inputs"},
    {"/interactions/tensor", H5_U32, OPERAND(tensor), 0, "1", "tensor number of the operand"},
    {"/interactions/rows", H5_U32, OPERAND(rows), 0, "1", "rows of the operand"},
    {"/interactions/dim", H5_U32, OPERAND(dim), 0, "1", "codes in a row of the operand"},
};

static void put_interactions(struct h5 *f, const struct workload *w)
{
    struct operand *list = mem_alloc((size_t)w->n_ops * WL_MAX_INPUTS, sizeof *list);
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_ops; i++) {
        const struct wl_op *o = &w->op[i];

        if (o->kind == WL_MVM && o->n_vec == 1)
            continue;
        for (uint32_t k = 0; k < o->n_inputs; k++, n++) {
            const struct wl_tensor *t = &w->tensor[o->input[k]];

            list[n] = (struct operand){
                .op = i, .slot = k, .tensor = o->input[k], .rows = t->rows, .dim = t->dim};
            memcpy(list[n].role, o->role, sizeof o->role);
            memcpy(list[n].name, o->name, sizeof o->name);
        }
    }
    put_columns(f, operand_columns, LENGTH(operand_columns), list, sizeof *list, n);
    free(list);
}

static void put_requests(struct h5 *f, const struct workload *w)
{
    uint32_t *request = mem_alloc(w->n_requests, sizeof *request);

    for (uint32_t r = 0; r < w->n_requests; r++)
        request[r] = r;
    h5_write_1d(f, request_axis, H5_U32, w->n_requests, request, "1", "request number", NULL);
    put_2d(f, "/requests/dense", H5_U8, w->n_requests, w->n_dense, w->dense,
           "dense features as codes of tensor 0 (request, feature)", request_axis);
    h5_write_1d(f, "/requests/label", H5_U8, w->n_requests, w->label, "1", "1: clicked",
                request_axis);
    h5_write_1d(f, "/requests/expected_logit", H5_I32, w->n_requests, w->expected, "1",
                "logit in exact integer arithmetic; real value is logit_scale times this",
                request_axis);
    workload_put_lookups(f, w);
    free(request);
}

enum err_code workload_save(const struct workload *w, const char *path, struct err *e)
{
    struct h5 *f;
    enum err_code rc;

    if ((rc = workload_check(w, e)))
        return err_wrap(e, "%s: not written", path);
    f = h5_create(path, format_name, WL_FORMAT_VERSION);
    h5_attr_text(f, "name", w->name);
    h5_attr_f64(f, "logit_scale", w->logit_scale);
    put_columns(f, tensor_columns, LENGTH(tensor_columns), w->tensor, sizeof *w->tensor,
                w->n_tensors);
    put_columns(f, op_columns, LENGTH(op_columns), w->op, sizeof *w->op, w->n_ops);
    put_inputs(f, w);
    for (uint32_t i = 0; i < w->n_ops; i++)
        put_numbers(f, i, &w->op[i]);
    workload_put_tables(f, w);
    put_requests(f, w);
    put_interactions(f, w);
    return h5_commit(f, e);
}

/* ---- loading ---- */

enum err_code reader_1d(const struct reader *r, struct arena *a, const char *path,
                        enum h5_type type, uint64_t *n, void *out, struct err *e)
{
    struct h5_data d = {.path = path, .type = type, .rank = 1, .extent = {*n}};
    void *values;
    enum err_code rc = h5_read(r->f, &d, a, &values, e);

    if (!rc) {
        *n = d.extent[0];
        memcpy(out, &values, sizeof values);
    }
    return rc;
}

enum err_code reader_2d(const struct reader *r, const char *path, enum h5_type type, uint64_t rows,
                        uint64_t *dim, void *out, struct err *e)
{
    struct h5_data d = {.path = path, .type = type, .rank = 2, .extent = {rows, *dim}};
    void *values;
    enum err_code rc = h5_read(r->f, &d, r->w->arena, &values, e);

    if (!rc) {
        *dim = d.extent[1];
        memcpy(out, &values, sizeof values);
    }
    return rc;
}

enum err_code reader_refuse(const struct reader *r, struct err *e, const char *path, uint64_t i,
                            uint64_t value, const char *rule)
{
    return err_set(e, ERR_CONFIG, "%s: %s: element %llu: %llu %s", r->path, path,
                   (unsigned long long)i, (unsigned long long)value, rule);
}

/* All members but the axis must be as long as it; *n: least count accepted, then the count. */
static enum err_code get_columns(const struct reader *r, const struct column *c, size_t n_columns,
                                 size_t stride, uint32_t *n, void *out, struct err *e)
{
    uint64_t extent = H5_ANY;
    char *list = NULL;

    for (const struct column *end = c + n_columns; c < end; c++) {
        struct h5_data d = {.path = c->path,
                            .type = c->type,
                            .text_bytes = c->bytes,
                            .rank = 1,
                            .extent = {extent}};
        void *values;
        enum err_code rc = h5_read(r->f, &d, r->arena, &values, e);

        if (rc)
            return rc;
        if (!list && (d.extent[0] < *n || d.extent[0] > WL_MAX_TENSORS))
            return err_set(e, ERR_CONFIG, "%s: %s: %llu entries are outside %u..%d", r->path,
                           c->path, (unsigned long long)d.extent[0], *n, WL_MAX_TENSORS);
        extent = d.extent[0];
        if (!list)
            list = arena_alloc(r->w->arena, extent, stride);
        for (uint32_t i = 0; i < extent; i++) {
            const char *value = (const char *)values + (size_t)i * c->bytes;
            uint32_t v = 0;

            if (c->max > 0)
                memcpy(&v, value, c->bytes); /* little-endian hosts only, as the whole program */
            if (v > c->max)
                return reader_refuse(r, e, c->path, i, v, "is not a legal value");
            memcpy(list + i * stride + c->offset, value, c->bytes);
        }
    }
    *n = (uint32_t)extent;
    memcpy(out, &list, sizeof list);
    return ERR_OK;
}

static enum err_code get_inputs(const struct reader *r, struct err *e)
{
    static const char offsets[] = "/program/ops/input_offsets";
    struct workload *w = r->w;
    uint64_t n_offsets = w->n_ops + 1, n_inputs = H5_ANY;
    uint32_t *offset, *input;
    enum err_code rc;

    if ((rc = reader_1d(r, r->arena, offsets, H5_U32, &n_offsets, &offset, e)) ||
        (rc = reader_1d(r, r->arena, "/program/ops/inputs", H5_U32, &n_inputs, &input, e)))
        return rc;
    if (offset[0] != 0 || offset[w->n_ops] != n_inputs)
        return reader_refuse(r, e, offsets, w->n_ops, offset[w->n_ops],
                             "is not the length of inputs");
    for (uint32_t i = 0; i < w->n_ops; i++) {
        uint64_t n = (uint64_t)offset[i + 1] - offset[i];

        if (offset[i + 1] < offset[i] || n > WL_MAX_INPUTS || offset[i + 1] > n_inputs)
            return reader_refuse(r, e, offsets, i + 1, offset[i + 1], "is out of order or too far");
        w->op[i].n_inputs = (uint32_t)n;
        memcpy(w->op[i].input, input + offset[i], n * sizeof *input);
    }
    return ERR_OK;
}

static enum err_code get_numbers(const struct reader *r, uint32_t i, struct wl_op *o, struct err *e)
{
    uint64_t n_in = o->n_in, n_out = o->n_out, n_mult, n_table = WL_TABLE_SIZE;
    char path[64];
    enum err_code rc;

    o->n_mult = n_mult_of(o, r->w->max_bag != NULL);
    n_mult = o->n_mult;
    if (n_in > WL_MAX_ELEMENTS || n_out > WL_MAX_ELEMENTS || n_in * n_out > WL_MAX_WEIGHTS)
        return err_set(e, ERR_CONFIG, "%s: /program/ops: operator %u: n_in %u, n_out %u too large",
                       r->path, i, o->n_in, o->n_out);
    if (o->kind == WL_MVM) {
        snprintf(path, sizeof path, "/program/op/%u/weight", i);
        if ((rc = reader_2d(r, path, H5_I8, n_out, &n_in, &o->weight, e)))
            return rc;
        snprintf(path, sizeof path, "/program/op/%u/bias", i);
        if ((rc = reader_1d(r, r->w->arena, path, H5_I32, &n_out, &o->bias, e)))
            return rc;
    }
    snprintf(path, sizeof path, "/program/op/%u/mult", i);
    if (n_mult > 0 && (rc = reader_1d(r, r->w->arena, path, H5_U16, &n_mult, &o->mult, e)))
        return rc;
    if (!wl_has_table(o->kind))
        return ERR_OK;
    snprintf(path, sizeof path, "/program/op/%u/table", i);
    return reader_1d(r, r->w->arena, path, H5_U16, &n_table, &o->table, e);
}

static enum err_code get_program(const struct reader *r, struct err *e)
{
    struct workload *w = r->w;
    enum err_code rc;

    w->n_tensors = 2;
    w->n_ops = 1;
    if ((rc = h5_get_text(r->f, "name", w->name, sizeof w->name, e)) ||
        (rc = h5_get_f64(r->f, "logit_scale", &w->logit_scale, e)) ||
        (rc = get_columns(r, tensor_columns, LENGTH(tensor_columns), sizeof *w->tensor,
                          &w->n_tensors, &w->tensor, e)) ||
        (rc =
             get_columns(r, op_columns, LENGTH(op_columns), sizeof *w->op, &w->n_ops, &w->op, e)) ||
        (rc = get_inputs(r, e)))
        return rc;
    for (uint32_t i = 0; i < w->n_ops; i++)
        if ((rc = get_numbers(r, i, &w->op[i], e)))
            return rc;
    return ERR_OK;
}

static enum err_code get_requests(const struct reader *r, struct err *e)
{
    struct workload *w = r->w;
    uint64_t n = H5_ANY, n_dense = H5_ANY;
    enum err_code rc;

    if ((rc = reader_1d(r, w->arena, "/requests/label", H5_U8, &n, &w->label, e)))
        return rc;
    if (n > UINT32_MAX)
        return reader_refuse(r, e, "/requests/label", 0, n, "requests are too many");
    w->n_requests = (uint32_t)n;
    if ((rc = reader_1d(r, w->arena, "/requests/expected_logit", H5_I32, &n, &w->expected, e)) ||
        (rc = reader_2d(r, "/requests/dense", H5_U8, n, &n_dense, &w->dense, e)))
        return rc;
    if (n_dense > WL_MAX_ELEMENTS)
        return reader_refuse(r, e, "/requests/dense", 0, n_dense, "features are too many");
    w->n_dense = (uint32_t)n_dense;
    return workload_get_lookups(r, e);
}

enum err_code workload_load(struct workload **out, const char *path, struct err *e)
{
    struct reader r = {.path = path};
    enum err_code rc;

    if ((rc = h5_open(&r.f, path, format_name, WL_FORMAT_VERSION, e)))
        return rc;
    r.w = workload_new("");
    r.arena = arena_new();
    if ((rc = workload_get_tables(&r, e)) || (rc = get_program(&r, e)) ||
        (rc = get_requests(&r, e)))
        goto out;
    if ((rc = workload_check(r.w, e)))
        err_wrap(e, "%s", path);
out:
    h5_close(r.f);
    arena_free(r.arena);
    if (rc)
        workload_free(r.w);
    else
        *out = r.w;
    return rc;
}
