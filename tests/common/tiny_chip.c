/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/tiny_chip.h"

#include <assert.h>

#include "arch/topology.h"

static uint32_t pick(struct rng *r, const uint32_t *v, uint32_t n)
{
    return v[rng_below(r, n)];
}
#define PICK(r, ...)                                                                               \
    pick(r, (const uint32_t[]){__VA_ARGS__}, sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t))

struct chip_config tiny_chip(struct rng *r)
{
    struct chip_config c;
    struct err e;
    enum err_code rc = chip_config_read(NULL, &c, &e);

    assert(!rc);
    (void)rc;
    c.noc_flit_bits = PICK(r, 0, 1);
    c.noc_vcs = PICK(r, 2, 3, 4);
    c.noc_buffer_flits = PICK(r, 1, 2, 4, 8);
    c.tile_slots = PICK(r, 1, 2, 3);
    c.tile_output_slots = PICK(r, 1, 2);
    c.mvm_rows = PICK(r, 16, 32, 64, 128);
    c.mvm_cols = PICK(r, 16, 32, 64, 128);
    c.mvm_xbars = PICK(r, 4, 16, 64);
    c.mvm_cell_bits = PICK(r, 1, 2, 4);
    c.mvm_dac_bits = PICK(r, 1, 2, 4);
    c.mvm_adc_bits = PICK(r, 3, 5, 6, 8, 10, 12);
    c.mvm_cols_per_adc = PICK(r, 1, 4, 8, 16);
    c.mvm_encoding = PICK(r, ENCODING_DIFFERENTIAL, ENCODING_FLIP);
    c.mvm_adc_kind = PICK(r, ADC_SAR, ADC_FLASH);
    c.mvm_adc_range = PICK(r, ADC_CLIP, ADC_TRUNCATE);
    c.mvm_read_ns = PICK(r, 1, 3, 10, 30);
    c.mvm_conversion_ns = PICK(r, 1, 2);
    c.mvm_conversion_bit_ns = PICK(r, 0, 0, 1);
    c.mvm_lanes = PICK(r, 1, 3, 4, 8);
    c.emb_tiles = PICK(r, 1, 2, 3);
    c.emb_banks = PICK(r, 1, 2, 4, 8);
    c.emb_row_ns = PICK(r, 1, 2, 7);
    c.int_lanes = PICK(r, 1, 3, 8, 16);
    c.int_engine = PICK(r, ENGINE_LANES, ENGINE_SRAM_CIM, ENGINE_RERAM);
    c.int_write_ns = PICK(r, 1, 4, 40);
    c.io_interval_cycles = PICK(r, 0, 0, 50, 2000);
    c.noc_topology = PICK(r, NOC_MESH, NOC_CMESH);
    c.emb_pooling = PICK(r, EMB_DIGITAL, EMB_IN_ARRAY);
    c.emb_pool_rows = PICK(r, 2, 3, 4, 8);
    c.emb_array_rows = PICK(r, 16, 32, 256);
    c.emb_bit_ns = PICK(r, 0, 1, 2);
    c.emb_placement = PICK(r, EMB_STACKED, EMB_FREQUENCY);
    c.emb_hot_rows = PICK(r, 1, 4, 16, 64);
    c.emb_replicas = PICK(r, 1, 2, 4, 8);
    c.emb_cache_rows = PICK(r, 0, 0, 1, 4, 16);
    c.emb_cache_ways = PICK(r, 1, 2, 4);
    c.map_pack = PICK(r, 0, 1);
    c.map_contexts = PICK(r, 2, 3, 8);
    c.map_copies = PICK(r, 1, 1, 3, 16);
    c.map_replicate = PICK(r, 0, 1, 2, 3);
    c.map_placement = PICK(r, MAP_SNAKE, MAP_TRAFFIC);
    if (rng_below(r, 2)) { /* a chip as drawn, and not as designed */
        c.map_copies = 1;
        c.map_replicate = 0;
        c.device_seed = (uint32_t)rng_below(r, 1000);
        c.device_variation = PICK(r, VARIATION_NONE, VARIATION_LOGNORMAL, VARIATION_MEASURED);
        c.device_cell = PICK(r, CELL_MILO, CELL_WAN, CELL_CMO);
        c.device_sigma = PICK(r, 1, 3) / 10.0;
        c.device_time_s = c.device_cell == CELL_CMO ? PICK(r, 0, 1, 86400) : 0;
        c.device_stuck_off = PICK(r, 0, 2) / 100.0;
        c.device_stuck_on = PICK(r, 0, 1) / 100.0;
        c.device_adc_offset = PICK(r, 0, 1, 4) / 4.0;
        c.device_fraction_bits = PICK(r, 0, 1, 4, 8);
    }
    return c;
}

struct chip_config tiny_chip_ideal(struct rng *r)
{
    struct chip_config c = tiny_chip(r);

    c.device_variation = VARIATION_NONE;
    c.device_time_s = c.device_stuck_off = c.device_stuck_on = c.device_adc_offset = 0;
    return c;
}
