/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/crew_mpi.h"

#ifdef AUTORAC_MPI

#include <limits.h>
#include <mpi.h>

enum err_code mpi_start(uint32_t *rank, uint32_t *n_ranks, struct err *e)
{
    int r, n, has = 0;

    if (MPI_Initialized(&has) || (!has && MPI_Init(NULL, NULL)) ||
        MPI_Comm_rank(MPI_COMM_WORLD, &r) || MPI_Comm_size(MPI_COMM_WORLD, &n))
        return err_set(e, ERR_ENV, "MPI does not start");
    *rank = (uint32_t)r;
    *n_ranks = (uint32_t)n;
    return ERR_OK;
}

void mpi_end(void)
{
    MPI_Finalize();
}

void mpi_join(void *bytes, size_t n)
{
    char *p = bytes;

    for (; n > INT_MAX; n -= INT_MAX, p += INT_MAX)
        MPI_Allreduce(MPI_IN_PLACE, p, INT_MAX, MPI_BYTE, MPI_BOR, MPI_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, p, (int)n, MPI_BYTE, MPI_BOR, MPI_COMM_WORLD);
}

uint32_t mpi_largest(uint32_t value)
{
    MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_UINT32_T, MPI_MAX, MPI_COMM_WORLD);
    return value;
}

uint32_t mpi_leaders(uint32_t value)
{
    MPI_Bcast(&value, 1, MPI_UINT32_T, 0, MPI_COMM_WORLD);
    return value;
}

#else

enum err_code mpi_start(uint32_t *rank, uint32_t *n_ranks, struct err *e)
{
    (void)rank;
    (void)n_ranks;
    return err_set(e, ERR_ENV, "started by mpirun, but built without MPI (libopenmpi-dev)");
}

void mpi_end(void)
{
}

void mpi_join(void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
}

uint32_t mpi_largest(uint32_t value)
{
    return value;
}

uint32_t mpi_leaders(uint32_t value)
{
    return value;
}

#endif
