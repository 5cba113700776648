/* SPDX-License-Identifier: Apache-2.0 */
/* arch/plan.h: the plan: everything both machines need to know, and nothing computed twice.
 *
 * The mapper (arch/map.h) turns workload x chip configuration into a plan: which mesh
 * node holds which parts ("shards") of which operators, operand slots, edges, table images,
 * cycle counts, integer scales. A unit is a shard where it runs: a tile with one network interface
 * holds one, or, if it has crossbars, several that take turns ("contexts"). The simulator
 * instantiates it; the generator prints it as SystemVerilog. Neither decides anything the plan does
 * not say. plan_write_json shows it to people. docs/microarchitecture.md says what each field means
 * in hardware; the section numbers below refer to it. All times are cycles of the chip's clock. */
#ifndef AUTORAC_ARCH_PLAN_H
#define AUTORAC_ARCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arch/config.h"
#include "arch/device.h"
#include "arch/topology.h"
#include "sim/base/mem.h"
#include "traces/workload.h"

enum { PLAN_MAX_EDGES = 1023, PLAN_MAX_SIDE = 32, PLAN_MAX_CONTEXTS = 16, PLAN_MAX_REPLICAS = 8 };

enum unit_kind { UNIT_NONE, UNIT_IO, UNIT_MVM, UNIT_EMB, UNIT_INT };
const char *unit_kind_name(enum unit_kind k); /* "none", "io", "mvm", "emb", "int" */

enum int_mode { INT_DP, INT_FM, INT_ADD, INT_GATE, INT_ATTENTION };

/* Which of its unit's requests, counted from 0 by the unit itself, an edge carries: q with
 * (q & mask) == phase. mask is 0 but where one end is replicated more often than the other. */
struct plan_due {
    uint32_t mask, phase;
};
static inline bool plan_is_due(struct plan_due d, uint64_t q)
{
    return (q & d.mask) == d.phase;
}

/* One operand ring at a consumer (section "Edges and slots"). */
struct plan_in {
    uint32_t src_node, src_out; /* producer's node and out-edge number there: where credits go */
    uint32_t src_unit;          /* the producer, an index of plan.unit */
    struct plan_due due;
    uint32_t base_word;        /* first word of the ring in the tile's operand buffer */
    uint32_t n_words, n_slots; /* words a slot, slots */
    uint32_t n_elements;       /* valid elements in a slot */
    uint32_t pack_bits;        /* 4, 8 or 32: bits an element takes in a word */
    uint32_t zero_point;       /* of the codes it carries */
};

struct plan_out {
    uint32_t dst_node, dst_in; /* consumer's node and in-edge number there */
    uint32_t dst_unit;         /* the consumer, an index of plan.unit */
    struct plan_due due;
    uint32_t n_words;    /* payload words a packet, head flit not counted */
    uint32_t n_slots;    /* initial end-to-end credits */
    uint32_t vc;         /* virtual channel of its packets, all the way */
    uint32_t first_word; /* within the output register (I/O: within a request's record) */
};

/* MVM shard (section "MVM tile"). Crossbar first_xbar + (copy * n_cb + cb) * n_rb + rb of the tile
 * holds inputs rb*rows .. of the shard's K and outputs cb*mpx .. of its M. */
struct plan_mvm {
    uint32_t k, m, n_vec; /* inputs, outputs of this shard, vectors a request */
    uint32_t k_first;     /* first input of the operator that is this shard's */
    uint32_t n_partial;   /* shards whose partial sums come after its own operands and are added */
    uint32_t first_xbar;  /* its crossbars in the tile */
    uint32_t copies;      /* of its crossbars: vectors computed at once */
    uint32_t n_rb, n_cb;  /* row blocks, column blocks: copies * n_rb * n_cb crossbars used */
    uint32_t mpx;         /* outputs a crossbar (the last column block may use fewer) */
    uint32_t weight_bits; /* of the operator's weights */
    uint32_t cols_per_output; /* P: 2 * n_wslices (differential) or n_wslices (flip) */
    uint32_t n_wslices;       /* cells a magnitude, or a biased weight, is sliced over */
    uint32_t n_slices;        /* input slices S = ceil(a_bits / dac_bits) */
    uint32_t read_cycles;     /* Tr */
    uint32_t conv_cycles;     /* one conversion */
    uint32_t convs_per_slice; /* by the busiest ADC */
    uint32_t groups;          /* ceil(mpx / lanes): requantisation steps a crossbar */
    uint32_t vec_cycles;      /* T_vec, of `copies` vectors */
    uint32_t shift, zero_point, out_bits; /* requantisation; unused when raw */
    bool raw;             /* outputs are 32-bit accumulators, 4 bytes each, little-endian */
    bool by_row;          /* vectors are rows of k codes, results rows of m */
    const int8_t *weight; /* (m, weight_stride) of which k are used, borrowed from the workload */
    uint32_t weight_stride;
    int32_t *bias; /* (m) zero points of the inputs folded in; 0 where partial sums are made */
    const uint16_t *mult; /* (m), NULL when raw */
};

