#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""noc.py results.h5 OUT.png: how busy every link is over time, the busiest on top."""
import sys

import numpy as np

from common import plt, results, save

with results(sys.argv[1]) as f:
    start, length = f["windows/start_cycle"][:], f["windows/length_cycles"][:]
    occupancy, link = f["noc/link_occupancy"][:], f["noc/link"].asstr()[:]

order = np.argsort(-(occupancy * length[:, None]).sum(axis=0))[:30]
fig, ax = plt.subplots(figsize=(9, 6))
edges = np.append(start, start[-1] + max(length[-1], 1))
ax.grid(False)
image = ax.pcolormesh(edges, np.arange(len(order) + 1), 100 * occupancy[:, order].T)
ax.set(yticks=np.arange(len(order)) + 0.5, yticklabels=link[order], xlabel="cycle")
ax.invert_yaxis()
fig.colorbar(image, label="cycles with a flit, %")
save(fig, sys.argv[2])
