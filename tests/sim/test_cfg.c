/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/cfg.h"
#include "sim/base/mem.h"
#include "sim/base/rng.h"

struct sample {
    uint32_t bits;
    uint64_t seed;
    double scale;
    bool on;
    uint32_t kind;
    char name[8];
    double ratio;
};

static const char *const kinds[] = {"sar", "flash", NULL};

#define FIELD(f) .offset = offsetof(struct sample, f)

static const struct cfg_key keys[] = {
    {"tile.adc_bits", CFG_U32, FIELD(bits), .def = "8", .min = 1, .max = 12, .unit = "bits",
     .help = "resolution"},
    {"seed", CFG_U64, FIELD(seed), .def = "1", .unit = "1", .help = "of everything"},
    {"tile.adc.scale", CFG_F64, FIELD(scale), .def = "0.1", .min = -1, .max = 1e6, .unit = "ns",
     .help = "a time"},
    {"on", CFG_BOOL, FIELD(on), .def = "true", .unit = "1", .help = "a switch"},
    {"tile.kind", CFG_ENUM, FIELD(kind), .def = "flash", .choices = kinds, .unit = "1",
     .help = "how"},
    {"name", CFG_STR, FIELD(name), .def = "", .str_size = 8, .unit = "1", .help = "who"},
    {"tile.adc.ratio", CFG_F64, FIELD(ratio), .def = "2", .unit = "1", .help = "no range"},
};

enum { N_KEYS = sizeof keys / sizeof *keys };

/* Parse, override, read: the first error's text, or "" after filling *s. */
static const char *read_text(const char *text, const char *set, struct sample *s, struct err *e)
{
    struct cfg *c;

    memset(s, 0, sizeof *s);
    memset(e, 0, sizeof *e);
    if (cfg_parse(&c, "f.yaml", text, e))
        return e->text;
    if (!set || !cfg_set(c, set, e))
        (void)cfg_read(c, keys, N_KEYS, s, e);
    cfg_free(c);
    return e->text;
}

Test(cfg, defaults_and_values)
{
    struct sample s;
    struct err e;

    cr_assert_eq(cfg_read(NULL, keys, N_KEYS, &s, &e), ERR_OK, "%s", e.text);
    cr_expect(s.bits == 8 && s.seed == 1 && s.scale == 0.1 && s.on && s.kind == 1 && !*s.name);
    cr_assert_str_eq(read_text("seed: 18446744073709551615\n"
                               "tile:\n"
                               "  adc_bits: 12\n"
                               "  kind: sar\n"
                               "  adc: {scale: -1e0, ratio: 1e300}\n"
                               "on: false\n"
                               "name: \"a: b #\"\n",
                               NULL, &s, &e),
                     "");
    cr_expect_eq(s.bits, 12);
    cr_expect_eq(s.seed, UINT64_MAX);
    cr_expect_eq(s.scale, -1);
    cr_expect_eq(s.ratio, 1e300);
    cr_expect_eq(s.on, false);
    cr_expect_eq(s.kind, 0);
    cr_expect_str_eq(s.name, "a: b #");
    cr_assert_str_eq(read_text("{\"tile\":{\"adc_bits\":1},\"on\":false}", NULL, &s, &e), "",
                     "JSON");
    cr_expect_eq(s.bits, 1);
    cr_assert_str_eq(read_text("", NULL, &s, &e), "");
    cr_assert_str_eq(read_text("# only a comment\n---\n", NULL, &s, &e), "");
    cr_assert_str_eq(read_text("tile:\n  # all commented out\nseed: 0x10\n", NULL, &s, &e), "");
    cr_expect_eq(s.seed, 16);
}

