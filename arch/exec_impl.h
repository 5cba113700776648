/* SPDX-License-Identifier: Apache-2.0 */
/* arch/exec_impl.h: what units of each kind compute; for arch/exec*.c only.
 *
 * in and out as for unit_compute (arch/exec.h). */
#ifndef AUTORAC_ARCH_EXEC_IMPL_H
#define AUTORAC_ARCH_EXEC_IMPL_H

#include "arch/plan.h"

/* Frozen images of all MVM shards of a plan, and scratch for n_batch requests: one a thread. kernel
 * NULL: the fastest that this processor has. */
struct exec_kernel;
struct exec_mvm;
struct exec_mvm *exec_mvm_new(const struct plan *p, uint32_t n_batch,
                              const struct exec_kernel *kernel);
void exec_mvm_free(struct exec_mvm *x);
/* The same shard for n_requests requests, whose operands and results lie so many bytes apart. */
void exec_mvm(struct exec_mvm *x, const struct plan_unit *u, uint32_t n_requests, const uint8_t *in,
              size_t in_stride, uint8_t *out, size_t out_stride, uint64_t *n_clipped);

void exec_emb(const struct plan *p, const struct plan_unit *u, const uint8_t *in, uint8_t *out);
void exec_int(const struct plan_int *d, const uint8_t *in, uint8_t *out);

#endif
