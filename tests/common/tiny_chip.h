/* SPDX-License-Identifier: Apache-2.0 */
/* tests/common/tiny_chip.h: random chips for small workloads. Every key that changes arithmetic or
 * timing is drawn; the tile is large enough for what tiny_workload makes, so plan_new succeeds. */
#ifndef AUTORAC_TESTS_COMMON_TINY_CHIP_H
#define AUTORAC_TESTS_COMMON_TINY_CHIP_H

#include "arch/config.h"
#include "sim/base/rng.h"

struct chip_config tiny_chip(struct rng *r);
/* Without device effects. */
struct chip_config tiny_chip_ideal(struct rng *r);

#endif
