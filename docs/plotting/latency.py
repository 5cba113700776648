#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""latency.py results.h5 OUT.png: latency of requests, and where the time goes by operator."""
import sys

import numpy as np

from common import plt, results, save

with results(sys.argv[1]) as f:
    ns = 1e9 / f.attrs["clock_hz"]
    latency = f["requests/latency_cycles"][:] * ns
    unit, busy = f["latency/unit"][:], f["latency/busy_cycles"][:] * ns
    operator = f["units/operator"].asstr()[:]

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.hist(latency, bins=min(40, len(latency)))
for q in 50, 99:
    left.axvline(np.percentile(latency, q), color="k", ls=":")
left.set(xlabel="latency, ns", ylabel="requests", title="dotted: median, 99th percentile")
names = list(dict.fromkeys(operator[np.unique(unit)]))
mean = [busy[operator[unit] == n].mean() for n in names]
right.barh(names, mean)
right.invert_yaxis()
right.set(xlabel="busy a request and unit, ns")
save(fig, sys.argv[2])
