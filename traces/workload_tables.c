/* SPDX-License-Identifier: Apache-2.0 */
/* The usual tables of GATE and ATTENTION, rounded to the nearest entry. */
#include <math.h>

#include "traces/workload.h"

static const double exp_step = 1.0 / 32; /* distance of one entry of wl_exp_table */

void wl_sigmoid_table(const struct wl_tensor *gate, uint16_t table[WL_TABLE_SIZE])
{
    for (uint32_t i = 0; i < WL_TABLE_SIZE; i++) {
        double z = gate->scale * ((double)i - gate->zero_point);

        table[i] = (uint16_t)floor(WL_TABLE_TOP / (1 + exp(-z)) + 0.5);
    }
}

void wl_exp_table(uint16_t table[WL_TABLE_SIZE])
{
    for (uint32_t i = 0; i + 1 < WL_TABLE_SIZE; i++)
        table[i] = (uint16_t)floor(WL_TABLE_TOP * exp(-exp_step * i) + 0.5);
    table[WL_TABLE_SIZE - 1] = 0;
}
