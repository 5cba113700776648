/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/archive.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

void archive_init(struct archive *a, uint64_t capacity)
{
    *a = (struct archive){.capacity = capacity};
    a->at = mem_alloc(capacity, sizeof *a->at);
}

void archive_fini(struct archive *a)
{
    free(a->at);
}

/* ---- the front ---- */

bool candidate_dominates(const struct candidate *a, const struct candidate *b)
{
    const double x[] = {a->logloss_chip, a->latency_cycles, a->energy_pj, a->area_um2};
    const double y[] = {b->logloss_chip, b->latency_cycles, b->energy_pj, b->area_um2};
    bool better = false;

    if (a->excess < b->excess || b->excess < a->excess)
        return a->excess < b->excess;
    for (size_t i = 0; i < N_OBJECTIVES; i++) {
        if (x[i] > y[i])
            return false;
        better |= x[i] < y[i];
    }
    return better;
}

static bool same_values(const struct candidate *a, const struct candidate *b)
{
    return !candidate_dominates(a, b) && !candidate_dominates(b, a) &&
           fabs(a->logloss_chip - b->logloss_chip) <= 0 &&
           fabs(a->latency_cycles - b->latency_cycles) <= 0 &&
           fabs(a->energy_pj - b->energy_pj) <= 0 && fabs(a->area_um2 - b->area_um2) <= 0;
}

static void drop_worst(struct archive *a)
{
    uint64_t worst = 0;

    for (uint64_t i = 1; i < a->n_front; i++)
        worst = a->at[a->front[i]].score > a->at[a->front[worst]].score ? i : worst;
    memmove(&a->front[worst], &a->front[worst + 1], (--a->n_front - worst) * sizeof *a->front);
}

static void join_front(struct archive *a, uint32_t place)
{
    const struct candidate *c = &a->at[place];
    uint64_t n = 0;

    if (!c->feasible)
        return;
    for (uint64_t i = 0; i < a->n_front; i++)
        if (candidate_dominates(&a->at[a->front[i]], c) || same_values(&a->at[a->front[i]], c))
            return;
    for (uint64_t i = 0; i < a->n_front; i++)
        if (!candidate_dominates(c, &a->at[a->front[i]]))
            a->front[n++] = a->front[i];
    a->n_front = n;
    if (a->n_front == ARCHIVE_MAX_FRONT)
        drop_worst(a);
    a->front[a->n_front++] = place;
}

void archive_add(struct archive *a, const struct candidate *c)
{
    assert(a->n < a->capacity);
    a->at[a->n] = *c;
    join_front(a, (uint32_t)a->n++);
}

void archive_refresh(struct archive *a)
{
    a->n_front = 0;
    for (uint64_t i = 0; i < a->n; i++)
        join_front(a, (uint32_t)i);
}

const struct candidate *archive_best(const struct archive *a)
{
    const struct candidate *best = NULL;

    for (uint64_t i = 0; i < a->n; i++)
        if (a->at[i].finalist && (!best || a->at[i].score < best->score))
            best = &a->at[i];
    for (uint64_t i = 0; i < a->n_front && (!best || !best->finalist); i++)
        if (!best || a->at[a->front[i]].score < best->score)
            best = &a->at[a->front[i]];
    return best;
}

/* ---- hypervolume ---- */

void candidate_objectives(const struct candidate *c, double out[N_OBJECTIVES])
{
    out[0] = c->logloss_chip;
    out[1] = log2(c->latency_cycles);
    out[2] = log2(c->energy_pj);
    out[3] = log2(c->area_um2);
}

struct archive_box archive_box_empty(void)
{
    struct archive_box box;

    for (size_t k = 0; k < N_OBJECTIVES; k++) {
        box.best[k] = HUGE_VAL;
        box.worst[k] = -HUGE_VAL;
    }
    return box;
}

void archive_box_hold(struct archive_box *box, const struct archive *a)
{
    double v[N_OBJECTIVES];

    for (uint64_t i = 0; i < a->n; i++) {
        if (!a->at[i].feasible)
            continue;
        candidate_objectives(&a->at[i], v);
        for (size_t k = 0; k < N_OBJECTIVES; k++) {
            box->best[k] = fmin(box->best[k], v[k]);
            box->worst[k] = fmax(box->worst[k], v[k]);
        }
    }
}

/* A point of the unit cube; it dominates what lies above it. */
struct point {
    double v[N_OBJECTIVES];
};

static int by_last(const void *a, const void *b)
{
    double x = ((const struct point *)a)->v[N_OBJECTIVES - 1];
    double y = ((const struct point *)b)->v[N_OBJECTIVES - 1];

    return x < y ? -1 : x > y;
}

static bool covers(const struct point *a, const struct point *b)
{
    for (size_t k = 0; k < N_OBJECTIVES; k++)
        if (a->v[k] > b->v[k])
            return false;
    return true;
}

static double inclusive(const struct point *p)
{
    double volume = 1;

    for (size_t k = 0; k < N_OBJECTIVES; k++)
        volume *= 1 - p->v[k];
    return volume;
}

/* WFG (While, Bradstreet, Barone 2012): a point's own share is its box less what the points after
 * it cover of it. room: (n, n) scratch, a row a depth. */
static double volume_of(const struct point *p, uint64_t n, struct point *room, uint64_t stride)
{
    double volume = 0;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t m = 0;

        for (uint64_t j = i + 1; j < n; j++) {
            struct point q;
            bool covered = false;

            for (size_t k = 0; k < N_OBJECTIVES; k++)
                q.v[k] = fmax(p[i].v[k], p[j].v[k]);
            for (uint64_t l = 0; l < m && !covered; l++)
                covered = covers(&room[l], &q);
            if (covered)
                continue;
            uint64_t kept = 0;
            for (uint64_t l = 0; l < m; l++)
                if (!covers(&q, &room[l]))
                    room[kept++] = room[l];
            m = kept;
            room[m++] = q;
        }
        volume += inclusive(&p[i]) - volume_of(room, m, room + stride, stride);
    }
    return volume;
}

double archive_hypervolume(const struct archive *a, const struct archive_box *box)
{
    uint64_t n = 0;
    struct point *p = mem_alloc(a->n_front + 1, sizeof *p);
    struct point *room = mem_alloc((a->n_front + 1) * (a->n_front + 1), sizeof *room);
    double volume;

    for (uint64_t i = 0; i < a->n_front; i++) {
        double v[N_OBJECTIVES];
        bool inside = true;

        candidate_objectives(&a->at[a->front[i]], v);
        for (size_t k = 0; k < N_OBJECTIVES; k++) {
            double side = box->worst[k] - box->best[k];

            p[n].v[k] = side > 0 ? fmax((v[k] - box->best[k]) / side, 0) : 0;
            inside &= p[n].v[k] <= 1;
        }
        n += inside;
    }
    qsort(p, n, sizeof *p, by_last);
    volume = volume_of(p, n, room, a->n_front + 1);
    free(room);
    free(p);
    return volume;
}
