#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# compare: keys that differ, the workload's identity, every part's share; clear words about
# directories without results.
source "$(dirname "$0")/lib.sh"
cd "$work"
"$make_workload" w.h5 1 16
"$make_workload" other.h5 2 16
design=$root/arch/presets/small.yaml
"$autorac" sim -q "$design" w.h5 -o a --set mvm.adc_bits=4
"$autorac" sim -q "$design" w.h5 -o b --set mvm.adc_bits=8
"$autorac" sim -q "$design" other.h5 -o c --set mvm.adc_bits=8
"$autorac" sim -q "$design" w.h5 -o points --set mesh.height=2 --sweep mesh.width=1,12

expect 0 'mvm.adc_bits +4 +8 +bits' "$autorac" compare a b
"$autorac" compare a b >ab
for pattern in '^  latency p50, ns' '^  throughput, 1/s' '^  area, mm2' '^  AUC, 1' \
    'busiest unit n[0-9]+_[a-z0-9_]+, [0-9]+ %'; do
    grep -qE "$pattern" ab || fail "compare a b: no $pattern in: $(cat ab)"
done
# The ADC is what changed most: the first row of its section.
for section in energy area; do
    grep -A2 "^$section by part" ab | tail -1 | grep -qE '^  adc .*[0-9] %' ||
        fail "$section: adc is not first: $(cat ab)"
done
! grep -q 'WORKLOAD' ab || fail "the same workload is called another"
expect 0 'ANOTHER WORKLOAD' "$autorac" compare b c
expect 0 '^design$' "$autorac" compare a b points/point_0001
expect 0 '\[2\] against \[0\]' "$autorac" compare a b c
expect 0 'energy by part, nJ/inference: the same' "$autorac" compare a a
expect 0 '  the same$' "$autorac" compare b c

# JSON, by its own rules: differences are values less the first, shares sum to one.
"$autorac" compare a b c --json >abc.json
if command -v python3 >/dev/null; then
    python3 - abc.json <<'PYTHON' || fail "abc.json"
import json, sys

j = json.load(open(sys.argv[1]))
assert [d["same_workload"] for d in j["directories"]] == [True, True, False], j["directories"]
assert {"key": "mvm.adc_bits", "unit": "bits", "values": [4, 8, 8]} in j["design"], j["design"]
total = {r["name"]: r["values"] for r in j["totals"]}
for section, name in (("energy", "energy"), ("area", "area")):
    for d in range(3):
        parts = sum(r["values"][d] for r in j[section])
        assert abs(parts - total[name][d]) < 1e-9 * parts, (section, d)
    assert abs(sum(r["shares"][1] for r in j[section]) - 1) < 1e-9, section
    for r in j[section]:
        assert r["differences"][1] == r["values"][1] - r["values"][0], r
names = {r["name"] for r in j["energy"]}
assert names == {"array", "dac", "adc", "accumulation", "buffer", "interconnect", "interaction",
                 "embedding", "other", "leakage"}, names
stats = json.load(open("a/stats.json"))
assert total["energy"][0] == stats["chip.energy_nj_per_inference"]["value"]
PYTHON
fi

# A run's directory: the chip is in design.yaml, the workload beside it.
cp -r a like_run
cp w.h5 like_run/workload.h5
mv like_run/config.resolved.yaml like_run/design.yaml
echo 'seed: 1' >like_run/config.resolved.yaml
expect 0 '^  the same' "$autorac" compare a like_run
! "$autorac" compare a like_run | grep -qiE 'workload' || fail "workload of a run is not found"

expect 2 'DIR is missing|is missing' "$autorac" compare a
expect 2 'points: is a sweep; compare its points' "$autorac" compare a points
expect 2 'point_0000: the workload does not fit: the workload needs' \
    "$autorac" compare a points/point_0000
expect 2 'absent: has no stats.json' "$autorac" compare a absent
mkdir broken
cp a/* broken/
echo '[1, 2]' >broken/stats.json
expect 2 'broken/stats.json: is not the statistics of a chip' "$autorac" compare a broken
echo '{"a": ' >broken/stats.json
expect 2 'broken/stats.json:' "$autorac" compare a broken
finish
