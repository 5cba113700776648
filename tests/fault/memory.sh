#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Memory runs out: every allocation of some small commands fails once (with N of them, evenly spread): exit 3 with one line,
# or a result that is the same. libhdf5's own are left out, which does not survive them, and zlib's where libhdf5 calls it.
most=6
source "$(dirname "$0")/lib.sh"
export FAULT_SKIP=libhdf5:libz

# sweep NAME AFTER COMMAND...: COMMAND writes into out, if anywhere. AFTER: see ends.
sweep() {
    local name=$1 after=$2 total n=0
    shift 2
    reference env FAULT_ALLOC=0 FAULT_COUNT="$work/count" LD_PRELOAD="$preload" "$@"
    total=$(cat "$work/count")
    for i in $(places "$total"); do
        fresh
        try env FAULT_ALLOC="$i" LD_PRELOAD="$preload" "$@"
        ends "$after" "$name: allocation $i" "$@"
        n=$((n + 1))
    done
    printf '%-10s %6d allocations, %6d made to fail\n' "$name" "$total" "$n"
}

"$make_workload" w.h5 1 2
fixtures=$root/tests/fixtures
sweep sim clean "$autorac" sim -q "$design" w.h5 -o out/x
mv reference/x run
sweep compare clean "$autorac" compare -q run run
sweep rtl clean "$autorac" rtl -q "$design" w.h5 -o out/x
sweep info clean "$autorac" trace info -q run/results.h5
sweep dump clean "$autorac" trace dump -q run/results.h5 --kind logit
sweep convert clean "$autorac" trace convert -q run/results.h5 --csv out/x
FAULT_SKIP=libhdf5
sweep data clean "$autorac" data info -q "criteo:$fixtures/data/criteo.tsv.xz"
sweep cache clean "$autorac" data convert -q "libfm:$fixtures/data/clicks.libfm.gz" -o out/x
sweep import clean "$autorac" import nasrec -q "$fixtures/nasrec/small.json" --shape kdd12 --max-rows 4 --requests 1 -o out/x
sweep list clean "$autorac" list parameters
sweep search resumes "${search[@]}" --jobs 1 -o out/x
most_lines=3
sweep crew resumes "${search[@]}" --jobs 2 -o out/x
finish
