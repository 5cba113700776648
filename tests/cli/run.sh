#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# autorac run: complete, repeatable, resumable after kill -9, guarded against another configuration.
source "$(dirname "$0")/lib.sh"
cd "$work"
small=(--quick --set data.max_rows=1000 --set search.generations=2 --set requests=16)

expect 0 'equal' "$autorac" run "${small[@]}" -o a
for f in config.resolved.yaml provenance.json design.yaml workload.h5 results.h5 stats.txt \
    stats.json pareto.csv rtl cosim.json summary.json host.json; do
    [ -e a/$f ] || fail "a/$f is missing"
done
if [ -n "$(find a -name '*.tmp')" ]; then
    fail "temporary files were left: $(find a -name '*.tmp')"
fi
for key in logloss auc logloss_integer auc_integer latency_cycles_p50 latency_cycles_p99 \
    inferences_per_s energy_nj_per_inference area_mm2 equal; do
    grep -q "\"$key\": [0-9t]" a/summary.json || fail "summary.json has no $key"
done
for key in equal inferences events_compared model_cycles rtl_cycles first_divergence; do
    grep -q "\"$key\"" a/cosim.json || fail "cosim.json has no $key"
done
! grep -rl --exclude=host.json -- "$work" a || fail "the output directory's path is in it"

cp -r a before
start=$SECONDS
expect 0 'already there' "$autorac" run "${small[@]}" -o a
[ $((SECONDS - start)) -le 5 ] || fail "a finished run took $((SECONDS - start)) s to find out"
same a before
expect 0 'equal' "$autorac" run -o a
expect 2 'seed: 1.*seed: 2.*--force' "$autorac" run "${small[@]}" --seed 2 -o a
same a before

# Killed again and again, each time a little later, and resumed.
wait_ms=300
n_kills=0
while :; do
    "$autorac" run -q "${small[@]}" -o b &
    pid=$!
    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
    kill -9 $pid 2>/dev/null && n_kills=$((n_kills + 1))
    if wait $pid 2>/dev/null; then
        break
    fi
    wait_ms=$((wait_ms * 3 / 2))
done
echo "killed $n_kills times"
same a b

# The stages one by one; a damaged output is made again.
"$autorac" train -q "${small[@]}" -o c
[ ! -e c/pareto.csv ] || fail "train went on to search"
"$autorac" search -q -o c
[ ! -e c/workload.h5 ] || fail "search went on to the end"
"$autorac" run -q -o c
same a c
echo >c/stats.txt
rm c/summary.json
"$autorac" run -q -o c
same a c

# Ctrl-C.
"$autorac" run -q "${small[@]}" -o d 2>interrupted &
pid=$!
until [ -e d/config.resolved.yaml ]; do sleep 0.02; done # before, the shell has it ignore the signal
kill -INT $pid
status=0
wait $pid || status=$?
[ "$status" -eq 130 ] || fail "interrupted: exit $status"
grep -q 'the same command resumes' interrupted || fail "interrupted: $(cat interrupted)"
finish
