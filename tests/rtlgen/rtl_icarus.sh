#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/rtlgen/rtl_icarus.sh BUILD [DESIGN...]: a second simulator, without the program's own co-simulation: in
# Icarus a generated chip does exactly what the model does. DESIGN: SEED, or SEED:KIND:ENGINE as tiny_rtl
# understands them.
set -euo pipefail
build=$1
shift
designs=(${@:-1 2 2:2:1 3:5:0 2:6:0 2:6:1 4:6:2})
command -v iverilog > /dev/null || { echo "no iverilog"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for design in "${designs[@]}"; do
    IFS=: read -r seed unit <<< "$design"
    echo "== chip $design"
    "$build/tests/rtlgen/tiny_rtl" "$seed" "$tmp/$design" ${unit//:/ }
    make -s -C "$tmp/$design" icarus
done
