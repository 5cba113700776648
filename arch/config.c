/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/config.h"

#include <stddef.h>

#include "arch/topology.h"
#include "sim/base/file.h"

static const char *const flit_choices[] = {"32", "64", NULL};
static const char *const pooling_choices[] = {"digital", "in_array", NULL}; /* enum emb_pooling */
static const char *const emb_placement_choices[] = {"stacked", "frequency",
                                                    NULL}; /* enum emb_placement */
static const char *const encoding_choices[] = {"differential", "flip",
                                               NULL};                      /* enum mvm_encoding */
static const char *const adc_kind_choices[] = {"sar", "flash", NULL};      /* enum adc_kind */
static const char *const adc_range_choices[] = {"clip", "truncate", NULL}; /* enum adc_range */
static const char *const variation_choices[] = {"none", "lognormal", "measured",
                                                NULL};                  /* device_variation */
static const char *const cell_choices[] = {"milo", "wan", "cmo", NULL}; /* enum device_cell */
static const char *const routing_choices[] = {"xy", "yx", NULL};        /* enum noc_routing */

static const char *const off_on[] = {"off", "on", NULL};
static const char *const replicate_choices[] = {"1", "2", "4", "8", NULL};
static const char *const map_placement_choices[] = {"snake", "traffic",
                                                    NULL}; /* enum map_placement */
static const char *const engine_choices[] = {"lanes", "sram_cim", "reram", NULL};

#define KEY(path_, type_, field_, def_, min_, max_, unit_, help_)                                  \
    {                                                                                              \
        .path = path_, .type = type_, .offset = offsetof(struct chip_config, field_), .def = def_, \
        .min = min_, .max = max_, .unit = unit_, .help = help_                                     \
    }

#define CHOICE(path_, field_, choices_, def_, help_)                                               \
    {                                                                                              \
        .path = path_, .type = CFG_ENUM, .offset = offsetof(struct chip_config, field_),           \
        .def = def_, .choices = choices_, .unit = "1", .help = help_                               \
    }

