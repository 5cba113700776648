/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/cfg.h"
#include "sim/base/json.h"
#include "sim/base/rng.h"

static void write_all(FILE *f)
{
    struct json j = json_open(f);

    json_object(&j);
    json_kstr(&j, "name", "a \"b\" \\ \n\t\x01");
    json_ku64(&j, "big", UINT64_MAX);
    json_ki64(&j, "low", INT64_MIN);
    json_kf64(&j, "third", 0.1);
    json_kf64(&j, "nan", NAN);
    json_kbool(&j, "yes", true);
    json_key(&j, "list");
    json_array(&j);
    json_u64(&j, 1);
    json_array(&j);
    json_array_end(&j);
    json_object(&j);
    json_object_end(&j);
    json_str(&j, "x");
    json_array_end(&j);
    json_kbool(&j, "last", false);
    json_object_end(&j);
}

Test(json, golden_text)
{
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    write_all(f);
    fclose(f);
    cr_expect_str_eq(text, "{\n"
                           "  \"name\": \"a \\\"b\\\" \\\\ \\n\\t\\u0001\",\n"
                           "  \"big\": 18446744073709551615,\n"
                           "  \"low\": -9223372036854775808,\n"
                           "  \"third\": 0.1,\n"
                           "  \"nan\": null,\n"
                           "  \"yes\": true,\n"
                           "  \"list\": [\n"
                           "    1,\n"
                           "    [],\n"
                           "    {},\n"
                           "    \"x\"\n"
                           "  ],\n"
                           "  \"last\": false\n"
                           "}\n");
    free(text);
}

Test(json, reads_back_as_configuration)
{
    struct cfg *c;
    struct err e;
    char *text;
    size_t n;
    uint64_t u;
    int64_t i;
    FILE *f = open_memstream(&text, &n);

    write_all(f);
    fclose(f);
    cr_assert_eq(cfg_parse(&c, "x.json", text, &e), ERR_OK, "%s", e.text);
    cr_expect_str_eq(cfg_str(cfg_get(cfg_root(c), "name")), "a \"b\" \\ \n\t\x01");
    cr_assert_eq(cfg_u64(cfg_get(cfg_root(c), "big"), &u, &e), ERR_OK);
    cr_expect_eq(u, UINT64_MAX);
    cr_assert_eq(cfg_i64(cfg_get(cfg_root(c), "low"), &i, &e), ERR_OK);
    cr_expect_eq(i, INT64_MIN);
    cr_expect_eq(cfg_len(cfg_get(cfg_root(c), "list")), 4);
    cfg_free(c);
    free(text);
}

Test(json, doubles_are_the_shortest_exact_text)
{
    static const struct {
        double v;
        const char *want;
    } row[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {INFINITY, "null"},
        {NAN, "null"},
    };
    struct rng r = rng_new(1);

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[32];

        json_f64_text(text, row[i].v);
        cr_expect_str_eq(text, row[i].want);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = rng_u64(&r);
        char text[32];
        double v, back;

        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        json_f64_text(text, v);
        back = strtod(text, NULL);
        cr_assert_eq(memcmp(&back, &v, sizeof v), 0, "%s", text);
    }
}

Test(json, text_survives_both_readers)
{
    static const struct {
        const char *in, *want;
    } row[] = {
        {"", "\"\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\x7f\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "\"\\u007f\\u0085\\u2028\\ufeff\""},
        {"a\xff"
         "b",
         "\"a\\ufffdb\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* a surrogate is no character */
        {"\xc0\x80", "\"\\ufffd\\ufffd\""},            /* nor is an overlong one */
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},            /* nor one cut short */
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *text;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        json_quote(f, row[i].in);
        fclose(f);
        cr_expect_str_eq(text, row[i].want, "row %zu: %s", i, text);
        cr_expect_eq(json_is_utf8(row[i].in), i < 3, "row %zu", i);
        free(text);
    }
}