static const struct {
    const char *text, *set, *want;
} bad[] = {
    {"tile:\n  adc_bits: 99", NULL, "f.yaml:2: tile.adc_bits: 99 is outside 1..12"},
    {"tile:\n  adc_bits: 13", NULL, "f.yaml:2: tile.adc_bits: 13 is outside 1..12"},
    {"tile:\n  adc_bits: 0", NULL, "f.yaml:2: tile.adc_bits: 0 is outside 1..12"},
    {"tile:\n  adc_bits: -3", NULL, "f.yaml:2: tile.adc_bits: -3 is negative"},
    {"tile:\n  adc_bits: 3x", NULL, "f.yaml:2: tile.adc_bits: '3x' is not a whole number"},
    {"tile:\n  adc_bits: 3.0", NULL, "f.yaml:2: tile.adc_bits: '3.0' is not a whole number"},
    {"tile:\n  adc_bits: 010", NULL, "f.yaml:2: tile.adc_bits: '010' is not a whole number"},
    {"tile:\n  adc_bits: '3'", NULL,
     "f.yaml:2: tile.adc_bits: \"3\" is text; a whole number is expected"},
    {"tile:\n  adc_bits:", NULL,
     "f.yaml:2: tile.adc_bits: has no value; a whole number is expected"},
    {"tile:\n  adc_bits: [1]", NULL,
     "f.yaml:2: tile.adc_bits: a whole number is expected, not a map or list"},
    {"tile:\n  adc_bits: 4294967304", NULL, "f.yaml:2: tile.adc_bits: 4294967304 is outside 1..12"},
    {"seed: 18446744073709551616", NULL,
     "f.yaml:1: seed: 18446744073709551616 is larger than 2^64-1"},
    {"tile: {adc: {scale: nan}}", NULL, "f.yaml:1: tile.adc.scale: 'nan' is not a number"},
    {"tile: {adc: {scale: .inf}}", NULL, "f.yaml:1: tile.adc.scale: '.inf' is not a number"},
    {"tile: {adc: {scale: 0x1p3}}", NULL, "f.yaml:1: tile.adc.scale: '0x1p3' is not a number"},
    {"tile: {adc: {ratio: 1e999}}", NULL,
     "f.yaml:1: tile.adc.ratio: 1e999 is too large for a double"},
    {"tile: {adc: {scale: -1.5}}", NULL, "f.yaml:1: tile.adc.scale: -1.5 is outside -1..1000000"},
    {"on: yes", NULL, "f.yaml:1: on: 'yes' is neither true nor false"},
    {"tile: {kind: SAR}", NULL, "f.yaml:1: tile.kind: 'SAR' is none of sar, flash"},
    {"name: eight888", NULL, "f.yaml:1: name: text is longer than 7 bytes"},
    {"name:", NULL, "f.yaml:1: name: has no value; text is expected"},
    {"tile: 3", NULL, "f.yaml:1: tile: a map of KEY: VALUE lines is expected"},
    {"[1, 2]", NULL, "f.yaml:1: a map of KEY: VALUE lines is expected"},
    {"text", NULL, "f.yaml:1: a map of KEY: VALUE lines is expected"},
    /* keys */
    {"on: true\n\ntile:\n  adc_bitz: 3", NULL,
     "f.yaml:4: tile.adc_bitz: unknown key; did you mean tile.adc_bits?"},
    {"tilt:\n  adc_bits: 3", NULL, "f.yaml:1: tilt: unknown key; did you mean tile?"},
    {"adc_bits: 3", NULL, "f.yaml:1: adc_bits: unknown key; did you mean tile.adc_bits?"},
    {"tile.adc_bits: 3", NULL, "f.yaml:1: tile.adc_bits: unknown key; write it nested, not dotted"},
    {"banana: 3", NULL, "f.yaml:1: banana: unknown key"},
    {"tile:\n  adc_bits:\n    deep: 1", NULL,
     "f.yaml:2: tile.adc_bits: a whole number is expected, not a map or list"},
    {"tile:\n  adc:\n    scale: 1\n    ratio: 1\n    scale: 2", NULL,
     "f.yaml:5: tile.adc.scale: given twice, first on line 3"},
    {"on: true\nseed: 1\non: true", NULL, "f.yaml:3: on: given twice, first on line 1"},
    /* what of YAML is left out */
    {"a: &x 1", NULL, "f.yaml:1: anchors (&name) are not supported"},
    {"a: 1\nb: *x", NULL, "f.yaml:2: aliases (*name) are not supported"},
    {"a: !t 1", NULL, "f.yaml:1: tags (!name) are not supported"},
    {"a: 1\n---\nb: 1", NULL, "f.yaml:2: more than one document"},
    {"? [a]\n: 1", NULL, "f.yaml:1: a key must be plain text"},
    {"a: \"x\\0y\"", NULL, "f.yaml:1: text holds a NUL character"},
    /* the command line */
    {"", "tile.adc_bits=99", "--set tile.adc_bits: 99 is outside 1..12"},
    {"", "tile.adc_bits=", "--set tile.adc_bits: \"\" is text; a whole number is expected"},
    {"", "a.b=1", "--set a.b: unknown key"},
    {"", "tile.b=1", "--set tile.b: unknown key"},
    {"", "tile.adc_bitz=1", "--set tile.adc_bitz: unknown key; did you mean tile.adc_bits?"},
    {"", "on.x=1", "--set on.x: true or false is expected, not a map or list"},
    {"on: true", "on.x=1", "--set on.x: on is a value, not a map"},
    {"", "tile", "--set tile: KEY=VALUE is expected"},
    {"", "=3", "--set =3: KEY=VALUE is expected"},
    {"", "tile..x=3", "--set tile..x: not a dotted key"},
    {"", ".x=3", "--set .x: not a dotted key"},
    {"", "x.=3", "--set x.: not a dotted key"},
    {"", "tile={adc_bits: 99}", "--set tile: tile.adc_bits: 99 is outside 1..12"},
    {"", "tile={adc_bits: 99", "--set tile: did not find expected ',' or '}'"},
    {"", "name=\xff", "--set name: the value is not UTF-8 text"},
};

