/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/space.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "sim/base/json.h"

#define CHIP(key_, field_, ...)                                                                    \
    {                                                                                              \
        .key = key_, .offset = offsetof(struct chip_config, field_),                               \
        .choice = {sizeof((uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t), {__VA_ARGS__}},           \
    }

/* Slots of 4 and more, clocks, meshes and technologies are the designer's, not the search's. */
static const struct chip_choice chip_choices[] = {
    CHIP("mvm.rows", mvm_rows, 16, 32, 64, 128, 256),
    CHIP("mvm.cols", mvm_cols, 16, 32, 64, 128, 256),
    CHIP("mvm.xbars", mvm_xbars, 4, 8, 16, 32, 64),
    CHIP("mvm.cell_bits", mvm_cell_bits, 1, 2, 4),
    CHIP("mvm.dac_bits", mvm_dac_bits, 1, 2, 4),
    CHIP("mvm.adc_bits", mvm_adc_bits, 3, 4, 5, 6, 7, 8, 9, 10),
    CHIP("mvm.cols_per_adc", mvm_cols_per_adc, 1, 2, 4, 8, 16, 32, 64, 128), /* <= mvm.cols */
    CHIP("mvm.encoding", mvm_encoding, ENCODING_DIFFERENTIAL, ENCODING_FLIP),
    CHIP("mvm.adc_kind", mvm_adc_kind, ADC_SAR, ADC_FLASH),
    CHIP("mvm.adc_range", mvm_adc_range, ADC_CLIP, ADC_TRUNCATE),
    CHIP("mvm.lanes", mvm_lanes, 1, 2, 4, 8, 16),
    CHIP("emb.tiles", emb_tiles, 1, 2, 4, 8),
    CHIP("emb.banks", emb_banks, 1, 2, 4, 8, 16),
    CHIP("emb.pooling", emb_pooling, 0, 1), /* index: digital, in_array */
    CHIP("emb.pool_rows", emb_pool_rows, 2, 4, 8, 16),
    CHIP("emb.placement", emb_placement, 0, 1), /* index: stacked, frequency */
    CHIP("emb.hot_rows", emb_hot_rows, 64, 256, 1024),
    CHIP("emb.replicas", emb_replicas, 1, 2, 4, 8),
    CHIP("emb.cache_rows", emb_cache_rows, 0, 64, 256, 1024),
    CHIP("emb.cache_ways", emb_cache_ways, 1, 2, 4),
    CHIP("int.lanes", int_lanes, 4, 8, 16, 32, 64),
    CHIP("int.engine", int_engine, ENGINE_LANES, ENGINE_SRAM_CIM, ENGINE_RERAM),
    CHIP("noc.flit_bits", noc_flit_bits, 0, 1), /* index: 32, 64 */
    CHIP("noc.topology", noc_topology, 0, 1),   /* mesh, cmesh */
    CHIP("noc.vcs", noc_vcs, 2, 3, 4),
    CHIP("noc.buffer_flits", noc_buffer_flits, 2, 4, 8, 16),
    CHIP("tile.slots", tile_slots, 1, 2, 3, 4),
    CHIP("tile.output_slots", tile_output_slots, 1, 2),
    CHIP("tile.buffer_bytes", tile_buffer_bytes, 2048, 4096, 8192, 16384, 32768),
    CHIP("map.pack", map_pack, 0, 1), /* index: off, on */
    CHIP("map.contexts", map_contexts, 2, 4, 8),
    CHIP("map.copies", map_copies, 1, 2, 4, 8, 16),
    CHIP("map.replicate", map_replicate, 0, 1, 2), /* index: 1, 2, 4 */
    CHIP("map.placement", map_placement, MAP_SNAKE, MAP_TRAFFIC),
};

static struct choice up_to(uint16_t top, uint32_t n, const uint16_t *values)
{
    struct choice c = {0, {0}};

    for (uint32_t i = 0; i < n; i++)
        if (values[i] <= top || i == 0)
            c.value[c.n++] = values[i];
    return c;
}

void space_init(struct space *s, enum space_operators ops, uint32_t n_blocks,
                uint32_t max_dense_dim, uint32_t max_sparse_dim)
{
    static const uint16_t dense[] = {16, 32, 64, 128, 256, 512, 768, 1024};
    static const uint16_t sparse[] = {16, 32, 48, 64};

    memset(s, 0, sizeof *s);
    s->n_blocks = n_blocks;
    s->n_dense_kinds = ops == SPACE_SMALL ? DENSE_DP + 1 : DENSE_N_KINDS;
    s->n_sparse_kinds = ops == SPACE_SMALL ? SPARSE_EFC + 1 : SPARSE_N_KINDS;
    s->dense_dim = up_to((uint16_t)max_dense_dim, 8, dense);
    s->sparse_dim = up_to((uint16_t)max_sparse_dim, 4, sparse);
    s->weight_bits = s->act_bits = s->emb_bits = (struct choice){3, {4, 6, 8}};
    s->emb_dim = (struct choice){2, {16, 32}};
    s->n_chip = sizeof chip_choices / sizeof *chip_choices;
    _Static_assert(sizeof chip_choices / sizeof *chip_choices <= SPACE_MAX_CHIP, "raise the limit");
    memcpy(s->chip, chip_choices, sizeof chip_choices);
}

void space_embedding(struct space *s, uint32_t dim, uint32_t max_dim)
{
    s->emb_dim = (struct choice){1, {(uint16_t)dim}};
    while (2 * dim <= max_dim && s->emb_dim.n < SPACE_MAX_VALUES) {
        dim *= 2;
        s->emb_dim.value[s->emb_dim.n++] = (uint16_t)dim;
    }
}

void space_bits(struct space *s, uint32_t bits)
{
    s->weight_bits = s->act_bits = s->emb_bits = (struct choice){1, {(uint16_t)bits}};
}

/* What the word means: itself, or all keys that begin with it if it ends with a dot. */
static bool word_is_key(const char *word, size_t n, const char *key)
{
    return strncmp(word, key, n) == 0 && (key[n] == '\0' || (n && word[n - 1] == '.'));
}

static bool drop_keys(struct space *s, const char *word, size_t n)
{
    uint32_t kept = 0, before = s->n_chip;

    for (uint32_t i = 0; i < s->n_chip; i++)
        if (!word_is_key(word, n, s->chip[i].key))
            s->chip[kept++] = s->chip[i];
    s->n_chip = kept;
    return kept < before;
}

enum err_code space_fix(struct space *s, const char *words, struct err *e)
{
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, ",");

        if (!drop_keys(s, at, n))
            return err_set(e, ERR_CONFIG,
                           "search.fixed: \"%.*s\" is no key of the chip that is searched, nor "
                           "the beginning of one with its dot, or is there twice",
                           (int)n, at);
        at += n + (at[n] == ',');
    }
    return ERR_OK;
}

