/* SPDX-License-Identifier: Apache-2.0 */
/* Drawn cells and converters: repeatable, independent of one another, and of the spread asked for.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "arch/device.h"

enum { N = 256 };

static struct chip_config plain_chip(void)
{
    struct chip_config c;
    struct err e;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK, "%s", e.text);
    return c;
}

static struct device device_of(const struct chip_config *c)
{
    struct device d;
    struct err e;

    cr_assert_eq(device_init(&d, c, &e), ERR_OK, "%s", e.text);
    return d;
}

static void column(const struct device *d, uint32_t node, uint32_t col, uint16_t level,
                   uint16_t out[N])
{
    for (uint32_t i = 0; i < N; i++)
        out[i] = level;
    device_freeze(d, node, 3, col, N, out);
}

Test(device, nothing_is_drawn_by_default)
{
    struct chip_config c = plain_chip();
    struct device d = device_of(&c);

    cr_expect(!d.drawn);
    cr_expect_eq(d.fraction_bits, 0);
    cr_expect_eq(d.level_bits, c.mvm_cell_bits);
}

/* A lognormal cell of a level L has the median of its own conductance; its logarithm the deviation
 * asked for. wan: g_min = 0, so that levels are conductances. */
Test(device, lognormal_has_its_deviation)
{
    struct chip_config c = plain_chip();
    struct device d;
    uint16_t out[N];
    double sum = 0, squares = 0, n = 0;

    c.device_variation = VARIATION_LOGNORMAL;
    c.device_cell = CELL_WAN;
    c.device_sigma = 0.1;
    c.device_fraction_bits = 8;
    d = device_of(&c);
    for (uint32_t col = 0; col < 40; col++) {
        column(&d, 1, col, 2, out);
        for (uint32_t i = 0; i < N; i++, n++) {
            double x = log(out[i] / 512.0);

            sum += x;
            squares += x * x;
        }
    }
    cr_expect_float_eq(sum / n, 0, 0.004);
    cr_expect_float_eq(sqrt(squares / n), 0.1, 0.004);
}

/* Milo: 4.782 - 0.009107 G uS at G = 225 uS is 2.733 uS, of a step of 175 / 3 uS. */
Test(device, measured_cell_has_its_deviation)
{
    struct chip_config c = plain_chip();
    struct device d;
    uint16_t out[N];
    double squares = 0, n = 0;

    c.device_variation = VARIATION_MEASURED;
    c.device_cell = CELL_MILO;
    c.device_fraction_bits = 8;
    d = device_of(&c);
    for (uint32_t col = 0; col < 40; col++) {
        column(&d, 1, col, 3, out);
        for (uint32_t i = 0; i < N; i++, n++)
            squares += pow(out[i] / 256.0 - 3, 2);
    }
    cr_expect_float_eq(sqrt(squares / n), 2.733 / (175.0 / 3), 0.002);
}

/* CMO after a day: -0.089 ln t uS on average, of a step of 80 / 3 uS; at 1 s no mean shift. */
Test(device, drift_moves_the_mean)
{
    static const struct {
        double time_s, want;
    } row[] = {{1, 0}, {86400, -0.0890021 * 11.3668 / (80.0 / 3)}};

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct chip_config c = plain_chip();
        struct device d;
        uint16_t out[N];
        double sum = 0, n = 0;

        c.device_time_s = row[k].time_s;
        c.device_fraction_bits = 8;
        d = device_of(&c);
        for (uint32_t col = 0; col < 40; col++) {
            column(&d, 1, col, 2, out);
            for (uint32_t i = 0; i < N; i++, n++)
                sum += out[i] / 256.0 - 2;
        }
        cr_expect_float_eq(sum / n, row[k].want, 0.001, "%g s: %g", row[k].time_s, sum / n);
    }
}

Test(device, cells_without_a_published_drift_refuse_time)
{
    struct chip_config c = plain_chip();
    struct device d;
    struct err e;

    c.device_time_s = 10;
    c.device_cell = CELL_MILO;
    cr_expect_eq(device_init(&d, &c, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "device.time_s"), "%s", e.text);
}

/* Stuck cells are at the ends whatever else is on, as many as asked for, and the rest is what it
 * would be without them. */
Test(device, stuck_cells_disturb_no_other)
{
    struct chip_config c = plain_chip();
    struct device free_of, with;
    uint16_t a[N], b[N];
    uint32_t n_off = 0, n_on = 0, n = 0;

    c.device_variation = VARIATION_LOGNORMAL;
    c.device_sigma = 0.3;
    free_of = device_of(&c);
    c.device_stuck_off = 0.1;
    c.device_stuck_on = 0.05;
    with = device_of(&c);
    for (uint32_t col = 0; col < 40; col++) {
        column(&free_of, 1, col, 1, a);
        column(&with, 1, col, 1, b);
        for (uint32_t i = 0; i < N; i++, n++) {
            if (a[i] == b[i])
                continue;
            n_off += b[i] == 0;
            n_on += b[i] == 3 << 4;
            cr_expect(b[i] == 0 || b[i] == 3 << 4);
        }
    }
    cr_expect_float_eq((double)n_off / n, 0.1, 0.01);
    cr_expect_float_eq((double)n_on / n, 0.05, 0.01);
}

Test(device, places_and_seeds_draw_apart_and_repeatably)
{
    struct chip_config c = plain_chip();
    struct device d, other;
    uint16_t a[N], b[N];

    c.device_variation = VARIATION_MEASURED;
    d = device_of(&c);
    c.device_seed = 1;
    other = device_of(&c);
    column(&d, 1, 0, 3, a);
    column(&d, 1, 0, 3, b);
    cr_expect_arr_eq(a, b, sizeof a);
    column(&d, 2, 0, 3, b);
    cr_expect_arr_neq(a, b, sizeof a, "another node");
    column(&d, 1, 1, 3, b);
    cr_expect_arr_neq(a, b, sizeof a, "another column");
    column(&other, 1, 0, 3, b);
    cr_expect_arr_neq(a, b, sizeof a, "another seed");
}

/* Offsets are in the converter's own steps: 2^drop_bits levels. */
Test(device, offsets_are_in_steps)
{
    struct chip_config c = plain_chip();
    struct device d;
    double squares[2] = {0};

    c.device_adc_offset = 0.5;
    c.device_fraction_bits = 4;
    d = device_of(&c);
    for (uint32_t x = 0; x < 4000; x++) {
        squares[0] += pow(device_offset(&d, 1, x, 0, 0), 2) / 4000;
        squares[1] += pow(device_offset(&d, 1, x, 0, 3), 2) / 4000;
    }
    cr_expect_float_eq(sqrt(squares[0]), 0.5 * 16, 0.3);
    cr_expect_float_eq(sqrt(squares[1]), 0.5 * 16 * 8, 2.4);
}