/* Embedding shard (section "Embedding tile"). */
struct plan_emb_field {
    uint32_t word;       /* first of its slot in the operand */
    uint32_t table_base; /* home number of the table's first row */
    uint32_t max_bag;    /* 0: one row, as it is */
    uint32_t mult;       /* requantisation of a bag's sum */
};
struct plan_emb_hot {
    uint32_t home, place; /* home: UINT32_MAX if the entry is empty */
};
struct plan_emb {
    uint32_t first_field, n_fields, dim; /* fields of the workload */
    struct plan_emb_field *field;        /* (n_fields) */
    uint32_t n_words;                    /* 32-bit words of an operand: indices and counts */
    uint32_t n_lookups;                  /* most rows of a request */
    uint32_t n_bags;                     /* fields with bags */
    uint32_t shift, zero_point, out_bits;
    uint32_t n_home;  /* rows of all tables, numbered from 0 */
    uint32_t n_rows;  /* row addresses: copies of hot rows, then the tables */
    uint32_t n_banks; /* power of two; bank = address mod n_banks */
    uint32_t array_rows;
    uint32_t row_cells;               /* columns of a bank: dim x cells of a code */
    uint32_t row_cycles, pool_cycles; /* a bank is busy that long reading one row, several */
    uint32_t pool_rows, pool_bits;    /* rows read at once at most, converter bits; 1, 0: digital */
    /* Hot rows; hot_sets 0: none. */
    uint32_t hot_sets, n_hot, hot_stride, replicas;
    uint32_t cold_base;              /* address of home 0 */
    struct plan_emb_hot *directory;  /* (hot_sets) entry of home h: h mod hot_sets */
    uint32_t *hot;                   /* (n_hot) home of each place */
    uint32_t cache_sets, cache_ways; /* 0: no cache */
};

/* Interaction shard (section "Interaction tile"). */
struct plan_int {
    enum int_mode mode;
    uint32_t rows, dim;       /* ADD, GATE: rows = 1, dim = elements of the longer operand */
    uint32_t heads, head_dim; /* ATTENTION; else one of dim */
    uint32_t n_a, n_b;        /* ADD, GATE: elements of the operands; else 0 */
    uint32_t lanes;
    uint32_t chunks, row_chunks, head_chunks; /* ceil(dim, rows, head_dim / lanes) */
    uint32_t n_out;
    uint32_t in_bits;                    /* of the (first) operand */
    uint32_t zero_point_a, zero_point_b; /* b: second operand of ADD, GATE */
    uint32_t mult_a, mult_b;             /* b: of operand b (ADD), of the mean (ATTENTION) */
    uint32_t shift, zero_point, out_bits;
    uint32_t score_shift;  /* ATTENTION */
    const uint16_t *table; /* GATE, ATTENTION: (WL_TABLE_SIZE), borrowed from the workload */
    bool array;            /* one operand is written into an array; then: */
    uint32_t dac_bits;     /* of a streamed code a slice */
    uint32_t in_slices, weight_slices;  /* a code's, zero point included; a table entry's */
    uint32_t cells;                     /* a value */
    uint32_t write_cycles;              /* a word line */
    uint32_t score_cycles, mean_cycles; /* a slice of codes, of table entries */
};

struct plan_io {
    uint32_t
        record_words; /* words of one request: dense codes, then each embedding unit's indices */
    uint64_t interval_cycles; /* arrival of request r at r * interval; 0: back to back */
};

struct plan_unit {
    enum unit_kind kind;
    uint32_t index;                /* of plan.unit */
    uint32_t node, x, y;           /* node = y * width + x */
    uint32_t context;              /* number within the tile */
    char name[WL_NAME_BYTES + 16]; /* in statistics: "n3_b1_fc_0" */
    uint32_t op;                   /* workload operator; UINT32_MAX for I/O */
    uint32_t out_first; /* first output (MVM: row of the matrix; EMB: field) of this shard */
    uint32_t replica, n_replicas;      /* serves requests r = replica (mod n_replicas) */
    uint32_t in_first, out_edge_first; /* numbers of its first edges at the tile */
    uint32_t n_in, n_out;
    struct plan_in *in;   /* (n_in) its own, of the tile's */
    struct plan_out *out; /* (n_out) */
    uint32_t load_cycles; /* words read before computing */
    uint32_t comp_cycles; /* computing; EMB: the minimum, without bank conflicts */
    uint32_t out_elements, out_pack_bits, out_words; /* one output register */
    union {
        struct plan_mvm mvm;
        struct plan_emb emb;
        struct plan_int dyn; /* interaction of two dynamic operands */
        struct plan_io io;
    };
};

/* A node's network interface and the units behind it: context c is unit[c]. Edges are numbered
 * through, a context's own are consecutive. */
struct plan_tile {
    char name[WL_NAME_BYTES + 16]; /* instance name in RTL: its unit's if it has one, "n3_mvm" if
                                    * more, "n3" if none */
    uint32_t n_contexts;
    uint32_t *unit; /* (n_contexts) */
    uint32_t n_in, n_out;
    struct plan_in *in;
    struct plan_out *out;
    uint32_t buffer_words; /* of the operand buffer, all rings */
};

