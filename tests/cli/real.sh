#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real data sets, where $AUTORAC_DATA_DIR has them: read, trained on, and equal in the end.
source "$(dirname "$0")/lib.sh"
data=${AUTORAC_DATA_DIR:-}
[ -n "$data" ] || { echo "skipped: AUTORAC_DATA_DIR is not set"; exit 77; }
cd "$work"
small=(--quick --set search.generations=2 --set requests=32)
frappe=libfm:$data/frappe/train.libfm.xz,$data/frappe/valid.libfm.xz

if [ -e "$data/criteo/train.tsv.xz" ]; then
    expect 0 '39|26 fields' "$autorac" data info "criteo:$data/criteo/train.tsv.xz"
    expect 0 'equal over 32 inferences' \
        "$autorac" run "${small[@]}" --dataset "criteo:$data/criteo/train.tsv.xz" -o criteo
fi
if [ -e "$data/frappe/train.libfm.xz" ]; then
    expect 0 '10 fields' "$autorac" data info "$frappe"
    expect 0 'equal over 32 inferences' \
        "$autorac" run "${small[@]}" --dataset "$frappe" -o frappe
    auc=$(sed -n 's/.*"auc_integer": \([0-9.]*\).*/\1/p' frappe/summary.json)
    awk -v auc="$auc" 'BEGIN { exit !(auc > 0.9) }' || fail "frappe: integer AUC $auc"
fi
finish
