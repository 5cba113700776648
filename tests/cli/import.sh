#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# import nasrec: a model of NASRec's becomes a design and a workload that simulate and equal their RTL.
source "$(dirname "$0")/lib.sh"
cd "$work"
model=$root/tests/fixtures/nasrec/small.json
full=$root/tests/fixtures/nasrec/three.json
import=("$autorac" import nasrec "$model")
small=(--max-rows 40 --requests 3)

expect 0 'tables capped at 40 rows' \
    "${import[@]}" "${small[@]}" --shape kdd12 -o a
"${import[@]}" -q "${small[@]}" --shape kdd12 -o b
same a b
expect 0 '3 requests in' "$autorac" sim a/design.yaml a/workload.h5 -o sim
expect 0 'equal over 3 inferences' "$autorac" cosim a/design.yaml a/workload.h5 -o cosim

expect 0 'LogLoss 0\.' "${import[@]}" "${small[@]}" --dataset synthetic:rows=3000 --steps 5 \
    --weight-bits 4 --act-bits 6 -o trained
# The whole of NASRec-Full's operators.
expect 0 'gate32w8a8-att16w8a8' "$autorac" import nasrec "$full" "${small[@]}" --shape kdd12 -o full
expect 0 'equal over 3 inferences' "$autorac" cosim full/design.yaml full/workload.h5 -o full_cosim
# Units with many out-edges beside units with more.
expect 0 '' "$autorac" import nasrec "$root/tests/fixtures/nasrec/wide.json" -q --max-rows 20 --requests 1 \
    --set mvm.rows=256 --set mvm.cols=16 --set mvm.xbars=6 -o wide
expect 0 'equal over 1 inferences' "$autorac" cosim wide/design.yaml wide/workload.h5 -o wide_cosim
expect 0 '' "$autorac" import nasrec "$full" -q "${small[@]}" --design "$root/arch/presets/small.yaml" -o given

expect 2 '--steps: training needs --dataset' "${import[@]}" --steps 5 -o x
expect 2 '--shape: the data set has its own' "${import[@]}" --shape avazu --dataset synthetic -o x
expect 2 'shape "nonsense" is unknown; known: criteo, avazu, kdd12' "${import[@]}" --shape nonsense -o x
expect 2 '--act-bits: 5 is none of 4, 6, 8' "${import[@]}" --act-bits 5 -o x
expect 2 '--lr: 0 is not a number above 0' "${import[@]}" --lr 0 -o x
expect 3 'absent.json: No such file' "$autorac" import nasrec absent.json -o x
sed 's/"xlarge"/"xxlarge"/' "$full" >config.json
expect 2 'config.json: config: "xxlarge" is unknown' "$autorac" import nasrec config.json -o x
sed 's/\[2, 4\]/[2, 7]/' "$full" >node.json
expect 2 'node.json: micro\[0\].active_nodes\[1\]: ' "$autorac" import nasrec node.json -o x
head -c 200 "$model" >cut.json
expect 2 'cut.json:[0-9]+: ' "$autorac" import nasrec cut.json -o x
finish
