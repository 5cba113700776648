#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rtl, cosim, validate rtl: equal where it must be, and located where a fault was planted.
source "$(dirname "$0")/lib.sh"
cd "$work"
"$make_workload" w.h5 1 8
design=$root/arch/presets/small.yaml

expect 0 'autorac_top.sv' "$autorac" rtl "$design" w.h5 -o rtl
"$autorac" rtl -q "$design" w.h5 -o rtl2
same rtl rtl2
expect 0 'equal over 8 inferences' "$autorac" cosim "$design" w.h5 -o cosim
grep -q '"equal": true' cosim/cosim.json || fail "cosim.json does not say equal"
[ ! -e cosim/cosim.tmp ] || fail "cosim.tmp was left behind"
same rtl cosim/rtl

expect 0 '2 of 2 designs equal' "$autorac" validate rtl --designs 2 --seed 3
expect 2 'did you mean credit_lost' "$autorac" validate rtl --inject credit_lots
for fault in requant_no_round flit_bit_flipped; do
    expect 1 'DIFFERENT: cycle [0-9]+, [a-z0-9_]+ [a-z]+' \
        "$autorac" validate rtl --designs 1 --seed 3 --inject $fault -o $fault
    [ -n "$(find $fault -name 'wave.vcd')" ] || fail "$fault: no waveform"
done
# A fault that only the counts notice.
expect 1 'DIFFERENT: n[0-9a-z_]+ adc.n_conversions: model [0-9]+, RTL [0-9]+' \
    "$autorac" validate rtl --unit mvm_by_row --designs 12 --seed 2 --inject unused_columns_converted -o counts
expect 3 'verilator' env PATH=/nonexistent "$autorac" cosim -q "$design" w.h5 -o none
finish
