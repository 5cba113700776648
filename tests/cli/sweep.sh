#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sim --sweep: rows in order of number, the same bytes whatever the number of jobs, after kill -9
# and Ctrl-C; infeasible points are rows; wrong keys and values are refused before anything runs.
source "$(dirname "$0")/lib.sh"
cd "$work"
"$make_workload" w.h5 1 16
design=$root/arch/presets/small.yaml
sim=("$autorac" sim "$design" w.h5)
grid=(--sweep mvm.adc_bits=4,6,8 --sweep mvm.cols_per_adc=8,64 --set mvm.cols=64)

expect 0 '6 points, 0 infeasible' "${sim[@]}" "${grid[@]}" -o a --jobs 2
"${sim[@]}" -q "${grid[@]}" -o b --jobs 1
same a b
[ "$(cut -d, -f1-4 a/sweep.csv | tr '\n' ' ')" = "point,mvm.adc_bits,mvm.cols_per_adc,feasible \
0,4,8,1 1,4,64,1 2,6,8,1 3,6,64,1 4,8,8,1 5,8,64,1 " ] || fail "$(cut -d, -f1-4 a/sweep.csv)"
[ ! -e a/point_0000/results.h5 ] || fail "results.h5 without --keep"

# A point is a run like any other.
"${sim[@]}" -q --set mvm.cols=64 --set mvm.adc_bits=6 --set mvm.cols_per_adc=64 -o one
for f in stats.txt stats.json plan.json config.resolved.yaml; do
    cmp "one/$f" "a/point_0003/$f" || fail "$f of point 3 is not that of the single run"
done
"${sim[@]}" -q --sweep mvm.adc_bits=6,7 --keep -o keep --set mvm.cols_per_adc=64 --set mvm.cols=64
cmp one/results.h5 keep/point_0000/results.h5 || fail "results.h5 differs"

# The columns hold what the points' files say.
energy=$(head -1 a/sweep.csv | tr , '\n' | grep -n '^chip.energy_nj_per_inference$' | cut -d: -f1)
value=$(sed -n 5p a/sweep.csv | cut -d, -f"$energy")
grep -A1 -F '"chip.energy_nj_per_inference"' one/stats.json | grep -qF "\"value\": $value," ||
    fail "sweep.csv says $value nJ"
if command -v h5dump >/dev/null; then
    h5dump -H a/sweep.h5 >h5
    for name in point feasible reason mvm.adc_bits mvm.cols_per_adc chip.latency_p50_cycles run.auc; do
        grep -qF "DATASET \"$name\"" h5 || fail "sweep.h5 has no $name"
    done
    h5dump -a '/stats/chip.area_mm2/units' a/sweep.h5 | grep -q '"mm2"' || fail "no units"
fi

# What does not fit is a row with a reason; a rule that joins keys refuses only some combinations.
expect 0 '3 points, 1 infeasible' "${sim[@]}" --set mesh.height=2 --sweep mesh.width=1,12,16 -o tight
grep -qE '^0,1,0,.*the workload needs [0-9]+ tiles' tight/sweep.csv || fail "$(cut -c1-60 tight/sweep.csv)"
[ -s tight/point_0000/infeasible.txt ] || fail "no reason in point_0000"
expect 0 '4 points, 1 infeasible' "${sim[@]}" --sweep mvm.cols=32,64 \
    --sweep mvm.cols_per_adc=32,64 -o joined
grep -qE '^1,32,64,0,.*not a power of two of at most mvm.cols' joined/sweep.csv || fail "joined"
expect 0 '1 point, 1 infeasible' "${sim[@]}" --set mesh.height=2 --sweep mesh.width=1 -o none
cmp -s none/point_0000/infeasible.txt tight/point_0000/infeasible.txt || fail "reasons differ"

# Refused before anything runs.
expect 2 'mvm.adc_bist: unknown key; did you mean mvm.adc_bits' "${sim[@]}" \
    --sweep mvm.adc_bist=1,2 -o x
expect 2 'mvm.adc_bits=99.*outside 1\.\.12' "${sim[@]}" --sweep mvm.adc_bits=4,99 -o x
expect 2 'mvm.rows=48.*power of two' "${sim[@]}" --sweep mvm.rows=64,48 -o x
expect 2 'a value is empty' "${sim[@]}" --sweep mvm.adc_bits=4, -o x
expect 2 'KEY=VALUE,VALUE' "${sim[@]}" --sweep mvm.adc_bits -o x
expect 2 'given twice' "${sim[@]}" --sweep mvm.adc_bits=4 --sweep mvm.adc_bits=5 -o x
expect 2 'both set and swept' "${sim[@]}" --sweep mvm.adc_bits=4 --set mvm.adc_bits=5 -o x
expect 2 'mvm.nonsense' "${sim[@]}" --sweep mvm.adc_bits=4,5 --set mvm.nonsense=5 -o x
expect 2 'more than 10000 points' "${sim[@]}" -o x --sweep "mvm.adc_bits=$(seq -s, 200)" \
    --sweep "mvm.rows=$(seq -s, 200)"
expect 2 'jobs: 0 is outside' "${sim[@]}" --sweep mvm.adc_bits=4 --jobs 0 -o x
expect 2 'go with --sweep' "${sim[@]}" --jobs 2 -o x
expect 3 'nonsense' "${sim[@]}" --sweep chip.params=isaac32,nonsense -o x
[ ! -e x ] || fail "a refused sweep left a directory"

# Nothing is repeated; another sweep is refused; a damaged point is made again.
cp -r a before
expect 0 '6 of 6 points were already there' "${sim[@]}" "${grid[@]}" -o a
same a before
expect 2 'adc_bits=4,6,8.*adc_bits=4,6' "${sim[@]}" --sweep mvm.adc_bits=4,6 -o a
same a before
echo >a/point_0002/stats.json
expect 0 '5 of 6 points were already there' "${sim[@]}" "${grid[@]}" -o a
same a before
expect 0 '2 points' "${sim[@]}" --sweep mvm.adc_bits=4,6 -o a --force
[ ! -e a/point_0002 ] || fail "--force left a point of the larger sweep"
expect 2 'holds' "${sim[@]}" --sweep mvm.adc_bits=4,6 -o one

# Killed again and again, each time a little later, and resumed; Ctrl-C.
"$make_workload" big.h5 2 2000
grid=(-q --sweep mvm.adc_bits=3,4,5,6,7,8 --sweep noc.vcs=2,3)
"$autorac" sim "$design" big.h5 "${grid[@]}" -o whole
wait_ms=40
n_kills=0
while :; do
    "$autorac" sim "$design" big.h5 "${grid[@]}" -o killed --jobs $((1 + n_kills % 3)) &
    pid=$!
    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
    kill -9 $pid 2>/dev/null && n_kills=$((n_kills + 1))
    if wait $pid 2>/dev/null; then
        break
    fi
    wait_ms=$((wait_ms * 5 / 4))
done
echo "killed $n_kills times"
same whole killed
"$autorac" sim "$design" big.h5 "${grid[@]}" -o stopped 2>stopped.txt &
pid=$!
until [ -e stopped/point_0000 ]; do sleep 0.02; done # before, the shell has it ignore the signal
kill -INT $pid
status=0
wait $pid || status=$?
[ "$status" -eq 130 ] || fail "interrupted: exit $status"
grep -q 'the same command resumes' stopped.txt || fail "interrupted: $(cat stopped.txt)"
"$autorac" sim "$design" big.h5 "${grid[@]}" -o stopped
same whole stopped
finish
