/* SPDX-License-Identifier: Apache-2.0 */
/* arch/exec.h: what a unit computes, without time: the integer arithmetic of
 * docs/microarchitecture.md, what converters lose included.
 *
 * unit_compute is what the simulator calls when a shard starts. exec_logits walks the whole plan
 * for many requests, operator by operator: the search's measure of accuracy under a chip's
 * arithmetic. Where the ADC loses nothing the bit-sliced sum equals the plain dot product, and that
 * is what is computed. */
#ifndef AUTORAC_ARCH_EXEC_H
#define AUTORAC_ARCH_EXEC_H

#include "arch/plan.h"

/* Frozen images a unit computes with (bit planes of its crossbars); one a plan. */
struct exec;
struct exec *exec_new(const struct plan *p);
/* With one of exec_kernels (arch/exec_kernel.h) and not the fastest: for tests and benchmarks. */
struct exec_kernel;
struct exec *exec_new_with(const struct plan *p, const struct exec_kernel *kernel);
void exec_free(struct exec *x);

/* unit: an index of plan.unit. MVM, INT: in holds the operands' elements in order, one byte each.
 * EMB: in holds n_words 32-bit words in host order. out: out_elements bytes (raw: little-endian
 * 32-bit). *n_clipped grows by the conversions that saturated. EMB needs no clipping. */
void unit_compute(struct exec *x, uint32_t unit, const uint8_t *in, uint8_t *out,
                  uint64_t *n_clipped);

/* Logits of n requests on the plan's chip: lookup (n, workload_n_words), dense (n, n_dense).
 * n_clipped may be NULL. */
void exec_logits(struct exec *x, uint32_t n, const uint32_t *lookup, const uint8_t *dense,
                 int32_t *logit, uint64_t *n_clipped);
int32_t exec_logit(struct exec *x, const uint32_t *lookup, const uint8_t *dense,
                   uint64_t *n_clipped);

#endif
