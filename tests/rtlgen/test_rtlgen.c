/* SPDX-License-Identifier: Apache-2.0 */
/* The generated directory: whole, repeatable, and broken only where a fault says so. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "rtlgen/counts.h"
#include "rtlgen/gen.h"
#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "tests/common/temp.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

struct rig {
    struct temp temp;
    struct workload *w;
    struct plan *p;
    struct err e;
};

static struct rig rig_new(uint64_t seed)
{
    struct rig g = {.temp = temp_new()};
    struct rng r = rng_new(seed);
    struct chip_config c;

    g.w = tiny_workload(&r, 2);
    c = tiny_chip(&r);
    cr_assert_eq(plan_new(&g.p, g.w, &c, &g.e), ERR_OK, "%s", g.e.text);
    return g;
}

/* temp_free removes files, not folders. */
static void remove_tree(const char *dir)
{
    char *command = mem_printf("rm -rf '%s'", dir);

    cr_expect_eq(system(command), 0);
    free(command);
}

static void rig_free(struct rig *g)
{
    plan_free(g->p);
    workload_free(g->w);
    remove_tree(g->temp.dir);
    temp_free(&g->temp);
}

static char *text_of(const char *dir, const char *name)
{
    char *path = mem_printf("%s/%s", dir, name), *text;
    struct err e;
    size_t n;

    cr_assert_eq(file_read(path, &text, &n, &e), ERR_OK, "%s", e.text);
    free(path);
    return text;
}

static bool same_file(const char *a, const char *b, const char *name)
{
    char *ta = text_of(a, name), *tb = text_of(b, name);
    bool same = strcmp(ta, tb) == 0;

    free(ta);
    free(tb);
    return same;
}

static const char *const parts[] = {
    "autorac_top.sv", "autorac_images.svh", "tb.sv",     "files.f",
    "README.txt",     "record.svh",         "router.sv", "ni.sv",
    "tile_mvm.sv",    "Makefile",           "synth.sh",  "compare.sh"};

Test(rtlgen, directory_is_whole_and_names_every_unit)
{
    struct rig g = rig_new(1);
    const char *dir = temp_path(&g.temp, "rtl");
    char *top;

    cr_assert_eq(rtl_generate(g.p, dir, NULL, &g.e), ERR_OK, "%s", g.e.text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        free(text_of(dir, parts[i]));
    top = text_of(dir, "autorac_top.sv");
    for (uint32_t i = 0; i < g.p->n_units; i++) {
        const struct plan_unit *u = &g.p->unit[i];
        char *name =
            u->kind == UNIT_NONE ? mem_strdup("module autorac_top") : mem_printf(") %s (", u->name);

        cr_expect(strstr(top, name), "%s", name);
        free(name);
    }
    free(top);
    rig_free(&g);
}

Test(rtlgen, every_image_that_is_loaded_exists)
{
    struct rig g = rig_new(2);
    const char *dir = temp_path(&g.temp, "rtl"), *at;
    char *loader;
    unsigned n = 0;

    cr_assert_eq(rtl_generate(g.p, dir, NULL, &g.e), ERR_OK, "%s", g.e.text);
    loader = text_of(dir, "autorac_images.svh");
    for (at = loader; (at = strstr(at, "image_folder, \"/")); n++) {
        const char *name = at + strlen("image_folder, \"/");
        char *path = mem_printf("%s/images/%.*s", dir, (int)strcspn(name, "\""), name);

        cr_expect(file_exists(path), "%s", path);
        free(path);
        at = name;
    }
    cr_expect_gt(n, 3);
    free(loader);
    rig_free(&g);
}

Test(rtlgen, same_plan_gives_the_same_bytes)
{
    struct rig g = rig_new(3);
    const char *a = temp_path(&g.temp, "a"), *b = temp_path(&g.temp, "b");

    cr_assert_eq(rtl_generate(g.p, a, NULL, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(rtl_generate(g.p, b, NULL, &g.e), ERR_OK, "%s", g.e.text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect(same_file(a, b, parts[i]), "%s", parts[i]);
    rig_free(&g);
}

Test(rtlgen, every_fault_finds_its_text_once)
{
    cr_assert_geq(rtl_n_faults, 10);
    for (size_t i = 0; i < rtl_n_faults; i++) {
        const struct rtl_fault *f = &rtl_faults[i];
        struct err e = {0};
        char *broken = NULL;

        cr_expect_eq(rtl_fault_find(f->name), f, "%s", f->name);
        cr_expect_eq(rtl_fault_apply(f, rtl_library_text(f->file), &broken, &e), ERR_OK, "%s",
                     e.text);
        cr_expect(broken && strstr(broken, f->replace), "%s", f->name);
        free(broken);
    }
}

/* record.svh and counts.def number the kinds of counts alike, and each has the name of a statistic.
 */
Test(rtlgen, counts_have_the_same_numbers_in_both_languages)
{
    static const char *const id[] = {
#define COUNTED(id, field) #id,
#include "rtlgen/counts.def"
#undef COUNTED
    };
    const char *text = rtl_library_text("record.svh"), *at;
    char name[64];

    for (enum rtl_count k = 0; k < RTL_N_COUNTS; k++) {
        snprintf(name, sizeof name, "`define AUTORAC_%s ", id[k]);
        at = strstr(text, name);
        cr_assert(at, "%s", name);
        cr_expect_eq(strtoul(at + strlen(name), NULL, 10), (unsigned long)k, "%s", name);
        cr_assert(rtl_count_name(k), "%s", name);
    }
    at = strstr(text, "`define AUTORAC_N_COUNTS ");
    cr_assert(at);
    cr_expect_eq(strtoul(at + strlen("`define AUTORAC_N_COUNTS "), NULL, 10), RTL_N_COUNTS);
}

Test(rtlgen, text_that_is_missing_or_twice_there_is_a_bug)
{
    struct rtl_fault f = {"f", "x.sv", "a", "b", ""};
    struct err e;
    char *out;

    cr_expect_eq(rtl_fault_apply(&f, "xyz", &out, &e), ERR_BUG);
    cr_expect_eq(rtl_fault_apply(&f, "xaya", &out, &e), ERR_BUG);
    cr_assert_eq(rtl_fault_apply(&f, "xay", &out, &e), ERR_OK);
    cr_expect_str_eq(out, "xby");
    free(out);
}

Test(rtlgen, fault_changes_its_file_and_no_other_module)
{
    struct rig g = rig_new(4);
    const char *a = temp_path(&g.temp, "a"), *b = temp_path(&g.temp, "b");
    struct rtl_options o = {.fault = "credit_lost"};

    cr_assert_eq(rtl_generate(g.p, a, NULL, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(rtl_generate(g.p, b, &o, &g.e), ERR_OK, "%s", g.e.text);
    cr_expect(!same_file(a, b, "router.sv"));
    cr_expect(same_file(a, b, "ni.sv"));
    cr_expect(same_file(a, b, "autorac_top.sv"));
    rig_free(&g);
}

Test(rtlgen, unknown_fault_is_refused_before_anything_is_written)
{
    struct rig g = rig_new(5);
    const char *dir = temp_path(&g.temp, "rtl");
    struct rtl_options o = {.fault = "no_such"};

    cr_assert_eq(rtl_generate(g.p, dir, &o, &g.e), ERR_CONFIG);
    cr_expect(strstr(g.e.text, "no_such"), "%s", g.e.text);
    cr_expect(!file_exists(dir));
    rig_free(&g);
}