Test(cfg, errors_say_where_and_what)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample s;
        struct err e;
        const char *got = read_text(bad[i].text, bad[i].set, &s, &e);

        cr_expect_str_eq(got, bad[i].want, "row %zu: %s", i, got);
        cr_expect_eq(e.code, ERR_CONFIG, "row %zu", i);
    }
}

Test(cfg, syntax_errors_name_the_line)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3: "},
        {"a: 1\n\tb: 2\n", "f.yaml:2: "},
        {"a: \"x\n\n", "f.yaml:3: "},
        {"a: 1\nb: \x01\n", "f.yaml:"},
        {"a: b: c\n", "f.yaml:1: "},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct cfg *c;
        struct err e;

        cr_expect_eq(cfg_parse(&c, "f.yaml", row[i].text, &e), ERR_CONFIG, "row %zu", i);
        cr_expect_eq(strncmp(e.text, row[i].want, strlen(row[i].want)), 0, "row %zu: %s", i,
                     e.text);
        cr_expect_null(c);
    }
}

Test(cfg, set_replaces_creates_and_wins)
{
    struct sample s;
    struct err e;

    cr_assert_str_eq(read_text("tile:\n  adc_bits: 3", "tile.adc_bits=4", &s, &e), "");
    cr_expect_eq(s.bits, 4);
    cr_assert_str_eq(read_text("", "tile.adc.scale=2.5", &s, &e), "");
    cr_expect_eq(s.scale, 2.5);
    cr_assert_str_eq(read_text("tile:", "tile.adc_bits=4", &s, &e), "");
    cr_expect_eq(s.bits, 4);
    cr_assert_str_eq(read_text("name: x", "name=", &s, &e), "");
    cr_expect_str_eq(s.name, "");
    cr_assert_str_eq(read_text("", "name=a:b #=", &s, &e), "", "verbatim");
    cr_expect_str_eq(s.name, "a:b #=");
    cr_assert_str_eq(read_text("", "name='x: y'", &s, &e), "", "quoted as YAML");
    cr_expect_str_eq(s.name, "x: y");
    cr_assert_str_eq(read_text("", "tile={adc_bits: 5, kind: sar}", &s, &e), "");
    cr_expect(s.bits == 5 && s.kind == 0);
}

