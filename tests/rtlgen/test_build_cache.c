/* SPDX-License-Identifier: Apache-2.0 */
/* What was built is found again by its sources, and only by them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rtlgen/build_cache.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "tests/common/temp.h"

static void write_file(const char *dir, const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", dir, name);
    struct file_out o;
    struct err e;

    cr_assert_eq(file_mkdirs(dir, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(file_create(&o, path, &e), ERR_OK, "%s", e.text);
    fputs(text, o.f);
    cr_assert_eq(file_commit(&o, &e), ERR_OK, "%s", e.text);
    free(path);
}

static void key_of(const char *dir, const char *how, char key[65])
{
    struct err e;

    cr_assert_eq(build_cache_key(dir, how, key, &e), ERR_OK, "%s", e.text);
}

static void remove_tree(struct temp *t)
{
    char *command = mem_printf("rm -rf '%s'", t->dir);

    cr_expect_eq(system(command), 0);
    free(command);
    temp_free(t);
}

Test(build_cache, key_follows_sources_and_options_only)
{
    struct temp t = temp_new();
    const char *dir = temp_path(&t, "rtl");
    char key[65], other[65];

    write_file(dir, "a.sv", "module a; endmodule\n");
    write_file(dir, "files.f", "a.sv\n");
    key_of(dir, "-O1", key);
    write_file(dir, "tb.sv", "module tb; endmodule\n");
    write_file(dir, "README.txt", "words\n");
    key_of(dir, "-O1", other);
    cr_expect_str_eq(key, other);
    key_of(dir, "-O2", other);
    cr_expect_str_neq(key, other);
    write_file(dir, "a.sv", "module a; endmodule \n");
    key_of(dir, "-O1", other);
    cr_expect_str_neq(key, other);
    remove_tree(&t);
}

Test(build_cache, entry_is_copied_out)
{
    struct temp t = temp_new();
    const char *cache = temp_path(&t, "cache"), *so = temp_path(&t, "made.so");
    const char *got = temp_path(&t, "got.so");
    struct err e;
    size_t n;
    char *text;

    cr_expect(!build_cache_get(cache, "k", got));
    write_file(t.dir, "made.so", "bytes");
    build_cache_put(cache, "k", so);
    cr_assert(build_cache_get(cache, "k", got));
    cr_expect(!build_cache_get(cache, "other", got));
    cr_assert_eq(file_read(got, &text, &n, &e), ERR_OK);
    cr_expect_str_eq(text, "bytes");
    free(text);
    remove_tree(&t);
}

/* One more than are kept: that which was used longest ago goes. */
Test(build_cache, oldest_entry_goes)
{
    struct temp t = temp_new();
    const char *cache = temp_path(&t, "cache"), *so = temp_path(&t, "made.so");
    const char *got = temp_path(&t, "got.so");

    write_file(t.dir, "made.so", "bytes");
    for (int i = 0; i < BUILD_CACHE_N_KEPT; i++) {
        char *key = mem_printf("k%d", i), *path = mem_printf("%s/chips/%s.so", cache, key);
        struct timespec at[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};

        build_cache_put(cache, key, so);
        cr_assert_eq(utimensat(AT_FDCWD, path, at, 0), 0);
        free(key);
        free(path);
    }
    cr_expect(build_cache_get(cache, "k0", got)); /* is the latest now */
    build_cache_put(cache, "new", so);
    cr_expect(build_cache_get(cache, "k0", got));
    cr_expect(build_cache_get(cache, "new", got));
    cr_expect(!build_cache_get(cache, "k1", got));
    cr_expect(build_cache_get(cache, "k2", got));
    remove_tree(&t);
}