/* ---- counting ---- */

static bool is_key(const struct space *s, uint32_t i, size_t offset)
{
    return s->chip[i].offset == offset;
}

/* Keys that mean something only where another, the gate, is not 0. */
static const struct {
    size_t gate, key, second; /* second: 0 if there is none */
} gates[] = {
    {offsetof(struct chip_config, emb_pooling), offsetof(struct chip_config, emb_pool_rows), 0},
    {offsetof(struct chip_config, emb_placement), offsetof(struct chip_config, emb_hot_rows),
     offsetof(struct chip_config, emb_replicas)},
    {offsetof(struct chip_config, emb_cache_rows), offsetof(struct chip_config, emb_cache_ways), 0},
    {offsetof(struct chip_config, map_pack), offsetof(struct chip_config, map_contexts), 0},
};

/* The searched key at offset, or NULL. */
static const struct choice *find_key(const struct space *s, size_t offset)
{
    for (uint32_t i = 0; i < s->n_chip; i++)
        if (is_key(s, i, offset))
            return &s->chip[i].choice;
    return NULL;
}

/* Values of searched key i; gate and gated keys together count combinations that differ, where the
 * first gated one stands. */
static uint32_t gated_values(const struct space *s, uint32_t i)
{
    for (size_t g = 0; g < sizeof gates / sizeof *gates; g++) {
        const struct choice *gate = find_key(s, gates[g].gate), *key = find_key(s, gates[g].key);
        const struct choice *second = gates[g].second ? find_key(s, gates[g].second) : NULL;
        uint32_t n = 0;

        if (!gate || !key)
            continue;
        if (is_key(s, i, gates[g].gate) || (second && is_key(s, i, gates[g].second)))
            return 1;
        for (uint32_t v = 0; is_key(s, i, gates[g].key) && v < gate->n; v++)
            n += gate->value[v] ? key->n * (second ? second->n : 1) : 1;
        if (n)
            return n;
    }
    return s->chip[i].choice.n;
}

