#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sweep.py sweep.h5 OUT.png [X Y]: two statistics of every feasible point of a sweep."""
import sys

import h5py

from common import plt, save

x, y = sys.argv[3:5] if len(sys.argv) > 4 else ("chip.energy_nj_per_inference", "chip.inferences_per_s")
with h5py.File(sys.argv[1]) as f:
    good = f["feasible"][:] == 1
    xs, ys = f["stats/" + x], f["stats/" + y]
    labels = [f"{x} ({xs.attrs['units'].decode()})", f"{y} ({ys.attrs['units'].decode()})"]
    xs, ys = xs[good], ys[good]
    keys = {n: (d.asstr()[:] if d.dtype.kind == "S" else d[:])[good] for n, d in f["keys"].items()}

fig, ax = plt.subplots(figsize=(7, 5))
ax.scatter(xs, ys)
for i, (a, b) in enumerate(zip(xs, ys)):
    text = ", ".join(f"{v[i]:g}" if not isinstance(v[i], str) else v[i] for v in keys.values())
    ax.annotate(text, (a, b), fontsize=7, xytext=(3, 3), textcoords="offset points")
ax.set(xlabel=labels[0], ylabel=labels[1], title=", ".join(keys))
save(fig, sys.argv[2])
