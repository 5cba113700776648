#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scaling.py bench-scaling.json OUT.svg: how costs grow with the size of the work."""
import json
import sys

from common import plt, save

rows = json.load(open(sys.argv[1]))["rows"]
costs = {
    "pair_s": "search: cost of a pair",
    "logloss_s": "search: LogLoss of a pair",
    "sim_s": "simulation",
    "rtl_build_s": "co-simulation: build",
    "cosim_s": "co-simulation: run",
}
sizes = list(dict.fromkeys(r["grows"] for r in rows))
fig, axes = plt.subplots(1, len(sizes), figsize=(3 * len(sizes), 3.4), sharey=True, squeeze=False)
for ax, size in zip(axes[0], sizes):
    at = [r for r in rows if r["grows"] == size]
    for key, label in costs.items():
        known = [(r["times"], r[key] / at[0][key]) for r in at if r[key] is not None]
        ax.plot(*zip(*known), marker="o", markersize=3, label=label)
    ax.plot([1, 64], [1, 64], color="grey", linestyle=":", label="linear")
    ax.set(xscale="log", yscale="log", title=size, xlabel="times as large")
    ax.set_xticks([1, 4, 16, 64], ["1", "4", "16", "64"])
axes[0, 0].set_ylabel("times the cost")
axes[0, 0].legend(fontsize=7)
save(fig, sys.argv[2])
