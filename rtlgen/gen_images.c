/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of the memories, as hex files for $readmemh, and the statements that load them. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rtlgen/gen_parts.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { MAX_IMAGES = 6 };

/* One memory of a tile: instance path below it, file suffix, entries of one of its units, which
 * follow one another. */
struct image {
    const char *memory, *suffix;
    uint64_t (*n)(const struct plan *p, const struct plan_unit *u);
    void (*write)(FILE *f, const struct plan *p, const struct plan_unit *u);
};

static uint32_t xbars_used(const struct plan_unit *u)
{
    return u->mvm.copies * u->mvm.n_rb * u->mvm.n_cb;
}

static uint64_t n_cells(const struct plan *p, const struct plan_unit *u)
{
    return (uint64_t)xbars_used(u) * chip_built_cols(&p->config) * p->analog.level_bits;
}

static uint64_t n_xbars(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return xbars_used(u);
}

static uint64_t n_columns(const struct plan *p, const struct plan_unit *u)
{
    (void)u;
    return p->config.mvm_cols;
}

static uint64_t n_scales(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return u->mvm.m;
}

static uint64_t n_rows(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return u->emb.n_rows;
}

static uint64_t n_words(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return u->emb.n_words;
}

static uint64_t n_lookups(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return u->emb.n_lookups;
}

/* A memory without contents looks forgotten. */
static uint64_t n_bags(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return u->emb.n_bags ? u->emb.n_bags : 1;
}

static uint64_t n_hot_sets(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    return u->emb.hot_sets;
}

static uint64_t n_record_words(const struct plan *p, const struct plan_unit *u)
{
    return (uint64_t)p->workload->n_requests * u->io.record_words;
}

/* One bit plane of a column: a bit a row, row 0 in the least significant place. */
static void write_plane(FILE *f, const struct plan *p, const struct plan_cells *cells, uint32_t bit)
{
    for (uint32_t digit = (p->config.mvm_rows + 3) / 4; digit-- > 0;) {
        uint32_t v = 0;

        for (uint32_t i = 0; i < 4 && 4 * digit + i < p->config.mvm_rows; i++)
            v |= (uint32_t)(cells->level[4 * digit + i] >> bit & 1) << i;
        fputc("0123456789abcdef"[v], f);
    }
    fputc('\n', f);
}

static void write_cells(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    struct plan_cells cells;

    for (uint32_t x = 0; x < xbars_used(u); x++)
        for (uint32_t col = 0; col < chip_built_cols(&p->config); col++) {
            plan_mvm_cells(p, u, x, col, &cells);
            for (uint32_t bit = 0; bit < p->analog.level_bits; bit++)
                write_plane(f, p, &cells, bit);
        }
}

/* A line a crossbar, a bit a column, column 0 in the least significant place. */
static void write_flipped(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    struct plan_cells cells;

    for (uint32_t x = 0; x < xbars_used(u); x++) {
        for (uint32_t digit = p->config.mvm_cols / 4; digit-- > 0;) {
            uint32_t v = 0;

            for (uint32_t i = 0; i < 4; i++) {
                plan_mvm_cells(p, u, x, 4 * digit + i, &cells);
                v |= (uint32_t)cells.flipped << i;
            }
            fputc("0123456789abcdef"[v], f);
        }
        fputc('\n', f);
    }
}

/* Zeros of converters: of columns', crossbar by crossbar; of unit columns'. */
static void write_offsets(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    for (uint32_t x = 0; x < xbars_used(u); x++)
        for (uint32_t a = 0; a < plan_n_adcs(p); a++)
            fprintf(f, "%08" PRIx32 "\n", (uint32_t)plan_adc_offset(p, u, x, a));
}

static void write_unit_offsets(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    for (uint32_t x = 0; x < xbars_used(u); x++)
        fprintf(f, "%08" PRIx32 "\n", (uint32_t)plan_adc_offset(p, u, x, plan_n_adcs(p)));
}

/* {valid, negative, output 16, shift 8} */
static void write_columns(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    for (uint32_t col = 0; col < p->config.mvm_cols; col++) {
        struct plan_column c = plan_mvm_column(p, u, col);

        fprintf(f, "%07x\n",
                (uint32_t)c.valid << 25 | (uint32_t)c.negative << 24 | c.local << 8 | c.shift);
    }
}

