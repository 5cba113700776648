#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""results.py schema DOCS RUN: results.h5 of RUN against docs/file-formats.md and stats.json.
results.py prefix PART WHOLE: what PART holds is the beginning of WHOLE."""
import json
import os
import re
import sys

import h5py
import numpy as np


def documented(path):
    """{"/group/name": (type, units)} of the results file."""
    text = open(path).read()
    text = text[text.index("\n## Results\n") : text.index("\n## Sweep\n")]
    group, found = None, {}
    for line in text.splitlines():
        heading = re.match(r"### (/\w+)", line)
        row = re.match(r"\| `(\w+)` \| (\w+) \| ([\w%]+) \|", line)
        if heading:
            group = heading[1]
        elif row:
            found[f"{group}/{row[1]}"] = (row[2], row[3])
    return found


def type_name(d):
    return "text" if d.dtype.kind == "S" else d.dtype.name


def check_schema(docs, run):
    want = documented(docs)
    stats = {k: v["value"] for k, v in json.load(open(os.path.join(run, "stats.json"))).items()}
    with h5py.File(os.path.join(run, "results.h5")) as f:
        assert f.attrs["format"] == b"autorac-results" and f.attrs["format_version"] == 2
        assert f.attrs["complete"] == 1
        found = {}
        f.visititems(lambda n, o: found.update({"/" + n: o}) if isinstance(o, h5py.Dataset) else None)
        assert set(found) == set(want), set(found) ^ set(want)
        for name, d in found.items():
            assert (type_name(d), d.attrs["units"].decode()) == want[name], (name, d.dtype)
            assert d.attrs["long_name"], name
            for i, axis in enumerate(d.dims):
                assert h5py.h5ds.is_scale(d.id) or len(axis) == 1, f"{name} has no scale"
                assert not len(axis) or axis[0].shape[0] == d.shape[i], name

        # sums over windows are statistics of the run
        for i, unit in enumerate(f["units/name"].asstr()[:]):
            if f"chip.{unit}.energy_pj" in stats:
                assert f["energy/unit_pj"][:, i].sum() == stats[f"chip.{unit}.energy_pj"], unit
                assert f["noc/router_flits"][:, i].sum() == stats[f"chip.{unit}.router.n_flits"]
        for i, part in enumerate(f["energy/part"].asstr()[:]):
            assert f["energy/part_pj"][:, i].sum() == stats[f"chip.energy.{part}_pj"], part
        leakage = stats["chip.energy.leakage_pj"]
        assert abs(f["energy/leakage_pj"][:].sum() - leakage) < 1e-9 * leakage
        links = sum(v for k, v in stats.items() if k.endswith(".router.n_link_flits"))
        assert f["noc/link_flits"][:].sum() == links > 0
        assert f["windows/n_done"][:].sum() == stats["chip.n_requests"]
        assert f["windows/length_cycles"][:].sum() == f.attrs["n_cycles"]
        assert f["noc/router_held"][-1].sum() == 0

        # an operator's spans are its events
        kind, cycle = f["events/kind"][:], f["events/cycle"][:]
        assert (np.sort(f["latency/start_cycle"][:]) == cycle[kind == 0]).all()
        assert (f["latency/finish_cycle"][:] == cycle[kind == 1]).all()
        busy = np.bincount(f["latency/unit"][:], f["latency/busy_cycles"][:], len(f["units/name"]))
        for unit, cycles in zip(f["units/name"].asstr()[:], busy):
            assert stats.get(f"chip.{unit}.engine.busy_cycles", 0) == cycles, unit
        lookups = sum(v for k, v in stats.items() if k.endswith(".embedding.n_lookups"))
        assert len(f["lookups/row"]) == lookups > 0


def check_prefix(part, whole):
    with h5py.File(part) as p, h5py.File(whole) as w:
        assert p.attrs["complete"] == 0 and 0 < p.attrs["n_cycles"] <= w.attrs["n_cycles"]
        n = len(p["events/cycle"])
        assert n == (w["events/cycle"][:] < p.attrs["n_cycles"]).sum(), n
        for name in "cycle", "unit", "kind", "index", "value":
            assert (p["events/" + name][:] == w["events/" + name][:n]).all(), name
        n = len(p["requests/request"])
        assert n == (w["requests/finish_cycle"][:] < p.attrs["n_cycles"]).sum()
        for name in w["requests"]:
            assert (p["requests/" + name][:] == w["requests/" + name][:n]).all(), name


if sys.argv[1] == "schema":
    check_schema(sys.argv[2], sys.argv[3])
else:
    check_prefix(sys.argv[2], sys.argv[3])