/* Values of searched key i. Columns an ADC are limited by columns: both together count legal
 * pairs, where the former stands. */
static uint32_t chip_values(const struct space *s, uint32_t i)
{
    const struct choice *share = find_key(s, offsetof(struct chip_config, mvm_cols_per_adc));
    const struct choice *cols = find_key(s, offsetof(struct chip_config, mvm_cols));
    uint32_t pairs = 0;

    if (!share || !cols || (&s->chip[i].choice != share && &s->chip[i].choice != cols))
        return gated_values(s, i);
    if (&s->chip[i].choice == cols)
        return 1;
    for (uint32_t a = 0; a < cols->n; a++)
        for (uint32_t b = 0; b < share->n; b++)
            pairs += share->value[b] <= cols->value[a];
    return pairs;
}

static uint32_t binomial(uint32_t n, uint32_t k)
{
    uint32_t x = 1;

    for (uint32_t i = 0; i < k; i++)
        x = x * (n - i) / (i + 1); /* exact: a product of i + 1 successive numbers */
    return x;
}

/* Non-empty subsets of n sources with at most `most` members. */
static uint32_t subsets(uint32_t n, uint32_t most)
{
    uint32_t sum = 0;

    for (uint32_t k = 1; k <= n && k <= most; k++)
        sum += binomial(n, k);
    return sum;
}

static struct factor *put(struct factor *out, uint32_t *n, const char *name, uint32_t count,
                          uint32_t power, const char *how)
{
    struct factor *f = &out[(*n)++];

    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->how, sizeof f->how, "%s", how);
    f->count = count;
    f->power = power;
    f->log10 = power * log10(count);
    return f;
}

static bool has_pairs(const struct space *s)
{
    return s->n_dense_kinds > DENSE_SUM;
}

static void put_blocks(const struct space *s, struct factor *out, uint32_t *n)
{
    uint32_t w = s->weight_bits.n;
    char name[48], how[96];

    for (uint32_t i = 1; i <= s->n_blocks; i++) {
        uint32_t sets = subsets(i, SPACE_MAX_SOURCES), pairs = has_pairs(s) ? i * i : 0;

        snprintf(name, sizeof name, "model.dense_operator.b%u", i);
        snprintf(how, sizeof how, "%u weight bits x (FC, DP x %u sets + gating, sum x %u pairs)", w,
                 sets, pairs);
        put(out, n, name, w * (2 * sets + 2 * pairs), 1, how);
    }
    for (uint32_t i = 1; i <= s->n_blocks; i++) {
        uint32_t sets = subsets(i, SPACE_MAX_SOURCES);

        snprintf(name, sizeof name, "model.sparse_operator.b%u", i);
        snprintf(how, sizeof how, "%u weight bits x %s x %u sets", w,
                 s->n_sparse_kinds > SPARSE_ATT ? "EFC, attention" : "EFC", sets);
        put(out, n, name, s->n_sparse_kinds * w * sets, 1, how);
    }
}