/* {mult 16, bias 32} */
static void write_scale(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    for (uint32_t i = 0; i < u->mvm.m; i++)
        fprintf(f, "%04x%08" PRIx32 "\n", u->mvm.mult ? u->mvm.mult[i] : 0u,
                (uint32_t)u->mvm.bias[i]);
}

/* Addresses without a row, or with one that the workload does not store, are left out. */
static void write_rows(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    bool skipped = false;

    for (uint32_t address = 0; address < u->emb.n_rows; address++) {
        const uint8_t *code = plan_emb_row(p, u, address);

        if (code && skipped)
            fprintf(f, "@%x\n", address);
        skipped = !code;
        for (uint32_t c = u->emb.dim; code && c-- > 0;)
            fprintf(f, "%02x", code[c]);
        if (code)
            fputc('\n', f);
    }
}

/* {index 1, first home number 32} of each element of the operand */
static void write_words(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    for (uint32_t i = 0; i < u->emb.n_fields; i++) {
        const struct plan_emb_field *m = &u->emb.field[i];

        if (m->max_bag)
            fprintf(f, "000000000\n"); /* size of the bag */
        for (uint32_t k = 0; k < (m->max_bag ? m->max_bag : 1); k++)
            fprintf(f, "1%08" PRIx32 "\n", m->table_base);
    }
}

/* {bag 1, number within it 8, element with its size 16, element with the index 16, bag 16, field
 * 16} of each row asked for */
static void write_asks(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    uint32_t bag = 0;

    (void)p;
    for (uint32_t i = 0; i < u->emb.n_fields; i++) {
        const struct plan_emb_field *m = &u->emb.field[i];

        for (uint32_t k = 0; k < (m->max_bag ? m->max_bag : 1); k++)
            fprintf(f, "%x%02x%04x%04x%04x%04x\n", m->max_bag > 0, k, m->word,
                    m->word + (m->max_bag > 0) + k, bag, i);
        bag += m->max_bag > 0;
    }
}

/* {field 16, mult 16} of each field with bags */
static void write_bags(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    for (uint32_t i = 0; i < u->emb.n_fields; i++)
        if (u->emb.field[i].max_bag)
            fprintf(f, "%04x%04x\n", i, u->emb.field[i].mult);
    if (!u->emb.n_bags)
        fprintf(f, "0\n"); /* nobody reads it */
}

/* {valid 1, tag 32, place 16} */
static void write_directory(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    for (uint32_t i = 0; i < u->emb.hot_sets; i++) {
        const struct plan_emb_hot *h = &u->emb.directory[i];

        if (h->home == UINT32_MAX)
            fprintf(f, "0000000000000\n");
        else
            fprintf(f, "1%08" PRIx32 "%04x\n", h->home / u->emb.hot_sets, h->place);
    }
}

static void write_table(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    for (uint32_t i = 0; i < WL_TABLE_SIZE; i++)
        fprintf(f, "%03x\n", (unsigned)u->dyn.table[i]);
}

static void write_records(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    uint64_t *words = mem_alloc(u->io.record_words, sizeof *words);

    for (uint32_t r = 0; r < p->workload->n_requests; r++) {
        plan_io_record(p, r, words);
        for (uint32_t i = 0; i < u->io.record_words; i++)
            fprintf(f, "%0*" PRIx64 "\n", (int)(p->flit_bits / 4), words[i]);
    }
    free(words);
}

static unsigned emb_images(const struct plan_unit *u, struct image out[MAX_IMAGES])
{
    unsigned n = 0;

    out[n++] = (struct image){"u_banks.rows", "rows", n_rows, write_rows};
    out[n++] = (struct image){"words", "words", n_words, write_words};
    out[n++] = (struct image){"asks", "asks", n_lookups, write_asks};
    out[n++] = (struct image){"bags", "bags", n_bags, write_bags};
    if (u->emb.hot_sets)
        out[n++] =
            (struct image){"with_hot.u_hot.entries", "directory", n_hot_sets, write_directory};
    return n;
}

