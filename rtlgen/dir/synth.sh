#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# synth.sh BUILD: Yosys synthesises every digital module at a small size (the sizes of the chip are those of
# the instances in autorac_top.sv; flip-flops that stand for memories make Yosys slow). Crossbar and embedding
# banks are the analog boundary: black boxes. The cells are counted in BUILD/synth.txt.
set -eu
build=$1
mkdir -p "$build"
report=$build/synth.txt
: > "$report"

black_box() { # FILE
    { echo '(* blackbox *)'; sed '/^);/q' "$1.sv"; echo endmodule; } > "$build/$1_box.sv"
}

synthesise() { # module, parameters, other files
    echo "== $1 $2" | tee -a "$report"
    yosys -q -p "read_verilog -sv -DSYNTHESIS $1.sv $3; ${2:+chparam $2 $1;} hierarchy -check -top $1;
        synth -top $1 -flatten -noshare -run begin:fine; check -assert; tee -q -a $report stat"
}

black_box crossbar
black_box emb_banks
link="-set FLIT_BITS 32 -set N_VCS 2 -set VC_BITS 1 -set BUFFER_FLITS 2"
tile="$link -set IN_EDGES 2 -set OUT_EDGES 2 -set BUFFER_WORDS 4 -set OUTPUT_SLOTS 1"
synthesise requant "" ""
synthesise adc "" ""
synthesise out_word "" ""
synthesise shift_add "-set XBARS 1 -set COLS 4 -set MPX 2" ""
synthesise router "$link" ""
synthesise router "$link -set CONCENTRATED 1 -set N_VCS 1 -set BUFFER_FLITS 1" ""
synthesise tile_io "$tile" "ni.sv"
synthesise emb_hot "-set SETS 2 -set PORTS 1" ""
synthesise emb_cache "-set SETS 2 -set WAYS 2 -set DIM 1" ""
synthesise emb_sense "-set DIM 1 -set SUM_BITS 4" ""
emb="-set WORDS 3 -set LOOKUPS 2 -set FIELDS 1 -set DIM 1 -set ROWS 8 -set BANKS 2 -set ARRAY_ROWS 2"
emb="$emb -set POOL_ROWS 2 -set HOT_SETS 2 -set REPLICAS 2 -set CACHE_SETS 2 -set CACHE_WAYS 2"
synthesise tile_emb "$tile $emb" \
    "ni.sv out_word.sv requant.sv emb_hot.sv emb_cache.sv emb_sense.sv $build/emb_banks_box.sv"
for array in 0 1; do
    synthesise tile_int "$tile -set LANES 2 -set INPUTS 6 -set OUTPUTS 4 -set ROWS 2 -set DIM 2 -set ARRAY $array" \
        "ni.sv out_word.sv requant.sv int_array.sv int_attention.sv int_dp.sv int_dp_array.sv int_fm.sv int_pair.sv int_table.sv"
done
synthesise tile_mvm "$tile -set INPUTS 4 -set OUT_BYTES 8 -set SCALES 4 -set CONTEXTS 2 -set LANES 1 -set ROWS 4 -set COLS 4" \
    "ni.sv out_word.sv requant.sv adc.sv shift_add.sv $build/crossbar_box.sv"
