/* SPDX-License-Identifier: Apache-2.0 */
/* What analog times and tensors take on the chip: whole cycles, words, output registers. */
#include <math.h>

#include "arch/map_impl.h"

/* The small term keeps 3 ns at 1 GHz from becoming 4. */
uint32_t map_cycles(const struct chip_config *c, double ns)
{
    double n = ceil(ns * c->clock_mhz / 1000.0 - 1e-9);

    return n < 1 ? 1 : (uint32_t)n;
}

uint32_t map_pack_bits(uint32_t bits)
{
    return bits <= 4 ? 4 : 8;
}

uint32_t map_words(const struct plan *p, uint32_t n_elements, uint32_t pack)
{
    return ceil_div(n_elements, p->flit_bits / pack);
}

void map_output(struct plan *p, struct plan_unit *u, uint32_t n_elements, uint32_t pack)
{
    u->out_elements = n_elements;
    u->out_pack_bits = pack;
    u->out_words = map_words(p, n_elements, pack);
}
