#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/rtlgen/rtl_lint.sh BUILD: generated chips are clean under verilator -Wall, without waivers, and
# parse in Icarus; the digital units synthesise in Yosys. Skips (77) without these tools.
set -euo pipefail
build=$1
sv=$(cd "$(dirname "$0")/../../rtlgen/sv" && pwd)
for tool in verilator iverilog yosys; do
    command -v $tool > /dev/null || { echo "no $tool"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# SEED, or SEED:KIND:ENGINE: around gates, attention and DP, with each engine.
for design in 1 2 3 1:5:0 2:6:0 2:6:1 2:6:2 2:2:2; do
    IFS=: read -r seed unit <<< "$design"
    "$build/tests/rtlgen/tiny_rtl" $seed "$tmp/$design" ${unit//:/ } > /dev/null
    cd "$tmp/$design"
    echo "== chip $design"
    verilator --lint-only -Wall --top-module autorac_top -f files.f
    iverilog -g2012 -s tb -f files.f -o chip.vvp tb.sv > iverilog.log 2>&1 || { cat iverilog.log; exit 1; }
done

# Crossbar and embedding banks are the analog boundary: behavioural, black boxes to Yosys.
cd "$sv"
link="-set FLIT_BITS 32 -set N_VCS 2 -set VC_BITS 1 -set BUFFER_FLITS 2"
tile="$link -set IN_EDGES 2 -set OUT_EDGES 2 -set BUFFER_WORDS 4 -set OUTPUT_SLOTS 1"
synthesise() { # module, parameters, other files
    echo "== $1"
    yosys -q -p "read_verilog -sv -DSYNTHESIS $1.sv $3; ${2:+chparam $2 $1;} hierarchy -check -top $1;
                 synth -top $1 -flatten -noshare -run begin:fine; check -assert"
}
synthesise requant "" ""
synthesise adc "" ""
synthesise out_word "" ""
synthesise shift_add "-set XBARS 1 -set COLS 4 -set MPX 2" ""
synthesise router "$link" ""
synthesise router "$link -set CONCENTRATED 1 -set N_VCS 1 -set BUFFER_FLITS 1" ""
synthesise tile_io "$tile" "ni.sv"
(echo '(* blackbox *)' && sed '/^);/q' emb_banks.sv && echo endmodule) > "$tmp/emb_banks.sv"
synthesise emb_hot "-set SETS 2 -set PORTS 1" ""
synthesise emb_cache "-set SETS 2 -set WAYS 2 -set DIM 1" ""
synthesise emb_sense "-set DIM 1 -set SUM_BITS 4" ""
emb="-set WORDS 3 -set LOOKUPS 2 -set FIELDS 1 -set DIM 1 -set ROWS 8 -set BANKS 2 -set ARRAY_ROWS 2"
emb="$emb -set POOL_ROWS 2 -set HOT_SETS 2 -set REPLICAS 2 -set CACHE_SETS 2 -set CACHE_WAYS 2"
synthesise tile_emb "$tile $emb" \
    "ni.sv out_word.sv requant.sv emb_hot.sv emb_cache.sv emb_sense.sv $tmp/emb_banks.sv"
for array in 0 1; do
    synthesise tile_int "$tile -set LANES 2 -set INPUTS 6 -set OUTPUTS 4 -set ROWS 2 -set DIM 2 -set ARRAY $array" \
        "ni.sv out_word.sv requant.sv int_array.sv int_attention.sv int_dp.sv int_dp_array.sv int_fm.sv int_pair.sv int_table.sv"
done
(echo '(* blackbox *)' && sed '/^);/q' crossbar.sv && echo endmodule) > "$tmp/crossbar.sv"
synthesise tile_mvm "$tile -set INPUTS 4 -set OUT_BYTES 8 -set SCALES 4 -set CONTEXTS 2 -set LANES 1 -set ROWS 4 -set COLS 4" \
    "ni.sv out_word.sv requant.sv adc.sv shift_add.sv $tmp/crossbar.sv"
