#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What must change nothing: files written byte by byte and read a few bytes at a time, and clocks that jump (N seeds).
most=2
source "$(dirname "$0")/lib.sh"
"$make_workload" w.h5 1 1
sim=("$autorac" sim -q "$design" w.h5 -o out/x)

# equal WHAT COMMAND...: ends with the reference's files.
equal() {
    local what=$1
    shift
    fresh
    try "$@"
    if [ "$status" -ne 0 ]; then
        fail "$what: exit $status: $(head -c 400 "$work/stderr")"
    else
        mv out changed
        same reference changed
        rm -rf changed
    fi
}

reference "${sim[@]}"
status=0
"$tracer" true || status=$?
if [ "$status" -eq 0 ]; then
    small=("$autorac" trace convert -q in/x/results.h5 --csv out/csv)
    cp -r reference in
    reference "${small[@]}"
    equal "short writes: trace convert" "$tracer" -s "${small[@]}"
    reference "$autorac" data convert -q "libfm:$root/tests/fixtures/data/clicks.libfm.xz" -o out/x
    equal "short writes: data convert" "$tracer" -s "$autorac" data convert -q "libfm:$root/tests/fixtures/data/clicks.libfm.xz" -o out/x
    reference "${sim[@]}"
    [ "$most" -le 8 ] || equal "short writes: sim" "$tracer" -s "${sim[@]}"
else
    echo "SKIPPED: ptrace is not allowed, or this is not x86-64"
fi
for seed in $(seq "$most"); do
    equal "clocks jump, seed $seed: sim" env FAULT_CLOCK="$seed" LD_PRELOAD="$preload" "${sim[@]}" --flush 1
done
reference "${search[@]}" --jobs 2 -o out/x
for seed in $(seq "$most"); do
    equal "clocks jump, seed $seed: search" env FAULT_CLOCK="$seed" LD_PRELOAD="$preload" "${search[@]}" --jobs 2 -o out/x
done
finish
