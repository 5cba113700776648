#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/howto: the schema and the edit of the RTL do what the pages say.
source "$(dirname "$0")/lib.sh"
cd "$work"
awk 'BEGIN { print "user,item,city,price,stars"
    for (i = 0; i < 400; i++) printf "u%d,i%d,c%d,%d,%d\n", i % 7, i % 31, i % 3, 1 + i % 99, i % 5 + 1 }' >shop.csv
expect 0 'valid +40 rows' "$autorac" data info "csv:$root/docs/howto/shop.yaml,shop.csv"

command -v verilator >/dev/null || {
    echo "needs the Debian package verilator"
    exit 77
}
export XDG_CACHE_HOME=$work/cache
design=$root/arch/presets/small.yaml
"$make_workload" w.h5 1 8
"$autorac" rtl -q "$design" w.h5 -o mine
sed -i '/default: if (done) begin/{
    i\                2'\''d3: state <= IDLE;
    n
    s/IDLE/2'\''d3/
}' mine/ni.sv
expect 1 'differ first at cycle 3, n0_io start\[1\]: model 0x0, RTL nothing; waveform in out/wave.vcd' \
    "$autorac" cosim "$design" w.h5 --rtl mine -o out
[ -s out/wave.vcd ] || fail "no waveform"
[ ! -e out/rtl ] || fail "RTL was generated although --rtl was given"
expect 3 'files.f|No such file' "$autorac" cosim "$design" w.h5 --rtl absent -o out2
finish
