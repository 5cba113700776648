#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""lookups.py results.h5 OUT.png: how uneven the rows of each table are looked up."""
import sys

import numpy as np

from common import plt, results, save

with results(sys.argv[1]) as f:
    table, row = f["lookups/table"][:], f["lookups/row"][:]

fig, ax = plt.subplots(figsize=(7, 4))
for t in np.unique(table):
    _, n = np.unique(row[table == t], return_counts=True)
    share = np.cumsum(np.sort(n)[::-1]) / n.sum()
    ax.plot(np.arange(1, len(share) + 1), 100 * share, lw=1, label=f"table {t}")
ax.set(xscale="log", xlabel="most wanted rows", ylabel="of the lookups, %", ylim=(0, 101))
if len(np.unique(table)) <= 10:
    ax.legend(fontsize=8)
save(fig, sys.argv[2])
