/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/rng.h"

#include <assert.h>
#include <math.h>

__extension__ typedef unsigned __int128 rng_u128; /* for the high half of a product */

#define RNG_TWO_PI 6.283185307179586476925286766559

static uint64_t rng_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rng_splitmix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return rng_mix(*state);
}

static uint64_t rng_rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

struct rng rng_new(uint64_t seed)
{
    struct rng r;

    for (int i = 0; i < 4; i++)
        r.s[i] = rng_splitmix(&seed);
    r.id = rng_splitmix(&seed);
    return r;
}

/* FNV-1a over the name, started from the parent's identity, then mixed. */
static uint64_t rng_name_id(const struct rng *parent, const char *name)
{
    uint64_t h = rng_mix(parent->id ^ UINT64_C(0xcbf29ce484222325));

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return rng_mix(h);
}

struct rng rng_child(const struct rng *parent, const char *name)
{
    return rng_new(rng_name_id(parent, name));
}

struct rng rng_child_n(const struct rng *parent, const char *name, uint64_t n)
{
    uint64_t id = rng_name_id(parent, name);

    return rng_new(rng_mix(id + UINT64_C(0xd1b54a32d192ed03)) ^ rng_mix(n + 1));
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t out = rng_rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotl(s[3], 45);
    return out;
}

/* Lemire 2019: multiply, and redraw only inside the short biased remainder. */
uint64_t rng_below(struct rng *r, uint64_t n)
{
    rng_u128 product;

    assert(n > 0);
    product = (rng_u128)rng_u64(r) * n;
    if ((uint64_t)product < n) {
        uint64_t threshold = (0 - n) % n;

        while ((uint64_t)product < threshold)
            product = (rng_u128)rng_u64(r) * n;
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(struct rng *r)
{
    return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

/* Box-Muller, keeping one of the pair: the stream stays a plain struct of words. */
double rng_normal(struct rng *r)
{
    double u = 1.0 - rng_unit(r); /* (0,1] */
    double v = rng_unit(r);

    return sqrt(-2.0 * log(u)) * cos(RNG_TWO_PI * v);
}

void rng_shuffle_u32(struct rng *r, uint32_t *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(r, i);
        uint32_t t = v[i - 1];

        v[i - 1] = v[j];
        v[j] = t;
    }
}
