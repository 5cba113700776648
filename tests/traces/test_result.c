/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/rng.h"
#include "tests/common/temp.h"
#include "traces/h5.h"
#include "traces/result.h"

static struct event random_event(struct rng *r)
{
    return (struct event){.cycle = rng_below(r, 50),
                          .value = rng_below(r, 3) ? rng_below(r, 4) : rng_u64(r),
                          .index = (uint32_t)rng_below(r, 4),
                          .unit = (uint16_t)rng_below(r, 5),
                          .kind = (uint16_t)rng_below(r, EVENT_N_KINDS)};
}

Test(event_log, order_is_cycle_unit_kind_index_value)
{
    static const struct event row[] = {
        {0, 9, 9, 9, 9}, {1, 0, 0, 0, 0}, {1, 1, 0, 0, 0}, {1, 0, 1, 0, 0},
        {1, 0, 0, 0, 1}, {1, 0, 0, 1, 0}, {2, 0, 0, 0, 0}, {UINT64_MAX, UINT64_MAX, 0, 0, 0},
    };
    size_t n = sizeof row / sizeof *row;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            cr_expect_eq(event_compare(&row[i], &row[k]), i < k ? -1 : i > k, "%zu %zu", i, k);
}

/* Any order of adding gives the same list; cycles in order or not. */
Test(event_log, sorting_is_canonical)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct event_log a = {0}, b = {0}, c = {0};
        struct rng r = rng_new(seed);
        uint64_t n = rng_below(&r, 5000);

        for (uint64_t i = 0; i < n; i++) {
            struct event ev = random_event(&r);

            event_log_add(&a, &ev);
        }
        for (uint64_t i = n; i-- > 0;)
            event_log_add(&b, &a.at[i]);
        for (uint64_t cycle = 0; cycle < 50; cycle++)
            for (uint64_t i = 0; i < n; i++)
                if (a.at[i].cycle == cycle)
                    event_log_add(&c, &a.at[i]);
        event_log_sort(&a);
        event_log_sort(&b);
        event_log_sort(&c);
        cr_assert(a.n == n && b.n == n && c.n == n);
        for (uint64_t i = 0; i < n; i++) {
            cr_assert(i == 0 || event_compare(&a.at[i - 1], &a.at[i]) <= 0);
            cr_assert_eq(event_compare(&a.at[i], &b.at[i]), 0);
            cr_assert_eq(event_compare(&a.at[i], &c.at[i]), 0);
        }
        event_log_fini(&a);
        event_log_fini(&b);
        event_log_fini(&c);
    }
}

Test(event_log, kinds_have_names)
{
    cr_expect_str_eq(event_kind_name(EVENT_START), "start");
    cr_expect_str_eq(event_kind_name(EVENT_LOGIT), "logit");
    cr_expect_str_eq(event_kind_name(EVENT_N_KINDS), "unknown");
}

/* ---- results file ---- */

static uint64_t start_cycle[] = {0, 10, 20}, finish_cycle[] = {105, 111, 1u << 31};
static int32_t logit[] = {-5, INT32_MAX, INT32_MIN};
static double probability[] = {0.25, 1.0, 0.0};
static uint8_t label[] = {0, 1, 1};
static const char *unit_name[] = {"n0_io", "n1_embed", "n2", "n3_mvm"};

static struct result specimen(const struct stats *s, const struct event_log *l)
{
    struct result r = {.n_requests = 3,
                       .n_cycles = UINT64_MAX,
                       .clock_hz = 1e9,
                       .start_cycle = start_cycle,
                       .finish_cycle = finish_cycle,
                       .logit = logit,
                       .probability = probability,
                       .label = label,
                       .n_units = 4,
                       .unit_name = unit_name,
                       .events = l,
                       .stats = s};

    memset(r.config_sha256, 'a', 64);
    return r;
}

static struct stats *some_stats(void)
{
    struct stats *s = stats_new();

