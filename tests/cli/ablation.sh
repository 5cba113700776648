#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# autorac validate ablation in small: every idea is really left out, for any number of jobs the same.
source "$(dirname "$0")/lib.sh"
cd "$work"
small=(--benchmark kdd --rows 3000 --set train.epochs=0.3 --set search.population=6
    --set search.generations=2 --set search.children=3 --set search.survivors=2 --set search.adapt_steps=2
    --set search.eval_rows=300 --set search.exec_rows=32 --set requests=12 --set model.max_dense_dim=16)
expect 0 'embeddings' "$autorac" validate ablation "${small[@]}" --seeds 2 -o one --jobs 2
expect 0 'embeddings' "$autorac" validate ablation "${small[@]}" --seeds 1 -o two --jobs 1
cmp <(awk -F, 'NR == 1 || $3 == 1' one/ablation.csv) two/ablation.csv || fail "jobs or seeds change the figures"
[ "$(wc -l <one/ablation.csv)" -eq $((1 + 7 * 2)) ] || fail "rows: $(cat one/ablation.csv)"

# What is kept from the search is the naive chip's in the design that was found.
cmp one/chip_seed1/design.yaml one/chip_seed2/design.yaml || fail "chip: not the naive one"
for design in one/chip_seed*/design.yaml one/mapping_seed*/design.yaml; do
    for value in 'pack: "off"' 'copies: 1' 'replicate: "1"' 'placement: "snake"'; do
        grep -q "^  $value #" "$design" || fail "$design: not $value"
    done
done
grep -q '^  engine: "lanes" #' one/engine_seed1/design.yaml || fail "engine: $(grep engine: one/engine_seed1/design.yaml)"
grep -q '^  cache_rows: 0 #' one/embeddings_seed1/design.yaml || fail "embeddings: a cache"
! grep '^kdd,precision' one/ablation.csv | grep -E '[wa][46][a-]|(dsi|fm)[46]|,e[46]x' || fail "precision: not 8 bits everywhere"
! cmp -s one/none_seed1/pareto.csv one/joint_seed1/pareto.csv || fail "joint: the same search"
expect 2 'none of criteo, avazu, kdd, frappe' "$autorac" validate ablation --benchmark movies -o x
finish