uint32_t space_factors(const struct space *s, struct factor out[SPACE_MAX_FACTORS])
{
    uint32_t n = 0, merge = 1 + s->weight_bits.n;

    put_blocks(s, out, &n);
    put(out, &n, "model.dense_dim", s->dense_dim.n, s->n_blocks, "per block: width");
    put(out, &n, "model.sparse_dim", s->sparse_dim.n, s->n_blocks, "per block: rows");
    put(out, &n, "model.dsi", merge, s->n_blocks, "per block: absent, or weight bits");
    put(out, &n, "model.fm", merge, s->n_blocks, "per block: absent, or weight bits");
    put(out, &n, "model.activation_bits", s->act_bits.n, 2 * s->n_blocks,
        "per block: bits of the dense and of the sparse output");
    put(out, &n, "model.embedding_bits", s->emb_bits.n, 1, "bits of the embedding tables");
    put(out, &n, "model.embedding_dim", s->emb_dim.n, 1, "numbers of their rows");
    for (uint32_t i = 0; i < s->n_chip; i++) {
        char name[48];

        snprintf(name, sizeof name, "chip.%s", s->chip[i].key);
        put(out, &n, name, chip_values(s, i), 1,
            chip_values(s, i) == s->chip[i].choice.n ? "values searched"
            : chip_values(s, i) > 1 ? "values that differ, of this and the keys it depends on"
                                    : "counted with a key that depends on it or beside it");
    }
    return n;
}

/* Decimal digits, nine a limb, the lowest first. */
void space_count_text(const struct space *s, char out[SPACE_COUNT_BYTES])
{
    enum { LIMBS = SPACE_COUNT_BYTES / 9 - 1, BASE = 1000000000 };
    struct factor f[SPACE_MAX_FACTORS];
    uint32_t limb[LIMBS] = {1}, n = 1, n_factors = space_factors(s, f);
    size_t at;

    for (uint32_t i = 0; i < n_factors; i++)
        for (uint32_t k = 0; k < f[i].power; k++) {
            uint64_t carry = 0;

            for (uint32_t d = 0; d < n || carry; d++) {
                assert(d < LIMBS);
                carry += (uint64_t)limb[d] * f[i].count;
                limb[d] = (uint32_t)(carry % BASE);
                carry /= BASE;
                n = d >= n ? d + 1 : n;
            }
        }
    at = (size_t)snprintf(out, SPACE_COUNT_BYTES, "%u", limb[n - 1]);
    while (--n > 0)
        at += (size_t)snprintf(out + at, SPACE_COUNT_BYTES - at, "%09u", limb[n - 1]);
}

double space_log10(const struct space *s)
{
    struct factor f[SPACE_MAX_FACTORS];
    uint32_t n = space_factors(s, f);
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += f[i].log10;
    return sum;
}

static double chips_log10(const struct space *s)
{
    double sum = 0;

    for (uint32_t i = 0; i < s->n_chip; i++)
        sum += log10(chip_values(s, i));
    return sum;
}

double space_log10_models(const struct space *s)
{
    return space_log10(s) - chips_log10(s);
}

/* Block i reads block i-1 on both sides. Others joining it in a set: none, or up to three. A sum is
 * the same either way round, and its weights are counted once: it may need none; so may DSI, of a
 * dense output that has its size, one of the widths. */
static double live_block(const struct space *s, uint32_t i)
{
    double w = s->weight_bits.n, a = s->act_bits.n;
    double sets = 1 + subsets(i - 1, SPACE_MAX_SOURCES - 1);
    double dense = 2 * w * sets + (has_pairs(s) ? w * (2 * i - 1) + i : 0);

    double dsi = (s->dense_dim.n - 1) * (1 + w) + 2;

    return dense * s->n_sparse_kinds * w * sets * dsi * s->sparse_dim.n * (1 + w) * a * a;
}

double space_log10_live(const struct space *s)
{
    double sum = chips_log10(s) + log10(s->emb_bits.n) + log10(s->emb_dim.n);

    for (uint32_t i = 1; i <= s->n_blocks; i++)
        sum += log10(live_block(s, i));
    return sum;
}

