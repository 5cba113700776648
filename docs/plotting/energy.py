#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""energy.py OUT.png DIR...: energy per inference of several runs, by part of the chip."""
import json
import os
import sys

from common import plt, save

runs = sys.argv[2:]
stats = [json.load(open(os.path.join(d, "stats.json"))) for d in runs]
key = "chip.energy."
parts = [n[len(key) : -3] for n in stats[0] if n.startswith(key) and n != key + "total_pj"]

fig, ax = plt.subplots(figsize=(1.2 * len(runs) + 3, 4))
bottom = [0.0] * len(runs)
for part in parts:
    nj = [s[f"{key}{part}_pj"]["value"] / 1e3 / s["chip.n_requests"]["value"] for s in stats]
    ax.bar(range(len(runs)), nj, bottom=bottom, label=part)
    bottom = [b + v for b, v in zip(bottom, nj)]
ax.set_xticks(range(len(runs)), [os.path.basename(d.rstrip("/")) for d in runs])
ax.set_ylabel("nJ per inference")
ax.legend(fontsize=8, bbox_to_anchor=(1.02, 1), loc="upper left")
save(fig, sys.argv[1])
