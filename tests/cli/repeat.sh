#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Same inputs, same bytes; and the order of simultaneous events changes nothing.
source "$(dirname "$0")/lib.sh"
cd "$work"
for workload in 1 2 3; do
    for design in small fast; do
        "$make_workload" w.h5 "$workload" 16
        rm -rf a b
        "$autorac" sim -q "$root/arch/presets/$design.yaml" w.h5 -o a
        "$autorac" sim -q "$root/arch/presets/$design.yaml" w.h5 -o b
        same a b
        for seed in $(seq 1 20); do
            rm -rf c
            "$autorac" sim -q "$root/arch/presets/$design.yaml" w.h5 -o c --shuffle-ties "$seed"
            cmp -s a/stats.json c/stats.json || fail "shuffle $seed: stats.json differs"
            cmp -s a/results.h5 c/results.h5 || fail "shuffle $seed: results.h5 differs"
        done
    done
done
"$autorac" data synth -q synthetic:rows=2000 -o s1
"$autorac" data synth -q synthetic:rows=2000 -o s2
same s1 s2
# The resolved configuration reproduces the run.
"$autorac" sim -q a/config.resolved.yaml w.h5 -o d
cmp a/stats.json d/stats.json || fail "config.resolved.yaml gives another result"
finish