Test(cfg, set_repeats_and_reaches_into_lists)
{
    struct cfg *c;
    struct err e;
    uint64_t v;

    cr_assert_eq(cfg_parse(&c, "f.yaml", "l: [1, {a: 2}]", &e), ERR_OK);
    cr_assert_eq(cfg_set(c, "l.0=7", &e), ERR_OK);
    cr_assert_eq(cfg_set(c, "l.0=8", &e), ERR_OK, "the last one wins");
    cr_assert_eq(cfg_set(c, "l.1.a=9", &e), ERR_OK);
    cr_assert_eq(cfg_set(c, "z.y.x=1", &e), ERR_OK);
    cr_assert_eq(cfg_set(c, "z.y.w=2", &e), ERR_OK);
    cr_expect_eq(cfg_set(c, "l.2=1", &e), ERR_CONFIG);
    cr_expect_str_eq(e.text, "--set l.2: l has no element 2");
    cr_assert_eq(cfg_u64(cfg_at(cfg_get(cfg_root(c), "l"), 0), &v, &e), ERR_OK);
    cr_expect_eq(v, 8);
    cr_assert_eq(cfg_u64(cfg_get(cfg_at(cfg_get(cfg_root(c), "l"), 1), "a"), &v, &e), ERR_OK);
    cr_expect_eq(v, 9);
    cr_expect_eq(cfg_len(cfg_get(cfg_get(cfg_root(c), "z"), "y")), 2);
    cr_expect_str_eq(cfg_where(cfg_get(cfg_get(cfg_root(c), "z"), "y")), "--set z.y.x");
    cfg_free(c);
}

Test(cfg, required_key)
{
    static const struct cfg_key need[] = {{"a.b", CFG_U32, 0, .help = ""}};
    uint32_t v;
    struct cfg *c;
    struct err e;

    cr_expect_eq(cfg_read(NULL, need, 1, &v, &e), ERR_CONFIG);
    cr_expect_str_eq(e.text, "a.b: required key is missing");
    cr_assert_eq(cfg_parse(&c, "f.yaml", "\na: {}", &e), ERR_OK);
    cr_expect_eq(cfg_read(c, need, 1, &v, &e), ERR_CONFIG);
    cr_expect_str_eq(e.text, "f.yaml:2: a.b: required key is missing");
    cfg_free(c);
}

Test(cfg, walking)
{
    struct cfg *c;
    struct err e;
    const struct cfg_node *root, *list;
    int64_t i;
    double d;
    uint64_t u;

    cr_assert_eq(cfg_parse(&c, "f.yaml", "z: -5\na:\n  - 1.5\n  - [x]\nm: {}\n", &e), ERR_OK);
    root = cfg_root(c);
    list = cfg_get(root, "a");
    cr_expect(cfg_is_map(root) && cfg_is_seq(list) && !cfg_is_map(list));
    cr_expect_eq(cfg_len(root), 3);
    cr_expect_str_eq(cfg_key_at(root, 0), "z", "document order");
    cr_expect_str_eq(cfg_where(cfg_at(list, 1)), "f.yaml:4");
    cr_expect_null(cfg_str(list));
    cr_expect_null(cfg_get(root, "q"));
    cr_expect_null(cfg_at(list, 2));
    cr_expect_null(cfg_get(list, "x"));
    cr_expect_eq(cfg_len(cfg_at(list, 0)), 0);
    cr_expect_eq(cfg_len(NULL), 0);
    cr_assert_eq(cfg_i64(cfg_get(root, "z"), &i, &e), ERR_OK);
    cr_expect_eq(i, -5);
    cr_assert_eq(cfg_f64(cfg_at(list, 0), &d, &e), ERR_OK);
    cr_expect_eq(d, 1.5);
    cr_expect_eq(cfg_u64(cfg_at(cfg_at(list, 1), 0), &u, &e), ERR_CONFIG);
    cr_expect_str_eq(e.text, "f.yaml:4: a[1][0]: 'x' is not a whole number");
    cr_expect_eq(cfg_u64(cfg_get(root, "q"), &u, &e), ERR_CONFIG, "absent");
    cfg_free(c);
}

Test(cfg, signed_limits)
{
    static const struct {
        const char *text;
        bool good;
        int64_t want;
    } row[] = {
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"-0", true, 0},
        {"--1", false, 0},
        {"+1", false, 0},
        {"1_000", false, 0},
        {"0x", false, 0},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *text = mem_printf("v: %s", row[i].text);
        int64_t v = 1;
        struct cfg *c;
        struct err e;

        cr_assert_eq(cfg_parse(&c, "f.yaml", text, &e), ERR_OK);
        cr_expect_eq(cfg_i64(cfg_get(cfg_root(c), "v"), &v, &e), row[i].good ? ERR_OK : ERR_CONFIG,
                     "%s", row[i].text);
        if (row[i].good)
            cr_expect_eq(v, row[i].want, "%s", row[i].text);
        cfg_free(c);
        free(text);
    }
}