    stats_u64(s, "chip.n3_mvm.adc.n_conv", 40960, "count", "conversions finished");
    stats_f64(s, "chip.energy_fj", 1.5e9, "fJ", "energy of the run");
    return s;
}

static void expect_set(struct h5 *f, const char *path, enum h5_type type, uint32_t text_bytes,
                       uint64_t n, const void *want)
{
    struct h5_data d = {
        .path = path, .type = type, .text_bytes = text_bytes, .rank = 1, .extent = {n}};
    struct arena *a = arena_new();
    struct err e;
    void *got;

    cr_assert_eq(h5_read(f, &d, a, &got, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(memcmp(got, want, n * h5_type_bytes(type, text_bytes)), 0, "%s", path);
    arena_free(a);
}

static void expect_requests(struct h5 *f)
{
    expect_set(f, "/requests/request", H5_U64, 0, 3, (uint64_t[]){0, 1, 2});
    expect_set(f, "/requests/start_cycle", H5_U64, 0, 3, start_cycle);
    expect_set(f, "/requests/finish_cycle", H5_U64, 0, 3, finish_cycle);
    expect_set(f, "/requests/latency_cycles", H5_U64, 0, 3,
               (uint64_t[]){105, 101, (1u << 31) - 20});
    expect_set(f, "/requests/logit", H5_I32, 0, 3, logit);
    expect_set(f, "/requests/probability", H5_F64, 0, 3, probability);
    expect_set(f, "/requests/label", H5_U8, 0, 3, label);
}

static void expect_attributes(struct h5 *f)
{
    double hz = 0;
    uint64_t n = 0;
    char sha[65] = "";
    struct err e;

    cr_expect_eq(h5_get_f64(f, "clock_hz", &hz, &e), ERR_OK);
    cr_expect_eq(h5_get_u64(f, "n_cycles", &n, &e), ERR_OK);
    cr_expect_eq(h5_get_text(f, "config_sha256", sha, sizeof sha, &e), ERR_OK);
    cr_expect_eq((uint64_t)hz, 1000000000);
    cr_expect_eq(n, UINT64_MAX);
    cr_expect_eq(strspn(sha, "a"), 64);
}

Test(result, what_is_saved_can_be_read)
{
    static const struct event ev[] = {{7, UINT64_MAX, 3, 1, EVENT_START},
                                      {8, 2, UINT32_MAX, UINT16_MAX, EVENT_LOGIT}};
    struct temp t = temp_new();
    const char *path = temp_path(&t, "r.h5");
    struct stats *s = some_stats();
    struct event_log l = {0};
    struct result r = specimen(s, &l);
    struct h5 *f = NULL;
    struct err e;

    event_log_add(&l, &ev[0]);
    event_log_add(&l, &ev[1]);
    cr_assert_eq(result_save(&r, path, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(h5_open(&f, path, "autorac-results", RESULT_FORMAT_VERSION, &e), ERR_OK, "%s",
                 e.text);
    expect_requests(f);
    expect_set(f, "/events/cycle", H5_U64, 0, 2, (uint64_t[]){7, 8});
    expect_set(f, "/events/unit", H5_U16, 0, 2, (uint16_t[]){1, UINT16_MAX});
    expect_set(f, "/events/kind", H5_U8, 0, 2, (uint8_t[]){EVENT_START, EVENT_LOGIT});
    expect_set(f, "/events/index", H5_U32, 0, 2, (uint32_t[]){3, UINT32_MAX});
    expect_set(f, "/events/value", H5_U64, 0, 2, (uint64_t[]){UINT64_MAX, 2});
    expect_set(f, "/units/name", H5_TEXT, 9, 4,
               "n0_io\0\0\0\0n1_embed\0n2\0\0\0\0\0\0\0n3_mvm\0\0");
    expect_set(f, "/stats/name", H5_TEXT, 23, 2,
               "chip.n3_mvm.adc.n_conv\0chip.energy_fj\0\0\0\0\0\0\0\0");
    expect_set(f, "/stats/value", H5_F64, 0, 2, (double[]){40960, 1.5e9});
    expect_set(f, "/stats/unit", H5_TEXT, 6, 2, "count\0fJ\0\0\0");
    expect_set(f, "/stats/meaning", H5_TEXT, 21, 2,
               "conversions finished\0energy of the run\0\0\0");
    expect_attributes(f);
    h5_close(f);
    stats_free(s);
    event_log_fini(&l);
    temp_free(&t);
}

/* Each limit on both its sides. */
Test(event_select, keeps_what_is_asked_for)
{
    static const uint8_t unit[] = {0, 1, 1};
    static const struct event_select some = {.kinds = EVENT_ALL_KINDS & ~(1u << EVENT_LOGIT),
                                             .unit = unit,
                                             .from_cycle = 10,
                                             .to_cycle = 20,
                                             .from_request = 3,
                                             .to_request = 5};
    static const struct event_select any = {
        .kinds = EVENT_ALL_KINDS, .to_cycle = UINT64_MAX, .to_request = UINT64_MAX};
    static const struct {
        struct event ev;
        bool want;
    } row[] = {
        {{10, 0, 3, 1, EVENT_START}, true},   {{9, 0, 3, 1, EVENT_START}, false},
        {{20, 0, 5, 2, EVENT_FINISH}, true},  {{21, 0, 5, 2, EVENT_FINISH}, false},
        {{10, 0, 2, 1, EVENT_START}, false},  {{10, 0, 6, 1, EVENT_START}, false},
        {{10, 0, 3, 0, EVENT_START}, false},  {{10, 0, 3, 1, EVENT_LOGIT}, false},
        {{10, 3, 9, 1, EVENT_OPERAND}, true}, {{10, 2, 3, 1, EVENT_OPERAND}, false},
        {{10, 0, 3, 1, EVENT_INJECT}, false}, {{10, 0, 3, 1, EVENT_CREDIT}, false},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        cr_expect_eq(event_selected(&some, &row[i].ev), row[i].want, "row %zu", i);
        cr_expect(event_selected(&any, &row[i].ev), "row %zu", i);
    }
}

Test(result, events_are_optional)
{
    struct temp t = temp_new();
    struct stats *s = some_stats();
    struct result r = specimen(s, NULL);
    const char *path = temp_path(&t, "r.h5");
    struct h5_data d = {.path = "/events/cycle", .type = H5_U64, .rank = 1, .extent = {H5_ANY}};
    struct arena *a = arena_new();
    struct h5 *f = NULL;
    struct err e;
    void *got;

    cr_assert_eq(result_save(&r, path, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(h5_open(&f, path, "autorac-results", RESULT_FORMAT_VERSION, &e), ERR_OK);
    expect_requests(f);
    cr_expect_eq(h5_read(f, &d, a, &got, &e), ERR_CONFIG);
    h5_close(f);
    arena_free(a);
    stats_free(s);
    temp_free(&t);
}

Test(result, nothing_at_all_is_a_result_too)
{
    struct temp t = temp_new();
    struct stats *s = stats_new();
    struct event_log l = {0};
    struct result r = {.clock_hz = 1e9, .stats = s, .events = &l};
    struct err e;

    cr_expect_eq(result_save(&r, temp_path(&t, "r.h5"), &e), ERR_OK, "%s", e.text);
    stats_free(s);
    temp_free(&t);
}

Test(result, bytes_repeat)
{
    struct temp t = temp_new();
    struct stats *s = some_stats();
    struct event_log l = {0};
    struct result r = specimen(s, &l);
    struct rng rng = rng_new(4);
    char sha[2][65];
    struct err e;

    for (int i = 0; i < 70000; i++) {
        struct event ev = random_event(&rng);

        event_log_add(&l, &ev);
    }
    event_log_sort(&l);
    for (int i = 0; i < 2; i++) {
        const char *path = temp_path(&t, "r.h5");
        void *between = malloc(1000003); /* another heap, other rubbish in it */

        memset(between, 0xa5, 1000003);
        free(between);
        cr_assert_eq(result_save(&r, path, &e), ERR_OK, "%s", e.text);
        cr_assert_eq(file_sha256(path, sha[i], &e), ERR_OK);
    }
    cr_expect_str_eq(sha[0], sha[1]);
    stats_free(s);
    event_log_fini(&l);
    temp_free(&t);
}

static void expect_loaded(const struct result_file *got, const struct result *want)
{
    const struct result *r = &got->result;

    cr_assert_eq(r->n_requests, want->n_requests);
    cr_expect_eq(memcmp(r->start_cycle, want->start_cycle, 3 * sizeof *r->start_cycle), 0);
    cr_expect_eq(memcmp(r->finish_cycle, want->finish_cycle, 3 * sizeof *r->finish_cycle), 0);
    cr_expect_eq(memcmp(r->logit, want->logit, 3 * sizeof *r->logit), 0);
    for (uint64_t i = 0; i < r->n_requests; i++)
        cr_expect_eq(r->probability[i], want->probability[i]);
    cr_expect_eq(memcmp(r->label, want->label, 3), 0);
    cr_assert_eq(r->n_units, want->n_units);
    for (uint32_t u = 0; u < r->n_units; u++)
        cr_expect_str_eq(r->unit_name[u], want->unit_name[u]);
    cr_assert_eq(got->events.n, want->events->n);
    for (uint64_t i = 0; i < got->events.n; i++)
        cr_expect_eq(event_compare(&got->events.at[i], &want->events->at[i]), 0);
    cr_assert_eq(got->n_stats, stats_n(want->stats));
    for (uint64_t i = 0; i < got->n_stats; i++) {
        cr_expect_str_eq(got->stat_name[i], stats_name(want->stats, i));
        cr_expect_str_eq(got->stat_unit[i], stats_unit(want->stats, i));
        cr_expect_eq(got->stat_value[i], stats_value(want->stats, i));
    }
}

Test(result, loads_as_it_was_saved)
{
    static const struct event ev[] = {{7, UINT64_MAX, 3, 1, EVENT_START},
                                      {8, 2, UINT32_MAX, 3, EVENT_LOGIT},
                                      {9, 2, 0, 3, EVENT_EJECT}};
    struct temp t = temp_new();
    const char *path = temp_path(&t, "r.h5");
    struct stats *s = some_stats();
    struct event_log l = {0};
    struct result r = specimen(s, &l);
    struct result_file *f;
    struct err e;

    for (size_t i = 0; i < sizeof ev / sizeof *ev; i++)
        event_log_add(&l, &ev[i]);
    cr_assert_eq(result_save(&r, path, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(result_load(&f, path, &e), ERR_OK, "%s", e.text);
    expect_loaded(f, &r);
    cr_assert_eq(result_filter(f, &(struct event_filter){"n3_mvm", NULL, 9, 9}, &e), ERR_OK);
    cr_assert_eq(f->events.n, 1);
    cr_expect_eq(event_compare(&f->events.at[0], &ev[2]), 0);
    cr_expect_eq(result_filter(f, &(struct event_filter){"n4", NULL, 0, 9}, &e), ERR_CONFIG);
    result_file_free(f);
    stats_free(s);
    event_log_fini(&l);
    temp_free(&t);
}

Test(result, events_of_unknown_units_and_kinds_are_refused)
{
    static const struct event row[] = {{1, 0, 0, 4, EVENT_START}, {1, 0, 0, 3, EVENT_N_KINDS}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct temp t = temp_new();
        const char *path = temp_path(&t, "r.h5");
        struct stats *s = some_stats();
        struct event_log l = {0};
        struct result r = specimen(s, &l);
        struct result_file *f;
        struct err e;

        event_log_add(&l, &row[i]);
        cr_assert_eq(result_save(&r, path, &e), ERR_OK, "%s", e.text);
        cr_expect_eq(result_load(&f, path, &e), ERR_CONFIG, "row %zu", i);
        stats_free(s);
        event_log_fini(&l);
        temp_free(&t);
    }
}
