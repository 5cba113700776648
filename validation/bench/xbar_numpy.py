#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""xbar_numpy.py K M ADC_BITS RANGE: what bench_xbar computes, as one would write it in NumPy.

Bit slices of inputs and weights as matrices, one product a row block and pair of slices, codes clipped
or truncated, shifted and added. Products are taken in float32, which is exact here and goes to BLAS: the
fastest way NumPy has. Prints: multiply-accumulates a second, digest of the logits.
"""
import sys
import time

import numpy as np

REQUESTS, ROWS, CELL_BITS, INPUT_BITS, MIN_SECONDS = 256, 128, 2, 8, 0.5


def byte_of(i):
    return ((i.astype(np.uint64) * 2654435761) & 0xFFFFFFFF) >> 24


def slices_of(weight, n_slices):
    """(row block, slice, sign) matrices of cell levels, float32, inputs by outputs."""
    blocks = []
    for first in range(0, weight.shape[1], ROWS):
        part = weight[:, first : first + ROWS].T
        for sign in (1, -1):
            level = np.maximum(sign * part, 0)
            for s in range(n_slices):
                cells = (level >> (CELL_BITS * s)) & (2**CELL_BITS - 1)
                blocks.append((first, s, sign, cells.astype(np.float32)))
    return blocks


def product(x_slices, blocks, n_outputs, top, drop):
    total = np.zeros((REQUESTS, n_outputs), np.int64)
    for first, s, sign, cells in blocks:
        for b, x in enumerate(x_slices):
            code = (x[:, first : first + ROWS] @ cells).astype(np.int32)
            code = np.minimum(code >> drop, top)
            total += sign * (code.astype(np.int64) << (drop + CELL_BITS * s + b))
    return total


def main():
    k, m, adc_bits, how = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    lossless = int(ROWS * (2**CELL_BITS - 1)).bit_length()
    drop = max(0, lossless - adc_bits) if how == "truncate" else 0
    weight = (byte_of(np.arange(m * k)) % 255).astype(np.int64).reshape(m, k) - 127
    x = byte_of(np.arange(REQUESTS * k) + 77).astype(np.int64).reshape(REQUESTS, k)
    blocks = slices_of(weight, -(-7 // CELL_BITS))
    final = slices_of(np.ones((1, m), np.int64), -(-7 // CELL_BITS))
    n, start, seconds = 0, time.process_time(), 0.0
    while seconds < MIN_SECONDS:
        x_slices = [((x >> b) & 1).astype(np.float32) for b in range(INPUT_BITS)]
        total = product(x_slices, blocks, m, 2**adc_bits - 1, drop)
        codes = np.clip((total + (1 << 12)) >> 13, 0, 255)
        y_slices = [((codes >> b) & 1).astype(np.float32) for b in range(INPUT_BITS)]
        logit = product(y_slices, final, 1, 2**adc_bits - 1, drop)
        n += 1
        seconds = time.process_time() - start
    digest = 0
    for value in logit[:, 0]:
        digest = (digest * 31 + (int(value) & 0xFFFFFFFF)) & 0xFFFFFFFFFFFFFFFF
    print(f"{n * REQUESTS * (k * m + m) / seconds:.6g} {digest}")


main()
