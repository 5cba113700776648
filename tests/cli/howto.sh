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
laid_out out/wave.vcd out/wave.gtkw
grep -q '^+{model busy} model.n0_io.busy$' out/wave.gtkw || fail "no waves of the model"
grep -q '^+{RTL   state} chip.autorac_top.n0_io.u_ni.state' out/wave.gtkw || fail "no waves of the RTL"
# Cycle 3 is at 30 ps: there the model starts request 1, and the RTL does not.
awk '/model.*module|module model/ { model = 1 } model && / busy \$end/ && !id { id = $4 } /^#/ { t = substr($0, 2) }
    t == 20 || t == 30 { if ($0 == "1" id) found = t } END { exit found != 30 }' out/wave.vcd ||
    fail "the model's busy does not rise at 30 ps"
[ ! -e out/rtl ] || fail "RTL was generated although --rtl was given"
expect 3 'files.f|No such file' "$autorac" cosim "$design" w.h5 --rtl absent -o out2
finish