/* The analog boundary, the same in every MVM tile (section 6, "Bit line", "ADC"). */
struct plan_analog {
    uint32_t lossless_bits; /* of a converter that loses nothing */
    uint32_t drop_bits;     /* t */
    uint32_t unit_bits;     /* of the unit column's converter; 0: no unit column */
    uint32_t fraction_bits; /* F: a cell counts 2^-F of a level */
    uint32_t level_bits;    /* of a cell's integer */
    uint32_t sum_bits;      /* of a bit line's sum */
};

/* Sizes of the RTL's registers: maxima over units of one kind, so that a chip's tiles of a kind
 * are one module. */
struct plan_limits {
    uint32_t in_edges, out_edges, buffer_words; /* over all tiles */
    uint32_t contexts, mvm_xbars, mvm_scales;   /* of a tile; outputs of all its contexts */
    uint32_t mvm_inputs,
        mvm_outputs,   /* elements of input registers, of a tile's output registers */
        mvm_out_bytes, /* these in whole words, all slots */
        mvm_mpx;       /* outputs a crossbar */
    uint32_t emb_words, emb_lookups, emb_fields, emb_bags, emb_rows, emb_dim;
    uint32_t int_inputs, int_outputs;
    uint32_t int_rows, int_dim, int_cells; /* of DP and ATTENTION; cells a value of an array */
    bool int_table, int_attention;         /* some unit looks up a table; attends */
    uint32_t io_record_words;
};

struct plan {
    struct arena *arena;             /* owns everything below */
    const struct workload *workload; /* borrowed; outlives the plan */
    struct chip_config config;
    uint32_t width, height; /* of the mesh */
    uint32_t n_nodes;       /* width * height */
    struct plan_tile *tile; /* (n_nodes) */
    uint32_t n_units; /* unit i < n_nodes is context 0 of node i, UNIT_NONE where it is empty; */
    struct plan_unit *unit; /* further contexts follow */
    uint32_t io_node;
    uint32_t flit_bits, n_vcs, credit_vc, buffer_flits, slots, output_slots;
    uint32_t topology, routing, stages; /* enum noc_topology, enum noc_routing, 4 or 5 */
    struct plan_limits limit;
    struct plan_analog analog;
    struct device device;
    uint64_t n_xbars_used, n_cells_used, n_cells; /* for utilisation */
};

void plan_free(struct plan *p);
struct topology plan_topology(const struct plan *p); /* of its network */
void plan_write_json(const struct plan *p, FILE *f);

/* ---- contents both machines load, each a pure function of the plan ---- */

enum { PLAN_MAX_ROWS = 256 };

/* What a column means, the same in all crossbars of a shard. The unit column, number
 * config.mvm_cols, is not valid: it belongs to no output. */
struct plan_column {
    bool valid, negative;
    uint32_t local; /* output within the crossbar */
    uint32_t shift; /* left shift of its codes, input slice not counted */
};
struct plan_column plan_mvm_column(const struct plan *p, const struct plan_unit *u, uint32_t col);

/* Place of a hot row; UINT32_MAX if home is none. */
uint32_t plan_emb_place(const struct plan_emb *m, uint32_t home);
/* Address of copy r of the row with that home and place. */
uint32_t plan_emb_address(const struct plan_emb *m, uint32_t home, uint32_t place, uint32_t r);
/* The codes (dim) at a row address of an embedding tile; NULL where there is no row, or the
 * workload does not store it. */
const uint8_t *plan_emb_row(const struct plan *p, const struct plan_unit *u, uint32_t address);

/* What a column of one crossbar holds: its cells' integers, device effects included, in rows in
 * use, 0 in all others. xbar counts from the shard's first. */
struct plan_cells {
    bool flipped;
    uint32_t n_rows; /* in use */
    uint16_t level[PLAN_MAX_ROWS];
};
void plan_mvm_cells(const struct plan *p, const struct plan_unit *u, uint32_t xbar, uint32_t col,
                    struct plan_cells *out);

/* Zero of a converter of a crossbar, in units of a cell's integer; adc = columns' converters: the
 * unit column's. 0 without device effects. */
int32_t plan_adc_offset(const struct plan *p, const struct plan_unit *u, uint32_t xbar,
                        uint32_t adc);
uint32_t plan_n_adcs(const struct plan *p); /* of a crossbar, the unit column's not counted */

/* Cells of one copy that hold a weight's slice or are in use of a unit column. */
uint64_t plan_mvm_cells_used(const struct plan *p, const struct plan_unit *u);

/* Requests that reach unit u: its replica's share of the workload's. */
uint32_t plan_n_requests(const struct plan *p, const struct plan_unit *u);

/* Bytes of one output register of u in whole words, as the RTL lays them out. */
uint32_t plan_slot_bytes(const struct plan *p, const struct plan_unit *u);

/* Words (flit_bits wide, so one or more 64-bit entries never more than one) of request r's record.
 */
void plan_io_record(const struct plan *p, uint32_t request, uint64_t *words);

#endif
