/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_kfold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { MT_WORDS = 624, MT_SHIFT = 397 };

void mt19937_seed(struct mt19937 *m, uint32_t seed)
{
    m->word[0] = seed;
    for (uint32_t i = 1; i < MT_WORDS; i++)
        m->word[i] = 1812433253u * (m->word[i - 1] ^ (m->word[i - 1] >> 30)) + i;
    m->at = MT_WORDS;
}

static void mt_refill(struct mt19937 *m)
{
    for (uint32_t i = 0; i < MT_WORDS; i++) {
        uint32_t next = m->word[(i + 1) % MT_WORDS];
        uint32_t y = (m->word[i] & 0x80000000u) | (next & 0x7fffffffu);

        m->word[i] = m->word[(i + MT_SHIFT) % MT_WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    m->at = 0;
}

uint32_t mt19937_u32(struct mt19937 *m)
{
    uint32_t y;

    if (m->at == MT_WORDS)
        mt_refill(m);
    y = m->word[m->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static uint32_t mt_up_to(struct mt19937 *m, uint32_t max)
{
    uint32_t mask = max, v;

    for (uint32_t k = 1; k < 32; k *= 2)
        mask |= mask >> k;
    do
        v = mt19937_u32(m) & mask;
    while (v > max);
    return v;
}

static void mt_shuffle(struct mt19937 *m, uint8_t *v, uint64_t n)
{
    for (uint64_t i = n; i-- > 1;) {
        uint32_t j = mt_up_to(m, (uint32_t)i);
        uint8_t moved = v[i];

        v[i] = v[j];
        v[j] = moved;
    }
}

/* Elements i, i + n_folds, ... of n_a zeros followed by n_b ones: how many lie in [from, to). */
static uint64_t kfold_allotted(uint64_t from, uint64_t to, uint32_t i, uint32_t n_folds)
{
    uint64_t below_to = to > i ? (to - i - 1) / n_folds + 1 : 0;
    uint64_t below_from = from > i ? (from - i - 1) / n_folds + 1 : 0;

    return below_to - below_from;
}

void data_kfold(const uint8_t *label, uint64_t n, uint32_t n_folds, uint32_t seed, uint8_t *fold)
{
    uint64_t count[2] = {0}, from = 0;
    struct mt19937 m;
    uint8_t *turn;

    assert(n_folds >= 2 && n_folds <= 256 && n < UINT32_MAX);
    if (n == 0)
        return;
    turn = mem_alloc(n, 1);
    for (uint64_t i = 0; i < n; i++)
        count[label[i] != label[0]]++;
    mt19937_seed(&m, seed);
    for (uint32_t k = 0; k < 2 && count[k]; k++) {
        uint64_t at = 0, to = from + count[k];

        for (uint32_t i = 0; i < n_folds; i++) {
            uint64_t n_here = kfold_allotted(from, to, i, n_folds);

            memset(turn + at, (int)i, n_here);
            at += n_here;
        }
        assert(at == count[k]);
        mt_shuffle(&m, turn, count[k]);
        at = 0;
        for (uint64_t i = 0; i < n; i++)
            if ((uint32_t)(label[i] != label[0]) == k)
                fold[i] = turn[at++];
        from = to;
    }
    free(turn);
}