void space_write_json(const struct space *s, FILE *f)
{
    struct factor factor[SPACE_MAX_FACTORS];
    uint32_t n = space_factors(s, factor);
    struct json j = json_open(f);
    char count[SPACE_COUNT_BYTES];

    json_object(&j);
    space_count_text(s, count);
    json_ku64(&j, "n_blocks", s->n_blocks);
    json_kstr(&j, "designs", count);
    json_kf64(&j, "log10_designs", space_log10(s));
    json_kf64(&j, "log10_models", space_log10_models(s));
    json_kf64(&j, "log10_chips", chips_log10(s));
    json_kf64(&j, "log10_live", space_log10_live(s));
    json_key(&j, "factors");
    json_array(&j);
    for (uint32_t i = 0; i < n; i++) {
        json_object(&j);
        json_kstr(&j, "name", factor[i].name);
        json_kstr(&j, "how", factor[i].how);
        json_ku64(&j, "count", factor[i].count);
        json_ku64(&j, "power", factor[i].power);
        json_kf64(&j, "log10", factor[i].log10);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

/* ---- chips ---- */

static uint32_t *chip_field(const struct space *s, uint32_t i, struct chip_config *c)
{
    return (uint32_t *)(void *)((char *)c + s->chip[i].offset);
}

static uint32_t chip_value(const struct space *s, uint32_t i, const struct chip_config *c)
{
    return *(const uint32_t *)(const void *)((const char *)c + s->chip[i].offset);
}

static bool is_legal(const struct chip_config *c)
{
    return c->mvm_cols_per_adc <= c->mvm_cols;
}

static void redraw(const struct space *s, struct rng *r, uint32_t i, struct chip_config *c)
{
    *chip_field(s, i, c) = s->chip[i].choice.value[rng_below(r, s->chip[i].choice.n)];
}

/* The later of the two keys that limit each other, or the only one that is searched. */
static bool must_fit(const struct space *s, uint32_t i)
{
    size_t share = offsetof(struct chip_config, mvm_cols_per_adc);

    return is_key(s, i, share) ||
           (is_key(s, i, offsetof(struct chip_config, mvm_cols)) && !find_key(s, share));
}

/* mvm.cols is the one limit between two keys; the other keys keep to it. */
void chip_random(const struct space *s, struct rng *r, struct chip_config *c)
{
    for (uint32_t i = 0; i < s->n_chip; i++)
        do
            redraw(s, r, i, c);
        while (must_fit(s, i) && !is_legal(c));
}

void chip_mutate(const struct space *s, struct rng *r, struct chip_config *c)
{
    uint32_t i = (uint32_t)rng_below(r, s->n_chip), *field = chip_field(s, i, c), old = *field;

    do
        redraw(s, r, i, c);
    while (*field == old || !is_legal(c));
}

void chip_cross(const struct space *s, struct rng *r, const struct chip_config *a,
                const struct chip_config *b, struct chip_config *out)
{
    struct chip_config c = *a;

    for (uint32_t i = 0; i < s->n_chip; i++)
        if (rng_below(r, 2))
            *chip_field(s, i, &c) = chip_value(s, i, b);
    if (!is_legal(&c))
        c.mvm_cols_per_adc = c.mvm_cols;
    *out = c;
}

void chip_get(const struct space *s, const struct chip_config *c, uint32_t value[SPACE_MAX_CHIP])
{
    memset(value, 0, SPACE_MAX_CHIP * sizeof *value);
    for (uint32_t i = 0; i < s->n_chip; i++)
        value[i] = chip_value(s, i, c);
}

void chip_set(const struct space *s, const uint32_t value[SPACE_MAX_CHIP], struct chip_config *c)
{
    for (uint32_t i = 0; i < s->n_chip; i++)
        *chip_field(s, i, c) = value[i];
}

/* A value as design.yaml has it: choices by their names. */
static size_t value_text(const struct chip_choice *c, uint32_t v, char *out, size_t size)
{
    for (size_t k = 0; k < chip_config_n_keys; k++)
        if (chip_config_keys[k].offset == c->offset && chip_config_keys[k].choices)
            return (size_t)snprintf(out, size, "%s", chip_config_keys[k].choices[v]);
    return (size_t)snprintf(out, size, "%u", v);
}

void chip_text(const struct space *s, const struct chip_config *c, char out[SPACE_TEXT_BYTES])
{
    size_t n = 0;

    for (uint32_t i = 0; i < s->n_chip; i++) {
        n += (size_t)snprintf(out + n, SPACE_TEXT_BYTES - n, "%s%s=", i ? ";" : "", s->chip[i].key);
        n += value_text(&s->chip[i], chip_value(s, i, c), out + n, SPACE_TEXT_BYTES - n);
    }
}
