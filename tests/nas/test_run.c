/* SPDX-License-Identifier: Apache-2.0 */
/* The stages from data to design, small. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "nas/run.h"
#include "sim/base/file.h"
#include "tests/common/temp.h"

static const char *const small[] = {"dataset=synthetic:rows=3000,valid=800",
                                    "model.blocks=2",
                                    "model.max_dense_dim=32",
                                    "model.max_sparse_dim=16",
                                    "train.epochs=1",
                                    "search.population=6",
                                    "search.generations=2",
                                    "search.children=3",
                                    "search.eval_rows=256",
                                    "search.exec_rows=64",
                                    "search.calibrate_rows=512",
                                    "tune.epochs=1",
                                    "tune.batch_norm=true",
                                    "tune.holdout=0.1",
                                    "requests=8"};
enum { N_SMALL = sizeof small / sizeof *small };
static const char *const files[] = {"supernet.ckpt", "search.state", "pareto.csv",   "subnet.ckpt",
                                    "design.yaml",   "workload.h5",  "accuracy.json"};

static enum err_code run(const char *dir, const char *extra, struct nas_summary *s, struct err *e)
{
    const char *sets[N_SMALL + 1];
    struct nas_config c;
    struct nas *n = NULL;
    enum err_code rc;

    memcpy(sets, small, sizeof small);
    sets[N_SMALL] = extra;
    if ((rc = nas_config_load(NULL, true, sets, N_SMALL + (extra != NULL), &c, e)))
        return rc;
    if ((rc =
             nas_open(&n, &c, dir, AUTORAC_SOURCE_DIR "/arch/params", &(struct watch){0}, NULL, e)))
        return rc;
    if (!(rc = nas_train(n, e)) && !(rc = nas_search(n, e)))
        rc = nas_finish(n, s, e);
    nas_close(n);
    return rc;
}

static void expect_same(const char *a, const char *b)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path[2], *text[2];
        size_t n[2];
        struct err e;

        path[0] = mem_printf("%s/%s", a, files[i]);
        path[1] = mem_printf("%s/%s", b, files[i]);
        for (int k = 0; k < 2; k++)
            cr_assert_eq(file_read(path[k], &text[k], &n[k], &e), ERR_OK, "%s", e.text);
        cr_expect(n[0] == n[1] && memcmp(text[0], text[1], n[0]) == 0, "%s differs", files[i]);
        for (int k = 0; k < 2; k++) {
            free(text[k]);
            free(path[k]);
        }
    }
}

Test(run, two_runs_leave_the_same_bytes_and_a_third_returns_at_once)
{
    struct temp t = temp_new(), u = temp_new();
    const char *a = t.dir, *b = u.dir;
    struct nas_summary s[3];
    struct chip_config chip;
    struct workload *w;
    struct plan *p;
    struct err e;
    char *design, *workload;

    cr_assert_eq(run(a, NULL, &s[0], &e), ERR_OK, "%s", e.text);
    cr_assert_eq(run(b, NULL, &s[1], &e), ERR_OK, "%s", e.text);
    expect_same(a, b);
    cr_assert_eq(run(a, NULL, &s[2], &e), ERR_OK, "%s", e.text);
    cr_expect_str_eq(s[0].genome, s[2].genome);
    cr_expect_float_eq(s[0].auc_chip, s[2].auc_chip, 0);
    cr_expect_float_eq(s[0].bayes_logloss, s[2].bayes_logloss, 0);
    cr_expect_eq(s[0].n_valid, 800);
    cr_expect_eq(s[0].n_clipped, s[2].n_clipped);

    design = mem_printf("%s/design.yaml", a);
    workload = mem_printf("%s/workload.h5", a);
    cr_assert_eq(chip_config_load(design, NULL, 0, &chip, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(workload_load(&w, workload, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(w->n_requests, 8);
    cr_assert_eq(plan_new(&p, w, &chip, &e), ERR_OK, "%s", e.text);
    plan_free(p);
    workload_free(w);
    free(design);
    free(workload);
    temp_free(&t);
    temp_free(&u);
}

Test(run, state_of_other_settings_is_refused)
{
    struct temp t = temp_new();
    const char *a = t.dir;
    struct nas_summary s;
    struct err e;

    cr_assert_eq(run(a, NULL, &s, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(run(a, "seed=2", &s, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "supernet.ckpt") && strstr(e.text, "other settings"), "%s", e.text);
    cr_expect_eq(run(a, "search.children=4", &s, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "search.state"), "%s", e.text);
    cr_expect_eq(run(a, "requests=9", &s, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, ".ckpt"), "%s", e.text);
    temp_free(&t);
}

Test(run, every_setting_survives_writing_and_reading)
{
    struct nas_config a, b;
    struct temp t = temp_new();
    const char *path = temp_path(&t, "config.yaml");
    struct file_out o;
    struct err e;

    cr_assert_eq(nas_config_load(NULL, true, small, N_SMALL, &a, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(file_create(&o, path, &e), ERR_OK);
    nas_config_write(o.f, &a);
    cr_assert_eq(file_commit(&o, &e), ERR_OK);
    cr_assert_eq(nas_config_load(path, false, NULL, 0, &b, &e), ERR_OK, "%s", e.text);
    for (size_t i = 0; i < sizeof a; i++)
        cr_expect_eq(((const char *)&a)[i], ((const char *)&b)[i], "byte %zu", i);
    temp_free(&t);
}