const struct cfg_key chip_config_keys[] = {
    KEY("chip.clock_mhz", CFG_F64, clock_mhz, "1000", 1, 100000, "MHz", "the chip's one clock"),
    {.path = "chip.params",
     .type = CFG_STR,
     .offset = offsetof(struct chip_config, params),
     .def = "isaac32",
     .str_size = sizeof((struct chip_config *)0)->params,
     .unit = "1",
     .help = "technology parameters, NAME[+OVERLAY...][@NODE]: arch/params/NAME.yaml, its "
             "overlay/, at NODE "
             "nm"},
    KEY("mesh.width", CFG_U32, mesh_width, "0", 0, 32, "nodes",
        "0: as small as the workload needs"),
    KEY("mesh.height", CFG_U32, mesh_height, "0", 0, 32, "nodes",
        "0: as small as the workload needs"),
    {.path = "noc.flit_bits",
     .type = CFG_ENUM,
     .offset = offsetof(struct chip_config, noc_flit_bits),
     .def = "64",
     .choices = flit_choices,
     .unit = "bits",
     .help = "payload of a flit"},
    KEY("noc.vcs", CFG_U32, noc_vcs, "3", 2, 8, "1",
        "virtual channels; the last is the credits' own"),
    KEY("noc.buffer_flits", CFG_U32, noc_buffer_flits, "8", 1, 64, "flits",
        "per virtual channel and input port"),
    CHOICE("noc.topology", noc_topology, noc_topology_name, "mesh",
           "mesh: a router a tile; cmesh: a router for each 2x2 tiles"),
    CHOICE("noc.routing", noc_routing, routing_choices, "xy",
           "dimension order: the coordinate that is corrected first"),
    KEY("noc.stages", CFG_U32, noc_stages, "4", 4, 5, "cycles",
        "of a head flit in a router; 5: with a cycle of its own for routing"),
    KEY("tile.buffer_bytes", CFG_U32, tile_buffer_bytes, "32768", 64, 1048576, "bytes",
        "operand buffer of a tile"),
    KEY("tile.slots", CFG_U32, tile_slots, "2", 1, 8, "requests", "operands an in-edge can hold"),
    KEY("tile.output_slots", CFG_U32, tile_output_slots, "2", 1, 2, "1",
        "output registers of a tile"),
    KEY("mvm.rows", CFG_U32, mvm_rows, "64", 16, 256, "cells", "rows of a crossbar"),
    KEY("mvm.cols", CFG_U32, mvm_cols, "64", 16, 256, "cells", "columns of a crossbar"),
    KEY("mvm.xbars", CFG_U32, mvm_xbars, "16", 1, 256, "1", "crossbars a tile"),
    KEY("mvm.cell_bits", CFG_U32, mvm_cell_bits, "2", 1, 4, "bits",
        "conductance levels of a cell, log2"),
    KEY("mvm.dac_bits", CFG_U32, mvm_dac_bits, "1", 1, 4, "bits", "input bits a read"),
    KEY("mvm.adc_bits", CFG_U32, mvm_adc_bits, "8", 1, 12, "bits",
        "of a converter; fewer than lossless lose what mvm.adc_range says"),
    KEY("mvm.cols_per_adc", CFG_U32, mvm_cols_per_adc, "16", 1, 256, "columns",
        "columns that share a converter"),
    CHOICE("mvm.encoding", mvm_encoding, encoding_choices, "differential",
           "signed weights: pairs of columns, or biased with flipped columns and a unit column"),
    CHOICE("mvm.adc_kind", mvm_adc_kind, adc_kind_choices, "sar",
           "converter: one comparator bit by bit, or one a level"),
    CHOICE("mvm.adc_range", mvm_adc_range, adc_range_choices, "clip",
           "below lossless: sums saturate, or their low bits are dropped"),
    KEY("mvm.read_ns", CFG_F64, mvm_read_ns, "10", 0.001, 10000, "ns",
        "array read of one input slice"),
    KEY("mvm.conversion_ns", CFG_F64, mvm_conversion_ns, "1", 0.001, 10000, "ns",
        "one ADC conversion"),
    KEY("mvm.conversion_bit_ns", CFG_F64, mvm_conversion_bit_ns, "0", 0, 10000, "ns",
        "SAR: in addition, each bit of a conversion"),
    KEY("mvm.lanes", CFG_U32, mvm_lanes, "4", 1, 32, "1", "requantisation lanes"),
    KEY("emb.tiles", CFG_U32, emb_tiles, "1", 1, 64, "1",
        "embedding tiles the fields are spread over"),
    KEY("emb.banks", CFG_U32, emb_banks, "4", 1, 64, "1",
        "banks of an embedding tile, a power of two"),
    KEY("emb.row_ns", CFG_F64, emb_row_ns, "10", 0.001, 10000, "ns", "activate and sense one row"),
    {.path = "emb.pooling",
     .type = CFG_ENUM,
     .offset = offsetof(struct chip_config, emb_pooling),
     .def = "digital",
     .choices = pooling_choices,
     .unit = "1",
     .help = "rows of a bag are read one by one, or those of one array at once"},
    KEY("emb.pool_rows", CFG_U32, emb_pool_rows, "8", 2, 64, "rows",
        "in_array: most rows read at once; sets the converters' bits"),
    KEY("emb.array_rows", CFG_U32, emb_array_rows, "256", 16, 1024, "rows",
        "rows of a bank that share bit lines, a power of two"),
    KEY("emb.bit_ns", CFG_F64, emb_bit_ns, "1", 0, 1000, "ns",
        "in_array: each bit of a pooled row beyond those of a single one"),
    {.path = "emb.placement",
     .type = CFG_ENUM,
     .offset = offsetof(struct chip_config, emb_placement),
     .def = "stacked",
     .choices = emb_placement_choices,
     .unit = "1",
     .help = "frequency: hot rows are dealt over the banks by how often they are looked up"},
    KEY("emb.hot_rows", CFG_U32, emb_hot_rows, "64", 1, 65536, "rows",
        "frequency: hot rows a tile's directory has place for, a power of two"),
    KEY("emb.replicas", CFG_U32, emb_replicas, "1", 1, 64, "1",
        "frequency: copies of a hot row, a power of two; at most one a bank"),
    KEY("emb.cache_rows", CFG_U32, emb_cache_rows, "0", 0, 65536, "rows",
        "of a tile's row cache, a power of two; 0: none"),
    KEY("emb.cache_ways", CFG_U32, emb_cache_ways, "2", 1, 8, "1",
        "places in which the cache may have a row, a power of two"),
    KEY("int.lanes", CFG_U32, int_lanes, "16", 1, 64, "1",
        "multiply-accumulate lanes of an interaction tile"),
    {.path = "int.engine",
     .type = CFG_ENUM,
     .offset = offsetof(struct chip_config, int_engine),
     .def = "lanes",
     .choices = engine_choices,
     .unit = "1",
     .help =
         "where two dynamic matrices meet: digital lanes, an SRAM array, ReRAM that is written"},
    KEY("int.write_ns", CFG_F64, int_write_ns, "85.7", 0.001, 100000, "ns",
        "int.engine reram: one word line written"),
    CHOICE("map.pack", map_pack, off_on, "off",
           "whether matrices of several operators share a tile and take turns"),
    KEY("map.contexts", CFG_U32, map_contexts, "8", 1, 16, "1", "most matrices in one tile"),
    KEY("map.copies", CFG_U32, map_copies, "1", 1, 64, "1",
        "most copies of a matrix in its tile, for operators on several vectors"),
    CHOICE("map.replicate", map_replicate, replicate_choices, "1",
           "most tiles, or sets of tiles, that serve one operator's requests in turn"),
    CHOICE("map.placement", map_placement, map_placement_choices, "snake",
           "of tiles on the mesh: in operator order, or to shorten the way of flits"),
    KEY("device.seed", CFG_U32, device_seed, "0", 0, UINT32_MAX, "1",
        "of all that is drawn of devices: another chip of the same design"),
    CHOICE("device.variation", device_variation, variation_choices, "none",
           "of programming: lognormal with device.sigma, or as measured on device.cell"),
    CHOICE("device.cell", device_cell, cell_choices, "cmo",
           "conductances and their scatter: arch/params/device/cells.yaml"),
    KEY("device.sigma", CFG_F64, device_sigma, "0.1", 0, 2, "1",
        "lognormal: deviation of the logarithm of a conductance"),
    KEY("device.time_s", CFG_F64, device_time_s, "0", 0, 1e10, "s",
        "since programming, at least 1; 0: no drift"),
    KEY("device.stuck_off", CFG_F64, device_stuck_off, "0", 0, 1, "1",
        "share of cells stuck at the lowest level"),
    KEY("device.stuck_on", CFG_F64, device_stuck_on, "0", 0, 1, "1",
        "share of cells stuck at the highest level"),
    KEY("device.adc_offset", CFG_F64, device_adc_offset, "0", 0, 1000, "steps",
        "deviation of a converter's zero"),
    KEY("device.fraction_bits", CFG_U32, device_fraction_bits, "4", 0, 8, "bits",
        "below one level, of a drawn conductance"),
    KEY("io.interval_cycles", CFG_U32, io_interval_cycles, "0", 0, 1e9, "cycles",
        "between arrivals; 0: back to back"),
};

