#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# autorac validate tables in small: every contender and cost model has its row, what is simulated repeats
# itself for any number of jobs and after an interruption, and the verdict follows from the files.
source "$(dirname "$0")/lib.sh"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "needs the Debian package python3-h5py"; exit 77; }
cd "$work"
small=(--seeds 1 --benchmark kdd --rows 3000 --set train.epochs=0.3 --set search.population=6
    --set search.generations=2 --set search.children=3 --set search.survivors=2 --set search.adapt_steps=2
    --set search.eval_rows=300 --set search.exec_rows=32 --set requests=12 --set model.max_dense_dim=16)

tables() { # tables DIR [ARG...]: reached or not, both are good here
    local dir=$1 got=0
    shift
    "$autorac" validate tables "${small[@]}" -o "$dir" "$@" >"$dir.txt" 2>"$dir.err" || got=$?
    [ "$got" -le 1 ] || fail "$dir: exit $got: $(cat "$dir.err")"
    status=$got
}

tables one --jobs 1
[ "$(wc -l <one/tables.csv)" -eq $((1 + 9 * 4)) ] || fail "rows: $(cat one/tables.csv)"
/usr/bin/python3 - "$status" one <<'END' || fail "the files disagree with the verdict or with each other"
import csv, h5py, json, sys
status, name = int(sys.argv[1]), sys.argv[2]
rows = list(csv.DictReader(open(f"{name}/tables.csv")))
base = json.load(open(f"{name}/tables.json"))["benchmarks"]["kdd"]["baselines"]
models = list(dict.fromkeys(r["cost_model"] for r in rows))
at = {(r["contender"], r["cost_model"]): r for r in rows}
assert len(models) == 4 and len(base) == 8
reached = False
for who, b in base.items():
    a, s = at[who, models[0]], at["searched", models[0]]
    speed = min(float(a["latency_us"]) / float(s["latency_us"]), float(s["inferences_per_s"]) / float(a["inferences_per_s"]))
    assert abs(b["speed"] - speed) < 1e-9 * speed
    assert abs(b["power_efficiency"] - float(a["energy_nj"]) / float(s["energy_nj"])) < 1e-9 * b["power_efficiency"]
    assert abs(b["logloss_delta"] - (float(s["logloss"]) - float(a["logloss"]))) < 1e-12
    assert (b["area"] is None) == who.startswith("cpu_") == b["measured_on_host"]
    if b["area"] is None:
        continue
    claims = b["logloss_delta"] <= 0.001 and all(
        m["speed"] >= 3.36 and m["area"] >= 1.68 and m["power_efficiency"] >= 12.48 for m in b["cost_models"].values())
    assert b["claims_reached"] == claims, who
    reached |= claims and who in ("naive", "rerec_dlrm", "rerec_deepfm")
assert reached == (status == 0)
with h5py.File(f"{name}/tables.h5") as f:
    assert f["energy_nj"].attrs["units"] == b"nJ"
    assert [float(r["energy_nj"]) for r in rows] == list(f["energy_nj"])
END

# The CPU's rows are measured; nothing else may differ.
simulated() { grep -v ',cpu_' "$1/tables.csv"; }
tables two --jobs 2
cmp <(simulated one) <(simulated two) || fail "jobs change the figures"
rm -r two/kdd_seed1/dnn.ckpt two/kdd_seed1/naive.ckpt
before=$(stat -c %Y.%i two/kdd_seed1/dlrm.ckpt)
tables two --force
[ "$(stat -c %Y.%i two/kdd_seed1/dlrm.ckpt)" = "$before" ] || fail "what was there was trained again"
cmp <(simulated one) <(simulated two) || fail "resumed, the figures differ"

expect 2 'none of criteo, avazu, kdd, frappe' "$autorac" validate tables --benchmark kdd --benchmark movies -o x
expect 2 'frappe: --data DIR is needed' "$autorac" validate tables --benchmark frappe -o x
expect 3 'frappe/train.libfm.xz or its validation' "$autorac" validate tables --data nowhere --benchmark frappe -o y
expect 2 '--seeds: 0 is outside' "$autorac" validate tables --seeds 0 -o z
finish
