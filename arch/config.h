/* SPDX-License-Identifier: Apache-2.0 */
/* arch/config.h: the chip as a designer writes it down (design.yaml).
 *
 * Choices only: what a component costs is in arch/params. Analog times are in ns here and become
 * whole cycles, rounded up, once, in the plan. chip_config_keys is the reference of every key. */
#ifndef AUTORAC_ARCH_CONFIG_H
#define AUTORAC_ARCH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/cfg.h"
#include "sim/base/err.h"

/* How tiles are laid on the mesh: along a snake in operator order, or then swapped as long as that
 * shortens the way of all flits. */
enum map_placement { MAP_SNAKE, MAP_TRAFFIC };
/* Where an interaction tile multiplies two dynamic matrices: DP and attention. */
enum int_engine { ENGINE_LANES, ENGINE_SRAM_CIM, ENGINE_RERAM };
enum mvm_encoding { ENCODING_DIFFERENTIAL, ENCODING_FLIP };
enum adc_kind { ADC_SAR, ADC_FLASH };
enum adc_range { ADC_CLIP, ADC_TRUNCATE };
enum device_variation { VARIATION_NONE, VARIATION_LOGNORMAL, VARIATION_MEASURED };
enum device_cell { CELL_MILO, CELL_WAN, CELL_CMO }; /* arch/params/device/cells.yaml */

struct chip_config {
    double clock_mhz;

    uint32_t mesh_width, mesh_height; /* 0: as small and square as the workload needs */

    uint32_t noc_flit_bits;    /* index into {32, 64}: see chip_flit_bits */
    uint32_t noc_vcs;          /* last one is the credits' own */
    uint32_t noc_buffer_flits; /* per virtual channel and input port */
    uint32_t noc_topology;     /* enum noc_topology */
    uint32_t noc_routing;      /* enum noc_routing */
    uint32_t noc_stages;       /* of a router: 4, or 5 with a cycle for routing */

    uint32_t tile_buffer_bytes; /* operand buffer of a tile */
    uint32_t tile_slots;        /* requests an operand ring holds */
    uint32_t tile_output_slots; /* output registers of a tile */

    uint32_t mvm_rows, mvm_cols; /* of a crossbar */
    uint32_t mvm_xbars;          /* crossbars a tile */
    uint32_t mvm_cell_bits, mvm_dac_bits, mvm_adc_bits;
    uint32_t mvm_cols_per_adc;
    uint32_t mvm_encoding;        /* enum mvm_encoding: how cells hold signed weights */
    uint32_t mvm_adc_kind;        /* enum adc_kind */
    uint32_t mvm_adc_range;       /* enum adc_range: what fewer bits than lossless lose */
    double mvm_read_ns;           /* array read of one input slice */
    double mvm_conversion_ns;     /* one ADC conversion ... */
    double mvm_conversion_bit_ns; /* ... and, of a SAR converter, each of its bits */
    uint32_t mvm_lanes;           /* requantisation lanes */

    uint32_t emb_tiles;      /* embedding tiles the fields are spread over */
    uint32_t emb_banks;      /* power of two */
    double emb_row_ns;       /* activation and conversion of one row */
    uint32_t emb_pooling;    /* enum emb_pooling */
    uint32_t emb_pool_rows;  /* in_array: rows of a bag read at once, at most */
    uint32_t emb_array_rows; /* rows of a bank that share bit lines */
    double emb_bit_ns;       /* in_array: each bit of a pooled row beyond those of a single one */
    uint32_t emb_placement;  /* enum emb_placement */
    uint32_t emb_hot_rows;   /* frequency: places of the directory; power of two */
    uint32_t emb_replicas;   /* frequency: copies of a hot row, at most one a bank */
    uint32_t emb_cache_rows; /* of a tile's row cache, power of two; 0: none */
    uint32_t emb_cache_ways; /* power of two */

    uint32_t int_lanes;  /* MAC lanes of an interaction tile */
    uint32_t int_engine; /* enum int_engine */
    double int_write_ns; /* ENGINE_RERAM: one word line of an operand array written */

    uint32_t map_pack;      /* 1: matrices of several operators may share a tile */
    uint32_t map_contexts;  /* at most so many */
    uint32_t map_copies;    /* at most so often is a matrix in its tile's spare crossbars */
    uint32_t map_replicate; /* log2 of how often an operator may be there */
    uint32_t map_placement; /* enum map_placement */
    /* Device effects, drawn once: see arch/device.h. All off by default. */
    uint32_t device_seed;
    uint32_t device_variation;                /* enum device_variation: of programming */
    uint32_t device_cell;                     /* enum device_cell: range of conductances, figures */
    double device_sigma;                      /* of ln G: lognormal */
    double device_time_s;                     /* since programming: drift; 0: none */
    double device_stuck_off, device_stuck_on; /* share of cells at the lowest, the highest level */
    double device_adc_offset;                 /* deviation of converters' zeros, in their steps */
    uint32_t device_fraction_bits;            /* of a frozen conductance, below one level */

    uint32_t io_interval_cycles; /* between arrivals; 0: back to back */
    char params[64];             /* technology parameters: see arch/params.h */
};

enum emb_pooling { EMB_DIGITAL, EMB_IN_ARRAY };
enum emb_placement { EMB_STACKED, EMB_FREQUENCY };

extern const struct cfg_key chip_config_keys[];
extern const size_t chip_config_n_keys;

uint32_t chip_flit_bits(const struct chip_config *c); /* 32 or 64 */

/* cfg_read plus the rules that join keys (powers of two, ADC sharing divides columns ...). */
enum err_code chip_config_read(const struct cfg *c, struct chip_config *out, struct err *e);
enum err_code chip_config_load(const char *path, const char *const *sets, size_t n_sets,
                               struct chip_config *out, struct err *e);
enum err_code chip_config_save(const struct chip_config *c, const char *path, struct err *e);

/* Smallest ADC that loses nothing: ceil(log2(S + 1)), S the largest column sum: rows (2^dac_bits -
 * 1) (2^cell_bits - 1), or half of it, rounded down a row drive, with flip encoding. */
uint32_t chip_lossless_adc_bits(const struct chip_config *c);
/* Bits of the unit column's converter, which loses nothing; 0: there is none. */
uint32_t chip_unit_adc_bits(const struct chip_config *c);
/* Low bits of a sum that the converter drops: 0 when it clips. */
uint32_t chip_adc_drop_bits(const struct chip_config *c);
bool chip_has_device_effects(const struct chip_config *c);
/* Whether a product may differ from the exact integers: too few converter bits, or device effects.
 */
bool chip_may_lose(const struct chip_config *c);
/* Columns of a crossbar, the unit column counted. */
uint32_t chip_built_cols(const struct chip_config *c);

#endif
