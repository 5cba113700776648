/* SPDX-License-Identifier: Apache-2.0 */
/* nas/crew_mpi.h: the little of MPI that a crew needs; crew_mpi.c is the only file that sees
 * <mpi.h>, and without MPI at build time says so. */
#ifndef AUTORAC_NAS_CREW_MPI_H
#define AUTORAC_NAS_CREW_MPI_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

enum err_code mpi_start(uint32_t *rank, uint32_t *n_ranks, struct err *e);
void mpi_end(void);
/* bytes |= every rank's. */
void mpi_join(void *bytes, size_t n);
uint32_t mpi_largest(uint32_t value); /* over all ranks */
uint32_t mpi_leaders(uint32_t value); /* rank 0's */

#endif
