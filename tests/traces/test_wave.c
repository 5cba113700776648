/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/wave.h"

/* Two units' requests, of which those before cycle 500 are not in the RTL's waveform. */
static struct event history[] = {
    {.cycle = 10, .unit = 0, .kind = EVENT_START, .index = 1},
    {.cycle = 20, .unit = 1, .kind = EVENT_START, .index = 1},
    {.cycle = 30, .unit = 0, .kind = EVENT_FINISH, .index = 1},
    {.cycle = 40, .unit = 0, .kind = EVENT_START, .index = 2},
    {.cycle = 50, .unit = 1, .kind = EVENT_INJECT, .index = 3, .value = 9},
    {.cycle = 60, .unit = 1, .kind = EVENT_FINISH, .index = 1},
    {.cycle = 501, .unit = 0, .kind = EVENT_FINISH, .index = 2},
    {.cycle = 503, .unit = 1, .kind = EVENT_START, .index = 5},
};
static const char *units[] = {"n0_io", "n1_fc"};
static const struct event_log log_of_both = {.at = history, .n = 8};
static const struct result both = {
    .n_units = 2, .unit_name = units, .clock_hz = 1e9, .events = &log_of_both};

#define RTL_DECLARATIONS                                                                           \
    "$timescale 1ps $end\n"                                                                        \
    "$scope module chip $end\n"                                                                    \
    "$var wire 1 ! clock $end\n"                                                                   \
    "$upscope $end\n"
#define RTL_END "$enddefinitions $end\n"

static char *join(const char *rtl)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    struct err e;

    cr_assert_not_null(f);
    cr_assert_eq(wave_join(f, &both, rtl, &e), ERR_OK, "%s", e.text);
    fclose(f);
    return text;
}

static uint32_t n_of(const char *text, const char *what)
{
    uint32_t n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* Identifier of a unit's signal in the model's scope. */
static void find_id(const char *text, const char *unit, const char *signal, char id[32])
{
    char scope[64], name[64];
    const char *at = strstr(text, "$scope module model $end");

    snprintf(scope, sizeof scope, "$scope module %s $end", unit);
    cr_assert(at && (at = strstr(at, scope)), "no scope %s", unit);
    do {
        cr_assert_not_null(at = strstr(at + 1, "$var"), "no %s", signal);
        cr_assert_eq(sscanf(at, "$var wire %*u %31s %63s", id, name), 2);
    } while (strcmp(name, signal) != 0);
}

/* The changes of one signal, as "#TIME VALUE " each. */
static void expect_changes(const char *text, const char *unit, const char *signal, const char *want)
{
    char id[32], line[128], got[512] = "";
    unsigned long time = 0;
    size_t n;

    find_id(text, unit, signal, id);
    for (const char *at = strstr(text, RTL_END); *at; at += n + (at[n] == '\n')) {
        size_t end = strlen(got), cut;

        n = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, at);
        cut = strlen(line) > strlen(id) ? strlen(line) - strlen(id) : 0;
        if (line[0] == '#')
            time = strtoul(line + 1, NULL, 10);
        else if (cut && !strcmp(line + cut, id) && (line[0] != 'b' || line[cut - 1] == ' '))
            snprintf(got + end, sizeof got - end, "#%lu %.*s ", time,
                     (int)(line[0] == 'b' ? cut - 1 : cut), line);
    }
    cr_expect_str_eq(got, want, "%s.%s: %s", unit, signal, got);
}

Test(wave_join, model_begins_where_the_rtl_does)
{
    char *text = join(RTL_DECLARATIONS RTL_END "#5000\n1!\n#5005\n0!\n#5010\n1!\n#5020\n1!\n");

    expect_changes(text, "n0_io", "busy", "#5000 1 #5010 0 ");
    expect_changes(text, "n0_io", "request", "#5000 b10 #5010 b10 ");
    expect_changes(text, "n1_fc", "busy", "#5000 0 ");
    expect_changes(text, "n1_fc", "request", "#5000 b1 ");
    expect_changes(text, "n1_fc", "inject", "#5000 0 ");
    cr_expect_eq(n_of(text, "#5000\n"), 1);
    cr_expect_eq(n_of(text, "#5005\n0!\n#5010\n1!\n"), 1, "%s", text);
    cr_expect_eq(n_of(text, "#503"), 0, "after the RTL's end: %s", text);
    cr_expect_eq(n_of(text, RTL_END), 1);
    free(text);
}

Test(wave_join, identifiers_are_not_the_rtls)
{
    char *text = join(RTL_DECLARATIONS RTL_END "#5000\n1!\n"), id[32];

    find_id(text, "n0_io", "busy", id);
    cr_expect_str_neq(id, "!");
    cr_expect_eq(n_of(text, "$var wire 1 ! clock $end"), 1);
    free(text);
}

Test(wave_join, text_without_declarations_is_refused)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    struct err e;

    cr_assert_not_null(f);
    cr_expect_eq(wave_join(f, &both, RTL_DECLARATIONS "#5000\n1!\n", &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "not a VCD file"), "%s", e.text);
    fclose(f);
    free(text);
}
