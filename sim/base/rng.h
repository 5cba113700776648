/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/rng.h: named, splittable random streams.
 *
 * A stream is a plain struct: copy it to snapshot it, write its words to a file
 * to resume it. Children are derived from the parent's *identity* and a name,
 * not from its position, so a new consumer disturbs nobody's stream. The
 * generator is xoshiro256** seeded by splitmix64 (Blackman and Vigna 2018). */
#ifndef AUTORAC_SIM_BASE_RNG_H
#define AUTORAC_SIM_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4]; /* generator state */
    uint64_t id;   /* identity, from which children are derived */
};

struct rng rng_new(uint64_t seed);
struct rng rng_child(const struct rng *parent, const char *name);
struct rng rng_child_n(const struct rng *parent, const char *name, uint64_t n);
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* 0..n-1, unbiased; n > 0 */
static inline uint32_t rng_between(struct rng *r, uint32_t least, uint32_t most) /* both included */
{
    return least + (uint32_t)rng_below(r, (uint64_t)most - least + 1);
}
double rng_unit(struct rng *r);   /* [0,1), 53 bits */
double rng_normal(struct rng *r); /* mean 0, deviation 1 */
void rng_shuffle_u32(struct rng *r, uint32_t *v, size_t n);

#endif
