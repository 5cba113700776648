#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""timeline.py results.h5 OUT.png [FIRST_CYCLE LAST_CYCLE]: when each unit is busy, one row a unit."""
import sys

from common import plt, results, save

START, FINISH = 0, 1
with results(sys.argv[1]) as f:
    cycle, unit, kind, request = (f["events/" + n][:] for n in ("cycle", "unit", "kind", "index"))
    name = f["units/name"].asstr()[:]
lo, hi = (int(v) for v in sys.argv[3:5]) if len(sys.argv) > 4 else (0, int(cycle.max()))

fig, ax = plt.subplots(figsize=(10, 0.35 * len(name) + 1.2))
for u in range(len(name)):
    mine = unit == u
    start, finish = cycle[mine & (kind == START)], cycle[mine & (kind == FINISH)]
    number = request[mine & (kind == START)]
    for s, e, r in zip(start, finish, number):
        if e >= lo and s <= hi:
            ax.barh(u, int(e) - int(s), left=int(s), color=f"C{int(r) % 10}")
ax.set(yticks=range(len(name)), yticklabels=name, xlim=(lo, hi), xlabel="cycle")
ax.invert_yaxis()
ax.set_title("busy units; colours are requests")
save(fig, sys.argv[2])
