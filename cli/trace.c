/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

struct trace trace_everything(void)
{
    return (struct trace){
        .select = {.kinds = EVENT_ALL_KINDS, .to_cycle = UINT64_MAX, .to_request = UINT64_MAX},
        .window_cycles = TRACE_WINDOW_CYCLES,
        .flush_s = TRACE_FLUSH_S};
}

struct trace trace_nothing(void)
{
    struct trace t = trace_everything();

    t.select.kinds = 0;
    t.window_cycles = 0;
    return t;
}

/* ---- options ---- */

static enum err_code parse_kind(const char *word, size_t n, uint32_t *kinds, struct err *e)
{
    for (uint32_t k = 0; k < EVENT_N_KINDS; k++) {
        const char *name = event_kind_name((enum event_kind)k);

        if (strlen(name) == n && !memcmp(name, word, n)) {
            *kinds |= 1u << k;
            return ERR_OK;
        }
    }
    return err_set(e, ERR_CONFIG,
                   "--trace: no kind of event \"%.*s\"; there are all, operators, none, start, "
                   "finish, operand, credit, inject, eject and logit",
                   (int)n, word);
}

static enum err_code parse_kinds(const char *text, uint32_t *kinds, struct err *e)
{
    enum err_code rc = ERR_OK;

    *kinds = !strcmp(text, "all")         ? EVENT_ALL_KINDS
             : !strcmp(text, "operators") ? EVENT_OPERATORS
                                          : 0;
    if (*kinds || !strcmp(text, "none"))
        return ERR_OK;
    for (const char *word = text; !rc; word++) {
        size_t n = strcspn(word, ",");

        rc = parse_kind(word, n, kinds, e);
        word += n;
        if (!*word)
            break;
    }
    return rc;
}

/* "A:B", "A:" or ":B"; both ends included. */
static enum err_code parse_range(const struct args *a, const char *option, uint64_t *from,
                                 uint64_t *to, struct err *e)
{
    const char *text = args_str(a, option, NULL), *colon;
    char *end;
    bool good;

    if (!text)
        return ERR_OK;
    colon = strchr(text, ':');
    good = colon != NULL && text[strspn(text, "0123456789:")] == '\0' &&
           colon[1 + strspn(colon + 1, "0123456789")] == '\0' && text[1];
    if (good && colon != text)
        *from = strtoull(text, &end, 10);
    if (good && colon[1])
        *to = strtoull(colon + 1, &end, 10);
    if (!good || *from > *to)
        return err_set(e, ERR_CONFIG, "--%s: \"%s\" is not a range as 10:20, 10: or :20", option,
                       text);
    return ERR_OK;
}

enum err_code trace_from_args(struct trace *t, const struct args *a, struct err *e)
{
    struct event_select *s = &t->select;
    enum err_code rc;

    *t = trace_everything();
    if ((rc = parse_kinds(args_str(a, "trace", "all"), &s->kinds, e)) ||
        (rc = parse_range(a, "trace-requests", &s->from_request, &s->to_request, e)) ||
        (rc = parse_range(a, "trace-cycles", &s->from_cycle, &s->to_cycle, e)) ||
        (rc = args_u64(a, "window", TRACE_WINDOW_CYCLES, &t->window_cycles, e)) ||
        (rc = args_u64(a, "flush", TRACE_FLUSH_S, &t->flush_s, e)))
        return rc;
    t->n_names = (uint32_t)args_all(a, "trace-unit", t->name, TRACE_MAX_UNITS);
    return ERR_OK;
}

/* ---- a run ---- */

/* By the node's name, or by that of one of the units behind it. */
static bool is_named(const struct plan *p, uint32_t node, const char *name)
{
    const struct plan_tile *tile = &p->tile[node];

    if (strcmp(tile->name, name) == 0)
        return true;
    for (uint32_t c = 0; c < tile->n_contexts; c++)
        if (strcmp(p->unit[tile->unit[c]].name, name) == 0)
            return true;
    return false;
}

static enum err_code select_units(struct trace *t, const struct plan *p, struct err *e)
{
    if (!t->n_names)
        return ERR_OK;
    t->unit = mem_alloc(p->n_nodes, sizeof *t->unit);
    t->select.unit = t->unit;
    for (uint32_t i = 0; i < t->n_names; i++) {
        uint32_t node = 0;

        while (node < p->n_nodes && !is_named(p, node, t->name[i]))
            node++;
        if (node == p->n_nodes)
            return err_set(e, ERR_CONFIG, "--trace-unit: the chip has no unit %s", t->name[i]);
        t->unit[node] = 1;
    }
    return ERR_OK;
}

static void take_events(void *self, const struct event *ev, uint64_t n)
{
    event_store_add(self, ev, n);
}

enum err_code trace_start(struct trace *t, struct chip *c, const struct params *q, struct err *e)
{
    enum err_code rc = select_units(t, chip_plan(c), e);

    if (rc)
        return rc;
    if (t->window_cycles)
        t->windows = windows_new(c, q, t->window_cycles);
    chip_select(c, &t->select);
    if (t->pack && t->select.kinds) {
        t->store = event_store_new();
        chip_hand_over(c, &(struct chip_taker){t->store, take_events});
    }
    return ERR_OK;
}

void trace_stop(struct trace *t)
{
    windows_free(t->windows);
    event_store_free(t->store);
    free(t->unit);
    t->store = NULL;
    t->windows = NULL;
    t->unit = NULL;
    t->select.unit = NULL;
}