const size_t chip_config_n_keys = sizeof chip_config_keys / sizeof *chip_config_keys;

uint32_t chip_flit_bits(const struct chip_config *c)
{
    return c->noc_flit_bits ? 64 : 32;
}

/* ceil(log2(max + 1)) */
static uint32_t bits_for(uint64_t max)
{
    uint32_t bits = 0;

    while (max >> bits)
        bits++;
    return bits;
}

uint32_t chip_lossless_adc_bits(const struct chip_config *c)
{
    uint64_t levels = (uint64_t)c->mvm_rows * ((1u << c->mvm_cell_bits) - 1);

    if (c->mvm_encoding == ENCODING_FLIP)
        levels /= 2;
    return bits_for(levels * ((1u << c->mvm_dac_bits) - 1));
}

uint32_t chip_unit_adc_bits(const struct chip_config *c)
{
    if (c->mvm_encoding != ENCODING_FLIP)
        return 0;
    return bits_for((uint64_t)c->mvm_rows * ((1u << c->mvm_dac_bits) - 1));
}

uint32_t chip_adc_drop_bits(const struct chip_config *c)
{
    uint32_t lossless = chip_lossless_adc_bits(c);

    if (c->mvm_adc_range == ADC_CLIP || c->mvm_adc_bits >= lossless)
        return 0;
    return lossless - c->mvm_adc_bits;
}