Test(cfg, depth_is_limited)
{
    for (int depth = 63; depth <= 66; depth++) {
        char text[200];
        struct cfg *c;
        struct err e;

        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        cr_expect_eq(cfg_parse(&c, "f.yaml", text, &e), depth <= 64 ? ERR_OK : ERR_CONFIG, "%d",
                     depth);
        if (depth > 64)
            cr_expect_str_eq(e.text, "f.yaml:1: nested too deeply");
        cfg_free(c);
    }
}

Test(cfg, large_maps_are_indexed)
{
    enum { N = 50000 };
    char *text = mem_alloc(N, 24);
    size_t n = 0;
    struct cfg *c;
    struct err e;

    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(text + n, "k%d: %d\n", i * 7919 % N, i);
    cr_assert_eq(cfg_parse(&c, "f.yaml", text, &e), ERR_OK, "%s", e.text);
    for (int i = 0; i < N; i++) {
        char key[16];
        uint64_t v;

        snprintf(key, sizeof key, "k%d", i * 7919 % N);
        cr_assert_eq(cfg_u64(cfg_get(cfg_root(c), key), &v, &e), ERR_OK);
        cr_assert_eq(v, (uint64_t)i);
    }
    cfg_free(c);
    free(text);
}

static void expect_same(const struct sample *s)
{
    struct sample back;
    struct err e;
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    cfg_write(f, keys, N_KEYS, s);
    fclose(f);
    cr_assert_str_eq(read_text(text, NULL, &back, &e), "", "%s\n%s", e.text, text);
    cr_assert_eq(memcmp(s, &back, sizeof back), 0, "%s", text);
    free(text);
}

Test(cfg, written_values_read_back_bit_for_bit)
{
    static const char *const names[] = {
        "", "null", "~", "a: b", "\"'\\", "\n\t\x01", "\xc3\xa9\xc2\x85", "#x"};
    struct rng r = rng_new(2);

    for (int i = 0; i < 2000; i++) {
        struct sample s;
        uint64_t bits;

        memset(&s, 0, sizeof s);
        s.bits = 1 + (uint32_t)rng_below(&r, 12);
        s.seed = rng_u64(&r);
        s.scale = rng_unit(&r) * 1e6;
        s.on = rng_below(&r, 2);
        s.kind = (uint32_t)rng_below(&r, 2);
        do {
            bits = rng_u64(&r);
            memcpy(&s.ratio, &bits, sizeof bits);
        } while ((bits >> 52 & 0x7ff) == 0x7ff);
        strcpy(s.name, names[i % 8]);
        expect_same(&s);
    }
}

Test(cfg, written_text_is_documented)
{
    struct sample s;
    struct err e;
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    cr_assert_eq(cfg_read(NULL, keys, N_KEYS, &s, &e), ERR_OK);
    cfg_write(f, keys, N_KEYS, &s);
    fclose(f);
    cr_expect_str_eq(text, "tile:\n"
                           "  adc_bits: 8 # bits, resolution\n"
                           "  adc:\n"
                           "    scale: 0.1 # ns, a time\n"
                           "    ratio: 2 # 1, no range\n"
                           "  kind: \"flash\" # 1, how\n"
                           "seed: 1 # 1, of everything\n"
                           "on: true # 1, a switch\n"
                           "name: \"\" # 1, who\n");
    free(text);
}

Test(cfg, a_wrong_default_is_a_bug)
{
    static const struct cfg_key wrong[] = {{"a", CFG_U32, 0, .def = "x", .help = ""}};
    uint32_t v;
    struct err e;

    cr_expect_eq(cfg_read(NULL, wrong, 1, &v, &e), ERR_BUG);
}

Test(cfg, missing_file)
{
    struct cfg *c;
    struct err e;

    cr_expect_eq(cfg_load(&c, "/no/such/file.yaml", &e), ERR_ENV);
    cr_expect_str_eq(e.text, "/no/such/file.yaml: No such file or directory");
    cr_expect_null(c);
    cfg_free(c);
}
