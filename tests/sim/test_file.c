/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"

static char dir[32];

static void enter(void)
{
    strcpy(dir, "/tmp/test_file.XXXXXX");
    cr_assert(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
}

static void leave(void)
{
    char *command = mem_printf("rm -r %s", dir);

    cr_assert_eq(chdir("/"), 0);
    cr_expect_eq(system(command), 0);
    free(command);
}

TestSuite(file, .init = enter, .fini = leave);

static void expect_content(const char *path, const char *want)
{
    struct err e;
    char *text;
    size_t n;

    cr_assert_eq(file_read(path, &text, &n, &e), ERR_OK, "%s", e.text);
    cr_expect_str_eq(text, want);
    cr_expect_eq(n, strlen(want));
    free(text);
}

Test(file, is_whole_or_not_there)
{
    struct file_out o;
    struct err e;

    cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK, "%s", e.text);
    fputs("one", o.f);
    cr_expect_not(file_exists("a.txt"), "before the commit");
    cr_assert_eq(file_commit(&o, &e), ERR_OK, "%s", e.text);
    file_abandon(&o); /* legal, and does nothing */
    expect_content("a.txt", "one");
    cr_expect_not(file_exists("a.txt.tmp"));

    cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK);
    fputs("two", o.f);
    file_abandon(&o);
    expect_content("a.txt", "one");
    cr_expect_not(file_exists("a.txt.tmp"));
}

Test(file, a_stale_temporary_is_overwritten)
{
    struct file_out o;
    struct err e;

    cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK);
    fputs("left behind by a kill", o.f);
    fclose(o.f);
    cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK);
    fputs("new", o.f);
    cr_assert_eq(file_commit(&o, &e), ERR_OK);
    expect_content("a.txt", "new");
}

/* The temporary is a link to the device that is always full; sizes below and beyond stdio's
 * buffer fail at different moments. */
Test(file, a_full_disk_is_reported_and_leaves_nothing)
{
    static const size_t size[] = {1, 4096, 1000000};

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        struct file_out o;
        struct err e;

        cr_assert_eq(symlink("/dev/full", "a.txt.tmp"), 0);
        cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK, "%s", e.text);
        for (size_t k = 0; k < size[i]; k++)
            fputc('x', o.f);
        cr_expect_eq(file_commit(&o, &e), ERR_ENV, "row %zu", i);
        cr_expect_str_eq(e.text, "a.txt: No space left on device", "row %zu: %s", i, e.text);
        cr_expect_not(file_exists("a.txt"));
        cr_expect_not(file_exists("a.txt.tmp"));
    }
}

Test(file, a_size_limit_is_reported)
{
    struct rlimit limit = {1000, 1000};
    struct file_out o;
    struct err e;

    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK);
    for (int k = 0; k < 1001; k++)
        fputc('x', o.f);
    cr_expect_eq(file_commit(&o, &e), ERR_ENV);
    cr_expect_str_eq(e.text, "a.txt: File too large", "%s", e.text);
    cr_expect_not(file_exists("a.txt"));
    cr_assert_eq(file_create(&o, "a.txt", &e), ERR_OK);
    for (int k = 0; k < 1000; k++)
        fputc('x', o.f);
    cr_expect_eq(file_commit(&o, &e), ERR_OK);
}

Test(file, errors_name_the_path)
{
    char *long_path = mem_alloc(2000, 1);
    struct file_out o;
    struct err e;
    char *text;
    size_t n;
    char hash[65];

    cr_expect_eq(file_create(&o, "no/such/a.txt", &e), ERR_ENV);
    cr_expect_str_eq(e.text, "no/such/a.txt.tmp: No such file or directory");
    file_abandon(&o);
    cr_expect_eq(file_read("none", &text, &n, &e), ERR_ENV);
    cr_expect_str_eq(e.text, "none: No such file or directory");
    cr_expect_eq(file_read(".", &text, &n, &e), ERR_ENV);
    cr_expect_str_eq(e.text, ".: Is a directory");
    cr_expect_eq(file_sha256("none", hash, &e), ERR_ENV);
    cr_expect_eq(file_sha256(".", hash, &e), ERR_ENV);
    memset(long_path, 'x', 1024);
    cr_expect_eq(file_create(&o, long_path, &e), ERR_ENV);
    cr_expect(strstr(e.text, "File name too long"));
    cr_assert_eq(mkdir("d", 0777), 0);
    cr_assert_eq(file_create(&o, "d", &e), ERR_OK);
    cr_expect_eq(file_commit(&o, &e), ERR_ENV, "a directory stands there");
    cr_expect_not(file_exists("d.tmp"));
    free(long_path);
}

Test(file, mkdirs)
{
    struct file_out o;
    struct err e;

    cr_expect_eq(file_mkdirs("a/b//c/", &e), ERR_OK, "%s", e.text);
    cr_expect_eq(file_mkdirs("a/b/c", &e), ERR_OK, "again");
    cr_expect(file_exists("a/b/c"));
    cr_assert_eq(file_create(&o, "a/f", &e), ERR_OK);
    cr_assert_eq(file_commit(&o, &e), ERR_OK);
    cr_expect_eq(file_mkdirs("a/f/g", &e), ERR_ENV);
    cr_expect_str_eq(e.text, "a/f: Not a directory", "%s", e.text);
    cr_expect_eq(file_mkdirs("", &e), ERR_ENV);
}

Test(file, reads_what_has_no_size)
{
    struct err e;
    char *text;
    size_t n;

    cr_assert_eq(file_read("/proc/self/status", &text, &n, &e), ERR_OK);
    cr_expect_gt(n, 100);
    cr_expect_eq(text[n], '\0');
    free(text);
    cr_assert_eq(file_read("/dev/null", &text, &n, &e), ERR_OK);
    cr_expect_eq(n, 0);
    cr_expect_str_eq(text, "");
    free(text);
}

Test(file, sha256)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    struct err e;

    for (size_t i = 0; i < 2; i++) {
        struct file_out o;
        char hash[65];

        bytes_sha256(row[i].text, strlen(row[i].text), hash);
        cr_expect_str_eq(hash, row[i].want);
        cr_assert_eq(file_create(&o, "h", &e), ERR_OK);
        fputs(row[i].text, o.f);
        cr_assert_eq(file_commit(&o, &e), ERR_OK);
        cr_assert_eq(file_sha256("h", hash, &e), ERR_OK);
        cr_expect_str_eq(hash, row[i].want);
    }
}
