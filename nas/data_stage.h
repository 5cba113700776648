/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_stage.h: rows between reading and the finished tables, in blocks.
 *
 * A block holds up to DATA_BLOCK_ROWS rows (DATA_CHUNK_BLOCKS are allocated together): dense values
 * by row, then one run of numbers per field. Blocks stay in memory, or from 1 GiB on go to an
 * unlinked file beside the cache being written, so that nothing is left of them whatever ends the
 * program. */
#ifndef AUTORAC_NAS_DATA_STAGE_H
#define AUTORAC_NAS_DATA_STAGE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

#ifdef AUTORAC_SMALL_BUFFERS /* when fuzzing: small inputs reach beyond one block, and quickly */
enum { DATA_BLOCK_ROWS = 32, DATA_CHUNK_BLOCKS = 2 };
#else
enum { DATA_BLOCK_ROWS = 4096, DATA_CHUNK_BLOCKS = 16 };
#endif

struct data_block {
    float *dense;     /* (DATA_BLOCK_ROWS, n_dense) */
    uint32_t *number; /* (n_fields, DATA_BLOCK_ROWS) */
};

struct data_stage;

/* beside: the file is in the folder of this path; NULL: all stays in memory. */
enum err_code data_stage_new(struct data_stage **out, uint32_t n_dense, uint32_t n_fields,
                             const char *beside, struct err *e);
void data_stage_free(struct data_stage *s); /* NULL is legal */

/* The block to fill next; valid until data_stage_push, which keeps it. */
struct data_block data_stage_top(struct data_stage *s);
enum err_code data_stage_push(struct data_stage *s, struct err *e);
uint64_t data_stage_n_blocks(const struct data_stage *s);
/* The i-th block pushed, valid until the next call of any function but this one's own result. */
enum err_code data_stage_get(struct data_stage *s, uint64_t i, struct data_block *b, struct err *e);
/* Blocks up to the i-th, dropped one after the other, will not be read again. */
void data_stage_drop(struct data_stage *s, uint64_t i);

#endif
