/* SPDX-License-Identifier: Apache-2.0 */
/* tiny_rtl SEED DIR [KIND ENGINE]: a random small chip as SystemVerilog in DIR. KIND: a model
 * around one kind of operator (enum wl_kind); ENGINE: int.engine (enum int_engine). */
#include <stdio.h>
#include <stdlib.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "rtlgen/gen.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"
#include "traces/random_unit.h"

int main(int argc, char **argv)
{
    struct err e = {0};
    struct plan *p = NULL;
    struct sim *s = NULL;
    struct chip *chip = NULL;
    struct workload *w;
    struct chip_config c;
    struct rng r;
    enum err_code rc;

    if (argc != 3 && argc != 5)
        return ERR_CONFIG;
    r = rng_new(strtoull(argv[1], NULL, 0));
    if (argc == 5)
        w = random_unit_workload(&r, (enum wl_kind)strtoul(argv[3], NULL, 0), 3);
    else
        w = tiny_bag_workload(&r, 3);
    c = tiny_chip(&r);
    if (argc == 5)
        c.int_engine = (uint32_t)strtoul(argv[4], NULL, 0);
    if (!(rc = plan_new(&p, w, &c, &e)) && !(rc = sim_new(&s, &(struct sim_cfg){0}, &e)) &&
        !(rc = chip_new(&chip, p, s, true, &e)) && !(rc = chip_run(chip, NULL, &e)))
        rc = rtl_generate(p, argv[2], &(struct rtl_options){.expected = chip}, &e);
    if (rc)
        fprintf(stderr, "tiny_rtl: %s\n", e.text);
    chip_free(chip);
    sim_free(s);
    plan_free(p);
    workload_free(w);
    return (int)rc;
}
