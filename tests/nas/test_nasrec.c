/* SPDX-License-Identifier: Apache-2.0 */
/* NASRec's files: what they mean, and how wrong ones are refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nas/nasrec.h"
#include "nas/nasrec_import.h"

#define FIXTURE AUTORAC_SOURCE_DIR "/tests/fixtures/nasrec/three.json"

static const struct nasrec_bits bits = {8, 6, 4};

Test(nasrec, a_file_is_a_genome)
{
    struct space s;
    struct genome g, back;
    char text[SPACE_TEXT_BYTES];
    struct err e;

    cr_assert_eq(nasrec_load(FIXTURE, &bits, &s, &g, &e), ERR_OK, "%s", e.text);
    genome_text(&g, text);
    cr_expect_str_eq(text,
                     "e4x16/gate32w8a6-att16w8a6-dsi8-l0-r0-s0/"
                     "dp128w8a6-efc16w8a6-dsi8-fm8-d01-s01/sum64w8a6-efc32w8a6-fm8-l1-r2-s12");
    cr_expect_eq(genome_parse(&s, text, &back, &e), ERR_OK, "%s", e.text);
}

/* The fixture with one piece of text replaced, in a file of its own. */
static void write_changed(const char *path, const char *from, const char *to)
{
    static char text[4096];
    FILE *f = fopen(FIXTURE, "r"), *out = fopen(path, "w");
    size_t n = fread(text, 1, sizeof text - 1, f);
    const char *at;

    text[n] = '\0';
    at = strstr(text, from);
    cr_assert(at, "%s", from);
    fprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    fclose(out);
    fclose(f);
}

Test(nasrec, wrong_files_are_refused_by_key)
{
    static const struct {
        const char *from, *to, *want;
    } row[] = {
        {"\"num_blocks\": 3", "\"num_blocks\": 2", "micro: 3 blocks, num_blocks says 2"},
        {"\"num_blocks\": 3", "\"num_blocks\": 8", "num_blocks: outside 1..7"},
        {"\"num_blocks\": 3", "\"blocks\": 3", "num_blocks: missing"},
        {"\"xlarge\"", "\"xxl\"", "config: \"xxl\" is unknown; known: xlarge, autoctr"},
        {"\"xlarge\"", "\"autoctr\"", "micro[0].active_nodes[1]: config autoctr has nodes 0..2"},
        {"\"xlarge\"", "7", "config: not a text"},
        {"[2, 4]", "[2, 3]", "micro[0].active_nodes: must be one dense and one sparse"},
        {"[2, 4]", "[2, 6]", "micro[0].active_nodes[1]: config xlarge has nodes 0..5"},
        {"[2, 4]", "2", "micro[0].active_nodes: not a list"},
        {"\"dense_in_dims\": 32", "\"dense_in_dims\": 33", "micro[0].dense_in_dims: 33 is not"},
        {"\"sparse_in_dims\": 32", "\"sparse_in_dims\": 1.5",
         "micro[2].sparse_in_dims: not a whole"},
        {"\"deep_fm\": 0", "\"deep_fm\": 2", "micro[0].deep_fm: 2 is not a value"},
        {"\"deep_fm\": 0", "\"fm\": 0", "micro[0].deep_fm: missing"},
        {"\"dense_idx\": [1, 0]", "\"dense_idx\": [1, 2]", "macro[1].dense_idx[1]: not a source"},
        {"\"dense_idx\": [1, 0]", "\"dense_idx\": [1, 1]", "macro[1].dense_idx: a source is given"},
        {"\"dense_idx\": [1, 0]", "\"dense_idx\": []",
         "macro[1].dense_idx: 0 sources, must be 1..4"},
        {"\"dense_left_idx\": [1]", "\"dense_left_idx\": [0, 1]",
         "macro[2].dense_left_idx: 2 sources"},
        {"\"dense_left_idx\": [1]", "\"dense_left_idx\": [-1]",
         "macro[2].dense_left_idx[0]: not a"},
        {"\"deep_fm\": 0", "\"deep_fm\": 0, \"deep_fm\": 0", "duplicate"},
        {"\"num_blocks\": 3,", "\"num_blocks\": 3", ":10: "},
    };
    char path[] = "/tmp/nasrec_XXXXXX";
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    close(fd);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct space s;
        struct genome g;
        struct err e;

        write_changed(path, row[i].from, row[i].to);
        cr_expect_eq(nasrec_load(path, &bits, &s, &g, &e), ERR_CONFIG, "row %zu", i);
        cr_expect(strstr(e.text, row[i].want) && strncmp(e.text, path, strlen(path)) == 0,
                  "row %zu: %s", i, e.text);
    }
    unlink(path);
}

Test(nasrec, import_is_a_whole_workload_and_repeats)
{
    const struct nasrec_options o = {.bits = {8, 8, 8},
                                     .seed = 3,
                                     .max_rows = 50,
                                     .n_requests = 5,
                                     .shape = "kdd12",
                                     .batch = 64,
                                     .lr = 0.1};
    struct nasrec_result r[2];
    struct err e;

    for (int i = 0; i < 2; i++) {
        cr_assert_eq(nasrec_import(FIXTURE, &o, &r[i], &e), ERR_OK, "%s", e.text);
        cr_expect_eq(workload_check(r[i].workload, &e), ERR_OK, "%s", e.text);
    }
    cr_expect_eq(r[0].workload->n_fields, 10);
    cr_expect_eq(r[0].workload->n_dense, 3);
    cr_expect_eq(r[0].n_rows, 8 * 50 + 4 + 8);
    cr_expect_eq(r[0].n_capped, 8);
    cr_expect(memcmp(r[0].workload->expected, r[1].workload->expected, 5 * sizeof(int32_t)) == 0);
    workload_free(r[0].workload);
    workload_free(r[1].workload);
}

Test(nasrec, training_lowers_the_loss)
{
    struct nasrec_options o = {.bits = {8, 8, 8},
                               .seed = 1,
                               .max_rows = 200,
                               .n_requests = 5,
                               .dataset = "synthetic:rows=6000,valid=2000,fields=6,vocab=100",
                               .batch = 128,
                               .lr = 0.12};
    struct nasrec_result r;
    double before;
    struct err e;

    cr_assert_eq(nasrec_import(FIXTURE, &o, &r, &e), ERR_OK, "%s", e.text);
    before = r.logloss;
    workload_free(r.workload);
    o.steps = 150;
    cr_assert_eq(nasrec_import(FIXTURE, &o, &r, &e), ERR_OK, "%s", e.text);
    cr_expect_lt(r.logloss, before - 0.02, "%g -> %g", before, r.logloss);
    workload_free(r.workload);
}
