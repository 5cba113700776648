/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "arch/config.h"

static enum err_code read_text(const char *text, struct chip_config *out, struct err *e)
{
    struct cfg *c = NULL;
    enum err_code rc = cfg_parse(&c, "chip.yaml", text, e);

    if (!rc)
        rc = chip_config_read(c, out, e);
    cfg_free(c);
    return rc;
}

Test(config, bad_designs_are_refused_with_line_and_key)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"mvm:\n  adc_bits: 99\n", "chip.yaml:2: mvm.adc_bits"},
        {"mvm:\n  rows: 48\n", "mvm.rows: 48 is not a power of two"},
        {"mvm:\n  cell_bits: 5\n", "chip.yaml:2: mvm.cell_bits"},
        {"mvm:\n  cols: 16\n  cols_per_adc: 32\n", "mvm.cols_per_adc: 32"},
        {"mvm:\n  adc_bit: 6\n", "chip.yaml:2: mvm.adc_bit"},
        {"emb:\n  banks: 3\n", "emb.banks: 3"},
        {"mesh:\n  width: 4\n", "mesh: give both"},
        {"noc:\n  vcs: 1\n", "noc.vcs"},
        {"noc:\n  flit_bits: 48\n", "noc.flit_bits"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct chip_config c;
        struct err e = {0};

        cr_expect_eq(read_text(row[i].text, &c, &e), ERR_CONFIG, "row %zu", i);
        cr_expect(strstr(e.text, row[i].want), "row %zu: %s", i, e.text);
    }
}

Test(config, edges_of_ranges_are_accepted)
{
    struct chip_config c;
    struct err e;

    cr_assert_eq(
        read_text("mvm:\n  adc_bits: 12\n  rows: 256\n  cols: 16\n  cols_per_adc: 16\n", &c, &e),
        ERR_OK, "%s", e.text);
    cr_assert_eq(c.mvm_adc_bits, 12);
    cr_assert_eq(c.mvm_rows, 256);
    cr_assert_eq(chip_flit_bits(&c), 64);
}

/* Low bits are dropped only below lossless, and only when the range is truncated and not clipped.
 */
Test(config, truncating_converters_drop_what_is_missing)
{
    static const struct {
        uint32_t range, encoding, adc_bits, want;
    } row[] = {
        {ADC_TRUNCATE, ENCODING_DIFFERENTIAL, 9, 0}, {ADC_TRUNCATE, ENCODING_DIFFERENTIAL, 8, 1},
        {ADC_TRUNCATE, ENCODING_DIFFERENTIAL, 3, 6}, {ADC_CLIP, ENCODING_DIFFERENTIAL, 8, 0},
        {ADC_TRUNCATE, ENCODING_FLIP, 8, 0},         {ADC_TRUNCATE, ENCODING_FLIP, 7, 1},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct chip_config c = {.mvm_rows = 128,
                                .mvm_cell_bits = 2,
                                .mvm_dac_bits = 1,
                                .mvm_adc_bits = row[i].adc_bits,
                                .mvm_adc_range = row[i].range,
                                .mvm_encoding = row[i].encoding};

        cr_expect_eq(chip_adc_drop_bits(&c), row[i].want, "row %zu", i);
    }
}
