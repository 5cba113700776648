#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/howto/my-model.md: a DLRM and a DeepFM trained in PyTorch, as integers, on the chip, in RTL, in a sweep and in
# a report; on drawn clicks, and on Frappe where AUTORAC_DATA_DIR has it.
source "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
"$python" -c 'import torch, h5py' 2>/dev/null || {
    echo "needs the Debian packages python3-torch and python3-h5py"
    exit 77
}
export PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME=$work/cache
script=$root/docs/howto/torch/my_model.py
design=$root/arch/presets/small.yaml
cd "$work"

# model NAME OPTION...: trained, simulated and compared, all logits the file's integers.
model() {
    local name=$1
    "$python" "$script" train "$name" "$name.h5" --requests 2000 "${@:2}" >"$name.log" 2>&1 || {
        fail "$name: $(tail -3 "$name.log")"
        return
    }
    awk '/^AUC of/ { gsub(",", ""); d = $6 - $8; good = d < 0.002 && d > -0.002 && $6 > 0.75 } END { exit !good }' \
        "$name.log" || fail "$name: $(grep AUC "$name.log")"
    expect 0 'results in' "$autorac" sim "$design" "$name.h5" -o "$name" --trace operators --force
    expect 0 'within the stated error' "$python" "$script" check "$name.h5" "$name/results.h5"
    expect 0 '2000 requests: 2000 logits are the file' "$python" "$script" check "$name.h5" "$name/results.h5"
}
if [ -d "${AUTORAC_DATA_DIR:-/nowhere}/frappe" ]; then
    model dlrm --frappe "$AUTORAC_DATA_DIR/frappe" --epochs 1
    model deepfm --frappe "$AUTORAC_DATA_DIR/frappe" --epochs 1
fi
model dlrm
model deepfm
# A converter that clips: other logits, which the check must notice.
"$autorac" sim -q "$design" deepfm.h5 --set mvm.adc_bits=4 -o clipped
expect 1 'NOT within' "$python" "$script" check deepfm.h5 clipped/results.h5
expect 0 '2 points, 0 infeasible' "$autorac" sim "$design" deepfm.h5 --sweep mvm.adc_bits=5,8 -o sweep
expect 0 'html' "$autorac" report dlrm deepfm -o report.html
command -v verilator >/dev/null || {
    echo "co-simulation needs the Debian package verilator"
    finish
}
for name in dlrm deepfm; do
    expect 0 'equal over 2000 inferences' "$autorac" cosim "$design" "$name.h5" -o "cosim-$name"
done
finish
