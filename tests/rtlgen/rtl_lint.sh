#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/rtlgen/rtl_lint.sh BUILD: generated chips are clean under verilator -Wall, without waivers, and
# parse in Icarus. Skips (77) without these tools.
set -euo pipefail
build=$1
for tool in verilator iverilog; do
    command -v $tool > /dev/null || { echo "no $tool"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# SEED, or SEED:KIND:ENGINE: around gates, attention and DP, with each engine.
for design in 1 2 3 1:5:0 2:6:0 2:6:1 2:6:2 2:2:2; do
    IFS=: read -r seed unit <<< "$design"
    echo "== chip $design"
    "$build/tests/rtlgen/tiny_rtl" "$seed" "$tmp/$design" ${unit//:/ }
    make -s -C "$tmp/$design" lint build/chip.vvp
done