bool chip_has_device_effects(const struct chip_config *c)
{
    return c->device_variation != VARIATION_NONE || c->device_time_s > 0 ||
           c->device_stuck_off > 0 || c->device_stuck_on > 0 || c->device_adc_offset > 0;
}

bool chip_may_lose(const struct chip_config *c)
{
    return c->mvm_adc_bits < chip_lossless_adc_bits(c) || chip_has_device_effects(c);
}

uint32_t chip_built_cols(const struct chip_config *c)
{
    return c->mvm_cols + (c->mvm_encoding == ENCODING_FLIP);
}

static bool is_power_of_two(uint32_t v)
{
    return v && !(v & (v - 1));
}

static enum err_code check_emb(const struct chip_config *c, struct err *e)
{
    const struct {
        const char *key;
        uint32_t value;
    } powers[] = {
        {"banks", c->emb_banks},           {"array_rows", c->emb_array_rows},
        {"hot_rows", c->emb_hot_rows},     {"replicas", c->emb_replicas},
        {"cache_ways", c->emb_cache_ways},
    };

    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        if (!is_power_of_two(powers[i].value))
            return err_set(e, ERR_CONFIG, "emb.%s: %u is not a power of two", powers[i].key,
                           powers[i].value);
    if (c->emb_cache_rows && !is_power_of_two(c->emb_cache_rows))
        return err_set(e, ERR_CONFIG, "emb.cache_rows: %u is neither 0 nor a power of two",
                       c->emb_cache_rows);
    return ERR_OK;
}

static enum err_code check(const struct chip_config *c, struct err *e)
{
    enum err_code rc;

    if (!is_power_of_two(c->mvm_rows))
        return err_set(e, ERR_CONFIG, "mvm.rows: %u is not a power of two", c->mvm_rows);
    if (!is_power_of_two(c->mvm_cols))
        return err_set(e, ERR_CONFIG, "mvm.cols: %u is not a power of two", c->mvm_cols);
    if (!is_power_of_two(c->mvm_cols_per_adc) || c->mvm_cols_per_adc > c->mvm_cols)
        return err_set(e, ERR_CONFIG,
                       "mvm.cols_per_adc: %u is not a power of two of at most mvm.cols (%u)",
                       c->mvm_cols_per_adc, c->mvm_cols);
    if ((rc = check_emb(c, e)))
        return rc;
    if (c->device_time_s > 0 && c->device_time_s < 1)
        return err_set(e, ERR_CONFIG, "device.time_s: %g is neither 0 nor at least 1",
                       c->device_time_s);
    if (c->device_stuck_off + c->device_stuck_on > 1)
        return err_set(e, ERR_CONFIG, "device.stuck_off and device.stuck_on: more than all cells");
    if (!c->mesh_width != !c->mesh_height)
        return err_set(e, ERR_CONFIG, "mesh: give both width and height, or neither");
    return ERR_OK;
}

enum err_code chip_config_read(const struct cfg *c, struct chip_config *out, struct err *e)
{
    enum err_code rc = cfg_read(c, chip_config_keys, chip_config_n_keys, out, e);

    return rc ? rc : check(out, e);
}

enum err_code chip_config_load(const char *path, const char *const *sets, size_t n_sets,
                               struct chip_config *out, struct err *e)
{
    struct cfg *c = NULL;
    enum err_code rc = cfg_load(&c, path, e);

    for (size_t i = 0; !rc && i < n_sets; i++)
        rc = cfg_set(c, sets[i], e);
    if (!rc)
        rc = cfg_read(c, chip_config_keys, chip_config_n_keys, out, e);
    if (!rc && (rc = check(out, e)))
        err_wrap(e, "%s", path);
    cfg_free(c);
    return rc;
}

enum err_code chip_config_save(const struct chip_config *c, const char *path, struct err *e)
{
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    if (rc)
        return rc;
    fprintf(o.f, "# AutoRAC design: the chip. Every key, its unit and meaning.\n");
    cfg_write(o.f, chip_config_keys, chip_config_n_keys, c);
    return file_commit(&o, e);
}
