#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cost models: every preset simulates, parameter overlays are selectable, validate cost passes and fails.
source "$(dirname "$0")/lib.sh"
"$make_workload" "$work/w.h5" 1 4
for preset in arch/presets/*.yaml; do
    expect 0 'inferences/s' "$autorac" sim "$preset" "$work/w.h5" -o "$work/$(basename "$preset" .yaml)"
done
for overlay in arch/params/overlay/*.yaml; do
    name=$(basename "$overlay" .yaml)
    expect 0 'energy' "$autorac" sim arch/presets/small.yaml "$work/w.h5" -o "$work/$name" \
        --set "chip.params=isaac32+$name"
    # the overlay changes its own quantity
    if diff -q "$work/small/stats.txt" "$work/$name/stats.txt" >"$work/same"; then
        fail "$name: no statistic changed"
    fi
done
expect 3 'overlay/nosuch.yaml' "$autorac" sim arch/presets/small.yaml "$work/w.h5" -o "$work/x" \
    --set chip.params=isaac32+nosuch
expect 0 'chip, mm2 .* within' "$autorac" validate cost
expect 1 'OUTSIDE' "$autorac" validate cost --params isaac32+adc-zigzag
expect 0 'params/overlay/adc-zigzag' "$autorac" list parameters
finish
