#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/rtlgen/rtl_directory.sh BUILD: a generated directory stands alone. Moved elsewhere and without the
# program, its own Makefile simulates it as expected, notices when it does not, and synthesises the digital part.
set -euo pipefail
build=$1
for tool in verilator yosys; do
    command -v $tool > /dev/null || { echo "no $tool"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$build/tests/rtlgen/tiny_rtl" 2 "$tmp/made" 2 1
mv "$tmp/made" "$tmp/moved"
cd "$tmp/moved"
run() { env -i PATH="$PATH" HOME="$tmp" make -s "$@"; }
run sim
run sim CYCLES=100
sed -i 's/^\(EVENT [0-9]* [0-9]* 6 [0-9]* \)\(.*\)$/\11\2/' expected.txt # another logit
if run sim > out; then echo "a wrong event is not noticed"; exit 1; fi
grep -q DIFFERENT out
run synth
grep -q 'Number of cells' build/synth.txt
run clean
[ ! -e build ]