static uint64_t n_adcs(const struct plan *p, const struct plan_unit *u)
{
    return (uint64_t)xbars_used(u) * plan_n_adcs(p);
}

static uint64_t n_table(const struct plan *p, const struct plan_unit *u)
{
    (void)p;
    (void)u;
    return WL_TABLE_SIZE;
}

static unsigned mvm_images(const struct plan *p, struct image out[MAX_IMAGES])
{
    bool flip = p->config.mvm_encoding == ENCODING_FLIP;
    unsigned n = 0;

    out[n++] = (struct image){"u_crossbar.cells", "cells", n_cells, write_cells};
    out[n++] = (struct image){"u_shift_add.columns", "columns", n_columns, write_columns};
    out[n++] = (struct image){"scale", "scale", n_scales, write_scale};
    if (flip)
        out[n++] = (struct image){"u_shift_add.flip.flipped", "flipped", n_xbars, write_flipped};
    if (p->device.drawn)
        out[n++] = (struct image){"u_adc.drawn.offsets", "offsets", n_adcs, write_offsets};
    if (p->device.drawn && flip)
        out[n++] =
            (struct image){"u_unit_adc.drawn.offsets", "unit_offsets", n_xbars, write_unit_offsets};
    return n;
}

/* Memories of a tile whose first unit this is; returns how many. */
static unsigned images_of(const struct plan *p, const struct plan_unit *u,
                          struct image out[MAX_IMAGES])
{
    switch (u->kind) {
    case UNIT_MVM:
        return mvm_images(p, out);
    case UNIT_IO:
        out[0] = (struct image){"records", "records", n_record_words, write_records};
        return 1;
    case UNIT_EMB:
        return emb_images(u, out);
    case UNIT_INT:
        out[0] = (struct image){"tables.u_table.entries", "table", n_table, write_table};
        return u->dyn.table ? 1 : 0;
    case UNIT_NONE:
        break;
    }
    return 0;
}

static uint64_t entries(const struct plan *p, const struct plan_tile *t, const struct image *im)
{
    uint64_t n = 0;

    for (uint32_t c = 0; c < t->n_contexts; c++)
        n += im->n(p, &p->unit[t->unit[c]]);
    return n;
}

void gen_image_loader(FILE *f, const struct plan *p, const char *command)
{
    gen_header(f, p, "//", "autorac_images.svh",
               "loads every memory of the chip; part of module autorac_top. Simulators find the\n"
               "// files in the folder +images=FOLDER, \"images\" if not given.",
               command);
    fprintf(f, "string image_folder;\n"
               "initial begin : load_images\n"
               "    if ($value$plusargs(\"images=%%s\", image_folder) == 0) image_folder = "
               "\"images\";\n");
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        const struct plan_tile *t = &p->tile[i];
        struct image im[MAX_IMAGES];
        unsigned n = images_of(p, &p->unit[i], im);

        for (unsigned k = 0; k < n; k++)
            fprintf(f, "    $readmemh({image_folder, \"/%s.%s.hex\"}, %s.%s, 0, %" PRIu64 ");\n",
                    t->name, im[k].suffix, t->name, im[k].memory, entries(p, t, &im[k]) - 1);
    }
    fprintf(f, "end\n");
}

static enum err_code write_image(const struct plan *p, const struct plan_tile *t,
                                 const struct image *im, const char *dir, struct err *e)
{
    char *path = mem_printf("%s/images/%s.%s.hex", dir, t->name, im->suffix);
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    free(path);
    if (rc)
        return rc;
    for (uint32_t c = 0; c < t->n_contexts; c++)
        im->write(o.f, p, &p->unit[t->unit[c]]);
    return file_commit(&o, e);
}

enum err_code gen_images(const struct plan *p, const char *dir, struct err *e)
{
    enum err_code rc = ERR_OK;

    for (uint32_t i = 0; i < p->n_nodes && !rc; i++) {
        struct image im[MAX_IMAGES];
        unsigned n = images_of(p, &p->unit[i], im);

        for (unsigned k = 0; k < n && !rc; k++)
            rc = write_image(p, &p->tile[i], &im[k], dir, e);
    }
    return rc;
}
