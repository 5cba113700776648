#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""power.py results.h5 OUT.png: power over time, by part of the chip."""
import sys

import numpy as np

from common import plt, results, save

with results(sys.argv[1]) as f:
    start, length = f["windows/start_cycle"][:], f["windows/length_cycles"][:]
    pj = np.column_stack([f["energy/part_pj"][:], f["energy/leakage_pj"][:]])
    part = list(f["energy/part"].asstr()[:]) + ["leakage"]
    hz = f.attrs["clock_hz"]

good = length > 0
mw = pj[good] / (length[good, None] / hz) * 1e-9
fig, ax = plt.subplots(figsize=(9, 4))
ax.stackplot(start[good] / hz * 1e6, mw.T, labels=part, step="post")
ax.set(xlabel="us", ylabel="mW")
ax.legend(fontsize=8, bbox_to_anchor=(1.02, 1), loc="upper left")
save(fig, sys.argv[2])
